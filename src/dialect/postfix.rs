//! Postfix, from 2.0 to 3.10: `smtpd`, `postscreen`, and `cleanup`'s refusals.
//!
//! The client is printed as `NAME[ADDRESS]`, with `:PORT` where
//! `smtpd_client_port_logging` is on, and by postscreen as `[ADDRESS]:PORT`. NAME is what the
//! far end's name server says, of the characters of host names only (`util/valid_hostname.c`),
//! so the brackets after it hold the address. In nearly every message the client stands before
//! all else that the far end sent: it is read from the left, once, and HELO, mail addresses
//! and SASL names that follow never count. Only `cleanup` quotes a header first.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while, take_while_m_n, take_while1};
use nom::character::complete::digit1;
use nom::combinator::{opt, recognize, rest};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::act::{Act, Kind, Transport};
use super::parts::{
    Peer, addr_then_colon, bracketed, every_cut, find, find_unquoted, port, repeated, says, whole,
};
use super::spec::{Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::quad;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "postfix",
    title: "Postfix 2.0 to 3.10 (smtpd, postscreen, cleanup)",
    family: Family::Mail,
    programs: &[
        "postfix*/smtpd",
        "postfix*/postscreen",
        "postfix*/tlsproxy",
        "postfix*/cleanup",
        "postfix*/anvil",
        "postfix*/dnsblog",
    ],
    bare: &[],
    example: r#"Jun 12 08:58:12 mx postfix/smtpd[2012]: improper command pipelining after EHLO from unknown[192.0.2.7]: QUIT\r\n"#,
    document: "https://github.com/vdukhovni/postfix (smtpd/smtpd.c, smtpd_check.c, smtpd_sasl_glue.c, smtpd_peer.c, postscreen/*.c, cleanup/cleanup_message.c)",
    grammar: GRAMMAR,
    trim,
};

/// Takes off what `util/msg_output.c` puts before a warning.
fn trim(message: &[u8]) -> &[u8] {
    let message = message.trim_ascii_end();
    message.strip_prefix(b"warning: ").unwrap_or(message)
}

