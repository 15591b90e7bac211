//! [`FamilyTally`]: what one family's logs tell of a source, in one line of the cache; and what few sources have
//! beside it.

use crate::class::{Class, Family};
use crate::limits::PORTS_LISTED;
use crate::time::Instant;

use super::ports::Ports;
use super::sample::Sample;
use super::tally::{ClassTally, EVER, End, NEVER, Packet, PacketTally};
use super::timeline::Timeline;

/// What one family's logs tell of a source: one line of the cache, since a run looks at each whenever a session of it
/// is over, and at all in the end.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct FamilyTally {
    /// The latest line, in nanoseconds since 1970, and the earliest.
    last: i64,
    first: i64,
    /// Lines that name it and belong to a session with a hostile event.
    pub lines: u64,
    /// Credentials and recipients refused.
    pub attempts: u64,
    /// Sessions with hostile lines; 0 for firewalls.
    pub connections: u64,
    /// Our ports, ascending, while they are so few. Then two that were met lately, which need not be looked for
    /// again: which they are says nothing.
    ports: [u16; FEW],
    /// The classes it is guilty of, as bits; none for firewalls, whose class the whole decides.
    pub mask: u16,
    /// How many of `ports` there are; [`APART`] where they lie apart.
    held: u8,
    /// Whose logs; none while they have told nothing.
    pub(super) family: Option<Family>,
    /// Decimals of the latest line's time, and of the earliest's.
    decimals: [u8; 2],
    /// What few have; apart, since the table of sources is looked at all over.
    detail: Option<Box<Detail>>,
}

const _: () = assert!(size_of::<FamilyTally>() == 64);

/// Ports kept without an allocation: most sources knock at one door.
const FEW: usize = 5;

/// Where there are more ports than few.
const APART: u8 = u8::MAX;

/// What a report asks of a source, what its packets were, and what else few sources have.
#[derive(Clone, Debug, Default)]
struct Detail {
    /// By class, where a report is made.
    classes: Vec<ClassTally>,
    /// None for families that are no firewall's.
    packet: Option<PacketTally>,
    /// All ports, where there are more than few.
    ports: Ports,
    /// Of the source, and not of the family: see [`More`].
    more: Option<Box<More>>,
}

impl Default for FamilyTally {
    fn default() -> Self {
        Self {
            last: EVER.nanos,
            first: NEVER.nanos,
            lines: 0,
            attempts: 0,
            connections: 0,
            ports: [0; FEW],
            mask: 0,
            held: 0,
            family: None,
            decimals: [EVER.decimals, NEVER.decimals],
            detail: None,
        }
    }
}

impl FamilyTally {
    /// The earliest line.
    #[inline(always)]
    #[must_use]
    pub const fn first(&self) -> Instant {
        let [_, decimals] = self.decimals;
        Instant { nanos: self.first, decimals }
    }

    /// The latest line.
    #[inline(always)]
    #[must_use]
    pub const fn last(&self) -> Instant {
        let [decimals, _] = self.decimals;
        Instant { nanos: self.last, decimals }
    }

    /// Widens first and last; `first` is no later than `last`.
    #[inline(always)]
    pub fn span(&mut self, first: Instant, last: Instant) {
        // Nearly every line is later than those before it.
        if first.nanos <= self.first && first < self.first() {
            self.first = first.nanos;
            self.decimals[1] = first.decimals;
        }
        if last > self.last() {
            self.last = last.nanos;
            self.decimals[0] = last.decimals;
        }
    }

    /// Adds a port of ours.
    #[inline(always)]
    pub(super) fn add_port(&mut self, port: u16) {
        let [a, b, ..] = self.ports;
        let lately = (port == a) | (port == b) & (self.held > 1);
        if !lately | (self.held == 0) | (port == 0) {
            self.insert_port(port);
        }
    }

    /// The same of one that may be new.
    #[inline]
    fn insert_port(&mut self, port: u16) {
        if self.held == APART {
            self.detail_mut().ports.insert(port);
            let [a, ..] = self.ports;
            self.ports = [port, a, 0, 0, 0];
            return;
        }
        let held = usize::from(self.held);
        // All are looked at, so that nothing turns on which it is.
        let kept = self.ports.iter().zip(0..held);
        if kept.clone().fold(false, |known, (kept, _)| known | (*kept == port)) {
            return;
        }
        if held < FEW {
            let at = kept.map(|(kept, _)| usize::from(*kept < port)).sum();
            self.ports.copy_within(at..held, at + 1);
            if let Some(slot) = self.ports.get_mut(at) {
                *slot = port;
            }
            self.held += 1;
        } else {
            let few = self.ports;
            let ports = &mut self.detail_mut().ports;
            few.iter().chain([&port]).for_each(|port| ports.insert(*port));
            self.held = APART;
        }
    }

