//! Cisco Meraki MX: flows and firewall rules.
//!
//! "Syslog Server Overview and Configuration" (MX 9 to 19): `flows`, and since MX18.101 `firewall`,
//! `vpn_firewall`, `cellular_firewall`. `pattern: allow …` or `deny …`; of inbound rules 0 is allow
//! and 1 is deny. A line of an inbound rule has no `mac`, since the sender is not on our side.

use super::act::Act;
use super::fields::{Style, keyed};
use super::mention::{Words, peer};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "meraki",
    title: "Cisco Meraki MX 9 to 19",
    family: Family::Firewall,
    programs: &[""],
    bare: &[Format::Epoch],
    example: "<134>1 1781247515.886213117 MX60 flows src=203.0.113.9 dst=192.0.2.7 protocol=udp sport=13943 dport=16329 pattern: 1 all",
    document: "https://documentation.meraki.com/General_Administration/Monitoring_and_Reporting/Syslog_Server_Overview_and_Configuration",
    grammar: messages! {
        "flows" "flows " "flows src=%s dst=%s mac=%s protocol=%s sport=%d dport=%d pattern: %s" "MX before 18.101" |m| Said::one(flow(m));
        "firewall" "firewall " "firewall src=%s dst=%s mac=%s protocol=%s sport=%d dport=%d pattern: %s" "MX since 18.101" |m| Said::one(flow(m));
        "events" "events " "events %s … with IP %s on VLAN %d" "events, security_event" |m| Said::one(event(m));
    },
    trim: untrimmed,
};

fn flow(m: &[u8]) -> Option<Act<'_>> {
    let rest = m.get(memchr::memchr(b' ', m)? + 1..)?;
    let (fields, pattern) = match find(rest, b" pattern: ") {
        Some(at) => (rest.get(..at)?, rest.get(at + 10..)?),
        None => (rest, rest),
    };
    let did = match pattern.split(|b| *b == b' ').next()? {
        b"deny" | b"1" => Did::Refused,
        b"allow" | b"0" => Did::Allowed,
        _ => Did::Noted,
    };
    let [source, destination, mac, protocol, from, to, kind] =
        keyed(fields, Style::Blank, ["!src", "!dst", "mac", "protocol", "sport", "dport", "type"])?;
    let way = if mac.is_empty() { Way::Untold } else { Way::Out };
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(protocol).echo(kind == b"8").judged(did, way).act())
}

/// What the device says of a client or a tunnel: a peer, and no packet that a rule refused.
fn event(m: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] = &[
        ("with IP ", ""),
        ("remote_ip='", ""),
        ("peer_ip='", ""),
        ("client_ip='", ""),
        ("ip='", ""),
        ("src=", "dst="),
        ("from ", ""),
    ];
    Some(peer(m, WORDS)?.act())
}
