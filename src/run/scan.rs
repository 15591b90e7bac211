//! [`scan`]: reads all logs once and sums them up.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::fault::{Fault, Outcome};
use crate::session::{Fact, Place};
use crate::source::Partial;

use super::account::Account;
use super::chunk::Worker;
use super::collect::{Log, Logs};
use super::feed::{Faults, Steps, each_chunk};
use super::options::Options;
use super::overlap::Told;
use super::state::{Decision, State};

/// What a run comes to.
#[derive(Debug)]
pub struct Scan {
    /// The sources.
    pub sources: Partial,
    /// Per input, in the order of [`Logs::logs`].
    pub accounts: Vec<Account>,
    /// Lines whose session made them read otherwise than by themselves.
    pub decided: FxHashMap<Place, Decision>,
    /// Lines that several inputs tell.
    pub told: Told,
    /// Inputs that could not be read to their end.
    pub faults: Vec<Fault>,
}

/// Reads all logs. `progress` is told of bytes as they are read.
///
/// # Errors
///
/// A log without a zone and none told, found only now.
pub fn scan(logs: &mut Logs, options: &Options, progress: &(dyn Fn(u64) + Sync)) -> Outcome<Scan> {
    let (state, told, faults) = pass(&logs.logs, options, progress)?;
    if !state.missed && state.unknown_time.is_none() {
        return Ok(done(logs, state, told, faults));
    }
    // Rare: more than a year between two stamps that were surveyed, or forms mixed late in a long log.
    logs.resurvey(options)?;
    let (state, told, faults) = pass(&logs.logs, options, &|_| {})?;
    Ok(done(logs, state, told, faults))
}

fn done(logs: &Logs, mut state: State, told: Told, faults: Faults) -> Scan {
    for (i, account) in state.accounts.iter_mut().enumerate() {
        account.complete = !faults.iter().any(|(n, _)| *n == i);
    }
    let faults = faults
        .into_iter()
        .filter_map(|(n, e)| Some(Fault::file(&logs.logs.get(n)?.input.path, e)))
        .collect();
    Scan { sources: state.sources, accounts: state.accounts, decided: state.decided, told, faults }
}

fn pass(
    logs: &[Log],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Outcome<(State, Told, Faults)> {
    let mut state = State::new(logs.len(), options.remember);
    let mut packets = Vec::new();
    // Facts of chunks that were taken leave their memory to those that come.
    let spare: Mutex<Vec<Vec<Fact>>> = Mutex::default();
    let with_spare = |f: &mut dyn FnMut(&mut Vec<Vec<Fact>>)| {
        f(&mut spare.lock().unwrap_or_else(PoisonError::into_inner))
    };
    let mut told = Told::default();
    let mut faults = Faults::new();
    // An input that may repeat those before it waits until they are told.
    let mut from = 0;
    while from < logs.len() {
        let more = logs.iter().skip(from + 1).position(|l| l.shares_before);
        let to = more.map_or(logs.len(), |n| from + 1 + n);
        let mut now_told = Vec::new();
        let more = each_chunk(
            logs,
            from..to,
            options.threads,
            Steps {
                begin: &|| Worker::new(options, &told),
                read: &|worker, log, input, chunk| {
                    let mut facts = None;
                    with_spare(&mut |s| facts = s.pop());
                    let out = worker.read(log, input, chunk, facts.unwrap_or_default());
                    progress(chunk.bytes().len() as u64);
                    out
                },
                take: &mut |mut out: super::chunk::ChunkOut| {
                    state.take(&out);
                    if !out.told.is_empty() {
                        now_told.push((out.input, std::mem::take(&mut out.told)));
                    }
                    let mut facts = std::mem::take(&mut out.facts);
                    facts.clear();
                    with_spare(&mut |s| s.push(std::mem::take(&mut facts)));
                    true
                },
                end: &mut |worker: Worker<'_>| packets.push(worker.packets),
            },
        )?;
        faults.extend(more);
        for (input, hashes) in now_told {
            told.add(input, &hashes);
        }
        from = to;
    }
    state.finish(packets);
    Ok((state, told, faults))
}
