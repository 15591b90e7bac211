//! A saved traceroute: does it lead to this address, and how far did it get?

use std::net::IpAddr;

use crate::addr::Addr;

/// A path, hop by hop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// Where it was to lead, as its first line says.
    pub target: Option<IpAddr>,
    /// Who answered at each hop; nobody where the list is empty.
    pub hops: Vec<Vec<IpAddr>>,
}

impl Path {
    /// Whether the address itself answered.
    #[must_use]
    pub fn reaches(&self, addr: Addr) -> bool {
        self.hops.iter().flatten().any(|ip| *ip == addr.ip())
    }

    /// The last hop where somebody answered, from 1, and who.
    #[must_use]
    pub fn last_answer(&self) -> Option<(usize, IpAddr)> {
        let answered = self.hops.iter().enumerate().rev();
        answered.filter_map(|(i, ips)| Some((i + 1, *ips.first()?))).next()
    }
}

/// Reads what traceroute, tracepath or Windows' tracert printed.
#[must_use]
pub fn read(bytes: &[u8]) -> Path {
    let mut out = Path::default();
    for line in bytes.split(|b| *b == b'\n').filter_map(|l| str::from_utf8(l).ok()) {
        let line = line.trim();
        let lower = line.to_ascii_lowercase();
        if out.target.is_none() && (lower.starts_with("trace") || lower.starts_with("tracing")) {
            // `traceroute to NAME (ADDRESS), 30 hops max`; the address, not the name.
            out.target = addresses(line).next();
            continue;
        }
        let Some((number, rest)) = line.split_once(|c: char| !c.is_ascii_digit()) else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        // Hops are numbered from 1; tracepath tells of one twice.
        if number == 0 || number > out.hops.len() + 1 {
            continue;
        }
        if number > out.hops.len() {
            out.hops.push(Vec::new());
        }
        if let Some(hop) = out.hops.get_mut(number - 1) {
            for ip in addresses(rest) {
                if !hop.contains(&ip) {
                    hop.push(ip);
                }
            }
        }
    }
    out
}

/// The addresses in a line, in brackets or bare.
fn addresses(line: &str) -> impl Iterator<Item = IpAddr> {
    line.split(|c: char| c.is_ascii_whitespace() || "()[],".contains(c))
        .filter_map(|word| word.parse().ok())
}

/// Why a saved traceroute proves nothing of an address; none where it does.
#[must_use]
pub fn fault(bytes: &[u8], addr: Addr) -> Option<&'static str> {
    if bytes.trim_ascii().is_empty() {
        return Some("is empty");
    }
    let path = read(bytes);
    path.target.is_some_and(|t| t != addr.ip()).then_some("leads to another address")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn what_programs_print() {
        let addr = Addr::parse(b"192.0.2.7").unwrap();
        let linux = b"traceroute to 192.0.2.7 (192.0.2.7), 30 hops max, 60 byte packets\n \
            1  198.51.100.1  0.031 ms  0.011 ms  0.010 ms\n 2  * * *\n \
            3  203.0.113.1  1.0 ms 203.0.113.2  1.1 ms *\n 4  192.0.2.7  1.2 ms  1.2 ms  1.1 ms\n";
        let path = read(linux);
        assert_eq!(path.target, Some("192.0.2.7".parse().unwrap()));
        assert_eq!(
            path.hops,
            [
                ips(&["198.51.100.1"]),
                ips(&[]),
                ips(&["203.0.113.1", "203.0.113.2"]),
                ips(&["192.0.2.7"])
            ]
        );
        assert!(path.reaches(addr));
        assert_eq!(fault(linux, addr), None);
        let windows = b"Tracing route to host.example [192.0.2.7]\r\nover a maximum of 30 hops:\r\n\r\n  \
            1    <1 ms    <1 ms    <1 ms  198.51.100.1\r\n  2     *        *        *     Request timed out.\r\n\r\nTrace complete.\r\n";
        let path = read(windows);
        assert_eq!(path.target, Some("192.0.2.7".parse().unwrap()));
        assert_eq!(path.last_answer(), Some((1, "198.51.100.1".parse().unwrap())));
        assert!(!path.reaches(addr));
        let tracepath =
            b" 1?: [LOCALHOST]                      pmtu 1500\n 1:  2001:db8::1   0.2ms \n \
            1:  2001:db8::1   0.1ms \n 2:  no reply\n";
        assert_eq!(read(tracepath).hops, [ips(&["2001:db8::1"]), ips(&[])]);
        // A name is not an address, and numbers that are no hop are none.
        let named =
            b"traceroute to 192.0.2.9 (192.0.2.9)\n 9  203.0.113.1\n99999999999999999999 x\n";
        assert_eq!(read(named).hops.len(), 0);
        assert_eq!(fault(named, addr), Some("leads to another address"));
        assert_eq!(fault(b" \n", addr), Some("is empty"));
        assert_eq!(fault(b"\xff\xfe\n1\n", addr), None);
    }
}
