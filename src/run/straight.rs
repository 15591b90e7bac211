//! [`Straight`]: lines that begin as others did and hold a usual message, read from one end to the other.
//!
//! Nothing here knows what another part does not: a head is what the reader of all forms found, a
//! message what the grammars say. What is not plain is left to them, line by line.

use crate::addr::Addr;
use crate::class::Reading;
use crate::dialect::usual::{self, Usual};
use crate::dialect::usual_packet::Prefixes;
use crate::dialect::{Claim, DIALECTS, Heard, Kind, Said, Weight};
use crate::envelope::{Envelope, Format, Head, Heads, TELL_TIME};
use crate::limits::{LINE_BYTES, REPEATS};
use crate::quad::Lanes;
use crate::session::{Fact, Place, Spot, name_hash};
use crate::source::Packet;

use super::gleaned::ChunkOut;
use super::options::Options;
use super::read::{LineReader, Program, Read};
use super::repeat::Trail;

/// What is known of lines that begin with a head. It is copied for each line, so it is three numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The host's number in the chunk, and its place in the trail.
    pub(super) host: u32,
    trail: u32,
    /// See [`About`]. A number, since fields of a byte would be written one by one and then waited for.
    about: u64,
}

/// What else is known of a head.
struct About {
    /// Our port at that host, where sshd's message does not say.
    our_port: u16,
    /// Bytes of the host's name, and where the program's ends.
    name: u8,
    ends: u8,
    /// Whether a process follows.
    process: bool,
    /// Whose usual messages may follow.
    by: By,
    /// The program's place in [`Straight::programs`].
    program: u8,
}

impl Known {
    fn new(host: u32, trail: u32, about: &About) -> Self {
        let About { our_port, name, ends, process, by, program } = *about;
        let [low, high] = our_port.to_le_bytes();
        let bytes = [low, high, name, ends, u8::from(process), by as u8, program, 0];
        Self { host, trail, about: u64::from_le_bytes(bytes) }
    }

    /// The host's place in the trail.
    #[inline(always)]
    pub(super) const fn trail(&self) -> usize {
        self.trail as usize
    }

    /// Our port at that host, where sshd's message does not say.
    #[inline(always)]
    pub(super) const fn our_port(&self) -> u16 {
        self.about as u16
    }

    /// Bytes of the host's name.
    const fn name(&self) -> usize {
        (self.about >> 16) as u8 as usize
    }

    /// Where the program's name ends.
    const fn ends(&self) -> usize {
        (self.about >> 24) as u8 as usize
    }

    /// Whether a process follows.
    #[inline(always)]
    const fn process(&self) -> bool {
        (self.about >> 32) as u8 != 0
    }

    /// Whose usual messages may follow.
    #[inline(always)]
    pub(super) const fn by(&self) -> By {
        match (self.about >> 40) as u8 {
            0 => By::Netfilter,
            1 => By::Postfix,
            2 => By::Dovecot,
            3 => By::Sshd,
            _ => By::Nobody,
        }
    }

    /// The program's place in [`Straight::programs`].
    const fn program(&self) -> usize {
        (self.about >> 48) as u8 as usize
    }
}

/// Whose usual messages are read straight through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Netfilter,
    Postfix,
    Dovecot,
    Sshd,
    Nobody,
}

/// How many of them there are.
const READ: usize = By::Nobody as usize;

impl By {
    /// By the program's tag and what is known of it.
    fn of(tag: &[u8], program: Program, sshd: Claim) -> Self {
        match program.claim.first().map(|dialect| dialect.id) {
            Some("sshd") if program.claim == sshd => Self::Sshd,
            Some("netfilter") => Self::Netfilter,
            Some("postfix") => Self::Postfix,
            // Its messages then name the service.
            Some("dovecot") if tag == b"dovecot" => Self::Dovecot,
            _ => Self::Nobody,
        }
    }
}

/// What came of a look at a line. It lives where the line is read, and never on a heap.
#[allow(clippy::large_enum_variant)]
pub enum Look<'c> {
    /// It was a usual line: its length, and its host's number.
    Done(usize, u32),
    /// The same, and it told of a packet that counts, which is among [`Straight::sent`].
    Packet(usize, u32),
    /// Its envelope and what the grammars say of its message; the line, and its host.
    Read(&'c [u8], Read<'c>, (u32, usize)),
    /// It is left to the reader of all forms.
    Pass,
}

