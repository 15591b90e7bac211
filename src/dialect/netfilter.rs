//! Linux netfilter's packet log: iptables, nftables, ufw, firewalld, Shorewall, CSF, OpenWrt, UniFi.
//!
//! The kernel prints each packet in `net/netfilter/nf_log_syslog.c` (before 5.13
//! `net/ipv4/netfilter/nf_log_ipv4.c` and kin), ulogd in `printpkt.c`: a prefix
//! that is the administrator's own text, then `IN=… OUT=… MAC=… SRC=… DST=…` and
//! the headers' fields in a fixed order. The prefix may itself hold `SRC=` or a
//! whole packet, so the packet begins at an `IN=` from which all words to the end
//! are the kernel's, in its order. There is one such source at most: what
//! begins earlier would have to pass a second `OUT=` or `SRC=`, which none may.
//! The packet that an ICMP error quotes in `[…]` belongs to nobody. UniFi's and EdgeOS's gateways
//! leave out the tag `kernel`, and name the rule's action in the prefix.

use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{digit1, space0};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::act::{Act, Transport};
use super::packet::{Carries, Did, Flags, Packet, Seen, Way, is_group, refuses, verdict};
use super::parts::repeated;
use super::spec::{Dialect, Message, Said};
use crate::addr::Addr;
use crate::class::Family;
use crate::digits;
use crate::envelope::{Format, rfc3164};
use crate::json::Object;
use crate::quad;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "netfilter",
    title: "Linux netfilter 2.4 to 6 (iptables, nftables, ufw, firewalld, Shorewall, OpenWrt, CSF, UniFi, EdgeOS, ulogd, Proxmox VE)",
    family: Family::Firewall,
    programs: &["", "kernel", "klogd", "ulogd", "ulogd2", "pvefw-logger"],
    bare: &[Format::Json],
    example: "Jun 12 08:58:35 fw kernel: [12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 PROTO=TCP SPT=43210 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 ",
    document: "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/net/netfilter/nf_log_syslog.c",
    grammar: GRAMMAR,
    trim,
};

const GRAMMAR: &[Message] = &[
    Message {
        id: "repeated",
        shape: "message repeated %d times: [ %s]",
        printed_by: "rsyslog, plugins and tools that reduce repeated messages",
        starts: "message repeated ",
        read: |m| repeated(m, &DIALECT),
    },
    Message {
        id: "json",
        shape: "{\"oob.prefix\": \"%s\", \"ip.protocol\": %d, \"src_ip\": \"%s\", \"src_port\": %d, \"dest_ip\": \"%s\", …}",
        printed_by: "ulogd2, output/ulogd_output_JSON.c",
        starts: "{",
        read: |m| Said::one(json(m)),
    },
    Message {
        id: "packet",
        shape: "%sIN=%s OUT=%s MAC=%s SRC=%pI4 DST=%pI4 LEN=%u … PROTO=%s SPT=%u DPT=%u …",
        printed_by: "net/netfilter/nf_log_syslog.c, nf_log_ip_packet() and nf_log_ip6_packet()",
        starts: "",
        read: packet,
    },
];

/// Takes off what printk puts before a message: `<4>`, `[12345.678901] `, `[ T7] `.
fn trim(message: &[u8]) -> &[u8] {
    uptime(message).unwrap_or_else(|| any_stamp(message)).trim_ascii_end()
}

/// What follows `[12345.678901] ` and is not in brackets of one word.
fn uptime(message: &[u8]) -> Option<&[u8]> {
    let mut text = message.strip_prefix(b"[")?;
    while let [b' ', rest @ ..] = text {
        text = rest;
    }
    let text = text.get(digits::leading(text)?.1..)?.strip_prefix(b".")?;
    let text = text.get(digits::leading(text)?.1..)?.strip_prefix(b"] ")?;
    match text.first()? {
        b' ' | b'\t' => None,
        b'[' => {
            let name = text.get(1..)?;
            let end = name.iter().position(|b| !b.is_ascii_alphanumeric())?;
            (end > 0 && name.get(end) != Some(&b']')).then_some(text)
        }
        _ => Some(text),
    }
}

