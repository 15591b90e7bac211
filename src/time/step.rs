//! [`Step`]: where the calendar stands between two lines without years.

use crate::envelope::Civil;
use crate::limits::YEAR_STEP_DAYS;

/// Where the calendar stands between two lines without years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Step {
    /// Years begun since the input's first stamp.
    pub years: i32,
    /// Day of the year of the last stamp; none before the first.
    pub day: Option<i64>,
}

impl Step {
    /// Steps to the next stamp without a year.
    ///
    /// A day well before the last one began a new year; a day nearly a year
    /// later is disorder around New Year. Anything between is disorder of
    /// lines, or a gap, within the year.
    #[must_use]
    pub fn to(self, civil: &Civil) -> Self {
        let day = civil.day_of_year();
        let turn = match self.day.map_or(0, |last| day - last) {
            d if d < -YEAR_STEP_DAYS => 1,
            d if d > 366 - YEAR_STEP_DAYS => -1,
            _ => 0,
        };
        Self { years: self.years + turn, day: Some(day) }
    }

    /// Whether a stamp with a year is of these days, the same or the next, and may say which year they are of.
    #[must_use]
    pub fn is_near(self, civil: &Civil) -> bool {
        let apart = self.day.map(|last| (civil.day_of_year() - last).abs());
        says_year(civil) && apart.is_some_and(|days| days.min(366 - days) <= 1)
    }

    /// What the year is in which the count of years begun is 0, by a stamp of these days that writes its own.
    #[must_use]
    pub fn first_by(self, civil: &Civil) -> Option<i32> {
        let year = civil.year.filter(|_| self.is_near(civil))?;
        Some(year.saturating_sub(self.to(civil).years))
    }
}

/// Whether a year that a stamp writes may be that of other lines.
///
/// A device whose clock was not set writes one too, and counts from the first of a January, or of March (Cisco's
/// routers: 1 March 1993).
#[must_use]
pub fn says_year(civil: &Civil) -> bool {
    let unset = civil.day <= UNSET_DAYS && matches!(civil.month, 1 | 3);
    !unset && civil.offset.is_none() && civil.year.is_some_and(|year| year >= FIRST_LOGS)
}

/// For so many days a clock that was not set is expected to run.
const UNSET_DAYS: u8 = 7;

/// No log of today is older; clocks that were not set are (1970, 1980).
const FIRST_LOGS: i32 = 1990;
