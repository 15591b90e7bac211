//! [`Input`]: one log, cut into chunks of whole lines.
//!
//! A line belongs to the chunk that holds its first byte, so every line is
//! read once, whoever reads which chunk.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Outcome};
use crate::limits::{CHUNK_BYTES, LINE_BYTES};

use super::inflate::{Form, gzip_time, unpack};

/// Where an input's end in time is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndFrom {
    /// The file's modification time.
    Modified,
    /// The time in the gzip header.
    GzipHeader,
}

/// One log, opened.
#[derive(Debug)]
pub struct Input {
    /// How it is named in output.
    pub path: PathBuf,
    /// How its bytes are packed.
    pub form: Form,
    /// Its length as it lies on disk, when it was opened; what is appended later is not read.
    pub bytes: u64,
    /// When it was last written (seconds since 1970) and how we know; none for a pipe.
    pub end: Option<(i64, EndFrom)>,
    /// Whether the user named the file itself, not its folder.
    pub named: bool,
    /// Device and inode, to know the same file by another name.
    pub identity: Option<(u64, u64)>,
    file: File,
    chunk_bytes: usize,
}

/// Lines that lie together in an input.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Which chunk of its input this is, from 0.
    pub index: usize,
    /// Offset of its first byte in the unpacked input.
    pub offset: u64,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl Chunk {
    /// Whole lines, but for the input's last and for one longer than any line may be.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(self.from..self.to).unwrap_or_default()
    }

    /// Empties it; its memory is kept.
    pub const fn clear(&mut self) {
        (self.from, self.to) = (0, 0);
    }

    /// Room for `more` bytes behind those that are there.
    fn room(&mut self, more: usize) -> &mut [u8] {
        let want = self.to + more;
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        self.buffer.get_mut(self.to..want).unwrap_or_default()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.to += bytes.len();
    }
}

