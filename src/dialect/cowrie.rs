//! Cowrie, the SSH honeypot: it lets in whom it likes, so a login there is a try like any other.
//!
//! Its text log (`twisted.python.log`) puts `[TRANSPORT,SESSION,ADDRESS]` before each message, and its JSON log
//! (`cowrie/output/jsonlog.py`) has the address as `src_ip`; account, password and version are the client's text and stand
//! behind the one and in values of their own in the other. Telnet sessions are passed over: they are no SSH.

use nom::bytes::complete::{tag, take_till1};
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{addr_port, find, tcp, whole};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::{Format, stamp};
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "cowrie",
    title: "Cowrie 1.5 to 2.6 (a honeypot)",
    family: Family::Sshd,
    programs: &["cowrie"],
    bare: &[Format::Iso8601, Format::Json],
    example: "2026-06-12T08:58:01.123456Z [cowrie.ssh.factory.CowrieSSHFactory] New connection: 192.0.2.7:4711 (198.51.100.22:2222) [session: abc]",
    document: "https://docs.cowrie.org/en/latest/OUTPUT.html, https://github.com/cowrie/cowrie (src/cowrie/ssh/factory.py, transport.py, userauth.py)",
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
    "connection" "[cowrie.ssh.factory" "[cowrie.ssh.factory.CowrieSSHFactory] New connection: %s:%s (%s:%s) [session: %s]" "src/cowrie/ssh/transport.py, connectionMade()" connection;
    "old-connection" "[HoneyPotSSHFactory" "[HoneyPotSSHFactory] New connection: %s:%s (%s:%s) [session: %s]" "src/cowrie/ssh/transport.py before 1.6" connection;
    "transport" "[HoneyPotSSHTransport," "[HoneyPotSSHTransport,%d,%s] %s" "src/cowrie/ssh/transport.py, userauth.py" transport;
    "user-auth" "[SSHService " "[SSHService %s on HoneyPotSSHTransport,%d,%s] %s" "src/cowrie/ssh/userauth.py" transport;
    "record" "{" "{\"eventid\":\"cowrie.%s\",…,\"src_ip\":\"%s\",…}" "src/cowrie/output/jsonlog.py" record;
};

fn connection(message: &[u8]) -> Said<'_> {
    let Some(at) = find(message, b"] New connection: ") else { return Said::No };
    let text = message.get(at + 18..).unwrap_or_default();
    let line = (addr_port, tag(" ("), addr_port, tag(") [session: "), rest);
    Said::one(whole(text, line).map(|(who, _, ours, ..)| {
        let mut act: Act<'_> = tcp(Kind::Trapped, who.addr, who.port);
        (act.destination, act.destination_port) = (ours.addr, ours.port);
        act
    }))
}

/// The bracket is the honeypot's own, up to its first `] `; what follows quotes the client.
fn transport(message: &[u8]) -> Said<'_> {
    let parsed: IResult<&[u8], _> = (tag("["), take_till1(|b| b == b']'), tag("] ")).parse(message);
    let Ok((text, (_, head, _))) = parsed else { return Said::No };
    let mut fields = head.rsplit(|b| *b == b',');
    let (Some(address), Some(_), Some(_)) = (fields.next(), fields.next(), fields.next()) else {
        return Said::No;
    };
    let Some(source) = Addr::parse(address) else { return Said::No };
    let tried = text.strip_prefix(b"login attempt [");
    let kind = match tried {
        Some(t) if t.ends_with(b"] failed") || t.ends_with(b"] succeeded") => Kind::TrapLogin,
        Some(_) => return Said::No,
        None if text.starts_with(b"Connection lost") || text.starts_with(b"connection lost") => {
            Kind::Departed
        }
        None => Kind::SshContext,
    };
    let act: Act<'_> = tcp(kind, Some(source), None);
    let user = tried.and_then(|t| t.strip_prefix(b"b'")).and_then(|t| t.get(..find(t, b"'/")?));
    Said::One(user.map_or(act, |u| act.user(u)))
}

fn record(message: &[u8]) -> Said<'_> {
    if find(message, b"\"cowrie.").is_none() {
        return Said::No;
    }
    let Ok(o) = Object::read(message) else { return Said::No };
    let Some(event) = o.word("eventid").and_then(|e| e.strip_prefix(b"cowrie.")) else {
        return Said::No;
    };
    if o.word("protocol") == Some(b"telnet") {
        return Said::Quiet;
    }
    let Some(source) = o.word("src_ip").and_then(Addr::parse) else { return Said::Quiet };
    let kind = match event {
        b"session.connect" => Kind::Trapped,
        b"login.failed" | b"login.success" => Kind::TrapLogin,
        b"session.closed" => Kind::Departed,
        _ => Kind::SshContext,
    };
    let number = |name| o.word(name).and_then(|n| std::str::from_utf8(n).ok()?.parse::<u16>().ok());
    let mut act: Act<'_> = tcp(kind, Some(source), number("src_port"));
    act.destination = o.word("dst_ip").and_then(Addr::parse);
    act.destination_port = number("dst_port");
    Said::One(match o.word("username") {
        Some(user) => act.user(user),
        None => act,
    })
}
