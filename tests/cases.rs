//! Whole runs over the logs in `testdata/cases`: the same bytes however they are read, what goes
//! wrong and how it is told, and two letters read as the desks that get them would.
//!
//! `PLAINT_BLESS=1 cargo test --test cases` writes each case's `expected` anew; read the
//! difference before it is committed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends by saying where"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use assert_cmd::Command;
use tempfile::TempDir;

/// What age is judged against.
const NOW: &str = "2026-04-02T00:00:00Z";

/// When the files of a case were written, 2026-04-01T07:00:00Z: a checkout does not keep it, and
/// prefix lists and transcripts are cited with their day.
const WRITTEN: u64 = 1_775_026_800;

const LOGS: &str = "testdata/cases/small/logs";
const CONFIG: &str = "testdata/cases/small/plaint.toml";

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases")
}

/// A copy of a case at the same relative path in an empty folder.
fn laid_out(case: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("testdata/cases").join(case);
    for (path, bytes) in tree(&cases().join(case)) {
        if path.starts_with("expected/") {
            continue;
        }
        let to = at.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(&to, bytes).unwrap();
        let file = fs::File::options().write(true).open(&to).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(WRITTEN)).unwrap();
    }
    dir
}

/// All files beneath a folder, by relative path.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                out.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    out
}

/// The program in a folder, without the configuration of whoever runs the test.
fn plaint(cwd: &Path) -> Command {
    let mut command = Command::cargo_bin("plaint").unwrap();
    command.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd);
    command
}

