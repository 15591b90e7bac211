//! The nom parsers that grammars share: peers, ports, numbers, and every way to cut a message.

use std::borrow::Cow;

use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::digit1;
use nom::combinator::{all_consuming, map_opt, opt};
use nom::{IResult, Parser};

use super::act::{Act, Kind, Transport};
use super::spec::{Cuts, Dialect, Said};
use crate::addr::Addr;
use crate::digits;
use crate::envelope::rfc3164;
use crate::limits::REPEATS;
use crate::quad;

/// The far end as a program prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address; none for a host name or `UNKNOWN`, which accuse nobody.
    pub addr: Option<Addr>,
    /// Its port.
    pub port: Option<u16>,
}

/// A decimal number.
///
/// # Errors
///
/// No digits, or too many.
pub fn number(i: &[u8]) -> IResult<&[u8], u32> {
    map_opt(digit1, rfc3164::number).parse(i)
}

/// How often something happened: a number that is too large to hold is the largest.
///
/// # Errors
///
/// No digits.
pub fn count(i: &[u8]) -> IResult<&[u8], u32> {
    let add = |n: u32, b: &u8| n.saturating_mul(10).saturating_add(u32::from(b - b'0'));
    digit1.map(|digits: &[u8]| digits.iter().fold(0, add)).parse(i)
}

/// A port.
///
/// # Errors
///
/// No number up to 65535.
pub fn port(i: &[u8]) -> IResult<&[u8], u16> {
    map_opt(number, |n| u16::try_from(n).ok()).parse(i)
}

/// The word up to the next blank, and the address that it is, if it is one.
#[inline(always)]
fn word(i: &[u8]) -> Option<(&[u8], Option<Addr>)> {
    // The common case: a dotted quad and a blank.
    if let Some((v4, used)) = quad::read(i) {
        let rest = i.get(used..).unwrap_or_default();
        if matches!(rest.first(), None | Some(b' ')) {
            return Some((rest, Some(Addr::from_v4(v4))));
        }
    }
    let end = i.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(i.len());
    let (word, rest) = i.split_at_checked(end).filter(|(w, _)| !w.is_empty())?;
    Some((rest, Addr::parse(word)))
}

fn no<T>(i: &[u8]) -> IResult<&[u8], T> {
    Err(nom::Err::Error(nom::error::Error::new(i, nom::error::ErrorKind::Tag)))
}

/// A word without blanks that may be a host: an address, a name, `UNKNOWN`.
///
/// # Errors
///
/// Nothing there.
#[inline]
pub fn host(i: &[u8]) -> IResult<&[u8], Option<Addr>> {
    word(i).map_or_else(|| no(i), Ok)
}

/// An address and nothing else up to the next blank.
///
/// # Errors
///
/// No address.
#[inline]
pub fn addr(i: &[u8]) -> IResult<&[u8], Addr> {
    match word(i) {
        Some((rest, Some(a))) => Ok((rest, a)),
        _ => no(i),
    }
}

/// Where `needle` first lies in `text`. Messages are short: a searcher that
/// prepares itself costs more than the search.
#[inline]
#[must_use]
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, more) = needle.split_first()?;
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let at = digits::position(rest, *first)?;
        if rest.get(at + 1..).is_some_and(|r| r.starts_with(more)) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// A word of the characters of addresses and scopes, which ends before `:`
/// where a port or text follows: `192.0.2.7:11: Bye`. An IPv6 address is cut
/// at the last colon that leaves an address.
///
/// # Errors
///
/// No address.
pub fn addr_then_colon(i: &[u8]) -> IResult<&[u8], Addr> {
    let end = i.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(i.len());
    let (word, _) = i.split_at(end);
    let mut at = word.len();
    loop {
        let head = word.get(..at).unwrap_or_default();
        if let Some(found) = Addr::parse(head) {
            return Ok((i.get(at..).unwrap_or_default(), found));
        }
        match memchr::memrchr(b':', head) {
            Some(n) => at = n,
            None => {
                return Err(nom::Err::Error(nom::error::Error::new(i, nom::error::ErrorKind::Tag)));
            }
        }
    }
}

