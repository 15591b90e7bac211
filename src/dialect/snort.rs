//! Snort's alerts, and Suricata's `fast.log`, which has their form.
//!
//! "Snort Users Manual", output modules alert_fast, alert_full, alert_syslog, alert_csv and
//! alert_json (2.4 to 3.7), and
//! Suricata's `alert-fastlog.c`. An alert tells that a rule matched, in a session that mostly was
//! let in and in either direction (`GPL ATTACK_RESPONSE` comes from the victim): it accuses nobody
//! by itself. The rule's name is its author's text; the ends stand last.

use super::act::Act;
use super::fields::columns;
use super::packet::Seen;
use super::parts::find;
use super::spec::{Dialect, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "snort",
    title: "Snort 2.4 to 3.7, Suricata's fast.log",
    family: Family::Firewall,
    programs: &["snort", "suricata"],
    bare: &[Format::Alert, Format::Json],
    example: "06/12/2026-08:58:35.860293  [**] [1:2200074:2] TCPv4 invalid checksum [**] [Classification: Generic] [Priority: 3] {TCP} 203.0.113.9:28487 -> 192.0.2.7:80",
    document: "https://docs.snort.org/start/alert_logging",
    grammar: messages! {
        "fast" "[" "[**] [%d:%d:%d] %s [**] [Classification: %s] [Priority: %d] {%s} %s:%d -> %s:%d" "spo_alert_fast.c, alert-fastlog.c" |m| Said::one(fast(m));
        "full" "" "%s:%d -> %s:%d" "spo_alert_full.c, the line behind the alert's name" |m| Said::one(full(m));
        "json" "{" "{\"seconds\":%d,\"action\":\"%s\",…,\"src_addr\":\"%s\",\"src_port\":%d,\"dst_addr\":\"%s\",…}" "alert_json.cc of Snort 3" |m| Said::one(json(m));
        "csv" "," ",%d,%d,%d,\"%s\",%s,%s,%d,%s,%d,…" "spo_csv.c; timestamp,sig_generator,sig_id,sig_rev,msg,proto,src,srcport,dst,dstport" |m| Said::one(csv(m));
    },
    trim: <[u8]>::trim_ascii,
};

/// `203.0.113.9:4711`, `2001:db8::9:4711`, or an address alone where the protocol has no ports.
fn end(word: &[u8], ported: bool) -> Option<(&[u8], &[u8])> {
    if !ported {
        return Addr::parse(word).map(|_| (word, &[][..]));
    }
    let colon = memchr::memrchr(b':', word)?;
    Some((word.get(..colon)?, word.get(colon + 1..)?))
}

fn fast(m: &[u8]) -> Option<Act<'_>> {
    let open = memchr::memrchr(b'{', m)?;
    let rest = m.get(open + 1..)?;
    let (protocol, rest) = rest.split_at(find(rest, b"} ")?);
    let rest = rest.get(2..)?;
    let (source, destination) = rest.split_at(find(rest, b" -> ")?);
    let ported = matches!(protocol, b"TCP" | b"UDP" | b"SCTP");
    let ((source, from), (destination, to)) =
        (end(source, ported)?, end(destination.get(4..)?, ported)?);
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(protocol).act())
}

/// What follows the stamp in `alert_full`: both ends, and nothing else on that line.
fn full(m: &[u8]) -> Option<Act<'_>> {
    let (source, destination) = m.split_at(find(m, b" -> ").filter(|at| *at <= 45)?);
    let destination = destination.get(4..)?;
    let ported = Addr::parse(source).is_none();
    let ((source, from), (destination, to)) = (end(source, ported)?, end(destination, ported)?);
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    let number = |p: &[u8]| p.iter().all(u8::is_ascii_digit);
    (number(from) && number(to)).then_some(())?;
    Some(seen.act())
}

fn json(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"src_addr\"")?;
    let o = Object::read(m).ok()?;
    o.get("rule").or_else(|| o.get("sid"))?;
    let word = |name: &str| o.word(name).unwrap_or_default();
    let ends = Seen::ends(word("src_addr"), word("src_port"), word("dst_addr"), word("dst_port"))?;
    Some(ends.carrying(word("proto")).act())
}

fn csv(m: &[u8]) -> Option<Act<'_>> {
    let [_, _, _, _, _, protocol, source, from, destination, to] = columns::<10>(m)?;
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(protocol).act())
}
