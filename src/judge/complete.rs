//! What is missing of the facts: destination, ports, protocol, times, clock, lines.

use std::collections::BTreeSet;

use crate::class::{Class, Family};
use crate::dialect::Transport;
use crate::operator::{Need, Profile};
use crate::time::Fold;

use super::case::{Part, lacking};
use super::finding::{Effect, Finding};
use super::line::EvidenceLine;

/// Every check of the facts, over one mailbox's part of a case.
#[must_use]
pub fn facts(part: &Part<'_, '_>) -> Vec<Finding> {
    let lines = part.lines();
    let mut out = Vec::new();
    out.extend(log(part, &lines));
    if lines.is_empty() {
        return out;
    }
    for incident in part.incidents {
        let class = incident.tally.class;
        let of_class: Vec<&EvidenceLine> =
            lines.iter().copied().filter(|l| l.is_of(&[class])).collect();
        out.extend(destination(part, class, &of_class));
        out.extend(destination_port(part, class, &of_class));
        out.extend(protocol(part, class, &of_class));
        out.extend(source_port(part, class, &of_class));
        out.extend(headers(part, class));
    }
    out.extend(times(&lines));
    out.extend(clock(part));
    out
}

fn log(part: &Part<'_, '_>, lines: &[&EvidenceLine]) -> Vec<Finding> {
    let mut out = Vec::new();
    let most = part.line_max();
    let fit = lines.iter().filter(|l| l.left_out(most).is_none()).count();
    if lines.is_empty() {
        out.push(Finding::new(
            "LOG-1",
            Effect::Hold,
            "0 lines",
            "not one line of log could be read back.".to_owned(),
        ));
    } else if fit == 0 {
        out.push(
            Finding::new(
                "LOG-1",
                Effect::Draft,
                format!("0 of {} lines", lines.len()),
                "no line can stand in the mail: each is too long, or holds an address that is \
                 neither the source's nor ours."
                    .to_owned(),
            )
            .remedy("name our own networks (networks.mine, --me CIDR), or choose lines of evidence.log by hand"),
        );
    }
    if let Some(p) = part.rules {
        out.extend(unedited(part, p));
        if p.log.unedited == Need::Must && !lines.is_empty() && part.as_logged().is_none() {
            out.push(
                Finding::new(
                    "LOG-1",
                    Effect::Draft,
                    "several offsets",
                    format!(
                        "{} wants lines as they were logged, and these are in more than one zone \
                         or offset; the report has them in UTC.",
                        p.name
                    ),
                )
                .remedy("make one report for each: give --since and --until, or fewer files")
                .by(part.authority()),
            );
        }
        if p.log.window_before_min.or(p.log.window_after_min).is_some() {
            let of = |m: Option<u32>| m.unwrap_or(0);
            out.push(
                Finding::new(
                    "LOG-4",
                    Effect::Warn,
                    "this source's lines alone",
                    format!(
                        "{} wants the log from {} minutes before to {} minutes after.",
                        p.name,
                        of(p.log.window_before_min),
                        of(p.log.window_after_min)
                    ),
                )
                .by(part.authority()),
            );
        }
    }
    out
}

/// Lines as they were logged, and something that speaks against it: one of
/// the two has to give way, and which is for the user to say.
fn unedited(part: &Part<'_, '_>, p: &Profile) -> Option<Finding> {
    if p.log.unedited != Need::Must {
        return None;
    }
    let filing = &part.context.config.filing;
    let against = if !filing.redact.is_empty() {
        "filing.redact changes them"
    } else if !p.redact.default.is_empty() {
        "its own file has them redacted"
    } else if p.redact.shared_with_customer {
        "its customer gets to read them"
    } else {
        return None;
    };
    let text = format!("{} wants lines as they were logged, and {against}", p.name);
    let finding = |effect, end: &str| {
        Finding::new("RED-1", effect, "unedited", format!("{text}{end}.")).by(part.authority())
    };
    Some(if part.sent_unedited() {
        finding(Effect::Note, "; they go as they are, as was decided (filing.unedited_to)")
    } else {
        finding(Effect::Draft, "").remedy(format!(
            "decide: set [filing] unedited_to = [{:?}] in plaint.toml to send them as they are, or \
             send the report elsewhere",
            p.id
        ))
    })
}

