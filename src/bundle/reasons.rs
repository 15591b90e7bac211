//! The reasons why desks pass reports over, one test each: such a report is held, is a draft,
//! has a warning, or cannot come about.

use serde_json::json;

use super::folder::Folder;
use super::letter::{self, Letter};
use super::{InputRecord, Plan, mail, write};
use crate::class::Class;
use crate::config::ClockStatement;
use crate::dialect::Transport;
use crate::judge::fixture::{LIMITS, Log, START, World, parsed};
use crate::judge::{Effect, Finding, Judgement, judge};
use crate::time::Instant;

/// An operator file with one mailbox for 198.51.100.128/26, and more rules.
fn desk(more: &str) -> World {
    let text = format!(
        "id = 'x'\nname = 'X'\n{more}\n[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@example.net'\n[[route]]\nclass = ['*']\nchannel = 'a'\n"
    );
    World::with(&[&text])
}

const SOURCE: &str = "198.51.100.130";

fn judged<'a>(world: &'a World, log: &'a Log) -> Judgement<'a> {
    judge(&world.case(log), &world.context())
}

/// The effect of the finding with that id, wherever it stands.
fn effect(world: &World, log: &Log, id: &str) -> Option<Effect> {
    let j = judged(world, log);
    let all: Vec<Finding> =
        j.filings.into_iter().flat_map(|f| f.findings).chain(j.findings).collect();
    all.iter().filter(|f| f.id == id).map(|f| f.effect).min()
}

/// The first report's letter and mail.
fn letter_of(world: &World, log: &Log) -> (Letter, String) {
    let (case, context) = (world.case(log), world.context());
    let judgement = judge(&case, &context);
    let part = judgement.filings[0].part(&case, &context);
    let letter = letter::letter(&part, "x");
    let mail = mail::mail(&part, &letter).unwrap();
    (letter, mail)
}

#[test]
fn r01_evidence_in_an_attachment() {
    let (letter, mail) = letter_of(&World::new(), &Log::of("192.0.2.7").ssh(12));
    assert!(!mail.contains("multipart") && !mail.contains("Content-Disposition"));
    assert!(letter.body.contains("LOG EXTRACT (12 of 12"));
}

#[test]
fn r02_html() {
    let (_, mail) = letter_of(&World::new(), &Log::of("192.0.2.7").ssh(12));
    let kinds: Vec<&str> = mail.lines().filter(|l| l.starts_with("Content-Type: ")).collect();
    assert_eq!(kinds, ["Content-Type: text/plain; charset=us-ascii"]);
}

#[test]
fn r03_the_wrong_language() {
    let log = Log::of(SOURCE).ssh(12);
    assert_eq!(effect(&desk("language = ['fr']"), &log, "TXT-2"), Some(Effect::Draft));
    assert_eq!(effect(&desk("language = ['fr', 'en']"), &log, "TXT-2"), None);
}

#[test]
fn r04_many_recipients() {
    let text = "id = 'x'\n[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@example.net'\ncc = ['b@example.net']\nmax_recipients = 1\n[[route]]\nclass = ['*']\nchannel = 'a'\n";
    let log = Log::of(SOURCE).ssh(12);
    assert_eq!(effect(&World::with(&[text]), &log, "ADR-1"), Some(Effect::Draft));
    let (_, mail) = letter_of(&desk(""), &log);
    assert_eq!(mail.lines().filter(|l| l.starts_with("To: ")).count(), 1);
    assert!(!mail.contains("\nCc:"));
}

#[test]
fn r05_somebody_elses_address() {
    let world = World::new();
    assert_eq!(effect(&world, &Log::of("62.0.0.7").ssh(12), "SRC-2"), Some(Effect::Unattributed));
    // BT's, but of which of its two networks?
    let log = Log::of("198.51.100.200").ssh(12);
    assert_eq!(effect(&world, &log, "ADR-2"), Some(Effect::Draft));
    // Where it is theirs, the report says by which record.
    let (letter, _) = letter_of(&world, &Log::of("192.0.2.7").ssh(12));
    assert!(letter.body.contains("Record: prefix list: janet.toml"), "{}", letter.body);
}

#[test]
fn r06_no_word_on_zone_and_clock() {
    let mut world = World::new();
    let log = Log::of("192.0.2.7").ssh(12);
    let (letter, _) = letter_of(&world, &log);
    assert!(letter.body.contains("First event       : 2026-02-03 03:14:07 UTC"));
    assert!(letter.body.contains("CLOCK\n"));
    world.clock = ClockStatement::default();
    assert_eq!(effect(&world, &log, "TIM-5"), Some(Effect::Draft));
}

