//! What `TODO.txt` asks for completes a draft, through the binary.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use serde_json::Value;

const OPERATOR: &str = "id = 'example-isp'\nextends = 'generic'\nname = 'Example'\n[match]\nprefixes = ['203.0.113.0/24']\n[[channel]]\nid = 'abuse'\nkind = 'email'\nto = 'abuse@isp.example'\n[[route]]\nclass = ['*']\nchannel = 'abuse'\n";

const SETTINGS: &str = "[reporter]\nname = 'A Reporter'\nemail = 'abuse@example.org'\n[networks]\nmine = ['198.51.100.0/24']\n[clock]\nsynchronised = true\nbound_seconds = 0.1\nmeasured = 2026-06-12T06:00:00Z\n[operators]\ndir = 'operators'\n";

/// What a report of a log comes to with some settings: verdict, texts of what is missing, its text, `TODO.txt` or
/// `NOTES.txt`.
fn report(dir: &Path, log: &str, more: &str) -> (String, String, String) {
    std::fs::create_dir_all(dir.join("operators")).unwrap();
    std::fs::write(dir.join("operators/example-isp.toml"), OPERATOR).unwrap();
    std::fs::write(dir.join("plaint.toml"), format!("{SETTINGS}{more}")).unwrap();
    std::fs::write(dir.join("x.log"), log).unwrap();
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .args(["report", "x.log", "-o", "out", "--force", "--tz", "UTC"])
        .args(["--log-end", "2026-06-13", "--now", "2026-06-13T00:00:00Z"])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8(out.stderr).unwrap());
    let manifest = std::fs::read(dir.join("out/example-isp/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let bundle = &manifest["bundles"][0];
    let folder = dir.join("out/example-isp").join(bundle["path"].as_str().unwrap());
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let verdict = format!("{} {}", bundle["verdict"].as_str().unwrap(), bundle["missing"]);
    (verdict, text("report.txt"), text("TODO.txt") + &text("NOTES.txt"))
}

/// Twelve lines a minute apart; `{}` is the minute, `{n}` a number.
fn twelve(line: &str) -> String {
    let minutes = 10..22;
    minutes
        .map(|m| line.replace("{}", &m.to_string()).replace("{n}", &(4700 + m).to_string()) + "\n")
        .collect()
}

#[test]
fn the_port_of_a_mail_server_that_does_not_log_it_can_be_told() {
    let dir = tempfile::tempdir().unwrap();
    let sendmail = twelve(
        "Jun 12 08:{}:01 mx1 sm-mta[{n}]: 65C8w1aB00{n}: ruleset=check_rcpt, arg1=<a@b.example>, relay=[203.0.113.9], reject=550 5.7.1 <a@b.example>... Relaying denied",
    );
    let exim = twelve(
        "2026-06-12 08:{}:02 H=(h.example) [203.0.113.9]:{n} F=<x@y.example> rejected RCPT <nobody@example.org>: Unknown user",
    );
    let login = twelve(
        "2026-06-12 08:{}:02 login authenticator failed for (User) [203.0.113.9]:{n}: 535 Incorrect authentication data (set_id=ann)",
    );
    for (log, name, asked) in [
        (&sendmail, "mx1", "[hosts] then \"mx1\" = { address = \"ADDRESS\" }"),
        // Its own file names no host.
        (&exim, "", "[hosts] then \"\" = { address = \"ADDRESS\" }"),
        (&login, "", "[hosts] then \"\" = { address = \"ADDRESS\" }"),
    ] {
        let (verdict, _, todo) = report(dir.path(), log, "");
        assert_eq!(verdict, "draft [\"DST-1\",\"DST-2\"]", "{log}");
        let flat = todo.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(asked) && flat.contains("smtp_port = 25 }"), "{todo}");
        let told =
            format!("[hosts]\n\"{name}\" = {{ address = '198.51.100.25', smtp_port = 2525 }}\n");
        let (verdict, text, _) = report(dir.path(), log, &told);
        assert_eq!(verdict, "ready []", "{log}");
        assert!(text.contains("Destination IP    : 198.51.100.25 (assumed"), "{text}");
        assert!(text.contains("Destination port  : 2525 (assumed"), "{text}");
    }
}

#[test]
fn ports_of_mail_services_are_told_by_host() {
    let dir = tempfile::tempdir().unwrap();
    let dovecot = twelve(
        "Jun 12 08:{}:01 mx1 dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=203.0.113.9, lip=198.51.100.25, session=<a{n}>",
    );
    let ported = dovecot
        .replace("rip=203.0.113.9, ", "rip=203.0.113.9, rport=50001, ")
        .replace("25, session", "25, lport=993, session");
    let submission = twelve(
        "Jun 12 08:{}:01 mx1 postfix/submission/smtpd[{n}]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: authentication failure",
    );
    let postfix = submission.replace("/submission", "");
    let address = "[hosts]\nmx1 = { address = '198.51.100.25' }\n";
    let ports = "[hosts]\nmx1 = { address = '198.51.100.25', smtp_port = 2525, submission_port = 2587, imap_port = 2143 }\n";
    for (log, more, want) in [
        (&dovecot, "", "143 (assumed"),
        (&dovecot, ports, "2143 (assumed"),
        (&ported, ports, "993"),
        (&submission, address, "587 (assumed"),
        (&submission, ports, "2587 (assumed"),
        (&postfix, address, "25 (assumed"),
        (&postfix, ports, "2525 (assumed"),
    ] {
        let (verdict, text, _) = report(dir.path(), log, more);
        assert_eq!(verdict, "ready []", "{log}");
        let port = text.lines().find(|l| l.starts_with("Destination port")).unwrap();
        assert!(port.starts_with(&format!("Destination port  : {want}")), "{port} {more}");
        let logged = text.contains("Source ports      : 50001");
        assert_eq!(logged, *log == ported, "{text}");
    }
}

