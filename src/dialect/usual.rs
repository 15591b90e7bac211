//! [`read`]: sshd's usual messages, read straight through to the end of their line.
//!
//! A score of messages makes nearly all of an attacked host's log. Where one of them is quite plain (an
//! account name without blanks, an address, nothing else that could be cut in two ways) it is read here
//! without finding its line's end, its dialect or its grammar first. What is read here is what the grammars
//! say, which a test holds for lines plain and hostile; whatever is not plain is left to them.

use super::act::Kind;
use crate::addr::Addr;
use crate::digits::{self, Set};
use crate::limits::{LINE_BYTES, REPEATS};
use crate::quad::{self, Lanes};

/// A usual message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual<'a> {
    /// What it tells of; none where it concerns nobody far away.
    pub kind: Option<Kind>,
    /// The far end; none where it names nobody.
    pub source: Option<Addr>,
    /// The far end's port; 0 where it does not say.
    pub port: u16,
    /// How many times.
    pub count: u32,
    /// The account, where the message says that there is none such; else empty.
    pub user: &'a [u8],
    /// Its length.
    pub len: usize,
}

/// What is left to read, and by which means.
#[derive(Clone, Copy)]
pub(super) struct Text<'a, L>(pub(super) &'a [u8], pub(super) L);

impl<'a, L: Lanes> Text<'a, L> {
    /// Takes off these very bytes.
    #[inline(always)]
    pub(super) fn eat<const N: usize>(&mut self, word: &[u8; N]) -> Option<()> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        (head == word).then(|| self.0 = rest)
    }

    /// Takes them off where they stand.
    #[inline(always)]
    pub(super) fn may<const N: usize>(&mut self, word: &[u8; N]) -> bool {
        self.eat(word).is_some()
    }

    /// A word that a blank or the line ends, of one to sixteen bytes.
    #[inline(always)]
    pub(super) fn word(&mut self) -> Option<&'a [u8]> {
        let end = digits::word_end(self.0).filter(|n| *n > 0)?;
        let (word, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        Some(word)
    }

    /// An address that a blank or the line ends.
    #[inline(always)]
    fn addr(&mut self) -> Option<Addr> {
        if let Some((v4, used)) = quad::read_by(self.1, self.0) {
            let rest = self.0.get(used..)?;
            ends_word(rest).then(|| self.0 = rest)?;
            return Some(Addr::from_v4(v4));
        }
        let (addr, rest) = other_addr(self.0)?;
        self.0 = rest;
        Some(addr)
    }

    /// ` port N`.
    #[inline(always)]
    fn port(&mut self) -> Option<u16> {
        self.eat(b" port ")?;
        let (port, used) = self.1.number(self.0).filter(|(_, used)| *used <= 5)?;
        self.0 = self.0.get(used..)?;
        u16::try_from(port).ok()
    }

    /// A number of up to seven digits.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Option<u32> {
        let (n, used) = self.1.number(self.0)?;
        self.0 = self.0.get(used..)?;
        Some(n)
    }

    /// Whether the line is at its end.
    #[inline(always)]
    pub(super) fn end(&self) -> Option<()> {
        (self.0.first() == Some(&b'\n')).then_some(())
    }

    /// Takes off a key's type and hash, `ED25519 SHA256:HASH`, where nothing follows: no other way to cut the message
    /// begins within.
    #[inline(always)]
    fn plain_key(&mut self) -> bool {
        let mut key = *self;
        let plain = key.0.first().is_some_and(u8::is_ascii_uppercase)
            && key.skip(Set::Alphanumeric(*b"-_.")).is_some()
            && key.may(b" SHA256:")
            && key.skip(Set::Alphanumeric(*b"+/=")).is_some()
            && key.end().is_some();
        if plain {
            *self = key;
        }
        plain
    }

    /// Past bytes of a kind, and how many.
    #[inline(always)]
    pub(super) fn skip(&mut self, set: Set) -> Option<usize> {
        let end = digits::leading_of(self.0, set)?;
        self.0 = self.0.get(end..)?;
        Some(end)
    }

    /// Everything up to the end of the line, which begins with a letter and ends with no blank.
    #[inline(always)]
    fn rest(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = rest(self.0)?;
        self.0 = rest;
        Some(line)
    }
}

