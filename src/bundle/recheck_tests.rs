//! A sound bundle, and each way in which somebody may spoil it.

use std::path::PathBuf;

use super::*;
use crate::bundle::extracted::Lines;
use crate::bundle::folder::Folder;
use crate::bundle::{InputRecord, Plan, write};
use crate::dialect::Transport;
use crate::judge::fixture::{LIMITS, Log, START, World};

fn written(world: &World, logs: &[Log]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let at = Instant::from_seconds(START);
    let input = InputRecord {
        path: "auth.log".into(),
        bytes: 10,
        sha256: crate::hash::sha256(b"x"),
        readings: [1, 0, 0, 0, 0, 0],
        span: Some((at, at)),
        zone: "+01:00".into(),
        complete: true,
    };
    let plan = Plan {
        context: world.context(),
        limits: LIMITS,
        inputs: vec![input],
        options: serde_json::json!({}),
        references: Vec::new(),
        bounds: Vec::new(),
    };
    write(Folder::begin(&out, false).unwrap(), &plan, logs.iter().map(|l| Ok(world.case(l))))
        .unwrap();
    (dir, out)
}

/// `ID` or `(ID)` for a warning, of every fault.
fn told(root: &Path, world: &World) -> Vec<String> {
    let now = Instant::from_seconds(START + 8 * 86_400);
    let (n, faults) = recheck(root, &world.operators, Some(now)).unwrap();
    assert!(n > 0);
    faults.iter().map(|f| if f.error { f.id.to_owned() } else { format!("({})", f.id) }).collect()
}

fn janet() -> (World, tempfile::TempDir, PathBuf) {
    let world = World::new();
    let (dir, out) = written(&world, &[Log::of("192.0.2.7").ssh(12).packets(20, Transport::Tcp)]);
    let root = out.join("janet");
    (world, dir, root)
}

#[test]
fn a_sound_bundle() {
    let (world, _dir, root) = janet();
    // Nobody has confirmed the mailbox; there is nothing else to say.
    assert_eq!(told(&root, &world), ["(ADR-3)"]);
    // BT wants what nobody has saved.
    let (_dir, out) = written(&world, &[Log::of("198.51.100.7").ssh(12)]);
    assert_eq!(told(&out.join("bt"), &world), ["(ADR-3)", "OWN-1", "OWN-2"]);
    let (_dir, out) = written(&world, &[Log::of("62.0.0.7").ssh(12)]);
    assert!(told(&out.join("unattributed"), &world).contains(&"SRC-2".to_owned()));
}

#[test]
fn every_change_that_matters_is_found() {
    for (from, to, want) in [
        ("To: irt@csirt.ja.net", "To: irt@csirt.ja.net, abuse@example.net", "ADR-1"),
        ("To: irt@csirt.ja.net", "To: irt@csirt.ja.net\nCc: abuse@example.net", "ADR-1"),
        ("To: irt@csirt.ja.net", "To: irt@csirt.ja.net\nBcc: abuse@example.net", "ADR-1"),
        ("To: irt@csirt.ja.net\n", "", "ADR-1"),
        ("To: irt@csirt.ja.net", "To: abuse@example.net", "ADR-2"),
        ("To: irt@csirt.ja.net", "To: nobody@example.net", "ADR-3"),
        ("<abuse-reports@", "<no-reply@", "ADR-4"),
        ("Subject: Abuse", "Subject: Re", "-"),
        ("ssh-login, port-scan from 192.0.2.7", "something", "SUB-1"),
        ("text/plain", "text/html", "TXT-1"),
        ("WHAT HAPPENED", "<html>\nWHAT HAPPENED", "TXT-1"),
        ("\nTime zone of all times in this report: +0000\n", "\n", "TXT-6"),
        ("+0000\n", "+0000\n\nRegards\n", "TXT-6"),
        ("CLOCK\n", "CLOCK\nTicket 2026-0301\n", "(TXT-6)"),
        ("WHAT HAPPENED\n", "WHAT HAPPENED\nYou criminal scum!\n", "(TXT-4)"),
        ("WHAT HAPPENED\n", "WHAT\n", "TXT-3"),
        ("Source IP address 192.0.2.7", "Some address", "OWN-3"),
        ("Source IP         : 192.0.2.7", "Source IP         : 192.0.2.8", "SRC-6"),
        ("Destination IP    : 203.0.113.10", "Destination IP    : not logged", "DST-1"),
        ("Protocol          : tcp", "Protocol          : ", "PRO-1"),
        ("Number of events  : 12", "Number of events  : 13", "CNT-1"),
        ("First event       : 20", "First event       : 19", "TIM-2"),
        ("First event ", "First seen ", "TIM-1"),
        ("port 40000 ssh2", "port 40001 ssh3", "LOG-1"),
        ("sshd[4121]: Failed", "sshd[4122]: Failed", "LOG-1"),
        ("How to read it", "How it is", "(LOG-3)"),
        ("was synchronised", "is not known", "TIM-5"),
        ("CLOCK\n", "WHOIS 192.0.2.7 (asked 2026-04-01)\nnetname: X\n\nCLOCK\n", "OWN-1"),
        ("WHAT IS UNCERTAIN\n", &format!("WHAT IS UNCERTAIN\n{}\n", "x".repeat(999)), "TXT-5"),
    ] {
        let (world, _dir, root) = janet();
        let bundle = root.join("irt/192.0.2.7");
        let mut found = false;
        for file in ["report.eml", "report.txt"] {
            let text = fs::read_to_string(bundle.join(file)).unwrap();
            found |= text.contains(from);
            fs::write(bundle.join(file), text.replace(from, to)).unwrap();
        }
        let text = fs::read_to_string(bundle.join("report.eml")).unwrap();
        assert!(found, "{from:?} is not in\n{text}");
        let got = told(&root, &world);
        assert!(want == "-" || got.contains(&want.to_owned()), "{from:?}: {want} {got:?}\n{text}");
    }
}

