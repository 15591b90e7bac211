//! Lines that are records: JSON, `key=value`, audit records, flow records, and logs whose stamp is not first.

use super::device::under;
use super::forms;
use super::forms::json_time;
use super::own;
use super::parts::{Envelope, Format};
use super::rfc3164::number;
use super::stamp::{self, Civil, Stamp};
use super::unread::Unread;
use crate::json::{Flaw, Object, Scratch};

/// Reads a line whose first bytes are no stamp.
#[must_use]
pub fn read(line: &[u8]) -> Option<Envelope<'_>> {
    match line.first()? {
        b't' | b'n' => audit(line).or_else(|| pairs(line)),
        b'a'..=b'z' => pairs(line),
        b'1' if line.get(1) == Some(&b',') => panos(line),
        b'0' | b'1' if line.get(1) == Some(&b'|') => cef(line),
        b'C' => cef(line),
        b'0'..=b'9' => pid_first(line)
            .or_else(|| flow(line))
            .or_else(|| proxmox(line))
            .or_else(|| sonicwall(line)),
        b'F' if line.starts_with(b"FW") => zonealarm(line),
        b'I' | b'W' | b'E' | b'F' => glog(line),
        b'L' if line.starts_with(b"LEEF:") => leef(line),
        b'A' | b'L' | b'M' | b'P' => zonealarm(line),
        b'"' => tabbed(line),
        _ => None,
    }
}

/// `key=value …` of a device that says when.
fn pairs(line: &[u8]) -> Option<Envelope<'_>> {
    memchr::memchr(b'=', line.get(..line.len().min(24))?)?;
    Some(Envelope::bare(own::time(line)?.happened, &[], line, Format::Pairs))
}

/// `[node=HOST ]type=NAME msg=audit(SECONDS.MILLIS:SERIAL): …` (auditd, `auparse`).
fn audit(line: &[u8]) -> Option<Envelope<'_>> {
    let (host, text) = match line.strip_prefix(b"node=") {
        Some(rest) => {
            let end = memchr::memchr(b' ', rest)?;
            (rest.get(..end)?, rest.get(end + 1..)?)
        }
        None => (&[][..], line),
    };
    let rest = text.strip_prefix(b"type=")?;
    let name = rest.iter().position(|b| *b == b' ')?;
    let rest = rest.get(name..)?.strip_prefix(b" msg=audit(")?;
    let end = memchr::memchr(b':', rest)?;
    let stamp_text = rest.get(..end)?;
    let stamp = forms::epoch(stamp_text)?;
    Some(Envelope { host, ..Envelope::bare(stamp, stamp_text, text, Format::Audit) })
}

/// `PID yyyy-mm-dd hh:mm:ss.fff MESSAGE`: what OpenSSH for Windows writes into `sshd.log`.
fn pid_first(line: &[u8]) -> Option<Envelope<'_>> {
    let gap = line.iter().take(11).position(|b| *b == b' ')?;
    let pid = number(line.get(..gap)?)?;
    let rest = line.get(gap + 1..)?;
    if rest.get(4) != Some(&b'-') {
        return None;
    }
    let (stamp, used) = stamp::read(rest)?;
    let body = rest.get(used..)?.strip_prefix(b" ")?;
    let e = Envelope::bare(stamp, rest.get(..used)?, body, Format::PidFirst);
    Some(Envelope { pid: Some(pid), ..e })
}

/// `1,yyyy/mm/dd hh:mm:ss,SERIAL,TYPE,SUBTYPE,VERSION,yyyy/mm/dd hh:mm:ss,…` of PAN-OS without a
/// relay: the second is when it happened, the first when the firewall wrote it down.
fn panos(line: &[u8]) -> Option<Envelope<'_>> {
    let generated = line.split(|b| *b == b',').nth(6)?;
    Some(Envelope::bare(own::panos(line)?.happened, generated, line, Format::Csv))
}

/// `CEF:0|VENDOR|…|rt=…` without a relay's header; some exporters leave out its name too.
fn cef(line: &[u8]) -> Option<Envelope<'_>> {
    let message = line.strip_prefix(b"CEF:").unwrap_or(line);
    matches!(message, [b'0' | b'1', b'|', ..]).then_some(())?;
    let e = Envelope::bare(own::cef(line)?, &[], line, Format::Pairs);
    Some(Envelope { program: b"CEF", message, ..e })
}

/// `LEEF:1.0|VENDOR|…|devTime=…` without a relay's header; its keys stand between tabs.
fn leef(line: &[u8]) -> Option<Envelope<'_>> {
    let message = line.strip_prefix(b"LEEF:")?;
    let e = Envelope::bare(own::leef(line)?, &[], line, Format::Pairs);
    Some(Envelope { program: b"LEEF", message, ..e })
}

