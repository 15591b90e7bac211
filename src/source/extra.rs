//! What few sources have; apart from the others, so that the table of sources stays small.

use crate::time::Instant;

use super::sample::Sample;
use super::tally::{End, FamilyTally};
use super::timeline::Timeline;

/// What other families tell, and the rest that few have.
#[derive(Clone, Debug, Default)]
pub(super) struct More {
    /// Each apart: mostly there is none.
    pub(super) families: [Option<Box<FamilyTally>>; 3],
    pub(super) extra: Extra,
}

/// What few sources have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    pub(super) logins: u64,
    pub(super) first_login: Option<Instant>,
    pub(super) last_login: Option<Instant>,
    pub(super) evidence: Sample,
    pub(super) timeline: Timeline,
    /// Sessions that are hostile only in company, until the company is known.
    pub(super) lone: Option<Box<Lone>>,
}

/// Sessions that broke off before a login and tell nothing else: hostile where
/// their source is, in other sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lone {
    pub(super) tally: FamilyTally,
    /// The first and the last line, where lines are kept.
    pub(super) ends: Option<(End, End)>,
    pub(super) evidence: Sample,
    pub(super) timeline: Timeline,
    /// Lines that then read as hostile, by input.
    pub(super) lines: std::collections::BTreeMap<u32, u64>,
}

impl Lone {
    /// Widens its ends.
    pub(super) fn widen(&mut self, first: End, last: End) {
        let (mine, least) = self.ends.unwrap_or((first, last));
        self.ends = Some((mine.min(first), least.max(last)));
    }
}

impl Extra {
    pub(super) fn merge(&mut self, other: Self) {
        self.logins += other.logins;
        self.first_login = self.first_login.into_iter().chain(other.first_login).min();
        self.last_login = self.last_login.max(other.last_login);
        self.evidence.merge(other.evidence);
        self.timeline.merge(other.timeline);
        match (self.lone.as_mut(), other.lone) {
            (_, None) => {}
            (None, theirs) => self.lone = theirs,
            (Some(m), Some(t)) => {
                m.tally.merge(t.tally);
                if let Some((first, last)) = t.ends {
                    m.widen(first, last);
                }
                m.evidence.merge(t.evidence);
                m.timeline.merge(t.timeline);
                for (input, n) in t.lines {
                    *m.lines.entry(input).or_default() += n;
                }
            }
        }
    }
}
