//! Cisco Secure Email Gateway (Email Security Appliance): consolidated events, and the connections of its mail log.
//!
//! "User Guide for AsyncOS for Cisco Secure Email Gateway" (9 to 16), chapter "Logging": a consolidated event is CEF with
//! `sourceAddress` or `src`, the SMTP client, behind names of attachments and senders, which it does not escape: the
//! key must stand once, or the event is nobody's. The mail log's `New SMTP ICID … address …` prints the address before the
//! reverse name. What the mail flow policy refuses (`ESAMailFlowPolicy` REJECT or TCPREFUSE) counts; any other verdict is of a
//! message that was taken, so context.

use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::fields::{Style, keyed};
use super::parts::tcp;
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "esa",
    title: "Cisco Secure Email Gateway, AsyncOS 9 to 16",
    family: Family::Mail,
    programs: &["consolidated_event*", "*mail_logs*", "*maillog*", "CEF", "Info"],
    bare: &[],
    example: "Jun 12 08:58:35 consolidated_event: CEF:0|Cisco|C100V Email Security Virtual Appliance|14.0.0-657|ESA_CONSOLIDATED_LOG_EVENT|Consolidated Log Event|5|deviceExternalId=4 ESAMID=1 ESAICID=2 dvc=192.0.2.7 deviceDirection=0 ESAMailFlowPolicy=REJECT suser=a@b.example act=REJECTED duser=c@d.example sourceHostName=h.example sourceAddress=203.0.113.9",
    document: "https://www.cisco.com/c/en/us/td/docs/security/esa/esa14-0/user_guide/b_ESA_Admin_Guide_14-0/b_ESA_Admin_Guide_chapter_0100111.html",
    grammar: GRAMMAR,
    trim,
};

/// Takes the level off a line of the mail log, and the form's name off an event.
fn trim(message: &[u8]) -> &[u8] {
    let message = message.strip_prefix(b"Info: ").unwrap_or(message);
    message.strip_prefix(b"CEF:").unwrap_or(message)
}

const GRAMMAR: &[Message] = messages! {
    "consolidated" "0|Cisco|" "CEF:0|Cisco|%s|%s|ESA_CONSOLIDATED_LOG_EVENT|Consolidated Log Event|%d|… ESAMailFlowPolicy=%s … sourceAddress=%s …" "consolidated event logs" consolidated;
    "connection" "New SMTP ICID " "New SMTP ICID %d interface %s (%s) address %s reverse dns host %s verified %s" "text mail logs" connection;
};

fn consolidated(message: &[u8]) -> Said<'_> {
    if memchr::memmem::find(message, b"|ESA_CONSOLIDATED_LOG_EVENT|").is_none_or(|at| at > 120) {
        return Said::No;
    }
    let Some(at) = memchr::memchr_iter(b'|', message).nth(6) else { return Said::No };
    let text = message.get(at + 1..).unwrap_or_default();
    let keys = ["!sourceAddress|src", "!ESAMailFlowPolicy", "!deviceDirection"];
    let Some([source, policy, way]) = keyed(text, Style::Cef, keys) else { return Said::Quiet };
    let Some(source) = Addr::parse(source) else { return Said::Quiet };
    let kind = match policy {
        b"REJECT" | b"TCPREFUSE" if way == b"0" => Kind::Spam,
        _ => Kind::MailContext,
    };
    Said::One(tcp(kind, Some(source), None))
}

fn connection(message: &[u8]) -> Said<'_> {
    let word = || take_till1(|b| b == b' ' || b == b')');
    let parsed: IResult<&[u8], _> = (
        tag("New SMTP ICID "),
        take_while1(|b: u8| b.is_ascii_digit()),
        tag(" interface "),
        word(),
        tag(" ("),
        word().map(Addr::parse),
        tag(") address "),
        word().map(Addr::parse),
        tag(" reverse dns host "),
    )
        .parse(message);
    match parsed {
        Ok((_, (_, id, _, _, _, ours, _, source, _))) => {
            let act: Act<'_> = tcp(Kind::MailConnected, source, None);
            Said::One(Act { destination: ours, session: Some(id), ..act })
        }
        Err(_) => Said::No,
    }
}
