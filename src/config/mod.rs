//! `plaint.toml`: who reports, which networks are ours, what zone the logs are in, when to file.
//!
//! A file is refused whole where one key is unknown or one value is bad: a
//! mistyped `zone` that was passed over would put false times into a report.

pub mod place;

pub mod net;

pub mod instant;

pub mod clock;

pub mod filing;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use crate::fault::{Fault, Outcome};
use crate::text::shown;
pub use clock::{Clock, ClockStatement};
pub use filing::{ClassWord, Filing, Redaction, Thresholds};
pub use net::Served;

/// The file's name.
pub const FILE: &str = "plaint.toml";

/// Everything a configuration file may say; the default is what holds without one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The file this was read from.
    #[serde(skip)]
    pub path: Option<PathBuf>,
    /// Who reports.
    pub reporter: Reporter,
    /// What is ours.
    pub networks: Networks,
    /// Our hosts, by the name they have in the logs.
    pub hosts: BTreeMap<String, Host>,
    /// Zones of logs that state none.
    pub time: Time,
    /// What reports say of our clock; see [`Config::clock_statement`].
    pub clock: Clock,
    /// Where operator files and data about addresses are.
    pub operators: OperatorPaths,
    /// When to file, and how much of the log.
    pub filing: Filing,
}

/// `[reporter]`: the person or team a desk can answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reporter {
    /// A person's or team's name.
    #[serde(deserialize_with = "line")]
    pub name: Option<String>,
    /// On whose behalf.
    #[serde(deserialize_with = "line")]
    pub organisation: Option<String>,
    /// An address that answers.
    #[serde(deserialize_with = "mailbox")]
    pub email: Option<String>,
    /// A telephone number, as it is to be printed.
    #[serde(deserialize_with = "line")]
    pub phone: Option<String>,
    /// A postal address, for the desks that ask for one.
    #[serde(deserialize_with = "line")]
    pub address: Option<String>,
}

/// `[networks]`: what is ours, offered to all, or allowed to knock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Networks {
    /// Destinations that are ours; a source in them is never reported.
    #[serde(deserialize_with = "net::networks")]
    pub mine: Vec<IpNet>,
    /// Refused packets to these ports are no scan.
    pub served: Vec<Served>,
    /// Our own scanners and monitors, outside of our networks.
    #[serde(deserialize_with = "net::networks")]
    pub allow: Vec<IpNet>,
}

impl Networks {
    /// Whether the address is one of ours.
    #[must_use]
    pub fn is_mine(&self, ip: IpAddr) -> bool {
        holds(&self.mine, ip)
    }

    /// Whether the address may knock.
    #[must_use]
    pub fn is_allowed(&self, ip: IpAddr) -> bool {
        holds(&self.allow, ip)
    }

    /// Whether the port is offered to all; `transport` is `tcp` or `udp`.
    #[must_use]
    pub fn is_served(&self, port: u16, transport: &str) -> bool {
        self.served.iter().any(|s| s.port == port && s.transport.eq_ignore_ascii_case(transport))
    }
}

/// Whether any of the networks holds the address. An IPv4 address that a
/// dual-stack daemon logs as `::ffff:192.0.2.7` is that IPv4 address.
fn holds(networks: &[IpNet], ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    networks.iter().any(|n| n.contains(&ip))
}

/// One of `[hosts]`: what its logs leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { address = \"192.0.2.1\" }")]
pub struct Host {
    /// The address or addresses that were attacked.
    #[serde(rename = "address", deserialize_with = "net::addresses")]
    pub addresses: Vec<IpAddr>,
    /// Where its secure shell server listens, if not at 22.
    #[serde(default, deserialize_with = "port")]
    pub ssh_port: Option<u16>,
    /// Where it takes mail from other servers, if not at 25.
    #[serde(default, deserialize_with = "port")]
    pub smtp_port: Option<u16>,
    /// Where it takes mail from its users, if not at 587.
    #[serde(default, deserialize_with = "port")]
    pub submission_port: Option<u16>,
    /// Where its IMAP server listens, if not at 143.
    #[serde(default, deserialize_with = "port")]
    pub imap_port: Option<u16>,
    /// Where its POP server listens, if not at 110.
    #[serde(default, deserialize_with = "port")]
    pub pop3_port: Option<u16>,
}

