//! How a dialect is declared: whose messages, which grammars, and where the program prints them.

use super::act::Act;
use crate::class::Family;
use crate::envelope::Format;
use crate::limits::READINGS_KEPT;

/// The messages of one program or device.
#[derive(Debug)]
pub struct Dialect {
    /// Its name in output, and ECS `event.dataset`.
    pub id: &'static str,
    /// What people call the program, with the versions that were looked at.
    pub title: &'static str,
    /// Whose logs these are.
    pub family: Family,
    /// Tags under which it logs. `*` stands for any run of characters.
    pub programs: &'static [&'static str],
    /// Formats of lines that it reads where no dialect claims a tag: the program writes files
    /// of its own, or records. Its grammars get all that follows the stamp, from the first byte on.
    pub bare: &'static [Format],
    /// A line as a log has it, which the dialect reads; with documentation addresses.
    pub example: &'static str,
    /// The document or source that defines the messages.
    pub document: &'static str,
    /// Its messages.
    pub grammar: &'static [Message],
    /// What is taken off a message before a grammar sees it: a kernel's uptime, a level.
    pub trim: fn(&[u8]) -> &[u8],
}

/// One message of a dialect.
pub struct Message {
    /// Its name, unique in the dialect.
    pub id: &'static str,
    /// The program's own format string.
    pub shape: &'static str,
    /// Where the program prints it.
    pub printed_by: &'static str,
    /// The bytes it begins with; none where it begins with what varies.
    pub starts: &'static str,
    /// Reads it.
    pub read: for<'a> fn(&'a [u8]) -> Said<'a>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// A grammar as a table: id, first bytes, shape, where it is printed, and what reads it.
macro_rules! messages {
    ($($id:literal $starts:literal $shape:literal $by:literal $read:expr;)*) => {
        &[$($crate::dialect::spec::Message { id: $id, starts: $starts, shape: $shape, printed_by: $by, read: $read },)*]
    };
}
pub(super) use messages;

/// What a grammar makes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// It is not this message.
    No,
    /// It is this message, and it concerns nobody far away.
    Quiet,
    /// It can be cut in one way.
    One(Act<'a>),
    /// It can be cut in several ways that name several sources. So rare that it may allocate.
    Several(Box<Readings<'a>>),
}

impl<'a> Said<'a> {
    /// One act, or none.
    #[must_use]
    pub fn one(act: Option<Act<'a>>) -> Self {
        act.map_or(Self::No, Self::One)
    }

    /// The same, so many times.
    #[must_use]
    pub fn times(mut self, n: u32) -> Self {
        match &mut self {
            Self::One(act) => act.count = act.count.saturating_mul(n),
            Self::Several(readings) => {
                for act in readings.acts.iter_mut().flatten() {
                    act.count = act.count.saturating_mul(n);
                }
            }
            Self::No | Self::Quiet => {}
        }
        self
    }

    /// This, or another reading where it is no such message.
    #[must_use]
    pub fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::No { other() } else { self }
    }
}

/// The ways to cut a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readings<'a> {
    acts: [Option<Act<'a>>; READINGS_KEPT],
}

impl<'a> Readings<'a> {
    /// Each reading that was kept.
    pub fn iter(&self) -> impl Iterator<Item = &Act<'a>> {
        self.acts.iter().flatten()
    }
}

/// Collects the ways to cut a message.
#[derive(Clone, Debug, Default)]
pub struct Cuts<'a> {
    first: Option<Act<'a>>,
    more: Option<Box<Readings<'a>>>,
}

impl<'a> Cuts<'a> {
    /// Adds a reading. One that names the same far end as another is the same
    /// accusation; the later cut has the longer account name and is kept.
    pub fn add(&mut self, act: Act<'a>) {
        let same =
            |kept: &Act<'_>| kept.source == act.source && kept.source_port == act.source_port;
        let Some(first) = &mut self.first else {
            self.first = Some(act);
            return;
        };
        if self.more.is_none() && same(first) {
            *first = act;
            return;
        }
        let more = self.more.get_or_insert_with(|| {
            let mut acts = [None; READINGS_KEPT];
            acts[0] = Some(*first);
            Box::new(Readings { acts })
        });
        if let Some(kept) = more.acts.iter_mut().flatten().find(|a| same(a)) {
            *kept = act;
        } else if let Some(free) = more.acts.iter_mut().find(|a| a.is_none()) {
            *free = Some(act);
        }
    }

    /// What the cuts come to.
    #[must_use]
    pub fn said(self) -> Said<'a> {
        match (self.more, self.first) {
            (Some(more), _) => Said::Several(more),
            (None, Some(act)) => Said::One(act),
            (None, None) => Said::No,
        }
    }
}

/// Whether a tag is one of `patterns`.
#[must_use]
pub fn claims(patterns: &[&str], program: &[u8]) -> bool {
    patterns.iter().any(|p| matches(p.as_bytes(), program))
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => {
            (0..=text.len()).any(|n| matches(rest, text.get(n..).unwrap_or_default()))
        }
        Some((c, rest)) => {
            text.split_first().is_some_and(|(t, tail)| t == c && matches(rest, tail))
        }
    }
}

/// No trimming.
#[must_use]
pub const fn untrimmed(message: &[u8]) -> &[u8] {
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(claims(&["sshd"], b"sshd"));
        assert!(!claims(&["sshd"], b"sshd-session"));
        assert!(claims(&["postfix*/smtpd"], b"postfix-out/submission/smtpd"));
        assert!(!claims(&["postfix*/smtpd"], b"postfix/smtp"));
    }
}
