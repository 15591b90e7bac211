//! What the saved answers of registries say: is it about this address, and whose is it?
//!
//! An answer proves nothing where it is about another address, or where it is
//! a refusal that a registry prints to who asks too often.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use ipnet::IpNet;
use serde_json::Value;

use crate::addr::Addr;
use crate::fault::Outcome;
use crate::limits::ANSWER_BYTES;
use crate::operator::contact::{Contact, of_rdap, value_of};

use super::saved::Transcript;

/// Entities that are quoted: real answers name three or four.
const QUOTED_ENTITIES: usize = 8;

/// An answer of RDAP, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its facts as text to quote, with the time of asking.
    pub text: Transcript,
    /// The abuse mailboxes it names, the preferred first.
    pub contacts: Vec<Contact>,
    /// Why it proves nothing, where that is so.
    pub fault: Option<String>,
}

impl Registration {
    /// Reads the answer about an address from a folder, named as
    /// [`Transcript::find`] says.
    ///
    /// # Errors
    ///
    /// [`File`](crate::fault::Fault::File) where there is such a file that cannot be read.
    pub fn find(folder: &Path, addr: Addr) -> Outcome<Option<Self>> {
        let found = Transcript::find_within(folder, addr, ANSWER_BYTES)?;
        Ok(found.map(|saved| Self::of(saved, addr)))
    }

    fn of(mut saved: Transcript, addr: Addr) -> Self {
        let body = json_of(&saved.bytes);
        let fault = match &body {
            None => Some("is no JSON object".to_owned()),
            Some(body) => match body.get("errorCode") {
                Some(code) => Some(format!("is error {code}")),
                None => rdap_range(body)
                    .is_none_or(|(a, b)| !(a <= addr.ip() && addr.ip() <= b))
                    .then(|| "is about another address".to_owned()),
            },
        };
        let (text, contacts) = match body.filter(|_| fault.is_none()) {
            Some(body) => (quoted(&saved.bytes, &body), of_rdap(&body)),
            None => (String::new(), Vec::new()),
        };
        saved.bytes = text.into_bytes();
        Self { text: saved, contacts, fault }
    }
}

/// The object in a saved answer, behind the lines that say whence it came.
#[must_use]
pub fn json_of(bytes: &[u8]) -> Option<Value> {
    let mut rest = bytes;
    while let Some(comment) = rest.strip_prefix(b"#") {
        let end = memchr::memchr(b'\n', comment)?;
        rest = comment.get(end + 1..)?;
    }
    serde_json::from_slice(rest).ok().filter(Value::is_object)
}

/// The range that an answer of RDAP is about.
#[must_use]
pub fn rdap_range(answer: &Value) -> Option<(IpAddr, IpAddr)> {
    let end = |key| answer.get(key).and_then(Value::as_str).and_then(|t| t.parse::<IpAddr>().ok());
    end("startAddress").zip(end("endAddress"))
}

/// What is quoted of an answer of RDAP: the whole is pages of notices.
fn quoted(bytes: &[u8], body: &Value) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| {
        // One fact a line: what a registry prints is not ours.
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if !value.trim().is_empty() {
            let _ = writeln!(out, "{:<18} {}", format!("{name}:"), value.trim());
        }
    };
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    if let Some(url) = first.strip_prefix(b"# answered by ") {
        line("answered by", &String::from_utf8(url.to_vec()).unwrap_or_default());
    }
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    line("range", &format!("{} to {}", text(body, "startAddress"), text(body, "endAddress")));
    for key in ["handle", "name", "type", "country", "parentHandle"] {
        line(key, &text(body, key));
    }
    for event in body.get("events").and_then(Value::as_array).into_iter().flatten() {
        let (what, when) = (text(event, "eventAction"), text(event, "eventDate"));
        // Their offset is not the zone of this report.
        if matches!(what.as_str(), "registration" | "last changed") {
            line(&what, when.get(..10).unwrap_or_default());
        }
    }
    let entities = body.get("entities").and_then(Value::as_array).into_iter().flatten();
    for entity in entities.take(QUOTED_ENTITIES) {
        let roles: Vec<&str> = entity
            .get("roles")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let cards = entity.pointer("/vcardArray/1").and_then(Value::as_array);
        let name = cards.into_iter().flatten().find_map(|p| match p.as_array()?.as_slice() {
            [Value::String(key), _, _, Value::String(value), ..] if key == "fn" => {
                Some(value.clone())
            }
            _ => None,
        });
        // Persons are no matter of a report; the holder is.
        if roles.contains(&"registrant") {
            let name = name.unwrap_or_default();
            line("registrant", &format!("{} ({name})", text(entity, "handle")));
        }
    }
    for contact in of_rdap(body).into_iter().take(QUOTED_ENTITIES) {
        line("abuse mailbox", &format!("{} ({})", contact.mail, contact.origin));
    }
    out
}

/// Why an answer of WHOIS proves nothing of an address; none where it does.
#[must_use]
pub fn whois_fault(bytes: &[u8], addr: Addr) -> Option<&'static str> {
    let lines = || bytes.split(|b| *b == b'\n').filter_map(|l| str::from_utf8(l).ok());
    let record = |l: &str| !l.starts_with(['%', '#', ';', '>', ' ', '\t']) && l.contains(':');
    if !lines().any(record) {
        return Some("has no record");
    }
    const RANGES: [&str; 4] = ["inetnum", "inet6num", "netrange", "cidr"];
    let mut known = false;
    for line in lines() {
        let Some(value) = RANGES.iter().find_map(|key| value_of(line, key)) else { continue };
        let Some((first, last)) = range(value) else { continue };
        known = true;
        if first <= addr.ip() && addr.ip() <= last {
            return None;
        }
    }
    // One without any range is quoted as it is, and a person reads it.
    known.then_some("is about another address")
}

