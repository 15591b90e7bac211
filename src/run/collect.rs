//! [`Logs`]: the inputs of a run, each once, in the order of their lines.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::envelope::{Columns, Reader, Stamp};
use crate::fault::{Fault, Outcome};
use crate::input::inflate::no_text;
use crate::input::{Finds, Form, Found, Input, Lines, Room, find, same, series};
use crate::json::Scratch;
use crate::limits::UNPACKED_KEPT_LATER;

pub use super::dated::Log;
use super::dated::{Dated, END, order};
use super::options::Options;
use super::overlap::{OVERLAP_SECONDS, Traits, tags};
use super::survey::{Surveyed, survey, uptimes};

/// The inputs of a run.
#[derive(Debug, Default)]
pub struct Logs {
    /// In order of time, then path.
    pub logs: Vec<Log>,
    /// Inputs that repeat another: the repeated, the kept.
    pub repeated: Vec<(PathBuf, PathBuf)>,
    /// Files of a folder that are no logs, with the reason.
    pub passed_over: Vec<(PathBuf, String)>,
    /// Inputs that could not be read.
    pub faults: Vec<Fault>,
    /// What of packed logs is kept finds room here.
    room: Room,
}

/// Lines looked at to tell whether a file of a folder is a log.
const SNIFFED: usize = 100;

impl Logs {
    /// Finds, opens and surveys what `paths` mean. `stdin` is what `-` stands for.
    ///
    /// # Errors
    ///
    /// A log without a zone and none told; a log without years and no end known.
    pub fn open(
        paths: &[PathBuf],
        stdin: Option<Input>,
        options: &Options,
        exact: bool,
    ) -> Outcome<Self> {
        let mut logs = Self::default();
        let Finds { found, faults, passed_over } = find(paths);
        (logs.faults, logs.passed_over) = (faults, passed_over);
        let mut inputs: Vec<Input> = Vec::new();
        for Found { path, named } in found {
            match Input::open(&path, named).map(|input| logs.apart(input, &mut inputs)) {
                Ok(None) => {}
                Ok(Some(input)) if named => match input.sound_head(512) {
                    Ok((head, _)) if no_text(&head).is_some() => {
                        logs.faults.extend(no_text(&head).map(|why| Fault::file(&path, why)));
                    }
                    _ => inputs.push(input),
                },
                Ok(Some(input)) => logs.sort_out(input, &mut inputs),
                Err(e) => logs.faults.push(e),
            }
        }
        if let Some(input) = stdin {
            let input = logs.apart(input, &mut inputs);
            inputs.extend(input);
        }
        // By their numbers: an archive may hold two of a name.
        let mut lost = FxHashSet::default();
        for (copy, kept) in same::repeated(&inputs) {
            if let (Some(a), Some(b)) = (inputs.get(copy), inputs.get(kept)) {
                logs.repeated.push((a.path.clone(), b.path.clone()));
                lost.insert(copy);
            }
        }
        let mut numbers = 0..;
        inputs.retain(|_| !numbers.next().is_some_and(|n| lost.contains(&n)));
        logs.settle(inputs, exact, options)?;
        Ok(logs)
    }

    /// Takes the members of an archive; what is no archive comes back.
    fn apart(&mut self, input: Input, inputs: &mut Vec<Input>) -> Option<Input> {
        match input.members() {
            Ok(None) => return Some(input),
            Ok(Some(members)) => members.into_iter().for_each(|m| self.sort_out(m, inputs)),
            Err(e) => self.faults.push(e),
        }
        None
    }

    /// Takes a file of a folder or an archive if it is a log, and names it if it is none.
    fn sort_out(&mut self, input: Input, inputs: &mut Vec<Input>) {
        match sniff(&input) {
            Ok(None) => inputs.push(input),
            Ok(Some(reason)) => self.passed_over.push((input.path.clone(), reason)),
            Err(e) => self.faults.push(Fault::file(&input.path, e)),
        }
    }

