//! What a line without a stamp says. It stays unread and is never evidence: nothing tells when it was.
//!
//! `journalctl -o cat` and the message fields of a SIEM's export leave out the header. Who reads such a line
//! may still want to see whom it names, so `events --all` and `explain` ask here. Nothing that counts does.

use crate::addr::Addr;
use crate::dialect::{Act, Claim, Dialect, Message, Said};
use crate::envelope::device::is_level;
use crate::envelope::{Envelope, Format, Stamp, rfc3164};

/// The way to have such lines with their time, for people.
pub const FIX: &str = "have the log written with its times: journalctl -o short-iso where it was journalctl -o cat, \
     or the whole line where a system kept its message alone";

/// Grammars that take any words before an address for theirs, since their program's tag stands
/// before it. Without a tag they say nothing.
const BY_TAG_ALONE: &[(&str, &str)] = &[("cisco_asa", "mention"), ("cisco_ios", "mention")];

/// A message that stands without a header and names one far end.
#[derive(Clone, Debug)]
pub struct Timeless<'a> {
    /// Its tag, where it has one that a dialect claims. The stamp in it means nothing.
    pub envelope: Envelope<'a>,
    /// What it says, in the words of the first dialect that reads it; ends and names that others
    /// contradict are left out.
    pub act: Act<'a>,
    /// The dialects and grammars that read it, in the order of the table; one at least.
    pub by: Vec<(&'static Dialect, &'static Message)>,
}

/// What a line says that has no envelope; none unless exactly one source follows from it.
///
/// A tag that a dialect claims decides who may read the line. Without one, all are asked.
#[must_use]
pub fn read(line: &[u8]) -> Option<Timeless<'_>> {
    let nowhen = Stamp::Epoch { nanos: 0, decimals: 0 };
    let text = headless(line);
    let bare = Envelope::bare(nowhen, &[], text, Format::Rfc3164);
    let mut found = Found { act: None, by: Vec::new(), is_sure: true };
    let tagged = rfc3164::after_stamp(text, nowhen, &[]).filter(|e| Claim::of(e.program).known());
    let mut envelope = bare;
    if let Some(tagged) = tagged {
        found.hear(Claim::of(tagged.program), tagged.message, &[]);
        if found.act.is_some() {
            envelope = tagged;
        }
        // A first word may be a host, or the message may begin with it.
        if tagged.host.is_empty() {
            return found.settled(envelope);
        }
    }
    found.hear(Claim::all(), text, BY_TAG_ALONE);
    found.settled(envelope)
}

/// The line without what is no part of a message: a mark of order, a priority, a level.
fn headless(line: &[u8]) -> &[u8] {
    let mut text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii_start();
    if let Some(rest) = text.strip_prefix(b"<")
        && let Some(close) = rest.iter().take(4).position(|b| *b == b'>')
        && rest.get(..close).is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
    {
        text = rest.get(close + 1..).unwrap_or_default().trim_ascii_start();
    }
    if let Some((word, rest)) = memchr::memchr(b' ', text).and_then(|at| text.split_at_checked(at))
        && is_level(word.strip_suffix(b":").unwrap_or(word))
    {
        text = rest.trim_ascii_start();
    }
    // A time of day, whose date a relay took.
    if let Some(rest) = text.strip_prefix(b"time=")
        && let Some((time, rest)) =
            memchr::memchr(b' ', rest).and_then(|at| rest.split_at_checked(at))
        && time.iter().all(|b| b.is_ascii_digit() || b":.".contains(b))
    {
        text = rest.trim_ascii_start();
    }
    // Its name says nothing to the grammars, which know the form by its version.
    text.strip_prefix(b"LEEF:").unwrap_or(text)
}

struct Found<'a> {
    act: Option<Act<'a>>,
    by: Vec<(&'static Dialect, &'static Message)>,
    is_sure: bool,
}

