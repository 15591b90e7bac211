//! [`Tally`]: what the page tells, gathered while reports are written, one source at a time.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::addr::Addr;
use crate::bundle::row::BundleRow;
use crate::class::Class;
use crate::judge::{Case, Effect, Filing, Judgement, Verdict};
use crate::limits::{PAGE_ROWS, TIMELINE_BUCKETS};
use crate::source::Timeline;
use crate::source::timeline::{WIDTHS, bucket};
use crate::time::Instant;

/// A source in the list of the most active.
#[derive(Clone, Debug)]
pub struct Top {
    /// Its address.
    pub addr: Addr,
    /// Its events over all classes.
    pub events: u64,
    /// The same by class.
    pub classes: Vec<(Class, u64)>,
    /// The operator's id.
    pub operator: Option<String>,
    /// The best that any report of it came to.
    pub verdict: Verdict,
}

/// A report in the list of reports.
#[derive(Clone, Debug)]
pub struct Filed {
    /// What `summary.json` says of it.
    pub row: BundleRow,
    /// Its classes with their events.
    pub classes: Vec<(Class, u64)>,
    /// First and last event.
    pub span: Option<(Instant, Instant)>,
    /// Whether it has a `TODO.txt`.
    pub todo: bool,
    /// What it lacks or is weak for, as id and sentence.
    pub lacks: Vec<(&'static str, String)>,
    /// By bucket of the page's chart.
    pub when: Vec<(i64, u64)>,
}

/// What an operator is filed with.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    /// Its name.
    pub name: String,
    /// Reports by verdict, in the order of [`Verdict::ALL`].
    pub reports: [u64; 4],
    /// Sources in them.
    pub sources: u64,
    /// Events in them.
    pub events: u64,
    last: Option<Addr>,
}

/// Why sources are held, or drafts not ready: one finding.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// How many.
    pub n: u64,
    /// The sentence of the first.
    pub text: String,
    /// What to do about it.
    pub remedy: Option<Cow<'static, str>>,
    /// Some of the sources.
    pub sources: Vec<Addr>,
}

/// All that the page tells of sources and reports.
#[derive(Debug)]
pub struct Tally {
    /// The width of a bar, in seconds.
    pub width: i64,
    /// Events by bar and class.
    pub chart: BTreeMap<(i64, Class), u64>,
    /// Events and sources by class.
    pub classes: BTreeMap<Class, (u64, u64)>,
    /// The most active sources.
    pub top: Vec<Top>,
    /// The reports with the most events.
    pub filed: Vec<Filed>,
    /// By operator; the empty id is nobody.
    pub owners: BTreeMap<String, Owner>,
    /// Why sources are held.
    pub held: BTreeMap<&'static str, Why>,
    /// What drafts lack.
    pub lacking: BTreeMap<&'static str, Why>,
    ports: Vec<u32>,
    /// Of the most active sources, and of the reports with the most events.
    worst: (Option<Key>, Option<Key>),
}

/// Sources named with each reason.
const NAMED: usize = 12;

impl Tally {
    /// Nothing yet, of logs with this span.
    #[must_use]
    pub fn new(span: Option<(Instant, Instant)>) -> Self {
        let bars = |width: i64| {
            let (first, last) = span.map_or((0, 0), |(a, b)| (a.seconds(), b.seconds()));
            (bucket(last, width) - bucket(first, width)) / width + 1
        };
        let most = i64::try_from(TIMELINE_BUCKETS).unwrap_or(i64::MAX);
        let last = WIDTHS.last().copied().unwrap_or(1);
        Self {
            width: WIDTHS.into_iter().find(|w| bars(*w) <= most).unwrap_or(last),
            chart: BTreeMap::new(),
            classes: BTreeMap::new(),
            top: Vec::new(),
            filed: Vec::new(),
            worst: (None, None),
            owners: BTreeMap::new(),
            held: BTreeMap::new(),
            lacking: BTreeMap::new(),
            ports: vec![0; 1 << 16],
        }
    }

    /// Takes a source that was judged.
    pub fn source(&mut self, case: &Case<'_>, judgement: &Judgement<'_>) {
        let classes: Vec<(Class, u64)> =
            case.incidents.iter().map(|i| (i.class, i.events())).collect();
        for (class, events) in &classes {
            let sum = self.classes.entry(*class).or_default();
            sum.0 += events;
            sum.1 += 1;
        }
        if let Some(timeline) = case.source.timeline() {
            self.width = self.width.max(timeline.width());
            for (at, class, n) in timeline.slots() {
                let bar = (bucket(at, self.width), packets_of(class, case));
                *self.chart.entry(bar).or_default() += n;
            }
        }
        let mut ports: Vec<u16> = Vec::new();
        for (_, t) in case.source.families() {
            ports.extend(t.ports());
        }
        ports.sort_unstable();
        ports.dedup();
        for port in ports {
            if let Some(n) = self.ports.get_mut(usize::from(port)) {
                *n += 1;
            }
        }
        let events = classes.iter().map(|c| c.1).sum();
        keep(&mut self.top, &mut self.worst.0, top_key, (Reverse(events), case.addr), || Top {
            addr: case.addr,
            events,
            classes,
            operator: case.attribution.as_ref().and_then(|a| a.operator).map(|o| o.id.clone()),
            verdict: judgement.verdict(),
        });
        if judgement.filings.is_empty() {
            let mut told: Vec<&str> = Vec::new();
            for f in judgement.findings.iter().filter(|f| f.effect == Effect::Hold) {
                // Two classes may be held for the same.
                if !told.contains(&f.id) {
                    told.push(f.id);
                    why(&mut self.held, f, case.addr);
                }
            }
        }
    }

