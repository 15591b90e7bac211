//! [`Sessions`]: facts in the order of lines become settled sessions.
//!
//! A session is keyed by host, process, source and source port where logged.
//! It ends at its closing line or after six hours of silence; what the same
//! key tells later is another session. The table depends on the sequence of
//! facts alone: neither chunks nor threads show in it.

use rustc_hash::FxHashMap;

use crate::addr::Addr;
use crate::class::{Class, Family};
use crate::days::SECOND;
use crate::dialect::{Edge, Kind, Tally};
use crate::limits::{
    DOUBTS_KEPT, PAM_SECONDS, SESSION_SILENCE_SECONDS, SESSIONS_OPEN, TRAILER_SECONDS,
};

use super::fact::{Doubt, Fact};
use super::open::{Key, Open};
use super::pool::{Pool, PoolKey};
use super::retold::{Lately, Retold};
use super::state::{By, Over, Session};

/// Whether a line or session about an account may decide a reading.
fn testifies(user: u64, reading: &Fact) -> bool {
    reading.kind.facts().family != Family::Sshd || (user != 0 && user == reading.user)
}

/// Sessions that may always be open before the table is swept for its size.
pub(super) const ROOM_LEAST: usize = 1 << 9;

/// An hour in nanoseconds.
pub(super) const HOUR: i64 = 3600 * SECOND;

/// The sessions of a run.
#[derive(Debug, Default)]
pub struct Sessions {
    pub(super) open: Open,
    pub(super) pool: Pool,
    /// A mail login that was refused lately, and how many lines may still retell it.
    pub(super) lately: Retold,
    pub(super) doubts: FxHashMap<(u32, u32), Vec<Doubt>>,
    /// Processes whose client broke off before it named its version, and when.
    pub(super) broken: FxHashMap<(u32, u32), i64>,
    /// Processes whose client sshd named at once, and when: where lines are listed, those that name nobody
    /// belong to it.
    pub(super) named: FxHashMap<(u32, u32), (Key, i64)>,
    /// Clients of sessions that have a name, by host and name, and when they connected.
    pub(super) called: FxHashMap<(u32, u64), (Addr, u16, i64)>,
    pub(super) remember: bool,
    /// When the hour of log time is over in which the last was given up that waited in vain.
    pub(super) hour_ends: i64,
    /// The latest such hour, and how often log time left its hour since.
    pub(super) latest: i64,
    pub(super) turns: usize,
    /// The newest line since the table was swept, by how much later ones were behind it, and by how much
    /// since what waits in vain was given up.
    pub(super) newest: i64,
    pub(super) newest_before: i64,
    pub(super) behind: i64,
    pub(super) behind_of_hour: i64,
    /// Open sessions at which the table is swept.
    pub(super) room: usize,
    /// Doubtful lines that no witness decided.
    pub quarantined: u64,
    /// Most sessions that may be open.
    pub(super) most: usize,
    /// Sessions that were settled before their time, since more than that were.
    pub cut_short: u64,
}

impl Sessions {
    /// An empty table. With `remember`, settled sessions list their lines.
    #[must_use]
    pub fn new(remember: bool) -> Self {
        Self {
            remember,
            hour_ends: i64::MIN,
            latest: i64::MIN,
            newest: i64::MIN,
            newest_before: i64::MIN,
            room: ROOM_LEAST.min(SESSIONS_OPEN),
            most: SESSIONS_OPEN,
            ..Self::default()
        }
    }

    /// Takes the next fact; sessions that it ends go to `out`.
    #[inline(always)]
    pub fn take(&mut self, fact: &Fact, out: &mut impl FnMut(Over)) {
        let at = fact.spot.nanos();
        if at >= self.newest {
            self.newest = at;
        } else {
            self.goes_back(at);
        }
        if !(self.hour_ends.saturating_sub(2 * HOUR)..self.hour_ends).contains(&at) {
            self.turn(at, out);
        }
        self.accept(fact, By::Itself, out);
        if !self.doubts.is_empty() {
            self.decide(fact, out);
        }
        // Memory does not grow with a log's length.
        if self.open.len() > self.room {
            self.sweep(at, out);
        }
    }

    #[inline(always)]
    fn accept(&mut self, fact: &Fact, by: By, out: &mut impl FnMut(Over)) {
        if fact.source == Addr::NOBODY {
            return self.accept_unnamed(fact, out);
        }
        let apart = matches!(
            fact.kind,
            Kind::KexBroken
                | Kind::MailConnected
                | Kind::Connected
                | Kind::Left
                | Kind::PamFailed
                | Kind::MailPam
                | Kind::MailHelper
        );
        if !(apart && self.accept_apart(fact, by, out)) {
            self.join(fact, by, out);
        }
    }

