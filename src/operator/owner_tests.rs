//! Rows for attribution: nested prefixes, regions, origin ASes, and claims that collide.

use super::*;
use crate::class::Class;
use crate::operator::route::Unrouted;

/// BT's file with lists for its two regions, where a /26 inside a /24 belongs
/// to the other region, and a neighbour inside Janet's block.
const BT: &str = r#"
id = "bt"
extends = "bt"
[[region]]
name = "uk"
prefix_file = "uk.txt"
asn = [2856]
[[region]]
name = "non-uk"
prefix_file = ["non-uk.txt"]
asn = [5400]
"#;
const JANET: &str =
    "id = 'janet'\nextends = 'janet'\n[match]\nprefixes = ['198.51.100.0/24', '2001:db8::/32']\n";
const HOSTER: &str = r#"
id = "hoster"
[match]
prefixes = ["198.51.100.16 - 198.51.100.40"]
[[channel]]
id = "abuse"
kind = "email"
to = "abuse@example.net"
[[route]]
class = ["*"]
channel = "abuse"
"#;
const ORIGINS: &str = "\
192.0.2.0 24 2856
203.0.113.0 26 2856
203.0.113.64 26 5400
203.0.113.128 26 2856_786
203.0.113.192 26 64496
198.51.100.0 24 786
";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn loaded() -> (tempfile::TempDir, Operators) {
    let dir = folder(&[
        ("bt.toml", BT),
        ("uk.txt", "# UK\n192.0.2.0/24\n"),
        ("non-uk.txt", "192.0.2.64/26\n"),
        ("janet.toml", JANET),
        ("hoster.toml", HOSTER),
        ("origins.txt", ORIGINS),
    ]);
    let all = Operators::load(Some(dir.path()), Some(&dir.path().join("origins.txt"))).unwrap();
    (dir, all)
}

/// An attribution in one line.
fn told(all: &Operators, ip: &str) -> String {
    let a = all.whose(ip.parse().unwrap()).unwrap();
    let brief = |r: &Record| {
        let file = r.file.file_name().unwrap().to_str().unwrap();
        let asn = r.asn.map(|n| format!(" AS{n}")).unwrap_or_default();
        format!("{} {} {file}{asn}", r.operator, r.prefix)
    };
    let to = a.channel(Class::SshLogin).map_or_else(
        |e| {
            e.map_or(
                "-",
                |e| if matches!(e, Unrouted::RegionUnknown { .. }) { "region?" } else { "?" },
            )
        },
        |c| c.to.as_deref().unwrap_or("-"),
    );
    format!(
        "{} {} [{}] {to}; {}",
        a.operator.map_or("nobody", |p| &p.id),
        a.region.unwrap_or("-"),
        a.record.as_ref().map(brief).unwrap_or_default(),
        a.others.iter().map(brief).collect::<Vec<_>>().join(", ")
    )
}

#[test]
fn whose_it_is() {
    let (_dir, all) = loaded();
    for (ip, want) in [
        ("192.0.2.1", "bt uk [bt 192.0.2.0/24 uk.txt] security@bt.com; "),
        // The /26 is the other region's; the /24 around it is shown.
        (
            "192.0.2.65",
            "bt non-uk [bt 192.0.2.64/26 non-uk.txt] security@eu.bt.net; bt 192.0.2.0/24 uk.txt, bt 192.0.2.0/24 origins.txt AS2856",
        ),
        ("::ffff:192.0.2.128", "bt uk [bt 192.0.2.0/24 uk.txt] security@bt.com; "),
        ("198.51.100.7", "janet - [janet 198.51.100.0/24 janet.toml] irt@csirt.ja.net; "),
        (
            "198.51.100.16",
            "hoster - [hoster 198.51.100.16 - 198.51.100.40 hoster.toml] abuse@example.net; janet 198.51.100.0/24 janet.toml, janet 198.51.100.0/24 origins.txt AS786",
        ),
        ("2001:db8::1", "janet - [janet 2001:db8::/32 janet.toml] irt@csirt.ja.net; "),
        // No list has these: the origin AS decides, and its region.
        ("203.0.113.1", "bt uk [bt 203.0.113.0/26 origins.txt AS2856] security@bt.com; "),
        ("203.0.113.65", "bt non-uk [bt 203.0.113.64/26 origins.txt AS5400] security@eu.bt.net; "),
        // Announced by two: nobody's, and both are shown.
        (
            "203.0.113.129",
            "nobody - [] -; bt 203.0.113.128/26 origins.txt AS2856, janet 203.0.113.128/26 origins.txt AS786",
        ),
        ("203.0.113.193", "nobody - [] -; "),
    ] {
        assert_eq!(told(&all, ip), want, "{ip}");
    }
    assert!(all.claims("192.0.2.1".parse().unwrap()));
    assert!(!all.claims("203.0.113.1".parse().unwrap()));
    let record = all.whose("192.0.2.1".parse().unwrap()).unwrap().record.unwrap();
    assert_eq!((record.line, record.file_sha256.len()), (Some(2), 64));
    assert_eq!(record.file_date.unwrap().len(), 10);
    assert_eq!(
        all.iter().filter(|p| p.file.is_some()).map(|p| p.id.as_str()).collect::<Vec<_>>(),
        ["bt", "hoster", "janet"]
    );
    assert!(all.get("bt").is_some() && all.get("b").is_none());
}

