//! [`Pattern`]: what a desk's ticket numbers look like, as its file writes it.
//!
//! Of regular expressions it takes what such patterns need: characters, `\`
//! before one, `[…]` with ranges, `\d`, `.`, and `+`, `*` or `?` behind each.

/// A pattern, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<(Set, Often)>);

/// Characters that may stand in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set(Vec<(u8, u8)>);

impl Set {
    fn has(&self, b: u8) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&b))
    }
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Often {
    Once,
    Maybe,
    Any,
    Some,
}

impl Often {
    const fn may_be_absent(self) -> bool {
        matches!(self, Self::Maybe | Self::Any)
    }

    const fn may_be_repeated(self) -> bool {
        matches!(self, Self::Any | Self::Some)
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// What in it is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err("a ticket is plain ASCII".to_owned());
        }
        let mut out: Vec<(Set, Often)> = Vec::new();
        let mut rest = text.bytes();
        while let Some(b) = rest.next() {
            let set = match b {
                b'\\' => escaped(rest.next().ok_or("a `\\` ends it")?)?,
                b'[' => {
                    let mut inside = Vec::new();
                    loop {
                        match rest.next().ok_or("a `[` is not closed")? {
                            b']' => break,
                            b'\\' => {
                                inside.extend(escaped(rest.next().ok_or("a `\\` ends it")?)?.0)
                            }
                            b'^' if inside.is_empty() => {
                                return Err("`[^` is not understood".to_owned());
                            }
                            b'-' if rest.clone().next().is_some_and(|b| b != b']') => {
                                let (from, to) = (inside.pop(), rest.next());
                                let range = from
                                    .zip(to)
                                    .filter(|((from, till), to)| from == till && from <= to);
                                let ((from, _), to) =
                                    range.ok_or("a range in `[…]` has no ends")?;
                                inside.push((from, to));
                            }
                            b => inside.push((b, b)),
                        }
                    }
                    Set(inside)
                }
                b'.' => Set(vec![(0x20, 0x7e)]),
                b'+' | b'*' | b'?' => {
                    let often = match b {
                        b'+' => Often::Some,
                        b'*' => Often::Any,
                        _ => Often::Maybe,
                    };
                    match out.last_mut() {
                        Some((_, before)) if *before == Often::Once => *before = often,
                        _ => return Err(format!("`{}` has nothing before it", char::from(b))),
                    }
                    continue;
                }
                b'(' | b')' | b'{' | b'}' | b'|' | b'^' | b'$' => {
                    return Err(format!(
                        "`{}` is not understood; write `\\{0}` for the character",
                        char::from(b)
                    ));
                }
                b => Set(vec![(b, b)]),
            };
            out.push((set, Often::Once));
        }
        if out.iter().all(|(_, often)| often.may_be_absent()) {
            return Err("it fits everything".to_owned());
        }
        Ok(Self(out))
    }

    /// Whether the whole of a text has that form. Takes time by length of
    /// pattern and text, whatever they are.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        // Places in the pattern that the text up to here may have come to.
        let mut at = vec![false; self.0.len() + 1];
        if let Some(first) = at.first_mut() {
            *first = true;
        }
        self.pass_over(&mut at);
        for b in text.bytes() {
            let mut next = vec![false; at.len()];
            for (i, (set, often)) in self.0.iter().enumerate() {
                if at.get(i) == Some(&true) && set.has(b) {
                    let stays = often.may_be_repeated();
                    for (place, reached) in [(i, stays), (i + 1, true)] {
                        if let Some(n) = next.get_mut(place) {
                            *n |= reached;
                        }
                    }
                }
            }
            self.pass_over(&mut next);
            at = next;
        }
        at.last() == Some(&true)
    }

    fn pass_over(&self, at: &mut [bool]) {
        for (i, (_, often)) in self.0.iter().enumerate() {
            if at.get(i) == Some(&true)
                && often.may_be_absent()
                && let Some(next) = at.get_mut(i + 1)
            {
                *next = true;
            }
        }
    }
}

fn escaped(b: u8) -> Result<Set, String> {
    match b {
        b'd' => Ok(Set(vec![(b'0', b'9')])),
        b if b.is_ascii_alphanumeric() => Err(format!("`\\{}` is not understood", char::from(b))),
        b => Ok(Set(vec![(b, b)])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_tickets() {
        for (pattern, fits, other) in [
            (
                r"\[Janet CSIRT#[0-9]+\]",
                &["[Janet CSIRT#987654]"][..],
                &["[Janet CSIRT#]", "Janet CSIRT#1", "[Janet CSIRT#1] "][..],
            ),
            (r"CW ABUSE TICKET \d+", &["CW ABUSE TICKET 1"], &["CW ABUSE TICKET "]),
            (r"KMM[0-9A-Za-z]*V?", &["KMM", "KMM1V", "KMM1"], &["KM", "KMM-1"]),
            (r"[a-c\]-]+", &["a]-"], &["d"]),
            (r"a.c", &["abc", "a c"], &["ac"]),
        ] {
            let read = Pattern::parse(pattern).unwrap();
            for text in fits {
                assert!(read.fits(text), "{pattern} {text}");
            }
            for text in other {
                assert!(!read.fits(text), "{pattern} {text}");
            }
        }
        for bad in [
            "(a)",
            "a|b",
            "+a",
            "a++",
            "[a",
            "a\\",
            "[z-a]",
            "[-a-]x\\w",
            "[^a]",
            "",
            "a*",
            "\u{e9}",
            "a{2}",
            "^a$",
        ] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        // Linear, whatever the pattern.
        let slow =
            Pattern::parse(&"a?".repeat(500).replace("a?", "a*").replacen("a*", "a", 1)).unwrap();
        assert!(!slow.fits(&format!("{}b", "a".repeat(2000))));
    }
}
