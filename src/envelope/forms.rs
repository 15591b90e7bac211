//! Stamps of forms that are rarer: slashes, weekdays, Cisco's marks, TAI64N, epoch in any unit.

use super::parts::Format;
use super::stamp::{self, At, Civil, Stamp, bsd, civil, instant, iso, month};
use crate::days::SECOND;
use crate::json::Object;

/// Reads the stamp at the start of `text` where [`stamp::read`] knows none; also how many bytes it took.
#[must_use]
pub fn read(text: &[u8]) -> Option<(Stamp, usize, Format)> {
    let mut at = At(text);
    let (stamp, format) = match at.peek()? {
        b'@' => (tai64n(&mut at)?, Format::Tai64n),
        b'*' | b'.' => {
            // Cisco's marks for a clock that is not set or not synchronised; what it says is still all we have.
            at.skip(1);
            (bsd(&mut at)?, Format::Rfc3164)
        }
        b'[' => {
            at.skip(1);
            let found = day_first(&mut at)?;
            at.eat(b']')?;
            (found, Format::Slashed)
        }
        b'A'..=b'Z' => weekday(&mut at)?,
        b'0'..=b'9' => match text.get(2) {
            Some(b'/') if text.get(3).is_some_and(u8::is_ascii_digit) => {
                (month_first(&mut at)?, Format::Alert)
            }
            Some(b'/' | b'-') => (day_first(&mut at)?, Format::Slashed),
            _ => (year_first(&mut at)?, Format::Slashed),
        },
        _ => return None,
    };
    Some((stamp, text.len() - at.0.len(), format))
}

fn with(at: &mut At<'_>, mut c: Civil) -> Stamp {
    (c.nanos, c.decimals) = at.fraction();
    c.offset = at.offset().or_else(|| {
        let mut rest = *at;
        rest.eat(b' ')?;
        let zone = rest.offset()?;
        *at = rest;
        Some(zone)
    });
    Stamp::Civil(c)
}

/// `29/Mar/2026:01:00:00 +0100`, `29-Mar-2026 01:00:00.123`.
fn day_first(at: &mut At<'_>) -> Option<Stamp> {
    let day = at.digits(2)?;
    let between = at.peek().filter(|b| matches!(b, b'/' | b'-'))?;
    at.skip(1);
    let month = month(*at.0.first_chunk::<3>()?)?;
    at.skip(3);
    at.eat(between)?;
    let year = i32::try_from(at.digits(4)?).ok()?;
    at.eat(b':').or_else(|| at.eat(b' '))?;
    let second = at.clock()?;
    let c = civil(Some(year), month, day, second)?;
    Some(with(at, c))
}

/// `03/29/2026-01:00:00.123456`, `03/29/26-…`, `03/29-…`: Suricata's and Snort's, month first.
fn month_first(at: &mut At<'_>) -> Option<Stamp> {
    let month = u8::try_from(at.digits(2)?).ok()?;
    at.eat(b'/')?;
    let day = at.digits(2)?;
    let mut year = None;
    if at.eat(b'/').is_some() {
        let short = at.0.get(2) == Some(&b'-');
        let y = at.digits(if short { 2 } else { 4 })?;
        year = Some(i32::try_from(if short { 2000 + y } else { y }).ok()?);
    }
    at.eat(b'-')?;
    let second = at.clock()?;
    let c = civil(year, month, day, second)?;
    Some(with(at, c))
}

/// `2026/03/29 01:00:00`, `2026:03:29-01:00:00`, `2026 Mar 29 01:00:00`.
fn year_first(at: &mut At<'_>) -> Option<Stamp> {
    let year = i32::try_from(at.digits(4)?).ok()?;
    let between = at.peek().filter(|b| matches!(b, b'/' | b':' | b' '))?;
    at.skip(1);
    if between == b' ' {
        let name = month(*at.0.first_chunk::<3>()?)?;
        at.skip(3);
        at.eat(b' ')?;
        let day = at.day()?;
        at.eat(b' ')?;
        let second = at.clock()?;
        let c = civil(Some(year), name, day, second)?;
        return Some(with(at, c));
    }
    let month = u8::try_from(at.digits(2)?).ok()?;
    at.eat(between)?;
    let day = at.digits(2)?;
    at.eat(if between == b':' { b'-' } else { b' ' })?;
    let second = at.clock()?;
    let c = civil(Some(year), month, day, second)?;
    Some(with(at, c))
}

