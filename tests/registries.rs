//! What registries answer, by servers on this machine in the shapes of all of them: asked,
//! saved, read again by the next report, and quoted with its date. Nothing else is asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex};

use assert_cmd::Command;
use serde_json::{Value, json};

fn run(cwd: &Path, args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("plaint").unwrap();
    command.current_dir(cwd).env("XDG_CONFIG_HOME", cwd).env("HOME", cwd);
    command.args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A server on this machine: each connection's first line goes to `answer`.
fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut question = Vec::new();
            let mut byte = [0];
            while !question.ends_with(b"\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                question.push(byte[0]);
            }
            // The rest of a request's head is of no interest, but has to be read.
            stream.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
            let _ = stream.write_all(&answer(text(&question).trim()));
        }
    });
    place
}

/// A run over twelve refused logins of each address, whose desk wants whois.
fn world(sources: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut log = String::new();
    for (n, source) in sources.iter().enumerate() {
        for i in 0..12 {
            let _ = writeln!(
                log,
                "2026-04-01T03:{n:02}:{i:02}Z web1 sshd[{}]: Failed password for root from {source} port {} ssh2",
                100 + n,
                40_000 + i
            );
        }
    }
    fs::write(dir.path().join("auth.log"), log).unwrap();
    fs::create_dir(dir.path().join("operators")).unwrap();
    fs::write(
        dir.path().join("operators/big.toml"),
        r#"
id = "big"
name = "Big"
extends = "generic"
[[provenance]]
url = "https://big.example/abuse"
says = "its mailbox, once"
seen = 2019-01-01
status = "seed"
[match]
prefixes = ["192.0.2.0/24", "2001:db8::/32"]
[[channel]]
id = "abuse"
kind = "email"
to = "abuse@big.example"
[[route]]
class = ["*"]
channel = "abuse"
[ownership]
whois = "must"
"#,
    )
    .unwrap();
    configure(dir.path(), "");
    dir
}

fn configure(dir: &Path, more: &str) {
    let config = format!(
        r#"
[reporter]
name = "J. Smith"
email = "abuse-reports@victim.example"
[hosts]
web1 = {{ address = "198.51.100.4" }}
[clock]
synchronised = true
bound_seconds = 0.1
measured = 2026-04-01T03:00:00Z
[operators]
dir = "operators"
{more}
"#
    );
    fs::write(dir.join("plaint.toml"), config).unwrap();
}

