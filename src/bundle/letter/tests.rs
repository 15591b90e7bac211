//! The rules of the text, over whole letters.

use super::text::zone_like;
use super::*;
use crate::bundle::mail;
use crate::config::ClockStatement;
use crate::dialect::Transport;
use crate::judge::fixture::{Log, World, parsed};
use crate::judge::{Asked, Transcript, judge};
use crate::time::{Fold, Instant};

const WHOIS: &str = "inetnum:  198.51.100.0 - 198.51.100.255\nnetname:  EXAMPLE-NET\nphone: +442079460958\nremarks: PLT-20260203-0001\n\n\n\nsource: TEST\r\nFrom here\n.\n";

/// The letter of a log's only report, and its mail.
fn written(world: &World, log: &Log) -> (Letter, String) {
    let mut case = world.case(log);
    case.whois = Some(Transcript {
        path: "whois/x".into(),
        asked: Asked::Stated(Instant::from_seconds(1_770_105_300)),
        bytes: WHOIS.as_bytes().to_vec(),
        cut: false,
    });
    let context = world.context();
    let judgement = judge(&case, &context);
    let filing = judgement.filings.first().expect("a report");
    let part = filing.part(&case, &context);
    let letter = letter(&part, filing.operator.map_or("-", |o| o.id.as_str()));
    let mail = mail::mail(&part, &letter).unwrap();
    (letter, mail)
}

/// The rules that hold of every letter.
fn obeys(letter: &Letter, mail: &str) {
    let body = &letter.body;
    let last = body.trim_end().lines().last().unwrap();
    assert_eq!(last, "Time zone of all times in this report: +0000");
    assert!(body.ends_with(&format!("\n\n{last}\n")));
    assert!(body.is_ascii());
    assert!(body.bytes().all(|b| b == b'\n' || (0x20..0x7f).contains(&b)));
    for line in body.lines() {
        assert!(line.len() <= 998, "{line}");
        assert!(!line.starts_with("From ") && line != ".", "{line}");
    }
    // The log extract ends at the first empty line behind its heading.
    let log = body.find("LOG EXTRACT").unwrap();
    let below = log + body[log..].find("\n\n").unwrap();
    for line in body[below..body.len() - last.len() - 1].lines().chain(body[..log].lines()) {
        assert_eq!(zone_like(line), None, "{line}");
    }
    assert_eq!(zone_like(&letter.reference), None);
    let (head, rest) = mail.split_once("\n\n").unwrap();
    assert_eq!(rest, body);
    for name in ["From: ", "To: ", "Subject: ", "MIME-Version: "] {
        assert!(head.lines().filter(|l| l.starts_with(name)).count() <= 1, "{head}");
    }
    assert!(!head.contains("\nCc:") && !head.contains("\nDate:"));
    assert!(head.contains("\nContent-Type: text/plain; charset=us-ascii\n"));
    assert!(head.ends_with("Content-Transfer-Encoding: 7bit"));
}

/// The value of a label.
fn value<'t>(letter: &'t Letter, label: &str) -> Vec<&'t str> {
    let start = format!("{label:<18}: ");
    letter.body.lines().filter_map(|l| l.strip_prefix(start.as_str())).collect()
}

