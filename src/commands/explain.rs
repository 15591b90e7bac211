//! `plaint explain`: how a line is read, step by step.

use std::fmt::Write as _;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::class::{Family, Reading};
use crate::dialect::{Act, DIALECTS, Said, Tally, Weight};
use crate::envelope::{Reader, Unread};
use crate::event::OurEnd;
use crate::fault::{Fault, Outcome};
use crate::input::{Chunk, EndFrom, Input, Lines};
use crate::json::Scratch;
use crate::run::chunk::alone;
use crate::run::overlap::Traits;
use crate::run::read::Read;
use crate::run::repeat::{self, Trail};
use crate::run::replay::Verdicts;
use crate::run::timeless;
use crate::run::{Log, Logs, Options, Remember, Scan, scan};
use crate::session::Place;
use crate::text::{Untrusted, shell_word, shown};
use crate::time::{Fold, Instant, Moment, Survey};

use super::common::{print, read_stdin};
use super::table::prose;
use super::terminal::{Paint, Screen};

/// Lines of the same process that are shown.
const RELATED: usize = 20;

/// Explains what is asked for: a line as typed, `FILE:LINE`, or lines on standard input.
///
/// # Errors
///
/// A file or line that is not there, or the output.
pub fn run(asked: &str, options: &Options) -> Outcome<u8> {
    let mut out = String::new();
    if let Some((path, number)) = file_and_line(asked) {
        in_file(&mut out, &path, number, options)?;
    } else if let Some((path, _)) = asked
        .rsplit_once(':')
        .filter(|(p, n)| !p.contains(' ') && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(Fault::usage(format!("{}: no such file", shown(Path::new(path))))
            .hint("FILE:LINE names a line of a file; the text of a line goes in quotes"));
    } else if asked != "-" && !asked.contains(' ') && Path::new(asked).exists() {
        return Err(Fault::usage(format!("{}: a file, and not a line", shown(Path::new(asked))))
            .hint(format!(
                "name a line of it: plaint explain {}:1",
                shell_word(Path::new(asked))
            )));
    } else {
        let bytes = if asked == "-" { read_stdin()? } else { asked.as_bytes().to_vec() };
        loose(&mut out, &bytes, options)?;
    }
    // A line stays on its line, so that it can be copied.
    let screen = Screen { width: None, ..Screen::stdout() };
    print(prose(&out, screen, paint).as_bytes())?;
    Ok(0)
}

/// What a line of the explanation is to its reader, by its label, which is ours.
fn paint(line: &str) -> Paint {
    let (label, what) = line.trim_start().split_once("  ").unwrap_or_default();
    match (label, what.trim_start().split([' ', ':']).next()) {
        _ if !line.starts_with(' ') => Paint::Head,
        ("reading", Some("hostile")) => Paint::Error,
        ("reading", Some("quarantined" | "unread")) => Paint::Warning,
        ("reading", Some("benign")) => Paint::Good,
        _ => Paint::Plain,
    }
}

fn file_and_line(asked: &str) -> Option<(PathBuf, u64)> {
    let (path, line) = asked.rsplit_once(':')?;
    let line: u64 = line.parse().ok()?;
    let path = PathBuf::from(path);
    (line > 0 && path.is_file()).then_some((path, line))
}

/// Lines without a file: their year can be known only if `--log-end` says it, their session not at all.
fn loose(out: &mut String, bytes: &[u8], options: &Options) -> Outcome<()> {
    let name = Path::new("line");
    let mut file = tempfile::tempfile().map_err(|e| Fault::file(name, e))?;
    file.write_all(bytes).and_then(|()| file.rewind()).map_err(|e| Fault::file(name, e))?;
    let mut input = Input::from_file(file, name, true)?;
    input.end = None;
    let mut survey = Survey::default();
    survey.begin_chunk();
    let scratch = Scratch::default();
    let mut envelopes = Reader::new(&scratch);
    for (offset, line) in Lines::new(bytes, 0) {
        if let Ok(e) = envelopes.read(line) {
            survey.see(&e.stamp, offset);
        }
    }
    let zone = options.zone_of(name).cloned();
    let zone_name = zone.as_ref().map(crate::time::Zone::name).unwrap_or_default();
    let calendar = survey.settle(zone, options.log_end);
    let log = Log {
        begins: Vec::new(),
        columns: None,
        input,
        calendar,
        zone: zone_name,
        exact: true,
        traits: Traits::default(),
        shares_before: false,
        shares_after: false,
        follows: None,
    };
    let scratch = Scratch::default();
    let mut reader = log.reader(0, &scratch);
    for (n, (offset, line)) in (1u64..).zip(Lines::new(bytes, 0)) {
        let _ = writeln!(out, "line {n}: {}", Untrusted(line));
        match reader.read(line, offset) {
            Err(reason) => unread(out, reason, line),
            Ok(read) => {
                steps(out, &read, offset, &log, options);
                let (reading, act) = alone(&read, &options.ours);
                let class =
                    act.as_ref().and_then(|a| a.kind.facts().class).map_or("", |c| c.word());
                let _ = writeln!(
                    out,
                    "  reading   {} {class} (by itself; its session may decide otherwise)",
                    reading.word()
                );
                let _ = writeln!(out, "  why       {}", why(&read, act.as_ref(), reading));
            }
        }
    }
    Ok(())
}

