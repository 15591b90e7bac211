//! Every command in `docs/` is run, and prints what the page shows.
//!
//! A page opens with the files it is run with. A block fenced as `console` has commands behind `$ `;
//! the lines beneath each are looked for in what it printed, in that order, each as part of a
//! line; `...` stands for anything. TOML blocks are laid beside as the page says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends by saying where"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

/// 2026-04-01T07:00:00Z: a checkout keeps no time, and a year hangs on it.
const WRITTEN: u64 = 1_775_026_800;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copied(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != "expected" {
                copied(&entry.path(), &to.join(entry.file_name()));
            }
        }
        return;
    }
    fs::write(to, fs::read(from).unwrap()).unwrap();
    let file = fs::File::options().write(true).open(to).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(WRITTEN)).unwrap();
}

/// The blocks of a page: the word behind the fence, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(word) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            out.push((word.to_owned(), text.join("\n")));
        }
    }
    out
}

/// Runs a page; how many commands it has.
fn run(page: &Path) -> usize {
    let text = fs::read_to_string(page).unwrap();
    let name = page.file_name().unwrap().to_str().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let small = root().join("testdata/cases/small");
    match text.lines().next() {
        Some("<!-- run with: auth.log -->") => {
            copied(&small.join("logs/auth.log"), &dir.path().join("auth.log"));
        }
        Some("<!-- run with: the small case -->") => copied(&small, dir.path()),
        // For developers: its commands need tools of theirs.
        Some("<!-- not run -->") => return 0,
        other => panic!("{name}: run with what? {other:?}"),
    }
    let bin = assert_cmd::cargo::cargo_bin!("plaint");
    let path = std::env::join_paths(
        std::iter::once(bin.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let mut commands = 0;
    let mut tables = 0;
    for (word, block) in blocks(&text) {
        match word.as_str() {
            "toml" => {
                tables += 1;
                let to = if name == "operators.md" {
                    format!("operator-{tables}.toml")
                } else {
                    "plaint.toml".to_owned()
                };
                fs::write(dir.path().join(to), block).unwrap();
            }
            "console" => {
                for part in format!("\n{block}").split("\n$ ").skip(1) {
                    let (command, shown) = part.split_once('\n').unwrap_or((part, ""));
                    let output = Command::new("bash")
                        .args(["-c", &format!("set -o pipefail\n{command}")])
                        .current_dir(dir.path())
                        .env("PATH", &path)
                        .env("HOME", dir.path())
                        .env("XDG_CONFIG_HOME", dir.path().join("none"))
                        .output()
                        .unwrap();
                    let mut printed = plaint::text::Untrusted(&output.stderr).to_string();
                    printed += "\\x0a";
                    printed += &plaint::text::Untrusted(&output.stdout).to_string();
                    let mut rest = printed.as_str();
                    for line in shown.lines().filter(|l| *l != "...") {
                        let Some(at) = rest.find(line) else {
                            panic!(
                                "{name}: $ {command}\nshows {line:?}\nbut printed\n{}",
                                printed.replace("\\x0a", "\n")
                            );
                        };
                        rest = &rest[at + line.len()..];
                    }
                    let fails = shown.lines().last().is_some_and(|l| l.starts_with("exit "));
                    assert!(output.status.success() || fails, "{name}: $ {command}\n{printed}");
                    commands += 1;
                }
            }
            // Needs a server or a program of somebody else.
            "sh" => {}
            other => panic!("{name}: a block of {other:?} is not run"),
        }
    }
    commands
}

#[test]
fn every_page_is_true() {
    let mut pages: Vec<PathBuf> =
        fs::read_dir(root().join("docs")).unwrap().map(|e| e.unwrap().path()).collect();
    pages.sort();
    assert!(pages.len() >= 6);
    let commands: usize = pages.iter().map(|p| run(p)).sum();
    assert!(commands >= 30, "{commands} commands");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut followed = 0;
    for page in fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .chain([root().join("README.md")])
    {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|t| t.split(')').next()) {
            if !link.contains("://") && !link.starts_with('#') {
                let to = page.parent().unwrap().join(link.split('#').next().unwrap());
                assert!(to.exists(), "{}: {link}", page.display());
                followed += 1;
            }
        }
    }
    assert!(followed >= 9, "{followed}");
}
