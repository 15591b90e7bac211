//! [`sample`]: how an input begins and ends, to know later that it is the same.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::os::unix::fs::FileExt as _;

use super::inflate::Form;
use super::journal;

/// Bytes at the beginning and at the end of an input that are looked at again.
const SAMPLE: usize = 4096;

/// A hash of the beginning and end of the `bytes` bytes of a file from `base` on; of a journal, of what
/// of its beginning never changes.
pub(super) fn sample(file: &File, base: u64, bytes: u64, form: Form) -> io::Result<u64> {
    let mut hash = DefaultHasher::new();
    let mut buffer = [0; SAMPLE];
    let parts = match form {
        Form::Journal => [journal::FIXED, (0, 0)],
        _ => [(0, SAMPLE), (bytes.saturating_sub(SAMPLE as u64), SAMPLE)],
    };
    for (at, long) in parts {
        let most = usize::try_from(bytes.saturating_sub(at)).unwrap_or(SAMPLE).min(long);
        let mut done = 0;
        while let Some(room) = buffer.get_mut(done..most).filter(|r| !r.is_empty()) {
            match file.read_at(room, base + at + done as u64)? {
                0 => break,
                n => done += n,
            }
        }
        hash.write(buffer.get(..done).unwrap_or_default());
    }
    Ok(hash.finish())
}
