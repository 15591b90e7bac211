//! Lists of several sources, for desks that take one table instead of many mails.
//!
//! Each source keeps its own folder and evidence; beside them lie `list-N.csv`
//! with its lines and `list-N.txt` to paste into a form, of no more sources
//! than the desk takes at once, and of those alone that are ready.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::addr::Addr;
use crate::fault::{Fault, Outcome};
use crate::judge::{Filing, Part, Verdict};
use crate::operator::profile::OnePer;
use crate::text::csv_cell;

use super::letter::text::{plain, second};
use super::letter::{Letter, doubt, reporter};

/// The columns of a list.
const COLUMNS: [&str; 3] = ["ip", "datetime", "log"];

/// The lists of one operator, by the channel's folder.
#[derive(Debug, Default)]
pub struct Lists(BTreeMap<String, Vec<List>>);

/// One list in the making.
#[derive(Debug, Default)]
struct List {
    sources: Vec<Addr>,
    head: String,
    rows: String,
    table: Vec<[String; 3]>,
    clock: String,
}

impl Lists {
    /// Takes a report up, where its operator wants lists and it is ready.
    pub fn take(
        &mut self,
        channel: &str,
        part: &Part<'_, '_>,
        filing: &Filing<'_>,
        letter: &Letter,
    ) {
        let Some(rules) = filing.operator else { return };
        let listed = matches!(rules.bundle.one_per, OnePer::List | OnePer::Isp);
        if !listed || filing.verdict != Verdict::Ready {
            return;
        }
        let most = rules.bundle.max_sources.map_or(usize::MAX, |n| n.max(1) as usize);
        // A list of an operator is of as many sources as there are, unless the file says a number itself.
        let most =
            if rules.stated.iter().any(|s| s == "bundle.max_sources") { most } else { usize::MAX };
        let lists = self.0.entry(channel.to_owned()).or_default();
        let full = lists
            .last()
            .is_none_or(|l| l.sources.len() >= most && l.sources.last() != Some(&part.case.addr));
        if full {
            lists.push(List {
                head: reporter(part, &letter.reference),
                clock: doubt::clock(part.context.clock),
                ..List::default()
            });
        }
        let Some(list) = lists.last_mut() else { return };
        if list.sources.last() != Some(&part.case.addr) {
            list.sources.push(part.case.addr);
        }
        for i in part.incidents {
            let t = &i.tally;
            let word = rules.words.get(&crate::config::ClassWord(t.class));
            let _ = writeln!(
                list.rows,
                "{} {}: {} events, {} to {}",
                part.case.addr,
                word.map_or_else(|| t.class.word().to_owned(), |w| plain(w)),
                t.events(),
                second(t.first),
                second(t.last)
            );
        }
        let lines = letter.body.lines().skip_while(|l| !l.starts_with("LOG EXTRACT (")).skip(1);
        for line in lines.take(letter.shown) {
            let (stamp, _) = line.split_once(' ').unwrap_or((line, ""));
            let stamp = if part.as_logged().is_none() { stamp } else { "" };
            list.table.push([part.case.addr.to_string(), stamp.to_owned(), line.to_owned()]);
        }
    }

    /// The files: relative path and content.
    ///
    /// # Errors
    ///
    /// What the writer of tables says; there is no reason for it to.
    pub fn files(&self) -> Outcome<Vec<(String, Vec<u8>)>> {
        let mut out = Vec::new();
        for (channel, lists) in &self.0 {
            for (n, list) in (1..).zip(lists) {
                let fault = |e: &dyn std::fmt::Display| Fault::file("list.csv".as_ref(), e);
                let mut csv = csv::Writer::from_writer(Vec::new());
                csv.write_record(COLUMNS).map_err(|e| fault(&e))?;
                for row in &list.table {
                    let safe = row.each_ref().map(|c| csv_cell(c.as_bytes()));
                    csv.write_record(&safe).map_err(|e| fault(&e))?;
                }
                let table = csv.into_inner().map_err(|e| fault(&e))?;
                out.push((format!("{channel}/list-{n}.csv"), table));
                let text = format!(
                    "{}\nSOURCES ({}, all times UTC)\n{}\n{}\nTime zone of all times in this report: +0000\n",
                    list.head,
                    list.sources.len(),
                    list.rows,
                    list.clock
                );
                out.push((format!("{channel}/list-{n}.txt"), text.into_bytes()));
            }
        }
        Ok(out)
    }
}
