//! Answers of WHOIS, RDAP, traceroute and a zone of abuse contacts about the
//! sources of a run: the only code that opens a connection, and only where it was asked for by name.
//!
//! Answers are saved with the time of asking, in the folders that a report
//! reads them from; what is there and young enough is not asked again.

pub mod http;
pub mod whois;
pub mod rdap;
pub mod trace;
pub mod dns;
mod store;

use std::path::PathBuf;
use std::time::Duration;

pub use store::{Store, sources_of};

use crate::time::Instant;

/// What all ways of asking share.
pub struct Manner<'c> {
    /// The clock: the library has none of its own.
    pub now: &'c dyn Fn() -> Instant,
    /// Between two questions: registries answer those who ask too fast no more.
    pub pause: Duration,
    /// How long one answer may take.
    pub patience: Duration,
}

/// The servers and programs that are asked; real ones unless told otherwise.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Where WHOIS begins, as HOST or HOST:PORT.
    pub whois: String,
    /// What the names of the two RDAP bootstrap files are appended to.
    pub rdap_bootstrap: String,
    /// The name server, as HOST or HOST:PORT; the system's first where it is not told.
    pub dns: Option<String>,
    /// The zone of abuse contacts.
    pub dns_zone: String,
    /// The traceroute program.
    pub traceroute: PathBuf,
    /// The program that speaks HTTPS for us.
    pub curl: PathBuf,
}

impl Default for Servers {
    fn default() -> Self {
        Self {
            whois: "whois.iana.org".to_owned(),
            rdap_bootstrap: "https://data.iana.org/rdap/".to_owned(),
            dns: None,
            dns_zone: dns::ZONE.to_owned(),
            traceroute: "traceroute".into(),
            curl: "curl".into(),
        }
    }
}