fn destination(part: &Part<'_, '_>, class: Class, lines: &[&EvidenceLine]) -> Option<Finding> {
    let known: BTreeSet<_> = lines.iter().filter_map(|l| l.destination).collect();
    if known.is_empty() {
        let effect = lacking(part.need(|p| p.fields.dst_ip))?;
        let hosts = hosts(lines);
        let name = host(&hosts);
        return Some(
            Finding::new("DST-1", effect, "not logged", "the address that was attacked is not known.".to_owned())
                .class(class)
                .remedy(format!(
                    "say it once, in plaint.toml: [hosts] then {name:?} = {{ address = \"ADDRESS\" }}{}",
                    if hosts.len() > 1 {
                        format!(" (hosts: {})", hosts.iter().cloned().collect::<Vec<_>>().join(", "))
                    } else {
                        String::new()
                    }
                ))
                .by(part.authority()),
        );
    }
    let config = part.context.config;
    let ours = |ip| {
        config.networks.is_mine(ip) || config.hosts.values().any(|h| h.addresses.contains(&ip))
    };
    let stated = !config.networks.mine.is_empty();
    (stated && !known.iter().any(|a| ours(a.ip()))).then(|| {
        Finding::new(
            "DST-1",
            Effect::Warn,
            known.first().map_or_else(String::new, ToString::to_string),
            "no destination lies in networks.mine.".to_owned(),
        )
        .class(class)
        .remedy("add our other networks to networks.mine in plaint.toml, or give --me CIDR")
        .by(part.authority())
    })
}

/// The hosts that the lines name, five at most.
fn hosts(lines: &[&EvidenceLine]) -> BTreeSet<String> {
    let names = lines.iter().map(|l| crate::text::Untrusted(&l.host).ascii());
    names.filter(|h| !h.is_empty()).take(5).collect()
}

/// The name that one of them has in the configuration: the empty one is that of logs that name none.
fn host(hosts: &BTreeSet<String>) -> &str {
    hosts.first().map_or("", String::as_str)
}

/// Whether a class's lines are all of a protocol that has no ports.
fn portless(lines: &[&EvidenceLine]) -> bool {
    lines.iter().all(|l| matches!(l.carried_by(), Some(Transport::Icmp | Transport::Other)))
}

fn destination_port(part: &Part<'_, '_>, class: Class, lines: &[&EvidenceLine]) -> Option<Finding> {
    if portless(lines) || lines.iter().any(|l| l.destination_port.is_some()) {
        return None;
    }
    let known = part.case.source.family(class.family()).is_some_and(|t| t.ports_count() > 0);
    if known {
        return None;
    }
    let effect = lacking(part.need(|p| p.fields.dst_port))?;
    Some(
        Finding::new(
            "DST-2",
            effect,
            "not logged",
            "the port that was attacked is not known.".to_owned(),
        )
        .class(class)
        .remedy(match class {
            Class::MailLogin if !hosts(lines).is_empty() => {
                "have the daemon that was asked for the login write its log, too: it names the service; \
                 of Exim and Sendmail plaint.toml says the port: [hosts] then HOST = { address = \
                 \"ADDRESS\", smtp_port = 25 }"
                    .to_owned()
            }
            _ => format!(
                "say it in plaint.toml: [hosts] then {:?} = {{ address = \"ADDRESS\", smtp_port = 25 }}",
                host(&hosts(lines))
            ),
        })
        .by(part.authority()),
    )
}

fn protocol(part: &Part<'_, '_>, class: Class, lines: &[&EvidenceLine]) -> Option<Finding> {
    let named = |l: &&EvidenceLine| l.carried_by().is_some_and(|t| t != Transport::Other);
    if lines.iter().any(named) {
        return None;
    }
    let effect = lacking(part.need(|p| p.fields.protocol))?;
    Some(
        Finding::new(
            "PRO-1",
            effect,
            "not logged",
            "the transport protocol is not known.".to_owned(),
        )
        .class(class)
        .remedy("have the firewall log the protocol of each packet")
        .by(part.authority()),
    )
}

fn source_port(part: &Part<'_, '_>, class: Class, lines: &[&EvidenceLine]) -> Option<Finding> {
    if portless(lines) || lines.iter().any(|l| l.source_port.is_some()) {
        return None;
    }
    let effect = lacking(part.need(|p| p.fields.source_port))?;
    let text = "no line has the source's port: where customers share an address, nobody can \
                tell whose connection it was (RFC 6302)."
        .to_owned();
    Some(
        Finding::new("SRC-4", effect, "not logged", text)
            .class(class)
            .remedy(log_the_port(class, lines))
            .by(part.authority()),
    )
}

