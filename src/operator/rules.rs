//! The tables of an operator file that say what a report has to look like.

use serde::{Deserialize, Deserializer};

use super::ticket::Pattern;
use crate::config::{Redaction, place};

/// How much a desk wants something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// A report without it is not ready.
    Must,
    /// A report without it gets a warning.
    Should,
    /// It does no harm.
    #[default]
    May,
    /// A report with it is not ready.
    Forbid,
}

/// `[text]`: the form of the text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Text {
    /// Attached files.
    pub attachments: Need,
    /// HTML.
    pub html: Need,
    /// The form of the body.
    pub body: Body,
    /// Longest line in octets; RFC 5322 ends at 998.
    pub line_max: u32,
    /// Order of the sections; those that are not listed follow in their usual order.
    pub sections: Vec<Section>,
    /// Whether the last line states the zone.
    pub footer_zone: bool,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            attachments: Need::May,
            html: Need::May,
            body: Body::Plain,
            line_max: 998,
            sections: Vec::new(),
            footer_zone: true,
        }
    }
}

/// The forms of a body; there is one that every desk takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// Plain text.
    Plain,
}

/// The sections of a report, in their usual order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// Who reports.
    Reporter,
    /// What happened.
    Happened,
    /// What is linked to the reader.
    Linked,
    /// The facts, by class.
    Incident,
    /// The log extract and how to read it.
    Log,
    /// Our clock.
    Clock,
    /// What is uncertain.
    Uncertain,
    /// Whois.
    Whois,
    /// Traceroute.
    Traceroute,
}

/// `[bundle]`: what goes into one report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bundle {
    /// One report for each of these.
    pub one_per: OnePer,
    /// Most sources in one report.
    pub max_sources: Option<u32>,
    /// The table of events.
    pub csv: Need,
}

/// What one report is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnePer {
    /// One source.
    #[default]
    Ip,
    /// One source and one class.
    Incident,
    /// Everything for this operator.
    Isp,
    /// A list of many sources.
    List,
}

/// `[time]`: times, and the clock that gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Time {
    /// Which zone the text may be in.
    pub zone: TimeZone,
    /// How times are written.
    pub style: TimeStyle,
    /// The statement about our clock.
    pub clock: Need,
    /// Greatest age of the last event.
    pub max_age_days: Option<u32>,
    /// What greater age means.
    pub age_action: AgeAction,
}

/// Which zone a report may be in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TimeZone {
    /// UTC.
    #[default]
    #[serde(rename = "UTC")]
    Utc,
    /// The log's own, with its offset.
    #[serde(rename = "local-ok")]
    LocalOk,
}

/// How times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TimeStyle {
    /// `2026-03-29T03:00:00Z`.
    #[default]
    #[serde(rename = "iso-z")]
    IsoZ,
    /// `29 Mar 2026 03:00:00 +0000`.
    #[serde(rename = "rfc2822")]
    Rfc2822,
}

/// What an age above the greatest means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgeAction {
    /// The report is held.
    Refuse,
    /// The report has a warning.
    #[default]
    Warn,
}

/// `[threshold.CLASS]`: what is too little.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Threshold {
    /// Least number of events.
    pub min_events: Option<u32>,
    /// Least number of ports or addresses.
    pub min_targets: Option<u32>,
    /// Whether a handshake has to have been completed.
    pub handshake: Need,
}

/// `[log]`: the log extract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The extract itself.
    pub need: Need,
    /// Lines exactly as they were logged.
    pub unedited: Need,
    /// Minutes of log before the first event.
    pub window_before_min: Option<u32>,
    /// Minutes of log after the last event.
    pub window_after_min: Option<u32>,
    /// Most lines.
    pub max_lines: Option<u32>,
    /// Most octets.
    pub max_bytes: Option<u32>,
    /// Most words.
    pub max_words: Option<u32>,
    /// A sentence on how to read the lines.
    pub explain: Need,
}

