//! Which AS an address is announced from: MaxMind databases and prefix-to-AS tables.
//!
//! A database is `GeoLite2-ASN` and its like (`autonomous_system_number`) or
//! IPinfo's (`asn = "AS64496"`); a table is what `table` reads.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use maxminddb::{MaxMindDbError, Reader, WithinOptions};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::table::{Origins, as_number};
use crate::config::place;
use crate::fault::{Fault, Outcome};
use crate::hash::sha256;
use crate::limits::{ASN_DB_BYTES, LEAVES_LOOKED_AT};

/// What stands before the metadata of a MaxMind database.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// What a database says of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The origin AS; several where more than one announces the prefix.
    pub asns: Vec<u32>,
    /// The name of the AS, where the database has names.
    pub name: Option<String>,
    /// The prefix this is said of.
    pub prefix: String,
    /// Whether a registry was told so, not seen in the routing: a `route` object.
    pub registered: bool,
}

/// A database of origin ASes.
pub struct AsnDb {
    path: PathBuf,
    date: Option<String>,
    sha256: String,
    data: Data,
}

enum Data {
    MaxMind(Box<Reader<Vec<u8>>>),
    Text(Box<Origins>),
}

impl fmt::Debug for AsnDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsnDb").field("path", &self.path).finish_non_exhaustive()
    }
}

