//! What the desk asks of the report and its sender: channel, contact, ownership, form.

use std::path::{Path, PathBuf};

use crate::operator::contact::{Contact, is_placeholder, of_whois};
use crate::operator::profile::Kind;
use crate::operator::{Need, Unrouted};

use super::case::{Case, Part, authority, lacking};
use super::finding::{Effect, Finding};
use super::saved::{Asked, Transcript};
use crate::class::Class;
use crate::config::ClassWord;
use crate::operator::Profile;
use crate::text::shell_word;

/// Why a class goes nowhere.
#[must_use]
pub fn unrouted(class: Class, why: &Unrouted, rules: &Profile) -> Finding {
    let (effect, value) = match why {
        Unrouted::NotHandled { .. } => (Effect::Hold, "not handled"),
        Unrouted::RegionUnknown { .. } => (Effect::Draft, "region unknown"),
        Unrouted::NoRoute { .. } => (Effect::Draft, "no route"),
        Unrouted::Several { .. } => (Effect::Draft, "several routes"),
    };
    let finding =
        Finding::new("ADR-2", effect, value, format!("{why}.")).class(class).by(authority(rules));
    match why {
        Unrouted::NotHandled { .. } => finding,
        Unrouted::RegionUnknown { .. } => finding.remedy(format!(
            "name the prefixes of each region in an operator file: id = {0:?}, extends = {0:?}, \
             then [[region]] with prefix_file; or give --asn-db",
            rules.id
        )),
        _ => finding.remedy(format!("correct the [[route]] tables of {}", rules.place())),
    }
}

/// Every check of address, ownership and form.
#[must_use]
pub fn wishes(part: &Part<'_, '_>) -> Vec<Finding> {
    let mut out = Vec::new();
    out.extend(channel(part));
    out.extend(contact(part));
    out.extend(reporter(part));
    out.extend(ownership(part));
    out.extend(language(part));
    out.extend(repeated(part));
    out.extend(word(part));
    out.extend(ticket(part));
    out
}

/// What was filed before is not known to a run: the desk's wish is told.
fn repeated(part: &Part<'_, '_>) -> Option<Finding> {
    let rules = part.rules?;
    let hours = rules.repeat.min_interval_hours?;
    let text = format!(
        "{} wants no second report of a source within {hours} hours, and what was filed before is \
         not known here.",
        rules.name
    );
    Some(
        Finding::new("DUP-1", Effect::Warn, format!("{hours} hours"), text)
            .remedy("look into the mails that were sent before you file this one")
            .by(part.authority()),
    )
}

/// A report that goes on with an earlier one carries its ticket, unchanged.
fn ticket(part: &Part<'_, '_>) -> Option<Finding> {
    let rules = part.rules?;
    let known = part.context.config.filing.ticket(part.case.addr);
    let form = rules.subject.ticket_regex.as_ref();
    match (known, form) {
        (Some(ticket), Some(form)) if !form.pattern.fits(ticket) => Some(
            Finding::new(
                "SUB-2",
                Effect::Draft,
                ticket,
                format!("tickets of {} look like {}.", rules.name, form.text),
            )
            .remedy("correct filing.tickets in plaint.toml: the ticket as the desk's answer has it")
            .by(part.authority()),
        ),
        (Some(ticket), _) => Some(
            Finding::new(
                "SUB-2",
                Effect::Note,
                ticket,
                "it goes on with an earlier report.".to_owned(),
            )
            .by(part.authority()),
        ),
        // Whether there was an earlier report is not known to a run.
        (None, _) if rules.subject.ticket_keep => Some(
            Finding::new(
                "SUB-2",
                Effect::Note,
                "no ticket",
                format!(
                    "if {} answered an earlier report, its ticket has to stand in the subject.",
                    rules.name
                ),
            )
            .remedy(format!(
                "set in plaint.toml: [filing.tickets] then \"{}\" = \"TICKET\"",
                part.case.addr
            ))
            .by(part.authority()),
        ),
        (None, _) => None,
    }
}

/// A form that knows its own words for incidents takes no others.
fn word(part: &Part<'_, '_>) -> Option<Finding> {
    let rules = part.rules?;
    let form = matches!(part.channel?.kind, Kind::Form | Kind::Api);
    if !form || rules.words.is_empty() {
        return None;
    }
    let known = |c: &Class| rules.words.contains_key(&ClassWord(*c));
    let class = part.classes().into_iter().find(|c| !known(c))?;
    let text = format!("the form of {} has no word for {class}: choose the nearest.", rules.name);
    Some(Finding::new("FMT-1", Effect::Warn, class, text).class(class).by(part.authority()))
}

fn channel(part: &Part<'_, '_>) -> Option<Finding> {
    let channel = part.channel?;
    if channel.kind == Kind::None {
        let text = "the operator's channel for this takes no reports.".to_owned();
        return Some(Finding::new("ADR-2", Effect::Hold, &channel.id, text).by(part.authority()));
    }
    let recipients = usize::from(channel.to.is_some()) + channel.cc.len();
    let most = channel.max_recipients.unwrap_or(u32::MAX) as usize;
    if recipients > most {
        let text = format!("{recipients} recipients, and the desk takes mails to at most {most}.");
        return Some(
            Finding::new("ADR-1", Effect::Draft, recipients, text)
                .remedy("take addresses out of cc in the operator file")
                .by(part.authority()),
        );
    }
    None
}

