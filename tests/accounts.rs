//! `inspect` and `explain`: every line is accounted for, and each can be asked after.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

fn run(args: &[&str], path: &Path) -> String {
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .env("XDG_CONFIG_HOME", path.parent().unwrap())
        .args(args)
        .args(["--tz", "UTC", "--log-end", "2026-06-30", path.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    String::from_utf8(out.stdout).unwrap()
}

/// Every log of `testdata`.
fn logs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut out = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "log") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// The number behind a word in an account of one input.
fn number(account: &str, word: &str) -> u64 {
    let find = |l: &str| l.trim_start().strip_prefix(word)?.trim().parse().ok();
    account.lines().find_map(find).unwrap_or_else(|| panic!("no {word} in {account}"))
}

#[test]
fn readings_add_up_to_lines_in_all_our_logs() {
    let logs = logs();
    assert!(logs.len() > 10, "{logs:?}");
    for path in logs {
        let bytes = std::fs::read(&path).unwrap();
        let mut lines = bytes.iter().filter(|b| **b == b'\n').count() as u64;
        lines += u64::from(bytes.last().is_some_and(|b| *b != b'\n'));
        let account = run(&["inspect"], &path);
        let one = account.split("\nall inputs\n").next().unwrap();
        assert_eq!(number(one, "lines "), lines, "{}", path.display());
        let words = ["hostile ", "benign ", "context ", "quarantined ", "other ", "unread "];
        let sum: u64 = words.iter().map(|w| number(one, w)).sum();
        assert_eq!((sum, number(one, "sum ")), (lines, lines), "{account}");
        // Counted on another way: rows of events.
        let events = run(&["events", "--format", "jsonl"], &path);
        assert_eq!(number(one, "hostile "), events.lines().count() as u64, "{account}");
    }
}

#[test]
fn what_is_not_read_is_shown_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.log");
    let mut text = String::from("no stamp \u{1b}[2J\n\n");
    for n in 0..30 {
        text += &format!("Jun 12 08:58:35 web1 sshd[811]: a message \u{1b} of tomorrow {n}\n");
    }
    text += "Jun 12 08:58:35 web1 sshd[811]: Invalid\0 user x from 192.0.2.7 port 1\n";
    std::fs::write(&path, text).unwrap();
    let account = run(&["inspect"], &path);
    for want in [
        "line 1 at byte 0: no time stamp of a known form at its start: no stamp \\x1b[2J",
        "line 2 at byte 14: empty line",
        "line 33 at byte",
        "holds a NUL byte",
        "30 messages of sshd that no grammar knows, first in line 3: a message \\x1b of tomorrow 0",
    ] {
        assert!(account.contains(want), "{want:?} in {account}");
    }
}

/// What `journalctl -o cat` leaves of a log: shown to who asks for all, and counted nowhere.
#[test]
fn a_line_without_a_stamp_is_shown_and_counts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bare.log");
    let stamped = "Jun 12 08:58:35 web1 sshd[811]: Invalid user ann from 192.0.2.7 port 1\n";
    let bare = [
        "Failed password for root from 192.0.2.8 port 4711 ssh2",
        "Failed password for a from 198.51.100.1 port 1 ssh2: x from 203.0.113.9 port 4711 ssh2",
        "hello from 192.0.2.8 port 22",
        "sshd[812]: Invalid user bob from 192.0.2.9 port 4712",
        "Failed password for ro\0ot from 192.0.2.8 port 4711 ssh2",
    ];
    std::fs::write(&path, format!("{stamped}{}\n", bare.join("\n"))).unwrap();
    let rows = run(&["events", "--all"], &path);
    let rows: Vec<serde_json::Value> =
        rows.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |row: &serde_json::Value| {
        (
            row["plaint"]["line"].as_u64().unwrap(),
            row["plaint"]["reading"].as_str().unwrap().to_owned(),
            row["source"]["ip"].as_str().unwrap().to_owned(),
            row["user"]["name"].as_str().unwrap().to_owned(),
        )
    };
    let row = |n, reading: &str, ip: &str, user: &str| {
        (n, reading.to_owned(), ip.to_owned(), user.to_owned())
    };
    assert_eq!(
        rows.iter().map(of).collect::<Vec<_>>(),
        [
            row(1, "hostile", "192.0.2.7", "ann"),
            row(2, "unread", "192.0.2.8", "root"),
            row(5, "unread", "192.0.2.9", "bob"),
        ]
    );
    assert!(rows[1].get("@timestamp").is_none() && rows[1].get("destination").is_none());
    assert!(
        rows[1]["plaint"].get("attempts").is_none() && rows[1]["plaint"].get("class").is_none()
    );
    // In which span it lies nobody knows.
    let within = run(&["events", "--all", "--since", "2026-06-01T00:00:00Z"], &path);
    assert_eq!(within.lines().count(), 1, "{within}");
    // All that counts is as if these lines were not there, but for the account of them.
    assert_eq!(run(&["events"], &path).lines().count(), 1);
    let with = run(&["sources", "--format", "jsonl"], &path);
    let account = run(&["inspect"], &path);
    assert_eq!((number(&account, "hostile "), number(&account, "unread ")), (1, 5));
    for want in ["no time   4 lines tell no time", "line 2 is a message", "journalctl -o short-iso"]
    {
        assert!(account.contains(want), "{want:?} in {account}");
    }
    std::fs::write(&path, stamped).unwrap();
    assert_eq!(with, run(&["sources", "--format", "jsonl"], &path));
    let out = assert_cmd::Command::cargo_bin("plaint").unwrap().args(["explain", bare[0]]).output();
    let told = String::from_utf8(out.unwrap().stdout).unwrap();
    for want in [
        "reading   unread",
        "tried     failed",
        "says      ssh-login-failed by 192.0.2.8 port 4711, account \"root\"",
        "no evidence",
        "fix       have the log written with its times: journalctl -o short-iso",
    ] {
        assert!(told.contains(want), "{want:?} in {told}");
    }
}

