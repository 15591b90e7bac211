//! Exchange: the protocol log of its receive connectors.
//!
//! Fields by comma: time, connector, session, number, our end, far end, event, data, context (`#Fields` at the head of
//! each file). The client's text is in `data` of event `<` alone, behind both addresses; what we answered
//! is event `>`. In logs of *send* connectors the far end is a server we called, and its answers are event `<`:
//! a reply code in event `>` is what only a receive connector writes.

use super::act::{Act, Kind};
use super::parts::{addr_port, smtp_refusal, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "exchange",
    title: "Exchange Server 2007 to 2019 (SMTP receive protocol log)",
    family: Family::Mail,
    programs: &["MSExchangeTransport"],
    bare: &[Format::Csv],
    example: r#"2026-06-12T08:58:03.123Z,MX1\Default Frontend MX1,08DABC,9,198.51.100.25:25,192.0.2.7:4711,>,535 5.7.3 Authentication unsuccessful,"#,
    document: "https://learn.microsoft.com/en-us/exchange/mail-flow/connectors/protocol-logging",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "receive" "" "%s,%s,%d,%s:%d,%s:%d,%c,%s,%s" "protocol log, #Log-type: SMTP Receive Protocol Log" receive;
};

fn receive(message: &[u8]) -> Said<'_> {
    let mut fields = message.splitn(7, |b| *b == b',');
    let (Some(_), Some(_), Some(number)) = (fields.next(), fields.next(), fields.next()) else {
        return Said::No;
    };
    let (Some(ours), Some(theirs), Some(event)) = (fields.next(), fields.next(), fields.next())
    else {
        return Said::No;
    };
    let text = fields.next().unwrap_or_default();
    let (Ok((b"", ours)), Ok((b"", who))) = (addr_port(ours), addr_port(theirs)) else {
        return Said::No;
    };
    if number.is_empty() || !number.iter().all(u8::is_ascii_digit) {
        return Said::No;
    }
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    let kind = match event {
        b"+" => Kind::MailConnected,
        b"-" => Kind::MailDisconnected,
        b">" => answer(text),
        b"<" | b"*" => Kind::MailContext,
        _ => return Said::No,
    };
    let mut act: Act<'_> = tcp(kind, who.addr, who.port);
    (act.destination, act.destination_port) = (ours.addr, ours.port);
    Said::One(act)
}

/// What we answered.
fn answer(text: &[u8]) -> Kind {
    let code = text.get(..3).unwrap_or_default();
    match code {
        b"535" => Kind::SaslFailed,
        b"500" | b"501" | b"502" | b"503" => Kind::SmtpProbe,
        b"550" | b"551" | b"553" | b"554" => {
            let unknown = [&b"550 5.1.1"[..], b"550 5.1.10", b"550 5.4.1"];
            match smtp_refusal(code, text) {
                Kind::Spam if unknown.iter().any(|u| text.starts_with(u)) => Kind::UnknownRecipient,
                kind => kind,
            }
        }
        _ => Kind::MailContext,
    }
}
