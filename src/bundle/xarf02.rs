//! `x-arf.eml`: one incident as a draft mail in X-ARF 0.2, for a desk whose file asks for it.
//!
//! The format (x-arf.org, 2012) is a mail of three parts: words for people, `report.txt` in YAML, and
//! `logfile.log`. Of its schemas only `login-attack` is known to be read as written, so other
//! classes have none. It says `X-XARF: PLAIN`, and nothing of `Auto-Submitted`, since a person sends it. A desk
//! that forbids attachments never gets one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::class::Class;
use crate::days::civil_from_days;
use crate::hash::sha256;
use crate::judge::{Incident, Part};
use crate::limits::XARF_EVIDENCE_BYTES;
use crate::operator::Need;
use crate::operator::profile::Kind;
use crate::time::Instant;

use super::letter::extract::{Extract, extract};
use super::letter::redact::Redactor;
use super::words::happened;

/// Octets of a line that mail programs have to take (RFC 5322 §2.1.1).
const LINE: usize = 998;

/// The mail, or why there is none. `shown` is the extract of the incident, where it was made before.
///
/// # Errors
///
/// What keeps the incident from being told in this form without a guess.
pub fn mail(
    part: &Part<'_, '_>,
    incident: &Incident,
    operator: &str,
    shown: Option<&Extract>,
) -> Result<Vec<u8>, String> {
    let fail = |why: &str| Err(why.to_owned());
    let tally = &incident.tally;
    let class = tally.class;
    let one = std::slice::from_ref(incident);
    let part = Part { incidents: one, ..*part };
    if part.rules.is_some_and(|rules| rules.text.attachments == Need::Forbid) {
        return fail("it is a mail with attachments, and the operator forbids them");
    }
    if !matches!(class, Class::SshLogin | Class::MailLogin) {
        return fail("it has no schema for this class that is known to be read");
    }
    let channel = part.channel.filter(|c| c.kind == Kind::Email);
    let Some(to) = channel.and_then(|c| c.to.as_deref()) else {
        return fail("there is no mailbox to send it to");
    };
    let Some(from) = part.context.config.reporter.email.as_deref() else {
        return fail("the reporter's address is not stated");
    };
    let Some((_, domain)) = from.rsplit_once('@') else {
        return fail("the reporter's address has no domain");
    };
    let (port, logged) = port(&part, class);
    let Some(service) = service(class, port) else {
        return fail("which service was attacked is not known");
    };
    let own;
    let extract = match shown {
        Some(shown) => shown,
        None => {
            own = extract(&part, &mut Redactor::of(&part));
            &own
        }
    };
    if extract.text.is_empty() {
        return fail("no line of the log can be shown");
    }
    if extract.text.len() > XARF_EVIDENCE_BYTES {
        return fail("the lines are longer than an evidence item may be");
    }

    let (source, when) = (part.case.addr, dated(tally.first));
    let id =
        format!("{operator}\n{to}\n{source}\n{class}\n{}\n{}\nx-arf 0.2", tally.first, tally.last);
    let id = sha256(id.as_bytes());
    let id = id.get(..32).unwrap_or_default();
    let mut words = happened(class, tally.events());
    let _ = write!(
        words,
        "\n\nSource IP: {source}\nFirst event: {}\nLast event: {}\n\nreport.txt says so for machines, logfile.log holds \
         log lines, {}.\nAll times are UTC.\n",
        tally.first,
        tally.last,
        if extract.edited { "their stamps put into UTC" } else { "as logged" },
    );
    if port.is_some() && !logged {
        words.push_str("The port is the service's usual one, not logged.\n");
    }
    let mut yaml = format!(
        "---\nReported-From: {from}\nCategory: abuse\nReport-ID: {id}@{domain}\nReport-Type: login-attack\n\
         Service: {service}\nVersion: 0.2\nUser-Agent: plaint {}\nDate: {when}\nSource-Type: {}\nSource: \"{source}\"\n",
        env!("CARGO_PKG_VERSION"),
        if source.v4().is_some() { "ipv4" } else { "ipv6" },
    );
    if let Some(port) = port {
        let _ = writeln!(yaml, "Port: {port}");
    }
    yaml.push_str(
        "Schema-URL: http://www.x-arf.org/schema/abuse_login-attack_0.1.2.json\nAttachment: text/plain\n",
    );
    // Out of the same text, so that nothing in it can be a boundary of its own.
    let boundary = format!("plaint-{id}");
    let mut out = format!(
        "From: {from}\nTo: {to}\nSubject: abuse report about {source} - {when}\nMessage-ID: <{id}@{domain}>\n\
         X-XARF: PLAIN\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\n"
    );
    for (name, text) in [("", &words), ("report.txt", &yaml), ("logfile.log", &extract.text)] {
        let named = match name {
            "" => String::new(),
            name => format!("; name=\"{name}\""),
        };
        let _ = write!(
            out,
            "\n--{boundary}\nContent-Type: text/plain; charset=utf-8{named}\nContent-Transfer-Encoding: 7bit\n\n{text}"
        );
    }
    let _ = writeln!(out, "\n--{boundary}--");
    if !out.is_ascii() || out.lines().any(|line| line.len() > LINE) {
        return fail("a line of it is none that every mail program takes");
    }
    Ok(out.into_bytes())
}

