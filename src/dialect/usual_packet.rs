//! [`Prefixes::read`]: netfilter's usual packets, read straight through to the end of their line.
//!
//! Rules are few, and so are neighbours: what stands before a packet's source (the rule's prefix, the
//! interfaces, the link's addresses) is the same bytes for most of a log's packets. What such bytes
//! come to is asked of the grammar once, with a packet that opens something behind them; then only the
//! kernel's own fields are left, which stand in a fixed order. All that decides where a packet begins
//! stands before its source, as long as nothing but those fields follows it. Whatever is not plain is left
//! to the grammar; that both say the same is tested with lines plain and hostile.

use super::act::{Kind, Transport};
use super::netfilter::DIALECT;
use super::packet::{Carries, Flags, Packet, is_group, verdict};
use super::spec::Said;
use super::usual::Text;
use crate::addr::Addr;
use crate::limits::LINE_BYTES;
use crate::quad::{self, Lanes};

/// A usual packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsualPacket {
    /// What it is by itself.
    pub kind: Kind,
    /// Who sent it.
    pub source: Addr,
    /// To whom.
    pub destination: Addr,
    /// To which port, if it has any.
    pub port: Option<u16>,
    /// What carried it.
    pub transport: Transport,
    /// The message's length.
    pub len: usize,
}

/// Bytes of what stands before a packet's source, at most.
const LONGEST: usize = 256;

/// Beginnings that are kept.
const KEPT: usize = 16;

/// Beginnings that are asked about in one chunk; whoever gives each packet its own is read slowly.
const ASKED: u32 = 64;

/// A packet that opens something where a refused one from outside does, behind its `SRC=`.
const OPENING: &[u8] = b"192.0.2.1 DST=192.0.2.2 LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=TCP SPT=4711 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0";

/// What stands before a packet's source, up to and with its `SRC=`.
#[derive(Clone, Debug)]
struct Prefix {
    /// Whether the time since the machine's start stands before it.
    stamped: bool,
    bytes: Box<[u8]>,
    /// What a packet that opens something is behind it.
    opening: Kind,
}

/// The beginnings of packets that were met last.
#[derive(Clone, Debug, Default)]
pub struct Prefixes {
    known: Vec<Prefix>,
    /// The one met last.
    recent: usize,
    /// Whose place is given to another next.
    next: usize,
    asked: u32,
}

impl Prefixes {
    /// Begins a chunk.
    pub const fn begin(&mut self) {
        self.asked = 0;
    }

    /// Reads the message that `text` begins with, which `\n` ends; none where it is not usual, nor where
    /// it holds a NUL.
    #[inline(always)]
    pub fn read(&mut self, lanes: impl Lanes, text: &[u8]) -> Option<UsualPacket> {
        let (stamped, after) = match text.first()? {
            b'[' => uptime(lanes, text).map_or((false, text), |after| (true, after)),
            // What a device says of itself, and a record.
            b'%' | b'{' | b'N' => return None,
            _ => (false, text),
        };
        let (opening, long) = match self.known.get(self.recent) {
            Some(p) if p.stamped == stamped && after.starts_with(&p.bytes) => {
                (p.opening, p.bytes.len())
            }
            _ => self.other(stamped, after)?,
        };
        let mut packet = fields(Text(after.get(long..)?, lanes), opening)?;
        packet.len = text.len() - packet.len;
        (packet.len < LINE_BYTES / 2).then_some(packet)
    }