fn contact(part: &Part<'_, '_>) -> Option<Finding> {
    let channel = part.channel?;
    let to = channel.to.as_deref().unwrap_or_default();
    if channel.to.is_some() && is_placeholder(to) {
        return Some(
            Finding::new("ADR-3", Effect::Draft, to, "the mailbox is a placeholder.".to_owned())
                .remedy("find the operator's abuse mailbox and name it in an operator file")
                .by(part.authority()),
        );
    }
    let rules = part.rules?;
    let named = named(part.case);
    if let Some((found, t)) = named.iter().find(|(c, _)| c.mail.eq_ignore_ascii_case(to)) {
        let text = format!("{to} is also named by {}{}.", found.origin, asked(t));
        return Some(Finding::new("ADR-3", Effect::Note, to, text).by(part.authority()));
    }
    let since = rules.unconfirmed_since()?;
    Some(
        Finding::new(
            "ADR-3",
            Effect::Warn,
            channel.target(),
            match named.is_empty() {
                true => format!("the addresses of {} are not confirmed; last seen {since}.", rules.name),
                // Whose the named mailbox is, the operator's or its customer's, a person has to see.
                false => format!(
                    "the addresses of {} are not confirmed; last seen {since}. The registry names {}.",
                    rules.name,
                    listed(&named)
                ),
            },
        )
        .remedy(
            "compare the mailbox with the operator's own page or a whois answer, and add a \
                 [[provenance]] with status = \"verified\" to its operator file",
        )
        .by(part.authority()),
    )
}

/// A source that nobody claims, with whom its registry names: a mailbox that
/// was found is told with where it stood, and never written to by itself.
pub(super) fn suggested(finding: Finding, case: &Case<'_>) -> Finding {
    if finding.id != "SRC-2" || finding.effect != Effect::Unattributed {
        return finding;
    }
    let found = named(case);
    let remedy = finding.remedy.clone().unwrap_or_default();
    match found.is_empty() {
        true => finding,
        false => finding.remedy(format!("{remedy}; named for this address: {}", listed(&found))),
    }
}

/// The abuse mailboxes that saved answers name, those of RDAP first: its roles
/// say what an address is for, where WHOIS has a line of text.
pub(super) fn named<'c>(case: &'c Case<'_>) -> Vec<(Contact, &'c Transcript)> {
    let rdap = case.rdap.iter().flat_map(|r| r.contacts.iter().map(move |c| (c.clone(), &r.text)));
    let whois = case
        .whois
        .iter()
        .filter(|t| super::answer::whois_fault(&t.bytes, case.addr).is_none())
        .flat_map(|t| of_whois(&t.bytes).into_iter().map(move |c| (c, t)));
    let mut out: Vec<(Contact, &Transcript)> = Vec::new();
    for (contact, t) in rdap.chain(whois) {
        if !out.iter().any(|(c, _)| c.mail.eq_ignore_ascii_case(&contact.mail)) {
            out.push((contact, t));
        }
    }
    out
}

/// Each with where it stood and when it was asked for.
fn listed(found: &[(Contact, &Transcript)]) -> String {
    let each: Vec<String> =
        found.iter().map(|(c, t)| format!("{} ({}{})", c.mail, c.origin, asked(t))).collect();
    each.join(", ")
}

/// `, asked 2026-04-01 06:30 UTC`, where that is known.
pub(super) fn asked(t: &Transcript) -> String {
    match t.asked {
        Asked::Stated(at) => format!(", asked {} UTC", at.minute()),
        Asked::FileOf(at) => format!(", in a file of {} UTC", at.minute()),
        Asked::Unknown => String::new(),
    }
}

