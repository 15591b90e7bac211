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

use super::fact::Fact;

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

    fn pop_front(&mut self) -> Option<T> {
        self.first.take().or_else(|| self.more.pop_front())
    }

    fn into_iter(self) -> impl Iterator<Item = T> {
        self.first.into_iter().chain(self.more)
    }
}

/// The lines that wait. Each step takes constant time however many do: a
/// source may make as many wait as it likes.
#[derive(Clone, Debug)]
pub struct Pool {
    waiting: FxHashMap<Waiter, Few<Fact>>,
    /// How many lines wait, by the lowest bits of their process: where none does, none need be looked for.
    by_pid: [u32; PIDS],
    /// Who waits since when, the oldest first; an entry may be of one who no longer does.
    queues: FxHashMap<(PoolKey, Tally), Few<(i64, u32)>>,
}

/// Numbers of lines that wait, a power of two.
const PIDS: usize = 256;

impl Default for Pool {
    fn default() -> Self {
        let (waiting, queues) = (FxHashMap::default(), FxHashMap::default());
        Self { waiting, by_pid: [0; PIDS], queues }
    }
}

impl Pool {
    #[inline(always)]
    fn of_pid(&mut self, pid: u32) -> &mut u32 {
        // There is a number for each.
        #[allow(clippy::indexing_slicing)]
        &mut self.by_pid[pid as usize % PIDS]
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many processes' lines wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Puts a line in.
    pub fn wait(&mut self, fact: &Fact) {
        let (key, tally) = (PoolKey::of(fact), fact.kind.facts().tally);
        *self.of_pid(fact.pid) += 1;
        self.waiting.entry((key, tally, fact.pid)).or_default().push_back(*fact);
        self.queues.entry((key, tally)).or_default().push_back((fact.spot.nanos(), fact.pid));
    }

    /// Takes out every line of the same process: PAM spoke within it.
    #[inline(always)]
    pub fn own(&mut self, key: PoolKey, pid: u32, each: impl FnMut(Fact)) {
        if *self.of_pid(pid) > 0 {
            self.take_own(key, pid).into_iter().flat_map(Few::into_iter).for_each(each);
        }
    }

    #[inline(never)]
    fn take_own(&mut self, key: PoolKey, pid: u32) -> Option<Few<Fact>> {
        let few = self.waiting.remove(&(key, Tally::Pam, pid))?;
        *self.of_pid(pid) -= few.len();
        Some(few)
    }

    /// Takes out the oldest line of `tally` that lies within `before` seconds
    /// before `at`, or `PAM_SECONDS` after it. Older ones lose their turn.
    pub fn claim(&mut self, key: PoolKey, tally: Tally, at: Instant, before: i64) -> Option<Fact> {
        let queue = self.queues.get_mut(&(key, tally))?;
        while let Some((since, pid)) = queue.front().copied() {
            if since - at.nanos > PAM_SECONDS * SECOND {
                return None;
            }
            queue.pop_front();
            if at.nanos - since > before * SECOND {
                continue;
            }
            let waiter = (key, tally, pid);
            let Some(list) = self.waiting.get_mut(&waiter) else { continue };
            if list.front().is_none_or(|f| f.spot.nanos() != since) {
                continue;
            }
            let fact = list.pop_front();
            if list.is_empty() {
                self.waiting.remove(&waiter);
            }
            *self.of_pid(pid) -= u32::from(fact.is_some());
            return fact;
        }
        self.queues.remove(&(key, tally));
        None
    }

    /// Takes out all that waited since before `until`, source by source.
    pub fn expired(&mut self, until: i64) -> Vec<Fact> {
        let mut out: Vec<Fact> = Vec::new();
        self.waiting.retain(|_, list| {
            while list.front().is_some_and(|f| f.spot.nanos() < until) {
                out.extend(list.pop_front());
            }
            !list.is_empty()
        });
        for fact in &out {
            *self.of_pid(fact.pid) -= 1;
        }
        // A line of sshd's takes only what waits for a minute at most: an hour is enough to remember in what
        // order. Its own process may speak later, and is not asked for here.
        let hour_ago = until.saturating_add((SESSION_SILENCE_SECONDS - 3600) * SECOND);
        self.queues.retain(|(key, _), queue| {
            let until = if key.family == Family::Sshd { hour_ago } else { until };
            while queue.front().is_some_and(|(since, _)| *since < until) {
                queue.pop_front();
            }
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
