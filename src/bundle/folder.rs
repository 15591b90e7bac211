//! [`Folder`]: a folder that is written beside its place and appears by one rename.
//!
//! Beside `reports` lie `.plaint-reports.lock`, held by the run that writes it, and
//! `.plaint-reports.work`, what it has written so far. A run that was killed lets go of the lock
//! and leaves both; the next run into the same folder takes the lock and clears up.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, mkdirat, openat, renameat_with};

use crate::fault::{Fault, Outcome};
use crate::hash::{Sha256, hex};
use crate::limits::NOTE_BYTES;

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
            Err(Fault::usage(format!("{name}: there is something that is no folder"))
                .hint("name another with -o"))
        }
        Ok(_) if is_empty(target) => Ok(true),
        Ok(_) if !force => Err(Fault::usage(format!("{name}: the folder exists"))
            .hint("name another, or replace it by --force")),
        Ok(_) if !target.join(MARK).is_file() => Err(Fault::usage(format!(
            "{name}: the folder was not written by plaint (it has no {MARK}), and --force \
                 does not remove it"
        ))
        .hint("name another with -o")),
        Ok(_) => Ok(true),
    }
}

/// A folder in the making. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub struct Folder {
    target: PathBuf,
    /// What is written so far; removed when this is dropped, before the lock is let go.
    work: Work,
    /// Held while it is written.
    #[allow(dead_code, reason = "what it is for happens when it is dropped")]
    lock: Lock,
    replaces: bool,
    /// Of each note what is not yet in its file.
    notes: Mutex<HashMap<String, Vec<u8>>>,
}

/// A folder that goes when it is dropped.
#[derive(Debug)]
struct Work(PathBuf);

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file whose lock says that a run is alive; the system lets go of it whichever way the run ends.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    _file: fs::File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Lock {
    fn take(path: PathBuf, target: &Path) -> Outcome<Self> {
        let fault = |e: std::io::Error| unwritten(&path, &e);
        let nofollow = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
        loop {
            let file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(nofollow)
                .open(&path)
                .map_err(fault)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(Fault::usage(format!(
                        "{}: another run of plaint is writing it",
                        target.display()
                    ))
                    .hint("wait for it, or name another folder with -o"));
                }
                Err(fs::TryLockError::Error(e)) => return Err(fault(e)),
            }
            // Whoever held it may have removed it between our opening and our locking.
            let ours = file.metadata().map_err(fault)?;
            match fs::symlink_metadata(&path) {
                Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => {
                    return Ok(Self { path, _file: file });
                }
                _ => {}
            }
        }
    }
}

/// A place that reports cannot be written to.
fn unwritten(path: &Path, e: &std::io::Error) -> Fault {
    let fault = Fault::file(path, e);
    match e.kind() {
        std::io::ErrorKind::PermissionDenied => {
            fault.hint("name a folder that you may write into with -o")
        }
        _ => fault,
    }
}

/// Makes a folder that nobody else can look into: evidence is personal.
fn private(path: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// Opens a new file of ours; what is there already, a link too, is never written to.
fn create(path: &Path) -> std::io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// The same; its folders are made where they are missing.
fn make(path: &Path) -> std::io::Result<fs::File> {
    match create(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let parent = path.parent().unwrap_or(path);
            fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            create(path)
        }
        made => made,
    }
}

/// A folder within, held open: its files are made without looking up the folders above it.
#[derive(Debug)]
pub struct Inner {
    path: PathBuf,
    open: OwnedFd,
}

impl Inner {
    /// Writes a new file.
    ///
    /// # Errors
    ///
    /// As [`Folder::write`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        openat(&self.open, name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(io::Error::from)
            .and_then(|file| fs::File::from(file).write_all(bytes))
            .map_err(|e| Fault::file(&self.path.join(name), e))
    }
}

/// A file that is written piece by piece, and hashed meanwhile.
#[derive(Debug)]
pub struct Writing {
    path: PathBuf,
    file: io::BufWriter<fs::File>,
    hash: Sha256,
}

impl Writing {
    /// Writes more.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn put(&mut self, bytes: &[u8]) -> Outcome<()> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(|e| Fault::file(&self.path, e))
    }

    /// Ends it; its hash.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn end(mut self) -> Outcome<String> {
        self.file.flush().map_err(|e| Fault::file(&self.path, e))?;
        Ok(hex(&self.hash.end()))
    }
}

