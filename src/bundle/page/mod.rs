//! `index.html`: the folder as a person wants to see it. One file, no script, nothing from elsewhere.
//!
//! The policy in its head allows the one style sheet by its hash and nothing
//! else. Long lists are cut and say so; `summary.json` has all.

pub mod html;
pub mod chart;
pub mod tally;
pub mod lists;

use std::fmt::Write as _;

use crate::addr::Addr;
use crate::class::{Class, Reading};
use crate::event::base64;
use crate::judge::Verdict;
use crate::limits::PAGE_ROWS;
use crate::source::timeline::bucket;
use crate::time::Instant;

use super::manifest::InputRecord;
use super::words::title;
use html::{counted, link, number, text};

pub use tally::Tally;

const STYLE: &str = include_str!("page.css");

/// What the page tells of the run as a whole.
#[derive(Debug)]
pub struct Account<'a> {
    /// The inputs.
    pub inputs: &'a [InputRecord],
    /// From the first line to the last.
    pub span: Option<(Instant, Instant)>,
    /// Hostile sources.
    pub sources: u64,
    /// Reports by verdict, and sources held.
    pub verdicts: [u64; 4],
    /// Sources that may have got in.
    pub logged_in: &'a [Addr],
}

/// The page.
#[must_use]
pub fn page(tally: &Tally, account: &Account<'_>) -> String {
    let bars = tally.bars();
    let over_time = chart::over_time(&bars, tally.width);
    let style = format!("{STYLE}{}{}", class_rules(), over_time.style);
    let allowed = base64(&crate::hash::raw(style.as_bytes()));
    let mut out = String::with_capacity(64 * 1024);
    let when = account.span.map_or_else(String::new, |(a, b)| {
        let (a, b) = (a.date(), b.date());
        if a == b { a } else { format!("{a} to {b}") }
    });
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Abuse reports, {when}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    );
    header(&mut out, account, &when);
    out.push_str("<main>\n");
    alarm(&mut out, tally, account);
    tiles(&mut out, account);
    next(&mut out, tally, account);
    if !over_time.html.is_empty() {
        let _ = write!(
            out,
            "<section id=\"time\"><h2>What happened</h2>\n<p class=\"sub\">Hostile events in each {}, all times UTC; \
             those of a connection stand where it began</p>\n{}\n",
            chart::width_word(tally.width),
            over_time.html
        );
        legend(&mut out, tally);
        out.push_str("</section>\n");
    }
    out.push_str("<div class=\"two\">\n");
    lists::top(&mut out, tally, account.sources);
    out.push_str("<div>\n");
    lists::owners(&mut out, tally);
    lists::ports(&mut out, tally);
    out.push_str("</div>\n</div>\n");
    let first = bars.first_key_value().map_or(0, |(k, _)| k.0);
    let last = bars.last_key_value().map_or(0, |(k, _)| k.0);
    let axis = lists::Axis {
        first: bucket(first, tally.width),
        count: (last - first) / tally.width + 1,
        width: tally.width,
    };
    let reports: u64 = account.verdicts.iter().take(3).sum();
    lists::reports(&mut out, tally, &axis, reports);
    lists::lacking(&mut out, tally);
    lists::held(&mut out, tally, account.verdicts.last().copied().unwrap_or(0));
    lists::inputs(&mut out, account.inputs);
    out.push_str("</main>\n");
    let _ = write!(
        out,
        "<footer><p>Written by plaint {}. The numbers are those of <a href=\"{}\">summary.json</a>, which lists \
         everything; lists here end after {PAGE_ROWS} rows. Each operator&#39;s folder has its <code>manifest.json</code> \
         and <code>SHA256SUMS</code>.</p></footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        link("summary.json")
    );
    out
}

/// A colour for each class: as a fill, and as a background.
fn class_rules() -> String {
    let mut out = String::new();
    for class in Class::ALL {
        let own = !matches!(class, Class::Flood | Class::Blocklisted | Class::OpenRelay);
        let name = if own { class.word() } else { "other" };
        let _ =
            write!(out, ".f-{class}{{fill:var(--{name})}}.b-{class}{{background:var(--{name})}}");
    }
    for verdict in Verdict::ALL {
        let _ = write!(out, ".f-{0}{{fill:var(--{0})}}", verdict.word());
    }
    for (reading, colour) in Reading::ALL.iter().zip([
        "port-scan",
        "mail-login",
        "ssh-probe",
        "harvest",
        "probe",
        "alarm",
    ]) {
        let word = reading.word();
        let _ =
            write!(out, ".f-{word}{{fill:var(--{colour})}}.b-{word}{{background:var(--{colour})}}");
    }
    out
}

