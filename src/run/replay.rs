//! [`replay`]: reads the logs once more, now that every session is settled, and hands out lines as they read in the end.

use std::path::Path;

use crate::class::{Class, Family, Reading};
use crate::dialect::{Act, Said, Weight};
use crate::envelope::Unread;
use crate::event::{Event, OurEnd};
use crate::fault::Outcome;
use crate::input::{Chunk, Lines};
use crate::json::Scratch;
use crate::session::Place;
use crate::source::Partial;

use super::chunk::{alone, told_before};
use super::collect::{Log, Logs};
use super::decided::{Decided, Verdict};
use super::feed::{Order, Steps, each_chunk};
use super::options::Options;
use super::overlap::Told;
use super::read::Read;
use super::repeat::{Known, Trail};
use super::scan::Scan;
use super::timeless;

/// Which lines of a replay are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Hostile ones.
    Hostile,
    /// All that a dialect of ours reads, and what lines without a stamp say.
    Known,
}

/// What decides how a line reads in the end.
#[derive(Clone, Copy, Debug)]
pub struct Verdicts<'r> {
    /// Lines whose session decided.
    pub decided: &'r Decided,
    /// The sources, for the class of packets.
    pub sources: &'r Partial,
    /// Lines that several inputs tell.
    pub told: &'r Told,
}

/// How a line reads in the end.
#[derive(Clone, Copy, Debug)]
pub struct Final<'a> {
    /// The reading.
    pub reading: Reading,
    /// Its class, where hostile.
    pub class: Option<Class>,
    /// What it says, where that is one thing.
    pub act: Option<Act<'a>>,
}

impl<'r> Verdicts<'r> {
    /// The verdicts of a run.
    #[must_use]
    pub const fn of_scan(scan: &'r Scan) -> Self {
        Self { decided: &scan.decided, sources: &scan.sources, told: &scan.told }
    }

    /// How a line reads in the end, by what its session made of it; one that an input before told is context there.
    #[must_use]
    pub fn of_line<'a>(
        &self,
        log: &Log,
        read: &Read<'a>,
        known: Known<'_>,
        (place, verdict): (Place, Option<Verdict>),
        options: &Options,
    ) -> Final<'a> {
        let end = self.of(read, verdict, options);
        let told = match known {
            Known::Told => true,
            Known::New => false,
            Known::Asked(line) => {
                log.shares_before && told_before(read, line, log, self.told, place.input, None)
            }
        };
        if told {
            return Final { reading: Reading::Context, class: None, ..end };
        }
        end
    }

    fn hostile_in_sshd(&self, act: &Act<'_>) -> bool {
        act.source
            .and_then(|s| self.sources.get(s))
            .is_some_and(|s| s.family(Family::Sshd).is_some())
    }

    /// How a line reads in the end, by what its session made of it.
    #[must_use]
    pub fn of<'a>(
        &self,
        read: &Read<'a>,
        decision: Option<Verdict>,
        options: &Options,
    ) -> Final<'a> {
        let (by_itself, act) = alone(read, &options.ours);
        let told = decision.and_then(|d| d.source);
        let act = match (&read.heard.said, told) {
            (Said::Several(readings), Some(source)) => {
                readings.iter().find(|a| a.source == Some(source)).copied()
            }
            // It names nobody, and its session is his.
            (Said::One(_), Some(_)) => act.map(|a| Act { source: a.source.or(told), ..a }),
            _ => act,
        };
        let reading = match (decision, &act) {
            (Some(d), _) => d.reading,
            // It broke off before a login, and its source is hostile in other sessions.
            (None, Some(a))
                if a.kind.facts().weight == Weight::WithOthers && self.hostile_in_sshd(a) =>
            {
                Reading::Hostile
            }
            _ => by_itself,
        };
        let class = match (reading, &act) {
            (Reading::Hostile, Some(a)) if a.kind.facts().family == Family::Firewall => a
                .source
                .and_then(|s| self.sources.get(s))
                .and_then(|s| s.packet_class(options.scan_limits)),
            (Reading::Hostile, Some(a)) => decision.and_then(|d| d.class).or(a.kind.facts().class),
            _ => None,
        };
        Final { reading, class, act }
    }
}

/// The parts of an event that come from where its line lies.
#[derive(Clone, Copy, Debug)]
pub struct Where<'a> {
    /// The input.
    pub path: &'a Path,
    /// The told zone's name.
    pub zone: &'a str,
    /// The line's number, from 1.
    pub line: u64,
    /// Its offset.
    pub offset: u64,
}

/// Puts a line's event together.
#[must_use]
pub fn event<'a>(
    read: &'a Read<'a>,
    end: &Final<'a>,
    at: Where<'a>,
    candidates: &'a [Act<'a>],
    options: &Options,
) -> Event<'a> {
    let dialect = read.heard.by.map(|(d, _)| d).or_else(|| read.program.claim.first());
    Event {
        moment: read.moment,
        zone: at.zone,
        envelope: &read.envelope,
        act: end.act,
        candidates,
        reading: end.reading,
        class: end.class,
        dataset: dialect.map_or("", |d| d.id),
        family: end.act.map(|a| a.kind.facts().family).or_else(|| dialect.map(|d| d.family)),
        our_end: end.act.map(|a| OurEnd::of(&a, &read.envelope, &options.ours)).unwrap_or_default(),
        path: at.path,
        line: at.line,
        offset: at.offset,
        original: None,
    }
}

