//! From the paths a user gives to the logs they mean.

use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::text::Untrusted;

/// A file that may be a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its path, as output names it.
    pub path: PathBuf,
    /// Whether the user named it, rather than a folder it lies in.
    pub named: bool,
}

/// What the paths of a command line come to.
#[derive(Debug, Default)]
pub struct Finds {
    /// The files, sorted by path and each once.
    pub found: Vec<Found>,
    /// What cannot be found or looked into.
    pub faults: Vec<Fault>,
    /// What lies in a folder and is not looked into, and why.
    pub passed_over: Vec<(PathBuf, String)>,
}

/// Expands files, folders and patterns.
#[must_use]
pub fn find(paths: &[PathBuf]) -> Finds {
    let mut finds = Finds::default();
    for path in paths {
        if path.is_dir() {
            finds.walk(path);
        } else if path.exists() || !is_pattern(path) {
            finds.found.push(Found { path: clean(path), named: true });
        } else {
            finds.expand(path);
        }
    }
    // A file that is both named and lies in a folder is named.
    let found = &mut finds.found;
    found.sort_by(|a, b| a.path.cmp(&b.path).then(b.named.cmp(&a.named)));
    found.dedup_by(|b, a| a.path == b.path);
    finds.passed_over.sort();
    finds.passed_over.dedup();
    finds
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

impl Finds {
    fn expand(&mut self, path: &Path) {
        let before = self.found.len();
        match glob::glob(&path.to_string_lossy()) {
            Ok(hits) => {
                for hit in hits {
                    match hit {
                        Ok(p) if p.is_dir() => self.walk(&p),
                        Ok(p) => self.found.push(Found { path: clean(&p), named: true }),
                        Err(e) => self.faults.push(Fault::file(e.path(), e.error())),
                    }
                }
            }
            Err(_) if !path.to_string_lossy().contains(['*', '?']) => {}
            Err(e) => {
                self.faults.push(Fault::file(path, e));
                return;
            }
        }
        if self.found.len() == before {
            // A `[` alone is more often part of a name than meant as a pattern.
            let stars = path.to_string_lossy().contains(['*', '?']);
            let reason = if stars {
                "no file matches this pattern"
            } else {
                "no such file, and no file matches it as a pattern"
            };
            self.faults.push(Fault::file(path, reason));
        }
    }

    /// All files beneath a folder.
    fn walk(&mut self, dir: &Path) {
        let entries = match std::fs::read_dir(dir) {
            Ok(e) => e,
            Err(e) => {
                self.faults.push(Fault::file(dir, e));
                return;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(e) => e,
                Err(e) => {
                    self.faults.push(Fault::file(dir, e));
                    continue;
                }
            };
            let path = entry.path();
            match entry.file_type() {
                Ok(t) if t.is_dir() => self.walk(&path),
                Ok(t) if t.is_symlink() => match path.metadata() {
                    Ok(m) if m.is_file() => {
                        self.found.push(Found { path: clean(&path), named: false });
                    }
                    Ok(m) if m.is_dir() => {
                        let why = "a link to a folder: they make rings; name the folder itself";
                        self.passed_over.push((clean(&path), why.to_owned()));
                    }
                    Ok(_) => {}
                    // A link to nothing, or to itself.
                    Err(e) => self.faults.push(Fault::file(&path, e)),
                },
                Ok(t) if t.is_file() => {
                    self.found.push(Found { path: clean(&path), named: false });
                }
                // Sockets, pipes and devices are no logs.
                Ok(_) => {}
                Err(e) => self.faults.push(Fault::file(&path, e)),
            }
        }
    }
}

/// The path without `./` before it, so that two spellings print alike.
fn clean(path: &Path) -> PathBuf {
    path.components().filter(|c| !matches!(c, std::path::Component::CurDir)).collect::<PathBuf>()
}

/// How the names of packed logs end.
const PACKINGS: [&[u8]; 5] = [b".gz", b".xz", b".zst", b".bz2", b".lz4"];

/// What a log and its rotations are called alike: its path without the number, the date and
/// the packing that logrotate, newsyslog or savelog put behind its name or, for a date, in it.
#[must_use]
pub fn series(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else { return path.to_owned() };
    let mut rest = name.as_encoded_bytes();
    for packing in PACKINGS {
        rest = rest.strip_suffix(packing).unwrap_or(rest);
    }
    rest = rest.strip_suffix(b".old").unwrap_or(rest);
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if let Some([stem @ .., b'.']) = rest.get(..rest.len() - number)
        && number > 0
    {
        rest = stem;
    }
    let mut stem = Vec::new();
    while let Some((byte, after)) = rest.split_first() {
        let n = digits(after);
        // `-20260329`, `.2026-03-29`, `_2026032907`.
        let date = match after.get(n..) {
            Some([b'-', m, n1, b'-', d, d1, ..]) if n == 4 => {
                [m, n1, d, d1].iter().all(|b| b.is_ascii_digit()).then_some(10)
            }
            _ => (8..=14).contains(&n).then_some(n),
        };
        match date {
            Some(n) if matches!(byte, b'-' | b'.' | b'_') => {
                rest = after.get(n..).unwrap_or_default();
            }
            _ => {
                stem.push(*byte);
                rest = after;
            }
        }
    }
    path.with_file_name(Untrusted(&stem).to_string())
}

/// How new a rotation is within its series: `auth.log` is the newest, `auth.log.2` older than
/// `auth.log.1`, and a date says itself.
#[must_use]
pub fn newness(path: &Path) -> u64 {
    let mut name = path.file_name().unwrap_or_default().as_encoded_bytes();
    for packing in PACKINGS {
        name = name.strip_suffix(packing).unwrap_or(name);
    }
    let add = |n: u64, b: &u8| n.saturating_mul(10).saturating_add(u64::from(b - b'0'));
    let number = |digits: &[u8]| digits.iter().fold(0, add);
    let (dates, all): (Vec<u8>, usize) = name.iter().fold((Vec::new(), 0), |(mut d, n), b| {
        if b.is_ascii_digit() {
            d.push(*b);
        }
        (d, n + 1)
    });
    let last = all - name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    match name.get(last..) {
        _ if dates.len() >= 8 => number(&dates),
        Some(n) if !n.is_empty() => (u64::MAX - 1).saturating_sub(number(n)),
        _ if name.ends_with(b".old") => u64::MAX - 1,
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_and_its_rotations_are_one_series() {
        let of = |name: &str| series(&Path::new("/var/log").join(name));
        for name in [
            "auth.log",
            "auth.log.1",
            "auth.log.12.gz",
            "auth.log-20260329.xz",
            "auth.log.2026-03-29",
            "auth-20260329.log",
            "auth.log.old",
        ] {
            assert_eq!(of(name), Path::new("/var/log/auth.log"), "{name}");
        }
        for name in ["auth2.log", "mail.log.1", "auth", "old/auth.log"] {
            assert_ne!(of(name), Path::new("/var/log/auth.log"), "{name}");
        }
    }

    #[test]
    fn rotations_from_old_to_new() {
        let old_to_new = ["x.log.12.gz", "x.log.2.gz", "x.log.1", "x.log"];
        assert!(old_to_new.map(|n| newness(Path::new(n))).is_sorted());
        let dated = ["x.log-20251231", "x.log-20260101.gz", "x.log"];
        assert!(dated.map(|n| newness(Path::new(n))).is_sorted());
    }

    #[test]
    fn folders_patterns_and_names_give_each_file_once() {
        let dir = tempfile::tempdir().unwrap();
        let at = |n: &str| dir.path().join(n);
        std::fs::create_dir(at("old")).unwrap();
        for name in ["auth.log", "auth.log.1", "old/auth.log.2"] {
            std::fs::write(at(name), "x\n").unwrap();
        }
        let Finds { found, faults, .. } =
            find(&[at("auth.log"), dir.path().to_owned(), at("auth.log*"), at("none")]);
        let names: Vec<_> = found.iter().map(|f| (f.path.clone(), f.named)).collect();
        assert_eq!(
            names,
            [
                (at("auth.log"), true),
                (at("auth.log.1"), true),
                (at("none"), true),
                (at("old/auth.log.2"), false)
            ]
        );
        assert!(faults.is_empty());
        let Finds { found, faults, .. } = find(&[at("*.gz")]);
        assert!(found.is_empty());
        assert!(faults[0].to_string().contains("no file matches"));
    }
}
