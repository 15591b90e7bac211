//! Whose address it is, by which record, and what its operator asks of a report.
//!
//! An operator file names prefixes and ASes. The longest prefix wins, between
//! operators and between the regions of one; a prefix list beats an origin AS;
//! and every attribution keeps the record that proves it.

pub mod prefix;

pub mod rules;

pub mod profile;

mod shipped;

mod layer;

pub mod asn;

pub mod route;

pub mod owner;

pub mod show;

pub mod lint;

pub use owner::{Attribution, Operators, Proven, Record};
pub use profile::{Channel, Need, Profile};
pub use route::Unrouted;
