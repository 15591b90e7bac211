//! To whom addresses were allocated, by the registries' own files.
//!
//! A delegated-extended file has `registry|cc|type|start|value|date|status|opaque-id`;
//! the value of IPv4 is a number of addresses, which need not be a power of
//! two, and that of IPv6 a prefix length; one opaque id is one holder, in one
//! registry. A dump of RPSL has paragraphs: `inetnum` and `inet6num` with
//! their `org`, and `organisation` with its name. `netname` and `descr` are
//! free text of whoever keeps the object: they are shown and prove nothing.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::dataset::{Dataset, lines};
use super::prefix::{Range, Table};
use crate::config::net;
use crate::fault::{Fault, Outcome};

/// To whom a range was allocated or assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The range.
    pub range: Range,
    /// The holder: `ripencc:OPAQUE` in a delegated file, an `org` handle in a
    /// dump; empty where the object names none.
    pub holder: String,
    /// The name of that organisation, where the dump has it.
    pub org_name: Option<String>,
    /// The network's name: whatever its keeper likes.
    pub netname: Option<String>,
    /// The country, as written there.
    pub country: Option<String>,
    /// The file it stands in.
    pub file: PathBuf,
    /// The day that was written.
    pub file_date: Option<String>,
    /// Its hash.
    pub file_sha256: String,
    /// The line.
    pub line: usize,
}

impl fmt::Display for Allocation {
    /// `ORG-EX1-TEST (Example Networks), GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.org_name.as_ref().or(self.netname.as_ref());
        match (self.holder.as_str(), name) {
            ("", None) => f.write_str("a holder that is not named")?,
            ("", Some(name)) => f.write_str(name)?,
            (holder, None) => f.write_str(holder)?,
            (holder, Some(name)) => write!(f, "{holder} ({name})")?,
        }
        match &self.country {
            Some(country) => write!(f, ", {country}"),
            None => Ok(()),
        }
    }
}

/// Files of registries, loaded.
#[derive(Debug, Default)]
pub struct Registry {
    files: Vec<Dataset>,
    table: Table,
    entries: Vec<Entry>,
    words: Words,
    /// Names of organisations by their handle, both as words.
    names: FxHashMap<u32, u32>,
}

/// One range. Small, since there may be millions. Words are numbers; 0 is none.
#[derive(Clone, Copy, Debug)]
struct Entry {
    holder: u32,
    name: u32,
    country: u32,
    file: u16,
    line: u32,
}

/// Texts, each kept once.
#[derive(Debug)]
struct Words {
    texts: Vec<Box<str>>,
    numbers: FxHashMap<Box<str>, u32>,
}

impl Default for Words {
    fn default() -> Self {
        Self { texts: vec!["".into()], numbers: FxHashMap::default() }
    }
}

impl Words {
    fn number(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(n) = self.numbers.get(text) {
            return *n;
        }
        let n = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.into());
        self.numbers.insert(text.into(), n);
        n
    }

    fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |t| t)
    }
}

impl Registry {
    /// Reads files of registries, each delegated-extended or a dump of RPSL.
    ///
    /// # Errors
    ///
    /// [`Fault::File`] or [`Fault::Config`] with the file, and the line where
    /// there is one.
    pub fn load<P: AsRef<Path>>(paths: &[P]) -> Outcome<Self> {
        let mut all = Self::default();
        for path in paths {
            all.read(path.as_ref())?;
        }
        all.table.sort();
        Ok(all)
    }

    /// The files, in the order they were named.
    #[must_use]
    pub fn files(&self) -> &[Dataset] {
        &self.files
    }

    /// How many ranges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Everything that holds the address, the smallest range first.
    #[must_use]
    pub fn holding(&self, ip: IpAddr) -> Vec<Allocation> {
        let found = self.table.all(ip).into_iter();
        found
            .filter_map(|(range, id)| {
                let e = self.entries.get(id as usize)?;
                let file = self.files.get(usize::from(e.file))?;
                let some = |n: u32| (n != 0).then(|| self.words.text(n).to_owned());
                Some(Allocation {
                    range,
                    holder: self.words.text(e.holder).to_owned(),
                    org_name: self.names.get(&e.holder).and_then(|n| some(*n)),
                    netname: some(e.name),
                    country: some(e.country),
                    file: file.path.clone(),
                    file_date: file.date.clone(),
                    file_sha256: file.sha256.clone(),
                    line: e.line as usize,
                })
            })
            .collect()
    }

