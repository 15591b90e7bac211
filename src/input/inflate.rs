//! Tells compressed files by their first bytes and inflates them, bounded.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt as _;

use crate::limits::INFLATE_RATIO;

use super::events::{self, Events};
use super::export::{self, Export, unmarked};
use super::journal::{self, Journal};
use super::utf16::Utf16;

/// How a file's bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The xz container.
    Xz,
    /// bzip2.
    Bzip2,
    /// The LZ4 frame format.
    Lz4,
    /// UTF-16, the lower byte first, as Windows writes text; read as UTF-8.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
    /// The journal's export format; read as JSON, a line an entry.
    Export,
    /// A journal of systemd; read as JSON, a line an entry.
    Journal,
    /// Windows' events as text; read as lines, one an event.
    Events,
}

impl Form {
    /// Tells the form by the magic bytes at the start of a file.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Lz4,
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            _ if head.starts_with(journal::MAGIC) => Self::Journal,
            _ if unmarked(head).starts_with(export::MAGIC) => Self::Export,
            _ if unmarked(head).starts_with(events::MAGIC) => Self::Events,
            _ => Self::Plain,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gz",
            Self::Zstd => "zst",
            Self::Xz => "xz",
            Self::Bzip2 => "bz2",
            Self::Lz4 => "lz4",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Export => "journal-export",
            Self::Journal => "journal",
            Self::Events => "windows-events",
        }
    }
}

/// Why a file's first unpacked bytes show that it is no text, and what to do about it; none if they do not.
#[must_use]
pub fn no_text(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"ElfFile\0") {
        return Some(
            "an event log of Windows; write it out first: wevtutil qe PATH /lf:true /f:text",
        );
    }
    None
}

/// The modification time in a gzip header (RFC 1952 §2.3.1), if it is set.
#[must_use]
pub fn gzip_time(head: &[u8]) -> Option<i64> {
    let bytes = head.get(4..8)?.first_chunk::<4>()?;
    let seconds = u32::from_le_bytes(*bytes);
    (seconds != 0).then_some(i64::from(seconds))
}

/// Reads a part of a file at positions of its own.
pub struct Cursor<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl<'f> Cursor<'f> {
    /// So many bytes from the first, which lies at `base`.
    #[must_use]
    pub const fn new(file: &'f File, base: u64, bytes: u64) -> Self {
        Self { file, at: base, end: base.saturating_add(bytes) }
    }
}

impl Read for Cursor<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buf.len());
        let Some(buf) = buf.get_mut(..room) else { return Ok(0) };
        let n = self.file.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Refuses to give out more than a packed file of its size can honestly hold.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| {
            io::Error::other("it unpacks to more than its size can honestly hold; refused")
        })?;
        Ok(n)
    }
}

/// Asks `inner` for pieces of one size, whatever it is asked for itself. What a decoder still
/// hands out before it meets damage depends on how much it is asked for at once; so the lines
/// before the damage are the same at any size of chunk.
struct Steady<R> {
    inner: R,
    piece: Vec<u8>,
    from: usize,
    to: usize,
    fault: Option<io::Error>,
}

impl<R: Read> Steady<R> {
    const PIECE: usize = 16 * 1024;

    fn new(inner: R) -> Self {
        Self { inner, piece: vec![0; Self::PIECE], from: 0, to: 0, fault: None }
    }
}

impl<R: Read> Read for Steady<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(room) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
            let have = self.piece.get(self.from..self.to).unwrap_or_default();
            let n = have.len().min(room.len());
            if let (Some(a), Some(b)) = (room.get_mut(..n), have.get(..n)) {
                a.copy_from_slice(b);
            }
            self.from += n;
            done += n;
            if self.from < self.to {
                break;
            }
            match self.fault.take() {
                Some(e) if done == 0 => return Err(e),
                Some(e) => {
                    self.fault = Some(e);
                    break;
                }
                None => {}
            }
            (self.from, self.to) = (0, 0);
            match self.inner.read(&mut self.piece) {
                Ok(0) => break,
                Ok(n) => self.to = n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => self.fault = Some(e),
            }
        }
        Ok(done)
    }
}

