//! Haraka: connections, and what came of each.
//!
//! `connection.js` (2.8 to 3.1) sums a connection up when it ends: `disconnect ip=… rdns=… helo=… relay=Y|N
//! early=Y|N … rcpts=ACCEPTED/LATER/REFUSED … lr="LAST REFUSAL" time=…`. The address stands first; the
//! reverse name, the HELO and the last refusal, which quotes what the far end asked for, follow it and
//! are read for nothing but the kind of the refusal. A client that may relay is one of ours.

use nom::bytes::complete::{tag, take_till, take_till1};
use nom::combinator::{opt, rest};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{find, port, smtp_refusal, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::{Format, rfc3164::number};
use crate::limits::REPEATS;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "haraka",
    title: "Haraka 2.8 to 3.1",
    family: Family::Mail,
    programs: &["haraka", "Haraka"],
    bare: &[Format::Iso8601],
    example: "Jun 12 08:58:35 mx haraka[4711]: [NOTICE] [6C8E1F4A-1F39-4E2C-9A1B-1D2E3F4A5B6C] [core] disconnect ip=203.0.113.9 rdns=h.example helo=x relay=N early=N esmtp=Y tls=N pipe=N errors=0 txns=1 rcpts=0/0/3 msgs=0/0/0 bytes=0 lr=\"550 I cannot deliver mail for {a@d.example}\" time=1.2",
    document: "https://github.com/haraka/Haraka (connection.js, disconnect_respond(); logger.js)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "connection" "[" "[NOTICE] [%s] [core] (connect|disconnect) ip=%s …" "connection.js, constructor and disconnect_respond()" connection;
};

fn connection(message: &[u8]) -> Said<'_> {
    let word = || delimited(tag("["), take_till1(|b| b == b']' || b == b' '), tag("] "));
    let head: IResult<&[u8], _> = (word(), word(), tag("[core] ")).parse(message);
    let Ok((text, (_, session, _))) = head else { return Said::No };
    let quotes = |b: u8| b == b' ' || b == b'"';
    let ip = (opt(tag("\"")), take_till(quotes).map(Addr::parse), opt(tag("\"")));
    let (gone, text) =
        match (text.strip_prefix(b"disconnect ip="), text.strip_prefix(b"connect ip=")) {
            (Some(text), _) => (true, text),
            (_, Some(text)) => (false, text),
            _ => return Said::No,
        };
    let parsed: IResult<&[u8], _> = (ip, rest).parse(text);
    let Ok((_, ((_, source, _), text))) = parsed else { return Said::No };
    let act: Act<'_> = if gone {
        ended(source, text)
    } else {
        let from: IResult<&[u8], _> = preceded(tag(" port="), port).parse(text);
        tcp(Kind::MailConnected, source, from.ok().map(|(_, p)| p))
    };
    Said::One(Act { session: Some(session), ..act })
}

/// The sums of a connection: `rcpts=ACCEPTED/LATER/REFUSED`, the last that stand there.
fn ended<'a>(source: Option<Addr>, text: &[u8]) -> Act<'a> {
    // The last answer, behind them, may quote the far end's.
    let sums = text.get(..find(text, b" lr=").unwrap_or(text.len())).unwrap_or_default();
    let refused = memchr::memmem::rfind(sums, b" rcpts=")
        .and_then(|at| sums.get(at + 7..)?.split(|b| *b == b' ').next())
        .and_then(|counts| number(counts.split(|b| *b == b'/').nth(2)?))
        .unwrap_or(0);
    let ours = find(sums, b" relay=Y").is_some();
    if refused > 0 && !ours {
        let last = find(text, b" lr=\"").and_then(|at| text.get(at + 5..)).unwrap_or_default();
        let code = last.get(..3).unwrap_or_default();
        // The counts say that it was refused for good, whatever the last answer was.
        let code = if code.starts_with(b"4") { b"550" } else { code };
        let kind = match smtp_refusal(code, last) {
            Kind::Deferred => Kind::Spam,
            kind => kind,
        };
        return tcp(kind, source, None).times(refused.min(REPEATS));
    }
    let early = find(sums, b" early=Y").is_some() && !ours;
    tcp(if early { Kind::SmtpProbe } else { Kind::MailDisconnected }, source, None)
}
