//! Mistakes of whoever runs plaint: each is told with what to mend, and where.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

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

/// A mistake: how it is run, its exit code, what is said of it, and the hint.
const MISTAKES: &[(&[&str], i32, &str, &str)] = &[
    // The command line.
    (&["soruces", "auth.log"], 2, "unrecognized subcommand 'soruces'", "'sources'"),
    (&["operators", "lits"], 2, "unrecognized subcommand 'lits'", "'list'"),
    (
        &["sources", "auth.log", "--fromat", "csv"],
        2,
        "unexpected argument '--fromat'",
        "'--format'",
    ),
    (&["sources", "auth.log", "--format", "cvs"], 2, "invalid value 'cvs'", "'csv'"),
    (&["sources"], 2, "required arguments were not provided: <PATH>...", "<PATH>..."),
    (&["report", "auth.log"], 2, "not provided: --output <DIR>", "plaint report --output <DIR>"),
    (&["operators", "check", "192.0.2"], 2, "invalid value '192.0.2' for '<IP>...'", "--help"),
    (&["schema", "event"], 2, "invalid value 'event'", "'events'"),
    (
        &["sources", "auth.log", "--max-unread", "x"],
        2,
        "invalid value 'x' for '--max-unread <N>'",
        "--help",
    ),
    (
        &["sources", "auth.log", "--tz", "Europe/Londn"],
        2,
        "no zone is called \"Europe/Londn\"",
        "Europe/London",
    ),
    (&["sources", "auth.log", "--tz", "nowhere at all"], 2, "no zone is called", "+05:30"),
    (&["sources", "auth.log", "--tz-for", "x"], 2, "--tz-for \"x\"", "GLOB=ZONE"),
    (&["sources", "auth.log", "--tz-for", "[=UTC"], 2, "the pattern is none", "[ab]"),
    (
        &["sources", "auth.log", "--since", "gestern"],
        2,
        "--since \"gestern\"",
        "--since 2026-03-29",
    ),
    (
        &["sources", "auth.log", "--since", "2026-05-01", "--until", "2026-04-01"],
        2,
        "is not before",
        "exchange",
    ),
    (&["sources", "auth.log", "--me", "web1"], 2, "--me \"web1\"", "--me 198.51.100.0/24"),
    (
        &["sources", "auth.log", "--served-port", "ssh"],
        2,
        "--served-port \"ssh\"",
        "--served-port 22/tcp",
    ),
    (&["sources", "auth.log", "--max-sources", "0"], 2, "--max-sources 0", "1 or more"),
    (
        &["sources", "auth.log", "--threads", "100000"],
        2,
        "--threads 100000: at most",
        "leave it out",
    ),
    (&["gather", "out"], 2, "nothing is asked", "--whois"),
    // Logs.
    (&["sources", "auht.log"], 3, "auht.log: No such file", "did you mean auth.log?"),
    (
        &["sources", "no/such/place.log"],
        3,
        "no/such/place.log: No such file",
        "there is no no/such",
    ),
    (&["sources", "*.nolog"], 3, "no file matches this pattern", "ls . shows"),
    (
        &["sources", "bare.log"],
        2,
        "bare.log: its time stamps (\"Mar 28 00:00:00\") state no zone",
        "add --tz ",
    ),
    (&["sources", "junk.gz"], 3, "junk.gz: its gz data is damaged", "copy the file again"),
    (&["sources", "pipe"], 3, "pipe: a pipe, and a log is read more than once", "- < pipe"),
    (&["sources", "/dev/null"], 3, "/dev/null: not a file", "standard input"),
    (&["explain", "auth.log:99"], 2, "auth.log: it has 1 lines", "from 1 to 1"),
    (&["explain", "gone.log:1"], 2, "gone.log: no such file", "in quotes"),
    (&["explain", "auth.log"], 2, "auth.log: a file, and not a line", "plaint explain auth.log:1"),
    // Folders of reports.
    (&["report", "auth.log", "-o", "there"], 2, "there: the folder exists", "--force"),
    (
        &["report", "auth.log", "-o", "there", "--force"],
        2,
        "there: the folder was not written by plaint",
        "-o",
    ),
    (
        &["report", "auth.log", "-o", "auth.log"],
        2,
        "auth.log: there is something that is no folder",
        "-o",
    ),
    (&["report", "auth.log", "-o", "auth.log/x"], 3, "auth.log", "look at what"),
    (&["report", "junk.gz", "-o", "new"], 2, "no log could be read", "plaint inspect"),
    (&["lint", "there"], 2, "there: no folder of reports", "plaint report -o"),
    (&["verify", "gone"], 3, "gone: No such file", "check the path"),
    (&["gather", "there", "--whois"], 2, "there: no folder that `plaint report` wrote", "-o"),
    // Operators.
    (&["operators", "show", "btt"], 2, "no operator has the id `btt`", "did you mean `bt`?"),
    (&["operators", "show", "nobody-at-all"], 2, "no operator has the id", "plaint operators list"),
    (&["operators", "list", "--operators", "gone"], 2, "gone: No such file", "check the path"),
    (
        &["operators", "list", "--operators", "wrong"],
        2,
        "wrong/x.toml:2: unknown key `nmae`; did you mean `name`?",
        "line 2",
    ),
    (&["operators", "list", "--operators", "twice"], 2, "is also claimed by", "take it out of one"),
    (&["operators", "list", "--asn-db", "auth.log"], 2, "auth.log:1: ", "line 1 of auth.log"),
    (
        &["operators", "list", "--registry", "auth.log"],
        3,
        "auth.log: no allocation",
        "delegated-extended-latest",
    ),
    // The configuration.
    (
        &["sources", "auth.log", "--config", "gone.toml"],
        2,
        "gone.toml: No such file",
        "check the path",
    ),
    (
        &["sources", "auth.log", "--config", "bad/plaint.toml"],
        2,
        "bad/plaint.toml:2: unknown key `zoen`; did you mean `zone`?",
        "plaint schema config",
    ),
];

