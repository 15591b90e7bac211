//! The command line as typed, and what it means.

pub mod early;
mod forms;
mod gather;
mod help;
pub mod generate;
mod reading;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{
    ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};
use plaint::commands::Voice;

use forms::{EventsForm, FormatsForm, SourcesForm};
use gather::GatherArgs;
pub use reading::{LogArgs, OwnerArgs, ReadingArgs, told_now};

/// Turns firewall, sshd and mail logs into abuse reports that the operator of
/// the attacking address will act on.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    max_term_width = WIDTH,
    help_template = help::template(),
    after_help = help::ALL,
    after_long_help = format!("{}\n\n{}", help::ALL, help::EXITS)
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour
    ///
    /// auto colours what goes to a terminal, unless NO_COLOR is set; CLICOLOR_FORCE colours it
    /// wherever it goes.
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value_t = Color::Auto,
        global = true,
        help_heading = "Messages",
        hide_short_help = true
    )]
    pub color: Color,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, help_heading = "Messages")]
    pub quiet: bool,
    /// Say on standard error what was read, and how; -vv says more
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Messages")]
    pub verbose: u8,
    /// The form of messages on standard error
    ///
    /// json writes one object a line: level (error, warning, info, debug, trace), message, and where
    /// there is one, the hint or the next command.
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        default_value_t = LogFormat::Text,
        global = true,
        help_heading = "Messages",
        hide_short_help = true
    )]
    pub log_format: LogFormat,
    /// The configuration file
    ///
    /// Without it ./plaint.toml is read, else $XDG_CONFIG_HOME/plaint/plaint.toml. Flags win over what
    /// it says. `plaint schema config` prints every key.
    #[arg(long, value_name = "FILE", global = true, help_heading = "Configuration")]
    pub config: Option<PathBuf>,
}

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
    #[command(after_help = help::REPORT)]
    Report(ReportArgs),
    /// Print one row per source
    #[command(after_help = help::SOURCES)]
    Sources(SourcesArgs),
    /// Print one row per hostile line
    #[command(after_help = help::EVENTS)]
    Events(EventsArgs),
    /// Account for every line: formats, zones, spans, readings, first unread lines
    #[command(after_help = help::INSPECT)]
    Inspect(LogArgs),
    /// Show how a line is read: envelope, time, dialect, every reading tried
    #[command(after_help = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Whose address is it, and what does that operator ask for
    #[command(after_help = help::OPERATORS)]
    Operators(OperatorsArgs),
    /// Check reports as they lie on the disk against their operators' rules
    #[command(after_help = help::LINT)]
    Lint(LintArgs),
    /// Compare a folder of reports with its hashes, and its evidence with the logs
    #[command(after_help = help::VERIFY)]
    Verify(VerifyArgs),
    /// Ask WHOIS, RDAP and traceroute about the sources of a run, for the next one
    #[command(after_help = help::GATHER)]
    Gather(GatherArgs),
    /// List every dialect that is read, with its versions, an example and its document
    #[command(after_help = help::FORMATS)]
    Formats {
        /// In which form
        #[arg(long, value_enum, default_value_t = FormatsForm::Table, help_heading = "Output")]
        format: FormatsForm,
    },
    /// Print the JSON schema of an output, or of the configuration
    #[command(after_help = help::SCHEMA)]
    Schema {
        /// Of what
        #[arg(value_parser = plaint::commands::schema::SCHEMAS.map(|(name, _)| name))]
        output: String,
    },
    /// Print what completes commands and options in a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a man page of each command
    #[command(after_help = help::MAN)]
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
    /// Logs, archives of them, or folders they lie in; else they are looked for where the run found them
    #[arg(long, value_name = "PATH")]
    pub logs: Vec<PathBuf>,
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
#[command(mut_arg("exit_code", |a| a.hide(true)), mut_arg("max_unread", |a| a.hide(true)))]
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
    #[command(after_help = help::OPERATORS_CHECK)]
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
    #[command(after_help = help::OPERATORS_LIST)]
    List {
        #[command(flatten)]
        owner: OwnerArgs,
    },
    /// What is wrong with operator files: routes, contacts, rules without a source
    #[command(after_help = help::OPERATORS_LINT)]
    Lint {
        #[command(flatten)]
        owner: OwnerArgs,
    },
    /// One operator's rules
    #[command(after_help = help::OPERATORS_SHOW)]
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
