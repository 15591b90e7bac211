//! Which prefix holds an address: the table, and the lists it is loaded from.
//!
//! Registries delegate ranges that are no power of two, and lists overlap, so
//! the table holds ranges: sorted by their first address, with the greatest
//! last address of every subtree beside them (an implicit interval tree), which
//! gives all ranges that hold an address. The smallest of them is asked much
//! more often, so the addresses are also cut at every beginning and end, and
//! each piece knows its own: two short searches, whatever overlaps.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Sub;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use serde::{Deserialize, Deserializer};

use crate::config::{net, place};

/// Shortest IPv4 prefix that is believed: no registry gives anybody more than a /8.
pub const SHORTEST_V4: u8 = 8;

/// Shortest IPv6 prefix that is believed: /16 is the largest ever given to one holder.
pub const SHORTEST_V6: u8 = 16;

/// Addresses from a first to a last one, of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Range {
    /// IPv4.
    V4(u32, u32),
    /// IPv6.
    V6(u128, u128),
}

impl Range {
    /// Reads `192.0.2.0/24`, `192.0.2.7` or `192.0.2.16 - 192.0.2.99`.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong, as when the range is so large that
    /// nobody holds it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let range = match text.split_once('-') {
            None => {
                let net = net::network(text)?;
                Self::between(net.network(), net.broadcast())
            }
            Some((first, last)) => {
                let (a, b) = (net::address_of(first)?, net::address_of(last)?);
                if a.is_ipv4() != b.is_ipv4() {
                    return Err(format!("`{text}` begins and ends in different IP versions"));
                }
                if a > b {
                    return Err(format!("`{text}` ends before it begins"));
                }
                Self::between(a, b)
            }
        };
        range.filter(|r| r.is_believable()).ok_or_else(|| {
            format!(
                "`{text}` is larger than any operator's: at most /{SHORTEST_V4} of IPv4 or \
                 /{SHORTEST_V6} of IPv6"
            )
        })
    }

    fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        match (first, last) {
            (IpAddr::V4(a), IpAddr::V4(b)) => Some(Self::V4(a.to_bits(), b.to_bits())),
            (IpAddr::V6(a), IpAddr::V6(b)) => Some(Self::V6(a.to_bits(), b.to_bits())),
            _ => None,
        }
    }

    /// How many addresses lie between its ends.
    pub(super) const fn size(&self) -> u128 {
        match *self {
            Self::V4(a, b) => (b - a) as u128,
            Self::V6(a, b) => b - a,
        }
    }

    /// Whether an operator can hold that much.
    pub(super) const fn is_believable(&self) -> bool {
        match *self {
            Self::V4(a, b) => b - a < 1 << (32 - SHORTEST_V4),
            Self::V6(a, b) => b - a < 1 << (128 - SHORTEST_V6),
        }
    }
}

impl fmt::Display for Range {
    /// A prefix where the range is one, else its two ends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last, mut nets): (IpAddr, IpAddr, Box<dyn Iterator<Item = IpNet>>) = match *self
        {
            Self::V4(a, b) => {
                let (a, b) = (Ipv4Addr::from_bits(a), Ipv4Addr::from_bits(b));
                (a.into(), b.into(), Box::new(Ipv4Subnets::new(a, b, 0).map(IpNet::from)))
            }
            Self::V6(a, b) => {
                let (a, b) = (Ipv6Addr::from_bits(a), Ipv6Addr::from_bits(b));
                (a.into(), b.into(), Box::new(Ipv6Subnets::new(a, b, 0).map(IpNet::from)))
            }
        };
        match (nets.next(), nets.next()) {
            (Some(net), None) => write!(f, "{net}"),
            _ => write!(f, "{first} - {last}"),
        }
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        place::string_by(from, "a prefix such as \"192.0.2.0/24\"", Self::parse)
    }
}

