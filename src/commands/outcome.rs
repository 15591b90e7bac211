//! What `plaint report` says at its end: what is ready, what the drafts lack, and what to type next.

use std::path::{Path, PathBuf};

use crate::bundle::Written;
use crate::judge::Verdict;
use crate::text::{counted, shell_word};

use super::table::{Piece, Table};
use super::terminal::{Paint, Screen};
use super::voice::{Severity, Voice};

/// What the run was asked, where the next command has to say it again.
#[derive(Debug)]
pub struct Again<'a> {
    /// The folder that was written, as typed.
    pub dir: &'a Path,
    /// The logs, as typed.
    pub paths: &'a [PathBuf],
    /// The zone that was told.
    pub zone: Option<&'a str>,
    /// The configuration that was named by a flag.
    pub config: Option<&'a Path>,
}

/// What a draft lacks, by the id of the check; none for an id that has no words of its own here.
fn lack(id: &str) -> Option<&'static str> {
    Some(match id {
        "SRC-4" => "the source's port, which the log has to have",
        "SRC-6" => "lines that show the source itself",
        "DST-1" => "the address that was attacked: [hosts] in plaint.toml",
        "DST-2" => "the port that was attacked: [hosts] in plaint.toml",
        "PRO-1" => "the protocol, which the firewall has to log",
        "TIM-5" => "whether the clock was right: [clock] in plaint.toml",
        "LOG-1" => "lines that can stand in the mail",
        "HDR-1" => "the message with all its headers",
        "HDR-2" => "the full name of the relay",
        "OWN-1" => "a WHOIS answer about the source",
        "OWN-2" => "a traceroute to the source",
        "ADR-1" => "fewer recipients, in the operator's file",
        "ADR-2" => "one mailbox for it, in the operator's file",
        "ADR-3" => "the operator's true mailbox, in its file",
        "ADR-4" => "who reports it: [reporter] in plaint.toml",
        "RED-1" => "a decision about what is told: [filing] in plaint.toml",
        "SUB-2" => "the right ticket: [filing] in plaint.toml",
        "TXT-2" => "a translation",
        _ => return None,
    })
}

/// Ids of what is missing, each with how many drafts lack it, most first.
fn missing(written: &Written) -> Vec<(usize, &'static str)> {
    let mut ids: Vec<&str> =
        written.bundles.iter().flat_map(|b| b.missing.iter().copied()).collect();
    ids.sort_unstable();
    let counted = ids.chunk_by(|a, b| a == b).filter_map(|c| Some((c.len(), *c.first()?)));
    let mut counted: Vec<(usize, &str)> = counted.collect();
    counted.sort_by_key(|(n, id)| (std::cmp::Reverse(*n), *id));
    counted
}

