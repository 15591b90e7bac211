//! [`each_chunk`]: chunks are read in parallel and their results taken in order, so that threads change nothing.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::fault::{Fault, Outcome};
use crate::input::{Chunk, Stream};

use super::collect::Log;
use super::plan::Plan;

/// In which order chunks are read.
#[derive(Clone, Copy, Debug)]
pub enum Order<'r> {
    /// One input after the other.
    Inputs,
    /// As planned.
    Planned(&'r Plan),
}

/// Gives out chunks in order. Packed inputs are unpacked here, one chunk a call, while other threads read theirs.
struct Feed<'r> {
    logs: &'r [Log],
    order: Order<'r>,
    /// Items of the plan that were given out.
    planned: usize,
    /// The input whose next chunk is given out, and the number of that.
    input: usize,
    index: usize,
    sequence: u64,
    streams: FxHashMap<usize, Stream<'r>>,
    /// Packed inputs that were read to their end.
    ended: Vec<usize>,
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
            if let Order::Planned(plan) = self.order {
                let item = plan.items().get(self.planned)?;
                (self.input, self.index) = (item.input as usize, item.index);
            }
            let log: &'r Log = self.logs.get(self.input)?;
            let job = Job { sequence: self.sequence, input: self.input, fetch: true };
            if let Some(chunks) = log.input.chunks() {
                if self.index < chunks && !self.faults.iter().any(|(n, _)| *n == self.input) {
                    chunk.index = self.index;
                    self.index += 1;
                    self.planned += 1;
                    self.sequence += 1;
                    return Some(job);
                }
                self.turn();
                continue;
            }
            if self.ended.contains(&self.input) {
                self.turn();
                continue;
            }
            let step = match self.streams.entry(self.input) {
                Entry::Occupied(stream) => stream.into_mut().next(chunk),
                Entry::Vacant(room) => match log.input.stream() {
                    Ok(stream) => room.insert(stream).next(chunk),
                    Err(e) => Err(e),
                },
            };
            match step {
                Ok(true) => {
                    // Behind the last chunk planned more may come, or damage that must be told.
                    let last = chunk.index + 1 >= log.begins.len();
                    self.planned += usize::from(!last);
                    self.sequence += 1;
                    return Some(Job { fetch: false, ..job });
                }
                Ok(false) => self.end(),
                Err(e) => {
                    self.faults.push((self.input, e));
                    self.end();
                }
            }
        }
    }

    /// Turns from a packed input that has no more chunks.
    fn end(&mut self) {
        self.streams.remove(&self.input);
        self.ended.push(self.input);
        self.turn();
    }

    fn turn(&mut self) {
        self.planned += 1;
        self.input += 1;
        self.index = 0;
    }
}

/// Results that wait for those before them.
struct Queue<T> {
    waiting: BTreeMap<u64, T>,
    next: u64,
    merging: bool,
    /// Threads that wait for room.
    held_up: usize,
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

/// Goes through the chunks of `logs` with `threads` threads.
///
/// # Errors
///
/// The threads cannot be started.
pub fn each_chunk<W, T: Send>(
    logs: &[Log],
    order: Order<'_>,
    threads: usize,
    steps: Steps<'_, W, T>,
) -> Outcome<Faults> {
    let Steps { begin, read, take, end } = steps;
    let feed = Mutex::new(Feed {
        logs,
        order,
        planned: 0,
        input: 0,
        index: 0,
        sequence: 0,
        streams: FxHashMap::default(),
        ended: Vec::new(),
        faults: Vec::new(),
    });
    let queue = Mutex::new(Queue { waiting: BTreeMap::new(), next: 0, merging: false, held_up: 0 });
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
                q.held_up += 1;
                q = room.wait(q).unwrap_or_else(PoisonError::into_inner);
                q.held_up -= 1;
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
                let held_up = q.held_up > 0;
                drop(q);
                if held_up {
                    room.notify_all();
                }
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
            .map_err(|e| Fault::usage(format!("--threads {threads}: {e}")).hint("name fewer"))?;
        pool.scope(|s| {
            for _ in 0..threads {
                s.spawn(|_| work());
            }
        });
    }
    Ok(feed.into_inner().unwrap_or_else(PoisonError::into_inner).faults)
}
