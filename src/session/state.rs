//! One session while its lines arrive, and what it comes to when it is over.

use crate::addr::Addr;
use crate::class::{Class, Family, Reading};
use crate::days::SECOND;
use crate::dialect::{Edge, Kind, Tally, Weight};
use crate::limits::{SESSION_SILENCE_SECONDS, TRAILER_SECONDS};

use super::fact::{Fact, Place, Spot};

/// Lines of one session that are remembered one by one.
const TOLD_KEPT: usize = 16_384;

/// A line of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where it lies.
    pub place: Place,
    /// What it told.
    pub kind: Kind,
    /// How it is known whom it is of.
    pub by: By,
}

/// How it is known whom a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// It names him.
    Itself,
    /// It names several, and another line of the session decided.
    Witness,
    /// It names nobody, and belongs to the session.
    Session,
}

/// What a session comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At least one hostile event.
    Hostile,
    /// Nothing held against it.
    Harmless,
    /// The far end logged in: what failed before was a mistake.
    LoggedIn,
}

/// The counts by kind of telling; one try is told by several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By [`Tally`]; what counts nothing is counted first, and not asked for.
    by: [u32; 5],
}

impl Counts {
    /// Adds a line's count.
    #[inline(always)]
    pub fn add(&mut self, tally: Tally, n: u32) {
        // No branch: lines of every kind come mixed.
        if let Some(count) = self.by.get_mut(tally as usize) {
            *count = count.saturating_add(n);
        }
    }

    /// What was counted of a kind.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, tally: Tally) -> u32 {
        self.by.get(tally as usize).copied().unwrap_or(0)
    }

    /// The attempts: the largest count.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        let [_, refused, sshd_on_pam, pam, helper] = self.by;
        refused.max(sshd_on_pam).max(pam).max(helper)
    }
}

/// A session that is over.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Who.
    pub source: Addr,
    /// In whose logs.
    pub family: Family,
    /// What it comes to.
    pub outcome: Outcome,
    /// Attempts by class, in no order; a class without attempts has 0.
    pub classes: [(Option<Class>, u32); 4],
    /// Lines that name the source.
    pub lines: u32,
    /// The earliest line.
    pub first: Spot,
    /// The latest line.
    pub last: Spot,
    /// Whether keys were offered, so that the end of the session says nothing.
    pub keys_offered: bool,
    /// Lines that are hostile in hostile company only.
    pub lone: u32,
    /// Our ports.
    pub our_port: u16,
    /// Its lines, where the run remembers them.
    pub told: Vec<Told>,
}

impl Settled {
    /// Whether its lines are hostile if its source is, in other sessions: it
    /// broke off before a login and offered no keys.
    #[must_use]
    pub const fn keeps_company(&self) -> bool {
        matches!(self.outcome, Outcome::Harmless) && self.lone > 0 && !self.keys_offered
    }

    /// How a line of this session reads in the end.
    #[must_use]
    pub fn reading(&self, kind: Kind) -> Reading {
        let facts = kind.facts();
        match (self.outcome, facts.weight) {
            (Outcome::LoggedIn, _) if facts.reading == Reading::Hostile => Reading::Benign,
            (_, Weight::Probe) if self.keys_offered && self.outcome != Outcome::Hostile => {
                Reading::Context
            }
            (Outcome::Hostile, Weight::WithOthers) => Reading::Hostile,
            _ => facts.reading,
        }
    }
}

/// A session while it lasts. It is small, since many lie between the lines of one.
#[derive(Clone, Debug)]
pub struct Session {
    pub(super) port: u16,
    pub(super) our_port: u16,
    /// The account that sshd said does not exist.
    pub(super) user: u64,
    pub(super) closed: bool,
    pub(super) hostile: bool,
    keys_offered: bool,
    logged_in: bool,
    /// PAM spoke within its own process.
    pub(super) own_pam: bool,
    lone: u32,
    pub(super) counts: Counts,
    classes: u16,
    pub(super) lines: u32,
    first: Spot,
    pub(super) last: Spot,
    more: Option<Box<More>>,
}

/// What few sessions have.
#[derive(Clone, Debug, Default)]
struct More {
    spam: u32,
    relay: u32,
    harvest: u32,
    told: Vec<Told>,
}

impl Session {
    /// A session that begins with a line.
    #[inline(always)]
    #[must_use]
    pub const fn new(fact: &Fact) -> Self {
        Self {
            port: fact.port,
            our_port: fact.our_port,
            user: 0,
            closed: false,
            hostile: false,
            keys_offered: false,
            logged_in: false,
            own_pam: false,
            lone: 0,
            counts: Counts { by: [0; 5] },
            classes: 0,
            lines: 0,
            first: Spot::new(fact.at, fact.place),
            last: Spot::new(fact.at, fact.place),
            more: None,
        }
    }

