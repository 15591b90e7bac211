//! The incident blocks: one per class, with labels that desks and robots know.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::class::Family;
use crate::config::Redaction;
use crate::dialect::Transport;
use crate::judge::{EvidenceLine, Incident, Part};

use super::redact::Redactor;
use super::text::{plain, second};
use crate::bundle::words::title;

/// What stands where the log does not say.
pub const NOT_LOGGED: &str = "not logged";

/// Values listed in one line; the rest are counted.
const LISTED: usize = 40;

/// Octets of such a list: a line of a mail has 998, and two lists may share one.
const LISTED_OCTETS: usize = 400;

/// All blocks.
#[must_use]
pub fn blocks(part: &Part<'_, '_>, redactor: &mut Redactor) -> String {
    let lines = part.lines();
    let mut out = String::new();
    for incident in part.incidents {
        let of_class: Vec<&EvidenceLine> =
            lines.iter().copied().filter(|l| l.is_of(&[incident.tally.class])).collect();
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str("INCIDENT (all times UTC)\n");
        block(&mut out, part, incident, &of_class, redactor);
    }
    out
}

fn block(
    out: &mut String,
    part: &Part<'_, '_>,
    incident: &Incident,
    lines: &[&EvidenceLine],
    redactor: &mut Redactor,
) {
    let tally = &incident.tally;
    let class = tally.class;
    let own = part
        .rules
        .and_then(|p| p.words.get(&crate::config::ClassWord(class)))
        .map(|w| format!(" ({})", plain(w)))
        .unwrap_or_default();
    let carriers = carriers(part, incident, lines);
    let portless = !carriers.is_empty()
        && carriers.iter().all(|t| matches!(t, Transport::Icmp | Transport::Other));
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(out, "{label:<18}: {value}");
    };
    row("Type", &format!("{class}: {}{own}", title(class)));
    row("Source IP", &part.case.addr.to_string());
    row("Source ports", &source_ports(lines, portless));
    row("Destination IP", &destinations(part, lines, redactor));
    row("Destination port", &destination_ports(part, incident, lines, portless));
    let protocol: Vec<&str> =
        carriers.iter().filter(|t| **t != Transport::Other).map(|t| t.word()).collect();
    row(
        "Protocol",
        if protocol.is_empty() { NOT_LOGGED.to_owned() } else { protocol.join(" ") }.as_str(),
    );
    row("First event", &second(tally.first));
    row("Last event", &second(tally.last));
    row("Number of events", &tally.events().to_string());
}

/// What carried it: counted for packets, TCP for sessions.
fn carriers(
    part: &Part<'_, '_>,
    incident: &Incident,
    lines: &[&EvidenceLine],
) -> BTreeSet<Transport> {
    let mut out: BTreeSet<Transport> = lines.iter().filter_map(|l| l.carried_by()).collect();
    if incident.tally.class.family() == Family::Firewall {
        let tally = part.case.source.family(Family::Firewall);
        if let Some(p) = tally.and_then(|t| t.packet()) {
            let counts = [
                (p.tcp, Transport::Tcp),
                (p.udp, Transport::Udp),
                (p.icmp, Transport::Icmp),
                (p.other, Transport::Other),
            ];
            out.extend(counts.into_iter().filter(|(n, _)| *n > 0).map(|(_, t)| t));
        }
    } else {
        out.insert(Transport::Tcp);
    }
    out
}

/// At most as many values as fit, and how many more there are.
fn list(values: impl IntoIterator<Item = String>) -> String {
    let values: Vec<String> = values.into_iter().collect();
    let mut out = String::new();
    let mut listed = 0;
    for value in values.iter().take(LISTED) {
        if out.len() + value.len() > LISTED_OCTETS {
            break;
        }
        if listed > 0 {
            out.push(' ');
        }
        out.push_str(value);
        listed += 1;
    }
    if values.len() > listed {
        let _ = write!(out, " and {} more", values.len() - listed);
    }
    out
}

fn source_ports(lines: &[&EvidenceLine], portless: bool) -> String {
    if portless {
        return "none (the protocol has no ports)".to_owned();
    }
    let ports: BTreeSet<u16> = lines.iter().filter_map(|l| l.source_port).collect();
    if ports.is_empty() {
        return NOT_LOGGED.to_owned();
    }
    list(ports.into_iter().map(|p| p.to_string()))
}

fn destinations(part: &Part<'_, '_>, lines: &[&EvidenceLine], redactor: &mut Redactor) -> String {
    let of = |assumed: bool| -> BTreeSet<_> {
        lines
            .iter()
            .filter(|l| l.assumed_destination == assumed)
            .filter_map(|l| l.destination)
            .collect()
    };
    let (logged, told) = (of(false), of(true));
    let config = part.context.config;
    let is_ours = |ip| {
        config.networks.is_mine(ip) || config.hosts.values().any(|h| h.addresses.contains(&ip))
    };
    let mut out = Vec::new();
    if !logged.is_empty() {
        let ours = logged.iter().all(|a| is_ours(a.ip()));
        let text = list(logged.iter().map(|a| redactor.destination(*a)));
        out.push(if ours { format!("{text} (ours)") } else { text });
        if redactor.hides(Redaction::Destination) {
            out.push("(withheld; the log has it)".to_owned());
        }
    }
    let told: Vec<String> = told.difference(&logged).map(|a| redactor.destination(*a)).collect();
    if !told.is_empty() {
        let held = if redactor.hides(Redaction::Destination) { "; withheld" } else { "" };
        out.push(format!("{} (assumed: not in the log, told by us of the host{held})", list(told)));
    }
    if out.is_empty() { NOT_LOGGED.to_owned() } else { out.join(" ") }
}

fn destination_ports(
    part: &Part<'_, '_>,
    incident: &Incident,
    lines: &[&EvidenceLine],
    portless: bool,
) -> String {
    if portless {
        return "none (the protocol has no ports)".to_owned();
    }
    let family = incident.tally.class.family();
    let of = |assumed: bool| -> BTreeSet<u16> {
        lines
            .iter()
            .filter(|l| l.assumed_port == assumed)
            .filter_map(|l| l.destination_port)
            .collect()
    };
    let mut logged = of(false);
    if family == Family::Firewall {
        // Counted over all lines, not only over those that were kept.
        logged.extend(part.case.source.family(family).into_iter().flat_map(|t| t.ports()));
    }
    let told: BTreeSet<u16> = of(true).difference(&logged).copied().collect();
    let mut out = Vec::new();
    if !logged.is_empty() {
        out.push(list(logged.iter().map(ToString::to_string)));
    }
    if !told.is_empty() {
        out.push(format!(
            "{} (assumed: not in the log, the port of the service)",
            list(told.iter().map(ToString::to_string))
        ));
    }
    if out.is_empty() { NOT_LOGGED.to_owned() } else { out.join(" ") }
}
