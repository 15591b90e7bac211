//! Times as an input's lines and their circumstances settle them, through the binary.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;
use std::process::Output;

use serde_json::Value;

fn run(dir: &Path, args: &[&str]) -> Output {
    assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .args(args)
        .output()
        .unwrap()
}

fn stdout(dir: &Path, args: &[&str]) -> String {
    let out = run(dir, args);
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    String::from_utf8(out.stdout).unwrap()
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Each event's instant and what its fold rests on, the same at any chunk size.
fn told(lines: &[String], tz: &str, end: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x.log"), lines.concat()).unwrap();
    let args = ["events", "--all", "--format", "jsonl", "x.log", "--tz", tz, "--log-end", end];
    let want = stdout(dir.path(), &args);
    for chunk in ["1", "300"] {
        let args = [&args[..], &["--chunk-bytes", chunk]].concat();
        assert_eq!(stdout(dir.path(), &args), want, "chunks of {chunk}");
    }
    let show = |e: &Value| {
        let basis = &e["plaint"]["time_basis"];
        let mut text = e["@timestamp"].as_str().unwrap().to_owned();
        for key in ["fold", "or"] {
            if let Some(word) = basis[key].as_str() {
                text += &format!(" {word}");
            }
        }
        if basis["past_end"] == true {
            text += " past end";
        }
        text
    };
    rows(&want).iter().map(show).collect()
}

fn packet(stamp: &str, host: &str, up: &str) -> String {
    format!(
        "{stamp} {host} kernel: {up}[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=60 PROTO=TCP SPT=4711 DPT=23 SYN\n"
    )
}

fn failed(stamp: &str) -> String {
    format!("{stamp} fw1 sshd[7]: Failed password for root from 192.0.2.7 port 4711 ssh2\n")
}

#[test]
fn the_kernels_clock_settles_a_repeated_hour() {
    // No line goes back: the order of lines says nothing.
    let at = |before: &str, in_fold: &str, up: (u64, u64)| {
        told(
            &[
                packet(before, "fw1", &format!("[{:>5}.000001] ", up.0)),
                failed(in_fold),
                packet(in_fold, "fw1", &format!("[{:>5}.000001] ", up.1)),
                failed("Oct 25 02:10:00"),
            ],
            "Europe/London",
            "2026-10-26",
        )[2]
        .clone()
    };
    assert_eq!(
        at("Oct 25 00:50:00", "Oct 25 01:30:00", (1000, 3400)),
        "2026-10-25T00:30:00Z uptime"
    );
    assert_eq!(
        at("Oct 25 00:50:00", "Oct 25 01:30:00", (1000, 7000)),
        "2026-10-25T01:30:00Z uptime"
    );
    // A machine that slept, or started anew, settles nothing.
    for up in [(1000, 5200), (90_000, 12)] {
        assert_eq!(
            at("Oct 25 00:50:00", "Oct 25 01:30:00", up),
            "2026-10-25T00:30:00Z ambiguous 2026-10-25T01:30:00Z"
        );
    }
    // Half an hour, at the other end of the world.
    let lord_howe = told(
        &[
            packet("Apr  5 01:20:00", "fw1", "[ 1000.000001] "),
            packet("Apr  5 01:45:00", "fw1", "[ 4300.000001] "),
        ],
        "Australia/Lord_Howe",
        "2026-04-06",
    );
    assert_eq!(lord_howe[1], "2026-04-04T15:15:00Z uptime");
}

#[test]
fn lines_beside_the_kernels_are_settled_by_their_order() {
    let lines = [
        packet("Oct 25 00:50:00", "fw1", "[ 1000.000001] "),
        failed("Oct 25 01:10:00"),
        packet("Oct 25 01:20:00", "fw1", "[ 2800.000001] "),
        failed("Oct 25 01:25:00"),
        packet("Oct 25 01:30:00", "fw1", "[ 7000.000001] "),
        failed("Oct 25 01:40:00"),
    ];
    let want = [
        "2026-10-24T23:50:00Z",
        "2026-10-25T00:10:00Z uptime",
        "2026-10-25T00:20:00Z uptime",
        "2026-10-25T00:25:00Z ambiguous 2026-10-25T01:25:00Z",
        "2026-10-25T01:30:00Z uptime",
        "2026-10-25T01:40:00Z uptime",
    ];
    assert_eq!(told(&lines, "Europe/London", "2026-10-26"), want);
    // A log that begins in that hour is settled by what comes after; other hosts say nothing.
    let lines = [
        packet("Oct 25 01:20:00", "fw1", "[ 2800.000001] "),
        packet("Oct 25 02:20:00", "fw2", "[ 6400.000001] "),
        packet("Oct 25 02:30:00", "fw1", "[ 7000.000001] "),
    ];
    assert_eq!(told(&lines, "Europe/London", "2026-10-26")[0], "2026-10-25T01:20:00Z uptime");
    let alone = [lines[0].clone(), lines[1].clone()];
    assert!(told(&alone, "Europe/London", "2026-10-26")[0].contains("ambiguous"));
    // Lines that contradict each other settle nothing.
    let lines = [
        packet("Oct 25 00:50:00", "fw1", "[ 1000.000001] "),
        packet("Oct 25 01:20:00", "fw1", "[ 6400.000001] "),
        packet("Oct 25 01:30:00", "fw1", "[ 3400.000001] "),
    ];
    assert!(told(&lines, "Europe/London", "2026-10-26")[1].contains("ambiguous"));
}

#[test]
fn the_order_of_lines_comes_first() {
    let lines = [
        packet("Oct 25 01:20:00", "fw1", "[ 2800.000001] "),
        packet("Oct 25 01:50:00", "fw1", "[ 4600.000001] "),
        packet("Oct 25 01:10:00", "fw1", "[ 5800.000001] "),
    ];
    let want =
        ["2026-10-25T00:20:00Z order", "2026-10-25T00:50:00Z order", "2026-10-25T01:10:00Z order"];
    assert_eq!(told(&lines, "Europe/London", "2026-10-26"), want);
}

#[test]
fn lines_past_the_end_keep_its_year_and_that_is_told() {
    let lines = [
        failed("Dec 31 22:00:00"),
        failed("Jan  1 00:30:00"),
        failed("Jan  1 12:00:00"),
        failed("Jan  1 12:00:01"),
    ];
    let want = [
        "2025-12-31T22:00:00Z",
        "2026-01-01T00:30:00Z past end",
        "2026-01-01T12:00:00Z past end",
        "2026-01-01T12:00:01Z past end",
    ];
    assert_eq!(told(&lines, "UTC", "2025-12-31T23:59:59Z"), want);
    // A day and more past it, it is the year before.
    let late = [failed("Dec 31 22:00:00"), failed("Jan  2 12:00:00")];
    assert_eq!(
        told(&late, "UTC", "2025-12-31T23:59:59Z"),
        ["2024-12-31T22:00:00Z", "2025-01-02T12:00:00Z"]
    );
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x.log"), lines.concat()).unwrap();
    let args = ["--tz", "UTC", "--log-end", "2025-12-31T23:59:59Z"];
    let account = stdout(dir.path(), &[&["inspect", "x.log"], &args[..]].concat());
    assert!(account.contains("  past end  3 lines"), "{account}");
    let why = stdout(dir.path(), &[&["explain", "x.log:2"], &args[..]].concat());
    assert!(why.contains("it lies past the end of the log"), "{why}");
}

#[test]
fn a_line_that_cannot_be_read_moves_no_calendar() {
    let damaged = failed("Dec 31 23:00:00").replace("root", "ro\0ot");
    let lines = [damaged, failed("Jan  1 00:00:10"), failed("Jan  1 00:00:20")];
    let want = ["2026-01-01T00:00:10Z", "2026-01-01T00:00:20Z"];
    assert_eq!(told(&lines, "UTC", "2026-01-15"), want);
}

#[test]
fn a_rotation_within_the_repeated_hour_changes_no_time() {
    // London, 25 October 2026: 02:00 summer time is 01:00 again.
    let stamps = [
        "00:40:00", "01:10:00", "01:30:00", "01:50:00", "01:05:00", "01:20:00", "01:55:00",
        "02:05:00",
    ];
    let lines: Vec<String> =
        stamps.iter().map(|s| packet(&format!("Oct 25 {s}"), "fw1", "")).collect();
    let instants = |paths: &[&str], dir: &Path| -> Vec<(String, Value)> {
        let args = [&["events", "--all", "--format", "jsonl", "--tz", "Europe/London"], paths];
        let args = [&args.concat()[..], &["--log-end", "2026-10-26"]].concat();
        let told = |e: &Value| {
            let fold = e["plaint"]["time_basis"]["fold"].clone();
            (e["@timestamp"].as_str().unwrap().to_owned(), fold)
        };
        rows(&stdout(dir, &args)).iter().map(told).collect()
    };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("kern.log"), lines.concat()).unwrap();
    let want = instants(&["kern.log"], dir.path());
    assert_eq!(want[3].0, "2026-10-25T00:50:00Z");
    assert_eq!(want[4].0, "2026-10-25T01:05:00Z");
    assert_eq!(want[5], ("2026-10-25T01:20:00Z".into(), "order".into()));
    for cut in 1..lines.len() {
        std::fs::write(dir.path().join("kern.log.1"), lines[..cut].concat()).unwrap();
        std::fs::write(dir.path().join("kern.log"), lines[cut..].concat()).unwrap();
        let got = instants(&["kern.log", "kern.log.1"], dir.path());
        assert_eq!(got, want, "rotated after line {cut}");
        for again in cut + 1..lines.len() {
            std::fs::write(dir.path().join("kern.log.2"), lines[..cut].concat()).unwrap();
            std::fs::write(dir.path().join("kern.log.1"), lines[cut..again].concat()).unwrap();
            std::fs::write(dir.path().join("kern.log"), lines[again..].concat()).unwrap();
            let paths = ["kern.log", "kern.log.1", "kern.log.2"];
            let got = instants(&paths, dir.path());
            assert_eq!(got, want, "rotated after lines {cut} and {again}");
            std::fs::remove_file(dir.path().join("kern.log.2")).unwrap();
        }
    }
    // Half of the hour is missing: nobody can say which it was.
    std::fs::write(dir.path().join("kern.log.1"), lines[..2].concat()).unwrap();
    std::fs::write(dir.path().join("kern.log"), lines[6..].concat()).unwrap();
    let got = instants(&["kern.log", "kern.log.1"], dir.path());
    assert_eq!((&got[1].1, &got[2].1), (&"ambiguous".into(), &"ambiguous".into()), "{got:?}");
}