    fn read(&mut self, path: &Path) -> Outcome<()> {
        let file = u16::try_from(self.files.len()).map_err(|_| {
            Fault::file(path, "more files of registries than can be told apart")
                .hint("name fewer: one a registry is enough")
        })?;
        let before = self.entries.len();
        let mut object = Object::default();
        let mut delegated = None;
        let set = lines(path, |number, line| {
            let is_comment = matches!(line.first(), Some(b'#' | b'%'));
            if is_comment || (delegated.is_none() && line.trim_ascii().is_empty()) {
                return Ok(());
            }
            let by_bars =
                *delegated.get_or_insert_with(|| memchr::memchr_iter(b'|', line).count() >= 4);
            if by_bars {
                self.delegated(file, number, line)
            } else if line.trim_ascii().is_empty() {
                self.object(file, &std::mem::take(&mut object))
            } else {
                object.take(number, line)
            }
        })?;
        self.object(file, &object).map_err(|why| Fault::config(path, Some(object.line), why))?;
        self.files.push(set);
        if self.entries.len() == before && self.names.is_empty() {
            return Err(Fault::file(
                path,
                "no allocation: neither a delegated-extended file nor a dump with inetnum, inet6num or organisation",
            )
            .hint("name a registry's delegated-extended-latest or its split dump, gzipped or not"));
        }
        Ok(())
    }

    fn add(&mut self, range: Range, entry: Entry) -> Result<(), String> {
        let id = u32::try_from(self.entries.len()).map_err(|_| "too many ranges".to_owned())?;
        self.table.add(range, id);
        self.entries.push(entry);
        Ok(())
    }

    fn delegated(&mut self, file: u16, number: usize, line: &[u8]) -> Result<(), String> {
        let text = str::from_utf8(line).map_err(|_| "this is not text".to_owned())?;
        if text.trim().is_empty() {
            return Ok(());
        }
        let fields: Vec<&str> = text.split('|').map(str::trim).collect();
        // The first line states a version, and some that follow sum up.
        if fields.first().is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
            || fields.last() == Some(&"summary")
        {
            return Ok(());
        }
        let [registry, country, kind, start, value, _date, status, rest @ ..] = fields.as_slice()
        else {
            return Err("expected registry|cc|type|start|value|date|status|opaque-id".to_owned());
        };
        match *status {
            "allocated" | "assigned" => {}
            "available" | "reserved" => return Ok(()),
            other => return Err(format!("unknown status `{other}`")),
        }
        let first = || net::address_of(start);
        let range = match *kind {
            "asn" => return Ok(()),
            "ipv4" => {
                let (IpAddr::V4(first), Ok(count)) = (first()?, value.parse::<u32>()) else {
                    return Err(format!("`{start}|{value}` is no range of IPv4 addresses"));
                };
                let last = count.checked_sub(1).and_then(|n| first.to_bits().checked_add(n));
                let last = last.ok_or_else(|| format!("`{start}|{value}` ends outside of IPv4"))?;
                Range::V4(first.to_bits(), last)
            }
            "ipv6" => Range::parse(&format!("{start}/{value}"))?,
            other => return Err(format!("unknown type `{other}`")),
        };
        if !range.is_believable() {
            return Ok(());
        }
        let holder = match rest.first().filter(|id| !id.is_empty()) {
            Some(id) => self.words.number(&format!("{registry}:{id}")),
            None => 0,
        };
        let country = self.words.number(country);
        let line = u32::try_from(number).unwrap_or(u32::MAX);
        self.add(range, Entry { holder, name: 0, country, file, line })
    }

    /// Keeps what an object of a dump says.
    fn object(&mut self, file: u16, object: &Object) -> Result<(), String> {
        let range = match object.class.as_str() {
            "organisation" => {
                let handle = self.words.number(&object.key);
                let name = self.words.number(&object.org_name);
                self.names.insert(handle, name);
                return Ok(());
            }
            "inetnum" | "inet6num" => object.key.as_str(),
            _ => return Ok(()),
        };
        // The root of a registry's tree is nobody's.
        let Ok(range) = Range::parse(range) else {
            return match net::network(range).is_ok() || range.contains('-') {
                true => Ok(()),
                false => Err(format!("`{range}` is no range of addresses")),
            };
        };
        let entry = Entry {
            holder: self.words.number(&object.org),
            name: self.words.number(&object.netname),
            country: self.words.number(&object.country),
            file,
            line: u32::try_from(object.line).unwrap_or(u32::MAX),
        };
        self.add(range, entry)
    }
}

/// A paragraph of a dump, as far as it concerns us.
#[derive(Debug, Default)]
struct Object {
    class: String,
    key: String,
    line: usize,
    org: String,
    org_name: String,
    netname: String,
    country: String,
}

