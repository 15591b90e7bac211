//! Finds logs and hands them out in chunks of whole lines.
//!
//! Nothing after this stage opens a log. Files are read at positions, never
//! mapped: a log may be truncated while we read it.

pub mod chunk;
pub mod utf16;
pub mod export;
pub mod journal;
pub mod events;
pub mod tar;
pub mod inflate;
mod sample;
pub mod raw;
pub mod kept;
pub mod pipe;
pub mod stream;
pub mod lines;
pub mod files;
pub mod same;

pub use chunk::{Chunk, Lines};
pub use files::{Finds, Found, find, newness, series};
pub use inflate::Form;
pub use kept::Room;
pub use lines::{EndFrom, Input};
pub use raw::Raw;
pub use stream::{Stream, UNPACKED};
