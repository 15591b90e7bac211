//! Rows for the configuration: good files, and every kind of mistake with its message.

use super::*;
use crate::class::Class;

const WHOLE: &str = r#"
[reporter]
name = "J. Smith"
organisation = "Example Research Ltd"
email = "abuse-reports@example.org"
phone = "+44 20 7946 0958"
[networks]
mine = ["198.51.100.0/24", "2001:db8::/32"]
served = ["22/tcp", "53/udp"]
allow = ["203.0.113.77"]
[hosts]
web1 = { address = "198.51.100.4" }
bastion = { address = ["198.51.100.6", "2001:db8::6"], ssh_port = 2222 }
[time]
zone = "Europe/London"
log_end = 2026-03-30
[[time.zones]]
files = "fw/*.log"
zone = "UTC"
[clock]
synchronised = true
bound_seconds = 0.05
measured = 2026-03-29T04:00:00+01:00
[operators]
dir = "operators"
asn_db = "/var/lib/asn.mmdb"
[filing]
max_age_days = 30
redact = ["user"]
[filing.thresholds]
ssh-login = 3
"#;

#[test]
fn whole_file() {
    let c = Config::parse(WHOLE, Path::new("etc/plaint.toml")).unwrap();
    assert_eq!(c.reporter.name.as_deref(), Some("J. Smith"));
    let ip = |s: &str| s.parse::<IpAddr>().unwrap();
    for (address, mine, allowed) in [
        ("198.51.100.9", true, false),
        ("::ffff:198.51.100.9", true, false),
        ("2001:db8::1", true, false),
        ("203.0.113.77", false, true),
        ("203.0.113.78", false, false),
    ] {
        assert_eq!(c.networks.is_mine(ip(address)), mine, "{address}");
        assert_eq!(c.networks.is_allowed(ip(address)), allowed, "{address}");
    }
    assert!(c.networks.is_served(22, "tcp") && c.networks.is_served(53, "UDP"));
    assert!(!c.networks.is_served(22, "udp"));
    let bastion = c.hosts.get("bastion").unwrap();
    assert_eq!((bastion.addresses.len(), bastion.ssh_port), (2, Some(2222)));
    assert_eq!(c.time.log_end.as_deref(), Some("2026-03-30"));
    assert_eq!(c.time.zones.first().unwrap().zone, "UTC");
    assert_eq!(c.operators.dir.as_deref(), Some(Path::new("etc/operators")));
    assert_eq!(c.operators.asn_db.as_deref(), Some(Path::new("/var/lib/asn.mmdb")));
    assert_eq!((c.filing.evidence_lines, c.filing.max_age_days), (50, Some(30)));
    assert_eq!(c.filing.thresholds.of(Class::SshLogin), 3);
    assert_eq!(c.filing.thresholds.of(Class::Spam), 5);
    let clock = c.clock_statement().unwrap();
    assert_eq!(clock.measured.as_deref(), Some("2026-03-29T03:00:00Z"));
}

#[test]
fn empty_file_is_the_default() {
    let c = Config::parse("", Path::new("p.toml")).unwrap();
    assert_eq!(Config { path: None, ..c }, Config::default());
}

