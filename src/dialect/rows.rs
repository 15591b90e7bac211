//! What a message says, in one line: the rows that tests of dialects are written in.

use super::{Act, Claim, Said};
use crate::text::Untrusted;

/// `Kind source port user`, then what else is there: ` x3` times, ` > ours port`,
/// ` s=session`, ` 2s`.
pub fn shown(act: &Act<'_>) -> String {
    let mut row = format!(
        "{:?} {} {} {}",
        act.kind,
        act.source.map_or("-".into(), |s| s.to_string()),
        act.source_port.map_or("-".into(), |p| p.to_string()),
        act.user.map_or("-".into(), |u| format!("{:?}", Untrusted(u))),
    );
    if act.count != 1 {
        row += &format!(" x{}", act.count);
    }
    if act.destination.is_some() || act.destination_port.is_some() {
        row += &format!(" > {}", act.destination.map_or("-".into(), |a| a.to_string()));
    }
    if let Some(port) = act.destination_port {
        row += &format!(" {port}");
    }
    if let Some(session) = act.session {
        row += &format!(" s={}", Untrusted(session));
    }
    if act.lasted > 0 {
        row += &format!(" {}s", act.lasted);
    }
    row
}

/// What a program's message says.
pub fn heard(program: &str, message: &str) -> String {
    let heard = Claim::of(program.as_bytes()).read(message.as_bytes());
    match heard.said {
        Said::No => "other".into(),
        Said::Quiet => "quiet".into(),
        Said::One(a) => shown(&a),
        Said::Several(r) => {
            format!("several: {}", r.iter().map(shown).collect::<Vec<_>>().join("; "))
        }
    }
}

/// Checks rows of `message => what it says`, one a line.
pub fn check(program: &str, rows: &str) {
    for row in rows.lines().map(str::trim).filter(|r| !r.is_empty() && !r.starts_with("// ")) {
        let (message, want) = row.rsplit_once(" => ").unwrap();
        assert_eq!(heard(program, message), want, "{message}");
    }
}
