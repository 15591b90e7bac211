//! Exim 4: the main log and the reject log.
//!
//! The host that `host.c`, `host_build_sender_fullhost()` prints is `NAME (HELO) [ADDRESS]:PORT`,
//! where the name is a resolver's and the HELO the client's, in which `helo_accept_junk_hosts` lets
//! blanks and brackets stand. So behind `(` every `) [` may be the end of the HELO, and where what comes before the
//! host is the client's too, every ` H=` may be its start; two sources accuse nobody.
//! Exim writes a file of its own, `yyyy-mm-dd hh:mm:ss [PID] ID text` (`log.c`), or logs to syslog.

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::digit1;
use nom::combinator::opt;
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{
    Peer, addr, addr_port, bracketed, find, find_unquoted, port, says, smtp_refusal, tcp, whole,
};
use super::spec::{Cuts, Dialect, Message, Said, messages};
use crate::class::Family;
use crate::envelope::{Format, stamp};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "exim",
    title: "Exim 4.50 to 4.98 (mainlog, rejectlog, syslog)",
    family: Family::Mail,
    programs: &["exim", "exim4", "exim-*", "exim_*"],
    bare: &[Format::IsoBlank],
    example: "2026-06-12 08:58:01 login authenticator failed for (User) [192.0.2.7]: 535 Incorrect authentication data (set_id=info@example.org)",
    document: "https://github.com/Exim/exim (src/src/host.c, smtp_in.c, acl.c, receive.c, auths/), and the specification's chapter 52",
    grammar: GRAMMAR,
    trim,
};

/// Takes off a second stamp (syslog with `syslog_timestamp`), the process, the message's id and `Warning: `.
fn trim(message: &[u8]) -> &[u8] {
    let text = match stamp::read(message) {
        Some((_, used)) => message.get(used..).unwrap_or_default().trim_ascii_start(),
        None => message,
    };
    // `1aBcDe-0001fG-2H` until 4.96, `1aBcDe-0000000001f-2HiJ` since.
    let old = (part::<6>, tag("-"), part::<6>, tag("-"), part::<2>).map(|_| ());
    let new = (part::<6>, tag("-"), part::<11>, tag("-"), part::<4>).map(|_| ());
    let id = terminated(nom::branch::alt((old, new)), tag(" "));
    let pid = delimited(tag("["), digit1, tag("] "));
    let parsed: IResult<&[u8], _> = (opt(pid), opt(id)).parse(text);
    parsed.map_or(text, |(text, _)| text)
}

/// So many letters and digits.
fn part<const N: usize>(i: &[u8]) -> IResult<&[u8], ()> {
    let (rest, word) = take_while1(|b: u8| b.is_ascii_alphanumeric()).parse(i)?;
    let no = || nom::Err::Error(nom::error::Error::new(i, nom::error::ErrorKind::Tag));
    if word.len() == N { Ok((rest, ())) } else { Err(no()) }
}

