//! Where the four numbers of a dotted quad end, in 81 ways: what both readers of quads know.

/// Where the numbers end among sixteen bytes.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    /// The bits of what is no digit, with the end of the sixteen.
    all: u32,
    dots: u32,
    /// Of all, those behind the third and those behind the fourth.
    after_three: u32,
    after_four: u32,
}

impl Ends {
    /// By the bits of digits and of dots.
    #[inline(always)]
    pub(super) const fn of(digits: u32, dots: u32) -> Self {
        let all = !digits & 0x1ffff;
        let after_one = all & all.wrapping_sub(1);
        let after_two = after_one & after_one.wrapping_sub(1);
        let after_three = after_two & after_two.wrapping_sub(1);
        let after_four = after_three & after_three.wrapping_sub(1);
        Self { all, dots, after_three, after_four }
    }

    /// The first four of them.
    #[inline(always)]
    pub(super) const fn four(self) -> u32 {
        self.all ^ self.after_four
    }

    /// Whether the first three are dots.
    #[inline(always)]
    pub(super) const fn three_dots(self) -> bool {
        (self.all ^ self.after_three) & !self.dots == 0
    }

    /// How long the quad is; `long` is what its shape says.
    #[inline(always)]
    pub(super) const fn long(self, long: u32) -> usize {
        // What comes behind waits for the length alone, and need not wait for the table: mostly all ends where
        // neither a digit nor a dot stands.
        let behind = self.all & !self.dots;
        // Else a dot stands there.
        let long = if behind & self.four() == 0 { long } else { behind.trailing_zeros() };
        long as usize
    }
}

/// Multiplied by it, the ends of each shape differ in their highest eight bits; found by trying.
const SPREAD: u32 = 3_766_213_535;

pub(super) const fn slot(ends: u32) -> usize {
    (ends.wrapping_mul(SPREAD) >> 24) as usize
}

/// How long the four numbers are in one of the 81 ways, and the bits of the ends of them.
// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
pub(super) const fn way(n: usize) -> ([usize; 4], [usize; 4], u32) {
    let long = [n % 3 + 1, n / 3 % 3 + 1, n / 9 % 3 + 1, n / 27 + 1];
    let a = long[0];
    let b = a + 1 + long[1];
    let c = b + 1 + long[2];
    let d = c + 1 + long[3];
    (long, [0, a + 1, b + 1, c + 1], 1 << a | 1 << b | 1 << c | 1 << d)
}
