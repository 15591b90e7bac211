//! `plaint events`: one row per hostile line, in input order.

use serde_json::Value;

use crate::event::Event;
use crate::fault::{Fault, Outcome};
use crate::run::{Remember, Wanted, replay};
use crate::text::{Untrusted, csv_cell};

use super::columns::{self, Column, Kind, micros};
use super::common::{Setup, print};
use super::intelmq;

/// In which form events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line, with ECS names.
    Jsonl,
    /// Comma-separated, safe for spreadsheets.
    Csv,
    /// Columns with types, for engines that query them.
    Parquet,
    /// One JSON object a line, with IntelMQ's names; hostile lines alone.
    Intelmq,
}

/// What to print of which lines.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The form.
    pub form: Form,
    /// Also benign, context and quarantined lines.
    pub all: bool,
    /// Each line as it was logged, too.
    pub original: bool,
}

const COLUMNS: [Column; 18] = [
    ("timestamp", Kind::Instant),
    ("source_ip", Kind::Text),
    ("source_port", Kind::Number),
    ("destination_ip", Kind::Text),
    ("destination_port", Kind::Number),
    ("transport", Kind::Text),
    ("reading", Kind::Text),
    ("family", Kind::Text),
    ("class", Kind::Text),
    ("action", Kind::Text),
    ("attempts", Kind::Number),
    ("user", Kind::Text),
    ("host", Kind::Text),
    ("program", Kind::Text),
    ("pid", Kind::Number),
    ("file", Kind::Text),
    ("line", Kind::Number),
    ("offset", Kind::Number),
];

/// Prints the events; whether any was hostile.
///
/// # Errors
///
/// What stops the run, or the output.
pub fn run(setup: &mut Setup, asked: Asked) -> Outcome<(bool, u8)> {
    let mut table = match asked.form {
        // Before the logs are read: it may be that there is no such form here.
        Form::Parquet => Some(columns::begin(&COLUMNS)?),
        _ => None,
    };
    setup.options.remember = Remember::Lines;
    let (logs, scan) = setup.run()?;
    setup.show_progress();
    let wanted = if asked.all { Wanted::Known } else { Wanted::Hostile };
    let write = |out: &mut Vec<u8>, event: &Event<'_>, line: &[u8]| {
        let event = Event { original: asked.original.then_some(line), ..*event };
        match asked.form {
            Form::Jsonl => event.write_json(out),
            Form::Csv => write_csv(out, &event),
            Form::Parquet => write_cells(out, &event),
            Form::Intelmq => intelmq::write(out, &event),
        }
    };
    if asked.form == Form::Csv {
        print(format!("{}\n", COLUMNS.map(|(name, _)| name).join(",")).as_bytes())?;
    }
    let mut failed: Option<Fault> = None;
    let mut is_open = true;
    replay(&logs, &scan, &setup.options, wanted, &write, &mut |bytes| {
        let taken = match &mut table {
            None => print(&bytes),
            Some(table) => rows(table.as_mut(), &bytes),
        };
        is_open = taken.unwrap_or_else(|e| {
            failed = Some(e);
            false
        });
        is_open
    })?;
    if let Some(table) = table
        && is_open
    {
        table.end()?;
    }
    match failed {
        Some(e) => Err(e),
        None => {
            let late = setup.tell_changed(&logs, &scan);
            let code = setup.exit_code(&logs, &scan);
            Ok((scan.sources.any_hostile(), if late { 3 } else { code }))
        }
    }
}

fn write_csv(out: &mut Vec<u8>, e: &Event<'_>) {
    let act = e.act.as_ref();
    let facts = act.map(|a| a.kind.facts());
    let text = |v: Option<String>| v.unwrap_or_default();
    let cells = [
        text(e.moment.map(|m| m.at.to_string())),
        text(act.and_then(|a| a.source).map(|a| a.to_string())),
        text(act.and_then(|a| a.source_port).map(|p| p.to_string())),
        text(e.our_end.addr.map(|a| a.to_string())),
        text(e.our_end.port.map(|p| p.to_string())),
        text(act.and_then(|a| a.transport).map(|t| t.word().to_owned())),
        e.reading.word().to_owned(),
        text(e.family.map(|f| f.word().to_owned())),
        text(e.class.map(|c| c.word().to_owned())),
        text(facts.map(|f| f.action.to_owned())),
        text(act.map(|a| a.count.to_string())),
        csv_cell(act.and_then(|a| a.user).unwrap_or_default()),
        csv_cell(e.envelope.host),
        csv_cell(e.envelope.program),
        text(e.envelope.pid.map(|p| p.to_string())),
        csv_cell(e.path.as_os_str().as_encoded_bytes()),
        e.line.to_string(),
        e.offset.to_string(),
    ];
    let mut w = csv::Writer::from_writer(Vec::new());
    if w.write_record(&cells).is_ok()
        && let Ok(row) = w.into_inner()
    {
        out.extend_from_slice(&row);
    }
}

/// The cells of [`COLUMNS`] as a JSON array, which is how they get from the threads to the table.
fn write_cells(out: &mut Vec<u8>, e: &Event<'_>) {
    let act = e.act.as_ref();
    let text = |bytes: &[u8]| match bytes {
        [] => Value::Null,
        _ => Untrusted(bytes).to_string().into(),
    };
    let address = |a: Option<crate::addr::Addr>| Value::from(a.map(|a| a.to_string()));
    let cells = [
        e.moment.map_or(Value::Null, |m| micros(m.at)),
        address(act.and_then(|a| a.source)),
        act.and_then(|a| a.source_port).into(),
        address(e.our_end.addr),
        e.our_end.port.into(),
        act.and_then(|a| a.transport).map(|t| t.word()).into(),
        e.reading.word().into(),
        e.family.map(|f| f.word()).into(),
        e.class.map(|c| c.word()).into(),
        act.map(|a| a.kind.facts().action).into(),
        act.map(|a| a.count).into(),
        text(act.and_then(|a| a.user).unwrap_or_default()),
        text(e.envelope.host),
        text(e.envelope.program),
        e.envelope.pid.into(),
        text(e.path.as_os_str().as_encoded_bytes()),
        e.line.into(),
        e.offset.into(),
    ];
    if serde_json::to_writer(&mut *out, &cells).is_ok() {
        out.push(b'\n');
    }
}

/// Adds the rows of a chunk to the table.
fn rows(table: &mut dyn columns::Table, bytes: &[u8]) -> Outcome<bool> {
    for line in bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let cells = serde_json::from_slice(line).map_err(|e| Fault::usage(e.to_string()))?;
        if !table.row(cells)? {
            return Ok(false);
        }
    }
    Ok(true)
}
