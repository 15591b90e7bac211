//! What is worth filing, and how much of the log goes into the text.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::place;
use crate::addr::Addr;
use crate::class::Class;
use crate::limits;

/// A class word in a TOML file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClassWord(pub Class);

impl<'de> Deserialize<'de> for ClassWord {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        place::string_by(from, "a class such as \"ssh-login\"", |s| {
            Class::from_word(s).map(Self).ok_or_else(|| {
                format!("unknown class `{s}`{}", place::instead(s, &Class::ALL.map(Class::word)))
            })
        })
    }
}

/// A kind of personal data that may be replaced in what is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redaction {
    /// Account names that were tried.
    User,
    /// Names of our hosts.
    Host,
    /// Mail addresses, senders and recipients.
    Mail,
    /// Our own addresses.
    Destination,
}

impl Redaction {
    /// The word used in files and output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Host => "host",
            Self::Mail => "mail",
            Self::Destination => "destination",
        }
    }
}

impl Serialize for Redaction {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.word())
    }
}

/// `[filing]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filing {
    /// The greatest age of an incident that is filed without a warning.
    pub max_age_days: Option<u32>,
    /// Lines of log in the text of a report.
    #[serde(deserialize_with = "lines")]
    pub evidence_lines: usize,
    /// What is replaced in what is filed.
    pub redact: Vec<Redaction>,
    /// A secret of one's own: with it a text has the same token in every
    /// report, and nobody else can tell which text that was.
    #[serde(deserialize_with = "secret")]
    pub redact_key: Option<String>,
    /// Operators, by id, that get lines as they were logged though their
    /// customer may read them: the user's decision, never ours.
    pub unedited_to: Vec<String>,
    /// How many events of a class make it worth a desk's time.
    pub thresholds: Thresholds,
    /// Tickets that desks gave to earlier reports of a source: its next one
    /// goes to the same conversation. By address; [`Filing::ticket`] finds one.
    #[serde(deserialize_with = "tickets")]
    pub tickets: BTreeMap<IpAddr, String>,
}

impl Filing {
    /// The ticket of earlier reports of an address.
    #[must_use]
    pub fn ticket(&self, addr: Addr) -> Option<&str> {
        self.tickets.get(&addr.ip()).map(String::as_str)
    }
}

/// A ticket goes into the subject of a mail as it is.
fn tickets<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<IpAddr, String>, D::Error> {
    let list = BTreeMap::<IpAddr, String>::deserialize(from)?;
    for ticket in list.values() {
        let fit = (1..=60).contains(&ticket.len())
            && ticket.bytes().all(|b| (0x20..0x7f).contains(&b))
            && ticket.trim() == ticket;
        if !fit {
            return Err(serde::de::Error::custom(format!(
                "{ticket:?}: a ticket is 1 to 60 characters of plain ASCII"
            )));
        }
    }
    Ok(list)
}

impl Default for Filing {
    fn default() -> Self {
        Self {
            max_age_days: None,
            evidence_lines: 50,
            redact: Vec::new(),
            redact_key: None,
            unedited_to: Vec::new(),
            thresholds: Thresholds::default(),
            tickets: BTreeMap::new(),
        }
    }
}

/// A secret that cannot be guessed by trying.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    match text.len() >= 16 {
        true => Ok(Some(text)),
        false => Err(serde::de::Error::custom("a key of fewer than 16 characters is soon guessed")),
    }
}

fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let n = u32::deserialize(from)? as usize;
    if (1..=limits::EVIDENCE_LINES).contains(&n) {
        Ok(n)
    } else {
        Err(serde::de::Error::custom(format!(
            "{n} lines: a number from 1 to {}, which is what is kept per source",
            limits::EVIDENCE_LINES
        )))
    }
}

/// `[filing.thresholds]`: by class, in what the class is counted in; for
/// `port-scan` distinct ports and for `host-sweep` distinct addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds(BTreeMap<Class, u32>);

impl Default for Thresholds {
    fn default() -> Self {
        Self(BTreeMap::from([
            (Class::SshLogin, 10),
            (Class::SshProbe, 20),
            (Class::MailLogin, 10),
            (Class::Spam, 5),
            (Class::RelayAttempt, 2),
            (Class::Harvest, 10),
            (Class::SmtpProbe, 5),
            (Class::PortScan, 15),
            (Class::HostSweep, 10),
            (Class::Probe, 20),
        ]))
    }
}

impl Thresholds {
    /// The threshold of a class; 1 for one that has none.
    #[must_use]
    pub fn of(&self, class: Class) -> u32 {
        self.0.get(&class).copied().unwrap_or(1)
    }

    /// Sets the threshold of a class.
    pub fn set(&mut self, class: Class, least: u32) {
        self.0.insert(class, least);
    }

    /// All that are set, in the order of the classes.
    pub fn iter(&self) -> impl Iterator<Item = (Class, u32)> {
        self.0.iter().map(|(c, n)| (*c, *n))
    }
}

impl<'de> Deserialize<'de> for Thresholds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ByClass;
        impl<'de> Visitor<'de> for ByClass {
            type Value = Thresholds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("numbers by class")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Thresholds, A::Error> {
                let mut out = Thresholds::default();
                while let Some(ClassWord(class)) = map.next_key()? {
                    out.set(class, map.next_value::<Least>()?.0);
                }
                Ok(out)
            }
        }
        from.deserialize_map(ByClass)
    }
}

/// A threshold: 0 would file sources that did nothing.
struct Least(u32);

impl<'de> Deserialize<'de> for Least {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            0 => Err(serde::de::Error::custom("a threshold is 1 or more")),
            n => Ok(Self(n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_in_use_has_a_threshold() {
        let with = Thresholds::default().iter().count();
        // The three reserved classes have none.
        assert_eq!(with, Class::ALL.len() - 3);
        assert_eq!(Thresholds::default().of(Class::PortScan), 15);
        assert_eq!(Thresholds::default().of(Class::Flood), 1);
    }
}
