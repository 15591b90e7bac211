//! [`Table`]: what is known of each address, in little room and few lines of the cache.
//!
//! Where an address stands is kept apart from what it did: the one is eight bytes of an IPv4 address
//! and is looked for at every session, the other lies in blocks that never move.

use rayon::slice::ParallelSliceMut as _;
use rustc_hash::FxHashMap;

use crate::addr::Addr;

use super::index::Index;

/// Sources of a block.
const BLOCK: usize = 1024;

/// Numbers that are sorted sooner by one thread than shared among several.
const MANY: usize = 1 << 18;

/// Sources by address.
#[derive(Clone, Debug, Default)]
pub struct Table<T> {
    v4: Index,
    v6: FxHashMap<Addr, u32>,
    blocks: Vec<Vec<T>>,
    len: usize,
}

/// Sessions that are summed up together: as many as the processor has addresses of pages at hand.
pub const TOGETHER: usize = 32;

/// How much is added together: most of it follows something of the same address, so that there are some
/// thirty addresses among so many.
pub const ADDED_TOGETHER: usize = 128;

impl<T: Default> Table<T> {
    /// Adds to many sources, after looks at each of them: nothing but looks, so that as many as can be
    /// are under way at once. What comes of them says nothing.
    #[inline(always)]
    pub fn add_to<P>(
        &mut self,
        many: &[(Addr, P)],
        looks: [fn(&T) -> u64; 2],
        mut add: impl FnMut(&mut T, &P),
    ) {
        for many in many.chunks(ADDED_TOGETHER) {
            self.touch(many.iter().map(|(addr, _)| *addr));
            let mut places = [None; ADDED_TOGETHER];
            let (mut met, mut distinct) = ([0; ADDED_TOGETHER], 0);
            let mut last = (Addr::NOBODY, None);
            for (place, (addr, _)) in places.iter_mut().zip(many) {
                if *addr != last.0 {
                    last = (*addr, self.place(*addr));
                    if let (Some(at), Some(one)) = (last.1, met.get_mut(distinct)) {
                        *one = at;
                        distinct += 1;
                    }
                }
                *place = last.1;
            }
            for look in looks {
                let seen = met.iter().take(distinct).filter_map(|at| self.at(*at));
                std::hint::black_box(seen.fold(0, |all, source| all ^ look(source)));
            }
            for ((addr, what), place) in many.iter().zip(places) {
                match place.and_then(|at| self.at_mut(at)) {
                    Some(source) => add(source, what),
                    // It is new, or was when all were looked for.
                    None => add(self.of(*addr), what),
                }
            }
        }
    }

