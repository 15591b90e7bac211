//! Reads a stamp as written: RFC 3164, RFC 5424, ISO 8601 and epoch seconds.

use crate::days::{SECOND, days_from_civil, leap};
use crate::limits::YEARS;

/// A stamp as its line wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// A calendar date and a time of day.
    Civil(Civil),
    /// Time since 1970 in UTC.
    Epoch {
        /// Nanoseconds since 1970.
        nanos: i64,
        /// Decimals written.
        decimals: u8,
    },
}

/// A calendar date and a time of day, with what may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year, where written.
    pub year: Option<i32>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, valid for the month (29 February always is, where no year is written).
    pub day: u8,
    /// Seconds of the day; a leap second is the second before it.
    pub second: u32,
    /// Nanoseconds of the second.
    pub nanos: u32,
    /// Decimals written.
    pub decimals: u8,
    /// Seconds east of UTC, where written.
    pub offset: Option<i32>,
}

const DAYS: [u8; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Civil {
    /// Seconds since 1970 of this date and time, as if its zone were UTC.
    /// `None` if 29 February does not exist in `year`.
    #[must_use]
    pub const fn local_seconds(&self, year: i32) -> Option<i64> {
        if self.month == 2 && self.day == 29 && !leap(year as i64) {
            return None;
        }
        let days = days_from_civil(year as i64, self.month as i64, self.day as i64);
        Some(days * 86_400 + self.second as i64)
    }

    /// Days since the new year, in a leap year: for comparing stamps without years.
    #[must_use]
    pub fn day_of_year(&self) -> i64 {
        days_from_civil(2000, i64::from(self.month), i64::from(self.day)) - 10_957
    }
}

/// A cursor over the bytes of a stamp.
#[derive(Clone, Copy)]
pub(super) struct At<'a>(pub &'a [u8]);

