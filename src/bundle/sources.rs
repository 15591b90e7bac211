//! What the logs tell of one source, as JSON: the same in `sources` and in a bundle.

use serde_json::Value;

use crate::limits::PORTS_LISTED;
use crate::source::{ScanLimits, Source};
use crate::text::push_number;
use crate::time::Dates;

/// Appends what each family's logs tell of a source, in the schema of `sources`.
#[inline]
pub fn write_families(out: &mut Vec<u8>, source: &Source, limits: ScanLimits, dates: &mut Dates) {
    let mut between = b'{';
    for (family, t) in source.families() {
        out.extend_from_slice(&[between, b'"']);
        between = b',';
        out.extend_from_slice(family.word().as_bytes());
        // Each by itself, so that its length is known: there may be a million rows.
        out.extend_from_slice(b"\":{\"lines\":");
        push_number(out, t.lines);
        out.extend_from_slice(b",\"attempts\":");
        push_number(out, t.attempts);
        out.extend_from_slice(b",\"connections\":");
        push_number(out, t.connections);
        if t.packets == 0 {
            out.extend_from_slice(b",\"packets\":0,\"first\":\"");
        } else {
            out.extend_from_slice(b",\"packets\":");
            push_number(out, t.packets);
            out.extend_from_slice(b",\"first\":\"");
        }
        dates.write(t.first.at(), out);
        out.extend_from_slice(b"\",\"last\":\"");
        dates.write(t.last.at(), out);
        out.extend_from_slice(b"\",\"destination_ports\":[");
        for (i, port) in t.ports.listed().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            push_number(out, u64::from(port));
        }
        if t.ports.count() as usize > PORTS_LISTED {
            out.extend_from_slice(b"],\"destination_ports_total\":");
            push_number(out, u64::from(t.ports.count()));
            out.extend_from_slice(b",\"classes\":[");
        } else {
            out.extend_from_slice(b"],\"classes\":[");
        }
        for (i, class) in source.family_classes(family, limits).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.push(b'"');
            out.extend_from_slice(class.word().as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(b"]}");
    }
    if between == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
}

/// The same as a value.
#[must_use]
pub fn families_json(source: &Source, limits: ScanLimits) -> Value {
    let mut text = Vec::new();
    write_families(&mut text, source, limits, &mut Dates::default());
    serde_json::from_slice(&text).unwrap_or(Value::Null)
}
