//! Bounds, met: what is left out is told, and who floods pushes nobody else out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(cwd: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaint"));
    command.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd).args(args);
    command.args(["--tz", "UTC", "--log-end", "2026-06-30"]);
    command.output().unwrap()
}

/// A flood of forged packets, one from each address, and a few who try to log in.
fn flood(packets: u32, logins: u32) -> String {
    let mut out = String::new();
    for i in 0..packets {
        let (m, s) = (i / 60 % 60, i % 60);
        writeln!(
            out,
            "Jun 12 08:{m:02}:{s:02} fw1 kernel: DROP IN=eth0 OUT= SRC=9.{}.{}.7 DST=198.51.100.4 LEN=40 TTL=5 ID=1 PROTO=TCP SPT=4711 DPT=23 WINDOW=1 RES=0x00 SYN URGP=0",
            i >> 8 & 255,
            i & 255
        )
        .unwrap();
        if i % (packets / logins) == 0 {
            let who = i / (packets / logins);
            writeln!(
                out,
                "Jun 12 08:{m:02}:{s:02} web1 sshd[{i}]: Failed password for root from 192.0.2.{} port 4711 ssh2",
                who + 1
            )
            .unwrap();
        }
    }
    out
}

#[test]
fn forged_packets_push_out_nobody_who_logged_in() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("all.log"), flood(6000, 20)).unwrap();
    let args = ["sources", "all.log", "--format", "jsonl", "--max-sources", "100"];
    let whole = run(dir.path(), &args);
    let text = String::from_utf8(whole.stdout.clone()).unwrap();
    assert_eq!(whole.status.code(), Some(0));
    for who in 1..=20 {
        assert!(text.contains(&format!("{{\"source\":\"192.0.2.{who}\"")), "192.0.2.{who} is gone");
    }
    assert_eq!(text.lines().count(), 120);
    let err = String::from_utf8(whole.stderr).unwrap();
    assert!(err.contains("5900 lines of others are in no row"), "{err}");
    for more in [
        &["--chunk-bytes", "3000", "--threads", "1"][..],
        &["--chunk-bytes", "9000", "--threads", "4"],
        &["--threads", "3", "-q"],
    ] {
        let again = run(dir.path(), &[&args[..], more].concat());
        assert_eq!(again.stdout, whole.stdout, "{more:?}");
        assert_eq!(String::from_utf8(again.stderr).unwrap(), err, "{more:?}");
    }
    // Enough room: nothing is said, and all are there.
    let all = run(dir.path(), &["sources", "all.log", "--format", "jsonl"]);
    assert_eq!(all.stdout.iter().filter(|b| **b == b'\n').count(), 6020);
    assert!(all.stderr.is_empty());
    assert_eq!(
        run(dir.path(), &["sources", "all.log", "--max-sources", "0"]).status.code(),
        Some(2)
    );
}

#[test]
fn reports_of_more_lines_than_are_read_back_at_once_have_all_of_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = String::new();
    for line in 0..230 {
        for who in 0..300 {
            let (m, s) = (line / 60, line % 60);
            writeln!(
                log,
                "Jun 12 08:{m:02}:{s:02} web1 sshd[{}]: Failed password for root from 203.0.{}.{} port 4711 ssh2",
                who + 100,
                who / 250,
                who % 250 + 1
            )
            .unwrap();
        }
    }
    fs::write(dir.path().join("auth.log"), log).unwrap();
    // Documentation addresses are reserved unless an operator claims them.
    fs::create_dir(dir.path().join("ops")).unwrap();
    fs::write(
        dir.path().join("ops/isp.toml"),
        "id = \"isp\"\nextends = \"generic\"\n[match]\nprefixes = [\"203.0.0.0/16\"]\n",
    )
    .unwrap();
    let args =
        ["report", "auth.log", "-o", "out", "--operators", "ops", "--now", "2026-06-13T00:00:00Z"];
    let out = run(dir.path(), &args);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8(out.stderr).unwrap());
    let mut found = 0;
    for mailbox in fs::read_dir(dir.path().join("out/isp")).unwrap().map(|e| e.unwrap().path()) {
        for source in fs::read_dir(mailbox).into_iter().flatten().map(|e| e.unwrap().path()) {
            let text = fs::read_to_string(source.join("evidence.log")).unwrap();
            let address = source.file_name().unwrap().to_str().unwrap().to_owned();
            assert_eq!(text.lines().count(), 230, "{address}");
            assert!(text.lines().all(|l| l.contains(&format!(" {address} "))), "{address}");
            found += 1;
        }
    }
    assert_eq!(found, 300);
}

#[test]
fn bounds_that_were_met_are_in_the_summary() {
    let dir = tempfile::tempdir().unwrap();
    let flood = flood(600, 20)
        + "Jun 12 09:00:00 web1 sshd[7]: message repeated 99999 times: [ Failed password for root from 192.0.2.1 port 4711 ssh2]\n";
    fs::write(dir.path().join("all.log"), flood).unwrap();
    let out = run(dir.path(), &["report", "all.log", "-o", "out", "--max-sources", "100"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8(out.stderr).unwrap());
    let text = fs::read_to_string(dir.path().join("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let met = summary["bounds_met"].as_array().unwrap();
    assert_eq!(met.len(), 2, "{met:?}");
    assert!(met[0].as_str().unwrap().contains("--max-sources"), "{met:?}");
    assert!(met[1].as_str().unwrap().contains("10000"), "{met:?}");
}
