//! `last message repeated N times`: counts what the line before on that host counted, wherever that lies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

fn plaint(dir: &Path, args: &[&str]) -> Vec<u8> {
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .args(args)
        .args(["--tz", "UTC"])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    out.stdout
}

fn rows(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    lines.map(|l| serde_json::from_slice(l).unwrap()).collect()
}

/// The sources of some lines, the same at every chunk size, and cut after each line into rotations.
fn sources(lines: &[&str]) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let text: Vec<String> =
        lines.iter().map(|l| format!("2026-03-28T00:{}\n", l.replace("\\0", "\0"))).collect();
    let whole = text.concat();
    std::fs::write(dir.path().join("auth.log"), &whole).unwrap();
    let run = |names: &[&str], more: &[&str]| {
        let args = [&["sources", "--format", "jsonl"], names, more].concat();
        plaint(dir.path(), &args)
    };
    let want = run(&["auth.log"], &[]);
    for chunk in ["1", "90", "200", "1000"] {
        for threads in ["1", "3"] {
            let got = run(&["auth.log"], &["--chunk-bytes", chunk, "--threads", threads]);
            assert_eq!(got, want, "chunks of {chunk}");
        }
    }
    std::fs::remove_file(dir.path().join("auth.log")).unwrap();
    // A line that cannot be read says no time, so a file of it alone has no place in the order.
    let cuts = (1..text.len()).filter(|n| !text[*n].contains('\0'));
    for cut in cuts {
        std::fs::write(dir.path().join("auth.log"), text[cut..].concat()).unwrap();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text[..cut].concat().as_bytes()).unwrap();
        std::fs::write(dir.path().join("auth.log.1.gz"), gz.finish().unwrap()).unwrap();
        let got = run(&["auth.log", "auth.log.1.gz"], &[]);
        assert_eq!(rows(&got), rows(&want), "rotated after line {cut}");
    }
    rows(&want)
}

const FAILED: &str = "sshd[7]: Failed password for root from 192.0.2.7 port 4711 ssh2";

#[test]
fn it_counts_what_the_line_before_counted() {
    let got = sources(&[
        &format!("01:00Z web1 {FAILED}"),
        "01:02Z web2 cron[1]: between, from elsewhere",
        "01:09Z web1 last message repeated 3 times",
        // The same again, told later.
        "03:09Z web1 last message repeated 4 times",
        "03:10Z web1 sshd[7]: PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
    ]);
    assert_eq!(got.len(), 1, "{got:?}");
    let sshd = &got[0]["families"]["sshd"];
    assert_eq!((&sshd["attempts"], &sshd["lines"]), (&8.into(), &4.into()), "{sshd}");
    assert_eq!(sshd["connections"], 1);
    assert_eq!(sshd["last"], "2026-03-28T00:03:10Z");
}

#[test]
fn a_tag_must_be_that_of_the_line_before() {
    let with = |tag: &str| {
        let got = sources(&[
            &format!("01:00Z web1 {FAILED}"),
            &format!("01:09Z web1 {tag}: last message repeated 3 times"),
        ]);
        got[0]["families"]["sshd"]["attempts"].as_u64().unwrap()
    };
    assert_eq!(with("sshd[7]"), 4);
    assert_eq!(with("sshd"), 4);
    assert_eq!(with("sshd[8]"), 1);
    assert_eq!(with("cron"), 1);
}

#[test]
fn where_it_is_unsure_it_counts_nothing() {
    for between in [
        // A line of the host that says nothing of ours.
        &["01:05Z web1 cron[1]: (root) CMD (true)"][..],
        // One that cannot be read: nobody knows of which host it is.
        &["01:05Z web1 sshd[8]: \\0"],
        &["01:05Z web1 cron[1]: x", "01:06Z web1 last message repeated 2 times"],
    ] {
        let first = format!("01:00Z web1 {FAILED}");
        let mut lines = vec![first.as_str()];
        lines.extend(between);
        lines.push("01:09Z web1 last message repeated 3 times");
        let got = sources(&lines);
        assert_eq!(got[0]["families"]["sshd"]["attempts"], 1, "{between:?}");
    }
    // Nothing before it.
    assert!(sources(&["01:09Z web1 last message repeated 3 times"]).is_empty());
}

#[test]
fn an_hour_later_lines_are_missing() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "2026-03-28T00:00:00Z web1 {FAILED}\n2026-03-28T01:00:01Z web1 last message repeated 3 times\n"
    );
    std::fs::write(dir.path().join("auth.log"), text).unwrap();
    let got = rows(&plaint(dir.path(), &["sources", "--format", "jsonl", "auth.log"]));
    assert_eq!(got[0]["families"]["sshd"]["attempts"], 1);
}

#[test]
fn what_is_quarantined_stays_so() {
    let planted = "01:00Z web1 sshd[7]: Failed password for invalid user x from 198.51.100.1 port 4711 ssh2: y from 203.0.113.9 port 50000 ssh2";
    let again = "01:01Z web1 last message repeated 5 times";
    assert!(sources(&[planted, again]).is_empty());
    // With a witness both are decided.
    let witness = "00:59Z web1 sshd[7]: Invalid user x from 198.51.100.1 port 4711 ssh2: y from 203.0.113.9 port 50000";
    for order in [[witness, planted, again], [planted, again, witness]] {
        let order: Vec<String> =
            (0..).zip(order).map(|(n, l)| format!("0{n}{}", &l[2..])).collect();
        let lines: Vec<&str> = order.iter().map(String::as_str).collect();
        let got = sources(&lines);
        assert_eq!(got.len(), 1, "{got:?}");
        assert_eq!(got[0]["source"], "203.0.113.9");
        assert_eq!(got[0]["families"]["sshd"]["attempts"], 6, "{order:?}");
    }
}