    /// Whether a line with its key belongs to another session than this one.
    #[inline]
    #[must_use]
    pub fn is_over(&self, fact: &Fact, edge: Edge) -> bool {
        let silence = fact.at.nanos - self.last.nanos();
        let longer_than = |seconds: i64| silence >= (seconds + 1) * SECOND;
        let late = longer_than(TRAILER_SECONDS);
        // No jump: lines of every kind come mixed.
        longer_than(SESSION_SILENCE_SECONDS)
            | ((self.port != 0) & (fact.port != 0) & (self.port != fact.port))
            | ((edge == Edge::Open) & (self.lines > 0))
            | (self.closed
                & ((edge == Edge::Within)
                    | ((edge == Edge::Trail) & late)
                    // `Connection closed` after `Unable to negotiate` closes the same connection.
                    | ((edge == Edge::Close) & (late | (fact.port == 0)))))
    }

    /// Takes a line that belongs to it.
    #[inline]
    pub fn take(&mut self, fact: &Fact, by: By, remember: bool) {
        let facts = fact.kind.facts();
        self.lines = self.lines.saturating_add(1);
        // Nearly every line is later than those before it.
        let here = Spot::new(fact.at, fact.place);
        if here >= self.last {
            self.last = here;
        } else if here < self.first {
            self.first = here;
        }
        if self.port == 0 {
            self.port = fact.port;
        }
        if fact.user != 0 && by == By::Itself {
            self.user = fact.user;
        }
        if self.our_port == 0 {
            self.our_port = fact.our_port;
        }
        // No branch where lines of every kind come mixed.
        let weight = facts.weight;
        let holds = weight == Weight::Hostile || (weight == Weight::Probe && !self.keys_offered);
        self.hostile |= holds;
        self.classes |= if holds { facts.class.map_or(0, Class::bit) } else { 0 };
        self.keys_offered |= weight == Weight::KeyOffered;
        self.logged_in |= weight == Weight::Success;
        self.lone += u32::from(weight == Weight::WithOthers);
        match facts.class {
            Some(Class::Spam | Class::RelayAttempt | Class::Harvest) => self.refuse(fact),
            _ => self.counts.add(facts.tally, fact.count),
        }
        self.closed |= facts.edge == Edge::Close;
        if remember {
            self.remember(fact, by);
        }
    }

    /// A recipient or a sender was refused.
    fn refuse(&mut self, fact: &Fact) {
        let more = self.more.get_or_insert_default();
        let count = match fact.kind.facts().class {
            Some(Class::Spam) => &mut more.spam,
            Some(Class::RelayAttempt) => &mut more.relay,
            _ => &mut more.harvest,
        };
        *count = count.saturating_add(fact.count);
    }

    /// Lists a line.
    pub(super) fn remember(&mut self, fact: &Fact, by: By) {
        let more = self.more.get_or_insert_default();
        if more.told.len() < TOLD_KEPT {
            more.told.push(Told { place: fact.place, kind: fact.kind, by });
        }
    }

    /// What it comes to.
    #[must_use]
    pub fn settle(self, source: Addr, family: Family) -> Settled {
        let outcome = match (self.logged_in, self.hostile) {
            (true, _) => Outcome::LoggedIn,
            (_, true) => Outcome::Hostile,
            _ => Outcome::Harmless,
        };
        let attempts = self.counts.attempts();
        let more = self.more.map_or_else(More::default, |more| *more);
        let has = |c: Class| self.classes & c.bit() != 0;
        let mut classes = [(None, 0); 4];
        let mut slots = classes.iter_mut();
        let mut put = |class, n| {
            if let Some(slot) = slots.next() {
                *slot = (Some(class), n);
            }
        };
        match family {
            Family::Sshd if has(Class::SshLogin) => put(Class::SshLogin, attempts),
            Family::Sshd if has(Class::SshProbe) => put(Class::SshProbe, 0),
            Family::Mail => {
                if has(Class::MailLogin) {
                    put(Class::MailLogin, attempts);
                }
                for (class, n) in [
                    (Class::RelayAttempt, more.relay),
                    (Class::Harvest, more.harvest),
                    (Class::Spam, more.spam),
                ] {
                    if has(class) {
                        put(class, n);
                    }
                }
                // Bad manners beside a worse act are part of it.
                if self.classes == Class::SmtpProbe.bit() {
                    put(Class::SmtpProbe, 0);
                }
            }
            _ => {}
        }
        Settled {
            source,
            family,
            outcome,
            classes,
            lines: self.lines,
            first: self.first,
            last: self.last,
            keys_offered: self.keys_offered,
            lone: self.lone,
            our_port: self.our_port,
            told: more.told,
        }
    }
}
