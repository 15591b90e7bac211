//! [`Kept`]: what a packed input holds, kept in memory where there is room, so that a log that is looked at before it
//! is read is unpacked once.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::limits::UNPACKED_KEPT;

/// Bytes of a piece: so that none is copied to make room.
const PIECE: usize = 1 << 20;

/// Bytes that may still be kept of all inputs of a run.
#[derive(Debug)]
pub struct Room(AtomicUsize);

impl Default for Room {
    fn default() -> Self {
        Self::of(UNPACKED_KEPT)
    }
}

impl Room {
    /// So many bytes.
    #[must_use]
    pub const fn of(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }

    /// Whether so many bytes found room.
    fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// All bytes of an input, unpacked.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Vec<Vec<u8>>>);

impl Kept {
    /// How many bytes these are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// A reader from the first byte on.
    #[must_use]
    pub fn reader(&self) -> Again {
        Again { kept: self.clone(), piece: 0, at: 0 }
    }
}

/// Reads what was kept.
#[derive(Debug)]
pub struct Again {
    kept: Kept,
    piece: usize,
    at: usize,
}

impl Read for Again {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.kept.0.get(self.piece) {
            let left = piece.get(self.at..).unwrap_or_default();
            if left.is_empty() {
                (self.piece, self.at) = (self.piece + 1, 0);
                continue;
            }
            let n = left.len().min(out.len());
            if let (Some(to), Some(from)) = (out.get_mut(..n), left.get(..n)) {
                to.copy_from_slice(from);
            }
            self.at += n;
            return Ok(n);
        }
        Ok(0)
    }
}

/// Reads an input, and keeps what it reads if all of it finds room and nothing is wrong with it.
pub struct Keeping<'k> {
    from: Box<dyn Read + Send + 'k>,
    room: &'k Room,
    to: &'k OnceLock<Kept>,
    pieces: Vec<Vec<u8>>,
    /// Bytes of the room that these take.
    taken: usize,
    /// Whether it still may be kept.
    may: bool,
}

impl<'k> Keeping<'k> {
    /// What it reads from `from`, all that is there, goes to `to` at its end.
    #[must_use]
    pub fn new(from: Box<dyn Read + Send + 'k>, room: &'k Room, to: &'k OnceLock<Kept>) -> Self {
        Self { from, room, to, pieces: Vec::new(), taken: 0, may: true }
    }

    fn keep(&mut self, mut bytes: &[u8]) {
        if !self.room.take(bytes.len()) {
            return self.leave();
        }
        self.taken += bytes.len();
        while !bytes.is_empty() {
            if self.pieces.last().is_none_or(|p| p.len() == PIECE) {
                // The first grows: most logs are short.
                let room = if self.pieces.is_empty() { 0 } else { PIECE };
                self.pieces.push(Vec::with_capacity(room));
            }
            let Some(piece) = self.pieces.last_mut() else { return };
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - piece.len()));
            piece.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Keeps none of it.
    fn leave(&mut self) {
        self.may = false;
        self.room.give_back(std::mem::take(&mut self.taken));
        self.pieces = Vec::new();
    }
}

impl Read for Keeping<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(out);
        match &read {
            Ok(0) if self.may && !out.is_empty() => {
                let kept = Kept(Arc::new(std::mem::take(&mut self.pieces)));
                // If it was kept before, this takes no room any more.
                if self.to.set(kept).is_ok() {
                    self.taken = 0;
                }
                self.leave();
            }
            Ok(n) if self.may => self.keep(out.get(..*n).unwrap_or_default()),
            Err(e) if e.kind() != io::ErrorKind::Interrupted => self.leave(),
            _ => {}
        }
        read
    }
}

impl Drop for Keeping<'_> {
    fn drop(&mut self) {
        // It was not read to its end.
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|n| (n * 31 / 7) as u8).collect()
    }

    /// Gives some bytes at a time, and then fails if it is to.
    struct Slow<'t>(&'t [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(out.len()).min(70_001);
            if n == 0 && self.1 {
                return Err(io::Error::other("damaged"));
            }
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn read(from: &[u8], fails: bool, room: &Room, to: &OnceLock<Kept>) -> Vec<u8> {
        let mut out = Vec::new();
        let _ = Keeping::new(Box::new(Slow(from, fails)), room, to).read_to_end(&mut out);
        out
    }

    #[test]
    fn what_is_kept_is_what_was_read() {
        for n in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17] {
            let (from, room, to) = (bytes(n), Room::of(4 * PIECE), OnceLock::new());
            assert_eq!(read(&from, false, &room, &to), from);
            let mut again = Vec::new();
            let kept = to.get().unwrap();
            kept.reader().read_to_end(&mut again).unwrap();
            assert_eq!(again, from, "{n}");
            assert_eq!(kept.bytes(), n);
            assert_eq!(room.0.into_inner(), 4 * PIECE - n);
        }
    }

    #[test]
    fn what_finds_no_room_or_breaks_off_is_not_kept_and_takes_none() {
        let from = bytes(3 * PIECE);
        for (room, fails) in [(2 * PIECE, false), (0, false), (4 * PIECE, true)] {
            let (room, to, was) = (Room::of(room), OnceLock::new(), room);
            assert_eq!(read(&from, fails, &room, &to), from);
            assert!(to.get().is_none());
            assert_eq!(room.0.into_inner(), was);
        }
        // Only its beginning was looked at.
        let (room, to) = (Room::of(4 * PIECE), OnceLock::new());
        let mut some = vec![0; 100];
        let mut keeping = Keeping::new(Box::new(&from[..]), &room, &to);
        keeping.read_exact(&mut some).unwrap();
        drop(keeping);
        assert!(to.get().is_none());
        assert_eq!(room.0.into_inner(), 4 * PIECE);
    }

    #[test]
    fn what_is_kept_twice_takes_room_once() {
        let (from, room, to) = (bytes(PIECE), Room::of(4 * PIECE), OnceLock::new());
        read(&from, false, &room, &to);
        read(&from, false, &room, &to);
        assert_eq!(room.0.into_inner(), 3 * PIECE);
    }
}
