//! `plaint verify`: whether a folder of reports is what was written, and its evidence what was logged.
//!
//! Each file against `SHA256SUMS` and the manifest, each line of evidence
//! against its hash, and, where the logs are at hand, at its offset there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::fault::{Fault, Outcome};
use crate::hash::sha256;
use crate::input::Input;
use crate::limits::{LINE_BYTES, LOG_PLACES};
use crate::text::shown;

use super::at_hand::{AtHand, Place};

/// What was found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Operators' folders.
    pub operators: usize,
    /// Files whose hash was compared.
    pub files: usize,
    /// Lines of evidence whose hash was compared.
    pub lines: usize,
    /// Those of them that were found at their offset in a log.
    pub at_offset: usize,
    /// What is wrong: where, and a sentence.
    pub wrong: Vec<(String, String)>,
    /// Logs that were not at hand, so that their lines were not looked up.
    pub absent: BTreeSet<String>,
}

/// A line of evidence as its index tells it.
struct Row {
    /// The bundle it is in.
    bundle: String,
    offset: u64,
    length: usize,
    sha256: String,
}

/// Lines to look up, by the log's path as the run named it.
type Wanted = BTreeMap<String, Vec<Row>>;

/// Verifies a folder of reports, or one operator's part of it. Lines are
/// looked up in `logs`, files, folders or archives; without any, where the run found them.
///
/// # Errors
///
/// [`Fault::Usage`] where the folder holds no reports.
pub fn verify(dir: &Path, logs: &[PathBuf]) -> Outcome<Verified> {
    let mut all = Verified::default();
    let roots = roots(dir)?;
    let mut wanted = Wanted::new();
    for root in &roots {
        all.operators += 1;
        let name = if root == dir { String::new() } else { format!("{}/", name_of(root)) };
        sums(root, &name, &mut all);
        evidence(root, &name, &mut all, &mut wanted);
    }
    let mut logs = AtHand::of(logs);
    all.wrong.append(&mut logs.faults);
    for (path, mut rows) in wanted {
        rows.sort_by_key(|r| r.offset);
        look_up(&path, &rows, &logs, &mut all);
    }
    Ok(all)
}

/// The operators' folders in a folder of reports.
///
/// # Errors
///
/// [`Fault::Usage`] where there is none.
pub fn roots(dir: &Path) -> Outcome<Vec<PathBuf>> {
    if dir.join("manifest.json").is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    let entries = fs::read_dir(dir).map_err(|e| Fault::file(dir, e))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.join("manifest.json").is_file() || p.join("SHA256SUMS").is_file())
        .collect();
    found.sort();
    // A run may have held everything back.
    if found.is_empty() && !dir.join(super::folder::MARK).is_file() {
        return Err(Fault::usage(format!(
            "{}: no folder of reports: there is neither a manifest.json nor a {}",
            dir.display(),
            super::folder::MARK
        ))
        .hint("name a folder that `plaint report -o` wrote, or one operator's in it"));
    }
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|n| shown(Path::new(n))).unwrap_or_default()
}

/// Whether a listed path stays inside its folder.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

