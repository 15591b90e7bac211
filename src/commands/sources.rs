//! `plaint sources`: one row per source.

use rayon::iter::ParallelIterator as _;
use rayon::slice::ParallelSlice as _;
use serde_json::Value;

use crate::addr::Addr;
use crate::bundle::write_families;
use crate::class::Family;
use crate::fault::{Fault, Outcome};
use crate::operator::{Near, Operators};
use crate::source::{FamilyTally, ScanLimits, Source};
use crate::text::{csv_cell, json_string};
use crate::time::Dates;

use super::columns::{self, Column, Kind, micros};
use super::common::{Setup, print, print_rows};
use super::table::{Piece, Table};
use super::terminal::{Paint, Screen};

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
    let (logs, scan) = setup.run_once()?;
    let rows = || scan.sources.in_order();
    let limits = setup.options.scan_limits;
    match form {
        Form::Jsonl => {
            jsonl(scan.sources.all_in_order(), operators, limits, setup.options.threads)?;
        }
        Form::Csv => {
            print(&csv(&rows().collect::<Vec<_>>(), operators, limits)?)?;
        }
        Form::Parquet => {
            if let Some(columns) = columns {
                parquet(columns, &rows().collect::<Vec<_>>(), operators, limits)?;
            }
        }
        Form::Table => {
            print(&table(&rows().collect::<Vec<_>>(), operators, limits)?)?;
        }
    }
    let done = (scan.sources.any_hostile(), setup.exit_code(&logs, &scan));
    // The process ends here: giving back the memory of each source takes longer than ending.
    std::mem::forget(scan);
    Ok(done)
}

fn operator(operators: &Operators, addr: Addr) -> Outcome<Option<String>> {
    Ok(operators.name_of(addr.ip(), &mut Near::default())?.map(str::to_owned))
}

/// Rows that are written together: so few that their text stays in the cache, and its memory is used again.
const TOGETHER: usize = 512;

/// Sources that are looked at together.
const AHEAD: usize = 32;

/// Rows of the hostile among them are formatted in parallel, where that may be, and printed in order.
fn jsonl<'s>(
    mut rows: impl Iterator<Item = (Addr, &'s Source)>,
    operators: &Operators,
    limits: ScanLimits,
    threads: usize,
) -> Outcome<()> {
    // As few as can be: what is not kept need not be fetched again.
    let together = if threads <= 1 { TOGETHER } else { 16 * TOGETHER };
    let (mut part, mut text) = (Vec::with_capacity(together), Vec::new());
    loop {
        part.clear();
        part.extend(rows.by_ref().take(together));
        if part.is_empty() {
            return Ok(());
        }
        if threads <= 1 {
            text.clear();
            let rows = lines(&part, operators, limits, &mut text)?;
            if !print_rows(&text, rows)? {
                return Ok(());
            }
            continue;
        }
        let texts = part.par_chunks(TOGETHER).map(|rows| {
            let mut text = Vec::new();
            lines(rows, operators, limits, &mut text).map(|rows| (text, rows))
        });
        for written in texts.collect::<Vec<_>>() {
            let (text, rows) = written?;
            if !print_rows(&text, rows)? {
                return Ok(());
            }
        }
    }
}

/// Appends rows of those that are hostile; how many.
fn lines(
    rows: &[(Addr, &Source)],
    operators: &Operators,
    limits: ScanLimits,
    out: &mut Vec<u8>,
) -> Outcome<usize> {
    out.reserve(rows.len() * 400);
    let mut written = 0;
    let (mut dates, mut near) = (Dates::default(), Near::default());
    for (n, (addr, source)) in rows.iter().enumerate() {
        if n.is_multiple_of(AHEAD) {
            // Sources lie far apart in memory: so the waits for them overlap.
            let next = rows.get(n..).unwrap_or_default().iter().take(AHEAD);
            std::hint::black_box(next.fold(0, |all, (_, source)| all ^ source.touch()));
        }
        if !source.is_hostile() {
            continue;
        }
        written += 1;
        out.extend_from_slice(b"{\"source\":\"");
        addr.write(out);
        out.extend_from_slice(b"\",\"families\":");
        write_families(out, source, limits, &mut dates);
        // As few pieces as can be.
        let (owner, got_in) = (operators.name_of(addr.ip(), &mut near)?, source.login_succeeded());
        if let Some(id) = owner {
            out.extend_from_slice(b",\"operator\":");
            json_string(out, id.as_bytes());
        }
        out.extend_from_slice(match (owner, got_in) {
            (None, false) => b",\"operator\":null,\"findings\":[]}\n".as_slice(),
            (None, true) => b",\"operator\":null,\"findings\":[\"login-succeeded\"]}\n",
            (Some(_), false) => b",\"findings\":[]}\n",
            (Some(_), true) => b",\"findings\":[\"login-succeeded\"]}\n",
        });
    }
    Ok(written)
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
        t.packets().to_string(),
        t.first().to_string(),
        t.last().to_string(),
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
            let total = t.ports_count().to_string();
            let row = row.iter().chain([&total, &last]);
            w.write_record(row.map(|c| csv_cell(c.as_bytes()))).map_err(fail)?;
        }
    }
    w.into_inner().map_err(|e| Fault::usage(e.to_string()))
}