fn in_file(out: &mut String, path: &Path, number: u64, options: &Options) -> Outcome<()> {
    let options = Options { remember: Remember::Lines, ..options.clone() };
    let mut logs = Logs::open(&[path.to_owned()], None, &options, false)?;
    let scanned = scan(&mut logs, &options, &|_| {})?;
    let (Some(log), Some(account)) = (logs.logs.first(), scanned.accounts.first()) else {
        return Err(logs.faults.pop().unwrap_or_else(|| Fault::file(path, "it could not be read")));
    };
    if number > account.lines {
        return Err(Fault::usage(format!(
            "{}: it has {} lines, and none is line {number}",
            shown(path),
            account.lines
        ))
        .hint(format!("name one from 1 to {}", account.lines)));
    }
    let index = account.lines_before.partition_point(|n| *n < number).saturating_sub(1);
    let before = account.lines_before.get(index).copied().unwrap_or(0);
    let chunk = fetch(log, index).map_err(|e| Fault::file(path, e))?;
    let scratch = Scratch::default();
    let mut reader = log.reader(index, &scratch);
    let mut trail = Trail::default();
    for (n, (offset, line)) in (before + 1..).zip(Lines::new(chunk.bytes(), chunk.offset)) {
        let place = Place { input: 0, offset };
        let read = match reader.read(line, offset) {
            Ok(read) => {
                let refers = repeat::times(&read).is_some();
                Ok((trail.follow(read, line, place, &scanned.referred, &scratch).0, refers))
            }
            Err(reason) => {
                trail.cut();
                Err(reason)
            }
        };
        if n != number {
            continue;
        }
        let _ = writeln!(out, "{}:{n} at byte {offset}: {}", shown(path), Untrusted(line));
        match read {
            Err(reason) => unread(out, reason, line),
            Ok((read, refers)) => {
                if refers {
                    refers_to(out, &read);
                }
                steps(out, &read, offset, log, &options);
                verdict(out, &read, &scanned, offset, &options);
                related(out, log, &read, number, &scanned, &options)?;
            }
        }
        break;
    }
    Ok(())
}

/// A line that has no reading; one without a stamp may still say something.
fn unread(out: &mut String, reason: Unread, line: &[u8]) {
    let _ = writeln!(out, "  reading   unread: {}", reason.reason());
    if reason != Unread::NoEnvelope {
        return;
    }
    let Some(said) = timeless::read(line) else {
        let _ = writeln!(out, "  says      nothing of exactly one source, as any dialect reads it");
        return;
    };
    for (dialect, m) in &said.by {
        let _ = writeln!(out, "  dialect   {}: {}", dialect.id, dialect.title);
        let _ = writeln!(out, "  tried     {} \"{}\" ({}): fits", m.id, m.shape, m.printed_by);
    }
    let end =
        OurEnd { addr: said.act.destination, port: said.act.destination_port, ..OurEnd::default() };
    let _ = writeln!(out, "  says      {}", act_text(&said.act, &end));
    let _ = writeln!(
        out,
        "  why       nothing tells when it was: it counts nowhere and is no evidence; \
         events --all shows it as unread"
    );
    let _ = writeln!(out, "  fix       {}", timeless::FIX);
}

/// A line that says nothing of its own.
fn refers_to(out: &mut String, read: &Read<'_>) {
    let text = if read.heard.by.is_some() {
        "the line before it of the same host, read here in its place"
    } else {
        "the line before it of the same host, of which nobody can say more: it is not there, \
         could not be read, is of another process, lies an hour back or is none of ours"
    };
    let _ = writeln!(out, "  refers to {text}");
}

fn fetch(log: &Log, index: usize) -> std::io::Result<Chunk> {
    let mut chunk = Chunk::default();
    if log.input.chunks().is_some() {
        log.input.read_chunk(index, &mut chunk)?;
    } else {
        let mut stream = log.input.stream()?;
        while stream.next(&mut chunk)? && chunk.index < index {}
    }
    Ok(chunk)
}