/// ` port N`, if it follows: the rest, and the port. Written out, since every line of sshd's has it.
#[inline(always)]
fn port_after(i: &[u8]) -> (&[u8], Option<u16>) {
    let Some(text) = i.strip_prefix(b" port ") else { return (i, None) };
    match digits::leading(text) {
        Some((port, digits)) if digits <= 5 => match u16::try_from(port) {
            Ok(port) => (text.get(digits..).unwrap_or_default(), Some(port)),
            Err(_) => (i, None),
        },
        _ => (i, None),
    }
}

/// `HOST port N`, the port left out by old versions.
///
/// # Errors
///
/// Nothing there.
#[inline]
pub fn peer(i: &[u8]) -> IResult<&[u8], Peer> {
    let (i, addr) = host(i)?;
    let (i, port) = port_after(i);
    Ok((i, Peer { addr, port }))
}

/// `ADDRESS port N`, the port left out by old versions; a host name is no match.
///
/// # Errors
///
/// No address.
#[inline]
pub fn addr_peer(i: &[u8]) -> IResult<&[u8], Peer> {
    let (i, a) = addr(i)?;
    let (i, port) = port_after(i);
    Ok((i, Peer { addr: Some(a), port }))
}

/// `ADDRESS port N`, `UNKNOWN port N`, or an address alone: what sshd's own
/// connection messages print, which never hold a host name.
///
/// # Errors
///
/// None of these.
#[inline]
pub fn known_peer(i: &[u8]) -> IResult<&[u8], Peer> {
    match i.strip_prefix(b"UNKNOWN") {
        None => addr_peer(i),
        Some(rest) => {
            let (rest, port) = port_after(rest);
            Ok((rest, Peer { addr: None, port }))
        }
    }
}

/// What stands before a closing bracket, as an address if it is one.
pub fn bracketed<'a>(
    close: u8,
) -> impl Parser<&'a [u8], Output = Option<Addr>, Error = nom::error::Error<&'a [u8]>> {
    take_while1(move |b: u8| b != close && b != b' ').map(Addr::parse)
}

/// Tries every place where `between` separates a text the far end wrote from
/// the rest, and collects each reading that consumes the rest wholly.
#[inline(always)]
pub fn every_cut<'a, O>(
    text: &'a [u8],
    between: &str,
    mut rest: impl FnMut(&'a [u8]) -> IResult<&'a [u8], O>,
    act: impl Fn(&'a [u8], O) -> Act<'a>,
) -> Said<'a> {
    let mut cuts = Cuts::default();
    let mut from = 0;
    let needle = between.as_bytes();
    while let Some(at) = text.get(from..).and_then(|t| find(t, needle)) {
        let (before, after) = text.split_at(from + at);
        let after = after.get(needle.len()..).unwrap_or_default();
        if let Ok((b"", found)) = rest(after) {
            cuts.add(act(before, found));
        }
        // The next separator may overlap with the blank that ends this one.
        from += at + 1;
    }
    cuts.said()
}

/// `message repeated N times: [ … ]`: the message within, N times.
pub fn repeated<'a>(message: &'a [u8], dialect: &Dialect) -> Said<'a> {
    let head: IResult<&[u8], _> =
        (tag("message repeated "), count, tag(" times: [ ")).parse(message);
    let Ok((text, (_, n, _))) = head else { return Said::No };
    let Some(inner) = text.strip_suffix(b"]") else { return Said::No };
    let inner = (dialect.trim)(inner);
    // What is repeated is one of the dialect's messages, never itself a repetition.
    let said = dialect
        .grammar
        .iter()
        .filter(|m| m.id != "repeated" && inner.starts_with(m.starts.as_bytes()))
        .map(|m| (m.read)(inner))
        .find(|said| *said != Said::No);
    said.map_or(Said::No, |said| said.times(n.min(REPEATS)))
}

/// Reads the whole of a message, or nothing.
pub fn whole<'a, O>(
    text: &'a [u8],
    grammar: impl Parser<&'a [u8], Output = O, Error = nom::error::Error<&'a [u8]>>,
) -> Option<O> {
    all_consuming(grammar).parse(text).ok().map(|(_, o)| o)
}

/// An act over TCP by a peer.
#[must_use]
pub const fn tcp<'a>(kind: Kind, source: Option<Addr>, port: Option<u16>) -> Act<'a> {
    let mut act = Act::new(kind).by(source, port);
    act.transport = Some(Transport::Tcp);
    act
}

