//! Dotted quads and numbers by shuffles of sixteen bytes, as newer processors can.

use fearless_simd::{i16x8, i32x4, prelude::*, u8x16, u32x4};

use super::shape::{Ends, slot, way};

/// How many decimal digits sixteen bytes begin with.
#[inline(always)]
pub(super) fn digits<S: Simd>(simd: S, text: &[u8; 16]) -> usize {
    digits_of(u8x16::simd_from(simd, *text)).trailing_ones() as usize
}

/// The bits of the bytes that are digits.
#[inline(always)]
fn digits_of<S: Simd>(bytes: u8x16<S>) -> u32 {
    let values = bytes - u8x16::splat(bytes.simd, b'0');
    values.simd_le(u8x16::splat(bytes.simd, 9)).to_bitmask() as u32
}

/// Where the digits of a number go, by how many it has: the last to the eighth of as many lanes of two bytes.
static RIGHT: [[u8; 16]; 8] = right();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn right() -> [[u8; 16]; 8] {
    let mut all = [[0x80; 16]; 8];
    let mut long = 1;
    while long < 8 {
        let mut at = 0;
        while at < long {
            all[long][2 * (8 - long + at)] = at as u8;
            at += 1;
        }
        long += 1;
    }
    all
}

#[inline(always)]
pub(super) fn number<S: Simd>(simd: S, text: &[u8; 16]) -> Option<(u32, usize)> {
    let bytes = u8x16::simd_from(simd, *text);
    let long = digits_of(bytes).trailing_ones() as usize;
    let right = RIGHT.get(long).filter(|_| long > 0)?;
    let values = bytes - u8x16::splat(simd, b'0');
    // What has no digit is zero, and not only where a processor happens to make it so.
    let lanes = simd.swizzle_dyn_precise_u8x16(values, u8x16::simd_from(simd, *right));
    // Two digits at a time, and then four.
    let tens = i16x8::simd_from(simd, [1000, 100, 10, 1, 1000, 100, 10, 1]);
    let twos = simd.pairwise_dot_product_i16x8(lanes.bitcast(), tens);
    let fours = simd.relaxed_narrow_i32x4(twos, twos);
    let thousands = i16x8::simd_from(simd, [10_000, 10_000, 1, 1, 0, 0, 0, 0]);
    let ends: [i32; 4] = simd.pairwise_dot_product_i16x8(fours, thousands).into();
    let [high, low, ..] = ends;
    Some(((high + low) as u32, long))
}

/// Where the digits of a dotted quad lie, in one of its ways.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
struct Places {
    /// For each number, lowest first: where its hundreds are, nothing, its tens, its ones; 0x80 where it has none.
    digits: [u8; 16],
    /// The bits of the three dots, and of what stands behind the last number.
    ends: u32,
    /// The bits of first digits with others behind them: no zero may be there.
    first: u32,
    long: u32,
}

static PLACES: [Places; 256] = places();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn places() -> [Places; 256] {
    const NO: u8 = 0x80;
    const NONE: Places = Places { digits: [NO; 16], ends: 0, first: 0, long: 0 };
    let mut all = [NONE; 256];
    let mut n = 0;
    while n < 81 {
        let (long, starts, ends) = way(n);
        let mut digits = [NO; 16];
        let mut first = 0;
        let mut k = 0;
        while k < 4 {
            // The first number is the highest.
            let (at, last) = (4 * (3 - k), (starts[k] + long[k]) as u8);
            digits[at] = if long[k] > 2 { last - 3 } else { NO };
            digits[at + 2] = if long[k] > 1 { last - 2 } else { NO };
            digits[at + 3] = last - 1;
            first |= ((long[k] > 1) as u32) << starts[k];
            k += 1;
        }
        let long = (starts[3] + long[3]) as u32;
        all[slot(ends)] = Places { digits, ends, first, long };
        n += 1;
    }
    all
}

#[inline(always)]
pub(super) fn quad<S: Simd>(simd: S, text: &[u8; 16]) -> Option<(u32, usize)> {
    let bytes = u8x16::simd_from(simd, *text);
    let values = bytes - u8x16::splat(simd, b'0');
    let digits = values.simd_le(u8x16::splat(simd, 9)).to_bitmask() as u32;
    let dots = bytes.simd_eq(u8x16::splat(simd, b'.')).to_bitmask() as u32;
    let zeros = bytes.simd_eq(u8x16::splat(simd, b'0')).to_bitmask() as u32;
    let ends = Ends::of(digits, dots);
    let places = PLACES.get(slot(ends.four()))?;
    if places.ends != ends.four() || !ends.three_dots() {
        return None;
    }
    let placed = simd.swizzle_dyn_precise_u8x16(values, u8x16::simd_from(simd, places.digits));
    let lanes: u32x4<S> = placed.bitcast();
    let tens = (lanes & u32x4::splat(simd, 0x00ff_00ff)).bitcast::<i16x8<S>>();
    let weights = u32x4::splat(simd, 10 << 16 | 100).bitcast::<i16x8<S>>();
    let ones = (lanes >> 24).bitcast::<i32x4<S>>();
    let numbers = simd.pairwise_dot_product_i16x8(tens, weights) + ones;
    let above = numbers.simd_gt(i32x4::splat(simd, 255));
    if above.any_true() | (zeros & places.first != 0) {
        return None;
    }
    let lowest = u8x16::simd_from(simd, [0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let packed = simd.swizzle_dyn_within_blocks_u8x16(numbers.bitcast(), lowest);
    let [v4, ..]: [u32; 4] = packed.bitcast::<u32x4<S>>().into();
    Some((v4, ends.long(places.long)))
}
