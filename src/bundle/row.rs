//! [`BundleRow`]: one report as `summary.json` and the page list it.

use serde::{Serialize, Serializer};

use crate::addr::Addr;
use crate::judge::Verdict;

/// One report that was written.
#[derive(Clone, Debug, Serialize)]
pub struct BundleRow {
    /// Its folder, relative.
    pub path: String,
    /// The operator's id; none where nobody claims the source.
    pub operator: Option<String>,
    /// The mailbox or form; empty where there is none.
    pub to: String,
    /// The source.
    #[serde(serialize_with = "shown")]
    pub source: Addr,
    /// Its classes.
    pub classes: Vec<&'static str>,
    /// Number of events over all of them.
    pub events: u64,
    /// What it comes to.
    #[serde(serialize_with = "word")]
    pub verdict: Verdict,
    /// Ids of what the reporter has to add.
    pub missing: Vec<&'static str>,
    /// The mail or list of several sources that it is sent in, relative; none
    /// where it is sent by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_in: Option<String>,
}

fn shown<S: Serializer>(addr: &Addr, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(addr)
}

fn word<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.word())
}
