//! The first line of a VPC flow log tells the order of its columns, for every line and chunk of that log.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write;
use std::path::Path;

const HEADER: &str =
    "end start action tcp-flags flow-direction dstport dstaddr srcport srcaddr protocol log-status";

fn run(args: &[&str], path: &Path) -> String {
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .env("XDG_CONFIG_HOME", path.parent().unwrap())
        .args(args)
        .arg(path)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    String::from_utf8(out.stdout).unwrap()
}

/// Enough lines for several chunks, of one source: refused opening packets, answers, ours.
fn log(lines: u64) -> String {
    let mut text = format!("{HEADER}\n");
    for n in 0..lines {
        let (start, port) = (1_781_247_515 + n, 1 + n % 1000);
        let end = start + 60;
        text += &match n % 3 {
            0 => format!("{end} {start} REJECT 2 ingress {port} 10.0.0.7 43210 203.0.113.9 6 OK\n"),
            1 => format!("{end} {start} REJECT 18 ingress {port} 10.0.0.7 443 203.0.113.9 6 OK\n"),
            _ => format!("{end} {start} REJECT 2 egress {port} 203.0.113.9 43210 10.0.0.7 6 OK\n"),
        };
    }
    text
}

#[test]
fn columns_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flows.log");
    std::fs::write(&path, log(3)).unwrap();
    let events = run(&["events", "--all", "--format", "jsonl"], &path);
    let rows: Vec<serde_json::Value> =
        events.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let readings: Vec<_> = rows.iter().map(|r| r["plaint"]["reading"].as_str().unwrap()).collect();
    assert_eq!(readings, ["hostile", "benign", "benign"], "{events}");
    let first = &rows[0];
    assert_eq!(first["@timestamp"], "2026-06-12T06:58:35Z");
    assert_eq!(first["source"]["ip"], "203.0.113.9");
    assert_eq!(first["source"]["port"], 43210);
    assert_eq!(first["destination"]["ip"], "10.0.0.7");
    assert_eq!(first["destination"]["port"], 1);
    assert_eq!(first["plaint"]["line"], 2);
    // A line of another number of columns is none of this log's.
    std::fs::write(&path, format!("{HEADER}\n1 2 REJECT\n")).unwrap();
    assert_eq!(run(&["events", "--all", "--format", "jsonl"], &path), "");
}

#[test]
fn packed_in_a_folder_and_in_many_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("logs");
    std::fs::create_dir(&folder).unwrap();
    let text = log(90_000);
    assert!(text.len() > 5 << 20);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    std::fs::write(folder.join("a.log.gz"), gz.finish().unwrap()).unwrap();
    let packed = run(&["sources", "--format", "jsonl"], &folder);
    std::fs::remove_file(folder.join("a.log.gz")).unwrap();
    std::fs::write(folder.join("a.log"), &text).unwrap();
    let plain = run(&["sources", "--format", "jsonl"], &folder);
    assert_eq!(plain, packed);
    let row: serde_json::Value = serde_json::from_str(plain.trim()).unwrap();
    assert_eq!(row["families"]["firewall"]["packets"], 30_000, "{plain}");
    let one = run(&["sources", "--format", "jsonl", "--threads", "1"], &folder);
    assert_eq!(one, plain);
}

#[test]
fn the_line_itself_is_never_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flows.log");
    let text = log(300);
    std::fs::write(&path, &text).unwrap();
    let events = run(&["events", "--original", "--format", "jsonl"], &path);
    assert_eq!(events.lines().count(), 100);
    for row in events.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let at = usize::try_from(row["log"]["offset"].as_u64().unwrap()).unwrap();
        let line = text[at..].lines().next().unwrap();
        assert_eq!(row["event"]["original"], line);
    }
    let explained = run(&["explain", "--"], &dir.path().join("flows.log:2"));
    assert!(explained.contains("aws_vpc"), "{explained}");
}
