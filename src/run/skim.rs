//! [`Skim`]: lines whose message is not asked for, read as far as the lines behind them hang on them.

use crate::dialect::Claim;
use crate::envelope::{Format, Head, Heads};
use crate::quad::Common;
use crate::time::Moment;

use super::read::{LineReader, Read};
use super::repeat::Trail;
use super::straight::{may_be_known, plain, process};

/// Passes over lines that begin as others did.
#[derive(Debug)]
pub struct Skim {
    /// By head: where its host stands in the trail, and whether a process follows.
    heads: Heads<(usize, bool)>,
    /// A head that was not known.
    fresh: Option<Head>,
    bare: Claim,
    on: bool,
}

impl Skim {
    /// Nothing known yet; with `on` false, all lines are left to the reader of all forms.
    #[must_use]
    pub fn new(on: bool) -> Self {
        let bare = Claim::bare(Format::Rfc3164);
        Self { heads: Heads::default(), fresh: None, bare, on }
    }

    /// Passes over the line that `left` begins with and that lies at `offset`: the line, its length with what may
    /// stand before its newline, and when it was logged. None where it is left to the reader of all forms: it may
    /// refer to another, or its beginning is not known.
    #[inline(always)]
    pub fn pass<'c>(
        &mut self,
        left: &'c [u8],
        offset: u64,
        reader: &mut LineReader<'c>,
        trail: &mut Trail<'c>,
    ) -> Option<(&'c [u8], usize, Moment)> {
        self.fresh = None;
        let (stamp, [b' ', rest @ ..]) = left.split_first_chunk::<15>().filter(|_| self.on)? else {
            return None;
        };
        let (long, (host, has)) = self.heads.known(rest, &mut self.fresh)?;
        let (_, text) = process(Common, rest, long, has)?;
        // It may say that the line before it was repeated.
        if matches!(text.first(), Some(b'l' | b'L' | b'-')) {
            return None;
        }
        let (message, end) = plain(text)?;
        let before = left.len() - text.len();
        let line = left.get(..before + message.len())?;
        let (_, moment, _) = reader.moment(stamp, offset)?;
        trail.turn_to(host);
        trail.pass(line, moment.at.nanos);
        Some((line, before + end, moment))
    }

    /// Keeps what the reader of all forms found of a line whose head was not known, and whose host the trail was turned to.
    #[inline(always)]
    pub fn learn(&mut self, line: &[u8], read: &Read<'_>, trail: &Trail<'_>) {
        if let Some(head) = self.fresh.take()
            && may_be_known(&head, line, read, self.bare)
        {
            let process = line.get(16 + head.len() - 1) == Some(&b'[');
            self.heads.put(head, (trail.at(), process));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::input::Lines;
    use crate::json::Scratch;
    use crate::run::repeat::Referred;
    use crate::run::{Logs, Options};
    use crate::session::Place;
    use crate::time::Zone;

    /// Of each line, as far as it can be read: it, when it was logged, and what it refers to; and how many were
    /// passed over.
    fn walk(log: &[u8], on: bool) -> (Vec<String>, usize) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(log).unwrap();
        // A repeated hour, so that the same bytes may be another moment.
        let zone = Zone::parse("Europe/London").ok();
        let options = Options { zone, log_end: Some(1_795_000_000), ..Options::default() };
        let logs = Logs::open(&[file.path().into()], None, &options, true).unwrap();
        let (scratch, referred) = (Scratch::default(), Referred::default());
        let mut reader = logs.logs.first().unwrap().reader(0, &scratch);
        let (mut skim, mut trail) = (Skim::new(on), Trail::default());
        let (mut lines, mut all, mut passed) = (Lines::new(log, 0), Vec::new(), 0);
        loop {
            let (offset, left) = lines.left();
            let (line, moment, refers) = match skim.pass(left, offset, &mut reader, &mut trail) {
                Some((line, long, moment)) => {
                    lines.pass(long);
                    passed += 1;
                    (line, moment, None)
                }
                None => {
                    let Some((_, line)) = lines.next() else { return (all, passed) };
                    let Ok(read) = reader.skim(line, offset) else {
                        trail.cut();
                        continue;
                    };
                    let place = Place { input: 0, offset };
                    let refers = trail.refers(&read, line, place, &referred);
                    let Some(moment) = read.moment else { continue };
                    skim.learn(line, &read, &trail);
                    (line, moment, refers)
                }
            };
            let line = crate::text::Untrusted(line);
            all.push(format!("{offset} {line} {moment:?} {refers:?}"));
        }
    }

    #[test]
    fn what_is_passed_over_leaves_what_is_read_leaves() {
        let mut seed = 11u64;
        let mut next = |most: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % most.max(1)
        };
        let mut passed = 0;
        for entry in std::fs::read_dir("testdata/dialect").unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let (mut log, mut at) = (Vec::new(), 0);
            for (_, line) in Lines::new(&bytes, 0).filter(|(_, l)| !l.starts_with(b"#")) {
                // Behind a stamp of this dialect's own, too, which mostly is that of the line before.
                at += next(3) * next(700);
                let stamp = |at: usize| {
                    let (hour, rest) = (at / 3600, at % 3600);
                    let day = 25 + hour / 24;
                    format!("Oct {day} {:02}:{:02}:{:02} ", hour % 24, rest / 60, rest % 60)
                };
                let own = line.get(..16).is_some_and(|s| s.iter().any(u8::is_ascii_digit));
                let body = if own { line.get(16..).unwrap_or_default() } else { line };
                for n in 0..4 {
                    let mut text = stamp(at + n / 3).into_bytes();
                    text.extend_from_slice(body);
                    match (n, next(9)) {
                        (0, _) => {}
                        (_, 0) => drop(text.remove(next(text.len()))),
                        (_, 1) => {
                            text.insert(next(text.len()), *b"\0\r[:% -l{".get(next(9)).unwrap())
                        }
                        (_, 2) => text.truncate(next(text.len())),
                        (_, 3) => text.push(b'\r'),
                        _ => {}
                    }
                    log.extend_from_slice(&text);
                    log.push(b'\n');
                    if next(4) == 0 {
                        let host = *["web1", "fw", "mx"].get(next(3)).unwrap();
                        let again = [
                            "last message repeated 3 times",
                            "--- last message repeated 2 times ---",
                        ];
                        let again = again.get(next(2)).unwrap();
                        log.extend_from_slice(
                            format!("{}{host} sshd[{}]: {again}\n", stamp(at), next(3)).as_bytes(),
                        );
                    }
                }
            }
            let (want, _) = walk(&log, false);
            let (found, n) = walk(&log, true);
            passed += n;
            for (want, found) in want.iter().zip(&found) {
                assert_eq!(want, found);
            }
            assert_eq!(want.len(), found.len());
        }
        assert!(passed > 2000, "only {passed} lines were passed over");
    }
}
