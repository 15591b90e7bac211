//! Reads TOML so that every mistake is told with its file, its line and the nearest right word.

use std::fmt;
use std::io::Read as _;
use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};

use crate::fault::{Fault, Outcome};
use crate::limits::PROFILE_BYTES;

/// Reads a file that a person wrote. A byte order mark stays, for the text is
/// hashed as well, and the reader of TOML passes over it.
///
/// # Errors
///
/// [`Fault::Config`] where the file cannot be read or is not UTF-8; the line
/// of the first bad byte is named.
pub fn text_of(path: &Path) -> Outcome<String> {
    let bytes =
        bytes_of(path, PROFILE_BYTES).map_err(|e| Fault::config(path, None, e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| {
        let good = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', good).count() + 1;
        Fault::config(path, Some(line), "not UTF-8: save the file as UTF-8")
    })
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
///
/// What the system says, or that the file is larger than any of its kind.
pub fn bytes_of(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    let length = file.metadata()?.len();
    if length <= most {
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 <= most {
            return Ok(bytes);
        }
    }
    Err(std::io::Error::other(format!(
        "this is larger than {} MiB, which no such file is",
        most >> 20
    )))
}

/// Deserialises `text`, the content of `path`.
///
/// # Errors
///
/// [`Fault::Config`] with the line, for broken TOML, unknown keys and bad values.
pub fn read<T: DeserializeOwned>(text: &str, path: &Path) -> Outcome<T> {
    toml::from_str(text)
        .map_err(|e| Fault::config(path, line_at(text, e.span()), reworded(e.message())))
}

/// The number of the line where `span` begins.
fn line_at(text: &str, span: Option<Range<usize>>) -> Option<usize> {
    let head = text.as_bytes().get(..span?.start)?;
    Some(memchr::memchr_iter(b'\n', head).count() + 1)
}

/// The line of `key` in the table `[table]` (or `[[table]]`), by looking at
/// the text; where `holding` is not empty, the line has to contain it too.
/// For mistakes that only show once several keys are seen together, where
/// the reader of TOML no longer knows the places.
#[must_use]
pub fn line_of(text: &str, table: &str, key: &str, holding: &str) -> Option<usize> {
    let mut inside = table.is_empty();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with('[') {
            let name = line.trim_start_matches('[').split(']').next().unwrap_or_default();
            inside = name.trim() == table;
        } else if inside
            && line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
            && line.contains(holding)
        {
            return Some(i + 1);
        }
    }
    None
}

/// Turns serde's words about fields and variants into ours.
fn reworded(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    if message.starts_with("unknown field") {
        format!("unknown key `{first}`{}", instead(first, &known))
    } else if message.starts_with("unknown variant") {
        format!("unknown word `{first}`{}", instead(first, &known))
    } else if message.starts_with("missing field") {
        format!("the key `{first}` is missing")
    } else {
        message.replace('\n', ", ")
    }
}

/// The end of a message about an unknown word: the nearest known one, or all
/// of them where none is near.
#[must_use]
pub fn instead(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; known here: {}", known.join(", ")),
    }
}

/// The known word that is least far from `word`, if any is near enough to be
/// what was meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |w: &str| w.to_ascii_lowercase().replace('_', "-");
    let want = plain(word);
    known
        .into_iter()
        .map(|k| (distance(&want, &plain(k)), k))
        .filter(|(d, k)| *d <= 1 + k.len().min(word.len()) / 4)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Edits between two words; two neighbours swapped count as one edit.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (i, ca) in a.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let at = |r: &[usize], k: usize| r.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut d = (at(&row, j) + usize::from(ca != *cb))
                .min(at(&row, j + 1) + 1)
                .min(at(&next, j) + 1);
            let swapped =
                j.checked_sub(1).filter(|k| last_a == Some(*cb) && b.get(*k) == Some(&ca));
            if let Some(k) = swapped {
                d = d.min(at(&before, k) + 1);
            }
            next.push(d);
        }
        before = std::mem::replace(&mut row, next);
        last_a = Some(ca);
    }
    row.last().copied().unwrap_or_default()
}

/// Deserialises a string by `parse`. The error arises where the string
/// stands, so that the line of one entry of a long list is known.
///
/// # Errors
///
/// What `parse` says, or that no string stands there.
pub fn string_by<'de, D, T>(
    from: D,
    expecting: &'static str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    struct By<T> {
        expecting: &'static str,
        parse: fn(&str) -> Result<T, String>,
        made: PhantomData<T>,
    }
    impl<T> Visitor<'_> for By<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.expecting)
        }
        fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<T, E> {
            (self.parse)(s).map_err(E::custom)
        }
    }
    from.deserialize_str(By { expecting, parse, made: PhantomData })
}

/// Deserialises one value or a list of them, as `address` and `prefix_file` allow.
///
/// # Errors
///
/// What the values' own reader says.
pub fn one_or_many<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    struct Several<T>(PhantomData<T>);
    impl<'de, T: serde::Deserialize<'de>> Visitor<'de> for Several<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a list of strings")
        }
        fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Vec<T>, E> {
            let one = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(s);
            T::deserialize(one).map(|v| vec![v]).map_err(E::custom)
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(v) = seq.next_element()? {
                all.push(v);
            }
            if all.is_empty() {
                return Err(A::Error::custom("the list is empty"));
            }
            Ok(all)
        }
    }
    from.deserialize_any(Several(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word() {
        let known = ["name", "organisation", "email", "phone", "log_end", "zone"];
        for (word, near) in [
            ("nmae", Some("name")),
            ("organization", Some("organisation")),
            ("e-mail", Some("email")),
            ("log-end", Some("log_end")),
            ("Zone", Some("zone")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), near, "{word}");
        }
    }

    #[test]
    fn distances() {
        for (a, b, d) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
        ] {
            assert_eq!(distance(a, b), d, "{a} {b}");
        }
    }

    #[test]
    fn keys_have_lines() {
        let text = "a = 1\n[t]\nb = 'x'\n[[r]]\nb = 'y'\n[[r]]\nb = 'z'\n";
        assert_eq!(line_of(text, "", "a", ""), Some(1));
        assert_eq!(line_of(text, "t", "b", ""), Some(3));
        assert_eq!(line_of(text, "r", "b", "z"), Some(7));
        assert_eq!(line_of(text, "r", "c", ""), None);
    }
}
