//! Cyrus IMAP: `badlogin` and `login` of its IMAP, POP and sieve servers.
//!
//! `imap/imapd.c`, `imap/pop3d.c` and `timsieved/` print the peer first, as `NAME [ADDRESS]`, and the
//! mechanism and the account, which are the client's text, after it: the line is read from the left, once.

use nom::bytes::complete::tag;
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::Kind;
use super::parts::{named, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "cyrus",
    title: "Cyrus IMAP 2.2 to 3.10",
    family: Family::Mail,
    programs: &[
        "imap",
        "imaps",
        "pop3",
        "pop3s",
        "sieve",
        "timsieved",
        "lmtp",
        "lmtpunix",
        "http",
        "https",
        "cyrus/*",
    ],
    bare: &[],
    example: "Jun 12 08:58:01 mx imaps[2001]: badlogin: [192.0.2.7] CRAM-MD5 (ann@example.org) [SASL(-13): authentication failure: incorrect digest response]",
    document: "https://github.com/cyrusimap/cyrus-imapd (imap/imapd.c, imap/pop3d.c, timsieved/parser.c)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "badlogin" "badlogin: " "badlogin: %s %s [%s]" "imap/imapd.c, cmd_login() and cmd_authenticate(); imap/pop3d.c" |m| peer(m, "badlogin: ", Kind::SaslFailed);
    "login" "login: " "login: %s %s %s%s %s" "imap/imapd.c, cmd_login() and cmd_authenticate()" |m| peer(m, "login: ", Kind::MailLogin);
    "starttls" "STARTTLS negotiation failed: " "STARTTLS negotiation failed: %s" "imap/imapd.c, cmd_starttls()" starttls;
};

fn starttls(message: &[u8]) -> Said<'_> {
    let parsed: IResult<&[u8], _> = (tag("STARTTLS negotiation failed: "), named).parse(message);
    Said::one(parsed.ok().map(|(_, (_, addr))| tcp(Kind::MailContext, addr, None)))
}

fn peer<'a>(message: &'a [u8], words: &str, kind: Kind) -> Said<'a> {
    let parsed: IResult<&[u8], _> = (tag(words), named, tag(" "), rest).parse(message);
    Said::one(parsed.ok().map(|(_, (_, addr, ..))| tcp(kind, addr, None)))
}
