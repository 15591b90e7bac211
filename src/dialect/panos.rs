//! Palo Alto Networks PAN-OS: traffic, threat and the other logs as CSV.
//!
//! "Syslog Field Descriptions" (PAN-OS 4.1 to 11.2): fields by place. Source is who began the
//! session; the addresses before translation come first, and the zones say who is outside. A
//! session is refused where its action is deny, drop or reset *and* the log is TRAFFIC's, or a
//! threat log's `scan`: other threats are found in a session that was let through. Fields that
//! hold commas or quotes are quoted, as the far end's URLs and names do.

use super::act::Act;
use super::fields::{columns, csv};
use super::mention::{Words, peer};
use super::packet::{Did, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "panos",
    title: "Palo Alto Networks PAN-OS 4.1 to 11.2",
    family: Family::Firewall,
    programs: &["", "panos"],
    bare: &[Format::Rfc3164, Format::Iso8601, Format::Csv, Format::Json],
    example: "Jun 12 08:58:35 fw 1,2026/06/12 08:58:35,012801096514,TRAFFIC,drop,2561,2026/06/12 08:58:35,203.0.113.9,192.0.2.7,0.0.0.0,0.0.0.0,deny-all,,,not-applicable,vsys1,untrust,trust,ethernet1/1,,fwd,2026/06/12 08:58:35,0,1,43210,23,0,0,0x0,tcp,drop,60,60,0,1,2026/06/12 08:58:35,0,any,0,1,0x0,Reserved,Reserved,0,1,0,policy-deny",
    document: "https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions",
    grammar: messages! {
        "log" "1," "FUTURE_USE,receive time,serial,type,subtype,FUTURE_USE,generated,source,destination,…" "PAN-OS, log forwarding" |m| Said::one(log(m));
        "cloud" "{" "{\"LogType\":\"%s\",\"Subtype\":\"%s\",…,\"SourceAddress\":\"%s\",\"SourcePort\":%d,\"DestinationAddress\":\"%s\",…}" "Strata Logging Service (Cortex Data Lake), log forwarding" |m| Said::one(cloud(m));
    },
    trim: untrimmed,
};

fn log(m: &[u8]) -> Option<Act<'_>> {
    let [_, received, _, kind, subtype, ..] = columns::<9>(m)?;
    // `2026/06/12 08:58:35`
    let dated = received.len() == 19 && received.get(4) == Some(&b'/');
    dated.then_some(())?;
    let mut rest = csv(m).skip(7);
    match kind {
        b"USERID" | b"AUTHENTICATION" | b"AUTH" | b"IPTAG" => return noted(rest.nth(1)?),
        b"GLOBALPROTECT" => {
            // The peer's public address of either kind; the tunnel's own come after.
            let (v4, v6) = (rest.nth(8)?, rest.next().unwrap_or_default());
            return noted(if v4.is_empty() || v4 == b"0.0.0.0" { v6 } else { v4 });
        }
        b"CONFIG" | b"CORRELATION" => return noted(rest.next()?),
        b"HIPMATCH" | b"HIP-MATCH" => return noted(rest.nth(4)?),
        b"SYSTEM" => return system(rest.nth(7)?),
        _ => {}
    }
    let (source, destination) = (rest.next()?, rest.next()?);
    let (inner, outer) = (rest.nth(7)?, rest.next()?);
    let (from, to) = (rest.nth(6)?, rest.next()?);
    let (protocol, action) = (rest.nth(3)?, rest.next()?);
    // A session of ICMP begins with a request: PAN-OS makes none for an error.
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(true);
    Some(seen.judged(did(kind, subtype, action), Way::between(inner, outer)).act())
}

fn did(kind: &[u8], subtype: &[u8], action: &[u8]) -> Did {
    let refused = matches!(
        action,
        b"deny"
            | b"drop"
            | b"drop-icmp"
            | b"drop ICMP"
            | b"reset-both"
            | b"reset both"
            | b"reset-client"
            | b"reset client"
            | b"reset-server"
            | b"reset server"
    );
    match (kind, subtype) {
        (b"TRAFFIC", _) if refused => Did::Refused,
        (b"THREAT", b"scan") if refused => Did::Refused,
        (b"TRAFFIC", _) => Did::Allowed,
        _ => Did::Noted,
    }
}

/// A peer, of whom no packet is told.
fn noted(address: &[u8]) -> Option<Act<'_>> {
    Some(Seen::ends(address, b"", b"", b"")?.act())
}

/// What a system log says of a login, in words. Names stand in it: it names a peer only where all
/// its words name one.
fn system(text: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] = &[
        ("From: ", ""),
        ("Login from: ", ""),
        ("Client IP: ", ""),
        ("from ", ""),
        ("peer IP: ", ""),
    ];
    Some(peer(text, WORDS)?.act())
}

/// The same logs as objects, whose members have names.
fn cloud(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"LogType\"")?;
    let o = Object::read(m).ok()?;
    let kind = o.word("LogType")?;
    let first = |names: &[&str]| o.first_word(names).unwrap_or_default();
    if kind == b"SYSTEM" {
        return system(o.first_word(&["EventDescription", "Description"])?);
    }
    let source = match kind {
        b"GLOBALPROTECT" => first(&["PublicIPv4", "PublicIPv6"]),
        _ => first(&["SourceAddress", "SourceIP", "SourceIPAddress"]),
    };
    let destination = first(&["DestinationAddress", "DestinationIP", "DestinationIPAddress"]);
    let seen =
        Seen::ends(source, first(&["SourcePort"]), destination, first(&["DestinationPort"]))?;
    let way = Way::between(first(&["FromZone"]), first(&["ToZone"]));
    let did = did(kind, first(&["Subtype", "SubType"]), first(&["Action"]));
    Some(seen.carrying(first(&["Protocol"])).echo(true).judged(did, way).act())
}
