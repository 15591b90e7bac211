//! [`Pipe`]: what comes through a pipe, kept while it is read, so that it can be read again from its start.
//!
//! A run reads most logs once. So nothing waits here until all has come: what comes is handed on at once and
//! kept beside, for the rare run that has to look at a log again.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, PoisonError};

/// A pipe, and the file that holds what has come.
#[derive(Debug)]
pub struct Pipe {
    spool: File,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    from: File,
    /// Bytes that have come.
    come: u64,
    /// Of those, how many are kept from the first on.
    kept: u64,
    /// Why no more are.
    full: Option<(io::ErrorKind, String)>,
    ended: bool,
}

impl Pipe {
    /// What comes from `from`, behind the `kept` bytes that `spool` holds already.
    #[must_use]
    pub const fn new(from: File, spool: File, kept: u64) -> Self {
        let state = State { from, come: kept, kept, full: None, ended: false };
        Self { spool, state: Mutex::new(state) }
    }

    /// Whether what came could not be kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).full.is_some()
    }

    /// A reader from the start. Several may be at different places.
    #[must_use]
    pub const fn again(&self) -> Again<'_> {
        Again { pipe: self, at: 0 }
    }
}

/// What helps where what comes cannot be kept.
#[must_use]
pub fn want_of_room() -> String {
    let room = crate::text::shell_word(&std::env::temp_dir());
    format!(
        "it is kept in {room} meanwhile: set TMPDIR to a folder with room, or name the file itself"
    )
}

/// Reads what has come, then what comes.
#[derive(Debug)]
pub struct Again<'p> {
    pipe: &'p Pipe,
    at: u64,
}

impl Read for Again<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // A thread that panicked has ended the process: there is no poison.
        let mut s = self.pipe.state.lock().unwrap_or_else(PoisonError::into_inner);
        let n = if self.at < s.kept {
            let room = usize::try_from(s.kept - self.at).unwrap_or(usize::MAX).min(buf.len());
            self.pipe.spool.read_at(buf.get_mut(..room).unwrap_or_default(), self.at)?
        } else if self.at < s.come {
            let (kind, why) = s.full.clone().unwrap_or((io::ErrorKind::Other, String::new()));
            return Err(io::Error::new(kind, why));
        } else if s.ended {
            0
        } else {
            let n = s.from.read(buf)?;
            s.ended = n == 0;
            let new = buf.get(..n).unwrap_or_default();
            s.come += n as u64;
            if s.full.is_none() {
                // A disk that is full matters only to who has to read again.
                match self.pipe.spool.write_all_at(new, s.kept) {
                    Ok(()) => s.kept += n as u64,
                    Err(e) => s.full = Some((e.kind(), e.to_string())),
                }
            }
            n
        };
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn what_came_is_read_again_and_what_comes_behind_it() {
        let (from, mut to) = io::pipe().unwrap();
        let mut spool = tempfile::tempfile().unwrap();
        spool.write_all(b"abc").unwrap();
        let pipe = Pipe::new(File::from(OwnedFd::from(from)), spool, 3);
        to.write_all(b"defgh").unwrap();
        let (mut one, mut other) = (pipe.again(), pipe.again());
        let read = |from: &mut Again<'_>, n| {
            let mut buf = vec![0; n];
            from.read_exact(&mut buf).unwrap();
            String::from_utf8(buf).unwrap()
        };
        assert_eq!(read(&mut one, 5), "abcde");
        assert_eq!(read(&mut other, 2), "ab");
        assert_eq!(read(&mut one, 3), "fgh");
        assert_eq!(read(&mut other, 6), "cdefgh");
        to.write_all(b"ij").unwrap();
        drop(to);
        let mut rest = String::new();
        other.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "ij");
        one.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "ijij");
    }

    #[test]
    fn a_spool_that_takes_no_more_ends_nothing_but_the_second_look() {
        let (from, mut to) = io::pipe().unwrap();
        // It can be read, and not written to.
        let spool = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(spool.path(), "abc").unwrap();
        let spool = File::open(spool.path()).unwrap();
        let pipe = Pipe::new(File::from(OwnedFd::from(from)), spool, 3);
        to.write_all(b"def").unwrap();
        drop(to);
        let mut all = String::new();
        pipe.again().read_to_string(&mut all).unwrap();
        assert_eq!(all, "abcdef");
        let mut again = Vec::new();
        assert!(pipe.again().read_to_end(&mut again).is_err() && pipe.is_full());
        assert_eq!(again, b"abc");
    }
}
