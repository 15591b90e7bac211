//! nginx as a mail proxy: logins that its auth server refused.
//!
//! `mail/ngx_mail_auth_http_module.c` prints `client login failed: "…" while in http auth state, client: ADDRESS, server: …, login: "…"`: what the
//! auth server answered comes before the address and is quoted, the account after it; every
//! `, client: ` behind the state's own words is tried.

use nom::Parser;
use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::combinator::{opt, rest};
use nom::sequence::preceded;

use super::act::{Act, Kind};
use super::parts::{addr_port, every_cut, find, tcp};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "nginxmail",
    title: "nginx 0.8 to 1.27 as a mail proxy",
    family: Family::Mail,
    programs: &["nginx"],
    bare: &[Format::Slashed],
    example: r#"2026/06/12 08:58:01 [info] 8#8: *6631 client login failed: "Authentication credentials invalid" while in http auth state, client: 192.0.2.7, server: 0.0.0.0:25, login: "ann@example.org""#,
    document: "https://nginx.org/en/docs/mail/ngx_mail_core_module.html (src/mail/ngx_mail_auth_http_module.c)",
    grammar: GRAMMAR,
    trim,
};

/// Takes off `[info] 8#8: *6631 `: level, process, thread and connection.
fn trim(message: &[u8]) -> &[u8] {
    let text =
        message.strip_prefix(b"[").and_then(|t| t.get(find(t, b"] ")? + 2..)).unwrap_or(message);
    let digits = |b: u8| b.is_ascii_digit() || b == b'#';
    let head: nom::IResult<&[u8], _> =
        (take_while1(digits), tag(": "), opt((tag("*"), take_while1(digits), tag(" "))))
            .parse(text);
    head.map_or(text, |(text, _)| text)
}

const GRAMMAR: &[Message] = messages! {
    "login-failed" "client login failed: \"" "client login failed: \"%V\" while in http auth state, client: %s, server: %s, login: \"%s\"" "src/mail/ngx_mail_auth_http_module.c, ngx_mail_auth_http_process_headers()" failed;
    "logged-in" "client logged in" "client logged in, client: %s, server: %s, login: \"%s\"" "src/mail/ngx_mail_proxy_module.c" logged_in;
    "connected" "client " "client %s:%d connected to %s:%d" "src/mail/ngx_mail_handler.c, ngx_mail_init_connection()" connected;
};

/// The far end, our port, and the account.
type Who<'a> = (Option<Addr>, Option<u16>, &'a [u8]);

/// `ADDRESS, server: ADDRESS:PORT, login: "ACCOUNT"`.
fn who(i: &[u8]) -> nom::IResult<&[u8], Who<'_>> {
    let address = take_till1(|b| b == b',' || b == b' ').map(Addr::parse);
    let server = preceded(tag(", server: "), take_till1(|b| b == b','));
    let (_, (address, server, login)) =
        (address, server, opt(preceded(tag(", login: \""), rest))).parse(i)?;
    let port = addr_port(server).ok().and_then(|(_, p)| p.port);
    let login: &[u8] = login.unwrap_or_default();
    Ok((&[], (address, port, login.strip_suffix(b"\"").unwrap_or(login))))
}

fn of<'a>(kind: Kind, (addr, port, user): Who<'a>) -> Act<'a> {
    let mut act = tcp(kind, addr, None);
    act.destination_port = port;
    if user.is_empty() { act } else { act.user(user) }
}

fn failed(message: &[u8]) -> Said<'_> {
    let state = "\" while in http auth state, client: ";
    every_cut(message, state, who, |_, found| of(Kind::SaslFailed, found))
}

fn logged_in(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"client logged in, client: ").unwrap_or_default();
    Said::one(who(text).ok().map(|(_, found)| of(Kind::MailLogin, found)))
}

fn connected(message: &[u8]) -> Said<'_> {
    let line = (tag("client "), addr_port, tag(" connected to "), addr_port);
    Said::one(super::parts::whole(message, line).map(|(_, who, _, ours)| {
        let mut act: Act<'_> = tcp(Kind::MailConnected, who.addr, who.port);
        act.destination_port = ours.port;
        act
    }))
}
