//! `plaint report`: from logs to the folder one files.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use serde_json::Value;

use crate::addr::Addr;
use crate::bundle::{self, Bundles, FileRecord, InputRecord, Plan};
use crate::config::Config;
use crate::fault::{Fault, Outcome};
use crate::hash::sha256;
use crate::judge::saved::Transcript;
use crate::judge::{
    Case, Context, EvidenceLine, Registration, did_too_little, join_sessions, judge,
};
use crate::limits::{EVIDENCE_AT_ONCE, EVIDENCE_LINES_TOTAL, SOURCES_AT_ONCE};
use crate::operator::Operators;
use crate::run::evidence::{gather, lines};
use crate::run::read::Programs;
use crate::run::spool::{Found, Spool};
use crate::run::{Logs, Options, Remember, Scan};
use crate::session::Kept;
use crate::source::Source;
use crate::time::Instant;

use super::common::Setup;
use super::hashing::Hashing;
use super::outcome::{self, Again};
use super::voice::Severity;

/// What a report is asked to be.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The folder to write.
    pub dir: &'a Path,
    /// Replace it.
    pub force: bool,
    /// What age is judged against.
    pub now: Option<Instant>,
    /// The options that change results.
    pub options: Value,
    /// The configuration that a flag named.
    pub config: Option<&'a Path>,
}

/// Writes the bundles; whether any source was hostile.
///
/// # Errors
///
/// What stops the run before it writes anything, or the folder.
pub fn run(
    setup: &mut Setup,
    config: &Config,
    operators: &Operators,
    asked: &Asked<'_>,
) -> Outcome<(bool, u8)> {
    // Before hours of reading: is there a place to write to, and is it ours alone?
    let folder = bundle::folder::Folder::begin(asked.dir, asked.force)?;
    let clock = config.clock_statement()?;
    setup.options.remember = Remember::Evidence;
    let begun = std::time::Instant::now();
    let opened: OnceLock<Hashing> = OnceLock::new();
    let threads = setup.options.threads;
    let step = |bytes| {
        // One thread would only be kept from what it has in its cache.
        if let Some(hashing) = opened.get().filter(|_| threads > 1) {
            hashing.step(bytes);
        }
    };
    let (logs, scan) =
        setup.run_beside(&|logs| _ = opened.set(Hashing::of(logs, threads)), &step)?;
    let hashing = opened.into_inner().unwrap_or_else(|| Hashing::of(&logs, threads));
    let mut watch = Watch::since(begun);
    watch.passed("reading");
    setup.show_progress();
    if logs.logs.is_empty() {
        return Err(Fault::usage("no log could be read: nothing was written").hint(
            "name logs, or folders that hold some; `plaint inspect PATH` says what they are",
        ));
    }
    let context =
        Context { config, clock: &clock, now: asked.now, generic: operators.get("generic") };
    let rows = scan.sources.sorted();
    let workers = pool(threads)?;
    let options = &setup.options;
    let programs = Mutex::default();
    let about = About { options, config, operators, context: &context, programs };
    let inputs = inputs(&logs, &scan);
    let plan = OnceLock::new();
    // Hashes of inputs are the last that is asked for: one thread makes what is left of them while the others go on, and
    // of one log no more than one can.
    let mut hashed = Ok(Default::default());
    let bundles = workers.install(|| {
        rayon::scope(|s| {
            s.spawn(|_| hashed = hashing.end(&logs));
            let mut filed = about.filed(&rows)?;
            watch.passed("judging");
            let references = references(config, operators, &filed.operators)?;
            let plan = plan.get_or_init(|| Plan {
                context,
                limits: options.scan_limits,
                inputs: inputs.clone(),
                options: asked.options.clone(),
                references,
                bounds: scan.bounds_met(options),
            });
            let mut spool = Spool::new(folder.spool(), filed.ends.len());
            gather(&logs, &scan, options, &filed.wanted, &filed.ends, &mut spool)?;
            watch.passed("evidence");
            filed.wanted = Vec::new();
            let mut from = 0;
            let turns = filed.ends.iter().enumerate().map(|(n, end)| {
                let range = from..*end as usize;
                from = range.end;
                Ok(turn(range, &rows, spool.turn(n)?))
            });
            let case = |of| about.turned(&of, (&logs, &scan));
            let bundles = Bundles::write(&folder, plan, turns, case);
            watch.passed("writing");
            bundles
        })
    })?;
    watch.passed("waiting for hashes of inputs");
    // Lines were read twice, and must have been the same ones; the folder is not yet in its place.
    if let Some(fault) = changed(&logs) {
        return Err(fault);
    }
    let mut inputs = inputs;
    let (hashes, hashing) = hashed?;
    inputs.iter_mut().zip(hashes).for_each(|(input, hash)| input.sha256 = hash);
    let written = bundles.close(&inputs)?;
    folder.finish()?;
    watch.passed("closing");
    setup.voice.say(Severity::Trace, &watch.told(hashing));
    let zone = setup.options.zone.as_ref().map(crate::time::Zone::name);
    let again =
        Again { dir: asked.dir, paths: &setup.paths, zone: zone.as_deref(), config: asked.config };
    outcome::tell(&written, &again, setup.voice);
    Ok((!rows.is_empty(), setup.exit_code(&logs, &scan)))
}

