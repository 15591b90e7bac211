//! [`Spool`]: lines of evidence on their way from one pass over the logs to the turns in which they are filed.
//!
//! The logs are gone through once, whatever they are packed in, and sources are
//! filed one turn after the other; so what was found for later turns waits in a file of
//! each, as soon as it is more than a little.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use crate::fault::{Fault, Outcome};
use crate::limits::SPOOL_BYTES;
use crate::session::{Mark, Place};
use crate::time::{Basis, Fold, Instant, Moment};

/// A line that was found, with what cannot be told from its bytes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The source that it is evidence of, by its number in the run.
    pub source: u32,
    /// Where it lies.
    pub place: Place,
    /// What its session made of it.
    pub mark: Mark,
    /// Its number in its file, from 1.
    pub number: u64,
    /// When it was logged: hangs on the lines before it.
    pub moment: Moment,
    /// Its bytes.
    pub line: &'a [u8],
    /// The line that it refers to, and whether an input before may have told that.
    pub before: Option<(&'a [u8], bool)>,
}

const TOLD_ZONE: u8 = 1;
const INFERRED_YEAR: u8 = 2;
const PAST_END: u8 = 4;
const UPTIME: u8 = 8;
const REFERS: u8 = 16;
const TOLD: u8 = 32;

/// Takes numbers off the beginning of some bytes.
struct Take<'a>(&'a [u8]);

impl<'a> Take<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn bytes(&mut self, n: u32) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n as usize)?;
        self.0 = rest;
        Some(head)
    }
}

impl<'a> Found<'a> {
    /// Appends it; [`Found::all`] reads it back.
    pub fn write(&self, out: &mut Vec<u8>) {
        let Basis { told_zone, inferred_year, past_end, fold, uptime } = self.moment.basis;
        let (before, told) = self.before.unwrap_or_default();
        let flags = [
            (told_zone, TOLD_ZONE),
            (inferred_year, INFERRED_YEAR),
            (past_end, PAST_END),
            (uptime, UPTIME),
            (self.before.is_some(), REFERS),
            (told, TOLD),
        ];
        let flags = flags.into_iter().filter(|f| f.0).fold(0, |all, f| all | f.1);
        let (fold, later) = match fold {
            Fold::None => (0, 0),
            Fold::First => (1, 0),
            Fold::Second => (2, 0),
            Fold::Ambiguous(later) => (3, later),
            Fold::Gap => (4, 0),
        };
        // A line has at most 64 KiB.
        let long = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(0);
        out.extend_from_slice(&self.source.to_le_bytes());
        out.extend_from_slice(&self.place.input.to_le_bytes());
        out.extend_from_slice(&self.place.offset.to_le_bytes());
        out.extend_from_slice(&self.mark.bits().to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.moment.at.nanos.to_le_bytes());
        out.extend_from_slice(&[self.moment.at.decimals, flags, fold]);
        out.extend_from_slice(&later.to_le_bytes());
        out.extend_from_slice(&long(self.line).to_le_bytes());
        out.extend_from_slice(&long(before).to_le_bytes());
        out.extend_from_slice(self.line);
        out.extend_from_slice(before);
    }

    fn read(take: &mut Take<'a>) -> Option<Self> {
        let source = u32::from_le_bytes(take.array()?);
        let input = u32::from_le_bytes(take.array()?);
        let offset = u64::from_le_bytes(take.array()?);
        let mark = Mark::from_bits(u16::from_le_bytes(take.array()?));
        let number = u64::from_le_bytes(take.array()?);
        let nanos = i64::from_le_bytes(take.array()?);
        let [decimals, flags, fold] = take.array()?;
        let later = i32::from_le_bytes(take.array()?);
        let line = u32::from_le_bytes(take.array()?);
        let before = u32::from_le_bytes(take.array()?);
        let is = |flag: u8| flags & flag != 0;
        let fold = match fold {
            1 => Fold::First,
            2 => Fold::Second,
            3 => Fold::Ambiguous(later),
            4 => Fold::Gap,
            _ => Fold::None,
        };
        let basis = Basis {
            told_zone: is(TOLD_ZONE),
            inferred_year: is(INFERRED_YEAR),
            past_end: is(PAST_END),
            fold,
            uptime: is(UPTIME),
        };
        let line = take.bytes(line)?;
        let before = take.bytes(before)?;
        Some(Self {
            source,
            place: Place { input, offset },
            mark,
            number,
            moment: Moment { at: Instant { nanos, decimals }, basis },
            line,
            before: is(REFERS).then_some((before, is(TOLD))),
        })
    }

    /// Of the lines that were written one after the other, the source of each and where it ends.
    pub fn ends(bytes: &'a [u8]) -> impl Iterator<Item = (u32, usize)> {
        let mut take = Take(bytes);
        std::iter::from_fn(move || {
            let source = Self::read(&mut take)?.source;
            Some((source, bytes.len() - take.0.len()))
        })
    }

