//! [`Trace`]: the columns of a message trace of Exchange Online, as the first line of the report tells them.
//!
//! "Message trace in the new Exchange admin center" (Microsoft Learn) names the columns of the summary (`origin_timestamp_utc`,
//! `original_client_ip`, `directionality`, `recipient_status` …), of the extended report (`date_time_utc`, `event_id` …)
//! and of the report on spam (`event_type`); "Get-MessageTrace" and "Get-MessageTraceV2" those of what `Export-Csv` writes (`Received`, `FromIP`,
//! `Status`). A line is put into the order of the summary, with the event last. Subject, sender and message id,
//! which are the far end's text, are left out.
//!
//! Times are UTC, as both documents say. What `Export-Csv` writes in the manner of a country, `6/12/2026 8:58:35 AM`, does not
//! tell the day from the month: it is no stamp.

use super::forms;
use super::parts::{Envelope, Format};
use super::stamp::{Civil, Stamp};
use crate::json::Scratch;

/// Columns that a report has at most: the extended one has some thirty.
const MOST: usize = 64;

/// Names of the column that says when, the surest first.
const WHEN: [&[u8]; 6] = [
    b"origin_timestamp_utc",
    b"date_time_utc",
    b"origin_timestamp",
    b"date_time",
    b"Received",
    b"ReceivedDateTime",
];

/// The fields of a line of CSV (RFC 4180): a quoted field holds commas, and a quote twice.
pub fn csv(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut left = Some(text);
    std::iter::from_fn(move || {
        let text = left?;
        let (field, rest) = match text.strip_prefix(b"\"") {
            Some(inner) => {
                let mut at = 0;
                loop {
                    // A quote that is never closed: the rest is one field.
                    let Some(next) = memchr::memchr(b'"', inner.get(at..).unwrap_or_default())
                    else {
                        break (inner, &[][..]);
                    };
                    at += next;
                    if inner.get(at + 1) != Some(&b'"') {
                        break inner.split_at(at);
                    }
                    at += 2;
                }
            }
            None => (&[][..], text),
        };
        let tail = rest.strip_prefix(b"\"").unwrap_or(rest);
        let end = memchr::memchr(b',', tail).unwrap_or(tail.len());
        left = tail.get(end + 1..);
        let plain = !text.starts_with(b"\"");
        Some(if plain { tail.get(..end).unwrap_or_default() } else { field })
    })
}

/// Where each column stands that plaint asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    many: usize,
    when: usize,
    client: usize,
    status: usize,
    id: Option<usize>,
    direction: Option<usize>,
    event: Option<usize>,
}

impl Trace {
    /// The columns that a report's first line names; none where it is no such line.
    #[must_use]
    pub fn told(line: &[u8]) -> Option<Self> {
        let mut names: [&[u8]; MOST] = [b""; MOST];
        let mut many = 0;
        for name in csv(line) {
            *names.get_mut(many)? = name.trim_ascii();
            many += 1;
        }
        let at = |name: &[u8]| {
            let mut all = names.iter().enumerate().filter(|(_, n)| **n == name).map(|(n, _)| n);
            // Named twice it is nobody's.
            all.next().filter(|_| all.next().is_none())
        };
        Some(Self {
            many,
            when: WHEN.iter().find_map(|name| at(name))?,
            client: at(b"original_client_ip").or_else(|| at(b"FromIP"))?,
            status: at(b"recipient_status").or_else(|| at(b"Status"))?,
            id: at(b"network_message_id").or_else(|| at(b"MessageTraceId")),
            direction: at(b"directionality"),
            event: at(b"event_type").or_else(|| at(b"event_id")),
        })
    }

    /// A line, with its columns in the order of the summary.
    #[must_use]
    pub fn read<'a>(&self, line: &'a [u8], scratch: &'a Scratch) -> Option<Envelope<'a>> {
        let mut fields: [&[u8]; MOST] = [b""; MOST];
        let mut many = 0;
        for field in csv(line.trim_ascii_end()) {
            *fields.get_mut(many)? = field.trim_ascii();
            many += 1;
        }
        (many == self.many).then_some(())?;
        // What would end a field early is no address, no number and no name of an event.
        let plain = |at: Option<usize>| {
            let field = at.and_then(|n| fields.get(n)).copied().unwrap_or_default();
            if field.iter().any(|b| b",\"".contains(b)) { &b""[..] } else { field }
        };
        let when = plain(Some(self.when));
        let stamp = match forms::whole(when)? {
            Stamp::Civil(c) if c.offset.is_none() => Stamp::Civil(Civil { offset: Some(0), ..c }),
            stamp => stamp,
        };
        let status = fields.get(self.status).copied().unwrap_or_default();
        let status = if status.contains(&b'"') { b"" } else { status };
        let message = scratch.concat(&[
            b",\"",
            status,
            b"\",,,,",
            plain(self.id),
            b",",
            plain(Some(self.client)),
            b",",
            plain(self.direction),
            b",,,",
            plain(self.event),
        ]);
        Some(Envelope::bare(stamp, when, message, Format::Csv))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_a_trace() {
        for (header, told) in [
            ("origin_timestamp_utc,sender_address,recipient_status,original_client_ip", true),
            ("\"Received\",\"FromIP\",\"Status\",\"Subject\"", true),
            ("Received,FromIP,FromIP,Status", false),
            ("Received,FromIP", false),
            ("origin_timestamp_utc,recipient_status", false),
            ("2026-06-12T08:58:01Z,MX1,08DABC,0,198.51.100.25:25,192.0.2.7:4711,+,,", false),
            ("", false),
        ] {
            assert_eq!(Trace::told(header.as_bytes()).is_some(), told, "{header}");
        }
    }

    #[test]
    fn the_far_end_moves_no_column() {
        let told = Trace::told(b"Received,Subject,Status,FromIP,ToIP").unwrap();
        let scratch = Scratch::default();
        let read = |line: &str| {
            let e = told.read(line.as_bytes(), &scratch)?;
            Some(crate::text::Untrusted(e.message).to_string())
        };
        let want = ",\"Delivered\",,,,,203.0.113.9,,,,";
        let line = "2026-06-12T08:58:01Z,\"x\"\",Delivered,198.51.100.1\",Delivered,203.0.113.9,";
        assert_eq!(read(line).as_deref(), Some(want));
        // A line of another number of columns is none of this report's, nor one of a day that may be a month.
        assert_eq!(read("2026-06-12T08:58:01Z,x,y,Delivered,203.0.113.9,"), None);
        assert_eq!(read("6/12/2026 8:58:01 AM,x,Delivered,203.0.113.9,"), None);
        let quoted = "2026-06-12T08:58:01Z,x,a\"b,203.0.113.9,";
        assert_eq!(read(quoted).as_deref(), Some(",\"\",,,,,203.0.113.9,,,,"));
    }
}
