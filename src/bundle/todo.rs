//! `TODO.txt`: what the reporter has to add to a draft, and how; `NOTES.txt`: what weakens a ready one.

use std::fmt::Write as _;

use crate::judge::{Effect, Filing, Finding, Part, Verdict};
use crate::operator::profile::Kind;

use super::letter::text::{plain, wrapped};

/// The text; none where there is nothing to do.
#[must_use]
pub fn todo(part: &Part<'_, '_>, filing: &Filing<'_>) -> Option<String> {
    let of = |effect: Effect| -> Vec<&Finding> {
        filing.findings.iter().filter(|f| f.effect == effect).collect()
    };
    let mut must = of(Effect::Unattributed);
    must.extend(of(Effect::Draft));
    if must.is_empty() {
        return None;
    }
    let (mut out, should) = before_anything(of(Effect::Warn));
    out.push_str("This report is not ready to file. What is missing:\n");
    items(&mut out, &must);
    out.push_str("\nThen run the same `plaint report` again with --force.\n");
    if filing.operator.is_some() && filing.channel.is_none() {
        out.push_str(&wrapped("report.eml has no To line, for the mailbox is not determined."));
    } else if filing.operator.is_none() {
        out.push_str(&wrapped("report.eml has no To line, for no operator is known."));
    }
    if part.context.config.reporter.email.is_none() {
        out.push_str(&wrapped("report.eml has no From line, for no sender is stated."));
    }
    if let Some(channel) = part.channel.filter(|c| c.kind != Kind::Email) {
        let _ =
            writeln!(out, "To be filed by {} at {}", channel.kind.word(), plain(channel.target()));
    }
    if !should.is_empty() {
        out.push_str("\nIt is also weaker for this:\n");
        items(&mut out, &should);
    }
    Some(out)
}

/// What a report that is ready is weaker for, and where it is sent together
/// with others; none where there is nothing to say.
#[must_use]
pub fn notes(filing: &Filing<'_>, sent_in: Option<&str>) -> Option<String> {
    let weak: Vec<&Finding> = filing.findings.iter().filter(|f| f.effect == Effect::Warn).collect();
    if filing.verdict != Verdict::Ready || (weak.is_empty() && sent_in.is_none()) {
        return None;
    }
    let (mut out, weak) = before_anything(weak);
    out.push_str("This report is ready to file.");
    if let Some(path) = sent_in {
        let path = format!(" It is in {path}, with others: send that, and nothing of this folder.");
        out.push_str(&path);
    }
    out.push('\n');
    if !weak.is_empty() {
        out.pop();
        out.push_str(" It is weaker for this:\n");
        items(&mut out, &weak);
    }
    Some(out)
}

/// What the victim has to know before anything else, and the other findings.
fn before_anything(findings: Vec<&Finding>) -> (String, Vec<&Finding>) {
    let mut out = String::new();
    let (first, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|f| f.id == "login-succeeded");
    if !first.is_empty() {
        out.push_str("Before anything else:\n");
        items(&mut out, &first);
        out.push('\n');
    }
    (out, others)
}

fn items(out: &mut String, findings: &[&Finding]) {
    let mut told: Vec<(&str, &str)> = Vec::new();
    for f in findings {
        // Two classes often lack the same.
        if told.contains(&(f.id, f.text.as_str())) {
            continue;
        }
        told.push((f.id, &f.text));
        let class = f.class.map(|c| format!(" ({c})")).unwrap_or_default();
        let ascii = |t: &str| crate::text::Untrusted(t.as_bytes()).ascii();
        let _ = writeln!(out, "\n- {}{class}: {}", f.id, ascii(&f.text));
        if let Some(remedy) = &f.remedy {
            let _ = writeln!(out, "  To do: {}", ascii(remedy));
        }
        let _ = writeln!(out, "  Asked for by: {} ({})", ascii(&f.required_by), ascii(&f.source));
    }
}
