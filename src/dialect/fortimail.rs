//! FortiMail: history, events and verdicts, with the SMTP client where one is named.
//!
//! "FortiMail Log Reference" (5.0 to 8.0): `date= time= device_id= log_id= type= …`, separated by blanks or
//! commas. `client_ip` and `client_name`, a resolver's answer, stand before what the far end sent: the fields are read from
//! the left. A virus is logged with `src` behind the sender: it must stand once. `msg`, the last field of an event,
//! ends with `relay=NAME [ADDRESS]` where sendmail's words are logged; after `from=` that is the client, after `to=`
//! the next hop. A refused message or recipient (`disposition` Reject, of what comes in) counts; any other
//! disposition is of a message that was taken. Logins of administrators are none to mail: context.

use super::act::{Act, Kind};
use super::parts::{named, says, smtp_refusal, tcp};
use super::spec::{Dialect, Message, Said, messages, untrimmed};
use crate::addr::Addr;
use crate::class::Family;
use crate::envelope::{Format, own::Pairs};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "fortimail",
    title: "FortiMail 5.0 to 8.0",
    family: Family::Mail,
    programs: &[""],
    bare: &[Format::Pairs],
    example: "date=2026-06-12,time=08:58:35.983,device_id=FE100,log_id=0200007961,type=statistics,pri=information,session_id=\"a\",client_name=\"h.example\",client_ip=\"203.0.113.9\",dst_ip=\"192.0.2.7\",from=\"a@b.example\",to=\"c@d.example\",direction=\"in\",virus=\"\",disposition=\"Reject\",classifier=\"Recipient Verification\"",
    document: "https://docs.fortinet.com/document/fortimail/8.0.0/log-reference",
    grammar: GRAMMAR,
    trim: untrimmed,
};

const GRAMMAR: &[Message] = messages! {
    "dated" "date=" "date=%s time=%s device_id=%s log_id=%s type=%s …" "FortiMail, logs to syslog" log;
    "device" "device_id=" "device_id=%s log_id=%s type=%s …" "FortiMail, where a relay took the date and time" log;
};

/// The far end's text begins behind these.
const SENT: [&[u8]; 5] = [b"from", b"hfrom", b"to", b"subject", b"msg"];

fn log(message: &[u8]) -> Said<'_> {
    let (mut kind, mut subtype, mut client, mut to) = (&b""[..], &b""[..], None, None);
    let mut from_panel = None;
    let mut is_ours = false;
    for (key, value) in Pairs(message).take_while(|(k, _)| !SENT.contains(k)) {
        match key {
            b"device_id" => is_ours = true,
            b"type" => kind = value,
            b"subtype" => subtype = value,
            b"client_ip" if client.is_none() => client = Addr::parse(value),
            b"dst_ip" if to.is_none() => to = Addr::parse(value),
            // `http(ADDRESS)`, `GUI(ADDRESS)`, `SSH(ADDRESS)`.
            b"ui" => {
                let open = memchr::memchr(b'(', value);
                let text = open.and_then(|at| value.get(at + 1..)?.strip_suffix(b")"));
                from_panel = text.and_then(Addr::parse);
            }
            _ => {}
        }
    }
    if !is_ours {
        return Said::No;
    }
    let act = |kind, source| -> Said<'_> {
        let act: Act<'_> = tcp(kind, source, None);
        Said::One(Act { destination: to, ..act })
    };
    match kind {
        b"statistics" => match client {
            Some(_) => act(outcome(message), client),
            None => Said::Quiet,
        },
        b"spam" | b"virus" | b"encrypt" => match client.or_else(|| only_src(message)) {
            None => Said::Quiet,
            source => act(Kind::MailContext, source),
        },
        b"event" | b"kevent" if subtype == b"smtp" => relay(message),
        b"event" | b"kevent" => match from_panel {
            None => Said::Quiet,
            source => act(Kind::MailContext, source),
        },
        _ => Said::No,
    }
}

/// What came of a message. Each field must stand once: subject and addresses, before or behind it, are the far end's
/// text, and who handed it over may be no more than its relay.
fn outcome(message: &[u8]) -> Kind {
    let value = |key: &[u8]| {
        let mut all = memchr::memmem::find_iter(message, key);
        let at = all.next().filter(|_| all.next().is_none())? + key.len();
        message.get(at..)?.split(|b| *b == b'"').next()
    };
    let is_in = value(b"direction=\"") == Some(b"in");
    let (Some(done), Some(by)) = (value(b"disposition=\""), value(b"classifier=\"")) else {
        return Kind::MailContext;
    };
    if done.starts_with(b"Accept") {
        return Kind::MailAccepted;
    }
    if !is_in || !done.starts_with(b"Reject") {
        return Kind::MailContext;
    }
    if says(by, &["grey list", "greylist"]) {
        return Kind::Deferred;
    }
    if says(by, &["recipient verification"]) {
        return Kind::UnknownRecipient;
    }
    if says(by, &["relay"]) {
        return Kind::Relay;
    }
    smtp_refusal(b"550", by)
}

/// The client of a virus' message: the one `src` there is.
fn only_src(message: &[u8]) -> Option<Addr> {
    let mut all = memchr::memmem::find_iter(message, b"src=");
    let at = all.next().filter(|_| all.next().is_none())?;
    matches!(message.get(at.checked_sub(1)?), Some(b',' | b' ')).then_some(())?;
    let text = message.get(at + 4..)?;
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    let end = text.iter().position(|b| b" ,\"".contains(b)).unwrap_or(text.len());
    Addr::parse(text.get(..end)?)
}

/// The client of sendmail's words: `from=…, relay=NAME [ADDRESS]`, and nothing behind it.
fn relay(message: &[u8]) -> Said<'_> {
    let key = b"msg=\"";
    let Some(text) = memchr::memmem::find(message, key)
        .and_then(|at| message.get(at + key.len()..)?.trim_ascii_end().strip_suffix(b"\""))
    else {
        return Said::Quiet;
    };
    if let Some(text) = text.strip_prefix(b"STARTTLS=server, relay=") {
        return match named(text) {
            Ok((rest, source)) if rest.first() == Some(&b',') => {
                Said::One(tcp(Kind::MailContext, source, None))
            }
            _ => Said::Quiet,
        };
    }
    if !text.starts_with(b"from=") {
        return Said::Quiet;
    }
    let relay = b", relay=";
    let last = memchr::memmem::rfind(text, relay).and_then(|at| text.get(at + relay.len()..));
    match last.map(named) {
        Some(Ok((b"", source))) => Said::One(tcp(Kind::MailContext, source, None)),
        _ => Said::Quiet,
    }
}