/// How long each part of a run took, for `-vv` alone.
struct Watch {
    since: std::time::Instant,
    told: Vec<String>,
}

impl Watch {
    fn since(since: std::time::Instant) -> Self {
        Self { since, told: Vec::new() }
    }

    fn passed(&mut self, what: &str) {
        self.told.push(format!("{what} {:.3}", self.since.elapsed().as_secs_f64()));
        self.since = std::time::Instant::now();
    }

    /// `hashing` went on beside the others.
    fn told(&self, hashing: std::time::Duration) -> String {
        let hashing = hashing.as_secs_f64();
        format!("seconds: {}; inputs hashed meanwhile in {hashing:.3}", self.told.join(", "))
    }
}

/// Threads that judge, write and hash.
fn pool(threads: usize) -> Outcome<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .build()
        .map_err(|e| Fault::usage(format!("--threads {threads}: {e}")).hint("name fewer"))
}

/// What all sources are judged by.
struct About<'r, 'a> {
    options: &'r Options,
    config: &'a Config,
    operators: &'a Operators,
    context: &'r Context<'a>,
    /// What threads that read lines know of programs, while none of them needs it.
    programs: Mutex<Vec<Programs>>,
}

impl<'a> About<'_, 'a> {
    fn case(
        &self,
        addr: Addr,
        source: &'a Source,
        evidence: Vec<EvidenceLine>,
    ) -> Outcome<Case<'a>> {
        let (config, operators) = (self.config, self.operators);
        let saved = |folder: &Option<PathBuf>| match folder {
            Some(folder) if !evidence.is_empty() => Transcript::find(folder, addr),
            _ => Ok(None),
        };
        Ok(Case {
            addr,
            source,
            incidents: source.incidents(self.options.scan_limits),
            attribution: Some(operators.whose(addr.ip())?),
            whois: saved(&config.operators.whois)?,
            traceroute: saved(&config.operators.traceroute)?,
            rdap: match &config.operators.rdap {
                Some(folder) if !evidence.is_empty() => Registration::find(folder, addr)?,
                _ => None,
            },
            evidence,
        })
    }

    fn turned(&self, of: &Turned<'a>, read: (&Logs, &Scan)) -> Outcome<Case<'a>> {
        if of.own.is_empty() {
            return self.case(of.addr, of.source, Vec::new());
        }
        // A thread that panicked has ended the process: there is no poison.
        let lent = || self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut programs = lent().pop().unwrap_or_default();
        let lines = of.lines(read, self.options, &mut programs);
        lent().push(programs);
        self.case(of.addr, of.source, lines)
    }

    /// The lines of a source that something is filed of; none where nothing is. And
    /// the operator that claims it.
    fn wanted(&self, addr: Addr, source: &'a Source) -> Outcome<(Option<Wanted>, Option<&'a str>)> {
        let case = self.case(addr, source, Vec::new())?;
        let operator = case.attribution.as_ref().and_then(|a| a.operator);
        let operator = operator.map(|p| p.id.as_str());
        if did_too_little(&case, self.context) {
            return Ok((None, operator));
        }
        // Judged without its lines, what is left is either held anyway or lacks nothing but them.
        let judgement = judge(&case, self.context);
        if judgement.filings.is_empty() && !judgement.findings.iter().any(|f| f.id == "LOG-1") {
            return Ok((None, operator));
        }
        let ends = case.incidents.iter().flat_map(|i| [i.ends.0, i.ends.1]).collect();
        Ok((Some(Wanted { lines: source.evidence(), ends }), operator))
    }

    fn filed(&self, rows: &[(Addr, &'a Source)]) -> Outcome<Filed<'a>> {
        let all: Vec<Outcome<_>> =
            rows.par_iter().map(|(addr, source)| self.wanted(*addr, source)).collect();
        let all = all.into_iter().collect::<Outcome<Vec<_>>>()?;
        let mut filed = Filed::default();
        filed.operators.extend(all.iter().filter_map(|(_, operator)| *operator));
        // Of the lines of all sources together no more than a run may take, and of each as many.
        let counts = all.iter().filter_map(|(wanted, _)| Some(wanted.as_ref()?.lines.len()));
        let most = share(counts, EVIDENCE_LINES_TOTAL);
        let room = |wanted: &Wanted| wanted.lines.len().min(most) + wanted.ends.len();
        filed.wanted.reserve_exact(all.iter().filter_map(|(w, _)| w.as_ref()).map(room).sum());
        let (mut lines, mut sources) = (0, 0);
        for (number, (wanted, _)) in (0u32..).zip(all) {
            let Wanted { lines: mut own, ends } = wanted.unwrap_or_default();
            if own.len() > most {
                own.sort_unstable_by_key(|l| l.place().hash());
                own.truncate(most);
            }
            own.extend(ends);
            if sources == SOURCES_AT_ONCE || (lines > 0 && lines + own.len() > EVIDENCE_AT_ONCE) {
                filed.ends.push(number);
                (lines, sources) = (0, 0);
            }
            lines += own.len();
            sources += 1;
            filed.wanted.extend(own.into_iter().map(|line| (line, number)));
        }
        filed.ends.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        filed.wanted.par_sort_unstable();
        filed.wanted.dedup_by_key(|(line, number)| (line.place(), *number));
        Ok(filed)
    }
}

/// The lines that are evidence of a source.
#[derive(Default)]
struct Wanted {
    lines: Vec<Kept>,
    /// The first and the last line of each incident: they are shown in any case.
    ends: Vec<Kept>,
}

/// What of which sources is filed.
#[derive(Default)]
struct Filed<'a> {
    /// Their lines, each with the number of its source, sorted.
    wanted: Vec<(Kept, u32)>,
    /// Where turns end: the number behind the last source of each.
    ends: Vec<u32>,
    /// The operators that claim any of the sources.
    operators: BTreeSet<&'a str>,
}

/// A source in its turn.
struct Turned<'a> {
    addr: Addr,
    source: &'a Source,
    /// Its lines, as they were found: all of the turn, and which are its own.
    found: Arc<Vec<u8>>,
    own: Vec<Range<usize>>,
}

impl Turned<'_> {
    fn lines(
        &self,
        read: (&Logs, &Scan),
        options: &Options,
        programs: &mut Programs,
    ) -> Vec<EvidenceLine> {
        let own = self.own.iter().filter_map(|r| self.found.get(r.clone()));
        let own = own.filter_map(|bytes| Found::all(bytes).next());
        let mut lines = lines(own, self.addr, read, options, programs);
        lines.sort_by_key(|l| (l.moment.at, l.place));
        join_sessions(&mut lines);
        lines
    }
}

