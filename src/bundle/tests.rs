//! Whole folders: what lies where, what the hashes say, what is left when something fails.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::bundle::folder::Folder;
use crate::dialect::Transport;
use crate::fault::Fault;
use crate::hash::sha256;
use crate::judge::Verdict;
use crate::judge::fixture::{LIMITS, Log, START, World};
use crate::time::Instant;

fn plan(world: &World) -> Plan<'_> {
    let at = Instant::from_seconds(START);
    let input = |path: &str| InputRecord {
        path: path.into(),
        bytes: 10,
        sha256: sha256(b"x"),
        readings: [1, 2, 3, 0, 0, 0],
        span: Some((at, at)),
        zone: "Europe/London".into(),
        complete: true,
    };
    Plan {
        context: world.context(),
        limits: LIMITS,
        inputs: vec![input("b.log"), input("a.log")],
        options: json!({"tz": "Europe/London"}),
        references: Vec::new(),
        bounds: Vec::new(),
    }
}

fn logs() -> Vec<Log> {
    vec![
        Log::of("10.0.0.1").ssh(40),
        Log::of("62.0.0.7").ssh(12),
        Log::of("192.0.2.7").ssh(12).packets(20, Transport::Tcp),
        Log::of("192.0.2.9").packets(900, Transport::Udp),
        Log::of("198.51.100.7").ssh(10).spam(7),
        Log::of("198.51.100.200").ssh(10),
        Log::of("2001:db8::7").ssh(10),
    ]
}

fn run(dir: &Path, world: &World, force: bool) -> crate::fault::Outcome<Written> {
    let logs = logs();
    write(Folder::begin(dir, force)?, &plan(world), logs.iter().map(|l| Ok(world.case(l))))
}

