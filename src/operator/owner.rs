//! Attributes an address to an operator and its region, with the record that proves it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::asn::{AsnDb, Origin};
use super::dataset::file_date;
use super::layer;
use super::prefix::{Near, Range, Table, read_list};
use super::profile::{Profile, Proof};
use super::record::{Attribution, Proven, Record};
use super::registry::{Allocation, Registry};
use crate::config::place;
use crate::fault::{Fault, Outcome};
use crate::limits::{PREFIX_LIST_BYTES, PREFIXES};

/// All operators, and what is needed to tell whose an address is.
#[derive(Debug)]
pub struct Operators {
    /// Sorted by id.
    profiles: Vec<Profile>,
    table: Table,
    /// What the numbers in `table` stand for.
    claims: Vec<Claim>,
    lists: Vec<List>,
    asn_db: Option<AsnDb>,
    by_asn: FxHashMap<u32, Claim>,
    registry: Registry,
    /// By what a registry calls the holder.
    by_holder: FxHashMap<String, Claim>,
}

/// What an operator claims and a file says of an address.
struct Found<'a> {
    range: Range,
    claim: Claim,
    /// None for a prefix list.
    allocation: Option<&'a Allocation>,
}

/// One prefix of one operator. Small, since there may be a million.
#[derive(Clone, Copy, Debug)]
struct Claim {
    operator: u32,
    region: Option<u16>,
    list: u32,
    /// The line in a prefix list; 0 for a prefix in the operator file.
    line: u32,
}

/// A file that prefixes were read from.
#[derive(Debug)]
struct List {
    path: PathBuf,
    date: Option<String>,
    sha256: String,
}

