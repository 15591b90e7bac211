//! [`write`]: judges the sources of a run and writes what there is to file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Value, json};

use crate::addr::Addr;
use crate::fault::{Fault, Outcome};
use crate::hash::sha256;
use crate::judge::{Case, Verdict};
use crate::text::{inert_bytes, inert_json};
use crate::time::Instant;

use super::folder::Folder;
use super::list::Lists;
use super::made::{Made, Room, make_all, note_file};
use super::manifest::{InputRecord, head};
use super::page::{Account, Tally};
use super::plan::{NOBODY, Plan, slug};
use super::row::BundleRow;

/// Sources that are in no report.
const HELD: &str = "held.jsonl";

/// What is noted of each operator, for its manifest and sums.
const NOTES: [&str; 3] = ["bundles", "files", "sums"];

/// Sources that a thread takes at once, at most.
const TOGETHER: usize = 64;

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
    let all: Vec<Outcome<Case<'a>>> = cases.into_iter().collect();
    let written = Bundles::write(&folder, plan, [Ok(all)], |case| case)?.close(&plan.inputs)?;
    folder.finish()?;
    Ok(written)
}

/// The bundles of a run, written but for what all of them share.
pub struct Bundles<'p, 'a> {
    folder: &'p Folder,
    plan: &'p Plan<'a>,
    written: Written,
    operators: BTreeSet<&'a str>,
    lists: BTreeMap<&'a str, Lists<'a>>,
    tally: Tally,
}

/// From the earliest line of all inputs to the latest.
fn span(inputs: &[InputRecord]) -> Option<(Instant, Instant)> {
    let spans = || inputs.iter().filter_map(|i| i.span);
    Some((spans().map(|s| s.0).min()?, spans().map(|s| s.1).max()?))
}

impl<'p, 'a> Bundles<'p, 'a> {
    /// Writes those of cases that are made by the threads that write them, turn by turn: those of
    /// one turn are in memory at once, and in the order of addresses.
    ///
    /// # Errors
    ///
    /// As [`write()`]; of two that go wrong the first is told.
    pub fn write<T: Send>(
        folder: &'p Folder,
        plan: &'p Plan<'a>,
        turns: impl IntoIterator<Item = Outcome<Vec<T>>>,
        case: impl Fn(T) -> Outcome<Case<'a>> + Sync,
    ) -> Outcome<Self> {
        let mut run = Self {
            written: Written { dir: folder.target().to_owned(), ..Written::default() },
            folder,
            plan,
            operators: BTreeSet::new(),
            lists: BTreeMap::new(),
            tally: Tally::new(span(&plan.inputs)),
        };
        // What was made of one turn is taken while the next is made: only that hangs on the order of sources.
        let mut before: Vec<Outcome<Made<'a>>> = Vec::new();
        for turn in turns {
            let made = std::mem::take(&mut before);
            let turn = match turn {
                Ok(turn) => turn,
                Err(fault) => return run.take_all(made).and(Err(fault)),
            };
            // So many that their files fill the lanes, and so few that no thread waits for another.
            let together = turn.len().div_ceil(8 * rayon::current_num_threads()).clamp(1, TOGETHER);
            let each = || {
                let some = turn.into_par_iter().chunks(together);
                let make = |room: &mut Room, some: Vec<T>| {
                    make_all(some.into_iter().map(&case), plan, folder, room)
                };
                some.map_init(Room::default, make).flatten_iter().collect()
            };
            let taken;
            (before, taken) = rayon::join(each, || run.take_all(made));
            taken?;
        }
        run.take_all(before)?;
        Ok(run)
    }

    /// Writes what they share: lists, manifests, the page, the summary. `inputs` are those of the plan,
    /// with their hashes. The folder is then to be finished.
    ///
    /// # Errors
    ///
    /// What went wrong with a file.
    pub fn close(mut self, inputs: &[InputRecord]) -> Outcome<Written> {
        for operator in std::mem::take(&mut self.operators) {
            self.close_operator(operator, inputs)?;
        }
        self.folder.keep_note(HELD, HELD)?;
        let page = self.page(inputs);
        self.folder.write("index.html", &page)?;
        self.folder.write(super::folder::MARK, &self.summary(inputs))?;
        Ok(self.written)
    }

    /// Takes the sources of a turn.
    fn take_all(&mut self, made: Vec<Outcome<Made<'a>>>) -> Outcome<()> {
        made.into_iter().try_for_each(|made| self.take(made?))
    }

