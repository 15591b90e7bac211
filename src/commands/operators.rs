//! `plaint operators`: whose address, which operators are known, and what each asks for.

use std::net::IpAddr;

use crate::addr::Addr;
use crate::fault::Outcome;
use crate::operator::{Operators, lint, show};
use crate::text::{Untrusted, inert_json};

use super::common::print;
use super::table::{Piece, Table, prose};
use super::terminal::{Paint, Screen};

/// Prints whose addresses these are.
///
/// # Errors
///
/// A damaged database, or the output.
pub fn check(operators: &Operators, ips: &[Addr], json: bool) -> Outcome<u8> {
    let ips: Vec<IpAddr> = ips.iter().map(|a| a.ip()).collect();
    let text = if json {
        inert_json(show::check_json(operators, &ips)?.to_string()) + "\n"
    } else {
        prose(&show::check(operators, &ips)?, Screen::stdout(), |line| {
            match line.trim_start().split_once("  ") {
                _ if !line.starts_with(' ') => Paint::Head,
                _ if line.starts_with("    not ready:") => Paint::Warning,
                Some(("operator", what)) if what.trim_start().starts_with("none:") => {
                    Paint::Warning
                }
                Some(("operator", _)) => Paint::Good,
                Some(("note" | "file", _)) => Paint::Dim,
                _ => Paint::Plain,
            }
        })
    };
    print(text.as_bytes())?;
    Ok(0)
}

/// Prints all operators known.
///
/// # Errors
///
/// The output.
pub fn list(operators: &Operators) -> Outcome<u8> {
    let mut wide = Table::new(&["ID", "NAME", "CLAIMS", "FILE"]);
    let mut narrow = Table::new(&["ID", "NAME, CLAIMS, FILE"]).apart();
    for row in show::list(operators) {
        let nothing = row.claims == "no address";
        let id = Piece::whole(row.id);
        let more = [
            Piece::words(row.name),
            Piece::words(row.claims).painted(if nothing { Paint::Dim } else { Paint::Plain }),
            Piece::words(row.file).painted(Paint::Dim),
        ];
        narrow.row(vec![vec![id.clone()], more.to_vec()]);
        wide.line([id].into_iter().chain(more));
    }
    let screen = Screen::stdout();
    let table = Table::first_that_fits([wide, narrow], screen).unwrap_or_default();
    print(table.text(screen).as_bytes())?;
    Ok(0)
}

/// Prints one operator's rules.
///
/// # Errors
///
/// An id that is none, or the output.
pub fn show_one(operators: &Operators, id: &str) -> Outcome<u8> {
    print(show::show(operators, id)?.as_bytes())?;
    Ok(0)
}

/// Prints what is wrong with the operator files; 5 where reports would go astray.
///
/// # Errors
///
/// The output.
pub fn lint_all(operators: &Operators) -> Outcome<u8> {
    let remarks = lint::lint(operators);
    let mut out = String::new();
    for r in &remarks {
        let level = if r.error { "error" } else { "warning" };
        let place = operators.get(&r.operator).map(|p| p.place()).unwrap_or_default();
        let (place, text) = (Untrusted(place.as_bytes()), Untrusted(r.text.as_bytes()));
        let line = format!("{place}: {level}: {text}\n");
        let paint = if r.error { Paint::Error } else { Paint::Warning };
        out.push_str(&prose(&line, Screen::stdout(), |_| paint));
    }
    print(out.as_bytes())?;
    Ok(if remarks.iter().any(|r| r.error) { 5 } else { 0 })
}
