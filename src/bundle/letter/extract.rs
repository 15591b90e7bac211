//! The log extract: which lines are shown, how they are written, and what is said of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::judge::{EvidenceLine, Left, Part};
use crate::operator::Need;
use crate::text::Untrusted;
use crate::time::Dates;

use super::redact::Redactor;
use super::text::{counted, paragraphs, wrapped};
use crate::bundle::words;

/// The extract as it stands in the letter.
#[derive(Debug, Default)]
pub struct Extract {
    /// The lines, each with a newline.
    pub text: String,
    /// How many there are.
    pub shown: usize,
    /// Whether they are a sample of those that could be shown.
    pub sample: bool,
    /// Lines left out for the address of somebody else.
    pub others: usize,
    /// Lines left out for their length, or since mail would change them.
    pub unfit: usize,
    /// Lines in which something was escaped.
    pub escaped: usize,
    /// Whether stamps were put into UTC.
    pub edited: bool,
    /// The dialects of the lines shown, with how they are read.
    pub formats: BTreeSet<&'static str>,
}

/// Makes the extract.
#[must_use]
pub fn extract(part: &Part<'_, '_>, redactor: &mut Redactor) -> Extract {
    let most = part.line_max();
    let mut out = Extract { edited: part.as_logged().is_none(), ..Extract::default() };
    let mut fit: Vec<&EvidenceLine> = Vec::new();
    for line in part.lines() {
        match line.left_out(most) {
            None => fit.push(line),
            Some(Left::OtherAddress) => out.others += 1,
            Some(Left::TooLong | Left::Mangled) => out.unfit += 1,
        }
    }
    let log = part.rules.map(|p| &p.log);
    let limit = |of: Option<u32>| of.map_or(usize::MAX, |n| n as usize).max(1);
    let mut n = part.context.config.filing.evidence_lines.max(1);
    n = n.min(limit(log.and_then(|l| l.max_lines))).min(fit.len());
    let bytes = limit(log.and_then(|l| l.max_bytes));
    let word_limit = limit(log.and_then(|l| l.max_words));
    loop {
        let chosen = choose(&fit, n);
        let size: usize = chosen.iter().map(|l| l.bytes.len() + 16).sum();
        let words = || -> usize {
            let words =
                |l: &&EvidenceLine| l.bytes.split(|b| *b == b' ').filter(|w| !w.is_empty()).count();
            chosen.iter().map(words).sum()
        };
        // Few desks count words.
        if n > 1 && (size > bytes || (word_limit < usize::MAX && words() > word_limit)) {
            n -= n.div_ceil(8).min(n - 1);
            continue;
        }
        out.text.reserve(size);
        let (mut dates, mut piece) = (Dates::default(), Vec::new());
        for line in &chosen {
            piece.clear();
            out.write(line, redactor, most, &mut dates, &mut piece);
        }
        out.sample = chosen.len() < fit.len();
        return out;
    }
}

/// `n` lines spread evenly, with the first and the last of every class.
fn choose<'l>(fit: &[&'l EvidenceLine], n: usize) -> Vec<&'l EvidenceLine> {
    if n >= fit.len() {
        return fit.to_vec();
    }
    let mut picks: BTreeSet<usize> = BTreeSet::new();
    let classes: BTreeSet<_> = fit.iter().map(|l| l.class).collect();
    let ends = classes.into_iter().flat_map(|class| {
        let first = fit.iter().position(|l| l.class == class);
        let last = fit.iter().rposition(|l| l.class == class);
        first.into_iter().chain(last)
    });
    for at in [0, fit.len() - 1].into_iter().chain(ends) {
        if picks.len() < n {
            picks.insert(at);
        }
    }
    let rest = n - picks.len();
    for i in 0..rest {
        let want = (2 * i + 1) * fit.len() / (2 * rest);
        // The nearest that is free; there is one, since n is below the length.
        let free = (want..fit.len()).chain((0..want).rev()).find(|at| !picks.contains(at));
        picks.extend(free);
    }
    picks.into_iter().filter_map(|at| fit.get(at).copied()).collect()
}

impl Extract {
    /// Adds a line; `bytes` is room for it.
    fn write(
        &mut self,
        line: &EvidenceLine,
        redactor: &mut Redactor,
        most: usize,
        dates: &mut Dates,
        bytes: &mut Vec<u8>,
    ) {
        let part = |r: std::ops::Range<usize>| line.bytes.get(r).unwrap_or_default();
        let head = part(0..line.stamp.start);
        let rest = redactor.line(line, part(line.stamp.end..line.bytes.len()));
        bytes.extend_from_slice(head);
        if self.edited {
            dates.write(line.moment.at, bytes);
        } else {
            bytes.extend_from_slice(part(line.stamp.clone()));
        }
        bytes.extend_from_slice(&rest);
        let before = self.text.len();
        Untrusted(bytes).push_ascii(&mut self.text);
        let len = self.text.len() - before;
        // Tokens may be longer than what they replace.
        if len > most {
            self.text.truncate(before);
            self.unfit += 1;
            return;
        }
        if len != bytes.len() {
            self.escaped += 1;
        }
        self.text.push('\n');
        self.shown += 1;
        self.formats.insert(words::how_to_read(line.dialect, line.family()));
    }

    /// The whole section.
    #[must_use]
    pub fn section(&self, part: &Part<'_, '_>, redactor: &Redactor) -> String {
        let total = part.total_lines();
        let times = if self.edited { "times UTC" } else { "times as logged" };
        let mut out = String::with_capacity(self.text.len() + 1024);
        let _ = writeln!(
            out,
            "LOG EXTRACT ({} of {total} log lines of this source, {times})",
            self.shown
        );
        out.push_str(&self.text);
        if part.need(|p| p.log.explain) != Need::Forbid {
            for format in &self.formats {
                out.push_str(&wrapped(&format!("How to read it: {format}")));
            }
        }
        let mut said: Vec<String> = Vec::new();
        let mut changed: Vec<String> = Vec::new();
        if self.edited {
            changed.push("the time stamp of each line was put into UTC".to_owned());
        }
        if self.escaped > 0 {
            changed.push(format!(
                "bytes that are no printable ASCII are written as \\x and two digits ({})",
                counted(self.escaped, "line")
            ));
        }
        let replaced = redactor.said();
        if changed.is_empty() && replaced.is_empty() {
            said.push("The lines are as they were logged.".to_owned());
        } else {
            let mut text = changed.join("; ");
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            if !text.is_empty() {
                text.push('.');
                said.push(text);
            }
            said.push(replaced);
            said.push("Nothing else was changed.".to_owned());
        }
        if self.others > 0 {
            said.push(format!(
                "{} left out, since {} the address of somebody else.",
                were(self.others),
                if self.others == 1 { "it holds" } else { "they hold" }
            ));
        }
        if self.unfit > 0 {
            said.push(format!("{} left out as too long for a mail.", were(self.unfit)));
        }
        if self.sample {
            said.push("The lines shown are spread over the whole time.".to_owned());
        }
        out.push_str(&paragraphs(&said));
        out
    }
}

fn were(n: usize) -> String {
    format!("{} {}", counted(n, "line"), if n == 1 { "was" } else { "were" })
}
