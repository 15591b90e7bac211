//! The first line of a VPC flow log or a message trace tells the order of its columns, for every line and chunk of that log.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write;
use std::path::Path;

const HEADER: &str =
    "end start action tcp-flags flow-direction dstport dstaddr srcport srcaddr protocol log-status";

fn run(args: &[&str], path: &Path) -> String {
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .env("XDG_CONFIG_HOME", path.parent().unwrap())
        .args(args)
        .arg(path)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    String::from_utf8(out.stdout).unwrap()
}

/// Enough lines for several chunks, of one source: refused opening packets, answers, ours.
fn log(lines: u64) -> String {
    let mut text = format!("{HEADER}\n");
    for n in 0..lines {
        let (start, port) = (1_781_247_515 + n, 1 + n % 1000);
        let end = start + 60;
        text += &match n % 3 {
            0 => format!("{end} {start} REJECT 2 ingress {port} 10.0.0.7 43210 203.0.113.9 6 OK\n"),
            1 => format!("{end} {start} REJECT 18 ingress {port} 10.0.0.7 443 203.0.113.9 6 OK\n"),
            _ => format!("{end} {start} REJECT 2 egress {port} 203.0.113.9 43210 10.0.0.7 6 OK\n"),
        };
    }
    text
}

#[test]
fn columns_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flows.log");
    std::fs::write(&path, log(3)).unwrap();
    let events = run(&["events", "--all", "--format", "jsonl"], &path);
    let rows: Vec<serde_json::Value> =
        events.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let readings: Vec<_> = rows.iter().map(|r| r["plaint"]["reading"].as_str().unwrap()).collect();
    assert_eq!(readings, ["hostile", "benign", "benign"], "{events}");
    let first = &rows[0];
    assert_eq!(first["@timestamp"], "2026-06-12T06:58:35Z");
    assert_eq!(first["source"]["ip"], "203.0.113.9");
    assert_eq!(first["source"]["port"], 43210);
    assert_eq!(first["destination"]["ip"], "10.0.0.7");
    assert_eq!(first["destination"]["port"], 1);
    assert_eq!(first["plaint"]["line"], 2);
    // A line of another number of columns is none of this log's.
    std::fs::write(&path, format!("{HEADER}\n1 2 REJECT\n")).unwrap();
    assert_eq!(run(&["events", "--all", "--format", "jsonl"], &path), "");
}

#[test]
fn packed_in_a_folder_and_in_many_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("logs");
    std::fs::create_dir(&folder).unwrap();
    let text = log(90_000);
    assert!(text.len() > 5 << 20);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    std::fs::write(folder.join("a.log.gz"), gz.finish().unwrap()).unwrap();
    let packed = run(&["sources", "--format", "jsonl"], &folder);
    std::fs::remove_file(folder.join("a.log.gz")).unwrap();
    std::fs::write(folder.join("a.log"), &text).unwrap();
    let plain = run(&["sources", "--format", "jsonl"], &folder);
    assert_eq!(plain, packed);
    let row: serde_json::Value = serde_json::from_str(plain.trim()).unwrap();
    assert_eq!(row["families"]["firewall"]["packets"], 30_000, "{plain}");
    let one = run(&["sources", "--format", "jsonl", "--threads", "1"], &folder);
    assert_eq!(one, plain);
}

#[test]
fn the_line_itself_is_never_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flows.log");
    let text = log(300);
    std::fs::write(&path, &text).unwrap();
    let events = run(&["events", "--original", "--format", "jsonl"], &path);
    assert_eq!(events.lines().count(), 100);
    for row in events.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let at = usize::try_from(row["log"]["offset"].as_u64().unwrap()).unwrap();
        let line = text[at..].lines().next().unwrap();
        assert_eq!(row["event"]["original"], line);
    }
    let explained = run(&["explain", "--"], &dir.path().join("flows.log:2"));
    assert!(explained.contains("aws_vpc"), "{explained}");
}

/// What each line of a report reads as, and whom it names.
fn readings(path: &Path, bytes: &[u8]) -> Vec<String> {
    std::fs::write(path, bytes).unwrap();
    let events = run(&["events", "--all", "--format", "jsonl"], path);
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["@timestamp"].as_str().map(|t| &t[..19]), Some("2026-06-12T08:58:03"));
        let word = |v: &serde_json::Value| v.as_str().unwrap_or("-").to_owned();
        format!("{} {}", word(&row["plaint"]["reading"]), word(&row["source"]["ip"]))
    };
    events.lines().map(row).collect()
}

