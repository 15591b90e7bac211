//! [`Strays`]: lines without years whose clock was not set, among lines whose clock was.
//!
//! A device without a clock of its own starts at a fixed date (1 January 1970 in UTC, 1 March on Cisco's
//! routers, or the day its system was made) and logs with it until it has asked for the time. By the order of
//! lines alone the way back would be a New Year, and all before it a year too early. So: where lines leave the
//! days of the log and come back to them, those between have no time, and the calendar never moved.

use crate::envelope::{Civil, Stamp};
use crate::limits::YEAR_STEP_DAYS;

/// A stamp, and where its line lies.
pub type At = (Stamp, u64);

/// Where lines lie that a clock wrote which was not set.
#[derive(Clone, Debug, Default)]
pub struct Strays {
    /// Where each stretch begins, and where the line behind it does; in order.
    ranges: Vec<(u64, u64)>,
    /// The first line behind a stretch that the log begins with.
    resumed: Option<At>,
    /// The last line before one that it ends with.
    left: Option<At>,
    /// The last day of the year of the last stretch.
    day: Option<i64>,
}

impl Strays {
    /// What such a line is, in words.
    pub const TEXT: &'static str = "lines before and behind it are of other days, which it left and they came back to: the clock that it was written by was not set";

    /// Whether the line at `offset`, if it lacks the year, is one.
    #[must_use]
    pub fn hold(&self, offset: u64) -> bool {
        let behind = self.ranges.partition_point(|(from, _)| *from <= offset);
        let last = behind.checked_sub(1).and_then(|n| self.ranges.get(n));
        last.is_some_and(|(_, to)| offset < *to)
    }

    /// How many stretches there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.ranges.len()
    }

    /// Where the first begins.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.ranges.first().map(|(from, _)| *from)
    }

    /// The outermost stamps of a log that are known to be right, of its outermost.
    #[must_use]
    pub fn within(&self, (first, last): (Option<At>, Option<At>)) -> (Option<At>, Option<At>) {
        let stray =
            |at: &At| matches!(at.0, Stamp::Civil(c) if c.year.is_none()) && self.hold(at.1);
        let or = |at: Option<At>, instead: Option<At>| match at {
            Some(at) if stray(&at) => instead,
            at => at,
        };
        (or(first, self.resumed), or(last, self.left))
    }

    pub(super) fn begin(&mut self, resumed: At, day: i64) {
        self.resumed = Some(resumed);
        self.put((0, resumed.1), day);
    }

    pub(super) fn put(&mut self, range: (u64, u64), day: i64) {
        self.ranges.push(range);
        self.day = Some(day);
    }

    pub(super) fn end(&mut self, from: u64, left: Option<At>) {
        self.left = left;
        self.ranges.push((from, u64::MAX));
    }

    /// Whether a clock that was not set may show this day: it starts there, or did so a moment ago.
    fn begin_on(&self, civil: &Civil) -> bool {
        is_start(civil) || self.day.is_some_and(|d| ahead(d, civil.day_of_year()) <= UNSET_DAYS)
    }
}

/// Whether a clock that was not set starts on this day: 1970 in UTC, also as seen from the Americas, or Cisco's 1993.
fn is_start(civil: &Civil) -> bool {
    matches!((civil.month, civil.day), (1 | 3, 1) | (12, 31))
}

/// Days from one day of the year on to another, over New Year where it lies between.
const fn ahead(from: i64, to: i64) -> i64 {
    (to - from).rem_euclid(366)
}

/// Days between two days of the year, the shorter way.
fn apart(a: i64, b: i64) -> i64 {
    ahead(a, b).min(ahead(b, a))
}

/// Whether a stamp may be the first of a clock that was not set, behind one of day `last` of the year.
#[must_use]
pub fn leaps(last: i64, civil: &Civil) -> bool {
    let far = apart(last, civil.day_of_year());
    far > YEAR_STEP_DAYS || (is_start(civil) && far > NEAR_DAYS)
}

/// Whether all lines so far, of which the first is `first`, may be of a clock that was not set, where the log goes on
/// with `next`.
pub(super) fn is_beginning(first: &Civil, last: i64, next: &Civil) -> bool {
    let on = ahead(first.day_of_year(), last);
    is_start(first) && on <= UNSET_DAYS && apart(last, next.day_of_year()) > YEAR_STEP_DAYS
}

