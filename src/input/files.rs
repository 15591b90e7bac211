//! From the paths a user gives to the logs they mean.

use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// A file that may be a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its path, as output names it.
    pub path: PathBuf,
    /// Whether the user named it, rather than a folder it lies in.
    pub named: bool,
}

/// Expands files, folders and patterns, sorted by path and each once. What
/// cannot be found is returned beside what was.
#[must_use]
pub fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<Fault>) {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            walk(path, &mut found, &mut faults);
        } else if path.exists() || !is_pattern(path) {
            found.push(Found { path: clean(path), named: true });
        } else {
            expand(path, &mut found, &mut faults);
        }
    }
    // A file that is both named and lies in a folder is named.
    found.sort_by(|a, b| a.path.cmp(&b.path).then(b.named.cmp(&a.named)));
    found.dedup_by(|b, a| a.path == b.path);
    (found, faults)
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn expand(path: &Path, found: &mut Vec<Found>, faults: &mut Vec<Fault>) {
    let before = found.len();
    match glob::glob(&path.to_string_lossy()) {
        Ok(hits) => {
            for hit in hits {
                match hit {
                    Ok(p) if p.is_dir() => walk(&p, found, faults),
                    Ok(p) => found.push(Found { path: clean(&p), named: true }),
                    Err(e) => faults.push(Fault::file(e.path(), e.error())),
                }
            }
        }
        Err(e) => {
            faults.push(Fault::file(path, e));
            return;
        }
    }
    if found.len() == before {
        faults.push(Fault::file(path, "no file matches this pattern"));
    }
}

/// All files beneath a folder. Links to folders are not followed: they make rings.
fn walk(dir: &Path, found: &mut Vec<Found>, faults: &mut Vec<Fault>) {
    let entries = match std::fs::read_dir(dir) {
        Ok(e) => e,
        Err(e) => {
            faults.push(Fault::file(dir, e));
            return;
        }
    };
    for entry in entries {
        let entry = match entry {
            Ok(e) => e,
            Err(e) => {
                faults.push(Fault::file(dir, e));
                continue;
            }
        };
        let path = entry.path();
        match entry.file_type() {
            Ok(t) if t.is_dir() => walk(&path, found, faults),
            Ok(t) if t.is_file() || (t.is_symlink() && path.is_file()) => {
                found.push(Found { path: clean(&path), named: false });
            }
            // Sockets, pipes and devices are no logs.
            Ok(_) => {}
            Err(e) => faults.push(Fault::file(&path, e)),
        }
    }
}

/// The path without `./` before it, so that two spellings print alike.
fn clean(path: &Path) -> PathBuf {
    path.components().filter(|c| !matches!(c, std::path::Component::CurDir)).collect::<PathBuf>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_patterns_and_names_give_each_file_once() {
        let dir = tempfile::tempdir().unwrap();
        let at = |n: &str| dir.path().join(n);
        std::fs::create_dir(at("old")).unwrap();
        for name in ["auth.log", "auth.log.1", "old/auth.log.2"] {
            std::fs::write(at(name), "x\n").unwrap();
        }
        let (found, faults) =
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
        let (found, faults) = find(&[at("*.gz")]);
        assert!(found.is_empty());
        assert!(faults[0].to_string().contains("no file matches"));
    }
}
