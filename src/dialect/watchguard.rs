//! WatchGuard Firebox (Fireware): traffic logs.
//!
//! "Fireware Log Catalog" (11.4 to 12.11): `msg_id`, Allow or Deny, the interface or zone it came
//! by, the one it went to, a length, the protocol, header length and hops, both ends, their ports.
//! Only the packet filter's own messages (`3000-…`) are of opening packets: what a proxy denies
//! (`1AFF-…`, `1BFF-…`) had been let in. What stands after the ends is the far end's.

use nom::branch::alt;
use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::combinator::{eof, map_opt, rest as rest_of};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::packet::{Did, Flags, Seen, Way};
use super::parts::{every_cut, find};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "watchguard",
    title: "WatchGuard Firebox (Fireware 11.4 to 12.11)",
    family: Family::Firewall,
    programs: &["", "firewall", "http-proxy", "https-proxy", "smtp-proxy", "dns-proxy"],
    bare: &[],
    example: r#"Jun 12 08:58:35 fw FVE0000000000 (2026-06-12T06:58:35) firewall: msg_id="3000-0148" Deny 0-External Firebox 52 tcp 20 113 203.0.113.9 192.0.2.7 43210 22 offset 8 S 2982213793 win 2105 (Unhandled External Packet-00)"#,
    document: "https://www.watchguard.com/help/docs/fireware/12/en-US/log_catalog/",
    grammar: messages! {
        "traffic" "" "%s (%s) firewall: msg_id=\"%s\" %s %s %s %d %s %d %d %s %s %d %d …" "Fireware, traffic logs" |m| Said::one(traffic(m));
        "event" "" "%s (%s) firewall: msg_id=\"%s\" %s from %s …" "Fireware, alarm and event logs" event;
    },
    trim: untrimmed,
};

/// What a login, an alarm or a session says of a peer: `… from ADDRESS …`, or `… host ADDRESS (…`.
/// Names of accounts stand before it in brackets, so every cut is tried; it tells of no packet that
/// a rule refused.
fn event(m: &[u8]) -> Said<'_> {
    const WORDS: [&str; 10] = [
        " from ",
        " blocking host ",
        " Source IP: ",
        " ip=",
        " peer ",
        " oldest entry ",
        " agent at ",
        " Server at ",
        " Balance Server ",
        " src=",
    ];
    let Some(at) = find(m, b"msg_id=\"") else { return Said::No };
    let (head, rest) = m.split_at(at);
    if !head.is_empty() && !head.ends_with(b": ") {
        return Said::No;
    }
    let address = take_while1(|b: u8| b.is_ascii_hexdigit() || b".:".contains(&b));
    let ends = |b: u8| b" ,(".contains(&b);
    let ends = alt((eof, take_while_m_n(1, 1, ends)));
    // A full stop may end the sentence.
    let parse = |w: &[u8]| Addr::parse(w.strip_suffix(b".").unwrap_or(w));
    let mut line = (map_opt(address, parse), ends, rest_of);
    let mut tail = |i| -> IResult<&[u8], Addr> { line.parse(i).map(|(i, (a, ..))| (i, a)) };
    let mut said = Said::No;
    for word in WORDS {
        said = said.or_else(|| {
            every_cut(rest, word, &mut tail, |_, source| {
                Act::new(Kind::FirewallContext).by(Some(source), None)
            })
        });
    }
    said
}

/// A list of tokens from which at most the first dozen are read: after the ends comes others' text.
const HEAD: usize = 16;

fn traffic(m: &[u8]) -> Option<Act<'_>> {
    // A device's serial number and its own time may stand before the process's name.
    let at = find(m, b"msg_id=\"")?;
    let head = m.get(..at)?;
    (head.is_empty() || head.ends_with(b": ")).then_some(())?;
    let rest = m.get(at + 8..)?;
    let (id, rest) = rest.split_at(memchr::memchr(b'"', rest)?);
    // A proxy's line that names another pair of ends, of a control connection or a tunnel.
    let twofold = [&b" ctl_src=\""[..], b" port=\""].iter().any(|w| find(rest, w).is_some());
    let mut words = rest.get(1..)?.split(|b| *b == b' ').filter(|w| !w.is_empty()).take(HEAD);
    let did = match words.next()? {
        b"Deny" => Did::Refused,
        b"Allow" => Did::Allowed,
        _ => return None,
    };
    let did =
        if twofold || did == Did::Refused && !id.starts_with(b"3000-") { Did::Noted } else { did };
    let (inner, outer) = (words.next()?, words.next()?);
    let mut protocol = words.next()?;
    let digits = |w: &[u8]| w.iter().all(u8::is_ascii_digit);
    let mut way = Way::between(inner, outer);
    if digits(protocol) {
        protocol = words.next()?;
    }
    let mut source = words.next()?;
    // A length, hops; and where an interface's name holds a blank, nobody knows which is which.
    while Addr::parse(source).is_none() {
        if !digits(source) {
            (way, protocol) = (Way::Out, source);
        }
        source = words.next()?;
    }
    Addr::parse(source)?;
    let destination = words.next()?;
    let ports = |w: Option<&'_ [u8]>| w.is_some_and(digits);
    let (first, second) = (words.next(), words.next());
    let numbered = ports(first) && ports(second);
    let (from, to) = if numbered { (first?, second?) } else { (&[][..], &[][..]) };
    let mut seen = Seen::ends(source, from, destination, to)?.carrying(protocol);
    seen.destination?;
    // `offset 8 S 2982213793 win 2105`.
    if let (Some(b"offset"), Some(_), Some(flags)) = (words.next(), words.next(), words.next()) {
        seen = seen.flags(Some(Flags::letters(flags)));
    }
    Some(seen.echo(from == b"8").judged(did, way).act())
}
