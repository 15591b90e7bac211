//! What `plaint operators` prints: the list, one operator, and whose addresses are whose.

use std::fmt::Write as _;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::owner::Operators;
use super::profile::Profile;
use super::record::{Attribution, Record};
use super::route;
use crate::class::Class;
use crate::config::place;
use crate::fault::{Fault, Outcome};
use crate::text::Untrusted;

/// Text from files of others, safe to show.
fn safe(text: &str) -> String {
    Untrusted(text.as_bytes()).to_string()
}

/// One operator in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name, safe to show.
    pub name: String,
    /// What it claims, in words.
    pub claims: String,
    /// Where its file is, safe to show.
    pub file: String,
}

/// A row per operator.
#[must_use]
pub fn list(operators: &Operators) -> Vec<Row> {
    let row = |p: &Profile| {
        let m = &p.matches;
        let inline = m.prefixes.len() + p.region.iter().map(|r| r.prefixes.len()).sum::<usize>();
        let files =
            m.prefix_file.len() + p.region.iter().map(|r| r.prefix_file.len()).sum::<usize>();
        let mut claims: Vec<String> = m.asn.iter().map(|n| format!("AS{n}")).collect();
        claims.extend((inline > 0).then(|| counted(inline, "prefix", "prefixes")));
        claims.extend((files > 0).then(|| counted(files, "prefix list", "prefix lists")));
        let claims = if claims.is_empty() { "no address".to_owned() } else { claims.join(", ") };
        Row { id: p.id.clone(), name: safe(&p.name), claims, file: safe(&p.place()) }
    };
    operators.iter().map(row).collect()
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// One operator: where its rules come from, its mailboxes, and all rules in force.
///
/// # Errors
///
/// [`Fault::Usage`] where no operator has that id.
pub fn show(operators: &Operators, id: &str) -> Outcome<String> {
    let Some(p) = operators.get(id) else {
        let known: Vec<&str> = operators.iter().map(|p| p.id.as_str()).collect();
        let fault = Fault::usage(format!("no operator has the id `{}`", safe(id)));
        return Err(match place::nearest(id, known.iter().copied()) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault.hint("`plaint operators list` prints all ids"),
        });
    };
    let mut out = format!("{}: {} ({})\n", p.id, safe(&p.name), p.role.word());
    let _ = writeln!(out, "file: {}, sha256 {}", safe(&p.place()), p.sha256);
    if !p.built_on.is_empty() {
        let _ = writeln!(out, "builds on: {}", p.built_on.join(", "));
    }
    for source in &p.provenance {
        let _ = writeln!(
            out,
            "source: {} ({}, seen {})\n        {}",
            safe(&source.url),
            source.status.word(),
            source.seen,
            safe(&source.says)
        );
    }
    if let Some(since) = p.unconfirmed_since() {
        let _ = writeln!(out, "addresses not confirmed since {since}");
    }
    let regions: Vec<Option<&str>> = match p.region.as_slice() {
        [] => vec![None],
        list => list.iter().map(|r| Some(r.name.as_str())).collect(),
    };
    for region in regions {
        let of = region.map(|r| format!(" of region {}", safe(r))).unwrap_or_default();
        let _ = writeln!(out, "mailboxes{of}:");
        mailboxes(&mut out, p, region, "  ");
    }
    let _ = write!(out, "\nrules in force:\n\n{}", p.rules);
    Ok(out)
}

