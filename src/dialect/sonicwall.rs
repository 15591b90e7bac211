//! SonicWall's SonicOS: events as `key=value`.
//!
//! "SonicOS Log Events Reference Guide" (5.8 to 7.1). `src` and `dst` are `address:port:interface`
//! with a name after it; SonicOS 6 and 7 state zones and `fw_action`, older ones only the event's
//! number `m`: 36, 37 and 38 are dropped TCP, UDP and ICMP packets, 173 to 175 what a rule denied.
//! Flags stand in `note` where a late packet is dropped. Names and URLs stand in quotes.

use super::act::Act;
use super::fields::{Style, keyed};
use super::packet::{Carries, Did, Flags, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "sonicwall",
    title: "SonicWall SonicOS 5.8 to 7.1",
    family: Family::Firewall,
    programs: &["", "sonicwall"],
    bare: &[Format::Pairs],
    example: r#"Jun 12 08:58:35 fw id=firewall sn=0000A0AAAA00 time="2026-06-12 08:58:35" fw=192.0.2.1 pri=5 c=64 m=36 msg="TCP connection dropped" n=2 src=203.0.113.9:43210:X1 dst=192.0.2.7:23:X0 proto=tcp/telnet"#,
    document: "https://www.sonicwall.com/techdocs/pdf/sonicos-7-1-log-events-reference-guide.pdf",
    grammar: messages! {
        "event" "" "id=firewall sn=%s time=\"%s\" fw=%s pri=%d c=%d m=%d msg=\"%s\" n=%d src=%s:%d:%s dst=%s:%d:%s proto=%s/%s" "SonicOS, syslog format Default and Enhanced" |m| Said::one(event(m));
    },
    trim: untrimmed,
};

/// `address:port:interface:name`, all but the first left out where unknown.
fn end(value: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let mut parts = value.split(|b| *b == b':');
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

fn event(m: &[u8]) -> Option<Act<'_>> {
    find(m, b" sn=").filter(|_| find(m, b"id=").is_some())?;
    let [number, source, destination, protocol, action, note, inner, outer, source6, ours6] =
        keyed(
            m,
            Style::Blank,
            [
                "m",
                "!src",
                "!dst",
                "proto",
                "fw_action",
                "note",
                "srcZone",
                "dstZone",
                "!srcV6",
                "!dstV6",
            ],
        )?;
    let (source, from, from_interface) = end(source);
    let (destination, to, to_interface) = end(destination);
    // Of IPv6 `src` and `dst` have the ports and interfaces alone.
    let source = if source.is_empty() { source6 } else { source };
    let destination = if destination.is_empty() { ours6 } else { destination };
    let did = match (action, number) {
        (b"drop" | b"deny" | b"reset", _) => Did::Refused,
        (b"" | b"NA", b"36" | b"37" | b"38" | b"41" | b"173" | b"174" | b"175") => Did::Refused,
        (b"forward" | b"mgmt", _) | (_, b"97" | b"98" | b"537") => Did::Allowed,
        _ => Did::Noted,
    };
    let mut seen = Seen::ends(source, from, destination, to)?.carrying(protocol);
    if let Some(at) = find(note, b"TCP Flag(s): ") {
        seen = seen.flags(Some(Flags::words(note.get(at + 13..)?)));
    }
    if matches!(seen.carries, Carries::Icmp { .. }) {
        // `proto=icmp/8` or `proto=icmp/echo`; the port is the type where it is a number.
        let kind = protocol.split(|b| *b == b'/').nth(1).unwrap_or_default();
        seen = seen.echo(kind == b"8" || kind == b"echo" || to == b"8" || from == b"8");
    }
    let way = if inner.is_empty() && outer.is_empty() {
        Way::between(from_interface, to_interface)
    } else {
        Way::between(inner, outer)
    };
    Some(seen.judged(did, way).act())
}
