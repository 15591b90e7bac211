//! Messages filled with text of the far end's choice: the peer is accused, or nobody.
//!
//! The text is made of the grammars' own words, so that it looks like the rest of a message
//! far more often than a guess would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plaint::class::Reading;
use plaint::dialect::{Claim, Said};
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
    ("dovecot", "auth: passwd-file({A},{P}): Password mismatch"),
    (
        "dovecot",
        "auth: pam({A},{P}): pam_authenticate() failed: Authentication failure (Password mismatch?)",
    ),
    (
        "dovecot",
        "auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser={A} rhost={P}  user={A}",
    ),
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
];

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..12).prop_map(|w| w.concat())
}

/// Whom a message accuses, if anyone.
fn accused(program: &str, message: &str) -> Option<String> {
    match Claim::of(program.as_bytes()).read(message.as_bytes()).said {
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

#[test]
fn each_message_is_read_where_nothing_is_forged() {
    for (program, shape) in MESSAGES {
        let message = shape.replace("{P}", "203.0.113.9").replace("{A}", "bob");
        let said = Claim::of(program.as_bytes()).read(message.as_bytes()).said;
        assert!(matches!(said, Said::One(a) if a.source.is_some()), "{message}");
    }
}