/// Lines that left the days of the log, and may come back to them.
#[derive(Clone, Debug)]
pub(super) struct Away {
    /// Where the first lies.
    pub(super) from: u64,
    /// The line before it.
    pub(super) left: Option<At>,
    /// The day of the year that was left.
    base: i64,
    /// The day it went to, and how many days it has gone on from there.
    first: i64,
    long: i64,
    /// Days that it may go on; days that are a way back; and how many more may have gone by at home.
    stays: i64,
    least: i64,
    room: i64,
}

/// What the next line is to those that are away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// One of them.
    Stays,
    /// The first that is back.
    Back,
    /// They were no strays: the log is of other days now.
    Gone,
}

impl Away {
    /// Lines that leave `base` with the one at `from`, if they may be strays. `run` is how many stamps in order
    /// stand before it.
    pub(super) fn new(
        base: i64,
        civil: &Civil,
        from: u64,
        run: u32,
        strays: &Strays,
    ) -> Option<Self> {
        if strays.count() >= crate::limits::STRAYS_KEPT || !leaps(base, civil) {
            return None;
        }
        let first = civil.day_of_year();
        let far = apart(base, first);
        // A collection of lines of any day has no days to come back to.
        let (stays, least, room) = match strays.begin_on(civil) {
            true => (YEAR_STEP_DAYS.min(far / 2), NEAR_DAYS, YEAR_STEP_DAYS),
            false if run >= IN_ORDER => (YEAR_STEP_DAYS.min(far / 2), YEAR_STEP_DAYS, UNSET_DAYS),
            false => return None,
        };
        Some(Self { from, left: None, base, first, long: 0, stays, least, room })
    }

    /// Takes the next line, of day `day`, behind one of day `last`.
    pub(super) fn to(&mut self, last: i64, day: i64) -> Turn {
        let on = ahead(self.first, day);
        if on <= self.stays {
            self.long = self.long.max(on);
            return Turn::Stays;
        }
        match () {
            () if ahead(day, self.first) <= 1 => Turn::Stays,
            () if apart(last, day) > self.least && self.is_home(day, self.room) => Turn::Back,
            () => Turn::Gone,
        }
    }

    /// Whether the log ended at home, on day `end`, its last line being of day `last`.
    pub(super) fn ends(&self, last: i64, end: i64) -> bool {
        apart(last, end) > YEAR_STEP_DAYS
            && apart(self.base, self.first) > YEAR_STEP_DAYS
            && self.is_home(end, NEAR_DAYS)
    }

    fn is_home(&self, day: i64, room: i64) -> bool {
        ahead(self.base, day) <= self.long + room || ahead(day, self.base) <= 1
    }

    /// The last day it showed.
    pub(super) const fn day(&self) -> i64 {
        (self.first + self.long).rem_euclid(366)
    }
}

/// For so many days a clock that was not set is expected to run on, or a device to be off.
const UNSET_DAYS: i64 = 7;

/// Lines that change places do so within so many days.
const NEAR_DAYS: i64 = 2;

/// So many stamps in order are a log, whose days can be left.
const IN_ORDER: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::stamp;

    fn civil(text: &str) -> Civil {
        match stamp::read(text.as_bytes()).unwrap().0 {
            Stamp::Civil(c) => c,
            Stamp::Epoch { .. } => panic!("{text}"),
        }
    }

    #[test]
    fn stretches_hold_what_lies_in_them() {
        let mut strays = Strays::default();
        strays.put((10, 30), 1);
        strays.put((50, 60), 1);
        strays.end(90, None);
        let held: Vec<u64> = (0..100).step_by(5).filter(|o| strays.hold(*o)).collect();
        assert_eq!(held, [10, 15, 20, 25, 50, 55, 90, 95]);
        assert!(!Strays::default().hold(0));
    }

    #[test]
    fn days_are_counted_over_new_year() {
        let day = |text: &str| civil(&format!("{text} 00:00:00")).day_of_year();
        assert_eq!(ahead(day("Dec 31"), day("Jan  2")), 2);
        assert_eq!(apart(day("Jan  2"), day("Dec 31")), 2);
        // 29 February is counted in every year.
        assert_eq!(apart(day("Mar  1"), day("Feb 28")), 2);
        assert!(leaps(day("Dec 28"), &civil("Jan  1 00:00:05")));
        assert!(!leaps(day("Dec 30"), &civil("Jan  1 00:00:05")));
        assert!(!leaps(day("Dec 10"), &civil("Jan  2 00:00:05")));
    }
}
