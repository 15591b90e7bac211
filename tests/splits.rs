//! However a log is cut, into chunks or rotations, it comes to the same sources.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use plaint::class::Family;
use plaint::run::{Logs, Options, Remember, Scan, scan};
use plaint::source::ScanLimits;
use plaint::time::Zone;
use proptest::prelude::*;

/// Messages that bind lines to each other in every way we know.
const MESSAGES: &[&str] = &[
    "sshd[{N}]: Failed password for root from {S} port {P} ssh2",
    "sshd[{N}]: Failed password for root from {S} port {P} ssh2",
    "sshd[{N}]: Invalid user bob from {S} port {P}",
    "sshd[{N}]: message repeated 3 times: [ Failed password for root from {S} port {P} ssh2]",
    "last message repeated 2 times",
    "last message repeated 2 times",
    "sshd[{N}]: last message repeated 4 times",
    "sshd[{N}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={S}  user=root",
    "sshd[{N}]: PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={S}  user=root",
    "sshd[{N}]: error: PAM: Authentication failure for root from {S}",
    "sshd[{N}]: Failed publickey for git from {S} port {P} ssh2: RSA SHA256:abc",
    "sshd[{N}]: Accepted password for ann from {S} port {P} ssh2",
    "sshd[{N}]: Connection closed by {S} port {P} [preauth]",
    "sshd[{N}]: Connection closed by authenticating user root {S} port {P} [preauth]",
    "sshd[{N}]: Disconnected from invalid user bob {S} port {P} [preauth]",
    "sshd[{N}]: error: kex_exchange_identification: Connection closed by remote host",
    "sshd[{N}]: Connection closed by {S} port {P}",
    "sshd[{N}]: Invalid user x from 198.51.100.1 port {P} ssh2: y from {S} port {P}",
    "sshd[{N}]: Failed password for invalid user x from 198.51.100.1 port {P} ssh2: y from {S} port {P} ssh2",
    "cron[{N}]: (root) CMD (true)",
    "kernel: [UFW BLOCK] IN=eth0 OUT= SRC={S} DST=198.51.100.4 LEN=60 PROTO=TCP SPT={P} DPT=23 SYN",
    "postfix/smtpd[{N}]: connect from unknown[{S}]",
    "postfix/smtpd[{N}]: warning: unknown[{S}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    "postfix/smtpd[{N}]: NOQUEUE: reject: RCPT from unknown[{S}]: 554 5.7.1 <a@b.example>: Relay access denied; from=<c@d.example> to=<a@b.example> proto=ESMTP helo=<x>",
    "postfix/smtpd[{N}]: disconnect from unknown[{S}]",
    "dovecot: imap-login: Disconnected (auth failed, 2 attempts in 9 secs): user=<a>, method=PLAIN, rip={S}, lip=198.51.100.4, session=<{N}>",
    "dovecot: auth: passwd-file(a,{S}): Password mismatch",
    "auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=a rhost={S}  user=a",
    "sshd[{N}]: a message with a \0 in it",
];

type Line = (usize, usize, usize, usize, usize, i64);

fn line() -> impl Strategy<Value = Line> {
    let step = prop_oneof![8 => 1i64..20, 2 => 1i64..400, 1 => 1i64..30_000];
    (0..MESSAGES.len(), 0usize..2, 0usize..3, 0usize..3, 0usize..3, step)
}

/// The lines' bytes, in one of two forms, and maybe some seconds out of order.
fn texts(lines: &[Line], yearless: bool, disorder: bool) -> Vec<Vec<u8>> {
    // Around New Year.
    let mut at = 1_767_200_000i64;
    let render = |(message, host, source, pid, port, step): &Line| {
        at += step;
        let late = if disorder { at % 4 } else { 0 };
        let time = plaint::time::Instant::from_seconds(at - late).to_string();
        let stamp = if yearless {
            let month = if &time[5..7] == "12" { "Dec" } else { "Jan" };
            format!("{month} {:>2} {}", time[8..10].trim_start_matches('0'), &time[11..19])
        } else {
            time
        };
        let message = MESSAGES[*message]
            .replace("{S}", ["192.0.2.7", "192.0.2.8", "2001:db8::9"][*source])
            .replace("{N}", ["7", "8", "9"][*pid])
            .replace("{P}", ["4711", "4712", "4713"][*port]);
        format!("{stamp} web{host} {message}\n").into_bytes()
    };
    lines.iter().map(render).collect()
}