const GRAMMAR: &[Message] = messages! {
    "repeated" "message repeated " "message repeated %d times: [ %s]" "rsyslog, plugins and tools that reduce repeated messages" |m| repeated(m, &DIALECT);
    "connect" "connect from " "connect from %s[%s]" "smtpd.c, smtpd_service()" |m| after(m, "connect from ", Kind::MailConnected);
    "disconnect" "disconnect from " "disconnect from %s[%s] ehlo=%d … commands=%d" "smtpd.c, smtpd_service()" |m| after(m, "disconnect from ", Kind::MailDisconnected);
    "lost" "lost connection after " "lost connection after %s from %s[%s]" "smtpd.c, smtpd_proto()" |m| staged(m, "lost connection after ", Kind::MailContext);
    "timeout" "timeout after " "timeout after %s from %s[%s]" "smtpd.c, smtpd_proto()" |m| staged(m, "timeout after ", Kind::MailContext);
    "too-many" "too many errors after " "too many errors after %s from %s[%s]" "smtpd.c, smtpd_proto()" |m| staged(m, "too many errors after ", Kind::MailContext);
    "pipelining" "improper command pipelining after " "improper command pipelining after %s from %s[%s]: %s" "smtpd.c, smtpd_proto()" |m| staged(m, "improper command pipelining after ", Kind::SmtpProbe);
    "non-smtp" "non-SMTP command from " "non-SMTP command from %s[%s]: %.100s" "smtpd.c, smtpd_proto()" |m| after(m, "non-SMTP command from ", Kind::SmtpProbe);
    "address-syntax" "Illegal address syntax from " "Illegal address syntax from %s[%s] in %s command: %s" "smtpd.c, extract_addr()" |m| after(m, "Illegal address syntax from ", Kind::MailContext);
    "ssl-error" "SSL_accept error from " "SSL_accept error from %s[%s]: %d" "tls/tls_server.c, tls_server_start()" |m| after(m, "SSL_accept error from ", Kind::MailContext);
    "tls-setup" "setting up TLS connection from " "setting up TLS connection from %s[%s]" "tls/tls_server.c, tls_server_start()" |m| after(m, "setting up TLS connection from ", Kind::MailContext);
    "tls-anonymous" "Anonymous TLS connection established from " "%s TLS connection established from %s[%s]: %s" "tls/tls_misc.c, tls_log_summary()" |m| after(m, "Anonymous TLS connection established from ", Kind::MailContext);
    "tls-untrusted" "Untrusted TLS connection established from " "%s TLS connection established from %s[%s]: %s" "tls/tls_misc.c, tls_log_summary()" |m| after(m, "Untrusted TLS connection established from ", Kind::MailContext);
    "tls-trusted" "Trusted TLS connection established from " "%s TLS connection established from %s[%s]: %s" "tls/tls_misc.c, tls_log_summary()" |m| after(m, "Trusted TLS connection established from ", Kind::MailContext);
    "tls-verified" "Verified TLS connection established from " "%s TLS connection established from %s[%s]: %s" "tls/tls_misc.c, tls_log_summary()" |m| after(m, "Verified TLS connection established from ", Kind::MailContext);
    "tls-name" "TLS SNI " "TLS SNI %s from %s[%s] not matched, using default chain" "tls/tls_misc.c, server_sni_callback()" |m| staged(m, "TLS SNI ", Kind::MailContext);
    "tls-certificate" "certificate verification failed for " "certificate verification failed for %s[%s]: %s" "tls/tls_verify.c, tls_log_verify_error()" |m| after(m, "certificate verification failed for ", Kind::MailContext);
    "concurrency" "Connection concurrency limit exceeded: " "Connection concurrency limit exceeded: %d from %s[%s] for service %s" "smtpd.c, smtpd_proto()" limit;
    "connection-rate" "Connection rate limit exceeded: " "Connection rate limit exceeded: %d from %s[%s] for service %s" "smtpd.c, smtpd_proto()" limit;
    "auth-rate" "AUTH command rate limit exceeded: " "AUTH command rate limit exceeded: %d from %s[%s] for service %s" "smtpd_sasl_proto.c, smtpd_sasl_auth_cmd_wrapper()" limit;
    "mail-rate" "Message delivery request rate limit exceeded: " "Message delivery request rate limit exceeded: %d from %s[%s] for service %s" "smtpd.c, mail_cmd()" limit;
    "recipient-rate" "Recipient address rate limit exceeded: " "Recipient address rate limit exceeded: %d from %s[%s] for service %s" "smtpd.c, rcpt_cmd()" limit;
    "tls-rate" "New TLS session rate limit exceeded: " "New TLS session rate limit exceeded: %d from %s[%s] for service %s" "smtpd.c, smtpd_start_tls()" limit;
    "not-resolved" "hostname " "hostname %s does not resolve to address %s[: %s]" "smtpd_peer.c, smtpd_peer_sockaddr_to_hostname()" not_resolved;
    "sasl-log" "SASL " "SASL authentication failure: %s" "xsasl/xsasl_cyrus_log.c, xsasl_cyrus_log()" quiet;
    "tls-library" "TLS library problem: " "TLS library problem: %s" "tls/tls_misc.c, tls_print_errors()" quiet;
    "statistics" "statistics: " "statistics: max connection rate %d/%ds for (%s) at %.15s" "anvil/anvil.c, anvil_remote_dump()" statistics;
    "screen-connect" "CONNECT from " "CONNECT from [%s]:%s to [%s]:%s" "postscreen.c, psc_service()" screen_connect;
    "screen-disconnect" "DISCONNECT " "DISCONNECT [%s]:%s" "postscreen_misc.c, psc_conclude()" |m| after(m, "DISCONNECT ", Kind::MailDisconnected);
    "screen-pregreet" "PREGREET " "PREGREET %d after %s from [%s]:%s: %.100s" "postscreen_early.c, psc_early_event()" |m| staged(m, "PREGREET ", Kind::SmtpProbe);
    "screen-dnsbl" "DNSBL rank " "DNSBL rank %d for [%s]:%s" "postscreen_early.c, psc_early_event()" dnsbl;
    "screen-hangup" "HANGUP after " "HANGUP after %s from [%s]:%s in %s" "postscreen_misc.c, psc_hangup_event()" |m| staged(m, "HANGUP after ", Kind::MailContext);
    "screen-pass-new" "PASS NEW " "PASS NEW [%s]:%s" "postscreen_misc.c, psc_conclude()" |m| after(m, "PASS NEW ", Kind::MailContext);
    "screen-pass-old" "PASS OLD " "PASS OLD [%s]:%s" "postscreen.c, psc_service()" |m| after(m, "PASS OLD ", Kind::MailContext);
    "screen-list" "" "(ALLOW|WHITE|DENY|BLACK)LIST(ED| VETO) [%s]:%s" "postscreen.c, psc_service()" listed;
    "screen-newline" "BARE NEWLINE from " "BARE NEWLINE from [%s]:%s after %s" "postscreen_smtpd.c, psc_smtpd_read_event()" |m| after(m, "BARE NEWLINE from ", Kind::SmtpProbe);
    "screen-pipelining" "COMMAND PIPELINING from " "COMMAND PIPELINING from [%s]:%s after %s: %s" "postscreen_smtpd.c, psc_smtpd_read_event()" |m| after(m, "COMMAND PIPELINING from ", Kind::SmtpProbe);
    "screen-non-smtp" "NON-SMTP COMMAND from " "NON-SMTP COMMAND from [%s]:%s %.100s %.100s" "postscreen_smtpd.c, psc_smtpd_read_event()" |m| after(m, "NON-SMTP COMMAND from ", Kind::SmtpProbe);
    "screen-time" "COMMAND TIME LIMIT from " "COMMAND TIME LIMIT from [%s]:%s after %s" "postscreen_smtpd.c, psc_smtpd_time_event()" |m| after(m, "COMMAND TIME LIMIT from ", Kind::MailContext);
    "screen-count" "COMMAND COUNT LIMIT from " "COMMAND COUNT LIMIT from [%s]:%s after %s" "postscreen_smtpd.c, psc_smtpd_read_event()" |m| after(m, "COMMAND COUNT LIMIT from ", Kind::MailContext);
    "screen-length" "COMMAND LENGTH LIMIT from " "COMMAND LENGTH LIMIT from [%s]:%s after %s" "postscreen_smtpd.c, psc_smtpd_read_event()" |m| after(m, "COMMAND LENGTH LIMIT from ", Kind::MailContext);
    "screen-data" "DATA without valid RCPT from " "DATA without valid RCPT from [%s]:%s" "postscreen_smtpd.c, psc_data_cmd()" |m| after(m, "DATA without valid RCPT from ", Kind::SmtpProbe);
    "screen-bdat" "BDAT without valid RCPT from " "BDAT without valid RCPT from [%s]:%s" "postscreen_smtpd.c, psc_bdat_cmd()" |m| after(m, "BDAT without valid RCPT from ", Kind::SmtpProbe);
    "dnsblog" "addr " "addr %s listed by domain %s as %s" "dnsblog/dnsblog.c, dnsblog_query()" blocklisted;
    "sasl" "" "%s[%s]: SASL %s authentication failed: %s[, sasl_username=%s]" "smtpd_sasl_glue.c, smtpd_sasl_authenticate()" sasl;
    "not-listed" "" "%s: address not listed for hostname %s" "smtpd_peer.c before 2.9, smtpd_peer_init()" not_listed;
    "queued" "" "%s: %s: %s from %s[%s]: %s; from=<%s> to=<%s> proto=%s helo=<%s>" "smtpd.c, log_whatsup(), check_milter_reply(); cleanup_message.c, cleanup_act_log()" queued;
};