impl At<'_> {
    pub fn peek(self) -> Option<u8> {
        self.0.first().copied()
    }

    pub fn skip(&mut self, n: usize) {
        self.0 = self.0.get(n..).unwrap_or_default();
    }

    pub fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.skip(1))
    }

    /// Exactly `n` digits.
    pub fn digits(&mut self, n: usize) -> Option<u32> {
        let mut value = 0;
        for b in self.0.get(..n)? {
            if !b.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u32::from(b - b'0');
        }
        self.skip(n);
        Some(value)
    }

    /// One or two digits, the first of which may be a blank.
    pub fn day(&mut self) -> Option<u32> {
        if self.peek()? == b' ' {
            self.skip(1);
            return self.digits(1);
        }
        match self.0.get(1) {
            Some(b) if b.is_ascii_digit() => self.digits(2),
            _ => self.digits(1),
        }
    }

    /// `hh:mm:ss`, as seconds of the day. 60 is a leap second.
    pub fn clock(&mut self) -> Option<u32> {
        let hour = self.digits(2)?;
        self.eat(b':')?;
        let minute = self.digits(2)?;
        self.eat(b':')?;
        let second = self.digits(2)?;
        (hour < 24 && minute < 60 && second <= 60)
            .then(|| hour * 3600 + minute * 60 + second.min(59))
    }

    /// A fraction after `.` or `,`, if there is one: nanoseconds and decimals written.
    pub fn fraction(&mut self) -> (u32, u8) {
        let mut rest = *self;
        if !matches!(rest.peek(), Some(b'.' | b',')) {
            return (0, 0);
        }
        rest.skip(1);
        let (mut nanos, mut decimals) = (0u32, 0u8);
        while let Some(b) = rest.peek().filter(u8::is_ascii_digit) {
            if decimals < 9 {
                nanos = nanos * 10 + u32::from(b - b'0');
                decimals += 1;
            }
            rest.skip(1);
        }
        if decimals == 0 {
            return (0, 0);
        }
        *self = rest;
        (nanos * 10u32.pow(u32::from(9 - decimals)), decimals)
    }

    /// `Z`, `+hh:mm`, `+hhmm` or `+hh`, as seconds east of UTC.
    pub fn offset(&mut self) -> Option<i32> {
        let sign = match self.peek()? {
            b'Z' | b'z' => {
                self.skip(1);
                return Some(0);
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let mut rest = *self;
        rest.skip(1);
        let hours = rest.digits(2)?;
        let mut colon = rest;
        let minutes = if colon.eat(b':').is_some() {
            rest = colon;
            rest.digits(2)?
        } else {
            rest.digits(2).unwrap_or(0)
        };
        if hours > 18 || minutes > 59 {
            return None;
        }
        *self = rest;
        Some(sign * i32::try_from(hours * 3600 + minutes * 60).ok()?)
    }
}

/// The number of the month an English three-letter name stands for.
pub(super) fn month(name: [u8; 3]) -> Option<u8> {
    Some(match &name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// Reads the stamp at the start of `text`; also how many bytes it took.
///
/// Understood: `Mmm dd hh:mm:ss` with an optional fraction and an optional
/// year before or after the time (RFC 3164 §4.1.2, and what Cisco devices
/// write); `yyyy-mm-dd`, `T` or a blank, `hh:mm:ss`, with an optional fraction and
/// an optional offset (RFC 3339 §5.6, RFC 5424 §6.2.3); seconds since 1970
/// with a fraction, or milliseconds since 1970.
#[must_use]
pub fn read(text: &[u8]) -> Option<(Stamp, usize)> {
    let mut at = At(text);
    let stamp = match at.peek()? {
        b'A'..=b'Z' => bsd(&mut at)?,
        b'0'..=b'9' if text.get(4) == Some(&b'-') => iso(&mut at)?,
        b'0'..=b'9' => epoch(&mut at)?,
        _ => return None,
    };
    Some((stamp, text.len() - at.0.len()))
}

pub(super) fn civil(year: Option<i32>, month: u8, day: u32, second: u32) -> Option<Civil> {
    let day = u8::try_from(day).ok()?;
    let last = *DAYS.get(usize::from(month))?;
    if day == 0 || day > last {
        return None;
    }
    if year.is_some_and(|y| !YEARS.contains(&y)) {
        return None;
    }
    if month == 2 && day == 29 && year.is_some_and(|y| !leap(i64::from(y))) {
        return None;
    }
    Some(Civil { year, month, day, second, nanos: 0, decimals: 0, offset: None })
}

pub(super) fn bsd(at: &mut At<'_>) -> Option<Stamp> {
    let month = month(*at.0.first_chunk::<3>()?)?;
    at.skip(3);
    at.eat(b' ')?;
    let day = at.day()?;
    at.eat(b' ')?;
    // `Mmm dd yyyy hh:mm:ss`
    let mut year = None;
    let mut rest = *at;
    if let Some(y) = rest.digits(4)
        && rest.eat(b' ').is_some()
    {
        year = i32::try_from(y).ok();
        *at = rest;
    }
    let second = at.clock()?;
    let (nanos, decimals) = at.fraction();
    if year.is_none()
        && let Some((y, rest)) = year_after(at.0)
    {
        year = Some(y);
        *at = At(rest);
    }
    Some(Stamp::Civil(Civil { nanos, decimals, ..civil(year, month, day, second)? }))
}

/// `Mmm dd hh:mm:ss yyyy`: a year, not a host called by four digits, since a blank or a colon and
/// a blank must follow; a colon alone goes on an IPv6 address.
fn year_after(text: &[u8]) -> Option<(i32, &[u8])> {
    let [b' ', b'1' | b'2', _, _, _, rest @ ..] = text else { return None };
    if !matches!(rest, [b' ', ..] | [b':', b' ', ..] | [b':']) {
        return None;
    }
    let year = At(text.get(1..)?).digits(4).filter(|y| (1990..2100).contains(y))?;
    Some((i32::try_from(year).ok()?, rest))
}

/// Whether what follows a stamp of 15 bytes and its blank may be its year.
#[inline(always)]
#[must_use]
pub const fn may_be_year(rest: &[u8]) -> bool {
    matches!(rest, [b'1' | b'2', _, _, _, b' ' | b':', ..])
}

pub(super) fn iso(at: &mut At<'_>) -> Option<Stamp> {
    let year = i32::try_from(at.digits(4)?).ok()?;
    at.eat(b'-')?;
    let month = u8::try_from(at.digits(2)?).ok()?;
    at.eat(b'-')?;
    let day = at.digits(2)?;
    at.eat(b'T').or_else(|| at.eat(b' '))?;
    let second = at.clock()?;
    let (nanos, decimals) = at.fraction();
    let mut offset = at.offset();
    if offset.is_none() && at.peek() == Some(b' ') {
        // `2026-03-29 01:00:00 +0100`
        let mut rest = *at;
        rest.skip(1);
        if matches!(rest.peek(), Some(b'+' | b'-')) {
            offset = rest.offset();
            if offset.is_some() {
                *at = rest;
            }
        }
    }
    Some(Stamp::Civil(Civil { nanos, decimals, offset, ..civil(Some(year), month, day, second)? }))
}

fn epoch(at: &mut At<'_>) -> Option<Stamp> {
    let long = at.0.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut whole: i64 = 0;
    for b in at.0.get(..long)? {
        whole = whole.checked_mul(10)?.checked_add(i64::from(b - b'0'))?;
    }
    at.skip(long);
    match long {
        10 => {
            let (nanos, decimals) = at.fraction();
            instant(whole, SECOND, nanos).map(|nanos| Stamp::Epoch { nanos, decimals })
        }
        13 => instant(whole, 1_000_000, 0).map(|nanos| Stamp::Epoch { nanos, decimals: 3 }),
        _ => None,
    }
}

/// Nanoseconds since 1970, where that is within [`YEARS`].
pub(super) fn instant(whole: i64, unit: i64, nanos: u32) -> Option<i64> {
    let end = days_from_civil(i64::from(*YEARS.end()) + 1, 1, 1) * 86_400 * SECOND;
    whole.checked_mul(unit)?.checked_add(i64::from(nanos)).filter(|n| (0..end).contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text.as_bytes()) {
            None => "none".into(),
            Some((Stamp::Epoch { nanos, decimals }, n)) => format!("@{nanos} .{decimals} {n}"),
            Some((Stamp::Civil(c), n)) => format!(
                "{} {}-{} {} {}.{} {} {n}",
                c.year.map_or("-".into(), |y| y.to_string()),
                c.month,
                c.day,
                c.second,
                c.nanos,
                c.decimals,
                c.offset.map_or("-".into(), |o| o.to_string()),
            ),
        }
    }

    #[test]
    fn reads() {
        for (text, want) in [
            ("Mar  8 00:00:09 web1 x", "- 3-8 9 0.0 - 15"),
            ("Mar 18 23:59:59 web1 x", "- 3-18 86399 0.0 - 15"),
            ("Mar 8 00:00:09 web1 x", "- 3-8 9 0.0 - 14"),
            ("Mar 18 00:00:09.25 web1", "- 3-18 9 250000000.2 - 18"),
            ("Mar 18 2026 00:00:09 fw", "2026 3-18 9 0.0 - 20"),
            ("Mar 18 00:00:09 2026 fw", "2026 3-18 9 0.0 - 20"),
            ("Mar 18 00:00:09 2026: x", "2026 3-18 9 0.0 - 20"),
            ("Mar 18 00:00:09 2001:db8::9 x", "- 3-18 9 0.0 - 15"),
            ("Feb 29 00:00:00 x", "- 2-29 0 0.0 - 15"),
            ("2026-03-29T01:00:00Z x", "2026 3-29 3600 0.0 0 20"),
            ("2026-03-29T01:00:00.123456+01:00 x", "2026 3-29 3600 123456000.6 3600 32"),
            ("2026-03-29T01:00:00-0330 x", "2026 3-29 3600 0.0 -12600 24"),
            ("2026-03-29 01:00:00,5 x", "2026 3-29 3600 500000000.1 - 21"),
            ("2026-03-29 01:00:00 +0545 x", "2026 3-29 3600 0.0 20700 25"),
            ("2026-03-29 01:00:00 -host x", "2026 3-29 3600 0.0 - 19"),
            ("2026-03-29T01:00:60Z x", "2026 3-29 3659 0.0 0 20"),
            ("1774746000.5 x", "@1774746000500000000 .1 12"),
            ("1774746000500 x", "@1774746000500000000 .3 13"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
        for text in [
            "",
            "Mar",
            "Mar 32 00:00:00",
            "Feb 30 00:00:00",
            "2026-02-29T00:00:00Z",
            "Mar  8 24:00:00",
            "Mar  8 00:60:00",
            "mar  8 00:00:00",
            "12345 x",
            "0000-01-01T00:00:00+18:00",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
            "Mar 18 9026 00:00:09 fw",
            "9999999999 x",
            "9999999999999 x",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(shown(text), "none", "{text}");
        }
    }
}
