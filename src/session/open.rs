//! [`Open`]: the sessions that are not over, found by what makes lines one session.
//!
//! Lines of one session mostly follow each other closely: where the sessions met lately lie is kept
//! at hand, so that one look finds most of them. Behind it stands a map of all; a session itself lies
//! in two lines of the cache, in a place that it keeps while it lasts.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::addr::Addr;
use crate::class::Family;

use super::fact::Fact;
use super::state::Session;

/// What makes lines one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Who. Nobody has no session.
    pub source: Addr,
    /// The host's number, and in the highest bit the family: firewalls have no sessions.
    host: u32,
    pid: u32,
    /// What the program calls the session, or the port where it logs no process.
    extra: u64,
}

/// The bit of a key's host that says whose logs tell of the session.
const MAIL: u32 = 1 << 31;

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
        Self { source: fact.source, host: fact.host & !MAIL | family, pid, extra }
    }

    /// In whose logs.
    #[must_use]
    pub const fn family(&self) -> Family {
        if self.host & MAIL == 0 { Family::Sshd } else { Family::Mail }
    }

    /// Whether another is the same: two numbers compared, and no jump between them.
    #[inline(always)]
    fn is(&self, other: &Self) -> bool {
        let process = |k: &Self| u128::from(k.extra) << 64 | u128::from(k.process());
        (self.source.bits() ^ other.source.bits()) | (process(self) ^ process(other)) == 0
    }

    #[inline(always)]
    fn process(&self) -> u64 {
        u64::from(self.host) << 32 | u64::from(self.pid)
    }

    /// Its place among those met lately.
    #[inline(always)]
    fn lately(&self) -> usize {
        let mixed = self.source.bits() as u64 ^ self.process() ^ self.extra;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize % LATELY
    }
}

impl Hash for Key {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Two words for all: processes differ where sources do not, and the other way round.
        let bits = self.source.bits();
        state.write_u64((bits >> 64) as u64 ^ self.extra ^ self.process().rotate_left(7));
        state.write_u64(bits as u64);
    }
}

/// Sessions met lately that are at hand, a power of two.
const LATELY: usize = 1024;

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
    index: FxHashMap<Key, u32>,
    lately: [u32; LATELY],
}

impl Default for Open {
    fn default() -> Self {
        let (slots, free) = (Vec::new(), Vec::new());
        Self { slots, free, index: FxHashMap::default(), lately: [0; LATELY] }
    }
}

impl Open {
    /// How many there are.
    #[inline(always)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The session of a key; where there is none, it begins with `fact`.
    #[inline(always)]
    pub fn of(&mut self, key: &Key, fact: &Fact) -> Option<&mut Session> {
        let at = match self.lately.get(key.lately()) {
            Some(at) if self.slots.get(*at as usize).is_some_and(|s| s.key.is(key)) => *at,
            _ => self.other(key, fact)?,
        };
        self.slots.get_mut(at as usize).map(|slot| &mut slot.session)
    }

    /// The place of a session that was not met lately, or begins.
    #[inline(never)]
    fn other(&mut self, key: &Key, fact: &Fact) -> Option<u32> {
        // As many as there are places for.
        let next = match self.free.last() {
            Some(at) => *at,
            None => u32::try_from(self.slots.len()).ok()?,
        };
        let at = *self.index.entry(*key).or_insert(next);
        if at == next {
            let slot = Slot { key: *key, session: Session::new(fact) };
            self.free.pop();
            match self.slots.get_mut(at as usize) {
                Some(place) => *place = slot,
                None => self.slots.push(slot),
            }
        }
        if let Some(place) = self.lately.get_mut(key.lately()) {
            *place = at;
        }
        Some(at)
    }

    /// The session of a key, if it has one.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Session> {
        let at = *self.index.get(key)?;
        self.slots.get(at as usize).map(|slot| &slot.session)
    }

    /// The same to be changed.
    pub fn get_mut(&mut self, key: &Key) -> Option<&mut Session> {
        let at = match self.lately.get(key.lately()) {
            Some(at) if self.slots.get(*at as usize).is_some_and(|s| s.key.is(key)) => *at,
            _ => *self.index.get(key)?,
        };
        self.slots.get_mut(at as usize).map(|slot| &mut slot.session)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Session)> {
        let taken = self.slots.iter().filter(|slot| slot.key.source != Addr::NOBODY);
        taken.map(|slot| (&slot.key, &slot.session))
    }

    /// Takes out those that are over, in no order.
    pub fn take_out(
        &mut self,
        over: impl Fn(&Session) -> bool,
        each: &mut impl FnMut(Key, Session),
    ) {
        for (slot, at) in self.slots.iter_mut().zip(0..) {
            if slot.key.source != Addr::NOBODY && over(&slot.session) {
                self.index.remove(&slot.key);
                self.free.push(at);
                let gone = std::mem::replace(slot, Slot { key: NOBODYS, session: Session::NONE });
                each(gone.key, gone.session);
            }
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, key: &Key) -> Option<Session> {
        let at = self.index.remove(key)?;
        let slot = self.slots.get_mut(at as usize)?;
        self.free.push(at);
        let gone = std::mem::replace(slot, Slot { key: NOBODYS, session: Session::NONE });
        Some(gone.session)
    }
}

/// The key of a free place.
const NOBODYS: Key = Key { source: Addr::NOBODY, host: 0, pid: 0, extra: 0 };
