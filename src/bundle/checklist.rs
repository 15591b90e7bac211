//! The checklist: every check comes about when a report is written, with its level, who
//! requires it and where that is said.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::reading::text_findings;
use super::{evidence, letter, mail, xarf};
use crate::class::Class;
use crate::config::ClockStatement;
use crate::dialect::Transport;
use crate::judge::fixture::{Log, START, World, parsed};
use crate::judge::{Confidence, Effect, Filing, Finding, Incident, complete, judge};
use crate::source::ClassTally;
use crate::time::{Fold, Instant};

/// All checks, with the gravest that becomes of each.
const CHECKS: [(&str, Effect); 41] = [
    ("SRC-1", Effect::Hold),
    ("SRC-2", Effect::Unattributed),
    ("SRC-3", Effect::Hold),
    ("SRC-4", Effect::Warn),
    ("SRC-5", Effect::Hold),
    ("SRC-6", Effect::Draft),
    ("DST-1", Effect::Draft),
    ("DST-2", Effect::Draft),
    ("PRO-1", Effect::Draft),
    ("TIM-1", Effect::Draft),
    ("TIM-2", Effect::Draft),
    ("TIM-3", Effect::Note),
    ("TIM-4", Effect::Hold),
    ("TIM-5", Effect::Draft),
    ("TIM-6", Effect::Warn),
    ("CNT-1", Effect::Draft),
    ("CNT-2", Effect::Hold),
    ("LOG-1", Effect::Draft),
    ("LOG-2", Effect::Draft),
    ("LOG-3", Effect::Warn),
    ("LOG-4", Effect::Warn),
    ("HDR-1", Effect::Draft),
    ("HDR-2", Effect::Draft),
    ("OWN-1", Effect::Draft),
    ("OWN-2", Effect::Draft),
    ("OWN-3", Effect::Draft),
    ("TXT-1", Effect::Draft),
    ("TXT-2", Effect::Draft),
    ("TXT-3", Effect::Draft),
    ("TXT-4", Effect::Warn),
    ("TXT-5", Effect::Draft),
    ("TXT-6", Effect::Draft),
    ("SUB-1", Effect::Draft),
    ("SUB-2", Effect::Draft),
    ("ADR-1", Effect::Draft),
    ("ADR-2", Effect::Draft),
    ("ADR-3", Effect::Draft),
    ("ADR-4", Effect::Draft),
    ("DUP-1", Effect::Warn),
    ("RED-1", Effect::Draft),
    ("FMT-1", Effect::Warn),
];

const SOURCE: &str = "198.51.100.130";

fn desk(rules: &str, channel: &str) -> World {
    World::with(&[&format!(
        "id = 'x'\nname = 'X'\n{rules}\n[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\n{channel}\n[[route]]\nclass = ['*']\nchannel = 'a'\n[[provenance]]\nurl = 'https://x.example/abuse'\nsays = 'all of it'\nseen = 2026-01-01\nstatus = 'page'\n"
    )])
}

const MAIL: &str = "kind = 'email'\nto = 'abuse@example.net'";

fn plain() -> World {
    desk("", MAIL)
}

/// All findings of a source, its text read again.
fn all(world: &World, log: &Log, spoil: &dyn Fn(&str) -> String) -> Vec<Finding> {
    let (case, context) = (world.case(log), world.context());
    let judgement = judge(&case, &context);
    let mut out = judgement.findings.clone();
    for filing in &judgement.filings {
        let part = filing.part(&case, &context);
        let letter = letter::letter(&part, "x");
        let mail = spoil(&mail::mail(&part, &letter).unwrap());
        let told = json!({
            "source": case.addr.to_string(),
            "classes": part.classes().into_iter().map(Class::word).collect::<Vec<_>>(),
            "incidents": super::made::incidents(filing),
            "ticket": world.config.filing.ticket(case.addr),
        });
        let mut lines = Vec::new();
        evidence::log(&mut lines, &part.lines());
        out.extend(filing.findings.iter().cloned());
        out.extend(text_findings(&part, filing, &told, (&mail, &spoil(&letter.body)), &lines));
        out.extend(xarf::findings(
            &part,
            &mut xarf::sides(&part, "x", Some(&letter.extract)),
            &lines,
        ));
    }
    out
}

