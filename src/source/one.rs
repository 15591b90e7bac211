//! [`Source`]: what one source did, over all its lines.

use crate::class::{Class, Counted, Family};
use crate::session::{Kept, Mark, Settled};
use crate::time::Instant;

use super::family::{Extra, FamilyTally};
use super::sample::{Keeping, Sample};
use super::tally::{ClassTally, Packet, PacketTally};
use super::timeline::Timeline;

/// Failed tries before a success is worth a finding.
pub const FAILED_BEFORE_LOGIN: u64 = 10;

/// What one source did, over all its lines: one line of the cache, for nearly all.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub struct Source {
    /// Of the family that told of it first, and what few sources have.
    pub(super) tally: FamilyTally,
}

impl Source {
    /// What a family's logs tell of it.
    #[inline]
    #[must_use]
    pub fn family(&self, family: Family) -> Option<&FamilyTally> {
        if self.tally.family == Some(family) {
            return Some(&self.tally);
        }
        self.tally.more()?.families.get(family as usize)?.as_deref()
    }

    /// The families that tell of it, in order.
    pub fn families(&self) -> impl Iterator<Item = (Family, &FamilyTally)> {
        Family::ALL.into_iter().filter_map(|f| Some((f, self.family(f)?)))
    }

    #[inline]
    pub(super) fn family_mut(&mut self, family: Family) -> &mut FamilyTally {
        if *self.tally.family.get_or_insert(family) == family {
            return &mut self.tally;
        }
        let [sshd, firewall, mail] = &mut self.tally.more_mut().families;
        let place = match family {
            Family::Sshd => sshd,
            Family::Firewall => firewall,
            Family::Mail => mail,
        };
        let tally = place.get_or_insert_default();
        tally.family = Some(family);
        tally
    }

    /// Looks at what says where its lines of evidence and its classes lie. What comes of it says nothing, but
    /// hangs on each.
    #[must_use]
    pub(super) fn touch_kept(&self) -> u64 {
        let extra = self.extra().map_or(0, |e| e.evidence.of ^ e.timeline.width() as u64);
        extra ^ self.tally.classes().len() as u64
    }

    /// The same of those that a session changes.
    #[must_use]
    pub(super) fn touch_last_kept(&self) -> u64 {
        let extra = self.extra().map_or(0, |e| e.evidence.touch() ^ e.timeline.touch());
        extra
            ^ self.tally.classes().first().map_or(0, |class| class.lines ^ class.first.nanos as u64)
    }

    /// Looks at it. What comes of it says nothing, but hangs on it.
    #[inline(always)]
    #[must_use]
    pub fn touch(&self) -> u64 {
        self.tally.touch()
    }

    fn extra(&self) -> Option<&Extra> {
        self.tally.more().map(|more| &more.extra)
    }

    pub(super) fn extra_mut(&mut self) -> &mut Extra {
        &mut self.tally.more_mut().extra
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

    /// Its lines of evidence.
    #[must_use]
    pub fn evidence(&self) -> Vec<Kept> {
        self.extra().map_or(Vec::new(), |e| e.evidence.lines())
    }

    /// When it was at it; refused packets are of the class `probe` there,
    /// whatever they come to together. None where no evidence was kept.
    #[must_use]
    pub fn timeline(&self) -> Option<&Timeline> {
        self.extra().map(|e| &e.timeline)
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
        let failed = tried.map(|(_, t)| t.first()).min();
        self.attempts() >= FAILED_BEFORE_LOGIN && failed.is_some_and(|failed| last >= failed)
    }

    /// The earliest and the latest line over all families.
    #[must_use]
    pub fn span(&self) -> Option<(Instant, Instant)> {
        let first = self.families().map(|(_, t)| t.first()).min()?;
        let last = self.families().map(|(_, t)| t.last()).max()?;
        Some((first, last))
    }

    /// Keeps what a report asks of a hostile session.
    pub(super) fn keep(&mut self, s: &Settled, keeping: &mut Keeping) {
        let extra = self.extra_mut();
        for told in &s.told {
            extra.evidence.add(Kept::new(told.place, s.mark(told)), keeping);
        }
        for (class, attempts) in s.classes() {
            let n = match class.counts() {
                Counted::Attempts => u64::from(attempts),
                Counted::Connections => 1,
                Counted::Packets => 0,
            };
            extra.timeline.add(s.first.at(), class, n);
        }
        let (first, last) = s.end_marks();
        let tally = self.family_mut(s.family);
        // Lines that belong to no class alone go with the session's first.
        let mut lines = u64::from(s.lines);
        for (class, attempts) in s.classes() {
            let t = tally.class_mut(class);
            t.attempts += u64::from(attempts);
            t.connections += 1;
            t.lines += std::mem::take(&mut lines);
            t.span((s.first, first), (s.last, last));
        }
    }

    #[inline(always)]
    pub(super) fn add_packet(&mut self, keeping: Option<&mut Keeping>, p: &Packet) {
        if let Some(keeping) = keeping {
            let extra = self.extra_mut();
            extra.evidence.add(Kept::new(p.place, Mark::NONE), keeping);
            extra.timeline.add(p.at, Class::Probe, 1);
        }
        self.family_mut(Family::Firewall).add_packet(p);
    }

    /// The lines that are kept of it: those of its own, and those of sessions that may become hostile.
    pub(super) fn samples(&mut self) -> impl Iterator<Item = &mut Sample> {
        let extra = self.tally.some_more_mut().map(|more| &mut more.extra);
        extra.into_iter().flat_map(|Extra { evidence, lone, .. }| {
            [evidence].into_iter().chain(lone.as_mut().map(|lone| &mut lone.evidence))
        })
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        let more = other.tally.take_more();
        if let Some(family) = other.tally.family {
            self.family_mut(family).merge(other.tally);
        }
        let Some(more) = more else { return };
        for (family, tally) in Family::ALL.into_iter().zip(more.families) {
            if let Some(tally) = tally {
                self.family_mut(family).merge(*tally);
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

const _: () = assert!(size_of::<Source>() == 64);

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
                if let (Some(class), Some(packet)) = (self.packet_class(limits), tally.packet()) {
                    out.push(ClassTally {
                        class,
                        attempts: 0,
                        connections: 0,
                        packets: packet.packets(),
                        lines: tally.lines,
                        first: tally.first(),
                        last: tally.last(),
                        ends: packet.ends(),
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
