//! What a packet or flow comes to, whatever firewall logged it: [`verdict`], and [`Seen`] for the vendors' words.
//!
//! A packet is hostile only where a firewall refused it, it came from outside, and it opens
//! something. Who is outside is told by a direction, else by the names of zones or interfaces,
//! else by the addresses: what a private one sends to a public one goes out.

use super::act::{Act, Kind, Transport};
pub use super::words::{Did, Way, port, refuses, service};
use crate::addr::Addr;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// TCP, and its flags where logged.
    Tcp(Option<Flags>),
    /// UDP.
    Udp,
    /// ICMP or ICMPv6: whether it asks for an echo.
    Icmp {
        /// Type 8, or 128 of ICMPv6.
        echo_request: bool,
    },
    /// Any other protocol of IP.
    Other,
    /// The log does not say.
    Unknown,
}

/// TCP flags that say what a segment is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// SYN.
    pub syn: bool,
    /// ACK, RST or FIN: it belongs to, or answers, something earlier.
    pub answers: bool,
}

/// What a log tells of one packet, as far as the verdict needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The rule that logged it refused it.
    pub refused: bool,
    /// It came from outside.
    pub inbound: bool,
    /// It went to a group or to all.
    pub to_many: bool,
    /// It is a fragment and not the first.
    pub later_fragment: bool,
    /// What it carries.
    pub carries: Carries,
    /// From which port to which.
    pub ports: Option<(u16, u16)>,
}

/// What a packet is by itself. Refused and inbound packets that open something
/// are hostile; replies, errors, fragments and what says too little are not.
#[must_use]
#[inline]
pub const fn verdict(p: &Packet) -> Kind {
    if !p.refused {
        return Kind::PacketAllowed;
    }
    let opens = match (p.carries, p.ports) {
        (Carries::Tcp(Some(flags)), _) => flags.syn && !flags.answers,
        (Carries::Tcp(None) | Carries::Udp, Some((from, to))) => !reply(from, to),
        (Carries::Tcp(None) | Carries::Udp, None) | (Carries::Unknown, _) => false,
        (Carries::Icmp { echo_request }, _) => echo_request,
        (Carries::Other, _) => true,
    };
    if opens && p.inbound && !p.to_many && !p.later_fragment {
        Kind::Packet
    } else {
        Kind::PacketBenign
    }
}

/// From a service to a port that clients are given: a late answer.
const fn reply(from: u16, to: u16) -> bool {
    from < 1024 && to >= 32768
}

/// Whether a destination is a group or everyone.
#[must_use]
pub fn is_group(address: Addr) -> bool {
    match address.v4() {
        Some(v4) => v4 >= 0xe000_0000,
        None => address.bits() >> 120 == 0xff,
    }
}

/// What a vendor's line tells of a packet, flow or connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Who sent it.
    pub source: Option<Addr>,
    /// From which port.
    pub from: Option<u16>,
    /// To whom.
    pub destination: Option<Addr>,
    /// To which port.
    pub to: Option<u16>,
    /// What it carries.
    pub carries: Carries,
    /// What the firewall did.
    pub did: Did,
    /// Which way it went.
    pub way: Way,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            source: None,
            from: None,
            destination: None,
            to: None,
            carries: Carries::Unknown,
            did: Did::Noted,
            way: Way::Untold,
        }
    }
}

impl Seen {
    /// Two ends as a log writes them; none unless the first is an address. What
    /// stands for no port (empty, `0` of a protocol without ports) is none.
    #[must_use]
    pub fn ends(source: &[u8], from: &[u8], destination: &[u8], to: &[u8]) -> Option<Self> {
        Some(Self {
            source: Some(Addr::parse(source)?),
            from: port(from),
            destination: Addr::parse(destination),
            to: port(to),
            ..Self::default()
        })
    }

    /// The same with a protocol, by name or number.
    #[must_use]
    pub fn carrying(mut self, protocol: &[u8]) -> Self {
        self.carries = Carries::of(protocol);
        self
    }

