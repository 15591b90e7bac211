//! Exchange: the protocol log of its receive connectors.
//!
//! Fields by comma: time, connector, session, number, our end, far end, event, data, context (`#Fields` at the head of
//! each file). The client's text is in `data` of event `<` alone, behind both addresses; what we answered
//! is event `>`. In logs of *send* connectors the far end is a server we called, and its answers are event `<`:
//! a reply code in event `>` is what only a receive connector writes. Event `*` (`Inbound authentication failed`, `Tarpit for …
//! due to …`) retells an answer and counts nothing.
//! The front end hands sessions on to the transport service of its own organisation, whose log then has the front end for its
//! client ("Receive connectors", Microsoft Learn: port 2525, and `Client Proxy` at 465): there nobody is accused, nor by a far
//! end that is our own. The front end's log has the true client, and the answer too.
//! Of refusals those count whose enhanced code (RFC 3463) is of an address (X.1.Z, 5.4.1) or of policy (X.7.Z); a full
//! mailbox, a loop, a size are no offence, nor is `MAIL FROM` without the permission to submit.

use super::act::{Act, Kind};
use super::fields::csv;
use super::parts::{addr_port, says, smtp_refusal, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "exchange",
    title: "Exchange Server 2007 to 2019 and SE (SMTP receive protocol log)",
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

/// Where the transport service listens for front ends, and for their clients by its connector's name.
const PROXIED: u16 = 2525;
const CLIENT_PROXY: (u16, &[u8]) = (465, b"Client Proxy ");

fn receive(message: &[u8]) -> Said<'_> {
    let mut fields = csv(message);
    let (Some(connector), Some(session), Some(number)) =
        (fields.next(), fields.next(), fields.next())
    else {
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
    let name = connector.rsplit(|b| *b == b'\\').next().unwrap_or_default();
    let handed_on = ours.addr == who.addr
        || ours.port == Some(PROXIED)
        || (ours.port == Some(CLIENT_PROXY.0) && name.starts_with(CLIENT_PROXY.1));
    let kind = match event {
        b"+" => Kind::MailConnected,
        b"-" => Kind::MailDisconnected,
        b">" => answer(text),
        b"<" | b"*" => Kind::MailContext,
        _ => return Said::No,
    };
    let hostile = kind.facts().class.is_some();
    let kind = if handed_on && hostile { Kind::MailContext } else { kind };
    let mut act: Act<'_> = tcp(kind, who.addr, who.port);
    (act.destination, act.destination_port) = (ours.addr, ours.port);
    act.session = Some(session).filter(|s| !s.is_empty());
    Said::One(act)
}

/// What we answered.
fn answer(text: &[u8]) -> Kind {
    let code = text.get(..3).unwrap_or_default();
    match code {
        b"235" => Kind::MailLogin,
        b"250" if says(text, &["queued mail for delivery"]) => Kind::MailAccepted,
        b"535" => Kind::SaslFailed,
        b"500" | b"501" | b"502" | b"503" => Kind::SmtpProbe,
        b"550" | b"551" | b"553" | b"554" if says(text, &["permissions to s"]) => Kind::MailContext,
        b"550" | b"551" | b"553" | b"554" if is_refusal(text.get(4..).unwrap_or_default()) => {
            let unknown = [&b"550 5.1.1"[..], b"550 5.1.10", b"550 5.4.1"];
            match smtp_refusal(code, text) {
                Kind::Spam if unknown.iter().any(|u| text.starts_with(u)) => Kind::UnknownRecipient,
                kind => kind,
            }
        }
        _ => Kind::MailContext,
    }
}

/// Whether an enhanced code tells of an address or of policy; an answer without one is what an agent or a rule wrote.
fn is_refusal(text: &[u8]) -> bool {
    match text {
        [b'5', b'.', b'1' | b'7', b'.', ..] | [b'5', b'.', b'4', b'.', b'1', b' ', ..] => true,
        [b'5', b'.', b'0'..=b'9', ..] => false,
        _ => true,
    }
}
