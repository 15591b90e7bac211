//! Barracuda Web Application Firewall: its network firewall's log, and the web logs' ends.
//!
//! "Syslog and other Logs" of the Barracuda WAF (9 to 12): `stamp unit NF severity protocol source
//! port destination port action ACL interface …`, and `WF` and `TR`, which tell of requests to the
//! sites behind it: their URLs and agents are the far end's, and follow the ends.

use super::act::Act;
use super::packet::{Did, Seen, Way};
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "barracuda",
    title: "Barracuda Web Application Firewall 9 to 12",
    family: Family::Firewall,
    programs: &["", "NF", "WF", "TR"],
    bare: &[],
    example: "<129>2026-06-12 08:58:35.404 +0100  waf NF ALER TCP 203.0.113.9 43210 192.0.2.7 80 DENY ACL MGMT/LAN/WAN interface traffic:deny",
    document: "https://campus.barracuda.com/product/webapplicationfirewall/doc/92767349/syslog-and-other-logs/",
    grammar: messages! {
        "network" "NF " "NF %s %s %s %d %s %d %s %s %s" "Network Firewall Logs" |m| Said::one(network(m));
        "web" "WF " "WF %s %s %s %d %s %d …" "Web Firewall Logs" |m| Said::one(web(m));
        "access" "TR " "TR %s %d %s %d …" "Access Logs" |m| Said::one(access(m));
    },
    trim: untrimmed,
};

fn network(m: &[u8]) -> Option<Act<'_>> {
    let mut w = m.split(|b| *b == b' ').skip(2);
    let (protocol, source, from, destination, to, action) =
        (w.next()?, w.next()?, w.next()?, w.next()?, w.next()?, w.next()?);
    let did = match action {
        b"DENY" => Did::Refused,
        b"ALLOW" => Did::Allowed,
        _ => return None,
    };
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(protocol).judged(did, Way::Untold).act())
}

/// Refused or not, a request came over a connection that was let in.
fn web(m: &[u8]) -> Option<Act<'_>> {
    let mut w = m.split(|b| *b == b' ').skip(3);
    let (source, from, destination, to) = (w.next()?, w.next()?, w.next()?, w.next()?);
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(b"tcp").act())
}

/// The service stands first, the client after it.
fn access(m: &[u8]) -> Option<Act<'_>> {
    let mut w = m.split(|b| *b == b' ').skip(1);
    let (destination, to, source, from) = (w.next()?, w.next()?, w.next()?, w.next()?);
    Addr::parse(destination)?;
    Some(Seen::ends(source, from, destination, to)?.carrying(b"tcp").act())
}