    /// The same, from where few lines come.
    #[inline(never)]
    fn accept_also(&mut self, fact: &Fact, by: By, out: &mut impl FnMut(Over)) {
        self.accept(fact, by, out);
    }

    /// Takes a line that is more than one of its session: whether that is all.
    fn accept_apart(&mut self, fact: &Fact, by: By, out: &mut impl FnMut(Over)) -> bool {
        match fact.kind {
            Kind::PamFailed | Kind::MailPam | Kind::MailHelper if fact.session == 0 => {
                if !self.joins_known(fact) {
                    self.pool.wait(fact);
                }
                return true;
            }
            Kind::KexBroken => {
                self.accept_unnamed(fact, out);
                return true;
            }
            // Its program names the client once, and the session from then on.
            Kind::MailConnected if fact.session != 0 => {
                if self.called.len() >= self.most {
                    self.called.clear();
                }
                let of = (fact.source, fact.port, fact.spot.nanos());
                self.called.insert((fact.host, fact.session), of);
            }
            Kind::Connected if self.remember && fact.pid != 0 => {
                if self.named.len() >= self.most {
                    self.named.clear();
                }
                self.named.insert((fact.host, fact.pid), (Key::of(fact), fact.spot.nanos()));
            }
            // Only here does the closing line of such a client name it.
            Kind::Left if fact.pid != 0 && !self.broken.is_empty() => {
                let at = self.broken.remove(&(fact.host, fact.pid));
                if at.is_some_and(|at| (fact.spot.nanos() - at).abs() <= TRAILER_SECONDS * SECOND) {
                    self.accept_also(&Fact { kind: Kind::ClosedEarly, ..*fact }, by, out);
                    return true;
                }
            }
            _ => {}
        }
        false
    }

    /// Takes a line of its session.
    #[inline(always)]
    fn join(&mut self, fact: &Fact, by: By, out: &mut impl FnMut(Over)) {
        let facts = fact.kind.facts();
        let key = Key::of(fact);
        let remember = self.remember;
        let Some(session) = self.open.of(&key, fact) else { return };
        // An old session under the key makes way in its place.
        if session.is_over(fact) {
            out(session.over(key.source, key.family()));
            *session = Session::new(fact);
        }
        session.take(fact, by, remember);
        if !self.pool.is_empty() {
            match facts.family {
                Family::Sshd => {
                    // PAM's lines wait only while their process has no open session.
                    if fact.pid != 0 && (session.lines == 1 || session.closed()) {
                        self.pool.own(PoolKey::of(fact), fact.pid, |f| {
                            session.set_own_pam();
                            session.take_also(&f, By::Itself, remember);
                        });
                    }
                    let told =
                        session.counts.of(Tally::Refused).max(session.counts.of(Tally::SshdOnPam));
                    // Where PAM spoke in the session's own process, sshd's `Failed` is that try.
                    let retold = match facts.tally {
                        Tally::Refused => !session.own_pam(),
                        tally => tally == Tally::SshdOnPam,
                    };
                    if retold {
                        // One each: a try told by two lines of sshd has one line of PAM's.
                        while session.counts.of(Tally::Pam) < told {
                            let Some(f) = self.pool.claim(
                                PoolKey::of(fact),
                                Tally::Pam,
                                fact.spot.at(),
                                PAM_SECONDS,
                            ) else {
                                break;
                            };
                            session.take_also(&f, By::Itself, remember);
                        }
                    }
                }
                Family::Mail
                    if facts.class == Some(Class::MailLogin) && facts.tally == Tally::Refused =>
                {
                    let before = PAM_SECONDS.max(i64::from(fact.lasted) + 10);
                    let told = session.counts.of(Tally::Refused);
                    while session.counts.of(Tally::Pam) < told {
                        let Some(f) =
                            self.pool.claim(PoolKey::of(fact), Tally::Pam, fact.spot.at(), before)
                        else {
                            break;
                        };
                        session.take_also(&f, By::Itself, remember);
                    }
                    while session.counts.of(Tally::Helper) < told {
                        let Some(f) = self.pool.claim(
                            PoolKey::of(fact),
                            Tally::Helper,
                            fact.spot.at(),
                            before,
                        ) else {
                            break;
                        };
                        session.take_also(&f, By::Itself, remember);
                    }
                }
                _ => {}
            }
        }
        if facts.family == Family::Mail
            && facts.class == Some(Class::MailLogin)
            && facts.tally == Tally::Refused
        {
            let (c, at) = (session.counts, fact.spot.nanos());
            let lately = Lately {
                key,
                at,
                pam: c.of(Tally::Refused).saturating_sub(c.of(Tally::Pam)),
                helper: c.of(Tally::Refused).saturating_sub(c.of(Tally::Helper)),
            };
            let now = self.slowest();
            self.lately.insert(PoolKey::of(fact), lately, now);
        }
    }