    /// Takes a report that was written.
    pub fn report(&mut self, case: &Case<'_>, filing: &Filing<'_>, row: &BundleRow) {
        let id = row.operator.as_deref().unwrap_or_default();
        let owner = match self.owners.get_mut(id) {
            Some(owner) => owner,
            None => self.owners.entry(id.to_owned()).or_default(),
        };
        if let Some(profile) = filing.operator
            && owner.name != profile.name
        {
            owner.name.clone_from(&profile.name);
        }
        if let Some(n) = owner.reports.get_mut(filing.verdict as usize) {
            *n += 1;
        }
        owner.events += row.events;
        if owner.last.replace(case.addr) != Some(case.addr) {
            owner.sources += 1;
        }
        let mut lacks: Vec<&crate::judge::Finding> = Vec::new();
        for f in &filing.findings {
            if matches!(f.effect, Effect::Draft | Effect::Unattributed)
                && lacks.iter().all(|known| known.id != f.id)
            {
                lacks.push(f);
                why(&mut self.lacking, f, case.addr);
            }
        }
        let at = (Reverse(row.events), row.source);
        keep(&mut self.filed, &mut self.worst.1, filed_key, at, || {
            let classes: Vec<(Class, u64)> =
                filing.incidents.iter().map(|i| (i.tally.class, i.tally.events())).collect();
            let mut when: BTreeMap<i64, u64> = BTreeMap::new();
            for (at, class, n) in case.source.timeline().into_iter().flat_map(Timeline::slots) {
                if classes.iter().any(|c| c.0 == packets_of(class, case)) {
                    *when.entry(at).or_default() += n;
                }
            }
            let first = filing.incidents.iter().map(|i| i.tally.first).min();
            let last = filing.incidents.iter().map(|i| i.tally.last).max();
            Filed {
                row: row.clone(),
                classes,
                span: first.zip(last),
                todo: !lacks.is_empty(),
                lacks: lacks.iter().map(|f| (f.id, f.text.clone())).collect(),
                when: when.into_iter().collect(),
            }
        });
    }

    /// The bars: each bucket from the first with an event to the last.
    #[must_use]
    pub fn bars(&self) -> BTreeMap<(i64, Class), u64> {
        let mut out = BTreeMap::new();
        for ((at, class), n) in &self.chart {
            *out.entry((bucket(*at, self.width), *class)).or_default() += n;
        }
        out
    }

    /// The ports that most sources tried, with how many; then how many ports there are in all.
    #[must_use]
    pub fn ports(&self, most: usize) -> (Vec<(u16, u32)>, usize) {
        let mut all: Vec<(u16, u32)> =
            (0u16..=u16::MAX).zip(self.ports.iter().copied()).filter(|p| p.1 > 0).collect();
        let total = all.len();
        all.sort_by_key(|(port, n)| (std::cmp::Reverse(*n), *port));
        all.truncate(most);
        (all, total)
    }

    /// Orders what was kept; called once, when all is taken.
    pub fn finish(&mut self) {
        cut(&mut self.top, top_key);
        cut(&mut self.filed, filed_key);
        let key = |f: &Filed| (f.row.verdict, Reverse(f.row.events), f.row.source);
        self.filed.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.row.path.cmp(&b.row.path)));
    }
}

/// A timeline knows no scans: its packets are of the class that all packets of the source come to.
fn packets_of(class: Class, case: &Case<'_>) -> Class {
    let of_packets = |c: &Class| matches!(c, Class::PortScan | Class::HostSweep | Class::Probe);
    if class != Class::Probe {
        return class;
    }
    case.incidents.iter().map(|i| i.class).find(of_packets).unwrap_or(class)
}

fn why(map: &mut BTreeMap<&'static str, Why>, f: &crate::judge::Finding, addr: Addr) {
    let why = map.entry(f.id).or_default();
    why.n += 1;
    if why.text.is_empty() {
        why.text.clone_from(&f.text);
        why.remedy.clone_from(&f.remedy);
    }
    if why.sources.len() < NAMED && !why.sources.contains(&addr) {
        why.sources.push(addr);
    }
}

/// What comes first: the most events, and of equals the least address.
type Key = (Reverse<u64>, Addr);

fn top_key(t: &Top) -> Key {
    (Reverse(t.events), t.addr)
}

fn filed_key(f: &Filed) -> Key {
    (Reverse(f.row.events), f.row.source)
}

/// Keeps the rows with the most events, of any number that come. `worst` is the key that rows enough
/// are not behind: what is behind it need not be made.
fn keep<T>(
    rows: &mut Vec<T>,
    worst: &mut Option<Key>,
    key: impl Fn(&T) -> Key,
    at: Key,
    row: impl FnOnce() -> T,
) {
    if worst.is_some_and(|worst| at > worst) {
        return;
    }
    rows.push(row());
    if rows.len() >= 4 * PAGE_ROWS {
        cut(rows, &key);
        *worst = rows.last().map(key);
    }
}

fn cut<T>(rows: &mut Vec<T>, key: impl Fn(&T) -> Key) {
    rows.sort_by_key(key);
    rows.truncate(PAGE_ROWS);
}
