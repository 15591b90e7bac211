//! Zeek (Bro): conn, notice, ssh, smtp and other logs, as TSV or JSON.
//!
//! "Zeek Log Formats" (Bro 2.0 to Zeek 7.2). In all of them `id.orig_h` is who began the connection.
//! Of conn.log, `conn_state` S0 (a SYN, no answer) and REJ (refused) are attempts that came to
//! nothing; `local_orig` and `local_resp` say who is outside. Other states and logs are context:
//! a name, a banner or a path in them is the far end's. TSV without `#fields` has the standard
//! columns.

use super::act::Act;
use super::packet::{Did, Flags, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "zeek",
    title: "Zeek (Bro) 2.0 to 7.2: conn and other logs",
    family: Family::Firewall,
    programs: &["zeek", "bro"],
    bare: &[Format::Epoch, Format::Json],
    example: r#"{"ts":1781247520.123456,"uid":"CHhAvV","id.orig_h":"203.0.113.9","id.orig_p":43210,"id.resp_h":"192.0.2.7","id.resp_p":23,"proto":"tcp","conn_state":"REJ","local_orig":false,"local_resp":true,"history":"Sr"}"#,
    document: "https://docs.zeek.org/en/master/logs/conn.html",
    grammar: messages! {
        "json" "{" "{\"ts\":%f,\"uid\":\"%s\",\"id.orig_h\":\"%s\",\"id.orig_p\":%d,\"id.resp_h\":\"%s\",…}" "base/protocols/conn/main.zeek" |m| Said::one(json(m));
        "tsv" "C" "%s<TAB>%s<TAB>%d<TAB>%s<TAB>%d<TAB>%s…" "base/protocols/conn/main.zeek" |m| Said::one(tsv(m));
    },
    trim: untrimmed,
};

/// The states of a connection in conn.log.
const STATES: &[&[u8]] = &[
    b"S0", b"S1", b"SF", b"REJ", b"S2", b"S3", b"RSTO", b"RSTR", b"RSTOS0", b"RSTRH", b"SH",
    b"SHR", b"OTH",
];

/// What a connection of a state comes to, by its history: `S` is the originator's SYN.
fn judged(seen: Seen, state: &[u8], history: &[u8], local: (&[u8], &[u8])) -> Seen {
    let did = match state {
        b"S0" | b"REJ" if history.first() == Some(&b'S') => Did::Refused,
        b"S0" | b"REJ" => Did::Noted,
        _ => Did::Allowed,
    };
    let yes = |w: &[u8]| w == b"T" || w == b"true";
    let no = |w: &[u8]| w == b"F" || w == b"false";
    let way = match local {
        (orig, _) if yes(orig) => Way::Out,
        (orig, resp) if no(orig) && yes(resp) => Way::In,
        (orig, resp) if no(orig) && no(resp) => Way::Out,
        _ => Way::Untold,
    };
    seen.flags(Some(Flags { syn: did == Did::Refused, answers: false })).judged(did, way)
}

fn json(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"id.orig_h\"")?;
    let o = Object::read(m).ok()?;
    let word = |name: &str| o.word(name).unwrap_or_default();
    let seen =
        Seen::ends(word("id.orig_h"), word("id.orig_p"), word("id.resp_h"), word("id.resp_p"))?;
    let seen = seen.carrying(word("proto"));
    let state = word("conn_state");
    if state.is_empty() {
        return Some(seen.act());
    }
    Some(judged(seen, state, word("history"), (word("local_orig"), word("local_resp"))).act())
}

fn tsv(m: &[u8]) -> Option<Act<'_>> {
    let mut columns = m.split(|b| *b == b'\t');
    let _uid = columns.next()?;
    let (source, from) = (columns.next()?, columns.next()?);
    let (destination, to) = (columns.next()?, columns.next()?);
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    let protocol = columns.next().unwrap_or_default();
    if !matches!(protocol, b"tcp" | b"udp" | b"icmp") {
        return Some(seen.act());
    }
    // service, duration, orig_bytes, resp_bytes, conn_state, local_orig, local_resp, missed_bytes, history
    let state = columns.nth(4).unwrap_or_default();
    let seen = seen.carrying(protocol);
    if !STATES.contains(&state) {
        return Some(seen.act());
    }
    let local = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    let history = columns.nth(1).unwrap_or_default();
    Some(judged(seen, state, history, local).act())
}
