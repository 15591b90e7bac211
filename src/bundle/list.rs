//! What several sources share, for desks that take one mail or one table instead of many.
//!
//! Each source keeps its own folder and evidence. Beside them lie, for a desk
//! that takes lists, `list-N.csv` with the lines and `list-N.txt` to paste into
//! a form; for one that takes one mail an operator, `mail-N.eml` and its text.
//! Each is of no more sources than the desk takes at once, of one kind where
//! its form has kinds, and of those alone that are ready.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::addr::Addr;
use crate::fault::{Fault, Outcome};
use crate::hash::sha256;
use crate::judge::{Context, Filing, Part, Verdict};
use crate::operator::Channel;
use crate::operator::profile::{Kind, OnePer};
use crate::text::csv_cell;
use crate::time::Instant;

use super::letter::text::{counted, plain, second};
use super::letter::{Letter, doubt, offset, reporter};
use super::mail::with_headers;

/// The columns of a list.
const COLUMNS: [&str; 3] = ["ip", "datetime", "log"];

/// The lists and mails of one operator, by the channel's folder.
#[derive(Debug, Default)]
pub struct Lists<'a>(BTreeMap<String, Vec<List<'a>>>);

/// One of them in the making.
#[derive(Debug)]
struct List<'a> {
    /// A mail, where it is no table.
    mail: Option<&'a Channel>,
    /// The kind of a form.
    kind: Option<String>,
    /// The offset that its times are in, where lines stand as logged.
    offset: Option<i32>,
    number: usize,
    sources: Vec<Addr>,
    references: String,
    first: Option<Instant>,
    rows: String,
    table: Vec<[String; 3]>,
    letters: String,
}

impl<'a> Lists<'a> {
    /// Whether a report is sent with others, and is one that can be.
    #[must_use]
    pub fn want(filing: &Filing<'_>) -> bool {
        let per = filing.operator.map(|o| o.bundle.one_per);
        let listed = matches!(per, Some(OnePer::List | OnePer::Isp));
        listed && filing.channel.is_some() && filing.verdict == Verdict::Ready
    }

    /// Takes a report up, where its operator wants it so and it is ready; the
    /// file that it is then sent in.
    pub fn take(
        &mut self,
        folder: &str,
        part: &Part<'_, 'a>,
        filing: &Filing<'a>,
        letter: &Letter,
    ) -> Option<String> {
        let (rules, channel) = (filing.operator?, filing.channel?);
        if !Self::want(filing) {
            return None;
        }
        let mail =
            (rules.bundle.one_per == OnePer::Isp && channel.kind == Kind::Email).then_some(channel);
        let class = part.incidents.first().map(|i| i.tally.class)?;
        let kind = rules.kind_at(channel, class).map(str::to_owned);
        // Without a number of its own file it is of as many sources as there are.
        let stated = rules.stated.iter().any(|s| s == "bundle.max_sources");
        let most =
            rules.bundle.max_sources.filter(|_| stated).map_or(usize::MAX, |n| n.max(1) as usize);
        let addr = part.case.addr;
        let offset = letter.as_logged;
        let lists = self.0.entry(folder.to_owned()).or_default();
        let room = |l: &&mut List<'_>| {
            // Times of two offsets in one mail would be read as one.
            l.kind == kind
                && (mail.is_none() || l.offset == offset)
                && (l.sources.len() < most || l.sources.last() == Some(&addr))
        };
        let number = lists.len() + 1;
        if lists.iter_mut().rev().find(room).is_none() {
            lists.push(List {
                mail,
                kind: kind.clone(),
                offset,
                number,
                sources: Vec::new(),
                references: String::new(),
                first: None,
                rows: String::new(),
                table: Vec::new(),
                letters: String::new(),
            });
        }
        let list = lists.iter_mut().rev().find(room)?;
        list.add(part, letter);
        let end = if mail.is_some() { "mail-N.eml" } else { "list-N.txt" };
        Some(format!("{folder}/{}", end.replace('N', &list.number.to_string())))
    }

    /// The files: relative path and content.
    ///
    /// # Errors
    ///
    /// What the writers of tables and mails say; there is no reason for them to.
    pub fn files(&self, context: &Context<'_>) -> Outcome<Vec<(String, Vec<u8>)>> {
        let mut out = Vec::new();
        for (folder, lists) in &self.0 {
            for list in lists {
                let n = list.number;
                let text = list.text(context);
                match list.mail {
                    Some(channel) => {
                        let mail = list.mail(context, channel, &text)?;
                        out.push((format!("{folder}/mail-{n}.eml"), mail.into_bytes()));
                        out.push((format!("{folder}/mail-{n}.txt"), text.into_bytes()));
                    }
                    None => {
                        out.push((format!("{folder}/list-{n}.csv"), list.csv()?));
                        out.push((format!("{folder}/list-{n}.txt"), text.into_bytes()));
                    }
                }
            }
        }
        Ok(out)
    }
}

