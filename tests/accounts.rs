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
