//! WHOIS over TCP port 43 (RFC 3912), following referrals.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use crate::judge::answer::whois_fault;
use crate::limits::ANSWER_BYTES;

/// Servers asked for one address: IANA, a registry, and whom that refers to.
const HOPS: usize = 4;

/// The answer of the last server that had one, under a line that names the server.
///
/// # Errors
///
/// Why the first server gave no answer. One further on that does not answer
/// leaves what is known.
pub fn ask(server: &str, ip: IpAddr, patience: Duration) -> Result<Vec<u8>, String> {
    let mut asked: Vec<String> = Vec::new();
    let mut best: Option<Vec<u8>> = None;
    let mut next = Some(server.to_owned());
    while let Some(server) = next.take().filter(|s| !asked.contains(s) && asked.len() < HOPS) {
        let answer = match one(&server, ip, patience) {
            Ok(answer) => answer,
            Err(why) => match best {
                None => return Err(format!("{server}: {why}")),
                Some(_) => break,
            },
        };
        next = referral(&answer);
        // What is no record is no answer: `%ERROR:201: access denied`, say.
        let fault = whois_fault(&answer, ip.into());
        let mut named = format!("% answered by {server}\n").into_bytes();
        named.extend_from_slice(&answer);
        match fault {
            None => best = Some(named),
            // One that only refers on says nothing itself, and is none yet.
            Some(_) if next.is_some() => {}
            Some(why) if best.is_none() => return Err(format!("{server}: the answer {why}")),
            Some(_) => {}
        }
        asked.push(server);
    }
    best.ok_or_else(|| format!("{server}: nobody answered"))
}

fn one(server: &str, ip: IpAddr, patience: Duration) -> Result<Vec<u8>, String> {
    let text = |e: std::io::Error| e.to_string();
    let place = if has_port(server) { server.to_owned() } else { format!("{server}:43") };
    let at = place.to_socket_addrs().map_err(text)?.next().ok_or("the name has no address")?;
    let mut stream = TcpStream::connect_timeout(&at, patience).map_err(text)?;
    stream.set_read_timeout(Some(patience)).map_err(text)?;
    stream.set_write_timeout(Some(patience)).map_err(text)?;
    // ARIN lists all networks around an address unless told to show the nearest in full.
    let question = if server.ends_with("arin.net") { format!("n + {ip}") } else { ip.to_string() };
    stream.write_all(format!("{question}\r\n").as_bytes()).map_err(text)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer).map_err(text)?;
    Ok(answer)
}

fn has_port(server: &str) -> bool {
    server
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.contains(':') && port.parse::<u16>().is_ok())
        || server.starts_with('[')
}

/// Whom an answer refers to: `refer:`, `whois:` or `ReferralServer: whois://…`.
#[must_use]
pub fn referral(answer: &[u8]) -> Option<String> {
    for line in answer.split(|b| *b == b'\n') {
        let Ok(line) = str::from_utf8(line) else { continue };
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        let server = match name.trim().to_ascii_lowercase().as_str() {
            "refer" | "whois" => value,
            // Another protocol, rwhois, has the same form.
            "referralserver" => match value.strip_prefix("whois://") {
                Some(server) => server.trim_end_matches('/'),
                None => continue,
            },
            _ => continue,
        };
        let fit = !server.is_empty()
            && server.len() < 256
            && server.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
        if fit {
            return Some(server.to_ascii_lowercase());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A server that gives one answer to each question, and tells what it was asked.
    fn server(answers: Vec<Vec<u8>>) -> (String, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let (told, questions) = channel();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut question = Vec::new();
                while !question.ends_with(b"\r\n") {
                    let mut byte = [0];
                    if stream.read(&mut byte).unwrap() == 0 {
                        break;
                    }
                    question.push(byte[0]);
                }
                let _ = told.send(String::from_utf8(question).unwrap());
                stream.write_all(&answer).unwrap();
            }
        });
        (place, questions)
    }

    const SHORT: Duration = Duration::from_secs(5);

    #[test]
    fn referrals_are_followed() {
        let ip: IpAddr = "192.0.2.7".parse().unwrap();
        let (last, questions) =
            server(vec![b"netname: EXAMPLE\nabuse-mailbox: abuse@isp.test\n".to_vec()]);
        let (middle, _) = server(vec![
            format!("ReferralServer: rwhois://x.test:4321\nReferralServer: whois://{last}/\n")
                .into_bytes(),
        ]);
        let (first, _) = server(vec![format!("refer:        {middle}\n").into_bytes()]);
        let answer = String::from_utf8(ask(&first, ip, SHORT).unwrap()).unwrap();
        assert_eq!(
            answer,
            format!("% answered by {last}\nnetname: EXAMPLE\nabuse-mailbox: abuse@isp.test\n")
        );
        assert_eq!(questions.recv().unwrap(), "192.0.2.7\r\n");
    }

    #[test]
    fn a_ring_and_a_dead_end() {
        let ip: IpAddr = "2001:db8::7".parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().to_string();
        drop(listener);
        // It refers to a server that is not there: what it said itself is kept.
        let (first, questions) = server(vec![format!("whois: {own}\nremark: x\n").into_bytes()]);
        let answer = String::from_utf8(ask(&first, ip, SHORT).unwrap()).unwrap();
        assert!(answer.contains("remark: x"), "{answer}");
        assert_eq!(questions.recv().unwrap(), "2001:db8::7\r\n");
        assert!(ask(&own, ip, SHORT).unwrap_err().starts_with(&own));
        let (empty, _) = server(vec![Vec::new()]);
        assert!(ask(&empty, ip, SHORT).unwrap_err().contains("no record"));
        assert_eq!(referral(b"refer: two words\nwhois: $(x)\n"), None);
    }

    #[test]
    fn patience_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let why = ask(&place, "192.0.2.7".parse().unwrap(), Duration::from_millis(80)).unwrap_err();
        assert!(why.starts_with(&place), "{why}");
    }
}
