//! [`Calendar`]: the years and the repeated hours of one input, settled once for all its chunks.
//!
//! A stamp such as `Mar 29 01:30:00` lacks the year, and its zone may have had
//! that time twice. Both are settled by the order of lines: [`Survey`] walks
//! the stamps of an input (all of them, or the first of each chunk), notes
//! where the calendar steps over New Year and where clocks were put back, and
//! [`Survey::settle`] counts the years backwards from the input's own end.
//! After that any chunk can be read alone, through a [`Clock`](super::Clock).

use crate::days::{SECOND, civil_from_days, days_from_civil, leap};
use crate::envelope::{Civil, Stamp};
use crate::limits::{PUT_BACK_KEPT, STRAYS_KEPT, YEAR_SLACK_SECONDS, YEARS, YEARS_BEGUN};

use super::fold::{FoldAt, PUT_BACK_LEAST, PutBack};
use super::step::{Step, says_year};
use super::stray::{At, Away, Strays, Turn, is_beginning};
use super::uptime::Uptimes;
use super::zone::{Local, Table, Zone};

/// What the stamps of an input tell, in the order of its lines.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    walk: Walk,
    put_back: Vec<PutBack>,
    /// Lines that may be of a clock that was not set, where chunks stood, and what was known, before them.
    away: Option<Box<(Away, usize, Walk, PutBacks)>>,
    strays: Strays,
    /// Whether any stamp was far from the one before.
    leapt: bool,
    /// The first stamp without a year.
    begun: Option<Civil>,
    /// The last stamp of all.
    at: Option<At>,
    /// Whether any stamp lacked its zone.
    pub zoneless: bool,
    /// Whether any stamp lacked its year.
    pub yearless: bool,
    /// The first and last year that was written.
    written: Option<(i32, i32)>,
    /// Where each chunk begins.
    starts: Vec<Step>,
}

/// How many places where clocks were put back there were, and the last, which the next lines may change.
type PutBacks = (usize, Option<PutBack>);

