//! endlessh, the SSH tarpit: it serves nobody, so whoever connects is scanning.
//!
//! `endlessh.c` prints `ACCEPT host=%s port=%d fd=%d n=%d/%d` with a stamp of its own,
//! endlessh-go's `client.go` `ACCEPT host=%v port=%v n=%v/%v` behind glog's header. No text of the
//! far end's is in it.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::rest;
use nom::sequence::preceded;

use super::act::Kind;
use super::parts::{port, tcp, whole};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::{Format, stamp};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "endlessh",
    title: "endlessh 1.0 and 1.1, endlessh-go (tarpits)",
    family: Family::Sshd,
    programs: &["endlessh"],
    bare: &[Format::Iso8601, Format::Slashed],
    example: "2026-06-12T08:58:01.588Z ACCEPT host=::ffff:192.0.2.7 port=4711 fd=4 n=1/4096",
    document: "https://github.com/skeeto/endlessh (endlessh.c)",
    grammar: GRAMMAR,
    trim,
};

/// Takes off its own stamp, where syslog put another before.
fn trim(message: &[u8]) -> &[u8] {
    match stamp::read(message) {
        Some((_, used)) => message.get(used..).unwrap_or_default().trim_ascii_start(),
        None => message,
    }
}

const GRAMMAR: &[Message] = messages! {
    "accept" "ACCEPT host=" "ACCEPT host=%s port=%d fd=%d n=%d/%d" "endlessh.c, main(); endlessh-go, client.go" |m| line(m, "ACCEPT", Kind::Trapped);
    "close" "CLOSE host=" "CLOSE host=%s port=%d fd=%d time=%lld.%03lld bytes=%lld" "endlessh.c, client_destroy()" |m| line(m, "CLOSE", Kind::Departed);
};

fn line<'a>(message: &'a [u8], word: &str, kind: Kind) -> Said<'a> {
    let host = take_while1(|b: u8| b != b' ').map(Addr::parse);
    let line = (
        tag(word),
        preceded(tag(" host="), host),
        preceded(tag(" port="), port),
        alt((tag(" fd="), tag(" n="), tag(" time="))),
        rest,
    );
    Said::one(whole(message, line).map(|(_, addr, port, ..)| tcp(kind, addr, Some(port))))
}
