//! Outputs that machines take, against their schemas; completions and man pages that their readers
//! accept.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends by saying where"
)]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::{Value, json};

const LOGS: &str = "testdata/cases/small/logs";
const CONFIG: &str = "testdata/cases/small/plaint.toml";

fn plaint(args: &[&str]) -> Output {
    Command::cargo_bin("plaint")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .args(args)
        .output()
        .unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = plaint(args);
    assert!(output.status.success(), "{args:?}: {}", plaint::text::Untrusted(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is wrong with a value, by the keywords that our schemas use; a keyword that is not known
/// here fails, so that none is passed over.
fn wrong(value: &Value, schema: &Value, at: &str, out: &mut Vec<String>) {
    let mut say = |what: String| out.push(format!("{at}: {what}"));
    let mut inner: Vec<(Value, Value, String)> = Vec::new();
    let known = ["$schema", "title", "description", "properties", "additionalProperties"];
    for (key, rule) in schema.as_object().unwrap() {
        match (key.as_str(), value) {
            (k, _) if known.contains(&k) => {}
            ("type", v) => {
                let is = match rule.as_str().unwrap() {
                    "object" => v.is_object(),
                    "array" => v.is_array(),
                    "string" => v.is_string(),
                    "integer" => v.is_u64() || v.is_i64(),
                    "number" => v.is_number(),
                    "boolean" => v.is_boolean(),
                    "null" => v.is_null(),
                    other => panic!("type {other}"),
                };
                if !is {
                    say(format!("{v} is no {rule}"));
                }
            }
            ("enum", v) if !rule.as_array().unwrap().contains(v) => {
                say(format!("{v} not in {rule}"))
            }
            ("const", v) if rule != v => say(format!("{v} is not {rule}")),
            ("enum" | "const", _) => {}
            ("minimum", v) if v.as_f64() < rule.as_f64() => say(format!("{v} under {rule}")),
            ("maximum", v) if v.as_f64() > rule.as_f64() => say(format!("{v} over {rule}")),
            ("minimum" | "maximum", _) => {}
            ("minLength", Value::String(v)) if (v.len() as u64) < rule.as_u64().unwrap() => {
                say("too short".to_owned());
            }
            ("maxLength", Value::String(v)) if v.len() as u64 > rule.as_u64().unwrap() => {
                say("too long".to_owned());
            }
            ("maxItems", Value::Array(v)) if v.len() as u64 > rule.as_u64().unwrap() => {
                say("too many".to_owned());
            }
            ("minLength" | "maxLength" | "maxItems", _) => {}
            ("format", Value::String(v)) => {
                assert_eq!(rule, "date-time");
                if plaint::config::instant::instant(v).is_err() || !v.ends_with('Z') {
                    say(format!("{v} is no instant"));
                }
            }
            ("format", _) => {}
            ("required", Value::Object(map)) => {
                for name in rule.as_array().unwrap() {
                    if !map.contains_key(name.as_str().unwrap()) {
                        say(format!("{name} is missing"));
                    }
                }
            }
            ("items", Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    inner.push((item.clone(), rule.clone(), format!("{at}[{i}]")));
                }
            }
            ("required" | "items", _) => {}
            ("anyOf", v) => {
                let fits = rule.as_array().unwrap().iter().any(|one| {
                    let mut errors = Vec::new();
                    wrong(v, one, at, &mut errors);
                    errors.is_empty()
                });
                if !fits {
                    say(format!("{v} fits none"));
                }
            }
            (other, _) => panic!("the keyword {other} is not known here"),
        }
    }
    if let Value::Object(map) = value {
        let properties = schema.get("properties").cloned().unwrap_or(json!({}));
        for (key, v) in map {
            let at = format!("{at}.{key}");
            match (properties.get(key), schema.get("additionalProperties")) {
                (Some(rule), _) => inner.push((v.clone(), rule.clone(), at)),
                (None, Some(Value::Bool(false))) => out.push(format!("{at}: is not known")),
                (None, Some(rule @ Value::Object(_))) => inner.push((v.clone(), rule.clone(), at)),
                (None, _) => {}
            }
        }
    }
    for (value, schema, at) in inner {
        wrong(&value, &schema, &at, out);
    }
}

fn check(value: &Value, schema: &Value) {
    let mut out = Vec::new();
    wrong(value, schema, "", &mut out);
    assert!(out.is_empty(), "{}\n{value}", out.join("\n"));
}

fn schema(name: &str) -> Value {
    let schema: Value = serde_json::from_str(&stdout(&["schema", name])).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    schema
}

#[test]
fn rows_are_of_their_schemas() {
    for (command, more, least) in [
        ("sources", &["--operators", "testdata/cases/small/operators"][..], 21),
        ("events", &["--all", "--original"], 300),
    ] {
        let schema = schema(command);
        let mut args = vec![command, LOGS, "--config", CONFIG, "--format", "jsonl"];
        args.extend(more);
        let rows = stdout(&args);
        assert!(rows.lines().count() >= least, "{command}: {}", rows.lines().count());
        for row in rows.lines() {
            check(&serde_json::from_str(row).unwrap(), &schema);
        }
    }
}

#[test]
fn events_of_every_dialect_are_of_their_schema() {
    let schema = schema("events");
    let mut families = std::collections::BTreeSet::new();
    let mut readings = std::collections::BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(root.join("testdata/dialect"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "log"))
        .collect();
    files.sort();
    assert!(files.len() > 60, "{}", files.len());
    for file in files {
        let rows = stdout(&[
            "events",
            "--all",
            "--format",
            "jsonl",
            "--tz",
            "UTC",
            "--log-end",
            "2026-12-31",
            file.to_str().unwrap(),
        ]);
        assert!(!rows.is_empty(), "{}", file.display());
        for row in rows.lines() {
            let row: Value = serde_json::from_str(row).unwrap();
            check(&row, &schema);
            let word = |key: &str| row["plaint"][key].as_str().map(str::to_owned);
            families.extend(word("family"));
            readings.extend(word("reading"));
        }
    }
    assert_eq!(families.into_iter().collect::<Vec<_>>(), ["firewall", "mail", "sshd"]);
    assert_eq!(
        readings.into_iter().collect::<Vec<_>>(),
        ["benign", "context", "hostile", "quarantined", "unread"]
    );
}

#[test]
fn folders_are_of_their_schemas() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    stdout(&[
        "report",
        LOGS,
        "--config",
        CONFIG,
        "--now",
        "2026-04-02T00:00:00Z",
        "-o",
        out.to_str().unwrap(),
    ]);
    let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    check(&read(&out.join("summary.json")), &schema("summary"));
    for operator in ["bt", "janet", "example-isp"] {
        check(&read(&out.join(operator).join("manifest.json")), &schema("manifest"));
    }
}

#[test]
fn configurations_are_of_their_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let shown = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    for text in [shown, &fs::read_to_string(root.join(CONFIG)).unwrap()] {
        let value: toml::Value = toml::from_str(text).unwrap();
        let mut value = serde_json::to_value(value).unwrap();
        dates(&mut value);
        check(&value, &schema("config"));
    }
    let mut out = Vec::new();
    wrong(&json!({"reporter": {"nmae": "x"}}), &schema("config"), "", &mut out);
    assert_eq!(out, [".reporter.nmae: is not known"]);
}

