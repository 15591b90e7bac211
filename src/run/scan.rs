//! [`scan`]: reads all logs once and sums them up.

use std::sync::{Mutex, PoisonError};

use crate::fault::{Fault, Outcome};
use crate::limits::{Bound, FACTS_HELD, REPEATS, SESSIONS_OPEN};
use crate::session::Fact;
use crate::source::Partial;

use super::account::Account;
use super::carry::Carry;
use super::chunk::Worker;
use super::collect::{Log, Logs};
use super::decided::Decided;
use super::feed::{Faults, Order, Steps, each_chunk};
use super::options::Options;
use super::overlap::Told;
use super::plan::Plan;
use super::repeat::Referred;
use super::state::State;

/// What a run comes to.
#[derive(Debug)]
pub struct Scan {
    /// The sources.
    pub sources: Partial,
    /// Per input, in the order of [`Logs::logs`].
    pub accounts: Vec<Account>,
    /// Lines whose session made them read otherwise than by themselves.
    pub decided: Decided,
    /// Lines that several inputs tell.
    pub told: Told,
    /// Lines of earlier chunks that the first lines of a chunk refer to.
    pub referred: Referred,
    /// Inputs that could not be read to their end.
    pub faults: Vec<Fault>,
    /// Sessions that were settled before their time, since too many were open.
    pub cut_short: u64,
    /// Whether lines were counted before those of another log that lie before them in time.
    pub hurried: bool,
}

impl Scan {
    /// The bounds that the run met: nothing is left out in silence.
    #[must_use]
    pub fn bounds_met(&self, options: &Options) -> Vec<Bound> {
        let mut out = Vec::new();
        if self.sources.left_out > 0 {
            let (limit, beyond) = (options.max_sources, self.sources.left_out);
            out.push(Bound {
                limit: "max-sources",
                is: limit as u64,
                beyond: Some(beyond),
                text: format!(
                    "more sources than the {limit} that are kept of each kind (--max-sources): {beyond} lines of others are in no row and no report"
                ),
            });
        }
        if self.cut_short > 0 {
            let (limit, beyond) = (SESSIONS_OPEN, self.cut_short);
            out.push(Bound {
                limit: "sessions-open",
                is: limit as u64,
                beyond: Some(beyond),
                text: format!(
                    "more than {limit} sessions were open at once: {beyond} were counted before they ended, and what they told later counts as another's"
                ),
            });
        }
        if self.hurried {
            out.push(Bound {
                limit: "facts-held",
                is: FACTS_HELD as u64,
                beyond: None,
                text: format!(
                    "more than {FACTS_HELD} lines had to wait for other logs: a session that several logs tell may be counted as two"
                ),
            });
        }
        let capped: u64 = self.accounts.iter().map(|a| a.capped).sum();
        if capped > 0 {
            out.push(Bound {
                limit: "repeats",
                is: u64::from(REPEATS),
                beyond: Some(capped),
                text: format!(
                    "{capped} lines claim to stand for {REPEATS} or more; each was counted as {REPEATS}"
                ),
            });
        }
        out
    }
}

/// Reads all logs. `progress` is told of bytes as they are read.
///
/// # Errors
///
/// A log without a zone and none told, found only now.
pub fn scan(logs: &mut Logs, options: &Options, progress: &(dyn Fn(u64) + Sync)) -> Outcome<Scan> {
    let passed = pass(&logs.logs, options, progress)?;
    let learns_more = passed.state.missed || passed.state.unknown_time.is_some();
    if !learns_more || logs.logs.iter().all(|log| log.exact) {
        return Ok(done(logs, passed));
    }
    // Rare: more than a year between two stamps that were surveyed, or forms mixed late in a long log.
    logs.resurvey(options)?;
    let passed = pass(&logs.logs, options, &|_| {})?;
    Ok(done(logs, passed))
}

/// What one pass over all logs comes to.
struct Passed {
    state: State,
    told: Told,
    referred: Referred,
    faults: Faults,
}

fn done(logs: &Logs, passed: Passed) -> Scan {
    let Passed { mut state, told, referred, mut faults } = passed;
    for (i, log) in logs.logs.iter().enumerate() {
        if let Err(e) = log.input.unchanged()
            && !faults.iter().any(|(n, _)| *n == i)
        {
            faults.push((i, e));
        }
    }
    for (i, account) in state.accounts.iter_mut().enumerate() {
        account.complete = !faults.iter().any(|(n, _)| *n == i);
    }
    let faults =
        faults.into_iter().filter_map(|(n, e)| Some(logs.logs.get(n)?.input.fault(&e))).collect();
    let State { sources, accounts, decided, cut_short, merge, .. } = state;
    let hurried = merge.hurried;
    Scan { sources, accounts, decided, told, referred, faults, cut_short, hurried }
}

fn pass(logs: &[Log], options: &Options, progress: &(dyn Fn(u64) + Sync)) -> Outcome<Passed> {
    let mut state = State::new(logs.len(), options);
    let mut packets = Vec::new();
    // Facts of chunks that were taken leave their memory to those that come.
    let spare: Mutex<Vec<Vec<Fact>>> = Mutex::default();
    let with_spare = |f: &mut dyn FnMut(&mut Vec<Vec<Fact>>)| {
        f(&mut spare.lock().unwrap_or_else(PoisonError::into_inner))
    };
    let mut told = Told::default();
    let mut faults = Faults::new();
    let mut carry = Carry::default();
    // An input that may repeat those before it waits until they are told.
    let mut from = 0;
    while from < logs.len() {
        let more = logs.iter().skip(from + 1).position(|l| l.shares_before);
        let to = more.map_or(logs.len(), |n| from + 1 + n);
        let mut now_told = Vec::new();
        let mut teller = Worker::new(options, &told);
        let plan = Plan::new(logs, from..to);
        let more = each_chunk(
            logs,
            Order::Planned(&plan),
            options.threads,
            Steps {
                begin: &|| Worker::new(options, &told),
                read: &|worker, log, input, chunk| {
                    let mut facts = None;
                    with_spare(&mut |s| facts = s.pop());
                    let out = worker.read(log, input, chunk, facts.unwrap_or_default());
                    worker.packets.make_room(options.max_sources, options.max_sources / 8);
                    progress(chunk.bytes().len() as u64);
                    out
                },
                take: &mut |mut out: super::gleaned::ChunkOut| {
                    carry.take(logs, &mut teller, &mut out);
                    let Some(log) = logs.get(out.input as usize) else { return true };
                    let until = plan.after(log, out.input, out.index);
                    let delay = plan.delay(out.input);
                    state.take(&mut out, log, delay, until);
                    state.sources.make_room(options.max_sources, options.max_sources / 8);
                    if !out.told.is_empty() {
                        now_told.push((out.input, std::mem::take(&mut out.told)));
                    }
                    with_spare(&mut |s| s.append(&mut state.merge.spare));
                    true
                },
                end: &mut |worker: Worker<'_>| packets.push(worker.packets),
            },
        )?;
        state.release(None);
        faults.extend(more);
        packets.push(teller.packets);
        for (input, hashes) in now_told {
            told.add(input, &hashes);
        }
        from = to;
    }
    state.finish(packets, options);
    Ok(Passed { state, told, referred: carry.referred, faults })
}
