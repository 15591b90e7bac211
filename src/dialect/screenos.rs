//! Juniper (NetScreen) ScreenOS: traffic logs and alarms.
//!
//! "ScreenOS Message Log Reference Guide" (5.0 to 6.3): `system-notification-00257(traffic)` has
//! fixed fields; the zones say who is outside. `action=Deny` is the policy's refusal; a policy id
//! of 320001 is the device's own. Alarms (`system-critical-00032` and the like) name ends as
//! `From A:p to B:p, proto TCP (zone Z, int I)`; of these only port scans and sweeps count.

use super::act::Act;
use super::fields::{Style, keyed};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "screenos",
    title: "Juniper NetScreen ScreenOS 5.0 to 6.3",
    family: Family::Firewall,
    programs: &["", "NetScreen", "*NetScreen*"],
    bare: &[],
    example: r#"Jun 12 08:58:35 fw fw: NetScreen device_id=fw  [Root]system-notification-00257(traffic): start_time="2026-06-12 08:58:35" duration=0 policy_id=320001 service=SSH proto=6 src zone=Untrust dst zone=Trust action=Deny sent=0 rcvd=60 src=203.0.113.9 dst=192.0.2.7 src_port=43210 dst_port=22 session_id=0"#,
    document: "https://www.juniper.net/documentation/software/screenos/screenos6.3.0/",
    grammar: messages! {
        "traffic" "" "%s: NetScreen device_id=%s [%s]system-notification-00257(traffic): start_time=\"%s\" … action=%s … src=%s dst=%s src_port=%d dst_port=%d" "system-notification-00257" |m| Said::one(traffic(m));
        "alarm" "" "NetScreen device_id=%s [%s]system-%s-%d: %s! From %s:%d to %s:%d, proto %s (zone %s, int %s)." "system-emergency, system-alert and system-critical" |m| Said::one(alarm(m));
    },
    trim: untrimmed,
};

fn traffic(m: &[u8]) -> Option<Act<'_>> {
    let text = m.get(find(m, b"(traffic): ")? + 11..)?;
    find(m, b"device_id=")?;
    let [protocol, action, source, destination, from, to, icmp] = keyed(
        text,
        Style::Blank,
        ["proto", "action", "!src", "!dst", "src_port", "dst_port", "icmp"],
    )?;
    // `src zone=Untrust dst zone=Trust action=`: zones are the administrator's names.
    let zones = text.get(find(text, b"src zone=")? + 9..)?;
    let (inner, zones) = zones.split_at(find(zones, b" dst zone=")?);
    let zones = zones.get(10..)?;
    let outer = zones.get(..find(zones, b" action=")?)?;
    let did = if action == b"Deny" || action == b"Reject" { Did::Refused } else { Did::Allowed };
    let echo = icmp.starts_with(b"type=8") || find(text, b"icmp type=8").is_some();
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(echo);
    Some(seen.judged(did, Way::between(inner, outer)).act())
}

fn alarm(m: &[u8]) -> Option<Act<'_>> {
    find(m, b"device_id=")?;
    let head = m.get(..find(m, b"! From ")?)?;
    let scans = [&b"Port scan"[..], b"Address sweep"].iter().any(|w| find(head, w).is_some());
    let i = m.get(head.len() + 7..)?;
    let (source, rest) = i.split_at(find(i, b" to ")?);
    let rest = rest.get(4..)?;
    let (destination, rest) = rest.split_at(find(rest, b", proto ")?);
    let rest = rest.get(8..)?;
    let (protocol, rest) = rest.split_at(rest.iter().position(|b| matches!(b, b' ' | b','))?);
    let zone = rest.get(find(rest, b"zone ")? + 5..)?.split(|b| matches!(b, b',' | b' ')).next()?;
    let cut = |w: &'_ [u8]| memchr::memrchr(b':', w).unwrap_or(w.len());
    let (a, b) = (cut(source), cut(destination));
    let seen = Seen::ends(
        source.get(..a)?,
        source.get(a + 1..).unwrap_or_default(),
        destination.get(..b)?,
        destination.get(b + 1..).unwrap_or_default(),
    )?;
    let did = if scans { Did::Refused } else { Did::Noted };
    Some(seen.carrying(protocol).echo(true).judged(did, Way::between(zone, b"")).act())
}
