//! `xarf.json`: an incident in XARF 4.2 for desks whose robots take it, or why there is none.
//!
//! The specification (github.com/xarf/xarf-spec, version 4.2.0) has one source,
//! one source port, one destination and one time a report. What it cannot say
//! of an incident without a guess is not written: then the manifest says why.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::addr::Addr;
use crate::class::{Class, Family};
use crate::config::Redaction;
use crate::dialect::Transport;
use crate::event::base64;
use crate::hash::sha256;
use crate::judge::{Confidence, Effect, EvidenceLine, Finding, Incident, Part, cite};
use crate::limits::XARF_EVIDENCE_BYTES;
use crate::operator::Need;
use crate::text::inert_bytes;

use super::letter::extract::{Extract, extract};
use super::letter::redact::Redactor;
use super::words::happened;
use super::{xarf_check, xarf02};

/// The version of the specification.
pub const VERSION: &str = "4.2.0";

/// Of a source whose packets nobody answered: they may be forged. A completed handshake is 1.
const FORGEABLE: f64 = 0.6;

/// A side file of a report, or why there is none.
#[derive(Clone, Debug)]
pub struct Side {
    /// The form.
    pub format: &'static str,
    /// The class it tells of.
    pub class: Class,
    /// Its name and bytes, or the reason.
    pub made: Result<(String, Vec<u8>), String>,
}

impl Side {
    /// As the manifest tells it.
    #[must_use]
    pub fn json(&self) -> Value {
        let class = self.class.word();
        match &self.made {
            Ok((name, _)) => json!({ "format": self.format, "class": class, "file": name }),
            Err(why) => json!({ "format": self.format, "class": class, "none": why }),
        }
    }
}

/// The side files of a report: one an incident. `shown` is the extract of its letter, where there is one.
#[must_use]
pub fn sides(part: &Part<'_, '_>, operator: &str, shown: Option<&Extract>) -> Vec<Side> {
    let alone = part.incidents.len() == 1;
    // An incident of several has lines of its own.
    let shown = shown.filter(|_| alone);
    let named = |need: Need| matches!(need, Need::Must | Need::Should);
    let mut out = Vec::new();
    for incident in part.incidents {
        let class = incident.tally.class;
        let name = if alone { "xarf.json".to_owned() } else { format!("xarf-{class}.json") };
        let made = xarf(part, incident, operator, shown).map(|bytes| (name, bytes));
        out.push(Side { format: "xarf 4.2", class, made });
        let Some(rules) = part.rules else { continue };
        if named(rules.formats.arf) && class == Class::Spam {
            let why = "the message was refused: there is no header of it, and RFC 5965 wants one";
            out.push(Side { format: "arf", class, made: Err(why.to_owned()) });
        }
        if named(rules.formats.xarf02) {
            let name = if alone { "x-arf.eml".to_owned() } else { format!("x-arf-{class}.eml") };
            let made = xarf02::mail(part, incident, operator, shown).map(|bytes| (name, bytes));
            out.push(Side { format: "x-arf 0.2", class, made });
        }
    }
    out
}

/// What there is to say of the side files: one that its desk wants and that
/// cannot be written, and one that is wrong, which then is not written.
#[must_use]
pub fn findings(part: &Part<'_, '_>, sides: &mut [Side], evidence: &[u8]) -> Vec<Finding> {
    let Some(rules) = part.rules else { return Vec::new() };
    let mut out = Vec::new();
    for side in sides {
        let wrong = match &side.made {
            Ok((name, bytes)) if name.ends_with(".json") => {
                xarf_check::check(bytes, evidence).into_iter().next()
            }
            _ => None,
        };
        if let Some(why) = wrong {
            let text = format!("{}: {why}; the file is left out.", side.format);
            out.push(Finding::new("XRF-1", Effect::Warn, side.format, text).class(side.class));
            side.made = Err(why);
            continue;
        }
        let (id, need) = match side.format {
            "arf" => ("FMT-1", rules.formats.arf),
            "x-arf 0.2" => ("FMT-1", rules.formats.xarf02),
            _ => ("XRF-1", rules.formats.xarf4),
        };
        if let (Err(why), Some(effect)) = (&side.made, crate::judge::case::lacking(need)) {
            let text = format!("{} wants {}, and there is none: {why}.", rules.name, side.format);
            out.push(
                Finding::new(id, effect, side.format, text).class(side.class).by(part.authority()),
            );
        }
    }
    for finding in &mut out {
        cite(finding, rules);
    }
    out
}