const GRAMMAR: &[Message] = messages! {
    "host" "H=" "H=%s [F=<%s>] (rejected|temporarily rejected|dropped by) %s: %s" "acl.c and smtp_in.c, smtp_handle_acl_fail()" host_first;
    "sender-host" "F=" "F=%s H=%s rejected by local_scan(): %s" "receive.c before 4.60" |m| host_later(m, 0);
    "received" "<= " "<= %s H=%s P=%s [A=%s:%s] S=%d id=%s" "receive.c, receive_msg()" received;
    "sync" "SMTP protocol synchronization error " "SMTP protocol synchronization error (%s): rejected \"%s\" H=%s next input=\"%s\"" "smtp_in.c, smtp_get_cache() and smtp_setup_msg()" |m| host_later(m, 1);
    "protocol" "SMTP protocol error in " "SMTP protocol error in \"%s\" H=%s %s" "smtp_in.c, synprot_error() and smtp_setup_msg()" |m| host_later(m, 1);
    "syntax" "SMTP syntax error in " "SMTP syntax error in \"%s\" H=%s %s" "smtp_in.c, synprot_error()" |m| host_later(m, 1);
    "dropped" "SMTP call from " "SMTP call from %s dropped: %s" "smtp_in.c, smtp_setup_msg()" |m| call(m, "SMTP call from ");
    "connection" "SMTP connection from " "SMTP connection from %s (TCP/IP connection count = %d) | closed by QUIT | lost" "daemon.c and smtp_in.c" |m| call(m, "SMTP connection from ");
    "no-host-name" "no host name found for IP address " "no host name found for IP address %s" "host.c, host_name_lookup()" no_host_name;
    "no-mail" "no MAIL in SMTP connection from " "no MAIL in SMTP connection from %s D=%s C=%s" "smtp_in.c, smtp_log_no_mail()" |m| call(m, "no MAIL in SMTP connection from ");
    "spam-action" "SA: Action: " "SA: Action: %s: score=%s required=%s … From <%s> (host=%s [%s]) for %s" "sa-exim.c, local_scan()" spam_action;
    "helo-syntax" "rejected HELO from " "rejected HELO from %s: syntactically invalid argument(s): %s" "smtp_in.c, smtp_setup_msg()" |m| host_after(m, "rejected HELO from ", Kind::SmtpProbe);
    "ehlo-syntax" "rejected EHLO from " "rejected EHLO from %s: syntactically invalid argument(s): %s" "smtp_in.c, smtp_setup_msg()" |m| host_after(m, "rejected EHLO from ", Kind::SmtpProbe);
    "command-timeout" "SMTP command timeout on " "SMTP command timeout on[ TLS] connection from %s" "smtp_in.c, smtp_command_timeout_exit()" |m| host_after(m, " connection from ", Kind::MailDisconnected);
    "data-timeout" "SMTP data timeout " "SMTP data timeout (message abandoned) on connection from %s F=<%s>" "smtp_in.c, smtp_data_timeout_exit()" |m| host_after(m, " connection from ", Kind::MailDisconnected);
    "unexpected" "unexpected disconnection while reading SMTP command from " "unexpected disconnection while reading SMTP command from %s" "smtp_in.c, smtp_setup_msg()" |m| host_after(m, " SMTP command from ", Kind::MailDisconnected);
    "tls-error" "TLS error on connection from " "TLS error on connection from %s (%s): %s" "tls-openssl.c and tls-gnu.c, tls_error()" |m| host_after(m, "TLS error on connection from ", Kind::MailContext);
    "refused" "refused connection from " "refused connection from %s (host_reject_connection|tcp wrappers)" "smtp_in.c, smtp_start_session()" |m| host_after(m, "refused connection from ", Kind::Spam);
    "many" "Connection from " "Connection from %s refused: too many connections" "daemon.c, handle_smtp_call()" |m| host_after(m, "Connection from ", Kind::MailContext);
    "no-address" "no IP address found for host " "no IP address found for host %s (during SMTP connection from %s)" "host.c, host_name_lookup()" |m| host_after(m, " (during SMTP connection from ", Kind::MailContext);
    "violation" "SMTP protocol violation: " "SMTP protocol violation: synchronization error (%s): rejected \"%s\" H=%s next input=\"%s\"" "smtp_in.c before 4.70" |m| host_later(m, 1);
    "verify" "VRFY failed for " "VRFY failed for %s H=%s" "smtp_in.c, smtp_setup_msg()" |m| host_later(m, 1);
    "authenticator" "" "%s authenticator failed for %s: 535 Incorrect authentication data (set_id=%s)" "smtp_in.c, smtp_in_auth()" authenticator;
};

/// Each way to read `NAME (HELO) [ADDRESS]:PORT` at the start of a text, with what follows.
fn hosts<'a>(text: &'a [u8], mut take: impl FnMut(Peer, &'a [u8])) {
    let mut end = |i: &'a [u8]| {
        let parsed: IResult<&[u8], _> =
            (tag("["), bracketed(b']'), tag("]"), opt((tag(":"), port))).parse(i);
        if let Ok((rest, (_, addr, _, port))) = parsed
            && matches!(rest.first(), None | Some(b' ' | b':'))
        {
            take(Peer { addr, port: port.map(|(_, p)| p) }, rest);
        }
    };
    let text = match text.first() {
        Some(b'(' | b'[') => text,
        _ => {
            let gap = text.iter().position(|b| *b == b' ').unwrap_or(text.len());
            text.get(gap + 1..).unwrap_or_default()
        }
    };
    if text.first() != Some(&b'(') {
        return end(text);
    }
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|t| find(t, b") [")) {
        from += at + 2;
        end(text.get(from..).unwrap_or_default());
    }
}

fn add<'a>(cuts: &mut Cuts<'a>, kind: Option<Kind>, who: Peer) {
    if let Some(kind) = kind {
        cuts.add(tcp(kind, who.addr, who.port));
    }
}

