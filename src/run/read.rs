//! [`LineReader`]: one line from bytes to what it says, the same for every command.

use rustc_hash::FxHashMap;

use crate::dialect::{Claim, Heard, Said};
use crate::digits::{Brief, Memo};
use crate::envelope::{Columns, Envelope, Format, Reader, Stamp, Unread};
use crate::event::mail_port;
use crate::json::Scratch;
use crate::time::{Clock, Fold, Moment};

/// What is known of a program from its tag alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Program {
    /// Which dialects read it.
    pub claim: Claim,
    /// The standard port of the service; 0 where the message must say.
    pub port: u16,
}

/// A line that has an envelope.
#[derive(Clone, Debug)]
pub struct Read<'a> {
    /// The envelope.
    pub envelope: Envelope<'a>,
    /// When; none where the year or zone is unknown.
    pub moment: Option<Moment>,
    /// What is known of the program.
    pub program: Program,
    /// What the message says.
    pub heard: Heard<'a>,
}

/// Reads the lines of one chunk in order.
pub struct LineReader<'c> {
    envelopes: Reader<'c>,
    /// Puts stamps into UTC.
    pub clock: Clock<'c>,
    last: Option<Moment>,
    /// Where a line lies that ends with its log within an address; none does at the maximum.
    unended: u64,
    programs: Programs,
}

/// What was found of programs, by their tags: what a thread keeps from chunk to chunk.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    all: FxHashMap<Box<[u8]>, Program>,
    /// The programs of the last lines: most lines are of few.
    recent: Memo<Program>,
}

/// Tags that are kept: a far end may write what stands where tags do.
const TAGS_KEPT: usize = 4096;

impl Programs {
    #[inline(always)]
    fn of(&mut self, tag: &[u8]) -> Program {
        match Brief::of(tag).and_then(|name| self.recent.get(name)) {
            Some(program) => program,
            None => self.other(tag),
        }
    }

    #[inline(never)]
    fn other(&mut self, tag: &[u8]) -> Program {
        let program = match self.all.get(tag) {
            Some(p) => *p,
            None => {
                if self.all.len() >= TAGS_KEPT {
                    self.all.clear();
                }
                let p = Program::of(tag);
                self.all.insert(tag.into(), p);
                p
            }
        };
        if let Some(name) = Brief::of(tag) {
            self.recent.put(name, program);
        }
        program
    }
}

impl Program {
    /// What a tag says.
    #[must_use]
    pub fn of(tag: &[u8]) -> Self {
        Self { claim: Claim::of(tag), port: mail_port(tag, b"") }
    }
}

impl<'c> LineReader<'c> {
    /// A reader with the clock of a chunk, and room for messages that must be unescaped.
    #[must_use]
    pub fn new(clock: Clock<'c>, scratch: &'c Scratch) -> Self {
        Self {
            envelopes: Reader::new(scratch),
            clock,
            last: None,
            unended: u64::MAX,
            programs: Programs::default(),
        }
    }

    /// The same for a log whose first line tells the order of its columns.
    #[must_use]
    pub fn ordered(self, columns: Option<&'c Columns>) -> Self {
        Self { envelopes: self.envelopes.ordered(columns), ..self }
    }

    /// The same with what is known of programs already.
    #[must_use]
    pub fn knowing(self, programs: Programs) -> Self {
        Self { programs, ..self }
    }

    /// What is known of programs now.
    #[must_use]
    pub fn known(self) -> Programs {
        self.programs
    }

    /// Names the line that ends with its log, within what may be an address: it is unread.
    pub fn doubt(&mut self, unended: Option<u64>) {
        self.unended = unended.unwrap_or(u64::MAX);
    }

    /// Says whether any line may hold a NUL: one look at a chunk spares one a line.
    pub const fn may_hold_nul(&mut self, may: bool) {
        self.envelopes.trusts_no_nul = !may;
    }

