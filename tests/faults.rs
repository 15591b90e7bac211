//! The fault table: files that break, change and end, disks that fill, runs that are killed; each
//! row is tried on the program itself, with the message and the exit code it has to give.
//!
//! `cargo test --test faults -- --nocapture` prints it. A row that this machine does not let us
//! try says so; none is passed over in silence.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::zombie_processes,
    reason = "a test that cannot go on ends by saying where"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

/// How long any run of a row may take.
const PATIENCE: Duration = Duration::from_secs(120);

const PLAINT: &str = env!("CARGO_BIN_EXE_plaint");

/// A row went wrong, or could not be tried.
enum Odd {
    Wrong(String),
    Untried(String),
}

impl From<String> for Odd {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

type Row = Result<String, Odd>;

/// What a run came to.
struct Ran {
    status: ExitStatus,
    out: Vec<u8>,
    err: String,
}

impl Ran {
    fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    fn rows(&self) -> usize {
        self.out.iter().filter(|b| **b == b'\n').count()
    }

    /// The row is right if the code is and standard error says all of this.
    fn expect(&self, code: i32, says: &[&str]) -> Row {
        let lacks: Vec<&&str> = says.iter().filter(|s| !self.err.contains(**s)).collect();
        if self.code() != code || !lacks.is_empty() {
            return Err(Odd::Wrong(format!(
                "exit {} instead of {code}, message lacks {lacks:?}: {}",
                self.code(),
                self.err.trim()
            )));
        }
        let first = self.err.lines().next().unwrap_or("no message");
        let tail =
            |s: &str| s.chars().skip(s.chars().count().saturating_sub(90)).collect::<String>();
        Ok(format!("exit {code}: {}", tail(first)))
    }
}

/// Takes a row further only if this holds.
fn holds(true_: bool, what: impl FnOnce() -> String) -> Result<(), Odd> {
    if true_ { Ok(()) } else { Err(Odd::Wrong(what())) }
}

fn finish(mut child: Child) -> Ran {
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(o) = out.as_mut() {
            let _ = o.read_to_end(&mut bytes);
        }
        bytes
    });
    let errors = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(e) = err.as_mut() {
            let _ = e.read_to_end(&mut bytes);
        }
        String::from_utf8(bytes).expect("what is told to people is UTF-8")
    });
    let status = wait(&mut child);
    Ran { status, out: reader.join().unwrap(), err: errors.join().unwrap() }
}

fn wait(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The program in a folder, without the configuration of whoever runs the test.
fn command(cwd: &Path, args: &[&str]) -> Command {
    let mut c = Command::new(PLAINT);
    c.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd).args(args);
    c.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    c
}

const TOLD: [&str; 4] = ["--tz", "UTC", "--log-end", "2026-06-30"];

fn run(cwd: &Path, args: &[&str]) -> Ran {
    finish(command(cwd, args).args(TOLD).spawn().unwrap())
}

/// A shell command in a folder; `$P` is the program and `$T` tells it zone and end.
fn shell(cwd: &Path, script: &str) -> Ran {
    let mut c = Command::new("sh");
    c.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd);
    c.env("P", PLAINT).env("T", TOLD.join(" ")).args(["-c", script]);
    c.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(c.spawn().unwrap())
}

/// As [`shell`], of a script that is one program; also the most memory that it had, in KiB, where the
/// system tells that of a process while it runs.
fn shell_measured(cwd: &Path, script: &str) -> (Ran, u64) {
    let mut c = Command::new("sh");
    c.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd);
    c.env("P", PLAINT).env("T", TOLD.join(" ")).args(["-c", &format!("exec {script}")]);
    c.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = c.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let most = scope.spawn(|| {
            let mut most = 0;
            // It only ever grows, so the last look is as good as all.
            while !ended.load(Ordering::Relaxed) {
                let text = fs::read_to_string(&status).unwrap_or_default();
                let told = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
                let kib = told.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok());
                most = kib.unwrap_or(0).max(most);
                std::thread::sleep(Duration::from_millis(1));
            }
            most
        });
        let ran = finish(child);
        ended.store(true, Ordering::Relaxed);
        (ran, most.join().unwrap())
    })
}

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// `n` lines of an attack, each of its own session, from one source.
fn attack(n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..n {
        let (h, m, s) = (i / 3600 % 24, i / 60 % 60, i % 60);
        writeln!(
            out,
            "Jun 12 {h:02}:{m:02}:{s:02} web1 sshd[{i}]: Failed password for root from 203.0.113.9 port {} ssh2",
            1024 + i % 60_000
        )
        .unwrap();
    }
    out
}

fn packed(form: &str, bytes: &[u8]) -> Vec<u8> {
    match form {
        "gz" => {
            let mut w = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            w.write_all(bytes).unwrap();
            w.finish().unwrap()
        }
        "zst" => zstd::encode_all(bytes, 3).unwrap(),
        "xz" => {
            let mut w = liblzma::write::XzEncoder::new(Vec::new(), 1);
            w.write_all(bytes).unwrap();
            w.finish().unwrap()
        }
        _ => {
            let mut w = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            w.write_all(bytes).unwrap();
            w.finish().unwrap()
        }
    }
}

/// Names beside which nothing may be left: working folders and locks.
fn leftovers(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|n| n.starts_with(".plaint-")).collect()
}

