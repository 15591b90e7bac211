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

    /// Whether a stamp with a year is of these days: only then it says which year they are of.
    ///
    /// A device whose clock was not set writes a year too, and counts from the first of a January, or
    /// of March (Cisco's routers: 1 March 1993).
    #[must_use]
    pub fn is_near(self, civil: &Civil) -> bool {
        let unset = civil.day == 1 && matches!(civil.month, 1 | 3);
        let apart = self.day.map(|last| (civil.day_of_year() - last).abs());
        !unset && apart.is_some_and(|days| days.min(366 - days) <= 1)
    }
}
