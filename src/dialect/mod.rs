//! What messages say: one file a dialect, and one table of them all.

pub mod act;
pub mod spec;
pub mod parts;
pub mod pam;
pub mod sshd;
pub mod netfilter;
pub mod postfix;
pub mod dovecot;
#[cfg(test)]
pub(crate) mod rows;

use std::sync::LazyLock;

pub use act::{Act, Edge, Facts, Kind, Tally, Transport, Weight};
pub use spec::{Dialect, Message, Readings, Said};

/// Every dialect. The first that claims a program reads its messages; one
/// that knows nothing of a message leaves it to the next.
pub static DIALECTS: &[&Dialect] =
    &[&sshd::DIALECT, &netfilter::DIALECT, &postfix::DIALECT, &dovecot::DIALECT, &pam::DIALECT];

/// A grammar that may match, with its first eight bytes: a look at them
/// spares most comparisons.
struct Candidate {
    first: u64,
    mask: u64,
    grammar: &'static Message,
}

/// Per dialect and first byte, the grammars that may match, in table order.
static INDEX: LazyLock<Vec<Vec<Vec<Candidate>>>> = LazyLock::new(|| {
    let candidate = |grammar: &'static Message| {
        let starts = grammar.starts.as_bytes();
        let bits = 8 * u32::try_from(starts.len().min(8)).unwrap_or(0);
        let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        Candidate { first: first_eight(starts), mask, grammar }
    };
    DIALECTS
        .iter()
        .map(|d| {
            (0..=255u8)
                .map(|byte| {
                    let may = |m: &&Message| m.starts.as_bytes().first().is_none_or(|b| *b == byte);
                    d.grammar.iter().filter(may).map(candidate).collect()
                })
                .collect()
        })
        .collect()
});

/// Up to eight bytes as a number, the first lowest.
#[inline(always)]
fn first_eight(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => text.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)),
    }
}

/// Which dialects read a program's messages, as indices into [`DIALECTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    ids: [u8; 3],
    len: u8,
}

impl Claim {
    /// The dialects that claim a tag.
    #[must_use]
    pub fn of(program: &[u8]) -> Self {
        let mut claim = Self::default();
        let base = program.rsplit(|b| *b == b'/').next().unwrap_or(program);
        for (id, dialect) in (0u8..).zip(DIALECTS) {
            // A tag may be the program's whole path: `/usr/sbin/sshd`.
            let rooted = program.first() == Some(&b'/');
            let claimed = spec::claims(dialect.programs, program)
                || rooted && spec::claims(dialect.programs, base);
            if claimed && let Some(slot) = claim.ids.get_mut(usize::from(claim.len)) {
                *slot = id;
                claim.len += 1;
            }
        }
        claim
    }

    /// Whether any dialect does.
    #[must_use]
    pub const fn known(self) -> bool {
        self.len > 0
    }

    /// Their places in [`DIALECTS`], in order.
    pub fn dialects(self) -> impl Iterator<Item = usize> {
        self.ids.into_iter().take(usize::from(self.len)).map(usize::from)
    }

    /// The first dialect that does.
    #[must_use]
    pub fn first(self) -> Option<&'static Dialect> {
        (self.len > 0).then(|| DIALECTS.get(usize::from(self.ids[0])).copied()).flatten()
    }

    /// Reads a message; also which dialect and grammar did.
    #[inline(always)]
    #[must_use]
    pub fn read<'a>(self, message: &'a [u8]) -> Heard<'a> {
        for id in self.dialects() {
            let (Some(dialect), Some(index)) = (DIALECTS.get(id), INDEX.get(id)) else { continue };
            let text = (dialect.trim)(message);
            let Some(byte) = text.first() else { continue };
            let first = first_eight(text);
            for c in index.get(usize::from(*byte)).into_iter().flatten() {
                if first & c.mask != c.first || !text.starts_with(c.grammar.starts.as_bytes()) {
                    continue;
                }
                let said = (c.grammar.read)(text);
                if said != Said::No {
                    return Heard { said, by: Some((dialect, c.grammar)), id: id as u8 };
                }
            }
        }
        Heard { said: Said::No, by: None, id: u8::MAX }
    }
}

/// What a message said, and which grammar heard it.
#[derive(Clone, Debug)]
pub struct Heard<'a> {
    /// What.
    pub said: Said<'a>,
    /// By which dialect's grammar.
    pub by: Option<(&'static Dialect, &'static Message)>,
    /// The dialect's place in [`DIALECTS`]; 255 for none.
    pub id: u8,
}