/// Whether a folder is what a run that ended well leaves: all files as SHA256SUMS has them.
fn complete(out: &Path) -> Result<usize, String> {
    let summary = fs::read(out.join("summary.json")).map_err(|e| format!("summary.json: {e}"))?;
    serde_json::from_slice::<serde_json::Value>(&summary).map_err(|e| e.to_string())?;
    fs::read(out.join("held.jsonl")).map_err(|e| format!("held.jsonl: {e}"))?;
    let mut files = 0;
    for operator in fs::read_dir(out).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        let sums = fs::read_to_string(operator.join("SHA256SUMS")).map_err(|e| e.to_string())?;
        for line in sums.lines() {
            let (hash, file) = line.split_once("  ").ok_or("a cut SHA256SUMS")?;
            let bytes = fs::read(operator.join(file)).map_err(|e| format!("{file}: {e}"))?;
            let real: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            if real != hash {
                return Err(format!("{file} is not what SHA256SUMS says"));
            }
            files += 1;
        }
    }
    Ok(files)
}

// ---- archives ----

fn cut_archive(form: &'static str) -> Row {
    let d = dir();
    let whole = packed(form, &attack(40_000));
    fs::write(d.path().join("auth.log"), &whole[..whole.len() * 2 / 3]).unwrap();
    let ran = run(d.path(), &["events", "auth.log"]);
    holds(ran.rows() > 1000, || format!("{} lines before the cut", ran.rows()))?;
    ran.expect(3, &["auth.log: "]).map(|s| format!("{s}; {} lines before it read", ran.rows()))
}

fn garbage_archive() -> Row {
    let d = dir();
    for (i, magic) in
        [&b"\x1f\x8b\x08"[..], b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh9"].iter().enumerate()
    {
        let junk: Vec<u8> =
            (0..9999u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        fs::write(d.path().join(format!("{i}.log")), [magic, &junk[..]].concat()).unwrap();
    }
    fs::write(d.path().join("good.log"), attack(3)).unwrap();
    let ran = run(d.path(), &["events", "0.log", "1.log", "2.log", "3.log", "good.log"]);
    holds(ran.rows() == 3, || format!("{} lines of the good file", ran.rows()))?;
    ran.expect(3, &["0.log: ", "1.log: ", "2.log: ", "3.log: "])
}

fn bomb(form: &'static str) -> Row {
    let d = dir();
    let bytes = packed(form, &vec![0; 200 << 20]);
    fs::write(d.path().join("bomb.log"), &bytes).unwrap();
    fs::write(d.path().join("good.log"), attack(3)).unwrap();
    // 200 MiB in less address space than that: it never lies in memory as a whole.
    let ran = shell(
        d.path(),
        "ulimit -v 400000; exec $P inspect bomb.log good.log $T --threads 1 --max-unread 0",
    );
    let out = String::from_utf8(ran.out.clone()).unwrap();
    holds(out.contains("203.0.113.9") || out.contains("hostile"), || out.clone())?;
    let size = bytes.len();
    // bzip2 alone packs so tightly that the file cannot honestly be a log.
    match form {
        "bz2" => ran.expect(3, &["bomb.log: it unpacks to more than its size can honestly hold"]),
        _ => ran.expect(4, &[]),
    }
    .map(|s| format!("{s} ({size} bytes for 200 MiB, one unread line)"))
}

// ---- files that change ----

/// Starts `events` and stops it in the middle of its output; `change` then happens.
fn while_read(change: impl Fn(&Path)) -> (Ran, usize) {
    let d = dir();
    let log = d.path().join("auth.log");
    let lines = 60_000;
    fs::write(&log, attack(lines)).unwrap();
    let args = ["events", "auth.log", "--threads", "1"];
    let mut child = command(d.path(), &args).args(TOLD).spawn().unwrap();
    // The first bytes are out, the pipe is full, most of the log is still to be read again.
    let mut out = child.stdout.take().unwrap();
    let mut first = vec![0; 1 << 16];
    out.read_exact(&mut first).unwrap();
    change(&log);
    let mut rest = Vec::new();
    let mut errors = child.stderr.take().unwrap();
    let err = std::thread::spawn(move || {
        let mut e = String::new();
        errors.read_to_string(&mut e).unwrap();
        e
    });
    out.read_to_end(&mut rest).unwrap();
    first.extend(rest);
    let status = wait(&mut child);
    (Ran { status, out: first, err: err.join().unwrap() }, lines)
}

fn shrinks() -> Row {
    let (ran, lines) = while_read(|log| {
        fs::File::options().write(true).open(log).unwrap().set_len(4_000_000).unwrap();
    });
    holds(ran.rows() < lines, || "all lines came out: the file was not cut in time".into())?;
    for row in ran.out.split(|b| *b == b'\n').filter(|r| !r.is_empty()) {
        let row: serde_json::Value = serde_json::from_slice(row).map_err(|e| e.to_string())?;
        holds(row["source"]["ip"] == "203.0.113.9", || row.to_string())?;
    }
    ran.expect(3, &["auth.log: it became shorter while it was read"])
}

fn overwritten() -> Row {
    // As copytruncate does it: emptied, and written anew by another.
    let (ran, _) = while_read(|log| {
        let other =
            String::from_utf8(attack(60_000)).unwrap().replace("203.0.113.9", "198.51.100.7");
        fs::write(log, other).unwrap();
    });
    ran.expect(3, &["auth.log: "])
}

fn report_of_a_changing_log() -> Row {
    // The log changes between two looks at it, many times: no report of it is written, or a true one.
    let d = dir();
    let log = d.path().join("auth.log");
    let (one, two) = (attack(30_000), String::from_utf8(attack(30_000)).unwrap());
    let two = two.replace("203.0.113.9 ", "198.51.100.7 ");
    let (mut refused, mut written) = (0, 0);
    for round in 0..12u64 {
        fs::write(&log, &one).unwrap();
        let args = [
            "report",
            "auth.log",
            "-o",
            "out",
            "--force",
            "--now",
            "2026-07-01T00:00:00Z",
            "--threads",
            "1",
        ];
        let child = command(d.path(), &args).args(TOLD).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(15 * round));
        fs::write(&log, &two).unwrap();
        let ran = finish(child);
        if ran.code() == 0 {
            written += 1;
            complete(&d.path().join("out")).map_err(Odd::Wrong)?;
            for (path, bytes) in files(&d.path().join("out")) {
                if !path.ends_with("evidence.log") {
                    continue;
                }
                let source =
                    path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
                let wrong = bytes.split(|b| *b == b'\n').find(|l| {
                    !l.is_empty()
                        && memchr::memmem::find(l, format!("{source} ").as_bytes()).is_none()
                });
                holds(wrong.is_none(), || format!("{source} is accused by another's line"))?;
            }
        } else {
            refused += 1;
            ran.expect(3, &["auth.log: "])?;
        }
    }
    Ok(format!("12 rounds: {refused} refused with exit 3, {written} written and true"))
}

fn grows() -> Row {
    let (ran, lines) = while_read(|log| {
        let mut file = fs::File::options().append(true).open(log).unwrap();
        file.write_all(&attack(5000)).unwrap();
    });
    holds(ran.rows() == lines, || format!("{} rows of {lines}", ran.rows()))?;
    ran.expect(0, &[]).map(|s| format!("{s}; the {lines} lines that were there when it began"))
}

fn rotates() -> Row {
    let (ran, lines) = while_read(|log| {
        fs::rename(log, log.with_extension("log.1")).unwrap();
        fs::write(log, attack(10)).unwrap();
    });
    holds(ran.rows() == lines, || format!("{} rows of {lines}", ran.rows()))?;
    ran.expect(0, &[]).map(|s| format!("{s}; the file that was opened is read to its end"))
}

fn vanishes() -> Row {
    let (ran, lines) = while_read(|log| fs::remove_file(log).unwrap());
    holds(ran.rows() == lines, || format!("{} rows of {lines}", ran.rows()))?;
    ran.expect(0, &[])?;
    let d = dir();
    fs::write(d.path().join("good.log"), attack(3)).unwrap();
    symlink("gone", d.path().join("link.log")).unwrap();
    let ran = run(d.path(), &["events", "."]);
    holds(ran.rows() == 3, || format!("{} rows", ran.rows()))?;
    ran.expect(3, &["link.log: "])?;
    run(d.path(), &["events", "none.log", "good.log"]).expect(3, &["none.log: No such file"])
}

// ---- what cannot be read ----

/// The program as a user without rights, in a folder that user may enter.
fn as_nobody(cwd: &Path, script: &str) -> Result<Ran, Odd> {
    let root = fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if !root.unwrap_or(false) {
        return Ok(shell(cwd, script));
    }
    let copy = cwd.join("plaint");
    fs::copy(PLAINT, &copy).unwrap();
    for path in [cwd, &copy] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let wrapped = "P=./plaint exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
                   sh -c \"$SCRIPT\"";
    let mut c = Command::new("sh");
    c.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd).env("T", TOLD.join(" "));
    c.env("SCRIPT", script).args(["-c", wrapped]);
    c.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let probe = Command::new("setpriv").args(["--reuid=65534", "--clear-groups", "true"]).output();
    if !probe.is_ok_and(|p| p.status.success()) {
        return Err(Odd::Untried("root here, and setpriv cannot drop its rights".into()));
    }
    Ok(finish(c.spawn().unwrap()))
}