    /// Surveys every stamp of the logs of which only some were seen.
    ///
    /// # Errors
    ///
    /// As [`Logs::open`].
    pub fn resurvey(&mut self, options: &Options) -> Outcome<()> {
        let inputs = self.logs.drain(..).map(|l| l.input).collect();
        self.settle(inputs, true, options)
    }

    /// Gives back memory that only reading had a use for.
    pub fn were_read(&mut self) {
        self.room.shrink(UNPACKED_KEPT_LATER);
        self.logs.iter_mut().for_each(|log| log.input.keep_within(&self.room));
    }

    /// The logs that are no longer what was opened, with what happened to them.
    #[must_use]
    pub fn changed(&self) -> Vec<Fault> {
        let changed = |l: &Log| Some(Fault::file(&l.input.path, l.input.unchanged().err()?));
        self.logs.iter().filter_map(changed).collect()
    }

    fn settle(&mut self, inputs: Vec<Input>, exact: bool, options: &Options) -> Outcome<()> {
        let alone = inputs.len() == 1;
        let inputs: Vec<Input> =
            inputs.into_iter().map(|i| i.with_chunk_bytes(options.chunk_bytes)).collect();
        let with = (options, &self.room);
        let surveys =
            side_by_side(options.threads, &inputs, |input| survey(input, alone, exact, with))?;
        let mut dated = Vec::new();
        for (input, surveyed) in inputs.into_iter().zip(surveys) {
            match surveyed {
                Ok((survey, exact)) => {
                    dated.push(settle(input, survey, exact, options)?);
                }
                Err(e) => self.faults.push(input.fault(&e)),
            }
        }
        order(&mut dated);
        self.logs = dated.into_iter().map(|d| d.log).collect();
        if self.logs.len() > 1 {
            for log in &mut self.logs {
                log.traits.tags = tags(&log.input, log.columns.as_ref());
            }
        }
        self.give_way();
        compare(&mut self.logs);
        link(&mut self.logs);
        Ok(())
    }

    /// Passes over journals of a folder where a text log tells what they tell: journald hands on what it gets to
    /// the syslog daemon beside it, and one event in two forms would count twice.
    fn give_way(&mut self) {
        let is_journal = |log: &Log| log.input.form == Form::Journal;
        let twin = |log: &Log| {
            if !is_journal(log) || log.input.named {
                return None;
            }
            let told = |other: &&Log| !is_journal(other) && other.traits.may_share(&log.traits);
            Some(self.logs.iter().find(told)?.input.path.display().to_string())
        };
        let mut twins: Vec<Option<String>> = self.logs.iter().map(twin).collect();
        twins.reverse();
        let Self { logs, passed_over, .. } = self;
        logs.retain(|log| match twins.pop().flatten() {
            Some(text) => {
                let why =
                    format!("{text} tells what this journal tells; to read it, name it alone");
                passed_over.push((log.input.path.clone(), why));
                false
            }
            None => true,
        });
    }
}

/// Does something with each input, on some threads.
///
/// # Errors
///
/// The threads cannot be started.
fn side_by_side<T: Send>(
    threads: usize,
    inputs: &[Input],
    each: impl Fn(&Input) -> T + Sync + Send,
) -> Outcome<Vec<T>> {
    if threads <= 1 || inputs.len() == 1 {
        return Ok(inputs.iter().map(each).collect());
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| Fault::usage(format!("--threads {threads}: {e}")).hint("name fewer"))?;
    Ok(pool.install(|| inputs.par_iter().map(each).collect()))
}

/// Why a file of a folder is no log; none if it is one. A log that breaks off
/// is one, and the run will say where.
///
/// # Errors
///
/// It cannot be read, and what can be read of it is no log.
fn sniff(input: &Input) -> std::io::Result<Option<String>> {
    if input.bytes == 0 {
        return Ok(Some("empty".into()));
    }
    let (head, fault) = input.sound_head(64 * 1024)?;
    if let Some(why) = no_text(&head) {
        return Ok(Some(why.into()));
    }
    let binary = head.get(..head.len().min(8192)).is_some_and(|h| memchr::memchr(0, h).is_some());
    let scratch = Scratch::default();
    let columns = Columns::of_log(&head);
    let mut reader = Reader::new(&scratch).ordered(columns.as_ref());
    let mut lines = Lines::new(&head, 0).take(SNIFFED);
    if !binary && lines.any(|(_, l)| reader.read(l).is_ok()) {
        return Ok(None);
    }
    match fault {
        Some(e) => Err(e),
        None if binary => Ok(Some("binary".into())),
        None => Ok(Some("no line of it has a time stamp of a known form".into())),
    }
}

