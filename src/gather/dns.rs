//! One question of the domain name system: the abuse contact that a contact
//! zone has for an address, as TXT under the address's reversed name.
//!
//! What is asked is a zone of contacts and never a name of the source: whose an
//! address is, its reverse name does not prove, and a host name accuses nobody.

use std::net::{IpAddr, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;

use crate::text::Untrusted;

/// Abusix' zone of abuse contacts; the one under `.org` is no more.
pub const ZONE: &str = "abuse-contacts.abusix.zone";

/// The largest answer over UDP without extensions (RFC 1035).
const ANSWER: usize = 512;

/// Records that are read: contacts are one or two.
const RECORDS: usize = 32;

/// The name of an address under a zone: octets reversed, or nibbles (RFC 5782).
#[must_use]
pub fn name_of(ip: IpAddr, zone: &str) -> String {
    let mut labels: Vec<String> = match ip {
        IpAddr::V4(v4) => v4.octets().iter().map(u8::to_string).collect(),
        IpAddr::V6(v6) => v6
            .octets()
            .iter()
            .flat_map(|b| [format!("{:x}", b >> 4), format!("{:x}", b & 15)])
            .collect(),
    };
    labels.reverse();
    format!("{}.{zone}", labels.join("."))
}

/// The first name server of the system's resolv.conf, as HOST:53.
#[must_use]
pub fn system_server(resolv_conf: &str) -> Option<String> {
    let first = resolv_conf.lines().find_map(|l| l.trim().strip_prefix("nameserver "))?.trim();
    let ip: IpAddr = first.parse().ok()?;
    Some(std::net::SocketAddr::new(ip, 53).to_string())
}

/// Asks a server for the TXT records of a name; one text a record, in the
/// order of the answer, none where the name does not exist.
///
/// # Errors
///
/// Why there is no answer, with the server.
pub fn txt(server: &str, name: &str, id: u16, patience: Duration) -> Result<Vec<String>, String> {
    let told = |why: String| format!("{server}: {why}");
    let io = |e: std::io::Error| told(e.to_string());
    let place = if server.contains(':') { server.to_owned() } else { format!("{server}:53") };
    let at =
        place.to_socket_addrs().map_err(io)?.next().ok_or_else(|| told("no address".into()))?;
    let any = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).map_err(io)?;
    // Answers of anybody else are not taken.
    socket.connect(at).map_err(io)?;
    socket.set_read_timeout(Some(patience)).map_err(io)?;
    let question = question(name, id).ok_or_else(|| told(format!("{name} is no name")))?;
    socket.send(&question).map_err(io)?;
    let mut answer = [0; ANSWER + 1];
    let n = socket.recv(&mut answer).map_err(io)?;
    read(answer.get(..n).unwrap_or_default(), &question).map_err(told)
}

/// A question for TXT, with recursion.
fn question(name: &str, id: u16) -> Option<Vec<u8>> {
    let [high, low] = id.to_be_bytes();
    let mut out = vec![high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|n| (1..=63).contains(n))?;
        out.push(length);
        out.extend_from_slice(label.as_bytes());
    }
    out.extend_from_slice(&[0, 0, 16, 0, 1]);
    (out.len() <= 12 + 255 + 4).then_some(out)
}