impl List<'_> {
    fn add(&mut self, part: &Part<'_, '_>, letter: &Letter) {
        let addr = part.case.addr;
        if self.sources.last() != Some(&addr) {
            self.sources.push(addr);
        }
        self.references.push_str(&letter.reference);
        if let Some((first, _)) = part.span() {
            self.first = Some(self.first.map_or(first, |known| known.min(first)));
        }
        for i in part.incidents {
            let t = &i.tally;
            let word = part.rules.and_then(|r| r.words.get(&crate::config::ClassWord(t.class)));
            let _ = writeln!(
                self.rows,
                "{addr} {}: {} events, {} to {}",
                word.map_or_else(|| t.class.word().to_owned(), |w| plain(w)),
                t.events(),
                second(t.first),
                second(t.last)
            );
        }
        if self.mail.is_some() {
            let _ = write!(self.letters, "\n==== {addr} ====\n\n{}", letter.own);
            return;
        }
        let lines = letter.body.lines().skip_while(|l| !l.starts_with("LOG EXTRACT (")).skip(1);
        for line in lines.take(letter.extract.shown) {
            let (stamp, _) = line.split_once(' ').unwrap_or((line, ""));
            let stamp = if letter.as_logged.is_none() { stamp } else { "" };
            self.table.push([addr.to_string(), stamp.to_owned(), line.to_owned()]);
        }
    }

    /// `PLAINT 7f3a9c`, of all that are in it.
    fn reference(&self) -> String {
        let hex = sha256(self.references.as_bytes());
        let six = (0..58)
            .filter_map(|i| hex.get(i..i + 6))
            .find(|h| h.starts_with(|c: char| c.is_ascii_alphabetic() && c != 'e'));
        format!("PLAINT {}", six.unwrap_or("abcdef"))
    }

    fn text(&self, context: &Context<'_>) -> String {
        let clock = doubt::clock(context.clock);
        let zone = offset(self.offset.filter(|_| self.mail.is_some()).unwrap_or(0));
        format!(
            "{}\nSOURCES ({}, all times UTC)\n{}{}\n{clock}\nTime zone of all times in this report: {zone}\n",
            reporter(context, &self.reference(), None),
            self.sources.len(),
            self.rows,
            self.letters
        )
    }

    fn mail(&self, context: &Context<'_>, channel: &Channel, text: &str) -> Outcome<String> {
        let reference = self.reference();
        let sources = counted(self.sources.len(), "source");
        let first = self.first.map(|at| at.minute()).unwrap_or_default();
        let subject = format!("Abuse report: {sources}, from {first} UTC [{reference}]");
        let hex = reference.rsplit(' ').next().unwrap_or_default();
        let id = format!("{hex}.{}.{}", self.number, self.sources.len());
        with_headers(context, Some(channel), &subject, &id, text)
    }

    fn csv(&self) -> Outcome<Vec<u8>> {
        let fault = |e: &dyn std::fmt::Display| Fault::file("list.csv".as_ref(), e);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(COLUMNS).map_err(|e| fault(&e))?;
        for row in &self.table {
            let safe = row.each_ref().map(|c| csv_cell(c.as_bytes()));
            csv.write_record(&safe).map_err(|e| fault(&e))?;
        }
        csv.into_inner().map_err(|e| fault(&e))
    }
}
