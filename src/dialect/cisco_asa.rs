//! Cisco's firewalls: PIX, ASA, and FTD with its connection events.
//!
//! "Cisco Secure Firewall ASA Series Syslog Messages" and "Cisco Secure Firewall Threat Defense
//! Syslog Messages" (ASA 7.0 to 9.22, FTD 6.2 to 7.6), by message number. Who is who differs:
//! 106001, 106006 and their like name the sender first; 302013 and 302015 name the *foreign* host
//! first, so that in an `outbound` connection the initiator stands second. 106016, 106017, 106021
//! and 106022 say that the source is forged: they accuse nobody. Identity-firewall names stand
//! in parentheses after an address; FTD's events hold the far end's URLs, user agents and names.

use super::act::Act;
use super::fields::{Style, keyed};
use super::mention::{Words, peer, spot, turned};
use super::packet::{Did, Flags, Seen, Way, service};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "cisco_asa",
    title: "Cisco PIX 6 and 7, ASA 7.0 to 9.22, FTD 6.2 to 7.6",
    family: Family::Firewall,
    programs: &["%ASA-*", "%PIX-*", "%FTD-*", "%NGIPS-*", "%FWSM-*"],
    bare: &[],
    example: r#"Jun 12 2026 08:58:35 fw : %ASA-4-106023: Deny tcp src outside:203.0.113.9/43210 dst inside:192.0.2.7/23 by access-group "outside_in" [0x8ed66b60, 0xf8852875]"#,
    document: "https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/b_syslog.html",
    grammar: messages! {
        "denied-by-acl" "Deny " "Deny %s src %s:%s/%d dst %s:%s/%d by access-group \"%s\"" "106023, 106010, 106011, 106014" |m| Said::one(deny(m));
        "denied-inbound" "Inbound TCP connection denied from " "Inbound TCP connection denied from %s/%d to %s/%d flags %s on interface %s" "106001" |m| Said::one(from_to(m, b"tcp", Did::Refused));
        "acl-logged" "access-list " "access-list %s denied %s %s/%s(%d) -> %s/%s(%d) hit-cnt %d first hit" "106100, 106102, 106103" |m| Said::one(access_list(m));
        "tcp-to-the-box" "TCP " "TCP access denied by ACL from %s/%d to %s:%s/%s" "710002, 710003, 710005" |m| Said::one(to_the_box(m, b"tcp"));
        "udp-to-the-box" "UDP " "UDP request discarded from %s/%d to %s:%s/%s" "710002, 710003, 710005" |m| Said::one(to_the_box(m, b"udp"));
        "icmp-to-the-box" "Denied ICMP type=" "Denied ICMP type=%d, code=%d from %s on interface %s" "313001, 313004" |m| Said::one(icmp_to_the_box(m));
        "icmp-error" "No matching connection for ICMP error message: " "No matching connection for ICMP error message: icmp src %s:%s dst %s:%s (type %d, code %d) on %s interface" "313005" |m| Said::one(icmp_error(m));
        "echo-to-pat" "Dropping echo request from " "Dropping echo request from %s to PAT address %s" "106013" |m| Said::one(echo_to_pat(m));
        "built" "Built " "Built %s %s connection %d for %s:%s/%d (%s/%d) to %s:%s/%d (%s/%d)" "302013, 302015, 302020, 305011" |m| Said::one(built(m));
        "teardown" "Teardown " "Teardown %s connection %d for %s:%s/%d to %s:%s/%d duration %s bytes %d" "302014, 302016, 302021, 305012" |m| Said::one(teardown(m));
        "login" "Login " "Login denied from %s/%d to %s:%s/%s for user \"%s\"" "605004, 605005" |m| Said::one(from_to(m, b"tcp", Did::Noted));
        "shunned" "Shunned packet: " "Shunned packet: %s ==> %s on interface %s" "401004" |m| Said::one(shunned(m));
        "event-source" "SrcIP: " "SrcIP: %s, DstIP: %s, SrcPort: %d, DstPort: %d, Protocol: %s, …" "430001 to 430005" |m| Said::one(event(m));
        "event" "" "…, AccessControlRuleAction: %s, SrcIP: %s, DstIP: %s, SrcPort: %d, DstPort: %d, Protocol: %s, …" "430001 to 430005" |m| Said::one(event(m));
        "mention" "" "Group <%s> User <%s> IP <%s> …" "113005, 113015, 113039, 304001, 722033, 725001 and others that name a peer" |m| Said::one(mention(m));
    },
    trim: untrimmed,
};

