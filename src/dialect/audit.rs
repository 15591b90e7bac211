//! Linux' audit daemon: what sshd and its PAM told the kernel of logins.
//!
//! `audit_log_acct_message(3)` prints `op=… acct="…" exe="…" hostname=… addr=… terminal=… res=…`; an account with odd
//! bytes is written in hexadecimal digits without quotes, so no text of the far end's can look like another
//! field, and the line is read from the left, once. The serial stands in `msg=audit(SECONDS:SERIAL)`.

use super::act::{Act, Kind};
use super::parts::{find, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;
use crate::envelope::own::Pairs;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "audit",
    title: "Linux audit 2 to 4 (USER_LOGIN, USER_AUTH, USER_ERR of sshd)",
    family: Family::Sshd,
    programs: &["audispd", "audisp-syslog"],
    bare: &[Format::Audit],
    example: r#"type=USER_AUTH msg=audit(1749718685.123:405): pid=2001 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication grantors=? acct="root" exe="/usr/sbin/sshd" hostname=192.0.2.7 addr=192.0.2.7 terminal=ssh res=failed'"#,
    document: "https://github.com/linux-audit/audit-userspace (lib/audit_logging.c), openssh-portable (audit-linux.c), Linux-PAM (libpam/pam_audit.c)",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "login" "type=USER_LOGIN " "type=USER_LOGIN msg=audit(%d.%d:%d): pid=%d uid=%d auid=%d ses=%d msg='op=login acct=%s exe=%s hostname=%s addr=%s terminal=%s res=%s'" "audit-linux.c, linux_audit_record_event()" login;
    "auth" "type=USER_AUTH " "type=USER_AUTH msg=audit(%d.%d:%d): pid=%d … msg='op=%s acct=%s exe=%s hostname=%s addr=%s terminal=%s res=%s'" "libpam/pam_audit.c, _pam_audit_writelog(); Fedora's auth-pubkey patches" auth;
    "error" "type=USER_ERR " "type=USER_ERR msg=audit(%d.%d:%d): pid=%d … msg='op=PAM:bad_ident acct=%s exe=%s hostname=%s addr=%s terminal=%s res=%s'" "libpam/pam_audit.c, _pam_audit_end()" error;
};

/// The fields of what the program said, if that was sshd.
struct Told<'a> {
    op: &'a [u8],
    user: Option<&'a [u8]>,
    source: Option<Addr>,
    failed: bool,
}

fn told(message: &[u8]) -> Option<Told<'_>> {
    let at = find(message, b" msg='")?;
    let text = message.get(at + 6..)?;
    let end = memchr::memchr(b'\'', text).unwrap_or(text.len());
    let (mut op, mut user, mut exe, mut source, mut failed) = (None, None, None, None, None);
    for (key, value) in Pairs(text.get(..end)?).take(16) {
        // The library writes each once; a second is somebody's text, and nobody can say whose.
        let again = match key {
            b"op" => op.replace(value).is_some(),
            b"acct" => user.replace(value).is_some(),
            b"exe" => exe.replace(value).is_some(),
            b"addr" => source.replace(Addr::parse(value)).is_some(),
            b"res" => failed.replace(!matches!(value, b"success" | b"yes" | b"1")).is_some(),
            _ => false,
        };
        if again {
            return None;
        }
    }
    let sshd = exe.is_some_and(|e| {
        [&b"/sshd"[..], b"/sshd-session", b"/sshd-auth", b"/dropbear"]
            .iter()
            .any(|s| e.ends_with(s))
    });
    if !sshd {
        return None;
    }
    // `?` stands for none.
    let user =
        user.filter(|u| !matches!(*u, b"?" | b"(unknown user)" | b"(invalid user)" | b"(unknown)"));
    Some(Told { op: op?, user, source: source?, failed: failed? })
}

fn act<'a>(kind: Kind, t: &Told<'a>) -> Said<'a> {
    let act: Act<'a> = tcp(kind, t.source, None);
    Said::One(match t.user {
        Some(user) => act.user(user),
        None => act,
    })
}

fn login(message: &[u8]) -> Said<'_> {
    let Some(t) = told(message) else { return Said::No };
    // A refusal is told for each key of an agent too, and says of what it was only in USER_AUTH.
    act(if t.failed { Kind::SshContext } else { Kind::Accepted }, &t)
}

fn auth(message: &[u8]) -> Said<'_> {
    let Some(t) = told(message) else { return Said::No };
    let kind = match (t.failed, t.op) {
        (false, _) => Kind::SshContext,
        (true, b"PAM:authentication") => Kind::PamFailed,
        (true, b"pubkey" | b"pubkey_auth" | b"key" | b"hostbased" | b"gssapi") => Kind::FailedKey,
        (true, op) if op.starts_with(b"PAM:") => Kind::SshContext,
        (true, _) => Kind::Failed,
    };
    act(kind, &t)
}

/// PAM was asked for nobody: the client left before it named an account.
fn error(message: &[u8]) -> Said<'_> {
    let Some(t) = told(message) else { return Said::No };
    act(if t.op == b"PAM:bad_ident" { Kind::ClosedBare } else { Kind::SshContext }, &t)
}
