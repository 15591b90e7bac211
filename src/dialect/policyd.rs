//! Policy services and milters beside a mail server: what they think of a client that it asks them about.
//!
//! `policyd-spf` of spf-engine (`policyd_spf.py`, 2.0 to 3.1) and `policy-spf` (`postfix-policyd-spf-perl` 2.x),
//! `postgrey` (1.3 to 1.37, `do_log()`), `sqlgrey` (1.8), `opendkim` (2.10, `dkimf_log()`). The mail server tells itself what it
//! refused for their word, and counts it: here all is context. SPF's sentences quote HELO and sender, which are the
//! far end's, before or after the address: every place where it may stand is tried. The other services print the
//! address before them.

use nom::bytes::complete::{tag, take_until, take_while1};
use nom::combinator::{opt, rest};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{named, tcp};
use super::spec::{Cuts, Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "policyd",
    title: "policyd-spf 2.0 to 3.1, postgrey 1.37, sqlgrey 1.8, opendkim 2.10",
    family: Family::Mail,
    programs: &[
        "*policyd-spf*",
        "*policy-spf*",
        "*policyd_spf*",
        "*postgrey",
        "sqlgrey",
        "opendkim",
    ],
    bare: &[],
    example: "Jun 12 08:58:35 mx policyd-spf[4711]: prepend Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=203.0.113.9; helo=x; envelope-from=a@b.example; receiver=<UNKNOWN>",
    document: "https://launchpad.net/spf-engine (policyd_spf.py); https://github.com/schweikert/postgrey (postgrey, do_log()); https://github.com/trusteddomainproject/OpenDKIM (opendkim.c)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "action" "Action: " "Action: %s: Text: %s" "policyd_spf.py" spf;
    "prepend" "prepend Received-SPF: " "prepend Received-SPF: %s (%s) identity=%s; client-ip=%s; helo=%s; envelope-from=%s; receiver=%s" "policyd_spf.py" spf;
    "policy" ": Policy action=" ": Policy action=%s Received-SPF: %s (%s) receiver=%s; identity=%s; envelope-from=%s; helo=%s; client-ip=%s" "postfix-policyd-spf-perl" spf;
    "rejected" "550 5.7." "550 5.7.23 Message rejected due to: %s. Please see http://%s/Why?s=%s;id=%s;ip=%s;r=%s" "policyd_spf.py" spf;
    "greylist" "action=" "action=%s, reason=%s, [delay=%d, ]client_name=%s, client_address=%s, sender=%s, recipient=%s" "postgrey, do_log()" greylist;
    "sql-grey" "grey: " "grey: %s: %s(%s), %s -> %s" "sqlgrey, main()" sqlgrey;
    "result" "" "%s; identity=%s; client-ip=%s; helo=%s; envelope-from=%s; receiver=%s" "policyd_spf.py, before 2.9 and at debugLevel 2" result;
    "queued" "" "%s: action=%s, reason=%s, client_name=%s, client_address=%s, …" "postgrey, with a queue id" queued;
    "internal" "" "%s: %s [%s] not internal" "opendkim.c, mlfi_eoh()" internal;
};

fn context<'a>(source: Option<Addr>) -> Act<'a> {
    tcp(Kind::MailContext, source, None)
}

/// The address behind `client-ip=`, or `;ip=` of a link that explains a refusal.
fn spf(message: &[u8]) -> Said<'_> {
    let mut cuts = Cuts::default();
    for mark in [&b"client-ip="[..], b";ip="] {
        for at in memchr::memmem::find_iter(message, mark) {
            let text = message.get(at + mark.len()..).unwrap_or_default();
            let end = text.iter().position(|b| b"; ,)".contains(b)).unwrap_or(text.len());
            if let Some(source) = text.get(..end).and_then(Addr::parse) {
                cuts.add(context(Some(source)));
            }
        }
    }
    match cuts.said() {
        Said::No => Said::Quiet,
        said => said,
    }
}

fn result(message: &[u8]) -> Said<'_> {
    const RESULTS: [&str; 8] =
        ["Pass", "Fail", "Softfail", "Neutral", "None", "Permerror", "Temperror", "SoftFail"];
    let starts =
        |r: &str| message.strip_prefix(r.as_bytes()).is_some_and(|t| t.starts_with(b"; identity="));
    if RESULTS.iter().any(|r| starts(r)) { spf(message) } else { Said::No }
}

fn greylist(message: &[u8]) -> Said<'_> {
    // A client's name is a resolver's answer and holds no comma.
    let line: IResult<&[u8], _> = (
        tag("action="),
        take_until(", client_name="),
        tag(", client_name="),
        take_until(", client_address="),
        tag(", client_address="),
        take_while1(|b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.').map(Addr::parse),
        opt((tag("/"), take_while1(|b: u8| b.is_ascii_digit()))),
        tag(", "),
    )
        .parse(message);
    match line {
        Ok((_, (_, action, _, _, _, source, ..))) => {
            let later = action.starts_with(b"greylist");
            let kind = if later { Kind::Deferred } else { Kind::MailContext };
            Said::One(tcp(kind, source, None))
        }
        Err(_) => Said::No,
    }
}

fn queued(message: &[u8]) -> Said<'_> {
    let id: IResult<&[u8], _> =
        (take_while1(|b: u8| b.is_ascii_alphanumeric()), tag(": ")).parse(message);
    id.map_or(Said::No, |(text, _)| greylist(text))
}

fn sqlgrey(message: &[u8]) -> Said<'_> {
    let line: IResult<&[u8], _> = (
        tag("grey: "),
        take_while1(|b: u8| b.is_ascii_lowercase() || b == b' '),
        tag(": "),
        take_while1(|b: u8| b != b'(' && b != b' ').map(Addr::parse),
        tag("("),
        rest,
    )
        .parse(message);
    line.map_or(Said::No, |(_, (_, _, _, source, ..))| Said::One(tcp(Kind::Deferred, source, None)))
}

fn internal(message: &[u8]) -> Said<'_> {
    let Some(text) = message.strip_suffix(b" not internal") else { return Said::No };
    let line: IResult<&[u8], _> =
        (take_while1(|b: u8| b.is_ascii_alphanumeric()), tag(": "), named).parse(text);
    match line {
        Ok((b"", (_, _, source))) => Said::One(context(source)),
        _ => Said::No,
    }
}
