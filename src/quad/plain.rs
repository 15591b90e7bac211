//! Dotted quads by arithmetic, as every processor can.

use wide::u8x16;

use super::shape::{Ends, slot, way};

/// Where the numbers of a dotted quad lie, for each of the ways in which four may be one to three digits long.
#[derive(Clone, Copy)]
struct Shape {
    /// The bits of the three dots, and of what stands behind the last number.
    ends: u32,
    /// Where the second, third and fourth number begin.
    starts: [u8; 3],
    /// By how many bits each has to move up, so that its last digit is the third byte.
    up: [u8; 4],
    /// The least that numbers of their lengths may be: two of 32 bits in each.
    least: [u64; 2],
    /// How long all is.
    long: u8,
}

static SHAPES: [Shape; 256] = shapes();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing, clippy::panic)]
const fn shapes() -> [Shape; 256] {
    const NONE: Shape = Shape { ends: 0, starts: [0; 3], up: [0; 4], least: [0; 2], long: 0 };
    const LEAST: [u64; 4] = [0, 0, 10, 100];
    let mut all = [NONE; 256];
    let mut n = 0;
    while n < 81 {
        let ([i, j, k, l], [_, b, c, d], ends) = way(n);
        let shape = &mut all[slot(ends)];
        if shape.ends != 0 {
            panic!("two shapes in one place");
        }
        let up = [24 - 8 * i as u8, 24 - 8 * j as u8, 24 - 8 * k as u8, 24 - 8 * l as u8];
        let least = [LEAST[i] | LEAST[j] << 32, LEAST[k] | LEAST[l] << 32];
        let starts = [b as u8, c as u8, d as u8];
        *shape = Shape { ends, starts, up, least, long: (d + l) as u8 };
        n += 1;
    }
    all
}

/// The dotted quad that sixteen bytes begin with, and how long it is; a zero ends a shorter text.
#[inline(always)]
pub(super) fn quad(text: &[u8; 16]) -> Option<(u32, usize)> {
    let bytes = u8x16::new(*text);
    let values = bytes - u8x16::splat(b'0');
    let digits = values.min(u8x16::splat(9)).simd_eq(values).to_bitmask();
    let ends = Ends::of(digits, bytes.simd_eq(u8x16::splat(b'.')).to_bitmask());
    // Each number has one to three digits, or the ends are of no shape.
    let shape = SHAPES.get(slot(ends.four()))?;
    if shape.ends != ends.four() || !ends.three_dots() {
        return None;
    }
    let four = |start: usize| text.get(start..).and_then(|t| t.first_chunk::<4>());
    let [second, third, fourth] = shape.starts;
    let [up_first, up_second, up_third, up_fourth] = shape.up;
    // The last begins at the thirteenth byte at most.
    let number = |start: u8, up: u8| {
        let word = u32::from_le_bytes(*four(usize::from(start))?);
        Some(u64::from((word & 0x000f_0f0f) << up))
    };
    let left = number(0, up_first)? | number(second, up_second)? << 32;
    let right = number(third, up_third)? | number(fourth, up_fourth)? << 32;
    // Two numbers at a time: hundreds, tens and ones.
    const ONE: u64 = 0x0000_000f_0000_000f;
    let value = |n: u64| (n & ONE) * 100 + (n >> 8 & ONE) * 10 + (n >> 16 & ONE);
    let (left, right) = (value(left), value(right));
    // None above 255, and none with a zero before it.
    const TOP: u64 = 0x8000_0000_8000_0000;
    let [least_left, least_right] = shape.least;
    let enough = ((left | TOP) - least_left) & ((right | TOP) - least_right) & TOP;
    if (left | right) & 0x0000_0300_0000_0300 | enough ^ TOP != 0 {
        return None;
    }
    let high = (left as u32) << 24 | ((left >> 32) as u32) << 16;
    let v4 = high | (right as u32) << 8 | (right >> 32) as u32;
    Some((v4, ends.long(u32::from(shape.long))))
}