/// `ADDRESS id=firewall sn=… time="…" …`: SonicWall's, from a relay that keeps the sender and no stamp.
fn sonicwall(line: &[u8]) -> Option<Envelope<'_>> {
    let (host, rest) = line.split_at_checked(memchr::memchr(b' ', line)?)?;
    let rest = rest.trim_ascii_start();
    (rest.starts_with(b"id=firewall sn=")).then_some(())?;
    Some(Envelope { host, ..pairs(rest)? })
}

/// `VMID LEVEL CHAIN dd/Mmm/yyyy:hh:mm:ss +zzzz MESSAGE` of Proxmox VE's `pvefw-logger`.
fn proxmox(line: &[u8]) -> Option<Envelope<'_>> {
    let mut words = line.splitn(4, |b| *b == b' ');
    number(words.next()?)?;
    number(words.next()?)?;
    words.next()?;
    let rest = words.next()?;
    let (stamp, used, format) = forms::read(rest)?;
    let body = rest.get(used..)?.strip_prefix(b" ")?;
    let e = Envelope::bare(stamp, rest.get(..used)?, body, format);
    Some(Envelope { program: b"pvefw-logger", ..e })
}

/// `FWIN,yyyy/mm/dd,hh:mm:ss ±h:mm GMT,…` of ZoneAlarm.
fn zonealarm(line: &[u8]) -> Option<Envelope<'_>> {
    let mut fields = line.split(|b| *b == b',');
    let (kind, date, time) = (fields.next()?, fields.next()?, fields.next()?);
    // Date and time as one text, which the form of both begins with.
    let text = line.get(kind.len() + 1..kind.len() + date.len() + time.len() + 2)?;
    let mut joined = [b' '; 19];
    joined.get_mut(..10)?.copy_from_slice(date.get(..10).filter(|_| date.len() == 10)?);
    joined.get_mut(11..)?.copy_from_slice(time.get(..8)?);
    let (Stamp::Civil(c), _, _) = forms::read(&joined)? else { return None };
    let zone = time.get(8..)?.strip_prefix(b" ")?.strip_suffix(b" GMT")?;
    let (sign, zone) = match zone.split_first()? {
        (b'+', zone) => (1, zone),
        (b'-', zone) => (-1, zone),
        _ => return None,
    };
    let (hours, minutes) = zone.split_at_checked(memchr::memchr(b':', zone)?)?;
    let minutes = number(minutes.get(1..)?)?.checked_mul(60)?;
    let seconds = number(hours)?.checked_mul(3600)?.checked_add(minutes)?;
    let offset = i32::try_from(seconds).ok().filter(|s| *s <= 18 * 3600)? * sign;
    let stamp = Stamp::Civil(Civil { offset: Some(offset), ..c });
    Some(Envelope::bare(stamp, text, line, Format::Csv))
}

/// `Immdd hh:mm:ss.uuuuuu THREAD FILE:LINE] MESSAGE`: the header of glog, and of Go's klog.
fn glog(line: &[u8]) -> Option<Envelope<'_>> {
    let (stamp, used) = forms::glog(line)?;
    let rest = line.get(used..)?.trim_ascii_start();
    let end = memchr::memmem::find(rest.get(..rest.len().min(80))?, b"] ")?;
    let (head, message) = (rest.get(..end)?, rest.get(end + 2..)?);
    let (thread, place) = head.split_at_checked(memchr::memchr(b' ', head)?)?;
    number(thread)?;
    number(place.get(memchr::memchr(b':', place)? + 1..)?)?;
    Some(Envelope::bare(stamp, line.get(..used)?, message, Format::Slashed))
}

/// `2 ACCOUNT INTERFACE SOURCE … START END ACTION STATUS`: AWS VPC flow logs, with the fields of version 2
/// first, as the documentation lists them, whatever else follows.
fn flow(line: &[u8]) -> Option<Envelope<'_>> {
    let mut fields = line.split(|b| *b == b' ');
    if !matches!(fields.next()?, [b'2'..=b'9' | b'1', ..]) {
        return None;
    }
    let start = fields.nth(9)?;
    fields.next().filter(|end| forms::epoch(end).is_some())?;
    Some(Envelope::bare(forms::epoch(start)?, start, line, Format::Flow))
}

/// `<co ts="yyyy-mm-ddThh:mm:ss.ff" …/>` of Oracle's Messaging Server, which logs XML if asked to.
#[must_use]
pub fn element(line: &[u8]) -> Option<Envelope<'_>> {
    let rest = line.strip_prefix(b"<co ts=\"").or_else(|| line.strip_prefix(b"<en ts=\""))?;
    let text = rest.get(..memchr::memchr(b'"', rest)?)?;
    line.trim_ascii_end().ends_with(b"/>").then_some(())?;
    Some(Envelope::bare(forms::whole(text)?, text, line, Format::Pairs))
}

