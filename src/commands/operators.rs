//! `plaint operators`: whose address, which operators are known, and what each asks for.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::addr::Addr;
use crate::fault::Outcome;
use crate::operator::{Operators, lint, show};
use crate::text::{Untrusted, inert_json};

use super::common::print;

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
        show::check(operators, &ips)?
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
    print(show::list(operators).as_bytes())?;
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
        let _ = writeln!(out, "{place}: {level}: {text}");
    }
    print(out.as_bytes())?;
    Ok(if remarks.iter().any(|r| r.error) { 5 } else { 0 })
}
