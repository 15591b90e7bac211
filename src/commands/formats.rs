//! `plaint formats`: every dialect that is read, with its versions, an example and its document.

use std::fmt::Write as _;

use crate::dialect::DIALECTS;
use crate::fault::Outcome;
use crate::text::json_string;

use super::common::print;
use super::table::prose;
use super::terminal::{Paint, Screen};

/// In which form dialects are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Table,
    /// One JSON object a dialect.
    Jsonl,
}

/// Prints every dialect, in the order in which they are tried.
///
/// # Errors
///
/// The output.
pub fn run(form: Form) -> Outcome<u8> {
    print(&match form {
        Form::Table => table().into_bytes(),
        Form::Jsonl => jsonl(),
    })?;
    Ok(0)
}

fn table() -> String {
    let mut out = String::new();
    for d in DIALECTS {
        let _ = writeln!(out, "{:13} {:9} {}", d.id, d.family.word(), d.title);
        let _ = writeln!(out, "  example   {}", d.example);
        let _ = writeln!(out, "  document  {}\n", d.document);
    }
    let _ = writeln!(
        out,
        "{} dialects. `plaint explain LINE` says which reads a line.",
        DIALECTS.len()
    );
    prose(&out, Screen::stdout(), |line| match line.split_once("  ") {
        Some(("", _)) => Paint::Dim,
        Some(_) => Paint::Head,
        None => Paint::Plain,
    })
}

fn jsonl() -> Vec<u8> {
    let quoted = |word: &str| {
        let mut out = Vec::new();
        json_string(&mut out, word.as_bytes());
        out
    };
    let list = |words: Vec<&str>| {
        let mut out = b"[".to_vec();
        out.extend(words.into_iter().map(quoted).collect::<Vec<_>>().join(&b','));
        out.push(b']');
        out
    };
    let mut out = Vec::new();
    for d in DIALECTS {
        let members = [
            ("id", quoted(d.id)),
            ("family", quoted(d.family.word())),
            ("title", quoted(d.title)),
            ("programs", list(d.programs.iter().copied().filter(|p| !p.is_empty()).collect())),
            ("envelopes", list(d.bare.iter().map(|f| f.word()).collect())),
            ("messages", list(d.grammar.iter().map(|m| m.id).collect())),
            ("example", quoted(d.example)),
            ("document", quoted(d.document)),
        ];
        for (n, (name, value)) in members.into_iter().enumerate() {
            out.extend_from_slice(if n == 0 { b"{" } else { b"," });
            out.extend_from_slice(format!("\"{name}\":").as_bytes());
            out.extend(value);
        }
        out.extend_from_slice(b"}\n");
    }
    out
}
