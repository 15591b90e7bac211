//! Named and numbered fields, as devices write them: `key=value`, CEF, LEEF, quoted CSV.
//!
//! Values may be the far end's text: URLs, account names, names of threats. So a key counts only
//! where a key can stand (never within a value that has an end of its own), and a line that has a
//! key twice is nobody's: [`keyed`] then says nothing.

pub use crate::envelope::trace::csv;

/// How a device separates its pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `key=value key="value with blanks"`.
    Blank,
    /// `key=value,key="value with commas"`.
    List,
    /// `key=value<TAB>key=value`: LEEF; `#011` is a tab that rsyslog escaped.
    Tab,
    /// `key=value with blanks key=value`, in which `\=` is no separator: CEF's extension.
    Cef,
    /// `Key: value with blanks, Key: value`: Cisco's connection events.
    Comma,
    /// `key:"value"; key:"value"`: Check Point's structured data.
    Colon,
}

fn is_key(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// A quoted value from after its quote on, and what follows the closing quote.
fn quoted(text: &[u8], escapes: bool) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
        at += if escapes { 2 } else { 1 };
    }
}

/// Where the next ` key=` begins that ends a value of CEF, or `, Key: ` one of Cisco's.
fn next_key(text: &[u8], style: Style) -> Option<usize> {
    let mark = if style == Style::Cef { b'=' } else { b':' };
    memchr::memchr_iter(mark, text).find_map(|at| {
        let head = text.get(..at)?;
        if style == Style::Comma {
            if text.get(at + 1) != Some(&b' ') {
                return None;
            }
            let start =
                head.len() - head.iter().rev().take_while(|b| is_key(**b) || **b == b' ').count();
            let start = start.checked_sub(1)?;
            return head
                .get(start..)
                .filter(|k| k.starts_with(b", ") && k.len() > 2)
                .map(|_| start);
        }
        let start = head.len() - head.iter().rev().take_while(|b| is_key(**b)).count();
        (start < at && start > 0 && head.get(start - 1) == Some(&b' ')).then(|| start - 1)
    })
}

/// The pairs of a line, in order. It ends where the text is none of the style's.
pub fn pairs(text: &[u8], style: Style) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut left = text;
    std::iter::from_fn(move || {
        loop {
            let (pair, rest) = match style {
                Style::Blank => blank_pair(left, b' ')?,
                Style::List => blank_pair(left, b',')?,
                Style::Tab => tab_pair(left)?,
                Style::Cef | Style::Comma => spaced_pair(left, style)?,
                Style::Colon => colon_pair(left)?,
            };
            left = rest;
            // A word without a value is passed over.
            if !pair.0.is_empty() {
                return Some(pair);
            }
        }
    })
}

type Pair<'a> = ((&'a [u8], &'a [u8]), &'a [u8]);

fn blank_pair(text: &[u8], between: u8) -> Option<Pair<'_>> {
    let text = text.trim_ascii_start();
    let text = if between == b',' { text.strip_prefix(b",").unwrap_or(text) } else { text };
    if text.is_empty() {
        return None;
    }
    let end = text.iter().position(|b| !is_key(*b)).unwrap_or(text.len());
    let (key, rest) = text.split_at(end);
    let Some(value) = rest.strip_prefix(b"=") else {
        // No pair: up to the next blank.
        let end = text.iter().position(|b| *b == between).unwrap_or(text.len());
        return Some(((&[], &[]), text.get(end..).unwrap_or_default()));
    };
    if let Some(inner) = value.strip_prefix(b"\"") {
        // Nothing says where a value ends whose quote is never closed.
        let (value, rest) = quoted(inner, true)?;
        return Some(((key, value), rest));
    }
    let end = value.iter().position(|b| *b == between).unwrap_or(value.len());
    let (value, rest) = value.split_at(end);
    Some(((key, value.strip_suffix(b",").unwrap_or(value)), rest))
}

fn tab_pair(text: &[u8]) -> Option<Pair<'_>> {
    if text.is_empty() {
        return None;
    }
    let tab = memchr::memchr(b'\t', text).map(|at| (at, 1));
    let escaped = memchr::memmem::find(text, b"#011").map(|at| (at, 4));
    let (end, skip) = tab.into_iter().chain(escaped).min().unwrap_or((text.len(), 0));
    let (pair, rest) = text.split_at(end);
    let rest = rest.get(skip..).unwrap_or_default();
    Some(match memchr::memchr(b'=', pair) {
        Some(at) => {
            let (key, value) = pair.split_at(at);
            ((key, value.get(1..).unwrap_or_default()), rest)
        }
        None => ((&[], &[]), rest),
    })
}

fn spaced_pair(text: &[u8], style: Style) -> Option<Pair<'_>> {
    let text = text.trim_ascii_start();
    let mark: &[u8] = if style == Style::Cef { b"=" } else { b": " };
    let at = memchr::memmem::find(text, mark)?;
    let (key, value) = text.split_at(at);
    let value = value.get(mark.len()..).unwrap_or_default();
    let end = next_key(value, style).unwrap_or(value.len());
    let (value, rest) = value.split_at(end);
    let rest = if style == Style::Comma { rest.strip_prefix(b", ").unwrap_or(rest) } else { rest };
    // Text before the first key belongs to it by no one's word.
    let key = key.rsplit(|b| *b == b' ' && style == Style::Cef).next().unwrap_or(key);
    Some(((key, value.trim_ascii()), rest))
}

