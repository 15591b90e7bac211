//! [`Addr`]: an IP address as 16 bytes, read strictly.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU128;

use crate::quad;

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

    /// The unspecified address, which no peer has.
    pub const NOBODY: Self = Self::of(0);

    /// An IPv4 address by its number.
    #[must_use]
    pub const fn from_v4(v4: u32) -> Self {
        Self::of(MAPPED | v4 as u128)
    }

    /// Reads exactly one address: no leading zeros, no octal, no hexadecimal
    /// or single-number forms. A scope (`%eth0`) is dropped.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        match quad::read(text) {
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
        let ip = v6(bare)?;
        Some(Self::of(ip))
    }

    /// The IPv6 address of groups alone that a text begins with, and how long it is. None where there is
    /// none, where a dotted quad or a scope is part of it, or where fewer than four bytes follow it: such
    /// a text is for [`Self::parse`], which says the same of the others.
    #[inline]
    #[must_use]
    pub fn leading_v6(text: &[u8]) -> Option<(Self, usize)> {
        let (mut groups, mut count) = (0u128, 0u32);
        // How many groups stand before `::`.
        let mut gap = None;
        let mut at = 0;
        if text.starts_with(b"::") {
            (gap, at) = (Some(0), 2);
        }
        // Whether what stands before may be the end.
        let mut may_end = gap.is_some();
        loop {
            let (group, digits) = group(text.get(at..)?.first_chunk()?);
            if digits == 0 {
                break;
            }
            groups = groups << 16 | u128::from(group);
            count += 1;
            at += digits;
            may_end = true;
            if text.get(at) != Some(&b':') || count > 8 {
                break;
            }
            at += 1;
            may_end = text.get(at) == Some(&b':');
            if may_end {
                if gap.is_some() {
                    return None;
                }
                (gap, at) = (Some(count), at + 1);
            }
        }
        if !may_end || matches!(text.get(at), Some(b'.' | b'%')) {
            return None;
        }
        Some((Self::of(joined(groups, count, gap)?), at))
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
                let (text, used) = dotted(v4);
                out.extend_from_slice(text.get(..used).unwrap_or_default());
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

/// A dotted quad, and how long it is.
#[inline(always)]
fn dotted(v4: u32) -> ([u8; 20], usize) {
    // Each number with its dot is four bytes at most; what is too much the next one covers.
    let (mut text, mut used) = ([0; 20], 0);
    for byte in v4.to_be_bytes() {
        let Some((word, long)) = OCTETS.get(usize::from(byte)) else { continue };
        if let Some(place) = text.get_mut(used..used + 4) {
            place.copy_from_slice(word);
            used += usize::from(*long);
        }
    }
    (text, used.saturating_sub(1))
}

/// Each number of a dotted quad with the dot behind it, and how long that is.
static OCTETS: [([u8; 4], u8); 256] = octets();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn octets() -> [([u8; 4], u8); 256] {
    let mut all = [([0; 4], 0); 256];
    let mut n = 0;
    while n < 256 {
        let [c, b, a] = [b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        all[n] = match n {
            0..10 => ([a, b'.', 0, 0], 2),
            10..100 => ([b, a, b'.', 0], 3),
            _ => ([c, b, a, b'.'], 4),
        };
        n += 1;
    }
    all
}

/// The hexadecimal digits that four bytes begin with, as a number, and how many they are. Groups have every
/// length, so nothing jumps on it.
#[inline(always)]
fn group(bytes: &[u8; 4]) -> (u16, usize) {
    let values = bytes.map(|b| HEX.get(usize::from(b)).copied().unwrap_or(NO_HEX));
    // What ends them is the first that is none; behind the fourth something always is.
    let others = u64::from(u32::from_le_bytes(values) & 0x8080_8080) | 1 << 39;
    let long = others.trailing_zeros() / 8;
    let [a, b, c, d] = values.map(|v| u32::from(v & 0xf));
    let all = a << 12 | b << 8 | c << 4 | d;
    ((all >> (16 - 4 * long)) as u16, long as usize)
}

/// What is no hexadecimal digit.
const NO_HEX: u8 = 0x80;

/// The value of each byte as a hexadecimal digit.
static HEX: [u8; 256] = hex();

// Written before the program runs, so that nothing of it can fail later.
#[allow(clippy::indexing_slicing)]
const fn hex() -> [u8; 256] {
    let mut all = [NO_HEX; 256];
    let mut n = 0;
    while n < 16 {
        all[if n < 10 { b'0' + n } else { b'a' + n - 10 } as usize] = n;
        all[if n < 10 { b'0' + n } else { b'A' + n - 10 } as usize] = n;
        n += 1;
    }
    all
}

/// Groups put together: all eight, or those before `::` and those behind it.
fn joined(groups: u128, count: u32, gap: Option<u32>) -> Option<u128> {
    match gap {
        None => (count == 8).then_some(groups),
        // `::` stands for one group at least.
        Some(before) if count < 8 => {
            let low = 16 * (count - before);
            let high = groups.checked_shr(low).unwrap_or(0);
            let low_bits = if low == 0 { 0 } else { groups & (u128::MAX >> (128 - low)) };
            Some(high.checked_shl(128 - 16 * before).unwrap_or(0) | low_bits)
        }
        Some(_) => None,
    }
}

/// Exactly one IPv6 address (RFC 4291 §2.2): up to eight groups of one to four
/// hexadecimal digits, `::` once for groups of zeros, the last two perhaps a dotted quad.
fn v6(text: &[u8]) -> Option<u128> {
    let mut groups = 0u128;
    let mut count = 0u32;
    // How many groups stand before `::`.
    let mut gap = None;
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), after);
    }
    while !rest.is_empty() {
        let mut group = 0u32;
        let mut digits = 0;
        for b in rest.iter().take(5) {
            let value = match b {
                b'0'..=b'9' => b - b'0',
                b'a'..=b'f' => b - b'a' + 10,
                b'A'..=b'F' => b - b'A' + 10,
                _ => break,
            };
            group = group << 4 | u32::from(value);
            digits += 1;
        }
        let after = rest.get(digits..).unwrap_or_default();
        match after {
            [b'.', ..] => {
                let (v4, _) = quad::read(rest).filter(|(_, used)| *used == rest.len())?;
                groups = groups << 32 | u128::from(v4);
                count += 2;
                break;
            }
            _ if digits == 0 || digits > 4 || count == 8 => return None,
            _ => {}
        }
        groups = groups << 16 | u128::from(group);
        count += 1;
        rest = match after {
            [] => after,
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(count);
                after
            }
            // A colon alone ends nothing.
            [b':', after @ ..] if !after.is_empty() => after,
            _ => return None,
        };
    }
    joined(groups, count, gap)
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
        let Some(v4) = self.v4() else { return self.ip().fmt(f) };
        let (text, used) = dotted(v4);
        f.pad(text.get(..used).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn v6_as_the_standard_library_reads_it(text in "(([0-9a-fA-F]{1,4}:){0,8}|:)(:[0-9a-f]{0,5}){0,8}([0-9.:]{0,8}|:[0-9]{1,3}\\.2\\.3\\.[0-9]{1,3})") {
            let want = text.parse::<Ipv6Addr>().ok().map(u128::from);
            prop_assert_eq!(v6(text.as_bytes()), want, "{}", text);
        }

        #[test]
        fn v6_of_few_letters(text in "[1f:.]{1,14}") {
            let want = text.parse::<Ipv6Addr>().ok().map(u128::from);
            prop_assert_eq!(v6(text.as_bytes()), want, "{}", text);
        }

        #[test]
        fn what_leads_is_read_as_the_whole_is(text in "([0-9a-f:]{0,6}:){0,4}[0-9a-f:.%]{0,12}", behind in "[ \n,]") {
            let all = format!("{text}{behind}....");
            // What follows may belong to another group, so that it is not looked at; what is found is all of it.
            match Addr::leading_v6(all.as_bytes()) {
                Some((addr, used)) if used == text.len() => {
                    prop_assert_eq!(Addr::parse(text.as_bytes()), Some(addr));
                }
                _ => {
                    let plain = text.parse::<Ipv6Addr>().is_ok() && !text.contains('.');
                    prop_assert!(!plain, "{}", text);
                }
            }
        }

        #[test]
        fn v6_printed_leads(bits: u128, zeros: u128, more: u128) {
            let ip = Ipv6Addr::from(bits & zeros & more);
            let text = format!("{ip} port");
            if !ip.to_string().contains('.') {
                let want = Some((Addr::from(IpAddr::V6(ip)), ip.to_string().len()));
                prop_assert_eq!(Addr::leading_v6(text.as_bytes()), want);
            }
        }

        #[test]
        fn v6_printed_is_read(bits: u128, zeros: u128, more: u128) {
            let ip = Ipv6Addr::from(bits & zeros & more);
            prop_assert_eq!(v6(ip.to_string().as_bytes()), Some(u128::from(ip)));
        }
    }

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