/// `[fields]`: the facts of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// The source's ports.
    pub source_port: Need,
    /// The address that was attacked.
    pub dst_ip: Need,
    /// The port that was attacked.
    pub dst_port: Need,
    /// The transport.
    pub protocol: Need,
    /// The first event.
    pub first: Need,
    /// The last event.
    pub last: Need,
    /// The number of events.
    pub count: Need,
    /// What happened, in a sentence.
    pub statement: Need,
    /// Which detail is the reader's.
    pub linked_detail: Need,
    /// All header lines of an accepted message.
    pub full_headers: Need,
    /// The name of an open relay.
    pub fqdn: Need,
    /// What the reporter is to the victim in law.
    pub legal_relation: Need,
    /// The reporter's telephone number.
    pub reporter_phone: Need,
    /// The reporter's postal address.
    pub reporter_address: Need,
    /// Whether an answer is expected.
    pub answer_expected: Need,
}

/// `[ownership]`: the proof that the address is theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ownership {
    /// The registry's record.
    pub whois: Need,
    /// The path to the address.
    pub traceroute: Need,
    /// Whether they answer for their own networks alone.
    pub own_only: bool,
}

/// What `{…}` in a subject's template may name.
pub const SUBJECT_WORDS: [&str; 6] = ["class", "source", "date", "time", "reference", "count"];

/// `[subject]`: the subject line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subject {
    /// The line, with the words of [`SUBJECT_WORDS`] in braces; `date` and
    /// `time` are those of the first event, in UTC.
    #[serde(deserialize_with = "template")]
    pub template: Option<String>,
    /// What their ticket numbers look like.
    #[serde(deserialize_with = "ticket")]
    pub ticket_regex: Option<Ticket>,
    /// Whether a ticket has to stay in the subject as it is.
    pub ticket_keep: bool,
    /// Most characters.
    pub max_len: Option<u32>,
}

/// What tickets look like: as written, and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// As the file writes it.
    pub text: String,
    /// As it is compared.
    pub pattern: Pattern,
}

fn ticket<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Ticket>, D::Error> {
    place::string_by(from, "a pattern of tickets", |s| {
        Ok(Ticket { text: s.to_owned(), pattern: Pattern::parse(s)? })
    })
    .map(Some)
}

fn template<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    place::string_by(from, "a subject line", |s| {
        if let Some(c) = s.chars().find(|c| !(' '..='~').contains(c)) {
            return Err(format!("a subject is plain ASCII, not {c:?}"));
        }
        for part in s.split('{').skip(1) {
            let Some((word, _)) = part.split_once('}') else {
                return Err("a brace is not closed".to_owned());
            };
            if !SUBJECT_WORDS.contains(&word) {
                return Err(format!(
                    "unknown word `{{{word}}}`{}",
                    place::instead(word, &SUBJECT_WORDS)
                ));
            }
        }
        Ok(s.to_owned())
    })
    .map(Some)
}

/// `[sender]`: the address a report comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sender {
    /// Addresses that take no answer.
    pub noreply: Need,
    /// An address that exists.
    pub address_valid: Need,
}

/// `[redact]`: what is replaced in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redact {
    /// These kinds, for this operator.
    pub default: Vec<Redaction>,
    /// Whether their customer gets to read the report.
    pub shared_with_customer: bool,
}

/// `[repeat]`: another report about the same source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repeat {
    /// Not sooner than this.
    pub min_interval_hours: Option<u32>,
    /// Only where something new happened.
    pub needs_new_events: bool,
    /// The ticket of the earlier report.
    pub needs_ticket: Need,
}

/// `[form]`: the fields of a form, in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Form {
    /// Most of the description.
    pub description_max: Option<u32>,
    /// Most of the log.
    pub evidence_max: Option<u32>,
}

/// `[formats]`: files for robots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Formats {
    /// XARF version 4.
    pub xarf4: Need,
    /// ARF, RFC 5965.
    pub arf: Need,
    /// X-ARF 0.2.
    pub xarf02: Need,
    /// A table.
    pub csv: Need,
    /// Some other JSON.
    pub json: Need,
}
