//! [`EvidenceLine`]: a line of a log, read back with what is known of it, and whether a mail may show it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::addr::Addr;
use crate::class::{Class, Family, Reading};
use crate::dialect::{Kind, Transport};
use crate::quad;
use crate::session::Place;
use crate::time::{Moment, Zone};

/// A line of evidence.
#[derive(Clone, Debug)]
pub struct EvidenceLine {
    /// Where it lies in the run.
    pub place: Place,
    /// Its file, as the run names it.
    pub path: Arc<Path>,
    /// Its number there, from 1.
    pub line: u64,
    /// Its offset in the unpacked file.
    pub offset: u64,
    /// Its bytes, without the newline.
    pub bytes: Vec<u8>,
    /// Where its own stamp stands in them.
    pub stamp: Range<usize>,
    /// When.
    pub moment: Moment,
    /// The zone that was told for it; empty where its stamp states one.
    pub zone: Arc<str>,
    /// What it says.
    pub kind: Kind,
    /// The dialect that read it.
    pub dialect: &'static str,
    /// The class of its incident, where it or its session tells one.
    pub class: Option<Class>,
    /// How it reads in the end.
    pub reading: Reading,
    /// The source's port.
    pub source_port: Option<u16>,
    /// Our address.
    pub destination: Option<Addr>,
    /// Our port.
    pub destination_port: Option<u16>,
    /// Our address was told, not logged.
    pub assumed_destination: bool,
    /// Our port was told or is the usual one, not logged.
    pub assumed_port: bool,
    /// What carried it.
    pub transport: Option<Transport>,
    /// The account that was tried.
    pub user: Option<Vec<u8>>,
    /// The host that logged it; lines of one source mostly share it.
    pub host: Arc<[u8]>,
    /// The program that did.
    pub program: Arc<[u8]>,
    /// Its process.
    pub pid: Option<u32>,
    /// It holds an address that is neither the source's nor ours.
    pub other_addresses: bool,
}

/// Why a line stays out of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It holds the address of somebody else.
    OtherAddress,
    /// It is longer than a line of a mail may be.
    TooLong,
    /// A mail program would change it.
    Mangled,
}

impl EvidenceLine {
    /// The family its message belongs to.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.kind.facts().family
    }

    /// What carried it: said, or TCP, where a session is.
    #[must_use]
    pub fn carried_by(&self) -> Option<Transport> {
        self.transport.or((self.family() != Family::Firewall).then_some(Transport::Tcp))
    }

    /// Why the line cannot stand in a mail whose lines end at `most` octets.
    #[must_use]
    pub fn left_out(&self, most: usize) -> Option<Left> {
        if self.other_addresses {
            return Some(Left::OtherAddress);
        }
        // Its stamp may become longer: an instant has at most 30 octets. What is short enough
        // were all of it escaped need not be counted.
        if 4 * self.bytes.len() + 30 > most {
            let shown: usize =
                self.bytes.iter().map(|b| if (0x20..0x7f).contains(b) { 1 } else { 4 }).sum();
            if shown + 30 > most {
                return Some(Left::TooLong);
            }
        }
        // `From ` begins a message in a mailbox file, a lone dot ends one on the wire.
        (self.bytes.starts_with(b"From ") || self.bytes == b".").then_some(Left::Mangled)
    }

    /// Seconds east of UTC that its own stamp is in, where that can be told.
    #[must_use]
    pub fn offset(&self) -> Option<i32> {
        if self.moment.basis.told_zone {
            return Some(Zone::parse(&self.zone).ok()?.offset_at(self.moment.at.seconds()));
        }
        let stamp = self.bytes.get(self.stamp.clone())?.trim_ascii();
        if stamp.ends_with(b"Z") || stamp.ends_with(b"UTC") || !stamp.contains(&b':') {
            return Some(0);
        }
        let at = stamp.iter().rposition(|b| matches!(b, b'+' | b'-'))?;
        let digits: Vec<i32> = stamp
            .get(at + 1..)?
            .iter()
            .filter(|b| b.is_ascii_digit())
            .map(|b| i32::from(b - b'0'))
            .collect();
        let [h, i, m, n] = digits.as_slice() else { return None };
        let east = (h * 10 + i) * 3600 + (m * 10 + n) * 60;
        Some(if stamp.get(at) == Some(&b'-') { -east } else { east })
    }

    /// Whether it belongs to one of the classes; a line of no class belongs
    /// to those of its family.
    #[must_use]
    pub fn is_of(&self, classes: &[Class]) -> bool {
        match (self.family(), self.class) {
            (Family::Firewall, _) | (_, None) => {
                classes.iter().any(|c| c.family() == self.family())
            }
            (_, Some(class)) => classes.contains(&class),
        }
    }
}