#[test]
fn what_was_replaced_is_still_the_line() {
    let mut world = World::new();
    world.config = crate::judge::fixture::parsed(
        "[reporter]\nname = 'J. Smith'\nemail = 'a@example.org'\n[filing]\nredact = ['user', 'host']\n",
    );
    let (_dir, out) = written(&world, &[Log::of("192.0.2.7").ssh(12)]);
    let text = fs::read_to_string(out.join("janet/irt/192.0.2.7/report.txt")).unwrap();
    assert!(text.contains("[user-") && text.contains("[host-"), "{text}");
    assert_eq!(told(&out.join("janet"), &world), ["(ADR-3)"]);
    let evidence = b"Feb  3 04:00:00 web1 sshd[1]: Failed password for \xff from 192.0.2.7";
    for (line, want) in [
        ("2026-02-03T03:00:00Z web1 sshd[1]: Failed password for \\xff from 192.0.2.7", true),
        (
            "2026-02-03T03:00:00Z [host-1] sshd[1]: Failed password for [user-ab12] from 192.0.2.7",
            true,
        ),
        (
            "2026-02-03T03:00:00Z [host-1] sshd[1]: Failed password for [user-ab12] from 192.0.2.8",
            false,
        ),
        ("2026-02-03T03:00:00Z [else-1] sshd[1]: Failed password for x from 192.0.2.7", false),
    ] {
        assert_eq!(Lines::of(evidence).have(line), want, "{line}");
    }
}

#[test]
fn too_long_or_too_old() {
    let world = World::with(&[
        "id = 'short'\n[match]\nprefixes = ['198.51.100.128/26']\n[time]\nmax_age_days = 7\nage_action = 'refuse'\n[log]\nmax_lines = 5\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@example.net'\n[[route]]\nclass = ['*']\nchannel = 'a'\n",
    ]);
    let (_dir, out) = written(&world, &[Log::of("198.51.100.130").ssh(12)]);
    let root = out.join("short");
    assert!(told(&root, &world).contains(&"TIM-4".to_owned()));
    let path = root.join("a/198.51.100.130/report.eml");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|l| l.contains("sshd[4121]")).unwrap();
    let more = text.replacen(line, &[line; 9].join("\n"), 1);
    fs::write(&path, more.replace("LOG EXTRACT (5 of", "LOG EXTRACT (13 of")).unwrap();
    let got = told(&root, &world);
    assert!(got.contains(&"LOG-2".to_owned()) && got.contains(&"(TXT-1)".to_owned()), "{got:?}");
}
