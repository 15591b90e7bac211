//! `--format parquet`: what its tables consist of, and their writer where plaint was built with it.

mod shape;
#[cfg(feature = "parquet")]
mod written;

use serde_json::Value;

use crate::fault::Outcome;
use crate::time::Instant;

pub use shape::{Column, Kind, Table};

/// Begins a table of these columns.
///
/// # Errors
///
/// Standard output is a terminal, or plaint was built without Parquet.
#[cfg(feature = "parquet")]
pub fn begin(columns: &[Column]) -> Outcome<Box<dyn Table>> {
    Ok(Box::new(written::Columns::begin(columns)?))
}

/// Says that plaint was built without Parquet.
///
/// # Errors
///
/// Always.
#[cfg(not(feature = "parquet"))]
pub fn begin(_: &[Column]) -> Outcome<Box<dyn Table>> {
    Err(crate::fault::Fault::usage(
        "--format parquet: this plaint was built without it",
    )
    .hint("--format csv has the same columns; cargo install --locked --path . --features parquet builds it in"))
}

/// An instant in microseconds; finer decimals are in the other forms alone.
#[must_use]
pub fn micros(at: Instant) -> Value {
    at.nanos.div_euclid(1000).into()
}
