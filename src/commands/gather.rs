//! `plaint gather`: asks WHOIS, RDAP and traceroute about the sources of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use crate::fault::Outcome;
use crate::gather::{Manner, Servers, Store, dns, http, rdap, sources_of, trace, whois};
use crate::judge::answer::json_of;
use crate::operator::contact::{Contact, of_dns, of_rdap, of_whois};
use crate::text::{Untrusted, counted};

use super::common::print;
use super::voice::{Severity, Voice};

/// What is asked, and where the answers are kept; none for what is not asked.
#[derive(Debug, Default)]
pub struct Asked {
    /// WHOIS.
    pub whois: Option<Store>,
    /// RDAP.
    pub rdap: Option<Store>,
    /// Traceroute.
    pub traceroute: Option<Store>,
    /// A zone of abuse contacts.
    pub dns: Option<Store>,
    /// Whom.
    pub servers: Servers,
}

/// Asks about every source of a run, and prints the mailboxes that were
/// named, each with where it stood; 3 where something was not answered.
///
/// # Errors
///
/// A folder that is no result of a run, or one that cannot be written.
pub fn run(dir: &Path, asked: &Asked, manner: &Manner<'_>, voice: Voice) -> Outcome<u8> {
    let sources = sources_of(dir)?;
    let mut run = Run {
        asked,
        manner,
        voice,
        bases: BTreeMap::new(),
        failed: 0,
        kept: 0,
        known: 0,
        first: true,
    };
    let mut out = String::new();
    for ip in &sources {
        let mut contacts: Vec<Contact> = Vec::new();
        if let Some(store) = &asked.whois {
            let answer = run.one(store, *ip, "whois", |r| {
                whois::ask(&r.asked.servers.whois, *ip, r.manner.patience)
            })?;
            contacts.extend(of_whois(&answer.unwrap_or_default()));
        }
        if let Some(store) = &asked.rdap {
            let answer = run.one(store, *ip, "rdap", |r| r.rdap(store, *ip))?;
            contacts.extend(json_of(&answer.unwrap_or_default()).iter().flat_map(of_rdap));
        }
        if let Some(store) = &asked.dns {
            let answer = run.one(store, *ip, "dns", |r| r.dns(*ip))?;
            contacts.extend(of_dns(&answer.unwrap_or_default()));
        }
        if let Some(store) = &asked.traceroute {
            run.one(store, *ip, "traceroute", |r| {
                trace::ask(&r.asked.servers.traceroute, *ip, r.manner.patience)
            })?;
        }
        for c in contacts {
            let _ = writeln!(
                out,
                "{ip}\t{}\t{}",
                Untrusted(c.mail.as_bytes()),
                Untrusted(c.origin.as_bytes())
            );
        }
    }
    print(out.as_bytes())?;
    run.tell(sources.len());
    Ok(if run.failed > 0 { 3 } else { 0 })
}

struct Run<'r, 'c> {
    asked: &'r Asked,
    manner: &'r Manner<'c>,
    voice: Voice,
    /// Bootstrap files, by name.
    bases: BTreeMap<&'static str, Result<Vec<u8>, String>>,
    failed: usize,
    kept: usize,
    known: usize,
    first: bool,
}

impl Run<'_, '_> {
    /// Asks once, unless the answer is there; the answer, if there is one.
    fn one(
        &mut self,
        store: &Store,
        ip: IpAddr,
        what: &str,
        ask: impl FnOnce(&mut Self) -> Result<Vec<u8>, String>,
    ) -> Outcome<Option<Vec<u8>>> {
        let now = (self.manner.now)();
        if store.has(ip, now)? {
            self.known += 1;
            return Ok(store.kept(&ip.to_string(), now));
        }
        if !std::mem::replace(&mut self.first, false) {
            std::thread::sleep(self.manner.pause);
        }
        match ask(self) {
            Ok(answer) => {
                store.keep(&ip.to_string(), (self.manner.now)(), &answer)?;
                self.kept += 1;
                Ok(Some(answer))
            }
            Err(why) => {
                self.failed += 1;
                self.voice.say(Severity::Error, &format!("{ip}: {what}: {}", why.trim_end()));
                Ok(None)
            }
        }
    }

    fn rdap(&mut self, store: &Store, ip: IpAddr) -> Result<Vec<u8>, String> {
        let Servers { rdap_bootstrap, curl, .. } = &self.asked.servers;
        let (patience, now) = (self.manner.patience, (self.manner.now)());
        let name = rdap::bootstrap_name(ip);
        let file = self.bases.entry(name).or_insert_with(|| {
            let key = format!("bootstrap-{name}");
            if let Some(kept) = store.kept(&key, now) {
                return Ok(kept);
            }
            let (_, body) = http::get(&format!("{rdap_bootstrap}{name}"), curl, patience)?;
            store.keep(&key, now, &body).map_err(|e| e.to_string())?;
            Ok(body)
        });
        let server = rdap::server_for(file.as_ref().map_err(Clone::clone)?, ip)?;
        let (url, body) = rdap::ask(&server, ip, curl, patience)?;
        let mut out = format!("# answered by {url}\n").into_bytes();
        out.extend_from_slice(&body);
        Ok(out)
    }

    fn dns(&self, ip: IpAddr) -> Result<Vec<u8>, String> {
        let Servers { dns: told, dns_zone, .. } = &self.asked.servers;
        let system = || dns::system_server(&std::fs::read_to_string("/etc/resolv.conf").ok()?);
        let server = told.clone().or_else(system).ok_or("no name server is known: --dns-server")?;
        let name = dns::name_of(ip, dns_zone);
        // Whoever cannot see the question cannot tell which number it has.
        let now = (self.manner.now)();
        let hash =
            crate::hash::sha256(format!("{name} {} {}", now.nanos, std::process::id()).as_bytes());
        let id = hash.get(..4).and_then(|h| u16::from_str_radix(h, 16).ok()).unwrap_or(1);
        let texts = dns::txt(&server, &name, id, self.manner.patience)?;
        if texts.is_empty() {
            return Err(format!("{server}: {name} has no record"));
        }
        let lines: String = texts.iter().map(|t| format!("{name} TXT {t}\n")).collect();
        Ok(lines.into_bytes())
    }

    fn tell(&self, sources: usize) {
        let told = format!(
            "{}: {} saved, {} known already, {} not answered",
            counted(sources, "source"),
            counted(self.kept, "answer"),
            self.known,
            self.failed
        );
        let severity = if self.failed > 0 { Severity::Warning } else { Severity::Note };
        self.voice.say(severity, &told);
        if (self.kept, self.known) == (0, 0) {
            return;
        }
        let named = [
            ("whois", &self.asked.whois),
            ("rdap", &self.asked.rdap),
            ("traceroute", &self.asked.traceroute),
        ];
        let keys: Vec<String> = named
            .iter()
            .filter_map(|(key, store)| {
                let folder = store.as_ref()?.folder().display().to_string();
                Some(format!("{key} = {:?}", folder))
            })
            .collect();
        let next = format!(
            "next: with [operators] {} in plaint.toml, run the same `plaint report` again with --force",
            keys.join(", ")
        );
        self.voice.say(Severity::Note, &next);
    }
}
