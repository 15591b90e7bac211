//! Messages filled with text of the far end's choice: the peer is accused, or nobody.
//!
//! The text is made of the grammars' own words, so that it looks like the rest of a message
//! far more often than a guess would. Every grammar of every dialect is filled: by a row of
//! [`MESSAGES`] where it quotes the far end, else by its samples. A new grammar that quotes the far
//! end needs a row here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Write as _;

use plaint::class::Reading;
use plaint::dialect::{Claim, DIALECTS, Said};
use plaint::envelope::{Format, Reader};
use plaint::run::timeless;
use proptest::prelude::*;

/// The address that the far end would have accused.
const PLANTED: &str = "198.51.100.1";

/// A program, and a message with `{A}` for the far end's text and `{P}` for its address.
const MESSAGES: &[(&str, &str)] = &[
    ("sshd", "Failed password for invalid user {A} from {P} port 4711 ssh2"),
    ("sshd", "Failed password for {A} from {P} port 4711 ssh2: {A}"),
    ("sshd", "Failed none for invalid user {A} from {P} port 4711 ssh2 [preauth]"),
    ("sshd", "Invalid user {A} from {P} port 4711"),
    ("sshd", "Invalid user {A} from {P}"),
    ("sshd", "Illegal user {A} from {P}"),
    ("sshd", "User {A} from {P} not allowed because not listed in AllowUsers"),
    ("sshd", "error: PAM: Authentication failure for illegal user {A} from {P}"),
    (
        "sshd",
        "error: maximum authentication attempts exceeded for {A} from {P} port 4711 ssh2 [preauth]",
    ),
    ("sshd", "Connection closed by invalid user {A} {P} port 4711 [preauth]"),
    ("sshd", "Connection reset by authenticating user {A} {P} port 4711 [preauth]"),
    ("sshd", "Disconnected from invalid user {A} {P} port 4711 [preauth]"),
    ("sshd", "Disconnecting invalid user {A} {P} port 4711: {A} [preauth]"),
    ("sshd", "Received disconnect from {P} port 4711:3: {A} [preauth]"),
    ("sshd", "Received disconnect from {P}: 11: {A}"),
    ("sshd", "Bad protocol version identification '{A}' from {P} port 4711"),
    ("sshd", "banner exchange: Connection from {P} port 4711: {A}"),
    (
        "sshd",
        "Unable to negotiate with {P} port 4711: no matching cipher found. Their offer: {A} [preauth]",
    ),
    ("sshd", "Protocol major versions differ for {P} port 4711: SSH-2.0-x vs. {A}"),
    (
        "sshd",
        "ssh_dispatch_run_fatal: Connection from invalid user {A} {P} port 4711: bad [preauth]",
    ),
    ("sshd", "message repeated 2 times: [ Failed password for {A} from {P} port 4711 ssh2]"),
    (
        "sshd",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={P}  user={A}",
    ),
    (
        "sshd",
        "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={P}  user={A}",
    ),
    (
        "saslauthd",
        "pam_unix(smtp:auth): authentication failure; logname= uid=0 euid=0 tty= ruser={A} rhost={P}  user={A}",
    ),
    (
        "postfix/smtpd",
        "warning: unknown[{P}]: SASL PLAIN authentication failed: no, sasl_username={A}",
    ),
    (
        "postfix/smtpd",
        "NOQUEUE: reject: RCPT from unknown[{P}]: 554 5.7.1 <{A}>: Relay access denied; from=<{A}> to=<{A}> proto=ESMTP helo=<{A}>",
    ),
    ("postfix/smtpd", "improper command pipelining after EHLO from unknown[{P}]: {A}"),
    ("postfix/smtpd", "warning: non-SMTP command from unknown[{P}]: {A}"),
    (
        "postfix/cleanup",
        "4bXyz1: reject: header Subject: {A} from h.example[{P}]; from=<{A}> to=<a@b.example> proto=ESMTP helo=<{A}>: 5.7.1 no",
    ),
    ("system,error,critical", "x login failure for user {A} from {P} via ssh"),
    (
        "amavis",
        "(04711-05) Blocked SPAM {DiscardedInbound}, [{P}]:4711 [{A}] <{A}> -> <{A}>, Message-ID: <{A}>, Hits: 9",
    ),
    (
        "amavis",
        "(04711-05) Blocked BANNED ({A}) {DiscardedInbound}, [{P}]:4711 <{A}> -> <a@b.example>, Hits: -",
    ),
    (
        "rspamd",
        "id: <{A}>, qid: <4bXyz1>, ip: {P}, from: <{A}>, (default: T (reject): [21.30/15.00] [{A}]), len: 1",
    ),
    (
        "haraka",
        "[NOTICE] [6C8E1F4A] [core] disconnect ip={P} rdns={A} helo={A} relay=N early=N esmtp=Y tls=N pipe=N errors=0 txns=1 rcpts=0/0/3 msgs=0/0/0 bytes=0 lr=\"550 {A}\" time=1.2",
    ),
    ("smtpd", "5a1b2c3d4e5f6071 smtp connected address={P} host={A}"),
    (
        "zimbra",
        "WARN  [qtp1-137:https://mx.example/] [name={A};oip={P};ua={A};] security - cmd=Auth; account={A}; protocol=soap; error=authentication failed for [{A}], invalid password;",
    ),
    (
        "zimbra",
        "INFO  [qtp1-137:https://mx.example/] [oip={P};ua={A};] SoapEngine - handler exception: authentication failed for [{A}], account not found",
    ),
    (
        "lfd",
        "(sshd) Failed SSH login from {P} (XX/Unknown/{A}): 5 in the last 300 secs - *Blocked in csf* [LF_SSHD]",
    ),
    ("postfix/postscreen", "PREGREET 11 after 0.1 from [{P}]:4711: {A}"),
    ("postfix/postscreen", "NON-SMTP COMMAND from [{P}]:4711 after EHLO: {A}"),
    (
        "dovecot",
        "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{A}>, method=PLAIN, rip={P}, lip=192.0.2.1, session=<abc>",
    ),
    (
        "dovecot",
        "imap-login: Login aborted: Connection closed (auth failed, 1 attempts in 2 secs) (auth_failed): user=<{A}>, method=PLAIN, rip={P}, lip=192.0.2.1",
    ),
    ("dovecot", "auth: sql({A},{P},<abc>): unknown user"),
    (
        "dovecot",
        "auth({A},{P},sasl:login)<abc>: Info: sql: Password mismatch (given password: {A})",
    ),
    ("dovecot", "auth({A},{P},sasl:plain)<abc>: passwd-file: unknown user"),
    ("dovecot", "auth: passwd-file({A},{P}): Password mismatch"),
    (
        "dovecot",
        "auth: pam({A},{P}): pam_authenticate() failed: Authentication failure (Password mismatch?)",
    ),
    (
        "dovecot",
        "auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser={A} rhost={P}  user={A}",
    ),
    (
        "%ASA-4-106023",
        "Deny tcp src outside:{P}/4711({A}) dst inside:192.0.2.7/22 by access-group \"{A}\" [0x0, 0x0]",
    ),
    ("%ASA-6-605004", "Login denied from {P}/4711 to outside:192.0.2.7/ssh for user \"{A}\""),
    (
        "%FTD-1-430003",
        "AccessControlRuleAction: Block, SrcIP: {P}, DstIP: 192.0.2.7, SrcPort: 4711, DstPort: 80, Protocol: tcp, UserAgent: {A}, URL: {A}",
    ),
    (
        "",
        "firewall,info {A} input: in:ether1 out:(unknown 0), proto TCP (SYN), {P}:43210->192.0.2.7:22, len 40",
    ),
    ("pf", "rule 4/0(match): block in on em0: {P}.4711 > 192.0.2.7.53: 1+ A? {A}. (33)"),
    (
        "",
        "date=2026-06-12 time=09:00:01 logid=\"0000000013\" type=\"traffic\" user=\"{A}\" srcip={P} srcport=43210 srcintf=\"wan1\" srcintfrole=\"wan\" dstip=192.0.2.7 dstport=80 proto=6 action=\"deny\" url=\"{A}\"",
    ),
    (
        "RT_FLOW",
        "RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.40 username=\"{A}\" source-address=\"{P}\" source-port=\"43210\" destination-address=\"192.0.2.7\" destination-port=\"161\" protocol-id=\"17\" source-zone-name=\"untrust\" url=\"{A}\"]",
    ),
    (
        "NetScreen",
        "NetScreen device_id=fw  [Root]system-notification-00257(traffic): start_time=\"x\" service={A} proto=6 src zone=Untrust dst zone=Trust action=Deny sent=0 rcvd=60 src={P} dst=192.0.2.7 src_port=43210 dst_port=22",
    ),
    (
        "",
        "1,2026/06/12 09:00:01,0128,TRAFFIC,drop,2561,2026/06/12 09:00:01,{P},192.0.2.7,0.0.0.0,0.0.0.0,deny,\"{A}\",,not-applicable,vsys1,untrust,trust,e1,,fwd,2026/06/12 09:00:01,0,1,43210,23,0,0,0x0,tcp,drop,60,\"{A}\"",
    ),
    (
        "",
        "id=firewall sn=0000A0AAAA00 time=\"2026-06-12 08:58:35\" fw=192.0.2.1 pri=5 c=64 m=36 msg=\"{A}\" n=2 usr=\"{A}\" src={P}:43210:X1 dst=192.0.2.7:23:X0 proto=tcp/telnet",
    ),
    (
        "",
        "device_name=\"SFW\" timestamp=\"x\" log_type=\"Firewall\" log_component=\"Firewall Rule\" log_subtype=\"Denied\" user_name=\"{A}\" src_ip=\"{P}\" dst_ip=\"192.0.2.7\" protocol=\"TCP\" src_port=43210 dst_port=23 url=\"{A}\" src_zone_type=\"WAN\"",
    ),
    (
        "ulogd",
        "id=\"2001\" severity=\"info\" sys=\"SecureNet\" sub=\"packetfilter\" name=\"{A}\" action=\"drop\" initf=\"eth1\" srcip=\"{P}\" dstip=\"192.0.2.7\" proto=\"6\" srcport=\"43210\" dstport=\"23\" tcpflags=\"SYN\" url=\"{A}\"",
    ),
    (
        "",
        "id=firewall time=\"x\" fw=\"fw\" tz=+0200 startime=\"x\" user=\"{A}\" srcifname=\"out\" ipproto=tcp src={P} srcport=43210 dst=192.0.2.7 dstport=23 arg=\"{A}\" action=block logtype=\"filter\"",
    ),
    (
        "CheckPoint",
        "- [action:\"Drop\"; user:\"{A}\"; dst:\"192.0.2.7\"; inzone:\"External\"; product:\"VPN-1 & FireWall-1\"; proto:\"6\"; s_port:\"43210\"; service:\"23\"; src:\"{P}\"; resource:\"{A}\"]",
    ),
    (
        "http-proxy",
        "msg_id=\"3000-0148\" Deny 0-External Firebox 52 tcp 20 113 {P} 192.0.2.7 43210 22 offset 8 S 2982213793 win 2105 ({A})",
    ),
    (
        "CEF",
        "0|Vendor|Firewall|6.8|70019|Connection_Discarded|0|msg={A} src={P} dst=192.0.2.7 spt=43210 dpt=23 proto=6 act=Discard request={A}",
    ),
    ("portsentry", "attackalert: Connect from host: {A}/{P} to TCP port: 23"),
    (
        "portsentry",
        "attackalert: Scan from: [{P}] ({A}) protocol: [TCP] port: [23] type: [Connect] IP opts: [unknown] ignored: [false] triggered: [true] noblock: [unset]",
    ),
    (
        "bare Json",
        "{\"timestamp\":\"2026-06-12T08:58:35.267308+0000\",\"event_type\":\"drop\",\"src_ip\":\"{P}\",\"src_port\":43210,\"dest_ip\":\"192.0.2.7\",\"dest_port\":23,\"proto\":\"UDP\"}",
    ),
    (
        "exim",
        "login authenticator failed for ({A}) [{P}]:4711: 535 Incorrect authentication data (set_id={A})",
    ),
    ("exim", "H=({A}) [{P}] F=<{A}> rejected RCPT <{A}>: relay not permitted"),
    ("exim", "SMTP protocol error in \"{A}\" H=({A}) [{P}] AUTH command used when not advertised"),
    ("exim", "1aBcDe-0001fG-2H F={A} H=({A}) [{P}] P=smtp rejected by local_scan(): {A}"),
    ("sendmail", "65C8w1aB002002: AUTH failure (LOGIN): no, user={A}, relay=[{P}]"),
    (
        "sendmail",
        "65C8w1aB002001: ruleset=check_rcpt, arg1=<{A}>, relay=[{P}], reject=550 5.7.1 <{A}>... Relaying denied",
    ),
    ("sendmail", "65C8w1aB002001: [{P}]: EXPN {A} [rejected]"),
    ("imapd", "LOGIN FAILED, user={A}, ip=[{P}]"),
    ("courieresmtpd", "error,relay={P},from=<{A}>,to=<{A}>: 550 User unknown."),
    ("imap", "badlogin: [{P}] plaintext {A} SASL(-13): user not found"),
    ("imapd", "Login failed user={A} auth={A} host=h.example [{P}]"),
    ("vpopmail", "vchkpw-smtp: password fail {A}:{P}"),
    (
        "smtpd",
        "CHKUSER rejected rcpt: from <{A}::> remote <{A}:h.example:{P}> rcpt <{A}> : not existing recipient",
    ),
    ("dropbear", "Bad password attempt for '{A}' from {P}:4711"),
    ("dropbear", "Login attempt for nonexistent user '{A}' from {P}:4711"),
    ("cowrie", "[HoneyPotSSHTransport,3,{P}] login attempt [b'{A}'/b'{A}'] failed"),
    ("sshesame", "[{P}:4711] authentication for user \"{A}\" with password \"{A}\" accepted"),
    (
        "nginx",
        "client login failed: \"{A}\" while in http auth state, client: {P}, server: 0.0.0.0:25, login: \"{A}\"",
    ),
    ("tinysshd", "Ab3dE6g8: info: connection from {P}:4711 {A}"),
    ("bare Csv", "MX1\\Outside,08DABC,5,192.0.2.25:25,{P}:4711,<,\"EHLO {A}\","),
    (
        "bare Csv",
        "MX1\\Outside,08DABC,6,192.0.2.25:25,{P}:4711,>,\"550 5.1.1 <{A}> User unknown\",",
    ),
    ("bare Csv", "MX1\\Outside,08DABC,6,192.0.2.25:25,{P}:4711,>,535 5.7.3 {A},{A}"),
    (
        "bare Tabbed",
        "\"SMTPD\"\t4428\t17\t\"2026-06-12 08:58:01.123\"\t\"{P}\"\t\"SENT: 550 Unknown user {A}\"",
    ),
    (
        "bare Tabbed",
        "\"IMAPD\"\t4428\t17\t\"2026-06-12 08:58:01.123\"\t\"{P}\"\t\"SENT: {A} NO Invalid user name or password.\"",
    ),
    ("kerio-connect", "Attempt to deliver to unknown recipient <{A}>, from <{A}>, IP address {P}"),
    ("kerio-connect", "SMTP: User {A} doesn't exist. Attempt from IP address {P}."),
];

