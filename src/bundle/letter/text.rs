//! Text for people and for robots that look for zones: ASCII, short lines, no digits behind a sign.

use std::path::Path;

use crate::text::Untrusted;

/// Columns of prose.
const COLUMNS: usize = 72;

/// Where a text holds what a robot takes for a zone: a sign, two digits, a
/// colon or none, two digits. The measured robot asks no more than that.
#[must_use]
pub fn zone_like(text: &str) -> Option<usize> {
    let b = text.as_bytes();
    let digit = |i: usize| b.get(i).is_some_and(u8::is_ascii_digit);
    memchr::memchr2_iter(b'+', b'-', b).find(|&i| {
        let minutes = if b.get(i + 3) == Some(&b':') { i + 4 } else { i + 3 };
        digit(i + 1) && digit(i + 2) && digit(minutes) && digit(minutes + 1)
    })
}

/// The text with a blank behind every sign that a robot would take for a zone's.
#[must_use]
pub fn calm(text: &str) -> String {
    let mut out = text.to_owned();
    while let Some(at) = zone_like(&out) {
        out.insert(at + 1, ' ');
    }
    out
}

/// Foreign text, such as a file's or an operator's name, in calm ASCII.
#[must_use]
pub fn plain(text: &str) -> String {
    calm(&folded(text))
}

/// The text in ASCII: letters without their marks, and `?` for what has no such form.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let form = match c {
            ' '..='~' => {
                out.push(c);
                continue;
            }
            'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
            'Ä' | 'Á' | 'À' | 'Â' | 'Ã' | 'Å' | 'Ā' | 'Ą' => "A",
            'ç' | 'ć' | 'č' => "c",
            'Ç' | 'Ć' | 'Č' => "C",
            'é' | 'è' | 'ê' | 'ë' | 'ē' | 'ě' | 'ę' => "e",
            'É' | 'È' | 'Ê' | 'Ë' | 'Ě' | 'Ę' => "E",
            'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ı' => "i",
            'Í' | 'Ì' | 'Î' | 'Ï' | 'İ' => "I",
            'ñ' | 'ń' | 'ň' => "n",
            'Ñ' | 'Ń' | 'Ň' => "N",
            'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' | 'ő' => "o",
            'Ö' | 'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ø' | 'Ő' => "O",
            'ü' | 'ú' | 'ù' | 'û' | 'ů' | 'ű' | 'ū' => "u",
            'Ü' | 'Ú' | 'Ù' | 'Û' | 'Ů' | 'Ű' => "U",
            'ý' | 'ÿ' => "y",
            'š' | 'ś' | 'ş' | 'ș' => "s",
            'Š' | 'Ś' | 'Ş' | 'Ș' => "S",
            'ž' | 'ź' | 'ż' => "z",
            'Ž' | 'Ź' | 'Ż' => "Z",
            'ł' => "l",
            'Ł' => "L",
            'đ' | 'ð' => "d",
            'ř' => "r",
            'ť' | 'ț' => "t",
            'ğ' => "g",
            'ß' => "ss",
            'æ' => "ae",
            'Æ' => "AE",
            'œ' => "oe",
            'þ' => "th",
            '‐' | '‑' | '–' | '—' => "-",
            '‘' | '’' => "'",
            '“' | '”' => "\"",
            '\u{a0}' => " ",
            _ => "?",
        };
        out.push_str(form);
    }
    out
}

/// A file's name alone: the folders are nobody's business.
#[must_use]
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    calm(&Untrusted(name.as_encoded_bytes()).ascii())
}

/// A telephone number with blanks: a sign before a run of digits is read as a zone.
#[must_use]
pub fn phone(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut last = ' ';
    let mut run = 0;
    for c in folded(text).chars() {
        let c = if c == '-' && last.is_ascii_digit() { ' ' } else { c };
        run = if c.is_ascii_digit() { run + 1 } else { 0 };
        // A number written in one piece is broken behind its country.
        if run == 3 && out.starts_with('+') && out.len() == 3 {
            out.push(' ');
        }
        out.push(c);
        last = c;
    }
    calm(&out)
}

/// Words that stay on one line, for people and programs that look for them.
#[must_use]
pub fn together(words: &str) -> String {
    words.replace(' ', "\u{1}")
}

/// Prose in lines of at most 72 columns, each ending in a newline.
#[must_use]
pub fn wrapped(text: &str) -> String {
    // A vertical tab is white space that ASCII's list of it lacks.
    if text.bytes().all(|b| b.is_ascii() && b != 0x0b) {
        filled(text.split_ascii_whitespace(), text.len())
    } else {
        filled(text.split_whitespace(), text.len())
    }
}

fn filled<'t>(words: impl Iterator<Item = &'t str>, long: usize) -> String {
    let mut out = String::with_capacity(long + 1);
    let mut column = 0;
    for word in words {
        if column > 0 && column + 1 + word.len() > COLUMNS {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out.push('\n');
    // Few have words that stay together.
    if memchr::memchr(1, out.as_bytes()).is_some() { out.replace('\u{1}', " ") } else { out }
}

/// Sentences, each beginning a line of its own.
#[must_use]
pub fn paragraphs(sentences: &[String]) -> String {
    sentences.iter().filter(|s| !s.is_empty()).map(|s| wrapped(&calm(s))).collect()
}

/// `2026-02-03 03:14:07 UTC`.
#[must_use]
pub fn second(at: crate::time::Instant) -> String {
    let text = crate::time::Instant::from_seconds(at.seconds()).to_string();
    format!("{} UTC", text.trim_end_matches('Z').replace('T', " "))
}

pub use crate::text::counted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_looks_like_a_zone() {
        for (text, found) in [
            ("PLT-20260203-0001", true),
            ("+442079460958", true),
            ("-01:00", true),
            ("+0000", true),
            ("2026-02-03T03:14:07Z", false),
            ("+44 20 7946 0958", false),
            ("198.51.100.0 - 198.51.100.255", false),
        ] {
            assert_eq!(zone_like(text).is_some(), found, "{text}");
            assert_eq!(zone_like(&calm(text)), None, "{text}");
        }
    }

    #[test]
    fn phones() {
        for (text, want) in [
            ("+442079460958", "+44 2079460958"),
            ("+44 20 7946 0958", "+44 20 7946 0958"),
            ("+1-202-555-0147", "+1 202 555 0147"),
            ("020-7946-0958", "020 7946 0958"),
        ] {
            assert_eq!(phone(text), want);
        }
    }

    #[test]
    fn names_in_ascii() {
        assert_eq!(plain("Jos\u{e9} M\u{fc}ller \u{2013} \u{5f20}"), "Jose Muller - ?");
        assert_eq!(wrapped(&"word ".repeat(30)).lines().map(str::len).max(), Some(69));
        // Whatever is white space parts words, in ASCII and elsewhere, but for what keeps them together.
        assert_eq!(wrapped(" a\u{b}b\t c\n"), "a b c\n");
        assert_eq!(wrapped("a\u{a0}\u{e9}\u{2003}c"), "a \u{e9} c\n");
        assert_eq!(wrapped(&together("a b")), "a b\n");
    }
}