/// What is said of a host, and so whether it is hostile.
fn verdict(rest: &[u8]) -> Option<Kind> {
    // The sender, which stands before the verdict, and the recipient behind it may hold its words in quotes.
    let verdict = [&b" rejected "[..], b" rejected:"].iter().find_map(|w| find_unquoted(rest, w));
    let Some(at) = verdict else {
        if let Some(at) = find_unquoted(rest, b" dropped by '") {
            return Some(smtp_refusal(b"", rest.get(at..).unwrap_or_default()));
        }
        let known =
            [" sender verify ", " Warning: ", " incomplete transaction", " X=", " U=", " I="];
        return known
            .iter()
            .any(|w| find(rest, w.as_bytes()).is_some())
            .then_some(Kind::MailContext);
    };
    let (head, what) = rest.split_at(at);
    if head.ends_with(b" temporarily") {
        return Some(Kind::Deferred);
    }
    let what = what.get(b" rejected ".len()..).unwrap_or_default();
    if what.starts_with(b"EHLO")
        || what.starts_with(b"HELO")
        || what.starts_with(b"VRFY")
        || what.starts_with(b"EXPN")
    {
        return Some(Kind::SmtpProbe);
    }
    if what.starts_with(b"AUTH") {
        return Some(Kind::MailContext);
    }
    let reason = find_unquoted(what, b">: ").and_then(|n| what.get(n + 3..)).unwrap_or(what);
    Some(smtp_refusal(b"", reason))
}

fn host_first(message: &[u8]) -> Said<'_> {
    let mut cuts = Cuts::default();
    hosts(message.get(2..).unwrap_or_default(), |who, rest| add(&mut cuts, verdict(rest), who));
    cuts.said()
}

/// The host behind the first of some words, which follow nothing of the far end's but a name server's answer.
fn host_after<'a>(message: &'a [u8], words: &str, kind: Kind) -> Said<'a> {
    let mut cuts = Cuts::default();
    let at = find(message, words.as_bytes()).map(|at| at + words.len());
    let text = at.and_then(|at| message.get(at..)).unwrap_or_default();
    let text = match text.last() {
        // What closes the words, where they are in parentheses.
        Some(b')') if words.starts_with(" (") => text.get(..text.len() - 1).unwrap_or_default(),
        _ => text,
    };
    hosts(text, |who, _| add(&mut cuts, Some(kind), who));
    cuts.said()
}

/// ` H=` after a text of the far end's; `probe` where the message itself tells of a breach.
fn host_later(message: &[u8], probe: u8) -> Said<'_> {
    let mut cuts = Cuts::default();
    let mut from = 0;
    while let Some(at) = message.get(from..).and_then(|t| find(t, b" H=")) {
        from += at + 3;
        hosts(message.get(from..).unwrap_or_default(), |who, rest| {
            let kind = if probe > 0 { Some(Kind::SmtpProbe) } else { verdict(rest) };
            add(&mut cuts, kind, who);
        });
    }
    cuts.said()
}

/// A message that we took; `A=` names the authenticator and the account.
fn received(message: &[u8]) -> Said<'_> {
    let mut cuts = Cuts::default();
    let mut from = 0;
    while let Some(at) = message.get(from..).and_then(|t| find(t, b" H=")) {
        from += at + 3;
        hosts(message.get(from..).unwrap_or_default(), |who, rest| {
            let login = find(rest, b" A=").is_some();
            add(&mut cuts, Some(if login { Kind::MailLogin } else { Kind::MailAccepted }), who);
        });
    }
    match cuts.said() {
        // Submitted on the machine itself.
        Said::No if find(message, b" P=").is_some() => Said::Quiet,
        said => said,
    }
}

fn call<'a>(message: &'a [u8], words: &str) -> Said<'a> {
    let mut cuts = Cuts::default();
    let text = message.get(words.len()..).unwrap_or_default();
    hosts(text, |who, rest| {
        let kind = if rest.starts_with(b" (TCP/IP connection count") {
            Kind::MailConnected
        } else if find(rest, b" dropped: too many").is_some() {
            Kind::SmtpProbe
        } else if says(rest, &["closed", "lost", "timed out"]) {
            Kind::MailDisconnected
        } else {
            Kind::MailContext
        };
        add(&mut cuts, Some(kind), who);
    });
    cuts.said()
}

fn no_host_name(message: &[u8]) -> Said<'_> {
    let line = (tag("no host name found for IP address "), addr);
    Said::one(whole(message, line).map(|(_, a)| tcp(Kind::MailContext, Some(a), None)))
}

/// sa-exim names the sender before the host.
fn spam_action(message: &[u8]) -> Said<'_> {
    let mut cuts = Cuts::default();
    let mut from = 0;
    let text = message.get(b"SA: Action: ".len()..).unwrap_or_default();
    let refused = ["silently tossed", "permanently rejected", "temporarily rejected"];
    let refused = refused.iter().any(|w| text.starts_with(w.as_bytes()));
    while let Some(at) = text.get(from..).and_then(|t| find(t, b" (host=")) {
        from += at + 7;
        let parsed: IResult<&[u8], _> = terminated(super::parts::named, tag(") for "))
            .parse(text.get(from..).unwrap_or_default());
        if let Ok((_, addr)) = parsed {
            let kind = if refused { Kind::Spam } else { Kind::MailContext };
            add(&mut cuts, Some(kind), Peer { addr, port: None });
        }
    }
    cuts.said()
}