/// Channels of a profile and the classes that go there, then the reasons why others go nowhere.
fn destinations(p: &Profile, region: Option<&str>) -> Vec<(String, Vec<&'static str>)> {
    let mut out: Vec<(String, Vec<&'static str>)> = Vec::new();
    let mut put = |key: String, class: Class| match out.iter_mut().find(|(k, _)| *k == key) {
        Some((_, classes)) => classes.push(class.word()),
        None => out.push((key, vec![class.word()])),
    };
    for class in Class::ALL {
        // What the desk does not take is said by leaving it out.
        if let Ok(channel) = route::channel(p, class, region) {
            put(channel.target().to_owned(), class);
        }
    }
    out
}

fn mailboxes(out: &mut String, p: &Profile, region: Option<&str>, indent: &str) {
    let found = destinations(p, region);
    let width = found.iter().map(|(to, _)| to.len()).max().unwrap_or_default();
    for (to, classes) in &found {
        let _ = writeln!(out, "{indent}{:width$}  {}", safe(to), classes.join(", "));
    }
    let mut reasons: Vec<String> = Class::ALL
        .into_iter()
        .filter(|c| p.accepts(*c))
        .filter_map(|c| route::channel(p, c, region).err())
        .map(|e| safe(&e.to_string()))
        .collect();
    if found.is_empty() && p.channel.is_empty() {
        reasons = vec![format!("none: the file of {} names no channel", safe(&p.name))];
    }
    reasons.dedup();
    for reason in reasons {
        let _ = writeln!(out, "{indent}not ready: {reason}");
    }
}

/// Whose each address is, by which record, and which mailbox takes which class.
///
/// # Errors
///
/// [`Fault::File`] where the AS database is broken at an address.
pub fn check(operators: &Operators, ips: &[IpAddr]) -> Outcome<String> {
    let mut out = String::new();
    for ip in ips {
        let a = operators.whose(*ip)?;
        let _ = writeln!(out, "{}", ip.to_canonical());
        match a.operator {
            None => {
                let _ = writeln!(out, "  operator   none: no operator file claims this address");
            }
            Some(p) => {
                let region = match a.region {
                    Some(r) => format!(", region {}", safe(r)),
                    None if p.region.is_empty() => String::new(),
                    None => ", region unknown".to_owned(),
                };
                let _ = writeln!(out, "  operator   {} ({}){region}", p.id, safe(&p.name));
            }
        }
        if let Some(record) = &a.record {
            let _ = writeln!(out, "  by         {}", in_words(record));
        }
        if let Some(p) = a.operator {
            let _ = writeln!(out, "  file       {}, sha256 {}", safe(&p.place()), p.sha256);
            let _ = writeln!(out, "  mailboxes");
            mailboxes(&mut out, p, a.region, "    ");
            if let Some(since) = p.unconfirmed_since() {
                let _ = writeln!(out, "  note       addresses not confirmed since {since}");
            }
        }
        for other in &a.others {
            let _ = writeln!(
                out,
                "  also       {}{}: {}",
                other.operator,
                other.region.as_ref().map(|r| format!(", region {}", safe(r))).unwrap_or_default(),
                in_words(other)
            );
        }
        // Two facts that are often taken for each other: to whom it was given,
        // and who announces it.
        if let Some(given) = &a.allocation {
            let _ = writeln!(
                out,
                "  allocated  {} to {}, in {}:{}{}",
                given.range,
                safe(&given.to_string()),
                safe(&given.file.display().to_string()),
                given.line,
                given.file_date.as_deref().map(|d| format!(", dated {d}")).unwrap_or_default(),
            );
        }
        if let Some(origin) = &a.origin {
            let ases: Vec<String> = origin.asns.iter().map(|n| format!("AS{n}")).collect();
            let name = origin.name.as_deref().map(|n| format!(" ({})", safe(n)));
            let verb = if origin.registered { "is registered to announce" } else { "announces" };
            let _ = writeln!(
                out,
                "  origin     {}{} {verb} {}",
                ases.join(", "),
                name.unwrap_or_default(),
                safe(&origin.prefix)
            );
        }
    }
    Ok(out)
}

/// A record in a line: what, in which file, of which day and hash.
fn in_words(r: &Record) -> String {
    let what = match r.asn {
        Some(n) => {
            let name = r.as_name.as_deref().map(|n| format!(" ({})", safe(n))).unwrap_or_default();
            format!("{} AS{n}{name} of {}", r.kind, safe(&r.prefix))
        }
        None => {
            let to = r.holder.as_deref().map(|h| format!(" to {}", safe(h))).unwrap_or_default();
            format!("{} {}{to}", r.kind, safe(&r.prefix))
        }
    };
    let line = r.line.map(|n| format!(":{n}")).unwrap_or_default();
    let dated = r.file_date.as_deref().map(|d| format!(", dated {d}")).unwrap_or_default();
    let file = safe(&r.file.display().to_string());
    format!("{what} in {file}{line}{dated}, sha256 {}", r.file_sha256)
}

/// The same as [`check`] for programs: a list with one object per address.
/// What is not known is left out.
///
/// # Errors
///
/// As for [`check`].
pub fn check_json(operators: &Operators, ips: &[IpAddr]) -> Outcome<Value> {
    let rows: Outcome<Vec<Value>> =
        ips.iter().map(|ip| Ok(attribution_json(*ip, &operators.whose(*ip)?))).collect();
    rows.map(Value::Array)
}

fn attribution_json(ip: IpAddr, a: &Attribution<'_>) -> Value {
    let mut row = json!({
        "address": ip.to_canonical().to_string(),
        "operator": a.operator.map(|p| &p.id),
    });
    let mut put = |key: &str, value: Value| {
        if let Some(map) = row.as_object_mut() {
            map.insert(key.to_owned(), value);
        }
    };
    if let Some(region) = a.region {
        put("region", json!(region));
    }
    if let Some(record) = &a.record {
        put("record", record_json(record));
    }
    if let Some(p) = a.operator {
        put("name", json!(p.name));
        let mut mailboxes = Vec::new();
        for class in Class::ALL.into_iter().filter(|c| p.accepts(*c)) {
            mailboxes.push(match route::channel(p, class, a.region) {
                Ok(c) => json!({"class": class.word(), "channel": c.id, "kind": c.kind.word(), "to": c.target()}),
                Err(e) => json!({"class": class.word(), "not_ready": e.to_string()}),
            });
        }
        put("mailboxes", Value::Array(mailboxes));
        if let Some(since) = p.unconfirmed_since() {
            put("not_confirmed_since", json!(since));
        }
    }
    put("others", a.others.iter().map(record_json).collect());
    if let Some(given) = &a.allocation {
        put(
            "allocation",
            json!({
                "range": given.range.to_string(),
                "holder": given.holder,
                "org_name": given.org_name,
                "netname": given.netname,
                "country": given.country,
                "file": given.file.display().to_string(),
                "line": given.line,
                "file_date": given.file_date,
                "file_sha256": given.file_sha256,
            }),
        );
    }
    if let Some(origin) = &a.origin {
        let mut o =
            json!({"asns": origin.asns, "prefix": origin.prefix, "registered": origin.registered});
        if let (Some(name), Some(map)) = (&origin.name, o.as_object_mut()) {
            map.insert("name".to_owned(), json!(name));
        }
        put("origin", o);
    }
    row
}

/// A record as an object; facts that are not known are left out.
#[must_use]
pub fn record_json(r: &Record) -> Value {
    let mut out = json!({
        "operator": r.operator,
        "kind": r.kind.to_string(),
        "prefix": r.prefix,
        "file": r.file.display().to_string(),
        "file_sha256": r.file_sha256,
    });
    if let Some(map) = out.as_object_mut() {
        let facts = [
            ("region", r.region.as_ref().map(|v| json!(v))),
            ("line", r.line.map(|v| json!(v))),
            ("file_date", r.file_date.as_ref().map(|v| json!(v))),
            ("asn", r.asn.map(|v| json!(v))),
            ("as_name", r.as_name.as_ref().map(|v| json!(v))),
            ("holder", r.holder.as_ref().map(|v| json!(v))),
        ];
        map.extend(facts.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded() -> (tempfile::TempDir, Operators) {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            (
                "bt.toml",
                "id='bt'\nextends='bt'\n[match]\nprefix_file='l.txt'\n[[region]]\nname='uk'\nprefixes=['192.0.2.0/25']\n[[region]]\nname='non-uk'\n",
            ),
            ("l.txt", "192.0.2.0/24\n"),
        ];
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let all = Operators::load(Some(dir.path()), None).unwrap();
        (dir, all)
    }

    #[test]
    fn checked() {
        let (dir, all) = loaded();
        let ips = ["192.0.2.7", "192.0.2.200", "203.0.113.9"].map(|i| i.parse().unwrap());
        let text = check(&all, &ips).unwrap().replace(&format!("{}/", dir.path().display()), "");
        for part in [
            "192.0.2.7\n  operator   bt (BT), region uk\n  by         prefix list 192.0.2.0/25 in bt.toml, dated ",
            "    security@bt.com  ssh-login, ssh-probe, mail-login, smtp-probe, port-scan, host-sweep, probe\n",
            "    abuse@bt.com     spam, relay-attempt, harvest, open-relay\n",
            "  note       addresses not confirmed since 2026-11-22\n192.0.2.200\n  operator   bt (BT), region unknown\n",
            "by         prefix list 192.0.2.0/24 in l.txt:1, dated ",
            "    not ready: the mailbox of BT depends on the region (uk, non-uk), and no prefix list",
            "203.0.113.9\n  operator   none: no operator file claims this address\n",
        ] {
            assert!(text.contains(part), "{part}\n---\n{text}");
        }
        assert_eq!(text.matches("not ready").count(), 1, "{text}");
        let rows = check_json(&all, &ips).unwrap();
        assert_eq!(rows[0]["operator"], "bt");
        assert_eq!(rows[0]["region"], "uk");
        assert_eq!(rows[0]["record"]["kind"], "prefix list");
        assert_eq!(rows[0]["mailboxes"][0]["to"], "security@bt.com");
        assert!(rows[1]["mailboxes"][0]["not_ready"].is_string());
        assert_eq!(rows[2]["operator"], Value::Null);
        assert!(rows[2].get("record").is_none());
    }

    #[test]
    fn listed_and_shown() {
        let (_dir, all) = loaded();
        let rows = list(&all);
        assert_eq!(rows.len(), all.iter().count());
        let claims = |id: &str| &rows.iter().find(|r| r.id == id).unwrap().claims;
        assert_eq!(claims("bt"), "AS2856, AS5400, 1 prefix, 1 prefix list");
        assert_eq!(claims("generic"), "no address");
        let text = show(&all, "bt").unwrap();
        for part in [
            "bt: BT (source-isp)\n",
            "builds on: bt, generic\n",
            "(seed, seen 2026-11-22)",
            "mailboxes of region non-uk:\n  security@eu.bt.net",
            "[ownership]\nown_only = true\ntraceroute = \"must\"\nwhois = \"must\"\n",
        ] {
            assert!(text.contains(part), "{part}\n---\n{text}");
        }
        let fault = show(&all, "btt").unwrap_err();
        assert_eq!(fault.to_string(), "no operator has the id `btt`");
        assert_eq!(fault.hinted(), Some("did you mean `bt`?"));
        let fault = show(&all, "no such operator").unwrap_err();
        assert_eq!(fault.hinted(), Some("`plaint operators list` prints all ids"));
    }
}
