//! Fortinet FortiGate: FortiOS's logs as `key=value`.
//!
//! "FortiOS Log Message Reference" (5.0 to 7.6). Of `type="traffic"`, `action="deny"` means that the
//! firewall's policy refused the session; *all other* actions mean that it was let through, and say
//! how it ended. `srcip` began the session. What a security profile blocks (`type="utm"`) had been
//! let through first, so it opens nothing. The roles of the interfaces (`lan`, `wan`, `dmz`) say who
//! is outside, else their names. URLs, user agents and account names are the far end's, in quotes.

use super::act::Act;
use super::fields::{Style, keyed};
use super::mention::bracketed;
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "fortigate",
    title: "Fortinet FortiGate (FortiOS 5.0 to 7.6)",
    family: Family::Firewall,
    programs: &["", "fortigate"],
    bare: &[Format::Pairs],
    example: r#"Jun 12 08:58:35 fw date=2026-06-12 time=08:58:35 devname="fw" devid="FGX" eventtime=1781247515000000000 tz="+0200" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=203.0.113.9 srcport=43210 srcintf="port1" srcintfrole="wan" dstip=192.0.2.7 dstport=23 dstintf="port2" dstintfrole="lan" proto=6 action="deny" policyid=0 service="TELNET""#,
    document: "https://docs.fortinet.com/document/fortigate/7.6.1/fortios-log-message-reference",
    grammar: messages! {
        "log" "" "date=%s time=%s devname=\"%s\" … type=\"%s\" srcip=%s srcport=%d dstip=%s dstport=%d proto=%d action=\"%s\" …" "FortiOS, logid" |m| Said::one(log(m));
    },
    trim: untrimmed,
};

fn log(m: &[u8]) -> Option<Act<'_>> {
    let at = find(m, b"logid=").or_else(|| find(m, b"log_id="))?;
    let before = at.checked_sub(1).and_then(|n| m.get(n));
    // `set csv enable` puts commas between the pairs.
    let style = match before {
        Some(b',') => Style::List,
        None | Some(b' ') => Style::Blank,
        Some(_) => {
            find(m, b" logid=")?;
            Style::Blank
        }
    };
    let [
        kind,
        action,
        source,
        from,
        destination,
        to,
        protocol,
        inner,
        outer,
        in_role,
        out_role,
        remote,
        local,
        service,
    ] = keyed(
        m,
        style,
        [
            "type",
            "action",
            "!srcip",
            "srcport",
            "!dstip",
            "dstport",
            "proto",
            "srcintf",
            "dstintf",
            "srcintfrole",
            "dstintfrole",
            "!remip",
            "locip",
            "service",
        ],
    )?;
    if source.is_empty() {
        // A tunnel's event: the far end of the tunnel.
        if Addr::parse(remote).is_none() {
            return login(m, style);
        }
        let [from, to] = keyed(m, style, ["remport", "locport"])?;
        return Some(Seen::ends(remote, from, local, to)?.act());
    }
    let did = match (kind, action) {
        (b"traffic", b"deny") => Did::Refused,
        (b"traffic", _) => Did::Allowed,
        _ => Did::Noted,
    };
    let way = match (in_role, out_role) {
        (b"wan", _) => Way::In,
        (b"lan" | b"dmz", _) | (_, b"wan") => Way::Out,
        _ => Way::between(inner, outer),
    };
    // Of ICMP, PING is the name of a request for an echo.
    let echo = service.eq_ignore_ascii_case(b"PING") || service.eq_ignore_ascii_case(b"PING6");
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(echo);
    Some(seen.judged(did, way).act())
}

/// A login or a change at the device: `remote_ip=A`, `userip=A`, or `ui="GUI(A)"`; the lease of a DHCP server.
fn login(m: &[u8], style: Style) -> Option<Act<'_>> {
    // FortiMail writes alike, and of mail; its serial numbers begin with `FE`.
    if find(m, b"device_id=FE").is_some() || find(m, b"device_id=\"FE").is_some() {
        return None;
    }
    let [remote, from, screen, client] =
        keyed(m, style, ["!remote_ip|userip|client_addr", "remote_port", "!ui", "!ip"])?;
    if Addr::parse(remote).is_some() {
        return Some(Seen::ends(remote, from, b"", b"")?.act());
    }
    let source = bracketed(screen).or_else(|| Addr::parse(client))?;
    Some(Seen { source: Some(source), ..Seen::default() }.act())
}
