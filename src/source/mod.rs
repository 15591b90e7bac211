//! What each source did: counts in bounded fields, merged by a law.
//!
//! [`Partial`] is what crosses threads, files and, later, machines. Merging is
//! associative and commutative, and every bounded field is a function of the
//! set of lines: sums, least and greatest, the smallest ports, the lines with
//! the smallest hash.

mod ports;
pub mod sample;
pub mod timeline;
pub mod tally;
mod room;
mod index;
mod table;
mod family;
mod one;

use crate::addr::Addr;
use crate::class::{Class, Family};
use crate::dialect::Weight;
use crate::session::{Kept, Outcome, Over, Settled};

pub use family::FamilyTally;
pub use one::{FAILED_BEFORE_LOGIN, ScanLimits, Source};
pub use sample::{Keeping, Sample};
use table::Table;
pub use table::{ADDED_TOGETHER, TOGETHER};
pub use tally::{ClassTally, Packet, PacketTally};
pub use timeline::Timeline;

/// The sources of some lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    map: Table<Source>,
    /// Whether lines of evidence are kept, and how many.
    keeping: Option<Keeping>,
    /// Lines of sources that were left out for want of room.
    pub left_out: u64,
    /// Whether any was.
    overrun: bool,
}

impl Partial {
    /// No source yet, of which each may keep some of its lines.
    #[must_use]
    pub fn new(keeping: Option<Keeping>) -> Self {
        Self { keeping, ..Self::default() }
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
                lone.tally.span(s.first.at(), s.last.at());
                lone.tally.lines += u64::from(s.lines);
                lone.tally.connections += 1;
                if s.our_port != 0 {
                    lone.tally.add_port(s.our_port);
                }
                if let Some(keeping) = &mut self.keeping {
                    for told in &s.told {
                        lone.evidence.add(Kept::new(told.place, s.mark(told)), keeping);
                    }
                    let (first, last) = s.end_marks();
                    lone.widen((s.first, first), (s.last, last));
                    lone.timeline.add(s.first.at(), Class::SshProbe, 1);
                }
                // Only a run that remembers lines accounts for what their sessions made of them.
                for told in s.told.iter().filter(|t| t.kind.facts().weight == Weight::WithOthers) {
                    *lone.lines.entry(told.place.input).or_default() += 1;
                }
                self.tighten();
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
        if let Some(keeping) = &mut self.keeping {
            source.keep(s, keeping);
        }
        let tally = source.family_mut(s.family);
        tally.span(s.first.at(), s.last.at());
        tally.lines += u64::from(s.lines);
        tally.connections += 1;
        if s.our_port != 0 {
            tally.add_port(s.our_port);
        }
        for (class, attempts) in s.classes() {
            tally.attempts += u64::from(attempts);
            tally.mask |= class.bit();
        }
        self.tighten();
    }

    /// Adds a refused packet that opens something.
    #[inline]
    pub fn add_packet(&mut self, addr: Addr, p: &Packet) {
        self.map.of(addr).add_packet(self.keeping.as_mut(), p);
        self.tighten();
    }

    /// Adds several, in any order.
    #[inline(never)]
    pub fn add_packets(&mut self, packets: &[(Addr, Packet)]) {
        let (keeping, apart) = (&mut self.keeping, |s: &Source| s.tally.touch_apart());
        self.map.add_to(packets, [Source::touch, apart], |s, p| s.add_packet(keeping.as_mut(), p));
        self.tighten();
    }

    /// Lets each source keep fewer lines where all together keep too many.
    #[inline(always)]
    fn tighten(&mut self) {
        if self.keeping.is_some_and(|k| k.sum > k.most && k.each > k.least) {
            self.keep_fewer();
        }
    }

    /// The same: half as many, until they are not too many.
    #[cold]
    fn keep_fewer(&mut self) {
        let Some(keeping) = &mut self.keeping else { return };
        if self.overrun {
            keeping.each = keeping.least;
        }
        let mut weights = |n| {
            let samples = self.map.iter_mut().flat_map(Source::samples);
            samples.map(|sample| sample.weight(n)).sum::<u64>()
        };
        keeping.sum = weights(keeping.each);
        while keeping.sum > keeping.most && keeping.each > keeping.least {
            keeping.each /= 2;
            keeping.sum = weights(keeping.each);
        }
        let each = keeping.each;
        self.map.iter_mut().flat_map(Source::samples).for_each(|sample| sample.tighten(each));
    }

    /// Where the sources of some sessions stand. All of them are looked at, so that adding to them
    /// does not wait for memory once for each.
    #[must_use]
    pub fn places(&self, sessions: &[Over]) -> [Option<u32>; TOGETHER] {
        self.map.touch(sessions.iter().take(TOGETHER).map(|s| s.source));
        let mut places = [None; TOGETHER];
        for (place, s) in places.iter_mut().zip(sessions) {
            *place = self.map.place(s.source);
        }
        // Nothing but looks, so that as many as can be are under way at once.
        let seen = places.iter().flatten().filter_map(|at| self.map.at(*at));
        std::hint::black_box(seen.fold(0, |all, source| all ^ source.touch()));
        if self.keeping.is_some() {
            for look in [Source::touch_kept, Source::touch_last_kept] {
                let seen = places.iter().flatten().filter_map(|at| self.map.at(*at));
                std::hint::black_box(seen.fold(0, |all, source| all ^ look(source)));
            }
        }
        places
    }

