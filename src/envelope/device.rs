//! What devices put behind a relay's header: a header of their own, a time of their own, Cisco's coats.
//!
//! Only lines without a tag are looked at, for behind a tag comes what a program was told by others; and those of
//! the few programs that begin each message with the time ([`TELL_TIME`]).

use super::forms::{self, states_zone, zone_word};
use super::own;
use super::parts::{Envelope, Format};
use super::rfc3164;
use super::stamp::{self, At, Stamp};

/// Programs whose messages begin with when they were written: qmail's `splogger` (splogger.c: seconds since 1970
/// with six decimals), and events of Cisco's Secure Email Gateway.
pub const TELL_TIME: [&[u8]; 3] = [b"qmail", b"consolidated_event", b"CEF"];

/// Reads what `e` holds where no program's tag stands; `e` itself where that is nothing known.
#[must_use]
pub fn look_within<'a>(
    e: Envelope<'a>,
    mut inner: impl FnMut(&'a [u8]) -> Option<Envelope<'a>>,
) -> Envelope<'a> {
    let text =
        if e.host.is_empty() { e.body } else { e.body.get(e.host.len()..).unwrap_or_default() };
    let text = text.trim_ascii_start();
    if e.program == b"qmail" {
        let end = memchr::memchr(b' ', e.message.get(..20).unwrap_or(e.message));
        let seconds = end.and_then(|end| e.message.get(..end)).filter(|text| text.contains(&b'.'));
        return match seconds.and_then(forms::epoch) {
            Some(stamp) => Envelope { stamp, same_stamp: false, ..e },
            None => e,
        };
    }
    if e.program == b"consolidated_event" {
        return dated(e, e.message);
    }
    // FreeBSD's `syslogd -vv` puts `<mail.info>` before the host, OpenWrt `auth.info` behind it.
    if is_level(e.host) {
        let rest = text.trim_ascii_start();
        return match rfc3164::after_stamp(rest, e.stamp, e.stamp_text) {
            Some(found) => Envelope { same_stamp: e.same_stamp, ..found },
            None => e,
        };
    }
    let gap = memchr::memchr(b' ', text).unwrap_or(0);
    if let Some((_, rest)) = text.split_at_checked(gap).filter(|(w, _)| is_level(w)) {
        let (program, pid, message) = rfc3164::tag(rest.trim_ascii_start());
        return Envelope { program, pid, message, ..e };
    }
    // BIG-IP's own log has the level alone behind the host; only a tag with its process says so.
    if !e.host.is_empty()
        && let Some((_, rest)) = text.split_at_checked(gap).filter(|(w, _)| is_bare_level(w))
        && let (program @ [_, ..], pid @ Some(_), message) = rfc3164::tag(rest.trim_ascii_start())
    {
        return Envelope { program, pid, message, ..e };
    }
    // `[sshd]: text`, with no process.
    if e.host.is_empty()
        && let Some(rest) = e.body.strip_prefix(b"[")
        && let Some(end) =
            memchr::memmem::find(rest.get(..rest.len().min(40)).unwrap_or_default(), b"]: ")
        && let Some((program, rest)) = rest.split_at_checked(end)
        && program.iter().all(|b| b.is_ascii_alphanumeric() || b"-_/.".contains(b))
    {
        return Envelope { program, message: rest.get(3..).unwrap_or_default(), ..e };
    }
    // `[exim] text`, as some builds of Exim log to syslog.
    if e.host == b"[exim]" {
        return Envelope { host: &[], program: b"exim", message: text, ..e };
    }
    let marked = [e.message.first(), text.first()].contains(&Some(&b'%'));
    if (marked || memchr::memmem::find(text, b": %").is_some())
        && let Some(found) = cisco(text, e)
    {
        return first_packet(found);
    }
    // A relay's header before a whole line: `stamp relay <pri>stamp host tag: …`.
    if begins_with_stamp(text)
        && let Some(found) = inner(text)
    {
        return under(found, e);
    }
    if e.host.first().is_some_and(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && begins_with_stamp(e.body)
        && let Some(found) = inner(e.body)
    {
        return under(found, e);
    }
    // WatchGuard's own time stands where its serial number is left out: `(2026-06-12T06:58:35) firewall: …`.
    if !e.host.is_empty() && text.starts_with(b"(2") && e.program.first() == Some(&b'(') {
        return dated(Envelope { program: &[], pid: None, message: text, ..e }, text);
    }
    // PAN-OS's fields, where the relay left out the host: their first blank stands within a date.
    if e.host.starts_with(b"1,") && own::time(e.body).is_some() {
        return dated(
            Envelope { host: &[], program: &[], pid: None, message: e.body, ..e },
            e.body,
        );
    }
    // UniFi's relay names the host twice.
    if !e.host.is_empty()
        && let Some(rest) = text.strip_prefix(e.host)
        && let Some(rest) = rest.strip_prefix(b" ")
        && let (program @ [_, ..], pid, message) = rfc3164::tag(rest)
    {
        return Envelope { program, pid, message, ..e };
    }
    // NG Firewall leaves two blanks before its tag.
    if !e.host.is_empty()
        && e.program.is_empty()
        && e.message.first() == Some(&b' ')
        && let (program @ [_, ..], pid, message) = rfc3164::tag(text)
    {
        return dated(Envelope { program, pid, message, ..e }, message.trim_ascii_start());
    }
    let record = match e.message.first() {
        Some(b'{') => e.message,
        Some(b'0') if e.program == b"CEF" => e.message,
        _ => text,
    };
    dated(e, record)
}