/// Compares every file with the sums and the manifest.
fn sums(root: &Path, name: &str, all: &mut Verified) {
    let mut say = |file: &str, text: String| all.wrong.push((format!("{name}{file}"), text));
    let text = match fs::read_to_string(root.join("SHA256SUMS")) {
        Ok(text) => text,
        Err(e) => return say("SHA256SUMS", e.to_string()),
    };
    let mut listed: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines() {
        match line.split_once("  ") {
            Some((hash, path)) if hash.len() == 64 && is_inside(path) => {
                if listed.insert(path, hash).is_some() {
                    say("SHA256SUMS", format!("{path:?} is listed twice"));
                }
            }
            _ => say("SHA256SUMS", format!("{line:?} is no line of sha256sum")),
        }
    }
    let (mut files, mut compared) = (Vec::new(), 0);
    walk(root, "", &mut files, &mut say);
    for path in files.iter().filter(|f| *f != "SHA256SUMS" && !listed.contains_key(f.as_str())) {
        say(path, "is not listed in SHA256SUMS".to_owned());
    }
    for (path, hash) in &listed {
        match fs::read(root.join(path)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => say(path, "is missing".to_owned()),
            Err(e) => say(path, e.to_string()),
            Ok(bytes) => {
                compared += 1;
                if sha256(&bytes) != **hash {
                    say(path, "is not what was written: its hash is another".to_owned());
                }
            }
        }
    }
    match manifest(root) {
        Err(why) => say("manifest.json", why),
        Ok(manifest) => {
            let mut told = BTreeSet::from(["manifest.json"]);
            for file in manifest.get("files").and_then(Value::as_array).into_iter().flatten() {
                let text = |key| file.get(key).and_then(Value::as_str).unwrap_or_default();
                told.insert(text("path"));
                if listed.get(text("path")).is_some_and(|hash| *hash != text("sha256")) {
                    say(text("path"), "manifest.json and SHA256SUMS disagree".to_owned());
                }
                let size = fs::metadata(root.join(text("path"))).map(|m| m.len());
                let same = size.is_ok_and(|n| file.get("bytes").and_then(Value::as_u64) == Some(n));
                // A file that is missing has been told.
                if !same && listed.contains_key(text("path")) && root.join(text("path")).is_file() {
                    say(text("path"), "its size is not that in manifest.json".to_owned());
                }
            }
            for path in listed.keys().filter(|p| !told.contains(*p)) {
                say(path, "is not listed in manifest.json".to_owned());
            }
        }
    }
    all.files += compared;
}

/// A folder's manifest.
///
/// # Errors
///
/// What is wrong with it.
pub fn manifest(root: &Path) -> Result<Value, String> {
    let bytes = fs::read(root.join("manifest.json")).map_err(|e| e.to_string())?;
    serde_json::from_slice(&bytes).map_err(|e| format!("is no manifest: {e}"))
}

/// All files beneath, relative; what is neither file nor folder is told.
fn walk(root: &Path, inner: &str, out: &mut Vec<String>, say: &mut impl FnMut(&str, String)) {
    let entries = match fs::read_dir(root.join(inner)) {
        Ok(entries) => entries,
        Err(e) => return say(inner, e.to_string()),
    };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            say(inner, format!("{:?} has a name that we did not give", name));
            continue;
        };
        let path = if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(root, &path, out, say),
            Ok(kind) if kind.is_file() => out.push(path),
            _ => say(&path, "is neither a file nor a folder".to_owned()),
        }
    }
}

/// Compares each line of evidence with its index, and notes where it was logged.
fn evidence(root: &Path, name: &str, all: &mut Verified, wanted: &mut Wanted) {
    let mut files = Vec::new();
    walk(root, "", &mut files, &mut |_, _| {});
    for index in files.iter().filter(|f| f.ends_with("evidence.jsonl")) {
        let inside = index.trim_end_matches("evidence.jsonl");
        let bundle = format!("{name}{}", inside.trim_end_matches('/'));
        let read = |file: &str| fs::read(root.join(format!("{inside}{file}")));
        let (Ok(rows), Ok(log)) = (read("evidence.jsonl"), read("evidence.log")) else {
            all.wrong.push((bundle, "evidence.log and evidence.jsonl belong together".to_owned()));
            continue;
        };
        let mut rest = log.as_slice();
        for (n, row) in (1..).zip(rows.split(|b| *b == b'\n').filter(|r| !r.is_empty())) {
            let mut say = |text: &str| {
                all.wrong.push((format!("{bundle}/evidence.log:{n}"), text.to_owned()));
            };
            let Some((file, row)) = row_of(row, &bundle) else {
                say("its row in evidence.jsonl cannot be read");
                break;
            };
            let line = rest.get(..row.length).filter(|_| rest.get(row.length) == Some(&b'\n'));
            let Some(line) = line else {
                say("is not as long as evidence.jsonl says");
                break;
            };
            rest = rest.get(row.length + 1..).unwrap_or_default();
            if sha256(line) == row.sha256 {
                all.lines += 1;
            } else {
                say("is not the line that evidence.jsonl names: its hash is another");
            }
            wanted.entry(file).or_default().push(row);
        }
        if !rest.is_empty() {
            let end = format!("{bundle}/evidence.log");
            all.wrong.push((end, "goes on after the last line that is indexed".to_owned()));
        }
    }
}

