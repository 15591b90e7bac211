//! [`Chunk`]: whole lines that lie together in an input, and [`Lines`], one after the other.

use crate::addr::Addr;

/// Lines that lie together in an input.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Which chunk of its input this is, from 0.
    pub index: usize,
    /// Offset of its first byte in the unpacked input.
    pub offset: u64,
    buffer: Vec<u8>,
    /// Bytes of the buffer before the first that was read.
    lead: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Chunk {
    /// Whole lines, but for the input's last and for one longer than any line may be.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(self.lead + self.from..self.lead + self.to).unwrap_or_default()
    }

    /// Where the last line lies, if it has no end and stops within what may be an address. A log
    /// that is being written, or was copied meanwhile, ends anywhere, and `203.0.113.9` may have
    /// been the beginning of `203.0.113.90`: another customer.
    #[must_use]
    pub fn unended(&self) -> Option<u64> {
        let bytes = self.bytes();
        let from = memchr::memrchr(b'\n', bytes).map_or(0, |n| n + 1);
        let line = bytes.get(from..)?;
        let of_address = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
        let before = line.iter().rposition(|b| !of_address(b)).map_or(0, |n| n + 1);
        Addr::parse(line.get(before..)?)?;
        Some(self.offset + from as u64)
    }

    /// Empties it; its memory is kept.
    pub const fn clear(&mut self) {
        (self.from, self.to) = (0, 0);
    }

    /// If it is empty, has it lie so that the system copies fast what is read next: `more` bytes from `at` of a file on.
    pub(super) fn lie(&mut self, at: u64, more: usize) {
        if self.to == 0 {
            self.lead = 0;
            self.room(PAGE + more);
            let (to, from) = (self.buffer.as_ptr() as usize, at % PAGE as u64);
            let from = usize::try_from(from).unwrap_or(0);
            self.lead = (from + APART).wrapping_sub(to) % PAGE;
        }
    }

    /// Room for `more` bytes behind those that are there.
    pub(super) fn room(&mut self, more: usize) -> &mut [u8] {
        let from = self.lead + self.to;
        let want = from + more;
        if self.buffer.len() < want {
            if self.buffer.is_empty() {
                // Not twice as much: the end of a line is all that may have to lie behind a chunk.
                self.buffer.reserve_exact(want + BEHIND);
            }
            self.buffer.resize(want, 0);
        }
        self.buffer.get_mut(from..want).unwrap_or_default()
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.to += bytes.len();
    }
}

/// Bytes of a page of memory.
const PAGE: usize = 4096;

/// By how much a byte's place in its page of memory differs from the one in its page of the file. AMD's processors of the
/// third generation copy (`rep movsb`, in the kernel's `copy_to_user`) four times slower where the target lies 1 to 31 bytes further on.
const APART: usize = PAGE / 2;

/// Bytes that are left behind a chunk for the end of its last line.
const BEHIND: usize = 8192;

/// The lines of some bytes, without their newline, each with its offset.
pub struct Lines<'a> {
    left: &'a [u8],
    /// The offset of their end.
    end: u64,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`, the first of which lies at `offset`.
    #[must_use]
    pub const fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self { left: bytes, end: offset + bytes.len() as u64 }
    }

    /// All that is left, from the beginning of the next line on, and where that lies.
    #[inline(always)]
    #[must_use]
    pub const fn left(&self) -> (u64, &'a [u8]) {
        (self.end - self.left.len() as u64, self.left)
    }

    /// Passes over a line of so many bytes and its newline, which the last may lack.
    #[inline(always)]
    pub fn pass(&mut self, long: usize) {
        self.left = self.left.get(long + 1..).unwrap_or_default();
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (u64, &'a [u8]);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let (offset, left) = self.left();
        if left.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', left).unwrap_or(left.len());
        self.pass(end);
        let line = left.get(..end)?;
        // Logs that passed through Windows end their lines with CRLF.
        let line = match line {
            [line @ .., b'\r'] => line,
            _ => line,
        };
        Some((offset, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_half_a_page_from_where_its_bytes_lie_in_the_file() {
        let mut chunk = Chunk::default();
        for (at, long) in [(0, 1), (4095, 300_000), (4096, 2), (77, 1000), (u64::MAX - 6, 5000)] {
            chunk.clear();
            chunk.lie(at, long);
            let bytes = vec![b'x'; long];
            chunk.put(&bytes);
            assert_eq!(chunk.bytes(), bytes);
            let place = chunk.bytes().as_ptr() as u64;
            assert_eq!(place.wrapping_sub(at) % 4096, 2048, "{at}");
            // What is there stays where it is.
            chunk.lie(at.wrapping_add(9), 5);
            chunk.put(b"more");
            assert_eq!(chunk.bytes(), [&bytes[..], b"more"].concat());
        }
    }
}