/// The same with the time of the connection's first packet, where the event states it.
pub(super) fn first_packet(e: Envelope<'_>) -> Envelope<'_> {
    match own::first_packet(e.message) {
        Some(stamp) if stamp != e.stamp => Envelope { stamp, same_stamp: false, ..e },
        _ => e,
    }
}

/// The same with the device's own time, where that holds.
fn dated<'a>(e: Envelope<'a>, record: &[u8]) -> Envelope<'a> {
    match own::time(record).map(|own| own::settled(e.stamp, own)) {
        // Not said to be the same stamp as before, though its bytes are.
        Some(stamp) if stamp != e.stamp => Envelope { stamp, same_stamp: false, ..e },
        _ => e,
    }
}

/// A line within another: the outer stamp holds, unless the inner one states its zone.
#[must_use]
pub fn under<'a>(inner: Envelope<'a>, outer: Envelope<'a>) -> Envelope<'a> {
    let host = if inner.host.is_empty() { outer.host } else { inner.host };
    if states_zone(&inner.stamp) && !states_zone(&outer.stamp) {
        return Envelope { host, ..inner };
    }
    Envelope { stamp: outer.stamp, stamp_text: outer.stamp_text, same_stamp: false, host, ..inner }
}

/// The name of a level of syslog(3).
fn is_bare_level(word: &[u8]) -> bool {
    const LEVELS: [&[u8]; 8] =
        [b"emerg", b"alert", b"crit", b"err", b"warning", b"notice", b"info", b"debug"];
    LEVELS.contains(&word)
}

/// `facility.level` in words or numbers, in angle brackets or without.
#[must_use]
pub fn is_level(word: &[u8]) -> bool {
    const FACILITIES: &str =
        "kern user mail daemon auth authpriv syslog lpr news uucp cron ftp security console ntp";
    const LEVELS: &str = "emerg alert crit err error warn warning notice info debug";
    let word = word.strip_prefix(b"<").and_then(|w| w.strip_suffix(b">")).unwrap_or(word);
    let Some(dot) = memchr::memchr(b'.', word) else { return false };
    let (facility, level) =
        (word.get(..dot).unwrap_or_default(), word.get(dot + 1..).unwrap_or_default());
    let digits = |w: &[u8]| !w.is_empty() && w.len() < 3 && w.iter().all(u8::is_ascii_digit);
    let of = |w: &[u8], all: &str| all.split(' ').any(|a| a.as_bytes() == w);
    let local = facility.strip_prefix(b"local").is_some_and(digits);
    (digits(facility) && digits(level))
        || ((of(facility, FACILITIES) || local) && of(level, LEVELS))
}

