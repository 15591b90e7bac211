//! [`Finding`]: one fact for or against filing, what it does, and who requires it.

use std::borrow::Cow;

use serde::Serialize;

use crate::class::Class;
use crate::text::Untrusted;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The report cannot be filed as it is.
    Error,
    /// It can, and may be ignored or doubted for it.
    Warning,
    /// Worth knowing.
    Note,
}

/// What a finding does to a report. The verdict is computed from these alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It is held back: there is nothing that a desk could or should act on.
    Hold,
    /// It has no addressee.
    Unattributed,
    /// The reporter has to add something first.
    Draft,
    /// It is filed with this weakness.
    Warn,
    /// Nothing.
    Note,
}

impl Effect {
    /// The level that goes with it.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Hold | Self::Draft => Level::Error,
            Self::Unattributed | Self::Warn => Level::Warning,
            Self::Note => Level::Note,
        }
    }
}

/// One fact for or against filing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its id in the checklist.
    pub id: &'static str,
    /// How grave it is.
    pub level: Level,
    /// What it does.
    pub effect: Effect,
    /// The class it is about, where it is about one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
    /// The value that was looked at, in ASCII.
    pub value: String,
    /// One sentence.
    pub text: String,
    /// What the reporter can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Cow<'static, str>>,
    /// Who requires it.
    pub required_by: Cow<'static, str>,
    /// Where that is said.
    pub source: Cow<'static, str>,
}

impl Finding {
    /// A finding that every desk would have.
    #[must_use]
    pub fn new(id: &'static str, effect: Effect, value: impl ToString, text: String) -> Self {
        Self {
            id,
            level: effect.level(),
            effect,
            class: None,
            value: ascii(value.to_string()),
            text,
            remedy: None,
            required_by: Cow::Borrowed("every desk"),
            source: Cow::Borrowed("generic"),
        }
    }

    /// The same about one class.
    #[must_use]
    pub const fn class(mut self, class: Class) -> Self {
        self.class = Some(class.word());
        self
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same, required by somebody, who says so somewhere.
    #[must_use]
    pub fn by(mut self, (who, source): (String, String)) -> Self {
        self.required_by = who.into();
        self.source = source.into();
        self
    }
}

/// A text in ASCII; nearly every one is.
fn ascii(text: String) -> String {
    let bytes = Untrusted(text.as_bytes());
    if bytes.plain().is_some() { text } else { bytes.ascii() }
}
