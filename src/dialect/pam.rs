//! PAM's word on logins: `pam_unix` and its kin, from whatever service asked.
//!
//! The text comes from Linux-PAM's `modules/pam_unix/support.c` (`_unix_verify_password`
//! and the cleanup that prints `%d more authentication failure%s`); other
//! modules print the same shape. `user=` and `ruser=` hold what the far end
//! sent, so every ` rhost=` is tried as the true one, except where the service
//! is sshd: it leaves `ruser` empty, and what follows an empty `ruser=` is PAM's own.

use nom::bytes::complete::{tag, take_until, take_while1};
use nom::combinator::rest;
use nom::{IResult, Parser};

use super::act::{Act, Kind};
use super::parts::{count, every_cut, host};
use super::spec::{Dialect, Message, Said, untrimmed};
use crate::class::Family;
use crate::limits::REPEATS;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "pam",
    title: "Linux-PAM 1.0 to 1.7 (pam_unix, pam_sss, pam_ldap and others)",
    family: Family::Sshd,
    programs: &[
        "sshd",
        "sshd-session",
        "sshd-auth",
        "sshd(pam_unix)",
        "auth",
        "dovecot",
        "dovecot-auth",
        "auth-worker",
        "saslauthd",
        "dovecot(pam_unix)",
    ],
    bare: &[],
    example: "Jun 12 08:58:35 web1 sshd[811]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
    document: "https://github.com/linux-pam/linux-pam/blob/master/modules/pam_unix/support.c",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = &[
    Message {
        id: "pam-failure",
        shape: "%s(%s:auth): authentication failure; logname=%s uid=%d euid=%d tty=%s ruser=%s rhost=%s user=%s",
        printed_by: "modules/pam_unix/support.c, _unix_verify_password()",
        starts: "pam_",
        read: failure,
    },
    Message {
        id: "pam-old-failure",
        shape: "authentication failure; logname=%s uid=%d euid=%d tty=%s ruser=%s rhost=%s user=%s",
        printed_by: "modules/pam_unix/support.c before Linux-PAM 0.99, which logged as sshd(pam_unix)",
        starts: "authentication failure; ",
        read: old_failure,
    },
    Message {
        id: "pam-more",
        shape: "PAM %d more authentication failure%s; logname=%s uid=%d euid=%d tty=%s ruser=%s rhost=%s user=%s",
        printed_by: "modules/pam_unix/support.c, _cleanup_failures()",
        starts: "PAM ",
        read: more,
    },
    Message {
        id: "pam-other",
        shape: "%s(%s:%s): %s",
        printed_by: "libpam/pam_syslog.c, pam_vsyslog()",
        starts: "pam_",
        read: other,
    },
];

/// What a service's refusals are: of sshd, of mail, or none of ours.
fn kind_of(service: &[u8]) -> Option<Kind> {
    match service {
        b"sshd" | b"ssh" | b"openssh" => Some(Kind::PamFailed),
        b"dovecot" | b"smtp" | b"imap" | b"pop3" | b"imaps" | b"pop3s" | b"submission"
        | b"mail" | b"sieve" | b"postfix" | b"cyrus" | b"exim" => Some(Kind::MailPam),
        _ => None,
    }
}

/// What most lines begin with.
const USUAL: &[u8] = b"pam_unix(sshd:auth): ";

/// `pam_unix(sshd:auth): `
fn head(i: &[u8]) -> IResult<&[u8], &[u8]> {
    let (i, _) = take_while1(|b: u8| b.is_ascii_alphanumeric() || b == b'_').parse(i)?;
    let (i, _) = tag("(").parse(i)?;
    let (i, service) =
        take_while1(|b: u8| b.is_ascii_alphanumeric() || b"_-./".contains(&b)).parse(i)?;
    let (i, _) = tag(":").parse(i)?;
    let (i, _) = take_until("): ").parse(i)?;
    let (i, _) = tag("): ").parse(i)?;
    Ok((i, service))
}

fn failure(message: &[u8]) -> Said<'_> {
    // Nine of ten: spare them the search for a service's name.
    if let Some(text) = message.strip_prefix(USUAL) {
        return old_failure(text);
    }
    let Ok((text, service)) = head(message) else { return Said::No };
    let Some(text) = text.strip_prefix(b"authentication failure; ") else { return Said::No };
    match kind_of(service) {
        Some(kind) => who(text, kind, 1),
        None => Said::No,
    }
}

fn old_failure(message: &[u8]) -> Said<'_> {
    match message.strip_prefix(b"authentication failure; ") {
        Some(text) => who(text, Kind::PamFailed, 1),
        None => Said::No,
    }
}

fn more(message: &[u8]) -> Said<'_> {
    let head = (tag("PAM "), count, tag(" more authentication failure"));
    let parsed: IResult<&[u8], _> =
        (head, nom::combinator::opt(tag("s")), tag("; ")).parse(message);
    match parsed {
        Ok((text, ((_, n, _), _, _))) => who(text, Kind::PamMore, n.min(REPEATS)),
        Err(_) => Said::No,
    }
}

fn other(message: &[u8]) -> Said<'_> {
    if message.starts_with(USUAL) || head(message).is_ok() { Said::Quiet } else { Said::No }
}

/// Any message of a PAM module, for programs that put their own words before it.
pub(super) fn any(message: &[u8]) -> Said<'_> {
    match failure(message) {
        Said::No => other(message),
        said => said,
    }
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root`
fn who(text: &[u8], kind: Kind, count: u32) -> Said<'_> {
    // `tty=ssh` is sshd, which sends no ruser: what stands right after the
    // first empty one is PAM's own, whatever the account name repeats later.
    // Nothing of the far end's stands before the first ` tty=`; a later one may be its own.
    let after = super::parts::find(text, b" tty=").and_then(|at| text.get(at + 5..));
    let fixed = [&b"ssh ruser= rhost="[..], b"NODEVssh ruser= rhost="];
    if let Some(tail) = after.and_then(|t| fixed.iter().find_map(|f| t.strip_prefix(*f))) {
        let (user, source) = host(tail).unwrap_or((tail, None));
        return Said::One(act_of(kind, count, source, user));
    }
    every_cut(
        text,
        " rhost=",
        |i| (host, rest).parse(i),
        |_, (source, user)| act_of(kind, count, source, user),
    )
}

fn act_of<'a>(
    kind: Kind,
    count: u32,
    source: Option<crate::addr::Addr>,
    user: &'a [u8],
) -> Act<'a> {
    let act = Act::new(kind).by(source, None).times(count);
    match user.trim_ascii_start().strip_prefix(b"user=") {
        Some(name) => act.user(name),
        None => act,
    }
}
