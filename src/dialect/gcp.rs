//! Google Cloud: VPC firewall rules logging and VPC flow logs.
//!
//! "Firewall Rules Logging" and "VPC Flow Logs record format" (2018 to 2026): one JSON record of
//! Cloud Logging each. `jsonPayload.connection` names who began it first. Firewall logs have
//! `disposition` and `rule_details.direction` (INGRESS, EGRESS). Flow logs tell of flows that were
//! let through, by either end (`reporter`).

use super::act::Act;
use super::packet::{Did, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;
use crate::json::{Object, Value};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "gcp",
    title: "Google Cloud firewall rules logging, VPC flow logs (log format version 2)",
    family: Family::Firewall,
    programs: &["gcp"],
    bare: &[Format::Json],
    example: r#"{"insertId":"1","jsonPayload":{"connection":{"dest_ip":"10.128.0.16","dest_port":23,"protocol":6,"src_ip":"203.0.113.9","src_port":43210},"disposition":"DENIED","rule_details":{"action":"DENY","direction":"INGRESS","priority":1000}},"timestamp":"2026-06-12T08:58:35.394575419Z"}"#,
    document: "https://cloud.google.com/firewall/docs/firewall-rules-logging",
    grammar: messages! {
        "record" "{" "{\"jsonPayload\":{\"connection\":{\"src_ip\":\"%s\",\"src_port\":%d,\"dest_ip\":\"%s\",…},\"disposition\":\"%s\",…},…}" "Cloud Logging" |m| Said::one(record(m));
    },
    trim: untrimmed,
};

fn record(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"jsonPayload\"")?;
    let payload = Object::read(m).ok()?.get("jsonPayload")?.object()?;
    let c = payload.get("connection")?.object()?;
    let word = |name: &str| c.word(name).unwrap_or_default();
    let seen = Seen::ends(word("src_ip"), word("src_port"), word("dest_ip"), word("dest_port"))?;
    let rule = payload.get("rule_details").and_then(Value::object);
    let way = match rule.and_then(|r| r.word("direction")) {
        Some(b"INGRESS") => Way::In,
        Some(b"EGRESS") => Way::Out,
        _ => Way::Untold,
    };
    let did = match payload.word("disposition") {
        Some(b"DENIED") => Did::Refused,
        _ => Did::Allowed,
    };
    Some(seen.carrying(word("protocol")).judged(did, way).act())
}
