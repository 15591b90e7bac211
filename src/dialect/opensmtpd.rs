//! OpenSMTPD: who connected.
//!
//! `smtp_session.c` (6.0 to 7.6): `SESSION smtp connected address=%s host=%s`. Refused logins and
//! commands (`smtp authentication user=%s result=permfail`, `smtp failed-command command="%s"
//! result="%s"`) name the session alone and quote the far end; such a line names nobody, and what it
//! tells is counted for nobody.

use nom::bytes::complete::{tag, take_till, take_while1};
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::tcp;
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "opensmtpd",
    title: "OpenSMTPD 6.0 to 7.6",
    family: Family::Mail,
    programs: &["smtpd"],
    bare: &[],
    example: "Jun 12 08:58:35 mx smtpd[4711]: 5a1b2c3d4e5f6071 smtp connected address=203.0.113.9 host=h.example",
    document: "https://github.com/OpenSMTPD/OpenSMTPD (usr.sbin/smtpd/smtp_session.c)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "session" "" "%016llx smtp (connected address=%s host=%s|disconnected reason=%s|authentication …|failed-command …|message …)" "smtp_session.c" session;
};

fn session(message: &[u8]) -> Said<'_> {
    let id = take_while1(|b: u8| b.is_ascii_hexdigit());
    let head: IResult<&[u8], _> = (id, tag(" smtp ")).parse(message);
    let Ok((text, (id, _))) = head else { return Said::No };
    if id.len() != 16 {
        return Said::No;
    }
    let address = take_till(|b| b == b' ');
    let parsed: IResult<&[u8], _> =
        (tag("connected address="), address, tag(" host="), rest).parse(text);
    if let Ok((_, (_, address, ..))) = parsed {
        let local = address == b"local" || address.starts_with(b"/");
        return match Addr::parse(address) {
            Some(_) => {
                let act: Act<'_> = tcp(Kind::MailConnected, Addr::parse(address), None);
                Said::One(Act { session: Some(id), ..act })
            }
            None if local => Said::Quiet,
            None => Said::No,
        };
    }
    let nobody = [
        "disconnected ",
        "authentication ",
        "failed-command ",
        "message ",
        "envelope ",
        "tls ",
        "starttls ",
    ];
    if nobody.iter().any(|w| text.starts_with(w.as_bytes())) { Said::Quiet } else { Said::No }
}
