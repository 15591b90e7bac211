//! [`Timeline`]: when a source was at it, by class, in buckets no finer than its span bears.
//!
//! Buckets nest: each width is a multiple of the one before. A timeline is kept
//! at the least width at which its events fall into [`TIMELINE_BUCKETS`] or
//! fewer, which is a function of the set of events; so merging is associative
//! and commutative.

use crate::class::Class;
use crate::limits::TIMELINE_BUCKETS;
use crate::time::Instant;

/// Widths of buckets in seconds; each is a multiple of the one before.
pub const WIDTHS: [i64; 12] = [
    60,
    5 * 60,
    15 * 60,
    3600,
    3 * 3600,
    6 * 3600,
    12 * 3600,
    DAY,
    7 * DAY,
    28 * DAY,
    364 * DAY,
    3640 * DAY,
];

const DAY: i64 = 86_400;

/// 1970 began on a Thursday; weeks begin on Mondays.
const TO_MONDAY: i64 = 3 * DAY;

/// The beginning of the bucket that holds an instant, in seconds since 1970.
#[must_use]
pub const fn bucket(seconds: i64, width: i64) -> i64 {
    (seconds + TO_MONDAY).div_euclid(width) * width - TO_MONDAY
}

/// Events by bucket and class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Which of [`WIDTHS`].
    width: u8,
    /// Sorted, each bucket and class once.
    slots: Vec<Slot>,
}

/// The minute that a bucket begins with.
fn minute(at: i64) -> i32 {
    // Stamps are of four digits' years: there is room for all.
    i32::try_from(at / 60).unwrap_or(if at < 0 { i32::MIN } else { i32::MAX })
}

/// The events of a bucket and a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    /// Minutes since 1970: buckets begin with one.
    minute: i32,
    class: Class,
    n: u64,
}

const _: () = assert!(size_of::<Slot>() == 16);

impl Slot {
    const fn at(&self) -> i64 {
        self.minute as i64 * 60
    }
}

impl Timeline {
    /// Counts events of one instant; a connection's events lie at its beginning.
    pub fn add(&mut self, at: Instant, class: Class, n: u64) {
        if n == 0 {
            return;
        }
        self.put(bucket(at.seconds(), self.width()), class, n);
        self.coarsen();
    }

    /// The width of its buckets in seconds.
    #[must_use]
    pub fn width(&self) -> i64 {
        WIDTHS.get(usize::from(self.width)).copied().unwrap_or(DAY)
    }

    /// Looks at where the next event mostly goes. What comes of it says nothing.
    #[must_use]
    pub fn touch(&self) -> u64 {
        self.slots.last().map_or(0, |slot| slot.n)
    }

    /// What it holds: the beginning of a bucket, a class, a number of events.
    pub fn slots(&self) -> impl Iterator<Item = (i64, Class, u64)> {
        self.slots.iter().map(|s| (s.at(), s.class, s.n))
    }

    /// Adds another.
    pub fn merge(&mut self, other: Self) {
        while self.width < other.width {
            self.widen();
        }
        let width = self.width();
        for slot in &other.slots {
            self.put(bucket(slot.at(), width), slot.class, slot.n);
        }
        self.coarsen();
    }

    fn put(&mut self, at: i64, class: Class, n: u64) {
        let minute = minute(at);
        // Logs are mostly in order: the last slot is the likely one.
        if let Some(last) = self.slots.last_mut().filter(|s| (s.minute, s.class) == (minute, class))
        {
            last.n += n;
            return;
        }
        match self.slots.binary_search_by_key(&(minute, class), |s| (s.minute, s.class)) {
            Ok(i) => {
                if let Some(slot) = self.slots.get_mut(i) {
                    slot.n += n;
                }
            }
            Err(i) => {
                // There are many timelines, and none is long.
                if self.slots.len() == self.slots.capacity() {
                    self.slots.reserve_exact((self.slots.len() / 4).max(2));
                }
                self.slots.insert(i, Slot { minute, class, n });
            }
        }
    }

    fn coarsen(&mut self) {
        while usize::from(self.width) + 1 < WIDTHS.len()
            && self.slots.len() > TIMELINE_BUCKETS
            && self.slots.chunk_by(|a, b| a.minute == b.minute).count() > TIMELINE_BUCKETS
        {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.width += 1;
        let width = self.width();
        for slot in &mut self.slots {
            slot.minute = minute(bucket(slot.at(), width));
        }
        self.slots.sort_unstable_by_key(|s| (s.minute, s.class));
        self.slots.dedup_by(|b, a| {
            let same = (a.minute, a.class) == (b.minute, b.class);
            a.n += if same { b.n } else { 0 };
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(events: &[(i64, bool, u64)]) -> Timeline {
        let mut t = Timeline::default();
        for (at, probe, n) in events {
            let class = if *probe { Class::SshProbe } else { Class::SshLogin };
            t.add(Instant::from_seconds(*at), class, *n);
        }
        t
    }

    #[test]
    fn widths_nest_and_weeks_begin_on_mondays() {
        assert!(WIDTHS.windows(2).all(|w| w[1] % w[0] == 0 && w[0] < w[1]));
        // 2026-03-29 is a Sunday, the 23rd its Monday.
        assert_eq!(bucket(1_774_742_400 + 5, 7 * DAY), 1_774_224_000);
        assert_eq!(bucket(-1, DAY), -DAY);
    }

    proptest! {
        #[test]
        fn a_function_of_the_set(
            mut events in proptest::collection::vec((0i64..40_000_000, any::<bool>(), 0u64..5), 0..400),
            cut in 0usize..400,
        ) {
            let whole = of(&events);
            let cut = cut.min(events.len());
            let (mut a, mut b) = (of(&events[..cut]), of(&events[cut..]));
            let (a2, b2) = (a.clone(), b.clone());
            a.merge(b2);
            b.merge(a2);
            prop_assert_eq!(&a, &whole);
            prop_assert_eq!(&b, &whole);
            let sum: u64 = events.iter().map(|e| e.2).sum();
            prop_assert_eq!(whole.slots().map(|s| s.2).sum::<u64>(), sum);
            events.reverse();
            prop_assert_eq!(&of(&events), &whole);
        }
    }
}
