//! Dovecot, from 1.0 to 2.4: the last word of a login session, and the auth process's own.
//!
//! A login process ends a message with `login_log_format_elements`, by default
//! `user=<%u>, method=%m, rip=%r, lip=%l, …, session=<%{session}>`
//! (`login-common/client-common.c`). The account name is the client's text, at most 80
//! bytes (`str_sanitize`), and may look like the rest; the administrator may move it behind
//! `rip=`. So each `rip=` that stands as a field is tried, and two sources accuse nobody. What
//! stands before the elements is Dovecot's own. The auth process prints `DB(USER,ADDRESS,<SESSION>): …`
//! (`auth/auth-request.c`), where every comma may be the one that ends the name.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while1};
use nom::character::complete::digit1;
use nom::combinator::{eof, map, map_opt, not, opt, peek, rest, value};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use super::act::{Act, Kind, Transport};
use super::pam;
use super::parts::{count, every_cut, find, number, repeated};
use super::spec::{Cuts, Dialect, Message, Said, messages};
use crate::addr::Addr;
use crate::class::Family;
use crate::limits::REPEATS;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "dovecot",
    title: "Dovecot 1.0 to 2.4 (login and auth processes)",
    family: Family::Mail,
    programs: &[
        "dovecot",
        "imap-login",
        "pop3-login",
        "submission-login",
        "managesieve-login",
        "auth",
        "auth-worker",
        "auth-worker(*)",
        "dovecot-auth",
    ],
    bare: &[],
    example: "Jun 12 08:58:01 mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.25, TLS, session=<abc>",
    document: "https://github.com/dovecot/core (src/login-common/client-common.c, src/auth/auth-request.c, src/auth/passdb-pam.c)",
    grammar: GRAMMAR,
    trim,
};

/// Takes off the process (`imap-login: `, `auth-worker(7): `) and the level (`Info: `), in
/// syslog the one, in Dovecot's own file the other first; and the auth worker's connection.
fn trim(message: &[u8]) -> &[u8] {
    let login =
        (alt((tag("imap"), tag("pop3"), tag("submission"), tag("managesieve"))), tag("-login"));
    let number = delimited(tag("("), take_while1(|b: u8| b.is_ascii_alphanumeric()), tag(")"));
    let auth = (alt((tag("auth-worker"), tag("auth"))), opt(number));
    let process = alt((value((), tag("dovecot")), value((), login), value((), auth)));
    let level = alt((tag("Info"), tag("Warning"), tag("Error"), tag("Debug")));
    let connection = (
        tag("conn unix:"),
        take_until("): auth-worker<"),
        tag("): auth-worker<"),
        digit1,
        tag(">: "),
    );
    let text: IResult<&[u8], _> = (
        opt(terminated(tag("dovecot"), tag(": "))),
        opt(terminated(process, tag(": "))),
        opt(terminated(level, tag(": "))),
        opt(connection),
    )
        .parse(message);
    text.map_or(message, |(text, _)| text).trim_ascii_end()
}

