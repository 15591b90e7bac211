//! [`Hosts`]: the numbers of hosts in the lines of one reader.

use rustc_hash::FxHashMap;

use crate::digits::{Brief, Memo};

/// Hosts that keep their numbers from one chunk to the next, at most: each chunk lists all of them.
const KEPT: usize = 16;

/// Numbers of hosts. Few keep theirs from chunk to chunk, so that what was told with a number need not be told anew.
#[derive(Default)]
pub(super) struct Hosts {
    numbers: FxHashMap<Vec<u8>, u32>,
    names: Vec<Vec<u8>>,
    recent: Memo<u32>,
}

impl Hosts {
    /// Begins a chunk: the names of those that have a number already, in order. All of them stand in chunks
    /// that this reader read before, so that their order says nothing new.
    pub fn begin(&mut self) -> Vec<Vec<u8>> {
        if self.names.len() > KEPT {
            *self = Self::default();
        }
        self.names.clone()
    }

    /// The number of a host; `names` are the chunk's.
    #[inline(always)]
    pub fn number(&mut self, name: &[u8], names: &mut Vec<Vec<u8>>) -> u32 {
        match Brief::of(name).and_then(|brief| self.recent.get(brief)) {
            Some(n) => n,
            None => self.other(name, names),
        }
    }

    #[inline(never)]
    fn other(&mut self, name: &[u8], names: &mut Vec<Vec<u8>>) -> u32 {
        let n = match self.numbers.get(name) {
            Some(n) => *n,
            None => {
                let n = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                self.numbers.insert(name.to_vec(), n);
                self.names.push(name.to_vec());
                names.push(name.to_vec());
                n
            }
        };
        if let Some(brief) = Brief::of(name) {
            self.recent.put(brief, n);
        }
        n
    }

    /// The number of a host that has one.
    pub fn get(&self, name: &[u8]) -> Option<u32> {
        self.numbers.get(name).copied()
    }
}
