//! The page's lists: sources, operators, ports, reports, reasons, inputs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::addr::Addr;
use crate::bundle::manifest::InputRecord;
use crate::class::{Class, Counted, Reading};
use crate::judge::Verdict;
use crate::text::shown;

use super::chart::{day_month, spark, stack};
use super::html::{counted, link, number, text};
use super::tally::{Filed, Owner, Tally, Why};

/// Rows of the short lists: what one looks over at a glance.
const FEW: usize = 12;

/// Where the small charts begin, and how many buckets of which width they have.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// Beginning.
    pub first: i64,
    /// Buckets.
    pub count: i64,
    /// Seconds of one.
    pub width: i64,
}

/// What a class counts.
#[must_use]
pub const fn unit(class: Class) -> &'static str {
    match class.counts() {
        Counted::Attempts => "attempt",
        Counted::Connections => "connection",
        Counted::Packets => "packet",
    }
}

fn pill(verdict: Verdict) -> String {
    format!("<span class=\"pill p-{0}\">{0}</span>", verdict.word())
}

/// A source, with a link to its report where the page knows one.
#[must_use]
pub fn source_link(tally: &Tally, addr: Addr) -> String {
    match tally.filed.iter().find(|f| f.row.source == addr) {
        Some(f) => format!(
            "<a class=\"ip\" href=\"{}\">{addr}</a>",
            link(&format!("{}/report.txt", f.row.path))
        ),
        None => format!("<span class=\"ip\">{addr}</span>"),
    }
}

fn owner_name(tally: &Tally, id: Option<&str>) -> String {
    match id {
        Some(id) => text(
            tally.owners.get(id).map(|o| o.name.as_str()).filter(|n| !n.is_empty()).unwrap_or(id),
        ),
        None => "<span class=\"small\">nobody known</span>".to_owned(),
    }
}

/// The most active sources.
pub fn top(out: &mut String, tally: &Tally, all: u64) {
    let shown = tally.top.len().min(FEW);
    out.push_str("<section id=\"sources\"><h2>Most active sources</h2>\n");
    if shown == 0 {
        out.push_str("<p class=\"sub\">none</p></section>\n");
        return;
    }
    let _ = write!(
        out,
        "<p class=\"sub\">{} of {}, by number of events</p>\n<div class=\"bars\">",
        number(shown as u64),
        number(all)
    );
    let most = tally.top.iter().map(|t| t.events).max().unwrap_or(1);
    for t in tally.top.iter().take(FEW) {
        let parts: Vec<(String, u64)> =
            t.classes.iter().map(|(c, n)| (c.word().to_owned(), *n)).collect();
        let words: Vec<&str> = t.classes.iter().map(|c| c.0.word()).collect();
        let _ = write!(
            out,
            "<div>{}<br><span class=\"small\">{}</span></div><div title=\"{}\">{}<span class=\"small\">{} · {}</span></div><div class=\"n\">{}</div>",
            source_link(tally, t.addr),
            owner_name(tally, t.operator.as_deref()),
            words.join(", "),
            stack(&parts, most),
            words.join(", "),
            t.verdict.word(),
            number(t.events)
        );
    }
    out.push_str("</div></section>\n");
}

/// Operators with what there is for them.
pub fn owners(out: &mut String, tally: &Tally) {
    out.push_str("<section id=\"operators\"><h2>Who answers for them</h2>\n");
    if tally.owners.is_empty() {
        out.push_str("<p class=\"sub\">no report</p></section>\n");
        return;
    }
    let mut rows: Vec<(&String, &Owner)> = tally.owners.iter().collect();
    let reports = |o: &Owner| o.reports.iter().sum::<u64>();
    rows.sort_by_key(|(id, o)| (id.is_empty(), std::cmp::Reverse(reports(o)), *id));
    let most = rows.iter().map(|(_, o)| reports(o)).max().unwrap_or(1);
    out.push_str("<p class=\"sub\">reports by operator</p>\n<div class=\"bars\">");
    for (id, o) in rows.iter().take(FEW) {
        let parts: Vec<(String, u64)> =
            Verdict::ALL.iter().zip(o.reports).map(|(v, n)| (v.word().to_owned(), n)).collect();
        let said: Vec<String> =
            parts.iter().filter(|p| p.1 > 0).map(|(w, n)| format!("{} {w}", number(*n))).collect();
        let (name, folder) = if id.is_empty() {
            ("nobody known".to_owned(), "unattributed")
        } else {
            (owner_name(tally, Some(id)), id.as_str())
        };
        let _ = write!(
            out,
            "<div class=\"wrap\"><a href=\"{}\">{name}</a></div><div>{}<span class=\"small\">{}, {}</span></div><div class=\"n\">{}</div>",
            link(&format!("{folder}/manifest.json")),
            stack(&parts, most),
            said.join(", "),
            counted(o.sources, "source"),
            number(reports(o))
        );
    }
    out.push_str("</div>");
    if rows.len() > FEW {
        let _ = write!(
            out,
            "<p class=\"small\">and {} more</p>",
            counted((rows.len() - FEW) as u64, "operator")
        );
    }
    out.push_str("</section>\n");
}

