//! The words of the trade that every stage shares: family, class and reading.

use std::fmt;

/// Which kind of log tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Family {
    /// Secure shell servers.
    Sshd,
    /// Packet filters and firewalls.
    Firewall,
    /// Mail servers: SMTP, IMAP, POP.
    Mail,
}

impl Family {
    /// All families, in the order reports list them.
    pub const ALL: [Self; 3] = [Self::Sshd, Self::Firewall, Self::Mail];

    /// The word used in output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sshd => "sshd",
            Self::Firewall => "firewall",
            Self::Mail => "mail",
        }
    }
}

/// What kind of abuse an event is; an incident is all events of one source and one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Passwords or accounts guessed against a secure shell server.
    SshLogin,
    /// Connections to a secure shell server that never tried to log in.
    SshProbe,
    /// Passwords guessed against SMTP, IMAP or POP.
    MailLogin,
    /// Mail refused for its sender or content.
    Spam,
    /// Tries to send mail through us to others.
    RelayAttempt,
    /// Recipients guessed.
    Harvest,
    /// Connections to a mail server that spoke no proper SMTP.
    SmtpProbe,
    /// Many ports of one address.
    PortScan,
    /// One port of many addresses.
    HostSweep,
    /// Refused packets too few for a scan.
    Probe,
    /// Reserved for later.
    Flood,
    /// Reserved for later.
    Blocklisted,
    /// Reserved for later.
    OpenRelay,
}

impl Class {
    /// All classes, in the order reports list them.
    pub const ALL: [Self; 13] = [
        Self::SshLogin,
        Self::SshProbe,
        Self::MailLogin,
        Self::Spam,
        Self::RelayAttempt,
        Self::Harvest,
        Self::SmtpProbe,
        Self::PortScan,
        Self::HostSweep,
        Self::Probe,
        Self::Flood,
        Self::Blocklisted,
        Self::OpenRelay,
    ];

    /// The word used in output and in operator files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SshLogin => "ssh-login",
            Self::SshProbe => "ssh-probe",
            Self::MailLogin => "mail-login",
            Self::Spam => "spam",
            Self::RelayAttempt => "relay-attempt",
            Self::Harvest => "harvest",
            Self::SmtpProbe => "smtp-probe",
            Self::PortScan => "port-scan",
            Self::HostSweep => "host-sweep",
            Self::Probe => "probe",
            Self::Flood => "flood",
            Self::Blocklisted => "blocklisted",
            Self::OpenRelay => "open-relay",
        }
    }

    /// The class a word names, if any.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    /// The family whose logs tell of this class.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::SshLogin | Self::SshProbe => Family::Sshd,
            Self::PortScan | Self::HostSweep | Self::Probe | Self::Flood => Family::Firewall,
            _ => Family::Mail,
        }
    }

    /// What `Number of events` counts for this class.
    #[must_use]
    pub const fn counts(self) -> Counted {
        match self {
            Self::SshLogin
            | Self::MailLogin
            | Self::Spam
            | Self::RelayAttempt
            | Self::Harvest
            | Self::Blocklisted
            | Self::OpenRelay => Counted::Attempts,
            Self::SshProbe | Self::SmtpProbe => Counted::Connections,
            Self::PortScan | Self::HostSweep | Self::Probe | Self::Flood => Counted::Packets,
        }
    }

    /// This class as one bit of a mask.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// The classes of a mask, in order.
    pub fn of_mask(mask: u16) -> impl Iterator<Item = Self> {
        let mut left = mask;
        std::iter::from_fn(move || {
            let class = Self::ALL.get(left.trailing_zeros() as usize).copied();
            left &= left.wrapping_sub(1);
            class
        })
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The unit of an incident's number of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Credentials or recipients refused.
    Attempts,
    /// Sessions with hostile lines.
    Connections,
    /// Refused packets that open something.
    Packets,
}

/// What one line says; every line of a run gets exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reading {
    /// A hostile act of a source.
    Hostile,
    /// Known and harmless: a success, a reply, a packet of ours.
    Benign,
    /// Belongs to a session and says nothing by itself.
    Context,
    /// Two readings name two sources: accuses nobody.
    Quarantined,
    /// An envelope, but no dialect of ours knows the message.
    Other,
    /// Damaged, too long, or without an envelope.
    Unread,
}

impl Reading {
    /// All readings, in the order `inspect` lists them.
    pub const ALL: [Self; 6] =
        [Self::Hostile, Self::Benign, Self::Context, Self::Quarantined, Self::Other, Self::Unread];

    /// The word used in output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hostile => "hostile",
            Self::Benign => "benign",
            Self::Context => "context",
            Self::Quarantined => "quarantined",
            Self::Other => "other",
            Self::Unread => "unread",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_tells_its_classes_in_order() {
        for mask in 0..1 << Class::ALL.len() {
            let want = Class::ALL.into_iter().filter(|c| mask & c.bit() != 0);
            assert!(Class::of_mask(mask).eq(want), "{mask}");
        }
    }
}
