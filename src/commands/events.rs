//! `plaint events`: one row per hostile line, in input order.

use crate::event::Event;
use crate::fault::{Fault, Outcome};
use crate::run::{Wanted, replay};
use crate::text::csv_cell;

use super::common::{Setup, print};
use super::intelmq;

/// In which form events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line, with ECS names.
    Jsonl,
    /// Comma-separated, safe for spreadsheets.
    Csv,
    /// One JSON object a line, with IntelMQ's names; hostile lines alone.
    Intelmq,
}

/// What to print of which lines.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The form.
    pub form: Form,
    /// Also benign, context and quarantined lines.
    pub all: bool,
    /// Each line as it was logged, too.
    pub original: bool,
}

const HEADINGS: &str = "timestamp,source_ip,source_port,destination_ip,destination_port,transport,reading,family,class,action,attempts,user,host,program,pid,file,line,offset\n";

/// Prints the events; whether any was hostile.
///
/// # Errors
///
/// What stops the run, or the output.
pub fn run(setup: &mut Setup, asked: Asked) -> Outcome<(bool, u8)> {
    setup.options.remember = true;
    let (logs, scan) = setup.run()?;
    let wanted = if asked.all { Wanted::Known } else { Wanted::Hostile };
    let write = |out: &mut Vec<u8>, event: &Event<'_>, line: &[u8]| {
        let event = Event { original: asked.original.then_some(line), ..*event };
        match asked.form {
            Form::Jsonl => event.write_json(out),
            Form::Csv => write_csv(out, &event),
            Form::Intelmq => intelmq::write(out, &event),
        }
    };
    if asked.form == Form::Csv {
        print(HEADINGS.as_bytes())?;
    }
    let mut failed: Option<Fault> = None;
    replay(&logs, &scan, &setup.options, wanted, &write, &mut |bytes| match print(&bytes) {
        Ok(open) => open,
        Err(e) => {
            failed = Some(e);
            false
        }
    })?;
    match failed {
        Some(e) => Err(e),
        None => {
            let late = setup.tell_changed(&logs, &scan);
            let code = setup.exit_code(&logs, &scan);
            Ok((!scan.sources.sorted().is_empty(), if late { 3 } else { code }))
        }
    }
}

fn write_csv(out: &mut Vec<u8>, e: &Event<'_>) {
    let act = e.act.as_ref();
    let facts = act.map(|a| a.kind.facts());
    let text = |v: Option<String>| v.unwrap_or_default();
    let cells = [
        text(e.moment.map(|m| m.at.to_string())),
        text(act.and_then(|a| a.source).map(|a| a.to_string())),
        text(act.and_then(|a| a.source_port).map(|p| p.to_string())),
        text(e.our_end.addr.map(|a| a.to_string())),
        text(e.our_end.port.map(|p| p.to_string())),
        text(act.and_then(|a| a.transport).map(|t| t.word().to_owned())),
        e.reading.word().to_owned(),
        text(e.family.map(|f| f.word().to_owned())),
        text(e.class.map(|c| c.word().to_owned())),
        text(facts.map(|f| f.action.to_owned())),
        text(act.map(|a| a.count.to_string())),
        csv_cell(act.and_then(|a| a.user).unwrap_or_default()),
        csv_cell(e.envelope.host),
        csv_cell(e.envelope.program),
        text(e.envelope.pid.map(|p| p.to_string())),
        csv_cell(e.path.as_os_str().as_encoded_bytes()),
        e.line.to_string(),
        e.offset.to_string(),
    ];
    let mut w = csv::Writer::from_writer(Vec::new());
    if w.write_record(&cells).is_ok()
        && let Ok(row) = w.into_inner()
    {
        out.extend_from_slice(&row);
    }
}