/// What follows a stamp of any form.
fn any_stamp(message: &[u8]) -> &[u8] {
    let level = delimited(tag("<"), digit1, tag(">"));
    let uptime = (tag("["), space0, digit1, tag("."), digit1, tag("]"));
    let caller = (tag("["), space0, take_while1(|b: u8| b.is_ascii_alphanumeric()), tag("]"));
    let stamp: IResult<&[u8], _> =
        (opt(level), uptime, opt(preceded(space0, caller)), space0).parse(message);
    let Ok((text, (.., called, _))) = stamp else { return message };
    // `[12.5] [drop] IN=…`: that word is the prefix, no caller, which is `T7` or `C0`.
    let number = |t: &[u8]| t.len() > 1 && t.iter().skip(1).all(u8::is_ascii_digit);
    match called {
        Some((_, _, who, _)) if !(matches!(who, [b'T' | b'C', ..]) && number(who)) => {
            let without: IResult<&[u8], _> = (
                opt(delimited(tag("<"), digit1, tag(">"))),
                take_till(|b| b == b']'),
                tag("]"),
                space0,
            )
                .parse(message);
            without.map_or(message, |(text, _)| text)
        }
        _ => text,
    }
}

/// Ethernet's broadcast and the groups that IPv4 and IPv6 are mapped to (RFC 1112, RFC 2464).
fn is_group_mac(mac: &[u8]) -> bool {
    mac.starts_with(b"ff:ff:ff:ff:ff:ff")
        || mac.starts_with(b"01:00:5e:")
        || mac.starts_with(b"33:33:")
}

/// ulogd2's record: the prefix is a member by itself, and `action` is only there where it was asked for.
fn json(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"oob.")?;
    let o = Object::read(m).ok()?;
    let word = |name: &str| o.word(name).unwrap_or_default();
    let set = |name: &str| word(name) == b"1";
    let seen = Seen::ends(word("src_ip"), word("src_port"), word("dest_ip"), word("dest_port"))?;
    let protocol = [word("ip.protocol"), word("ip6.nexthdr")].concat();
    let flags =
        Flags { syn: set("tcp.syn"), answers: set("tcp.ack") || set("tcp.rst") || set("tcp.fin") };
    let refused = match word("action") {
        b"allowed" => false,
        b"blocked" => true,
        _ => refuses(word("oob.prefix")),
    };
    let way = if matches!(word("oob.in"), b"" | b"lo") { Way::Out } else { Way::In };
    let did = if refused { Did::Refused } else { Did::Allowed };
    let echo = word("icmp.type") == b"8" || word("icmpv6.type") == b"128";
    Some(seen.carrying(&protocol).flags(Some(flags)).echo(echo).judged(did, way).act())
}

fn packet(message: &[u8]) -> Said<'_> {
    let mut from = 0;
    while let Some(at) = message.get(from..).and_then(|t| digits::position(t, b'I')) {
        let (prefix, text) = message.split_at(from + at);
        if let Some(act) = fields(prefix, text, true) {
            return act.map_or(Said::Quiet, Said::One);
        }
        from += at + 1;
    }
    Said::No
}

/// `IN=eth0 OUT= `: the names of interfaces hold no blanks, and a `=` is the end of a prefix. The first
/// of them, and what follows.
fn interfaces(i: &[u8]) -> Option<(&[u8], &[u8])> {
    let named = |name: &[u8]| !name.contains(&b'=');
    let (inner, i) = word(i.strip_prefix(b"IN=")?);
    // Proxmox VE leaves out an `OUT=` that is empty.
    let (outer, i) = i.strip_prefix(b"OUT=").map_or((&[][..], i), word);
    (named(inner) && named(outer) && !i.is_empty()).then_some((inner, i))
}

/// A word and what follows its blank.
#[inline]
fn word(i: &[u8]) -> (&[u8], &[u8]) {
    match digits::position(i, b' ') {
        Some(end) => (i.get(..end).unwrap_or_default(), i.get(end + 1..).unwrap_or_default()),
        None => (i, &[]),
    }
}

