//! Replaces personal data in what is filed: the same text by the same token, and says how often.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::addr::Addr;
use crate::config::Redaction;
use crate::hash::{Sha256, raw};
use crate::judge::{EvidenceLine, Part};

/// What is replaced, and by what.
#[derive(Debug, Default)]
pub struct Redactor {
    kinds: Vec<Redaction>,
    /// Our networks, and our hosts' addresses.
    ours: Vec<IpNet>,
    key: Option<String>,
    tokens: BTreeMap<(Redaction, Vec<u8>), usize>,
    /// How many texts were replaced, by kind.
    pub counts: BTreeMap<Redaction, usize>,
}

impl Redactor {
    /// The replacements that the configuration and the rules ask for.
    #[must_use]
    pub fn of(part: &Part<'_, '_>) -> Self {
        let mut kinds = part.context.config.filing.redact.clone();
        kinds.extend(part.rules.into_iter().flat_map(|p| &p.redact.default));
        kinds.sort_unstable();
        kinds.dedup();
        if part.sent_unedited() {
            kinds.clear();
        }
        let config = part.context.config;
        let key = config.filing.redact_key.clone();
        let hosts = config.hosts.values().flat_map(|h| &h.addresses);
        let ours = config.networks.mine.iter().copied().chain(hosts.map(|a| IpNet::from(*a)));
        Self { kinds, ours: ours.collect(), key, ..Self::default() }
    }

    /// Whether anything of a kind is replaced.
    #[must_use]
    pub fn hides(&self, kind: Redaction) -> bool {
        self.kinds.contains(&kind)
    }

    /// The token for a text: `[user-1]`, numbered within the report, or with
    /// a key `[user-kdbmpaofhc]`, the same in every report.
    pub fn token(&mut self, kind: Redaction, text: &[u8]) -> String {
        if let Some(key) = &self.key {
            return format!("[{}-{}]", kind.word(), keyed(key.as_bytes(), kind, text));
        }
        let of_kind = self.tokens.keys().filter(|(k, _)| *k == kind).count();
        let n = *self.tokens.entry((kind, text.to_vec())).or_insert(of_kind + 1);
        format!("[{}-{n}]", kind.word())
    }

    /// A text alone, such as a cell of a table.
    pub fn field<'t>(&mut self, kind: Redaction, text: &'t [u8]) -> Cow<'t, [u8]> {
        if text.is_empty() || !self.hides(kind) || is_everybodys(kind, text) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(self.token(kind, text).into_bytes())
    }

    /// The rest of a line behind its stamp.
    pub fn line<'l>(&mut self, line: &EvidenceLine, rest: &'l [u8]) -> Cow<'l, [u8]> {
        if self.kinds.is_empty() {
            return Cow::Borrowed(rest);
        }
        let mut out = rest.to_vec();
        if self.hides(Redaction::Host) && !line.host.is_empty() {
            let token = self.token(Redaction::Host, &line.host);
            self.replace(Redaction::Host, &mut out, (&line.host, &token));
        }
        if self.hides(Redaction::Destination) {
            let is_ours = |addr: Addr| {
                line.destination == Some(addr) || self.ours.iter().any(|n| n.contains(&addr.ip()))
            };
            // Wherever they stand: a client may greet by our address.
            for (text, addr) in addresses(&out, is_ours) {
                let token = self.destination(addr);
                self.replace(Redaction::Destination, &mut out, (&text, &token));
            }
        }
        if self.hides(Redaction::Mail) {
            for mailbox in mailboxes(&out) {
                let token = self.token(Redaction::Mail, &mailbox);
                self.replace(Redaction::Mail, &mut out, (&mailbox, &token));
            }
        }
        if self.hides(Redaction::User)
            && let Some(user) =
                line.user.as_ref().filter(|u| !u.is_empty() && !is_everybodys(Redaction::User, u))
        {
            // Only in the message: an account may be called like the host.
            let message = memchr::memmem::find(&out, b": ").map_or(0, |at| at + 2);
            let mut tail = out.split_off(message.min(out.len()));
            let token = self.token(Redaction::User, user);
            self.replace(Redaction::User, &mut tail, (user, &token));
            out.append(&mut tail);
        }
        Cow::Owned(out)
    }

    /// A destination, as the incident block names it.
    pub fn destination(&mut self, addr: Addr) -> String {
        let text = addr.to_string();
        if self.hides(Redaction::Destination) {
            self.token(Redaction::Destination, text.as_bytes())
        } else {
            text
        }
    }

    /// Replaces whole words only, by a token.
    fn replace(&mut self, kind: Redaction, text: &mut Vec<u8>, (what, token): (&[u8], &str)) {
        if what.is_empty() {
            return;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut from = 0;
        let word = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        for at in memchr::memmem::find_iter(text, what) {
            let before = at.checked_sub(1).and_then(|i| text.get(i));
            if at < from || word(before) || word(text.get(at + what.len())) {
                continue;
            }
            out.extend_from_slice(text.get(from..at).unwrap_or_default());
            out.extend_from_slice(token.as_bytes());
            from = at + what.len();
            *self.counts.entry(kind).or_default() += 1;
        }
        out.extend_from_slice(text.get(from..).unwrap_or_default());
        *text = out;
    }

    /// What was replaced, as a sentence; empty where nothing was.
    #[must_use]
    pub fn said(&self) -> String {
        let parts: Vec<String> = self
            .counts
            .iter()
            .filter(|(_, n)| **n > 0)
            .map(|(kind, n)| {
                let what = match kind {
                    Redaction::User => "account names",
                    Redaction::Host => "names of our hosts",
                    Redaction::Mail => "mail addresses",
                    Redaction::Destination => "our addresses",
                };
                let form = if self.key.is_some() { "TOKEN" } else { "N" };
                format!("{what} by [{}-{form}] ({n} times)", kind.word())
            })
            .collect();
        if parts.is_empty() { String::new() } else { format!("Replaced: {}.", parts.join(", ")) }
    }
}

