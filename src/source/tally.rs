//! The counts of one source by class, and of its packets.

use crate::addr::Addr;
use crate::class::Class;
use crate::dialect::Transport;
use crate::limits::TARGETS_KEPT;
use crate::session::{Kept, Mark, Place, Spot};
use crate::time::Instant;

/// A refused packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// When.
    pub at: Instant,
    /// Which line.
    pub place: Place,
    /// What carried it.
    pub transport: Transport,
    /// To which of our addresses, if said.
    pub destination: Option<Addr>,
    /// To which port, if it has any.
    pub port: Option<u16>,
    /// How many of the kind its line tells of.
    pub times: u32,
}

/// Later than all.
pub(super) const NEVER: Instant = Instant { nanos: i64::MAX, decimals: 0 };
/// Earlier than all.
pub(super) const EVER: Instant = Instant { nanos: i64::MIN, decimals: 0 };
const NOWHERE: Place = Place { input: u32::MAX, offset: u64::MAX };
const ANYWHERE: Place = Place { input: 0, offset: 0 };

/// The first or the last line of something, and what was decided of it.
pub type End = (Spot, Mark);

/// The counts of one class: an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassTally {
    /// The class.
    pub class: Class,
    /// Credentials and recipients refused.
    pub attempts: u64,
    /// Sessions with hostile lines.
    pub connections: u64,
    /// Refused packets.
    pub packets: u64,
    /// Lines of its sessions.
    pub lines: u64,
    /// The earliest line of its sessions.
    pub first: Instant,
    /// The latest.
    pub last: Instant,
    /// Where the two lie, and what was decided of them.
    pub ends: (Kept, Kept),
}

impl ClassTally {
    pub(super) const fn new(class: Class) -> Self {
        Self {
            class,
            attempts: 0,
            connections: 0,
            packets: 0,
            lines: 0,
            first: NEVER,
            last: EVER,
            ends: (Kept::new(NOWHERE, Mark::NONE), Kept::new(ANYWHERE, Mark::NONE)),
        }
    }

    /// Its first line.
    pub(super) fn first_end(&self) -> End {
        (Spot::new(self.first, self.ends.0.place()), self.ends.0.mark())
    }

    /// Its last.
    pub(super) fn last_end(&self) -> End {
        (Spot::new(self.last, self.ends.1.place()), self.ends.1.mark())
    }

    /// Widens first and last.
    pub fn span(&mut self, first: End, last: End) {
        let (first, last) = (self.first_end().min(first), self.last_end().max(last));
        (self.first, self.ends.0) = (first.0.at(), Kept::new(first.0.place(), first.1));
        (self.last, self.ends.1) = (last.0.at(), Kept::new(last.0.place(), last.1));
    }

    /// `Number of events`, in the class's own unit.
    #[must_use]
    pub const fn events(&self) -> u64 {
        use crate::class::Counted;
        match self.class.counts() {
            Counted::Attempts => self.attempts,
            Counted::Connections => self.connections,
            Counted::Packets => self.packets,
        }
    }
}

/// What a source's refused packets were.
#[derive(Clone, Debug)]
pub struct PacketTally {
    /// TCP, with SYN where flags are logged.
    pub tcp: u64,
    /// UDP: its source is easily forged.
    pub udp: u64,
    /// ICMP echo: likewise.
    pub icmp: u64,
    /// Other protocols.
    pub other: u64,
    /// Hashes of TCP targets (48 bits of the address, which is all of IPv4, and the port): the
    /// smallest, in no order and some of them often, until there is no more room.
    targets: Vec<u64>,
    /// The largest of them once there are as many as are kept; else 0.
    full: u64,
    /// The earliest packet's line, and the latest's.
    ends: (Spot, Spot),
}

impl Default for PacketTally {
    fn default() -> Self {
        let ends = (Spot::new(NEVER, NOWHERE), Spot::new(EVER, ANYWHERE));
        Self { tcp: 0, udp: 0, icmp: 0, other: 0, targets: Vec::new(), full: 0, ends }
    }
}

impl PartialEq for PacketTally {
    fn eq(&self, other: &Self) -> bool {
        (self.tcp, self.udp, self.icmp, self.other, self.ends)
            == (other.tcp, other.udp, other.icmp, other.other, other.ends)
            && self.kept() == other.kept()
    }
}

impl Eq for PacketTally {}

/// Room for targets, at first.
const FEW: usize = 4;

/// Leaves each hash once, and no more than are kept: the smallest.
fn smallest(hashes: &mut Vec<u64>) {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(TARGETS_KEPT);
}

const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

/// What [`FACTOR`] times it is 1, modulo 2^64: Newton's steps, each of which doubles the bits that are right.
const INVERSE: u64 = {
    let mut x = FACTOR;
    let mut step = 0;
    while step < 5 {
        x = x.wrapping_mul(2u64.wrapping_sub(FACTOR.wrapping_mul(x)));
        step += 1;
    }
    x
};

const _: () = assert!(FACTOR.wrapping_mul(INVERSE) == 1);

/// A hash from which its number can be had again.
const fn mix(x: u64) -> u64 {
    let z = (x ^ (x >> 32)).wrapping_mul(FACTOR);
    z ^ (z >> 32)
}

const fn unmix(x: u64) -> u64 {
    let z = (x ^ (x >> 32)).wrapping_mul(INVERSE);
    z ^ (z >> 32)
}

