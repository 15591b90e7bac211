//! How far a run is, drawn on standard error while it lasts: on a terminal, and only there.
//!
//! Nothing of a run waits for it or counts for it by the line: five times a second it looks at what
//! [`progress`] has counted by the chunk. It is gone before anything else is said.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::run::progress::{self, Far, Stage};

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(200);

/// Runs that end sooner are not worth a line that comes and goes.
const PATIENCE: Duration = Duration::from_millis(600);

/// Characters of the bar.
const BAR: u64 = 24;

static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Begins to draw, unless it is drawn already or nobody could see it.
pub fn show() {
    let dumb = std::env::var_os("TERM").is_none_or(|t| t == "dumb");
    if dumb || !io::stderr().is_terminal() {
        return;
    }
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if shown.is_some() {
        return;
    }
    let begun = Mutex::new((Instant::now(), Stage::Opening, Instant::now()));
    let line = move |_: &ProgressState, w: &mut dyn std::fmt::Write| {
        let far = progress::far();
        let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.1 != far.stage {
            (begun.1, begun.2) = (far.stage, Instant::now());
        }
        if begun.0.elapsed() >= PATIENCE {
            let _ = w.write_str(&told(&far, begun.2.elapsed()));
        }
    };
    let Ok(style) = ProgressStyle::with_template("{far}") else { return };
    // indicatif asks for a closure that can be copied with the style.
    let line = std::sync::Arc::new(line);
    let style = style.with_key("far", move |state: &ProgressState, w: &mut dyn std::fmt::Write| {
        line(state, w);
    });
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style);
    bar.enable_steady_tick(EVERY);
    *shown = Some(bar);
}

/// Takes it away, with nothing left of it.
pub fn hide() {
    if let Some(bar) = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        bar.finish_and_clear();
    }
}

/// Takes it away where rows come on the same terminal.
pub fn hide_for_rows() {
    if io::stdout().is_terminal() {
        hide();
    }
}

/// One line: what it is at, how many bytes, how fast, and how long it will be, where that is known.
fn told(far: &Far, since: Duration) -> String {
    let verb = match far.stage {
        Stage::Opening => "looking at the logs",
        Stage::Spooling => "taking in standard input",
        Stage::Reading => "reading",
        Stage::Writing => "writing",
    };
    let mut out = verb.to_owned();
    if far.bytes == 0 {
        return out;
    }
    let seconds = since.as_secs_f64().max(0.001);
    // As exact as a person can use it.
    #[allow(clippy::cast_precision_loss, clippy::cast_sign_loss, clippy::cast_possible_truncation)]
    let rate = (far.bytes as f64 / seconds) as u64;
    let of = far.of.filter(|of| *of >= far.bytes && *of > 0);
    if let Some(of) = of {
        let full = usize::try_from(far.bytes.saturating_mul(BAR) / of).unwrap_or(0);
        let bar = usize::try_from(BAR).unwrap_or(0);
        let _ = write!(
            out,
            " [{:<bar$}] {} of {}",
            "=".repeat(full),
            HumanBytes(far.bytes),
            HumanBytes(of)
        );
    } else {
        let _ = write!(out, ": {}", HumanBytes(far.bytes));
    }
    if since >= Duration::from_millis(500) {
        let _ = write!(out, ", {}/s", HumanBytes(rate));
        if let Some(left) = of.and_then(|of| (of - far.bytes).checked_div(rate)) {
            let _ = write!(out, ", {} left", clock(left));
        }
    }
    out
}

/// Seconds as people say them.
fn clock(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let of = |stage, bytes, of, ms| told(&Far { stage, bytes, of }, Duration::from_millis(ms));
        let mib = 1 << 20;
        assert_eq!(of(Stage::Opening, 0, None, 900), "looking at the logs");
        assert_eq!(
            of(Stage::Opening, 8 * mib, None, 2000),
            "looking at the logs: 8.00 MiB, 4.00 MiB/s"
        );
        assert_eq!(
            of(Stage::Spooling, 10 * mib, None, 1000),
            "taking in standard input: 10.00 MiB, 10.00 MiB/s"
        );
        assert_eq!(
            of(Stage::Reading, 25 * mib, Some(100 * mib), 1000),
            "reading [======                  ] 25.00 MiB of 100.00 MiB, 25.00 MiB/s, 3 s left"
        );
        // More than was said: what is left is not known.
        assert_eq!(of(Stage::Reading, 2 * mib, Some(mib), 1000), "reading: 2.00 MiB, 2.00 MiB/s");
        assert_eq!(
            of(Stage::Reading, 2 * mib, Some(4 * mib), 1),
            "reading [============            ] 2.00 MiB of 4.00 MiB"
        );
        assert_eq!(clock(59), "59 s");
        assert_eq!(clock(61), "1 min 1 s");
        assert_eq!(clock(7260), "2 h 1 min");
    }
}