/// The commands to type, the very next one first; behind each what it is for, where that is not plain.
#[must_use]
pub fn next(written: &Written, again: &Again<'_>) -> Vec<(String, String)> {
    let at = |path: &str| shell_word(&again.dir.join(path));
    let of = |v| written.bundles.iter().find(|b| b.verdict == v);
    let mut out = Vec::new();
    if let Some(b) = of(Verdict::Ready) {
        let (file, what) = match &b.sent_in {
            Some(path) => (path.clone(), "it"),
            None => (format!("{}/report.txt", b.path), "report.eml beside it"),
        };
        let what = match b.to.is_empty() {
            true => format!("then file {what}"),
            false => format!("then send {what} to {}", b.to),
        };
        out.push((format!("less {}", at(&file)), what));
    }
    let lacks = |id| written.bundles.iter().any(|b| b.missing.contains(&id));
    let asks = [("OWN-1", " --whois"), ("OWN-2", " --traceroute")];
    let asks: String = asks.iter().filter(|(id, _)| lacks(*id)).map(|(_, flag)| *flag).collect();
    if !asks.is_empty() {
        let config = again.config.map(|c| format!(" --config {}", shell_word(c)));
        let dir = shell_word(again.dir);
        let command = format!("plaint gather {dir}{asks}{}", config.unwrap_or_default());
        out.push((command, "asks others about the sources of the drafts".to_owned()));
    }
    let todo = of(Verdict::Draft).or_else(|| of(Verdict::Unattributed));
    if let Some(b) = todo.filter(|_| out.is_empty() || asks.is_empty()) {
        let command = format!("less {}", at(&format!("{}/TODO.txt", b.path)));
        out.push((
            command,
            "what to add, and how; then run the same again with --force".to_owned(),
        ));
    }
    if written.bundles.is_empty() && written.held > 0 {
        out.push((format!("less {}", at("held.jsonl")), "why each source was held".to_owned()));
    } else if written.bundles.is_empty() {
        let paths: Vec<String> = again.paths.iter().map(|p| shell_word(p)).collect();
        let zone = again.zone.map(|z| format!(" --tz {}", shell_word(Path::new(z))));
        let config = again.config.map(|c| format!(" --config {}", shell_word(c)));
        let (zone, config) = (zone.unwrap_or_default(), config.unwrap_or_default());
        let command = format!("plaint inspect {}{zone}{config}", paths.join(" "));
        out.push((command, "whether all was read as it should be".to_owned()));
    }
    out
}

/// Says it on standard error.
pub fn tell(written: &Written, again: &Again<'_>, voice: Voice) {
    for addr in &written.logged_in {
        let text = format!(
            "{addr} LOGGED IN after many failed tries: look at that host before you file anything"
        );
        voice.say(Severity::Warning, &text);
    }
    let count = |v| written.count(v);
    let verdicts = [
        (count(Verdict::Ready), "ready", Paint::Good, "reports to read and file"),
        (count(Verdict::Draft), "draft", Paint::Warning, "reports that lack something"),
        (
            count(Verdict::Unattributed),
            "unattributed",
            Paint::Command,
            "reports that no operator file claims the source of",
        ),
        (
            usize::try_from(written.held).unwrap_or(usize::MAX),
            "held",
            Paint::Held,
            "sources in no report; held.jsonl says why",
        ),
    ];
    let told: Vec<String> = verdicts.iter().map(|(n, word, ..)| format!("{n} {word}")).collect();
    let sources = usize::try_from(written.sources).unwrap_or(usize::MAX);
    let sources = counted(sources, "hostile source");
    voice.say(Severity::Note, &format!("{sources}: {}", told.join(", ")));
    let missing = missing(written);
    let named = |id: &'static str| lack(id).unwrap_or("see TODO.txt");
    if voice.json {
        for (n, id) in &missing {
            voice.say(Severity::Warning, &format!("{n} drafts lack {id}: {}", named(id)));
        }
    } else if voice.tells(Severity::Note) && !written.bundles.is_empty() {
        let screen = Screen::stderr();
        let mut table = Table::new(&[">", "", ""]).indented(2);
        for (n, word, paint, what) in verdicts {
            let paint = if n == 0 { Paint::Dim } else { paint };
            let n = Piece::whole(n.to_string());
            table.line([n, Piece::whole(word), Piece::words(what)].map(|p| p.painted(paint)));
        }
        voice.put(&table.text(screen));
        if !missing.is_empty() {
            let mut table = Table::new(&[">DRAFTS", "LACK", ""]).indented(2);
            for (n, id) in missing {
                let n = Piece::whole(n.to_string());
                table.line([n, Piece::whole(id).painted(Paint::Warning), Piece::words(named(id))]);
            }
            voice.put(&table.text(screen));
        }
    }
    voice.say(
        Severity::Note,
        &format!("all of it as a page: {}", shell_word(&again.dir.join("index.html"))),
    );
    for (n, (command, what)) in next(written, again).into_iter().enumerate() {
        voice.advise(if n == 0 { "next" } else { "then" }, &command, &what);
    }
}
