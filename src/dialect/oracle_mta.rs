//! Oracle Communications Messaging Server: the MTA's log as XML.
//!
//! "MTA transaction log entry format" (Messaging Server 7 to 8.1) with `LOG_FORMAT=4` and `LOG_CONNECTION`: one element a
//! line, `co` for connections and `en` for messages. `tr="TCP|OURS|PORT|THEIRS|PORT"` is the connection, `dr="+"` says that it
//! came in, `ac` what was done. Values are escaped as XML asks, so none can be another attribute. `U` is a login and
//! `di` the answer to it; `J` a refused recipient; `X` a refused connection.

use super::act::{Act, Kind};
use super::parts::{smtp_refusal, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::{Format, rfc3164::number};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "oracle_mta",
    title: "Oracle Communications Messaging Server 7 to 8.1 (LOG_FORMAT=4)",
    family: Family::Mail,
    programs: &["imta"],
    bare: &[Format::Pairs],
    example: r#"<co ts="2026-06-12T08:58:35.99" pi="72aa.17f0.25622" sc="tcp_local" dr="+" ac="U" tr="TCP|192.0.2.7|25|203.0.113.9|4299" ap="SMTP" mi="Bad password" us="ann" di="535 5.7.8 Bad username or password (Authentication failed)."/>"#,
    document: "https://msg.wikidoc.info/index.php/MTA_transaction_log_entry_format",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "connection" "<co " "<co ts=\"%s\" pi=\"%s\" sc=\"%s\" dr=\"%c\" ac=\"%c\" tr=\"TCP|%s|%d|%s|%d\" ap=\"%s\" mi=\"%s\" us=\"%s\" di=\"%s\"/>" "MTA, LOG_CONNECTION" entry;
    "message" "<en " "<en ts=\"%s\" pi=\"%s\" sc=\"%s\" dc=\"%s\" ac=\"%s\" tr=\"TCP|%s|%d|%s|%d\" … di=\"%s\"/>" "MTA, LOG_FORMAT=4" entry;
};

/// The attributes of an element, from the left.
fn attributes(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut left = text;
    std::iter::from_fn(move || {
        let text = left.trim_ascii_start();
        let (name, rest) = text.split_at_checked(memchr::memchr(b'=', text)?)?;
        let value = rest.strip_prefix(b"=\"")?;
        let (value, rest) = value.split_at_checked(memchr::memchr(b'"', value)?)?;
        left = rest.get(1..)?;
        Some((name, value))
    })
}

fn entry(line: &[u8]) -> Said<'_> {
    let [mut way, mut done, mut pipe, mut user, mut answer] = [&b""[..]; 5];
    for (name, value) in attributes(line.get(4..).unwrap_or_default()) {
        match name {
            b"dr" => way = value,
            b"ac" => done = value,
            b"tr" => pipe = value,
            b"us" => user = value,
            b"di" => answer = value,
            _ => {}
        }
    }
    if done.is_empty() {
        return Said::No;
    }
    let mut ends = pipe.split(|b| *b == b'|').skip(1);
    let (ours, our_port, theirs, port) = (ends.next(), ends.next(), ends.next(), ends.next());
    let to_port = |p: Option<&[u8]>| p.and_then(number).and_then(|n| u16::try_from(n).ok());
    let Some(source) = theirs.and_then(Addr::parse) else { return Said::Quiet };
    // What goes out is ours; an element for a message does not say and has only what came in.
    if way == b"-" {
        return Said::Quiet;
    }
    let code = answer.get(..3).unwrap_or_default();
    let kind = match done {
        b"O" => Kind::MailConnected,
        b"C" => Kind::MailDisconnected,
        b"U" if code == b"535" => Kind::SaslFailed,
        b"U" if code == b"235" => Kind::MailLogin,
        b"X" | b"J" | [b'J', ..] => match code.first() {
            Some(b'5') => smtp_refusal(code, answer),
            Some(b'4') => Kind::Deferred,
            _ => Kind::MailContext,
        },
        _ => Kind::MailContext,
    };
    let act: Act<'_> = tcp(kind, Some(source), to_port(port));
    Said::One(Act {
        destination: ours.and_then(Addr::parse),
        destination_port: to_port(our_port),
        user: (done == b"U" && !user.is_empty()).then_some(user),
        ..act
    })
}