/// Letters of a token: 26^10 are too many for two texts to meet.
const LETTERS: usize = 10;

/// HMAC-SHA256 (RFC 2104) of a text, as letters: digits behind a `-` are
/// what a robot takes for a zone.
fn keyed(key: &[u8], kind: Redaction, text: &[u8]) -> String {
    let mut block = [0u8; 64];
    let short = raw(key);
    let key = if key.len() > block.len() { short.as_slice() } else { key };
    block.iter_mut().zip(key).for_each(|(b, k)| *b = *k);
    let pad = |with: u8| block.map(|b| b ^ with);
    let inner = Sha256::default().with(&pad(0x36)).with(kind.word().as_bytes()).with(&[0]);
    let outer = Sha256::default().with(&pad(0x5c)).with(&inner.with(text).end()).end();
    outer.iter().take(LETTERS).map(|b| char::from(b'a' + b % 26)).collect()
}

/// `root` is nobody's name.
fn is_everybodys(kind: Redaction, text: &[u8]) -> bool {
    kind == Redaction::User && text == b"root"
}

/// The addresses in a text that are some, as they are written, the longest first.
fn addresses(text: &[u8], is_some: impl Fn(Addr) -> bool) -> Vec<(Vec<u8>, Addr)> {
    let words = text.split(|b| !(b.is_ascii_hexdigit() || matches!(b, b':' | b'.')));
    let read = |word: &[u8]| {
        let end = word.len() - word.iter().rev().take_while(|b| b":.".contains(b)).count();
        // A full stop behind it; a port behind it; a colon before it.
        let port = memchr::memrchr(b':', word).filter(|at| *at < end).unwrap_or(end);
        let begin = word.iter().take_while(|b| **b == b':').count();
        [(0, word.len()), (0, end), (0, port), (begin, end)].into_iter().find_map(|(from, to)| {
            let text = word.get(from..to)?;
            Some((text.to_vec(), Addr::parse(text)?))
        })
    };
    let mut out: Vec<_> = words.filter_map(read).filter(|(_, addr)| is_some(*addr)).collect();
    out.sort_by(|a, b| (b.0.len(), &a.0).cmp(&(a.0.len(), &b.0)));
    out.dedup();
    out
}

/// What stands between angle brackets and holds an `@`.
fn mailboxes(text: &[u8]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = text
        .split(|b| b"<>()[]{},;\" \t=".contains(b))
        .filter(|w| w.len() > 2 && w.contains(&b'@'))
        .map(<[u8]>::to_vec)
        .collect();
    out.sort_by_key(|w| std::cmp::Reverse(w.len()));
    out.dedup();
    out
}
