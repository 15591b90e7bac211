//! What is written of one source: by many threads at once, since no source's files hang on another's.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::class::Class;
use crate::fault::Outcome;
use crate::hash::{self, hex, sha256};
use crate::judge::{Case, Context, Filing, Finding, Judgement, Level, Verdict, judge};
use crate::limits::HASHED_TOGETHER;
use crate::operator::Record;
use crate::text::{inert_bytes, json_string, push_number};

use super::folder::Folder;
use super::letter::Letter;
use super::list::Lists;
use super::plan::{NOBODY, Plan, UNDETERMINED, slug};
use super::reading::text_findings;
use super::row::BundleRow;
use super::sources::write_families;
use super::{evidence, form, letter, mail, table, todo, xarf};

/// A source that was judged and written.
#[derive(Debug)]
pub struct Made<'a> {
    /// It, without its lines.
    pub case: Case<'a>,
    /// What it comes to.
    pub judgement: Judgement<'a>,
    /// Its reports, in the order of the judgement's.
    pub reports: Vec<Report<'a>>,
    /// Its row of `held.jsonl`, where it has no report.
    pub held: Option<Vec<u8>>,
}

/// A report that was written, but for what hangs on the reports before it.
#[derive(Debug)]
pub struct Report<'a> {
    /// The operator's folder.
    pub operator: &'a str,
    /// Its own folder in that.
    inside: String,
    /// As judged, and with what its text was found to lack.
    pub filing: Filing<'a>,
    /// The letter, where it may be sent in a list with others.
    pub letter: Option<Letter>,
    /// As the summary lists it.
    pub row: BundleRow,
    /// Its files, each with its length and, once they are hashed, its hash.
    files: Vec<(String, usize, String)>,
    told: Told,
    /// Its rows of the notes: of bundles, files and sums. Empty until it is finished.
    pub notes: [Vec<u8>; 3],
}

/// What a manifest tells of a report beside its row.
#[derive(Debug)]
struct Told {
    reference: String,
    incidents: Vec<Value>,
    formats: Vec<Value>,
    log_lines: u64,
    evidence_lines: usize,
    lines_shown: usize,
    /// Findings on classes that are in no report.
    held: Vec<Finding>,
}

/// A record as a manifest tells it.
#[derive(Serialize)]
struct RecordRow<'r> {
    prefix: &'r str,
    region: Option<&'r str>,
    kind: String,
    file: String,
    line: Option<usize>,
    date: Option<&'r str>,
    sha256: &'r str,
    asn: Option<u32>,
}

impl<'r> From<&'r Record> for RecordRow<'r> {
    fn from(r: &'r Record) -> Self {
        Self {
            prefix: &r.prefix,
            region: r.region.as_deref(),
            kind: r.kind.to_string(),
            file: crate::text::shown(&r.file),
            line: r.line,
            date: r.file_date.as_deref(),
            sha256: &r.file_sha256,
            asn: r.asn,
        }
    }
}

/// A report as a manifest tells it.
#[derive(Serialize)]
struct Row<'r> {
    path: &'r str,
    operator: Option<&'r str>,
    to: &'r str,
    source: String,
    classes: &'r [&'static str],
    events: u64,
    verdict: &'static str,
    missing: &'r [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_in: Option<&'r str>,
    reference: &'r str,
    record: Option<RecordRow<'r>>,
    incidents: &'r [Value],
    formats: &'r [Value],
    log_lines: u64,
    evidence_lines: usize,
    lines_shown: usize,
    findings: &'r [Finding],
    held: &'r [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'r str>,
}

/// JSON in one line, with nothing in it that acts on a display; without its newline.
fn row_of(value: &impl Serialize) -> Vec<u8> {
    // There is nothing in a row that JSON could not say.
    inert_bytes(serde_json::to_vec(value).unwrap_or_default())
}

/// Room for what is long in a report, used again for the next.
#[derive(Debug, Default)]
pub struct Room {
    /// `evidence.log`.
    log: Vec<u8>,
    /// Files that were written and wait to be hashed together, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Room {
    /// The hashes of the files that wait, in the order in which they were written.
    fn hashes(&mut self) -> Vec<hash::Hash> {
        let mut from = 0;
        let files: Vec<&[u8]> = self
            .ends
            .iter()
            .filter_map(|end| self.text.get(std::mem::replace(&mut from, *end)..*end))
            .collect();
        let hashes = hash::all(&files);
        self.text.clear();
        self.ends.clear();
        hashes
    }
}

