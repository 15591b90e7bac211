//! `plaint report`: from logs to the folder one files.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::addr::Addr;
use crate::bundle::{self, FileRecord, InputRecord, Plan};
use crate::config::Config;
use crate::fault::{Fault, Outcome};
use crate::hash::{hex, sha256};
use crate::judge::saved::Transcript;
use crate::judge::{Case, Context, EvidenceLine, Registration, join_sessions, judge};
use crate::limits::{EVIDENCE_AT_ONCE, EVIDENCE_LINES_TOTAL};
use crate::operator::Operators;
use crate::run::evidence::{WantedLines, read_back};
use crate::run::{Logs, Options, Scan, progress};
use crate::session::Place;
use crate::source::Source;
use crate::time::Instant;

use super::common::Setup;
use super::outcome::{self, Again};

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
    setup.options.remember = true;
    let (logs, scan) = setup.run()?;
    setup.show_progress();
    if logs.logs.is_empty() {
        return Err(Fault::usage("no log could be read: nothing was written").hint(
            "name logs, or folders that hold some; `plaint inspect PATH` says what they are",
        ));
    }
    let context =
        Context { config, clock: &clock, now: asked.now, generic: operators.get("generic") };
    let rows = scan.sources.sorted();
    let filed = filed(&rows, setup, operators, &context)?;
    let plan = Plan {
        context,
        limits: setup.options.scan_limits,
        inputs: inputs(&logs, &scan)?,
        options: asked.options.clone(),
        references: references(config, operators, &rows)?,
        bounds: scan.bounds_met(&setup.options),
    };
    let mut evidence = Evidence {
        logs: &logs,
        scan: &scan,
        options: &setup.options,
        waiting: filed.into_iter().peekable(),
        at_once: EVIDENCE_AT_ONCE,
        read: HashMap::new(),
    };
    let cases = rows
        .iter()
        .map(|(addr, source)| case(*addr, source, setup, config, operators, evidence.of(*addr)?));
    // Lines were read twice, and must have been the same ones; the folder is not yet in its place.
    let changed = std::iter::once_with(|| changed(&logs).map(Err)).flatten();
    let written = bundle::write(folder, &plan, cases.chain(changed))?;
    let zone = setup.options.zone.as_ref().map(crate::time::Zone::name);
    let again =
        Again { dir: asked.dir, paths: &setup.paths, zone: zone.as_deref(), config: asked.config };
    outcome::tell(&written, &again, setup.voice);
    Ok((!rows.is_empty(), setup.exit_code(&logs, &scan)))
}

