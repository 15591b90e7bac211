//! What a report may say of our clock: told, or read from the saved output of a time daemon.
//!
//! Four outputs are read: `chronyc tracking`, `timedatectl` (its status, its
//! `timesync-status`, or both in one file) and `ntpq -c rv`. Whatever an output
//! does not say stays unknown, and a clock that is not synchronised has no
//! bound: its own idea of its error is worth nothing.

use std::path::{Path, PathBuf};

use chrono::{Datelike as _, NaiveDateTime};
use serde::Deserialize;

use super::{instant, place};
use crate::fault::{Fault, Outcome};
use crate::limits::PROFILE_BYTES;

/// `[clock]`: one saved output, or what the reporter tells.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clock {
    /// A file with the output of `chronyc tracking`.
    pub chronyc: Option<PathBuf>,
    /// A file with the output of `timedatectl` or `timedatectl timesync-status`.
    pub timedatectl: Option<PathBuf>,
    /// A file with the output of `ntpq -c rv`.
    pub ntpq: Option<PathBuf>,
    /// A file with the output of `ntptime`.
    pub ntptime: Option<PathBuf>,
    /// Told: whether the clock was synchronised.
    pub synchronised: Option<bool>,
    /// Told: the largest error of the clock, in seconds.
    pub bound_seconds: Option<f64>,
    /// Told: when this was found out, in UTC.
    #[serde(deserialize_with = "instant::de_instant")]
    pub measured: Option<String>,
}

/// What is known of the clock that stamped the logs. `None` means unknown, and
/// a report has to say so.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockStatement {
    /// Whether the clock was synchronised.
    pub synchronised: Option<bool>,
    /// The largest error in seconds.
    pub bound_seconds: Option<f64>,
    /// When that was measured: RFC 3339 with `Z`.
    pub measured: Option<String>,
    /// Who says so: `chronyc tracking`, `timedatectl`, `ntpq -c rv`, `told` or `not stated`.
    pub origin: String,
}

impl Default for ClockStatement {
    fn default() -> Self {
        Self::unknown("not stated")
    }
}

impl ClockStatement {
    fn unknown(origin: &str) -> Self {
        Self { synchronised: None, bound_seconds: None, measured: None, origin: origin.to_owned() }
    }

    /// Works out the statement, reading the saved output where one is named.
    ///
    /// # Errors
    ///
    /// [`Fault::File`] where that file cannot be read or is not such an output.
    pub fn of(clock: &Clock) -> Outcome<Self> {
        type Reader = fn(&str) -> Result<ClockStatement, &'static str>;
        let saved: [(&Option<PathBuf>, Reader); 4] = [
            (&clock.chronyc, chronyc),
            (&clock.timedatectl, timedatectl),
            (&clock.ntpq, ntpq),
            (&clock.ntptime, ntptime),
        ];
        let mut statement = Self::default();
        for (path, reader) in saved {
            if let Some(path) = path {
                statement = reader(&saved_output(path)?).map_err(|e| {
                    Fault::file(path, e).hint("save the output again, as it was printed")
                })?;
            }
        }
        if clock.synchronised.is_some() || clock.bound_seconds.is_some() {
            statement.origin = "told".to_owned();
            statement.synchronised = clock.synchronised;
            statement.bound_seconds = clock.bound_seconds;
        }
        if clock.measured.is_some() {
            statement.measured.clone_from(&clock.measured);
        }
        Ok(statement)
    }
}

fn saved_output(path: &Path) -> Outcome<String> {
    let bytes = place::bytes_of(path, PROFILE_BYTES).map_err(|e| Fault::file(path, e))?;
    String::from_utf8(bytes)
        .map_err(|_| Fault::file(path, "not text").hint("save the output again, as it was printed"))
}

impl Clock {
    /// Checks that the keys do not contradict each other.
    ///
    /// # Errors
    ///
    /// [`Fault::Config`] with the line.
    pub(super) fn check(&self, text: &str, path: &Path) -> Outcome<()> {
        let wrong = |key: &str, reason: &str| {
            Err(Fault::config(path, place::line_of(text, "clock", key, ""), reason))
        };
        let files: Vec<&str> = [
            ("chronyc", &self.chronyc),
            ("timedatectl", &self.timedatectl),
            ("ntpq", &self.ntpq),
            ("ntptime", &self.ntptime),
        ]
        .into_iter()
        .filter_map(|(key, file)| file.as_ref().map(|_| key))
        .collect();
        if let [first, second, ..] = files.as_slice() {
            return wrong(second, &format!("`{first}` already says what the clock was; keep one"));
        }
        let told = [
            ("synchronised", self.synchronised.is_some()),
            ("bound_seconds", self.bound_seconds.is_some()),
        ];
        if let (Some(file), Some((key, _))) = (files.first(), told.iter().find(|t| t.1)) {
            return wrong(key, &format!("`{file}` already says what the clock was; keep one"));
        }
        match self.bound_seconds {
            Some(b) if !b.is_finite() || b < 0.0 => {
                wrong("bound_seconds", "a bound is a number of seconds, 0 or more")
            }
            Some(_) if self.synchronised == Some(false) => {
                wrong("bound_seconds", "a clock that was not synchronised has no bound")
            }
            _ => Ok(()),
        }
    }
}

