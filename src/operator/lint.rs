//! `plaint operators lint`: what is wrong with operator files that a program can read.
//!
//! A file that cannot be read, names that do not agree and prefixes that two
//! claim are faults of loading them. What is left is a file that would send a
//! report nowhere, to two places, or somewhere that nobody has confirmed.

use super::contact::is_placeholder;
use super::owner::Operators;
use super::profile::{Kind, Profile, Role, Status};
use super::route::{self, Unrouted};
use super::rules::Need;
use crate::class::Class;

/// Classes that no report is made of yet.
const RESERVED: [Class; 3] = [Class::Flood, Class::Blocklisted, Class::OpenRelay];

/// One remark about an operator file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The operator's id.
    pub operator: String,
    /// Whether reports would go astray.
    pub error: bool,
    /// One sentence.
    pub text: String,
}

/// Every remark about every operator, by id; errors first.
#[must_use]
pub fn lint(operators: &Operators) -> Vec<Remark> {
    let mut out = Vec::new();
    for p in operators.iter() {
        let mut remarks = Vec::new();
        let mut say = |error: bool, text: String| {
            let remark = Remark { operator: p.id.clone(), error, text };
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        };
        claims(p, operators, &mut say);
        routes(p, &mut say);
        contacts(p, &mut say);
        sources(p, &mut say);
        rules(p, &mut say);
        remarks.sort_by_key(|r| !r.error);
        out.append(&mut remarks);
    }
    out
}

/// Whether the file is there to answer for addresses.
fn answers(p: &Profile) -> bool {
    p.id != "generic" && p.role == Role::SourceIsp
}

fn claims(p: &Profile, operators: &Operators, say: &mut impl FnMut(bool, String)) {
    let m = &p.matches;
    let lists = !m.prefixes.is_empty()
        || !m.prefix_file.is_empty()
        || p.region.iter().any(|r| !r.prefixes.is_empty() || !r.prefix_file.is_empty());
    let ases = !m.asn.is_empty() || p.region.iter().any(|r| !r.asn.is_empty());
    let holders = !m.whois_org.is_empty() || !m.opaque_id.is_empty();
    if answers(p) && !lists && !ases && !holders {
        say(false, "it claims no address: name prefixes, a prefix_file or an asn".to_owned());
    }
    // Of the shipped ones it would be said of each, and to everybody.
    if p.file.is_some() && ases && !lists && operators.asn_db().is_none() {
        say(false, "it claims ASes alone, and no AS database is named (--asn-db)".to_owned());
    }
    if p.file.is_some() && holders && operators.registry().is_empty() {
        say(false, "it names holders, and no file of a registry is named (--registry)".to_owned());
    }
}

fn routes(p: &Profile, say: &mut impl FnMut(bool, String)) {
    if !answers(p) && p.channel.is_empty() {
        return;
    }
    if p.channel.is_empty() {
        return say(true, "it names no channel: no report can be sent".to_owned());
    }
    let regions: Vec<Option<&str>> = match p.region.as_slice() {
        [] => vec![None],
        list => list.iter().map(|r| Some(r.name.as_str())).collect(),
    };
    for region in regions {
        for class in Class::ALL.into_iter().filter(|c| p.accepts(*c)) {
            match route::channel(p, class, region) {
                Ok(_) | Err(Unrouted::NotHandled { .. }) => {}
                // A class that is reserved has no reports yet.
                Err(Unrouted::NoRoute { .. })
                    if p.classes.is_empty() && RESERVED.contains(&class) => {}
                Err(why) => say(true, format!("{why}")),
            }
        }
    }
    for channel in &p.channel {
        if !p.route.iter().any(|r| r.channel == channel.id) {
            say(false, format!("no route leads to the channel `{}`", channel.id));
        }
    }
}

fn contacts(p: &Profile, say: &mut impl FnMut(bool, String)) {
    for channel in &p.channel {
        if channel.to.as_deref().is_some_and(is_placeholder) {
            say(true, format!("{} is a placeholder and no mailbox", channel.target()));
        }
        let recipients = usize::from(channel.to.is_some()) + channel.cc.len();
        if channel.max_recipients.is_some_and(|most| recipients > most as usize) {
            say(true, format!("the channel `{}` has more recipients than it takes", channel.id));
        }
        if channel.kind == Kind::None && channel.to.is_some() {
            say(false, format!("the channel `{}` takes nothing and has a mailbox", channel.id));
        }
    }
    if let Some(since) = p.unconfirmed_since() {
        say(false, format!("its addresses are not confirmed; last seen {since}"));
    }
}

