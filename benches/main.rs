//! Stages and the whole run, in bytes of log a second; each checks its answer before it is timed.
//!
//! Inputs are made by a generator of fixed seed or come from `testdata/dialect`,
//! so two runs measure the same work. `cargo bench -- NAME` runs some.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use plaint::class::Reading;
use plaint::dialect::{Claim, DIALECTS, Said};
use plaint::envelope::{Reader, stamp};
use plaint::operator::Operators;
use plaint::operator::prefix::{Range, Table};
use plaint::run::{Logs, Options, scan};
use plaint::time::Zone;

fn main() {
    divan::main();
}

/// Numbers that look random and are the same on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    const fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }
}

/// A log, and what it holds by construction.
struct Made {
    text: String,
    lines: u64,
    hostile: u64,
    sources: usize,
}

/// `sessions` of an auth.log over one day: three in four guess a password, one logs in.
fn auth_log(sessions: u64) -> Made {
    let mut dice = Dice(7);
    let (mut text, mut lines, mut hostile) = (String::new(), 0, 0);
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..sessions {
        let second = n * 86_400 / sessions;
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let pid = 1000 + n;
        let port = 1024 + dice.below(60_000);
        let head = format!("Jun 12 {h:02}:{m:02}:{s:02} web{} sshd[{pid}]: ", dice.below(4));
        let who = dice.below(2000);
        let (high, low) = (who / 250, who % 250 + 1);
        if dice.below(4) > 0 {
            let user = ["root", "admin", "test", "oracle", "ubuntu"][dice.below(5) as usize];
            let peer = format!("192.0.{high}.{low} port {port}");
            seen.insert(who);
            writeln!(text, "{head}Invalid user {user} from {peer}").unwrap();
            writeln!(text, "{head}Failed password for invalid user {user} from {peer} ssh2")
                .unwrap();
            writeln!(text, "{head}Connection closed by invalid user {user} {peer} [preauth]")
                .unwrap();
            (lines, hostile) = (lines + 3, hostile + 3);
        } else {
            let peer = format!("198.51.{high}.{low} port {port}");
            writeln!(text, "{head}Accepted publickey for ann from {peer} ssh2: ED25519 SHA256:x")
                .unwrap();
            writeln!(text, "{head}Disconnected from user ann {peer}").unwrap();
            lines += 2;
        }
    }
    Made { text, lines, hostile, sources: seen.len() }
}

#[divan::bench]
fn envelope(bencher: Bencher<'_, '_>) {
    let made = auth_log(10_000);
    let count = || {
        let mut reader = Reader::default();
        reader.trusts_no_nul = true;
        made.text.lines().filter(|l| reader.read(l.as_bytes()).is_ok()).count() as u64
    };
    assert_eq!(count(), made.lines);
    bencher.counter(BytesCount::of_str(&made.text)).bench_local(|| black_box(count()));
}

#[divan::bench(args = ["Jun 12 08:58:35", "2026-06-12T08:58:35.123456+02:00", "1781247515.25"])]
fn one_stamp(bencher: Bencher<'_, '_>, text: &str) {
    let line = format!("{text} web1 sshd[811]: x");
    assert_eq!(stamp::read(line.as_bytes()).unwrap().1, text.len());
    bencher.counter(ItemsCount::new(1u32)).bench_local(|| stamp::read(black_box(line.as_bytes())));
}

#[divan::bench(args = DIALECTS.iter().map(|d| d.id))]
fn dialect(bencher: Bencher<'_, '_>, id: &str) {
    let path = format!("testdata/dialect/{id}.log");
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let mut reader = Reader::default();
    let messages: Vec<(Claim, &[u8])> = bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.starts_with(b"#"))
        .filter_map(|l| reader.read(l).ok())
        .map(|e| (Claim::of(e.program), e.message))
        .collect();
    let heard = || messages.iter().filter(|(c, m)| c.read(m).said != Said::No).count();
    // The annotations say how many lines some grammar reads.
    let known =
        bytes.split(|b| *b == b'\n').filter(|l| memchr::memmem::find(l, b" grammar=").is_some());
    assert_eq!(heard(), known.filter(|l| l.starts_with(b"# ")).count());
    let size: usize = messages.iter().map(|(_, m)| m.len()).sum();
    bencher.counter(BytesCount::new(size)).bench_local(|| black_box(heard()));
}

