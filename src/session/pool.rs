//! Lines that retell a try from another process, waiting for the line they retell.
//!
//! PAM's conversation runs in a process of its own, and Dovecot's auth worker
//! is one: their lines bear other pids than the session's. Each waits here by host
//! and source. A line of the session that counts a try takes one with it, the
//! oldest first; what nobody takes is a try by itself.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::addr::Addr;
use crate::class::Family;
use crate::days::SECOND;
use crate::dialect::Tally;
use crate::limits::{PAM_SECONDS, SESSION_SILENCE_SECONDS};
use crate::time::Instant;

use super::fact::{Fact, Spot};

/// Who may retell whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolKey {
    /// The host.
    pub host: u32,
    /// The family: PAM speaks for sshd and for mail.
    pub family: Family,
    /// The source.
    pub source: Addr,
}

impl Hash for PoolKey {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let bits = self.source.bits();
        let of = u64::from(self.host) << 8 | self.family as u64;
        state.write_u64((bits >> 64) as u64 ^ of.rotate_left(32));
        state.write_u64(bits as u64);
    }
}

impl PoolKey {
    /// The key of a line.
    #[must_use]
    pub const fn of(fact: &Fact) -> Self {
        Self { host: fact.host, family: fact.kind.facts().family, source: fact.source }
    }
}

/// Whose lines of which kind, and of which process.
type Waiter = (PoolKey, Tally, u32);

/// A queue of mostly one: that one needs no memory of its own.
#[derive(Clone, Debug)]
struct Few<T> {
    first: Option<T>,
    more: VecDeque<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { first: None, more: VecDeque::new() }
    }
}

impl<T> Few<T> {
    fn is_empty(&self) -> bool {
        self.first.is_none() && self.more.is_empty()
    }

    fn len(&self) -> u32 {
        u32::from(self.first.is_some()) + u32::try_from(self.more.len()).unwrap_or(u32::MAX)
    }

    fn front(&self) -> Option<&T> {
        self.first.as_ref().or_else(|| self.more.front())
    }

    fn push_back(&mut self, item: T) {
        if self.is_empty() {
            self.first = Some(item);
        } else {
            self.more.push_back(item);
        }
    }

    fn push_front(&mut self, item: T) {
        if let Some(first) = self.first.replace(item) {
            self.more.push_front(first);
        }
    }

    fn pop_front(&mut self) -> Option<T> {
        self.first.take().or_else(|| self.more.pop_front())
    }

    fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.first = self.first.take().filter(&stays);
        self.more.retain(stays);
    }

    fn into_iter(self) -> impl Iterator<Item = T> {
        self.first.into_iter().chain(self.more)
    }
}

/// A line that waits where it is looked for first.
#[derive(Clone, Copy, Debug)]
struct Near {
    waiter: Waiter,
    fact: Fact,
}

/// The lines that wait. Each step takes constant time however many do: a
/// source may make as many wait as it likes.
///
/// Most lines are taken within seconds by the session of their own process. So the last of each process waits at
/// hand, and its queue is told of it only once somebody else may ask for it.
#[derive(Clone, Debug)]
pub struct Pool {
    /// By the lowest bits of their process. Who waits here came before any other of his process that waits.
    near: [Option<Near>; NEAR],
    /// How many of those.
    at_hand: usize,
    /// Those of which no queue knows, by their process and in the order in which they came; an entry may be of one
    /// that was taken.
    fresh: Vec<(u32, Spot)>,
    waiting: FxHashMap<Waiter, Few<Fact>>,
    /// How many lines wait, by the lowest bits of their process and by a hash of whose they are: where none does,
    /// none need be looked for.
    by_pid: [u32; COUNTS],
    by_source: [u32; COUNTS],
    /// Which line waits, and of which process, the oldest first; an entry may be of one that no longer does.
    queues: FxHashMap<(PoolKey, Tally), Few<(Spot, u32)>>,
}

/// Numbers of lines that wait, a power of two.
const COUNTS: usize = 256;

/// Places at hand, a power of two and no more than there are counts: two of one place and of different counts are
/// of different processes.
const NEAR: usize = 64;

/// Entries of which no queue knows, at most.
const FRESH: usize = 256;