#[test]
fn a_packed_log_tells_the_times_of_the_plain_one() {
    // Each case asks for something that its beginning does not tell. It is unpacked in pieces of
    // 4 KiB at least: more than that lies between two lines.
    let filler = |s: &str| format!("{s} fw1 cron[1]: {}\n", "-".repeat(5000));
    let days = |stamps: &[&str]| -> Vec<String> {
        stamps.iter().map(|s| packet(s, "fw1", "") + &filler(s)).collect()
    };
    let months = ["Jan", "Mar", "Jun", "Sep", "Dec"];
    let three_years: Vec<String> =
        (0..15).map(|n| format!("{} 10 12:00:{n:02}", months[n % 5])).collect();
    let three_years: Vec<&str> = three_years.iter().map(String::as_str).collect();
    let cases: [(&str, Vec<String>, &str); 6] = [
        (
            "a written year, late, among lines without",
            [
                days(&["Jun 10 00:00:00", "Jun 11 00:00:00"]),
                days(&["2024-06-11T01:00:00"]),
                days(&["Jun 12 00:00:00"]),
            ]
            .concat(),
            "2026-11-01",
        ),
        ("several years", days(&three_years), "2026-12-31"),
        (
            "a year that ends past the log's end",
            days(&["Jan 10 00:00:00", "Jan 11 00:00:00", "Mar 10 00:00:00"]),
            "2026-02-01",
        ),
        (
            "29 February",
            days(&["Jan 10 00:00:00", "Feb 28 00:00:00", "Feb 29 00:00:00"]),
            "2026-11-01",
        ),
        (
            "an hour twice",
            days(&["Oct 25 00:30:00", "Oct 25 01:40:00", "Oct 25 01:10:00", "Oct 25 02:30:00"]),
            "2026-10-26",
        ),
        (
            "New Year",
            days(&["Dec 30 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:00", "Jan  3 00:00:00"]),
            "2026-01-04",
        ),
    ];
    let dir = tempfile::tempdir().unwrap();
    for (what, lines, end) in cases {
        let text = lines.concat();
        std::fs::write(dir.path().join("plain.log"), &text).unwrap();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
        std::fs::write(dir.path().join("packed.log.gz"), gz.finish().unwrap()).unwrap();
        for chunk in ["1", "130", "300", "1000000"] {
            let told = |path: &str| {
                let args = ["events", "--all", "--format", "jsonl", "--tz", "Europe/London"];
                let args = [&args[..], &["--log-end", end, "--chunk-bytes", chunk, path]].concat();
                let of = |e: &Value| (e["@timestamp"].clone(), e["plaint"]["time_basis"].clone());
                rows(&stdout(dir.path(), &args)).iter().map(of).collect::<Vec<_>>()
            };
            let plain = told("plain.log");
            assert_eq!(plain.len(), lines.len(), "{what}");
            let in_2024 = plain.iter().all(|(at, _)| at.as_str().unwrap().starts_with("2024-"));
            assert!(in_2024 || !what.starts_with("a written year"), "{plain:?}");
            assert_eq!(told("packed.log.gz"), plain, "{what}, chunks of {chunk}");
        }
    }
}

