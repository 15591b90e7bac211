//! OpenSSH's `sshd`, from 3.9 to 10: logins refused and granted, and connections that broke off.
//!
//! The messages are printed by `auth.c`, `auth-pam.c`, `packet.c`, `sshd.c`,
//! `kex.c` and `srclimit.c` of openssh-portable. Account names are whatever
//! the client sent (escaped by `strnvis` in `log.c`) and may look like the rest
//! of a message, so every way to cut a message is tried: where two name two
//! sources, the line accuses nobody. Since 9.8 the part that serves one connection
//! is a program of its own, `sshd-session`, and since 10 `sshd-auth`.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until};
use nom::combinator::{opt, rest, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::act::{Act, Kind, Transport};
use super::parts::{
    Peer, addr, addr_then_colon, every_cut, known_peer, number, peer, port, repeated, whole,
};
use super::spec::{Dialect, Message, Said, messages};
use super::sshd_rare as rare;
use crate::class::Family;
use crate::digits;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "sshd",
    title: "OpenSSH sshd 3.9 to 10",
    family: Family::Sshd,
    programs: &["sshd", "sshd-session", "sshd-auth", "sshd*.exe"],
    bare: &[Format::PidFirst],
    example: "Jun 12 08:58:35 web1 sshd[811]: Failed password for root from 192.0.2.7 port 4711 ssh2",
    document: "https://github.com/openssh/openssh-portable (auth.c, auth-pam.c, packet.c, sshd.c, kex.c, srclimit.c)",
    grammar: GRAMMAR,
    trim,
};

/// Takes off what `log.c` puts before messages of a level, or Windows before all.
fn trim(message: &[u8]) -> &[u8] {
    let message = match message.last() {
        Some(b' ' | b'\t') => message.trim_ascii_end(),
        _ => message,
    };
    match message.first() {
        Some(b'e' | b'f' | b'i' | b'I') => {}
        // Solaris' syslog: `[ID 800047 auth.info] `.
        Some(b'[') => {
            let id = message.strip_prefix(b"[ID ").and_then(|t| {
                let end = super::parts::find(t, b"] ")?;
                t.get(end + 2..)
            });
            return id.unwrap_or(message);
        }
        _ => return message,
    }
    let levels = [&b"error: "[..], b"fatal: ", b"info: ", b"Info: "];
    levels.iter().find_map(|level| message.strip_prefix(*level)).unwrap_or(message)
}

