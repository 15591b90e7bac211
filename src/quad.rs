//! Dotted quads and numbers, read without a loop: by arithmetic, or by [`Lanes`] of the processor that not all have.
//!
//! Four numbers of one to three digits lie in one of 81 ways. Where the ends of the numbers are, a table says
//! where each digit is to go; which entry, one multiplication of the ends says.

use wide::u8x16;

use crate::digits::{self, sixteen};

/// What a processor can do at once: chosen when a reader is made, and known where what it runs is compiled.
pub trait Lanes: Copy {
    /// Runs what is compiled for such a processor. Only what is inlined in `f` is.
    fn run<R>(self, f: impl FnOnce() -> R) -> R;

    /// The dotted quad that sixteen bytes begin with, and how long it is; a zero ends a shorter text.
    fn quad(self, text: &[u8; 16]) -> Option<(u32, usize)>;

    /// The number at the start of a text and how many digits it has, one to seven; none too where a text is too
    /// short to look at.
    fn number(self, text: &[u8]) -> Option<(u32, usize)>;

    /// How many decimal digits a text begins with; 8 or more where there are as many.
    fn digits(self, text: &[u8]) -> usize;
}

/// What all processors of the kind can.
#[derive(Clone, Copy, Debug)]
pub struct Common;

impl Lanes for Common {
    #[inline(always)]
    fn run<R>(self, f: impl FnOnce() -> R) -> R {
        f()
    }

    #[inline(always)]
    fn quad(self, text: &[u8; 16]) -> Option<(u32, usize)> {
        by_arithmetic(text)
    }

    #[inline(always)]
    fn number(self, text: &[u8]) -> Option<(u32, usize)> {
        digits::leading(text)
    }

    #[inline(always)]
    fn digits(self, text: &[u8]) -> usize {
        digits::run(text)
    }
}

/// The dotted quad at the start of `text`, and how long it is: four decimal
/// numbers up to 255 without leading zeros.
#[inline(always)]
#[must_use]
pub fn read(text: &[u8]) -> Option<(u32, usize)> {
    match text.first_chunk::<16>() {
        Some(chunk) => by_arithmetic(chunk),
        None => {
            let (low, high) = sixteen(text);
            by_arithmetic(&(u128::from(low) | u128::from(high) << 64).to_le_bytes())
        }
    }
}

/// The same by what the processor can; none where fewer than sixteen bytes are there.
#[inline(always)]
pub fn read_by(lanes: impl Lanes, text: &[u8]) -> Option<(u32, usize)> {
    lanes.quad(text.first_chunk::<16>()?)
}

/// Where the numbers end among sixteen bytes.
#[derive(Clone, Copy)]
struct Ends {
    /// The bits of what is no digit, with the end of the sixteen.
    all: u32,
    dots: u32,
    /// Of all, those behind the third and those behind the fourth.
    after_three: u32,
    after_four: u32,
}

impl Ends {
    /// By the bits of digits and of dots.
    #[inline(always)]
    const fn of(digits: u32, dots: u32) -> Self {
        let all = !digits & 0x1ffff;
        let after_one = all & all.wrapping_sub(1);
        let after_two = after_one & after_one.wrapping_sub(1);
        let after_three = after_two & after_two.wrapping_sub(1);
        let after_four = after_three & after_three.wrapping_sub(1);
        Self { all, dots, after_three, after_four }
    }

    /// The first four of them.
    #[inline(always)]
    const fn four(self) -> u32 {
        self.all ^ self.after_four
    }

    /// Whether the first three are dots.
    #[inline(always)]
    const fn three_dots(self) -> bool {
        (self.all ^ self.after_three) & !self.dots == 0
    }

    /// How long the quad is; `long` is what its shape says.
    #[inline(always)]
    const fn long(self, long: u32) -> usize {
        // What comes behind waits for the length alone, and need not wait for the table: mostly all ends where
        // neither a digit nor a dot stands.
        let behind = self.all & !self.dots;
        // Else a dot stands there.
        let long = if behind & self.four() == 0 { long } else { behind.trailing_zeros() };
        long as usize
    }
}