impl Operators {
    /// What the shipped files come to where no list and no database says whose addresses are.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            profiles: Vec::new(),
            table: Table::default(),
            claims: Vec::new(),
            lists: Vec::new(),
            asn_db: None,
            by_asn: FxHashMap::default(),
            registry: Registry::default(),
            by_holder: FxHashMap::default(),
        }
    }

    /// Reads the shipped operator files and those in `dir`, their prefix
    /// lists, and the AS database.
    ///
    /// # Errors
    ///
    /// [`Fault::Config`] with file and line for a mistake in a file or a
    /// prefix or AS that two claim; [`Fault::File`] for the database.
    pub fn load(dir: Option<&Path>, asn_db: Option<&Path>) -> Outcome<Self> {
        Self::load_with(dir, asn_db, &[])
    }

    /// The same, with files of registries.
    ///
    /// # Errors
    ///
    /// As [`Operators::load`], and for a file of a registry.
    pub fn load_with(
        dir: Option<&Path>,
        asn_db: Option<&Path>,
        registries: &[PathBuf],
    ) -> Outcome<Self> {
        let mut profiles = layer::load(dir)?;
        profiles.sort_by(|a, b| a.id.cmp(&b.id));
        let mut all = Self {
            asn_db: asn_db.map(AsnDb::load).transpose()?,
            registry: Registry::load(registries)?,
            ..Self::nobody()
        };
        for (number, profile) in (0u32..).zip(&profiles) {
            // Regions first: of equal ranges of one operator, theirs says more.
            for (i, r) in (0u16..).zip(&profile.region) {
                all.claim(profile, (number, Some(i)), &r.prefixes, &r.prefix_file)?;
            }
            let m = &profile.matches;
            all.claim(profile, (number, None), &m.prefixes, &m.prefix_file)?;
        }
        all.table.sort();
        all.profiles = profiles;
        all.refuse_equal_claims()?;
        all.claim_ases()?;
        all.claim_holders()?;
        Ok(all)
    }

    fn claim(
        &mut self,
        profile: &Profile,
        (operator, region): (u32, Option<u16>),
        inline: &[Range],
        files: &[PathBuf],
    ) -> Outcome<()> {
        let mut number = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        if !inline.is_empty() {
            for range in inline {
                self.add(Claim { operator, region, list: number, line: 0 }, *range);
            }
            self.lists.push(List {
                path: PathBuf::from(profile.place()),
                date: profile.file.as_deref().and_then(file_date),
                sha256: profile.sha256.clone(),
            });
            number += 1;
        }
        for path in files {
            let bytes = place::bytes_of(path, PREFIX_LIST_BYTES)
                .map_err(|e| Fault::config(path, None, e.to_string()))?;
            let ranges =
                read_list(&bytes).map_err(|(line, e)| Fault::config(path, Some(line), e))?;
            if self.table.len() + ranges.len() > PREFIXES {
                let most = format!("with it there are more than {PREFIXES} prefixes");
                return Err(Fault::config(path, None, most)
                    .hint("leave out prefixes, or let AS numbers and --asn-db stand for them"));
            }
            for (line, range) in ranges {
                self.add(Claim { operator, region, list: number, line }, range);
            }
            let (date, sha256) = (file_date(path), crate::hash::sha256(&bytes));
            self.lists.push(List { path: path.clone(), date, sha256 });
            number += 1;
        }
        Ok(())
    }

    fn add(&mut self, claim: Claim, range: Range) {
        // PREFIXES is far below 2^32.
        let id = u32::try_from(self.claims.len()).unwrap_or(u32::MAX);
        self.claims.push(claim);
        self.table.add(range, id);
    }

    /// Of two who claim the identical prefix, nobody can say whose it is.
    fn refuse_equal_claims(&self) -> Outcome<()> {
        for (range, a, b) in self.table.equals() {
            let (Some(a), Some(b)) = (self.claims.get(a as usize), self.claims.get(b as usize))
            else {
                continue;
            };
            let two_regions = a.region.is_some() && b.region.is_some() && a.region != b.region;
            if a.operator == b.operator && !two_regions {
                continue;
            }
            let (first, second) =
                (self.lists.get(a.list as usize), self.lists.get(b.list as usize));
            if let (Some(first), Some(second)) = (first, second) {
                let line = if a.line > 0 { format!(":{}", a.line) } else { String::new() };
                return Err(Fault::config(
                    &second.path,
                    (b.line > 0).then_some(b.line as usize),
                    format!(
                        "{range} of {} is also claimed by {} in {}{line}",
                        self.claimant(*b),
                        self.claimant(*a),
                        first.path.display(),
                    ),
                )
                .hint("take it out of one of the two"));
            }
        }
        Ok(())
    }

    /// The operator's id, and the region if there is one.
    fn claimant(&self, claim: Claim) -> String {
        let Some(profile) = self.profile(claim) else { return String::new() };
        match self.region(claim) {
            Some(region) => format!("`{}` (region {region})", profile.id),
            None => format!("`{}`", profile.id),
        }
    }

    fn claim_ases(&mut self) -> Outcome<()> {
        let mut by_asn: FxHashMap<u32, Claim> = FxHashMap::default();
        for (operator, profile) in (0u32..).zip(&self.profiles) {
            let regions = (0u16..).zip(&profile.region);
            let of_regions = regions.flat_map(|(i, r)| r.asn.iter().map(move |n| (*n, Some(i))));
            let of_all = profile.matches.asn.iter().map(|n| (*n, None));
            for (asn, region) in of_regions.chain(of_all) {
                let claim = Claim { operator, region, list: 0, line: 0 };
                let Some(earlier) = by_asn.get(&asn).copied() else {
                    by_asn.insert(asn, claim);
                    continue;
                };
                if earlier.operator == operator && (region.is_none() || region == earlier.region) {
                    continue;
                }
                if self.takes_over(claim, earlier, &format!("AS{asn}"), "asn")? {
                    by_asn.insert(asn, claim);
                }
            }
        }
        self.by_asn = by_asn;
        Ok(())
    }

    fn claim_holders(&mut self) -> Outcome<()> {
        let mut by_holder: FxHashMap<String, Claim> = FxHashMap::default();
        for (operator, profile) in (0u32..).zip(&self.profiles) {
            let m = &profile.matches;
            let claim = Claim { operator, region: None, list: 0, line: 0 };
            let ids = m.opaque_id.iter().map(|h| ("opaque_id", h));
            for (key, holder) in ids.chain(m.whois_org.iter().map(|h| ("whois_org", h))) {
                let takes = match by_holder.get(holder).copied() {
                    Some(earlier) if earlier.operator == operator => false,
                    Some(earlier) => {
                        self.takes_over(claim, earlier, &format!("the holder `{holder}`"), key)?
                    }
                    None => true,
                };
                if takes {
                    by_holder.insert(holder.clone(), claim);
                }
            }
        }
        self.by_holder = by_holder;
        Ok(())
    }

    /// Whether a second claim to the same thing replaces the first: a file of
    /// the user's may take over what a shipped one claims; two of the user's
    /// may not claim the same.
    fn takes_over(&self, claim: Claim, earlier: Claim, what: &str, key: &str) -> Outcome<bool> {
        let (Some(profile), Some(other)) = (self.profile(claim), self.profile(earlier)) else {
            return Ok(false);
        };
        match (&other.file, &profile.file) {
            (Some(_), None) => Ok(false),
            (None, Some(_)) => Ok(true),
            _ => {
                let path = PathBuf::from(profile.place());
                let text = profile.file.as_deref().map(place::text_of).transpose()?;
                let line = text.and_then(|t| place::line_of(&t, "match", key, ""));
                let (ours, theirs) = (self.claimant(claim), self.claimant(earlier));
                Err(Fault::config(
                    &path,
                    line,
                    format!("{what} of {ours} is also claimed by {theirs} in {}", other.place(),),
                )
                .hint("take it out of one of the two"))
            }
        }
    }

    fn profile(&self, claim: Claim) -> Option<&Profile> {
        self.profiles.get(claim.operator as usize)
    }

    fn region(&self, claim: Claim) -> Option<&str> {
        let regions = &self.profile(claim)?.region;
        regions.get(usize::from(claim.region?)).map(|r| r.name.as_str())
    }

    /// The id of the operator that [`Operators::whose`] says, and the errors; `near` is what the look-up before it
    /// left, since addresses in order are found sooner.
    #[inline]
    pub fn name_of(&self, ip: IpAddr, near: &mut Near) -> Outcome<Option<&str>> {
        if self.asn_db.is_some() || !self.registry.is_empty() {
            return Ok(self.whose(ip)?.operator.map(|p| p.id.as_str()));
        }
        let claim = self.table.longest_near(ip, near).and_then(|id| self.claims.get(id as usize));
        Ok(claim.and_then(|claim| self.profile(*claim)).map(|p| p.id.as_str()))
    }

    /// Whose the address is.
    ///
    /// # Errors
    ///
    /// [`Fault::File`] where the AS database is broken at that place.
    pub fn whose(&self, ip: IpAddr) -> Outcome<Attribution<'_>> {
        let origin = match &self.asn_db {
            Some(db) => db.origin(ip)?,
            None => None,
        };
        let held = self.registry.holding(ip);
        let mut listed: Vec<Found<'_>> = self
            .table
            .all(ip)
            .into_iter()
            .filter_map(|(range, id)| {
                let claim = *self.claims.get(id as usize)?;
                Some(Found { range, claim, allocation: None })
            })
            .collect();
        for a in &held {
            let known = self.by_holder.get(&a.holder);
            let known = known.or_else(|| self.by_holder.get(a.org_name.as_ref()?));
            let found =
                |claim: &Claim| Found { range: a.range, claim: *claim, allocation: Some(a) };
            listed.extend(known.map(found));
        }
        // Of equal ranges one's own list says more.
        listed.sort_by_key(|f| (f.range.size(), f.allocation.is_some()));
        let mut by_as: Vec<(u32, Claim)> = Vec::new();
        for asn in origin.iter().flat_map(|o| &o.asns) {
            by_as.extend(self.by_asn.get(asn).map(|claim| (*asn, *claim)));
        }

        let mut records: Vec<(Claim, Record)> = Vec::new();
        for found in &listed {
            records.extend(self.listed_record(found).map(|r| (found.claim, r)));
        }
        let from_lists = records.len();
        for (asn, claim) in &by_as {
            let record = origin.as_ref().and_then(|o| self.origin_record(o, *asn, *claim));
            records.extend(record.map(|r| (*claim, r)));
        }
        // An AS proves something where nobody lists the address, its operator
        // takes that for proof, and a prefix announced by several ASes does
        // not belong to two operators. A list of prefixes always proves.
        let proof = |c: &Claim| self.profile(*c).map(|p| p.matches.proof);
        let sure = by_as.windows(2).all(|w| match w {
            [a, b] => a.1.operator == b.1.operator,
            _ => true,
        });
        let by_list = records.iter().take(from_lists).position(|(claim, r)| {
            r.kind == Proven::PrefixList || proof(claim) != Some(Proof::OriginAs)
        });
        let proving = by_list.or_else(|| {
            let (claim, _) = records.get(from_lists)?;
            (sure && proof(claim) != Some(Proof::Allocation)).then_some(from_lists)
        });
        let allocation = held.first().cloned();
        let Some(proving) = proving.filter(|i| *i < records.len()) else {
            let others = records.into_iter().map(|(_, r)| r).collect();
            return Ok(Attribution {
                operator: None,
                region: None,
                record: None,
                others,
                allocation,
                origin,
            });
        };
        let (winner, record) = records.remove(proving);
        let region = self.region_of(winner, &listed, &by_as);
        let others = records
            .into_iter()
            .filter(|(c, r)| {
                c.operator != winner.operator
                    || (r.region.is_some() && r.region.as_deref() != region)
            })
            .map(|(_, r)| r)
            .collect();
        let operator = self.profile(winner);
        Ok(Attribution { operator, region, record: Some(record), others, allocation, origin })
    }

    /// The region: by the longest prefix of any region, else by origin AS,
    /// else the one that is the default.
    fn region_of(
        &self,
        winner: Claim,
        listed: &[Found<'_>],
        by_as: &[(u32, Claim)],
    ) -> Option<&str> {
        let own = |c: &&Claim| c.operator == winner.operator && c.region.is_some();
        if let Some(claim) = listed.iter().map(|f| &f.claim).find(own) {
            return self.region(*claim);
        }
        let mut named = by_as.iter().map(|(_, c)| c).filter(own).filter_map(|c| self.region(*c));
        if let Some(first) = named.next() {
            // Announced from two regions at once: neither is sure.
            return named.all(|other| other == first).then_some(first);
        }
        let regions = &self.profile(winner)?.region;
        regions.iter().find(|r| r.default).map(|r| r.name.as_str())
    }

    fn listed_record(&self, found: &Found<'_>) -> Option<Record> {
        let operator = self.profile(found.claim)?.id.clone();
        if let Some(a) = found.allocation {
            return Some(Record {
                operator,
                region: None,
                prefix: a.range.to_string(),
                file: a.file.clone(),
                line: Some(a.line),
                file_date: a.file_date.clone(),
                file_sha256: a.file_sha256.clone(),
                kind: Proven::Allocation,
                asn: None,
                as_name: None,
                holder: Some(a.to_string()),
            });
        }
        let claim = found.claim;
        let list = self.lists.get(claim.list as usize)?;
        Some(Record {
            operator,
            region: self.region(claim).map(str::to_owned),
            prefix: found.range.to_string(),
            file: list.path.clone(),
            line: (claim.line > 0).then_some(claim.line as usize),
            file_date: list.date.clone(),
            file_sha256: list.sha256.clone(),
            kind: Proven::PrefixList,
            asn: None,
            as_name: None,
            holder: None,
        })
    }

    fn origin_record(&self, origin: &Origin, asn: u32, claim: Claim) -> Option<Record> {
        let db = self.asn_db.as_ref()?;
        Some(Record {
            operator: self.profile(claim)?.id.clone(),
            region: self.region(claim).map(str::to_owned),
            prefix: origin.prefix.clone(),
            file: db.path().to_owned(),
            line: None,
            file_date: db.date().map(str::to_owned),
            file_sha256: db.sha256().to_owned(),
            kind: Proven::OriginAs,
            asn: Some(asn),
            as_name: origin.name.clone(),
            holder: None,
        })
    }

    /// Whether a prefix list claims the address; a reserved one that is
    /// claimed counts as any other.
    #[must_use]
    pub fn claims(&self, ip: IpAddr) -> bool {
        self.table.longest(ip).is_some()
    }

    /// The operator of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.profiles
            .binary_search_by(|p| p.id.as_str().cmp(id))
            .ok()
            .and_then(|i| self.profiles.get(i))
    }

    /// All operators, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter()
    }

    /// The AS database, if one was named.
    #[must_use]
    pub fn asn_db(&self) -> Option<&AsnDb> {
        self.asn_db.as_ref()
    }

    /// The files of registries.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Every file prefixes or allocations were read from, with its day and
    /// hash, for a manifest.
    pub fn lists(&self) -> impl Iterator<Item = (&Path, Option<&str>, &str)> {
        let lists =
            self.lists.iter().map(|l| (l.path.as_path(), l.date.as_deref(), l.sha256.as_str()));
        let registries = self.registry.files().iter();
        lists.chain(registries.map(|f| (f.path.as_path(), f.date.as_deref(), f.sha256.as_str())))
    }
}

#[cfg(test)]
#[path = "owner_tests.rs"]
mod tests;