/// A date of TOML becomes a map of one key in JSON.
fn dates(value: &mut Value) {
    if let Value::Object(map) = value {
        if let Some(text) = map.get("$__toml_private_datetime").cloned() {
            *value = text;
            return;
        }
        map.values_mut().for_each(dates);
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(dates);
    }
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let schema = schema("sources");
    let row = stdout(&["sources", LOGS, "--config", CONFIG, "--format", "jsonl"]);
    let good: Value = serde_json::from_str(row.lines().next().unwrap()).unwrap();
    for (pointer, value) in [
        ("/source", json!(7)),
        ("/families/sshd/lines", json!(-1)),
        ("/families/sshd/first", json!("yesterday")),
        ("/families/sshd/classes", json!(["nonsense"])),
        ("/families/sshd/destination_ports", json!([70_000])),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let mut out = Vec::new();
        wrong(&bad, &schema, "", &mut out);
        assert_eq!(out.len(), 1, "{pointer}: {out:?}");
    }
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = stdout(&["completions", shell]);
        for command in ["report", "sources", "events", "inspect", "explain", "operators", "schema"]
        {
            assert!(text.contains(command), "{shell}: {command}");
        }
    }
    let script = stdout(&["completions", "bash"]);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("plaint.bash"), script).unwrap();
    let output = std::process::Command::new("bash")
        .arg("-n")
        .arg(dir.path().join("plaint.bash"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", plaint::text::Untrusted(&output.stderr));
}

#[test]
fn every_command_has_a_man_page() {
    let dir = tempfile::tempdir().unwrap();
    stdout(&["man", dir.path().to_str().unwrap()]);
    for name in ["plaint", "plaint-report", "plaint-operators-check"] {
        let page = fs::read_to_string(dir.path().join(format!("{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {name} 1")), "{name}: {}", &page[..200]);
        assert!(page.contains(".SH NAME"), "{name}");
    }
}