const GRAMMAR: &[Message] = messages! {
    "repeated" "message repeated " "message repeated %d times: [ %s]" "rsyslog, plugins and tools that reduce repeated messages" |m| repeated(m, &DIALECT);
    "disconnected" "Disconnected" "Disconnected[: %s] (auth failed, %u attempts in %u secs): user=<%s>, method=%s, rip=%s, lip=%s" "login-common/client-common.c, client_destroy()" ended;
    "aborted" "Login aborted: " "Login aborted: %s (auth failed, %u attempts in %u secs) (auth_failed): user=<%s>, method=%s, rip=%s, lip=%s" "login-common/client-common.c of 2.4, login_aborted_event()" ended;
    "aborted-old" "Aborted login" "Aborted login (auth failed, %u attempts): user=<%s>, method=%s, rip=%s, lip=%s" "login-common/client-common.c, client_destroy()" ended;
    "closed" "Connection closed" "Connection closed[: %s] (auth failed, %u attempts in %u secs): user=<%s>, method=%s, rip=%s, lip=%s" "login-common/client-common.c of 2.3, client_destroy_iostream_error()" ended;
    "remote-closed" "Remote closed connection" "Remote closed connection (auth failed, %u attempts in %u secs): user=<%s>, method=%s, rip=%s, lip=%s" "login-common/client-common.c, client_destroy()" ended;
    "quit" "Client has quit the connection" "Client has quit the connection (%s): user=<%s>, rip=%s, lip=%s" "pop3-login/client.c" ended;
    "too-many" "Maximum number of connections from user+IP exceeded" "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=%u): user=<%s>, method=%s, rip=%s, lip=%s" "login-common/sasl-server.c, anvil_lookup_callback()" ended;
    "internal" "Internal login failure" "Internal login failure (pid=%s id=%u)[ (auth failed, …)]: user=<%s>, method=%s, rip=%s, lip=%s" "login-common/sasl-server.c, master_send_request()" |m| named_only(m);
    "handshake" "Timeout waiting for handshake from auth server." "Timeout waiting for handshake from auth server. my pid=%s, input bytes=%s: user=<%s>, rip=%s, lip=%s" "login-common/client-common.c" |m| named_only(m);
    "login" "Login: " "Login: user=<%s>, method=%s, rip=%s, lip=%s, mpid=%s" "imap-login/imap-login-client.c, login-common/sasl-server.c" login;
    "logged-in" "Logged in: " "Logged in: user=<%s>, method=%s, rip=%s, lip=%s, mpid=%s" "login-common of 2.4" login;
    "pam" "pam_" "pam_unix(dovecot:auth): authentication failure; …" "Linux-PAM in the auth process" pam::any;
    "refused-24" "auth(" "auth(%s,%s[,sasl:%s])<%s>: %s: %s" "auth/auth-request.c of 2.4, auth_request_get_log_prefix()" refused_by_name;
    "refused" "" "%s(%s,%s[,<%s>]): %s" "auth/auth-request.c, auth_request_get_log_prefix()" refused;
};

fn act<'a>(kind: Kind, source: Option<Addr>) -> Act<'a> {
    let mut act = Act::new(kind).by(source, None);
    act.transport = Some(Transport::Tcp);
    act
}

/// An address up to the end of its field.
fn field(i: &[u8]) -> IResult<&[u8], Addr> {
    map_opt(take_till(|b| b == b',' || b == b' '), Addr::parse).parse(i)
}

/// Each reading of the elements: `rip=` at their start or after a comma.
fn elements<'a>(head: &[u8], text: &'a [u8], kind: Kind, count: u32, lasted: u32) -> Said<'a> {
    let mut cuts = Cuts::default();
    let mut from = 0;
    let session = memchr::memmem::rfind(text, b"session=<").and_then(|at| {
        text.get(at + 9..)?.strip_suffix(b">").filter(|s| !s.is_empty() && !s.contains(&b' '))
    });
    let starts = head.is_empty() || head.ends_with(b" ");
    while let Some(at) = text.get(from..).and_then(|t| find(t, b"rip=")) {
        let (before, after) = text.split_at(from + at);
        from += at + 4;
        let stands = before.ends_with(b", ") || before.is_empty() && starts;
        // Empty where the client came by a socket of the machine itself.
        let source = alt((map(field, Some), value(None, end)));
        let line = (tag("rip="), source, peek(not(tag(" "))));
        let parsed: IResult<&[u8], _> = { line }.parse(after);
        let (true, Ok((behind, (_, source, _)))) = (stands, parsed) else { continue };
        let mut act = act(kind, source).times(count);
        ends(behind, &mut act);
        (act.session, act.lasted) = (session, lasted);
        let name = before.strip_prefix(b"user=<").and_then(|b| b.get(..memchr::memrchr(b'>', b)?));
        // `user=<>`: none was named.
        act.user = name.filter(|n| !n.is_empty());
        cuts.add(act);
    }
    cuts.said()
}

/// The elements right behind `rip=`: our end, and the ports where `login_log_format_elements` has them (`rport=%b`,
/// `lport=%a`).
fn ends(mut text: &[u8], act: &mut Act<'_>) {
    let port = |i| terminated(map_opt(number, |n| u16::try_from(n).ok()), end).parse(i);
    loop {
        let (name, rest) = match text {
            [b',', b' ', b'l', b'i', b'p', b'=', rest @ ..] if act.destination.is_none() => {
                (b'i', rest)
            }
            [b',', b' ', side @ (b'l' | b'r'), b'p', b'o', b'r', b't', b'=', rest @ ..] => {
                (*side, rest)
            }
            _ => return,
        };
        let parsed: IResult<&[u8], ()> = match name {
            b'i' => field(rest).map(|(left, addr)| (left, act.destination = Some(addr))),
            b'l' => port(rest).map(|(left, p)| (left, act.destination_port = Some(p))),
            _ => port(rest).map(|(left, p)| (left, act.source_port = Some(p))),
        };
        let Ok((left, ())) = parsed else { return };
        text = left;
    }
}

