//! Local time to UTC by IANA's rules; gaps and folds are said, never guessed over.

use chrono::{Offset, TimeZone as _};
use chrono_tz::Tz;

use crate::days::days_from_civil;
use crate::fault::{Fault, Outcome};

/// The zone a log was written in, as told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A fixed number of seconds east of UTC.
    Fixed(i32),
    /// A zone of the IANA database.
    Named(Tz),
}

impl Zone {
    /// Reads an IANA name, an offset such as `+05:30`, or `local`.
    ///
    /// # Errors
    ///
    /// A name that is none, with the nearest ones.
    pub fn parse(text: &str) -> Outcome<Self> {
        let text = text.trim();
        if text == "local" {
            return machine_zone().and_then(|n| n.parse::<Tz>().ok()).map(Self::Named).ok_or_else(
                || {
                    Fault::usage(
                        "the zone `local` was asked for, but this machine does not say its zone",
                    )
                    .hint("name it, such as --tz Europe/London")
                },
            );
        }
        if let Some(offset) = fixed(text) {
            return Ok(Self::Fixed(offset));
        }
        if let Ok(zone) = text.parse::<Tz>() {
            return Ok(Self::Named(zone));
        }
        if let Some(zone) =
            chrono_tz::TZ_VARIANTS.iter().find(|z| z.name().eq_ignore_ascii_case(text))
        {
            return Ok(Self::Named(*zone));
        }
        let near = nearest(text);
        let hint = if near.is_empty() {
            "an IANA name such as Europe/London or an offset such as +05:30 is wanted".to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        Err(Fault::usage(format!("no zone is called {text:?}")).hint(hint))
    }

    /// The zone's name, or its offset.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Named(tz) => tz.name().to_owned(),
            Self::Fixed(0) => "UTC".to_owned(),
            Self::Fixed(s) => {
                let (sign, a) = if *s < 0 { ('-', -s) } else { ('+', *s) };
                format!("{sign}{:02}:{:02}", a / 3600, a / 60 % 60)
            }
        }
    }

    /// Seconds east of UTC at an instant.
    #[must_use]
    pub fn offset_at(&self, utc: i64) -> i32 {
        match self {
            Self::Fixed(s) => *s,
            Self::Named(tz) => chrono::DateTime::from_timestamp(utc, 0)
                .map_or(0, |t| tz.offset_from_utc_datetime(&t.naive_utc()).fix().local_minus_utc()),
        }
    }
}

fn fixed(text: &str) -> Option<i32> {
    if matches!(text, "UTC" | "utc" | "Z" | "GMT") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// The name of this machine's zone, from `TZ` or `/etc/localtime`: a candidate to offer, never a default.
#[must_use]
pub fn machine_zone() -> Option<String> {
    if let Ok(tz) = std::env::var("TZ") {
        let tz = tz.trim_start_matches(':').to_owned();
        if tz.parse::<Tz>().is_ok() {
            return Some(tz);
        }
    }
    let target = std::fs::read_link("/etc/localtime").ok()?;
    let text = target.to_str()?.to_owned();
    let name = text.split("zoneinfo/").nth(1)?.to_owned();
    name.parse::<Tz>().ok().map(|_| name)
}

/// Up to three zone names that differ little from `text`.
fn nearest(text: &str) -> Vec<&'static str> {
    let wanted = text.to_lowercase().replace(' ', "_");
    let mut scored: Vec<(usize, &str)> = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|z| {
            let name = z.name().to_lowercase();
            let city = name.rsplit('/').next().unwrap_or_default();
            let asked = wanted.rsplit('/').next().unwrap_or_default();
            (distance(&wanted, &name).min(distance(asked, city) + 1), z.name())
        })
        .filter(|(d, _)| *d <= wanted.len() / 3 + 1)
        .collect();
    scored.sort_unstable();
    scored.into_iter().take(3).map(|(_, n)| n).collect()
}

/// Levenshtein's edit distance.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.bytes().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, cb) in row.iter_mut().skip(1).zip(b.bytes()) {
            let up = *cell;
            left = (corner + usize::from(ca != cb)).min(up + 1).min(left + 1);
            corner = up;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// A stretch of time over which a zone's offset does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First instant, in seconds since 1970.
    pub from: i64,
    /// First instant after it.
    pub to: i64,
    /// Seconds east of UTC.
    pub offset: i32,
}

/// What a local time may be in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// It happened once.
    Once(i64),
    /// It happened twice: earlier and later.
    Twice(i64, i64),
    /// Clocks skip over it; this is the instant with the offset before.
    Never(i64),
}

/// A zone's offsets over some years, made once per input and searched per stamp.
#[derive(Clone, Debug)]
pub struct Table {
    stretches: Vec<Stretch>,
}

