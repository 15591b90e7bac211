//! `--format parquet`: what its tables consist of, and their writer where plaint was built with it.

#[cfg(feature = "parquet")]
mod written;

use serde_json::Value;

use crate::fault::Outcome;
use crate::time::Instant;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, escaped where it would act on a display.
    Text,
    /// A whole number.
    Number,
    /// An instant: microseconds in UTC.
    Instant,
}

/// A column: its name, which is that of the CSV, and what it holds.
pub type Column = (&'static str, Kind);

/// A table that is being written to standard output.
pub trait Table: Send {
    /// Adds a row; null is an absent value. False when nobody reads any more.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    fn row(&mut self, cells: Vec<Value>) -> Outcome<bool>;

    /// Writes what is left, and the footer; false when nobody read to the end.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    fn end(self: Box<Self>) -> Outcome<bool>;
}

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
        "--format parquet: this plaint was built without it; cargo install --locked --path . --features parquet builds it in, and --format csv has the same columns",
    ))
}

/// An instant in microseconds; finer decimals are in the other forms alone.
#[must_use]
pub fn micros(at: Instant) -> Value {
    at.nanos.div_euclid(1000).into()
}