/// Multiplied by it, the ends of each shape differ in their highest eight bits; found by trying.
const SPREAD: u32 = 3_766_213_535;

const fn slot(ends: u32) -> usize {
    (ends.wrapping_mul(SPREAD) >> 24) as usize
}

/// How long the four numbers are in one of the 81 ways, and the bits of the ends of them.
// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn way(n: usize) -> ([usize; 4], [usize; 4], u32) {
    let long = [n % 3 + 1, n / 3 % 3 + 1, n / 9 % 3 + 1, n / 27 + 1];
    let a = long[0];
    let b = a + 1 + long[1];
    let c = b + 1 + long[2];
    let d = c + 1 + long[3];
    (long, [0, a + 1, b + 1, c + 1], 1 << a | 1 << b | 1 << c | 1 << d)
}

/// Where the numbers of a dotted quad lie, for each of the ways in which four may be one to three digits long.
#[derive(Clone, Copy)]
struct Shape {
    /// The bits of the three dots, and of what stands behind the last number.
    ends: u32,
    /// Where the second, third and fourth number begin.
    starts: [u8; 3],
    /// By how many bits each has to move up, so that its last digit is the third byte.
    up: [u8; 4],
    /// The least that numbers of their lengths may be: two of 32 bits in each.
    least: [u64; 2],
    /// How long all is.
    long: u8,
}

static SHAPES: [Shape; 256] = shapes();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing, clippy::panic)]
const fn shapes() -> [Shape; 256] {
    const NONE: Shape = Shape { ends: 0, starts: [0; 3], up: [0; 4], least: [0; 2], long: 0 };
    const LEAST: [u64; 4] = [0, 0, 10, 100];
    let mut all = [NONE; 256];
    let mut n = 0;
    while n < 81 {
        let ([i, j, k, l], [_, b, c, d], ends) = way(n);
        let shape = &mut all[slot(ends)];
        if shape.ends != 0 {
            panic!("two shapes in one place");
        }
        let up = [24 - 8 * i as u8, 24 - 8 * j as u8, 24 - 8 * k as u8, 24 - 8 * l as u8];
        let least = [LEAST[i] | LEAST[j] << 32, LEAST[k] | LEAST[l] << 32];
        let starts = [b as u8, c as u8, d as u8];
        *shape = Shape { ends, starts, up, least, long: (d + l) as u8 };
        n += 1;
    }
    all
}

#[inline(always)]
fn by_arithmetic(text: &[u8; 16]) -> Option<(u32, usize)> {
    let bytes = u8x16::new(*text);
    let values = bytes - u8x16::splat(b'0');
    let digits = values.min(u8x16::splat(9)).simd_eq(values).to_bitmask();
    let ends = Ends::of(digits, bytes.simd_eq(u8x16::splat(b'.')).to_bitmask());
    // Each number has one to three digits, or the ends are of no shape.
    let shape = SHAPES.get(slot(ends.four()))?;
    if shape.ends != ends.four() || !ends.three_dots() {
        return None;
    }
    let four = |start: usize| text.get(start..).and_then(|t| t.first_chunk::<4>());
    let [second, third, fourth] = shape.starts;
    let [up_first, up_second, up_third, up_fourth] = shape.up;
    // The last begins at the thirteenth byte at most.
    let number = |start: u8, up: u8| {
        let word = u32::from_le_bytes(*four(usize::from(start))?);
        Some(u64::from((word & 0x000f_0f0f) << up))
    };
    let left = number(0, up_first)? | number(second, up_second)? << 32;
    let right = number(third, up_third)? | number(fourth, up_fourth)? << 32;
    // Two numbers at a time: hundreds, tens and ones.
    const ONE: u64 = 0x0000_000f_0000_000f;
    let value = |n: u64| (n & ONE) * 100 + (n >> 8 & ONE) * 10 + (n >> 16 & ONE);
    let (left, right) = (value(left), value(right));
    // None above 255, and none with a zero before it.
    const TOP: u64 = 0x8000_0000_8000_0000;
    let [least_left, least_right] = shape.least;
    let enough = ((left | TOP) - least_left) & ((right | TOP) - least_right) & TOP;
    if (left | right) & 0x0000_0300_0000_0300 | enough ^ TOP != 0 {
        return None;
    }
    let high = (left as u32) << 24 | ((left >> 32) as u32) << 16;
    let v4 = high | (right as u32) << 8 | (right >> 32) as u32;
    Some((v4, ends.long(u32::from(shape.long))))
}

