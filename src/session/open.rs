//! [`Open`]: the sessions that are not over, found by what makes lines one session.
//!
//! A session lies in two lines of the cache, in a place that it keeps while it lasts. Where that is, an index
//! says: numbers only, made anew when those that are over are taken out. Most lines are of a session that was
//! met shortly before: where those lie is kept at hand, in so little room that it stays in the nearest cache.

use std::hash::{BuildHasher as _, RandomState};

use crate::addr::Addr;
use crate::class::Family;

use super::fact::Fact;
use super::state::Session;

/// What makes lines one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Who. Nobody has no session.
    pub source: Addr,
    /// The family in the highest bit, for firewalls have no sessions, then the host's number and the process.
    /// One number: two would be written apart and read together, which waits.
    process: u64,
    /// What the program calls the session, or the port where it logs no process.
    extra: u64,
}

/// The bit of a key that says whose logs tell of the session.
const MAIL: u64 = 1 << 63;

impl Key {
    /// Of a line.
    #[inline(always)]
    #[must_use]
    pub const fn of(fact: &Fact) -> Self {
        let extra = match (fact.session, fact.pid) {
            (0, 0) => fact.port as u64,
            (s, _) => s,
        };
        // A session that has a name is the same in every process that names it.
        let pid = if fact.session == 0 { fact.pid } else { 0 };
        let family = match fact.kind.facts().family {
            Family::Mail => MAIL,
            _ => 0,
        };
        let process = (fact.host as u64) << 32 | pid as u64;
        Self { source: fact.source, process: process & !MAIL | family, extra }
    }

    /// In whose logs.
    #[must_use]
    pub const fn family(&self) -> Family {
        if self.process & MAIL == 0 { Family::Sshd } else { Family::Mail }
    }

    /// Whether another is the same: two numbers compared, and no jump between them.
    #[inline(always)]
    fn is(&self, other: &Self) -> bool {
        let process = |k: &Self| u128::from(k.extra) << 64 | u128::from(k.process);
        (self.source.bits() ^ other.source.bits()) | (process(self) ^ process(other)) == 0
    }

    /// A hash, of which all bits are good. Far ends choose much of a key: who does not know the seed
    /// cannot choose where it lies.
    #[inline(always)]
    fn hash(&self, seed: u64) -> u64 {
        let bits = self.source.bits();
        let a = (bits >> 64) as u64 ^ self.extra ^ self.process.rotate_left(7);
        let (a, b) = (a ^ seed, (bits as u64).rotate_left(23) ^ self.process ^ SPREAD);
        let folded = |a: u64, b: u64| {
            let all = u128::from(a) * u128::from(b);
            all as u64 ^ (all >> 64) as u64
        };
        folded(a, SPREAD).wrapping_add(folded(b ^ seed.rotate_left(32), MIXED))
    }
}

/// Odd numbers whose bits are in no order. A number of chance multiplies nothing: near a fraction of two to the 64th it
/// would put neighbours into few places.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
const MIXED: u64 = 0xd6e8_feb8_6659_fd93;

/// A place: two lines of the cache. One that is free is of nobody.
#[derive(Debug)]
#[repr(align(64))]
struct Slot {
    key: Key,
    session: Session,
}

const _: () = assert!(size_of::<Slot>() == 128);

/// Sessions that are not over.
#[derive(Debug)]
pub struct Open {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// A power of two of numbers, at most half of them not zero: from a key's hash on, its place and one,
    /// below the upper half of the hash.
    index: Vec<u64>,
    /// The places of sessions met lately, by their keys' hashes.
    lately: [u32; LATELY],
    seed: u64,
}

/// Sessions met lately that are at hand, a power of two.
const LATELY: usize = 1024;

/// Numbers of the index at least.
const INDEX_LEAST: usize = 1 << 11;

impl Default for Open {
    fn default() -> Self {
        let (slots, free, index) = (Vec::new(), Vec::new(), vec![0; INDEX_LEAST]);
        Self { slots, free, index, lately: [0; LATELY], seed: RandomState::new().hash_one(0) }
    }
}