/// The sources of a turn, each with its lines.
fn turn<'a>(range: Range<usize>, rows: &[(Addr, &'a Source)], found: Vec<u8>) -> Vec<Turned<'a>> {
    let mut own: Vec<Vec<Range<usize>>> = range.clone().map(|_| Vec::new()).collect();
    let mut from = 0;
    for (source, end) in Found::ends(&found) {
        let number = (source as usize).checked_sub(range.start);
        if let Some(own) = number.and_then(|n| own.get_mut(n)) {
            own.push(from..end);
        }
        from = end;
    }
    let found = Arc::new(found);
    let rows = rows.get(range).unwrap_or_default().iter().zip(own);
    rows.map(|((addr, source), own)| Turned { addr: *addr, source, found: found.clone(), own })
        .collect()
}

/// How many each may have at most, so that all together have no more than `total`.
fn share(counts: impl Iterator<Item = usize>, total: usize) -> usize {
    let mut counts: Vec<usize> = counts.collect();
    counts.sort_unstable();
    let (mut left, n) = (total, counts.len());
    for (i, count) in counts.into_iter().enumerate() {
        let each = (left / (n - i)).max(1);
        if count > each {
            return each;
        }
        left = left.saturating_sub(count);
    }
    usize::MAX
}

/// A log that is not what it was when it was scanned.
fn changed(logs: &Logs) -> Option<Fault> {
    Some(match logs.changed().into_iter().next()? {
        Fault::File { path, reason, .. } => {
            Fault::file(&path, format!("{reason}; nothing was written"))
                .hint("run it once more, on a copy where the log is written to all the time")
        }
        other => Fault::usage(other.to_string()),
    })
}

