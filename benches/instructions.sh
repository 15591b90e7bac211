#!/usr/bin/env bash
# Instructions that `plaint sources` spends on a line of a fixed log, counted by
# callgrind, which no other load on the machine changes. Fails where they are
# more than 5 % above the figure kept in benches/runs/instructions.txt; --keep
# writes that figure anew. Two lengths are measured, so that starting up does
# not count.
set -euo pipefail
cd "$(dirname "$0")/.."
plaint="${PLAINT:-${CARGO_TARGET_DIR:-target}/release/plaint}"
kept=benches/runs/instructions.txt
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT

# Tries of every kind from a thousand sources, in the proportions of a server under attack.
lines() {
  awk -v lines="$1" '
    function next_random(n) { seed = (seed * 69069 + 12345) % 2147483648; return int(seed / 2147483648 * n) }
    function say(text) { printf "Mar 20 %02d:%02d:%02d %s %s[%d]: %s\n", t / 3600 % 24, t / 60 % 60, t % 60, host, tag, pid, text; n++ }
    BEGIN {
      seed = 7; split("198.51.100 203.0.113 192.0.2", nets, " "); split("root admin oracle test ubuntu git", users, " ")
      split("web1 mail bastion", hosts, " ")
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
  lines "$1" > "$dir/auth.log"
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$plaint" sources --threads 1 \
    --format jsonl --tz UTC --log-end 2026-03-21 "$dir/auth.log" 2>&1 >"$dir/out" |
    awk '/Collected/ { print $NF }'
  [[ "$(wc -l < "$dir/out")" -gt 500 ]] || { echo "it read no sources" >&2; exit 1; }
}

few="$(count 20000)" many="$(count 60000)"
now="$(((many - few) / 40000))"
if [[ "${1:-}" == --keep ]]; then
  mkdir -p benches/runs
  printf '%s instructions a line; %s; valgrind %s\n' "$now" "$(rustc --version)" \
    "$(valgrind --version | sed 's/valgrind-//')" > "$kept"
  cat "$kept"
  exit
fi
was="$(awk '{ print $1; exit }' "$kept")"
echo "$now instructions a line; $was are kept"
((now * 100 <= was * 105)) || {
  echo "that is more than 5 % above what is kept in $kept" >&2
  exit 1
}
