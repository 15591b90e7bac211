//! Builds profiles out of the files they extend, and checks what only shows in the whole.
//!
//! Each file is first read by itself, so that an unknown key or a bad value
//! is told with its line. Then the tables are laid over each other, and the
//! result is read again; it can lack nothing but what the checks name.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;
use serde::Deserialize as _;
use toml::{Table, Value};

use super::profile::{Kind, Profile};
use super::shipped::SHIPPED;
use crate::config::place;
use crate::fault::{Fault, Outcome};
use crate::hash::sha256;
use crate::limits::INCLUDE_DEPTH;

/// What a file builds on that does not say so.
const BASE: &str = "generic";

/// One operator file as it was written.
struct Layer {
    id: String,
    extends: Option<String>,
    /// What errors call it.
    name: PathBuf,
    /// None for one that ships inside.
    file: Option<PathBuf>,
    text: String,
    table: Table,
}

/// Reads the shipped files and those of `dir`, and builds every profile.
///
/// # Errors
///
/// [`Fault::Config`] with file and line for whatever is wrong in a file.
pub(super) fn load(dir: Option<&Path>) -> Outcome<Vec<Profile>> {
    let mut shipped = Vec::new();
    for (id, text) in SHIPPED {
        shipped.push(Layer::shipped(id, text)?);
    }
    let mut own: Vec<Layer> = Vec::new();
    for path in dir.map(operator_files).transpose()?.unwrap_or_default() {
        let layer = Layer::read(place::text_of(&path)?, path.clone(), Some(path))?;
        if let Some(other) = own.iter().find(|o| o.id == layer.id) {
            return Err(layer.wrong(
                "id",
                &format!("the id `{}` is also that of {}", layer.id, other.name.display()),
            ));
        }
        own.push(layer);
    }
    let replaced = |id: &str| own.iter().any(|o| o.id == id);
    own.iter()
        .chain(shipped.iter().filter(|s| !replaced(&s.id)))
        .map(|layer| layer.build(&own, &shipped))
        .collect()
}