/// What a far end's text is made of.
const WORDS: &[&str] = &[
    PLANTED,
    PLANTED,
    PLANTED,
    " ",
    " ",
    " ",
    "x",
    "root",
    " from ",
    " port ",
    "22",
    " ssh2",
    ": ",
    "' from ",
    "invalid user ",
    "authenticating user ",
    "user ",
    " [preauth]",
    "rhost=",
    " rhost=",
    "ruser=",
    " tty=ssh ruser= rhost=",
    "user=",
    "rip=",
    ", rip=",
    ", lip=192.0.2.9",
    "user=<",
    ">, method=PLAIN",
    ">",
    "<",
    "[",
    "]",
    "(",
    ")",
    ",",
    ",<s>",
    "): unknown user",
    "): Password mismatch",
    "; from=<",
    "unknown[",
    "]: ",
    "SASL LOGIN authentication failed: ",
    " not allowed because not listed in AllowUsers",
    "11: ",
    ":3: ",
    "UNKNOWN",
    "::ffff:",
    "%eth0",
    "\t",
    "Invalid user ",
    "Failed password for ",
    "reject: RCPT from ",
    "(auth failed, 1 attempts)",
    "session=<s>",
    "/4711 dst inside:192.0.2.9/22",
    "Deny tcp src outside:",
    ", SrcIP: ",
    ", SrcPort: 1",
    ", AccessControlRuleAction: Block",
    " input: in:ether1 out:, proto UDP, ",
    ":1->192.0.2.9:2, len 1",
    ".1 > 192.0.2.9.22: S ",
    "block in on em0: ",
    "\"",
    " srcip=",
    " srcport=1",
    " action=\"deny\"",
    " type=\"traffic\"",
    " dstip=192.0.2.9",
    " source-address=\"",
    " src=",
    " dst=192.0.2.9",
    " action=Deny",
    "src zone=Untrust dst zone=Trust action=",
    ",,,",
    "\" srcip=198.51.100.1 z=",
    "\" source-address=\"198.51.100.1\" z=",
    "\" src=198.51.100.1 z=",
    "\" src_ip=\"198.51.100.1\" z=",
    "\"; src:\"198.51.100.1\"; z:\"",
    " src=198.51.100.1 ",
    "/198.51.100.1 to TCP port: 23",
    "] Scan from: [",
    " src_ip=",
    "\",\"src_ip\":\"",
];

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..12).prop_map(|w| w.concat())
}

