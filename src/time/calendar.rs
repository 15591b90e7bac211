//! [`Calendar`]: the years and the repeated hours of one input, settled once for all its chunks.
//!
//! A stamp such as `Mar 29 01:30:00` lacks the year, and its zone may have had
//! that time twice. Both are settled by the order of lines: [`Survey`] walks
//! the stamps of an input (all of them, or the first of each chunk), notes
//! where the calendar steps over New Year and where clocks were put back, and
//! [`Survey::settle`] counts the years backwards from the input's own end.
//! After that any chunk can be read alone, through a [`Clock`].

use crate::days::{SECOND, civil_from_days, days_from_civil, leap};
use crate::envelope::{Civil, Stamp};
use crate::limits::{YEAR_SLACK_SECONDS, YEAR_STEP_DAYS, YEARS, YEARS_BEGUN};

use super::moment::{Basis, Fold, Instant, Moment};
use super::uptime::Uptimes;
use super::zone::{Local, Table, Zone};

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
}

/// Clocks that were put back: a local time that is earlier than the line before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PutBack {
    offset: u64,
    years: i32,
    year: Option<i32>,
    before: i64,
    after: i64,
}

/// Most places with clocks put back that are remembered. More means that the
/// lines are in no order at all, and then order settles nothing.
const PUT_BACK_KEPT: usize = 65_536;

/// Least step back, in seconds, that may be a change of clocks and not jitter.
const PUT_BACK_LEAST: i64 = 120;

/// What the stamps of an input tell, in the order of its lines.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    step: Step,
    /// Per count of years begun: the latest stamp, as seconds of a leap year.
    latest: Vec<(i32, Civil)>,
    leap_days: Vec<i32>,
    /// Years that were written, as (years begun, year).
    anchors: Vec<(i32, i32)>,
    put_back: Vec<PutBack>,
    last: Option<(i32, Option<i32>, i64)>,
    /// Whether any stamp lacked its zone.
    pub zoneless: bool,
    /// Whether any stamp lacked its year.
    pub yearless: bool,
    /// The first and last year that was written.
    written: Option<(i32, i32)>,
    /// Where each chunk begins.
    starts: Vec<Step>,
    /// Whether more New Years went by than there can be: the lines are in no order, and no year
    /// can be known.
    lost: bool,
}

impl Survey {
    /// Takes the next stamp, which lies at `offset`.
    pub fn see(&mut self, stamp: &Stamp, offset: u64) {
        let Stamp::Civil(civil) = stamp else { return };
        if let Some(y) = civil.year {
            self.written = Some(self.written.map_or((y, y), |(a, b)| (a.min(y), b.max(y))));
        }
        if civil.offset.is_some() {
            return;
        }
        self.zoneless = true;
        match civil.year {
            None => {
                self.yearless = true;
                self.step = self.step.to(civil);
                if civil.month == 2
                    && civil.day == 29
                    && self.leap_days.len() < YEARS_BEGUN
                    && !self.leap_days.contains(&self.step.years)
                {
                    self.leap_days.push(self.step.years);
                }
                let later =
                    |c: &Civil| (c.month, c.day, c.second) < (civil.month, civil.day, civil.second);
                let room = self.latest.len() < YEARS_BEGUN;
                match self.latest.iter_mut().find(|(y, _)| *y == self.step.years) {
                    Some((_, c)) if later(c) => *c = *civil,
                    Some(_) => {}
                    None if room => self.latest.push((self.step.years, *civil)),
                    None => self.lost = true,
                }
            }
            Some(y) if self.step.day.is_some() => {
                // A written year among lines without: it says which year that is.
                let here = self.step.to(civil);
                if self.anchors.len() < YEARS_BEGUN && !self.anchors.contains(&(here.years, y)) {
                    self.anchors.push((here.years, y));
                }
                self.step = here;
            }
            Some(_) => {}
        }
        let of_year = civil.day_of_year() * 86_400 + i64::from(civil.second);
        if let Some((years, year, before)) = self.last
            && years == self.step.years
            && year == civil.year
            && before - of_year >= PUT_BACK_LEAST
            && before - of_year <= 4 * 3600
            && self.put_back.len() < PUT_BACK_KEPT
        {
            self.put_back.push(PutBack { offset, years, year, before, after: of_year });
        }
        self.last = Some((self.step.years, civil.year, of_year));
    }

