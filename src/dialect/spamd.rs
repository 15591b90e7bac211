//! Two programs named spamd: SpamAssassin's daemon, and OpenBSD's tarpit for senders on its lists.
//!
//! `spamd/spamd.raw` of SpamAssassin (3.0 to 4.0): `info("spamd: …")`. Its client is who asks for a verdict, mostly
//! the mail server beside it, and never the sender of the message. `libexec/spamd/spamd.c` and `grey.c` of OpenBSD
//! (4.0 to 7.6): the address stands first, and mail addresses, the far end's, follow it. Greylisting is refused for now.

use nom::bytes::complete::{tag, take_till1, take_until, take_while};
use nom::character::complete::digit1;
use nom::combinator::{opt, rest};
use nom::{IResult, Parser};

use super::act::Kind;
use super::parts::{bracketed, port, tcp, whole};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "spamd",
    title: "SpamAssassin's spamd 3.0 to 4.0, OpenBSD's spamd 4.0 to 7.6",
    family: Family::Mail,
    programs: &["spamd"],
    bare: &[],
    example: "Jun 12 08:58:35 mx spamd[4711]: spamd: connection from h.example [203.0.113.9]:43210 to port 783, fd 5",
    document: "https://github.com/apache/spamassassin (spamd/spamd.raw); https://man.openbsd.org/spamd.8",
    grammar: GRAMMAR,
    trim,
};

/// Takes off the name that SpamAssassin's puts before its messages, be it the tag or not.
fn trim(message: &[u8]) -> &[u8] {
    message.strip_prefix(b"spamd: ").unwrap_or(message)
}

const GRAMMAR: &[Message] = messages! {
    "connection" "connection from " "spamd: connection from %s [%s]:%d to port %d, fd %d" "spamd.raw, accept_a_conn()" |m| connection(m, "connection from ");
    "unauthorized" "unauthorized connection from " "spamd: unauthorized connection from %s [%s]:%d to port %d, fd %d" "spamd.raw, accept_a_conn()" |m| connection(m, "unauthorized connection from ");
    "result" "result: " "spamd: result: %s %d - %s scantime=%s,size=%d,user=%s,uid=%d,required_score=%s,rhost=%s,raddr=%s,rport=%s,mid=%s" "spamd.raw, check()" result;
    "grey" "(GREY) " "(GREY) %s: <%s> -> <%s>" "spamd.c, nextstate()" |m| listed(m, "(GREY) ");
    "black" "(BLACK) " "(BLACK) %s: <%s> -> <%s>" "spamd.c, nextstate()" |m| listed(m, "(BLACK) ");
    "tarpit" "" "%s: (connected (%d/%d)|disconnected after %d seconds.)[, lists: %s]" "spamd.c, initcon() and closecon()" tarpit;
};

fn connection<'a>(message: &'a [u8], words: &str) -> Said<'a> {
    // The name is a resolver's answer.
    let line = (
        tag(words),
        take_till1(|b| b == b' ' || b == b'['),
        tag(" ["),
        bracketed(b']'),
        tag("]:"),
        port,
        tag(" to port "),
        rest,
    );
    Said::one(
        whole(message, line)
            .map(|(_, _, _, source, _, from, ..)| tcp(Kind::MailContext, source, Some(from))),
    )
}

fn result(message: &[u8]) -> Said<'_> {
    // Tests have names of letters and digits; the name of the asking user is ours.
    let line: IResult<&[u8], _> = (
        take_until(",raddr="),
        tag(",raddr="),
        take_till1(|b| b == b',').map(Addr::parse),
        tag(",rport="),
        opt(port),
        take_while(|b| b != b','),
        tag(","),
    )
        .parse(message);
    match line {
        Ok((_, (_, _, source, _, from, ..))) => Said::One(tcp(Kind::MailContext, source, from)),
        Err(_) => Said::Quiet,
    }
}

fn listed<'a>(message: &'a [u8], words: &str) -> Said<'a> {
    let line = (tag(words), take_till1(|b| b == b' '), tag(" <"), rest);
    let address = |word: &[u8]| Addr::parse(word.strip_suffix(b":").unwrap_or(word));
    Said::one(whole(message, line).map(|(_, a, ..)| tcp(Kind::Deferred, address(a), None)))
}

fn tarpit(message: &[u8]) -> Said<'_> {
    let Some(at) = memchr::memchr(b' ', message) else { return Said::No };
    let (word, text) = message.split_at(at);
    let Some(source) = word.strip_suffix(b":").and_then(Addr::parse) else { return Said::No };
    let open: IResult<&[u8], _> =
        (tag(" connected ("), digit1, tag("/"), digit1, tag(")")).parse(text);
    let close: IResult<&[u8], _> =
        (tag(" disconnected after "), digit1, tag(" seconds.")).parse(text);
    match (open, close) {
        (Ok(_), _) => Said::One(tcp(Kind::MailConnected, Some(source), None)),
        (_, Ok(_)) => Said::One(tcp(Kind::MailDisconnected, Some(source), None)),
        _ => Said::No,
    }
}