/// Judges sources and writes their reports, but for what [`Report::finish`] adds where they may be
/// sent in a list. Their files are hashed many at once.
///
/// # Errors
///
/// Of each source, what went wrong with a file.
pub fn make_all<'a>(
    cases: impl ExactSizeIterator<Item = Outcome<Case<'a>>>,
    plan: &Plan<'a>,
    folder: &Folder,
    room: &mut Room,
) -> Vec<Outcome<Made<'a>>> {
    let mut all = Vec::with_capacity(cases.len());
    let mut hashed = 0;
    for case in cases {
        let before = (room.text.len(), room.ends.len());
        let made = case.and_then(|case| make(case, plan, folder, room));
        if made.is_err() {
            // Nobody waits for what was written of it.
            room.text.truncate(before.0);
            room.ends.truncate(before.1);
        }
        all.push(made);
        if room.text.len() >= HASHED_TOGETHER {
            hash_files(all.get_mut(hashed..).unwrap_or_default(), plan, folder, room);
            hashed = all.len();
        }
    }
    hash_files(all.get_mut(hashed..).unwrap_or_default(), plan, folder, room);
    all
}

/// Tells the reports of sources the hashes of their files, and finishes those that nothing else is
/// waited for.
fn hash_files<'a>(
    all: &mut [Outcome<Made<'a>>],
    plan: &Plan<'a>,
    folder: &Folder,
    room: &mut Room,
) {
    let mut hashes = room.hashes().into_iter();
    for each in all {
        let Ok(made) = each else { continue };
        for report in &mut made.reports {
            for ((.., hash), of) in report.files.iter_mut().zip(hashes.by_ref()) {
                *hash = hex(&of);
            }
        }
        let mut alone = made.reports.iter_mut().filter(|report| report.letter.is_none());
        let finished = alone.try_for_each(|r| r.finish(&made.case, &plan.context, folder, None));
        if let Err(fault) = finished {
            *each = Err(fault);
        }
    }
}

/// Judges a source and writes its reports; their files are to be hashed.
fn make<'a>(
    mut case: Case<'a>,
    plan: &Plan<'a>,
    folder: &Folder,
    room: &mut Room,
) -> Outcome<Made<'a>> {
    let context = &plan.context;
    let judgement = judge(&case, context);
    let (mut reports, mut held) = (Vec::new(), None);
    if judgement.filings.is_empty() {
        let mut row = b"{\"source\":\"".to_vec();
        row.extend_from_slice(case.addr.to_string().as_bytes());
        row.extend_from_slice(b"\",\"families\":");
        write_families(&mut row, case.source, plan.limits, &mut crate::time::Dates::default());
        row.extend_from_slice(b",\"findings\":");
        row.extend_from_slice(&row_of(&judgement.findings));
        row.extend_from_slice(b"}\n");
        held = Some(row);
    }
    for filing in &judgement.filings {
        // Classes that are in no report are told with each that there is.
        let about = judgement.findings.iter();
        let about = about.filter(|f| judgement.filings.iter().all(|o| !o.findings.contains(f)));
        reports.push(report(&case, filing, about.cloned().collect(), context, folder, room)?);
    }
    case.evidence = Vec::new();
    Ok(Made { case, judgement, reports, held })
}

