//! Rows as Parquet on standard output, for engines that read columns.
//!
//! Rows are kept until a group of them is full, so memory does not grow with their number. The
//! file's footer is written last: a run that was interrupted leaves nothing that a reader takes
//! for a whole table.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::Value;

use crate::fault::{Fault, Outcome};
use crate::limits::PARQUET_ROWS;

use super::shape::{Column, Kind, Table};
use crate::commands::common::put;

/// Standard output as the writer of the format wants it: a closed pipe is an error of its own.
struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match put(bytes) {
            Ok(true) => Ok(bytes.len()),
            Ok(false) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(e) => Err(io::Error::other(e.to_string())),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The values of one column in the group of rows that is being filled.
enum Values {
    Text(Vec<ByteArray>),
    Number(Vec<i64>),
}

/// A table that is being written.
pub struct Columns {
    writer: SerializedFileWriter<Out>,
    columns: Vec<(Vec<i16>, Values)>,
    rows: usize,
}

impl std::fmt::Debug for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columns").field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn fault(e: &parquet::errors::ParquetError) -> Fault {
    Fault::file(Path::new("standard output"), e)
}

fn field(&(name, kind): &Column) -> parquet::errors::Result<Type> {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Number => (Physical::INT64, None),
        Kind::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
    };
    Type::primitive_type_builder(name, physical)
        .with_logical_type(logical)
        .with_repetition(Repetition::OPTIONAL)
        .build()
}

impl Columns {
    /// Begins a table of these columns.
    ///
    /// # Errors
    ///
    /// Standard output is a terminal, or cannot be written.
    pub fn begin(columns: &[Column]) -> Outcome<Self> {
        if io::stdout().is_terminal() {
            return Err(Fault::usage("--format parquet is not for a terminal")
                .hint("write it to a file, such as > events.parquet"));
        }
        let begin = || -> parquet::errors::Result<SerializedFileWriter<Out>> {
            let fields: Result<Vec<_>, _> =
                columns.iter().map(|c| field(c).map(Arc::new)).collect();
            let schema = Type::group_type_builder("plaint").with_fields(fields?).build()?;
            // The same bytes for the same input: no version of a library, no clock.
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .set_created_by("plaint".to_owned())
                .build();
            SerializedFileWriter::new(Out, Arc::new(schema), Arc::new(properties))
        };
        let values = |c: &Column| match c.1 {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Number | Kind::Instant => Values::Number(Vec::new()),
        };
        Ok(Self {
            writer: begin().map_err(|e| fault(&e))?,
            columns: columns.iter().map(|c| (Vec::new(), values(c))).collect(),
            rows: 0,
        })
    }

    /// Writes the rows kept as a group; false when nobody reads any more.
    fn group(&mut self) -> Outcome<bool> {
        let columns = &mut self.columns;
        let mut write =
            |group: &mut SerializedRowGroupWriter<'_, Out>| -> parquet::errors::Result<()> {
                for (there, values) in columns.iter_mut() {
                    let Some(mut column) = group.next_column()? else { break };
                    match values {
                        Values::Text(v) => {
                            column.typed::<ByteArrayType>().write_batch(v, Some(there), None)?;
                            v.clear();
                        }
                        Values::Number(v) => {
                            column.typed::<Int64Type>().write_batch(v, Some(there), None)?;
                            v.clear();
                        }
                    }
                    there.clear();
                    column.close()?;
                }
                Ok(())
            };
        self.rows = 0;
        let done = self.writer.next_row_group().and_then(|mut group| {
            write(&mut group)?;
            group.close().map(drop)
        });
        open(done)
    }
}

impl Table for Columns {
    fn row(&mut self, cells: Vec<Value>) -> Outcome<bool> {
        for ((there, values), cell) in self.columns.iter_mut().zip(cells) {
            let is = match (values, cell) {
                (Values::Text(v), Value::String(text)) => {
                    v.push(ByteArray::from(text.into_bytes()));
                    true
                }
                (Values::Number(v), Value::Number(n)) => match n.as_i64() {
                    Some(n) => {
                        v.push(n);
                        true
                    }
                    None => false,
                },
                _ => false,
            };
            there.push(i16::from(is));
        }
        self.rows += 1;
        if self.rows < PARQUET_ROWS { Ok(true) } else { self.group() }
    }

    fn end(mut self: Box<Self>) -> Outcome<bool> {
        if self.rows > 0 && !self.group()? {
            return Ok(false);
        }
        open(self.writer.finish().map(drop))
    }
}

/// A closed pipe is no failure, and false.
fn open(done: parquet::errors::Result<()>) -> Outcome<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(parquet::errors::ParquetError::External(e))
            if e.downcast_ref::<io::Error>()
                .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) =>
        {
            Ok(false)
        }
        Err(e) => Err(fault(&e)),
    }
}
