//! The folder one files: evidence, letter, mail, table, manifest; written whole or not at all.
//!
//! [`Bundles`] takes sources some at a time, so that the lines of all need not
//! be in memory at once, and many threads write them; what a manifest has to list
//! meanwhile lies in notes beside the folder.

pub mod words;
pub mod manifest;
pub mod evidence;
pub mod sources;
pub mod letter;
pub mod mail;
pub mod table;
pub mod todo;
pub mod xarf_check;
mod xarf02;
pub mod xarf;
mod list;
pub mod form;
pub mod folder;
pub mod row;
pub mod page;
mod extracted;
pub mod reading;
pub mod plan;
mod made;
mod write;
mod at_hand;
pub mod verify;
pub mod recheck;

pub use manifest::{FileRecord, InputRecord};
pub use plan::Plan;
pub use row::BundleRow;
pub use sources::{families_json, write_families};
pub use write::{Bundles, Written, write};

#[cfg(test)]
mod tests;

#[cfg(test)]
mod reasons;

#[cfg(test)]
mod checklist;