// What few lines need lies apart, and is given no place in memory that would have to be kept up to date: what is
// left of a line stays in registers.

/// An address that is no plain dotted quad, and what follows it.
#[cold]
#[inline(never)]
fn other_addr(text: &[u8]) -> Option<(Addr, &[u8])> {
    if let Some((addr, used)) = Addr::leading_v6(text)
        && let Some(rest) = text.get(used..).filter(|rest| ends_word(rest))
    {
        return Some((addr, rest));
    }
    // As long as addresses are, with a scope.
    let end = text.iter().take(64).position(|b| *b <= b' ')?;
    let (word, rest) = text.split_at_checked(end)?;
    matches!(rest.first(), Some(b' ' | b'\n')).then_some(())?;
    Some((Addr::parse(word)?, rest))
}

#[cold]
#[inline(never)]
fn rest(text: &[u8]) -> Option<(&[u8], &[u8])> {
    text.first().filter(|b| b.is_ascii_alphanumeric())?;
    let (line, rest) = line(text)?;
    line.last().filter(|b| **b > b' ')?;
    Some((line, rest))
}

/// A text up to its line's end, and what is from there on. None where a NUL stands before that: such a line is
/// of no log.
#[inline(always)]
pub fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match digits::line_end(text) {
        Some(end) => end,
        None => memchr::memchr2(b'\n', 0, text)?,
    };
    let (line, rest) = text.split_at_checked(end)?;
    (rest.first() == Some(&b'\n')).then_some((line, rest))
}

/// Whether a blank or the line's end comes next; both do, so one look is at both.
#[inline(always)]
fn ends_word(text: &[u8]) -> bool {
    let next = text.first().copied().unwrap_or_default();
    (next == b' ') | (next == b'\n')
}

/// The first eight bytes of a message as a number.
const fn begins(word: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*word)
}

const FAILED_PASSWORD: u64 = begins(b"Failed p");
const FAILED_NONE: u64 = begins(b"Failed n");
const FAILED_KEYBOARD: u64 = begins(b"Failed k");
const PAM_UNIX: u64 = begins(b"pam_unix");
const INVALID: u64 = begins(b"Invalid ");
const PAM_ERROR: u64 = begins(b"error: P");
const TOO_MANY: u64 = begins(b"error: m");
const KEX_ERROR: u64 = begins(b"error: k");
const CONNECTION: u64 = begins(b"Connecti");
const DISCONNECTED: u64 = begins(b"Disconne");
const RECEIVED: u64 = begins(b"Received");
const ACCEPTED: u64 = begins(b"Accepted");
const DID_NOT: u64 = begins(b"Did not ");
const REPEATED: u64 = begins(b"message ");
const UNABLE: u64 = begins(b"Unable t");
const BANNER: u64 = begins(b"banner e");