/// Which of its types a class is, if any.
const fn kind(class: Class) -> Result<&'static str, &'static str> {
    match class {
        Class::SshLogin | Class::MailLogin => Ok("login_attack"),
        Class::PortScan | Class::HostSweep => Ok("port_scan"),
        Class::Spam => {
            Err("its type for spam needs the sender's address of a message, and none was received")
        }
        _ => Err("it has no type for this class"),
    }
}

/// The report of one incident, or why there is none.
fn xarf(
    part: &Part<'_, '_>,
    incident: &Incident,
    operator: &str,
    shown: Option<&Extract>,
) -> Result<Vec<u8>, String> {
    let tally = &incident.tally;
    let class = tally.class;
    let one = std::slice::from_ref(incident);
    let part = Part { incidents: one, ..*part };
    if part.rules.is_some_and(|r| r.formats.xarf4 == Need::Forbid) {
        return Err("the operator does not take it".to_owned());
    }
    let kind = kind(class)?;
    let reporter = &part.context.config.reporter;
    let (Some(email), Some(org)) =
        (&reporter.email, reporter.organisation.as_ref().or(reporter.name.as_ref()))
    else {
        return Err("the reporter's name or address is not stated".to_owned());
    };
    let Some((_, domain)) = email.rsplit_once('@') else {
        return Err("the reporter's address has no domain".to_owned());
    };
    let mut redactor = Redactor::of(&part);
    if redactor.hides(Redaction::Destination) {
        return Err("our addresses are replaced in what is filed, and it names one".to_owned());
    }
    let lines = part.lines();
    let seen = pair(&lines, class)?;
    let own;
    let extract = match shown {
        Some(shown) => shown,
        None => {
            own = extract(&part, &mut redactor);
            &own
        }
    };
    if extract.text.is_empty() {
        return Err("no line of the log can be shown".to_owned());
    }
    if extract.text.len() > XARF_EVIDENCE_BYTES {
        return Err("the lines are longer than an evidence item may be".to_owned());
    }
    let contact = Contact { org: clipped(org, 200), contact: email, domain };
    let to = part.channel.map_or("", |c| c.target());
    let confidence = match incident.confidence {
        Confidence::High => 1.into(),
        Confidence::Medium => FORGEABLE.into(),
        Confidence::Low => return Err("its source is easily forged".to_owned()),
    };
    let id =
        format!("{operator}\n{to}\n{}\n{class}\n{}\n{}\n", part.case.addr, tally.first, tally.last);
    let report = Report {
        xarf_version: VERSION,
        report_id: uuid(&sha256(id.as_bytes())),
        timestamp: &seen.at,
        reporter: &contact,
        sender: &contact,
        source_identifier: part.case.addr.to_string(),
        source_port: seen.source_port,
        category: "connection",
        kind,
        destination_ip: seen.to.0.to_string(),
        destination_port: seen.to.1,
        protocol: seen.protocol,
        first_seen: tally.first.to_string(),
        last_seen: tally.last.to_string(),
        evidence_source: if class.family() == Family::Firewall {
            "firewall_logs"
        } else {
            "server_logs"
        },
        confidence,
        description: description(
            incident,
            &seen,
            lines.iter().any(|l| l.moment.basis.inferred_year),
        ),
        evidence: [Item {
            content_type: "text/plain",
            description: format!(
                "{} of {} log lines of this source, {}",
                extract.shown,
                part.total_lines(),
                if extract.edited {
                    "time stamps put into UTC, nothing else changed"
                } else {
                    "as logged"
                }
            ),
            payload: "",
            hash: format!("sha256:{}", sha256(extract.text.as_bytes())),
            size: extract.text.len(),
        }],
    };
    // There is nothing in it that JSON could not say.
    let mut bytes = serde_json::to_vec_pretty(&report).unwrap_or_default();
    bytes = inert_bytes(bytes);
    bytes.push(b'\n');
    // In a string there is a backslash before each quote, so that this is the key.
    if let Some(at) = memchr::memmem::rfind(&bytes, PAYLOAD) {
        let mut rest = bytes.split_off(at + PAYLOAD.len());
        bytes.extend_from_slice(base64(extract.text.as_bytes()).as_bytes());
        bytes.append(&mut rest);
    }
    Ok(bytes)
}

