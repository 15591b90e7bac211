//! Lines that two inputs tell: rsyslog writes a kernel's packets to `kern.log`, `ufw.log` and `syslog`.
//!
//! Inputs that overlap in time and share a host's program are compared line
//! by line: a line that an input before it holds too counts once. Inputs that
//! merely touch, as rotations do, are not compared, since two events of one second
//! may read the same.

use std::collections::BTreeSet;
use std::hash::Hasher as _;

use rustc_hash::FxHashMap;

use crate::dialect::Claim;
use crate::envelope::{Columns, Reader};
use crate::input::{Chunk, Input, Lines};
use crate::json::Scratch;

/// Places looked at to learn which programs an input holds.
const SAMPLED: u64 = 64;

/// Lines looked at in each.
const LINES: usize = 100;

/// Seconds that two inputs must overlap to be compared.
pub const OVERLAP_SECONDS: i64 = 60;

/// A host and a program that logs there.
pub type Tag = (Vec<u8>, Vec<u8>);

/// The hosts' programs that an input holds and a dialect reads, from a sample of its lines.
#[must_use]
pub fn tags(input: &Input, columns: Option<&Columns>) -> BTreeSet<Tag> {
    let mut tags = BTreeSet::new();
    let mut chunk = Chunk::default();
    if input.chunks().is_some() {
        for start in input.samples(SAMPLED) {
            if input.read_sample(start, &mut chunk).is_ok() {
                learn(&mut tags, chunk.bytes(), columns);
            }
        }
    } else if let Ok(head) = input.head(256 * 1024) {
        learn(&mut tags, &head, columns);
    }
    tags
}

fn learn(tags: &mut BTreeSet<Tag>, bytes: &[u8], columns: Option<&Columns>) {
    let scratch = Scratch::default();
    let mut reader = Reader::new(&scratch).ordered(columns);
    for (_, line) in Lines::new(bytes, 0).take(LINES) {
        if let Ok(e) = reader.read(line)
            && (Claim::of(e.program).known() || Claim::bare(e.format).known())
        {
            tags.insert((e.host.to_vec(), e.program.to_vec()));
        }
    }
}

/// What decides whether two inputs are compared.
#[derive(Clone, Debug, Default)]
pub struct Traits {
    /// The first and last stamp, in seconds since 1970.
    pub span: Option<(i64, i64)>,
    /// Its hosts' programs.
    pub tags: BTreeSet<Tag>,
}

impl Traits {
    /// Whether two inputs may tell the same lines.
    #[must_use]
    pub fn may_share(&self, other: &Self) -> bool {
        self.overlap(other).is_some_and(|seconds| seconds > OVERLAP_SECONDS)
            && !self.tags.is_disjoint(&other.tags)
    }

    /// The seconds that both span; less than 0 where time lies between.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> Option<i64> {
        let ((a, b), (c, d)) = (self.span?, other.span?);
        Some(b.min(d) - a.max(c))
    }
}

/// Lines that inputs told which others may tell again: by hash, the first input.
#[derive(Clone, Debug, Default)]
pub struct Told {
    first: FxHashMap<u64, u32>,
}

impl Told {
    /// A hash of a line, the same on every machine.
    #[must_use]
    pub fn hash(line: &[u8]) -> u64 {
        // SipHash with fixed keys: no result may differ between runs.
        let mut h = std::hash::DefaultHasher::new();
        h.write(line);
        h.finish()
    }

    /// Whether an input before this one told the line.
    #[must_use]
    pub fn before(&self, hash: u64, input: u32) -> bool {
        self.first.get(&hash).is_some_and(|first| *first < input)
    }

    /// Adds what an input told.
    pub fn add(&mut self, input: u32, hashes: &[u64]) {
        for h in hashes {
            self.first.entry(*h).or_insert(input);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_input_holds_turns_on_no_size_of_chunks() {
        use std::io::Write as _;

        // sshd's lines alone, but for a packet a mebibyte, right behind its first quarter.
        let mut text = Vec::new();
        while text.len() < 5 << 19 {
            let quarter = text.len() % (1 << 20) / (1 << 18);
            let packet = quarter == 1 && (text.len() + (3 << 18)) % (1 << 20) < 70;
            let message =
                if packet { "kernel: DROP IN=eth0 OUT=" } else { "sshd[811]: Connection closed" };
            text.extend_from_slice(format!("Mar  8 00:00:09 fw1 {message} and so on\n").as_bytes());
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&text).unwrap();
        let tags = |chunk| {
            let input = Input::open(file.path(), true).unwrap().with_chunk_bytes(chunk);
            tags(&input, None)
        };
        assert_eq!(tags(1 << 18).len(), 2);
        for chunk in [1 << 12, 1 << 16, 1 << 20, 1 << 24] {
            assert_eq!(tags(chunk), tags(1 << 18), "{chunk}");
        }
    }

    #[test]
    fn shares_need_time_and_program() {
        let traits = |span, tag: &str| Traits {
            span: Some(span),
            tags: [(b"fw1".to_vec(), tag.as_bytes().to_vec())].into(),
        };
        let kern = traits((0, 1000), "kernel");
        assert!(kern.may_share(&traits((500, 2000), "kernel")));
        assert!(!kern.may_share(&traits((500, 2000), "sshd")));
        assert!(!kern.may_share(&traits((990, 2000), "kernel")));
        assert!(!kern.may_share(&Traits::default()));
    }

    #[test]
    fn the_first_input_keeps_its_lines() {
        let mut told = Told::default();
        told.add(1, &[Told::hash(b"a")]);
        told.add(2, &[Told::hash(b"a")]);
        assert!(!told.before(Told::hash(b"a"), 1));
        assert!(told.before(Told::hash(b"a"), 2));
        assert!(!told.before(Told::hash(b"b"), 2));
    }
}