/// Reads usual lines of a chunk.
#[derive(Clone, Debug)]
pub struct Straight {
    heads: Heads<Known>,
    /// Of the heads known: what is known of their programs.
    programs: Vec<Program>,
    /// Whether the chunk's lines may be read so.
    on: bool,
    /// Whether usual messages may.
    usual: bool,
    /// A head that was not known.
    fresh: Option<Head>,
    sshd: Claim,
    bare: Claim,
    /// The places of the dialects that are read so, and of PAM's.
    ids: [usize; READ],
    pam: usize,
    pub(super) wants_all: bool,
    /// Usual lines of sshd's in the chunk by kind; the last are those that tell of nobody.
    told: Told,
    /// The same of the others'.
    pub(super) told_elsewhere: [Told; READ - 1],
    /// What stands before packets.
    pub(super) prefixes: Prefixes,
    /// Packets that count for their sources.
    pub sent: Vec<(Addr, Packet)>,
}

/// A line whose head is known: it and all behind it, its message, and where it lies.
pub(super) struct Line<'c> {
    pub(super) left: &'c [u8],
    pub(super) text: &'c [u8],
    pub(super) known: Known,
    pub(super) pid: u32,
    pub(super) place: Place,
}

/// The place of lines that tell of nobody far away.
pub(super) const QUIET: usize = Kind::ALL.len();

/// A number for each kind, and for no kind.
type Told = [u64; QUIET + 1];

impl Default for Straight {
    fn default() -> Self {
        let id = |id| DIALECTS.iter().position(|d| d.id == id).unwrap_or(usize::MAX);
        Self {
            heads: Heads::default(),
            programs: Vec::new(),
            on: false,
            usual: false,
            fresh: None,
            sshd: Claim::of(b"sshd"),
            bare: Claim::bare(Format::Rfc3164),
            ids: [id("netfilter"), id("postfix"), id("dovecot"), id("sshd")],
            pam: id("pam"),
            wants_all: false,
            told: [0; QUIET + 1],
            told_elsewhere: [[0; QUIET + 1]; READ - 1],
            prefixes: Prefixes::default(),
            sent: Vec::new(),
        }
    }
}

impl Straight {
    /// Begins a chunk; `told` where an input before it may have told its lines.
    pub fn begin(&mut self, options: &Options, told: bool) {
        self.heads.clear();
        self.programs.clear();
        self.prefixes.begin();
        self.on = options.straight;
        self.usual = !told;
        self.wants_all = options.since.is_none() && options.until.is_none();
    }

    /// Ends a chunk: counts what its usual lines were.
    pub fn end(&mut self, out: &mut ChunkOut) {
        let told = self.told_elsewhere.iter_mut().chain([&mut self.told]);
        for (by, (told, id)) in told.zip(self.ids).enumerate() {
            for (place, n) in told.iter_mut().enumerate() {
                // Most kinds told nothing.
                if *n == 0 {
                    continue;
                }
                let (n, kind) = (std::mem::take(n), Kind::ALL.get(place).copied());
                let reading = kind.map_or(Reading::Context, |kind| kind.facts().reading);
                // Behind sshd's tag only PAM writes of nobody.
                let pam = by == By::Sshd as usize
                    && matches!(kind, None | Some(Kind::PamFailed | Kind::PamMore));
                let places = [
                    out.readings.get_mut(reading as usize),
                    out.dialects.0.get_mut(if pam { self.pam } else { id }),
                    out.formats.get_mut(Format::Rfc3164 as usize),
                ];
                places.into_iter().flatten().for_each(|place| *place += n);
            }
        }
    }

