//! BSD syslog (RFC 3164 §4.1): `host tag[pid]: message` after the stamp; the
//! same tail follows the ISO stamps of newer daemons.

use super::parts::{Envelope, Format};
use super::stamp::Stamp;
use crate::digits;

/// Reads what follows the stamp and its blank.
#[inline(always)]
#[must_use]
pub fn after_stamp<'a>(rest: &'a [u8], stamp: Stamp, stamp_text: &'a [u8]) -> Option<Envelope<'a>> {
    let format = match stamp {
        Stamp::Civil(c) if c.year.is_none() => Format::Rfc3164,
        Stamp::Civil(_) if stamp_text.first().is_some_and(u8::is_ascii_uppercase) => {
            Format::Rfc3164
        }
        Stamp::Civil(_) if stamp_text.get(10) == Some(&b' ') => Format::IsoBlank,
        Stamp::Civil(_) => Format::Iso8601,
        Stamp::Epoch { .. } => Format::Epoch,
    };
    let rest = match rest.first() {
        Some(b' ' | b'\t') => rest.trim_ascii_start(),
        _ => rest,
    };
    let gap = digits::position(rest, b' ').unwrap_or(rest.len());
    let (first, after) = rest.split_at_checked(gap)?;
    let after = after.get(1..)?;
    // Daemons that write their own files leave out the host: `stamp tag: …`.
    let hostless = match first {
        [.., b']', b':'] => true,
        [name @ .., b':'] => !name.contains(&b'[') && !is_address(first),
        _ => false,
    };
    let (host, tail) = if hostless { (&[][..], rest) } else { (first, after) };
    let (program, pid, message) = tag(tail);
    let body = rest;
    // ScreenOS's tag is the name of the device.
    let program = if message.first() == Some(&b'N') && message.starts_with(b"NetScreen device_id=")
    {
        b"NetScreen"
    } else {
        program
    };
    Some(Envelope {
        stamp,
        same_stamp: false,
        stamp_text,
        host,
        program,
        pid,
        message,
        body,
        format,
    })
}

/// Some relays write the host as an IPv6 address and a colon.
fn is_address(token: &[u8]) -> bool {
    token.iter().filter(|b| **b == b':').count() > 2
}

/// Splits `tag[pid]: message`; without a tag everything is message.
#[inline(always)]
pub(super) fn tag(tail: &[u8]) -> (&[u8], Option<u32>, &[u8]) {
    let Some((program, rest)) = tail.split_at_checked(digits::tag_end(tail).unwrap_or(tail.len()))
    else {
        return (&[], None, tail);
    };
    match rest {
        [b':', b' ', rest @ ..] | [b':', rest @ ..] => (program, None, rest),
        [b'[', rest @ ..] => {
            // A process of nearly any system; the slow way reads the rest.
            let (pid, digits) = digits::leading(rest).unwrap_or((0, rest.len()));
            match rest.get(digits..) {
                Some([b']', b':', b' ', message @ ..]) => (program, Some(pid), message),
                _ => odd_pid(tail, program, rest),
            }
        }
        _ => (&[], None, tail),
    }
}

/// `[pid]` where it is no plain number, or no colon and blank follow.
#[cold]
fn odd_pid<'a>(
    tail: &'a [u8],
    program: &'a [u8],
    rest: &'a [u8],
) -> (&'a [u8], Option<u32>, &'a [u8]) {
    let close = rest.iter().take(16).position(|b| *b == b']');
    // A message that begins with a bracket has no tag before it.
    let Some(close) = close.filter(|_| !program.is_empty()) else { return (&[], None, tail) };
    let (digits, rest) = rest.split_at(close);
    let rest = rest.get(1..).unwrap_or_default();
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    (program, number(digits), rest.strip_prefix(b" ").unwrap_or(rest))
}

/// A decimal number that fits.
#[inline]
#[must_use]
pub fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0u32;
    for b in digits {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u32::from(d))?;
    }
    Some(value)
}