/// The year of each line at any size of chunks; `none` where it has no time.
fn years(stamps: &[&str], end: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let lines: Vec<String> = stamps.iter().map(|s| failed(s)).collect();
    std::fs::write(dir.path().join("x.log"), lines.concat()).unwrap();
    let of = |chunk: &str| {
        let args = ["events", "--all", "--format", "jsonl", "x.log", "--tz", "UTC"];
        let args = [&args[..], &["--log-end", end, "--chunk-bytes", chunk]].concat();
        let mut rows: Vec<(u64, String)> = rows(&stdout(dir.path(), &args))
            .iter()
            .map(|e| {
                let offset = e["plaint"]["offset"].as_u64().or(e["log"]["offset"].as_u64());
                let at = e["@timestamp"].as_str().map_or("none", |at| &at[..4]);
                (offset.unwrap(), at.to_owned())
            })
            .collect();
        rows.sort();
        rows.into_iter().map(|(_, year)| year).collect::<Vec<_>>()
    };
    let want = of("1000000");
    for chunk in ["1", "150", "300"] {
        assert_eq!(of(chunk), want, "{stamps:?}, chunks of {chunk}");
    }
    want
}

#[test]
fn only_a_written_year_that_can_be_true_dates_lines_without() {
    for (why, stamps, end, want) in [
        (
            "a device whose clock was never set says nothing of when others wrote",
            &["Jun 10 10:00:00", "1970-01-01T00:00:05", "Jun 10 10:00:02"][..],
            "2026-06-11",
            &["2026", "1970", "2026"][..],
        ),
        (
            "nor where another device writes the year",
            &["2026-06-10T09:00:00", "Jun 10 10:00:00", "1970-02-03T00:00:05", "Jun 10 10:00:03"],
            "2026-06-11",
            &["2026", "2026", "1970", "2026"],
        ),
        (
            "nor between two that are right",
            &[
                "Jun 10 10:00:00",
                "2026-06-10T10:00:01",
                "1970-01-01T00:00:05",
                "2026-06-10T10:00:02",
                "Jun 10 10:00:03",
            ],
            "2026-06-11",
            &["2026", "2026", "1970", "2026", "2026"],
        ),
        (
            "nor on the day that such clocks begin at",
            &["Jan  1 10:00:00", "2000-01-01T00:00:05", "Jan  1 10:00:03"],
            "2026-01-02",
            &["2026", "2000", "2026"],
        ),
        (
            "nor on the one of a router",
            &["Mar  1 10:00:00", "1993-03-01T00:00:05", "Mar  1 10:00:03"],
            "2026-03-02",
            &["2026", "1993", "2026"],
        ),
        (
            "nor a clock that is ahead of the log's end",
            &["Jun 10 10:00:00", "2027-06-10T10:00:01", "Jun 10 10:00:03"],
            "2026-06-11",
            &["2026", "2027", "2026"],
        ),
        (
            "a log that was copied without its time is of the year that its lines write",
            &["Jun 10 10:00:00", "2023-06-10T10:00:01", "Jun 12 10:00:03", "2023-06-13T00:00:00"],
            "2026-11-01",
            &["2023", "2023", "2023", "2023"],
        ),
        (
            "so over New Year",
            &["Dec 30 23:59:59", "2023-12-31T00:00:01", "Jan  2 00:00:03", "2024-01-12T01:00:00"],
            "2026-11-01",
            &["2023", "2023", "2024", "2024"],
        ),
        (
            "of two that contradict each other the one that goes with the log's end",
            &["Jun 10 10:00:00", "2023-06-10T10:00:01", "2026-06-10T10:00:02", "Jun 10 10:00:03"],
            "2026-06-11",
            &["2026", "2023", "2026", "2026"],
        ),
        (
            "a year that is written before the first line without counts as one behind it",
            &["2024-06-10T10:00:01", "1970-01-01T00:00:05", "Jun 10 10:00:02"],
            "2026-08-01",
            &["2024", "1970", "2024"],
        ),
        (
            "so over New Year",
            &["2023-12-31T23:30:00", "Jan  1 00:30:00", "Jan 20 00:00:00"],
            "2026-08-01",
            &["2023", "2024", "2024"],
        ),
        (
            "and contradicts one behind it",
            &["2023-06-10T10:00:00", "Jun 10 10:00:01", "2024-06-10T10:00:02"],
            "2026-08-01",
            &["2023", "none", "2024"],
        ),
        (
            "a clock that was never set may have run for a day",
            &["Jan  2 10:00:00", "1970-01-02T00:00:05", "2000-01-02T00:00:05", "Jan  2 11:00:00"],
            "2026-06-12",
            &["2026", "1970", "2000", "2026"],
        ),
        (
            "nor does any clock from before there were logs",
            &["Jun 10 10:00:00", "1980-06-10T10:00:05", "Jun 10 11:00:00"],
            "2026-06-12",
            &["2026", "1980", "2026"],
        ),
        (
            "where neither does, lines without a year have no time",
            &["Jun 10 10:00:00", "2023-06-10T10:00:01", "2024-06-10T10:00:02", "Jun 10 10:00:03"],
            "2026-06-11",
            &["none", "2023", "2024", "none"],
        ),
    ] {
        assert_eq!(years(stamps, end), want, "{why}");
    }
}

