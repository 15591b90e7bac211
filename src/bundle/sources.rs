//! What the logs tell of one source, as JSON: the same in `sources` and in a bundle.

use serde_json::Value;

use crate::class::Family;
use crate::limits::PORTS_LISTED;
use crate::source::{FamilyTally, ScanLimits, Source};
use crate::text::push_number;
use crate::time::Dates;

/// Appends what each family's logs tell of a source, in the schema of `sources`.
#[inline]
pub fn write_families(out: &mut Vec<u8>, source: &Source, limits: ScanLimits, dates: &mut Dates) {
    let mut between = b'{';
    for (family, t) in source.families() {
        out.push(between);
        between = b',';
        if !write_plainly(out, family, t, dates) {
            out.push(b'"');
            out.extend_from_slice(family.word().as_bytes());
            write_counts(out, t);
            write_times(out, t, dates);
        }
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
        let mut classes = source.family_classes(family, limits);
        if let Some(first) = classes.next() {
            out.push(b'"');
            out.extend_from_slice(first.word().as_bytes());
            for class in classes {
                out.extend_from_slice(b"\",\"");
                out.extend_from_slice(class.word().as_bytes());
            }
            out.extend_from_slice(b"\"]}");
        } else {
            out.extend_from_slice(b"]}");
        }
    }
    if between == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
}

/// A family's name, counts and times in one piece, as most are: sshd's with no count above nine and whole seconds.
/// There may be a million rows. Whether it was one.
#[inline(always)]
fn write_plainly(out: &mut Vec<u8>, family: Family, t: &FamilyTally, dates: &mut Dates) -> bool {
    let (first, last) = (t.first(), t.last());
    if family != Family::Sshd
        || t.lines.max(t.attempts).max(t.connections) > 9
        || first.decimals | last.decimals != 0
    {
        return false;
    }
    let mut text = *b"\"sshd\":{\"lines\":0,\"attempts\":0,\"connections\":0,\"packets\":0,\
\"first\":\"yyyy-mm-ddThh:mm:ssZ\",\"last\":\"yyyy-mm-ddThh:mm:ssZ\",\"destination_ports\":[";
    text[16] += t.lines as u8;
    text[29] += t.attempts as u8;
    text[45] += t.connections as u8;
    let places = [(68, first), (98, last)];
    for (at, when) in places {
        if let Some(place) = text.get_mut(at..).and_then(|text| text.first_chunk_mut()) {
            *place = dates.whole(when.nanos);
        }
    }
    out.extend_from_slice(&text);
    true
}

/// The counts of a family, behind its name.
fn write_counts(out: &mut Vec<u8>, t: &FamilyTally) {
    let packets = t.packets();
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
fn write_times(out: &mut Vec<u8>, t: &FamilyTally, dates: &mut Dates) {
    out.extend_from_slice(b",\"first\":\"");
    dates.write(t.first(), out);
    out.extend_from_slice(b"\",\"last\":\"");
    dates.write(t.last(), out);
    out.extend_from_slice(b"\",\"destination_ports\":[");
}

/// The same as a value.
#[must_use]
pub fn families_json(source: &Source, limits: ScanLimits) -> Value {
    let mut text = Vec::new();
    write_families(&mut text, source, limits, &mut Dates::default());
    serde_json::from_slice(&text).unwrap_or(Value::Null)
}
