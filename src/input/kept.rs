//! [`Kept`]: what a packed input holds, kept where there is room, so that a log that is looked at before it is read is
//! unpacked once. It lies in memory that is a file without a name: given back, it is the system's again at once, which
//! no allocator promises.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::limits::UNPACKED_KEPT;

/// Bytes of a piece of the room.
const PIECE: usize = 1 << 18;

/// Room for what is kept of all inputs of a run.
#[derive(Debug)]
pub struct Room {
    pieces: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<Arc<File>>,
    /// How many pieces were ever given out, and those of them that came back.
    given: u32,
    free: Vec<u32>,
}

impl Default for Room {
    fn default() -> Self {
        Self::of(UNPACKED_KEPT)
    }
}

impl Room {
    /// So many bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        let pieces = u32::try_from(bytes / PIECE).unwrap_or(u32::MAX);
        Self { pieces, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has ended the process: there is no poison.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there may be room for what so many packed bytes come to: logs are packed to a sixth at least, and what
    /// finds no room in the end was kept for nothing.
    #[must_use]
    pub fn may_hold(&self, packed: u64) -> bool {
        let state = self.state();
        let left = u64::from(self.pieces.saturating_sub(state.given)) + state.free.len() as u64;
        packed.saturating_mul(6) <= left * PIECE as u64
    }

    /// A piece, and the file that it lies in; none where there is no room, or the system has no such files.
    fn piece(&self) -> Option<(u32, Arc<File>)> {
        let mut state = self.state();
        let file = match &state.file {
            Some(file) => file.clone(),
            None => state.file.insert(Arc::new(unnamed().ok()?)).clone(),
        };
        let piece = match state.free.pop() {
            Some(piece) => piece,
            None if state.given < self.pieces => {
                state.given += 1;
                state.given - 1
            }
            None => return None,
        };
        Some((piece, file))
    }

    fn give_back(&self, pieces: impl IntoIterator<Item = u32>) {
        self.state().free.extend(pieces);
    }

    /// Gives back to the system all but so many bytes: what lay behind them is lost, and what `is_within` no longer says.
    pub fn shrink(&mut self, bytes: usize) {
        self.pieces = u32::try_from(bytes / PIECE).unwrap_or(u32::MAX).min(self.pieces);
        let pieces = self.pieces;
        let mut state = self.state();
        state.given = state.given.min(pieces);
        state.free.retain(|piece| *piece < pieces);
        if let Some(file) = &state.file {
            // If it cannot be, no more is lost than memory.
            let _ = file.set_len(u64::from(state.given) * PIECE as u64);
        }
    }
}

/// A file in memory that has no name.
#[cfg(target_os = "linux")]
fn unnamed() -> io::Result<File> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    Ok(File::from(rustix::fs::memfd_create("plaint", flags)?))
}

/// Other systems have none: logs are unpacked again.
#[cfg(not(target_os = "linux"))]
fn unnamed() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// All bytes of an input, unpacked.
#[derive(Clone, Debug)]
pub struct Kept {
    file: Option<Arc<File>>,
    pieces: Arc<[u32]>,
    bytes: u64,
}

impl Kept {
    /// Whether all of it lies in what is left of the room.
    #[must_use]
    pub fn is_within(&self, room: &Room) -> bool {
        self.pieces.iter().all(|piece| *piece < room.pieces)
    }

    /// A reader from the first byte on.
    #[must_use]
    pub fn reader(&self) -> Again {
        Again { kept: self.clone(), at: 0 }
    }
}

/// Reads what was kept.
#[derive(Debug)]
pub struct Again {
    kept: Kept,
    at: u64,
}

impl Read for Again {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Kept { file: Some(file), pieces, bytes } = &self.kept else { return Ok(0) };
        let long = PIECE as u64;
        let (number, within) = (self.at / long, self.at % long);
        let of = usize::try_from(number).ok().and_then(|n| pieces.get(n));
        let Some(piece) = of.filter(|_| self.at < *bytes) else { return Ok(0) };
        let left = (long - within).min(bytes - self.at);
        let room = usize::try_from(left).unwrap_or(PIECE).min(out.len());
        let out = out.get_mut(..room).unwrap_or_default();
        file.read_exact_at(out, u64::from(*piece) * long + within)?;
        self.at += room as u64;
        Ok(room)
    }
}

/// Reads an input, and keeps what it reads if all of it finds room and nothing is wrong with it.
pub struct Keeping<'k> {
    from: Box<dyn Read + Send + 'k>,
    room: &'k Room,
    to: &'k OnceLock<Kept>,
    file: Option<Arc<File>>,
    pieces: Vec<u32>,
    bytes: u64,
    /// Whether it still may be kept.
    may: bool,
}