#[test]
fn a_region_that_is_not_known_is_not_guessed() {
    let bt = "id='bt'\nextends='bt'\n[match]\nprefixes=['192.0.2.0/24']\n";
    let dir = folder(&[("bt.toml", bt)]);
    let all = Operators::load(Some(dir.path()), None).unwrap();
    assert_eq!(told(&all, "192.0.2.1"), "bt - [bt 192.0.2.0/24 bt.toml] region?; ");
    let text = format!("{bt}[[region]]\nname='uk'\n[[region]]\nname='non-uk'\ndefault=true\n");
    let dir = folder(&[("bt.toml", &text)]);
    let all = Operators::load(Some(dir.path()), None).unwrap();
    assert_eq!(told(&all, "192.0.2.1"), "bt non-uk [bt 192.0.2.0/24 bt.toml] security@eu.bt.net; ");
}

#[test]
fn allocation_is_not_proved_by_an_as() {
    let dir = folder(&[
        ("x.toml", "id='x'\n[match]\nasn=[64496]\nproof='allocation'"),
        ("o.txt", "192.0.2.0/24 64496"),
    ]);
    let all = Operators::load(Some(dir.path()), Some(&dir.path().join("o.txt"))).unwrap();
    assert_eq!(told(&all, "192.0.2.1"), "nobody - [] -; x 192.0.2.0/24 o.txt AS64496");
}

