//! [`read_back`]: the lines of evidence of the sources that are filed, and of no others.

use rustc_hash::FxHashMap;

use crate::addr::Addr;
use crate::event::OurEnd;
use crate::fault::Outcome;
use crate::input::{Chunk, Lines};
use crate::json::Scratch;
use crate::judge::EvidenceLine;
use crate::judge::line::holds_other_address;
use crate::session::Place;

use super::collect::{Log, Logs};
use super::feed::{Order, Steps, each_chunk};
use super::options::Options;
use super::repeat::Trail;
use super::replay::Verdicts;
use super::scan::Scan;

/// Lines that are wanted, each for its source.
pub type WantedLines = FxHashMap<Place, Addr>;

/// Reads the wanted lines back, and hands them out in the order of the run.
///
/// # Errors
///
/// The threads cannot be started.
pub fn read_back(
    logs: &Logs,
    scan: &Scan,
    options: &Options,
    wanted: &WantedLines,
    each: &mut (dyn FnMut(Addr, EvidenceLine) + Send),
) -> Outcome<()> {
    let mut places: Vec<Place> = wanted.keys().copied().collect();
    places.sort_unstable();
    let verdicts = Verdicts::of_scan(scan);
    each_chunk(
        &logs.logs,
        Order::Inputs,
        options.threads,
        Steps {
            begin: &|| (),
            read: &|(), log: &Log, input, chunk: &Chunk| {
                super::progress::again(chunk.bytes().len() as u64);
                let mut found = Vec::new();
                let end = Place { input, offset: chunk.offset + chunk.bytes().len() as u64 };
                let from = places.partition_point(|p| *p < Place { input, offset: chunk.offset });
                // Most chunks hold none.
                if places.get(from).is_none_or(|p| *p >= end) {
                    return found;
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
                for (n, (offset, line)) in
                    (before + 1..).zip(Lines::new(chunk.bytes(), chunk.offset))
                {
                    let Ok(read) = reader.read(line, offset) else {
                        trail.cut();
                        continue;
                    };
                    let at = Place { input, offset };
                    let (read, told) = trail.follow(read, line, at, &scan.referred, &scratch);
                    let (Some(source), Some(moment)) = (wanted.get(&at), read.moment) else {
                        continue;
                    };
                    let end = verdicts.of_line(log, &read, told, at, options);
                    let Some(act) = end.act else { continue };
                    // The log is not what it was, or a line would stand against another.
                    if act.source.is_some_and(|s| s != *source) {
                        continue;
                    }
                    let ours = OurEnd::of(&act, &read.envelope, &options.ours);
                    let stamp = span_of(line, read.envelope.stamp_text);
                    let is_ours = |a: Addr| {
                        options.ours.is_mine(a)
                            || ours.addr == Some(a)
                            || options.ours.hosts.values().any(|h| h.address == Some(a))
                    };
                    found.push((
                        *source,
                        EvidenceLine {
                            place: at,
                            path: log.input.path.clone(),
                            line: n,
                            offset,
                            bytes: line.to_vec(),
                            stamp,
                            moment,
                            zone: log.zone.clone(),
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
                            host: read.envelope.host.to_vec(),
                            program: read.envelope.program.to_vec(),
                            pid: read.envelope.pid,
                            other_addresses: holds_other_address(line, *source, is_ours),
                        },
                    ));
                }
                found
            },
            take: &mut |found: Vec<(Addr, EvidenceLine)>| {
                found.into_iter().for_each(|(addr, line)| each(addr, line));
                true
            },
            end: &mut |()| {},
        },
    )?;
    Ok(())
}

/// Where a part of a line lies in it.
fn span_of(line: &[u8], part: &[u8]) -> std::ops::Range<usize> {
    // The part is borrowed from the line; where it begins is a difference of addresses.
    let from = (part.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
    if from <= line.len() { from..from + part.len() } else { 0..0 }
}
