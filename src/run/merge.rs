//! [`Merge`]: what several logs tell, in the order of time, however the chunks that told it were cut.
//!
//! Within a log the order of lines stands. Between logs, a line comes when the latest time that
//! its log has reached is the earliest that any log stands at; in the same instant, the log
//! that the run counts first comes first. So a clock that was put back, or a line out of order, moves
//! nothing in its own log.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::limits::FACTS_HELD;
use crate::session::{Doubt, Fact};

use super::gleaned::ChunkOut;

/// What comes next.
#[derive(Debug)]
pub enum Next<'m> {
    /// Facts of one log, in the order of its lines.
    Facts(&'m [Fact]),
    /// A line with several readings.
    Doubt(&'m Doubt),
}

/// What a chunk told, and how much of it is still to come.
#[derive(Debug)]
struct Held {
    facts: Vec<Fact>,
    /// Facts that have come.
    at: usize,
    /// Doubts, each with the number of facts before it and the time that its log had reached.
    doubts: VecDeque<(usize, i64, Doubt)>,
    /// From which fact on its log had reached a time later than the facts' own.
    late: Vec<(usize, i64)>,
    /// The time that its log had reached before it.
    base: i64,
}

impl Held {
    /// The time that the log had reached at a fact.
    fn reached(&self, at: usize) -> Option<i64> {
        let own = self.facts.get(at)?.spot.nanos();
        let before = self.late.partition_point(|(from, _)| *from <= at);
        let late = before.checked_sub(1).and_then(|n| self.late.get(n)).map_or(own, |(_, t)| *t);
        Some(own.max(late).max(self.base))
    }

    /// The time of what comes next.
    fn next(&self) -> Option<i64> {
        match self.doubts.front() {
            Some((at, reached, _)) if *at <= self.at => Some((*reached).max(self.base)),
            _ => self.reached(self.at),
        }
    }

    /// How many facts come before `bound`, of those that no doubt parts.
    fn before(&self, bound: i64) -> usize {
        let to = self.doubts.front().map_or(self.facts.len(), |(at, ..)| *at);
        // Most of them, or just one: look at the ends first.
        if to > self.at && self.reached(to - 1).is_none_or(|t| t < bound) {
            return to;
        }
        let (mut from, mut to) = (self.at, to);
        while from < to {
            let mid = from.midpoint(to);
            match self.reached(mid) {
                Some(t) if t >= bound => to = mid,
                _ => from = mid + 1,
            }
        }
        from
    }
}

/// What one log told and what is still to come of it.
#[derive(Debug)]
struct Log {
    chunks: VecDeque<Held>,
    /// The latest time of its lines.
    reached: i64,
}

/// What logs told that waits for other logs.
#[derive(Debug, Default)]
pub struct Merge {
    logs: Vec<Log>,
    /// The logs of which something waits, by the time of that.
    heads: BinaryHeap<Reverse<(i64, u32)>>,
    held: usize,
    /// Memory of facts that have come.
    pub spare: Vec<Vec<Fact>>,
    /// Whether more had to wait than may, so that some came before its time.
    pub hurried: bool,
}

impl Merge {
    /// Nothing waits of `inputs` logs.
    #[must_use]
    pub fn new(inputs: usize) -> Self {
        let log = || Log { chunks: VecDeque::new(), reached: i64::MIN };
        Self { logs: std::iter::repeat_with(log).take(inputs).collect(), ..Self::default() }
    }

    /// Takes what the next chunk of its log told, which may follow another. Its log counts as begun at
    /// `delay` at the earliest.
    pub fn take(&mut self, out: &mut ChunkOut, follows: Option<u32>, delay: i64) {
        let rotated =
            follows.and_then(|n| self.logs.get(n as usize)).map_or(i64::MIN, |l| l.reached);
        let delay = delay.max(rotated);
        let Some(log) = self.logs.get_mut(out.input as usize) else { return };
        let base = log.reached.max(delay);
        if let Some((_, latest)) = out.span {
            log.reached = log.reached.max(latest.nanos);
        }
        let facts = std::mem::take(&mut out.facts);
        if facts.is_empty() && out.doubts.is_empty() {
            self.spare.push(facts);
            return;
        }
        self.held += facts.len() + out.doubts.len();
        let doubts = out.doubts.drain(..).collect();
        let held = Held { facts, at: 0, doubts, late: std::mem::take(&mut out.late), base };
        if log.chunks.is_empty()
            && let Some(at) = held.next()
        {
            self.heads.push(Reverse((at, out.input)));
        }
        log.chunks.push_back(held);
    }

    /// Hands out what comes before `until`, everything if that is none.
    pub fn release(&mut self, until: Option<(i64, u32)>, each: &mut impl FnMut(Next<'_>)) {
        while let Some(Reverse((at, input))) = self.heads.peek().copied() {
            let end = (i64::MAX, u32::MAX);
            let mut bound = until.unwrap_or(end);
            if self.held > FACTS_HELD {
                (bound, self.hurried) = (end, self.hurried || (at, input) >= bound);
            }
            if (at, input) >= bound {
                return;
            }
            self.heads.pop();
            let other = self.heads.peek().map_or(end, |Reverse(head)| *head);
            let bound = bound.min(other);
            // In the same instant, the log with the smaller number comes first.
            let bound = if input < bound.1 { bound.0.saturating_add(1) } else { bound.0 };
            let Some(log) = self.logs.get_mut(input as usize) else { continue };
            let Some(held) = log.chunks.front_mut() else { continue };
            if held.doubts.front().is_some_and(|(at, ..)| *at <= held.at) {
                if let Some((.., doubt)) = held.doubts.pop_front() {
                    each(Next::Doubt(&doubt));
                    self.held = self.held.saturating_sub(1);
                }
            } else {
                let to = held.before(bound).max(held.at + 1);
                each(Next::Facts(held.facts.get(held.at..to).unwrap_or_default()));
                self.held = self.held.saturating_sub(to - held.at);
                held.at = to;
            }
            if held.next().is_none()
                && let Some(mut held) = log.chunks.pop_front()
            {
                held.facts.clear();
                self.spare.push(held.facts);
            }
            if let Some(at) = log.chunks.front().and_then(Held::next) {
                self.heads.push(Reverse((at, input)));
            }
        }
    }
}
