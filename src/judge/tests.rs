//! Rows: what is held, what is a draft, what goes where.

use super::fixture::{Log, START, World, clock, parsed};
use super::*;
use crate::class::Class;
use crate::config::ClockStatement;
use crate::dialect::Transport;
use crate::time::Instant;

/// `verdict mailbox: class,class` of each report, then what held the rest.
fn told(world: &World, log: &Log) -> String {
    let case = world.case(log);
    let judgement = judge(&case, &world.context());
    let mut out: Vec<String> = judgement
        .filings
        .iter()
        .map(|f| {
            let classes: Vec<&str> = f.incidents.iter().map(|i| i.tally.class.word()).collect();
            let to = f.channel.map_or("-", |c| c.target());
            format!("{} {to}: {}", f.verdict.word(), classes.join(","))
        })
        .collect();
    let held: Vec<String> = judgement
        .findings
        .iter()
        .filter(|f| f.effect == Effect::Hold)
        .map(|f| format!("{} {}", f.id, f.value))
        .collect();
    if !held.is_empty() {
        out.push(format!("held: {}", held.join("; ")));
    }
    out.join(" | ")
}

#[test]
fn verdicts() {
    let world = World::new();
    for (log, want) in [
        (Log::of("192.0.2.7").ssh(10), "ready irt@csirt.ja.net: ssh-login"),
        (Log::of("192.0.2.7").ssh(9), "held: CNT-2 9 of 10"),
        (Log::of("2001:db8::7").ssh(12), "ready irt@csirt.ja.net: ssh-login"),
        // BT wants whois and traceroute.
        (
            Log::of("198.51.100.7").ssh(10).spam(5),
            "draft abuse@bt.com: spam | draft security@bt.com: ssh-login",
        ),
        (
            Log::of("198.51.100.7").ssh(10).spam(4),
            "draft security@bt.com: ssh-login | held: CNT-2 4 of 5",
        ),
        // In BT's block, and in neither region.
        (Log::of("198.51.100.200").ssh(10), "draft -: ssh-login"),
        // Nobody's, but genuine.
        (Log::of("62.0.0.7").ssh(10), "unattributed -: ssh-login"),
        (Log::of("62.0.0.7").ssh(3), "held: CNT-2 3 of 10"),
        (Log::of("10.1.2.3").ssh(50), "held: SRC-1 10.1.2.3"),
        (Log::of("203.0.113.9").ssh(50), "held: SRC-1 203.0.113.9; SRC-3 203.0.113.9"),
        (Log::of("192.0.2.7").packets(20, Transport::Tcp), "ready irt@csirt.ja.net: port-scan"),
        (Log::of("192.0.2.7").packets(14, Transport::Tcp), "held: CNT-2 14 of 20"),
        (Log::of("192.0.2.7").packets(500, Transport::Udp), "held: SRC-5 500 udp"),
        (Log::of("192.0.2.7").packets(500, Transport::Icmp), "held: SRC-5 500 icmp"),
        (
            Log::of("192.0.2.7").ssh(10).packets(500, Transport::Udp),
            "ready irt@csirt.ja.net: ssh-login | held: SRC-5 500 udp",
        ),
    ] {
        assert_eq!(told(&world, &log), want, "{} {:?}", log.addr, log.classes());
    }
}

#[test]
fn a_private_source_has_a_hint() {
    let world = World::new();
    let log = Log::of("192.168.1.1").ssh(30);
    let judgement = judge(&world.case(&log), &world.context());
    let finding = judgement.findings.iter().find(|f| f.id == "SRC-1").unwrap();
    assert!(finding.remedy.as_deref().unwrap().contains("NAT gateway"));
    assert_eq!(judgement.verdict(), Verdict::Held);
    let json = serde_json::to_value(finding).unwrap();
    assert_eq!(json["id"], "SRC-1");
    assert_eq!(json["level"], "error");
}

#[test]
fn an_intruder_is_told_first() {
    let world = World::new();
    let log = Log::of("192.0.2.7").ssh(12).accepted();
    let judgement = judge(&world.case(&log), &world.context());
    assert_eq!(judgement.filings[0].findings[0].id, "login-succeeded");
    assert_eq!(judgement.findings[0].id, "login-succeeded");
    assert_eq!(judgement.verdict(), Verdict::Ready);
}

