//! Counting that takes more than one line or one input, through the binary.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Write as _;

/// Runs `plaint sources` over some lines and gives its JSON back.
fn sources(lines: &[&str]) -> Vec<serde_json::Value> {
    let mut log = tempfile::NamedTempFile::new().unwrap();
    for line in lines {
        writeln!(log, "2026-03-28T00:00:0{line}").unwrap();
    }
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .args(["sources", "--format", "jsonl", log.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert!(out.status.success());
    out.stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

#[test]
fn a_close_right_after_a_broken_exchange_is_a_probe() {
    let got = sources(&[
        "1Z web1 sshd[7]: error: kex_exchange_identification: Connection closed by remote host",
        "1Z web1 sshd[7]: Connection closed by 192.0.2.7 port 4711",
        // Another process: no word of a broken exchange.
        "2Z web1 sshd[8]: Connection closed by 192.0.2.8 port 4711",
    ]);
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(got[0]["source"], "192.0.2.7");
    let sshd = &got[0]["families"]["sshd"];
    assert_eq!((&sshd["connections"], &sshd["attempts"]), (&1.into(), &0.into()));
    assert_eq!(sshd["classes"], serde_json::json!(["ssh-probe"]));
}

#[test]
fn one_who_logged_in_is_none() {
    let got = sources(&[
        "1Z web1 sshd[7]: Accepted password for ann from 192.0.2.7 port 4711 ssh2",
        "2Z web1 sshd[7]: error: kex_exchange_identification: Connection closed by remote host",
        "3Z web1 sshd[7]: Connection closed by 192.0.2.7 port 4711",
    ]);
    assert!(got.is_empty(), "{got:?}");
}

#[test]
fn a_packet_that_two_logs_tell_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let packet = |second: u32, port: u32| {
        format!(
            "2026-03-28T00:{:02}:00Z fw1 kernel: [{second}.000001] [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.4 LEN=60 \
             TOS=0x00 PREC=0x00 TTL=52 ID=1 PROTO=TCP SPT=4711 DPT={port} WINDOW=1024 RES=0x00 SYN URGP=0\n",
            second % 60
        )
    };
    let kern: String = (0..20).map(|n| packet(n, 1000 + n)).collect();
    // The same, but for a packet that kern.log lacks and lines of its own.
    let ufw: String = (5..21).map(|n| packet(n, 1000 + n)).collect();
    std::fs::write(
        dir.path().join("kern.log"),
        format!("2026-03-28T00:00:00Z fw1 kernel: usb 1-1: new device\n{kern}"),
    )
    .unwrap();
    std::fs::write(dir.path().join("ufw.log"), ufw).unwrap();
    let run = |command: &str, paths: [&str; 2]| {
        let out = assert_cmd::Command::cargo_bin("plaint")
            .unwrap()
            .current_dir(dir.path())
            .args([command, "--format", "jsonl"])
            .args(paths)
            .output()
            .unwrap();
        assert!(out.status.success());
        out.stdout
    };
    let sources = run("sources", ["kern.log", "ufw.log"]);
    assert_eq!(sources, run("sources", ["ufw.log", "kern.log"]));
    let row: serde_json::Value = serde_json::from_slice(&sources).unwrap();
    assert_eq!(row["families"]["firewall"]["packets"], 21);
    let events = run("events", ["kern.log", "ufw.log"]);
    assert_eq!(events.iter().filter(|b| **b == b'\n').count(), 21);
}

#[test]
fn whoever_connected_in_a_reused_process_is_no_witness() {
    let planted = "sshd[7]: Failed password for invalid user x from 198.51.100.1 port 4711 ssh2: y from 203.0.113.9 port 50000 ssh2";
    let connected = "sshd[7]: Connection from 198.51.100.1 port 4711 on 198.51.100.4 port 22";
    let invalid =
        "sshd[7]: Invalid user x from 198.51.100.1 port 4711 ssh2: y from 203.0.113.9 port 50000";
    let at = |second: u8, message: &str| format!("{second}Z web1 {message}");
    for order in [[connected, planted], [planted, connected]] {
        let got = sources(&[&at(1, order[0]), &at(2, order[1])]);
        assert!(got.is_empty(), "{got:?}");
    }
    // With its own word on the account, the true one is counted, in either order.
    for order in [[connected, invalid, planted], [planted, connected, invalid]] {
        let got = sources(&[&at(1, order[0]), &at(2, order[1]), &at(3, order[2])]);
        assert_eq!(got.len(), 1, "{got:?}");
        assert_eq!(got[0]["source"], "203.0.113.9");
        assert_eq!(got[0]["families"]["sshd"]["attempts"], 1);
        assert_eq!(got[0]["families"]["sshd"]["lines"], 2);
    }
}

/// Failures in `sessions` processes, `each` times, and a login in the process `login`.
fn tries(sessions: u32, each: u32, login: Option<u32>) -> Vec<serde_json::Value> {
    let line = |second: u32, word: &str, pid: u32| {
        let port = 4000 + pid;
        format!(
            "{second}Z web1 sshd[{pid}]: {word} password for ann from 192.0.2.7 port {port} ssh2"
        )
    };
    let failed = (0..sessions).flat_map(|pid| (0..each).map(move |_| pid));
    let mut lines: Vec<String> = failed.map(|pid| line(1, "Failed", pid)).collect();
    lines.extend(login.map(|pid| line(2, "Accepted", pid)));
    sources(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn an_intruder_failed_ten_times_in_other_sessions() {
    let findings = |rows: &[serde_json::Value]| rows[0]["findings"].clone();
    let intruder = serde_json::json!(["login-succeeded"]);
    let none = serde_json::json!([]);
    assert_eq!(findings(&tries(10, 1, Some(99))), intruder);
    assert_eq!(findings(&tries(1, 10, Some(99))), intruder);
    assert_eq!(findings(&tries(10, 1, None)), none);
    assert_eq!(findings(&tries(9, 1, Some(99))), none);
    // What failed in the session that got in was a mistyped password, however often.
    assert!(tries(1, 40, Some(0)).is_empty());
    assert_eq!(findings(&tries(10, 1, Some(3))), none);
    assert_eq!(findings(&tries(11, 1, Some(3))), intruder);
    // One who logged in before anything failed did not guess.
    let mut lines = vec!["1Z web1 sshd[99]: Accepted password for ann from 192.0.2.7 port 1 ssh2"];
    lines.push("2Z web1 sshd[99]: Disconnected from user ann 192.0.2.7 port 1");
    let failed: Vec<String> = (0..10)
        .map(|n| format!("3Z web1 sshd[{n}]: Failed password for ann from 192.0.2.7 port {n} ssh2"))
        .collect();
    lines.extend(failed.iter().map(String::as_str));
    assert_eq!(findings(&sources(&lines)), none);
}

#[test]
fn a_key_tried_first_and_a_mistyped_password_are_no_attack() {
    let got = sources(&[
        "1Z web1 sshd[7]: Failed publickey for ann from 192.0.2.7 port 4711 ssh2: RSA SHA256:abc",
        "2Z web1 sshd[7]: Failed password for ann from 192.0.2.7 port 4711 ssh2",
        "3Z web1 sshd[7]: Accepted password for ann from 192.0.2.7 port 4711 ssh2",
        "4Z web1 sshd[8]: Failed publickey for git from 192.0.2.8 port 4712 ssh2: RSA SHA256:abc",
        "5Z web1 sshd[8]: Connection closed by authenticating user git 192.0.2.8 port 4712 [preauth]",
    ]);
    assert!(got.is_empty(), "{got:?}");
}

#[test]
fn a_session_that_pam_speaks_in_takes_no_line_of_another() {
    let pam = |pid: u32| {
        format!(
            "sshd[{pid}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root"
        )
    };
    let failed = "sshd[7]: Failed password for root from 192.0.2.7 port 4711 ssh2".to_owned();
    let more = pam(7).replace(
        "pam_unix(sshd:auth): authentication failure;",
        "PAM 2 more authentication failures;",
    );
    // Process 12 is PAM's for the session of process 10, which speaks of it later.
    let error = "sshd[10]: error: PAM: Authentication failure for root from 192.0.2.7".to_owned();
    let lines: Vec<String> = [pam(7), failed.clone(), pam(12), failed.clone(), failed, error, more]
        .iter()
        .enumerate()
        .map(|(n, m)| format!("{n}Z web1 {m}"))
        .collect();
    let got = sources(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let sshd = &got[0]["families"]["sshd"];
    assert_eq!((&sshd["attempts"], &sshd["connections"]), (&4.into(), &2.into()), "{sshd}");
}

#[test]
fn a_login_that_two_logs_tell_counts_once_however_long_they_are() {
    // PAM writes to auth.log, Dovecot to mail.log; each is rotated at another time.
    let dir = tempfile::tempdir().unwrap();
    let (mut auth, mut mail) = (Vec::new(), Vec::new());
    for n in 0..200 {
        let at = |second: u32| {
            format!("2026-03-{:02}T{:02}:{:02}:{second:02}Z mx1", 2 + n / 20, n % 20, n % 60)
        };
        for second in [10, 13] {
            auth.push(format!(
                "{} auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=ann rhost=192.0.2.7  user=ann\n",
                at(second)
            ));
        }
        mail.push(format!(
            "{} dovecot: imap-login: Disconnected (auth failed, 2 attempts in 6 secs): user=<ann>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.4, session=<s{n}>\n",
            at(16)
        ));
    }
    // In the middle of a login: one of PAM's lines is in each.
    let (old, new) = auth.split_at(171);
    std::fs::write(dir.path().join("auth.log.1"), old.concat()).unwrap();
    std::fs::write(dir.path().join("auth.log"), new.concat()).unwrap();
    std::fs::write(dir.path().join("mail.log"), mail.concat()).unwrap();
    for chunk in ["300", "5000", "1048576"] {
        let out = assert_cmd::Command::cargo_bin("plaint")
            .unwrap()
            .args(["sources", "--format", "jsonl", "--chunk-bytes", chunk])
            .arg(dir.path())
            .output()
            .unwrap();
        assert!(out.status.success());
        let row: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let mail = &row["families"]["mail"];
        assert_eq!(
            (&mail["attempts"], &mail["connections"], &mail["lines"]),
            (&400.into(), &200.into(), &600.into()),
            "chunks of {chunk}"
        );
    }
}

#[test]
fn a_line_that_names_nobody_is_shown_with_its_session_and_counts_nothing() {
    let lines = [
        "1Z web1 sshd[7]: Connection from 192.0.2.7 port 4711 on 198.51.100.4 port 22",
        "2Z web1 sshd[7]: fatal: Unable to negotiate a key exchange method [preauth]",
        "3Z web1 sshd[8]: Connection from 192.0.2.8 port 4712",
        "4Z web1 sshd[8]: error: kex_exchange_identification: read: Connection reset by peer",
        "5Z web1 sshd[8]: Connection reset by 192.0.2.8 port 4712",
        // Its session is over, and of this process nobody is known.
        "6Z web1 sshd[8]: Disconnecting: Too many authentication failures [preauth]",
        "7Z web1 sshd[9]: Disconnecting: Too many authentication failures [preauth]",
        "8Z web2 sshd[7]: fatal: no matching mac found: client hmac-md5 server hmac-sha2-256",
    ];
    let mut log = tempfile::NamedTempFile::new().unwrap();
    for line in lines {
        writeln!(log, "2026-03-28T00:00:0{line}").unwrap();
    }
    let mut events = assert_cmd::Command::cargo_bin("plaint").unwrap();
    let out = events.args(["events", "--all"]).arg(log.path()).output().unwrap();
    let of = |line: &[u8]| -> serde_json::Value { serde_json::from_slice(line).unwrap() };
    let told: Vec<_> = out
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(of)
        .map(|e| format!("{} {}", e["plaint"]["reading"], e["source"]["ip"]).replace('"', ""))
        .collect();
    assert_eq!(
        told,
        [
            "context 192.0.2.7",
            "context 192.0.2.7",
            "context 192.0.2.8",
            "context 192.0.2.8",
            "hostile 192.0.2.8",
            "context null",
            "context null",
            "context null",
        ]
    );
    let got = sources(&lines);
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(got[0]["families"]["sshd"]["lines"], 2);
}

#[test]
fn what_names_its_session_is_of_whoever_began_it() {
    let got = sources(&[
        "1Z mx smtpd[7]: 5a1b2c3d4e5f6071 smtp connected address=192.0.2.7 host=h.example",
        "1Z mx smtpd[7]: 5a1b2c3d4e5f6072 smtp connected address=192.0.2.8 host=<unknown>",
        "2Z mx smtpd[7]: 5a1b2c3d4e5f6071 smtp authentication user=ann result=permfail",
        // The same try in other words.
        "2Z mx smtpd[7]: 5a1b2c3d4e5f6071 smtp failed-command command=\"AUTH LOGIN\" result=\"535 Authentication failed\"",
        "3Z mx smtpd[7]: 5a1b2c3d4e5f6071 smtp authentication user=x address=198.51.100.1 host=h result=permfail",
        "4Z mx smtpd[7]: 5a1b2c3d4e5f6072 smtp failed-command command=\"RCPT TO:<a@b.example>\" result=\"550 Invalid recipient: <a@b.example>\"",
        "4Z mx smtpd[7]: 5a1b2c3d4e5f6072 smtp failed-command command=\"RCPT TO:<c@b.example>\" result=\"451 Try again later\"",
        "5Z mx smtpd[7]: 5a1b2c3d4e5f6071 smtp disconnected reason=quit",
        // Its session is over; of this one and on that host nobody is known.
        "6Z mx smtpd[7]: 5a1b2c3d4e5f6071 smtp authentication user=ann result=permfail",
        "6Z mx smtpd[7]: 5a1b2c3d4e5f6079 smtp authentication user=ann result=permfail",
        "6Z mx2 smtpd[7]: 5a1b2c3d4e5f6072 smtp authentication user=ann result=permfail",
    ]);
    let told: Vec<String> = got
        .iter()
        .map(|row| {
            let mail = &row["families"]["mail"];
            let of = |key: &str| mail[key].to_string();
            format!("{} {} {} {}", row["source"], of("attempts"), of("lines"), of("classes"))
        })
        .collect();
    assert_eq!(told, [r#""192.0.2.7" 2 5 ["mail-login"]"#, r#""192.0.2.8" 1 3 ["spam"]"#,]);
}

#[test]
fn exchange_tells_its_sessions_by_their_names() {
    let line = |second: u8, session: &str, answer: &str| {
        format!(
            "{second}.000Z,MX1\\Client Frontend MX1,{session},9,198.51.100.25:587,192.0.2.7:4711,>,{answer},"
        )
    };
    let refused = "535 5.7.3 Authentication unsuccessful";
    // One who mistyped and then got in, and one who did not: the same port, as after a translation.
    let lines = [
        line(1, "08DABC", refused),
        line(2, "08DABD", refused),
        line(3, "08DABC", "235 2.7.0 Authentication successful"),
        line(4, "08DABD", refused),
    ];
    let got = sources(&lines.each_ref().map(String::as_str));
    assert_eq!(got.len(), 1, "{got:?}");
    let mail = &got[0]["families"]["mail"];
    assert_eq!((&mail["attempts"], &mail["connections"]), (&2.into(), &1.into()), "{mail}");
    assert_eq!(mail["lines"], 2, "{mail}");
    // What its transport service says of the front end accuses nobody.
    let handed_on = lines.map(|line| line.replace("198.51.100.25:587", "198.51.100.25:2525"));
    assert!(sources(&handed_on.each_ref().map(String::as_str)).is_empty());
}

#[test]
fn hmailserver_tells_its_sessions_by_their_numbers() {
    let line = |session: u8, text: &str| {
        format!(
            "\"SMTPD\"\t4428\t{session}\t\"2026-03-28 00:00:01.123\"\t\"192.0.2.7\"\t\"{text}\"\n"
        )
    };
    let refused = "SENT: 535 Authentication failed. Restarting authentication process.";
    let mut log = tempfile::NamedTempFile::new().unwrap();
    let text = [(17, refused), (18, refused), (17, "SENT: 235 authenticated."), (18, refused)];
    log.write_all(text.map(|(n, text)| line(n, text)).concat().as_bytes()).unwrap();
    let out = assert_cmd::Command::cargo_bin("plaint")
        .unwrap()
        .args(["sources", "--tz", "UTC", "--format", "jsonl", log.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert!(out.status.success());
    let got: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let mail = &got["families"]["mail"];
    assert_eq!((&mail["attempts"], &mail["connections"]), (&2.into(), &1.into()), "{mail}");
}
