//! Networks, addresses and ports as people write them.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use super::place;

/// Reads a network in CIDR form; a bare address is the network of it alone.
///
/// # Errors
///
/// A sentence that says what is wrong with the text. Host bits that are set
/// are an error, since `192.0.2.77/24` may mean the address or the network.
pub fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let Some((address, length)) = text.split_once('/') else {
        return address_of(text).map(IpNet::from);
    };
    let address = plain_address(address)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length
        .parse::<u8>()
        .ok()
        .filter(|l| *l <= most && length.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| format!("`{text}`: the prefix length is a number from 0 to {most}"))?;
    // Sources are IPv4 where they can be: a mapped network would hold none of them.
    let (address, length, most) = match (address, address.to_canonical(), length.checked_sub(96)) {
        (IpAddr::V6(_), v4 @ IpAddr::V4(_), Some(length)) => (v4, length, 32),
        _ => (address, length, most),
    };
    let net = IpNet::new(address, length).map_err(|e| format!("`{text}`: {e}"))?;
    if net.trunc() != net {
        return Err(format!(
            "`{text}` has host bits set; meant is {} or {address}/{most}",
            net.trunc()
        ));
    }
    Ok(net)
}

/// Reads one address; an IPv4 one that is mapped into IPv6 is IPv4.
///
/// # Errors
///
/// A sentence that says what is wrong with the text.
pub fn address_of(text: &str) -> Result<IpAddr, String> {
    plain_address(text).map(|ip| ip.to_canonical())
}

fn plain_address(text: &str) -> Result<IpAddr, String> {
    let text = text.trim();
    if let Ok(ip) = IpAddr::from_str(text) {
        return Ok(ip);
    }
    // Rust reads no leading zeros, since others take them for octal numbers.
    let padded = text.split('.').count() == 4
        && text.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
        && text.split('.').any(|p| p.len() > 1 && p.starts_with('0'));
    Err(if padded {
        format!("`{text}`: leading zeros in an address are read as octal by some; leave them out")
    } else if text.bytes().any(|b| b.is_ascii_alphabetic()) && !text.contains(':') {
        format!("`{text}` is not an address (names are never resolved)")
    } else {
        format!("`{text}` is not an address")
    })
}

/// A network in a list of a TOML file; see [`network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net(pub IpNet);

impl<'de> Deserialize<'de> for Net {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        place::string_by(from, "a network such as \"198.51.100.0/24\", or an address", |s| {
            network(s).map(Self)
        })
    }
}

/// An address in a TOML file; see [`address_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        place::string_by(from, "an address such as \"198.51.100.4\"", |s| address_of(s).map(Self))
    }
}

/// Deserialises a list of networks.
pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    Ok(Vec::<Net>::deserialize(from)?.into_iter().map(|n| n.0).collect())
}

/// Deserialises one address or a list of several.
pub(super) fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpAddr>, D::Error> {
    Ok(place::one_or_many::<D, Address>(from)?.into_iter().map(|a| a.0).collect())
}

/// A port that we offer to everybody: refused packets to it are no scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub transport: &'static str,
}

impl FromStr for Served {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (port, transport) = text.trim().split_once('/').ok_or_else(|| {
            format!("`{text}`: a served port needs its transport, such as 22/tcp")
        })?;
        let transport = match transport.to_ascii_lowercase().as_str() {
            "tcp" => "tcp",
            "udp" => "udp",
            _ => return Err(format!("`{text}`: the transport is tcp or udp")),
        };
        let port = port
            .parse::<u16>()
            .ok()
            .filter(|p| *p != 0)
            .ok_or_else(|| format!("`{text}`: a port is a number from 1 to 65535"))?;
        Ok(Self { port, transport })
    }
}

impl<'de> Deserialize<'de> for Served {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        place::string_by(from, "a port and its transport, such as \"22/tcp\"", Self::from_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_as_written() {
        for (text, want) in [
            ("192.0.2.0/24", "192.0.2.0/24"),
            (" 192.0.2.7 ", "192.0.2.7/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("2001:DB8::1", "2001:db8::1/128"),
            (
                "192.0.2.77/24",
                "`192.0.2.77/24` has host bits set; meant is 192.0.2.0/24 or 192.0.2.77/32",
            ),
            (
                "2001:db8::1/64",
                "`2001:db8::1/64` has host bits set; meant is 2001:db8::/64 or 2001:db8::1/128",
            ),
            ("192.0.2.0/33", "`192.0.2.0/33`: the prefix length is a number from 0 to 32"),
            ("192.0.2.0/+8", "`192.0.2.0/+8`: the prefix length is a number from 0 to 32"),
            ("192.0.2.0/", "`192.0.2.0/`: the prefix length is a number from 0 to 32"),
            ("192.0.2", "`192.0.2` is not an address"),
            ("192.0.2.256", "`192.0.2.256` is not an address"),
            (
                "192.000.2.1",
                "`192.000.2.1`: leading zeros in an address are read as octal by some; leave them out",
            ),
            ("mx.example.org", "`mx.example.org` is not an address (names are never resolved)"),
            ("", "`` is not an address"),
        ] {
            let got = network(text).map_or_else(|e| e, |n| n.to_string());
            assert_eq!(got, want);
        }
    }

    #[test]
    fn served_ports() {
        for (text, want) in [
            ("22/tcp", "22 tcp"),
            ("53/UDP", "53 udp"),
            ("22", "`22`: a served port needs its transport, such as 22/tcp"),
            ("0/tcp", "`0/tcp`: a port is a number from 1 to 65535"),
            ("65536/tcp", "`65536/tcp`: a port is a number from 1 to 65535"),
            ("1/icmp", "`1/icmp`: the transport is tcp or udp"),
        ] {
            let got = Served::from_str(text)
                .map_or_else(|e| e, |s| format!("{} {}", s.port, s.transport));
            assert_eq!(got, want);
        }
    }
}
