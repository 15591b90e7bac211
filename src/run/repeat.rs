//! `last message repeated 3 times`: a line that names nobody and counts what the line before it counted.
//!
//! A syslogd writes it in place of equal messages (`syslogd.c` of BSD and sysklogd, `logmsg()`
//! and `fprintlog()`; rsyslog's `action.c` before version 6, with the tag of what is repeated;
//! syslog-ng's `logwriter.c`, with its first words). What it refers to is the line before it of the
//! same host in the same log, in whatever chunk or rotated file that lies. A line that could
//! not be read, a tag of another process or an hour between the two make that unsure: then
//! it counts nothing.

use rustc_hash::FxHashMap;

use crate::days::SECOND;
use crate::dialect::Said;
use crate::dialect::parts::count;
use crate::digits::{Brief, Memo};
use crate::envelope::{Envelope, Reader};
use crate::json::Scratch;
use crate::limits::{REPEAT_SECONDS, REPEATS};
use crate::session::Place;

use super::read::{Program, Read};

/// How often a line says that the one before it was repeated; none if it says no such thing.
#[must_use]
#[inline]
pub fn times(read: &Read<'_>) -> Option<u32> {
    match (&read.heard.said, read.envelope.message.first()) {
        (Said::No, Some(b'l' | b'L' | b'-')) => said(read.envelope.message),
        _ => None,
    }
}

/// The same of a message.
#[must_use]
pub fn said(message: &[u8]) -> Option<u32> {
    let message = message.trim_ascii_end();
    let text = message.strip_prefix(b"--- ").unwrap_or(message);
    let text = match text.strip_prefix(b"last message repeated ") {
        Some(text) => text,
        None => {
            // syslog-ng quotes the first bytes, which may hold anything.
            let quoted = message.strip_prefix(b"Last message '")?;
            let at = memchr::memmem::rfind(quoted, b"' repeated ")?;
            let (n, rest) = count(quoted.get(at + b"' repeated ".len()..)?).ok().map(swap)?;
            return rest.starts_with(b" times, suppressed by syslog-ng on ").then_some(n);
        }
    };
    let (n, rest) = count(text).ok().map(swap)?;
    matches!(rest, b" times" | b" time" | b" times ---" | b" time ---").then_some(n)
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

/// The line that `again` refers to, as if it had been logged where `again` was, so many times.
/// None where that line is of another process than `again` says.
#[must_use]
pub fn told<'a>(
    again: &Read<'a>,
    n: u32,
    line: &'a [u8],
    scratch: &'a Scratch,
) -> Option<Read<'a>> {
    let before = Reader::new(scratch).read(line).ok()?;
    let here = &again.envelope;
    let tagged = !here.program.is_empty();
    if tagged
        && (here.program != before.program || here.pid.is_some_and(|pid| before.pid != Some(pid)))
    {
        return None;
    }
    let program = Program::of(before.program);
    let mut heard = program.claim.read(before.message);
    heard.said = heard.said.times(n.min(REPEATS));
    let Envelope { program: name, pid, message, .. } = before;
    Some(Read {
        envelope: Envelope { program: name, pid, message, ..*here },
        moment: again.moment,
        program,
        heard,
    })
}

/// Whether a line that refers to the one before may still mean one of that time.
#[must_use]
pub const fn near(before: i64, at: i64) -> bool {
    at.abs_diff(before) <= (REPEAT_SECONDS * SECOND) as u64
}

/// Lines of earlier chunks that the first lines of a chunk refer to, and whether an input before had told each.
pub type Referred = FxHashMap<Place, (Box<[u8]>, bool)>;

/// What an input before may have told of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'c> {
    /// This line, which it is to be asked for: the line itself, or the one that it refers to.
    Asked(&'c [u8]),
    /// The scan has seen that it told what the line says.
    Told,
    /// The scan has seen that it did not.
    New,
}

/// A line that may be referred to, and when it, or the last that referred to it, was logged.
#[derive(Clone, Copy, Debug)]
pub struct Before<'c> {
    /// The line.
    pub line: &'c [u8],
    /// Nanoseconds since 1970.
    pub at: i64,
}

/// What a line refers to.
#[derive(Clone, Copy, Debug)]
pub enum Found<'c> {
    /// This line of the chunk.
    Line(&'c [u8]),
    /// A line before the chunk.
    Earlier,
    /// Nobody can say.
    Unsure,
}

/// The last line of each host, while a chunk is read.
#[derive(Clone, Debug, Default)]
pub struct Trail<'c> {
    /// The host turned to, by its place in `lasts`.
    host: usize,
    lasts: Vec<(&'c [u8], Option<Before<'c>>)>,
    places: FxHashMap<&'c [u8], usize>,
    recent: Memo<usize>,
    /// A line that could not be read: nobody knows its host, so none before it is the last of any.
    pub cut: bool,
}

