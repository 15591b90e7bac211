//! [`Column`] and [`Table`]: what a table of columns consists of, whoever writes it.

use serde_json::Value;

use crate::fault::Outcome;

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
