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

fn run_alone(cwd: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaint"));
    command.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd).args(args);
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
fn bounds_that_were_met_are_in_every_account() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = flood(600, 20);
    log.push_str("Jun 12 09:00:00 web1 sshd[9]: message repeated 2000000 times: [ Failed password for root from 192.0.2.1 port 4711 ssh2]\n");
    fs::write(dir.path().join("all.log"), log).unwrap();
    let report = |out: &str, most: &str| -> serde_json::Value {
        let args = ["report", "all.log", "-o", out, "--now", "2026-07-01T00:00:00Z", "-q"];
        let done = run(dir.path(), &[&args[..], &["--max-sources", most]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", plaint::text::Untrusted(&done.stderr));
        let summary = fs::read(dir.path().join(out).join("summary.json")).unwrap();
        serde_json::from_slice(&summary).unwrap()
    };
    let met = report("few", "100");
    let of = |limit: &str| met["bounds"].as_array().unwrap().iter().find(|b| b["limit"] == limit);
    assert_eq!(of("max-sources").unwrap()["is"], 100);
    assert_eq!(of("max-sources").unwrap()["beyond"], 500);
    assert_eq!(of("repeats").unwrap()["is"], 10_000);
    assert_eq!(of("repeats").unwrap()["beyond"], 1);
    assert_eq!(met["bounds"].as_array().unwrap().len(), 2);
    let inspected = run(dir.path(), &["inspect", "all.log", "--max-sources", "100"]).stdout;
    let inspected = String::from_utf8(inspected).unwrap();
    assert!(inspected.contains("bound met") && inspected.contains("500 lines of others"));
    // None met, none told.
    fs::write(dir.path().join("all.log"), flood(600, 20)).unwrap();
    assert!(report("all", "1000").get("bounds").is_none());
}

/// What a run takes at its most, in KiB.
fn resident(cwd: &Path, args: &[&str]) -> u64 {
    let script = "\"$0\" \"$@\" & pid=$!; most=0; \
        while kill -0 $pid 2>/dev/null; do \
        n=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null); \
        [ -n \"$n\" ] && most=$n; sleep 0.01; done; wait $pid || exit 1; echo $most";
    let mut command = Command::new("sh");
    command.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd);
    command.args(["-c", script, env!("CARGO_BIN_EXE_plaint")]).args(args);
    command.args(["--tz", "UTC", "--log-end", "2026-06-30"]);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", plaint::text::Untrusted(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn the_evidence_of_a_report_is_not_in_memory_all_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (few, many) = (200, 1_500);
    for (name, n) in [("few.log", few), ("many.log", many)] {
        let mut log = String::new();
        // Each source is one session: those that are open are not what is weighed here.
        for i in 0..n * 120 {
            let (who, at) = (i % n, i / n);
            writeln!(
                log,
                "Jun 12 {:02}:{:02}:{:02} web1 sshd[{who}]: Failed password for root from 9.7.{}.{} port 4711 ssh2",
                8 + at / 60, at % 60, who % 60, who >> 8, who & 255
            )
            .unwrap();
        }
        fs::write(dir.path().join(name), log).unwrap();
    }
    let most = |name: &str, out: &str| {
        let args = ["report", name, "-o", out, "--now", "2026-07-01T00:00:00Z", "-q"];
        resident(dir.path(), &[&args[..], &["--threads", "2"]].concat())
    };
    let (one, two) = (most("few.log", "one"), most("many.log", "two"));
    println!("{one} KiB for {} lines of evidence, {two} for {}", few * 120, many * 120);
    // 24,000 lines are read at once, and of 180,000 no more than EVIDENCE_AT_ONCE: each in full is
    // 800 bytes, and its place and its reading stay.
    assert!(two < one + 80 * 1024, "{one} KiB, then {two}");
    let verified = run_alone(dir.path(), &["verify", "two"]);
    assert!(verified.status.success(), "{}", plaint::text::Untrusted(&verified.stdout));
    let told = String::from_utf8(verified.stderr).unwrap();
    assert!(told.contains("180000 lines"), "each source has its own lines: {told}");
}
