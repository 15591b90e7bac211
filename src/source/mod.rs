//! What each source did: counts in bounded fields, merged by a law.
//!
//! [`Partial`] is what crosses threads, files and, later, machines. Merging is
//! associative and commutative, and every bounded field is a function of the
//! set of lines: sums, least and greatest, the smallest ports, the lines with
//! the smallest hash.

pub mod ports;
pub mod sample;
pub mod timeline;
pub mod tally;
mod room;
mod index;
mod table;
mod extra;

use crate::addr::Addr;
use crate::class::{Class, Counted, Family};
use crate::dialect::Weight;
use crate::session::{Outcome, Place, Settled};
use crate::time::Instant;

use extra::{Extra, More};
pub use ports::Ports;
pub use sample::Sample;
use table::Table;
pub use table::{ADDED_TOGETHER, TOGETHER};
pub use tally::{ClassTally, FamilyTally, Packet, PacketTally};
pub use timeline::Timeline;

/// Failed tries before a success is worth a finding.
pub const FAILED_BEFORE_LOGIN: u64 = 10;

/// What one source did, over all its lines: two lines of the cache, for nearly all.
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
pub struct Source {
    /// Of the family that told of it first.
    tally: FamilyTally,
    /// What few sources have; apart, so that the table of sources stays small.
    more: Option<Box<More>>,
}

impl Source {
    /// What a family's logs tell of it.
    #[inline]
    #[must_use]
    pub fn family(&self, family: Family) -> Option<&FamilyTally> {
        if self.tally.family == Some(family) {
            return Some(&self.tally);
        }
        self.more.as_ref()?.families.get(family as usize)?.as_ref()
    }

    /// The families that tell of it, in order.
    pub fn families(&self) -> impl Iterator<Item = (Family, &FamilyTally)> {
        Family::ALL.into_iter().filter_map(|f| Some((f, self.family(f)?)))
    }

    #[inline]
    fn family_mut(&mut self, family: Family) -> &mut FamilyTally {
        if *self.tally.family.get_or_insert(family) == family {
            return &mut self.tally;
        }
        let [sshd, firewall, mail] = &mut self.more.get_or_insert_default().families;
        let place = match family {
            Family::Sshd => sshd,
            Family::Firewall => firewall,
            Family::Mail => mail,
        };
        let tally = place.get_or_insert_default();
        tally.family = Some(family);
        tally
    }

    /// Looks at the line of the cache that a session mostly changes, and not the other.
    #[inline(always)]
    #[must_use]
    fn touch_first(&self) -> u64 {
        self.tally.last.nanos() as u64 ^ self.tally.lines
    }

    /// Looks at both its lines of the cache. What comes of it says nothing, but hangs on each.
    #[inline(always)]
    #[must_use]
    pub fn touch(&self) -> u64 {
        let t = &self.tally;
        let ends = t.first.nanos() as u64 ^ t.last.nanos() as u64;
        ends ^ t.lines ^ t.packets ^ u64::from(t.ports.count()) ^ u64::from(self.more.is_some())
    }

