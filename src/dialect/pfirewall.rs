//! Windows Firewall's `pfirewall.log`.
//!
//! "Interpreting the Windows Firewall Log" (Windows XP SP2 to Server 2025, format version 1.5):
//! `date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin
//! icmptype icmpcode info path`. `path` is SEND or RECEIVE; XP has none. Times are local. All is
//! the system's own text.

use super::act::Act;
use super::packet::{Did, Flags, Seen, Way};
use super::spec::{Dialect, Said, messages};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "pfirewall",
    title: "Windows Firewall (XP SP2 to Server 2025)",
    family: Family::Firewall,
    programs: &["pfirewall"],
    bare: &[Format::IsoBlank],
    example: "2026-06-12 08:58:35 DROP TCP 203.0.113.9 192.0.2.7 43210 3389 52 S 1 0 8192 - - - RECEIVE",
    document: "https://learn.microsoft.com/en-us/windows/security/operating-system-security/network-security/windows-firewall/configure-logging",
    grammar: messages! {
        "drop" "DROP " "DROP %s %s %s %d %d %d %s %d %d %d %d %d %s %s" "the Windows Filtering Platform" |m| Said::one(packet(m));
        "allow" "ALLOW " "ALLOW %s %s %s %d %d %d %s %d %d %d %d %d %s %s" "the Windows Filtering Platform" |m| Said::one(packet(m));
    },
    trim: <[u8]>::trim_ascii,
};

fn packet(m: &[u8]) -> Option<Act<'_>> {
    let mut fields = m.split(|b| *b == b' ');
    let did = if fields.next()? == b"DROP" { Did::Refused } else { Did::Allowed };
    let protocol = fields.next()?;
    let (source, destination, from, to) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let flags = fields.nth(1)?;
    let icmp = fields.nth(3)?;
    let way = match fields.nth(2) {
        Some(b"RECEIVE") => Way::In,
        Some(b"SEND") => Way::Out,
        _ => Way::Untold,
    };
    let mut seen = Seen::ends(source, from, destination, to)?.carrying(protocol);
    seen.destination?;
    if flags != b"-" && flags != b"0" {
        seen = seen.flags(Some(Flags::letters(flags)));
    }
    Some(seen.echo(icmp == b"8" || icmp == b"128").judged(did, way).act())
}