/// What a survey knows that lines of a clock that was not set must not change.
#[derive(Clone, Debug, Default)]
struct Walk {
    step: Step,
    /// How many stamps stand in order, each another than the one before.
    run: u32,
    /// Per count of years begun: the latest stamp, as seconds of a leap year.
    latest: Vec<(i32, Civil)>,
    leap_days: Vec<i32>,
    /// What the first year was, by the years that lines of those days write.
    anchors: Vec<i32>,
    /// The last stamp with a year before the first without.
    before: Option<Civil>,
    last: Option<(i32, Option<i32>, i64)>,
    /// The last line that lies minutes after the one before it: where, that one's time, its own.
    climb: Option<(u64, i64, i64)>,
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
        let at = (*stamp, offset);
        let day = civil.day_of_year();
        let of_year = day * 86_400 + i64::from(civil.second);
        match civil.year {
            None => {
                self.yearless = true;
                // Nearly every line is of the day of the one before it.
                if self.away.is_some() || self.walk.step.day != Some(day) {
                    self.leave_or_return(civil, at);
                }
                self.walk.go(civil, of_year);
            }
            // A written year among lines without: it says which year that is.
            Some(_) if self.walk.step.is_near(civil) => {
                self.walk.anchor(civil);
                self.walk.step = self.walk.step.to(civil);
            }
            Some(_) if self.walk.step.day.is_none() && says_year(civil) => {
                self.walk.before = Some(*civil);
            }
            Some(_) => {}
        }
        self.at = Some(at);
        self.look_for_put_back(civil, of_year, offset);
    }

    /// Notes where lines leave the days of the log, and forgets what they said once it comes back to them.
    fn leave_or_return(&mut self, civil: &Civil, at: At) {
        let begun = *self.begun.get_or_insert(*civil);
        let Some(last) = self.walk.step.day else { return };
        let strays = &self.strays;
        match self.away.as_mut().map(|away| away.0.to(last, civil, strays)) {
            Some(Turn::Stays) => return,
            Some(Turn::Back) => return self.come_back(Some(at.1)),
            Some(Turn::Gone) => self.away = None,
            None => {}
        }
        let begins = !self.leapt && is_beginning(&begun, last, civil);
        let leaps = begins || self.strays.leaps(last, civil);
        if begins {
            self.strays.begin(at, last);
            self.starts.iter_mut().for_each(|start| *start = Step::default());
            self.put_back.clear();
            self.walk = Walk::default();
        } else if leaps
            && !self.walk.lost
            && let Some(mut away) = Away::new(last, civil, at.1, self.walk.run, &self.strays)
        {
            // Interleaved so often, nothing tells which lines are right.
            self.walk.lost = self.strays.count() >= STRAYS_KEPT;
            away.left = self.at;
            let put_back = (self.put_back.len(), self.put_back.last().copied());
            self.away = Some(Box::new((away, self.starts.len(), self.walk.clone(), put_back)));
            self.walk.run = 0;
        } else if leaps {
            self.walk.run = 0;
        }
        self.leapt |= leaps;
    }

    /// Forgets lines that were away up to `back`, or to the log's end.
    fn come_back(&mut self, back: Option<u64>) {
        let Some(gone) = self.away.take() else { return };
        let (away, starts, walk, (put_back, last)) = *gone;
        match back {
            Some(back) => self.strays.put((away.from, back), away.day()),
            None => self.strays.end(away.from, away.left),
        }
        self.walk = walk;
        self.starts.iter_mut().skip(starts).for_each(|start| *start = self.walk.step);
        self.put_back.truncate(put_back);
        if let (Some(kept), Some(last)) = (self.put_back.last_mut(), last) {
            *kept = last;
        }
    }

    fn look_for_put_back(&mut self, civil: &Civil, of_year: i64, offset: u64) {
        if let Some(back) = self.put_back.last_mut().filter(|b| b.fresh)
            && of_year > back.after + 2 * PUT_BACK_LEAST
        {
            back.fresh = false;
            back.leap = (of_year >= back.before - 2 * PUT_BACK_LEAST).then_some(offset);
        }
        let walk = &mut self.walk;
        if let Some((years, year, before)) = walk.last
            && years == walk.step.years
            && year == civil.year
            && before - of_year >= PUT_BACK_LEAST
            && before - of_year <= 4 * 3600
            && self.put_back.len() < PUT_BACK_KEPT
        {
            let (after, fresh, leap) = (of_year, true, None);
            let low = of_year + 2 * PUT_BACK_LEAST;
            let climb = walk
                .climb
                .filter(|(_, from, to)| *from <= low && *to >= before - 2 * PUT_BACK_LEAST);
            let climb = climb.map(|(offset, ..)| offset);
            self.put_back.push(PutBack { offset, years, year, before, after, fresh, leap, climb });
        }
        if let Some((.., before)) = walk.last
            && of_year - before > 4 * PUT_BACK_LEAST
        {
            walk.climb = Some((offset, before, of_year));
        }
        walk.last = Some((walk.step.years, civil.year, of_year));
    }

    /// Whether any stamp was far from the one before: only all stamps tell what that means.
    #[must_use]
    pub const fn leapt(&self) -> bool {
        self.leapt
    }

    /// Marks that stamps follow that are not looked at.
    pub fn breaks_off(&mut self) {
        self.away = None;
    }

    /// Marks that the next stamp is the first of a chunk.
    pub fn begin_chunk(&mut self) {
        self.starts.push(self.walk.step);
    }

    /// The year in which the count of years begun is 0: the one by the log's end, unless lines of those
    /// days write another; none where they write several, and which is true cannot be known.
    fn first_year(&self, by_end: Option<i32>) -> Option<i32> {
        // Of years before it none lets a line lie past the end.
        let can_be = |y: &&i32| by_end.is_none_or(|end| **y <= end) && self.leaps(**y);
        let mut written = self.walk.anchors.iter().filter(can_be);
        match (written.next(), written.next()) {
            (None, _) => by_end,
            (Some(one), None) => Some(*one),
            _ => by_end.filter(|end| self.walk.anchors.contains(end)),
        }
    }

    /// The latest first year that lets no line lie more than a day past `end` and every 29 February
    /// exist; none if there is none.
    fn first_year_by_end(&self, zone: &Zone, end: i64) -> Option<i32> {
        let local_end = end + i64::from(zone.offset_at(end)) + YEAR_SLACK_SECONDS;
        let (end_year, ..) = civil_from_days(local_end.div_euclid(86_400));
        let latest = i32::try_from(end_year).ok()? - self.newest();
        let fits = |first: &i32| {
            self.walk.latest.iter().all(|(y, c)| {
                // 29 February of a year that has none is asked for below.
                c.local_seconds(first + y).is_none_or(|s| s <= local_end)
            })
        };
        (0..400).map(|n| latest - n).find(|first| fits(first) && self.leaps(*first))
    }

    fn newest(&self) -> i32 {
        self.walk.latest.iter().map(|(y, _)| *y).max().unwrap_or(0)
    }

    /// Whether every 29 February exists if this is the first year.
    fn leaps(&self, first: i32) -> bool {
        self.walk.leap_days.iter().all(|y| leap(i64::from(first) + i64::from(*y)))
    }

    /// Settles years and folds. `end` is when the input was last written, in
    /// seconds since 1970; without it lines without years cannot be read.
    #[must_use]
    pub fn settle(mut self, zone: Option<Zone>, end: Option<i64>) -> Calendar {
        let zone_or_utc = zone.clone().unwrap_or(Zone::Fixed(0));
        if let (Some(away), Some(last), Some(end)) = (&self.away, self.walk.step.day, end)
            && away.0.ends(last, day_of_year(end + i64::from(zone_or_utc.offset_at(end))))
        {
            self.come_back(None);
        }
        let dated = end.filter(|_| self.yearless && !self.walk.lost);
        let by_end = dated.and_then(|end| self.first_year_by_end(&zone_or_utc, end));
        let first_year = if self.walk.lost { None } else { self.first_year(by_end) };
        let first_year = first_year
            .filter(|first| self.yearless && YEARS.contains(&first.saturating_add(self.newest())));
        let doubt = match first_year {
            None if self.yearless && end.is_some() => Some(YearDoubt::Unknown),
            Some(first) if self.walk.anchors.iter().any(|a| *a != first) => {
                Some(YearDoubt::Contradicted)
            }
            Some(first) if by_end.is_some_and(|end| end != first) => Some(YearDoubt::ByLines),
            _ => None,
        };
        let mut span = self.written;
        if let Some(first) = first_year {
            let last = first + self.newest();
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
            folds.iter_mut().for_each(|f| f.put_back(before, after, back));
        }
        folds.iter_mut().filter(|f| f.disorder).for_each(FoldAt::open);
        let until = if self.yearless { end } else { None };
        let (starts, end, strays) = (self.starts, self.walk.step, self.strays);
        Calendar { zone, first_year, doubt, until, table, folds, strays, starts, end, hasty: false }
    }

    /// Whether it has seen a stamp that lacks the year or the zone.
    #[must_use]
    pub const fn needs_order(&self) -> bool {
        self.zoneless || self.yearless
    }
}

