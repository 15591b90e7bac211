//! Zones and instants as a configuration states them, checked before any log is read.

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use serde::Deserialize as _;
use serde::de::{Deserializer, Visitor, value::MapAccessDeserializer};

use crate::limits::YEARS;

use super::place;

/// Checks the name of a zone: an IANA name, `local`, `UTC`, or an offset such as `+05:30`.
///
/// # Errors
///
/// A sentence that names the zones most like it.
pub fn zone(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = text.to_ascii_lowercase();
    if matches!(plain.as_str(), "local" | "utc" | "z") || is_offset(text) {
        return Ok(text.to_owned());
    }
    if let Some(tz) = chrono_tz::TZ_VARIANTS.iter().find(|z| z.name().eq_ignore_ascii_case(text)) {
        return Ok(tz.name().to_owned());
    }
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|z| z.name());
    // People write the city alone, or with a blank.
    let city = plain.rsplit('/').next().unwrap_or_default().replace(' ', "_");
    let near = place::nearest(text, names()).or_else(|| {
        let cities = names().filter_map(|n| n.rsplit('/').next());
        let found = place::nearest(&city, cities)?;
        names().find(|n| n.rsplit('/').next() == Some(found))
    });
    Err(match near {
        Some(near) => format!("unknown zone `{text}`; did you mean `{near}`?"),
        None => {
            format!("unknown zone `{text}`; write an IANA name, local, or an offset like +05:30")
        }
    })
}

/// Whether the text is a sign, hours and perhaps minutes.
fn is_offset(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['+', '-']) else { return false };
    let (hours, minutes) = match digits.split_once(':') {
        Some((h, m)) if m.len() == 2 => (h, m),
        Some(_) => return false,
        None if digits.len() == 4 => digits.split_at(2),
        None => (digits, "00"),
    };
    let number = |s: &str| -> Option<u8> {
        s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse().ok()).flatten()
    };
    (1..=2).contains(&hours.len())
        && number(hours).is_some_and(|h| h <= 14)
        && number(minutes).is_some_and(|m| m < 60)
}

/// Reads an instant with its offset and puts it into UTC, as RFC 3339 with `Z`.
///
/// # Errors
///
/// A sentence that shows the form.
pub fn instant(text: &str) -> Result<String, String> {
    DateTime::parse_from_rfc3339(text.trim())
        .map(|t| t.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true))
        .map_err(|_| {
            format!("`{text}` is not an instant with its offset, such as 2026-03-29T03:00:00Z")
        })
}

/// Reads what `log_end` may be: an instant, or a date.
///
/// # Errors
///
/// A sentence that shows both forms.
pub fn instant_or_date(text: &str) -> Result<String, String> {
    instant(text).or_else(|_| day(text)).map_err(|_| {
        format!("`{text}` is neither a date such as 2026-03-29 nor an instant such as 2026-03-29T03:00:00Z")
    })
}

/// Reads an instant or a date, as seconds since 1970; a date means its beginning in UTC.
///
/// # Errors
///
/// As [`instant_or_date`].
pub fn seconds(text: &str) -> Result<i64, String> {
    let told = instant_or_date(text)?;
    let whole = if told.len() == 10 { told + "T00:00:00Z" } else { told };
    let at = DateTime::parse_from_rfc3339(&whole).map_err(|e| e.to_string())?;
    if !YEARS.contains(&at.to_utc().year()) {
        let (first, last) = (YEARS.start(), YEARS.end());
        return Err(format!("no time from {first} to {last}"));
    }
    Ok(at.timestamp())
}

/// Reads a day, as YYYY-MM-DD.
///
/// # Errors
///
/// A sentence that shows the form.
pub fn day(text: &str) -> Result<String, String> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
        .map(|d| d.to_string())
        .map_err(|_| format!("`{text}` is not a day such as 2026-03-29"))
}

/// Deserialises a date or time of TOML, or a string with one.
fn stated<'de, D: Deserializer<'de>>(
    from: D,
    parse: fn(&str) -> Result<String, String>,
) -> Result<String, D::Error> {
    struct Stated(fn(&str) -> Result<String, String>);
    impl<'de> Visitor<'de> for Stated {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an instant such as 2026-03-29T03:00:00Z")
        }
        fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<String, E> {
            (self.0)(s).map_err(E::custom)
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<String, A::Error> {
            let told = toml::value::Datetime::deserialize(MapAccessDeserializer::new(map))?;
            (self.0)(&told.to_string()).map_err(serde::de::Error::custom)
        }
    }
    from.deserialize_any(Stated(parse))
}

/// For `measured`.
pub(super) fn de_instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    stated(from, instant).map(Some)
}

/// For `log_end`.
pub(super) fn de_log_end<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    stated(from, instant_or_date).map(Some)
}

/// For `seen`.
pub(crate) fn de_day<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    stated(from, day)
}

/// For `zone` where it may be absent.
pub(super) fn de_zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    de_named_zone(from).map(Some)
}

/// For `zone` of `[[time.zones]]`.
pub(super) fn de_named_zone<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    place::string_by(from, "a zone such as \"Europe/London\"", zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones() {
        for (text, want) in [
            ("Europe/London", "Europe/London"),
            ("europe/london", "Europe/London"),
            ("local", "local"),
            ("+05:30", "+05:30"),
            ("-0800", "-0800"),
            ("+1", "+1"),
            ("Europe/Lodnon", "unknown zone `Europe/Lodnon`; did you mean `Europe/London`?"),
            ("Kolkatta", "unknown zone `Kolkatta`; did you mean `Asia/Kolkata`?"),
            (
                "+15:00",
                "unknown zone `+15:00`; write an IANA name, local, or an offset like +05:30",
            ),
            ("+05:3", "unknown zone `+05:3`; write an IANA name, local, or an offset like +05:30"),
        ] {
            assert_eq!(zone(text).unwrap_or_else(|e| e), want);
        }
    }

    #[test]
    fn instants() {
        for (text, want) in [
            ("2026-03-29T03:00:00Z", "2026-03-29T03:00:00Z"),
            ("2026-03-29T04:00:00.5+01:00", "2026-03-29T03:00:00.500Z"),
            ("2026-03-29", "2026-03-29"),
        ] {
            assert_eq!(instant_or_date(text).as_deref(), Ok(want));
        }
        assert_eq!(seconds("2026-03-29"), Ok(1_774_742_400));
        assert_eq!(seconds("2026-03-29T04:00:00.5+01:00"), Ok(1_774_753_200));
        for bad in ["2026-03-29T03:00:00", "2026-02-30", "yesterday", ""] {
            assert!(seconds(bad).is_err());
            assert!(instant_or_date(bad).unwrap_err().contains("neither a date"), "{bad}");
        }
        assert!(instant("2026-03-29").unwrap_err().contains("not an instant"));
    }
}
