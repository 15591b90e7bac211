//! [`Journal`]: reads a journal file of systemd and gives each entry as one line, as [`super::export`] does.
//!
//! Format: <https://systemd.io/JOURNAL_FILE_FORMAT>; numbers in it are little-endian, and what stands below
//! in parentheses is the place of a number in its object. A file begins with a header; behind it lie objects, each with its
//! type and size. Chained arrays name the entries in the order in which they were written, and an entry names its
//! fields, which lie once for all entries that have them.
//!
//! A journal is written by what the enemy speaks to, and may be cut or made by hand: places only ever lead
//! forwards, so that nothing is read in a circle, and of each field no more is kept than a line may have. What
//! a file held when it was opened is read, and nothing of what is appended later.

use std::borrow::Borrow;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;

use rustc_hash::FxHashMap;

use super::export::{FIELDS, write};
use crate::limits::LINE_BYTES;

/// How a journal begins.
pub const MAGIC: &[u8] = b"LPKSHHRH";

/// Bytes of a header up to the last number that is read of it.
const HEADER: usize = 184;

/// What a reader must know to read a file (at 12): fields packed by xz, lz4 and zstd, another hash of theirs, and
/// entries with shorter numbers. Whatever else is set is not known here.
const KNOWN: u32 = 1 | 2 | 4 | 8 | COMPACT;
const COMPACT: u32 = 16;

/// How a field is packed: the flags of its object.
const XZ: u8 = 1;
const LZ4: u8 = 2;
const ZSTD: u8 = 4;

/// Types of objects.
const DATA: u8 = 1;
const ENTRY: u8 = 3;
const ARRAY: u8 = 6;

/// Bytes of a page that is kept, and how many are.
const PAGE: u64 = 64 * 1024;
const PAGES: usize = 64;

/// Fields whose place is kept with what they say, and the longest of them.
const KEPT: usize = 32 * 1024;
const SHORT: usize = 256;

/// Bytes of a field that are looked at: a name, the sign behind it, and one byte more than a line may have.
const MOST: u64 = LINE_BYTES as u64 + 1 + 64;

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// A part of a file, in pages.
struct Pages<F> {
    file: F,
    base: u64,
    bytes: u64,
    kept: FxHashMap<u64, Vec<u8>>,
}

impl<F: Borrow<File>> Pages<F> {
    /// Fills `buf` with what lies at `at`, which the file must hold.
    fn fill(&mut self, buf: &mut [u8], at: u64) -> io::Result<()> {
        let mut done = 0;
        while let Some(room) = buf.get_mut(done..).filter(|room| !room.is_empty()) {
            let from = at.saturating_add(done as u64);
            let page = self.page(from / PAGE)?;
            let ready = page.get((from % PAGE) as usize..).unwrap_or_default();
            if ready.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let n = ready.len().min(room.len());
            for (to, from) in room.iter_mut().zip(ready) {
                *to = *from;
            }
            done += n;
        }
        Ok(())
    }

    fn page(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.kept.len() >= PAGES && !self.kept.contains_key(&number) {
            self.kept.clear();
        }
        match self.kept.entry(number) {
            std::collections::hash_map::Entry::Occupied(page) => Ok(page.into_mut()),
            std::collections::hash_map::Entry::Vacant(room) => {
                let from = number.saturating_mul(PAGE);
                let long = self.bytes.saturating_sub(from).min(PAGE);
                let mut page = vec![0; long as usize];
                self.file.borrow().read_exact_at(&mut page, self.base.saturating_add(from))?;
                Ok(room.insert(page))
            }
        }
    }

    /// A number of eight bytes.
    fn long(&mut self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes, at)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The place that an item names: eight bytes, or four.
    fn place(&mut self, at: u64, compact: bool) -> io::Result<u64> {
        if !compact {
            return self.long(at);
        }
        let mut bytes = [0; 4];
        self.fill(&mut bytes, at)?;
        Ok(u32::from_le_bytes(bytes).into())
    }

