//! [`Dated`]: a log on its way into a run, with the stamps that say when it begins and ends.
//!
//! A log may be rotated within an hour that came twice. Each part alone does not say which of the
//! two its lines are of; together they do.

use std::path::PathBuf;

use crate::days::SECOND;
use crate::envelope::{Columns, Stamp};
use crate::input::{Input, newness, series};
use crate::json::Scratch;
use crate::time::Calendar;

use super::overlap::Traits;
use super::read::LineReader;
use super::survey::Surveyed;

/// The chunk behind the last: a chunk may step over New Year, and its end stands elsewhere than its
/// begin.
pub const END: usize = usize::MAX;

/// One input with its settled calendar.
#[derive(Debug)]
pub struct Log {
    /// The input.
    pub input: Input,
    /// Its years, zone and folds.
    pub calendar: Calendar,
    /// The order of its columns, where its first line tells one.
    pub columns: Option<Columns>,
    /// The told zone's name; empty where the log states its own.
    pub zone: String,
    /// When each chunk begins: the latest of the first lines of it and of those before it, also in
    /// the rotation that it follows, in
    /// nanoseconds since 1970.
    pub begins: Vec<i64>,
    /// Whether every stamp was surveyed, not only the first of each chunk.
    pub exact: bool,
    /// What decides whether it is compared with others.
    pub traits: Traits,
    /// An input before it may tell the same lines.
    pub shares_before: bool,
    /// An input after it may.
    pub shares_after: bool,
    /// The input that it goes on from: the rotation before it.
    pub follows: Option<u32>,
}

impl Log {
    /// A reader of the lines of a chunk.
    #[must_use]
    pub fn reader<'l>(&'l self, chunk: usize, scratch: &'l Scratch) -> LineReader<'l> {
        LineReader::new(self.calendar.clock(chunk), scratch).ordered(self.columns.as_ref())
    }
}

/// A stamp, and where its line lies.
type At = (Stamp, u64);

/// A log and its outermost stamps.
#[derive(Debug)]
pub struct Dated {
    /// The log.
    pub log: Log,
    /// When it begins, in nanoseconds since 1970; the maximum where no line says.
    pub first: i64,
    edges: (Option<At>, Option<At>),
    begins: Vec<Option<At>>,
}

impl Dated {
    /// Dates a log whose calendar is settled.
    #[must_use]
    pub fn new(log: Log, survey: &Surveyed) -> Self {
        let edges = log.calendar.strays.within((survey.first, survey.last));
        let mut dated = Self { log, first: i64::MAX, edges, begins: survey.begins.clone() };
        dated.date();
        dated
    }

    fn nanos(&self, (stamp, offset): At, chunk: usize) -> Option<i64> {
        self.log.calendar.clock(chunk).moment(&stamp, offset).map(|m| m.at.nanos)
    }

    fn date(&mut self) {
        let first = self.edges.0.and_then(|at| self.nanos(at, 0));
        let last = self.edges.1.and_then(|at| self.nanos(at, END));
        self.log.traits.span = first.zip(last).map(|(a, b)| (a.min(b) / SECOND, a.max(b) / SECOND));
        self.first = first.unwrap_or(i64::MAX);
        let begin = |latest: &mut i64, (chunk, begin): (usize, &Option<At>)| {
            let at = begin.and_then(|at| self.nanos(at, chunk));
            *latest = at.unwrap_or(i64::MIN).max(*latest);
            Some(*latest)
        };
        let begins = self.begins.iter().enumerate().scan(i64::MIN, begin).collect();
        self.log.begins = begins;
    }

    /// The local times at which it begins and ends.
    fn local(&self) -> (Option<i64>, Option<i64>) {
        let calendar = &self.log.calendar;
        let (first, last) = self.edges;
        let local = |at: Option<At>, chunk| at.and_then(|(stamp, _)| calendar.local(&stamp, chunk));
        (local(first, 0), local(last, END))
    }

    fn place(&self) -> (PathBuf, impl Ord + use<>, i64) {
        let path = &self.log.input.path;
        (series(path), newness(path), self.first)
    }
}

/// Settles what a log and its rotations say together, and puts logs in the order of time. Of
/// rotations that begin in the same second the older comes first.
pub fn order(dated: &mut [Dated]) {
    dated.sort_by_cached_key(Dated::place);
    let pairs = 1..dated.len();
    for i in pairs.clone().chain(pairs.rev()) {
        let (before, after) = dated.split_at_mut(i);
        let (Some(old), Some(new)) = (before.last_mut(), after.first_mut()) else { continue };
        if series(&old.log.input.path) != series(&new.log.input.path) {
            continue;
        }
        if let ((_, Some(end)), (Some(begin), _)) = (old.local(), new.local())
            && old.log.calendar.join(&mut new.log.calendar, end, begin)
        {
            old.date();
            new.date();
        }
    }
    dated.sort_by_cached_key(|d| {
        let (series, newness, first) = d.place();
        (first, series, newness, d.log.input.path.clone())
    });
}
