//! `events --format intelmq`: an event under the names of IntelMQ's data format.
//!
//! The names and classes are those of IntelMQ 3 (docs.intelmq.org, "Data format" and
//! "Classification"), which takes its classes from the Reference Security Incident Taxonomy.

use std::io::Write as _;

use crate::class::Class;
use crate::event::Event;
use crate::text::json_string;

/// Taxonomy, type and identifier of a class.
#[must_use]
pub const fn classification(class: Class) -> (&'static str, &'static str, &'static str) {
    match class {
        Class::SshLogin => ("intrusion-attempts", "brute-force", "ssh"),
        Class::MailLogin => ("intrusion-attempts", "brute-force", "mail"),
        Class::SshProbe => ("information-gathering", "scanner", "ssh"),
        Class::SmtpProbe => ("information-gathering", "scanner", "smtp"),
        Class::Harvest => ("information-gathering", "scanner", "mail-address"),
        Class::PortScan => ("information-gathering", "scanner", "port-scan"),
        Class::HostSweep => ("information-gathering", "scanner", "host-sweep"),
        Class::Probe => ("information-gathering", "scanner", "probe"),
        Class::Spam => ("abusive-content", "spam", "refused-mail"),
        Class::RelayAttempt => ("abusive-content", "spam", "relay-attempt"),
        Class::Flood => ("availability", "ddos", "flood"),
        Class::Blocklisted => ("other", "blacklist", "blocklisted"),
        Class::OpenRelay => ("vulnerable", "vulnerable-system", "open-relay"),
    }
}

/// Appends the event as one line; nothing of one without a source, class or time.
pub fn write(out: &mut Vec<u8>, e: &Event<'_>) {
    let (Some(act), Some(class), Some(moment)) = (&e.act, e.class, e.moment) else { return };
    let Some(source) = act.source else { return };
    let (taxonomy, kind, identifier) = classification(class);
    let at = moment.at.to_string();
    let mut text = |key: &str, value: &[u8]| {
        if value.is_empty() {
            return;
        }
        out.extend_from_slice(if key == "time.source" { b"{" } else { b"," });
        json_string(out, key.as_bytes());
        out.push(b':');
        json_string(out, value);
    };
    text("time.source", at.replace('Z', "+00:00").as_bytes());
    text("source.ip", source.to_string().as_bytes());
    if let Some(to) = e.our_end.addr {
        text("destination.ip", to.to_string().as_bytes());
    }
    text("protocol.transport", act.transport.map_or("", |t| t.word()).as_bytes());
    text("classification.taxonomy", taxonomy.as_bytes());
    text("classification.type", kind.as_bytes());
    text("classification.identifier", identifier.as_bytes());
    text("destination.account", act.user.unwrap_or_default());
    text("event_description.text", act.kind.facts().action.as_bytes());
    text("extra.class", class.word().as_bytes());
    text("extra.host", e.envelope.host);
    text("extra.program", e.envelope.program);
    text("extra.file", e.path.as_os_str().as_encoded_bytes());
    let mut number = |key: &str, value: Option<u64>| {
        if let Some(n) = value {
            let _ = write!(out, ",\"{key}\":{n}");
        }
    };
    number("source.port", act.source_port.filter(|p| *p > 0).map(u64::from));
    number("destination.port", e.our_end.port.filter(|p| *p > 0).map(u64::from));
    number("extra.attempts", Some(u64::from(act.count)));
    number("extra.line", Some(e.line));
    number("extra.offset", Some(e.offset));
    if let Some(line) = e.original {
        let _ = write!(out, ",\"raw\":\"{}\"", crate::event::base64(line));
    }
    out.extend_from_slice(b"}\n");
}
