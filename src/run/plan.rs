//! [`Plan`]: the order in which chunks of several logs are read, by the time at which they begin.
//!
//! A connection may be told by several logs: PAM writes to `auth.log` of a login that Dovecot writes
//! to `mail.log`, and each is rotated when its time has come. Read by time, nothing that belongs
//! together lies further apart than the chunks that hold it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::input::Form;
use crate::limits::PACKED_OPEN;

use super::collect::Log;

/// A chunk to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// When it begins: the latest of the first lines of this and the chunks before it, in
    /// nanoseconds since 1970. No line of it is read as if it were earlier.
    pub begins: i64,
    /// Its input.
    pub input: u32,
    /// Its number in the input.
    pub index: usize,
}

/// The order of the chunks of some inputs.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    items: Vec<Item>,
    /// Per input: when it may begin at the earliest.
    delays: Vec<i64>,
    /// The first of the inputs.
    from: usize,
}

impl Plan {
    /// The order of the chunks of the inputs `range` of `logs`.
    #[must_use]
    pub fn new(logs: &[Log], range: std::ops::Range<usize>) -> Self {
        let from = range.start;
        let mut plan = Self { items: Vec::new(), delays: Vec::new(), from };
        // When those packed logs end that are open together: each takes memory to unpack.
        let mut open: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
        for (input, log) in logs.iter().enumerate().take(range.end).skip(from) {
            let mut delay = i64::MIN;
            if log.input.form != Form::Plain {
                if open.len() >= PACKED_OPEN
                    && let Some(Reverse(end)) = open.pop()
                {
                    delay = end;
                }
                let end = log.begins.last().copied().unwrap_or(i64::MIN);
                open.push(Reverse(end.max(delay)));
            }
            plan.delays.push(delay);
            let input = u32::try_from(input).unwrap_or(u32::MAX);
            plan.items.extend(log.begins.iter().enumerate().map(|(index, begins)| Item {
                begins: delay.max(*begins),
                input,
                index,
            }));
        }
        plan.items.sort_unstable();
        plan
    }

    /// The chunks, in order.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// When an input may begin at the earliest.
    #[must_use]
    pub fn delay(&self, input: u32) -> i64 {
        let at = (input as usize).checked_sub(self.from).and_then(|n| self.delays.get(n));
        at.copied().unwrap_or(i64::MIN)
    }

    /// When what is still to be read behind a chunk begins, and of which input that is; none if
    /// nothing is that could come before what was read. `begins` is what the chunk's log says.
    #[must_use]
    pub fn after(&self, log: &Log, input: u32, index: usize) -> Option<(i64, u32)> {
        if self.delays.len() == 1 {
            return None;
        }
        // A packed log may have grown since it was surveyed.
        let index = index.min(log.begins.len().saturating_sub(1));
        let begins = log.begins.get(index).map_or(i64::MIN, |b| self.delay(input).max(*b));
        let this = Item { begins, input, index };
        let next = self.items.partition_point(|item| *item <= this);
        self.items.get(next).map(|item| (item.begins, item.input))
    }
}
