//! A report's text and mail against the rules of a desk, read as the desk and its robot read them.
//!
//! `report` checks by it what it has just written, and `lint` what lies on the
//! disk, whoever wrote it last: so that nothing is ready that would not pass.

use std::collections::BTreeSet;
use std::net::IpAddr;

use memchr::memmem;
use serde_json::Value;

use super::extracted::Lines;
use super::letter::text::zone_like;
use crate::class::Class;
use crate::judge::reserved::{Special, special};
use crate::judge::{Effect, Filing, Finding, Level, Part, cite};
use crate::operator::contact::is_placeholder;
use crate::operator::{Need, Operators, Profile, route};
use crate::time::Instant;

/// The checks of the text; the others are judged before there is one.
pub const OF_TEXT: [&str; 15] = [
    "SRC-6", "TIM-1", "TIM-2", "CNT-1", "LOG-1", "LOG-2", "LOG-3", "OWN-3", "TXT-1", "TXT-3",
    "TXT-4", "TXT-5", "TXT-6", "SUB-1", "SUB-2",
];

/// What is wrong with a text that was just written, as findings: it is a
/// draft until that is mended. `told` is what the manifest will say of it.
#[must_use]
pub fn text_findings(
    part: &Part<'_, '_>,
    filing: &Filing<'_>,
    told: &Value,
    (mail, text): (&str, &str),
    evidence: &[u8],
) -> Vec<Finding> {
    let Some(rules) = part.rules else { return Vec::new() };
    let said = match Bundle::of(told, mail, text, evidence) {
        Err(why) => vec![Said::error("TXT-1", why)],
        Ok(bundle) => bundle
            .addressed(rules, filing.operator.is_some())
            .into_iter()
            .chain(bundle.written(rules))
            .chain(bundle.facts(rules, None))
            .chain(bundle.extract(rules))
            .collect(),
    };
    // What the judge knows of is told once.
    let known = |id: &str| filing.findings.iter().any(|f| f.id == id && f.level != Level::Note);
    said.into_iter()
        .filter(|Said(id, ..)| OF_TEXT.contains(id) && !known(id))
        .map(|Said(id, error, text)| {
            let effect = if error { Effect::Draft } else { Effect::Warn };
            let mut finding = Finding::new(id, effect, "the text", format!("{text}."))
                .remedy("correct it by hand in report.txt and report.eml, and see `plaint lint`")
                .by(part.authority());
            cite(&mut finding, rules);
            finding
        })
        .collect()
}

/// A check's id, whether it is an error, a sentence.
pub struct Said(pub &'static str, pub bool, pub String);

impl Said {
    /// An error.
    #[must_use]
    pub const fn error(id: &'static str, text: String) -> Self {
        Self(id, true, text)
    }

    /// A warning.
    #[must_use]
    pub const fn warning(id: &'static str, text: String) -> Self {
        Self(id, false, text)
    }

    /// By how much it is wanted; nothing where it does no harm.
    fn wanted(id: &'static str, need: Need, text: &str) -> Option<Self> {
        match need {
            Need::Must => Some(Self::error(id, text.to_owned())),
            Need::Should => Some(Self::warning(id, text.to_owned())),
            Need::May | Need::Forbid => None,
        }
    }
}

/// A bundle's files, and what the manifest tells of it.
pub struct Bundle<'m> {
    row: &'m Value,
    source: &'m str,
    headers: Vec<(String, String)>,
    body: &'m str,
    /// The body's.
    lines: Vec<&'m str>,
    text: &'m str,
    evidence: &'m [u8],
}

