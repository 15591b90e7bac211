//! [`Envelope`]: the parts of a line.

use super::stamp::Stamp;

/// A line, taken apart. Absent parts are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// When, as written.
    pub stamp: Stamp,
    /// Whether the stamp's bytes are those of the line before.
    pub same_stamp: bool,
    /// The stamp's bytes.
    pub stamp_text: &'a [u8],
    /// The host that logged it.
    pub host: &'a [u8],
    /// The program's name, as in the tag: `sshd-session`, `postfix/smtpd`, `kernel`.
    pub program: &'a [u8],
    /// The program's process.
    pub pid: Option<u32>,
    /// The rest.
    pub message: &'a [u8],
    /// Which format the envelope has.
    pub format: Format,
}

/// The formats of envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `Mmm dd hh:mm:ss host tag[pid]: …`
    Rfc3164,
    /// `<pri>1 stamp host app pid msgid sd …`
    Rfc5424,
    /// `yyyy-mm-ddThh:mm:ss… host tag[pid]: …`, as rsyslog's default since 8.2210 or Debian 12.
    Iso8601,
    /// Seconds since 1970, then as above.
    Epoch,
}

impl Format {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rfc3164 => "rfc3164",
            Self::Rfc5424 => "rfc5424",
            Self::Iso8601 => "iso8601",
            Self::Epoch => "epoch",
        }
    }
}