/// The same of what nobody spoilt.
fn sound(world: &World, log: &Log) -> Vec<Finding> {
    all(world, log, &str::to_owned)
}

/// The judge's findings of a class that no log of ours tells of.
fn open_relay(world: &World) -> Vec<Finding> {
    let log = Log::of(SOURCE).spam(12);
    let (case, context) = (world.case(&log), world.context());
    let judgement = judge(&case, &context);
    let filing = &judgement.filings[0];
    let tally = ClassTally { class: Class::OpenRelay, ..filing.incidents[0].tally };
    let incidents = vec![Incident { tally, confidence: Confidence::High }];
    let mut lines = case.evidence.clone();
    lines.iter_mut().for_each(|l| l.class = Some(Class::OpenRelay));
    let case = crate::judge::Case { evidence: lines, ..case };
    let filing = Filing { incidents, ..filing.clone() };
    complete::facts(&filing.part(&case, &context))
}

#[test]
fn every_check_comes_about() {
    let ssh = || Log::of(SOURCE).ssh(12);
    let mut found: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    let mut take = |findings: Vec<Finding>| {
        for f in findings {
            found.entry(f.id).or_default().push(f);
        }
    };
    let from = |source: &str| sound(&World::new(), &Log::of(source).ssh(12));
    take(from("10.0.0.1"));
    take(from("62.0.0.7"));
    take(from("203.0.113.7"));
    take(from("198.51.100.7"));
    take(from("198.51.100.200"));
    take(sound(&plain(), &Log::of(SOURCE).ssh(1)));
    take(sound(&plain(), &Log::of(SOURCE).packets(30, Transport::Udp)));
    let mut bare = Log::of(SOURCE).packets(30, Transport::Tcp);
    for line in &mut bare.lines {
        (line.source_port, line.destination) = (None, None);
        line.transport = Some(Transport::Other);
        line.moment.basis.inferred_year = true;
        line.moment.basis.fold = Fold::Ambiguous(3600);
    }
    take(sound(&plain(), &bare));
    take(sound(&desk("[fields]\ndst_port = 'must'", MAIL), &Log::of(SOURCE).spam_at(12, 0)));
    let mut world = desk("[time]\nmax_age_days = 7\nage_action = 'refuse'", MAIL);
    world.now = Some(Instant::from_seconds(START + 9 * 86_400));
    take(sound(&world, &ssh()));
    world.now = Some(Instant::from_seconds(START - 86_400));
    take(sound(&world, &ssh()));
    let mut world = desk("[time]\nclock = 'must'", MAIL);
    world.clock = ClockStatement::default();
    take(sound(&world, &ssh()));
    take(sound(
        &desk(
            "language = ['fr']\n[log]\nunedited = 'must'\nwindow_before_min = 5\n[redact]\nshared_with_customer = true\n[repeat]\nmin_interval_hours = 24\n[formats]\nxarf4 = 'must'\narf = 'should'\n",
            "kind = 'email'\nto = 'removed@lacnic.net'\ncc = ['b@example.net']\nmax_recipients = 1",
        ),
        &Log::of(SOURCE).spam(12),
    ));
    take(sound(&desk("", "kind = 'email'\nto = 'removed@lacnic.net'"), &ssh()));
    let form = desk("enum = { spam = 'Spam' }", "kind = 'form'\nurl = 'https://x.example/form'");
    take(sound(&form, &ssh()));
    let mut world = desk("[subject]\nticket_regex = '#[0-9]+'\nticket_keep = true", MAIL);
    world.config = parsed(&format!("[filing.tickets]\n'{SOURCE}' = '#12'\n"));
    take(sound(&world, &ssh()));
    world.config = parsed(&format!("[filing.tickets]\n'{SOURCE}' = 'no. 12'\n"));
    take(sound(&world, &ssh()));
    take(open_relay(&desk("[fields]\nfull_headers = 'must'\nfqdn = 'must'", MAIL)));
    take(sound(&desk("[subject]\ntemplate = 'Abuse'", MAIL), &ssh()));
    // What we write ourselves obeys; what would not is found before anybody sends it.
    for (from, to) in [
        ("Source IP         : 198.51.100.130", "Source IP         : 198.51.100.131"),
        ("First event ", "First seen "),
        ("Number of events  : 12", "Number of events  : 13"),
        ("sshd[4121]: Failed", "sshd[4122]: Failed"),
        ("How to read it", "How it is"),
        ("Source IP address 198.51.100.130", "An address"),
        ("WHAT HAPPENED\n", "<html>\n"),
        ("WHAT HAPPENED\n", "WHAT HAPPENED\nYou criminal\n"),
        ("WHAT IS UNCERTAIN\n", &format!("WHAT IS UNCERTAIN\n{}\n", "x".repeat(999))),
        ("report: +0000", "report: local"),
    ] {
        let spoilt = |text: &str| text.replace(from, to);
        take(all(&desk("[log]\nneed = 'must'\nexplain = 'should'", MAIL), &ssh(), &spoilt));
    }
    let more = |text: &str| {
        let line = text.lines().find(|l| l.contains("sshd[4121]")).unwrap_or("none");
        text.replacen(line, &[line; 9].join("\n"), 1).replace("EXTRACT (5 of", "EXTRACT (13 of")
    };
    take(all(&desk("[log]\nmax_lines = 5", MAIL), &ssh(), &more));

    for (id, gravest) in CHECKS {
        let of = found.remove(id).unwrap_or_default();
        let effects: Vec<Effect> = of.iter().map(|f| f.effect).collect();
        assert!(effects.contains(&gravest), "{id}: {gravest:?} of {effects:?}");
        for f in of {
            assert_eq!(f.level, f.effect.level());
            assert!(
                !f.required_by.is_empty() && !f.source.is_empty() && !f.value.is_empty(),
                "{f:?}"
            );
        }
    }
    // XARF's own, which a file that is wrong has, and one that is wanted and is not there.
    assert!(found.remove("XRF-1").is_some());
    // INT-1 is of the folder as it lies on the disk: `lint` and `verify` tell it.
    assert!(found.is_empty(), "{:?}", found.keys());
}