/// Reads the message that `text` begins with, which `\n` ends; none where it is not usual, nor where it
/// holds a NUL.
#[inline(always)]
#[must_use]
pub fn read(lanes: impl Lanes, text: &[u8]) -> Option<Usual<'_>> {
    let (head, rest) = text.split_first_chunk::<8>()?;
    let mut t = Text(rest, lanes);
    let mut said = Usual { kind: None, source: None, port: 0, count: 1, user: &[], len: 0 };
    match u64::from_le_bytes(*head) {
        PAM_UNIX => {
            t.eat(b"(sshd:")?;
            if t.may(b"auth): authentication failure; ") {
                said.kind = Some(Kind::PamFailed);
                said.source = Some(pam_tail(&mut t)?);
            } else if !t.may(b"auth): check pass; user unknown") {
                t.eat(b"session): session ")?;
                t.rest()?;
            }
        }
        FAILED_PASSWORD => {
            let word = t.may(b"assword for ");
            if !word {
                t.eat(b"ublickey for ")?;
            }
            said.kind = Some(if word { Kind::Failed } else { Kind::FailedKey });
            (said.source, said.port) = account(&mut t)?;
            login_tail(&mut t)?;
        }
        FAILED_NONE => {
            t.eat(b"one for ")?;
            said.kind = Some(Kind::FailedNone);
            (said.source, said.port) = account(&mut t)?;
            login_tail(&mut t)?;
        }
        FAILED_KEYBOARD => {
            t.eat(b"eyboard-interactive/pam for ")?;
            said.kind = Some(Kind::Failed);
            (said.source, said.port) = account(&mut t)?;
            login_tail(&mut t)?;
        }
        INVALID => {
            t.eat(b"user ")?;
            said.kind = Some(Kind::InvalidUser);
            said.user = t.word()?;
            t.eat(b" from ")?;
            (said.source, said.port) = peer(&mut t)?;
        }
        PAM_ERROR => {
            t.eat(b"AM: Authentication failure for ")?;
            said.kind = Some(Kind::PamError);
            if !t.may(b"invalid user ") {
                t.may(b"illegal user ");
            }
            t.word()?;
            t.eat(b" from ")?;
            said.source = Some(t.addr()?);
        }
        CONNECTION => {
            if !t.may(b"on closed by ") {
                t.eat(b"on reset by ")?;
            }
            let (kind, source, port) = closing(&mut t, Kind::ClosedBare)?;
            (said.kind, said.source, said.port) = (Some(kind), Some(source), port);
        }
        DISCONNECTED => {
            if t.may(b"cted from ") {
                let (kind, source, port) = closing(&mut t, Kind::GoodbyeClosed)?;
                (said.kind, said.source, said.port) = (Some(kind), Some(source), port);
            } else {
                t.eat(b"cting ")?;
                let named = named(&mut t)?;
                (said.source, said.port) = peer(&mut t)?;
                t.eat(b": Too many authentication failures")?;
                t.may(b" [preauth]");
                said.kind = Some(named.unwrap_or(Kind::ClosedAuthenticating));
            }
        }
        RECEIVED => {
            t.eat(b" disconnect from ")?;
            (said.source, said.port) = peer(&mut t)?;
            t.eat(b":")?;
            t.number()?;
            t.eat(b":")?;
            let before = if t.may(b" Bye Bye [preauth]\n") {
                t.0 = text.get(text.len() - t.0.len() - 1..)?;
                true
            } else if t.may(b"  [preauth]") {
                true
            } else {
                t.eat(b" ")?;
                t.rest()?.ends_with(b" [preauth]")
            };
            said.kind = Some(if before { Kind::Goodbye } else { Kind::LeftSaying });
        }
        ACCEPTED => {
            if !t.may(b" password for ") && !t.may(b" publickey for ") {
                t.eat(b" keyboard-interactive/pam for ")?;
            }
            said.kind = Some(Kind::Accepted);
            t.word()?;
            t.eat(b" from ")?;
            (said.source, said.port) = peer(&mut t)?;
            key_tail(&mut t)?;
        }
        TOO_MANY => {
            t.eat(b"aximum authentication attempts exceeded for ")?;
            said.kind = Some(Kind::TooMany);
            (said.source, said.port) = account(&mut t)?;
            login_tail(&mut t)?;
        }
        DID_NOT => {
            t.eat(b"receive identification string from ")?;
            said.kind = Some(Kind::NoIdentification);
            (said.source, said.port) = peer(&mut t)?;
        }
        UNABLE => {
            t.eat(b"o negotiate with ")?;
            said.kind = Some(Kind::NoAgreement);
            (said.source, said.port) = peer(&mut t)?;
            t.eat(b": ")?;
            t.rest()?;
        }
        BANNER => {
            t.eat(b"xchange: Connection from ")?;
            said.kind = Some(Kind::BadBanner);
            (said.source, said.port) = peer(&mut t)?;
            t.eat(b": ")?;
            t.rest()?;
        }
        KEX_ERROR => {
            t.eat(b"ex_exchange_identification: ")?;
            said.kind = Some(Kind::KexBroken);
            t.rest()?;
        }
        REPEATED => {
            t.eat(b"repeated ")?;
            said.count = t.number()?.min(REPEATS);
            t.eat(b" times: [ Failed password for ")?;
            said.kind = Some(Kind::Failed);
            (said.source, said.port) = account(&mut t)?;
            t.eat(b" ssh2]")?;
        }
        _ => {
            t = Text(text, lanes);
            t.eat(b"PAM ")?;
            said.kind = Some(Kind::PamMore);
            said.count = t.number()?.min(REPEATS);
            t.eat(b" more authentication failure")?;
            t.may(b"s");
            t.eat(b"; ")?;
            said.source = Some(pam_tail(&mut t)?);
        }
    }
    t.end()?;
    said.len = text.len() - t.0.len();
    // What is said cannot be so long, but what follows it.
    (said.len < LINE_BYTES / 2).then_some(said)
}

