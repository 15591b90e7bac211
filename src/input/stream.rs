//! [`Stream`]: an input that has to be unpacked, chunk by chunk.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::LINE_BYTES;

use super::chunk::Chunk;

/// Bytes that this process has unpacked, for whoever shows how far it is.
pub static UNPACKED: AtomicU64 = AtomicU64::new(0);

/// Unpacks an input chunk by chunk.
pub struct Stream<'f> {
    reader: Box<dyn Read + Send + 'f>,
    carry: Vec<u8>,
    offset: u64,
    index: usize,
    skipping: bool,
    done: bool,
    chunk_bytes: usize,
}

impl<'f> Stream<'f> {
    /// A stream of what a reader gives, in chunks of about `chunk_bytes`.
    #[must_use]
    pub fn new(reader: Box<dyn Read + Send + 'f>, chunk_bytes: usize) -> Self {
        Self {
            reader,
            carry: Vec::new(),
            offset: 0,
            index: 0,
            skipping: false,
            done: false,
            chunk_bytes,
        }
    }

    /// Reads the next chunk; false at the end.
    ///
    /// # Errors
    ///
    /// A damaged or cut file. The chunks given out before it are good.
    pub fn next(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        loop {
            chunk.clear();
            // What comes from a pipe or from memory mostly begins a page there.
            let carry = self.carry.len();
            chunk.lie(0_u64.wrapping_sub(carry as u64), carry + self.chunk_bytes);
            chunk.put(&self.carry);
            self.carry.clear();
            chunk.offset = self.offset;
            chunk.index = self.index;
            let mut fault = None;
            while !self.done && chunk.to < self.chunk_bytes {
                let want = self.chunk_bytes.max(4096);
                match self.reader.read(chunk.room(want)) {
                    Ok(0) => self.done = true,
                    Ok(n) => {
                        chunk.to += n;
                        UNPACKED.fetch_add(n as u64, Ordering::Relaxed);
                    }
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => {
                        self.done = true;
                        fault = Some(e);
                    }
                }
            }
            if let Some(e) = fault {
                // The whole lines before the damage are still good, and a beginning that is longer
                // than any line may be is one unread line: hand them out, then fail. At any size of
                // chunk these are the same.
                let skip = match self.skipping {
                    true => memchr::memchr(b'\n', chunk.bytes()).map_or(chunk.to, |n| n + 1),
                    false => 0,
                };
                chunk.from = skip;
                chunk.offset += skip as u64;
                let there = chunk.bytes().len();
                let good = memchr::memrchr(b'\n', chunk.bytes()).map_or(0, |n| n + 1);
                let good = if there - good > LINE_BYTES { there } else { good };
                if good == 0 {
                    return Err(e);
                }
                chunk.to = skip + good;
                self.skipping = false;
                self.reader = Box::new(Broken(Some(e)));
                self.done = false;
                self.offset += chunk.to as u64;
                self.index += 1;
                return Ok(true);
            }
            if self.skipping {
                // The rest of a line that was too long.
                let cut = memchr::memchr(b'\n', chunk.bytes()).map(|n| n + 1);
                let drop = cut.unwrap_or(chunk.to);
                self.skipping = cut.is_none();
                self.offset += drop as u64;
                self.carry.extend_from_slice(chunk.bytes().get(drop..).unwrap_or_default());
                if self.done && self.carry.is_empty() {
                    return Ok(false);
                }
                continue;
            }
            if chunk.to == 0 {
                return Ok(false);
            }
            if !self.done {
                match memchr::memrchr(b'\n', chunk.bytes()) {
                    Some(n) => {
                        self.carry
                            .extend_from_slice(chunk.bytes().get(n + 1..).unwrap_or_default());
                        chunk.to = n + 1;
                    }
                    None if chunk.to > LINE_BYTES => self.skipping = true,
                    None => {
                        // A small chunk within a long line: read on.
                        self.carry.extend_from_slice(chunk.bytes());
                        self.grow()?;
                        continue;
                    }
                }
            }
            self.offset += chunk.to as u64;
            self.index += 1;
            return Ok(true);
        }
    }

    /// Reads more behind what is carried, where one line is longer than a chunk.
    fn grow(&mut self) -> io::Result<()> {
        let before = self.carry.len();
        self.carry.resize(before + 4096, 0);
        let room = self.carry.get_mut(before..).unwrap_or_default();
        let n = self.reader.read(room)?;
        self.carry.truncate(before + n);
        if n == 0 {
            self.done = true;
        }
        Ok(())
    }
}

/// Repeats a failure that was put off until the good lines before it were read.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| io::Error::other("damaged")))
    }
}
