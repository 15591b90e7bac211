//! Juniper SRX (Junos): flow sessions, screens, and the packet filters of all Junos devices.
//!
//! "System Log Explorer" (Junos 10.4 to 24.4): RT_FLOW_SESSION_DENY, _CREATE, _CLOSE, RT_SCREEN_*,
//! PFE_FW_SYSLOG_IP, in their structured (RFC 5424) and plain forms. `source-address` began the
//! session and comes before translation; the zones say who is outside. Of screens only scans and
//! sweeps that were dropped count: floods and spoofs have forged sources. What RT_IDP, RT_UTM and
//! RT_AAMW find was let through first; its URLs and file names are the far end's.

use super::act::Act;
use super::fields::{Style, keyed};
use super::mention::{Words, peer};
use super::packet::{Did, Seen, Way};
use super::parts::find;
use super::spec::{Dialect, Said, messages, untrimmed};
use crate::class::Family;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    id: "juniper_srx",
    title: "Juniper SRX and Junos packet filters (Junos 10.4 to 24.4)",
    family: Family::Firewall,
    programs: &["", "RT_*", "PFE_FW_SYSLOG_*", "kernel", "mgd", "kmd", "iked"],
    bare: &[],
    example: r#"<14>1 2026-06-12T08:58:35.184+02:00 fw RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.40 source-address="203.0.113.9" source-port="43210" destination-address="192.0.2.7" destination-port="161" service-name="None" protocol-id="17" icmp-type="0" policy-name="deny" source-zone-name="untrust" destination-zone-name="trust" username="N/A" reason="Denied by policy"]"#,
    document: "https://apps.juniper.net/syslog-explorer/",
    grammar: messages! {
        "filter" "FW: " "FW: %s %s %s %s %s %d %d (%d packets)" "PFE_FW_SYSLOG_IP" |m| Said::one(filter(m));
        "filter-named" "" "%s PFE_FW_SYSLOG_IP: FW: %s %s %s %s %s %d %d (%d packets)" "PFE_FW_SYSLOG_IP" |m| Said::one(filter_named(m));
        "structured" "" "%s [junos@2636… source-address=\"%s\" source-port=\"%d\" destination-address=\"%s\" …]" "RT_FLOW_*, RT_SCREEN_*, RT_IDP, RT_UTM" |m| Said::one(structured(m));
        "denied" "RT_FLOW_SESSION_DENY: session denied " "RT_FLOW_SESSION_DENY: session denied %s/%d->%s/%d %s %d(%d) %s %s %s …" "RT_FLOW_SESSION_DENY" |m| Said::one(denied(m));
        "session" "RT_FLOW_SESSION_C" "RT_FLOW_SESSION_CREATE: session created %s/%d->%s/%d %s …" "RT_FLOW_SESSION_CREATE, RT_FLOW_SESSION_CLOSE" |m| Said::one(session(m));
        "management" "UI_" "UI_LOGIN_EVENT: User '%s' login, class '%s' [%d], ssh-connection '%s %d %s %d', client-mode '%s'" "UI_LOGIN_EVENT" |m| Said::one(management(m));
        "tunnel" "KMD_" "KMD_PM_SA_ESTABLISHED: Local gateway: %s, Remote gateway: %s, …" "KMD_PM_SA_ESTABLISHED, KMD_VPN_UP_ALARM_USER, KMD_VPN_DOWN_ALARM_USER" |m| Said::one(tunnel(m));
    },
    trim: untrimmed,
};

/// `FW: ge-0/0/0.0 D tcp A B p p (1 packets)`: the interface it came in by; D discards, R rejects.
fn filter(m: &[u8]) -> Option<Act<'_>> {
    let mut words = m.strip_prefix(b"FW: ")?.split(|b| *b == b' ').filter(|w| !w.is_empty());
    words.next()?;
    let did = match words.next()? {
        b"D" | b"R" => Did::Refused,
        b"A" => Did::Allowed,
        _ => return None,
    };
    let (protocol, source, destination) = (words.next()?, words.next()?, words.next()?);
    let (from, to) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(from == b"8");
    seen.destination?;
    Some(seen.judged(did, Way::Untold).act())
}

/// The same where the card's name is before it.
fn filter_named(m: &[u8]) -> Option<Act<'_>> {
    let rest = m.get(memchr::memchr(b' ', m)? + 1..)?;
    filter(rest.strip_prefix(b"PFE_FW_SYSLOG_IP: ")?)
}