fn run(cwd: &Path, args: &[&str]) -> Output {
    plaint(cwd).args(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn report(cwd: &Path, paths: &[&str], more: &[&str]) -> Output {
    let mut args = vec!["report"];
    args.extend(paths);
    args.extend(["--config", CONFIG, "--now", NOW]);
    args.extend(more);
    run(cwd, &args)
}

/// The tree of the small case.
fn small() -> (TempDir, PathBuf) {
    let dir = laid_out("small");
    let output = report(dir.path(), &[LOGS], &["-o", "out"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let out = dir.path().join("out");
    (dir, out)
}

#[test]
fn every_way_of_reading_gives_the_expected_bytes() {
    for case in fs::read_dir(cases()).unwrap() {
        let case = case.unwrap().file_name().into_string().unwrap();
        let dir = laid_out(&case);
        let at = format!("testdata/cases/{case}");
        let (logs, config) = (format!("{at}/logs"), format!("{at}/plaint.toml"));
        let mut files: Vec<String> =
            tree(&dir.path().join(&logs)).into_keys().map(|f| format!("{logs}/{f}")).collect();
        files.reverse();
        let folder = vec![logs];
        let ways: [(&str, &[String], &[&str]); 4] = [
            ("one", &folder, &["--threads", "1"]),
            ("eight", &folder, &["--threads", "8"]),
            ("reversed", &files, &["--threads", "2"]),
            ("chunks", &folder, &["--threads", "8", "--chunk-bytes", "700"]),
        ];
        let mut came: Vec<(&str, BTreeMap<String, Vec<u8>>)> = Vec::new();
        for (name, paths, more) in ways {
            let output = plaint(dir.path())
                .arg("report")
                .args(paths)
                .args(["--config", &config, "--now", NOW, "-o", name])
                .args(more)
                .output()
                .unwrap();
            assert_eq!(code(&output), 0, "{case}, {name}: {}", stderr(&output));
            came.push((name, tree(&dir.path().join(name))));
        }
        let expected = cases().join(&case).join("expected");
        if std::env::var_os("PLAINT_BLESS").is_some_and(|v| v == "1") {
            let _ = fs::remove_dir_all(&expected);
            for (path, bytes) in &came[0].1 {
                let to = expected.join(path);
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::write(to, bytes).unwrap();
            }
        }
        let expected = tree(&expected);
        let mut wrong = String::new();
        for (name, came) in &came {
            for (path, bytes) in &expected {
                match came.get(path) {
                    None => wrong += &format!("{case}, {name}: {path} is missing\n"),
                    Some(b) if b != bytes => wrong += &differs(&case, name, path, bytes, b),
                    Some(_) => {}
                }
            }
            for path in came.keys().filter(|p| !expected.contains_key(*p)) {
                wrong += &format!("{case}, {name}: {path} is not expected\n");
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
        assert!(!expected.is_empty(), "{case} expects nothing");
    }
}

/// The first line in which a file differs.
fn differs(case: &str, way: &str, path: &str, expected: &[u8], came: &[u8]) -> String {
    let lines = |b: &[u8]| -> Vec<String> {
        b.split(|c| *c == b'\n').map(|l| l.escape_ascii().to_string()).collect()
    };
    let (expected, came) = (lines(expected), lines(came));
    let n = expected.iter().zip(&came).take_while(|(a, b)| a == b).count();
    let at = |l: &[String]| l.get(n).cloned().unwrap_or_else(|| "(the end)".to_owned());
    format!(
        "{case}, {way}: {path} differs in line {}:\n  expected {}\n  came     {}\n",
        n + 1,
        at(&expected),
        at(&came)
    )
}

#[test]
fn sums_are_right() {
    let (_dir, out) = small();
    let Ok(version) = std::process::Command::new("sha256sum").arg("--version").output() else {
        return;
    };
    assert!(version.status.success());
    let mut seen = 0;
    for operator in ["bt", "janet", "example-isp"] {
        let folder = out.join(operator);
        let check = std::process::Command::new("sha256sum")
            .args(["--strict", "--quiet", "-c", "SHA256SUMS"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(check.status.success(), "{}", stderr(&check));
        let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        // Every file but the list itself is in it.
        assert_eq!(sums.lines().count(), tree(&folder).len() - 1);
        seen += sums.lines().count();
    }
    assert!(seen > 80);
}

#[test]
fn a_folder_that_exists_is_left_alone() {
    let (dir, out) = small();
    fs::write(out.join("note"), "mine").unwrap();
    let before = tree(&out);
    let output = report(dir.path(), &[LOGS], &["-o", "out"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--force"), "{}", stderr(&output));
    assert_eq!(tree(&out), before);

    let output = report(dir.path(), &[LOGS], &["-o", "out", "--force"]);
    assert_eq!(code(&output), 0);
    assert!(!out.join("note").exists());

    // What is no result of ours is not removed, whatever is asked.
    fs::create_dir(dir.path().join("photos")).unwrap();
    fs::write(dir.path().join("photos/one"), "x").unwrap();
    let output = report(dir.path(), &[LOGS], &["-o", "photos", "--force"]);
    assert_eq!(code(&output), 2);
    assert_eq!(fs::read(dir.path().join("photos/one")).unwrap(), b"x");
}

#[test]
fn an_input_that_is_missing_is_named_and_the_rest_is_done() {
    let dir = laid_out("small");
    let auth = format!("{LOGS}/auth.log");
    let output = report(dir.path(), &[&auth, "logs/gone.log"], &["-o", "out"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("logs/gone.log"), "{}", stderr(&output));
    assert!(dir.path().join("out/example-isp/abuse/203.0.113.140/report.txt").exists());

    let output = report(dir.path(), &["logs/gone.log"], &["-o", "none"]);
    assert_ne!(code(&output), 0);
    assert!(!dir.path().join("none").exists());
}

#[test]
fn a_packed_log_that_breaks_off_is_named_and_the_rest_is_done() {
    let dir = laid_out("small");
    let packed = dir.path().join(LOGS).join("auth.log.1.gz");
    let bytes = fs::read(&packed).unwrap();
    fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
    let output = report(dir.path(), &[LOGS], &["-o", "out"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("auth.log.1.gz"), "{}", stderr(&output));
    let summary = fs::read_to_string(dir.path().join("out/summary.json")).unwrap();
    assert!(summary.contains("\"complete\": false"));
    assert!(dir.path().join("out/bt/security-non-uk/192.0.2.70/report.txt").exists());
}

#[test]
fn a_zone_is_told_or_asked_for() {
    let dir = laid_out("small");
    let auth = format!("{LOGS}/auth.log");
    let output = run(dir.path(), &["report", &auth, "-o", "out"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--tz"), "{}", stderr(&output));
    assert!(output.stdout.is_empty() && !dir.path().join("out").exists());

    let output = run(dir.path(), &["sources", &auth, "--tz", "Europe/Lodnon"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("Europe/London"), "{}", stderr(&output));

    // One that states its zone needs none.
    let kern = format!("{LOGS}/kern.log");
    let output = run(dir.path(), &["sources", &kern]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn exit_codes_that_are_asked_for() {
    let dir = laid_out("small");
    let path = dir.path();
    let kern = format!("{LOGS}/kern.log");
    assert_eq!(code(&run(path, &["sources", &kern, "--exit-code"])), 1);
    assert_eq!(code(&run(path, &["sources", &kern])), 0);
    fs::write(path.join("quiet.log"), "2026-03-25T04:00:03Z web1 cron[7]: started\n").unwrap();
    assert_eq!(code(&run(path, &["sources", "quiet.log", "--exit-code"])), 0);
    let output = report(path, &[LOGS], &["-o", "out", "--exit-code"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(path.join("out/summary.json").exists());

    let mut garbage = fs::read(path.join(&kern)).unwrap();
    garbage.extend_from_slice(b"neither stamp nor program\n\xff\x00\xfe\n");
    fs::write(path.join("garbage.log"), garbage).unwrap();
    assert_eq!(code(&run(path, &["sources", "garbage.log", "--max-unread", "0"])), 4);
    assert_eq!(code(&run(path, &["sources", "garbage.log", "--max-unread", "2"])), 0);
    assert_eq!(code(&run(path, &["sources", &kern, "--max-unread", "0"])), 0);
}

#[test]
fn a_log_given_twice_counts_once() {
    let dir = laid_out("small");
    let path = dir.path();
    let args = ["sources", LOGS, "--config", CONFIG, "--format", "jsonl"];
    let once = run(path, &args);
    let auth = fs::read(path.join(LOGS).join("auth.log")).unwrap();
    fs::write(path.join(LOGS).join("auth-copy.log"), &auth).unwrap();
    let half = auth.iter().take(9_000).rposition(|b| *b == b'\n').unwrap() + 1;
    fs::write(path.join(LOGS).join("auth-before-rotation.log"), &auth[..half]).unwrap();
    let again = run(path, &args);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), String::from_utf8(once.stdout).unwrap());
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!(said.matches("counted once").count(), 2, "{said}");
}

#[test]
fn a_log_comes_from_a_pipe() {
    let dir = laid_out("small");
    let auth = format!("{LOGS}/auth.log");
    let bytes = fs::read(dir.path().join(&auth)).unwrap();
    let more = ["--tz", "Europe/London", "--log-end", "2026-04-01", "--format", "jsonl"];
    let file = plaint(dir.path()).args(["sources", &auth]).args(more).output().unwrap();
    let pipe =
        plaint(dir.path()).args(["sources", "-"]).args(more).write_stdin(bytes).output().unwrap();
    assert_eq!(code(&pipe), 0, "{}", stderr(&pipe));
    assert_eq!(pipe.stdout, file.stdout);
    assert!(String::from_utf8(pipe.stdout).unwrap().contains("2026-03-31T21:02:00Z"));
    // A file of which a part was read already is the rest of it.
    let bytes = fs::read(dir.path().join(&auth)).unwrap();
    let half = bytes[..bytes.len() / 2].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    let mut rest = fs::File::open(dir.path().join(&auth)).unwrap();
    std::io::Seek::seek(&mut rest, std::io::SeekFrom::Start(half as u64)).unwrap();
    let piped = plaint(dir.path())
        .args(["sources", "-"])
        .args(more)
        .write_stdin(&bytes[half..])
        .output()
        .unwrap();
    let redirected = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plaint"))
        .current_dir(dir.path())
        .env("XDG_CONFIG_HOME", dir.path())
        .args(["sources", "-"])
        .args(more)
        .stdin(rest)
        .output()
        .unwrap();
    assert!(!piped.stdout.is_empty() && piped.stdout != file.stdout);
    assert_eq!(redirected.stdout, piped.stdout);
}

/// A long log is read as it comes; where it has to be looked at again, from where it was kept meanwhile.
#[test]
fn a_long_log_comes_from_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let days = [("Oct 24 23", "Oct 25 00"), ("Dec 31 22", "Jan  1 01"), ("Feb 28 23", "Mar  1 00")];
    for (n, (before, after)) in days.into_iter().enumerate() {
        let mut log = String::new();
        for i in 0..60_000 {
            let hour = if i < 30_000 { before } else { after };
            let (minute, second, from) = (i / 500 % 60, i / 8 % 60, 1 + i % 250);
            log += &format!(
                "{hour}:{minute:02}:{second:02} web1 sshd[{i}]: Failed password for root from 203.0.113.{from} port 4711 ssh2\n"
            );
        }
        fs::write(dir.path().join("auth.log"), &log).unwrap();
        let more = ["--tz", "Europe/London", "--log-end", "2026-11-30", "--format", "jsonl"];
        let file = plaint(dir.path()).args(["sources", "auth.log"]).args(more).output().unwrap();
        assert_eq!(file.stdout.iter().filter(|b| **b == b'\n').count(), 250);
        for threads in ["1", "2"] {
            let args = ["sources", "-", "--threads", threads];
            let pipe = plaint(dir.path()).args(args).args(more).write_stdin(log.clone()).output();
            let pipe = pipe.unwrap();
            assert_eq!(code(&pipe), 0, "{n}: {}", stderr(&pipe));
            assert_eq!(pipe.stdout, file.stdout, "{n}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = laid_out("small");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plaint"))
        .args(["events", LOGS, "--config", CONFIG, "--all", "--original"])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"@timestamp\":"), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

/// A report as its reader has it: the text, the mail's head, and what is still to do.
struct Read {
    text: String,
    head: String,
    todo: String,
}

impl Read {
    fn of(bundle: &Path) -> Self {
        let text = fs::read_to_string(bundle.join("report.txt")).unwrap();
        let mail = fs::read_to_string(bundle.join("report.eml")).unwrap();
        let (head, body) = mail.split_once("\n\n").unwrap();
        assert_eq!(body, text, "the mail and the text say the same");
        let todo = fs::read_to_string(bundle.join("TODO.txt")).unwrap_or_default();
        Self { head: head.to_owned(), text, todo }
    }

    /// What stands behind a label.
    fn value(&self, label: &str) -> &str {
        let mut found = self.text.lines().filter_map(|l| {
            let (name, value) = l.split_once(": ")?;
            (name.trim() == label).then_some(value)
        });
        let value = found.next().unwrap_or_else(|| panic!("no {label}\n{}", self.text));
        assert_eq!(found.next(), None, "{label} once");
        value
    }

    /// A section in one line, without its heading.
    fn section(&self, heading: &str) -> String {
        let mut lines = self.text.lines().skip_while(|l| !l.starts_with(heading));
        assert!(lines.next().is_some(), "no {heading}\n{}", self.text);
        lines.take_while(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The lines of log.
    fn log(&self) -> Vec<&str> {
        let lines = self.text.lines().skip_while(|l| !l.starts_with("LOG EXTRACT")).skip(1);
        lines.take_while(|l| !l.starts_with("How to read it")).collect()
    }

    /// What every desk asks of the form: one addressee and the body alone, in
    /// plain English text, with the zone as the last word.
    fn is_plain_and_addressed_to(&self, to: &str) {
        let heads: Vec<&str> = self.head.lines().collect();
        let of = |name: &str| -> Vec<&str> {
            heads.iter().filter_map(|h| h.strip_prefix(name)?.strip_prefix(": ")).collect()
        };
        assert_eq!(of("To"), [to]);
        assert!(of("Cc").is_empty() && of("Bcc").is_empty());
        assert_eq!(of("Content-Type"), ["text/plain; charset=us-ascii"]);
        assert_eq!(of("Content-Transfer-Encoding"), ["7bit"]);
        assert!(!self.head.contains("multipart") && !self.head.contains("Content-Disposition"));
        assert_eq!(of("Subject").len(), 1);
        assert!(self.text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)));
        assert!(self.text.lines().all(|l| l.len() <= 998));
        assert!(!self.text.to_lowercase().contains("<html"));
        assert_eq!(
            self.text.lines().next_back(),
            Some("Time zone of all times in this report: +0000")
        );
        // One incident; nobody is called names.
        for word in ["hacker", "criminal", "immediately", "demand", "!"] {
            let prose: Vec<&str> = self.text.lines().filter(|l| !self.log().contains(l)).collect();
            assert!(!prose.join("\n").to_lowercase().contains(word), "{word}");
        }
    }

    /// Lines of log: an instant in UTC, and the source on the same line.
    fn lines_name(&self, source: &str) {
        let log = self.log();
        assert!(!log.is_empty());
        for line in log {
            let (stamp, rest) = line.split_once(' ').unwrap();
            assert!(stamp.len() >= 20 && stamp.ends_with('Z') && stamp.as_bytes()[10] == b'T');
            assert!(rest.contains(source), "{line}");
        }
    }
}

#[test]
fn bt_finds_what_its_page_asks_for() {
    let (_dir, out) = small();
    let bt = out.join("bt");
    let r = Read::of(&bt.join("security-uk/192.0.2.7"));
    // "Log files containing date and time information. (The GMT offset should be mentioned)":
    // each line of log in UTC, and `+0000` last. "Only process reports written in English";
    // "contained in the body", "attachments will be ignored"; no "broadcast complaints";
    // hacking and scans "for UK networks security@bt.com".
    r.is_plain_and_addressed_to("security@bt.com");
    r.lines_name("192.0.2.7");
    assert!(r.text.contains("INCIDENT (all times UTC)\n"));
    // "IP address and source/destination port information".
    assert_eq!(r.value("Source IP"), "192.0.2.7");
    assert_eq!(
        r.value("Source ports"),
        "40102 40407 40666 40788 40947 41135 41243 41454 41511 41610"
    );
    assert!(r.value("Destination IP").starts_with("198.51.100.4 (assumed"));
    assert!(r.value("Destination port").starts_with("22 (assumed"));
    assert_eq!(r.value("Protocol"), "tcp");
    // From 23:41:07 in winter time to 02:31:15 in summer time, counted by hand.
    assert_eq!(r.value("First event"), "2026-03-28 23:41:07 UTC");
    assert_eq!(r.value("Last event"), "2026-03-29 01:31:15 UTC");
    assert_eq!(r.value("Number of events"), "23");
    assert!(r.log()[0].starts_with("2026-03-28T23:41:07Z "));
    assert!(r.log().last().unwrap().starts_with("2026-03-29T01:31:15Z "));
    // "Ideally the system should be time-synchronised via NTP".
    assert!(r.section("CLOCK").contains("was synchronised. Largest clock error: 0.050 seconds."));
    // "Explicitly state which detail in the message is linked to us".
    let linked = r.section("WHAT IS LINKED TO YOU");
    assert!(linked.starts_with("Source IP address 192.0.2.7 is in 192.0.2.0/25"), "{linked}");
    assert!(linked.contains("bt-uk.txt"));
    // "Validate that the alert is genuine": what happened, and how sure the source is.
    let happened = r.section("WHAT HAPPENED");
    assert!(happened.starts_with("23 attempts to log in to our SSH server were refused."));
    assert!(happened.contains("source address cannot be forged"));
    // The account name that holds somebody's address blames nobody.
    assert!(!r.text.contains("203.0.113.101"));
    assert!(
        r.section("LOG EXTRACT").contains("3 lines were left out, since they hold the address")
    );
    // "Traceroute of, and whois to, the IP address".
    assert!(r.text.contains("\nWHOIS 192.0.2.7 (asked 2026-04-01 06:30 UTC)\n"));
    assert!(r.text.contains("\nnetname:        EXAMPLE-DSL-UK\n"));
    assert!(r.text.contains("\nTRACEROUTE to 192.0.2.7 (made 2026-04-01 06:35 UTC)\n"));
    assert!(r.text.contains("\n 3  192.0.2.1  8.902 ms"));
    assert_eq!(r.todo, "");
    // Where they are missing, it is a draft that says so.
    let r = Read::of(&bt.join("abuse-uk/192.0.2.45"));
    assert!(!r.text.contains("\nWHOIS ") && !r.text.contains("\nTRACEROUTE "));
    assert!(r.todo.contains("\n- OWN-1: ") && r.todo.contains("\n- OWN-2: "), "{}", r.todo);
    // "E-mail abuse such as SPAM ... abuse@bt.com"; there are no headers of what was refused.
    r.is_plain_and_addressed_to("abuse@bt.com");
    assert!(r.section("WHAT HAPPENED").contains("no message was received"));
    // One source, two mailboxes: each has its own classes and their lines.
    let r = Read::of(&bt.join("abuse-uk/192.0.2.40"));
    r.is_plain_and_addressed_to("abuse@bt.com");
    assert_eq!(r.value("Number of events"), "3");
    assert_eq!(r.log().len(), 9);
    assert!(!r.text.contains("SASL"));
    let r = Read::of(&bt.join("security-uk/192.0.2.40"));
    assert_eq!(r.value("Number of events"), "12");
    assert!(!r.text.contains("Relay access"));
    // "Non-UK networks security@eu.bt.net", by the longer prefix; packets may be forged.
    let r = Read::of(&bt.join("security-non-uk/192.0.2.70"));
    r.is_plain_and_addressed_to("security@eu.bt.net");
    assert!(r.section("WHAT HAPPENED").contains("source address may be forged"));
    assert_eq!(r.value("Source ports"), "52110 52111 52112");
    assert_eq!(r.value("Destination IP"), "198.51.100.4 (ours)");
    assert_eq!(r.value("First event"), "2026-03-29 00:50:00 UTC");
    assert_eq!(r.value("Last event"), "2026-03-29 01:03:37 UTC");
    assert_eq!(r.value("Number of events"), "24");
    // A mailbox that is not determined is no guess.
    let r = Read::of(&bt.join("undetermined/192.0.2.130"));
    assert!(!r.head.contains("\nTo:") && r.todo.contains("\n- ADR-2 "), "{}", r.todo);
}

#[test]
fn janet_finds_what_its_page_asks_for() {
    let (_dir, out) = small();
    let r = Read::of(&out.join("janet/irt/203.0.113.9"));
    // "Plain text without HTML or attachments"; "don't be offensive or threatening".
    r.is_plain_and_addressed_to("irt@csirt.ja.net");
    // "Source IP address", "destination IP address or addresses", "TCP or UDP port".
    assert_eq!(r.value("Source IP"), "203.0.113.9");
    assert_eq!(r.value("Source ports"), "50400 50518 50636 50754 50872");
    assert!(r.value("Destination IP").starts_with("198.51.100.4 "));
    assert!(r.value("Destination port").starts_with("22 "));
    assert_eq!(r.value("Protocol"), "tcp");
    // "Date and time when the abuse started and finished (include the timezone and check whether
    // your system clock was accurate at the time)".
    assert_eq!(r.value("First event"), "2026-03-27 23:15:12 UTC");
    assert_eq!(r.value("Last event"), "2026-03-29 01:48:10 UTC");
    assert!(r.section("CLOCK").starts_with("The clock of the logging host was synchronised."));
    // "Number of events": four sessions of three tries and one of two, each told three times.
    assert_eq!(r.value("Number of events"), "14");
    // "Brief statement of the problem".
    assert!(r.section("WHAT HAPPENED").starts_with("14 attempts to log in to our SSH server"));
    // "Any original log or trace information".
    r.lines_name("203.0.113.9");
    assert!(r.text.contains("LOG EXTRACT (40 of 47 log lines of this source, times UTC)"));
    assert!(r.section("WHAT IS LINKED TO YOU").contains("203.0.113.0/26"));
    // Its other page: no whois and no traceroute of its own addresses.
    assert!(!r.text.contains("WHOIS") && !r.text.contains("TRACEROUTE"));
    assert_eq!(r.todo, "");

    // A sweep: all destinations are named.
    let r = Read::of(&out.join("janet/irt/203.0.113.20"));
    assert_eq!(r.value("Destination IP").split(' ').filter(|w| w.contains('.')).count(), 14);
    assert_eq!(r.value("Destination port"), "445");
    // IPv6.
    let r = Read::of(&out.join("janet/irt/2001-db8-786--25"));
    r.lines_name("2001:db8:786::25");
    assert_eq!(r.value("Number of events"), "11");
}

#[test]
fn what_is_held_is_told() {
    let (_dir, out) = small();
    let held = fs::read_to_string(out.join("held.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> =
        held.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let why = |source: &str| -> String {
        let row = rows.iter().find(|r| r["source"] == source).expect(source);
        let findings = row["findings"].as_array().unwrap();
        let ids = findings.iter().filter(|f| f["effect"] == "hold");
        ids.map(|f| f["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    for (source, id) in [
        ("10.20.0.14", "SRC-1"),    // a private address: the log may show a gateway
        ("203.0.113.50", "CNT-2"),  // two tries
        ("203.0.113.55", "SRC-5"),  // UDP alone
        ("203.0.113.56", "SRC-5"),  // ICMP alone
        ("203.0.113.57", "CNT-2"),  // four packets
        ("203.0.113.200", "SRC-1"), // nobody claims this documentation address
    ] {
        assert_eq!(why(source), id, "{source}");
    }
    assert_eq!(rows.len(), 6);
    // Who did nothing hostile is nowhere: replies, a mistyped password, greylisting, a served
    // port, an ICMP error, what we sent.
    let all: String = tree(&out)
        .into_iter()
        .filter(|(p, _)| p.ends_with(".json") || p.ends_with(".jsonl"))
        .map(|(_, b)| String::from_utf8(b).unwrap())
        .collect();
    for harmless in
        ["203.0.113.60", "203.0.113.80", "203.0.113.82", "203.0.113.91", "203.0.113.100"]
    {
        assert!(!all.contains(&format!("\"{harmless}\"")), "{harmless}");
    }
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["login_succeeded"], serde_json::json!(["203.0.113.140"]));
}

/// The blocks of the README with this word behind the fence.
fn blocks(word: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(readme).unwrap();
    let fence = format!("```{word}\n");
    text.split(&fence).skip(1).map(|b| b.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_readme_is_true() {
    let shown = cases().join("small/expected/janet/irt/203.0.113.20/report.txt");
    assert_eq!(blocks("text"), [fs::read_to_string(shown).unwrap()]);

    let shell = blocks("sh");
    assert_eq!(shell.len(), 2);
    let command: Vec<&str> = shell[0].split_whitespace().collect();
    assert_eq!(command[..4], ["cargo", "run", "--release", "--"]);
    let dir = laid_out("small");
    for _ in 0..2 {
        let output = run(dir.path(), &command[4..]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    assert!(dir.path().join("reports/small/summary.json").exists());
    assert_eq!(shell[1], "cargo test --locked\n");

    let toml = blocks("toml");
    fs::create_dir(dir.path().join("operators")).unwrap();
    fs::write(dir.path().join("plaint.toml"), &toml[0]).unwrap();
    fs::write(dir.path().join("operators/example-isp.toml"), &toml[1]).unwrap();
    let output = run(dir.path(), &["operators", "check", "203.0.113.130"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("abuse@isp.example"));
}
