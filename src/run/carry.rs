//! [`Carry`]: the last lines of chunks that were taken, for lines of the next that refer to them.

use rustc_hash::FxHashMap;

use crate::class::Reading;
use crate::dialect::{Heard, Said};
use crate::envelope::Reader;
use crate::json::Scratch;
use crate::session::Place;
use crate::time::Instant;

use super::chunk::Worker;
use super::collect::Log;
use super::gleaned::{ChunkOut, Leading};
use super::read::{Program, Read};
use super::repeat::{self, Referred};

/// A line that may be referred to.
#[derive(Debug)]
struct Kept {
    line: Box<[u8]>,
    at: i64,
    input: u32,
}

/// The last line of each host in each log; a log takes over what the rotation before it ended with.
#[derive(Debug, Default)]
pub struct Carry {
    last: FxHashMap<u32, FxHashMap<Vec<u8>, Kept>>,
    /// Which lines were referred to from later chunks, by the line that refers.
    pub referred: Referred,
}

impl Carry {
    /// Settles what the next chunk of the run refers to before itself, and keeps its last lines.
    pub fn take(&mut self, logs: &[Log], worker: &mut Worker<'_>, out: &mut ChunkOut) {
        let Some(log) = logs.get(out.input as usize) else { return };
        if out.index == 0
            && let Some(last) = log.follows.and_then(|rotated| self.last.remove(&rotated))
        {
            self.last.insert(out.input, last);
        }
        let (mut facts, mut doubts) = (0, 0);
        for l in std::mem::take(&mut out.leading) {
            let at = (l.before.0 + facts, l.before.1 + doubts);
            let ends = (out.facts.len(), out.doubts.len());
            let late = std::mem::take(&mut out.late);
            let span = out.span;
            out.span = span.map(|(a, b)| (a, Instant { nanos: l.reached, ..b }));
            let reading = self.settle(logs, worker, &l, out);
            (out.late, out.span) = (late, span);
            for (from, to) in [(Reading::Other, false), (reading, true)] {
                if let Some(n) = out.readings.get_mut(from as usize) {
                    *n = if to { *n + 1 } else { n.saturating_sub(1) };
                }
            }
            // What it told was put last, and belongs where it lies.
            if out.facts.len() > ends.0
                && let Some(fact) = out.facts.pop()
            {
                let place = at.0.min(out.facts.len());
                out.facts.insert(place, fact);
                facts += 1;
                out.doubts.iter_mut().skip(at.1).for_each(|(n, ..)| *n += 1);
                let behind = out.late.partition_point(|(from, _)| *from < place);
                out.late.iter_mut().skip(behind).for_each(|(from, _)| *from += 1);
                if fact.spot.nanos() < l.reached {
                    out.late.insert(behind, (place, l.reached));
                }
            }
            if out.doubts.len() > ends.1
                && let Some((_, reached, doubt)) = out.doubts.pop()
            {
                out.doubts.insert(at.1.min(out.doubts.len()), (at.0, reached, doubt));
                doubts += 1;
            }
        }
        let last = self.last.entry(out.input).or_default();
        if out.cut {
            last.clear();
        }
        for (host, line, at) in std::mem::take(&mut out.trail) {
            if let Some(name) = out.hosts.get(host as usize) {
                let kept = Kept { line, at, input: out.input };
                last.insert(name.clone(), kept);
            }
        }
    }

    fn settle(
        &mut self,
        logs: &[Log],
        worker: &mut Worker<'_>,
        l: &Leading,
        out: &mut ChunkOut,
    ) -> Reading {
        let name = out.hosts.get(l.host as usize).cloned().unwrap_or_default();
        let last = self.last.get_mut(&out.input).and_then(|last| last.get_mut(&name));
        let Some(kept) = last else { return Reading::Other };
        if !repeat::near(kept.at, l.moment.at.nanos) {
            return Reading::Other;
        }
        kept.at = l.moment.at.nanos;
        let Some(home) = logs.get(kept.input as usize) else { return Reading::Other };
        let scratch = Scratch::default();
        let Ok(envelope) = Reader::new(&scratch).read(&l.bytes) else { return Reading::Other };
        let read = Read {
            envelope,
            moment: Some(l.moment),
            program: Program::of(envelope.program),
            heard: Heard { said: Said::No, by: None, id: u8::MAX },
        };
        let Some(n) = repeat::times(&read) else { return Reading::Other };
        let place = Place { input: out.input, offset: l.offset };
        let lines = std::mem::replace(&mut out.lines, l.line);
        let home = (home, kept.input);
        let before = out.told_before;
        let reading = worker.tell_again(&read, n, &kept.line, home, l.host, place, out);
        out.lines = lines;
        if worker.remembers() {
            self.referred.insert(place, (kept.line.clone(), out.told_before != before));
        }
        reading
    }
}
