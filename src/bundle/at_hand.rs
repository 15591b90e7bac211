//! [`AtHand`]: where the logs of a run are now, to look up the lines that were taken from them.

use std::path::{Component, Path, PathBuf};

use crate::input::Input;
use crate::text::shown;

/// Places in which the lines of one log are looked up, at most.
const PLACES: usize = 64;

/// The logs that were told of: files, folders, and archives with logs in them.
pub(super) struct AtHand<'p> {
    told: &'p [PathBuf],
    /// The members of those that are archives.
    members: Vec<Input>,
    /// Those that cannot be looked into, and why.
    pub(super) faults: Vec<(String, String)>,
}

/// A place where a log may be.
pub(super) enum Place<'p> {
    /// It was opened for this.
    Own(Input),
    /// A member of an archive that was told of.
    Member(&'p Input),
    /// There is something that cannot be read: where, and why.
    Bad(String, String),
}

impl Place<'_> {
    /// How it is named.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Own(input) => shown(&input.path),
            Self::Member(input) => shown(&input.path),
            Self::Bad(name, _) => name.clone(),
        }
    }

    /// The log, or why there is none.
    pub(super) const fn input(&self) -> Result<&Input, &String> {
        match self {
            Self::Own(input) => Ok(input),
            Self::Member(input) => Ok(input),
            Self::Bad(_, why) => Err(why),
        }
    }
}

impl<'p> AtHand<'p> {
    /// Those at some paths; at the places where the run found them, if there are none.
    pub(super) fn of(told: &'p [PathBuf]) -> Self {
        let (mut members, mut faults) = (Vec::new(), Vec::new());
        for place in told {
            let found = match place.metadata() {
                Ok(there) if !there.is_file() => continue,
                Ok(_) => Input::open(place, true).and_then(|input| input.members()),
                Err(e) => Err(crate::fault::Fault::file(place, e)),
            };
            match found {
                Ok(found) => members.extend(found.into_iter().flatten()),
                Err(fault) => faults.push((shown(place), fault.to_string())),
            }
        }
        Self { told, members, faults }
    }

    /// Whether they are looked for where the run found them.
    pub(super) const fn is_as_run(&self) -> bool {
        self.told.is_empty()
    }

    /// Where a log may be: as the run named it, or in what was told of, under any part of that name that leads
    /// nowhere else; the longest first. Several may be there under one name, and lines tell which it was.
    pub(super) fn find(&self, path: &str) -> Vec<Place<'_>> {
        let path = Path::new(path);
        let mut found = Vec::new();
        if self.told.is_empty() {
            open(path, &mut found);
            return found;
        }
        let parts: Vec<_> = path.components().collect();
        for skip in 0..parts.len() {
            let tail = parts.get(skip..).unwrap_or_default();
            // A name may be anybody's work: an absolute one, or one with `..`, would lead out of the place.
            if tail.iter().all(|part| matches!(part, Component::Normal(_))) && found.len() < PLACES
            {
                self.under(&tail.iter().collect::<PathBuf>(), &mut found);
            }
        }
        found.truncate(PLACES);
        found
    }

    fn under<'s>(&'s self, tail: &Path, found: &mut Vec<Place<'s>>) {
        for place in self.told {
            // An archive is no log itself, whatever it is named.
            let is_log = || !self.members.iter().any(|member| member.path.starts_with(place));
            if place.is_file() && place.ends_with(tail) && is_log() {
                open(place, found);
            } else if place.is_dir() {
                open(&place.join(tail), found);
            }
        }
        let members = self.members.iter().filter(|member| member.path.ends_with(tail));
        found.extend(members.map(Place::Member));
    }
}

/// Opens what is at a path: a file, or a member of an archive, of which there may be several of a name.
fn open(path: &Path, found: &mut Vec<Place<'_>>) {
    // A member lies beneath a file.
    if !path.ancestors().find(|p| p.exists()).is_some_and(Path::is_file) {
        return;
    }
    match Input::open_each(path, true) {
        Ok(inputs) => found.extend(inputs.into_iter().map(Place::Own)),
        Err(fault) if path.is_file() => {
            found.push(Place::Bad(shown(path), fault.to_string()));
        }
        // An archive there need not hold it.
        Err(_) => {}
    }
}
