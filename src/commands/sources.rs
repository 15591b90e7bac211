//! `plaint sources`: one row per source.

use std::io::Write as _;

use rayon::iter::ParallelIterator as _;
use rayon::slice::ParallelSlice as _;
use serde_json::Value;

use crate::addr::Addr;
use crate::bundle::write_families;
use crate::class::Family;
use crate::fault::{Fault, Outcome};
use crate::operator::Operators;
use crate::source::{FamilyTally, ScanLimits, Source};
use crate::text::{csv_cell, json_string};

use super::columns::{self, Column, Kind, micros};
use super::common::{Setup, print};

/// In which form rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Table,
    /// One JSON object a row.
    Jsonl,
    /// Comma-separated, safe for spreadsheets.
    Csv,
    /// Columns with types, for engines that query them.
    Parquet,
}

/// The findings that `sources` prints.
#[must_use]
pub fn findings(source: &Source) -> Vec<&'static str> {
    if source.login_succeeded() { vec!["login-succeeded"] } else { Vec::new() }
}

/// Prints one row per hostile source; whether there was any.
///
/// # Errors
///
/// What stops the run, or the output.
pub fn run(setup: &Setup, operators: &Operators, form: Form) -> Outcome<(bool, u8)> {
    let columns = match form {
        // Before the logs are read: it may be that there is no such form here.
        Form::Parquet => Some(columns::begin(&COLUMNS)?),
        _ => None,
    };
    let (logs, scan) = setup.run()?;
    let rows = scan.sources.sorted();
    let limits = setup.options.scan_limits;
    match form {
        Form::Jsonl => jsonl(&rows, operators, limits)?,
        Form::Csv => {
            print(&csv(&rows, operators, limits)?)?;
        }
        Form::Parquet => {
            if let Some(columns) = columns {
                parquet(columns, &rows, operators, limits)?;
            }
        }
        Form::Table => {
            print(&table(&rows, operators, limits)?)?;
        }
    }
    let done = (!rows.is_empty(), setup.exit_code(&logs, &scan));
    // The process ends here: giving back the memory of each source takes longer than ending.
    drop(rows);
    std::mem::forget(scan);
    Ok(done)
}

fn operator(operators: &Operators, addr: Addr) -> Outcome<Option<String>> {
    Ok(operators.whose(addr.ip())?.operator.map(|p| p.id.clone()))
}

/// Rows that are written together: so few that their text stays in the cache, and its memory is used again.
const TOGETHER: usize = 512;

/// Sources that are looked at together.
const AHEAD: usize = 32;