    /// The same with what the firewall did, and which way the packet went.
    #[must_use]
    pub const fn judged(mut self, did: Did, way: Way) -> Self {
        (self.did, self.way) = (did, way);
        self
    }

    /// The same with the flags of a TCP segment, where it is one.
    #[must_use]
    pub fn flags(mut self, flags: Option<Flags>) -> Self {
        if let Carries::Tcp(known) = &mut self.carries {
            *known = flags;
        }
        self
    }

    /// The same with whether an ICMP message asks for an echo, where it is one.
    #[must_use]
    pub fn echo(mut self, asks: bool) -> Self {
        if let Carries::Icmp { echo_request } = &mut self.carries {
            *echo_request = asks;
        }
        self
    }

    /// What it comes to.
    #[must_use]
    pub fn act<'a>(self) -> Act<'a> {
        let transport = match self.carries {
            Carries::Tcp(_) => Some(Transport::Tcp),
            Carries::Udp => Some(Transport::Udp),
            Carries::Icmp { .. } => Some(Transport::Icmp),
            Carries::Other => Some(Transport::Other),
            Carries::Unknown => None,
        };
        let ported = matches!(self.carries, Carries::Tcp(_) | Carries::Udp | Carries::Unknown);
        let (from, to) = if ported { (self.from, self.to) } else { (None, None) };
        let kind = match self.did {
            Did::Noted => Kind::FirewallContext,
            Did::Allowed => Kind::PacketAllowed,
            Did::Refused => verdict(&Packet {
                refused: true,
                inbound: self.comes_in(),
                to_many: self.destination.is_some_and(is_group),
                later_fragment: false,
                carries: self.carries,
                ports: from.zip(to),
            }),
        };
        let mut act = Act::new(kind).by(self.source, from);
        (act.destination, act.destination_port, act.transport) = (self.destination, to, transport);
        act
    }

    fn comes_in(&self) -> bool {
        match self.way {
            Way::In => true,
            Way::Out => false,
            Way::Untold => match (self.source, self.destination) {
                (Some(source), Some(destination)) => !is_private(source) || is_private(destination),
                _ => true,
            },
        }
    }
}

impl Carries {
    /// A protocol by its name or IANA's number; `tcp/443` and the like by what stands before the slash.
    #[must_use]
    pub fn of(protocol: &[u8]) -> Self {
        let name = protocol.split(|b| *b == b'/').next().unwrap_or(protocol);
        let is = |known: &[&str]| known.iter().any(|k| name.eq_ignore_ascii_case(k.as_bytes()));
        if is(&["tcp", "6"]) {
            Self::Tcp(None)
        } else if is(&["udp", "17"]) {
            Self::Udp
        } else if is(&["icmp", "1", "icmpv6", "icmp6", "ipv6-icmp", "icmp-v6", "58"]) {
            Self::Icmp { echo_request: false }
        } else if name.is_empty() || is(&["ip", "any", "unknown", "0", "-"]) {
            Self::Unknown
        } else {
            Self::Other
        }
    }
}

impl Flags {
    /// Letters as pf, ipfilter, Snort and Zeek write them: `S`, `SA`, `***AP***`.
    #[must_use]
    pub fn letters(text: &[u8]) -> Self {
        let has = |letter: u8| text.contains(&letter);
        Self { syn: has(b'S'), answers: has(b'A') || has(b'R') || has(b'F') || has(b'.') }
    }

    /// Words, whatever separates them: `SYN ACK`, `URG+SYN+RST`, `SYN,ACK`.
    #[must_use]
    pub fn words(text: &[u8]) -> Self {
        let has = |words: &[&str]| {
            text.split(|b| !b.is_ascii_alphabetic())
                .any(|w| words.iter().any(|k| w.eq_ignore_ascii_case(k.as_bytes())))
        };
        Self { syn: has(&["SYN"]), answers: has(&["ACK", "RST", "FIN", "RESET", "SYNACK"]) }
    }

    /// The header's bits (RFC 9293 §3.1): FIN 1, SYN 2, RST 4, ACK 16.
    #[must_use]
    pub const fn bits(bits: u32) -> Self {
        Self { syn: bits & 2 != 0, answers: bits & (1 | 4 | 16) != 0 }
    }
}

