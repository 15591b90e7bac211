//! [`Addr`]: an IP address as 16 bytes, read strictly.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU128;

use crate::digits::dotted_quad;

/// An address. IPv4 is kept in its IPv6-mapped form (RFC 4291 §2.5.5.2), so
/// that `::ffff:192.0.2.7` and `192.0.2.7` are one source. IPv4 sorts first.
///
/// The bits are kept inverted, so that no address is zero and an absent one
/// takes no room. The one address that would be zero, all ones, is a multicast
/// one that nobody holds; it reads as its neighbour.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Addr(NonZeroU128);

const MAPPED: u128 = 0xffff << 32;

impl Addr {
    const fn of(bits: u128) -> Self {
        match NonZeroU128::new(!bits) {
            Some(n) => Self(n),
            None => Self(NonZeroU128::MIN),
        }
    }

    /// An IPv4 address by its number.
    #[must_use]
    pub const fn from_v4(v4: u32) -> Self {
        Self::of(MAPPED | v4 as u128)
    }

    /// Reads exactly one address: no leading zeros, no octal, no hexadecimal
    /// or single-number forms. A scope (`%eth0`) is dropped.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        match dotted_quad(text) {
            Some((ip, used)) if used == text.len() => {
                return Some(Self::of(MAPPED | u128::from(ip)));
            }
            _ => {}
        }
        if !text.contains(&b':') {
            return None;
        }
        let bare = match memchr::memchr(b'%', text) {
            Some(at) => {
                let scope = text.get(at + 1..)?;
                if scope.is_empty()
                    || !scope.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
                {
                    return None;
                }
                text.get(..at)?
            }
            None => text,
        };
        if bare.len() > 45 {
            return None;
        }
        let ip: Ipv6Addr = std::str::from_utf8(bare).ok()?.parse().ok()?;
        Some(Self::of(u128::from(ip)))
    }

    /// As a standard address, IPv4 where it is one.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        match self.v4() {
            Some(v4) => IpAddr::V4(Ipv4Addr::from(v4)),
            None => IpAddr::V6(Ipv6Addr::from(self.bits())),
        }
    }

    /// The IPv4 address as a number, if it is one.
    #[must_use]
    pub fn v4(self) -> Option<u32> {
        (self.bits() >> 32 == MAPPED >> 32).then_some(self.bits() as u32)
    }

    /// Appends it as [`fmt::Display`] prints it.
    pub fn write(self, out: &mut Vec<u8>) {
        match self.v4() {
            Some(v4) => {
                for (i, byte) in v4.to_be_bytes().into_iter().enumerate() {
                    if i > 0 {
                        out.push(b'.');
                    }
                    if byte >= 100 {
                        out.push(b'0' + byte / 100);
                    }
                    if byte >= 10 {
                        out.push(b'0' + byte / 10 % 10);
                    }
                    out.push(b'0' + byte % 10);
                }
            }
            None => out.extend_from_slice(self.ip().to_string().as_bytes()),
        }
    }

    /// The 128 bits, IPv4 mapped.
    #[must_use]
    pub const fn bits(self) -> u128 {
        !self.0.get()
    }
}

impl From<IpAddr> for Addr {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => Self::of(MAPPED | u128::from(u32::from(v4))),
            IpAddr::V6(v6) => Self::of(u128::from(v6)),
        }
    }
}

impl PartialOrd for Addr {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Addr {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.v4().is_none(), self.bits()).cmp(&(other.v4().is_none(), other.bits()))
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ip().fmt(f)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ip().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strict() {
        for (text, want) in [
            ("192.0.2.7", "192.0.2.7"),
            ("0.0.0.0", "0.0.0.0"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9%eth0", "203.0.113.9"),
            ("fe80::1%eth0.5", "fe80::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(Addr::parse(text.as_bytes()).map(|a| a.to_string()).as_deref(), Some(want));
        }
        for text in [
            "",
            "203.0.113.09",
            "3405803785",
            "0xCB007109",
            "203.0.113",
            "203.0.113.256",
            "203.0.113.9.4",
            "203.0.113.9 ",
            "::1%",
            "::1%a b",
            "1:2:3",
            "[::1]",
            "203.0.113.1234",
            "host",
        ] {
            assert_eq!(Addr::parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_std(text in "[0-9.]{1,16}|[0-9a-f:.]{2,40}") {
            let ours = Addr::parse(text.as_bytes());
            let theirs = text.parse::<IpAddr>().ok().map(Addr::from);
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn every_address_comes_back(ip: u32, six: u128) {
            let four = Addr::from(IpAddr::V4(ip.into()));
            prop_assert_eq!(Addr::parse(four.to_string().as_bytes()), Some(four));
            let six = Addr::from(IpAddr::V6(six.into()));
            prop_assert_eq!(Addr::parse(six.to_string().as_bytes()), Some(six));
        }
    }
}