fn case<'a>(
    addr: Addr,
    source: &'a Source,
    setup: &Setup,
    config: &Config,
    operators: &'a Operators,
    evidence: Vec<EvidenceLine>,
) -> Outcome<Case<'a>> {
    let saved = |folder: &Option<PathBuf>| match folder {
        Some(folder) if !evidence.is_empty() => Transcript::find(folder, addr),
        _ => Ok(None),
    };
    Ok(Case {
        addr,
        source,
        incidents: source.incidents(setup.options.scan_limits),
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

/// The places of the lines of those sources that something is filed of, in the order of sources.
fn filed(
    rows: &[(Addr, &Source)],
    setup: &Setup,
    operators: &Operators,
    context: &Context<'_>,
) -> Outcome<Vec<(Addr, Vec<Place>)>> {
    let mut filed = Vec::new();
    for (addr, source) in rows {
        let case = case(*addr, source, setup, context.config, operators, Vec::new())?;
        // Judged without its lines, what is left is either held anyway or lacks nothing but them.
        let judgement = judge(&case, context);
        if judgement.filings.is_empty() && !judgement.findings.iter().any(|f| f.id == "LOG-1") {
            continue;
        }
        let ends: Vec<Place> = case.incidents.iter().flat_map(|i| [i.ends.0, i.ends.1]).collect();
        filed.push((*addr, source.evidence(), ends));
    }
    // Of the lines of all sources together no more than a run may take, and of each as many.
    let most = share(filed.iter().map(|(_, places, _)| places.len()), EVIDENCE_LINES_TOTAL);
    let cut = |(addr, mut places, ends): (Addr, Vec<Place>, Vec<Place>)| {
        if places.len() > most {
            places.sort_unstable_by_key(|p| p.hash());
            places.truncate(most);
        }
        places.extend(ends);
        (addr, places)
    };
    Ok(filed.into_iter().map(cut).collect())
}

/// The lines of sources, asked for in the order of sources and read back some sources at a time.
struct Evidence<'r> {
    logs: &'r Logs,
    scan: &'r Scan,
    options: &'r Options,
    /// Those whose lines were not yet read, in order.
    waiting: std::iter::Peekable<std::vec::IntoIter<(Addr, Vec<Place>)>>,
    /// Lines that are read at once, but for a single source that has more.
    at_once: usize,
    read: HashMap<Addr, Vec<EvidenceLine>>,
}

impl Evidence<'_> {
    fn of(&mut self, addr: Addr) -> Outcome<Vec<EvidenceLine>> {
        if self.waiting.peek().is_some_and(|(next, _)| *next == addr) {
            self.turn()?;
        }
        Ok(self.read.remove(&addr).unwrap_or_default())
    }

    fn turn(&mut self) -> Outcome<()> {
        let mut wanted = WantedLines::default();
        self.read.clear();
        while let Some((addr, places)) = self
            .waiting
            .next_if(|(_, p)| wanted.is_empty() || wanted.len() + p.len() <= self.at_once)
        {
            wanted.extend(places.into_iter().map(|place| (place, addr)));
        }
        read_back(self.logs, self.scan, self.options, &wanted, &mut |addr, line| {
            self.read.entry(addr).or_default().push(line);
        })?;
        for lines in self.read.values_mut() {
            lines.sort_by_key(|l| (l.moment.at, l.place));
            join_sessions(lines);
        }
        Ok(())
    }
}

/// The inputs, each hashed as it lies on the disk.
fn inputs(logs: &Logs, scan: &Scan) -> Outcome<Vec<InputRecord>> {
    let pairs: Vec<_> = logs.logs.iter().zip(&scan.accounts).collect();
    pairs
        .into_par_iter()
        .map(|(log, account)| {
            let mut hash = Sha256::new();
            let mut reader = log.input.raw();
            let mut buffer = vec![0; 1 << 18];
            loop {
                match std::io::Read::read(&mut reader, &mut buffer) {
                    Ok(0) => break,
                    Ok(n) => {
                        hash.update(buffer.get(..n).unwrap_or_default());
                        progress::again(n as u64);
                    }
                    Err(e) => return Err(Fault::file(&log.input.path, e)),
                }
            }
            Ok(InputRecord {
                path: log.input.path.clone(),
                bytes: log.input.bytes,
                sha256: hex(&hash.finalize()),
                readings: account.readings,
                span: account.span,
                zone: log.zone.clone(),
                complete: account.complete,
            })
        })
        .collect()
}

/// The files beside the logs that bear on the results.
fn references(
    config: &Config,
    operators: &Operators,
    rows: &[(Addr, &Source)],
) -> Outcome<Vec<FileRecord>> {
    let mut used = BTreeSet::from(["generic"]);
    for (addr, _) in rows {
        used.extend(operators.whose(addr.ip())?.operator.map(|p| p.id.as_str()));
    }
    let mut out: Vec<FileRecord> = operators
        .lists()
        .map(|(path, date, sha256)| FileRecord {
            path: path.to_owned(),
            date: date.map(str::to_owned),
            sha256: sha256.to_owned(),
        })
        .collect();
    // Those that ship inside are told by the version, but for those that were used.
    for profile in operators.iter().filter(|p| p.file.is_some() || used.contains(p.id.as_str())) {
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