    /// Our ports, ascending, while there are few.
    #[inline]
    #[must_use]
    pub fn few_ports(&self) -> Option<&[u16]> {
        self.ports.get(..usize::from(self.held))
    }

    /// All our ports, ascending.
    pub fn ports(&self) -> impl Iterator<Item = u16> + '_ {
        let few = self.few_ports().unwrap_or_default();
        let apart = self.detail.iter().flat_map(|detail| detail.ports.iter());
        few.iter().copied().chain(apart)
    }

    /// The smallest of them, as many as output lists.
    pub fn ports_listed(&self) -> impl Iterator<Item = u16> + '_ {
        self.ports().take(PORTS_LISTED)
    }

    /// How many there are.
    #[inline]
    #[must_use]
    pub fn ports_count(&self) -> u32 {
        match self.few_ports() {
            Some(_) => u32::from(self.held),
            None => self.detail.as_ref().map_or(0, |detail| detail.ports.count()),
        }
    }

    fn detail_mut(&mut self) -> &mut Detail {
        self.detail.get_or_insert_default()
    }

    /// By class, where a report is made.
    #[must_use]
    pub fn classes(&self) -> &[ClassTally] {
        self.detail.as_deref().map_or(&[], |detail| &detail.classes)
    }

    /// The first of its classes, to be changed.
    pub fn first_class(&mut self) -> Option<&mut ClassTally> {
        self.detail.as_mut()?.classes.first_mut()
    }

    /// What its packets were; none for families that are no firewall's.
    #[inline]
    #[must_use]
    pub fn packet(&self) -> Option<&PacketTally> {
        self.detail.as_ref()?.packet.as_ref()
    }

    /// Refused packets that open something.
    #[inline]
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packet().map_or(0, PacketTally::packets)
    }

    /// Adds a refused packet that opens something.
    #[inline(always)]
    pub(super) fn add_packet(&mut self, p: &Packet) {
        self.span(p.at, p.at);
        self.lines += 1;
        if let Some(port) = p.port {
            self.add_port(port);
        }
        self.detail_mut().packet.get_or_insert_default().add(p);
    }

    /// Looks at it. What comes of it says nothing, but hangs on it.
    #[inline(always)]
    pub(super) fn touch(&self) -> u64 {
        self.last.cast_unsigned() ^ self.lines
    }

    /// Looks at what lies apart of packets.
    #[inline(always)]
    pub(super) fn touch_apart(&self) -> u64 {
        let detail = self.detail.as_ref();
        let packet = detail.map_or(0, |d| d.packet.as_ref().map_or(0, |p| p.touch() ^ p.tcp));
        packet ^ detail.map_or(0, |d| d.ports.touch())
    }

    /// The counts of a class, made if new; classes stay in order.
    pub fn class_mut(&mut self, class: Class) -> &mut ClassTally {
        let classes = &mut self.detail_mut().classes;
        let at = match classes.binary_search_by_key(&class, |t| t.class) {
            Ok(at) => at,
            Err(at) => {
                // Most sources have one or two.
                classes.reserve_exact(1);
                classes.insert(at, ClassTally::new(class));
                at
            }
        };
        // The index was just found.
        #[allow(clippy::indexing_slicing)]
        &mut classes[at]
    }

    /// Adds another's counts. What few sources have is not of a family, and taken out before.
    pub fn merge(&mut self, other: Self) {
        self.family = self.family.or(other.family);
        self.lines += other.lines;
        self.attempts += other.attempts;
        self.connections += other.connections;
        self.span(other.first(), other.last());
        self.mask |= other.mask;
        other.ports().for_each(|port| self.add_port(port));
        let Some(detail) = other.detail else { return };
        for t in detail.classes {
            let mine = self.class_mut(t.class);
            mine.attempts += t.attempts;
            mine.connections += t.connections;
            mine.packets += t.packets;
            mine.lines += t.lines;
            mine.span(t.first_end(), t.last_end());
        }
        if let Some(packet) = detail.packet {
            self.detail_mut().packet.get_or_insert_default().merge(packet);
        }
    }

    /// What few sources have, of the source whose first family this is.
    #[inline]
    pub(super) fn more(&self) -> Option<&More> {
        self.detail.as_ref()?.more.as_deref()
    }

    /// The same to be changed, made if there is none.
    #[inline]
    pub(super) fn more_mut(&mut self) -> &mut More {
        self.detail_mut().more.get_or_insert_default()
    }

    /// The same to be changed, if there is any.
    pub(super) fn some_more_mut(&mut self) -> Option<&mut More> {
        self.detail.as_mut()?.more.as_deref_mut()
    }

    /// The same taken out.
    pub(super) fn take_more(&mut self) -> Option<Box<More>> {
        self.detail.as_mut()?.more.take()
    }
}

