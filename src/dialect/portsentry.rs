//! PortSentry: who connected to a port on which nothing listens.
//!
//! PortSentry 1.0 to 1.2 (`portsentry.c`) and 2.0 (`src/`): by syslog, and in its history file. The
//! host's name, which the far end's name server chose, stands before the address: the address is
//! what follows the last slash before ` to `. Version 2 puts it in brackets, first. A stealth scan
//! without a SYN (NULL, FIN, XMAS) opens nothing.

use super::act::Act;
use super::packet::{Did, Flags, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "portsentry",
    title: "PortSentry 1.0 to 2.0",
    family: Family::Firewall,
    programs: &["portsentry"],
    bare: &[Format::Epoch],
    example: "Jun 12 08:58:35 web1 portsentry[77]: attackalert: Connect from host: h.example/203.0.113.9 to TCP port: 23",
    document: "https://github.com/portsentry/portsentry",
    grammar: messages! {
        "scan" "attackalert: Scan from: [" "attackalert: Scan from: [%s] (%s) protocol: [%s] port: [%d] type: [%s] …" "PortSentry 2.0, io.c" |m| Said::one(scan(m));
        "alert" "attackalert: " "attackalert: %s from host: %s/%s to %s port: %d" "PortSentry 1.x, portsentry.c" |m| Said::one(alert(m));
        "history" "- " "%d - %s Host: %s/%s Port: %d %s Blocked" "PortSentry 1.x, portsentry_io.c" |m| Said::one(history(m));
    },
    trim: untrimmed,
};

fn seen<'a>(address: &[u8], port: &[u8], protocol: &[u8], kind: &[u8]) -> Option<Act<'a>> {
    let seen = Seen::ends(address, b"", b"", port)?.carrying(protocol);
    let stealth = [&b"NULL"[..], b"XMAS", b"FIN"].iter().any(|w| find(kind, w).is_some());
    let flags = Flags { syn: !stealth, answers: false };
    let mut act = seen.flags(Some(flags)).judged(Did::Refused, Way::In).act();
    // The sender's port is not logged; UDP is judged by both.
    if act.kind == super::act::Kind::PacketBenign && !stealth {
        act.kind = super::act::Kind::Packet;
    }
    Some(act)
}

fn scan(m: &[u8]) -> Option<Act<'_>> {
    let rest = m.strip_prefix(b"attackalert: Scan from: [")?;
    let (address, rest) = rest.split_at(memchr::memchr(b']', rest)?);
    // The name in parentheses is the far end's: what counts are the last fields of these names.
    let last = |name: &[u8]| {
        let at = memchr::memmem::rfind(rest, name)?;
        rest.get(at + name.len()..)?.split(|b| *b == b']').next()
    };
    seen(address, last(b" port: [")?, last(b" protocol: [")?, last(b" type: [")?)
}

fn alert(m: &[u8]) -> Option<Act<'_>> {
    let at = find(m, b" from host: ")?;
    let kind = m.get(..at)?;
    let rest = m.get(at + 12..)?;
    let to = memchr::memmem::rfind(rest, b" to ")?;
    let (host, tail) = rest.split_at(to);
    let mut words = tail.get(4..)?.split(|b| *b == b' ');
    let protocol = words.next()?;
    (words.next()? == b"port:").then_some(())?;
    let port = words.next()?;
    words.next().is_none().then_some(())?;
    seen(host.get(memchr::memrchr(b'/', host)? + 1..)?, port, protocol, kind)
}

fn history(m: &[u8]) -> Option<Act<'_>> {
    let rest = m.get(find(m, b" Host: ")? + 7..)?;
    let port = memchr::memmem::rfind(rest, b" Port: ")?;
    let (host, tail) = rest.split_at(port);
    let mut words = tail.get(7..)?.split(|b| *b == b' ');
    let (port, protocol) = (words.next()?, words.next()?);
    (words.next()? == b"Blocked").then_some(())?;
    seen(host.get(memchr::memrchr(b'/', host)? + 1..)?, port, protocol, b"")
}
