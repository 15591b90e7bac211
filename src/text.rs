//! Bytes an attacker may have written, and the only ways they leave us.
//!
//! [`Untrusted`] carries log text. Its `Display` is safe for a terminal, a
//! plain-text mail and a table; [`json_string`] and [`csv_cell`] are for the
//! machine formats. Nothing else in the crate turns log bytes into text.

use std::fmt::{self, Write as _};

/// Text from a log: account names, HELO, host names, whole lines.
///
/// # Example
///
/// ```
/// use plaint::text::Untrusted;
/// assert_eq!(Untrusted(b"a\x1b[2Jb").to_string(), r"a\x1b[2Jb");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Untrusted<'a>(pub &'a [u8]);

/// Whether a character may act on whatever displays it: C0, DEL, C1, the
/// bidirectional controls, line and paragraph separators, zero-width and
/// other format characters, and the byte order mark.
#[must_use]
pub const fn acts(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plain) = self.plain() {
            return f.write_str(plain);
        }
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    c if (c as u32) < 0x80 && acts(c) => write!(f, "\\x{:02x}", c as u32)?,
                    c if acts(c) => write!(f, "\\u{{{:x}}}", c as u32)?,
                    c => f.write_char(c)?,
                }
            }
            for b in chunk.invalid() {
                write!(f, "\\x{b:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl<'a> Untrusted<'a> {
    /// The text itself, where it is printable ASCII: nearly all is.
    #[must_use]
    pub fn plain(&self) -> Option<&'a str> {
        let printable = self.0.iter().fold(true, |all, b| all & (0x20..0x7f).contains(b));
        std::str::from_utf8(self.0).ok().filter(|_| printable)
    }

    /// The text in ASCII alone: for mail, where reports are ASCII.
    #[must_use]
    pub fn ascii(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        self.push_ascii(&mut out);
        out
    }

    /// Appends [`ascii`](Self::ascii).
    pub fn push_ascii(&self, out: &mut String) {
        if let Some(plain) = self.plain() {
            out.push_str(plain);
            return;
        }
        for &b in self.0 {
            if (0x20..0x7f).contains(&b) {
                out.push(b as char);
            } else {
                let _ = write!(out, "\\x{b:02x}");
            }
        }
    }
}

/// A path as text that acts on nothing.
#[must_use]
pub fn shown(path: &std::path::Path) -> String {
    Untrusted(path.as_os_str().as_encoded_bytes()).to_string()
}

/// A path as one word of a command that a person can paste into a shell; what acts on a terminal, and
/// what is no ASCII, is spelled `$'\\xNN'`, which bash, zsh and ksh read.
#[must_use]
pub fn shell_word(path: &std::path::Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    // A path that begins like an option is none.
    let dash = if bytes.first() == Some(&b'-') && bytes.len() > 1 { "./" } else { "" };
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+,:@%=".contains(b);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return dash.to_owned() + &bytes.iter().map(|b| *b as char).collect::<String>();
    }
    let graphic = bytes.iter().all(|b| (0x20..0x7f).contains(b));
    let mut out = format!("{dash}{}'", if graphic { "" } else { "$" });
    for &b in bytes {
        match b {
            b'\'' if graphic => out.push_str("'\\''"),
            b'\'' | b'\\' if !graphic => {
                out.push('\\');
                out.push(b as char);
            }
            0x20..0x7f => out.push(b as char),
            _ => {
                let _ = write!(out, "\\x{b:02x}");
            }
        }
    }
    out + "'"
}

/// Appends `bytes` as a JSON string with its quotes. Characters that act on a
/// display are `\u` escapes; bytes that are not UTF-8 become `\ufffd`.
pub fn json_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    // Nearly every string of a log is plain ASCII: copy it whole.
    if bytes.iter().all(|&b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\') {
        out.extend_from_slice(bytes);
    } else {
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => out.extend_from_slice(b"\\\""),
                    '\\' => out.extend_from_slice(b"\\\\"),
                    c if acts(c) => {
                        for unit in c.encode_utf16(&mut [0; 2]) {
                            out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                        }
                    }
                    c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            if !chunk.invalid().is_empty() {
                out.extend_from_slice(b"\\ufffd");
            }
        }
    }
    out.push(b'"');
}

