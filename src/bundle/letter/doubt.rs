//! The sections on what the report rests on: our clock, what is uncertain, and saved transcripts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::config::ClockStatement;
use crate::judge::{Asked, Confidence, EvidenceLine, Part, Transcript};
use crate::text::Untrusted;
use crate::time::Fold;

use super::extract::Extract;
use super::text::{counted, paragraphs, plain, together, zone_like};

/// `CLOCK`: what is known, or that it is not.
#[must_use]
pub fn clock(statement: &ClockStatement) -> String {
    let mut said = Vec::new();
    match statement.synchronised {
        Some(true) => said.push("The clock of the logging host was synchronised.".to_owned()),
        Some(false) => said.push("The clock of the logging host was not synchronised.".to_owned()),
        None => said.push(
            "Whether the clock of the logging host was right at the time is not known.".to_owned(),
        ),
    }
    if let Some(bound) = statement.bound_seconds {
        said.push(format!("Largest clock error: {bound:.3} seconds."));
    } else if statement.synchronised.is_some() {
        said.push("Largest clock error: not known.".to_owned());
    }
    if let Some(measured) = &statement.measured {
        said.push(format!("Measured {}.", plain(&measured.replace('T', " ").replace('Z', " UTC"))));
    } else if statement.synchronised.is_some() {
        said.push("When this was measured is not known.".to_owned());
    }
    if statement.synchronised.is_some() {
        said.push(match statement.origin.as_str() {
            "told" => "So told by the reporter.".to_owned(),
            other => format!("According to {}.", plain(other)),
        });
    }
    format!("CLOCK\n{}", paragraphs(&said))
}

/// `WHAT IS UNCERTAIN`.
#[must_use]
pub fn uncertain(part: &Part<'_, '_>, extract: &Extract) -> String {
    let lines = part.lines();
    let mut said: Vec<String> = Vec::new();
    let medium: Vec<&str> = part
        .incidents
        .iter()
        .filter(|i| i.confidence < Confidence::High)
        .map(|i| i.tally.class.word())
        .collect();
    if !medium.is_empty() {
        said.push(format!(
            "{}: the {}, since no connection was completed.",
            medium.join(", "),
            together("source address may be forged")
        ));
    }
    let any = |of: &dyn Fn(&EvidenceLine) -> bool| lines.iter().any(|l| of(l));
    if any(&|l| l.moment.basis.inferred_year) {
        said.push(
            "The log states no year: it was inferred from the order of the lines and the end of \
             the log."
                .to_owned(),
        );
    }
    let past = lines.iter().filter(|l| l.moment.basis.past_end).count();
    if past > 0 {
        said.push(format!(
            "{} up to a day past the end of the log that the year was counted from.",
            lies(past)
        ));
    }
    let zones: BTreeSet<&str> =
        lines.iter().filter(|l| l.moment.basis.told_zone).map(|l| &*l.zone).collect();
    if !zones.is_empty() {
        let zones: Vec<String> = zones.into_iter().map(zone_words).collect();
        said.push(format!(
            "The log states no zone: that it is {} was told by the reporter.",
            zones.join(" or ")
        ));
    }
    let count =
        |of: &dyn Fn(Fold) -> bool| lines.iter().filter(|l| of(l.moment.basis.fold)).count();
    let twice = count(&|f| matches!(f, Fold::Ambiguous(_)));
    if twice > 0 {
        let later = lines
            .iter()
            .find_map(|l| match l.moment.basis.fold {
                Fold::Ambiguous(s) => Some(s / 60),
                _ => None,
            })
            .unwrap_or(60);
        said.push(format!(
            "{} in an hour that the local clock showed twice: the earlier was taken, and the \
             true time may be {later} minutes later.",
            lies(twice)
        ));
    }
    for (uptime, by) in [(false, "order of the lines"), (true, "uptime of the kernel")] {
        let settled = |l: &&&EvidenceLine| {
            let basis = l.moment.basis;
            matches!(basis.fold, Fold::First | Fold::Second) && basis.uptime == uptime
        };
        let n = lines.iter().filter(settled).count();
        if n > 0 {
            said.push(format!(
                "{} in an hour that the local clock showed twice: the {by} says which.",
                lies(n)
            ));
        }
    }
    let gap = count(&|f| f == Fold::Gap);
    if gap > 0 {
        said.push(format!("{} in an hour that the local clock skipped.", lies(gap)));
    }
    let logged = |l: &EvidenceLine| {
        let address = (!l.assumed_destination).then_some(l.destination).flatten();
        let port = (!l.assumed_port).then_some(l.destination_port).flatten();
        (address, port)
    };
    let (addresses, ports): (BTreeSet<_>, BTreeSet<_>) = lines.iter().map(|l| logged(l)).unzip();
    if any(&|l| l.assumed_destination && !addresses.contains(&l.destination)) {
        said.push("The destination address is not in the log; it is that of the host.".to_owned());
    }
    if any(&|l| l.assumed_port && !ports.contains(&l.destination_port)) {
        said.push("The destination port is not in the log; it is that of the service.".to_owned());
    }
    let kept = lines.len() as u64;
    if extract.sample || kept < part.total_lines() {
        said.push(
            "The log extract is a sample; ports and destinations are those of the lines that were \
             kept as evidence, and the number of events is counted over all lines."
                .to_owned(),
        );
    }
    if said.is_empty() {
        said.push("Nothing that we know of.".to_owned());
    }
    format!("WHAT IS UNCERTAIN\n{}", paragraphs(&said))
}

