//! Addresses that no operator of the Internet answers for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::addr::Addr;

/// What a special address is, by the registries of special-purpose addresses
/// (RFC 6890 and its successors).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Of a private network; the text says which kind.
    Private(&'static str),
    /// For documents and tests; an operator file may claim it.
    Documentation(&'static str),
    /// Nobody's on the Internet.
    Nobodys(&'static str),
}

impl Special {
    /// What it is, in words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Private(w) | Self::Documentation(w) | Self::Nobodys(w) => w,
        }
    }
}

/// What is special about an address; none where it is a global one.
#[must_use]
pub fn special(addr: Addr) -> Option<Special> {
    match addr.ip() {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => v6(ip),
    }
}

fn v4(ip: Ipv4Addr) -> Option<Special> {
    let [a, b, c, _] = ip.octets();
    Some(match (a, b, c) {
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Special::Private("private (RFC 1918)"),
        (100, 64..=127, _) => Special::Private("shared by a provider's customers (RFC 6598)"),
        (169, 254, _) => Special::Private("link-local"),
        (127, ..) => Special::Nobodys("loopback"),
        (0, ..) => Special::Nobodys("of this network (0.0.0.0/8)"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => {
            Special::Documentation("for documentation (RFC 5737)")
        }
        (198, 18..=19, _) => Special::Documentation("for benchmarks (RFC 2544)"),
        (192, 0, 0) => Special::Nobodys("for protocols (192.0.0.0/24)"),
        (192, 88, 99) => Special::Nobodys("a former 6to4 relay's"),
        (224..=239, ..) => Special::Nobodys("multicast"),
        (240..=255, ..) => Special::Nobodys("reserved (240.0.0.0/4)"),
        _ => return None,
    })
}

fn v6(ip: Ipv6Addr) -> Option<Special> {
    let [a, b, ..] = ip.segments();
    Some(match (a, b) {
        (0x2001, 0x0db8) | (0x3fff, 0..=0x0fff) => {
            Special::Documentation("for documentation (RFC 3849, RFC 9637)")
        }
        (0x2001, 0x0002) => Special::Documentation("for benchmarks (RFC 5180)"),
        (0xfc00..=0xfdff, _) => Special::Private("unique local (RFC 4193)"),
        (0xfe80..=0xfebf, _) => Special::Private("link-local"),
        (0xff00..=0xffff, _) => Special::Nobodys("multicast"),
        (0, _) => Special::Nobodys("loopback, unspecified or reserved"),
        (0x2001, 0) | (0x2002, _) => Special::Nobodys("of a tunnel (Teredo or 6to4)"),
        (0x2000..=0x3fff, _) => return None,
        _ => Special::Nobodys("outside of what is given out (2000::/3)"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, want) in [
            ("10.1.2.3", "private (RFC 1918)"),
            ("172.32.0.1", ""),
            ("100.64.0.9", "shared by a provider's customers (RFC 6598)"),
            ("192.0.2.7", "for documentation (RFC 5737)"),
            ("62.172.0.1", ""),
            ("255.255.255.255", "reserved (240.0.0.0/4)"),
            ("2001:db8::1", "for documentation (RFC 3849, RFC 9637)"),
            ("2a00:23c0::1", ""),
            ("fd00::1", "unique local (RFC 4193)"),
            ("::1", "loopback, unspecified or reserved"),
        ] {
            let got = special(Addr::parse(text.as_bytes()).unwrap());
            assert_eq!(got.map_or("", Special::word), want, "{text}");
        }
    }
}
