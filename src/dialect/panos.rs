//! Palo Alto Networks PAN-OS: traffic, threat and the other logs as CSV.
//!
//! "Syslog Field Descriptions" (PAN-OS 4.1 to 11.2): fields by place. Source is who began the
//! session; the addresses before translation come first, and the zones say who is outside. A
//! session is refused where its action is deny, drop or reset *and* the log is TRAFFIC's, or a
//! threat log's `scan`: other threats are found in a session that was let through. Fields that
//! hold commas or quotes are quoted, as the far end's URLs and names do.

use super::act::Act;
use super::fields::{columns, csv};
use super::packet::{Did, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "panos",
    title: "Palo Alto Networks PAN-OS 4.1 to 11.2",
    family: Family::Firewall,
    programs: &["", "panos"],
    bare: &[Format::Rfc3164, Format::Iso8601, Format::Csv],
    example: "Jun 12 08:58:35 fw 1,2026/06/12 08:58:35,012801096514,TRAFFIC,drop,2561,2026/06/12 08:58:35,203.0.113.9,192.0.2.7,0.0.0.0,0.0.0.0,deny-all,,,not-applicable,vsys1,untrust,trust,ethernet1/1,,fwd,2026/06/12 08:58:35,0,1,43210,23,0,0,0x0,tcp,drop,60,60,0,1,2026/06/12 08:58:35,0,any,0,1,0x0,Reserved,Reserved,0,1,0,policy-deny",
    document: "https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions",
    grammar: messages! {
        "log" "1," "FUTURE_USE,receive time,serial,type,subtype,FUTURE_USE,generated,source,destination,…" "PAN-OS, log forwarding" |m| Said::one(log(m));
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
        b"USERID" => {
            let ip = rest.nth(1)?;
            return Some(Seen::ends(ip, b"", b"", b"")?.act());
        }
        b"GLOBALPROTECT" => {
            let public = rest.nth(8)?;
            return Some(Seen::ends(public, b"", b"", b"")?.act());
        }
        b"CONFIG" | b"CORRELATION" | b"HIPMATCH" | b"IPTAG" => {
            return Some(Seen::ends(rest.next()?, b"", b"", b"")?.act());
        }
        b"SYSTEM" | b"AUTHENTICATION" => return None,
        _ => {}
    }
    let (source, destination) = (rest.next()?, rest.next()?);
    let (inner, outer) = (rest.nth(7)?, rest.next()?);
    let (from, to) = (rest.nth(6)?, rest.next()?);
    let (protocol, action) = (rest.nth(3)?, rest.next()?);
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
    let did = match (kind, subtype) {
        (b"TRAFFIC", _) if refused => Did::Refused,
        (b"THREAT", b"scan") if refused => Did::Refused,
        (b"TRAFFIC", _) => Did::Allowed,
        _ => Did::Noted,
    };
    // A session of ICMP begins with a request: PAN-OS makes none for an error.
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(true);
    Some(seen.judged(did, Way::between(inner, outer)).act())
}
