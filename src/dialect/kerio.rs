//! Kerio Connect: its security log.
//!
//! The manual's chapter on logs gives the messages. The mail addresses are the far end's text: where they stand
//! before the address, every place where the message's own words return is tried.

use nom::bytes::complete::{tag, take_till1};
use nom::combinator::{opt, rest};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{every_cut, tcp, whole};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "kerio",
    title: "Kerio Connect 7 to 10 (security log)",
    family: Family::Mail,
    programs: &["kerio-connect", "mailserver"],
    bare: &[Format::Slashed],
    example: "[12/Jun/2026 08:58:01] IP address 192.0.2.7 found in DNS blacklist ListOne, mail from <a@b.example> to <c@example.org> rejected",
    document: "https://manuals.gfi.com/en/kerio/connect/content/server-configuration/logs/security-log.html",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "blacklisted" "IP address " "IP address %s found in DNS blacklist %s, mail from <%s> to <%s>[ rejected]" "security log" |m| first(m, "IP address ", Kind::Spam, " found in DNS blacklist ");
    "early" "SMTP Spam attack detected from " "SMTP Spam attack detected from %s, client sent data before SMTP greeting" "security log" early;
    "relay" "Relay attempt from IP address " "Relay attempt from IP address %s, mail from <%s> to <%s> rejected" "security log" |m| first(m, "Relay attempt from IP address ", Kind::Relay, ", mail from <");
    "unknown" "Attempt to deliver to unknown recipient <" "Attempt to deliver to unknown recipient <%s>, from <%s>, IP address %s" "security log" unknown;
    "no-user" "SMTP: User " "SMTP: User %s doesn't exist. Attempt from IP address %s." "security log" no_user;
    "no-reverse" "Client with IP address " "Client with IP address %s has no reverse DNS entry, connection rejected before SMTP greeting" "security log" |m| first(m, "Client with IP address ", Kind::Spam, " has no reverse DNS entry, connection rejected");
    "message" "Message from IP address " "Message from IP address %s, sender <%s> rejected: %s" "security log" |m| first(m, "Message from IP address ", Kind::Spam, ", sender <");
    "admin" "Administration login into Web Administration from " "Administration login into Web Administration from %s failed: %s" "security log" |m| first(m, "Administration login into Web Administration from ", Kind::MailContext, " failed: ");
    "login" "Failed " "Failed %s login from %s[ with SASL method %s.]" "security log" login;
};

fn address(i: &[u8]) -> IResult<&[u8], Option<Addr>> {
    take_till1(|b| b == b',' || b == b' ').map(Addr::parse).parse(i)
}

/// The address right after the words, and what must follow it.
fn first<'a>(message: &'a [u8], words: &str, kind: Kind, then: &str) -> Said<'a> {
    let line = (tag(words), address, tag(then), rest);
    Said::one(whole(message, line).map(|(_, a, ..)| tcp(kind, a, None)))
}

fn early(message: &[u8]) -> Said<'_> {
    let line = (tag("SMTP Spam attack detected from "), address, tag(", client "), rest);
    Said::one(whole(message, line).map(|(_, a, _, how): (_, _, _, &[u8])| {
        let kind = if how.starts_with(b"sent data") { Kind::SmtpProbe } else { Kind::MailContext };
        tcp(kind, a, None)
    }))
}

fn unknown(message: &[u8]) -> Said<'_> {
    every_cut(message, ">, IP address ", address, |_, a| tcp(Kind::UnknownRecipient, a, None))
}

fn no_user(message: &[u8]) -> Said<'_> {
    let text = message.get(b"SMTP: User ".len()..).unwrap_or_default();
    let Some(text) = text.strip_suffix(b".") else { return Said::No };
    every_cut(text, " doesn't exist. Attempt from IP address ", address, |user, a| {
        let act: Act<'_> = tcp(Kind::SaslFailed, a, None);
        act.user(user)
    })
}

fn login(message: &[u8]) -> Said<'_> {
    let service = take_till1(|b: u8| b == b' ');
    let line = (
        tag("Failed "),
        service,
        tag(" login from "),
        address,
        opt((tag(" with SASL method "), rest)),
    );
    Said::one(
        whole(message, line)
            .filter(|(_, s, ..): &(_, &[u8], _, _, _)| {
                [&b"SMTP"[..], b"IMAP", b"POP3", b"IMAPS", b"POP3S", b"SMTPS"].contains(s)
            })
            .map(|(.., a, _)| tcp(Kind::SaslFailed, a, None)),
    )
}
