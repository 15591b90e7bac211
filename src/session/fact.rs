//! [`Fact`]: what a line says, in the few bytes that sessions are built from.

use std::cmp::Ordering;

use crate::addr::Addr;
use crate::dialect::Kind;
use crate::limits::READINGS_KEPT;
use crate::time::Instant;

/// Where a line lies. Orders as the run reads: by input, then by offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The input's number in the run.
    pub input: u32,
    /// The offset of its first byte in the unpacked input.
    pub offset: u64,
}

impl Place {
    /// A hash that spreads lines evenly, the same on every machine. The k
    /// lines with the smallest are a sample that depends on the set alone.
    #[must_use]
    pub const fn hash(self) -> u64 {
        // SplitMix64's finaliser over both numbers.
        let mut z =
            self.offset.wrapping_add((self.input as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// When a line was logged and where it lies, in little room. Orders by time, then by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    nanos: i64,
    /// The decimals of the time, and below them the input's number.
    of: u64,
    offset: u64,
}

impl Ord for Spot {
    // Many lines are of one second: to compare one number first would be predicted wrongly.
    #[inline(always)]
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = |s: &Self| u128::from(s.of) << 64 | u128::from(s.offset);
        let ((at, rest), (other_at, other_rest)) =
            ((self.nanos, rest(self)), (other.nanos, rest(other)));
        let less = (at < other_at) | ((at == other_at) & (rest < other_rest));
        let more = (at > other_at) | ((at == other_at) & (rest > other_rest));
        (i8::from(more) - i8::from(less)).cmp(&0)
    }
}

impl PartialOrd for Spot {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    #[inline(always)]
    fn lt(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Less
    }
}

impl Spot {
    /// Of no line.
    pub const NONE: Self = Self { nanos: 0, of: 0, offset: 0 };

    /// Of a line.
    #[inline(always)]
    #[must_use]
    pub const fn new(at: Instant, place: Place) -> Self {
        let of = (at.decimals as u64) << 32 | place.input as u64;
        Self { nanos: at.nanos, of, offset: place.offset }
    }

    /// When, in nanoseconds since 1970.
    #[inline(always)]
    #[must_use]
    pub const fn nanos(&self) -> i64 {
        self.nanos
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> Instant {
        Instant { nanos: self.nanos, decimals: (self.of >> 32) as u8 }
    }

    /// Where.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place { input: self.of as u32, offset: self.offset }
    }
}

/// What a line says of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// When, and where the line lies.
    pub spot: Spot,
    /// What.
    pub kind: Kind,
    /// Credentials or recipients refused.
    pub count: u32,
    /// Who.
    pub source: Addr,
    /// From which port; 0 where the line does not say.
    pub port: u16,
    /// At which of our ports; 0 where nobody says.
    pub our_port: u16,
    /// On which host, by its number in the run.
    pub host: u32,
    /// In which process; 0 where the line does not say.
    pub pid: u32,
    /// A hash of what the program calls the session; 0 where it does not.
    pub session: u64,
    /// A hash of the account named; 0 where no doubt can turn on it.
    pub user: u64,
    /// Seconds the session lasted, where the line says.
    pub lasted: u32,
}

const _: () = assert!(size_of::<Fact>() == 80);

/// A line with several readings that name several sources.
#[derive(Clone, Copy, Debug)]
pub struct Doubt {
    /// The readings with an address.
    pub readings: [Option<Fact>; READINGS_KEPT],
}

impl Doubt {
    /// Each reading.
    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.readings.iter().flatten()
    }
}

/// A hash of the name of a session or an account; never 0.
#[must_use]
pub fn name_hash(name: &[u8]) -> u64 {
    use std::hash::Hasher as _;
    let mut h = rustc_hash::FxHasher::default();
    h.write(name);
    h.finish() | 1
}
