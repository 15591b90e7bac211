//! [`Ports`]: a set of ports that starts small and never outgrows 8 KiB.

use crate::limits::PORTS_LISTED;

/// Distinct ports, counted exactly.
#[derive(Clone, Debug, Default)]
pub struct Ports {
    /// Sorted, while there are very few: most sources knock at one door.
    first: [u16; FIRST],
    count: u32,
    /// All of them, once there are more.
    more: Option<Box<More>>,
}

/// More ports than very few.
#[derive(Clone, Debug)]
enum More {
    /// Sorted, while there are few more.
    Few(Vec<u16>),
    /// One bit a port, once there are many.
    Many(Box<[u64; 1024]>),
}

/// Ports kept without an allocation.
const FIRST: usize = 6;

/// Ports at which a sorted list is larger than the bits would be.
const MANY: usize = 2048;

impl Ports {
    /// Adds a port.
    #[inline]
    pub fn insert(&mut self, port: u16) {
        let held = self.count as usize;
        match self.more.as_deref_mut() {
            None => {
                let kept = self.first.get(..held).unwrap_or_default();
                let Err(at) = kept.binary_search(&port) else { return };
                self.count += 1;
                if held < FIRST {
                    self.first.copy_within(at..held, at + 1);
                    if let Some(slot) = self.first.get_mut(at) {
                        *slot = port;
                    }
                } else {
                    let mut few = kept.to_vec();
                    few.insert(at, port);
                    self.more = Some(Box::new(More::Few(few)));
                }
            }
            Some(More::Few(few)) => {
                let Err(at) = few.binary_search(&port) else { return };
                few.insert(at, port);
                self.count += 1;
                if few.len() > MANY {
                    let mut bits = Box::new([0u64; 1024]);
                    few.iter().for_each(|p| set(&mut bits, *p));
                    self.more = Some(Box::new(More::Many(bits)));
                }
            }
            Some(More::Many(bits)) => {
                let known =
                    bits.get(usize::from(port >> 6)).is_some_and(|w| w >> (port & 63) & 1 == 1);
                self.count += u32::from(!known);
                set(bits, port);
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        let (first, few, many): (&[u16], &[u16], &[u64]) = match self.more.as_deref() {
            None => (self.first.get(..self.count as usize).unwrap_or_default(), &[], &[]),
            Some(More::Few(few)) => (&[], few, &[]),
            Some(More::Many(bits)) => (&[], &[], bits.as_slice()),
        };
        let bits = (0u16..).zip(many).flat_map(|(i, word)| {
            (0u16..64).filter(move |n| word >> n & 1 == 1).map(move |n| i * 64 + n)
        });
        first.iter().chain(few).copied().chain(bits)
    }

    /// The smallest, as many as output lists.
    pub fn listed(&self) -> impl Iterator<Item = u16> + '_ {
        self.iter().take(PORTS_LISTED)
    }

    /// Adds all of another set.
    pub fn merge(&mut self, other: &Self) {
        for p in other.iter() {
            self.insert(p);
        }
    }
}

fn set(bits: &mut [u64; 1024], port: u16) {
    if let Some(word) = bits.get_mut(usize::from(port >> 6)) {
        *word |= 1 << (port & 63);
    }
}

impl PartialEq for Ports {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl Eq for Ports {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_exactly_in_either_form() {
        let mut ports = Ports::default();
        for p in (0..=65_535u16).step_by(7) {
            ports.insert(p);
            ports.insert(p);
        }
        assert_eq!(ports.count(), 9363);
        assert!(ports.iter().eq((0..=65_535).step_by(7)));
        let mut few = Ports::default();
        few.insert(443);
        few.insert(22);
        assert!(few.iter().eq([22, 443]));
        for p in (100..120).rev() {
            few.insert(p);
            few.insert(p);
        }
        assert!(few.iter().eq([22].into_iter().chain(100..120).chain([443])));
        few.merge(&ports);
        let want: std::collections::BTreeSet<u16> =
            (0..=65_535).step_by(7).chain(100..120).chain([22, 443]).collect();
        assert!(few.iter().eq(want.iter().copied()));
        assert_eq!(few.count() as usize, want.len());
    }
}
