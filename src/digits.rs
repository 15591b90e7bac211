//! Digits, single bytes and short names looked at eight bytes at a time: every
//! line holds some of every length, and a loop that may end anywhere is
//! predicted wrongly.

use wide::u8x16;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is no decimal digit.
#[inline(always)]
const fn no_digits(word: u64) -> u64 {
    let y = word ^ (ONES * b'0' as u64);
    // Up to nine, a byte and 0x76 stay below 0x80; no carry leaves a byte.
    (((y & !HIGH) + ONES * 0x76) | y) & HIGH
}

/// The high bit of the first byte that is `byte`; bits above it may be wrong.
#[inline(always)]
#[must_use]
pub const fn first_of(word: u64, byte: u8) -> u64 {
    let y = word ^ (ONES * byte as u64);
    y.wrapping_sub(ONES) & !y & HIGH
}

/// Where `byte` first lies in a short text.
#[inline(always)]
#[must_use]
pub fn position(text: &[u8], byte: u8) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (n, chunk) in words.iter().enumerate() {
        let found = first_of(u64::from_le_bytes(*chunk), byte);
        if found != 0 {
            return Some(8 * n + (found.trailing_zeros() / 8) as usize);
        }
    }
    rest.iter().position(|b| *b == byte).map(|at| 8 * words.len() + at)
}

/// Where a word ends that has at most sixteen bytes: at a blank, a line's end or another byte below
/// those that print. None where it is longer, or where fewer than seventeen bytes are there.
#[inline(always)]
#[must_use]
pub fn word_end(text: &[u8]) -> Option<usize> {
    let (chunk, [last, ..]) = text.split_first_chunk::<16>()? else { return None };
    let bytes = u8x16::new(*chunk);
    let low = bytes.min(u8x16::splat(b' ')).simd_eq(bytes).to_bitmask();
    let ends = low | u32::from(*last <= b' ') << 16;
    (ends != 0).then(|| ends.trailing_zeros() as usize)
}

/// Where a line ends whose end is near, or where a NUL stands before that. None where neither is among the
/// first bytes of a text, as many as most lines have.
#[inline(always)]
#[must_use]
pub fn line_end(text: &[u8]) -> Option<usize> {
    // Most messages are shorter than 64 bytes: a loop by fewer ends anywhere, and is predicted wrongly.
    match text.as_chunks::<64>().0 {
        [first, rest @ ..] => match ends_among(first) {
            0 => second_end(rest),
            ends => Some(ends.trailing_zeros() as usize),
        },
        [] => end_of_short(text),
    }
}

#[inline(never)]
fn second_end(rest: &[[u8; 64]]) -> Option<usize> {
    let ends = ends_among(rest.first()?);
    (ends != 0).then(|| 64 + ends.trailing_zeros() as usize)
}

/// The same of a text that is nearly at its end, in whole sixteens of bytes.
#[inline(never)]
fn end_of_short(text: &[u8]) -> Option<usize> {
    let mut ends = text.as_chunks::<16>().0.iter().map(ends_of).zip((0..).step_by(16));
    ends.find(|(ends, _)| *ends != 0).map(|(ends, at)| at + ends.trailing_zeros() as usize)
}

/// The bits of bytes that end a line.
#[inline(always)]
fn ends_of(chunk: &[u8; 16]) -> u32 {
    let bytes = u8x16::new(*chunk);
    (bytes.simd_eq(u8x16::splat(b'\n')) | bytes.simd_eq(u8x16::splat(0))).to_bitmask()
}

#[inline(always)]
fn ends_among(chunk: &[u8; 64]) -> u64 {
    let mut all = 0;
    for (chunk, shift) in chunk.as_chunks::<16>().0.iter().zip((0..).step_by(16)) {
        all |= u64::from(ends_of(chunk)) << shift;
    }
    all
}

/// Which sets of bytes [`leading_of`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// ASCII letters and digits, and three marks.
    Alphanumeric([u8; 3]),
    /// What prints and is none of five marks.
    PrintsBut([u8; 5]),
}