fn header(out: &mut String, account: &Account<'_>, when: &str) {
    let lines: u64 = account.inputs.iter().flat_map(|i| i.readings).sum();
    let _ = write!(
        out,
        "<header><div class=\"brand\"><b>plaint</b> abuse reports</div>\n<h1>{} from {}</h1>\n\
         <p class=\"sub\">{} of {} read",
        counted(account.verdicts.iter().take(3).sum(), "report"),
        counted(account.sources, "hostile source"),
        counted(lines, "line"),
        counted(account.inputs.len() as u64, "log"),
    );
    if !when.is_empty() {
        let _ = write!(out, ", {when} (UTC)");
    }
    out.push_str("</p></header>\n");
}

fn alarm(out: &mut String, tally: &Tally, account: &Account<'_>) {
    if account.logged_in.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<section class=\"alarm\"><h2>{} logged in after many failed tries</h2>\n\
         <p>Somebody may be inside. Look at the host before anything is filed: ",
        counted(account.logged_in.len() as u64, "source")
    );
    for (i, addr) in account.logged_in.iter().take(PAGE_ROWS).enumerate() {
        let _ =
            write!(out, "{}{}", if i > 0 { ", " } else { "" }, lists::source_link(tally, *addr));
    }
    if account.logged_in.len() > PAGE_ROWS {
        let _ = write!(out, " and {} more", account.logged_in.len() - PAGE_ROWS);
    }
    out.push_str("</p></section>\n");
}

fn tiles(out: &mut String, account: &Account<'_>) {
    let _ = write!(
        out,
        "<nav class=\"tiles\" aria-label=\"Results\"><a class=\"tile\" href=\"#sources\"><b>{}</b><span>hostile sources</span></a>",
        number(account.sources)
    );
    for (verdict, n) in Verdict::ALL.iter().zip(account.verdicts) {
        let (word, says, to) = match verdict {
            Verdict::Ready => ("ready", "reports ready to file", "#reports"),
            Verdict::Draft => ("draft", "drafts that lack something", "#lacking"),
            Verdict::Unattributed => ("unattributed", "reports without an addressee", "#reports"),
            Verdict::Held => ("held", "sources held back", "#held"),
        };
        let _ = write!(
            out,
            "<a class=\"tile t-{word}\" href=\"{to}\"><b>{}</b><span>{says}</span></a>",
            number(n)
        );
    }
    out.push_str("</nav>\n");
}

/// The one thing to do now.
fn next(out: &mut String, tally: &Tally, account: &Account<'_>) {
    let Some(first) = tally.filed.first() else {
        let says = if account.sources == 0 {
            "No hostile source was found."
        } else {
            "Nothing is to be filed: each source is held back for a reason below."
        };
        let _ = writeln!(
            out,
            "<section class=\"next\"><h2>Nothing to file</h2><p>{says}</p></section>"
        );
        return;
    };
    let report = link(&format!("{}/report.txt", first.row.path));
    let folder = text(&first.row.path);
    if first.row.verdict == Verdict::Ready {
        let _ = writeln!(
            out,
            "<section class=\"next\"><h2>Next</h2><p>Read <a href=\"{report}\">{folder}/report.txt</a>, then send \
             <a href=\"{}\">report.eml</a> or paste the text into a mail to <b>{}</b>. \
             The lines it rests on are in <a href=\"{}\">evidence.log</a>.</p></section>",
            link(&format!("{}/report.eml", first.row.path)),
            text(&first.row.to),
            link(&format!("{}/evidence.log", first.row.path)),
        );
    } else {
        let todo = link(&format!("{}/TODO.txt", first.row.path));
        let _ = writeln!(
            out,
            "<section class=\"next\"><h2>Next</h2><p>No report is ready. <a href=\"{todo}\">{folder}/TODO.txt</a> says what \
             the one with the most events lacks, and how to add it; its text so far is \
             <a href=\"{report}\">report.txt</a>.</p></section>"
        );
    }
}

fn legend(out: &mut String, tally: &Tally) {
    out.push_str("<ul class=\"legend\">");
    for (class, (events, sources)) in &tally.classes {
        let _ = write!(
            out,
            "<li title=\"{}\"><span class=\"dot b-{class}\"></span>{class} <em>{}, {}</em></li>",
            title(*class),
            counted(*events, lists::unit(*class)),
            counted(*sources, "source")
        );
    }
    out.push_str("</ul>\n");
}