/// What was packed, or UTF-16, may itself be UTF-16, a journal, its export or Windows' events: told by its first
/// bytes when it is read.
enum Layered<'f> {
    Unknown(Box<dyn Read + Send + 'f>),
    Known(Box<dyn Read + Send + 'f>),
}

impl Layered<'_> {
    fn look(&mut self) -> io::Result<()> {
        let Self::Unknown(inner) = self else { return Ok(()) };
        let (mut head, most) = (Vec::new(), 3 + export::MAGIC.len() as u64);
        // Damage behind the first byte comes up again when it is read.
        if let Err(e) = inner.by_ref().take(most).read_to_end(&mut head)
            && head.is_empty()
        {
            return Err(e);
        }
        let form = Form::of(&head);
        let inner = std::mem::replace(inner, Box::new(io::empty()));
        let mut whole = BufReader::new(io::Cursor::new(head).chain(inner));
        *self = Self::Known(match form {
            Form::Utf16Le | Form::Utf16Be => {
                let le = form == Form::Utf16Le;
                let unit = if le { u16::from_le_bytes } else { u16::from_be_bytes };
                // What it decodes to is UTF-8, so this comes once.
                *self = Self::Unknown(Box::new(Utf16::new(whole, unit)));
                return self.look();
            }
            Form::Export => Box::new(Export::new(whole)),
            Form::Events => Box::new(Events::new(whole)),
            Form::Journal => {
                // It is read here and there, so it has to lie somewhere.
                let mut file = tempfile::tempfile()?;
                let bytes = io::copy(&mut whole, &mut file)?;
                let entries = journal::entries(&file, 0)?;
                Box::new(Journal::new(file, (0, bytes), entries)?)
            }
            _ => Box::new(whole),
        });
        Ok(())
    }
}

impl Read for Layered<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.look()?;
        match self {
            Self::Unknown(inner) | Self::Known(inner) => inner.read(buf),
        }
    }
}

/// A reader of the unpacked bytes of a part of `file`: `bytes` bytes from `base` on. Of a journal, so many
/// entries.
///
/// # Errors
///
/// What the format's reader says of a broken header.
pub fn unpack(
    file: &File,
    base: u64,
    bytes: u64,
    form: Form,
    entries: u64,
) -> io::Result<Box<dyn Read + Send + '_>> {
    let raw = BufReader::with_capacity(256 * 1024, Cursor::new(file, base, bytes));
    // bzip2 and zstd pack runs far tighter than deflate can.
    let left = match form {
        Form::Plain => u64::MAX,
        Form::Gzip => bytes.saturating_mul(INFLATE_RATIO),
        _ => bytes.saturating_mul(64 * INFLATE_RATIO),
    }
    .max(1 << 20);
    let inner: Box<dyn Read + Send> = match form {
        Form::Plain => Box::new(raw),
        Form::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
        Form::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(raw)?),
        Form::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(raw)),
        Form::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(raw)),
        Form::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(raw)),
        Form::Utf16Le => Box::new(Utf16::new(raw, u16::from_le_bytes)),
        Form::Utf16Be => Box::new(Utf16::new(raw, u16::from_be_bytes)),
        Form::Export => Box::new(Export::new(raw)),
        Form::Journal => Box::new(Journal::new(file, (base, bytes), entries)?),
        Form::Events => Box::new(Events::new(raw)),
    };
    let bounded = Bounded { inner, left };
    Ok(match form {
        Form::Plain => Box::new(bounded),
        Form::Export | Form::Journal | Form::Events => Box::new(Steady::new(bounded)),
        _ => Box::new(Steady::new(Layered::Unknown(Box::new(bounded)))),
    })
}
