//! Barracuda CloudGen Firewall: the firewall's activity and threat logs, logins, sessions.
//!
//! "Available Log Files and Structure", "How to Configure Syslog Streaming" and "Firewall Activity Log"
//! (CloudGen Firewall, formerly NG, 5.4 to 9.0): `LEVEL MACHINE OPERATION: FIELDS`, in which fields stand
//! between bars, in a fixed order or with their names: type (FWD, LIN, LOUT …), protocol, interface, source,
//! port, MAC, destination, port, service … Of type LOUT we sent it. Block, Deny and Drop refuse; Fail and Remove
//! end what was let in. What IPS and virus scanners find (threat log) was let through first. A line
//! `<cumulative>` sums up many packets of one source. Names, URLs and user names are the far end's.

use super::act::Act;
use super::mention::{Words, arrow, peer, spot};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "cloudgen",
    title: "Barracuda CloudGen (NG) Firewall 5.4 to 9.0",
    family: Family::Firewall,
    programs: &[
        "",
        "Info",
        "Notice",
        "Warning",
        "Error",
        "Security",
        "Fatal",
        "Panic",
        "box_Firewall*",
        "box_*",
        "*/box_*",
        "srv_*",
        "*/srv_*",
    ],
    bare: &[Format::Json],
    example: "Jun 12 08:58:35 fw box_Firewall_Activity: Security fw Block: FWD|TCP|eth0|203.0.113.9|43210|02:00:00:00:00:01|192.0.2.7|23|telnet||BLOCKALL|4001|||0|1|0|0|0|0||||||",
    document: "https://campus.barracuda.com/product/cloudgenfirewall/doc/96026562/available-log-files-and-structure/",
    grammar: messages! {
        "activity" "" "%s %s %s: %s|%s|%s|%s|%d|%s|%s|%d|…" "Firewall Activity Log" |m| Said::one(activity(m));
        "threat" "{" "{\"component\":\"firewall\",\"operation\":\"%s\",\"src_ip\":\"%s\",\"dst_ip\":\"%s\",\"port\":\"%d\",…}" "Firewall Threat Log" |m| Said::one(threat(m));
        "login" "" "%s %s LOGIN ATTEMPT: Login from %s: %s" "boxconfig, phibs, sessions of the management" |m| Said::one(login(m));
    },
    trim: untrimmed,
};

/// The text behind a level and a machine's name; the level may have been taken for a tag.
fn text(m: &[u8]) -> Option<&[u8]> {
    const LEVELS: [&[u8]; 7] =
        [b"Info", b"Notice", b"Warning", b"Error", b"Security", b"Fatal", b"Panic"];
    let m = m.trim_ascii_start();
    let gap = memchr::memchr(b' ', m)?;
    let (level, rest) = m.split_at(gap);
    LEVELS.contains(&level).then_some(())?;
    let rest = rest.trim_ascii_start();
    Some(rest.get(memchr::memchr(b' ', rest)? + 1..)?.trim_ascii_start())
}

fn activity(m: &[u8]) -> Option<Act<'_>> {
    let text = text(m)?;
    let (word, fields) = text.split_at(find(text, b": ").filter(|at| *at <= 16)?);
    let fields = fields.get(2..)?;
    let did = match word {
        b"Allow" | b"LocalAllow" | b"Remove" | b"LocalRemove" | b"Change" => Did::Allowed,
        b"Block" | b"LocalBlock" | b"Deny" | b"LocalDeny" | b"Drop" | b"LocalDrop" => Did::Refused,
        b"Fail" | b"LocalFail" | b"Detect" | b"Scan" | b"ARP" | b"Operation" => Did::Noted,
        _ => return None,
    };
    let mut all = fields.split(|b| *b == b'|');
    let named = fields.starts_with(b"type=");
    let mut next = |key: &str| -> Option<&[u8]> {
        let field = all.next()?;
        if !named {
            return Some(field);
        }
        field.strip_prefix(key.as_bytes())
    };
    let (kind, protocol, _, source) =
        (next("type=")?, next("proto=")?, next("srcIF=")?, next("srcIP=")?);
    let (from, _, destination, to) =
        (next("srcPort=")?, next("srcMAC=")?, next("dstIP=")?, next("dstPort=")?);
    let way = if kind == b"LOUT" { Way::Out } else { Way::Untold };
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(protocol).judged(did, way).act())
}

fn threat(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"src_ip\"")?;
    let o = Object::read(m).ok()?;
    o.get("operation").and(o.get("component")).or_else(|| o.get("threat_severity"))?;
    let word = |name: &str| o.word(name).unwrap_or_default();
    let seen = Seen::ends(word("src_ip"), word("src_port"), word("dst_ip"), word("port"))?;
    Some(seen.carrying(word("trans_proto")).act())
}

/// Logins, sessions and alarms of the machine itself: a peer, and no packet.
fn login(m: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] = &[
        ("Login from ", ""),
        ("for peer=", ""),
        ("for source IP ", ""),
        ("Session from ", ""),
        ("Session(", ""),
        ("[master@", ""),
    ];
    let text = text(m)?;
    if let Some(seen) = arrow(text) {
        return Some(seen.act());
    }
    if find(text, b": Login ").is_some_and(|at| at < 40) {
        return Some(peer(text, &[("from ", "")])?.act());
    }
    if let Some(rest) = text.strip_prefix(b"[") {
        // `[master@203.0.113.9_36778]`.
        let inner = rest.get(..memchr::memchr(b']', rest)?)?;
        let at = memchr::memrchr(b'@', inner)?;
        let end = inner.get(at + 1..)?;
        let (addr, port) = end.split_at(memchr::memrchr(b'_', end)?);
        return Some(Seen::ends(addr, port.get(1..)?, b"", b"")?.act());
    }
    if let Some(rest) = text.strip_prefix(b"New Session GCSID_") {
        let mut parts = rest.rsplit(|b| *b == b'_');
        let (_, port, addr) = (parts.next()?, parts.next()?, parts.next()?);
        return Some(Seen::ends(addr, port, b"", b"")?.act());
    }
    if let Some(seen) = peer(text, WORDS) {
        return Some(seen.act());
    }
    // `203.0.113.9:15743 login succeeded: …`.
    let (source, from, rest) = spot(text)?;
    let word = text.split(|b| *b == b' ').next()?;
    Addr::parse(word.split(|b| *b == b':').next()?)?;
    rest.starts_with(b" login ").then_some(())?;
    Some(Seen { source: Some(source), from, ..Seen::default() }.act())
}
