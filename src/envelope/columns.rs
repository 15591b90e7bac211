//! [`Columns`]: the order of a log's columns, as its first line tells it.
//!
//! AWS writes VPC flow logs in any order that one asks for, and names it in the first line of each
//! file ("Flow log files", Amazon VPC User Guide). A line says nothing of it. So the order is settled
//! once for an input, before any line is read, and the envelope puts a line's columns into the order
//! that the documentation has: what a dialect gets is one message, whatever the file's order was. A report of
//! Exchange Online is no other ([`Trace`]).

use super::forms;
use super::parts::{Envelope, Format};
use super::trace::Trace;
use crate::json::Scratch;

/// Columns that a line has at most: AWS knows some sixty fields.
const MOST: usize = 96;

/// The fields of version 2 in their documented order; how the start and the end are called is common
/// to all versions.
const FIELDS: [&[u8]; 12] = [
    b"version",
    b"account-id",
    b"interface-id",
    b"srcaddr",
    b"dstaddr",
    b"srcport",
    b"dstport",
    b"protocol",
    b"packets",
    b"bytes",
    b"start",
    b"end",
];

/// Where each column stands, by what the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// A flow log of AWS VPC.
    Flow(Flow),
    /// A message trace of Exchange Online.
    Trace(Trace),
}

impl Columns {
    /// The order that a log's first line tells; none where it is no such line, or tells an
    /// order in which lines are read by themselves.
    #[must_use]
    pub fn told(line: &[u8]) -> Option<Self> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii_end();
        let flow = Flow::told(line).map(Self::Flow);
        flow.or_else(|| Trace::told(line).map(Self::Trace))
    }

    /// The order that the first line of a log's beginning tells. Windows PowerShell writes the type of what it
    /// exports above it.
    #[must_use]
    pub fn of_log(head: &[u8]) -> Option<Self> {
        let mut lines = head.split_inclusive(|b| *b == b'\n').filter(|l| l.ends_with(b"\n"));
        let first = lines.next()?;
        let typed = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).starts_with(b"#TYPE ");
        Self::told(if typed { lines.next()? } else { first })
    }

    /// A line, with its columns in the documented order.
    #[must_use]
    pub fn read<'a>(&self, line: &'a [u8], scratch: &'a Scratch) -> Option<Envelope<'a>> {
        match self {
            Self::Flow(flow) => flow.read(line, scratch),
            Self::Trace(trace) => trace.read(line, scratch),
        }
    }
}

/// Where each column of a flow log stands that plaint asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    many: usize,
    /// Of [`FIELDS`].
    fields: [Option<usize>; 12],
    action: usize,
    status: Option<usize>,
    flags: Option<usize>,
    direction: Option<usize>,
}

impl Flow {
    /// The order that a log's first line tells; none where it is no such line, or tells the
    /// documented order, in which lines are read by themselves.
    #[must_use]
    pub fn told(line: &[u8]) -> Option<Self> {
        let name = |w: &[u8]| {
            w.first().is_some_and(u8::is_ascii_lowercase)
                && w.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        };
        let names: Vec<&[u8]> = line.split(|b| *b == b' ').take(MOST + 1).collect();
        if names.len() > MOST || !names.iter().all(|w| name(w)) {
            return None;
        }
        let at = |name: &[u8]| {
            let mut all = names.iter().enumerate().filter(|(_, w)| **w == name).map(|(n, _)| n);
            // Named twice it is nobody's.
            all.next().filter(|_| all.next().is_none())
        };
        let fields = FIELDS.map(at);
        let action = at(b"action")?;
        let [.., source, ours, _, _, _, _, _, start, end] = &fields;
        (source.is_some() && ours.is_some() && (start.is_some() || end.is_some())).then_some(())?;
        let documented = fields.iter().enumerate().all(|(n, f)| *f == Some(n));
        let (status, flags, direction) =
            (at(b"log-status"), at(b"tcp-flags"), at(b"flow-direction"));
        let usual =
            flags.is_none_or(|n| n == 17) && direction.is_none_or(|n| n > 17 && flags.is_some());
        if documented && action == 12 && status == Some(13) && usual {
            return None;
        }
        Some(Self { many: names.len(), fields, action, status, flags, direction })
    }

    /// A line, with its columns in the documented order.
    #[must_use]
    pub fn read<'a>(&self, line: &'a [u8], scratch: &'a Scratch) -> Option<Envelope<'a>> {
        let line = line.trim_ascii_end();
        let mut words: [&[u8]; MOST] = [b"-"; MOST];
        let mut many = 0;
        for word in line.split(|b| *b == b' ') {
            *words.get_mut(many)? = word;
            many += 1;
        }
        (many == self.many).then_some(())?;
        let word = |at: Option<usize>| at.and_then(|n| words.get(n)).copied().unwrap_or(b"-");
        let [.., start, end] = self.fields;
        // When a flow began; where the log leaves that out, when it was last seen.
        let when = word(start.or(end));
        let stamp = forms::epoch(when)?;
        let filled = |n: usize| match (n, word(self.fields.get(n).copied().flatten())) {
            (0, _) => &b"2"[..],
            (10 | 11, b"-") => when,
            (_, word) => word,
        };
        let status = if self.status.is_some() { word(self.status) } else { b"OK" };
        let direction = word(self.direction);
        let tail: [&[u8]; 7] =
            [word(Some(self.action)), status, b"vpc-", b"-", b"-", word(self.flags), direction];
        let message = scratch.joined((0..FIELDS.len()).map(filled).chain(tail));
        Some(Envelope::bare(stamp, when, message, Format::Flow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_the_order() {
        let documented = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";
        for (header, told) in [
            (documented, false),
            ("action srcaddr dstaddr srcport dstport protocol start end log-status", true),
            ("srcaddr dstaddr action end", true),
            ("srcaddr dstaddr action", false),
            ("srcaddr srcaddr dstaddr action end", false),
            ("srcaddr dstaddr action end Jun 12", false),
            ("2 1 eni-1 192.0.2.7 192.0.2.1 1 22 6 1 40 1774746000 1774746060 REJECT OK", false),
            ("", false),
        ] {
            assert_eq!(Columns::told(header.as_bytes()).is_some(), told, "{header}");
        }
        let longer = format!("{documented} vpc-id subnet-id instance-id tcp-flags");
        assert_eq!(Columns::told(longer.as_bytes()), None);
        let other = format!("{documented} flow-direction tcp-flags");
        assert!(Columns::told(other.as_bytes()).is_some());
    }

    #[test]
    fn lines_are_put_in_order() {
        let header =
            b"action tcp-flags flow-direction dstport dstaddr srcport srcaddr protocol start end";
        let columns = Columns::told(header).unwrap();
        let scratch = Scratch::default();
        let line = b"REJECT 2 ingress 22 192.0.2.7 43210 203.0.113.9 6 1774746000 1774746060";
        let e = columns.read(line, &scratch).unwrap();
        assert_eq!(
            crate::text::Untrusted(e.message).to_string(),
            "2 - - 203.0.113.9 192.0.2.7 43210 22 6 - - 1774746000 1774746060 REJECT OK vpc- - - 2 ingress"
        );
        assert_eq!(e.stamp_text, b"1774746000");
        for line in ["REJECT 2", "REJECT 2 ingress 22 a 43210 b 6 x 1774746060", &"- ".repeat(200)]
        {
            assert_eq!(columns.read(line.as_bytes(), &scratch), None, "{line}");
        }
    }
}