/// Envelope, time, dialect, and every grammar tried.
fn steps(out: &mut String, read: &Read<'_>, offset: u64, log: &Log, options: &Options) {
    let e = &read.envelope;
    let _ = writeln!(
        out,
        "  envelope  {}: stamp {:?}, host {:?}, program {:?}, process {}",
        e.format.word(),
        Untrusted(e.stamp_text).to_string(),
        Untrusted(e.host).to_string(),
        Untrusted(e.program).to_string(),
        e.pid.map_or("not logged".into(), |p| p.to_string())
    );
    match read.moment {
        None if let Some(why) = log.calendar.no_time(offset) => {
            let _ = writeln!(out, "  time      not known: {why}");
        }
        None => {
            let told = options.zone_of(&log.input.path).is_some();
            let zone = if told { "" } else { " --tz ZONE where no zone is stated," };
            let _ =
                writeln!(out, "  time      not known: add{zone} --log-end DATE where no year is");
        }
        Some(m) => {
            let zone = if m.basis.told_zone {
                format!("told: {}", log.zone)
            } else {
                "stated in the stamp".into()
            };
            let _ =
                writeln!(out, "  time      {}; zone {zone}; {}", m.at, year_of(&m, log, options));
            if m.basis.past_end {
                let _ = writeln!(
                    out,
                    "            it lies past the end of the log, by less than a day, and keeps its year"
                );
            }
            match m.basis.fold {
                Fold::None => {}
                Fold::First | Fold::Second => {
                    let _ = writeln!(
                        out,
                        "            this local time came twice; {} says which",
                        if m.basis.uptime { "the kernel's uptime" } else { "the order of lines" }
                    );
                }
                Fold::Gap => {
                    let _ = writeln!(
                        out,
                        "            this local time never was: clocks skipped it; read with the offset before"
                    );
                }
                Fold::Ambiguous(later) => {
                    let _ = writeln!(
                        out,
                        "            this local time came twice and nothing says which: it may be {later} s later"
                    );
                }
            }
        }
    }
    let end = |act: &Act<'_>| OurEnd::of(act, e, &options.ours);
    let mut any = false;
    for id in read.program.claim.dialects() {
        let Some(dialect) = DIALECTS.get(id) else { continue };
        any = true;
        let _ = writeln!(out, "  dialect   {}: {}", dialect.id, dialect.title);
        let text = (dialect.trim)(e.message);
        for m in dialect.grammar.iter().filter(|m| text.starts_with(m.starts.as_bytes())) {
            let said = (m.read)(text);
            let result = match &said {
                Said::No => "does not fit".to_owned(),
                Said::Quiet => "fits; concerns nobody far away".to_owned(),
                Said::One(act) => format!("fits: {}", act_text(act, &end(act))),
                Said::Several(r) => {
                    let all: Vec<String> = r.iter().map(|a| act_text(a, &end(a))).collect();
                    format!(
                        "fits in {} ways that name several sources: {}",
                        all.len(),
                        all.join(" OR ")
                    )
                }
            };
            let _ =
                writeln!(out, "  tried     {} \"{}\" ({}): {result}", m.id, m.shape, m.printed_by);
            if said != Said::No {
                break;
            }
        }
    }
    if !any {
        let _ = writeln!(out, "  dialect   none of ours reads this program");
    }
}

/// How the year was found.
fn year_of(m: &Moment, log: &Log, options: &Options) -> String {
    if !m.basis.inferred_year {
        return "year stated in the stamp".to_owned();
    }
    let end = match (options.log_end, log.input.end) {
        (Some(end), _) => format!(" ({}, told)", Instant::from_seconds(end)),
        (None, Some((end, EndFrom::Modified))) => {
            format!(" ({}, the file's time)", Instant::from_seconds(end))
        }
        (None, Some((end, EndFrom::GzipHeader))) => {
            format!(" ({}, the gzip header's time)", Instant::from_seconds(end))
        }
        (None, None) => String::new(),
    };
    format!("year inferred from the order of lines and the end of the log{end}")
}