#[test]
fn a_letter_about_logins() {
    let (letter, mail) = written(&World::new(), &Log::of("192.0.2.7").ssh(12));
    obeys(&letter, &mail);
    for (label, want) in [
        ("Type", "ssh-login: password guessing against SSH"),
        ("Source IP", "192.0.2.7"),
        ("Source ports", "40000 40001 40002 40003 40004 40005 40006 40007 40008 40009 40010 40011"),
        ("Destination IP", "203.0.113.10 (assumed: not in the log, told by us of the host)"),
        ("Destination port", "22 (assumed: not in the log, the port of the service)"),
        ("Protocol", "tcp"),
        ("First event", "2026-02-03 03:14:07 UTC"),
        ("Last event", "2026-02-03 03:14:29 UTC"),
        ("Number of events", "12"),
    ] {
        assert_eq!(value(&letter, label), [want], "{}", letter.body);
    }
    for part in [
        "Reporter: Example Research Ltd, J. Smith, phone +44 2079460958, mail abuse-reports@example.org\n",
        "12 attempts to log in to our SSH server were refused.",
        "source address cannot be forged",
        "Source IP address 192.0.2.7 is in 192.0.2.0/24",
        "LOG EXTRACT (12 of 12 log lines of this source, times UTC)\n2026-02-03T03:14:07Z bastion sshd[4121]: Failed password for alice from 192.0.2.7 port 40000 ssh2\n",
        "Largest clock error: 0.012 seconds.",
        "that it is 1 hour ahead of UTC was told",
        "Nothing else was changed.",
    ] {
        let flat = letter.body.replace('\n', " ");
        let part = part.replace('\n', " ");
        assert!(flat.contains(&part), "{part}\n---\n{}", letter.body);
    }
    // Janet wants no whois.
    assert!(!letter.body.contains("WHOIS"));
    let head = mail.split_once("\n\n").unwrap().0;
    assert!(
        head.starts_with("From: \"J. Smith\" <abuse-reports@example.org>\nTo: irt@csirt.ja.net\n")
    );
    assert!(head.contains(&format!(
        "Subject: Abuse report: ssh-login from 192.0.2.7, 2026-02-03 03:14 UTC [{}]",
        letter.reference
    )));
}

#[test]
fn a_letter_about_packets() {
    let (letter, mail) =
        written(&World::new(), &Log::of("198.51.100.7").packets(60, Transport::Tcp));
    obeys(&letter, &mail);
    assert!(letter.body.contains("source address may be forged"));
    assert!(!letter.body.contains("cannot be forged"));
    assert_eq!(value(&letter, "Type"), ["port-scan: scan of many ports"]);
    assert_eq!(value(&letter, "Destination IP"), ["203.0.113.10 (ours)"]);
    assert_eq!(value(&letter, "Source ports"), ["50000"]);
    assert!(value(&letter, "Destination port")[0].ends_with("1039 and 20 more"));
    assert!(letter.body.contains("LOG EXTRACT (50 of 60 log lines of this source, times UTC)"));
    // First and last are in the sample.
    assert!(letter.body.contains("DPT=1000\n") && letter.body.contains("DPT=1059\n"));
    assert_eq!(letter.extract.shown, 50);
    // The transcript, without what a robot or a mail program stumbles over.
    let whois = letter.body.split("WHOIS ").nth(1).unwrap();
    assert!(whois.starts_with(
        "198.51.100.7 (asked 2026-02-03 07:55 UTC)\ninetnum:  198.51.100.0 - 198.51.100.255\nnetname:  EXAMPLE-NET\n\nsource: TEST\n(4 lines of the answer left out)\n"
    ), "{whois}");
}

#[test]
fn no_line_is_too_long() {
    let mut world = World::new();
    let config = format!(
        "[reporter]\nname = '{0}'\norganisation = '{0}'\nemail = 'a@example.org'\nphone = '{0}'\naddress = '{0}'\n[filing]\nredact = ['user']\n",
        "x ".repeat(399) + "x"
    );
    world.config = parsed(&config);
    let mut log = Log::of("192.0.2.7").ssh(90);
    for (i, line) in (0u16..).zip(&mut log.lines) {
        let text = format!("2001:db8:ffff:ffff:ffff:ffff:ffff:{i:x}");
        line.destination = crate::addr::Addr::parse(text.as_bytes());
        line.assumed_destination = i % 2 == 0;
        line.user = Some(b"x".to_vec());
        line.bytes.extend_from_slice(" x".repeat(60 + usize::from(i) * 3).as_bytes());
    }
    let (letter, mail) = written(&world, &log);
    obeys(&letter, &mail);
    assert!(letter.extract.shown > 0 && letter.extract.shown < 50);
}

#[test]
fn two_classes_have_two_blocks() {
    let (letter, mail) =
        written(&World::new(), &Log::of("192.0.2.7").ssh(10).packets(20, Transport::Tcp));
    obeys(&letter, &mail);
    assert_eq!(value(&letter, "Type").len(), 2);
    assert_eq!(value(&letter, "Number of events"), ["10", "20"]);
    assert!(
        letter.body.replace('\n', " ").contains("Of ssh-login, the TCP connection was completed")
    );
    assert!(mail.contains("Subject: Abuse report: ssh-login, port-scan from 192.0.2.7"));
}

