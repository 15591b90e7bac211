//! Who is named in a text that tells of no refused packet: `from A/p to B/p`, `src A dst B`, `IP = A`.
//!
//! Devices have hundreds of such messages, of logins, tunnels and sessions. They come to context and
//! accuse nobody; still a name in them may look like an address. So all places where a word of
//! the device's stands before an address must name the same one: else nobody is named.

use super::packet::{Seen, service};
use crate::addr::Addr;

/// A word before the peer, and the one between the peer and our end; empty where none is told.
pub type Words = (&'static str, &'static str);

/// An end as devices write it, and what follows it: `A`, `A/p`, `A:p`, `[A]:p`, `if:A/p`, `if/A(p)`,
/// `user@A`, in brackets or quotes of any kind.
#[must_use]
pub fn spot(text: &[u8]) -> Option<(Addr, Option<u16>, &[u8])> {
    let text = text.trim_ascii_start();
    let open = text.iter().take_while(|b| b"<('\"=".contains(b)).count();
    let text = text.get(open..)?;
    let inside = text.first() == Some(&b'[');
    let part = |b: &u8| {
        b.is_ascii_alphanumeric() || b".:_-/@%*\\".contains(b) || b"[]".contains(b) && inside
    };
    let long = text.iter().take_while(|b| part(b)).count();
    let (word, rest) = text.split_at(long);
    let word = word.strip_suffix(b".").or(word.strip_suffix(b":")).unwrap_or(word);
    let (addr, port) = end(word)?;
    // 106100: `outside/203.0.113.9(4711)`; 418001: `203.0.113.9 (4711)`.
    let inner = rest.trim_ascii_start().strip_prefix(b"(");
    let number = inner.and_then(|i| i.get(..memchr::memchr(b')', i)?)).and_then(service);
    Some((addr, port.or(number), rest))
}

fn end(word: &[u8]) -> Option<(Addr, Option<u16>)> {
    let cut = |at: usize| Some((word.get(..at)?, word.get(at + 1..)?));
    let bare = |host: &[u8]| {
        let host = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
        Addr::parse(host).or_else(|| {
            // An interface or a zone, or a user, before it.
            let at = memchr::memrchr(b'@', host).or_else(|| memchr::memchr(b':', host))?;
            Addr::parse(host.get(at + 1..)?)
        })
    };
    if let Some(addr) = bare(word) {
        return Some((addr, None));
    }
    if let Some((host, tail)) = memchr::memrchr(b'/', word).and_then(cut) {
        return match bare(host) {
            Some(addr) => Some((addr, service(tail))),
            None => bare(tail).map(|addr| (addr, None)),
        };
    }
    let (host, port) = memchr::memrchr(b':', word).and_then(cut)?;
    Some((bare(host)?, service(port)))
}

/// Places behind a word of the device's, which no letter or digit precedes.
fn behind<'a>(text: &'a [u8], word: &'static str) -> impl Iterator<Item = &'a [u8]> {
    memchr::memmem::find_iter(text, word.as_bytes()).filter_map(move |at| {
        let before = at.checked_sub(1).and_then(|n| text.get(n));
        let apart = !word.starts_with(|c: char| c.is_ascii_alphanumeric())
            || before.is_none_or(|b| !b.is_ascii_alphanumeric() && !b"_-".contains(b));
        apart.then(|| text.get(at + word.len()..)).flatten()
    })
}

/// Our end behind the peer: past what is in parentheses, a comma, and the word between.
fn second<'a>(rest: &'a [u8], word: &str) -> Option<(Addr, Option<u16>, &'a [u8])> {
    let mut rest = rest.trim_ascii_start();
    for _ in 0..3 {
        let Some(inner) = rest.strip_prefix(b"(") else { break };
        rest = inner.get(memchr::memchr(b')', inner)? + 1..)?.trim_ascii_start();
    }
    let rest = rest.trim_start_with(|b| b">)'\",;".contains(&b)).trim_ascii_start();
    let rest = rest.strip_prefix(word.as_bytes())?;
    // `to IFACE A (p)`.
    spot(rest).or_else(|| spot(past_word(rest)?))
}

fn past_word(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_start();
    text.get(memchr::memchr(b' ', text)? + 1..)
}

trait TrimStart {
    fn trim_start_with(&self, of: impl Fn(u8) -> bool) -> &[u8];
}

impl TrimStart for [u8] {
    fn trim_start_with(&self, of: impl Fn(u8) -> bool) -> &[u8] {
        self.get(self.iter().take_while(|b| of(**b)).count()..).unwrap_or_default()
    }
}

