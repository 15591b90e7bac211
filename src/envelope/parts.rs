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
    /// All that follows the stamp: what programs that write files of their own put there.
    pub body: &'a [u8],
    /// Which format the envelope has.
    pub format: Format,
}

impl<'a> Envelope<'a> {
    /// An envelope that says when, and nothing else of what `body` is.
    #[must_use]
    pub const fn bare(stamp: Stamp, stamp_text: &'a [u8], body: &'a [u8], format: Format) -> Self {
        Self {
            stamp,
            same_stamp: false,
            stamp_text,
            host: &[],
            program: &[],
            pid: None,
            message: body,
            body,
            format,
        }
    }
}

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// The formats of envelopes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format { $($(#[$doc])* $name,)* }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

formats! {
    /// `Mmm dd hh:mm:ss host tag[pid]: …`
    Rfc3164 "rfc3164";
    /// `<pri>1 stamp host app pid msgid sd …`
    Rfc5424 "rfc5424";
    /// `yyyy-mm-ddThh:mm:ss… host tag[pid]: …`, as rsyslog's default since 8.2210 or Debian 12.
    Iso8601 "iso8601";
    /// Seconds since 1970, then as above.
    Epoch "epoch";
    /// `yyyy-mm-dd hh:mm:ss …`, as programs write into files of their own.
    IsoBlank "iso-blank";
    /// `mm/dd/yyyy-hh:mm:ss.ffffff`, with or without its year: Suricata and Snort.
    Alert "alert";
    /// `yyyy/mm/dd hh:mm:ss`, `yyyy:mm:dd-hh:mm:ss`, `[dd/Mmm/yyyy:hh:mm:ss +zzzz]` and the like.
    Slashed "slashed";
    /// `@400…`, as daemontools writes.
    Tai64n "tai64n";
    /// A JSON record with a time key.
    Json "json";
    /// `key=value …` with the device's own date and time.
    Pairs "key=value";
    /// `type=… msg=audit(…)`: Linux' audit daemon.
    Audit "audit";
    /// `pid yyyy-mm-dd hh:mm:ss.fff …`: OpenSSH for Windows.
    PidFirst "pid-first";
    /// `2 account interface …` with times in fields 11 and 12: AWS VPC flow logs.
    Flow "vpc-flow";
    /// A stamp in the first field of comma-separated ones.
    Csv "csv";
    /// `[dd-Mmm-yyyy hh:mm:ss Area/City] …`: PHP's error log, into which webmail writes.
    Php "php-error";
    /// Fields between tabs, the stamp quoted in one of them: hMailServer.
    Tabbed "tabbed";
}
