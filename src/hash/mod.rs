//! SHA-256 as manifests, sums and records print it.

mod stream;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod flow;

use std::io::{self, Read};

pub use stream::{Hash, Sha256, raw};

/// The hash of some bytes, as small hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&raw(bytes))
}

/// Bytes as small hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(2 * bytes.len());
    push_hex(&mut out, bytes);
    String::from_utf8(out).unwrap_or_default()
}

/// What the processor can do at once, where that is faster than one text after the other: not where it has
/// instructions for SHA-256.
#[cfg(target_arch = "x86_64")]
fn at_once() -> Option<crate::quad::Wider> {
    crate::quad::wider().filter(|_| !std::arch::is_x86_feature_detected!("sha"))
}

/// The hashes of texts, in their order: many at once where that is what the processor does fastest.
#[must_use]
pub fn all(texts: &[&[u8]]) -> Vec<Hash> {
    #[cfg(target_arch = "x86_64")]
    if let Some(wider) = at_once() {
        return lanes::all(wider, texts);
    }
    texts.iter().map(|text| raw(text)).collect()
}

/// Those that one thread hashes together, of texts of some lengths: numbers of them, the longest first. `threads` are
/// there for all of them.
#[must_use]
pub fn groups(lengths: &[u64], threads: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<(usize, usize)> = lengths
        .iter()
        .map(|long| usize::try_from(long / 64 + 1).unwrap_or(usize::MAX / 64))
        .zip(0..)
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let numbers: Vec<usize> = order.iter().map(|(_, n)| *n).collect();
    #[cfg(target_arch = "x86_64")]
    if at_once().is_some() {
        return lanes::groups(&order, threads)
            .into_iter()
            .filter_map(|group| Some(numbers.get(group)?.to_vec()))
            .collect();
    }
    let _ = threads;
    numbers.into_iter().map(|n| vec![n]).collect()
}

/// The hashes of what readers give, each with its number, in the order in which they end: those of one group of
/// [`groups`].
pub fn all_read<R: Read>(readers: Vec<(usize, R)>) -> Vec<(usize, io::Result<Hash>)> {
    let mut found = Vec::with_capacity(readers.len());
    #[cfg(target_arch = "x86_64")]
    if let Some(wider) = at_once().filter(|_| readers.len() > 1) {
        flow::all(wider, readers, |n, hash| found.push((n, hash)));
        return found;
    }
    for (n, reader) in readers {
        found.push((n, Hashed::of(reader).rest()));
    }
    found
}

/// Bytes that are read at once.
const PIECE: usize = 1 << 18;

/// What a reader gives, hashed as far as it was read.
#[derive(Debug)]
pub struct Hashed<R> {
    from: R,
    hash: Sha256,
}

impl<R: Read> Hashed<R> {
    /// Nothing is read yet.
    #[must_use]
    pub fn of(from: R) -> Self {
        Self { from, hash: Sha256::default() }
    }

    /// Hashes what the reader gives next, up to a quarter of a MiB, and says how many bytes; 0 at its end.
    ///
    /// # Errors
    ///
    /// The reader's, but for a call that was interrupted: it is made again.
    pub fn more(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        buffer.resize(PIECE, 0);
        loop {
            match self.from.read(buffer) {
                Ok(n) => {
                    self.hash.update(buffer.get(..n).unwrap_or_default());
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// The hash of what was read.
    #[must_use]
    pub fn end(self) -> Hash {
        self.hash.end()
    }

    /// Reads to the end; the hash of it all.
    ///
    /// # Errors
    ///
    /// As [`Hashed::more`].
    pub fn rest(mut self) -> io::Result<Hash> {
        let mut buffer = Vec::new();
        while self.more(&mut buffer)? > 0 {}
        Ok(self.end())
    }
}

/// Appends bytes as small hexadecimal digits.
pub fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    // Many at once, without a branch.
    let digit = |n: u8| b'0' + n + (b'a' - b'9' - 1) * u8::from(n > 9);
    for bytes in bytes.chunks(32) {
        let mut text = [[0; 2]; 32];
        for (pair, b) in text.iter_mut().zip(bytes) {
            *pair = [digit(b >> 4), digit(b & 15)];
        }
        out.extend_from_slice(text.as_flattened().get(..2 * bytes.len()).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_nothing() {
        let want = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), want);
    }

    #[test]
    fn like_others() {
        use sha2::Digest as _;
        let bytes: Vec<u8> = (0..4000_u32).map(|n| (n * 31 / 7) as u8).collect();
        for n in (0..200).chain([447, 448, 512, 4000]) {
            let (head, tail) = bytes[..n].split_at(n / 3);
            let want = sha2::Sha256::digest(&bytes[..n]);
            assert_eq!(raw(&bytes[..n]), want[..]);
            let digits: String = bytes[..n].iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(hex(&bytes[..n]), digits);
            assert_eq!(Sha256::default().with(head).with(tail).end(), want[..]);
        }
        let texts: Vec<&[u8]> = (0..200).map(|n| &bytes[n..3 * n]).collect();
        let want: Vec<Hash> = texts.iter().map(|text| raw(text)).collect();
        assert_eq!(all(&texts), want);
    }
}
