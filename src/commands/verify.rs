//! `plaint verify`: hashes, and lines of evidence against the logs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::bundle::verify;
use crate::fault::Outcome;
use crate::text::{Untrusted, counted};

use super::common::print;
use super::table::prose;
use super::terminal::{Paint, Screen};
use super::voice::{Severity, Voice};

/// Prints what is wrong; 5 where anything is.
///
/// # Errors
///
/// A folder that holds no reports, or the output.
pub fn run(dir: &Path, logs: &[PathBuf], voice: Voice) -> Outcome<u8> {
    let found = verify::verify(dir, logs)?;
    let mut out = String::new();
    for (place, what) in &found.wrong {
        let line = format!("{place}: {what}");
        let _ = writeln!(out, "{}", Untrusted(line.as_bytes()));
    }
    print(prose(&out, Screen::stdout(), |_| Paint::Error).as_bytes())?;
    let wrong = match found.wrong.len() {
        0 => "nothing is wrong".to_owned(),
        1 => "1 thing is wrong".to_owned(),
        n => format!("{n} things are wrong"),
    };
    let severity = if found.wrong.is_empty() { Severity::Note } else { Severity::Warning };
    voice.say(
        severity,
        &format!(
            "{}, {} and {} of evidence by their hashes, {} of them at their offset in a log: {wrong}",
            counted(found.operators, "operator"),
            counted(found.files, "file"),
            counted(found.lines, "line"),
            found.at_offset,
        ),
    );
    for path in &found.absent {
        let text = format!(
            "{path}: not at hand, its lines were not looked up; --logs PATH says where it is"
        );
        voice.say(Severity::Warning, &text);
    }
    Ok(if found.wrong.is_empty() { 0 } else { 5 })
}
