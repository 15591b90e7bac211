//! [`Folder`]: a folder that is written beside its place and appears by one rename.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::fault::{Fault, Outcome};

/// What tells a folder of ours.
pub const MARK: &str = "summary.json";

/// Whether a folder may be written at `target`; true where it replaces one.
///
/// # Errors
///
/// As [`Folder::begin`], with nothing written.
pub fn may_write(target: &Path, force: bool) -> Outcome<bool> {
    let name = target.display();
    match fs::symlink_metadata(target) {
        Err(_) => Ok(false),
        Ok(meta) if !meta.is_dir() => {
            Err(Fault::usage(format!("{name}: there is something that is no folder")))
        }
        Ok(_) if is_empty(target) => Ok(true),
        Ok(_) if !force => Err(Fault::usage(format!(
            "{name}: the folder exists; name another, or replace it by --force"
        ))),
        Ok(_) if !target.join(MARK).is_file() => Err(Fault::usage(format!(
            "{name}: the folder was not written by plaint (it has no {MARK}), and --force \
                 does not remove it; name another"
        ))),
        Ok(_) => Ok(true),
    }
}

/// A folder in the making. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub struct Folder {
    target: PathBuf,
    temporary: TempDir,
    replaces: bool,
}

impl Folder {
    /// Begins a folder that is to appear at `target`.
    ///
    /// # Errors
    ///
    /// [`Fault::Usage`] where something is there that may not be replaced: anything
    /// without `force`, and with it whatever is no earlier result of ours.
    /// [`Fault::File`] where its parent cannot be written.
    pub fn begin(target: &Path, force: bool) -> Outcome<Self> {
        let replaces = may_write(target, force)?;
        let parent = match target.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|e| Fault::file(parent, e))?;
        let temporary = tempfile::Builder::new()
            .prefix(".plaint-")
            .tempdir_in(parent)
            .map_err(|e| Fault::file(parent, e))?;
        let folder = Self { target: target.to_owned(), temporary, replaces };
        // Inside, so that its permissions are the usual ones of a new folder.
        for inner in [folder.root(), folder.spool()] {
            fs::create_dir(&inner).map_err(|e| Fault::file(&inner, e))?;
        }
        Ok(folder)
    }

    /// Where it is written meanwhile.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.temporary.path().join("new")
    }

    /// Where notes are kept that do not become part of it.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.temporary.path().join("notes")
    }

    /// Writes a new file; its folders are made.
    ///
    /// # Errors
    ///
    /// [`Fault::File`], also where the file exists.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Outcome<()> {
        let path = self.root().join(path);
        let fault = |e: std::io::Error| Fault::file(&path, e);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(fault)?;
        }
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(fault)?;
        file.write_all(bytes).map_err(fault)
    }

    /// Appends to a note.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn note(&self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let path = self.spool().join(name);
        let fault = |e: std::io::Error| Fault::file(&path, e);
        let mut file =
            fs::OpenOptions::new().append(true).create(true).open(&path).map_err(fault)?;
        file.write_all(bytes).map_err(fault)
    }

    /// A note's content; empty where there is none.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn noted(&self, name: &str) -> Outcome<Vec<u8>> {
        let path = self.spool().join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(Fault::file(&path, e)),
        }
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    ///
    /// [`Fault::File`]; what was there before is there again.
    pub fn finish(self) -> Outcome<()> {
        let old = self.temporary.path().join("old");
        let fault = |e: std::io::Error| Fault::file(&self.target, e);
        if self.replaces {
            fs::rename(&self.target, &old).map_err(fault)?;
        } else if fs::symlink_metadata(&self.target).is_ok() {
            return Err(Fault::usage(format!(
                "{}: somebody else has made it meanwhile",
                self.target.display()
            )));
        }
        if let Err(e) = fs::rename(self.root(), &self.target) {
            if self.replaces {
                let _ = fs::rename(&old, &self.target);
            }
            return Err(fault(e));
        }
        // What is left is what was replaced, and notes.
        let _ = self.temporary.close();
        Ok(())
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a/out");
        let names = || -> Vec<String> {
            let entries = fs::read_dir(dir.path().join("a")).unwrap();
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
        };
        {
            let folder = Folder::begin(&out, false).unwrap();
            folder.write("x/y", b"1").unwrap();
            assert!(folder.write("x/y", b"2").is_err());
            assert!(!out.exists());
        }
        assert!(names().is_empty());
        let folder = Folder::begin(&out, false).unwrap();
        folder.write(MARK, b"{}").unwrap();
        folder.note("n", b"note").unwrap();
        folder.finish().unwrap();
        assert_eq!(names(), ["out"]);
        assert!(Folder::begin(&out, false).unwrap_err().to_string().contains("--force"));
        let folder = Folder::begin(&out, true).unwrap();
        folder.write("z", b"3").unwrap();
        folder.finish().unwrap();
        assert_eq!(names(), ["out"]);
        assert!(out.join("z").exists() && !out.join(MARK).exists());
        // Now it is no result of ours any more.
        assert!(
            Folder::begin(&out, true).unwrap_err().to_string().contains("not written by plaint")
        );
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(Folder::begin(&file, true).is_err());
    }
}
