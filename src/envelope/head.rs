//! [`Heads`]: what follows the stamp of most lines, `host program[` or `host program: `, known again by its bytes.
//!
//! Few hosts and programs write most of a log. What one such head says was found once, by the reader
//! that knows all forms; where the very bytes stand again behind a stamp, nothing of it is read anew.

use super::parts::{Envelope, Format};
use crate::digits;

/// Bytes of a head at most, with the bracket or the colon that ends it.
const LONGEST: usize = 32;

/// Places in the table, a power of two.
const PLACES: usize = 64;

/// Places that are looked at for one head.
const TRIES: usize = 4;

/// The beginning of a line behind its stamp: bytes beyond its end are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    words: [u64; 4],
    long: usize,
}

impl Head {
    /// The head at the start of what follows a stamp and its blank: up to a bracket or a colon.
    #[inline(always)]
    #[must_use]
    pub fn of(text: &[u8]) -> Option<Self> {
        let chunk = text.first_chunk::<LONGEST>()?;
        // A bracket behind a blank belongs to the message.
        let at = match digits::among(chunk, b'[') {
            Some(at) if text.get(at.wrapping_sub(1)).is_some_and(|b| *b != b' ') => at,
            _ => digits::among(chunk, b':')?,
        };
        let mut words = [0; 4];
        let kept = words.iter_mut().zip(chunk.as_chunks::<8>().0).zip(MASKS.get(at)?);
        for ((word, bytes), mask) in kept {
            *word = u64::from_le_bytes(*bytes) & mask;
        }
        Some(Self { words, long: at + 1 })
    }

    /// Its bytes, the last of them a bracket or a colon.
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub const fn len(&self) -> usize {
        self.long
    }

    const fn place(&self) -> usize {
        let [a, b, c, d] = self.words;
        let mixed = (a ^ b.rotate_left(23) ^ c.rotate_left(41) ^ d.rotate_left(11))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 48) as usize
    }

    /// Whether an envelope is what its line's bytes say behind a stamp of 15 bytes and a blank,
    /// whatever process and message follow: a host that nothing else may be taken for, and a program.
    #[must_use]
    pub fn is_of(&self, line: &[u8], e: &Envelope<'_>) -> bool {
        let name = e.host.len() + 1 + e.program.len();
        let says = |from: usize, word: &[u8]| {
            line.get(16 + from..).is_some_and(|text| text.starts_with(word))
        };
        e.format == Format::Rfc3164
            && e.stamp_text.len() == 15
            && e.host.first().is_some_and(u8::is_ascii_alphabetic)
            && e.program.first().is_some_and(u8::is_ascii_alphabetic)
            && name + 1 == self.long
            && says(0, e.host)
            && says(e.host.len(), b" ")
            && says(e.host.len() + 1, e.program)
    }
}

/// Which bytes of the first 32 belong to a head whose last byte is that one.
static MASKS: [[u64; 4]; LONGEST] = masks();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn masks() -> [[u64; 4]; LONGEST] {
    let mut all = [[0u64; 4]; LONGEST];
    let mut at = 0;
    while at < LONGEST {
        let mut byte = 0;
        while byte <= at {
            all[at][byte / 8] |= 0xff << (8 * (byte % 8));
            byte += 1;
        }
        at += 1;
    }
    all
}

/// What is known of the heads seen.
#[derive(Clone, Debug)]
pub struct Heads<T> {
    places: Vec<Option<(Head, T)>>,
    /// The head met last, which of the 32 bytes are its own, and what is known of it.
    last: Option<(Head, [u64; 4], T)>,
}

impl<T: Clone> Default for Heads<T> {
    fn default() -> Self {
        Self { places: vec![None; PLACES], last: None }
    }
}

impl<T: Copy> Heads<T> {
    /// Whether the head met last stands here again: its length, and what is known of it.
    #[inline(always)]
    #[must_use]
    pub fn again(&self, text: &[u8]) -> Option<(usize, T)> {
        let (head, mask, known) = self.last.as_ref()?;
        // Up to the bracket or colon that ends it the bytes are the same: what a head says does not
        // turn on those behind it.
        let words = text.first_chunk::<LONGEST>()?.as_chunks::<8>().0;
        let mut other = 0;
        for ((bytes, mask), kept) in words.iter().zip(mask).zip(&head.words) {
            other |= (u64::from_le_bytes(*bytes) & mask) ^ kept;
        }
        (other == 0).then_some((head.long, *known))
    }