/// `"SMTPD"<TAB>THREAD<TAB>SESSION<TAB>"yyyy-mm-dd hh:mm:ss.fff"<TAB>…` of hMailServer.
fn tabbed(line: &[u8]) -> Option<Envelope<'_>> {
    let quoted = line
        .split(|b| *b == b'\t')
        .take(5)
        .find_map(|f| f.strip_prefix(b"\"2").and_then(|_| f.get(1..f.len().checked_sub(1)?)))?;
    Some(Envelope::bare(forms::whole(quoted)?, quoted, line, Format::Tabbed))
}

/// Reads a line that is a JSON object: journald's, a container's, or a device's own record.
///
/// `inner` reads a line that stands in it.
///
/// # Errors
///
/// It is no object that all readers would read alike, or does not say when.
pub fn json<'a>(
    line: &'a [u8],
    scratch: Option<&'a Scratch>,
    inner: impl FnOnce(&'a [u8]) -> Option<Envelope<'a>>,
) -> Result<Envelope<'a>, Unread> {
    let o = Object::read(line).map_err(|flaw| match flaw {
        Flaw::Twice => Unread::Twice,
        _ => Unread::NoEnvelope,
    })?;
    let found = if let Some(message) = o.get("MESSAGE") {
        let micros = o.first_word(&["__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"]);
        let text = micros.ok_or(Unread::NoEnvelope)?;
        let stamp = forms::epoch(text).ok_or(Unread::NoEnvelope)?;
        let message = match (message, scratch) {
            (crate::json::Value::Array(array), Some(s)) => s.bytes(array),
            (value, _) => value.text(scratch),
        };
        Envelope {
            host: o.word("_HOSTNAME").unwrap_or_default(),
            program: o.first_word(&["SYSLOG_IDENTIFIER", "_COMM"]).unwrap_or_default(),
            pid: o.first_word(&["_PID", "SYSLOG_PID"]).and_then(number),
            ..Envelope::bare(stamp, text, message.ok_or(Unread::NoEnvelope)?, Format::Json)
        }
    } else if let (Some(log), Some(time)) = (o.get("log"), o.word("time")) {
        let stamp = forms::whole(time).ok_or(Unread::NoEnvelope)?;
        // Most end in a newline and hold no other escape.
        let text = match log {
            crate::json::Value::Text(t) => {
                crate::json::Value::Text(t.strip_suffix(b"\\n").unwrap_or(t)).text(scratch)
            }
            _ => None,
        };
        let text = text.ok_or(Unread::NoEnvelope)?;
        within(text, Envelope::bare(stamp, time, text, Format::Json), inner)
    } else if let Some(raw) = o.get("result").and_then(|r| r.object()?.get("_raw")) {
        // A search's result as Splunk exports it: the line as it was indexed, with its own time.
        let text = raw.text(scratch).ok_or(Unread::NoEnvelope)?;
        inner(text).ok_or(Unread::NoEnvelope)?
    } else {
        let (stamp, text) = azure_flows(&o).or_else(|| json_time(&o)).ok_or(Unread::NoEnvelope)?;
        let host = o.first_word(&["host", "hostname", "sensor"]).unwrap_or_default();
        Envelope { host, ..Envelope::bare(stamp, text, line, Format::Json) }
    };
    if memchr::memchr(0, found.message).is_some() {
        return Err(Unread::Nul);
    }
    Ok(found)
}

/// When the first flow of an Azure flow log's record was: its `time` is when the record was written.
fn azure_flows<'a>(o: &Object<'a>) -> Option<(Stamp, &'a [u8])> {
    let within = match o.word("category") {
        Some(b"NetworkSecurityGroupFlowEvent") => o.get("properties")?,
        Some(b"FlowLogFlowEvent") => o.get("flowRecords")?,
        Some(_) => return None,
        None => o.get("records")?,
    };
    let (crate::json::Value::Object(text) | crate::json::Value::Array(text)) = within else {
        return None;
    };
    let rest = text.get(memchr::memmem::find(text, b"\"flowTuples\"")? + 12..)?;
    let rest = rest.get(memchr::memchr(b'[', rest)? + 1..)?.trim_ascii_start();
    let first = rest.strip_prefix(b"\"")?.split(|b| *b == b',').next()?;
    Some((forms::epoch(first)?, first))
}

/// What a container wrote to its standard output: a line of its own log, or a bare message.
pub fn within<'a>(
    text: &'a [u8],
    outer: Envelope<'a>,
    inner: impl FnOnce(&'a [u8]) -> Option<Envelope<'a>>,
) -> Envelope<'a> {
    match inner(text) {
        Some(found) => under(found, outer),
        None => outer,
    }
}