/// Whom a text names, by the first of some words that stands before an address; with our end where
/// the word between is asked for and found. None where one word stands before two addresses.
#[must_use]
pub fn peer(text: &[u8], words: &[Words]) -> Option<Seen> {
    for (first, between) in words {
        let mut found: Option<Seen> = None;
        for rest in behind(text, first) {
            let Some((source, from, rest)) = spot(rest) else { continue };
            let ours = if between.is_empty() { None } else { second(rest, between) };
            if ours.is_none() && !between.is_empty() {
                continue;
            }
            if found.is_some_and(|f| f.source != Some(source)) {
                return None;
            }
            let (destination, to) = ours.map_or((None, None), |(a, p, _)| (Some(a), p));
            found = Some(Seen { source: Some(source), from, destination, to, ..Seen::default() });
        }
        if found.is_some() {
            return found;
        }
    }
    None
}

/// `A:p -> B:p`, anywhere in a text and once.
#[must_use]
pub fn arrow(text: &[u8]) -> Option<Seen> {
    let mut all = memchr::memmem::find_iter(text, b" -> ");
    let at = all.next().filter(|_| all.next().is_none())?;
    let word = text.get(..at)?.rsplit(|b| *b == b' ').next()?;
    let (source, from, _) = spot(word)?;
    let (destination, to, _) = spot(text.get(at + 4..)?)?;
    let (source, destination) = (Some(source), Some(destination));
    Some(Seen { source, from, destination, to, ..Seen::default() })
}

/// The address that stands in parentheses and alone in them; none where there are two.
#[must_use]
pub fn bracketed(text: &[u8]) -> Option<Addr> {
    let mut found = None;
    for at in memchr::memchr_iter(b'(', text) {
        let inner = text.get(at + 1..)?;
        let Some(end) = memchr::memchr(b')', inner) else { break };
        let Some(addr) = inner.get(..end).and_then(Addr::parse) else { continue };
        if found.replace(addr).is_some_and(|f| f != addr) {
            return None;
        }
    }
    found
}

/// The same with both ends changed: where our end stands first.
#[must_use]
pub const fn turned(seen: Seen) -> Seen {
    Seen {
        source: seen.destination,
        from: seen.to,
        destination: seen.source,
        to: seen.from,
        ..seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, words: &[Words]) -> String {
        let Some(s) = peer(text.as_bytes(), words) else { return "nobody".into() };
        let end = |a: Option<Addr>, p: Option<u16>| {
            let a = a.map_or("-".into(), |a| a.to_string());
            p.map_or(a.clone(), |p| format!("{a} {p}"))
        };
        format!("{} > {}", end(s.source, s.from), end(s.destination, s.to))
    }

    #[test]
    fn peers_and_ends() {
        for (text, word, between, want) in [
            ("x from 203.0.113.9 to 192.0.2.7 on", "from ", "to ", "203.0.113.9 > 192.0.2.7"),
            (
                "x from o:203.0.113.9/4711(L\\u) to i:192.0.2.7/22",
                "from ",
                "to ",
                "203.0.113.9 4711 > 192.0.2.7 22",
            ),
            (
                "from o:203.0.113.9/1 (203.0.113.9/1) to i:192.0.2.7/22",
                "from ",
                "to ",
                "203.0.113.9 1 > 192.0.2.7 22",
            ),
            ("from mg 203.0.113.9 (4711) to in 192.0.2.7 (22)", "from ", "to ", "nobody"),
            (
                "src = 203.0.113.9, dest = 192.0.2.7, x",
                "src = ",
                "dest = ",
                "203.0.113.9 > 192.0.2.7",
            ),
            ("IP <203.0.113.9> x", "IP <", "", "203.0.113.9 > -"),
            ("x u@203.0.113.9.", "x ", "", "203.0.113.9 > -"),
            ("from [2001:db8::9]:4711 x", "from ", "", "2001:db8::9 4711 > -"),
            ("from o:2001:db8::9/4711 x", "from ", "", "2001:db8::9 4711 > -"),
            ("from 203.0.113.9:4711:", "from ", "", "203.0.113.9 4711 > -"),
            ("afrom 203.0.113.9", "from ", "", "nobody"),
            // A name that looks like the rest.
            ("u from 198.51.100.1 from 203.0.113.9", "from ", "", "nobody"),
            ("u from host.example from 203.0.113.9", "from ", "", "203.0.113.9 > -"),
        ] {
            let words: &'static [Words] = Box::leak(Box::new([(word, between)]));
            assert_eq!(shown(text, words), want, "{text}");
        }
        let both = arrow(b"x 203.0.113.9:4711 -> 192.0.2.7:22 y").unwrap();
        assert_eq!((both.from, both.to), (Some(4711), Some(22)));
        assert_eq!(turned(both).from, Some(22));
        assert_eq!(arrow(b"203.0.113.9 -> 192.0.2.7 198.51.100.1 -> 192.0.2.7"), None);
    }
}
