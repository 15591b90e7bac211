//! [`Voice`]: how people, or the program that runs us, are told what goes on: on standard error alone.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};

use crate::text::{Untrusted, json_string};

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something could not be done.
    Error,
    /// Done, and there is something to look at.
    Warning,
    /// What was done, and what is next.
    Note,
    /// How it was done; told with `-v` alone.
    Detail,
}

impl Severity {
    /// The word used in `--log-format json`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "info",
            Self::Detail => "debug",
        }
    }

    const fn style(self) -> Style {
        let colour = match self {
            Self::Error => AnsiColor::Red,
            Self::Warning => AnsiColor::Yellow,
            Self::Note => AnsiColor::Green,
            Self::Detail => AnsiColor::Cyan,
        };
        Style::new().bold().fg_color(Some(anstyle::Color::Ansi(colour)))
    }
}

/// What is told, and in which form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Voice {
    /// Errors alone.
    pub quiet: bool,
    /// Details too.
    pub verbose: bool,
    /// One JSON object a message.
    pub json: bool,
}

impl Voice {
    /// Whether messages of a severity are told at all.
    #[must_use]
    pub fn tells(&self, severity: Severity) -> bool {
        match severity {
            Severity::Error => true,
            Severity::Warning | Severity::Note => !self.quiet,
            Severity::Detail => self.verbose && !self.quiet,
        }
    }

    /// Tells a message. What acts on a terminal is escaped; colour is left out where standard
    /// error is none, or `NO_COLOR` is set.
    pub fn say(&self, severity: Severity, message: &str) {
        if !self.tells(severity) {
            return;
        }
        let line = self.line(severity, message);
        let _ = anstream::stderr().lock().write_all(&line);
    }

    fn line(&self, severity: Severity, message: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if self.json {
            let _ = write!(out, "{{\"level\":\"{}\",\"message\":", severity.word());
            json_string(&mut out, message.as_bytes());
            out.extend_from_slice(b"}\n");
        } else {
            let style = severity.style();
            let _ = writeln!(out, "{style}plaint:{style:#} {}", Untrusted(message.as_bytes()));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inert_in_both_forms() {
        let json = Voice { json: true, ..Voice::default() };
        assert_eq!(
            String::from_utf8(json.line(Severity::Warning, "a\"\x1b[2J")).unwrap(),
            "{\"level\":\"warning\",\"message\":\"a\\\"\\u001b[2J\"}\n"
        );
        let text = String::from_utf8(Voice::default().line(Severity::Error, "a\x1b[2J")).unwrap();
        assert!(text.ends_with(" a\\x1b[2J\n"), "{text:?}");
    }

    #[test]
    fn quiet_tells_errors_alone() {
        let told = |v: Voice| {
            [Severity::Error, Severity::Warning, Severity::Note, Severity::Detail]
                .map(|s| v.tells(s))
        };
        assert_eq!(told(Voice::default()), [true, true, true, false]);
        assert_eq!(told(Voice { verbose: true, ..Voice::default() }), [true; 4]);
        assert_eq!(
            told(Voice { quiet: true, verbose: true, json: false }),
            [true, false, false, false]
        );
    }
}