#[test]
fn what_is_doubtful_of_a_year_is_said() {
    for (stamps, end, want) in [
        (
            &["Jun 10 10:00:00", "2023-06-10T10:00:01", "2024-06-10T10:00:02"][..],
            "2026-06-11",
            "x.log: the year of lines that lack it cannot be known",
        ),
        // 29 February in each of two years that follow each other.
        (
            &["Feb 29 10:00:00", "Apr  9 02:00:00", "Feb 29 11:00:00"],
            "2024-03-01",
            "x.log: the year of lines that lack it cannot be known",
        ),
        (
            &["Jun 10 10:00:00", "2023-06-10T10:00:01"],
            "2026-06-11",
            "x.log: lines that lack the year are read as of the one that lines of the same days write",
        ),
        (
            &["Jun 10 10:00:00", "2027-06-10T10:00:01"],
            "2026-06-11",
            "x.log: some lines write another year",
        ),
        (&["Jun 10 10:00:00", "2026-06-10T10:00:01", "1970-01-01T00:00:02"], "2026-06-11", ""),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let lines: Vec<String> = stamps.iter().map(|s| failed(s)).collect();
        std::fs::write(dir.path().join("x.log"), lines.concat()).unwrap();
        let out = run(dir.path(), &["sources", "x.log", "--tz", "UTC", "--log-end", end]);
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(said.contains(want) && said.contains("x.log") != want.is_empty(), "{said}");
    }
}

