//! What speaks for and against filing: findings, and the verdict that is computed from them alone.
//!
//! A source's incidents are judged one by one; what is too weak or not
//! genuine is held back. The rest is parted by mailbox, since a desk reads of
//! its own classes alone, and each part is judged for what it lacks.

pub mod finding;
pub mod line;
pub mod saved;
pub mod answer;
pub mod path;
pub mod reserved;
pub mod case;
pub mod genuine;
pub mod strength;
pub mod complete;
pub mod desk;

pub use answer::Registration;
pub use case::{Case, Confidence, Context, Incident, Part};
pub use finding::{Effect, Finding, Level};
pub use line::{EvidenceLine, Left, holds_other_address, join_sessions, lines_of};
pub use saved::{Asked, Transcript};

use crate::operator::profile::OnePer;
use crate::operator::{Channel, Profile};

/// What becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It can be sent as it is.
    Ready,
    /// The reporter has to add something.
    Draft,
    /// Nobody is known to send it to.
    Unattributed,
    /// It is not to be sent.
    Held,
}

impl Verdict {
    /// All of them, in the order a summary lists them.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Draft, Self::Unattributed, Self::Held];

    /// The word used in output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Draft => "draft",
            Self::Unattributed => "unattributed",
            Self::Held => "held",
        }
    }

    /// What the findings come to.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        findings
            .into_iter()
            .map(|f| match f.effect {
                Effect::Hold => Self::Held,
                Effect::Unattributed => Self::Unattributed,
                Effect::Draft => Self::Draft,
                Effect::Warn | Effect::Note => Self::Ready,
            })
            .max()
            .unwrap_or(Self::Ready)
    }
}

/// One report: what of a source goes to one mailbox.
#[derive(Clone, Debug)]
pub struct Filing<'a> {
    /// The operator, where one claims the source.
    pub operator: Option<&'a Profile>,
    /// Whose rules apply; the generic ones where nobody claims it.
    pub rules: Option<&'a Profile>,
    /// The mailbox, form or interface; none where it is not determined.
    pub channel: Option<&'a Channel>,
    /// The incidents, in the classes' order.
    pub incidents: Vec<Incident>,
    /// What speaks for and against it; `login-succeeded` first.
    pub findings: Vec<Finding>,
    /// What the findings come to.
    pub verdict: Verdict,
}

impl<'a> Filing<'a> {
    /// This filing of a case, as the checks and the letter look at it.
    #[must_use]
    pub fn part<'p>(&'p self, case: &'p Case<'a>, context: &'p Context<'a>) -> Part<'p, 'a> {
        Part { case, context, rules: self.rules, channel: self.channel, incidents: &self.incidents }
    }
}

/// What a source comes to.
#[derive(Clone, Debug, Default)]
pub struct Judgement<'a> {
    /// The reports, one per mailbox; none where the source is held.
    pub filings: Vec<Filing<'a>>,
    /// What concerns the source, and what held back the classes that are in
    /// no report.
    pub findings: Vec<Finding>,
}

impl Judgement<'_> {
    /// The best that any report of the source comes to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.filings.iter().map(|f| f.verdict).min().unwrap_or(Verdict::Held)
    }
}

/// Whether a source did too little of everything: then [`judge`] holds all of it, and nothing else is to be
/// asked for that.
#[must_use]
pub fn did_too_little(case: &Case<'_>, context: &Context<'_>) -> bool {
    let rules = rules(case, context);
    case.incidents.iter().all(|tally| strength::too_few(case, context, tally, rules).is_some())
}

/// Whose rules apply.
fn rules<'a>(case: &Case<'a>, context: &Context<'a>) -> Option<&'a Profile> {
    case.attribution.as_ref().and_then(|a| a.operator).or(context.generic)
}

