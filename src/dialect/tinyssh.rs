//! tinyssh: a small SSH server that takes keys alone.
//!
//! `log.c` puts eight random letters before each message, which is the connection's name, and file and line behind it;
//! `main_tinysshd.c` prints the peer once, as `ADDRESS:PORT`, at the verbosity of `-v`. What it says of a refusal names
//! nobody, and it has no passwords to guess: so its lines are context.

use nom::bytes::complete::{tag, take_till1};
use nom::combinator::rest;
use nom::sequence::preceded;

use super::act::Kind;
use super::parts::{tcp, whole};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "tinyssh",
    title: "tinyssh 20160101 to 20250501 (connections)",
    family: Family::Sshd,
    programs: &["tinysshd", "tinysshnoneauthd"],
    bare: &[Format::Tai64n],
    example: "Jun 12 08:58:01 gw tinysshd: kSRxPCVm: info: connection from 192.0.2.7:4711 {main_tinysshd.c:101}",
    document: "https://github.com/janmojzis/tinyssh (tinyssh/log.c, main_tinysshd.c, packet_auth.c)",
    grammar: GRAMMAR,
    trim,
};

/// Takes off the program's own name, and that of the connection.
fn trim(message: &[u8]) -> &[u8] {
    let text = message.strip_prefix(b"tinysshd: ").unwrap_or(message);
    match text.split_first_chunk::<8>() {
        Some((name, rest)) if name.iter().all(u8::is_ascii_alphanumeric) => {
            rest.strip_prefix(b": ").unwrap_or(text)
        }
        _ => text,
    }
}

const GRAMMAR: &[Message] = messages! {
    "connection" "info: connection from " "%s: info: connection from %s:%s {%s:%d}" "main_tinysshd.c, main_tinysshd()" connection;
    "auth" "info: auth: " "%s: info: auth: %s: %s %s accepted {%s:%d}" "packet_auth.c, packet_auth()" |_| Said::Quiet;
    "too-many" "warning: auth: too many " "%s: warning: auth: too many authentication tries {%s:%d}" "packet_auth.c, packet_auth()" |_| Said::Quiet;
    "finished" "info: finished" "%s: info: finished {%s:%d}" "main_tinysshd.c, main_tinysshd()" |_| Said::Quiet;
    "unable" "fatal: unable to " "%s: fatal: unable to %s (%s){%s:%d}" "main_tinysshd.c, die_fatal()" |_| Said::Quiet;
    "refused" "fatal: authentication failed" "%s: fatal: authentication failed (%s){%s:%d}" "main_tinysshd.c, die_fatal()" |_| Said::Quiet;
    "late" "fatal: closing connection" "%s: fatal: closing connection (%s){%s:%d}" "main_tinysshd.c, timeout()" |_| Said::Quiet;
};

fn connection(message: &[u8]) -> Said<'_> {
    let line = (
        preceded(tag("info: connection from "), take_till1(|b| b == b' ')),
        preceded(tag(" "), rest),
    );
    let Some((peer, place)) = whole(message, line) else { return Said::No };
    // An IPv6 address has colons of its own: the last one is the port's.
    let Some(colon) = memchr::memrchr(b':', peer) else { return Said::No };
    let (addr, port) = (peer.get(..colon), peer.get(colon + 1..));
    let port = port.and_then(|p| std::str::from_utf8(p).ok()?.parse().ok());
    let named = place.is_empty() || place.starts_with(b"{");
    match (addr.and_then(Addr::parse), port) {
        (Some(addr), Some(port)) if named => {
            Said::One(tcp(Kind::Connected, Some(addr), Some(port)))
        }
        _ => Said::No,
    }
}