impl Folder {
    /// Begins a folder that is to appear at `target`, and clears up after runs into it that died.
    ///
    /// # Errors
    ///
    /// [`Fault::Usage`] where something is there that may not be replaced: anything
    /// without `force`, and with it whatever is no earlier result of ours; or where another
    /// run is writing it. [`Fault::File`] where its parent cannot be written.
    pub fn begin(target: &Path, force: bool) -> Outcome<Self> {
        may_write(target, force)?;
        let parent = match target.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let Some(name) = target.file_name() else {
            return Err(Fault::usage(format!("{}: this names no folder", target.display()))
                .hint("name one that does not exist yet, such as -o reports"));
        };
        fs::create_dir_all(parent).map_err(|e| unwritten(parent, &e))?;
        let beside = |end: &str| {
            let mut file = OsString::from(".plaint-");
            file.push(name);
            file.push(end);
            parent.join(file)
        };
        let lock = Lock::take(beside(".lock"), target)?;
        // Once more: a run that was alive a moment ago may have finished it.
        let replaces = may_write(target, force)?;
        let work = beside(".work");
        let fault = |e: std::io::Error| Fault::file(&work, e);
        match fs::symlink_metadata(&work) {
            // We hold the lock: it is of a run that died.
            Ok(there) if there.is_dir() => fs::remove_dir_all(&work).map_err(fault)?,
            Ok(_) => {
                return Err(Fault::file(&work, "it is in the way and no folder of ours")
                    .hint("look at what it is and move it, or name another folder with -o"));
            }
            Err(_) => {}
        }
        private(&work).map_err(fault)?;
        let folder = Self {
            target: target.to_owned(),
            work: Work(work),
            lock,
            replaces,
            notes: Mutex::default(),
        };
        for inner in [folder.root(), folder.spool()] {
            private(&inner).map_err(|e| Fault::file(&inner, e))?;
        }
        Ok(folder)
    }

    /// Where it is to appear.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where it is written meanwhile.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.work.0.join("new")
    }

    /// Where notes are kept that do not become part of it.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.work.0.join("notes")
    }

    /// Writes a new file; its folders are made. Threads may write at once.
    ///
    /// # Errors
    ///
    /// [`Fault::File`], also where the file exists.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Outcome<()> {
        let path = self.root().join(path);
        let fault = |e: io::Error| Fault::file(&path, e);
        make(&path).and_then(|mut file| file.write_all(bytes)).map_err(fault)
    }

    /// Opens a folder within; it and those above it are made where they are missing.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn inner(&self, path: &str) -> Outcome<Inner> {
        let path = self.root().join(path);
        let made = match mkdirat(CWD, &path, Mode::RWXU) {
            Err(rustix::io::Errno::NOENT) => {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)
            }
            Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
            Err(e) => Err(e.into()),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = made.and_then(|()| Ok(openat(CWD, &path, flags, Mode::empty())?));
        match open {
            Ok(open) => Ok(Inner { path, open }),
            Err(e) => Err(Fault::file(&path, e)),
        }
    }

    /// Begins a new file that is written piece by piece; its folders are made.
    ///
    /// # Errors
    ///
    /// As [`Folder::write`].
    pub fn begin_file(&self, path: &str) -> Outcome<Writing> {
        let path = self.root().join(path);
        let file = make(&path).map_err(|e| Fault::file(&path, e))?;
        Ok(Writing { path, file: io::BufWriter::new(file), hash: Sha256::default() })
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<String, Vec<u8>>> {
        // A thread that panicked has ended the process: there is no poison.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends to a note.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn note(&self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let mut notes = self.notes();
        let held = match notes.get_mut(name) {
            Some(held) => held,
            None => notes.entry(name.to_owned()).or_default(),
        };
        held.extend_from_slice(bytes);
        if held.len() < NOTE_BYTES {
            return Ok(());
        }
        self.append(name, held)?;
        held.clear();
        Ok(())
    }

    fn append(&self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let path = self.spool().join(name);
        let file = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(bytes)).map_err(|e| Fault::file(&path, e))
    }

    /// The file of a note, where it has become one, and what is not yet in it.
    fn taken(&self, name: &str) -> Outcome<(Option<fs::File>, Vec<u8>)> {
        let held = self.notes().remove(name).unwrap_or_default();
        let path = self.spool().join(name);
        match fs::File::open(&path) {
            Ok(file) => Ok((Some(file), held)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok((None, held)),
            Err(e) => Err(Fault::file(&path, e)),
        }
    }

    /// Writes a note into a file, but for its first bytes; nothing where there is no such note.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn copy_note(&self, name: &str, but: u64, out: &mut Writing) -> Outcome<()> {
        let (file, held) = self.taken(name)?;
        let Some(mut file) = file else {
            let but = usize::try_from(but).unwrap_or(usize::MAX);
            return out.put(held.get(but..).unwrap_or_default());
        };
        let fault = |e: io::Error| Fault::file(&self.spool().join(name), e);
        io::Seek::seek(&mut file, io::SeekFrom::Start(but)).map_err(fault)?;
        let mut piece = vec![0; 1 << 16];
        loop {
            match io::Read::read(&mut file, &mut piece) {
                Ok(0) => break,
                Ok(n) => out.put(piece.get(..n).unwrap_or_default())?,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(fault(e)),
            }
        }
        out.put(&held)
    }

    /// Makes a note a file of the folder, an empty one where there is no such note.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn keep_note(&self, name: &str, path: &str) -> Outcome<()> {
        let (file, held) = self.taken(name)?;
        if file.is_none() {
            return self.write(path, &held);
        }
        self.append(name, &held)?;
        let to = self.root().join(path);
        fs::rename(self.spool().join(name), &to).map_err(|e| Fault::file(&to, e))
    }

    /// Puts the folder in its place, by one rename: it is there whole, or as it was.
    ///
    /// # Errors
    ///
    /// [`Fault::File`]; what was there before is there again.
    pub fn finish(self) -> Outcome<()> {
        let (root, target) = (self.root(), &self.target);
        let fault = |e: std::io::Error| Fault::file(target, e);
        settle(&root).map_err(|e| Fault::file(&root, e))?;
        let flags = if self.replaces { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
        match renameat_with(CWD, &root, CWD, target, flags) {
            Ok(()) => {}
            // Some file systems know no such renames.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => self.replace_in_steps()?,
            Err(rustix::io::Errno::EXIST) => {
                return Err(Fault::usage(format!(
                    "{}: somebody else has made it meanwhile",
                    target.display()
                ))
                .hint("look at what it is, then name another with -o"));
            }
            Err(e) => return Err(fault(e.into())),
        }
        if let Some(parent) = target.parent().filter(|p| !p.as_os_str().is_empty()) {
            // So that a loss of power does not undo the rename of what is said to be there.
            let _ = fs::File::open(parent).and_then(|d| d.sync_all());
        }
        // What is left is what was replaced, and notes.
        Ok(())
    }

    fn replace_in_steps(&self) -> Outcome<()> {
        let (root, target) = (self.root(), &self.target);
        let fault = |e: std::io::Error| Fault::file(target, e);
        let old = self.work.0.join("old");
        if self.replaces {
            fs::rename(target, &old).map_err(fault)?;
        } else if fs::symlink_metadata(target).is_ok() {
            return Err(Fault::usage(format!(
                "{}: somebody else has made it meanwhile",
                target.display()
            ))
            .hint("look at what it is, then name another with -o"));
        }
        if let Err(e) = fs::rename(&root, target) {
            if self.replaces {
                let _ = fs::rename(&old, target);
            }
            return Err(fault(e));
        }
        Ok(())
    }
}

