//! Help: every command has examples that run, stands in a group, and is short with `-h`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::process::{Command, Output};

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plaint")).current_dir(dir).args(args).output().unwrap()
}

fn help(args: &[&str]) -> String {
    let out = run(Path::new("."), args);
    assert!(out.status.success(), "{args:?}: {:?}", str::from_utf8(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The commands as the completions know them, with the sub-commands of `operators`.
fn commands() -> Vec<Vec<&'static str>> {
    let all = "report sources events inspect explain operators gather lint verify formats schema completions man";
    let mut out: Vec<Vec<&str>> = all.split(' ').map(|c| vec![c]).collect();
    out.extend(["check", "list", "lint", "show"].map(|c| vec!["operators", c]));
    out
}

#[test]
fn every_command_stands_in_a_group() {
    let text = help(&["-h"]);
    for title in [
        "Read logs:",
        "Find out who answers:",
        "Check what was written:",
        "About plaint:",
        "Options:",
    ] {
        assert!(text.contains(&format!("\n{title}\n")), "{title}\n{text}");
    }
    // A man page is written of each command there is: the groups have no more and no less.
    let dir = tempfile::tempdir().unwrap();
    help(&["man", dir.path().to_str().unwrap()]);
    let mut pages: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .filter_map(|e| {
            let name = e.unwrap().file_name().into_string().unwrap();
            let name = name.strip_prefix("plaint-")?.strip_suffix(".1")?.to_owned();
            (!name.contains('-')).then_some(name)
        })
        .collect();
    pages.push("help".to_owned());
    pages.sort();
    let mut shown: Vec<String> = text
        .split("Options:")
        .next()
        .unwrap()
        .lines()
        .filter_map(|l| l.strip_prefix("  ")?.split(' ').next().map(str::to_owned))
        .collect();
    shown.sort();
    assert_eq!(shown, pages);
    let mut known: Vec<String> =
        commands().into_iter().filter(|c| c.len() == 1).map(|c| c[0].to_owned()).collect();
    known.push("help".to_owned());
    known.sort();
    assert_eq!(known, pages);
    for page in std::fs::read_dir(dir.path()).unwrap() {
        let text = std::fs::read_to_string(page.unwrap().path()).unwrap();
        assert!(text.contains(".SH EXAMPLES\n.nf\n") && !text.contains("EXTRA"), "{text}");
    }
}

#[test]
fn short_is_short_and_long_is_long() {
    for command in commands().into_iter().chain([vec![]]) {
        let of = |flag| help(&[&command[..], &[flag]].concat());
        let (short, long) = (of("-h"), of("--help"));
        assert!(short.lines().count() < 55, "{command:?}: {} lines", short.lines().count());
        assert!(long.lines().count() > short.lines().count(), "{command:?}");
        for text in [&short, &long] {
            assert!(text.contains("Examples:\n  "), "{command:?}\n{text}");
            assert!(text.lines().all(|l| l.chars().count() <= 100), "{command:?}\n{text}");
        }
        if command.len() == 1 && command[0] != "operators" {
            assert!(
                long.contains("\nMessages:\n") && long.contains("\nConfiguration:\n"),
                "{long}"
            );
        }
    }
}

#[test]
fn every_example_runs() {
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases/small");
    let mut ran = 0;
    let mut seen: Vec<String> = Vec::new();
    for command in commands().into_iter().chain([vec![]]) {
        let text = help(&[&command[..], &["--help"]].concat());
        let examples = text.split("Examples:\n").nth(1).unwrap();
        for line in examples.lines().map_while(|l| l.strip_prefix("  ")) {
            if seen.contains(&line.to_owned()) {
                continue;
            }
            seen.push(line.to_owned());
            let dir = tempfile::tempdir().unwrap();
            // `/var/log` is the case's logs; the names of examples are beside them.
            let script = format!(
                "set -eu -o pipefail; cp -r {0}/. .; cp logs/auth.log auth.log; cp logs/kern.log fw.log; \
                 cp logs/auth.log.1.gz auth.log.2.gz; PATH={1}:$PATH; \
                 plaint report logs --now 2026-04-02T00:00:00Z -o made -q; {2}\n{3}",
                small.display(),
                Path::new(env!("CARGO_BIN_EXE_plaint")).parent().unwrap().display(),
                match command.first() {
                    Some(&("lint" | "verify" | "gather")) => "mv made reports",
                    // --force replaces one.
                    Some(&"report") if line.contains("--force") => "mv made reports",
                    _ => "true",
                },
                line.replace("/var/log", "logs")
                    // Nobody is asked by a test.
                    .replace("--whois", "--whois --whois-server 127.0.0.1:9 --pause 0 --patience 1")
                    .replace("--rdap", "--rdap --rdap-bootstrap http://127.0.0.1:9/")
                    .replace("--traceroute", "--traceroute --traceroute-program true --pause 0"),
            );
            let out = Command::new("bash")
                .args(["-c", &script])
                .current_dir(dir.path())
                .env("XDG_CONFIG_HOME", dir.path().join("none"))
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            let code = out.status.code();
            // Those that ask get no answer here; lint finds what the case is made to have.
            let fine = match command.first() {
                Some(&"gather") => code == Some(3) || code == Some(0),
                Some(&"lint") => code == Some(5) || code == Some(0),
                _ => code == Some(0),
            };
            assert!(fine, "{line}: {code:?}\n{:?}", str::from_utf8(&out.stderr));
            ran += 1;
        }
    }
    assert!(ran >= 25, "{ran} examples");
}
