//! What a device says of the time itself, behind a relay's header or without one.
//!
//! A time with a zone stands. One without is the device's, which may be in another zone than the
//! relay that wrote the header; it stands only where the two agree to within five minutes, and else
//! lends the header its year.

use super::forms::{self, states_zone};
use super::stamp::{self, At, Civil, Stamp};
use crate::json::Object;

/// Seconds that a relay's stamp and a device's may lie apart if both are in one zone: less than the
/// quarter of an hour by which zones differ.
const SAME_CLOCK: i64 = 300;

/// Zones differ by so many seconds, or a multiple.
const QUARTER: i64 = 900;

/// Seconds by which two zones differ at most.
const ZONES: i64 = 26 * 3600;

/// Pairs looked at for a time: devices state it first, before anything that a far end wrote.
const PAIRS: usize = 16;

/// A device's own word on when.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// When it happened.
    pub happened: Stamp,
    /// When the device wrote it down, where it tells both: what a relay's header is compared with.
    pub written: Stamp,
    /// That its zone is UTC no document says: it counts only where it lies apart from the header as
    /// zones do. Else it may be local time, and lends the header its year.
    pub near: bool,
}

impl Own {
    const fn at(stamp: Stamp) -> Self {
        Self { happened: stamp, written: stamp, near: false }
    }
}

/// The stamp that holds where a header says one thing and the device in it another.
#[must_use]
pub fn settled(header: Stamp, own: Own) -> Stamp {
    if states_zone(&own.happened) {
        let shifted = |header, own| match (header, own) {
            (Stamp::Civil(h), Stamp::Civil(o)) => apart(&h, &o).is_some_and(|(_, s)| {
                let beyond = s % QUARTER;
                s > SAME_CLOCK && s <= ZONES && beyond.min(QUARTER - beyond) <= 60
            }),
            _ => false,
        };
        if !own.near || shifted(header, own.happened) {
            return own.happened;
        }
    }
    let (Stamp::Civil(h), Stamp::Civil(w)) = (header, own.written) else { return header };
    if h.offset.is_some() {
        return header;
    }
    match apart(&h, &w) {
        Some((_, seconds)) if seconds <= SAME_CLOCK && !own.near => own.happened,
        Some((year, _)) if h.year.is_none() => Stamp::Civil(Civil { year: Some(year), ..h }),
        _ => header,
    }
}

/// The header's year, its own or the nearest to the other's date, and how many seconds lie between.
fn apart(header: &Civil, other: &Civil) -> Option<(i32, i64)> {
    let theirs = other.local_seconds(other.year?)?;
    let years = match header.year {
        Some(year) => year..=year,
        None => other.year? - 1..=other.year? + 1,
    };
    years
        .filter_map(|y| Some((y, (header.local_seconds(y)? - theirs).abs())))
        .min_by_key(|(_, seconds)| *seconds)
}

/// The pairs of `key=value key="value" …`, from the left.
pub struct Pairs<'a>(pub &'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.trim_ascii_start();
        let word = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
        let n = self.0.iter().take_while(|b| word(b)).count();
        let (key, rest) = self.0.split_at_checked(n).filter(|(k, _)| !k.is_empty())?;
        let rest = rest.strip_prefix(b"=")?;
        let (value, rest) = match rest.strip_prefix(b"\"") {
            Some(rest) => {
                let end = memchr::memchr(b'"', rest)?;
                (rest.get(..end)?, rest.get(end + 1..)?)
            }
            None => {
                let end = rest.iter().position(|b| matches!(b, b' ' | b',')).unwrap_or(rest.len());
                rest.split_at_checked(end)?
            }
        };
        self.0 = rest.strip_prefix(b",").unwrap_or(rest);
        Some((key, value))
    }
}

/// The device's own word on when, in any form that is known.
#[must_use]
pub fn time(text: &[u8]) -> Option<Own> {
    match text.first()? {
        b'{' => forms::json_time(&Object::read(text).ok()?).map(|(stamp, _)| Own::at(stamp)),
        b'C' | b'0' | b'1' if event_format(text) => cef(text).map(Own::at),
        b'1' if text.get(1) == Some(&b',') => panos(text),
        _ => pairs(text).or_else(|| watchguard(text)),
    }
}

