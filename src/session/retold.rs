//! [`Retold`]: mail logins that were refused lately, and how many lines may still retell each.
//!
//! PAM and a helper log such a login once more, mostly within the second, from a process that the mail
//! server's line does not name. Most logs hold no such lines, and so logins are kept as they come: they
//! are put in order only where many of a few seconds are.

use rustc_hash::FxHashMap;

use crate::days::SECOND;
use crate::limits::PAM_SECONDS;

use super::open::Key;
use super::pool::PoolKey;

/// A mail login that was refused lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lately {
    /// Its session.
    pub key: Key,
    /// When, in nanoseconds since 1970.
    pub at: i64,
    /// Lines of PAM's that may still retell it.
    pub pam: u32,
    /// The same of a helper's.
    pub helper: u32,
}

/// The refused logins that may still be retold, the last of each source and host.
#[derive(Clone, Debug, Default)]
pub struct Retold {
    /// The newest, as they came; the last of a key counts.
    recent: Vec<(PoolKey, Lately)>,
    /// Others, older than those.
    kept: FxHashMap<PoolKey, Lately>,
}

/// Logins that are kept as they come. So many are looked through for one line.
const RECENT: usize = 128;

impl Retold {
    /// Keeps a login. `now` is the time of the slowest clock: what is too old by it can be retold no more.
    #[inline(always)]
    pub fn insert(&mut self, key: PoolKey, login: Lately, now: i64) {
        self.recent.push((key, login));
        if self.recent.len() >= RECENT {
            self.fold(now);
        }
    }

    #[inline(never)]
    fn fold(&mut self, now: i64) {
        self.recent.retain(|(_, login)| Self::may_be(login, now));
        if self.recent.len() > RECENT / 2 {
            self.kept.extend(self.recent.drain(..));
        }
    }

    const fn may_be(login: &Lately, now: i64) -> bool {
        login.at >= now.saturating_sub(2 * PAM_SECONDS * SECOND)
    }

    /// The last login of a source at a host.
    pub fn get_mut(&mut self, key: &PoolKey) -> Option<&mut Lately> {
        match self.recent.iter_mut().rev().find(|(k, _)| k == key) {
            Some((_, login)) => Some(login),
            None => self.kept.get_mut(key),
        }
    }

    /// Forgets those that can be retold no more.
    pub fn forget(&mut self, now: i64) {
        self.recent.retain(|(_, login)| Self::may_be(login, now));
        self.kept.retain(|_, login| Self::may_be(login, now));
    }

    /// How many there are.
    #[allow(clippy::len_without_is_empty)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.recent.len() + self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::addr::Addr;
    use crate::class::Family;
    use crate::dialect::Kind;
    use crate::session::{Fact, Place, Spot};
    use crate::time::Instant;

    fn fact(source: u32) -> Fact {
        Fact {
            kind: Kind::Failed,
            count: 1,
            source: Addr::from_v4(0xc000_0200 + source),
            port: 0,
            our_port: 0,
            host: source % 2,
            pid: 7,
            session: 0,
            user: 0,
            lasted: 0,
            spot: Spot::new(Instant::from_seconds(0), Place { input: 0, offset: 0 }),
        }
    }

    proptest! {
        #[test]
        fn as_a_map_tells_them(steps in proptest::collection::vec((0u32..40, 0i64..3, 0u8..8), 1..2000)) {
            let (mut retold, mut map) = (Retold::default(), FxHashMap::default());
            let mut now = 0;
            for (n, (source, step, what)) in steps.into_iter().enumerate() {
                now += step * SECOND;
                let fact = fact(source);
                let key = PoolKey { family: Family::Mail, ..PoolKey::of(&fact) };
                if what < 6 {
                    let login = Lately { key: Key::of(&fact), at: now, pam: n as u32, helper: 1 };
                    retold.insert(key, login, now);
                    map.insert(key, login);
                } else if what == 6 {
                    // What is too old for a line of now need not be there.
                    let near = |l: &&mut Lately| (now - l.at).abs() <= PAM_SECONDS * SECOND;
                    let (found, want) = (retold.get_mut(&key), map.get_mut(&key));
                    let (found, want) = (found.filter(near), want.filter(near));
                    prop_assert_eq!(found.as_deref(), want.as_deref());
                    for login in [found, want].into_iter().flatten() {
                        login.helper = login.helper.saturating_sub(1);
                    }
                } else if n % 97 == 0 {
                    retold.forget(now);
                    prop_assert!(retold.len() <= RECENT + map.len());
                }
            }
        }
    }
}