/// Reads a prefix list: one prefix or range per line; `#` begins a comment.
/// Each range comes with the number of its line.
///
/// # Errors
///
/// The number of the first bad line and what is wrong with it.
pub fn read_list(bytes: &[u8]) -> Result<Vec<(u32, Range)>, (usize, String)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut ranges = Vec::with_capacity(memchr::memchr_iter(b'\n', bytes).count() + 1);
    for (number, line) in (1u32..).zip(bytes.split(|b| *b == b'\n')) {
        let text = line.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
        if text.is_empty() {
            continue;
        }
        let range = str::from_utf8(text)
            .map_err(|_| "this is not text; a list has one prefix per line".to_owned())
            .and_then(Range::parse);
        ranges.push((number, range.map_err(|e| (number as usize, e))?));
    }
    Ok(ranges)
}

/// Where in a table the last address of each version was found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Near {
    v4: usize,
    v6: usize,
}

/// Ranges of both versions, each with a number of the caller's. Ranges are
/// added, then the table is [sorted](Table::sort), and only then asked.
#[derive(Clone, Debug, Default)]
pub struct Table {
    v4: Tree<u32>,
    v6: Tree<u128>,
}

impl Table {
    /// Adds a range.
    pub fn add(&mut self, range: Range, id: u32) {
        match range {
            Range::V4(first, last) => self.v4.nodes.push(Node { first, last, reach: last, id }),
            Range::V6(first, last) => self.v6.nodes.push(Node { first, last, reach: last, id }),
        }
    }

    /// Makes the table ready for look-ups.
    pub fn sort(&mut self) {
        self.v4.sort();
        self.v6.sort();
    }

    /// The number of the smallest range that holds the address.
    #[must_use]
    pub fn longest(&self, ip: IpAddr) -> Option<u32> {
        self.longest_near(ip, &mut Near::default())
    }

    /// The same, looked for first where the address before was found: addresses in order are found sooner.
    pub fn longest_near(&self, ip: IpAddr, near: &mut Near) -> Option<u32> {
        match ip.to_canonical() {
            IpAddr::V4(ip) => self.v4.smallest(ip.to_bits(), &mut near.v4),
            IpAddr::V6(ip) => self.v6.smallest(ip.to_bits(), &mut near.v6),
        }
    }

    /// All ranges that hold the address with their numbers, the smallest
    /// range first; of equal ones, the one with the smaller number.
    #[must_use]
    pub fn all(&self, ip: IpAddr) -> Vec<(Range, u32)> {
        match ip.to_canonical() {
            IpAddr::V4(ip) => self.v4.holding(ip.to_bits(), Range::V4),
            IpAddr::V6(ip) => self.v6.holding(ip.to_bits(), Range::V6),
        }
    }

    /// Numbers of equal ranges, in pairs of neighbours.
    pub fn equals(&self) -> impl Iterator<Item = (Range, u32, u32)> {
        self.v4.equals(Range::V4).chain(self.v6.equals(Range::V6))
    }

    /// How many ranges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.v4.nodes.len() + self.v6.nodes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One range, and the greatest last address of the subtree it is the root of.
#[derive(Clone, Copy, Debug)]
struct Node<A> {
    first: A,
    last: A,
    reach: A,
    id: u32,
}

/// An address as a number.
trait Number: Copy + Ord + Sub<Output = Self> {
    /// The one after it; none after the last.
    fn next(self) -> Option<Self>;
}

impl Number for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Number for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// Pieces between two entries of the coarse index: its 16 bytes each fit a
/// second-level cache for a million ranges, and a block is a few cache lines.
const BLOCK: usize = 64;

/// Blocks behind the one looked into last that are tried before all are.
const NEAR: usize = 4;

/// The id of a piece that no range holds.
const NOBODY: u32 = u32::MAX;

/// Nodes sorted by first address; the root of a slice is its middle, the left
/// and right parts are its subtrees. `starts` and `ids` are the pieces.
#[derive(Clone, Debug, Default)]
struct Tree<A> {
    nodes: Vec<Node<A>>,
    starts: Vec<A>,
    ids: Vec<u32>,
    /// Every [`BLOCK`]th of `starts`.
    index: Vec<A>,
}

impl<A: Number> Tree<A> {
    fn sort(&mut self) {
        self.nodes.sort_unstable_by_key(|n| (n.first, n.last, n.id));
        set_reach(&mut self.nodes);
        (self.starts, self.ids) = pieces(&self.nodes);
        self.index = self.starts.iter().step_by(BLOCK).copied().collect();
    }