fn options() -> Options {
    Options {
        zone: Some(Zone::parse("UTC").unwrap()),
        log_end: Some(1_768_500_000),
        scan_limits: ScanLimits { ports: 15, addresses: 10 },
        ..Options::default()
    }
}

fn run(paths: &[PathBuf], options: &Options) -> Scan {
    let mut logs = Logs::open(paths, None, options, false).unwrap();
    assert!(logs.faults.is_empty() && logs.repeated.is_empty(), "{:?}", logs.repeated);
    scan(&mut logs, options, &|_| {}).unwrap()
}

/// All that is told of sources, but for where their lines lie.
fn told(scan: &Scan, options: &Options) -> Vec<String> {
    let sources = scan.sources.sorted();
    let one = |(addr, s): &(plaint::addr::Addr, &plaint::source::Source)| {
        let mut text = format!("{addr} {} logins", s.logins());
        for (family, t) in s.families() {
            let classes: Vec<_> = s.family_classes(family, options.scan_limits).collect();
            text += &format!(
                "; {family:?} {} {} {} {} {} {} {:?} {classes:?}",
                t.lines,
                t.attempts,
                t.connections,
                t.packets(),
                t.first(),
                t.last(),
                t.ports().collect::<Vec<_>>()
            );
        }
        text
    };
    sources.iter().map(one).collect()
}

