//! What is made of the command line itself: completions for shells, and man pages.

use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use plaint::commands::print;
use plaint::fault::{Fault, Outcome};

use super::Cli;

/// When what the pages say last changed: a clock's date would make each build another.
const DATED: &str = "2026-11-23";

/// Prints the completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Outcome<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "plaint", &mut out);
    print(&out)?;
    Ok(0)
}

/// Writes a man page of each command into a folder.
pub fn man(dir: &Path) -> Outcome<u8> {
    std::fs::create_dir_all(dir).map_err(|e| Fault::file(dir, e))?;
    let mut command = Cli::command();
    command.build();
    let mut pages = vec![("plaint".to_owned(), command.clone())];
    while let Some((name, command)) = pages.pop() {
        let path = dir.join(format!("{name}.1"));
        let mut page = Vec::new();
        let man =
            clap_mangen::Man::new(command.clone().display_name(&name)).date(DATED).manual("plaint");
        man.render(&mut page).map_err(|e| Fault::file(&path, e))?;
        let page = sections(&String::from_utf8(page).map_err(|e| Fault::file(&path, e))?);
        let mut file = std::fs::File::create(&path).map_err(|e| Fault::file(&path, e))?;
        file.write_all(page.as_bytes()).map_err(|e| Fault::file(&path, e))?;
        for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
            pages.push((format!("{name}-{}", sub.get_name()), sub.clone()));
        }
    }
    Ok(0)
}

/// What stands behind the options of a command is in a section that says what it is.
fn sections(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        match (line, lines.peek().copied()) {
            (".SH EXTRA", Some("Examples:")) => {
                lines.next();
                out.push_str(".SH EXAMPLES\n.nf\n");
            }
            ("Exit codes:", _) => out.push_str(".SH \"EXIT STATUS\"\n.nf\n"),
            (line, _) if line.starts_with(".SH") => {
                out.push_str(".fi\n");
                out.push_str(line);
                out.push('\n');
            }
            (line, _) => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}
