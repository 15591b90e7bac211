//! A JSON object as its line holds it: members found without copying, and none that two readers could read differently.
//!
//! RFC 8259 §4 leaves open which of two members of one name counts, and a name may be written
//! with escapes. So an object that names a member twice, or escapes a name, is refused:
//! whoever wrote the second may be the far end.

use bumpalo::Bump;

use crate::limits::JSON_MEMBERS;

/// Why a text is no object that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is no JSON object, or something follows it.
    Syntax,
    /// A name comes twice, or is written with escapes.
    Twice,
    /// More members than anybody logs.
    TooMany,
}

/// A value, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// What stands between the quotes, escapes as they are.
    Text(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Bare(&'a [u8]),
    /// An object, with its braces.
    Object(&'a [u8]),
    /// An array, with its brackets.
    Array(&'a [u8]),
}

impl<'a> Value<'a> {
    /// A text without escapes.
    #[must_use]
    pub fn plain(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(t) if memchr::memchr(b'\\', t).is_none() => Some(t),
            _ => None,
        }
    }

    /// The characters of a text without escapes, or of a number.
    #[must_use]
    pub fn word(self) -> Option<&'a [u8]> {
        match self {
            Self::Bare(t) => Some(t),
            _ => self.plain(),
        }
    }

    /// A text, unescaped into `scratch` where it has escapes.
    #[must_use]
    pub fn text(self, scratch: Option<&'a Scratch>) -> Option<&'a [u8]> {
        match self {
            Self::Text(raw) if memchr::memchr(b'\\', raw).is_some() => scratch?.unescaped(raw),
            _ => self.plain(),
        }
    }

    /// The object that it is.
    #[must_use]
    pub fn object(self) -> Option<Object<'a>> {
        match self {
            Self::Object(text) => Object::read(text).ok(),
            _ => None,
        }
    }
}

/// Room for unescaped texts. It is never emptied: one serves a chunk.
#[derive(Debug, Default)]
pub struct Scratch(Bump);

impl Scratch {
    /// A text without its escapes (RFC 8259 §7); none if one of them is no escape.
    #[must_use]
    pub fn unescaped(&self, raw: &[u8]) -> Option<&[u8]> {
        let mut out = bumpalo::collections::Vec::with_capacity_in(raw.len(), &self.0);
        let mut rest = raw;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            let (plain, escape) = rest.split_at_checked(at)?;
            out.extend_from_slice(plain);
            rest = escape.get(2..)?;
            let simple = match escape.get(1)? {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'b' => 8,
                b'f' => 12,
                b @ (b'"' | b'\\' | b'/') => *b,
                b'u' => {
                    let (c, more) = unicode(rest)?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    rest = more;
                    continue;
                }
                _ => return None,
            };
            out.push(simple);
        }
        out.extend_from_slice(rest);
        Some(out.into_bump_slice())
    }

    /// Words with a blank between.
    #[must_use]
    pub fn joined<'w>(&self, words: impl Iterator<Item = &'w [u8]>) -> &[u8] {
        let mut out = bumpalo::collections::Vec::new_in(&self.0);
        for (n, word) in words.enumerate() {
            if n > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
        out.into_bump_slice()
    }

    /// Parts, one right behind the other.
    #[must_use]
    pub fn concat(&self, parts: &[&[u8]]) -> &[u8] {
        let mut out = bumpalo::collections::Vec::new_in(&self.0);
        for part in parts {
            out.extend_from_slice(part);
        }
        out.into_bump_slice()
    }

    /// The bytes that an array of numbers names, as journald writes what is no UTF-8.
    #[must_use]
    pub fn bytes(&self, array: &[u8]) -> Option<&[u8]> {
        let inner = array.strip_prefix(b"[")?.strip_suffix(b"]")?;
        let mut out = bumpalo::collections::Vec::new_in(&self.0);
        for n in inner.split(|b| *b == b',') {
            out.push(std::str::from_utf8(n.trim_ascii()).ok()?.parse::<u8>().ok()?);
        }
        Some(out.into_bump_slice())
    }
}

/// What follows `\u`: a character of one or of two halves.
fn unicode(text: &[u8]) -> Option<(char, &[u8])> {
    let half = |t: &[u8]| u32::from_str_radix(std::str::from_utf8(t.get(..4)?).ok()?, 16).ok();
    let first = half(text)?;
    let rest = text.get(4..)?;
    if !(0xd800..0xe000).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let second = half(rest.strip_prefix(b"\\u")?)?.checked_sub(0xdc00).filter(|n| *n < 0x400)?;
    let high = first.checked_sub(0xd800).filter(|n| *n < 0x400)?;
    Some((char::from_u32(0x1_0000 + (high << 10 | second))?, rest.get(6..)?))
}

/// The members of an object.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    members: Vec<(&'a [u8], Value<'a>)>,
}