/// The ports that most sources tried.
pub fn ports(out: &mut String, tally: &Tally) {
    let (rows, all) = tally.ports(FEW);
    let Some(most) = rows.first().map(|r| u64::from(r.1)) else { return };
    let _ = write!(
        out,
        "<section id=\"ports\"><h2>Ports they came to</h2>\n<p class=\"sub\">{} of {}, by number of sources</p>\n<div class=\"bars\">",
        number(rows.len() as u64),
        number(all as u64)
    );
    for (port, n) in rows {
        let _ = write!(
            out,
            "<div><span class=\"ip\">{port}</span> <span class=\"small\">{}</span></div><div>{}</div><div class=\"n\">{}</div>",
            service(port),
            stack(&[("ssh-probe".to_owned(), u64::from(n))], most),
            number(u64::from(n))
        );
    }
    out.push_str("</div></section>\n");
}

/// What people call a port, where it is one of those that scans look for: IANA's service names.
const fn service(port: u16) -> &'static str {
    match port {
        21 => "ftp",
        22 => "ssh",
        23 => "telnet",
        25 => "smtp",
        53 => "dns",
        80 => "http",
        110 => "pop3",
        123 => "ntp",
        135 => "epmap",
        139 => "netbios",
        143 => "imap",
        161 => "snmp",
        389 => "ldap",
        443 => "https",
        445 => "microsoft-ds",
        465 => "submissions",
        587 => "submission",
        993 => "imaps",
        995 => "pop3s",
        1433 => "ms-sql",
        1883 => "mqtt",
        3306 => "mysql",
        3389 => "rdp",
        5060 => "sip",
        5432 => "postgresql",
        5900 => "vnc",
        6379 => "redis",
        _ => "",
    }
}

/// All reports, or as many as a person scrolls through.
pub fn reports(out: &mut String, tally: &Tally, axis: &Axis, all: u64) {
    if tally.filed.is_empty() {
        return;
    }
    out.push_str("<section id=\"reports\" class=\"long\"><h2>Reports</h2>\n<p class=\"sub\">");
    if all > tally.filed.len() as u64 {
        let _ = write!(
            out,
            "the {} of {} with the most events; <a href=\"{}\">summary.json</a> lists all",
            number(tally.filed.len() as u64),
            number(all),
            link("summary.json")
        );
    } else {
        out.push_str("one mail each");
    }
    out.push_str(
        "</p>\n<div class=\"scroll\"><table class=\"cards\"><thead><tr><th></th><th>Source</th><th>To</th><th>Class</th>\
         <th class=\"n\">Events</th><th>First and last, UTC</th><th class=\"when\">When</th><th>Files</th></tr></thead><tbody>\n",
    );
    for f in &tally.filed {
        report(out, tally, f, axis);
    }
    out.push_str("</tbody></table></div></section>\n");
}

fn report(out: &mut String, tally: &Tally, f: &Filed, axis: &Axis) {
    let row = &f.row;
    let file = |name: &str| link(&format!("{}/{name}", row.path));
    let classes: Vec<String> = f
        .classes
        .iter()
        .map(|(c, _)| format!("<span class=\"nb\"><span class=\"dot b-{c}\"></span>{c}</span>"))
        .collect();
    let to = if row.to.is_empty() {
        "<span class=\"small\">no mailbox known</span>".to_owned()
    } else {
        text(&row.to)
    };
    let span = f.span.map_or_else(String::new, |(a, b)| {
        let (a, b) = (a.minute(), b.minute());
        let part = |t: &str| {
            t.split_once(' ').map_or(t.to_owned(), |(d, h)| format!("{} {h}", day_month(d)))
        };
        match (a.split_once(' '), b.split_once(' ')) {
            _ if a == b => part(&a),
            (Some((x, _)), Some((y, hour))) if x == y => format!("{} to {hour}", part(&a)),
            _ => format!("{} to <br>{}", part(&a), part(&b)),
        }
    });
    let lacks: Vec<&str> = f.lacks.iter().map(|l| l.0).collect();
    let todo = if f.todo {
        format!(
            " · <a href=\"{}\">TODO</a> <span class=\"small\">{}</span>",
            file("TODO.txt"),
            lacks.join(" ")
        )
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "<tr><td>{}</td><td><a class=\"ip\" href=\"{}\">{}</a></td>\
         <td class=\"row to\">{to}<br><span class=\"small\">{}</span></td>\
         <td>{}</td><td class=\"n\" data-l=\"events\">{}</td><td class=\"small row span\">{span}</td><td class=\"when\">{}</td>\
         <td class=\"row\"><a href=\"{}\">text</a> · <a href=\"{}\">mail</a> · <a href=\"{}\">lines</a>{todo}</td></tr>",
        pill(row.verdict),
        file("report.txt"),
        row.source,
        owner_name(tally, row.operator.as_deref()),
        classes.join("<br>"),
        number(row.events),
        spark(&f.when, axis.first, axis.count, axis.width),
        file("report.txt"),
        file("report.eml"),
        file("evidence.log"),
    );
}