    fn extra(&self) -> Option<&Extra> {
        self.more.as_ref().map(|more| &more.extra)
    }

    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.more.get_or_insert_default().extra
    }

    /// Sessions in which it logged in.
    #[must_use]
    pub fn logins(&self) -> u64 {
        self.extra().map_or(0, |e| e.logins)
    }

    /// The first of them.
    #[must_use]
    pub fn first_login(&self) -> Option<Instant> {
        self.extra().and_then(|e| e.first_login)
    }

    /// Where its lines of evidence lie.
    #[must_use]
    pub fn evidence(&self) -> Vec<Place> {
        self.extra().map_or(Vec::new(), |e| e.evidence.places())
    }

    /// When it was at it; refused packets are of the class `probe` there,
    /// whatever they come to together. Empty where no evidence was kept.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.extra().map_or_else(Timeline::default, |e| e.timeline.clone())
    }

    /// Whether it did anything hostile.
    #[must_use]
    pub fn is_hostile(&self) -> bool {
        self.tally.family.is_some()
    }

    /// Attempts over all families.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.families().map(|(_, t)| t.attempts).sum()
    }

    /// Whether it logged in, and failed so often in other sessions that it may have guessed. One
    /// whose every login lies before its first failure did not guess.
    #[must_use]
    pub fn login_succeeded(&self) -> bool {
        let Some(last) = self.extra().and_then(|e| e.last_login) else { return false };
        let tried = self.families().filter(|(f, _)| *f != Family::Firewall);
        let failed = tried.map(|(_, t)| t.first.at()).min();
        self.attempts() >= FAILED_BEFORE_LOGIN && failed.is_some_and(|failed| last >= failed)
    }

    /// The earliest and the latest line over all families.
    #[must_use]
    pub fn span(&self) -> Option<(Instant, Instant)> {
        let first = self.families().map(|(_, t)| t.first.at()).min()?;
        let last = self.families().map(|(_, t)| t.last.at()).max()?;
        Some((first, last))
    }

    #[inline(always)]
    fn add_packet(&mut self, keeps_evidence: bool, p: &Packet) {
        if keeps_evidence {
            self.extra_mut().evidence.add(p.place);
            self.extra_mut().timeline.add(p.at, Class::Probe, 1);
        }
        self.family_mut(Family::Firewall).add_packet(p);
    }

    fn merge(&mut self, other: Self) {
        if let Some(family) = other.tally.family {
            self.family_mut(family).merge(other.tally);
        }
        let Some(more) = other.more else { return };
        for (family, tally) in Family::ALL.into_iter().zip(more.families) {
            if let Some(tally) = tally {
                self.family_mut(family).merge(tally);
            }
        }
        self.extra_mut().merge(more.extra);
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        let none = Extra::default();
        self.families().eq(other.families())
            && self.extra().unwrap_or(&none) == other.extra().unwrap_or(&none)
    }
}

impl Eq for Source {}

const _: () = assert!(size_of::<Source>() == 128);

/// The sources of some lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    map: Table<Source>,
    /// Whether lines of evidence are kept.
    pub keeps_evidence: bool,
    /// Lines of sources that were left out for want of room.
    pub left_out: u64,
    /// Whether any was.
    overrun: bool,
}

impl Partial {
    /// No source yet. With `keeps_evidence`, each keeps some of its lines' places.
    #[must_use]
    pub fn new(keeps_evidence: bool) -> Self {
        Self { keeps_evidence, ..Self::default() }
    }

    /// Adds a session that is over.
    pub fn add(&mut self, s: &Settled) {
        self.add_at(self.map.place(s.source), s);
    }

    /// The same, of a source that stands at `place` if that is known ([`Self::places`]).
    pub fn add_at(&mut self, place: Option<u32>, s: &Settled) {
        match s.outcome {
            Outcome::Harmless if s.keeps_company() => {
                let lone = self.map.of_at(s.source, place).extra_mut().lone.get_or_insert_default();
                lone.tally.span(s.first, s.last);
                lone.tally.lines += u64::from(s.lines);
                lone.tally.connections += 1;
                if s.our_port != 0 {
                    lone.tally.add_port(s.our_port);
                }
                if self.keeps_evidence {
                    s.told.iter().for_each(|t| lone.evidence.add(t.place));
                    lone.timeline.add(s.first.at(), Class::SshProbe, 1);
                }
                // Only a run that remembers lines accounts for what their sessions made of them.
                for told in s.told.iter().filter(|t| t.kind.facts().weight == Weight::WithOthers) {
                    *lone.lines.entry(told.place.input).or_default() += 1;
                }
                return;
            }
            Outcome::Harmless => return,
            Outcome::LoggedIn => {
                let extra = self.map.of_at(s.source, place).extra_mut();
                extra.logins += 1;
                extra.first_login =
                    Some(extra.first_login.map_or(s.last.at(), |f| f.min(s.last.at())));
                extra.last_login = extra.last_login.max(Some(s.last.at()));
                return;
            }
            Outcome::Hostile => {}
        }
        let source = self.map.of_at(s.source, place);
        if self.keeps_evidence {
            for told in &s.told {
                source.extra_mut().evidence.add(told.place);
            }
        }
        let tally = source.family_mut(s.family);
        tally.span(s.first, s.last);
        tally.lines += u64::from(s.lines);
        tally.connections += 1;
        if s.our_port != 0 {
            tally.add_port(s.our_port);
        }
        let mut counted: Vec<(Class, u64)> = Vec::new();
        // Lines that belong to no class alone go with the session's first.
        let mut lines = u64::from(s.lines);
        for (class, attempts) in s.classes.iter().filter_map(|(c, n)| Some(((*c)?, *n))) {
            tally.attempts += u64::from(attempts);
            tally.mask |= class.bit();
            if !self.keeps_evidence {
                continue;
            }
            let t = tally.class_mut(class);
            t.attempts += u64::from(attempts);
            t.connections += 1;
            t.lines += lines;
            lines = 0;
            t.span(s.first, s.last);
            let n = match class.counts() {
                Counted::Attempts => u64::from(attempts),
                Counted::Connections => 1,
                Counted::Packets => 0,
            };
            counted.push((class, n));
        }
        if !counted.is_empty() {
            let extra = source.extra_mut();
            for (class, n) in counted {
                extra.timeline.add(s.first.at(), class, n);
            }
        }
    }

