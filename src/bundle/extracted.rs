//! Whether a line of a report's log extract is a line of its evidence.

use memchr::memmem::Finder;

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
            let pieces: Vec<Finder<'_>> = pieces(behind).into_iter().map(Finder::new).collect();
            after.iter().chain(before).position(|line| holds(line, &pieces))
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

/// What stands between tokens, `[user-1a2b3c]`, and escapes, `\x1b`, `\u{202e}`.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', '\\']) {
        let (before, from) = rest.split_at(at);
        let len = replaced(from);
        match len {
            Some(len) => {
                out.push(before);
                rest = from.get(len..).unwrap_or_default();
            }
            None => {
                let (head, tail) = rest.split_at(at + 1);
                out.push(head);
                rest = tail;
            }
        }
    }
    out.push(rest);
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
