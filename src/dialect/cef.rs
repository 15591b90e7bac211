//! CEF and LEEF: events of any vendor's in ArcSight's and QRadar's forms.
//!
//! "Implementing ArcSight Common Event Format" (versions 0.1 and 1), "Log Event Extended Format"
//! (1.0, 2.0). `src`, `spt`, `dst`, `dpt`, `proto` and `act` have one meaning for all; `src` began
//! what is told of. Whether a refusal is a packet filter's no field says, so it is one only where
//! the event's name or category speaks of traffic, packets or connections; `deviceDirection` 1 is
//! outwards. Names, URLs and messages are the far end's: a key that comes twice names nobody.

use super::act::Act;
use super::fields::{Style, keyed};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "cef",
    title: "CEF 0 and 1, LEEF 1.0 and 2.0, of any vendor",
    family: Family::Firewall,
    programs: &["CEF", "LEEF", ""],
    bare: &[],
    example: "Jun 12 08:58:35 fw CEF:0|Vendor|Firewall|6.8|70019|Connection_Discarded|0|src=203.0.113.9 dst=192.0.2.7 spt=43210 dpt=23 proto=6 act=Discard msg=denied by policy",
    document: "https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/pdfdoc/cef-implementation-standard/cef-implementation-standard.pdf",
    grammar: messages! {
        "leef1" "1.0|" "LEEF:1.0|%s|%s|%s|%s|src=%s<TAB>dst=%s<TAB>…" "LEEF 1.0" |m| Said::one(event(m, 4, Style::Tab));
        "leef2" "2.0|" "LEEF:2.0|%s|%s|%s|%s|%s|src=%s<TAB>dst=%s<TAB>…" "LEEF 2.0" |m| Said::one(event(m, 5, Style::Tab));
        "cef0" "0|" "CEF:0|%s|%s|%s|%s|%s|%s|src=%s dst=%s …" "CEF" |m| Said::one(event(m, 6, Style::Cef));
        "cef1" "1|" "CEF:1|%s|%s|%s|%s|%s|%s|src=%s dst=%s …" "CEF" |m| Said::one(event(m, 6, Style::Cef));
        "cef-inside" "CEF:" "CEF:0|%s|%s|%s|%s|%s|%s|src=%s dst=%s …" "CEF" |m| Said::one(event(m.get(4..).unwrap_or_default(), 6, Style::Cef));
    },
    trim: untrimmed,
};

/// The extension after `fields` more fields of a header, in which `\|` is no separator.
fn extension(m: &[u8], fields: usize) -> Option<(&[u8], &[u8])> {
    let mut seen = 0;
    for at in memchr::memchr_iter(b'|', m) {
        if at > 0 && m.get(at - 1) == Some(&b'\\') {
            continue;
        }
        seen += 1;
        if seen == fields + 1 {
            return Some((m.get(..at)?, m.get(at + 1..)?));
        }
    }
    None
}

fn event<'a>(m: &'a [u8], fields: usize, style: Style) -> Option<Act<'a>> {
    let (head, text) = extension(m, fields)?;
    let [source, from, destination, to, protocol, action, direction, category] = keyed(
        text,
        style,
        [
            "!src",
            "spt|srcPort",
            "!dst",
            "dpt|dstPort",
            "proto",
            "act|action|disp|fw_action",
            "deviceDirection",
            "cat",
        ],
    )?;
    let filters = |t: &[u8]| {
        [&b"raffic"[..], b"TRAFFIC", b"acket", b"onnection", b"Network Event"]
            .iter()
            .any(|w| find(t, w).is_some())
    };
    let did = match Did::of(action.trim_ascii_end()) {
        Did::Refused if filters(head) || filters(category) => Did::Refused,
        Did::Refused => Did::Noted,
        other => other,
    };
    let way = if direction == b"1" { Way::Out } else { Way::Untold };
    let seen = Seen::ends(source, from.trim_ascii(), destination, to.trim_ascii())?;
    Some(seen.carrying(protocol).judged(did, way).act())
}