pub use wider::{Wider, wider};

/// Processors of x86-64 with AVX2, BMI1 and BMI2.
#[cfg(target_arch = "x86_64")]
mod wider {
    use fearless_simd::{Avx2, Level, i16x8, i32x4, prelude::*, u8x16, u32x4};

    use super::{Ends, Lanes, slot, way};
    use crate::digits;

    /// What newer processors of the kind can.
    pub type Wider = Avx2;

    /// That, where this processor can.
    #[must_use]
    pub fn wider() -> Option<Wider> {
        Level::new().as_avx2()
    }

    impl Lanes for Avx2 {
        #[inline(always)]
        fn run<R>(self, f: impl FnOnce() -> R) -> R {
            self.vectorize(f)
        }

        #[inline(always)]
        fn quad(self, text: &[u8; 16]) -> Option<(u32, usize)> {
            by_shuffles(self, text)
        }

        #[inline(always)]
        fn number(self, text: &[u8]) -> Option<(u32, usize)> {
            number(self, text.first_chunk()?)
        }

        #[inline(always)]
        fn digits(self, text: &[u8]) -> usize {
            match text.first_chunk() {
                Some(chunk) => digits_of(u8x16::simd_from(self, *chunk)).trailing_ones() as usize,
                None => digits::run(text),
            }
        }
    }

    /// The bits of the bytes that are digits.
    #[inline(always)]
    fn digits_of<S: Simd>(bytes: u8x16<S>) -> u32 {
        let values = bytes - u8x16::splat(bytes.simd, b'0');
        values.simd_le(u8x16::splat(bytes.simd, 9)).to_bitmask() as u32
    }

    /// Where the digits of a number go, by how many it has: the last to the eighth of as many lanes of two bytes.
    static RIGHT: [[u8; 16]; 8] = right();

    // Written before the program runs, so that nothing of it can fail later.
    #[allow(clippy::indexing_slicing)]
    const fn right() -> [[u8; 16]; 8] {
        let mut all = [[0x80; 16]; 8];
        let mut long = 1;
        while long < 8 {
            let mut at = 0;
            while at < long {
                all[long][2 * (8 - long + at)] = at as u8;
                at += 1;
            }
            long += 1;
        }
        all
    }

    #[inline(always)]
    fn number<S: Simd>(simd: S, text: &[u8; 16]) -> Option<(u32, usize)> {
        let bytes = u8x16::simd_from(simd, *text);
        let long = digits_of(bytes).trailing_ones() as usize;
        let right = RIGHT.get(long).filter(|_| long > 0)?;
        let values = bytes - u8x16::splat(simd, b'0');
        let lanes = simd.swizzle_dyn_within_blocks_u8x16(values, u8x16::simd_from(simd, *right));
        // Two digits at a time, and then four.
        let tens = i16x8::simd_from(simd, [1000, 100, 10, 1, 1000, 100, 10, 1]);
        let twos = simd.pairwise_dot_product_i16x8(lanes.bitcast(), tens);
        let fours = simd.relaxed_narrow_i32x4(twos, twos);
        let thousands = i16x8::simd_from(simd, [10_000, 10_000, 1, 1, 0, 0, 0, 0]);
        let ends: [i32; 4] = simd.pairwise_dot_product_i16x8(fours, thousands).into();
        let [high, low, ..] = ends;
        Some(((high + low) as u32, long))
    }

