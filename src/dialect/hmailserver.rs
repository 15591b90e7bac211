//! hMailServer: its SMTP, IMAP and POP3 log.
//!
//! Fields by tab: service, thread, session, time, address, and `RECEIVED: ` or `SENT: ` with the text. The client's text
//! is in the last field of `RECEIVED`, behind the address; a quote in it is not escaped, which changes no field before it.

use super::act::{Act, Kind};
use super::parts::{smtp_refusal, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "hmailserver",
    title: "hMailServer 5.3 to 5.7",
    family: Family::Mail,
    programs: &["hMailServer"],
    bare: &[Format::Tabbed],
    example: "\"SMTPD\"\t4428\t17\t\"2026-06-12 08:58:01.123\"\t\"192.0.2.7\"\t\"SENT: 535 Authentication failed. Restarting authentication process.\"",
    document: "https://www.hmailserver.com/documentation/latest/?page=reference_logging, https://github.com/hmailserver/hmailserver (Common/Application/Logger.cpp)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "smtp" "\"SMTPD\"" "\"SMTPD\"\t%d\t%d\t\"%s\"\t\"%s\"\t\"%s: %s\"" "Logger.cpp, LogSMTPConversation()" |m| line(m, 25);
    "imap" "\"IMAPD\"" "\"IMAPD\"\t%d\t%d\t\"%s\"\t\"%s\"\t\"%s: %s\"" "Logger.cpp, LogIMAPConversation()" |m| line(m, 143);
    "pop3" "\"POP3D\"" "\"POP3D\"\t%d\t%d\t\"%s\"\t\"%s\"\t\"%s: %s\"" "Logger.cpp, LogPOP3Conversation()" |m| line(m, 110);
};

fn line(message: &[u8], port: u16) -> Said<'_> {
    let mut fields = message.splitn(6, |b| *b == b'\t');
    let (Some(address), Some(text)) = (fields.nth(4), fields.next()) else { return Said::No };
    let quoted = address.strip_prefix(b"\"").and_then(|a| a.strip_suffix(b"\""));
    let Some(source) = quoted.and_then(Addr::parse) else { return Said::No };
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    let kind = match (text.strip_prefix(b"SENT: "), port) {
        (None, _) => Kind::MailContext,
        (Some(answer), 25) => smtp(answer),
        (Some(answer), _) => {
            let refused = super::parts::says(
                answer,
                &["invalid user name or password", "too many invalid logon"],
            );
            if refused { Kind::SaslFailed } else { Kind::MailContext }
        }
    };
    Said::One(Act { destination_port: Some(port), ..tcp(kind, Some(source), None) })
}

fn smtp(answer: &[u8]) -> Kind {
    match answer.get(..3).unwrap_or_default() {
        b"535" => Kind::SaslFailed,
        b"530" => Kind::Relay,
        b"550" if answer.starts_with(b"550 Delivery is not allowed") => Kind::Relay,
        b"550" | b"554" => smtp_refusal(b"550", answer),
        b"500" | b"501" | b"502" | b"503" => Kind::SmtpProbe,
        _ => Kind::MailContext,
    }
}
