//! What an operator asks of a report: the model of an operator file.
//!
//! Every table and key may be left out; `layer` fills in what the file builds
//! on. Unknown keys and words are errors, for a rule that is misspelt would be
//! a rule that nobody keeps.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use super::prefix::Range;
pub use super::rules::*;
use crate::class::Class;
use crate::config::{ClassWord, mail_address, place};

/// An operator file, with everything it builds on filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The version of this model, 1.
    #[serde(default = "one", deserialize_with = "schema")]
    pub schema: u32,
    /// The word for the operator in output and in folder names.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The name in sentences; the id where none is given.
    #[serde(default)]
    pub name: String,
    /// The id of the file this one builds on.
    #[serde(default)]
    pub extends: Option<String>,
    /// In which role it answers.
    #[serde(default)]
    pub role: Role,
    /// Where the rules and addresses come from.
    #[serde(default)]
    pub provenance: Vec<Provenance>,
    /// Which addresses it answers for.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// Its parts that have mailboxes of their own.
    #[serde(default)]
    pub region: Vec<Region>,
    /// Ways to reach it.
    #[serde(default)]
    pub channel: Vec<Channel>,
    /// Which way for which class and region.
    #[serde(default)]
    pub route: Vec<Route>,
    /// Classes it takes reports of; all, where the list is empty.
    #[serde(default)]
    pub classes: Vec<ClassWord>,
    /// Languages it reads, as two letters each.
    #[serde(default)]
    pub language: Vec<String>,
    /// The form of the text.
    #[serde(default)]
    pub text: Text,
    /// What goes into one report.
    #[serde(default)]
    pub bundle: Bundle,
    /// Times, and the clock that gave them.
    #[serde(default)]
    pub time: Time,
    /// What is too little, by class.
    #[serde(default)]
    pub threshold: BTreeMap<ClassWord, Threshold>,
    /// The log extract.
    #[serde(default)]
    pub log: Log,
    /// The facts.
    #[serde(default)]
    pub fields: Fields,
    /// The proof that the address is theirs.
    #[serde(default)]
    pub ownership: Ownership,
    /// The subject line.
    #[serde(default)]
    pub subject: Subject,
    /// The sender's address.
    #[serde(default)]
    pub sender: Sender,
    /// What is replaced in the text.
    #[serde(default)]
    pub redact: Redact,
    /// Reports about the same source again.
    #[serde(default)]
    pub repeat: Repeat,
    /// Fields of a form.
    #[serde(default)]
    pub form: Form,
    /// Files for robots.
    #[serde(default)]
    pub formats: Formats,
    /// Their word for a class, in forms and interfaces.
    #[serde(default, rename = "enum")]
    pub words: BTreeMap<ClassWord, String>,
    /// The file, or none for one that ships inside.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// The hash of the file's bytes.
    #[serde(skip)]
    pub sha256: String,
    /// The ids it was built on, the nearest first.
    #[serde(skip)]
    pub built_on: Vec<String>,
    /// The rules that the file states itself, as `table.key`.
    #[serde(skip)]
    pub stated: Vec<String>,
    /// All rules in force, as one table.
    #[serde(skip)]
    pub rules: toml::Table,
}

impl Profile {
    /// The file's name for people: its path, or that it ships inside.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.file {
            Some(path) => path.display().to_string(),
            None => format!("{}.toml (shipped)", self.id),
        }
    }

    /// Whether it takes reports of the class at all.
    #[must_use]
    pub fn accepts(&self, class: Class) -> bool {
        self.classes.is_empty() || self.classes.contains(&ClassWord(class))
    }

    /// Which kind of its own a form or an interface has for a class; none where
    /// it has no kinds, or takes mail.
    #[must_use]
    pub fn kind_at(&self, channel: &Channel, class: Class) -> Option<&str> {
        let form = matches!(channel.kind, Kind::Form | Kind::Api) && !self.words.is_empty();
        // Those it has no word for are one kind: the user chooses.
        form.then(|| self.words.get(&ClassWord(class)).map_or("", String::as_str))
    }

    /// The channel of that id.
    #[must_use]
    pub fn channel_named(&self, id: &str) -> Option<&Channel> {
        self.channel.iter().find(|c| c.id == id)
    }

    /// The best source of a rule, `table.key`; of several equal ones the first.
    #[must_use]
    pub fn source_of(&self, rule: &str) -> Option<&Provenance> {
        best(self.provenance.iter().filter(|p| p.covers(rule)))
    }

    /// The best source of anything the file says.
    #[must_use]
    pub fn best_source(&self) -> Option<&Provenance> {
        best(self.provenance.iter())
    }

    /// Since when its addresses are unconfirmed: the last day somebody saw
    /// them, where one of their sources is an old document or a guess and
    /// none confirms them.
    #[must_use]
    pub fn unconfirmed_since(&self) -> Option<&str> {
        let sources = || self.provenance.iter().filter(|p| p.covers("channel"));
        let has = |s: Status| sources().any(|p| p.status == s);
        if has(Status::Verified) || !(has(Status::Seed) || has(Status::Guess)) {
            return None;
        }
        sources().map(|p| p.seen.as_str()).max()
    }
}