/// Lines without a time are unread, and no row of what is hostile or lies in a span of time.
#[test]
fn a_line_without_a_time_is_no_event_but_with_all() {
    let dir = tempfile::tempdir().unwrap();
    let lines = ["Jun 10 10:00:00", "2023-06-10T10:00:01", "2024-06-10T10:00:02"].map(failed);
    std::fs::write(dir.path().join("x.log"), lines.concat()).unwrap();
    for (more, want) in [
        (&[][..], &["hostile", "hostile"][..]),
        (&["--all"], &["unread", "hostile", "hostile"]),
        (&["--all", "--since", "2024-01-01"], &["hostile"]),
        (&["--since", "2030-01-01"], &[]),
    ] {
        let args =
            ["events", "--format", "jsonl", "x.log", "--tz", "UTC", "--log-end", "2026-08-01"];
        let rows = rows(&stdout(dir.path(), &[&args[..], more].concat()));
        let read = |e: &Value| e["plaint"]["reading"].as_str().unwrap().to_owned();
        assert_eq!(rows.iter().map(read).collect::<Vec<_>>(), want, "{more:?}");
    }
}

/// Of a long log some stamps are looked at: a New Year behind the last of them is found all the same.
#[test]
fn a_new_year_at_the_end_of_a_long_log_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for n in 0..110_000 {
        text += &failed(&match n {
            ..109_900 => format!("Dec {:02} 10:00:00", 24 + n / 14_000),
            _ => "Jan  2 10:00:00".to_owned(),
        });
    }
    assert!(text.len() > 8 << 20);
    std::fs::write(dir.path().join("x.log"), text).unwrap();
    let rows = stdout(
        dir.path(),
        &["sources", "--format", "jsonl", "x.log", "--tz", "UTC", "--log-end", "2026-12-31"],
    );
    assert!(
        rows.contains("2025-12-24T10:00:00Z") && rows.contains("2026-01-02T10:00:00Z"),
        "{rows}"
    );
}