    /// Keeps the head of a line at hand, for the lines that follow it.
    #[inline(always)]
    pub fn keep(&mut self, head: Head, text: &[u8], known: T) {
        if matches!(text.get(head.long - 1), Some(b'[' | b':'))
            && let Some(mask) = MASKS.get(head.long - 1)
        {
            self.last = Some((head, *mask, known));
        }
    }

    /// What was kept for a head.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, head: &Head) -> Option<T> {
        let first = head.place();
        for n in 0..TRIES {
            match self.places.get((first + n) % PLACES) {
                Some(Some((kept, value))) if kept == head => return Some(*value),
                Some(Some(_)) => {}
                _ => return None,
            }
        }
        None
    }

    /// The length of the head that a text begins with, and what is known of it; a head of which nothing is known is
    /// then `fresh`.
    #[inline(always)]
    pub fn known(&mut self, text: &[u8], fresh: &mut Option<Head>) -> Option<(usize, T)> {
        *fresh = None;
        if let Some(again) = self.again(text) {
            return Some(again);
        }
        let head = Head::of(text)?;
        let Some(known) = self.get(&head) else {
            *fresh = Some(head);
            return None;
        };
        self.keep(head, text, known);
        Some((head.len(), known))
    }

    /// Keeps something for a head that is new, where there is room.
    pub fn put(&mut self, head: Head, value: T) {
        let first = head.place();
        let mut tries = (0..TRIES).map(|n| (first + n) % PLACES);
        if let Some(at) = tries.find(|at| self.places.get(*at).is_some_and(Option::is_none))
            && let Some(place) = self.places.get_mut(at)
        {
            *place = Some((head, value));
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.places.fill(None);
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Reader;

    fn head(line: &str) -> Option<(Head, bool)> {
        let line = line.as_bytes();
        let head = Head::of(line.get(16..)?)?;
        let read = Reader::default().read(line);
        Some((head, read.is_ok_and(|e| head.is_of(line, &e))))
    }

    #[test]
    fn heads_are_what_the_reader_finds() {
        let rest = "811]: Invalid user a from 192.0.2.7 port 4711";
        for (line, want) in [
            ("web1 sshd[", true),
            ("web1 CRON: ", true),
            ("a-host.example a-program-of[", true),
            // One byte more than is looked at.
            ("a-host.example a-program-of-ours[", false),
            // No host, no program, or a host that holds a colon.
            ("sshd[", false),
            ("web1 [", false),
            ("web1: sshd[", false),
            ("2001:db8::9 sshd[", false),
            ("2026 sshd[", false),
            ("web1 last message sshd[", false),
        ] {
            let found = head(&format!("Mar  8 00:00:09 {line}{rest}"));
            assert_eq!(found.is_some_and(|(_, is)| is), want, "{line}");
        }
        assert_eq!(head("Mar  8 00:00:09 web1 sshd[811]: x"), None, "too short to look at");
    }

    #[test]
    fn equal_bytes_and_no_others_are_known_again() {
        let of =
            |name: &str| Head::of(format!("{name}{}", "811]: x".repeat(8)).as_bytes()).unwrap();
        let names: Vec<String> = (0..40).map(|n| format!("host{n} sshd[")).collect();
        let mut heads = Heads::default();
        for (n, name) in names.iter().enumerate() {
            assert_eq!(heads.get(&of(name)), None);
            heads.put(of(name), n);
        }
        let known = names.iter().enumerate().filter(|(n, name)| match heads.get(&of(name)) {
            Some(found) => {
                assert_eq!(found, *n);
                true
            }
            None => false,
        });
        assert!(known.count() > 20);
        // The one met last is known again, where nothing in it differs.
        let text = |head: &str| format!("{head}{}", "811]: x".repeat(8));
        for (kept, met, want) in [
            ("host1 sshd[", "host1 sshd[", Some((11, 5))),
            ("host1 sshd[", "host2 sshd[", None),
            ("host1 sshd[", "host1 sshd:", None),
            ("host1 sshd:", "host1 sshd:", Some((11, 5))),
        ] {
            heads.keep(of(kept), text(kept).as_bytes(), 5);
            assert_eq!(heads.again(text(met).as_bytes()), want, "{kept} {met}");
            heads.clear();
            assert_eq!(heads.again(text(met).as_bytes()), None);
        }
        assert_eq!(heads.get(&of(&names[0])), None);
    }
}