/// How to have that daemon log the source's port.
fn log_the_port(class: Class, lines: &[&EvidenceLine]) -> &'static str {
    let by = |word: &str| {
        lines.iter().any(|l| {
            l.dialect.contains(word) || memchr::memmem::find(&l.program, word.as_bytes()).is_some()
        })
    };
    if by("postfix") {
        "for the next time, in Postfix's main.cf: smtpd_client_port_logging = yes"
    } else if by("exim") {
        "for the next time, in Exim's configuration: log_selector = +incoming_port"
    } else if by("dovecot") {
        "for the next time, in Dovecot: login_log_format_elements = user=<%u> method=%m rip=%r rport=%b lip=%l lport=%a session=<%{session}>"
    } else {
        match class.family() {
            Family::Sshd => {
                "for the next time: sshd logs the port by itself since OpenSSH 7.0 where LogLevel is \
                 INFO or above; PAM's lines never do, so keep sshd's own"
            }
            Family::Firewall => {
                "for the next time: have the firewall log the source port (SPT= of netfilter)"
            }
            Family::Mail => "for the next time: have the mail server log the client's port",
        }
    }
}

/// Full headers are asked for, and a refused message has none. An open relay
/// is shown by a message that went through it, and by its name.
fn headers(part: &Part<'_, '_>, class: Class) -> Vec<Finding> {
    match class {
        Class::Spam | Class::RelayAttempt | Class::Harvest => vec![
            Finding::new(
                "HDR-1",
                Effect::Note,
                "refused",
                "the mail was refused before it was sent: there is no message and there are no headers."
                    .to_owned(),
            )
            .class(class),
        ],
        Class::OpenRelay => {
            let lacks = |id, need, value: &str, text: &str, remedy: &'static str| {
                let finding = Finding::new(id, lacking(need)?, value, text.to_owned());
                Some(finding.class(class).remedy(remedy).by(part.authority()))
            };
            [
                lacks(
                    "HDR-1",
                    part.need(|p| p.fields.full_headers),
                    "none",
                    "the relayed message with all its header lines is not there.",
                    "paste the message as it was received, our own Received line first, into report.txt and report.eml",
                ),
                lacks(
                    "HDR-2",
                    part.need(|p| p.fields.fqdn),
                    "none",
                    "the full name of the relay is not known: logs name it as it called itself.",
                    "look its address up by hand and write the name beside it in report.txt and report.eml",
                ),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        _ => Vec::new(),
    }
}

fn times(lines: &[&EvidenceLine]) -> Vec<Finding> {
    let count = |of: &dyn Fn(&EvidenceLine) -> bool| lines.iter().filter(|l| of(l)).count();
    let mut out = Vec::new();
    let years = count(&|l| l.moment.basis.inferred_year);
    if years > 0 {
        out.push(Finding::new(
            "TIM-3",
            Effect::Note,
            format!("{years} lines"),
            "the log states no year; it follows from the order of lines and the end of the file."
                .to_owned(),
        ));
    }
    let zones: BTreeSet<&str> =
        lines.iter().filter(|l| l.moment.basis.told_zone).map(|l| &*l.zone).collect();
    if !zones.is_empty() {
        let zones: Vec<&str> = zones.into_iter().collect();
        out.push(Finding::new(
            "TIM-3",
            Effect::Note,
            zones.join(", "),
            "the log states no zone; it was told.".to_owned(),
        ));
    }
    let twice = count(&|l| matches!(l.moment.basis.fold, Fold::Ambiguous(_)));
    if twice > 0 {
        out.push(Finding::new(
            "TIM-6",
            Effect::Warn,
            format!("{twice} lines"),
            "the local time of these lines happened twice, and nothing says which is meant; the \
             earlier was taken."
                .to_owned(),
        ));
    }
    let gap = count(&|l| l.moment.basis.fold == Fold::Gap);
    if gap > 0 {
        out.push(
            Finding::new(
                "TIM-6",
                Effect::Warn,
                format!("{gap} lines"),
                "the local time of these lines never happened in the zone that was told."
                    .to_owned(),
            )
            .remedy("check the zone that was told (--tz)"),
        );
    }
    out
}

fn clock(part: &Part<'_, '_>) -> Option<Finding> {
    let need = part.need(|p| p.time.clock);
    let clock = part.context.clock;
    if clock.synchronised.is_none() {
        let effect = lacking(need)?;
        return Some(
            Finding::new(
                "TIM-5",
                effect,
                "not known",
                "whether the clock of the logging host was right is not known.".to_owned(),
            )
            .remedy(
                "run `chronyc tracking > chrony-tracking.txt` on that host and set [clock] chronyc = \
                 \"chrony-tracking.txt\" in plaint.toml, or say there synchronised, bound_seconds and measured",
            )
            .by(part.authority()),
        );
    }
    let weak = clock.synchronised == Some(false) || clock.bound_seconds.is_none();
    (weak && matches!(need, Need::Must | Need::Should)).then(|| {
        let (value, text) = if clock.synchronised == Some(false) {
            ("not synchronised", "the clock of the logging host was not synchronised.")
        } else {
            ("no bound", "how far the clock can have been wrong is not known.")
        };
        Finding::new("TIM-5", Effect::Warn, value, text.to_owned()).by(part.authority())
    })
}
