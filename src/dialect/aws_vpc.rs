//! AWS VPC flow logs in their default format, version 2.
//!
//! "Flow log records" (Amazon VPC User Guide, 2015 to 2026): `version account interface srcaddr
//! dstaddr srcport dstport protocol packets bytes start end action log-status`. REJECT is a security
//! group's or network ACL's refusal; it is logged for both directions, so what a private address
//! sends to a public one is ours. Flags are not logged: what comes from a service's port to a
//! client's is taken for an answer. A record is one flow of an aggregation interval.

use super::act::Act;
use super::packet::{Did, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "aws_vpc",
    title: "AWS VPC flow logs, version 2",
    family: Family::Firewall,
    programs: &["vpcflow"],
    bare: &[Format::Flow],
    example: "2 123456789010 eni-1235b8ca123456789 203.0.113.9 10.0.0.7 43210 22 6 1 40 1781247515 1781247575 REJECT OK",
    document: "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
    grammar: messages! {
        "flow" "2 " "2 %s %s %s %s %d %d %d %d %d %d %d %s %s" "Amazon VPC" |m| Said::one(flow(m));
    },
    trim: untrimmed,
};

fn flow(m: &[u8]) -> Option<Act<'_>> {
    let mut fields = m.split(|b| *b == b' ').skip(3);
    let (source, destination) = (fields.next()?, fields.next()?);
    let (from, to, protocol) = (fields.next()?, fields.next()?, fields.next()?);
    let did = match fields.nth(4)? {
        b"REJECT" => Did::Refused,
        b"ACCEPT" => Did::Allowed,
        _ => return None,
    };
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(protocol).judged(did, Way::Untold).act())
}