fn begins_with_stamp(text: &[u8]) -> bool {
    match text.first() {
        Some(b'<') => true,
        Some(b'A'..=b'Z' | b'0'..=b'9') => {
            stamp::read(text).is_some_and(|(_, n)| text.get(n) == Some(&b' '))
        }
        _ => false,
    }
}

/// `[SEQ: ][HOST: ][SEQ: ][*STAMP[ ZONE]: ]%FACILITY-LEVEL-NAME: text` of Cisco's devices, with
/// `program` the name with its `%`.
fn cisco<'a>(text: &'a [u8], e: Envelope<'a>) -> Option<Envelope<'a>> {
    let mut found = e;
    let mut rest = text;
    for _ in 0..6 {
        rest = rest.trim_ascii_start();
        rest = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii_start();
        if rest.first() == Some(&b'%') {
            let end = memchr::memchr(b':', rest)?;
            let (program, message) = rest.split_at_checked(end)?;
            let name = |b: &u8| b.is_ascii_alphanumeric() || b"%-_".contains(b);
            if !program.iter().all(name) || !program.contains(&b'-') {
                return None;
            }
            let message = message.get(1..)?.trim_ascii_start();
            return Some(Envelope { program, pid: None, message, ..found });
        }
        let (stamp, used) = match stamp::read(rest) {
            Some(s) => s,
            None => match forms::read(rest) {
                Some((s, n, _)) => (s, n),
                None => {
                    // A sequence number, or the device's name.
                    let end = memchr::memchr(b':', rest)?;
                    let (word, after) = rest.split_at_checked(end)?;
                    let digits = word.iter().all(u8::is_ascii_digit);
                    let name = |b: &u8| b.is_ascii_alphanumeric() || b"-._/".contains(b);
                    if !digits && (!word.iter().all(name) || !found.host.is_empty()) {
                        return None;
                    }
                    if !digits {
                        found.host = word;
                    }
                    rest = after.get(1..)?;
                    continue;
                }
            },
        };
        let mut at = At(rest.get(used..)?);
        let stamp = zone_word(&mut at, stamp);
        if states_zone(&stamp) && !states_zone(&found.stamp) {
            (found.stamp, found.same_stamp) = (stamp, false);
        }
        rest = at.0;
    }
    None
}

/// A line of Cisco's without a relay's header, and an event without any that says when by itself.
#[must_use]
pub fn cisco_alone(line: &[u8]) -> Option<Envelope<'_>> {
    if line.first() == Some(&b'%') {
        let nowhen = Stamp::Epoch { nanos: 0, decimals: 0 };
        let e = cisco(line, Envelope::bare(nowhen, &[], line, Format::Rfc3164))?;
        return Some(first_packet(e)).filter(|e| e.stamp != nowhen);
    }
    let at = memchr::memmem::find(line, b": %")?;
    let head = line.get(..at)?;
    // The stamp is the last part before `%` that has one.
    let from = (0..head.len().min(80)).find(|n| {
        let before = n.checked_sub(1).and_then(|p| head.get(p));
        before.is_none_or(|b| *b == b' ')
            && head.get(*n..).is_some_and(|t| stamp::read(t).is_some() || forms::read(t).is_some())
    })?;
    let text = line.get(from..)?;
    let (stamp, used) = stamp::read(text).or_else(|| forms::read(text).map(|(s, n, _)| (s, n)))?;
    let mut rest = At(text.get(used..)?);
    let stamp = zone_word(&mut rest, stamp);
    let e = Envelope::bare(stamp, text.get(..used)?, rest.0, Format::Rfc3164);
    // What stands before the stamp is a sequence number and a host.
    let host = line
        .get(..from)?
        .split(|b| *b == b':')
        .map(<[u8]>::trim_ascii)
        .find(|w| !w.is_empty() && !w.iter().all(u8::is_ascii_digit) && !w.contains(&b' '));
    cisco(rest.0, Envelope { host: host.unwrap_or_default(), ..e }).map(first_packet)
}
