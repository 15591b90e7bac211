//! [`ChunkOut`]: what one chunk comes to, ready to be taken in the order of the run.

use rustc_hash::FxHashMap;

use crate::dialect::DIALECTS_MOST;
use crate::envelope::{Civil, Format, Unread};
use crate::limits::UNREAD_SHOWN;
use crate::session::{Doubt, Fact};
use crate::time::clock::Unknown;
use crate::time::{Instant, Moment, Step};

use super::read::Read;

/// What one chunk comes to.
#[derive(Debug, Default)]
pub struct ChunkOut {
    /// The input's number.
    pub input: u32,
    /// The chunk's number in it.
    pub index: usize,
    /// Facts for sessions, in the order of lines; hosts are numbers in `hosts`.
    pub facts: Vec<Fact>,
    /// Doubtful lines, each with the number of facts before it and the latest time of the lines up to it.
    pub doubts: Vec<(usize, i64, Doubt)>,
    /// From which fact on a line before it bore a later time, and which; in order.
    pub late: Vec<(usize, i64)>,
    /// The hosts' names.
    pub hosts: Vec<Vec<u8>>,
    /// Its lines.
    pub lines: u64,
    /// Lines by reading, each line by itself.
    pub readings: [u64; 6],
    /// Unread lines by reason.
    pub unread: [u64; Unread::ALL.len()],
    /// The first unread lines: number in the chunk, offset, reason, the line cut short.
    pub unread_shown: Vec<(u64, u64, Unread, Vec<u8>)>,
    /// Messages that a known program printed and no grammar knows.
    pub unknown: FxHashMap<Vec<u8>, UnknownMessages>,
    /// Lines by envelope format.
    pub formats: [u64; Format::ALL.len()],
    /// Lines by dialect, in the order of the table.
    pub dialects: ByDialect,
    /// The earliest and the latest line.
    pub span: Option<(Instant, Instant)>,
    /// The first stamp that moved the calendar, and where it then stood.
    pub first: Option<(Civil, Step)>,
    /// Where the calendar stood at the end.
    pub end: Step,
    /// Hashes of the lines that told something, where an input after it may tell them again.
    pub told: Vec<u64>,
    /// Lines that an input before it told.
    pub told_before: u64,
    /// What could not be known of its stamps.
    pub unknown_time: Unknown,
    /// Lines that refer to one before the chunk.
    pub leading: Vec<Leading>,
    /// The last line of each of `hosts` that has one to refer to, and when.
    pub trail: Vec<(u32, Box<[u8]>, i64)>,
    /// Whether no line before the chunk can be referred to behind it.
    pub cut: bool,
    /// Counts that were cut to what one line may count.
    pub capped: u64,
    /// Lines past the end of the log that keep its year.
    pub past_end: u64,
}

/// A number for each dialect, in the order of the table.
#[derive(Clone, Debug)]
pub struct ByDialect(pub [u64; DIALECTS_MOST]);

impl Default for ByDialect {
    fn default() -> Self {
        Self([0; DIALECTS_MOST])
    }
}

/// A line that refers to the one before it, which an earlier chunk holds.
#[derive(Clone, Debug)]
pub struct Leading {
    /// How many facts and doubts lie before it.
    pub before: (usize, usize),
    /// Its number in the chunk, from 1.
    pub line: u64,
    /// Its offset.
    pub offset: u64,
    /// Its bytes.
    pub bytes: Box<[u8]>,
    /// When.
    pub moment: Moment,
    /// The latest time of the lines up to it in its chunk.
    pub reached: i64,
    /// Its host, by its number in the chunk.
    pub host: u32,
}

/// Messages that no grammar knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownMessages {
    /// How many.
    pub count: u64,
    /// The first: line number in its chunk, the message cut short.
    pub example: (u64, Vec<u8>),
}

/// Bytes of a line that the account shows.
const SHOWN: usize = 200;

impl ChunkOut {
    #[inline(always)]
    pub(super) fn saw(&mut self, format: Format, moment: Option<Moment>) {
        if let Some(n) = self.formats.get_mut(format as usize) {
            *n += 1;
        }
        if let Some(m) = moment {
            self.saw_at(m);
        }
    }

    #[inline(always)]
    pub(super) fn saw_at(&mut self, m: Moment) {
        self.past_end += u64::from(m.basis.past_end);
        match &mut self.span {
            // Nearly every line is later than those before it.
            Some((_, latest)) if m.at.nanos > latest.nanos => *latest = m.at,
            span => {
                *span = Some(span.map_or((m.at, m.at), |(a, b)| (a.min(m.at), b.max(m.at))));
            }
        }
    }

    #[inline(always)]
    pub(super) fn heard_by(&mut self, read: &Read<'_>) {
        if let Some(n) = self.dialects.0.get_mut(usize::from(read.heard.id)) {
            *n += 1;
        }
    }

    /// The latest time of the lines so far.
    pub(super) fn reached(&self) -> i64 {
        self.span.map_or(i64::MIN, |(_, latest)| latest.nanos)
    }

    /// Takes a fact; `reached` is the latest time of the lines up to it.
    #[inline(always)]
    pub(super) fn tell(&mut self, fact: Fact, reached: i64) {
        if fact.spot.nanos() < reached {
            self.tell_late(reached);
        }
        self.facts.push(fact);
    }

    #[cold]
    fn tell_late(&mut self, reached: i64) {
        if self.late.last().is_none_or(|(_, before)| *before < reached) {
            self.late.push((self.facts.len(), reached));
        }
    }

    pub(super) fn refuse(&mut self, reason: Unread, offset: u64, line: &[u8]) {
        if let Some(n) = self.unread.get_mut(reason as usize) {
            *n += 1;
        }
        if self.unread_shown.len() < UNREAD_SHOWN {
            let shown = line.get(..line.len().min(SHOWN)).unwrap_or_default().to_vec();
            self.unread_shown.push((self.lines, offset, reason, shown));
        }
    }

    pub(super) fn unknown_message(&mut self, program: &[u8], message: &[u8]) {
        if let Some(known) = self.unknown.get_mut(program) {
            known.count += 1;
            return;
        }
        let shown = message.get(..message.len().min(SHOWN)).unwrap_or_default().to_vec();
        let first = UnknownMessages { count: 1, example: (self.lines, shown) };
        self.unknown.insert(program.to_vec(), first);
    }
}