fn no_permission() -> Row {
    let d = dir();
    fs::write(d.path().join("secret.log"), attack(3)).unwrap();
    fs::write(d.path().join("good.log"), attack(3)).unwrap();
    fs::create_dir(d.path().join("closed")).unwrap();
    for name in ["secret.log", "closed"] {
        fs::set_permissions(d.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let ran = as_nobody(d.path(), "exec $P events secret.log closed good.log $T");
    fs::set_permissions(d.path().join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    let ran = ran?;
    holds(ran.rows() == 3, || format!("{} rows: {}", ran.rows(), ran.err))?;
    ran.expect(3, &["secret.log: Permission denied", "closed: Permission denied"])
}

fn broken_disk() -> Row {
    let d = dir();
    fs::write(d.path().join("good.log"), attack(3)).unwrap();
    let path = "/proc/self/mem";
    if fs::File::open(path).is_err() {
        return Err(Odd::Untried(format!("{path} cannot be opened here")));
    }
    let ran = run(d.path(), &["events", path, "good.log"]);
    holds(ran.rows() == 3, || format!("{} rows", ran.rows()))?;
    ran.expect(3, &["/proc/self/mem: "])
}

fn loops() -> Row {
    let d = dir();
    fs::write(d.path().join("good.log"), attack(3)).unwrap();
    symlink(".", d.path().join("here")).unwrap();
    symlink("round.log", d.path().join("round.log")).unwrap();
    symlink("b", d.path().join("a")).unwrap();
    symlink("a", d.path().join("b")).unwrap();
    let ran = run(d.path(), &["events", "."]);
    holds(ran.rows() == 3, || format!("{} rows", ran.rows()))?;
    ran.expect(3, &["round.log: ", "here: passed over: a link to a folder"])
}

fn pipes_and_devices() -> Row {
    let d = dir();
    fs::write(d.path().join("good.log"), attack(3)).unwrap();
    let made = Command::new("mkfifo").arg(d.path().join("pipe.log")).status();
    if !made.is_ok_and(|s| s.success()) {
        return Err(Odd::Untried("no mkfifo here".into()));
    }
    let ran = run(d.path(), &["events", "pipe.log", "/dev/zero", "good.log"]);
    holds(ran.rows() == 3, || format!("{} rows", ran.rows()))?;
    ran.expect(3, &["pipe.log: a pipe", "/dev/zero: not a file"])
}

// ---- what stands in them ----

fn long_line() -> Row {
    let d = dir();
    let good = attack(2);
    let at = memchr::memchr(b'\n', &good).unwrap() + 1;
    let long = vec![b'x'; 50_000_000];
    let whole = [&good[..at], &long, b" from 198.51.100.1 port 22 ssh2\n", &good[at..]].concat();
    fs::write(d.path().join("long.log"), &whole).unwrap();
    fs::write(d.path().join("packed.log"), packed("gz", &whole)).unwrap();
    for name in ["long.log", "packed.log"] {
        let ran =
            shell(d.path(), &format!("ulimit -v 400000; exec $P events {name} $T --threads 1"));
        let out = String::from_utf8(ran.out.clone()).unwrap();
        holds(ran.rows() == 2 && !out.contains("198.51.100.1"), || format!("{name}: {out}"))?;
        ran.expect(0, &[])?;
    }
    run(d.path(), &["inspect", "long.log", "--max-unread", "0"]).expect(4, &[])
}

fn nuls() -> Row {
    let d = dir();
    let good = String::from_utf8(attack(2)).unwrap();
    // What a crash leaves: a block of NULs, and the next line right behind it.
    let text = format!("{good}{}{good}", "\0".repeat(4096));
    fs::write(d.path().join("a.log"), text).unwrap();
    let ran = run(d.path(), &["events", "a.log"]);
    holds(ran.rows() == 3, || format!("{} rows, of which one lies behind NULs", ran.rows()))?;
    run(d.path(), &["inspect", "a.log", "--max-unread", "0"]).expect(4, &[])
}

fn crlf() -> Row {
    let d = dir();
    let text = String::from_utf8(attack(50)).unwrap();
    fs::create_dir(d.path().join("w")).unwrap();
    fs::write(d.path().join("a.log"), &text).unwrap();
    fs::write(d.path().join("w/a.log"), text.replace('\n', "\r\n")).unwrap();
    let plain = run(d.path(), &["sources", "a.log", "--format", "jsonl"]);
    let windows = run(d.path(), &["sources", "w/a.log", "--format", "jsonl"]);
    holds(plain.out == windows.out && plain.rows() == 1, || "they differ".into())?;
    windows.expect(0, &[])
}

fn utf16() -> Row {
    let d = dir();
    let text = String::from_utf8(attack(5)).unwrap();
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::create_dir(d.path().join("w")).unwrap();
    fs::write(d.path().join("w/a.log"), wide).unwrap();
    fs::write(d.path().join("a.log"), text).unwrap();
    let plain = run(d.path(), &["sources", "a.log", "--format", "jsonl"]);
    let windows = run(d.path(), &["sources", "w/a.log", "--format", "jsonl"]);
    holds(plain.out == windows.out && plain.rows() == 1, || "they differ".into())?;
    windows.expect(0, &[])
}

// ---- standard input and output ----

fn stdin_closed() -> Row {
    let d = dir();
    let ran = shell(d.path(), "exec $P sources - $T --format jsonl <&-");
    holds(ran.out.is_empty(), || "rows".into())?;
    ran.expect(0, &[]).map(|s| format!("{s} (an empty log)"))
}

fn stdin_is_a_folder() -> Row {
    let d = dir();
    shell(d.path(), "exec $P sources - $T < .").expect(3, &["-: "])
}

fn stdout_closed() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), attack(20_000)).unwrap();
    let ran = shell(d.path(), "exec $P events a.log $T >&-");
    ran.expect(0, &[])?;
    // A reader that leaves early is no failure.
    let ran = shell(d.path(), "{ $P events a.log $T; echo $? >code; } | head -n 1; cat code >&2");
    holds(ran.rows() == 1, || format!("{} rows", ran.rows()))?;
    ran.expect(0, &["0\n"])
}

