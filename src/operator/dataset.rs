//! Reads large data files line by line: plain or gzip, hashed as they lie on the disk, bounded.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::DateTime;
use flate2::bufread::MultiGzDecoder;

use crate::fault::{Fault, Outcome};
use crate::hash::{Sha256, hex};
use crate::limits::INFLATE_RATIO;

/// Longest line of a data file, in bytes; registries wrap theirs at a few hundred.
const LINE_BYTES: u64 = 64 * 1024;

/// A data file that was read.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The file.
    pub path: PathBuf,
    /// The day it was last written, in UTC.
    pub date: Option<String>,
    /// The hash of its bytes.
    pub sha256: String,
}

/// Reads a file line by line, each with its number from 1 and without its end.
///
/// # Errors
///
/// [`Fault::File`] where it cannot be read, is broken, or unpacks to more
/// than it can honestly hold; else what `each` says, with the line.
pub fn lines(
    path: &Path,
    mut each: impl FnMut(usize, &[u8]) -> Result<(), String>,
) -> Outcome<Dataset> {
    let fault = |e: io::Error| Fault::file(path, e);
    let file = File::open(path).map_err(fault)?;
    let size = file.metadata().map_err(fault)?.len();
    let mut raw = BufReader::with_capacity(1 << 18, Hashing { file, hash: Sha256::default() });
    let packed = raw.fill_buf().map_err(fault)?.starts_with(&[0x1f, 0x8b]);
    if packed {
        let most = size.saturating_mul(INFLATE_RATIO);
        let mut text = BufReader::with_capacity(1 << 18, MultiGzDecoder::new(&mut raw));
        each_line(path, &mut text, most, &mut each)?;
    } else {
        each_line(path, &mut raw, u64::MAX, &mut each)?;
    }
    // What stands behind the last member of an archive belongs to the file, too.
    io::copy(&mut raw, &mut io::sink()).map_err(fault)?;
    let sha256 = hex(&raw.into_inner().hash.end());
    Ok(Dataset { path: path.to_owned(), date: file_date(path), sha256 })
}

fn each_line(
    path: &Path,
    text: &mut dyn io::BufRead,
    most: u64,
    each: &mut impl FnMut(usize, &[u8]) -> Result<(), String>,
) -> Outcome<()> {
    let (mut line, mut read) = (Vec::new(), 0u64);
    for number in 1usize.. {
        line.clear();
        let got = Read::take(&mut *text, LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(|e| Fault::file(path, e))? as u64;
        if got == 0 {
            break;
        }
        read += got;
        if read > most {
            return Err(Fault::file(
                path,
                "it unpacks to more than any honest archive of its size",
            )
            .hint("fetch it again from where it is published"));
        }
        if got == LINE_BYTES && line.last() != Some(&b'\n') {
            let why = format!("this line is longer than {LINE_BYTES} bytes");
            return Err(Fault::config(path, Some(number), why));
        }
        let end = line.strip_suffix(b"\n").unwrap_or(&line);
        let end = end.strip_suffix(b"\r").unwrap_or(end);
        let start =
            if number == 1 { end.strip_prefix(b"\xef\xbb\xbf").unwrap_or(end) } else { end };
        each(number, start).map_err(|why| Fault::config(path, Some(number), why))?;
    }
    Ok(())
}

/// A file whose bytes are hashed as they are read.
struct Hashing {
    file: File,
    hash: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(into)?;
        self.hash.update(into.get(..n).unwrap_or_default());
        Ok(n)
    }
}

/// The day a file was last written, in UTC.
pub(super) fn file_date(path: &Path) -> Option<String> {
    let written = std::fs::metadata(path).ok()?.modified().ok()?;
    Some(DateTime::<chrono::Utc>::from(written).format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(bytes: &[u8]) -> Result<(Vec<String>, String), String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        std::fs::write(&path, bytes).unwrap();
        let mut found = Vec::new();
        let set = lines(&path, |n, line| {
            if line == b"bad" {
                return Err("bad".to_owned());
            }
            found.push(format!("{n} {}", str::from_utf8(line).unwrap()));
            Ok(())
        });
        set.map(|s| (found, s.sha256))
            .map_err(|e| e.to_string().replace(&format!("{}/", dir.path().display()), ""))
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    }

    #[test]
    fn plain_and_packed() {
        let text = b"\xef\xbb\xbfa\r\n\nb".as_slice();
        let (lines, hash) = read(text).unwrap();
        assert_eq!(lines, ["1 a", "2 ", "3 b"]);
        assert_eq!(hash.len(), 64);
        let (lines, other) = read(&packed(text)).unwrap();
        assert_eq!(lines, ["1 a", "2 ", "3 b"]);
        assert_ne!(hash, other);
        // Members one after another, as registries make them, and what follows is hashed.
        let two = [packed(b"a\n"), packed(b"b\n")].concat();
        assert_eq!(read(&two).unwrap().0, ["1 a", "2 b"]);
    }

    #[test]
    fn broken_files_are_named() {
        let cut = packed(&b"some text\n".repeat(1000));
        assert!(read(&cut[..cut.len() - 9]).unwrap_err().starts_with("data: "));
        assert_eq!(read(b"a\nbad\n").unwrap_err(), "data:2: bad");
        let long = vec![b'x'; 70_000];
        assert!(read(&long).unwrap_err().starts_with("data:1: this line is longer"));
        assert!(lines(Path::new("/nonexistent/x"), |_, _| Ok(())).is_err());
    }
}
