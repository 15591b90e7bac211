//! MailScanner: its verdict on a message that the mail server took.
//!
//! `lib/MailScanner/SpamAssassin.pm`, `Message.pm`, `RBLs.pm` and `SweepViruses.pm` (4.70 to 5.5): `Message ID from
//! ADDRESS (FROM) to DOMAINS is spam, …`. The address stands before the sender. It is that of the host which handed the
//! message over, and the message was taken: a verdict accuses nobody by itself.

use nom::bytes::complete::{tag, take_till1};
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::Kind;
use super::parts::{tcp, whole};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "mailscanner",
    title: "MailScanner 4.70 to 5.5",
    family: Family::Mail,
    programs: &["MailScanner"],
    bare: &[],
    example: "Jun 12 08:58:35 mx MailScanner[4711]: Message 4bXyz1 from 203.0.113.9 (a@b.example) to d.example is spam, SpamAssassin (not cached, score=25.5, required 4)",
    document: "https://github.com/MailScanner/v5 (common/usr/share/MailScanner/perl/MailScanner/Message.pm, SweepViruses.pm)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "verdict" "Message " "Message %s from %s (%s) to %s is %s" "Message.pm, IsSpam() and others" verdict;
    "infected" "Infected message " "Infected message %s came from %s" "SweepViruses.pm, MergeReports()" infected;
};

fn word(i: &[u8]) -> IResult<&[u8], &[u8]> {
    take_till1(|b| b == b' ').parse(i)
}

fn verdict(message: &[u8]) -> Said<'_> {
    let line = (tag("Message "), word, tag(" from "), word.map(Addr::parse), tag(" ("), rest);
    Said::one(whole(message, line).map(|(_, _, _, a, ..)| tcp(Kind::MailContext, a, None)))
}

fn infected(message: &[u8]) -> Said<'_> {
    let line = (tag("Infected message "), word, tag(" came from "), word.map(Addr::parse));
    Said::one(whole(message, line).map(|(_, _, _, a)| tcp(Kind::MailContext, a, None)))
}
