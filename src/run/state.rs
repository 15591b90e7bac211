//! [`State`]: takes chunks in the order of the run and keeps what outlives them.

use rustc_hash::FxHashMap;

use crate::addr::Addr;
use crate::class::{Class, Reading};
use crate::dialect::{Kind, Weight};
use crate::session::{By, Place, Sessions, Settled, Told};
use crate::source::{Partial, TOGETHER};
use crate::time::Step;

use super::account::Account;
use super::collect::Log;
use super::gleaned::ChunkOut;
use super::merge::{Merge, Next};

/// What its session made of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How it reads.
    pub reading: Reading,
    /// The class it belongs to, if not its own.
    pub class: Option<Class>,
    /// Which of its sources is the true one, where it was in doubt.
    pub source: Option<Addr>,
}

/// What outlives the chunks of a run.
#[derive(Debug)]
pub struct State {
    sessions: Sessions,
    /// What the sessions came to, by source.
    pub sources: Partial,
    /// Per input.
    pub accounts: Vec<Account>,
    /// Lines whose session made them read otherwise than by themselves.
    pub decided: FxHashMap<Place, Decision>,
    hosts: FxHashMap<Vec<u8>, u32>,
    remember: bool,
    batch: Vec<Settled>,
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
    pub fn new(inputs: usize, remember: bool) -> Self {
        Self {
            sessions: Sessions::new(remember),
            sources: Partial::new(remember),
            accounts: vec![Account::default(); inputs],
            decided: FxHashMap::default(),
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
        self.check_years(out);
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
        // Settled sessions are summed up some together: their sources lie far apart in memory, and so
        // the waits for them overlap.
        let mut sum_up = |batch: &mut Vec<Settled>| {
            for some in batch.chunks(TOGETHER) {
                let places = sources.places(some);
                for (s, place) in some.iter().zip(places) {
                    settled((s, place), sources, accounts, decided, *remember);
                }
            }
            batch.clear();
        };
        merge.release(until, &mut |next| match next {
            Next::Facts(facts) => {
                for fact in facts {
                    sessions.take(fact, &mut |s| batch.push(s));
                    if batch.len() >= TOGETHER {
                        sum_up(batch);
                    }
                }
            }
            Next::Doubt(doubt) => sessions.doubt(doubt, &mut |s| batch.push(s)),
        });
        sum_up(batch);
    }

    /// The survey may have seen only the first stamp of each chunk: where the
    /// chunk before ended must lead to where this one began.
    fn check_years(&mut self, out: &ChunkOut) {
        self.missed |= out.unknown_time.leap || out.unknown_time.unseen;
        if out.unknown_time.year || out.unknown_time.zone {
            self.unknown_time.get_or_insert(out.input);
        }
        let Some(before) = self.before.get_mut(out.input as usize) else { return };
        if let (Some(end), Some((civil, step))) = (*before, out.first)
            && end.day.is_some()
            && end.to(&civil).years != step.years
        {
            self.missed = true;
        }
        if out.first.is_some() || before.is_none() {
            *before = Some(out.end);
        }
    }

    /// Settles what is still open, and takes in the packets.
    pub fn finish(&mut self, packets: Vec<Partial>, max_sources: usize) {
        let Self { sessions, sources, accounts, decided, remember, .. } = self;
        sessions
            .finish(&mut |s: Settled| settled((&s, None), sources, accounts, decided, *remember));
        // Who only sent packets, which anyone can forge, takes no room from who tried to log in.
        let mut sent = Partial::new(*remember);
        for p in packets {
            sent.merge(p);
            sent.make_room(max_sources, max_sources / 8);
        }
        sent.make_room(max_sources, 0);
        sources.make_room(max_sources, 0);
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

/// Sums up a session; `place` is where its source stands, if that is known.
fn settled(
    (s, place): (&Settled, Option<u32>),
    sources: &mut Partial,
    accounts: &mut [Account],
    decided: &mut FxHashMap<Place, Decision>,
    remember: bool,
) {
    sources.add_at(place, s);
    if !remember {
        return;
    }
    // A probe's line in a session of login tries is part of those.
    let login = s.classes.iter().any(|(c, _)| *c == Some(Class::SshLogin));
    for told in &s.told {
        let facts = told.kind.facts();
        let by_itself = match told {
            Told { by: By::Witness, .. } => Reading::Quarantined,
            Told { kind: Kind::ClosedEarly, .. } => Reading::Context,
            // It accuses nobody by itself.
            Told { by: By::Session, .. } if facts.reading == Reading::Hostile => Reading::Context,
            _ => facts.reading,
        };
        let reading = s.reading(told.kind);
        let class = match facts.class {
            Some(Class::SshProbe) if login => Some(Class::SshLogin),
            // Its line alone is of no class.
            class if told.kind == Kind::ClosedEarly => class,
            _ => None,
        };
        // Says that this one does not turn hostile in company.
        let apart = facts.weight == Weight::WithOthers && !s.keeps_company();
        let by_others = told.by != By::Itself;
        if reading != by_itself || class.is_some() || apart || by_others {
            let source = by_others.then_some(s.source);
            decided.insert(told.place, Decision { reading, class, source });
            if let Some(account) = accounts.get_mut(told.place.input as usize) {
                account.shift(by_itself, reading, 1);
            }
        }
    }
}