impl Walk {
    /// Goes on to a line without a year.
    fn go(&mut self, civil: &Civil, of_year: i64) {
        self.step = self.step.to(civil);
        if self.last.is_none_or(|(.., last)| last != of_year) {
            self.run = self.run.saturating_add(1);
        }
        if let Some(before) = self.before.take() {
            self.anchor(&before);
        }
        let years = self.step.years;
        if (civil.month, civil.day) == (2, 29)
            && self.leap_days.len() < YEARS_BEGUN
            && !self.leap_days.contains(&years)
        {
            self.leap_days.push(years);
        }
        let later = |c: &Civil| (c.month, c.day, c.second) < (civil.month, civil.day, civil.second);
        let room = self.latest.len() < YEARS_BEGUN;
        match self.latest.iter_mut().find(|(y, _)| *y == years) {
            Some((_, c)) if later(c) => *c = *civil,
            Some(_) => {}
            None if room => self.latest.push((years, *civil)),
            None => self.lost = true,
        }
    }

    fn anchor(&mut self, civil: &Civil) {
        if let Some(first) = self.step.first_by(civil)
            && self.anchors.len() < YEARS_BEGUN
            && !self.anchors.contains(&first)
        {
            self.anchors.push(first);
        }
    }
}

/// The day of a leap year of a local time.
fn day_of_year(local: i64) -> i64 {
    let (_, month, day) = civil_from_days(local.div_euclid(86_400));
    days_from_civil(2000, month, day) - days_from_civil(2000, 1, 1)
}