    /// Marks that the next stamp is the first of a chunk.
    pub fn begin_chunk(&mut self) {
        self.starts.push(self.step);
    }

    /// The year in which the count of years begun is 0: the latest that lets
    /// no line lie more than a day past `end` and every 29 February exist.
    fn first_year(&self, zone: &Zone, end: i64) -> i32 {
        if let Some((years, year)) = self.anchors.last() {
            return year - years;
        }
        let local_end = end + i64::from(zone.offset_at(end)) + YEAR_SLACK_SECONDS;
        let (end_year, ..) = civil_from_days(local_end.div_euclid(86_400));
        let end_year = i32::try_from(end_year).unwrap_or(1970);
        let newest = self.latest.iter().map(|(y, _)| *y).max().unwrap_or(0);
        let mut first = end_year - newest;
        for _ in 0..400 {
            let fits = self.latest.iter().all(|(y, c)| {
                // 29 February of a year that has none is handled below.
                let year = first + y;
                c.local_seconds(year).is_none_or(|s| s <= local_end)
            });
            let leaps = self.leap_days.iter().all(|y| leap(i64::from(first + y)));
            if fits && leaps {
                return first;
            }
            first -= 1;
        }
        first
    }

    /// Settles years and folds. `end` is when the input was last written, in
    /// seconds since 1970; without it lines without years cannot be read.
    #[must_use]
    pub fn settle(self, zone: Option<Zone>, end: Option<i64>) -> Calendar {
        let zone_or_utc = zone.clone().unwrap_or(Zone::Fixed(0));
        let first_year = match end {
            _ if self.lost => None,
            Some(end) if self.yearless => Some(self.first_year(&zone_or_utc, end)),
            None if self.yearless => self.anchors.last().map(|(years, year)| year - years),
            _ => None,
        };
        let mut span = self.written;
        if let Some(first) = first_year {
            let last = first + self.latest.iter().map(|(y, _)| *y).max().unwrap_or(0);
            span = Some(span.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
        }
        // A damaged stamp may claim any of these years and must not take the others' offsets away.
        let (from, to) = span.unwrap_or((1970, 1970));
        let (first, last) = (*YEARS.start(), *YEARS.end());
        let (from, to) = (from.clamp(first, last), to.clamp(first, last));
        let table = Table::new(&zone_or_utc, from, to);
        let mut folds: Vec<FoldAt> =
            table.folds().map(|(from, to)| FoldAt { from, to, ..FoldAt::default() }).collect();
        for back in &self.put_back {
            let Some(year) = back.year.or_else(|| first_year.map(|f| f + back.years)) else {
                continue;
            };
            let new_year = days_from_civil(i64::from(year), 1, 1) * 86_400;
            // Days were counted in a leap year.
            let shift = |s: i64| {
                let late = !leap(i64::from(year)) && s >= 60 * 86_400;
                new_year + s - if late { 86_400 } else { 0 }
            };
            let (before, after) = (shift(back.before), shift(back.after));
            if let Some(fold) = folds.iter_mut().find(|f| {
                (f.from..f.to).contains(&after) && before >= f.from && before <= f.to + 1800
            }) && fold.second_from.is_none()
            {
                fold.second_from = Some(back.offset);
                fold.first_to = back.offset.checked_sub(1);
            }
        }
        let until = if self.yearless { end } else { None };
        Calendar { zone, first_year, until, table, folds, starts: self.starts, end: self.step }
    }

    /// Whether it has seen a stamp that lacks the year or the zone.
    #[must_use]
    pub const fn needs_order(&self) -> bool {
        self.zoneless || self.yearless
    }
}

/// A stretch of local time that happened twice.
#[derive(Clone, Copy, Debug, Default)]
struct FoldAt {
    from: i64,
    to: i64,
    /// Offset up to which lines are known to be of the first time.
    first_to: Option<u64>,
    /// Offset from which lines are known to be of the second time.
    second_from: Option<u64>,
    /// The kernel's clock says so, not the order of lines.
    uptime: bool,
}

/// The settled years, zone and folds of one input.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The zone that was told, if one was.
    pub zone: Option<Zone>,
    first_year: Option<i32>,
    /// The end that the years were counted from, in seconds since 1970.
    until: Option<i64>,
    table: Table,
    folds: Vec<FoldAt>,
    starts: Vec<Step>,
    end: Step,
}

