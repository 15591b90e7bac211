//! Exchange Server's message tracking log: what became of messages that were taken.
//!
//! "Message tracking" (`#Fields` at the head of each file): a line begins with the time, and `RECEIVE` of source `SMTP` is a message that
//! came from a client. Every line is of a message that the server took, so none is hostile. Subjects, addresses and
//! message ids are the sender's text; they are quoted as CSV has it, and a line counts only if all its columns
//! are where the documents have them.

use super::act::{Act, Kind};
use super::parts::tcp;
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "exchange_tracking",
    title: "Exchange Server 2013 to 2019 (message tracking log)",
    family: Family::Mail,
    programs: &["MSGTRK"],
    bare: &[Format::Csv],
    example: "2026-06-12T08:58:03.123Z,192.0.2.7,h.example,198.51.100.25,MX1,08DABC,MX1\\Default Frontend MX1,SMTP,RECEIVE,4711,<1@b.example>,1341ac7b-13fb-42ab-4d44-08cf7f55890f,c@example.org,,5110,1,,,Hi,a@b.example,a@b.example,0I:,Incoming,,,,S:x=1",
    document: "https://learn.microsoft.com/en-us/exchange/mail-flow/transport-logs/message-tracking",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "tracking" "" "%s,%s,%s,%s,%s,%s,SMTP,RECEIVE,%s,%s,%s,%s,%s,%d,%d,…" "message tracking log" tracking;
};

/// The columns of a line, without the quotes around them: none where there are others than so many, or where
/// quotes stand as CSV (RFC 4180) has none.
fn columns<const N: usize>(
    line: &[u8],
    many: std::ops::RangeInclusive<usize>,
) -> Option<[&[u8]; N]> {
    let mut found = [&b""[..]; N];
    let (mut n, mut rest) = (0, line);
    loop {
        let (column, behind) = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let mut end = None;
                let mut at = 0;
                while let Some(quote) = memchr::memchr(b'"', quoted.get(at..)?) {
                    at += quote;
                    if quoted.get(at + 1) != Some(&b'"') {
                        end = Some(at);
                        break;
                    }
                    at += 2;
                }
                let (column, behind) = quoted.split_at_checked(end?)?;
                (column, behind.get(1..)?)
            }
            None => {
                let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
                let (column, behind) = rest.split_at_checked(end)?;
                (!column.contains(&b'"')).then_some((column, behind))?
            }
        };
        if let Some(place) = found.get_mut(n) {
            *place = column;
        }
        n += 1;
        match behind {
            [] => return many.contains(&n).then_some(found),
            [b',', more @ ..] => rest = more,
            _ => return None,
        }
    }
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// An address, or none where the column is empty; not said where it holds something else.
fn address(text: &[u8]) -> Option<Option<Addr>> {
    if text.is_empty() { Some(None) } else { Addr::parse(text).map(Some) }
}

fn tracking(message: &[u8]) -> Said<'_> {
    let Some(columns) = columns::<25>(message, 20..=40) else { return Said::No };
    let [client, _, server, _, _, _, source, event, ..] = columns;
    let [.., bytes, recipients, _, _, _, _, _, _, way, _, first, _] = columns;
    let word = |w: &[u8]| !w.is_empty() && w.iter().all(u8::is_ascii_uppercase);
    if !word(source) || !word(event) || !is_number(recipients) || !(is_number(bytes)) {
        return Said::No;
    }
    let (Some(client), Some(server), Some(first)) =
        (address(client), address(server), address(first))
    else {
        return Said::No;
    };
    if source != b"SMTP" || event != b"RECEIVE" || way == b"Originating" {
        return Said::Quiet;
    }
    // Behind our own front end stands who called it.
    let act: Act<'_> = tcp(Kind::MailAccepted, first.or(client), None);
    Said::One(Act { destination: server, ..act })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_what_csv_has() {
        let of = |line: &'static str| columns::<3>(line.as_bytes(), 1..=3);
        let some = |a: [&'static str; 3]| Some(a.map(str::as_bytes));
        assert_eq!(of("a,\"b,\"\"c\"\"\",d"), some(["a", "b,\"\"c\"\"", "d"]));
        assert_eq!(of("a,,"), some(["a", "", ""]));
        assert_eq!(of("\"\""), some(["", "", ""]));
        for bad in ["a,\"b", "a,\"b\"c,d", "a,b\"c,d", "a,b,c,d", "\"\"\""] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
