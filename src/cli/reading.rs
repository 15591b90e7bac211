//! The options that commands share: what is read, how, and whose addresses are whose.

use std::path::PathBuf;

use clap::Args;
use plaint::addr::Addr;
use plaint::commands::{Setup, Severity, Voice};
use plaint::config::{Config, instant};
use plaint::dialect::Transport;
use plaint::event::{HostFacts, Ours};
use plaint::fault::{Fault, Outcome};
use plaint::operator::Operators;
use plaint::run::Options;
use plaint::source::ScanLimits;
use plaint::time::{Instant, Zone};

#[derive(Debug, Args)]
pub struct LogArgs {
    /// Files, folders, patterns, or - for standard input
    ///
    /// Of a folder its logs and their rotations are read, in time order; what is no log there is named
    /// and passed over. A file that is named itself is read whatever it holds. Packed files (gz, zst,
    /// xz, bz2, lz4) are known by their first bytes. A pattern is for shells that do not expand it.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// The zone of logs that state none: an IANA name, local, or an offset such as +05:30
    ///
    /// `timedatectl` on the machine that wrote the log says which. A log that states no zone stops the
    /// run where none is told: a guessed zone makes a false report.
    #[arg(long, value_name = "ZONE", help_heading = "Time", allow_hyphen_values = true)]
    pub tz: Option<String>,
    /// The zone of some files, before --tz
    ///
    /// The pattern is held against the path and against the name of each file: 'fw*.log=UTC'.
    #[arg(long, value_name = "GLOB=ZONE", help_heading = "Time", hide_short_help = true)]
    pub tz_for: Vec<String>,
    /// When the logs end, where their files' own times do not say: for years that stamps lack
    ///
    /// Years are counted backwards from there. A pipe has no time of its own; a copy may have another
    /// than the log had.
    #[arg(long, value_name = "INSTANT|DATE", help_heading = "Time", hide_short_help = true)]
    pub log_end: Option<String>,
    /// Leave out lines before this
    ///
    /// A date begins at 00:00 UTC; an instant is written 2026-03-29T14:00:00Z, or with its offset.
    #[arg(long, value_name = "INSTANT|DATE", help_heading = "Time")]
    pub since: Option<String>,
    /// Leave out lines from this on
    #[arg(long, value_name = "INSTANT|DATE", help_heading = "Time")]
    pub until: Option<String>,
    /// Our own networks, beside those of the configuration
    ///
    /// A source in them is never reported. May be given several times.
    #[arg(long, value_name = "CIDR", help_heading = "Our side")]
    pub me: Vec<String>,
    /// Ports open to all, such as 25/tcp: refused packets to them are no scan
    #[arg(long, value_name = "PORT/PROTO", help_heading = "Our side", hide_short_help = true)]
    pub served_port: Vec<String>,
    /// Threads (0: one a core); no result depends on it
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        help_heading = "Running",
        hide_short_help = true
    )]
    pub threads: usize,
    /// Sources kept at most, so that memory is bounded
    ///
    /// Of those that tried to log in, and of those that sent packets. Lines of others are counted, and
    /// that is told.
    #[arg(long, value_name = "N", help_heading = "Running", hide_short_help = true)]
    pub max_sources: Option<usize>,
    /// End with exit code 4 if more lines than this could not be read
    #[arg(long, value_name = "N", help_heading = "Running", hide_short_help = true)]
    pub max_unread: Option<u64>,
    /// End with exit code 1 if hostile sources were found
    #[arg(long, help_heading = "Running", hide_short_help = true)]
    pub exit_code: bool,
    /// Bytes of a chunk; no result depends on it
    #[arg(long, value_name = "BYTES", hide = true)]
    pub chunk_bytes: Option<usize>,
}

#[derive(Debug, Args)]
pub struct OwnerArgs {
    /// The folder of operator files, one TOML file per operator
    ///
    /// Those that ship inside are known without it (`plaint operators list`); one of the same id takes
    /// the place of the shipped one.
    #[arg(long, value_name = "DIR", help_heading = "Operators")]
    pub operators: Option<PathBuf>,
    /// Origin ASes: a MaxMind database, or a table of prefixes and ASes
    #[arg(long, value_name = "FILE", help_heading = "Operators")]
    pub asn_db: Option<PathBuf>,
    /// To whom addresses were given: a registry's delegated-extended file or dump
    #[arg(long, value_name = "FILE", help_heading = "Operators", hide_short_help = true)]
    pub registry: Vec<PathBuf>,
}