/// The upper half of a hash.
const UPPER: u64 = !0 << 32;

impl Open {
    /// How many there are.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Where a key's session lies, or where in the index it is to be put.
    #[inline(always)]
    fn find(&self, key: &Key, hash: u64) -> Result<usize, usize> {
        let mask = self.index.len() - 1;
        let mut at = hash as usize & mask;
        // Half of the index is free.
        loop {
            let number = self.index.get(at).copied().unwrap_or(0);
            if number == 0 {
                return Err(at);
            }
            let place = (number as u32).wrapping_sub(1) as usize;
            if (number ^ hash) & UPPER == 0 && self.slots.get(place).is_some_and(|s| s.key.is(key))
            {
                return Ok(place);
            }
            at = (at + 1) & mask;
        }
    }

    /// Where a key's session lies, if it was met lately.
    #[inline(always)]
    fn met(&self, key: &Key, hash: u64) -> Option<usize> {
        let place = *self.lately.get(hash as usize % LATELY)? as usize;
        self.slots.get(place).filter(|slot| slot.key.is(key)).map(|_| place)
    }

    /// The session of a key; where there is none, it begins with `fact`.
    #[inline(always)]
    pub fn of(&mut self, key: &Key, fact: &Fact) -> Option<&mut Session> {
        let hash = key.hash(self.seed);
        let place = match self.met(key, hash) {
            Some(place) => place,
            None => self.other(key, fact, hash)?,
        };
        self.slots.get_mut(place).map(|slot| &mut slot.session)
    }

    /// The place of a session that was not met lately, or begins.
    #[inline(never)]
    fn other(&mut self, key: &Key, fact: &Fact, hash: u64) -> Option<usize> {
        let place = match self.find(key, hash) {
            Ok(place) => place,
            Err(at) => self.begin(key, fact, hash, at)?,
        };
        if let Some(lately) = self.lately.get_mut(hash as usize % LATELY) {
            *lately = place as u32;
        }
        Some(place)
    }

    /// The place of a session that begins.
    #[inline(always)]
    fn begin(&mut self, key: &Key, fact: &Fact, hash: u64, at: usize) -> Option<usize> {
        let slot = Slot { key: *key, session: Session::new(fact) };
        let place = match self.free.pop() {
            Some(place) => {
                *self.slots.get_mut(place as usize)? = slot;
                place
            }
            None => {
                // There is no room for so many.
                let place = u32::try_from(self.slots.len()).ok()?;
                self.slots.push(slot);
                place
            }
        };
        if let Some(number) = self.index.get_mut(at) {
            *number = hash & UPPER | u64::from(place + 1);
        }
        if 2 * self.len() > self.index.len() {
            self.index_anew();
        }
        Some(place as usize)
    }

    /// Makes the index of those that are there.
    fn index_anew(&mut self) {
        let want = (3 * self.len()).next_power_of_two().max(INDEX_LEAST);
        self.index.clear();
        self.index.resize(want, 0);
        for (slot, place) in self.slots.iter().zip(1..) {
            if slot.key.source != Addr::NOBODY {
                let hash = slot.key.hash(self.seed);
                let mut at = hash as usize & (want - 1);
                while self.index.get(at).is_some_and(|number| *number != 0) {
                    at = (at + 1) & (want - 1);
                }
                if let Some(number) = self.index.get_mut(at) {
                    *number = hash & UPPER | place;
                }
            }
        }
    }