/// Before the format's name, what stands for a program where lines have no tag.
const BARE: &str = "bare ";

/// Who reads the messages of a program, or the lines of a format.
fn claim(program: &str) -> Claim {
    match program.strip_prefix(BARE) {
        Some(name) => Claim::bare(*Format::ALL.iter().find(|f| format!("{f:?}") == name).unwrap()),
        None => Claim::of(program.as_bytes()),
    }
}

/// Whom a message accuses, if anyone.
fn accused(program: &str, message: &str) -> Option<String> {
    match claim(program).read(message.as_bytes()).said {
        Said::One(act) if act.kind.facts().reading == Reading::Hostile => {
            act.source.map(|s| s.to_string())
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_peer_or_nobody(
        (program, shape) in proptest::sample::select(MESSAGES),
        peer in proptest::sample::select(&["203.0.113.9", "2001:db8::9", "UNKNOWN", "unknown", "host.example"][..]),
        texts in proptest::collection::vec(text(), 4),
    ) {
        // Dovecot prints addresses; its login processes nothing for a client on the machine itself.
        let peer = match program {
            "dovecot" if peer.parse::<std::net::IpAddr>().is_ok() => peer,
            "dovecot" if shape.starts_with("auth: ") => "203.0.113.9",
            "dovecot" => "",
            // Where sshd names the account first, it prints an address or this.
            "sshd" if peer.parse::<std::net::IpAddr>().is_err() && !shape.contains(" from {P}") => {
                "UNKNOWN"
            }
            _ => peer,
        };
        let mut message = shape.replace("{P}", peer);
        for text in &texts {
            message = message.replacen("{A}", text, 1);
        }
        if let Some(whom) = accused(program, &message) {
            prop_assert_eq!(whom, peer, "{}", message);
        }
    }

    #[test]
    fn no_bytes_are_too_many(
        program in proptest::sample::select(&["sshd", "kernel", "postfix/smtpd", "postfix/cleanup", "dovecot", "dovecot-auth"][..]),
        shape in proptest::sample::select(MESSAGES),
        cut in any::<proptest::sample::Index>(),
        noise in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        // It may say anything, but it says something.
        let mut bytes = shape.1.replace("{P}", "203.0.113.9").into_bytes();
        let at = cut.index(bytes.len());
        bytes.splice(at..at, noise);
        let _ = Claim::of(program.as_bytes()).read(&bytes);
        let _ = Claim::of(program.as_bytes()).read(&bytes[..at]);
        let _ = plaint::envelope::Reader::default().read(&bytes);
    }
}

/// Lines filled in a run.
const LINES: usize = 300_000;

/// The dialect and grammar that read a message.
fn grammar(program: &str, message: &str) -> Option<(&'static str, &'static str)> {
    let heard = claim(program).read(message.as_bytes());
    heard.by.map(|(d, m)| (d.id, m.id))
}

/// A message to be filled.
struct Template {
    program: String,
    /// With `{A}` for the far end's text and `{P}` for its address.
    shape: String,
    /// Its address, where that is written in a way of its own.
    peer: Option<String>,
}

/// Messages by the grammar that reads them.
type Templates = BTreeMap<(&'static str, &'static str), Vec<Template>>;

/// Every grammar's messages: the rows above, and the samples of grammars that have none.
fn templates() -> Templates {
    let mut out = Templates::new();
    for (program, shape) in MESSAGES {
        let plain = shape.replace("{P}", "203.0.113.9").replace("{A}", "bob");
        let by = grammar(program, &plain).unwrap_or_else(|| panic!("nothing reads {shape}"));
        let (program, shape) = ((*program).to_owned(), (*shape).to_owned());
        out.entry(by).or_default().push(Template { program, shape, peer: None });
    }
    let rows: BTreeSet<_> = out.keys().copied().collect();
    for dialect in DIALECTS {
        let path = format!("{}/testdata/dialect/{}.log", env!("CARGO_MANIFEST_DIR"), dialect.id);
        let bytes = std::fs::read(path).unwrap();
        for line in bytes.split(|b| *b == b'\n').filter(|l| !l.starts_with(b"#")) {
            let Ok(e) = Reader::default().read(line) else { continue };
            let Ok(program) = std::str::from_utf8(e.program) else { continue };
            let bare = format!("{BARE}{:?}", e.format);
            let ways = [(program, e.message), (bare.as_str(), e.body)];
            let read = ways.into_iter().find_map(|(program, text)| {
                let text = std::str::from_utf8(text).ok()?;
                Some((program, text, grammar(program, text)?))
            });
            let Some((program, message, by)) = read else { continue };
            let marks = message.contains("{A}") || message.contains("{P}");
            if rows.contains(&by) || message.contains(PLANTED) || marks {
                continue;
            }
            let (mut shape, mut peer) = (message.to_owned(), None);
            if let Said::One(act) = claim(program).read(message.as_bytes()).said {
                let user = act.user.filter(|u| !u.is_empty()).and_then(|u| {
                    std::str::from_utf8(u).ok().filter(|u| message.matches(u).count() == 1)
                });
                if let Some(user) = user {
                    shape = shape.replace(user, "{A}");
                }
                let hostile = act.kind.facts().reading == Reading::Hostile;
                if let Some(source) = act.source.filter(|_| hostile) {
                    shape = shape.replace(&source.to_string(), "{P}");
                    peer = (!shape.contains("{P}")).then(|| source.to_string());
                }
            }
            let program = program.to_owned();
            out.entry(by).or_default().push(Template { program, shape, peer });
        }
    }
    out
}

#[test]
fn every_grammar_is_filled() {
    let templates = templates();
    let all = DIALECTS.iter().flat_map(|d| d.grammar.iter().map(|m| (d.id, m.id)));
    let missing: Vec<_> = all.filter(|by| !templates.contains_key(by)).collect();
    assert!(missing.is_empty(), "neither a row nor a sample: {missing:?}");
}

/// SplitMix64: a failure is found again by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }

    fn text(&mut self, words: &[String]) -> String {
        let n = self.roll(12);
        (0..n).map(|_| words[self.roll(words.len())].as_str()).collect()
    }
}

/// The words above, and all that the programs' own format strings are made of.
fn words() -> Vec<String> {
    let mut own = BTreeSet::new();
    for m in DIALECTS.iter().flat_map(|d| d.grammar) {
        own.insert(m.starts.to_owned());
        for piece in m.shape.split('%') {
            let literal = piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
            own.insert(literal.to_owned());
        }
    }
    own.remove("");
    // As many of the first kind as of the second: most forgeries need an address.
    let mut out: Vec<String> = own.into_iter().collect();
    let times = out.len() / WORDS.len() + 1;
    for _ in 0..times {
        out.extend(WORDS.iter().map(ToString::to_string));
    }
    out
}

#[test]
fn three_hundred_thousand_lines_accuse_the_peer_or_nobody() {
    let seed = std::env::var("PLAINT_SEED").ok().and_then(|s| s.parse().ok());
    let seed = seed.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
    let mut dice = Dice(seed);
    let templates: Vec<Template> = templates().into_values().flatten().collect();
    let words = words();
    let mut log = tempfile::NamedTempFile::new().unwrap();
    let mut out = std::io::BufWriter::new(log.as_file_mut());
    let mut peers = BTreeSet::new();
    let (mut filled, mut accusing) = (0, 0);
    while filled < LINES {
        let Template { program, shape, peer } = &templates[dice.roll(templates.len())];
        let other = || format!("203.0.113.{}", 1 + dice.roll(200));
        let peer = peer.clone().unwrap_or_else(other);
        let mut message = shape.replace("{P}", &peer);
        while message.contains("{A}") {
            message = message.replacen("{A}", &dice.text(&words), 1);
        }
        let whom = accused(program, &message);
        assert!(
            whom.is_none() || whom.as_deref() == Some(peer.as_str()),
            "PLAINT_SEED={seed}: {program} by {peer} accuses {whom:?}: {message}"
        );
        accusing += usize::from(whom.is_some());
        // The same line without its stamp, as `events --all` shows it: its tag says whose words it has.
        let line = format!("{program}[7]: {message}");
        let tagged = !program.is_empty() && !program.starts_with("bare ");
        if let Some(said) = timeless::read(line.as_bytes()).filter(|_| tagged) {
            let named = said.act.source.map(|a| a.to_string());
            let hostile = said.act.kind.facts().reading == Reading::Hostile;
            assert!(
                !hostile || named.as_deref() == Some(peer.as_str()),
                "PLAINT_SEED={seed}: without a stamp, {program} by {peer} names {named:?}: {message}"
            );
        }
        // Few processes: lines of several stand as witnesses for each other, as they would in a
        // log whose process numbers came round.
        let (second, pid) = (filled / 50, dice.roll(500));
        writeln!(
            out,
            "2026-03-{:02}T{:02}:{:02}:{:02}Z web1 {program}[{pid}]: {message}",
            1 + second / 86_400,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        )
        .unwrap();
        peers.insert(peer);
        filled += 1;
    }
    out.flush().unwrap();
    drop(out);
    assert!(filled >= 300_000 && accusing > filled / 4, "{filled} lines, {accusing} accuse");
    // The same lines as one log, where sessions decide what one line leaves open.
    let path = log.path().to_str().unwrap();
    let ran = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .args(["sources", "--format", "jsonl", path])
        .output()
        .unwrap();
    assert!(ran.status.success(), "PLAINT_SEED={seed}");
    let rows: Vec<serde_json::Value> = ran
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    for row in &rows {
        let whom = row["source"].as_str().unwrap();
        assert!(peers.contains(whom), "PLAINT_SEED={seed}: {whom} is accused: {row}");
    }
    assert!(rows.len() > 150, "{} sources", rows.len());
}

#[test]
fn each_message_is_read_where_nothing_is_forged() {
    for (program, shape) in MESSAGES {
        let message = shape.replace("{P}", "203.0.113.9").replace("{A}", "bob");
        let said = claim(program).read(message.as_bytes()).said;
        assert!(matches!(said, Said::One(a) if a.source.is_some()), "{message}");
    }
}
