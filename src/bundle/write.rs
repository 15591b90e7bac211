//! [`write`]: judges the sources of a run and writes what there is to file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::addr::Addr;
use crate::class::Class;
use crate::fault::{Fault, Outcome};
use crate::hash::sha256;
use crate::judge::{Case, Context, Filing, Verdict, judge};
use crate::operator::profile::OnePer;
use crate::source::ScanLimits;
use crate::text::inert_json;
use crate::time::Instant;

use super::folder::Folder;
use super::list::Lists;
use super::manifest::{FileRecord, InputRecord, head};
use super::page::{Account, Tally};
use super::row::BundleRow;
use super::sources::families_json;
use super::{evidence, form, letter, mail, table, todo, xarf};

/// The folder of what nobody claims.
const NOBODY: &str = "unattributed";

/// The folder of what has an operator and no mailbox yet.
const UNDETERMINED: &str = "undetermined";

/// What holds of a whole run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Configuration, clock and rules.
    pub context: Context<'a>,
    /// What makes a scan.
    pub limits: ScanLimits,
    /// The inputs.
    pub inputs: Vec<InputRecord>,
    /// The options that change results: never threads, output or order of paths.
    pub options: Value,
    /// Operator files, prefix lists, databases and configuration.
    pub references: Vec<FileRecord>,
    /// The bounds that were met while the logs were read, in sentences.
    pub bounds: Vec<String>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Written {
    /// Where.
    pub dir: PathBuf,
    /// Hostile sources that were judged.
    pub sources: u64,
    /// Sources that are in no report.
    pub held: u64,
    /// Reports, in the order of sources.
    pub bundles: Vec<BundleRow>,
    /// Findings by id, over reports and held sources.
    pub findings: BTreeMap<&'static str, u64>,
    /// Sources that may have got in.
    pub logged_in: Vec<Addr>,
}

impl Written {
    /// How many reports came to a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.bundles.iter().filter(|b| b.verdict == verdict).count()
    }
}

/// Judges every case, sorted by address, and writes and finishes `folder`.
///
/// # Errors
///
/// What went wrong with a case or a file; then the folder's place is as it was.
pub fn write<'a>(
    folder: Folder,
    plan: &Plan<'a>,
    cases: impl IntoIterator<Item = Outcome<Case<'a>>>,
) -> Outcome<Written> {
    let mut run = Run {
        written: Written { dir: folder.target().to_owned(), ..Written::default() },
        folder,
        plan,
        operators: BTreeSet::new(),
        lists: BTreeMap::new(),
        tally: Tally::new(span(&plan.inputs)),
    };
    for case in cases {
        run.take(&case?)?;
    }
    for operator in std::mem::take(&mut run.operators) {
        run.close(&operator)?;
    }
    let held = run.folder.noted("held.jsonl")?;
    run.folder.write("held.jsonl", &held)?;
    let page = run.page();
    run.folder.write("index.html", &page)?;
    run.folder.write(super::folder::MARK, &run.summary())?;
    run.folder.finish()?;
    Ok(run.written)
}

struct Run<'p, 'a> {
    folder: Folder,
    plan: &'p Plan<'a>,
    written: Written,
    operators: BTreeSet<String>,
    lists: BTreeMap<String, Lists>,
    tally: Tally,
}

/// From the earliest line of all inputs to the latest.
fn span(inputs: &[InputRecord]) -> Option<(Instant, Instant)> {
    let spans = || inputs.iter().filter_map(|i| i.span);
    Some((spans().map(|s| s.0).min()?, spans().map(|s| s.1).max()?))
}