#[test]
fn every_mistake_names_what_and_why_and_the_fix() {
    let dir = laid_out();
    let put = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put(
        "bare.log",
        b"Mar 28 00:00:00 web1 sshd[7]: Failed password for root from 192.0.2.7 port 1 ssh2\n",
    );
    put("junk.gz", b"\x1f\x8b\x08no archive");
    put("there/file", b"");
    put("wrong/x.toml", b"id = 'x'\nnmae = 'X'\n");
    put("twice/a.toml", b"id = 'a'\n[match]\nprefixes = ['192.0.2.0/24']\n");
    put("twice/b.toml", b"id = 'b'\n[match]\nprefixes = ['192.0.2.0/24']\n");
    put("bad/plaint.toml", b"[time]\nzoen = 'UTC'\n");
    let made = std::process::Command::new("mkfifo").arg(dir.path().join("pipe")).status().unwrap();
    assert!(made.success());
    let mut wrong = Vec::new();
    for (args, code, said, hint) in MISTAKES {
        let (got, text) = run(dir.path(), args);
        let first = text.lines().find(|l| l.contains(said));
        let mut hints = text.lines().filter_map(|l| l.strip_prefix("  hint: "));
        let named = first.is_some_and(|l| l.starts_with("plaint: "));
        if got != *code || !named || !hints.any(|h| h.contains(hint)) {
            wrong.push(format!("{args:?}: {got}, {said}, {hint}: {text}"));
        }
        // The same for a program: each line an object, the hint in its own place.
        let (got, text) = run(dir.path(), &[args, &["--log-format", "json"][..]].concat());
        let rows: Vec<serde_json::Value> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{args:?}: {e}: {l}")))
            .collect();
        let of = |r: &serde_json::Value, key: &str| r[key].as_str().unwrap_or_default().to_owned();
        let fits = |r: &serde_json::Value| {
            of(r, "level") == "error"
                && of(r, "message").contains(said)
                && of(r, "hint").contains(hint)
        };
        if got != *code || !rows.iter().any(fits) {
            wrong.push(format!("{args:?} as JSON: {got}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
