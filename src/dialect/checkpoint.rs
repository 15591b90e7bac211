//! Check Point Quantum and VPN-1: Log Exporter's syslog.
//!
//! "Log Exporter" (sk122323; R77.30 to R82): fields `key:"value";` in the structured data of RFC
//! 5424. `product:"VPN-1 & FireWall-1"` with `action:"Drop"` or `"Reject"` is the rule base's
//! refusal; `src` sent the packet, `dst` is before translation; zones and `ifdir` say who is
//! outside. Address spoofing and out-of-state packets accuse nobody. Other blades tell of what was
//! let in, and of logins to the management.

use super::act::Act;
use super::fields::{Style, keyed};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "checkpoint",
    title: "Check Point R77.30 to R82 (Log Exporter)",
    family: Family::Firewall,
    programs: &["CheckPoint", "Checkpoint"],
    bare: &[],
    example: r#"<134>1 2026-06-12T08:58:35Z gw CheckPoint 8363 - [action:"Drop"; flags:"444676"; ifdir:"inbound"; ifname:"eth0"; loguid:"{0x1,0x2}"; origin:"192.0.2.1"; sequencenum:"3"; version:"5"; dst:"192.0.2.7"; inzone:"External"; outzone:"Internal"; product:"VPN-1 & FireWall-1"; proto:"6"; s_port:"43210"; service:"23"; service_id:"telnet"; src:"203.0.113.9"]"#,
    document: "https://support.checkpoint.com/results/sk/sk122323",
    grammar: messages! {
        "log" "" "- [action:\"%s\"; … src:\"%s\"; s_port:\"%d\"; dst:\"%s\"; service:\"%d\"; proto:\"%d\"; product:\"%s\"; …]" "Log Exporter, format syslog" |m| Said::one(log(m));
    },
    trim: untrimmed,
};

fn log(m: &[u8]) -> Option<Act<'_>> {
    let open = memchr::memchr(b'[', m).filter(|at| *at <= 8)?;
    let [
        action,
        product,
        source,
        from,
        destination,
        to,
        protocol,
        inner,
        outer,
        icmp,
        client,
        about,
        state,
    ] = keyed(
        m.get(open + 1..)?,
        Style::Colon,
        [
            "action",
            "product",
            "!src",
            "s_port",
            "!dst",
            "service",
            "proto",
            "inzone",
            "outzone",
            "icmp_type|ICMP_Type",
            "!client_ip",
            "message_info|message",
            "tcp_packet_out_of_state",
        ],
    )?;
    if source.is_empty() {
        Addr::parse(client)?;
        return Some(Seen::ends(client, b"", b"", b"")?.act());
    }
    let firewall = product.starts_with(b"VPN-1 & FireWall-1");
    let spoofed = [&b"spoof"[..], b"Spoof"].iter().any(|w| find(about, w).is_some());
    let did = match action {
        b"Drop" | b"Reject" | b"Block" if firewall && !spoofed && state.is_empty() => Did::Refused,
        b"Accept" | b"Decrypt" | b"Encrypt" if firewall => Did::Allowed,
        _ => Did::Noted,
    };
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(icmp == b"8");
    Some(seen.judged(did, Way::between(inner, outer)).act())
}