    /// The smallest range that holds `ip`; of equal ones the smaller number. `near` is the block that was
    /// looked into last.
    fn smallest(&self, ip: A, near: &mut usize) -> Option<u32> {
        let begun = |block: usize| self.index.get(block).is_some_and(|s| *s <= ip);
        let few = (0..NEAR).take_while(|n| begun(*near + n + 1)).count();
        *near += few;
        if few == NEAR || !begun(*near) {
            *near = self.index.partition_point(|s| *s <= ip).checked_sub(1)?;
        }
        let from = *near * BLOCK;
        let block = self.starts.get(from..)?;
        let block = block.get(..BLOCK).unwrap_or(block);
        let at = from + block.partition_point(|s| *s <= ip).checked_sub(1)?;
        self.ids.get(at).copied().filter(|id| *id != NOBODY)
    }

    fn holding(&self, ip: A, range: fn(A, A) -> Range) -> Vec<(Range, u32)> {
        let mut found = Vec::new();
        search(&self.nodes, ip, &mut found);
        found.sort_unstable_by_key(|n| (n.last - n.first, n.id));
        found.into_iter().map(|n| (range(n.first, n.last), n.id)).collect()
    }

    fn equals(&self, range: fn(A, A) -> Range) -> impl Iterator<Item = (Range, u32, u32)> {
        let pairs = self.nodes.iter().zip(self.nodes.iter().skip(1));
        pairs
            .filter(|(a, b)| a.first == b.first && a.last == b.last)
            .map(move |(a, b)| (range(a.first, a.last), a.id, b.id))
    }
}

/// Fills in `reach`; the recursion is as deep as the tree, about 20 for a million.
fn set_reach<A: Copy + Ord>(nodes: &mut [Node<A>]) -> Option<A> {
    let (left, rest) = nodes.split_at_mut(nodes.len() / 2);
    let (root, right) = rest.split_first_mut()?;
    let below = set_reach(left).into_iter().chain(set_reach(right));
    root.reach = below.fold(root.last, A::max);
    Some(root.reach)
}

/// Cuts the addresses at every beginning and end of sorted nodes: where each
/// piece begins, and the smallest range there.
fn pieces<A: Number>(nodes: &[Node<A>]) -> (Vec<A>, Vec<u32>) {
    let (mut starts, mut ids) = (Vec::with_capacity(nodes.len()), Vec::new());
    ids.reserve(nodes.len());
    let mut open: BTreeSet<(A, u32)> = BTreeSet::new();
    let mut ends: BinaryHeap<Reverse<(A, A, u32)>> = BinaryHeap::new();
    let mut waiting = nodes.iter().peekable();
    loop {
        let begins = waiting.peek().map(|n| n.first);
        let ends_before = ends.peek().and_then(|Reverse((last, ..))| last.next());
        let at = match (begins, ends_before) {
            (Some(a), Some(b)) => a.min(b),
            (Some(a), None) | (None, Some(a)) => a,
            (None, None) => break,
        };
        while let Some(Reverse((_, size, id))) =
            ends.peek().filter(|Reverse((last, ..))| *last < at).copied()
        {
            ends.pop();
            open.remove(&(size, id));
        }
        while let Some(n) = waiting.next_if(|n| n.first == at) {
            let size = n.last - n.first;
            open.insert((size, n.id));
            ends.push(Reverse((n.last, size, n.id)));
        }
        let id = open.first().map_or(NOBODY, |(_, id)| *id);
        if ids.last() != Some(&id) {
            starts.push(at);
            ids.push(id);
        }
    }
    (starts, ids)
}

/// Collects the nodes that hold `ip`.
fn search<A: Copy + Ord>(nodes: &[Node<A>], ip: A, found: &mut Vec<Node<A>>) {
    let (left, rest) = nodes.split_at(nodes.len() / 2);
    let Some((root, right)) = rest.split_first() else { return };
    if root.reach < ip {
        return;
    }
    search(left, ip, found);
    if root.first <= ip {
        if ip <= root.last {
            found.push(*root);
        }
        search(right, ip, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn table(ranges: impl IntoIterator<Item = Range>) -> Table {
        let mut table = Table::default();
        for (id, range) in (0..).zip(ranges) {
            table.add(range, id);
        }
        table.sort();
        table
    }

    fn ids(table: &Table, ip: IpAddr) -> Vec<u32> {
        table.all(ip).into_iter().map(|(_, id)| id).collect()
    }

    #[test]
    fn smallest_first() {
        let lines = [
            "192.0.2.0/24",
            "192.0.2.64/26",
            "192.0.2.60 - 192.0.2.70",
            "192.0.2.68 - 192.0.2.99",
            "198.51.100.0/25",
            "2001:db8::/32",
            "2001:db8:1::/48",
            "192.0.2.0/24",
        ];
        let table = table(lines.map(|l| Range::parse(l).unwrap()));
        assert_eq!(table.len(), lines.len());
        for (address, want) in [
            ("192.0.2.1", &[0, 7][..]),
            ("192.0.2.60", &[2, 0, 7]),
            ("192.0.2.69", &[2, 3, 1, 0, 7]),
            ("::ffff:192.0.2.200", &[0, 7]),
            ("192.0.3.0", &[]),
            ("198.51.100.127", &[4]),
            ("198.51.100.128", &[]),
            ("2001:db8:1::7", &[6, 5]),
            ("2001:db9::", &[]),
        ] {
            assert_eq!(ids(&table, ip(address)), want, "{address}");
            assert_eq!(table.longest(ip(address)), want.first().copied(), "{address}");
        }
        let equals: Vec<_> = table.equals().map(|(r, a, b)| (r.to_string(), a, b)).collect();
        assert_eq!(equals, [("192.0.2.0/24".to_owned(), 0, 7)]);
        assert!(Table::default().is_empty());
        assert_eq!(Table::default().longest(ip("192.0.2.1")), None);
    }

    #[test]
    fn agrees_with_looking_at_each() {
        // Ranges inside 192.0.2.0/24 from a small generator; each address is asked.
        let mut seed = 7u32;
        let mut next = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % n
        };
        let base = 0xc000_0200;
        let ranges: Vec<(u32, u32)> = (0..200)
            .map(|_| {
                let first = next(256);
                (base + first, base + first + next(256 - first))
            })
            .collect();
        let table = table(ranges.iter().map(|r| Range::V4(r.0, r.1)));
        for at in base..base + 256 {
            let mut want: Vec<(u32, u32)> = (0..)
                .zip(&ranges)
                .filter(|(_, r)| (r.0..=r.1).contains(&at))
                .map(|(i, r)| (r.1 - r.0, i))
                .collect();
            want.sort_unstable();
            let want: Vec<u32> = want.into_iter().map(|w| w.1).collect();
            let ip = Ipv4Addr::from_bits(at).into();
            assert_eq!(ids(&table, ip), want);
            assert_eq!(table.longest(ip), want.first().copied());
        }
    }

    #[test]
    fn where_the_last_was_found_changes_nothing() {
        // Two addresses of four, many blocks of them; asked in order by steps of every length, and to and fro.
        let (base, many) = (0xc000_0200u32, 5000);
        let table = table((0..many).map(|n| Range::V4(base + 4 * n, base + 4 * n + 1)));
        let end = base + 4 * many;
        let in_order = [1, 3, 127, 300, 2000]
            .into_iter()
            .flat_map(|step| (base - 5..end + 5).step_by(step).chain([base - 9, u32::MAX, 0]));
        let to_and_fro =
            (0..9000u32).map(|n| base - 9 + n.wrapping_mul(0x9e37_79b1) % (4 * many + 18));
        let mut near = Near::default();
        for at in in_order.chain(to_and_fro) {
            let held = (base..end).contains(&at) && (at - base) % 4 < 2;
            let want = held.then(|| (at - base) / 4);
            assert_eq!(table.longest_near(Ipv4Addr::from_bits(at).into(), &mut near), want, "{at}");
        }
    }

    #[test]
    fn the_last_address_of_all() {
        let last = u32::MAX;
        let table = table([Range::V4(last - 9, last), Range::V4(last, last), Range::V4(0, 0)]);
        for (at, want) in
            [(last, Some(1)), (last - 1, Some(0)), (last - 10, None), (0, Some(2)), (1, None)]
        {
            assert_eq!(table.longest(Ipv4Addr::from_bits(at).into()), want, "{at}");
        }
    }

    #[test]
    fn ranges_as_written() {
        for (text, want) in [
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("192.0.2.0 - 192.0.2.255", "192.0.2.0/24"),
            ("192.0.2.16-192.0.2.99", "192.0.2.16 - 192.0.2.99"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("2001:db8:: - 2001:db8::ffff", "2001:db8::/112"),
            (
                "192.0.2.9/24",
                "`192.0.2.9/24` has host bits set; meant is 192.0.2.0/24 or 192.0.2.9/32",
            ),
            ("192.0.2.9 - 192.0.2.1", "`192.0.2.9 - 192.0.2.1` ends before it begins"),
            (
                "192.0.2.9 - 2001:db8::",
                "`192.0.2.9 - 2001:db8::` begins and ends in different IP versions",
            ),
            ("192.0.2", "`192.0.2` is not an address"),
        ] {
            assert_eq!(Range::parse(text).map_or_else(|e| e, |r| r.to_string()), want);
        }
        for large in ["0.0.0.0/0", "::/0", "0.0.0.0 - 255.255.255.255", "128.0.0.0/1", "2000::/3"] {
            assert!(Range::parse(large).unwrap_err().contains("larger than any"), "{large}");
        }
    }

    #[test]
    fn lists() {
        let good = b"\xef\xbb\xbf# ours\r\n192.0.2.0/24\r\n\n  2001:db8::/32 # v6\n";
        assert_eq!(read_list(good).unwrap().len(), 2);
        assert_eq!(read_list(b"").unwrap(), []);
        for (bad, line, says) in [
            (&b"192.0.2.0/24\n0.0.0.0/0\n"[..], 2, "larger than any"),
            (b"\n\nexample.org\n", 3, "names are never resolved"),
            (b"192.0.2.0/24 AS64496\n", 1, "prefix length"),
            (b"\xff\xfe1\0", 1, "not text"),
        ] {
            let (at, why) = read_list(bad).unwrap_err();
            assert_eq!(at, line);
            assert!(why.contains(says), "{why}");
        }
    }

    #[test]
    fn a_million_prefixes() {
        // 2^20 neighbouring addresses under 2001:db8::/32, and the block around them.
        let base = 0x2001_0db8u128 << 96;
        let hosts = (0..1 << 20).map(|i| Range::V6(base + (i << 64), base + (i << 64) + 9));
        let table = table(hosts.chain([Range::V6(base, base + (1 << 90))]));
        let at = |host: u128, low: u128| Ipv6Addr::from_bits(base + (host << 64) + low).into();
        assert_eq!(ids(&table, at(77, 9)), [77, 1 << 20]);
        assert_eq!(ids(&table, at(77, 10)), [1 << 20]);
        assert_eq!(table.longest(at((1 << 20) - 1, 0)), Some((1 << 20) - 1));
    }
}
