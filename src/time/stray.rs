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

    /// Whether a clock that was not set may have shown this day in a log of day `base`: it starts there, or did so a few
    /// days ago.
    fn may_show(&self, civil: &Civil, base: i64) -> bool {
        let day = civil.day_of_year();
        let (far, on) = (apart(base, day), ahead(base, day));
        let started = STARTS.iter().any(|start| ahead(*start, day) <= UNSET_DAYS);
        is_start(civil)
            || self.day.is_some_and(|d| ahead(d, day) <= UNSET_DAYS)
            || (started && (far > YEAR_STEP_DAYS || on == far))
    }

    /// Whether a stamp may be the first of a clock that was not set, behind one of day `last` of the year.
    pub(super) fn leaps(&self, last: i64, civil: &Civil) -> bool {
        let far = apart(last, civil.day_of_year());
        far > YEAR_STEP_DAYS || (far > near(civil) && self.may_show(civil, last))
    }
}

/// The days of the year that a clock which was not set starts on: 1970 in UTC, also as seen from the Americas, or Cisco's
/// 1993.
const STARTS: [i64; 3] = [0, 60, 365];

fn is_start(civil: &Civil) -> bool {
    STARTS.contains(&civil.day_of_year())
}

/// Days from one day of the year on to another, over New Year where it lies between.
const fn ahead(from: i64, to: i64) -> i64 {
    (to - from).rem_euclid(366)
}

/// Days between two days of the year, the shorter way.
fn apart(a: i64, b: i64) -> i64 {
    ahead(a, b).min(ahead(b, a))
}

/// Lines that change places do so within so many days of this one. Mostly there is no day between 28 February and 1 March.
const fn near(civil: &Civil) -> i64 {
    if civil.month == 3 { 2 } else { 1 }
}

/// Whether a stamp may be the first of a clock that was not set, behind one of day `last` of the year, or the first behind such
/// ones, as far as that can be said without those before.
#[must_use]
pub fn leaps(last: i64, civil: &Civil) -> bool {
    let day = civil.day_of_year();
    let from_start = STARTS.iter().any(|start| ahead(*start, last) <= 1);
    let back = from_start && apart(last, day) > 1 && ahead(last, day) > YEAR_STEP_DAYS;
    back || Strays::default().leaps(last, civil)
}

/// Whether all lines so far, from `first` to one of day `last`, may be of a clock that was not set, where the log
/// goes on with `next`: a device that was started logs at once, in the first minutes of an hour or half hour, as its zone is.
pub(super) fn is_beginning(first: &Civil, last: i64, next: &Civil) -> bool {
    let (from, day) = (first.day_of_year(), next.day_of_year());
    let started = is_start(first) && first.second % 1800 < 600 && ahead(from, last) <= 1;
    started && !is_start(next) && apart(last, day) > 1 && ahead(last, day) > YEAR_STEP_DAYS
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
    /// The days they went to, and how many days they have gone on from each: devices start on several days, and again.
    places: Vec<(i64, i64)>,
    /// Days that they may go on; days that are a way back; and how many more may have gone by at home.
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
        let first = civil.day_of_year();
        let far = apart(base, first);
        // A few days back: such lines may as well stand out of order.
        let back = far <= YEAR_STEP_DAYS && ahead(first, base) == far;
        let stays = if back { 1 } else { YEAR_STEP_DAYS.min(far / 2) };
        // A collection of lines of any day has no days to come back to.
        let (least, room) = match strays.may_show(civil, base) {
            true => (1, YEAR_STEP_DAYS),
            false if run >= IN_ORDER => (YEAR_STEP_DAYS, UNSET_DAYS),
            false => return None,
        };
        Some(Self { from, left: None, base, places: vec![(first, 0)], stays, least, room })
    }

    /// Takes the next line, behind one of day `last`.
    pub(super) fn to(&mut self, last: i64, civil: &Civil, strays: &Strays) -> Turn {
        let day = civil.day_of_year();
        let stays = self.stays;
        if let Some((first, long)) = self
            .places
            .iter_mut()
            .find(|(first, _)| ahead(*first, day) <= stays || ahead(day, *first) <= 1)
        {
            let on = ahead(*first, day);
            *long = if on <= stays { on.max(*long) } else { *long };
            return Turn::Stays;
        }
        // Rather another device's start than the day on which the log goes on after some.
        let room = if is_start(civil) { 2 } else { self.room };
        if self.is_back(last, day, room) {
            return Turn::Back;
        }
        if strays.may_show(civil, self.base) && self.places.len() < PLACES {
            self.places.push((day, 0));
            return Turn::Stays;
        }
        Turn::Gone
    }

    /// Whether the log ended at home, on day `end`, its last line being of day `last`.
    pub(super) fn ends(&self, last: i64, end: i64) -> bool {
        let first = self.places.first().map_or(last, |(first, _)| *first);
        let far = apart(self.base, first);
        // Parts of a log that were put together the wrong way round end a few days back.
        let back = far <= YEAR_STEP_DAYS && ahead(first, self.base) == far;
        // Some days after New Year lines are as likely past an end that was told.
        let started = far > YEAR_STEP_DAYS || STARTS.contains(&first);
        started && !back && self.is_back(last, end, self.room)
    }

    /// Whether day `day` is one of the log's, behind a line of day `last` that is away. Who goes on from day to day gets
    /// to any; who comes back has turned round, or gone once round the year.
    fn is_back(&self, last: i64, day: i64, room: i64) -> bool {
        let round = ahead(self.base, last) + ahead(last, day) >= 365;
        let long = self.places.iter().map(|(_, long)| *long).max().unwrap_or(0);
        let home = ahead(self.base, day) <= long + room || ahead(day, self.base) <= 1;
        apart(last, day) > self.least && round && home
    }

    /// The last day they showed.
    pub(super) fn day(&self) -> i64 {
        self.places.last().map_or(0, |(first, long)| (first + long).rem_euclid(366))
    }
}

/// For so many days a clock that was not set is expected to run on, or a device to be off.
const UNSET_DAYS: i64 = 7;

/// So many stamps in order are a log, whose days can be left.
const IN_ORDER: u32 = 20;

/// So many days that clocks started on are told apart at once.
const PLACES: usize = 8;

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
        assert!(leaps(day("Dec 30"), &civil("Jan  1 00:00:05")));
        assert!(!leaps(day("Dec 31"), &civil("Jan  1 00:00:05")));
        assert!(!leaps(day("Feb 28"), &civil("Mar  1 00:00:05")));
        assert_eq!(STARTS, ["Jan  1", "Mar  1", "Dec 31"].map(day));
        assert!(leaps(day("Dec 10"), &civil("Jan  2 00:00:05")));
        assert!(leaps(day("Jan  1"), &civil("Dec 20 00:00:05")));
        assert!(!leaps(day("Jan  1"), &civil("Dec 31 00:00:05")));
        assert!(!leaps(day("Jan 20"), &civil("Jan  2 00:00:05")));
    }
}