impl Default for Pool {
    fn default() -> Self {
        let (waiting, queues) = (FxHashMap::default(), FxHashMap::default());
        Self {
            near: [None; NEAR],
            at_hand: 0,
            fresh: Vec::new(),
            waiting,
            by_pid: [0; COUNTS],
            by_source: [0; COUNTS],
            queues,
        }
    }
}

// There is a place and a number for each.
#[allow(clippy::indexing_slicing)]
impl Pool {
    #[inline(always)]
    fn at(&mut self, pid: u32) -> &mut Option<Near> {
        &mut self.near[pid as usize % NEAR]
    }

    #[inline(always)]
    fn of_pid(&mut self, pid: u32) -> &mut u32 {
        &mut self.by_pid[pid as usize % COUNTS]
    }

    #[inline(always)]
    fn of_source(&mut self, key: PoolKey) -> &mut u32 {
        let bits = key.source.bits();
        let mixed = ((bits >> 64) as u64 ^ bits as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &mut self.by_source[(mixed >> 32) as usize % COUNTS]
    }
}

impl Pool {
    /// Whether nobody waits.
    #[inline(always)]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_hand == 0 && self.waiting.is_empty()
    }

    /// How many processes' lines wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at_hand + self.waiting.len()
    }

    /// Puts a line in.
    pub fn wait(&mut self, fact: &Fact) {
        let (key, tally) = (PoolKey::of(fact), fact.kind.facts().tally);
        let waiter = (key, tally, fact.pid);
        *self.of_source(key) += 1;
        let of_pid = self.of_pid(fact.pid);
        *of_pid += 1;
        if *of_pid > 1 {
            // Others of the process may wait, and come before it.
            self.tell_queues();
            self.waiting.entry(waiter).or_default().push_back(*fact);
            self.queues.entry((key, tally)).or_default().push_back((fact.spot, fact.pid));
            return;
        }
        if self.at(fact.pid).is_some() {
            self.make_way(fact.pid);
        }
        *self.at(fact.pid) = Some(Near { waiter, fact: *fact });
        self.at_hand += 1;
        if self.fresh.len() >= FRESH {
            self.tell_queues();
        }
        self.fresh.push((fact.pid, fact.spot));
    }

    /// Who waits at hand waits elsewhere.
    #[inline(never)]
    fn make_way(&mut self, pid: u32) {
        self.tell_queues();
        if let Some(near) = self.at(pid).take() {
            self.at_hand -= 1;
            // It came before any other of its process.
            self.waiting.entry(near.waiter).or_default().push_front(near.fact);
        }
    }

    /// Tells the queues of those that came since they were told.
    fn tell_queues(&mut self) {
        for (pid, line) in self.fresh.drain(..) {
            if let Some(Some(near)) = self.near.get(pid as usize % NEAR)
                && near.fact.spot == line
            {
                let (key, tally, _) = near.waiter;
                self.queues.entry((key, tally)).or_default().push_back((line, pid));
            }
        }
    }

    /// The line at hand, if it is of these.
    #[inline(always)]
    fn take_near(&mut self, waiter: &Waiter) -> Option<Fact> {
        let place = self.at(waiter.2);
        let near = place.as_ref().filter(|near| near.waiter == *waiter)?.fact;
        *place = None;
        self.at_hand -= 1;
        *self.of_pid(waiter.2) -= 1;
        *self.of_source(waiter.0) -= 1;
        Some(near)
    }

    /// Takes out every line of the same process: PAM spoke within it.
    #[inline(always)]
    pub fn own(&mut self, key: PoolKey, pid: u32, mut each: impl FnMut(Fact)) {
        if *self.of_pid(pid) > 0 {
            let waiter = (key, Tally::Pam, pid);
            if let Some(fact) = self.take_near(&waiter) {
                each(fact);
            }
            if *self.of_pid(pid) > 0 {
                self.take_own(&waiter).into_iter().flat_map(Few::into_iter).for_each(each);
            }
        }
    }

    #[inline(never)]
    fn take_own(&mut self, waiter: &Waiter) -> Option<Few<Fact>> {
        let few = self.waiting.remove(waiter)?;
        *self.of_pid(waiter.2) -= few.len();
        *self.of_source(waiter.0) -= few.len();
        Some(few)
    }

    /// The first line of these that still waits.
    fn first(&mut self, waiter: &Waiter) -> Option<Spot> {
        let near = self.at(waiter.2).as_ref().filter(|near| near.waiter == *waiter);
        let fact = match near {
            Some(near) => Some(&near.fact),
            None => self.waiting.get(waiter)?.front(),
        };
        fact.map(|fact| fact.spot)
    }

    /// Takes out the oldest line of `tally` that lies within `before` seconds
    /// before `at`, or `PAM_SECONDS` after it. Older ones lose their turn.
    #[inline(always)]
    pub fn claim(&mut self, key: PoolKey, tally: Tally, at: Instant, before: i64) -> Option<Fact> {
        if *self.of_source(key) == 0 {
            return None;
        }
        self.claim_waiting(key, tally, at, before)
    }

    #[inline(never)]
    fn claim_waiting(
        &mut self,
        key: PoolKey,
        tally: Tally,
        at: Instant,
        before: i64,
    ) -> Option<Fact> {
        self.tell_queues();
        loop {
            let queue = self.queues.get_mut(&(key, tally))?;
            let Some((line, pid)) = queue.front().copied() else { break };
            let (waiter, since) = ((key, tally, pid), line.nanos());
            // An entry of one that no longer waits says nothing.
            let waits = self.first(&waiter) == Some(line);
            if waits && since - at.nanos > PAM_SECONDS * SECOND {
                return None;
            }
            self.queues.get_mut(&(key, tally))?.pop_front();
            if !waits || at.nanos - since > before * SECOND {
                continue;
            }
            if let Some(fact) = self.take_near(&waiter) {
                return Some(fact);
            }
            let list = self.waiting.get_mut(&waiter)?;
            let fact = list.pop_front()?;
            if list.is_empty() {
                self.waiting.remove(&waiter);
            }
            *self.of_pid(pid) -= 1;
            *self.of_source(key) -= 1;
            return Some(fact);
        }
        self.queues.remove(&(key, tally));
        None
    }

    /// Takes out all that waited since before `until`, source by source.
    pub fn expired(&mut self, until: i64) -> Vec<Fact> {
        // Whose turn is over by then is for the queues to say.
        self.tell_queues();
        let mut out: Vec<Fact> = Vec::new();
        for place in &mut self.near {
            if let Some(near) = place.filter(|near| near.fact.spot.nanos() < until) {
                out.push(near.fact);
                *place = None;
                self.at_hand -= 1;
            }
        }
        let near = &self.near;
        self.waiting.retain(|waiter, list| {
            // One at hand comes before them.
            let first = near.get(waiter.2 as usize % NEAR).and_then(Option::as_ref);
            if first.is_none_or(|near| near.waiter != *waiter) {
                while list.front().is_some_and(|f| f.spot.nanos() < until) {
                    out.extend(list.pop_front());
                }
            }
            !list.is_empty()
        });
        for fact in &out {
            *self.of_pid(fact.pid) -= 1;
            *self.of_source(PoolKey::of(fact)) -= 1;
        }
        // A line of sshd's takes only what waits for a minute at most: an hour is enough to remember in what
        // order. Its own process may speak later, and is not asked for here.
        let hour_ago = until.saturating_add((SESSION_SILENCE_SECONDS - 3600) * SECOND);
        self.queues.retain(|(key, _), queue| {
            let until = if key.family == Family::Sshd { hour_ago } else { until };
            queue.retain(|(line, _)| line.nanos() >= until);
            !queue.is_empty()
        });
        // A map's order is nobody's order.
        out.sort_unstable_by_key(|f| {
            let pid = if f.kind.facts().family == Family::Sshd { f.pid } else { 0 };
            (f.source, f.host, f.kind.facts().family, pid, f.spot)
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dialect::Kind;
    use crate::session::Place;

    /// The same as plainly as it can be said: who waits, and whether it still has its turn.
    #[derive(Default)]
    struct Plain(Vec<(Waiter, Fact, bool)>);

    impl Plain {
        fn oldest(&self, waiter: &Waiter) -> Option<Spot> {
            self.0.iter().find(|(w, ..)| w == waiter).map(|(_, f, _)| f.spot)
        }

        fn own(&mut self, waiter: Waiter) -> Vec<Fact> {
            self.0.extract_if(.., |(w, ..)| *w == waiter).map(|(_, f, _)| f).collect()
        }

        fn claim(&mut self, key: PoolKey, tally: Tally, at: i64, before: i64) -> Option<Fact> {
            for n in 0..self.0.len() {
                let (waiter, fact, turn) = self.0[n];
                if (waiter.0, waiter.1) != (key, tally) || !turn {
                    continue;
                }
                let since = fact.spot.nanos();
                let waits = self.oldest(&waiter) == Some(fact.spot);
                if waits && since - at > PAM_SECONDS * SECOND {
                    return None;
                }
                self.0[n].2 = false;
                if waits && at - since <= before * SECOND {
                    let place = self.0.iter().position(|(w, ..)| *w == waiter).unwrap();
                    return Some(self.0.remove(place).1);
                }
            }
            None
        }

        fn expired(&mut self, until: i64) -> usize {
            let before = self.0.len();
            // As long as the first of a process waits, those behind it do.
            while let Some(n) = (0..self.0.len()).find(|n| {
                let (waiter, fact, _) = &self.0[*n];
                fact.spot.nanos() < until && self.oldest(waiter) == Some(fact.spot)
            }) {
                self.0.remove(n);
            }
            let gone = before - self.0.len();
            let hour_ago = until + (SESSION_SILENCE_SECONDS - 3600) * SECOND;
            for (_, fact, turn) in &mut self.0 {
                *turn &= fact.spot.nanos() >= hour_ago;
            }
            gone
        }
    }

    fn fact(at: i64, who: u32, pid: u32, offset: u64) -> Fact {
        Fact {
            spot: Spot::new(Instant::from_seconds(at), Place { input: 0, offset }),
            kind: Kind::PamFailed,
            count: 1,
            source: Addr::from_v4(0xc000_0200 + who),
            port: 0,
            our_port: 22,
            host: 0,
            pid,
            session: 0,
            user: 0,
            lasted: 0,
        }
    }

    proptest! {
        #[test]
        fn lines_wait_as_plainly_said(steps in proptest::collection::vec(
            (0u8..12, 0i64..50, 0u32..5, 0u32..9), 1..600
        )) {
            // Some share their place at hand, some their count, and some both.
            let pids = [1, 2, 65, 129, 257, 258, 513, 66, 70];
            let (mut pool, mut plain) = (Pool::default(), Plain::default());
            let mut now = 1_000_000;
            for (n, (what, later, who, pid)) in steps.into_iter().enumerate() {
                // Now and then half a day passes, or a clock tells that is hours behind.
                now += match later {
                    49 => 40_000,
                    48 => -10_000,
                    47 => -70,
                    later => later / 2,
                };
                let pid = pids[pid as usize];
                let line = fact(now, who, pid, n as u64);
                let key = PoolKey::of(&line);
                match what {
                    0..6 => {
                        pool.wait(&line);
                        plain.0.push(((key, Tally::Pam, pid), line, true));
                    }
                    6..8 => {
                        let mut own = Vec::new();
                        pool.own(key, pid, |f| own.push(f));
                        prop_assert_eq!(own, plain.own((key, Tally::Pam, pid)));
                    }
                    8..11 => {
                        let at = Instant::from_seconds(now - 30);
                        let claimed = pool.claim(key, Tally::Pam, at, PAM_SECONDS);
                        prop_assert_eq!(claimed, plain.claim(key, Tally::Pam, at.nanos, PAM_SECONDS));
                    }
                    _ => {
                        let until = (now - SESSION_SILENCE_SECONDS) * SECOND;
                        prop_assert_eq!(pool.expired(until).len(), plain.expired(until));
                    }
                }
                prop_assert_eq!(pool.is_empty(), plain.0.is_empty());
            }
            prop_assert_eq!(pool.expired(i64::MAX).len(), plain.0.len());
            prop_assert!(pool.is_empty());
            prop_assert_eq!(pool.by_pid.iter().chain(&pool.by_source).sum::<u32>(), 0);
        }
    }
}
