//! A `xarf.json` against what its specification (version 4.2.0) asks, and what
//! its own libraries do not look at: payload, hash, size, and a port that was seen.

use std::net::IpAddr;

use serde_json::Value;

use crate::hash::sha256;
use crate::limits::XARF_EVIDENCE_BYTES;

/// The keys it has to have, for a connection from an address.
const WANTED: [&str; 12] = [
    "xarf_version",
    "report_id",
    "timestamp",
    "reporter",
    "sender",
    "source_identifier",
    "source_port",
    "category",
    "type",
    "protocol",
    "first_seen",
    "evidence",
];

/// The keys it may have besides.
const MAY: [&str; 7] = [
    "destination_ip",
    "destination_port",
    "last_seen",
    "evidence_source",
    "confidence",
    "description",
    "tags",
];

/// What is wrong with it; nothing where it is sound.
#[must_use]
pub fn check(bytes: &[u8], evidence: &[u8]) -> Vec<String> {
    let Ok(Value::Object(map)) = serde_json::from_slice(bytes) else {
        return vec!["it is no JSON object".to_owned()];
    };
    let mut wrong: Vec<String> = WANTED
        .iter()
        .filter(|key| !map.contains_key(**key))
        .map(|key| format!("`{key}` is missing"))
        .collect();
    let known = |key: &&String| WANTED.contains(&key.as_str()) || MAY.contains(&key.as_str());
    wrong.extend(map.keys().filter(|k| !known(k)).map(|k| format!("`{k}` is no key of it")));
    let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut fail = |right: bool, why: &str| {
        if !right {
            wrong.push(why.to_owned());
        }
    };
    let version: Vec<&str> = text("xarf_version").split('.').collect();
    let number = |t: &&str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    fail(
        version.len() == 3 && version.first() == Some(&"4") && version.iter().all(number),
        "`xarf_version` is not 4.x.y",
    );
    fail(is_uuid(text("report_id")), "`report_id` is no UUID of version 4");
    for key in ["timestamp", "first_seen", "last_seen"] {
        let has = map.contains_key(key);
        fail(!has || is_utc(text(key)), &format!("`{key}` is no instant in UTC"));
    }
    for key in ["reporter", "sender"] {
        let who = map.get(key).and_then(Value::as_object);
        let keys: Vec<&str> = who.into_iter().flat_map(|w| w.keys()).map(String::as_str).collect();
        fail(
            keys.len() == 3 && ["org", "contact", "domain"].iter().all(|k| keys.contains(k)),
            &format!("`{key}` has other keys than org, contact and domain"),
        );
    }
    for key in ["source_identifier", "destination_ip"] {
        let has = map.contains_key(key);
        fail(!has || text(key).parse::<IpAddr>().is_ok(), &format!("`{key}` is no address"));
    }
    fail(text("category") == "connection", "`category` is not one that plaint writes");
    fail(
        ["login_attack", "port_scan"].contains(&text("type")),
        "`type` is not one that plaint writes",
    );
    fail(["tcp", "udp", "icmp", "sctp"].contains(&text("protocol")), "`protocol` is none of its");
    let port = map.get("source_port").and_then(Value::as_u64).unwrap_or_default();
    fail((1..=65_535).contains(&port), "`source_port` is no port");
    let digits = port.to_string();
    let seen = memchr::memmem::find_iter(evidence, digits.as_bytes()).any(|at| {
        let beside =
            |i: Option<usize>| i.and_then(|i| evidence.get(i)).is_some_and(u8::is_ascii_digit);
        !beside(at.checked_sub(1)) && !beside(Some(at + digits.len()))
    });
    fail(seen, "`source_port` is in no line of the evidence");
    let sure = map.get("confidence").map(|c| c.as_f64().unwrap_or(-1.0));
    fail(sure.is_none_or(|c| (0.0..=1.0).contains(&c)), "`confidence` is not between 0 and 1");
    fail(text("description").chars().count() <= 1000, "`description` is longer than 1000");
    let items = map.get("evidence").and_then(Value::as_array);
    fail(items.is_some_and(|i| (1..=50).contains(&i.len())), "`evidence` has not 1 to 50 items");
    for item in items.into_iter().flatten() {
        let of = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
        let Some(payload) = decoded(of("payload")) else {
            fail(false, "`payload` is no base64");
            continue;
        };
        fail(!of("content_type").is_empty(), "`content_type` is missing");
        fail(
            of("hash") == format!("sha256:{}", sha256(&payload)),
            "`hash` is not that of the payload",
        );
        let size = item.get("size").and_then(Value::as_u64);
        fail(size == Some(payload.len() as u64), "`size` is not that of the payload");
        fail(payload.len() <= XARF_EVIDENCE_BYTES, "the payload is too long");
    }
    wrong
}

fn is_uuid(text: &str) -> bool {
    let form: Vec<usize> = text.split('-').map(str::len).collect();
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let at = |i: usize, of: &[u8]| text.as_bytes().get(i).is_some_and(|b| of.contains(b));
    form == [8, 4, 4, 4, 12] && hex && at(14, b"4") && at(19, b"89abAB")
}

