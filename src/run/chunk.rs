//! [`Worker`]: reads a chunk into facts in the order of its lines; packets are summed up.

use crate::addr::Addr;
use crate::class::{Family, Reading};
use crate::dialect::{Act, Dialect, Kind, Message, Readings, Said, Weight};
use crate::envelope::{Envelope, Unread};
use crate::input::{Chunk, Lines};
use crate::json::Scratch;
use crate::limits::{READINGS_KEPT, REPEATS};
use crate::quad::{Common, Lanes, Wider, wider};
use crate::session::{Doubt, Fact, Place, Spot, name_hash};
use crate::source::{ADDED_TOGETHER, Packet, Partial};
use crate::time::Moment;

use super::collect::Log;
use super::gleaned::{ChunkOut, Leading};
use super::hosts::Hosts;
use super::options::Options;
use super::overlap::Told;
use super::read::{Program, Programs, Read};
use super::repeat::{self, Found, Trail};
use super::straight::{Look, Straight};

/// Which dialect's grammar heard a message.
type By = Option<(&'static Dialect, &'static Message)>;

/// Lines of a chunk that are each looked through for a NUL before one look is had at all that follow.
const LOOKED_AT_ALONE: u32 = 32;

/// Reads chunks, with what it may reuse from one to the next.
pub struct Worker<'r> {
    options: &'r Options,
    told: &'r Told,
    hosts: Hosts,
    straight: Straight,
    programs: Programs,
    /// What this processor can beyond what all can.
    pub(super) wider: Option<Wider>,
    /// Refused packets, which no session binds: summed up apart from the order of chunks.
    pub packets: Partial,
}

impl<'r> Worker<'r> {
    /// A worker of a run.
    #[must_use]
    pub fn new(options: &'r Options, told: &'r Told) -> Self {
        Self {
            options,
            told,
            hosts: Hosts::default(),
            straight: Straight::default(),
            programs: Programs::default(),
            wider: wider(),
            packets: Partial::new(options.keeping()),
        }
    }

    /// Reads a chunk; `facts` is memory to fill.
    pub fn read(&mut self, log: &Log, input: u32, chunk: &Chunk, facts: Vec<Fact>) -> ChunkOut {
        match self.wider {
            Some(lanes) => lanes.run(
                #[inline(always)]
                || self.read_by(lanes, log, input, chunk, facts),
            ),
            None => self.read_by(Common, log, input, chunk, facts),
        }
    }

