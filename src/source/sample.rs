//! [`Sample`]: some of a source's lines, the same ones whoever read them first.

use crate::limits::{EVIDENCE_LINES, EVIDENCE_LINES_KEPT};
use crate::session::Kept;

/// How many lines each source keeps: as many as all can that have so many, where all together may
/// keep [`EVIDENCE_LINES_KEPT`]. A power of two, which halves when there are more; so it is a function of the
/// lines, whoever met them in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// How many.
    pub each: usize,
    /// How many each keeps in any case, of as many sources as there may be; and no more once there were more.
    pub least: usize,
    /// What is kept of all, a source's lines beyond `each` not counted.
    pub sum: u64,
    /// What may be.
    pub most: u64,
}

impl Keeping {
    /// Of a run that keeps so many sources.
    #[must_use]
    pub fn of(sources: usize) -> Self {
        Self::up_to(EVIDENCE_LINES_KEPT, sources)
    }

    /// The same where all may keep `most`.
    pub(super) fn up_to(most: usize, sources: usize) -> Self {
        let share = (most / sources.max(1)).clamp(1, EVIDENCE_LINES);
        Self { each: EVIDENCE_LINES, least: 1 << share.ilog2(), sum: 0, most: most as u64 }
    }
}

/// The lines with the smallest hash of their places, as many as are kept.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    kept: Vec<Kept>,
    /// Lines that were offered.
    pub of: u64,
}

/// How many are kept before all but `n` are left out: so many that what it takes to find those is shared by some.
const fn before_cut(n: usize) -> usize {
    n + n / 4 + 1
}

impl Sample {
    /// Offers a line.
    pub fn add(&mut self, line: Kept, keeping: &mut Keeping) {
        keeping.sum += u64::from(self.of < keeping.each as u64);
        self.of += 1;
        if self.kept.len() == self.kept.capacity() {
            self.make_room(keeping.each);
        }
        self.kept.push(line);
    }

    /// Makes room for a line: by leaving some out where there are as many as there may be before that.
    fn make_room(&mut self, n: usize) {
        let len = self.kept.len();
        if len >= before_cut(n) {
            self.cut(n);
        } else {
            self.kept.reserve_exact((len / 2).max(2).min(before_cut(n) - len));
        }
    }

    /// Keeps the `n` with the smallest hash.
    fn cut(&mut self, n: usize) {
        if self.kept.len() > n {
            self.kept.select_nth_unstable_by_key(n, |l| l.place().hash());
            self.kept.truncate(n);
        }
    }

    /// The same, for good: from now on there are no more.
    pub fn tighten(&mut self, n: usize) {
        self.cut(n);
        self.kept.shrink_to(before_cut(n));
    }

    /// Looks at where the next line goes. What comes of it says nothing.
    #[must_use]
    pub fn touch(&self) -> u64 {
        self.kept.last().map_or(0, |line| line.place().offset)
    }

    /// How many of its lines count where each may keep `n`.
    #[must_use]
    pub fn weight(&self, n: usize) -> u64 {
        self.of.min(n as u64)
    }

    /// Adds another sample.
    pub fn merge(&mut self, other: Self) {
        self.of += other.of;
        self.kept.extend(other.kept);
        if self.kept.len() >= 2 * EVIDENCE_LINES {
            self.cut(EVIDENCE_LINES);
        }
    }

    /// The lines kept, in the order of the run.
    #[must_use]
    pub fn lines(&self) -> Vec<Kept> {
        let mut lines = self.kept.clone();
        if lines.len() > EVIDENCE_LINES {
            lines.select_nth_unstable_by_key(EVIDENCE_LINES, |l| l.place().hash());
            lines.truncate(EVIDENCE_LINES);
        }
        lines.sort_unstable();
        lines
    }
}

impl PartialEq for Sample {
    fn eq(&self, other: &Self) -> bool {
        self.of == other.of && self.lines() == other.lines()
    }
}

impl Eq for Sample {}
