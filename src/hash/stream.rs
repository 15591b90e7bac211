//! [`Sha256`]: one hash after the other, of a text or of its pieces.

use ring::digest::{self, Context, SHA256, SHA256_OUTPUT_LEN};

/// A hash as it is computed.
pub type Hash = [u8; SHA256_OUTPUT_LEN];

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
    pub fn end(self) -> Hash {
        array(&self.0.finish())
    }
}

/// The hash of some bytes, as it is computed.
#[must_use]
pub fn raw(bytes: &[u8]) -> Hash {
    array(&digest::digest(&SHA256, bytes))
}

fn array(hash: &digest::Digest) -> Hash {
    // It is as long as its kind says.
    hash.as_ref().try_into().unwrap_or_default()
}
