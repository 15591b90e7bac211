//! The [`Reader`] that finds a line's envelope by its first bytes.

use super::columns::Columns;
use super::parts::{Envelope, Format};
use super::stamp::{self, Civil, Stamp};
use super::unread::Unread;
use super::{device, forms, record, rfc3164, rfc5424};
use crate::json::Scratch;
use crate::limits::{LINE_BYTES, WRAPPINGS};

/// Reads envelopes line after line, and a stamp's bytes once for all lines that share them.
#[derive(Clone, Debug, Default)]
pub struct Reader<'s> {
    last: Option<([u8; 15], Civil)>,
    /// Set where the caller has seen that no line holds a NUL.
    pub trusts_no_nul: bool,
    /// Where messages are unescaped; without it, one that is escaped has no envelope.
    scratch: Option<&'s Scratch>,
    /// The order of the log's columns, where its first line tells one.
    columns: Option<&'s Columns>,
}

impl<'s> Reader<'s> {
    /// A reader that unescapes messages into `scratch`.
    #[must_use]
    pub const fn new(scratch: &'s Scratch) -> Self {
        Self { last: None, trusts_no_nul: false, scratch: Some(scratch), columns: None }
    }

    /// The same for a log whose first line tells the order of its columns.
    #[must_use]
    pub const fn ordered(self, columns: Option<&'s Columns>) -> Self {
        Self { columns, ..self }
    }

    /// Takes a line apart.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    #[inline(always)]
    pub fn read<'a>(&mut self, line: &'a [u8]) -> Result<Envelope<'a>, Unread>
    where
        's: 'a,
    {
        if line.is_empty() {
            return Err(Unread::Empty);
        }
        if line.len() > LINE_BYTES {
            return Err(Unread::TooLong);
        }
        if !self.trusts_no_nul && memchr::memchr(0, line).is_some() {
            return Err(Unread::Nul);
        }
        // The common case first: the 15 bytes of an RFC 3164 stamp, and a blank.
        if let Some((head, [b' ', rest @ ..])) = line.split_first_chunk::<15>()
            && let Some((last, civil)) = &mut self.last
            && !stamp::may_be_year(rest)
        {
            let same = same(last, head);
            // The same day: only the time of day is new.
            let second = if same { Some(civil.second) } else { same_day(last, head) };
            if let Some(second) = second {
                let stamp = Stamp::Civil(Civil { second, ..*civil });
                let mut e = rfc3164::after_stamp(rest, stamp, head).ok_or(Unread::NoEnvelope)?;
                // Not of a line that is unread: its moment is not worked out, and the next line
                // of the same stamp would take an older one.
                civil.second = second;
                *last = *head;
                e.same_stamp = same;
                if is_odd(&e) {
                    return Ok(self.look_within(e, 0));
                }
                return Ok(e);
            }
        }
        // Apart, so that what is returned above stays in registers.
        match self.afresh(line, 0) {
            Ok(Envelope {
                stamp,
                same_stamp,
                stamp_text,
                host,
                program,
                pid,
                message,
                body,
                format,
            }) => Ok(Envelope {
                stamp,
                same_stamp,
                stamp_text,
                host,
                program,
                pid,
                message,
                body,
                format,
            }),
            Err(reason) => Err(reason),
        }
    }

    /// The stamp of a line that is read elsewhere and known to have an envelope, and whether its
    /// bytes are those of the line before; none where it is of another day or form.
    #[inline(always)]
    pub fn stamp(&mut self, head: &[u8; 15]) -> Option<(Stamp, bool)> {
        let (last, civil) = self.last.as_mut()?;
        if same(last, head) {
            return Some((Stamp::Civil(*civil), true));
        }
        civil.second = same_day(last, head)?;
        *last = *head;
        Some((Stamp::Civil(*civil), false))
    }

    /// Looks into a line without a tag for what a device says of itself.
    #[cold]
    fn look_within<'a>(&mut self, e: Envelope<'a>, depth: usize) -> Envelope<'a>
    where
        's: 'a,
    {
        let found = device::look_within(e, |text| self.within(text, depth));
        if found.stamp != e.stamp {
            // Equal bytes at the start of the next line will not be an equal stamp.
            self.last = None;
        }
        found
    }

    /// A line within a line.
    fn within<'a>(&mut self, text: &'a [u8], depth: usize) -> Option<Envelope<'a>>
    where
        's: 'a,
    {
        if depth >= WRAPPINGS {
            return None;
        }
        let found = self.afresh(text, depth + 1).ok();
        self.last = None;
        found
    }

    #[inline(never)]
    fn afresh<'a>(&mut self, line: &'a [u8], depth: usize) -> Result<Envelope<'a>, Unread>
    where
        's: 'a,
    {
        // A line with another stamp stands between: the next is not "the same as the line before".
        self.last = None;
        if let (Some(columns), Some(scratch), 0) = (self.columns, self.scratch, depth)
            && let Some(found) = columns.read(line, scratch)
        {
            return Ok(found);
        }
        let mut line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.first() == Some(&b'<') {
            let Some(close) = line.iter().take(6).position(|b| *b == b'>') else {
                return record::element(line).ok_or(Unread::NoEnvelope);
            };
            // SonicWall leaves two blanks.
            line = line.get(close + 1..).unwrap_or_default().trim_ascii_start();
            if let Some(rest) = line.strip_prefix(b"1 ") {
                let found = rfc5424::read(rest).or_else(|| meraki(rest));
                return found.ok_or(Unread::NoEnvelope);
            }
        }
        if line.first() == Some(&b'{') {
            return record::json(line, self.scratch, |text| self.within(text, depth));
        }
        let (stamp, used, format) = match stamp::read(line) {
            Some((stamp, used)) => (stamp, used, None),
            None => match forms::read(line) {
                Some((stamp, used, format)) => (stamp, used, Some(format)),
                None => {
                    let found = record::read(line).or_else(|| device::cisco_alone(line));
                    return found.ok_or(Unread::NoEnvelope);
                }
            },
        };
        let text = line.get(..used).unwrap_or_default();
        let rest = line.get(used..).unwrap_or_default();
        let rest = match rest {
            [b':', b' ', rest @ ..] | [b' ', rest @ ..] => rest,
            // Zeek's columns.
            [b'\t', rest @ ..] if matches!(stamp, Stamp::Epoch { .. }) => {
                return Ok(Envelope::bare(stamp, text, rest, Format::Epoch));
            }
            // Dovecot and others write `stamp: ` or a tab.
            [b'\t', rest @ ..] => rest,
            // Exchange's fields.
            [b',', rest @ ..] => return Ok(Envelope::bare(stamp, text, rest, Format::Csv)),
            _ => {
                // `Mar 29 01:00:00 UTC: %SEC-…`, and a stamp behind other things.
                return device::cisco_alone(line).ok_or(Unread::NoEnvelope);
            }
        };
        if let Some(text_within) = container(rest) {
            let outer = Envelope::bare(stamp, text, text_within, Format::Iso8601);
            return Ok(record::within(text_within, outer, |t| self.within(t, depth)));
        }
        let Some(mut e) = rfc3164::after_stamp(rest, stamp, text) else {
            // One word and no more is a message where programs write files of their own.
            return match format {
                Some(format) => Ok(Envelope::bare(stamp, text, rest, format)),
                None => Err(Unread::NoEnvelope),
            };
        };
        if let Stamp::Civil(c) = stamp
            && c.year.is_none()
            && c.decimals == 0
            && format.is_none()
            && let Some(head) = text.first_chunk::<15>()
            && used == 15
        {
            self.last = Some((*head, c));
        }
        e.format = format.unwrap_or(e.format);
        if format.is_some() && device::is_level(e.host) {
            // OpenWrt's logread names no host.
            e.host = &[];
        }
        Ok(if is_odd(&e) { self.look_within(e, depth) } else { e })
    }
}