#[test]
fn message_traces_of_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trace.csv");
    // The summary as it is downloaded: UTF-16 with its mark, ends of lines of Windows.
    let summary = "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,network_message_id,original_client_ip,directionality,connector_id,delivery_priority\r\n\
        2026-06-12T08:58:03.1230000Z,a@b.example,\"c@d.example##Receive, Deliver\",\"x,198.51.100.1\",9,<1@b.example>,1341,203.0.113.9,1,,Normal\r\n\
        2026-06-12T08:58:03.1230000Z,a@b.example,\"c@d.example##Receive, Fail\",x,9,<1@b.example>,1342,203.0.113.9,1,,Normal\r\n\
        2026-06-12T08:58:03.1230000Z,a@b.example,\"c@d.example##Receive, Send\",x,9,<1@b.example>,1343,203.0.113.9,2,,Normal\r\n";
    let utf16: Vec<u8> = std::iter::once(0xfeffu16)
        .chain(summary.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let want = ["benign 203.0.113.9", "context 203.0.113.9", "context -"];
    assert_eq!(readings(&path, &utf16), want);
    assert_eq!(readings(&path, summary.as_bytes()), want);
    // The extended report: an event a line, the client's address between others.
    let extended = "date_time_utc,client_ip,original_client_ip,server_ip,source,event_id,network_message_id,recipient_address,recipient_status,message_subject,directionality,custom_data\n\
        2026-06-12T08:58:03.123Z,198.51.100.1,203.0.113.9,10.0.0.1,SMTP,RECEIVE,1341,c@d.example,,x,Incoming,\"S:AMA=SUM|v=0;S:IP=198.51.100.1\"\n\
        2026-06-12T08:58:03.123Z,198.51.100.1,203.0.113.9,10.0.0.1,STOREDRIVER,DELIVER,1341,c@d.example,,x,Incoming,\n\
        2026-06-12T08:58:03.123Z,198.51.100.1,203.0.113.9,10.0.0.1,ROUTING,FAIL,1342,c@d.example,550 5.1.10 RESOLVER.ADR.RecipientNotFound,x,Incoming,\n\
        2026-06-12T08:58:03.123Z,198.51.100.1,203.0.113.9,10.0.0.1,SMTP,SEND,1343,c@d.example,,x,Originating,\n";
    let want = ["context 203.0.113.9", "benign 203.0.113.9", "context 203.0.113.9", "context -"];
    assert_eq!(readings(&path, extended.as_bytes()), want);
    // Windows PowerShell: all in quotes, and the type above the names.
    let export = "#TYPE Deserialized.Example\r\n\
        \"Received\",\"SenderAddress\",\"RecipientAddress\",\"Subject\",\"Status\",\"ToIP\",\"FromIP\",\"Size\",\"MessageTraceId\"\r\n\
        \"2026-06-12T08:58:03.1230000Z\",\"a@b.example\",\"c@d.example\",\"\"\",\"\"198.51.100.1\",\"Delivered\",,\"203.0.113.9\",\"9\",\"1\"\r\n\
        \"2026-06-12 08:58:03\",\"a@b.example\",\"c@d.example\",\"x\",\"FilteredAsSpam\",,\"203.0.113.9\",\"9\",\"2\"\r\n\
        \"2026-06-12 08:58:03\",\"a@b.example\",\"c@d.example\",\"x\",\"Failed\",,\"203.0.113.9\",\"9\",\"3\"\r\n\
        \"6/12/2026 8:58:03 AM\",\"a@b.example\",\"c@d.example\",\"x\",\"Failed\",,\"203.0.113.9\",\"9\",\"4\"\r\n";
    let want = ["benign 203.0.113.9", "context 203.0.113.9", "context 203.0.113.9"];
    assert_eq!(readings(&path, export.as_bytes()), want);
    // The report on spam: what never came in.
    let spam = "origin_timestamp_utc,recipient_status,event_type,original_client_ip,directionality\n\
        2026-06-12T08:58:03Z,c@d.example##Fail,IP blocked,203.0.113.9,1\n\
        2026-06-12T08:58:03Z,c@d.example##Fail,Content filtered,203.0.113.8,1\n\
        2026-06-12T08:58:03Z,c@d.example##Fail,IP blocked,203.0.113.9,2\n";
    let want = ["hostile 203.0.113.9", "context 203.0.113.8", "context -"];
    assert_eq!(readings(&path, spam.as_bytes()), want);
}