impl AsnDb {
    /// Reads a database or table, whichever the file's content says it is.
    ///
    /// # Errors
    ///
    /// [`Fault::File`] for a file that cannot be read, a broken database or
    /// one without AS numbers; [`Fault::Config`] with the line for a table.
    pub fn load(path: &Path) -> Outcome<Self> {
        let bytes = place::bytes_of(path, ASN_DB_BYTES).map_err(|e| Fault::file(path, e))?;
        if memchr::memmem::find(&bytes, MARK).is_none() {
            if !bytes.starts_with(&[0x1f, 0x8b]) && bytes.contains(&0) {
                return Err(Fault::file(
                    path,
                    "neither a MaxMind database nor a prefix-to-AS table",
                )
                .hint("name a GeoLite2-ASN.mmdb, or lines of `192.0.2.0 24 64496`"));
            }
            drop(bytes);
            let (origins, set) = Origins::load(path)?;
            let (date, sha256) = (set.date, set.sha256);
            return Ok(Self {
                path: path.to_owned(),
                date,
                sha256,
                data: Data::Text(Box::new(origins)),
            });
        }
        let hash = sha256(&bytes);
        let broken = |e: MaxMindDbError| {
            Fault::file(path, e)
                .hint("the database is damaged: fetch it again from where it is published")
        };
        let reader = Reader::from_source(bytes).map_err(broken)?;
        if !has_numbers(&reader).map_err(broken)? {
            let kind = &reader.metadata().database_type;
            return Err(Fault::file(path, format!("this database ({kind}) has no AS numbers"))
                .hint("one like GeoLite2-ASN is needed"));
        }
        let date = day_of(i64::try_from(reader.metadata().build_epoch).ok());
        let data = Data::MaxMind(Box::new(reader));
        Ok(Self { path: path.to_owned(), date, sha256: hash, data })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The day a database was built, or a table's file was written.
    #[must_use]
    pub fn date(&self) -> Option<&str> {
        self.date.as_deref()
    }

    /// The hash of the file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What is known of an address.
    ///
    /// # Errors
    ///
    /// [`Fault::File`] where the database is broken at that place.
    pub fn origin(&self, ip: IpAddr) -> Outcome<Option<Origin>> {
        let ip = ip.to_canonical();
        match &self.data {
            Data::Text(origins) => Ok(origins.of(ip).map(|(range, asns)| Origin {
                asns,
                name: None,
                prefix: range.to_string(),
                registered: origins.registered,
            })),
            Data::MaxMind(reader) => {
                // Half of the databases know IPv4 alone; that is no fault of the address.
                if ip.is_ipv6() && reader.metadata().ip_version == 4 {
                    return Ok(None);
                }
                look_up(reader, ip).map_err(|e| {
                    Fault::file(&self.path, format!("{ip}: {e}"))
                        .hint("the database is damaged: fetch it again from where it is published")
                })
            }
        }
    }
}

fn look_up(reader: &Reader<Vec<u8>>, ip: IpAddr) -> Result<Option<Origin>, MaxMindDbError> {
    let found = reader.lookup(ip)?;
    let Some(record) = found.decode::<Entry>()? else { return Ok(None) };
    let Some(asn) = record.number() else { return Ok(None) };
    let prefix = found.network()?.to_string();
    Ok(Some(Origin { asns: vec![asn], name: record.name(), prefix, registered: false }))
}

/// Whether any of the first records has an AS number.
fn has_numbers(reader: &Reader<Vec<u8>>) -> Result<bool, MaxMindDbError> {
    let leaves = WithinOptions::default().include_networks_without_data();
    for found in reader.networks(leaves)?.take(LEAVES_LOOKED_AT) {
        if found?.decode::<Entry>()?.is_some_and(|e| e.number().is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The keys of both makers.
#[derive(Deserialize)]
struct Entry {
    autonomous_system_number: Option<u32>,
    autonomous_system_organization: Option<String>,
    #[serde(default, deserialize_with = "as_text")]
    asn: Option<u32>,
    as_name: Option<String>,
}

impl Entry {
    fn number(&self) -> Option<u32> {
        self.autonomous_system_number.or(self.asn).filter(|n| *n != 0)
    }

    fn name(self) -> Option<String> {
        self.autonomous_system_organization.or(self.as_name).filter(|n| !n.is_empty())
    }
}

/// Deserialises `"AS64496"` or 64496; an empty string is an address without AS.
fn as_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    struct Number;
    impl Visitor<'_> for Number {
        type Value = Option<u32>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an AS number")
        }
        fn visit_str<E>(self, s: &str) -> Result<Option<u32>, E> {
            Ok(as_number(s))
        }
        fn visit_u64<E>(self, n: u64) -> Result<Option<u32>, E> {
            Ok(u32::try_from(n).ok())
        }
    }
    from.deserialize_any(Number)
}

fn day_of(epoch: Option<i64>) -> Option<String> {
    Some(DateTime::from_timestamp(epoch?, 0)?.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One string of a database; from 29 bytes on, the length has a byte of its own.
    fn string(text: &str) -> Vec<u8> {
        let head = match text.len() as u8 {
            short @ 0..29 => vec![0x40 | short],
            long => vec![0x40 | 29, long - 29],
        };
        [&head, text.as_bytes()].concat()
    }

    /// One unsigned number; `kind` is 5 for 16, 6 for 32 and 9 for 64 bits.
    fn number(kind: u8, n: u64) -> Vec<u8> {
        let bytes: Vec<u8> = n.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
        let len = bytes.len() as u8;
        let head = if kind > 7 { vec![len, kind - 7] } else { vec![kind << 5 | len] };
        [head, bytes].concat()
    }

    fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut out = vec![0xe0 | entries.len() as u8];
        for (key, value) in entries {
            out.extend([string(key), value.clone()].concat());
        }
        out
    }

    /// An IPv4 database that says `record` of 192.0.2.0/24 and nothing else.
    fn database(record: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for depth in 0..24u32 {
            let bit = 0xc000_0200u32 >> (31 - depth) & 1;
            // After the last node comes "nothing", then 16 bytes, then data.
            let on = if depth == 23 { 24 + 16 } else { depth + 1 };
            for side in [0, 1] {
                let to = if side == bit { on } else { 24 };
                out.extend(&to.to_be_bytes()[1..]);
            }
        }
        out.extend([0; 16]);
        out.extend(record);
        out.extend(metadata());
        out
    }

    /// The end of a database with 24 nodes.
    fn metadata() -> Vec<u8> {
        let mut out = MARK.to_vec();
        out.extend(map(&[
            ("binary_format_major_version", number(5, 2)),
            ("binary_format_minor_version", number(5, 0)),
            ("build_epoch", number(9, 1_774_753_200)),
            ("database_type", string("Test-ASN")),
            ("description", map(&[])),
            ("ip_version", number(5, 4)),
            ("languages", vec![0, 4]),
            ("node_count", number(6, 24)),
            ("record_size", number(5, 24)),
        ]));
        out
    }

    fn load(bytes: &[u8]) -> Outcome<AsnDb> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("asn.db");
        std::fs::write(&path, bytes).unwrap();
        AsnDb::load(&path)
    }