/// Past the `]` that ends a quoted packet, which may hold `[8 bytes]` itself.
fn after_quoted(i: &[u8]) -> Option<&[u8]> {
    let mut depth = 0u32;
    for at in memchr::memchr2_iter(b'[', b']', i) {
        depth = if i.get(at) == Some(&b'[') { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return i.get(at + 1..);
        }
    }
    None
}

fn decimal<T: TryFrom<u32>>(digits: &[u8]) -> Option<T> {
    T::try_from(rfc3164::number(digits)?).ok()
}

/// Where in the kernel's order a word stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Link,
    Address,
    Header,
    Payload,
}

/// The packet from its `IN=` on, in one pass; nothing within where it is no IP. Whether what is
/// [`Usual`] is read as such changes nothing, which a test holds.
fn fields<'a>(prefix: &[u8], text: &'a [u8], usual: bool) -> Option<Option<Act<'a>>> {
    let (inner, mut left) = interfaces(text)?;
    let (mut source, mut destination, mut transport) = (None, None, None);
    let (mut from, mut to, mut flags) = (None, None, None::<Flags>);
    let (mut part, mut echo) = (Part::Link, 8u8);
    let mut p = Packet {
        refused: true,
        inbound: !inner.is_empty() && inner != b"lo",
        to_many: false,
        later_fragment: false,
        carries: Carries::Unknown,
        ports: None,
    };
    if usual && let Some(usual) = Usual::read(left) {
        (source, destination) = (Some(usual.source), Some(usual.destination));
        (from, to, flags) = (Some(usual.from), Some(usual.to), usual.flags);
        p.to_many = usual.to_many;
        (p.carries, transport) = match usual.tcp {
            true => (Carries::Tcp(None), Some(Transport::Tcp)),
            false => (Carries::Udp, Some(Transport::Udp)),
        };
        left = &[];
    }
    while let Some(first) = left.first() {
        if *first == b'[' && matches!(part, Part::Header | Part::Payload) {
            left = after_quoted(left)?;
            continue;
        }
        let (w, after) = word(left);
        left = after;
        match (part, w) {
            (_, b"") => {}
            (Part::Link, [b'M', b'A', b'C', b'=', mac @ ..]) => p.to_many |= is_group_mac(mac),
            (Part::Link, [b'S', b'R', b'C', b'=', a @ ..]) => {
                source = Some(Addr::parse(a)?);
                part = Part::Address;
            }
            (Part::Link, b"ARP") => return Some(None),
            (Part::Link, _) => p.to_many |= link(w)?,
            (Part::Address, [b'D', b'S', b'T', b'=', a @ ..]) => {
                destination = Some(Addr::parse(a)?);
                p.to_many |= destination.is_some_and(is_group);
                part = Part::Header;
            }
            (Part::Header, [b'P', b'R', b'O', b'T', b'O', b'=', name @ ..]) => {
                let (carries, by) = match name {
                    b"TCP" => (Carries::Tcp(None), Transport::Tcp),
                    b"UDP" => (Carries::Udp, Transport::Udp),
                    b"ICMP" => (Carries::Icmp { echo_request: false }, Transport::Icmp),
                    b"ICMPv6" => (Carries::Icmp { echo_request: false }, Transport::Icmp),
                    _ => (Carries::Other, Transport::Other),
                };
                (p.carries, transport, part) = (carries, Some(by), Part::Payload);
                echo = if name == b"ICMPv6" { 128 } else { 8 };
            }
            (Part::Header, [b'F', b'R', b'A', b'G', b':', offset @ ..]) => {
                p.later_fragment = offset != b"0";
            }
            (Part::Header, _) if header(w) => {}
            (Part::Payload, [b'S', b'P', b'T', b'=', n @ ..]) => from = Some(decimal(n)?),
            (Part::Payload, [b'D', b'P', b'T', b'=', n @ ..]) => to = Some(decimal(n)?),
            (Part::Payload, [b'T', b'Y', b'P', b'E', b'=', n @ ..]) => {
                p.carries = Carries::Icmp { echo_request: decimal::<u8>(n)? == echo };
            }
            (Part::Payload, b"SYN") => flags.get_or_insert_default().syn = true,
            (Part::Payload, b"ACK" | b"RST" | b"FIN") => {
                flags.get_or_insert_default().answers = true;
            }
            (Part::Payload, [b'R', b'E', b'S', b'=', ..] | [b'U', b'R', b'G', b'P', b'=', ..]) => {
                flags.get_or_insert_default();
            }
            (Part::Payload, _) if payload(w) => {}
            _ => return None,
        }
    }
    if let Carries::Tcp(logged) = &mut p.carries {
        *logged = flags;
    }
    (p.ports, p.refused) = (from.zip(to), refuses(prefix));
    let mut act = Act::new(verdict(&p)).by(source, from);
    (act.destination, act.destination_port, act.transport) = (Some(destination?), to, transport);
    Some(Some(act))
}

