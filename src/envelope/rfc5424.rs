//! The newer syslog (RFC 5424 §6): `stamp host app pid msgid structured-data message`.

use super::parts::{Envelope, Format};
use super::rfc3164::number;
use super::stamp;

/// Reads what follows `<pri>1 `.
#[must_use]
pub fn read(rest: &[u8]) -> Option<Envelope<'_>> {
    let (stamp @ stamp::Stamp::Civil(_), used) = stamp::read(rest)? else { return None };
    let stamp_text = rest.get(..used)?;
    let rest = rest.get(used..)?.strip_prefix(b" ")?;
    let (host, rest) = word(rest)?;
    let from_program = rest;
    let (program, rest) = word(rest)?;
    if program.starts_with(b"1,") {
        // PAN-OS's fields behind a version and a stamp, with nothing else of this form.
        let e = Envelope::bare(stamp, stamp_text, from_program, Format::Rfc5424);
        return Some(Envelope { host, ..e });
    }
    let (pid, rest) = word(rest)?;
    let from_msgid = rest;
    let (_, rest) = word(rest)?;
    let rest = structured_data(rest)?;
    let message = rest.strip_prefix(b" ").unwrap_or(rest);
    let message = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message);
    // Devices that say all in structured data: Juniper, Check Point.
    let message = if message.is_empty() { from_msgid } else { message };
    let nil = |w| if w == b"-" { &[][..] } else { w };
    Some(Envelope {
        host: nil(host),
        program: nil(program),
        pid: number(pid),
        ..Envelope::bare(stamp, stamp_text, message, Format::Rfc5424)
    })
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let gap = memchr::memchr(b' ', text)?;
    Some((text.get(..gap)?, text.get(gap + 1..)?))
}

/// Skips `-` or any number of `[id name="value" …]`, in which `\`, `"` and `]` are escaped.
fn structured_data(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"-") {
        return Some(rest);
    }
    let mut at = 0;
    while text.get(at) == Some(&b'[') {
        let mut quoted = false;
        loop {
            at += 1;
            match text.get(at)? {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
        }
        at += 1;
    }
    text.get(at..)
}