/// The end of a field.
fn end(i: &[u8]) -> IResult<&[u8], ()> {
    value((), peek(alt((eof, tag(","))))).parse(i)
}

/// Where the elements begin: what stands before is Dovecot's own text.
fn head(message: &[u8]) -> (&[u8], &[u8]) {
    let at =
        [&b": user=<"[..], b": rip=", b": method="].iter().filter_map(|e| find(message, e)).min();
    message.split_at(at.map_or(message.len(), |at| at + 2))
}

fn ended(message: &[u8]) -> Said<'_> {
    let (head, text) = head(message);
    let (kind, count, lasted) = match failures(head) {
        Some((count, lasted)) => (Kind::MailLoginFailed, count.min(REPEATS), lasted),
        None => (Kind::MailDisconnected, 1, 0),
    };
    elements(head, text, kind, count, lasted)
}

/// `(auth failed, 3 attempts in 9 secs)`: how many, and in how long. The seconds came with
/// 2.1. A proxy that was refused by the server behind it counts none.
fn failures(head: &[u8]) -> Option<(u32, u32)> {
    if find(head, b"(proxy dest auth failed)").is_some() {
        return Some((1, 0));
    }
    let at = find(head, b"(auth failed, ")?;
    let secs = delimited(tag(" in "), number, tag(" secs"));
    let parsed: IResult<&[u8], _> =
        (tag("(auth failed, "), count, tag(" attempts"), opt(secs), tag(")"))
            .parse(head.get(at..)?);
    let (_, (_, count, _, secs, _)) = parsed.ok()?;
    Some((count, secs.unwrap_or(0)))
}

/// Our own failure, which says nothing against the client.
fn named_only(message: &[u8]) -> Said<'_> {
    let (head, text) = head(message);
    elements(head, text, Kind::MailContext, 1, 0)
}

fn login(message: &[u8]) -> Said<'_> {
    let (head, text) = head(message);
    elements(head, text, Kind::MailLogin, 1, 0)
}

/// `DB(USER,ADDRESS,<SESSION>): WORDS` of a refusal; other words say nothing.
fn refused(message: &[u8]) -> Said<'_> {
    let db = take_while1(|b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let parsed: IResult<&[u8], _> = terminated(db, tag("(")).parse(message);
    let Ok((text, _)) = parsed else { return Said::No };
    let address = map_opt(take_till(|b| b == b',' || b == b')'), Addr::parse);
    let session = delimited(tag(",<"), take_till(|b| b == b'>' || b == b' '), tag(">"));
    let mut line = (address, opt(tag(",master")), opt(session), tag("): "), refusal);
    let said = every_cut(
        text,
        ",",
        |i| line.parse(i),
        |user, (addr, _, session, ..)| {
            let mut act = act(Kind::MailHelper, Some(addr)).user(user);
            act.session = session;
            act
        },
    );
    match said {
        Said::No if find(text, b"): ").is_some() => Said::Quiet,
        said => said,
    }
}

/// `auth(USER,ADDRESS,sasl:MECHANISM)<SESSION>: LEVEL: DB: WORDS` of a refusal; other words say nothing.
fn refused_by_name(message: &[u8]) -> Said<'_> {
    let text = message.get(b"auth(".len()..).unwrap_or_default();
    let word = || take_while1(|b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let level = alt((tag("Info"), tag("Warning"), tag("Error"), tag("Debug")));
    let address = map_opt(take_till(|b| b == b',' || b == b')'), Addr::parse);
    let session = delimited(tag("<"), take_till(|b| b == b'>' || b == b' '), tag(">"));
    let mut line = (
        address,
        opt((tag(",sasl:"), word())),
        tag(")"),
        opt(session),
        tag(": "),
        opt((level, tag(": "))),
        (word(), tag(": "), refusal),
    );
    let said = every_cut(
        text,
        ",",
        |i| line.parse(i),
        |user, (addr, _, _, session, ..)| {
            let mut act = act(Kind::MailHelper, Some(addr)).user(user);
            act.session = session;
            act
        },
    );
    match said {
        // In older versions `auth` never stands before a parenthesis with a comma in it.
        Said::No if memchr::memmem::find(text, b": ").is_some() => Said::Quiet,
        said => said,
    }
}

