//! One log in the wrappers that logs come in: whatever lies around it, it counts the same.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write as _;
use std::path::Path;
use std::process::Output;

/// What is tried, with the second at which it happened in June 2026.
const TRIES: [(u32, &str); 3] = [
    (35, "Failed password for root from 192.0.2.7 port 4711 ssh2"),
    (36, "Failed password for root from 192.0.2.7 port 4711 ssh2"),
    (37, "Invalid user a b from 192.0.2.8 port 4712"),
];

fn plaint(args: &[&str], path: &Path) -> Output {
    assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .env("XDG_CONFIG_HOME", path.parent().unwrap())
        .args(args)
        .args(["--tz", "UTC", "--log-end", "2026-06-30"])
        .arg(path)
        .output()
        .unwrap()
}

fn sources(path: &Path) -> String {
    let out = plaint(&["sources", "--format", "jsonl"], path);
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    String::from_utf8(out.stdout).unwrap()
}

fn syslog() -> String {
    TRIES.map(|(s, m)| format!("Jun 12 08:58:{s} web1 sshd[811]: {m}\n")).concat()
}

/// As `journalctl -o export` writes it, with a message of two lines that looks like an entry of its own.
fn export() -> Vec<u8> {
    let mut out = Vec::new();
    let forged = "x\n\n__CURSOR=s=9\n__REALTIME_TIMESTAMP=1781254715000000\n_HOSTNAME=web1\n\
                  SYSLOG_IDENTIFIER=sshd\nMESSAGE=Failed password for root from 198.51.100.1 port 1 ssh2";
    for (n, (second, message)) in (0u64..).zip(TRIES.iter().copied().chain([(38, forged)])) {
        let micros = (1_781_254_680 + u64::from(second)) * 1_000_000;
        write!(
            out,
            "__CURSOR=s={n}\n__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=b\n\
             PRIORITY=6\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n_PID=811\n"
        )
        .unwrap();
        out.extend_from_slice(b"MESSAGE\n");
        out.extend_from_slice(&(message.len() as u64).to_le_bytes());
        write!(out, "{message}\n\n").unwrap();
    }
    out
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    e.write_all(bytes).unwrap();
    e.finish().unwrap()
}