#[test]
fn age_by_the_rules() {
    let mut world = World::with(&[
        "id = 'short'\n[match]\nprefixes = ['198.51.100.128/26']\n[time]\nmax_age_days = 7\nage_action = 'refuse'\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@example.net'\n[[route]]\nclass = ['*']\nchannel = 'a'\n",
    ]);
    world.config.filing.max_age_days = Some(3);
    let log = Log::of("198.51.100.130").ssh(10);
    let warned = |world: &World, log: &Log| -> Vec<Effect> {
        let j = judge(&world.case(log), &world.context());
        let all = j.filings.iter().flat_map(|f| &f.findings).chain(&j.findings);
        all.filter(|f| f.id == "TIM-4").map(|f| f.effect).collect()
    };
    assert_eq!(warned(&world, &log), []);
    let day = |n: i64| Some(Instant::from_seconds(START + 20 + n * 86_400));
    world.now = day(5);
    assert_eq!(warned(&world, &log), [Effect::Warn]);
    world.now = day(8);
    assert_eq!(warned(&world, &log), [Effect::Hold]);
    assert_eq!(told(&world, &log), "held: TIM-4 8 days");
    let janet = Log::of("192.0.2.7").ssh(10);
    assert_eq!(warned(&world, &janet), [Effect::Warn]);
    world.now = Some(Instant::from_seconds(START - 86_400));
    assert!(told(&world, &janet).starts_with("draft"));
}

#[test]
fn what_is_missing() {
    let drafts = |world: &World, log: &Log| -> String {
        let j = judge(&world.case(log), &world.context());
        let all = j.filings.iter().flat_map(|f| &f.findings);
        let ids: Vec<&str> = all.filter(|f| f.effect == Effect::Draft).map(|f| f.id).collect();
        ids.join(" ")
    };
    let mut world = World::new();
    let mut log = Log::of("192.0.2.7").ssh(10);
    assert_eq!(drafts(&world, &log), "");
    world.clock = ClockStatement::default();
    assert_eq!(drafts(&world, &log), "TIM-5");
    world.clock = clock();
    world.config = parsed("[reporter]\nemail = 'no-reply@example.org'\n");
    assert_eq!(drafts(&world, &log), "ADR-4 ADR-4");
    for line in &mut log.lines {
        line.destination = None;
        line.source_port = None;
    }
    world = World::new();
    assert_eq!(drafts(&world, &log), "DST-1");
    let judgement = judge(&world.case(&log), &world.context());
    let findings = &judgement.filings[0].findings;
    let of = |id| findings.iter().find(|f| f.id == id).unwrap();
    assert!(of("DST-1").remedy.as_deref().unwrap().contains("\"bastion\" = { address"));
    assert_eq!(of("SRC-4").effect, Effect::Warn);
    assert!(of("SRC-4").remedy.as_deref().unwrap().contains("OpenSSH 7.0"));
    let spam = Log::of("192.0.2.7").spam(5);
    let judgement = judge(&world.case(&spam), &world.context());
    let port = judgement.filings[0].findings.iter().find(|f| f.id == "SRC-4").unwrap();
    assert!(port.remedy.as_deref().unwrap().contains("smtpd_client_port_logging = yes"));
    log.lines.clear();
    assert_eq!(told(&world, &log), "held: LOG-1 0 lines");
}

#[test]
fn rules_of_a_file_override_ours() {
    let world = World::with(&[
        "id = 'strict'\nclasses = ['ssh-login', 'port-scan']\n[match]\nprefixes = ['198.51.100.128/26']\n[threshold.ssh-login]\nmin_events = 30\n[threshold.port-scan]\nhandshake = 'must'\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@example.net'\n[[route]]\nclass = ['*']\nchannel = 'a'\n",
    ]);
    for (log, want) in [
        (Log::of("198.51.100.130").ssh(29), "held: CNT-2 29 of 30"),
        (Log::of("198.51.100.130").ssh(30), "ready abuse@example.net: ssh-login"),
        (Log::of("198.51.100.130").packets(99, Transport::Tcp), "held: SRC-5 no handshake"),
        (Log::of("198.51.100.130").spam(99), "held: ADR-2 not handled"),
    ] {
        assert_eq!(told(&world, &log), want);
    }
}