/// The words of a refusal, to the end; a password that is logged follows in brackets.
fn refusal(i: &[u8]) -> IResult<&[u8], ()> {
    let words = alt((
        tag("Password mismatch"),
        tag("password mismatch"),
        tag("unknown user"),
        tag("invalid credentials"),
        tag("Invalid credentials"),
        tag("Invalid password"),
    ));
    let bracket = opt((tag(" ("), rest));
    // pam_strerror(3), and what Dovecot makes of it: `(Password mismatch?)`.
    let pam = (tag("pam_authenticate() failed: "), take_till(|b| b == b','));
    alt((value((), (words, bracket)), value((), pam))).parse(i)
}

#[cfg(test)]
mod tests {
    use super::super::rows::{check, heard};

    #[test]
    fn login_processes() {
        check(
            "dovecot",
            r#"
            imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, TLS, session=<abc> => MailLoginFailed 203.0.113.9 - "ann" > 192.0.2.1 s=abc 2s
            pop3-login: Disconnected: Inactivity (auth failed, 7 attempts in 60 secs): user=<ann@example.org>, method=LOGIN, rip=2001:db8::7, lip=2001:db8::1, TLS: Disconnected, session=<a+b/c> => MailLoginFailed 2001:db8::7 - "ann@example.org" x7 > 2001:db8::1 s=a+b/c 60s
            imap-login: Aborted login (auth failed, 3 attempts): user=<ann>, method=PLAIN, rip=::ffff:203.0.113.9, lip=::ffff:192.0.2.1 => MailLoginFailed 203.0.113.9 - "ann" x3 > 192.0.2.1
            imap-login: Login aborted: Connection closed (auth failed, 2 attempts in 9 secs) (auth_failed): user=<ann>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, TLS, session=<abc> => MailLoginFailed 203.0.113.9 - "ann" x2 > 192.0.2.1 s=abc 9s
            imap-login: Connection closed: read(size=9) failed: Connection reset by peer (auth failed, 1 attempts in 2 secs): user=<>, rip=203.0.113.9, lip=192.0.2.1 => MailLoginFailed 203.0.113.9 - - > 192.0.2.1 2s
            imap-login: Disconnected (proxy dest auth failed): user=<ann>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1 => MailLoginFailed 203.0.113.9 - "ann" > 192.0.2.1
            imap-login: Disconnected (no auth attempts): rip=203.0.113.9, lip=192.0.2.1 => MailDisconnected 203.0.113.9 - - > 192.0.2.1
            imap-login: Disconnected (tried to use disallowed plaintext auth): user=<>, rip=203.0.113.9, lip=192.0.2.1, session=<abc> => MailDisconnected 203.0.113.9 - - > 192.0.2.1 s=abc
            managesieve-login: Login aborted: Too many invalid commands. (no auth attempts in 0 secs) (no_auth_attempts): user=<>, rip=203.0.113.9, lip=192.0.2.1 => MailDisconnected 203.0.113.9 - - > 192.0.2.1
            imap-login: Login: user=<ann>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid=77, TLS, session=<abc> => MailLogin 203.0.113.9 - "ann" > 192.0.2.1 s=abc
            imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=203.0.113.9, rport=4711, lip=192.0.2.1, lport=993, session=<abc> => MailLoginFailed 203.0.113.9 4711 "ann" > 192.0.2.1 993 s=abc 2s
            imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, lport=993, rport=4711 => MailLoginFailed 203.0.113.9 4711 "ann" > 192.0.2.1 993 2s
            imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=203.0.113.9, rport=71000, lip=192.0.2.1 => MailLoginFailed 203.0.113.9 - "ann" 2s
            imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN => other
            imap(ann)<7><abc>: Disconnected: Logged out in=1 out=2 => other
            master: Warning: Killed with signal 15 => other
        "#,
        );
        check(
            "imap-login",
            r#"
            Info: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1 => MailLoginFailed 203.0.113.9 - "ann" > 192.0.2.1 2s
            Info: Logged in: user=<ann>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1 => MailLogin 203.0.113.9 - "ann" > 192.0.2.1
        "#,
        );
    }

