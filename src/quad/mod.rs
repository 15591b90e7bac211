//! Dotted quads and numbers, read without a loop: by arithmetic, or by [`Lanes`] of the processor that not all have.
//!
//! Four numbers of one to three digits lie in one of 81 ways. Where the ends of the numbers are, a table says
//! where each digit is to go; which entry, one multiplication of the ends says.

mod shape;
mod plain;
#[cfg(target_arch = "x86_64")]
mod shuffled;

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Level, Simd as _};

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
        plain::quad(text)
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
        Some(chunk) => plain::quad(chunk),
        None => {
            let (low, high) = sixteen(text);
            plain::quad(&(u128::from(low) | u128::from(high) << 64).to_le_bytes())
        }
    }
}

/// The same by what the processor can; none where fewer than sixteen bytes are there.
#[inline(always)]
pub fn read_by(lanes: impl Lanes, text: &[u8]) -> Option<(u32, usize)> {
    lanes.quad(text.first_chunk::<16>()?)
}

/// What newer processors of the kind can: AVX2, BMI1 and BMI2.
#[cfg(target_arch = "x86_64")]
pub type Wider = Avx2;

/// Nothing is known of newer processors of other kinds.
#[cfg(not(target_arch = "x86_64"))]
pub type Wider = Common;

/// That, where this processor can.
#[must_use]
pub fn wider() -> Option<Wider> {
    #[cfg(target_arch = "x86_64")]
    return Level::new().as_avx2();
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}

#[cfg(target_arch = "x86_64")]
impl Lanes for Avx2 {
    #[inline(always)]
    fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.vectorize(f)
    }

    #[inline(always)]
    fn quad(self, text: &[u8; 16]) -> Option<(u32, usize)> {
        shuffled::quad(self, text)
    }

    #[inline(always)]
    fn number(self, text: &[u8]) -> Option<(u32, usize)> {
        shuffled::number(self, text.first_chunk()?)
    }

    #[inline(always)]
    fn digits(self, text: &[u8]) -> usize {
        match text.first_chunk() {
            Some(chunk) => shuffled::digits(self, chunk),
            None => digits::run(text),
        }
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

    /// A number, and how long it is.
    type Found = Option<(u32, usize)>;

    /// A quad, a number and digits by shuffles, as every processor of the kind can make them, and by this one's, if it has better.
    #[cfg(target_arch = "x86_64")]
    fn by_shuffles(text: &[u8; 16]) -> (Found, Found, usize) {
        use fearless_simd::dispatch;

        let by = |level| {
            dispatch!(level, simd => {
                (shuffled::quad(simd, text), shuffled::number(simd, text), shuffled::digits(simd, text))
            })
        };
        let plain = by(Level::baseline());
        assert_eq!(by(Level::new()), plain, "{text:?}");
        plain
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn shuffles_are_those_of_arithmetic_on_every_processor() {
        for text in
            ["192.0.2.7 port 47", "255.255.255.2551", "00.0.2.7 port 123", "1.2.3.256 port 1"]
        {
            let text = text.as_bytes().first_chunk().unwrap();
            assert_eq!(by_shuffles(text).0, plain::quad(text));
        }
        for n in (0..123_456_789).step_by(1237) {
            let text = format!("{n}]: and more of it");
            let text = text.as_bytes().first_chunk().unwrap();
            let (_, number, digits) = by_shuffles(text);
            assert_eq!((number, digits.min(8)), (digits::leading(text), digits::run(text)));
        }
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