/// `date= time= tz=`, `eventtime=`, `timestamp=`, `time="date time"`, `startime="date time"`.
fn pairs(text: &[u8]) -> Option<Own> {
    let (mut date, mut time, mut zone, mut epoch, mut whole) = (None, None, None, None, None);
    let mut start = None;
    for (key, value) in Pairs(text).take(PAIRS) {
        match key {
            b"eventtime" if epoch.is_none() => epoch = forms::whole(value),
            b"timestamp" if whole.is_none() => whole = forms::whole(value),
            b"date" if date.is_none() => date = Some(value),
            b"time" if time.is_none() => time = Some(value),
            // Stormshield's: when it began, where `time` is when it was written down.
            b"startime" if start.is_none() => start = forms::whole(value),
            b"tz" if zone.is_none() => zone = At(value).offset(),
            b"timezone" if zone.is_none() && matches!(value, b"UTC" | b"GMT") => zone = Some(0),
            _ => {}
        }
    }
    if let Some(epoch) = epoch {
        return Some(Own::at(epoch));
    }
    // FortiAnalyzer's `timestamp` before FortiOS's date is local time counted as if it were UTC.
    if let Some(whole) = whole.filter(|w| date.is_none() || matches!(w, Stamp::Civil(_))) {
        return Some(Own::at(whole));
    }
    let time = time?;
    let written = match date {
        None => forms::whole(time)?,
        Some(date) => {
            let mut joined = [b' '; 40];
            let end = date.len() + 1 + time.len();
            joined.get_mut(..date.len())?.copy_from_slice(date);
            joined.get_mut(date.len() + 1..end)?.copy_from_slice(time);
            forms::whole(joined.get(..end)?)?
        }
    };
    let zoned = |stamp| match stamp {
        Stamp::Civil(c) if c.offset.is_none() => Stamp::Civil(Civil { offset: zone, ..c }),
        stamp => stamp,
    };
    let written = zoned(written);
    Some(Own { happened: start.map_or(written, zoned), written, near: false })
}

/// `1,RECEIVED,SERIAL,TYPE,SUBTYPE,VERSION,GENERATED,…` of PAN-OS: when it happened, and when the
/// firewall wrote it down. Since PAN-OS 10 a field far behind gives the first with milliseconds and
/// its zone; it is the only one that says so, and tells the same local time, or else a name or a
/// URL looks like it.
pub(super) fn panos(text: &[u8]) -> Option<Own> {
    let mut fields = text.split(|b| *b == b',');
    let written = forms::whole(fields.nth(1)?)?;
    let happened = forms::whole(fields.nth(4)?)?;
    let Stamp::Civil(local) = happened else { return None };
    let zoned = |field: &[u8]| match forms::whole(field.get(..29.min(field.len()))?)? {
        Stamp::Civil(c)
            if c.offset.is_some() && field.len() == 29 && field.get(10) == Some(&b'T') =>
        {
            let near = local.local_seconds(local.year?)?.abs_diff(c.local_seconds(c.year?)?) <= 5;
            near.then_some(Stamp::Civil(c))
        }
        _ => None,
    };
    let mut exact = fields.filter_map(zoned);
    let happened = exact.next().filter(|_| exact.next().is_none()).unwrap_or(happened);
    Some(Own { happened, written, near: false })
}

/// `…, FirstPacketSecond: 2026-06-12T06:58:35Z, …` of Cisco's FTD: an event of a connection is
/// written down when that ends. Named twice it is a value that has been taken for a key.
pub(super) fn first_packet(message: &[u8]) -> Option<Stamp> {
    let key = b"FirstPacketSecond: ";
    let mut all = memchr::memmem::find_iter(message, key);
    let at = all.next().filter(|_| all.next().is_none())? + key.len();
    let (stamp, used) = stamp::read(message.get(at..)?)?;
    let ends = message.get(at + used).is_none_or(|b| *b == b',');
    (ends && states_zone(&stamp)).then_some(stamp)
}

/// `FVE… (2026-06-12T06:58:35) firewall: msg_id=…` of WatchGuard: in parentheses stands the time in UTC,
/// as lines show whose header is in another zone.
fn watchguard(text: &[u8]) -> Option<Own> {
    let open = memchr::memchr(b'(', text.get(..text.len().min(40))?)?;
    let rest = text.get(open + 1..)?;
    let (stamp, used) = stamp::read(rest)?;
    let Stamp::Civil(c) = stamp else { return None };
    let rest = rest.get(used..)?.strip_prefix(b") ")?;
    let named = rest.iter().take(40).position(|b| *b == b':')?;
    rest.get(named..)?.starts_with(b": msg_id=\"").then_some(())?;
    let happened = Stamp::Civil(Civil { offset: Some(0), ..c });
    Some(Own { near: true, ..Own::at(happened) })
}