#[test]
fn what_we_write_obeys() {
    let world = plain();
    for log in [
        Log::of(SOURCE).ssh(12),
        Log::of(SOURCE).ssh(90).spam(12).packets(60, Transport::Tcp),
        Log::of(SOURCE).packets(60, Transport::Tcp),
    ] {
        let (case, context) = (world.case(&log), world.context());
        let judgement = judge(&case, &context);
        let filing = &judgement.filings[0];
        let part = filing.part(&case, &context);
        let letter = letter::letter(&part, "x");
        let mail = mail::mail(&part, &letter).unwrap();
        let told: Value = json!({
            "source": case.addr.to_string(),
            "classes": part.classes().into_iter().map(Class::word).collect::<Vec<_>>(),
            "incidents": super::made::incidents(filing),
        });
        let mut lines = Vec::new();
        evidence::log(&mut lines, &part.lines());
        assert_eq!(text_findings(&part, filing, &told, (&mail, &letter.body), &lines), []);
        assert_eq!(
            xarf::findings(&part, &mut xarf::sides(&part, "x", Some(&letter.extract)), &lines),
            []
        );
    }
}

#[test]
fn a_ticket_stands_in_the_subject_whole() {
    let mut world = desk("[subject]\nmax_len = 60\nticket_regex = '#[0-9]+'", MAIL);
    world.config = parsed(&format!("[filing.tickets]\n'{SOURCE}' = '#987654'\n"));
    let log = Log::of(SOURCE).ssh(12);
    let (case, context) = (world.case(&log), world.context());
    let judgement = judge(&case, &context);
    let part = judgement.filings[0].part(&case, &context);
    let letter = letter::letter(&part, "x");
    let mail = mail::mail(&part, &letter).unwrap();
    let subject = mail.lines().find_map(|l| l.strip_prefix("Subject: ")).unwrap();
    assert!(subject.ends_with(" #987654") && subject.len() <= 60, "{subject}");
    assert!(subject.contains(SOURCE), "{subject}");
    assert!(letter.body.contains("\nYour ticket: #987654\n"), "{}", letter.body);
    assert!(
        crate::config::Config::parse(
            "[filing.tickets]\n'192.0.2.7' = \"a\\nBcc: b@example.net\"\n",
            "plaint.toml".as_ref()
        )
        .is_err()
    );
}
