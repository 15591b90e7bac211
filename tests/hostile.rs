//! Input written by an enemy: the true source is accused, or nobody; and what leaves us is inert.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use plaint::class::Reading;
use plaint::dialect::{Claim, Said};
use plaint::envelope::Reader;
use plaint::text::acts;
use serde_json::Value;

/// What attacks plant.
const PLANTED: &str = "198.51.100.1";

fn hostile(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/hostile").join(name)
}

/// The lines of `forged.log`: whom each accuses, and the line.
fn forged() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(hostile("forged.log")).unwrap();
    let lines: Vec<&str> =
        text.lines().filter(|l| !l.is_empty() && !l.starts_with("## ")).collect();
    let pairs = lines.chunks(2).map(|pair| {
        let whom = pair[0].strip_prefix("# ").unwrap().split(" ; ").next().unwrap();
        (whom.to_owned(), pair[1].to_owned())
    });
    pairs.collect()
}

struct Ran {
    code: i32,
    out: Vec<u8>,
    err: String,
}

fn plaint(args: &[&str], path: &Path) -> Ran {
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .current_dir(path.parent().unwrap())
        .args(args)
        .args(["--tz", "UTC", "--log-end", "2026-06-30"])
        .arg(path.file_name().unwrap())
        .output()
        .unwrap();
    Ran {
        code: out.status.code().unwrap(),
        out: out.stdout,
        err: String::from_utf8(out.stderr).unwrap(),
    }
}