/// What stands before the payload.
const PAYLOAD: &[u8] = b"\"payload\": \"";

/// A report of version 4.2; its keys in this order.
#[derive(Serialize)]
struct Report<'r> {
    xarf_version: &'static str,
    report_id: String,
    timestamp: &'r str,
    reporter: &'r Contact<'r>,
    sender: &'r Contact<'r>,
    source_identifier: String,
    source_port: u16,
    category: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    destination_ip: String,
    destination_port: u16,
    protocol: &'static str,
    first_seen: String,
    last_seen: String,
    evidence_source: &'static str,
    confidence: Value,
    description: String,
    evidence: [Item; 1],
}

/// Who reports, and who sends.
#[derive(Serialize)]
struct Contact<'r> {
    org: String,
    contact: &'r str,
    domain: &'r str,
}

/// The lines.
#[derive(Serialize)]
struct Item {
    content_type: &'static str,
    description: String,
    /// Empty: it is put in when all else is written, since it holds nothing to escape.
    payload: &'static str,
    hash: String,
    size: usize,
}

/// The destination that was hit most, and a line that shows it with the source's own port.
struct Seen {
    to: (Addr, u16),
    others: usize,
    at: String,
    source_port: u16,
    protocol: &'static str,
    assumed: (bool, bool),
}

fn pair(lines: &[&EvidenceLine], class: Class) -> Result<Seen, String> {
    let mut hits: BTreeMap<(Addr, u16), (u64, Option<&EvidenceLine>)> = BTreeMap::new();
    let (mut ported, mut addressed) = (false, false);
    let of_class = || lines.iter().filter(|l| l.is_of(&[class]));
    let tcp = |line: &&&EvidenceLine| line.carried_by() == Some(Transport::Tcp);
    // What is sent by UDP proves nothing where there is TCP.
    let any_tcp = of_class().any(|l| tcp(&l));
    let udp = |line: &&&EvidenceLine| !any_tcp && line.carried_by() == Some(Transport::Udp);
    for line in of_class().filter(|l| tcp(l) || udp(l)) {
        let to = line.destination.zip(line.destination_port.filter(|p| *p > 0));
        addressed |= to.is_some();
        ported |= line.source_port.is_some_and(|p| p > 0);
        if let Some(to) = to {
            let hit = hits.entry(to).or_default();
            hit.0 += 1;
            if hit.1.is_none() && line.source_port.is_some_and(|p| p > 0) {
                hit.1 = Some(line);
            }
        }
    }
    let others = hits.len().saturating_sub(1);
    // Of those hit equally often the one with the least address and port.
    let best = hits
        .iter()
        .filter_map(|(to, (n, line))| Some((*n, std::cmp::Reverse(*to), (*line)?)))
        .max_by_key(|(n, to, _)| (*n, *to));
    let Some((_, std::cmp::Reverse(to), line)) = best else {
        return Err(if !ported {
            "the log has no source port, and it wants one".to_owned()
        } else if !addressed {
            "the address or port that was attacked is not known".to_owned()
        } else {
            "no line has both the source port and the address that was attacked".to_owned()
        });
    };
    Ok(Seen {
        to,
        others,
        at: line.moment.at.to_string(),
        source_port: line.source_port.unwrap_or_default(),
        protocol: line.carried_by().map_or("tcp", |t| t.word()),
        assumed: (line.assumed_destination, line.assumed_port),
    })
}

