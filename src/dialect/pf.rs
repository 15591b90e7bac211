//! pf's log in words: `tcpdump -n -e -ttt -r /var/log/pflog`, often sent on by logger(1).
//!
//! OpenBSD's pflogd(8) and tcpdump(8) (3.0 to 7.6), FreeBSD's and macOS's tcpdump 4. OpenBSD
//! prints flags as `S 1:1(0)`, tcpdump.org's since 4.0 as `Flags [S],`. Ports follow an address
//! after a dot, in both versions of IP.

use super::act::Act;
use super::packet::{Carries, Did, Flags, Seen, Way, service};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "pf",
    title: "pf as tcpdump prints it (OpenBSD 3.0 to 7.6, FreeBSD, macOS)",
    family: Family::Firewall,
    programs: &["pf", "pflog", "pflogd", "tcpdump"],
    bare: &[],
    example: "Jun 12 08:58:35 fw pf: rule 4/(match) block in on em0: 203.0.113.9.43210 > 192.0.2.7.22: S 1:1(0) win 1024",
    document: "https://man.openbsd.org/pflogd.8",
    grammar: messages! {
        "packet" "rule " "rule %d/(%s) %s %s on %s: %s.%d > %s.%d: …" "print-pflog.c, pflog_print()" |m| Said::one(packet(m));
    },
    trim: untrimmed,
};

/// `203.0.113.9.4711`: an address, and a port or a service's name where it has one.
fn end(word: &[u8]) -> Option<(Addr, Option<u16>)> {
    if let Some(a) = Addr::parse(word) {
        return Some((a, None));
    }
    let dot = memchr::memrchr(b'.', word)?;
    Some((Addr::parse(word.get(..dot)?)?, service(word.get(dot + 1..)?)))
}

fn packet(m: &[u8]) -> Option<Act<'_>> {
    // `rule 4/0(match): block in on em0: …`, `rule 4/(match) [uid 0, pid 1] block in on em0: …`.
    let on = find(m, b" on ")?;
    let mut head = m.get(..on)?.rsplit(|b| *b == b' ');
    let way = match head.next()? {
        b"in" => Way::In,
        b"out" => Way::Out,
        _ => return None,
    };
    let did = match head.next()? {
        b"block" => Did::Refused,
        b"pass" | b"match" | b"nat" | b"rdr" | b"binat" | b"scrub" => Did::Allowed,
        _ => return None,
    };
    let rest = m.get(on + 4..)?;
    let rest = rest.get(find(rest, b": ")? + 2..)?;
    let rest = rest.strip_prefix(b"IP6 ").or(rest.strip_prefix(b"IP ")).unwrap_or(rest);
    let gap = find(rest, b" > ")?;
    let (source, rest) = rest.split_at(gap);
    let rest = rest.get(3..)?;
    let stop = find(rest, b": ").or(rest.ends_with(b":").then(|| rest.len() - 1))?;
    let (destination, text) = rest.split_at(stop);
    let text = text.get(1..)?.trim_ascii_start();
    let ((source, from), (destination, to)) = (end(source.trim_ascii())?, end(destination)?);
    let mut words = text.split(|b| *b == b' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let letters = |w: &[u8]| !w.is_empty() && w.iter().all(|b| b"SFPRWEAU.".contains(b));
    let carries = if first == b"Flags" {
        Carries::Tcp(Some(Flags::letters(second)))
    } else if first == b"icmp:" || first == b"icmp6:" || first == b"ICMP" || first == b"ICMP6," {
        let echo = find(text, b"echo request").is_some();
        Carries::Icmp { echo_request: echo }
    } else if from.is_some() && letters(first) {
        // OpenBSD prints ` ack N` after the numbers.
        let mut flags = Flags::letters(first);
        flags.answers |= find(text, b" ack ").is_some();
        Carries::Tcp(Some(flags))
    } else if from.is_some() {
        Carries::Udp
    } else {
        Carries::Other
    };
    let seen =
        Seen { source: Some(source), from, destination: Some(destination), to, carries, did, way };
    Some(seen.act())
}