/// A TCP segment or a UDP datagram as the kernel prints nearly all: every field at its place, and no
/// other. What is read here the words one by one say too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usual {
    source: Addr,
    destination: Addr,
    to_many: bool,
    tcp: bool,
    from: u16,
    to: u16,
    flags: Option<Flags>,
}

impl Usual {
    /// Reads what follows the interfaces, to its end.
    fn read(mut t: &[u8]) -> Option<Self> {
        let mut to_many = false;
        if let Some(mac) = t.strip_prefix(b"MAC=") {
            let (mac, after) = word(mac);
            (to_many, t) = (is_group_mac(mac), after);
        }
        let (source, t) = address(t.strip_prefix(b"SRC=")?)?;
        let (destination, t) = address(t.strip_prefix(b"DST=")?)?;
        let mut t = past(t, b"LEN=")?;
        if let Some(after) = past(t, b"TOS=") {
            t = past(past(past(after, b"PREC=")?, b"TTL=")?, b"ID=")?;
            t = t.strip_prefix(b"DF ").unwrap_or(t);
        } else {
            t = past(past(past(t, b"TC=")?, b"HOPLIMIT=")?, b"FLOWLBL=")?;
        }
        let (tcp, t) = match t.strip_prefix(b"PROTO=TCP ") {
            Some(t) => (true, t),
            None => (false, t.strip_prefix(b"PROTO=UDP ")?),
        };
        let (from, t) = port(t.strip_prefix(b"SPT=")?)?;
        let (to, mut t) = port(t.strip_prefix(b"DPT=")?)?;
        let mut flags = None;
        let last = if tcp {
            t = past(past(t, b"WINDOW=")?, b"RES=")?;
            let mut set = Flags::default();
            while let Some((flag, after)) = t.split_first_chunk::<4>() {
                match flag {
                    b"SYN " => set.syn = true,
                    b"ACK " | b"RST " | b"FIN " => set.answers = true,
                    b"PSH " | b"URG " => {}
                    _ => break,
                }
                t = after;
            }
            flags = Some(set);
            t.strip_prefix(b"URGP=")?
        } else {
            t.strip_prefix(b"LEN=")?
        };
        let to_many = to_many || is_group(destination);
        // Behind its last field nothing follows.
        (digits::leading(last)?.1 == last.len()).then_some(Self {
            source,
            destination,
            to_many,
            tcp,
            from,
            to,
            flags,
        })
    }
}

/// Past a field of this name, whatever it holds, and its blank.
#[inline(always)]
fn past<'a, const N: usize>(t: &'a [u8], name: &[u8; N]) -> Option<&'a [u8]> {
    let t = t.strip_prefix(name)?;
    t.get(digits::blank(t)? + 1..)
}

/// An address and its blank.
#[inline(always)]
fn address(t: &[u8]) -> Option<(Addr, &[u8])> {
    if let Some((v4, used)) = quad::read(t)
        && let Some([b' ', rest @ ..]) = t.get(used..)
    {
        return Some((Addr::from_v4(v4), rest));
    }
    let (word, rest) = word(t);
    Some((Addr::parse(word)?, rest))
}

