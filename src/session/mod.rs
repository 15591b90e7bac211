//! Lines of one connection, counted once.

pub mod fact;
pub mod state;
pub mod pool;
mod retold;
pub mod open;
pub mod table;
mod settling;

pub use fact::{Doubt, Fact, Place, Spot, name_hash};
pub use state::{By, Outcome, Settled, Told};
pub use table::Sessions;