fn act<'a>(kind: Kind, who: Peer) -> Act<'a> {
    let mut act = Act::new(kind).by(who.addr, who.port);
    act.transport = Some(Transport::Tcp);
    act
}

/// `NAME[ADDRESS]`, `NAME[ADDRESS]:PORT`, `[ADDRESS]:PORT`.
fn client(i: &[u8]) -> IResult<&[u8], Peer> {
    let named = |b: &u8| b.is_ascii_alphanumeric() || b"-._".contains(b);
    let name = match i.starts_with(b"unknown[") {
        true => b"unknown".len(),
        false => i.iter().position(|b| !named(b)).unwrap_or(i.len()),
    };
    let (_, inner) = i.split_at(name);
    if let Some(inner) = inner.strip_prefix(b"[")
        && let Some((v4, used)) = quad::read(inner)
        && let Some(b"]") = inner.get(used..=used)
        && let Some(rest) = inner.get(used + 1..)
        && rest.first() != Some(&b':')
    {
        return Ok((rest, Peer { addr: Some(Addr::from_v4(v4)), port: None }));
    }
    let address = delimited(tag("["), bracketed(b']'), tag("]"));
    (address, opt(preceded(tag(":"), port))).map(|(addr, port)| Peer { addr, port }).parse(inner)
}

/// The client right after the words, whatever follows.
fn after<'a>(message: &'a [u8], words: &str, kind: Kind) -> Said<'a> {
    Said::one(whole(message, (tag(words), client, rest)).map(|(_, who, _)| act(kind, who)))
}

/// `STAGE from CLIENT`: the stage is Postfix's own word for where the dialogue stood.
fn staged<'a>(message: &'a [u8], words: &str, kind: Kind) -> Said<'a> {
    let line = (tag(words), take_until(" from "), tag(" from "), client, rest);
    Said::one(whole(message, line).map(|(.., who, _)| act(kind, who)))
}

fn limit(message: &[u8]) -> Said<'_> {
    let line = (take_until(": "), tag(": "), digit1, tag(" from "), client, rest);
    Said::one(whole(message, line).map(|(.., who, _)| act(Kind::MailContext, who)))
}

fn only<'a>(addr: crate::addr::Addr) -> Act<'a> {
    act(Kind::MailContext, Peer { addr: Some(addr), port: None })
}

fn not_resolved(message: &[u8]) -> Said<'_> {
    let name = take_while1(|b: u8| b != b' ');
    let line =
        (tag("hostname "), name, tag(" does not resolve to address "), addr_then_colon, rest);
    Said::one(whole(message, line).map(|(.., addr, _)| only(addr)))
}

/// `… for (SERVICE:ADDRESS) at TIME`: how often it came.
fn statistics(message: &[u8]) -> Said<'_> {
    let client = find(message, b" for (").and_then(|at| {
        let text = message.get(at + 6..)?;
        let text = text.get(..find(text, b") at ")?)?;
        Addr::parse(text.get(memchr::memchr(b':', text)? + 1..)?)
    });
    client.map_or(Said::Quiet, |addr| Said::One(only(addr)))
}

fn blocklisted(message: &[u8]) -> Said<'_> {
    let address = take_while1(|b: u8| b != b' ').map(Addr::parse);
    let line = (tag("addr "), address, tag(" listed by domain "), rest);
    match whole(message, line) {
        Some((_, Some(addr), ..)) => Said::One(only(addr)),
        _ => Said::No,
    }
}

fn not_listed(message: &[u8]) -> Said<'_> {
    let words = alt((tag(": address not listed for hostname "), tag(": hostname ")));
    Said::one(whole(message, (addr_then_colon, words, rest)).map(|(addr, ..)| only(addr)))
}

