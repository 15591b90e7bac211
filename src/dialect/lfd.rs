//! lfd of ConfigServer Security & Firewall: whom it blocked.
//!
//! `lfd.log` (CSF 5 to 15): `(KIND) WORDS from ADDRESS (PLACE/NAME): N in the last N secs - *Blocked in csf*
//! …` and `*Port Scan* detected from ADDRESS (…). …`. lfd has read the logs that plaint reads, by
//! expressions that may be misled; its word is no try and no packet of its own, so it accuses nobody.
//! The packets that CSF refuses are netfilter's. The reverse name in parentheses is the far end's.

use nom::bytes::complete::{tag, take_till, take_until};
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::Act;
use super::packet::Seen;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "lfd",
    title: "ConfigServer Security & Firewall 5 to 15 (lfd.log)",
    family: Family::Firewall,
    programs: &["lfd"],
    bare: &[],
    example: "Jun 12 08:58:35 web1 lfd[28641]: (sshd) Failed SSH login from 203.0.113.9 (XX/Unknown/h.example): 5 in the last 300 secs - *Blocked in csf* [LF_SSHD]",
    document: "https://download.configserver.com/csf/readme.txt",
    grammar: messages! {
        "blocked" "(" "(%s) %s from %s (%s): %d in the last %d secs - *Blocked in csf* …" "lfd.pl" |m| Said::one(blocked(m));
        "scan" "*" "*%s* detected from %s (%s). %d hits in the last %d seconds - *Blocked in csf* …" "lfd.pl" |m| Said::one(blocked(m));
    },
    trim: untrimmed,
};

fn blocked(m: &[u8]) -> Option<Act<'_>> {
    // What stands before is lfd's own.
    let parsed: IResult<&[u8], _> =
        (take_until(" from "), tag(" from "), take_till(|b| b == b' '), rest).parse(m);
    let (_, (_, _, word, _)) = parsed.ok()?;
    let word = word.strip_suffix(b":").unwrap_or(word);
    Some(Seen::ends(word, b"", b"", b"")?.act())
}