    /// The same, compiled for what a processor can.
    #[inline(always)]
    fn read_by(
        &mut self,
        lanes: impl Lanes,
        log: &Log,
        input: u32,
        chunk: &Chunk,
        facts: Vec<Fact>,
    ) -> ChunkOut {
        let hosts = self.hosts.begin();
        let mut out = ChunkOut { input, index: chunk.index, facts, hosts, ..ChunkOut::default() };
        let scratch = Scratch::default();
        let programs = std::mem::take(&mut self.programs);
        let mut reader = log.reader(chunk.index, &scratch).knowing(programs);
        reader.doubt(chunk.unended());
        // What an input before may have told is looked up by the bytes of its line.
        let told = log.shares_before || log.shares_after;
        self.straight.begin(self.options, told);
        // The host of the line before, and its number: few have a log to themselves.
        let mut host = u32::MAX;
        let mut trail = Trail::default();
        let mut passed = 0;
        let mut lines = Lines::new(chunk.bytes(), chunk.offset);
        loop {
            let (offset, left) = lines.left();
            let (straight, options) = (&mut self.straight, self.options);
            let place = Place { input, offset };
            let reading =
                match straight.read(lanes, left, place, options, &mut reader, &mut trail, &mut out)
                {
                    Look::Done(long, of) => {
                        host = of;
                        lines.pass(long);
                        continue;
                    }
                    Look::Packet(long, of) => {
                        host = of;
                        lines.pass(long);
                        if self.straight.sent.len() == ADDED_TOGETHER {
                            self.packets.add_packets(&self.straight.sent);
                            self.straight.sent.clear();
                        }
                        continue;
                    }
                    Look::Read(line, read, of) => {
                        lines.pass(line.len() + usize::from(left.get(line.len()) == Some(&b'\r')));
                        out.lines += 1;
                        host = of.0;
                        trail.turn_to(of.1);
                        self.take(&read, line, log, (host, place), &mut trail, &mut out)
                    }
                    Look::Pass => {
                        let Some((offset, line)) = lines.next() else { break };
                        out.lines += 1;
                        passed += 1;
                        if passed == LOOKED_AT_ALONE {
                            let nul = |bytes| memchr::memchr(0, bytes).is_some();
                            reader.may_hold_nul(nul(line) || nul(lines.left().1));
                        }
                        match reader.read(line, offset) {
                            Ok(read) if read.moment.is_some() => {
                                let number = self.hosts.number(read.envelope.host, &mut out.hosts);
                                if number != host {
                                    host = number;
                                    trail.turn(read.envelope.host);
                                }
                                self.learn(line, &read, (host, trail.at()));
                                self.take(&read, line, log, (host, place), &mut trail, &mut out)
                            }
                            read => {
                                let reason = match read {
                                    Err(reason) => reason,
                                    Ok(read) => {
                                        out.saw(read.envelope.format, None);
                                        Unread::NoTime
                                    }
                                };
                                out.refuse(reason, offset, line);
                                trail.cut();
                                Reading::Unread
                            }
                        }
                    }
                };
            if let Some(n) = out.readings.get_mut(reading as usize) {
                *n += 1;
            }
        }
        self.packets.add_packets(&self.straight.sent);
        self.straight.sent.clear();
        self.straight.end(&mut out);
        out.first = reader.clock.first;
        out.end = reader.clock.step;
        out.unknown_time = reader.clock.unknown;
        self.programs = reader.known();
        out.cut = trail.cut;
        for (name, last) in trail.end() {
            if let Some(host) = self.hosts.get(name) {
                out.trail.push((host, last.line.into(), last.at));
            }
        }
        out
    }

    /// Takes a line that has an envelope and a time, of the host that the trail was turned to.
    #[inline(never)]
    fn take<'c>(
        &mut self,
        read: &Read<'c>,
        line: &'c [u8],
        log: &Log,
        (host, place): (u32, Place),
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Reading {
        let Some(moment) = read.moment else { return Reading::Unread };
        out.saw(read.envelope.format, read.moment);
        if let Some(n) = repeat::times(read) {
            let found = trail.find(moment.at.nanos);
            return self.again(read, (n, found), line, log, host, place, out);
        }
        trail.pass(line, moment.at.nanos);
        if (log.shares_before || log.shares_after)
            && told_before(read, line, log, self.told, place.input, Some(&mut out.told))
        {
            out.told_before += 1;
            return Reading::Context;
        }
        self.hear(read, host, place, out)
    }

    /// What a line's beginning says, it says of all that begin so.
    #[inline(always)]
    fn learn(&mut self, line: &[u8], read: &Read<'_>, host: (u32, usize)) {
        if self.straight.is_fresh() {
            let (ours, name) = (&self.options.ours, read.envelope.host);
            let our_port = match read.program.port {
                // A mail program's messages that say another port say the standard one.
                0 if ours.tells_mail_ports(name) && read.envelope.program != b"sshd" => return,
                0 => ours.ssh_port(name),
                port => ours.told_mail_port(name, port),
            };
            self.straight.learn(line, read, host, our_port);
        }
    }

