//! Bytes of an enemy's choice through every reader: what was found once is replayed, and new
//! inputs are made of it, the same ones in each run.
//!
//! `PLAINT_FUZZ_SECONDS=600 cargo test --release --test fuzz -- --nocapture generated` goes on for
//! that long per target, from a seed of its own (`PLAINT_FUZZ_SEED`), and says how far it came;
//! `PLAINT_FUZZ_ONLY=line,report` names targets. An input that fails is left in
//! `testdata/fuzz/failed`, to be moved to its target's folder with the repair.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "fuzz/inert.rs"]
mod inert;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::{Dice, mutate};

/// Longest input that is made.
const MOST: usize = 16 * 1024;

/// Longest time that one input may take, in a build without optimisation on a busy machine.
const SLOW: Duration = Duration::from_secs(20);

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz")
}

/// The corpus of a target, in the order of names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(corpora().join(target)) else { return Vec::new() };
    let mut all: Vec<_> = entries
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(p).unwrap()))
        .collect();
    all.sort();
    all
}

/// What else a target's inputs are made of: the samples of all dialects.
fn samples(target: &str) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    if !["line", "report", "stamp", "text"].contains(&target) {
        return out;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("dialect"))
        .unwrap()
        .chain(fs::read_dir(root.join("cases/small/logs")).unwrap())
        .chain(fs::read_dir(root.join("hostile")).unwrap())
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "log"))
        .collect();
    files.sort();
    for file in files {
        let text = fs::read(file).unwrap();
        let lines: Vec<&[u8]> =
            text.split_inclusive(|b| *b == b'\n').filter(|l| !l.starts_with(b"#")).collect();
        // A few lines each, so that a session stays together.
        out.extend(lines.chunks(6).map(<[&[u8]]>::concat));
    }
    out
}

fn words(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let split = |b: &u8| b" \n\t[]()<>=:,;/\"'".contains(b);
    let all: BTreeSet<&[u8]> =
        seeds.iter().flat_map(|s| s.split(split)).filter(|w| (1..40).contains(&w.len())).collect();
    all.into_iter().map(<[u8]>::to_vec).collect()
}

/// Inputs that are made where no time is told: about a second's worth.
fn shares(target: &str) -> u64 {
    match target {
        "archive" | "profile" | "layers" => 1500,
        "report" => 700,
        "stamp" => 4000,
        _ => 20_000,
    }
}

/// Runs one input; how long it took, or what it failed by.
fn execute(run: fn(&[u8]), data: &[u8]) -> Result<Duration, String> {
    let began = Instant::now();
    match catch_unwind(AssertUnwindSafe(|| run(data))) {
        Ok(()) if began.elapsed() > SLOW => Err(format!("took {:?}", began.elapsed())),
        Ok(()) => Ok(began.elapsed()),
        Err(e) => Err(e
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| e.downcast_ref::<&str>().map(|s| (*s).to_owned()))
            .unwrap_or_default()),
    }
}

#[test]
fn what_was_found_once_is_replayed() {
    let mut replayed = 0;
    for (name, run) in targets::ALL {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "testdata/fuzz/{name} holds too little: {}", corpus.len());
        for (file, data) in corpus {
            if let Err(e) = execute(*run, &data) {
                panic!("testdata/fuzz/{name}/{file}: {e}");
            }
            replayed += 1;
        }
    }
    println!("{replayed} inputs of {} targets replayed", targets::ALL.len());
    let mails = targets::MAILS.load(std::sync::atomic::Ordering::Relaxed);
    assert!(mails > 3, "the reports of the corpus come to {mails} mails");
    let folders: BTreeSet<String> = fs::read_dir(corpora())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n != "failed")
        .collect();
    let known: BTreeSet<String> = targets::ALL.iter().map(|(n, _)| (*n).to_owned()).collect();
    assert_eq!(folders, known, "each corpus has its target");
    targets::tidy();
}

#[test]
fn generated_inputs_break_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let seconds = number("PLAINT_FUZZ_SECONDS");
    let seed = number("PLAINT_FUZZ_SEED").unwrap_or(8);
    let only = std::env::var("PLAINT_FUZZ_ONLY").ok();
    let mut failed = Vec::new();
    for (name, run) in targets::ALL {
        if only.as_ref().is_some_and(|o| !o.split(',').any(|t| t == *name)) {
            continue;
        }
        let mut seeds: Vec<Vec<u8>> = corpus(name).into_iter().map(|(_, d)| d).collect();
        seeds.extend(samples(name));
        let words = words(&seeds);
        let mut dice = Dice::new(seed);
        let (began, mut done, mut slowest) = (Instant::now(), 0u64, Duration::ZERO);
        loop {
            let over = match seconds {
                Some(s) => began.elapsed().as_secs() >= s,
                None => done >= shares(name),
            };
            if over {
                break;
            }
            let data = mutate(&mut dice, &seeds, &words, MOST);
            match execute(*run, &data) {
                Ok(took) => slowest = slowest.max(took),
                Err(e) => {
                    let folder = corpora().join("failed");
                    fs::create_dir_all(&folder).unwrap();
                    let file = folder.join(format!("{name}-{seed}-{done}"));
                    fs::write(&file, &data).unwrap();
                    failed.push(format!("{}: {e}", file.display()));
                    if failed.len() % 5 == 0 {
                        break;
                    }
                }
            }
            done += 1;
        }
        println!(
            "{name:8} {done:>9} inputs in {:>5.1} s, the slowest {:.0} ms",
            began.elapsed().as_secs_f64(),
            slowest.as_secs_f64() * 1e3
        );
    }
    targets::tidy();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
