//! Azure Firewall's diagnostic logs, structured and not.
//!
//! "Azure Firewall structured logs" and "legacy Azure Diagnostics logs" (2019 to 2026): one JSON
//! record each. `AZFWNetworkRule` has `SourceIp`, `DestinationIp`, `Protocol` and `Action`; the
//! legacy form says the same in `msg`. Source is who began it. Application and DNS rules tell of
//! our own clients, and name hosts that these asked for.
//!
//! "Flow logging for network security groups" (versions 1 and 2) and "Virtual network flow logs"
//! (version 4): many flows in one record, as tuples `time,source,destination,port,port,protocol,
//! direction,…`, with D for what a rule denied. A line has one reading. So it is hostile where
//! the denied inbound flows in it are of one source, and counts them; where they are of
//! several it accuses nobody and is quarantined.

use super::act::{Act, Kind};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Cuts, Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "azure",
    title: "Azure Firewall (structured logs of 2023, and legacy diagnostic logs), NSG flow logs 1 and 2, virtual network flow logs",
    family: Family::Firewall,
    programs: &["azure"],
    bare: &[Format::Json],
    example: r#"{"category":"AZFWNetworkRule","time":"2026-06-12T08:58:35.2140990Z","properties":{"Protocol":"TCP","SourceIp":"203.0.113.9","SourcePort":43210,"DestinationIp":"10.0.0.4","DestinationPort":22,"Action":"Deny","Policy":"p","Rule":""}}"#,
    document: "https://learn.microsoft.com/en-us/azure/firewall/monitor-firewall-reference",
    grammar: messages! {
        "record" "{" "{\"category\":\"%s\",\"properties\":{\"SourceIp\":\"%s\",\"SourcePort\":%d,\"DestinationIp\":\"%s\",\"Action\":\"%s\",…},…}" "Azure Firewall" |m| Said::one(record(m));
        "flows" "{" "{\"category\":\"%s\",…\"flowTuples\":[\"%d,%s,%s,%d,%d,%s,%s,%s,…\",…]…}" "NetworkSecurityGroupFlowEvent, FlowLogFlowEvent" flows;
    },
    trim: untrimmed,
};

fn record(m: &[u8]) -> Option<Act<'_>> {
    memchr::memmem::find(m, b"\"properties\"")?;
    let o = Object::read(m).ok()?;
    let category = o.word("category")?;
    (category.starts_with(b"AZFW") || category.starts_with(b"AzureFirewall")).then_some(())?;
    let p = o.get("properties")?.object()?;
    let network = matches!(category, b"AZFWNetworkRule" | b"AzureFirewallNetworkRule");
    if let Some(text) = p.word("msg") {
        return legacy(text, network);
    }
    let word = |name: &str| p.word(name).unwrap_or_default();
    let ends = Seen::ends(
        word("SourceIp"),
        word("SourcePort"),
        word("DestinationIp"),
        word("DestinationPort"),
    )?;
    Some(ends.carrying(word("Protocol")).judged(did(word("Action"), network), Way::Untold).act())
}

fn did(action: &[u8], network: bool) -> Did {
    match Did::of(action) {
        Did::Refused if !network => Did::Noted,
        did => did,
    }
}

/// `TCP request from A:p to B:p. Action: Deny. …`, `DNS Request: A:p - …`.
fn legacy(text: &[u8], network: bool) -> Option<Act<'_>> {
    let end = |word: &'_ [u8]| memchr::memrchr(b':', word);
    if let Some(rest) = text.strip_prefix(b"DNS Request: ") {
        let word = rest.split(|b| *b == b' ').next()?;
        let at = end(word)?;
        return Some(Seen::ends(word.get(..at)?, word.get(at + 1..)?, b"", b"")?.act());
    }
    let at = find(text, b" request from ")?;
    let protocol = text.get(..at)?.split(|b| *b == b' ').next()?;
    let mut words = text.get(at + 14..)?.split(|b| *b == b' ');
    let source = words.next()?;
    if let Some(source) = source.strip_suffix(b".") {
        // Of a client that named no host.
        let at = end(source)?;
        return Some(Seen::ends(source.get(..at)?, source.get(at + 1..)?, b"", b"")?.act());
    }
    (words.next()? == b"to").then_some(())?;
    let destination = words.next()?;
    let destination = destination.strip_suffix(b".").unwrap_or(destination);
    let action = match (words.next(), words.next()) {
        (Some(b"Action:"), Some(word)) => word.strip_suffix(b".").unwrap_or(word),
        _ => &[],
    };
    let (a, b) = (end(source)?, end(destination)?);
    let seen = Seen::ends(
        source.get(..a)?,
        source.get(a + 1..)?,
        destination.get(..b)?,
        destination.get(b + 1..)?,
    )?;
    let protocol = if protocol.starts_with(b"HTTP") { b"TCP" } else { protocol };
    Some(seen.carrying(protocol).judged(did(action, network), Way::Untold).act())
}