/// The `*.toml` files of a folder, by name.
fn operator_files(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let unread = |e: std::io::Error| Fault::config(dir, None, e.to_string());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Layer {
    /// One that ships inside. A test reads it by itself, so that it need not be here, at every start.
    fn shipped(id: &str, text: &str) -> Outcome<Self> {
        let name = PathBuf::from(format!("{id}.toml"));
        let table: Table = place::read(text, &name)?;
        let extends = table.get("extends").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { id: id.to_owned(), extends, name, file: None, text: text.to_owned(), table })
    }

    fn read(text: String, name: PathBuf, file: Option<PathBuf>) -> Outcome<Self> {
        let profile: Profile = place::read(&text, &name)?;
        let mut table: Table = place::read(&text, &name)?;
        if let Some(base) = file.as_ref().and_then(|f| f.parent()) {
            // TOML holds text alone, and the rules travel as TOML.
            let base = base.to_str().ok_or_else(|| {
                Fault::config(&name, None, "the name of this folder is not UTF-8")
            })?;
            resolve_lists(&mut table, Path::new(base));
        }
        Ok(Self { id: profile.id, extends: profile.extends, name, file, text, table })
    }

    /// An error about `key` at the top of the file.
    fn wrong(&self, key: &str, reason: &str) -> Fault {
        Fault::config(&self.name, place::line_of(&self.text, "", key, ""), reason)
    }

    /// An error about a key in one of the file's tables.
    fn wrong_in(&self, table: &str, key: &str, value: &str, reason: String) -> Fault {
        Fault::config(&self.name, place::line_of(&self.text, table, key, value), reason)
    }

    fn build(&self, own: &[Self], shipped: &[Self]) -> Outcome<Profile> {
        let mut chain = vec![self];
        while let Some(next) = chain.last().copied().map(|l| l.base(own, shipped)).transpose()? {
            let Some(next) = next else { break };
            if chain.iter().any(|l| std::ptr::eq(*l, next)) {
                return Err(self
                    .wrong("extends", &format!("this builds on itself, by way of `{}`", next.id)));
            }
            if chain.len() > INCLUDE_DEPTH {
                let most = format!("this builds on more than {INCLUDE_DEPTH} others in a row");
                return Err(self.wrong("extends", &most));
            }
            chain.push(next);
        }
        let mut rules = Table::new();
        for layer in chain.iter().rev() {
            let mut table = layer.table.clone();
            if layer.id != self.id {
                // What was read about one desk says nothing of another.
                table.remove("provenance");
                table.remove("name");
            }
            lay_over(&mut rules, table);
        }
        let mut profile = Profile::deserialize(Value::Table(rules.clone()))
            .map_err(|e| self.wrong("id", e.message()))?;
        if profile.name.is_empty() {
            profile.name.clone_from(&profile.id);
        }
        profile.file.clone_from(&self.file);
        profile.sha256 = sha256(self.text.as_bytes());
        profile.built_on = chain.iter().skip(1).map(|l| l.id.clone()).collect();
        profile.stated = stated(&self.table);
        rules.remove("extends");
        profile.rules = rules;
        self.check(&profile)?;
        Ok(profile)
    }

    /// The file this one builds on. One's own id means the shipped file of
    /// that id; another's means the user's file first.
    fn base<'l>(&self, own: &'l [Self], shipped: &'l [Self]) -> Outcome<Option<&'l Self>> {
        let want = match &self.extends {
            Some(id) => id,
            None if self.id == BASE => return Ok(None),
            None => BASE,
        };
        let of = |layers: &'l [Self]| layers.iter().find(|l| l.id == want);
        let found = if want == self.id { None } else { of(own) };
        let found = found.or_else(|| of(shipped).filter(|l| !std::ptr::eq(*l, self)));
        if found.is_none() {
            let known: Vec<&str> = own
                .iter()
                .chain(shipped)
                .map(|l| l.id.as_str())
                .filter(|id| *id != self.id)
                .collect();
            return Err(self.wrong(
                "extends",
                &format!("no operator file has the id `{want}`{}", place::instead(want, &known)),
            ));
        }
        Ok(found)
    }

    /// Checks names that have to agree across tables.
    fn check(&self, p: &Profile) -> Outcome<()> {
        let mut seen = FxHashSet::default();
        for c in &p.channel {
            let lacks = |what: &str| {
                self.wrong_in(
                    "channel",
                    "id",
                    &c.id,
                    format!("the channel `{}` lacks `{what}`", c.id),
                )
            };
            match c.kind {
                Kind::Email if c.to.is_none() => return Err(lacks("to")),
                Kind::Form | Kind::Api if c.url.is_none() => return Err(lacks("url")),
                _ if !seen.insert(c.id.as_str()) => {
                    return Err(self.wrong_in(
                        "channel",
                        "id",
                        &c.id,
                        format!("two channels are called `{}`", c.id),
                    ));
                }
                _ => {}
            }
        }
        let channels: Vec<&str> = p.channel.iter().map(|c| c.id.as_str()).collect();
        let regions: Vec<&str> = p.region.iter().map(|r| r.name.as_str()).collect();
        if let Some(twice) = (1..regions.len()).find_map(|i| {
            let (before, rest) = regions.split_at(i);
            rest.first().filter(|r| before.contains(r))
        }) {
            return Err(self.wrong_in(
                "region",
                "name",
                twice,
                format!("two regions are called `{twice}`"),
            ));
        }
        if let Some(second) = p.region.iter().filter(|r| r.default).nth(1) {
            let reason =
                format!("`{}` is the second default region; there can be one", second.name);
            return Err(self.wrong_in("region", "name", &second.name, reason));
        }
        for route in &p.route {
            let to = &route.channel;
            if !channels.contains(&to.as_str()) {
                let reason =
                    format!("no channel is called `{to}`{}", place::instead(to, &channels));
                return Err(self.wrong_in("route", "channel", to, reason));
            }
            if let Some(r) = route.region.as_deref().filter(|r| !regions.contains(r)) {
                let reason = format!("no region is called `{r}`{}", place::instead(r, &regions));
                return Err(self.wrong_in("route", "region", r, reason));
            }
        }
        Ok(())
    }
}

/// The rules a file states itself: `table.key`, or the key alone where it is no table.
fn stated(table: &Table) -> Vec<String> {
    const NO_RULES: [&str; 6] = ["schema", "id", "name", "extends", "role", "provenance"];
    let mut out = Vec::new();
    for (key, value) in table.iter().filter(|(k, _)| !NO_RULES.contains(&k.as_str())) {
        match value {
            Value::Table(inner) => out.extend(inner.keys().map(|k| format!("{key}.{k}"))),
            _ => out.push(key.clone()),
        }
    }
    out
}

/// Makes the names of prefix lists complete, before the table leaves its file.
fn resolve_lists(table: &mut Table, base: &Path) {
    let complete = |v: &mut Value| {
        if let Value::String(s) = v
            && let Some(whole) = base.join(&*s).to_str()
        {
            *s = whole.to_owned();
        }
    };
    let mut homes: Vec<&mut Value> = Vec::new();
    for (key, value) in table.iter_mut() {
        match (key.as_str(), value) {
            ("match", v) => homes.push(v),
            ("region", Value::Array(list)) => homes.extend(list.iter_mut()),
            _ => {}
        }
    }
    for files in homes.into_iter().filter_map(|h| h.get_mut("prefix_file")) {
        match files {
            Value::Array(list) => list.iter_mut().for_each(complete),
            one => complete(one),
        }
    }
}

