//! What a terminal shows, in a real one (`script` of util-linux gives it, `stty` its width): tables,
//! colour, progress. And that nothing of it goes anywhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::process::{Command, Output};

const LONG: &str = "2001:db8:ffff:ffff:ffff:ffff:ffff:fff1";

/// A log with the longest address there is, times with decimals, many ports, and one that got in.
fn laid_out() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut log = String::new();
    for (source, pid) in [("192.0.2.7", 100), (LONG, 200)] {
        for n in 0..12 {
            log += &format!(
                "2026-03-28T00:00:{n:02}.123456Z web1 sshd[{}]: Failed password for root from {source} port {} ssh2\n",
                pid + n,
                4000 + n
            );
        }
    }
    log += "2026-03-28T01:00:00Z web1 sshd[300]: Accepted password for root from 192.0.2.7 port 4711 ssh2\n";
    for port in 0..30 {
        log += &format!(
            "2026-03-28T02:00:{port:02}.5Z fw kernel: IN=eth0 OUT= SRC={LONG} DST=2001:db8::9 LEN=60 TC=0 HOPLIMIT=50 FLOWLBL=0 PROTO=TCP SPT=40000 DPT={} WINDOW=1 RES=0x00 SYN URGP=0\n",
            60_000 + port
        );
    }
    log += "2026-03-28T03:00:00Z web1 sshd[301]: Invalid user \x1b[2Jx from 192.0.2.9 port 1\n";
    log += "no stamp at all\n";
    std::fs::write(dir.path().join("auth.log"), log).unwrap();
    dir
}

const CLEAN: [&str; 7] =
    ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "FORCE_COLOR", "CI"];

fn command(program: &str, dir: &Path, env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    CLEAN.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.current_dir(dir).env("XDG_CONFIG_HOME", dir).env("TERM", "xterm-256color");
    command.env("P", env!("CARGO_BIN_EXE_plaint")).envs(env.iter().copied());
    command
}

/// What a line of shell writes to a terminal of so many columns.
fn on_terminal(dir: &Path, columns: usize, line: &str, env: &[(&str, &str)]) -> String {
    let line = format!("stty cols {columns} rows 50; {line}");
    let out = command("script", dir, env)
        .args(["-qec", &line, "/dev/null"])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("`script` of util-linux is needed");
    String::from_utf8(out.stdout).unwrap().replace("\r\n", "\n")
}

fn piped(dir: &Path, line: &str, env: &[(&str, &str)]) -> Output {
    command("bash", dir, env).args(["-c", line]).output().unwrap()
}

/// The text without the colours that plaint sets; any other escape is one too many.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        out += &rest[..at];
        let end = rest[at..].find('m').unwrap_or_else(|| panic!("{text:?}"));
        let inner = rest[at..at + end].strip_prefix("\x1b[").unwrap_or_else(|| panic!("{text:?}"));
        assert!(inner.bytes().all(|b| b.is_ascii_digit() || b == b';'), "{inner:?} in {text:?}");
        rest = &rest[at + end + 1..];
    }
    out + rest
}

#[test]
fn tables_fit_and_break_no_cell() {
    let dir = laid_out();
    for columns in [60, 80, 100, 120, 160, 200, 250] {
        let text = plain(&on_terminal(dir.path(), columns, "$P sources auth.log", &[]));
        for whole in [
            LONG,
            "192.0.2.7",
            "192.0.2.9",
            "2026-03-28T00:00:00.123456Z",
            "2026-03-28T00:00:11.123456Z",
            "2026-03-28T03:00:00Z",
            "2026-03-28T02:00:29.5Z",
            "ssh-login",
            "port-scan",
            "login-succeeded",
            "60005",
            "(+24)",
        ] {
            assert!(text.contains(whole), "{columns}: {whole} in\n{text}");
        }
        for line in text.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line:?} in\n{text}");
        }
    }
    // What cannot be narrower is wider than the terminal, and whole.
    let text = plain(&on_terminal(dir.path(), 30, "$P sources auth.log", &[]));
    assert!(text.contains(LONG) && text.contains("attempts    12"), "{text}");
}

