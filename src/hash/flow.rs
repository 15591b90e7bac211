//! SHA-256 of what several readers give at once: logs that are longer than memory.

// Places are those of a buffer that is filled here; none follows from what is read.
#![allow(clippy::indexing_slicing)]

use std::io::{self, ErrorKind, Read};

use fearless_simd::Avx2;

use crate::quad::Lanes as _;

use super::lanes::{BLOCK, Blocks, End, by_lanes};
use super::stream::Hash;

/// Blocks that a reader is asked for together: 64 KiB.
const ASKED: usize = 1 << 10;

/// What a reader gives, on its way through a lane.
struct Flow<R> {
    /// None where nothing is read.
    reader: Option<R>,
    buffer: Vec<[u8; BLOCK]>,
    /// Those of the buffer that are left.
    at: usize,
    filled: usize,
    /// How long it is so far; once it has ended, what is behind its whole blocks.
    long: u64,
    end: Option<End>,
    fault: Option<io::Error>,
    of: usize,
}

impl<R: Read> Flow<R> {
    const NONE: Self = Self {
        reader: None,
        buffer: Vec::new(),
        at: 0,
        filled: 0,
        long: 0,
        end: Some(End::NONE),
        fault: None,
        of: 0,
    };

    /// Its first blocks are there.
    fn of((of, reader): (usize, R)) -> Self {
        let buffer = vec![[0; BLOCK]; ASKED];
        let mut flow = Self { reader: Some(reader), buffer, end: None, of, ..Self::NONE };
        flow.ready();
        flow
    }
}

impl<R: Read> Blocks for Flow<R> {
    fn ready(&mut self) {
        let Some(reader) = self.reader.as_mut().filter(|_| self.end.is_none()) else { return };
        if self.at < self.filled {
            return;
        }
        let room = self.buffer.as_flattened_mut();
        let mut n = 0;
        while n < room.len() {
            match reader.read(&mut room[n..]) {
                Ok(0) => break,
                Ok(more) => n += more,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => {
                    self.fault = Some(e);
                    break;
                }
            }
        }
        self.long += n as u64;
        (self.at, self.filled) = (0, n / BLOCK);
        if n < room.len() {
            self.end = Some(End::of(&room[n / BLOCK * BLOCK..n], self.long));
        }
    }

    fn more(&self) -> usize {
        match &self.end {
            Some(end) if self.at == self.filled => end.left(),
            _ => self.filled - self.at,
        }
    }

    fn block(&self) -> &[u8; BLOCK] {
        match &self.end {
            Some(end) if self.at == self.filled => end.block(),
            _ => &self.buffer[self.at],
        }
    }

    fn pass(&mut self) {
        match &mut self.end {
            Some(end) if self.at == self.filled => end.pass(),
            _ => self.at += 1,
        }
    }
}

/// The hashes of what readers give, each with its number, in the order in which they end.
pub(super) fn all<R: Read>(
    simd: Avx2,
    readers: impl IntoIterator<Item = (usize, R)>,
    mut each: impl FnMut(usize, io::Result<Hash>),
) {
    let mut readers = readers.into_iter();
    simd.run(
        #[inline(always)]
        || {
            let next = || readers.next().map_or(Flow::NONE, Flow::of);
            by_lanes(simd, next, |flow, hash| each(flow.of, flow.fault.map_or(Ok(hash), Err)));
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::raw;
    use crate::quad::wider;

    /// Gives some bytes at a time, is interrupted at times, and then may fail.
    struct Slow<'t>(&'t [u8], usize, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = (self.1 * 31 + 7) % 4001;
            if self.1.is_multiple_of(5) {
                return Err(ErrorKind::Interrupted.into());
            }
            let n = self.0.len().min(out.len()).min(self.1 + 1);
            if n == 0 && self.2 && !out.is_empty() {
                return Err(io::Error::other("gone"));
            }
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn readers_of_every_length_and_those_that_fail() {
        let Some(simd) = wider() else { return };
        let bytes: Vec<u8> = (0..400_000_u32).map(|n| (n * 31 / 7) as u8).collect();
        let whole = ASKED * BLOCK;
        let mut longs = vec![0, 1, 55, 56, 63, 64, 65, 400_000];
        for n in [whole, 2 * whole] {
            longs.extend([n - 64, n - 9, n - 8, n - 1, n, n + 1, n + 55, n + 56, n + 64]);
        }
        for many in [0, 1, 2, 7, 8, 9, longs.len()] {
            let texts: Vec<&[u8]> = longs.iter().rev().take(many).map(|n| &bytes[..*n]).collect();
            let fails = |n: usize| n % 5 == 3;
            let readers = texts.iter().enumerate().map(|(n, text)| (n, Slow(text, n, fails(n))));
            let mut found = vec![None; many];
            all(simd, readers, |n, hash| found[n] = Some(hash.map_err(|e| e.to_string())));
            for (n, (text, hash)) in texts.iter().zip(found).enumerate() {
                let want = if fails(n) { Err("gone".to_owned()) } else { Ok(raw(text)) };
                assert_eq!(hash, Some(want), "{n} of {many}: {} bytes", text.len());
            }
        }
    }
}
