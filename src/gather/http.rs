//! One GET: HTTP by ourselves, HTTPS by the system's curl, redirects followed.
//!
//! A TLS stack with its certificates would be most of this program; where HTTPS
//! is asked there is a curl, and where there is none that is said.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::limits::ANSWER_BYTES;

/// Redirects followed: registries send on to each other once or twice.
const REDIRECTS: usize = 5;

/// Gets a document: its final address and its content.
///
/// # Errors
///
/// Why there is none, with the address.
pub fn get(url: &str, curl: &Path, patience: Duration) -> Result<(String, Vec<u8>), String> {
    let mut url = url.to_owned();
    for _ in 0..=REDIRECTS {
        let raw = match url.split_once("://") {
            Some(("http", rest)) => plain(rest, patience),
            Some(("https", _)) => by_curl(curl, &url, patience),
            _ => Err("neither http nor https".to_owned()),
        };
        let reply = raw.and_then(|r| Reply::parse(&r)).map_err(|why| format!("{url}: {why}"))?;
        match (reply.status, reply.location) {
            (200, _) => return Ok((url, reply.body)),
            (301 | 302 | 303 | 307 | 308, Some(to)) => {
                // What was asked in secret is not repeated in the open.
                if url.starts_with("https:") && to.starts_with("http:") {
                    return Err(format!("{url}: is sent on from https to {to}"));
                }
                url = join(&url, &to);
            }
            (404, _) => return Err(format!("{url}: no record (404)")),
            (429, _) => return Err(format!("{url}: asked too often (429); try again later")),
            (status, _) => return Err(format!("{url}: status {status}")),
        }
    }
    Err(format!("{url}: sent on more than {REDIRECTS} times"))
}

/// An address relative to another.
fn join(base: &str, to: &str) -> String {
    if to.contains("://") {
        return to.to_owned();
    }
    let host_end = base.find("://").map_or(0, |i| i + 3);
    let path_at =
        base.get(host_end..).and_then(|r| r.find('/')).map_or(base.len(), |i| host_end + i);
    let (origin, path) = base.split_at(path_at);
    match to.strip_prefix('/') {
        Some(_) => format!("{origin}{to}"),
        None => format!("{origin}{}/{to}", path.rsplit_once('/').map_or("", |(dir, _)| dir)),
    }
}

fn plain(rest: &str, patience: Duration) -> Result<Vec<u8>, String> {
    let text = |e: std::io::Error| e.to_string();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let fit = |s: &str| s.bytes().all(|b| b.is_ascii_graphic());
    if host.is_empty() || !fit(host) || !fit(path) {
        return Err("is no address".to_owned());
    }
    let port = host.rsplit_once(':').is_some_and(|(_, p)| p.parse::<u16>().is_ok());
    let place = if port { host.to_owned() } else { format!("{host}:80") };
    let at = place.to_socket_addrs().map_err(text)?.next().ok_or("the name has no address")?;
    let mut stream = TcpStream::connect_timeout(&at, patience).map_err(text)?;
    stream.set_read_timeout(Some(patience)).map_err(text)?;
    let path = if path.is_empty() { "/" } else { path };
    // In 1.0 the end of the connection is the end of the content.
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: application/rdap+json, application/json\r\nUser-Agent: plaint/{}\r\nConnection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    )
    .map_err(text)?;
    let mut out = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut out).map_err(text)?;
    Ok(out)
}

fn by_curl(curl: &Path, url: &str, patience: Duration) -> Result<Vec<u8>, String> {
    let done = Command::new(curl)
        .args(["--silent", "--show-error", "--include", "--http1.0", "--proto", "=https"])
        .args(["--max-time", &patience.as_secs().max(1).to_string()])
        .args(["--max-filesize", &ANSWER_BYTES.to_string()])
        .args(["--header", "Accept: application/rdap+json, application/json"])
        .args(["--user-agent", concat!("plaint/", env!("CARGO_PKG_VERSION"))])
        .args(["--", url])
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{} cannot be run, and HTTPS needs it: {e}", curl.display()))?;
    if !done.status.success() {
        let why = crate::text::Untrusted(&done.stderr).ascii();
        return Err(why.trim().to_owned());
    }
    Ok(done.stdout)
}

/// A reply, taken apart.
struct Reply {
    status: u16,
    location: Option<String>,
    body: Vec<u8>,
}

impl Reply {
    fn parse(raw: &[u8]) -> Result<Self, String> {
        let end = memchr::memmem::find(raw, b"\r\n\r\n").ok_or("the reply has no head")?;
        let (head, body) = raw.split_at(end);
        let head = str::from_utf8(head).map_err(|_| "the head of the reply is not text")?;
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first
            .strip_prefix("HTTP/")
            .and_then(|r| r.split(' ').nth(1)?.parse().ok())
            .ok_or("the reply is not HTTP")?;
        let mut body = body.get(4..).unwrap_or_default().to_vec();
        let (mut location, mut length) = (None, None);
        for (name, value) in lines.filter_map(|l| l.split_once(':')) {
            match name.to_ascii_lowercase().as_str() {
                "location" => location = Some(value.trim().to_owned()),
                "content-length" => length = value.trim().parse::<usize>().ok(),
                // Nobody may send it to who spoke 1.0; some do.
                "transfer-encoding" if value.to_ascii_lowercase().contains("chunked") => {
                    body = unchunked(&body).ok_or("the reply is cut")?;
                }
                _ => {}
            }
        }
        if length.is_some_and(|n| n > body.len()) {
            return Err("the reply is cut, or longer than we read".to_owned());
        }
        Ok(Self { status, location, body })
    }
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = memchr::memmem::find(rest, b"\r\n")?;
        let size = str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        rest = rest.get(end + 2..)?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_joined() {
        for (base, to, want) in [
            ("http://a.test/rdap/ip/1", "http://b.test/x", "http://b.test/x"),
            ("http://a.test/rdap/ip/1", "/x", "http://a.test/x"),
            ("http://a.test/rdap/ip/1", "2", "http://a.test/rdap/ip/2"),
            ("http://a.test", "x", "http://a.test/x"),
        ] {
            assert_eq!(join(base, to), want);
        }
    }

    #[test]
    fn replies() {
        let parsed = |raw: &[u8]| Reply::parse(raw).map(|r| (r.status, r.body));
        assert_eq!(parsed(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nxy").unwrap(), (200, b"xy".to_vec()));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n1;a=b\r\nz\r\n0\r\n\r\n";
        assert_eq!(parsed(chunked).unwrap().1, b"xyz");
        for bad in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxy"[..],
            b"HTTP/1.1 200 OK\r\n",
            b"SSH-2.0-x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nxy",
        ] {
            assert!(parsed(bad).is_err());
        }
    }

    #[test]
    fn no_curl_is_said() {
        let why =
            get("https://rdap.test/x", Path::new("/nonexistent/curl"), Duration::from_secs(1));
        assert!(why.unwrap_err().contains("HTTPS needs it"));
        assert!(get("ftp://a.test/", Path::new("curl"), Duration::from_secs(1)).is_err());
    }
}
