//! `events.csv`: one row per hostile line, for desks and robots that take tables.

use crate::class::Reading;
use crate::config::Redaction;
use crate::fault::{Fault, Outcome};
use crate::judge::{EvidenceLine, Part};
use crate::text::csv_cell;

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

/// The table.
///
/// # Errors
///
/// What the writer of tables says; there is no reason for it to.
pub fn table(
    part: &Part<'_, '_>,
    lines: &[&EvidenceLine],
    redactor: &mut Redactor,
) -> Outcome<Vec<u8>> {
    let fault = |e: &dyn std::fmt::Display| Fault::file("events.csv".as_ref(), e);
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS).map_err(|e| fault(&e))?;
    for line in lines.iter().filter(|l| l.reading == Reading::Hostile) {
        let number = |n: Option<u16>| n.map(|n| n.to_string()).unwrap_or_default();
        let user = redactor.field(Redaction::User, line.user.as_deref().unwrap_or_default());
        let host = redactor.field(Redaction::Host, &line.host);
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
        out.write_record([
            line.moment.at.to_string(),
            part.case.addr.to_string(),
            number(line.source_port),
            line.destination.map(|a| redactor.destination(a)).unwrap_or_default(),
            number(line.destination_port),
            line.carried_by().map_or("", |t| t.word()).to_owned(),
            class.word().to_owned(),
            line.kind.facts().action.to_owned(),
            csv_cell(&user),
            csv_cell(&host),
            csv_cell(&line.program),
            csv_cell(line.path.as_os_str().as_encoded_bytes()),
            line.line.to_string(),
            line.offset.to_string(),
            assumed.to_owned(),
        ])
        .map_err(|e| fault(&e))?;
    }
    out.into_inner().map_err(|e| fault(&e))
}
