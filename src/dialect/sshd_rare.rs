//! OpenSSH's rarer messages: what a server, a resolver or libwrap says of a peer, and how connections of old ended.
//!
//! They are grammars of [`super::sshd`], which lists them with where they are printed.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_until};
use nom::character::complete::digit1;
use nom::combinator::{opt, rest};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::act::{Act, Kind, Transport};
use super::parts::{
    Peer, addr, addr_then_colon, bracketed, every_cut, known_peer, number, peer, port, whole,
};
use super::spec::Said;
use crate::addr::Addr;

fn act<'a>(kind: Kind, who: Peer) -> Act<'a> {
    let mut act = Act::new(kind).by(who.addr, who.port);
    act.transport = Some(Transport::Tcp);
    act
}

fn only<'a>(kind: Kind, addr: Option<Addr>) -> Act<'a> {
    act(kind, Peer { addr, port: None })
}

fn preauth(message: &[u8]) -> (&[u8], bool) {
    match message.strip_suffix(b" [preauth]") {
        Some(text) => (text, true),
        None => (message, false),
    }
}

pub(super) fn major_differ(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"Protocol major versions differ").unwrap_or_default();
    let head = alt((tag(" for "), tag(": ")));
    let newer = whole(text, (head, known_peer, opt((tag(": "), rest))));
    // Before 7.2 no port ended the address.
    let older = || whole(text, (tag(" for "), addr_then_colon, tag(": "), rest));
    let act = match newer {
        Some((_, p, _)) => Some(act(Kind::BadBanner, p)),
        None => older().map(|(_, a, ..)| only(Kind::BadBanner, Some(a))),
    };
    Said::one(act)
}

pub(super) fn root_refused(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.strip_prefix(b"ROOT LOGIN REFUSED FROM ").unwrap_or_default();
    Said::one(whole(text, peer).map(|p| act(Kind::InvalidUser, p).user(b"root")))
}

/// libwrap prints the name it found and the address in brackets; old versions the address alone.
pub(super) fn refused_connect(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"refused connect from ").unwrap_or_default();
    let bracketed = whole(
        text,
        (take_till1(|b: u8| b == b' '), delimited(tag(" ("), bracketed(b')'), tag(")"))),
    )
    .and_then(|(_, a)| a);
    let alone = || Addr::parse(text.strip_prefix(b"::ffff:").unwrap_or(text));
    match bracketed.or_else(alone) {
        Some(a) => Said::One(act(Kind::Refused, Peer { addr: Some(a), port: None })),
        None => Said::Quiet,
    }
}

pub(super) fn timeout(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.strip_prefix(b"Timeout before authentication for ").unwrap_or_default();
    let newer =
        (tag("connection from "), addr, tag(" to "), bracketed(b','), tag(", pid = "), number);
    if let Some((_, from, _, to, ..)) = whole(text, newer) {
        let mut act = act(Kind::TimedOut, Peer { addr: Some(from), port: None });
        act.destination = to;
        return Said::One(act);
    }
    Said::one(whole(text, terminated(known_peer, opt(tag(".")))).map(|p| act(Kind::TimedOut, p)))
}

pub(super) fn drop_connection(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"drop connection #").unwrap_or_default();
    let side = || (delimited(tag("["), bracketed(b']'), tag("]:")), port);
    let line = (number, tag(" from "), side(), tag(" on "), side(), tag(" "), rest);
    let Some((_, _, (from, from_port), _, (to, to_port), ..)) = whole(text, line) else {
        return Said::No;
    };
    let mut act = act(Kind::Dropped, Peer { addr: from, port: Some(from_port) });
    (act.destination, act.destination_port) = (to, Some(to_port));
    Said::One(act)
}

pub(super) fn reverse_mapping(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text =
        message.strip_prefix(b"reverse mapping checking getaddrinfo for ").unwrap_or_default();
    // The name is what the far end's own name server says.
    let mut tail = terminated(bracketed(b']'), (tag("] failed"), rest));
    every_cut(
        text,
        " [",
        |i| tail.parse(i),
        |_, a| act(Kind::SshContext, Peer { addr: a, port: None }),
    )
}

pub(super) fn maps_to(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.strip_prefix(b"Address ").unwrap_or_default();
    let line = (addr, tag(" maps to "), rest);
    Said::one(
        whole(text, line).map(|(a, ..)| act(Kind::SshContext, Peer { addr: Some(a), port: None })),
    )
}

/// The true owner of the key, from a place the key is not for: no stranger's act. The host's name is a
/// resolver's, or the address once more.
pub(super) fn not_permitted(message: &[u8]) -> Said<'_> {
    let words = " with correct key but not from a permitted host (host=";
    let name = take_till1(|b: u8| b == b',' || b == b' ');
    let address = take_till1(|b: u8| b == b',' || b == b')').map(Addr::parse);
    let mut tail = (name, tag(", ip="), address, rest);
    let said = every_cut(
        message,
        words,
        |i| tail.parse(i),
        |_, (_, _, a, _): (&[u8], &[u8], Option<Addr>, &[u8])| only(Kind::SshContext, a),
    );
    said.or_else(|| Said::Quiet)
}

