//! `index.html`: well-formed, self-contained, true to `summary.json`, inert whatever the logs and
//! file names hold, and short however many sources there are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends by saying where"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use assert_cmd::Command;
use sha2::{Digest as _, Sha256};

/// Elements that have no end tag.
const VOID: [&str; 3] = ["meta", "br", "line"];

struct Page {
    dir: tempfile::TempDir,
    html: String,
}

/// A start tag with its attributes, or text.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Page {
    fn of(paths: &[&str], more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let output = Command::cargo_bin("plaint")
            .unwrap()
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("XDG_CONFIG_HOME", dir.path())
            .arg("report")
            .args(paths)
            .args(["--now", "2026-04-02T00:00:00Z", "-o"])
            .arg(dir.path().join("out"))
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", plaint::text::Untrusted(&output.stderr));
        let html = fs::read_to_string(dir.path().join("out/index.html")).unwrap();
        Self { dir, html }
    }

    fn small() -> Self {
        Self::of(&["testdata/cases/small/logs"], &["--config", "testdata/cases/small/plaint.toml"])
    }

    /// Its start tags; fails where it is not well-formed.
    fn tags(&self) -> Vec<Tag> {
        let mut tags = Vec::new();
        let mut open: Vec<String> = Vec::new();
        let mut rest = self.html.strip_prefix("<!DOCTYPE html>").expect("a doctype");
        while let Some(at) = rest.find('<') {
            assert!(!rest[..at].contains('>'), "a bare > in {:?}", &rest[..at]);
            let (tag, after) = rest[at + 1..].split_once('>').expect("a tag ends");
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(
                    open.pop().as_deref(),
                    Some(name),
                    "near {:?}",
                    &after[..40.min(after.len())]
                );
                continue;
            }
            let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |t| (t, true));
            let (name, mut words) = tag.split_once(' ').unwrap_or((tag, ""));
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric()), "{name}");
            let mut attributes = BTreeMap::new();
            while let Some((key, value)) = words.trim_start().split_once("=\"") {
                let (value, after) = value.split_once('"').expect("a quote");
                assert!(
                    attributes.insert(key.to_owned(), value.to_owned()).is_none(),
                    "{key} twice in {tag}"
                );
                words = after;
            }
            assert_eq!(words.trim(), "", "in {tag}");
            if name == "style" {
                rest = &rest[rest.find("</style>").expect("style ends")..];
            }
            if !closed && !VOID.contains(&name) {
                open.push(name.to_owned());
            }
            tags.push(Tag { name: name.to_owned(), attributes });
        }
        assert_eq!(open, Vec::<String>::new());
        tags
    }
}