#[test]
fn a_report_of_each_incident_where_the_desk_wants_that() {
    let file = |more: &str| {
        format!(
            "id = 'x'\n{more}[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@example.net'\n[[route]]\nclass = ['*']\nchannel = 'a'\n"
        )
    };
    let log = Log::of("198.51.100.130").ssh(12).spam(6);
    let one = World::with(&[&file("")]);
    assert_eq!(told(&one, &log), "ready abuse@example.net: ssh-login,spam");
    let each = World::with(&[&file("[bundle]\none_per = 'incident'\n")]);
    assert_eq!(
        told(&each, &log),
        "ready abuse@example.net: ssh-login | ready abuse@example.net: spam"
    );
}

#[test]
fn contacts_found_carry_their_origin() {
    let world = World::new();
    let answer = |source: &str, mail: &str| Transcript {
        path: "whois/x".into(),
        asked: Asked::Stated(Instant::from_seconds(START)),
        bytes: format!(
            "% Abuse contact for '{source} - {source}' is '{mail}'\ninetnum: {source} - {source}\n"
        )
        .into_bytes(),
        cut: false,
    };
    let found = |source: &str, mail: &str, id: &str| -> Finding {
        let log = Log::of(source).ssh(12);
        let mut case = world.case(&log);
        case.whois = Some(answer(source, mail));
        let judgement = judge(&case, &world.context());
        judgement.filings[0].findings.iter().find(|f| f.id == id).unwrap().clone()
    };
    // What the registry names, too, is confirmed; what it does not is as before.
    let same = found("192.0.2.7", "IRT@csirt.ja.net", "ADR-3");
    assert_eq!(same.effect, Effect::Note);
    assert!(same.text.contains("RIPE abuse-c, asked 2026-02-03 03:14 UTC"), "{}", same.text);
    assert_eq!(found("192.0.2.7", "other@isp.test", "ADR-3").effect, Effect::Warn);
    let nobodys = found("62.0.0.7", "abuse@isp.test", "SRC-2");
    assert!(nobodys.remedy.unwrap().contains("abuse@isp.test (RIPE abuse-c, asked 2026-"));
    let refused = found("62.0.0.7", "nobody@isp.test", "SRC-2");
    assert!(!refused.remedy.unwrap().contains("isp.test"));
}

#[test]
fn who_did_too_little_of_everything_is_held_for_that() {
    let strict = World::with(&[
        "id='strict'\n[threshold.ssh-login]\nmin_events=15\n[match]\nprefixes=['62.0.0.0/24']",
    ]);
    for world in [World::new(), strict] {
        let mut seen = [0, 0];
        for n in 1..20 {
            for more in 0..3 {
                for source in ["192.0.2.7", "62.0.0.7"] {
                    let log = match more {
                        0 => Log::of(source).ssh(n),
                        1 => Log::of(source).ssh(n).packets(n, Transport::Tcp),
                        _ => Log::of(source).ssh(n).packets(20 - n, Transport::Udp),
                    };
                    let case = world.case(&log);
                    let judgement = judge(&case, &world.context());
                    let too_little = did_too_little(&case, &world.context());
                    seen[usize::from(too_little)] += 1;
                    let lacks_lines = |f: &Finding| f.id == "LOG-1";
                    assert!(
                        !too_little
                            || judgement.filings.is_empty()
                                && !judgement.findings.iter().any(lacks_lines),
                        "{n} {more} {source}"
                    );
                    // Nothing else holds who only tried to log in.
                    assert!(more > 0 || too_little == judgement.filings.is_empty(), "{n} {source}");
                }
            }
        }
        assert!(seen.iter().all(|n| *n > 20), "{seen:?}");
    }
}

#[test]
fn confidence_by_handshake() {
    let world = World::new();
    let log = Log::of("192.0.2.7").ssh(10).packets(20, Transport::Tcp);
    let judgement = judge(&world.case(&log), &world.context());
    let sure: Vec<(Class, Confidence)> =
        judgement.filings[0].incidents.iter().map(|i| (i.tally.class, i.confidence)).collect();
    assert_eq!(sure, [(Class::SshLogin, Confidence::High), (Class::PortScan, Confidence::Medium)]);
}