impl Set {
    /// Whether a byte is one of them.
    #[must_use]
    pub fn holds(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric(marks) => byte.is_ascii_alphanumeric() || marks.contains(&byte),
            Self::PrintsBut(marks) => byte > b' ' && !marks.contains(&byte),
        }
    }

    #[inline(always)]
    fn among(self, bytes: u8x16) -> u32 {
        let is = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
        match self {
            Self::Alphanumeric([a, b, c]) => {
                let within = |bytes: u8x16, from: u8, most: u8| {
                    let above = bytes - u8x16::splat(from);
                    above.min(u8x16::splat(most)).simd_eq(above)
                };
                let letters = within(bytes | u8x16::splat(0x20), b'a', 25);
                (letters | within(bytes, b'0', 9) | is(a) | is(b) | is(c)).to_bitmask()
            }
            Self::PrintsBut([a, b, c, d, e]) => {
                let low = bytes.min(u8x16::splat(b' ')).simd_eq(bytes);
                !(low | is(a) | is(b) | is(c) | is(d) | is(e)).to_bitmask()
            }
        }
    }
}

/// How many bytes of a set a text begins with; none where nothing ends them.
#[inline(always)]
#[must_use]
pub fn leading_of(text: &[u8], set: Set) -> Option<usize> {
    let (chunks, rest) = text.as_chunks::<16>();
    for (n, chunk) in chunks.iter().enumerate() {
        let others = !set.among(u8x16::new(*chunk)) & 0xffff;
        if others != 0 {
            return Some(16 * n + others.trailing_zeros() as usize);
        }
    }
    Some(16 * chunks.len() + rest.iter().position(|b| !set.holds(*b))?)
}

/// Where a letter, small or capital, next stands from a place on. Few other bytes pass for it.
#[inline(always)]
#[must_use]
pub fn letter(text: &[u8], from: usize, letter: u8) -> Option<usize> {
    let left = text.get(from..)?;
    let (chunks, rest) = left.as_chunks::<16>();
    let small = letter | 0x20;
    for (n, chunk) in chunks.iter().enumerate() {
        let bytes = u8x16::new(*chunk) | u8x16::splat(0x20);
        let found = bytes.simd_eq(u8x16::splat(small)).to_bitmask();
        if found != 0 {
            return Some(from + 16 * n + found.trailing_zeros() as usize);
        }
    }
    let at = rest.iter().position(|b| b | 0x20 == small)?;
    Some(from + 16 * chunks.len() + at)
}

/// Where a byte first lies in thirty-two.
#[inline(always)]
#[must_use]
pub fn among(text: &[u8; 32], byte: u8) -> Option<usize> {
    let ([low, high], _) = text.as_chunks::<16>() else { return None };
    let is = |half: &[u8; 16]| u8x16::new(*half).simd_eq(u8x16::splat(byte)).to_bitmask();
    let found = is(low) | is(high) << 16;
    (found != 0).then(|| found.trailing_zeros() as usize)
}

/// Where the first blank lies, which most often is among the first eight bytes.
#[inline(always)]
#[must_use]
pub fn blank(text: &[u8]) -> Option<usize> {
    if let Some(chunk) = text.first_chunk::<8>() {
        let found = first_of(u64::from_le_bytes(*chunk), b' ');
        if found != 0 {
            return Some((found.trailing_zeros() / 8) as usize);
        }
    }
    position(text, b' ')
}

/// Where the first blank, colon or bracket lies: what may end a program's name.
#[inline(always)]
#[must_use]
pub fn tag_end(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (n, chunk) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        // Each of the three is right up to its own first; so the least of them is.
        let found = first_of(word, b' ') | first_of(word, b':') | first_of(word, b'[');
        if found != 0 {
            return Some(8 * n + (found.trailing_zeros() / 8) as usize);
        }
    }
    rest.iter().position(|b| matches!(b, b' ' | b':' | b'[')).map(|at| 8 * words.len() + at)
}

/// A name of up to sixteen bytes: its two ends, which may overlap, and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brief(u64, u64, usize);

