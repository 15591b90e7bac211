//! SHA-256 as manifests, sums and records print it.

mod stream;
#[cfg(target_arch = "x86_64")]
mod lanes;

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

/// The hashes of texts, in their order: many at once where that is what the processor does fastest.
#[must_use]
pub fn all(texts: &[&[u8]]) -> Vec<Hash> {
    // Where there are instructions for it, one after the other is faster.
    #[cfg(target_arch = "x86_64")]
    if let Some(wider) = crate::quad::wider()
        && !std::arch::is_x86_feature_detected!("sha")
    {
        return lanes::all(wider, texts);
    }
    texts.iter().map(|text| raw(text)).collect()
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
