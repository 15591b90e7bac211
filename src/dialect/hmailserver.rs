//! hMailServer: its SMTP, IMAP and POP3 log.
//!
//! Fields by tab: service, thread, session, time, address, and `RECEIVED: ` or `SENT: ` with the text. The client's text
//! is in the last field of `RECEIVED`, behind the address; a quote in it is not escaped, which changes no field before it. The
//! session's number, counted by the service, is what makes lines one session: the client's port is not logged.
//! Texts are those of SMTPConnection.cpp, POP3Connection.cpp and IMAPCommandLogin.cpp. `SMTPC` and `POP3C` are what it says as a
//! client, to a server that it called, and are not read. `Client connection from … was not accepted. Blocked either by IP range
//! or by connection limit.` (TCPServer.cpp, at level `DEBUG`) does not say which, and an IP range is also what bans a client for what
//! it did before: `TCPIP`, `DEBUG`, `APPLICATION` and `ERROR` lines are not read.

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
    let (Some(session), Some(address), Some(text)) = (fields.nth(2), fields.nth(1), fields.next())
    else {
        return Said::No;
    };
    let quoted = address.strip_prefix(b"\"").and_then(|a| a.strip_suffix(b"\""));
    let Some(source) = quoted.and_then(Addr::parse) else { return Said::No };
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    let kind = match (text.strip_prefix(b"SENT: "), port) {
        (None, _) => Kind::MailContext,
        (Some(answer), 25) => smtp(answer),
        (Some(answer), _) => mailbox(answer),
    };
    let act = tcp(kind, Some(source), None);
    Said::One(Act { destination_port: Some(port), session: Some(session), ..act })
}

/// What POP3 or IMAP answered. The client's tag, which begins an answer of IMAP's, is no more than a word.
fn mailbox(answer: &[u8]) -> Kind {
    let word = answer.iter().position(|b| *b == b' ').unwrap_or(answer.len());
    let (first, rest) = answer.split_at(word);
    let rest = rest.trim_ascii_start();
    let refused = first == b"-ERR" || rest.starts_with(b"NO ");
    let last = first == b"*" && rest.starts_with(b"Too many invalid logon attempts");
    if last || (refused && super::parts::says(rest, &["invalid user name or password"])) {
        Kind::SaslFailed
    } else if (first == b"+OK" && rest.starts_with(b"Mailbox locked and ready"))
        || rest.starts_with(b"OK LOGIN completed")
    {
        Kind::MailLogin
    } else {
        Kind::MailContext
    }
}

/// Refusals with the code of one that tell of no recipient refused: a sender, a size, a script's fault, a
/// password that was changed meanwhile.
const NO_REFUSAL: [&[u8]; 7] = [
    b"550 Sender address must be specified",
    b"550 The address is not valid",
    b"550 Login credentials no longer valid",
    b"554 Rejected - Message size",
    b"554 Rejected - Message containing bare LF",
    b"554 Too many",
    b"530 Must issue STARTTLS",
];

fn smtp(answer: &[u8]) -> Kind {
    if NO_REFUSAL.iter().any(|text| answer.starts_with(text)) {
        return Kind::MailContext;
    }
    match answer.get(..3).unwrap_or_default() {
        b"220" if !answer.starts_with(b"220 Go ahead") => Kind::MailConnected,
        b"221" => Kind::MailDisconnected,
        b"235" => Kind::MailLogin,
        b"250" if answer.starts_with(b"250 Queued") => Kind::MailAccepted,
        b"535" => Kind::SaslFailed,
        b"530" if answer.starts_with(b"530 SMTP authentication is required") => Kind::Relay,
        b"550" if answer.starts_with(b"550 Delivery is not allowed") => Kind::Relay,
        b"550" if answer.starts_with(b"550 Invalid syntax") => Kind::SmtpProbe,
        b"550" | b"554" => smtp_refusal(b"550", answer),
        b"500" | b"501" | b"502" | b"503" => Kind::SmtpProbe,
        _ => Kind::MailContext,
    }
}
