//! IPFilter's log, as ipmon(8) prints it: FreeBSD, NetBSD, Solaris, illumos.
//!
//! `ipmon.c`, `print_ipflog()` (3.4 to 5.1): a time of day, a count where packets were alike, the
//! interface, `@group:rule`, what was done, `sender,port -> receiver,port PR protocol len …`,
//! TCP's flags, and `IN` or `OUT`. With `-n` ports are numbers, without it names.

use super::act::Act;
use super::packet::{Did, Flags, Seen, Way, service};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::rfc3164::number;
use crate::limits::REPEATS;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "ipfilter",
    title: "IPFilter 3.4 to 5.1 (ipmon)",
    family: Family::Firewall,
    programs: &["ipmon"],
    bare: &[],
    example: "Jun 12 08:58:35 fw ipmon[77]: 08:58:35.789012 em0 @0:1 b 203.0.113.9,43210 -> 192.0.2.7,22 PR tcp len 20 40 -S IN",
    document: "https://man.freebsd.org/cgi/man.cgi?query=ipmon&sektion=8",
    grammar: messages! {
        "packet" "" "%s %dx %s @%d:%d %s %s,%s -> %s,%s PR %s len %d %d -%s %s" "ipmon.c, print_ipflog()" |m| Said::one(packet(m));
    },
    trim: untrimmed,
};

fn end(word: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b',', word) {
        Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..).unwrap_or_default()),
        None => (word, &[]),
    }
}

fn packet(m: &[u8]) -> Option<Act<'_>> {
    let mut words = m.split(|b| *b == b' ').filter(|w| !w.is_empty());
    // The time of day: syslog's is the one that counts.
    words.next()?.first().filter(|b| b.is_ascii_digit())?;
    let mut word = words.next()?;
    let mut times = 1;
    if let Some(n) = word.strip_suffix(b"x").and_then(number) {
        times = n.clamp(1, REPEATS);
        word = words.next()?;
    }
    // An interface, or several; then the rule.
    while !word.starts_with(b"@") {
        word = words.next()?;
    }
    let did = match words.next()? {
        b"b" | b"B" => Did::Refused,
        b"p" | b"P" | b"n" | b"L" => Did::Allowed,
        _ => return None,
    };
    let (source, from) = end(words.next()?);
    (words.next()? == b"->").then_some(())?;
    let (destination, to) = end(words.next()?);
    (words.next()? == b"PR").then_some(())?;
    let protocol = words.next()?;
    let mut seen = Seen::ends(source, b"", destination, b"")?.carrying(protocol);
    seen.destination?;
    (seen.from, seen.to) = (service(from), service(to));
    let (mut flags, mut way, mut echo, mut quotes) = (None, Way::Untold, false, false);
    for word in words {
        match word {
            [b'-', letters @ ..] if flags.is_none() => flags = Some(Flags::letters(letters)),
            b"IN" if !quotes => way = Way::In,
            b"OUT" if !quotes => way = Way::Out,
            b"for" => quotes = true,
            _ => echo |= word == b"8/0" || word == b"echo/0",
        }
    }
    Some(seen.flags(flags).echo(echo).judged(did, way).act().times(times))
}