    /// Adds a refused packet that opens something.
    #[inline]
    pub fn add_packet(&mut self, addr: Addr, p: &Packet) {
        self.map.of(addr).add_packet(self.keeps_evidence, p);
    }

    /// Adds several, in any order.
    #[inline(never)]
    pub fn add_packets(&mut self, packets: &[(Addr, Packet)]) {
        let (keeps, apart) = (self.keeps_evidence, |s: &Source| s.tally.touch_apart());
        self.map.add_to(packets, [Source::touch, apart], |s, p| s.add_packet(keeps, p));
    }

    /// Where the sources of some sessions stand. All of them are looked at, so that adding to them
    /// does not wait for memory once for each.
    #[must_use]
    pub fn places(&self, sessions: &[Settled]) -> [Option<u32>; TOGETHER] {
        self.map.touch(sessions.iter().take(TOGETHER).map(|s| s.source));
        let mut places = [None; TOGETHER];
        for (place, s) in places.iter_mut().zip(sessions) {
            *place = self.map.place(s.source);
        }
        // Nothing but looks, so that as many as can be are under way at once.
        let seen = places.iter().flatten().filter_map(|at| self.map.at(*at));
        std::hint::black_box(seen.fold(0, |all, source| all ^ source.touch_first()));
        places
    }

    /// Merges another partial in.
    pub fn merge(&mut self, other: Self) {
        self.left_out += other.left_out;
        self.overrun |= other.overrun;
        if self.map.is_empty() {
            self.map = other.map;
            return;
        }
        for (addr, source) in other.map.into_iter() {
            self.map.of(addr).merge(source);
        }
    }

    /// Counts the sessions that are hostile in company with those they keep
    /// company with: once, when all is merged. `each` is told how many lines
    /// of which input now read as hostile.
    pub fn settle_company(&mut self, mut each: impl FnMut(u32, u64)) {
        for source in self.map.iter_mut() {
            let Some(lone) = source.more.as_mut().and_then(|m| m.extra.lone.take()) else {
                continue;
            };
            if source.family(Family::Sshd).is_none() {
                continue;
            }
            for (input, n) in lone.lines {
                each(input, n);
            }
            source.extra_mut().evidence.merge(lone.evidence);
            let first = source.family(Family::Sshd).and_then(|t| t.classes().first());
            if first.is_some_and(|c| c.class == Class::SshProbe) {
                source.extra_mut().timeline.merge(lone.timeline);
            }
            let tally = source.family_mut(Family::Sshd);
            // They go with the worst that the source did.
            if let Some(class) = tally.first_class() {
                class.lines += lone.tally.lines;
                class.connections += lone.tally.connections;
                class.span(lone.tally.first, lone.tally.last);
            }
            tally.merge(lone.tally);
        }
    }

    /// Leaves at most `most` sources once there are more than `most` and `slack`, by
    /// `room::kept`. With no slack this is the last word; before that, sources that were left
    /// out may come again, with a part of their lines, and go again.
    pub fn make_room(&mut self, most: usize, slack: usize) {
        if self.map.len() <= most.saturating_add(slack) && !(slack == 0 && self.overrun) {
            return;
        }
        self.overrun = true;
        let kept = room::kept(self.map.iter().map(|(addr, _)| addr), most);
        let left_out = &mut self.left_out;
        self.map.retain(|addr, source| {
            let stays = kept.contains(&addr);
            if !stays {
                *left_out += source.families().map(|(_, t)| t.lines).sum::<u64>();
            }
            stays
        });
    }

