//! amavis: its verdict on a message, with the SMTP client that sent it.
//!
//! `amavisd`'s `$log_templ` (2.3 to 2.13): `(ID) Blocked CATEGORY {ACTIONS}, POLICY [CLIENT]:PORT
//! [ORIGIN] <FROM> -> <TO>, …`. The first brackets hold the client that the mail server named (`%a`,
//! from XFORWARD); the second what a `Received:` of the message says (`%e`), which is the far end's
//! text. So are names of banned files and of viruses, in parentheses before the actions: there every
//! cut is tried. What stands after the client is never read. A message that was discarded is refused
//! here and nowhere else; one that was rejected the mail server tells of too, and it counts there.

use nom::bytes::complete::{tag, take_while};
use nom::combinator::{opt, rest};
use nom::{IResult, Parser};

use super::act::Kind;
use super::parts::{bracketed, find, port, tcp};
use super::spec::{Cuts, Dialect, Message, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "amavis",
    title: "amavisd-new 2.3 to 2.12, amavis 2.13",
    family: Family::Mail,
    programs: &["amavis", "amavisd"],
    bare: &[],
    example: "Jun 12 08:58:35 mx amavis[4711]: (04711-05) Blocked SPAM {DiscardedInbound,Quarantined}, [203.0.113.9]:43210 <a@b.example> -> <c@d.example>, quarantine: x, Queue-ID: 4bXyz1, Hits: 17.2",
    document: "https://gitlab.com/amavis/amavis (lib/Amavis/Conf.pm, $log_templ; README_FILES/README.customize)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "verdict" "(" "(%s) (Passed|Blocked) %s {%s}, %s[%s]:%d [%s] <%s> -> <%s>, …" "$log_templ" verdict;
};

fn verdict(message: &[u8]) -> Said<'_> {
    let Some(at) = find(message, b") ").filter(|at| *at < 32) else { return Said::No };
    let text = message.get(at + 2..).unwrap_or_default();
    let (blocked, text) = match (text.strip_prefix(b"Blocked "), text.strip_prefix(b"Passed ")) {
        (Some(text), _) => (true, text),
        (_, Some(text)) => (false, text),
        _ => return Said::No,
    };
    let category = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    let (category, tail) = text.split_at(category);
    let mut cuts = Cuts::default();
    if let Some(named) = tail.strip_prefix(b" (") {
        let mut from = 0;
        while let Some(at) = named.get(from..).and_then(|t| find(t, b")")) {
            from += at + 1;
            client(&mut cuts, blocked, category, named.get(from..).unwrap_or_default());
        }
    } else {
        client(&mut cuts, blocked, category, tail);
    }
    cuts.said()
}

/// ` {ACTIONS}, POLICY [CLIENT]:PORT `, the actions left out before 2.7.
fn client<'a>(cuts: &mut Cuts<'a>, blocked: bool, category: &[u8], text: &'a [u8]) {
    let word = |b: u8| b.is_ascii_alphanumeric() || b",_-".contains(&b);
    let policy = |b: u8| b.is_ascii_alphanumeric() || b"_-./: ".contains(&b);
    let parsed: IResult<&[u8], _> = (
        opt((tag(" {"), take_while(word), tag("}"))),
        tag(","),
        take_while(policy),
        tag("["),
        bracketed(b']'),
        tag("]"),
        opt((tag(":"), port)),
        tag(" "),
        rest,
    )
        .parse(text);
    let Ok((_, (actions, _, _, _, source, _, from, ..))) = parsed else { return };
    let actions = actions.map(|(_, actions, _)| actions);
    let harmful = ["SPAM", "INFECTED", "BANNED", "BAD-HEADER"];
    let harmful = harmful.iter().any(|c| category.starts_with(c.as_bytes()));
    let inbound = actions
        .is_none_or(|a| !["Outbound", "Internal"].iter().any(|w| find(a, w.as_bytes()).is_some()));
    let kind = match actions {
        _ if !blocked || !harmful || !inbound => Kind::MailContext,
        Some(a) if a.starts_with(b"Discarded") => Kind::Spam,
        Some(a) if a.starts_with(b"TempFailed") => Kind::Deferred,
        _ => Kind::JudgedSpam,
    };
    cuts.add(tcp(kind, source, from.map(|(_, p)| p)));
}
