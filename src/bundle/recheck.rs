//! `plaint lint`: a bundle as it lies on the disk against its operator's rules, whoever wrote it last.
//!
//! A reporter completes a draft by hand, so what is checked is the text that
//! would be sent: report.txt and report.eml, read as a desk and its robot read them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::reading::{Bundle, Said};
use super::verify::manifest;
use super::xarf_check;
use crate::operator::Operators;
use crate::time::Instant;

/// One thing that is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The bundle's folder, relative to the operator's.
    pub bundle: String,
    /// The check's id.
    pub id: &'static str,
    /// Whether the report is not to be sent like that.
    pub error: bool,
    /// One sentence.
    pub text: String,
}

/// Checks every bundle of an operator's folder; how many there were.
///
/// # Errors
///
/// What is wrong with the folder's manifest.
pub fn recheck(
    root: &Path,
    operators: &Operators,
    now: Option<Instant>,
) -> Result<(usize, Vec<Fault>), String> {
    let manifest = manifest(root)?;
    let operator = manifest.get("operator").and_then(Value::as_str);
    let rules = operators.get(operator.unwrap_or("generic"));
    let mut out = Vec::new();
    let bundles = manifest.get("bundles").and_then(Value::as_array);
    let bundles = bundles.ok_or("its manifest lists no bundles")?;
    for row in bundles {
        let path = row.get("path").and_then(Value::as_str).unwrap_or_default();
        let mut faults = Vec::new();
        let files = Files::read(root, path);
        let read = files
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|f| Bundle::of(row, &f.mail, &f.text, &f.evidence).map(|bundle| (bundle, f)));
        match (rules, read) {
            (None, _) => faults.push(Said::error(
                "ADR-2",
                format!("no operator file has the id `{}`", operator.unwrap_or_default()),
            )),
            (_, Err(why)) => faults.push(Said::error("TXT-1", why)),
            (Some(rules), Ok((bundle, files))) => {
                let known = operator.is_some();
                faults.extend(bundle.addressed(rules, known));
                faults.extend(bundle.written(rules));
                faults.extend(bundle.facts(rules, Some(operators)));
                faults.extend(bundle.extract(rules));
                faults.extend(bundle.old(rules, now));
                for (name, bytes) in &files.xarf {
                    let wrong = xarf_check::check(bytes, &files.evidence);
                    let said = wrong.into_iter().map(|why| format!("{name}: {why}"));
                    faults.extend(said.map(|text| Said::warning("XRF-1", text)));
                }
            }
        }
        out.extend(faults.into_iter().map(|s| Fault {
            bundle: path.to_owned(),
            id: s.0,
            error: s.1,
            text: s.2,
        }));
    }
    Ok((bundles.len(), out))
}

/// A bundle's files.
#[derive(Clone)]
struct Files {
    mail: String,
    text: String,
    evidence: Vec<u8>,
    xarf: Vec<(String, Vec<u8>)>,
}

impl Files {
    fn read(root: &Path, path: &str) -> Result<Self, String> {
        let file =
            |name: &str| fs::read(root.join(path).join(name)).map_err(|e| format!("{name}: {e}"));
        let text = |name: &str| {
            let text = String::from_utf8(file(name)?);
            text.map(|text| text.replace("\r\n", "\n"))
                .map_err(|_| format!("{name} is not ASCII, and says that it is"))
        };
        let names = fs::read_dir(root.join(path)).map_err(|e| format!("{path}: {e}"))?;
        let mut xarf: Vec<String> = names
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("xarf") && name.ends_with(".json"))
            .collect();
        xarf.sort();
        let xarf = xarf.into_iter().map(|name| Ok::<_, String>((name.clone(), file(&name)?)));
        Ok(Self {
            mail: text("report.eml")?,
            text: text("report.txt")?,
            evidence: file("evidence.log")?,
            xarf: xarf.collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
#[path = "recheck_tests.rs"]
mod tests;
