//! [`Input`]: one log, cut into chunks of whole lines.
//!
//! A line belongs to the chunk that holds its first byte, so every line is
//! read once, whoever reads which chunk.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt as _, FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::fault::{Fault, Outcome};
use crate::limits::{CHUNK_BYTES, CHUNK_BYTES_ALONE, LINE_BYTES};
use crate::text::shell_word;

use super::chunk::Chunk;
use super::inflate::{Cursor, Form, gzip_time, unpack};
use super::journal;
use super::kept::{Keeping, Kept, Room};
use super::pipe::{Pipe, want_of_room};
use super::raw::Raw;
use super::sample::sample;
use super::stream::Stream;
use super::tar::{self, BLOCK};

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
    /// Whether it begins with the mark of UTF-16, which no log system writes.
    pub utf16: bool,
    /// Device and inode, to know the same file by another name.
    pub identity: Option<(u64, u64)>,
    file: Arc<File>,
    /// Where it comes from while it is read, if it is read as it comes.
    pipe: Option<Pipe>,
    /// How many entries it held when it was opened, if it is a journal: more may be written meanwhile.
    entries: u64,
    /// What it holds unpacked, if that was kept.
    kept: OnceLock<Kept>,
    /// Where its first byte lies in the file: a member of an archive lies within one.
    base: u64,
    /// A hash of how it begins and ends, to know later that it is the same.
    sample: u64,
    chunk_bytes: usize,
}

impl Input {
    /// Opens a log: a file, or a member of an archive by the archive's path and its own behind it.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is none.
    pub fn open(path: &Path, named: bool) -> Outcome<Self> {
        if let Some(archive) = path.ancestors().skip(1).find(|p| p.exists()).filter(|p| p.is_file())
        {
            let members = Self::open_file(archive, named)?.members()?.unwrap_or_default();
            let found = members.into_iter().find(|m| m.path == path);
            return found.ok_or_else(|| Fault::file(path, "the archive has no such log"));
        }
        Self::open_file(path, named)
    }

