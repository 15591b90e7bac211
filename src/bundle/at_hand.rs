//! [`AtHand`]: where the logs of a run are now, to look up the lines that were taken from them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::input::Input;
use crate::limits::{LOG_NAME_BYTES, LOG_NAME_PARTS, LOG_PLACES};
use crate::text::shown;

/// The logs that were told of: files, folders, and archives with logs in them.
pub(super) struct AtHand<'p> {
    told: &'p [PathBuf],
    /// Archives that were opened, and what cannot be.
    opened: RefCell<HashMap<PathBuf, Rc<There>>>,
    /// Those of `told` that cannot be looked into, and why.
    pub(super) faults: Vec<(String, String)>,
}

/// What a file is.
enum There {
    Log(Rc<Input>),
    /// Its members, by their last name.
    Archive(HashMap<OsString, Vec<Rc<Input>>>),
    Bad(String),
}

/// A place where a log may be.
pub(super) enum Place {
    Log(Rc<Input>),
    /// There is something that cannot be read: where, and why.
    Bad(String, String),
}

impl Place {
    /// How it is named.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Log(input) => shown(&input.path),
            Self::Bad(name, _) => name.clone(),
        }
    }
}

/// Where a log may be, how much of its name is the same, from the end.
type Found = Vec<(usize, Place)>;

impl<'p> AtHand<'p> {
    /// Those at some paths; at the places where the run found them, if there are none.
    pub(super) fn of(told: &'p [PathBuf]) -> Self {
        let mut all = Self { told, opened: RefCell::default(), faults: Vec::new() };
        for place in told {
            let fault = match place.metadata() {
                Ok(there) if !there.is_file() => None,
                Ok(_) => match &*all.there(place) {
                    There::Bad(why) => Some(why.clone()),
                    _ => None,
                },
                Err(e) => Some(e.to_string()),
            };
            all.faults.extend(fault.map(|why| (shown(place), why)));
        }
        all
    }

    /// Whether they are looked for where the run found them.
    pub(super) const fn is_as_run(&self) -> bool {
        self.told.is_empty()
    }

    /// What a file is. Archives are opened once, and what is a log whenever it is asked for.
    fn there(&self, file: &Path) -> Rc<There> {
        if let Some(there) = self.opened.borrow().get(file) {
            return there.clone();
        }
        let opened = Input::open(file, true).and_then(|input| Ok((input.members()?, input)));
        let there = Rc::new(match opened {
            Ok((None, input)) => return Rc::new(There::Log(Rc::new(input))),
            Ok((Some(members), _)) => {
                let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
                for member in members {
                    let name = member.path.file_name().unwrap_or_default().to_owned();
                    by_name.entry(name).or_default().push(Rc::new(member));
                }
                There::Archive(by_name)
            }
            Err(fault) => There::Bad(fault.to_string()),
        });
        self.opened.borrow_mut().insert(file.to_owned(), there.clone());
        there
    }

    /// Where a log may be, the places first whose names have most in common with it; and how many there are, of which
    /// no more than [`LOG_PLACES`] are given. Several logs may be there under one name, and lines tell which it was.
    pub(super) fn find(&self, name: &str) -> (Vec<Place>, usize) {
        let path = Path::new(name);
        let mut found = Found::new();
        if self.told.is_empty() {
            self.as_run(path, &mut found);
        } else if name.len() <= LOG_NAME_BYTES {
            // A name may be anybody's work: an absolute one, or one with `..`, would lead out of the place.
            let parts = path.components().rev().map_while(|part| match part {
                Component::Normal(part) => Some(part),
                _ => None,
            });
            let mut names: Vec<&OsStr> = parts.take(LOG_NAME_PARTS).collect();
            names.reverse();
            for place in self.told {
                if place.is_file() {
                    self.in_file(place, &names, &mut found);
                } else {
                    self.in_folder(place, &names, &mut found);
                }
            }
        }
        let many = found.len();
        found.sort_by_key(|(same, _)| std::cmp::Reverse(*same));
        (found.into_iter().map(|(_, place)| place).take(LOG_PLACES).collect(), many)
    }

    /// At its path: what lies in the way there was an archive.
    fn as_run(&self, path: &Path, found: &mut Found) {
        let Some(file) = file_at(path) else { return };
        let bad = |why: &str| (0, Place::Bad(shown(path), why.to_owned()));
        match &*self.there(file) {
            There::Log(input) if file == path => found.push((0, Place::Log(input.clone()))),
            There::Bad(why) => found.push(bad(why)),
            There::Archive(members) => {
                let same = members.get(path.file_name().unwrap_or_default()).into_iter().flatten();
                let same = same.filter(|member| member.path == path);
                found.extend(same.map(|member| (0, Place::Log(member.clone()))));
                if found.is_empty() {
                    found.push(bad("the archive has no such log"));
                }
            }
            There::Log(_) => found.push(bad("what is there is no archive")),
        }
    }

    /// A file itself, or a member of it.
    fn in_file(&self, file: &Path, names: &[&OsStr], found: &mut Found) {
        match &*self.there(file) {
            There::Log(input) => {
                // What was piped has no name: any log may be it.
                let piped = usize::from(names == [OsStr::new("-")]);
                let same = common(file, names).max(piped);
                found.extend((same > 0).then(|| (same, Place::Log(input.clone()))));
            }
            There::Archive(members) => {
                let same = names.last().and_then(|name| members.get(*name)).into_iter().flatten();
                let same = same.map(|member| (common(&member.path, names), member));
                found.extend(same.map(|(same, member)| (same, Place::Log(member.clone()))));
            }
            There::Bad(_) => {}
        }
    }

    /// A file in a folder under a part of the name, or a member of one.
    fn in_folder(&self, folder: &Path, names: &[&OsStr], found: &mut Found) {
        for (skip, first) in names.iter().enumerate() {
            // Nearly always nothing is there.
            if !folder.join(first).exists() {
                continue;
            }
            let tail = names.get(skip..).unwrap_or_default();
            let inside = folder.join(tail.iter().collect::<PathBuf>());
            let Some(file) = file_at(&inside) else { continue };
            match &*self.there(file) {
                There::Bad(why) => {
                    found.push((tail.len(), Place::Bad(shown(file), why.clone())));
                }
                _ if file == inside => self.in_file(file, tail, found),
                There::Archive(members) => {
                    let same = tail.last().and_then(|name| members.get(*name));
                    let same = same.into_iter().flatten().filter(|member| member.path == inside);
                    found.extend(same.map(|member| (tail.len(), Place::Log(member.clone()))));
                }
                There::Log(_) => {}
            }
        }
    }
}

/// How many names are the last ones of a path.
fn common(path: &Path, names: &[&OsStr]) -> usize {
    let same = path.components().rev().zip(names.iter().rev());
    same.take_while(|(part, name)| part.as_os_str() == **name).count()
}

/// The file at a path, or the one that lies in the way there: a member of an archive lies beneath a file.
fn file_at(path: &Path) -> Option<&Path> {
    path.ancestors().find(|p| p.exists()).filter(|p| p.is_file())
}
