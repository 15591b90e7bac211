//! UW-IMAP and Panda IMAP: `imapd` and `ipop3d`.
//!
//! `src/imapd/imapd.c` and `src/ipopd/ipop3d.c` print `user=%.80s auth=%.80s host=%.80s`: the accounts are the client's text
//! and stand before the peer, so every ` host=` is tried, and the address in brackets must end the message.

use nom::character::complete::multispace0;
use nom::sequence::terminated;
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{every_cut, find, named, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "uwimap",
    title: "UW-IMAP 2002 to 2007f, Panda IMAP (imapd, ipop3d)",
    family: Family::Mail,
    programs: &["imapd", "ipop3d", "ipop2d", "imapsd", "ipop3sd"],
    bare: &[],
    example: "Jun 12 08:58:01 mx imapd[2001]: Login failed user=ann auth=ann host=h.example [192.0.2.7]",
    document: "UW-IMAP 2007f (src/imapd/imapd.c, src/ipopd/ipop3d.c, src/osdep/unix/)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "failed" "Login failed " "Login failed user=%.80s auth=%.80s host=%.80s" "src/imapd/imapd.c, src/ipopd/ipop3d.c" |m| login(m, Kind::SaslFailed);
    "excessive" "Login excessive login failures " "Login excessive login failures user=%.80s auth=%.80s host=%.80s" "src/imapd/imapd.c" |m| login(m, Kind::SaslFailed);
    "disabled" "Login disabled " "Login disabled user=%.80s auth=%.80s host=%.80s" "src/imapd/imapd.c" |m| login(m, Kind::SaslFailed);
    "override" "Failed " "Failed %.80s override of user=%.80s host=%.80s" "src/osdep/unix/env_unix.c" |m| login(m, Kind::SaslFailed);
    "login" "Login user=" "Login user=%.80s host=%.80s" "src/imapd/imapd.c" |m| login(m, Kind::MailLogin);
    "authenticated" "Authenticated user=" "Authenticated user=%.80s host=%.80s mech=%.80s" "src/imapd/imapd.c" |m| login(m, Kind::MailLogin);
    "preauthenticated" "Preauthenticated user=" "Preauthenticated user=%.80s host=%.80s" "src/imapd/imapd.c" |m| login(m, Kind::MailContext);
    "auth-pop" "Auth user=" "Auth user=%.80s host=%.80s nmsgs=%ld/%ld" "src/ipopd/ipop3d.c" |m| login(m, Kind::MailLogin);
    "apop" "APOP user=" "APOP user=%.80s host=%.80s nmsgs=%ld/%ld" "src/ipopd/ipop3d.c" |m| login(m, Kind::MailLogin);
    "authenticate" "AUTHENTICATE " "AUTHENTICATE %s failure host=%.80s" "src/imapd/imapd.c, src/ipopd/ipop3d.c" authenticate;
    "autologout" "Autologout user=" "Autologout user=%.80s host=%.80s" "src/imapd/imapd.c" |m| login(m, Kind::MailDisconnected);
    "logout" "Logout user=" "Logout user=%.80s host=%.80s[ nmsgs=%ld ndele=%ld]" "src/imapd/imapd.c, src/ipopd/ipop3d.c" |m| login(m, Kind::MailDisconnected);
    "killed" "Killed (" "Killed (lost mailbox lock) user=%.80s host=%.80s" "src/imapd/imapd.c" |m| login(m, Kind::MailDisconnected);
    "broken-off" "Command stream end of file" "Command stream end of file, while reading %s user=%.80s host=%.80s" "src/imapd/imapd.c, src/ipopd/ipop3d.c" |m| login(m, Kind::MailDisconnected);
    "reset" "Connection reset by peer" "Connection reset by peer, while reading %s user=%.80s host=%.80s" "src/imapd/imapd.c, src/ipopd/ipop3d.c" |m| login(m, Kind::MailDisconnected);
    "service" "" "%s service init from %s" "src/imapd/imapd.c, src/ipopd/ipop3d.c" service;
};

/// A mechanism's name is the client's text.
fn authenticate(message: &[u8]) -> Said<'_> {
    every_cut(message, " failure host=", tail, |_, addr| tcp(Kind::SaslFailed, addr, None))
}

fn service(message: &[u8]) -> Said<'_> {
    const SERVICES: [&str; 6] = ["imap", "imaps SSL", "pop3", "pop3s SSL", "POP3", "POP3S SSL"];
    let said = SERVICES.iter().find_map(|s| {
        let text = message.strip_prefix(s.as_bytes())?.strip_prefix(b" service init from ")?;
        Some(tcp(Kind::MailConnected, Some(Addr::parse(text.trim_ascii_end())?), None))
    });
    Said::one(said)
}

fn tail(i: &[u8]) -> IResult<&[u8], Option<Addr>> {
    let more = nom::branch::alt((
        nom::bytes::complete::tag(" mech="),
        nom::bytes::complete::tag(" nmsgs="),
    ));
    let mech = (more, nom::combinator::rest);
    terminated(named, (nom::combinator::opt(mech), multispace0)).parse(i)
}

fn login(message: &[u8], kind: Kind) -> Said<'_> {
    every_cut(message, " host=", tail, |before, addr| {
        let act: Act<'_> = tcp(kind, addr, None);
        let user = find(before, b"user=").and_then(|n| before.get(n + 5..));
        match user.map(|u| u.get(..find(u, b" auth=").unwrap_or(u.len())).unwrap_or(u)) {
            Some(user) => act.user(user.trim_ascii_end()),
            None => act,
        }
    })
}
