//! Whether a line of a report's log extract is a line of its evidence.

use memchr::memmem::Finder;

use crate::text::Untrusted;

/// The lines of an `evidence.log`, to find those of an extract among.
pub(super) struct Lines<'a> {
    all: Vec<&'a [u8]>,
    /// Behind the line found last: both are in the order of time, so the next is likely here.
    next: usize,
}

impl<'a> Lines<'a> {
    /// The lines of some evidence.
    pub(super) fn of(evidence: &'a [u8]) -> Self {
        Self { all: evidence.split(|b| *b == b'\n').collect(), next: 0 }
    }

    /// Whether a line of the extract is one of them, byte by byte but for what was escaped.
    pub(super) fn has(&self, shown: &str) -> bool {
        self.all.iter().any(|line| *line == shown.as_bytes() || Untrusted(line).ascii() == shown)
    }

    /// Whether a line of the extract is one of them but for its stamp, for what was replaced by
    /// a token and for what was escaped: its pieces between tokens and escapes stand in
    /// one line, in their order.
    pub(super) fn have(&mut self, shown: &str) -> bool {
        let behind = match shown.split_once(' ') {
            // `2026-03-28T23:41:07Z web1 …`; as logged the stamp may hold blanks itself.
            Some((stamp, rest)) if stamp.ends_with('Z') => rest,
            _ => shown,
        };
        let (before, after) = self.all.split_at_checked(self.next).unwrap_or((&self.all, &[]));
        // Nearly always nothing but the stamp differs.
        let same = |line: &&[u8]| line.ends_with(behind.as_bytes());
        let found = after.iter().chain(before).position(same).or_else(|| {
            // Within a record, or before a tab, the stamp stands anywhere; only one was put into UTC.
            stamps(shown).into_iter().find_map(|stamp| {
                let pieces = pieces(shown, stamp).into_iter().map(Finder::new).collect::<Vec<_>>();
                after.iter().chain(before).position(|line| holds(line, &pieces))
            })
        });
        if let Some(at) = found {
            self.next = (self.next + at + 1) % self.all.len().max(1);
        }
        found.is_some()
    }
}

fn holds(line: &[u8], pieces: &[Finder<'_>]) -> bool {
    let mut from = 0;
    pieces.iter().all(|piece| {
        let rest = line.get(from..).unwrap_or_default();
        match piece.find(rest) {
            Some(at) => {
                from += at + piece.needle().len();
                true
            }
            None => false,
        }
    })
}

/// Where a line's own stamp may be that was put into UTC: nowhere, or at one of the first that it holds.
fn stamps(text: &str) -> Vec<Option<usize>> {
    let digits = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let begins = |at: &usize| {
        digits(bytes.get(*at)) && !digits(at.checked_sub(1).and_then(|before| bytes.get(before)))
    };
    let found = (0..bytes.len()).filter(begins).filter(|at| utc(bytes, *at).is_some());
    found.take(STAMPS_TRIED).map(Some).chain([None]).collect()
}

/// More stamps than that do not stand before a record's own.
const STAMPS_TRIED: usize = 8;

/// What stands between the stamp at `stamp`, tokens, `[user-1a2b3c]`, and escapes, `\x1b`, `\u{202e}`.
fn pieces(text: &str, stamp: Option<usize>) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(rest) = text.get(at..)
        && let Some(next) = rest
            .find(['[', '\\'])
            .map(|n| at + n)
            .into_iter()
            .chain(stamp.filter(|s| *s >= at))
            .min()
    {
        let here = text.get(next..).unwrap_or_default();
        let long = if stamp == Some(next) { utc(text.as_bytes(), next) } else { replaced(here) };
        if let Some(long) = long {
            out.extend(text.get(from..next));
            from = next + long;
        }
        at = next + long.unwrap_or(1);
    }
    out.extend(text.get(from..));
    out.retain(|p| !p.is_empty());
    out
}

/// How long a token or an escape at the beginning of a text is.
fn replaced(text: &str) -> Option<usize> {
    if let Some(rest) = text.strip_prefix('[') {
        let kind =
            ["user-", "host-", "mail-", "destination-"].iter().find(|k| rest.starts_with(**k))?;
        let end = rest.find(']')?;
        let token = rest.get(kind.len()..end)?;
        return token.bytes().all(|b| b.is_ascii_alphanumeric()).then_some(end + 2);
    }
    let rest = text.strip_prefix('\\')?;
    match rest.bytes().next()? {
        b'x' => Some(4),
        b'u' => Some(rest.find('}')? + 2),
        b'n' | b't' | b'r' | b'0' | b'\\' => Some(2),
        _ => None,
    }
}

/// How long `2026-03-28T23:41:07.123Z` at a place of a text is.
fn utc(text: &[u8], at: usize) -> Option<usize> {
    let (head, rest) = text.get(at..)?.split_first_chunk::<19>()?;
    let form = b"dddd-dd-ddTdd:dd:dd";
    let fits = |(b, f): (&u8, &u8)| if *f == b'd' { b.is_ascii_digit() } else { b == f };
    if !head.iter().zip(form).all(fits) {
        return None;
    }
    let decimals = match rest.strip_prefix(b".") {
        Some(rest) => 1 + rest.iter().take_while(|b| b.is_ascii_digit()).count(),
        None => 0,
    };
    (rest.get(decimals) == Some(&b'Z')).then_some(20 + decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_but_for_its_stamp_tokens_and_escapes() {
        let evidence = b"Mar 28 23:41:07 web1 sshd[1]: a user root x
2 1234 eni-1 203.0.113.9 1781247515 1781247575 REJECT OK
{\"timestamp\":\"2026-06-12T06:58:35.5+0000\",\"src_ip\":\"203.0.113.9\",\"at\":\"2026-06-12T00:00:00Z\"}
1781247515.1\tC1\t203.0.113.9";
        for (shown, want) in [
            ("2026-03-28T23:41:07Z web1 sshd[1]: a user root x", true),
            ("2026-03-28T23:41:07Z web1 sshd[1]: a user [user-1a2b] x", true),
            ("2026-03-28T23:41:07Z web1 sshd[1]: a user anna x", false),
            ("2026-03-28T23:41:07Z web1 [x] sshd[1]: a user root x", false),
            ("2 1234 eni-1 203.0.1.9 2026-06-12T06:58:35Z 1781247575 REJECT OK", false),
            ("2 1234 eni-1 203.0.113.9 2026-06-12T06:58:35Z 1781247575 REJECT OK", true),
            ("2 1234 eni-1 203.0.113.8 2026-06-12T06:58:35Z 1781247575 REJECT OK", false),
            (
                "{\"timestamp\":\"2026-06-12T06:58:35.5Z\",\"src_ip\":\"203.0.113.9\",\"at\":\"2026-06-12T00:00:00Z\"}",
                true,
            ),
            (
                "{\"timestamp\":\"2026-06-12T06:58:35.5Z\",\"src_ip\":\"203.0.113.7\",\"at\":\"2026-06-12T00:00:00Z\"}",
                false,
            ),
            // Only one stamp is the line's own.
            (
                "{\"timestamp\":\"2026-06-12T06:58:35.5Z\",\"src_ip\":\"203.0.113.9\",\"at\":\"2026-06-13T00:00:00Z\"}",
                false,
            ),
            ("2026-06-12T06:58:35.1Z\\tC1\\t203.0.113.9", true),
            ("2026-06-12T06:58:35.1Z\\tC2\\t203.0.113.9", false),
        ] {
            assert_eq!(Lines::of(evidence).have(shown), want, "{shown}");
        }
    }
}
