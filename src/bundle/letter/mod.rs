//! `report.txt`: the text a person reads and a robot must not misread.
//!
//! All times are UTC; below the log nothing looks like a zone but the last
//! line, since a robot takes the zone of the whole mail from what it finds
//! first from the end; log lines are never wrapped.

pub mod text;
pub mod redact;
pub mod extract;
pub mod incident;
pub mod doubt;

use std::fmt::Write as _;

use crate::class::Class;
use crate::judge::{Confidence, Context, Part};
use crate::operator::profile::{OnePer, Section};
use crate::operator::{Need, Proven};

use super::words;
use extract::Extract;
use redact::Redactor;
use text::{calm, file_name, phone, plain, together, wrapped};

/// The sections in their usual order.
const USUAL: [Section; 9] = [
    Section::Reporter,
    Section::Happened,
    Section::Linked,
    Section::Incident,
    Section::Log,
    Section::Clock,
    Section::Uncertain,
    Section::Whois,
    Section::Traceroute,
];

/// A letter, written.
#[derive(Debug)]
pub struct Letter {
    /// The body: `report.txt`, and what `report.eml` has beneath its headers.
    pub body: String,
    /// Of the body what is of this source alone: without the reporter, the clock and the last line. Empty
    /// where the desk takes one mail a source.
    pub own: String,
    /// Our reference: `PLAINT 7f3a9c`.
    pub reference: String,
    /// The log lines it shows.
    pub extract: Extract,
    /// What was replaced in it, and by what.
    pub redactor: Redactor,
    /// The offset of its lines, where they stand as they were logged ([`Part::as_logged`]).
    pub as_logged: Option<i32>,
}

/// The reference of a report: the same for the same operator, mailbox, source
/// and time, and nothing that a robot takes for a zone, a number or an address.
#[must_use]
pub fn reference(part: &Part<'_, '_>, operator: &str) -> String {
    let to = part.channel.map_or("", |c| c.target());
    let (first, last) =
        part.span().map_or_else(Default::default, |(a, b)| (a.to_string(), b.to_string()));
    let mut whole = format!("{operator}\n{to}\n{}\n{first}\n{last}\n", part.case.addr);
    if part.is_one_of_several() {
        part.classes().into_iter().for_each(|c| whole.push_str(c.word()));
    }
    let hex = crate::hash::sha256(whole.as_bytes());
    // One that begins with a letter is no number, not even one with an exponent.
    let six = (0..58)
        .filter_map(|i| hex.get(i..i + 6))
        .find(|h| h.starts_with(|c: char| c.is_ascii_alphabetic() && c != 'e'));
    format!("PLAINT {}", six.unwrap_or("abcdef"))
}

/// Writes the letter.
#[must_use]
pub fn letter(part: &Part<'_, '_>, operator: &str) -> Letter {
    let reference = reference(part, operator);
    let mut redactor = Redactor::of(part);
    let extract = extract::extract(part, &mut redactor);
    let listed = part.rules.map(|p| p.text.sections.as_slice()).unwrap_or_default();
    let mut order: Vec<Section> = Vec::new();
    for section in listed.iter().chain(&USUAL) {
        if !order.contains(section) {
            order.push(*section);
        }
    }
    let together = part.rules.is_some_and(|p| p.bundle.one_per == OnePer::Isp);
    let (mut body, mut own) = (String::with_capacity(extract.text.len() + 4096), String::new());
    for section in order {
        let text = section_text(section, part, &reference, &extract, &mut redactor);
        if !text.is_empty() {
            if !body.is_empty() {
                body.push('\n');
            }
            body.push_str(&text);
            if together && !matches!(section, Section::Reporter | Section::Clock) {
                if !own.is_empty() {
                    own.push('\n');
                }
                own.push_str(&text);
            }
        }
    }
    let as_logged = part.as_logged();
    let _ = writeln!(
        body,
        "\nTime zone of all times in this report: {}",
        offset(as_logged.unwrap_or(0))
    );
    Letter { body, own, reference, extract, redactor, as_logged }
}

fn section_text(
    section: Section,
    part: &Part<'_, '_>,
    reference: &str,
    extract: &Extract,
    redactor: &mut Redactor,
) -> String {
    let addr = part.case.addr;
    let most = part.line_max();
    match section {
        Section::Reporter => {
            let ticket = part.context.config.filing.ticket(addr);
            reporter(part.context, reference, ticket)
        }
        Section::Happened => happened(part),
        Section::Linked => linked(part),
        Section::Incident => incident::blocks(part, redactor),
        Section::Log => extract.section(part, redactor),
        Section::Clock => doubt::clock(part.context.clock),
        Section::Uncertain => doubt::uncertain(part, extract),
        Section::Whois => match part.case.registered() {
            Some((by, t)) if part.need(|p| p.ownership.whois) != Need::Forbid => {
                let heading = match by {
                    "WHOIS" => format!("WHOIS {addr}"),
                    // RDAP is what took the place of WHOIS, and desks ask for that by its name.
                    other => format!("WHOIS {addr} by {other}"),
                };
                doubt::transcript(&heading, "asked", t, most)
            }
            _ => String::new(),
        },
        Section::Traceroute => match part.case.path() {
            Some(t) if part.need(|p| p.ownership.traceroute) != Need::Forbid => {
                doubt::transcript(&format!("TRACEROUTE to {addr}"), "made", t, most)
            }
            _ => String::new(),
        },
    }
}