impl PartialEq for FamilyTally {
    fn eq(&self, other: &Self) -> bool {
        let counts = |t: &Self| (t.lines, t.attempts, t.connections, t.mask, t.family);
        counts(self) == counts(other)
            && (self.first(), self.last()) == (other.first(), other.last())
            && self.ports().eq(other.ports())
            && self.classes() == other.classes()
            && self.packet() == other.packet()
    }
}

impl Eq for FamilyTally {}

/// What other families tell, and the rest that few have.
#[derive(Clone, Debug, Default)]
pub(super) struct More {
    /// Each apart: mostly there is none.
    pub(super) families: [Option<Box<FamilyTally>>; 3],
    pub(super) extra: Extra,
}

/// What few sources have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    pub(super) logins: u64,
    pub(super) first_login: Option<Instant>,
    pub(super) last_login: Option<Instant>,
    pub(super) evidence: Sample,
    pub(super) timeline: Timeline,
    /// Sessions that are hostile only in company, until the company is known.
    pub(super) lone: Option<Box<Lone>>,
}

/// Sessions that broke off before a login and tell nothing else: hostile where
/// their source is, in other sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lone {
    pub(super) tally: FamilyTally,
    /// The first and the last line, where lines are kept.
    pub(super) ends: Option<(End, End)>,
    pub(super) evidence: Sample,
    pub(super) timeline: Timeline,
    /// Lines that then read as hostile, by input.
    pub(super) lines: std::collections::BTreeMap<u32, u64>,
}

impl Lone {
    /// Widens its ends.
    pub(super) fn widen(&mut self, first: End, last: End) {
        let (mine, least) = self.ends.unwrap_or((first, last));
        self.ends = Some((mine.min(first), least.max(last)));
    }
}

impl Extra {
    pub(super) fn merge(&mut self, other: Self) {
        self.logins += other.logins;
        self.first_login = self.first_login.into_iter().chain(other.first_login).min();
        self.last_login = self.last_login.max(other.last_login);
        self.evidence.merge(other.evidence);
        self.timeline.merge(other.timeline);
        match (self.lone.as_mut(), other.lone) {
            (_, None) => {}
            (None, theirs) => self.lone = theirs,
            (Some(m), Some(t)) => {
                m.tally.merge(t.tally);
                if let Some((first, last)) = t.ends {
                    m.widen(first, last);
                }
                m.evidence.merge(t.evidence);
                m.timeline.merge(t.timeline);
                for (input, n) in t.lines {
                    *m.lines.entry(input).or_default() += n;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_come_to_the_same_in_any_order_and_number() {
        let all: Vec<u16> = (0..40u16).map(|n| n.wrapping_mul(40_503)).collect();
        for many in 0..all.len() {
            let all = all.get(..many).unwrap();
            let want: BTreeSet<u16> = all.iter().copied().collect();
            let (mut up, mut down) = (FamilyTally::default(), FamilyTally::default());
            // Each often, so that it is one of those met lately.
            all.iter().chain(all).for_each(|port| (0..3).for_each(|_| up.add_port(*port)));
            all.iter().rev().for_each(|port| down.add_port(*port));
            for tally in [&up, &down] {
                assert!(tally.ports().eq(want.iter().copied()), "{many}");
                assert_eq!(tally.ports_count() as usize, many);
                assert_eq!(tally.few_ports().is_some(), many <= FEW);
            }
            assert_eq!(up, down);
            // Merged, whichever has more of them.
            for cut in [0, many / 3, many] {
                let (a, b) = all.split_at(cut);
                let part = |ports: &[u16]| {
                    let mut tally = FamilyTally::default();
                    ports.iter().for_each(|port| tally.add_port(*port));
                    tally
                };
                let mut merged = part(a);
                merged.merge(part(b));
                assert_eq!(merged, up, "{cut} of {many}");
            }
        }
    }

    #[test]
    fn the_earliest_and_the_latest_line_keep_their_decimals() {
        let at = |nanos, decimals| Instant { nanos, decimals };
        let mut tally = FamilyTally::default();
        for (first, last) in [(at(5, 3), at(9, 0)), (at(5, 0), at(9, 9)), (at(7, 1), at(8, 2))] {
            tally.span(first, last);
        }
        assert_eq!((tally.first(), tally.last()), (at(5, 0), at(9, 9)));
    }
}
