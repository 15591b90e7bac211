//! Sendmail 8: refused recipients, refused logins, and commands that nobody sends by accident.
//!
//! The lines come from `srvrsmtp.c`, `conf.c`, `savemail.c` and `collect.c`: `QUEUEID: text`, where `relay=NAME [ADDRESS]`
//! (`macvalue('_')`) names the peer. Addresses and account names are the client's text and may stand before
//! `relay=`: every `, relay=` is tried, and must be followed by what the message ends in.

use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{opt, rest, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::act::Kind;
use super::parts::{Peer, every_cut, find, find_unquoted, named, smtp_refusal, tcp, whole};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "sendmail",
    title: "Sendmail 8.9 to 8.18",
    family: Family::Mail,
    programs: &[
        "sendmail",
        "sm-mta",
        "sm-mta-*",
        "sm-msp-queue",
        "sm-acceptingconnections",
        "sendmail-*",
    ],
    bare: &[],
    example: "Jun 12 08:58:01 mx sm-mta[2001]: 65C8w1aB002001: ruleset=check_rcpt, arg1=<a@b.example>, relay=h.example [192.0.2.7], reject=550 5.7.1 <a@b.example>... Relaying denied. Proper authentication required.",
    document: "Sendmail 8 (sendmail/srvrsmtp.c, conf.c, collect.c), and the Installation and Operation Guide",
    grammar: GRAMMAR,
    trim,
};

/// Takes off the queue id, and where the line tells of none `NOQUEUE: `.
fn trim(message: &[u8]) -> &[u8] {
    let id: IResult<&[u8], _> =
        terminated(take_while1(|b: u8| b.is_ascii_alphanumeric()), tag(": ")).parse(message);
    match id {
        Ok((text, id)) if id == b"NOQUEUE" || id.len() >= 8 => text,
        _ => message,
    }
}

const GRAMMAR: &[Message] = messages! {
    "ruleset" "ruleset=" "ruleset=%s, arg1=%s[, arg2=%s], relay=%s, reject=%s" "srvrsmtp.c and envelope.c, rscheck()" ruleset;
    "auth-failure" "AUTH failure (" "AUTH failure (%s): %s (%d) %s[, user=%s], relay=%s" "srvrsmtp.c, smtp()" auth_failure;
    "auth-ok" "AUTH=server, relay=" "AUTH=server, relay=%s, authid=%s, mech=%s, bits=%d" "srvrsmtp.c, smtp()" auth_ok;
    "tls" "STARTTLS=server, relay=" "STARTTLS=server, relay=%s, version=%s" "tls.c, tls_get_info()" |m| head(m, "STARTTLS=server, relay=", Kind::MailContext);
    "pre-greeting" "rejecting commands from " "rejecting commands from %s due to pre-greeting traffic after %d seconds" "srvrsmtp.c, smtp()" |m| head(m, "rejecting commands from ", Kind::SmtpProbe);
    "connect" "connect from " "connect from %s" "srvrsmtp.c, smtp()" |m| head(m, "connect from ", Kind::MailConnected);
    "lost-input" "lost input channel from " "lost input channel from %s to %s after %s" "srvrsmtp.c, smtp()" |m| head(m, "lost input channel from ", Kind::MailContext);
    "from" "from=" "from=%s, size=%d, class=%d, nrcpts=%d, …, relay=%s" "envelope.c, logsender()" from;
    "tls-error" "STARTTLS=server, error: " "STARTTLS=server, error: accept failed=%d, reason=%s, SSL_error=%d, errno=%d, retry=%d, relay=%s" "tls.c" tls_error;
    "timeout" "timeout waiting for input from " "timeout waiting for input from %.100s during %s" "util.c, sfgets()" |m| head(m, "timeout waiting for input from ", Kind::MailContext);
    "unexpected-close" "collect: unexpected close on connection from " "collect: unexpected close on connection from %s, sender=%s" "collect.c, collect()" |m| head(m, "collect: unexpected close on connection from ", Kind::MailContext);
    "milter" "Milter: connect: host=" "Milter: connect: host=%s, addr=%s, (rejecting|temp failing) commands" "srvrsmtp.c, smtp()" milter;
    "tcpwrappers" "tcpwrappers (" "tcpwrappers (%s, %s) rejection" "srvrsmtp.c, smtp()" tcpwrappers;
    "peer" "" "%s: (possible SMTP attack: command=%s, count=%u|%s [rejected])" "srvrsmtp.c, checksmtpattack() and smtp()" peer;
};

/// The peer, and where its name is not to be trusted, so said.
fn relay(i: &[u8]) -> IResult<&[u8], Option<Addr>> {
    terminated(named, opt(tag(" (may be forged)"))).parse(i)
}