#[test]
fn r07_ports_destination_or_protocol_missing() {
    let world = World::new();
    let mut log = Log::of("192.0.2.7").ssh(12);
    for line in &mut log.lines {
        line.source_port = None;
        line.destination = None;
    }
    assert_eq!(effect(&world, &log, "SRC-4"), Some(Effect::Warn));
    assert_eq!(effect(&world, &log, "DST-1"), Some(Effect::Draft));
    let mut log = Log::of("192.0.2.7").packets(30, Transport::Tcp);
    for line in &mut log.lines {
        line.transport = Some(Transport::Other);
    }
    assert_eq!(effect(&world, &log, "PRO-1"), Some(Effect::Draft));
}

#[test]
fn r08_logs_without_words() {
    let (letter, _) = letter_of(&World::new(), &Log::of("192.0.2.7").ssh(12));
    assert!(letter.body.contains("WHAT HAPPENED\n12 attempts to log in"));
    assert!(letter.body.contains("How to read it: sshd:"));
}

#[test]
fn r09_trivial() {
    let world = World::new();
    assert_eq!(effect(&world, &Log::of("192.0.2.7").ssh(1), "CNT-2"), Some(Effect::Hold));
    let log = Log::of("192.0.2.7").packets(1, Transport::Tcp);
    assert_eq!(effect(&world, &log, "CNT-2"), Some(Effect::Hold));
    // ungleich drops a scan of few ports, and says how few.
    let world = desk("[threshold.port-scan]\nmin_targets = 30");
    let log = Log::of(SOURCE).packets(20, Transport::Tcp);
    assert_eq!(effect(&world, &log, "CNT-2"), Some(Effect::Hold));
}

#[test]
fn r10_an_alert_that_nobody_checked() {
    // What a personal firewall calls an attack: late UDP, pings.
    let world = World::new();
    for transport in [Transport::Udp, Transport::Icmp] {
        let log = Log::of("192.0.2.7").packets(500, transport);
        assert_eq!(effect(&world, &log, "SRC-5"), Some(Effect::Hold));
        assert!(judged(&world, &log).filings.is_empty());
    }
}

#[test]
fn r11_too_old() {
    let mut world = desk("[time]\nmax_age_days = 7\nage_action = 'refuse'");
    world.now = Some(Instant::from_seconds(START + 9 * 86_400));
    assert_eq!(effect(&world, &Log::of(SOURCE).ssh(12), "TIM-4"), Some(Effect::Hold));
}

#[test]
fn r12_edited_logs() {
    let mut world = desk("[log]\nunedited = 'must'");
    let log = Log::of(SOURCE).ssh(12);
    let (letter, _) = letter_of(&world, &log);
    assert!(letter.body.contains("The lines are as they were logged."));
    world.config = parsed("[filing]\nredact = ['user']\n");
    assert_eq!(effect(&world, &log, "RED-1"), Some(Effect::Draft));
    // The customer gets to read it, too: that is for the user to decide, and once decided it is said.
    let mut world = desk("[log]\nunedited = 'must'\n[redact]\nshared_with_customer = true");
    assert_eq!(effect(&world, &log, "RED-1"), Some(Effect::Draft));
    world.config.filing.unedited_to = vec!["x".to_owned()];
    assert_eq!(effect(&world, &log, "RED-1"), Some(Effect::Note));
    world.config.filing.redact = vec![crate::config::Redaction::User];
    let (letter, _) = letter_of(&world, &log);
    assert!(letter.body.contains("password for alice from"), "{}", letter.body);
    // Elsewhere the text says what was changed.
    let (letter, _) = letter_of(&World::new(), &Log::of("192.0.2.7").ssh(12));
    assert!(
        letter
            .body
            .contains("The time stamp of each line was put into UTC.\nNothing else was changed.")
    );
}

#[test]
fn r13_thousands_of_lines() {
    let log = Log::of(SOURCE).ssh(900);
    let (letter, _) = letter_of(&desk(""), &log);
    assert!(letter.body.contains("LOG EXTRACT (50 of 900 log lines"));
    let (letter, _) = letter_of(&desk("[log]\nmax_lines = 7"), &log);
    assert!(letter.body.contains("LOG EXTRACT (7 of 900 log lines"));
}

#[test]
fn r14_several_addresses_in_one() {
    let world = World::new();
    let logs = [Log::of("192.0.2.7").ssh(12), Log::of("192.0.2.8").ssh(12)];
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let at = Instant::from_seconds(START);
    let input = InputRecord {
        path: "auth.log".into(),
        bytes: 1,
        sha256: String::new(),
        readings: [0; 6],
        span: Some((at, at)),
        zone: String::new(),
        complete: true,
    };
    let plan = Plan {
        context: world.context(),
        limits: LIMITS,
        inputs: vec![input],
        options: json!({}),
        references: Vec::new(),
        bounds: Vec::new(),
    };
    write(Folder::begin(&out, false).unwrap(), &plan, logs.iter().map(|l| Ok(world.case(l))))
        .unwrap();
    for (own, other) in [("192.0.2.7", "192.0.2.8"), ("192.0.2.8", "192.0.2.7")] {
        let text = std::fs::read_to_string(out.join("janet/irt").join(own).join("report.txt"));
        let text = text.unwrap();
        assert!(text.contains(own) && !text.contains(other), "{text}");
    }
}