    /// Reads a line that lies at `offset`.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    #[inline(always)]
    pub fn read<'a>(&mut self, line: &'a [u8], offset: u64) -> Result<Read<'a>, Unread>
    where
        'c: 'a,
    {
        let (envelope, moment) = self.envelope(line, offset)?;
        let program = self.programs.of(envelope.program);
        Ok(hear(envelope, moment, program))
    }

    /// Reads a line that is passed over as far as the lines behind it hang on it: when it was
    /// logged, on which host, and whether it refers to another. Nothing else it may say is heard.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub fn skim<'a>(&mut self, line: &'a [u8], offset: u64) -> Result<Read<'a>, Unread>
    where
        'c: 'a,
    {
        let (envelope, moment) = self.envelope(line, offset)?;
        let program = self.programs.of(envelope.program);
        // What refers to another begins with one of these (`repeat::times`).
        let refers = matches!(envelope.message.first(), Some(b'l' | b'L' | b'-'));
        if program.claim.known() && !envelope.program.is_empty() && !refers {
            return Ok(Read { envelope, moment, program, heard: NOTHING });
        }
        Ok(hear(envelope, moment, program))
    }

    #[inline(always)]
    fn envelope<'a>(
        &mut self,
        line: &'a [u8],
        offset: u64,
    ) -> Result<(Envelope<'a>, Option<Moment>), Unread>
    where
        'c: 'a,
    {
        if offset == self.unended {
            return Err(Unread::Unended);
        }
        let envelope = self.envelopes.read(line)?;
        let moment = match (envelope.same_stamp, self.last) {
            // The same bytes on the line before: the same moment.
            (true, Some(m)) => Some(m),
            _ => {
                // Its own copy: the envelope stays in registers.
                let stamp = envelope.stamp;
                let moment = self.clock.moment(&stamp, offset);
                // Where a time came twice, the same bytes may be another moment.
                self.last = moment.filter(|m| m.basis.fold == Fold::None);
                moment
            }
        };
        Ok((envelope, moment))
    }

    /// The moment of a line that is read elsewhere and known to have an envelope: none where its
    /// stamp is of another day or form than the line's before it, or its time is not known. Says too
    /// whether it is the moment of that line.
    #[inline(always)]
    pub fn moment(&mut self, stamp: &[u8; 15], offset: u64) -> Option<(Stamp, Moment, bool)> {
        let (stamp, same) = self.envelopes.stamp(stamp)?;
        match (same, self.last) {
            (true, Some(m)) => Some((stamp, m, true)),
            _ if let Some(m) = self.on_day(&stamp) => Some((stamp, m, false)),
            _ => Some((stamp, self.other_moment(stamp, offset)?, false)),
        }
    }

    #[inline(always)]
    fn on_day(&mut self, stamp: &Stamp) -> Option<Moment> {
        let Stamp::Civil(civil) = stamp else { return None };
        let moment = self.clock.on_day(civil)?;
        self.last = Some(moment);
        Some(moment)
    }

    #[inline(never)]
    fn other_moment(&mut self, stamp: Stamp, offset: u64) -> Option<Moment> {
        let moment = self.clock.moment(&stamp, offset);
        self.last = moment.filter(|m| m.basis.fold == Fold::None);
        moment
    }
}

const NOTHING: Heard<'static> = Heard { said: Said::No, by: None, id: u8::MAX };

/// What the message of a line says.
#[inline(always)]
fn hear<'a>(envelope: Envelope<'a>, moment: Option<Moment>, program: Program) -> Read<'a> {
    if program.claim.known() && !envelope.program.is_empty() {
        let heard = program.claim.read(envelope.message);
        return Read { envelope, moment, program, heard };
    }
    let Envelope { message, body, format, .. } = envelope;
    let (heard, bare) = untagged(message, body, format, program.claim);
    let Some(claim) = bare else { return Read { envelope, moment, program, heard } };
    // What looked like a host and a tag was the message. A record's host stands by itself.
    let own = matches!(format, Format::Json | Format::Audit);
    let host = if own { envelope.host } else { &[] };
    let envelope = Envelope { host, program: &[], message: body, ..envelope };
    let program = Program { claim, ..Program::default() };
    Read { envelope, moment, program, heard }
}

/// A line whose tag no dialect claims: those that write without a tag get all that follows its stamp.
/// Says which dialects they were, where one of them heard it.
#[inline(never)]
fn untagged<'a>(
    message: &'a [u8],
    body: &'a [u8],
    format: Format,
    claim: Claim,
) -> (Heard<'a>, Option<Claim>) {
    let heard = if claim.known() { claim.read(message) } else { NOTHING };
    // Dovecot 2.4's own file: what looks like a tag is an account and its address.
    let bare = match body.strip_prefix(b"auth(") {
        Some(_) => Claim::of(b"auth"),
        None => Claim::bare(format),
    };
    if heard.said != Said::No || !bare.known() {
        return (heard, None);
    }
    let heard = bare.read(body);
    let claim = (heard.said != Said::No).then_some(bare);
    (heard, claim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Lines;
    use crate::run::repeat::times;
    use crate::time::{Survey, Zone};

    #[test]
    fn what_is_skimmed_leaves_what_is_read_leaves() {
        let mut skimmed = 0;
        for entry in std::fs::read_dir("testdata/dialect").unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let mut log = Vec::new();
            for (_, line) in Lines::new(&bytes, 0).filter(|(_, l)| !l.starts_with(b"#")) {
                log.extend_from_slice(line);
                log.extend_from_slice(
                    b"\nMar 29 01:00:01 web1 kernel: last message repeated 3 times\n",
                );
            }
            let zone = Zone::parse("Europe/London").ok();
            let calendar = Survey::default().settle(zone, Some(1_774_746_000));
            let scratch = Scratch::default();
            let mut one = LineReader::new(calendar.clock(0), &scratch);
            let mut other = LineReader::new(calendar.clock(0), &scratch);
            for (offset, line) in Lines::new(&log, 0) {
                let (read, skim) = (one.read(line, offset), other.skim(line, offset));
                let left = |r: &Read<'_>| (r.moment, r.envelope.host.to_vec(), times(r));
                assert_eq!(
                    read.as_ref().map(left).ok(),
                    skim.as_ref().map(left).ok(),
                    "{:?}",
                    crate::text::Untrusted(line)
                );
                if let (Ok(read), Ok(skim)) = (read, skim) {
                    skimmed +=
                        usize::from(read.heard.said != Said::No && skim.heard.said == Said::No);
                }
            }
        }
        assert!(skimmed > 500, "only {skimmed} lines were passed over");
    }
}
