//! ipfw's log: FreeBSD, and macOS up to 10.9.
//!
//! `sys/netpfil/ipfw/ip_fw_log.c`, `ipfw_log()` (FreeBSD 4 to 14): rule, action, protocol,
//! sender, receiver, `in` or `out`, `via` an interface. TCP's flags are not logged, so a packet
//! from a service's port to a client's is taken for an answer. All is the kernel's own text.

use super::act::Act;
use super::packet::{Carries, Did, Seen, Way, port};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "ipfw",
    title: "ipfw (FreeBSD 4 to 14, macOS up to 10.9)",
    family: Family::Firewall,
    programs: &["kernel", "ipfw"],
    bare: &[],
    example: "Jun 12 08:58:35 fw kernel: ipfw: 65000 Deny TCP 203.0.113.9:43210 192.0.2.7:22 in via em0",
    document: "https://man.freebsd.org/cgi/man.cgi?query=ipfw&sektion=8",
    grammar: messages! {
        "packet" "ipfw: " "ipfw: %d %s %s %s:%d %s:%d %s via %s" "ip_fw_log.c, ipfw_log()" |m| Said::one(packet(m));
    },
    trim: untrimmed,
};

/// `203.0.113.9:4711`, `[2001:db8::9]:4711`, or an address alone.
fn end(word: &[u8]) -> Option<(Addr, Option<u16>)> {
    if let Some(a) = Addr::parse(word) {
        return Some((a, None));
    }
    let colon = memchr::memrchr(b':', word)?;
    let (host, tail) = word.split_at(colon);
    let bare = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
    Some((Addr::parse(bare)?, port(tail.get(1..)?)))
}

fn packet(m: &[u8]) -> Option<Act<'_>> {
    let mut words = m.strip_prefix(b"ipfw: ")?.split(|b| *b == b' ').filter(|w| !w.is_empty());
    words.next()?.iter().all(u8::is_ascii_digit).then_some(())?;
    let did = match words.next()? {
        b"Deny" | b"Reject" | b"Reset" | b"Unreach" | b"Abort" => Did::Refused,
        b"Accept" | b"Count" | b"Allow" | b"Divert" | b"Tee" | b"SkipTo" | b"Nat" => Did::Allowed,
        _ => return None,
    };
    // `Unreach 13`, `Divert 8668`: the action's own number.
    let mut protocol = words.next()?;
    if protocol.iter().all(u8::is_ascii_digit) {
        protocol = words.next()?;
    }
    let ((source, from), (destination, to)) = (end(words.next()?)?, end(words.next()?)?);
    let way = match words.next()? {
        b"in" => Way::In,
        b"out" => Way::Out,
        _ => return None,
    };
    // `ICMP:8.0`, `ICMPv6:128.0`: type and code.
    let (name, detail) = match memchr::memchr(b':', protocol) {
        Some(at) => protocol.split_at(at),
        None => (protocol, &[][..]),
    };
    let carries = match name {
        b"P" => Carries::Other,
        name => Carries::of(name),
    };
    let echo = detail.starts_with(b":8.") || detail.starts_with(b":128.");
    let seen =
        Seen { source: Some(source), from, destination: Some(destination), to, carries, did, way };
    Some(seen.echo(echo).act())
}