fn structured(m: &[u8]) -> Option<Act<'_>> {
    let open = find(m, b" [")?;
    let name = m.get(..open)?;
    let name = name.strip_suffix(b":").unwrap_or(name);
    name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').then_some(())?;
    let text = m.get(open + 2..)?;
    let [source, from, destination, to, protocol, icmp, inner, outer, attack, action] = keyed(
        text,
        Style::Blank,
        [
            "!source-address|client-ip",
            "source-port",
            "!destination-address",
            "destination-port",
            "protocol-id|protocol-name",
            "icmp-type",
            "source-zone-name|source-zone",
            "destination-zone-name|destination-zone",
            "attack-name",
            "action",
        ],
    )?;
    let scans = [&b"scan"[..], b"sweep"].iter().any(|w| find(attack, w).is_some());
    let did = match name {
        b"RT_FLOW_SESSION_DENY" => Did::Refused,
        n if n.starts_with(b"RT_SCREEN_") && scans && action == b"drop" => Did::Refused,
        n if n.starts_with(b"RT_FLOW_") => Did::Allowed,
        _ => Did::Noted,
    };
    let protocol = match name {
        b"RT_SCREEN_TCP" => b"tcp",
        b"RT_SCREEN_UDP" => b"udp",
        b"RT_SCREEN_ICMP" => &b"icmp"[..],
        _ => protocol,
    };
    let echo = icmp == b"8" || name == b"RT_SCREEN_ICMP";
    let seen = Seen::ends(source, from, destination, to)?.carrying(protocol).echo(echo);
    Some(seen.judged(did, Way::between(inner, outer)).act())
}

/// `A/p->B/p` at the start, and what follows it.
fn ends(i: &[u8]) -> Option<(Seen, &[u8])> {
    let (pair, rest) = i.split_at(memchr::memchr(b' ', i).unwrap_or(i.len()));
    let arrow = find(pair, b"->")?;
    let end = |w: &'_ [u8]| memchr::memrchr(b'/', w);
    let (source, destination) = (pair.get(..arrow)?, pair.get(arrow + 2..)?);
    let (a, b) = (end(source)?, end(destination)?);
    let seen = Seen::ends(
        source.get(..a)?,
        source.get(a + 1..)?,
        destination.get(..b)?,
        destination.get(b + 1..)?,
    )?;
    Some((seen, rest))
}

fn denied(m: &[u8]) -> Option<Act<'_>> {
    let (seen, rest) = ends(m.strip_prefix(b"RT_FLOW_SESSION_DENY: session denied ")?)?;
    let mut words = rest.split(|b| *b == b' ').filter(|w| !w.is_empty() && !w.starts_with(b"0x"));
    // Service, protocol(ICMP type), policy, zones.
    words.next()?;
    let protocol = words.next()?;
    let (number, icmp) = protocol.split_at(memchr::memchr(b'(', protocol)?);
    words.next()?;
    let way = Way::between(words.next()?, words.next()?);
    Some(seen.carrying(number).echo(icmp == b"(8)").judged(Did::Refused, way).act())
}

fn session(m: &[u8]) -> Option<Act<'_>> {
    let head = [
        &b"RT_FLOW_SESSION_CREATE: session created "[..],
        b"RT_FLOW_SESSION_CLOSE: session closed ",
    ];
    let rest = head.iter().find_map(|h| m.strip_prefix(*h))?;
    let rest =
        match find(rest, b": ").filter(|at| find(rest, b"->").is_some_and(|arrow| *at < arrow)) {
            Some(reason) => rest.get(reason + 2..)?,
            None => rest,
        };
    let (seen, _) = ends(rest)?;
    Some(seen.judged(Did::Allowed, Way::Untold).act())
}

/// `ssh-connection 'A p B p'`: sshd's own variable, behind the name.
fn management(m: &[u8]) -> Option<Act<'_>> {
    let mark = b", ssh-connection '";
    let mut all = memchr::memmem::find_iter(m, mark);
    let at = all.next().filter(|_| all.next().is_none())? + mark.len();
    let mut words = m.get(at..)?.split(|b| matches!(b, b' ' | b'\''));
    let (source, from, destination, to) =
        (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(Seen::ends(source, from, destination, to)?.carrying(b"tcp").act())
}

fn tunnel(m: &[u8]) -> Option<Act<'_>> {
    const WORDS: &[Words] =
        &[("Remote gateway: ", ""), ("Remote-IP: ", ""), ("remote-ip: ", ""), ("from ", "")];
    Some(peer(m, WORDS)?.act())
}
