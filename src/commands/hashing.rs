//! [`Hashing`]: the hashes of the inputs, of which one long log's takes longer than anything else; so it is begun
//! while the logs are read.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::hash::{self, Hash, Hashed, hex};
use crate::input::Raw;
use crate::run::{Logs, progress};

/// The hashes of some logs, each as it lies on the disk, as far as they are made.
#[derive(Debug)]
pub struct Hashing {
    /// The logs, in their order.
    raws: Vec<Raw>,
    /// Those that one thread hashes together, none of them begun.
    together: Vec<Vec<usize>>,
    /// The others, and how far they are.
    alone: Mutex<Alone>,
}

/// Logs that are hashed each by itself.
#[derive(Debug, Default)]
struct Alone {
    /// The longest last.
    left: Vec<(usize, Begun)>,
    ended: Vec<(usize, io::Result<Hash>)>,
    buffer: Vec<u8>,
    took: Duration,
}

/// A log that is hashed piece by piece.
type Begun = Hashed<Heard<Raw>>;

impl Hashing {
    /// Nothing is hashed yet; `threads` are there for all of it.
    #[must_use]
    pub fn of(logs: &Logs, threads: usize) -> Self {
        let lengths: Vec<u64> = logs.logs.iter().map(|log| log.input.bytes).collect();
        let raws: Vec<Raw> = logs.logs.iter().map(|log| log.input.raw()).collect();
        let (alone, together): (Vec<_>, Vec<_>) =
            hash::groups(&lengths, threads).into_iter().partition(|group| group.len() == 1);
        let begun = |n: usize| Some((n, Hashed::of(Heard(raws.get(n)?.clone()))));
        let left = alone.into_iter().rev().flatten().filter_map(begun).collect();
        Self { raws, together, alone: Mutex::new(Alone { left, ..Alone::default() }) }
    }

    /// Hashes some bytes more, if no other thread does so and a log is left that is hashed by itself. For threads that
    /// read logs meanwhile: they stay as many, and what was hashed when all is read need not be waited for.
    pub fn step(&self, bytes: u64) {
        let Ok(mut alone) = self.alone.try_lock() else { return };
        let begun = Instant::now();
        let Alone { left, ended, buffer, .. } = &mut *alone;
        let mut done = 0;
        while done < bytes {
            let Some((_, log)) = left.last_mut() else { break };
            match log.more(buffer) {
                Ok(0) => {
                    ended.extend(left.pop().map(|(n, log)| (n, Ok(log.end()))));
                }
                Ok(n) => done += n as u64,
                Err(e) => ended.extend(left.pop().map(|(n, _)| (n, Err(e)))),
            }
        }
        alone.took += begun.elapsed();
    }

    /// Hashes what is left, with the threads of the pool that it is called in; then the hashes of `logs` in their order, and how
    /// long it all took. Logs that are not those that it was begun with are hashed anew.
    ///
    /// # Errors
    ///
    /// A log that cannot be read.
    pub fn end(self, logs: &Logs) -> Outcome<(Vec<String>, Duration)> {
        let begun = Instant::now();
        let as_begun = logs.logs.len() == self.raws.len()
            && logs.logs.iter().zip(&self.raws).all(|(log, raw)| raw.is_of_same(&log.input.raw()));
        let Self { raws, together, alone } =
            if as_begun { self } else { Self::of(logs, rayon::current_num_threads()) };
        let Alone { left, ended, took, .. } =
            alone.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reader = |n: usize| Some((n, Heard(raws.get(n)?.clone())));
        let group = |group: Vec<usize>| -> Vec<_> {
            hash::all_read(group.into_iter().filter_map(reader).collect())
        };
        let one = |(n, log): (usize, Begun)| (n, log.rest());
        // The longest first.
        let left = left.into_par_iter().rev().map(one);
        let together = together.into_par_iter().flat_map_iter(group);
        let mut all: Vec<_> = left.chain(together).collect();
        all.extend(ended);
        all.sort_unstable_by_key(|(n, _)| *n);
        let told = logs.logs.iter().zip(all).map(|(log, (_, hash))| {
            hash.map(|hash| hex(&hash)).map_err(|e| Fault::file(&log.input.path, e))
        });
        Ok((told.collect::<Outcome<_>>()?, took + begun.elapsed()))
    }
}

/// A reader of which it is told how much it read.
#[derive(Debug)]
struct Heard<R>(R);

impl<R: Read> Read for Heard<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(out)?;
        progress::again(n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::hash::sha256;
    use crate::run::Options;

    fn logs(lines: &[usize]) -> (tempfile::TempDir, Logs) {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = lines
            .iter()
            .enumerate()
            .map(|(n, lines)| {
                let path = dir.path().join(format!("{n}.log"));
                let line = |second: usize| {
                    format!("2026-03-{:02}T00:00:{:02}Z web1 cron[7]: x\n", n + 1, second % 60)
                };
                let text: String = (0..*lines).map(line).collect();
                std::fs::write(&path, text).unwrap();
                path
            })
            .collect();
        let logs = Logs::open(&paths, None, &Options::default(), false).unwrap();
        (dir, logs)
    }

    fn wanted(logs: &Logs) -> Vec<String> {
        let hash = |path| sha256(&std::fs::read(path).unwrap());
        logs.logs.iter().map(|log| hash(&log.input.path)).collect()
    }

    #[test]
    fn the_same_however_much_was_hashed_before() {
        for lines in [&[20_000][..], &[1, 9_000], &[9_000, 9_001, 1, 2, 3, 4, 5, 6, 7, 8]] {
            let (_dir, logs) = logs(lines);
            let want = wanted(&logs);
            assert_eq!(want.len(), lines.len());
            for threads in [1, 2, 7] {
                for steps in [&[][..], &[1], &[1, 1, 1, 300_000, 1], &[1 << 30, 1], &[u64::MAX]] {
                    let hashing = Hashing::of(&logs, threads);
                    steps.iter().for_each(|bytes| hashing.step(*bytes));
                    assert_eq!(hashing.end(&logs).unwrap().0, want, "{lines:?}, {steps:?}");
                }
            }
        }
    }

    #[test]
    fn a_log_is_hashed_while_it_is_read_and_once() {
        let (_dir, logs) = logs(&[20_000]);
        let hashing = Hashing::of(&logs, 2);
        std::thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| (0..1000).for_each(|_| hashing.step(1000)));
            }
        });
        let alone = hashing.alone.lock().unwrap();
        assert!(alone.left.is_empty());
        assert_eq!(alone.ended.len(), 1);
        drop(alone);
        assert_eq!(hashing.end(&logs).unwrap().0, wanted(&logs));
    }

    #[test]
    fn logs_that_were_put_in_another_order_are_hashed_anew() {
        let (_dir, mut logs) = logs(&[5, 6, 7]);
        let hashing = Hashing::of(&logs, 1);
        hashing.step(1 << 20);
        logs.logs.reverse();
        assert_eq!(hashing.end(&logs).unwrap().0, wanted(&logs));
    }
}