/// Lays `upper` over `lower`: tables key by key, everything else whole.
fn lay_over(lower: &mut Table, upper: Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Class;
    use crate::config::{ClassWord, Redaction};
    use crate::operator::profile::{Need, Status};

    /// Loads a folder with these files.
    fn load_files(files: &[(&str, &str)]) -> Result<Vec<Profile>, String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let prefix = format!("{}/", dir.path().display());
        load(Some(dir.path())).map_err(|e| e.to_string().replace(&prefix, ""))
    }

    fn get<'p>(all: &'p [Profile], id: &str) -> &'p Profile {
        all.iter().find(|p| p.id == id).unwrap()
    }

    #[test]
    fn shipped_files_are_sound() {
        let all = load(None).unwrap();
        assert_eq!(all.len(), SHIPPED.len());
        for (id, text) in SHIPPED {
            let file = Layer::read(text.to_owned(), PathBuf::from(id), None).unwrap();
            let short = Layer::shipped(id, text).unwrap();
            assert_eq!((short.id, short.extends), (file.id, file.extends));
            let p = get(&all, id);
            assert!(!p.provenance.is_empty() && p.sha256.len() == 64, "{id}");
            assert_eq!((p.text.attachments, p.text.html), (Need::Forbid, Need::Forbid), "{id}");
        }
        let bt = get(&all, "bt");
        assert_eq!((bt.matches.asn.as_slice(), bt.channel.len()), (&[2856, 5400][..], 4));
        assert_eq!(bt.unconfirmed_since(), Some("2026-11-22"));
        // From generic, as BT's file does not say it.
        assert_eq!((bt.fields.dst_ip, bt.log.need), (Need::Must, Need::Must));
        let janet = get(&all, "janet");
        assert_eq!(janet.channel.first().unwrap().to.as_deref(), Some("irt@csirt.ja.net"));
        assert_eq!((janet.time.clock, janet.ownership.whois), (Need::Must, Need::Forbid));
        assert!(janet.provenance.iter().any(|p| p.status == Status::Page));
    }

    #[test]
    fn building_on_others() {
        let all = load_files(&[
            (
                "bt.toml",
                "id='bt'\nextends='bt'\n[time]\nclock='must'\n[match]\nprefix_file='l.txt'",
            ),
            ("janet.toml", "id='janet'\n[match]\nprefixes=['192.0.2.0/24']"),
            ("net.toml", "id='net'\nextends='janet'\n[fields]\nfqdn='may'"),
            ("api.toml", "id='api'\n[threshold.ssh-login]\nmin_events=10\n[enum]\nspam='Spam'\n[redact]\ndefault=['user']"),
            ("notes.md", "not an operator file"),
        ])
        .unwrap();
        assert_eq!(all.len(), SHIPPED.len() + 2);
        let api = get(&all, "api");
        let login = ClassWord(Class::SshLogin);
        assert_eq!(api.threshold.get(&login).unwrap().min_events, Some(10));
        assert_eq!(api.words.get(&ClassWord(Class::Spam)).unwrap(), "Spam");
        assert_eq!(api.redact.default, [Redaction::User]);
        let bt = get(&all, "bt");
        assert_eq!((bt.name.as_str(), bt.time.clock, bt.channel.len()), ("BT", Need::Must, 4));
        assert_eq!(bt.matches.asn, [2856, 5400]);
        assert!(bt.matches.prefix_file.first().unwrap().is_absolute());
        assert_eq!(bt.built_on, ["bt", "generic"]);
        // Replaced whole: nothing of the shipped one is left but what generic says.
        let janet = get(&all, "janet");
        assert_eq!((janet.channel.len(), janet.time.clock), (0, Need::Should));
        assert_eq!((janet.name.as_str(), janet.provenance.len()), ("janet", 0));
        let net = get(&all, "net");
        assert_eq!(
            (net.built_on.as_slice(), net.name.as_str()),
            (&["janet".to_owned(), "generic".to_owned()][..], "net")
        );
        assert_eq!((net.fields.fqdn, net.fields.first), (Need::May, Need::Must));
    }

    #[test]
    fn mistakes_point_at_the_line() {
        let mail = "[[channel]]\nid='m'\nkind='email'\nto='abuse@example.net'\n";
        for (text, want) in [
            (
                "id='x'\n[txet]\nhtml='may'".to_owned(),
                "a.toml:2: unknown key `txet`; did you mean `text`?",
            ),
            (
                "id='x'\n[text]\nhtlm='may'".to_owned(),
                "a.toml:3: unknown key `htlm`; did you mean `html`?",
            ),
            (
                "id='x'\n[text]\nhtml='never'".to_owned(),
                "a.toml:3: unknown word `never`; known here: must, should, may, forbid",
            ),
            ("name='x'".to_owned(), "a.toml:1: the key `id` is missing"),
            (
                "id='A/b'".to_owned(),
                "a.toml:1: `A/b`: an id has small letters, digits and `-` between them",
            ),
            (
                "id='unattributed'".to_owned(),
                "a.toml:1: `unattributed` names the folder of what nobody claims",
            ),
            ("schema=2\nid='x'".to_owned(), "a.toml:1: schema 2: this version reads schema 1"),
            (
                "id='x'\nextends='btt'".to_owned(),
                "a.toml:2: no operator file has the id `btt`; did you mean `bt`?",
            ),
            (
                "id='x'\n[threshold.ssh-logon]\nmin_events=1".to_owned(),
                "a.toml:2: unknown class `ssh-logon`; did you mean `ssh-login`?",
            ),
            (
                "id='x'\nextends='x'".to_owned(),
                "a.toml:2: no operator file has the id `x`; known here: ",
            ),
            (
                "id='x'\nclasses=['spam',\n'spma']".to_owned(),
                "a.toml:3: unknown class `spma`; did you mean `spam`?",
            ),
            (
                "id='x'\n[match]\nasn=[0]".to_owned(),
                "a.toml:3: AS0 is nobody's; name the number of an AS",
            ),
            (
                "id='x'\n[match]\nprefixes=['192.0.2.1/24']".to_owned(),
                "a.toml:3: `192.0.2.1/24` has host bits set; meant is 192.0.2.0/24 or 192.0.2.1/32",
            ),
            (
                "id='x'\n[[channel]]\nid='m'\nkind='email'".to_owned(),
                "a.toml:3: the channel `m` lacks `to`",
            ),
            (
                "id='x'\n[[channel]]\nid='m'\nkind='form'".to_owned(),
                "a.toml:3: the channel `m` lacks `url`",
            ),
            (
                "id='x'\n[[channel]]\nid='m'\nkind='email'\nto='a@example.net, b@example.net'"
                    .to_owned(),
                "a.toml:5: `a@example.net, b@example.net` is not a bare mail address such as abuse@example.org",
            ),
            (format!("id='x'\n{mail}{mail}"), "a.toml:3: two channels are called `m`"),
            (
                format!("id='x'\n{mail}[[route]]\nclass=['*']\nchannel='n'"),
                "a.toml:8: no channel is called `n`; did you mean `m`?",
            ),
            (
                format!("id='x'\n{mail}[[route]]\nclass=['*']\nchannel='m'\nregion='uk'"),
                "a.toml:9: no region is called `uk`",
            ),
            (
                "id='x'\n[[region]]\nname='a'\n[[region]]\nname='a'".to_owned(),
                "a.toml:3: two regions are called `a`",
            ),
            (
                "id='x'\n[[region]]\nname='a'\ndefault=true\n[[region]]\nname='b'\ndefault=true"
                    .to_owned(),
                "a.toml:6: `b` is the second default region; there can be one",
            ),
            (
                "id='x'\n[subject]\ntemplate='{sauce}'".to_owned(),
                "a.toml:3: unknown word `{sauce}`; did you mean `source`?",
            ),
            (
                "id='x'\n[[provenance]]\nurl='u'\nsays='s'\nstatus='seed'\nseen='May'".to_owned(),
                "a.toml:6: `May` is not a day such as 2026-03-29",
            ),
        ] {
            let got = load_files(&[("a.toml", &text)]).unwrap_err();
            let list = want.ends_with(": ") && got.starts_with(want) && got.contains("janet");
            assert!(got == want || list, "{text}\n{got}\n{want}");
        }
        let twice = load_files(&[("a.toml", "id='x'"), ("b.toml", "\nid='x'")]).unwrap_err();
        assert!(
            twice.starts_with("b.toml:2: the id `x` is also that of") && twice.ends_with("a.toml")
        );
        let ring = [("a.toml", "id='x'\nextends='y'"), ("b.toml", "id='y'\nextends='x'")];
        assert_eq!(
            load_files(&ring).unwrap_err(),
            "a.toml:2: this builds on itself, by way of `x`"
        );
    }
}
