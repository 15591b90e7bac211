//! Arista (Untangle) NG Firewall: sessions, as JSON behind syslog's header.
//!
//! "NG Firewall Events", class `SessionEvent` (16 to 17): `CClientAddr` and `CServerAddr` are the two ends on
//! the client's side, before translation; the client began it. A session that is listed was let in;
//! what an app blocked later had been. Host names and tags are others' text, in JSON's quotes.

use super::act::Act;
use super::packet::{Did, Seen, Way};
use super::spec::{Dialect, Said, messages};
use crate::class::Family;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "untangle",
    title: "Arista (Untangle) NG Firewall 16 to 17",
    family: Family::Firewall,
    programs: &["uvm"],
    bare: &[],
    example: r#"<174>Jun 12 08:58:35 INFO  uvm[0]:  {"protocol":6,"class":"class com.untangle.uvm.app.SessionEvent","CClientAddr":"203.0.113.9","CClientPort":43210,"CServerAddr":"192.0.2.7","CServerPort":443,"SServerAddr":"10.0.0.7","bypassed":false}"#,
    document: "https://wiki.edge.arista.com/index.php/Event_Definitions",
    grammar: messages! {
        "session" "{" "{\"protocol\":%d,\"class\":\"class com.untangle.uvm.app.SessionEvent\",\"CClientAddr\":\"%s\",\"CClientPort\":%d,\"CServerAddr\":\"%s\",\"CServerPort\":%d,…}" "com.untangle.uvm.app.SessionEvent" |m| Said::one(session(m));
    },
    trim: <[u8]>::trim_ascii,
};

fn session(m: &[u8]) -> Option<Act<'_>> {
    let o = Object::read(m).ok()?;
    o.word("class")?.ends_with(b".SessionEvent").then_some(())?;
    let word = |name: &str| o.word(name).unwrap_or_default();
    let seen = Seen::ends(
        word("CClientAddr"),
        word("CClientPort"),
        word("CServerAddr"),
        word("CServerPort"),
    )?;
    Some(seen.carrying(word("protocol")).judged(Did::Allowed, Way::Untold).act())
}
