//! Sessions that are hostile in company only, once it is known what company they keep.

use crate::class::{Class, Family};

use super::Partial;

impl Partial {
    /// Counts the sessions that are hostile in company with those they keep
    /// company with: once, when all is merged. `each` is told how many lines
    /// of which input now read as hostile.
    pub fn settle_company(&mut self, mut each: impl FnMut(u32, u64)) {
        for source in self.map.iter_mut() {
            let Some(lone) = source.more.as_mut().and_then(|m| m.extra.lone.take()) else {
                continue;
            };
            if source.family(Family::Sshd).is_none() {
                continue;
            }
            for (input, n) in lone.lines {
                each(input, n);
            }
            source.extra_mut().evidence.merge(lone.evidence);
            let first = source.family(Family::Sshd).and_then(|t| t.classes().first());
            if first.is_some_and(|c| c.class == Class::SshProbe) {
                source.extra_mut().timeline.merge(lone.timeline);
            }
            let tally = source.family_mut(Family::Sshd);
            // They go with the worst that the source did.
            if let Some(class) = tally.first_class() {
                class.lines += lone.tally.lines;
                class.connections += lone.tally.connections;
                class.span(lone.tally.first, lone.tally.last);
            }
            tally.merge(lone.tally);
        }
    }
}