impl Object {
    fn take(&mut self, number: usize, line: &[u8]) -> Result<(), String> {
        // A line that begins with a blank or `+` goes on with what stood before.
        if matches!(line.first(), Some(b' ' | b'\t' | b'+')) {
            return Ok(());
        }
        let colon = memchr::memchr(b':', line)
            .ok_or_else(|| "expected `attribute: value`, as RPSL has it".to_owned())?;
        let (name, rest) = line.split_at(colon);
        let rest = rest.get(1..).unwrap_or_default();
        let rest = rest.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
        // Names of organisations may be in Latin-1; what is not ASCII is kept out.
        let value = || -> String {
            rest.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect()
        };
        if self.class.is_empty() {
            self.class = String::from_utf8(name.to_ascii_lowercase())
                .map_err(|_| "this is not text".to_owned())?;
            (self.key, self.line) = (value(), number);
            return Ok(());
        }
        let into = match name {
            b"org" => &mut self.org,
            b"org-name" => &mut self.org_name,
            b"netname" => &mut self.netname,
            b"country" => &mut self.country,
            _ => return Ok(()),
        };
        if into.is_empty() {
            *into = value();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELEGATED: &str = "\
2|ripencc|20260401|7|19830705|20260331|+0200
ripencc|*|ipv4|*|5|summary
# a comment
ripencc|GB|ipv4|192.0.2.0|100|20040312|allocated|aaaa-1
ripencc|GB|ipv4|192.0.2.100|28|20040312|assigned|bbbb-2
ripencc|GB|ipv4|198.51.100.0|256|20050101|allocated|aaaa-1
ripencc||ipv4|203.0.113.0|256||available|
ripencc|GB|ipv6|2001:db8::|32|20050101|allocated|aaaa-1
ripencc|GB|asn|64496|1|20050101|allocated|aaaa-1
";

    const DUMP: &str = "\
% a remark

inetnum:        192.0.2.0 - 192.0.2.127
netname:        EXAMPLE-NET
descr:          Somebody Else Ltd
descr:          pretends to be another
country:        GB
org:            ORG-EX1-TEST   # a comment
status:         ALLOCATED PA
remarks:        goes
+               on
                and on

inet6num:       2001:db8:1::/48
netname:        EXAMPLE-SIX
country:        NL
source:         TEST

organisation:   ORG-EX1-TEST
org-name:       Example Networks B\u{fc}ro

inetnum:        0.0.0.0 - 255.255.255.255
netname:        IANA-BLK
";

    fn load(texts: &[&str]) -> Result<Registry, String> {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<_> = (0..texts.len()).map(|n| dir.path().join(format!("r{n}"))).collect();
        for (path, text) in paths.iter().zip(texts) {
            std::fs::write(path, text).unwrap();
        }
        Registry::load(&paths)
            .map_err(|e| e.to_string().replace(&format!("{}/", dir.path().display()), ""))
    }

    fn told(registry: &Registry, ip: &str) -> Vec<String> {
        let found = registry.holding(ip.parse().unwrap()).into_iter();
        found
            .map(|a| {
                let file = a.file.file_name().unwrap().to_str().unwrap();
                format!("{} to {a} {file}:{}", a.range, a.line)
            })
            .collect()
    }

    #[test]
    fn ranges_that_are_no_power_of_two() {
        let all = load(&[DELEGATED]).unwrap();
        assert_eq!(all.len(), 4);
        for (ip, want) in [
            ("192.0.2.99", "192.0.2.0 - 192.0.2.99 to ripencc:aaaa-1, GB r0:4"),
            ("192.0.2.100", "192.0.2.100 - 192.0.2.127 to ripencc:bbbb-2, GB r0:5"),
            ("198.51.100.255", "198.51.100.0/24 to ripencc:aaaa-1, GB r0:6"),
            ("2001:db8:ffff::1", "2001:db8::/32 to ripencc:aaaa-1, GB r0:8"),
        ] {
            assert_eq!(told(&all, ip), [want]);
        }
        assert!(told(&all, "192.0.2.128").is_empty() && told(&all, "203.0.113.1").is_empty());
    }

    #[test]
    fn a_dump_beside_it() {
        let all = load(&[DELEGATED, DUMP]).unwrap();
        assert_eq!(
            told(&all, "192.0.2.1"),
            [
                "192.0.2.0 - 192.0.2.99 to ripencc:aaaa-1, GB r0:4",
                "192.0.2.0/25 to ORG-EX1-TEST (Example Networks B??ro), GB r1:3",
            ]
        );
        assert_eq!(
            told(&all, "2001:db8:1::1"),
            [
                "2001:db8:1::/48 to EXAMPLE-SIX, NL r1:14",
                "2001:db8::/32 to ripencc:aaaa-1, GB r0:8",
            ]
        );
        assert_eq!(all.files().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, want) in [
            ("ripencc|GB|ipv4|192.0.2.0|x|2004|allocated|a\n", "r0:1: `192.0.2.0|x` is no range"),
            ("ripencc|GB|ipv4|192.0.2.0|0|2004|allocated|a\n", "r0:1: `192.0.2.0|0` ends outside"),
            (
                "2|x|y|z|1\nripencc|GB|ipv4|255.255.255.0|257|2004|allocated|a\n",
                "r0:2: `255.255.255.0|257` ends outside of IPv4",
            ),
            ("ripencc|GB|ipv6|2001:db8::|129|2004|allocated|a\n", "r0:1: `2001:db8::/129`"),
            ("ripencc|GB|ipv4|192.0.2.0|1|2004|stolen|a\n", "r0:1: unknown status `stolen`"),
            ("ripencc|GB|ipv4|192.0.2.0|1\n", "r0:1: expected registry|cc|"),
            ("inetnum:        here\n", "r0:1: `here` is no range of addresses"),
            ("inetnum 192.0.2.0\n", "r0:1: expected `attribute: value`"),
            ("role: somebody\n", "r0: no allocation"),
            ("", "r0: no allocation"),
        ] {
            let got = load(&[text]).unwrap_err();
            assert!(got.starts_with(want), "{got}\n{want}");
        }
    }
}
