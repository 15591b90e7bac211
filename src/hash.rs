//! SHA-256 as manifests, sums and records print it.

use ring::digest::{self, Context, SHA256, SHA256_OUTPUT_LEN};

/// A hash that is fed piece by piece.
#[derive(Clone)]
pub struct Sha256(Context);

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256")
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    /// Takes more.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The same, for a chain of pieces.
    #[must_use]
    pub fn with(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    /// What it came to.
    #[must_use]
    pub fn end(self) -> [u8; SHA256_OUTPUT_LEN] {
        array(&self.0.finish())
    }
}

/// The hash of some bytes, as it is computed.
#[must_use]
pub fn raw(bytes: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    array(&digest::digest(&SHA256, bytes))
}

fn array(hash: &digest::Digest) -> [u8; SHA256_OUTPUT_LEN] {
    // It is as long as its kind says.
    hash.as_ref().try_into().unwrap_or_default()
}

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

/// Appends the hash of some bytes: each line of evidence has one.
pub fn push_sha256(out: &mut Vec<u8>, bytes: &[u8]) {
    push_hex(out, &raw(bytes));
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
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
    }
}
