//! What holds of a command line that cannot be read, too: colour, and the form of messages.

use std::ffi::OsString;

use anstream::ColorChoice;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use plaint::commands::Voice;
use plaint::config::place::nearest;

/// What can be said of any command line.
#[derive(Debug)]
pub struct Early {
    /// When to use colour.
    pub colour: ColorChoice,
    /// What people are told.
    pub voice: Voice,
}

/// Looks for `--color` and `--log-format`, and leaves to others whether they stand where they may.
pub fn of(args: impl IntoIterator<Item = OsString>) -> Early {
    let mut early = Early { colour: ColorChoice::Auto, voice: Voice::default() };
    let args: Vec<OsString> = args.into_iter().skip(1).take_while(|a| a != "--").collect();
    let words: Vec<&str> = args.iter().map(|a| a.to_str().unwrap_or_default()).collect();
    let told = |flag: &str| {
        let mut found = None;
        for (n, word) in words.iter().enumerate() {
            match word.strip_prefix(flag) {
                Some("") => found = words.get(n + 1).copied().or(found),
                Some(rest) => found = rest.strip_prefix('=').or(found),
                None => {}
            }
        }
        found
    };
    match told("--color") {
        Some("always") => early.colour = ColorChoice::Always,
        Some("never") => early.colour = ColorChoice::Never,
        _ => {}
    }
    early.voice.json = told("--log-format") == Some("json");
    early
}

/// Tells of a command line that cannot be read, or prints the help that it asked for.
pub fn tell(e: &clap::Error, voice: Voice) {
    let is_help = matches!(
        e.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_help && !(voice.json && e.use_stderr()) {
        let _ = e.print();
        return;
    }
    if is_help {
        return voice.complain("no command is named", "plaint --help lists the commands");
    }
    let text = e.render().to_string();
    let (mut message, mut tips, mut usage) = (Vec::new(), Vec::new(), None);
    let mut first = true;
    for line in text.lines().map(str::trim) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            tips.push(tip.to_owned());
        } else if let Some(line) = line.strip_prefix("Usage: ") {
            usage = Some(line.to_owned());
        } else if line.is_empty() {
            first = false;
        } else if first {
            message.push(line.strip_prefix("error: ").unwrap_or(line).to_owned());
        }
    }
    let valid = match e.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(valid)) if tips.is_empty() => valid.as_slice(),
        _ => &[],
    };
    if let Some(ContextValue::String(word)) = e.get(ContextKind::InvalidValue)
        && let Some(near) = nearest(word, valid.iter().map(String::as_str))
    {
        tips.push(format!("a similar value exists: '{near}'"));
    } else if !valid.is_empty() {
        tips.push(format!("one of these: {}", valid.join(", ")));
    }
    if let Some(usage) = usage.filter(|_| tips.is_empty()) {
        tips.push(format!("it is used so: {usage}"));
    }
    if tips.is_empty() {
        tips.push("--help says what is wanted".to_owned());
    }
    voice.complain(&message.join(" "), &tips.join("; "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_wherever_they_stand() {
        let of = |line: &str| of(line.split(' ').map(OsString::from));
        assert_eq!(of("plaint sources x").colour, ColorChoice::Auto);
        assert_eq!(of("plaint --color never sources x --color=always").colour, ColorChoice::Always);
        assert_eq!(of("plaint sources -- --color always").colour, ColorChoice::Auto);
        assert_eq!(of("plaint sources --color").colour, ColorChoice::Auto);
        assert!(of("plaint x --log-format json").voice.json);
        assert!(of("plaint x --log-format=json").voice.json);
        assert!(!of("plaint x --log-format text").voice.json);
    }
}
