//! [`Act`]: what one message says was done, and [`Kind`]: the facts that hold of every such message.

use crate::addr::Addr;
use crate::class::{Class, Family, Reading};

/// What one message says. Absent parts were not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act<'a> {
    /// What was done.
    pub kind: Kind,
    /// The far end. None where the message names a host, `UNKNOWN`, or nobody.
    pub source: Option<Addr>,
    /// The far end's port.
    pub source_port: Option<u16>,
    /// Our end.
    pub destination: Option<Addr>,
    /// Our end's port.
    pub destination_port: Option<u16>,
    /// What carried it.
    pub transport: Option<Transport>,
    /// The account name, as the far end sent it.
    pub user: Option<&'a [u8]>,
    /// How many times: credentials or recipients refused.
    pub count: u32,
    /// What the program calls the session: Dovecot's session, a queue id.
    pub session: Option<&'a [u8]>,
    /// Seconds the session lasted so far, where the message says.
    pub lasted: u32,
}

impl<'a> Act<'a> {
    /// An act by a far end, once.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            source: None,
            source_port: None,
            destination: None,
            destination_port: None,
            transport: None,
            user: None,
            count: 1,
            session: None,
            lasted: 0,
        }
    }

    /// The same by a peer.
    #[must_use]
    pub const fn by(mut self, source: Option<Addr>, port: Option<u16>) -> Self {
        self.source = source;
        self.source_port = port;
        self
    }

    /// The same for an account.
    #[must_use]
    pub const fn user(mut self, user: &'a [u8]) -> Self {
        self.user = Some(user);
        self
    }

    /// The same, several times.
    #[must_use]
    pub const fn times(mut self, count: u32) -> Self {
        self.count = count;
        self
    }
}

/// What carries a packet or connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP or ICMPv6.
    Icmp,
    /// Any other IP protocol.
    Other,
}

impl Transport {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Other => "other",
        }
    }
}

/// Which of a session's counts a line adds to. The attempts of a session are
/// the largest of its counts, since one try is told by several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tally {
    /// None.
    None,
    /// The daemon's own word on a refused try (`Failed …`, `auth failed`), or a refused recipient.
    Refused,
    /// sshd's word on PAM's refusal (`error: PAM: …`).
    SshdOnPam,
    /// PAM's own word, which may come from another process.
    Pam,
    /// An authentication helper's word (Dovecot's auth worker).
    Helper,
}

/// What a line does to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Begins one.
    Open,
    /// Belongs to one.
    Within,
    /// Ends one.
    Close,
    /// May follow the end of one.
    Trail,
}

/// How a line makes its session hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It does, by itself.
    Hostile,
    /// It does, unless keys were offered in the session: then it is how such a session ends.
    Probe,
    /// It does not; it is hostile where the session already is.
    WithOthers,
    /// It does not, and says that keys were offered.
    KeyOffered,
    /// It does not.
    Nothing,
    /// The far end logged in: what it failed before was a mistake.
    Success,
}

/// What holds of every message of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whose logs tell of it.
    pub family: Family,
    /// What it is an event of, where hostile.
    pub class: Option<Class>,
    /// How the line reads by itself.
    pub reading: Reading,
    /// Which count it adds to.
    pub tally: Tally,
    /// What it does to its session.
    pub edge: Edge,
    /// How it makes the session hostile.
    pub weight: Weight,
    /// ECS `event.action`.
    pub action: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $family:ident $class:expr, $reading:ident $weight:ident $tally:ident $edge:ident $action:literal;)*) => {
        /// What a message tells of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// By kind. A table, since a jump by a line's kind is predicted wrongly about once a line.
            const FACTS: &'static [Facts] = &[$(Facts {
                family: Family::$family,
                class: $class,
                reading: Reading::$reading,
                tally: Tally::$tally,
                edge: Edge::$edge,
                weight: Weight::$weight,
                action: $action,
            },)*];

            /// What holds of every message of this kind.
            #[must_use]
            #[inline(always)]
            // The table has a place for every kind.
            #[allow(clippy::indexing_slicing)]
            pub const fn facts(self) -> &'static Facts {
                &Self::FACTS[self as usize]
            }
        }
    };
}