impl<'m> Bundle<'m> {
    /// A bundle of its texts, whose lines end in LF: what the manifest tells of it, report.eml,
    /// report.txt, evidence.log.
    ///
    /// # Errors
    ///
    /// Why that is no mail.
    pub fn of(
        row: &'m Value,
        mail: &'m str,
        text: &'m str,
        evidence: &'m [u8],
    ) -> Result<Self, String> {
        for (name, text) in [("report.eml", mail), ("report.txt", text)] {
            if !text.is_ascii() {
                return Err(format!("{name} is not ASCII, and says that it is"));
            }
        }
        let (head, body) =
            mail.split_once("\n\n").ok_or("report.eml has no body: it is no mail")?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.lines() {
            match (line.split_once(':'), headers.last_mut()) {
                (_, Some(last)) if line.starts_with([' ', '\t']) => {
                    last.1.push(' ');
                    last.1.push_str(line.trim());
                }
                (Some((name, value)), _) => {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                _ => return Err(format!("report.eml: {line:?} is no header line")),
            }
        }
        Ok(Self {
            row,
            source: row.get("source").and_then(Value::as_str).unwrap_or_default(),
            headers,
            body,
            lines: body.lines().collect(),
            text,
            evidence,
        })
    }

    fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }

    fn classes(&self) -> Vec<Class> {
        let listed = self.row.get("classes").and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(|c| Class::from_word(c.as_str()?)).collect()
    }

