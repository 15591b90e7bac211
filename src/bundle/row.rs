//! [`BundleRow`]: one report as `summary.json` and the page list it.

use serde_json::{Value, json};

use crate::addr::Addr;
use crate::judge::Verdict;

/// One report that was written.
#[derive(Clone, Debug)]
pub struct BundleRow {
    /// Its folder, relative.
    pub path: String,
    /// The operator's id; none where nobody claims the source.
    pub operator: Option<String>,
    /// The mailbox or form; empty where there is none.
    pub to: String,
    /// The source.
    pub source: Addr,
    /// Its classes.
    pub classes: Vec<&'static str>,
    /// Number of events over all of them.
    pub events: u64,
    /// What it comes to.
    pub verdict: Verdict,
    /// Ids of what the reporter has to add.
    pub missing: Vec<&'static str>,
    /// The mail or list of several sources that it is sent in, relative; none
    /// where it is sent by itself.
    pub sent_in: Option<String>,
}

impl BundleRow {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut row = json!({
            "path": self.path,
            "operator": self.operator,
            "to": self.to,
            "source": self.source.to_string(),
            "classes": self.classes,
            "events": self.events,
            "verdict": self.verdict.word(),
            "missing": self.missing,
        });
        if let (Value::Object(map), Some(path)) = (&mut row, &self.sent_in) {
            map.insert("sent_in".to_owned(), json!(path));
        }
        row
    }
}