fn full_device() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), attack(20_000)).unwrap();
    for command in [
        "events a.log",
        "events a.log --format csv",
        "sources a.log",
        "sources a.log --format jsonl",
        "inspect a.log",
        "operators list",
    ] {
        let told = if command.starts_with("operators") { "" } else { "$T" };
        let ran = shell(d.path(), &format!("exec $P {command} {told} >/dev/full"));
        ran.expect(3, &["standard output: No space left on device"]).map_err(|e| match e {
            Odd::Wrong(w) => Odd::Wrong(format!("{command}: {w}")),
            other => other,
        })?;
    }
    Ok("exit 3: standard output: No space left on device (events, sources, inspect, operators)"
        .into())
}

// ---- report ----

const REPORT: &str = "$P report a.log $T --now 2026-07-01T00:00:00Z -o out -q";

/// A log of many sources, so that a report takes a while to write.
fn many_sources(n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..n * 12 {
        let (who, s) = (i % n, i % 60);
        writeln!(
            out,
            "Jun 12 {:02}:{:02}:{s:02} web1 sshd[{i}]: Failed password for root from 9.{}.{}.{} port {} ssh2",
            i / 3600 % 24,
            i / 60 % 60,
            who >> 16 & 255,
            who >> 8 & 255,
            who & 255,
            1024 + i % 60_000
        )
        .unwrap();
    }
    out
}