fn quiet(_: &[u8]) -> Said<'_> {
    Said::Quiet
}

fn screen_connect(message: &[u8]) -> Said<'_> {
    let ours = opt(preceded(tag(" to "), client));
    let Some((_, who, ours, _)) = whole(message, (tag("CONNECT from "), client, ours, rest)) else {
        return Said::No;
    };
    let mut act = act(Kind::MailConnected, who);
    if let Some(ours) = ours {
        (act.destination, act.destination_port) = (ours.addr, ours.port);
    }
    Said::One(act)
}

fn dnsbl(message: &[u8]) -> Said<'_> {
    let line = (tag("DNSBL rank "), digit1, tag(" for "), client);
    Said::one(whole(message, line).map(|(.., who)| act(Kind::MailContext, who)))
}

/// The words changed with Postfix 3.6.
fn listed(message: &[u8]) -> Said<'_> {
    let list = alt((tag("ALLOWLIST"), tag("WHITELIST"), tag("DENYLIST"), tag("BLACKLIST")));
    let line = (list, alt((tag("ED "), tag(" VETO "))), client);
    Said::one(whole(message, line).map(|(.., who)| act(Kind::MailContext, who)))
}

/// The mechanism and the account are the client's text and follow its address.
fn sasl(message: &[u8]) -> Said<'_> {
    let mut head = (client, tag(": SASL "), take_while(|b: u8| b != b' '), tag(" authentication "));
    let parsed: IResult<&[u8], _> = head.parse(message);
    let Ok((text, (who, ..))) = parsed else { return Said::No };
    let Some(reason) = text.strip_prefix(b"failed: ") else {
        // `aborted`: the client gave up.
        return Said::One(act(Kind::MailContext, who));
    };
    let cut = find(reason, b", sasl_username=");
    let (reason, name) = reason.split_at(cut.unwrap_or(reason.len()));
    // Nothing was refused where nothing could be checked.
    let ours = [
        &b"Connection lost to authentication server"[..],
        b"Invalid authentication mechanism",
        b"no mechanism available",
        b"Temporary ",
    ];
    let unchecked = ours.iter().any(|o| reason.starts_with(o));
    let act = act(if unchecked { Kind::MailContext } else { Kind::SaslFailed }, who);
    Said::One(match name.strip_prefix(b", sasl_username=") {
        Some(name) if name != b"(unavailable)" => act.user(name),
        _ => act,
    })
}

/// `QUEUE-ID: …`, or `NOQUEUE: …` before a message began.
fn queued(message: &[u8]) -> Said<'_> {
    let mut head = terminated(take_while1(|b: u8| b.is_ascii_alphanumeric()), tag(": "));
    let parsed: IResult<&[u8], _> = head.parse(message);
    let Ok((text, id)) = parsed else { return Said::No };
    let session = (id != b"NOQUEUE").then_some(id);
    let act = |kind, who| {
        let mut act = act(kind, who);
        act.session = session;
        act
    };
    if let Some(text) = text.strip_prefix(b"client=") {
        let Ok((text, who)) = client(text) else { return Said::Quiet };
        let mut method = (tag(", sasl_method="), take_until(","), tag(", sasl_username="));
        let logged_in: IResult<&[u8], _> = method.parse(text);
        return match logged_in {
            Ok((name, _)) => {
                let end = find(name, b", sasl_sender=").unwrap_or(name.len());
                Said::One(act(Kind::MailLogin, who).user(name.get(..end).unwrap_or(name)))
            }
            Err(_) => Said::One(act(Kind::MailAccepted, who)),
        };
    }
    let mut action =
        terminated(take_while1(|b: u8| b.is_ascii_lowercase() || b"-_".contains(&b)), tag(": "));
    let parsed: IResult<&[u8], _> = action.parse(text);
    let Ok((text, action)) = parsed else { return quiet(message) };
    let refused = matches!(action, b"reject" | b"milter-reject" | b"proxy-reject");
    if text.starts_with(b"header ") || text.starts_with(b"body ") {
        // Here what the far end wrote comes first.
        let kind = if refused { Kind::Spam } else { Kind::MailContext };
        return or_quiet(every_cut(
            text,
            " from ",
            |i| terminated(client, (tag("; from=<"), rest)).parse(i),
            |_, who| act(kind, who),
        ));
    }
    match whole(text, (take_until(" from "), tag(" from "), client, tag(": "), rest)) {
        Some((stage, _, who, _, text)) if refused => Said::One(act(refusal(stage, text), who)),
        Some((_, _, who, ..)) => Said::One(act(Kind::MailContext, who)),
        None => Said::Quiet,
    }
}

