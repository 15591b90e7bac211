//! [`Events`]: reads Windows' events as text and gives each as one line.
//!
//! Format: what `wevtutil qe OpenSSH/Operational /f:text` prints ("wevtutil", Microsoft Learn): `Event[N]:`, indented pairs of
//! `Name: value`, of which `Date` is in the machine's zone or ends in `Z`, and behind `Description:` the message on
//! lines of its own. What is given out is `DATE COMPUTER MESSAGE`, as syslog would have it; a message of several lines
//! becomes one, with a blank between. What is no event is given as it stands.

use std::io::{self, BufRead, Read};

use super::export::unmarked;
use crate::limits::LINE_BYTES;

/// How the text begins.
pub const MAGIC: &[u8] = b"Event[";

/// Reads events and gives lines.
pub struct Events<R> {
    inner: R,
    /// The line that began the next event.
    ahead: Option<Vec<u8>>,
    out: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Events<R> {
    /// A reader of what `inner` tells.
    #[must_use]
    pub const fn new(inner: R) -> Self {
        Self { inner, ahead: None, out: Vec::new(), at: 0 }
    }

    /// The next line without its end, of which so much is kept as a line may have and one byte more.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        let mut any = false;
        loop {
            let ready = self.inner.fill_buf()?;
            if ready.is_empty() {
                return Ok(any.then_some(line));
            }
            any = true;
            let end = memchr::memchr(b'\n', ready);
            let part = ready.get(..end.unwrap_or(ready.len())).unwrap_or_default();
            let room = (LINE_BYTES + 1).saturating_sub(line.len()).min(part.len());
            line.extend_from_slice(part.get(..room).unwrap_or_default());
            let used = part.len() + usize::from(end.is_some());
            self.inner.consume(used);
            if end.is_some() {
                line.pop_if(|last| *last == b'\r');
                return Ok(Some(line));
            }
        }
    }

    /// Reads the next event; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.at = 0;
        let Some(first) = self.line()? else { return Ok(false) };
        let first = unmarked(&first).to_vec();
        if !begins(&first) {
            self.out = first;
            self.out.push(b'\n');
            return Ok(true);
        }
        let (mut date, mut host, mut message) = (Vec::new(), Vec::new(), None::<Vec<u8>>);
        while let Some(line) = self.line()? {
            if begins(&line) {
                self.ahead = Some(line);
                break;
            }
            let text = line.trim_ascii();
            match &mut message {
                Some(message) if !text.is_empty() && message.len() <= LINE_BYTES => {
                    if !message.is_empty() {
                        message.push(b' ');
                    }
                    message.extend_from_slice(text);
                }
                Some(_) => {}
                None => {
                    let value = |name: &[u8]| Some(text.strip_prefix(name)?.trim_ascii().to_vec());
                    if let Some(value) = value(b"Date:") {
                        date = value;
                    } else if let Some(value) = value(b"Computer:") {
                        host = value;
                    } else {
                        message = value(b"Description:");
                    }
                }
            }
        }
        let host = if host.is_empty() || host.contains(&b' ') { b"-".to_vec() } else { host };
        let message = message.unwrap_or_default();
        self.out = [&date[..], b" ", &host[..], b" ", &message[..], b"\n"].concat();
        Ok(true)
    }
}

/// Whether a line begins an event: `Event[7]:`, the colon left out by some versions.
fn begins(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(MAGIC) else { return false };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    digits > 0 && matches!(rest.get(digits..).map(<[u8]>::trim_ascii), Some(b"]" | b"]:"))
}

impl<R: BufRead> Read for Events<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.out.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let ready = self.out.get(self.at..).unwrap_or_default();
        let n = ready.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(ready) {
            *to = *from;
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line() {
        let text = "Event[0]:\r\n  Log Name: OpenSSH/Operational\r\n  Source: OpenSSH\r\n  \
                    Date: 2026-06-12T08:58:35.217\r\n  Event ID: 4\r\n  Computer: win1\r\n  \
                    Description: \r\nsshd: Failed password for a\r\n  from here\r\n\r\n\
                    Event[1]\r\n  Date: 2026-06-12T08:58:36.2170000Z\r\n  Description: x\r\nDate: 1\r\n";
        let mut out = String::new();
        Events::new(text.as_bytes()).read_to_string(&mut out).unwrap();
        assert_eq!(
            out,
            "2026-06-12T08:58:35.217 win1 sshd: Failed password for a from here\n\
             2026-06-12T08:58:36.2170000Z - x Date: 1\n"
        );
        let mut plain = String::new();
        Events::new(&b"Event[x]\nno event"[..]).read_to_string(&mut plain).unwrap();
        assert_eq!(plain, "Event[x]\nno event\n");
    }
}