    /// What stands before another source than that of the packet before.
    #[inline(never)]
    fn other(&mut self, stamped: bool, text: &[u8]) -> Option<(Kind, usize)> {
        let met = |p: &Prefix| p.stamped == stamped && text.starts_with(&p.bytes);
        if let Some(at) = self.known.iter().position(met) {
            self.recent = at;
            return self.known.get(at).map(|p| (p.opening, p.bytes.len()));
        }
        if self.asked >= ASKED {
            return None;
        }
        let head = text.get(..text.len().min(LONGEST))?;
        let head = head.get(..memchr::memchr(b'\n', head).unwrap_or(head.len()))?;
        let bytes = head.get(..memchr::memmem::find(head, b"SRC=")? + 4)?;
        if bytes.contains(&0) {
            return None;
        }
        self.asked += 1;
        let opening = opening(stamped, bytes)?;
        let prefix = Prefix { stamped, bytes: bytes.into(), opening };
        self.recent = self.next;
        match self.known.get_mut(self.next) {
            Some(place) => *place = prefix,
            None => self.known.push(prefix),
        }
        self.next = (self.next + 1) % KEPT;
        Some((opening, bytes.len()))
    }
}

/// What the grammar says of a packet that opens something behind these bytes; none where it reads
/// another packet, or none.
fn opening(stamped: bool, bytes: &[u8]) -> Option<Kind> {
    let message = [if stamped { &b"[1.5] "[..] } else { b"" }, bytes, OPENING].concat();
    let text = (DIALECT.trim)(&message);
    let fits = |starts: &str| text.starts_with(starts.as_bytes());
    let said = DIALECT.grammar.iter().filter(|m| fits(m.starts)).map(|m| (m.read)(text));
    let Some(Said::One(act)) = said.into_iter().find(|said| *said != Said::No) else {
        return None;
    };
    let ends = (act.source, act.destination, act.destination_port, act.count);
    let asked = (Some(Addr::from_v4(0xc000_0201)), Some(Addr::from_v4(0xc000_0202)), Some(23), 1);
    let plain = matches!(act.kind, Kind::Packet | Kind::PacketBenign | Kind::PacketAllowed);
    (ends == asked && plain).then_some(act.kind)
}

/// What follows `[12345.678901] `.
#[inline(always)]
fn uptime(lanes: impl Lanes, text: &[u8]) -> Option<&[u8]> {
    let mut t = Text(text, lanes);
    t.eat(b"[")?;
    while t.may(b" ") {}
    digit(&mut t)?;
    t.eat(b".")?;
    digit(&mut t)?;
    t.eat(b"] ")?;
    Some(t.0)
}

/// A number of up to seven digits, whatever it is.
#[inline(always)]
fn digit(t: &mut Text<'_, impl Lanes>) -> Option<()> {
    let used = t.1.digits(t.0);
    (1..8).contains(&used).then_some(())?;
    t.0 = t.0.get(used..)?;
    Some(())
}

/// A port.
#[inline(always)]
fn port(t: &mut Text<'_, impl Lanes>) -> Option<u16> {
    u16::try_from(t.number()?).ok()
}

/// An address and its blank.
#[inline(always)]
fn address(t: &mut Text<'_, impl Lanes>) -> Option<Addr> {
    if let Some((v4, used)) = quad::read_by(t.1, t.0)
        && let Some([b' ', rest @ ..]) = t.0.get(used..)
    {
        t.0 = rest;
        return Some(Addr::from_v4(v4));
    }
    let (addr, rest) = other_address(t.0)?;
    t.0 = rest;
    Some(addr)
}

#[inline(never)]
fn other_address(text: &[u8]) -> Option<(Addr, &[u8])> {
    let end = text.iter().take(64).position(|b| *b <= b' ')?;
    let (word, rest) = text.split_at_checked(end)?;
    Some((Addr::parse(word)?, rest.strip_prefix(b" ")?))
}

/// ` TOS=0x?? PREC=0x?? TTL=`, whatever stands for the marks but a blank or less.
#[inline(always)]
fn service(t: &mut Text<'_, impl Lanes>) -> Option<()> {
    let (chunk, rest) = t.0.split_first_chunk::<24>()?;
    let [
        b' ',
        b'T',
        b'O',
        b'S',
        b'=',
        b'0',
        b'x',
        a,
        b,
        b' ',
        b'P',
        b'R',
        b'E',
        b'C',
        b'=',
        b'0',
        b'x',
        c,
        d,
        b' ',
        b'T',
        b'T',
        b'L',
        b'=',
    ] = chunk
    else {
        return None;
    };
    ((*a > b' ') & (*b > b' ') & (*c > b' ') & (*d > b' ')).then(|| t.0 = rest)
}