/// `NAME [ADDRESS]`, `NAME[ADDRESS]` or `[ADDRESS]`: the name is a resolver's answer and holds neither blanks nor brackets.
///
/// # Errors
///
/// No bracket where one must stand. What is in it may be no address, which accuses nobody.
pub fn named(i: &[u8]) -> IResult<&[u8], Option<Addr>> {
    let name = take_while(|b: u8| !b.is_ascii_whitespace() && !b"[](),;".contains(&b));
    let (i, _) = (name, opt(tag(" ")), tag("[")).parse(i)?;
    let (i, address) = bracketed(b']').parse(i)?;
    let (i, _) = tag("]").parse(i)?;
    Ok((i, address))
}

/// `ADDRESS:PORT`, cut at the last colon of the word.
///
/// # Errors
///
/// No address, or no port.
pub fn addr_port(i: &[u8]) -> IResult<&[u8], Peer> {
    let scope = |b: u8| b.is_ascii_alphanumeric() || b".:%_".contains(&b);
    let close = if i.first() == Some(&b'[') { memchr::memchr(b']', i).unwrap_or(0) } else { 0 };
    let after = i.get(close + usize::from(close > 0)..).unwrap_or_default();
    let end = after.iter().position(|b| !scope(*b)).unwrap_or(after.len());
    let (word, rest) = i.split_at(i.len() - after.len() + end);
    let peer = memchr::memrchr(b':', word).and_then(|at| {
        let (host, port) = word.split_at_checked(at)?;
        let host = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
        let port = rfc3164::number(port.get(1..)?).and_then(|n| u16::try_from(n).ok())?;
        Some(Peer { addr: Some(Addr::parse(host)?), port: Some(port) })
    });
    peer.map_or_else(|| no(i), |p| Ok((rest, p)))
}

/// Whether a text holds one of some words, in either case.
#[must_use]
pub fn says(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        let word = word.as_bytes();
        let Some(first) = word.first() else { return true };
        let last = text.len().checked_sub(word.len());
        last.and_then(|last| text.get(..=last)).is_some_and(|starts| {
            let mut from = 0;
            while let Some(at) = digits::letter(starts, from, *first) {
                if text.get(at..at + word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word)) {
                    return true;
                }
                from = at + 1;
            }
            false
        })
    })
}

/// Where `needle` first lies outside of what stands in double quotes, in which a mail address may hold any
/// text; where no quotes are, or one is never closed, as [`find`].
#[must_use]
pub fn find_unquoted(text: &[u8], needle: &[u8]) -> Option<usize> {
    let (mut from, mut quoted) = (0, false);
    while let Some(rest) = text.get(from..) {
        let quote = memchr::memchr2(b'"', b'\\', rest);
        let part = rest.get(..quote.unwrap_or(rest.len())).unwrap_or_default();
        if !quoted && let Some(at) = find(part, needle) {
            return Some(from + at);
        }
        let Some(quote) = quote else { break };
        // What a backslash stands before is no quote.
        let is_quote = rest.get(quote) == Some(&b'"');
        quoted ^= is_quote;
        from += quote + if is_quote { 1 } else { 2 };
    }
    if quoted { find(text, needle) } else { None }
}

/// What a refusal says in the server's words: mail addresses, host names and what stands in angle brackets are the
/// far end's.
fn own_words(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr3(b'@', b'.', b'<', text).is_none() {
        return Cow::Borrowed(text);
    }
    // Up to the end of a quoted local part, in which blanks may stand.
    let quotes = [&b"\"@"[..], b"&quot;@"];
    let end = quotes.iter().filter_map(|q| memchr::memmem::rfind(text, q).map(|at| at + 1)).max();
    let (quoted, rest) = text.split_at_checked(end.unwrap_or(0)).unwrap_or((&[], text));
    let open = find(quoted, b"\"").into_iter().chain(find(quoted, b"&quot;")).min();
    let before = quoted.get(..open.unwrap_or(0)).unwrap_or_default();
    let mut own = Vec::with_capacity(text.len());
    for text in [before, rest] {
        let mut inside = false;
        for word in text.split(|b| *b == b' ') {
            let opens = memchr::memchr(b'<', word).is_some();
            let ends = memchr::memrchr(b'>', word).is_some();
            let host =
                word.windows(3).any(|w| matches!(w, [_, b'.', b] if b.is_ascii_alphabetic()));
            if !(inside || opens || host || memchr::memchr(b'@', word).is_some()) {
                own.extend_from_slice(word);
                own.push(b' ');
            }
            inside = (inside || opens) && !ends;
        }
    }
    Cow::Owned(own)
}

