//! [`Clock`]: puts the stamps of one chunk into UTC, by a settled [`Calendar`].

use crate::days::SECOND;
use crate::envelope::{Civil, Stamp};
use crate::limits::{YEAR_SLACK_SECONDS, YEARS};

use super::calendar::Calendar;
use super::moment::{Basis, Fold, Instant, Moment};
use super::step::{Step, says_year};
use super::stray::leaps;
use super::zone::Local;

/// Why stamps of a chunk could not be put into UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// A stamp without a zone, and none was told.
    pub zone: bool,
    /// A stamp without a year, and the input's end is not known.
    pub year: bool,
    /// 29 February in a year without one: the survey was too coarse.
    pub leap: bool,
    /// A stamp that tells what the survey did not see: some were left out.
    pub unseen: bool,
}

/// Puts the stamps of one chunk into UTC, in the order of its lines.
#[derive(Clone, Debug)]
pub struct Clock<'c> {
    calendar: &'c Calendar,
    /// Where the calendar stands.
    pub step: Step,
    /// The first stamp of the chunk that moved the calendar, and where it stood then.
    pub first: Option<(Civil, Step)>,
    /// Local seconds from, to, and the offset that surely holds between.
    sure: Option<(i64, i64, i32)>,
    /// The last date without a year that was read, and its first local second.
    day: Option<(u8, u8, i64)>,
    /// The last stamp with a year before the first without.
    before: Option<Civil>,
    /// What could not be known.
    pub unknown: Unknown,
}

impl Calendar {
    /// A clock that reads chunk `chunk`.
    #[must_use]
    pub fn clock(&self, chunk: usize) -> Clock<'_> {
        Clock {
            calendar: self,
            step: self.start(chunk),
            first: None,
            sure: None,
            day: None,
            before: None,
            unknown: Unknown::default(),
        }
    }
}

impl Clock<'_> {
    /// The moment of a stamp of the date of the line before it, in a stretch that is sure: the common case.
    #[inline(always)]
    pub fn on_day(&self, civil: &Civil) -> Option<Moment> {
        let ((month, day, first), (from, to, east)) = (self.day?, self.sure?);
        let local = first + i64::from(civil.second);
        let sure = (civil.year.is_none() && civil.offset.is_none() && self.calendar.zone.is_some())
            && (month, day) == (civil.month, civil.day)
            && (from..to).contains(&local);
        let nanos = (local - i64::from(east)) * SECOND + i64::from(civil.nanos);
        let at = Instant { nanos, decimals: civil.decimals };
        sure.then_some(Moment { at, basis: Basis::TOLD })
    }

    /// The moment of a stamp of a line at `offset`; none where year or zone are unknown ([`Clock::unknown`]).
    pub fn moment(&mut self, stamp: &Stamp, offset: u64) -> Option<Moment> {
        let civil = match stamp {
            Stamp::Epoch { nanos, decimals } => {
                let at = Instant { nanos: *nanos, decimals: *decimals };
                return Some(Moment { at, basis: Basis::default() });
            }
            Stamp::Civil(c) => c,
        };
        if let Some(moment) = self.on_day(civil) {
            return Some(moment);
        }
        let mut basis = Basis::default();
        let year = match civil.year {
            Some(y) => {
                self.heed(civil);
                y
            }
            None if self.calendar.strays.hold(offset) => return None,
            None => {
                self.walk(civil);
                if let Some(before) = self.before.take() {
                    self.compare(&before, false);
                }
                basis.inferred_year = true;
                let Some(first) = self.calendar.first_year else {
                    self.unknown.year = true;
                    return None;
                };
                let year = first.saturating_add(self.step.years);
                if !YEARS.contains(&year) {
                    return None;
                }
                year
            }
        };
        let Some(local) = civil.local_seconds(year) else {
            self.unknown.leap = true;
            return None;
        };
        self.day =
            civil.year.is_none().then(|| (civil.month, civil.day, local - i64::from(civil.second)));
        let seconds = match civil.offset {
            Some(east) => local - i64::from(east),
            None => {
                basis.told_zone = true;
                if self.calendar.zone.is_none() {
                    self.unknown.zone = true;
                    return None;
                }
                match self.sure {
                    Some((from, to, east)) if (from..to).contains(&local) => {
                        local - i64::from(east)
                    }
                    _ => self.resolve(local, offset, &mut basis),
                }
            }
        };
        let past = |e: i64| seconds > e;
        basis.past_end = basis.inferred_year && self.calendar.until.is_some_and(past);
        // Every line lies before that, if all were seen.
        let far = |e: i64| seconds > e + YEAR_SLACK_SECONDS;
        self.unknown.unseen |= (self.calendar.hasty && basis.fold != Fold::None)
            || (basis.inferred_year && self.calendar.until.is_some_and(far));
        let nanos = seconds.checked_mul(SECOND)?.checked_add(i64::from(civil.nanos))?;
        Some(Moment { at: Instant { nanos, decimals: civil.decimals }, basis })
    }

    /// Takes a stamp with a year, that may say which the years of lines without are.
    fn heed(&mut self, civil: &Civil) {
        if !says_year(civil) {
            return;
        }
        if self.step.day.is_none() {
            self.before = Some(*civil);
            return;
        }
        // Of a survey of some stamps, where a chunk's first lines lie is not known to the day.
        self.compare(civil, self.first.is_none());
        if self.step.is_near(civil) {
            self.walk(civil);
        }
    }

    /// Compares a year that is written with that of lines without: a survey of some stamps may not have seen it.
    fn compare(&mut self, civil: &Civil, far: bool) {
        let first = self.calendar.first_year;
        let inferred = first.map(|f| f.saturating_add(self.step.to(civil).years));
        let other = inferred.is_some_and(|inferred| civil.year.is_some_and(|y| y != inferred));
        self.unknown.unseen |= other && (far || self.step.is_near(civil));
    }

    fn walk(&mut self, civil: &Civil) {
        // A survey of some stamps did not see whether lines came back.
        self.unknown.unseen |=
            self.first.is_some() && self.step.day.is_some_and(|last| leaps(last, civil));
        self.step = self.step.to(civil);
        if self.first.is_none() {
            self.first = Some((*civil, self.step));
        }
    }

    fn resolve(&mut self, local: i64, offset: u64, basis: &mut Basis) -> i64 {
        let (found, sure) = self.calendar.table.find(local);
        if let Some((from, to, east)) = sure {
            // What lies past the end of the log is looked at line by line.
            let end = self.calendar.until.map_or(to, |end| end + 1 + i64::from(east));
            self.sure = Some((from, to.min(end), east));
        }
        match found {
            Local::Once(utc) => utc,
            Local::Never(utc) => {
                basis.fold = Fold::Gap;
                utc
            }
            Local::Twice(first, second) => {
                let fold = self.calendar.folds.iter().find(|f| (f.from..f.to).contains(&local));
                basis.uptime = fold.is_some_and(|f| f.uptime);
                match fold.and_then(|f| f.second(local, offset)) {
                    Some(false) => {
                        basis.fold = Fold::First;
                        first
                    }
                    Some(true) => {
                        basis.fold = Fold::Second;
                        second
                    }
                    None => {
                        basis.uptime = false;
                        basis.fold = Fold::Ambiguous(i32::try_from(second - first).unwrap_or(0));
                        first
                    }
                }
            }
        }
    }
}
