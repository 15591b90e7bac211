//! Walks the stamps of an input before it is read, so that years and folds are settled for all chunks at once.

use std::io;

use crate::envelope::{Columns, Envelope, Reader, Stamp, stamp};
use crate::input::{Chunk, Input, Lines, Room};
use crate::json::Scratch;
use crate::time::{Calendar, Survey, Uptimes, uptime};

use super::options::Options;

/// Inputs up to this many bytes are surveyed stamp by stamp. Longer plain
/// ones by the first stamp of each chunk and every stamp near a fold; the scan checks
/// that no New Year was missed between, and asks for an exact survey if one was.
const EXACT_BYTES: u64 = 8 << 20;

/// Local seconds around a fold within which every stamp is looked at.
const NEAR_FOLD: i64 = 4 * 3600;

/// What a survey found.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// The walk over the stamps.
    pub survey: Survey,
    /// The first stamp, and where.
    pub first: Option<(Stamp, u64)>,
    /// The last stamp, and where.
    pub last: Option<(Stamp, u64)>,
    /// The first stamp of each chunk, and where.
    pub begins: Vec<Option<(Stamp, u64)>>,
    /// Whether only the beginning of a packed input was looked at.
    pub hasty: bool,
    /// The first stamp that lacked a zone, as written.
    pub example: Vec<u8>,
    /// The order of its columns, where its first line tells one.
    pub columns: Option<Columns>,
}

/// Surveys an input; also whether every stamp was seen.
///
/// A packed input that is `alone` in a run is looked at in its beginning only, so that it is unpacked
/// once: nothing else has to know when its chunks begin. Should what follows need more (a New Year too
/// many, an hour that came twice, a line past the end), the scan asks for an exact survey.
///
/// # Errors
///
/// What the system or a packed format's reader says, if not one line could be read.
pub fn survey(
    input: &Input,
    alone: bool,
    exact: bool,
    (options, room): (&Options, &Room),
) -> io::Result<(Surveyed, bool)> {
    let mut chunk = Chunk::default();
    let Some(chunks) = input.chunks() else {
        let mut s = Surveyed::default();
        // Of one that is looked at in its beginning nothing would be kept.
        let mut stream = match alone && !exact {
            true => input.stream()?,
            false => input.stream_kept(room)?,
        };
        let mut any = false;
        loop {
            match stream.next(&mut chunk) {
                Ok(true) if any && alone && !exact && s.first.is_some() => {
                    s.hasty = true;
                    s.survey.breaks_off();
                    return Ok((s, false));
                }
                Ok(true) => walk(&mut s, &chunk, usize::MAX),
                Ok(false) => break,
                // The scan will meet the damage again and say so.
                Err(_) if any => break,
                Err(e) => return Err(e),
            }
            any = true;
        }
        return Ok((s, true));
    };
    if exact || input.bytes <= EXACT_BYTES {
        let mut s = Surveyed::default();
        for i in 0..chunks {
            input.read_chunk(i, &mut chunk)?;
            walk(&mut s, &chunk, usize::MAX);
        }
        return Ok((s, true));
    }
    let mut s = Surveyed::default();
    for i in 0..chunks {
        input.read_head(i, &mut chunk)?;
        walk(&mut s, &chunk, 1);
    }
    // Whether lines came back, only all of them tell.
    if s.survey.leapt() {
        return self::survey(input, alone, true, (options, room));
    }
    if !s.survey.zoneless {
        return Ok((s, false));
    }
    let zone = options.zone_of(&input.path).cloned();
    let end = options.log_end.or(input.end.map(|(t, _)| t));
    let calendar = s.survey.clone().settle(zone, end);
    if !calendar.has_folds() {
        return Ok((s, false));
    }
    input.read_tail(&mut chunk)?;
    let near = near_folds(&calendar, &s.begins, last_stamp(&chunk, s.columns.as_ref()));
    if !near.contains(&true) {
        return Ok((s, false));
    }
    let before = std::mem::take(&mut s);
    s.columns = before.columns;
    for (i, (near, begin)) in near.into_iter().zip(before.begins).enumerate() {
        if near {
            input.read_chunk(i, &mut chunk)?;
            walk(&mut s, &chunk, usize::MAX);
            continue;
        }
        s.survey.begin_chunk();
        s.begins.push(begin);
        if let Some((stamp, offset)) = begin {
            see(&mut s, &stamp, offset, &before.example);
        }
    }
    Ok((s, false))
}

/// The last stamp of a chunk.
fn last_stamp(chunk: &Chunk, columns: Option<&Columns>) -> Option<Stamp> {
    let scratch = Scratch::default();
    let mut reader = Reader::new(&scratch).ordered(columns);
    let stamps = Lines::new(chunk.bytes(), chunk.offset).map(|(_, line)| reader.read(line));
    stamps.flatten().last().map(|envelope| envelope.stamp)
}

/// Which chunks may hold lines near a fold: those that begin or end near one, or span one. `last` is the
/// last stamp of all, if that is known.
fn near_folds(
    calendar: &Calendar,
    firsts: &[Option<(Stamp, u64)>],
    last: Option<Stamp>,
) -> Vec<bool> {
    let local: Vec<Option<i64>> = firsts
        .iter()
        .enumerate()
        .map(|(i, f)| f.and_then(|(stamp, _)| calendar.local(&stamp, i)))
        .collect();
    (0..local.len())
        .map(|i| {
            let from = local.get(i).copied().flatten();
            let to = local.iter().skip(i + 1).flatten().next().copied();
            let to = to.or_else(|| calendar.local(&last?, i));
            match (from, to) {
                (Some(a), Some(b)) => {
                    calendar.fold_between(a.min(b) - NEAR_FOLD, a.max(b) + NEAR_FOLD)
                }
                // Where nothing says when it begins or ends.
                _ => true,
            }
        })
        .collect()
}