/// Sees to it that the file that tells a finished folder is on the disk, and its list of names.
fn settle(root: &Path) -> std::io::Result<()> {
    match fs::File::open(root.join(MARK)) {
        Ok(file) => file.sync_all()?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    fs::File::open(root)?.sync_all()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_and_what_dead_runs_leave() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let folder = Folder::begin(&out, false).unwrap();
        folder.write("x", b"1").unwrap();
        let err = Folder::begin(&out, false).unwrap_err();
        assert!(err.to_string().contains("another run"), "{err}");
        assert_eq!(err.exit_code(), 2);
        // Another target in the same place is nobody's business.
        drop(Folder::begin(&dir.path().join("out.work"), false).unwrap());
        assert!(folder.root().join("x").exists());
        // Killed: nothing is dropped but the lock, as the system does it.
        let (work, lock) = (folder.work.0.clone(), folder.lock.path.clone());
        let Folder { work: w, lock: l, .. } = folder;
        std::mem::forget(w);
        drop(l);
        fs::write(&lock, "").unwrap();
        assert!(work.exists());
        let folder = Folder::begin(&out, false).unwrap();
        assert!(!folder.root().join("x").exists());
        folder.write(MARK, b"{}").unwrap();
        folder.finish().unwrap();
        assert!(!work.exists() && !lock.exists() && out.join(MARK).exists());
    }

    #[test]
    fn links_lead_nowhere_and_nobody_else_reads() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (out, away) = (dir.path().join("out"), dir.path().join("away"));
        fs::create_dir(&away).unwrap();
        fs::write(away.join("kept"), "x").unwrap();
        for name in ["out", ".plaint-out.work", ".plaint-out.lock"] {
            symlink(&away, dir.path().join(name)).unwrap();
            let fault = Folder::begin(&out, true).unwrap_err();
            assert!(fault.to_string().contains(name), "{fault}");
            fs::remove_file(dir.path().join(name)).unwrap();
        }
        let folder = Folder::begin(&out, false).unwrap();
        symlink(&away, folder.root().join("link")).unwrap();
        symlink(away.join("kept"), folder.root().join("file")).unwrap();
        assert!(folder.write("file", b"y").is_err());
        assert!(folder.inner("link").is_err());
        let inner = folder.inner("c/d").unwrap();
        inner.write("e", b"y").unwrap();
        assert!(inner.write("e", b"z").unwrap_err().to_string().contains("c/d/e"));
        symlink(away.join("kept"), folder.root().join("c/d/f")).unwrap();
        assert!(folder.inner("c/d").unwrap().write("f", b"y").is_err());
        folder.write("a/b/c", b"y").unwrap();
        folder.finish().unwrap();
        assert_eq!(fs::read(away.join("kept")).unwrap(), b"x");
        assert_eq!(fs::read(out.join("c/d/e")).unwrap(), b"y");
        let mode = |p: &str| fs::metadata(out.join(p)).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(""), mode("a"), mode("a/b"), mode("a/b/c")], [0o700, 0o700, 0o700, 0o600]);
        assert_eq!([mode("c"), mode("c/d"), mode("c/d/e")], [0o700, 0o700, 0o600]);
    }

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
        assert!(Folder::begin(&out, false).unwrap_err().hinted().unwrap().contains("--force"));
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