/// Gives each line that tells no class, such as a `connect from`, the class of
/// its session: of the hostile line nearest in time by the same process of the
/// same host, and with the same source port where both have one.
pub fn join_sessions(lines: &mut [EvidenceLine]) {
    if lines.iter().all(|l| l.class.is_some() || l.pid.is_none()) {
        return;
    }
    // By process and host those that tell a class, in the order of lines.
    let process = |l: &EvidenceLine| Some((l.pid?, l.host.clone()));
    let mut told: Vec<(u32, Arc<[u8]>, usize)> = Vec::new();
    for (n, line) in lines.iter().enumerate().filter(|(_, l)| l.class.is_some()) {
        told.extend(process(line).map(|(pid, host)| (pid, host, n)));
    }
    told.sort_unstable();
    for at in 0..lines.len() {
        let Some(line) = lines.get(at).filter(|l| l.class.is_none()) else { continue };
        let Some(pid) = line.pid else { continue };
        let same = (pid, &line.host);
        let from = told.partition_point(|(pid, host, _)| (*pid, host) < same);
        let mates = told.iter().skip(from).take_while(|(pid, host, _)| (*pid, host) == same);
        let nearest = mates
            .filter_map(|(.., n)| lines.get(*n))
            .filter(|mate| match (mate.source_port, line.source_port) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            })
            .min_by_key(|m| (m.moment.at.nanos.abs_diff(line.moment.at.nanos), m.class));
        let class = nearest.and_then(|mate| mate.class);
        if let Some(line) = lines.get_mut(at) {
            line.class = class;
        }
    }
}

/// The lines that belong to the classes, in order of time, then of place.
#[must_use]
pub fn lines_of<'l>(lines: &'l [EvidenceLine], classes: &[Class]) -> Vec<&'l EvidenceLine> {
    let mut out: Vec<&EvidenceLine> = lines.iter().filter(|l| l.is_of(classes)).collect();
    out.sort_by_key(|l| (l.moment.at.nanos, l.place));
    out
}

/// Whether a line holds an address that is neither the source's nor ours. A
/// robot that reads the mail would blame it. Nobody's addresses (loopback and
/// unspecified) do not count, nor do a packet filter's `MAC=` field and times.
#[must_use]
pub fn holds_other_address(line: &[u8], source: Addr, is_ours: impl Fn(Addr) -> bool) -> bool {
    let known =
        |a: Addr| a == source || a.ip().is_loopback() || a.ip().is_unspecified() || is_ours(a);
    let v6 = may_hold_v6(line);
    // Nearly all lines have neither: then what no full stop follows need not be looked at.
    if !v6 && !may_hold_mac(line) {
        return holds_other_v4(line, known);
    }
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        let Some(first) = rest.first() else { break };
        // Most bytes begin nothing.
        let digit = first.is_ascii_digit();
        if !digit && *first != b'M' && !(v6 && (first.is_ascii_hexdigit() || *first == b':')) {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| line.get(i)).copied().unwrap_or(b' ');
        if let Some(long) = mac(rest) {
            at += long;
            continue;
        }
        if v6
            && !before.is_ascii_alphanumeric()
            && begins_v6(rest)
            && !goes_on(line, at)
            && v6_at(rest).is_some_and(|a| !known(a))
        {
            return true;
        }
        if !digit || before.is_ascii_digit() {
            at += 1;
            continue;
        }
        // Nor do most numbers.
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 3 || rest.get(digits) != Some(&b'.') {
            at += if v6 { 1 } else { digits };
            continue;
        }
        match quad(rest) {
            Some((ip, used)) => {
                if !known(ip) {
                    return true;
                }
                // `192.0.2.7.4711` is how packet filters of BSD write a port.
                at += used + port_after(rest.get(used..).unwrap_or_default());
            }
            _ => at += 1,
        }
    }
    false
}

