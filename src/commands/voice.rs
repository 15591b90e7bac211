//! [`Voice`]: how people, or the program that runs us, are told what goes on: on standard error alone.

use std::io::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::terminal::{Paint, Screen};
use super::{advice, meter};
use crate::fault::Fault;
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
    /// Why it was done so; told with `-vv` alone.
    Trace,
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
            Self::Trace => "trace",
        }
    }

    const fn paint(self) -> Paint {
        match self {
            Self::Error => Paint::Error,
            Self::Warning => Paint::Warning,
            Self::Note | Self::Detail | Self::Trace => Paint::Dim,
        }
    }
}

/// What is told, and in which form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Voice {
    /// Errors alone.
    pub quiet: bool,
    /// Details too, from 1; and reasons, from 2.
    pub verbose: u8,
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
            Severity::Detail => self.verbose > 0 && !self.quiet,
            Severity::Trace => self.verbose > 1 && !self.quiet,
        }
    }

    /// Tells a message. What acts on a terminal is escaped; colour is left out where standard
    /// error is none, or `NO_COLOR` is set.
    pub fn say(&self, severity: Severity, message: &str) {
        if !self.tells(severity) {
            return;
        }
        let line = self.line(severity, message);
        emit(&line);
    }

    /// Tells of a failure and of what to do about it.
    pub fn fail(&self, fault: &Fault) {
        self.complain(&fault.to_string(), &advice::hint(fault));
    }

    /// Tells of something that went wrong, and what would be right.
    pub fn complain(&self, message: &str, hint: &str) {
        let mut out = self.line(Severity::Error, message);
        if self.json {
            out.truncate(out.len() - 2);
            out.extend_from_slice(b",\"hint\":");
            json_string(&mut out, hint.as_bytes());
            out.extend_from_slice(b"}\n");
        } else {
            let hint = Untrusted(hint.as_bytes());
            let _ = writeln!(out, "  {} {hint}", Paint::Command.on("hint:", true));
        }
        emit(&out);
    }

    /// Prints lines that are put together already, where people read.
    pub fn put(&self, lines: &str) {
        if self.tells(Severity::Note) && !self.json {
            emit(lines.as_bytes());
        }
    }

    /// Tells what to type, and what that is for; `command` is quoted already.
    pub fn advise(&self, when: &str, command: &str, what: &str) {
        if !self.tells(Severity::Note) {
            return;
        }
        let mut out = Vec::new();
        if self.json {
            out.extend_from_slice(b"{\"level\":\"info\",\"message\":");
            json_string(&mut out, format!("{when}: {command}").as_bytes());
            out.extend_from_slice(b",\"command\":");
            json_string(&mut out, command.as_bytes());
            out.extend_from_slice(b",\"for\":");
            json_string(&mut out, what.as_bytes());
            out.extend_from_slice(b"}\n");
        } else {
            let (command, what) = (Untrusted(command.as_bytes()), Untrusted(what.as_bytes()));
            let (command, what) = (command.to_string(), format!("# {what}"));
            let taken = "plaint: : ".len() + when.len() + command.width();
            // A command stays on one line where it can, so that it can be copied.
            let gap = match Screen::stderr().width {
                Some(room) if taken + 2 + what.width() > room => "\n  ",
                _ => "  ",
            };
            let _ = writeln!(
                out,
                "{} {when}: {}{gap}{}",
                Paint::Dim.on("plaint:", true),
                Paint::Command.on(&command, true),
                Paint::Dim.on(&what, true)
            );
        }
        emit(&out);
    }

    fn line(&self, severity: Severity, message: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if self.json {
            let _ = write!(out, "{{\"level\":\"{}\",\"message\":", severity.word());
            json_string(&mut out, message.as_bytes());
            out.extend_from_slice(b"}\n");
        } else {
            let text = Untrusted(message.as_bytes()).to_string();
            let paint = severity.paint();
            // What a person has to see is coloured whole.
            let text = if severity == Severity::Note { text } else { paint.on(&text, true) };
            let _ = writeln!(out, "{} {text}", paint.on("plaint:", true));
        }
        out
    }
}

/// Puts a message where people look, and takes away what is drawn there.
fn emit(bytes: &[u8]) {
    meter::hide();
    let _ = anstream::stderr().lock().write_all(bytes);
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
        assert!(text.contains("a\\x1b[2J"), "{text:?}");
    }

    #[test]
    fn quiet_tells_errors_alone() {
        let told = |v: Voice| {
            use Severity::{Detail, Error, Note, Trace, Warning};
            [Error, Warning, Note, Detail, Trace].map(|s| v.tells(s))
        };
        assert_eq!(told(Voice::default()), [true, true, true, false, false]);
        let verbose = |verbose| Voice { verbose, ..Voice::default() };
        assert_eq!(told(verbose(1)), [true, true, true, true, false]);
        assert_eq!(told(verbose(2)), [true; 5]);
        assert_eq!(
            told(Voice { quiet: true, verbose: 2, json: false }),
            [true, false, false, false, false]
        );
    }
}
