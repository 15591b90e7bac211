//! F5 BIG-IP: what TMM, APM, ASM and iRules say of clients.
//!
//! "BIG-IP log messages" by message code (11.3 to 17.5): 01260009 and 01260013 of TLS, 01580002 of
//! APM's access lists, 01490500 and its kin of APM's sessions, 01310039 `[SECEV]` of ASM. A packet that APM's
//! list discards is one that a client sent through its own tunnel, so nothing here is a refused
//! packet. AFM's and ASM's events in ArcSight's form are read as such. Names, URLs and agents are the
//! far end's.

use super::act::Act;
use super::mention::{Words, arrow, peer};
use super::packet::Seen;
use super::parts::find;
use super::spec::{Dialect, Said, messages};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "f5",
    title: "F5 BIG-IP 11.3 to 17.5 (TMM, APM, ASM, iRules)",
    family: Family::Firewall,
    programs: &[
        "tmm", "tmm0", "tmm1", "tmm2", "tmm3", "tmm4", "tmm5", "tmm6", "tmm7", "apmd", "apd",
        "perl", "logger", "ASM", "PSM",
    ],
    bare: &[],
    example: "Jun 12 08:58:35 bigip warning tmm1[20358]: 01260013:4: SSL Handshake failed for TCP 203.0.113.9:43210 -> 192.0.2.7:443",
    document: "https://my.f5.com/manage/s/article/K12197",
    grammar: messages! {
        "coded" "01" "%08x:%d: … TCP %s:%d -> %s:%d" "01260009, 01260013, 01580002, 01490113, 01490500, 01310039" |m| Said::one(coded(m));
        "rule" "Rule " "Rule %s <%s>: client_ip=%s client_port=%d …" "iRules, log" |m| Said::one(rule(m));
        "httpd" "[ssl_" "[ssl_acc] %s - %s [%s] …" "httpd of the configuration utility" |m| Said::one(httpd(m));
    },
    trim: <[u8]>::trim_ascii_start,
};

/// `01260013:4: TEXT`: eight hexadecimal digits, a level.
fn coded(m: &[u8]) -> Option<Act<'_>> {
    const ASM: &[Words] = &[(", source ip: ", "")];
    const APM: &[Words] =
        &[("session.user.clientip is ", ""), ("client IP ", ""), ("Client IP ", ""), ("from ", "")];
    let (code, text) = m.split_at_checked(8)?;
    code.iter().all(u8::is_ascii_hexdigit).then_some(())?;
    let text = match text {
        [b':', level, b':', b' ', text @ ..] if level.is_ascii_digit() => text,
        _ => return None,
    };
    if find(text, b"[SECEV]") == Some(0) {
        return asm(peer(text, ASM)?, text);
    }
    Some(arrow(text).or_else(|| peer(text, APM))?.act())
}

/// `… source ip: A, xff ip: X, source port: p, destination ip: B, destination port: p, …`, once each.
fn asm<'a>(seen: Seen, text: &'a [u8]) -> Option<Act<'a>> {
    let value = |key: &[u8]| {
        let mut all = memchr::memmem::find_iter(text, key);
        let at = all.next().filter(|_| all.next().is_none())? + key.len();
        text.get(at..)?.split(|b| *b == b',').next()
    };
    let from = value(b", source port: ").unwrap_or_default();
    let ours = value(b", destination ip: ").unwrap_or_default();
    let to = value(b", destination port: ").unwrap_or_default();
    let ends = Seen::ends(b"0.0.0.0", from, ours, to)?;
    Some(Seen { source: seen.source, ..ends }.carrying(b"tcp").act())
}

/// What an administrator's rule logs: `client_ip=A client_port=p`, `A:p: …`, as the examples of iRules do.
fn rule(m: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] = &[("client_ip=", ""), ("client: ", ""), ("Client: ", "")];
    let text = m.get(find(m, b">: ")? + 3..)?;
    let seen = peer(text, WORDS).or_else(|| arrow(text));
    if let Some(seen) = seen {
        let port = find(text, b" client_port=")
            .and_then(|at| text.get(at + 13..)?.split(|b| *b == b' ').next())
            .and_then(super::packet::port);
        return Some(Seen { from: seen.from.or(port), ..seen }.act());
    }
    let (source, from, rest) = super::mention::spot(text)?;
    (from.is_some() && rest.is_empty() || rest.starts_with(b" ")).then_some(())?;
    Some(Seen { source: Some(source), from, ..Seen::default() }.act())
}

/// `[ssl_acc] A - NAME [stamp] …`, `[ssl_req][stamp] A TLSv1.2 …` of the configuration utility.
fn httpd(m: &[u8]) -> Option<Act<'_>> {
    let text = match m.strip_prefix(b"[ssl_acc] ") {
        Some(text) => text,
        None => {
            let rest = m.strip_prefix(b"[ssl_req][")?;
            rest.get(find(rest, b"] ")? + 2..)?
        }
    };
    let word = text.split(|b| *b == b' ').next()?;
    Some(Seen::ends(word, b"", b"", b"")?.carrying(b"tcp").act())
}