fn disk_full() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), many_sources(300)).unwrap();
    fs::create_dir(d.path().join("small")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=300k none small || exit 77; {} ; code=$?; \
         ls -A small | tr '\\n' ' '; exit $code",
        REPORT.replace("-o out", "-o small/out")
    );
    let ran =
        shell(d.path(), &format!("exec unshare -rm sh -c '{}'", script.replace('\'', "'\\''")));
    if ran.code() == 77 || ran.err.contains("unshare") {
        return Err(Odd::Untried(format!("no small file system to be had: {}", ran.err.trim())));
    }
    let left = String::from_utf8(ran.out.clone()).unwrap();
    holds(left.trim().is_empty(), || format!("it leaves {left}"))?;
    ran.expect(3, &["small/", "No space left on device"])
}

fn file_size_limit() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), many_sources(300)).unwrap();
    // The signal ends nothing: the limit is an error like a full disk.
    let ran = shell(d.path(), &format!("ulimit -f 8; {REPORT}"));
    holds(!d.path().join("out").exists(), || "out is there".into())?;
    holds(leftovers(d.path()).is_empty(), || format!("it leaves {:?}", leftovers(d.path())))?;
    ran.expect(3, &["File too large"])
}

fn packed_under_a_file_size_limit() -> Row {
    let d = dir();
    // What packed logs hold is kept in memory that is a file: where it may not grow, they are unpacked again.
    fs::write(d.path().join("a.log.2.gz"), packed("gz", &attack(20_000))).unwrap();
    fs::write(d.path().join("a.log.1.gz"), packed("gz", &many_sources(300))).unwrap();
    let want = shell(d.path(), "exec $P sources . $T");
    let ran = shell(d.path(), "ulimit -f 8; exec $P sources . $T");
    holds(want.rows() > 0 && ran.out == want.out, || "other rows".into())?;
    ran.expect(0, &[])
}

fn spool_full() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), attack(20_000)).unwrap();
    let ran = shell(d.path(), "cat a.log | { ulimit -f 8; exec $P sources - $T; }");
    ran.expect(3, &["-: File too large"])
}

fn read_only() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), attack(20)).unwrap();
    let ran = shell(d.path(), &REPORT.replace("-o out", "-o /proc/plaint/out"));
    ran.expect(3, &["/proc/plaint: "])?;
    fs::create_dir(d.path().join("fixed")).unwrap();
    fs::set_permissions(d.path().join("fixed"), fs::Permissions::from_mode(0o555)).unwrap();
    let ran = as_nobody(d.path(), &format!("exec {}", REPORT.replace("-o out", "-o fixed/out")))?;
    ran.expect(3, &["fixed", "Permission denied"])
}

fn personal() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), many_sources(3)).unwrap();
    shell(d.path(), &format!("umask 000; exec {REPORT}")).expect(0, &[])?;
    let mut seen = 0;
    let mut folders = vec![d.path().join("out")];
    while let Some(folder) = folders.pop() {
        let mode = |p: &Path| fs::symlink_metadata(p).unwrap().permissions().mode() & 0o777;
        holds(mode(&folder) == 0o700, || format!("{}: {:o}", folder.display(), mode(&folder)))?;
        for path in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                holds(mode(&path) == 0o600, || format!("{}: {:o}", path.display(), mode(&path)))?;
                seen += 1;
            }
        }
    }
    Ok(format!("exit 0: {seen} files 0600, their folders 0700, under any umask"))
}

fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut out, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                out.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
    }
    out
}

/// Kills a report at moments all over its life; whatever looks finished is, and a rerun clears up.
fn killed(force: bool) -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), many_sources(150)).unwrap();
    let out = d.path().join("out");
    let args = ["report", "a.log", "-o", "out", "--force", "--now", "2026-07-01T00:00:00Z", "-q"];
    let began = Instant::now();
    let ran = run(d.path(), &args);
    ran.expect(0, &[])?;
    let whole = began.elapsed();
    let before = complete(&out).map_err(Odd::Wrong)?;
    let (mut died, mut left, rounds) = (0, 0, 40u32);
    for round in 0..rounds {
        if !force && out.exists() {
            fs::remove_dir_all(&out).unwrap();
        }
        let mut child = command(d.path(), &args).args(TOLD).spawn().unwrap();
        std::thread::sleep(whole * round / rounds * 11 / 10);
        child.kill().unwrap();
        died += u32::from(wait(&mut child).signal() == Some(9));
        left += u32::from(!leftovers(d.path()).is_empty());
        if out.exists() {
            let files = complete(&out).map_err(|e| Odd::Wrong(format!("round {round}: {e}")))?;
            holds(files == before, || format!("round {round}: {files} files of {before}"))?;
        } else {
            holds(!force, || format!("round {round}: the old folder is gone"))?;
        }
    }
    let last = run(d.path(), &args);
    last.expect(0, &[])?;
    complete(&out).map_err(Odd::Wrong)?;
    holds(leftovers(d.path()).is_empty(), || format!("left: {:?}", leftovers(d.path())))?;
    holds(died > rounds / 4 && left > 0, || format!("only {died} died, {left} left something"))?;
    Ok(format!(
        "{rounds} runs, {died} died, {left} left a hidden folder; none half done; a rerun clears up"
    ))
}