/// The inputs, not yet hashed.
fn inputs(logs: &Logs, scan: &Scan) -> Vec<InputRecord> {
    let pairs = logs.logs.iter().zip(&scan.accounts);
    pairs
        .map(|(log, account)| InputRecord {
            path: log.input.path.clone(),
            bytes: log.input.bytes,
            sha256: String::new(),
            readings: account.readings,
            span: account.span,
            zone: log.zone.clone(),
            complete: account.complete,
        })
        .collect()
}

/// The files beside the logs that bear on the results.
fn references(
    config: &Config,
    operators: &Operators,
    used: &BTreeSet<&str>,
) -> Outcome<Vec<FileRecord>> {
    let mut out: Vec<FileRecord> = operators
        .lists()
        .map(|(path, date, sha256)| FileRecord {
            path: path.to_owned(),
            date: date.map(str::to_owned),
            sha256: sha256.to_owned(),
        })
        .collect();
    // Those that ship inside are told by the version, but for those that were used.
    let used = |id: &str| id == "generic" || used.contains(id);
    for profile in operators.iter().filter(|p| p.file.is_some() || used(&p.id)) {
        out.push(FileRecord {
            path: profile.place().into(),
            date: None,
            sha256: profile.sha256.clone(),
        });
    }
    if let Some(db) = operators.asn_db() {
        out.push(FileRecord {
            path: db.path().to_owned(),
            date: db.date().map(str::to_owned),
            sha256: db.sha256().to_owned(),
        });
    }
    if let Some(path) = &config.path {
        let bytes = std::fs::read(path).map_err(|e| Fault::file(path, e))?;
        out.push(FileRecord { path: path.clone(), date: None, sha256: sha256(&bytes) });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::Watch;

    #[test]
    fn seconds_of_each_part() {
        let mut watch = Watch::since(std::time::Instant::now());
        watch.passed("reading");
        watch.passed("closing");
        let told = watch.told(std::time::Duration::from_millis(1500));
        let without: String = told.chars().filter(|c| !c.is_ascii_digit()).collect();
        assert_eq!(without, "seconds: reading ., closing .; inputs hashed meanwhile in .");
        assert!(told.ends_with("in 1.500"), "{told}");
    }
}
