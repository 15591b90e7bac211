//! `evidence.log`, byte for byte, and `evidence.jsonl`, which says where each line lies.

use serde_json::json;

pub use crate::judge::{EvidenceLine, holds_other_address};
use crate::text::Untrusted;

use crate::hash::sha256;

/// The lines as they were logged, each with a newline.
#[must_use]
pub fn log(lines: &[&EvidenceLine]) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.iter().map(|l| l.bytes.len() + 1).sum());
    for line in lines {
        out.extend_from_slice(&line.bytes);
        out.push(b'\n');
    }
    out
}

/// For each line of `evidence.log`, in its order: file, number, offset,
/// length, hash and instant.
#[must_use]
pub fn index(lines: &[&EvidenceLine]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines {
        let row = json!({
            "file": Untrusted(line.path.as_os_str().as_encoded_bytes()).to_string(),
            "line": line.line,
            "offset": line.offset,
            "length": line.bytes.len(),
            "sha256": sha256(&line.bytes),
            "utc": line.moment.at.to_string(),
        });
        out.extend_from_slice(row.to_string().as_bytes());
        out.push(b'\n');
    }
    out
}