fn two_runs() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), many_sources(50)).unwrap();
    let pipe = d.path().join("pipe");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
        return Err(Odd::Untried("no mkfifo here".into()));
    }
    // The first waits for its standard input, with the folder already its own.
    let mut first =
        command(d.path(), &["report", "-", "-o", "out", "--now", "2026-07-01T00:00:00Z"]);
    let mut first = first.args(TOLD).stdin(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while leftovers(d.path()).len() < 2 && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = run(
        d.path(),
        &["report", "a.log", "-o", "out", "--force", "--now", "2026-07-01T00:00:00Z"],
    );
    second.expect(2, &["out: another run of plaint is writing it"])?;
    holds(leftovers(d.path()).len() == 2, || format!("{:?}", leftovers(d.path())))?;
    // Another folder beside it is free.
    run(d.path(), &["report", "a.log", "-o", "out2", "--now", "2026-07-01T00:00:00Z"])
        .expect(0, &[])?;
    first.stdin.take().unwrap().write_all(&attack(50)).unwrap();
    let first = finish(first);
    first.expect(0, &[])?;
    complete(&d.path().join("out")).map_err(Odd::Wrong)?;
    second.expect(2, &["another run"])
}

fn out_of_memory() -> Row {
    let d = dir();
    fs::write(d.path().join("a.log"), many_sources(2000)).unwrap();
    let mut seen = Vec::new();
    // The same run in less and less memory: done, or no folder.
    let mut done = 0;
    for kib in [1_000_000, 200_000, 100_000, 50_000, 20_000] {
        let ran = shell(d.path(), &format!("ulimit -v {kib}; exec {REPORT} --force --threads 2"));
        let code = ran.code();
        if code == 0 {
            complete(&d.path().join("out")).map_err(Odd::Wrong)?;
            done += 1;
            fs::remove_dir_all(d.path().join("out")).unwrap();
        } else {
            holds(!d.path().join("out").exists(), || format!("{kib} KiB: out is there"))?;
            holds(!ran.err.is_empty(), || format!("{kib} KiB: it says nothing, exit {code}"))?;
        }
        seen.push(format!("{} MiB: {code}", kib / 1024));
    }
    shell(d.path(), &format!("exec {REPORT} --force")).expect(0, &[])?;
    holds(leftovers(d.path()).is_empty(), || format!("left: {:?}", leftovers(d.path())))?;
    holds(done > 0, || format!("no limit is enough: {}", seen.join(", ")))?;
    Ok(format!("exit codes {}", seen.join(", ")))
}

// ---- signals ----

fn interrupted(command_: &'static str, signal: &'static str) -> Row {
    let d = dir();
    let mut log = attack(60_000);
    log.extend(many_sources(1000));
    fs::write(d.path().join("auth.log"), log).unwrap();
    let args = [command_, "auth.log", "--threads", "1"];
    let mut child = if command_ == "events" {
        command(d.path(), &args).args(TOLD).spawn().unwrap()
    } else {
        // Its standard input never ends: it is still reading when the signal comes.
        let mut c = command(d.path(), &[command_, "-", "--threads", "1"]);
        c.args(TOLD).stdin(Stdio::piped()).spawn().unwrap()
    };
    let mut input = child.stdin.take();
    if let Some(i) = input.as_mut() {
        i.write_all(&attack(10_000)).unwrap();
    }
    let mut out = child.stdout.take().unwrap();
    let mut first = vec![0; 1 << 12];
    if command_ == "events" {
        out.read_exact(&mut first).unwrap();
    } else {
        std::thread::sleep(Duration::from_millis(300));
    }
    let killed =
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
    holds(killed.is_ok_and(|s| s.success()), || "kill".into())?;
    let reader = std::thread::spawn(move || {
        let mut rest = Vec::new();
        out.read_to_end(&mut rest).unwrap();
        rest
    });
    let mut ran = finish(child);
    first.extend(reader.join().unwrap());
    drop(input);
    if command_ == "events" {
        ran.out = first;
        holds(ran.out.last() == Some(&b'\n'), || "the last row is cut".into())?;
    }
    let code = if signal == "INT" { 130 } else { 143 };
    ran.expect(code, &["interrupted"])
}

// ---- configuration ----

fn endless_includes() -> Row {
    let d = dir();
    fs::create_dir(d.path().join("ops")).unwrap();
    for (id, other) in [("aa", "bb"), ("bb", "aa")] {
        let text = format!("id = \"{id}\"\nname = \"{id}\"\nextends = \"{other}\"\n");
        fs::write(d.path().join(format!("ops/{id}.toml")), text).unwrap();
    }
    let ran =
        finish(command(d.path(), &["operators", "list", "--operators", "ops"]).spawn().unwrap());
    ran.expect(2, &["ops/aa.toml"])
}

fn large_files() -> Row {
    let d = dir();
    fs::create_dir(d.path().join("ops")).unwrap();
    let path = d.path().join("ops/large.toml");
    fs::File::create(&path).unwrap().set_len(3 << 30).unwrap();
    let ran = shell(d.path(), "ulimit -v 400000; exec $P operators list --operators ops");
    ran.expect(2, &["ops/large.toml: ", "MiB"])?;
    fs::rename(&path, d.path().join("plaint.toml")).unwrap();
    fs::write(d.path().join("a.log"), attack(1)).unwrap();
    let ran = shell(d.path(), "ulimit -v 400000; exec $P sources a.log $T");
    ran.expect(2, &["plaint.toml: ", "MiB"])
}

