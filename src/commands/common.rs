//! [`Setup`]: what every command that reads logs shares, and how it tells people what went on.

use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::class::Reading;
use crate::fault::{Fault, Outcome};
use crate::input::Input;
use crate::input::pipe::want_of_room;
use crate::input::tar::BLOCK;
use crate::limits::REPEATS;
use crate::run::progress::{self, Stage};
use crate::run::{Logs, Options, Scan, scan};
use crate::text::shown;

use super::meter;
use super::voice::{Severity, Voice};

/// What a command that reads logs is given.
#[derive(Debug)]
pub struct Setup {
    /// The paths as typed.
    pub paths: Vec<PathBuf>,
    /// How to run.
    pub options: Options,
    /// What people are told.
    pub voice: Voice,
    /// More unread lines than this end with exit code 4.
    pub max_unread: Option<u64>,
}

/// Bytes of a pipe that are taken in at once, at most.
const SPOOLED: usize = 1 << 18;

/// Bytes that a pipe is asked to hold: as many as any may without privileges (`pipe(7)`).
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// A pipe that holds more wakes both its ends less often; where that is not allowed, it holds what it did.
#[cfg(target_os = "linux")]
fn widen(pipe: &std::fs::File) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE);
}

#[cfg(not(target_os = "linux"))]
const fn widen(_: &std::fs::File) {}

/// Opens what `-` stands for: a file as it is, a pipe spooled so that it can be read twice. What is to be read
/// `once` and is plain is read as it comes, and spooled meanwhile.
fn stdin(once: bool) -> Outcome<Input> {
    let name = Path::new("-");
    let fault = |e: io::Error| Fault::file(name, e);
    let fd = io::stdin();
    let file = std::os::fd::AsFd::as_fd(&fd).try_clone_to_owned().map_err(fault)?;
    let mut file = std::fs::File::from(file);
    // A file of which something was read already is what is left of it.
    if file.metadata().is_ok_and(|m| m.is_file()) && file.stream_position().is_ok_and(|at| at == 0)
    {
        return Input::from_file(file, name, true);
    }
    widen(&file);
    let mut spool = tempfile::tempfile().map_err(fault)?;
    let full = |e: io::Error| Fault::file(name, e).hint(want_of_room());
    // As it comes, so that it can be told how far it is.
    let mut piece = vec![0; SPOOLED];
    let (mut all, mut asked) = (0, !once);
    loop {
        let n = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(fault(e)),
        };
        spool.write_all(piece.get(..n).unwrap_or_default()).map_err(full)?;
        progress::add(n as u64);
        all += n;
        // An archive's first block says that it is one.
        if !asked && all >= BLOCK {
            asked = true;
            if let Some(input) = Input::from_pipe(&file, &spool, name)? {
                return Ok(input);
            }
        }
    }
    spool.flush().and_then(|()| spool.rewind()).map_err(fault)?;
    let mut input = Input::from_file(spool, name, true)?;
    // The spool's own time is no time of the log's.
    if input.form != crate::input::Form::Gzip
        || input.end.is_some_and(|(_, from)| from == crate::input::EndFrom::Modified)
    {
        input.end = None;
    }
    Ok(input)
}

impl Setup {
    /// Opens and reads all logs.
    ///
    /// # Errors
    ///
    /// What stops a run before it writes anything.
    pub fn run(&self) -> Outcome<(Logs, Scan)> {
        self.run_beside(&|_| (), &|_| ())
    }

    /// The same; `opened` is told what was opened before it is read, and `step` of bytes as they are read, by the
    /// threads that read them.
    ///
    /// # Errors
    ///
    /// What stops a run before it writes anything.
    pub fn run_beside(
        &self,
        opened: &dyn Fn(&Logs),
        step: &(dyn Fn(u64) + Sync),
    ) -> Outcome<(Logs, Scan)> {
        self.read(false, opened, step)
    }

    /// The same for a command that asks nothing of the logs afterwards: what is piped is read as it comes.
    ///
    /// # Errors
    ///
    /// What stops a run before it writes anything.
    pub fn run_once(&self) -> Outcome<(Logs, Scan)> {
        self.read(self.paths.len() == 1, &|_| (), &|_| ())
    }

