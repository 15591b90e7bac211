//! [`Decision`]: what its session makes of a line, where that is not what the line says by itself.

use crate::class::{Class, Reading};
use crate::dialect::{Kind, Weight};

use super::fact::Place;
use super::state::{By, Settled, Told};

/// What its session made of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How it reads.
    pub reading: Reading,
    /// The class it belongs to, if not its own.
    pub class: Option<Class>,
    /// Whether the line alone does not tell that it is its source's.
    pub by_others: bool,
}

/// A line's decision, or that there is none, in little room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u16);

impl Mark {
    /// The line reads as it does by itself.
    pub const NONE: Self = Self(0);

    /// Where the class stands; below it the reading, counted from 1.
    const CLASS: u32 = 4;
    /// Where it says whether others tell whose the line is.
    const OTHERS: u32 = 12;

    /// Of a decision.
    #[must_use]
    pub fn of(decision: Decision) -> Self {
        let Decision { reading, class, by_others } = decision;
        let class = class.map_or(0, |class| class as u16 + 1);
        let (class, others) = (class << Self::CLASS, u16::from(by_others) << Self::OTHERS);
        Self((reading as u16 + 1) | class | others)
    }

    /// What was decided, if anything was.
    #[must_use]
    pub fn decision(self) -> Option<Decision> {
        let reading = usize::from(self.0 & ((1 << Self::CLASS) - 1)).checked_sub(1)?;
        let class = usize::from((self.0 >> Self::CLASS) as u8).checked_sub(1);
        Some(Decision {
            reading: Reading::ALL.into_iter().find(|r| *r as usize == reading)?,
            class: class.and_then(|n| Class::ALL.into_iter().find(|c| *c as usize == n)),
            by_others: self.0 >> Self::OTHERS != 0,
        })
    }

    /// As a number, and back.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// See [`Self::bits`].
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

/// A line that is kept: where it lies, and what was decided of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    input: u32,
    offset: u64,
    mark: Mark,
}

const _: () = assert!(size_of::<Kept>() == 16);

impl Kept {
    /// Of a line.
    #[must_use]
    pub const fn new(place: Place, mark: Mark) -> Self {
        Self { input: place.input, offset: place.offset, mark }
    }

    /// Where it lies.
    #[must_use]
    pub const fn place(self) -> Place {
        Place { input: self.input, offset: self.offset }
    }

    /// What was decided of it.
    #[must_use]
    pub const fn mark(self) -> Mark {
        self.mark
    }
}

impl Settled {
    /// How a line reads by itself, and what the session made of it if it matters.
    #[must_use]
    pub fn of_line(&self, told: &Told) -> (Reading, Option<Decision>) {
        let facts = told.kind.facts();
        let by_itself = match told {
            Told { by: By::Witness, .. } => Reading::Quarantined,
            Told { kind: Kind::ClosedEarly, .. } => Reading::Context,
            // It accuses nobody by itself.
            Told { by: By::Session, .. } if facts.reading == Reading::Hostile => Reading::Context,
            _ => facts.reading,
        };
        let reading = self.reading(told.kind);
        let login = || self.classes.iter().any(|(c, _)| *c == Some(Class::SshLogin));
        let class = match facts.class {
            // A probe's line in a session of login tries is part of those.
            Some(Class::SshProbe) if login() => Some(Class::SshLogin),
            // Its line alone is of no class.
            class if told.kind == Kind::ClosedEarly => class,
            _ => None,
        };
        // Says that this one does not turn hostile in company.
        let apart = facts.weight == Weight::WithOthers && !self.keeps_company();
        let by_others = told.by != By::Itself;
        let matters = reading != by_itself || class.is_some() || apart || by_others;
        (by_itself, matters.then_some(Decision { reading, class, by_others }))
    }

    /// What was decided of one of its lines.
    #[must_use]
    pub fn mark(&self, told: &Told) -> Mark {
        self.of_line(told).1.map_or(Mark::NONE, Mark::of)
    }

    /// The same of its first and of its last line, where they are remembered.
    #[must_use]
    pub fn end_marks(&self) -> (Mark, Mark) {
        let at = |told: Option<&Told>| told.map_or(Mark::NONE, |told| self.mark(told));
        let (first, last) = (self.first.place(), self.last.place());
        // Lines come mostly in order.
        (
            at(self.told.iter().find(|told| told.place == first)),
            at(self.told.iter().rev().find(|told| told.place == last)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_gives_its_decision_back() {
        assert_eq!(Mark::NONE.decision(), None);
        let classes = Class::ALL.into_iter().map(Some).chain([None]);
        let mut marks = Vec::new();
        for class in classes {
            for reading in Reading::ALL {
                for by_others in [false, true] {
                    let decision = Decision { reading, class, by_others };
                    let mark = Mark::of(decision);
                    assert_eq!(mark.decision(), Some(decision));
                    assert_eq!(Mark::from_bits(mark.bits()), mark);
                    marks.push(mark);
                }
            }
        }
        let n = marks.len();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), n);
    }
}
