//! Whose address it is, by which record, and what its operator asks of a report.
//!
//! An operator file names prefixes and ASes. The longest prefix wins, between
//! operators and between the regions of one; a prefix list beats an origin AS;
//! and every attribution keeps the record that proves it.

pub mod prefix;

mod dataset;

pub mod ticket;

pub mod rules;

pub mod profile;

pub mod contact;

mod shipped;

mod layer;

mod table;

pub mod asn;

pub mod registry;

pub mod route;

pub mod record;

pub mod owner;

pub mod show;

pub mod lint;

pub use owner::Operators;
pub use prefix::Near;
pub use profile::{Channel, Need, Profile};
pub use record::{Attribution, Proven, Record};
pub use route::Unrouted;
