//! One line as a fact with its circumstances, and as a JSON object in ECS 8 names.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;

use ipnet::IpNet;

use crate::addr::Addr;
use crate::class::{Class, Family, Reading};
use crate::days::SECOND;
use crate::dialect::{Act, Kind, Transport, Weight};
use crate::envelope::Envelope;
use crate::text::json_string;
use crate::time::{Fold, Instant, Moment};

/// What the operator of the logs told us of their own side.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    /// Our networks: a source in them is never reported.
    pub mine: Vec<IpNet>,
    /// Ports that are open to all: a refused packet to them is no scan.
    pub served: Vec<(u16, Transport)>,
    /// Hosts by the name they log under.
    pub hosts: HashMap<Vec<u8>, HostFacts>,
}

/// What is told of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// The address that was attacked.
    pub address: Option<Addr>,
    /// Where its sshd listens, if not at 22.
    pub ssh_port: Option<u16>,
    /// Where its smtpd listens, if not at 25.
    pub smtp_port: Option<u16>,
    /// Where it takes mail from its users, if not at 587.
    pub submission_port: Option<u16>,
    /// Where its IMAP server listens, if not at 143.
    pub imap_port: Option<u16>,
    /// Where its POP server listens, if not at 110.
    pub pop3_port: Option<u16>,
}

impl HostFacts {
    /// Where a mail service listens, by its standard port, if that was told.
    fn mail_port(&self, standard: u16) -> Option<u16> {
        match standard {
            25 => self.smtp_port,
            587 => self.submission_port,
            143 => self.imap_port,
            110 => self.pop3_port,
            _ => None,
        }
    }
}

impl Ours {
    /// Our port of a line of sshd that does not say it.
    #[must_use]
    pub fn ssh_port(&self, host: &[u8]) -> u16 {
        self.hosts.get(host).and_then(|h| h.ssh_port).unwrap_or(22)
    }

    /// Where a mail service of a host listens, by its standard port.
    #[must_use]
    pub fn told_mail_port(&self, host: &[u8], standard: u16) -> u16 {
        self.hosts.get(host).and_then(|h| h.mail_port(standard)).unwrap_or(standard)
    }

    /// Whether any mail service of a host listens elsewhere than at its standard port.
    #[must_use]
    pub fn tells_mail_ports(&self, host: &[u8]) -> bool {
        [25, 587, 143, 110].iter().any(|p| self.told_mail_port(host, *p) != *p)
    }

    /// Our port of a line of a mail server that does not say it; 0 where nothing does.
    #[must_use]
    pub fn mail_port(&self, host: &[u8], kind: Kind, program: &[u8], message: &[u8]) -> u16 {
        match mail_port(program, message) {
            // Exim and Sendmail do not name the service. Only mail is refused by one that speaks SMTP; who
            // tells the port of logs without a host speaks of such a server, too.
            0 if kind.facts().class.is_some_and(is_smtp) || host.is_empty() || is_mta(program) => {
                self.hosts.get(host).and_then(|h| h.smtp_port).unwrap_or(0)
            }
            port => self.told_mail_port(host, port),
        }
    }

    /// Whether an address lies in our networks.
    #[must_use]
    pub fn is_mine(&self, addr: Addr) -> bool {
        !self.mine.is_empty() && {
            let ip = addr.ip();
            self.mine.iter().any(|n| n.contains(&ip))
        }
    }

    /// Whether a refused packet to this port opens nothing of note.
    #[must_use]
    pub fn is_served(&self, port: Option<u16>, transport: Option<Transport>) -> bool {
        match (port, transport) {
            (Some(p), Some(t)) => self.served.contains(&(p, t)),
            _ => false,
        }
    }

    /// The kind an act has, given what is ours.
    #[must_use]
    #[inline]
    pub fn judge(&self, act: &Act<'_>) -> Kind {
        if act.kind == Kind::Packet
            && (act.source.is_some_and(|s| self.is_mine(s))
                || self.is_served(act.destination_port, act.transport))
        {
            return Kind::PacketBenign;
        }
        act.kind
    }
}

/// The standard port of a mail service, told by the program or the message's own prefix.
#[must_use]
pub fn mail_port(program: &[u8], message: &[u8]) -> u16 {
    let has = |text: &[u8], word: &[u8]| memchr::memmem::find(text, word).is_some();
    let head = message.get(..message.len().min(24)).unwrap_or_default();
    for (word, port) in [
        (&b"pop3"[..], 110),
        (b"imap", 143),
        (b"sieve", 4190),
        (b"submission", 587),
        (b"smtps", 465),
        (b"smtpd", 25),
        (b"postscreen", 25),
    ] {
        if has(program, word) || (program.starts_with(b"dovecot") && head.starts_with(word)) {
            return port;
        }
    }
    0
}

const fn is_smtp(class: Class) -> bool {
    matches!(class, Class::Spam | Class::RelayAttempt | Class::Harvest | Class::SmtpProbe)
}