const GRAMMAR: &[Message] = messages! {
    "failed" "Failed " "Failed %s for [invalid user ]%.100s from %.200s port %d ssh2[: %s]" "auth.c, auth_log()" failed;
    "invalid-user" "Invalid user " "Invalid user %.100s from %.100s port %d" "auth.c, getpwnamallow()" invalid_user;
    "illegal-user" "Illegal user " "Illegal user %.100s from %.100s" "auth.c before 3.9p1, getpwnamallow()" invalid_user;
    "disconnected" "Disconnected from " "Disconnected from %s" "packet.c, sshpkt_vfatal()" |m| ended(m, "Disconnected from ", Kind::GoodbyeClosed);
    "received-disconnect" "Received disconnect from " "Received disconnect from %.200s port %d:%u: %.400s" "packet.c, ssh_packet_read_poll_seqnr()" received_disconnect;
    "closed" "Connection closed by " "Connection closed by %s" "packet.c, sshpkt_vfatal()" |m| ended(m, "Connection closed by ", Kind::ClosedBare);
    "reset" "Connection reset by " "Connection reset by %s" "packet.c, sshpkt_vfatal()" |m| ended(m, "Connection reset by ", Kind::ClosedBare);
    "pam-error" "PAM: " "PAM: %s for %s%.100s from %.100s" "auth-pam.c, sshpam_auth_passwd() and sshpam_query()" pam_error;
    "repeated" "message repeated " "message repeated %d times: [ %s]" "rsyslog, tools/syslogd or plugins that reduce repeated messages" |m| repeated(m, &DIALECT);
    "too-many" "maximum authentication attempts exceeded for " "maximum authentication attempts exceeded for %s%.100s from %.200s port %d ssh2" "auth.c, auth_maxtries_exceeded()" too_many;
    "accepted" "Accepted " "Accepted %s for %.100s from %.200s port %d ssh2[: %s]" "auth.c, auth_log()" accepted;
    "postponed" "Postponed " "Postponed %s for [invalid user ]%.100s from %.200s port %d ssh2" "auth.c, auth_log()" postponed;
    "partial" "Partial " "Partial %s for [invalid user ]%.100s from %.200s port %d ssh2" "auth.c, auth_log()" postponed;
    "connection-from" "Connection from " "Connection from %.500s port %d on %s port %d" "sshd-session.c, main()" connection_from;
    "connection-timed-out" "Connection from " "Connection from %s timed out" "packet.c, sshpkt_vfatal()" connection_gone;
    "connection-fatal" "ssh_dispatch_run_fatal: Connection " "ssh_dispatch_run_fatal: Connection %s %s: %s" "dispatch.c, packet.c" fatal_connection;
    "no-identification" "Did not receive identification string from " "Did not receive identification string from %s port %d" "sshd.c, sshd_exchange_identification()" |m| silent(m, "Did not receive identification string from ");
    "bad-version" "Bad protocol version identification " "Bad protocol version identification '%.200s' from %s port %d" "sshd.c, sshd_exchange_identification()" bad_version;
    "banner-exchange" "banner exchange: Connection " "banner exchange: Connection from %s port %d: %s" "kex.c, kex_exchange_identification() by way of packet.c" banner_exchange;
    "major-differ" "Protocol major versions differ" "Protocol major versions differ for %s port %d: %.200s vs. %.200s" "sshd.c, sshd_exchange_identification()" rare::major_differ;
    "no-write" "Could not write ident string to " "Could not write ident string to %s port %d" "sshd.c, sshd_exchange_identification()" |m| silent(m, "Could not write ident string to ");
    "probed" "probed from " "probed from %s port %d with %s.  Don't panic." "sshd.c, sshd_exchange_identification()" probed;
    "scanned" "scanned from " "scanned from %s port %d with %s.  Don't panic." "sshd.c, sshd_exchange_identification()" probed;
    "no-agreement" "Unable to negotiate with " "Unable to negotiate with %s: %s. Their offer: %s" "packet.c, sshpkt_vfatal()" no_agreement;
    "not-allowed" "User " "User %.100s from %.100s not allowed because %s" "auth.c, allowed_user()" not_allowed;
    "root-refused" "ROOT LOGIN REFUSED FROM " "ROOT LOGIN REFUSED FROM %.200s port %d" "auth.c, auth_root_allowed()" rare::root_refused;
    "refused-connect" "refused connect from " "refused connect from %s (%s)" "libwrap, refuse()" rare::refused_connect;
    "disconnecting" "Disconnecting" "Disconnecting %s: %.100s" "packet.c, ssh_packet_disconnect()" disconnecting;
    "timeout" "Timeout before authentication for " "Timeout before authentication for %s port %d" "sshd.c, grace_alarm_handler()" rare::timeout;
    "drop" "drop connection #" "drop connection #%d from [%s]:%d on [%s]:%d %s" "sshd.c, should_drop_connection() and srclimit.c" rare::drop_connection;
    "reverse" "reverse mapping checking getaddrinfo for " "reverse mapping checking getaddrinfo for %.700s [%s] failed." "canohost.c, remote_hostname()" rare::reverse_mapping;
    "maps-to" "Address " "Address %.100s maps to %.600s, but this does not map back to the address." "canohost.c, remote_hostname()" rare::maps_to;
    "not-permitted" "Authentication tried for " "Authentication tried for %.100s with correct key but not from a permitted host (host=%.200s, ip=%.200s, required=%.200s)." "auth2-pubkeyfile.c" rare::not_permitted;
    "starting" "Starting session: " "Starting session: %s%s%s for %s from %.200s port %d id %d" "session.c, do_exec()" rare::starting;
    "kex-quiet" "kex_exchange_identification: " "kex_exchange_identification: %s" "kex.c, kex_exchange_identification()" |_| Said::One(Act::new(Kind::KexBroken));
    "junos" "SSHD_LOGIN_FAILED: " "SSHD_LOGIN_FAILED: Login failed for user '%s' from host '%s'" "Junos, System Log Explorer: SSHD_LOGIN_FAILED" rare::junos;
    "junos-structured" "Login failed for user '" "Login failed for user '%s' from host '%s'" "Junos, System Log Explorer: SSHD_LOGIN_FAILED" rare::junos;
    "no-match" "no matching " "no matching %s found: client %s server %s" "kex.c, choose_enc(), choose_mac(), choose_comp() up to 6.6" rare::no_match;
    "no-method" "Unable to negotiate a key exchange method" "Unable to negotiate a key exchange method" "kex.c, choose_kex() up to 6.6" rare::unnamed;
    "no-hostkey" "no hostkey alg" "no hostkey alg" "kex.c, choose_hostkeyalg() up to 6.6" rare::unnamed;
    "kex-protocol" "kex protocol error: " "kex protocol error: type %d seq %u" "kex.c, kex_protocol_error()" quiet;
    "listening" "Server listening on " "Server listening on %s port %d." "sshd.c, listen_on_addrs()" quiet;
    "received-signal" "Received signal " "Received signal %d; terminating." "sshd.c, server_accept_loop()" quiet;
    "subsystem" "subsystem request for " "subsystem request for %.100s by user %s" "session.c, session_subsystem_req()" quiet;
    "read-failed" "Read from socket failed: " "Read from socket failed: %.100s" "packet.c before 6.7" quiet;
    "nasty-ptr" "Nasty PTR record " "Nasty PTR record \"%s\" is set up for %s, ignoring" "canohost.c, remote_hostname()" rare::nasty_ptr;
    "throttling" "beginning MaxStartups throttling" "beginning MaxStartups throttling" "sshd.c, should_drop_connection()" quiet;
    "close-session" "Close session: user " "Close session: user %s from %.200s port %d id %d" "session.c, session_close()" rare::starting;
    "closing" "Closing connection to " "Closing connection to %.500s port %d" "sshd.c, main()" |m| rare::peer_after(m, "Closing connection to ");
    "no-answer" "Timeout, client not responding from " "Timeout, client not responding from %s" "serverloop.c, client_alive_check()" rare::no_answer;
    "write-wait" "packet_write_wait: Connection " "packet_write_wait: Connection (from|to) %s: %s" "packet.c before 7.6, ssh_packet_write_wait()" rare::write_wait;
    "write-wait-new" "ssh_packet_write_wait: Connection " "ssh_packet_write_wait: Connection (from|to) %s: %s" "packet.c, sshpkt_fatal()" rare::write_wait;
    "penalty" "srclimit_penalise: " "srclimit_penalise: ipv%d: new %s/%u (active|deferred) penalty of %g seconds for penalty: %s" "srclimit.c, srclimit_penalise()" rare::penalty;
    "magic" "Magic value check failed (" "Magic value check failed (%u) on obfuscated handshake from %.200s port %d" "obfuscate.c of the patch obfuscated-openssh, obfuscate_receive_seed()" rare::magic;
};