/// Every file beneath, relative, sorted.
fn tree(dir: &Path) -> Vec<String> {
    fn walk(dir: &Path, base: &Path, out: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, base, out);
            } else {
                out.push(path.strip_prefix(base).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut out = Vec::new();
    walk(dir, dir, &mut out);
    out.sort();
    out
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn lists_and_incidents() {
    let file = |id: &str, net: &str, bundle: &str| {
        format!(
            "id = '{id}'\n[match]\nprefixes = ['{net}']\n[bundle]\n{bundle}\n[[channel]]\nid = 'a'\nkind = 'form'\nurl = 'https://isp.example/abuse'\n[[route]]\nclass = ['*']\nchannel = 'a'\n[enum]\nssh-login = 'Brute Force'\n"
        )
    };
    let list = file("lists", "198.51.100.128/27", "one_per = 'list'\nmax_sources = 2");
    let each = file("each", "198.51.100.160/27", "one_per = 'incident'");
    let world = World::with(&[&list, &each]);
    let logs = [
        Log::of("198.51.100.130").ssh(12),
        Log::of("198.51.100.131").ssh(10),
        Log::of("198.51.100.132").ssh(11),
        Log::of("198.51.100.133").ssh(1),
        Log::of("198.51.100.161").ssh(12).spam(6),
    ];
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    write(
        Folder::begin(&out, false).unwrap(),
        &plan(&world),
        logs.iter().map(|l| Ok(world.case(l))),
    )
    .unwrap();
    let files = tree(&out);
    for path in [
        "each/a/198.51.100.161.ssh-login/report.txt",
        "each/a/198.51.100.161.spam/report.txt",
        "lists/a/198.51.100.132.ssh-login/report.txt",
    ] {
        assert!(files.contains(&path.to_owned()), "{files:?}");
    }
    let read = |path: &str| fs::read_to_string(out.join("lists/a").join(path)).unwrap();
    let (first, second) = (read("list-1.csv"), read("list-2.csv"));
    assert_eq!((first.lines().count(), second.lines().count()), (1 + 12 + 10, 1 + 11));
    assert!(
        first.starts_with(
            "ip,datetime,log\n198.51.100.130,2026-02-03T03:14:07Z,2026-02-03T03:14:07Z bastion sshd"
        ),
        "{first}"
    );
    assert!(!out.join("lists/a/list-3.csv").exists() && !second.contains("198.51.100.133"));
    let text = read("list-1.txt");
    for part in [
        "SOURCES (2, all times UTC)\n198.51.100.130 Brute Force: 12 events, 2026-02-03 03:14:07 UTC to ",
        "\nTime zone of all times in this report: +0000\n",
        "CLOCK\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(
        read("198.51.100.130.ssh-login/NOTES.txt").contains("It is in a/list-1.txt, with others")
    );
    // They are files like any other: listed, and hashed.
    let sums = fs::read_to_string(out.join("lists/SHA256SUMS")).unwrap();
    assert!(sums.contains("  a/list-2.txt\n"), "{sums}");
    let verified = verify::verify(&out, &[]).unwrap();
    assert!(verified.wrong.is_empty(), "{:?}", verified.wrong);
}

#[test]
fn one_mail_an_operator() {
    let file = |channel: &str, more: &str| {
        format!(
            "id = 'one'\n[match]\nprefixes = ['198.51.100.128/26']\n[bundle]\none_per = 'isp'\n{more}\n[[channel]]\nid = 'a'\n{channel}\n[[route]]\nclass = ['*']\nchannel = 'a'\n"
        )
    };
    let mail = "kind = 'email'\nto = 'abuse@example.net'";
    let logs = [
        Log::of("198.51.100.130").ssh(12),
        Log::of("198.51.100.131").ssh(10).spam(12),
        Log::of("198.51.100.132").ssh(1),
        Log::of("198.51.100.133").ssh(11),
    ];
    let made = |text: &str| {
        let world = World::with(&[text]);
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let cases = logs.iter().map(|l| Ok(world.case(l)));
        let done = write(Folder::begin(&out, false).unwrap(), &plan(&world), cases).unwrap();
        let verified = verify::verify(&out, &[]).unwrap();
        assert!(verified.wrong.is_empty(), "{:?}", verified.wrong);
        (dir, out, done)
    };
    let (_dir, out, done) = made(&file(mail, ""));
    let eml = fs::read_to_string(out.join("one/a/mail-1.eml")).unwrap();
    let (head, body) = eml.split_once("\n\n").unwrap();
    assert_eq!(body, fs::read_to_string(out.join("one/a/mail-1.txt")).unwrap());
    assert_eq!(head.lines().filter(|l| l.starts_with("To: ")).count(), 1);
    assert!(
        head.contains("\nSubject: Abuse report: 3 sources, from 2026-02-03 03:14 UTC [PLAINT "),
        "{head}"
    );
    // Everything of each that is ready, in the order of addresses, and what is said of all once.
    let at = |text: &str| body.find(text).unwrap_or_else(|| panic!("{text}\n{body}"));
    assert!(at("==== 198.51.100.130 ====") < at("==== 198.51.100.131 ===="));
    assert!(at("==== 198.51.100.131 ====") < at("==== 198.51.100.133 ===="));
    assert!(!body.contains("198.51.100.132") && !out.join("one/a/mail-2.eml").exists());
    for (text, times) in [
        ("\nReporter: ", 0),
        ("\nCLOCK\n", 1),
        ("\nLOG EXTRACT (", 3),
        ("\nType  ", 4),
        ("Failed password", 33),
    ] {
        assert_eq!(body.matches(text).count(), times, "{text}");
    }
    let last = "Time zone of all times in this report: +0000\n";
    assert!(body.ends_with(last) && body.matches(last).count() == 1);
    let before = body.strip_suffix(last).unwrap();
    assert_eq!(letter::text::zone_like(before), None);
    // Who reads a source's own folder is told where it is sent.
    let row = done.bundles.iter().find(|b| b.source.to_string() == "198.51.100.133").unwrap();
    assert_eq!(row.sent_in.as_deref(), Some("one/a/mail-1.eml"));
    let notes = fs::read_to_string(out.join("one/a/198.51.100.133/NOTES.txt")).unwrap();
    assert!(notes.contains("It is in a/mail-1.eml, with others"), "{notes}");
    // No more than the desk takes at once; and a form gets a table.
    let (_dir, out, _) = made(&file(mail, "max_sources = 2"));
    let second = fs::read_to_string(out.join("one/a/mail-2.txt")).unwrap();
    assert!(second.contains("==== 198.51.100.133 ====") && !second.contains("198.51.100.131"));
    let (_dir, out, _) = made(&file("kind = 'form'\nurl = 'https://isp.example/abuse'", ""));
    assert!(out.join("one/a/list-1.csv").is_file() && !out.join("one/a/mail-1.eml").exists());
}

#[test]
fn a_form_takes_one_kind_at_a_time() {
    let text = "id = 'k'\n[match]\nprefixes = ['198.51.100.128/26']\n[bundle]\none_per = 'list'\nmax_sources = 10\n[[channel]]\nid = 'a'\nkind = 'form'\nurl = 'https://isp.example/abuse'\n[[route]]\nclass = ['*']\nchannel = 'a'\n[enum]\nssh-login = 'Brute Force'\nmail-login = 'Brute Force'\nspam = 'Spam'\n";
    let world = World::with(&[text]);
    let logs = [Log::of("198.51.100.130").ssh(12).spam(12), Log::of("198.51.100.131").ssh(12)];
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let cases = logs.iter().map(|l| Ok(world.case(l)));
    write(Folder::begin(&out, false).unwrap(), &plan(&world), cases).unwrap();
    let rows = |n: usize| {
        let text = fs::read_to_string(out.join(format!("k/a/list-{n}.txt"))).unwrap();
        let own = text
            .lines()
            .filter(|l| l.starts_with("198.51.100.1"))
            .map(|l| l.split(':').next().unwrap().to_owned());
        own.collect::<Vec<_>>()
    };
    assert_eq!(rows(1), ["198.51.100.130 Brute Force", "198.51.100.131 Brute Force"]);
    assert_eq!(rows(2), ["198.51.100.130 Spam"]);
    assert!(out.join("k/a/198.51.100.130.spam/form.txt").is_file());
    assert!(!out.join("k/a/list-3.txt").exists());
}

#[test]
fn the_tree() {
    let world = World::new();
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("out");
    let written = run(&dir, &world, false).unwrap();
    let files = tree(&dir);
    let folders: std::collections::BTreeSet<&str> =
        files.iter().map(|f| f.rsplit_once('/').map_or("", |(d, _)| d)).collect();
    assert_eq!(
        folders.into_iter().collect::<Vec<_>>(),
        [
            "",
            "bt",
            "bt/abuse-uk/198.51.100.7",
            "bt/security-uk/198.51.100.7",
            "bt/undetermined/198.51.100.200",
            "janet",
            "janet/irt/192.0.2.7",
            "janet/irt/2001-db8--7",
            "unattributed",
            "unattributed/62.0.0.7",
        ]
    );
    let inside = |of: &str| -> Vec<&str> {
        files.iter().filter_map(|f| f.strip_prefix(of)?.strip_prefix('/')).collect()
    };
    let usual =
        ["NOTES.txt", "events.csv", "evidence.jsonl", "evidence.log", "report.eml", "report.txt"];
    let two = ["xarf-port-scan.json", "xarf-ssh-login.json"];
    assert_eq!(inside("janet/irt/192.0.2.7"), [&usual[..], &two].concat());
    let mut draft = vec!["TODO.txt"];
    draft.extend(usual.into_iter().filter(|f| *f != "NOTES.txt"));
    assert_eq!(inside("bt/abuse-uk/198.51.100.7"), draft);
    draft.push("xarf.json");
    assert_eq!(inside("unattributed/62.0.0.7"), draft);
    assert_eq!((written.sources, written.held), (7, 2));
    assert_eq!(written.count(Verdict::Ready), 2);
    assert_eq!(written.count(Verdict::Draft), 3);
    assert_eq!(written.count(Verdict::Unattributed), 1);
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn one_mail_per_mailbox_with_its_classes_alone() {
    let world = World::new();
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("out");
    run(&dir, &world, false).unwrap();
    let read = |p: &str| fs::read_to_string(dir.join(p)).unwrap();
    let abuse = read("bt/abuse-uk/198.51.100.7/report.eml");
    let security = read("bt/security-uk/198.51.100.7/report.eml");
    assert!(abuse.contains("\nTo: abuse@bt.com\n") && security.contains("\nTo: security@bt.com\n"));
    assert!(abuse.contains("Type              : spam: ") && !abuse.contains("ssh"));
    assert!(security.contains("Type              : ssh-login: ") && !security.contains("postfix"));
    assert!(abuse.contains("no message was received"));
    assert!(!read("bt/abuse-uk/198.51.100.7/evidence.log").contains("sshd"));
    let todo = read("bt/abuse-uk/198.51.100.7/TODO.txt");
    for part in [
        "OWN-1",
        "whois 198.51.100.7) > whois/198.51.100.7.txt",
        "OWN-2",
        "traceroute -n 198.51.100.7",
        "smtpd_client_port_logging = yes",
        "Asked for by: BT (",
    ] {
        assert!(todo.contains(part), "{part}\n---\n{todo}");
    }
    assert!(!read("unattributed/62.0.0.7/report.eml").contains("\nTo:"));
    assert!(read("bt/undetermined/198.51.100.200/TODO.txt").contains("depends on the region"));
}

#[test]
fn hashes_and_offsets_are_true() {
    let world = World::new();
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("out");
    run(&dir, &world, false).unwrap();
    for operator in ["bt", "janet", "unattributed"] {
        let base = dir.join(operator);
        let sums = fs::read_to_string(base.join("SHA256SUMS")).unwrap();
        let mut listed: Vec<String> = Vec::new();
        for row in sums.lines() {
            let (hash, path) = row.split_once("  ").unwrap();
            assert_eq!(sha256(&fs::read(base.join(path)).unwrap()), hash, "{path}");
            listed.push(path.to_owned());
        }
        listed.push("SHA256SUMS".to_owned());
        listed.sort();
        assert_eq!(listed, tree(&base));
        let manifest = json_of(&base.join("manifest.json"));
        assert_eq!(manifest["tool"], "plaint");
        assert_eq!(manifest["inputs"][0]["path"], "a.log");
        assert_eq!(manifest["inputs"][0]["readings"]["hostile"], 1);
        assert_eq!(manifest["options"]["tz"], "Europe/London");
        for file in manifest["files"].as_array().unwrap() {
            let bytes = fs::read(base.join(file["path"].as_str().unwrap())).unwrap();
            assert_eq!(file["bytes"], bytes.len());
            assert_eq!(file["sha256"], sha256(&bytes));
        }
        assert!(!manifest["bundles"].as_array().unwrap().is_empty());
    }
    // The evidence is the lines, and the index finds them in the log.
    let log = Log::of("198.51.100.7").ssh(10).spam(7);
    let mut whole = Vec::new();
    for line in &log.lines {
        whole.extend_from_slice(&line.bytes);
        whole.push(b'\n');
    }
    let folder = dir.join("bt/security-uk/198.51.100.7");
    let evidence = fs::read(folder.join("evidence.log")).unwrap();
    let index = fs::read_to_string(folder.join("evidence.jsonl")).unwrap();
    let lines: Vec<&[u8]> = evidence.strip_suffix(b"\n").unwrap().split(|b| *b == b'\n').collect();
    assert_eq!(lines.len(), index.lines().count());
    for (line, row) in lines.iter().zip(index.lines()) {
        let row: Value = serde_json::from_str(row).unwrap();
        let at = row["offset"].as_u64().unwrap() as usize;
        assert_eq!(&whole[at..at + row["length"].as_u64().unwrap() as usize], *line);
        assert_eq!(row["sha256"], sha256(line));
        assert!(row["utc"].as_str().unwrap().starts_with("2026-02-03T03:"));
    }
}

#[test]
fn nobody_is_dropped_silently() {
    let world = World::new();
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("out");
    run(&dir, &world, false).unwrap();
    let held = fs::read_to_string(dir.join("held.jsonl")).unwrap();
    let rows: Vec<Value> = held.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows[0]["source"], "10.0.0.1");
    assert_eq!(rows[0]["findings"][0]["id"], "SRC-1");
    assert!(rows[0]["findings"][0]["remedy"].as_str().unwrap().contains("NAT gateway"));
    assert_eq!(rows[0]["families"]["sshd"]["attempts"], 40);
    assert_eq!(rows[1]["source"], "192.0.2.9");
    assert_eq!(rows[1]["families"]["firewall"]["classes"], json!(["probe"]));
    assert_eq!(rows[1]["families"]["firewall"]["destination_ports"].as_array().unwrap().len(), 900);
    let summary = json_of(&dir.join("summary.json"));
    assert_eq!(summary["sources"], 7);
    assert_eq!(summary["verdicts"], json!({"ready": 2, "draft": 3, "unattributed": 1, "held": 2}));
    assert_eq!(summary["bundles"].as_array().unwrap().len(), 6);
}

#[test]
fn tables_run_nothing() {
    let world = World::new();
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("out");
    let mut log = Log::of("192.0.2.7").ssh(10);
    log.lines[0].user = Some(b"=cmd|'/c calc'!A1".to_vec());
    log.lines[1].user = Some(b"a,\"b\"\n-1".to_vec());
    write(Folder::begin(&dir, false).unwrap(), &plan(&world), [Ok(world.case(&log))]).unwrap();
    let text = fs::read(dir.join("janet/irt/192.0.2.7/events.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 10);
    assert_eq!(&rows[0][0], "2026-02-03T03:14:07Z");
    assert_eq!(&rows[0][8], "'=cmd|'/c calc'!A1");
    assert_eq!(&rows[1][8], r#"a,"b"\x0a-1"#);
    assert_eq!(&rows[0][6], "ssh-login");
}

#[test]
fn the_same_bytes_again_and_nothing_after_a_failure() {
    let world = World::new();
    let temp = tempfile::tempdir().unwrap();
    let (one, two) = (temp.path().join("one"), temp.path().join("two"));
    run(&one, &world, false).unwrap();
    run(&two, &world, false).unwrap();
    assert_eq!(tree(&one), tree(&two));
    for file in tree(&one) {
        assert_eq!(
            fs::read(one.join(&file)).unwrap(),
            fs::read(two.join(&file)).unwrap(),
            "{file}"
        );
    }
    assert!(matches!(run(&one, &world, false), Err(Fault::Usage { .. })));
    run(&one, &world, true).unwrap();
    let logs = logs();
    let cases = logs.iter().map(|l| Ok(world.case(l))).chain([Err(Fault::usage("broken"))]);
    let three = temp.path().join("three");
    assert!(write(Folder::begin(&three, false).unwrap(), &plan(&world), cases).is_err());
    assert!(!three.exists());
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 2);
}

#[test]
fn neither_turns_nor_threads_change_a_byte() {
    let file = "id = 'lists'\n[match]\nprefixes = ['198.51.100.128/25']\n[bundle]\none_per = 'list'\nmax_sources = 2\n[[channel]]\nid = 'a'\nkind = 'email'\nto = 'abuse@isp.example'\n[[route]]\nclass = ['*']\nchannel = 'a'\n";
    let world = World::with(&[file]);
    let logs: Vec<Log> = (1..60_u16)
        .map(|n| Log::of(&format!("198.51.100.{}", 100 + n)).ssh(8 + n % 5).spam(n % 7))
        .collect();
    let temp = tempfile::tempdir().unwrap();
    let made = |name: &str, threads: usize, of_turn: usize| {
        let out = temp.path().join(name);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let turns = logs.chunks(of_turn).map(|logs| Ok(logs.iter().collect::<Vec<_>>()));
        let turns: Vec<_> = turns.collect();
        let folder = Folder::begin(&out, false).unwrap();
        let plan = plan(&world);
        let case = |log| Ok(world.case(log));
        let bundles = pool.install(|| Bundles::write(&folder, &plan, turns, case)).unwrap();
        bundles.close(&plan.inputs).unwrap();
        folder.finish().unwrap();
        tree(&out).into_iter().map(|f| (f.clone(), fs::read(out.join(f)).unwrap())).collect()
    };
    let all: Vec<(String, Vec<u8>)> = made("all", 1, usize::MAX);
    assert!(
        all.iter().any(|(name, _)| name == "lists/a/list-3.csv"),
        "{:?}",
        all.iter().map(|a| &a.0).collect::<Vec<_>>()
    );
    for (threads, of_turn) in [(4, usize::MAX), (4, 7), (1, 1), (3, 20)] {
        let other = made(&format!("{threads}-{of_turn}"), threads, of_turn);
        assert!(other == all, "{threads} threads, {of_turn} sources a turn");
    }
}

#[test]
fn source_as_json() {
    let log = Log::of("192.0.2.7").ssh(12).packets(20, Transport::Tcp).accepted();
    let source = log.partial.get(log.addr).unwrap();
    let mut json = super::families_json(source, LIMITS);
    json["firewall"]["destination_ports"] = json!([]);
    assert_eq!(
        json.to_string(),
        r#"{"sshd":{"lines":12,"attempts":12,"connections":12,"packets":0,"first":"2026-02-03T03:14:07Z","last":"2026-02-03T03:14:29Z","destination_ports":[22],"classes":["ssh-login"]},"firewall":{"lines":20,"attempts":0,"connections":0,"packets":20,"first":"2026-02-03T03:14:31Z","last":"2026-02-03T03:15:09Z","destination_ports":[],"classes":["port-scan"]}}"#
    );
}