/// `A - B`, a prefix, or several: as registries print them.
fn range(text: &str) -> Option<(IpAddr, IpAddr)> {
    if let Some((a, b)) = text.split_once(" - ") {
        return Some((a.trim().parse().ok()?, b.trim().parse().ok()?));
    }
    let prefixes: Vec<IpNet> = text.split(',').filter_map(|p| prefix(p.trim())).collect();
    let first = prefixes.iter().map(IpNet::network).min()?;
    Some((first, prefixes.iter().map(IpNet::broadcast).max()?))
}

/// A prefix; LACNIC leaves out the octets that are 0.
fn prefix(text: &str) -> Option<IpNet> {
    if let Ok(net) = text.parse::<IpNet>() {
        return Some(net);
    }
    let (start, length) = text.split_once('/')?;
    let mut octets = [0_u8; 4];
    let parts = start.split('.');
    for (place, part) in octets.iter_mut().zip(parts.clone()) {
        *place = part.parse().ok()?;
    }
    (parts.count() <= 4).then_some(())?;
    IpNet::new(Ipv4Addr::from(octets).into(), length.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::judge::Asked;

    fn addr(text: &str) -> Addr {
        Addr::parse(text.as_bytes()).unwrap()
    }

    fn registration(bytes: &[u8], ip: &str) -> Registration {
        let bytes = bytes.to_vec();
        let saved = Transcript { path: "x".into(), asked: Asked::Unknown, bytes, cut: false };
        Registration::of(saved, addr(ip))
    }

    #[test]
    fn what_is_quoted() {
        let card = json!([
            "vcard",
            [["fn", {}, "text", "Isp\r\nTo: x"], ["email", {}, "text", "abuse@isp.test"]]
        ]);
        let body = json!({
            "startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "handle": "NET-1", "country": null,
            "name": "EXAMPLE", "events": [
                {"eventAction": "last changed", "eventDate": "2023-12-28T17:24:56-05:00"},
                {"eventAction": "expiration", "eventDate": "2030-01-01T00:00:00Z"}],
            "entities": [{"handle": "O1", "roles": ["registrant"], "vcardArray": card,
                "entities": [{"handle": "A1", "roles": ["abuse"], "vcardArray": card}]}]
        });
        let saved = format!("# answered by https://rdap.test/ip/192.0.2.7\n{body}\n");
        let read = registration(saved.as_bytes(), "192.0.2.7");
        assert_eq!(read.fault, None);
        assert_eq!(read.contacts[0].mail, "abuse@isp.test");
        assert_eq!(
            String::from_utf8(read.text.bytes).unwrap(),
            "answered by:       https://rdap.test/ip/192.0.2.7\n\
             range:             192.0.2.0 to 192.0.2.255\n\
             handle:            NET-1\n\
             name:              EXAMPLE\n\
             last changed:      2023-12-28\n\
             registrant:        O1 (Isp  To: x)\n\
             abuse mailbox:     abuse@isp.test (RDAP abuse role of A1)\n"
        );
        for (saved, why) in [
            (saved.replace("192.0.2.255", "192.0.2.6"), "is about another address"),
            (json!({"errorCode": 429}).to_string(), "is error 429"),
            ("<html>".to_owned(), "is no JSON object"),
            ("[1]".to_owned(), "is no JSON object"),
            ("# answered by x".to_owned(), "is no JSON object"),
            (json!({"handle": "x"}).to_string(), "is about another address"),
        ] {
            let read = registration(saved.as_bytes(), "192.0.2.7");
            assert_eq!(read.fault.as_deref(), Some(why), "{saved}");
            assert!(read.text.bytes.is_empty() && read.contacts.is_empty());
        }
    }

    #[test]
    fn whose_whois_it_is() {
        for (answer, ip, want) in [
            ("inetnum: 192.0.2.0 - 192.0.2.255\n", "192.0.2.7", None),
            (
                "inetnum: 192.0.2.0 - 192.0.2.255\n",
                "198.51.100.7",
                Some("is about another address"),
            ),
            (
                "NetRange: 192.0.0.0 - 192.255.255.255\nCIDR: 192.0.0.0/9, 192.128.0.0/9\n",
                "192.0.2.7",
                None,
            ),
            ("CIDR: 198.51.100.0/25, 198.51.100.128/25\n", "198.51.100.200", None),
            ("inetnum: 192.0/16\nabuse-c: X\n", "192.0.2.7", None),
            ("inetnum: 192.1/16\n", "192.0.2.7", Some("is about another address")),
            ("inet6num: 2001:db8::/32\n", "2001:db8::7", None),
            ("inet6num: 2001:db8:1::/48\n", "2001:db8::7", Some("is about another address")),
            // The registry's block above it, and then its own.
            (
                "inetnum: 203.0.113.0 - 203.0.113.255\ninetnum: 192.0.2.0 - 192.0.2.63\n",
                "192.0.2.7",
                None,
            ),
            ("netname: X\n", "192.0.2.7", None),
            ("inetnum: nonsense\n", "192.0.2.7", None),
            ("%ERROR:201: access denied for 192.0.2.1\n%\n", "192.0.2.7", Some("has no record")),
            ("", "192.0.2.7", Some("has no record")),
        ] {
            assert_eq!(whois_fault(answer.as_bytes(), addr(ip)), want, "{answer}");
        }
    }
}