    /// The lines that were written one after the other.
    pub fn all(bytes: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut take = Take(bytes);
        std::iter::from_fn(move || Self::read(&mut take))
    }
}

/// Lines of a turn: those in memory, and whether there are more in its file.
#[derive(Debug, Default)]
struct Turn {
    held: Vec<Vec<u8>>,
    /// Bytes that those take.
    bytes: usize,
    filed: bool,
}

/// Lines that wait for their turn.
#[derive(Debug)]
pub struct Spool {
    /// Where the files of turns are made; it is somebody else's to remove.
    dir: PathBuf,
    turns: Vec<Turn>,
}

/// What one chunk has for each turn.
pub type Parts = Vec<(usize, Vec<u8>)>;

/// The number behind the last source of each turn, ascending.
pub type Ends = [u32];

/// Adds a line to what a chunk has for its turn.
pub fn part(ends: &Ends, parts: &mut Parts, found: &Found<'_>) {
    let turn = ends.partition_point(|end| *end <= found.source);
    match parts.iter_mut().find(|(n, _)| *n == turn) {
        Some((_, part)) => found.write(part),
        None => {
            let mut part = Vec::new();
            found.write(&mut part);
            parts.push((turn, part));
        }
    }
}

impl Spool {
    /// Room for so many turns.
    #[must_use]
    pub fn new(dir: PathBuf, turns: usize) -> Self {
        Self { dir, turns: (0..turns).map(|_| Turn::default()).collect() }
    }

    fn path(&self, turn: usize) -> PathBuf {
        self.dir.join(format!("lines.{turn}"))
    }

    /// Takes what a chunk has.
    ///
    /// # Errors
    ///
    /// What the system says of the file of a turn.
    pub fn take(&mut self, parts: Parts) -> Outcome<()> {
        let most = SPOOL_BYTES / self.turns.len().max(1);
        for (n, part) in parts {
            let path = self.path(n);
            let Some(turn) = self.turns.get_mut(n) else { continue };
            turn.bytes += part.capacity();
            turn.held.push(part);
            // The first turn is asked for as soon as all is read.
            if turn.bytes <= most {
                continue;
            }
            fs::OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&path)
                .and_then(|mut file| file.write_all(&turn.held.concat()))
                .map_err(|e| Fault::file(&path, e))?;
            turn.filed = true;
            (turn.held, turn.bytes) = (Vec::new(), 0);
        }
        Ok(())
    }

    /// The lines of a turn, in the order in which they were taken; only once.
    ///
    /// # Errors
    ///
    /// What the system says of its file.
    pub fn turn(&mut self, n: usize) -> Outcome<Vec<u8>> {
        let path = self.path(n);
        let Some(turn) = self.turns.get_mut(n) else { return Ok(Vec::new()) };
        let held = std::mem::take(&mut turn.held).concat();
        if !turn.filed {
            return Ok(held);
        }
        let mut all = fs::read(&path).map_err(|e| Fault::file(&path, e))?;
        fs::remove_file(&path).map_err(|e| Fault::file(&path, e))?;
        all.extend_from_slice(&held);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Reading;
    use crate::session::Decision;

    fn found(source: u32, fold: Fold, before: Option<(&'static [u8], bool)>) -> Found<'static> {
        let basis = Basis { told_zone: true, past_end: source == 1, fold, ..Basis::default() };
        let moment = Moment { at: Instant { nanos: -5, decimals: 3 }, basis };
        let place = Place { input: 7, offset: 1 << 40 };
        let mark = Mark::of(Decision { reading: Reading::Context, class: None, by_others: true });
        Found { source, place, mark, number: 9, moment, line: b"a line", before }
    }

    #[test]
    fn lines_come_back_as_they_were_in_their_turn() {
        let lines = [
            found(0, Fold::None, None),
            found(1, Fold::Ambiguous(-3600), Some((b"before", true))),
            found(2, Fold::Gap, Some((b"", false))),
            found(3, Fold::First, Some((b"x", false))),
            found(4, Fold::Second, None),
        ];
        let dir = tempfile::tempdir().unwrap();
        // Little enough to be held, and so much that a file is made.
        for copies in [1, SPOOL_BYTES / 40] {
            let mut spool = Spool::new(dir.path().to_owned(), 3);
            for line in &lines {
                let mut parts = Parts::new();
                (0..copies).for_each(|_| part(&[2, 3, 5], &mut parts, line));
                spool.take(parts).unwrap();
            }
            let files = fs::read_dir(dir.path()).unwrap().count();
            assert_eq!(files, if copies == 1 { 0 } else { 3 });
            for (turn, want) in [(0, &lines[..2]), (1, &lines[2..3]), (2, &lines[3..])] {
                let bytes = spool.turn(turn).unwrap();
                let all: Vec<Found<'_>> = Found::all(&bytes).collect();
                assert_eq!(all.len(), want.len() * copies);
                for (i, line) in want.iter().enumerate() {
                    assert!(all[i * copies..(i + 1) * copies].iter().all(|l| l == line));
                }
            }
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }
}
