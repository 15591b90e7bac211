//! Sophos Firewall (XG, XGS; SFOS) and the older device format of Cyberoam.
//!
//! "Sophos Firewall Syslog Guide" (SFOS 15 to 21). Of `log_type="Firewall"`, `log_subtype` is
//! Allowed, Denied or Drop; `log_component="Invalid Traffic"` is what belongs to no connection, so
//! mostly late answers: it opens nothing. Zones, or their types (`WAN`, `LAN`, `DMZ`), say who is
//! outside. Addresses are those before translation. Other log types tell of what was let in, and
//! hold subjects, file names and URLs of the far end's.

use super::act::Act;
use super::fields::{Style, keyed};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "sophos_xg",
    title: "Sophos Firewall (SFOS 15 to 21)",
    family: Family::Firewall,
    programs: &["", "sophos"],
    bare: &[Format::Pairs],
    example: r#"Jun 12 08:58:35 fw device_name="SFW" timestamp="2026-06-12T08:58:35+0200" device_model="SFVH" log_id="010102600002" log_type="Firewall" log_component="Firewall Rule" log_subtype="Denied" log_version=1 severity="Information" fw_rule_id="0" in_interface="Port2" out_interface="Port1" src_ip="203.0.113.9" src_country="R1" dst_ip="192.0.2.7" protocol="TCP" src_port=43210 dst_port=23 src_zone_type="WAN" src_zone="WAN" dst_zone_type="LAN" dst_zone="LAN""#,
    document: "https://docs.sophos.com/nsg/sophos-firewall/21.0/syslog-guide/",
    grammar: messages! {
        "event" "" "device_name=\"%s\" timestamp=\"%s\" … log_type=\"%s\" log_component=\"%s\" log_subtype=\"%s\" … src_ip=\"%s\" dst_ip=\"%s\" protocol=\"%s\" src_port=%d dst_port=%d …" "SFOS, device standard and central reporting formats" |m| Said::one(event(m));
    },
    trim: untrimmed,
};

fn event(m: &[u8]) -> Option<Act<'_>> {
    find(m, b"log_type=\"")?;
    let [
        kind,
        component,
        subtype,
        source,
        destination,
        protocol,
        from,
        to,
        in_type,
        inner,
        out_type,
        outer,
        icmp,
    ] = keyed(
        m,
        Style::Blank,
        [
            "log_type",
            "log_component",
            "log_subtype",
            "!src_ip|sourceip",
            "!dst_ip|destinationip|localip",
            "protocol",
            "src_port",
            "dst_port",
            "src_zone_type|srczonetype",
            "src_zone|srczone",
            "dst_zone_type|dstzonetype",
            "dst_zone|dstzone",
            "icmp_type",
        ],
    )?;
    let did = match (kind, component, subtype) {
        (b"Firewall", b"Invalid Traffic" | b"Invalid Fragmented Traffic", _) => Did::Noted,
        (b"Firewall", _, b"Denied" | b"Drop" | b"Dropped") => Did::Refused,
        (b"Firewall", _, b"Allowed") => Did::Allowed,
        _ => Did::Noted,
    };
    let way = if in_type.is_empty() && out_type.is_empty() {
        Way::between(inner, outer)
    } else {
        Way::between(in_type, out_type)
    };
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol.trim_ascii());
    Some(seen.echo(icmp == b"8").judged(did, way).act())
}
