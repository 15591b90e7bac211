//! The command line as typed, and what it means.

pub mod early;
mod forms;
mod gather;
pub mod generate;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use plaint::addr::Addr;
use plaint::commands::{Setup, Voice};
use plaint::config::{Config, instant};
use plaint::dialect::Transport;
use plaint::event::{HostFacts, Ours};
use plaint::fault::{Fault, Outcome};
use plaint::operator::Operators;
use plaint::run::Options;
use plaint::source::ScanLimits;
use plaint::time::{Instant, Zone};

use forms::{EventsForm, FormatsForm, SourcesForm};
use gather::GatherArgs;

/// Turns firewall, sshd and mail logs into abuse reports that the operator of
/// the attacking address will act on.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = WIDTH, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, help_heading = "Output")]
    pub color: Color,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Say on standard error what was read, and how
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// The form of messages on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text, global = true, help_heading = "Output")]
    pub log_format: LogFormat,
    /// The configuration file (else ./plaint.toml, then $XDG_CONFIG_HOME/plaint/plaint.toml)
    #[arg(long, value_name = "FILE", global = true, help_heading = "Configuration")]
    pub config: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  plaint report /var/log --tz Europe/London -o reports     bundles, one folder per operator
  plaint sources auth.log --tz Europe/London               who did what, how often, when
  plaint events auth.log --tz UTC | jq .source.ip          one JSON object per hostile line
  plaint inspect /var/log --tz Europe/London               what is read, what is not, and why
  plaint explain --tz UTC auth.log:212                     how one line is read";

/// Reads the command line. Help that is no terminal's is as wide everywhere.
pub fn read() -> Result<Cli, clap::Error> {
    let command = Cli::command();
    let command = match std::io::stdout().is_terminal() {
        true => command,
        false => command.term_width(WIDTH),
    };
    Cli::from_arg_matches(&command.try_get_matches()?)
}

/// The most columns that help takes.
const WIDTH: usize = 100;

