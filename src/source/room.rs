//! Room for sources: what happens when more addresses were hostile than memory may hold.
//!
//! A forged flood can name any of four thousand million addresses, and one who holds an IPv6 prefix
//! any of more. Which sources stay is a function of their set, so that neither threads nor chunks
//! nor the order of lines show in it; what goes is counted and told.

use std::net::IpAddr;

use rustc_hash::FxHashSet;

use crate::addr::Addr;
use crate::limits::SOURCES_OF_A_NETWORK;

/// Which of some addresses stay: of each IPv6 /64 a few, so that no holder of one pushes others
/// out, and of these the `most` with the smallest hash. What one source did does not bear on it:
/// counts come and go while a log is read, and the hash does not.
#[must_use]
pub fn kept(addresses: impl Iterator<Item = Addr>, most: usize) -> FxHashSet<Addr> {
    let mut all: Vec<(bool, u64, u64, Addr)> = addresses
        .map(|addr| match addr.ip() {
            // Addresses of IPv4 are scarce: each stands for itself.
            IpAddr::V4(ip) => (true, u64::from(ip.to_bits()), mixed(addr), addr),
            IpAddr::V6(ip) => (false, (ip.to_bits() >> 64) as u64, mixed(addr), addr),
        })
        .collect();
    all.sort_unstable();
    let mut kept: Vec<(u64, Addr)> = all
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .flat_map(|network| network.iter().take(SOURCES_OF_A_NETWORK))
        .map(|(_, _, hash, addr)| (*hash, *addr))
        .collect();
    kept.sort_unstable();
    kept.truncate(most);
    kept.into_iter().map(|(_, addr)| addr).collect()
}

/// A hash of an address, the same on every machine (SplitMix64's finaliser over both halves).
fn mixed(addr: Addr) -> u64 {
    let bits = match addr.ip() {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    mix(mix((bits >> 64) as u64 ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(bits as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_pushes_nobody_out() {
        let v6 = |n: u128| {
            Addr::from(IpAddr::from(std::net::Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | n)))
        };
        let others: Vec<Addr> = (0..50)
            .map(|n| Addr::from_v4(0xc000_0200 + n))
            .chain((1..50).map(|n| v6(n << 64)))
            .collect();
        let all = others.iter().copied().chain((0..30_000).map(v6));
        let kept = kept(all, 1000);
        assert!(others.iter().all(|a| kept.contains(a)));
        assert_eq!(kept.len(), others.len() + SOURCES_OF_A_NETWORK);
    }
}