const LOGIN: Option<Class> = Some(Class::SshLogin);
const PROBE: Option<Class> = Some(Class::SshProbe);
const MAIL: Option<Class> = Some(Class::MailLogin);
const SMTP: Option<Class> = Some(Class::SmtpProbe);

kinds! {
    // sshd
    /// A password or the like was refused.
    Failed = Sshd LOGIN, Hostile Hostile Refused Within "ssh-login-failed";
    /// The method `none` was refused: the client asked what is on offer.
    FailedNone = Sshd LOGIN, Hostile Hostile None Within "ssh-login-failed";
    /// A key was refused: agents offer theirs in turn.
    FailedKey = Sshd None, Context KeyOffered None Within "ssh-key-refused";
    /// The account does not exist, or may not log in.
    InvalidUser = Sshd LOGIN, Hostile Hostile None Within "ssh-invalid-user";
    /// sshd's word on PAM's refusal.
    PamError = Sshd LOGIN, Hostile Hostile SshdOnPam Within "ssh-login-failed";
    /// PAM's own word on it.
    PamFailed = Sshd LOGIN, Hostile Hostile Pam Within "ssh-login-failed";
    /// PAM's word on further tries, at the end.
    PamMore = Sshd LOGIN, Hostile Hostile Pam Trail "ssh-login-failed";
    /// Too many tries in one session; which tries, other lines tell, and they may have been an agent's keys.
    TooMany = Sshd LOGIN, Hostile Probe None Within "ssh-login-failed";
    /// Closed by one who had named an account that does not exist.
    ClosedInvalid = Sshd LOGIN, Hostile Hostile None Close "ssh-connection-closed";
    /// Closed by one who had named an account that exists.
    ClosedAuthenticating = Sshd LOGIN, Context WithOthers None Close "ssh-connection-closed";
    /// Closed before any account was named.
    ClosedBare = Sshd PROBE, Hostile Probe None Close "ssh-connection-closed";
    /// Left after it had logged in.
    Left = Sshd None, Context Nothing None Close "ssh-disconnected";
    /// Said goodbye after it had logged in.
    LeftSaying = Sshd None, Context Nothing None Trail "ssh-disconnected";
    /// Said goodbye, or was told to go, before it had logged in; says nothing alone.
    Goodbye = Sshd LOGIN, Context WithOthers None Trail "ssh-disconnected";
    /// The same, and the session is over.
    GoodbyeClosed = Sshd LOGIN, Context WithOthers None Close "ssh-disconnected";
    /// Connected and sent nothing.
    NoIdentification = Sshd PROBE, Hostile Hostile None Close "ssh-no-identification";
    /// Sent something that is no SSH.
    BadBanner = Sshd PROBE, Hostile Hostile None Close "ssh-bad-banner";
    /// The other end broke off before it named its version; the line names nobody, the next one does.
    KexBroken = Sshd None, Context Nothing None Within "ssh-no-identification";
    /// Closed right after that: a scan, in the words of OpenSSH since 8.
    ClosedEarly = Sshd PROBE, Hostile Hostile None Close "ssh-no-identification";
    /// Offered nothing that we have, or broke off or spoiled the key exchange.
    NoAgreement = Sshd PROBE, Hostile Hostile None Close "ssh-negotiation-failed";
    /// Connected to a honeypot or a tarpit, which serve nobody.
    Trapped = Sshd PROBE, Hostile Hostile None Open "ssh-honeypot-connection";
    /// Tried to log in to a honeypot, which lets in whom it likes.
    TrapLogin = Sshd LOGIN, Hostile Hostile Refused Within "ssh-honeypot-login";
    /// Left a server that is not OpenSSH's.
    Departed = Sshd None, Context Nothing None Close "ssh-disconnected";
    /// Refused by an access list before it could speak.
    Refused = Sshd PROBE, Hostile Hostile None Close "ssh-connection-refused";
    /// Turned away for what it did before, or for too many connections.
    Dropped = Sshd None, Context Nothing None Close "ssh-connection-dropped";
    /// Connected.
    Connected = Sshd None, Context Nothing None Open "ssh-connection";
    /// Took too long to log in.
    TimedOut = Sshd None, Context Nothing None Close "ssh-timeout";
    /// Says something about the connection and nothing against it.
    SshContext = Sshd None, Context Nothing None Within "ssh-session";
    /// Logged in.
    Accepted = Sshd None, Benign Success None Within "ssh-login";
    // Mail
    /// Connected to the mail server.
    MailConnected = Mail None, Context Nothing None Open "smtp-connection";
    /// Left the mail server.
    MailDisconnected = Mail None, Context Nothing None Close "smtp-disconnected";
    /// Says something about the connection and nothing against it.
    MailContext = Mail None, Context Nothing None Within "smtp-session";
    /// A login to SMTP was refused.
    SaslFailed = Mail MAIL, Hostile Hostile Refused Within "mail-login-failed";
    /// A login to IMAP, POP or the like was refused, as its session's last word says.
    MailLoginFailed = Mail MAIL, Hostile Hostile Refused Close "mail-login-failed";
    /// PAM's word on a mail login.
    MailPam = Mail MAIL, Hostile Hostile Pam Within "mail-login-failed";
    /// The authentication helper's word on a mail login.
    MailHelper = Mail MAIL, Hostile Hostile Helper Within "mail-login-failed";
    /// Logged in to SMTP, IMAP or POP.
    MailLogin = Mail None, Benign Success None Within "mail-login";
    /// Sent a message that we took.
    MailAccepted = Mail None, Benign Nothing None Within "mail-accepted";
    /// A recipient was refused since we do not relay to it.
    Relay = Mail Some(Class::RelayAttempt), Hostile Hostile Refused Within "relay-denied";
    /// A recipient was refused since there is no such mailbox.
    UnknownRecipient = Mail Some(Class::Harvest), Hostile Hostile Refused Within "recipient-unknown";
    /// A recipient, sender or client was refused by policy, list or content.
    Spam = Mail Some(Class::Spam), Hostile Hostile Refused Within "mail-rejected";
    /// Judged by a filter to be spam or worse; the mail server that refuses it tells so and counts it.
    JudgedSpam = Mail Some(Class::Spam), Hostile Hostile None Within "mail-judged-spam";
    /// Refused for now: greylisting, or a fault of ours.
    Deferred = Mail None, Context Nothing None Within "mail-deferred";
    /// Did not speak SMTP as one must.
    SmtpProbe = Mail SMTP, Hostile Hostile None Within "smtp-protocol-error";
    // Firewall
    /// A refused inbound packet that opens something.
    Packet = Firewall Some(Class::Probe), Hostile Hostile None Within "packet-denied";
    /// A refused packet that opens nothing: a reply, an error, ours, or to many.
    PacketBenign = Firewall None, Benign Nothing None Within "packet-denied";
    /// A packet that was let through.
    PacketAllowed = Firewall None, Benign Nothing None Within "packet-allowed";
    /// Says something about a connection or a login at the firewall, and nothing of a refused packet.
    FirewallContext = Firewall None, Context Nothing None Within "firewall-session";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_agree_with_themselves() {
        for kind in Kind::ALL {
            let f = kind.facts();
            assert!(f.class.is_none_or(|c| c.family() == f.family), "{kind:?}");
            // A count without a class would be attempts of nothing.
            assert!(f.tally == Tally::None || f.class.is_some(), "{kind:?}");
            assert!(f.reading != Reading::Hostile || f.class.is_some(), "{kind:?}");
        }
    }
}