/// `[time]`: what logs that state no zone are in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Time {
    /// The zone of all such logs: an IANA name, `local`, or an offset.
    #[serde(deserialize_with = "instant::de_zone")]
    pub zone: Option<String>,
    /// When the logs end, from which missing years are counted backwards:
    /// an instant in UTC or a date.
    #[serde(deserialize_with = "instant::de_log_end")]
    pub log_end: Option<String>,
    /// Zones of some files; the first that fits holds.
    pub zones: Vec<ZoneFor>,
}

/// One of `[[time.zones]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneFor {
    /// A pattern of file names, as on the command line.
    #[serde(deserialize_with = "pattern")]
    pub files: String,
    /// Their zone.
    #[serde(deserialize_with = "instant::de_named_zone")]
    pub zone: String,
}

/// `[operators]`: files and folders, relative to the configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorPaths {
    /// One TOML file per operator.
    pub dir: Option<PathBuf>,
    /// Address to origin AS.
    pub asn_db: Option<PathBuf>,
    /// Files of registries: to whom addresses were given.
    #[serde(deserialize_with = "place::one_or_many")]
    pub registry: Vec<PathBuf>,
    /// Saved whois transcripts, one file per address.
    pub whois: Option<PathBuf>,
    /// Saved traceroutes, one file per address.
    pub traceroute: Option<PathBuf>,
    /// Saved answers of RDAP, one file per address.
    pub rdap: Option<PathBuf>,
}

impl Config {
    /// Finds and reads the configuration: `explicit`, else `./plaint.toml`,
    /// else the one in the user's configuration folder, else none at all.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::fault::Fault::Config) where `explicit` is missing or a file is wrong; see [`Config::parse`].
    pub fn load(explicit: Option<&Path>) -> Outcome<Self> {
        let home = std::env::var_os("XDG_CONFIG_HOME");
        match explicit.map(Path::to_owned).or_else(|| find(home, std::env::var_os("HOME"))) {
            Some(path) => {
                let read = place::text_of(&path).and_then(|text| Self::parse(&text, &path));
                read.map_err(|e| match &e {
                    Fault::Config { path, line: Some(line), hint: None, .. } => {
                        let at = format!("correct line {line} of {}", shown(path));
                        e.hint(format!("{at}; `plaint schema config` prints every key"))
                    }
                    _ => e,
                })
            }
            None => Ok(Self::default()),
        }
    }

