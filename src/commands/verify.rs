//! `plaint verify`: hashes, and lines of evidence against the logs.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::bundle::verify;
use crate::fault::Outcome;
use crate::text::Untrusted;

use super::common::print;

/// Prints what is wrong; 5 where anything is.
///
/// # Errors
///
/// A folder that holds no reports, or the output.
pub fn run(dir: &Path, logs: &[PathBuf], quiet: bool) -> Outcome<u8> {
    let found = verify::verify(dir, logs)?;
    let mut out = String::new();
    for (place, what) in &found.wrong {
        let line = format!("{place}: {what}");
        let _ = writeln!(out, "{}", Untrusted(line.as_bytes()));
    }
    print(out.as_bytes())?;
    if !quiet {
        let mut err = anstream::stderr().lock();
        let _ = writeln!(
            err,
            "plaint: {} operators, {} files and {} lines of evidence by their hashes, {} of them at \
             their offset in a log: {}",
            found.operators,
            found.files,
            found.lines,
            found.at_offset,
            match found.wrong.len() {
                0 => "nothing is wrong".to_owned(),
                1 => "1 thing is wrong".to_owned(),
                n => format!("{n} things are wrong"),
            }
        );
        for path in &found.absent {
            let path = Untrusted(path.as_bytes());
            let _ = writeln!(
                err,
                "plaint: {path}: not at hand, its lines were not looked up; --logs PATH says where it is"
            );
        }
    }
    Ok(if found.wrong.is_empty() { 0 } else { 5 })
}