#[test]
fn collisions_and_bad_lists() {
    let list = |files: &'static str| format!("id='x'\n[match]\nprefix_file={files}");
    for (files, want) in [
        (
            &[("a.toml", "id='x'\n[match]\nprefixes=['192.0.2.0/24']".to_owned()),
              ("b.toml", "id='y'\n[match]\nprefix_file='l.txt'".to_owned()),
              ("l.txt", "\n192.0.2.0 - 192.0.2.255".to_owned())][..],
            "l.txt:2: 192.0.2.0/24 of `y` is also claimed by `x` in a.toml",
        ),
        (
            &[("a.toml", "id='x'\n[[region]]\nname='n'\nprefixes=['192.0.2.0/24']\n[[region]]\nname='s'\nprefixes=['192.0.2.0/24']".to_owned())],
            "a.toml: 192.0.2.0/24 of `x` (region s) is also claimed by `x` (region n) in a.toml",
        ),
        (
            &[("a.toml", "id='x'\n[match]\nasn=[64496]".to_owned()),
              ("b.toml", "id='y'\n[match]\nasn=[64496]".to_owned())],
            "b.toml:3: AS64496 of `y` is also claimed by `x` in a.toml",
        ),
        (&[("a.toml", list("'none.txt'"))], "none.txt: No such file or directory (os error 2)"),
        (
            &[("a.toml", list("['l.txt']")), ("l.txt", "192.0.2.0/24\n0.0.0.0/0\n".to_owned())],
            "l.txt:2: `0.0.0.0/0` is larger than any operator's: at most /8 of IPv4 or /16 of IPv6",
        ),
        (
            &[("a.toml", list("'l.txt'")), ("l.txt", "192.0.2.3/24".to_owned())],
            "l.txt:1: `192.0.2.3/24` has host bits set; meant is 192.0.2.0/24 or 192.0.2.3/32",
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
        let dir = folder(&files);
        let fault = Operators::load(Some(dir.path()), None).unwrap_err();
        assert_eq!(fault.exit_code(), 2);
        let text = fault.to_string().replace(&format!("{}/", dir.path().display()), "");
        assert_eq!(text, want);
    }
    // The same prefix twice of one operator, or in its list and a region's, is no matter.
    let dir = folder(&[
        (
            "a.toml",
            "id='x'\n[match]\nprefix_file='l.txt'\n[[region]]\nname='n'\nprefixes=['192.0.2.0/24']",
        ),
        ("l.txt", "192.0.2.0/24\n192.0.2.0/24\n"),
    ]);
    let all = Operators::load(Some(dir.path()), None).unwrap();
    assert_eq!(told(&all, "192.0.2.9"), "x n [x 192.0.2.0/24 a.toml] ?; ");
    // A user's file takes over the AS of a shipped one.
    let dir = folder(&[("a.toml", "id='a'\n[match]\nasn=[786]"), ("o.txt", "192.0.2.0/24 786")]);
    let all = Operators::load(Some(dir.path()), Some(&dir.path().join("o.txt"))).unwrap();
    assert!(told(&all, "192.0.2.9").starts_with("a - [a 192.0.2.0/24 o.txt AS786]"));
}

/// A provider whose addresses a registry's files tell, by holder and by organisation.
fn held_by(proof: &str) -> (tempfile::TempDir, Operators) {
    let channel = "[[channel]]\nid='m'\nkind='email'\nto='abuse@example.net'\n[[route]]\nclass=['*']\nchannel='m'\n";
    let dir = folder(&[
        (
            "big.toml",
            &format!(
                "id='big'\n[match]\nopaque_id=['ripencc:aaaa']\nwhois_org=['Big Networks']\nasn=[64500]\nproof='{proof}'\n{channel}"
            ),
        ),
        (
            "small.toml",
            &format!("id='small'\n[match]\nprefixes=['192.0.2.10 - 192.0.2.20']\n{channel}"),
        ),
        (
            "delegated.txt",
            "2|ripencc|20260401|2|19830705|20260331|+0200\nripencc|GB|ipv4|192.0.2.0|100|20040312|allocated|aaaa\nripencc|GB|ipv4|203.0.113.0|96|20040312|allocated|cccc\n",
        ),
        (
            "dump.txt",
            "inetnum: 198.51.100.0 - 198.51.100.150\nnetname: BIG-1\norg: ORG-BIG1-TEST\n\ninetnum: 198.51.100.0 - 198.51.100.15\nnetname: Big Networks\ndescr: Big Networks\n\norganisation: ORG-BIG1-TEST\norg-name: Big Networks\n",
        ),
        ("origins.txt", "192.0.2.0 24 64501\n203.0.113.0 24 64500\n198.51.100.0 24 64500\n"),
    ]);
    let registries = [dir.path().join("delegated.txt"), dir.path().join("dump.txt")];
    let origins = dir.path().join("origins.txt");
    let all = Operators::load_with(Some(dir.path()), Some(&origins), &registries).unwrap();
    (dir, all)
}

#[test]
fn allocation_and_origin_are_two_facts() {
    let of = |proof: &str, ip: &str| -> String {
        let (_dir, all) = held_by(proof);
        let a = all.whose(ip.parse().unwrap()).unwrap();
        let record = a.record.as_ref().map(|r| format!("{} {}", r.kind, r.prefix));
        let given = a.allocation.as_ref().map(|g| format!("{} to {g}", g.range));
        let origin = a.origin.as_ref().map(|o| format!("{:?}", o.asns));
        format!(
            "{} by {}; given {}; announced by {}",
            a.operator.map_or("nobody", |p| p.id.as_str()),
            record.as_deref().unwrap_or("nothing"),
            given.as_deref().unwrap_or("-"),
            origin.as_deref().unwrap_or("-")
        )
    };
    let given = "given 192.0.2.0 - 192.0.2.99 to ripencc:aaaa, GB; announced by [64501]";
    let other = "given 203.0.113.0 - 203.0.113.95 to ripencc:cccc, GB; announced by [64500]";
    let org = "given 198.51.100.0 - 198.51.100.150 to ORG-BIG1-TEST (Big Networks), GB; announced by [64500]"
        .replace(", GB", "");
    for (proof, ip, want) in [
        ("either", "192.0.2.99", format!("big by allocation 192.0.2.0 - 192.0.2.99; {given}")),
        ("allocation", "192.0.2.99", format!("big by allocation 192.0.2.0 - 192.0.2.99; {given}")),
        // Somebody else announces it, and only that would prove it.
        ("origin-as", "192.0.2.99", format!("nobody by nothing; {given}")),
        // The smaller range is another's.
        ("either", "192.0.2.15", format!("small by prefix list 192.0.2.10 - 192.0.2.20; {given}")),
        ("either", "203.0.113.95", format!("big by origin AS 203.0.113.0/24; {other}")),
        ("allocation", "203.0.113.95", format!("nobody by nothing; {other}")),
        (
            "allocation",
            "198.51.100.150",
            format!("big by allocation 198.51.100.0 - 198.51.100.150; {org}"),
        ),
    ] {
        assert_eq!(of(proof, ip), want, "{proof} {ip}");
    }
    // A network may call itself what it likes; the organisation around it counts.
    let (_dir, all) = held_by("allocation");
    let a = all.whose("198.51.100.7".parse().unwrap()).unwrap();
    assert_eq!(a.record.unwrap().prefix, "198.51.100.0 - 198.51.100.150");
    assert_eq!(a.allocation.unwrap().to_string(), "Big Networks");
    let others: Vec<String> = all
        .whose("192.0.2.15".parse().unwrap())
        .unwrap()
        .others
        .into_iter()
        .map(|r| format!("{} {}", r.operator, r.prefix))
        .collect();
    assert_eq!(others, ["big 192.0.2.0 - 192.0.2.99"]);
}

#[test]
fn holders_that_two_claim() {
    let file = |id: &str| format!("id='{id}'\n[match]\nopaque_id=['ripencc:aaaa']\n");
    let dir = folder(&[("a.toml", &file("a")), ("b.toml", &file("b"))]);
    let fault = Operators::load(Some(dir.path()), None).unwrap_err().to_string();
    assert!(fault.contains("the holder `ripencc:aaaa` of `b` is also claimed by `a`"), "{fault}");
    assert!(fault.contains("b.toml:3: "), "{fault}");
    let dir = folder(&[("a.toml", "id='a'\n[match]\nopaque_id=['aaaa']\n")]);
    let fault = Operators::load(Some(dir.path()), None).unwrap_err().to_string();
    assert!(fault.contains("a.toml:3: `aaaa`: a holder is REGISTRY:ID"), "{fault}");
}

#[test]
fn the_name_alone_is_the_one_of_the_attribution() {
    let lists = folder(&[
        ("bt.toml", BT),
        ("uk.txt", "# UK\n192.0.2.0/24\n"),
        ("non-uk.txt", "192.0.2.64/26\n"),
        ("janet.toml", JANET),
        ("hoster.toml", HOSTER),
    ]);
    let by_lists = Operators::load(Some(lists.path()), None).unwrap();
    let (_dir, by_all) = loaded();
    let mut named = std::collections::BTreeSet::new();
    let mut near = Near::default();
    for ip in (0..=255).flat_map(|n| [[192, 0, 2, n], [198, 51, 100, n], [203, 0, 113, n]]) {
        for all in [&by_lists, &by_all] {
            let ip = IpAddr::from(ip);
            let whose = all.whose(ip).unwrap().operator.map(|p| p.id.as_str());
            assert_eq!(all.name_of(ip, &mut near).unwrap(), whose, "{ip}");
            named.insert(whose);
        }
    }
    assert_eq!(
        named.into_iter().collect::<Vec<_>>(),
        [None, Some("bt"), Some("hoster"), Some("janet")]
    );
}

#[test]
fn shipped_files_alone_name_nobody() {
    // Else whoever asks for names alone would have to read them.
    assert!(Operators::load(None, None).unwrap().table.is_empty());
}