/// Who reports, our reference, and that of the desk.
pub(super) fn reporter(context: &Context<'_>, reference: &str, ticket: Option<&str>) -> String {
    let r = &context.config.reporter;
    // Four of them stay within the 998 octets of a line.
    let short = |text: String| text.chars().take(200).collect::<String>();
    let mut who: Vec<String> =
        [&r.organisation, &r.name].into_iter().flatten().map(|t| short(plain(t))).collect();
    who.extend(r.phone.iter().map(|p| short(format!("phone {}", phone(p)))));
    who.extend(r.email.iter().map(|m| format!("mail {}", calm(m))));
    let who = if who.is_empty() { "not stated".to_owned() } else { who.join(", ") };
    let mut out = format!("Reporter: {who}\n");
    if let Some(address) = &r.address {
        let _ = writeln!(out, "Address: {}", short(plain(address)));
    }
    let _ = writeln!(out, "Our reference: {reference}");
    if let Some(ticket) = ticket {
        let _ = writeln!(out, "Your ticket: {}", calm(ticket));
    }
    out
}

fn happened(part: &Part<'_, '_>) -> String {
    let mut said: Vec<String> =
        part.incidents.iter().map(|i| words::happened(i.tally.class, i.tally.events())).collect();
    let of = |sure: bool| -> Vec<Class> {
        part.incidents
            .iter()
            .filter(|i| (i.confidence == Confidence::High) == sure)
            .map(|i| i.tally.class)
            .collect()
    };
    let (proven, forgeable) = (of(true), of(false));
    let both = !proven.is_empty() && !forgeable.is_empty();
    let which = |classes: &[Class]| {
        let words: Vec<&str> = classes.iter().map(|c| c.word()).collect();
        if both { format!("Of {}, ", words.join(", ")) } else { String::new() }
    };
    if !proven.is_empty() {
        let the = if both { "the" } else { "The" };
        said.push(format!(
            "{}{the} TCP connection was completed, so the {}.",
            which(&proven),
            together("source address cannot be forged")
        ));
    }
    if !forgeable.is_empty() {
        let no = if both { "no" } else { "No" };
        said.push(format!(
            "{}{no} connection was completed, so the {}; please check.",
            which(&forgeable),
            together("source address may be forged")
        ));
    }
    if proven.iter().any(|c| matches!(c, Class::Spam | Class::RelayAttempt | Class::Harvest)) {
        said.push(
            "The mail was refused: no message was received, so there are no headers.".to_owned(),
        );
    }
    format!("WHAT HAPPENED\n{}", wrapped(&said.join(" ")))
}

fn linked(part: &Part<'_, '_>) -> String {
    let addr = part.case.addr;
    let mut out = String::from("WHAT IS LINKED TO YOU\n");
    let Some(record) = part.case.attribution.as_ref().and_then(|a| a.record.as_ref()) else {
        out.push_str(&wrapped(&format!(
            "Source IP address {addr}. Nothing else in this report is yours."
        )));
        return out;
    };
    let prefix = plain(&record.prefix);
    let file = file_name(&record.file);
    let place = record.line.map(|n| format!(", line {n}")).unwrap_or_default();
    let date = record
        .file_date
        .as_ref()
        .map_or_else(|| "undated".to_owned(), |d| format!("file of {}", plain(d)));
    out.push_str(&match record.kind {
        Proven::PrefixList => wrapped(&format!(
            "Source IP address {addr} is in {prefix}, which our list of your networks holds."
        )),
        Proven::Allocation => {
            let holder = record.holder.as_deref().map(|h| format!(" to {}", plain(h)));
            wrapped(&format!(
                "Source IP address {addr} is in {prefix}, which the registry allocated{}. That \
                 says to whom it was given, not who announces it.",
                holder.unwrap_or_default()
            ))
        }
        Proven::OriginAs => {
            let asn = record.asn.map(|n| format!("AS{n}")).unwrap_or_default();
            let name =
                record.as_name.as_ref().map(|n| format!(" ({})", plain(n))).unwrap_or_default();
            wrapped(&format!(
                "Source IP address {addr} is in {prefix}, which is announced by {asn}{name}. \
                 That says who announces it, not to whom it was allocated."
            ))
        }
    });
    out.push_str(&wrapped(&format!("Record: {}: {file}{place}, {date}.", record.kind)));
    out.push_str("Nothing else in this report is yours.\n");
    out
}

/// `+0100`.
pub(super) fn offset(seconds: i32) -> String {
    let minutes = seconds.abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests;