#[test]
fn mistakes_point_at_the_line() {
    for (text, want) in [
        ("[reporter]\nnmae = 'x'", "p.toml:2: unknown key `nmae`; did you mean `name`?"),
        ("[reportr]\nname = 'x'", "p.toml:1: unknown key `reportr`; did you mean `reporter`?"),
        ("[time]\ncolour = 1", "p.toml:2: unknown key `colour`; known here: zone, log_end, zones"),
        (
            "[reporter]\nname = 'x'\nemail = 'x@y'",
            "p.toml:3: `x@y` is not a bare mail address such as abuse@example.org",
        ),
        (
            "[reporter]\nname = \"a\\nBcc: x\"",
            "p.toml:2: this has a line break or another control character",
        ),
        ("[reporter]\nname = ''", "p.toml:2: this is empty; leave the key out instead"),
        (
            "[networks]\nmine = [\n '198.51.100.0/24',\n '198.51.100.7/24',\n]",
            "p.toml:4: `198.51.100.7/24` has host bits set; meant is 198.51.100.0/24 or 198.51.100.7/32",
        ),
        (
            "[networks]\nserved = ['22']",
            "p.toml:2: `22`: a served port needs its transport, such as 22/tcp",
        ),
        (
            "[networks]\nserved = [22]",
            "p.toml:2: invalid type: integer `22`, expected a port and its transport, such as \"22/tcp\"",
        ),
        (
            "[hosts]\nweb1 = { adress = '198.51.100.4' }",
            "p.toml:2: unknown key `adress`; did you mean `address`?",
        ),
        ("[hosts]\nweb1 = { ssh_port = 22 }", "p.toml:2: the key `address` is missing"),
        (
            "[hosts]\nweb1 = { address = 'web1.example.org' }",
            "p.toml:2: `web1.example.org` is not an address (names are never resolved)",
        ),
        (
            "[hosts]\nweb1 = { address = ['198.51.100.4', 'x'] }",
            "p.toml:2: `x` is not an address (names are never resolved)",
        ),
        ("[hosts]\nweb1 = { address = [] }", "p.toml:2: the list is empty"),
        (
            "[hosts]\nweb1 = { address = '198.51.100.4', ssh_port = 0 }",
            "p.toml:2: 0: a port is a number from 1 to 65535",
        ),
        (
            "[time]\nzone = 'Europe/Lodnon'",
            "p.toml:2: unknown zone `Europe/Lodnon`; did you mean `Europe/London`?",
        ),
        (
            "[time]\nlog_end = 2026-03-29T03:00:00",
            "p.toml:2: `2026-03-29T03:00:00` is neither a date such as 2026-03-29 nor an instant such as 2026-03-29T03:00:00Z",
        ),
        ("[[time.zones]]\nfiles = 'a'", "p.toml:1: the key `zone` is missing"),
        (
            "[[time.zones]]\nfiles = '***'\nzone = 'UTC'",
            "p.toml:2: `***` is not a pattern: Pattern syntax error near position 2: wildcards are either regular `*` or recursive `**`",
        ),
        (
            "[filing]\nevidence_lines = 0",
            "p.toml:2: 0 lines: a number from 1 to 1024, which is what is kept per source",
        ),
        ("[filing]\nredact = ['users']", "p.toml:2: unknown word `users`; did you mean `user`?"),
        (
            "[filing.thresholds]\nssh-logon = 3",
            "p.toml:2: unknown class `ssh-logon`; did you mean `ssh-login`?",
        ),
        ("[filing.thresholds]\nspam = 0", "p.toml:2: a threshold is 1 or more"),
        (
            "[clock]\nchronyc = 'a'\nntpq = 'b'",
            "p.toml:3: `chronyc` already says what the clock was; keep one",
        ),
        (
            "[clock]\nchronyc = 'a'\nsynchronised = true",
            "p.toml:3: `chronyc` already says what the clock was; keep one",
        ),
        ("[clock]\nbound_seconds = -1.0", "p.toml:2: a bound is a number of seconds, 0 or more"),
        (
            "[clock]\nsynchronised = false\nbound_seconds = 1.0",
            "p.toml:3: a clock that was not synchronised has no bound",
        ),
        (
            "[clock]\nmeasured = '2026-03-29'",
            "p.toml:2: `2026-03-29` is not an instant with its offset, such as 2026-03-29T03:00:00Z",
        ),
        ("[time]\nzone = 'UTC'\nzone = 'UTC'", "p.toml:3: duplicate key"),
        ("[time\n", "p.toml:1: "),
    ] {
        let got = Config::parse(text, Path::new("p.toml")).unwrap_err();
        assert_eq!(got.exit_code(), 2);
        let got = got.to_string();
        assert!(
            got == want || (want.ends_with(": ") && got.starts_with(want)),
            "{text}\n{got}\n{want}"
        );
    }
}

#[test]
fn found_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let os = |p: &Path| Some(p.as_os_str().to_owned());
    assert_eq!(find(os(dir.path()), None), None);
    for folder in ["plaint", ".config/plaint"] {
        std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        std::fs::write(dir.path().join(folder).join(FILE), "").unwrap();
    }
    let at = |p: &str| Some(dir.path().join(p).join(FILE));
    assert_eq!(find(os(dir.path()), None), at("plaint"));
    assert_eq!(find(None, os(dir.path())), at(".config/plaint"));
    assert_eq!(find(Some("relative".into()), os(dir.path())), at(".config/plaint"));
}

#[test]
fn files_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.toml");
    assert_eq!(Config::load(Some(&path)).unwrap_err().exit_code(), 2);
    std::fs::write(&path, b"[time]\nzone = \"\xff\"").unwrap();
    let text = Config::load(Some(&path)).unwrap_err().to_string();
    assert!(text.ends_with("p.toml:2: not UTF-8: save the file as UTF-8"), "{text}");
    std::fs::write(&path, "\u{feff}[time]\nzone = 'UTC'").unwrap();
    assert_eq!(Config::load(Some(&path)).unwrap().time.zone.as_deref(), Some("UTC"));
}
