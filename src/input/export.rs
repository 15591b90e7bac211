//! [`Export`]: reads systemd's journal export format and gives each entry as one line, a JSON record.
//!
//! Format: <https://systemd.io/JOURNAL_EXPORT_FORMATS> ("Journal Export Format"). An entry is a run of fields, and an
//! empty line ends it. A field is `NAME=value`, or its name alone, eight bytes of length (the lower first) and the
//! value, which may hold line breaks. What is given out is what `journalctl -o json` prints of the same entry, of the
//! fields that plaint reads: a value that is no UTF-8 is an array of its bytes. A field that comes twice is given twice, so
//! that the record is unread, as any that two readers could read differently.

use std::io::{self, BufRead, Read};

use crate::limits::LINE_BYTES;
use crate::text::json_string;

/// How an export begins: the cursor is always first.
pub const MAGIC: &[u8] = b"__CURSOR=";

/// A text without the mark of UTF-8 that some editors put before it.
#[must_use]
pub fn unmarked(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The fields that are given out.
pub const FIELDS: [&str; 7] = [
    "__REALTIME_TIMESTAMP",
    "_HOSTNAME",
    "SYSLOG_IDENTIFIER",
    "_COMM",
    "_PID",
    "SYSLOG_PID",
    "MESSAGE",
];

/// Reads the export format and gives JSON, a line an entry.
pub struct Export<R> {
    inner: R,
    out: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Export<R> {
    /// A reader of what `inner` exports.
    #[must_use]
    pub const fn new(inner: R) -> Self {
        Self { inner, out: Vec::new(), at: 0 }
    }

    /// The bytes up to the next newline, of which so many are kept as a line may have and one more;
    /// none at the end. Says too whether the newline was there.
    fn line(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        let mut line = Vec::new();
        let mut any = false;
        loop {
            let ready = self.inner.fill_buf()?;
            if ready.is_empty() {
                return Ok(any.then_some((line, false)));
            }
            any = true;
            let end = memchr::memchr(b'\n', ready);
            let part = ready.get(..end.unwrap_or(ready.len())).unwrap_or_default();
            let room = (LINE_BYTES + 1).saturating_sub(line.len()).min(part.len());
            line.extend_from_slice(part.get(..room).unwrap_or_default());
            let used = part.len() + usize::from(end.is_some());
            self.inner.consume(used);
            if end.is_some() {
                return Ok(Some((line, true)));
            }
        }
    }

    /// The value of a field whose length stands before it, kept like a line.
    fn sized(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 8];
        self.inner.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        let kept = length.min(LINE_BYTES as u64 + 1);
        let mut value = Vec::new();
        self.inner.by_ref().take(kept).read_to_end(&mut value)?;
        let left = io::copy(&mut self.inner.by_ref().take(length - kept), &mut io::sink())?;
        let mut end = [0; 1];
        self.inner.read_exact(&mut end)?;
        if value.len() as u64 + left != length || end != *b"\n" {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a field is not as long as it says",
            ));
        }
        Ok(value)
    }

    /// Reads the next entry; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.at = 0;
        let mut fields = 0;
        while let Some((line, is_whole)) = self.line()? {
            if line.is_empty() {
                if fields == 0 {
                    continue;
                }
                break;
            }
            let line = unmarked(&line).to_vec();
            let (name, value) = match memchr::memchr(b'=', &line) {
                Some(at) => {
                    let (name, value) = line.split_at(at);
                    (name.to_vec(), value.get(1..).unwrap_or_default().to_vec())
                }
                None if is_whole => {
                    let value = self.sized()?;
                    (line, value)
                }
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            };
            fields += 1;
            if FIELDS.iter().any(|f| f.as_bytes() == name) {
                write(&mut self.out, &name, &value);
            }
        }
        if fields == 0 {
            return Ok(false);
        }
        if self.out.is_empty() {
            self.out.push(b'{');
        }
        self.out.extend_from_slice(b"}\n");
        Ok(true)
    }
}

/// Appends a field to a record.
pub(super) fn write(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.push(if out.is_empty() { b'{' } else { b',' });
    json_string(out, name);
    out.push(b':');
    if std::str::from_utf8(value).is_ok() {
        json_string(out, value);
        return;
    }
    let numbers: Vec<String> = value.iter().map(u8::to_string).collect();
    out.push(b'[');
    out.extend_from_slice(numbers.join(",").as_bytes());
    out.push(b']');
}

impl<R: BufRead> Read for Export<R> {
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

    fn json(export: &[u8]) -> io::Result<String> {
        let mut out = String::new();
        Export::new(export).read_to_string(&mut out).map(|_| out)
    }

    #[test]
    fn an_entry_is_a_line_whatever_it_holds() {
        let mut bytes = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1781254715000000\n_PID=811\nMESSAGE=a \"b\" \xc3\xa9\n\n".to_vec();
        bytes.extend_from_slice(
            b"\n__CURSOR=s=2\nMESSAGE\n\x0b\0\0\0\0\0\0\0a\n\nMESSAGE=\n_PID=2\n\n",
        );
        bytes.extend_from_slice(
            b"__CURSOR=s=3\nMESSAGE\n\x02\0\0\0\0\0\0\0\xff\x80\nMESSAGE=x\n\n__CURSOR=s=4\n",
        );
        assert_eq!(
            json(&bytes).unwrap(),
            concat!(
                "{\"__REALTIME_TIMESTAMP\":\"1781254715000000\",\"_PID\":\"811\",\"MESSAGE\":\"a \\\"b\\\" \u{e9}\"}\n",
                "{\"MESSAGE\":\"a\\u000a\\u000aMESSAGE=\",\"_PID\":\"2\"}\n",
                "{\"MESSAGE\":[255,128],\"MESSAGE\":\"x\"}\n",
                "{}\n",
            )
        );
    }

    #[test]
    fn damage_is_told() {
        for bytes in [
            &b"__CURSOR=s=1\nMESSAGE\n\x09\0\0\0\0\0\0\0ab\n\n"[..],
            b"__CURSOR=s=1\nMESSAGE\n\x01\0\0\0\0\0\0\0abc\n\n",
            b"__CURSOR=s=1\nMESSAGE\n\x01\0",
            b"__CURSOR=s=1\nMESS",
        ] {
            assert!(json(bytes).is_err(), "{bytes:?}");
        }
        // What is too long for a line stays so.
        let long = format!("__CURSOR=s=1\nMESSAGE={}\n\n", "x".repeat(3 * LINE_BYTES));
        let line = json(long.as_bytes()).unwrap();
        assert!(line.len() > LINE_BYTES && line.len() < LINE_BYTES + 100);
    }
}