/// Every message of a process that has not yet logged its client in ends so.
fn preauth(message: &[u8]) -> (&[u8], bool) {
    match message.strip_suffix(b" [preauth]") {
        Some(text) => (text, true),
        None => (message, false),
    }
}

fn act<'a>(kind: Kind, who: Peer) -> Act<'a> {
    let mut act = Act::new(kind).by(who.addr, who.port);
    act.transport = Some(Transport::Tcp);
    act
}

fn by<'a>(kind: Kind) -> impl Fn(&'a [u8], Peer) -> Act<'a> {
    move |user, who| act(kind, who).user(user)
}

/// `invalid user NAME` or `illegal user NAME`; else the name as it stands.
fn account(text: &[u8]) -> &[u8] {
    [&b"invalid user "[..], b"illegal user "]
        .iter()
        .find_map(|p| text.strip_prefix(*p))
        .unwrap_or(text)
}

/// `METHOD for …`: the method, and what follows.
fn method(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, text) = message.split_at_checked(digits::position(message, b' ')? + 1)?;
    let (method, text) = text.split_at_checked(digits::position(text, b' ')?)?;
    Some((method, text.strip_prefix(b" for ")?))
}

/// `… port N ssh2`, and for some methods `: key` or what the client said of itself.
#[inline]
fn protocol_tail(i: &[u8]) -> IResult<&[u8], Peer> {
    let (i, who) = peer(i)?;
    let i = match i {
        [b' ', b's', b's', b'h', b'1' | b'2', rest @ ..] | [b' ', b's', b's', b'h', rest @ ..] => {
            rest
        }
        _ => i,
    };
    Ok((if i.starts_with(b": ") { &[] } else { i }, who))
}

