//! The command: options in, exit code out, and the one place with a clock.

mod cli;

use std::process::ExitCode;

use plaint::addr::Addr;
use plaint::commands;
use plaint::config::Config;
use plaint::fault::Outcome;
use plaint::time::Instant;

use cli::{Cli, Command, OperatorsCommand, early, generate};

// Those who write reports take and give back memory all the time, and with most systems' own way of doing
// so wait for each other.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let early = early::of(std::env::args_os());
    early.colour.write_global();
    let cli = match with_small_pages(cli::read) {
        Ok(cli) => cli,
        Err(e) => {
            early::tell(&e, early.voice);
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    watch(cli.voice());
    let done = run(&cli);
    commands::meter::hide();
    match done {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            cli.voice().fail(&fault);
            ExitCode::from(fault.exit_code())
        }
    }
}

/// Does what takes little memory in many places far apart: in large pages the system would make zero all that lies
/// between, a millisecond before the first line is read.
fn with_small_pages<T>(f: impl FnOnce() -> T) -> T {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};
        // Who runs it may have said so for all of it; where they cannot be told to be small, they are large.
        if matches!(transparent_huge_pages_are_disabled(), Ok(false))
            && disable_transparent_huge_pages(true).is_ok()
        {
            let done = f();
            let _ = disable_transparent_huge_pages(false);
            return done;
        }
    }
    f()
}

/// Has a run that is interrupted say how far it came, and end as the signal ends any program.
fn watch(voice: commands::Voice) {
    use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
    // A file that may not be longer is an error that is told, or memory that is not taken; not the end of the run.
    let _ = signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default());
    // Without it a signal ends the run all the same, and says nothing.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let far = plaint::run::progress::interrupted();
            voice.say(commands::Severity::Error, &format!("interrupted {far}"));
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
    });
}

fn run(cli: &Cli) -> Outcome<u8> {
    // These need no configuration, and a broken one must not stop them.
    match &cli.command {
        Command::Completions { shell } => return generate::completions(*shell),
        Command::Man { dir } => return generate::man(dir),
        Command::Schema { output } => return commands::schema::run(output),
        Command::Formats { format } => return commands::formats::run((*format).into()),
        _ => {}
    }
    let config = Config::load(cli.config.as_deref())?;
    let say = |text: String| cli.voice().say(commands::Severity::Detail, &text);
    match &config.path {
        Some(path) => say(format!("configuration: {}", path.display())),
        None => {
            say("configuration: none; there is no ./plaint.toml, and none of the user's".to_owned())
        }
    }
    match &cli.command {
        Command::Sources(args) => {
            let setup = args.logs.setup(&config, cli.voice())?;
            let operators = args.owner.load_names(&config, cli.voice())?;
            let (hostile, code) = commands::sources::run(&setup, &operators, args.format.into())?;
            Ok(verdict(code, hostile && args.logs.reading.exit_code))
        }
        Command::Events(args) => {
            let mut setup = args.logs.setup(&config, cli.voice())?;
            let asked = commands::events::Asked {
                form: args.format.into(),
                all: args.all,
                original: args.original,
            };
            let (hostile, code) = commands::events::run(&mut setup, asked)?;
            Ok(verdict(code, hostile && args.logs.reading.exit_code))
        }
        Command::Inspect(args) => {
            let mut setup = args.setup(&config, cli.voice())?;
            let (hostile, code) = commands::inspect::run(&mut setup)?;
            Ok(verdict(code, hostile && args.reading.exit_code))
        }
        Command::Explain(args) => {
            if args.reading.exit_code || args.reading.max_unread.is_some() {
                return Err(plaint::fault::Fault::usage(
                    "explain tells of lines: it has no --exit-code and no --max-unread",
                )
                .hint("plaint events FILE --exit-code says whether a log has hostile sources"));
            }
            commands::explain::run(&args.line, &args.reading.options(&config)?)
        }
        Command::Operators(args) => match &args.command {
            OperatorsCommand::Check { ips, json, owner } => {
                let ips: Vec<Addr> = ips.iter().map(|ip| Addr::from(*ip)).collect();
                commands::operators::check(&owner.load(&config, cli.voice())?, &ips, *json)
            }
            OperatorsCommand::List { owner } => {
                commands::operators::list(&owner.load(&config, cli.voice())?)
            }
            OperatorsCommand::Lint { owner } => {
                commands::operators::lint_all(&owner.load(&config, cli.voice())?)
            }
            OperatorsCommand::Show { id, owner } => {
                commands::operators::show_one(&owner.load(&config, cli.voice())?, id)
            }
        },
        Command::Lint(args) => {
            let operators = args.owner.load(&config, cli.voice())?;
            commands::lint::run(&args.dir, &operators, Some(now(&args.now)?), cli.voice())
        }
        Command::Verify(args) => commands::verify::run(&args.dir, &args.logs, cli.voice()),
        Command::Gather(args) => {
            let (pause, patience) = args.waits()?;
            let manner = plaint::gather::Manner { now: &clock, pause, patience };
            commands::gather::run(&args.dir, &args.asked(&config)?, &manner, cli.voice())
        }
        Command::Completions { .. }
        | Command::Man { .. }
        | Command::Schema { .. }
        | Command::Formats { .. } => Ok(0),
        Command::Report(args) => {
            let mut setup = args.logs.setup(&config, cli.voice())?;
            let operators = args.owner.load(&config, cli.voice())?;
            let asked = commands::report::Asked {
                dir: &args.output,
                force: args.force,
                now: Some(now(&args.now)?),
                options: args.logs.reading.recorded(&setup.options),
                config: cli.config.as_deref(),
            };
            let (hostile, code) = commands::report::run(&mut setup, &config, &operators, &asked)?;
            Ok(verdict(code, hostile && args.logs.reading.exit_code))
        }
    }
}

/// What age is judged against: as told, else this machine's clock. No year is ever read off it.
fn now(told: &Option<String>) -> Outcome<Instant> {
    Ok(cli::told_now(told)?.unwrap_or_else(clock))
}

#[allow(clippy::disallowed_methods)]
fn clock() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Instant::from_seconds(since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)))
}

/// 1 says that hostile sources were found, unless there is worse to say.
fn verdict(code: u8, found: bool) -> u8 {
    if code == 0 && found { 1 } else { code }
}
