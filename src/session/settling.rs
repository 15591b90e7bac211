//! What is over in [`Sessions`]: settled by silence, by number, or since the run is at its end.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::addr::Addr;
use crate::class::Family;
use crate::days::SECOND;
use crate::limits::{SESSION_SILENCE_SECONDS, TRAILER_SECONDS};

use super::fact::Fact;
use super::open::Key;
use super::pool::PoolKey;
use super::state::{By, Over, Session};
use super::table::{HOUR, ROOM_LEAST, Sessions};

/// What waits and may be looked at for each time that log time leaves its hour.
const TURN: usize = 256;

impl Sessions {
    /// Once in an hour of log time, what waits in vain is given up. Where hosts of several clocks tell in
    /// turns, log time goes to and fro: all that waits is looked at when that happened often enough to pay.
    #[inline(never)]
    pub(super) fn turn(&mut self, at: i64, out: &mut impl FnMut(Over)) {
        self.hour_ends = (at / HOUR + 1).saturating_mul(HOUR);
        self.behind_of_hour = self.behind_of_hour.max(self.behind);
        self.turns += TURN;
        let waiting = self.pool.len() + self.broken.len() + self.called.len() + self.named.len();
        if self.hour_ends > self.latest
            || self.turns > waiting + self.lately.len() + self.doubts.len()
        {
            (self.latest, self.turns) = (self.latest.max(self.hour_ends), 0);
            self.give_up(self.slowest(), out);
            self.behind_of_hour = 0;
        }
    }

    /// What the slowest clock says, by the lines of late.
    #[inline(always)]
    pub(super) fn slowest(&self) -> i64 {
        self.newest.saturating_sub(self.behind.max(self.behind_of_hour))
    }

    /// A line is earlier than one before it.
    #[cold]
    pub(super) fn goes_back(&mut self, at: i64) {
        self.behind = self.behind.max(self.newest.saturating_sub(at));
    }

    /// Settles what cannot get another line, by the clock that is slowest.
    #[inline(never)]
    pub(super) fn sweep(&mut self, at: i64, out: &mut impl FnMut(Over)) {
        let now = self.newest.saturating_sub(self.behind);
        self.behind_of_hour = self.behind_of_hour.max(self.behind);
        // A log that went back for good does not come to what was open then.
        let left = self.newest.max(self.newest_before) + SESSION_SILENCE_SECONDS * SECOND;
        (self.newest_before, self.newest, self.behind) = (self.newest, at, 0);
        // In no order: what they are summed up into does not depend on it.
        let over = |_: &Key, s: &Session| {
            let most = if s.closed() { 2 * TRAILER_SECONDS } else { SESSION_SILENCE_SECONDS };
            now - s.last.nanos() >= (most + 1) * SECOND || s.last.nanos() > left
        };
        self.open.take_out(over, &mut |key, session| {
            out(session.over(key.source, key.family()));
        });
        if self.open.len() > self.most {
            self.thin(out);
        }
        self.room = (2 * self.open.len()).max(ROOM_LEAST).min(self.most);
    }

    /// Settles lines that wait for what will not come, and forgets what nothing can refer to.
    #[inline(never)]
    fn give_up(&mut self, now: i64, out: &mut impl FnMut(Over)) {
        let silent = now - SESSION_SILENCE_SECONDS * SECOND;
        let expired = self.pool.expired(silent);
        self.alone(&expired, out);
        self.broken.retain(|_, at| *at >= now - 2 * TRAILER_SECONDS * SECOND);
        self.called.retain(|_, (.., at)| *at >= silent);
        self.named.retain(|_, (_, at)| *at >= silent);
        self.lately.forget(now);
        let mut lost = 0;
        self.doubts.retain(|_, list| {
            list.retain(|d| {
                let keep = d.iter().any(|f| f.spot.nanos() >= silent);
                lost += u64::from(!keep);
                keep
            });
            !list.is_empty()
        });
        self.quarantined += lost;
    }

    /// Settles the sessions of the sources that have most of them, the longest silent first, until
    /// half of what may be open is: who floods loses the thread of his own sessions alone.
    fn thin(&mut self, out: &mut impl FnMut(Over)) {
        let mut each: FxHashMap<Addr, usize> = FxHashMap::default();
        for (key, _) in self.open.iter() {
            *each.entry(key.source).or_default() += 1;
        }
        let mut counts: Vec<usize> = each.into_values().collect();
        counts.sort_unstable();
        // The most that each source may keep, so that all together keep half.
        let (mut left, mut share) = (self.most / 2, 1);
        for (i, count) in counts.iter().enumerate() {
            share = (left / (counts.len() - i)).max(1);
            if *count > share {
                break;
            }
            left = left.saturating_sub(*count);
        }
        let mut all: Vec<(Addr, std::cmp::Reverse<i64>, Key)> = self
            .open
            .iter()
            .map(|(key, s)| (key.source, std::cmp::Reverse(s.last.nanos()), *key))
            .collect();
        all.sort_unstable();
        let beyond = all.chunk_by(|a, b| a.0 == b.0).flat_map(|of_one| of_one.iter().skip(share));
        let beyond: FxHashSet<Key> = beyond.map(|(_, _, key)| *key).collect();
        self.cut_short += beyond.len() as u64;
        self.open.take_out(|key, _| beyond.contains(key), &mut |key, session| {
            out(session.over(key.source, key.family()));
        });
    }

    /// Settles retelling lines that retell nothing: by process for sshd, by minute for mail.
    fn alone(&self, facts: &[Fact], out: &mut impl FnMut(Over)) {
        let mut at = 0;
        while let Some(first) = facts.get(at) {
            let together = |f: &Fact| {
                PoolKey::of(f) == PoolKey::of(first)
                    && match first.kind.facts().family {
                        Family::Sshd => f.pid == first.pid,
                        _ => f.spot.nanos() - first.spot.nanos() < 60 * SECOND,
                    }
            };
            let mut session = Session::new(first);
            let mut n = 0;
            for f in facts.iter().skip(at).take_while(|f| together(f)) {
                session.take_also(f, By::Itself, self.remember);
                n += 1;
            }
            out(session.over(first.source, first.kind.facts().family));
            at += n.max(1);
        }
    }

    /// Settles everything: the run is at its end.
    pub fn finish(&mut self, out: &mut impl FnMut(Over)) {
        self.open.take_out(|_, _| true, &mut |key, session| {
            out(session.over(key.source, key.family()));
        });
        let waiting = self.pool.expired(i64::MAX);
        self.alone(&waiting, out);
        self.quarantined += self.doubts.drain().map(|(_, l)| l.len() as u64).sum::<u64>();
    }
}
