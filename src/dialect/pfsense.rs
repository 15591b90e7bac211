//! pfSense's and OPNsense's other daemons: the web interface, OpenVPN, HAProxy, squid, ISC's DHCP server.
//!
//! `auth.inc` and `globals.inc` of pfSense (2.4 to 2.8), OPNsense (19 to 26); OpenVPN's `socket.c` (2.4 to
//! 2.6), "Log formats" of HAProxy (1.8 to 3.2), squid's `native` form, `dhcpd`'s `dhcp.c` (4.4). They tell of
//! logins and connections, and of no refused packet: all is context. Account names stand before the
//! peer in the interface's messages; in the others nothing of the far end's does.

use super::act::Act;
use super::mention::{Words, peer, spot};
use super::packet::Seen;
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "pfsense",
    title: "pfSense 2.4 to 2.8, OPNsense 19 to 26: web interface, OpenVPN, HAProxy, squid, dhcpd",
    family: Family::Firewall,
    programs: &["php-fpm", "php", "openvpn", "haproxy", "(squid-*)", "squid", "dhcpd", "dhcpd6"],
    bare: &[],
    example: "Jun 12 08:58:35 fw php-fpm[99932]: /index.php: webConfigurator authentication error for user 'admin' from: 203.0.113.9",
    document: "https://docs.netgate.com/pfsense/en/latest/monitoring/logs/index.html",
    grammar: messages! {
        "web" "/" "%s: webConfigurator authentication error for user '%s' from: %s" "auth.inc, authgui.inc" |m| Said::one(web(m));
        "openvpn" "" "%s from [AF_INET]%s:%d" "socket.c, print_link_socket_actual()" |m| Said::one(openvpn(m));
        "haproxy" "" "%ci:%cp [%tr] %ft %b/%s …" "log.c, default_http_log_format" |m| Said::one(haproxy(m));
        "squid" "" "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru …" "FormatSquidNative.cc" |m| Said::one(squid(m));
        "dhcp" "" "DHCPREQUEST for %s from %s via %s" "dhcp.c, dhcpv6.c" |m| Said::one(dhcp(m));
    },
    trim: untrimmed,
};

/// `… from: A`, `… from: A (RADIUS/…)`; the name before it is whoever's.
fn web(m: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] = &[("from: ", "")];
    find(m, b".php: ")?;
    Some(peer(m, WORDS)?.act())
}

/// `[AF_INET]A:p`, `[AF_INET6]A:p`; older versions `A:p` at the beginning.
fn openvpn(m: &[u8]) -> Option<Act<'_>> {
    let at = find(m, b"[AF_INET").map(|at| at + 8)?;
    let rest = m.get(at..)?;
    let rest = rest.strip_prefix(b"6").unwrap_or(rest).strip_prefix(b"]")?;
    let word = rest.split(|b| b" ,)".contains(b)).next()?;
    let at = memchr::memrchr(b':', word)?;
    Some(Seen::ends(word.get(..at)?, word.get(at + 1..)?, b"", b"")?.act())
}

fn haproxy(m: &[u8]) -> Option<Act<'_>> {
    let (end, rest) = m.split_at(find(m, b" [")?);
    let stamp = rest.get(2..)?.split(|b| *b == b']').next()?;
    (stamp.len() >= 20 && stamp.get(2) == Some(&b'/')).then_some(())?;
    let at = memchr::memrchr(b':', end)?;
    Some(Seen::ends(end.get(..at)?, end.get(at + 1..)?, b"", b"")?.carrying(b"tcp").act())
}

/// The client stands before the result's code: `203.0.113.9 TCP_MISS/304`.
fn squid(m: &[u8]) -> Option<Act<'_>> {
    let mut words = m.split(|b| *b == b' ').filter(|w| !w.is_empty()).take(6);
    let mut client = words.next()?;
    for word in words {
        let result = [&b"TCP_"[..], b"UDP_", b"NONE"].iter().any(|r| word.starts_with(r));
        if result && memchr::memchr(b'/', word).is_some() {
            return Some(Seen::ends(client, b"", b"", b"")?.act());
        }
        client = word;
    }
    None
}

/// A client of our own network: by the address it had, asks for or is given.
fn dhcp(m: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] = &[
        ("message from ", ""),
        ("Sending Advertise to ", ""),
        ("Sending Reply to ", ""),
        ("Relay-reply to ", ""),
        ("pool address ", ""),
        ("NA: address ", ""),
        ("lease for: ", ""),
        ("DHCPREQUEST for ", ""),
        ("DHCPACK on ", ""),
        ("DHCPACK to ", ""),
        ("DHCPNAK on ", ""),
        ("DHCPOFFER on ", ""),
        ("DHCPINFORM from ", ""),
        ("DHCPRELEASE of ", ""),
        ("DHCPRELEASE on ", ""),
        ("DHCPDECLINE of ", ""),
    ];
    let client = WORDS.iter().find(|(word, _)| find(m, word.as_bytes()).is_some_and(|at| at < 24));
    let at = find(m, client?.0.as_bytes())? + client?.0.len();
    let (source, _, rest) = spot(m.get(at..)?)?;
    let port = rest.strip_prefix(b" port ").and_then(|r| r.split(|b| b" ,".contains(b)).next());
    let from = port.and_then(super::packet::port);
    Some(Seen { source: Some(source), from, ..Seen::default() }.act())
}
