//! `events.csv`: one row per hostile line, for desks and robots that take tables.

use crate::class::Reading;
use crate::config::Redaction;
use crate::judge::{EvidenceLine, Part};
use crate::text::{csv_cell, push_cell, push_csv_cell, push_number};
use crate::time::Dates;

use super::letter::redact::Redactor;

/// The columns.
pub const COLUMNS: [&str; 15] = [
    "utc",
    "source_ip",
    "source_port",
    "destination_ip",
    "destination_port",
    "transport",
    "class",
    "action",
    "user",
    "host",
    "program",
    "file",
    "line",
    "offset",
    "assumed",
];

/// Appends the table.
pub fn table(
    out: &mut Vec<u8>,
    part: &Part<'_, '_>,
    lines: &[&EvidenceLine],
    redactor: &mut Redactor,
) {
    out.reserve(160 * (lines.len() + 1));
    out.extend_from_slice(COLUMNS.join(",").as_bytes());
    out.push(b'\n');
    let source = part.case.addr.to_string();
    let (mut path, mut shown) = (None, Vec::new());
    let (mut to, mut address) = (None, String::new());
    let mut dates = Dates::default();
    for line in lines.iter().filter(|l| l.reading == Reading::Hostile) {
        let class = line.class.unwrap_or_else(|| {
            // A packet's class is that of all packets together.
            let same = |i: &&crate::judge::Incident| i.tally.class.family() == line.family();
            part.incidents.iter().find(same).map_or(crate::class::Class::Probe, |i| i.tally.class)
        });
        let assumed = match (line.assumed_destination, line.assumed_port) {
            (true, true) => "destination.ip destination.port",
            (true, false) => "destination.ip",
            (false, true) => "destination.port",
            (false, false) => "",
        };
        if path != Some(&line.path) {
            path = Some(&line.path);
            shown.clear();
            let name = csv_cell(line.path.as_os_str().as_encoded_bytes());
            push_cell(&mut shown, name.as_bytes());
        }
        let port = |out: &mut Vec<u8>, port: Option<u16>| {
            out.push(b',');
            if let Some(port) = port {
                push_number(out, u64::from(port));
            }
        };
        let word = |out: &mut Vec<u8>, word: &str| {
            out.push(b',');
            out.extend_from_slice(word.as_bytes());
        };
        let cell = |out: &mut Vec<u8>, text: &[u8]| {
            out.push(b',');
            push_csv_cell(out, text);
        };
        let user = redactor.field(Redaction::User, line.user.as_deref().unwrap_or_default());
        let host = redactor.field(Redaction::Host, &line.host);
        dates.write(line.moment.at, out);
        word(out, &source);
        port(out, line.source_port);
        // Most lines of a source were aimed at one address.
        if to != line.destination {
            to = line.destination;
            address = to.map(|a| redactor.destination(a)).unwrap_or_default();
        }
        word(out, &address);
        port(out, line.destination_port);
        word(out, line.carried_by().map_or("", |t| t.word()));
        word(out, class.word());
        word(out, line.kind.facts().action);
        cell(out, &user);
        cell(out, &host);
        cell(out, &line.program);
        out.push(b',');
        out.extend_from_slice(&shown);
        out.push(b',');
        push_number(out, line.line);
        out.push(b',');
        push_number(out, line.offset);
        word(out, assumed);
        out.push(b'\n');
    }
}
