//! AWS VPC flow logs in their default format, with more fields behind it, or in any order that the
//! first line of a file tells: then the envelope puts a line's columns into the default order
//! (`envelope::columns`).
//!
//! "Flow log records" (Amazon VPC User Guide, 2015 to 2026): `version account interface srcaddr
//! dstaddr srcport dstport protocol packets bytes start end action log-status`. REJECT is a security
//! group's or network ACL's refusal; it is logged for both directions, so what a private address
//! sends to a public one is ours. Version 2 logs no flags: what comes from a service's port to a
//! client's is taken for an answer. A record is one flow of an aggregation interval.

use super::act::Act;
use super::packet::{Did, Flags, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::{Format, rfc3164::number};
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "aws_vpc",
    title: "AWS VPC flow logs, versions 2 to 10, columns as documented or in the order that a file's first line tells",
    family: Family::Firewall,
    programs: &["vpcflow"],
    bare: &[Format::Flow, Format::Json],
    example: "2 123456789010 eni-1235b8ca123456789 203.0.113.9 10.0.0.7 43210 22 6 1 40 1781247515 1781247575 REJECT OK",
    document: "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
    grammar: messages! {
        "flow" "" "%d %s %s %s %s %d %d %d %d %d %d %d %s %s" "Amazon VPC" |m| Said::one(flow(m));
        "json" "{" "{\"version\":%d,\"interface_id\":\"%s\",\"srcaddr\":\"%s\",\"dstaddr\":\"%s\",…,\"action\":\"%s\",…}" "the same fields as an object" |m| Said::one(json(m));
    },
    trim: untrimmed,
};

/// The same as an object, as some pipelines deliver it: the same names, with `_` for `-`.
fn json(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"srcaddr\"")?;
    let o = Object::read(m).ok()?;
    o.first_word(&["interface_id", "interface-id"])?;
    let word = |name: &str| {
        let word = o.word(name).unwrap_or_default();
        // A table's column that may be null makes a number one with a fraction.
        word.strip_suffix(b".0").filter(|w| w.iter().all(u8::is_ascii_digit)).unwrap_or(word)
    };
    let did = match word("action") {
        b"REJECT" => Did::Refused,
        b"ACCEPT" => Did::Allowed,
        _ => return None,
    };
    let seen = Seen::ends(word("srcaddr"), word("srcport"), word("dstaddr"), word("dstport"))?;
    seen.destination?;
    let flags = o.first_word(&["tcp_flags", "tcp-flags"]).and_then(number).map(Flags::bits);
    let way = match o.first_word(&["flow_direction", "flow-direction"]) {
        Some(b"ingress") => Way::In,
        Some(b"egress") => Way::Out,
        _ => Way::Untold,
    };
    Some(seen.carrying(word("protocol")).flags(flags).judged(did, way).act())
}

fn flow(m: &[u8]) -> Option<Act<'_>> {
    let mut fields = m.split(|b| *b == b' ');
    number(fields.next()?).filter(|version| (2..=20).contains(version))?;
    let mut fields = fields.skip(2);
    let (source, destination) = (fields.next()?, fields.next()?);
    let (from, to, protocol) = (fields.next()?, fields.next()?, fields.next()?);
    let did = match fields.nth(4)? {
        b"REJECT" => Did::Refused,
        b"ACCEPT" => Did::Allowed,
        _ => return None,
    };
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    // Since version 3 the flags of all packets of the interval, and in version 5 the direction.
    let listed =
        matches!((fields.next(), fields.next()), (Some(b"OK"), Some([b'v', b'p', b'c', b'-', ..])));
    let mut more = fields.skip(2).take_while(|_| listed);
    let flags = more.next().and_then(number).map(Flags::bits);
    let way = match more.find(|w| matches!(*w, b"ingress" | b"egress")) {
        Some(b"ingress") => Way::In,
        Some(_) => Way::Out,
        None => Way::Untold,
    };
    Some(seen.carrying(protocol).flags(flags).judged(did, way).act())
}
