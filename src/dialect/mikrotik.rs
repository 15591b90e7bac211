//! MikroTik RouterOS's firewall log.
//!
//! "Log" and "Filter" of the RouterOS documentation (6.40 to 7.18): topics, the administrator's
//! prefix, the chain, then `in:… out:…, connection-state:…, src-mac …, proto …, A:p->B:p, len N`.
//! The verdict of the rule is not logged. As with netfilter, an administrator logs what he refuses
//! unless his prefix says otherwise; what belongs to a connection opens nothing. A prefix cannot
//! hold the chain's `: in:` a second time, so the packet begins at the last one.

use super::act::Act;
use super::packet::{Carries, Did, Flags, Seen, Way, refuses};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "mikrotik",
    title: "MikroTik RouterOS 6.40 to 7.18",
    family: Family::Firewall,
    programs: &["", "firewall,info", "firewall,*", "system,*", "MikroTik"],
    bare: &[],
    example: "2026-06-12T08:58:35.734637+02:00 gw firewall,info input: in:WAN out:(unknown 0), connection-state:new src-mac 02:00:00:00:00:01, proto TCP (SYN), 203.0.113.9:43210->192.0.2.7:22, len 40",
    document: "https://help.mikrotik.com/docs/spaces/ROS/pages/328094/Log",
    grammar: messages! {
        "packet" "" "%s %s: in:%s out:%s, connection-state:%s src-mac %s, proto %s, %s:%d->%s:%d, len %d" "RouterOS, firewall filter and NAT with log=yes" |m| Said::one(packet(m));
        "login" "" "system,error,critical login failure for user %s from %s via %s" "RouterOS, topic system" |m| Said::one(login(m));
    },
    trim: untrimmed,
};

/// `login failure for user %s from %s via %s`: the account is the far end's text, the address the
/// last word but two. It is the router's own gate, and no packet that was refused.
fn login(m: &[u8]) -> Option<Act<'_>> {
    let rest = m.get(find(m, b"login failure for user ")?..)?;
    let from = memchr::memmem::rfind(rest, b" from ")?;
    let mut words = rest.get(from + 6..)?.split(|b| *b == b' ');
    let source = words.next()?;
    (words.next()? == b"via" && words.next().is_some() && words.next().is_none()).then_some(())?;
    Some(Seen::ends(source, b"", b"", b"")?.act())
}

/// `203.0.113.9:4711`, `[2001:db8::9]:4711`, or an address alone.
fn end(word: &[u8]) -> Option<(&[u8], &[u8])> {
    if Addr::parse(word).is_some() {
        return Some((word, &[]));
    }
    let (host, tail) = word.split_at(memchr::memrchr(b':', word)?);
    let bare = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
    Some((bare, tail.get(1..)?))
}

fn packet(m: &[u8]) -> Option<Act<'_>> {
    // Other devices write without a tag too, and quote what the far end sent: `arg="… input: in:…"`.
    if memchr::memchr2(b'"', b'=', m).is_some() {
        return None;
    }
    let at = memchr::memmem::rfind(m, b": in:")?;
    let (head, rest) = m.split_at(at);
    let rest = rest.get(5..)?;
    // The prefix ends before the chain's own word, `input`, `forward`, `output` or another's.
    let prefix = head.get(..memchr::memrchr(b' ', head).unwrap_or(0))?;
    let out = find(rest, b" out:")?;
    let inner = rest.get(..out)?;
    // RouterOS 7.20 leaves out the comma where no `src-mac` is known.
    let named = find(rest, b", proto ").map(|at| at + 1).or_else(|| find(rest, b" proto "))?;
    let protocol = rest.get(named + 7..)?;
    let arrow = find(protocol, b"->")?;
    let (head, tail) = protocol.split_at(arrow);
    let (name, source) = head.split_at(memchr::memrchr(b' ', head)?);
    let tail = tail.get(2..)?;
    let stop = tail.iter().position(|b| matches!(b, b',' | b' ')).unwrap_or(tail.len());
    let (source, from) = end(source.trim_ascii())?;
    let (destination, to) = end(tail.get(..stop)?)?;
    let name = name.strip_suffix(b",").unwrap_or(name);
    let (word, detail) = name.split_at(memchr::memchr(b' ', name).unwrap_or(name.len()));
    let mut seen = Seen::ends(source, from, destination, to)?.carrying(word);
    seen.destination?;
    if matches!(seen.carries, Carries::Tcp(_)) && !detail.is_empty() {
        seen = seen.flags(Some(Flags::words(detail)));
    }
    let echo = [&b"(type 8,"[..], b"(type 128,"].iter().any(|t| find(detail, t).is_some());
    let known = [&b"connection-state:established"[..], b"connection-state:related"];
    let belongs = known.iter().any(|s| find(rest, s).is_some());
    let way = if inner.starts_with(b"(unknown") || inner.is_empty() {
        Way::Out
    } else {
        Way::between(inner, rest.get(out + 5..)?.split(|b| *b == b',').next()?)
    };
    let did = match (refuses(prefix), belongs) {
        (_, true) => Did::Noted,
        (true, _) => Did::Refused,
        (false, _) => Did::Allowed,
    };
    Some(seen.echo(echo).judged(did, way).act())
}
