//! Usual packets and lines of mail servers, read straight through: what [`Straight`] does for programs
//! other than sshd.

use crate::addr::Addr;
use crate::dialect::usual_mail::{self, UsualMail};
use crate::dialect::usual_packet::UsualPacket;
use crate::dialect::{Act, Kind, Weight};
use crate::limits::REPEATS;
use crate::quad::Lanes;
use crate::session::{Fact, Spot, name_hash};
use crate::source::Packet;
use crate::time::Moment;

use super::gleaned::ChunkOut;
use super::options::Options;
use super::read::LineReader;
use super::repeat::Trail;
use super::straight::{By, Line, QUIET, Straight};

impl Line<'_> {
    /// What a line tells that says nothing more.
    #[inline(always)]
    fn fact(&self, kind: Kind, moment: Moment) -> Fact {
        Fact {
            spot: Spot::new(moment.at, self.place),
            kind,
            count: 1,
            source: Addr::NOBODY,
            port: 0,
            our_port: self.known.our_port(),
            host: self.known.host,
            pid: self.pid,
            session: 0,
            user: 0,
            lasted: 0,
        }
    }
}

impl Straight {
    /// Looks at a line of another program's: its length, and whether it told of a packet that counts. Apart, so
    /// that sshd's lines keep the processor's registers, and so little, that registers hold it.
    #[inline(never)]
    pub(super) fn elsewhere<'c>(
        &mut self,
        lanes: impl Lanes,
        line: &Line<'c>,
        options: &Options,
        reader: &mut LineReader<'_>,
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Option<(usize, bool)> {
        lanes.run(
            #[inline(always)]
            || {
                if line.known.by() == By::Netfilter {
                    return self.packet(lanes, line, options, reader, trail, out);
                }
                self.mail(lanes, line, options, reader, trail, out).map(|end| (end, false))
            },
        )
    }

    /// Counts a usual line of a mail server's; its length.
    #[inline(always)]
    fn mail<'c>(
        &mut self,
        lanes: impl Lanes,
        line: &Line<'c>,
        options: &Options,
        reader: &mut LineReader<'_>,
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Option<usize> {
        let usual = match line.known.by() {
            By::Dovecot => usual_mail::dovecot(lanes, line.text)?,
            _ => usual_mail::postfix(lanes, line.text)?,
        };
        let (end, moment) = self.pass(line, usual.len, usual.kind, reader, trail, out)?;
        let UsualMail { source, port, count, lasted, session, our_port, .. } = usual;
        if let (Some(kind), Some(source)) = (usual.kind, source) {
            let fact = line.fact(kind, moment);
            let fact = Fact {
                count,
                source,
                port,
                lasted,
                session: if session.is_empty() { 0 } else { name_hash(session) },
                our_port: if our_port == 0 { fact.our_port } else { our_port },
                ..fact
            };
            self.tell(fact, options, out);
        }
        Some(end)
    }

    /// Counts a usual packet, and keeps it where it counts for its source; its length, and whether it does.
    #[inline(always)]
    fn packet<'c>(
        &mut self,
        lanes: impl Lanes,
        line: &Line<'c>,
        options: &Options,
        reader: &mut LineReader<'_>,
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Option<(usize, bool)> {
        let mut packet = self.prefixes.read(lanes, line.text)?;
        if packet.kind == Kind::Packet {
            let act = Act::new(Kind::Packet).by(Some(packet.source), None);
            packet.kind = options.ours.judge(&Act {
                destination: Some(packet.destination),
                destination_port: packet.port,
                transport: Some(packet.transport),
                ..act
            });
        }
        let (end, moment) = self.pass(line, packet.len, Some(packet.kind), reader, trail, out)?;
        let counts = packet.kind == Kind::Packet && (self.wants_all || options.wants(moment.at));
        if counts {
            let UsualPacket { source, destination, port, transport, .. } = packet;
            let (at, place, destination) = (moment.at, line.place, Some(destination));
            self.sent.push((source, Packet { at, place, transport, destination, port, times: 1 }));
        }
        Some((end, counts))
    }

    /// Counts what all usual lines count; the line's length, and when it was logged.
    #[inline(always)]
    fn pass<'c>(
        &mut self,
        Line { left, text, known, place, .. }: &Line<'c>,
        len: usize,
        kind: Option<Kind>,
        reader: &mut LineReader<'_>,
        trail: &mut Trail<'c>,
        out: &mut ChunkOut,
    ) -> Option<(usize, Moment)> {
        let end = left.len() - text.len() + len;
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
        let told = self.told_elsewhere.get_mut(known.by() as usize);
        if let Some(n) = told.and_then(|t| t.get_mut(kind.map_or(QUIET, |kind| kind as usize))) {
            *n += 1;
        }
        Some((end, moment))
    }

    /// Hands on a fact.
    #[inline(always)]
    fn tell(&self, fact: Fact, options: &Options, out: &mut ChunkOut) {
        out.capped += u64::from(fact.count >= REPEATS);
        let success = fact.kind.facts().weight == Weight::Success;
        if self.wants_all || success || options.wants(fact.spot.at()) {
            out.tell(fact, out.reached());
        }
    }
}