    fn read(
        &self,
        once: bool,
        opened: &dyn Fn(&Logs),
        step: &(dyn Fn(u64) + Sync),
    ) -> Outcome<(Logs, Scan)> {
        let dash = self.paths.iter().any(|p| p.as_os_str() == "-");
        let paths: Vec<PathBuf> =
            self.paths.iter().filter(|p| p.as_os_str() != "-").cloned().collect();
        self.show_progress();
        progress::begin(Stage::Spooling, 0, false);
        let stdin = if dash { Some(stdin(once)?) } else { None };
        // What is read as it comes is taken in until all is read.
        let comes = stdin.as_ref().is_some_and(Input::comes);
        if !comes {
            progress::begin(Stage::Opening, 0, false);
        }
        let begun = std::time::Instant::now();
        let mut logs = Logs::open(&paths, stdin, &self.options, false)?;
        let took = |since: std::time::Instant| format!("{:.3} s", since.elapsed().as_secs_f64());
        let text = format!("{} logs, looked at in {}", logs.logs.len(), took(begun));
        self.voice.say(Severity::Detail, &text);
        self.explain(&logs);
        self.show_progress();
        let begun = std::time::Instant::now();
        let bytes = logs.logs.iter().map(|l| l.input.bytes).sum();
        let plain = logs.logs.iter().all(|l| l.input.chunks().is_some());
        match comes {
            true => progress::begin(Stage::Spooling, 0, false),
            false => progress::begin(Stage::Reading, bytes, plain),
        }
        opened(&logs);
        let read = |bytes| {
            progress::add(bytes);
            step(bytes);
        };
        let scan = scan(&mut logs, &self.options, &read)?;
        logs.were_read();
        progress::begin(Stage::Writing, 0, false);
        meter::hide();
        let lines: u64 = scan.accounts.iter().map(|a| a.lines).sum();
        let threads = self.options.threads;
        let text = format!("{lines} lines read in {} by {threads} threads", took(begun));
        self.voice.say(Severity::Detail, &text);
        self.tell(&logs, &scan);
        Ok((logs, scan))
    }

    /// Says why each log is read as it is.
    fn explain(&self, logs: &Logs) {
        if !self.voice.tells(Severity::Trace) {
            return;
        }
        for log in &logs.logs {
            let path = shown(&log.input.path);
            let say = |text: String| self.voice.say(Severity::Trace, &format!("{path}: {text}"));
            let how = match log.exact {
                true => "every stamp was looked at before it is read",
                false => "the first stamp of each chunk was looked at before it is read",
            };
            say(how.to_owned());
            match (self.options.log_end, log.input.end) {
                (Some(end), _) => say(format!("years count back from {}, as told", instant(end))),
                (None, Some((end, _))) => say(format!("years count back from {}", instant(end))),
                (None, None) => say("nothing says when it ends".to_owned()),
            }
            if let Some(before) = log.follows.and_then(|n| logs.logs.get(n as usize)) {
                say(format!("goes on with {}", shown(&before.input.path)));
            }
            if log.shares_before {
                say("may tell lines that an earlier one tells: they are compared".to_owned());
            }
        }
    }

    /// Draws how far the run is, where somebody can see it; the next message takes it away.
    pub fn show_progress(&self) {
        if !self.voice.quiet && !self.voice.json {
            meter::show();
        }
    }