/// Why a line counts, or does not.
fn why(read: &Read<'_>, act: Option<&Act<'_>>, reading: Reading) -> String {
    let Some(act) = act else {
        let text = match reading {
            Reading::Quarantined => {
                "its readings name several sources, and no other line of its session says which is true: it accuses nobody"
            }
            Reading::Other if read.program.claim.known() => {
                "no grammar of its program's dialect knows this message"
            }
            Reading::Other => "it is of no program that we read",
            _ => "it concerns nobody far away",
        };
        return text.to_owned();
    };
    let facts = act.kind.facts();
    if act.source.is_none() {
        return "it names no address: it accuses nobody".to_owned();
    }
    let weight = match (facts.weight, facts.family) {
        (Weight::Hostile, Family::Firewall) => "a refused packet that opens something",
        (_, Family::Firewall) => "a packet that proves nothing: allowed, ours, served, or a reply",
        (Weight::Hostile, _) => "it makes its session hostile by itself",
        (Weight::Probe, _) => "it makes its session hostile, unless keys were offered in it",
        (Weight::WithOthers, _) => {
            "it says nothing alone, and is hostile where its session or its source is"
        }
        (Weight::KeyOffered, _) => {
            "a refused key: agents offer theirs in turn, so it counts nothing"
        }
        (Weight::Success, _) => "a login: what failed before it in its session was a mistake",
        (Weight::Nothing, _) => "it belongs to its session and says nothing against it",
    };
    let tally = match facts.tally {
        _ if facts.family == Family::Firewall => return weight.to_owned(),
        Tally::None => return format!("{weight}; it counts no attempt"),
        Tally::Refused => "the daemon's own word on refusals",
        Tally::SshdOnPam => "sshd's word on PAM",
        Tally::Pam => "PAM's word",
        Tally::Helper => "the authentication helper's word",
    };
    let n = act.count;
    format!(
        "{weight}; it counts {n} in {tally} (attempts of a session are the largest of such counts)"
    )
}

fn act_text(act: &Act<'_>, end: &OurEnd) -> String {
    let mut text = act.kind.facts().action.to_owned();
    match act.source {
        Some(a) => {
            let _ = write!(text, " by {a}");
        }
        None => text.push_str(" by nobody that has an address"),
    }
    if let Some(p) = act.source_port {
        let _ = write!(text, " port {p}");
    }
    if let Some(a) = end.addr {
        let _ = write!(text, ", at {a}{}", if end.assumed_addr { " (assumed)" } else { "" });
    }
    if let Some(p) = end.port {
        let _ = write!(text, ", port {p}{}", if end.assumed_port { " (assumed)" } else { "" });
    }
    if let Some(u) = act.user {
        let _ = write!(text, ", account {:?}", Untrusted(u).to_string());
    }
    if act.count != 1 {
        let _ = write!(text, ", {} times", act.count);
    }
    text
}

/// How it reads by itself, and in the end.
fn verdict(out: &mut String, read: &Read<'_>, scanned: &Scan, offset: u64, options: &Options) {
    let (by_itself, _) = alone(read, &options.ours);
    let verdicts = Verdicts::of_scan(scanned);
    let end = verdicts.of(read, verdicts.decided.get(Place { input: 0, offset }), options);
    let class = end.class.map_or("", |c| c.word());
    if end.reading == by_itself {
        let _ = writeln!(out, "  reading   {} {class}", end.reading.word());
    } else {
        let _ = writeln!(
            out,
            "  reading   {} {class}: {} by itself, and its session or source decided",
            end.reading.word(),
            by_itself.word()
        );
    }
    let _ = writeln!(out, "  why       {}", why(read, end.act.as_ref(), end.reading));
    if let Some(source) = end.act.and_then(|a| a.source)
        && let Some(s) = scanned.sources.get(source)
    {
        for (family, t) in s.families() {
            let _ = writeln!(
                out,
                "  source    {source} in {}: {} lines, {} attempts, {} connections, {} packets",
                family.word(),
                t.lines,
                t.attempts,
                t.connections,
                t.packets()
            );
        }
        if !s.is_hostile() {
            let _ = writeln!(out, "  source    {source}: nothing hostile counted");
        }
    }
}

/// The lines of the same process, which may be of the same session.
fn related(
    out: &mut String,
    log: &Log,
    read: &Read<'_>,
    number: u64,
    scanned: &Scan,
    options: &Options,
) -> Outcome<()> {
    let (Some(pid), host) = (read.envelope.pid, read.envelope.host.to_vec()) else { return Ok(()) };
    let fail = |e| Fault::file(&log.input.path, e);
    let mut stream = log.input.stream().map_err(fail)?;
    let (mut chunk, mut n, mut shown_lines) = (Chunk::default(), 0u64, 0);
    // How a line reads in the end is known by where it lies; its time does not matter here.
    let scratch = Scratch::default();
    let mut reader = log.reader(0, &scratch);
    let verdicts = Verdicts::of_scan(scanned);
    while stream.next(&mut chunk).map_err(fail)? {
        for (offset, line) in Lines::new(chunk.bytes(), chunk.offset) {
            n += 1;
            if n == number || n.abs_diff(number) > 50_000 {
                continue;
            }
            let Ok(read) = reader.read(line, offset) else { continue };
            let e = &read.envelope;
            if e.pid == Some(pid) && e.host == host && shown_lines < RELATED {
                shown_lines += 1;
                let end =
                    verdicts.of(&read, verdicts.decided.get(Place { input: 0, offset }), options);
                let word = end.reading.word();
                let _ = writeln!(out, "  process   line {n}, {word}: {}", Untrusted(line));
            }
        }
    }
    Ok(())
}