/// The value of a line `key : value`.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (k, v) = line.split_once(':')?;
        k.trim().eq_ignore_ascii_case(key).then(|| v.trim())
    })
}

/// The number a value begins with.
fn number(value: &str) -> Option<f64> {
    value.split_whitespace().next()?.parse().ok().filter(|n: &f64| n.is_finite())
}

/// Reads `chronyc tracking`. The bound is what chrony's documentation gives
/// for the error of the clock: offset, dispersion, and half the delay.
fn chronyc(text: &str) -> Result<ClockStatement, &'static str> {
    let leap = value(text, "Leap status")
        .ok_or("no `Leap status` line: is this the output of `chronyc tracking`?")?;
    let mut out = ClockStatement::unknown("chronyc tracking");
    // 127.127.1.1 is the local clock itself: in step with nobody else.
    let local = value(text, "Reference ID")
        .is_some_and(|id| id.starts_with("7F7F0101") || id.starts_with("00000000"));
    out.synchronised = match leap.to_ascii_lowercase().as_str() {
        "not synchronised" | "not synchronized" => Some(false),
        _ if local => Some(false),
        "normal" | "insert second" | "delete second" => Some(true),
        _ => None,
    };
    if out.synchronised == Some(true) {
        let of = |key| value(text, key).and_then(number);
        out.bound_seconds = of("System time")
            .zip(of("Root dispersion"))
            .zip(of("Root delay"))
            .map(|((offset, dispersion), delay)| offset.abs() + dispersion + delay / 2.0);
    }
    out.measured = value(text, "Ref time (UTC)")
        .and_then(|v| NaiveDateTime::parse_from_str(v, "%a %b %d %H:%M:%S %Y").ok())
        // Before the first answer of a server it is the epoch.
        .filter(|t| t.year() > 1970)
        .map(|t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    Ok(out)
}

/// Reads `timedatectl`, `timedatectl timesync-status`, or both one after the
/// other. The bound is offset and root distance, which only the second gives.
fn timedatectl(text: &str) -> Result<ClockStatement, &'static str> {
    let yes_no = |key| match value(text, key)? {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    // The older name is that of systemd before 239.
    let status = yes_no("System clock synchronized").or_else(|| yes_no("NTP synchronized"));
    let leap = value(text, "Leap").and_then(|v| match v {
        "not synchronized" => Some(false),
        "normal" | "insert second" | "add second" | "delete second" => Some(true),
        _ => None,
    });
    let root = value(text, "Root distance");
    if status.is_none() && leap.is_none() && root.is_none() {
        return Err("no `System clock synchronized` and no `Root distance` line: \
             is this the output of `timedatectl` or `timedatectl timesync-status`?");
    }
    let mut out = ClockStatement::unknown("timedatectl");
    // Where the two disagree, the doubt is what a desk has to know.
    out.synchronised = match (status, leap) {
        (Some(a), Some(b)) => Some(a && b),
        (a, b) => a.or(b),
    };
    if out.synchronised == Some(true) {
        out.bound_seconds = value(text, "Offset")
            .and_then(span)
            .zip(root.and_then(span))
            .map(|(offset, distance)| offset.abs() + distance);
    }
    Ok(out)
}

/// Reads a span as systemd prints it, `1min 2.5s` or `-1.003ms`, in seconds;
/// a remark in brackets may follow.
fn span(text: &str) -> Option<f64> {
    let text = text.split('(').next()?.trim();
    let (sign, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) if text.starts_with('-') => (-1.0, rest),
        Some(rest) => (1.0, rest),
        None => (1.0, text),
    };
    let mut seconds = None;
    for part in text.split_whitespace() {
        let unit = part.find(|c: char| c.is_ascii_alphabetic() || !c.is_ascii())?;
        let (digits, unit) = part.split_at_checked(unit)?;
        let scale = match unit {
            "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        seconds = Some(seconds.unwrap_or(0.0) + digits.parse::<f64>().ok()? * scale);
    }
    seconds.map(|s| sign * s)
}

