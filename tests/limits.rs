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
