//! scanlogd: who sent packets to several ports within seconds.
//!
//! `scanlogd.c`, `do_log()` (2.0 to 2.2.8): `SOURCE[:PORT] to DESTINATION ports N, N, …, FLAGS, TOS
//! xx, TTL n @hh:mm:ss`. A flag is upper case where all packets had it, lower case where none had,
//! `?` where some had. One line tells of several packets; the least that it proves is one.

use super::act::Act;
use super::packet::{Did, Flags, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "scanlogd",
    title: "scanlogd 2.0 to 2.2.8",
    family: Family::Firewall,
    programs: &["scanlogd"],
    bare: &[],
    example: "Jun 12 08:58:35 web1 scanlogd: 203.0.113.9:43210 to 192.0.2.7 ports 21, 22, 23, 25, 80, ..., fSrpauxy, TOS 00, TTL 64 @08:58:35",
    document: "https://www.openwall.com/scanlogd/",
    grammar: messages! {
        "scan" "" "%s:%d to %s ports %d, %d, …, %s, TOS %02x, TTL %d @%s" "scanlogd.c, do_log()" |m| Said::one(scan(m));
    },
    trim: untrimmed,
};

fn scan(m: &[u8]) -> Option<Act<'_>> {
    let (source, rest) = m.split_at(find(m, b" to ")?);
    let rest = rest.get(4..)?;
    let (destination, rest) = rest.split_at(find(rest, b" ports ")?);
    let mut parts = rest.get(7..)?.split(|b| *b == b',').map(<[u8]>::trim_ascii);
    let port = parts.next()?;
    let flags = parts.find(|p| {
        p.len() >= 6 && p.iter().all(|b| b.is_ascii_alphabetic() || *b == b'?') && p.contains(&b'u')
            || p.contains(&b'U')
    })?;
    let known = |upper: u8| flags.contains(&upper);
    let flags = Flags { syn: known(b'S'), answers: known(b'A') || known(b'R') || known(b'F') };
    let (host, from) = match memchr::memrchr(b':', source) {
        Some(at) => (source.get(..at)?, source.get(at + 1..)?),
        None => (source, &[][..]),
    };
    let seen = Seen::ends(host, from, destination, port)?;
    seen.destination?;
    Some(seen.carrying(b"tcp").flags(Some(flags)).judged(Did::Refused, Way::In).act())
}