fn unescaped(link: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = link.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let two: Vec<u8> = bytes.by_ref().take(2).collect();
            out.push(u8::from_str_radix(std::str::from_utf8(&two).unwrap(), 16).unwrap());
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn links_resolve_and_nothing_comes_from_elsewhere() {
    let page = Page::small();
    let tags = page.tags();
    let ids: Vec<&str> =
        tags.iter().filter_map(|t| t.attributes.get("id")).map(String::as_str).collect();
    let mut followed = 0;
    for tag in &tags {
        assert!(
            !["script", "link", "img", "iframe", "object", "embed", "form", "base"]
                .contains(&tag.name.as_str()),
            "{tag:?}"
        );
        for (key, value) in &tag.attributes {
            assert!(!key.starts_with("on") && key != "style" && key != "src", "{tag:?}");
            if key == "href" {
                assert_eq!(tag.name, "a");
                if let Some(id) = value.strip_prefix('#') {
                    assert!(ids.contains(&id), "{value}");
                } else {
                    let path = unescaped(value.strip_prefix("./").expect("a relative link"));
                    assert!(!path.contains(".."), "{path}");
                    assert!(page.dir.path().join("out").join(&path).is_file(), "{path}");
                    followed += 1;
                }
            }
        }
    }
    assert!(followed > 60, "{followed}");
    assert!(
        !page.html.contains("://") && !page.html.contains("url(") && !page.html.contains("@import")
    );

    // The policy allows exactly the style that is there.
    let style = page.html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = plaint::event::base64(&Sha256::digest(style.as_bytes()));
    assert!(page.html.contains(&format!(
        "content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\""
    )));
    // Every class of a fill is styled.
    for tag in &tags {
        for class in tag.attributes.get("class").into_iter().flat_map(|c| c.split(' ')) {
            if class.starts_with("f-") || class.starts_with("b-") {
                assert!(style.contains(&format!(".{class}{{")), "{class}");
            }
        }
    }
}

#[test]
fn numbers_are_those_of_the_summary() {
    let page = Page::small();
    let out = page.dir.path().join("out");
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    for (verdict, says) in [
        ("ready", "reports ready to file"),
        ("draft", "drafts that lack something"),
        ("unattributed", "reports without an addressee"),
        ("held", "sources held back"),
    ] {
        let tile = format!("<b>{}</b><span>{says}</span>", summary["verdicts"][verdict]);
        assert!(page.html.contains(&tile), "{tile}");
    }
    // The bars of each class add up to its events, counted by `sources`.
    let mut drawn: BTreeMap<&str, u64> = BTreeMap::new();
    for title in page.html.split("<title>").skip(2) {
        for line in title.split("</title>").next().unwrap().lines().skip(1) {
            let (class, n) = line.split_once(": ").unwrap();
            *drawn.entry(class).or_default() += n.replace(',', "").parse::<u64>().unwrap();
        }
    }
    assert_eq!(drawn["ssh-login"], 124);
    let legend = page.html.split("<ul class=\"legend\">").nth(1).unwrap();
    for (class, n) in &drawn {
        assert!(legend.contains(&format!("</span>{class} <em>{n} ")), "{class} {n}");
    }
    let told: u64 =
        summary["bundles"].as_array().unwrap().iter().map(|b| b["events"].as_u64().unwrap()).sum();
    let held: u64 = 12 + 2 + 22 + 3 + 4 + 12;
    assert_eq!(drawn.values().sum::<u64>(), told + held, "{drawn:?}");
    assert!(page.html.contains("1 source logged in after many failed tries"));
}

#[test]
fn hostile_text_stays_text() {
    let dir = tempfile::tempdir().unwrap();
    let name = "<img src=x onerror=alert(1)>&\"'.log";
    let mut log = String::new();
    for n in 0..12 {
        let _ = writeln!(
            log,
            "2026-03-30T01:00:{n:02}Z web1 sshd[{n}]: Failed password for invalid user <script>alert(1)</script> from 203.0.113.9 port 4{n:03} ssh2"
        );
    }
    fs::write(dir.path().join(name), log).unwrap();
    let operators = dir.path().join("operators");
    fs::create_dir(&operators).unwrap();
    fs::write(
        operators.join("x.toml"),
        "id = \"x-isp\"\nname = \"</title><script>alert(2)</script>\"\n\
         [[provenance]]\nurl = \"x\"\nsays = \"x\"\nseen = 2026-03-20\nstatus = \"verified\"\n\
         [match]\nprefixes = [\"203.0.113.0/24\"]\n\
         [[channel]]\nid = \"abuse\"\nkind = \"email\"\nto = \"abuse@isp.example\"\n\
         [[route]]\nclass = [\"*\"]\nchannel = \"abuse\"\n",
    )
    .unwrap();
    let logs = dir.path().join(name);
    let page = Page::of(&[logs.to_str().unwrap()], &["--operators", operators.to_str().unwrap()]);
    let tags = page.tags();
    assert!(tags.iter().all(|t| !["script", "img"].contains(&t.name.as_str())));
    assert!(page.html.contains("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;.log"));
    assert!(page.html.contains("&lt;/title&gt;&lt;script&gt;alert(2)"));
}

#[test]
fn ten_thousand_sources_are_summed_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = String::new();
    for n in 0..10_000u32 {
        // 150 are over the threshold.
        let tries = if n % 67 == 0 { 11 } else { 1 };
        for i in 0..tries {
            let second = (n * 40 + i) % 86_400;
            let _ = writeln!(
                log,
                "2026-03-{:02}T{:02}:{:02}:{:02}Z web1 sshd[{}]: Failed password for root from 11.{}.{}.9 port 4711 ssh2",
                20 + n * 40 / 86_400,
                second / 3600,
                second / 60 % 60,
                second % 60,
                n + 100,
                n / 256,
                n % 256
            );
        }
    }
    let path = dir.path().join("auth.log");
    fs::write(&path, log).unwrap();
    let page = Page::of(&[path.to_str().unwrap()], &[]);
    page.tags();
    assert!(page.html.len() < 300_000, "{} bytes", page.html.len());
    assert_eq!(page.html.matches("<tr><td><span class=\"pill").count(), 100);
    assert!(page.html.contains("the 100 of 150 with the most events"), "the rest is counted");
    assert!(page.html.contains("<b>10,000</b>"));
}