fn best<'p>(mut sources: impl Iterator<Item = &'p Provenance>) -> Option<&'p Provenance> {
    let first = sources.next()?;
    Some(sources.fold(first, |kept, p| if p.status.rank() < kept.status.rank() { p } else { kept }))
}

/// In which role an operator answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The source's address is theirs.
    #[default]
    SourceIsp,
    /// They help the victim.
    VictimCert,
    /// They coordinate for a country.
    NationalCert,
}

impl Role {
    /// The word used in files and output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SourceIsp => "source-isp",
            Self::VictimCert => "victim-cert",
            Self::NationalCert => "national-cert",
        }
    }
}

/// One source of what a file says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Where it stands.
    pub url: String,
    /// What it says, in a few words.
    pub says: String,
    /// The day it was read, as YYYY-MM-DD.
    #[serde(deserialize_with = "day")]
    pub seen: String,
    /// How far to trust it.
    pub status: Status,
    /// The rules it is the source of: `time.clock`, or `time` for all of that
    /// table. All rules of the file, where the list is empty.
    #[serde(default)]
    pub rules: Vec<String>,
}

impl Provenance {
    /// Whether it is a source of the rule `table.key`, or of a whole table.
    #[must_use]
    pub fn covers(&self, rule: &str) -> bool {
        let table = rule.split('.').next().unwrap_or_default();
        self.rules.is_empty()
            || self.rules.iter().any(|r| {
                r == rule || r == table || (rule == table && r.split('.').next() == Some(rule))
            })
    }
}

/// How far a source of rules is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// An old document that nobody has checked since.
    Seed,
    /// A public page; it may have changed.
    Page,
    /// Confirmed by the operator, a registry or an answer.
    Verified,
    /// Our own conclusion.
    Guess,
}

impl Status {
    /// 0 for what is to be trusted most.
    const fn rank(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::Page => 1,
            Self::Seed => 2,
            Self::Guess => 3,
        }
    }

    /// The word used in files and output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Page => "page",
            Self::Verified => "verified",
            Self::Guess => "guess",
        }
    }
}

/// Which addresses an operator answers for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// Origin ASes, looked up in the AS database.
    #[serde(deserialize_with = "as_numbers")]
    pub asn: Vec<u32>,
    /// Prefixes and ranges.
    pub prefixes: Vec<Range>,
    /// Lists of prefixes, relative to the operator file.
    #[serde(deserialize_with = "place::one_or_many")]
    pub prefix_file: Vec<PathBuf>,
    /// Organisations in dumps of registries that are theirs, as `org` handle
    /// or `org-name`, exactly as written there.
    pub whois_org: Vec<String>,
    /// Holders in delegated-extended files, as `ripencc:ID`: an id is one
    /// registry's own, and another may have given the same to somebody else.
    #[serde(deserialize_with = "holders")]
    pub opaque_id: Vec<String>,
    /// What proves that an address is theirs.
    pub proof: Proof,
}

/// What proves that an address is an operator's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Its prefix lists and what registries gave it; an origin AS is shown, and proves nothing.
    Allocation,
    /// The origin AS; a prefix list counts as one of what it originates.
    OriginAs,
    /// Either of them.
    #[default]
    Either,
}

