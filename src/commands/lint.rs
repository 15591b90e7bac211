//! `plaint lint`: bundles against their operators' rules.

use std::fmt::Write as _;
use std::path::Path;

use crate::bundle::{recheck, verify};
use crate::fault::Outcome;
use crate::operator::Operators;
use crate::text::{Untrusted, counted};
use crate::time::Instant;

use super::common::print;
use super::table::prose;
use super::terminal::{Paint, Screen};
use super::voice::{Severity, Voice};

/// Prints what is wrong; 5 where a report is not to be sent like that.
///
/// # Errors
///
/// A folder that holds no reports, or the output.
pub fn run(dir: &Path, operators: &Operators, now: Option<Instant>, voice: Voice) -> Outcome<u8> {
    let (mut out, mut bundles, mut errors, mut warnings) = (String::new(), 0, 0, 0);
    for root in verify::roots(dir)? {
        let name = root.display().to_string();
        match recheck::recheck(&root, operators, now) {
            Ok((n, faults)) => {
                bundles += n;
                for f in faults {
                    let level = if f.error { "error" } else { "warning" };
                    *(if f.error { &mut errors } else { &mut warnings }) += 1;
                    let line = format!("{name}/{}: {level} {}: {}", f.bundle, f.id, f.text);
                    let _ = writeln!(out, "{}", Untrusted(line.as_bytes()));
                }
            }
            Err(why) => {
                errors += 1;
                let line = format!("{name}: error INT-1: {why}");
                let _ = writeln!(out, "{}", Untrusted(line.as_bytes()));
            }
        }
    }
    let graver = |line: &str| match line.split(": ").nth(1).and_then(|w| w.split(' ').next()) {
        Some("error") => Paint::Error,
        _ => Paint::Warning,
    };
    print(prose(&out, Screen::stdout(), graver).as_bytes())?;
    let severity = match (errors, warnings) {
        (0, 0) => Severity::Note,
        _ => Severity::Warning,
    };
    voice.say(
        severity,
        &format!(
            "{}: {}, {}",
            counted(bundles, "report"),
            counted(errors, "error"),
            counted(warnings, "warning")
        ),
    );
    Ok(if errors > 0 { 5 } else { 0 })
}