/// Whether a text is an event in ArcSight's form, with its name before it or as the tag.
fn event_format(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"CEF:").unwrap_or(text);
    matches!(text, [b'0' | b'1', b'|', ..])
}

/// `rt`, `start` or `end` of an extension, or the vendor's own name for it: milliseconds since 1970,
/// `MMM dd yyyy HH:mm:ss` or what ctime(3) writes, whose zone `dtz` states. A key that comes twice is no one's.
pub(super) fn cef(text: &[u8]) -> Option<Stamp> {
    const KEYS: [&[u8]; 9] = [
        b" FTNTFGTeventtime=",
        b" FortinetFortiGateeventtime=",
        b" eventtime=",
        b" UNIFIutcTime=",
        b"rt=",
        b"start=",
        b"end=",
        b"startTime=",
        b"endTime=",
    ];
    let escaped = |at: usize| at.checked_sub(1).and_then(|n| text.get(n)) == Some(&b'\\');
    let head = memchr::memchr_iter(b'|', text).filter(|at| !escaped(*at)).nth(6)?;
    let extension = text.get(head + 1..)?;
    let value = |key: &[u8]| {
        let stands = |at: &usize| {
            key.starts_with(b" ")
                || at.checked_sub(1).and_then(|n| extension.get(n)).is_none_or(|b| *b == b' ')
        };
        let mut all = memchr::memmem::find_iter(extension, key).filter(stands);
        let at = all.next()?;
        if all.next().is_some() {
            return None;
        }
        extension.get(at + key.len()..)
    };
    KEYS.iter().find_map(|key| {
        let value = value(key)?;
        let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits >= 10 && value.get(digits).is_none_or(|b| *b == b' ') {
            return forms::epoch(value.get(..digits)?);
        }
        // `Wed Jul 24 09:41:29 2026`, as ctime(3) writes it.
        let (stamp, used) = stamp::read(value).or_else(|| {
            let (day, rest) = value.split_at_checked(4)?;
            let named = day.iter().take(3).all(u8::is_ascii_alphabetic) && day.ends_with(b" ");
            let (stamp, used) = stamp::read(rest).filter(|_| named)?;
            Some((stamp, used + 4))
        })?;
        let mut at = At(value.get(used..)?);
        match forms::zone_word(&mut at, stamp) {
            Stamp::Civil(c) if c.year.is_none() => None,
            Stamp::Civil(c) if c.offset.is_none() => {
                let utc = matches!(dtz(extension), Some(b"UTC" | b"GMT"));
                Some(Stamp::Civil(Civil { offset: utc.then_some(0), ..c }))
            }
            stamp => Some(stamp),
        }
    })
}

/// `devTime` of LEEF: milliseconds since 1970, or a date whose form `devTimeFormat` names; that of
/// QRadar's default, `MMM dd yyyy HH:mm:ss`, is read. A key that comes twice is no one's.
pub(super) fn leef(text: &[u8]) -> Option<Stamp> {
    let key = b"devTime=";
    let stands = |at: &usize| {
        at.checked_sub(1).and_then(|n| text.get(n)).is_some_and(|b| matches!(b, b'\t' | b'|'))
    };
    let mut all = memchr::memmem::find_iter(text, key).filter(stands);
    let at = all.next().filter(|_| all.next().is_none())? + key.len();
    let value = text.get(at..)?.split(|b| *b == b'\t').next()?;
    if value.len() >= 10 && value.iter().all(u8::is_ascii_digit) {
        return forms::epoch(value);
    }
    let (stamp, used) = stamp::read(value)?;
    let Stamp::Civil(c) = stamp else { return None };
    c.year?;
    let offset = value.get(used..)?.strip_prefix(b" ").and_then(|z| At(z).offset());
    Some(Stamp::Civil(Civil { offset: c.offset.or(offset), ..c }))
}

/// The zone that an extension states for all its times.
fn dtz(extension: &[u8]) -> Option<&[u8]> {
    let mut all = memchr::memmem::find_iter(extension, b"dtz=");
    let at = all.next().filter(|_| all.next().is_none())?;
    extension.get(at + 4..)?.split(|b| *b == b' ').next()
}
