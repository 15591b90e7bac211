//! RDAP (RFC 9082, 9083): which registry knows an address, and what it says.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::Value;

use super::http;
use crate::judge::answer::rdap_range;

/// The name of the bootstrap file (RFC 9224) for addresses like this one.
#[must_use]
pub const fn bootstrap_name(ip: IpAddr) -> &'static str {
    match ip {
        IpAddr::V4(_) => "ipv4.json",
        IpAddr::V6(_) => "ipv6.json",
    }
}

/// The server that answers for an address: the longest prefix; HTTPS before HTTP.
///
/// # Errors
///
/// That the file is no bootstrap, or has nobody for the address.
pub fn server_for(bootstrap: &[u8], ip: IpAddr) -> Result<String, String> {
    let file: Value = serde_json::from_slice(bootstrap).map_err(|e| e.to_string())?;
    let services = file.get("services").and_then(Value::as_array).ok_or("it lists no services")?;
    let mut best: Option<(u8, &str)> = None;
    for service in services {
        let texts = |n: usize| {
            let list = service.get(n).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str)
        };
        let holds = texts(0)
            .filter_map(|p| p.parse::<IpNet>().ok())
            .filter(|net| net.contains(&ip))
            .map(|net| net.prefix_len())
            .max();
        let url = texts(1).find(|u| u.starts_with("https:")).or_else(|| texts(1).next());
        if let (Some(length), Some(url)) = (holds, url)
            && best.is_none_or(|(before, _)| length > before)
        {
            best = Some((length, url));
        }
    }
    let (_, url) = best.ok_or_else(|| format!("no registry is named for {ip}"))?;
    Ok(if url.ends_with('/') { url.to_owned() } else { format!("{url}/") })
}

/// What a registry says of an address: where it was said, and the answer.
///
/// # Errors
///
/// Why there is none; also where the answer is not about that address.
pub fn ask(
    server: &str,
    ip: IpAddr,
    curl: &Path,
    patience: Duration,
) -> Result<(String, Vec<u8>), String> {
    let (url, body) = http::get(&format!("{server}ip/{ip}"), curl, patience)?;
    let answer: Value =
        serde_json::from_slice(&body).map_err(|e| format!("{url}: the answer is no JSON: {e}"))?;
    if let Some(code) = answer.get("errorCode") {
        return Err(format!("{url}: error {code}"));
    }
    match rdap_range(&answer) {
        Some((a, b)) if a <= ip && ip <= b => Ok((url, body)),
        _ => Err(format!("{url}: the answer is not about {ip}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_answers() {
        let file = br#"{"services":[
            [["192.0.0.0/8"],["http://a.test/rdap"]],
            [["192.0.2.0/24","2001:db8::/32"],["http://b.test/","https://b.test/rdap/"]],
            [["nonsense"],["https://c.test/"]],
            [["203.0.113.0/24"],[]]
        ]}"#;
        for (ip, want) in [
            ("192.0.3.1", Ok("http://a.test/rdap/")),
            ("192.0.2.1", Ok("https://b.test/rdap/")),
            ("2001:db8::1", Ok("https://b.test/rdap/")),
            ("203.0.113.1", Err("no registry is named for 203.0.113.1")),
        ] {
            let got = server_for(file, ip.parse().unwrap());
            assert_eq!(got.as_deref().map_err(String::as_str), want);
        }
        assert!(server_for(b"{}", "192.0.2.1".parse().unwrap()).is_err());
        assert!(server_for(b"<html>", "192.0.2.1".parse().unwrap()).is_err());
    }
}