    /// The session of a key, if it has one.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Session> {
        let place = self.find(key, key.hash(self.seed)).ok()?;
        self.slots.get(place).map(|slot| &slot.session)
    }

    /// The same to be changed.
    #[inline(always)]
    pub fn get_mut(&mut self, key: &Key) -> Option<&mut Session> {
        let hash = key.hash(self.seed);
        let place = self.met(key, hash).or_else(|| self.find(key, hash).ok())?;
        self.slots.get_mut(place).map(|slot| &mut slot.session)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Session)> {
        let taken = self.slots.iter().filter(|slot| slot.key.source != Addr::NOBODY);
        taken.map(|slot| (&slot.key, &slot.session))
    }

    /// Takes out those that are over, in no order.
    pub fn take_out(
        &mut self,
        mut over: impl FnMut(&Key, &Session) -> bool,
        each: &mut impl FnMut(&Key, &mut Session),
    ) {
        for (slot, place) in self.slots.iter_mut().zip(0..) {
            if slot.key.source != Addr::NOBODY && over(&slot.key, &slot.session) {
                each(&slot.key, &mut slot.session);
                slot.key = NOBODYS;
                self.free.push(place);
            }
        }
        self.index_anew();
    }
}

/// The key of a free place.
const NOBODYS: Key = Key { source: Addr::NOBODY, process: 0, extra: 0 };

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::dialect::Kind;
    use crate::session::{Place, Spot};
    use crate::time::Instant;

    fn fact(source: u32, pid: u32, session: u64, at: i64) -> Fact {
        Fact {
            spot: Spot::new(Instant::from_seconds(at), Place { input: 0, offset: 0 }),
            kind: Kind::Failed,
            count: 1,
            source: Addr::from_v4(0xc000_0200 + source),
            port: 4711,
            our_port: 22,
            host: 0,
            pid,
            session,
            user: 0,
            lasted: 0,
        }
    }

    #[test]
    fn keys_that_differ_little_lie_apart_whatever_the_seed() {
        type Differ = fn(u32) -> Fact;
        let all: [Differ; 4] = [
            |n| fact(n, 7, 0, 0),
            |n| fact(256 * n, 7, 0, 0),
            |n| fact(1, n, 0, 0),
            |n| fact(1, 7, n.into(), 0),
        ];
        for (which, one) in all.into_iter().enumerate() {
            let keys: Vec<Key> = (0..512).map(|n| Key::of(&one(n))).collect();
            for seed in 0..1000_u64 {
                let seed = seed.wrapping_mul(0xd134_2543_de82_ef95);
                let mut lie = [0_u32; 1024];
                for key in &keys {
                    lie[key.hash(seed) as usize % 1024] += 1;
                }
                // Of places taken by chance the squares come to 768.
                let squares: u32 = lie.iter().map(|n| n * n).sum();
                assert!(squares < 2 * 768, "{squares}, keys {which}, seed {seed}");
            }
        }
    }

    proptest! {
        // Many more keys than lie in the nearest places, so that some share them.
        #[test]
        fn each_key_has_its_session_and_no_other(
            met in proptest::collection::vec((0u32..90, 0u32..60, 0u64..2, any::<bool>()), 1..3000),
            every in 1usize..900,
        ) {
            let (mut open, mut want) = (Open::default(), BTreeMap::new());
            let mut gone = Vec::new();
            for (n, (source, pid, session, look)) in met.into_iter().enumerate() {
                let fact = fact(source, pid, session, n as i64);
                let key = Key::of(&fact);
                if look {
                    let since = open.get_mut(&key).map(|s| s.last.nanos());
                    prop_assert_eq!(since, want.get(&key).copied());
                    prop_assert_eq!(open.get(&key).is_some(), since.is_some());
                } else {
                    let began = *want.entry(key).or_insert(fact.spot.nanos());
                    prop_assert_eq!(open.of(&key, &fact).map(|s| s.last.nanos()), Some(began));
                }
                if n % every == 0 {
                    let over = |key: &Key| key.process.is_multiple_of(3);
                    open.take_out(|key, _| over(key), &mut |key, _| gone.push(*key));
                    gone.sort_unstable();
                    let all: Vec<Key> = want.keys().filter(|key| over(key)).copied().collect();
                    prop_assert_eq!(std::mem::take(&mut gone), all);
                    want.retain(|key, _| !over(key));
                }
                prop_assert_eq!(open.len(), want.len());
            }
            let mut left: Vec<Key> = open.iter().map(|(key, _)| *key).collect();
            left.sort_unstable();
            prop_assert_eq!(left, want.into_keys().collect::<Vec<_>>());
        }
    }
}
