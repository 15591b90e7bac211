//! [`Ports`]: a set of ports, for those sources that knock at many, which never outgrows 8 KiB.

/// Distinct ports, counted exactly.
#[derive(Clone, Debug, Default)]
pub struct Ports {
    count: u32,
    /// None while there is none.
    all: Option<Box<All>>,
}

/// All of them.
#[derive(Clone, Debug)]
enum All {
    /// Each where its number says, or soon behind, while there are few: no search is predicted
    /// wrongly, and none is moved.
    Few(Few),
    /// One bit a port, once there are many.
    Many(Box<[u64; 1024]>),
}

/// A few ports, at most every other place taken.
#[derive(Clone, Debug)]
struct Few {
    /// A power of two of them; 0 where none is.
    places: Box<[u16]>,
    /// Whether port 0 is one of them.
    zero: bool,
}

impl Few {
    fn new(places: usize) -> Self {
        Self { places: vec![0; places].into(), zero: false }
    }

    /// Adds a port; whether it is new.
    #[inline]
    fn insert(&mut self, port: u16) -> bool {
        if port == 0 {
            return !std::mem::replace(&mut self.zero, true);
        }
        let last = self.places.len() - 1;
        // Neighbours lie far from each other.
        let mut at = usize::from(port.wrapping_mul(0x9e37).rotate_left(8)) & last;
        while let Some(place) = self.places.get_mut(at) {
            if *place == port {
                return false;
            }
            if *place == 0 {
                *place = port;
                return true;
            }
            at = (at + 1) & last;
        }
        false
    }

    /// All of them, in no order.
    fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.zero.then_some(0).into_iter().chain(self.places.iter().copied().filter(|p| *p != 0))
    }
}

/// Ports whose places are as large as the bits.
const MANY: usize = 2048;

/// Places for few ports, when they begin.
const PLACES: usize = 16;

impl Ports {
    /// Adds a port.
    #[inline]
    pub fn insert(&mut self, port: u16) {
        let held = self.count as usize;
        match &mut **self.all.get_or_insert_with(|| Box::new(All::Few(Few::new(PLACES)))) {
            All::Few(few) => {
                if !few.insert(port) {
                    return;
                }
                self.count += 1;
                if held >= MANY {
                    let mut bits = Box::new([0u64; 1024]);
                    few.iter().for_each(|p| set(&mut bits, p));
                    self.all = Some(Box::new(All::Many(bits)));
                } else if held * 2 >= few.places.len() {
                    let mut larger = Few::new(few.places.len() * 2);
                    few.iter().for_each(|p| {
                        larger.insert(p);
                    });
                    *few = larger;
                }
            }
            All::Many(bits) => {
                let known =
                    bits.get(usize::from(port >> 6)).is_some_and(|w| w >> (port & 63) & 1 == 1);
                self.count += u32::from(!known);
                set(bits, port);
            }
        }
    }

    /// Looks at them. What comes of it says nothing, but hangs on them.
    #[inline(always)]
    #[must_use]
    pub fn touch(&self) -> u64 {
        match self.all.as_deref() {
            Some(All::Few(few)) => few.places.first().copied().map_or(1, u64::from),
            all => u64::from(all.is_some()),
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        let mut sorted = Vec::new();
        let many: &[u64] = match self.all.as_deref() {
            None => &[],
            Some(All::Few(few)) => {
                sorted.extend(few.iter());
                sorted.sort_unstable();
                &[]
            }
            Some(All::Many(bits)) => bits.as_slice(),
        };
        let bits = (0u16..).zip(many).flat_map(|(i, word)| {
            (0u16..64).filter(move |n| word >> n & 1 == 1).map(move |n| i * 64 + n)
        });
        sorted.into_iter().chain(bits)
    }
}

fn set(bits: &mut [u64; 1024], port: u16) {
    if let Some(word) = bits.get_mut(usize::from(port >> 6)) {
        *word |= 1 << (port & 63);
    }
}

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
        ports.iter().for_each(|p| few.insert(p));
        let want: std::collections::BTreeSet<u16> =
            (0..=65_535).step_by(7).chain(100..120).chain([22, 443]).collect();
        assert!(few.iter().eq(want.iter().copied()));
        assert_eq!(few.count() as usize, want.len());
    }

    #[test]
    fn any_order_comes_to_the_same_at_every_size() {
        let all: Vec<u16> = (0..3000u16).map(|n| n.wrapping_mul(40_503)).collect();
        let mut want = std::collections::BTreeSet::new();
        let mut ports = Ports::default();
        for port in &all {
            ports.insert(*port);
            ports.insert(*all.first().unwrap());
            want.insert(*port);
            assert_eq!(ports.count() as usize, want.len());
            if want.len() < 70 || want.len().abs_diff(2048) < 3 {
                assert!(ports.iter().eq(want.iter().copied()), "{}", want.len());
                let mut other = Ports::default();
                want.iter().rev().for_each(|p| other.insert(*p));
                assert!(ports.iter().eq(other.iter()) && ports.count() == other.count());
            }
        }
    }
}
