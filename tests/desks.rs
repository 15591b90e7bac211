//! Every source to its own desk, reports read as a desk's robot reads them, and the commands
//! that check a folder or ask others about it, against servers on this machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::{Value, json};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases")
}

fn run(cwd: &Path, args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("plaint").unwrap();
    command.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd);
    command.args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A case's report in an empty folder, with the copy of the case it was made of.
fn reported(case: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    copy(&cases().join(case), &dir.path().join("case"));
    let args = ["report", "case/logs", "--config", "case/plaint.toml", "-o", "out"];
    let output = run(dir.path(), &[&args[..], &["--now", "2026-04-02T00:00:00Z"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let out = dir.path().join("out");
    (dir, out)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_file() {
            fs::copy(&path, to.join(name)).unwrap();
        } else if name != "expected" {
            copy(&path, &to.join(name));
        }
    }
}

fn files(root: &Path, name: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path, name));
        } else if path.file_name().unwrap() == name {
            out.push(path);
        }
    }
    out.sort();
    out
}

#[test]
fn every_source_to_its_own_desk() {
    let (dir, out) = reported("nested");
    let summary: Value =
        serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    let mut went: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for b in summary["bundles"].as_array().unwrap() {
        let classes: Vec<&str> =
            b["classes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let key = (b["source"].as_str().unwrap().to_owned(), classes.join(","));
        went.entry(key).or_default().push(b["to"].as_str().unwrap().to_owned());
        // The folder, the To line and the summary agree.
        let mail =
            fs::read_to_string(out.join(b["path"].as_str().unwrap()).join("report.eml")).unwrap();
        let to: Vec<&str> = mail.lines().filter_map(|l| l.strip_prefix("To: ")).collect();
        assert_eq!(to, [b["to"].as_str().unwrap()]);
    }
    let want = [
        ("192.0.2.10", "spam", "abuse@bt.com"),
        ("192.0.2.10", "ssh-login", "security@bt.com"),
        ("192.0.2.70", "spam", "abuse@eu.bt.net"),
        ("192.0.2.70", "ssh-login", "security@eu.bt.net"),
        ("192.0.2.71", "ssh-login", "security@eu.bt.net"),
        ("2001:db8:786::9", "ssh-login", "irt@csirt.ja.net"),
        ("203.0.113.9", "ssh-login,spam", "irt@csirt.ja.net"),
    ];
    let want: BTreeMap<(String, String), Vec<String>> =
        want.map(|(s, c, to)| ((s.to_owned(), c.to_owned()), vec![to.to_owned()])).into();
    assert_eq!(went, want);
    // What is held has its reason; nothing is lost, and nothing is in two places.
    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in fs::read_to_string(out.join("held.jsonl")).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let ids = row["findings"].as_array().unwrap().iter();
        let ids =
            ids.filter(|f| f["effect"] == "hold").map(|f| f["id"].as_str().unwrap().to_owned());
        held.insert(row["source"].as_str().unwrap().to_owned(), ids.collect());
    }
    for (source, id) in [
        ("192.0.2.20", "CNT-2"),
        ("203.0.113.140", "SRC-1"),
        ("203.0.113.200", "SRC-1"),
        ("2001:db8:1::9", "SRC-1"),
    ] {
        assert!(held[source].contains(&id.to_owned()), "{source} {held:?}");
    }
    let logs = ["sources", "case/logs", "--config", "case/plaint.toml", "--format", "jsonl"];
    let all: BTreeSet<String> = text(&run(dir.path(), &logs).stdout)
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["source"].as_str().unwrap().to_owned())
        .collect();
    let filed: BTreeSet<String> = went.keys().map(|(s, _)| s.clone()).collect();
    assert!(filed.iter().all(|s| !held.contains_key(s)));
    assert_eq!(filed.into_iter().chain(held.into_keys()).collect::<BTreeSet<_>>(), all);
}

/// What a desk's robot takes from a body: the zone from the last thing in it that looks like one,
/// and each pair of an IPv4 address and a time with seconds on one line. As the rules were
/// measured: an offset at a time is ignored, and so is what has no seconds.
fn robot(body: &str) -> BTreeSet<(String, String)> {
    let b = body.as_bytes();
    let digit = |i: usize| b.get(i).is_some_and(u8::is_ascii_digit);
    let zone = (0..b.len()).rev().find(|&i| {
        let m = if b.get(i + 3) == Some(&b':') { i + 4 } else { i + 3 };
        matches!(b[i], b'+' | b'-') && digit(i + 1) && digit(i + 2) && digit(m) && digit(m + 1)
    });
    assert_eq!(zone.map(|i| &body[i..i + 5]), Some("+0000"), "the zone is taken from elsewhere");
    let mut out = BTreeSet::new();
    for line in body.lines() {
        let words = || line.split(|c: char| !(c.is_ascii_digit() || c == '.'));
        let ips: Vec<&str> =
            words().filter(|w| w.split('.').count() == 4 && w.parse::<IpAddr>().is_ok()).collect();
        let times = (0..line.len().saturating_sub(18)).filter_map(|i| {
            let t = line.get(i..i + 19)?;
            let form: String =
                t.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
            let form = form.as_str();
            matches!(form, "9999-99-99T99:99:99" | "9999-99-99 99:99:99")
                .then(|| t.replace(' ', "T"))
        });
        for time in times {
            out.extend(ips.iter().map(|ip| ((*ip).to_owned(), format!("{time}Z"))));
        }
    }
    out
}

