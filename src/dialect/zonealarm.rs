//! ZoneAlarm's `ZALog.txt`.
//!
//! The user guide's "Formatted log" (2.1 to 15): `TYPE,yyyy/mm/dd,hh:mm:ss ±h:mm GMT,SOURCE,DESTINATION,TRANSPORT`.
//! `FWIN` is a packet from the network that was blocked, `FWOUT` one of ours, `FWROUTE` one for somebody
//! else. The stamp states its zone. Programs' lines (`PE`, `ACCESS`, `MS`) tell of no packets.

use super::act::Act;
use super::fields::columns;
use super::packet::{Carries, Did, Flags, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "zonealarm",
    title: "ZoneAlarm 2.1 to 15 (ZALog.txt)",
    family: Family::Firewall,
    programs: &["zonealarm"],
    bare: &[Format::Csv],
    example: "FWIN,2026/06/12,08:58:35 +1:00 GMT,203.0.113.9:43210,192.0.2.7:22,TCP (flags:S)",
    document: "https://download.zonealarm.com/bin/media/pdf/zaclient70_user_manual.pdf (appendix, formatted logs)",
    grammar: messages! {
        "packet" "FW" "(FWIN|FWOUT|FWROUTE),%s,%s GMT,%s:%d,%s:%d,%s" "ZALog.txt" |m| Said::one(packet(m));
    },
    trim: untrimmed,
};

/// `203.0.113.9:43210`, or an address alone.
fn end(word: &[u8]) -> (&[u8], &[u8]) {
    if Addr::parse(word).is_some() {
        return (word, &[]);
    }
    match memchr::memrchr(b':', word) {
        Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..).unwrap_or_default()),
        None => (word, &[]),
    }
}

fn packet(m: &[u8]) -> Option<Act<'_>> {
    let [kind, _, zone, source, destination, transport] = columns::<6>(m)?;
    zone.ends_with(b" GMT").then_some(())?;
    let way = match kind {
        b"FWIN" => Way::In,
        b"FWOUT" => Way::Out,
        b"FWROUTE" => Way::Untold,
        _ => return None,
    };
    let ((source, from), (destination, to)) = (end(source), end(destination));
    let (name, detail) =
        transport.split_at(memchr::memchr(b' ', transport).unwrap_or(transport.len()));
    let mut seen = Seen::ends(source, from, destination, to)?.carrying(name);
    seen.destination?;
    if let Some(at) = find(detail, b"flags:") {
        seen =
            seen.flags(Some(Flags::letters(detail.get(at + 6..)?.split(|b| *b == b')').next()?)));
    }
    if matches!(seen.carries, Carries::Icmp { .. }) {
        seen = seen.echo(find(detail, b"(type:8/").is_some());
    }
    Some(seen.judged(Did::Refused, way).act())
}