/// Devices without a clock of their own start at a fixed date until they have asked for the time.
#[test]
fn a_clock_that_was_not_set_dates_neither_its_lines_nor_others() {
    let long: Vec<String> = (0..24).map(|n| format!("Nov 20 08:00:{n:02}")).collect();
    let firmware: Vec<&str> =
        long.iter().map(String::as_str).chain(["Aug  3 10:00:00", "Nov 20 09:00:00"]).collect();
    let of_2026 = ["2026"; 24].into_iter().chain(["none", "2026"]).collect::<Vec<_>>();
    for (why, stamps, end, want) in [
        (
            "lines on both sides are of the same day",
            &["Nov 20 08:00:00", "Jan  1 00:00:05", "Jan  1 00:00:09", "Nov 20 08:12:00"][..],
            "2026-11-21",
            &["2026", "none", "none", "2026"][..],
        ),
        (
            "west of Greenwich it starts the evening before",
            &["Nov 20 08:00:00", "Dec 31 19:00:05", "Nov 20 08:12:00"],
            "2026-11-21",
            &["2026", "none", "2026"],
        ),
        (
            "a router's starts on 1 March",
            &["Nov 20 08:00:00", "Mar  1 00:00:35", "Nov 20 08:12:00"],
            "2026-11-21",
            &["2026", "none", "2026"],
        ),
        (
            "nobody told it the time for days",
            &["Nov 20 08:00:00", "Jan  1 00:00:05", "Jan  3 00:00:09", "Nov 23 08:12:00"],
            "2026-11-24",
            &["2026", "none", "none", "2026"],
        ),
        (
            "it was off for weeks",
            &["Mar  5 08:00:00", "Jan  1 00:00:05", "Mar 25 08:12:00"],
            "2026-03-26",
            &["2026", "none", "2026"],
        ),
        (
            "in December",
            &["Dec 20 08:00:00", "Jan  1 00:00:05", "Dec 20 08:12:00"],
            "2026-12-21",
            &["2026", "none", "2026"],
        ),
        (
            "in January",
            &["Jan 15 08:00:00", "Jan  1 00:00:05", "Jan 15 08:12:00"],
            "2026-01-16",
            &["2026", "none", "2026"],
        ),
        (
            "one of two devices, for a day and a half",
            &[
                "Nov 20 08:00:00",
                "Jan  1 00:00:05",
                "Nov 20 08:12:00",
                "Jan  1 12:00:05",
                "Nov 21 08:12:00",
                "Jan  2 08:30:05",
                "Nov 21 18:12:00",
            ],
            "2026-11-22",
            &["2026", "none", "2026", "none", "2026", "none", "2026"],
        ),
        (
            "the log begins with it",
            &["Jan  1 00:00:05", "Jan  1 00:01:05", "Nov 20 08:12:00", "Nov 21 00:00:00"],
            "2026-11-22",
            &["none", "none", "2026", "2026"],
        ),
        (
            "the log ends with it",
            &["Nov 20 08:00:00", "Jan  1 00:00:05"],
            "2026-11-20T08:15:00Z",
            &["2026", "none"],
        ),
        (
            "29 February of it is none of the log",
            &["Feb 28 23:59:59", "Mar  1 00:00:01", "Jan  1 00:00:05", "Mar  1 00:00:07"],
            "2026-03-02",
            &["2026", "2026", "none", "2026"],
        ),
        (
            "a year that is written beside it says nothing of it",
            &["Nov 20 08:00:00", "Jan  1 00:00:05", "2026-11-20T08:10:00", "Nov 20 08:12:00"],
            "2026-11-21",
            &["2026", "none", "2026", "2026"],
        ),
        ("it starts when its system was made", &firmware, "2026-11-21", &of_2026),
        (
            "two devices of several starts after one failure of power",
            &[
                "Nov 20 08:00:00",
                "Mar  1 00:00:35",
                "Jan  1 00:00:35",
                "Dec 31 19:00:35",
                "Nov 20 09:00:00",
            ],
            "2026-11-20T10:00:00Z",
            &["2026", "none", "none", "none", "2026"],
        ),
        (
            "it is started anew while nobody has told it the time",
            &[
                "Nov 20 08:00:00",
                "Jan  1 00:00:05",
                "Nov 22 08:00:00",
                "Jan  3 00:00:05",
                "Jan  1 00:00:05",
                "Nov 22 09:00:00",
            ],
            "2026-11-22T10:00:00Z",
            &["2026", "none", "2026", "none", "none", "2026"],
        ),
        (
            "the log ends with it in December",
            &["Dec 20 08:00:00", "Jan  1 00:00:05"],
            "2026-12-20T08:15:00Z",
            &["2026", "none"],
        ),
        (
            "the log begins with it in December",
            &["Jan  1 00:00:05", "Dec 20 08:00:00", "Dec 20 09:00:00"],
            "2026-12-20T09:15:00Z",
            &["none", "2026", "2026"],
        ),
        (
            "for more than a day, in December",
            &[
                "Dec 20 08:00:00",
                "Jan  1 00:00:05",
                "Dec 21 00:10:00",
                "Jan  2 00:00:05",
                "Dec 21 09:00:00",
            ],
            "2026-12-21T10:00:00Z",
            &["2026", "none", "2026", "none", "2026"],
        ),
        (
            "of its second day, in December",
            &["Dec  9 08:00:00", "Jan  2 00:10:44", "Dec  9 09:00:00"],
            "2026-12-10T10:00:00Z",
            &["2026", "none", "2026"],
        ),
        (
            "two days before New Year",
            &["Dec 30 08:00:00", "Jan  1 00:00:05", "Dec 30 09:00:00"],
            "2026-12-30T10:00:00Z",
            &["2026", "none", "2026"],
        ),
        (
            "a log that begins on the second day without time",
            &["May 21 08:00:00", "Jan  2 03:00:00", "May 21 09:00:00"],
            "2026-05-21T10:00:00Z",
            &["2026", "none", "2026"],
        ),
        (
            "in a log that begins on such a day",
            &["Mar  1 08:00:00", "Mar  2 08:00:00", "Jan  1 00:00:05", "Mar  2 09:00:00"],
            "2026-03-02T10:00:00Z",
            &["2026", "2026", "none", "2026"],
        ),
        // What looks much like it.
        (
            "a New Year after a silence",
            &["Nov 20 08:00:00", "Jan  1 00:00:05", "Jan 20 00:00:00", "Feb 10 00:00:00"],
            "2026-02-11",
            &["2025", "2026", "2026", "2026"],
        ),
        (
            "a New Year after a silence, at the end of the log",
            &["Nov 20 08:00:00", "Jan  1 00:00:05"],
            "2026-01-01T09:00:00Z",
            &["2025", "2026"],
        ),
        (
            "lines that change places at New Year",
            &["Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:58", "Jan  1 00:00:01"],
            "2026-01-02",
            &["2025", "2026", "2025", "2026"],
        ),
        (
            "a line in winter, and the next a year after",
            &["Oct  1 08:00:00", "Jan  1 00:00:05", "Nov 20 08:00:00"],
            "2026-11-21",
            &["2025", "2026", "2026"],
        ),
        (
            "a line a week over New Year",
            &["Dec 24 08:00:00", "Dec 31 08:00:00", "Jan  7 08:00:00"],
            "2026-01-08",
            &["2025", "2025", "2026"],
        ),
        (
            "holidays",
            &["Dec 24 08:00:00", "Jan  1 08:00:00", "Jan  3 08:00:00", "Jan  7 08:00:00"],
            "2026-01-08",
            &["2025", "2026", "2026", "2026"],
        ),
        (
            "a line on each of some days around 1 March",
            &["Feb 25 08:00:00", "Mar  1 09:00:00", "Mar  4 08:00:00", "Mar 15 08:00:00"],
            "2026-03-16",
            &["2026", "2026", "2026", "2026"],
        ),
        (
            "a quiet month, and then half of January",
            &["Dec  5 08:00:00", "Jan  1 00:00:00", "Jan 13 08:00:00", "Jan 17 08:00:00"],
            "2026-01-17T12:00:00Z",
            &["2025", "2026", "2026", "2026"],
        ),
        (
            "a log that begins with a year, and a silence",
            &["Jan  1 00:00:05", "Jan  5 08:00:00", "Feb 15 09:00:00"],
            "2026-02-16",
            &["2026", "2026", "2026"],
        ),
        (
            "parts of a log the wrong way round",
            &[
                "Mar 14 08:00:00",
                "Mar 20 08:00:00",
                "Mar  1 08:00:00",
                "Mar  7 08:00:00",
                "Mar 13 23:00:00",
            ],
            "2026-03-20T09:00:00Z",
            &["2026"; 5],
        ),
        (
            "a log of few lines a year",
            &[
                "Jan  5 08:00:00",
                "Apr  5 08:00:00",
                "Jul  5 08:00:00",
                "Oct  5 08:00:00",
                "Jan  4 08:00:00",
            ],
            "2026-01-06",
            &["2025", "2025", "2025", "2025", "2026"],
        ),
    ] {
        assert_eq!(years(stamps, end), want, "{why}");
    }
}