fn sources(p: &Profile, say: &mut impl FnMut(bool, String)) {
    let bare: Vec<&str> =
        p.stated.iter().map(String::as_str).filter(|r| p.source_of(r).is_none()).collect();
    if !bare.is_empty() {
        say(false, format!("no [[provenance]] is the source of: {}", bare.join(", ")));
    }
    for source in &p.provenance {
        for rule in source.rules.iter().filter(|r| !p.stated.iter().any(|s| same(s, r))) {
            say(
                false,
                format!(
                    "a [[provenance]] is the source of `{rule}`, which the file does not state"
                ),
            );
        }
        if source.status != Status::Guess && !source.url.contains("://") {
            say(false, format!("a [[provenance]] names no page: `{}`", source.url));
        }
    }
}

/// Whether a rule that is stated is the one, or of the table, that is named.
fn same(stated: &str, named: &str) -> bool {
    stated == named || stated.split('.').next() == Some(named)
}

fn rules(p: &Profile, say: &mut impl FnMut(bool, String)) {
    if p.log.unedited == Need::Must
        && (p.redact.shared_with_customer || !p.redact.default.is_empty())
    {
        say(
            true,
            "log.unedited is `must`, and redact asks for changes: each report would be a draft"
                .to_owned(),
        );
    }
    if p.text.line_max > 998 {
        say(true, "text.line_max is above 998, which no mail allows".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linted(files: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let all = Operators::load(Some(dir.path()), None).unwrap();
        lint(&all)
            .into_iter()
            .filter(|r| files.iter().any(|(name, _)| name.trim_end_matches(".toml") == r.operator))
            .map(|r| format!("{}{}", if r.error { "error: " } else { "" }, r.text))
            .collect()
    }

    #[test]
    fn each_rule_of_a_shipped_file_has_its_source() {
        let all = Operators::load(None, None).unwrap();
        assert!(all.iter().count() >= 19);
        for remark in lint(&all) {
            // That nobody has confirmed a mailbox is true, and said in each report.
            assert!(remark.text.starts_with("its addresses are not confirmed"), "{remark:?}");
        }
        for p in all.iter() {
            for source in &p.provenance {
                assert!(source.url.contains("://") && source.seen.len() == 10, "{}", p.id);
                assert!(!source.rules.is_empty() && !source.says.is_empty(), "{}", p.id);
            }
            assert!(p.id == "generic" || !p.channel.is_empty(), "{}", p.id);
        }
    }

    #[test]
    fn remarks() {
        let channel = "[[channel]]\nid='m'\nkind='email'\nto='abuse@example.net'\n";
        let route = "[[route]]\nclass=['*']\nchannel='m'\n";
        let source = "[[provenance]]\nurl='https://example.net/abuse'\nsays='all'\nseen=2026-04-01\nstatus='verified'\n";
        let good = format!("id='x'\n[match]\nprefixes=['192.0.2.0/24']\n{channel}{route}{source}");
        assert_eq!(linted(&[("x.toml", &good)]), Vec::<String>::new());
        for (from, to, want) in [
            ("id='x'", "id='x'", ""),
            (route, "", "error: the file of x names no channel for ssh-login"),
            ("abuse@", "nobody@", "error: nobody@example.net is a placeholder and no mailbox"),
            (source, "", "no [[provenance]] is the source of: "),
            ("verified", "seed", "its addresses are not confirmed; last seen 2026-04-01"),
            ("prefixes=['192.0.2.0/24']", "", "it claims no address"),
            ("prefixes=['192.0.2.0/24']", "asn=[64496]", "no AS database is named"),
            (
                "status='verified'",
                "status='verified'\nrules=['clock']",
                "is the source of `clock`, which the file does not state",
            ),
            (route, &format!("{route}{route}"), "error: the file of x names several channels"),
            (
                "[match]",
                "[log]\nunedited='must'\n[redact]\nshared_with_customer=true\n[match]",
                "error: log.unedited is `must`",
            ),
        ] {
            let got = linted(&[("x.toml", &good.replace(from, to))]);
            assert!(want.is_empty() || got.iter().any(|g| g.contains(want)), "{want}: {got:?}");
        }
    }
}
