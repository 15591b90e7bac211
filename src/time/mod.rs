//! Stamps to moments in UTC, and what that took.

pub mod moment;
pub mod zone;
pub mod uptime;
mod fold;
mod step;
pub mod stray;
pub mod calendar;
pub mod clock;

pub use calendar::{Calendar, Survey, YearDoubt};
pub use clock::Clock;
pub use moment::{Basis, Dates, Fold, Instant, Moment};
pub use step::Step;
pub use stray::Strays;
pub use uptime::Uptimes;
pub use zone::Zone;
