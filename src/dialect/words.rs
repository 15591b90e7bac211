//! The words in which firewalls say what they did, which way a packet went, and to which service.

use crate::envelope::rfc3164::number;

/// What the firewall did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Did {
    /// It let the packet through, or says that a flow ended.
    #[default]
    Allowed,
    /// It dropped or rejected it.
    Refused,
    /// It says something about a connection, and neither.
    Noted,
}

impl Did {
    /// A vendor's word for what it did: those that refuse, else those that let through.
    #[must_use]
    pub fn of(word: &[u8]) -> Self {
        const REFUSED: &[&str] = &[
            "deny",
            "denied",
            "drop",
            "dropped",
            "block",
            "blocked",
            "reject",
            "rejected",
            "refused",
            "discard",
            "discarded",
            "reset",
            "reset-both",
            "reset-client",
            "reset-server",
            "d",
            "r",
            "drop-all-packets",
            "drop-packet",
            "drop-icmp",
            "silent-drop",
            "prevent",
            "shun",
        ];
        const ALLOWED: &[&str] = &[
            "allow",
            "allowed",
            "accept",
            "accepted",
            "pass",
            "passed",
            "permit",
            "permitted",
            "forward",
            "a",
            "start",
            "close",
            "end",
            "timeout",
            "encrypt",
            "decrypt",
            "trust",
            "server-rst",
            "client-rst",
            "allow-flow",
        ];
        let is = |known: &[&str]| known.iter().any(|k| word.eq_ignore_ascii_case(k.as_bytes()));
        if is(REFUSED) {
            Self::Refused
        } else if is(ALLOWED) {
            Self::Allowed
        } else {
            Self::Noted
        }
    }
}

/// Which way a packet went, as far as the line tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// It came from outside.
    In,
    /// It was sent by us, or stayed within.
    Out,
    /// The line does not say.
    #[default]
    Untold,
}

impl Way {
    /// The way between two zones or interfaces, by their names.
    #[must_use]
    pub fn between(from: &[u8], to: &[u8]) -> Self {
        match (Side::of(from), Side::of(to)) {
            (Side::Outside, Side::Outside | Side::Inside | Side::Untold) => Self::In,
            (Side::Inside, _) => Self::Out,
            (Side::Untold, Side::Outside) => Self::Out,
            (Side::Untold, _) => Self::Untold,
        }
    }
}

/// Which side of a firewall a zone or interface is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Outside,
    Inside,
    Untold,
}

impl Side {
    /// By the words that vendors and administrators use, each whole but for digits around it.
    fn of(name: &[u8]) -> Self {
        const OUTSIDE: &[&str] = &[
            "outside",
            "untrust",
            "untrusted",
            "wan",
            "external",
            "ext",
            "internet",
            "public",
            "wwan",
            "extern",
            "inet",
            "isp",
            "pppoe",
            "red",
            "out",
        ];
        const INSIDE: &[&str] = &[
            "inside",
            "trust",
            "trusted",
            "lan",
            "internal",
            "int",
            "intern",
            "private",
            "dmz",
            "mgmt",
            "management",
            "wlan",
            "wifi",
            "guest",
            "optional",
            "server",
            "servers",
            "vpn",
            "green",
            "local",
            "self",
            "loopback",
            "workstation",
            "users",
            "voice",
            "ssl",
            "in",
        ];
        let said = |known: &[&str]| {
            name.split(|b| !b.is_ascii_alphabetic())
                .any(|w| known.iter().any(|k| w.eq_ignore_ascii_case(k.as_bytes())))
        };
        if said(OUTSIDE) {
            Self::Outside
        } else if said(INSIDE) {
            Self::Inside
        } else {
            Self::Untold
        }
    }
}

/// Whether a rule's prefix says that it refused the packet. One that says nothing
/// is taken to: an administrator logs what he refuses. `AUDIT` and `TRACE`
/// log packets in passing, before any verdict.
#[must_use]
pub fn refuses(prefix: &[u8]) -> bool {
    if prefix.ends_with(b"[UFW BLOCK] ") {
        return true;
    }
    // EdgeOS, VyOS and UniFi name the rule's action in its tag: `[WAN_IN-20-A]`, `[WAN_LOCAL-D-2147483647]`.
    if let Some(action) = tagged_action(prefix) {
        return action != b'A';
    }
    let said = |words: &[&str]| {
        let is = |w: &[u8]| words.iter().any(|known| w.eq_ignore_ascii_case(known.as_bytes()));
        prefix.split(|b| !b.is_ascii_alphabetic()).any(is)
    };
    said(&["BLOCK", "BLOCKED", "DROP", "DROPPED", "REJECT", "REJECTED", "DENY", "DENIED"])
        || !said(&[
            "ALLOW",
            "ALLOWED",
            "ACCEPT",
            "ACCEPTED",
            "AUDIT",
            "PERMIT",
            "PERMITTED",
            "PASS",
            "PASSED",
            "TRACE",
        ])
}

