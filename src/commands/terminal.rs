//! [`Screen`]: what a stream is shown on: how wide it is, and whether it takes colour; and the colours.

use std::io;

use anstyle::{AnsiColor, Style};

/// What a text means to whoever reads it, and so its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// What most is.
    #[default]
    Plain,
    /// Headings.
    Head,
    /// Something failed, or somebody got in.
    Error,
    /// Something to look at.
    Warning,
    /// Ready, or in order.
    Good,
    /// Neither filed nor lost.
    Held,
    /// What to type.
    Command,
    /// There for completeness.
    Dim,
}

impl Paint {
    /// The style.
    #[must_use]
    pub fn style(self) -> Style {
        let colour = |c: AnsiColor| Style::new().fg_color(Some(anstyle::Color::Ansi(c)));
        match self {
            Self::Plain => Style::new(),
            Self::Head => Style::new().bold(),
            Self::Error => colour(AnsiColor::Red).bold(),
            Self::Warning => colour(AnsiColor::Yellow),
            Self::Good => colour(AnsiColor::Green),
            Self::Held => colour(AnsiColor::Magenta),
            Self::Command => colour(AnsiColor::Cyan),
            Self::Dim => Style::new().dimmed(),
        }
    }

    /// The text in its colour, where there is colour.
    #[must_use]
    pub fn on(self, text: &str, coloured: bool) -> String {
        let style = self.style();
        match coloured && style != Style::new() && !text.is_empty() {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

/// What a stream is shown on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// Columns of the terminal; none where it is no terminal, so that what is
    /// piped or saved depends on nothing around the run.
    pub width: Option<usize>,
    /// Whether colour is wanted: on a terminal, unless `--color`, `NO_COLOR`,
    /// `CLICOLOR`, `CLICOLOR_FORCE` or `TERM=dumb` say otherwise.
    pub coloured: bool,
}

impl Screen {
    /// What standard output is shown on.
    #[must_use]
    pub fn stdout() -> Self {
        let stream = io::stdout();
        Self { width: width(&stream), coloured: coloured(&stream) }
    }

    /// What standard error is shown on.
    #[must_use]
    pub fn stderr() -> Self {
        let stream = io::stderr();
        Self { width: width(&stream), coloured: coloured(&stream) }
    }
}

fn width(stream: &(impl io::IsTerminal + std::os::fd::AsFd)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    // A terminal that states no size has none that could be kept to.
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|n| *n > 0)
}

fn coloured(stream: &impl anstream::stream::RawStream) -> bool {
    anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_ends_where_it_began() {
        assert_eq!(Paint::Error.on("x", false), "x");
        assert_eq!(Paint::Plain.on("x", true), "x");
        let red = Paint::Error.on("x", true);
        assert!(red.starts_with("\x1b[") && red.ends_with("x\x1b[0m"), "{red:?}");
    }
}
