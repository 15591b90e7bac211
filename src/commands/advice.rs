//! [`hint`]: what to do about a failure, where the place that met it knows no better.

use std::path::Path;

use crate::config::place::nearest;
use crate::fault::Fault;
use crate::text::{shell_word, shown};

/// What to do: every failure has a hint.
#[must_use]
pub fn hint(fault: &Fault) -> String {
    if let Some(hint) = fault.hinted() {
        return hint.to_owned();
    }
    match fault {
        Fault::File { path, reason, .. } => of_file(path, reason),
        Fault::Config { path, line, reason, .. } => of_config(path, *line, reason),
        Fault::Usage { .. } | Fault::Zone { .. } => {
            "plaint --help lists the commands; each has its own --help".to_owned()
        }
    }
}

/// The system's words for a failure, by a part of them, and what helps.
fn of_file(path: &Path, reason: &str) -> String {
    let says = |part: &str| reason.to_ascii_lowercase().contains(part);
    if path == Path::new("-") || path == Path::new("standard output") {
        return match says("no space") {
            true => "make room where it is written; standard input is kept in TMPDIR meanwhile",
            false => "check what plaint is piped from or into",
        }
        .to_owned();
    }
    if says("no such file") || says("no file matches") {
        return absent(path);
    }
    if says("permission denied") || says("operation not permitted") {
        return "run plaint as a user who may, such as by sudo; logs often belong to the group adm"
            .to_owned();
    }
    if says("no space") || says("quota") || says("file too large") {
        return "make room there, or name a place that has some".to_owned();
    }
    if says("read-only") {
        return "name a place that can be written".to_owned();
    }
    if says("exists") || says("not a directory") || says("is a directory") {
        return format!("look at what {} is, then name another", shell_word(path));
    }
    if says("shorter while") || says("overwritten while") {
        return "run it once more, on a copy where the log is written to all the time".to_owned();
    }
    if says("honestly hold") {
        return format!("look at what is in {}; unpacked by hand it is read", shell_word(path));
    }
    if says("too many open files") {
        return "raise the limit (ulimit -n), or name fewer files".to_owned();
    }
    format!("see whether it can be read at all: file {}", shell_word(path))
}

/// A file that is not there: the one beside it that is called nearly so, or where to look.
fn absent(path: &Path) -> String {
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return match folder.exists() {
            true => format!("check the path: {} cannot be looked into", shown(folder)),
            false => format!("check the path: there is no {} either", shown(folder)),
        };
    };
    let names: Vec<String> =
        entries.take(NEIGHBOURS).filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) if near != name => {
            let whole = match path.parent() {
                Some(p) => p.join(near),
                None => near.into(),
            };
            format!("did you mean {}?", shell_word(&whole))
        }
        _ => format!("check the path: ls {} shows what is there", shell_word(folder)),
    }
}

/// Names beside a path that are looked at for one that is nearly the same.
const NEIGHBOURS: usize = 10_000;

fn of_config(path: &Path, line: Option<usize>, reason: &str) -> String {
    let Some(line) = line else { return of_file(path, reason) };
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let what = format!("correct line {line} of {}", shown(path));
    // Of the settings' file, whatever it is called, the hint is made where it is read.
    if name.ends_with(".toml") {
        format!("{what}; `plaint operators show generic` prints rules as they are written")
    } else {
        format!("{what}, or take it out")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_nearby_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("auth.log"), "").unwrap();
        let of = |name: &str| {
            hint(&Fault::file(&dir.path().join(name), "No such file or directory (os error 2)"))
        };
        assert!(
            of("auht.log").starts_with("did you mean ") && of("auht.log").ends_with("auth.log?")
        );
        assert!(
            of("something else").starts_with("check the path: ls "),
            "{}",
            of("something else")
        );
        assert!(of("no/such.log").contains("there is no "), "{}", of("no/such.log"));
    }

    #[test]
    fn every_failure_has_a_hint() {
        let path = Path::new("a b.toml");
        for fault in [
            Fault::usage("x"),
            Fault::file(path, "Permission denied (os error 13)"),
            Fault::file(path, "odd"),
            Fault::config(path, Some(3), "unknown key"),
            Fault::config(path, None, "Is a directory (os error 21)"),
        ] {
            assert!(hint(&fault).len() > 20, "{fault}");
        }
        assert_eq!(hint(&Fault::usage("x").hint("y")), "y");
        assert!(hint(&Fault::file(path, "odd")).ends_with("file 'a b.toml'"));
    }
}