/// What is doubtful about the year of lines without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearDoubt {
    /// It cannot be known: they have no time.
    Unknown,
    /// Lines of the same days write it, and it is not the one by the log's end.
    ByLines,
    /// Some lines of the same days write another.
    Contradicted,
}

impl YearDoubt {
    /// The same in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => {
                "the year of lines that lack it cannot be known: lines of the same days write several years, none of which goes with when the log ended, or its lines are in no order. They have no time and are no evidence"
            }
            Self::ByLines => {
                "lines that lack the year are read as of the one that lines of the same days write, not as of the one by when the log ended; --log-end says when that was"
            }
            Self::Contradicted => {
                "some lines write another year than lines of the same days that lack it are read as of, by their order and when the log ended; --log-end says when that was"
            }
        }
    }
}

/// The settled years, zone and folds of one input.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The zone that was told, if one was.
    pub zone: Option<Zone>,
    pub(super) first_year: Option<i32>,
    /// What is doubtful about the year of lines without one.
    pub doubt: Option<YearDoubt>,
    /// The end that the years were counted from, in seconds since 1970.
    pub(super) until: Option<i64>,
    pub(super) table: Table,
    pub(super) folds: Vec<FoldAt>,
    /// Lines whose clock was not set: those without a year have no time.
    pub strays: Strays,
    starts: Vec<Step>,
    end: Step,
    /// Whether stamps may follow that the survey did not see: what they would have changed is
    /// then [`Unknown::unseen`](super::clock::Unknown::unseen).
    pub hasty: bool,
}

impl Calendar {
    /// Whether any local time of the years seen happened twice: then order must be known in full.
    #[must_use]
    pub fn has_folds(&self) -> bool {
        !self.folds.is_empty()
    }

