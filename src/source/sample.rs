//! [`Sample`]: some of a source's lines, the same ones whoever read them first.

use crate::limits::EVIDENCE_LINES;
use crate::session::Place;

/// The places of the lines with the smallest hash, as many as are kept.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    kept: Vec<Place>,
    /// Lines that were offered.
    pub of: u64,
}

impl Sample {
    /// Offers a line.
    pub fn add(&mut self, place: Place) {
        self.kept.push(place);
        self.of += 1;
        if self.kept.len() >= 2 * EVIDENCE_LINES {
            self.cut(EVIDENCE_LINES);
        }
    }

    /// Keeps the `n` with the smallest hash.
    pub fn cut(&mut self, n: usize) {
        if self.kept.len() > n {
            self.kept.select_nth_unstable_by_key(n, |p| p.hash());
            self.kept.truncate(n);
        }
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
    pub fn places(&self) -> Vec<Place> {
        let mut places = self.kept.clone();
        if places.len() > EVIDENCE_LINES {
            places.select_nth_unstable_by_key(EVIDENCE_LINES, |p| p.hash());
            places.truncate(EVIDENCE_LINES);
        }
        places.sort_unstable();
        places
    }
}

impl PartialEq for Sample {
    fn eq(&self, other: &Self) -> bool {
        self.of == other.of && self.places() == other.places()
    }
}

impl Eq for Sample {}
