//! Examples for the help of each command, and the groups that commands stand in. `tests/help.rs` runs
//! every example.

/// The commands by what they are for. All are here: `tests/help.rs` looks.
const GROUPS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Read logs",
        &[
            ("report", "Write ready-to-file bundles, one folder per operator"),
            ("sources", "Print one row per source"),
            ("events", "Print one row per hostile line"),
            ("inspect", "Account for every line: what is read, what is not, and why"),
            ("explain", "Show how a line is read"),
        ],
    ),
    (
        "Find out who answers",
        &[
            ("operators", "Whose address is it, and what does that operator ask for"),
            ("gather", "Ask WHOIS, RDAP and traceroute about the sources of a run"),
        ],
    ),
    (
        "Check what was written",
        &[
            ("lint", "Check reports against their operators' rules"),
            ("verify", "Compare reports with their hashes, and evidence with the logs"),
        ],
    ),
    (
        "About plaint",
        &[
            ("formats", "List every dialect that is read"),
            ("schema", "Print the JSON schema of an output, or of the configuration"),
            ("completions", "Print what completes commands and options in a shell"),
            ("man", "Write a man page of each command"),
            ("help", "Print this, or the help of a command"),
        ],
    ),
];

/// Help of the whole: commands in groups.
pub fn template() -> String {
    let mut out = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (title, commands) in GROUPS {
        out.push_str(&format!("\n{}\n", heading(title)));
        for (name, what) in commands {
            out.push_str(&format!("  {name:<11}  {what}\n"));
        }
    }
    out.push_str(&format!("\n{}\n{{options}}{{after-help}}", heading("Options")));
    out
}

/// A heading as clap writes its own; where there is no colour it takes the style away again.
fn heading(title: &str) -> String {
    let style = clap::builder::Styles::default();
    let style = style.get_header();
    format!("{style}{title}:{style:#}")
}

pub const ALL: &str = "Examples:
  plaint report /var/log --tz Europe/London -o reports     # bundles, one folder per operator
  plaint sources auth.log --tz Europe/London               # who did what, how often, when
  plaint events auth.log --tz UTC --format csv             # one row per hostile line
  plaint inspect /var/log --tz Europe/London               # what is read, what is not, and why
  plaint explain --tz UTC auth.log:12                      # how one line is read

plaint COMMAND --help says all about a command.";

pub const EXITS: &str = "Exit codes:
  0  done
  1  hostile sources were found (only with --exit-code)
  2  usage, configuration, or a zone that has to be told
  3  an input could not be read; the rest was done
  4  more unread lines than --max-unread
  5  lint or verify found something wrong";

pub const REPORT: &str = "Examples:
  plaint report /var/log --tz Europe/London -o reports
  plaint report fw.log auth.log --config plaint.toml --since 2026-03-29 -o reports --force";

pub const SOURCES: &str = "Examples:
  plaint sources auth.log --tz Europe/London
  zcat auth.log.2.gz | plaint sources - --tz UTC --log-end 2026-03-29 --format jsonl";

pub const EVENTS: &str = "Examples:
  plaint events /var/log --tz UTC --format csv > events.csv
  plaint events auth.log --tz UTC --all --original";

pub const INSPECT: &str = "Examples:
  plaint inspect /var/log --tz Europe/London
  plaint inspect auth.log --tz UTC --max-unread 0";

pub const EXPLAIN: &str = "Examples:
  plaint explain --tz UTC auth.log:12
  plaint explain --tz UTC < auth.log
  plaint explain '2026-03-29T01:02:03Z web1 sshd[7]: Invalid user x from 192.0.2.7 port 4711'";

pub const OPERATORS: &str = "Examples:
  plaint operators check 192.0.2.70 --operators operators
  plaint operators show bt";

pub const OPERATORS_CHECK: &str = "Examples:
  plaint operators check 192.0.2.70 2001:db8::7 --operators operators
  plaint operators check 192.0.2.70 --json";

pub const OPERATORS_LIST: &str = "Examples:
  plaint operators list --operators operators";

pub const OPERATORS_LINT: &str = "Examples:
  plaint operators lint --operators operators";

pub const OPERATORS_SHOW: &str = "Examples:
  plaint operators show bt > bt.toml.txt";

pub const LINT: &str = "Examples:
  plaint lint reports
  plaint lint reports/bt --operators operators";

pub const VERIFY: &str = "Examples:
  plaint verify reports
  plaint verify reports --logs /var/log";

pub const GATHER: &str = "Examples:
  plaint gather reports --whois --rdap
  plaint gather reports --traceroute --into answers";

pub const FORMATS: &str = "Examples:
  plaint formats
  plaint formats --format jsonl";

pub const SCHEMA: &str = "Examples:
  plaint schema config
  plaint schema events > events.schema.json";

pub const COMPLETIONS: &str = "Examples:
  plaint completions bash > plaint.bash
  plaint completions zsh > _plaint";

pub const MAN: &str = "Examples:
  plaint man man1";