fn failed(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let Some((method, text)) = method(message) else { return Said::No };
    let kind = match method {
        b"none" => Kind::FailedNone,
        b"publickey" | b"hostbased" | b"rsa" | b"gssapi-with-mic" | b"gssapi-keyex" => {
            Kind::FailedKey
        }
        _ => Kind::Failed,
    };
    every_cut(account(text), " from ", protocol_tail, by(kind))
}

fn accepted(message: &[u8]) -> Said<'_> {
    match method(message) {
        Some((_, text)) => every_cut(text, " from ", protocol_tail, by(Kind::Accepted)),
        None => Said::No,
    }
}

fn postponed(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    match method(message) {
        Some((_, text)) => every_cut(account(text), " from ", protocol_tail, by(Kind::SshContext)),
        None => Said::No,
    }
}

fn invalid_user(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.get(b"Invalid user ".len()..).unwrap_or_default();
    // An empty name leaves one blank: `Invalid user  from …`.
    let empty = || nameless(text, "from ", peer, Kind::InvalidUser);
    every_cut(text, " from ", peer, by(Kind::InvalidUser)).or_else(empty)
}

/// Where the account name is empty and its blank is gone.
fn nameless<'a>(
    text: &'a [u8],
    starts: &str,
    grammar: impl Fn(&'a [u8]) -> IResult<&'a [u8], Peer>,
    kind: Kind,
) -> Said<'a> {
    Said::one(whole(text, preceded(tag(starts), grammar)).map(|p| act(kind, p).user(b"")))
}

/// What pam_strerror(3) of Linux and BSD says of a refusal.
const PAM_WORDS: &str = "authentication failure|permission denied|authentication error|user not found\
    |user not known to the underlying authentication module|user account has expired|unknown user\
    |have exhausted maximum number of retries|authentication token expired\
    |authentication service cannot retrieve authentication info\
    |authentication information cannot be recovered";

fn pam_error(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    // The words between are those of pam_strerror(3); the account follows the first ` for `.
    let head: IResult<&[u8], _> = (tag("PAM: "), take_until(" for "), tag(" for ")).parse(message);
    let Ok((text, (_, words, _))) = head else { return Said::No };
    if !PAM_WORDS.split('|').any(|w| w.as_bytes().eq_ignore_ascii_case(words)) {
        return Said::No;
    }
    // Since 9.0 the local end may follow: ` via ADDRESS`.
    let tail = |i| {
        let (i, who) = peer(i)?;
        let (i, _) = opt((tag(" via "), addr)).parse(i)?;
        Ok((i, who))
    };
    let text = account(text);
    let empty = || nameless(text, "from ", peer, Kind::PamError);
    every_cut(text, " from ", tail, by(Kind::PamError)).or_else(empty)
}

fn too_many(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text =
        message.strip_prefix(b"maximum authentication attempts exceeded for ").unwrap_or_default();
    every_cut(account(text), " from ", protocol_tail, by(Kind::TooMany))
}

/// `[invalid user NAME |authenticating user NAME |user NAME ]ADDRESS port N`
/// where `rest` must follow; `kinds` for each of the three and for none.
fn remote<'a>(
    text: &'a [u8],
    after: impl Fn(&'a [u8]) -> IResult<&'a [u8], ()> + Copy,
    [invalid, authenticating, logged_in, bare]: [Kind; 4],
) -> Said<'a> {
    let end = move |i| terminated(known_peer, after).parse(i);
    for (prefix, kind) in [
        (&b"invalid user "[..], invalid),
        (b"illegal user ", invalid),
        (b"authenticating user ", authenticating),
        (b"user ", logged_in),
    ] {
        if let Some(named) = text.strip_prefix(prefix) {
            let said =
                every_cut(named, " ", end, by(kind)).or_else(|| nameless(named, "", end, kind));
            if said != Said::No {
                return said;
            }
        }
    }
    Said::one(whole(text, end).map(|p| act(bare, p)))
}

