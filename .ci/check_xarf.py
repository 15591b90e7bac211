#!/usr/bin/env python3
"""Writes a log of 500 sources, has plaint report them, and validates every xarf*.json with the
published validator (PyPI `xarf`) in strict mode; base64, hash, size and address, which it does
not check, are checked here. So is every x-arf.eml, by Python's own reader of mail. Usage: check_xarf.py PLAINT FOLDER"""

import base64, email, email.policy, email.utils, hashlib, ipaddress, json, pathlib, subprocess, sys

import xarf
from xarf import SchemaValidator

plaint, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir(parents=True)
sources = [f"192.0.2.{n}" for n in range(1, 251)] + [f"2001:db8:7::{n:x}" for n in range(1, 251)]
ssh, kern, mail = [], [], []
for n, source in enumerate(sources):
    day, minute = 10 + n // 60, n % 60
    if n % 2 == 0:
        for i in range(12):
            ssh.append((day, minute, i, f"2026-03-{day}T03:{minute:02}:{i:02}Z web1 sshd[{n + 100}]: Failed password for root from {source} port {4000 + n + i} ssh2"))
    elif n % 4 == 1:
        v6 = ":" in source
        to = "2001:db8::4" if v6 else "198.51.100.4"
        for i in range(20):
            kern.append((day, minute, i, f"2026-03-{day}T03:{minute:02}:{i:02}Z fw1 kernel: [UFW BLOCK] IN=eth0 OUT= MAC= SRC={source} DST={to} LEN=40 TTL=50 PROTO=TCP SPT={5000 + n} DPT={100 + i} WINDOW=1024 RES=0x00 SYN URGP=0"))
    else:
        for i in range(15):
            mail.append((day, minute, i, f"2026-03-{day}T03:{minute:02}:{i:02}Z mx1 postfix/smtpd[{n}]: warning: unknown[{source}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"))
for name, lines in (("auth.log", ssh), ("kern.log", kern), ("mail.log", mail)):
    (folder / name).write_text("".join(line + "\n" for *_, line in sorted(lines)))
(folder / "operators").mkdir()
(folder / "operators/isp.toml").write_text(
    'id = "isp"\nname = "Example"\n[[provenance]]\nurl = "https://isp.example"\nsays = "x"\nseen = 2026-03-01\nstatus = "verified"\n'
    '[match]\nprefixes = ["192.0.2.0/24", "2001:db8:7::/48"]\n[text]\nattachments = "may"\n[formats]\nxarf02 = "should"\n'
    '[[channel]]\nid = "abuse"\nkind = "email"\nto = "abuse@isp.example"\n[[route]]\nclass = ["*"]\nchannel = "abuse"\n')
(folder / "plaint.toml").write_text(
    '[reporter]\nname = "J. Smith"\norganisation = "Example Research Ltd"\nemail = "abuse-reports@example.org"\n'
    '[networks]\nmine = ["198.51.100.0/24", "2001:db8::/48"]\n[hosts]\nweb1 = { address = "198.51.100.4" }\nmx1 = { address = "198.51.100.25" }\n'
    '[operators]\ndir = "operators"\n')
subprocess.run([plaint, "report", "-q", *(str(folder / n) for n in ("auth.log", "kern.log", "mail.log")),
    "--config", str(folder / "plaint.toml"), "--now", "2026-04-01T00:00:00Z", "-o", str(folder / "out")], check=True)

validator, wrong, seen, without = SchemaValidator(), [], 0, {}
for path in sorted((folder / "out").rglob("xarf*.json")):
    report, seen = json.loads(path.read_text()), seen + 1
    errors = [str(e) for e in validator.validate(report, strict=True)]
    # Version 1.0.0 drops, without an error, any report whose confidence is a fraction, though the
    # schema allows it: its model is asked about the rest.
    if xarf.parse({**report, "confidence": 1}, strict=True).report is None:
        errors.append("the model refuses it")
    ipaddress.ip_address(report["source_identifier"])
    ipaddress.ip_address(report["destination_ip"])
    if not report["first_seen"] <= report["timestamp"] <= report["last_seen"]:
        errors.append("timestamp outside first_seen and last_seen")
    for item in report["evidence"]:
        data = base64.b64decode(item["payload"], validate=True)
        if item["hash"] != "sha256:" + hashlib.sha256(data).hexdigest() or item["size"] != len(data):
            errors.append("hash or size")
        if not all(report["source_identifier"].encode() in line for line in data.splitlines()):
            errors.append("a line without the source")
    wrong += [f"{path}: {e}" for e in errors]
mails = 0
for path in sorted((folder / "out").rglob("x-arf*.eml")):
    mail, mails = email.message_from_bytes(path.read_bytes(), policy=email.policy.default), mails + 1
    parts = list(mail.iter_parts())
    names = [part.get_filename() or part.get_param("name") for part in parts]
    fields = dict(line.split(": ", 1) for line in parts[1].get_content().splitlines() if line != "---")
    log = parts[2].get_content()
    good = {
        "defects": not mail.defects and not any(part.defects for part in parts),
        "headers": mail["X-XARF"] == "PLAIN" and mail["To"] == "abuse@isp.example" and mail["Date"] is None,
        "parts": names == [None, "report.txt", "logfile.log"] and all(p.get_content_type() == "text/plain" for p in parts),
        "source": ipaddress.ip_address(fields["Source"].strip('"')) == ipaddress.ip_address(path.parent.name.replace("-", ":")),
        "date": email.utils.parsedate_to_datetime(fields["Date"]).utcoffset().total_seconds() == 0,
        "fields": fields["Report-Type"] == "login-attack" and fields["Version"] == "0.2" and fields["Service"] in ("ssh", "smtp"),
        "log": log.count("\n") > 9 and all(fields["Source"].strip('"') in line for line in log.splitlines()),
    }
    wrong += [f"{path}: {what}" for what, right in good.items() if not right]
for bundle in json.loads((folder / "out/isp/manifest.json").read_text())["bundles"]:
    for form in bundle["formats"]:
        if "none" in form:
            without[form["none"]] = without.get(form["none"], 0) + 1
print(*wrong[:20], sep="\n")
print(f"{seen} XARF files of {len(sources)} sources valid in strict mode, {mails} X-ARF mails; without one: {without}")
sys.exit(bool(wrong) or seen != 375 or mails != 375 or sum(without.values()) != 250)
