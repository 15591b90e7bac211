//! qmail and what runs around it: `tcpserver`, `rblsmtpd`, `vchkpw` and chkuser.
//!
//! `tcpserver` and `rblsmtpd` (ucspi-tcp) print the address in a fixed place; `vchkpw` (vpopmail, `vchkpw.c`) prints
//! `USER:ADDRESS`, where the account is the client's text: the last colon ends it. chkuser prints
//! `remote <HELO:NAME:ADDRESS>`, where every `remote <` is tried. The lines reach us through syslog
//! (`splogger`) or multilog's TAI64N, then with the seconds that splogger puts before.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::digit1;
use nom::combinator::{opt, rest};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{addr, find, tcp, whole};
use super::spec::{Cuts, Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "qmail",
    title: "qmail 1.03, netqmail, ucspi-tcp 0.88, vpopmail 5, chkuser 2",
    family: Family::Mail,
    programs: &["qmail", "rblsmtpd", "tcpserver", "qmail-smtpd", "smtpd", "vpopmail", "vchkpw*"],
    bare: &[Format::Tai64n],
    example: "Jun 12 08:58:03 mx qmail: 1749718683.485077 qmail-smtpd: 421 badiprbl: ip 192.0.2.7 rbl: list.example",
    document: "ucspi-tcp 0.88 (tcpserver.c, rblsmtpd.c), vpopmail 5.4 (vchkpw.c), chkuser 2.0 (chkuser.c)",
    grammar: GRAMMAR,
    trim,
};

/// Takes off splogger's seconds and, behind multilog's stamp, the program's own name.
fn trim(message: &[u8]) -> &[u8] {
    let seconds = terminated((digit1, tag("."), digit1), tag(" "));
    let name = terminated(alt((tag("rblsmtpd"), tag("tcpserver"), tag("qmail-smtpd"))), tag(": "));
    let parsed: IResult<&[u8], _> = (opt(seconds), opt(name)).parse(message);
    parsed.map_or(message, |(text, _)| text)
}

const GRAMMAR: &[Message] = messages! {
    "pid" "pid " "pid %d from %s" "tcpserver.c" pid;
    "badiprbl" "421 badiprbl: " "421 badiprbl: ip %s rbl: %s" "rblsmtpd patch in qmail-smtpd.c" badiprbl;
    "chkuser" "CHKUSER " "CHKUSER rejected rcpt: from <%s::> remote <%s:%s:%s> rcpt <%s> : %s" "chkuser.c, chkuser_commonlog()" chkuser;
    "vchkpw" "vchkpw-" "vchkpw-%s: (password fail|vpopmail user not found|…) %s:%s" "vchkpw.c, login_virtual_user() and syslog calls" vchkpw;
    "blocked" "" "%s: %s pid %d: 451 %s; %s blocked %s %s -" "rblsmtpd.c, main(); rblsmtpd of ucspi-tcp 0.70" blocked;
};

fn pid(message: &[u8]) -> Said<'_> {
    let line = (tag("pid "), digit1, tag(" from "), addr);
    Said::one(whole(message, line).map(|(.., a)| tcp(Kind::MailConnected, Some(a), None)))
}

fn badiprbl(message: &[u8]) -> Said<'_> {
    let line = (tag("421 badiprbl: ip "), addr, tag(" rbl: "), rest);
    Said::one(whole(message, line).map(|(_, a, ..)| tcp(Kind::Spam, Some(a), None)))
}

/// `192.0.2.7 pid 7 list.example: 451 …`, or `list.example blocked 192.0.2.7 …`.
fn blocked(message: &[u8]) -> Said<'_> {
    let new = (addr, tag(" pid "), digit1, opt(tag(":")), tag(" "), rest);
    if let Some((a, ..)) = whole(message, new) {
        return Said::One(tcp(Kind::Spam, Some(a), None));
    }
    let list = take_while1(|b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let old = (list, tag(" blocked "), addr, rest);
    Said::one(whole(message, old).map(|(_, _, a, _)| tcp(Kind::Spam, Some(a), None)))
}

fn chkuser(message: &[u8]) -> Said<'_> {
    let kind = if message.starts_with(b"CHKUSER rejected relaying") {
        Kind::Relay
    } else if message.starts_with(b"CHKUSER rejected rcpt") {
        Kind::UnknownRecipient
    } else if message.starts_with(b"CHKUSER rejected ") {
        Kind::Spam
    } else if message.starts_with(b"CHKUSER accepted ") {
        Kind::MailContext
    } else {
        return Said::No;
    };
    // The HELO comes before the address, the recipient after: either may hold the words between.
    let mut cuts = Cuts::default();
    let mut from = 0;
    while let Some(at) = message.get(from..).and_then(|t| find(t, b" remote <")) {
        from += at + 9;
        let text = message.get(from..).unwrap_or_default();
        let mut to = 0;
        while let Some(end) = text.get(to..).and_then(|t| find(t, b"> rcpt <")) {
            let remote = text.get(..to + end).unwrap_or_default();
            to += end + 1;
            let address = memchr::memrchr(b':', remote).and_then(|n| remote.get(n + 1..));
            cuts.add(tcp(kind, address.and_then(Addr::parse), None));
        }
    }
    cuts.said()
}

fn vchkpw(message: &[u8]) -> Said<'_> {
    let service =
        delimited(tag("vchkpw-"), take_while1(|b: u8| b.is_ascii_alphanumeric()), tag(": "));
    let parsed: IResult<&[u8], _> = { service }.parse(message);
    let Ok((text, _)) = parsed else { return Said::No };
    let failed = [
        &b"password fail "[..],
        b"vpopmail user not found ",
        b"null password given ",
        b"no password given ",
        b"password incorrect ",
        b"no such user ",
    ];
    let kind = if failed.iter().any(|w| text.starts_with(w)) {
        Kind::SaslFailed
    } else if text.starts_with(b"(") && find(text, b" login success ").is_some() {
        Kind::MailLogin
    } else {
        return Said::No;
    };
    let Some((user, address)) = memchr::memrchr(b':', text)
        .and_then(|n| Some((text.get(..n)?, Addr::parse(text.get(n + 1..)?)?)))
    else {
        return Said::No;
    };
    let act: Act<'_> = tcp(kind, Some(address), None);
    Said::One(match memchr::memrchr(b' ', user).and_then(|n| user.get(n + 1..)) {
        Some(user) => act.user(user),
        None => act,
    })
}