impl OwnerArgs {
    /// The same for a command that names operators and asks nothing else of them: without a file that says
    /// whose addresses are, no name can come up, and the shipped files are left unread.
    pub fn load_names(&self, config: &Config, voice: Voice) -> Outcome<Operators> {
        let of_config = &config.operators;
        let dir = self.operators.is_some() || of_config.dir.is_some();
        let db = self.asn_db.is_some() || of_config.asn_db.is_some();
        let registry = !self.registry.is_empty() || !of_config.registry.is_empty();
        if dir || db || registry || voice.tells(Severity::Detail) {
            return self.load(config, voice);
        }
        Ok(Operators::nobody())
    }

    /// The operators, from flags, else from the configuration.
    pub fn load(&self, config: &Config, voice: Voice) -> Outcome<Operators> {
        let of_config = &config.operators;
        let dir = of_config.dir.as_deref().filter(|_| self.operators.is_none());
        let db = of_config.asn_db.as_deref().filter(|_| self.asn_db.is_none());
        for (key, file) in [("dir", dir), ("asn_db", db)] {
            file.map_or(Ok(()), |file| config.is_there("operators", key, file))?;
        }
        let dir = self.operators.as_deref().or(of_config.dir.as_deref());
        let db = self.asn_db.as_deref().or(of_config.asn_db.as_deref());
        let registry = match self.registry.as_slice() {
            [] => &config.operators.registry,
            named => named,
        };
        let told = |fault| match self.asn_db {
            None => config.names("operators", "asn_db", fault),
            Some(_) => fault,
        };
        let operators = Operators::load_with(dir, db, registry).map_err(told)?;
        if voice.tells(Severity::Detail) {
            let own = operators.iter().filter(|p| p.file.is_some()).count();
            let (all, lists) = (operators.iter().count(), operators.lists().count());
            let text =
                format!("operators: {all}, {own} of them from files; {lists} lists of prefixes");
            voice.say(Severity::Detail, &text);
            for p in operators.iter().filter(|p| p.file.is_some()) {
                voice.say(Severity::Trace, &format!("operator {}: {}", p.id, p.place()));
            }
            for (path, date, sha256) in operators.lists() {
                let date = date.map(|d| format!(", dated {d}")).unwrap_or_default();
                let text = format!("prefixes: {}{date}, sha256 {sha256}", path.display());
                voice.say(Severity::Trace, &text);
            }
            if let Some(db) = operators.asn_db() {
                let date = db.date().map(|d| format!(", dated {d}")).unwrap_or_default();
                let text =
                    format!("origin ASes: {}{date}, sha256 {}", db.path().display(), db.sha256());
                voice.say(Severity::Detail, &text);
            }
        }
        Ok(operators)
    }
}

/// `--now`, if told.
pub fn told_now(now: &Option<String>) -> Outcome<Option<Instant>> {
    now.as_ref().map(|t| moment("--now", t).map(Instant::from_seconds)).transpose()
}

fn moment(flag: &str, text: &str) -> Outcome<i64> {
    instant::seconds(text).map_err(|e| {
        Fault::usage(format!("{flag} {text:?}: {e}"))
            .hint(format!("write {flag} 2026-03-29 or {flag} 2026-03-29T14:00:00Z"))
    })
}