/// What stood between stamp and process in the last lines that were read, each with its first eight bytes.
#[derive(Default)]
struct Tags<'c> {
    heads: [u64; 8],
    whole: [&'c [u8]; 8],
}

impl<'c> Tags<'c> {
    fn hold(&self, rest: &[u8]) -> bool {
        let Some(head) = rest.first_chunk::<8>() else { return false };
        let head = u64::from_ne_bytes(*head);
        let mut same = self.heads.iter().zip(&self.whole).filter(|(h, _)| **h == head);
        same.any(|(_, whole)| !whole.is_empty() && rest.starts_with(whole))
    }

    fn take(&mut self, tag: &'c [u8]) {
        if let Some(head) = tag.first_chunk::<8>()
            && !self.whole.contains(&tag)
        {
            self.heads.rotate_right(1);
            self.whole.rotate_right(1);
            (self.heads[0], self.whole[0]) = (u64::from_ne_bytes(*head), tag);
        }
    }
}

/// What follows the first fifteen bytes of a line up to the end of its tag: one with a process, or
/// the kernel's. `CEF:` and its like are none.
fn through<'a>(line: &'a [u8], program: &'a [u8]) -> Option<&'a [u8]> {
    // The tag is borrowed from the line; where it ends is a difference of addresses.
    let from = (program.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
    let tag = line.get(15..from.wrapping_add(program.len()).checked_add(1)?)?;
    match tag.last() {
        Some(b'[') if !program.is_empty() => Some(tag),
        Some(b':') if program == b"kernel" => Some(tag),
        _ => None,
    }
}

/// Takes a stamp.
fn see(s: &mut Surveyed, stamp: &Stamp, offset: u64, text: &[u8]) {
    s.first.get_or_insert((*stamp, offset));
    s.last = Some((*stamp, offset));
    let zoneless = s.survey.zoneless;
    s.survey.see(stamp, offset);
    if s.survey.zoneless && !zoneless {
        s.example = text.to_vec();
    }
}

/// Takes up to `limit` stamps of a chunk.
fn walk(s: &mut Surveyed, chunk: &Chunk, limit: usize) {
    if chunk.offset == 0 {
        s.columns = Columns::of_log(chunk.bytes());
    }
    let columns = s.columns.clone();
    s.survey.begin_chunk();
    s.begins.push(None);
    let mut last: Option<[u8; 15]> = None;
    // What stood between stamp and process in the last lines that were read.
    let mut tags = Tags::default();
    let mut taken = 0;
    // Lines that cannot be read move no calendar: the clock will not see them either.
    let scratch = Scratch::default();
    let mut reader = Reader::new(&scratch).ordered(columns.as_ref());
    for (offset, line) in Lines::new(chunk.bytes(), chunk.offset) {
        let head = line.first_chunk::<15>();
        // Equal bytes are an equal stamp, unless a year follows or the device states a time of its
        // own, which none does behind a tag: nothing to learn.
        if head.is_some()
            && head == last.as_ref()
            && !stamp::may_be_year(line.get(16..).unwrap_or_default())
            && tags.hold(line.get(15..).unwrap_or_default())
        {
            continue;
        }
        let Ok(Envelope { stamp, stamp_text: text, program, .. }) = reader.read(line) else {
            continue;
        };
        if let Some(tag) = through(line, program) {
            tags.take(tag);
        }
        last = match stamp {
            Stamp::Civil(c) if c.year.is_none() => head.copied(),
            _ => None,
        };
        if let Some(begin) = s.begins.last_mut() {
            begin.get_or_insert((stamp, offset));
        }
        see(s, &stamp, offset, text);
        taken += 1;
        if taken == limit {
            break;
        }
    }
}

/// Looks for the kernel's clock in lines near a repeated hour that the order of lines left open.
///
/// # Errors
///
/// What the system or a packed format's reader says before the first line.
pub fn uptimes(input: &Input, calendar: &Calendar) -> io::Result<Uptimes> {
    let mut found = Uptimes::default();
    let mut chunk = Chunk::default();
    let Some(chunks) = input.chunks() else {
        let mut stream = input.stream()?;
        while let Ok(true) = stream.next(&mut chunk) {
            look(&mut found, &chunk, calendar);
        }
        return Ok(found);
    };
    let mut s = Surveyed::default();
    for i in 0..chunks {
        input.read_head(i, &mut chunk)?;
        walk(&mut s, &chunk, 1);
    }
    for (i, near) in near_folds(calendar, &s.begins, None).into_iter().enumerate() {
        if near {
            input.read_chunk(i, &mut chunk)?;
            look(&mut found, &chunk, calendar);
        }
    }
    Ok(found)
}

fn look(found: &mut Uptimes, chunk: &Chunk, calendar: &Calendar) {
    let scratch = Scratch::default();
    let mut reader = Reader::new(&scratch);
    let mut clock = calendar.clock(chunk.index);
    for (offset, line) in Lines::new(chunk.bytes(), chunk.offset) {
        let Ok(e) = reader.read(line) else { continue };
        let Some(moment) = clock.moment(&e.stamp, offset) else { continue };
        if e.program == b"kernel"
            && let Some(up) = uptime::stated(e.message)
        {
            found.see(e.host, up, &moment, offset);
        }
    }
}