fn events(path: &Path, more: &[&str]) -> Vec<Value> {
    let args = [&["events", "--all", "--format", "jsonl"], more].concat();
    let ran = plaint(&args, path);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

/// A folder of its own with one log in it.
fn log(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

#[test]
fn forged_lines_accuse_the_true_source_or_nobody() {
    let lines = forged();
    assert!(lines.len() >= 35);
    for (whom, line) in &lines {
        let envelope = Reader::default().read(line.as_bytes()).unwrap();
        let heard = Claim::of(envelope.program).read(envelope.message);
        let accused = match &heard.said {
            Said::One(act) if act.kind.facts().reading == Reading::Hostile => act.source,
            Said::One(act) => {
                assert_ne!(act.source.map(|s| s.to_string()).as_deref(), Some(PLANTED), "{line}");
                None
            }
            _ => None,
        };
        let accused = accused.map_or("nobody".into(), |s| s.to_string());
        assert_eq!(accused, *whom, "{line}");
    }
}

#[test]
fn no_output_accuses_the_planted_address() {
    let lines = forged();
    let events = events(&hostile("forged.log"), &[]);
    let source = |e: &Value| e["source"]["ip"].as_str().map(str::to_owned);
    assert!(events.iter().all(|e| source(e).as_deref() != Some(PLANTED)));
    let hostile_lines = events.iter().filter(|e| e["plaint"]["reading"] == "hostile");
    let accused: Vec<String> = hostile_lines.filter_map(source).collect();
    assert!(accused.iter().all(|a| a == "203.0.113.9" || a == "203.0.113.233"), "{accused:?}");
    // The lone goodbye keeps its source's company; all others stand by themselves.
    let want = lines.iter().filter(|(whom, _)| whom != "nobody").count();
    assert_eq!(accused.len(), want + 1);
    for format in ["table", "csv", "jsonl"] {
        let ran = plaint(&["sources", "--format", format], &hostile("forged.log"));
        let text = String::from_utf8(ran.out).unwrap();
        assert!(text.contains("203.0.113.9") && !text.contains(PLANTED), "{text}");
    }
}

#[test]
fn what_is_written_acts_on_nothing() {
    // The file's name is the far end's text too, where logs are uploaded.
    let raw = std::fs::read(hostile("raw.log")).unwrap();
    let (_dir, path) = log("=a\u{1b}[2J\u{202e}.log", &raw);
    let commands: [&[&str]; 9] = [
        &["events", "--all", "--format", "jsonl"],
        &["events", "--all", "--format", "jsonl", "--original"],
        &["events", "--all", "--format", "csv"],
        &["sources", "--format", "jsonl"],
        &["sources", "--format", "csv"],
        &["sources", "--format", "table"],
        &["inspect"],
        &["inspect", "--color", "always"],
        &["events", "--since", "=\u{1b}[2J"],
    ];
    for args in commands {
        let ran = plaint(args, &path);
        let out = String::from_utf8(ran.out).unwrap_or_else(|e| panic!("{args:?}: {e}"));
        // Our own colours, where they are asked for, and nothing else that an escape may begin.
        let plain = |text: &str| match args.contains(&"always") {
            true => ["0", "1", "2", "31", "32", "33", "36", "1;31", "1;32", "1;33"]
                .iter()
                .fold(text.to_owned(), |t, n| t.replace(&format!("\u{1b}[{n}m"), "")),
            false => text.to_owned(),
        };
        for text in [&plain(&out), &plain(&ran.err)] {
            let raw = text.chars().find(|c| acts(*c) && *c != '\n');
            assert_eq!(raw, None, "{args:?} prints {raw:?}:\n{text}");
        }
        assert_eq!(ran.code, if args.contains(&"--since") { 2 } else { 0 }, "{args:?} {}", ran.err);
        if args.contains(&"csv") {
            let mut rows = csv::ReaderBuilder::new().from_reader(out.as_bytes());
            for cell in rows
                .records()
                .flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            {
                let first = cell.trim_start().chars().next();
                let runs =
                    first.is_some_and(|c| "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c));
                assert!(!runs, "a cell that a spreadsheet runs: {cell:?}");
            }
        }
    }
}

#[test]
fn damaged_lines_are_unread_and_their_neighbours_are_not() {
    let ran = plaint(&["inspect"], &hostile("raw.log"));
    let text = String::from_utf8(ran.out).unwrap();
    assert!(text.contains("unread    2: holds a NUL byte"), "{text}");
    let events = events(&hostile("raw.log"), &[]);
    assert!(events.iter().all(|e| e["source"]["ip"].as_str() != Some(PLANTED)));
    let lines: Vec<u64> = events.iter().map(|e| e["plaint"]["line"].as_u64().unwrap()).collect();
    assert!(lines.contains(&4) && lines.contains(&7) && !lines.contains(&5) && !lines.contains(&6));
    let base64 = plaint(&["events", "--all", "--original"], &hostile("raw.log")).out;
    assert!(String::from_utf8(base64).unwrap().contains("original_base64"));
}

#[test]
fn a_huge_line_is_one_unread_line() {
    let good = "Jun 12 08:58:35 web1 sshd[811]: Invalid user bob from 203.0.113.9 port 4711\n";
    for bytes in [65_536, 65_537, 600_000, 3_000_000] {
        let mut text = good.as_bytes().to_vec();
        // A line that would accuse, were its beginning or end taken for one.
        let head = "Jun 12 08:58:36 web1 sshd[812]: Invalid user ";
        let tail = format!("\u{0}{good}").replace('\n', "").replace('\u{0}', " ");
        let tail = tail.replace("203.0.113.9", PLANTED);
        text.extend(head.bytes());
        text.extend(std::iter::repeat_n(b'x', bytes - head.len() - tail.len()));
        text.extend(tail.bytes());
        text.push(b'\n');
        text.extend(good.replace("[811]", "[813]").bytes());
        let (_dir, path) = log("huge.log", &text);
        let whole = events(&path, &[]);
        for chunk in ["4096", "65536"] {
            assert_eq!(events(&path, &["--chunk-bytes", chunk, "--threads", "2"]), whole);
        }
        let lines: Vec<u64> = whole.iter().map(|e| e["plaint"]["line"].as_u64().unwrap()).collect();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&text).unwrap();
        // By the same name, so that only the packing differs.
        let (_packed, packed) = log("huge.log", &gz.finish().unwrap());
        for chunk in ["4096", "65536", "524288"] {
            assert_eq!(events(&packed, &["--chunk-bytes", chunk]), whole, "packed, {bytes} bytes");
        }
        let want: &[u64] = if bytes <= 65_536 { &[1, 2, 3] } else { &[1, 3] };
        assert_eq!(lines, want, "{bytes} bytes");
    }
}

#[test]
fn a_cut_archive_is_a_fault_and_what_it_held_is_read() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for n in 0..20_000 {
        let (second, port) = (n % 60, 1024 + n);
        writeln!(
            gz,
            "Jun 12 08:58:{second:02} web1 sshd[{n}]: Invalid user bob from 203.0.113.9 port {port}"
        )
        .unwrap();
    }
    let gz = gz.finish().unwrap();
    let spoilt = [&gz[..gz.len() / 2], &[0x55; 64], &gz[gz.len() / 2..]].concat();
    for (what, bytes) in
        [("cut", &gz[..gz.len() / 2]), ("cut at its end", &gz[..gz.len() - 4]), ("spoilt", &spoilt)]
    {
        let (_dir, path) = log("auth.log.gz", bytes);
        let ran = plaint(&["events"], &path);
        assert_eq!(ran.code, 3, "{what}: {}", ran.err);
        assert!(ran.err.contains("auth.log.gz"), "{what}: {}", ran.err);
        let lines = ran.out.iter().filter(|b| **b == b'\n').count();
        assert!(lines > 1000, "{what}: {lines} lines");
        let again = plaint(&["events", "--threads", "2"], &path);
        assert_eq!(again.out, ran.out, "{what}");
    }
    let (_dir, path) = log("junk.log.gz", b"\x1f\x8b\x08no archive");
    assert_eq!(plaint(&["events"], &path).code, 3);
}

#[test]
fn a_log_that_ends_within_an_address_accuses_nobody_by_it() {
    let line = |pid: u32, who: &str| {
        format!("Jun 12 08:58:35 web1 sshd[{pid}]: Invalid user bob from {who}")
    };
    // Old OpenSSH logs no port: the address is the end of the line, or of what was written of it.
    let whole = format!("{}\n{}\n", line(1, "203.0.113.90"), line(2, "203.0.113.90"));
    for cut in 1..16 {
        let text = &whole.as_bytes()[..whole.len() - cut];
        let (_dir, path) = log("auth.log", text);
        for chunk in ["40", "65536"] {
            let accused: Vec<String> = events(&path, &["--chunk-bytes", chunk])
                .iter()
                .filter_map(|e| e["source"]["ip"].as_str().map(str::to_owned))
                .collect();
            assert_eq!(accused, ["203.0.113.90"], "{cut} bytes cut, chunks of {chunk}");
        }
        let inspected = String::from_utf8(plaint(&["inspect"], &path).out).unwrap();
        // `203.0.113.90`, `203.0.113.9` and what is no address yet.
        assert_eq!(inspected.contains("the log ends within an address"), cut <= 2, "{inspected}");
    }
    // With a word behind it, or an end, there is no doubt.
    for text in [format!("{}\n", line(1, "203.0.113.9")), line(1, "203.0.113.9 port 4711")] {
        let (_dir, path) = log("auth.log", text.as_bytes());
        assert_eq!(events(&path, &[]).len(), 1, "{text}");
    }
}