    /// A source.
    #[must_use]
    pub fn get(&self, addr: Addr) -> Option<&Source> {
        self.map.get(addr)
    }

    /// How many addresses are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Whether any source is hostile.
    #[must_use]
    pub fn any_hostile(&self) -> bool {
        self.map.iter().any(|(_, source)| source.is_hostile())
    }

    /// The hostile sources, IPv4 before IPv6 and numerically.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Addr, &Source)> {
        self.in_order().collect()
    }

    /// The same one after the other.
    pub fn in_order(&self) -> impl Iterator<Item = (Addr, &Source)> {
        self.map.in_order().filter(|(_, source)| source.is_hostile())
    }
}

/// What makes refused packets a scan or a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanLimits {
    /// Distinct ports of one address.
    pub ports: u32,
    /// Distinct addresses at one port.
    pub addresses: u32,
}

impl Source {
    /// The class its refused packets come to.
    #[must_use]
    pub fn packet_class(&self, limits: ScanLimits) -> Option<Class> {
        let tally = self.family(Family::Firewall)?;
        let (ports, addresses) = tally.packet().map_or((0, 0), PacketTally::spread);
        Some(if ports >= limits.ports {
            Class::PortScan
        } else if addresses >= limits.addresses {
            Class::HostSweep
        } else {
            Class::Probe
        })
    }

    /// The classes a family's logs tell of.
    pub fn family_classes(
        &self,
        family: Family,
        limits: ScanLimits,
    ) -> impl Iterator<Item = Class> {
        let packets = (family == Family::Firewall).then(|| self.packet_class(limits)).flatten();
        let mask = self.family(family).map_or(0, |t| t.mask);
        Class::of_mask(mask).chain(packets)
    }