    /// Says on standard error what a person should know of the inputs.
    fn tell(&self, logs: &Logs, scan: &Scan) {
        let say = |severity, text: String| self.voice.say(severity, &text);
        for fault in logs.faults.iter().chain(&scan.faults) {
            self.voice.fail(fault);
        }
        // Repeats are told with their log, below.
        for bound in scan.bounds_met(&self.options).into_iter().filter(|b| b.limit != "repeats") {
            // It bears on what was counted: told even to those who asked for quiet.
            say(Severity::Error, bound.text);
        }
        for (log, account) in logs.logs.iter().zip(&scan.accounts) {
            let path = shown(&log.input.path);
            if self.voice.tells(Severity::Detail) {
                let readings: Vec<String> = Reading::ALL
                    .iter()
                    .zip(account.readings)
                    .map(|(r, n)| format!("{n} {}", r.word()))
                    .collect();
                let zone = if log.zone.is_empty() { "stated" } else { &log.zone };
                let long = match log.input.comes() {
                    true => "piped".to_owned(),
                    false => format!("{} bytes", log.input.bytes),
                };
                say(
                    Severity::Detail,
                    format!(
                        "{path}: {}, {long}, zone {zone}, {} lines: {}",
                        log.input.form.word(),
                        account.lines,
                        readings.join(", ")
                    ),
                );
            }
            if let Some(doubt) = log.calendar.doubt {
                say(Severity::Warning, format!("{path}: {}", doubt.text()));
            }
            if let Some(from) = log.calendar.strays.first() {
                let n = log.calendar.strays.count();
                let times = if n == 1 { "once".into() } else { format!("{n} times") };
                say(
                    Severity::Warning,
                    format!(
                        "{path}: lines without a year leave the days of the log {times} and come back to them, first at byte {from}, as by a clock that was not set: they have no time and are no evidence"
                    ),
                );
            }
            if account.lines > 0 && account.count(Reading::Unread) == account.lines {
                let first = match account.unread_shown.first() {
                    _ if log.input.utf16 => {
                        "it is UTF-16; iconv -f UTF-16 -t UTF-8 makes it readable"
                    }
                    Some(u) => u.reason.reason(),
                    None => "",
                };
                say(
                    Severity::Warning,
                    format!(
                        "{path}: not one of its {} lines could be read (first: {first}); plaint inspect shows them",
                        account.lines
                    ),
                );
            }
        }
        for (log, account) in logs.logs.iter().zip(&scan.accounts).filter(|(_, a)| a.capped > 0) {
            say(
                Severity::Warning,
                format!(
                    "{}: {} lines claim to stand for {REPEATS} or more; each was counted as {REPEATS}",
                    shown(&log.input.path),
                    account.capped
                ),
            );
        }
        for (path, reason) in &logs.passed_over {
            say(Severity::Note, format!("{}: passed over: {reason}", shown(path)));
        }
        for (lost, kept) in &logs.repeated {
            let text = format!("{}: a copy of {}, counted once", shown(lost), shown(kept));
            say(Severity::Note, text);
        }
    }

    /// Tells of logs that changed since they were scanned; whether there are any.
    pub fn tell_changed(&self, logs: &Logs, scan: &Scan) -> bool {
        let told: Vec<String> = scan.faults.iter().map(ToString::to_string).collect();
        let late = logs.changed();
        for fault in late.iter().filter(|f| !told.contains(&f.to_string())) {
            self.voice.fail(fault);
        }
        !late.is_empty()
    }

    /// The exit code of a run that was done.
    #[must_use]
    pub fn exit_code(&self, logs: &Logs, scan: &Scan) -> u8 {
        if !logs.faults.is_empty() || !scan.faults.is_empty() {
            return 3;
        }
        let unread: u64 = scan.accounts.iter().map(|a| a.count(Reading::Unread)).sum();
        if self.max_unread.is_some_and(|max| unread > max) { 4 } else { 0 }
    }
}

fn instant(seconds: i64) -> crate::time::Instant {
    crate::time::Instant::from_seconds(seconds)
}

/// Writes to standard output; a closed pipe is no failure, and false.
///
/// # Errors
///
/// Any other failure.
pub fn print(bytes: &[u8]) -> Outcome<bool> {
    print_rows(bytes, memchr::memchr_iter(b'\n', bytes).count())
}

/// The same of as many rows as the caller counted.
///
/// # Errors
///
/// Any failure but a closed pipe.
pub fn print_rows(bytes: &[u8], rows: usize) -> Outcome<bool> {
    // A signal waits until these rows are out whole.
    let _whole = progress::printing();
    progress::printed(rows as u64);
    put(bytes)
}

/// Writes to standard output what is no rows by itself, as [`print()`] does.
///
/// # Errors
///
/// Any failure but a closed pipe.
pub fn put(bytes: &[u8]) -> Outcome<bool> {
    meter::hide_for_rows();
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(e) => Err(Fault::file(Path::new("standard output"), e)),
    }
}

/// Reads standard input whole, for a command that takes lines there.
///
/// # Errors
///
/// What the system says.
pub fn read_stdin() -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|e| Fault::file(Path::new("-"), e))?;
    Ok(bytes)
}