/// Reads `ntpq -c rv`: comma-separated words and `name=value`, in milliseconds.
fn ntpq(text: &str) -> Result<ClockStatement, &'static str> {
    let words: Vec<&str> = text.split([',', '\n', ' ']).map(str::trim).collect();
    let of = |key: &str| {
        words.iter().find_map(|w| w.strip_prefix(key).and_then(|v| v.strip_prefix('=')))
    };
    let has = |word: &str| words.contains(&word);
    let leap = match of("leap") {
        _ if has("leap_alarm") => Some(false),
        Some("11" | "3") => Some(false),
        _ if has("leap_none") || has("leap_add_sec") || has("leap_del_sec") => Some(true),
        Some("00" | "01" | "10" | "0" | "1" | "2") => Some(true),
        _ => None,
    };
    let stratum = of("stratum").and_then(|s| s.parse::<u8>().ok());
    if leap.is_none() && stratum.is_none() {
        return Err("no leap word and no `stratum=`: is this the output of `ntpq -c rv`?");
    }
    let mut out = ClockStatement::unknown("ntpq -c rv");
    out.synchronised = match (leap, stratum) {
        (Some(false), _) | (_, Some(16..)) => Some(false),
        _ if has("sync_local") || has("sync_unspec") => Some(false),
        (Some(true), Some(_)) => Some(true),
        _ => None,
    };
    if out.synchronised == Some(true) {
        let milli = |key: &str| of(key).and_then(number);
        out.bound_seconds = milli("offset")
            .zip(milli("rootdisp"))
            .zip(milli("rootdelay"))
            .map(|((offset, dispersion), delay)| (offset.abs() + dispersion + delay / 2.0) / 1e3);
    }
    Ok(out)
}