    /// Looks at the line that `left` begins with.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn read<'c>(
        &mut self,
        lanes: impl Lanes,
        left: &'c [u8],
        place: Place,
        options: &Options,
        reader: &mut LineReader<'c>,
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Look<'c> {
        self.fresh = None;
        if !self.on {
            return Look::Pass;
        }
        let Some((stamp, [b' ', rest @ ..])) = left.split_first_chunk::<15>() else {
            return Look::Pass;
        };
        let Some((long, known)) = self.heads.known(rest, &mut self.fresh) else {
            return Look::Pass;
        };
        let Some((pid, text)) = process(lanes, rest, long, known.process()) else {
            return Look::Pass;
        };
        if known.by() == By::Sshd
            && self.usual
            && let Some(usual) = usual::read(lanes, text)
            && let Some(end) =
                self.sshd(left, text, (known, pid, usual), place, options, reader, trail, out)
        {
            return Look::Done(end, known.host);
        }
        if !matches!(known.by(), By::Sshd | By::Nobody) && self.usual {
            let line = Line { left, text, known, pid, place };
            match self.elsewhere(lanes, &line, options, reader, trail, out) {
                Some((end, true)) => return Look::Packet(end, known.host),
                Some((end, false)) => return Look::Done(end, known.host),
                None => {}
            }
        }
        self.other(left, text, (stamp, rest), (known, pid), place, reader, trail, out)
    }

    /// Counts a usual line of sshd's; its length.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn sshd<'c>(
        &mut self,
        left: &'c [u8],
        text: &[u8],
        (known, pid, usual): (Known, u32, Usual<'_>),
        place: Place,
        options: &Options,
        reader: &mut LineReader<'_>,
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Option<usize> {
        let end = left.len() - text.len() + usual.len;
        let line = left.get(..end)?;
        let (_, moment, same) = reader.moment(left.first_chunk::<15>()?, place.offset)?;
        trail.turn_to(known.trail());
        trail.pass(line, moment.at.nanos);
        out.lines += 1;
        if same {
            // The span of the chunk holds that moment.
            out.past_end += u64::from(moment.basis.past_end);
        } else {
            out.saw_at(moment);
        }
        // What else a line adds to is the same for all that tell of a kind.
        if let Some(n) = self.told.get_mut(usual.kind.map_or(QUIET, |kind| kind as usize)) {
            *n += 1;
        }
        if let Some(kind) = usual.kind {
            let facts = kind.facts();
            out.capped += u64::from(usual.count >= REPEATS);
            if self.wants_all || facts.weight == Weight::Success || options.wants(moment.at) {
                let Usual { source, port, count, user, .. } = usual;
                let fact = Fact {
                    spot: Spot::new(moment.at, place),
                    kind,
                    count,
                    // Only a line that the next one explains names nobody.
                    source: source.unwrap_or(Addr::NOBODY),
                    port,
                    our_port: known.our_port(),
                    host: known.host,
                    pid,
                    session: 0,
                    user: if kind == Kind::InvalidUser { name_hash(user) } else { 0 },
                    lasted: 0,
                };
                out.tell(fact, out.reached());
            }
        }
        Some(end)
    }

    /// Reads a line whose head is known and whose message is for the grammars, or for none.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn other<'c>(
        &self,
        left: &'c [u8],
        text: &'c [u8],
        (stamp_text, body): (&'c [u8; 15], &'c [u8]),
        (known, pid): (Known, u32),
        place: Place,
        reader: &mut LineReader<'_>,
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Look<'c> {
        let Some((message, end)) = plain(text) else { return Look::Pass };
        let before = left.len() - text.len();
        let line = left.get(..before + message.len()).unwrap_or_default();
        let Some((stamp, moment, _)) = reader.moment(stamp_text, place.offset) else {
            return Look::Pass;
        };
        let Some(program) = self.programs.get(known.program()).copied() else {
            return Look::Pass;
        };
        let heard = if program.claim.known() {
            program.claim.read(message)
        } else if matches!(message.first(), Some(b'l' | b'L' | b'-')) {
            // It may say that the line before it was repeated.
            Heard { said: Said::No, by: None, id: u8::MAX }
        } else {
            trail.turn_to(known.trail());
            trail.pass(line, moment.at.nanos);
            out.lines += 1;
            out.saw(Format::Rfc3164, Some(moment));
            if let Some(n) = out.readings.get_mut(Reading::Other as usize) {
                *n += 1;
            }
            return Look::Done(before + end, known.host);
        };
        let name = known.name();
        let envelope = Envelope {
            stamp,
            same_stamp: false,
            stamp_text,
            host: body.get(..name).unwrap_or_default(),
            program: body.get(name + 1..known.ends()).unwrap_or_default(),
            pid: known.process().then_some(pid),
            message,
            body: body.get(..body.len() - text.len() + message.len()).unwrap_or_default(),
            format: Format::Rfc3164,
        };
        let read = Read { envelope, moment: Some(moment), program, heard };
        Look::Read(line, read, (known.host, known.trail()))
    }

    /// Whether the head of the line looked at last is new.
    #[inline(always)]
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        self.fresh.is_some()
    }

    /// Keeps what the reader of all forms found of a line whose head was not known.
    #[cold]
    pub fn learn(&mut self, line: &[u8], read: &Read<'_>, host: (u32, usize), our_port: u16) {
        let Some(head) = self.fresh.take() else { return };
        let (program, e) = (read.program, &read.envelope);
        if may_be_known(&head, line, read, self.bare)
            && let Ok(name) = u8::try_from(e.host.len())
            && let Ok(ends) = u8::try_from(head.len() - 1)
            && let Ok(trail) = u32::try_from(host.1)
            && let Ok(place) = u8::try_from(self.programs.len())
        {
            let process = line.get(16 + head.len() - 1) == Some(&b'[');
            let by = By::of(e.program, program, self.sshd);
            self.programs.push(program);
            let about = About { our_port, name, ends, process, by, program: place };
            self.heads.put(head, Known::new(host.0, trail, &about));
        }
    }
}