/// What a refusal at SMTP's door is, by its code, its status and its words in any server's language.
#[must_use]
pub fn smtp_refusal(code: &[u8], text: &[u8]) -> Kind {
    let own = &*own_words(text);
    if says(own, &["relay"]) && says(own, &["denied", "not permitted", "not allowed", "unable"]) {
        return Kind::Relay;
    }
    let later = ["greylist", "graylist", "try again", "temporar", "later"];
    if code.starts_with(b"4") || says(own, &later) {
        return Kind::Deferred;
    }
    let unknown = [
        "user unknown",
        "unknown user",
        "no such user",
        "unknown recipient",
        "recipient unknown",
        "unrouteable address",
        "unrouteable",
        "recipientnotfound",
        "mailbox unavailable",
        "no such mailbox",
        "does not exist here",
        "no mailbox",
        "invalid recipient",
        "recipient not found",
        "user not found",
    ];
    if says(text, &unknown) { Kind::UnknownRecipient } else { Kind::Spam }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers() {
        let p = |t: &'static str| {
            peer(t.as_bytes()).map(|(rest, p)| (rest.len(), p.addr.is_some(), p.port))
        };
        assert_eq!(p("192.0.2.7 port 22 ssh2").unwrap(), (5, true, Some(22)));
        assert_eq!(p("host.example port 22").unwrap(), (0, false, Some(22)));
        assert_eq!(p("192.0.2.7 port 99999").unwrap(), (11, true, None));
        assert!(p(" x").is_err());
        let (rest, a) = addr_then_colon(b"2001:db8::7:11: Bye").unwrap();
        // Both `…::7:11` and `…::7` are addresses; the longest is taken, and the grammar that follows decides.
        assert_eq!((a.to_string().as_str(), rest), ("2001:db8::7:11", &b": Bye"[..]));
    }

    #[test]
    fn what_a_refusal_quotes_decides_nothing() {
        let row = |code: &str, text: &str| {
            format!("{:?}", smtp_refusal(code.as_bytes(), text.as_bytes()))
        };
        for (text, want) in [
            ("550 5.1.1 unknown or illegal alias: info+later@d.example", "Spam"),
            ("550 5.1.1 unknown user: &quot;try later x&quot;@d.example", "UnknownRecipient"),
            ("550 5.1.1 unknown user: \"try later x\"@d.example", "UnknownRecipient"),
            ("550 5.7.1 <relay.denied later@d.example> no", "Spam"),
            ("550 5.7.1 helo later.example refused", "Spam"),
            ("550 5.7.1 <a@d.example>... Relaying denied", "Relay"),
            ("550 5.7.1 relay of a@d.example is denied.", "Relay"),
            ("550 greylisted, see x.example", "Deferred"),
            ("550 Please try again later.", "Deferred"),
        ] {
            assert_eq!(row("550", text), want, "{text}");
        }
        let at = |t: &str| find_unquoted(t.as_bytes(), b">: ");
        assert_eq!(at("<\"a>: \\\">: b\">: c"), Some(13));
        assert_eq!(at("<a>: \"b\""), Some(2));
        assert_eq!(at("<a\">: b"), Some(3), "a quote that is never closed");
        assert_eq!(at("\"a>: b\""), None);
    }

    #[test]
    fn two_cuts_with_two_sources_are_several() {
        let cut = |t: &'static [u8]| {
            every_cut(t, " from ", peer, |u, p| Act::new(Kind::Failed).by(p.addr, p.port).user(u))
        };
        assert!(matches!(cut(b"a from 192.0.2.7 port 1"), Said::One(a) if a.user == Some(b"a")));
        assert_eq!(cut(b"a by 192.0.2.7"), Said::No);
    }
}