fn put(dir: &Path, name: &str, lines: &[Vec<u8>]) -> PathBuf {
    let path = dir.join(name);
    let mut bytes = lines.concat();
    if name.ends_with(".gz") {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&bytes).unwrap();
        bytes = gz.finish().unwrap();
    }
    std::fs::write(&path, bytes).unwrap();
    path
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(400), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_change_nothing(
        lines in proptest::collection::vec(line(), 1..80),
        cuts in proptest::collection::btree_set(1usize..80, 0..6),
        yearless in any::<bool>(),
        chunk in prop_oneof![1usize..300, 300usize..5000],
        threads in 1usize..4,
        remember in prop_oneof![
            Just(Remember::Nothing),
            Just(Remember::Readings),
            Just(Remember::Evidence),
            Just(Remember::Lines),
        ],
        disorder in any::<bool>(),
    ) {
        let texts = texts(&lines, yearless, disorder);
        let dir = tempfile::tempdir().unwrap();
        let whole = put(dir.path(), "auth.log", &texts);
        let options = options();
        let scanned = run(&[whole], &options);
        let want = told(&scanned, &options);
        // Its readings add up to its lines, at any size of chunks.
        let cut = Options { chunk_bytes: chunk, threads, remember, ..options.clone() };
        let chunked = run(&[dir.path().join("auth.log")], &cut);
        prop_assert_eq!(&told(&chunked, &cut), &want, "chunks of {}", chunk);
        let packed = run(&[put(dir.path(), "packed.gz", &texts)], &cut);
        prop_assert_eq!(&told(&packed, &cut), &want, "packed, chunks of {}", chunk);
        for account in [&scanned.accounts[0], &chunked.accounts[0]] {
            prop_assert_eq!(account.lines, lines.len() as u64);
            prop_assert_eq!(account.readings.iter().sum::<u64>(), account.lines);
        }

        // As rotations. A piece of unread lines alone has no time, and so no place in their order.
        let mut pieces: Vec<Vec<Vec<u8>>> = vec![Vec::new()];
        for (i, text) in texts.iter().enumerate() {
            let timed = pieces.last().unwrap().iter().any(|t| !t.contains(&0));
            if cuts.contains(&i) && timed {
                pieces.push(Vec::new());
            }
            pieces.last_mut().unwrap().push(text.clone());
        }
        if pieces.len() > 1 && pieces.last().unwrap().iter().all(|t| t.contains(&0)) {
            let last = pieces.pop().unwrap();
            pieces.last_mut().unwrap().extend(last);
        }
        // A rotation that is the beginning of another is a copy, and read once.
        let copy = |(i, a): (usize, &Vec<Vec<u8>>)| {
            pieces.iter().enumerate().any(|(k, b)| i != k && b.starts_with(a))
        };
        prop_assume!(!pieces.iter().enumerate().any(copy));
        let rotated = tempfile::tempdir().unwrap();
        let n = pieces.len();
        let paths: Vec<PathBuf> = pieces
            .iter()
            .enumerate()
            .map(|(i, piece)| {
                let name = match n - 1 - i {
                    0 => "auth.log".to_owned(),
                    1 => "auth.log.1".to_owned(),
                    k => format!("auth.log.{k}.gz"),
                };
                put(rotated.path(), &name, piece)
            })
            .collect();
        let merged = run(&paths, &cut);
        prop_assert_eq!(&told(&merged, &cut), &want, "{} rotations", n);
        let read: u64 = merged.accounts.iter().map(|a| a.readings.iter().sum::<u64>()).sum();
        prop_assert_eq!(read, lines.len() as u64);
    }

    /// A log for each daemon, each rotated when it likes, comes to what one log of all does.
    #[test]
    fn apart_is_as_together(
        lines in proptest::collection::vec(line(), 1..80),
        cuts in proptest::collection::btree_set((0usize..3, 1usize..80), 0..8),
        yearless in any::<bool>(),
        chunk in prop_oneof![1usize..300, 300usize..5000],
        threads in 1usize..4,
    ) {
        // What refers to the line before it, whatever that is, has no place in another log.
        let texts = texts(&lines, yearless, false);
        let told_apart = |t: &Vec<u8>| {
            let has = |word: &str| memchr::memmem::find(t, word.as_bytes()).is_some();
            (!has("last message") && !t.contains(&0))
                .then(|| [has("postfix") || has(" dovecot:"), has("sshd[") || has(" auth:"), true].iter().position(|h| *h))
                .flatten()
        };
        let mut logs: [Vec<Vec<Vec<u8>>>; 3] = std::array::from_fn(|_| vec![Vec::new()]);
        let mut all = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            let Some(log) = told_apart(text) else { continue };
            all.push(text.clone());
            if cuts.contains(&(log, i)) && !logs[log].last().unwrap().is_empty() {
                logs[log].push(Vec::new());
            }
            logs[log].last_mut().unwrap().push(text.clone());
        }
        prop_assume!(!all.is_empty());
        let dir = tempfile::tempdir().unwrap();
        let options = options();
        let want = told(&run(&[put(dir.path(), "syslog", &all)], &options), &options);
        let apart = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (name, pieces) in ["mail.log", "auth.log", "kern.log"].iter().zip(&logs) {
            for (n, piece) in pieces.iter().rev().enumerate().filter(|(_, p)| !p.is_empty()) {
                let name = match n {
                    0 => (*name).to_owned(),
                    1 => format!("{name}.1"),
                    k => format!("{name}.{k}.gz"),
                };
                paths.push(put(apart.path(), &name, piece));
            }
        }
        let cut = Options { chunk_bytes: chunk, threads, ..options };
        prop_assert_eq!(&told(&run(&paths, &cut), &cut), &want, "{} logs", paths.len());
    }
}

#[test]
fn what_is_cut_is_worth_cutting() {
    // Each message is read as something, and together they are of every family.
    let all: Vec<Line> = (0..MESSAGES.len()).map(|m| (m, 0, 0, 0, 0, 5)).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = put(dir.path(), "auth.log", &texts(&all, false, false));
    let scanned = run(&[path], &options());
    let (_, source) = scanned.sources.sorted()[0];
    assert!(Family::ALL.iter().all(|f| source.family(*f).is_some()));
    assert!(
        scanned.accounts[0].readings.iter().all(|n| *n > 0),
        "{:?}",
        scanned.accounts[0].readings
    );
}