/// Of a long log some stamps are looked at, and of a packed one its beginning: the way back of a clock that was not
/// set is seen all the same, wherever chunks begin.
#[test]
fn a_clock_that_was_not_set_is_known_in_long_logs() {
    let long = |strays: &dyn Fn(usize) -> bool| {
        let of = |n: usize| match strays(n) {
            true => failed(&format!("Jan  1 00:{:02}:{:02}", n / 60 % 60, n % 60)),
            false => {
                failed(&format!("Nov {:02} 10:{:02}:{:02}", 1 + n / 6_000, n / 60 % 60, n % 60))
            }
        };
        (0..110_000).map(of).collect::<String>()
    };
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&str, &dyn Fn(usize) -> bool); 4] = [
        ("a line here and there", &|n| n % 9_000 == 8_999),
        // Longer than the chunks of a run with one thread, so that some begin within.
        ("a long stretch", &|n| (40_000..49_000).contains(&n)),
        ("the end", &|n| n >= 109_000),
        ("the beginning", &|n| n < 9_000),
    ];
    for (what, strays) in cases {
        let text = long(strays);
        assert!(text.len() > 8 << 20);
        std::fs::write(dir.path().join("x.log"), &text).unwrap();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
        std::fs::write(dir.path().join("x.log.gz"), gz.finish().unwrap()).unwrap();
        let right = 110_000 - (0..110_000).filter(|n| strays(*n)).count();
        for (path, more) in [
            ("x.log", &["--threads", "1"][..]),
            ("x.log", &["--threads", "2"]),
            ("x.log", &["--chunk-bytes", "50000"]),
            ("x.log.gz", &["--chunk-bytes", "50000"]),
        ] {
            let args = ["sources", "--format", "jsonl", path, "--tz", "UTC", "--log-end"];
            let args = [&args[..], &["2026-11-19T12:00:00Z"], more].concat();
            let out = run(dir.path(), &args);
            let said = String::from_utf8(out.stderr).unwrap();
            assert!(said.contains("by a clock that was not set"), "{what}: {said}");
            let of: Vec<Value> = rows(&String::from_utf8(out.stdout).unwrap());
            assert_eq!(of.len(), 1, "{what}");
            let told = &of[0]["families"]["sshd"];
            assert_eq!(told["lines"], right, "{what} {path} {more:?}");
            assert!(told["first"].as_str().unwrap().starts_with("2026-11-"), "{what} {}", of[0]);
        }
    }
}