/// One end: `outside:203.0.113.9/4711(user)`, `203.0.113.9/4711`, `outside/203.0.113.9(4711)`.
#[derive(Clone, Copy, Default)]
struct End<'a> {
    interface: &'a [u8],
    addr: &'a [u8],
    port: &'a [u8],
}

/// The end at the start of a text, and what follows it, past what is in parentheses.
fn end(i: &[u8]) -> Option<(End<'_>, &[u8])> {
    let i = i.trim_ascii_start();
    let stop = i.iter().position(|b| matches!(b, b' ' | b'(' | b',' | b';')).unwrap_or(i.len());
    let (word, mut rest) = i.split_at(stop);
    let mut e = End::default();
    let mut host = word;
    if let Some(slash) = memchr::memrchr(b'/', word) {
        let (head, tail) = (word.get(..slash)?, word.get(slash + 1..)?);
        if Addr::parse(tail).is_some() {
            // 106100: `outside/203.0.113.9(4711)`.
            (e.interface, host) = (head, tail);
            let inner = rest.strip_prefix(b"(")?;
            let close = memchr::memchr(b')', inner)?;
            e.port = inner.get(..close)?;
            rest = inner.get(close + 1..)?;
        } else {
            (host, e.port) = (head, tail);
        }
    }
    if Addr::parse(host).is_none()
        && let Some(colon) = memchr::memchr(b':', host)
    {
        (e.interface, host) = (host.get(..colon)?, host.get(colon + 1..)?);
    }
    e.addr = host;
    // `(LOCAL\user)`, `(9999:tag)`; never `(type 8, code 0)`, which a blank precedes.
    while let Some(inner) = rest.strip_prefix(b"(") {
        rest = inner.get(memchr::memchr(b')', inner)? + 1..)?;
    }
    Some((e, rest))
}

/// Past a word that must follow, with blanks around it.
fn past<'a>(i: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    i.trim_ascii_start().strip_prefix(word)
}

fn seen(source: End<'_>, destination: End<'_>) -> Option<Seen> {
    let mut seen = Seen::ends(source.addr, b"", destination.addr, b"")?;
    (seen.from, seen.to) = (service(source.port), service(destination.port));
    Some(seen)
}

/// `type 8` or `type=8` as a request for an echo.
fn asks_echo(i: &[u8]) -> bool {
    [&b"(type 8,"[..], b"type=8,"].iter().any(|t| find(i, t).is_some())
}

/// What stands after ` flags `, up to ` on interface `, and the interface's name.
fn flags_and_interface(i: &[u8]) -> (Option<Flags>, &[u8]) {
    let on = b" on interface ";
    let (head, interface) = match find(i, on) {
        Some(at) => (i.get(..at).unwrap_or_default(), i.get(at + on.len()..).unwrap_or_default()),
        None => (i, &[][..]),
    };
    let flags = past(head, b"flags ").map(Flags::words);
    (flags, interface)
}

