//! [`Uptimes`]: which of two repeated hours a line is from, by the kernel's own clock.
//!
//! printk (`kernel/printk/printk.c`, `print_time()`) puts the seconds since the machine started
//! before each message. A line at a time that came once says when that was; from there the
//! clock is carried on to a line at a time that came twice. The kernel's clock stands still while a
//! machine sleeps and starts again with it, so what meets neither of the two times settles nothing.

use rustc_hash::FxHashMap;

use crate::days::SECOND;

use super::moment::{Fold, Moment};

/// How far the kernel's clock may be off, in seconds, and still say which time is meant.
const OFF_AT_MOST: i64 = 120;

/// Lines of a host that wait for one at a time that came once.
const WAITING_KEPT: usize = 4096;

/// The kernel's clock before a message, in nanoseconds.
#[must_use]
pub fn stated(message: &[u8]) -> Option<i64> {
    let text = message.strip_prefix(b"[")?.trim_ascii_start();
    let text = text.split(|b| *b == b']').next()?;
    let (seconds, fraction) = text.split_at_checked(text.iter().position(|b| *b == b'.')?)?;
    let fraction = fraction.get(1..)?;
    let number = |digits: &[u8]| {
        let sound = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
        sound.then(|| digits.iter().fold(0i64, |n, b| n * 10 + i64::from(b - b'0')))
    };
    let scale = 10i64.pow(9 - u32::try_from(fraction.len()).ok().filter(|n| *n <= 9)?);
    Some(number(seconds)? * SECOND + number(fraction)? * scale)
}

/// A line whose time came twice.
#[derive(Clone, Copy, Debug)]
struct Twice {
    offset: u64,
    up: i64,
    /// The earlier time, and how much later the other is.
    first: i64,
    later: i64,
}

impl Twice {
    /// Whether it is the second, if the machine's clock stood at `up` at `utc`.
    fn second(&self, utc: i64, up: i64) -> Option<bool> {
        let at = utc + (self.up - up);
        let off = (OFF_AT_MOST * SECOND).min(self.later / 4);
        match (at.abs_diff(self.first), at.abs_diff(self.first + self.later)) {
            (d, _) if d <= off.unsigned_abs() => Some(false),
            (_, d) if d <= off.unsigned_abs() => Some(true),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
struct Host {
    /// The last line at a time that came once: when, and the kernel's clock.
    anchor: Option<(i64, i64)>,
    waiting: Vec<Twice>,
}

/// Takes the kernel's lines of one input in their order.
#[derive(Debug, Default)]
pub struct Uptimes {
    hosts: FxHashMap<Vec<u8>, Host>,
    /// What was settled: the earlier time in nanoseconds, where the line lies, and whether it is the second.
    pub settled: Vec<(i64, u64, bool)>,
}

impl Uptimes {
    /// Takes a line at which the kernel's clock stood at `up`.
    pub fn see(&mut self, host: &[u8], up: i64, moment: &Moment, offset: u64) {
        let utc = moment.at.nanos;
        if !self.hosts.contains_key(host) {
            self.hosts.insert(host.to_vec(), Host::default());
        }
        let Some(host) = self.hosts.get_mut(host) else { return };
        match moment.basis.fold {
            Fold::None => {
                for t in host.waiting.drain(..).filter(|t| t.up <= up) {
                    if let Some(second) = t.second(utc, up) {
                        self.settled.push((t.first, t.offset, second));
                    }
                }
                host.anchor = Some((utc, up));
            }
            Fold::Ambiguous(later) => {
                let t = Twice { offset, up, first: utc, later: i64::from(later) * SECOND };
                let before = host.anchor.filter(|(_, then)| *then <= up);
                match before.and_then(|(at, then)| t.second(at, then)) {
                    Some(second) => self.settled.push((t.first, offset, second)),
                    None if host.waiting.len() < WAITING_KEPT => host.waiting.push(t),
                    None => {}
                }
            }
            Fold::First | Fold::Second | Fold::Gap => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_clock_as_printk_writes_it() {
        for (message, want) in [
            ("[12345.678901] [UFW BLOCK] IN=", Some(12_345_678_901_000)),
            ("[    1.000000] Linux version", Some(1_000_000_000)),
            ("[12.5] x", Some(12_500_000_000)),
            ("[UFW BLOCK] IN=", None),
            ("[1.2.3] x", None),
            ("[.5] x", None),
            ("[9999999999.5] x", None),
            ("12.5] x", None),
            ("", None),
        ] {
            assert_eq!(stated(message.as_bytes()), want, "{message}");
        }
    }
}