/// `Sun Mar 29 01:00:00 2026` (ctime(3)), `Sun 2026-03-29 01:00:00 UTC` (journalctl -o short-full),
/// `Sun, 29 Mar 2026 01:00:00 +0100` (RFC 5322).
fn weekday(at: &mut At<'_>) -> Option<(Stamp, Format)> {
    let day = at.0.first_chunk::<3>()?;
    if ![b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"].contains(&day) {
        return None;
    }
    at.skip(3);
    if at.eat(b',').is_some() {
        at.eat(b' ')?;
        let day = at.day()?;
        at.eat(b' ')?;
        let month = month(*at.0.first_chunk::<3>()?)?;
        at.skip(3);
        at.eat(b' ')?;
        let year = i32::try_from(at.digits(4)?).ok()?;
        at.eat(b' ')?;
        let second = at.clock()?;
        let c = civil(Some(year), month, day, second)?;
        return Some((with(at, c), Format::Slashed));
    }
    at.eat(b' ')?;
    if at.peek()?.is_ascii_digit() {
        let found = iso(at)?;
        return Some((zone_word(at, found), Format::Iso8601));
    }
    Some((bsd(at)?, Format::Rfc3164))
}

/// A zone's letters after a stamp: `UTC` and `GMT` state it; others name several zones and state none.
pub(super) fn zone_word(at: &mut At<'_>, stamp: Stamp) -> Stamp {
    let Some(rest) = at.0.strip_prefix(b" ") else { return stamp };
    let n = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
    if !(3..=5).contains(&n) || !matches!(rest.get(n), None | Some(b' ' | b':')) {
        return stamp;
    }
    let word = rest.get(..n).unwrap_or_default();
    at.skip(n + 1);
    match stamp {
        Stamp::Civil(c) if c.offset.is_none() && matches!(word, b"UTC" | b"GMT") => {
            Stamp::Civil(Civil { offset: Some(0), ..c })
        }
        stamp => stamp,
    }
}

/// `I0329 01:00:00.123456`: glog's, whose first letter is the level.
#[must_use]
pub fn glog(text: &[u8]) -> Option<(Stamp, usize)> {
    let mut at = At(text.get(1..)?);
    let month = u8::try_from(at.digits(2)?).ok()?;
    let day = at.digits(2)?;
    at.eat(b' ')?;
    let second = at.clock()?;
    let c = civil(None, month, day, second)?;
    let (nanos, decimals) = at.fraction();
    Some((Stamp::Civil(Civil { nanos, decimals, ..c }), text.len() - at.0.len()))
}

/// `@400000004a1b2c3d0a1b2c3d`: TAI64N, as daemontools' tai64n(8) writes it: seconds from
/// 2^62 - 10 and nanoseconds, both in hexadecimal digits. It counts leap seconds as if there were
/// always ten, as daemontools does.
fn tai64n(at: &mut At<'_>) -> Option<Stamp> {
    at.eat(b'@')?;
    let hex = |digits: &[u8]| {
        digits.iter().try_fold(0u64, |n, b| Some(n << 4 | u64::from((*b as char).to_digit(16)?)))
    };
    let seconds = hex(at.0.get(..16)?)?.checked_sub((1 << 62) + 10)?;
    let nanos = u32::try_from(hex(at.0.get(16..24)?)?).ok()?;
    at.skip(24);
    let nanos = instant(i64::try_from(seconds).ok()?, SECOND, nanos)?;
    (seconds > 0).then_some(Stamp::Epoch { nanos, decimals: 9 })
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, by the number's length.
#[must_use]
pub fn epoch(number: &[u8]) -> Option<Stamp> {
    let (whole, fraction) = match memchr::memchr(b'.', number) {
        Some(n) => number.split_at_checked(n)?,
        None => (number, &[][..]),
    };
    let units: i64 = std::str::from_utf8(whole).ok()?.parse().ok()?;
    let (unit, decimals) = match whole.len() {
        9 | 10 => {
            let mut at = At(fraction);
            let (nanos, decimals) = at.fraction();
            if !at.0.is_empty() {
                return None;
            }
            return Some(Stamp::Epoch { nanos: instant(units, SECOND, nanos)?, decimals });
        }
        13 => (1_000_000, 3),
        16 => (1_000, 6),
        19 => (1, 9),
        _ => return None,
    };
    Some(Stamp::Epoch { nanos: instant(units, unit, 0)?, decimals })
}

/// A text that is a stamp and nothing else, in any form that is known.
#[must_use]
pub fn whole(text: &[u8]) -> Option<Stamp> {
    if text.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return epoch(text);
    }
    let (stamp, used) = match stamp::read(text) {
        Some(found) => found,
        None => read(text).map(|(s, used, _)| (s, used))?,
    };
    let mut at = At(text.get(used..)?);
    let stamp = zone_word(&mut at, stamp);
    at.0.is_empty().then_some(stamp)
}

/// Whether a stamp says when without being told a zone or a year.
#[must_use]
pub const fn states_zone(stamp: &Stamp) -> bool {
    match stamp {
        Stamp::Epoch { .. } => true,
        Stamp::Civil(c) => c.offset.is_some() && c.year.is_some(),
    }
}