    /// Where the digits of a dotted quad lie, in one of its ways.
    #[derive(Clone, Copy)]
    #[repr(C, align(32))]
    struct Places {
        /// For each number, lowest first: where its hundreds are, nothing, its tens, its ones; 0x80 where it has none.
        digits: [u8; 16],
        /// The bits of the three dots, and of what stands behind the last number.
        ends: u32,
        /// The bits of first digits with others behind them: no zero may be there.
        first: u32,
        long: u32,
    }

    static PLACES: [Places; 256] = places();

    // Written before the program runs, so that nothing of it can fail later.
    #[allow(clippy::indexing_slicing)]
    const fn places() -> [Places; 256] {
        const NO: u8 = 0x80;
        const NONE: Places = Places { digits: [NO; 16], ends: 0, first: 0, long: 0 };
        let mut all = [NONE; 256];
        let mut n = 0;
        while n < 81 {
            let (long, starts, ends) = way(n);
            let mut digits = [NO; 16];
            let mut first = 0;
            let mut k = 0;
            while k < 4 {
                // The first number is the highest.
                let (at, last) = (4 * (3 - k), (starts[k] + long[k]) as u8);
                digits[at] = if long[k] > 2 { last - 3 } else { NO };
                digits[at + 2] = if long[k] > 1 { last - 2 } else { NO };
                digits[at + 3] = last - 1;
                first |= ((long[k] > 1) as u32) << starts[k];
                k += 1;
            }
            let long = (starts[3] + long[3]) as u32;
            all[slot(ends)] = Places { digits, ends, first, long };
            n += 1;
        }
        all
    }