    /// Takes a line that names nobody.
    #[cold]
    fn accept_unnamed(&mut self, fact: &Fact, out: &mut impl FnMut(Over)) {
        if fact.source == Addr::NOBODY && fact.session != 0 {
            return self.accept_by_name(fact, out);
        }
        if fact.kind == Kind::KexBroken {
            self.broken.insert((fact.host, fact.pid), fact.spot.nanos());
        }
        if matches!(fact.kind, Kind::KexBroken | Kind::SshContext) {
            self.list_unnamed(fact);
        }
    }

    /// Takes a line that names its session and not its client: what it tells is the client's, where one
    /// is known to have begun that session, and nobody's else.
    fn accept_by_name(&mut self, fact: &Fact, out: &mut impl FnMut(Over)) {
        let name = (fact.host, fact.session);
        let Some((source, port, since)) = self.called.get(&name).copied() else { return };
        if (fact.spot.nanos() - since).abs() > SESSION_SILENCE_SECONDS * SECOND {
            return;
        }
        if fact.kind.facts().edge == Edge::Close {
            self.called.remove(&name);
        }
        self.accept_also(&Fact { source, port, ..*fact }, By::Session, out);
    }

    /// Lists a line that names nobody with the session of its process. It counts nothing there.
    fn list_unnamed(&mut self, fact: &Fact) {
        let Some((key, since)) = self.named.get(&(fact.host, fact.pid)) else { return };
        let lies = (fact.spot.nanos() - since).abs() <= SESSION_SILENCE_SECONDS * SECOND;
        if let Some(session) = self.open.get_mut(key).filter(|s| lies && !s.closed()) {
            session.remember(fact, By::Session);
        }
    }

    /// Whether a retelling line belongs to a session that is known already.
    fn joins_known(&mut self, fact: &Fact) -> bool {
        let remember = self.remember;
        let facts = fact.kind.facts();
        if facts.family == Family::Sshd {
            if fact.pid == 0 {
                return false;
            }
            let key = Key::of(fact);
            let Some(session) = self.open.get_mut(&key) else { return false };
            let silence = (fact.spot.nanos() - session.last.nanos()).abs() / SECOND;
            if session.closed() || silence > SESSION_SILENCE_SECONDS {
                return false;
            }
            session.set_own_pam();
            session.take_also(fact, By::Itself, remember);
            return true;
        }
        let Some(lately) = self.lately.get_mut(&PoolKey::of(fact)) else { return false };
        let left = if facts.tally == Tally::Pam { &mut lately.pam } else { &mut lately.helper };
        if *left == 0 || (fact.spot.nanos() - lately.at).abs() > PAM_SECONDS * SECOND {
            return false;
        }
        let Some(session) = self.open.get_mut(&lately.key) else { return false };
        *left -= 1;
        session.take_also(fact, By::Itself, remember);
        true
    }

    /// Takes a line with several readings: decided by another line of its
    /// process that names one of its sources with the same port, now or later.
    ///
    /// In sshd that line must be `Invalid user`, of the very account that the
    /// reading names: processes are used again, and whoever merely connected
    /// from a planted address, in whatever process, is no witness against it.
    pub fn doubt(&mut self, doubt: &Doubt, out: &mut impl FnMut(Over)) {
        let mut witnessed = None;
        let mut first = None;
        for fact in doubt.iter() {
            first.get_or_insert(fact);
            let testifies = |s: &Session| {
                let silence = (fact.spot.nanos() - s.last.nanos()).abs();
                s.port == fact.port
                    && !s.closed()
                    && silence <= SESSION_SILENCE_SECONDS * SECOND
                    && testifies(s.user, fact)
            };
            let known = fact.pid != 0 && self.open.get(&Key::of(fact)).is_some_and(testifies);
            if known && witnessed.replace(*fact).is_some() {
                // Two witnesses decide nothing.
                self.quarantined += 1;
                return;
            }
        }
        match (witnessed, first) {
            (Some(fact), _) => self.accept_also(&fact, By::Witness, out),
            (None, Some(f)) if f.pid != 0 => {
                let list = self.doubts.entry((f.host, f.pid)).or_default();
                if list.len() < DOUBTS_KEPT {
                    list.push(*doubt);
                } else {
                    self.quarantined += 1;
                }
            }
            _ => self.quarantined += 1,
        }
    }