fn settle(input: Input, survey: Surveyed, exact: bool, options: &Options) -> Outcome<Dated> {
    let zone = options.zone_of(&input.path).cloned();
    if survey.survey.zoneless && zone.is_none() {
        return Err(zone_fault(&input.path, &survey.example));
    }
    let end = options.log_end.or(input.end.map(|(t, _)| t));
    if survey.survey.yearless && end.is_none() {
        return Err(Fault::usage(format!(
            "{}: its time stamps lack the year and a pipe does not say when its log ended",
            input.path.display()
        ))
        .hint("add --log-end DATE, such as --log-end 2026-03-29"));
    }
    let hasty = survey.hasty;
    let name =
        if survey.survey.zoneless { zone.as_ref().map(crate::time::Zone::name) } else { None };
    let mut calendar = survey.survey.clone().settle(zone, end);
    calendar.hasty = hasty;
    let local = |stamp: &Stamp, chunk| calendar.local(stamp, chunk);
    let (first, last) = calendar.strays.within((survey.first, survey.last));
    let from = first.and_then(|(stamp, _)| local(&stamp, 0));
    let to = last.and_then(|(stamp, ..)| local(&stamp, END));
    if from.zip(to).is_some_and(|(a, b)| calendar.open_between(a.min(b), a.max(b) + 1))
        && let Ok(known) = uptimes(&input, &calendar)
    {
        calendar.settle_by_uptime(&known);
    }
    let zone = name.unwrap_or_default();
    let columns = survey.columns.clone();
    let (traits, begins) = (Traits::default(), Vec::new());
    let (shares_before, shares_after, follows) = (false, false, None);
    let log = Log {
        input,
        calendar,
        columns,
        begins,
        zone,
        exact,
        traits,
        shares_before,
        shares_after,
        follows,
    };
    Ok(Dated::new(log, &survey))
}

/// Marks the logs that may tell the same lines.
fn compare(logs: &mut [Log]) {
    for i in 0..logs.len() {
        let (before, after) = logs.split_at_mut(i);
        let Some(log) = after.first_mut() else { continue };
        for other in before {
            if other.traits.may_share(&log.traits) {
                log.shares_before = true;
                other.shares_after = true;
            }
        }
    }
}

/// Lets each log follow the rotation before it, unless the two overlap.
fn link(logs: &mut [Log]) {
    let mut newest: FxHashMap<PathBuf, usize> = FxHashMap::default();
    for i in 0..logs.len() {
        let (before, after) = logs.split_at_mut(i);
        let Some(log) = after.first_mut() else { continue };
        let Some(n) = newest.insert(series(&log.input.path), i) else { continue };
        let Some(rotated) = before.get(n) else { continue };
        if rotated.traits.overlap(&log.traits).is_none_or(|seconds| seconds > OVERLAP_SECONDS) {
            continue;
        }
        log.follows = u32::try_from(n).ok();
        let end = rotated.begins.last().copied().unwrap_or(i64::MIN);
        log.begins.iter_mut().for_each(|begin| *begin = end.max(*begin));
    }
}

fn zone_fault(path: &Path, example: &[u8]) -> Fault {
    let here = crate::time::zone::machine_zone();
    let candidate = here.as_deref().unwrap_or("Europe/London");
    let said = match &here {
        Some(z) => format!("this machine's zone is {z}; if the log was written in it, "),
        None => String::from("for example "),
    };
    Fault::Zone {
        text: format!(
            "{}: its time stamps ({:?}) state no zone, and a guessed zone would make a false report",
            path.display(),
            crate::text::Untrusted(example).to_string(),
        ),
        hint: Some(format!("{said}add --tz {candidate}")),
    }
}
