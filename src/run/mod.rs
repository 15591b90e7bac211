//! Wires the stages together; the only threads.

pub mod options;
pub mod progress;
pub mod read;
pub mod timeless;
pub mod repeat;
pub mod overlap;
pub mod survey;
pub mod dated;
pub mod collect;
pub mod gleaned;
mod hosts;
pub mod straight;
mod elsewhere;
mod skim;
pub mod chunk;
pub mod account;
pub mod carry;
pub mod plan;
pub mod merge;
pub mod decided;
pub mod state;
pub mod feed;
pub mod scan;
pub mod replay;
pub mod spool;
pub mod evidence;

pub use account::Account;
pub use collect::{Log, Logs};
pub use options::{Options, Remember};
pub use replay::{Wanted, replay};
pub use scan::{Scan, scan};