/// Whether what the reader of all forms found of a line holds of all that begin with its head.
pub(super) fn may_be_known(head: &Head, line: &[u8], read: &Read<'_>, bare: Claim) -> bool {
    let e = &read.envelope;
    // Without a dialect of its own, all of the line may be for those that write no tag.
    let nobodys = || e.body.first().is_some_and(|b| !bare.may_begin(*b));
    (read.program.claim.known() || nobodys())
        && !TELL_TIME.contains(&e.program)
        && head.is_of(line, e)
}

/// The message that a text begins with, and its length with what may stand before its newline; none where a
/// device may say more of itself there, where it is long, or where nothing ends it.
#[inline(always)]
pub(super) fn plain(text: &[u8]) -> Option<(&[u8], usize)> {
    match text.first() {
        None | Some(b'%' | b'{') => return None,
        Some(b'N') if text.starts_with(b"NetScreen ") => return None,
        _ => {}
    }
    let (message, _) = usual::line(text)?;
    let end = message.len();
    // A line that passed through Windows ends otherwise.
    let message = message.strip_suffix(b"\r").unwrap_or(message);
    (end < LINE_BYTES / 2).then_some((message, end))
}

/// What follows a head: its process, and the message.
#[inline(always)]
pub(super) fn process(
    lanes: impl Lanes,
    rest: &[u8],
    head: usize,
    has: bool,
) -> Option<(u32, &[u8])> {
    let text = rest.get(head..)?;
    if !has {
        return Some((0, text.strip_prefix(b" ")?));
    }
    let (pid, used) = lanes.number(text)?;
    Some((pid, text.get(used..)?.strip_prefix(b"]: ")?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::dialect::usual_mail;
    use crate::input::Chunk;
    use crate::quad::{Common, Wider, wider};
    use crate::run::chunk::Worker;
    use crate::run::overlap::Told;
    use crate::run::{Logs, Options};
    use crate::source::Partial;
    use crate::time::Zone;

    /// What a chunk comes to, with the lines that were read straight through or without.
    fn of(text: &[u8], straight: bool, zone: &str) -> (String, Partial) {
        of_by(text, straight, zone, wider())
    }

    /// The same by what a processor can.
    fn of_by(text: &[u8], straight: bool, zone: &str, wider: Option<Wider>) -> (String, Partial) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        let options = Options {
            zone: Some(Zone::parse(zone).unwrap()),
            log_end: Some(1_793_000_000),
            straight,
            ..Options::default()
        };
        let paths = [PathBuf::from(file.path())];
        let logs = Logs::open(&paths, None, &options, true).unwrap();
        let log = logs.logs.first().unwrap();
        let mut chunk = Chunk::default();
        log.input.read_chunk(0, &mut chunk).unwrap();
        let told = Told::default();
        let mut worker = Worker::new(&options, &told);
        worker.wider = wider;
        let out = worker.read(log, 0, &chunk, Vec::new());
        // In which order the sources of packets came is no part of what they come to.
        (format!("{out:?}"), worker.packets)
    }

    /// Says which line is read differently, if any is.
    fn same_either_way(lines: &[Vec<u8>]) {
        let text = |lines: &[Vec<u8>]| {
            let end = b"Nov  3 00:00:00 web1 sshd[1]: the last line of the log is no message\n";
            [lines.concat(), end.to_vec()].concat()
        };
        let differs = |lines: &[Vec<u8>]| {
            let text = text(lines);
            let plain = of(&text, false, "UTC");
            of(&text, true, "UTC") != plain || of_by(&text, true, "UTC", None) != plain
        };
        if differs(lines) {
            for line in lines {
                // The first teaches what it begins with.
                let alone = [line.clone(), line.clone(), line.clone()];
                assert!(!differs(&alone), "{}", crate::text::Untrusted(line));
            }
            panic!("only together");
        }
    }

    /// Lines of dialects that are read straight, each with our own stamp, as the samples have them.
    fn samples() -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for id in ["sshd", "pam", "netfilter", "postfix", "dovecot"] {
            let path = format!("{}/testdata/dialect/{id}.log", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read(path).unwrap();
            for line in text.split(|b| *b == b'\n').filter(|l| !l.is_empty() && l[0] != b'#') {
                let line = match line.strip_prefix(b"2026-06-12T08:58:36.123456+00:00 ") {
                    Some(rest) => [&b"Jun 12 08:58:36 "[..], rest].concat(),
                    None => line.to_vec(),
                };
                all.push([&line[..], b"\n"].concat());
            }
        }
        for line in PLAIN {
            all.push(format!("Jun 12 08:58:36 {line}\n").into_bytes());
        }
        all
    }

    /// Lines that the samples have not, and that must be read straight.
    const PLAIN: &[&str] = &[
        "fw kernel: [12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 PROTO=TCP SPT=43210 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 ",
        "fw kernel: [   45.678901] [UFW BLOCK] IN=eth0 OUT=eth1 MAC=02:00 SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 DF PROTO=TCP SPT=443 DPT=43210 WINDOW=1024 RES=0x00 ACK FIN URGP=0 ",
        "fw kernel: [5.678901] IPTables-Dropped: IN=eth0 OUT= SRC=203.0.113.9 DST=224.0.0.1 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=0 PROTO=UDP SPT=5353 DPT=5353 LEN=20 MARK=0x1f ",
        "fw kernel: DROP IN=eth0 OUT= MAC= SRC=203.0.113.9 DST=192.0.2.7 LEN=84 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1",
        "fw kernel: ALLOW IN=eth0 OUT= MAC= SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=TCP SPT=1 DPT=2 WINDOW=0 RES=0x00 CWR ECE SYN URGP=0",
        "fw kernel: DROP IN= OUT=eth0 SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=TCP SPT=1 DPT=2 WINDOW=0 RES=0x00 SYN URGP=0",
        "fw kernel: DROP IN=eth0 OUT= MAC= SRC=2001:0db8:0000:0000:0000:0000:0000:0009 DST=2001:0db8:0000:0000:0000:0000:0000:0007 LEN=60 TC=0 HOPLIMIT=9 FLOWLBL=7 PROTO=TCP SPT=43210 DPT=23 WINDOW=1 RES=0x00 SYN URGP=0",
        "fw kernel: DROP IN=eth0 OUT= MAC= SRC=2001:0db8:0000:0000:0000:0000:0000:0009 DST=ff02:0000:0000:0000:0000:0000:0000:0001 LEN=60 TC=0 HOPLIMIT=9 FLOWLBL=0 PROTO=ICMPv6 TYPE=128 CODE=0 ID=7 SEQ=1",
        "fw kernel: SRC=198.51.100.1 IN=eth0 OUT= DROP IN=eth0 OUT= MAC= SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=TCP SPT=1 DPT=2 WINDOW=0 RES=0x00 SYN URGP=0",
        "fw kernel: IN=a MAC=xIN=eth0 OUT= MAC= SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=TCP SPT=1 DPT=2 WINDOW=0 RES=0x00 SYN URGP=0",
        "mx postfix/smtpd[811]: connect from unknown[192.0.2.7]",
        "mx postfix/smtpd[811]: connect from mail.example.org[2001:db8::7]:4711",
        "mx postfix/smtpd[811]: disconnect from unknown[192.0.2.7] ehlo=1 auth=0/1 quit=1 commands=2/3",
        "mx postfix/smtpd[811]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
        "mx postfix/smtpd[811]: warning: a.example[192.0.2.7]: SASL PLAIN authentication failed: authentication failure, sasl_username=a from unknown[198.51.100.1]",
        "mx postfix/smtpd[811]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: Temporary failure",
        "mx postfix/smtpd[811]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: ",
        "mx postfix/smtpd[811]: lost connection after AUTH from unknown[192.0.2.7]",
        "mx postfix/smtpd[811]: lost connection after DATA (7 bytes) from unknown[192.0.2.7]",
        "mx postfix/smtpd[811]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <a@b.example>: Relay access denied; from=<c@d.example> to=<a@b.example> proto=ESMTP helo=<[198.51.100.1]>",
        "mx postfix/smtpd[811]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table; from=<c@d.example> to=<a@b.example> proto=ESMTP helo=<x>",
        "mx postfix/smtpd[811]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using list.example; from=<c@d.example> to=<a@b.example> proto=ESMTP helo=<x>",
        "mx postfix/smtpd[811]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted; from=<c@d.example> to=<a@b.example> proto=ESMTP helo=<x>",
        "mx postfix/smtpd[811]: 4bXyz1: client=unknown[192.0.2.7]",
        "mx postfix/smtpd[811]: 4bXyz1: client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=ann",
        "mx postfix/smtpd[811]: Anonymous TLS connection established from unknown[192.0.2.7]: TLSv1.3 with cipher X",
        "mx postfix/smtpd[811]: SSL_accept error from unknown[192.0.2.7]: lost connection",
        "mx postfix/cleanup[811]: 4bXyz1: message-id=<a@b.example>",
        "mx postfix/submission/smtpd[811]: connect from unknown[192.0.2.7]",
        "mx dovecot: imap-login: Disconnected (auth failed, 3 attempts in 9 secs): user=<ann@b.example>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.2, TLS, session=<cc068d1f2fbf>",
        "mx dovecot: pop3-login: Aborted login (auth failed, 1 attempts in 2 secs): user=<>, method=PLAIN, rip=2001:db8::7, lip=198.51.100.2, session=<a+/=>",
        "mx dovecot: submission-login: Login aborted: Connection closed (auth failed, 3 attempts in 9 secs) (auth_failed): user=<a>, method=LOGIN, rip=192.0.2.7, lip=198.51.100.2",
        "mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a>, method=PLAIN, rip=192.0.2.7>, method=PLAIN, rip=198.51.100.1, lip=198.51.100.2, TLS, session=<cc>",
        "mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a: user=<b>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.2, TLS, session=<cc>",
    ];

    /// What far ends and administrators might write anywhere.
    const PIECES: &[&str] = &[
        "SRC=198.51.100.1 ",
        "IN=eth0 OUT= ",
        "IN=",
        "DST=198.51.100.1 ",
        "MAC=ff:ff:ff:ff:ff:ff ",
        "[",
        "]",
        " ",
        "  ",
        "\t",
        "\r",
        "\n",
        "\0",
        " from ",
        "unknown[198.51.100.1]",
        "[198.51.100.1]: ",
        ": ",
        ", rip=198.51.100.1, ",
        "rip=198.51.100.1",
        "user=<",
        "session=<",
        ">",
        "message repeated 2 times: [ ",
        "warning: ",
        "[1.5] ",
        "<4>",
        "PROTO=UDP ",
        "0",
        "99999999",
        "\u{fc}",
    ];

    #[test]
    fn samples_spoilt_in_many_ways_are_read_alike_straight_and_not() {
        let samples = samples();
        same_either_way(&[&samples[..], &samples, &samples].concat());
        let mut seed = 7u64;
        let mut next = |most: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % most
        };
        for _ in 0..SPOILT {
            let mut lines = samples.clone();
            for line in &samples {
                // Most behind the stamp, and the message more than the rest.
                let at = |next: &mut dyn FnMut(usize) -> usize| 16 + next(line.len() - 16);
                let mut spoilt = line.clone();
                match next(5) {
                    0 => spoilt[at(&mut next)] = next(512).saturating_sub(256) as u8,
                    1 => drop(spoilt.remove(at(&mut next))),
                    2 => {
                        let piece = PIECES[next(PIECES.len())].bytes();
                        let at = at(&mut next);
                        spoilt.splice(at..at, piece);
                    }
                    3 => {
                        let (a, b) = (at(&mut next), at(&mut next));
                        spoilt.drain(a.min(b)..a.max(b));
                    }
                    _ => {
                        // The end of another line.
                        let other = &samples[next(samples.len())];
                        spoilt.truncate(at(&mut next));
                        spoilt.extend(&other[(16 + next(other.len() - 16))..]);
                    }
                }
                lines.push(spoilt);
            }
            same_either_way(&lines);
        }
    }

    /// How often each sample is spoilt.
    const SPOILT: usize = 60;

    #[test]
    fn plain_lines_of_each_program_are_read_straight() {
        let (mut packets, mut mails) = (0, 0);
        let mut prefixes = Prefixes::default();
        for line in PLAIN {
            let text = |tag: &str| {
                let (_, text) = line.split_once(tag)?;
                Some(format!("{text}\n{}", "x".repeat(40)).into_bytes())
            };
            packets +=
                u32::from(text("kernel: ").is_some_and(|t| prefixes.read(Common, &t).is_some()));
            let smtpd = text("]: ").filter(|_| line.contains("postfix"));
            mails += u32::from(smtpd.is_some_and(|t| usual_mail::postfix(Common, &t).is_some()));
            let dovecot = text("dovecot: ");
            mails += u32::from(dovecot.is_some_and(|t| usual_mail::dovecot(Common, &t).is_some()));
        }
        // Of ten and of twenty-four; the others look like them, and are no such thing.
        assert_eq!((packets, mails), (9, 18));
    }

    /// Messages, with `{U}` for an account, `{S}` for an address and `{P}` for a port.
    const MESSAGES: &[&str] = &[
        "Failed password for {U} from {S} port {P} ssh2",
        "Failed password for invalid user {U} from {S} port {P} ssh2",
        "Failed publickey for {U} from {S} port {P} ssh2: RSA SHA256:abc",
        "Failed publickey for {U} from {S} port {P} ssh2: {U}",
        "Failed none for invalid user {U} from {S} port {P} ssh2 [preauth]",
        "Failed keyboard-interactive/pam for illegal user {U} from {S} port {P} ssh2",
        "Failed password for {U} from {S} port {P} ssh2: {U} from {S} port {P} ssh2",
        "Invalid user {U} from {S} port {P}",
        "Invalid user {U} from {S}",
        "error: PAM: Authentication failure for {U} from {S}",
        "error: PAM: Authentication failure for invalid user {U} from {S} via {S}",
        "error: maximum authentication attempts exceeded for {U} from {S} port {P} ssh2 [preauth]",
        "error: kex_exchange_identification: Connection closed by remote host",
        "error: kex_exchange_identification: ",
        "Connection closed by {S} port {P} [preauth]",
        "Connection closed by {S} port {P}",
        "Connection closed by {S}",
        "Connection reset by authenticating user {U} {S} port {P} [preauth]",
        "Connection closed by invalid user {U} {S} port {P} [preauth]",
        "Connection closed by user {U} {S} port {P}",
        "Disconnected from {S} port {P} [preauth]",
        "Disconnected from user {U} {S} port {P}",
        "Disconnected from invalid user {U} {S} port {P} [preauth]",
        "Received disconnect from {S} port {P}:11: Bye Bye [preauth]",
        "Received disconnect from {S} port {P}:11: Bye Bye",
        "Received disconnect from {S} port {P}:11:  [preauth]",
        "Received disconnect from {S} port {P}:11: [preauth]",
        "Disconnecting invalid user {U} {S} port {P}: Too many authentication failures [preauth]",
        "Disconnecting authenticating user {U} {S} port {P}: Too many authentication failures [preauth]",
        "Disconnecting {S} port {P}: Too many authentication failures [preauth]",
        "Disconnecting user {U} {S} port {P}: {U}",
        "Received disconnect from {S} port {P}:3: {U}: Auth fail [preauth]",
        "Received disconnect from {S}: 11: Bye Bye [preauth]",
        "Accepted password for {U} from {S} port {P} ssh2",
        "Accepted publickey for {U} from {S} port {P} ssh2: ED25519 SHA256:abc",
        "Accepted publickey for {U} from {S} port {P} ssh2: RSA-CERT SHA256:a+b/c=",
        "Accepted publickey for {U} from {S} port {P} ssh2: from SHA256:abc",
        "Accepted publickey for {U} from {S} port {P} ssh2: RSA SHA256:abc from {S} port {P} ssh2",
        "Failed publickey for {U} from {S} port {P} ssh2: RSA SHA256:abc [preauth]",
        "Accepted password for {U} from {S} port {P} ssh2 [preauth]",
        "Did not receive identification string from {S} port {P}",
        "Unable to negotiate with {S} port {P}: no matching cipher found. Their offer: {U} [preauth]",
        "Unable to negotiate with {S} port {P}: {U}",
        "banner exchange: Connection from {S} port {P}: invalid format",
        "message repeated {P} times: [ Failed password for {U} from {S} port {P} ssh2]",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={S}  user={U}",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={S} ",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser={U} rhost={S}",
        "pam_unix(sshd:auth): check pass; user unknown",
        "pam_unix(sshd:session): session opened for user {U}(uid=0) by (uid=0)",
        "PAM {P} more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={S}  user={U}",
        "PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={S}",
        "Server listening on 0.0.0.0 port 22.",
        "Disconneon closed by {S} port {P} [preauth]",
        "Connecticted from {S} port {P} [preauth]",
        "last message repeated {P} times",
        "(root) CMD (true)",
        "NetScreen device_id=x  [Root]system-warning-00518: {U}",
        "%ASA-4-106023: Deny tcp src outside:{S}/{P} dst inside:{S}/22",
        "{\"a\":1}",
    ];

    const HEADS: &[&str] = &[
        "web1 sshd[{N}]: ",
        "web1 sshd[{N}]: ",
        "web1 sshd-session[{N}]: ",
        "bastion-of-ours.example sshd[{N}]: ",
        "web2 sshd: ",
        "web2 sshd[{N}] ",
        "web1 CRON[{N}]: ",
        "web1 kernel: ",
        "web1 systemd: ",
        "web1 ",
        "web1: sshd[{N}]: ",
        "2026 sshd[{N}]: ",
        "stdout F sshd[{N}]: ",
        "1, sshd[{N}]: ",
        "",
    ];

    const USERS: &[&str] = &[
        "root",
        "root",
        "",
        "a b",
        "from",
        "invalid",
        "invalid user x",
        "illegal user x",
        "user",
        "198.51.100.1",
        "a-name-of-sixteen",
        "a-name-of-sixteen-and-many-more-bytes",
        "x from 198.51.100.1 port 22 ssh2",
        "from 198.51.100.1 port 22 ssh2",
        "x 198.51.100.1 port 22 [preauth]",
        "x\tfrom",
        "\u{fc}ser",
        "x\n",
        "a\0b",
        "[preauth]",
    ];

    const SOURCES: &[&str] = &[
        "192.0.2.7",
        "192.0.2.7",
        "203.0.113.255",
        "2001:db8::9",
        "::ffff:192.0.2.8",
        "fe80::1%eth0",
        "192.0.2.07",
        "192.0.2.7.8",
        "UNKNOWN",
        "host.example",
        "192.0.2",
    ];

    const ENDS: &[&str] = &["\n", "\n", "\n", "\n", "\r\n", " \n", "\t\n", "\n\n", ""];

    type Line =
        ((usize, usize), (usize, usize, usize, usize), (u32, u32, i64), Option<(usize, u8)>);

    fn line() -> impl Strategy<Value = Line> {
        let step =
            prop_oneof![6 => Just(0i64), 4 => 1i64..3, 1 => -4000i64..4000, 1 => 0i64..100_000];
        let pid = prop_oneof![9 => 1u32..2000, 1 => any::<u32>()];
        let port = prop_oneof![9 => 0u32..65_536, 1 => any::<u32>()];
        let spoil = proptest::option::weighted(0.2, (0usize..160, any::<u8>()));
        (
            (0..HEADS.len(), 0..MESSAGES.len()),
            (0..USERS.len(), 0..SOURCES.len(), 0..SOURCES.len(), 0..ENDS.len()),
            (pid, port, step),
            spoil,
        )
    }

    /// The lines' bytes, from the evening before clocks are put back in London.
    fn text(lines: &[Line]) -> Vec<u8> {
        let mut at = 1_792_880_000i64;
        let mut all = Vec::new();
        for ((head, message), (user, source, other, end), (pid, port, step), spoil) in lines {
            at += step;
            let time = crate::time::Instant::from_seconds(at).to_string();
            let day = time[8..10].trim_start_matches('0');
            let month = if &time[5..7] == "10" { "Oct" } else { "Nov" };
            let message = MESSAGES[*message]
                .replacen("{S}", SOURCES[*source], 1)
                .replace("{S}", SOURCES[*other])
                .replace("{U}", USERS[*user])
                .replace("{P}", &port.to_string());
            let head = HEADS[*head].replace("{N}", &pid.to_string());
            let line = format!("{month} {day:>2} {} {head}{message}{}", &time[11..19], ENDS[*end]);
            let mut line = line.into_bytes();
            if let Some((place, byte)) = spoil
                && let Some(b) = line.get_mut(*place)
            {
                *b = *byte;
            }
            all.extend_from_slice(&line);
        }
        // Some room behind the last line that is looked at straight.
        all.extend_from_slice(
            b"Nov  3 00:00:00 web1 sshd[1]: the last line of the log is no message\n",
        );
        all
    }

    #[test]
    fn usual_messages_are_read_straight_through() {
        let plain: Vec<String> = MESSAGES
            .iter()
            .map(|m| m.replace("{U}", "root").replace("{S}", "192.0.2.7").replace("{P}", "4711"))
            .filter(|m| {
                let text = format!("{m}\n{}", "x".repeat(40));
                usual::read(Common, text.as_bytes()).is_some_and(|u| u.len == m.len())
            })
            .collect();
        assert!(plain.len() > 30, "{plain:#?}");
        // A head that was read once is known; so is the moment of the line before.
        let mut log = String::new();
        for _ in 0..3 {
            for message in &plain {
                log += &format!("Oct 24 21:33:20 web1 sshd[811]: {message}\n");
            }
        }
        assert_eq!(of(log.as_bytes(), true, "UTC"), of(log.as_bytes(), false, "UTC"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
        #[test]
        fn as_the_grammars_read_them(lines in proptest::collection::vec(line(), 1..60)) {
            let text = text(&lines);
            for zone in ["Europe/London", "UTC"] {
                prop_assert_eq!(of(&text, true, zone), of(&text, false, zone));
            }
        }
    }
}