    /// The flags and the size of the object of a type.
    fn object(&mut self, at: u64, wanted: u8) -> io::Result<(u8, u64)> {
        let mut head = [0; 16];
        if !at.is_multiple_of(8) || at < HEADER as u64 {
            return Err(damaged("a place is none of an object"));
        }
        self.fill(&mut head, at)?;
        let [kind, flags, .., a, b, c, d, e, f, g, h] = head;
        let size = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let fits = at.checked_add(size).is_some_and(|end| end <= self.bytes);
        if kind != wanted || size < 16 || !fits {
            return Err(damaged("an object is not what its place says"));
        }
        Ok((flags, size))
    }
}

/// Bytes of the file one after the other.
struct Span<'p, F> {
    pages: &'p mut Pages<F>,
    at: u64,
    end: u64,
}

impl<F: Borrow<File>> Read for Span<'_, F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min((self.end - self.at).min(PAGE) as usize);
        let Some(room) = buf.get_mut(..n) else { return Ok(0) };
        self.pages.fill(room, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// What a field says, where it is one that is given out.
type Field = Option<(&'static str, Vec<u8>)>;

/// Reads a journal and gives JSON, a line an entry.
pub struct Journal<F> {
    pages: Pages<F>,
    compact: bool,
    /// Entries still to come.
    left: u64,
    /// The array at hand, where its next item lies, and where it ends.
    array: u64,
    item: u64,
    end: u64,
    /// Where the entry before lies.
    before: u64,
    known: FxHashMap<u64, Field>,
    out: Vec<u8>,
    at: usize,
}

/// How many entries the journal holds that begins at `base` of a file (at 152).
///
/// # Errors
///
/// What the system says; a header that breaks off.
pub fn entries(file: &File, base: u64) -> io::Result<u64> {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, base + 152)?;
    Ok(u64::from_le_bytes(bytes))
}

/// A part of a journal's head that stays as it is while the journal grows: its own and its machine's number (at 24).
pub const FIXED: (u64, usize) = (24, 32);

impl<F: Borrow<File>> Journal<F> {
    /// A reader of the first `entries` entries of the journal of `bytes` bytes at `base` of a file.
    ///
    /// # Errors
    ///
    /// What the system says; a header that breaks off, or one of a file that needs what is not known here.
    pub fn new(file: F, (base, bytes): (u64, u64), entries: u64) -> io::Result<Self> {
        let mut pages = Pages { file, base, bytes, kept: FxHashMap::default() };
        let mut flags = [0; 4];
        pages.fill(&mut flags, 12)?;
        let flags = u32::from_le_bytes(flags);
        if flags & !KNOWN != 0 {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a journal of a kind that is not known here; write it out: journalctl --file PATH -o export",
            ));
        }
        let array = pages.long(176)?;
        let mut journal = Self {
            pages,
            compact: flags & COMPACT != 0,
            left: entries,
            array: 0,
            item: 0,
            end: 0,
            before: 0,
            known: FxHashMap::default(),
            out: Vec::new(),
            at: 0,
        };
        if entries > 0 {
            journal.turn(array)?;
        }
        Ok(journal)
    }

    /// Turns to an array, which lies behind the one at hand.
    fn turn(&mut self, array: u64) -> io::Result<()> {
        if array <= self.array {
            return Err(damaged("it names fewer entries than it counts"));
        }
        let (_, size) = self.pages.object(array, ARRAY)?;
        (self.array, self.item, self.end) = (array, array + 24, array + size);
        Ok(())
    }

    /// Where the next entry lies.
    fn next(&mut self) -> io::Result<u64> {
        let long = if self.compact { 4 } else { 8 };
        while self.item + long > self.end {
            let next = self.pages.long(self.array + 16)?;
            self.turn(next)?;
        }
        let entry = self.pages.place(self.item, self.compact)?;
        self.item += long;
        if entry <= self.before {
            return Err(damaged("its entries are not in order"));
        }
        self.before = entry;
        Ok(entry)
    }

    /// Reads the next entry; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.at = 0;
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        let entry = self.next()?;
        let (_, size) = self.pages.object(entry, ENTRY)?;
        let written = self.pages.long(entry + 24)?;
        write(&mut self.out, b"__REALTIME_TIMESTAMP", written.to_string().as_bytes());
        let long = if self.compact { 4 } else { 16 };
        let (mut item, end) = (entry + 64, entry + size);
        while item + long <= end && self.out.len() <= 2 * LINE_BYTES {
            let place = self.pages.place(item, self.compact)?;
            item += long;
            self.field(place)?;
        }
        self.out.extend_from_slice(b"}\n");
        Ok(true)
    }

    /// Adds the field at a place to the record, if it is one that is given out.
    fn field(&mut self, place: u64) -> io::Result<()> {
        if let Some(field) = self.known.get(&place) {
            if let Some((name, value)) = field {
                write(&mut self.out, name.as_bytes(), value);
            }
            return Ok(());
        }
        let (flags, size) = self.pages.object(place, DATA)?;
        let head = if self.compact { 72 } else { 64 };
        if size < head {
            return Err(damaged("a field is shorter than its head"));
        }
        let end = place + size;
        let span = Span { pages: &mut self.pages, at: place + head, end };
        let text = unpacked(span, flags)?;
        let field: Field = memchr::memchr(b'=', &text).and_then(|at| {
            let (name, value) = text.split_at(at);
            let name = FIELDS.iter().find(|f| f.as_bytes() == name)?;
            let value = value.get(1..)?;
            Some((*name, value.get(..value.len().min(LINE_BYTES + 1))?.to_vec()))
        });
        if let Some((name, value)) = &field {
            write(&mut self.out, name.as_bytes(), value);
        }
        if field.as_ref().is_none_or(|(_, value)| value.len() <= SHORT) {
            if self.known.len() >= KEPT {
                self.known.clear();
            }
            self.known.insert(place, field);
        }
        Ok(())
    }
}

