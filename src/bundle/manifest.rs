//! What a run was given and what it wrote, with sizes and hashes. No clock time in any of it.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::class::Reading;
use crate::text::shown;
use crate::time::Instant;

/// The version of the form of `manifest.json` and `summary.json`.
pub const FORM: u32 = 1;

/// An input of the run.
#[derive(Clone, Debug)]
pub struct InputRecord {
    /// Its path, as the run names it.
    pub path: PathBuf,
    /// Its bytes, as they lie on the disk.
    pub bytes: u64,
    /// Their hash.
    pub sha256: String,
    /// Its lines by reading, in the order of [`Reading::ALL`].
    pub readings: [u64; 6],
    /// The earliest and the latest line.
    pub span: Option<(Instant, Instant)>,
    /// The zone that was told for it; empty where it states its own.
    pub zone: String,
    /// Whether it was read to its end.
    pub complete: bool,
}

impl InputRecord {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let lines: Map<String, Value> = Reading::ALL
            .iter()
            .zip(self.readings)
            .map(|(r, n)| (r.word().to_owned(), json!(n)))
            .collect();
        let mut out = json!({
            "path": shown(&self.path),
            "bytes": self.bytes,
            "sha256": self.sha256,
            "lines": self.readings.iter().sum::<u64>(),
            "readings": lines,
        });
        if let Value::Object(map) = &mut out {
            if let Some((first, last)) = self.span {
                map.insert("first".to_owned(), json!(first.to_string()));
                map.insert("last".to_owned(), json!(last.to_string()));
            }
            map.insert(
                "zone".to_owned(),
                json!(if self.zone.is_empty() { "stated" } else { self.zone.as_str() }),
            );
            if !self.complete {
                map.insert("complete".to_owned(), json!(false));
            }
        }
        out
    }
}

/// A file whose content bears on the results: an operator file, a prefix
/// list, an AS database, a configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileRecord {
    /// Its path, or what a shipped one is called.
    pub path: PathBuf,
    /// Its day, where it has one.
    pub date: Option<String>,
    /// Its hash.
    pub sha256: String,
}

impl FileRecord {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "path": shown(&self.path), "date": self.date, "sha256": self.sha256 })
    }
}

/// What a run was given, as the head of a manifest or summary.
#[must_use]
pub fn head(inputs: &[InputRecord], files: &[FileRecord], options: &Value) -> Map<String, Value> {
    let mut inputs: Vec<&InputRecord> = inputs.iter().collect();
    inputs.sort_by(|a, b| a.path.cmp(&b.path));
    let mut files = files.to_vec();
    files.sort();
    // An operator file that holds prefixes is named twice, once with its day.
    files.dedup_by(|later, kept| {
        let same = later.path == kept.path && later.sha256 == kept.sha256;
        if same {
            kept.date = later.date.take().or(kept.date.take());
        }
        same
    });
    let mut out = Map::new();
    out.insert("form".to_owned(), json!(FORM));
    out.insert("tool".to_owned(), json!("plaint"));
    out.insert("version".to_owned(), json!(env!("CARGO_PKG_VERSION")));
    out.insert("options".to_owned(), options.clone());
    out.insert("inputs".to_owned(), inputs.into_iter().map(InputRecord::json).collect());
    out.insert("references".to_owned(), files.iter().map(FileRecord::json).collect());
    out
}