/// The kernel's fields from behind `SRC=` to the line's end; `len` is what follows the message.
#[inline(always)]
fn fields(mut t: Text<'_, impl Lanes>, opening: Kind) -> Option<UsualPacket> {
    let source = address(&mut t)?;
    t.eat(b"DST=")?;
    let destination = address(&mut t)?;
    t.eat(b"LEN=")?;
    digit(&mut t)?;
    if service(&mut t).is_some() {
        digit(&mut t)?;
        t.eat(b" ID=")?;
        digit(&mut t)?;
        t.eat(b" ")?;
        t.may(b"DF ");
    } else {
        t.eat(b" TC=")?;
        digit(&mut t)?;
        t.eat(b" HOPLIMIT=")?;
        digit(&mut t)?;
        t.eat(b" FLOWLBL=")?;
        digit(&mut t)?;
        t.eat(b" ")?;
    }
    let (carries, transport, ports) = if t.may(b"PROTO=TCP SPT=") {
        let from = port(&mut t)?;
        t.eat(b" DPT=")?;
        let to = port(&mut t)?;
        t.eat(b" WINDOW=")?;
        digit(&mut t)?;
        let flags = flags(&mut t)?;
        (Carries::Tcp(Some(flags)), Transport::Tcp, Some((from, to)))
    } else if t.may(b"PROTO=UDP SPT=") {
        let from = port(&mut t)?;
        t.eat(b" DPT=")?;
        let to = port(&mut t)?;
        t.eat(b" LEN=")?;
        digit(&mut t)?;
        (Carries::Udp, Transport::Udp, Some((from, to)))
    } else {
        t.eat(b"PROTO=ICMP")?;
        let asks = if t.may(b"v6") { 128 } else { 8 };
        t.eat(b" TYPE=")?;
        let kind = u8::try_from(t.number()?).ok()?;
        t.eat(b" CODE=")?;
        digit(&mut t)?;
        t.eat(b" ID=")?;
        digit(&mut t)?;
        t.eat(b" SEQ=")?;
        digit(&mut t)?;
        (Carries::Icmp { echo_request: kind == asks }, Transport::Icmp, None)
    };
    t.may(b" ");
    if t.may(b"MARK=0x") {
        let end = t.0.iter().take(9).position(|b| !b.is_ascii_hexdigit())?;
        t.0 = t.0.get(end..)?;
        t.may(b" ");
    }
    t.end()?;
    let kind = match opening {
        Kind::Packet => verdict(&Packet {
            refused: true,
            inbound: true,
            to_many: is_group(destination),
            later_fragment: false,
            carries,
            ports,
        }),
        other => other,
    };
    let port = ports.map(|(_, to)| to);
    Some(UsualPacket { kind, source, destination, port, transport, len: t.0.len() })
}

/// ` RES=0x??`, a segment's flags, and `URGP=0`.
#[inline(always)]
fn flags(t: &mut Text<'_, impl Lanes>) -> Option<Flags> {
    t.eat(b" RES=0x")?;
    let ([a, b], rest) = t.0.split_first_chunk::<2>()?;
    ((*a > b' ') & (*b > b' ')).then(|| t.0 = rest)?;
    let mut flags = Flags::default();
    if t.may(b" SYN URGP=") {
        flags.syn = true;
    } else {
        t.eat(b" ")?;
        while let Some((flag, rest)) = t.0.split_first_chunk::<4>() {
            match flag {
                b"SYN " => flags.syn = true,
                b"ACK " | b"RST " | b"FIN " => flags.answers = true,
                b"PSH " | b"URG " | b"CWR " | b"ECE " => {}
                _ => break,
            }
            t.0 = rest;
        }
        t.eat(b"URGP=")?;
    }
    digit(t)?;
    Some(flags)
}