/// A tar archive of files, by POSIX's ustar.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        let mut block = [0u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[136..147].copy_from_slice(format!("{:011o}", 1_781_300_000).as_bytes());
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|b| u64::from(*b)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&block);
        out.extend_from_slice(content);
        out.resize(out.len().div_ceil(512) * 512, 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn utf16(text: &str, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn wrappers_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let log = syslog();
    let want = sources(&write("plain", log.as_bytes()));
    assert_eq!(want.lines().count(), 2, "{want}");
    assert!(want.contains("\"attempts\":2"), "{want}");
    let docker = TRIES.map(|(s, m)| {
        format!(
            "{{\"log\":\"Jun 12 08:58:{s} web1 sshd[811]: {m}\\n\",\"stream\":\"stdout\",\"time\":\"2026-06-12T08:58:{s}Z\"}}\n"
        )
    });
    let cri = TRIES.map(|(s, m)| {
        format!("2026-06-12T08:58:{s}Z stdout F Jun 12 08:58:{s} web1 sshd[811]: {m}\n")
    });
    let relayed = TRIES
        .map(|(s, m)| format!("Jun 12 08:58:{s} relay <38>Jun 12 08:58:{s} web1 sshd[811]: {m}\n"));
    let splunk = TRIES.map(|(s, m)| {
        let line = format!("Jun 12 08:58:{s} web1 sshd[811]: {m}").replace('"', "\\\"");
        format!(
            "{{\"preview\":false,\"offset\":{s},\"result\":{{\"_raw\":\"{line}\",\"_time\":\"2020-12-23 19:43:35.000 UTC\",\"host\":\"search1\"}}}}\n"
        )
    });
    let hostless = TRIES.map(|(s, m)| format!("Jun 12 08:58:{s} sshd[811]: {m}\n"));
    let events = (0u32..).zip(TRIES).map(|(n, (s, m))| {
        format!(
            "Event[{n}]:\r\n  Log Name: OpenSSH/Operational\r\n  Source: OpenSSH\r\n  \
             Date: 2026-06-12T08:58:{s}.000\r\n  Event ID: 4\r\n  Task: N/A\r\n  Level: Information\r\n  \
             User: S-1-5-18\r\n  Computer: web1\r\n  Description: \r\nsshd: {m}\r\n\r\n"
        )
    });
    let events: String = events.collect();
    let crlf = format!("\u{feff}{}", log.replace('\n', "\r\n"));
    let files: &[(&str, &[u8])] = &[
        ("var/log/auth.log", log.as_bytes()),
        ("var/log/wtmp", b"\0\0\0binary"),
        ("var/log/notes", b"no log\n"),
    ];
    let packed = [("logs/auth.log.1.gz", &gz(log.as_bytes())[..])];
    for (name, bytes) in [
        ("gz", gz(log.as_bytes())),
        ("export", export()),
        ("export.gz", gz(&export())),
        ("tar", tar(files)),
        ("tgz", gz(&tar(files))),
        ("tar-of-gz", tar(&packed)),
        ("utf-16", utf16(&log.replace('\n', "\r\n"), true)),
        ("utf-16.gz", gz(&utf16(&log, true))),
        ("docker", docker.concat().into_bytes()),
        ("cri", cri.concat().into_bytes()),
        ("splunk", splunk.concat().into_bytes()),
        ("relayed", relayed.concat().into_bytes()),
        ("hostless", hostless.concat().into_bytes()),
        ("events", events.clone().into_bytes()),
        ("events-utf-16", utf16(&events, true)),
        ("events.gz", gz(&utf16(&events, true))),
        ("crlf", crlf.into_bytes()),
    ] {
        assert_eq!(
            sources(&write(name, &bytes)).replace(".000000", "").replace(".000", ""),
            want,
            "{name}"
        );
    }
}

#[test]
fn a_log_in_an_archive_is_an_input_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("logs.tgz");
    let (old, new) = (syslog().replace("Jun 12", "Dec 31"), syslog().replace("Jun 12", "Jan  1"));
    let files: &[(&str, &[u8])] =
        &[("auth.log.1", old.as_bytes()), ("auth.log", new.as_bytes()), ("wtmp", b"\0\0")];
    std::fs::write(&archive, gz(&tar(files))).unwrap();
    let out = plaint(&["inspect"], &archive);
    let account = String::from_utf8(out.stdout).unwrap();
    for want in ["logs.tgz/auth.log\n", "logs.tgz/auth.log.1\n", "form      plain, 248 bytes"] {
        assert!(account.contains(want), "{want:?} in {account}");
    }
    assert!(!account.contains("logs.tgz/wtmp\n"), "{account}");
    // A member by its own path, and none that is not there.
    let one = sources(&archive.join("auth.log"));
    assert!(one.contains("2026-01-01T08:58:35Z"), "{one}");
    let none = plaint(&["sources"], &archive.join("mail.log"));
    assert_eq!(none.status.code(), Some(3));
    // The same log beside the archive counts once.
    std::fs::write(dir.path().join("auth.log"), &new).unwrap();
    assert_eq!(sources(dir.path()), sources(&archive));
    // As a pipe, and as standard input that is a file.
    let plain = dir.path().join("logs.tar");
    std::fs::write(&plain, tar(files)).unwrap();
    for packed in [&archive, &plain] {
        let piped = |file: bool| {
            let mut command = assert_cmd::Command::cargo_bin("plaint").unwrap();
            command.env("XDG_CONFIG_HOME", dir.path());
            command.args(["sources", "-", "--format", "jsonl", "--tz", "UTC"]);
            command.args(["--log-end", "2026-06-30"]);
            if file {
                command.pipe_stdin(packed).unwrap();
            } else {
                command.write_stdin(std::fs::read(packed).unwrap());
            }
            let out = command.output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
            String::from_utf8(out.stdout).unwrap()
        };
        assert_eq!(piped(false), sources(&archive));
        assert_eq!(piped(true), sources(&archive));
    }
    std::fs::remove_file(plain).unwrap();
    // Reports on its lines can be checked against it.
    let bundles = dir.path().join("bundles");
    let report = plaint(
        &["report", "--now", "2026-07-01T00:00:00Z", "-o", bundles.to_str().unwrap()],
        &archive,
    );
    assert!(report.status.success(), "{}", String::from_utf8(report.stderr).unwrap());
    let verify = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .arg("verify")
        .arg(&bundles)
        .output()
        .unwrap();
    let said = String::from_utf8([verify.stdout, verify.stderr].concat()).unwrap();
    assert!(verify.status.success() && !said.contains("absent"), "{said}");
    // An archive that breaks off is a fault, not a shorter log.
    let cut = dir.path().join("cut.tar");
    std::fs::write(&cut, &tar(files)[..600]).unwrap();
    assert_eq!(plaint(&["sources"], &cut).status.code(), Some(3));
}
