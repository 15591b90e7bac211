//! [`AtHand`]: where the logs of a run are now, to look up the lines that were taken from them.

use std::path::{Path, PathBuf};

use crate::input::Input;

/// The logs that were told of: files, folders, and archives with logs in them.
pub(super) struct AtHand<'p> {
    told: &'p [PathBuf],
    /// The members of those that are archives.
    members: Vec<Input>,
}

/// Where a log is.
pub(super) enum Place<'p> {
    /// At a path, which may lead into an archive.
    Path(PathBuf),
    /// In an archive that was told of.
    Member(&'p Input),
}

impl<'p> AtHand<'p> {
    /// Those at some paths; at the places where the run found them, if there are none.
    pub(super) fn of(told: &'p [PathBuf]) -> Self {
        let files = told.iter().filter(|place| place.is_file());
        // What is no archive, or damaged, has no members; the latter is told where it is looked into.
        let members = files.filter_map(|file| Input::open(file, true).ok()?.members().ok()?);
        Self { told, members: members.flatten().collect() }
    }

    /// Whether they are looked for where the run found them.
    pub(super) const fn is_as_run(&self) -> bool {
        self.told.is_empty()
    }

    /// Where a log is: as the run named it, or in what was told of, under the longest part of that name.
    pub(super) fn find(&self, path: &str) -> Option<Place<'_>> {
        let path = Path::new(path);
        if self.told.is_empty() {
            return is_there(path).then(|| Place::Path(path.to_owned()));
        }
        let parts: Vec<_> = path.components().collect();
        (0..parts.len())
            .find_map(|skip| self.under(&parts.get(skip..)?.iter().collect::<PathBuf>()))
    }

    fn under(&self, tail: &Path) -> Option<Place<'_>> {
        let place = |place: &PathBuf| {
            // An archive is no log itself, whatever it is named.
            let is_log = || !self.members.iter().any(|member| member.path.starts_with(place));
            if place.is_file() && place.ends_with(tail) && is_log() {
                return Some(place.clone());
            }
            // An absolute path would lead out of the place.
            let inside = place.join(tail);
            let is_inside = || tail.is_relative() && place.is_dir() && is_there(&inside);
            // An archive there need not hold it.
            (is_inside() && (inside.is_file() || Input::open(&inside, true).is_ok()))
                .then_some(inside)
        };
        let member = || self.members.iter().find(|member| member.path.ends_with(tail));
        self.told.iter().find_map(place).map(Place::Path).or_else(|| member().map(Place::Member))
    }
}

/// Whether a file is there, or one that may be an archive with it: a member lies beneath a file.
fn is_there(path: &Path) -> bool {
    path.ancestors().find(|p| p.exists()).is_some_and(Path::is_file)
}