/// A port and its blank.
#[inline(always)]
fn port(t: &[u8]) -> Option<(u16, &[u8])> {
    let (port, used) = digits::leading(t)?;
    Some((u16::try_from(port).ok()?, t.get(used..)?.strip_prefix(b" ")?))
}

/// What else may stand before `SRC=`, and whether it names a group. `TUNNEL=` follows `MAC=` on sit devices.
fn link(w: &[u8]) -> Option<bool> {
    let known =
        [&b"PHYSIN="[..], b"PHYSOUT=", b"MACSRC=", b"VPROTO=", b"VID=", b"MACPROTO=", b"TUNNEL="];
    match w.strip_prefix(b"MACDST=") {
        Some(mac) => Some(is_group_mac(mac)),
        None => known.iter().any(|k| w.starts_with(k)).then_some(false),
    }
}

/// What else may stand between `DST=` and `PROTO=`: `OPT (…)` in both, and IPv6's further headers.
fn header(w: &[u8]) -> bool {
    match w {
        [b'L', b'E', b'N', b'=', ..]
        | [b'T', b'O', b'S', b'=', ..]
        | [b'P', b'R', b'E', b'C', b'=', ..]
        | [b'T', b'T', b'L', b'=', ..]
        | [b'I', b'D', b'=' | b':', ..]
        | [b'T', b'C', b'=', ..] => true,
        b"CE" | b"DF" | b"MF" | b"OPT" | b"AH" | b"ESP" | b"(" | b")" | b"INCOMPLETE"
        | b"TRUNCATED" | b"Unknown" | b"Ext" | b"Hdr" => true,
        [b'(', ..] => w.ends_with(b")"),
        _ => {
            w.starts_with(b"HOPLIMIT=")
                || w.starts_with(b"FLOWLBL=")
                || w.starts_with(b"SPI=")
                || w.iter().all(u8::is_ascii_digit)
        }
    }
}