/// Names of the members that say when, the surest first. A second name is that of a member within.
const TIMES: &[(&str, &str)] = &[
    ("seconds", ""),
    ("oob.time.sec", ""),
    ("timestamp", ""),
    ("@timestamp", ""),
    ("eventTime", ""),
    ("time", ""),
    ("ts", ""),
    ("event", "timestamp"),
    ("event_timestamp", ""),
    ("start_time", ""),
    ("jsonPayload", "start_time"),
    ("TimeGenerated", ""),
];

/// When a record says it happened, and where it says so.
#[must_use]
pub fn json_time<'a>(o: &Object<'a>) -> Option<(Stamp, &'a [u8])> {
    TIMES.iter().find_map(|(name, inner)| {
        let text = match *inner {
            "" => o.word(name)?,
            inner => o.get(name)?.object()?.word(inner)?,
        };
        Some((whole(text)?, text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text.as_bytes()) {
            None => "none".into(),
            Some((Stamp::Epoch { nanos, decimals }, n, f)) => {
                format!("{} @{nanos} .{decimals} {n}", f.word())
            }
            Some((Stamp::Civil(c), n, f)) => format!(
                "{} {}-{}-{} {}.{} {} {n}",
                f.word(),
                c.year.unwrap_or(0),
                c.month,
                c.day,
                c.second,
                c.decimals,
                c.offset.map_or("-".into(), |o| o.to_string()),
            ),
        }
    }

    #[test]
    fn numbers_outside_the_years_are_no_stamps() {
        for number in [
            "9781247575",
            "7258118400",
            "-123456789",
            "9999999999.999999999",
            "9781247575000",
            "9781247575000000",
            "9999999999999999999",
        ] {
            assert_eq!(epoch(number.as_bytes()), None, "{number}");
        }
        assert_eq!(
            epoch(b"7258118399"),
            Some(Stamp::Epoch { nanos: 7_258_118_399 * SECOND, decimals: 0 })
        );
        for label in [
            "@9000000069c8799a075bcd15",
            "@3fffffffffffffff00000000",
            "@ffffffffffffffffffffffff",
            "@0000000000000000ffffffff",
            "@400000040000000000000000",
        ] {
            assert_eq!(tai64n(&mut At(label.as_bytes())), None, "{label}");
        }
    }

    #[test]
    fn reads() {
        for (text, want) in [
            ("2026/03/29 01:00:00 x", "slashed 2026-3-29 3600.0 - 19"),
            ("2026:03:29-01:00:00 x", "slashed 2026-3-29 3600.0 - 19"),
            ("2026 Mar 29 01:00:00 CET: %", "slashed 2026-3-29 3600.0 - 20"),
            ("03/29/2026-01:00:00.123456  [**]", "alert 2026-3-29 3600.6 - 26"),
            ("03/29/26-01:00:00.123456 [**]", "alert 2026-3-29 3600.6 - 24"),
            ("03/29-01:00:00.123456 [**]", "alert 0-3-29 3600.6 - 21"),
            ("29/Mar/2026:01:00:00 +0100 x", "slashed 2026-3-29 3600.0 3600 26"),
            ("[29/Mar/2026:01:00:00 +0100] x", "slashed 2026-3-29 3600.0 3600 28"),
            ("29-Mar-2026 01:00:00.123 x", "slashed 2026-3-29 3600.3 - 24"),
            ("*Mar  1 18:46:11.123: %", "rfc3164 0-3-1 67571.3 - 20"),
            ("Sun Mar 29 01:00:00 2026 x", "rfc3164 2026-3-29 3600.0 - 24"),
            ("Sun 2026-03-29 01:00:00 UTC web1 x", "iso8601 2026-3-29 3600.0 0 27"),
            ("Sun 2026-03-29 01:00:00 CET web1 x", "iso8601 2026-3-29 3600.0 - 27"),
            ("Sun, 29 Mar 2026 01:00:00 +0100 x", "slashed 2026-3-29 3600.0 3600 31"),
            // 2026-03-29T01:00:00Z is 1774746000, 0x69c87990; ten more is 0x69c8799a.
            ("@4000000069c8799a075bcd15 x", "tai64n @1774746000123456789 .9 25"),
            ("@4000000069c8799a x", "none"),
            ("13/29/2026-01:00:00.1 x", "none"),
            ("29/03/2026 01:00:00 x", "none"),
            ("Sat x", "none"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
        for (text, want) in [
            ("1774746000", 1_774_746_000_000_000_000),
            ("1774746000.25", 1_774_746_000_250_000_000),
            ("1774746000123", 1_774_746_000_123_000_000),
            ("1774746000123456", 1_774_746_000_123_456_000),
            ("1774746000123456789", 1_774_746_000_123_456_789),
        ] {
            assert!(
                matches!(whole(text.as_bytes()), Some(Stamp::Epoch { nanos, .. }) if nanos == want),
                "{text}"
            );
        }
        assert!(whole(b"2026-03-29 01:00:00 UTC").is_some_and(|s| states_zone(&s)));
        assert!(whole(b"2026-03-29 01:00:00 x").is_none());
    }
}
