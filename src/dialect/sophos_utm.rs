//! Sophos (Astaro) UTM 9: the packet filter's log, and the proxies' that name a peer.
//!
//! "Sophos UTM 9 Log Files" and ulogd's plugin for it (8 to 9.7): `id="2001"` to `"2021"` with
//! `action`, `initf` (left out where we sent it), `srcip`, `dstip`, `proto`, `srcport`, `dstport`,
//! `tcpflags`, `type`. The proxies' lines tell of our own users; URLs in them are the far end's.

use super::act::Act;
use super::fields::{Style, keyed};
use super::packet::{Did, Flags, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "sophos_utm",
    title: "Sophos (Astaro) UTM 8 to 9.7",
    family: Family::Firewall,
    programs: &[
        "ulogd",
        "httpproxy",
        "reverseproxy",
        "afcd",
        "snort",
        "aua",
        "pluto",
        "smtpd",
        "confd",
        "httpd",
        "openvpn",
        "awed",
        "named",
    ],
    bare: &[],
    example: r#"2026:06:12-08:58:35 fw ulogd[6267]: id="2001" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped" action="drop" fwrule="60001" initf="eth1" srcmac="02:00:00:00:00:01" dstmac="02:00:00:00:00:02" srcip="203.0.113.9" dstip="192.0.2.7" proto="6" length="40" tos="0x00" prec="0x00" ttl="240" srcport="43210" dstport="23" tcpflags="SYN""#,
    document: "https://docs.sophos.com/nsg/sophos-utm/utm/9.708/help/en-us/Content/utm/utmAdminGuide/LogLogFiles.htm",
    grammar: messages! {
        "event" "id=\"" "id=\"%s\" severity=\"%s\" sys=\"%s\" sub=\"%s\" name=\"%s\" action=\"%s\" … srcip=\"%s\" dstip=\"%s\" proto=\"%d\" …" "ulogd and the proxies of UTM" |m| Said::one(event(m));
    },
    trim: untrimmed,
};

fn event(m: &[u8]) -> Option<Act<'_>> {
    find(m, b" sys=\"").or_else(|| find(m, b" localip=\""))?;
    let [sub, action, inner, source, destination, protocol, from, to, flags, kind] = keyed(
        m,
        Style::Blank,
        [
            "sub",
            "action",
            "initf",
            "!srcip",
            "!dstip|localip",
            "proto",
            "srcport",
            "dstport",
            "tcpflags",
            "type",
        ],
    )?;
    let did = match (sub, action) {
        (b"packetfilter", b"drop" | b"reject") => Did::Refused,
        (b"packetfilter", b"accept" | b"log") => Did::Allowed,
        _ => Did::Noted,
    };
    // The names of interfaces are the kernel's: eth0, eth1.
    let way = if inner.is_empty() { Way::Out } else { Way::Untold };
    let mut seen = Seen::ends(source, from, destination, to)?.carrying(protocol);
    if !flags.is_empty() {
        seen = seen.flags(Some(Flags::words(flags)));
    }
    Some(seen.echo(kind == b"8" || kind == b"128").judged(did, way).act())
}