#[test]
fn a_robot_reads_the_source_and_its_times() {
    let mut read = 0;
    for path in files(&cases(), "report.txt") {
        let body = fs::read_to_string(&path).unwrap();
        let folder = path.parent().unwrap();
        let index = fs::read_to_string(folder.join("evidence.jsonl")).unwrap();
        let logged: BTreeSet<String> = index
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["utc"].as_str().unwrap().to_owned())
            .map(|t| format!("{}Z", &t[..19]))
            .collect();
        let source = folder.file_name().unwrap().to_str().unwrap();
        if source.parse::<IpAddr>().is_err() {
            // It does not see IPv6, and finds nobody else there either.
            assert!(robot(&body).iter().all(|(ip, _)| ip.starts_with("198.51.100.")), "{source}");
            continue;
        }
        let found = robot(&body);
        // Our own addresses stand beside a time where the log has them.
        let of_source: BTreeSet<&String> =
            found.iter().filter(|(ip, _)| ip == source).map(|(_, t)| t).collect();
        for (ip, time) in &found {
            assert!(ip == source || ip.starts_with("198.51.100."), "{}: {ip}", path.display());
            assert!(logged.contains(time), "{}: {time}", path.display());
        }
        // As many as the extract has, and where it has all lines, all.
        let heading = body.lines().find(|l| l.starts_with("LOG EXTRACT")).unwrap();
        let shown: usize = heading[13..].split(' ').next().unwrap().parse().unwrap();
        let lines: Vec<&str> = body
            .lines()
            .skip_while(|l| !l.starts_with("LOG EXTRACT"))
            .skip(1)
            .take(shown)
            .collect();
        let times: BTreeSet<String> = lines.iter().map(|l| format!("{}Z", &l[..19])).collect();
        assert_eq!(
            of_source.into_iter().cloned().collect::<BTreeSet<_>>(),
            times,
            "{}",
            path.display()
        );
        if !body.contains("were left out")
            && !body.contains("was left out")
            && shown == logged.len()
        {
            assert_eq!(times, logged);
        }
        read += 1;
    }
    assert!(read >= 15, "{read}");
}

#[test]
fn lint_and_verify() {
    let (dir, out) = reported("small");
    let verify = |more: &[&str]| run(dir.path(), &[&["verify", "out"], more].concat());
    let sound = verify(&["--logs", "case"]);
    assert_eq!(sound.status.code(), Some(0), "{}", text(&sound.stdout));
    assert!(sound.stdout.is_empty() && text(&sound.stderr).contains("nothing is wrong"));
    // The logs are found where the run found them, too.
    assert_eq!(text(&verify(&[]).stderr), text(&sound.stderr));
    let lint = |path: &str| {
        run(
            dir.path(),
            &["lint", path, "--config", "case/plaint.toml", "--now", "2026-04-02T00:00:00Z"],
        )
    };
    // Read off the text alone, what is ready has no error and what is not has one.
    let whole = lint("out");
    assert_eq!(whole.status.code(), Some(5));
    let said = text(&whole.stdout);
    let summary: Value =
        serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    for b in summary["bundles"].as_array().unwrap() {
        let path = format!("out/{}: error ", b["path"].as_str().unwrap());
        assert_eq!(said.contains(&path), b["verdict"] != "ready", "{path}\n{said}");
    }
    assert!(said.contains("/undetermined/192.0.2.130: error ADR-2: "), "{said}");

    let mail = files(&out.join("example-isp"), "report.eml").remove(0);
    let letter = fs::read_to_string(&mail).unwrap();
    fs::write(&mail, letter.replace("To: abuse@isp.example", "To: all@isp.example")).unwrap();
    let spoilt = lint("out/example-isp");
    assert_eq!(spoilt.status.code(), Some(5));
    assert!(
        text(&spoilt.stdout).contains("error ADR-2: To is all@isp.example"),
        "{}",
        text(&spoilt.stdout)
    );
    let spoilt = verify(&[]);
    assert_eq!(spoilt.status.code(), Some(5));
    assert!(text(&spoilt.stdout).contains("report.eml: is not what was written"));

    let log = dir.path().join("case/logs/auth.log");
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, [b"x\n", bytes.as_slice()].concat()).unwrap();
    let moved = text(&verify(&[]).stdout);
    assert!(moved.contains("the line at offset"), "{moved}");
    assert_eq!(run(dir.path(), &["verify", "case"]).status.code(), Some(2));
    assert_eq!(run(dir.path(), &["lint", "nothing"]).status.code(), Some(3));
}