/// Reads `ntptime`: the kernel's own account. Its maximum error grows until
/// somebody sets the clock right, and is what the kernel vouches for.
fn ntptime(text: &str) -> Result<ClockStatement, &'static str> {
    let status = text
        .lines()
        .find_map(|l| l.trim().strip_prefix("status "))
        .ok_or("no `status` line: is this the output of `ntptime`?")?;
    let mut out = ClockStatement::unknown("ntptime");
    let failed = text.lines().any(|l| l.contains("returns code") && !l.contains("code 0"));
    out.synchronised = Some(!status.contains("UNSYNC") && !failed);
    if out.synchronised == Some(true) {
        let error = text.lines().find_map(|l| l.trim().strip_prefix("maximum error "));
        out.bound_seconds = error.and_then(number).map(|microseconds| microseconds / 1e6);
    }
    // `time e8b2f3a1.2ab…`: seconds since 1900 in UTC; what follows is local time.
    out.measured = text
        .lines()
        .find_map(|l| l.trim().strip_prefix("time "))
        .and_then(|t| i64::from_str_radix(t.get(..8)?, 16).ok())
        .and_then(|t| chrono::DateTime::from_timestamp(t - 2_208_988_800, 0))
        .map(|t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHRONYC: &str = "\
Reference ID    : C0000201 (ntp1.example.net)
Stratum         : 3
Ref time (UTC)  : Sun Mar 29 02:59:31 2026
System time     : 0.000500000 seconds slow of NTP time
Last offset     : -0.000003321 seconds
Root delay      : 0.020000000 seconds
Root dispersion : 0.001500000 seconds
Leap status     : Normal
";
    const NTPQ: &str = "\
associd=0 status=0615 leap_none, sync_ntp, 1 event, clock_sync,
leap=00, stratum=3, precision=-24, rootdelay=12.000, rootdisp=20.000,
refid=192.0.2.1, offset=-1.500, sys_jitter=0.1
";
    const TIMESYNC: &str = "\
       Server: 192.0.2.1 (ntp1.example.net)
         Leap: normal
Root distance: 11.500ms (max: 5s)
       Offset: -1.500ms
        Delay: 12.5ms
";

    /// One line for a statement, to compare.
    fn told(s: Result<ClockStatement, &'static str>) -> String {
        match s {
            Err(e) => e.to_owned(),
            Ok(s) => format!(
                "{} {} {}",
                s.synchronised.map_or("unknown", |b| if b { "yes" } else { "no" }),
                s.bound_seconds.map_or_else(|| "-".to_owned(), |b| format!("{b:.6}")),
                s.measured.as_deref().unwrap_or("-"),
            ),
        }
    }

    #[test]
    fn outputs_of_chronyc() {
        for (text, want) in [
            (CHRONYC.to_owned(), "yes 0.012000 2026-03-29T02:59:31Z"),
            (CHRONYC.replace("Normal", "Insert second"), "yes 0.012000 2026-03-29T02:59:31Z"),
            (CHRONYC.replace("Normal", "Not synchronised"), "no - 2026-03-29T02:59:31Z"),
            (CHRONYC.replace("C0000201", "7F7F0101"), "no - 2026-03-29T02:59:31Z"),
            (CHRONYC.replace("Normal", "Peculiar"), "unknown - 2026-03-29T02:59:31Z"),
            (CHRONYC.replace("Root delay ", "Boot delay "), "yes - 2026-03-29T02:59:31Z"),
            (
                CHRONYC.replace("Sun Mar 29 02:59:31 2026", "Thu Jan 01 00:00:00 1970"),
                "yes 0.012000 -",
            ),
            (
                "506 Cannot talk to daemon\n".to_owned(),
                "no `Leap status` line: is this the output of `chronyc tracking`?",
            ),
        ] {
            assert_eq!(told(chronyc(&text)), want, "{text}");
        }
    }

    #[test]
    fn outputs_of_timedatectl() {
        let status = "   Local time: Sun 2026-03-29 04:00:00 BST\nSystem clock synchronized: yes\n";
        for (text, want) in [
            (status.to_owned(), "yes - -"),
            (status.replace("yes", "no"), "no - -"),
            (TIMESYNC.to_owned(), "yes 0.013000 -"),
            (format!("{status}{TIMESYNC}"), "yes 0.013000 -"),
            (format!("{}{TIMESYNC}", status.replace("yes", "no")), "no - -"),
            (TIMESYNC.replace("11.500ms", "1min 2s"), "yes 62.001500 -"),
            (TIMESYNC.replace("-1.500ms", "n/a"), "yes - -"),
            ("NTP synchronized: yes\n".to_owned(), "yes - -"),
        ] {
            assert_eq!(told(timedatectl(&text)), want, "{text}");
        }
        assert!(told(timedatectl("hello\n")).starts_with("no `System clock synchronized`"));
    }

    #[test]
    fn outputs_of_ntpq() {
        for (text, want) in [
            (NTPQ.to_owned(), "yes 0.027500 -"),
            (NTPQ.replace("leap_none", "leap_alarm"), "no - -"),
            (NTPQ.replace("stratum=3", "stratum=16"), "no - -"),
            (NTPQ.replace("sync_ntp", "sync_local"), "no - -"),
            (NTPQ.replace("rootdisp", "rootdisk"), "yes - -"),
            (
                "ntpq: read: Connection refused\n".to_owned(),
                "no leap word and no `stratum=`: is this the output of `ntpq -c rv`?",
            ),
        ] {
            assert_eq!(told(ntpq(&text)), want, "{text}");
        }
    }

    #[test]
    fn outputs_of_ntptime() {
        let good = "ntp_gettime() returns code 0 (OK)\n  time ed750a80.5f3c2000  Tue, Mar 31 2026 14:00:00.372, (.372011),\n  maximum error 20500 us, estimated error 12 us, TAI offset 37\nntp_adjtime() returns code 0 (OK)\n  modes 0x0 (),\n  offset 0.000 us, frequency 1.5 ppm, interval 1 s,\n  maximum error 20500 us, estimated error 12 us,\n  status 0x2001 (PLL,NANO),\n  time constant 10, precision 0.001 us, tolerance 500 ppm,\n";
        let read = ntptime(good).unwrap();
        assert_eq!((read.synchronised, read.bound_seconds), (Some(true), Some(0.0205)));
        assert_eq!(read.measured.as_deref(), Some("2026-03-30T14:43:12Z"));
        assert_eq!(read.origin, "ntptime");
        for (from, to) in [("PLL,NANO", "UNSYNC"), ("code 0 (OK)", "code 5 (ERROR)")] {
            let read = ntptime(&good.replace(from, to)).unwrap();
            assert_eq!((read.synchronised, read.bound_seconds), (Some(false), None));
        }
        assert!(ntptime("stratum=2").is_err());
    }

    #[test]
    fn told_or_unknown() {
        let unknown = ClockStatement::of(&Clock::default()).unwrap();
        assert_eq!((unknown.synchronised, unknown.origin.as_str()), (None, "not stated"));
        let clock = Clock {
            synchronised: Some(true),
            bound_seconds: Some(0.05),
            measured: Some("2026-03-29T03:00:00Z".to_owned()),
            ..Clock::default()
        };
        let said = ClockStatement::of(&clock).unwrap();
        assert_eq!(said.origin, "told");
        assert_eq!(told(Ok(said)), "yes 0.050000 2026-03-29T03:00:00Z");
    }
}
