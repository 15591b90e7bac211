//! [`Decided`]: what sessions made of lines, where a run asks it of each line.

use rustc_hash::FxHashMap;

use crate::addr::Addr;
use crate::class::{Class, Reading};
use crate::session::{Decision, Kept, Mark, Place};

/// What its session made of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it reads.
    pub reading: Reading,
    /// The class it belongs to, if not its own.
    pub class: Option<Class>,
    /// Whose it is, where it does not tell that by itself.
    pub source: Option<Addr>,
}

impl Verdict {
    /// Of a line of the session of a source.
    #[must_use]
    pub fn of(decision: Decision, source: Addr) -> Self {
        let Decision { reading, class, by_others } = decision;
        Self { reading, class, source: by_others.then_some(source) }
    }
}

/// Lines whose session made them read otherwise than by themselves: sixteen bytes each.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// Nearly in the order of the run, and in it once all are there.
    lines: Vec<Kept>,
    /// Whose those are that do not tell it by themselves; few.
    sources: FxHashMap<Place, Addr>,
}

impl Decided {
    /// Adds a line of a session of `source`.
    pub fn put(&mut self, place: Place, decision: Decision, source: Addr) {
        self.lines.push(Kept::new(place, Mark::of(decision)));
        if decision.by_others {
            self.sources.insert(place, source);
        }
    }

    /// All are there.
    pub fn finish(&mut self) {
        // The last word on a line counts, and stays behind those before it.
        self.lines.sort_by_key(|line| line.place());
    }

    /// What was decided of a line.
    #[must_use]
    pub fn get(&self, place: Place) -> Option<Verdict> {
        let end = self.lines.partition_point(|line| line.place() <= place);
        let line = self.lines.get(end.checked_sub(1)?).filter(|line| line.place() == place)?;
        let Decision { reading, class, by_others } = line.mark().decision()?;
        let source = by_others.then(|| self.sources.get(&place).copied()).flatten();
        Some(Verdict { reading, class, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_line_counts() {
        let place = |offset| Place { input: 1, offset };
        let of = |reading, by_others| Decision { reading, class: None, by_others };
        let mut decided = Decided::default();
        let who = Addr::from_v4(0xc000_0207);
        decided.put(place(70), of(Reading::Context, false), who);
        decided.put(place(7), of(Reading::Hostile, true), who);
        decided.put(place(70), of(Reading::Benign, false), who);
        decided.finish();
        assert_eq!(decided.get(place(70)).map(|v| v.reading), Some(Reading::Benign));
        assert_eq!(decided.get(place(7)).and_then(|v| v.source), Some(who));
        assert_eq!(decided.get(place(8)), None);
        assert_eq!(decided.get(Place { input: 0, offset: 7 }), None);
        assert_eq!(decided.get(place(71)), None);
    }
}