fn row_of(bytes: &[u8], bundle: &str) -> Option<(String, Row)> {
    let row: Value = serde_json::from_slice(bytes).ok()?;
    let text = |key| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let length = usize::try_from(row.get("length")?.as_u64()?).ok().filter(|n| *n <= LINE_BYTES)?;
    let offset = row.get("offset")?.as_u64()?;
    let sha256 = text("sha256")?;
    Some((text("file")?, Row { bundle: bundle.to_owned(), offset, length, sha256 }))
}

/// Finds each line in its log, at its offset.
fn look_up(path: &str, rows: &[Row], logs: &AtHand<'_>, all: &mut Verified) {
    let (places, many) = logs.find(path);
    if places.is_empty() {
        if logs.is_as_run() {
            all.absent.insert(path.to_owned());
        } else {
            let text = format!("none of --logs has it; {} lines rest on it", rows.len());
            all.wrong.push((path.to_owned(), text));
        }
        return;
    }
    let mut left: Vec<&Row> = rows.iter().collect();
    let (mut faults, mut sound) = (Vec::new(), Vec::new());
    for place in &places {
        if left.is_empty() {
            break;
        }
        let fault = match place {
            Place::Log(input) => {
                let (others, fault) = look_in(input, left);
                left = others;
                fault
            }
            Place::Bad(_, why) => Some(why.clone()),
        };
        match fault {
            Some(why) => faults.push((place.name(), why)),
            None => sound.push(place.name()),
        }
    }
    all.at_offset += rows.len() - left.len();
    if left.is_empty() {
        return;
    }
    all.wrong.append(&mut faults);
    // Where none could be read, nobody knows what it holds.
    if let Some(first) = sound.first() {
        let others = match (sound.len(), many) {
            (1, _) => String::new(),
            (n, _) if many <= LOG_PLACES => format!(", and of {} others of its name,", n - 1),
            _ => {
                format!(
                    ", and of others of its name, of {many} of which {LOG_PLACES} were looked at,"
                )
            }
        };
        let another = |row: &Row| {
            let text = format!("the line at offset {} of {first}{others} is another", row.offset);
            (row.bundle.clone(), text)
        };
        let mut wrong: Vec<_> = left.into_iter().map(another).collect();
        wrong.dedup();
        all.wrong.append(&mut wrong);
    }
}

/// Looks up lines in a log: those that are not there, and why it could not be read to its end.
fn look_in<'r>(input: &Input, rows: Vec<&'r Row>) -> (Vec<&'r Row>, Option<String>) {
    let mut reader = match input.reader() {
        Ok(reader) => reader,
        Err(e) => return (rows, Some(e.to_string())),
    };
    let (mut at, mut others, mut fault) = (Window::default(), Vec::new(), None);
    for row in rows {
        if fault.is_none() {
            match at.line(&mut reader, row.offset, row.length) {
                Ok(Some(line)) if sha256(line) == row.sha256 => continue,
                Ok(_) => {}
                Err(e) => fault = Some(e.to_string()),
            }
        }
        others.push(row);
    }
    (others, fault)
}

/// The last bytes of a log that was read forwards. Bundles share lines, so
/// the same place may be asked twice.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    /// Where `bytes` begins in the log.
    from: u64,
    ended: bool,
}