impl Calendar {
    /// Whether any local time of the years seen happened twice: then order must be known in full.
    #[must_use]
    pub fn has_folds(&self) -> bool {
        !self.folds.is_empty()
    }

    /// The local time of the first stamp of a chunk, in seconds as if in UTC;
    /// none where the stamp states its zone.
    #[must_use]
    pub fn local(&self, stamp: &Stamp, chunk: usize) -> Option<i64> {
        let Stamp::Civil(civil) = stamp else { return None };
        if civil.offset.is_some() {
            return None;
        }
        let year = match civil.year {
            Some(y) => y,
            None => self.first_year?.saturating_add(self.start(chunk).to(civil).years),
        };
        civil.local_seconds(year)
    }

    /// Whether a fold lies between two local times.
    #[must_use]
    pub fn fold_between(&self, from: i64, to: i64) -> bool {
        self.folds.iter().any(|f| f.from < to && from < f.to)
    }

    /// Whether a fold lies between two local times that the order of lines did not settle.
    #[must_use]
    pub fn open_between(&self, from: i64, to: i64) -> bool {
        self.folds.iter().any(|f| f.second_from.is_none() && f.from < to && from < f.to)
    }

    /// Settles folds by the kernel's clock, where the order of lines did not. Lines that
    /// contradict each other settle nothing.
    pub fn settle_by_uptime(&mut self, known: &Uptimes) {
        let Self { folds, table, .. } = self;
        for fold in folds.iter_mut().filter(|f| f.second_from.is_none()) {
            let Local::Twice(from, _) = table.resolve(fold.from) else { continue };
            let here = from * SECOND..(from + fold.to - fold.from) * SECOND;
            let of = |want: bool| {
                let lines = known.settled.iter().filter(|(at, ..)| here.contains(at));
                lines.filter(move |(.., second)| *second == want).map(|(_, offset, _)| *offset)
            };
            let (first, second) = (of(false).max(), of(true).min());
            if first.zip(second).is_none_or(|(a, b)| a < b) {
                (fold.first_to, fold.second_from, fold.uptime) = (first, second, true);
            }
        }
    }

    /// Where a chunk begins, as surveyed.
    #[must_use]
    pub fn start(&self, chunk: usize) -> Step {
        self.starts.get(chunk).copied().unwrap_or(self.end)
    }

    /// A clock that reads chunk `chunk`.
    #[must_use]
    pub fn clock(&self, chunk: usize) -> Clock<'_> {
        Clock {
            calendar: self,
            step: self.start(chunk),
            first: None,
            sure: None,
            day: None,
            unknown: Unknown::default(),
        }
    }
}

/// Why stamps of a chunk could not be put into UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// A stamp without a zone, and none was told.
    pub zone: bool,
    /// A stamp without a year, and the input's end is not known.
    pub year: bool,
    /// 29 February in a year without one: the survey was too coarse.
    pub leap: bool,
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
    /// What could not be known.
    pub unknown: Unknown,
}