/// `2026-03-29T03:00:00Z`, with or without a fraction.
fn is_utc(text: &str) -> bool {
    let b = text.as_bytes();
    let form: String =
        text.chars().take(19).map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    form == "9999-99-99T99:99:99"
        && b.last() == Some(&b'Z')
        && b.get(19..b.len() - 1).is_some_and(|f| {
            f.is_empty()
                || f.strip_prefix(b".")
                    .is_some_and(|d| !d.is_empty() && d.iter().all(u8::is_ascii_digit))
        })
}

/// Standard base64 with its padding, without white space.
fn decoded(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(4) {
        return None;
    }
    let bare = text.trim_end_matches('=');
    if text.len() - bare.len() > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let six = |b: &u8| SIX.get(usize::from(*b)).copied().unwrap_or(NONE);
    let (whole, rest) = bare.as_bytes().as_chunks::<4>();
    let mut all = 0;
    for [a, b, c, d] in whole {
        let [a, b, c, d] = [six(a), six(b), six(c), six(d)];
        all |= a | b | c | d;
        out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    let rest: Vec<u8> = rest.iter().map(six).collect();
    // What is left over is padding, and zero.
    let sound = match rest.as_slice() {
        [] => true,
        [a, b] => {
            all |= a | b;
            out.push(a << 2 | b >> 4);
            b << 4 == 0
        }
        [a, b, c] => {
            all |= a | b | c;
            out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2]);
            c << 6 == 0
        }
        _ => false,
    };
    (sound && all & NONE == 0).then_some(out)
}

/// What is no digit of base64.
const NONE: u8 = 0x80;

/// The value of each byte as a digit of base64.
static SIX: [u8; 256] = six();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn six() -> [u8; 256] {
    let mut all = [NONE; 256];
    let mut n = 0;
    while n < 26 {
        all[(b'A' + n) as usize] = n;
        all[(b'a' + n) as usize] = n + 26;
        n += 1;
    }
    n = 0;
    while n < 10 {
        all[(b'0' + n) as usize] = n + 52;
        n += 1;
    }
    all[b'+' as usize] = 62;
    all[b'/' as usize] = 63;
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::base64;
    use serde_json::json;

    fn sound() -> Value {
        let who = json!({"org": "X", "contact": "a@victim.example", "domain": "victim.example"});
        let log = b"Failed password for root from 192.0.2.7 port 40000 ssh2\n";
        json!({
            "xarf_version": "4.2.0", "report_id": "2d711642-b726-4b04-a27c-6ebb9b0d8b3f",
            "timestamp": "2026-02-03T03:14:07Z", "reporter": who, "sender": who,
            "source_identifier": "192.0.2.7", "source_port": 40000, "category": "connection",
            "type": "login_attack", "protocol": "tcp", "first_seen": "2026-02-03T03:14:07.5Z",
            "evidence": [{"content_type": "text/plain", "payload": base64(log),
                "hash": format!("sha256:{}", sha256(log)), "size": log.len()}]
        })
    }

    const EVIDENCE: &[u8] = b"Failed password for root from 192.0.2.7 port 40000 ssh2\n";

    #[test]
    fn what_is_wrong_is_found() {
        assert_eq!(check(sound().to_string().as_bytes(), EVIDENCE), Vec::<String>::new());
        for (place, value, why) in [
            ("/xarf_version", json!("3"), "4.x.y"),
            ("/report_id", json!("2d711642-b726-1b04-a27c-6ebb9b0d8b3f"), "UUID"),
            ("/timestamp", json!("2026-02-03T04:14:07+01:00"), "instant"),
            ("/first_seen", json!("2026-02-03T03:14:07.Z"), "instant"),
            ("/reporter", json!({"org": "X"}), "other keys"),
            ("/source_identifier", json!("999.1.1.1"), "no address"),
            ("/source_port", json!(0), "no port"),
            ("/source_port", json!(4000), "no line of the evidence"),
            ("/source_port", json!(null), "no port"),
            ("/category", json!("content"), "category"),
            ("/type", json!("ssh-attack"), "type"),
            ("/protocol", json!("gre"), "protocol"),
            ("/evidence", json!([]), "1 to 50"),
            ("/evidence/0/payload", json!("Zm9v YmFy"), "base64"),
            ("/evidence/0/payload", json!("Zm9vYmFy"), "hash"),
            ("/evidence/0/size", json!(1), "size"),
        ] {
            let mut spoilt = sound();
            *spoilt.pointer_mut(place).unwrap() = value;
            let wrong = check(spoilt.to_string().as_bytes(), EVIDENCE);
            assert!(wrong.iter().any(|w| w.contains(why)), "{place}: {wrong:?}");
        }
        let mut more = sound();
        more["count"] = json!(12);
        more["confidence"] = json!(1.5);
        assert_eq!(check(more.to_string().as_bytes(), EVIDENCE).len(), 2);
        assert_eq!(check(b"[]", EVIDENCE).len(), 1);
    }

    #[test]
    fn base64_both_ways() {
        for n in 1..40_u8 {
            let bytes: Vec<u8> = (0..n).map(|i| i.wrapping_mul(37)).collect();
            assert_eq!(decoded(&base64(&bytes)), Some(bytes));
        }
        for bad in ["", "A", "AA=A", "A===", "AB==", "A\nAA"] {
            assert_eq!(decoded(bad), None, "{bad:?}");
        }
    }
}
