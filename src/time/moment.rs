//! [`Instant`] and [`Moment`]: a point in UTC, and what had to be assumed to know it.

use std::fmt;

use crate::days::{SECOND, civil_from_days};

/// A point in UTC, in nanoseconds since 1970, with as many decimals as its log wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub nanos: i64,
    /// Decimals of a second the log wrote, 0 to 9.
    pub decimals: u8,
}

impl Instant {
    /// A whole second.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self { nanos: seconds.saturating_mul(SECOND), decimals: 0 }
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.nanos.div_euclid(SECOND)
    }

    /// `2026-03-29`.
    #[must_use]
    pub fn date(self) -> String {
        let (y, m, d) = civil_from_days(self.seconds().div_euclid(86_400));
        format!("{y:04}-{m:02}-{d:02}")
    }

    /// `2026-03-29 03:14` in UTC, to the minute.
    #[must_use]
    pub fn minute(self) -> String {
        let text = self.to_string();
        text.get(..16).map_or(text.clone(), |t| t.replace('T', " "))
    }

    /// Appends RFC 3339 with `Z`, decimals only as the log had them.
    pub fn write(self, out: &mut Vec<u8>) {
        Dates::default().write(self, out);
    }
}

/// Writes instants; dates that were written lately need not be reckoned again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dates {
    /// Days since 1970 and their dates, each in the place of its lowest bits.
    known: [Option<(i64, [u8; 10])>; 8],
}

impl Dates {
    /// Appends RFC 3339 with `Z`, decimals only as the log had them.
    #[inline]
    pub fn write(&mut self, at: Instant, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.whole(at.nanos));
        if at.decimals > 0 {
            if let Some(last) = out.last_mut() {
                *last = b'.';
            }
            let mut rest = at.nanos.rem_euclid(SECOND);
            for _ in 0..at.decimals.min(9) {
                out.push(b'0' + u8::try_from(rest / (SECOND / 10)).unwrap_or(0));
                rest = rest % (SECOND / 10) * 10;
            }
            out.push(b'Z');
        }
    }

    /// The same to the second.
    #[inline(always)]
    pub fn whole(&mut self, nanos: i64) -> [u8; 20] {
        let (day, time) = match u64::try_from(nanos) {
            // Nearly all: without a sign it takes less.
            Ok(nanos) => {
                let seconds = nanos / SECOND.unsigned_abs();
                ((seconds / 86_400).cast_signed(), (seconds % 86_400) as u32)
            }
            Err(_) => {
                let seconds = nanos.div_euclid(SECOND);
                (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) as u32)
            }
        };
        let date = match self.known.get(day as usize % 8) {
            Some(Some((known, date))) if *known == day => *date,
            _ => self.reckon(day),
        };
        let mut text = *b"yyyy-mm-ddThh:mm:ssZ";
        if let Some(place) = text.first_chunk_mut() {
            *place = date;
        }
        if let Some(place) = text.get_mut(11..).and_then(|time| time.first_chunk_mut()) {
            *place = of_day(time);
        }
        text
    }

    #[inline(never)]
    fn reckon(&mut self, day: i64) -> [u8; 10] {
        let date = date(day);
        if let Some(place) = self.known.get_mut(day as usize % 8) {
            *place = Some((day, date));
        }
        date
    }
}

/// `2026-03-29`, of days since 1970.
fn date(day: i64) -> [u8; 10] {
    let (y, m, d) = civil_from_days(day);
    let two = |n: i64| [b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
    let ([c, e], [y, z]) = (two(y.max(0) / 100), two(y.max(0) % 100));
    let ([m, n], [d, f]) = (two(m), two(d));
    [c, e, y, z, b'-', m, n, b'-', d, f]
}

/// `03:14:15`, of seconds since midnight.
#[inline(always)]
const fn of_day(time: u32) -> [u8; 8] {
    let minutes = time / 60;
    let all = (minutes / 60) as u64 | ((minutes % 60) as u64) << 24 | ((time % 60) as u64) << 48;
    // All three by ten at once: below a hundred, 103 / 1024 is a tenth.
    let tens = ((all * 103) >> 10) & 0x000f_0000_0f00_000f;
    (tens | (all - 10 * tens) << 8 | 0x3030_3a30_303a_3030).to_le_bytes()
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(32);
        self.write(&mut out);
        f.write_str(std::str::from_utf8(&out).unwrap_or_default())
    }
}

/// How a stamp became an instant: what the log stated, and what we had to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Basis {
    /// The zone was told to us, not stated in the stamp.
    pub told_zone: bool,
    /// The year was inferred from the order of lines and the file's end.
    pub inferred_year: bool,
    /// The instant lies past the end of its log, which the year was counted from.
    pub past_end: bool,
    /// What daylight saving made of the local time.
    pub fold: Fold,
    /// The kernel's own clock settled the fold, not the order of lines.
    pub uptime: bool,
}

impl Basis {
    /// A zone that was told and a year that was inferred, and nothing odd about either.
    pub const TOLD: Self = Self {
        told_zone: true,
        inferred_year: true,
        past_end: false,
        fold: Fold::None,
        uptime: false,
    };
}

/// What daylight saving time made of a local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Fold {
    /// It happened once.
    #[default]
    None,
    /// It happened twice; the order of lines, or the kernel's clock, says this is the first.
    First,
    /// It happened twice; the same says this is the second.
    Second,
    /// It happened twice and nothing says which; the earlier was taken, and
    /// the later lies this many seconds after it.
    Ambiguous(i32),
    /// It never happened: clocks skip over it. Read with the offset before.
    Gap,
}

/// An instant with its basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// When, in UTC.
    pub at: Instant,
    /// What that rests on.
    pub basis: Basis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_decimals_it_had() {
        let at = |nanos, decimals| Instant { nanos, decimals }.to_string();
        assert_eq!(at(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(at(1_774_746_000_120_000_000, 3), "2026-03-29T01:00:00.120Z");
        assert_eq!(at(-1, 9), "1969-12-31T23:59:59.999999999Z");
        // One after the other, with and without a day between.
        let (mut dates, mut out) = (Dates::default(), Vec::new());
        for seconds in [0, 86_399, 86_400, 951_782_400, 951_782_399, i64::MAX / SECOND] {
            dates.write(Instant::from_seconds(seconds), &mut out);
        }
        let all = "1970-01-01T00:00:00Z1970-01-01T23:59:59Z1970-01-02T00:00:00Z\
                   2000-02-29T00:00:00Z2000-02-28T23:59:59Z2262-04-11T23:47:16Z";
        assert_eq!(String::from_utf8(out).unwrap(), all);
        for time in 0..86_400 {
            let text = format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
            assert_eq!(of_day(time), text.as_bytes());
        }
    }
}