#[test]
fn what_the_attacker_wrote() {
    let world = World::new();
    let mut log = Log::of("192.0.2.7").ssh(14);
    let texts: [&[u8]; 5] = [
        b"b sshd[1]: Invalid user x\r\nBcc: all@example.net from 192.0.2.7",
        b"b sshd[1]: Invalid user \x1b[2J\xff from 192.0.2.7",
        b"b sshd[1]: Invalid user 198.51.100.1 from 192.0.2.7",
        b"b sshd[1]: Invalid user +0100 -2359 from 192.0.2.7",
        b"b sshd[1]: Invalid user From .",
    ];
    for (line, text) in log.lines.iter_mut().zip(texts) {
        line.bytes.truncate(16);
        line.bytes.extend_from_slice(text);
        line.other_addresses = text.windows(12).any(|w| w == b"198.51.100.1");
    }
    log.lines[5].bytes.extend(vec![b'x'; 1200]);
    let (letter, mail) = written(&world, &log);
    obeys(&letter, &mail);
    let body = letter.body.replace('\n', " ");
    assert!(body.contains(r"Invalid user x\x0d\x0aBcc: all@example.net from"));
    assert!(body.contains(r"Invalid user \x1b[2J\xff from"));
    assert!(body.contains("are written as \\x and two digits (2 lines)"));
    assert!(!body.contains("198.51.100.1"));
    assert!(body.contains("1 line was left out, since it holds the address of somebody else."));
    assert!(body.contains("1 line was left out as too long for a mail."));
    assert!(body.contains("LOG EXTRACT (12 of 14 log lines"));
}

#[test]
fn names_and_numbers_of_the_reporter() {
    let mut world = World::new();
    world.config = parsed(
        "[reporter]\nname = 'Jos\u{e9} PLT-20260203-0001 \u{5f20}'\nemail = 'a@example.org'\nphone = '+44-20-7946-0958'\naddress = 'Box -0100'\n",
    );
    let (letter, mail) = written(&world, &Log::of("192.0.2.7").ssh(10));
    obeys(&letter, &mail);
    assert!(letter.body.contains("phone +44 20 7946 0958"));
    assert!(mail.starts_with("From: \"Jose PLT- 20260203- 0001 ?\" <a@example.org>\n"), "{mail}");
}

#[test]
fn what_is_uncertain_is_said() {
    let mut world = World::new();
    let mut log = Log::of("192.0.2.7").ssh(10);
    for line in &mut log.lines {
        line.moment.basis.inferred_year = true;
    }
    log.lines[0].moment.basis.fold = Fold::Ambiguous(3600);
    world.clock = ClockStatement::default();
    world.config = parsed("[filing]\nevidence_lines = 4\n");
    let (letter, mail) = written(&world, &log);
    obeys(&letter, &mail);
    let body = letter.body.replace('\n', " ");
    for part in [
        "Reporter: not stated",
        "The log states no year: it was inferred",
        "1 line lies in an hour that the local clock showed twice",
        "true time may be 60 minutes later",
        "The log extract is a sample",
        "was right at the time is not known",
        "LOG EXTRACT (4 of 10 log lines",
    ] {
        assert!(body.contains(part), "{part}\n---\n{}", letter.body);
    }
    assert!(mail.starts_with("To: irt@csirt.ja.net\nSubject: "));
}

#[test]
fn redacted_by_equal_tokens() {
    let mut world = World::new();
    world.config = parsed("[filing]\nredact = ['user', 'host']\n");
    let mut log = Log::of("192.0.2.7").ssh(10);
    log.lines[3].user = Some(b"root".to_vec());
    let (letter, mail) = written(&world, &log);
    obeys(&letter, &mail);
    assert!(letter.body.contains("Z [host-1] sshd[4121]: Failed password for [user-1] from"));
    let body = letter.body.replace('\n', " ");
    assert!(body.contains(
        "Replaced: account names by [user-N] (9 times), names of our hosts by [host-N] (10 times)."
    ));
}