/// `Deny …`: by an access list, for want of a connection, or as forged.
fn deny<'a>(m: &'a [u8]) -> Option<Act<'a>> {
    let i = m.strip_prefix(b"Deny ")?;
    if let Some(i) = i.strip_prefix(b"TCP (no connection) ") {
        return from_to(i, b"tcp", Did::Refused);
    }
    let forged = [&b"IP spoof "[..], b"IP due to Land Attack ", b"IP teardrop fragment "];
    if forged.iter().any(|f| i.starts_with(f)) {
        return forgery(i);
    }
    let (inbound, i) = match i.strip_prefix(b"inbound ") {
        Some(i) => (true, i.strip_prefix(b"(No xlate) ").unwrap_or(i)),
        None => (false, i),
    };
    let blank = memchr::memchr(b' ', i)?;
    let (protocol, rest) = i.split_at(blank);
    if rest.starts_with(b" reverse path check ") || rest.starts_with(b" connection spoof ") {
        return forgery(rest);
    }
    // `Deny protocol 47 src …` where it has no name.
    let (protocol, rest) = match past(rest, b"src ") {
        Some(_) => (protocol, rest),
        None if protocol == b"protocol" => {
            let rest = rest.trim_ascii_start();
            rest.split_at(memchr::memchr(b' ', rest)?)
        }
        None => return from_to(rest, protocol, Did::Refused),
    };
    let (source, rest) = end(past(rest, b"src ")?)?;
    let (destination, _) = end(past(rest, b"dst ")?)?;
    let way = if inbound { Way::In } else { Way::between(source.interface, destination.interface) };
    Some(
        seen(source, destination)?
            .carrying(protocol)
            .echo(asks_echo(m))
            .judged(Did::Refused, way)
            .act(),
    )
}

/// `[from] A/p to B/p [flags …] [on interface …]`.
fn from_to<'a>(i: &'a [u8], protocol: &[u8], did: Did) -> Option<Act<'a>> {
    let head = [
        &b"Inbound TCP connection denied from "[..],
        b"Login denied from ",
        b"Login permitted from ",
    ];
    let i = head.iter().find_map(|h| i.strip_prefix(*h)).or_else(|| past(i, b"from "))?;
    let (source, rest) = end(i)?;
    let (destination, rest) = end(past(rest, b"to ")?)?;
    let (flags, interface) = flags_and_interface(rest);
    // 106007: an answer of a name server that came too late.
    let did = if past(rest, b"due to DNS Response").is_some() { Did::Noted } else { did };
    let way = Way::between(interface, destination.interface);
    Some(seen(source, destination)?.carrying(protocol).flags(flags).judged(did, way).act())
}

/// A packet whose source the firewall itself calls forged: it names our end, and nobody at the other.
fn forgery(i: &[u8]) -> Option<Act<'_>> {
    let from = find(i, b" from (").map(|at| at + 7).or(find(i, b" from ").map(|at| at + 6));
    let i = i.get(from?..)?;
    let (source, rest) = i.split_at(i.iter().position(|b| matches!(b, b' ' | b')'))?);
    let source = End { addr: source, ..End::default() };
    let (destination, _) = end(past(rest.strip_prefix(b")").unwrap_or(rest), b"to ")?)?;
    Some(seen(source, destination)?.judged(Did::Noted, Way::Untold).act())
}

/// 106100 and its kin: one line for the first of many, then one an interval.
fn access_list(m: &[u8]) -> Option<Act<'_>> {
    let mut words = m.strip_prefix(b"access-list ")?.splitn(4, |b| *b == b' ');
    let (_, did, protocol, mut rest) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if let Some(user) = rest.strip_prefix(b"for user ") {
        // The name is the far end's, and holds no blank.
        rest = user.get(memchr::memchr(b' ', user)? + 1..)?;
    }
    let (source, rest) = end(rest)?;
    let (destination, _) = end(past(rest, b"->")?)?;
    let way = Way::between(source.interface, destination.interface);
    // An ICMP type stands where a port does.
    let echo = source.port == b"8" || destination.port == b"8";
    Some(seen(source, destination)?.carrying(protocol).echo(echo).judged(Did::of(did), way).act())
}

fn to_the_box<'a>(m: &'a [u8], protocol: &[u8]) -> Option<Act<'a>> {
    let i = m.get(protocol.len() + 1..)?;
    let heads = [
        (&b"access denied by ACL from "[..], Did::Refused),
        (b"request discarded from ", Did::Refused),
        (b"access permitted from ", Did::Allowed),
        (b"access requested from ", Did::Noted),
    ];
    let (i, did) = heads.iter().find_map(|(h, did)| Some((i.strip_prefix(*h)?, *did)))?;
    let (source, rest) = end(i)?;
    let (destination, _) = end(past(rest, b"to ")?)?;
    let way = Way::between(destination.interface, b"");
    Some(seen(source, destination)?.carrying(protocol).judged(did, way).act())
}

