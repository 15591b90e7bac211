//! Where answers are kept: one file per address, with the time of asking in its first line.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fault::{Fault, Outcome};
use crate::judge::saved::{Asked, Transcript};
use crate::time::Instant;

/// A folder of answers.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    /// Answers older than this, in seconds, are asked for again.
    max_age: i64,
}

impl Store {
    /// A folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf, max_age_seconds: i64) -> Self {
        Self { folder, max_age: max_age_seconds }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there is an answer young enough.
    ///
    /// # Errors
    ///
    /// [`Fault::File`] for an answer that cannot be read.
    pub fn has(&self, ip: IpAddr, now: Instant) -> Outcome<bool> {
        let found = Transcript::find(&self.folder, ip.into())?;
        Ok(found.is_some_and(|t| match t.asked {
            Asked::Stated(at) => now.seconds() - at.seconds() <= self.max_age,
            // Saved by hand; it is not ours to replace.
            Asked::FileOf(_) | Asked::Unknown => true,
        }))
    }

    /// Keeps an answer; it appears whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Fault::File`].
    pub fn keep(&self, name: &str, asked: Instant, answer: &[u8]) -> Outcome<PathBuf> {
        let path = self.folder.join(format!("{}.txt", name.replace(':', "-")));
        let fault = |e: std::io::Error| Fault::file(&path, e);
        std::fs::create_dir_all(&self.folder).map_err(fault)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(fault)?;
        writeln!(file, "# asked {asked}").map_err(fault)?;
        file.write_all(answer).map_err(fault)?;
        if !answer.ends_with(b"\n") {
            file.write_all(b"\n").map_err(fault)?;
        }
        file.persist(&path).map_err(|e| fault(e.error))?;
        Ok(path)
    }

    /// An answer that was kept under a name, without its first line, where it is young enough.
    #[must_use]
    pub fn kept(&self, name: &str, now: Instant) -> Option<Vec<u8>> {
        let path = self.folder.join(format!("{}.txt", name.replace(':', "-")));
        let bytes = std::fs::read(path).ok()?;
        let at = memchr::memchr(b'\n', &bytes)?;
        let (first, rest) = bytes.split_at(at + 1);
        let stated = str::from_utf8(first).ok()?.trim().strip_prefix("# asked ")?.to_owned();
        let oldest = Instant::from_seconds(now.seconds() - self.max_age).to_string();
        (stated.get(..19)? >= oldest.get(..19)?).then(|| rest.to_vec())
    }
}

/// The sources that a run made reports of.
///
/// # Errors
///
/// [`Fault::Usage`] where the folder is no result of a run.
pub fn sources_of(dir: &Path) -> Outcome<Vec<IpAddr>> {
    let path = dir.join(crate::bundle::folder::MARK);
    let wrong = |why: String| {
        Fault::usage(format!("{}: no folder that `plaint report` wrote: {why}", dir.display()))
            .hint("name the folder that was given to `plaint report` as -o")
    };
    let bytes = std::fs::read(&path).map_err(|e| wrong(e.to_string()))?;
    let summary: Value = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
    let rows = summary.get("bundles").and_then(Value::as_array).into_iter().flatten();
    let found: BTreeSet<IpAddr> =
        rows.filter_map(|r| r.get("source")?.as_str()?.parse().ok()).collect();
    Ok(found.into_iter().collect())
}