    /// Its incidents: every class with its counts, in the classes' order.
    #[must_use]
    pub fn incidents(&self, limits: ScanLimits) -> Vec<ClassTally> {
        let mut out: Vec<ClassTally> = Vec::new();
        for (family, tally) in self.families() {
            if family == Family::Firewall {
                if let Some(class) = self.packet_class(limits) {
                    out.push(ClassTally {
                        class,
                        attempts: 0,
                        connections: 0,
                        packets: tally.packets,
                        lines: tally.lines,
                        first: tally.first.at(),
                        last: tally.last.at(),
                        ends: (tally.first.place(), tally.last.place()),
                    });
                }
            } else {
                out.extend(tally.classes().iter().copied());
            }
        }
        out.sort_unstable_by_key(|t| t.class);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dialect::Transport;
    use crate::session::Place;

    fn packets() -> impl Strategy<Value = Vec<(u8, i64, u16, u8, bool)>> {
        proptest::collection::vec((0u8..4, 0i64..1000, 0u16..2000, 0u8..30, any::<bool>()), 0..300)
    }

    fn partial(lines: &[(u8, i64, u16, u8, bool)], from: usize) -> Partial {
        let mut p = Partial::new(true);
        for (i, (who, at, port, to, tcp)) in lines.iter().enumerate() {
            let addr = |n: u8| Addr::from(std::net::IpAddr::from([192, 0, 2, n]));
            p.add_packet(
                addr(*who),
                &Packet {
                    at: Instant::from_seconds(*at),
                    place: Place { input: 0, offset: (from + i) as u64 },
                    transport: if *tcp { Transport::Tcp } else { Transport::Udp },
                    destination: Some(addr(100 + to)),
                    port: Some(*port),
                    times: 1,
                },
            );
        }
        p
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative(lines in packets(), a in 0usize..300, b in 0usize..300) {
            let (a, b) = (a.min(lines.len()), b.min(lines.len()));
            let (a, b) = (a.min(b), a.max(b));
            let whole = partial(&lines, 0);
            let part = || [partial(&lines[..a], 0), partial(&lines[a..b], a), partial(&lines[b..], b)];
            let merge = |mut x: Partial, y: Partial| { x.merge(y); x };
            let [x, y, z] = part();
            let left = merge(merge(x, y), z);
            let [x, y, z] = part();
            let right = merge(x, merge(y, z));
            let [x, y, z] = part();
            let swapped = merge(z, merge(y, x));
            for (_, source) in whole.sorted() {
                let drawn: u64 = source.timeline().slots().map(|s| s.2).sum();
                let counted: u64 = source.incidents(ScanLimits { ports: 15, addresses: 10 })
                    .iter().map(ClassTally::events).sum();
                prop_assert_eq!(drawn, counted);
            }
            for (other, name) in [(&left, "left"), (&right, "right"), (&swapped, "swapped")] {
                prop_assert_eq!(whole.sorted(), other.sorted(), "{}", name);
            }
        }
    }

    fn address(n: u32) -> Addr {
        let ip: std::net::IpAddr = match n % 3 {
            0 => std::net::Ipv4Addr::from_bits(0xc000_0200 + n).into(),
            // One holder of a /64, and many of one.
            1 => std::net::Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(n)).into(),
            _ => std::net::Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(n) << 64).into(),
        };
        Addr::from(ip)
    }

    fn add(p: &mut Partial, n: u32, offset: usize) {
        p.add_packet(
            address(n),
            &Packet {
                at: Instant::from_seconds(0),
                place: Place { input: 0, offset: offset as u64 },
                transport: Transport::Tcp,
                destination: None,
                port: Some(22),
                times: 1,
            },
        );
    }

    proptest! {
        #[test]
        fn who_stays_hangs_on_the_set_alone(
            lines in proptest::collection::vec(0u32..600, 0..900),
            most in 1usize..300,
            every in 1usize..40,
            cut in 0usize..900,
        ) {
            let mut whole = Partial::new(false);
            for (i, n) in lines.iter().enumerate() {
                add(&mut whole, *n, i);
            }
            whole.make_room(most, 0);
            // In two parts, backwards, with room made over and over.
            let cut = cut.min(lines.len());
            let mut parts = [Partial::new(false), Partial::new(false)];
            for (i, n) in lines.iter().enumerate().rev() {
                let part = &mut parts[usize::from(i >= cut)];
                add(part, *n, i);
                if i % every == 0 {
                    part.make_room(most, 3);
                }
            }
            let [mut a, b] = parts;
            a.merge(b);
            a.make_room(most, 0);
            prop_assert_eq!(whole.sorted(), a.sorted());
            prop_assert_eq!(whole.left_out, a.left_out);
            prop_assert!(a.len() <= most);
            let kept: u64 = a.sorted().iter().flat_map(|(_, s)| s.families().map(|(_, t)| t.lines)).sum();
            prop_assert_eq!(kept + a.left_out, lines.len() as u64);
        }
    }

    #[test]
    fn together_they_come_to_what_they_come_to_alone() {
        let sent: Vec<(Addr, Packet)> = (0..3000u32)
            .map(|n| {
                let at = Instant { nanos: i64::from(n * n % 977), decimals: 0 };
                let place = Place { input: 1, offset: u64::from(n) };
                let transport = match n % 5 {
                    0 => Transport::Udp,
                    1 => Transport::Icmp,
                    _ => Transport::Tcp,
                };
                let port = (n % 5 != 1).then_some((n * 7 % 401) as u16);
                let destination = Some(Addr::from_v4(0xc633_6400 + n % 3));
                let source = match n / 7 % 60 {
                    0 => Addr::parse(b"2001:db8::7").unwrap(),
                    other => Addr::from_v4(0xcb00_7100 + other * other % 61),
                };
                (source, Packet { at, place, transport, destination, port, times: 1 + n % 2 })
            })
            .collect();
        for keeps_evidence in [false, true] {
            let (mut alone, mut all) = (Partial::new(keeps_evidence), Partial::new(keeps_evidence));
            sent.iter().for_each(|(addr, packet)| alone.add_packet(*addr, packet));
            all.add_packets(&sent);
            assert_eq!(alone, all);
            assert!(all.len() > 20);
            all.add_packets(sent.get(..1).unwrap());
            assert_ne!(alone, all);
        }
    }
}
