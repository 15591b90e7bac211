//! The [`Reader`] that finds a line's envelope by its first bytes.

use super::parts::Envelope;
use super::stamp::{self, Civil, Stamp};
use super::{rfc3164, rfc5424};
use crate::limits::LINE_BYTES;

/// Why a line has no reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unread {
    /// Nothing on it.
    Empty,
    /// It holds a NUL byte: damaged, or made to end a string early.
    Nul,
    /// Longer than any line may be.
    TooLong,
    /// No stamp of a form we know at its start.
    NoEnvelope,
    /// A stamp whose year or zone cannot be known.
    NoTime,
}

impl Unread {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Empty, Self::Nul, Self::TooLong, Self::NoEnvelope, Self::NoTime];

    /// The reason in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "empty line",
            Self::Nul => "holds a NUL byte",
            Self::TooLong => "longer than 65536 bytes",
            Self::NoEnvelope => "no time stamp of a known form at its start",
            Self::NoTime => "its stamp's year or zone is unknown, or it is no date",
        }
    }
}

/// Reads envelopes line after line, and a stamp's bytes once for all lines that share them.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    last: Option<([u8; 15], Civil)>,
    /// Set where the caller has seen that no line holds a NUL.
    pub trusts_no_nul: bool,
}

impl Reader {
    /// Takes a line apart.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    #[inline(always)]
    pub fn read<'a>(&mut self, line: &'a [u8]) -> Result<Envelope<'a>, Unread> {
        if line.is_empty() {
            return Err(Unread::Empty);
        }
        if line.len() > LINE_BYTES {
            return Err(Unread::TooLong);
        }
        if !self.trusts_no_nul && memchr::memchr(0, line).is_some() {
            return Err(Unread::Nul);
        }
        // The common case first: the 15 bytes of an RFC 3164 stamp, and a blank.
        if let Some((head, [b' ', rest @ ..])) = line.split_first_chunk::<15>()
            && let Some((last, civil)) = &mut self.last
            && !stamp::may_be_year(rest)
        {
            let same = last == head;
            // The same day: only the time of day is new.
            let second = if same { Some(civil.second) } else { same_day(last, head) };
            if let Some(second) = second {
                let stamp = Stamp::Civil(Civil { second, ..*civil });
                let mut e = rfc3164::after_stamp(rest, stamp, head).ok_or(Unread::NoEnvelope)?;
                // Not of a line that is unread: its moment is not worked out, and the next line
                // of the same stamp would take an older one.
                civil.second = second;
                *last = *head;
                e.same_stamp = same;
                return Ok(e);
            }
        }
        self.afresh(line)
    }

    #[inline(never)]
    fn afresh<'a>(&mut self, line: &'a [u8]) -> Result<Envelope<'a>, Unread> {
        // A line with another stamp stands between: the next is not "the same as the line before".
        self.last = None;
        let mut line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.first() == Some(&b'<') {
            let close = line.iter().take(6).position(|b| *b == b'>').ok_or(Unread::NoEnvelope)?;
            line = line.get(close + 1..).unwrap_or_default();
            if let Some(rest) = line.strip_prefix(b"1 ") {
                return rfc5424::read(rest).ok_or(Unread::NoEnvelope);
            }
        }
        let (stamp, used) = stamp::read(line).ok_or(Unread::NoEnvelope)?;
        let text = line.get(..used).unwrap_or_default();
        let rest = line.get(used..).unwrap_or_default();
        let rest = match rest {
            [b':', b' ', rest @ ..] | [b' ', rest @ ..] => rest,
            // Dovecot and others write `stamp: ` or a tab.
            [b'\t', rest @ ..] => rest,
            _ => return Err(Unread::NoEnvelope),
        };
        let e = rfc3164::after_stamp(rest, stamp, text).ok_or(Unread::NoEnvelope)?;
        if let Stamp::Civil(c) = stamp
            && c.year.is_none()
            && c.decimals == 0
            && let Some(head) = text.first_chunk::<15>()
            && used == 15
        {
            self.last = Some((*head, c));
        }
        Ok(e)
    }
}