#[test]
fn packets_too() {
    let packet = |second: u32, port: u16| {
        format!(
            "01:{second:02}Z fw1 kernel: [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=60 PROTO=TCP SPT=4711 DPT={port} SYN"
        )
    };
    let got = sources(&[
        &packet(0, 23),
        "01:01Z fw1 last message repeated 3 times",
        "01:02Z fw2 last message repeated 7 times",
        &packet(3, 24),
        "01:04Z fw1 last message repeated 2 times",
        "01:05Z fw1 kernel: message repeated 28 times: [ [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=60 PROTO=TCP SPT=4711 DPT=25 SYN ]",
    ]);
    let firewall = &got[0]["families"]["firewall"];
    assert_eq!((&firewall["packets"], &firewall["lines"]), (&35.into(), &5.into()), "{firewall}");
}

#[test]
fn a_number_too_large_is_cut_and_that_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for (again, attempts) in [
        ("web1 last message repeated 99999999999999999999 times", 10_001),
        (
            "web1 sshd[7]: message repeated 99999999999999999999 times: [ Failed password for root from 192.0.2.7 port 4711 ssh2]",
            10_001,
        ),
        (
            "web1 sshd[7]: PAM 99999999999999999999 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
            10_000,
        ),
        ("web1 last message repeated 9999 times", 10_000),
    ] {
        let text = format!("2026-03-28T00:00:00Z web1 {FAILED}\n2026-03-28T00:00:01Z {again}\n");
        std::fs::write(dir.path().join("auth.log"), text).unwrap();
        let run = |args: &[&str]| {
            assert_cmd::Command::cargo_bin("plaint")
                .unwrap()
                .current_dir(dir.path())
                .args(args)
                .arg("auth.log")
                .output()
                .unwrap()
        };
        let out = run(&["sources", "--format", "jsonl"]);
        assert_eq!(rows(&out.stdout)[0]["families"]["sshd"]["attempts"], attempts, "{again}");
        let told = String::from_utf8(out.stderr).unwrap();
        let cut = again.contains("99999999999");
        assert_eq!(told.contains("10000"), cut, "{again}: {told}");
        let account = String::from_utf8(run(&["inspect"]).stdout).unwrap();
        assert_eq!(account.contains("  capped    1"), cut, "{account}");
    }
}

#[test]
fn its_event_adds_up_and_its_evidence_is_the_line_itself() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "2026-03-28T00:00:00Z web1 {FAILED}\n2026-03-28T00:00:01Z web1 last message repeated 3 times\n"
    );
    std::fs::write(dir.path().join("auth.log"), text).unwrap();
    for chunk in ["1", "100000"] {
        let got = rows(&plaint(
            dir.path(),
            &["events", "--format", "jsonl", "--original", "--chunk-bytes", chunk, "auth.log"],
        ));
        assert_eq!(got.len(), 2, "{got:?}");
        let again = &got[1];
        assert_eq!(again["source"]["ip"], "192.0.2.7");
        assert_eq!(again["plaint"]["attempts"], 3);
        assert_eq!(again["plaint"]["line"], 2);
        assert_eq!(
            again["event"]["original"],
            "2026-03-28T00:00:01Z web1 last message repeated 3 times"
        );
        let account = plaint(dir.path(), &["inspect", "--chunk-bytes", chunk, "auth.log"]);
        let account = String::from_utf8(account).unwrap();
        assert!(account.contains("    hostile     2"), "{account}");
        let why = plaint(dir.path(), &["explain", "--chunk-bytes", chunk, "auth.log:2"]);
        let why = String::from_utf8(why).unwrap();
        assert!(why.contains("refers to the line before it"), "{why}");
        assert!(why.contains("3 times"), "{why}");
        assert!(why.contains("reading   hostile ssh-login"), "{why}");
    }
}

#[test]
fn a_repetition_of_what_was_told_already_is_context_at_every_chunk_size() {
    let dir = tempfile::tempdir().unwrap();
    let line = |minute: u32, what: &str| format!("2026-03-28T00:{minute:02}:00Z web1 {what}\n");
    let first = line(0, FAILED);
    // A rotation that was copied before it was cut: the newer log tells the older one's line again.
    let newer = [first.clone(), line(2, "last message repeated 3 times")].concat();
    let last = line(5, "sshd[9]: Connection closed by 192.0.2.7 port 4712 [preauth]");
    std::fs::write(dir.path().join("auth.log.1"), [first, last].concat()).unwrap();
    std::fs::write(dir.path().join("auth.log"), newer).unwrap();
    let events = |chunk: &str| {
        let args = ["events", "--all", "--format", "jsonl", "--chunk-bytes", chunk, "."];
        rows(&plaint(dir.path(), &args))
    };
    let want = events("100000");
    let told: Vec<_> = want
        .iter()
        .filter(|e| e["log"]["file"]["path"].as_str().unwrap().ends_with("auth.log"))
        .map(|e| e["plaint"]["reading"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["context", "context"], "{want:?}");
    for chunk in ["1", "90", "200"] {
        assert_eq!(events(chunk), want, "chunks of {chunk}");
    }
}
