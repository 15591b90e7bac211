//! Exchange Online: message traces, as the admin center and PowerShell write them.
//!
//! One line is a message and its recipients, in the order of the summary report (`envelope::trace`): sender, recipients with
//! their status, subject, bytes, message id, network message id, the client's address, direction, connector, priority. The far
//! end's text stands in quotes where it may hold a comma.
//!
//! What is traced was taken: `Delivered` is benign, and a verdict (`FilteredAsSpam`, `Quarantined`) or a failure
//! (`Fail`: no mailbox, a full one, a rule, or a fault of ours) is context. Microsoft's documents say of
//! `original_client_ip` both "the sender's SMTP server" and "the sender's client", which a header may have told: only the
//! report on spam names a client that was refused before it could send one, as `IP blocked` or `SMTP blocked`. What was sent
//! by us (direction 2) concerns nobody.

use super::act::{Act, Kind};
use super::fields::{columns, csv};
use super::parts::tcp;
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "msgtrace",
    title: "Exchange Online message trace (CSV reports, Get-MessageTrace and V2; read 2026)",
    family: Family::Mail,
    programs: &["MSExchangeMessageTrace"],
    bare: &[Format::Csv],
    example: r#"2026-06-12T08:58:03.1230000Z,a@b.example,"c@d.example##Receive, Deliver",Hello,1523,<1@b.example>,1341ac7b13fb42ab4d4408cf7f55890f,192.0.2.7,1,,Normal"#,
    document: "https://learn.microsoft.com/en-us/exchange/monitoring/trace-an-email-message/message-trace-modern-eac",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "message" "" "%s,%s##%s,%s,%d,%s,%s,%s,%d,%s,%s[,%s]" "summary, extended and spam reports, Export-Csv" message;
};

fn message(message: &[u8]) -> Said<'_> {
    let Some([sender, status, _, _, _, id, client, direction, _, _]) = columns(message) else {
        return Said::No;
    };
    let event = csv(message).nth(10).unwrap_or_default();
    let inbound = match direction {
        b"1" | b"Inbound" | b"Incoming" => Some(true),
        b"2" | b"Outbound" | b"Originating" => Some(false),
        b"" | b"Undefined" => None,
        _ => return Said::No,
    };
    let source = Addr::parse(client);
    let known = sender.is_empty() || status.windows(2).any(|w| w == b"##");
    if !known || (source.is_none() && !client.is_empty()) {
        return Said::No;
    }
    if inbound == Some(false) || source.is_none() {
        return Said::Quiet;
    }
    let kind = match event {
        b"IP blocked" | b"SMTP blocked" if inbound == Some(true) => Kind::Spam,
        b"DELIVER" => Kind::MailAccepted,
        b"" if status.split(|b| *b == b';').any(is_delivered) => Kind::MailAccepted,
        _ => Kind::MailContext,
    };
    let act = tcp(kind, source, None);
    Said::One(Act { session: Some(id).filter(|id| !id.is_empty()), ..act })
}

/// Whether a recipient's status, or the message's, is that it lies in a mailbox.
fn is_delivered(status: &[u8]) -> bool {
    status == b"Delivered" || status.ends_with(b"##Receive, Deliver")
}