#[test]
fn a_stamp_within_a_line_makes_no_draft() {
    let dir = tempfile::tempdir().unwrap();
    for line in [
        "{\"timestamp\":\"2026-06-12T08:{}:35.267308+0000\",\"flow_id\":{n},\"event_type\":\"drop\",\"src_ip\":\"203.0.113.9\",\"src_port\":43210,\"dest_ip\":\"198.51.100.7\",\"dest_port\":{n},\"proto\":\"TCP\",\"drop\":{\"len\":40,\"tcpack\":0,\"syn\":true}}",
        "2 1234 eni-1 203.0.113.9 198.51.100.7 43210 {n} 6 1 40 17812475{} 1781247575 REJECT OK",
    ] {
        let log: String = twelve(line)
            .lines()
            .chain(twelve(&line.replace("{n}", "5{}1")).lines())
            .map(|l| format!("{l}\n"))
            .collect();
        let (verdict, text, todo) = report(dir.path(), &log, "");
        assert_eq!(verdict, "ready []", "{log} {todo}");
        assert!(text.contains("LOG EXTRACT (24 of 24 log lines"), "{text}");
    }
}

#[test]
fn an_intruder_stands_first_in_notes() {
    let dir = tempfile::tempdir().unwrap();
    let log = twelve(
        "Jun 12 08:{}:01 web1 sshd[{n}]: Failed password for root from 203.0.113.9 port {n} ssh2",
    ) + "Jun 12 09:00:00 web1 sshd[9000]: Accepted password for root from 203.0.113.9 port 9000 ssh2\n";
    let (verdict, _, notes) =
        report(dir.path(), &log, "[hosts]\nweb1 = { address = '198.51.100.25' }\n");
    assert_eq!(verdict, "ready []");
    assert!(notes.starts_with("Before anything else:\n\n- login-succeeded: 203.0.113.9 logged in once after 12 refused tries"), "{notes}");
    assert!(
        notes.contains("\n\nThis report is ready to file. It is weaker for this:\n"),
        "{notes}"
    );
}

#[test]
fn a_robot_gets_the_protocol_that_proves_something() {
    let dir = tempfile::tempdir().unwrap();
    let packet = |proto: &str, port: &str| {
        twelve(&format!(
            "Jun 12 08:{{}}:01 fw kernel: [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.9 DST=198.51.100.7 LEN=40 TTL=240 ID=1 PROTO={proto} SPT=5000 DPT={port} WINDOW=1024 RES=0x00 SYN URGP=0"
        ))
    };
    let log = packet("UDP", "53").replace(" WINDOW=1024 RES=0x00 SYN URGP=0", " LEN=20")
        + &packet("TCP", "1{n}")
        + &packet("TCP", "2{n}");
    let (verdict, text, _) = report(dir.path(), &log, "");
    assert_eq!(verdict, "ready []", "{text}");
    let xarf =
        std::fs::read(dir.path().join("out/example-isp/abuse/203.0.113.9/xarf.json")).unwrap();
    let xarf: Value = serde_json::from_slice(&xarf).unwrap();
    assert_eq!((&xarf["protocol"], &xarf["destination_port"]), (&"tcp".into(), &14710.into()));
}

#[test]
fn lint_wants_lines_as_they_were_logged_where_the_desk_does() {
    let dir = tempfile::tempdir().unwrap();
    let line = "2026-06-12T08:{}:01+0000 web1 sshd[{n}]: Failed password for root from 203.0.113.9 port {n} ssh2";
    let hosts = "[hosts]\nweb1 = { address = '198.51.100.25' }\n";
    for (offsets, want) in [(["+00:00", "+00:00"], Some(0)), (["+00:00", "+01:00"], Some(5))] {
        let log: String = offsets.iter().map(|o| twelve(&line.replace("+0000", o))).collect();
        report(dir.path(), &log, hosts);
        let must = format!("{OPERATOR}[log]\nunedited = 'must'\n");
        std::fs::write(dir.path().join("operators/example-isp.toml"), must).unwrap();
        for args in [
            &["report", "x.log", "-o", "out", "--force", "--now", "2026-06-13T00:00:00Z"][..],
            &["lint", "out", "--now", "2026-06-13T00:00:00Z"],
        ] {
            let mut plaint = assert_cmd::Command::cargo_bin("plaint").unwrap();
            let out = plaint.current_dir(dir.path()).env("XDG_CONFIG_HOME", dir.path()).args(args);
            let out = out.output().unwrap();
            let said = String::from_utf8(out.stdout).unwrap();
            let lints = args[0] == "lint";
            assert_eq!(out.status.code(), if lints { want } else { Some(0) }, "{said}");
            assert_eq!(
                said.contains("the desk wants lines as they were logged"),
                lints && want != Some(0)
            );
        }
    }
}