/// The `A`, `D` or `R` in a tag `[NAME-20-A]` or `[NAME-A-20]` that a prefix begins or ends with.
fn tagged_action(prefix: &[u8]) -> Option<u8> {
    let prefix = prefix.trim_ascii();
    let open = memchr::memchr(b'[', prefix)?;
    let inner = prefix.get(open + 1..)?;
    let tag = inner.get(..memchr::memchr(b']', inner)?)?;
    let mut parts = tag.rsplit(|b| *b == b'-');
    let (last, before) = (parts.next()?, parts.next()?);
    let action = |p: &[u8]| match p {
        [a @ (b'A' | b'D' | b'R')] => Some(*a),
        _ => None,
    };
    let numbered = last.iter().all(u8::is_ascii_digit);
    action(last).or_else(|| action(before).filter(|_| numbered))
}

/// A port; none for zero, which stands for no port.
#[must_use]
pub fn port(digits: &[u8]) -> Option<u16> {
    u16::try_from(number(digits)?).ok().filter(|p| *p > 0)
}

/// A port by its number, or by the name that Cisco and others print for it (from IANA's list,
/// and the older names of `/etc/services`).
#[must_use]
pub fn service(text: &[u8]) -> Option<u16> {
    const NAMES: &[(&str, u16)] = &[
        ("ftp-data", 20),
        ("ftp", 21),
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("domain", 53),
        ("dns", 53),
        ("bootps", 67),
        ("bootpc", 68),
        ("tftp", 69),
        ("http", 80),
        ("www", 80),
        ("pop3", 110),
        ("sunrpc", 111),
        ("ntp", 123),
        ("netbios-ns", 137),
        ("netbios-dgm", 138),
        ("netbios-ssn", 139),
        ("imap4", 143),
        ("imap", 143),
        ("snmp", 161),
        ("snmptrap", 162),
        ("bgp", 179),
        ("ldap", 389),
        ("https", 443),
        ("isakmp", 500),
        ("rsh", 514),
        ("syslog", 514),
        ("ldaps", 636),
        ("pop3s", 995),
        ("imaps", 993),
        ("sqlnet", 1521),
        ("h323", 1720),
        ("pptp", 1723),
        ("radius", 1812),
        ("mysql", 3306),
        ("rdp", 3389),
        ("sip", 5060),
    ];
    port(text).or_else(|| {
        let known = |(name, _): &&(&str, u16)| text.eq_ignore_ascii_case(name.as_bytes());
        NAMES.iter().find(known).map(|(_, port)| *port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways() {
        for (from, to, want) in [
            ("outside", "inside", Way::In),
            ("untrust", "trust", Way::In),
            ("WAN1", "LAN", Way::In),
            ("inside", "outside", Way::Out),
            ("trust", "dmz", Way::Out),
            ("0-External", "1-Trusted", Way::In),
            ("port1", "wan1", Way::Out),
            ("port1", "port2", Way::Untold),
            ("sweden", "port2", Way::Untold),
        ] {
            assert_eq!(Way::between(from.as_bytes(), to.as_bytes()), want, "{from} {to}");
        }
    }

    #[test]
    fn prefixes() {
        for (prefix, want) in [
            ("[WAN_LOCAL-D-2147483647] DESCR=\"[WAN_LOCAL]Block All Traffic\" ", true),
            ("[WAN_LOCAL-A-2147483647] DESCR=\"[WAN_LOCAL]Block All Traffic\" ", false),
            ("[LAN_IN-20-R]", true),
            ("[drop-7] ", true),
            ("", true),
        ] {
            assert_eq!(refuses(prefix.as_bytes()), want, "{prefix}");
        }
    }

    #[test]
    fn services() {
        for (text, want) in [("22", Some(22)), ("https", Some(443)), ("0", None), ("x", None)] {
            assert_eq!(service(text.as_bytes()), want, "{text}");
        }
    }
}