    #[inline(always)]
    fn by_shuffles<S: Simd>(simd: S, text: &[u8; 16]) -> Option<(u32, usize)> {
        let bytes = u8x16::simd_from(simd, *text);
        let values = bytes - u8x16::splat(simd, b'0');
        let digits = values.simd_le(u8x16::splat(simd, 9)).to_bitmask() as u32;
        let dots = bytes.simd_eq(u8x16::splat(simd, b'.')).to_bitmask() as u32;
        let zeros = bytes.simd_eq(u8x16::splat(simd, b'0')).to_bitmask() as u32;
        let ends = Ends::of(digits, dots);
        let places = PLACES.get(slot(ends.four()))?;
        if places.ends != ends.four() || !ends.three_dots() {
            return None;
        }
        let placed =
            simd.swizzle_dyn_within_blocks_u8x16(values, u8x16::simd_from(simd, places.digits));
        let lanes: u32x4<S> = placed.bitcast();
        let tens = (lanes & u32x4::splat(simd, 0x00ff_00ff)).bitcast::<i16x8<S>>();
        let weights = u32x4::splat(simd, 10 << 16 | 100).bitcast::<i16x8<S>>();
        let ones = (lanes >> 24).bitcast::<i32x4<S>>();
        let numbers = simd.pairwise_dot_product_i16x8(tens, weights) + ones;
        let above = numbers.simd_gt(i32x4::splat(simd, 255));
        if above.any_true() | (zeros & places.first != 0) {
            return None;
        }
        let lowest = u8x16::simd_from(simd, [0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let packed = simd.swizzle_dyn_within_blocks_u8x16(numbers.bitcast(), lowest);
        let [v4, ..]: [u32; 4] = packed.bitcast::<u32x4<S>>().into();
        Some((v4, ends.long(places.long)))
    }
}

/// Nothing is known of other kinds of processors.
#[cfg(not(target_arch = "x86_64"))]
mod wider {
    /// What newer processors of the kind can.
    pub type Wider = super::Common;

    /// That, where this processor can.
    #[must_use]
    pub const fn wider() -> Option<Wider> {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Read either way.
    fn quad(text: &[u8]) -> Option<(u32, usize)> {
        let plain = read(text);
        let want = if text.len() < 16 { None } else { plain };
        assert_eq!(read_by(Common, text), want);
        if let Some(wider) = wider() {
            assert_eq!(wider.run(|| read_by(wider, text)), want);
        }
        plain
    }

    #[test]
    fn numbers_and_digits_are_those_of_arithmetic() {
        let Some(wider) = wider() else { return };
        for long in 0..20 {
            for first in 0..10u8 {
                for behind in [b'/', b':', b' ', 0, 0xff, b'x'] {
                    let mut text = [behind; 40];
                    for (at, b) in text.iter_mut().take(long).enumerate() {
                        *b = b'0' + (first + 7 * at as u8) % 10;
                    }
                    let number = wider.run(|| wider.number(&text));
                    assert_eq!(number, digits::leading(&text), "{text:?}");
                    assert_eq!(wider.run(|| wider.digits(&text)).min(8), digits::run(&text));
                    let short = text.get(..15.min(long + 1)).unwrap();
                    assert_eq!(wider.run(|| wider.number(short)), None);
                    assert_eq!(wider.run(|| wider.digits(short)), digits::run(short));
                }
            }
        }
        for n in (0..9_999_999).step_by(97) {
            let text = format!("{n}]: and more of it");
            assert_eq!(wider.run(|| wider.number(text.as_bytes())).map(|(n, _)| n), Some(n));
        }
    }

    fn plain_quad(text: &str) -> Option<(u32, usize)> {
        let end = text.bytes().position(|b| !b.is_ascii_digit() && b != b'.');
        let text = &text[..end.unwrap_or(text.len())];
        // A fourth dot ends it.
        let end = text.match_indices('.').nth(3).map_or(text.len(), |(at, _)| at);
        let text = &text[..end];
        text.parse::<std::net::Ipv4Addr>().ok().map(|ip| (u32::from(ip), text.len()))
    }

    #[test]
    fn quads() {
        for (text, want) in [
            ("192.0.2.7", Some((0xc000_0207, 9))),
            ("192.0.2.7 port 1", Some((0xc000_0207, 9))),
            ("255.255.255.255 port", Some((u32::MAX, 15))),
            ("255.255.255.255", Some((u32::MAX, 15))),
            ("192.0.2.256 port", None),
            ("192.0.02.7 port 1", None),
            ("00.0.2.7 port 1 ", None),
            ("0.0.0.0 port 1 23", Some((0, 7))),
            ("192.0.2 port 1234", None),
            ("192.0.2. port 1234", None),
            (".192.0.2.1 port 1234", None),
            ("1922.0.2.1 port 1234", None),
            ("192.0.2.1111 port 1234", None),
            ("192.0.2.7.8 port 1", Some((0xc000_0207, 9))),
            ("192:0.2.7 port 12345", None),
            ("host.example", None),
            ("", None),
        ] {
            assert_eq!(quad(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn quads_of_every_shape() {
        let numbers = ["0", "9", "10", "99", "100", "255"];
        for n in 0..numbers.len().pow(4) {
            let [a, b, c, d] = [n % 6, n / 6 % 6, n / 36 % 6, n / 216].map(|n| numbers[n]);
            for behind in ["", " port 1234567", ".7.8.9.10.11", "\n"] {
                let text = format!("{a}.{b}.{c}.{d}{behind}");
                let want = plain_quad(&text);
                assert!(want.is_some(), "{text}");
                assert_eq!(quad(text.as_bytes()), want, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn quads_as_the_standard_library_reads_them(text in "[0-9]{1,4}[.:][0-9]{0,4}\\.[0-9]{1,4}\\.[0-9]{1,4}[ .:x]?[ -~]{0,8}") {
            prop_assert_eq!(quad(text.as_bytes()), plain_quad(&text));
        }
    }
}