    /// Takes a source that was written, in the order of addresses.
    fn take(&mut self, made: Made<'a>) -> Outcome<()> {
        let Made { case, judgement, reports, held } = made;
        self.written.sources += 1;
        self.tally.source(&case, &judgement);
        if case.source.login_succeeded() {
            self.written.logged_in.push(case.addr);
        }
        let mut ids: BTreeSet<&'static str> = judgement.findings.iter().map(|f| f.id).collect();
        if let Some(row) = held {
            self.written.held += 1;
            self.folder.note(HELD, &row)?;
        }
        for mut report in reports {
            if let (Some(letter), Some(channel)) = (report.letter.take(), report.filing.channel) {
                let lists = self.lists.entry(report.operator).or_default();
                let part = report.filing.part(&case, &self.plan.context);
                let sent_in = lists.take(&slug(&channel.id), &part, &report.filing, &letter);
                report.finish(&case, &self.plan.context, self.folder, sent_in.as_deref())?;
            }
            self.operators.insert(report.operator);
            for (note, rows) in NOTES.into_iter().zip(&report.notes) {
                self.folder.note(&format!("{}.{note}", report.operator), rows)?;
            }
            self.tally.report(&case, &report.filing, &report.row);
            ids.extend(report.filing.findings.iter().map(|f| f.id));
            self.written.bundles.push(report.row);
        }
        for id in ids {
            *self.written.findings.entry(id).or_default() += 1;
        }
        Ok(())
    }

    /// Writes an operator's lists, manifest and sums.
    fn close_operator(&mut self, operator: &'a str, inputs: &[InputRecord]) -> Outcome<()> {
        let [bundles, files, sums] = NOTES.map(|note| format!("{operator}.{note}"));
        if let Some(lists) = self.lists.remove(operator) {
            for (path, bytes) in lists.files(&self.plan.context)? {
                self.folder.write(&format!("{operator}/{path}"), &bytes)?;
                let (mut file, mut sum) = (Vec::new(), Vec::new());
                note_file(&mut file, &mut sum, &path, bytes.len(), &sha256(&bytes));
                self.folder.note(&files, &file)?;
                self.folder.note(&sums, &sum)?;
            }
        }

        let mut map = head(inputs, &self.plan.references, &self.plan.options);
        map.insert("operator".to_owned(), json!((operator != NOBODY).then_some(operator)));
        let mut out = self.folder.begin_file(&format!("{operator}/manifest.json"))?;
        out.put(&opened(&Value::Object(map))?)?;
        for (key, note) in [("bundles", &bundles), ("files", &files)] {
            out.put(format!(",\n  \"{key}\": [").as_bytes())?;
            // Each row begins with a comma; there is none before the first.
            self.folder.copy_note(note, 1, &mut out)?;
            out.put(b"\n  ]")?;
        }
        out.put(b"\n}\n")?;
        let hash = out.end()?;
        let mut out = self.folder.begin_file(&format!("{operator}/SHA256SUMS"))?;
        self.folder.copy_note(&sums, 0, &mut out)?;
        out.put(format!("{hash}  manifest.json\n").as_bytes())?;
        out.end().map(drop)
    }

    fn page(&mut self, inputs: &[InputRecord]) -> Vec<u8> {
        self.tally.finish();
        let account = Account {
            inputs,
            span: span(inputs),
            sources: self.written.sources,
            verdicts: Verdict::ALL.map(|v| match v {
                Verdict::Held => self.written.held,
                v => self.written.count(v) as u64,
            }),
            logged_in: &self.written.logged_in,
        };
        super::page::page(&self.tally, &account).into_bytes()
    }

    fn summary(&self, inputs: &[InputRecord]) -> Vec<u8> {
        let w = &self.written;
        let mut map = head(inputs, &self.plan.references, &self.plan.options);
        let mut by_verdict = serde_json::Map::new();
        for verdict in Verdict::ALL {
            let n = if verdict == Verdict::Held { w.held } else { w.count(verdict) as u64 };
            by_verdict.insert(verdict.word().to_owned(), json!(n));
        }
        let logged_in: Vec<String> = w.logged_in.iter().map(ToString::to_string).collect();
        if !self.plan.bounds.is_empty() {
            map.insert("bounds".to_owned(), json!(self.plan.bounds));
        }
        map.insert("sources".to_owned(), json!(w.sources));
        map.insert("login_succeeded".to_owned(), json!(logged_in));
        map.insert("verdicts".to_owned(), Value::Object(by_verdict));
        map.insert("findings".to_owned(), json!(w.findings));
        let whole = Summary { map: &map, bundles: &w.bundles };
        let mut out = inert_bytes(serde_json::to_vec_pretty(&whole).unwrap_or_default());
        out.push(b'\n');
        out
    }
}

/// `summary.json`: its head, and the rows as they are.
struct Summary<'r> {
    map: &'r serde_json::Map<String, Value>,
    bundles: &'r [BundleRow],
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_map(Some(self.map.len() + 1))?;
        for (key, value) in self.map {
            all.serialize_entry(key, value)?;
        }
        all.serialize_entry("bundles", self.bundles)?;
        all.end()
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