/// The texts of an answer to that question.
fn read(answer: &[u8], question: &[u8]) -> Result<Vec<String>, String> {
    let byte = |at: usize| answer.get(at).copied().ok_or("the answer is cut");
    let number =
        |at: usize| Ok::<_, &str>(usize::from(byte(at)?) << 8 | usize::from(byte(at + 1)?));
    let asked = question.get(12..).unwrap_or_default();
    let same = answer.get(..2) == question.get(..2)
        && answer.get(12..12 + asked.len()).is_some_and(|q| q.eq_ignore_ascii_case(asked));
    if byte(2)? & 0x80 == 0 || !same {
        return Err("the answer is to another question".to_owned());
    }
    if byte(2)? & 2 != 0 {
        return Err("the answer is longer than we read".to_owned());
    }
    match byte(3)? & 15 {
        0 => {}
        3 => return Ok(Vec::new()),
        code => return Err(format!("it refuses (code {code})")),
    }
    let (mut at, mut out) = (12 + asked.len(), Vec::new());
    for _ in 0..number(6)?.min(RECORDS) {
        // The owner's name: labels, or a pointer that ends it.
        loop {
            match byte(at)? {
                0 => {
                    at += 1;
                    break;
                }
                n if n >= 0xc0 => {
                    at += 2;
                    break;
                }
                n => at += 1 + usize::from(n),
            }
        }
        let (kind, length) = (number(at)?, number(at + 8)?);
        let data = answer.get(at + 10..at + 10 + length).ok_or("the answer is cut")?;
        at += 10 + length;
        if kind != 16 {
            continue;
        }
        let (mut text, mut rest) = (Vec::new(), data);
        while let Some((n, behind)) = rest.split_first() {
            let n = usize::from(*n);
            text.extend_from_slice(behind.get(..n).ok_or("a text of the answer is cut")?);
            rest = behind.get(n..).unwrap_or_default();
        }
        out.push(Untrusted(&text).ascii());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(question: &[u8], flags: [u8; 2], texts: &[&[u8]]) -> Vec<u8> {
        let mut out = question.to_vec();
        (out[2], out[3], out[7]) = (flags[0], flags[1], u8::try_from(texts.len()).unwrap());
        for data in texts {
            out.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0]);
            out.push(u8::try_from(data.len()).unwrap());
            out.extend_from_slice(data);
        }
        out
    }

    #[test]
    fn names() {
        let name = |ip: &str| name_of(ip.parse().unwrap(), ZONE);
        assert_eq!(name("192.0.2.7"), "7.2.0.192.abuse-contacts.abusix.zone");
        assert!(
            name("2001:db8::7").starts_with("7.0.0.0.")
                && name("2001:db8::7").ends_with(".8.b.d.0.1.0.0.2.abuse-contacts.abusix.zone")
        );
        assert_eq!(
            system_server("# x\nnameserver 198.51.100.53\n"),
            Some("198.51.100.53:53".into())
        );
        assert_eq!(system_server("nameserver 2001:db8::53\n"), Some("[2001:db8::53]:53".into()));
        assert_eq!(system_server("search example\n"), None);
    }

    #[test]
    fn answers() {
        let asked = question("7.2.0.192.zone.test", 0x1234).unwrap();
        let of = |flags, texts: &[&[u8]]| read(&answer(&asked, flags, texts), &asked);
        assert_eq!(
            of([0x81, 0x80], &[b"\x0eabuse@isp.test", b"\x01a\x01b"]).unwrap(),
            ["abuse@isp.test", "ab"]
        );
        assert_eq!(of([0x81, 0x83], &[]).unwrap(), Vec::<String>::new());
        assert!(of([0x81, 0x85], &[]).unwrap_err().contains("code 5"));
        assert!(of([0x83, 0x80], &[]).unwrap_err().contains("longer"));
        assert!(of([0x01, 0x80], &[]).unwrap_err().contains("another question"));
        assert!(of([0x81, 0x80], &[b"\x0fabuse@isp.test"]).unwrap_err().contains("cut"));
        let other = question("8.2.0.192.zone.test", 0x1234).unwrap();
        assert!(read(&answer(&other, [0x81, 0x80], &[]), &asked).is_err());
        let full = answer(&asked, [0x81, 0x80], &[b"\x01a"]);
        for n in 0..full.len() {
            assert!(read(&full[..n], &asked).is_err(), "{n}");
        }
        for bad in ["", "a..b", &"x".repeat(64), &["abcdefgh"; 40].join(".")] {
            assert_eq!(question(bad, 1), None, "{bad}");
        }
    }
}
