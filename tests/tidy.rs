//! The house rules, as tests: who may import whom, how long a file is, what each dialect brings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plaint::dialect::DIALECTS;

/// Lines of a file, its tests apart: more is two files.
const LINES: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(&path))
        .unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

/// The files of a folder that end in one of `ends`, at any depth, relative to the root.
fn files(folder: &str, ends: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else { return found };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if folder == "." { name.clone() } else { format!("{folder}/{name}") };
        if entry.file_type().unwrap().is_dir() {
            if !name.starts_with('.') && name != "target" {
                found.extend(files(&path, ends));
            }
        } else if ends.iter().any(|e| name.ends_with(e)) {
            found.push(path.into());
        }
    }
    found.sort();
    found
}

/// A source without its comments and without what is compiled for tests alone.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("//") {
            out.push('\n');
        } else if line.trim() == "#[cfg(test)]" {
            let item = lines.by_ref().find(|l| !l.trim_start().starts_with("#["));
            if item.is_some_and(|i| !i.trim_end().ends_with(';')) {
                // A block at the margin ends with a brace at the margin.
                let _ = lines.by_ref().find(|l| *l == "}");
            }
        } else {
            out += line;
            out.push('\n');
        }
    }
    out
}

/// The modules that a file declares, in order.
fn modules(text: &str) -> Vec<String> {
    code(text)
        .lines()
        .filter_map(|l| {
            let l = ["pub(crate) ", "pub(super) ", "pub "]
                .iter()
                .find_map(|p| l.strip_prefix(p))
                .unwrap_or(l);
            Some(l.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
        })
        .collect()
}

/// Reads a path, its groups spread: `crate::a::{b, c::d}` is `a::b` and `a::c::d`.
fn spread<'a>(mut text: &'a str, mut head: Vec<String>, out: &mut Vec<Vec<String>>) -> &'a str {
    loop {
        text = text.trim_start();
        if let Some(group) = text.strip_prefix('{') {
            text = group;
            while !text.starts_with('}') {
                text = spread(text, head.clone(), out)
                    .trim_start()
                    .trim_start_matches(',')
                    .trim_start();
            }
            return &text[1..];
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        if end > 0 {
            head.push(text[..end].to_owned());
        }
        text = text[end..].trim_start_matches('*');
        match text.strip_prefix("::") {
            Some(more) if end > 0 => text = more,
            _ => {
                out.push(head);
                let alias = text.trim_start().strip_prefix("as ").map(str::trim_start);
                return alias.map_or(text, |t| {
                    t.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
                });
            }
        }
    }
}

/// What a source of the module `of` names within the crate, as paths from its root.
fn paths(code: &str, of: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let mut spread_out = Vec::new();
        spread(&code[at..], Vec::new(), &mut spread_out);
        for path in spread_out {
            let up = path.iter().take_while(|p| *p == "super").count();
            let from = if up > 0 { &of[..of.len().saturating_sub(up)] } else { &[] };
            found.push(from.iter().chain(&path[up.max(1)..]).cloned().collect());
        }
    }
    found
}

