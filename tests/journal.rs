//! systemd's journals, as systemd itself wrote them: they tell what their export tells.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

fn plaint(args: &[&str], paths: &[&Path]) -> Output {
    let home = tempfile::tempdir().unwrap();
    assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .env("XDG_CONFIG_HOME", home.path())
        .args(args)
        .args(["--tz", "UTC", "--log-end", "2026-06-30"])
        .args(paths)
        .output()
        .unwrap()
}

fn told(out: Output) -> String {
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    String::from_utf8(out.stdout).unwrap()
}

/// Every event of a log, without the name of the log.
fn events(path: &Path) -> Vec<String> {
    let out = told(plaint(&["events", "--all", "--original"], &[path]));
    let of = |line: &str| {
        let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
        event["log"]["file"] = serde_json::Value::Null;
        event.to_string()
    };
    out.lines().map(of).collect()
}

fn sources(paths: &[&Path]) -> String {
    told(plaint(&["sources", "--format", "jsonl"], paths))
}

fn unpacked(name: &str, to: &Path) -> PathBuf {
    let packed = std::fs::File::open(format!("testdata/journal/{name}.journal.xz")).unwrap();
    let mut bytes = Vec::new();
    liblzma::read::XzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    let path = to.join(format!("{name}.journal"));
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_journal_tells_what_its_export_tells() {
    let dir = tempfile::tempdir().unwrap();
    let want = events(Path::new("testdata/journal/web1.export"));
    // Thirty-seven of sshd, one of them with bytes that are no UTF-8, and one of the kernel's.
    assert_eq!(want.len(), 38);
    for name in ["regular", "compact"] {
        let path = unpacked(name, dir.path());
        assert!(events(&path) == want, "{name}");
        let packed = format!("testdata/journal/{name}.journal.xz");
        assert!(events(Path::new(&packed)) == want, "{name}, packed");
        let account = told(plaint(&["inspect"], &[&path]));
        assert!(account.contains("form      journal"), "{account}");
        let small =
            told(plaint(&["sources", "--format", "jsonl", "--chunk-bytes", "500"], &[&path]));
        assert_eq!(small, sources(&[&path]), "{name}");
    }
}

#[test]
fn evidence_of_a_journal_is_found_in_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let journal = unpacked("compact", dir.path());
    let (out, operators) = (dir.path().join("out"), dir.path().join("operators"));
    std::fs::create_dir(&operators).unwrap();
    std::fs::write(operators.join("hoster.toml"), HOSTER).unwrap();
    let (to, home) = (out.to_str().unwrap(), dir.path().to_str().unwrap());
    let now = ["--now", "2026-03-30T00:00:00Z", "--operators", operators.to_str().unwrap()];
    told(plaint(&[&["report", "-o", to], &now[..]].concat(), &[&journal]));
    let mut verify = assert_cmd::Command::cargo_bin("plaint").unwrap();
    verify.env("XDG_CONFIG_HOME", home).args(["verify", to]).assert().success();
    let text: String = walk(&out).iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
    assert!(text.contains("Invalid user admin0 from 203.0.113.9 port 40000"), "{text}");
}

const HOSTER: &str = r#"
id = "hoster"
[match]
prefixes = ["203.0.113.0/24"]
[[channel]]
id = "abuse"
kind = "email"
to = "abuse@example.net"
[[route]]
class = ["*"]
channel = "abuse"
"#;

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let of = |p: PathBuf| if p.is_dir() { walk(&p) } else { vec![p] };
    entries.flat_map(of).filter(|p| p.ends_with("evidence.log")).collect()
}

#[test]
fn in_a_folder_what_a_text_log_tells_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let journals = dir.path().join("journal");
    std::fs::create_dir(&journals).unwrap();
    let journal = unpacked("regular", &journals);
    let alone = sources(&[&journal]);
    assert_eq!(sources(&[dir.path()]), alone, "alone in its folder it is read");
    // What another program logs is no reason to leave it out.
    let text = dir.path().join("mail.log");
    let other = "Mar 29 01:00:05 web1 postfix/smtpd[5]: connect from unknown[192.0.2.9]\n\
                 Mar 29 01:09:05 web1 postfix/smtpd[5]: connect from unknown[192.0.2.9]\n";
    std::fs::write(&text, other).unwrap();
    assert_eq!(sources(&[dir.path()]), alone);
    // What sshd logged there as text is.
    let mut log = std::fs::File::create(dir.path().join("auth.log")).unwrap();
    for event in events(&journal) {
        let event: serde_json::Value = serde_json::from_str(&event).unwrap();
        let record = event["event"]["original"].as_str();
        let record = record.and_then(|r| serde_json::from_str::<serde_json::Value>(r).ok());
        let Some(message) = record.as_ref().and_then(|r| r["MESSAGE"].as_str()) else { continue };
        if event["process"]["name"] == "sshd" {
            let at = event["@timestamp"].as_str().unwrap();
            let pid = &event["process"]["pid"];
            writeln!(log, "{at} web1 sshd[{pid}]: {message}").unwrap();
        }
    }
    let out = plaint(&["sources", "--format", "jsonl", "-v"], &[dir.path()]);
    let said = String::from_utf8(out.stderr.clone()).unwrap();
    assert!(said.contains("tells what this journal tells"), "{said}");
    let rows = told(out);
    let row = rows.lines().find(|row| row.contains("\"203.0.113.9\"")).unwrap();
    assert!(row.contains("\"attempts\":10,"), "{row}");
    // Named, it is read whatever lies beside it.
    assert!(sources(&[dir.path(), &journal]).contains("\"attempts\":20,"));
}

#[test]
fn a_journal_that_grows_while_it_is_read_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = unpacked("regular", dir.path());
    let input = plaint::input::Input::open(&path, true).unwrap();
    let lines = |input: &plaint::input::Input| {
        let mut text = String::new();
        input.reader().unwrap().read_to_string(&mut text).unwrap();
        text.lines().count()
    };
    let all = lines(&input);
    // Opened when it held ten, it holds ten for this run, and is what was opened.
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&10u64.to_le_bytes(), 152).unwrap();
    let early = plaint::input::Input::open(&path, true).unwrap();
    file.write_all_at(&(all as u64).to_le_bytes(), 152).unwrap();
    assert_eq!((lines(&early), all), (10, 41));
    early.unchanged().unwrap();
    // Another journal in its place is another.
    file.write_all_at(b"another file id.", 24).unwrap();
    assert!(early.unchanged().is_err());
}
