//! [`Plan`]: what holds of a whole run; and what the folders in it are called.

use serde_json::Value;

use crate::judge::Context;
use crate::limits::Bound;
use crate::source::ScanLimits;

use super::manifest::{FileRecord, InputRecord};

/// The folder of what nobody claims.
pub(super) const NOBODY: &str = "unattributed";

/// The folder of what has an operator and no mailbox yet.
pub(super) const UNDETERMINED: &str = "undetermined";

/// What holds of a whole run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Configuration, clock and rules.
    pub context: Context<'a>,
    /// What makes a scan.
    pub limits: ScanLimits,
    /// The inputs; what they hash to need not be known before the end.
    pub inputs: Vec<InputRecord>,
    /// The options that change results: never threads, output or order of paths.
    pub options: Value,
    /// Operator files, prefix lists, databases and configuration.
    pub references: Vec<FileRecord>,
    /// Bounds that the run met.
    pub bounds: Vec<Bound>,
}

/// A name that every file system takes.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = c.to_ascii_lowercase();
        out.push(if c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c) {
            c
        } else {
            '-'
        });
    }
    // `::1` begins with what looks like an option to other programs.
    if out.starts_with(['-', '.']) { format!("0{out}") } else { out }
}
