//! [`Index`]: where IPv4 addresses stand, one number for each.
//!
//! An address and its place are one number of 64 bits, and numbers lie side by side: a look-up mostly touches one
//! line of the cache, where a map of both would touch two. Addresses are never taken out alone.

use std::hash::{BuildHasher as _, RandomState};

/// Numbers at least, a power of two.
const LEAST: usize = 1 << 6;

/// Odd numbers whose bits are in no order.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
const MIXED: u64 = 0xd6e8_feb8_6659_fd93;

/// Where addresses stand.
#[derive(Clone, Debug)]
pub struct Index {
    /// From an address's hash on: it, and below it its place and one; 0 where nothing is. A quarter at
    /// least is free.
    numbers: Vec<u64>,
    len: usize,
    /// By how many bits a hash is moved to be a place among the numbers.
    shift: u32,
    /// Far ends choose their addresses, and not where they lie.
    seed: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self::seeded(RandomState::new().hash_one(0))
    }
}

impl Index {
    fn seeded(seed: u64) -> Self {
        Self { numbers: vec![0; LEAST], len: 0, shift: 64 - LEAST.trailing_zeros(), seed }
    }

    #[inline(always)]
    fn home(&self, v4: u32) -> usize {
        // Not by a number of chance: neighbours would lie in few places, if it is near a fraction of two to the 64th.
        let spread = u64::from(v4).wrapping_mul(SPREAD) ^ self.seed;
        ((spread ^ spread >> 32).wrapping_mul(MIXED) >> self.shift) as usize
    }

    /// The number of an address, or where in the list it is to be put.
    #[inline(always)]
    fn find(&self, v4: u32) -> Result<u32, usize> {
        let mask = self.numbers.len() - 1;
        let mut at = self.home(v4);
        loop {
            let number = self.numbers.get(at).copied().unwrap_or(0);
            if number == 0 {
                return Err(at);
            }
            if (number >> 32) as u32 == v4 {
                return Ok((number as u32).wrapping_sub(1));
            }
            at = (at + 1) & mask;
        }
    }

    /// Looks at where an address should stand. What comes of it says nothing.
    #[inline(always)]
    #[must_use]
    pub fn touch(&self, v4: u32) -> u64 {
        self.numbers.get(self.home(v4)).copied().unwrap_or(0)
    }

    /// Where an address stands.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, v4: u32) -> Option<u32> {
        self.find(v4).ok()
    }

    /// Where an address stands: at `next` if it is new.
    #[inline(always)]
    pub fn get_or_put(&mut self, v4: u32, next: u32) -> u32 {
        match self.find(v4) {
            Ok(place) => place,
            Err(at) => {
                self.put(v4, next, at);
                next
            }
        }
    }

    #[inline(never)]
    fn put(&mut self, v4: u32, place: u32, at: usize) {
        if let Some(number) = self.numbers.get_mut(at) {
            *number = u64::from(v4) << 32 | u64::from(place.wrapping_add(1));
        }
        self.len += 1;
        if 4 * self.len > 3 * self.numbers.len() {
            let room = 2 * self.numbers.len();
            let old = std::mem::replace(&mut self.numbers, vec![0; room]);
            self.shift -= 1;
            for number in old.into_iter().filter(|number| *number != 0) {
                if let Err(at) = self.find((number >> 32) as u32)
                    && let Some(free) = self.numbers.get_mut(at)
                {
                    *free = number;
                }
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// All of them, in no order: the address, and where it stands.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        let taken = self.numbers.iter().filter(|number| **number != 0);
        taken.map(|number| ((number >> 32) as u32, (*number as u32).wrapping_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// How many numbers are looked at until all addresses are found.
    fn looks(index: &Index) -> usize {
        let mask = index.numbers.len() - 1;
        let from = |at: usize, v4: u32| at.wrapping_sub(index.home(v4)) & mask;
        let looks = |(at, n): (usize, &u64)| match n {
            0 => 0,
            n => 1 + from(at, (n >> 32) as u32),
        };
        index.numbers.iter().enumerate().map(looks).sum()
    }

    #[test]
    fn neighbours_do_not_stand_in_each_others_way_whatever_the_seed() {
        for step in [1, 2, 256, 65_536] {
            for seed in 0..2000_u64 {
                let mut index = Index::seeded(seed.wrapping_mul(0xd134_2543_de82_ef95));
                for n in 0..500 {
                    index.get_or_put(0xc000_0200 + n * step, n);
                }
                // Random places, half of which are taken, come to one and a half looks each.
                let looks = looks(&index);
                assert!(looks < 3 * 500, "{looks} looks, seed {seed}, step {step}");
            }
        }
    }

    proptest! {
        #[test]
        fn as_a_map(all in proptest::collection::vec(prop_oneof![0u32..40, any::<u32>()], 0..400)) {
            let (mut index, mut map) = (Index::default(), HashMap::new());
            for v4 in all {
                let next = map.len() as u32;
                prop_assert_eq!(index.get(v4), map.get(&v4).copied());
                let place = *map.entry(v4).or_insert(next);
                prop_assert_eq!(index.get_or_put(v4, next), place);
            }
            prop_assert_eq!(index.len(), map.len());
            prop_assert_eq!(index.iter().collect::<HashMap<_, _>>(), map);
        }
    }
}
