//! The words of a report: what each class is called, and what happened, in neutral sentences.

use crate::class::{Class, Family};

/// What `Type` says after the class word.
#[must_use]
pub const fn title(class: Class) -> &'static str {
    match class {
        Class::SshLogin => "password guessing against SSH",
        Class::SshProbe => "probing of SSH without a login",
        Class::MailLogin => "password guessing against a mail server",
        Class::Spam => "mail refused as unwanted",
        Class::RelayAttempt => "attempts to relay mail through our server",
        Class::Harvest => "guessing of mail addresses",
        Class::SmtpProbe => "probing of a mail server",
        Class::PortScan => "scan of many ports",
        Class::HostSweep => "scan of many addresses",
        Class::Probe => "refused packets",
        Class::Flood => "flood of packets",
        Class::Blocklisted => "listed on a blocklist",
        Class::OpenRelay => "open mail relay",
    }
}

/// What happened, in one sentence.
#[must_use]
pub fn happened(class: Class, events: u64) -> String {
    let (what, rest) = match class {
        Class::SshLogin => ("attempt| to log in to our SSH server", " refused."),
        Class::SshProbe => {
            ("connection| to our SSH server", " made that spoke no proper SSH or tried no login.")
        }
        Class::MailLogin => ("attempt| to log in to our mail server", " refused."),
        Class::Spam => ("attempt| to send mail to our users", " refused as unwanted."),
        Class::RelayAttempt => {
            ("attempt| to send mail to others through our mail server", " refused.")
        }
        Class::Harvest => {
            ("attempt| to send mail to addresses that do not exist here", " refused.")
        }
        Class::SmtpProbe => {
            ("connection| to our mail server", " made that did not speak proper SMTP.")
        }
        Class::PortScan => ("packet| to many of our ports", " refused by our firewall."),
        Class::HostSweep => ("packet| to many of our addresses", " refused by our firewall."),
        Class::Probe => ("packet| to ports that we do not offer", " refused by our firewall."),
        Class::Flood => ("packet|", " sent."),
        Class::Blocklisted => ("refusal|", " seen."),
        Class::OpenRelay => ("message|", " relayed."),
    };
    let (s, was) = if events == 1 { ("", "was") } else { ("s", "were") };
    format!("{events} {} {was}{rest}", what.replace('|', s))
}

/// How the lines of a dialect are read, by its id. Of the others the family's sentence is said, which holds for all lines.
const HOW_TO_READ: &[(&str, &str)] = &[
    (
        "sshd",
        "sshd: time, our host, program and process, message; the address after \"from\" or \
         \"by\" is the source, the number after \"port\" is the source's port.",
    ),
    (
        "dropbear",
        "dropbear: time, our host, program and process, message; the address after \"from\" is the source, and after \
         its colon the source's port.",
    ),
    ("pam", "PAM: time, our host, program and process, message; rhost= is the source."),
    (
        "audit",
        "Linux audit: a record of fields; the number in brackets behind msg= begins with the time, in seconds since \
         1970; addr= is the source.",
    ),
    ("endlessh", "endlessh: time, message; host= is the source, port= the source's port."),
    (
        "postfix",
        "Postfix: time, our host, program and process, message; the address in brackets after \
         the client's name is the source, and after it its port where it was logged.",
    ),
    (
        "dovecot",
        "Dovecot: time, our host, program, message; rip= or rhost= is the source, and so is the \
         address after the account in brackets; lip= is ours.",
    ),
    (
        "exim",
        "Exim: time, message; the address in square brackets is the source (that after H= where it stands there), and after \
         it stands its port where it was logged; I= is ours.",
    ),
    (
        "sendmail",
        "Sendmail: time, our host, program and process, message; the address in square brackets is the source, where relay= \
         stands that behind it.",
    ),
    (
        "opensmtpd",
        "OpenSMTPD: time, our host, a session by its sixteen digits, message; the address in the \
         session's line \"connected\" is the source of all its lines.",
    ),
    (
        "netfilter",
        "netfilter: time, our host, prefix, fields; SRC= and SPT= are the source and its port, \
         DST= and DPT= are ours, PROTO= is the protocol.",
    ),
    (
        "filterlog",
        "filterlog: time, our host, fields between commas; after the protocol and length stand \
         source, destination, source port, destination port.",
    ),
    (
        "cisco_asa",
        "Cisco ASA: time, our host, message; the address after \"src\" or \"from\" is the \
         source, with its port after the slash.",
    ),
];

/// How the lines of a dialect are read.
#[must_use]
pub fn how_to_read(dialect: &str, family: Family) -> &'static str {
    let own = HOW_TO_READ.iter().find(|(id, _)| *id == dialect);
    own.map_or(
        match family {
            Family::Sshd => {
                "time, message; the source named above is the far end of the connection that each line is of."
            }
            Family::Firewall => "time, and the packet with its source and destination.",
            Family::Mail => {
                "time, message; the source named above is the client that each line is of."
            }
        },
        |(_, text)| text,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::DIALECTS;

    #[test]
    fn what_says_how_lines_are_read_is_in_the_lines() {
        for (id, text) in HOW_TO_READ {
            assert!(text.is_ascii() && DIALECTS.iter().any(|d| d.id == *id), "{id}");
            let lines = std::fs::read_to_string(format!("testdata/dialect/{id}.log")).unwrap();
            let lines: Vec<&str> = lines.lines().filter(|l| !l.starts_with('#')).collect();
            let fields = text.split([' ', ';', ',', '(']).filter(|w| w.ends_with('='));
            let words = text.split('"').skip(1).step_by(2);
            for word in fields.chain(words) {
                assert!(lines.iter().any(|l| l.contains(word)), "no {word} in a line of {id}");
            }
        }
    }

    #[test]
    fn sentences() {
        assert_eq!(
            happened(Class::SshLogin, 1),
            "1 attempt to log in to our SSH server was refused."
        );
        assert_eq!(
            happened(Class::PortScan, 40),
            "40 packets to many of our ports were refused by our firewall."
        );
        for class in Class::ALL {
            assert!(happened(class, 2).is_ascii() && title(class).is_ascii());
        }
    }
}
