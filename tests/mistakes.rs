//! Mistakes of whoever runs plaint: each is told with what to mend, and where.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

/// The exit code and what was said on standard error.
fn run(dir: &Path, args: &[&str]) -> (i32, String) {
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .args(args)
        .output()
        .unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
}

fn laid_out() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let line =
        "2026-03-28T00:00:00Z web1 sshd[7]: Failed password for root from 192.0.2.7 port 1 ssh2\n";
    std::fs::write(dir.path().join("auth.log"), line).unwrap();
    dir
}

#[test]
fn a_file_that_the_configuration_names_is_told_with_its_line() {
    let dir = laid_out();
    for (n, (config, said)) in [
        ("[clock]\nchronyc = \"gone.txt\"\n", "plaint.toml:2: `chronyc` names gone.txt: "),
        ("[clock]\n\nntpq = \"gone.txt\"\n", "plaint.toml:3: `ntpq` names gone.txt: "),
        ("[clock]\ntimedatectl = \"auth.log\"\n", "plaint.toml:2: `timedatectl` names auth.log: "),
        ("[operators]\ndir = \"gone\"\n", "plaint.toml:2: `dir` names gone: "),
        (
            "[operators]\n# one\nasn_db = \"gone.mmdb\"\n",
            "plaint.toml:3: `asn_db` names gone.mmdb: ",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(dir.path().join("plaint.toml"), config).unwrap();
        let out = format!("out{n}");
        let (code, text) = run(dir.path(), &["report", "auth.log", "-o", &out]);
        assert_eq!(code, 2, "{config}: {text}");
        assert!(text.contains(said), "{config}: {text}");
        assert!(!dir.path().join(out).exists());
    }
    // A flag wins: what it takes the place of is not looked for.
    std::fs::write(dir.path().join("plaint.toml"), "[operators]\ndir = \"gone\"\n").unwrap();
    std::fs::create_dir(dir.path().join("mine")).unwrap();
    let (code, text) = run(dir.path(), &["sources", "auth.log", "--operators", "mine"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_span_that_holds_nothing_is_a_mistake() {
    let dir = laid_out();
    for (since, until) in [("2026-05-01", "2026-04-01"), ("2026-04-01", "2026-04-01")] {
        let (code, text) =
            run(dir.path(), &["sources", "auth.log", "--since", since, "--until", until]);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("--since") && text.contains("--until"), "{text}");
    }
}

#[test]
fn a_file_that_is_not_there_is_no_pattern() {
    let dir = laid_out();
    for name in ["gone[1].log", "gone[", "gone.log"] {
        let (code, text) = run(dir.path(), &["sources", name]);
        assert_eq!(code, 3, "{text}");
        assert!(text.to_lowercase().contains("no such file"), "{name}: {text}");
    }
    // One of that very name is read.
    std::fs::copy(dir.path().join("auth.log"), dir.path().join("auth[1].log")).unwrap();
    assert_eq!(run(dir.path(), &["sources", "auth[1].log"]).0, 0);
    let (code, text) = run(dir.path(), &["sources", "gone*.log"]);
    assert_eq!(code, 3);
    assert!(text.contains("no file matches this pattern"), "{text}");
}

#[test]
fn packed_junk_is_told_to_be_that() {
    let dir = laid_out();
    std::fs::write(dir.path().join("junk.log.gz"), b"\x1f\x8b\x08no archive").unwrap();
    let (code, text) = run(dir.path(), &["sources", "junk.log.gz"]);
    assert_eq!(code, 3);
    assert!(text.contains("junk.log.gz: its gz data is damaged or breaks off"), "{text}");
}