fn reporter(part: &Part<'_, '_>) -> Vec<Finding> {
    let r = &part.context.config.reporter;
    let mut out = Vec::new();
    let mut lacks = |effect: Option<Effect>, what: &str, key: &str, example: &str| {
        let Some(effect) = effect else { return };
        out.push(
            Finding::new(
                "ADR-4",
                effect,
                "not stated",
                format!("the reporter's {what} is not stated."),
            )
            .remedy(format!("add to plaint.toml: [reporter] then {key} = \"{example}\""))
            .by(part.authority()),
        );
    };
    if r.name.is_none() {
        lacks(Some(Effect::Draft), "name", "name", "J. Smith");
    }
    if r.email.is_none() {
        lacks(Some(Effect::Draft), "mail address", "email", "abuse-reports@example.org");
    }
    if r.phone.is_none() {
        let need = part.rules.map_or(Need::May, |p| p.fields.reporter_phone);
        lacks(lacking(need), "telephone number", "phone", "+44 20 7946 0958");
    }
    if r.address.is_none() {
        let need = part.rules.map_or(Need::May, |p| p.fields.reporter_address);
        lacks(lacking(need), "postal address", "address", "1 Example Street, London");
    }
    if let Some(email) = &r.email {
        let local = email.split('@').next().unwrap_or_default().to_ascii_lowercase();
        let plain: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
        if plain.starts_with("noreply") || plain.starts_with("donotreply") {
            let forbids = part.rules.is_none_or(|p| p.sender.noreply == Need::Forbid);
            let effect = if forbids { Effect::Draft } else { Effect::Warn };
            out.push(
                Finding::new(
                    "ADR-4",
                    effect,
                    email,
                    "the sender's address takes no answer.".to_owned(),
                )
                .remedy("set [reporter] email in plaint.toml to an address that is read")
                .by(part.authority()),
            );
        }
    }
    if part.rules.is_some_and(|p| p.fields.legal_relation == Need::Must) {
        out.push(
            Finding::new(
                "ADR-4",
                Effect::Draft,
                "not stated",
                "the desk asks what the reporter is to the victim in law.".to_owned(),
            )
            .remedy("write it beneath the reporter's name in report.txt and report.eml")
            .by(part.authority()),
        );
    }
    out
}

/// Puts the time of asking before an answer, where a copy of the file cannot change it.
const WHEN: &str = "(date -u '+# asked %Y-%m-%dT%H:%M:%SZ'; ";

fn ownership(part: &Part<'_, '_>) -> Vec<Finding> {
    let case = part.case;
    let saved = &part.context.config.operators;
    let mut out = Vec::new();
    // An answer that is not used is told, whether or not one is wanted.
    let mut lacks = |id,
                     need,
                     unfit: Option<String>,
                     what: &str,
                     folder: &str,
                     hint: &str,
                     known: &Option<PathBuf>| {
        let effect = match (lacking(need), &unfit) {
            (Some(effect), _) => effect,
            (None, Some(_)) => Effect::Warn,
            (None, None) => return,
        };
        let addr = case.addr;
        let text = match &unfit {
            Some(why) => format!("the saved {what} of {addr} is not used: it {why}."),
            None => format!("there is no saved {what} of {addr}."),
        };
        let at = known.as_deref().unwrap_or(Path::new(folder));
        let at = shell_word(&at.join(format!("{addr}.txt")));
        let (made, set) = match known {
            Some(_) => (String::new(), String::new()),
            None => (
                format!("mkdir -p {folder}; "),
                format!(" and set [operators] {folder} = \"{folder}\" in plaint.toml"),
            ),
        };
        out.push(
            Finding::new(id, effect, if unfit.is_some() { "not used" } else { "none" }, text)
                .remedy(format!("run `{made}{WHEN}{hint} {addr}) > {at}`{set}"))
                .by(part.authority()),
        );
    };
    if case.registered().is_none() {
        let whois = case.whois.as_ref();
        let unfit = whois.and_then(|t| super::answer::whois_fault(&t.bytes, case.addr));
        let unfit =
            unfit.map(str::to_owned).or_else(|| case.rdap.as_ref().and_then(|r| r.fault.clone()));
        let need = part.need(|p| p.ownership.whois);
        lacks("OWN-1", need, unfit, "whois answer", "whois", "whois", &saved.whois);
    }
    if case.path().is_none() {
        let trace = case.traceroute.as_ref();
        let unfit = trace.and_then(|t| super::path::fault(&t.bytes, case.addr));
        let need = part.rules.map_or(Need::May, |p| p.ownership.traceroute);
        lacks(
            "OWN-2",
            need,
            unfit.map(str::to_owned),
            "traceroute",
            "traceroute",
            "traceroute -n",
            &saved.traceroute,
        );
    }
    out.extend(case.path().map(|t| path_note(part, &super::path::read(&t.bytes))));
    out
}

/// How far the path got: what filters it near the source is no fault of a report.
fn path_note(part: &Part<'_, '_>, path: &super::path::Path) -> Finding {
    let addr = part.case.addr;
    let (value, text) = match (path.reaches(addr), path.last_answer()) {
        (true, _) => {
            (format!("{} hops", path.hops.len()), format!("the traceroute reaches {addr}."))
        }
        (false, Some((n, ip))) => (
            format!("{n} hops"),
            format!("the traceroute ends before {addr}: the last that answered is {ip}."),
        ),
        (false, None) => ("0 hops".to_owned(), "nobody answered the traceroute.".to_owned()),
    };
    Finding::new("OWN-2", Effect::Note, value, text).by(part.authority())
}

fn language(part: &Part<'_, '_>) -> Option<Finding> {
    let languages = &part.rules?.language;
    if languages.is_empty() || languages.iter().any(|l| l.eq_ignore_ascii_case("en")) {
        return None;
    }
    let text = format!("the desk reads {}, and the report is in English.", languages.join(", "));
    Some(
        Finding::new("TXT-2", Effect::Draft, languages.join(", "), text)
            .remedy("translate report.txt and report.eml")
            .by(part.authority()),
    )
}
