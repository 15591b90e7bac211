//! [`FoldAt`]: an hour that came twice, and what the order of lines says of it.

/// Least step back, in seconds, that may be a change of clocks and not jitter: lines of several
/// programs, or from afar, change places by seconds.
pub(super) const PUT_BACK_LEAST: i64 = 120;

/// Clocks that were put back: a local time that is earlier than the line before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PutBack {
    pub(super) offset: u64,
    pub(super) years: i32,
    pub(super) year: Option<i32>,
    pub(super) before: i64,
    pub(super) after: i64,
    /// No line since has left the first minutes after it.
    pub(super) fresh: bool,
    /// Where the first that did went right back to where clocks stood before.
    pub(super) leap: Option<u64>,
    /// Where lines had leapt from about `after` right up to `before`.
    pub(super) climb: Option<u64>,
}

/// A stretch of local time that happened twice.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FoldAt {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Offset up to which lines may be early ones of the second time, with none of the first before.
    pub(super) unsure_to: Option<u64>,
    /// Offset up to which lines are known to be of the first time.
    pub(super) first_to: Option<u64>,
    /// Offset from which lines are known to be of the second time.
    pub(super) second_from: Option<u64>,
    /// Offset from which lines may be late ones of the first time, with none of the second behind.
    pub(super) unsure_from: Option<u64>,
    /// All steps back were from its very end to its very beginning.
    pub(super) sharp: bool,
    /// Lines step back in ways that clocks do not: their order settles nothing.
    pub(super) disorder: bool,
    /// The kernel's clock says so, not the order of lines.
    pub(super) uptime: bool,
}

impl FoldAt {
    /// Takes a step back: `before` and `after` are local times.
    pub(super) fn put_back(&mut self, before: i64, after: i64, back: &PutBack) {
        if after >= self.to || before < self.from {
            return;
        }
        if after < self.from || before > self.to + 1800 {
            self.disorder |= after < self.from;
            return;
        }
        let sharp = before >= self.to - PUT_BACK_LEAST && after <= self.from + PUT_BACK_LEAST;
        if self.second_from.is_none() {
            self.first_to = back.offset.checked_sub(1);
            self.unsure_to = back.climb;
            self.sharp = sharp;
        } else {
            // Lines that change places while clocks are put back make more than one step.
            self.disorder |= !(self.sharp && sharp);
        }
        self.second_from = Some(back.offset);
        self.unsure_from = back.leap;
    }

    /// Whether nothing is known of any of its lines.
    pub(super) const fn is_open(&self) -> bool {
        self.first_to.is_none() && self.second_from.is_none() && !self.disorder
    }

    /// Forgets what the order of lines said.
    pub(super) const fn open(&mut self) {
        (self.unsure_to, self.first_to) = (None, None);
        (self.second_from, self.unsure_from) = (None, None);
    }

    /// Whether a line is of the second time; none where nothing says so.
    pub(super) fn second(&self, local: i64, offset: u64) -> Option<bool> {
        if self.unsure_to.is_some_and(|to| offset < to) {
            return None;
        }
        if self.first_to.is_some_and(|to| offset <= to) {
            return Some(false);
        }
        if self.unsure_from.is_some_and(|from| offset >= from) {
            return None;
        }
        match self.second_from {
            Some(from) if offset >= from => Some(true),
            // Between two steps back: what is late is from before the first.
            Some(_) if !self.uptime => Some(local < self.from + (self.to - self.from) / 2),
            _ => None,
        }
    }
}