fn is_mta(program: &[u8]) -> bool {
    let of = |name: &[u8]| program.starts_with(name);
    of(b"exim") || of(b"sendmail") || of(b"sm-mta")
}

/// Our end of what an act tells, and which parts of it were not in the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OurEnd {
    /// Our address.
    pub addr: Option<Addr>,
    /// Our port.
    pub port: Option<u16>,
    /// The address comes from the configuration.
    pub assumed_addr: bool,
    /// The port is the service's standard one, or from the configuration.
    pub assumed_port: bool,
}

impl OurEnd {
    /// Our end, from the line where it says, else from what was told and what is usual.
    #[must_use]
    pub fn of(act: &Act<'_>, envelope: &Envelope<'_>, ours: &Ours) -> Self {
        let mut end = Self { addr: act.destination, port: act.destination_port, ..Self::default() };
        let family = act.kind.facts().family;
        if family == Family::Firewall {
            return end;
        }
        let host = ours.hosts.get(envelope.host);
        if end.addr.is_none() {
            end.addr = host.and_then(|h| h.address);
            end.assumed_addr = end.addr.is_some();
        }
        if end.port.is_none() {
            end.port = match family {
                Family::Sshd => Some(ours.ssh_port(envelope.host)),
                _ => {
                    let Envelope { host, program, message, .. } = envelope;
                    Some(ours.mail_port(host, act.kind, program, message)).filter(|p| *p > 0)
                }
            };
            end.assumed_port = end.port.is_some();
        }
        end
    }
}

/// A line, ready to be written.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// When; none where the year or zone is unknown.
    pub moment: Option<Moment>,
    /// The zone that was told, by name.
    pub zone: &'a str,
    /// Its envelope.
    pub envelope: &'a Envelope<'a>,
    /// What it says.
    pub act: Option<Act<'a>>,
    /// The sources its readings name, where they are several.
    pub candidates: &'a [Act<'a>],
    /// How it reads in the end.
    pub reading: Reading,
    /// The class of its incident, where hostile.
    pub class: Option<Class>,
    /// The dialect that read it.
    pub dataset: &'a str,
    /// Its family.
    pub family: Option<Family>,
    /// Our end.
    pub our_end: OurEnd,
    /// The input.
    pub path: &'a Path,
    /// The line's number, from 1.
    pub line: u64,
    /// Its offset in the unpacked input.
    pub offset: u64,
    /// The line itself, where it is wanted.
    pub original: Option<&'a [u8]>,
}

