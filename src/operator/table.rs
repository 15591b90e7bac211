//! Prefix-to-AS tables as text: which AS announces a prefix, or is registered to.
//!
//! CAIDA writes `prefix<TAB>length<TAB>AS`, with `64496_64497` for a prefix that
//! several announce and `64496,64497` for a set; others `prefix/length AS`;
//! bgp.tools one object a line, `{"CIDR":"192.0.2.0/24","ASN":64496,"Hits":9}`,
//! and a prefix of several ASes on several lines; registries dump `route` and
//! `route6` objects with their `origin`.

use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

use super::dataset::{Dataset, lines};
use super::prefix::{Range, Table};
use crate::config::net;
use crate::fault::{Fault, Outcome};

/// A table in memory.
#[derive(Debug, Default)]
pub(super) struct Origins {
    table: Table,
    /// The ASes of the range whose number is the index: beginning and end in `ases`.
    spans: Vec<(u32, u32)>,
    ases: Vec<u32>,
    /// Whether it says what is registered, not what was seen in the routing.
    pub registered: bool,
}

/// One line of bgp.tools' table.
#[derive(Deserialize)]
struct Seen<'l> {
    #[serde(rename = "CIDR", borrow)]
    cidr: std::borrow::Cow<'l, str>,
    #[serde(rename = "ASN")]
    asn: u32,
}

impl Origins {
    /// Reads a table, whichever of the forms its lines have.
    ///
    /// # Errors
    ///
    /// [`Fault::Config`] with the line, [`Fault::File`] where there is nothing in it.
    pub(super) fn load(path: &Path) -> Outcome<(Self, Dataset)> {
        let mut all = Self::default();
        // The prefix of a `route` object that waits for its origin.
        let mut route: Option<String> = None;
        let set = lines(path, |_, line| {
            let line = line.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
            if line.is_empty() || line.first() == Some(&b'%') {
                return Ok(());
            }
            if line.first() == Some(&b'{') {
                let seen: Seen<'_> = serde_json::from_slice(line)
                    .map_err(|e| format!("no object with CIDR and ASN: {e}"))?;
                return all.add(&seen.cidr, &[seen.asn]);
            }
            let text = str::from_utf8(line).unwrap_or_default();
            if let Some((name, value)) = text.split_once(':').filter(|(n, _)| is_attribute(n)) {
                return match name {
                    "route" | "route6" => {
                        route = Some(value.trim().to_owned());
                        all.registered = true;
                        Ok(())
                    }
                    "origin" => match route.take() {
                        Some(prefix) => all.add(&prefix, &[origin(value.trim())?]),
                        None => Ok(()),
                    },
                    _ => Ok(()),
                };
            }
            // What goes on with an attribute of a dump, in any encoding.
            if all.registered {
                return Ok(());
            }
            if text.is_empty() {
                return Err("this is not text".to_owned());
            }
            all.fields(text)
        })?;
        if all.table.is_empty() {
            return Err(Fault::file(path, "the prefix-to-AS table is empty")
                .hint("fetch it again, or leave --asn-db out"));
        }
        all.table.sort();
        Ok((all, set))
    }

    fn fields(&mut self, text: &str) -> Result<(), String> {
        let mut words = text.split_whitespace();
        let both;
        let (prefix, ases) = match (words.next(), words.next(), words.next(), words.next()) {
            (Some(address), Some(length), Some(ases), None) => {
                both = format!("{address}/{length}");
                (both.as_str(), ases)
            }
            (Some(prefix), Some(ases), None, None) => (prefix, ases),
            _ => {
                return Err(
                    "expected `prefix length AS` or `prefix/length AS`, with blanks or tabs"
                        .to_owned(),
                );
            }
        };
        let mut found = [0; MOST_ASES];
        let mut n = 0;
        for word in ases.split(['_', ',']) {
            let asn = origin(word).map_err(|_| format!("`{ases}` is not the number of an AS"))?;
            let slot = found
                .get_mut(n)
                .ok_or_else(|| format!("`{ases}`: more than {MOST_ASES} ASes for one prefix"))?;
            *slot = asn;
            n += 1;
        }
        self.add(prefix, found.get(..n).unwrap_or_default())
    }

    fn add(&mut self, prefix: &str, ases: &[u32]) -> Result<(), String> {
        // Full tables name a default route or a block of many holders; they tell nothing here.
        let range = match Range::parse(prefix) {
            Ok(range) => range,
            Err(_) if net::network(prefix).is_ok() => return Ok(()),
            Err(e) => return Err(e),
        };
        let id = u32::try_from(self.spans.len()).map_err(|e| e.to_string())?;
        let from = u32::try_from(self.ases.len()).map_err(|e| e.to_string())?;
        self.ases.extend_from_slice(ases);
        self.spans.push((from, from + ases.len() as u32));
        self.table.add(range, id);
        Ok(())
    }

    /// The smallest prefix that holds the address, and all ASes named for it.
    pub(super) fn of(&self, ip: IpAddr) -> Option<(Range, Vec<u32>)> {
        let found = self.table.all(ip);
        let (range, _) = *found.first()?;
        let named = found
            .iter()
            .take_while(|(r, _)| *r == range)
            .filter_map(|(_, id)| self.spans.get(*id as usize))
            .flat_map(|(a, b)| self.ases.get(*a as usize..*b as usize).unwrap_or_default())
            .copied();
        // In the order of the file, each once.
        let mut ases: Vec<u32> = Vec::new();
        for asn in named {
            if !ases.contains(&asn) {
                ases.push(asn);
            }
        }
        Some((range, ases))
    }
}

/// ASes that one line may name for a prefix: no prefix of the Internet has half of them.
const MOST_ASES: usize = 64;

/// Whether a word may be the name of an RPSL attribute: an address has none like it.
fn is_attribute(word: &str) -> bool {
    word.len() > 2
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && word.bytes().any(|b| !b.is_ascii_hexdigit())
}

/// `64496`, `AS64496`, `{64496}`.
fn origin(text: &str) -> Result<u32, String> {
    as_number(text).ok_or_else(|| format!("`{text}` is not the number of an AS"))
}

/// The number of an AS, however it is dressed.
pub(super) fn as_number(text: &str) -> Option<u32> {
    let digits = text.trim_matches(['{', '}']);
    let digits = digits.strip_prefix("AS").or(digits.strip_prefix("as")).unwrap_or(digits);
    digits.parse().ok()
}
