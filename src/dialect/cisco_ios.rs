//! Cisco IOS, IOS XE and NX-OS: access lists and the zone-based firewall.
//!
//! "Cisco IOS System Messages" and "ACL logging" (IOS 12 to 15, IOS XE 16 to 17, NX-OS 6 to 10):
//! SEC-6-IPACCESSLOGP, -DP, -NP, -RP, -S, IPV6_ACL-6-ACCESSLOGP, FW-6-DROP_PKT, ACLLOG. The sender
//! stands first; the interface it came by may follow in parentheses. Flags are not logged. The
//! count of packets is that of an interval; a line tells of one at least.

use super::act::Act;
use super::mention::{Words, bracketed, peer};
use super::packet::{Did, Seen, Way, service};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "cisco_ios",
    title: "Cisco IOS 12 to 15, IOS XE 16 to 17, NX-OS 6 to 10",
    family: Family::Firewall,
    programs: &[
        "%SEC-*",
        "%IPV6_ACL-*",
        "%IPV6-*",
        "%FW-*",
        "%ACLLOG-*",
        "%FMANFP-*",
        "%SYS-*",
        "%SEC_LOGIN-*",
        "%LOGIN-*",
        "%DMI-*",
        "%NDBMAN-*",
        "%AUTHPRIV-*",
        "%AUTH-*",
        "%DAEMON-*",
        "%VSHD-*",
        "%SSH-*",
        "%SSHD-*",
        "%AAA-*",
        "%TCP-*",
        "%CRYPTO-*",
        "%IKEV2-*",
        "%SNMP-*",
        "%IDS-*",
        "%IPS-*",
        "%IOSXE-*",
        "%HTTP*",
        "%WEBSERVER-*",
        "%IOX-*",
        "%UTM*",
        "%IPSEC-*",
        "%SECURITY-*",
    ],
    bare: &[],
    example: "Jun 12 2026 08:58:35 gw : %SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.9(43210) -> 192.0.2.7(23), 1 packet",
    document: "https://www.cisco.com/c/en/us/td/docs/ios/system/messages/guide/sm_cnovr.html",
    grammar: messages! {
        "access-list" "list " "list %s %s %s %i(%d) -> %i(%d), %d packet" "SEC-6-IPACCESSLOGP, IPACCESSLOGDP, IPACCESSLOGNP, IPV6_ACL-6-ACCESSLOGP" |m| Said::one(list(m));
        "zone" "Dropping " "Dropping %s session %i:%d %i:%d on zone-pair %s class %s due to %s with ip ident %d" "FW-6-DROP_PKT" |m| Said::one(zone(m));
        "acllog" "Src IP: " "Src IP: %s, Dst IP: %s, Src Port: %d, Dst Port: %d, Src Intf: %s, Protocol: \"%s\"(%d), …, ACE Action: %s, …" "ACLLOG-5-ACLLOG_FLOW_INTERVAL" |m| Said::one(acllog(m));
        "mention" "" "… [user: %s] [Source: %i] [localport: %d] …" "SEC_LOGIN-4-LOGIN_FAILED, -5-LOGIN_SUCCESS, SYS-5-CONFIG_I, SYS-6-LOGOUT, DMI-5-AUTH_PASSED, SSH-5-SSH2_SESSION, AUTHPRIV-3-SYSTEM_MSG and others that name a peer" |m| Said::one(mention(m));
    },
    trim: untrimmed,
};

/// `203.0.113.9(4711)` or an address alone, its port, and the rest past an interface in parentheses.
fn end(i: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let i = i.trim_ascii_start();
    let stop = i.iter().position(|b| matches!(b, b' ' | b'(' | b',')).unwrap_or(i.len());
    let (addr, mut rest) = i.split_at(stop);
    let mut port = &[][..];
    if let Some(inner) = rest.strip_prefix(b"(") {
        let close = memchr::memchr(b')', inner)?;
        (port, rest) = (inner.get(..close)?, inner.get(close + 1..)?);
    }
    if let Some(inner) = rest.strip_prefix(b" (") {
        let close = memchr::memchr(b')', inner)?;
        // `(8/0)` after the receiver is ICMP's type and code.
        if memchr::memchr(b'/', inner.get(..close)?).is_none()
            || inner.first()?.is_ascii_alphabetic()
        {
            rest = inner.get(close + 1..)?;
        }
    }
    Some((addr, port, rest))
}