/// Networks that nobody routes to us: RFC 1918, RFC 6598, loopback, link-local, unique local.
/// Documentation ranges are not, so that examples read like the world.
#[must_use]
pub fn is_private(address: Addr) -> bool {
    match address.v4() {
        Some(v4) => {
            let net = |base: u32, bits: u32| v4 >> (32 - bits) == base >> (32 - bits);
            net(0x0a00_0000, 8)
                || net(0xac10_0000, 12)
                || net(0xc0a8_0000, 16)
                || net(0x6440_0000, 10)
                || net(0x7f00_0000, 8)
                || net(0xa9fe_0000, 16)
        }
        None => {
            let bits = address.bits();
            bits >> 121 == 0x7e || bits >> 118 == 0x3fa || bits == 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_private() {
        for (text, group, private) in [
            ("223.255.255.255", false, false),
            ("224.0.0.1", true, false),
            ("192.0.2.255", false, false),
            ("172.31.255.255", false, true),
            ("172.32.0.0", false, false),
            ("100.64.0.1", false, true),
            ("ff02::1", true, false),
            ("2001:db8::1", false, false),
            ("fd00::1", false, true),
            ("fe80::1", false, true),
            ("::1", false, true),
        ] {
            let a = Addr::parse(text.as_bytes()).unwrap();
            assert_eq!((is_group(a), is_private(a)), (group, private), "{text}");
        }
    }

    #[test]
    fn a_refused_opening_packet_from_outside() {
        let seen = |from: &str, to: &str, flags: &str, way: Way, did: Did| {
            let ends = Seen::ends(from.as_bytes(), b"4711", to.as_bytes(), b"22").unwrap();
            let flags = (!flags.is_empty()).then(|| Flags::words(flags.as_bytes()));
            ends.carrying(b"tcp").flags(flags).judged(did, way).act().kind
        };
        let (far, ours, lan) = ("203.0.113.9", "192.0.2.7", "10.0.0.7");
        for (from, to, flags, way, did, want) in [
            (far, ours, "SYN", Way::Untold, Did::Refused, Kind::Packet),
            (far, lan, "", Way::Untold, Did::Refused, Kind::Packet),
            (lan, far, "SYN", Way::Untold, Did::Refused, Kind::PacketBenign),
            (lan, lan, "SYN", Way::Untold, Did::Refused, Kind::Packet),
            (far, ours, "SYN ACK", Way::In, Did::Refused, Kind::PacketBenign),
            (far, ours, "RST", Way::In, Did::Refused, Kind::PacketBenign),
            (ours, far, "SYN", Way::Out, Did::Refused, Kind::PacketBenign),
            (far, "224.0.0.1", "SYN", Way::In, Did::Refused, Kind::PacketBenign),
            (far, ours, "SYN", Way::In, Did::Allowed, Kind::PacketAllowed),
            (far, ours, "SYN", Way::In, Did::Noted, Kind::FirewallContext),
        ] {
            assert_eq!(
                seen(from, to, flags, way, did),
                want,
                "{from} {to} {flags} {way:?} {did:?}"
            );
        }
    }

    #[test]
    fn words_of_protocols_and_flags() {
        assert_eq!(Carries::of(b"tcp/https"), Carries::Tcp(None));
        assert_eq!(Carries::of(b"17"), Carries::Udp);
        assert_eq!(Carries::of(b"IPv6-ICMP"), Carries::Icmp { echo_request: false });
        assert_eq!(Carries::of(b"gre"), Carries::Other);
        assert_eq!(Carries::of(b""), Carries::Unknown);
        assert_eq!(Flags::letters(b"S"), Flags { syn: true, answers: false });
        assert_eq!(Flags::letters(b"***AP***"), Flags { syn: false, answers: true });
        assert_eq!(Flags::words(b"URG+SYN+RST"), Flags { syn: true, answers: true });
        assert_eq!(Flags::bits(2), Flags { syn: true, answers: false });
    }
}