/// The beginning of a field, unpacked.
fn unpacked(mut packed: impl Read, flags: u8) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    match flags & (XZ | LZ4 | ZSTD) {
        0 => packed.take(MOST).read_to_end(&mut text)?,
        XZ => liblzma::read::XzDecoder::new(packed).take(MOST).read_to_end(&mut text)?,
        ZSTD => zstd::stream::read::Decoder::new(packed)?.take(MOST).read_to_end(&mut text)?,
        LZ4 => {
            // How long it is unpacked stands before it.
            packed.read_exact(&mut [0; 8])?;
            text = lz4(io::BufReader::new(packed), MOST as usize)?;
            text.len()
        }
        _ => return Err(damaged("a field is packed in two ways")),
    };
    Ok(text)
}

/// The beginning of a block of LZ4 (its authors' `lz4_Block_format.md`), up to `most` bytes: runs of bytes as they
/// are, each with how far back some lie that are to be repeated behind it.
fn lz4(mut block: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    while let Some(token) = byte(&mut block)? {
        let literals = length(&mut block, token >> 4)?;
        let kept = literals.min(most.saturating_sub(out.len()));
        if block.by_ref().take(kept as u64).read_to_end(&mut out)? < kept {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // The last run has nothing behind it.
        if out.len() >= most {
            break;
        }
        let Some(low) = byte(&mut block)? else { break };
        let high = byte(&mut block)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let back = usize::from(u16::from_le_bytes([low, high]));
        let repeats = length(&mut block, token & 15)?.saturating_add(4);
        for _ in 0..repeats.min(most.saturating_sub(out.len())) {
            let from = out.len().checked_sub(back).and_then(|from| out.get(from).copied());
            out.push(from.ok_or_else(|| damaged("a field's lz4 data is damaged"))?);
        }
    }
    Ok(out)
}

fn byte(block: &mut impl Read) -> io::Result<Option<u8>> {
    let mut one = [0];
    let n = block.read(&mut one)?;
    Ok(one.first().copied().filter(|_| n == 1))
}

/// A length that begins in four bits, and goes on in bytes for as long as they are full.
fn length(block: &mut impl Read, bits: u8) -> io::Result<usize> {
    let mut n = usize::from(bits);
    if bits == 15 {
        loop {
            let more = byte(block)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            n = n.saturating_add(usize::from(more));
            if more < 255 {
                break;
            }
        }
    }
    Ok(n)
}

impl<F: Borrow<File>> Read for Journal<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.out.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let ready = self.out.get(self.at..).unwrap_or_default();
        let n = ready.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(ready) {
            *to = *from;
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// A journal with one entry for each list of fields, each given by its flags and its bytes; arrays of two items.
    fn journal(entries: &[Vec<(u8, Vec<u8>)>], compact: bool) -> Vec<u8> {
        let (long, head, size) = if compact { (4, 72, 4) } else { (8, 64, 16) };
        let place = |n: u64| n.to_le_bytes().get(..long).unwrap_or_default().to_vec();
        let mut out = vec![0u8; 256];
        let object = |out: &mut Vec<u8>, kind: u8, flags: u8, body: &[u8]| {
            out.resize(out.len().div_ceil(8) * 8, 0);
            let at = out.len() as u64;
            out.extend_from_slice(&[kind, flags, 0, 0, 0, 0, 0, 0]);
            out.extend_from_slice(&(16 + body.len() as u64).to_le_bytes());
            out.extend_from_slice(body);
            at
        };
        let mut places = Vec::new();
        for (n, fields) in (0u64..).zip(entries) {
            let mut body = [n.to_le_bytes(), (1_774_746_000_000_000 + n).to_le_bytes()].concat();
            body.resize(48, 0);
            for (flags, bytes) in fields {
                let mut data = vec![0; head - 16];
                data.extend_from_slice(bytes);
                let mut item = place(object(&mut out, DATA, *flags, &data));
                item.resize(size, 0);
                body.extend_from_slice(&item);
            }
            places.push(object(&mut out, ENTRY, 0, &body));
        }
        let arrays = places.chunks(2).map(|two| {
            let mut body = vec![0; 8];
            two.iter().for_each(|at| body.extend_from_slice(&place(*at)));
            object(&mut out, ARRAY, 0, &body)
        });
        let arrays: Vec<u64> = arrays.collect();
        let mut set = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        set(0, MAGIC);
        set(12, &(KNOWN & if compact { u32::MAX } else { !COMPACT }).to_le_bytes());
        set(152, &(entries.len() as u64).to_le_bytes());
        set(176, &arrays.first().copied().unwrap_or(0).to_le_bytes());
        for two in arrays.windows(2) {
            set(two[0] as usize + 16, &two[1].to_le_bytes());
        }
        out
    }

    fn json(bytes: &[u8]) -> io::Result<String> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        let n = entries(&file, 0)?;
        let mut out = Vec::new();
        let read = Journal::new(file, (0, bytes.len() as u64), n)
            .and_then(|journal| journal.take(1 << 20).read_to_end(&mut out));
        read.map(|_| String::from_utf8(out).unwrap())
    }

    fn packings(text: &[u8]) -> [(u8, Vec<u8>); 4] {
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
        xz.write_all(text).unwrap();
        let mut lz4 = (text.len() as u64).to_le_bytes().to_vec();
        lz4.extend_from_slice(&lz4_flex::block::compress(text));
        let zstd = zstd::stream::encode_all(text, 1).unwrap();
        [(0, text.to_vec()), (XZ, xz.finish().unwrap()), (LZ4, lz4), (ZSTD, zstd)]
    }

    #[test]
    fn entries_are_lines_however_their_fields_are_packed() {
        let long = format!("MESSAGE={} end", "many words ".repeat(40));
        let field = |text: &[u8]| (0, text.to_vec());
        let mut all = vec![
            vec![
                field(b"_PID=811"),
                field(b"PRIORITY=6"),
                field(b"MESSAGE=a\n\"b\""),
                field(b"no sign"),
            ],
            vec![field(b"MESSAGE=\xff\x80"), field(b"MESSAGE=x")],
            vec![],
        ];
        all.extend(packings(long.as_bytes()).map(|field| vec![field]));
        let at = |n: u32, rest: &str| {
            format!("{{\"__REALTIME_TIMESTAMP\":\"177474600000000{n}\"{rest}}}\n")
        };
        let mut want = at(0, ",\"_PID\":\"811\",\"MESSAGE\":\"a\\u000a\\\"b\\\"\"")
            + &at(1, ",\"MESSAGE\":[255,128],\"MESSAGE\":\"x\"")
            + &at(2, "");
        for n in 3..7 {
            want += &at(n, &format!(",\"MESSAGE\":\"{}\"", &long[8..]));
        }
        for compact in [false, true] {
            assert_eq!(json(&journal(&all, compact)).unwrap(), want, "{compact}");
        }
    }

    #[test]
    fn of_a_field_no_more_is_kept_than_a_line_may_have() {
        let long = [b"MESSAGE=".to_vec(), vec![b'x'; 3 * LINE_BYTES]].concat();
        for field in packings(&long) {
            let line = json(&journal(&[vec![field]], false)).unwrap();
            assert!(line.len() > LINE_BYTES && line.len() < LINE_BYTES + 100, "{}", line.len());
        }
    }

    #[test]
    fn what_leads_backwards_or_nowhere_is_damage() {
        let fields = || vec![(0, b"MESSAGE=x".to_vec())];
        let good = journal(&[fields(), fields(), fields(), fields()], false);
        assert_eq!(json(&good).unwrap().lines().count(), 4);
        let number = |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().unwrap()) as usize;
        let array = number(176);
        let second = number(array + 16);
        for (at, value, why) in [
            (second + 16, array, "an array that leads back to the first"),
            (array + 16, array, "an array that leads to itself"),
            (second + 24, number(array + 24), "an entry that came before"),
            (152, 5, "more entries than there are"),
            (176, 1 << 40, "an array beyond the end"),
            (number(array + 24) + 64, array, "a field that is none"),
            (number(array + 24) + 8, usize::MAX, "an entry without an end"),
        ] {
            let mut bad = good.clone();
            bad[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
            if at == second + 16 {
                // It is followed only for an entry more.
                bad[152] = 5;
            }
            assert!(json(&bad).is_err(), "{why}");
        }
        let mut newer = good.clone();
        newer[12] = 0xff;
        assert_eq!(json(&newer).unwrap_err().kind(), io::ErrorKind::Unsupported);
    }

    #[test]
    fn lz4_is_what_its_authors_say() {
        // The literals `ab`, then five bytes from two back, then `c`.
        assert_eq!(lz4(&b"\x21ab\x02\0\x10c"[..], 99).unwrap(), b"abababac");
        assert_eq!(lz4(&b"\x21ab\x02\0\x10c"[..], 4).unwrap(), b"abab");
        for bad in [
            &b"\x21ab\x03\0"[..],
            b"\x21ab\0\0",
            b"\x21ab\x02",
            b"\x21a",
            b"\xf0",
            b"\x2fab\x02\0\xff",
        ] {
            assert!(lz4(bad, 99).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn damage_ends_it_and_nothing_worse(
            spoilt in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            cut in any::<prop::sample::Index>(),
            compact in any::<bool>(),
        ) {
            let mut all: Vec<_> = packings(b"MESSAGE=words and words and words").map(|f| vec![f]).into();
            all.push(vec![(0, b"_PID=1".to_vec()), (0, b"MESSAGE=y".to_vec())]);
            let mut bytes = journal(&all, compact);
            for (at, byte) in spoilt {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(160 + cut.index(bytes.len() - 159));
            if let Ok(text) = json(&bytes) {
                prop_assert!(text.len() <= 1 << 20);
            }
        }
    }
}
