//! The members of a tar archive, so that each log in it is an input of its own.
//!
//! Format: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar's `L` entries for long names;
//! the header of Unix's seventh edition, tar(5), as `tar --format=v7` still writes it.
//! A member is read where it lies, and its time is when it was last written.

use std::io::{self, Read, SeekFrom};
use std::path::{Component, Path, PathBuf};

use crate::limits::TAR_MEMBERS;

/// Bytes of a block, of which the first is a header.
pub const BLOCK: usize = 512;

/// Longest name or extended header that is read.
const NAME: u64 = 64 * 1024;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path within, without `..` and without a root.
    pub path: PathBuf,
    /// Where its bytes begin.
    pub at: u64,
    /// How many they are.
    pub bytes: u64,
    /// When it was last written, in seconds since 1970.
    pub written: i64,
}

/// Whether a file begins as an archive does; `head` is a block of it.
#[must_use]
pub fn is_tar(head: &[u8]) -> bool {
    // With the zero that ends it: who writes a log's lines writes none.
    head.get(257..263) == Some(b"ustar\0")
        || head.get(257..265) == Some(b"ustar  \0")
        || head.first_chunk().is_some_and(is_old)
}

/// Whether a block is a header of the form before POSIX's, which has no mark: a name, a size, a sum that is right, and
/// zeros behind its last field, but for numbers of a device that GNU tar writes there. No log begins so.
fn is_old(block: &[u8; BLOCK]) -> bool {
    block.first() != Some(&0)
        && field(block, 257, 8) == [0; 8]
        && block.iter().skip(265).all(|b| matches!(b, 0 | b'0'..=b'7'))
        && number(field(block, 124, 12)).is_some()
        && sums(block)
}

/// The files in an archive, in its order.
///
/// # Errors
///
/// What the system says; an archive that breaks off, or holds more members than we read.
pub fn members(file: &mut (impl Read + io::Seek)) -> io::Result<Vec<Member>> {
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut found = Vec::new();
    let (mut name, mut size, mut at) = (None, None, 0u64);
    let mut block = [0; BLOCK];
    while at + BLOCK as u64 <= end {
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut block)?;
        if block.iter().all(|b| *b == 0) {
            return Ok(found);
        }
        if !is_tar(&block) || !sums(&block) {
            return Err(damaged());
        }
        at += BLOCK as u64;
        let bytes = match size.take() {
            Some(size) => size,
            None => number(field(&block, 124, 12)).ok_or_else(damaged)?,
        };
        if bytes > end - at {
            return Err(damaged());
        }
        let own = |file: &mut dyn Read| -> io::Result<Vec<u8>> {
            let mut text = Vec::new();
            file.take(bytes.min(NAME)).read_to_end(&mut text)?;
            Ok(text)
        };
        match block.get(156) {
            Some(b'L') => name = Some(until_nul(&own(file)?).to_vec()),
            Some(b'x') => {
                let text = own(file)?;
                name = pax(&text, b"path").map(<[u8]>::to_vec).or(name);
                size = pax(&text, b"size").and_then(decimal);
            }
            Some(b'0' | 0 | b'7') => {
                let path = clean(&name.take().unwrap_or_else(|| header_name(&block)));
                let written = number(field(&block, 136, 12)).and_then(|t| i64::try_from(t).ok());
                let written = written.unwrap_or(0);
                if found.len() >= TAR_MEMBERS {
                    return Err(io::Error::other("the archive holds more files than are read"));
                }
                found.push(Member { path, at, bytes, written });
            }
            _ => name = None,
        }
        at = at.saturating_add(bytes.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64));
    }
    // Blocks of zeros end an archive: where there is none, members may be missing behind a cut.
    Err(damaged())
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the archive is damaged or breaks off")
}

fn field(block: &[u8; BLOCK], from: usize, long: usize) -> &[u8] {
    block.get(from..from + long).unwrap_or_default()
}

fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|b| *b == 0).next().unwrap_or_default()
}

/// Octal digits, or GNU's binary number behind a first byte of 0x80.
fn number(text: &[u8]) -> Option<u64> {
    if let Some((0x80, rest)) = text.split_first() {
        let (high, low) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
        let low = low.first_chunk::<8>()?;
        return high.iter().all(|b| *b == 0).then(|| u64::from_be_bytes(*low));
    }
    let digits = until_nul(text).trim_ascii();
    digits.iter().try_fold(0u64, |n, b| {
        matches!(b, b'0'..=b'7').then(|| n.checked_mul(8)?.checked_add(u64::from(b - b'0')))?
    })
}

fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Whether a header's sum is right: the sum of its bytes, those of the sum itself counted as blanks.
fn sums(block: &[u8; BLOCK]) -> bool {
    let told = number(field(block, 148, 8));
    let counted = |(at, b): (usize, &u8)| {
        if (148..156).contains(&at) { u64::from(b' ') } else { u64::from(*b) }
    };
    told == Some(block.iter().enumerate().map(counted).sum())
}

