//! Proofpoint: the message and audit records of its log API, and the sessions of a Protection Server's own log.
//!
//! "Proofpoint on Demand (PoD) Log API": `connection.ip` is the SMTP client, `filter.disposition` what came of the
//! message, `filter.routeDirection` its way. A record is JSON, in which nothing that the far end sent can be another
//! member. `filter_instance` of a Protection Server (8.x) writes `rprt s=… mod=session cmd=connect ip=…`, the address
//! before all else. A message that was rejected on its way in is refused; one that was quarantined or discarded was taken.
//! Audit records tell of administrators: context.

use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::tcp;
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;
use crate::json::{Object, Value};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "proofpoint",
    title: "Proofpoint on Demand Log API 2020 to 2024; Protection Server 8.0 to 8.21",
    family: Family::Mail,
    programs: &["filter_instance*"],
    bare: &[Format::Json],
    example: r#"{"connection":{"country":"**","helo":"x","host":"h.example","ip":"203.0.113.9","protocol":"smtp:smtp","sid":"3y8"},"envelope":{"from":"a@b.example","rcpts":["c@d.example"]},"filter":{"disposition":"reject","qid":"44A","routeDirection":"inbound"},"guid":"v","ts":"2026-06-12T08:58:35.058340-0700"}"#,
    document: "https://proofpoint.my.site.com/community/s/article/Proofpoint-on-Demand-Pod-Log-API; Proofpoint on Demand (PoD) Log API, revision C",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "record" "{" "{\"connection\":{\"ip\":\"%s\",…},\"envelope\":{…},\"filter\":{\"disposition\":\"%s\",…},\"guid\":\"%s\",\"ts\":\"%s\"}" "PoD Log API, message and audit" record;
    "session" "rprt s=" "rprt s=%s mod=session cmd=connect ip=%s country=%s lip=%s prot=%s …" "filter_instance" session;
};

fn inner<'a>(o: &Object<'a>, name: &str) -> Option<Object<'a>> {
    o.get(name).and_then(Value::object)
}

fn record(text: &[u8]) -> Said<'_> {
    let Ok(o) = Object::read(text) else { return Said::No };
    if o.get("guid").is_none() {
        return Said::No;
    }
    if let Some(audit) = inner(&o, "audit") {
        let user = inner(&audit, "user");
        let source = user.as_ref().and_then(|u| u.word("ipAddress")).and_then(Addr::parse);
        return match source {
            None => Said::Quiet,
            source => Said::One(tcp(Kind::MailContext, source, None)),
        };
    }
    let (Some(connection), Some(filter)) = (inner(&o, "connection"), inner(&o, "filter")) else {
        return Said::No;
    };
    let Some(source) = connection.word("ip").and_then(Addr::parse) else { return Said::Quiet };
    let is_in = filter.word("routeDirection") == Some(b"inbound");
    let kind = match filter.word("disposition") {
        Some(b"reject") if is_in => Kind::Spam,
        Some(b"tempfail" | b"retry") => Kind::Deferred,
        Some(b"accept") => Kind::MailAccepted,
        _ => Kind::MailContext,
    };
    let act: Act<'_> = tcp(kind, Some(source), None);
    Said::One(Act { session: connection.word("sid"), ..act })
}

fn session(message: &[u8]) -> Said<'_> {
    let id = take_while1(|b: u8| b.is_ascii_alphanumeric());
    let until = take_till1(|b| b == b' ');
    let parsed: IResult<&[u8], _> =
        (tag("rprt s="), id, tag(" mod=session cmd=connect ip="), until).parse(message);
    match parsed {
        Ok((_, (_, id, _, ip))) => {
            let act: Act<'_> = tcp(Kind::MailConnected, Addr::parse(ip), None);
            Said::One(Act { session: Some(id), ..act })
        }
        Err(_) => Said::No,
    }
}
