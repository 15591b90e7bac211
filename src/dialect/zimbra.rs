//! Zimbra: refused logins, in audit.log and mailbox.log.
//!
//! log4j writes `yyyy-mm-dd hh:mm:ss,SSS LEVEL  [THREAD] [CONTEXT] CATEGORY - TEXT` (8.0 to 10.1);
//! the context (`ZimbraLog.java`) is `name=…;oip=…;port=…;ua=…;`, where `oip` is whom a trusted proxy
//! names as the client (`RemoteIP.java`, zimbraMailTrustedIP) and `ip` who connected. The account and
//! the user agent are the far end's: each `oip=` that stands as a field is tried, and two sources
//! accuse nobody. `audit.log` counts a try; what `SoapEngine` says of it in `mailbox.log` restates it.

use super::act::{Act, Kind};
use super::parts::{find, tcp};
use super::spec::{Cuts, Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::Format;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "zimbra",
    title: "Zimbra Collaboration 8.0 to 10.1 (audit.log, mailbox.log)",
    family: Family::Mail,
    programs: &["zimbra", "mailboxd"],
    bare: &[Format::IsoBlank],
    example: "2026-06-12 08:58:35,616 WARN  [qtp93314457-137:https://mx.example/service/soap/AuthRequest] [name=ann@example.org;oip=203.0.113.9;port=52016;ua=zclient/10.0.0;] security - cmd=Auth; account=ann@example.org; protocol=soap; error=authentication failed for [ann@example.org], invalid password;",
    document: "https://github.com/Zimbra/zm-mailbox (common/…/util/ZimbraLog.java, RemoteIP.java); https://wiki.zimbra.com/wiki/Log_Files",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "audit" "WARN " "WARN  [%s] [name=%s;oip=%s;…] security - cmd=Auth; account=%s; protocol=%s; error=authentication failed for [%s], %s;" "ZimbraLog.security, AuthRequest" |m| refused(m, b"] security - cmd=Auth; ", Kind::SaslFailed);
    "soap" "INFO " "INFO  [%s] [name=%s;oip=%s;…] SoapEngine - handler exception: authentication failed for [%s], %s" "SoapEngine.java" |m| refused(m, b"] SoapEngine - handler exception: authentication failed for [", Kind::MailHelper);
    "warned" "WARN " "WARN  [%s] [name=%s;oip=%s;…] %s - %s" "ZimbraLog, any category" |m| refused(m, b";] ", Kind::MailContext);
    "told" "INFO " "INFO  [%s] [name=%s;oip=%s;…] %s - %s" "ZimbraLog, any category" |m| refused(m, b";] ", Kind::MailContext);
};

fn refused<'a>(message: &'a [u8], words: &[u8], kind: Kind) -> Said<'a> {
    // The thread's name holds what was asked for.
    let Some(end) = find(message, words) else { return Said::No };
    let (head, tail) = message.split_at(end);
    if kind == Kind::SaslFailed && find(tail, b"error=authentication failed for [").is_none() {
        return Said::No;
    }
    let mut cuts = Cuts::default();
    for (key, needed) in [(&b"oip="[..], true), (b"ip=", false)] {
        for at in memchr::memmem::find_iter(head, key) {
            let stands = at.checked_sub(1).and_then(|n| head.get(n));
            let value = head.get(at + key.len()..).unwrap_or_default();
            let value = value.split(|b| *b == b';').next().unwrap_or_default();
            if let (Some(b'[' | b';'), Some(addr)) = (stands, Addr::parse(value)) {
                let act: Act<'_> = tcp(kind, Some(addr), None);
                cuts.add(act);
            }
        }
        match cuts.clone().said() {
            Said::No if needed => {}
            said => return said,
        }
    }
    Said::No
}
