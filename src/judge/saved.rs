//! [`Transcript`]: a saved answer of whois or traceroute about one address.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::addr::Addr;
use crate::envelope::{Stamp, stamp};
use crate::fault::{Fault, Outcome};
use crate::limits::TRANSCRIPT_BYTES;
use crate::time::Instant;

/// When an answer was got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The transcript says so in its first line: `# asked 2026-04-01T06:30:00Z`.
    Stated(Instant),
    /// It does not; its file was last written then, which a copy changes.
    FileOf(Instant),
    /// Nothing is known.
    Unknown,
}

/// A saved answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The file.
    pub path: PathBuf,
    /// When it was got.
    pub asked: Asked,
    /// What it says, but for the line that states when.
    pub bytes: Vec<u8>,
    /// Whether it goes on after that.
    pub cut: bool,
}

impl Transcript {
    /// Reads the transcript about an address from a folder, where the file is
    /// named by the address, with or without `.txt`. In the name of an IPv6
    /// address a `-` may stand for each `:`.
    ///
    /// # Errors
    ///
    /// [`Fault::File`] where there is such a file that cannot be read.
    pub fn find(folder: &Path, addr: Addr) -> Outcome<Option<Self>> {
        Self::find_within(folder, addr, TRANSCRIPT_BYTES)
    }

    /// The same, of at most so many bytes.
    pub(super) fn find_within(folder: &Path, addr: Addr, most: u64) -> Outcome<Option<Self>> {
        let plain = addr.to_string();
        let mut names = vec![plain.clone(), format!("{plain}.txt")];
        if plain.contains(':') {
            let safe = plain.replace(':', "-");
            names.extend([safe.clone(), format!("{safe}.txt")]);
        }
        match names.into_iter().map(|n| folder.join(n)).find(|p| p.is_file()) {
            Some(path) => Self::read(path, most).map(Some),
            None => Ok(None),
        }
    }

    fn read(path: PathBuf, most: u64) -> Outcome<Self> {
        let fault = |e: std::io::Error| Fault::file(&path, e);
        let file = std::fs::File::open(&path).map_err(fault)?;
        let written = file.metadata().and_then(|m| m.modified()).ok();
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(fault)?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let cut = bytes.len() > most;
        bytes.truncate(most);
        let written = written
            .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
            .and_then(|d| i64::try_from(d.as_secs()).ok())
            .map_or(Asked::Unknown, |s| Asked::FileOf(Instant::from_seconds(s)));
        let asked = match stated(&bytes) {
            Some((at, rest)) => {
                bytes.drain(..rest);
                Asked::Stated(at)
            }
            None => written,
        };
        Ok(Self { path, asked, bytes, cut })
    }

    /// Whether it says anything.
    #[must_use]
    pub fn says_something(&self) -> bool {
        !self.bytes.trim_ascii().is_empty()
    }
}

/// The instant that a first line `# asked INSTANT` states, and where the answer begins.
fn stated(bytes: &[u8]) -> Option<(Instant, usize)> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let text = bytes.get(..end)?.strip_prefix(b"# asked ")?.trim_ascii();
    let Some((Stamp::Civil(civil), used)) = stamp::read(text) else { return None };
    let seconds = civil.local_seconds(civil.year?)? - i64::from(civil.offset?);
    (used == text.len()).then_some((Instant::from_seconds(seconds), end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_address() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("192.0.2.7.txt"), "inetnum: x\n").unwrap();
        std::fs::write(dir.path().join("2001-db8--7"), vec![b'x'; 70_000]).unwrap();
        let find =
            |a: &str| Transcript::find(dir.path(), Addr::parse(a.as_bytes()).unwrap()).unwrap();
        let four = find("192.0.2.7").unwrap();
        assert!(four.says_something() && matches!(four.asked, Asked::FileOf(_)) && !four.cut);
        assert!(find("2001:db8::7").unwrap().cut);
        assert_eq!(find("192.0.2.8"), None);
    }

    #[test]
    fn its_first_line_may_say_when() {
        let dir = tempfile::tempdir().unwrap();
        for (first, want) in [
            ("# asked 2026-02-03T08:55:00+01:00", Some(1_770_105_300)),
            ("# asked 2026-02-03T07:55:00Z ", Some(1_770_105_300)),
            // Without a zone it says nothing.
            ("# asked 2026-02-03 07:55:00", None),
            ("% asked 2026-02-03T07:55:00Z", None),
        ] {
            std::fs::write(dir.path().join("192.0.2.7"), format!("{first}\ninetnum: x\n")).unwrap();
            let t =
                Transcript::find(dir.path(), Addr::parse(b"192.0.2.7").unwrap()).unwrap().unwrap();
            match (t.asked, want) {
                (Asked::Stated(at), Some(s)) => {
                    assert_eq!(at.seconds(), s);
                    assert_eq!(t.bytes, b"inetnum: x\n");
                }
                (Asked::FileOf(_), None) => assert!(t.bytes.starts_with(first.as_bytes())),
                other => panic!("{first}: {other:?}"),
            }
        }
    }
}