fn nothing(i: &[u8]) -> IResult<&[u8], ()> {
    Ok((i, ()))
}

/// The end of a connection; `early` where nobody had logged in or named an account.
fn ended<'a>(message: &'a [u8], words: &str, early: Kind) -> Said<'a> {
    let (message, pre) = preauth(message);
    let text = message.strip_prefix(words.as_bytes()).unwrap_or_default();
    let bare = if pre { early } else { Kind::Left };
    remote(text, nothing, [Kind::ClosedInvalid, Kind::ClosedAuthenticating, Kind::Left, bare])
}

/// `: Too many authentication failures` and other reasons, which may quote account names.
fn reason(i: &[u8]) -> IResult<&[u8], ()> {
    value((), (tag(": "), rest)).parse(i)
}

fn disconnecting(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.strip_prefix(b"Disconnecting").unwrap_or_default();
    // Before 7.5 it named nobody: `Disconnecting: Too many …`.
    if let Some(reason) = text.strip_prefix(b": ") {
        // From 6.1 to 7.4 one reason named the client.
        let named = reason.strip_prefix(b"Too many authentication failures for ");
        return match named
            .map(|t| every_cut(account(t), " from ", protocol_tail, by(Kind::TooMany)))
        {
            Some(Said::No) | None => rare::unnamed(message),
            Some(said) => said,
        };
    }
    let Some(text) = text.strip_prefix(b" ") else { return Said::No };
    remote(
        text,
        reason,
        [Kind::ClosedInvalid, Kind::ClosedAuthenticating, Kind::Left, Kind::ClosedAuthenticating],
    )
}

/// The address comes first here, and what follows is the far end's text.
fn received_disconnect(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"Received disconnect from ").unwrap_or_default();
    let with_port = (known_peer, tag(":"), number, tag(":"), rest);
    if let Some((who, ..)) = whole(text, with_port).filter(|(p, ..)| p.port.is_some()) {
        let before = message.ends_with(b" [preauth]");
        return Said::One(act(if before { Kind::Goodbye } else { Kind::LeftSaying }, who));
    }
    // Old versions print no port, and a blank before the code: `ADDRESS: 11: text`.
    let without = (addr_then_colon, tag(": "), number, tag(":"), rest);
    Said::one(
        whole(text, without).map(|(a, ..)| act(Kind::Goodbye, Peer { addr: Some(a), port: None })),
    )
}

fn connection_from(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"Connection from ").unwrap_or_default();
    let ours = preceded(tag(" on "), (addr, preceded(tag(" port "), port)));
    let domain = (tag(" rdomain "), rest);
    let Some((who, ours, _)) = whole(text, (known_peer, opt(ours), opt(domain))) else {
        return Said::No;
    };
    let mut act = act(Kind::Connected, who);
    if let Some((addr, port)) = ours {
        (act.destination, act.destination_port) = (Some(addr), Some(port));
    }
    Said::One(act)
}

fn connection_gone(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.strip_prefix(b"Connection from ").unwrap_or_default();
    let timed_out = |i| value((), tag(" timed out")).parse(i);
    remote(text, timed_out, [Kind::TimedOut; 4])
}

fn fatal_connection(message: &[u8]) -> Said<'_> {
    let (message, pre) = preauth(message);
    let text = message.strip_prefix(b"ssh_dispatch_run_fatal: Connection ").unwrap_or_default();
    let Some(text) = [&b"from "[..], b"to "].iter().find_map(|p| text.strip_prefix(*p)) else {
        return Said::No;
    };
    // After a login these are faults of a line or a client, not of a stranger.
    let broken = if pre { Kind::NoAgreement } else { Kind::Left };
    remote(text, reason, [Kind::ClosedInvalid, Kind::ClosedAuthenticating, Kind::Left, broken])
}