fn lies(n: usize) -> String {
    format!("{} {}", counted(n, "line"), if n == 1 { "lies" } else { "lie" })
}

/// A zone in words; an offset must not be read as the zone of this report.
fn zone_words(zone: &str) -> String {
    let text = plain(zone);
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return text;
    }
    let sign = if text.contains('-') { "behind" } else { "ahead of" };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = |r: std::ops::Range<usize>| digits.get(r).and_then(|d| d.parse::<usize>().ok());
    match (number(0..2), number(2..4)) {
        (Some(h), Some(0)) | (Some(h), None) => format!("{} {sign} UTC", counted(h, "hour")),
        (Some(h), Some(m)) => {
            format!("{} {} {sign} UTC", counted(h, "hour"), counted(m, "minute"))
        }
        (None, _) => text,
    }
}

/// Whether a line looks like one of a report's own, which robots read: whoever keeps a registry's
/// object, or its server, writes such a line as well as any other.
fn like_ours(text: &str) -> bool {
    const OURS: [&str; 10] = [
        "source ip",
        "source ports",
        "source port",
        "destination ip",
        "destination port",
        "protocol",
        "first event",
        "last event",
        "number of events",
        "time zone of all times in this report",
    ];
    let Some((label, _)) = text.split_once(':') else { return false };
    let label = label.trim().trim_start_matches('+').trim().to_ascii_lowercase();
    // RDAP's `type:` is quoted at the margin with its value aligned, as is WHOIS's.
    OURS.contains(&label.as_str()) || text.trim_start().starts_with("Type   ")
}

/// A saved transcript under its heading. Lines that a robot would take a zone
/// from, and what a mail cannot hold, are left out and counted.
#[must_use]
pub fn transcript(heading: &str, verb: &str, t: &Transcript, line_max: usize) -> String {
    let date = match t.asked {
        Asked::Stated(at) => format!("{verb} {} UTC", at.minute()),
        Asked::FileOf(at) => format!("saved; its file is of {} UTC", at.minute()),
        Asked::Unknown => "date not known".to_owned(),
    };
    let mut out = format!("{heading} ({date})\n");
    let mut left = 0;
    let mut blank = true;
    for line in t.bytes.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_end();
        if line.is_empty() {
            // Paragraphs stay apart; whois prints runs of empty lines.
            if !std::mem::replace(&mut blank, true) {
                out.push('\n');
            }
            continue;
        }
        let tabs: Vec<u8> = line
            .iter()
            .flat_map(|b| if *b == b'\t' { &b"    "[..] } else { std::slice::from_ref(b) })
            .copied()
            .collect();
        let text = Untrusted(&tabs).ascii();
        if zone_like(&text).is_some()
            || text.len() > line_max
            || text.starts_with("From ")
            || text == "."
            || like_ours(&text)
        {
            left += 1;
            continue;
        }
        blank = false;
        out.push_str(&text);
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    if left > 0 {
        let _ = writeln!(out, "({} of the answer left out)", counted(left, "line"));
    }
    if t.cut {
        out.push_str("(the answer goes on)\n");
    }
    out
}