/// The lines of some bytes, without their newline, each with its offset.
pub struct Lines<'a> {
    bytes: &'a [u8],
    newlines: memchr::Memchr<'a>,
    at: usize,
    offset: u64,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`, the first of which lies at `offset`.
    #[must_use]
    pub fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self { bytes, newlines: memchr::memchr_iter(b'\n', bytes), at: 0, offset }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (u64, &'a [u8]);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        if at >= self.bytes.len() {
            return None;
        }
        let end = self.newlines.next().unwrap_or(self.bytes.len());
        self.at = end + 1;
        let line = self.bytes.get(at..end)?;
        // Logs that passed through Windows end their lines with CRLF.
        let line = match line {
            [line @ .., b'\r'] => line,
            _ => line,
        };
        Some((self.offset + at as u64, line))
    }
}

impl Input {
    /// Opens a log.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is none.
    pub fn open(path: &Path, named: bool) -> Outcome<Self> {
        let file = File::open(path).map_err(|e| Fault::file(path, e))?;
        Self::from_file(file, path, named)
    }

    /// Takes an open file: standard input, or what was spooled from it.
    ///
    /// # Errors
    ///
    /// The file is none that can be read at positions.
    pub fn from_file(file: File, path: &Path, named: bool) -> Outcome<Self> {
        let meta = file.metadata().map_err(|e| Fault::file(path, e))?;
        if !meta.is_file() {
            return Err(Fault::file(path, "not a file that can be read"));
        }
        let mut head = [0u8; 16];
        let n = file.read_at(&mut head, 0).map_err(|e| Fault::file(path, e))?;
        let head = head.get(..n).unwrap_or_default();
        let form = Form::of(head);
        let end = match gzip_time(head).filter(|_| form == Form::Gzip) {
            Some(t) => (t, EndFrom::GzipHeader),
            None => (meta.mtime(), EndFrom::Modified),
        };
        Ok(Self {
            path: path.to_owned(),
            form,
            bytes: meta.len(),
            end: Some(end),
            named,
            identity: Some((meta.dev(), meta.ino())),
            file,
            chunk_bytes: CHUNK_BYTES,
        })
    }

    /// Sets the size of chunks: no result may depend on it, and tests try.
    #[must_use]
    pub fn with_chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.max(1);
        self
    }

    /// How many chunks it has, where that is known before it is read: only if plain.
    #[must_use]
    pub fn chunks(&self) -> Option<usize> {
        let chunks = self.bytes.div_ceil(self.chunk_bytes as u64);
        (self.form == Form::Plain).then(|| usize::try_from(chunks).unwrap_or(usize::MAX))
    }

    /// Reads chunk `index` of a plain input into `chunk`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn read_chunk(&self, index: usize, chunk: &mut Chunk) -> io::Result<()> {
        let size = self.chunk_bytes as u64;
        let start = (index as u64).saturating_mul(size);
        let end = (start + size).min(self.bytes);
        chunk.index = index;
        chunk.clear();
        // One byte before tells whether a line begins here.
        let from = start.saturating_sub(1);
        self.read_at(from, end, chunk)?;
        let mut skip = 0;
        if start > 0 {
            skip = match memchr::memchr(b'\n', chunk.bytes()) {
                Some(n) => n + 1,
                None => chunk.to,
            };
        }
        chunk.offset = from + skip as u64;
        if chunk.offset >= end && start > 0 {
            chunk.clear();
            return Ok(());
        }
        // The last line that begins here may end beyond.
        let mut at = end;
        while chunk.bytes().last() != Some(&b'\n') && at < self.bytes {
            let last = memchr::memrchr(b'\n', chunk.bytes()).map_or(0, |n| n + 1);
            if chunk.to - last > LINE_BYTES + 1 {
                break;
            }
            let until = (at + 4096).min(self.bytes);
            let before = chunk.to;
            self.read_at(at, until, chunk)?;
            if chunk.to == before {
                break;
            }
            if let Some(n) = memchr::memchr(b'\n', chunk.bytes().get(before..).unwrap_or_default())
            {
                chunk.to = before + n + 1;
            }
            at = until;
        }
        chunk.from = skip;
        Ok(())
    }

    /// Reads the first lines of chunk `index`: enough for its first stamp.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn read_head(&self, index: usize, chunk: &mut Chunk) -> io::Result<()> {
        let size = self.chunk_bytes as u64;
        let start = (index as u64).saturating_mul(size);
        let from = start.saturating_sub(1);
        chunk.index = index;
        let mut length = 4096;
        loop {
            chunk.clear();
            let end = (start + size).min(self.bytes).min(from + length);
            self.read_at(from, end, chunk)?;
            let skip = if start == 0 {
                Some(0)
            } else {
                memchr::memchr(b'\n', chunk.bytes()).map(|n| n + 1)
            };
            let whole =
                skip.and_then(|s| chunk.bytes().get(s..)).is_some_and(|rest| rest.contains(&b'\n'));
            if whole || end >= (start + size).min(self.bytes) {
                let skip = skip.unwrap_or(chunk.to);
                chunk.from = skip;
                chunk.offset = from + skip as u64;
                return Ok(());
            }
            length *= 4;
        }
    }

    /// Appends the bytes `from..to`; fewer if the file was truncated meanwhile.
    fn read_at(&self, from: u64, to: u64, chunk: &mut Chunk) -> io::Result<()> {
        let mut want = usize::try_from(to - from).unwrap_or(0);
        let mut at = from;
        while want > 0 {
            match self.file.read_at(chunk.room(want), at) {
                Ok(0) => break,
                Ok(n) => {
                    chunk.to += n;
                    at += n as u64;
                    want -= n;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// A reader of the unpacked bytes, from the start.
    ///
    /// # Errors
    ///
    /// A broken header.
    pub fn reader(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        unpack(&self.file, self.bytes, self.form)
    }

    /// A reader of the bytes as they lie on disk, for hashing.
    #[must_use]
    pub fn raw(&self) -> Box<dyn Read + Send + '_> {
        Box::new(super::inflate::Cursor::new(&self.file, self.bytes))
    }

    /// Its chunks one after the other: the only way through a packed input.
    ///
    /// # Errors
    ///
    /// A broken header.
    pub fn stream(&self) -> io::Result<Stream<'_>> {
        Ok(Stream {
            reader: self.reader()?,
            carry: Vec::new(),
            offset: 0,
            index: 0,
            skipping: false,
            done: false,
            chunk_bytes: self.chunk_bytes,
        })
    }

    /// Up to `bytes` unpacked bytes from the start.
    ///
    /// # Errors
    ///
    /// What the system or the format's reader says.
    pub fn head(&self, bytes: usize) -> io::Result<Vec<u8>> {
        match self.sound_head(bytes)? {
            (out, None) => Ok(out),
            (_, Some(e)) => Err(e),
        }
    }

    /// Up to `bytes` unpacked bytes from the start, and what ended them early.
    ///
    /// # Errors
    ///
    /// What the system or the format's reader says before the first byte.
    pub fn sound_head(&self, bytes: usize) -> io::Result<(Vec<u8>, Option<io::Error>)> {
        let mut out = Vec::new();
        let fault = self.reader()?.take(bytes as u64).read_to_end(&mut out).err();
        Ok((out, fault))
    }
}

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

impl Stream<'_> {
    /// Reads the next chunk; false at the end.
    ///
    /// # Errors
    ///
    /// A damaged or cut file. The chunks given out before it are good.
    pub fn next(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        loop {
            chunk.clear();
            chunk.put(&self.carry);
            self.carry.clear();
            chunk.offset = self.offset;
            chunk.index = self.index;
            let mut fault = None;
            while !self.done && chunk.to < self.chunk_bytes {
                let want = self.chunk_bytes.max(4096);
                match self.reader.read(chunk.room(want)) {
                    Ok(0) => self.done = true,
                    Ok(n) => chunk.to += n,
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn input(bytes: &[u8], chunk: usize) -> Input {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Input::from_file(file, Path::new("x.log"), true).unwrap().with_chunk_bytes(chunk)
    }

    fn all(input: &Input) -> Vec<(u64, Vec<u8>)> {
        let mut lines = Vec::new();
        let mut chunk = Chunk::default();
        let mut take = |c: &Chunk| {
            lines.extend(Lines::new(c.bytes(), c.offset).map(|(o, l)| (o, l.to_vec())));
        };
        if let Some(n) = input.chunks() {
            for i in 0..n {
                input.read_chunk(i, &mut chunk).unwrap();
                take(&chunk);
            }
        } else {
            let mut s = input.stream().unwrap();
            while s.next(&mut chunk).unwrap() {
                take(&chunk);
            }
        }
        lines
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        e.write_all(bytes).unwrap();
        e.finish().unwrap()
    }

    #[test]
    fn every_line_once_at_any_chunk_size() {
        let text = b"one\ntwo\n\nfour is a longer line\r\nfive\nlast without newline";
        let mut at = 0;
        let want: Vec<(u64, Vec<u8>)> = text
            .split(|b| *b == b'\n')
            .map(|l| {
                let o = at;
                at += l.len() as u64 + 1;
                (o, l.strip_suffix(b"\r").unwrap_or(l).to_vec())
            })
            .collect();
        for size in 1..70 {
            assert_eq!(all(&input(text, size)), want, "plain {size}");
            assert_eq!(all(&input(&gz(text), size)), want, "gz {size}");
        }
    }

    #[test]
    fn a_line_too_long_is_cut_and_the_next_is_whole() {
        let mut text = b"first\n".to_vec();
        text.extend(vec![b'x'; 3 * LINE_BYTES]);
        text.extend_from_slice(b"\nlast\n");
        for packed in [text.clone(), gz(&text)] {
            for size in [100, 5000, 70_000, 1 << 20] {
                let lines = all(&input(&packed, size));
                assert_eq!(lines.len(), 3, "{size}");
                assert!(lines[1].1.len() > LINE_BYTES);
                assert_eq!(lines[2], (text.len() as u64 - 5, b"last".to_vec()));
            }
        }
    }

    #[test]
    fn a_cut_gzip_gives_its_good_lines_then_fails() {
        let text: Vec<u8> =
            (0..5000).flat_map(|i| format!("line {i} {}\n", i * i).into_bytes()).collect();
        let packed = gz(&text);
        let cut = input(&packed[..packed.len() / 2], 4096);
        let mut s = cut.stream().unwrap();
        let (mut chunk, mut n) = (Chunk::default(), 0);
        let end = loop {
            match s.next(&mut chunk) {
                Ok(true) => n += Lines::new(chunk.bytes(), 0).count(),
                other => break other,
            }
        };
        assert!(end.is_err());
        assert!(n > 100);
    }
}
