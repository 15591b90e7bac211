//! OpenSMTPD: who connected, and what was refused to whom.
//!
//! `smtp_session.c` (6.0 to 7.6): `SESSION smtp connected address=%s host=%s` names the client; refused logins and
//! commands (`smtp authentication user=%s result=permfail`, `smtp failed-command command="%s"
//! result="%s"`) name the session alone, eight random bytes, and quote the far end. Whose they are, the line that
//! began the session says. Of a line in which the result could begin at two places only the session counts. A refused login
//! is told twice, as a refused command too: that counts nothing. `550 Invalid recipient` is what both an unknown
//! mailbox and a foreign one get.

use nom::bytes::complete::{tag, take_till, take_while1};
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{smtp_refusal, tcp};
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
    "session" "" "%016llx smtp (connected address=%s host=%s|disconnected reason=%s|authentication …|failed-command …|bad-input …|message …)" "smtp_session.c" session;
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
        // IPv6 stands in brackets.
        let bare = address.strip_prefix(b"[").and_then(|a| a.strip_suffix(b"]"));
        let address = bare.unwrap_or(address);
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
    let told = match text.split(|b| *b == b' ').next() {
        Some(b"authentication") => authentication(text),
        Some(b"failed-command" | b"bad-input") => refused(text),
        Some(b"disconnected") => Some(Kind::MailDisconnected),
        Some(b"message" | b"envelope" | b"tls" | b"starttls") => Some(Kind::MailContext),
        _ => None,
    };
    match told {
        Some(kind) => {
            let act: Act<'_> = tcp(kind, None, None);
            Said::One(Act { session: Some(id), ..act })
        }
        None => Said::No,
    }
}

/// `authentication user=%s result=%s`: the account is the far end's text, and the result stands last.
fn authentication(text: &[u8]) -> Option<Kind> {
    text.starts_with(b"authentication user=").then_some(())?;
    let at = memchr::memmem::rfind(text, b" result=")?;
    Some(match text.get(at..)? {
        b" result=permfail" => Kind::SaslFailed,
        b" result=ok" => Kind::MailLogin,
        _ => Kind::MailContext,
    })
}

/// `failed-command command="%s" result="%s"` and `bad-input result="%s"`.
fn refused(text: &[u8]) -> Option<Kind> {
    let mut results = memchr::memmem::find_iter(text, b" result=\"");
    let (at, more) = (results.next()?, results.next());
    let result = text.get(at + b" result=\"".len()..)?;
    if more.is_some() {
        return Some(Kind::MailContext);
    }
    let code = result.get(..3)?;
    // What it quotes of the far end's stands in brackets.
    let ours = result.split(|b| *b == b'<').next().unwrap_or_default();
    Some(match code {
        // Told by `smtp authentication` before.
        b"535" => Kind::MailContext,
        b"500" | b"501" | b"502" | b"503" => Kind::SmtpProbe,
        [b'5', ..] => match smtp_refusal(code, ours) {
            Kind::Relay => Kind::Relay,
            _ => Kind::Spam,
        },
        [b'4', ..] => Kind::Deferred,
        _ => Kind::MailContext,
    })
}