/// Our port that was tried most often, where it is known, and whether a line logs it; of equals the least.
fn port(part: &Part<'_, '_>, class: Class) -> (Option<u16>, bool) {
    let mut hits: BTreeMap<u16, (u64, bool)> = BTreeMap::new();
    for line in part.lines().iter().filter(|line| line.is_of(&[class])) {
        if let Some(port) = line.destination_port.filter(|port| *port > 0) {
            let hit = hits.entry(port).or_default();
            hit.0 += 1;
            hit.1 |= !line.assumed_port;
        }
    }
    let most = hits.into_iter().max_by_key(|(port, (n, _))| (*n, std::cmp::Reverse(*port)));
    most.map_or((None, false), |(port, (_, logged))| (Some(port), logged))
}

/// The service's name.
const fn service(class: Class, port: Option<u16>) -> Option<&'static str> {
    match (class, port) {
        (Class::SshLogin, _) => Some("ssh"),
        (_, Some(25 | 465 | 587)) => Some("smtp"),
        (_, Some(110 | 995)) => Some("pop3"),
        (_, Some(143 | 993)) => Some("imap"),
        (_, Some(4190)) => Some("sieve"),
        _ => None,
    }
}

/// An instant as mail writes it (RFC 5322 §3.3).
fn dated(at: Instant) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = at.seconds();
    let days = seconds.div_euclid(86_400);
    let (year, month, day) = civil_from_days(days);
    let of = seconds.rem_euclid(86_400);
    let word = |words: &[&'static str], n: i64| {
        usize::try_from(n).ok().and_then(|n| words.get(n).copied()).unwrap_or_default()
    };
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} +0000",
        word(&DAYS, days.rem_euclid(7)),
        word(&MONTHS, month - 1),
        of / 3600,
        of / 60 % 60,
        of % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{Log, World};
    use crate::judge::judge;

    const ASKS: &str = "id = 'asks'\n[match]\nprefixes = ['198.51.100.128/26']\n[text]\nattachments = 'may'\n[formats]\nxarf02 = 'should'\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@example.net'\n[[route]]\nclass = ['*']\nchannel = 'a'\n";

    /// The x-arf of a source with these logs, at a desk of these rules.
    fn made(rules: &str, log: &Log) -> Vec<(Class, Result<String, String>)> {
        let world = World::with(&[rules]);
        let case = world.case(log);
        let context = world.context();
        let judgement = judge(&case, &context);
        let parts = judgement.filings.iter().map(|f| f.part(&case, &context));
        let sides = parts.flat_map(|part| crate::bundle::xarf::sides(&part, "asks", None));
        let of = |side: crate::bundle::xarf::Side| {
            let made = side.made.map(|(name, bytes)| {
                assert!(name.starts_with("x-arf") && name.ends_with(".eml"), "{name}");
                String::from_utf8(bytes).unwrap()
            });
            (side.class, made)
        };
        sides.filter(|side| side.format == "x-arf 0.2").map(of).collect()
    }

    #[test]
    fn a_login_attack_is_a_mail_of_three_parts() {
        let all = made(ASKS, &Log::of("198.51.100.130").ssh(12));
        let [(Class::SshLogin, Ok(mail))] = all.as_slice() else { panic!("{all:?}") };
        let (head, body) = mail.split_once("\n\n").unwrap();
        let header = |name: &str| {
            let mut found = head.lines().filter_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
            let value = found.next().unwrap_or_else(|| panic!("no {name} in {head}"));
            assert_eq!(found.next(), None, "{name}");
            value
        };
        assert_eq!((header("To"), header("X-XARF")), ("abuse@example.net", "PLAIN"));
        assert!(header("Subject").starts_with("abuse report about 198.51.100.130 - "));
        let boundary = header("Content-Type").strip_prefix("multipart/mixed; boundary=\"").unwrap();
        let boundary = format!("--{}", boundary.strip_suffix('"').unwrap());
        let parts: Vec<&str> = body.split(&boundary).collect();
        let [before, words, report, log, "--\n"] = parts.as_slice() else { panic!("{body}") };
        assert!(before.is_empty() && words.contains("Source IP: 198.51.100.130\n"), "{body}");
        assert!(report.contains("name=\"report.txt\"") && log.contains("name=\"logfile.log\""));
        let yaml = report.split_once("\n\n---\n").unwrap().1;
        let keys: Vec<&str> =
            yaml.trim_end().lines().map(|l| l.split_once(": ").unwrap().0).collect();
        assert_eq!(
            keys,
            [
                "Reported-From",
                "Category",
                "Report-ID",
                "Report-Type",
                "Service",
                "Version",
                "User-Agent",
                "Date",
                "Source-Type",
                "Source",
                "Port",
                "Schema-URL",
                "Attachment"
            ]
        );
        assert!(
            yaml.contains("Service: ssh\n") && yaml.contains("Source: \"198.51.100.130\"\n"),
            "{yaml}"
        );
        assert!(words.ends_with("The port is the service's usual one, not logged.\n\n"), "{words}");
        assert!(log.contains("Failed password") && !log.contains("198.51.100.131"), "{log}");
    }

    #[test]
    fn what_cannot_be_said_is_not() {
        let forbids = ASKS.replace("attachments = 'may'", "attachments = 'forbid'");
        let form = ASKS.replace(
            "kind = 'email'\nto = 'abuse@example.net'",
            "kind = 'form'\nurl = 'https://isp.example/abuse'",
        );
        let quiet = ASKS.replace("xarf02 = 'should'", "xarf02 = 'may'");
        let ssh = Log::of("198.51.100.130").ssh(12);
        for (rules, log, want) in
            [(forbids.as_str(), &ssh, "forbids them"), (form.as_str(), &ssh, "no mailbox")]
        {
            let all = made(rules, log);
            assert!(
                matches!(all.as_slice(), [(_, Err(why))] if why.contains(want)),
                "{want}: {all:?}"
            );
        }
        assert!(made(&quiet, &ssh).is_empty());
    }

    #[test]
    fn dates_are_those_of_mail() {
        for (seconds, want) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (1_774_746_067, "Sun, 29 Mar 2026 01:01:07 +0000"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 +0000"),
        ] {
            assert_eq!(dated(Instant::from_seconds(seconds)), want);
        }
    }
}