fn description(incident: &Incident, seen: &Seen, inferred_year: bool) -> String {
    let mut out = happened(incident.tally.class, incident.tally.events());
    if incident.confidence != Confidence::High {
        out.push_str(" No connection was completed, so the source address may be forged.");
    }
    if seen.others > 0 {
        out.push_str(" Other addresses or ports of ours that were hit are in the evidence.");
    }
    match seen.assumed {
        (true, true) => out.push_str(" The destination is told by the reporter, not logged."),
        (true, false) => {
            out.push_str(" The destination address is told by the reporter, not logged.")
        }
        (false, true) => {
            out.push_str(" The destination port is the service's usual one, not logged.")
        }
        (false, false) => {}
    }
    if inferred_year {
        out.push_str(" The log states no year; it was inferred from the order of lines.");
    }
    out.push_str(" timestamp and source_port are those of one line; all times are UTC.");
    out
}

fn clipped(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// A UUID of the form of version 4 out of a hash: the same report has the same one.
fn uuid(hash: &str) -> String {
    let part = |from: usize, n: usize| hash.get(from..from + n).unwrap_or_default();
    // The variant is two bits: 8, 9, a or b.
    let variant = match part(16, 1) {
        "0" | "4" | "8" | "c" => '8',
        "1" | "5" | "9" | "d" => '9',
        "2" | "6" | "a" | "e" => 'a',
        _ => 'b',
    };
    format!(
        "{}-{}-4{}-{variant}{}-{}",
        part(0, 8),
        part(8, 4),
        part(13, 3),
        part(17, 3),
        part(20, 12)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{Log, World};
    use crate::judge::judge;

    fn of(log: &Log, world: &World) -> Vec<Side> {
        let case = world.case(log);
        let context = world.context();
        let judgement = judge(&case, &context);
        let filings: Vec<_> = judgement.filings.iter().collect();
        filings.iter().flat_map(|f| sides(&f.part(&case, &context), "x", None)).collect()
    }

    #[test]
    fn a_login_attack() {
        let world = World::new();
        let sides = of(&Log::of("192.0.2.7").ssh(12), &world);
        let [side] = sides.as_slice() else { panic!("{sides:?}") };
        let (name, bytes) = side.made.as_ref().unwrap();
        assert_eq!(name, "xarf.json");
        let v: Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(v["type"], "login_attack");
        assert_eq!(v["confidence"], 1);
        assert_eq!(v["source_identifier"], "192.0.2.7");
        assert!(v["source_port"].as_u64().unwrap() > 0);
        let size = v["evidence"][0]["size"].as_u64().unwrap();
        let coded = v["evidence"][0]["payload"].as_str().unwrap().len() as u64;
        assert_eq!(coded, size.div_ceil(3) * 4);
    }

    #[test]
    fn without_a_port_or_an_address_there_is_none() {
        let world = World::new();
        let why = |change: &dyn Fn(&mut EvidenceLine)| {
            let mut log = Log::of("192.0.2.7").ssh(12);
            log.lines.iter_mut().for_each(change);
            of(&log, &world).remove(0).made.unwrap_err()
        };
        assert!(why(&|l| l.source_port = None).contains("no source port"));
        assert!(why(&|l| l.source_port = Some(0)).contains("no source port"));
        assert!(why(&|l| l.destination = None).contains("not known"));
        let sides = of(&Log::of("192.0.2.7").spam(12), &world);
        assert!(sides[0].made.as_ref().unwrap_err().contains("none was received"));
    }

    #[test]
    fn a_scan_that_may_be_forged_is_no_certainty() {
        let world = World::new();
        let sides = of(&Log::of("192.0.2.7").packets(40, Transport::Tcp), &world);
        let v: Value = serde_json::from_slice(&sides[0].made.as_ref().unwrap().1).unwrap();
        assert_eq!(v["type"], "port_scan");
        assert_eq!(v["confidence"], 0.6);
        assert!(v["description"].as_str().unwrap().contains("may be forged"));
    }

    #[test]
    fn ids_have_the_form_of_version_four() {
        let id = uuid(&sha256(b"x"));
        let form: String =
            id.chars().map(|c| if c.is_ascii_hexdigit() { 'h' } else { c }).collect();
        assert_eq!(form, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]));
    }
}