/// The second of the day of a stamp on the same day as another; none if it is not, or is no stamp.
#[inline]
fn same_day(last: &[u8; 15], head: &[u8; 15]) -> Option<u32> {
    let [a0, a1, a2, a3, a4, a5, a6, ..] = *last;
    let [b0, b1, b2, b3, b4, b5, b6, h, h0, c0, m, m0, c1, s, s0] = *head;
    if [a0, a1, a2, a3, a4, a5, a6] != [b0, b1, b2, b3, b4, b5, b6] || c0 != b':' || c1 != b':' {
        return None;
    }
    let digit = |b: u8| u32::from(b.wrapping_sub(b'0'));
    let (h, h0, m, m0, s, s0) = (digit(h), digit(h0), digit(m), digit(m0), digit(s), digit(s0));
    if h > 9 || h0 > 9 || m > 5 || m0 > 9 || s > 5 || s0 > 9 {
        return None;
    }
    let hour = h * 10 + h0;
    (hour < 24).then_some(hour * 3600 + (m * 10 + m0) * 60 + s * 10 + s0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Untrusted;

    fn shown(line: &str) -> String {
        match Reader::default().read(line.as_bytes()) {
            Err(e) => format!("{e:?}"),
            Ok(e) => format!(
                "{}|{}|{}|{}|{}",
                e.format.word(),
                Untrusted(e.host),
                Untrusted(e.program),
                e.pid.map_or("-".into(), |p| p.to_string()),
                Untrusted(e.message)
            ),
        }
    }

    #[test]
    fn the_line_before_decides_nothing() {
        for tail in ["2026 fw x: y", "2026: %x", "2001:db8::9 sshd[2]: x", "2036 sshd[2]: x", "x"] {
            let line = format!("Mar  8 00:00:10 {tail}");
            let alone = format!("{:?}", Reader::default().read(line.as_bytes()));
            let mut reader = Reader::default();
            reader.read(b"Mar  8 00:00:09 web1 sshd[811]: x").unwrap();
            assert_eq!(format!("{:?}", reader.read(line.as_bytes())), alone);
        }
    }

    #[test]
    fn a_line_that_is_unread_lends_its_stamp_to_nobody() {
        let mut reader = Reader::default();
        assert!(!reader.read(b"Mar  8 00:00:09 web1 sshd[811]: x").unwrap().same_stamp);
        assert!(reader.read(b"Mar  8 00:00:09 web1 sshd[811]: x").unwrap().same_stamp);
        assert!(reader.read(b"Mar  8 00:00:10 nothing-else").is_err());
        assert!(!reader.read(b"Mar  8 00:00:10 web1 sshd[811]: x").unwrap().same_stamp);
        for between in ["2026-03-08T00:00:11Z web1 x: y", "Mar  8 00:00:10 2025 web1 x: y"] {
            assert!(!reader.read(between.as_bytes()).unwrap().same_stamp);
            assert!(!reader.read(b"Mar  8 00:00:10 web1 sshd[811]: x").unwrap().same_stamp);
        }
        assert!(reader.read(b"Mar  9 00:00:10 nothing-else").is_err());
        assert!(!reader.read(b"Mar  9 00:00:10 web1 sshd[811]: x").unwrap().same_stamp);
    }

    #[test]
    fn takes_lines_apart() {
        for (line, want) in [
            (
                "Mar  8 00:00:09 web1 sshd[811]: Invalid user a",
                "rfc3164|web1|sshd|811|Invalid user a",
            ),
            ("<38>Mar  8 00:00:09 web1 sshd[811]: x", "rfc3164|web1|sshd|811|x"),
            (
                "Mar  8 00:00:09 fw kernel: [ 12.5] [UFW BLOCK] IN=",
                "rfc3164|fw|kernel|-|[ 12.5] [UFW BLOCK] IN=",
            ),
            (
                "Mar  8 00:00:09 mx postfix/smtpd[2]: connect from a[192.0.2.1]",
                "rfc3164|mx|postfix/smtpd|2|connect from a[192.0.2.1]",
            ),
            ("Mar  8 00:00:09 mx sshd(pam_unix)[2]: x", "rfc3164|mx|sshd(pam_unix)|2|x"),
            ("Mar  8 00:00:09 sshd[2]: x", "rfc3164||sshd|2|x"),
            ("Mar  8 00:00:09 imap-login: Info: x", "rfc3164||imap-login|-|Info: x"),
            (
                "Mar  8 00:00:09 web1 last message repeated 3 times",
                "rfc3164|web1||-|last message repeated 3 times",
            ),
            (
                "2026-03-29T01:00:00.123456+01:00 web1 sshd-session[1]: x",
                "iso8601|web1|sshd-session|1|x",
            ),
            ("2026-03-29 01:00:00 imap-login: Info: x", "iso8601||imap-login|-|Info: x"),
            (
                "<38>1 2026-03-29T01:00:00Z web1 sshd 811 - - Invalid user",
                "rfc5424|web1|sshd|811|Invalid user",
            ),
            (
                "<38>1 2026-03-29T01:00:00Z web1 sshd - ID [a b=\"]\\\"\"][c] x",
                "rfc5424|web1|sshd|-|x",
            ),
            ("<38>1 - web1 sshd - - - x", "NoEnvelope"),
            ("", "Empty"),
            ("a\0b", "Nul"),
            ("hello world", "NoEnvelope"),
            ("Mar  8 00:00:09", "NoEnvelope"),
            ("Mar  8 00:00:09 web1 sshd[x]: y", "rfc3164|web1|sshd|-|y"),
            ("Mar  8 00:00:09 web1 sshd[99999999999]: y", "rfc3164|web1|sshd|-|y"),
            ("Mar  8 00:00:09 2001:db8::9 sshd[2]: x", "rfc3164|2001:db8::9|sshd|2|x"),
        ] {
            assert_eq!(shown(line), want, "{line}");
        }
    }
}