impl Brief {
    /// The name, if it is so short and not empty.
    #[inline(always)]
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let (a, b) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(a), Some(b)) if name.len() <= 16 => {
                (u64::from_le_bytes(*a), u64::from_le_bytes(*b))
            }
            (Some(_), _) => return None,
            _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
                (Some(a), Some(b)) => {
                    (u64::from(u32::from_le_bytes(*a)), u64::from(u32::from_le_bytes(*b)))
                }
                _ if name.is_empty() => return None,
                _ => (name.iter().fold(0, |n, b| n << 8 | u64::from(*b)), 0),
            },
        };
        Some(Self(a, b, name.len()))
    }

    /// Where it lies in a table of that many places, a power of two.
    const fn slot(self, places: usize) -> usize {
        let mixed = (self.0 ^ self.1.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 40) as usize & (places - 1)
    }
}

/// What was found for the short names seen last: one look, no loop.
#[derive(Clone, Debug)]
pub struct Memo<T> {
    slots: [Option<(Brief, T)>; 16],
}

impl<T: Copy> Default for Memo<T> {
    fn default() -> Self {
        Self { slots: [None; 16] }
    }
}

impl<T: Copy> Memo<T> {
    /// What was kept for a name.
    #[inline(always)]
    pub fn get(&self, name: Brief) -> Option<T> {
        match self.slots.get(name.slot(16)) {
            Some(Some((kept, value))) if *kept == name => Some(*value),
            _ => None,
        }
    }

    /// Keeps it, in the place of another.
    pub fn put(&mut self, name: Brief, value: T) {
        if let Some(slot) = self.slots.get_mut(name.slot(16)) {
            *slot = Some((name, value));
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.slots = [None; 16];
    }
}

/// The first eight bytes, the first lowest; zeros where the text is shorter.
#[inline(always)]
#[must_use]
pub fn eight(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => fewer(text),
    }
}

/// The same for fewer than eight: two ends that may overlap, where that is enough.
#[inline]
fn fewer(text: &[u8]) -> u64 {
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last));
            u64::from(u32::from_le_bytes(*first)) | last << (8 * (text.len() - 4))
        }
        _ => text.iter().rev().fold(0, |word, b| word << 8 | u64::from(*b)),
    }
}

/// The first sixteen bytes of fewer than sixteen, as two numbers.
#[inline]
pub(crate) fn sixteen(text: &[u8]) -> (u64, u64) {
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) if text.len() > 8 => {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last) >> (8 * (16 - text.len())))
        }
        _ => (eight(text), 0),
    }
}

/// The number at the start of `text` and how many digits it has: none if it
/// has none, or more than seven where that many bytes are there to look at.
#[inline(always)]
#[must_use]
pub fn leading(text: &[u8]) -> Option<(u32, usize)> {
    let word = eight(text);
    let digits = no_digits(word).trailing_zeros() / 8;
    // No digit, or eight and more.
    if digits.wrapping_sub(1) >= 7 {
        return None;
    }
    // The digits move to the end, and zeros stand before them.
    let y = (word & (ONES * 0x0f)) << (64 - 8 * digits);
    let y = y.wrapping_mul(10).wrapping_add(y >> 8) & 0x00ff_00ff_00ff_00ff;
    let y = (y.wrapping_mul(100).wrapping_add(y >> 16)) & 0x0000_ffff_0000_ffff;
    let n = y.wrapping_mul(10_000).wrapping_add(y >> 32) & 0xffff_ffff;
    Some((n as u32, digits as usize))
}