impl Window {
    /// The line of that length at that offset, where there is one. Offsets
    /// must not go back by more than a line.
    fn line(
        &mut self,
        reader: &mut dyn Read,
        offset: u64,
        length: usize,
    ) -> io::Result<Option<&[u8]>> {
        // One byte before and two behind tell that it is a whole line.
        let (start, end) = (offset.saturating_sub(1), offset + length as u64 + 2);
        while !self.ended && self.from + (self.bytes.len() as u64) < end {
            let keep = usize::try_from(start.saturating_sub(self.from)).unwrap_or(usize::MAX);
            let drop = keep.min(self.bytes.len());
            self.bytes.drain(..drop);
            self.from += drop as u64;
            let old = self.bytes.len();
            self.bytes.resize(old + (1 << 16), 0);
            let n = match reader.read(self.bytes.get_mut(old..).unwrap_or_default()) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {
                    self.bytes.truncate(old);
                    continue;
                }
                other => other?,
            };
            self.bytes.truncate(old + n);
            self.ended = n == 0;
        }
        let Some(at) = offset.checked_sub(self.from).and_then(|n| usize::try_from(n).ok()) else {
            return Ok(None);
        };
        let before = at.checked_sub(1).and_then(|i| self.bytes.get(i));
        let behind = match self.bytes.get(at + length..).unwrap_or_default() {
            // A line that passed through Windows ends otherwise, and that is no part of it.
            [b'\r', behind @ ..] | behind => behind.first(),
        };
        let ends = at + length <= self.bytes.len();
        let whole = (offset == 0 || before == Some(&b'\n'))
            && (behind == Some(&b'\n') || (self.ended && ends && behind.is_none()));
        Ok(self.bytes.get(at..at + length).filter(|_| whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &[u8] = b"first line\nsecond\nthe third line";

    /// A folder of one bundle with two lines of a log that lies beside it.
    fn made(log: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/auth.log");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, log).unwrap();
        let out = dir.path().join("out/isp");
        fs::create_dir_all(out.join("abuse/192.0.2.7")).unwrap();
        let mut rows = String::new();
        for (offset, line) in [(11, &b"second"[..]), (18, b"the third line")] {
            let row = serde_json::json!({
                "file": "logs/auth.log", "line": 2, "offset": offset, "length": line.len(),
                "sha256": sha256(line), "utc": "2026-04-01T00:00:00Z",
            });
            rows.push_str(&format!("{row}\n"));
        }
        let inside = [
            ("abuse/192.0.2.7/evidence.jsonl", rows.as_bytes()),
            ("abuse/192.0.2.7/evidence.log", b"second\nthe third line\n"),
        ];
        let (mut files, mut sums) = (Vec::new(), String::new());
        for (name, bytes) in inside {
            fs::write(out.join(name), bytes).unwrap();
            files.push(
                serde_json::json!({"path": name, "bytes": bytes.len(), "sha256": sha256(bytes)}),
            );
            sums.push_str(&format!("{}  {name}\n", sha256(bytes)));
        }
        let manifest = serde_json::json!({ "operator": "isp", "files": files }).to_string();
        fs::write(out.join("manifest.json"), &manifest).unwrap();
        sums.push_str(&format!("{}  manifest.json\n", sha256(manifest.as_bytes())));
        fs::write(out.join("SHA256SUMS"), sums).unwrap();
        let root = dir.path().join("out");
        fs::write(root.join("summary.json"), "{}").unwrap();
        (dir, root)
    }

    /// Says that the lines of the bundle are those of another log.
    fn name_log(root: &Path, name: &str) {
        let index = root.join("isp/abuse/192.0.2.7/evidence.jsonl");
        let rows = fs::read_to_string(&index).unwrap();
        let named = rows.lines().map(|row| {
            let mut row: Value = serde_json::from_str(row).unwrap();
            row["file"] = name.into();
            format!("{row}\n")
        });
        fs::write(&index, named.collect::<String>()).unwrap();
    }

    fn wrong(dir: &Path, logs: &[PathBuf]) -> Vec<String> {
        verify(dir, logs).unwrap().wrong.into_iter().map(|(a, b)| format!("{a}: {b}")).collect()
    }

    #[test]
    fn sound() {
        let (dir, root) = made(LOG);
        let logs = [dir.path().to_owned()];
        for dir in [root.clone(), root.join("isp")] {
            let all = verify(&dir, &logs).unwrap();
            assert_eq!((all.operators, all.files, all.lines, all.at_offset), (1, 3, 2, 2));
            assert!(all.wrong.is_empty(), "{:?}", all.wrong);
        }
        // Nobody told where the logs are, and they are not where they were.
        let all = verify(&root, &[]).unwrap();
        assert_eq!((all.at_offset, all.absent.len(), all.wrong.len()), (0, 1, 0));
        // The file itself, or its folder, under another name than the run's.
        for place in ["logs/auth.log", "logs"] {
            assert_eq!(verify(&root, &[dir.path().join(place)]).unwrap().at_offset, 2);
        }
    }

    #[test]
    fn lines_that_passed_through_windows() {
        for (log, sound) in [
            (&b"first line\nsecond\r\nthe third line\r\n"[..], false),
            (b"first lin\r\nsecond\nthe third line\r\n", true),
            (b"first lin\r\nsecond\nthe third line\r", true),
            (b"first line\nsecond\nthe third line\rx\n", false),
            (b"first line\nsecond\nthe third line\r\r\n", false),
        ] {
            let (dir, root) = made(log);
            let all = verify(&root, &[dir.path().to_owned()]).unwrap();
            assert_eq!((all.at_offset == 2, all.wrong.is_empty()), (sound, sound), "{all:?}");
        }
    }

    #[test]
    fn logs_in_archives() {
        let (dir, root) = made(LOG);
        let at = |name: &str| dir.path().join(name);
        let tar = |archive: &str, members: &[(&str, &[u8])]| {
            fs::write(at(archive), crate::input::tar::tests::archive(members)).unwrap();
        };
        let other = &b"first line\nsecond\nthe third lime"[..];
        fs::remove_dir_all(at("logs")).unwrap();
        fs::create_dir_all(at("kept")).unwrap();
        // By any name, with any folders; itself, or what it lies in where the run found it so.
        for (name, archive, told) in [
            ("logs/auth.log", "old.tar", "old.tar"),
            ("auth.log", "old.tar", "old.tar"),
            ("var/logs/auth.log", "old.tar", "old.tar"),
            ("auth.log", "logs", "."),
            ("auth.log", "kept/logs", "kept"),
            ("auth.log", "auth.log", "auth.log"),
            ("auth.log", "kept/auth.log", "kept"),
        ] {
            let told = [at(told)];
            // The same name may stand there twice: what a log holds tells which it was.
            for before in [&[][..], &[(name, other)], &[("x/auth.log", other), ("y.log", b"x\n")]] {
                tar(archive, &[before, &[(name, LOG)]].concat());
                let all = verify(&root, &told).unwrap();
                assert_eq!(all.wrong, [], "{name} {archive}");
                assert_eq!(all.at_offset, 2);
            }
            tar(archive, &[(name, other)]);
            let got = wrong(&root, &told);
            assert!(got.iter().any(|g| g.contains("the line at offset 18 of ")), "{got:?}");
            tar(archive, &[("auth.log.1", LOG)]);
            let got = wrong(&root, &told);
            assert!(got.iter().any(|g| g.contains("none of --logs has it")), "{got:?}");
            fs::remove_file(at(archive)).unwrap();
        }
        // Any of several places may be the one, and one that cannot be read is told, if a line is missing.
        tar("a.tar", &[("auth.log", other)]);
        tar("b.tar", &[("auth.log", LOG)]);
        fs::write(at("kept/auth.log"), other).unwrap();
        let told = ["kept", "a.tar", "b.tar"].map(at);
        assert_eq!(wrong(&root, &told), Vec::<String>::new());
        let [kept, a, b] = told;
        let got = wrong(&root, &[kept, a]);
        assert_eq!(got.len(), 1, "{got:?}");
        let damaged = fs::read(&b).unwrap();
        fs::write(&b, &damaged[..1200]).unwrap();
        let got = wrong(&root, &[b, at("none")]);
        let told = |text: &str| got.iter().any(|g| g.contains(text));
        assert!(told("b.tar: ") && told("damaged") && told("/none: "), "{got:?}");
    }

    #[test]
    fn an_archive_that_was_changed_is_told_where_the_run_found_it() {
        let (dir, root) = made(LOG);
        let archive = dir.path().join("logs.tar");
        let name = archive.join("auth.log").display().to_string();
        name_log(&root, &name);
        let tar = |members: &[(&str, &[u8])]| crate::input::tar::tests::archive(members);
        let whole = tar(&[("auth.log", b"x\n"), ("auth.log", LOG)]);
        fs::write(&archive, &whole).unwrap();
        assert_eq!(verify(&root, &[]).unwrap().at_offset, 2);
        for (bytes, want) in [
            (&whole[..1100], "damaged"),
            (&tar(&[("other.log", LOG)]), "has no such log"),
            (b"first line\nsecond\n", "no archive"),
            (&tar(&[("auth.log", b"x\n")]), "is another"),
        ] {
            fs::write(&archive, bytes).unwrap();
            let got = wrong(&root, &[]);
            assert!(got.iter().any(|g| g.contains(want)), "{want}: {got:?}");
        }
        fs::remove_file(&archive).unwrap();
        assert_eq!(verify(&root, &[]).unwrap().absent.len(), 1);
    }

    #[test]
    fn what_was_piped_is_any_log_and_names_are_bounded() {
        let (dir, root) = made(LOG);
        let log = dir.path().join("logs/auth.log");
        name_log(&root, "-");
        assert_eq!(verify(&root, std::slice::from_ref(&log)).unwrap().at_offset, 2);
        // So long a name costs no more than another.
        name_log(&root, &format!("{}auth.log", "logs/".repeat(100_000)));
        let logs = [dir.path().to_owned(), log];
        assert!(wrong(&root, &logs).iter().any(|g| g.contains("none of --logs has it")));
        name_log(&root, &format!("{}auth.log", "logs/".repeat(200)));
        assert_eq!(verify(&root, &logs).unwrap().at_offset, 2);
    }

    #[test]
    fn no_name_leads_out_of_the_logs() {
        let (dir, root) = made(LOG);
        fs::create_dir(dir.path().join("others")).unwrap();
        let absolute = dir.path().join("logs/auth.log").display().to_string();
        for name in ["../logs/auth.log", "others/../../logs/auth.log", &absolute] {
            name_log(&root, name);
            let got = wrong(&root, &[dir.path().join("others")]);
            assert!(got.iter().any(|g| g.contains("none of --logs has it")), "{got:?}");
            // The part of it that leads nowhere else is a name like any.
            assert_eq!(verify(&root, &[dir.path().to_owned()]).unwrap().at_offset, 2, "{name}");
        }
    }

    #[test]
    fn each_change_is_told() {
        let third = "isp/abuse/192.0.2.7: the line at offset 18 of ";
        for (file, bytes, want) in [
            (
                "abuse/192.0.2.7/evidence.log",
                &b"second\nthe third lime\n"[..],
                "is not what was written",
            ),
            (
                "abuse/192.0.2.7/evidence.log",
                b"second\nthe third lime\n",
                "evidence.log:2: is not the line that",
            ),
            ("abuse/192.0.2.7/evidence.log", b"second\n", "evidence.log:2: is not as long as"),
            (
                "abuse/192.0.2.7/evidence.log",
                b"second\nthe third line\nmore\n",
                "goes on after the last line",
            ),
            (
                "abuse/192.0.2.7/new.txt",
                b"x",
                "isp/abuse/192.0.2.7/new.txt: is not listed in SHA256SUMS",
            ),
            ("manifest.json", b"{", "isp/manifest.json: is no manifest"),
            ("SHA256SUMS", b"x  ../../etc/passwd\n", "is no line of sha256sum"),
            ("../../logs/auth.log", b"first line\nsecond\nthe third lime", third),
            ("../../logs/auth.log", b"first line\nsecond\nXthe third line", third),
            ("../../logs/auth.log", b"first line\nsecond\nthe third line and more", third),
            ("../../logs/auth.log", b"first line\nsecond", third),
        ] {
            let (dir, root) = made(LOG);
            fs::write(root.join("isp").join(file), bytes).unwrap();
            let got = wrong(&root, &[dir.path().to_owned()]);
            assert!(got.iter().any(|g| g.contains(want)), "{want}\n{got:#?}");
        }
        let (dir, root) = made(LOG);
        fs::remove_file(root.join("isp/abuse/192.0.2.7/evidence.log")).unwrap();
        let got = wrong(&root, &[dir.path().to_owned()]);
        assert!(
            got.contains(&"isp/abuse/192.0.2.7/evidence.log: is missing".to_owned()),
            "{got:?}"
        );
        let (_dir, root) = made(LOG);
        let got = wrong(&root, std::slice::from_ref(&root));
        assert!(got.iter().any(|g| g.contains("none of --logs has it")), "{got:?}");
        assert!(verify(dir.path(), &[]).is_err());
    }
}