#[test]
fn lists_wrap_between_words() {
    let dir = laid_out();
    let hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    for line in ["operators list", "inspect auth.log", "operators check 192.0.2.7", "formats"] {
        let wide = plain(&on_terminal(dir.path(), 400, &format!("$P {line}"), &[]));
        let words = |t: &str| -> Vec<String> { t.split_whitespace().map(str::to_owned).collect() };
        for columns in [60, 80, 120] {
            let text = plain(&on_terminal(dir.path(), columns, &format!("$P {line}"), &[]));
            let (mut a, mut b) = (words(&wide), words(&text));
            if line == "operators list" {
                // Columns may stand one over the other: the same words without the titles.
                for words in [&mut a, &mut b] {
                    words.retain(|w| {
                        !["ID", "NAME", "CLAIMS", "FILE"].contains(&w.trim_matches(','))
                    });
                    words.sort();
                }
            }
            assert_eq!(a, b, "{line} at {columns}:\n{text}");
            for row in text.lines().filter(|l| l.chars().count() > columns) {
                let longest = row.split(' ').map(|w| w.chars().count()).max().unwrap();
                assert!(
                    longest + 14 > columns || row.contains(hash),
                    "{line} at {columns}: {row:?} could wrap"
                );
            }
        }
    }
}

#[test]
fn what_is_piped_depends_on_nothing_around() {
    let dir = laid_out();
    for line in
        ["sources auth.log", "inspect auth.log", "operators list", "formats", "report --help", "-h"]
    {
        let line = format!("$P {line}");
        let first = piped(dir.path(), &line, &[]);
        assert!(first.status.success() && first.stdout.len() > 200, "{line}");
        assert!(!first.stdout.contains(&0x1b) && !first.stderr.contains(&0x1b), "{line}");
        for env in
            [&[("COLUMNS", "20")][..], &[("TERM", "dumb")], &[("COLUMNS", "500"), ("LANG", "C")]]
        {
            let again = piped(dir.path(), &line, env);
            assert_eq!(first.stdout, again.stdout, "{line} with {env:?}");
        }
        // Nor on what standard error is.
        let mixed = on_terminal(dir.path(), 40, &format!("{line} > out"), &[]);
        assert!(mixed.is_empty() || !mixed.contains("SOURCE"), "{mixed}");
        assert_eq!(first.stdout, std::fs::read(dir.path().join("out")).unwrap(), "{line}");
    }
}