/// The value of a key of an extended header: `LENGTH KEY=VALUE\n`; of several the last.
fn pax<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let (mut rest, mut found) = (text, None);
    while let Some(blank) = memchr::memchr(b' ', rest) {
        let long = usize::try_from(decimal(rest.get(..blank)?)?).ok()?;
        let record = rest.get(blank + 1..long)?.strip_suffix(b"\n")?;
        let value = record.strip_prefix(key).and_then(|r| r.strip_prefix(b"="));
        found = value.or(found);
        rest = rest.get(long..)?;
    }
    found
}

fn header_name(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(field(block, 0, 100));
    // GNU's own header has no prefix there.
    let prefix = match field(block, 257, 8) {
        b"ustar\x0000" => until_nul(field(block, 345, 155)),
        _ => &[],
    };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

/// A path that leads nowhere but down.
fn clean(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    let down = |c: &Component<'_>| matches!(c, Component::Normal(_));
    Path::new(std::ffi::OsStr::from_bytes(name)).components().filter(down).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A header and its content.
    pub(in crate::input) fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut block = vec![0u8; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[136..147].copy_from_slice(format!("{:011o}", 1_781_254_715).as_bytes());
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|b| u64::from(*b)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block.extend_from_slice(content);
        block.resize(block.len().div_ceil(BLOCK) * BLOCK, 0);
        block
    }

    /// An archive of files.
    pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut all: Vec<u8> =
            members.iter().flat_map(|(name, of)| entry(name, b'0', of)).collect();
        all.resize(all.len() + 2 * BLOCK, 0);
        all
    }

    /// The same in the form before POSIX's.
    fn old_entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut all = entry(name, kind, content);
        all[257..265].fill(0);
        // As GNU tar has it, unlike the first of its kind.
        if kind != 0 {
            all[329..336].fill(b'0');
        }
        all[148..156].fill(b' ');
        let sum: u64 = all[..BLOCK].iter().map(|b| u64::from(*b)).sum();
        all[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        all
    }

    #[test]
    fn archives_of_the_old_form() {
        let of = |folder, file| {
            let log = old_entry("log/auth.log", file, b"one\n");
            [old_entry("log/", folder, b""), log, vec![0; 1024]].concat()
        };
        for archive in [of(0, 0), of(b'5', b'0')] {
            assert!(is_tar(&archive) && !is_tar(&archive[..500]));
            let files = found(&archive).unwrap();
            assert!(files.contains(&("log/auth.log".into(), 1024, 4, 1_781_254_715)));
            assert_eq!(files.iter().filter(|f| f.2 > 0).count(), 1);
        }
        let archive = of(0, 0);
        // No other block is one: not where the sum, the size or what follows is another, and no text.
        for at in [0, 10, 130, 150, 300, 511] {
            let mut other = archive.clone();
            other[at] ^= 1;
            assert!(!is_tar(&other), "{at}");
        }
        assert!(!is_tar(&[0; BLOCK]) && !is_tar(&[b'7'; BLOCK]));
        // Nor what anybody may write into a log.
        assert!(!is_tar(&b"ustar".repeat(103)) && !is_tar(&b"  ustar".repeat(80)));
    }

    fn found(archive: &[u8]) -> io::Result<Vec<(String, u64, u64, i64)>> {
        let all = members(&mut io::Cursor::new(archive))?;
        let row = |m: Member| (m.path.to_str().unwrap().to_owned(), m.at, m.bytes, m.written);
        Ok(all.into_iter().map(row).collect())
    }

    #[test]
    fn files_are_found_by_any_name() {
        let time = 1_781_254_715;
        let archive = [
            entry("var/", b'5', b""),
            entry("/var/../log/auth.log", b'0', b"one\n"),
            entry("././@LongLink", b'L', format!("{}.log\0", "a".repeat(150)).as_bytes()),
            entry("cut", b'0', b""),
            entry("pax", b'x', b"16 path=b/c.log\n12 size=600\n"),
            entry("cut", b'0', &[b'x'; 600]),
            entry("link", b'2', b""),
            vec![0; 1024],
        ]
        .concat();
        assert_eq!(
            found(&archive).unwrap(),
            [
                ("var/log/auth.log".into(), 1024, 4, time),
                (format!("{}.log", "a".repeat(150)), 3072, 0, time),
                ("b/c.log".into(), 4608, 600, time),
            ]
        );
        assert!(found(&archive[..4800]).is_err(), "it breaks off");
        let whole = archive.len() - 1024;
        assert!(found(&archive[..whole]).is_err(), "it breaks off between two members");
        let mut other = archive;
        other[512] ^= 1;
        assert!(found(&other).is_err(), "a header whose sum is wrong");
    }
}
