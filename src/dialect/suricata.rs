//! Suricata's EVE JSON, and AWS Network Firewall, which wraps it.
//!
//! "EVE JSON Format" (Suricata 2 to 8): `event_type`, `src_ip`, `dest_ip`, and an object by the
//! type's name. Only `drop` tells of packets that were refused, and of their flags. An `alert`
//! tells that a rule matched, in a session that mostly was let in and in either direction: it is
//! context. AWS Network Firewall has no `drop`: there an alert whose `action` is `blocked`, of
//! which no protocol was made out, is a refused packet ("Contents of a AWS Network Firewall log").

use super::act::Act;
use super::packet::{Did, Flags, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "suricata",
    title: "Suricata 2 to 8 (EVE), AWS Network Firewall",
    family: Family::Firewall,
    programs: &["suricata", "@cee"],
    bare: &[Format::Json],
    example: r#"{"timestamp":"2026-06-12T08:58:35.267308+0000","flow_id":1,"in_iface":"eth0","event_type":"drop","src_ip":"203.0.113.9","src_port":43210,"dest_ip":"192.0.2.7","dest_port":23,"proto":"TCP","drop":{"len":40,"tos":0,"ttl":240,"ipid":1,"tcpseq":1,"tcpack":0,"tcpwin":1024,"syn":true,"ack":false,"psh":false,"rst":false,"urg":false,"fin":false}}"#,
    document: "https://docs.suricata.io/en/latest/output/eve/eve-json-format.html",
    grammar: messages! {
        "eve" "{" "{\"timestamp\":\"%s\",\"event_type\":\"%s\",\"src_ip\":\"%s\",\"src_port\":%d,\"dest_ip\":\"%s\",…}" "output-json.c, CreateEveHeader()" |m| Said::one(eve(m));
    },
    trim: untrimmed,
};

fn eve(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"event_type\"")?;
    let outer = Object::read(m).ok()?;
    let wrapped = outer.get("firewall_name").is_some();
    let e = if wrapped { outer.get("event")?.object()? } else { outer };
    let word = |name: &str| e.word(name).unwrap_or_default();
    let kind = word("event_type");
    let ends = Seen::ends(word("src_ip"), word("src_port"), word("dest_ip"), word("dest_port"))?;
    let icmp = word("icmp_type");
    let seen = ends.carrying(word("proto")).echo(icmp == b"8" || icmp == b"128");
    let to_client = word("direction") == b"to_client";
    let way = if to_client { Way::Out } else { Way::Untold };
    if kind == b"drop" {
        let flags = e.get("drop").and_then(crate::json::Value::object).map(|d| {
            let set = |name: &str| d.word(name) == Some(b"true");
            Flags { syn: set("syn"), answers: set("ack") || set("rst") || set("fin") }
        });
        return Some(seen.flags(flags).judged(Did::Refused, way).act());
    }
    let alert = e.get("alert").and_then(crate::json::Value::object);
    let blocked = alert.is_some_and(|a| a.word("action") == Some(b"blocked"));
    let unknown = matches!(word("app_proto"), b"" | b"unknown") && e.get("tx_id").is_none();
    let did = if wrapped && kind == b"alert" && blocked && unknown && !to_client {
        Did::Refused
    } else {
        Did::Noted
    };
    Some(seen.judged(did, way).act())
}