#[test]
fn colour_is_where_it_is_wanted() {
    let dir = laid_out();
    let line = "$P sources auth.log; $P sources gone.log";
    let has = |text: &str| text.contains("\x1b[");
    let on = |line: &str, env: &[(&str, &str)]| has(&on_terminal(dir.path(), 120, line, env));
    assert!(on(line, &[]));
    assert!(!on(line, &[("NO_COLOR", "1")]));
    assert!(on(line, &[("NO_COLOR", "")]), "an empty NO_COLOR is none");
    assert!(!on(line, &[("TERM", "dumb")]));
    assert!(!on(line, &[("CLICOLOR", "0")]));
    let flag = |flag: &str| line.replace("sources", &format!("sources --color {flag}"));
    assert!(!on(&flag("never"), &[("CLICOLOR_FORCE", "1")]));
    let off = |line: &str, env: &[(&str, &str)]| {
        let out = piped(dir.path(), line, env);
        (out.stdout.contains(&0x1b), out.stderr.contains(&0x1b))
    };
    assert_eq!(off(line, &[]), (false, false));
    assert_eq!(off(line, &[("CLICOLOR_FORCE", "1")]), (true, true));
    assert_eq!(off(line, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), (false, false));
    assert_eq!(off(&flag("always"), &[]), (true, true));
    assert_eq!(off(&flag("always"), &[("NO_COLOR", "1")]), (true, true), "a flag wins");
    // A command line that cannot be read obeys too.
    assert!(!off("$P sources --fromat x --color never", &[("CLICOLOR_FORCE", "1")]).1);
    assert!(off("$P sources --fromat x --color=always", &[]).1);
    // By severity: red for who got in and for errors, yellow for what to look at.
    let text = on_terminal(dir.path(), 200, "$P sources auth.log; $P inspect auth.log; $P x", &[]);
    for part in [
        "\x1b[1m\x1b[31m192.0.2.7\x1b[0m",
        "\x1b[1m\x1b[31mlogin-succeeded\x1b[0m",
        "\x1b[33munread      ",
        "\x1b[1m\x1b[31mplaint:\x1b[0m",
        "\x1b[36mhint:\x1b[0m",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn no_text_of_others_brings_an_escape() {
    let dir = laid_out();
    for line in [
        "$P inspect auth.log --color always",
        "$P sources auth.log --color always",
        "$P sources $'no\\x1b[2Jsuch' --color always",
        "$P $'x\\x1b[2J' --color always",
        "$P report auth.log -o $'o\\x1b[2J' --color always",
    ] {
        let out = piped(dir.path(), line, &[]);
        for bytes in [out.stdout, out.stderr] {
            plain(str::from_utf8(&bytes).unwrap());
        }
    }
    let text = on_terminal(dir.path(), 70, "$P inspect auth.log", &[]);
    assert!(!plain(&text).contains('\x1b'));
}

/// What is left on the screen of lines that were drawn over each other.
fn left(text: &str) -> String {
    let mut rows = Vec::new();
    for row in text.split('\n') {
        // indicatif goes to the beginning of the line and clears it.
        let row = row.rsplit("\x1b[2K").next().unwrap();
        rows.push(row.trim_start_matches('\r').to_owned());
    }
    rows.join("\n")
}

#[test]
fn progress_is_drawn_and_gone() {
    let dir = laid_out();
    let slow = "(cat auth.log; sleep 1.7) | $P sources - --tz UTC --color never";
    let text = on_terminal(dir.path(), 100, &format!("{slow} > out"), &[]);
    assert!(text.contains("taking in standard input: "), "{text:?}");
    assert!(text.contains("KiB/s"), "{text:?}");
    assert_eq!(left(&text).trim(), "", "{text:?}");
    // Nothing of it where nobody looks, or nobody wants it.
    let out = piped(dir.path(), &format!("{slow} > out"), &[]);
    assert!(out.stderr.is_empty(), "{:?}", str::from_utf8(&out.stderr));
    for flag in ["-q", "--log-format json"] {
        let text = on_terminal(dir.path(), 100, &format!("{slow} {flag} > out"), &[]);
        assert!(!text.contains("taking in"), "{flag}: {text:?}");
    }
    // Rows come on the same terminal, and no bar stands between them.
    let text = left(&on_terminal(dir.path(), 250, slow, &[]));
    assert!(!text.contains("taking in") && text.starts_with("SOURCE"), "{text:?}");
    // A message takes the bar away before it is said.
    let text = on_terminal(
        dir.path(),
        100,
        "(cat auth.log; sleep 1.7) | $P sources - gone.log --tz UTC --color never > out",
        &[],
    );
    assert!(left(&text).starts_with("plaint: gone.log: No such file"), "{text:?}");
}

#[test]
fn the_end_of_a_report() {
    let dir = laid_out();
    let text = plain(&on_terminal(dir.path(), 80, "$P report auth.log -o 'a b'", &[]));
    assert!(text.contains("192.0.2.7 LOGGED IN"), "{text}");
    assert!(text.contains("hostile sources: "), "{text}");
    assert!(text.contains("'a b/index.html'"), "{text}");
    for line in text.lines().filter(|l| l.starts_with("  ")) {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
    // The next command is one that can be typed.
    let next = text.lines().find_map(|l| l.strip_prefix("plaint: next: ")).expect("a next command");
    assert!(next.starts_with("less 'a b/"), "{next}");
    let typed = next.split("  #").next().unwrap().replacen("less", "cat", 1);
    let out = piped(dir.path(), &typed, &[]);
    assert!(
        out.status.success() && out.stdout.len() > 50,
        "{typed}: {:?}",
        str::from_utf8(&out.stderr)
    );
    // For a program: one object a line, and the command by itself.
    let out = piped(dir.path(), "$P report auth.log -o 'a b' --force --log-format json", &[]);
    let rows: Vec<serde_json::Value> = str::from_utf8(&out.stderr)
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
        .collect();
    assert!(
        rows.iter().any(|r| r["command"].as_str().is_some_and(|c| c.starts_with("less 'a b/")))
    );
    assert!(rows.iter().all(|r| r["level"].is_string() && r["message"].is_string()));
}
