//! `report.eml`: the letter as a draft mail.
//!
//! One `To` with a bare address; `Cc` only where the operator's file names
//! copies; one text/plain part in ASCII. There is no `Date`: the mail program
//! sets it when the draft is sent, and a date of ours would be the clock's or
//! a lie. There is no `Auto-Submitted`, since a person sends it. Lines end in
//! LF, as programs that take a mail from a file or a pipe expect.

use std::fmt::Write as _;

use crate::fault::{Fault, Outcome};
use crate::judge::{Context, Part};
use crate::operator::Channel;
use crate::operator::profile::Kind;

use super::letter::Letter;
use super::letter::text::plain;

/// What the subject is made of where no operator file says.
const SUBJECT: &str = "Abuse report: {class} from {source}, {date} {time} UTC [{reference}]";

/// Longest subject where no operator file says.
const SUBJECT_LEN: usize = 120;

/// The subject line.
#[must_use]
pub fn subject(part: &Part<'_, '_>, reference: &str) -> String {
    let rules = part.rules.map(|p| &p.subject);
    let template = rules.and_then(|s| s.template.as_deref()).unwrap_or(SUBJECT);
    let most = rules.and_then(|s| s.max_len).map_or(SUBJECT_LEN, |n| n as usize);
    // The desk's own ticket stands whole behind what is ours, whatever that leaves.
    let ticket = part.context.config.filing.ticket(part.case.addr);
    let most = most.saturating_sub(ticket.map_or(0, |t| t.len() + 1));
    let with = |ours: String| match ticket {
        Some(ticket) => format!("{ours} {ticket}"),
        None => ours,
    };
    let classes = part.classes();
    let words: Vec<&str> = classes.iter().map(|c| c.word()).collect();
    let first = words.first().copied().unwrap_or_default();
    let minute = part.span().map(|(first, _)| first.minute()).unwrap_or_default();
    let (date, time) = minute.split_once(' ').unwrap_or_default();
    let count: u64 = part.incidents.iter().map(|i| i.tally.events()).sum();
    let filled = |class: &str| {
        let values = [
            ("{class}", class.to_owned()),
            ("{source}", part.case.addr.to_string()),
            ("{date}", date.to_owned()),
            ("{time}", time.to_owned()),
            ("{reference}", reference.to_owned()),
            ("{count}", count.to_string()),
        ];
        values.iter().fold(template.to_owned(), |text, (word, value)| text.replace(word, value))
    };
    let mut tries = vec![words.join(", "), format!("{first} and more"), first.to_owned()];
    if words.len() < 2 {
        tries.truncate(1);
    }
    let mut out = String::new();
    for class in tries {
        out = filled(&class);
        if out.len() <= most {
            return with(out);
        }
    }
    // Only a template of somebody's own is longer; its beginning says the most.
    out.truncate(most.max(20));
    with(out.trim_end().to_owned())
}

/// The mail.
///
/// # Errors
///
/// As [`with_headers`].
pub fn mail(part: &Part<'_, '_>, letter: &Letter) -> Outcome<String> {
    let addr = part.case.addr.to_string().replace(':', "_");
    let hex = letter.reference.rsplit(' ').next().unwrap_or_default();
    let subject = subject(part, &letter.reference);
    let channel = part.channel;
    with_headers(part.context, channel, &subject, &format!("{hex}.{addr}"), &letter.body)
}

/// A body under the headers of a draft; `id` is what its Message-ID begins with.
///
/// # Errors
///
/// [`Fault::Usage`] where a header would hold a line break or anything but
/// printable ASCII; nothing is repaired silently.
pub fn with_headers(
    context: &Context<'_>,
    channel: Option<&Channel>,
    subject: &str,
    id: &str,
    body: &str,
) -> Outcome<String> {
    let mut out = String::with_capacity(body.len() + 512);
    let reporter = &context.config.reporter;
    if let Some(email) = &reporter.email {
        let name = reporter.name.as_ref().or(reporter.organisation.as_ref()).map(|n| plain(n));
        let from = match name {
            Some(name) => format!("{} <{email}>", phrase(&name)),
            None => email.clone(),
        };
        header(&mut out, "From", &from)?;
    }
    let channel = channel.filter(|c| c.kind == Kind::Email);
    if let Some(to) = channel.and_then(|c| c.to.as_deref()) {
        header(&mut out, "To", to)?;
        let copies: Vec<&str> =
            channel.into_iter().flat_map(|c| &c.cc).map(|m| m.0.as_str()).collect();
        if !copies.is_empty() {
            header(&mut out, "Cc", &copies.join(", "))?;
        }
    }
    header(&mut out, "Subject", subject)?;
    if let Some((_, domain)) = reporter.email.as_ref().and_then(|e| e.rsplit_once('@')) {
        header(&mut out, "Message-ID", &format!("<{id}@{domain}>"))?;
    }
    header(&mut out, "MIME-Version", "1.0")?;
    header(&mut out, "Content-Type", "text/plain; charset=us-ascii")?;
    header(&mut out, "Content-Transfer-Encoding", "7bit")?;
    out.push('\n');
    out.push_str(body);
    Ok(out)
}

/// A display name: as it is, or quoted where it holds more than words.
fn phrase(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_'".contains(&b)) {
        return name.to_owned();
    }
    let mut out = String::from("\"");
    for c in name.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Appends a header line.
fn header(out: &mut String, name: &str, value: &str) -> Outcome<()> {
    if !value.bytes().all(|b| (0x20..0x7f).contains(&b)) || value.len() > 900 {
        return Err(Fault::usage(format!(
            "the {name} header of a report would hold {value:?}; a header is one line of ASCII"
        ))
        .hint("correct it in [reporter] or [filing] of plaint.toml, or in the operator's file"));
    }
    let _ = writeln!(out, "{name}: {value}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_take_no_line_breaks() {
        let mut out = String::new();
        for bad in ["a\r\nBcc: b@example.net", "a\nb", "a\0b", "caf\u{e9}"] {
            assert!(header(&mut out, "Subject", bad).is_err());
        }
        assert_eq!(out, "");
    }

    #[test]
    fn names() {
        assert_eq!(phrase("Abuse reports"), "Abuse reports");
        assert_eq!(phrase("J. \"X\" Smith"), r#""J. \"X\" Smith""#);
    }
}
