//! Every annotated line of `testdata/dialect`: what is expected stands above it.
//!
//! `# READING [CLASS] [SOURCE[:PORT]] [user=NAME] [times=N] [to=ADDRESS[:PORT]] [grammar=ID]
//! [near=ID,…] [; note]`: `near` names grammars that must not read the line though it begins
//! like theirs. A line that begins with `##` is for readers alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::Path;

use plaint::dialect::{DIALECTS, Dialect, Said};
use plaint::event::Ours;
use plaint::json::Scratch;
use plaint::run::chunk::alone;
use plaint::run::read::LineReader;
use plaint::text::Untrusted;
use plaint::time::Survey;

/// The address that attacks plant: no line may accuse it.
const PLANTED: &str = "198.51.100.1";

/// An annotated line.
struct Sample {
    at: String,
    want: Vec<String>,
    line: Vec<u8>,
}

impl Sample {
    fn told(&self, key: &str) -> Option<&str> {
        self.want.iter().find_map(|w| w.strip_prefix(key))
    }

    fn near(&self) -> impl Iterator<Item = &str> {
        self.told("near=").into_iter().flat_map(|ids| ids.split(','))
    }
}

/// Words with blanks in quotes kept together, up to a `;` of its own.
fn words(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out.into_iter().take_while(|w| w != ";").filter(|w| !w.is_empty()).collect()
}

fn samples(dialect: &Dialect) -> Vec<Sample> {
    let path = format!("testdata/dialect/{}.log", dialect.id);
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap();
    let mut out = Vec::new();
    let mut want = None;
    for (n, line) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        if line.is_empty() || line.starts_with(b"## ") {
            continue;
        }
        if let Some(text) = line.strip_prefix(b"# ") {
            want = Some(words(std::str::from_utf8(text).unwrap()));
            continue;
        }
        let at = format!("{path}:{n}");
        let want = want.take().unwrap_or_else(|| panic!("{at}: nothing says what to expect"));
        out.push(Sample { at, want, line: line.to_vec() });
    }
    assert!(want.is_none(), "{path}: an expectation without a line");
    out
}

fn peer(addr: Option<impl ToString>, port: Option<u16>) -> Option<String> {
    let addr = addr?.to_string();
    Some(match port {
        Some(p) if addr.contains(':') => format!("[{addr}]:{p}"),
        Some(p) => format!("{addr}:{p}"),
        None => addr,
    })
}

/// What the library makes of a line, in the words of the samples.
fn found(line: &[u8], own: &Dialect) -> Vec<String> {
    let calendar = Survey::default().settle(None, None);
    let scratch = Scratch::default();
    let mut reader = LineReader::new(calendar.clock(0), &scratch);
    let read = match reader.read(line, 0) {
        Ok(read) => read,
        Err(reason) => return vec!["unread".into(), format!("{reason:?}").to_lowercase()],
    };
    let (reading, act) = alone(&read, &Ours::default());
    let mut out = vec![reading.word().to_owned()];
    if let Some(act) = act {
        if reading == plaint::class::Reading::Hostile {
            out.extend(act.kind.facts().class.map(|c| c.word().to_owned()));
        }
        out.extend(peer(act.source, act.source_port));
        out.extend(act.user.map(|u| format!("user={}", Untrusted(u))));
        out.extend((act.count != 1).then(|| format!("times={}", act.count)));
        out.extend(peer(act.destination, act.destination_port).map(|p| format!("to={p}")));
    }
    out.extend(read.heard.by.map(|(d, grammar)| {
        let of = if d.id == own.id { String::new() } else { format!("{}/", d.id) };
        format!("grammar={of}{}", grammar.id)
    }));
    out
}

/// The program's message as a dialect's grammars get it.
fn message(line: &[u8], dialect: &Dialect) -> Vec<u8> {
    let scratch = Scratch::default();
    let e = plaint::envelope::Reader::new(&scratch).read(line).unwrap();
    let tagged = plaint::dialect::spec::claims(dialect.programs, e.program);
    let bare = !tagged && dialect.bare.contains(&e.format);
    (dialect.trim)(if bare { e.body } else { e.message }).to_vec()
}

#[test]
fn every_line_reads_as_is_said_above_it() {
    let mut wrong = Vec::new();
    for (dialect, sample) in
        DIALECTS.iter().flat_map(|d| samples(d).into_iter().map(move |s| (d, s)))
    {
        let found = found(&sample.line, dialect);
        let want: Vec<&String> = sample.want.iter().filter(|w| !w.starts_with("near=")).collect();
        if want != found.iter().collect::<Vec<_>>() {
            wrong.push(format!("{}\n  want {want:?}\n  got  {found:?}", sample.at));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_grammar_is_hit_and_missed() {
    let mut wrong = Vec::new();
    for dialect in DIALECTS {
        let samples = samples(dialect);
        let near: BTreeSet<&str> = samples.iter().flat_map(Sample::near).collect();
        for id in &near {
            if !dialect.grammar.iter().any(|m| m.id == *id) {
                wrong.push(format!("{}: no grammar {id}", dialect.id));
            }
        }
        for grammar in dialect.grammar {
            let hits = |s: &Sample| s.told("grammar=") == Some(grammar.id);
            if !samples.iter().any(hits) {
                wrong.push(format!("{} {}: no sample", dialect.id, grammar.id));
            }
            if !near.contains(grammar.id) {
                wrong.push(format!("{} {}: no near miss", dialect.id, grammar.id));
            }
            for s in samples.iter().filter(|s| s.near().any(|id| id == grammar.id)) {
                let text = message(&s.line, dialect);
                let starts = grammar.starts.as_bytes();
                let alike = starts.iter().zip(&text).take_while(|(a, b)| a == b).count();
                if alike < starts.len().min(3) {
                    wrong.push(format!("{}: not near {}", s.at, grammar.id));
                }
                if text.starts_with(starts) && (grammar.read)(&text) != Said::No {
                    wrong.push(format!("{}: {} reads it", s.at, grammar.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_dialect_is_attacked() {
    for dialect in DIALECTS {
        let samples = samples(dialect);
        let mut attacks = 0;
        for s in &samples {
            if memchr::memmem::find(&s.line, PLANTED.as_bytes()).is_none() {
                continue;
            }
            attacks += 1;
            let accused =
                found(&s.line, dialect).iter().any(|w| w.split(':').next() == Some(PLANTED));
            assert!(!accused, "{} accuses the planted address", s.at);
        }
        assert!(attacks >= 3, "{}: {attacks} lines plant an address", dialect.id);
    }
}

#[test]
fn every_dialect_has_an_example_that_it_reads() {
    let mut wrong = Vec::new();
    for dialect in DIALECTS {
        let found = found(dialect.example.as_bytes(), dialect);
        // One of its own grammars, and no other dialect's.
        let own = |w: &String| w.starts_with("grammar=") && !w.contains('/');
        if !found.iter().any(own) {
            wrong.push(format!("{}: {found:?}", dialect.id));
        }
        if !dialect.title.contains(|c: char| c.is_ascii_digit()) {
            wrong.push(format!("{}: no versions in {:?}", dialect.id, dialect.title));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