    /// The source of an address.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, addr: Addr) -> Option<&T> {
        self.at(self.place(addr)?)
    }

    /// Looks at where some addresses should stand, before any is looked for: a search turns on what it
    /// finds, and so waits for memory each by itself.
    #[inline(always)]
    pub fn touch(&self, addrs: impl Iterator<Item = Addr>) {
        let seen = addrs.map(|addr| self.v4.touch(addr.bits() as u32));
        std::hint::black_box(seen.fold(0, |all, number| all ^ number));
    }

    /// Where an address stands.
    #[inline(always)]
    #[must_use]
    pub fn place(&self, addr: Addr) -> Option<u32> {
        match addr.v4() {
            Some(v4) => self.v4.get(v4),
            None => self.v6.get(&addr).copied(),
        }
    }

    /// What stands at a place.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, at: u32) -> Option<&T> {
        let at = at as usize;
        self.blocks.get(at / BLOCK)?.get(at % BLOCK)
    }

    /// The same to be changed.
    #[inline(always)]
    pub fn at_mut(&mut self, at: u32) -> Option<&mut T> {
        let at = at as usize;
        self.blocks.get_mut(at / BLOCK)?.get_mut(at % BLOCK)
    }

    /// What stands at an address's place, or where that is not known, at the one it has or gets.
    #[inline(always)]
    pub fn of_at(&mut self, addr: Addr, place: Option<u32>) -> &mut T {
        let at = place.unwrap_or_else(|| self.place_of(addr)) as usize;
        // What the index names was put there.
        #[allow(clippy::indexing_slicing)]
        &mut self.blocks[at / BLOCK][at % BLOCK]
    }

    /// What an address's place is, made if new.
    #[inline(always)]
    pub fn of(&mut self, addr: Addr) -> &mut T {
        self.of_at(addr, None)
    }

    #[inline(always)]
    fn place_of(&mut self, addr: Addr) -> u32 {
        // There is no room for so many: a source takes more than a hundred bytes.
        let next = u32::try_from(self.len).unwrap_or(u32::MAX);
        let at = match addr.v4() {
            Some(v4) => self.v4.get_or_put(v4, next),
            None => *self.v6.entry(addr).or_insert(next),
        };
        if at == next {
            self.add();
        }
        at
    }

    #[inline(never)]
    fn add(&mut self) {
        if self.len.is_multiple_of(BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(T::default());
        }
        self.len += 1;
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All addresses, and where they stand, in no order.
    fn index(&self) -> impl Iterator<Item = (Addr, u32)> {
        let v4 = self.v4.iter().map(|(v4, at)| (Addr::from_v4(v4), at));
        v4.chain(self.v6.iter().map(|(addr, at)| (*addr, *at)))
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Addr, &T)> {
        self.index().filter_map(|(addr, at)| Some((addr, self.at(at)?)))
    }

    /// All of them, IPv4 before IPv6 and numerically.
    #[must_use]
    pub fn in_order(&self) -> InOrder<'_, T> {
        // An IPv4 address and where it lies are one number.
        let mut v4: Vec<u64> = Vec::with_capacity(self.v4.len());
        v4.extend(self.v4.iter().map(|(v4, at)| u64::from(v4) << 32 | u64::from(at)));
        let mut v6: Vec<(Addr, u32)> = self.v6.iter().map(|(addr, at)| (*addr, *at)).collect();
        by_address(&mut v4);
        if v6.len() > MANY {
            v6.par_sort_unstable();
        } else {
            v6.sort_unstable();
        }
        InOrder { table: self, v4: v4.into_iter(), v6: v6.into_iter() }
    }

    /// The same to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.blocks.iter_mut().flatten()
    }

    /// All of them, taken out.
    pub fn into_iter(mut self) -> impl Iterator<Item = (Addr, T)> {
        let index: Vec<(Addr, u32)> = self.index().collect();
        index.into_iter().filter_map(move |(addr, at)| {
            let at = at as usize;
            let source = self.blocks.get_mut(at / BLOCK)?.get_mut(at % BLOCK)?;
            Some((addr, std::mem::take(source)))
        })
    }

    /// Leaves those for which `stays` is true.
    pub fn retain(&mut self, mut stays: impl FnMut(Addr, &T) -> bool) {
        for (addr, source) in std::mem::take(self).into_iter() {
            if stays(addr, &source) {
                *self.of(addr) = source;
            }
        }
    }
}

/// Sources in the order of their addresses.
#[derive(Debug)]
pub struct InOrder<'t, T> {
    table: &'t Table<T>,
    v4: std::vec::IntoIter<u64>,
    v6: std::vec::IntoIter<(Addr, u32)>,
}

impl<'t, T: Default> Iterator for InOrder<'t, T> {
    type Item = (Addr, &'t T);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (addr, at) = match self.v4.next() {
            Some(both) => (Addr::from_v4((both >> 32) as u32), both as u32),
            None => self.v6.next()?,
        };
        Some((addr, self.table.at(at)?))
    }
}

impl<T: Default + PartialEq> PartialEq for Table<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().all(|(addr, s)| other.get(addr) == Some(s))
    }
}

impl<T: Default + Eq> Eq for Table<T> {}
/// Sorts numbers by their upper half, of which no two have the same: digit by digit, for that waits for
/// no comparison.
fn by_address(all: &mut Vec<u64>) {
    const DIGIT: u32 = 11;
    if all.len() < 1 << DIGIT {
        return all.sort_unstable();
    }
    let mut next = vec![0; all.len()];
    for shift in [u32::BITS, u32::BITS + DIGIT, u32::BITS + 2 * DIGIT] {
        let digit = |n: u64| (n >> shift) as usize % (1 << DIGIT);
        let mut places = [0usize; 1 << DIGIT];
        for n in all.iter() {
            if let Some(count) = places.get_mut(digit(*n)) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for place in &mut places {
            sum += std::mem::replace(place, sum);
        }
        for n in all.iter() {
            if let Some(place) = places.get_mut(digit(*n)) {
                if let Some(slot) = next.get_mut(*place) {
                    *slot = *n;
                }
                *place += 1;
            }
        }
        std::mem::swap(all, &mut next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_in_order_whatever_their_number() {
        for many in [3u32, 2047, 2048, 70_001] {
            let mut table = Table::<u32>::default();
            for n in 0..many {
                // Odd, and so each once.
                let v4 = n.wrapping_mul(0x9e37_79b1);
                *table.of(Addr::from_v4(v4)) = v4;
            }
            let all: Vec<(Addr, u32)> = table.in_order().map(|(addr, v4)| (addr, *v4)).collect();
            assert_eq!(all.len(), many as usize);
            assert!(all.is_sorted_by(|a, b| a.1 < b.1), "{many}");
            assert!(all.iter().all(|(addr, v4)| addr.v4() == Some(*v4)));
        }
    }
}
