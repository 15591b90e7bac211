//! [`Utf16`]: reads UTF-16, as Windows writes text files, and gives UTF-8.

use std::io::{self, Read};

/// Bytes decoded at a time.
const PIECE: usize = 16 * 1024;

/// Reads UTF-16 and gives UTF-8. Half a pair becomes U+FFFD, for it stands for nothing.
pub struct Utf16<R> {
    inner: R,
    unit: fn([u8; 2]) -> u16,
    /// The first half of a unit that was cut.
    odd: Option<u8>,
    /// The first half of a pair that was cut.
    high: Option<u16>,
    out: Vec<u8>,
    at: usize,
}

impl<R: Read> Utf16<R> {
    /// A reader whose two bytes make a unit by `unit`.
    #[must_use]
    pub const fn new(inner: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { inner, unit, odd: None, high: None, out: Vec::new(), at: 0 }
    }

    /// Decodes the next piece; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.at = 0;
        let mut piece = vec![0; PIECE];
        let n = self.inner.read(&mut piece)?;
        piece.truncate(n);
        if let Some(odd) = self.odd.take() {
            piece.insert(0, odd);
        }
        if piece.len() % 2 == 1 && n > 0 {
            self.odd = piece.pop();
        }
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        units.extend(piece.as_chunks::<2>().0.iter().map(|two| (self.unit)(*two)));
        if n > 0 {
            self.high = units.pop_if(|last| (0xd800..0xdc00).contains(last));
        }
        for c in char::decode_utf16(units) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(n > 0)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.out.len() {
            if !self.fill()? {
                break;
            }
        }
        let ready = self.out.get(self.at..).unwrap_or_default();
        let n = ready.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(ready) {
            *to = *from;
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_whatever_the_pieces() {
        /// Gives one byte at a time.
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                let n = self.0.len().min(1);
                buf[..n].copy_from_slice(&self.0[..n]);
                self.0 = &self.0[n..];
                Ok(n)
            }
        }
        let text = "a\u{1f600}\u{e9}\r\n";
        for be in [false, true] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|u| if be { u.to_be_bytes() } else { u.to_le_bytes() })
                .collect();
            let unit = if be { u16::from_be_bytes } else { u16::from_le_bytes };
            let mut whole = String::new();
            Utf16::new(&bytes[..], unit).read_to_string(&mut whole).unwrap();
            let mut slow = String::new();
            Utf16::new(Slow(&bytes), unit).read_to_string(&mut slow).unwrap();
            assert_eq!((whole.as_str(), slow.as_str()), (text, text));
            // Half a pair at the end.
            let mut cut = Vec::new();
            Utf16::new(&bytes[..4], unit).read_to_end(&mut cut).unwrap();
            assert_eq!(cut, "a\u{fffd}".as_bytes());
        }
    }
}