fn colon_pair(text: &[u8]) -> Option<Pair<'_>> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(|b| !is_key(*b))?;
    let (key, rest) = text.split_at(end);
    // Some names end in a colon of their own: `methods::"ESP: AES-128"`.
    let rest = rest.strip_prefix(b":")?;
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let (value, rest) = quoted(rest.strip_prefix(b"\"")?, true)?;
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b";").unwrap_or(rest);
    Some(((key, value), rest))
}

/// Whether a key stands in a text once at most, be it within quotes: a value that was not escaped
/// could end its quotes, plant a key, and hide the true one in quotes of its own.
fn once(text: &[u8], key: &[u8], style: Style) -> bool {
    let mark: u8 = if matches!(style, Style::Comma | Style::Colon) { b':' } else { b'=' };
    let stands = |at: &usize| {
        let before = at.checked_sub(1).and_then(|n| text.get(n));
        text.get(at + key.len()) == Some(&mark) && before.is_none_or(|b| !is_key(*b))
    };
    memchr::memmem::find_iter(text, key).filter(stands).take(2).count() < 2
}

/// The values of some keys, in the order asked for; empty where there is none. `a|b` are two
/// names of one key. None where a key comes twice: then a value has been taken for a key, and
/// nobody knows which. A key asked for as `!a` names an end: it must stand once even within quotes.
#[must_use]
pub fn keyed<'a, const N: usize>(
    text: &'a [u8],
    style: Style,
    keys: [&str; N],
) -> Option<[&'a [u8]; N]> {
    let mut found = [None; N];
    for (key, value) in pairs(text, style) {
        let named = |k: &&str| k.trim_start_matches('!').split('|').any(|k| k.as_bytes() == key);
        let asked = keys.iter().position(named);
        if let Some(slot) = asked.and_then(|n| found.get_mut(n))
            && slot.replace(value).is_some()
        {
            return None;
        }
    }
    let ends = keys.iter().filter_map(|k| k.strip_prefix('!')).flat_map(|k| k.split('|'));
    for end in ends {
        if !once(text, end.as_bytes(), style) {
            return None;
        }
    }
    Some(found.map(Option::unwrap_or_default))
}

/// The first fields of a line of CSV, at least so many as are asked for.
#[must_use]
pub fn columns<const N: usize>(text: &[u8]) -> Option<[&[u8]; N]> {
    let mut all = csv(text);
    let mut found = [&[][..]; N];
    for slot in &mut found {
        *slot = all.next()?;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(found: impl IntoIterator<Item = &'a [u8]>) -> String {
        found
            .into_iter()
            .map(|f| crate::text::Untrusted(f).to_string())
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn pairs_of_each_style() {
        for (style, text, want) in [
            (Style::Blank, r#"a=1 b="x y" free text c="" d=2:3"#, "1|x y||2:3"),
            (Style::Blank, r#"b="x \" c=9 a=8" a=1"#, "1|x \\\" c=9 a=8||"),
            (Style::List, r#"a=1,b="x,y",free,c=,d=2:3"#, "1|x,y||2:3"),
            (Style::Tab, "a=1\tb=x y\tc=#011d=2", "1|x y||2"),
            (Style::Cef, r"a=1 b=x y \= z c= d=2", r"1|x y \= z||2"),
            (Style::Comma, "a: 1, b: x, y: no, c d: 3, d: 2", "1|x||2"),
            (Style::Colon, r#"a:"1"; b:"x; a:\"2\""; d:"2""#, "1|x; a:\\\"2\\\"||2"),
        ] {
            let found = keyed(text.as_bytes(), style, ["a", "b", "c", "d"]).unwrap();
            assert_eq!(shown(found), want, "{text}");
        }
    }

    #[test]
    fn a_key_twice_is_nobodys() {
        assert_eq!(keyed(b"src=1 url=/ src=2", Style::Blank, ["src"]), None);
        assert_eq!(keyed(b"src=1 srcip=2", Style::Blank, ["src|srcip"]), None);
        assert_eq!(keyed(b"src=1 msg=a src=2", Style::Cef, ["src"]), None);
        // Within quotes it is no key.
        let quoted = keyed(br#"src=1 url="/ src=2""#, Style::Blank, ["src"]);
        assert_eq!(quoted.map(shown).as_deref(), Some("1"));
        // Nor is it the end that the line means, where a value might have ended its quotes.
        for text in [r#"src=1 url="/ src=2""#, r#"user="x" src=2 z=" src=1 y="""#] {
            assert_eq!(keyed(text.as_bytes(), Style::Blank, ["!src"]), None, "{text}");
        }
        let longer = keyed(b"src=1 natsrc=2 src-port=3", Style::Blank, ["!src"]);
        assert_eq!(longer.map(shown).as_deref(), Some("1"));
    }

    #[test]
    fn csv_by_the_rfc() {
        for (text, want) in [
            ("a,b,,d", "a|b||d"),
            (r#"a,"b,c",d"#, "a|b,c|d"),
            (r#""a ""x"", 1","",z"#, r#"a ""x"", 1||z"#),
            (r#"a,"b,c"#, "a|b,c"),
            ("", ""),
        ] {
            assert_eq!(shown(csv(text.as_bytes())), want, "{text}");
        }
        assert_eq!(columns::<2>(b"a,b,c").map(shown).as_deref(), Some("a|b"));
        assert_eq!(columns::<4>(b"a,b,c"), None);
    }
}