/// The ports that are listed, apart by blanks.
fn listed(t: &FamilyTally) -> String {
    t.ports_listed().map(|p| p.to_string()).collect::<Vec<_>>().join(" ")
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
                t.packets().into(),
                micros(t.first()),
                micros(t.last()),
                text(listed(t)),
                t.ports_count().into(),
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

/// What a table is made of: one family of a source.
struct Row {
    cells: [String; 12],
    got_in: bool,
    owned: bool,
}

/// One row a family; of the tables that tell it all, the first that fits.
fn table(rows: &[(Addr, &Source)], operators: &Operators, limits: ScanLimits) -> Outcome<Vec<u8>> {
    let few = |t: &FamilyTally| {
        let mut ports: Vec<String> = t.ports().take(6).map(|p| p.to_string()).collect();
        if t.ports_count() > 6 {
            ports.push(format!("(+{})", t.ports_count() - 6));
        }
        ports.join(" ")
    };
    let mut told = Vec::new();
    for (addr, source) in rows {
        let owner = operator(operators, *addr)?;
        let (owned, owner) = (owner.is_some(), owner.unwrap_or_else(|| "-".into()));
        for (family, t) in source.families() {
            told.push(Row {
                cells: cells((*addr, source), &owner, (family, t), limits, few),
                got_in: source.login_succeeded(),
                owned,
            });
        }
    }
    let screen = Screen::stdout();
    let offered = [wide, medium, narrow, slim, slimmest].into_iter().map(|make| make(&told));
    let table = Table::first_that_fits(offered, screen).unwrap_or_default();
    drop(told);
    Ok(table.text(screen).into_bytes())
}

impl Row {
    /// A cell by its place in [`cells`].
    fn piece(&self, n: usize) -> Piece {
        let text = self.cells.get(n).cloned().unwrap_or_default();
        match n {
            0 if self.got_in => Piece::whole(text).painted(Paint::Error),
            1 if !self.owned => Piece::whole(text).painted(Paint::Dim),
            3 | 10 => Piece::words(text),
            4..8 if text == "0" => Piece::whole(text).painted(Paint::Dim),
            11 => Piece::words(text).painted(Paint::Error),
            _ => Piece::whole(text),
        }
    }

    /// Cells one over the other, but for those that say nothing.
    fn pieces<const N: usize>(&self, which: [usize; N]) -> Vec<Piece> {
        let told = |n: &usize| {
            self.cells.get(*n).is_some_and(|c| !c.is_empty()) && (*n != 1 || self.owned)
        };
        which.into_iter().filter(told).map(|n| self.piece(n)).collect()
    }

    /// Lines, attempts, connections and packets with their names, but for those that are 0.
    fn counts(&self, digits: usize) -> Vec<Piece> {
        let names = ["lines", "attempts", "connections", "packets"];
        let named = names.iter().zip(self.cells.iter().skip(4)).filter(|(_, n)| *n != "0");
        named.map(|(name, n)| Piece::whole(format!("{name:11} {n:>digits$}"))).collect()
    }

    fn ports(&self) -> Vec<Piece> {
        let ports = self.cells.get(10).filter(|p| !p.is_empty());
        ports.map(|p| Piece::words(format!("ports {p}"))).into_iter().collect()
    }
}

/// How many digits the longest count has.
fn digits(rows: &[Row]) -> usize {
    rows.iter().flat_map(|r| r.cells.iter().skip(4).take(4)).map(String::len).max().unwrap_or(1)
}

fn wide(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "SOURCE",
        "OPERATOR",
        "FAMILY",
        "CLASSES",
        ">LINES",
        ">ATTEMPTS",
        ">CONNECTIONS",
        ">PACKETS",
        "FIRST",
        "LAST",
        "PORTS",
        "FINDINGS",
    ]);
    for row in rows {
        table.line((0..12).map(|n| row.piece(n)));
    }
    table
}

/// As [`wide`], with first over last, and family, classes and findings in one column.
fn medium(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "SOURCE",
        "OPERATOR",
        "CLASSES",
        ">LINES",
        ">ATTEMPTS",
        ">CONNECTIONS",
        ">PACKETS",
        "FIRST, LAST",
        "PORTS",
    ]);
    for row in rows {
        let [lines, attempts, connections, packets] = [4, 5, 6, 7].map(|n| vec![row.piece(n)]);
        table.row(vec![
            row.pieces([0]),
            row.pieces([1]),
            row.pieces([3, 11]),
            lines,
            attempts,
            connections,
            packets,
            row.pieces([8, 9]),
            row.pieces([10]),
        ]);
    }
    table
}

/// As [`medium`], with the counts in one column, each with its name.
fn narrow(rows: &[Row]) -> Table {
    let mut table =
        Table::new(&["SOURCE, OPERATOR", "CLASSES", "COUNTS", "FIRST, LAST", "PORTS"]).apart();
    let digits = digits(rows);
    for row in rows {
        table.row(vec![
            row.pieces([0, 1]),
            row.pieces([3, 11]),
            row.counts(digits),
            row.pieces([8, 9]),
            row.pieces([10]),
        ]);
    }
    table
}

/// As [`narrow`], in three columns.
fn slim(rows: &[Row]) -> Table {
    let titles = ["SOURCE, OPERATOR, CLASSES", "COUNTS", "FIRST, LAST, PORTS"];
    let (mut table, digits) = (Table::new(&titles).apart(), digits(rows));
    for row in rows {
        let mut when = row.pieces([8, 9]);
        when.extend(row.ports());
        table.row(vec![row.pieces([0, 1, 3, 11]), row.counts(digits), when]);
    }
    table
}

/// In two columns, for addresses as long as they come on terminals as narrow as they come.
fn slimmest(rows: &[Row]) -> Table {
    let titles = ["SOURCE, OPERATOR, CLASSES, FIRST, LAST, PORTS", "COUNTS"];
    let (mut table, digits) = (Table::new(&titles).apart(), digits(rows));
    for row in rows {
        let mut told = row.pieces([0, 1, 3, 11, 8, 9]);
        told.extend(row.ports());
        table.row(vec![told, row.counts(digits)]);
    }
    table
}