/// A part of an operator's network with mailboxes of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its name in routes.
    pub name: String,
    /// Its prefixes and ranges.
    #[serde(default)]
    pub prefixes: Vec<Range>,
    /// Lists of its prefixes, relative to the operator file.
    #[serde(default, deserialize_with = "place::one_or_many")]
    pub prefix_file: Vec<PathBuf>,
    /// Its origin ASes; asked where no prefix of any region fits.
    #[serde(default, deserialize_with = "as_numbers")]
    pub asn: Vec<u32>,
    /// Countries, for the reader; no data of ours tells an address's country surely enough.
    #[serde(default)]
    pub country: Vec<String>,
    /// Whether what fits no other region belongs here.
    #[serde(default)]
    pub default: bool,
}

/// A way to reach an operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its name in routes and in folder names.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// Mail, a form, an interface, or nothing.
    pub kind: Kind,
    /// The mailbox.
    #[serde(default, deserialize_with = "mailbox")]
    pub to: Option<String>,
    /// Mailboxes that want a copy.
    #[serde(default)]
    pub cc: Vec<Mailbox>,
    /// The address of the form or interface.
    #[serde(default)]
    pub url: Option<String>,
    /// Most recipients of one mail.
    #[serde(default)]
    pub max_recipients: Option<u32>,
}

impl Channel {
    /// The mailbox or the form's address; empty where there is neither.
    #[must_use]
    pub fn target(&self) -> &str {
        self.to.as_deref().or(self.url.as_deref()).unwrap_or_default()
    }
}

/// The kinds of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A mailbox.
    Email,
    /// A web form, filled in by hand.
    Form,
    /// An interface for programs.
    Api,
    /// They take no reports.
    None,
}

impl Kind {
    /// The word used in files and output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Form => "form",
            Self::Api => "api",
            Self::None => "none",
        }
    }
}

/// A bare mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox(pub String);

impl<'de> Deserialize<'de> for Mailbox {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        place::string_by(from, "a mail address", mail_address).map(Self)
    }
}

/// Which channel a class of abuse goes to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The classes; `*` stands for all.
    pub class: Vec<RouteClass>,
    /// The region, or any.
    #[serde(default)]
    pub region: Option<String>,
    /// The channel's id.
    pub channel: String,
}

/// A class in a route, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteClass {
    /// `*`.
    Any,
    /// One class.
    One(Class),
}

impl RouteClass {
    /// Whether the class is meant.
    #[must_use]
    pub fn covers(self, class: Class) -> bool {
        match self {
            Self::Any => true,
            Self::One(c) => c == class,
        }
    }
}

impl<'de> Deserialize<'de> for RouteClass {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        place::string_by(from, "a class such as \"ssh-login\", or \"*\"", |s| match s {
            "*" => Ok(Self::Any),
            _ => Class::from_word(s).map(Self::One).ok_or_else(|| {
                format!("unknown class `{s}`{}", place::instead(s, &Class::ALL.map(Class::word)))
            }),
        })
    }
}

fn holders<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(from)?;
    const REGISTRIES: [&str; 5] = ["afrinic", "apnic", "arin", "lacnic", "ripencc"];
    for id in &list {
        let known =
            id.split_once(':').is_some_and(|(r, i)| REGISTRIES.contains(&r) && !i.is_empty());
        if !known {
            return Err(serde::de::Error::custom(format!(
                "`{id}`: a holder is REGISTRY:ID, with one of {}",
                REGISTRIES.join(", ")
            )));
        }
    }
    Ok(list)
}

const fn one() -> u32 {
    1
}

fn schema<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        1 => Ok(1),
        n => Err(serde::de::Error::custom(format!("schema {n}: this version reads schema 1"))),
    }
}

/// Ids name folders, so they are kept to what every file system takes.
fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    place::string_by(from, "a short word", |s| {
        let fit = s.len() <= 64
            && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !s.starts_with('-')
            && !s.ends_with('-')
            && !s.is_empty();
        match s {
            "unattributed" => Err("`unattributed` names the folder of what nobody claims".into()),
            _ if fit => Ok(s.to_owned()),
            _ => Err(format!("`{s}`: an id has small letters, digits and `-` between them")),
        }
    })
}

fn day<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    crate::config::instant::de_day(from)
}

fn mailbox<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Mailbox::deserialize(from).map(|m| Some(m.0))
}

fn as_numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u32>, D::Error> {
    let list = Vec::<u32>::deserialize(from)?;
    match list.contains(&0) {
        true => Err(serde::de::Error::custom("AS0 is nobody's; name the number of an AS")),
        false => Ok(list),
    }
}
