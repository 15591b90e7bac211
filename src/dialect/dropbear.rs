//! Dropbear: the small SSH server of routers and initramfs.
//!
//! `svr-authpasswd.c`, `svr-authpam.c`, `svr-auth.c` and `svr-session.c` print the account before the peer, as
//! `'NAME' from ADDRESS:PORT`: the name is the client's text, so every `' from ` is tried. The peer in
//! `Exit before auth from <ADDRESS:PORT>: ` stands in a fixed place.

use nom::bytes::complete::tag;
use nom::combinator::{opt, rest, value};
use nom::sequence::terminated;
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{Peer, addr_port, every_cut, find, tcp, whole};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "dropbear",
    title: "Dropbear 0.48 to 2025.88",
    family: Family::Sshd,
    programs: &["dropbear"],
    bare: &[],
    example: "Jun 12 08:58:01 gw dropbear[2001]: Bad password attempt for 'root' from 192.0.2.7:4711",
    document: "https://github.com/mkj/dropbear (src/svr-auth.c, svr-authpasswd.c, svr-authpam.c, svr-session.c)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "bad-password" "Bad password attempt for '" "Bad password attempt for '%s' from %s" "svr-authpasswd.c, svr_auth_password()" |m| named(m, "Bad password attempt for '", Kind::Failed);
    "bad-pam" "Bad PAM password attempt for '" "Bad PAM password attempt for '%s' from %s" "svr-authpam.c, svr_auth_pam()" |m| named(m, "Bad PAM password attempt for '", Kind::Failed);
    "nonexistent" "Login attempt for nonexistent user" "Login attempt for nonexistent user[ '%s'] from %s" "svr-auth.c, checkusername()" nonexistent;
    "old-nonexistent" "login attempt for nonexistent user" "login attempt for nonexistent user[ '%s'] from %s" "svr-auth.c before 0.53, checkusername()" nonexistent;
    "blank" "Login attempt with wrong user " "Login attempt with wrong user %s from %s" "svr-auth.c, checkusername()" wrong_user;
    "password-ok" "Password auth succeeded for '" "Password auth succeeded for '%s' from %s" "svr-authpasswd.c, svr_auth_password()" |m| named(m, "Password auth succeeded for '", Kind::Accepted);
    "pam-ok" "PAM password auth succeeded for '" "PAM password auth succeeded for '%s' from %s" "svr-authpam.c, svr_auth_pam()" |m| named(m, "PAM password auth succeeded for '", Kind::Accepted);
    "key-ok" "Pubkey auth succeeded for '" "Pubkey auth succeeded for '%s' with %s key %s from %s" "svr-authpubkey.c, svr_auth_pubkey()" key;
    "key-bad" "Pubkey auth bad signature for '" "Pubkey auth bad signature for '%s' with key %s from %s" "svr-authpubkey.c, svr_auth_pubkey()" key_bad;
    "blank-ok" "Auth succeeded with blank password for '" "Auth succeeded with blank password for '%s' from %s" "svr-auth.c, recv_msg_userauth_request()" |m| named(m, "Auth succeeded with blank password for '", Kind::Accepted);
    "child" "Child connection from " "Child connection from %s" "svr-session.c, svr_session()" child;
    "exit-from" "Exit before auth from <" "Exit before auth from <%s>: [(user '%s', %u fails): ]%s" "svr-session.c, svr_dropbear_exit()" exit_from;
    "exit" "Exit before auth" "Exit before auth[ (user '%s', %u fails)]: %s" "svr-session.c before 2019.77, svr_dropbear_exit()" exit;
    "exit-user" "Exit (" "Exit (%s)[ from <%s>]: %s" "svr-session.c, svr_dropbear_exit()" exit_user;
};

fn named<'a>(message: &'a [u8], words: &str, kind: Kind) -> Said<'a> {
    let text = message.get(words.len()..).unwrap_or_default();
    every_cut(text, "' from ", addr_port, |user, p| tcp(kind, p.addr, p.port).user(user))
}

fn nonexistent(message: &[u8]) -> Said<'_> {
    let text = message.get(b"Login attempt for nonexistent user".len()..).unwrap_or_default();
    if let Some(text) = text.strip_prefix(b" '") {
        return every_cut(text, "' from ", addr_port, |user, p| {
            tcp(Kind::InvalidUser, p.addr, p.port).user(user)
        });
    }
    Said::one(
        whole(text, (tag(" from "), addr_port))
            .map(|(_, p)| tcp(Kind::InvalidUser, p.addr, p.port)),
    )
}

fn wrong_user(message: &[u8]) -> Said<'_> {
    let text = message.get(b"Login attempt with wrong user ".len()..).unwrap_or_default();
    every_cut(text, " from ", addr_port, |user, p| {
        tcp(Kind::InvalidUser, p.addr, p.port).user(user)
    })
}

fn key(message: &[u8]) -> Said<'_> {
    let text = message.get(b"Pubkey auth succeeded for '".len()..).unwrap_or_default();
    every_cut(text, " from ", addr_port, |before, p| {
        let user = find(before, b"' with ").and_then(|n| before.get(..n));
        let act: Act<'_> = tcp(Kind::Accepted, p.addr, p.port);
        user.map_or(act, |u| act.user(u))
    })
}

/// A key that is not the caller's.
fn key_bad(message: &[u8]) -> Said<'_> {
    let text = message.get(b"Pubkey auth bad signature for '".len()..).unwrap_or_default();
    every_cut(text, " from ", addr_port, |before, p| {
        let user = find(before, b"' with ").and_then(|n| before.get(..n));
        let act: Act<'_> = tcp(Kind::FailedKey, p.addr, p.port);
        user.map_or(act, |u| act.user(u))
    })
}

fn child(message: &[u8]) -> Said<'_> {
    let line = (tag("Child connection from "), addr_port);
    Said::one(whole(message, line).map(|(_, p)| tcp(Kind::Connected, p.addr, p.port)))
}

fn exit_from(message: &[u8]) -> Said<'_> {
    let line = (tag("Exit before auth from <"), addr_port, tag(">: "), rest);
    Said::one(whole(message, line).map(|(_, p, _, text): (_, Peer, _, &[u8])| {
        // What was refused, other lines tell; without a name nobody tried to log in.
        let kind = if text.starts_with(b"(user '") {
            Kind::ClosedAuthenticating
        } else {
            Kind::ClosedBare
        };
        tcp(kind, p.addr, p.port)
    }))
}

/// Before 2019 it named the peer only at the end, after the account: `- user 'NAME' from ADDRESS:PORT`.
fn exit(message: &[u8]) -> Said<'_> {
    match every_cut(message, "' from ", addr_port, |_, p| {
        tcp(Kind::ClosedAuthenticating, p.addr, p.port)
    }) {
        Said::No => Said::Quiet,
        said => said,
    }
}

fn exit_user(message: &[u8]) -> Said<'_> {
    let from = |i| -> IResult<&[u8], Peer> {
        let end = value((), opt((tag(": "), rest)));
        (terminated(addr_port, tag(">")), end).map(|(p, ())| p).parse(i)
    };
    match every_cut(message, ") from <", from, |_, p| tcp(Kind::Departed, p.addr, p.port)) {
        Said::No => Said::Quiet,
        said => said,
    }
}
