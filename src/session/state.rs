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
    fn add(&mut self, tally: u8, n: u32) {
        // No branch: lines of every kind come mixed.
        if let Some(count) = self.by.get_mut(usize::from(tally)) {
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
    /// Whether it has lines that are hostile in hostile company only.
    pub lone: bool,
    /// Our ports.
    pub our_port: u16,
    /// Its lines, where the run remembers them.
    pub told: Vec<Told>,
}

impl Settled {
    /// The classes, each with its attempts.
    #[inline(always)]
    pub fn classes(&self) -> impl Iterator<Item = (Class, u32)> {
        self.classes.iter().filter_map(|(class, n)| Some(((*class)?, *n)))
    }

    /// Whether its lines are hostile if its source is, in other sessions: it
    /// broke off before a login and offered no keys.
    #[must_use]
    pub const fn keeps_company(&self) -> bool {
        matches!(self.outcome, Outcome::Harmless) && self.lone && !self.keys_offered
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

/// A session that is over, as it lay: what it comes to is said where that is summed up, and not copied there.
#[derive(Debug)]
pub struct Over {
    /// Who.
    pub source: Addr,
    family: Family,
    session: Session,
}

impl Over {
    /// What it comes to.
    #[inline]
    #[must_use]
    pub fn settle(&mut self) -> Settled {
        self.session.settle(self.source, self.family)
    }
}

/// What is known of a session, as bits: they are set together, without a jump for each.
mod mark {
    /// Keys were offered. The next bit stands where a probe's line makes it hostile.
    pub const KEYS: u8 = 1;
    pub const HOSTILE: u8 = KEYS << 1;
    pub const CLOSED: u8 = 1 << 2;
    pub const LOGGED_IN: u8 = 1 << 3;
    /// PAM spoke within its own process.
    pub const OWN_PAM: u8 = 1 << 4;
    /// It has lines that are hostile in hostile company only.
    pub const LONE: u8 = 1 << 5;
}

/// Where a line of a kind begins another session, as bits.
mod over {
    /// Where this one has lines.
    pub const LINES: u8 = 1;
    /// Where it is closed.
    pub const CLOSED: u8 = 1 << 1;
    /// Where it has been so for longer than a trailing line takes.
    pub const LATE: u8 = 1 << 2;
    /// Where it is closed and the line names no port.
    pub const PORTLESS: u8 = 1 << 3;
}

/// What a line of a kind does to its session.
#[derive(Clone, Copy)]
struct Effect {
    /// Where it is of another: see [`over`].
    over: u8,
    /// The marks it sets.
    marks: u8,
    /// [`mark::HOSTILE`] where it does that only if no keys were offered.
    probe: u8,
    /// What its count is added to.
    tally: u8,
    /// Whether it says that a recipient or a sender was refused, and is counted so.
    refuses: bool,
    /// Its class, as a bit.
    class: u16,
}

/// Of nanoseconds without a line, so many end a session.
const SILENT: i64 = (SESSION_SILENCE_SECONDS + 1) * SECOND;

impl Effect {
    #[inline(always)]
    // The table has a place for every kind.
    #[allow(clippy::indexing_slicing)]
    fn by(kind: Kind) -> &'static Self {
        &EFFECTS[kind as usize]
    }

    const fn of(kind: Kind) -> Self {
        let facts = kind.facts();
        let (weight, probe) = match facts.weight {
            Weight::Hostile => (mark::HOSTILE, 0),
            Weight::Probe => (0, mark::HOSTILE),
            Weight::WithOthers => (mark::LONE, 0),
            Weight::KeyOffered => (mark::KEYS, 0),
            Weight::Success => (mark::LOGGED_IN, 0),
            Weight::Nothing => (0, 0),
        };
        let (over, edge) = match facts.edge {
            Edge::Open => (over::LINES, 0),
            Edge::Within => (over::CLOSED, 0),
            // `Connection closed` after `Unable to negotiate` closes the same connection.
            Edge::Close => (over::LATE | over::PORTLESS, mark::CLOSED),
            Edge::Trail => (over::LATE, 0),
        };
        let refuses =
            matches!(facts.class, Some(Class::Spam | Class::RelayAttempt | Class::Harvest));
        let class = match facts.class {
            Some(class) => class.bit(),
            None => 0,
        };
        Self { over, marks: weight | edge, probe, tally: facts.tally as u8, refuses, class }
    }
}

/// By [`Kind`].
static EFFECTS: [Effect; Kind::ALL.len()] = effects();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn effects() -> [Effect; Kind::ALL.len()] {
    let mut all = [Effect::of(Kind::Failed); Kind::ALL.len()];
    let mut n = 0;
    while n < all.len() {
        all[Kind::ALL[n] as usize] = Effect::of(Kind::ALL[n]);
        n += 1;
    }
    all
}

/// A session while it lasts. It is small, since many lie between the lines of one.
#[derive(Clone, Debug)]
pub struct Session {
    pub(super) port: u16,
    our_port: u16,
    classes: u16,
    marks: u8,
    /// The account that sshd said does not exist.
    pub(super) user: u64,
    pub(super) counts: Counts,
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
    pub fn new(fact: &Fact) -> Self {
        let here = fact.spot;
        Self { port: fact.port, our_port: fact.our_port, first: here, last: here, ..Self::NONE }
    }

    /// None: what lies in a free place.
    pub const NONE: Self = Self {
        port: 0,
        our_port: 0,
        classes: 0,
        marks: 0,
        user: 0,
        counts: Counts { by: [0; 5] },
        lines: 0,
        first: Spot::NONE,
        last: Spot::NONE,
        more: None,
    };

    const fn has(&self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// Whether its last line came.
    #[inline(always)]
    #[must_use]
    pub const fn closed(&self) -> bool {
        self.has(mark::CLOSED)
    }

    /// Whether PAM spoke within its own process.
    #[inline(always)]
    #[must_use]
    pub const fn own_pam(&self) -> bool {
        self.has(mark::OWN_PAM)
    }

    /// Says that it did.
    pub const fn set_own_pam(&mut self) {
        self.marks |= mark::OWN_PAM;
    }

    /// Whether a line with its key belongs to another session than this one.
    #[inline(always)]
    #[must_use]
    pub fn is_over(&self, fact: &Fact) -> bool {
        let silence = fact.spot.nanos() - self.last.nanos();
        let longer_than = |seconds: i64| silence >= (seconds + 1) * SECOND;
        // A log that goes back for as long tells of others, too.
        let silent = silence.wrapping_add(SILENT).cast_unsigned() >= 2 * SILENT.cast_unsigned();
        // No jump: lines of every kind come mixed.
        let closed = u8::from(self.closed());
        let late = closed & u8::from(longer_than(TRAILER_SECONDS));
        let portless = closed & u8::from(fact.port == 0);
        let is = (u8::from(self.lines > 0) * over::LINES)
            | (closed * over::CLOSED)
            | (late * over::LATE)
            | (portless * over::PORTLESS);
        silent
            | ((self.port != 0) & (fact.port != 0) & (self.port != fact.port))
            | (Effect::by(fact.kind).over & is != 0)
    }

    /// Takes a line that belongs to it, from where few lines come.
    #[inline(never)]
    pub fn take_also(&mut self, fact: &Fact, by: By, remember: bool) {
        self.take(fact, by, remember);
    }

    /// Takes a line that belongs to it.
    #[inline(always)]
    pub fn take(&mut self, fact: &Fact, by: By, remember: bool) {
        let effect = Effect::by(fact.kind);
        self.lines = self.lines.saturating_add(1);
        // Nearly every line is later than those before it.
        let here = fact.spot;
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
        // No jump where lines of every kind come mixed.
        let keys = (self.marks & mark::KEYS) << 1;
        let probe = effect.probe & !keys;
        let holds = u16::from((effect.marks | probe) & mark::HOSTILE != 0);
        self.classes |= effect.class & holds.wrapping_neg();
        self.marks |= effect.marks | probe;
        if effect.refuses {
            self.refuse(fact);
        } else {
            self.counts.add(effect.tally, fact.count);
        }
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
            more.told.push(Told { place: fact.spot.place(), kind: fact.kind, by });
        }
    }

    /// Takes out what it knows: it is over, and in its place another may begin.
    #[inline(always)]
    #[must_use]
    pub fn over(&mut self, source: Addr, family: Family) -> Over {
        Over { source, family, session: Self { more: self.more.take(), ..*self } }
    }

    /// What it comes to.
    fn settle(&mut self, source: Addr, family: Family) -> Settled {
        let outcome = match (self.has(mark::LOGGED_IN), self.has(mark::HOSTILE)) {
            (true, _) => Outcome::LoggedIn,
            (_, true) => Outcome::Hostile,
            _ => Outcome::Harmless,
        };
        let attempts = self.counts.attempts();
        let more = self.more.take().map_or_else(More::default, |more| *more);
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
            keys_offered: self.has(mark::KEYS),
            lone: self.has(mark::LONE),
            our_port: self.our_port,
            told: more.told,
        }
    }
}
