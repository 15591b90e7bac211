//! Stormshield Network Security (and NETASQ): logs as `key=value`.
//!
//! "Description of audit logs" (SNS 2 to 4.8): `logtype="filter"` and `"connection"` with
//! `action=block|pass`. `src` is who sent the packet; `origdst` is what was addressed before
//! translation, `dst` after it. The interfaces' names (`srcifname=out`) say who is outside. A dated
//! line states its zone in `tz`.

use super::act::Act;
use super::fields::{Style, keyed};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "stormshield",
    title: "Stormshield SNS 2 to 4.8",
    family: Family::Firewall,
    programs: &["", "asqd"],
    bare: &[Format::Pairs],
    example: r#"id=firewall time="2026-06-12 08:58:35" fw="fw" tz=+0200 startime="2026-06-12 08:58:35" pri=4 confid=01 slotlevel=2 ruleid=7 srcif="Ethernet0" srcifname="out" ipproto=tcp proto=telnet src=203.0.113.9 srcport=43210 srcportname=x dst=192.0.2.7 dstport=23 dstportname=telnet ipv=4 action=block logtype="filter""#,
    document: "https://documentation.stormshield.eu/SNS/v4/en/Content/Description_of_Audit_logs/",
    grammar: messages! {
        "event" "" "id=firewall time=\"%s\" fw=\"%s\" tz=%s startime=\"%s\" … ipproto=%s src=%s srcport=%d dst=%s dstport=%d … action=%s logtype=\"%s\"" "SNS, all logs" |m| Said::one(event(m));
    },
    trim: untrimmed,
};

fn event(m: &[u8]) -> Option<Act<'_>> {
    find(m, b" startime=\"").filter(|_| find(m, b"id=firewall").is_some())?;
    let [
        kind,
        action,
        protocol,
        source,
        from,
        destination,
        to,
        original,
        original_to,
        inner,
        outer,
        icmp,
    ] = keyed(
        m,
        Style::Blank,
        [
            "logtype",
            "action",
            "ipproto",
            "!src",
            "srcport",
            "!dst",
            "dstport",
            "!origdst",
            "origdstport",
            "srcifname",
            "dstifname",
            "icmptype",
        ],
    )?;
    let (destination, to) =
        if original.is_empty() { (destination, to) } else { (original, original_to) };
    let did = match (kind, action) {
        (b"filter" | b"connection", b"block") => Did::Refused,
        (b"filter" | b"connection", b"pass") => Did::Allowed,
        _ => Did::Noted,
    };
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(icmp == b"8");
    Some(seen.judged(did, Way::between(inner, outer)).act())
}