/// Writes the files of a report.
fn report<'a>(
    case: &Case<'a>,
    judged: &Filing<'a>,
    held: Vec<Finding>,
    context: &Context<'a>,
    folder: &Folder,
    room: &mut Room,
) -> Outcome<Report<'a>> {
    let mut filing = judged.clone();
    let part = judged.part(case, context);
    let operator = filing.operator.map_or(NOBODY, |o| o.id.as_str());
    let mut source = slug(&case.addr.to_string().replace(':', "-"));
    if part.is_one_of_several() {
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
    let lines = part.lines();
    let mut redactor = letter::redact::Redactor::of(&part);
    let mut sides = xarf::sides(&part, operator, Some(&letter.extract));
    let Room { log, text, ends } = room;
    log.clear();
    evidence::log(log, &lines);
    let mail = mail::mail(&part, &letter)?;
    let incidents = incidents(&filing);
    // What was just written is read again, as lint and a desk read it.
    let told = json!({
        "source": case.addr.to_string(),
        "classes": part.classes().into_iter().map(Class::word).collect::<Vec<_>>(),
        "incidents": incidents,
        "ticket": context.config.filing.ticket(case.addr),
    });
    filing.findings.extend(text_findings(&part, &filing, &told, (&mail, &letter.body), log));
    filing.findings.extend(form::findings(&part, &letter));
    filing.findings.extend(xarf::findings(&part, &mut sides, log));
    filing.verdict = Verdict::of(&filing.findings);

    let mut files: Vec<(String, usize, String)> = Vec::new();
    let path = format!("{operator}/{inside}");
    let own = folder.inner(&path)?;
    let mut put = |name: &str, append: &mut dyn FnMut(&mut Vec<u8>)| {
        let from = text.len();
        append(text);
        ends.push(text.len());
        let bytes = text.get(from..).unwrap_or_default();
        files.push((name.to_owned(), bytes.len(), String::new()));
        own.write(name, bytes)
    };
    put("evidence.jsonl", &mut |out| evidence::index(out, &lines))?;
    put("evidence.log", &mut |out| out.extend_from_slice(log))?;
    put("events.csv", &mut |out| table::table(out, &part, &lines, &mut redactor))?;
    put("report.eml", &mut |out| out.extend_from_slice(mail.as_bytes()))?;
    let others = [
        ("form.txt", form::form(&part, &letter).map(Cow::Owned)),
        ("report.txt", Some(Cow::Borrowed(letter.body.as_str()))),
        ("TODO.txt", todo::todo(&part, &filing).map(Cow::Owned)),
    ];
    let others = others.iter().filter_map(|(name, made)| Some((*name, made.as_ref()?.as_bytes())));
    let forms = sides.iter().filter_map(|side| side.made.as_ref().ok());
    for (name, bytes) in others.chain(forms.map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
    {
        put(name, &mut |out| out.extend_from_slice(bytes))?;
    }

    let missing: BTreeSet<&'static str> =
        filing.findings.iter().filter(|f| f.level == Level::Error).map(|f| f.id).collect();
    let row = BundleRow {
        path,
        operator: filing.operator.map(|o| o.id.clone()),
        to: filing.channel.map(|c| c.target().to_owned()).unwrap_or_default(),
        source: case.addr,
        classes: part.classes().into_iter().map(|c| c.word()).collect(),
        events: filing.incidents.iter().map(|i| i.tally.events()).sum(),
        verdict: filing.verdict,
        missing: missing.into_iter().collect(),
        sent_in: None,
    };
    let told = Told {
        reference: letter.reference.clone(),
        incidents,
        formats: sides.iter().map(xarf::Side::json).collect(),
        log_lines: part.total_lines(),
        evidence_lines: lines.len(),
        lines_shown: letter.extract.shown,
        held,
    };
    let letter = Lists::want(&filing).then_some(letter);
    let notes = Default::default();
    Ok(Report { operator, inside, filing, letter, row, files, told, notes })
}

impl<'a> Report<'a> {
    /// Adds what is known once it is known in which list it is sent, if in any, and makes its rows
    /// of the notes.
    ///
    /// # Errors
    ///
    /// What went wrong with a file.
    pub fn finish(
        &mut self,
        case: &Case<'a>,
        context: &Context<'a>,
        folder: &Folder,
        sent_in: Option<&str>,
    ) -> Outcome<()> {
        if let Some(notes) = todo::notes(&self.filing, sent_in) {
            let name = "NOTES.txt";
            folder.write(&format!("{}/{}/{name}", self.operator, self.inside), notes.as_bytes())?;
            self.files.push((name.to_owned(), notes.len(), sha256(notes.as_bytes())));
        }
        self.row.sent_in = sent_in.map(|path| format!("{}/{path}", self.operator));
        self.files.sort();
        let [bundles, files, sums] = &mut self.notes;
        for (name, bytes, hash) in &self.files {
            let path = format!("{}/{name}", self.inside);
            note_file(files, sums, &path, *bytes, hash);
        }
        let (row, told) = (&self.row, &self.told);
        let record = case.attribution.as_ref().and_then(|a| a.record.as_ref());
        bundles.extend_from_slice(ROW);
        bundles.extend_from_slice(&row_of(&Row {
            path: &self.inside,
            operator: row.operator.as_deref(),
            to: &row.to,
            source: row.source.to_string(),
            classes: &row.classes,
            events: row.events,
            verdict: row.verdict.word(),
            missing: &row.missing,
            sent_in: row.sent_in.as_deref(),
            reference: &told.reference,
            record: record.map(RecordRow::from),
            incidents: &told.incidents,
            formats: &told.formats,
            log_lines: told.log_lines,
            evidence_lines: told.evidence_lines,
            lines_shown: told.lines_shown,
            findings: &self.filing.findings,
            held: &told.held,
            ticket: context.config.filing.ticket(case.addr),
        }));
        self.letter = None;
        Ok(())
    }
}

/// The incidents of a report, as a manifest tells them.
pub(super) fn incidents(filing: &Filing<'_>) -> Vec<Value> {
    let row = |i: &crate::judge::Incident| {
        json!({
            "class": i.tally.class.word(),
            "events": i.tally.events(),
            "lines": i.tally.lines,
            "first": i.tally.first.to_string(),
            "last": i.tally.last.to_string(),
            "confidence": i.confidence.word(),
        })
    };
    filing.incidents.iter().map(row).collect()
}

/// What stands before each row of a list in a manifest; before the first its first byte is left out.
const ROW: &[u8] = b",\n    ";

/// Notes a file for manifest and sums.
pub fn note_file(files: &mut Vec<u8>, sums: &mut Vec<u8>, path: &str, bytes: usize, hash: &str) {
    files.extend_from_slice(ROW);
    files.extend_from_slice(b"{\"path\":");
    json_string(files, path.as_bytes());
    files.extend_from_slice(b",\"bytes\":");
    push_number(files, bytes as u64);
    files.extend_from_slice(b",\"sha256\":\"");
    files.extend_from_slice(hash.as_bytes());
    files.extend_from_slice(b"\"}");
    sums.extend_from_slice(format!("{hash}  {path}\n").as_bytes());
}