impl ReadingArgs {
    /// How to run, from flags and configuration; flags win.
    pub fn options(&self, config: &Config) -> Outcome<Options> {
        if self.threads > plaint::limits::THREADS {
            return Err(Fault::usage(format!(
                "--threads {}: at most {}, and more than there are cores is no faster",
                self.threads,
                plaint::limits::THREADS
            ))
            .hint("leave it out: one thread a core is taken"));
        }
        let mut options = Options {
            threads: if self.threads == 0 {
                std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
            } else {
                self.threads
            },
            ..Options::default()
        };
        if let Some(zone) = self.tz.as_ref().or(config.time.zone.as_ref()) {
            options.zone = Some(Zone::parse(zone)?);
        }
        for text in &self.tz_for {
            options.zone_for(text)?;
        }
        for z in &config.time.zones {
            options.zone_for(&format!("{}={}", z.files, z.zone))?;
        }
        if let Some(text) = self.log_end.as_ref().or(config.time.log_end.as_ref()) {
            // A date alone means its end.
            let whole_day = if instant::day(text).is_ok() { 86_399 } else { 0 };
            options.log_end = Some(moment("--log-end", text)? + whole_day);
        }
        let at = |flag, text: &Option<String>| -> Outcome<Option<Instant>> {
            text.as_ref().map(|t| moment(flag, t).map(Instant::from_seconds)).transpose()
        };
        options.since = at("--since", &self.since)?;
        options.until = at("--until", &self.until)?;
        if let (Some(since), Some(until)) = (options.since, options.until)
            && since >= until
        {
            return Err(Fault::usage(format!("--since {since} is not before --until {until}"))
                .hint("lines from --since on and before --until are read: exchange the two"));
        }
        options.ours = self.ours(config)?;
        let of = |c| config.filing.thresholds.of(c);
        options.scan_limits = ScanLimits {
            ports: of(plaint::class::Class::PortScan),
            addresses: of(plaint::class::Class::HostSweep),
        };
        if let Some(n) = self.max_sources {
            if n == 0 {
                return Err(Fault::usage("--max-sources 0: at least one is kept")
                    .hint("leave it out, or name 1 or more"));
            }
            options.max_sources = n;
        }
        options.chunk_bytes = match self.chunk_bytes {
            Some(n) => n,
            None if options.threads <= 1 => plaint::limits::CHUNK_BYTES_ALONE,
            None => options.chunk_bytes,
        };
        Ok(options)
    }

    /// The options that change results, for the manifest: never threads, output or the order of paths.
    pub fn recorded(&self, options: &Options) -> serde_json::Value {
        let instant = |i: Option<Instant>| i.map(|i| i.to_string());
        let mut recorded = serde_json::json!({
            "tz": options.zone.as_ref().map(Zone::name),
            "tz_for": options.zones_for.iter().map(|(g, z)| format!("{g}={}", z.name())).collect::<Vec<_>>(),
            "log_end": options.log_end.map(|t| Instant::from_seconds(t).to_string()),
            "since": instant(options.since),
            "until": instant(options.until),
            "mine": options.ours.mine.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "served": options.ours.served.iter().map(|(p, t)| format!("{p}/{}", t.word())).collect::<Vec<_>>(),
            "port_scan": options.scan_limits.ports,
            "host_sweep": options.scan_limits.addresses,
        });
        if options.max_sources != plaint::limits::SOURCES
            && let Some(map) = recorded.as_object_mut()
        {
            map.insert("max_sources".to_owned(), options.max_sources.into());
        }
        recorded
    }

    fn ours(&self, config: &Config) -> Outcome<Ours> {
        let mut ours = Ours { mine: config.networks.mine.clone(), ..Ours::default() };
        for text in &self.me {
            let net = plaint::config::net::network(text).map_err(|e| {
                Fault::usage(format!("--me {text:?}: {e}"))
                    .hint("write a network or an address, such as --me 198.51.100.0/24")
            })?;
            ours.mine.push(net);
        }
        let mut served = config.networks.served.clone();
        for text in &self.served_port {
            served.push(text.parse().map_err(|e| {
                Fault::usage(format!("--served-port {text:?}: {e}"))
                    .hint("write a port and its protocol, such as --served-port 22/tcp")
            })?);
        }
        ours.served = served
            .iter()
            .map(|s| (s.port, if s.transport == "udp" { Transport::Udp } else { Transport::Tcp }))
            .collect();
        for (name, host) in &config.hosts {
            let facts = HostFacts {
                // Several addresses: the log does not say which one was attacked.
                address: match host.addresses.as_slice() {
                    [one] => Some(Addr::from(*one)),
                    _ => None,
                },
                ssh_port: host.ssh_port,
                smtp_port: host.smtp_port,
                submission_port: host.submission_port,
                imap_port: host.imap_port,
                pop3_port: host.pop3_port,
            };
            ours.hosts.insert(name.clone().into_bytes(), facts);
        }
        Ok(ours)
    }
}

impl LogArgs {
    /// What a command that reads logs is given.
    pub fn setup(&self, config: &Config, voice: Voice) -> Outcome<Setup> {
        Ok(Setup {
            paths: self.paths.clone(),
            options: self.reading.options(config)?,
            voice,
            max_unread: self.reading.max_unread,
        })
    }
}