/// The same of a line without IPv6 addresses and `MAC=`: from full stop to full stop.
fn holds_other_v4(line: &[u8], known: impl Fn(Addr) -> bool) -> bool {
    let mut at = 0;
    for dot in memchr::memchr_iter(b'.', line) {
        // Not within an address that was looked at.
        let Some(before) = line.get(at..dot) else { continue };
        let digits = before.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let from = dot - digits;
        let is_longer =
            || from.checked_sub(1).and_then(|i| line.get(i)).is_some_and(u8::is_ascii_digit);
        if digits == 0 || digits > 3 || is_longer() {
            continue;
        }
        let rest = line.get(from..).unwrap_or_default();
        if let Some((ip, used)) = quad(rest) {
            if !known(ip) {
                return true;
            }
            at = from + used + port_after(rest.get(used..).unwrap_or_default());
        }
    }
    false
}

/// The IPv4 address at the start of a text, and how long it is. One with zeros before its numbers counts, too: a
/// daemon prints none, but who reads a user's name may take it for one.
fn quad(text: &[u8]) -> Option<(Addr, usize)> {
    let ends = |(_, used): &(u32, usize)| !text.get(*used).is_some_and(u8::is_ascii_digit);
    let (v4, used) = quad::read(text).filter(ends).or_else(|| padded_quad(text).filter(ends))?;
    Some((Addr::from_v4(v4), used))
}

