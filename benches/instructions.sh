#!/usr/bin/env bash
# Instructions that `plaint sources` spends on a line of fixed logs of sshd, of
# a firewall and of mail servers, counted by callgrind, which no other load on
# the machine changes. Fails where they are more than 5 % above the figures kept
# in benches/runs/instructions.txt, instructions-kern.txt and
# instructions-mail.txt; --keep writes those anew. Two lengths are measured, so
# that starting up does not count. Names of logs (auth, kern, mail) measure only
# those. The figures are of a processor with AVX2; one without it takes up to a
# fifth more, and there 25 % are allowed.
set -euo pipefail
cd "$(dirname "$0")/.."
plaint="${PLAINT:-${CARGO_TARGET_DIR:-target}/release/plaint}"
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT

keep=
if [[ "${1:-}" == --keep ]]; then keep=1; shift; fi
logs=("$@")
((${#logs[@]})) || logs=(auth kern mail)

# Tries of every kind from a thousand sources, in the proportions of a server under attack.
lines() {
  awk -v log_of="$1" -v lines="$2" '
    function next_random(n) { seed = (seed * 69069 + 12345) % 2147483648; return int(seed / 2147483648 * n) }
    function say(text) { printf "Mar 20 %02d:%02d:%02d %s %s[%d]: %s\n", t / 3600 % 24, t / 60 % 60, t % 60, host, tag, pid, text; n++ }
    # Packets of one source follow each other: to many ports of one host, or to one port of many.
    function packets(   from, to, port, scans, times, tcp) {
      from = source(); to = 1 + next_random(250); port = 1 + next_random(1024); scans = next_random(3); tcp = next_random(5)
      for (times = 1 + next_random(8); times > 0; times--) {
        if (scans) port = 1 + next_random(9000); else to = 1 + next_random(250)
        packet(from, to, port, tcp)
      }
    }
    function packet(from, to, port, tcp,   link, v6, head) {
      v6 = index(from, ":"); link = "52:54:00:12:34:56:52:54:00:ab:cd:ef:" (v6 ? "86:dd" : "08:00")
      head = v6 ? sprintf("DST=2001:db8:ffff::%x LEN=60 TC=0 HOPLIMIT=55 FLOWLBL=0", to) \
        : sprintf("DST=203.0.113.%d LEN=60 TOS=0x00 PREC=0x00 TTL=%d ID=%d", to, 30 + next_random(200), next_random(65536))
      kernel(sprintf("[UFW BLOCK] IN=eth0 OUT= MAC=%s SRC=%s %s ", link, from, head) (tcp \
        ? sprintf("PROTO=TCP SPT=%d DPT=%d WINDOW=%d RES=0x00 SYN URGP=0 ", 1025 + next_random(60000), port, 1024 + next_random(60000)) \
        : sprintf("PROTO=UDP SPT=%d DPT=%d LEN=40 ", 1025 + next_random(60000), port)))
    }
    function kernel(text) {
      t = int(n * 86000 / lines)
      printf "Mar 20 %02d:%02d:%02d fw1 kernel: [%d.%06d] %s\n", t / 3600 % 24, t / 60 % 60, t % 60, 1000 + t, next_random(1000000), text; n++
    }
    function source() {
      return next_random(8) ? nets[1 + next_random(3)] "." (1 + next_random(250)) : sprintf("2001:db8:%x::%x", next_random(250), 1 + next_random(250))
    }
    # What knocks at a mail server: tries to log in, relaying, and partners.
    function mail(   from, user) {
      from = source(); user = users[1 + next_random(6)]; t = int(n * 86000 / lines); pid = 1000 + next_random(900000)
      host = next_random(2) ? "mx1" : "mx2"; tag = "postfix/smtpd"; kind = next_random(10)
      if (kind < 5) {
        say("connect from unknown[" from "]")
        say("warning: unknown[" from "]: SASL LOGIN authentication failed: UGFzc3dvcmQ6")
        say("disconnect from unknown[" from "] ehlo=1 auth=0/1 quit=1 commands=2/3")
      } else if (kind < 7) {
        say("connect from unknown[" from "]")
        say("NOQUEUE: reject: RCPT from unknown[" from "]: 554 5.7.1 <" user "@remote.example>: Relay access denied; from=<a@b.example> to=<" user "@remote.example> proto=ESMTP helo=<c.example>")
        say("disconnect from unknown[" from "] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")
      } else if (kind < 9) {
        say("connect from mail.partner.example[" from "]")
        say("disconnect from mail.partner.example[" from "] ehlo=1 quit=1 commands=2")
      } else {
        t = int(n * 86000 / lines)
        printf "Mar 20 %02d:%02d:%02d %s dovecot: imap-login: Disconnected (auth failed, %d attempts in %d secs): user=<%s>, method=PLAIN, rip=%s, lip=203.0.113.9, TLS, session=<AbC%d+/x>\n", \
          t / 3600 % 24, t / 60 % 60, t % 60, host, 1 + next_random(5), 2 + next_random(20), user, from, next_random(1000000); n++
      }
    }
    BEGIN {
      seed = 7; split("198.51.100 203.0.113 192.0.2", nets, " "); split("root admin oracle test ubuntu git", users, " ")
      split("web1 mail bastion", hosts, " ")
      while (log_of == "kern" && n < lines) packets()
      while (log_of == "mail" && n < lines) mail()
      while (n < lines) {
        t = int(n * 86000 / lines); pid = 1000 + next_random(900000); port = 1025 + next_random(60000)
        host = hosts[1 + next_random(3)]; tag = next_random(3) ? "sshd" : "sshd-session"; user = users[1 + next_random(6)]
        from = next_random(8) ? nets[1 + next_random(3)] "." (1 + next_random(250)) : sprintf("2001:db8:%x::%x", next_random(250), 1 + next_random(250))
        kind = next_random(10); end = "port " port " [preauth]"
        if (kind < 4) {
          say("Invalid user " user " from " from " port " port)
          say("pam_unix(sshd:auth): check pass; user unknown")
          say("pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=" from " ")
          say("Failed password for invalid user " user " from " from " port " port " ssh2")
          say("Connection closed by invalid user " user " " from " " end)
        } else if (kind < 8) {
          say("pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=" from "  user=" user)
          say("Failed password for " user " from " from " port " port " ssh2")
          say("Received disconnect from " from " port " port ":11: Bye Bye [preauth]")
          say("Disconnected from authenticating user " user " " from " " end)
        } else if (kind == 8) {
          say("Connection closed by " from " " end)
        } else {
          say("Accepted publickey for " user " from " from " port " port " ssh2: ED25519 SHA256:AAAA")
          say("pam_unix(sshd:session): session opened for user " user "(uid=1000) by (uid=0)")
        }
      }
    }'
}

count() {
  lines "$1" "$2" > "$dir/$1.log"
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$plaint" sources --threads 1 \
    --format jsonl --tz UTC --log-end 2026-03-21 "$dir/$1.log" 2>&1 >"$dir/out" |
    awk '/Collected/ { print $NF }'
  [[ "$(wc -l < "$dir/out")" -gt 500 ]] || { echo "it read no sources" >&2; exit 1; }
}

allowed=5
grep -qw avx2 /proc/cpuinfo || allowed=25

failed=0
for log in "${logs[@]}"; do
  case "$log" in
    auth) kept=benches/runs/instructions.txt ;;
    kern | mail) kept="benches/runs/instructions-$log.txt" ;;
    *) echo "no such log: $log" >&2; exit 2 ;;
  esac
  few="$(count "$log" 20000)" many="$(count "$log" 60000)"
  now="$(((many - few) / 40000))"
  if [[ -n "$keep" ]]; then
    mkdir -p benches/runs
    printf '%s instructions a line; %s; valgrind %s\n' "$now" "$(rustc --version)" \
      "$(valgrind --version | sed 's/valgrind-//')" > "$kept"
    echo "$log: $(cat "$kept")"
    continue
  fi
  was="$(awk '{ print $1; exit }' "$kept")"
  echo "$log: $now instructions a line; $was are kept"
  ((now * 100 <= was * (100 + allowed))) || {
    echo "that is more than $allowed % above what is kept in $kept" >&2
    failed=1
  }
done
exit "$failed"
