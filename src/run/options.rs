//! [`Options`]: what a run is asked to do, as meant.

use std::path::Path;

use crate::event::Ours;
use crate::fault::{Fault, Outcome};
use crate::source::{Keeping, ScanLimits};
use crate::time::{Instant, Zone};

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads to use; results never depend on it.
    pub threads: usize,
    /// The zone of logs that state none.
    pub zone: Option<Zone>,
    /// Zones of some files, by pattern; the first that matches.
    pub zones_for: Vec<(glob::Pattern, Zone)>,
    /// When the logs end, in seconds since 1970, where their files do not say.
    pub log_end: Option<i64>,
    /// Lines before it are left out.
    pub since: Option<Instant>,
    /// Lines from it on are left out.
    pub until: Option<Instant>,
    /// Our side.
    pub ours: Ours,
    /// What makes a scan.
    pub scan_limits: ScanLimits,
    /// Bytes of a chunk; results never depend on it.
    pub chunk_bytes: usize,
    /// Whether usual lines are read straight through; results never depend on it, and tests try.
    pub straight: bool,
    /// Most sources that are kept; see [`crate::limits::SOURCES`].
    pub max_sources: usize,
    /// What is kept of single lines.
    pub remember: Remember,
}

/// What is kept of single lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remember {
    /// Nothing: sources are counted.
    #[default]
    Nothing,
    /// How many read how in the end.
    Readings,
    /// The same, and some lines of each source, for its report.
    Evidence,
    /// How many read how, and of each line what its session made of it.
    Lines,
}

impl Remember {
    /// Whether sessions list their lines.
    #[must_use]
    pub const fn lists(self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            zone: None,
            zones_for: Vec::new(),
            log_end: None,
            since: None,
            until: None,
            ours: Ours::default(),
            scan_limits: ScanLimits { ports: 15, addresses: 10 },
            chunk_bytes: crate::limits::CHUNK_BYTES,
            straight: true,
            max_sources: crate::limits::SOURCES,
            remember: Remember::Nothing,
        }
    }
}

impl Options {
    /// How many lines each source keeps, if any.
    #[must_use]
    pub fn keeping(&self) -> Option<Keeping> {
        (self.remember == Remember::Evidence).then(|| Keeping::of(self.max_sources))
    }

    /// The zone told for a file.
    #[must_use]
    pub fn zone_of(&self, path: &Path) -> Option<&Zone> {
        let name = path.file_name().map(Path::new);
        self.zones_for
            .iter()
            .find(|(p, _)| p.matches_path(path) || name.is_some_and(|n| p.matches_path(n)))
            .map(|(_, z)| z)
            .or(self.zone.as_ref())
    }

    /// Adds `GLOB=ZONE`.
    ///
    /// # Errors
    ///
    /// No `=`, a pattern that is none, a zone that is none.
    pub fn zone_for(&mut self, text: &str) -> Outcome<()> {
        let (glob, zone) = text.split_once('=').ok_or_else(|| {
            Fault::usage(format!("--tz-for {text:?}: there is no = between files and zone"))
                .hint("GLOB=ZONE is wanted, such as --tz-for 'fw*.log=UTC'")
        })?;
        let pattern = glob::Pattern::new(glob).map_err(|e| {
            Fault::usage(format!("--tz-for {text:?}: the pattern is none: {e}"))
                .hint("* and ? stand for any characters, [ab] for one of several")
        })?;
        self.zones_for.push((pattern, Zone::parse(zone)?));
        Ok(())
    }

    /// Whether a moment is within the span asked for.
    #[must_use]
    #[inline]
    pub fn wants(&self, at: Instant) -> bool {
        self.since.is_none_or(|s| at.nanos >= s.nanos)
            && self.until.is_none_or(|u| at.nanos < u.nanos)
    }
}
