//! [`State`]: takes chunks in the order of the run and keeps what outlives them.

use rustc_hash::FxHashMap;

use crate::class::Reading;
use crate::quad::{Lanes as _, wider};
use crate::session::{Over, Sessions, Settled};
use crate::source::{Partial, TOGETHER};
use crate::time::Step;
use crate::time::stray::leaps;

use super::account::Account;
use super::collect::Log;
use super::decided::Decided;
use super::gleaned::ChunkOut;
use super::merge::{Merge, Next};
use super::options::{Options, Remember};

/// What outlives the chunks of a run.
#[derive(Debug)]
pub struct State {
    sessions: Sessions,
    /// What the sessions came to, by source.
    pub sources: Partial,
    /// Per input.
    pub accounts: Vec<Account>,
    /// What sessions made of lines, where each is asked for.
    pub decided: Decided,
    hosts: FxHashMap<Vec<u8>, u32>,
    remember: Remember,
    batch: Vec<Over>,
    /// What was told and waits for other logs.
    pub merge: Merge,
    /// Where the calendar of each input stood behind its last chunk.
    before: Vec<Option<Step>>,
    /// Sessions that were settled before their time, since too many were open.
    pub cut_short: u64,
    /// Whether a New Year was missed between two stamps that were surveyed.
    pub missed: bool,
    /// A stamp without a zone or year that no survey had seen, by input.
    pub unknown_time: Option<u32>,
}

impl State {
    /// An empty state for some inputs.
    #[must_use]
    pub fn new(inputs: usize, options: &Options) -> Self {
        let remember = options.remember;
        Self {
            sessions: Sessions::new(remember.lists()),
            sources: Partial::new(options.keeping()),
            accounts: vec![Account::default(); inputs],
            decided: Decided::default(),
            hosts: FxHashMap::default(),
            remember,
            batch: Vec::new(),
            merge: Merge::new(inputs),
            before: vec![None; inputs],
            cut_short: 0,
            missed: false,
            unknown_time: None,
        }
    }

    /// Takes the next chunk of the plan. `delay` and `until` are what the plan says of it:
    /// when its log begins at the earliest, and when what is still to be read begins.
    pub fn take(&mut self, out: &mut ChunkOut, log: &Log, delay: i64, until: Option<(i64, u32)>) {
        if !log.exact {
            self.check_years(out);
        }
        if out.unknown_time.year || out.unknown_time.zone {
            self.unknown_time.get_or_insert(out.input);
        }
        if let Some(account) = self.accounts.get_mut(out.input as usize) {
            account.add(out);
        }
        let hosts: Vec<u32> = out
            .hosts
            .iter()
            .map(|name| match self.hosts.get(name) {
                Some(n) => *n,
                None => {
                    let n = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
                    self.hosts.insert(name.clone(), n);
                    n
                }
            })
            .collect();
        // Mostly a log is of one host, and its number the same in every chunk.
        if (0..).zip(&hosts).any(|(n, host): (u32, _)| n != *host) {
            let host = |n: u32| hosts.get(n as usize).copied().unwrap_or(u32::MAX);
            out.facts.iter_mut().for_each(|f| f.host = host(f.host));
            for (.., doubt) in &mut out.doubts {
                doubt.readings.iter_mut().flatten().for_each(|f| f.host = host(f.host));
            }
        }
        self.merge.take(out, log.follows, delay);
        self.release(until);
    }

    /// Lets sessions have what comes before `until`: everything, if that is none.
    pub fn release(&mut self, until: Option<(i64, u32)>) {
        let Self { sessions, sources, accounts, decided, remember, batch, merge, .. } = self;
        let wider = wider();
        // As soon as there are so many, so that they stay in the nearest cache.
        let mut end = |s: Over| {
            batch.push(s);
            if batch.len() == TOGETHER {
                sum_up(batch, sources, accounts, decided, *remember);
            }
        };
        merge.release(until, &mut |next| match next {
            Next::Facts(facts) => match wider {
                // A loop of its own, since only what is inlined is compiled for such a processor.
                Some(lanes) => lanes.run(
                    #[inline(always)]
                    || {
                        for fact in facts {
                            sessions.take(fact, &mut end);
                        }
                    },
                ),
                None => facts.iter().for_each(|fact| sessions.take(fact, &mut end)),
            },
            Next::Doubt(doubt) => sessions.doubt(doubt, &mut end),
        });
        sum_up(batch, sources, accounts, decided, *remember);
    }

    /// The survey may have seen only the first stamp of each chunk: where the
    /// chunk before ended must lead to where this one began.
    fn check_years(&mut self, out: &ChunkOut) {
        self.missed |= out.unknown_time.leap || out.unknown_time.unseen;
        let Some(before) = self.before.get_mut(out.input as usize) else { return };
        if let (Some(end), Some((civil, step))) = (*before, out.first)
            && let Some(day) = end.day
            && (end.to(&civil).years != step.years || leaps(day, &civil))
        {
            self.missed = true;
        }
        if out.first.is_some() || before.is_none() {
            *before = Some(out.end);
        }
    }

    /// Settles what is still open, and takes in the packets.
    pub fn finish(&mut self, packets: Vec<Partial>, options: &Options) {
        let max_sources = options.max_sources;
        let Self { sessions, sources, accounts, decided, remember, .. } = self;
        sessions.finish(&mut |mut s: Over| {
            settled((&s.settle(), None), sources, accounts, decided, *remember)
        });
        // Who only sent packets, which anyone can forge, takes no room from who tried to log in.
        let mut sent = Partial::new(options.keeping());
        for p in packets {
            sent.merge(p);
            sent.make_room(max_sources, max_sources / 8);
        }
        sent.make_room(max_sources, 0);
        sources.make_room(max_sources, 0);
        decided.finish();
        self.cut_short = sessions.cut_short;
        sources.merge(sent);
        let accounts = &mut self.accounts;
        self.sources.settle_company(|input, n| {
            if let Some(account) = accounts.get_mut(input as usize) {
                account.shift(Reading::Context, Reading::Hostile, n);
            }
        });
    }
}

/// Sums up sessions, at most [`TOGETHER`]: their sources lie far apart in memory, and so the waits for them
/// overlap.
#[inline(never)]
fn sum_up(
    batch: &mut Vec<Over>,
    sources: &mut Partial,
    accounts: &mut [Account],
    decided: &mut Decided,
    remember: Remember,
) {
    let places = sources.places(batch);
    for (s, place) in batch.iter_mut().zip(places) {
        settled((&s.settle(), place), sources, accounts, decided, remember);
    }
    batch.clear();
}

/// Sums up a session; `place` is where its source stands, if that is known.
fn settled(
    (s, place): (&Settled, Option<u32>),
    sources: &mut Partial,
    accounts: &mut [Account],
    decided: &mut Decided,
    remember: Remember,
) {
    sources.add_at(place, s);
    for told in &s.told {
        let (by_itself, Some(decision)) = s.of_line(told) else { continue };
        if remember == Remember::Lines {
            decided.put(told.place, decision, s.source);
        }
        if let Some(account) = accounts.get_mut(told.place.input as usize) {
            account.shift(by_itself, decision.reading, 1);
        }
    }
}
