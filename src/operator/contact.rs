//! Abuse mailboxes in answers of RDAP and WHOIS, each with where it stood.
//!
//! Registries differ: ARIN nests the abuse entity beneath the registrant, RIPE
//! has it at the top, APNIC's has several mailboxes of which `pref` 1 is meant,
//! LACNIC combines roles and prints `removed@lacnic.net`, registro.br has an
//! abuse entity without a mailbox, AFRINIC none at all.

use serde_json::Value;

use crate::config::mail_address;

/// Entities within entities that are looked at: real answers have three.
const DEPTH: usize = 8;

/// Whether registries print this where there is no mailbox, or nobody reads it.
#[must_use]
pub fn is_placeholder(address: &str) -> bool {
    const LOCAL: [&str; 8] =
        ["unread", "nobody", "no-email", "noemail", "noreply", "no-reply", "donotreply", "devnull"];
    let lower = address.to_ascii_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@') else { return true };
    lower == "removed@lacnic.net"
        || lower.contains("redacted")
        || LOCAL.contains(&local)
        || domain.ends_with(".invalid")
}

/// A mailbox, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The bare address.
    pub mail: String,
    /// `RDAP abuse role of ENTITY`, `RIPE abuse-c`, `OrgAbuseEmail`, …
    pub origin: String,
}

/// Whether a mailbox that was found may be written to: neither a placeholder
/// nor one that stands in documents.
fn usable(text: &str) -> Option<String> {
    let mail = mail_address(text.trim()).ok()?;
    let domain = mail.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let documents = domain.starts_with("example.") || domain == "example";
    (!is_placeholder(&mail) && !documents).then_some(mail)
}

fn add(found: &mut Vec<Contact>, mail: &str, origin: impl Into<String>) {
    let Some(mail) = usable(mail) else { return };
    if !found.iter().any(|c| c.mail.eq_ignore_ascii_case(&mail)) {
        found.push(Contact { mail, origin: origin.into() });
    }
}

/// The abuse mailboxes of an RDAP answer, the preferred first, nearer ones before nested ones.
#[must_use]
pub fn of_rdap(answer: &Value) -> Vec<Contact> {
    let mut ranked: Vec<(usize, u64, String, String)> = Vec::new();
    entities(answer, 0, &mut |entity, depth| {
        let roles = entity.get("roles").and_then(Value::as_array).into_iter().flatten();
        if !roles.filter_map(Value::as_str).any(|r| r.eq_ignore_ascii_case("abuse")) {
            return;
        }
        let handle = entity.get("handle").and_then(Value::as_str).unwrap_or("unnamed");
        let card = entity.pointer("/vcardArray/1").and_then(Value::as_array);
        for property in card.into_iter().flatten().filter_map(Value::as_array) {
            let [name, parameters, _, Value::String(mail), ..] = property.as_slice() else {
                continue;
            };
            if name.as_str() == Some("email") {
                let pref = parameters.get("pref").map_or(100, number);
                let origin = format!("RDAP abuse role of {handle}");
                ranked.push((depth, pref, mail.clone(), origin));
            }
        }
    });
    ranked.sort_by_key(|(depth, pref, ..)| (*pref, *depth));
    let mut found = Vec::new();
    for (_, _, mail, origin) in ranked {
        add(&mut found, &mail, origin);
    }
    found
}

/// Preferences come as numbers and as text.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(100)
}

fn entities(value: &Value, depth: usize, each: &mut impl FnMut(&Value, usize)) {
    if depth >= DEPTH {
        return;
    }
    for entity in value.get("entities").and_then(Value::as_array).into_iter().flatten() {
        each(entity, depth);
        entities(entity, depth + 1, each);
    }
}