    fn open_file(path: &Path, named: bool) -> Outcome<Self> {
        // Asked first: to open a named pipe is to wait for whoever writes to it.
        let meta = std::fs::metadata(path).map_err(|e| Fault::file(path, e))?;
        if meta.file_type().is_fifo() {
            return Err(Fault::file(path, "a pipe, and a log is read more than once")
                .hint(format!("give it as standard input: - < {}", shell_word(path))));
        }
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
            return Err(Fault::file(path, "not a file that can be read")
                .hint("name a file or a folder, or pipe it in as standard input: -"));
        }
        Self::part(Arc::new(file), (0, meta.len()), path, named)
    }

    /// Takes what comes through a pipe as it comes; `spool` keeps it, and holds its first bytes already. None
    /// where these show that it has to be there whole before it can be read.
    ///
    /// # Errors
    ///
    /// The spool cannot be read.
    pub fn from_pipe(from: &File, spool: &File, path: &Path) -> Outcome<Option<Self>> {
        let own = |file: &File| file.try_clone().map_err(|e| Fault::file(path, e));
        let input = Self::from_file(own(spool)?, path, true)?;
        let (head, _) = input.sound_head(BLOCK).map_err(|e| Fault::file(path, e))?;
        if input.form != Form::Plain || tar::is_tar(&head) {
            return Ok(None);
        }
        let pipe = Some(Pipe::new(own(from)?, own(spool)?, input.bytes));
        Ok(Some(Self { end: None, identity: None, pipe, ..input }))
    }

    /// Whether it is read as it comes: how long it is nobody knows.
    #[must_use]
    pub const fn comes(&self) -> bool {
        self.pipe.is_some()
    }

    /// A part of an open file, given by where it begins and how long it is.
    fn part(file: Arc<File>, (base, bytes): (u64, u64), path: &Path, named: bool) -> Outcome<Self> {
        let meta = file.metadata().map_err(|e| Fault::file(path, e))?;
        let mut head = [0u8; 16];
        // A file that says it is empty is asked all the same: it may be one that cannot be read.
        let n = match base {
            0 => file.read_at(&mut head, 0),
            _ => Cursor::new(&file, base, bytes).read(&mut head),
        };
        let n = n.map_err(|e| Fault::file(path, e))?;
        let head = head.get(..n).unwrap_or_default();
        let form = Form::of(head);
        let entries = match form {
            Form::Journal => journal::entries(&file, base).map_err(|e| Fault::file(path, e))?,
            _ => 0,
        };
        let end = match gzip_time(head).filter(|_| form == Form::Gzip) {
            Some(t) => (t, EndFrom::GzipHeader),
            None => (meta.mtime(), EndFrom::Modified),
        };
        Ok(Self {
            path: path.to_owned(),
            form,
            bytes,
            end: Some(end),
            named,
            utf16: matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]),
            identity: Some((meta.dev(), meta.ino())),
            sample: sample(&file, base, bytes, form).map_err(|e| Fault::file(path, e))?,
            file,
            pipe: None,
            entries,
            kept: OnceLock::new(),
            base,
            chunk_bytes: CHUNK_BYTES,
        })
    }

    /// The members of the archive that it is, each an input under its path; none if it is none. One that is
    /// packed is unpacked to a file without a name first.
    ///
    /// # Errors
    ///
    /// The archive is damaged, or cannot be unpacked.
    pub fn members(&self) -> Outcome<Option<Vec<Self>>> {
        let fault = |e: io::Error| self.fault(&e);
        // What is damaged before its first lines is told of when it is read.
        let Ok((head, _)) = self.sound_head(BLOCK) else { return Ok(None) };
        if !tar::is_tar(&head) {
            return Ok(None);
        }
        let file = if self.form == Form::Plain {
            self.file.clone()
        } else {
            let mut spool = tempfile::tempfile().map_err(fault)?;
            io::copy(&mut self.reader().map_err(fault)?, &mut spool).map_err(fault)?;
            Arc::new(spool)
        };
        let open = |member: tar::Member| {
            let path = self.path.join(&member.path);
            let mut input = Self::part(file.clone(), (member.at, member.bytes), &path, false)?;
            if let Some((end, EndFrom::Modified)) = &mut input.end {
                *end = member.written;
            }
            // All members lie in one file, and are not the same for that.
            input.identity = None;
            Ok(input)
        };
        let members = tar::members(&mut &*file).map_err(|e| Fault::file(&self.path, e))?;
        members.into_iter().filter(|m| m.bytes > 0).map(open).collect::<Outcome<_>>().map(Some)
    }

    /// Asks whether the file still is what was opened: as long at least, and with the same
    /// beginning and end. What is cut or written anew while it is read would put other lines in
    /// the places of those that were read.
    ///
    /// # Errors
    ///
    /// It is not, or it cannot be asked.
    pub fn unchanged(&self) -> io::Result<()> {
        if self.pipe.is_some() {
            return Ok(());
        }
        let now = self.file.metadata()?.len().saturating_sub(self.base);
        // A journal that is rotated gives back the room behind its last entry.
        if now < self.bytes && self.form != Form::Journal {
            return Err(io::Error::other(format!(
                "it became shorter while it was read: {now} of {} bytes are left",
                self.bytes
            )));
        }
        if sample(&self.file, self.base, self.bytes, self.form)? != self.sample {
            return Err(io::Error::other("it was overwritten while it was read"));
        }
        Ok(())
    }

    /// What a failure to read it is told as: packed data that breaks off is told to be that.
    #[must_use]
    pub fn fault(&self, e: &io::Error) -> Fault {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        if self.pipe.as_ref().is_some_and(Pipe::is_full) {
            return Fault::file(&self.path, e).hint(want_of_room());
        }
        if self.form == Form::Plain
            || !matches!(e.kind(), InvalidData | InvalidInput | UnexpectedEof)
        {
            return Fault::file(&self.path, e);
        }
        let form = self.form.word();
        Fault::file(&self.path, format!("its {form} data is damaged or breaks off: {e}"))
            .hint("what stands before that was read; copy the file again from where it came")
    }

    /// Sets the size of chunks: no result may depend on it, and tests try.
    #[must_use]
    pub fn with_chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.max(1);
        self
    }

    /// How many chunks it has, where that is known before it is read: only if plain, and no pipe.
    #[must_use]
    pub fn chunks(&self) -> Option<usize> {
        let chunks = self.bytes.div_ceil(self.chunk_bytes as u64);
        (self.form == Form::Plain && self.pipe.is_none())
            .then(|| usize::try_from(chunks).unwrap_or(usize::MAX))
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
        // With what mostly is the rest of the last line.
        let until = (end + REST).min(self.bytes);
        self.read_at(from, until, chunk)?;
        let mut there = chunk.to;
        let wanted = usize::try_from(end - from).unwrap_or(usize::MAX);
        chunk.to = chunk.to.min(wanted);
        if there < wanted {
            // It was cut meanwhile, and the last line may be a part of one: another address than
            // was logged. Input::unchanged tells of it when all is read.
            chunk.to = memchr::memrchr(b'\n', chunk.bytes()).map_or(0, |n| n + 1);
            there = chunk.to;
        }
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
        let (mut at, mut until) = (end, until);
        while chunk.bytes().last() != Some(&b'\n') && at < self.bytes {
            let last = memchr::memrchr(b'\n', chunk.bytes()).map_or(0, |n| n + 1);
            if chunk.to - last > LINE_BYTES + 1 {
                break;
            }
            let before = chunk.to;
            if there > before {
                chunk.to = there;
            } else {
                until = (at + 4096).min(self.bytes);
                self.read_at(at, until, chunk)?;
            }
            let more = chunk.bytes().get(before..).unwrap_or_default();
            let end = memchr::memchr(b'\n', more).map(|n| before + n + 1);
            if chunk.to - before < usize::try_from(until - at).unwrap_or(0) {
                // Cut meanwhile: as above.
                let whole = chunk.bytes().get(..before).unwrap_or_default();
                chunk.to =
                    end.unwrap_or_else(|| memchr::memrchr(b'\n', whole).map_or(0, |n| n + 1));
                break;
            }
            chunk.to = end.unwrap_or(chunk.to);
            (at, there) = (until, 0);
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
        chunk.index = index;
        self.read_from((index as u64).saturating_mul(size), size, chunk)
    }

    /// Where samples of a plain input begin, `most` of them or fewer: the same however large its chunks are.
    pub fn samples(&self, most: u64) -> impl Iterator<Item = u64> + use<> {
        let step = self.bytes.div_ceil(most.max(1)).next_multiple_of(CHUNK_BYTES_ALONE as u64);
        (0..self.bytes).step_by(usize::try_from(step).unwrap_or(usize::MAX).max(1))
    }

    /// Reads the first lines that begin at or behind `start`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn read_sample(&self, start: u64, chunk: &mut Chunk) -> io::Result<()> {
        self.read_from(start, self.bytes, chunk)
    }

    fn read_from(&self, start: u64, size: u64, chunk: &mut Chunk) -> io::Result<()> {
        let from = start.saturating_sub(1);
        let mut length = 4096;
        loop {
            chunk.clear();
            // The last line that begins in a chunk ends beyond it.
            let end = self.bytes.min(from + length);
            self.read_at(from, end, chunk)?;
            let skip = if start == 0 {
                Some(0)
            } else {
                memchr::memchr(b'\n', chunk.bytes()).map(|n| n + 1)
            };
            let last = memchr::memrchr(b'\n', chunk.bytes()).map_or(0, |n| n + 1);
            let skipped = skip.unwrap_or(chunk.to) as u64;
            let none = start > 0 && from + skipped >= start.saturating_add(size);
            let whole = skip.is_some_and(|s| last > s);
            if none || whole || end >= self.bytes || length > 2 * LINE_BYTES as u64 {
                let skip = skip.unwrap_or(chunk.to);
                chunk.offset = from + skip as u64;
                (chunk.from, chunk.to) = match (none, end >= self.bytes) {
                    (true, _) => (0, 0),
                    (_, true) => (skip, chunk.to),
                    _ => (skip, if whole { last } else { chunk.to }),
                };
                return Ok(());
            }
            length *= 4;
        }
    }

    /// Reads the last lines of the last chunk: mostly enough for its last stamp.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn read_tail(&self, chunk: &mut Chunk) -> io::Result<()> {
        let from = self.bytes.saturating_sub(TAIL);
        chunk.clear();
        self.read_at(from, self.bytes, chunk)?;
        if from > 0 {
            chunk.from = memchr::memchr(b'\n', chunk.bytes()).map_or(chunk.to, |n| n + 1);
        }
        chunk.offset = from + chunk.from as u64;
        Ok(())
    }

    /// Appends the bytes `from..to`; fewer if the file was truncated meanwhile.
    fn read_at(&self, from: u64, to: u64, chunk: &mut Chunk) -> io::Result<()> {
        let (mut at, mut want) = (from, usize::try_from(to - from).unwrap_or(0));
        chunk.lie(self.base + at, want);
        while want > 0 {
            match self.file.read_at(chunk.room(want), self.base + at) {
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
        match (&self.pipe, self.kept.get()) {
            (Some(pipe), _) => Ok(Box::new(pipe.again())),
            (None, Some(kept)) => Ok(Box::new(kept.reader())),
            (None, None) => unpack(&self.file, self.base, self.bytes, self.form, self.entries),
        }
    }

    /// A reader of the bytes as they lie on disk, for hashing.
    #[must_use]
    pub fn raw(&self) -> Raw {
        Raw::new(&self.file, self.base, self.bytes)
    }

    /// Its chunks one after the other: the only way through a packed input.
    ///
    /// # Errors
    ///
    /// A broken header.
    pub fn stream(&self) -> io::Result<Stream<'_>> {
        Ok(Stream::new(self.reader()?, self.chunk_bytes))
    }

    /// The same; read to its end, what it holds is kept if it finds `room`, and not unpacked again.
    ///
    /// # Errors
    ///
    /// As [`Input::stream`].
    pub fn stream_kept<'f>(&'f self, room: &'f Room) -> io::Result<Stream<'f>> {
        if self.pipe.is_some() || self.kept.get().is_some() || !room.may_hold(self.bytes) {
            return self.stream();
        }
        let keeping = Box::new(Keeping::new(self.reader()?, room, &self.kept));
        Ok(Stream::new(keeping, self.chunk_bytes))
    }

    /// Keeps what it holds unpacked only if that lies in what is left of the room.
    pub fn keep_within(&mut self, room: &Room) {
        if self.kept.get().is_some_and(|kept| !kept.is_within(room)) {
            self.kept = OnceLock::new();
        }
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
        let all = match self.form {
            // Without the buffers that unpacking takes.
            Form::Plain => Box::new(self.raw()),
            _ => self.reader()?,
        };
        let fault = all.take(bytes as u64).read_to_end(&mut out).err();
        Ok((out, fault))
    }
}

/// Bytes in which the last line of a log mostly lies.
const TAIL: u64 = 4096;

/// Bytes behind a chunk that are read with it.
const REST: u64 = 1024;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::input::Lines;

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