fn authenticator(message: &[u8]) -> Said<'_> {
    let name = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
    let n = message.iter().take_while(|b| name(b)).count();
    let text = message.get(n..).unwrap_or_default();
    let text = text.strip_prefix(b" authenticator failed for ").filter(|_| n > 0);
    let Some(text) = text.or_else(|| message.strip_prefix(b"authenticator failed for ")) else {
        return Said::No;
    };
    let text = text.strip_prefix(b"H=").unwrap_or(text);
    let mut cuts = Cuts::default();
    hosts(text, |who, rest| {
        let Some(at) = find(rest, b": ") else { return };
        let (between, answer) = rest.split_at(at);
        // Between the host and the answer stand `I=`, `U=` and `Ci=` of Exim's own.
        if !between.is_empty()
            && ![&b" I=["[..], b" U=", b" Ci=", b" "].iter().any(|p| between.starts_with(p))
        {
            return;
        }
        let kind = if answer.starts_with(b": 535") { Kind::SaslFailed } else { Kind::MailContext };
        let mut act: Act<'_> = tcp(kind, who.addr, who.port);
        if let Some(interface) = find(between, b" I=").and_then(|n| between.get(n + 3..))
            && let Ok((_, ours)) = addr_port(interface)
        {
            (act.destination, act.destination_port) = (ours.addr, ours.port);
        }
        act.user = find(answer, b"(set_id=")
            .and_then(|n| answer.get(n + 8..))
            .and_then(|u| u.strip_suffix(b")"));
        cuts.add(act);
    });
    cuts.said()
}

#[cfg(test)]
mod tests {
    use super::super::rows::check;

    #[test]
    fn a_helo_that_ends_the_host_accuses_nobody() {
        check(
            "exim",
            r#"
            login authenticator failed for (x) [203.0.113.9]: 535 Incorrect authentication data (set_id=a) => SaslFailed 203.0.113.9 - "a"
            login authenticator failed for h.example ([198.51.100.1]) [203.0.113.9]:4711 I=[192.0.2.1]:587: 535 Incorrect authentication data (set_id=a) => SaslFailed 203.0.113.9 4711 "a" > 192.0.2.1 587
            login authenticator failed for (x) [203.0.113.9]: 435 Unable to authenticate at present => MailContext 203.0.113.9 - -
            2026-06-12 08:58:01 1aBcDe-0001fG-2H H=h.example [203.0.113.9] F=<a@b.example> rejected RCPT <c@d.example>: relay not permitted => Relay 203.0.113.9 - -
            H=(x) [203.0.113.9]:99 F=<a@b.example> rejected RCPT <c@d.example>: Unrouteable address => UnknownRecipient 203.0.113.9 99 -
            H=h.example [203.0.113.9] temporarily rejected RCPT <c@d.example>: greylisted => Deferred 203.0.113.9 - -
            H=h.example [203.0.113.9] F=<a> rejected after DATA: virus => Spam 203.0.113.9 - -
            H=(x) [203.0.113.9] F=<"a rejected AUTH b"@d.example> rejected RCPT <c@d.example>: relay not permitted => Relay 203.0.113.9 - -
            H=(x) [203.0.113.9] F=<"a temporarily rejected RCPT \" b"@d.example> rejected RCPT <c@d.example>: Unrouteable address => UnknownRecipient 203.0.113.9 - -
            H=h.example [203.0.113.9] F=<"a rejected RCPT <c>: relay not permitted"@d.example> temporarily rejected RCPT <c@d.example>: greylisted => Deferred 203.0.113.9 - -
            H=h.example [203.0.113.9] F=<"a rejected RCPT <c>: no dropped by 'b"@d.example> Warning: x => MailContext 203.0.113.9 - -
            H=(x) [203.0.113.9] F=<a"b> rejected RCPT <c@d.example>: Unrouteable address => UnknownRecipient 203.0.113.9 - -
            H=(x) [203.0.113.9] F=<a@b.example> rejected RCPT <"a>: try later"@d.example>: Unrouteable address => UnknownRecipient 203.0.113.9 - -
            H=(x) [203.0.113.9] F=<a@b.example> rejected RCPT <c@d.example>: greylist@b.example is listed => Spam 203.0.113.9 - -
            H=h.example [203.0.113.9] F=<a> sender verify for <a>: no => MailContext 203.0.113.9 - -
        "#,
        );
    }
}