/// It connected and sent nothing, or took nothing.
fn silent<'a>(message: &'a [u8], words: &str) -> Said<'a> {
    let line = preceded(tag(words), known_peer);
    Said::one(whole(message, line).map(|p| act(Kind::NoIdentification, p)))
}

fn bad_version(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"Bad protocol version identification ").unwrap_or_default();
    every_cut(text, "' from ", known_peer, |_, p| act(Kind::BadBanner, p))
}

fn banner_exchange(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.strip_prefix(b"banner exchange: Connection ").unwrap_or_default();
    let head = alt((tag("from "), tag("to ")));
    Said::one(
        whole(text, (head, known_peer, tag(": "), rest)).map(|(_, p, ..)| act(Kind::BadBanner, p)),
    )
}

fn probed(message: &[u8]) -> Said<'_> {
    let after = message.splitn(3, |b| *b == b' ').nth(2).unwrap_or_default();
    Said::one(
        whole(after, (known_peer, tag(" with "), rest)).map(|(p, ..)| act(Kind::BadBanner, p)),
    )
}

fn not_allowed(message: &[u8]) -> Said<'_> {
    let text = message.strip_prefix(b"User ").unwrap_or_default();
    // The reasons are sshd's own words and end the message.
    let reasons = alt((
        tag("not listed in AllowUsers"),
        tag("listed in DenyUsers"),
        tag("not in any group"),
        tag("a group is listed in DenyGroups"),
        tag("none of user's groups are listed in AllowGroups"),
    ));
    let mut tail = terminated(peer, (tag(" not allowed because "), reasons));
    let said = every_cut(text, " from ", |i| tail.parse(i), by(Kind::InvalidUser));
    if said == Said::No && memchr::memmem::find(text, b" not allowed because ").is_some() {
        return Said::Quiet;
    }
    said
}

fn no_agreement(message: &[u8]) -> Said<'_> {
    let (message, _) = preauth(message);
    let text = message.strip_prefix(b"Unable to negotiate with ").unwrap_or_default();
    remote(
        text,
        reason,
        [Kind::ClosedInvalid, Kind::ClosedAuthenticating, Kind::NoAgreement, Kind::NoAgreement],
    )
    .or_else(|| rare::no_agreement(text))
}

fn quiet(_: &[u8]) -> Said<'_> {
    Said::Quiet
}

#[cfg(test)]
mod tests {
    use super::super::{Claim, Said};
    use crate::text::Untrusted;