fn or_quiet(said: Said<'_>) -> Said<'_> {
    if said == Said::No { Said::Quiet } else { said }
}

/// What a refusal is, by Postfix's own words: `554 5.7.1 <RECIPIENT>: Relay access denied; from=<`.
///
/// The class alone can depend on the far end's text: an address may hold `>: ` or `; from=<`, and is written with
/// quotes or without. Where its answer ends is known by the address that stands again behind it; where that can be
/// said in two ways, and the answers differ, it is what any refused mail is.
/// `450 4.7.1 Client host rejected: cannot find your hostname` is taken to be a fault of name
/// service, which may be ours; a bogus HELO or sender domain is refused with 450 too
/// and counts, as do lists, whatever their code.
pub(super) fn refusal(stage: &[u8], text: &[u8]) -> Kind {
    let digit = |b: u8| b.is_ascii_digit();
    let code = terminated(take_while_m_n(3, 3, digit), tag(" "));
    let status = terminated(recognize((digit1, tag("."), digit1, tag("."), digit1)), tag(" "));
    let parsed: IResult<&[u8], _> = (opt(code), opt(status)).parse(text);
    let Ok((text, (code, status))) = parsed else { return Kind::Deferred };
    let (code, status) = (code.unwrap_or_default(), status.unwrap_or_default());
    let kind = |reason| of_reason(stage, (code, status), reason);
    let mut cuts = every(text, b"; from=<");
    let first = cuts.next();
    if let Some(at) = first.filter(|_| text.first() == Some(&b'<')) {
        let said = text.get(..at).unwrap_or_default();
        let mut ends = every(said, b">: ");
        if let (None, Some(end), None) = (cuts.next(), ends.next(), ends.next()) {
            return kind(said.get(end + 3..).unwrap_or_default());
        }
        let mut found = None;
        for (n, at) in every(text, b"; from=<").enumerate() {
            // A line may hold thousands: work does not grow with their square.
            if n == CUTS {
                let ours = kind(b"") == Kind::Deferred;
                return if ours { Kind::Deferred } else { Kind::Spam };
            }
            let (said, tail) = text.split_at(at);
            for reason in behind_address(said, tail).map(kind) {
                if *found.get_or_insert(reason) != reason {
                    return Kind::Spam;
                }
            }
        }
        if let Some(kind) = found {
            return kind;
        }
    }
    let text = text.get(..first.unwrap_or(text.len())).unwrap_or_default();
    kind(match (text.first(), find_unquoted(text, b">: ")) {
        (Some(b'<'), Some(end)) => text.get(end + 3..).unwrap_or_default(),
        _ => text,
    })
}

/// Places where an answer may end that are looked at.
const CUTS: usize = 8;

/// Where some bytes lie in a text.
fn every<'t>(text: &'t [u8], word: &'t [u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(text, word)
}

/// What an answer says behind the address it begins with, where that stands again behind it, as the one that the
/// answer is about: each way to say so.
fn behind_address<'t>(said: &'t [u8], tail: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
    let about = [
        (&b"; from=<"[..], &b"Sender address rejected"[..]),
        (b" to=<", b""),
        (b" helo=<", b"Helo command rejected"),
    ];
    about.into_iter().flat_map(move |(name, answer)| {
        let again = every(tail, name).take(CUTS).filter_map(|at| tail.get(at + name.len()..));
        again.flat_map(move |address| {
            let ends = every(said, b">: ").take(CUTS);
            let ends = ends.filter(move |end| {
                said.get(1..*end).is_some_and(|plain| is_address(address, plain))
            });
            ends.filter_map(|end| said.get(end + 3..)).filter(move |text| text.starts_with(answer))
        })
    })
}

/// Whether a text begins with an address and the bracket that ends it, as it is or with its local part in quotes.
fn is_address(text: &[u8], plain: &[u8]) -> bool {
    let ends = |rest: &[u8]| rest == b">" || rest.starts_with(b"> ");
    if text.strip_prefix(plain).is_some_and(ends) {
        return true;
    }
    let (Some(mut quoted), mut plain) = (text.strip_prefix(b"\""), plain) else { return false };
    loop {
        let (byte, rest) = match quoted {
            [b'"', rest @ ..] => return rest.strip_prefix(plain).is_some_and(ends),
            [b'\\', byte, rest @ ..] | [byte, rest @ ..] => (byte, rest),
            [] => return false,
        };
        match plain.split_first() {
            Some((b, left)) if b == byte => (quoted, plain) = (rest, left),
            _ => return false,
        }
    }
}

/// What a refusal is by its codes and the words behind an address.
fn of_reason(stage: &[u8], (code, status): (&[u8], &[u8]), reason: &[u8]) -> Kind {
    let soft = code.starts_with(b"4") || status.starts_with(b"4");
    let ours = match status {
        [b'4', b'.', b'2' | b'3', b'.', ..] => true,
        b"" => matches!(code, b"" | b"451" | b"452"),
        _ => code == b"421",
    };
    // The numbers are ours; the words may quote the far end's.
    if ours {
        return Kind::Deferred;
    }
    if says(reason, &["blocked using"]) {
        return Kind::Spam;
    }
    if says(reason, &["relay access denied", "relaying denied"]) {
        return Kind::Relay;
    }
    let later = [
        "greylist",
        "graylist",
        "try again",
        "temporar",
        "too many",
        "cannot find your",
        "unverified address",
    ];
    if soft && says(reason, &later) {
        return Kind::Deferred;
    }
    // Too large for us, and other limits of the system.
    if status.starts_with(b"5.3.") {
        return Kind::MailContext;
    }
    if reason.starts_with(b"Sender address rejected") {
        return Kind::Spam;
    }
    let recipient = matches!(stage, b"RCPT" | b"VRFY");
    if recipient && (status.ends_with(b".1.1") || says(reason, &["user unknown", "unknown user"])) {
        return Kind::UnknownRecipient;
    }
    let syntax = matches!(status, [_, b'.', b'5', b'.', ..]);
    if stage != b"RCPT" && syntax { Kind::SmtpProbe } else { Kind::Spam }
}