#[test]
fn r15_repeats() {
    // The same try told twice is one; the same report again has the same reference.
    let log = Log::of(SOURCE).ssh(12);
    let world = desk("[repeat]\nmin_interval_hours = 24");
    assert_eq!(effect(&world, &log, "DUP-1"), Some(Effect::Warn));
    let (one, two) = (letter_of(&world, &log).0, letter_of(&world, &log).0);
    assert_eq!(one.reference, two.reference);
}

#[test]
fn r16_a_sender_that_takes_no_answer() {
    let mut world = World::new();
    let log = Log::of("192.0.2.7").ssh(12);
    world.config = parsed("[reporter]\nname = 'J'\nemail = 'no-reply@example.org'\n");
    assert_eq!(effect(&world, &log, "ADR-4"), Some(Effect::Draft));
    world.config = parsed("[reporter]\nemail = 'a@example.org'\n");
    assert_eq!(effect(&world, &log, "ADR-4"), Some(Effect::Draft));
}

#[test]
fn r17_a_subject_that_changes() {
    let log = Log::of("192.0.2.7").ssh(12);
    let subject = |world: &World| -> String {
        let (_, mail) = letter_of(world, &log);
        mail.lines().find(|l| l.starts_with("Subject: ")).unwrap().to_owned()
    };
    let first = subject(&World::new());
    assert_eq!(first, subject(&World::new()));
    assert!(
        first.starts_with("Subject: Abuse report: ssh-login from 192.0.2.7, 2026-02-03 03:14 UTC")
    );
}

#[test]
fn r18_a_dead_contact() {
    let text = "id = 'x'\n[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'removed@lacnic.net'\n[[route]]\nclass = ['*']\nchannel = 'a'\n";
    let log = Log::of(SOURCE).ssh(12);
    assert_eq!(effect(&World::with(&[text]), &log, "ADR-3"), Some(Effect::Draft));
    // A mailbox of an old document is a warning.
    assert_eq!(effect(&World::new(), &Log::of("192.0.2.7").ssh(12), "ADR-3"), Some(Effect::Warn));
}

#[test]
fn r19_a_forged_source() {
    let world = World::new();
    let log = Log::of("192.0.2.7").packets(30, Transport::Tcp);
    assert_eq!(effect(&world, &log, "SRC-5"), Some(Effect::Note));
    let (letter, _) = letter_of(&world, &log);
    assert!(letter.body.contains("source address may be forged"), "{}", letter.body);
    let world = desk("[threshold.port-scan]\nhandshake = 'must'");
    let log = Log::of(SOURCE).packets(30, Transport::Tcp);
    assert_eq!(effect(&world, &log, "SRC-5"), Some(Effect::Hold));
}

#[test]
fn r20_an_offensive_tone() {
    for class in Class::ALL {
        let text = super::words::happened(class, 3).to_lowercase();
        for word in ["hack", "criminal", "illegal", "attack", "!", "must", "immediately"] {
            assert!(!text.contains(word), "{text}");
        }
    }
}

#[test]
fn r21_the_wrong_channel() {
    let form = "id = 'x'\nclasses = ['ssh-login']\n[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\nkind = 'form'\nurl = 'https://isp.example/abuse'\n[[route]]\nclass = ['*']\nchannel = 'a'\n";
    let world = World::with(&[form]);
    let (_, mail) = letter_of(&world, &Log::of(SOURCE).ssh(12));
    // A form takes no mail.
    assert!(!mail.contains("\nTo:") && !mail.starts_with("To:"));
    assert_eq!(effect(&world, &Log::of(SOURCE).spam(12), "ADR-2"), Some(Effect::Hold));
}

#[test]
fn r22_a_robot_that_misreads() {
    let mut world = World::new();
    world.config = parsed(
        "[reporter]\nname = 'J. Smith'\nemail = 'a-0100@example.org'\nphone = '+442079460958'\naddress = 'PO box 20-4455'\n",
    );
    let (letter, _) = letter_of(&world, &Log::of("192.0.2.7").ssh(12));
    let last = letter.body.trim_end().lines().last().unwrap();
    assert_eq!(last, "Time zone of all times in this report: +0000");
    let before = &letter.body[..letter.body.rfind(last).unwrap()];
    assert_eq!(letter::text::zone_like(before), None, "{before}");
}

#[test]
fn r23_which_detail_is_yours() {
    let (letter, _) = letter_of(&World::new(), &Log::of("192.0.2.7").ssh(12));
    let at = letter.body.find("WHAT IS LINKED TO YOU\n").unwrap();
    assert!(letter.body[at..].contains("Source IP address 192.0.2.7 is in 192.0.2.0/24"));
    assert!(letter.body[at..].contains("Nothing else in this report is yours."));
}