impl Cli {
    /// What people are told.
    pub fn voice(&self) -> Voice {
        Voice {
            quiet: self.quiet,
            verbose: self.verbose,
            json: matches!(self.log_format, LogFormat::Json),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write ready-to-file bundles, one folder per operator
    #[command(
        after_help = "Examples:\n  plaint report /var/log --tz Europe/London -o reports\n  plaint report fw.log auth.log --config plaint.toml --since 2026-03-29 -o reports --force"
    )]
    Report(ReportArgs),
    /// Print one row per source
    #[command(
        after_help = "Examples:\n  plaint sources auth.log --tz Europe/London\n  zcat auth.log.2.gz | plaint sources - --tz UTC --log-end 2026-03-29 --format jsonl"
    )]
    Sources(SourcesArgs),
    /// Print one row per hostile line
    #[command(
        after_help = "Examples:\n  plaint events /var/log --tz UTC --format csv > events.csv\n  plaint events auth.log --tz UTC --all --original | jq .plaint.reading"
    )]
    Events(EventsArgs),
    /// Account for every line: formats, zones, spans, readings, first unread lines
    #[command(after_help = "Examples:\n  plaint inspect /var/log --tz Europe/London")]
    Inspect(LogArgs),
    /// Show how a line is read: envelope, time, dialect, every reading tried
    #[command(
        after_help = "Examples:\n  plaint explain --tz UTC auth.log:212\n  plaint explain --tz UTC < lines.txt"
    )]
    Explain(ExplainArgs),
    /// Whose address is it, and what does that operator ask for
    #[command(
        after_help = "Examples:\n  plaint operators check 192.0.2.70 --operators operators\n  plaint operators show bt"
    )]
    Operators(OperatorsArgs),
    /// Check reports as they lie on the disk against their operators' rules
    Lint(LintArgs),
    /// Compare a folder of reports with its hashes, and its evidence with the logs
    Verify(VerifyArgs),
    /// Ask WHOIS, RDAP and traceroute about the sources of a run, for the next one
    Gather(GatherArgs),
    /// List every dialect that is read, with its versions, an example and its document
    #[command(
        after_help = "Examples:\n  plaint formats\n  plaint formats --format jsonl | jq -r .title"
    )]
    Formats {
        /// In which form
        #[arg(long, value_enum, default_value_t = FormatsForm::Table, help_heading = "Output")]
        format: FormatsForm,
    },
    /// Print the JSON schema of an output, or of the configuration
    Schema {
        /// Of what
        #[arg(value_parser = plaint::commands::schema::SCHEMAS.map(|(name, _)| name))]
        output: String,
    },
    /// Print what completes commands and options in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a man page of each command
    Man {
        /// The folder to write them into
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct LintArgs {
    /// A folder that `plaint report` wrote, or one operator's in it
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub owner: OwnerArgs,
    /// What age is judged against; else this machine's clock
    #[arg(long, value_name = "INSTANT", help_heading = "Time")]
    pub now: Option<String>,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A folder that `plaint report` wrote, or one operator's in it
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Logs, or folders they lie in; else they are looked for where the run found them
    #[arg(long, value_name = "PATH")]
    pub logs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct LogArgs {
    /// Files, folders, patterns, or - for standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// The zone of logs that state none: an IANA name, local, or an offset such as +05:30
    #[arg(long, value_name = "ZONE", help_heading = "Time", allow_hyphen_values = true)]
    pub tz: Option<String>,
    /// The zone of some files, before --tz
    #[arg(long, value_name = "GLOB=ZONE", help_heading = "Time")]
    pub tz_for: Vec<String>,
    /// When the logs end, where their files' own times do not say: for years that stamps lack
    #[arg(long, value_name = "INSTANT|DATE", help_heading = "Time")]
    pub log_end: Option<String>,
    /// Leave out lines before this
    #[arg(long, value_name = "INSTANT|DATE", help_heading = "Time")]
    pub since: Option<String>,
    /// Leave out lines from this on
    #[arg(long, value_name = "INSTANT|DATE", help_heading = "Time")]
    pub until: Option<String>,
    /// Our own networks, beside those of the configuration
    #[arg(long, value_name = "CIDR", help_heading = "Our side")]
    pub me: Vec<String>,
    /// Ports open to all: refused packets to them are no scan
    #[arg(long, value_name = "PORT/PROTO", help_heading = "Our side")]
    pub served_port: Vec<String>,
    /// Threads (0: one a core); no result depends on it
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Running")]
    pub threads: usize,
    /// Sources kept at most, of those that tried to log in and of those that sent packets; lines
    /// of others are counted
    #[arg(long, value_name = "N", help_heading = "Running")]
    pub max_sources: Option<usize>,
    /// End with exit code 4 if more lines than this could not be read
    #[arg(long, value_name = "N", help_heading = "Running")]
    pub max_unread: Option<u64>,
    /// End with exit code 1 if hostile sources were found
    #[arg(long, help_heading = "Running")]
    pub exit_code: bool,
    /// Bytes of a chunk; no result depends on it
    #[arg(long, value_name = "BYTES", hide = true)]
    pub chunk_bytes: Option<usize>,
}

#[derive(Debug, Args)]
pub struct OwnerArgs {
    /// The folder of operator files, one TOML file per operator
    #[arg(long, value_name = "DIR", help_heading = "Operators")]
    pub operators: Option<PathBuf>,
    /// Origin ASes: a MaxMind database, or a table of prefixes and ASes
    #[arg(long, value_name = "FILE", help_heading = "Operators")]
    pub asn_db: Option<PathBuf>,
    /// To whom addresses were given: a registry's delegated-extended file or dump
    #[arg(long, value_name = "FILE", help_heading = "Operators")]
    pub registry: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SourcesArgs {
    #[command(flatten)]
    pub logs: LogArgs,
    #[command(flatten)]
    pub owner: OwnerArgs,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = SourcesForm::Table, help_heading = "Output")]
    pub format: SourcesForm,
}

#[derive(Debug, Args)]
pub struct EventsArgs {
    #[command(flatten)]
    pub logs: LogArgs,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = EventsForm::Jsonl, help_heading = "Output")]
    pub format: EventsForm,
    /// Also benign, context and quarantined lines, and what lines without a stamp say
    #[arg(long, help_heading = "Output")]
    pub all: bool,
    /// Add each line as it was logged
    #[arg(long, help_heading = "Output")]
    pub original: bool,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A line, FILE:LINE, or - to read lines from standard input
    #[arg(value_name = "LINE|FILE:LINE|-", default_value = "-")]
    pub line: String,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

#[derive(Debug, Args)]
pub struct OperatorsArgs {
    #[command(subcommand)]
    pub command: OperatorsCommand,
}

#[derive(Debug, Subcommand)]
pub enum OperatorsCommand {
    /// Whose address, by which record, and which mailbox for which class
    Check {
        /// Addresses
        #[arg(required = true, value_name = "IP")]
        ips: Vec<std::net::IpAddr>,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        owner: OwnerArgs,
    },
    /// All operators known
    List {
        #[command(flatten)]
        owner: OwnerArgs,
    },
    /// What is wrong with operator files: routes, contacts, rules without a source
    Lint {
        #[command(flatten)]
        owner: OwnerArgs,
    },
    /// One operator's rules
    Show {
        /// Its id
        id: String,
        #[command(flatten)]
        owner: OwnerArgs,
    },
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub logs: LogArgs,
    #[command(flatten)]
    pub owner: OwnerArgs,
    /// The folder to write; it must not exist
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub output: PathBuf,
    /// Replace the folder if it exists
    #[arg(long, help_heading = "Output")]
    pub force: bool,
    /// What age is judged against; else this machine's clock
    #[arg(long, value_name = "INSTANT", help_heading = "Time")]
    pub now: Option<String>,
}

impl OwnerArgs {
    /// The operators, from flags, else from the configuration.
    pub fn load(&self, config: &Config) -> Outcome<Operators> {
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
        Operators::load_with(dir, db, registry).map_err(told)
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
            let whole_day = if text.len() == 10 { 86_399 } else { 0 };
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
        if let Some(n) = self.chunk_bytes {
            options.chunk_bytes = n;
        }
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