/// How many decimal digits `text` begins with; 8 where there are as many or more.
#[inline(always)]
#[must_use]
pub fn run(text: &[u8]) -> usize {
    (no_digits(eight(text)).trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sets_and_ends_as_byte_by_byte(text in proptest::collection::vec(prop_oneof![
            6 => b'a'..=b'z', 2 => b'A'..=b'Z', 2 => b'0'..=b'9', 1 => any::<u8>(), 1 => Just(b'\n')
        ], 0..200)) {
            for set in [Set::Alphanumeric(*b"-._"), Set::Alphanumeric(*b"+/="), Set::PrintsBut(*b"<>,=:")] {
                let want = text.iter().position(|b| !set.holds(*b));
                prop_assert_eq!(leading_of(&text, set), want);
            }
            let want = text.iter().position(|b| matches!(b, b'\n' | 0));
            // Whole sixteens of what is short, one or two times sixty-four of what is long.
            let looked_at = if text.len() < 64 { text.len() / 16 * 16 } else { text.len().min(128) / 64 * 64 };
            prop_assert_eq!(line_end(&text), want.filter(|n| *n < looked_at));
            for from in [0, 3, 40] {
                let want = text.iter().skip(from).position(|b| b.eq_ignore_ascii_case(&b'q'));
                prop_assert_eq!(letter(&text, from, b'Q'), want.map(|n| n + from));
            }
        }
    }

    #[test]
    fn ends_of_lines_of_every_length() {
        for long in 0..200 {
            let looked_at = if long < 64 { long / 16 * 16 } else { long.min(128) / 64 * 64 };
            assert_eq!(line_end(&vec![b'a'; long]), None, "{long}");
            for (at, end) in (0..long).flat_map(|at| [(at, b'\n'), (at, 0)]) {
                let mut text = vec![b'a'; long];
                text[at..].fill(b'\n');
                text[at] = end;
                assert_eq!(line_end(&text), (at < looked_at).then_some(at), "{at} of {long}");
            }
        }
    }

    #[test]
    fn short_names_are_themselves() {
        let mut memo = Memo::default();
        let names = [
            "",
            "a",
            "b",
            "ab",
            "abc",
            "abcd",
            "abcde",
            "sshd",
            "sshd-session",
            "aaaaaaaa",
            "aaaaaaaaa",
            "aaaaaaa`",
            "aaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaa",
        ];
        for (n, name) in names.iter().enumerate() {
            let brief = Brief::of(name.as_bytes());
            assert_eq!(brief.is_some(), (1..=16).contains(&name.len()), "{name}");
            let Some(brief) = brief else { continue };
            for other in names.iter().filter(|o| *o != name) {
                assert_ne!(Brief::of(other.as_bytes()), Some(brief), "{name} {other}");
            }
            assert_eq!(memo.get(brief), None);
            memo.put(brief, n);
            assert_eq!(memo.get(brief), Some(n));
        }
        memo.clear();
        assert_eq!(memo.get(Brief::of(b"sshd").unwrap()), None);
    }

    #[test]
    fn numbers() {
        for (text, want) in [
            ("7 ssh2 and more", Some((7, 1))),
            ("65535", Some((65535, 5))),
            ("1234567]: x", Some((1_234_567, 7))),
            ("12345678]: x", None),
            ("12345678", None),
            ("1234567", Some((1_234_567, 7))),
            ("0042 and more", Some((42, 4))),
            ("x", None),
            (" 1 and so forth", None),
            ("", None),
        ] {
            assert_eq!(leading(text.as_bytes()), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_as_a_loop_reads_them(text in "[0-9]{0,9}[ -~]{0,9}") {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let want = (1..8).contains(&digits).then(|| (text[..digits].parse().unwrap(), digits));
            prop_assert_eq!(leading(text.as_bytes()), want);
            prop_assert_eq!(run(text.as_bytes()), digits.min(8));
        }

        #[test]
        fn ends_are_found(text in "[ -~]{0,30}") {
            let (text, at) = (text.as_bytes(), |f: fn(&u8) -> bool| text.bytes().position(|b| f(&b)));
            prop_assert_eq!(position(text, b' '), at(|b| *b == b' '));
            prop_assert_eq!(tag_end(text), at(|b| b" :[".contains(b)));
        }

        #[test]
        fn bytes_are_found(word: [u8; 8], byte: u8) {
            let found = first_of(u64::from_le_bytes(word), byte);
            let at = word.iter().position(|b| *b == byte);
            prop_assert_eq!((found != 0).then(|| found.trailing_zeros() as usize / 8), at);
        }
    }
}
