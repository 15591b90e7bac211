//! [`each_chunk`]: chunks are read in parallel and their results taken in order, so that threads change nothing.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::fault::{Fault, Outcome};
use crate::input::{Chunk, Stream};

use super::collect::Log;

/// Gives out chunks in order. Packed inputs are unpacked here, one chunk a call, while other threads read theirs.
struct Feed<'r> {
    logs: &'r [Log],
    /// The first input that is not read.
    end: usize,
    input: usize,
    index: usize,
    sequence: u64,
    stream: Option<Stream<'r>>,
    faults: Faults,
}

/// Inputs that could not be read to their end, by number.
pub type Faults = Vec<(usize, std::io::Error)>;

/// A chunk to read: its place in the run, its input, and whether its bytes are still to be fetched.
struct Job {
    sequence: u64,
    input: usize,
    fetch: bool,
}

impl<'r> Feed<'r> {
    fn next(&mut self, chunk: &mut Chunk) -> Option<Job> {
        loop {
            if self.input >= self.end {
                return None;
            }
            let log: &'r Log = self.logs.get(self.input)?;
            let job = Job { sequence: self.sequence, input: self.input, fetch: true };
            if let Some(chunks) = log.input.chunks() {
                if self.index < chunks && !self.faults.iter().any(|(n, _)| *n == self.input) {
                    chunk.index = self.index;
                    self.index += 1;
                    self.sequence += 1;
                    return Some(job);
                }
                self.turn();
                continue;
            }
            let step = match &mut self.stream {
                Some(s) => s.next(chunk),
                None => match log.input.stream() {
                    Ok(s) => self.stream.insert(s).next(chunk),
                    Err(e) => Err(e),
                },
            };
            match step {
                Ok(true) => {
                    self.sequence += 1;
                    return Some(Job { fetch: false, ..job });
                }
                Ok(false) => self.turn(),
                Err(e) => {
                    self.faults.push((self.input, e));
                    self.turn();
                }
            }
        }
    }

    fn turn(&mut self) {
        self.input += 1;
        self.index = 0;
        self.stream = None;
    }
}

/// Results that wait for those before them.
struct Queue<T> {
    waiting: BTreeMap<u64, T>,
    next: u64,
    merging: bool,
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked has ended the process: there is no poison.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a run goes through its chunks.
pub struct Steps<'f, W, T> {
    /// Makes what a thread reuses from chunk to chunk.
    pub begin: &'f (dyn Fn() -> W + Sync),
    /// Reads one chunk.
    pub read: &'f (dyn Fn(&mut W, &Log, u32, &Chunk) -> T + Sync),
    /// Takes the results in the order of the run; false ends it.
    pub take: &'f mut (dyn FnMut(T) -> bool + Send),
    /// Takes what each thread reused, in no order.
    pub end: &'f mut (dyn FnMut(W) + Send),
}

/// Goes through all chunks of some of `logs` with `threads` threads.
///
/// # Errors
///
/// The threads cannot be started.
pub fn each_chunk<W, T: Send>(
    logs: &[Log],
    inputs: std::ops::Range<usize>,
    threads: usize,
    steps: Steps<'_, W, T>,
) -> Outcome<Faults> {
    let Steps { begin, read, take, end } = steps;
    let feed = Mutex::new(Feed {
        logs,
        end: inputs.end,
        input: inputs.start,
        index: 0,
        sequence: 0,
        stream: None,
        faults: Vec::new(),
    });
    let queue = Mutex::new(Queue { waiting: BTreeMap::new(), next: 0, merging: false });
    let room = Condvar::new();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (take, end) = (Mutex::new(take), Mutex::new(end));
    let work = || {
        let mut worker = begin();
        let mut chunk = Chunk::default();
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            let Some(job) = lock(&feed).next(&mut chunk) else { break };
            let Some(log) = logs.get(job.input) else { break };
            if job.fetch
                && let Err(e) = log.input.read_chunk(chunk.index, &mut chunk)
            {
                lock(&feed).faults.push((job.input, e));
                chunk.clear();
            }
            let out = read(&mut worker, log, u32::try_from(job.input).unwrap_or(u32::MAX), &chunk);
            let mut q = lock(&queue);
            // Whoever runs far ahead of the slowest chunk waits, so that memory is bounded.
            while job.sequence > q.next + 8 * threads as u64 {
                q = room.wait(q).unwrap_or_else(PoisonError::into_inner);
            }
            q.waiting.insert(job.sequence, out);
            if q.merging {
                continue;
            }
            q.merging = true;
            loop {
                let next = q.next;
                let Some(out) = q.waiting.remove(&next) else { break };
                q.next += 1;
                drop(q);
                room.notify_all();
                if !(lock(&take))(out) {
                    stop.store(true, std::sync::atomic::Ordering::Relaxed);
                }
                q = lock(&queue);
            }
            q.merging = false;
        }
        (lock(&end))(worker);
    };
    if threads <= 1 {
        work();
    } else {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|e| Fault::usage(format!("--threads {threads}: {e}")))?;
        pool.scope(|s| {
            for _ in 0..threads {
                s.spawn(|_| work());
            }
        });
    }
    Ok(feed.into_inner().unwrap_or_else(PoisonError::into_inner).faults)
}