/// What else may follow `PROTO=`: flags, and fields of any name but those that
/// begin a packet, for newer kernels and vendors add some.
fn payload(w: &[u8]) -> bool {
    match w {
        b"CWR" | b"ECE" | b"URG" | b"PSH" | b"AE" | b"OPT" | b"INCOMPLETE" | b"TRUNCATED"
        | b"(TRUNCATED)" => true,
        [b'(', ..] => w.ends_with(b")"),
        _ => match memchr::memchr(b'=', w) {
            Some(end) => !matches!(
                w.get(..end).unwrap_or_default(),
                b"" | b"IN" | b"OUT" | b"PHYSIN" | b"PHYSOUT" | b"MAC" | b"SRC" | b"DST" | b"PROTO"
            ),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::check;
    use super::{any_stamp, fields, uptime};

    const LINKS: &[&str] = &[
        "",
        "MAC=02:00:00:00:00:01:02 ",
        "MAC= ",
        "MAC=ff:ff:ff:ff:ff:ff:02 ",
        "PHYSIN=a ",
        "MAC=1 MAC=2 ",
    ];

    const ADDRESSES: &[&str] = &[
        "192.0.2.7",
        "203.0.113.255",
        "224.0.0.1",
        "2001:db8::9",
        "ff02::1",
        "192.0.2",
        "192.0.2.07",
        "",
    ];

    const HEADERS: &[&str] = &[
        "LEN=60 TOS=0x00 PREC=0x00 TTL=114 ID=28816 ",
        "LEN=60 TOS=0x00 PREC=0x00 TTL=114 ID=28816 DF ",
        "LEN=60 TC=0 HOPLIMIT=57 FLOWLBL=0 ",
        "LEN=60 TOS=0x00 PREC=0x00 TTL=114 ID=28816 FRAG:7 ",
        "LEN=60 TOS=0x00  PREC=0x00 TTL=114 ID=28816 ",
        "LEN=60 ",
    ];

    const PAYLOADS: &[&str] = &[
        "PROTO=TCP SPT=38976 DPT=3389 WINDOW=1024 RES=0x00 SYN URGP=0",
        "PROTO=TCP SPT=38976 DPT=3389 WINDOW=1024 RES=0x00 ACK SYN URGP=0",
        "PROTO=TCP SPT=38976 DPT=3389 WINDOW=1024 RES=0x00 CWR ECE SYN URGP=0",
        "PROTO=TCP SPT=80 DPT=38976 WINDOW=1024 RES=0x00 ACK PSH FIN URGP=0 MARK=0x1",
        "PROTO=TCP SPT=38976 DPT=70000 WINDOW=1024 RES=0x00 RST URGP=0",
        "PROTO=TCP SPT=1 DPT=2 SEQ=1 ACK=0 WINDOW=1 RES=0x00 SYN URGP=0 OPT (020405B4)",
        "PROTO=UDP SPT=53 DPT=37706 LEN=100",
        "PROTO=UDP SPT=053 DPT=37706 LEN=100 ",
        "PROTO=UDP SPT=53 DPT=37706 LEN=100 SRC=198.51.100.1",
        "PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1",
        "PROTO=47",
        "PROTO=TCP INCOMPLETE [8 bytes]",
    ];

    proptest! {
        #[test]
        fn the_usual_is_what_the_words_say(
            link in 0..LINKS.len(),
            ends in (0..ADDRESSES.len(), 0..ADDRESSES.len()),
            header in 0..HEADERS.len(),
            payload in 0..PAYLOADS.len(),
            spoil in proptest::option::of((0usize..200, any::<u8>())),
        ) {
            let (from, to) = (ADDRESSES[ends.0], ADDRESSES[ends.1]);
            let (link, header, payload) = (LINKS[link], HEADERS[header], PAYLOADS[payload]);
            let text = format!("IN=eth0 OUT= {link}SRC={from} DST={to} {header}{payload}");
            let mut text = text.into_bytes();
            if let Some((at, byte)) = spoil && let Some(b) = text.get_mut(at) {
                *b = byte;
            }
            prop_assert_eq!(fields(b"[UFW BLOCK] ", &text, true), fields(b"[UFW BLOCK] ", &text, false));
        }

        #[test]
        fn a_plain_uptime_is_what_any_stamp_says(text in "[\\[<]? {0,2}[0-9]{0,8}\\.?[0-9]{0,7}\\]?[ \t]{0,2}\\[?[ A-Z]{0,3}[0-9 ]?\\]?[ -~]{0,20}") {
            if let Some(left) = uptime(text.as_bytes()) {
                prop_assert_eq!(left, any_stamp(text.as_bytes()));
            }
        }
    }

    #[test]
    fn plain() {
        check(
            "kernel",
            r#"
            [12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=0x00 PREC=0x00 TTL=240 ID=54321 DF PROTO=TCP SPT=43210 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 => Packet 203.0.113.9 43210 - > 192.0.2.7 23
            [    5.000001][  T12] [UFW BLOCK] IN=eth0 OUT=eth1 MAC= SRC=203.0.113.9 DST=192.0.2.7 LEN=60 TOS=0x08 PREC=0x20 TTL=40 ID=1 CE MF PROTO=TCP SPT=1 DPT=2 SEQ=1 ACK=0 WINDOW=1 RES=0x00 CWR ECE SYN URGP=0 OPT (020405B4) UID=0 GID=0 MARK=0x1 => Packet 203.0.113.9 1 - > 192.0.2.7 2
            <4>[5.1] nft-drop IN=eth0 OUT= MACSRC=02:00:00:00:00:02 MACDST=02:00:00:00:00:01 MACPROTO=86dd SRC=2001:0db8:0000:0000:0000:0000:0000:0007 DST=2001:0db8:0000:0000:0000:0000:0000:0001 LEN=60 TC=0 HOPLIMIT=57 FLOWLBL=123456 PROTO=TCP SPT=4444 DPT=22 WINDOW=64800 RES=0x00 SYN URGP=0 => Packet 2001:db8::7 4444 - > 2001:db8::1 22
            FINAL_REJECT: IN=eth0 OUT= PHYSIN=veth1 MAC=02 SRC=203.0.113.9 DST=192.0.2.7 LEN=57 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=UDP SPT=5353 DPT=1900 LEN=37 => Packet 203.0.113.9 5353 - > 192.0.2.7 1900
            filter_IN_public_REJECT: IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 LEN=84 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1 => Packet 203.0.113.9 - - > 192.0.2.7
            message repeated 2 times: [ [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 LEN=60 PROTO=47 ] => Packet 203.0.113.9 - - x2 > 192.0.2.7
            IN=eth0 OUT= SRC=2001:db8::7 DST=2001:db8::1 LEN=64 TC=0 HOPLIMIT=57 FLOWLBL=0 OPT ( FRAG:0 INCOMPLETE ID:0000abcd ) PROTO=ICMPv6 TYPE=128 CODE=0 ID=1 SEQ=1 => Packet 2001:db8::7 - - > 2001:db8::1
            Shorewall:net-fw:DROP:IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 LEN=60 TOS=0x00 PREC=0x00 TTL=9 ID=0 PROTO=47 => Packet 203.0.113.9 - - > 192.0.2.7
            IN_public_DROP: IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 LEN=60 PROTO=ESP SPI=0x1 NEWFIELD=7 => Packet 203.0.113.9 - - > 192.0.2.7
        "#,
        );
        check(
            "ulogd",
            r#"
            drop IN=eth0 OUT= MAC=02:00 SRC=203.0.113.9 DST=192.0.2.7 LEN=40 TOS=00 PREC=0x00 TTL=9 ID=1 PROTO=TCP SPT=1 DPT=22 SEQ=1 ACK=0 WINDOW=1 SYN URGP=0 MARK=0 => Packet 203.0.113.9 1 - > 192.0.2.7 22
        "#,
        );
    }

    #[test]
    fn what_opens_nothing_is_benign() {
        let line = |prefix: &str, link: &str, ends: &str, proto: &str| {
            let text =
                format!("{prefix}{link} {ends} LEN=40 TOS=0x00 PREC=0x00 TTL=9 ID=1 {proto}");
            super::super::rows::heard("kernel", &text).split(' ').next().unwrap().to_owned()
        };
        let (inbound, ends) = ("IN=eth0 OUT= MAC=", "SRC=203.0.113.9 DST=192.0.2.7");
        for proto in [
            "PROTO=TCP SPT=443 DPT=44444 WINDOW=0 RES=0x00 RST URGP=0",
            "PROTO=TCP SPT=9 DPT=9 WINDOW=0 RES=0x00 ACK SYN URGP=0",
            "PROTO=TCP SPT=9 DPT=9 WINDOW=0 RES=0x00 URG PSH FIN URGP=0",
            "PROTO=TCP SPT=9 DPT=9 WINDOW=0 RES=0x00 URGP=0",
            "PROTO=TCP SPT=443 DPT=44444",
            "PROTO=TCP INCOMPLETE [8 bytes]",
            "PROTO=UDP SPT=53 DPT=40000 LEN=80",
            "PROTO=ICMP TYPE=0 CODE=0 ID=1 SEQ=1",
            "PROTO=ICMP TYPE=3 CODE=4 [SRC=192.0.2.7 DST=198.51.100.2 LEN=40 PROTO=TCP INCOMPLETE [8 bytes] ] MTU=1400",
            "FRAG:185 PROTO=UDP",
        ] {
            assert_eq!(line("[UFW BLOCK] ", inbound, ends, proto), "PacketBenign", "{proto}");
        }
        let syn = "PROTO=TCP SPT=1 DPT=22 WINDOW=1 RES=0x00 SYN URGP=0";
        assert_eq!(line("[UFW BLOCK] ", "IN= OUT=eth0", ends, syn), "PacketBenign");
        assert_eq!(line("", "IN=eth0 OUT= MAC=ff:ff:ff:ff:ff:ff:02", ends, syn), "PacketBenign");
        for group in ["224.0.0.251", "239.1.1.1", "255.255.255.255", "ff02::fb"] {
            let ends = format!("SRC=192.168.0.9 DST={group}");
            assert_eq!(line("", inbound, &ends, "PROTO=UDP SPT=5353 DPT=5353"), "PacketBenign");
        }
        for allowed in [
            "[UFW ALLOW] ",
            "[UFW AUDIT] ",
            "ACCEPT ",
            "fw-pass: ",
            "[WAN_IN-20-A]",
            "TRACE: raw:PREROUTING:policy:2 ",
        ] {
            assert_eq!(line(allowed, inbound, ends, syn), "PacketAllowed", "{allowed}");
        }
        for refused in
            ["", "audit drop: ", "[WAN_IN-20-D]", "PASSWORD-GUESSERS ", "not ALLOWED, DROP: "]
        {
            assert_eq!(line(refused, inbound, ends, syn), "Packet", "{refused}");
        }
    }

    #[test]
    fn near_misses() {
        check(
            "kernel",
            r#"
            eth0: link up, IN= it goes => other
            IN=eth0 OUT= MAC= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 => quiet
            IN=eth0 OUT= SRC=203.0.113.09 DST=192.0.2.7 PROTO=2 => other
            IN=eth0 OUT= SRC=203.0.113.9 DST=host.example PROTO=2 => other
            IN=eth0 OUT= SRC=203.0.113.9 => other
            IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 PROTO=TCP SPT=99999 DPT=1 SYN => other
        "#,
        );
    }

    #[test]
    fn attacks() {
        check(
            "kernel",
            r#"
            // A late reply, our own packet, a prefix and a quoted packet.
            [UFW BLOCK] IN=eth0 OUT= MAC= SRC=203.0.113.9 DST=192.0.2.7 LEN=40 PROTO=TCP SPT=25565 DPT=443 RES=0x00 RST URGP=0 => PacketBenign 203.0.113.9 25565 - > 192.0.2.7 443
            [UFW BLOCK] IN= OUT=eth0 SRC=192.0.2.7 DST=203.0.113.9 PROTO=TCP SPT=55555 DPT=25 SYN => PacketBenign 192.0.2.7 55555 - > 203.0.113.9 25
            [x SRC=198.51.100.1 DST=192.0.2.8 ] IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 PROTO=ICMP TYPE=3 CODE=1 [SRC=192.0.2.7 DST=198.51.100.2 PROTO=TCP SPT=1 DPT=2 ] => PacketBenign 203.0.113.9 - - > 192.0.2.7
            // A whole packet as the prefix, with and without what would swallow the rest.
            IN=eth9 OUT= SRC=198.51.100.1 DST=192.0.2.8 PROTO=TCP SPT=1 DPT=2 SYN IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 PROTO=TCP SPT=3 DPT=4 SYN => Packet 203.0.113.9 3 - > 192.0.2.7 4
            IN=eth9 OUT= SRC=198.51.100.1 DST=192.0.2.8 PROTO=ICMP TYPE=8 [ X=IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 PROTO=ICMP TYPE=3 CODE=1 [SRC=192.0.2.7 DST=198.51.100.2 PROTO=2 ] => PacketBenign 203.0.113.9 - - > 192.0.2.7
            drop IN=IN= OUT=eth0 SRC=192.0.2.7 DST=203.0.113.9 PROTO=TCP SPT=55555 DPT=25 SYN => PacketBenign 192.0.2.7 55555 - > 203.0.113.9 25
            IN=eth9 OUT= SRC=198.51.100.1 DST=192.0.2.8 PROTO=2 X=IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 PROTO=TCP SPT=3 DPT=4 SYN => Packet 203.0.113.9 3 - > 192.0.2.7 4
        "#,
        );
        check(
            "myapp",
            r#"
            IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.7 PROTO=2 => other
        "#,
        );
    }
}