fn list(m: &[u8]) -> Option<Act<'_>> {
    let mut words = m.strip_prefix(b"list ")?.splitn(4, |b| *b == b' ');
    let (_, did, protocol, rest) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let did = match did {
        b"denied" => Did::Refused,
        b"permitted" => Did::Allowed,
        _ => return None,
    };
    if Addr::parse(protocol).is_some() {
        // A standard list knows the sender alone.
        return Some(Seen::ends(protocol, b"", b"", b"")?.judged(did, Way::Untold).act());
    }
    let (source, from, rest) = end(rest)?;
    let (destination, to, rest) = end(rest.trim_ascii_start().strip_prefix(b"->")?)?;
    let echo = find(rest, b"(8/0)").is_some() || find(rest, b"(128/0)").is_some();
    let mut seen = Seen::ends(source, b"", destination, b"")?;
    seen.destination?;
    (seen.from, seen.to) = (service(from), service(to));
    Some(seen.carrying(protocol).echo(echo).judged(did, Way::Untold).act())
}

/// The pair's name says where from and where to: `outside-inside`, `ZP_OUT_SELF`.
fn zone(m: &[u8]) -> Option<Act<'_>> {
    let rest = m.strip_prefix(b"Dropping ")?;
    let (protocol, rest) = rest.split_at(find(rest, b" session ")?);
    let mut words = rest.get(9..)?.split(|b| *b == b' ');
    let (source, destination) = (words.next()?, words.next()?);
    let cut = |w: &'_ [u8]| memchr::memrchr(b':', w);
    let (a, b) = (cut(source)?, cut(destination)?);
    let seen = Seen::ends(
        source.get(..a)?,
        source.get(a + 1..)?,
        destination.get(..b)?,
        destination.get(b + 1..)?,
    )?;
    let reply = [&b"Stray Segment"[..], b"Invalid ", b"RST inside", b"Out-Of-Order"];
    let did = if reply.iter().any(|w| find(m, w).is_some()) { Did::Noted } else { Did::Refused };
    Some(seen.carrying(protocol).echo(false).judged(did, Way::Untold).act())
}

fn acllog(m: &[u8]) -> Option<Act<'_>> {
    let value = |name: &[u8]| {
        let at = find(m, name)?;
        m.get(at + name.len()..)?.split(|b| *b == b',').next()
    };
    let protocol = value(b"Protocol: \"")?.split(|b| *b == b'"').next()?;
    let did = match value(b"ACE Action: ") {
        Some(b"Deny") => Did::Refused,
        Some(b"Permit") => Did::Allowed,
        _ => Did::Noted,
    };
    let seen = Seen::ends(
        value(b"Src IP: ")?,
        value(b"Src Port: ")?,
        value(b"Dst IP: ")?,
        value(b"Dst Port: ")?,
    )?;
    Some(seen.carrying(protocol).judged(did, Way::Untold).act())
}

/// Logins and sessions at the device: `[Source: A]`, `from A`, `on vty0 (A)`.
fn mention(m: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] = &[
        ("[Source: ", ""),
        ("from ", "to "),
        ("srcip ", ""),
        ("src_addr=", ""),
        ("source ", "destination "),
        ("from ", ""),
        ("peer ", ""),
        ("by user", ""),
    ];
    if let Some(seen) = peer(m, WORDS) {
        let at = find(m, b"[localport: ").map(|at| at + 12);
        let port = at.and_then(|at| m.get(at..)?.split(|b| *b == b']').next());
        return Some(Seen { to: seen.to.or(port.and_then(service)), ..seen }.act());
    }
    // NX-OS: `by NAME on A@pts/0`.
    let source = bracketed(m).or_else(|| {
        let at = find(m, b"@pts/")?;
        Addr::parse(m.get(..at)?.rsplit(|b| *b == b' ').next()?)
    })?;
    Some(Seen { source: Some(source), ..Seen::default() }.act())
}