impl<'a> Object<'a> {
    /// Takes an object apart. What its members hold is checked for balance, and fully where it is asked for.
    ///
    /// # Errors
    ///
    /// Why no reader could rely on it.
    pub fn read(text: &'a [u8]) -> Result<Self, Flaw> {
        let mut at = At(text.trim_ascii());
        let mut members: Vec<(&[u8], Value<'_>)> = Vec::with_capacity(24);
        at.eat(b'{').ok_or(Flaw::Syntax)?;
        if at.eat(b'}').is_none() {
            loop {
                let Some(Value::Text(name)) = at.value() else { return Err(Flaw::Syntax) };
                at.eat(b':').ok_or(Flaw::Syntax)?;
                let value = at.value().ok_or(Flaw::Syntax)?;
                if memchr::memchr(b'\\', name).is_some() || members.iter().any(|m| m.0 == name) {
                    return Err(Flaw::Twice);
                }
                if members.len() == JSON_MEMBERS {
                    return Err(Flaw::TooMany);
                }
                members.push((name, value));
                match (at.eat(b','), at.eat(b'}')) {
                    (Some(()), None) => {}
                    (None, Some(())) => break,
                    _ => return Err(Flaw::Syntax),
                }
            }
        }
        if at.0.is_empty() { Ok(Self { members }) } else { Err(Flaw::Syntax) }
    }

    /// A member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        self.members.iter().find(|m| m.0 == name.as_bytes()).map(|m| m.1)
    }

    /// A member's text without escapes, or its number.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name)?.word()
    }

    /// The same of the first of several members that is there.
    #[must_use]
    pub fn first_word(&self, names: &[&str]) -> Option<&'a [u8]> {
        names.iter().find_map(|n| self.word(n))
    }
}

/// A cursor, which skips blanks before each part.
struct At<'a>(&'a [u8]);

impl<'a> At<'a> {
    fn blanks(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.blanks();
        match self.0.first()? {
            b'"' => {
                let end = string_end(self.0)?;
                let text = self.take(end)?;
                Some(Value::Text(text.get(1..text.len() - 1)?))
            }
            open @ (b'{' | b'[') => {
                let text = self.balanced()?;
                Some(if *open == b'{' { Value::Object(text) } else { Value::Array(text) })
            }
            _ => {
                let word = |b: &u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
                let n = self.0.iter().take_while(|b| word(b)).count();
                self.take(n).filter(|w| !w.is_empty()).map(Value::Bare)
            }
        }
    }

    /// An object or array, by its brackets outside texts.
    fn balanced(&mut self) -> Option<&'a [u8]> {
        let (mut at, mut depth) = (0, 0u32);
        loop {
            match self.0.get(at)? {
                b'"' => {
                    at += string_end(self.0.get(at..)?)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                return self.take(at);
            }
        }
    }
}

/// The length of a text with its quotes.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let n = memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        at += n;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let o = Object::read(br#" {"a":"x\"}","b" : -1.5e3,"c":{"d":[1,"]"]},"e":null,"f":""} "#)
            .unwrap();
        assert_eq!(o.get("a"), Some(Value::Text(br#"x\"}"#)));
        assert_eq!(o.get("a").unwrap().plain(), None);
        assert_eq!(o.word("b"), Some(&b"-1.5e3"[..]));
        let c = o.get("c").unwrap().object().unwrap();
        assert_eq!(c.get("d"), Some(Value::Array(br#"[1,"]"]"#)));
        assert_eq!(o.first_word(&["x", "f", "b"]), Some(&b""[..]));
        assert!(Object::read(b"{}").is_ok());
    }

    #[test]
    fn what_two_readers_could_differ_on_is_refused() {
        for (text, flaw) in [
            (&br#"{"a":1,"a":2}"#[..], Flaw::Twice),
            (br#"{"a":1,"\u0061":2}"#, Flaw::Twice),
            (br#"{"a":1}{"#, Flaw::Syntax),
            (br#"{"a":1"#, Flaw::Syntax),
            (br#"{"a" 1}"#, Flaw::Syntax),
            (br#"{"a":"}"#, Flaw::Syntax),
            (br#"{"a":1,}"#, Flaw::Syntax),
            (br#"{"a":}"#, Flaw::Syntax),
            (br#"["a"]"#, Flaw::Syntax),
            (b"{\"a\":[[", Flaw::Syntax),
            (br#"{"a":]}"#, Flaw::Syntax),
        ] {
            assert_eq!(Object::read(text).unwrap_err(), flaw, "{text:?}");
        }
    }

    #[test]
    fn escapes() {
        let s = Scratch::default();
        assert_eq!(
            s.unescaped(br#"a\n\"\\\/\u003c\ud83d\ude00"#),
            Some("a\n\"\\/<\u{1f600}".as_bytes())
        );
        for bad in [&br"\x"[..], br"\u12", br"\ud83d", br"\ud83d\u0041", b"\\", br"\udc00"] {
            assert_eq!(s.unescaped(bad), None, "{bad:?}");
        }
        assert_eq!(s.bytes(b"[70, 255]"), Some(&[70, 255][..]));
        assert_eq!(s.bytes(b"[256]"), None);
    }
}