    /// The values of `label : value` in the incident blocks.
    fn labelled(&self, label: &str) -> Vec<&str> {
        let value = |line: &'_ str| -> Option<usize> {
            let rest = line.strip_prefix(label)?.trim_start().strip_prefix(':')?;
            Some(line.len() - rest.trim_start().len())
        };
        let lines = self.lines.iter();
        lines.filter_map(|line| line.get(value(line)?..)).map(str::trim_end).collect()
    }

    /// The lines between a heading and the next empty line.
    fn section(&self, heading: &str) -> Option<Vec<&str>> {
        let mut lines = self.lines.iter().skip_while(|l| !l.starts_with(heading));
        lines.next()?;
        Some(lines.take_while(|l| !l.is_empty()).copied().collect())
    }

    /// Channel, contact, sender, subject.
    #[must_use]
    pub fn addressed(&self, rules: &Profile, known: bool) -> Vec<Said> {
        let mut out = Vec::new();
        let region = self.row.pointer("/record/region").and_then(Value::as_str);
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        let mut copies: BTreeSet<&str> = BTreeSet::new();
        for class in self.classes() {
            match route::channel(rules, class, region) {
                Ok(channel) => {
                    wanted.insert(channel.to.as_deref().unwrap_or_default());
                    copies.extend(channel.cc.iter().map(|m| m.0.as_str()));
                }
                Err(why) if known => out.push(Said::error("ADR-2", why.to_string())),
                Err(_) => {}
            }
        }
        let to = self.header("to");
        let many = to.len() > 1 || to.iter().any(|t| t.contains([',', ';']));
        if many {
            out.push(Said::error("ADR-1", "there is more than one To".to_owned()));
        }
        let cc = self.header("cc");
        let others = |c: &&str| c.split(',').any(|a| !copies.contains(a.trim()));
        if cc.iter().any(others) || !self.header("bcc").is_empty() {
            out.push(Said::error(
                "ADR-1",
                "copies go to addresses the desk does not name".to_owned(),
            ));
        }
        match (to.first(), known) {
            (None, false) => {
                out.push(Said::error(
                    "SRC-2",
                    "no operator is known, and there is no To".to_owned(),
                ));
            }
            (None, true) if wanted.iter().any(|w| !w.is_empty()) => {
                out.push(Said::error("ADR-1", "there is no To".to_owned()));
            }
            (Some(to), _) if is_placeholder(to) => {
                out.push(Said::error("ADR-3", format!("{to} is a placeholder")));
            }
            (Some(to), true) if !many && !wanted.contains(to) => {
                let wanted: Vec<&str> = wanted.into_iter().filter(|w| !w.is_empty()).collect();
                let text = match wanted.as_slice() {
                    [] => format!("the desk takes no mail, and To is {to}"),
                    some => format!("To is {to}, and the desk wants {}", some.join(" or ")),
                };
                out.push(Said::error("ADR-2", text));
            }
            _ => {}
        }
        if let Some(since) = rules.unconfirmed_since().filter(|_| known) {
            out.push(Said::warning("ADR-3", format!("the mailbox is not confirmed since {since}")));
        }
        match self.header("from").as_slice() {
            [from] => {
                let bare = from.rsplit('<').next().unwrap_or_default().to_ascii_lowercase();
                let local: String =
                    bare.split('@').next().unwrap_or_default().replace(['-', '_', '.'], "");
                if local.starts_with("noreply") || local.starts_with("donotreply") {
                    out.push(Said::error("ADR-4", format!("the sender {from} takes no answer")));
                }
            }
            [] => out.push(Said::error("ADR-4", "there is no From".to_owned())),
            _ => out.push(Said::error("ADR-4", "there is more than one From".to_owned())),
        }
        let subject = self.header("subject").first().copied().unwrap_or_default();
        let most = rules.subject.max_len.unwrap_or(120) as usize;
        if subject.is_empty() || subject.len() > most || !subject.contains(self.source) {
            let text = format!("the subject names the source, in at most {most} characters");
            out.push(Said::error("SUB-1", text));
        }
        if let Some(ticket) = self.row.get("ticket").and_then(Value::as_str)
            && !subject.contains(ticket)
        {
            let text = format!("the ticket {ticket} is not in the subject, unchanged");
            out.push(Said::error("SUB-2", text));
        }
        out
    }

    /// Form: plain text, one part, lines that a mail can hold, the zone at the end.
    #[must_use]
    pub fn written(&self, rules: &Profile) -> Vec<Said> {
        let mut out = Vec::new();
        let kind = self.header("content-type").first().copied().unwrap_or("text/plain");
        let lower = self.body.to_ascii_lowercase();
        if !kind.to_ascii_lowercase().starts_with("text/plain")
            || ["<html", "<body", "<!doctype", "begin:vcard", "content-disposition: attachment"]
                .iter()
                .any(|w| memmem::find(lower.as_bytes(), w.as_bytes()).is_some())
        {
            out.push(Said::error(
                "TXT-1",
                "a report is plain text, with nothing attached".to_owned(),
            ));
        }
        if self.body.trim_end() != self.text.trim_end() {
            let text = "report.txt and report.eml say different things: which is sent?";
            out.push(Said::warning("TXT-1", text.to_owned()));
        }
        let most = (rules.text.line_max as usize).clamp(78, 998);
        if let Some(n) = self.lines.iter().position(|l| l.len() > most) {
            let text = format!("line {} is longer than {most} octets", n + 1);
            out.push(Said::error("TXT-5", text));
        }
        let last = self.lines.iter().rfind(|l| !l.trim().is_empty()).copied().unwrap_or_default();
        let zone = last.strip_prefix("Time zone of all times in this report: ");
        if zone.is_none_or(|z| z.len() != 5 || zone_like(z) != Some(0)) {
            let text = "the last line is not `Time zone of all times in this report: +0000`";
            out.push(Said::error("TXT-6", text.to_owned()));
        }
        // A robot that reads upwards takes the last of them for the zone.
        let below = self.lines.iter().rev().skip_while(|l| **l != last).skip(1);
        let below = below.take_while(|l| !l.starts_with("How to read it"));
        if let Some(line) = below.into_iter().find(|l| zone_like(l).is_some()) {
            let text = format!("below the log {line:?} holds what a robot takes for a zone");
            out.push(Said::warning("TXT-6", text));
        }
        const RUDE: [&str; 8] = [
            "idiot",
            "criminal",
            "scum",
            "moron",
            "sue you",
            "lawsuit",
            "shame on",
            "immediately or",
        ];
        let rude = |w: &&&str| memmem::find(lower.as_bytes(), w.as_bytes()).is_some();
        if let Some(word) = RUDE.iter().find(rude) {
            out.push(Said::warning("TXT-4", format!("`{word}`: desks drop what is not neutral")));
        }
        for (id, heading, what) in [
            ("TXT-3", "WHAT HAPPENED", "what happened is not said"),
            ("OWN-3", "WHAT IS LINKED TO YOU", "which detail is the reader's is not said"),
        ] {
            if self.section(heading).is_none_or(|s| s.is_empty()) {
                out.push(Said::error(id, what.to_owned()));
            }
        }
        let linked = self.section("WHAT IS LINKED TO YOU").unwrap_or_default().join(" ");
        if !linked.is_empty() && !linked.contains(self.source) {
            let text = "the sentence on what is the reader's does not name the source";
            out.push(Said::error("OWN-3", text.to_owned()));
        }
        let clock = self.section("CLOCK").map(|s| s.join(" "));
        if clock.is_none_or(|c| c.contains("not known")) {
            out.extend(Said::wanted("TIM-5", rules.time.clock, "nothing is said of our clock"));
        }
        for (id, heading, need, what) in [
            ("OWN-1", "WHOIS ", rules.ownership.whois, "whois answer"),
            ("OWN-2", "TRACEROUTE ", rules.ownership.traceroute, "traceroute"),
        ] {
            match self.section(heading) {
                None => out.extend(Said::wanted(id, need, &format!("there is no {what}"))),
                Some(_) if need == Need::Forbid => {
                    out.push(Said::error(id, format!("the desk wants no {what}")));
                }
                Some(_) => {}
            }
        }
        out
    }

    /// The incident blocks against the manifest; whether the address may be filed only by operators' files.
    #[must_use]
    pub fn facts(&self, rules: &Profile, operators: Option<&Operators>) -> Vec<Said> {
        let mut out = Vec::new();
        let sources: BTreeSet<&str> = self.labelled("Source IP").into_iter().collect();
        if sources.len() > 1 || sources.iter().any(|s| *s != self.source) {
            let text = format!("the bundle is of {}, and the text names another", self.source);
            out.push(Said::error("SRC-6", text));
        }
        if sources.is_empty() {
            out.push(Said::error("SRC-1", "no `Source IP` is named".to_owned()));
        }
        // Whose it is, is judged before a report is written.
        match self.source.parse::<IpAddr>() {
            Err(_) => out.push(Said::error("SRC-1", format!("{:?} is no address", self.source))),
            Ok(ip) => {
                let claimed = operators.is_none_or(|o| o.claims(ip));
                if special(ip.into())
                    .is_some_and(|s| !(claimed && matches!(s, Special::Documentation(_))))
                {
                    out.push(Said::error("SRC-1", format!("{ip} is nobody's on the Internet")));
                }
            }
        }
        for (label, id, need) in [
            ("Source ports", "SRC-4", rules.fields.source_port),
            ("Destination IP", "DST-1", rules.fields.dst_ip),
            ("Destination port", "DST-2", rules.fields.dst_port),
            ("Protocol", "PRO-1", rules.fields.protocol),
        ] {
            // A family that logs it not at all has `not logged`; ICMP has no ports.
            let values = self.labelled(label);
            if values.is_empty()
                || values.iter().any(|v| v.is_empty() || v.starts_with("not logged"))
            {
                out.extend(Said::wanted(id, need, &format!("`{label}` is not filled in")));
            }
        }
        let incidents = self.row.get("incidents").and_then(Value::as_array);
        let incidents: Vec<&Value> = incidents.into_iter().flatten().collect();
        let counts: Vec<&str> = self.labelled("Number of events");
        let told: Vec<String> =
            incidents.iter().filter_map(|i| Some(i.get("events")?.as_u64()?.to_string())).collect();
        if counts
            .iter()
            .map(|c| c.split(' ').next().unwrap_or_default())
            .ne(told.iter().map(String::as_str))
        {
            let text = format!(
                "`Number of events` is {}, and the evidence has {}",
                counts.join(", "),
                told.join(", ")
            );
            out.push(Said::error("CNT-1", text));
        }
        let spans: Vec<(&str, &str)> =
            self.labelled("First event").into_iter().zip(self.labelled("Last event")).collect();
        if spans.len() != incidents.len() || spans.is_empty() {
            out.push(Said::error("TIM-1", "each incident has a first and a last event".to_owned()));
        }
        for ((first, last), incident) in spans.into_iter().zip(incidents) {
            if !(first.ends_with(" UTC") && last.ends_with(" UTC")) {
                out.push(Said::error("TIM-1", "first and last event state no zone".to_owned()));
            }
            let same = |text: &str, key: &str| {
                let told = incident.get(key).and_then(Value::as_str).unwrap_or_default();
                text.get(..19).map(|t| t.replace(' ', "T")) == told.get(..19).map(str::to_owned)
            };
            if first > last || !same(first, "first") || !same(last, "last") {
                let text = format!("{first} to {last} is not the time of the evidence");
                out.push(Said::error("TIM-2", text));
            }
        }
        out
    }

    /// The log extract against the evidence.
    #[must_use]
    pub fn extract(&self, rules: &Profile) -> Vec<Said> {
        let mut out = Vec::new();
        let heading = self.lines.iter().find(|l| l.starts_with("LOG EXTRACT ("));
        let Some(heading) = heading else {
            out.extend(Said::wanted("LOG-1", rules.log.need, "there is no log extract"));
            return out;
        };
        let section = self.section("LOG EXTRACT (").unwrap_or_default();
        let stated = heading
            .strip_prefix("LOG EXTRACT (")
            .and_then(|r| r.split(' ').next()?.parse::<usize>().ok())
            .unwrap_or(usize::MAX);
        let shown = section.get(..stated.min(section.len())).unwrap_or_default();
        let looks_like_log = |l: &str| l.contains(self.source);
        let mut evidence = Lines::of(self.evidence);
        let log = section.iter().take_while(|l| looks_like_log(l) || evidence.have(l));
        let count = log.count();
        if stated != count {
            let text = format!("the extract says that it has {stated} lines, and has {count}");
            out.push(Said::error("CNT-1", text));
        }
        if let Some(line) = shown.iter().find(|l| !evidence.have(l)) {
            let text = format!(
                "{line:?} is no line of evidence.log, but for its time and what was replaced"
            );
            out.push(Said::error("LOG-1", text));
        }
        // As they were logged, byte by byte.
        let edited = |l: &&&str| !evidence.has(l);
        if rules.log.unedited == Need::Must
            && let Some(line) = shown.iter().find(edited)
        {
            let text = format!("the desk wants lines as they were logged, and {line:?} is none");
            out.push(Said::error("LOG-1", text));
        }
        if shown.is_empty() {
            out.extend(Said::wanted("LOG-1", rules.log.need, "the log extract is empty"));
        }
        let size: usize = shown.iter().map(|l| l.len() + 1).sum();
        // Few desks count words.
        let words = |_| shown.iter().map(|l| l.split_whitespace().count()).sum();
        for (n, most, what) in [
            (shown.len(), rules.log.max_lines, "lines"),
            (size, rules.log.max_bytes, "octets"),
            (rules.log.max_words.map_or(0, words), rules.log.max_words, "words"),
        ] {
            if let Some(most) = most.filter(|most| n > *most as usize) {
                let text = format!("the extract has {n} {what}, and the desk takes {most}");
                out.push(Said::error("LOG-2", text));
            }
        }
        if !section.iter().any(|l| l.starts_with("How to read it")) {
            out.extend(Said::wanted("LOG-3", rules.log.explain, "how to read the log is not said"));
        }
        out
    }

    /// Age against what the desk takes.
    #[must_use]
    pub fn old(&self, rules: &Profile, now: Option<Instant>) -> Option<Said> {
        let (now, most) = (now?, rules.time.max_age_days?);
        let last = self.labelled("Last event").into_iter().max()?;
        let oldest = Instant::from_seconds(now.seconds() - i64::from(most) * 86_400).to_string();
        // Both are UTC in digits, so that they sort as text.
        (last.get(..19)?.replace(' ', "T").as_str() < oldest.get(..19)?).then(|| {
            let text = format!("the last event is more than {most} days old");
            match rules.time.age_action {
                crate::operator::profile::AgeAction::Refuse => Said::error("TIM-4", text),
                crate::operator::profile::AgeAction::Warn => Said::warning("TIM-4", text),
            }
        })
    }
}