    fn said(db: &AsnDb, ip: &str) -> String {
        match db.origin(ip.parse().unwrap()).unwrap() {
            Some(o) => format!("{:?} {} {}", o.asns, o.name.as_deref().unwrap_or("-"), o.prefix),
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn both_makers() {
        let maxmind = map(&[
            ("autonomous_system_number", number(6, 64496)),
            ("autonomous_system_organization", string("Example Net")),
        ]);
        let ipinfo = map(&[("asn", string("AS64496")), ("as_name", string("Example Net"))]);
        for record in [maxmind, ipinfo] {
            let db = load(&database(&record)).unwrap();
            assert_eq!(db.date(), Some("2026-03-29"));
            assert_eq!(db.sha256().len(), 64);
            for (ip, want) in [
                ("192.0.2.7", "[64496] Example Net 192.0.2.0/24"),
                ("::ffff:192.0.2.7", "[64496] Example Net 192.0.2.0/24"),
                ("192.0.3.7", "nothing"),
                ("2001:db8::1", "nothing"),
            ] {
                assert_eq!(said(&db, ip), want, "{ip}");
            }
        }
    }

    #[test]
    fn databases_that_are_not() {
        let good = database(&map(&[("autonomous_system_number", number(6, 64496))]));
        let other = database(&map(&[("city", string("London"))]));
        let empty = database(&map(&[("asn", string(""))]));
        // The record is a pointer to far behind the end.
        let lost = database(&[0x2f, 0xff, 0xff]);
        for (bytes, says) in [
            (other, "this database (Test-ASN) has no AS numbers"),
            (empty, "has no AS numbers"),
            (lost, "asn.db: "),
            (MARK.to_vec(), "asn.db: "),
            (good[..good.len() - 5].to_vec(), "asn.db: "),
            (b"PK\x03\x04\0\0".to_vec(), "neither a MaxMind database nor a prefix-to-AS table"),
            (Vec::new(), "the prefix-to-AS table is empty"),
        ] {
            let fault = load(&bytes).unwrap_err();
            assert_eq!(fault.exit_code(), 3, "{fault}");
            assert!(fault.to_string().contains(says), "{fault}");
        }
        // Every branch leads to the next node, and the last one nowhere: 2^24 ways.
        let mesh: Vec<u8> = (1..=24u32)
            .flat_map(|to| [to, to])
            .flat_map(|to| to.to_be_bytes()[1..].to_vec())
            .collect();
        let fault = load(&[mesh, vec![0; 16], metadata()].concat()).unwrap_err();
        assert!(fault.to_string().contains("has no AS numbers"), "{fault}");
        // Whatever single byte is damaged, nothing panics.
        for i in 0..good.len() {
            let mut bytes = good.clone();
            bytes[i] ^= 0x55;
            if let Ok(db) = load(&bytes) {
                let _ = db.origin("192.0.2.7".parse().unwrap());
            }
        }
    }

    #[test]
    fn tables() {
        let db = load(
            b"# CAIDA\n192.0.2.0\t24\t64496\n192.0.2.64/26 AS64497\n\
              198.51.100.0\t24\t64498_64499\n2001:db8::\t32\t64500,{64501}\n0.0.0.0\t0\t64502\n",
        )
        .unwrap();
        for (ip, want) in [
            ("192.0.2.7", "[64496] - 192.0.2.0/24"),
            ("192.0.2.65", "[64497] - 192.0.2.64/26"),
            ("198.51.100.1", "[64498, 64499] - 198.51.100.0/24"),
            ("2001:db8::1", "[64500, 64501] - 2001:db8::/32"),
            ("203.0.113.1", "nothing"),
        ] {
            assert_eq!(said(&db, ip), want, "{ip}");
        }
        let jsonl = "{\"CIDR\":\"192.0.2.0/24\",\"ASN\":64497,\"Hits\":9}\n{\"CIDR\":\"192.0.2.0/24\",\"ASN\":64496,\"Hits\":1}\n{\"CIDR\":\"2001:db8::/32\",\"ASN\":64500,\"Hits\":9}\n";
        let db = load(jsonl.as_bytes()).unwrap();
        assert_eq!(said(&db, "192.0.2.7"), "[64497, 64496] - 192.0.2.0/24");
        assert_eq!(said(&db, "2001:db8::7"), "[64500] - 2001:db8::/32");
        let dump = "% a dump\n\nroute: 192.0.2.0/24\ndescr: B\u{fc}ro\n  goes on\norigin: AS64496 # ours\nsource: TEST\n\nroute6: 2001:db8::/32\norigin: as64500\n";
        let db = load(dump.as_bytes()).unwrap();
        assert_eq!(said(&db, "192.0.2.7"), "[64496] - 192.0.2.0/24");
        assert_eq!(said(&db, "2001:db8::7"), "[64500] - 2001:db8::/32");
        assert!(db.origin("192.0.2.7".parse().unwrap()).unwrap().unwrap().registered);
        for (text, want) in [
            ("{\"CIDR\":\"192.0.2.0/24\"}", ":1: no object with CIDR and ASN: missing field"),
            ("route: 192.0.2.0/24\norigin: x\n", ":2: `x` is not the number of an AS"),
            (
                "192.0.2.0/24",
                ":1: expected `prefix length AS` or `prefix/length AS`, with blanks or tabs",
            ),
            ("\n192.0.2.0 24 x", ":2: `x` is not the number of an AS"),
            (
                "192.0.2.1 24 64496",
                ":1: `192.0.2.1/24` has host bits set; meant is 192.0.2.0/24 or 192.0.2.1/32",
            ),
        ] {
            let fault = load(text.as_bytes()).unwrap_err().to_string();
            assert!(fault.contains(want), "{fault}");
        }
    }
}