    /// Why a line at `offset` that lacks the year has no time, where its log says.
    #[must_use]
    pub fn no_time(&self, offset: u64) -> Option<&'static str> {
        match self.doubt {
            _ if self.strays.hold(offset) => Some(Strays::TEXT),
            Some(YearDoubt::Unknown) => Some(YearDoubt::Unknown.text()),
            _ => None,
        }
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
                let known = first.is_some() || second.is_some();
                (fold.first_to, fold.second_from, fold.uptime) = (first, second, known);
            }
        }
    }

    /// Settles a repeated hour in which this log ends and `next`, which goes on from it, begins, at
    /// these local times. Says whether it settled anything.
    ///
    /// Where `next` begins earlier than this one ends, clocks were put back between the two. Where
    /// it goes on later, what is known at the seam of the one holds for the other. Only a part in
    /// which order says nothing is settled so: it lies on one side of the change as a whole.
    pub fn join(&mut self, next: &mut Self, end: i64, begin: i64) -> bool {
        let holds = |f: &&mut FoldAt| (f.from..f.to).contains(&end);
        let Some(mine) = self.folds.iter_mut().find(holds) else { return false };
        let same = |f: &&mut FoldAt| (f.from, f.to) == (mine.from, mine.to);
        let Some(theirs) = next.folds.iter_mut().find(same) else { return false };
        if !(mine.from..mine.to).contains(&begin) || mine.disorder || theirs.disorder {
            return false;
        }
        let back = end - begin >= PUT_BACK_LEAST;
        let known = (mine.second(end, u64::MAX), theirs.second(begin, 0));
        let (first, second) = match known {
            (None, None) => (back, back),
            (Some(false), None) => (false, back),
            (None, Some(true)) => (back, false),
            (Some(true), None) => (false, !back),
            (None, Some(false)) => (!back, false),
            _ => (false, false),
        };
        let settled = (first && mine.is_open(), second && theirs.is_open());
        if settled.0 {
            mine.first_to = Some(u64::MAX);
        }
        if settled.1 {
            theirs.second_from = Some(0);
        }
        settled.0 || settled.1
    }

    /// Where a chunk begins, as surveyed.
    #[must_use]
    pub fn start(&self, chunk: usize) -> Step {
        self.starts.get(chunk).copied().unwrap_or(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::stamp;
    use crate::time::{Fold, Moment};

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
        // Lines change places while clocks are put back: late ones are still of the first time.
        assert_eq!(
            read(
                "Europe/London",
                "2026-10-26T00:00:00Z",
                &[
                    "Oct 25 01:59:40",
                    "Oct 25 01:00:05",
                    "Oct 25 01:59:50",
                    "Oct 25 01:00:10",
                    "Oct 25 01:10:00"
                ]
            ),
            [
                "2026-10-25T00:59:40Z First",
                "2026-10-25T01:00:05Z Second",
                "2026-10-25T00:59:50Z First",
                "2026-10-25T01:00:10Z Second",
                "2026-10-25T01:10:00Z Second"
            ]
        );
        // Lines that step back again and again are in no order that could say anything.
        assert_eq!(
            read(
                "Europe/London",
                "2026-10-26T00:00:00Z",
                &["Oct 25 01:10:00", "Oct 25 01:05:00", "Oct 25 01:40:00", "Oct 25 01:20:00"]
            )[0],
            "2026-10-25T00:10:00Z Ambiguous(3600)"
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

    /// Zones whose clocks have done odd things: half hours, quarters, DST that is winter, days
    /// that never were, changes at midnight.
    const ZONES: &[&str] = &[
        "UTC",
        "Europe/London",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Europe/Dublin",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Africa/Casablanca",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Asia/Tehran",
    ];

    /// chrono-tz's word on what the clocks of a zone show.
    fn shown(zone: &str, utc: i64, year: bool) -> Stamp {
        use chrono::{DateTime, Datelike as _, Timelike as _};
        let tz: chrono_tz::Tz = zone.parse().unwrap();
        let local = DateTime::from_timestamp(utc, 0).unwrap().with_timezone(&tz).naive_local();
        Stamp::Civil(Civil {
            year: year.then(|| local.year()),
            month: u8::try_from(local.month()).unwrap(),
            day: u8::try_from(local.day()).unwrap(),
            second: local.num_seconds_from_midnight(),
            nanos: 0,
            decimals: 0,
            offset: None,
        })
    }

    /// What lines logged at some instants are read as, where some of them begin chunks.
    /// None where silences of months look as if a clock had not been set.
    fn reread(
        zone: &str,
        utc: &[i64],
        end: i64,
        year: bool,
        chunk: usize,
    ) -> Option<Vec<Option<Moment>>> {
        let stamps: Vec<Stamp> = utc.iter().map(|t| shown(zone, *t, year)).collect();
        let mut survey = Survey::default();
        for (i, s) in stamps.iter().enumerate() {
            if i % chunk == 0 {
                survey.begin_chunk();
            }
            survey.see(s, i as u64);
        }
        let calendar = survey.settle(Some(Zone::parse(zone).unwrap()), Some(end));
        let mut clock = calendar.clock(0);
        let mut out = Vec::new();
        for (i, s) in stamps.iter().enumerate() {
            if i % chunk == 0 {
                clock = calendar.clock(i / chunk);
            }
            out.push(clock.moment(s, i as u64));
        }
        (calendar.strays.count() == 0).then_some(out)
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_clocks_showed_is_read_back(
            zone in proptest::sample::select(ZONES),
            // From 1995 to 2035.
            start in 788_918_400i64..2_051_222_400,
            steps in proptest::collection::vec(proptest::prop_oneof![
                6 => 0i64..90,
                3 => 0i64..7200,
                2 => 0i64..86_400 * 2,
                1 => 0i64..86_400 * 330,
            ], 1..120),
            near_fold in proptest::prelude::any::<bool>(),
            year in proptest::prelude::any::<bool>(),
            jitter in 0usize..4,
            after in 0i64..86_000,
            chunk in 1usize..130,
        ) {
            // Half of all logs begin shortly before clocks are put back, where there is such a
            // day, and are dense.
            let (mut at, mut longest) = (start, i64::MAX);
            if near_fold {
                let table = Table::new(&Zone::parse(zone).unwrap(), 1995, 2036);
                if let Some((from, to)) = table.folds().find(|(from, _)| *from > start)
                    && let Local::Twice(first, _) = table.resolve(from)
                {
                    (at, longest) = (first + (to - from) - start % 5400, 400);
                }
            }
            let mut utc: Vec<i64> = steps.iter().map(|s| { at += s % longest; at }).collect();
            let end = at + after;
            if jitter > 0 {
                // Lines that lie within seconds of each other change places.
                for i in (jitter..utc.len()).step_by(jitter + 1) {
                    if utc[i] - utc[i - 1] < 60 {
                        utc.swap(i, i - 1);
                    }
                }
            }
            let Some(read) = reread(zone, &utc, end, year, chunk) else {
                // The days it came back to are a year later, or it began as such clocks do.
                let days = (at - utc[0]) / 86_400;
                let begins = utc.windows(2).any(|w| w[1] - w[0] > 31 * 86_400);
                proptest::prop_assert!(!year && (days > 360 || begins), "{zone} {days} days");
                return Ok(());
            };
            for (truth, moment) in utc.iter().zip(read) {
                let moment = moment.expect("a time that was shown can be read");
                let at = moment.at.seconds();
                match moment.basis.fold {
                    // Nothing says which: both are told, and one is true.
                    Fold::Ambiguous(later) => {
                        proptest::prop_assert!([at, at + i64::from(later)].contains(truth), "{zone}");
                    }
                    Fold::Gap => proptest::prop_assert!(false, "{} {} never was", zone, truth),
                    _ => proptest::prop_assert_eq!(at, *truth, "{} {:?}", zone, moment),
                }
            }
        }

        #[test]
        fn a_time_that_clocks_never_showed_is_marked(
            zone in proptest::sample::select(ZONES),
            local in 788_918_400i64..2_051_222_400,
        ) {
            use chrono::{DateTime, Datelike as _, LocalResult, TimeZone as _};
            let tz: chrono_tz::Tz = zone.parse().unwrap();
            // One in some thousand would lie in a gap: look for the next one.
            let gap = (0..1600).map(|n| local + n * 21_600).find_map(|t| {
                (0..12).map(|m| t + m * 1800 + 60).find(|t| {
                    let naive = DateTime::from_timestamp(*t, 0).unwrap().naive_utc();
                    matches!(tz.from_local_datetime(&naive), LocalResult::None)
                })
            });
            if let Some(local) = gap {
                let naive = DateTime::from_timestamp(local, 0).unwrap().naive_utc();
                let stamp = match shown("UTC", local, false) {
                    Stamp::Civil(c) => Stamp::Civil(Civil { year: Some(naive.year()), ..c }),
                    other => other,
                };
                let mut survey = Survey::default();
                survey.begin_chunk();
                survey.see(&stamp, 0);
                let calendar = survey.settle(Some(Zone::parse(zone).unwrap()), Some(local));
                let moment = calendar.clock(0).moment(&stamp, 0).unwrap();
                proptest::prop_assert_eq!(moment.basis.fold, Fold::Gap, "{} {}", zone, naive);
            }
        }
    }
}