#[cfg(test)]
mod tests {
    use super::super::rows::{check, heard};

    #[test]
    fn sessions() {
        check(
            "postfix/smtpd",
            r#"
            connect from mail.example.org[192.0.2.7] => MailConnected 192.0.2.7 - -
            connect from unknown[2001:db8::7]:4711 => MailConnected 2001:db8::7 4711 -
            connect from unknown[unknown] => MailConnected - - -
            disconnect from unknown[192.0.2.7] ehlo=1 auth=0/1 commands=1/2 => MailDisconnected 192.0.2.7 - -
            lost connection after AUTH from unknown[192.0.2.7] => MailContext 192.0.2.7 - -
            timeout after DATA (0 bytes) from unknown[192.0.2.7] => MailContext 192.0.2.7 - -
            too many errors after RCPT from unknown[192.0.2.7] => MailContext 192.0.2.7 - -
            warning: hostname h.example does not resolve to address 192.0.2.7: Name or service not known => MailContext 192.0.2.7 - -
            warning: hostname h.example does not resolve to address 2001:db8::7 => MailContext 2001:db8::7 - -
            warning: 192.0.2.7: address not listed for hostname h.example => MailContext 192.0.2.7 - -
            warning: Connection concurrency limit exceeded: 51 from h.example[192.0.2.7] for service smtp => MailContext 192.0.2.7 - -
            SSL_accept error from unknown[192.0.2.7]: lost connection => MailContext 192.0.2.7 - -
            Anonymous TLS connection established from unknown[192.0.2.7]: TLSv1.3 with cipher X => MailContext 192.0.2.7 - -
            warning: non-SMTP command from unknown[192.0.2.7]: GET / HTTP/1.1 => SmtpProbe 192.0.2.7 - -
            improper command pipelining after EHLO from unknown[192.0.2.7]: QUIT => SmtpProbe 192.0.2.7 - -
            4bXyz1: client=unknown[192.0.2.7] => MailAccepted 192.0.2.7 - - s=4bXyz1
            4bXyz1: client=unknown[192.0.2.7]:99, sasl_method=PLAIN, sasl_username=ann@example.org => MailLogin 192.0.2.7 99 "ann@example.org" s=4bXyz1
            connect to mx.example[192.0.2.7]:25: Connection refused => other
            statistics: max connection rate 5/60s for (smtp:192.0.2.7) at Mar  8 00:00:09 => MailContext 192.0.2.7 - -
        "#,
        );
        check(
            "postfix/cleanup",
            r#"
            4bXyz1: message-id=<reject: a from b[198.51.100.1]: 550> => quiet
        "#,
        );
        check(
            "postfix/smtp",
            r#"
            connect from a[192.0.2.7] => other
        "#,
        );
    }

    #[test]
    fn sasl() {
        check(
            "postfix/submission/smtpd",
            r#"
            warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6 => SaslFailed 192.0.2.7 - -
            warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: authentication failure, sasl_username=ann@example.org => SaslFailed 192.0.2.7 - "ann@example.org"
            warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: (reason unavailable), sasl_username=(unavailable) => SaslFailed 192.0.2.7 - -
            warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: Connection lost to authentication server => MailContext 192.0.2.7 - -
            warning: unknown[192.0.2.7]: SASL NTLM authentication failed: Invalid authentication mechanism => MailContext 192.0.2.7 - -
            warning: unknown[192.0.2.7]: SASL PLAIN authentication aborted => MailContext 192.0.2.7 - -
            warning: SASL authentication failure: Password verification failed => quiet
            message repeated 3 times: [ warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6] => SaslFailed 192.0.2.7 - - x3
        "#,
        );
    }