impl PacketTally {
    /// Refused packets that open something.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.tcp + self.udp + self.icmp + self.other
    }

    /// Where the earliest of them lies, and the latest.
    #[must_use]
    pub fn ends(&self) -> (Kept, Kept) {
        // No session decides of packets.
        let packet = |spot: Spot| Kept::new(spot.place(), Mark::NONE);
        (packet(self.ends.0), packet(self.ends.1))
    }

    /// Widens its ends.
    #[inline(always)]
    fn widen(&mut self, (first, last): (Spot, Spot)) {
        // Nearly every line is later than those before it.
        if first.nanos() <= self.ends.0.nanos() && first < self.ends.0 {
            self.ends.0 = first;
        }
        if last > self.ends.1 {
            self.ends.1 = last;
        }
    }

    /// Counts a packet.
    #[inline]
    pub fn add(&mut self, p: &Packet) {
        let spot = Spot::new(p.at, p.place);
        self.widen((spot, spot));
        match p.transport {
            Transport::Tcp => self.tcp += u64::from(p.times),
            Transport::Udp => self.udp += u64::from(p.times),
            Transport::Icmp => self.icmp += u64::from(p.times),
            Transport::Other => self.other += u64::from(p.times),
        }
        if let (Transport::Tcp, Some(to), Some(port)) = (p.transport, p.destination, p.port) {
            let bits = to.bits();
            let address = match to.v4() {
                Some(v4) => u64::from(v4),
                // Two of our own IPv6 addresses share 47 bits of hash about never.
                None => mix((bits >> 64) as u64 ^ mix(bits as u64)) >> 17 | 1 << 47,
            };
            self.target(mix(address << 16 | u64::from(port)));
        }
    }

    /// `hash` is a target's own.
    #[inline]
    fn target(&mut self, hash: u64) {
        if self.full != 0 && hash >= self.full || self.targets.last() == Some(&hash) {
            return;
        }
        if self.targets.len() == self.targets.capacity() {
            self.tidy();
        }
        self.targets.push(hash);
    }

    /// Leaves each target once, and room for as many again at most: so what it takes is shared by
    /// as many packets as come until the next time.
    #[inline(never)]
    fn tidy(&mut self) {
        smallest(&mut self.targets);
        if self.targets.len() == TARGETS_KEPT {
            self.full = self.targets.last().copied().unwrap_or_default();
        }
        if self.targets.len() * 2 >= self.targets.capacity() {
            self.targets.reserve_exact(self.targets.len().max(FEW));
        }
    }

    /// The targets that are kept, in order.
    fn kept(&self) -> Vec<u64> {
        let mut kept = self.targets.clone();
        smallest(&mut kept);
        kept
    }

    /// Looks at the targets. What comes of it says nothing, but hangs on them.
    #[inline(always)]
    #[must_use]
    pub fn touch(&self) -> u64 {
        self.targets.last().copied().unwrap_or_default()
    }

    /// Most ports of one address, and most addresses at one port, among the targets kept.
    #[must_use]
    pub fn spread(&self) -> (u32, u32) {
        let most = |keys: &[u64], same: fn(u64) -> u64| {
            let runs = keys.chunk_by(|a, b| same(*a) == same(*b));
            runs.map(<[u64]>::len).max().unwrap_or(0)
        };
        let mut keys = self.targets.clone();
        if keys.len() > TARGETS_KEPT {
            smallest(&mut keys);
        }
        keys.iter_mut().for_each(|key| *key = unmix(*key));
        keys.sort_unstable();
        keys.dedup();
        let ports = most(&keys, |key| key >> 16);
        keys.iter_mut().for_each(|key| *key &= 0xffff);
        keys.sort_unstable();
        let addresses = most(&keys, |key| key);
        (u32::try_from(ports).unwrap_or(u32::MAX), u32::try_from(addresses).unwrap_or(u32::MAX))
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tcp += other.tcp;
        self.udp += other.udp;
        self.icmp += other.icmp;
        self.other += other.other;
        self.widen(other.ends);
        for t in other.targets {
            self.target(t);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_gives_its_number_back() {
        for n in [0, 1, 4711, u64::MAX, 0xcb00_7109_0017, 1 << 63] {
            assert_eq!(unmix(mix(n)), n);
        }
    }

    #[test]
    fn the_smallest_hashes_are_kept_in_any_order() {
        let (mut up, mut down) = (PacketTally::default(), PacketTally::default());
        (0..2000u64).for_each(|n| up.target(mix(n)));
        (0..2000u64).rev().for_each(|n| down.target(mix(n)));
        let mut all: Vec<u64> = (0..2000).map(mix).collect();
        all.sort_unstable();
        all.truncate(TARGETS_KEPT);
        assert_eq!(up, down);
        assert_eq!(up.kept(), all);
        assert_eq!(down.kept(), all);
        let mut more = down.clone();
        more.target(all[1] - 1);
        assert_ne!(up, more);
        // However often each is met.
        let mut often = PacketTally::default();
        (0..4000u64).for_each(|n| often.target(mix(n * n % 2000)));
        (0..2000u64).for_each(|n| often.target(mix(n)));
        assert_eq!(up, often);
        assert!(often.targets.capacity() <= 2 * TARGETS_KEPT);
    }
}