fn padded_quad(text: &[u8]) -> Option<(u32, usize)> {
    let (mut v4, mut at) = (0, 0);
    for n in 0..4 {
        if n > 0 {
            if text.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let rest = text.get(at..)?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = rest.get(..digits).filter(|d| (1..4).contains(&d.len()))?;
        let number = number.iter().fold(0, |all, d| 10 * all + u32::from(d - b'0'));
        v4 = v4 << 8 | (number < 256).then_some(number)?;
        at += digits;
    }
    Some((v4, at))
}

/// The length of a packet filter's `MAC=` and what it says: numbers of two digits, and nothing else. A user may be
/// named `MAC=203.0.113.9`.
fn mac(text: &[u8]) -> Option<usize> {
    let numbers = text.strip_prefix(b"MAC=")?;
    let mut long = 0;
    // No farther than they go: a line may be full of `MAC=`.
    while let Some([a, b, rest @ ..]) = numbers.get(long..)
        && a.is_ascii_hexdigit()
        && b.is_ascii_hexdigit()
    {
        match rest.first() {
            Some(b':') => long += 3,
            None | Some(b' ') => return Some(4 + long + 2),
            Some(_) => return None,
        }
    }
    (long == 0 && matches!(numbers.first(), None | Some(b' '))).then_some(4)
}

/// Whether a line may hold a packet filter's `MAC=`.
fn may_hold_mac(line: &[u8]) -> bool {
    memchr::memchr(b'=', line).is_some() && memchr::memmem::find(line, b"MAC=").is_some()
}

/// Whether a line has the colons of an IPv6 address: two together, or six ([`v6_at`]). Nearly none has.
fn may_hold_v6(line: &[u8]) -> bool {
    let (mut colons, mut behind) = (0, None);
    for at in memchr::memchr_iter(b':', line) {
        colons += 1;
        if behind.replace(at + 1) == Some(at) || colons == 6 {
            return true;
        }
    }
    false
}

/// The length of `.PORT`, if that is all that follows an address.
fn port_after(text: &[u8]) -> usize {
    let Some(digits) = text.strip_prefix(b".") else { return 0 };
    let n = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let ends = |b: Option<&u8>, next: Option<&u8>| match b {
        Some(b'.') => !next.is_some_and(u8::is_ascii_digit),
        Some(b) => !b.is_ascii_alphanumeric(),
        None => true,
    };
    if n > 0 && n <= 5 && ends(digits.get(n), digits.get(n + 1)) { n + 1 } else { 0 }
}

/// Whether what stands at a place goes on from a group before it: behind colons that follow up to four digits.
/// `ip:2001:db8::9` does not.
fn goes_on(line: &[u8], at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    // No farther than it turns on: an address has two colons together, and four digits.
    let colons = before.iter().rev().take(3).take_while(|b| **b == b':').count();
    let word = before.iter().rev().skip(colons).take(5);
    let word = word.take_while(|b| b.is_ascii_alphanumeric());
    let (long, hex) = word.fold((0, true), |(n, hex), b| (n + 1, hex && b.is_ascii_hexdigit()));
    (1..3).contains(&colons) && hex && (1..5).contains(&long)
}

/// Whether a text can begin with an IPv6 address: with `::`, or with a group and a colon.
fn begins_v6(text: &[u8]) -> bool {
    let digits = text.iter().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
    let colon = |at: usize| text.get(at) == Some(&b':');
    digits < 5 && colon(digits) && (digits > 0 || colon(1))
}

/// The IPv6 address at the start of a text.
fn v6_at(text: &[u8]) -> Option<Addr> {
    // As far as one may reach, with a dotted quad at its end and without; and what it is made of.
    let (mut dotted, mut plain) = (0, None);
    let (mut colons, mut doubled, mut before) = (0, false, b' ');
    for (at, b) in text.iter().take(46).enumerate() {
        match b {
            b':' => {
                colons += 1;
                doubled |= before == b':';
            }
            b'.' => plain = plain.or(Some(at)),
            b if b.is_ascii_hexdigit() => {}
            _ => break,
        }
        before = *b;
        dotted = at + 1;
    }
    // Eight groups have seven colons, six and a dotted quad six: a time of day has two.
    if !doubled && colons < 6 {
        return None;
    }
    let whole = |t: &[u8]| {
        (t.iter().filter(|b| **b == b':').count() >= 2).then(|| Addr::parse(t)).flatten()
    };
    [dotted, plain.unwrap_or(dotted)].into_iter().find_map(|n| {
        let t = text.get(..n).unwrap_or_default();
        // A colon or full stop may belong to the sentence.
        let cut = t.strip_suffix(b":").or_else(|| t.strip_suffix(b".")).unwrap_or(t);
        whole(t).or_else(|| whole(cut))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_lines_take_the_class_of_their_session() {
        let mut lines = crate::judge::fixture::Log::of("192.0.2.7").ssh(4).lines;
        for line in &mut lines[1..] {
            line.class = None;
        }
        lines[1].source_port = None;
        lines[3].source_port = None;
        lines[3].pid = Some(1);
        join_sessions(&mut lines);
        let classes: Vec<_> = lines.iter().map(|l| l.class).collect();
        assert_eq!(classes, [Some(Class::SshLogin), Some(Class::SshLogin), None, None]);
    }

    /// The same, with each place looked at for all that may begin there.
    fn slowly(line: &[u8], source: Addr) -> bool {
        let other = |a: Addr| a != source && !a.ip().is_loopback() && !a.ip().is_unspecified();
        let mut at = 0;
        while at < line.len() {
            let rest = &line[at..];
            let before = if at > 0 { line[at - 1] } else { b' ' };
            if let Some(long) = mac(rest) {
                at += long;
                continue;
            }
            let word = !before.is_ascii_alphanumeric() && !goes_on(line, at);
            if word && begins_v6(rest) && v6_at(rest).is_some_and(other) {
                return true;
            }
            at += 1;
            if !rest[0].is_ascii_digit() || before.is_ascii_digit() {
                continue;
            }
            if let Some((ip, used)) = quad(rest) {
                if other(ip) {
                    return true;
                }
                at += used - 1 + port_after(&rest[used..]);
            }
        }
        false
    }

    #[test]
    fn what_is_passed_over_holds_none() {
        let pieces = [
            "192.0.2.7",
            "203.0.113.9",
            "2001:db8::9",
            "::",
            ":",
            "1:2:3:4:5:6:7:8",
            ".",
            "MAC=",
            " ",
            "x",
            "a",
            "12",
            "1234",
            "00:11:22",
            "M",
            "=",
            "0.0",
            "255.1.1.",
            "[",
            "abcd",
            "\u{e9}",
            "1.2.3",
            "01.2.03.4",
            "ab:cd",
        ];
        let source = Addr::parse(b"192.0.2.7").unwrap();
        let (mut seed, mut held) = (7_u64, 0);
        for _ in 0..200_000 {
            let mut line = String::new();
            for _ in 0..seed % 9 {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                line.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
            }
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407)
                >> 1;
            let want = slowly(line.as_bytes(), source);
            let got = holds_other_address(line.as_bytes(), source, |_| false);
            assert_eq!(got, want, "{line}");
            held += u32::from(got);
        }
        assert!(held > 1000);
    }

    #[test]
    fn a_long_line_takes_no_longer_than_its_bytes() {
        let source = Addr::parse(b"192.0.2.7").unwrap();
        let begun = std::time::Instant::now();
        for piece in ["MAC=", "MAC=00:", ":", "a:", "::", "1.", "01.", "9"] {
            let line = piece.repeat((64 << 10) / piece.len());
            assert!(!holds_other_address(line.as_bytes(), source, |_| true), "{piece}");
        }
        // The square of them took minutes.
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    #[test]
    fn other_addresses() {
        let of = |t: &str| Addr::parse(t.as_bytes()).unwrap();
        let ours = |a: Addr| a == of("198.51.100.4") || a == of("2001:db8::4");
        for (line, source, other) in [
            ("Failed password for root from 192.0.2.7 port 4711 ssh2", "192.0.2.7", false),
            ("Failed password for root from ::ffff:192.0.2.7 port 4711 ssh2", "192.0.2.7", false),
            ("Failed password for 203.0.113.9 from 192.0.2.7 port 1 ssh2", "192.0.2.7", true),
            ("from 192.0.2.77 port 1", "192.0.2.7", true),
            ("SRC=192.0.2.7 DST=198.51.100.4 LEN=40", "192.0.2.7", false),
            ("MAC=00:16:3e:11:22:33:44:55:66:77:88:99:08:00 SRC=192.0.2.7", "192.0.2.7", false),
            ("MAC= SRC=192.0.2.7", "192.0.2.7", false),
            ("SRC=192.0.2.7 MAC=", "192.0.2.7", false),
            ("SRC=192.0.2.7 MAC=00:16:3e:11:22:33:08:00", "192.0.2.7", false),
            ("MAC=00:16:3e:11:22:33:08:00:203.0.113.9 SRC=192.0.2.7", "192.0.2.7", true),
            ("invalid user :::2001:db8:5::9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("MAC=0011:2233:4455:6677:8899:aabb:ccdd:eeff SRC=192.0.2.7", "192.0.2.7", true),
            ("invalid user MAC=203.0.113.9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user MAC=x203.0.113.9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user MAC=2001:db8::9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user ip:2001:db8:5::9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user :2001:db8:5::9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user zz::2001:db8:5::9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user name:2001:db8:5::9 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("Invalid user a from 2001:db8::7 port 1", "2001:db8::7", false),
            ("from ::ffff:192.0.2.7 std::a:b c:d::", "192.0.2.7", true),
            ("invalid user 203.0.113.09 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user 203.000.113.009 from 192.0.2.7 port 1", "192.0.2.7", true),
            ("invalid user 192.00.2.07 from 192.0.2.7 port 1", "192.0.2.7", false),
            ("invalid user 203.0.113.256 from 192.0.2.7 port 1", "192.0.2.7", false),
            ("invalid user 203.0.0113.9 from 192.0.2.7 port 1", "192.0.2.7", false),
            ("connect from 203.0.113.9.example.net[192.0.2.7]", "192.0.2.7", true),
            ("connect from 192.0.2.7.example.net[192.0.2.7]", "192.0.2.7", false),
            ("192.0.2.7.4711 > 198.51.100.4.22: Flags [S]", "192.0.2.7", false),
            ("192.0.2.7.203.0.113.9", "192.0.2.7", true),
            ("at 03:14:07 and 2026-02-03T03:14:07Z std::string", "192.0.2.7", false),
            ("Connection closed by 2001:db8::7 port 1", "2001:db8::7", false),
            ("rip=2001:db8::7, lip=2001:db8::4, x", "2001:db8::7", false),
            ("from [2001:db8::9]: hello", "2001:db8::7", true),
            ("from 2001:db8::9: hello", "192.0.2.7", true),
            ("from 2001:db8:1:2:3:4:5:9: hello", "192.0.2.7", true),
            ("from 2001:db8:1:2:3:4:198.51.100.4.", "192.0.2.7", true),
            ("from 2001:db8:1:2:3:4:198.51.100.4.", "2001:db8:1:2:3:4:198.51.100.4", false),
            ("from ::9.", "192.0.2.7", true),
            ("from (2001:db8::) to", "192.0.2.7", true),
            ("at 1:2:3:4:5:6:7 and ab:cd:ef:01:23:45", "192.0.2.7", false),
            ("from 127.0.0.1 to ::1 and 0.0.0.0", "192.0.2.7", false),
            ("version 1.2.3", "192.0.2.7", false),
        ] {
            assert_eq!(holds_other_address(line.as_bytes(), of(source), ours), other, "{line}");
        }
    }
}