/// Whether there may be more behind the header than a program and its message: no program's name
/// begins with a digit or a mark, and no message of a known program with these.
#[inline(always)]
fn is_odd(e: &Envelope<'_>) -> bool {
    e.program.first().is_none_or(|b| *b <= b'9')
        || match e.message.first() {
            Some(b'%' | b'{') => true,
            Some(b'0'..=b'9' | b'C') => device::TELL_TIME.contains(&e.program),
            _ => false,
        }
}

/// What stands behind `stdout F `: the prefix of the container runtime interface.
fn container(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b"std")?;
    let rest = rest.strip_prefix(b"out").or_else(|| rest.strip_prefix(b"err"))?;
    rest.strip_prefix(b" F ").or_else(|| rest.strip_prefix(b" P "))
}

/// `<134>1 1774746000.123456789 HOST flows …`: Meraki's, which only looks like RFC 5424.
fn meraki(rest: &[u8]) -> Option<Envelope<'_>> {
    let (stamp @ Stamp::Epoch { .. }, used) = stamp::read(rest)? else { return None };
    let body = rest.get(used..)?.strip_prefix(b" ")?;
    let host = body.get(..memchr::memchr(b' ', body)?)?;
    let message = body.get(host.len() + 1..)?;
    Some(Envelope {
        host,
        message,
        ..Envelope::bare(stamp, rest.get(..used)?, body, Format::Epoch)
    })
}

/// Whether two stamps are the same bytes: two looks at eight of them, of which one byte is in both.
#[inline(always)]
fn same(a: &[u8; 15], b: &[u8; 15]) -> bool {
    let words = |stamp: &[u8; 15]| match (stamp.first_chunk(), stamp.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (0, 0),
    };
    let ((a, b), (c, d)) = (words(a), words(b));
    (a ^ c) | (b ^ d) == 0
}