fn key(out: &mut Vec<u8>, name: &str) {
    if !matches!(out.last(), Some(b'{')) {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn string(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    key(out, name);
    json_string(out, value);
}

fn display(out: &mut Vec<u8>, name: &str, value: impl std::fmt::Display) {
    key(out, name);
    let _ = write!(out, "{value}");
}

impl Event<'_> {
    /// Appends the event as one JSON object and a newline. Absent facts are absent keys.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        if let Some(m) = self.moment {
            key(out, "@timestamp");
            out.push(b'"');
            m.at.write(out);
            out.push(b'"');
        }
        key(out, "event");
        self.write_event(out);
        if let Some(act) = &self.act {
            self.write_ends(act, out);
        }
        if !self.envelope.host.is_empty() {
            key(out, "host");
            out.push(b'{');
            string(out, "hostname", self.envelope.host);
            out.push(b'}');
        }
        if !self.envelope.program.is_empty() {
            key(out, "process");
            out.push(b'{');
            string(out, "name", self.envelope.program);
            if let Some(pid) = self.envelope.pid {
                display(out, "pid", pid);
            }
            out.push(b'}');
        }
        key(out, "log");
        out.extend_from_slice(b"{\"file\":{");
        string(out, "path", self.path.as_os_str().as_encoded_bytes());
        out.push(b'}');
        display(out, "offset", self.offset);
        out.push(b'}');
        self.write_plaint(out);
        out.extend_from_slice(b"}\n");
    }

    fn write_event(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        string(out, "kind", b"event");
        if let Some(act) = &self.act {
            let facts = act.kind.facts();
            let category = match (facts.family, facts.class) {
                (Family::Firewall, _) | (_, Some(Class::SshProbe | Class::SmtpProbe)) => "network",
                (Family::Mail, Some(Class::Spam | Class::RelayAttempt | Class::Harvest)) => "email",
                (Family::Mail, None) if facts.weight != Weight::Success => "email",
                _ => "authentication",
            };
            key(out, "category");
            let _ = write!(out, "[\"{category}\"]");
            string(out, "action", facts.action.as_bytes());
            if facts.weight == Weight::Success
                || act.kind == Kind::MailAccepted
                || act.kind == Kind::PacketAllowed
            {
                string(out, "outcome", b"success");
            } else if self.reading == Reading::Hostile || facts.class.is_some() {
                string(out, "outcome", b"failure");
            }
        }
        if !self.dataset.is_empty() {
            string(out, "dataset", self.dataset.as_bytes());
        }
        if let Some(line) = self.original
            && std::str::from_utf8(line).is_ok()
        {
            string(out, "original", line);
        }
        out.push(b'}');
    }

    fn write_ends(&self, act: &Act<'_>, out: &mut Vec<u8>) {
        if act.source.is_some() || act.source_port.is_some() {
            key(out, "source");
            out.push(b'{');
            if let Some(a) = act.source {
                key(out, "ip");
                let _ = write!(out, "\"{a}\"");
            }
            if let Some(p) = act.source_port {
                display(out, "port", p);
            }
            out.push(b'}');
        }
        let end = &self.our_end;
        if end.addr.is_some() || end.port.is_some() {
            key(out, "destination");
            out.push(b'{');
            if let Some(a) = end.addr {
                key(out, "ip");
                let _ = write!(out, "\"{a}\"");
            }
            if let Some(p) = end.port {
                display(out, "port", p);
            }
            out.push(b'}');
        }
        let transport = act
            .transport
            .or((act.kind.facts().family != Family::Firewall).then_some(Transport::Tcp));
        if let Some(t) = transport
            && t != Transport::Other
        {
            key(out, "network");
            out.push(b'{');
            string(out, "transport", t.word().as_bytes());
            out.push(b'}');
        }
        if let Some(user) = act.user {
            key(out, "user");
            out.push(b'{');
            string(out, "name", user);
            out.push(b'}');
        }
    }

    fn write_plaint(&self, out: &mut Vec<u8>) {
        key(out, "plaint");
        out.push(b'{');
        string(out, "reading", self.reading.word().as_bytes());
        if let Some(f) = self.family {
            string(out, "family", f.word().as_bytes());
        }
        if let Some(c) = self.class {
            string(out, "class", c.word().as_bytes());
        }
        if let Some(act) = &self.act
            && self.reading == Reading::Hostile
            && self.family != Some(Family::Firewall)
        {
            let counted = act.kind.facts().tally != crate::dialect::Tally::None;
            display(out, "attempts", if counted { act.count } else { 0 });
        }
        display(out, "line", self.line);
        if let Some(m) = self.moment {
            self.write_basis(m, out);
        }
        if !self.candidates.is_empty() {
            key(out, "candidates");
            out.push(b'[');
            for (i, act) in self.candidates.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                match act.source {
                    Some(a) => {
                        let _ = write!(out, "\"{a}\"");
                    }
                    None => out.extend_from_slice(b"null"),
                }
            }
            out.push(b']');
        }
        let end = &self.our_end;
        if end.assumed_addr || end.assumed_port {
            key(out, "assumed");
            let words: &[u8] = match (end.assumed_addr, end.assumed_port) {
                (true, true) => b"[\"destination.ip\",\"destination.port\"]",
                (true, false) => b"[\"destination.ip\"]",
                _ => b"[\"destination.port\"]",
            };
            out.extend_from_slice(words);
        }
        if let Some(line) = self.original
            && std::str::from_utf8(line).is_err()
        {
            string(out, "original_base64", base64(line).as_bytes());
        }
        out.push(b'}');
    }

    fn write_basis(&self, m: Moment, out: &mut Vec<u8>) {
        key(out, "time_basis");
        out.push(b'{');
        key(out, "zone");
        if m.basis.told_zone {
            let _ = write!(out, "\"told:{}\"", self.zone);
        } else {
            out.extend_from_slice(b"\"stated\"");
        }
        string(out, "year", if m.basis.inferred_year { b"inferred" } else { b"stated" });
        if m.basis.past_end {
            display(out, "past_end", true);
        }
        match m.basis.fold {
            Fold::None => {}
            Fold::First | Fold::Second => {
                string(out, "fold", if m.basis.uptime { b"uptime" } else { b"order" });
            }
            Fold::Gap => string(out, "fold", b"gap"),
            Fold::Ambiguous(later) => {
                string(out, "fold", b"ambiguous");
                let other = Instant { nanos: m.at.nanos + i64::from(later) * SECOND, ..m.at };
                string(out, "or", other.to_string().as_bytes());
            }
        }
        out.push(b'}');
    }
}

/// Standard base64 (RFC 4648 §4), for the rare line that is not UTF-8.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |[a, b, c]: [u8; 3]| {
        let bits = u32::from_be_bytes([0, a, b, c]);
        [18, 12, 6, 0].map(|by| ALPHABET.get((bits >> by & 63) as usize).copied().unwrap_or(b'='))
    };
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    let (whole, rest) = bytes.as_chunks::<3>();
    for group in whole {
        out.extend_from_slice(&four(*group));
    }
    if let [a, more @ ..] = rest {
        let last = four([*a, more.first().copied().unwrap_or(0), 0]);
        out.extend(last.iter().take(1 + rest.len()));
        out.extend(std::iter::repeat_n(b'=', 3 - rest.len()));
    }
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_by_the_rfc() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
