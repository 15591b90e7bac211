//! What the logs tell of one source, as JSON: the same in `sources` and in a bundle.

use serde_json::Value;

use crate::limits::PORTS_LISTED;
use crate::source::{FamilyTally, ScanLimits, Source};
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
        write_counts(out, t);
        write_times(out, t, dates);
        let ports = |out: &mut Vec<u8>, ports: &mut dyn Iterator<Item = u16>| {
            for (i, port) in ports.enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                push_number(out, u64::from(port));
            }
        };
        match t.few_ports() {
            Some([port]) => push_number(out, u64::from(*port)),
            Some(few) => ports(out, &mut few.iter().copied()),
            None => ports(out, &mut t.ports_listed()),
        }
        if t.ports_count() as usize > PORTS_LISTED {
            out.extend_from_slice(b"],\"destination_ports_total\":");
            push_number(out, u64::from(t.ports_count()));
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

/// The counts of a family, behind its name. As few pieces as can be, each of a length that is known:
/// there may be a million rows.
#[inline(always)]
fn write_counts(out: &mut Vec<u8>, t: &FamilyTally) {
    let packets = t.packets();
    if t.lines.max(t.attempts).max(t.connections) < 10 && packets == 0 {
        let mut text = *b"\":{\"lines\":0,\"attempts\":0,\"connections\":0,\"packets\":0";
        text[11] += t.lines as u8;
        text[24] += t.attempts as u8;
        text[40] += t.connections as u8;
        out.extend_from_slice(&text);
        return;
    }
    out.extend_from_slice(b"\":{\"lines\":");
    push_number(out, t.lines);
    out.extend_from_slice(b",\"attempts\":");
    push_number(out, t.attempts);
    out.extend_from_slice(b",\"connections\":");
    push_number(out, t.connections);
    out.extend_from_slice(b",\"packets\":");
    push_number(out, packets);
}

/// When a family's lines begin and end, behind its counts.
#[inline(always)]
fn write_times(out: &mut Vec<u8>, t: &FamilyTally, dates: &mut Dates) {
    let (first, last) = (t.first(), t.last());
    if first.decimals | last.decimals == 0 {
        let mut text = *b",\"first\":\"yyyy-mm-ddThh:mm:ssZ\",\"last\":\"yyyy-mm-ddThh:mm:ssZ";
        if let Some(place) = text.get_mut(10..).and_then(|t| t.first_chunk_mut()) {
            *place = dates.whole(first.nanos);
        }
        if let Some(place) = text.last_chunk_mut() {
            *place = dates.whole(last.nanos);
        }
        out.extend_from_slice(&text);
    } else {
        out.extend_from_slice(b",\"first\":\"");
        dates.write(first, out);
        out.extend_from_slice(b"\",\"last\":\"");
        dates.write(last, out);
    }
    out.extend_from_slice(b"\",\"destination_ports\":[");
}

/// The same as a value.
#[must_use]
pub fn families_json(source: &Source, limits: ScanLimits) -> Value {
    let mut text = Vec::new();
    write_families(&mut text, source, limits, &mut Dates::default());
    serde_json::from_slice(&text).unwrap_or(Value::Null)
}