impl<'a> Found<'a> {
    fn hear(&mut self, claim: Claim, message: &'a [u8], but: &[(&str, &str)]) {
        for id in claim.dialects() {
            let heard = Claim::only(id).read(message);
            let Some(by) = heard.by.filter(|(d, m)| !but.contains(&(d.id, m.id))) else {
                continue;
            };
            match heard.said {
                Said::No | Said::Quiet => {}
                Said::One(act) => self.add(act, by),
                Said::Several(readings) => {
                    // A reading that names nobody is another answer to the question who it was.
                    self.is_sure &= readings.iter().all(|a| a.source.is_some());
                    for act in readings.iter() {
                        self.add(*act, by);
                    }
                }
            }
        }
    }

    fn add(&mut self, act: Act<'a>, by: (&'static Dialect, &'static Message)) {
        if act.source.is_none() {
            return;
        }
        let Some(kept) = &mut self.act else {
            self.act = Some(act);
            self.by.push(by);
            return;
        };
        let family = |a: &Act<'_>| a.kind.facts().family;
        self.is_sure &= kept.source == act.source && family(kept) == family(&act);
        kept.source_port = agreed(kept.source_port, act.source_port);
        kept.destination = agreed(kept.destination, act.destination);
        kept.destination_port = agreed(kept.destination_port, act.destination_port);
        kept.transport = agreed(kept.transport, act.transport);
        kept.user = agreed(kept.user, act.user);
        if self.by.last().is_none_or(|(d, _)| d.id != by.0.id) {
            self.by.push(by);
        }
    }

    fn settled(self, envelope: Envelope<'a>) -> Option<Timeless<'a>> {
        let act = self.act.filter(|a| self.is_sure && a.source != Some(Addr::NOBODY))?;
        Some(Timeless { envelope, act, by: self.by })
    }
}

/// What both say, where neither contradicts the other.
fn agreed<T: PartialEq>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => (a == b).then_some(a),
        (a, b) => a.or(b),
    }
}

impl Timeless<'_> {
    /// The one dialect that read it.
    #[must_use]
    pub fn dialect(&self) -> Option<&'static Dialect> {
        match self.by.as_slice() {
            [(one, _)] => Some(one),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(line: &str) -> String {
        match read(line.as_bytes()) {
            None => "-".into(),
            Some(t) => format!(
                "{} {}{}{} {}",
                t.dialect().map_or("several", |d| d.id),
                t.act.source.unwrap(),
                t.act.source_port.map_or(String::new(), |p| format!(":{p}")),
                t.act.destination.map_or(String::new(), |d| format!(" to {d}")),
                t.act.kind.facts().action,
            ),
        }
    }

    #[test]
    fn one_source_or_nothing() {
        for (line, want) in [
            (
                "Failed password for root from 203.0.113.9 port 4711 ssh2",
                "sshd 203.0.113.9:4711 ssh-login-failed",
            ),
            (
                "sshd[811]: Failed password for root from 203.0.113.9 port 4711 ssh2",
                "sshd 203.0.113.9:4711 ssh-login-failed",
            ),
            (
                "<38>sshd[811]: Failed password for root from 203.0.113.9 port 4711 ssh2",
                "sshd 203.0.113.9:4711 ssh-login-failed",
            ),
            (
                "web1 sshd[811]: Failed password for root from 203.0.113.9 port 4711 ssh2",
                "sshd 203.0.113.9:4711 ssh-login-failed",
            ),
            (
                "%ASA-4-106023: Deny tcp src outside:203.0.113.9/4711 dst inside:192.0.2.7/22 by access-group \"a\" [0x0, 0x0]",
                "cisco_asa 203.0.113.9:4711 to 192.0.2.7 packet-denied",
            ),
            // Two readings that name two sources.
            (
                "Failed password for a from 198.51.100.1 port 1 ssh2: x from 203.0.113.9 port 4711 ssh2",
                "-",
            ),
            // Another program's tag: none of ours reads it, and what it quotes is no message.
            ("CRON[811]: Failed password for root from 203.0.113.9 port 4711 ssh2", "-"),
            ("nginx: said: Failed password for root from 203.0.113.9 port 4711 ssh2", "-"),
            // A tag of ours, with words that another program's would be.
            ("postfix/smtpd[2]: Failed password for root from 203.0.113.9 port 4711 ssh2", "-"),
            ("Server listening on 0.0.0.0 port 22.", "-"),
            ("", "-"),
        ] {
            assert_eq!(says(line), want, "{line}");
        }
    }
}