impl Table {
    /// The offsets of `zone` from the first day of `from_year` to the last of `to_year`.
    #[must_use]
    pub fn new(zone: &Zone, from_year: i32, to_year: i32) -> Self {
        let days = |y: i32| days_from_civil(i64::from(y), 1, 1);
        // Local times of these years lie up to a day outside them in UTC.
        let (start, end) = ((days(from_year) - 2) * 86_400, (days(to_year + 1) + 2) * 86_400);
        let mut stretches = Vec::new();
        let mut from = i64::MIN / 4;
        let mut offset = zone.offset_at(start);
        if matches!(zone, Zone::Named(_)) {
            let mut t = start;
            while t < end {
                // Half a day: no zone changed its clocks twice within one.
                let next = t + 43_200;
                let after = zone.offset_at(next);
                if after != offset {
                    let (mut lo, mut hi) = (t, next);
                    while hi - lo > 1 {
                        let mid = lo + (hi - lo) / 2;
                        if zone.offset_at(mid) == offset { lo = mid } else { hi = mid }
                    }
                    stretches.push(Stretch { from, to: hi, offset });
                    (from, offset) = (hi, zone.offset_at(hi));
                    t = hi;
                } else {
                    t = next;
                }
            }
        }
        stretches.push(Stretch { from, to: i64::MAX / 4, offset });
        Self { stretches }
    }

    /// What the local time `seconds` (since 1970, as if in UTC) may be in UTC.
    #[must_use]
    pub fn resolve(&self, seconds: i64) -> Local {
        self.find(seconds).0
    }

    /// As [`Table::resolve`]; also the local times around it that resolve
    /// once with the same offset, for a caller that asks again soon.
    #[must_use]
    pub fn find(&self, seconds: i64) -> (Local, Option<(i64, i64, i32)>) {
        let mut hit: Option<i64> = None;
        for (i, s) in self.stretches.iter().enumerate() {
            let offset = i64::from(s.offset);
            let utc = seconds - offset;
            if utc < s.from {
                // Past the stretch before and not yet in this one.
                if hit.is_none() {
                    let before = i.checked_sub(1).and_then(|p| self.stretches.get(p));
                    return (
                        Local::Never(before.map_or(utc, |b| seconds - i64::from(b.offset))),
                        None,
                    );
                }
                break;
            }
            if utc < s.to {
                if let Some(first) = hit {
                    return (Local::Twice(first, utc), None);
                }
                hit = Some(utc);
                // Sure if the next stretch cannot hold the same local time.
                let next = self.stretches.get(i + 1);
                let sure_to =
                    next.map_or(i64::MAX / 4, |n| s.to + i64::from(n.offset.min(s.offset)));
                let before = i.checked_sub(1).and_then(|p| self.stretches.get(p));
                let sure_from =
                    before.map_or(i64::MIN / 4, |b| s.from + i64::from(b.offset.max(s.offset)));
                if (sure_from..sure_to).contains(&seconds) {
                    return (Local::Once(utc), Some((sure_from, sure_to, s.offset)));
                }
            }
        }
        (hit.map_or(Local::Never(seconds), Local::Once), None)
    }

    /// The local times that happen twice: from, to.
    pub fn folds(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.stretches.windows(2).filter_map(|w| match w {
            [a, b] if b.offset < a.offset => {
                Some((a.to + i64::from(b.offset), a.to + i64::from(a.offset)))
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_chrono_tz() {
        use chrono::{DateTime, LocalResult};
        for name in [
            "Europe/London",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "Europe/Dublin",
            "Africa/Casablanca",
            "America/Sao_Paulo",
            "Pacific/Apia",
        ] {
            let tz: Tz = name.parse().unwrap();
            let table = Table::new(&Zone::Named(tz), 2009, 2027);
            let start = 1_262_304_000; // 2010
            for i in 0..60_000 {
                let local = start + i * 8_999;
                let naive = DateTime::from_timestamp(local, 0).unwrap().naive_utc();
                match (tz.from_local_datetime(&naive), table.resolve(local)) {
                    (LocalResult::Single(a), Local::Once(b)) => {
                        assert_eq!(a.timestamp(), b, "{name} {naive}")
                    }
                    (LocalResult::Ambiguous(a, c), Local::Twice(b, d)) => {
                        let (a, c) = (a.timestamp(), c.timestamp());
                        assert_eq!((a.min(c), a.max(c)), (b, d), "{name} {naive}");
                    }
                    (LocalResult::None, Local::Never(_)) => {}
                    (a, b) => panic!("{name} {naive}: {a:?} {b:?}"),
                }
            }
        }
    }

    #[test]
    fn zones_as_told() {
        assert_eq!(Zone::parse("+05:30").unwrap(), Zone::Fixed(19_800));
        assert_eq!(Zone::parse("-0330").unwrap().name(), "-03:30");
        assert_eq!(Zone::parse("europe/london").unwrap().name(), "Europe/London");
        assert_eq!(Zone::parse("UTC").unwrap(), Zone::Fixed(0));
        let fault = Zone::parse("Europe/Londn").unwrap_err();
        assert!(fault.hinted().unwrap().contains("Europe/London"), "{fault:?}");
        assert!(Zone::parse("+25:00").is_err());
    }
}