fn of(addr: Option<Addr>) -> Peer {
    Peer { addr, port: None }
}

fn ruleset(message: &[u8]) -> Said<'_> {
    let answer = nom::branch::alt((preceded(tag(", reject="), rest), tag(", discard")));
    let mut tail = (relay, answer);
    let tail = |i| tail.parse(i);
    every_cut(message, ", relay=", tail, |_, (addr, reason): (_, &[u8])| {
        let code = reason.get(..3).unwrap_or_default();
        let text = find_unquoted(reason, b"... ").and_then(|n| reason.get(n..)).unwrap_or(reason);
        let kind = if reason == b", discard" {
            // Taken, and thrown away.
            Kind::MailContext
        } else if reason.starts_with(b"451 4.1.8") {
            Kind::Deferred
        } else {
            smtp_refusal(code, text)
        };
        tcp(kind, addr, None)
    })
}

fn auth_failure(message: &[u8]) -> Said<'_> {
    every_cut(message, ", relay=", relay, |before, addr| {
        let act = tcp(Kind::SaslFailed, addr, None);
        match find(before, b", user=").and_then(|n| before.get(n + 7..)) {
            Some(user) => act.user(user),
            None => act,
        }
    })
}

/// The account follows the peer here.
fn auth_ok(message: &[u8]) -> Said<'_> {
    let line = (tag("AUTH=server, relay="), relay, tag(", authid="), rest);
    Said::one(whole(message, line).map(|(_, addr, _, text): (_, _, _, &[u8])| {
        let user = text.split(|b| *b == b',').next().unwrap_or_default();
        tcp(Kind::MailLogin, addr, None).user(user)
    }))
}

/// The peer right after the words.
fn head<'a>(message: &'a [u8], words: &str, kind: Kind) -> Said<'a> {
    let more = value((), opt((tag(" "), rest)));
    let comma = value((), (tag(","), rest));
    let line = (tag(words), relay, nom::branch::alt((comma, more)));
    Said::one(whole(message, line).map(|(_, addr, _)| tcp(kind, addr, None)))
}

fn tls_error(message: &[u8]) -> Said<'_> {
    every_cut(message, ", relay=", relay, |_, addr| tcp(Kind::MailContext, addr, None))
}

/// The name is a resolver's.
fn milter(message: &[u8]) -> Said<'_> {
    let word = take_while1(|b: u8| b != b',' && b != b' ');
    let address = take_while1(|b: u8| b != b',' && b != b' ').map(Addr::parse);
    let line = (tag("Milter: connect: host="), word, tag(", addr="), address, tag(", "), rest);
    Said::one(whole(message, line).map(|(.., addr, _, what): (_, _, _, _, _, &[u8])| {
        let kind =
            if what.starts_with(b"rejecting commands") { Kind::Spam } else { Kind::Deferred };
        tcp(kind, addr, None)
    }))
}

fn tcpwrappers(message: &[u8]) -> Said<'_> {
    let word = take_while1(|b: u8| b != b',' && b != b' ');
    let address = take_while1(|b: u8| b != b')' && b != b' ').map(Addr::parse);
    let line = (tag("tcpwrappers ("), word, tag(", "), address, tag(") rejection"));
    Said::one(whole(message, line).map(|(_, _, _, addr, _)| tcp(Kind::Spam, addr, None)))
}

fn from(message: &[u8]) -> Said<'_> {
    let taken = find(message, b", nrcpts=0").is_none();
    let kind = if taken { Kind::MailAccepted } else { Kind::MailContext };
    match every_cut(message, ", relay=", relay, |_, addr| tcp(kind, addr, None)) {
        Said::No if find(message, b", relay=").is_some() => Said::Quiet,
        said => said,
    }
}

fn peer(message: &[u8]) -> Said<'_> {
    let Ok((text, addr)) = relay(message) else { return Said::No };
    let who = of(addr);
    let asks = [&b": vrfy "[..], b": expn ", b": VRFY ", b": EXPN ", b": ETRN "];
    let kind = if text.starts_with(b": possible SMTP attack: ")
        || text.starts_with(b": probable open proxy: command=")
        || text.ends_with(b" [rejected]") && text.starts_with(b": ")
    {
        Kind::SmtpProbe
    } else if text.starts_with(b" did not issue ")
        || text.starts_with(b": Possible SMTP RCPT flood, throttling")
        || asks.iter().any(|a| text.starts_with(a))
    {
        Kind::MailContext
    } else {
        return Said::No;
    };
    Said::One(tcp(kind, who.addr, who.port))
}