/// The tuples of a record, in whatever nesting: nothing in them is anybody's text.
fn tuples(m: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(m, b"\"flowTuples\"").flat_map(move |at| {
        let rest = m.get(at + 12..).unwrap_or_default().trim_ascii_start();
        let rest = rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        let list = rest.strip_prefix(b"[").unwrap_or_default();
        let list = list.get(..memchr::memchr(b']', list).unwrap_or(0)).unwrap_or_default();
        list.split(|b| *b == b'"').skip(1).step_by(2)
    })
}

/// One flow: `seconds,A,B,p,p,T|U,I|O,A|D[,state,…]` of network security groups,
/// `milliseconds,A,B,p,p,6|17,I|O,B|C|E|D,NX|X,…` of virtual networks.
fn tuple(text: &[u8]) -> Option<Act<'_>> {
    let mut f = text.split(|b| *b == b',');
    let (_, source, destination, from, to, protocol, direction, state) =
        (f.next()?, f.next()?, f.next()?, f.next()?, f.next()?, f.next()?, f.next()?, f.next()?);
    let protocol = match protocol {
        b"T" => b"tcp",
        b"U" => b"udp",
        other => other,
    };
    let way = match direction {
        b"I" => Way::In,
        b"O" => Way::Out,
        _ => return None,
    };
    let did = match state {
        b"D" => Did::Refused,
        b"A" | b"B" | b"C" | b"E" => Did::Allowed,
        _ => return None,
    };
    let seen = Seen::ends(source, from, destination, to)?;
    seen.destination?;
    Some(seen.carrying(protocol).judged(did, way).act())
}

fn flows(m: &[u8]) -> Said<'_> {
    if memchr::memmem::find(m, b"\"flowTuples\"").is_none() || Object::read(m).is_err() {
        return Said::No;
    }
    let mut cuts = Cuts::default();
    let mut hostile: Option<Act<'_>> = None;
    let mut other: Option<Act<'_>> = None;
    let mut sources = 0u32;
    for act in tuples(m).filter_map(tuple) {
        let kept = if act.kind == Kind::Packet { &mut hostile } else { &mut other };
        let Some(kept) = kept else {
            *kept = Some(act);
            sources += u32::from(act.kind == Kind::Packet);
            if act.kind == Kind::Packet {
                cuts.add(act);
            }
            continue;
        };
        if act.kind == Kind::Packet {
            cuts.add(act);
            sources += u32::from(kept.source != act.source);
            kept.count = kept.count.saturating_add(1);
        }
        together(kept, &act);
    }
    match (hostile, other) {
        (Some(_), _) if sources > 1 => cuts.said(),
        (Some(act), _) | (None, Some(act)) => Said::One(act),
        (None, None) => Said::No,
    }
}

/// What two flows have in common; what differs is not told.
fn together(kept: &mut Act<'_>, act: &Act<'_>) {
    fn alike<T: PartialEq + Copy>(kept: &mut Option<T>, other: Option<T>) {
        if *kept != other {
            *kept = None;
        }
    }
    alike(&mut kept.source, act.source);
    alike(&mut kept.source_port, act.source_port);
    alike(&mut kept.destination, act.destination);
    alike(&mut kept.destination_port, act.destination_port);
    alike(&mut kept.transport, act.transport);
}