    #[test]
    fn refusals() {
        for (text, want) in [
            ("RCPT|554 5.7.1 <a@b.example>: Relay access denied", "Relay"),
            ("RCPT|454 4.7.1 <a@b.example>: Relay access denied", "Relay"),
            ("RCPT|554 <a@b.example>: Relay access denied", "Relay"),
            (
                "RCPT|550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table",
                "UnknownRecipient",
            ),
            (
                "RCPT|450 4.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual alias table",
                "UnknownRecipient",
            ),
            (
                "RCPT|550 5.1.0 <a@b.example>: Sender address rejected: User unknown in local recipient table",
                "Spam",
            ),
            (
                "RCPT|450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see http://grey.example",
                "Deferred",
            ),
            (
                "RCPT|450 4.7.1 <a@b.example>: Recipient address rejected: Please try again later",
                "Deferred",
            ),
            ("RCPT|451 4.3.0 <a@b.example>: Temporary lookup failure", "Deferred"),
            ("RCPT|452 4.3.1 Insufficient system storage", "Deferred"),
            (
                "RCPT|450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.7]",
                "Deferred",
            ),
            ("RCPT|450 4.7.1 <h>: Helo command rejected: Host not found", "Spam"),
            (
                "RCPT|554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using list.example; see",
                "Spam",
            ),
            (
                "RCPT|450 4.7.1 Service unavailable; client [192.0.2.7] blocked using list.example",
                "Spam",
            ),
            ("CONNECT|554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied", "Spam"),
            ("CONNECT|421 4.7.0 unknown[192.0.2.7] Error: too many connections", "Deferred"),
            // What is the far end's decides nothing.
            (
                "RCPT|550 5.7.23 <a@b.example>: Recipient address rejected: Message rejected due to: SPF fail. Please see http://spf.example/Why?s=mfrom;id=greylist@c.example;ip=192.0.2.7;r=<UNKNOWN>",
                "Spam",
            ),
            (
                "RCPT|554 5.7.1 <\"a>: greylisted\"@c.example>: Sender address rejected: Access denied",
                "Spam",
            ),
            (
                "RCPT|450 4.2.0 <\"a>: Relay access denied\"@b.example>: Recipient address rejected: Greylisted",
                "Deferred",
            ),
            (
                "RCPT|451 4.3.0 <a>: blocked using b@c.example>: Temporary lookup failure",
                "Deferred",
            ),
            ("MAIL|552 5.3.4 Message size exceeds fixed limit", "MailContext"),
            (
                "DATA|503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining",
                "SmtpProbe",
            ),
            (
                "bare <LF> received|521 5.5.2 unknown[192.0.2.7] Error: bare <LF> received",
                "SmtpProbe",
            ),
        ] {
            let (stage, text) = text.split_once('|').unwrap();
            let tail = "from=<x@y.example> to=<a@b.example> proto=ESMTP helo=<greylist>";
            let line = format!("NOQUEUE: reject: {stage} from unknown[192.0.2.7]: {text}; {tail}");
            assert_eq!(heard("postfix/smtpd", &line), format!("{want} 192.0.2.7 - -"), "{line}");
        }
        check(
            "postfix/cleanup",
            r#"
            4bXyz1: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 5.7.1 Spam; from=<a@b.example> => Spam 192.0.2.7 - - s=4bXyz1
            4bXyz1: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 4.7.1 Greylisting in action; from=<a@b.example> => Deferred 192.0.2.7 - - s=4bXyz1
            4bXyz1: reject: header Subject: hi from h.example[192.0.2.7]; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<h>: 5.7.1 no => Spam 192.0.2.7 - - s=4bXyz1
            4bXyz1: hold: header Subject: hi from h.example[192.0.2.7]; from=<a@b.example> => MailContext 192.0.2.7 - - s=4bXyz1
            4bXyz1: warning: header Subject: hi from local; from=<a@b.example> => quiet
        "#,
        );
        check(
            "postfix/smtpd",
            r#"
            NOQUEUE: reject_warning: RCPT from unknown[192.0.2.7]: 554 5.7.1 <a@b.example>: Relay access denied; from=<> => MailContext 192.0.2.7 - -
            NOQUEUE: discard: RCPT from unknown[192.0.2.7]: <a@b.example>: Recipient address; from=<> => MailContext 192.0.2.7 - -
        "#,
        );
    }

    #[test]
    fn an_address_that_holds_an_answer_decides_nothing() {
        let unknown = "Recipient address rejected: User unknown in local recipient table";
        let denied = "Relay access denied";
        for (code, address, answer, want) in [
            ("454 4.7.1", "Greylisted; from=<q", denied, "Relay"),
            ("454 4.7.1", "x>: Greylisted; from=<q", denied, "Relay"),
            ("450 4.1.1", "x>: try again later; from=<q", unknown, "UnknownRecipient"),
            ("550 5.1.1", "x>: Relay access denied; from=<q", unknown, "UnknownRecipient"),
            (
                "550 5.7.1",
                "x>: Relay access denied; from=<q",
                "Sender address rejected: no",
                "Spam",
            ),
            ("550", "Greylisted; from=<q", unknown, "UnknownRecipient"),
            ("554 5.7.1", "; from=<x", denied, "Relay"),
            ("550 5.1.1", "x>: blocked using y", unknown, "UnknownRecipient"),
            // It could have been either: no answer is taken for it.
            ("550 5.1.1", "x>: Relay access denied; from=<s> to=<x> proto=q", unknown, "Spam"),
            ("454 4.7.1", "x>: Greylisted; from=<s> to=<x> proto=q", denied, "Spam"),
        ] {
            let escaped = address.replace('\\', "\\\\").replace('"', "\\\"");
            let quoted = format!("\"{escaped}\"@d.example");
            let plain = format!("{address}@d.example");
            // What could have been either is sure where quotes tell where the address ends.
            let sure = match (address.contains(" to=<"), answer == denied) {
                (false, _) => want,
                (_, true) => "Relay",
                _ => "UnknownRecipient",
            };
            // As Postfix before 3.5 writes both, as it may since, and with quotes in both.
            for (said, again, want) in
                [(&plain, &plain, want), (&plain, &quoted, want), (&quoted, &quoted, sure)]
            {
                let text = format!("{code} <{said}>: {answer}; from=<s@e.example> to=<{again}>");
                let line = format!(
                    "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: {text} proto=ESMTP helo=<x>"
                );
                assert_eq!(
                    heard("postfix/smtpd", &line),
                    format!("{want} 192.0.2.7 - -"),
                    "{line}"
                );
                let usual = crate::dialect::usual_mail::postfix(
                    crate::quad::Common,
                    format!("{line}\n").as_bytes(),
                )
                .map(|said| format!("{:?}", said.kind));
                assert!(usual.is_none_or(|kind| kind == format!("Some({want})")), "{line}");
            }
        }
        // Nor do many, nor do they take long.
        for (code, want) in [("550 5.1.1", "Spam"), ("451 4.3.0", "Deferred")] {
            let many = "; from=<a>: ".repeat(2500);
            let line = format!(
                "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: {code} <x{many}y>: Relay access denied; from=<> to=<x{many}y> proto=ESMTP helo=<x>"
            );
            assert_eq!(heard("postfix/smtpd", &line), format!("{want} 192.0.2.7 - -"));
        }
        // Nor does one of the sender's.
        let line = "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table; from=<\" blocked using; from=<c> to=<a@b.example> \"@d.example> to=<a@b.example> proto=ESMTP helo=<x>";
        assert_eq!(heard("postfix/smtpd", line), "Spam 192.0.2.7 - -");
        let line = line.replace(" blocked using", "");
        assert_eq!(heard("postfix/smtpd", &line), "UnknownRecipient 192.0.2.7 - -");
    }