/// Rows are formatted in parallel and printed in order.
fn jsonl(rows: &[(Addr, &Source)], operators: &Operators, limits: ScanLimits) -> Outcome<()> {
    for part in rows.chunks(16 * TOGETHER) {
        let texts: Vec<Outcome<Vec<u8>>> =
            part.par_chunks(TOGETHER).map(|rows| lines(rows, operators, limits)).collect();
        for text in texts {
            if !print(&text?)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn lines(rows: &[(Addr, &Source)], operators: &Operators, limits: ScanLimits) -> Outcome<Vec<u8>> {
    let mut out = Vec::with_capacity(rows.len() * 400);
    for (n, (addr, source)) in rows.iter().enumerate() {
        if n.is_multiple_of(AHEAD) {
            // Sources lie far apart in memory: so the waits for them overlap.
            let next = rows.get(n..).unwrap_or_default().iter().take(AHEAD);
            std::hint::black_box(next.fold(0, |all, (_, source)| all ^ source.touch()));
        }
        out.extend_from_slice(b"{\"source\":\"");
        addr.write(&mut out);
        out.extend_from_slice(b"\",\"families\":");
        write_families(&mut out, source, limits);
        out.extend_from_slice(b",\"operator\":");
        match operator(operators, *addr)? {
            Some(id) => json_string(&mut out, id.as_bytes()),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"findings\":[");
        for (i, finding) in findings(source).iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            let _ = write!(out, "\"{finding}\"");
        }
        out.extend_from_slice(b"]}\n");
    }
    Ok(out)
}

const COLUMNS: [Column; 13] = [
    ("source", Kind::Text),
    ("operator", Kind::Text),
    ("family", Kind::Text),
    ("classes", Kind::Text),
    ("lines", Kind::Number),
    ("attempts", Kind::Number),
    ("connections", Kind::Number),
    ("packets", Kind::Number),
    ("first", Kind::Instant),
    ("last", Kind::Instant),
    ("destination_ports", Kind::Text),
    ("destination_ports_total", Kind::Number),
    ("findings", Kind::Text),
];

/// The cells of one row, a family of a source; `ports` is how many are listed.
fn cells(
    (addr, source): (Addr, &Source),
    owner: &str,
    (family, t): (Family, &FamilyTally),
    limits: ScanLimits,
    ports: impl FnOnce(&FamilyTally) -> String,
) -> [String; 12] {
    [
        addr.to_string(),
        owner.to_owned(),
        family.word().to_owned(),
        class_words(source, family, limits),
        t.lines.to_string(),
        t.attempts.to_string(),
        t.connections.to_string(),
        t.packets.to_string(),
        t.first.at().to_string(),
        t.last.at().to_string(),
        ports(t),
        findings(source).join(" "),
    ]
}

fn csv(rows: &[(Addr, &Source)], operators: &Operators, limits: ScanLimits) -> Outcome<Vec<u8>> {
    let mut w = csv::Writer::from_writer(Vec::new());
    let fail = |e: csv::Error| Fault::usage(e.to_string());
    w.write_record(COLUMNS.map(|(name, _)| name)).map_err(fail)?;
    for (addr, source) in rows {
        let owner = operator(operators, *addr)?.unwrap_or_default();
        for (family, t) in source.families() {
            let [row @ .., last] = cells((*addr, source), &owner, (family, t), limits, listed);
            let total = t.ports.count().to_string();
            let row = row.iter().chain([&total, &last]);
            w.write_record(row.map(|c| csv_cell(c.as_bytes()))).map_err(fail)?;
        }
    }
    w.into_inner().map_err(|e| Fault::usage(e.to_string()))
}

/// The ports that are listed, apart by blanks.
fn listed(t: &FamilyTally) -> String {
    t.ports.listed().map(|p| p.to_string()).collect::<Vec<_>>().join(" ")
}

/// One row per family of a source, as in the CSV; numbers are numbers and instants instants.
fn parquet(
    mut table: Box<dyn columns::Table>,
    rows: &[(Addr, &Source)],
    operators: &Operators,
    limits: ScanLimits,
) -> Outcome<bool> {
    let text = |t: String| if t.is_empty() { Value::Null } else { t.into() };
    for (addr, source) in rows {
        let owner = operator(operators, *addr)?;
        for (family, t) in source.families() {
            let cells = vec![
                addr.to_string().into(),
                owner.clone().into(),
                family.word().into(),
                text(class_words(source, family, limits)),
                t.lines.into(),
                t.attempts.into(),
                t.connections.into(),
                t.packets.into(),
                micros(t.first.at()),
                micros(t.last.at()),
                text(listed(t)),
                t.ports.count().into(),
                text(findings(source).join(" ")),
            ];
            if !table.row(cells)? {
                return Ok(false);
            }
        }
    }
    table.end()
}

fn class_words(source: &Source, family: Family, limits: ScanLimits) -> String {
    source
        .family_classes(family, limits)
        .map(crate::class::Class::word)
        .collect::<Vec<_>>()
        .join(" ")
}

fn table(rows: &[(Addr, &Source)], operators: &Operators, limits: ScanLimits) -> Outcome<Vec<u8>> {
    use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header([
        "SOURCE",
        "OPERATOR",
        "FAMILY",
        "CLASSES",
        "LINES",
        "ATTEMPTS",
        "CONNECTIONS",
        "PACKETS",
        "FIRST",
        "LAST",
        "PORTS",
        "FINDINGS",
    ]);
    let few = |t: &FamilyTally| {
        let mut ports: Vec<String> = t.ports.iter().take(6).map(|p| p.to_string()).collect();
        if t.ports.count() > 6 {
            ports.push(format!("(+{})", t.ports.count() - 6));
        }
        ports.join(",")
    };
    for (addr, source) in rows {
        let owner = operator(operators, *addr)?.unwrap_or_else(|| "-".into());
        for (family, t) in source.families() {
            table.add_row(cells((*addr, source), &owner, (family, t), limits, few));
        }
    }
    for n in 4..8 {
        if let Some(column) = table.column_mut(n) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out =
        table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n").into_bytes();
    out.push(b'\n');
    Ok(out)
}
