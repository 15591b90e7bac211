//! Text that is safe within HTML, links into the bundle, and numbers for people.

use std::fmt::Write as _;

use crate::text::Untrusted;

/// Text of anybody's, for an element or a quoted attribute: what acts on a
/// display is escaped first, then what acts in HTML.
#[must_use]
pub fn text(of: &str) -> String {
    let inert = Untrusted(of.as_bytes()).to_string();
    let mut out = String::with_capacity(inert.len() + 16);
    for c in inert.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A relative link to a file of the bundle. `./` keeps a name with a colon from being a scheme.
#[must_use]
pub fn link(path: &str) -> String {
    let mut out = String::from("./");
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || b"-._/".contains(&b) {
            out.push(b as char);
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// `12,345`.
#[must_use]
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + 6);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 source`, `2 sources`.
#[must_use]
pub fn counted(n: u64, word: &str) -> String {
    format!("{} {word}{}", number(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inert() {
        assert_eq!(
            text("<b a='1' b=\"2\">&\u{202e}\x1b"),
            r"&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;\u{202e}\x1b"
        );
        assert_eq!(link("a b/javascript:1"), "./a%20b/javascript%3A1");
        assert_eq!(number(0), "0");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(counted(1, "source"), "1 source");
    }
}
