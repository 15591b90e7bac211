//! `evidence.log`, byte for byte, and `evidence.jsonl`, which says where each line lies.

pub use crate::judge::{EvidenceLine, holds_other_address};
use crate::text::{Untrusted, json_string, push_number};

use crate::hash::{self, push_hex};
use crate::time::Dates;

/// Appends the lines as they were logged, each with a newline.
pub fn log(out: &mut Vec<u8>, lines: &[&EvidenceLine]) {
    out.reserve(lines.iter().map(|l| l.bytes.len() + 1).sum());
    for line in lines {
        out.extend_from_slice(&line.bytes);
        out.push(b'\n');
    }
}

/// Appends for each line of `evidence.log`, in its order: file, number, offset,
/// length, hash and instant.
pub fn index(out: &mut Vec<u8>, lines: &[&EvidenceLine]) {
    out.reserve(lines.len() * 224);
    let (mut path, mut shown) = (None, Vec::new());
    let mut dates = Dates::default();
    let bytes: Vec<&[u8]> = lines.iter().map(|line| line.bytes.as_slice()).collect();
    for (line, hash) in lines.iter().zip(hash::all(&bytes)) {
        if path != Some(&line.path) {
            path = Some(&line.path);
            shown.clear();
            // What acts on a display is spelled out first, and JSON escapes the backslash of that.
            let name = Untrusted(line.path.as_os_str().as_encoded_bytes()).to_string();
            json_string(&mut shown, name.as_bytes());
        }
        out.extend_from_slice(b"{\"file\":");
        out.extend_from_slice(&shown);
        out.extend_from_slice(b",\"line\":");
        push_number(out, line.line);
        out.extend_from_slice(b",\"offset\":");
        push_number(out, line.offset);
        out.extend_from_slice(b",\"length\":");
        push_number(out, line.bytes.len() as u64);
        out.extend_from_slice(b",\"sha256\":\"");
        push_hex(out, &hash);
        out.extend_from_slice(b"\",\"utc\":\"");
        dates.write(line.moment.at, out);
        out.extend_from_slice(b"\"}\n");
    }
}