fn icmp_to_the_box(m: &[u8]) -> Option<Act<'_>> {
    let i = m.strip_prefix(b"Denied ICMP type=")?;
    let i = i.get(find(i, b" from ")? + 6..)?;
    let (source, rest) = end(i.strip_prefix(b"laddr ").unwrap_or(i))?;
    let interface = past(rest, b"on interface ")?;
    let stop = memchr::memchr(b' ', interface).unwrap_or(interface.len());
    let (interface, rest) = interface.split_at(stop);
    let to = past(rest, b"to ").unwrap_or_default();
    let destination =
        End { addr: to.split(|b| *b == b':').next().unwrap_or_default(), ..End::default() };
    let echo = m.starts_with(b"Denied ICMP type=8,") && find(m, b"no matching session").is_none();
    let way = Way::between(interface, b"");
    Some(seen(source, destination)?.carrying(b"icmp").echo(echo).judged(Did::Refused, way).act())
}

fn icmp_error(m: &[u8]) -> Option<Act<'_>> {
    let i = m.get(find(m, b": icmp src ")? + 11..)?;
    let (source, rest) = end(i)?;
    let (destination, _) = end(past(rest, b"dst ")?)?;
    Some(seen(source, destination)?.carrying(b"icmp").judged(Did::Refused, Way::Untold).act())
}

fn echo_to_pat(m: &[u8]) -> Option<Act<'_>> {
    let (source, rest) = end(m.strip_prefix(b"Dropping echo request from ")?)?;
    let (destination, _) = end(past(rest, b"to PAT address ")?)?;
    Some(
        seen(source, destination)?.carrying(b"icmp").echo(true).judged(Did::Refused, Way::In).act(),
    )
}

/// A connection: the foreign host stands first, whoever began it. A translation: our host first.
fn built(m: &[u8]) -> Option<Act<'_>> {
    let i = m.strip_prefix(b"Built ")?;
    let outbound = i.starts_with(b"outbound ");
    let mut words = i.splitn(3, |b| *b == b' ');
    let (_, protocol) = (words.next()?, words.next()?);
    let (first, second) = both(i)?;
    let (source, destination) = if outbound { (second, first) } else { (first, second) };
    Some(seen(source, destination)?.carrying(protocol).judged(Did::Allowed, Way::Untold).act())
}

fn teardown(m: &[u8]) -> Option<Act<'_>> {
    let i = m.strip_prefix(b"Teardown ")?;
    let words = i.split(|b| *b == b' ').find(|w| !matches!(*w, b"dynamic" | b"static" | b"Probe"));
    let (first, second) = both(i)?;
    // Of ICMP the end that asked has the number of the query, and the other none.
    let asked = find(i, b" faddr ").is_some() && first.port == b"0" && second.port != b"0";
    let (first, second) = if asked { (second, first) } else { (first, second) };
    Some(seen(first, second)?.carrying(words?).judged(Did::Allowed, Way::Untold).act())
}

/// `… for A (…) to B`, `… from A to B`, `… faddr A gaddr … laddr B`.
fn both(i: &[u8]) -> Option<(End<'_>, End<'_>)> {
    if let Some(at) = find(i, b" faddr ") {
        let (first, rest) = end(i.get(at + 7..)?)?;
        let local = find(rest, b"laddr ")?;
        return Some((first, end(rest.get(local + 6..)?)?.0));
    }
    let at = [&b" for "[..], b" from "].iter().find_map(|w| Some(find(i, w)? + w.len()))?;
    let (first, rest) = end(i.get(at..)?)?;
    // The translated address stands in parentheses after a blank.
    let rest = match past(rest, b"(") {
        Some(inner) => inner.get(memchr::memchr(b')', inner)? + 1..)?,
        None => rest,
    };
    let at = find(rest, b"to ")?;
    Some((first, end(rest.get(at + 3..)?)?.0))
}

