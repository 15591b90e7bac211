//! pfSense's and OPNsense's `filterlog`: pf's log as comma-separated fields.
//!
//! "Raw Filter Log Format" of the pfSense documentation (2.2 to 2.8) and OPNsense's
//! `filterlog.c` (18 to 25). All fields are pf's own numbers and names, in fixed places; rule
//! labels and anchors are the administrator's. An ICMP message of OPNsense's has no type, so it
//! opens nothing.

use super::act::Act;
use super::fields::csv;
use super::packet::{Did, Flags, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "filterlog",
    title: "pfSense 2.2 to 2.8, OPNsense 18 to 25 (filterlog)",
    family: Family::Firewall,
    programs: &["filterlog"],
    bare: &[],
    example: "Jun 12 08:58:35 fw filterlog[72237]: 146,,,1535324496,igb1,match,block,in,4,0x0,,63,12617,0,DF,6,tcp,60,203.0.113.9,192.0.2.7,43210,23,0,S,1891286705,,64240,,mss;sackOK;TS;nop;wscale",
    document: "https://docs.netgate.com/pfsense/en/latest/monitoring/logs/raw-filter-format.html",
    grammar: messages! {
        "packet" "" "%d,%d,%s,%d,%s,%s,%s,%s,%d,…" "filterlog.c, decode_packet()" |m| Said::one(packet(m));
    },
    trim: untrimmed,
};

/// What stands between the version of IP and the addresses, and after them.
fn packet(m: &[u8]) -> Option<Act<'_>> {
    let mut all = csv(m).skip(6);
    let (action, direction, version) = (all.next()?, all.next()?, all.next()?);
    let four = match version {
        b"4" => true,
        b"6" => false,
        _ => return None,
    };
    // tos, ecn, ttl, id, offset, flags, number, name; or class, label, hops, name, number.
    let mut fragment = false;
    let protocol = if four {
        let offset = all.nth(4)?;
        fragment = offset != b"0" && !offset.is_empty();
        all.nth(1)?
    } else {
        let name = all.nth(3)?;
        let number = all.next()?;
        if number.is_empty() { name } else { number }
    };
    if four {
        all.next()?;
    }
    let (_, source, destination) = (all.next()?, all.next()?, all.next()?);
    let (first, second) = (all.next().unwrap_or_default(), all.next().unwrap_or_default());
    let flags = all.nth(1).filter(|f| !f.is_empty());
    let way = match direction {
        b"in" => Way::In,
        b"out" => Way::Out,
        _ => return None,
    };
    let did = match action {
        b"block" | b"reject" if !fragment => Did::Refused,
        b"block" | b"reject" => Did::Noted,
        _ => Did::Allowed,
    };
    let seen = Seen::ends(source, first, destination, second)?.carrying(protocol);
    seen.destination?;
    Some(seen.flags(flags.map(Flags::letters)).echo(first == b"request").judged(did, way).act())
}