/// The abuse mailboxes of a WHOIS answer.
///
/// RIPE, APNIC and AFRINIC name one above the records; LACNIC and registro.br
/// give the handle of a person (`abuse-c`), whose own paragraph has the address;
/// ARIN has it beside the contact (`OrgAbuseEmail`, `RAbuseEmail`).
#[must_use]
pub fn of_whois(answer: &[u8]) -> Vec<Contact> {
    let mut found = Vec::new();
    let lines = || answer.split(|b| *b == b'\n').filter_map(|l| str::from_utf8(l).ok());
    let values = |key: &'static str| lines().filter_map(move |l| value_of(l, key));
    let registry = values("source").find_map(|s| {
        let word = s.split_whitespace().next()?.to_ascii_uppercase();
        ["APNIC", "AFRINIC"].into_iter().find(|r| *r == word)
    });
    for line in lines().map(str::trim) {
        // `% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@isp.example'`
        if let Some(rest) = line.strip_prefix("% Abuse contact for ") {
            if let Some((_, mail)) = rest.rsplit_once(" is ") {
                let origin = registry
                    .map_or_else(|| "RIPE abuse-c".to_owned(), |r| format!("{r} abuse contact"));
                add(&mut found, mail.trim_matches('\''), origin);
            }
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let origin = match name.trim().to_ascii_lowercase().as_str() {
            "abuse-mailbox" => "abuse-mailbox",
            "orgabuseemail" => "OrgAbuseEmail",
            "rabuseemail" => "RAbuseEmail",
            "abuse-c-email" | "abuse contact email" => "abuse contact",
            _ => continue,
        };
        add(&mut found, value, format!("WHOIS {origin}"));
    }
    for handle in values("abuse-c") {
        let mut inside = false;
        for line in lines() {
            if line.trim().is_empty() {
                inside = false;
            } else if let Some(named) =
                value_of(line, "nic-hdl").or_else(|| value_of(line, "nic-hdl-br"))
            {
                inside = named.eq_ignore_ascii_case(handle);
            } else if let Some(mail) = value_of(line, "e-mail").filter(|_| inside) {
                add(&mut found, mail, format!("WHOIS abuse-c {handle}"));
            }
        }
    }
    found
}

/// The abuse mailboxes of a saved answer of a contact zone: lines of `NAME TXT MAILBOX`.
#[must_use]
pub fn of_dns(answer: &[u8]) -> Vec<Contact> {
    let mut found = Vec::new();
    for line in answer.split(|b| *b == b'\n').filter_map(|l| str::from_utf8(l).ok()) {
        let Some((name, text)) = line.split_once(" TXT ") else { continue };
        // The zone is what is left of the name behind the address.
        let of_address = |l: &&str| l.len() <= 3 && l.bytes().all(|b| b.is_ascii_hexdigit());
        let zone: Vec<&str> = name.split('.').skip_while(of_address).collect();
        for mail in text.split([',', ' ']) {
            add(&mut found, mail, format!("DNS contact zone {}", zone.join(".")));
        }
    }
    found
}

/// The value of an attribute, where the line has that one.
pub(crate) fn value_of<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let (name, value) = line.split_once(':')?;
    name.trim().eq_ignore_ascii_case(key).then(|| value.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entity(roles: &[&str], mails: &[(&str, Value)], inner: Vec<Value>) -> Value {
        let cards: Vec<Value> = mails
            .iter()
            .map(|(mail, pref)| json!(["email", {"pref": pref}, "text", mail]))
            .chain([json!(["version", {}, "text", "4.0"])])
            .collect();
        json!({"handle": "H1", "roles": roles, "vcardArray": ["vcard", cards], "entities": inner})
    }

    fn told(answer: &Value) -> Vec<String> {
        of_rdap(answer).into_iter().map(|c| format!("{} {}", c.mail, c.origin)).collect()
    }

    #[test]
    fn registries_differ() {
        let none = Value::Null;
        let top =
            json!({"entities": [entity(&["abuse"], &[("abuse@isp.test", none.clone())], vec![])]});
        assert_eq!(told(&top), ["abuse@isp.test RDAP abuse role of H1"]);
        let nested = entity(
            &["registrant"],
            &[("noc@isp.test", none.clone())],
            vec![entity(&["abuse"], &[("abuse@isp.test", none.clone())], vec![])],
        );
        assert_eq!(told(&json!({"entities": [nested]})), ["abuse@isp.test RDAP abuse role of H1"]);
        let several = entity(
            &["abuse"],
            &[
                ("second@isp.test", json!("2")),
                ("first@isp.test", json!(1)),
                ("FIRST@isp.test", none.clone()),
            ],
            vec![],
        );
        assert_eq!(
            told(&json!({"entities": [several]})),
            ["first@isp.test RDAP abuse role of H1", "second@isp.test RDAP abuse role of H1"]
        );
        let combined =
            entity(&["technical", "abuse"], &[("removed@lacnic.net", none.clone())], vec![]);
        assert!(told(&json!({"entities": [combined]})).is_empty());
        let without = entity(&["abuse"], &[], vec![]);
        assert!(told(&json!({"entities": [without]})).is_empty());
        let other = entity(&["technical"], &[("noc@isp.test", none)], vec![]);
        assert!(told(&json!({"entities": [other]})).is_empty());
        assert!(told(&json!("nonsense")).is_empty());
        // Entities without an end.
        let mut deep = entity(&["abuse"], &[("deep@isp.test", Value::Null)], vec![]);
        for _ in 0..40 {
            deep = json!({"entities": [deep]});
        }
        assert!(told(&deep).is_empty());
    }

    #[test]
    fn whois_answers() {
        let answer = b"% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@isp.test'\n\
            inetnum: 192.0.2.0 - 192.0.2.255\nabuse-mailbox:  ABUSE@isp.test\n\
            OrgAbuseEmail:  other@isp.test\nremarks: abuse-mailbox is x@isp.test\n\
            abuse-mailbox: nobody@isp.test\nabuse-mailbox: no mailbox\n\
            abuse-mailbox: unread@isp.test\nabuse-mailbox: abuse@example.com\n";
        let found: Vec<String> =
            of_whois(answer).into_iter().map(|c| format!("{} {}", c.mail, c.origin)).collect();
        assert_eq!(found, ["abuse@isp.test RIPE abuse-c", "other@isp.test WHOIS OrgAbuseEmail"]);
        // APNIC and AFRINIC print the same comment.
        let apnic =
            b"% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'irt@isp.test'\nsource: APNIC\n";
        assert_eq!(of_whois(apnic)[0].origin, "APNIC abuse contact");
        // LACNIC and registro.br name a person, whose own paragraph has the address.
        let handle = b"inetnum: 192.0.2.0/24\nowner-c: ONE\nabuse-c: TWO\n\n\
            nic-hdl: ONE\ne-mail: one@isp.test\n\nnic-hdl-br: TWO\nperson: X\ne-mail: two@isp.test\n\n\
            e-mail: three@isp.test\n";
        let found = of_whois(handle);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].mail.as_str(), found[0].origin.as_str()),
            ("two@isp.test", "WHOIS abuse-c TWO")
        );
        assert_eq!(of_whois(b"RAbuseEmail: r@isp.test\n")[0].origin, "WHOIS RAbuseEmail");
        assert!(
            of_whois(b"% No abuse contact registered for 192.0.2.0 - 192.0.2.255\n").is_empty()
        );
    }
}
