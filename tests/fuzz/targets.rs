//! What is done with bytes of a fuzzer's choice, and what must hold of it: the same code for
//! `cargo test --test fuzz` and for the libFuzzer targets in `fuzz/`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use plaint::class::Reading;
use plaint::config::Config;
use plaint::dialect::{Claim, Said};
use plaint::envelope::{Reader, stamp};
use plaint::input::{Chunk, Input, Lines};
use plaint::operator::Operators;
use plaint::operator::asn::AsnDb;
use plaint::operator::prefix::{Range, Table, read_list};
use plaint::run::{Options, Remember, Wanted};
use plaint::text::{Untrusted, acts, csv_cell, json_string};
use plaint::time::{Survey, Zone};

use super::inert;

/// A target: its name, which is its corpus's too, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: &[Target] = &[
    ("line", line),
    ("stamp", stamps),
    ("text", text),
    ("prefix", prefix),
    ("profile", profile),
    ("config", config),
    ("saved", saved),
    ("mmdb", mmdb),
    ("answers", answers),
    ("asntable", asn_table),
    ("registry", registry),
    ("layers", layers),
    ("archive", archive),
    ("report", report),
];

/// A folder of this process, for targets that read files.
fn scratch(target: &str) -> PathBuf {
    let base = Path::new("/dev/shm");
    let base = if base.is_dir() { base.to_owned() } else { std::env::temp_dir() };
    let thread = format!("{:?}", std::thread::current().id());
    let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
    let dir = base.join(format!("plaint-fuzz-{}-{thread}-{target}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// Mails that the `report` target has looked at: one that never gets so far tests nothing.
pub static MAILS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Removes what this process left in memory.
pub fn tidy() {
    for (target, _) in ALL {
        let _ = fs::remove_dir_all(scratch(target));
    }
}

/// Any line has one reading, the same whenever it is read, and accuses only an address it holds.
pub fn line(data: &[u8]) {
    let mut reader = Reader::default();
    for (offset, line) in Lines::new(data, 0) {
        let first = reader.read(line);
        let alone = Reader::default().read(line);
        assert_eq!(first.is_ok(), alone.is_ok(), "the lines before decide whether it is read");
        let (Ok(envelope), Ok(alone)) = (first, alone) else { continue };
        assert_eq!(envelope.message, alone.message);
        assert_eq!(
            (envelope.host, envelope.program, envelope.pid),
            (alone.host, alone.program, alone.pid)
        );
        let heard = Claim::of(envelope.program).read(envelope.message);
        let acts: Vec<_> = match &heard.said {
            Said::One(act) => vec![*act],
            Said::Several(readings) => {
                let all: Vec<_> = readings.iter().copied().collect();
                assert!(all.len() > 1, "several readings are more than one");
                all
            }
            _ => Vec::new(),
        };
        for act in acts {
            let facts = act.kind.facts();
            if facts.reading == Reading::Hostile
                && let Some(source) = act.source
                && source.ip().to_canonical().is_ipv4()
            {
                let shown = source.ip().to_canonical().to_string();
                let held = memchr::memmem::find(line, shown.as_bytes()).is_some();
                assert!(held || written_in_hex(line), "accuses {shown}, which is not in the line");
            }
        }
        assert!(offset <= data.len() as u64);
    }
}

/// Whether an IPv4 address may stand in the line as the end of an IPv6 one in hexadecimal.
fn written_in_hex(line: &[u8]) -> bool {
    memchr::memmem::find(&line.to_ascii_lowercase(), b"ffff:").is_some()
}

/// Any stamps become instants, in any order, in a zone with folds.
pub fn stamps(data: &[u8]) {
    let mut survey = Survey::default();
    let mut seen = Vec::new();
    survey.begin_chunk();
    for (offset, line) in Lines::new(data, 0) {
        if let Some((stamp, length)) = stamp::read(line) {
            assert!(length <= line.len());
            survey.see(&stamp, offset);
            seen.push((stamp, offset));
        }
    }
    for (zone, end) in
        [("Europe/London", Some(1_790_000_000)), ("-05:30", None), ("Australia/Lord_Howe", Some(0))]
    {
        let calendar = survey.clone().settle(Some(Zone::parse(zone).unwrap()), end);
        let mut clock = calendar.clock(0);
        for (stamp, offset) in &seen {
            if let Some(moment) = clock.moment(stamp, *offset) {
                let shown = moment.at.to_string();
                assert!(shown.ends_with('Z') && shown.len() >= 20, "{shown}");
            }
        }
    }
}

/// Any text leaves us inert, in every form.
pub fn text(data: &[u8]) {
    let shown = Untrusted(data).to_string();
    assert!(!shown.chars().any(acts), "{shown:?}");
    assert!(Untrusted(data).ascii().bytes().all(|b| (0x20..0x7f).contains(&b)));
    let mut json = Vec::new();
    json_string(&mut json, data);
    let back: String = serde_json::from_slice(&json).unwrap();
    assert!(!str::from_utf8(&json).unwrap().chars().any(acts));
    if let Ok(text) = str::from_utf8(data) {
        assert_eq!(back, text);
    }
    inert::cell(&csv_cell(data));
}

/// Any prefix list: what is taken prints as itself again, and the table finds it.
pub fn prefix(data: &[u8]) {
    let Ok(ranges) = read_list(data) else { return };
    let mut table = Table::default();
    for (line, range) in &ranges {
        let shown = range.to_string();
        assert_eq!(Range::parse(&shown).as_ref(), Ok(range), "{shown}");
        table.add(*range, *line);
    }
    table.sort();
    for (_, range) in ranges.iter().take(50) {
        let ends: [IpAddr; 2] = match *range {
            Range::V4(a, b) => [a, b].map(|n| std::net::Ipv4Addr::from_bits(n).into()),
            Range::V6(a, b) => [a, b].map(|n| std::net::Ipv6Addr::from_bits(n).into()),
        };
        // The end of `::/80` is an IPv4 address in other words, and that lies in none of IPv6.
        for ip in ends.into_iter().filter(|ip| ip.to_canonical() == *ip) {
            assert!(table.longest(ip).is_some(), "{ip} of {range}");
            assert!(table.all(ip).iter().any(|(r, _)| r == range), "{ip} of {range}");
        }
    }
}

/// Any operator file is refused with a sentence or answers for addresses.
pub fn profile(data: &[u8]) {
    let dir = scratch("profile");
    fs::write(dir.join("one.toml"), data).unwrap();
    match Operators::load(Some(&dir), None) {
        Ok(operators) => {
            for ip in ["192.0.2.7", "203.0.113.9", "2001:db8::1", "127.0.0.1"] {
                let _ = operators.whose(ip.parse().unwrap());
            }
        }
        Err(fault) => inert::line(&Untrusted(fault.to_string().as_bytes()).to_string()),
    }
}

/// Any configuration is refused with a sentence or taken.
pub fn config(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Config::parse(text, Path::new("plaint.toml")) {
        Ok(config) => {
            let _ = config.networks.is_mine("192.0.2.7".parse().unwrap());
            for z in &config.time.zones {
                let _ = Options::default().zone_for(&format!("{}={}", z.files, z.zone));
            }
        }
        Err(fault) => inert::line(&Untrusted(fault.to_string().as_bytes()).to_string()),
    }
}

/// Any saved output of another program: of a clock, of whois.
pub fn saved(data: &[u8]) {
    let dir = scratch("saved");
    for name in ["out", "192.0.2.7.txt"] {
        fs::write(dir.join(name), data).unwrap();
    }
    for key in ["chronyc", "timedatectl", "ntpq"] {
        let text = format!("[clock]\n{key} = {:?}\n", dir.join("out"));
        let config = Config::parse(&text, Path::new("plaint.toml")).unwrap();
        let _ = config.clock_statement();
    }
    let addr = plaint::addr::Addr::from("192.0.2.7".parse::<IpAddr>().unwrap());
    let found = plaint::judge::Transcript::find(&dir, addr).unwrap().unwrap();
    let _ = found.says_something();
}

/// Any database of origin ASes, or what is none.
pub fn mmdb(data: &[u8]) {
    let path = scratch("mmdb").join("asn.mmdb");
    fs::write(&path, data).unwrap();
    if let Ok(db) = AsnDb::load(&path) {
        for ip in ["192.0.2.7", "203.0.113.9", "2001:db8::1", "::1", "255.255.255.255"] {
            let _ = db.origin(ip.parse().unwrap());
        }
    }
}

/// Any answer of RDAP or WHOIS, any bootstrap file, any route: mailboxes that come out are bare, and
/// what is quoted is of this address.
pub fn answers(data: &[u8]) {
    use plaint::judge::{Registration, answer, path};
    use plaint::operator::contact;
    let dir = scratch("answers");
    fs::write(dir.join("192.0.2.7.txt"), data).unwrap();
    let addr = plaint::addr::Addr::from("192.0.2.7".parse::<IpAddr>().unwrap());
    let mut contacts = contact::of_whois(data);
    if let Some(found) = Registration::find(&dir, addr).unwrap() {
        assert!(found.fault.is_none() || found.contacts.is_empty());
        contacts.extend(found.contacts);
    }
    for c in contacts {
        assert!(c.mail.bytes().all(|b| b.is_ascii_graphic()) && c.mail.contains('@'), "{c:?}");
    }
    let _ = answer::whois_fault(data, addr);
    let _ = path::fault(data, addr);
    let route = path::read(data);
    assert!(route.last_answer().is_none_or(|(n, _)| n >= 1));
    if let Some(host) = plaint::gather::whois::referral(data) {
        inert::line(&host);
    }
    let _ = plaint::gather::rdap::server_for(data, addr.ip());
}

/// Any table of prefixes and their ASes, as text.
pub fn asn_table(data: &[u8]) {
    let path = scratch("asntable").join("asn.txt");
    fs::write(&path, data).unwrap();
    match AsnDb::load(&path) {
        Ok(db) => {
            for ip in ["192.0.2.7", "203.0.113.9", "2001:db8::1", "::1", "255.255.255.255"] {
                let ip: IpAddr = ip.parse().unwrap();
                if let Some(origin) = db.origin(ip).unwrap() {
                    assert!(!origin.asns.is_empty(), "{origin:?}");
                }
            }
        }
        Err(fault) => inert::line(&Untrusted(fault.to_string().as_bytes()).to_string()),
    }
}

/// Any file of a registry: delegated, or a dump of RPSL. Who holds an address holds a range with it.
pub fn registry(data: &[u8]) {
    let path = scratch("registry").join("file.txt");
    fs::write(&path, data).unwrap();
    match plaint::operator::registry::Registry::load(&[&path]) {
        Ok(all) => {
            for ip in ["192.0.2.7", "198.51.100.9", "203.0.113.9", "2001:db8::1", "::1"] {
                let ip: IpAddr = ip.parse().unwrap();
                for a in all.holding(ip) {
                    let held = match (a.range, ip) {
                        (Range::V4(a, b), IpAddr::V4(ip)) => (a..=b).contains(&ip.to_bits()),
                        (Range::V6(a, b), IpAddr::V6(ip)) => (a..=b).contains(&ip.to_bits()),
                        _ => false,
                    };
                    assert!(held, "{ip} is not of {}", a.range);
                }
            }
        }
        Err(fault) => inert::line(&Untrusted(fault.to_string().as_bytes()).to_string()),
    }
}

/// Any operator files that build on each other, parted by NUL, and a list that they name.
pub fn layers(data: &[u8]) {
    let dir = scratch("layers");
    let names = ["one.toml", "two.toml", "three.toml", "list.txt"];
    let mut parts = data.split(|b| *b == 0);
    for name in names {
        fs::write(dir.join(name), parts.next().unwrap_or_default()).unwrap();
    }
    match Operators::load(Some(&dir), None) {
        Ok(operators) => {
            for ip in ["192.0.2.7", "203.0.113.9", "2001:db8::1", "127.0.0.1"] {
                let whose = operators.whose(ip.parse().unwrap()).unwrap();
                for class in plaint::class::Class::ALL {
                    let _ = whose.channel(class);
                }
            }
        }
        Err(fault) => inert::line(&Untrusted(fault.to_string().as_bytes()).to_string()),
    }
}

/// Any archive: lines come out the same at any size of chunk, bounded, or a fault does.
pub fn archive(data: &[u8]) {
    /// What one file of a few KiB may honestly become here.
    const MOST: u64 = 256 << 20;
    let path = scratch("archive").join("auth.log");
    fs::write(&path, data).unwrap();
    let open = || Input::open(&path, true).unwrap();
    let input = open();
    let mut whole = Vec::new();
    let read = input.reader().and_then(|r| r.take(MOST).read_to_end(&mut whole));
    assert!((whole.len() as u64) < MOST, "an archive of {} bytes is not bounded", data.len());
    if whole.len() > 4 << 20 {
        return;
    }
    let lines = |bytes: usize| -> (Vec<(u64, Vec<u8>)>, bool) {
        let input = open().with_chunk_bytes(bytes);
        let (mut chunk, mut out) = (Chunk::default(), Vec::new());
        let Ok(mut stream) = input.stream() else { return (out, false) };
        loop {
            match stream.next(&mut chunk) {
                Ok(true) => {
                    let lines = Lines::new(chunk.bytes(), chunk.offset);
                    // Of a line that is too long as much is handed out as happens to be there.
                    let most = plaint::limits::LINE_BYTES + 1;
                    out.extend(lines.map(|(at, l)| (at, l[..l.len().min(most)].to_vec())));
                }
                Ok(false) => return (out, true),
                Err(_) => return (out, false),
            }
        }
    };
    let (at_once, sound) = lines(1 << 20);
    assert_eq!(sound, read.is_ok(), "a stream and a reader see the same damage");
    for bytes in [1, 700] {
        // A chunk may take time for each, so small ones are for small files.
        if whole.len() < 64 * bytes * 64 {
            let (parts, also_sound) = lines(bytes);
            assert_eq!(sound, also_sound);
            let n = (at_once.len(), parts.len());
            assert!(at_once == parts, "chunks of {bytes} bytes: {n:?} lines");
        }
    }
    if whole.len() < plaint::limits::LINE_BYTES {
        let good = if sound {
            &whole[..]
        } else {
            &whole[..memchr::memrchr(b'\n', &whole).map_or(0, |n| n + 1)]
        };
        let want: Vec<_> = Lines::new(good, 0).map(|(at, l)| (at, l.to_vec())).collect();
        assert!(at_once.len() <= want.len());
        assert!(at_once.iter().zip(&want).all(|(a, b)| a == b));
        if sound {
            assert!(at_once == want, "{} lines, not {}", at_once.len(), want.len());
        }
    }
}

/// The operators of the documentation ranges, so that reports come to be written.
fn operators() -> &'static (Config, Operators) {
    static ONCE: OnceLock<(Config, Operators)> = OnceLock::new();
    ONCE.get_or_init(|| {
        let small = Path::new(env!("CARGO_MANIFEST_DIR"));
        let small = [small, small.parent().unwrap()]
            .map(|r| r.join("testdata/cases/small"))
            .into_iter()
            .find(|p| p.is_dir())
            .unwrap();
        let mut config = Config::parse(
            "[reporter]\nname = 'J. Smith'\norganisation = 'Example Research'\n\
             email = 'abuse-reports@example.org'\nphone = '+44 20 7946 0958'\n\
             [hosts]\nweb1 = { address = '198.51.100.4' }\n\
             [clock]\nsynchronised = true\nbound_seconds = 0.05\nmeasured = 2026-06-29T03:00:00Z\n\
             [filing.thresholds]\nssh-login = 1\nssh-probe = 1\nmail-login = 1\nspam = 1\n\
             relay-attempt = 1\nharvest = 1\nsmtp-probe = 1\nport-scan = 1\nhost-sweep = 1\nprobe = 1\n",
            Path::new("plaint.toml"),
        )
        .unwrap();
        // There is no such file, and the manifest would hash it.
        config.path = None;
        (config, Operators::load(Some(&small.join("operators")), None).unwrap())
    })
}

/// Runs `report` over one file.
fn reported(log: &Path, out: &Path, chunk: usize, threads: usize) -> BTreeMap<String, Vec<u8>> {
    use plaint::commands::{Setup, report};
    let (config, operators) = operators();
    let options = Options {
        threads,
        zone: Some(Zone::parse("Europe/London").unwrap()),
        log_end: Some(1_782_864_000),
        chunk_bytes: chunk,
        ..Options::default()
    };
    let mut setup = Setup {
        paths: vec![log.to_owned()],
        options,
        voice: plaint::commands::Voice { quiet: true, ..plaint::commands::Voice::default() },
        max_unread: None,
    };
    let asked = report::Asked {
        dir: out,
        force: false,
        now: Some(plaint::time::Instant::from_seconds(1_782_950_400)),
        options: serde_json::json!({}),
        config: None,
    };
    let done = report::run(&mut setup, config, operators, &asked);
    let tree = inert::tree(out);
    assert_eq!(done.is_ok(), tree.contains_key("summary.json"), "{done:?}");
    let _ = fs::remove_dir_all(out);
    tree
}

/// Any small file through `report`: whole, inert, adding up, and the same however it is read.
pub fn report(data: &[u8]) {
    let dir = scratch("report");
    let log = dir.join("auth.log");
    fs::write(&log, data).unwrap();
    let tree = reported(&log, &dir.join("out"), plaint::limits::CHUNK_BYTES, 1);
    let again = reported(&log, &dir.join("out"), 100, 2);
    assert!(tree == again, "chunks and threads change {:?}", inert::differing(&tree, &again));
    events(&log);
    if tree.is_empty() {
        return;
    }
    inert::folder(&tree);
    let mails = tree.keys().filter(|p| p.ends_with("report.eml")).count() as u64;
    MAILS.fetch_add(mails, std::sync::atomic::Ordering::Relaxed);
    let summary: serde_json::Value = serde_json::from_slice(&tree["summary.json"]).unwrap();
    let input = &summary["inputs"][0];
    let readings: u64 =
        input["readings"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    let plain = plaint::input::Form::of(data) == plaint::input::Form::Plain;
    if plain {
        assert_eq!(readings, Lines::new(data, 0).count() as u64, "readings add up to the lines");
        let held: std::collections::HashSet<&[u8]> = data.split(|b| *b == b'\n').collect();
        for (path, bytes) in tree.iter().filter(|(p, _)| p.ends_with("evidence.log")) {
            for line in bytes.split(|b| *b == b'\n') {
                // CRLF ends a line as LF does.
                let found = held.contains(line) || held.contains(&[line, b"\r"].concat()[..]);
                assert!(line.is_empty() || found, "{path}: no line of the log");
            }
        }
    }
}

/// `events --all --original` over one file: each row is JSON that acts on nothing.
fn events(log: &Path) {
    let options = Options {
        zone: Some(Zone::parse("UTC").unwrap()),
        log_end: Some(1_782_864_000),
        remember: Remember::Lines,
        ..Options::default()
    };
    let Ok(mut logs) = plaint::run::Logs::open(&[log.to_owned()], None, &options, false) else {
        return;
    };
    let Ok(scan) = plaint::run::scan(&mut logs, &options, &|_| {}) else { return };
    let write = |out: &mut Vec<u8>, e: &plaint::event::Event<'_>, line: &[u8]| {
        plaint::event::Event { original: Some(line), ..*e }.write_json(out);
    };
    plaint::run::replay(&logs, &scan, &options, Wanted::Known, &write, &mut |rows| {
        for row in rows.split(|b| *b == b'\n').filter(|r| !r.is_empty()) {
            inert::line(str::from_utf8(row).unwrap());
            let row: serde_json::Value = serde_json::from_slice(row).unwrap();
            assert!(row["plaint"]["reading"].is_string());
        }
        true
    })
    .unwrap();
}
