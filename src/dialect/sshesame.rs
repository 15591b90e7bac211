//! sshesame, an SSH honeypot: it lets in everybody, so a login there is a try like any other.
//!
//! Each line of its text log begins `[ADDRESS:PORT] ` (`logging.go`); account, password and commands are quoted after it.

use nom::bytes::complete::tag;
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{addr_port, find, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "sshesame",
    title: "sshesame 0.0.11 to 0.0.39 (a honeypot)",
    family: Family::Sshd,
    programs: &["sshesame"],
    bare: &[Format::Slashed],
    example: r#"2026/06/12 08:58:01 [192.0.2.7:4711] authentication for user "root" with password "123456" accepted"#,
    document: "https://github.com/jaksi/sshesame (logging.go)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "line" "[" "[%s] %s" "logging.go, logEvent()" line;
};

fn line(message: &[u8]) -> Said<'_> {
    let parsed: IResult<&[u8], _> = (tag("["), addr_port, tag("] "), rest).parse(message);
    let Ok((_, (_, who, _, text))) = parsed else { return Said::No };
    let text: &[u8] = text;
    let kind = if text.starts_with(b"authentication for user ") {
        Kind::TrapLogin
    } else if text.starts_with(b"connection with client version ") {
        Kind::Trapped
    } else if text.starts_with(b"connection closed") {
        Kind::Departed
    } else if [&b"["[..], b"input: ", b"connection ", b"request ", b"rejected "]
        .iter()
        .any(|w| text.starts_with(w))
    {
        Kind::SshContext
    } else {
        return Said::No;
    };
    let act: Act<'_> = tcp(kind, who.addr, who.port);
    let user =
        text.strip_prefix(b"authentication for user \"").and_then(|t| t.get(..find(t, b"\" ")?));
    Said::One(user.map_or(act, |u| act.user(u)))
}
