//! `plaint inspect`: an account of every line; writes nothing.

use std::fmt::Write as _;

use crate::class::Reading;
use crate::dialect::DIALECTS;
use crate::envelope::{Format, Unread};
use crate::fault::Outcome;
use crate::input::EndFrom;
use crate::limits::REPEATS;
use crate::run::account::UnreadLine;
use crate::run::{Account, Log, Remember, timeless};
use crate::text::{Untrusted, shown};
use crate::time::Instant;

use super::common::{Setup, print};
use super::table::prose;
use super::terminal::{Paint, Screen};

/// Prints the account of each input and of all.
///
/// # Errors
///
/// What stops the run, or the output.
pub fn run(setup: &mut Setup) -> Outcome<(bool, u8)> {
    setup.options.remember = Remember::Readings;
    let (logs, scan) = setup.run()?;
    let mut out = String::new();
    let mut total = [0u64; 6];
    let mut lines = 0;
    for (log, account) in logs.logs.iter().zip(&scan.accounts) {
        one(&mut out, log, account, setup.options.log_end);
        lines += account.lines;
        for (sum, n) in total.iter_mut().zip(account.readings) {
            *sum += n;
        }
    }
    let _ = writeln!(out, "all inputs");
    let _ = writeln!(out, "  lines     {lines}");
    readings(&mut out, &total);
    let _ = writeln!(out, "  sources   {} hostile", scan.sources.sorted().len());
    for bound in scan.bounds_met(&setup.options) {
        let _ = writeln!(out, "  bound met {}", bound.text);
    }
    print(prose(&out, Screen::stdout(), paint).as_bytes())?;
    Ok((scan.sources.any_hostile(), setup.exit_code(&logs, &scan)))
}

fn readings(out: &mut String, counts: &[u64; 6]) {
    let sum = counts.iter().sum::<u64>();
    let digits = sum.to_string().len();
    for (reading, n) in Reading::ALL.iter().zip(counts) {
        let _ = writeln!(out, "    {:<12}{n:>digits$}", reading.word());
    }
    let _ = writeln!(out, "    {:<12}{sum:>digits$}", "sum");
}

/// What a line of the account is to its reader, by its label, which is ours.
fn paint(line: &str) -> Paint {
    if !line.starts_with(' ') {
        return Paint::Head;
    }
    let (label, what) = line.trim_start().split_once("  ").unwrap_or((line.trim_start(), ""));
    match label {
        "NOT READ TO ITS END" => Paint::Error,
        _ if line.starts_with("  bound met ") => Paint::Error,
        "unread" | "quarantined" if what.trim_start() != "0" => Paint::Warning,
        "capped" | "past end" | "unknown" => Paint::Warning,
        _ if line.starts_with("    line ") => Paint::Dim,
        _ if what.trim_start() == "0" => Paint::Dim,
        _ => Paint::Plain,
    }
}

fn one(out: &mut String, log: &Log, a: &Account, told_end: Option<i64>) {
    let _ = writeln!(out, "{}", shown(&log.input.path));
    let _ = writeln!(out, "  form      {}, {} bytes", log.input.form.word(), log.input.bytes);
    if !a.complete {
        let _ = writeln!(out, "  NOT READ TO ITS END");
    }
    let seen: Vec<String> = Format::ALL
        .iter()
        .zip(a.formats)
        .filter(|(_, n)| *n > 0)
        .map(|(f, n)| format!("{} {n}", f.word()))
        .collect();
    let _ = writeln!(
        out,
        "  formats   {}",
        if seen.is_empty() { "none".into() } else { seen.join(", ") }
    );
    let zone = if seen.is_empty() {
        "no stamp".into()
    } else if log.zone.is_empty() {
        "stated in every stamp".into()
    } else {
        format!("told: {}", log.zone)
    };
    let _ = writeln!(out, "  zone      {zone}");
    if let Some(end) = told_end {
        let _ = writeln!(out, "  end       {} (told)", Instant::from_seconds(end));
    } else if let Some((end, from)) = log.input.end {
        let from = match from {
            EndFrom::Modified => "the file's time",
            EndFrom::GzipHeader => "the gzip header's time",
        };
        let _ = writeln!(out, "  end       {} ({from})", Instant::from_seconds(end));
    }
    if a.past_end > 0 {
        let _ = writeln!(
            out,
            "  past end  {} lines lie up to a day past that end, and keep its year",
            a.past_end
        );
    }
    match a.span {
        Some((first, last)) => {
            let _ = writeln!(out, "  span      {first} to {last}");
        }
        None => {
            let _ = writeln!(out, "  span      no line with a known time");
        }
    }
    let _ = writeln!(out, "  lines     {}", a.lines);
    readings(out, &a.readings);
    if !a.dialects.is_empty() {
        let seen: Vec<String> = DIALECTS
            .iter()
            .filter_map(|d| Some(format!("{} {}", d.id, a.dialects.get(d.id)?)))
            .collect();
        let _ = writeln!(out, "  dialects  {}", seen.join(", "));
    }
    for (reason, n) in Unread::ALL.iter().zip(a.unread).filter(|(_, n)| *n > 0) {
        let _ = writeln!(out, "  unread    {n}: {}", reason.reason());
    }
    for u in &a.unread_shown {
        let _ = writeln!(
            out,
            "    line {} at byte {}: {}: {}",
            u.line,
            u.offset,
            u.reason.reason(),
            Untrusted(&u.text)
        );
    }
    let timeless = Unread::NoEnvelope;
    let lines = a.unread.get(timeless as usize).copied().unwrap_or(0);
    if lines > 0 {
        let _ = writeln!(
            out,
            "  no time   {lines} lines tell no time: nothing of them counts or is evidence"
        );
    }
    let says = |u: &&UnreadLine| u.reason == timeless && timeless::read(&u.text).is_some();
    if let Some(u) = a.unread_shown.iter().find(says) {
        let _ = writeln!(
            out,
            "            line {} is a message without its header (see explain, events --all); {}",
            u.line,
            timeless::FIX
        );
    }
    if a.capped > 0 {
        let _ = writeln!(
            out,
            "  capped    {} counts of one line that were {REPEATS} or more, counted as {REPEATS}",
            a.capped
        );
    }
    for (program, u) in &a.unknown {
        let (line, example) = &u.example;
        let _ = writeln!(
            out,
            "  unknown   {} messages of {} that no grammar knows, first in line {line}: {}",
            u.count,
            Untrusted(program),
            Untrusted(example)
        );
    }
    let _ = writeln!(out);
}