/// `ADDRESS port N`.
#[inline(always)]
fn peer(t: &mut Text<'_, impl Lanes>) -> Option<(Option<Addr>, u16)> {
    let addr = t.addr()?;
    Some((Some(addr), t.port()?))
}

/// `[invalid user ]NAME from ADDRESS port N`.
#[inline(always)]
fn account(t: &mut Text<'_, impl Lanes>) -> Option<(Option<Addr>, u16)> {
    // Half the accounts that are tried exist: no jump is predicted well here.
    let head = t.0.first_chunk::<13>()?;
    let unknown = (head == b"invalid user ") | (head == b"illegal user ");
    t.0 = t.0.get(13 * usize::from(unknown)..)?;
    t.word()?;
    t.eat(b" from ")?;
    peer(t)
}

/// ` ssh2`, and what may follow it where a login was refused.
#[inline(always)]
fn login_tail(t: &mut Text<'_, impl Lanes>) -> Option<()> {
    key_tail(t)?;
    t.may(b" [preauth]");
    Some(())
}

/// ` ssh2`, and perhaps the name of a key, where that does not look like another way to cut the message.
#[inline(always)]
fn key_tail(t: &mut Text<'_, impl Lanes>) -> Option<()> {
    t.eat(b" ssh2")?;
    if t.may(b": ") && !t.plain_key() {
        let key = t.rest()?;
        (!key.starts_with(b"from ") && super::parts::find(key, b" from ").is_none())
            .then_some(())?;
    }
    Some(())
}

/// `invalid user NAME `, `authenticating user NAME `, `user NAME ` or nothing, and what is then closed.
#[inline(always)]
fn named(t: &mut Text<'_, impl Lanes>) -> Option<Option<Kind>> {
    let kind = if t.may(b"invalid user ") {
        Kind::ClosedInvalid
    } else if t.may(b"authenticating user ") {
        Kind::ClosedAuthenticating
    } else if t.may(b"user ") {
        Kind::Left
    } else {
        return Some(None);
    };
    t.word()?;
    t.eat(b" ")?;
    Some(Some(kind))
}

/// `[invalid user NAME |authenticating user NAME |user NAME ]ADDRESS port N[ [preauth]]`; `early` where
/// nobody had named an account or logged in.
#[inline(always)]
fn closing(t: &mut Text<'_, impl Lanes>, early: Kind) -> Option<(Kind, Addr, u16)> {
    let kind = named(t)?;
    let addr = t.addr()?;
    let port = t.port()?;
    let before = t.may(b" [preauth]");
    Some((kind.unwrap_or(if before { early } else { Kind::Left }), addr, port))
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=ADDRESS  user=NAME`: behind the address stands what the
/// far end sent, and nothing of it is asked.
#[inline(always)]
fn pam_tail(t: &mut Text<'_, impl Lanes>) -> Option<Addr> {
    t.eat(b"logname= uid=0 euid=0 tty=ssh ruser= rhost=")?;
    let addr = t.addr()?;
    if t.may(b"  user=") {
        t.word()?;
    } else {
        t.may(b" ");
    }
    Some(addr)
}