/// Writes what a line without a stamp says, where it names one source. In which span of time it lies
/// nobody knows, so there is nothing of it where one was asked for.
#[cold]
fn timeless_event(
    out: &mut Vec<u8>,
    line: &[u8],
    at: Where<'_>,
    options: &Options,
    write: Write<'_>,
) {
    if options.since.is_some() || options.until.is_some() {
        return;
    }
    let Some(said) = timeless::read(line) else { return };
    let act = Act { kind: options.ours.judge(&said.act), ..said.act };
    let event = Event {
        moment: None,
        zone: at.zone,
        envelope: &said.envelope,
        act: Some(act),
        candidates: &[],
        reading: Reading::Unread,
        class: None,
        dataset: said.dialect().map_or("", |d| d.id),
        family: Some(act.kind.facts().family),
        // What the line states, and nothing that is told or usual.
        our_end: OurEnd { addr: act.destination, port: act.destination_port, ..OurEnd::default() },
        path: at.path,
        line: at.line,
        offset: at.offset,
        original: None,
    };
    write(out, &event, line);
}

/// Makes bytes of a wanted line: of its event, and of the line itself.
pub type Write<'w> = &'w (dyn Fn(&mut Vec<u8>, &Event<'_>, &[u8]) + Sync);

/// Reads the logs again; `write` makes bytes of each wanted line, `take` gets
/// them in the order of the run and may end it by returning false.
///
/// # Errors
///
/// The threads cannot be started.
pub fn replay(
    logs: &Logs,
    scan: &Scan,
    options: &Options,
    wanted: Wanted,
    write: Write<'_>,
    take: &mut (dyn FnMut(Vec<u8>) -> bool + Send),
) -> Outcome<()> {
    let verdicts = Verdicts::of_scan(scan);
    each_chunk(
        &logs.logs,
        Order::Inputs,
        options.threads,
        Steps {
            begin: &|| (),
            read: &|(), log: &Log, input, chunk: &Chunk| {
                super::progress::again(chunk.bytes().len() as u64);
                let mut out = Vec::new();
                let before = scan
                    .accounts
                    .get(input as usize)
                    .and_then(|a| a.lines_before.get(chunk.index))
                    .copied()
                    .unwrap_or(0);
                let scratch = Scratch::default();
                let mut reader = log.reader(chunk.index, &scratch);
                reader.doubt(chunk.unended());
                let mut trail = Trail::default();
                for (n, (offset, line)) in
                    (before + 1..).zip(Lines::new(chunk.bytes(), chunk.offset))
                {
                    let read = match reader.read(line, offset) {
                        Ok(read) => read,
                        Err(reason) => {
                            trail.cut();
                            if wanted == Wanted::Known && reason == Unread::NoEnvelope {
                                let at = Where {
                                    path: &log.input.path,
                                    zone: &log.zone,
                                    line: n,
                                    offset,
                                };
                                timeless_event(&mut out, line, at, options, write);
                            }
                            continue;
                        }
                    };
                    if read.moment.is_none() {
                        // Unread, as it was counted.
                        trail.cut();
                        let dated = options.since.is_some() || options.until.is_some();
                        if wanted == Wanted::Known && read.heard.by.is_some() && !dated {
                            let (_, act) = alone(&read, &options.ours);
                            let end = Final { reading: Reading::Unread, class: None, act };
                            let (path, zone) = (&log.input.path, &log.zone);
                            let at = Where { path, zone, line: n, offset };
                            write(&mut out, &event(&read, &end, at, &[], options), line);
                        }
                        continue;
                    }
                    let at = Place { input, offset };
                    let (read, known) = trail.follow(read, line, at, &scan.referred, &scratch);
                    if read.moment.is_some_and(|m| !options.wants(m.at)) {
                        continue;
                    }
                    let decided = (at, verdicts.decided.get(at));
                    let end = verdicts.of_line(log, &read, known, decided, options);
                    let asked = match wanted {
                        Wanted::Hostile => end.reading == Reading::Hostile,
                        Wanted::Known => read.heard.by.is_some(),
                    };
                    if !asked {
                        continue;
                    }
                    let candidates: Vec<Act<'_>> = match (&read.heard.said, end.reading) {
                        (Said::Several(r), Reading::Quarantined) => r.iter().copied().collect(),
                        _ => Vec::new(),
                    };
                    let at = Where { path: &log.input.path, zone: &log.zone, line: n, offset };
                    write(&mut out, &event(&read, &end, at, &candidates, options), line);
                }
                out
            },
            take: &mut |out| take(out),
            end: &mut |()| {},
        },
    )?;
    Ok(())
}