    /// Merges another partial in.
    pub fn merge(&mut self, other: Self) {
        self.left_out += other.left_out;
        self.overrun |= other.overrun;
        if let (Some(mine), Some(theirs)) = (&mut self.keeping, other.keeping) {
            mine.each = mine.each.min(theirs.each);
        }
        if self.map.is_empty() {
            self.map = other.map;
        } else {
            for (addr, source) in other.map.into_iter() {
                self.map.of(addr).merge(source);
            }
        }
        self.keep_fewer();
    }

    /// Counts the sessions that are hostile in company with those they keep
    /// company with: once, when all is merged. `each` is told how many lines
    /// of which input now read as hostile.
    pub fn settle_company(&mut self, mut each: impl FnMut(u32, u64)) {
        for source in self.map.iter_mut() {
            let Some(lone) = source.tally.some_more_mut().and_then(|m| m.extra.lone.take()) else {
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
            if let (Some(class), Some((first, last))) = (tally.first_class(), lone.ends) {
                class.lines += lone.tally.lines;
                class.connections += lone.tally.connections;
                class.span(first, last);
            }
            tally.merge(lone.tally);
        }
        self.keep_fewer();
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
        self.keep_fewer();
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
        self.all_in_order().filter(|(_, source)| source.is_hostile())
    }

    /// All that are known, hostile or not, in the same order. Their memory is not touched here.
    pub fn all_in_order(&self) -> impl Iterator<Item = (Addr, &Source)> {
        self.map.in_order()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dialect::Transport;
    use crate::session::Place;
    use crate::time::Instant;

    fn packets() -> impl Strategy<Value = Vec<(u8, i64, u16, u8, bool)>> {
        proptest::collection::vec((0u8..4, 0i64..1000, 0u16..2000, 0u8..30, any::<bool>()), 0..300)
    }

    fn partial(lines: &[(u8, i64, u16, u8, bool)], from: usize) -> Partial {
        let mut p = Partial::new(Some(Keeping::of(1000)));
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
                let drawn: u64 = source.timeline().unwrap().slots().map(|s| s.2).sum();
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
            let mut whole = Partial::new(None);
            for (i, n) in lines.iter().enumerate() {
                add(&mut whole, *n, i);
            }
            whole.make_room(most, 0);
            // In two parts, backwards, with room made over and over.
            let cut = cut.min(lines.len());
            let mut parts = [Partial::new(None), Partial::new(None)];
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

    proptest! {
        #[test]
        fn what_is_kept_hangs_on_the_set_alone(
            lines in proptest::collection::vec(0u32..40, 0..700),
            most in 8usize..400,
            room in 1usize..60,
            cut in 0usize..700,
            backwards in any::<bool>(),
        ) {
            let keeping = || Some(Keeping::up_to(most, room));
            let whole = {
                let mut whole = Partial::new(keeping());
                lines.iter().enumerate().for_each(|(i, n)| add(&mut whole, *n, i));
                whole.make_room(room, 0);
                whole.settle_company(|_, _| {});
                whole
            };
            let cut = cut.min(lines.len());
            let mut parts = [Partial::new(keeping()), Partial::new(keeping())];
            let mut order: Vec<(usize, &u32)> = lines.iter().enumerate().collect();
            if backwards {
                order.reverse();
            }
            for (i, n) in order {
                let part = &mut parts[usize::from(i >= cut)];
                add(part, *n, i);
                part.make_room(room, 3);
            }
            let [mut a, b] = parts;
            a.merge(b);
            a.make_room(room, 0);
            a.settle_company(|_, _| {});
            let kept = |p: &Partial| -> Vec<(Addr, Vec<Kept>)> {
                p.sorted().iter().map(|(addr, s)| (*addr, s.evidence())).collect()
            };
            prop_assert_eq!(kept(&whole), kept(&a));
            // Of each something, and of all together no more than there is room for.
            let sum: usize = kept(&a).iter().map(|(_, lines)| lines.len()).sum();
            prop_assert!(kept(&a).iter().all(|(_, lines)| !lines.is_empty()));
            prop_assert!(sum <= most.max(a.len()), "{} of {}", sum, most);
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
        for keeps in [None, Some(Keeping::of(1000))] {
            let (mut alone, mut all) = (Partial::new(keeps), Partial::new(keeps));
            sent.iter().for_each(|(addr, packet)| alone.add_packet(*addr, packet));
            all.add_packets(&sent);
            assert_eq!(alone, all);
            assert!(all.len() > 20);
            all.add_packets(sent.get(..1).unwrap());
            assert_ne!(alone, all);
        }
    }
}