// ---- several logs at once ----

/// What `sources` says of a folder's logs, with these options on top; the same whichever they are, and in `kib`
/// of memory. (Not of address space: each thread reserves more of that than it has.)
fn the_same_however_read(cwd: &Path, logs: &str, code: i32, kib: u64) -> Result<Ran, Odd> {
    let mut first: Option<Ran> = None;
    for more in [
        "--threads 1",
        "--threads 4",
        "--threads 2 --chunk-bytes 700",
        "--threads 3 --chunk-bytes 20000",
    ] {
        let script = format!("$P sources {logs} --format jsonl $T {more}");
        let (ran, most) = shell_measured(cwd, &script);
        holds(most <= kib, || format!("{more}: {most} KiB of memory, more than {kib}"))?;
        holds(most > 0 || cfg!(not(target_os = "linux")), || format!("{more}: not measured"))?;
        holds(ran.code() == code, || {
            format!("{more}: exit {} instead of {code}: {}", ran.code(), ran.err.trim())
        })?;
        if let Some(first) = &first {
            holds(first.out == ran.out, || {
                let text = |r: &Ran| String::from_utf8(r.out.clone()).unwrap();
                format!("{more} tells other sources: {} not {}", text(&ran), text(first))
            })?;
            holds(first.err == ran.err, || format!("{more} says {} not {}", ran.err, first.err))?;
        }
        first.get_or_insert(ran);
    }
    first.ok_or_else(|| Odd::Wrong("nothing was run".into()))
}

/// `n` lines of one log among several, a second apart, each of its own session.
fn stamped(host: usize, n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..n {
        let (h, m, s) = (i / 3600 % 24, i / 60 % 60, i % 60);
        writeln!(
            out,
            "2026-06-12T{h:02}:{m:02}:{s:02}Z web{host} sshd[{i}]: Failed password for root from 203.0.113.{} port {} ssh2",
            host % 250,
            1024 + i % 60_000
        )
        .unwrap();
    }
    out
}

/// A number of a source's row.
fn attempts(ran: &Ran, source: &str) -> u64 {
    let rows = ran.out.split(|b| *b == b'\n').filter(|r| !r.is_empty());
    let rows = rows.map(|r| serde_json::from_slice::<serde_json::Value>(r).unwrap());
    rows.filter(|r| r["source"] == source)
        .filter_map(|r| r["families"]["sshd"]["attempts"].as_u64())
        .sum()
}

fn far_future() -> Row {
    let d = dir();
    let forged = "2199-12-31T23:59:59Z web1 sshd[1]: Invalid user x from 198.51.100.1 port 9\n";
    // At its very head, and just behind it: the log is held back, or what it told is.
    let lines = stamped(1, 60_000);
    let second = lines.iter().position(|b| *b == b'\n').unwrap() + 1;
    fs::write(d.path().join("a.log"), [forged.as_bytes(), &lines].concat()).unwrap();
    fs::write(
        d.path().join("b.log"),
        [&lines[..second], forged.as_bytes(), &stamped(2, 60_000)[..]].concat(),
    )
    .unwrap();
    fs::write(d.path().join("c.log"), stamped(3, 60_000)).unwrap();
    let ran = the_same_however_read(d.path(), "a.log b.log c.log", 0, 300_000)?;
    for (source, n) in [("203.0.113.1", 60_001), ("203.0.113.2", 60_000), ("203.0.113.3", 60_000)] {
        let told = attempts(&ran, source);
        holds(told == n, || format!("{source}: {told} attempts, not {n}"))?;
    }
    Ok("exit 0: every line counted, within 290 MiB of memory, the same at any size of chunk".into())
}

fn many_packed() -> Row {
    let d = dir();
    let (logs, lines) = (500, 40);
    for log in 0..logs {
        let bytes = packed("gz", &stamped(log, lines));
        fs::write(d.path().join(format!("log{log:03}.gz")), bytes).unwrap();
    }
    let ran = the_same_however_read(d.path(), "log*.gz", 0, 300_000)?;
    let total: u64 = (0..250).map(|n| attempts(&ran, &format!("203.0.113.{n}"))).sum();
    holds(total == (logs * lines) as u64, || format!("{total} attempts"))?;
    Ok(format!(
        "exit 0: {total} attempts of {logs} logs of the same minute, within 290 MiB of memory"
    ))
}

fn one_breaks_off() -> Row {
    let d = dir();
    for form in ["gz", "zst", "xz", "bz2"] {
        let whole = packed(form, &stamped(1, 40_000));
        fs::write(d.path().join("a.log"), &whole[..whole.len() / 2]).unwrap();
        for host in 2..5 {
            let bytes = packed("gz", &stamped(host, 20_000));
            fs::write(d.path().join(format!("b{host}.log")), bytes).unwrap();
        }
        fs::write(d.path().join("plain.log"), stamped(5, 20_000)).unwrap();
        let ran = the_same_however_read(d.path(), "a.log b?.log plain.log", 3, 300_000)?;
        ran.expect(3, &["a.log: "])?;
        for host in 2..=5 {
            let told = attempts(&ran, &format!("203.0.113.{host}"));
            holds(told == 20_000, || format!("{form}: {told} attempts of log {host}"))?;
        }
        let before = attempts(&ran, "203.0.113.1");
        holds(before > 1000 && before < 40_000, || format!("{form}: {before} before the cut"))?;
        if form == "bz2" {
            return ran.expect(3, &["a.log: "]).map(|s| format!("{s}; the other four whole"));
        }
    }
    Err(Odd::Wrong("not tried".into()))
}