/// The second of the day of a stamp on the same day as another; none if it is not, or is no stamp.
#[inline(always)]
fn same_day(last: &[u8; 15], head: &[u8; 15]) -> Option<u32> {
    let (Some(day), Some(of)) = (last.first_chunk::<8>(), head.first_chunk::<8>()) else {
        return None;
    };
    // Seven bytes of the date; the last of each eight is an hour's.
    let other = (u64::from_le_bytes(*day) ^ u64::from_le_bytes(*of)) << 8;
    let clock = u64::from_le_bytes(*head.last_chunk::<8>()?);
    // All eight at once: what is left of each byte of `hh:mm:ss`, and whether that is more than it may be.
    let values = clock ^ u64::from_le_bytes(*b"00:00:00");
    let beyond = (((values & LOW) + MOST) | values) & !LOW;
    if other | beyond != 0 {
        return None;
    }
    let digit = |n: u32| (values >> (8 * n)) as u32 & 0xf;
    let hour = digit(0) * 10 + digit(1);
    (hour < 24).then_some(hour * 3600 + (digit(3) * 10 + digit(4)) * 60 + digit(6) * 10 + digit(7))
}

/// The lower seven bits of each byte.
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// What each may be at most, nine or five or no more than the colon, below the highest bit.
const MOST: u64 = u64::from_le_bytes([0x76, 0x76, 0x7f, 0x7a, 0x76, 0x7f, 0x7a, 0x76]);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Untrusted;

    proptest! {
        #[test]
        fn seconds_of_the_day(text in "Mar  [87] [0-9:]{8}|Mar  8 [0-3][0-9:]:[0-7][0-9]:[0-7][0-9/;]", at in 0usize..60, byte: u8) {
            let mut head: [u8; 15] = text.as_bytes().try_into().unwrap();
            if let Some(b) = head.get_mut(at) {
                *b = byte;
            }
            let part = |from: usize, least: u32| {
                let text = std::str::from_utf8(&head[from..from + 2]).ok()?;
                let plain = text.bytes().all(|b| b.is_ascii_digit());
                text.parse::<u32>().ok().filter(|n| plain && *n < least)
            };
            let marks = head[9] == b':' && head[12] == b':' && head.starts_with(b"Mar  8 ");
            let want = || Some(part(7, 24)? * 3600 + part(10, 60)? * 60 + part(13, 60)?);
            let want = if marks { want() } else { None };
            prop_assert_eq!(same_day(b"Mar  8 00:00:00", &head), want);
        }
    }

    fn shown(line: &str) -> String {
        let scratch = Scratch::default();
        match Reader::new(&scratch).read(line.as_bytes()) {
            Err(e) => format!("{e:?}"),
            Ok(e) => format!(
                "{}|{}|{}|{}|{}",
                e.format.word(),
                Untrusted(e.host),
                Untrusted(e.program),
                e.pid.map_or("-".into(), |p| p.to_string()),
                Untrusted(e.message)
            ),
        }
    }

    #[test]
    fn the_line_before_decides_nothing() {
        for tail in ["2026 fw x: y", "2026: %x", "2001:db8::9 sshd[2]: x", "2036 sshd[2]: x", "x"] {
            let line = format!("Mar  8 00:00:10 {tail}");
            let alone = format!("{:?}", Reader::default().read(line.as_bytes()));
            let mut reader = Reader::default();
            reader.read(b"Mar  8 00:00:09 web1 sshd[811]: x").unwrap();
            assert_eq!(format!("{:?}", reader.read(line.as_bytes())), alone);
        }
    }

    #[test]
    fn a_line_that_is_unread_lends_its_stamp_to_nobody() {
        let mut reader = Reader::default();
        assert!(!reader.read(b"Mar  8 00:00:09 web1 sshd[811]: x").unwrap().same_stamp);
        assert!(reader.read(b"Mar  8 00:00:09 web1 sshd[811]: x").unwrap().same_stamp);
        assert!(reader.read(b"Mar  8 00:00:10 nothing-else").is_err());
        assert!(!reader.read(b"Mar  8 00:00:10 web1 sshd[811]: x").unwrap().same_stamp);
        for between in ["2026-03-08T00:00:11Z web1 x: y", "Mar  8 00:00:10 2025 web1 x: y"] {
            assert!(!reader.read(between.as_bytes()).unwrap().same_stamp);
            assert!(!reader.read(b"Mar  8 00:00:10 web1 sshd[811]: x").unwrap().same_stamp);
        }
        assert!(reader.read(b"Mar  9 00:00:10 nothing-else").is_err());
        assert!(!reader.read(b"Mar  9 00:00:10 web1 sshd[811]: x").unwrap().same_stamp);
    }

    #[test]
    fn takes_lines_apart() {
        for (line, want) in [
            (
                "Mar  8 00:00:09 web1 sshd[811]: Invalid user a",
                "rfc3164|web1|sshd|811|Invalid user a",
            ),
            ("<38>Mar  8 00:00:09 web1 sshd[811]: x", "rfc3164|web1|sshd|811|x"),
            (
                "Mar  8 00:00:09 fw kernel: [ 12.5] [UFW BLOCK] IN=",
                "rfc3164|fw|kernel|-|[ 12.5] [UFW BLOCK] IN=",
            ),
            (
                "Mar  8 00:00:09 mx postfix/smtpd[2]: connect from a[192.0.2.1]",
                "rfc3164|mx|postfix/smtpd|2|connect from a[192.0.2.1]",
            ),
            ("Mar  8 00:00:09 mx sshd(pam_unix)[2]: x", "rfc3164|mx|sshd(pam_unix)|2|x"),
            ("Mar  8 00:00:09 sshd[2]: x", "rfc3164||sshd|2|x"),
            ("Mar  8 00:00:09 imap-login: Info: x", "rfc3164||imap-login|-|Info: x"),
            (
                "Mar  8 00:00:09 web1 last message repeated 3 times",
                "rfc3164|web1||-|last message repeated 3 times",
            ),
            (
                "2026-03-29T01:00:00.123456+01:00 web1 sshd-session[1]: x",
                "iso8601|web1|sshd-session|1|x",
            ),
            ("2026-03-29 01:00:00 imap-login: Info: x", "iso-blank||imap-login|-|Info: x"),
            (
                "<38>1 2026-03-29T01:00:00Z web1 sshd 811 - - Invalid user",
                "rfc5424|web1|sshd|811|Invalid user",
            ),
            (
                "<38>1 2026-03-29T01:00:00Z web1 sshd - ID [a b=\"]\\\"\"][c] x",
                "rfc5424|web1|sshd|-|x",
            ),
            (
                "<14>1 2026-03-29T01:00:00Z fw RT_FLOW - DENY [a b=\"c\"]",
                "rfc5424|fw|RT_FLOW|-|DENY [a b=\"c\"]",
            ),
            ("<38>1 - web1 sshd - - - x", "NoEnvelope"),
            ("Mar  8 00:00:09 fw : %ASA-4-106023: Deny x", "rfc3164|fw|%ASA-4-106023|-|Deny x"),
            ("Mar  8 00:00:09 fw: %ASA-4-106023: Deny x", "rfc3164|fw|%ASA-4-106023|-|Deny x"),
            ("Mar  8 2026 00:00:09: %ASA-4-106023: Deny x", "rfc3164||%ASA-4-106023|-|Deny x"),
            ("2026-03-29T01:00:00Z ftd  %FTD-1-430003: x", "iso8601|ftd|%FTD-1-430003|-|x"),
            ("Mar  8 00:00:09 gw [WAN-A-7] IN=eth8 x", "rfc3164|gw||-|[WAN-A-7] IN=eth8 x"),
            ("", "Empty"),
            ("a\0b", "Nul"),
            ("hello world", "NoEnvelope"),
            ("Mar  8 00:00:09", "NoEnvelope"),
            ("Mar  8 00:00:09 web1 sshd[x]: y", "rfc3164|web1|sshd|-|y"),
            ("Mar  8 00:00:09 web1 sshd[99999999999]: y", "rfc3164|web1|sshd|-|y"),
            ("Mar  8 00:00:09 2001:db8::9 sshd[2]: x", "rfc3164|2001:db8::9|sshd|2|x"),
        ] {
            assert_eq!(shown(line), want, "{line}");
        }
    }

    fn at(line: &str) -> String {
        let scratch = Scratch::default();
        let e = Reader::new(&scratch).read(line.as_bytes()).unwrap();
        match e.stamp {
            Stamp::Epoch { nanos, .. } => format!("@{nanos}"),
            Stamp::Civil(c) => {
                format!("{:?} {}-{} {} {:?}", c.year, c.month, c.day, c.second, c.offset)
            }
        }
    }

    #[test]
    fn unwraps_lines() {
        for (line, want) in [
            // journalctl -o json.
            (
                r#"{"__REALTIME_TIMESTAMP":"1774746000123456","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"sshd","_PID":"811","MESSAGE":"Invalid user \"a\\"}"#,
                "json|web1|sshd|811|Invalid user \"a\\",
            ),
            (
                r#"{"__REALTIME_TIMESTAMP":"1774746000123456","_COMM":"sshd","_PID":"811","MESSAGE":[97,255]}"#,
                "json||sshd|811|a\\xff",
            ),
            (r#"{"__REALTIME_TIMESTAMP":"1774746000123456","MESSAGE":"a\u0000"}"#, "Nul"),
            (r#"{"__REALTIME_TIMESTAMP":"1774746000123456","MESSAGE":"a","MESSAGE":"b"}"#, "Twice"),
            (r#"{"__REALTIME_TIMESTAMP":"1774746000123456","MESSAGE":["a","b"]}"#, "NoEnvelope"),
            (r#"{"MESSAGE":"a"}"#, "NoEnvelope"),
            // Docker's json-file, and the container runtime interface.
            (
                r#"{"log":"Mar 29 02:00:00 mx postfix/smtpd[7]: from=\u003ca\u003e\n","stream":"stdout","time":"2026-03-29T01:00:00.123456789Z"}"#,
                "rfc3164|mx|postfix/smtpd|7|from=<a>",
            ),
            (
                r#"{"log":"hello\n","stream":"stdout","time":"2026-03-29T01:00:00.123456789Z"}"#,
                "json|||-|hello",
            ),
            (
                "2026-03-29T01:00:00.123456789Z stdout F Mar 29 02:00:00 mx postfix/smtpd[7]: x",
                "rfc3164|mx|postfix/smtpd|7|x",
            ),
            ("2026-03-29T01:00:00.123456789Z stderr F hello you", "iso8601|||-|hello you"),
            // A device's own record reaches its dialect whole.
            (
                r#"{"timestamp":"2026-03-29T01:00:00.1+0000","a":1}"#,
                r#"json|||-|{"timestamp":"2026-03-29T01:00:00.1+0000","a":1}"#,
            ),
            (r#"{"a":1}"#, "NoEnvelope"),
            // Two headers.
            ("Mar 29 01:00:00 relay Mar 29 02:00:00 web1 sshd[1]: x", "rfc3164|web1|sshd|1|x"),
            ("Mar 29 01:00:00 relay 2026-03-29T02:00:00Z web1 sshd[1]: x", "iso8601|web1|sshd|1|x"),
            ("Mar 29 01:00:00 Mar 29 02:00:00 web1 sshd[1]: x", "rfc3164|web1|sshd|1|x"),
            ("Mar 29 01:00:00 relay <38>Mar 29 02:00:00 web1 sshd[1]: x", "rfc3164|web1|sshd|1|x"),
            ("2026-03-29T01:00:00Z 2026-03-29T02:00:00Z web1 sshd[1]: x", "iso8601|web1|sshd|1|x"),
            // What a program says is never a header.
            (
                "Mar 29 01:00:00 web1 app: Mar 29 02:00:00 web1 sshd[1]: x",
                "rfc3164|web1|app|-|Mar 29 02:00:00 web1 sshd[1]: x",
            ),
            ("Mar 29 01:00:00 web1 app[1]: %ASA-4-1: x", "rfc3164|web1|app|1|%ASA-4-1: x"),
            // Facility and level.
            ("Jun 17 14:37:39 <mail.info> mx sm-mta[2]: x", "rfc3164|mx|sm-mta|2|x"),
            ("Jun 17 14:37:39 <10.5> mx sshd[2]: x", "rfc3164|mx|sshd|2|x"),
            ("Jun 17 14:37:39 gw auth.info sshd[2]: x", "rfc3164|gw|sshd|2|x"),
            ("Sun Mar 29 01:00:00 2026 authpriv.warn dropbear[2]: x", "rfc3164||dropbear|2|x"),
            ("Jun 17 14:37:39 [sshd]: x y", "rfc3164||sshd|-|x y"),
            ("Jun 17 14:37:39 gw app.info sshd[2]: x", "rfc3164|gw||-|app.info sshd[2]: x"),
            // Cisco.
            ("Mar 29 2026 01:00:00: %ASA-6-302013: x", "rfc3164||%ASA-6-302013|-|x"),
            ("Mar 29 2026 01:00:00 fw1 : %ASA-6-302013: x", "rfc3164|fw1|%ASA-6-302013|-|x"),
            ("Mar 29 2026 01:00:00 fw1: %ASA-6-302013: x", "rfc3164|fw1|%ASA-6-302013|-|x"),
            ("2026-03-29T01:00:00Z fw1  %FTD-4-106023: x", "iso8601|fw1|%FTD-4-106023|-|x"),
            (
                "Mar 29 01:00:00 192.0.2.1 45: *Mar 29 01:00:00.123: %SEC-6-IPACCESSLOGP: x",
                "rfc3164|192.0.2.1|%SEC-6-IPACCESSLOGP|-|x",
            ),
            (
                "<189>45: sw1: 46: .Mar 29 01:00:00.123 UTC: %SEC-6-IPACCESSLOGP: x",
                "rfc3164|sw1|%SEC-6-IPACCESSLOGP|-|x",
            ),
            (
                "Mar 29 01:00:00 sw1 : 2026 Mar 29 02:00:00 CET: %ACLLOG-5-ACLLOG_FLOW_INTERVAL: x",
                "rfc3164|sw1|%ACLLOG-5-ACLLOG_FLOW_INTERVAL|-|x",
            ),
            // Without a tag.
            (
                "Mar 29 01:00:00 fw1 date=2026-03-29 time=01:00:00 a=b",
                "rfc3164|fw1||-|date=2026-03-29 time=01:00:00 a=b",
            ),
            (
                "date=2026-03-29 time=01:00:00 a=b",
                "key=value|||-|date=2026-03-29 time=01:00:00 a=b",
            ),
            (
                "id=firewall sn=1 time=\"2026-03-29 01:00:00 UTC\" a=b",
                "key=value|||-|id=firewall sn=1 time=\"2026-03-29 01:00:00 UTC\" a=b",
            ),
            ("<134>1 1774746000.123456789 mx1 flows src=a dst=b", "epoch|mx1||-|flows src=a dst=b"),
            (
                "<38>1 2026-03-29T01:00:00Z fw1 RT_FLOW - ID [a@1 b=\"c\"]",
                "rfc5424|fw1|RT_FLOW|-|ID [a@1 b=\"c\"]",
            ),
            // Other places for the stamp.
            (
                "type=USER_LOGIN msg=audit(1774746000.123:4): pid=1",
                "audit|||-|type=USER_LOGIN msg=audit(1774746000.123:4): pid=1",
            ),
            (
                "node=web1 type=USER_LOGIN msg=audit(1774746000.123:4): pid=1",
                "audit|web1||-|type=USER_LOGIN msg=audit(1774746000.123:4): pid=1",
            ),
            ("4711 2026-03-29 01:00:00.123 Failed password", "pid-first|||4711|Failed password"),
            (
                "2 1 eni-1 192.0.2.7 192.0.2.1 1 22 6 1 40 1774746000 1774746060 REJECT OK",
                "vpc-flow|||-|2 1 eni-1 192.0.2.7 192.0.2.1 1 22 6 1 40 1774746000 1774746060 REJECT OK",
            ),
            ("2026-03-29T01:00:00.123Z,MX\\R,1,2", "csv|||-|MX\\R,1,2"),
            (
                "\"SMTPD\"\t1\t2\t\"2026-03-29 01:00:00.123\"\t\"192.0.2.7\"\t\"x\"",
                "tabbed|||-|\"SMTPD\"\\x091\\x092\\x09\"2026-03-29 01:00:00.123\"\\x09\"192.0.2.7\"\\x09\"x\"",
            ),
            ("@4000000069c8799a075bcd15 tcpserver: ok 7", "tai64n||tcpserver|-|ok 7"),
            ("I0329 01:00:00.5       1 client.go:58] ACCEPT x", "slashed|||-|ACCEPT x"),
            (
                "FWIN,2026/03/29,01:00:00 +1:00 GMT,a,b",
                "csv|||-|FWIN,2026/03/29,01:00:00 +1:00 GMT,a,b",
            ),
            ("FWIN,2026/03/29,01:00:00,a,b", "NoEnvelope"),
            ("I0329 01:00:00.5 client.go ACCEPT x", "NoEnvelope"),
            (
                "CEF:0|a|b|c|d|e|1|src=a rt=1774746000123",
                "key=value||CEF|-|0|a|b|c|d|e|1|src=a rt=1774746000123",
            ),
            ("CEF:0|a|b|c|d|e|1|src=a", "NoEnvelope"),
            ("0 6 chain 29/Mar/2026:01:00:00 +0200 DROP: x", "slashed||pvefw-logger|-|DROP: x"),
            (
                "%FTD-1-430002: FirstPacketSecond: 2026-03-29T01:00:00Z, a",
                "rfc3164||%FTD-1-430002|-|FirstPacketSecond: 2026-03-29T01:00:00Z, a",
            ),
            ("%ASA-4-106023: Deny x", "NoEnvelope"),
            ("LEEF:1.0|a|b|c|d|src=a", "NoEnvelope"),
            ("LEEF:1.0|a|b|c|d|devTime=1774746000123\tdevTime=1774746000123", "NoEnvelope"),
            ("Mar 29 01:00:00 INFO  uvm[0]:  {", "rfc3164|INFO|uvm|0| {"),
            ("Mar 29 01:00:00 gw gw sshd[1]: x", "rfc3164|gw|sshd|1|x"),
        ] {
            assert_eq!(shown(line), want, "{line}");
        }
    }

    #[test]
    fn a_stated_zone_beats_a_relay_and_nothing_else_does() {
        for (line, want) in [
            (
                "Mar 29 01:00:00 relay 2026-03-29T02:00:00Z web1 sshd[1]: x",
                "Some(2026) 3-29 7200 Some(0)",
            ),
            ("Mar 29 01:00:00 relay Mar 29 02:00:00 web1 sshd[1]: x", "None 3-29 3600 None"),
            ("Mar 29 01:00:00 relay 2026-03-29 02:00:00 web1 sshd[1]: x", "None 3-29 3600 None"),
            (
                "2026-03-29T01:00:00Z stdout F 2026-03-29T03:00:00+02:00 web1 sshd[1]: x",
                "Some(2026) 3-29 3600 Some(0)",
            ),
            (
                "Mar 29 01:00:00 fw1 date=2026-03-29 time=02:00:00 tz=\"+0100\" a=b",
                "Some(2026) 3-29 7200 Some(3600)",
            ),
            ("Mar 29 01:00:00 fw1 date=2026-03-29 time=02:00:00 a=b", "Some(2026) 3-29 3600 None"),
            (
                "Mar 29 01:00:00 fw1 date=2026-03-29 time=02:00:00 eventtime=1774746000123456789 tz=x",
                "@1774746000123456789",
            ),
            (
                "Mar 29 01:00:00 fw1 id=firewall time=\"2026-03-29 02:00:00 UTC\"",
                "Some(2026) 3-29 7200 Some(0)",
            ),
            (
                "Mar 29 01:00:00 fw1 device_name=\"a\" timestamp=\"2026-03-29T02:00:00-0600\"",
                "Some(2026) 3-29 7200 Some(-21600)",
            ),
            (
                "Mar 29 01:00:00 fw1 suricata[1]: {\"timestamp\":\"2026-03-29T02:00:00.5+0000\"}",
                "Some(2026) 3-29 7200 Some(0)",
            ),
            // In one zone as far as one can see: the device's time, and its year.
            (
                "Mar 29 01:00:02 fw1 1,2026/03/29 01:00:01,0,TRAFFIC,end,1,2026/03/29 00:59:58,a",
                "Some(2026) 3-29 3598 None",
            ),
            (
                "Mar 29 01:00:02 fw1 id=firewall sn=0 time=\"2026-03-29 01:04:02\" a=b",
                "Some(2026) 3-29 3842 None",
            ),
            (
                "Mar 29 01:00:02 1,2026/03/29 01:00:01,0,TRAFFIC,end,1,2026/03/29 00:59:58,a",
                "Some(2026) 3-29 3598 None",
            ),
            // PAN-OS 10 states its zone; a name that looks like it is not that.
            (
                "1,2026/03/29 01:00:01,0,TRAFFIC,end,1,2026/03/29 00:59:58,a,b,2026-03-29T00:59:58.123-07:00",
                "Some(2026) 3-29 3598 Some(-25200)",
            ),
            (
                "1,2026/03/29 01:00:01,0,THREAT,url,1,2026/03/29 00:59:58,2026-03-29T00:59:58.123+09:00,b,2026-03-29T00:59:58.123-07:00",
                "Some(2026) 3-29 3598 None",
            ),
            (
                "1,2026/03/29 01:00:01,0,THREAT,url,1,2026/03/29 00:59:58,2026-03-28T00:59:58.123+09:00,b",
                "Some(2026) 3-29 3598 None",
            ),
            // In another, or by a clock that is wrong: the relay's time, and the nearest year.
            (
                "Mar 29 01:00:02 fw1 id=firewall sn=0 time=\"2026-03-29 02:00:02\" a=b",
                "Some(2026) 3-29 3602 None",
            ),
            (
                "Dec 31 23:00:02 fw1 id=firewall sn=0 time=\"2027-01-01 02:00:02\" a=b",
                "Some(2026) 12-31 82802 None",
            ),
            (
                "2026-03-29 01:00:02 fw1 id=firewall sn=0 time=\"2026-03-29 02:00:02\" a=b",
                "Some(2026) 3-29 3602 None",
            ),
            (
                "2026-03-29T01:00:02Z fw1 id=firewall sn=0 time=\"2026-03-29 01:00:02\" a=b",
                "Some(2026) 3-29 3602 Some(0)",
            ),
            // FortiAnalyzer counts local time from 1970.
            (
                "timestamp=1774753200 date=2026-03-29 time=03:00:00 tz=\"+0200\" logid=1",
                "Some(2026) 3-29 10800 Some(7200)",
            ),
            (
                "LEEF:1.0|a|b|c|d|devTimeFormat=MMM dd yyyy HH:mm:ss\tsrc=a\tdevTime=Mar 29 2026 01:00:00\tmsg=x",
                "Some(2026) 3-29 3600 None",
            ),
            (
                "LEEF:1.0|a|b|c|d|src=a\tdevTime=Mar 29 2026 01:00:00 +0200\tmsg=x",
                "Some(2026) 3-29 3600 Some(7200)",
            ),
            (
                "192.0.2.1  id=firewall sn=0 time=\"2026-03-29 01:00:00 UTC\" fw=192.0.2.1",
                "Some(2026) 3-29 3600 Some(0)",
            ),
            (
                "Mar 29 01:00:00 INFO  uvm[0]:  {\"timeStamp\":\"2026-03-29 01:00:00.962\"}",
                "Some(2026) 3-29 3600 None",
            ),
            // Stormshield: when it began, and when it was written down.
            (
                "id=firewall time=\"2026-03-29 03:00:00\" fw=\"a\" tz=+0200 startime=\"2026-03-29 02:59:00\"",
                "Some(2026) 3-29 10740 Some(7200)",
            ),
            // WatchGuard: UTC in parentheses, if it can be the same instant.
            (
                "Mar 29 06:30:00 fw1 FVE1 (2026-03-29T01:00:00) firewall: msg_id=\"3000-0148\" Deny",
                "Some(2026) 3-29 3600 Some(0)",
            ),
            (
                "Mar 29 01:00:00 fw1 FVE1 (2026-03-29T01:00:00) firewall: msg_id=\"3000-0148\" Deny",
                "Some(2026) 3-29 3600 None",
            ),
            (
                "Mar 29 06:37:00 fw1 FVE1 (2026-03-29T01:00:00) firewall: msg_id=\"3000-0148\" Deny",
                "Some(2026) 3-29 23820 None",
            ),
            (
                "Apr 29 06:30:00 fw1 FVE1 (2026-03-29T01:00:00) firewall: msg_id=\"3000-0148\" Deny",
                "Some(2026) 4-29 23400 None",
            ),
            // Cisco: an event of a connection tells when that began.
            (
                "2026-03-29T01:00:30Z   %FTD-1-430003: InstanceID: 1, FirstPacketSecond: 2026-03-29T01:00:00Z, SrcIP: a",
                "Some(2026) 3-29 3600 Some(0)",
            ),
            (
                "%FTD-1-430002: InstanceID: 1, FirstPacketSecond: 2026-03-29T01:00:00Z, SrcIP: a",
                "Some(2026) 3-29 3600 Some(0)",
            ),
            (
                "2026-03-29T01:00:30Z fw %FTD-1-430004: FirstPacketSecond: 2026-03-29T01:00:00Z, URL: x, FirstPacketSecond: 2026-03-29T01:00:00Z",
                "Some(2026) 3-29 3630 Some(0)",
            ),
            ("FWIN,2026/03/29,01:00:00 -5:30 GMT,a,b", "Some(2026) 3-29 3600 Some(-19800)"),
            // ArcSight's form, with and without a relay.
            (
                "CEF:0|a|b|c|d|e|1|rt=Mar 29 2026 01:00:00 src=a dtz=UTC",
                "Some(2026) 3-29 3600 Some(0)",
            ),
            ("CEF:0|a|b|c|d|e|1|src=a rt=1774746000123", "@1774746000123000000"),
            ("0|a|b|c|d|e \\| f|1|src=a rt=1774746000123", "@1774746000123000000"),
            (
                "Mar 29 06:30:00 fw1 CEF:0|a|b|c|d|e|1|src=a rt=1774746000123",
                "@1774746000123000000",
            ),
            (
                "Mar 29 01:00:00 fw1 CEF:0|a|b|c|d|e|1|rt=1774746000123 m= rt=1774746000124",
                "None 3-29 3600 None",
            ),
            (
                "Mar 29 06:30:00 consolidated_event: CEF:0|a|b|c|d|e|1|startTime=Sun Mar 29 01:00:00 2026 src=a",
                "Some(2026) 3-29 23400 None",
            ),
            // splogger's seconds, where a qmail wrote them, and nowhere else.
            (
                "Mar 29 06:30:00 mx qmail: 1774746000.000123 rblsmtpd: 192.0.2.7 pid 1",
                "@1774746000000123000",
            ),
            ("Mar 29 06:30:00 mx qmail: 1774746000 x", "None 3-29 23400 None"),
            ("Mar 29 06:30:00 mx app: 1774746000.000123 x", "None 3-29 23400 None"),
            ("I0329 01:00:00.5       1 client.go:58] x y", "None 3-29 3600 None"),
            (
                "Mar 29 01:00:00 sw1 45: *Mar 29 02:00:00.123 UTC: %SEC-6-A: x",
                "None 3-29 3600 None",
            ),
        ] {
            assert_eq!(at(line), want, "{line}");
        }
        // Equal bytes at the start of two lines are then no equal stamps.
        let scratch = Scratch::default();
        let mut reader = Reader::new(&scratch);
        let zoned = b"Mar 29 01:00:00 fw1 date=2026-03-29 time=02:00:00 tz=\"+0100\"";
        let plain = b"Mar 29 01:00:00 fw1 sshd[1]: x";
        for line in [&plain[..], plain, zoned, zoned] {
            let _ = reader.read(line);
        }
        assert!(!reader.read(plain).unwrap().same_stamp);
    }
}