pub(super) fn starting(message: &[u8]) -> Said<'_> {
    let mut tail = terminated(known_peer, (tag(" id "), number));
    every_cut(message, " from ", |i| tail.parse(i), |_, p| act(Kind::SshContext, p))
}

/// `ADDRESS: no matching …. Their offer: …`, before 7.2, which told no port.
pub(super) fn no_agreement(text: &[u8]) -> Said<'_> {
    Said::one(
        whole(text, (addr_then_colon, tag(": no matching "), rest))
            .map(|(a, ..)| only(Kind::NoAgreement, Some(a))),
    )
}

/// The record is the far end's; the address it is set up for is the peer's.
pub(super) fn nasty_ptr(message: &[u8]) -> Said<'_> {
    let Some(text) = message.strip_suffix(b", ignoring") else { return Said::Quiet };
    every_cut(text, "\" is set up for ", addr, |_, a| only(Kind::SshContext, Some(a)))
        .or_else(|| Said::Quiet)
}

/// A peer right after the words, and nothing else.
pub(super) fn peer_after<'a>(message: &'a [u8], words: &str) -> Said<'a> {
    Said::one(whole(message, preceded(tag(words), known_peer)).map(|p| act(Kind::SshContext, p)))
}

/// `user NAME ADDRESS port N`, or the peer alone.
pub(super) fn no_answer(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"Timeout, client not responding from ").unwrap_or_default();
    if let Some(p) = whole(text, known_peer) {
        return Said::One(act(Kind::TimedOut, p));
    }
    let Some(text) = text.strip_prefix(b"user ") else { return Said::No };
    every_cut(text, " ", known_peer, |_, p| act(Kind::TimedOut, p))
}

/// A write that failed: after the peer stands what the system said of it.
pub(super) fn write_wait(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let head = (take_until("Connection "), tag("Connection "), alt((tag("from "), tag("to "))));
    let user = opt((
        alt((tag("user "), tag("authenticating user "), tag("invalid user "))),
        take_till1(|b: u8| b == b' '),
        tag(" "),
    ));
    let line = (head, user, known_peer, tag(": "), rest);
    if let Some((_, _, p, ..)) = whole(message, line) {
        return Said::One(act(Kind::SshContext, p));
    }
    let head = (take_until("Connection "), tag("Connection "), alt((tag("from "), tag("to "))));
    let older = (head, addr_then_colon, tag(": "), rest);
    Said::one(whole(message, older).map(|(_, a, ..)| only(Kind::SshContext, Some(a))))
}

/// sshd's own penalty, for an address or, where so configured, for a net of them, which is nobody.
pub(super) fn penalty(message: &[u8]) -> Said<'_> {
    let Some(at) = super::parts::find(message, b": new ") else { return Said::Quiet };
    let text = message.get(at + 6..).unwrap_or_default();
    let parsed: IResult<&[u8], _> =
        (take_till1(|b: u8| b == b'/').map(Addr::parse), tag("/"), digit1, tag(" ")).parse(text);
    match parsed {
        Ok((_, (Some(a), _, bits, _))) if bits == b"32" || bits == b"128" => {
            Said::One(only(Kind::SshContext, Some(a)))
        }
        _ => Said::Quiet,
    }
}

/// Who sent no seed of the obfuscated handshake speaks another protocol.
pub(super) fn magic(message: &[u8]) -> Said<'_> {
    let head = (tag("Magic value check failed ("), digit1, tag(") on obfuscated handshake from "));
    Said::one(whole(message, (head, known_peer)).map(|(_, p)| act(Kind::BadBanner, p)))
}

/// Junos's own word on a login that its sshd refused and tells of too: it counts there. The account is the client's text,
/// and the host stands last.
pub(super) fn junos(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"SSHD_LOGIN_FAILED: ").unwrap_or(message);
    let Some(text) = text.strip_prefix(b"Login failed for user '") else { return Said::No };
    let Some(at) = memchr::memmem::rfind(text, b"' from host '") else { return Said::No };
    let host = text.get(at + b"' from host '".len()..).and_then(|t| t.strip_suffix(b"'"));
    match host.and_then(Addr::parse) {
        Some(addr) => {
            let act = super::parts::tcp(Kind::SshContext, Some(addr), None);
            Said::One(Act { user: text.get(..at), ..act })
        }
        None => Said::No,
    }
}

/// Says something of the connection and names nobody: its process may be that of one who is named.
pub(super) const fn unnamed(_: &[u8]) -> Said<'_> {
    Said::One(Act::new(Kind::SshContext))
}

/// `no matching cipher found: client … server …` before OpenSSH 6.7, which names nobody.
pub(super) fn no_match(message: &[u8]) -> Said<'_> {
    let what = ["cipher", "mac", "comp"];
    let text = message.strip_prefix(b"no matching ").unwrap_or_default();
    let is = |w: &&str| {
        text.strip_prefix(w.as_bytes()).is_some_and(|t| t.starts_with(b" found: client "))
    };
    if what.iter().any(is) { unnamed(message) } else { Said::No }
}