/// What drafts lack.
pub fn lacking(out: &mut String, tally: &Tally) {
    if tally.lacking.is_empty() {
        return;
    }
    out.push_str(
        "<section id=\"lacking\"><h2>What drafts lack</h2>\n<p class=\"sub\">each TODO.txt says it of its report</p>\n",
    );
    reasons(out, tally, &tally.lacking, "report");
    out.push_str("</section>\n");
}

/// Why sources are held.
pub fn held(out: &mut String, tally: &Tally, n: u64) {
    if tally.held.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<section id=\"held\"><h2>Held back, and why</h2>\n<p class=\"sub\">{}; <a href=\"{}\">held.jsonl</a> has each with its counts</p>\n",
        counted(n, "source"),
        link("held.jsonl")
    );
    reasons(out, tally, &tally.held, "source");
    out.push_str("</section>\n");
}

fn reasons(out: &mut String, tally: &Tally, map: &BTreeMap<&'static str, Why>, what: &str) {
    let mut rows: Vec<(&&str, &Why)> = map.iter().collect();
    rows.sort_by_key(|(id, w)| (std::cmp::Reverse(w.n), **id));
    out.push_str("<dl class=\"why\">");
    for (id, w) in rows {
        let _ = write!(
            out,
            "<dt>{id}<br><span class=\"small\">{}</span></dt><dd>{}",
            counted(w.n, what),
            text(&w.text)
        );
        if let Some(remedy) = &w.remedy {
            let _ = write!(out, "<br><span class=\"small\">To do: {}</span>", text(remedy));
        }
        out.push_str("<br><span class=\"small\">");
        for (i, addr) in w.sources.iter().enumerate() {
            let _ = write!(out, "{}{}", if i > 0 { ", " } else { "" }, source_link(tally, *addr));
        }
        if w.n > w.sources.len() as u64 {
            out.push_str(" …");
        }
        out.push_str("</span></dd>");
    }
    out.push_str("</dl>\n");
}

/// What was read.
pub fn inputs(out: &mut String, inputs: &[InputRecord]) {
    let mut sums = [0u64; 6];
    for i in inputs {
        for (sum, n) in sums.iter_mut().zip(i.readings) {
            *sum += n;
        }
    }
    let all: u64 = sums.iter().sum();
    let _ = write!(
        out,
        "<section id=\"inputs\" class=\"long\"><h2>What was read</h2>\n<p class=\"sub\">{}, each with one reading</p>\n<ul class=\"legend\">",
        counted(all, "line")
    );
    for (reading, n) in Reading::ALL.iter().zip(sums) {
        let word = reading.word();
        let _ = write!(
            out,
            "<li><span class=\"dot b-{word}\"></span>{word} <em>{}</em></li>",
            number(n)
        );
    }
    out.push_str(
        "</ul>\n<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>Log</th><th class=\"n\">Lines</th><th>Readings</th>\
         <th>First and last, UTC</th><th>Zone</th></tr></thead><tbody>\n",
    );
    let mut sorted: Vec<&InputRecord> = inputs.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    for i in sorted.iter().take(crate::limits::PAGE_ROWS) {
        let lines: u64 = i.readings.iter().sum();
        let parts: Vec<(String, u64)> =
            Reading::ALL.iter().zip(i.readings).map(|(r, n)| (r.word().to_owned(), n)).collect();
        let span = i.span.map_or_else(
            || "no known time".to_owned(),
            |(a, b)| format!("{} to {}", a.minute(), b.minute()),
        );
        let _ = writeln!(
            out,
            "<tr><td class=\"wrap row\">{}{}</td><td class=\"n\" data-l=\"lines\">{}</td><td class=\"row\">{}</td><td class=\"small row\">{span}</td><td class=\"small\">{}</td></tr>",
            text(&shown(&i.path)),
            if i.complete { "" } else { " <b>not read to its end</b>" },
            number(lines),
            stack(&parts, lines),
            if i.zone.is_empty() { "stated".to_owned() } else { text(&i.zone) },
        );
    }
    out.push_str("</tbody></table></div>");
    if sorted.len() > crate::limits::PAGE_ROWS {
        let _ = write!(
            out,
            "<p class=\"small\">and {} more</p>",
            counted((sorted.len() - crate::limits::PAGE_ROWS) as u64, "log")
        );
    }
    out.push_str("</section>\n");
}
