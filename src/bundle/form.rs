//! `form.txt`: what goes into which field of a form, each within its limit.

use std::fmt::Write as _;

use crate::config::ClassWord;
use crate::judge::{Effect, Finding, Part, cite};
use crate::operator::profile::Kind;

use super::letter::Letter;
use super::letter::text::{plain, second};
use super::words;

/// The text; none where the desk takes mail.
#[must_use]
pub fn form(part: &Part<'_, '_>, letter: &Letter) -> Option<String> {
    let channel = part.channel.filter(|c| matches!(c.kind, Kind::Form | Kind::Api))?;
    let rules = part.rules?;
    let limit = |of: Option<u32>| of.map_or(usize::MAX, |n| n as usize);
    let mut out = format!("To be pasted into {}\n", plain(channel.target()));
    let mut field = |name: &str, text: &str| {
        let _ = write!(out, "\n--- {name} ({} characters) ---\n{text}\n", text.chars().count());
    };
    let mut kinds: Vec<String> = Vec::new();
    for class in part.classes() {
        let kind = match rules.words.get(&ClassWord(class)) {
            Some(word) => plain(word),
            None => words::title(class).to_owned(),
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    field("Kind of abuse", &kinds.join(", "));
    field("Source IP address", &part.case.addr.to_string());
    if let Some((first, last)) = part.span() {
        field("First event", &second(first));
        field("Last event", &second(last));
    }
    let said: Vec<String> = part
        .incidents
        .iter()
        .map(|i| words::happened(i.tally.class, i.tally.events()))
        .chain([format!("All times are UTC. Our reference: {}.", letter.reference)])
        .collect();
    field("Description", &whole(&said, " ", limit(rules.form.description_max)));
    let lines = letter.body.lines().skip_while(|l| !l.starts_with("LOG EXTRACT (")).skip(1);
    let lines: Vec<String> = lines.take(letter.extract.shown).map(str::to_owned).collect();
    field("Evidence", &whole(&lines, "\n", limit(rules.form.evidence_max)));
    Some(out)
}

/// A field that nothing of what belongs there fits into.
#[must_use]
pub fn findings(part: &Part<'_, '_>, letter: &Letter) -> Option<Finding> {
    let text = form(part, letter)?;
    let rules = part.rules?;
    let empty = |name: &str| text.contains(&format!("\n--- {name} (0 characters) ---\n"));
    let what = ["Description", "Evidence"].into_iter().find(|name| empty(name))?;
    let mut finding = Finding::new(
        "FMT-1",
        Effect::Draft,
        what,
        format!("nothing fits into the field for `{what}` of the form of {}.", rules.name),
    )
    .remedy("shorten it by hand in form.txt, and say in the form that it is shortened")
    .by(part.authority());
    cite(&mut finding, rules);
    Some(finding)
}

/// As many of the parts as fit, whole: half a sentence or line says something else.
fn whole(parts: &[String], between: &str, most: usize) -> String {
    let mut out = String::new();
    for part in parts {
        let gap = if out.is_empty() { "" } else { between };
        if out.chars().count() + gap.len() + part.chars().count() > most {
            break;
        }
        out.push_str(gap);
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::letter;
    use crate::judge::fixture::{Log, World};
    use crate::judge::judge;

    fn formed(more: &str) -> Option<String> {
        let kind = if more.contains("mail") {
            "kind = 'email'\nto = 'abuse@example.net'"
        } else {
            "kind = 'form'\nurl = 'https://isp.example/abuse'"
        };
        let more = more.replace("mail", "");
        let file = format!(
            "id = 'x'\n[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\n{kind}\n[[route]]\nclass = ['*']\nchannel = 'a'\n[enum]\nssh-login = 'Brute Force'\n{more}"
        );
        let world = World::with(&[&file]);
        let log = Log::of("198.51.100.130").ssh(12);
        let (case, context) = (world.case(&log), world.context());
        let judgement = judge(&case, &context);
        let part = judgement.filings[0].part(&case, &context);
        form(&part, &letter::letter(&part, "x"))
    }

    #[test]
    fn fields_within_their_limits() {
        assert_eq!(formed("mail"), None);
        let text = formed("").unwrap();
        for part in [
            "To be pasted into https://isp.example/abuse\n",
            "--- Kind of abuse (11 characters) ---\nBrute Force\n",
            "--- Source IP address (14 characters) ---\n198.51.100.130\n",
            "--- First event (23 characters) ---\n2026-02-03 03:14:07 UTC\n",
            "---\n12 attempts to log in to our SSH server were refused. All times are UTC.",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(text.matches("Failed password").count(), 12);
        let text = formed("[form]\ndescription_max = 60\nevidence_max = 250\n").unwrap();
        assert!(
            text.contains(
                "(53 characters) ---\n12 attempts to log in to our SSH server were refused.\n"
            ),
            "{text}"
        );
        // Where not even one line fits, it is no report yet.
        let small = "id = 'x'\n[match]\nprefixes = ['198.51.100.128/26']\n[[channel]]\nid = 'a'\nkind = 'form'\nurl = 'https://isp.example/abuse'\n[[route]]\nclass = ['*']\nchannel = 'a'\n[form]\nevidence_max = 40\n";
        let world = World::with(&[small]);
        let log = Log::of("198.51.100.130").ssh(12);
        let (case, context) = (world.case(&log), world.context());
        let judgement = judge(&case, &context);
        let part = judgement.filings[0].part(&case, &context);
        let finding = findings(&part, &letter::letter(&part, "x")).unwrap();
        assert_eq!((finding.id, finding.effect), ("FMT-1", Effect::Draft));
        // Lines are whole: two of them fit.
        assert_eq!(text.matches("Failed password").count(), 2, "{text}");
    }
}