/// Printed JSON, with what acts on a display escaped in it too: a registry's free text or the name of
/// a file may hold it, and JSON itself asks for escapes of C0 alone.
#[must_use]
pub fn inert_json(json: String) -> String {
    // C0 is escaped already, but for the line breaks between values.
    let raw = |c: char| c > '\x1f' && acts(c);
    if json.bytes().all(|b| b < 0x7f) || !json.chars().any(raw) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if raw(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The same of bytes.
#[must_use]
pub fn inert_bytes(json: Vec<u8>) -> Vec<u8> {
    // All are looked at, many at once.
    if json.iter().fold(true, |plain, b| plain & (*b < 0x7f)) {
        return json;
    }
    // Whoever printed it printed UTF-8.
    String::from_utf8(json).map_or_else(|e| e.into_bytes(), |text| inert_json(text).into_bytes())
}

/// Appends a decimal number: a report of 60,000 sources holds a million of them.
#[inline]
pub fn push_number(out: &mut Vec<u8>, n: u64) {
    match n {
        0..10 => out.push(b'0' + n as u8),
        10..100 => out.extend_from_slice(&[b'0' + n as u8 / 10, b'0' + n as u8 % 10]),
        _ => push_long_number(out, n),
    }
}

fn push_long_number(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = [0u8; 20];
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(n % 10).unwrap_or(0);
        n /= 10;
        used += 1;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// Appends a cell of a CSV row as it stands in the file: quoted where it holds what parts cells or
/// rows, as RFC 4180 has it.
pub fn push_cell(out: &mut Vec<u8>, cell: &[u8]) {
    if !cell.iter().any(|b| matches!(b, b',' | b'"' | b'\r' | b'\n')) {
        out.extend_from_slice(cell);
        return;
    }
    out.push(b'"');
    for b in cell {
        if *b == b'"' {
            out.push(b'"');
        }
        out.push(*b);
    }
    out.push(b'"');
}

/// Appends what [`csv_cell`] makes of a text, as it stands in the file.
pub fn push_csv_cell(out: &mut Vec<u8>, text: &[u8]) {
    match plain_cell(text) {
        Some(plain) => push_cell(out, plain.as_bytes()),
        None => push_cell(out, csv_cell(text).as_bytes()),
    }
}

/// A text that can stand in a cell as it is: nearly every one.
fn plain_cell(bytes: &[u8]) -> Option<&str> {
    bytes.first().filter(|b| b.is_ascii_alphanumeric() || **b == b'/')?;
    Untrusted(bytes).plain()
}

/// A CSV cell that no spreadsheet runs: text that begins like a formula gets
/// an apostrophe before it, and what acts on a display is escaped.
#[must_use]
pub fn csv_cell(bytes: &[u8]) -> String {
    if let Some(plain) = plain_cell(bytes) {
        return plain.to_owned();
    }
    let text = Untrusted(bytes).to_string();
    // The full-width forms are read as formula starts by some spreadsheets.
    let risky = bytes.first().is_some_and(|b| matches!(b, b'\t' | b'\r' | b'\n'))
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if risky { format!("'{text}") } else { text }
}

/// A number with its noun, for people: `1 packet`, `2 packets`.
#[must_use]
pub fn counted(n: usize, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {one}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_escapes_what_acts() {
        for (raw, shown) in [
            (&b"plain text"[..], "plain text"),
            (b"\x1b]0;pwn\x07", r"\x1b]0;pwn\x07"),
            ("caf\u{e9}".as_bytes(), "caf\u{e9}"),
            (b"\xff\xfe", r"\xff\xfe"),
            ("\u{202e}evil\u{2028}".as_bytes(), r"\u{202e}evil\u{2028}"),
            ("\u{9b}31m".as_bytes(), r"\u{9b}31m"),
        ] {
            assert_eq!(Untrusted(raw).to_string(), shown);
        }
    }

    #[test]
    fn json_is_json_and_inert() {
        for raw in [&b"a\"b\\c\x1b\x00\x7f"[..], "\u{202e}\u{e0001}x".as_bytes(), b"\xff", b""] {
            let mut out = Vec::new();
            json_string(&mut out, raw);
            assert!(!out.iter().any(|b| *b < 0x20 || *b == 0x7f));
            let back: String = serde_json::from_slice(&out).unwrap();
            let want: String = raw
                .utf8_chunks()
                .flat_map(|c| [c.valid(), if c.invalid().is_empty() { "" } else { "\u{fffd}" }])
                .collect();
            assert_eq!(back, want);
        }
    }

    #[test]
    fn printed_json_becomes_inert() {
        let value = serde_json::json!({ "a\u{9b}": "x\u{202e}y\u{7f}\u{85}\u{e0041}caf\u{e9}" });
        let text = inert_json(serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| c != '\n' && acts(c)), "{text:?}");
        assert!(text.contains("caf\u{e9}"));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        use std::os::unix::ffi::OsStrExt as _;
        for (raw, want) in [
            (&b"out/bt/192.0.2.7"[..], "out/bt/192.0.2.7"),
            (b"-o", "./-o"),
            (b"-", "-"),
            (b"", "''"),
            (b"out dir/a", "'out dir/a'"),
            (b"it's", "'it'\\''s'"),
            (b"- x", "./'- x'"),
            (b"$(id)`id`;&|*?~#!", "'$(id)`id`;&|*?~#!'"),
            (b"a\x1b[2J'\\", "$'a\\x1b[2J\\'\\\\'"),
            ("caf\u{e9} \u{202e}".as_bytes(), "$'caf\\xc3\\xa9 \\xe2\\x80\\xae'"),
        ] {
            let path = std::path::Path::new(std::ffi::OsStr::from_bytes(raw));
            let word = shell_word(path);
            assert_eq!(word, want);
            let out = std::process::Command::new("bash")
                .args(["-c", &format!("printf %s {word}")])
                .output()
                .unwrap()
                .stdout;
            assert_eq!(out.strip_prefix(b"./").unwrap_or(&out), raw, "{word}");
        }
    }

    #[test]
    fn csv_runs_nothing() {
        assert_eq!(csv_cell(b"=cmd|'/c calc'!A1"), "'=cmd|'/c calc'!A1");
        assert_eq!(csv_cell(b" +1"), "' +1");
        assert_eq!(csv_cell("\u{ff1d}1".as_bytes()), "'\u{ff1d}1");
        assert_eq!(csv_cell(b"root"), "root");
    }
}
