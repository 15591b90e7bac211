//! The commands: what each prints, from what a run comes to.

pub mod terminal;
pub mod table;
pub mod meter;
pub mod advice;
pub mod voice;
pub mod common;
pub mod columns;
pub mod sources;
pub mod intelmq;
pub mod events;
pub mod inspect;
pub mod explain;
pub mod formats;
pub mod operators;
pub mod outcome;
pub mod hashing;
pub mod report;
pub mod lint;
pub mod verify;
pub mod gather;
pub mod schema;

pub use common::{Setup, print};
pub use voice::{Severity, Voice};
