//! Azure Firewall's diagnostic logs, structured and not.
//!
//! "Azure Firewall structured logs" and "legacy Azure Diagnostics logs" (2019 to 2026): one JSON
//! record each. `AZFWNetworkRule` has `SourceIp`, `DestinationIp`, `Protocol` and `Action`; the
//! legacy form says the same in `msg`. Source is who began it. Application and DNS rules tell of
//! our own clients, and name hosts that these asked for. NSG and virtual network flow logs hold
//! many flows in one record, which is more than one line can tell: they are not read.

use super::act::Act;
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;
use crate::json::Object;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "azure",
    title: "Azure Firewall (structured logs of 2023, and legacy diagnostic logs)",
    family: Family::Firewall,
    programs: &["azure"],
    bare: &[Format::Json],
    example: r#"{"category":"AZFWNetworkRule","time":"2026-06-12T08:58:35.2140990Z","properties":{"Protocol":"TCP","SourceIp":"203.0.113.9","SourcePort":43210,"DestinationIp":"10.0.0.4","DestinationPort":22,"Action":"Deny","Policy":"p","Rule":""}}"#,
    document: "https://learn.microsoft.com/en-us/azure/firewall/monitor-firewall-reference",
    grammar: messages! {
        "record" "{" "{\"category\":\"%s\",\"properties\":{\"SourceIp\":\"%s\",\"SourcePort\":%d,\"DestinationIp\":\"%s\",\"Action\":\"%s\",…},…}" "Azure Firewall" |m| Said::one(record(m));
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
