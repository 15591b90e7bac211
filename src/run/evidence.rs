//! The lines of evidence of the sources that are filed, and of no others: [`gather`] goes through
//! the logs once, [`lines`] reads what it found of a source.

use std::path::Path;
use std::sync::Arc;

use crate::addr::Addr;
use crate::event::OurEnd;
use crate::fault::Outcome;
use crate::input::{Chunk, Lines};
use crate::json::Scratch;
use crate::judge::EvidenceLine;
use crate::judge::line::holds_other_address;
use crate::session::{Kept, Place};

use super::collect::{Log, Logs};
use super::decided::Verdict;
use super::feed::{Order, Steps, each_chunk};
use super::options::Options;
use super::read::{LineReader, Programs};
use super::repeat::{Known, Trail, times, told};
use super::replay::Verdicts;
use super::scan::Scan;
use super::skim::Skim;
use super::spool::{Ends, Found, Parts, Spool, part};

/// Finds the lines at `wanted`, each for the source of a number, and puts them into `spool` in the
/// order of the run. `wanted` is sorted; `ends` says where turns end.
///
/// # Errors
///
/// The threads cannot be started; the spool is full.
pub fn gather(
    logs: &Logs,
    scan: &Scan,
    options: &Options,
    wanted: &[(Kept, u32)],
    ends: &Ends,
    spool: &mut Spool,
) -> Outcome<()> {
    let mut outcome = Ok(());
    each_chunk(
        &logs.logs,
        Order::Inputs,
        options.threads,
        Steps {
            begin: &|| (),
            read: &|(), log: &Log, input, chunk: &Chunk| {
                super::progress::again(chunk.bytes().len() as u64);
                let place = |offset| Place { input, offset };
                let end = place(chunk.offset + chunk.bytes().len() as u64);
                let from = wanted.partition_point(|(l, _)| l.place() < place(chunk.offset));
                let mut wanted =
                    wanted.iter().skip(from).take_while(|(l, _)| l.place() < end).peekable();
                let mut parts = Parts::new();
                // Most chunks of a calm log hold none.
                if wanted.peek().is_none() {
                    return parts;
                }
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
                let mut skim = Skim::new(options.straight);
                let mut lines = Lines::new(chunk.bytes(), chunk.offset);
                // The years of stamps and what lines refer to hang on all lines before them.
                for n in before + 1.. {
                    let (offset, left) = lines.left();
                    let at = place(offset);
                    while wanted.next_if(|(l, _)| l.place() < at).is_some() {}
                    if wanted.peek().is_none() {
                        break;
                    }
                    let (line, moment, refers) =
                        match skim.pass(left, offset, &mut reader, &mut trail) {
                            Some((line, long, moment)) => {
                                lines.pass(long);
                                (line, moment, None)
                            }
                            None => {
                                let Some((_, line)) = lines.next() else { break };
                                let Ok(read) = reader.skim(line, offset) else {
                                    trail.cut();
                                    continue;
                                };
                                let refers = trail.refers(&read, line, at, &scan.referred);
                                let Some(moment) = read.moment else { continue };
                                skim.learn(line, &read, &trail);
                                (line, moment, refers)
                            }
                        };
                    while let Some((kept, source)) = wanted.next_if(|(l, _)| l.place() == at) {
                        let before = refers.map(|r| (r.before, matches!(r.by, Known::Asked(_))));
                        let (place, mark) = (at, kept.mark());
                        let found =
                            Found { source: *source, place, mark, number: n, moment, line, before };
                        part(ends, &mut parts, &found);
                    }
                }
                parts
            },
            take: &mut |parts: Parts| {
                outcome = spool.take(parts);
                outcome.is_ok()
            },
            end: &mut |()| {},
        },
    )?;
    outcome
}

/// What the lines that were found of a source say, in the order in which they were found; `programs` is what is
/// known of programs, and then is what is known behind them.
#[must_use]
pub fn lines<'f>(
    found: impl Iterator<Item = Found<'f>>,
    source: Addr,
    (logs, scan): (&Logs, &Scan),
    options: &Options,
    programs: &mut Programs,
) -> Vec<EvidenceLine> {
    let scratch = Scratch::default();
    let verdicts = Verdicts::of_scan(scan);
    let mut open: Option<(u32, LineReader<'_>, Arc<Path>, Arc<str>)> = None;
    // Nearly all that were found are lines of it.
    let mut out: Vec<EvidenceLine> = Vec::with_capacity(found.size_hint().1.unwrap_or(0));
    for Found { place, mark, number, moment, line, before, .. } in found {
        let Some(log) = logs.logs.get(place.input as usize) else { continue };
        // When each was logged is known: the clock of any chunk will do.
        let (_, reader, path, zone) = match &mut open {
            Some(open) if open.0 == place.input => open,
            open => {
                let (path, zone) = (log.input.path.as_path().into(), log.zone.as_str().into());
                let known = open.take().map_or_else(|| std::mem::take(programs), |o| o.1.known());
                open.insert((place.input, log.reader(0, &scratch).knowing(known), path, zone))
            }
        };
        let Ok(mut read) = reader.read(line, place.offset) else { continue };
        read.moment = Some(moment);
        let decided = mark.decision().map(|decision| Verdict::of(decision, source));
        let mut known = Known::Asked(line);
        if let Some((before, may_be_told)) = before
            && let Some(n) = times(&read)
            && let Some(said) = told(&read, n, before, &scratch)
        {
            read = said;
            // Of a line that had been told no session knows.
            known = if may_be_told { Known::Asked(before) } else { Known::New };
        }
        let end = verdicts.of_line(log, &read, known, (place, decided), options);
        let Some(act) = end.act else { continue };
        // The log is not what it was, or a line would stand against another.
        if act.source.is_some_and(|s| s != source) {
            continue;
        }
        let ours = OurEnd::of(&act, &read.envelope, &options.ours);
        let is_ours = |a: Addr| {
            options.ours.is_mine(a)
                || ours.addr == Some(a)
                || options.ours.hosts.values().any(|h| h.address == Some(a))
        };
        out.push(EvidenceLine {
            place,
            path: path.clone(),
            line: number,
            offset: place.offset,
            bytes: line.to_vec(),
            stamp: span_of(line, read.envelope.stamp_text),
            moment,
            zone: zone.clone(),
            kind: act.kind,
            dialect: read.heard.by.map_or("", |(d, _)| d.id),
            class: end.class,
            reading: end.reading,
            source_port: act.source_port,
            destination: ours.addr,
            destination_port: ours.port,
            assumed_destination: ours.assumed_addr,
            assumed_port: ours.assumed_port,
            transport: act.transport,
            user: act.user.map(<[u8]>::to_vec),
            host: shared(out.last().map(|l| &l.host), read.envelope.host),
            program: shared(out.last().map(|l| &l.program), read.envelope.program),
            pid: read.envelope.pid,
            other_addresses: holds_other_address(line, source, is_ours),
        });
    }
    if let Some((_, reader, ..)) = open {
        *programs = reader.known();
    }
    out
}

/// Some bytes, kept once where the line before has the same.
fn shared(before: Option<&Arc<[u8]>>, bytes: &[u8]) -> Arc<[u8]> {
    before.filter(|b| ***b == *bytes).map_or_else(|| bytes.into(), Arc::clone)
}

/// Where a part of a line lies in it.
fn span_of(line: &[u8], part: &[u8]) -> std::ops::Range<usize> {
    // The part is borrowed from the line; where it begins is a difference of addresses.
    let from = (part.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
    if from <= line.len() { from..from + part.len() } else { 0..0 }
}