#[divan::bench(sample_count = 20)]
fn prefix_of_a_million(bencher: Bencher<'_, '_>) {
    const RANGES: u32 = 1_000_000;
    let mut table = Table::default();
    for n in 0..RANGES {
        // Each range of 2,048 addresses is followed by as many that nobody holds.
        table.add(Range::V4(n << 12, (n << 12) + 2047), n);
    }
    table.sort();
    assert_eq!(table.len(), RANGES as usize);
    let mut dice = Dice(11);
    let asked: Vec<IpAddr> =
        (0..4096).map(|_| Ipv4Addr::from_bits(dice.roll() as u32).into()).collect();
    for ip in &asked {
        let IpAddr::V4(v4) = ip else { continue };
        let (range, within) = (v4.to_bits() >> 12, v4.to_bits() & 4095);
        assert_eq!(table.longest(*ip), (within < 2048 && range < RANGES).then_some(range));
    }
    bencher
        .counter(ItemsCount::new(asked.len()))
        .bench_local(|| asked.iter().filter_map(|ip| table.longest(black_box(*ip))).count());
}

#[divan::bench(sample_count = 3)]
fn load_a_million_prefixes(bencher: Bencher<'_, '_>) {
    const PREFIXES: u32 = 1_000_000;
    let dir = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for n in 0..PREFIXES {
        // Every fourth is a range that lies in the /21 before it.
        let at = Ipv4Addr::from_bits(((n / 4 * 4) << 12) + (n % 4) * 64);
        match n % 4 {
            0 => writeln!(list, "{at}/21").unwrap(),
            _ => writeln!(list, "{at} - {}", Ipv4Addr::from_bits(at.to_bits() + 40)).unwrap(),
        }
    }
    std::fs::write(dir.path().join("list.txt"), &list).unwrap();
    let file = "id = 'big'\n[match]\nprefix_file = 'list.txt'\n";
    std::fs::write(dir.path().join("big.toml"), file).unwrap();
    let load = || Operators::load(Some(dir.path()), None).unwrap();
    let all = load();
    for (ip, prefix) in [
        ("0.0.0.1", "0.0.0.0/21"),
        ("0.0.64.70", "0.0.64.64 - 0.0.64.104"),
        ("0.0.64.105", "0.0.64.0/21"),
    ] {
        let found = all.whose(ip.parse().unwrap()).unwrap();
        assert_eq!(found.record.unwrap().prefix, prefix);
    }
    assert!(!all.claims("255.0.0.1".parse().unwrap()));
    bencher.counter(ItemsCount::new(PREFIXES)).bench_local(load);
}

#[divan::bench(args = [1, 2], sample_count = 10)]
fn whole_scan(bencher: Bencher<'_, '_>, threads: usize) {
    let made = auth_log(100_000);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.log");
    std::fs::write(&path, &made.text).unwrap();
    let options = Options {
        threads,
        zone: Some(Zone::Fixed(0)),
        log_end: Some(1_782_864_000),
        ..Options::default()
    };
    let run = || {
        let mut logs = Logs::open(std::slice::from_ref(&path), None, &options, false).unwrap();
        scan(&mut logs, &options, &|_| {}).unwrap()
    };
    let found = run();
    assert_eq!(found.accounts[0].lines, made.lines);
    assert_eq!(found.accounts[0].count(Reading::Hostile), made.hostile);
    assert_eq!(found.sources.sorted().len(), made.sources);
    bencher.counter(BytesCount::of_str(&made.text)).bench_local(run);
}