impl<'c> Trail<'c> {
    /// The next line is of this host.
    #[inline]
    pub fn turn(&mut self, host: &'c [u8]) {
        self.host = match Brief::of(host).and_then(|brief| self.recent.get(brief)) {
            Some(place) => place,
            None => self.place(host),
        };
    }

    /// Where the host turned to is kept.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.host
    }

    /// The next line is of a host whose place is known.
    #[inline(always)]
    pub const fn turn_to(&mut self, place: usize) {
        self.host = place;
    }

    #[inline(never)]
    fn place(&mut self, host: &'c [u8]) -> usize {
        let lasts = &mut self.lasts;
        let place = *self.places.entry(host).or_insert_with(|| {
            lasts.push((host, None));
            lasts.len() - 1
        });
        if let Some(brief) = Brief::of(host) {
            self.recent.put(brief, place);
        }
        place
    }

    /// The next line, of the host turned to.
    #[inline(always)]
    pub fn pass(&mut self, line: &'c [u8], at: i64) {
        if let Some((_, last)) = self.lasts.get_mut(self.host) {
            *last = Some(Before { line, at });
        }
    }

    /// A line that cannot be read.
    pub fn cut(&mut self) {
        self.lasts.iter_mut().for_each(|(_, last)| *last = None);
        self.cut = true;
    }

    /// What a line of the host turned to refers to.
    pub fn find(&mut self, at: i64) -> Found<'c> {
        let last = self.lasts.get_mut(self.host).and_then(|(_, last)| last.as_mut());
        match last {
            Some(before) if near(before.at, at) => {
                before.at = at;
                Found::Line(before.line)
            }
            None if !self.cut => Found::Earlier,
            _ => Found::Unsure,
        }
    }

    /// The last line of each host.
    pub fn end(self) -> impl Iterator<Item = (&'c [u8], Before<'c>)> {
        self.lasts.into_iter().filter_map(|(host, last)| Some((host, last?)))
    }

    /// A line as it is to be understood where chunks are read once more, and what an input before may
    /// have told of it. `referred` knows the lines of earlier chunks that are referred to.
    pub fn follow(
        &mut self,
        read: Read<'c>,
        line: &'c [u8],
        place: Place,
        referred: &'c Referred,
        scratch: &'c Scratch,
    ) -> (Read<'c>, Known<'c>) {
        match self.refers(&read, line, place, referred) {
            Some(Repeat { times, before, by }) => match told(&read, times, before, scratch) {
                Some(told) => (told, by),
                None => (read, Known::Asked(line)),
            },
            None => (read, Known::Asked(line)),
        }
    }

    /// The line that a line refers to, if it does and that is known; as [`Trail::follow`].
    pub fn refers(
        &mut self,
        read: &Read<'c>,
        line: &'c [u8],
        place: Place,
        referred: &'c Referred,
    ) -> Option<Repeat<'c>> {
        let Some(at) = read.moment.map(|m| m.at.nanos) else {
            self.cut();
            return None;
        };
        self.turn(read.envelope.host);
        let Some(times) = times(read) else {
            self.pass(line, at);
            return None;
        };
        let (before, by) = match self.find(at) {
            Found::Line(before) => (before, Known::Asked(before)),
            Found::Earlier => {
                let (before, told) = referred.get(&place)?;
                (before.as_ref(), if *told { Known::Told } else { Known::New })
            }
            Found::Unsure => return None,
        };
        Some(Repeat { times, before, by })
    }
}

/// What a line that refers to another comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat<'c> {
    /// How often it says that it was repeated.
    pub times: u32,
    /// The line that it refers to.
    pub before: &'c [u8],
    /// What an input before may have told of that line.
    pub by: Known<'c>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_that_a_message_was_repeated() {
        for (message, want) in [
            ("last message repeated 3 times", Some(3)),
            ("last message repeated 1 time", Some(1)),
            ("--- last message repeated 2 times ---", Some(2)),
            ("last message repeated 99999999999999999999 times", Some(u32::MAX)),
            (
                "Last message 'Failed password for ' repeated 4 times, suppressed by syslog-ng on web1",
                Some(4),
            ),
            (
                "Last message '' repeated 9' repeated 4 times, suppressed by syslog-ng on web1",
                Some(4),
            ),
            ("Last message 'x' repeated 4 times, suppressed", None),
            ("last message repeated  times", None),
            ("last message repeated -3 times", None),
            ("last message repeated 3 times by 192.0.2.7", None),
            ("the last message repeated 3 times", None),
        ] {
            assert_eq!(said(message.as_bytes()), want, "{message}");
        }
    }
}