    /// Reads `text`, the content of `path`, which is named in errors and is
    /// what relative paths start from.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::fault::Fault::Config) with the line for broken TOML, an unknown key, a bad
    /// value, or keys of `[clock]` that contradict each other.
    ///
    /// # Example
    ///
    /// ```
    /// use plaint::config::Config;
    /// let wrong = Config::parse("[time]\nzoen = 'UTC'", "plaint.toml".as_ref()).unwrap_err();
    /// assert_eq!(wrong.to_string(), "plaint.toml:2: unknown key `zoen`; did you mean `zone`?");
    /// ```
    pub fn parse(text: &str, path: &Path) -> Outcome<Self> {
        let mut config: Self = place::read(text, path)?;
        config.clock.check(text, path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        let Self { operators: o, clock: c, .. } = &mut config;
        for file in [
            &mut o.dir,
            &mut o.asn_db,
            &mut o.whois,
            &mut o.traceroute,
            &mut o.rdap,
            &mut c.chronyc,
            &mut c.timedatectl,
            &mut c.ntpq,
            &mut c.ntptime,
        ]
        .into_iter()
        .flatten()
        .chain(&mut o.registry)
        {
            *file = base.join(&file);
        }
        config.path = Some(path.to_owned());
        Ok(config)
    }

    /// What reports say of our clock.
    ///
    /// # Errors
    ///
    /// [`Config`](Fault::Config) where a saved output cannot be read or is something else.
    pub fn clock_statement(&self) -> Outcome<ClockStatement> {
        let key = match &self.clock {
            Clock { chronyc: Some(_), .. } => "chronyc",
            Clock { timedatectl: Some(_), .. } => "timedatectl",
            _ => "ntpq",
        };
        ClockStatement::of(&self.clock).map_err(|fault| self.names("clock", key, fault))
    }

    /// A failure of a file that this configuration names: told with the line that names it.
    #[must_use]
    pub fn names(&self, table: &str, key: &str, fault: Fault) -> Fault {
        match (&self.path, fault) {
            (Some(config), Fault::File { path, reason, hint }) => {
                let text = std::fs::read_to_string(config).unwrap_or_default();
                let line = place::line_of(&text, table, key, "");
                let reason = format!("`{key}` names {}: {reason}", path.display());
                Fault::Config { path: config.clone(), line, reason, hint }
            }
            (_, fault) => fault,
        }
    }

    /// That a file or folder which this configuration names is there.
    ///
    /// # Errors
    ///
    /// [`Config`](Fault::Config) with the line that names it.
    pub fn is_there(&self, table: &str, key: &str, file: &Path) -> Outcome<()> {
        let there = std::fs::metadata(file).map(|_| ());
        there.map_err(|e| self.names(table, key, Fault::file(file, e)))
    }
}

/// The configuration file that is there, if any.
fn find(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    // The base directory specification has relative paths ignored.
    let folder = |v: Option<OsString>| v.map(PathBuf::from).filter(|p| p.is_absolute());
    let user = folder(xdg).or_else(|| folder(home).map(|h| h.join(".config")));
    let user = user.map(|c| c.join("plaint").join(FILE));
    [Some(PathBuf::from(FILE)), user].into_iter().flatten().find(|p| p.exists())
}

/// Deserialises text that will stand in one line of a mail.
fn line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    place::string_by(from, "text of one line", |s| match s.trim() {
        "" => Err("this is empty; leave the key out instead".to_owned()),
        t if t.chars().any(crate::text::acts) => {
            Err("this has a line break or another control character".to_owned())
        }
        t => Ok(t.to_owned()),
    })
    .map(Some)
}

/// Deserialises the reporter's mail address.
fn mailbox<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    place::string_by(from, "a mail address", mail_address).map(Some)
}

/// Checks that the text is one bare mail address, fit for a header.
///
/// # Errors
///
/// A sentence that says what is wrong with it.
pub fn mail_address(text: &str) -> Result<String, String> {
    let bare = |s: &str, more: &[u8]| {
        !s.is_empty()
            && !s.starts_with('.')
            && !s.ends_with('.')
            && !s.contains("..")
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    match text.rsplit_once('@') {
        Some((local, domain))
            if bare(local, b"!#$%&'*+/=?^_`{|}~.-")
                && bare(domain, b"-.")
                && domain.contains('.')
                && text.len() <= 254 =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!("`{text}` is not a bare mail address such as abuse@example.org")),
    }
}

/// Deserialises a port other than 0.
fn port<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    match i64::deserialize(from)? {
        n @ 1..=65535 => Ok(u16::try_from(n).ok()),
        n => Err(serde::de::Error::custom(format!("{n}: a port is a number from 1 to 65535"))),
    }
}

/// Deserialises a pattern of file names.
fn pattern<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    place::string_by(from, "a pattern such as \"fw/*.log\"", |s| match glob::Pattern::new(s) {
        Ok(_) if !s.is_empty() => Ok(s.to_owned()),
        Ok(_) => Err("the pattern is empty".to_owned()),
        Err(e) => Err(format!("`{s}` is not a pattern: {e}")),
    })
}

#[cfg(test)]
mod tests;
