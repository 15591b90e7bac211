//! How far a run is, for whoever has to say so when it is interrupted.
//!
//! One process is one run, so this is the state of the process.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::input::UNPACKED;

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Options and files are looked at.
    Opening,
    /// Standard input is taken in.
    Spooling,
    /// The logs are read.
    Reading,
    /// Results are written.
    Writing,
}

static STAGE: AtomicU8 = AtomicU8::new(Stage::Opening as u8);
static READ: AtomicU64 = AtomicU64::new(0);
static OF: AtomicU64 = AtomicU64::new(0);
static ROWS: AtomicU64 = AtomicU64::new(0);
static PRINTING: Mutex<()> = Mutex::new(());

static KNOWN: AtomicBool = AtomicBool::new(false);
static AGAIN: AtomicU64 = AtomicU64::new(0);

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Far {
    /// What it is at.
    pub stage: Stage,
    /// Bytes of logs that were read in it, unpacked.
    pub bytes: u64,
    /// Of how many, where that is known: packed logs do not say.
    pub of: Option<u64>,
}

/// Begins a stage; `of` is how many bytes the inputs have on disk, where that matters, and `plain`
/// whether they have as many when they are read.
pub fn begin(stage: Stage, of: u64, plain: bool) {
    match stage {
        Stage::Reading => {
            READ.store(0, Ordering::Relaxed);
            OF.store(of, Ordering::Relaxed);
            KNOWN.store(plain, Ordering::Relaxed);
        }
        Stage::Spooling => READ.store(0, Ordering::Relaxed),
        Stage::Opening => AGAIN.store(UNPACKED.load(Ordering::Relaxed), Ordering::Relaxed),
        Stage::Writing => AGAIN.store(0, Ordering::Relaxed),
    }
    STAGE.store(stage as u8, Ordering::Relaxed);
}

/// How far it is now.
#[must_use]
pub fn far() -> Far {
    let (read, again) = (READ.load(Ordering::Relaxed), AGAIN.load(Ordering::Relaxed));
    let stage = STAGE.load(Ordering::Relaxed);
    if stage == Stage::Opening as u8 {
        let bytes = UNPACKED.load(Ordering::Relaxed).saturating_sub(again);
        Far { stage: Stage::Opening, bytes, of: None }
    } else if stage == Stage::Spooling as u8 {
        Far { stage: Stage::Spooling, bytes: read, of: None }
    } else if stage == Stage::Reading as u8 {
        let of = KNOWN.load(Ordering::Relaxed).then(|| OF.load(Ordering::Relaxed));
        Far { stage: Stage::Reading, bytes: read, of }
    } else {
        Far { stage: Stage::Writing, bytes: again, of: None }
    }
}

/// Adds unpacked bytes that were read once more, for what is written.
pub fn again(bytes: u64) {
    AGAIN.fetch_add(bytes, Ordering::Relaxed);
}

/// Adds unpacked bytes that were read.
pub fn add(bytes: u64) {
    READ.fetch_add(bytes, Ordering::Relaxed);
}

/// Adds rows that are printed.
pub fn printed(rows: u64) {
    ROWS.fetch_add(rows, Ordering::Relaxed);
}

/// Held while rows are printed, so that an interruption comes between rows.
pub fn printing() -> MutexGuard<'static, ()> {
    PRINTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits a moment for rows that are being printed, keeps any more from being so, and says how far
/// the run came.
#[must_use]
pub fn interrupted() -> String {
    let mut whole = false;
    for _ in 0..200 {
        if let Ok(guard) = PRINTING.try_lock() {
            std::mem::forget(guard);
            whole = true;
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let (read, of) = (READ.load(Ordering::Relaxed), OF.load(Ordering::Relaxed));
    let stage = STAGE.load(Ordering::Relaxed);
    let stage = if stage == Stage::Spooling as u8 {
        format!("while it took in standard input ({read} bytes)")
    } else if stage == Stage::Reading as u8 {
        format!("while it read: {read} bytes of logs that have {of} as they lie on the disk")
    } else if stage == Stage::Writing as u8 {
        format!("while it wrote: the logs were read ({read} bytes)")
    } else {
        "before it read anything".to_owned()
    };
    let rows = match (ROWS.load(Ordering::Relaxed), whole) {
        (0, _) => "nothing was printed".to_owned(),
        (n, true) => format!("{n} rows are printed, all of them whole"),
        (n, false) => format!("{n} rows are printed, and nobody takes the last ones"),
    };
    format!("{stage}; {rows}")
}