impl<'a> Run<'_, 'a> {
    fn take(&mut self, case: &Case<'a>) -> Outcome<()> {
        let judgement = judge(case, &self.plan.context);
        self.written.sources += 1;
        self.tally.source(case, &judgement);
        if case.source.login_succeeded() {
            self.written.logged_in.push(case.addr);
        }
        let mut ids: BTreeSet<&'static str> = judgement.findings.iter().map(|f| f.id).collect();
        ids.extend(judgement.filings.iter().flat_map(|f| &f.findings).map(|f| f.id));
        for id in ids {
            *self.written.findings.entry(id).or_default() += 1;
        }
        if judgement.filings.is_empty() {
            self.written.held += 1;
            let row = json!({
                "source": case.addr.to_string(),
                "families": families_json(case.source, self.plan.limits),
                "findings": judgement.findings,
            });
            return self.folder.note("held.jsonl", (inert_json(row.to_string()) + "\n").as_bytes());
        }
        // Classes that are in no report are told with each that there is.
        let about: Vec<_> = judgement
            .findings
            .iter()
            .filter(|f| judgement.filings.iter().all(|filing| !filing.findings.contains(f)))
            .collect();
        for filing in &judgement.filings {
            let held = json!(about);
            self.file(case, filing, &held)?;
        }
        Ok(())
    }

    fn file(&mut self, case: &Case<'a>, filing: &Filing<'a>, held: &Value) -> Outcome<()> {
        let part = filing.part(case, &self.plan.context);
        let operator = filing.operator.map_or(NOBODY, |o| o.id.as_str());
        let mut source = slug(&case.addr.to_string().replace(':', "-"));
        if filing.rules.is_some_and(|r| r.bundle.one_per == OnePer::Incident) {
            // Each incident has a folder of its own.
            let classes: Vec<&str> = part.classes().into_iter().map(Class::word).collect();
            source = format!("{source}.{}", classes.join("."));
        }
        let inside = match (filing.operator, filing.channel) {
            (None, _) => source,
            (Some(_), Some(channel)) => format!("{}/{source}", slug(&channel.id)),
            (Some(_), None) => format!("{UNDETERMINED}/{source}"),
        };
        let letter = letter::letter(&part, operator);
        if let Some(channel) = filing.channel {
            let lists = self.lists.entry(operator.to_owned()).or_default();
            lists.take(&slug(&channel.id), &part, filing, &letter);
        }
        let lines = part.lines();
        let mut redactor = letter::redact::Redactor::of(&part);
        let sides = xarf::sides(&part, operator);
        let mut files: Vec<(&str, Vec<u8>)> = vec![
            ("evidence.jsonl", evidence::index(&lines)),
            ("evidence.log", evidence::log(&lines)),
            ("events.csv", table::table(&part, &lines, &mut redactor)?),
            ("report.eml", mail::mail(&part, &letter)?.into_bytes()),
        ];
        if let Some(text) = form::form(&part, &letter) {
            files.push(("form.txt", text.into_bytes()));
        }
        files.push(("report.txt", letter.body.into_bytes()));
        if let Some(todo) = todo::todo(&part, filing) {
            files.push(("TODO.txt", todo.into_bytes()));
        }
        if let Some(notes) = todo::notes(filing) {
            files.push(("NOTES.txt", notes.into_bytes()));
        }
        files.extend(
            sides.iter().filter_map(|s| s.made.as_ref().ok()).map(|(n, b)| (n.as_str(), b.clone())),
        );
        files.sort();
        for (name, bytes) in files {
            self.put(operator, &format!("{inside}/{name}"), &bytes)?;
        }
        self.operators.insert(operator.to_owned());

        let missing: BTreeSet<&'static str> = filing
            .findings
            .iter()
            .filter(|f| f.level == crate::judge::Level::Error)
            .map(|f| f.id)
            .collect();
        let row = BundleRow {
            path: format!("{operator}/{inside}"),
            operator: filing.operator.map(|o| o.id.clone()),
            to: filing.channel.map(|c| c.target().to_owned()).unwrap_or_default(),
            source: case.addr,
            classes: part.classes().into_iter().map(|c| c.word()).collect(),
            events: filing.incidents.iter().map(|i| i.tally.events()).sum(),
            verdict: filing.verdict,
            missing: missing.into_iter().collect(),
        };
        let incidents: Vec<Value> = filing
            .incidents
            .iter()
            .map(|i| {
                json!({
                    "class": i.tally.class.word(),
                    "events": i.tally.events(),
                    "lines": i.tally.lines,
                    "first": i.tally.first.to_string(),
                    "last": i.tally.last.to_string(),
                    "confidence": i.confidence.word(),
                })
            })
            .collect();
        let record = case.attribution.as_ref().and_then(|a| a.record.as_ref()).map(|r| {
            json!({
                "prefix": r.prefix,
                "region": r.region,
                "kind": r.kind.to_string(),
                "file": crate::text::shown(&r.file),
                "line": r.line,
                "date": r.file_date,
                "sha256": r.file_sha256,
                "asn": r.asn,
            })
        });
        let mut whole = row.json();
        if let Value::Object(map) = &mut whole {
            map.insert("path".to_owned(), json!(inside));
            map.insert("reference".to_owned(), json!(letter.reference));
            map.insert("record".to_owned(), json!(record));
            map.insert("incidents".to_owned(), json!(incidents));
            let formats: Vec<Value> = sides.iter().map(xarf::Side::json).collect();
            map.insert("formats".to_owned(), json!(formats));
            map.insert("log_lines".to_owned(), json!(part.total_lines()));
            map.insert("evidence_lines".to_owned(), json!(lines.len()));
            map.insert("lines_shown".to_owned(), json!(letter.shown));
            map.insert("findings".to_owned(), json!(filing.findings));
            map.insert("held".to_owned(), held.clone());
        }
        self.folder.note(
            &format!("{operator}.bundles"),
            (inert_json(whole.to_string()) + "\n").as_bytes(),
        )?;
        self.tally.report(case, filing, &row);
        self.written.bundles.push(row);
        Ok(())
    }

    /// Writes a file of an operator's folder and notes it for manifest and sums.
    fn put(&self, operator: &str, path: &str, bytes: &[u8]) -> Outcome<()> {
        self.folder.write(&format!("{operator}/{path}"), bytes)?;
        let hash = sha256(bytes);
        let row = json!({ "path": path, "bytes": bytes.len(), "sha256": hash });
        self.folder.note(&format!("{operator}.files"), format!("{row}\n").as_bytes())?;
        self.folder.note(&format!("{operator}.sums"), format!("{hash}  {path}\n").as_bytes())
    }

    /// Writes an operator's lists, manifest and sums.
    fn close(&mut self, operator: &str) -> Outcome<()> {
        if let Some(lists) = self.lists.remove(operator) {
            for (path, bytes) in lists.files()? {
                self.put(operator, &path, &bytes)?;
            }
        }

        let mut map = head(&self.plan.inputs, &self.plan.references, &self.plan.options);
        map.insert("operator".to_owned(), json!((operator != NOBODY).then_some(operator)));
        let mut out = opened(&Value::Object(map))?;
        list(&mut out, "bundles", &self.folder.noted(&format!("{operator}.bundles"))?);
        list(&mut out, "files", &self.folder.noted(&format!("{operator}.files"))?);
        out.extend_from_slice(b"\n}\n");
        self.folder.write(&format!("{operator}/manifest.json"), &out)?;
        let mut sums = self.folder.noted(&format!("{operator}.sums"))?;
        let _ = writeln!(sums, "{}  manifest.json", sha256(&out));
        self.folder.write(&format!("{operator}/SHA256SUMS"), &sums)
    }

    fn page(&mut self) -> Vec<u8> {
        self.tally.finish();
        let account = Account {
            inputs: &self.plan.inputs,
            span: span(&self.plan.inputs),
            sources: self.written.sources,
            verdicts: Verdict::ALL.map(|v| match v {
                Verdict::Held => self.written.held,
                v => self.written.count(v) as u64,
            }),
            logged_in: &self.written.logged_in,
        };
        super::page::page(&self.tally, &account).into_bytes()
    }

    fn summary(&self) -> Vec<u8> {
        let w = &self.written;
        let mut map = head(&self.plan.inputs, &self.plan.references, &self.plan.options);
        let mut by_verdict = serde_json::Map::new();
        for verdict in Verdict::ALL {
            let n = if verdict == Verdict::Held { w.held } else { w.count(verdict) as u64 };
            by_verdict.insert(verdict.word().to_owned(), json!(n));
        }
        let logged_in: Vec<String> = w.logged_in.iter().map(ToString::to_string).collect();
        map.insert("sources".to_owned(), json!(w.sources));
        map.insert("login_succeeded".to_owned(), json!(logged_in));
        map.insert("verdicts".to_owned(), Value::Object(by_verdict));
        map.insert("findings".to_owned(), json!(w.findings));
        map.insert("bounds_met".to_owned(), json!(self.plan.bounds));
        let rows: Vec<Value> = w.bundles.iter().map(BundleRow::json).collect();
        map.insert("bundles".to_owned(), json!(rows));
        let out = serde_json::to_string_pretty(&Value::Object(map)).unwrap_or_default();
        (inert_json(out) + "\n").into_bytes()
    }
}

/// An object, printed and left open for more keys.
fn opened(value: &Value) -> Outcome<Vec<u8>> {
    let out = serde_json::to_string_pretty(value)
        .map_err(|e| Fault::file("manifest.json".as_ref(), e))?;
    let mut out = inert_json(out).into_bytes();
    while matches!(out.last(), Some(b'}' | b'\n')) {
        out.pop();
    }
    Ok(out)
}

/// A list whose entries are the lines of a note.
fn list(out: &mut Vec<u8>, key: &str, rows: &[u8]) {
    let _ = write!(out, ",\n  \"{key}\": [");
    let mut first = true;
    for row in rows.split(|b| *b == b'\n').filter(|r| !r.is_empty()) {
        out.extend_from_slice(if first { b"\n    " } else { b",\n    " });
        out.extend_from_slice(row);
        first = false;
    }
    out.extend_from_slice(b"\n  ]");
}

/// A name that every file system takes.
fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = c.to_ascii_lowercase();
        out.push(if c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c) {
            c
        } else {
            '-'
        });
    }
    // `::1` begins with what looks like an option to other programs.
    if out.starts_with(['-', '.']) { format!("0{out}") } else { out }
}