    /// A line that refers to the one before it.
    #[cold]
    #[allow(clippy::too_many_arguments)]
    fn again(
        &mut self,
        read: &Read<'_>,
        (n, found): (u32, Found<'_>),
        line: &[u8],
        log: &Log,
        host: u32,
        place: Place,
        out: &mut ChunkOut,
    ) -> Reading {
        match (found, read.moment) {
            (Found::Line(before), _) => {
                self.tell_again(read, n, before, (log, place.input), host, place, out)
            }
            (Found::Earlier, Some(moment)) => {
                out.leading.push(Leading {
                    before: (out.facts.len(), out.doubts.len()),
                    line: out.lines,
                    offset: place.offset,
                    bytes: line.into(),
                    moment,
                    reached: out.reached(),
                    host,
                });
                Reading::Other
            }
            _ => Reading::Other,
        }
    }

    /// Counts what the line before counted, `n` times; that line lies in `home`.
    #[cold]
    #[allow(clippy::too_many_arguments)]
    pub fn tell_again(
        &mut self,
        read: &Read<'_>,
        n: u32,
        before: &[u8],
        (home, home_input): (&Log, u32),
        host: u32,
        place: Place,
        out: &mut ChunkOut,
    ) -> Reading {
        let scratch = Scratch::default();
        let Some(told) = repeat::told(read, n, before, &scratch) else { return Reading::Other };
        if home.shares_before && told_before(&told, before, home, self.told, home_input, None) {
            out.told_before += 1;
            return Reading::Context;
        }
        self.hear(&told, host, place, out)
    }

    /// Whether each line's final reading is wanted.
    #[must_use]
    pub const fn remembers(&self) -> bool {
        self.options.remember.lists()
    }

    // No out-of-line call gets at what was read: its parts stay in registers.
    #[inline(always)]
    fn hear(&mut self, read: &Read<'_>, host: u32, place: Place, out: &mut ChunkOut) -> Reading {
        let Some(moment) = read.moment else { return Reading::Unread };
        let wanted = self.options.wants(moment.at);
        match &read.heard.said {
            Said::No => {
                if read.program.claim.known() {
                    out.unknown_message(read.envelope.program, read.envelope.message);
                }
                Reading::Other
            }
            Said::Quiet => {
                out.heard_by(read);
                Reading::Context
            }
            Said::One(act) => {
                out.heard_by(read);
                out.capped += u64::from(act.count >= REPEATS);
                let kind = self.options.ours.judge(act);
                let facts = kind.facts();
                // What these name nobody for, other lines of the process may tell.
                let others = matches!(kind, Kind::KexBroken | Kind::SshContext)
                    || act.source.is_none()
                        && act.session.is_some()
                        && read.heard.by.is_some_and(|(d, _)| names_sessions(d.id));
                let named = act.source.or(others.then_some(Addr::NOBODY));
                let Some(source) = named else {
                    // It names a host, `UNKNOWN` or nobody: it accuses nobody.
                    return if facts.reading == Reading::Hostile {
                        Reading::Context
                    } else {
                        facts.reading
                    };
                };
                if facts.family == Family::Firewall {
                    if kind == Kind::Packet && wanted {
                        self.packets.add_packet(
                            source,
                            &Packet {
                                at: moment.at,
                                place,
                                transport: act
                                    .transport
                                    .unwrap_or(crate::dialect::Transport::Other),
                                destination: act.destination,
                                port: act.destination_port,
                                times: act.count,
                            },
                        );
                    }
                    return facts.reading;
                }
                // A login after the span still says that the tries in it were a mistake.
                if wanted || facts.weight == Weight::Success {
                    let of = (&read.envelope, read.program, read.heard.by);
                    let fact = self.fact(act, kind, source, of, host, place, moment);
                    out.tell(fact, out.reached());
                }
                match (act.source, facts.reading) {
                    (None, Reading::Hostile) => Reading::Context,
                    (_, reading) => reading,
                }
            }
            Said::Several(readings) => {
                out.heard_by(read);
                if wanted {
                    self.doubt(
                        readings,
                        (read.envelope, read.program, read.heard.by),
                        host,
                        place,
                        moment,
                        out,
                    );
                }
                Reading::Quarantined
            }
        }
    }

    #[cold]
    fn doubt(
        &self,
        readings: &Readings<'_>,
        (envelope, program, by): (Envelope<'_>, Program, By),
        host: u32,
        place: Place,
        moment: Moment,
        out: &mut ChunkOut,
    ) {
        let mut doubt = Doubt { readings: [None; READINGS_KEPT] };
        for (slot, act) in doubt.readings.iter_mut().zip(readings.iter()) {
            let kind = self.options.ours.judge(act);
            *slot = act.source.map(|s| {
                let fact = self.fact(act, kind, s, (&envelope, program, by), host, place, moment);
                Fact { user: act.user.map_or(0, name_hash), ..fact }
            });
        }
        out.doubts.push((out.facts.len(), out.reached(), doubt));
    }

    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn fact(
        &self,
        act: &Act<'_>,
        kind: Kind,
        source: crate::addr::Addr,
        (e, program, by): (&Envelope<'_>, Program, By),
        host: u32,
        place: Place,
        moment: Moment,
    ) -> Fact {
        let facts = kind.facts();
        let our_port = match act.destination_port {
            Some(p) => p,
            None if facts.family == Family::Sshd && self.options.ours.hosts.is_empty() => 22,
            None => self.our_port(kind, program.port, e),
        };
        Fact {
            spot: Spot::new(moment.at, place),
            kind,
            count: act.count,
            source,
            port: act.source_port.unwrap_or(0),
            our_port,
            host,
            pid: e.pid.unwrap_or(0),
            // A queue id names a message, not a connection: only the ids of these bind.
            session: match act.session {
                Some(id) if by.is_some_and(|(d, _)| names_sessions(d.id)) => name_hash(id),
                _ => 0,
            },
            user: match (kind, act.user) {
                (Kind::InvalidUser, Some(user)) => name_hash(user),
                _ => 0,
            },
            lasted: act.lasted,
        }
    }

    #[inline(never)]
    fn our_port(&self, kind: Kind, port: u16, e: &Envelope<'_>) -> u16 {
        let ours = &self.options.ours;
        match kind.facts().family {
            Family::Sshd => ours.ssh_port(e.host),
            Family::Mail if port == 0 || !ours.hosts.is_empty() => {
                ours.mail_port(e.host, kind, e.program, e.message)
            }
            Family::Mail => port,
            Family::Firewall => 0,
        }
    }
}

/// Whether what a dialect calls a session is one: a connection, or with message traces the only thing told.
fn names_sessions(dialect: &str) -> bool {
    matches!(dialect, "dovecot" | "opensmtpd" | "exchange" | "hmailserver" | "msgtrace" | "tinyssh")
}

/// Whether an input before this one told the line; its hash goes to `told`
/// where one after it may tell it again.
#[inline(always)]
pub fn told_before(
    read: &Read<'_>,
    line: &[u8],
    log: &Log,
    before: &Told,
    input: u32,
    told: Option<&mut Vec<u64>>,
) -> bool {
    if !matches!(read.heard.said, Said::One(_) | Said::Several(_)) {
        return false;
    }
    let hash = Told::hash(line);
    if log.shares_before && before.before(hash, input) {
        return true;
    }
    if let Some(told) = told.filter(|_| log.shares_after) {
        told.push(hash);
    }
    false
}

/// How a line reads by itself, and what it says where that is one thing.
#[must_use]
pub fn alone<'a>(read: &Read<'a>, ours: &crate::event::Ours) -> (Reading, Option<Act<'a>>) {
    match &read.heard.said {
        Said::No => (Reading::Other, None),
        Said::Quiet => (Reading::Context, None),
        Said::Several(_) => (Reading::Quarantined, None),
        Said::One(act) => {
            let act = Act { kind: ours.judge(act), ..*act };
            let reading = act.kind.facts().reading;
            // It names a host, `UNKNOWN` or nobody: it accuses nobody.
            let nobody = act.source.is_none() && reading == Reading::Hostile;
            (if nobody { Reading::Context } else { reading }, Some(act))
        }
    }
}
