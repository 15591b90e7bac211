//! What the logs tell of one source, as JSON: the same in `sources` and in a bundle.

use serde_json::Value;

use crate::limits::PORTS_LISTED;
use crate::source::{ScanLimits, Source};
use crate::text::push_number;

/// Appends what each family's logs tell of a source, in the schema of `sources`.
pub fn write_families(out: &mut Vec<u8>, source: &Source, limits: ScanLimits) {
    let mut between = b'{';
    for (family, t) in source.families() {
        out.push(between);
        between = b',';
        out.push(b'"');
        out.extend_from_slice(family.word().as_bytes());
        out.extend_from_slice(b"\":{");
        for (name, n) in [
            (&b"\"lines\":"[..], t.lines),
            (b",\"attempts\":", t.attempts),
            (b",\"connections\":", t.connections),
            (b",\"packets\":", t.packets),
        ] {
            out.extend_from_slice(name);
            push_number(out, n);
        }
        out.extend_from_slice(b",\"first\":\"");
        t.first.at().write(out);
        out.extend_from_slice(b"\",\"last\":\"");
        t.last.at().write(out);
        out.extend_from_slice(b"\",\"destination_ports\":[");
        for (i, port) in t.ports.listed().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            push_number(out, u64::from(port));
        }
        out.push(b']');
        if t.ports.count() as usize > PORTS_LISTED {
            out.extend_from_slice(b",\"destination_ports_total\":");
            push_number(out, u64::from(t.ports.count()));
        }
        out.extend_from_slice(b",\"classes\":[");
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
    write_families(&mut text, source, limits);
    serde_json::from_slice(&text).unwrap_or(Value::Null)
}