impl Clock<'_> {
    /// The moment a stamp stands for; `offset` is where its line lies. `None`
    /// where the year or zone is unknown ([`Clock::unknown`] says which).
    pub fn moment(&mut self, stamp: &Stamp, offset: u64) -> Option<Moment> {
        let civil = match stamp {
            Stamp::Epoch { nanos, decimals } => {
                let at = Instant { nanos: *nanos, decimals: *decimals };
                return Some(Moment { at, basis: Basis::default() });
            }
            Stamp::Civil(c) => c,
        };
        // The same date as on the line before, in a stretch that is sure: the common case.
        if let (Some((month, day, first)), Some((from, to, east)), None) =
            (self.day, self.sure, civil.offset)
            && civil.year.is_none()
            && (month, day) == (civil.month, civil.day)
            && self.calendar.zone.is_some()
        {
            let local = first + i64::from(civil.second);
            if (from..to).contains(&local) {
                let nanos = (local - i64::from(east)) * SECOND + i64::from(civil.nanos);
                let basis = Basis { told_zone: true, inferred_year: true, ..Basis::default() };
                return Some(Moment { at: Instant { nanos, decimals: civil.decimals }, basis });
            }
        }
        let mut basis = Basis::default();
        let year = match civil.year {
            Some(y) => {
                if civil.offset.is_none() && self.step.day.is_some() {
                    self.walk(civil);
                }
                y
            }
            None => {
                self.walk(civil);
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
        basis.past_end = basis.inferred_year && self.calendar.until.is_some_and(|e| seconds > e);
        let nanos = seconds.checked_mul(SECOND)?.checked_add(i64::from(civil.nanos))?;
        Some(Moment { at: Instant { nanos, decimals: civil.decimals }, basis })
    }

    fn walk(&mut self, civil: &Civil) {
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
                match fold {
                    Some(f) if f.first_to.is_some_and(|to| offset <= to) => {
                        basis.fold = Fold::First;
                        first
                    }
                    Some(f) if f.second_from.is_some_and(|from| offset >= from) => {
                        basis.fold = Fold::Second;
                        second
                    }
                    _ => {
                        basis.uptime = false;
                        basis.fold = Fold::Ambiguous(i32::try_from(second - first).unwrap_or(0));
                        first
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::stamp;

    /// Reads the lines' stamps in a zone, with the file's end; one instant or mark a line.
    fn read(zone: &str, end: &str, lines: &[&str]) -> Vec<String> {
        let zone = Zone::parse(zone).unwrap();
        let end = match stamp::read(end.as_bytes()).unwrap().0 {
            Stamp::Civil(c) => c.local_seconds(c.year.unwrap()).unwrap(),
            Stamp::Epoch { .. } => 0,
        };
        let stamps: Vec<Stamp> =
            lines.iter().map(|l| stamp::read(l.as_bytes()).unwrap().0).collect();
        let mut survey = Survey::default();
        survey.begin_chunk();
        for (i, s) in stamps.iter().enumerate() {
            survey.see(s, i as u64);
        }
        let calendar = survey.settle(Some(zone), Some(end));
        let mut clock = calendar.clock(0);
        stamps
            .iter()
            .enumerate()
            .map(|(i, s)| match clock.moment(s, i as u64) {
                None => "unknown".into(),
                Some(m) => match m.basis.fold {
                    Fold::None => m.at.to_string(),
                    fold => format!("{} {fold:?}", m.at),
                },
            })
            .collect()
    }

    #[test]
    fn years_walk_backwards_from_the_end() {
        for (end, lines, want) in [
            (
                "2026-01-02T00:00:00Z",
                &["Dec 31 23:59:59", "Jan  1 00:00:01"][..],
                &["2025-12-31T23:59:59Z", "2026-01-01T00:00:01Z"][..],
            ),
            // Copied much later: the year before, for all that may lie in it.
            ("2026-02-10T00:00:00Z", &["Mar  1 00:00:00"], &["2025-03-01T00:00:00Z"]),
            // A few hours past the end keep the year.
            ("2026-02-10T00:00:00Z", &["Feb 10 20:00:00"], &["2026-02-10T20:00:00Z"]),
            // 29 February pins a leap year.
            (
                "2026-02-10T00:00:00Z",
                &["Feb 28 00:00:00", "Feb 29 00:00:00", "Mar  1 00:00:00"],
                &["2024-02-28T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"],
            ),
            // Several years.
            (
                "2026-03-01T00:00:00Z",
                &["Nov  1 00:00:00", "Feb  1 00:00:00", "Dec  1 00:00:00", "Jan  5 00:00:00"],
                &[
                    "2024-11-01T00:00:00Z",
                    "2025-02-01T00:00:00Z",
                    "2025-12-01T00:00:00Z",
                    "2026-01-05T00:00:00Z",
                ],
            ),
            // Jitter around New Year.
            (
                "2026-01-02T00:00:00Z",
                &["Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:58", "Jan  1 00:00:02"],
                &[
                    "2025-12-31T23:59:59Z",
                    "2026-01-01T00:00:00Z",
                    "2025-12-31T23:59:58Z",
                    "2026-01-01T00:00:02Z",
                ],
            ),
            // Disorder within a month is no New Year.
            (
                "2026-06-01T00:00:00Z",
                &["May 20 00:00:00", "May  3 00:00:00", "May 21 00:00:00"],
                &["2026-05-20T00:00:00Z", "2026-05-03T00:00:00Z", "2026-05-21T00:00:00Z"],
            ),
            // A written year says which year the others are.
            (
                "2026-06-01T00:00:00Z",
                &["May 20 00:00:00", "May 20 2023 00:00:01", "May 21 00:00:00"],
                &["2023-05-20T00:00:00Z", "2023-05-20T00:00:01Z", "2023-05-21T00:00:00Z"],
            ),
        ] {
            assert_eq!(read("UTC", end, lines), want, "{lines:?}");
        }
    }

    #[test]
    fn the_year_is_found_in_the_source_zone() {
        // 01:00 on 1 January in Auckland is still December in UTC.
        assert_eq!(
            read("Pacific/Auckland", "2025-12-31T12:30:00Z", &["Jan  1 01:00:00"]),
            ["2025-12-31T12:00:00Z"]
        );
    }

    #[test]
    fn gaps_and_folds() {
        assert_eq!(
            read(
                "Europe/London",
                "2026-03-30T00:00:00Z",
                &["Mar 29 00:59:59", "Mar 29 01:30:00", "Mar 29 02:00:00"]
            ),
            ["2026-03-29T00:59:59Z", "2026-03-29T01:30:00Z Gap", "2026-03-29T01:00:00Z"]
        );
        assert_eq!(
            read(
                "Europe/London",
                "2026-10-26T00:00:00Z",
                &[
                    "Oct 25 00:59:59",
                    "Oct 25 01:10:00",
                    "Oct 25 01:50:00",
                    "Oct 25 01:05:00",
                    "Oct 25 02:00:00"
                ]
            ),
            [
                "2026-10-24T23:59:59Z",
                "2026-10-25T00:10:00Z First",
                "2026-10-25T00:50:00Z First",
                "2026-10-25T01:05:00Z Second",
                "2026-10-25T02:00:00Z"
            ]
        );
        assert_eq!(
            read(
                "Europe/London",
                "2026-10-26T00:00:00Z",
                &["Oct 25 00:59:59", "Oct 25 01:10:00", "Oct 25 02:00:00"]
            ),
            [
                "2026-10-24T23:59:59Z",
                "2026-10-25T00:10:00Z Ambiguous(3600)",
                "2026-10-25T02:00:00Z"
            ]
        );
        // Lord Howe moves by half an hour.
        assert_eq!(
            read(
                "Australia/Lord_Howe",
                "2026-04-06T00:00:00Z",
                &["Apr  5 01:29:00", "Apr  5 01:45:00", "Apr  5 01:31:00", "Apr  5 02:00:00"]
            ),
            [
                "2026-04-04T14:29:00Z",
                "2026-04-04T14:45:00Z First",
                "2026-04-04T15:01:00Z Second",
                "2026-04-04T15:30:00Z"
            ]
        );
    }
}
