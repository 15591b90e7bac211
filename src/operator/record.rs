//! [`Attribution`] and [`Record`]: whose an address is, and by which line of which file.

use std::fmt;
use std::path::PathBuf;

use super::asn::Origin;
use super::profile::{Channel, Profile};
use super::registry::Allocation;
use super::route::{self, Unrouted};
use crate::class::Class;

/// Whose an address is.
#[derive(Clone, Debug)]
pub struct Attribution<'o> {
    /// The operator, if any claims the address.
    pub operator: Option<&'o Profile>,
    /// Its region, where it has regions and one could be told.
    pub region: Option<&'o str>,
    /// The record that proves it.
    pub record: Option<Record>,
    /// Records of others that also claim the address, and of other regions of
    /// the same operator; they lost to a longer prefix or a better proof.
    pub others: Vec<Record>,
    /// To whom a registry gave the address, whether or not any operator is
    /// that holder: the smallest range. Not to be taken for the origin.
    pub allocation: Option<Allocation>,
    /// What the AS database says, whether or not any operator claims that AS:
    /// who announces the address, not to whom it was given.
    pub origin: Option<Origin>,
}

impl<'o> Attribution<'o> {
    /// The channel for a class of abuse from this address.
    ///
    /// # Errors
    ///
    /// `None` where nobody claims the address, else why there is no channel.
    pub fn channel(&self, class: Class) -> Result<&'o Channel, Option<Unrouted>> {
        route::channel(self.operator.ok_or(None)?, class, self.region).map_err(Some)
    }
}

/// One record that ties an address to an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The operator's id.
    pub operator: String,
    /// The region it speaks for.
    pub region: Option<String>,
    /// The prefix or range, as text.
    pub prefix: String,
    /// Where the record stands.
    pub file: PathBuf,
    /// The line, in a prefix list.
    pub line: Option<usize>,
    /// The day the file was written or the database built, as YYYY-MM-DD.
    pub file_date: Option<String>,
    /// The file's hash.
    pub file_sha256: String,
    /// What kind of record it is.
    pub kind: Proven,
    /// The origin AS, for a record of an AS database.
    pub asn: Option<u32>,
    /// Its name there.
    pub as_name: Option<String>,
    /// The holder, for a record of a registry.
    pub holder: Option<String>,
}

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// A prefix list or an operator file.
    PrefixList,
    /// A registry's file, and an operator file that claims the holder.
    Allocation,
    /// An AS database, and an operator file that claims the AS.
    OriginAs,
}

impl fmt::Display for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrefixList => "prefix list",
            Self::Allocation => "allocation",
            Self::OriginAs => "origin AS",
        })
    }
}
