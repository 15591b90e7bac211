//! What must hold of everything that is written, whatever stood in the logs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plaint::text::acts;
use sha2::{Digest as _, Sha256};

/// One line of text: nothing in it acts on what displays it.
pub fn line(text: &str) {
    let raw = text.chars().find(|c| acts(*c));
    assert_eq!(raw, None, "{text:?}");
}

/// A cell that no spreadsheet runs.
pub fn cell(text: &str) {
    line(text);
    let first = text.trim_start().chars().next();
    let runs = first.is_some_and(|c| "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c));
    assert!(!runs, "a cell that a spreadsheet runs: {text:?}");
}

/// All files beneath a folder, by relative path.
pub fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                out.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    out
}

/// The files in which two trees differ.
pub fn differing(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    a.keys().chain(b.keys()).filter(|k| a.get(*k) != b.get(*k)).cloned().collect()
}

/// A whole folder that `report` wrote.
pub fn folder(tree: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in tree {
        for part in path.split('/') {
            let fit = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            assert!(part.chars().all(fit) && !part.starts_with(['.', '-']), "{path:?}");
        }
        let name = path.rsplit('/').next().unwrap();
        // The one file that is kept as logged, byte for byte.
        if name == "evidence.log" {
            continue;
        }
        let text = str::from_utf8(bytes).unwrap_or_else(|e| panic!("{path}: {e}"));
        let mail = name == "report.eml";
        for row in text.split('\n') {
            let row = if mail { row.strip_suffix('\r').unwrap_or(row) } else { row };
            let raw = row.chars().find(|c| acts(*c));
            assert_eq!(raw, None, "{path}: {row:?}");
        }
        match name {
            "report.eml" => self::mail(path, text),
            "report.txt" => {
                assert!(text.is_ascii() && text.lines().all(|l| l.len() <= 998), "{path}");
            }
            "events.csv" => {
                let mut rows = csv::Reader::from_reader(text.as_bytes());
                rows.records().for_each(|r| r.unwrap().iter().for_each(cell));
            }
            "SHA256SUMS" => sums(path, text, tree),
            _ if name.ends_with(".jsonl") => text.lines().for_each(|l| {
                serde_json::from_str::<serde_json::Value>(l).unwrap();
            }),
            _ if name.ends_with(".json") => {
                serde_json::from_str::<serde_json::Value>(text).unwrap();
            }
            _ => {}
        }
    }
}

/// A mail: headers once each and of one line's worth, a body that no program cuts or ends early.
fn mail(path: &str, text: &str) {
    assert!(text.is_ascii(), "{path}");
    let text = text.replace("\r\n", "\n");
    assert!(!text.contains('\r'), "{path}: a lone CR");
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for header in head.split('\n').filter(|l| !l.starts_with([' ', '\t'])) {
        let (key, _) = header.split_once(':').unwrap_or_else(|| panic!("{path}: {header:?}"));
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{path}: {header:?}");
        assert!(seen.insert(key.to_ascii_lowercase()), "{path}: {key} twice");
    }
    for forbidden in ["cc", "bcc", "resent-to"] {
        assert!(!seen.contains(forbidden), "{path}: {forbidden}");
    }
    for line in body.split('\n') {
        assert!(line.len() <= 998, "{path}");
        assert!(!line.starts_with("From "), "{path}: an mbox would cut here: {line:?}");
        assert!(line != ".", "{path}: SMTP would end here");
    }
}

fn sums(path: &str, text: &str, tree: &BTreeMap<String, Vec<u8>>) {
    let folder = path.strip_suffix("SHA256SUMS").unwrap();
    for line in text.lines() {
        let (hash, file) = line.split_once("  ").unwrap();
        let bytes = &tree[&format!("{folder}{file}")];
        let real: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(real, hash, "{path}: {file}");
    }
}