#[test]
fn our_addresses_are_redacted_wherever_they_stand() {
    let mut world = World::new();
    world.config = parsed(
        "[networks]\nmine = ['203.0.113.0/28', '2001:db8:1::/48']\n[hosts]\nweb1 = { address = '203.0.113.77' }\n[filing]\nredact = ['destination']\n",
    );
    let mut log = Log::of("192.0.2.7").ssh(10);
    for (n, text) in [
        "helo=<[203.0.113.77]> lip=203.0.113.5, to 203.0.113.5:25 and 2001:db8:1::5.",
        "lip=::ffff:203.0.113.5, of [2001:db8:1::0:5]:25",
        "203.0.113.50 203.0.113.177 1203.0.113.5 are others'",
    ]
    .iter()
    .enumerate()
    {
        log.lines[n].bytes = [&log.lines[n].bytes[..], b" ", text.as_bytes()].concat();
    }
    let (letter, mail) = written(&world, &log);
    obeys(&letter, &mail);
    let body = letter.body.replace("\n    ", " ");
    for part in [
        "helo=<[[destination-2]]> lip=[destination-3], to [destination-3]:25 and [destination-1].",
        // The same address by other letters.
        "lip=[destination-3], of [[destination-1]]:25",
        "203.0.113.50 203.0.113.177 1203.0.113.5 are others'",
        ": [destination-4] (assumed: not in the log, told by us of the host; withheld)",
    ] {
        assert!(body.contains(part), "{part}\n---\n{}", letter.body);
    }
    let ours = ["203.0.113.77", "203.0.113.5,", "203.0.113.5:", "db8:1::"];
    assert!(!ours.iter().any(|a| body.contains(a)), "{}", letter.body);
}

#[test]
fn keyed_tokens_are_the_same_in_every_report() {
    let body = |key: &str, source: &str| -> String {
        let mut world = World::new();
        world.config = parsed(&format!("[filing]\nredact = ['user']\nredact_key = '{key}'\n"));
        let (letter, mail) = written(&world, &Log::of(source).ssh(10));
        obeys(&letter, &mail);
        letter.body
    };
    let token = |body: &str| -> String {
        let at = body.find("[user-").unwrap();
        body[at..at + body[at..].find(']').unwrap() + 1].to_owned()
    };
    let (one, two) = (body("a secret of ours", "192.0.2.7"), body("a secret of ours", "192.0.2.8"));
    assert_eq!(token(&one), token(&two));
    assert_eq!(token(&one).len(), "[user-]".len() + 10);
    assert_ne!(token(&one), token(&body("another secret..", "192.0.2.7")));
    assert!(!one.contains("alice") && one.contains("by [user-TOKEN] (10 times)"), "{one}");
    // The source, its ports and the times stay.
    assert!(one.contains("192.0.2.7 port 40000") && one.contains("2026-02-03T03:14:07Z"));
}

#[test]
fn unedited_where_it_must_be() {
    let world = World::with(&[
        "id = 'raw'\n[match]\nprefixes = ['198.51.100.128/26']\n[log]\nunedited = 'must'\n[[channel]]\nid = 'a'\nkind = 'form'\nurl = 'https://example.net/abuse'\n[[route]]\nclass = ['*']\nchannel = 'a'\n",
    ]);
    let (letter, mail) = written(&world, &Log::of("198.51.100.130").ssh(10));
    assert!(letter.body.contains("\nFeb  3 04:14:07 bastion sshd[4121]: Failed"));
    assert!(letter.body.contains("times as logged)"));
    assert!(letter.body.ends_with("Time zone of all times in this report: +0100\n"));
    assert!(!mail.contains("\nTo:"));
}

#[test]
fn references_are_stable_and_no_numbers() {
    let world = World::new();
    let one = written(&world, &Log::of("192.0.2.7").ssh(10)).0.reference;
    let same = written(&world, &Log::of("192.0.2.7").ssh(10)).0.reference;
    let other = written(&world, &Log::of("192.0.2.8").ssh(10)).0.reference;
    assert_eq!(one, same);
    assert_ne!(one, other);
    let hex = one.strip_prefix("PLAINT ").unwrap();
    assert!(hex.len() == 6 && hex.parse::<f64>().is_err());
}
