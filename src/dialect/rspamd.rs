//! rspamd: its verdict on a message, with the SMTP client that sent it.
//!
//! `conf/logging.inc`'s `log_format` (1.5 to 3.12): `id: <MESSAGE-ID>, qid: <QUEUE-ID>, ip: CLIENT, user:
//! ACCOUNT, from: <SENDER>, (default: T (ACTION): [SCORES] [SYMBOLS]), …` behind
//! `rspamd_task_write_log: `. The message's id is the far end's text and stands before the address:
//! every cut is tried. `reject` is told to the mail server, which refuses the message and counts it;
//! `greylist` and `soft reject` are for now. A client that logged in is one of ours.

use nom::bytes::complete::{tag, take_till};
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::Kind;
use super::parts::{every_cut, find, tcp};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "rspamd",
    title: "rspamd 1.5 to 3.12",
    family: Family::Mail,
    programs: &["rspamd"],
    bare: &[Format::IsoBlank],
    example: "2026-06-12 08:58:35 #4711(rspamd_proxy) <a1b2c3>; proxy; rspamd_task_write_log: id: <m@b.example>, qid: <4bXyz1>, ip: 203.0.113.9, from: <a@b.example>, (default: T (reject): [21.30/15.00] [BAYES_SPAM(5.10){99.99%;}]), len: 1234, time: 321.0ms",
    document: "https://github.com/rspamd/rspamd (conf/logging.inc, log_format; src/libserver/task.c, rspamd_task_write_log())",
    grammar: GRAMMAR,
    trim,
};

/// Takes off worker, session and function: `#4711(rspamd_proxy) <a1b2c3>; proxy; rspamd_task_write_log: `.
fn trim(message: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"; rspamd_task_write_log: ";
    match find(message.get(..96.min(message.len())).unwrap_or_default(), NAME) {
        Some(at) => message.get(at + NAME.len()..).unwrap_or_default(),
        None => message,
    }
}

const GRAMMAR: &[Message] = messages! {
    "task" "id: <" "id: <%s>, qid: <%s>, ip: %s, user: %s, from: <%s>, (default: %c (%s): [%s] [%s]), …" "task.c, rspamd_task_write_log()" task;
};

fn task(message: &[u8]) -> Said<'_> {
    let address = |i| take_till(|b| b == b',').map(Addr::parse).parse(i);
    let tail = |i| -> IResult<&[u8], _> { (address, tag(","), rest).parse(i) };
    every_cut(message, ">, ip: ", tail, |_, (source, _, text): (_, _, &[u8])| {
        let action = find(text, b" (default: ")
            .and_then(|at| text.get(at + 11..))
            .and_then(|t| t.get(find(t, b" (")? + 2..))
            .and_then(|t| t.get(..find(t, b")")?));
        let kind = match action {
            _ if text.starts_with(b" user: ") => Kind::MailContext,
            Some(b"reject") => Kind::JudgedSpam,
            Some(b"greylist" | b"soft reject") => Kind::Deferred,
            _ => Kind::MailContext,
        };
        tcp(kind, source, None)
    })
}