impl<'k> Keeping<'k> {
    /// What it reads from `from`, all that is there, goes to `to` at its end.
    #[must_use]
    pub fn new(from: Box<dyn Read + Send + 'k>, room: &'k Room, to: &'k OnceLock<Kept>) -> Self {
        Self { from, room, to, file: None, pieces: Vec::new(), bytes: 0, may: true }
    }

    /// Whether they found room.
    fn keep(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let within = self.bytes % PIECE as u64;
            if within == 0 {
                let Some((piece, file)) = self.room.piece() else { return false };
                self.pieces.push(piece);
                self.file = Some(file);
            }
            let (Some(piece), Some(file)) = (self.pieces.last(), &self.file) else { return false };
            let left = usize::try_from(PIECE as u64 - within).unwrap_or(0);
            let (now, later) = bytes.split_at(bytes.len().min(left));
            if file.write_all_at(now, u64::from(*piece) * PIECE as u64 + within).is_err() {
                return false;
            }
            self.bytes += now.len() as u64;
            bytes = later;
        }
        true
    }

    /// Keeps none of it.
    fn leave(&mut self) {
        self.may = false;
        self.room.give_back(self.pieces.drain(..));
    }
}

impl Read for Keeping<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(out);
        match &read {
            Ok(0) if self.may && !out.is_empty() => {
                let (file, pieces) = (self.file.take(), self.pieces.as_slice().into());
                // If it was kept before, this takes no room any more.
                if self.to.set(Kept { file, pieces, bytes: self.bytes }).is_ok() {
                    self.pieces.clear();
                }
                self.leave();
            }
            Ok(n) if self.may && !self.keep(out.get(..*n).unwrap_or_default()) => self.leave(),
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

    /// Pieces that are still to be had.
    fn left(room: &Room) -> u32 {
        let state = room.state();
        room.pieces - state.given + u32::try_from(state.free.len()).unwrap()
    }

    #[test]
    fn what_is_kept_is_what_was_read() {
        for n in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17] {
            let (from, room, to) = (bytes(n), Room::of(4 * PIECE), OnceLock::new());
            assert_eq!(read(&from, false, &room, &to), from);
            let kept = to.get().unwrap();
            for _ in 0..2 {
                let mut again = Vec::new();
                kept.reader().read_to_end(&mut again).unwrap();
                assert_eq!(again, from, "{n}");
            }
            assert_eq!(left(&room) as usize, 4 - n.div_ceil(PIECE));
        }
    }

    #[test]
    fn what_finds_no_room_or_breaks_off_is_not_kept_and_takes_none() {
        let from = bytes(3 * PIECE);
        for (pieces, fails) in [(2, false), (0, false), (4, true)] {
            let (room, to) = (Room::of(pieces as usize * PIECE), OnceLock::new());
            assert_eq!(read(&from, fails, &room, &to), from);
            assert!(to.get().is_none());
            assert_eq!(left(&room), pieces);
            assert!(room.may_hold(u64::from(pieces) * PIECE as u64 / 6));
            assert!(!room.may_hold(u64::from(pieces) * PIECE as u64 / 6 + 1));
        }
        // Only its beginning was looked at.
        let (room, to) = (Room::of(4 * PIECE), OnceLock::new());
        let mut some = vec![0; 100];
        let mut keeping = Keeping::new(Box::new(&from[..]), &room, &to);
        keeping.read_exact(&mut some).unwrap();
        drop(keeping);
        assert!(to.get().is_none());
        assert_eq!(left(&room), 4);
    }

    #[test]
    fn what_is_kept_twice_takes_room_once() {
        let (from, room, to) = (bytes(PIECE), Room::of(4 * PIECE), OnceLock::new());
        read(&from, false, &room, &to);
        read(&from, false, &room, &to);
        assert_eq!(left(&room), 3);
    }

    #[test]
    fn several_lie_in_each_others_gaps_and_what_is_lost_is_known() {
        let mut room = Room::of(8 * PIECE);
        let (one, other, third) = (bytes(2 * PIECE), bytes(PIECE + 5), bytes(3 * PIECE - 1));
        let kept = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
        read(&one, true, &room, &kept[0]);
        for (bytes, to) in [&other, &third, &one].into_iter().zip(&kept) {
            read(bytes, false, &room, to);
        }
        let same = |kept: &OnceLock<Kept>, want: &[u8]| {
            let mut again = Vec::new();
            kept.get().unwrap().reader().read_to_end(&mut again).unwrap();
            assert_eq!(again, want);
        };
        same(&kept[0], &other);
        same(&kept[1], &third);
        same(&kept[2], &one);
        room.shrink(5 * PIECE);
        let within = kept.each_ref().map(|kept| kept.get().unwrap().is_within(&room));
        assert_eq!(within, [true, true, false]);
        same(&kept[0], &other);
        same(&kept[1], &third);
        assert_eq!(left(&room), 0);
    }
}