fn shunned(m: &[u8]) -> Option<Act<'_>> {
    let (source, rest) = end(m.strip_prefix(b"Shunned packet: ")?)?;
    let (destination, rest) = end(past(rest, b"==>")?)?;
    let (_, interface) = flags_and_interface(rest);
    let way = Way::between(interface, b"");
    Some(seen(source, destination)?.judged(Did::Refused, way).act())
}

/// FTD's events. Of an intrusion (430001) or file (430004, 430005) the source is not who began it.
fn event(m: &[u8]) -> Option<Act<'_>> {
    find(m, b"SrcIP: ")?;
    let [source, destination, from, to, protocol, action, inner, outer, icmp] = keyed(
        m,
        Style::Comma,
        [
            "!SrcIP",
            "!DstIP",
            "SrcPort",
            "DstPort",
            "Protocol",
            "AccessControlRuleAction",
            "IngressZone",
            "EgressZone",
            "ICMPType",
        ],
    )?;
    let did = match action {
        b"Block" | b"Block with reset" => Did::Refused,
        b"Allow" | b"Trust" | b"Fastpath" => Did::Allowed,
        _ => Did::Noted,
    };
    let echo = icmp.starts_with(b"Echo Request") || icmp == b"8";
    let ends = Seen::ends(source, from, destination, to)?;
    Some(ends.carrying(protocol).echo(echo).judged(did, Way::between(inner, outer)).act())
}

/// Tunnels, logins, URLs: messages that name a peer and refuse no packet.
fn mention(m: &[u8]) -> Option<Act<'_>> {
    // What the device says of a session's peer, before what it says of a packet.
    const FIRST: &[Words] = &[
        ("Connection from ", ""),
        ("IP <", ""),
        ("user IP = ", ""),
        ("IP = ", ""),
        ("IP address: ", ""),
        ("IP Address: ", ""),
    ];
    const BOTH: &[Words] = &[
        ("src ", "dst "),
        ("src ", "dest "),
        ("SRC ", "DEST "),
        ("src = ", "dest = "),
        ("from ", "to "),
        ("for ", "to "),
        ("with client ", "to "),
        ("client ", "to "),
        ("faddr ", "laddr "),
    ];
    const LAST: &[Words] = &[
        ("with client ", ""),
        ("for client ", ""),
        ("client ", ""),
        ("Addr ", ""),
        ("src_addr=", ""),
        ("SRC ", ""),
        ("src ", ""),
        ("Assigned IP=", ""),
        ("from IP ", ""),
        ("from host ", ""),
        ("from ", ""),
        ("Begin configuration: ", ""),
        ("Shun added: ", ""),
        ("Shun deleted: ", ""),
        ("local-host ", ""),
        ("Object ", ""),
        ("adds host ", ""),
        ("removes host ", ""),
        ("mapping ", ""),
        ("faddr ", ""),
        ("peer ", ""),
        ("IP ", ""),
        ("host ", ""),
    ];
    // Ours stands first: `Local:A:p Remote:B:p`, `between A and B`.
    const TURNED: &[Words] = &[("Local:", "Remote:"), ("between ", "and ")];
    if let Some(at) = find(m, b" Accessed ") {
        return accessed(m, at);
    }
    let seen = peer(m, FIRST)
        .or_else(|| peer(m, TURNED).map(turned))
        .or_else(|| peer(m, BOTH))
        .or_else(|| peer(m, LAST))?;
    Some(seen.act())
}

/// 304001: `user@A Accessed URL B:url`.
fn accessed(m: &[u8], at: usize) -> Option<Act<'_>> {
    let (source, from, _) = spot(m.get(..at)?.rsplit(|b| *b == b' ').next()?)?;
    let rest = m.get(at + 10..)?;
    let place = rest.get(find(rest, b"URL ")? + 4..)?;
    let host = place.get(..place.iter().position(|b| b":/ ".contains(b)).unwrap_or(place.len()))?;
    let place = place.get(memchr::memrchr(b'@', host).map_or(0, |at| at + 1)..)?;
    let host = place.split(|b| matches!(b, b':' | b' ' | b'(')).next()?;
    let (source, destination) = (Some(source), Addr::parse(host));
    Some(Seen { source, from, destination, ..Seen::default() }.act())
}
