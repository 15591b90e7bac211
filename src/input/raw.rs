//! [`Raw`]: an input's bytes as they lie on the disk, for hashing: it borrows nothing, so that it goes on beside
//! whatever becomes of the input.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::inflate::Cursor;

/// A reader of a part of a file; clones read on from where it is, each for itself.
#[derive(Clone, Debug)]
pub struct Raw {
    file: Arc<File>,
    at: u64,
    /// What it was made for: the first byte, and that behind the last.
    base: u64,
    end: u64,
}

impl Raw {
    pub(super) fn new(file: &Arc<File>, base: u64, bytes: u64) -> Self {
        Self { file: Arc::clone(file), at: base, base, end: base.saturating_add(bytes) }
    }

    /// Whether both were made of one input.
    #[must_use]
    pub fn is_of_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && (self.base, self.end) == (other.base, other.end)
    }
}

impl Read for Raw {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = Cursor::new(&self.file, self.at, self.end.saturating_sub(self.at)).read(out)?;
        self.at += n as u64;
        Ok(n)
    }
}