    fn check(message: &str) -> String {
        let heard = Claim::of(b"sshd").read(message.as_bytes());
        let id = heard.by.map_or("unknown", |(_, m)| m.id);
        let one = |a: &super::Act<'_>| {
            format!(
                "{:?} {} {} {}{}",
                a.kind,
                a.source.map_or("-".into(), |s| s.to_string()),
                a.source_port.map_or("-".into(), |p| p.to_string()),
                a.user.map_or("-".into(), |u| format!("{:?}", Untrusted(u))),
                if a.count == 1 { String::new() } else { format!(" x{}", a.count) },
            )
        };
        match heard.said {
            Said::No => "other".into(),
            Said::Quiet => format!("{id} quiet"),
            Said::One(a) => one(&a),
            Said::Several(r) => {
                format!("several: {}", r.iter().map(one).collect::<Vec<_>>().join("; "))
            }
        }
    }

    #[test]
    fn plain() {
        for (message, want) in [
            (
                "Failed password for root from 192.0.2.7 port 4711 ssh2",
                "Failed 192.0.2.7 4711 \"root\"",
            ),
            (
                "Failed password for invalid user bob from 2001:db8::7 port 4711 ssh2",
                "Failed 2001:db8::7 4711 \"bob\"",
            ),
            (
                "Failed password for invalid user  from 203.0.113.9 port 4444 ssh2",
                "Failed 203.0.113.9 4444 \"\"",
            ),
            (
                "Failed publickey for git from 192.0.2.7 port 1 ssh2: RSA SHA256:abc",
                "FailedKey 192.0.2.7 1 \"git\"",
            ),
            (
                "Failed none for invalid user x from 192.0.2.7 port 1 ssh2",
                "FailedNone 192.0.2.7 1 \"x\"",
            ),
            (
                "Accepted password for ann from 192.0.2.7 port 1 ssh2",
                "Accepted 192.0.2.7 1 \"ann\"",
            ),
            ("Invalid user  from 192.0.2.7 port 1", "InvalidUser 192.0.2.7 1 \"\""),
            ("Invalid user from 192.0.2.7 port 1", "InvalidUser 192.0.2.7 1 \"\""),
            ("Illegal user x from 192.0.2.7", "InvalidUser 192.0.2.7 - \"x\""),
            (
                "error: PAM: Authentication failure for illegal user x from 192.0.2.7",
                "PamError 192.0.2.7 - \"x\"",
            ),
            (
                "error: PAM: Authentication failure for root from host.example",
                "PamError - - \"root\"",
            ),
            (
                "message repeated 2 times: [ Failed password for root from 192.0.2.7 port 1 ssh2]",
                "Failed 192.0.2.7 1 \"root\" x2",
            ),
            (
                "message repeated 999999999 times: [ Failed password for root from 203.0.113.9 port 1 ssh2]",
                "Failed 203.0.113.9 1 \"root\" x10000",
            ),
            (
                "Received disconnect from 203.0.113.9 port 4444:3: x from 198.51.100.1: Auth fail [preauth]",
                "Goodbye 203.0.113.9 4444 -",
            ),
            ("Received disconnect from 203.0.113.9: 11: Bye Bye", "Goodbye 203.0.113.9 - -"),
            (
                "Received disconnect from 2001:db8::7: 11: Bye Bye [preauth]",
                "Goodbye 2001:db8::7 - -",
            ),
            (
                "Disconnected from authenticating user root 192.0.2.7 port 1 [preauth]",
                "ClosedAuthenticating 192.0.2.7 1 \"root\"",
            ),
            ("Disconnected from 192.0.2.7 port 1 [preauth]", "GoodbyeClosed 192.0.2.7 1 -"),
            ("Connection closed by 192.0.2.7 port 1 [preauth]", "ClosedBare 192.0.2.7 1 -"),
            ("Connection closed by 192.0.2.7 [preauth]", "ClosedBare 192.0.2.7 - -"),
            (
                "Connection closed by invalid user  192.0.2.7 port 1 [preauth]",
                "ClosedInvalid 192.0.2.7 1 \"\"",
            ),
            ("Connection closed by 192.0.2.7 port 1", "Left 192.0.2.7 1 -"),
            (
                "Connection reset by authenticating user root 192.0.2.7 port 1 [preauth]",
                "ClosedAuthenticating 192.0.2.7 1 \"root\"",
            ),
            (
                "Did not receive identification string from 192.0.2.7",
                "NoIdentification 192.0.2.7 - -",
            ),
            (
                "banner exchange: Connection from 192.0.2.7 port 1: invalid format",
                "BadBanner 192.0.2.7 1 -",
            ),
            (
                "fatal: Unable to negotiate with 192.0.2.7 port 1: no matching cipher found. Their offer: aes [preauth]",
                "NoAgreement 192.0.2.7 1 -",
            ),
            (
                "ssh_dispatch_run_fatal: Connection from 192.0.2.7 port 1: bad [preauth]",
                "NoAgreement 192.0.2.7 1 -",
            ),
            (
                "Connection from 192.0.2.7 port 1 on 198.51.100.4 port 22 rdomain \"\"",
                "Connected 192.0.2.7 1 -",
            ),
            (
                "drop connection #3 from [192.0.2.7]:1 on [198.51.100.4]:22 penalty: failed authentication",
                "Dropped 192.0.2.7 1 -",
            ),
            (
                "Timeout before authentication for connection from 192.0.2.7 to 198.51.100.4, pid = 7",
                "TimedOut 192.0.2.7 - -",
            ),
            (
                "User bob from 192.0.2.7 not allowed because not listed in AllowUsers",
                "InvalidUser 192.0.2.7 - \"bob\"",
            ),
            ("ROOT LOGIN REFUSED FROM 192.0.2.7 port 9", "InvalidUser 192.0.2.7 9 \"root\""),
            (
                "error: PAM: authentication error for root from 192.0.2.7 via 198.51.100.4",
                "PamError 192.0.2.7 - \"root\"",
            ),
            (
                "Disconnecting: Too many authentication failures for invalid user a from 192.0.2.7 port 1 ssh2 [preauth]",
                "TooMany 192.0.2.7 1 \"a\"",
            ),
            (
                "Disconnecting: Too many authentication failures for root [preauth]",
                "SshContext - - -",
            ),
            (
                "[ID 800047 auth.info] Failed password for root from 192.0.2.7 port 1 ssh2",
                "Failed 192.0.2.7 1 \"root\"",
            ),
            ("refused connect from host.example (192.0.2.7)", "Refused 192.0.2.7 - -"),
            (
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
                "PamFailed 192.0.2.7 - \"root\"",
            ),
            (
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7 ",
                "PamFailed 192.0.2.7 - -",
            ),
            (
                "PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
                "PamMore 192.0.2.7 - \"root\" x5",
            ),
            (
                "PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7 ",
                "PamMore 192.0.2.7 - -",
            ),
            ("pam_unix(sshd:session): session closed for user ann", "pam-other quiet"),
            (
                "Disconnecting invalid user a 192.0.2.7 port 1: Change of username or service not allowed: (a,ssh-connection) -> (b,ssh-connection) [preauth]",
                "ClosedInvalid 192.0.2.7 1 \"a\"",
            ),
            ("something new from 192.0.2.7", "other"),
        ] {
            assert_eq!(check(message), want, "{message}");
        }
    }

    #[test]
    fn attacks_never_name_the_planted_address_alone() {
        for (message, want) in [
            (
                "Invalid user root from 198.51.100.1 from 203.0.113.9 port 58946",
                "InvalidUser 203.0.113.9 58946 \"root from 198.51.100.1\"",
            ),
            (
                "Invalid user a from 198.51.100.1 from UNKNOWN port 65535",
                "InvalidUser - 65535 \"a from 198.51.100.1\"",
            ),
            (
                "Failed password for invalid user test from 198.51.100.1 port 55555 ssh2 from 203.0.113.9 port 58946 ssh2",
                "Failed 203.0.113.9 58946 \"test from 198.51.100.1 port 55555 ssh2\"",
            ),
            (
                "Connection closed by invalid user bob 198.51.100.1 port 22 [preauth] 203.0.113.9 port 4444 [preauth]",
                "ClosedInvalid 203.0.113.9 4444 \"bob 198.51.100.1 port 22 [preauth]\"",
            ),
            (
                "Bad protocol version identification 'x' from 198.51.100.1 port 22' from 203.0.113.9 port 4444",
                "BadBanner 203.0.113.9 4444 -",
            ),
            (
                "User a from 198.51.100.1 not allowed because not listed in AllowUsers from 203.0.113.9 not allowed because not listed in AllowUsers",
                "InvalidUser 203.0.113.9 - \"a from 198.51.100.1 not allowed because not listed in AllowUsers\"",
            ),
            (
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9 user=x rhost=198.51.100.1",
                "PamFailed 203.0.113.9 - \"x rhost=198.51.100.1\"",
            ),
            ("Invalid user a from 203.0.113.09 port 1", "InvalidUser - 1 \"a\""),
            ("Invalid user a from 3405803785 port 1", "InvalidUser - 1 \"a\""),
            (
                "Invalid user a from ::ffff:203.0.113.9%eth0 port 1",
                "InvalidUser 203.0.113.9 1 \"a\"",
            ),
            (
                "Invalid user a from 203.0.113.233 port 50223",
                "InvalidUser 203.0.113.233 50223 \"a\"",
            ),
        ] {
            assert_eq!(check(message), want, "{message}");
        }
        assert!(check("Failed password for invalid user test from 203.0.113.9 port 58946 ssh2: from 198.51.100.1 port 55555 ssh2").starts_with("several"));
        assert!(
            check(
                "Failed password for user from 203.0.113.9 port 20000 ssh1: ruser from 198.51.100.1"
            )
            .starts_with("several")
        );
        assert!(check("Disconnecting invalid user a 198.51.100.1 port 1: x 203.0.113.9 port 2: Too many authentication failures [preauth]").starts_with("several"));
    }
}