fn one_shrinks() -> Row {
    let d = dir();
    let log = d.path().join("a.log");
    fs::write(&log, stamped(1, 60_000)).unwrap();
    fs::write(d.path().join("b.log"), stamped(2, 20_000)).unwrap();
    let args = ["events", "a.log", "b.log", "--threads", "1"];
    let mut child = command(d.path(), &args).args(TOLD).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut first = vec![0; 1 << 16];
    out.read_exact(&mut first).unwrap();
    fs::File::options().write(true).open(&log).unwrap().set_len(3_000_000).unwrap();
    let rest = std::thread::spawn(move || {
        let mut rest = Vec::new();
        out.read_to_end(&mut rest).unwrap();
        rest
    });
    let mut ran = finish(child);
    first.extend(rest.join().unwrap());
    ran.out = first;
    let of = |host: &str| {
        let rows = ran.out.split(|b| *b == b'\n');
        rows.filter(|r| memchr::memmem::find(r, host.as_bytes()).is_some()).count()
    };
    let (cut, whole) = (of("\"203.0.113.1\""), of("\"203.0.113.2\""));
    holds(cut < 60_000 && whole == 20_000, || format!("{cut} rows of one, {whole} of the other"))?;
    ran.expect(3, &["a.log: it became shorter"]).map(|s| format!("{s}; the other log whole"))
}

#[test]
fn the_fault_table() {
    type Try = Box<dyn Fn() -> Row + Send + Sync>;
    let rows: Vec<(&str, Try)> = vec![
        ("archive cut: gz", Box::new(|| cut_archive("gz"))),
        ("archive cut: zst", Box::new(|| cut_archive("zst"))),
        ("archive cut: xz", Box::new(|| cut_archive("xz"))),
        ("archive cut: bz2", Box::new(|| cut_archive("bz2"))),
        ("archives of garbage", Box::new(garbage_archive)),
        ("bomb: gz", Box::new(|| bomb("gz"))),
        ("bomb: zst", Box::new(|| bomb("zst"))),
        ("bomb: xz", Box::new(|| bomb("xz"))),
        ("bomb: bz2", Box::new(|| bomb("bz2"))),
        ("log shrinks while read", Box::new(shrinks)),
        ("log overwritten while read", Box::new(overwritten)),
        ("log changes under a report", Box::new(report_of_a_changing_log)),
        ("log grows while read", Box::new(grows)),
        ("log rotates while read", Box::new(rotates)),
        ("log vanishes", Box::new(vanishes)),
        ("no permission: file, folder", Box::new(no_permission)),
        ("read error of the disk", Box::new(broken_disk)),
        ("loops of links", Box::new(loops)),
        ("named pipes, devices", Box::new(pipes_and_devices)),
        ("a line of 50 MB", Box::new(long_line)),
        ("NULs", Box::new(nuls)),
        ("CRLF", Box::new(crlf)),
        ("UTF-16", Box::new(utf16)),
        ("stdin closed", Box::new(stdin_closed)),
        ("stdin is a folder", Box::new(stdin_is_a_folder)),
        ("stdout closed, reader gone", Box::new(stdout_closed)),
        ("stdout full", Box::new(full_device)),
        ("disk full: report", Box::new(disk_full)),
        ("file size limit: report", Box::new(file_size_limit)),
        ("file size limit: packed logs", Box::new(packed_under_a_file_size_limit)),
        ("disk full: spooled stdin", Box::new(spool_full)),
        ("read-only output", Box::new(read_only)),
        ("others may not read", Box::new(personal)),
        ("kill -9, new folder", Box::new(|| killed(false))),
        ("kill -9, --force", Box::new(|| killed(true))),
        ("two runs into one folder", Box::new(two_runs)),
        ("memory limits: report", Box::new(out_of_memory)),
        ("SIGINT: events", Box::new(|| interrupted("events", "INT"))),
        ("SIGTERM: events", Box::new(|| interrupted("events", "TERM"))),
        ("SIGTERM: sources", Box::new(|| interrupted("sources", "TERM"))),
        ("SIGINT: sources", Box::new(|| interrupted("sources", "INT"))),
        ("several: a stamp of 2199", Box::new(far_future)),
        ("several: 500 gz of a minute", Box::new(many_packed)),
        ("several: one gz breaks off", Box::new(one_breaks_off)),
        ("several: one shrinks", Box::new(one_shrinks)),
        ("operator files in a ring", Box::new(endless_includes)),
        ("huge operator file, config", Box::new(large_files)),
    ];
    let only = std::env::var("PLAINT_FAULT").ok();
    let (mut wrong, mut untried) = (Vec::new(), 0);
    println!("{:28} {:9}  what came of it", "fault", "");
    for (name, attempt) in &rows {
        if only.as_ref().is_some_and(|o| !name.contains(o.as_str())) {
            continue;
        }
        let began = Instant::now();
        let came = attempt();
        let took = began.elapsed().as_secs_f64();
        match came {
            Ok(seen) => println!("{name:28} ok {took:>4.1} s  {seen}"),
            Err(Odd::Untried(why)) => {
                untried += 1;
                println!("{name:28} UNTRIED    {why}");
            }
            Err(Odd::Wrong(what)) => {
                println!("{name:28} WRONG      {what}");
                wrong.push(format!("{name}: {what}"));
            }
        }
    }
    println!("{} rows, {} wrong, {untried} not tried here", rows.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
