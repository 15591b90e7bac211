//! Lines of one connection, counted once.

pub mod fact;
pub mod state;
pub mod decision;
pub mod pool;
pub mod open;
mod retold;
pub mod table;
mod settling;

pub use decision::{Decision, Kept, Mark};
pub use fact::{Doubt, Fact, Place, Spot, name_hash};
pub use state::{By, Outcome, Over, Settled, Told};
pub use table::Sessions;