    #[test]
    fn auth_processes() {
        check(
            "dovecot",
            r#"
            auth: passwd-file(ann,203.0.113.9,<abc>): Password mismatch => MailHelper 203.0.113.9 - "ann" s=abc
            auth: Info: sql(ann@example.org,2001:db8::7): unknown user => MailHelper 2001:db8::7 - "ann@example.org"
            auth-worker(77): sql(ann,203.0.113.9,<abc>): unknown user (given password: x) => MailHelper 203.0.113.9 - "ann" s=abc
            auth: ldap(ann,203.0.113.9,master,<abc>): invalid credentials => MailHelper 203.0.113.9 - "ann" s=abc
            auth-worker(77): conn unix:auth-worker (pid=7,uid=9): auth-worker<1>: pam(ann,203.0.113.9): pam_authenticate() failed: Authentication failure (Password mismatch?) => MailHelper 203.0.113.9 - "ann"
            auth: sql(ann): unknown user => quiet
            auth(ann@example.org,203.0.113.9,sasl:login)<CvN+E95U>: Info: sql: Password mismatch (given password: x) => MailHelper 203.0.113.9 - "ann@example.org" s=CvN+E95U
            auth(ann,203.0.113.9,sasl:plain)<CvN+E95U>: passwd-file: unknown user => MailHelper 203.0.113.9 - "ann" s=CvN+E95U
            auth(ann,203.0.113.9,sasl:plain)<CvN+E95U>: passwd-file: Empty password => quiet
            auth(x,198.51.100.1,sasl:plain)<a>: sql: unknown user,203.0.113.9,sasl:plain)<CvN+E95U>: sql: unknown user => MailHelper 203.0.113.9 - "x,198.51.100.1,sasl:plain)<a>: sql: unknown user" s=CvN+E95U
            auth: plain(?,203.0.113.9): Empty username => quiet
            auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=ann rhost=203.0.113.9  user=ann => MailPam 203.0.113.9 - "ann"
            auth-worker(77): pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=ann rhost=203.0.113.9 => MailPam 203.0.113.9 - -
        "#,
        );
        check(
            "auth-worker",
            r#"
            Info: pam(ann,203.0.113.9): unknown user => MailHelper 203.0.113.9 - "ann"
        "#,
        );
    }

    #[test]
    fn attacks() {
        check(
            "dovecot",
            r#"
            // See testdata/hostile/forged.log.
            imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=198.51.100.1>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, session=<abc> => MailLoginFailed 203.0.113.9 - "x>, method=PLAIN, rip=198.51.100.1" > 192.0.2.1 s=abc 2s
            imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<rip=198.51.100.1, lip=1.1.1.1>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1 => MailLoginFailed 203.0.113.9 - "rip=198.51.100.1, lip=1.1.1.1" > 192.0.2.1 2s
            // The count is Dovecot's own, whatever the name says.
            imap-login: Disconnected (no auth attempts in 1 secs): user=<: user=<(auth failed, 9 attempts)>, rip=203.0.113.9, lip=192.0.2.1 => MailDisconnected 203.0.113.9 - ": user=<(auth failed, 9 attempts)" > 192.0.2.1
            auth: sql(x,198.51.100.1): unknown user,203.0.113.9,<abc>): unknown user => MailHelper 203.0.113.9 - "x,198.51.100.1): unknown user" s=abc
            auth: sql(x, rip=198.51.100.1, lip=192.0.2.1,203.0.113.9): Empty username => quiet
        "#,
        );
        for quarantined in [
            "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=198.51.100.1, lip=192.0.2.1, TLS>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1",
            "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): rip=203.0.113.9, lip=192.0.2.1, user=<x, rip=198.51.100.1, lip=192.0.2.1>",
            "auth: sql(x,203.0.113.9): unknown user (given password: y,198.51.100.1): unknown user (z)",
        ] {
            assert!(heard("dovecot", quarantined).starts_with("several"), "{quarantined}");
        }
        // See testdata/hostile/forged.log.
        check(
            "dovecot-auth",
            r#"
            pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=rhost=198.51.100.1 rhost=203.0.113.9 => MailPam 203.0.113.9 - -
        "#,
        );
    }
}
