//! [`Account`]: every line of an input accounted for; the readings add up to the lines.

use std::collections::BTreeMap;

use crate::class::Reading;
use crate::envelope::{Format, Unread};
use crate::limits::UNREAD_SHOWN;
use crate::time::Instant;

use super::gleaned::{ChunkOut, UnknownMessages};

/// An unread line, as the account shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadLine {
    /// Its number, from 1.
    pub line: u64,
    /// Its offset.
    pub offset: u64,
    /// Why.
    pub reason: Unread,
    /// Its first bytes.
    pub text: Vec<u8>,
}

/// What an input came to, line by line.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Its lines.
    pub lines: u64,
    /// Lines by reading.
    pub readings: [u64; 6],
    /// Unread lines by reason.
    pub unread: [u64; Unread::ALL.len()],
    /// The first unread lines.
    pub unread_shown: Vec<UnreadLine>,
    /// Messages of known programs that no grammar knows, by program.
    pub unknown: BTreeMap<Vec<u8>, UnknownMessages>,
    /// Lines by envelope format.
    pub formats: [u64; Format::ALL.len()],
    /// Lines by dialect.
    pub dialects: BTreeMap<&'static str, u64>,
    /// The earliest and the latest line.
    pub span: Option<(Instant, Instant)>,
    /// Per chunk, the lines before it.
    pub lines_before: Vec<u64>,
    /// Counts that were cut to what one line may count.
    pub capped: u64,
    /// Lines past the end of the log that keep its year.
    pub past_end: u64,
    /// Whether the input was read to its end.
    pub complete: bool,
}

impl Account {
    /// Adds the next chunk.
    pub fn add(&mut self, out: &ChunkOut) {
        self.lines_before.resize(out.index, self.lines);
        self.lines_before.push(self.lines);
        for (mine, theirs) in self.readings.iter_mut().zip(out.readings) {
            *mine += theirs;
        }
        for (mine, theirs) in self.unread.iter_mut().zip(out.unread) {
            *mine += theirs;
        }
        for (mine, theirs) in self.formats.iter_mut().zip(out.formats) {
            *mine += theirs;
        }
        for (line, offset, reason, text) in &out.unread_shown {
            if self.unread_shown.len() < UNREAD_SHOWN {
                self.unread_shown.push(UnreadLine {
                    line: self.lines + line,
                    offset: *offset,
                    reason: *reason,
                    text: text.clone(),
                });
            }
        }
        for (program, theirs) in &out.unknown {
            let mine = self.unknown.entry(program.clone()).or_default();
            if mine.count == 0 {
                mine.example = (self.lines + theirs.example.0, theirs.example.1.clone());
            }
            mine.count += theirs.count;
        }
        for (dialect, n) in
            crate::dialect::DIALECTS.iter().zip(out.dialects.0).filter(|(_, n)| *n > 0)
        {
            *self.dialects.entry(dialect.id).or_default() += n;
        }
        if let Some((a, b)) = out.span {
            self.span = Some(self.span.map_or((a, b), |(x, y)| (x.min(a), y.max(b))));
        }
        self.capped += out.capped;
        self.past_end += out.past_end;
        self.lines += out.lines;
    }

    /// Moves `lines` from one reading to another: their sessions decided.
    pub fn shift(&mut self, from: Reading, to: Reading, lines: u64) {
        if let Some(n) = self.readings.get_mut(from as usize) {
            *n = n.saturating_sub(lines);
        }
        if let Some(n) = self.readings.get_mut(to as usize) {
            *n += lines;
        }
    }

    /// Lines with a reading.
    #[must_use]
    pub fn count(&self, reading: Reading) -> u64 {
        self.readings.get(reading as usize).copied().unwrap_or(0)
    }
}