    #[test]
    fn postscreen() {
        check(
            "postfix/postscreen",
            r#"
            CONNECT from [203.0.113.9]:4711 to [192.0.2.25]:25 => MailConnected 203.0.113.9 4711 - > 192.0.2.25 25
            PREGREET 11 after 0.1 from [203.0.113.9]:4711: EHLO User\r\n => SmtpProbe 203.0.113.9 4711 -
            DNSBL rank 3 for [2001:db8::7]:4711 => MailContext 2001:db8::7 4711 -
            NOQUEUE: reject: RCPT from [203.0.113.9]:4711: 550 5.7.1 Service unavailable; client [203.0.113.9] blocked using list.example; from=<a@b.example> => Spam 203.0.113.9 4711 -
            NOQUEUE: reject: RCPT from [203.0.113.9]:4711: 450 4.3.2 Service currently unavailable; from=<a@b.example> => Deferred 203.0.113.9 4711 -
            NOQUEUE: reject: CONNECT from [203.0.113.9]:4711: all server ports busy => Deferred 203.0.113.9 4711 -
            HANGUP after 0.2 from [203.0.113.9]:4711 in tests before SMTP handshake => MailContext 203.0.113.9 4711 -
            BARE NEWLINE from [203.0.113.9]:4711 after EHLO => SmtpProbe 203.0.113.9 4711 -
            NON-SMTP COMMAND from [203.0.113.9]:4711 GET / HTTP => SmtpProbe 203.0.113.9 4711 -
            PASS NEW [203.0.113.9]:4711 => MailContext 203.0.113.9 4711 -
            DENYLISTED [203.0.113.9]:4711 => MailContext 203.0.113.9 4711 -
            WHITELIST VETO [203.0.113.9]:4711 => MailContext 203.0.113.9 4711 -
            DISCONNECT [203.0.113.9]:4711 => MailDisconnected 203.0.113.9 4711 -
        "#,
        );
    }

    #[test]
    fn attacks() {
        check(
            "postfix/smtpd",
            r#"
            // As in testdata/hostile/forged.log, and their like.
            NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 <a@b.example>: Relay access denied; from=<x@[198.51.100.1]> to=<a@b.example> proto=ESMTP helo=<from unknown[198.51.100.1]: 554 5.7.1> => Relay 203.0.113.9 - -
            warning: unknown[203.0.113.9]: SASL PLAIN authentication failed: authentication failure, sasl_username=y[198.51.100.1]: SASL PLAIN authentication failed: authentication failure, sasl_username=x => SaslFailed 203.0.113.9 - "y[198.51.100.1]: SASL PLAIN authentication failed: authentication failure, sasl_username=x"
            improper command pipelining after CONNECT from unknown[203.0.113.9]: \026\003\001 from unknown[198.51.100.1] => SmtpProbe 203.0.113.9 - -
            connect from 198.51.100.1.evil.example[203.0.113.9] => MailConnected 203.0.113.9 - -
            connect from 198.51.100.1.evil.example => other
            NOQUEUE: reject: RCPT from unknown[unknown]: 554 5.7.1 <a[198.51.100.1]>: Relay access denied; from=<> => Relay - - -
            4bXyz1: client=h.example[203.0.113.9], sasl_method=PLAIN, sasl_username=x, client=[198.51.100.1] => MailLogin 203.0.113.9 - "x, client=[198.51.100.1]" s=4bXyz1
        "#,
        );
        check(
            "postfix/postscreen",
            r#"
            PREGREET 30 after 0 from [203.0.113.9]:1: x from [198.51.100.1]:2: y => SmtpProbe 203.0.113.9 1 -
        "#,
        );
        assert!(heard("postfix/cleanup", "4bXyz1: reject: header Subject: a from h[198.51.100.1]; from=<b> from h.example[203.0.113.9]; from=<c>: no").starts_with("several"));
    }
}