/// A server on this machine: each connection's first line goes to `answer`.
fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut question = Vec::new();
            let mut byte = [0];
            while !question.ends_with(b"\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                question.push(byte[0]);
            }
            // The rest of a request's head is of no interest, but has to be read.
            stream.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
            let _ = stream.write_all(&answer(text(&question).trim()));
        }
    });
    place
}

fn ok(body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn gathered_answers_complete_the_drafts() {
    let (dir, out) = reported("nested");
    let drafts = |out: &Path| {
        let found = files(out, "TODO.txt").into_iter();
        found.map(|p| p.strip_prefix(out).unwrap().display().to_string()).collect::<Vec<_>>()
    };
    // BT wants whois and traceroute, and nobody has saved any.
    assert_eq!(drafts(&out).len(), 5);
    let registry = serve(|ip| {
        format!("% Abuse contact for '{ip}' is 'abuse@isp.test'\r\nnetname: X\r\nabuse-mailbox: nobody@isp.test\r\n").into_bytes()
    });
    let root = serve(move |_| format!("refer: {registry}\r\n").into_bytes());
    let answers = serve(|get| {
        let ip = get.split(' ').nth(1).unwrap().trim_start_matches("/rdap/ip/").to_owned();
        if ip.starts_with("192.0.2.7") {
            return b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec();
        }
        let card = json!(["vcard", [["email", {}, "text", "desk@isp.test"]]]);
        let entity = json!({"handle": "AB1", "roles": ["abuse"], "vcardArray": card});
        ok(
            &json!({"startAddress": ip, "endAddress": ip, "entities": [{"roles": ["registrant"], "entities": [entity]}]}),
        )
    });
    let moved = serve({
        let answers = answers.clone();
        move |get| {
            let path = get.split(' ').nth(1).unwrap();
            format!("HTTP/1.1 301 Moved\r\nLocation: http://{answers}{path}\r\n\r\n").into_bytes()
        }
    });
    let bootstrap = serve(move |get| {
        let net = if get.contains("ipv6") { "::/0" } else { "0.0.0.0/0" };
        ok(&json!({"services": [[[net], [format!("http://{moved}/rdap/")]]]}))
    });
    let program = dir.path().join("trace");
    fs::write(&program, "#!/bin/sh\necho \"traceroute to $2\"\necho ' 1  * * *'\n").unwrap();
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(&program, mode).unwrap();
    let bootstrap = format!("http://{bootstrap}");
    let gather = || {
        run(
            dir.path(),
            &[
                "gather",
                "out",
                "--whois",
                "--rdap",
                "--traceroute",
                "--into",
                "answers",
                "--pause",
                "0",
                "--whois-server",
                &root,
                "--rdap-bootstrap",
                &bootstrap,
                "--traceroute-program",
                program.to_str().unwrap(),
            ],
        )
    };
    let first = gather();
    let told = text(&first.stdout);
    // Two sources are unknown to this RDAP server.
    assert_eq!(first.status.code(), Some(3), "{}", text(&first.stderr));
    assert!(text(&first.stderr).contains("no record (404)"), "{}", text(&first.stderr));
    assert!(told.contains("192.0.2.10\tabuse@isp.test\tRIPE abuse-c\n"), "{told}");
    assert!(told.contains("192.0.2.10\tdesk@isp.test\tRDAP abuse role of AB1\n"), "{told}");
    assert!(!told.contains("nobody@"));
    let saved = fs::read_to_string(dir.path().join("answers/whois/192.0.2.10.txt")).unwrap();
    assert!(saved.starts_with("# asked 20"), "{saved}");
    assert!(dir.path().join("answers/whois/2001-db8-786--9.txt").is_file());
    // What is there is not asked again, and named again.
    let again = gather();
    assert!(text(&again.stderr).contains("13 known already"), "{}", text(&again.stderr));
    assert_eq!(text(&again.stdout), told);

    let config = dir.path().join("case/plaint.toml");
    let more = "whois = \"../answers/whois\"\ntraceroute = \"../answers/traceroute\"\n";
    fs::write(&config, fs::read_to_string(&config).unwrap() + more).unwrap();
    let args = ["report", "case/logs", "--config", "case/plaint.toml", "-o", "out", "--force"];
    assert_eq!(run(dir.path(), &args).status.code(), Some(0));
    assert_eq!(drafts(&out), Vec::<String>::new());
    let letter = fs::read_to_string(out.join("bt/security-uk/192.0.2.10/report.txt")).unwrap();
    assert!(
        letter.contains("WHOIS 192.0.2.10 (asked 20")
            && letter.contains("TRACEROUTE to 192.0.2.10 (made 20"),
        "{letter}"
    );
}

#[test]
fn nothing_is_asked_unless_told() {
    let (dir, _out) = reported("nested");
    let none = run(dir.path(), &["gather", "out"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(text(&none.stderr).contains("--whois"));
    assert_eq!(run(dir.path(), &["gather", "case", "--whois"]).status.code(), Some(2));
}