/// Judges a source.
#[must_use]
pub fn judge<'a>(case: &Case<'a>, context: &Context<'a>) -> Judgement<'a> {
    let about = genuine::source(case, context);
    let attribution = case.attribution.as_ref();
    let operator = attribution.and_then(|a| a.operator);
    let about: Vec<Finding> = about.into_iter().map(|f| desk::suggested(f, case)).collect();
    let rules = rules(case, context);

    let mut held = Vec::new();
    let mut parts: Vec<Filing<'a>> = Vec::new();
    for tally in &case.incidents {
        let mut findings = genuine::forgeable(case, tally, rules);
        if Verdict::of(&findings) != Verdict::Held {
            findings.extend(strength::threshold(case, context, tally, rules));
        }
        let mut channel = None;
        match attribution.map(|a| a.channel(tally.class)) {
            Some(Ok(c)) => channel = Some(c),
            Some(Err(Some(why))) => {
                findings.extend(operator.map(|o| desk::unrouted(tally.class, &why, o)));
            }
            Some(Err(None)) | None => {}
        }
        if Verdict::of(&findings) == Verdict::Held {
            held.extend(findings.into_iter().filter(|f| f.effect == Effect::Hold));
            continue;
        }
        let incident = Incident { tally: *tally, confidence: genuine::confidence(case, tally) };
        // Some desks want a report of each incident, and a form takes one of its kinds at a time.
        let kind = |class| rules.and_then(|r| r.kind_at(channel?, class));
        let apart = rules.is_some_and(|r| r.bundle.one_per == OnePer::Incident);
        let same = |f: &&mut Filing<'_>| {
            let first = f.incidents.first().map(|i| i.tally.class);
            !apart
                && f.channel.map(|c| &c.id) == channel.map(|c| &c.id)
                && first.is_none_or(|c| kind(c) == kind(tally.class))
        };
        match parts.iter_mut().find(same) {
            Some(part) => {
                part.incidents.push(incident);
                part.findings.extend(findings);
            }
            None => parts.push(Filing {
                operator,
                rules,
                channel,
                incidents: vec![incident],
                findings,
                verdict: Verdict::Held,
            }),
        }
    }

    let mut filings = Vec::new();
    for mut filing in parts {
        let part = filing.part(case, context);
        let more: Vec<Finding> = strength::age(&part)
            .into_iter()
            .chain(complete::facts(&part))
            .chain(desk::wishes(&part))
            .collect();
        let mut findings = about.clone();
        findings.append(&mut filing.findings);
        findings.extend(more);
        filing.findings = findings;
        if let Some(rules) = rules {
            for f in &mut filing.findings {
                cite(f, rules);
            }
        }
        filing.verdict = Verdict::of(&filing.findings);
        if filing.verdict == Verdict::Held {
            // What concerns the source is told once.
            held.extend(
                filing
                    .findings
                    .into_iter()
                    .filter(|f| f.effect == Effect::Hold && !about.contains(f)),
            );
        } else {
            filings.push(filing);
        }
    }
    filings.sort_by(|a, b| a.channel.map(|c| &c.id).cmp(&b.channel.map(|c| &c.id)));
    let mut findings = about;
    findings.extend(held);
    Judgement { filings, findings }
}

/// Names the page that states the very rule, where the operator's file knows it.
pub(crate) fn cite(finding: &mut Finding, rules: &Profile) {
    if finding.required_by != case::name(rules) {
        return;
    }
    let rule = match finding.id {
        "SRC-4" => "fields.source_port",
        "SRC-6" => "bundle.one_per",
        "TIM-1" => "fields.first",
        "CNT-1" => "fields.count",
        "HDR-1" => "fields.full_headers",
        "HDR-2" => "fields.fqdn",
        "OWN-3" => "fields.linked_detail",
        "TXT-1" => "text.attachments",
        "TXT-3" => "fields.statement",
        "TXT-5" => "text.line_max",
        "TXT-6" => "text.footer_zone",
        "SUB-1" => "subject.template",
        "SUB-2" => "subject.ticket_keep",
        "XRF-1" => "formats.xarf4",
        "DST-1" => "fields.dst_ip",
        "DST-2" => "fields.dst_port",
        "PRO-1" => "fields.protocol",
        "TIM-4" => "time.max_age_days",
        "TIM-5" => "time.clock",
        "CNT-2" => "threshold",
        "LOG-1" | "RED-1" => "log.unedited",
        "LOG-2" => "log.max_lines",
        "LOG-3" => "log.explain",
        "LOG-4" => "log.window_before_min",
        "OWN-1" => "ownership.whois",
        "OWN-2" => "ownership.traceroute",
        "TXT-2" => "language",
        "ADR-1" | "ADR-3" => "channel",
        "ADR-2" => "route",
        "ADR-4" => "fields.reporter_phone",
        "DUP-1" => "repeat.min_interval_hours",
        "FMT-1" => "enum",
        _ => return,
    };
    if let Some(source) = rules.source_of(rule) {
        finding.source = crate::text::Untrusted(source.url.as_bytes()).ascii().into();
    }
}

#[cfg(test)]
pub(crate) mod fixture;

#[cfg(test)]
mod tests;
