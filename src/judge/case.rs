//! [`Case`]: a source with all that is known of it; [`Part`]: what of it goes to one mailbox.

use std::borrow::Cow;

use crate::addr::Addr;
use crate::class::Class;
use crate::config::{ClockStatement, Config};
use crate::operator::profile::OnePer;
use crate::operator::{Attribution, Channel, Need, Profile};
use crate::source::{ClassTally, Source};
use crate::time::Instant;

use super::answer::{self, Registration};
use super::finding::Effect;
use super::line::{EvidenceLine, lines_of};
use super::saved::Transcript;

/// A source, and all that is known of it.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Its address.
    pub addr: Addr,
    /// Its counts.
    pub source: &'a Source,
    /// Its incidents.
    pub incidents: Vec<ClassTally>,
    /// Whose address it is, where operators were asked.
    pub attribution: Option<Attribution<'a>>,
    /// Its lines, read back.
    pub evidence: Vec<EvidenceLine>,
    /// What whois said of it.
    pub whois: Option<Transcript>,
    /// The path to it.
    pub traceroute: Option<Transcript>,
    /// What RDAP said of it.
    pub rdap: Option<Registration>,
}

impl Case<'_> {
    /// What its registry says of the address, as text to quote and by which
    /// protocol: WHOIS, else RDAP; none where what was saved says nothing of it.
    #[must_use]
    pub fn registered(&self) -> Option<(&'static str, &Transcript)> {
        let whois =
            self.whois.as_ref().filter(|t| answer::whois_fault(&t.bytes, self.addr).is_none());
        let rdap = || self.rdap.as_ref().filter(|r| r.fault.is_none()).map(|r| ("RDAP", &r.text));
        whois.map(|t| ("WHOIS", t)).or_else(rdap)
    }

    /// The path to the address, where the saved one leads there.
    #[must_use]
    pub fn path(&self) -> Option<&Transcript> {
        self.traceroute.as_ref().filter(|t| super::path::fault(&t.bytes, self.addr).is_none())
    }
}

/// What holds of every case of a run.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// What is known of the clock that stamped the logs.
    pub clock: &'a ClockStatement,
    /// What age is judged against; without it age is not judged.
    pub now: Option<Instant>,
    /// The rules for sources that nobody claims.
    pub generic: Option<&'a Profile>,
}

/// How sure the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Packets whose source is easily forged, without an answer.
    Low,
    /// TCP packets that open something, without a handshake.
    Medium,
    /// A completed handshake.
    High,
}

impl Confidence {
    /// The word used in output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// An incident that is filed, and how sure its source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its counts.
    pub tally: ClassTally,
    /// How sure the source is.
    pub confidence: Confidence,
}

/// What of a case goes to one mailbox.
#[derive(Clone, Copy, Debug)]
pub struct Part<'p, 'a> {
    /// The source.
    pub case: &'p Case<'a>,
    /// The run.
    pub context: &'p Context<'a>,
    /// Whose rules apply.
    pub rules: Option<&'a Profile>,
    /// Where it goes.
    pub channel: Option<&'a Channel>,
    /// The incidents.
    pub incidents: &'p [Incident],
}

impl<'p> Part<'p, '_> {
    /// The classes.
    #[must_use]
    pub fn classes(&self) -> Vec<Class> {
        self.incidents.iter().map(|i| i.tally.class).collect()
    }

    /// The lines, in order of time. Those whose session is not known count
    /// within the time of an incident alone.
    #[must_use]
    pub fn lines(&self) -> Vec<&'p EvidenceLine> {
        let mut lines = lines_of(&self.case.evidence, &self.classes());
        lines.retain(|l| self.knows(l));
        lines
    }

    /// Whether the session of a line is known, or the line lies within the time of an incident.
    fn knows(&self, line: &EvidenceLine) -> bool {
        line.class.is_some()
            || self.incidents.iter().any(|i| {
                let within = i.tally.first <= line.moment.at && line.moment.at <= i.tally.last;
                i.tally.class.family() == line.family() && within
            })
    }

    /// The first and the last event.
    #[must_use]
    pub fn span(&self) -> Option<(Instant, Instant)> {
        let first = self.incidents.iter().map(|i| i.tally.first).min()?;
        Some((first, self.incidents.iter().map(|i| i.tally.last).max()?))
    }

    /// How many lines the logs have of it; not all may have been kept.
    #[must_use]
    pub fn total_lines(&self) -> u64 {
        let counted: u64 = self.incidents.iter().map(|i| i.tally.lines).sum();
        let classes = self.classes();
        let kept = self.case.evidence.iter().filter(|l| l.is_of(&classes) && self.knows(l));
        counted.max(kept.count() as u64)
    }

    /// The offset of the lines as they were logged, where the desk wants them
    /// so and they have one offset in common.
    #[must_use]
    pub fn as_logged(&self) -> Option<i32> {
        if self.rules?.log.unedited != Need::Must {
            return None;
        }
        let mut offsets = self.lines().into_iter().map(EvidenceLine::offset);
        let first = offsets.next()??;
        offsets.all(|o| o == Some(first)).then_some(first)
    }

    /// Whether the user decided that this desk gets lines as they were logged.
    #[must_use]
    pub fn sent_unedited(&self) -> bool {
        let to = &self.context.config.filing.unedited_to;
        self.rules.is_some_and(|p| p.log.unedited == Need::Must && to.contains(&p.id))
    }

    /// How much the desk wants something; without rules it would be nice.
    #[must_use]
    pub fn need(&self, of: impl Fn(&Profile) -> Need) -> Need {
        self.rules.map_or(Need::Should, of)
    }

    /// The longest line the desk takes.
    #[must_use]
    pub fn line_max(&self) -> usize {
        let said = self.rules.map_or(998, |p| p.text.line_max as usize);
        said.clamp(78, 998)
    }

    /// Whether the same mailbox or form may get other reports of the source,
    /// of other classes.
    #[must_use]
    pub fn is_one_of_several(&self) -> bool {
        let Some(rules) = self.rules else { return false };
        let class = self.incidents.first().map(|i| i.tally.class);
        let kind = self.channel.zip(class).and_then(|(c, class)| rules.kind_at(c, class));
        rules.bundle.one_per == OnePer::Incident || kind.is_some()
    }

    /// Who requires what the rules say, and where.
    #[must_use]
    pub fn authority(&self) -> (String, String) {
        self.rules.map_or(("every desk".to_owned(), "generic".to_owned()), authority)
    }
}

/// Who requires what a profile says, and the best source of that.
#[must_use]
pub fn authority(profile: &Profile) -> (String, String) {
    let ascii = |t: &str| crate::text::Untrusted(t.as_bytes()).ascii();
    let best = profile.best_source();
    (name(profile).into_owned(), best.map_or_else(|| ascii(&profile.place()), |p| ascii(&p.url)))
}

/// A profile's name in ASCII.
pub(super) fn name(profile: &Profile) -> Cow<'_, str> {
    let name = crate::text::Untrusted(profile.name.as_bytes());
    name.plain().map_or_else(|| Cow::Owned(name.ascii()), Cow::Borrowed)
}

/// What lacking something means, by how much it is wanted.
#[must_use]
pub const fn lacking(need: Need) -> Option<Effect> {
    match need {
        Need::Must => Some(Effect::Draft),
        Need::Should => Some(Effect::Warn),
        Need::May | Need::Forbid => None,
    }
}
