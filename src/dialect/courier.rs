//! Courier: its IMAP and POP servers and `courieresmtpd`.
//!
//! The IMAP and POP servers (`imap/imaplogin.c`, `imap/pop3login.c`, `liblock/`…) print the account, which is the client's text, before
//! `ip=[ADDRESS]`, so each `, ip=[` is tried; `courieresmtpd` (`courier/module.esmtp/courieresmtpd.c`) prints
//! `error,relay=ADDRESS` first and the client's text after.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{opt, rest, value};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{Peer, bracketed, every_cut, find, port, smtp_refusal, tcp, whole};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "courier",
    title: "Courier mail server 0.50 to 1.3, Courier-IMAP 4 and 5",
    family: Family::Mail,
    programs: &[
        "imapd",
        "imapd-ssl",
        "pop3d",
        "pop3d-ssl",
        "imaplogin",
        "pop3login",
        "courierpop3login",
        "courierpop3d",
        "courieresmtpd",
        "esmtpd",
    ],
    bare: &[],
    example: "Jun 12 08:58:01 mx imapd: LOGIN FAILED, user=info@example.org, ip=[::ffff:192.0.2.7]",
    document: "https://www.courier-mta.org (imap/imaplogin.c, imap/pop3dserver.c, courier/module.esmtp/courieresmtpd.c)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "failed" "LOGIN FAILED, " "LOGIN FAILED, user=%s, ip=[%s], port=[%s]" "imap/imaplogin.c, imap/pop3login.c" |m| login(m, Kind::SaslFailed);
    "login" "LOGIN, " "LOGIN, user=%s, ip=[%s], port=[%s], protocol=%s" "imap/imaptoken.c, imap/pop3dserver.c" |m| login(m, Kind::MailLogin);
    "connection" "Connection, " "Connection, ip=[%s], port=[%s]" "imap/imaplogin.c" |m| login(m, Kind::MailConnected);
    "disconnected" "DISCONNECTED, " "DISCONNECTED, user=%s, ip=[%s], headers=%d, body=%d" "imap/imapd.c" |m| login(m, Kind::MailDisconnected);
    "logout" "LOGOUT, " "LOGOUT, user=%s, ip=[%s], headers=%d, body=%d" "imap/imapd.c" |m| login(m, Kind::MailDisconnected);
    "timeout" "TIMEOUT, " "TIMEOUT, user=%s, ip=[%s], headers=%d, body=%d" "imap/imapd.c" |m| login(m, Kind::MailDisconnected);
    "esmtp-error" "error,relay=" "error,relay=%s[,port=%d][,ident=%s],(from=<%s>,to=<%s>: %s|msg=\"%s\",cmd: %s)" "courier/module.esmtp/courieresmtpd.c, log_error()" refused;
    "esmtp-started" "started,ip=[" "started,ip=[%s],port=[%s]" "courier/module.esmtp/courieresmtpd.c" started;
};

/// `[ADDRESS]`, then the port, and what the server adds of itself.
fn address(i: &[u8]) -> IResult<&[u8], Peer> {
    let (i, addr) = delimited(tag("["), bracketed(b']'), tag("]")).parse(i)?;
    let (i, port) = opt(delimited(tag(", port=["), port, tag("]"))).parse(i)?;
    let more = alt((
        tag(", headers="),
        tag(", body="),
        tag(", rcvd="),
        tag(", sent="),
        tag(", top="),
        tag(", retr="),
        tag(", time="),
        tag(", protocol="),
    ));
    let (i, _) = opt(value((), (more, rest))).parse(i)?;
    Ok((i, Peer { addr, port }))
}

fn login(message: &[u8], kind: Kind) -> Said<'_> {
    every_cut(message, ", ip=", address, |before, who| {
        let act: Act<'_> = tcp(kind, who.addr, who.port);
        match find(before, b", user=").and_then(|n| before.get(n + 7..)) {
            Some(user) => act.user(user),
            None => act,
        }
    })
}

/// The address stands first and ends at a comma; what follows quotes the client.
fn refused(message: &[u8]) -> Said<'_> {
    let word = take_while1(|b: u8| b != b',' && b != b' ').map(Addr::parse);
    let port = opt(preceded(tag(",port="), port));
    let Some((_, addr, port, text)) = whole(message, (tag("error,relay="), word, port, rest))
    else {
        return Said::No;
    };
    let text: &[u8] = text;
    let kind = if text.starts_with(b",msg=\"535 ") {
        Kind::SaslFailed
    } else if text.starts_with(b",msg=\"4") {
        Kind::Deferred
    } else if text.starts_with(b",msg=\"") {
        Kind::SmtpProbe
    } else if let Some(at) = memchr::memmem::rfind(text, b">: ") {
        let answer = text.get(at + 3..).unwrap_or_default();
        let unknown = answer.starts_with(b"550 User ")
            && (answer.ends_with(b"unknown") || answer.ends_with(b"unknown."));
        if unknown { Kind::UnknownRecipient } else { smtp_refusal(answer, answer) }
    } else {
        Kind::MailContext
    };
    Said::One(tcp(kind, addr, port))
}

fn started(message: &[u8]) -> Said<'_> {
    let line =
        (tag("started,ip=["), bracketed(b']'), tag("]"), opt((tag(",port=["), port, tag("]"))));
    Said::one(
        whole(message, line)
            .map(|(_, addr, _, port)| tcp(Kind::MailConnected, addr, port.map(|(_, p, _)| p))),
    )
}
