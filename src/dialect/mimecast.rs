//! Mimecast: the records of its SIEM logs.
//!
//! "Understanding SIEM Logs" (API 2.0) and the Cloud Integrated forms: JSON, a stage of a message each. `senderIp` is the
//! SMTP client where a message is received and where it is judged; `destinationIp` is where it goes, nobody's peer.
//! A receipt that was rejected (`action` Rej) on its way in is refused, by `rejectionType` and `rejectionCode`; a message that
//! was held was taken.

use super::act::{Act, Kind};
use super::parts::{smtp_refusal, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "mimecast",
    title: "Mimecast SIEM logs, API 1.0 and 2.0",
    family: Family::Mail,
    programs: &["mimecast"],
    bare: &[Format::Json],
    example: r#"{"aggregateId":"a","processingId":"p","accountId":"C1","timestamp":1781254715000,"action":"Rej","senderEnvelope":"a@b.example","recipients":"c@d.example","senderIp":"203.0.113.9","rejectionType":"IP Found in RBL","rejectionCode":"550","direction":"inbound","type":"receipt"}"#,
    document: "https://integrations.mimecast.com/documentation/tutorials/understanding-siem-logs",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "record" "{" "{\"processingId\":\"%s\",\"accountId\":\"%s\",…,\"action\":\"%s\",\"senderIp\":\"%s\",…}" "SIEM logs: receipt, process, delivery and threats" record;
};

fn record(text: &[u8]) -> Said<'_> {
    let Ok(o) = Object::read(text) else { return Said::No };
    let has = |name: &str| o.get(name).is_some();
    if !has("processingId") || !has("accountId") {
        return Said::No;
    }
    let source = o.first_word(&["senderIp", "senderIP", "sourceIp", "sourceIP"]);
    let Some(source) = source.and_then(Addr::parse) else { return Said::Quiet };
    let way = o.first_word(&["direction", "route"]).unwrap_or_default();
    let is_in = way.eq_ignore_ascii_case(b"inbound");
    let word = |name: &str| o.word(name).unwrap_or_default();
    let kind = match word("action") {
        b"Rej" if is_in => smtp_refusal(word("rejectionCode"), word("rejectionType")),
        b"Acc" => Kind::MailAccepted,
        _ => Kind::MailContext,
    };
    let act: Act<'_> = tcp(kind, Some(source), None);
    Said::One(Act { session: o.word("processingId"), ..act })
}