fn report(dir: &Path) -> PathBuf {
    let args = ["report", "auth.log", "-o", "out", "--force", "--now", "2026-04-02T00:00:00Z"];
    let output = run(dir, &args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    dir.join("out")
}

fn bundle(out: &Path, source: &str) -> PathBuf {
    out.join("big/abuse").join(source.replace(':', "-"))
}

/// What the manifest says of a source's findings with that id.
fn findings(out: &Path, source: &str, id: &str) -> Vec<Value> {
    let manifest: Value =
        serde_json::from_slice(&fs::read(out.join("big/manifest.json")).unwrap()).unwrap();
    let rows = manifest["bundles"].as_array().unwrap().clone();
    let row = rows.into_iter().find(|b| b["source"] == source).unwrap();
    row["findings"].as_array().unwrap().iter().filter(|f| f["id"] == id).cloned().collect()
}

fn card(mails: &[(&str, Value)]) -> Value {
    let mut card =
        vec![json!(["version", {}, "text", "4.0"]), json!(["fn", {}, "text", "Some Isp"])];
    card.extend(mails.iter().map(|(mail, params)| json!(["email", params, "text", mail])));
    json!(["vcard", card])
}

fn entity(handle: &str, roles: &[&str], mails: &[(&str, Value)], inner: Vec<Value>) -> Value {
    json!({"objectClassName": "entity", "handle": handle, "roles": roles, "vcardArray": card(mails), "entities": inner})
}

fn network(from: &str, to: &str, name: &str, entities: Vec<Value>) -> Value {
    json!({
        "rdapConformance": ["rdap_level_0", "cidr0"], "objectClassName": "ip network",
        "handle": name, "name": name, "startAddress": from, "endAddress": to,
        "events": [{"eventAction": "last changed", "eventDate": "2023-12-28T17:24:56-05:00"}],
        "notices": [{"title": "Terms", "description": ["of use, abuse@notices.test"]}],
        "entities": entities,
    })
}

/// A mailbox and where it stood, if one is to be found.
type Found = Option<(&'static str, &'static str)>;

/// The answers of RDAP, in each registry's shape, and who is to be found in them.
fn rdap_answers() -> Vec<(&'static str, Value, Found)> {
    let none = || json!({});
    let of = |ip: &str, name: &str, entities: Vec<Value>| {
        let last = ip.rsplit('.').next().unwrap();
        network(&format!("192.0.2.{last}"), &format!("192.0.2.{last}"), name, entities)
    };
    let mut brazil = of(
        "192.0.2.15",
        "22817",
        vec![
            entity("05506", &["registrant"], &[], vec![]),
            entity("FAN", &["technical", "abuse"], &[], vec![]),
        ],
    );
    brazil["cidr0_cidrs"] = json!([{"v4prefix": "192.0.2.0", "length": "20"}]);
    vec![
        // ARIN: nested beneath the registrant, and no country.
        (
            "192.0.2.11",
            of(
                "192.0.2.11",
                "GOOD",
                vec![entity(
                    "O1",
                    &["registrant"],
                    &[],
                    vec![
                        entity(
                            "N1-ARIN",
                            &["administrative", "technical"],
                            &[("noc@arin-isp.test", none())],
                            vec![],
                        ),
                        entity("A1-ARIN", &["abuse"], &[("abuse@arin-isp.test", none())], vec![]),
                    ],
                )],
            ),
            Some(("abuse@arin-isp.test", "RDAP abuse role of A1-ARIN")),
        ),
        // RIPE: at the top, and its technical contact has the same mailbox by type.
        (
            "192.0.2.12",
            of(
                "192.0.2.12",
                "RIPENET",
                vec![
                    entity(
                        "T1-RIPE",
                        &["technical"],
                        &[("noc@ripe-isp.test", json!({"type": "abuse"}))],
                        vec![],
                    ),
                    entity(
                        "AR1-RIPE",
                        &["abuse"],
                        &[("abuse@ripe-isp.test", json!({"type": "abuse"}))],
                        vec![entity(
                            "P1-RIPE",
                            &["technical"],
                            &[("person@ripe-isp.test", none())],
                            vec![],
                        )],
                    ),
                ],
            ),
            Some(("abuse@ripe-isp.test", "RDAP abuse role of AR1-RIPE")),
        ),
        // APNIC: two mailboxes, of which pref 1 is meant.
        (
            "192.0.2.13",
            of(
                "192.0.2.13",
                "APNET",
                vec![entity(
                    "IRT-X-AP",
                    &["abuse"],
                    &[
                        ("helpdesk@apnic-isp.test", none()),
                        ("abuse@apnic-isp.test", json!({"pref": "1"})),
                    ],
                    vec![],
                )],
            ),
            Some(("abuse@apnic-isp.test", "RDAP abuse role of IRT-X-AP")),
        ),
        // LACNIC: combined roles.
        (
            "192.0.2.14",
            of(
                "192.0.2.14",
                "192.0.2.14",
                vec![entity(
                    "ANU",
                    &["technical", "abuse"],
                    &[("ip@lacnic-isp.test", none())],
                    vec![],
                )],
            ),
            Some(("ip@lacnic-isp.test", "RDAP abuse role of ANU")),
        ),
        // registro.br: an abuse entity without a mailbox.
        ("192.0.2.15", brazil, None),
        // AFRINIC: no abuse role.
        (
            "192.0.2.16",
            of(
                "192.0.2.16",
                "ORG-X-AFRINIC",
                vec![
                    entity(
                        "IT7-AFRINIC",
                        &["technical"],
                        &[("sysadmin@afrinic-isp.test", none())],
                        vec![],
                    ),
                    entity(
                        "ORG-X",
                        &["registrant"],
                        &[("contact@afrinic-isp.test", none())],
                        vec![],
                    ),
                ],
            ),
            None,
        ),
        // LACNIC's placeholder.
        (
            "192.0.2.17",
            of(
                "192.0.2.17",
                "192.0.2.17",
                vec![entity("RM", &["abuse"], &[("removed@lacnic.net", none())], vec![])],
            ),
            None,
        ),
    ]
}

const SOURCES: [&str; 7] = [
    "192.0.2.11",
    "192.0.2.12",
    "192.0.2.13",
    "192.0.2.14",
    "192.0.2.15",
    "192.0.2.16",
    "192.0.2.17",
];

#[test]
fn rdap_of_every_registry() {
    let dir = world(&SOURCES);
    let out = report(dir.path());
    for source in SOURCES {
        assert!(bundle(&out, source).join("TODO.txt").is_file(), "{source}");
        assert_eq!(findings(&out, source, "OWN-1")[0]["effect"], "draft");
    }
    let answers = rdap_answers();
    let server = serve(move |get| {
        let path = get.split(' ').nth(1).unwrap();
        let found = answers.iter().find(|(ip, ..)| path == format!("/rdap/ip/{ip}"));
        let Some((_, body, _)) = found else { return b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec() };
        let body = body.to_string();
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    });
    let bootstrap = serve(move |_| {
        let body = json!({"version": "1.0", "services": [[["192.0.0.0/8"], [format!("http://{server}/rdap/")]]]}).to_string();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    });
    let url = format!("http://{bootstrap}");
    let asked =
        run(dir.path(), &["gather", "out", "--rdap", "--pause", "0", "--rdap-bootstrap", &url]);
    assert_eq!(asked.status.code(), Some(0), "{}", text(&asked.stderr));
    let told = text(&asked.stdout);
    // The one that is meant comes first, and no other role's is taken.
    let firsts: Vec<(&str, &str, &str)> = SOURCES
        .iter()
        .filter_map(|s| told.lines().find(|l| l.starts_with(&format!("{s}\t"))))
        .map(|l| {
            let mut cells = l.split('\t');
            (cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    let want: Vec<(&str, &str, &str)> = rdap_answers()
        .into_iter()
        .filter_map(|(ip, _, found)| found.map(|(mail, origin)| (ip, mail, origin)))
        .collect();
    assert_eq!(firsts, want, "{told}");
    for refused in ["removed@", "noc@", "person@", "sysadmin@", "contact@", "notices"] {
        assert!(!told.contains(refused), "{told}");
    }

    configure(dir.path(), "rdap = \"rdap\"");
    let out = report(dir.path());
    for (source, _, found) in rdap_answers() {
        let letter = fs::read_to_string(bundle(&out, source).join("report.txt")).unwrap();
        let (_, quoted) =
            letter.split_once(&format!("\nWHOIS {source} by RDAP (asked 20")).unwrap();
        assert!(quoted.contains(&format!("range:             {source} to {source}\n")), "{quoted}");
        assert!(quoted.contains("answered by:       http://127.0.0.1:"), "{quoted}");
        assert!(quoted.contains("last changed:      2023-12-28\n"), "{quoted}");
        assert!(!quoted.contains("05:00"), "{quoted}");
        // The draft is complete; that the mailbox is an old one stays said, with what was found.
        assert!(findings(&out, source, "OWN-1").is_empty());
        assert!(!bundle(&out, source).join("TODO.txt").exists());
        let doubt = &findings(&out, source, "ADR-3")[0];
        let said = doubt["text"].as_str().unwrap();
        match found {
            Some((mail, origin)) => {
                assert!(
                    quoted.contains(&format!("abuse mailbox:     {mail} ({origin})\n")),
                    "{quoted}"
                );
                assert!(
                    said.contains(&format!("The registry names {mail} ({origin}, asked 20")),
                    "{said}"
                );
            }
            None => {
                assert!(!said.contains("registry") && !quoted.contains("abuse mailbox:"), "{said}")
            }
        }
        // It is told, and not written to.
        let mail = fs::read_to_string(bundle(&out, source).join("report.eml")).unwrap();
        assert!(mail.contains("\nTo: abuse@big.example\n"));
    }
    let lint = run(dir.path(), &["lint", "out", "--now", "2026-04-02T00:00:00Z"]);
    assert_eq!(lint.status.code(), Some(0), "{}", text(&lint.stdout));
}

/// The answers of WHOIS, in each registry's shape, and who is to be found in them.
fn whois_answers() -> Vec<(&'static str, String, Found)> {
    vec![
        (
            "192.0.2.11",
            "#\n# ARIN WHOIS data and services are subject to the Terms of Use\n#\n\nNetRange:       192.0.2.0 - 192.0.2.255\nCIDR:           192.0.2.0/24\nNetName:        GOOD\n\nOrgName:        Some Isp\n\nOrgTechEmail:  noc@arin-isp.test\nOrgAbuseHandle: A1-ARIN\nOrgAbusePhone:  +1-555-0100\nOrgAbuseEmail:  abuse@arin-isp.test\n".to_owned(),
            Some(("abuse@arin-isp.test", "WHOIS OrgAbuseEmail")),
        ),
        (
            "192.0.2.12",
            "% Information related to '192.0.2.0 - 192.0.2.255'\n\n% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@ripe-isp.test'\n\ninetnum:        192.0.2.0 - 192.0.2.255\nnetname:        RIPENET\nadmin-c:        T1-RIPE\nsource:         RIPE\n\nrole:           Some Isp\ne-mail:         noc@ripe-isp.test\nabuse-mailbox:  abuse@ripe-isp.test\nnic-hdl:        T1-RIPE\n".to_owned(),
            Some(("abuse@ripe-isp.test", "RIPE abuse-c")),
        ),
        (
            "192.0.2.13",
            "% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@apnic-isp.test'\n\ninetnum:        192.0.2.0 - 192.0.2.255\nnetname:        APNET\nmnt-irt:        IRT-X-AP\nsource:         APNIC\n\nirt:            IRT-X-AP\ne-mail:         helpdesk@apnic-isp.test\nabuse-mailbox:  abuse@apnic-isp.test\n".to_owned(),
            Some(("abuse@apnic-isp.test", "APNIC abuse contact")),
        ),
        (
            "192.0.2.14",
            "% LACNIC resource: whois.lacnic.net\n\ninetnum:     192.0/16\nstatus:      allocated\nowner:       Some Isp\nowner-c:     IIA\nabuse-c:     ANU\n\nnic-hdl:     IIA\ne-mail:      owner@lacnic-isp.test\n\nnic-hdl:     ANU\nperson:      Some Isp\ne-mail:      ip@lacnic-isp.test\n".to_owned(),
            Some(("ip@lacnic-isp.test", "WHOIS abuse-c ANU")),
        ),
        (
            "192.0.2.15",
            "inetnum:     192.0.2.0/24\naut-num:     AS64500\nabuse-c:     FAN\nowner:       Some Isp\n\nnic-hdl-br:  FAN\nperson:      Some Person\ne-mail:      abuse@br-isp.test\n".to_owned(),
            Some(("abuse@br-isp.test", "WHOIS abuse-c FAN")),
        ),
        (
            "192.0.2.16",
            "% No abuse contact registered for 192.0.2.0 - 192.0.2.255\n\ninetnum:        192.0.2.0 - 192.0.2.255\nnetname:        AFNET\nsource:         AFRINIC # Filtered\n\nperson:         X\ne-mail:         sysadmin@afrinic-isp.test\n".to_owned(),
            None,
        ),
        // Somebody else's: it must not be quoted, and names nobody.
        (
            "192.0.2.17",
            "% Abuse contact for '198.51.100.0 - 198.51.100.255' is 'abuse@other.test'\ninetnum:        198.51.100.0 - 198.51.100.255\n".to_owned(),
            None,
        ),
    ]
}

#[test]
fn whois_of_every_registry() {
    let dir = world(&SOURCES);
    report(dir.path());
    let questions = Arc::new(Mutex::new(Vec::<String>::new()));
    let registries: Vec<(&str, String)> = whois_answers()
        .into_iter()
        .map(|(ip, answer, _)| {
            let heard = Arc::clone(&questions);
            let place = serve(move |question| {
                heard.lock().unwrap().push(question.to_owned());
                answer.replace('\n', "\r\n").into_bytes()
            });
            (ip, place)
        })
        .collect();
    let root = serve(move |ip| {
        let (_, place) = registries.iter().find(|(known, _)| *known == ip).unwrap();
        format!("% IANA WHOIS server\r\n\r\nrefer:        {place}\r\n\r\ninetnum:      192.0.0.0 - 192.255.255.255\r\n").into_bytes()
    });
    let asked =
        run(dir.path(), &["gather", "out", "--whois", "--pause", "0", "--whois-server", &root]);
    let told = text(&asked.stdout);
    assert_eq!(*questions.lock().unwrap(), SOURCES);
    for (source, _, found) in whois_answers() {
        let line = told.lines().find(|l| l.starts_with(&format!("{source}\t")));
        assert_eq!(
            line.map(str::to_owned),
            found.map(|(m, o)| format!("{source}\t{m}\t{o}")),
            "{told}"
        );
    }
    configure(dir.path(), "whois = \"whois\"");
    let out = report(dir.path());
    for (source, _, found) in whois_answers() {
        let letter = fs::read_to_string(bundle(&out, source).join("report.txt")).unwrap();
        assert!(letter.contains(&format!("\nWHOIS {source} (asked 20")), "{letter}");
        assert!(!letter.contains("other.test") && !letter.contains("555-0100"), "{letter}");
        let said = findings(&out, source, "ADR-3")[0]["text"].as_str().unwrap().to_owned();
        assert_eq!(said.contains("The registry names "), found.is_some(), "{said}");
    }
}

/// What was saved about another address, and what a registry says to who asks
/// too often, is told and used for nothing.
#[test]
fn answers_that_prove_nothing() {
    let sources = ["192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15"];
    let dir = world(&sources);
    for folder in ["whois", "rdap", "trace"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let put = |name: &str, content: &str| fs::write(dir.path().join(name), content).unwrap();
    put(
        "whois/192.0.2.11.txt",
        "inetnum: 198.51.100.0 - 198.51.100.255\nabuse-mailbox: abuse@other.test\n",
    );
    put("whois/192.0.2.12.txt", "%ERROR:201: access denied for 198.51.100.4\n");
    put("rdap/192.0.2.13.txt", "# asked 2026-04-01T06:00:00Z\n{\"errorCode\": 429}\n");
    put("whois/192.0.2.14.txt", "inetnum: 192.0.2.0 - 192.0.2.255\n");
    put(
        "trace/192.0.2.14.txt",
        "traceroute to 192.0.2.9 (192.0.2.9), 30 hops max\n 1  192.0.2.9  1 ms\n",
    );
    configure(dir.path(), "whois = \"whois\"\nrdap = \"rdap\"\ntraceroute = \"trace\"\n");
    put("whois/192.0.2.15.txt", "inetnum: 192.0.2.0 - 192.0.2.255\n");
    put(
        "trace/192.0.2.15.txt",
        "# asked 2026-04-01T06:00:00Z\ntraceroute to 192.0.2.15 (192.0.2.15), 30 hops max\n 1  198.51.100.1  1 ms\n 2  * * *\n",
    );
    let out = report(dir.path());
    let path = &findings(&out, "192.0.2.15", "OWN-2")[0];
    assert_eq!(path["effect"], "note");
    assert!(path["text"].as_str().unwrap().ends_with("the last that answered is 198.51.100.1."));
    let letter = fs::read_to_string(bundle(&out, "192.0.2.15").join("report.txt")).unwrap();
    assert!(
        letter.contains("\nTRACEROUTE to 192.0.2.15 (made 2026-04-01 06:00 UTC)\n"),
        "{letter}"
    );
    for (source, id, why) in [
        ("192.0.2.11", "OWN-1", "is about another address"),
        ("192.0.2.12", "OWN-1", "has no record"),
        ("192.0.2.13", "OWN-1", "is error 429"),
        ("192.0.2.14", "OWN-2", "leads to another address"),
    ] {
        let found = findings(&out, source, id);
        let said = found[0]["text"].as_str().unwrap();
        assert!(said.contains(&format!("is not used: it {why}.")), "{said}");
        let want = if id == "OWN-1" { "draft" } else { "warn" };
        assert_eq!(found[0]["effect"], want);
        let letter = fs::read_to_string(bundle(&out, source).join("report.txt")).unwrap();
        assert!(!letter.contains("other.test") && !letter.contains("TRACEROUTE"), "{letter}");
        assert_eq!(letter.contains("\nWHOIS "), id == "OWN-2", "{letter}");
    }
}

/// A name server on this machine with one record, which answers in the shape of RFC 1035.
fn name_server(name: &'static str, text: &'static str) -> String {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let place = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((n, from)) = socket.recv_from(&mut buffer) {
            let mut reply = buffer[..n].to_vec();
            let mut wanted = Vec::new();
            for label in name.split('.') {
                wanted.push(u8::try_from(label.len()).unwrap());
                wanted.extend_from_slice(label.as_bytes());
            }
            let known = reply[12..].starts_with(&wanted) && reply.ends_with(&[0, 0, 16, 0, 1]);
            (reply[2], reply[3]) = (0x81, if known { 0x80 } else { 0x83 });
            if known {
                let length = u8::try_from(text.len()).unwrap();
                reply[7] = 1;
                reply.extend_from_slice(&[
                    0xc0,
                    12,
                    0,
                    16,
                    0,
                    1,
                    0,
                    0,
                    0,
                    60,
                    0,
                    length + 1,
                    length,
                ]);
                reply.extend_from_slice(text.as_bytes());
            }
            socket.send_to(&reply, from).unwrap();
        }
    });
    place
}

#[test]
fn a_zone_of_contacts() {
    let dir = world(&["192.0.2.11", "192.0.2.12"]);
    report(dir.path());
    let server = name_server("11.2.0.192.contacts.test", "abuse@dns-isp.test");
    let asked = || {
        let zone = ["--dns-server", &server, "--dns-zone", "contacts.test", "--pause", "0"];
        run(dir.path(), &[&["gather", "out", "--dns"], &zone[..]].concat())
    };
    let first = asked();
    // One of them has no record, and that is told.
    assert_eq!(first.status.code(), Some(3));
    assert!(text(&first.stderr).contains("12.2.0.192.contacts.test has no record"));
    let want = "192.0.2.11\tabuse@dns-isp.test\tDNS contact zone contacts.test\n";
    assert_eq!(text(&first.stdout), want);
    let saved = fs::read_to_string(dir.path().join("dns/192.0.2.11.txt")).unwrap();
    assert!(saved.starts_with("# asked 20"), "{saved}");
    assert!(saved.ends_with("\n11.2.0.192.contacts.test TXT abuse@dns-isp.test\n"), "{saved}");
    assert_eq!(text(&asked().stdout), want);
}

/// A router between us and the source, all in name spaces of this machine.
const NETWORK: &str = r#"
set -e
ip link set lo up
unshare -n sleep 60 & router=$!
unshare -n sleep 60 & far=$!
trap 'kill $router $far' EXIT
sleep 0.3
ip link add name near0 type veth peer name near1 netns $router
ip addr add 198.51.100.1/24 dev near0; ip link set near0 up
ip route add default via 198.51.100.254
nsenter -t $router -n sh -ec 'ip addr add 198.51.100.254/24 dev near1; ip link set near1 up
  ip link add name far0 type veth peer name far1 netns '$far'
  ip addr add 192.0.2.254/24 dev far0; ip link set far0 up
  echo 1 > /proc/sys/net/ipv4/ip_forward'
nsenter -t $far -n sh -ec 'ip addr add 192.0.2.11/24 dev far1; ip link set far1 up
  ip route add default via 192.0.2.254'
"$@"
"#;

#[test]
fn a_real_traceroute() {
    let program = std::env::var("PLAINT_TRACEROUTE").unwrap_or_else(|_| "traceroute".to_owned());
    let inside = |args: &[&str]| {
        std::process::Command::new("unshare")
            .args(["-rn", "sh", "-c", NETWORK, "sh"])
            .args(args)
            .output()
    };
    let missing = match (inside(&["true"]), Command::new(&program).arg("--version").output()) {
        (Ok(made), Ok(_)) if made.status.success() => None,
        (Ok(made), Ok(_)) => Some(format!("no name spaces: {}", made.stderr.escape_ascii())),
        (Err(e), _) => Some(format!("no unshare: {e}")),
        (_, Err(e)) => Some(format!("no {program}: {e}")),
    };
    if let Some(why) = missing {
        // Beneath the harness, which keeps what a test that passes prints.
        let line = format!("\nNOT DONE: a_real_traceroute: {}\n", why.trim());
        let _ = std::fs::File::options()
            .write(true)
            .open("/dev/stderr")
            .and_then(|mut f| f.write_all(line.as_bytes()));
        return;
    }
    let dir = world(&["192.0.2.11"]);
    report(dir.path());
    let binary = assert_cmd::cargo::cargo_bin("plaint");
    let out = dir.path().join("out");
    let into = dir.path().display().to_string();
    let asked = inside(&[
        binary.to_str().unwrap(),
        "gather",
        out.to_str().unwrap(),
        "--traceroute",
        "--traceroute-program",
        &program,
        "--into",
        &into,
    ])
    .unwrap();
    assert_eq!(asked.status.code(), Some(0), "{}", text(&asked.stderr));
    configure(dir.path(), "traceroute = \"traceroute\"");
    let out = report(dir.path());
    let path = &findings(&out, "192.0.2.11", "OWN-2")[0];
    assert_eq!(path["text"], "the traceroute reaches 192.0.2.11.");
    assert_eq!(path["value"], "2 hops");
    let letter = fs::read_to_string(bundle(&out, "192.0.2.11").join("report.txt")).unwrap();
    assert!(letter.contains("\nTRACEROUTE to 192.0.2.11 (made 20"), "{letter}");
    assert!(letter.contains("\n 1  198.51.100.254 "), "{letter}");
}
