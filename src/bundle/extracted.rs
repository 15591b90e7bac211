//! Whether a line of a report's log extract is a line of its evidence.

/// Whether a line of the extract is one of the evidence but for its stamp, for
/// what was replaced by a token and for what was escaped: its pieces between
/// tokens and escapes stand in one line, in their order.
pub(super) fn evidence_has(evidence: &[u8], shown: &str) -> bool {
    let behind = match shown.split_once(' ') {
        // `2026-03-28T23:41:07Z web1 …`; as logged the stamp may hold blanks itself.
        Some((stamp, rest)) if stamp.ends_with('Z') => rest,
        _ => shown,
    };
    let pieces = pieces(behind);
    evidence.split(|b| *b == b'\n').any(|line| {
        let mut from = 0;
        pieces.iter().all(|piece| {
            let rest = line.get(from..).unwrap_or_default();
            match memchr::memmem::find(rest, piece.as_bytes()) {
                Some(at) => {
                    from += at + piece.len();
                    true
                }
                None => false,
            }
        })
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