#[test]
fn imports_go_up_the_list() {
    let declared = |folder: &[String]| {
        let inner = folder.join("/");
        modules(&read(if folder.is_empty() {
            "src/lib.rs".into()
        } else {
            format!("src/{inner}/mod.rs")
        }))
    };
    let mut wrong = Vec::new();
    for file in files("src", &[".rs"]) {
        let inner = file.strip_prefix("src").unwrap().with_extension("");
        let mut of: Vec<String> = inner.iter().map(|p| p.to_str().unwrap().to_owned()).collect();
        // The command is another crate.
        if matches!(of[0].as_str(), "main" | "cli" | "lib") {
            continue;
        }
        // A file that its folder declares for tests alone may import all.
        let known = (0..of.len()).all(|n| of[n] == "mod" || declared(&of[..n]).contains(&of[n]));
        of.pop_if(|last| last == "mod");
        assert!(declared(&[]).contains(&of[0]), "{} is not in lib.rs", file.display());
        for path in paths(&code(&read(&file)), &of).into_iter().filter(|_| known) {
            let shared = of.iter().zip(&path).take_while(|(a, b)| a == b).count();
            // What lies beneath a module is below it in no list.
            let Some(mine) = of.get(shared) else { continue };
            let list = declared(&of[..shared]);
            let rank = |name: &String| list.iter().position(|m| m == name);
            // What is in no list stands in a mod.rs, which counts as last.
            if path.get(shared).and_then(rank).is_none_or(|theirs| Some(theirs) >= rank(mine)) {
                wrong.push(format!("{}: {} is not above {mine}", file.display(), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn paths_are_spread() {
    let of = ["a".to_owned(), "b".to_owned()];
    let text = "use crate::x::{y::{self, Z as W}, v::*}; super::super::q::r(); pub(super) fn f(supercrate::n);";
    let found: Vec<String> = paths(text, &of).iter().map(|p| p.join("::")).collect();
    assert_eq!(found, ["x::y::self", "x::y::Z", "x::v", "q::r"]);
}

#[test]
fn every_source_says_what_it_is_for() {
    for file in ["src", "tests", "benches"].iter().flat_map(|f| files(f, &[".rs"])) {
        let text = read(&file);
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! "), "{} does not open with `//! `", file.display());
    }
}

#[test]
fn no_file_outgrows_a_reader() {
    let long: Vec<String> = files("src", &[".rs"])
        .into_iter()
        .map(|f| (read(&f).lines().count().min(code(&read(&f)).lines().count()), f))
        .filter(|(n, _)| *n > LINES)
        .map(|(n, f)| format!("{}: {n} lines", f.display()))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn every_dialect_is_in_the_table_and_has_samples() {
    let shared = [
        "mod",
        "act",
        "spec",
        "parts",
        "words",
        "packet",
        "fields",
        "rows",
        "usual",
        "mention",
        "sshd_rare",
        "usual_packet",
        "usual_mail",
    ];
    let mut own = BTreeSet::new();
    for file in files("src/dialect", &[".rs"]) {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let statics = code(&read(&file)).matches("pub static DIALECT: Dialect").count();
        if shared.contains(&stem.as_str()) || stem.ends_with("_tests") {
            continue;
        }
        assert_eq!(statics, 1, "{} has one DIALECT", file.display());
        assert!(
            root().join(format!("testdata/dialect/{stem}.log")).is_file(),
            "{stem} has no samples"
        );
        own.insert(stem);
    }
    let ids: Vec<&str> = DIALECTS.iter().map(|d| d.id).collect();
    let unique: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(unique.len(), ids.len(), "two dialects share an id: {ids:?}");
    assert_eq!(unique, own, "the table and the files differ");
    for d in DIALECTS {
        let grammars: BTreeSet<&str> = d.grammar.iter().map(|m| m.id).collect();
        assert_eq!(grammars.len(), d.grammar.len(), "two grammars of {} share an id", d.id);
        assert!(
            !d.programs.is_empty() && !d.document.is_empty() && !d.title.is_empty(),
            "{}",
            d.id
        );
        for m in d.grammar {
            assert!(!m.shape.is_empty() && !m.printed_by.is_empty(), "{} {}", d.id, m.id);
        }
    }
}

#[test]
fn the_code_map_is_the_code() {
    let text = read("ARCHITECTURE.md");
    let (_, map) = text.split_once("## Code map").expect("a code map");
    let map = map.split("\n## ").next().unwrap();
    let named: Vec<String> = map
        .lines()
        .filter_map(|l| l.strip_prefix("| `")?.split_once('`').map(|(m, _)| m.to_owned()))
        .collect();
    assert_eq!(named, modules(&read("src/lib.rs")), "the code map, and lib.rs");
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    // In two parts, or this file would name them too.
    let places =
        [["/wo", "rk/"], ["/roo", "t/"], ["/hom", "e/"], ["peers", ".md"], ["PRODUCT", ".md"]];
    for file in files(".", &[".rs", ".md", ".toml", ".log", "run"]) {
        // Samples may hold what is no text.
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else { continue };
        for place in places.map(|p| p.concat()) {
            assert!(!text.contains(&place), "{} mentions {place}", file.display());
        }
    }
}

#[test]
fn every_limit_has_an_origin_and_is_told_to_users() {
    let (limits, told) = (read("src/limits.rs"), read("SECURITY.md"));
    let mut doc = 0;
    let mut seen = 0;
    for line in limits.lines() {
        if line.starts_with("///") {
            doc += line.len();
        } else if let Some(rest) = line.strip_prefix("pub const ") {
            let name = rest.split(':').next().unwrap();
            assert!(doc > 60, "{name}: where does its number come from?");
            assert!(told.contains(&format!("`{name}`")), "SECURITY.md does not tell of {name}");
            seen += 1;
        } else {
            doc = 0;
        }
    }
    assert!(seen > 20, "only {seen} limits were found");
}