#[test]
fn a_line_is_explained_in_its_session() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.log");
    let lines = [
        "Jun 12 08:58:35 web1 sshd[811]: Failed publickey for ann from 192.0.2.7 port 1 ssh2: RSA x",
        "Jun 12 08:58:36 web1 sshd[811]: Failed password for ann from 192.0.2.7 port 1 ssh2",
        "Jun 12 08:58:37 web1 sshd[811]: Accepted password for ann from 192.0.2.7 port 1 ssh2",
        "Jun 12 08:58:38 web1 sshd[812]: Failed password for invalid user x from 198.51.100.1 port 4711 ssh2: y from 203.0.113.9 port 50000 ssh2",
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let explain = |n: usize, more: &[&str]| {
        let out = assert_cmd::Command::cargo_bin("plaint")
            .unwrap()
            .args(["explain", "--tz", "UTC", &format!("{}:{n}", path.display())])
            .args(more)
            .output()
            .unwrap();
        assert!(out.status.success());
        String::from_utf8(out.stdout).unwrap()
    };
    let told = explain(2, &["--log-end", "2026-06-30"]);
    for want in [
        "envelope  rfc3164: stamp \"Jun 12 08:58:36\", host \"web1\", program \"sshd\", process 811",
        "time      2026-06-12T08:58:36Z; zone told: UTC; year inferred from the order of lines and the end of the log (2026-06-30T23:59:59Z, told)",
        "dialect   sshd",
        "tried     failed",
        "reading   benign : hostile by itself, and its session or source decided",
        "why       it makes its session hostile by itself; it counts 1 in the daemon's own word on refusals",
        "process   line 1, context: ",
        "process   line 3, benign: ",
    ] {
        assert!(told.contains(want), "{want:?} in {told}");
    }
    assert!(explain(2, &[]).contains("the file's time"));
    let doubt = explain(4, &[]);
    for want in [
        "ways that name several sources",
        "198.51.100.1",
        "203.0.113.9",
        "quarantined",
        "accuses nobody",
    ] {
        assert!(doubt.contains(want), "{want:?} in {doubt}");
    }
    // A line without a time: by the line alone, and by those around it.
    let by_itself = |texts: &[&str], end: &str| {
        std::fs::write(&path, texts.join("\n")).unwrap();
        explain(2, &["--log-end", end])
    };
    let stray = by_itself(
        &["Jun 12 08:00:00 a x: 1", "Jan  1 00:00:05 a x: 2", "Jun 12 09:00:00 a x: 3"],
        "2026-06-30",
    );
    assert!(stray.contains("time      not known: ") && stray.contains("was not set"), "{stray}");
    let years =
        ["2023-06-12T08:00:00 a x: 1", "Jun 12 08:00:00 a x: 2", "2024-06-12T08:00:01 a x: 3"];
    let doubt = by_itself(&years, "2026-06-30");
    assert!(doubt.contains("time      not known: the year of lines that lack it"), "{doubt}");
    std::fs::write(&path, lines.join("\n")).unwrap();
    // Lines alone.
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .args(["explain", "-", "--tz", "UTC", "--log-end", "2026-06-30"])
        .write_stdin(lines.join("\n"))
        .output()
        .unwrap();
    let alone = String::from_utf8(out.stdout).unwrap();
    assert_eq!(alone.matches("\n  why       ").count(), 4, "{alone}");
    assert!(alone.contains("a refused key"), "{alone}");
}