    /// Lets a line that is beyond doubt decide those of its process that are not.
    fn decide(&mut self, witness: &Fact, out: &mut impl FnMut(Over)) {
        if witness.pid == 0 || witness.port == 0 {
            return;
        }
        let Some(list) = self.doubts.get_mut(&(witness.host, witness.pid)) else { return };
        let mut decided = Vec::new();
        list.retain(|doubt| {
            let mut hits = doubt.iter().filter(|f| {
                f.source == witness.source
                    && f.port == witness.port
                    && testifies(witness.user, f)
                    && (witness.spot.nanos() - f.spot.nanos()).abs()
                        <= SESSION_SILENCE_SECONDS * SECOND
            });
            match (hits.next(), hits.next()) {
                (Some(f), None) => {
                    decided.push(*f);
                    false
                }
                _ => true,
            }
        });
        if list.is_empty() {
            self.doubts.remove(&(witness.host, witness.pid));
        }
        // Its session may have closed with the witness: it is still that session's line.
        let remember = self.remember;
        for fact in decided {
            match self.open.get_mut(&Key::of(&fact)) {
                Some(session) => session.take_also(&fact, By::Witness, remember),
                None => self.accept_also(&fact, By::Witness, out),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Outcome, Place, Spot};
    use crate::time::Instant;

    fn fact(n: u32, kind: Kind, source: u32) -> Fact {
        Fact {
            kind,
            count: 1,
            source: Addr::from_v4(0xc000_0200 + source),
            port: 4711,
            our_port: 22,
            host: 0,
            pid: if source == 1 { 7 } else { 1000 + n },
            session: 0,
            user: 0,
            lasted: 0,
            spot: Spot::new(
                Instant::from_seconds(1_781_254_715 + i64::from(n)),
                Place { input: 0, offset: u64::from(n) },
            ),
        }
    }

    #[test]
    fn hosts_of_two_clocks_tell_in_turns() {
        // A collector's log whose hosts write times of their own, eight hours apart each.
        let mut sessions = Sessions::new(false);
        let mut settled = Vec::new();
        let mut out = |mut s: Over| {
            let s = s.settle();
            settled.push((s.source, s.outcome));
        };
        let told = |n: u32, kind, port, hours: i64| Fact {
            host: hours as u32,
            spot: Spot::new(
                Instant::from_seconds(1_783_000_000 + i64::from(n) + hours * 3600),
                Place { input: 0, offset: 100 + u64::from(n) },
            ),
            ..fact(n, kind, port)
        };
        // More than the room that there always is.
        let most = 3 * ROOM_LEAST as u32;
        for kind in [Kind::InvalidUser, Kind::Failed] {
            for n in 0..most {
                for hours in [1, 9, 17] {
                    sessions.take(&told(n, kind, 2, hours), &mut out);
                }
            }
        }
        sessions.finish(&mut out);
        assert_eq!(settled.len(), 3 * most as usize);
    }

    #[test]
    fn who_floods_loses_the_thread_of_his_own_sessions_alone() {
        let mut sessions = Sessions { most: 64, room: 64, ..Sessions::new(false) };
        let mut settled = Vec::new();
        let mut out = |mut s: Over| {
            let s = s.settle();
            settled.push((s.source, s.outcome));
        };
        // One mistypes a password, and logs in when the flood has been and gone.
        sessions.take(&fact(0, Kind::Failed, 1), &mut out);
        for n in 1..500 {
            sessions.take(&fact(n, Kind::Failed, 2), &mut out);
        }
        assert!(sessions.open.len() <= 65 && sessions.cut_short >= 400);
        sessions.take(&fact(500, Kind::Accepted, 1), &mut out);
        sessions.finish(&mut out);
        let of = |n: u32| settled.iter().filter(move |(a, _)| *a == Addr::from_v4(0xc000_0200 + n));
        assert_eq!(of(1).count(), 1);
        assert!(of(1).all(|(_, o)| *o == Outcome::LoggedIn));
        // Every try of the flood is counted all the same.
        assert_eq!(of(2).count(), 499);
    }
}
