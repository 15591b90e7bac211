//! What can go wrong with files and options; a line that cannot be read is never a fault.

use std::path::{Path, PathBuf};

/// A result whose error is a [`Fault`].
pub type Outcome<T> = Result<T, Fault>;

/// A failure that a person has to act on. Each prints as one sentence that
/// names the file or option and the reason; the fix is its hint.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The command line or the configuration asks for something impossible; nothing was written.
    #[error("{text}")]
    Usage {
        /// What, and why not.
        text: String,
        /// What would be right.
        hint: Option<String>,
    },
    /// A file could not be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system or the format's reader said.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A line of a configuration or operator file is wrong.
    #[error("{}{}: {reason}", path.display(), line.map(|n| format!(":{n}")).unwrap_or_default())]
    Config {
        /// The file.
        path: PathBuf,
        /// The line, where it is known.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
        /// What would be right.
        hint: Option<String>,
    },
    /// A log states no zone and none was told.
    #[error("{text}")]
    Zone {
        /// Which log, and why its zone cannot be guessed.
        text: String,
        /// The flag to add.
        hint: Option<String>,
    },
}

impl Fault {
    /// A [`Fault::File`].
    pub fn file(path: &Path, reason: impl ToString) -> Self {
        Self::File { path: path.to_owned(), reason: reason.to_string(), hint: None }
    }

    /// A [`Fault::Usage`].
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage { text: text.into(), hint: None }
    }

    /// A [`Fault::Config`].
    pub fn config(path: &Path, line: Option<usize>, reason: impl Into<String>) -> Self {
        Self::Config { path: path.to_owned(), line, reason: reason.into(), hint: None }
    }

    /// The same with what to do about it, in the place of what was said before.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        let (Self::Usage { hint, .. }
        | Self::File { hint, .. }
        | Self::Config { hint, .. }
        | Self::Zone { hint, .. }) = &mut self;
        *hint = Some(text.into());
        self
    }

    /// What to do about it, where that was said.
    #[must_use]
    pub fn hinted(&self) -> Option<&str> {
        let (Self::Usage { hint, .. }
        | Self::File { hint, .. }
        | Self::Config { hint, .. }
        | Self::Zone { hint, .. }) = self;
        hint.as_deref()
    }

    /// The exit code this failure ends a run with.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::File { .. } => 3,
            _ => 2,
        }
    }
}
