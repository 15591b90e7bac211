//! TinySSH: a small SSH server that takes keys alone.
//!
//! `log.c` prints `SESSION: LEVEL: TEXT {FILE:LINE}`, where the session is eight letters or digits drawn at random; standard
//! error, which journald and multilog write down, has `tinysshd: ` before it. `connection from ADDRESS:PORT`
//! (main_tinysshd.c) alone names the client, first of all and before it has sent a byte. What it sent stands in
//! `auth: NAME: METHOD rejected` (packet_auth.c, with `-vv` only) and names nobody; since a refused key is no event and a session's
//! other lines tell no address, TinySSH's log accuses nobody.

use super::act::Kind;
use super::parts::{addr_port, tcp, whole};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "tinyssh",
    title: "TinySSH 20140107 to 20250501",
    family: Family::Sshd,
    programs: &["tinysshd", "tinysshnoneauthd"],
    bare: &[],
    example: "Jun 12 08:58:01 gw tinysshd: Ab3dE6g8: info: connection from 192.0.2.7:4711 {main_tinysshd.c:197}",
    document: "https://github.com/janmojzis/tinyssh (log.c, main_tinysshd.c, packet_auth.c)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "line" "" "[tinysshd: ]%s: %s: %s[ (%s)]{%s:%d}" "log.c, log_9_()" line;
};

fn line(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"tinysshd: ").unwrap_or(message);
    let text = text.strip_prefix(b"tinysshnoneauthd: ").unwrap_or(text);
    let Some((session, text)) = text.split_at_checked(8) else { return Said::No };
    let levels: [&[u8]; 5] =
        [b": info: ", b": warning: ", b": fatal: ", b": debug: ", b": tracing: "];
    let text = levels.iter().find_map(|level| text.strip_prefix(*level));
    let Some(text) = text.filter(|_| session.iter().all(u8::is_ascii_alphanumeric)) else {
        return Said::No;
    };
    let Some(peer) = text.strip_prefix(b"connection from ") else { return Said::Quiet };
    let end = peer.iter().position(|b| *b == b' ').unwrap_or(peer.len());
    let Some(peer) = peer.get(..end).and_then(|peer| whole(peer, addr_port)) else {
        return Said::Quiet;
    };
    let mut act = tcp(Kind::Connected, peer.addr, peer.port);
    act.session = Some(session);
    Said::One(act)
}
