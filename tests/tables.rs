//! `--format parquet`: read back by another reader than wrote it, and the same as the CSV.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends by saying where"
)]

use assert_cmd::Command;

const LOGS: &str = "testdata/cases/small/logs";

fn run(args: &[&str]) -> std::process::Output {
    Command::cargo_bin("plaint")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .args(args)
        .args([LOGS, "--config", "testdata/cases/small/plaint.toml"])
        .output()
        .unwrap()
}

#[cfg(not(feature = "parquet"))]
#[test]
fn what_was_not_built_in_is_told() {
    for command in ["events", "sources"] {
        let output = run(&[command, "--format", "parquet"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let told = plaint::text::Untrusted(&output.stderr).to_string();
        assert!(told.contains("--features parquet"), "{told}");
    }
}

#[cfg(feature = "parquet")]
mod built_in {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    use super::run;

    /// The rows of a table as the CSV would have them.
    fn rows(args: &[&str]) -> Vec<Vec<String>> {
        let output = run(&[args, &["--format", "parquet"]].concat());
        assert!(output.status.success(), "{}", plaint::text::Untrusted(&output.stderr));
        let again = run(&[args, &["--format", "parquet", "--threads", "1"]].concat());
        assert!(output.stdout == again.stdout, "the number of threads changed it");
        let reader = SerializedFileReader::new(bytes(output.stdout)).unwrap();
        let fields = reader.metadata().file_metadata().schema().get_fields().to_vec();
        let mut out = vec![fields.iter().map(|f| f.name().to_owned()).collect()];
        for row in reader.get_row_iter(None).unwrap() {
            let cell = |f: &Field| match f {
                Field::Null => String::new(),
                Field::Str(s) => s.clone(),
                Field::Long(n) => n.to_string(),
                Field::TimestampMicros(n) => format!("µ{n}"),
                other => panic!("{other:?}"),
            };
            out.push(row.unwrap().get_column_iter().map(|(_, f)| cell(f)).collect());
        }
        out
    }

    fn bytes(v: Vec<u8>) -> std::fs::File {
        use std::io::{Seek as _, Write as _};
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&v).unwrap();
        file.rewind().unwrap();
        file
    }

    fn same_as_csv(args: &[&str], least: usize) {
        let output = run(&[args, &["--format", "csv"]].concat());
        assert!(output.status.success());
        let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(&output.stdout[..]);
        let expected: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        let found = rows(args);
        assert!(found.len() > least, "{}", found.len());
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.len(), expected.len());
            for (cell, text) in found.iter().zip(expected) {
                let text = text.strip_prefix('\'').unwrap_or(text);
                let text = match plaint::config::instant::instant(text) {
                    Ok(_) if text.contains('T') => format!("µ{}", micros(text)),
                    _ => text.to_owned(),
                };
                assert_eq!(*cell, text);
            }
        }
    }

    /// `2026-03-29T03:14:15.926Z` in microseconds, by the library that knows calendars.
    fn micros(text: &str) -> i64 {
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros()
    }

    #[test]
    fn events_are_those_of_the_csv() {
        same_as_csv(&["events"], 200);
        same_as_csv(&["events", "--all"], 300);
    }

    #[test]
    fn sources_are_those_of_the_csv() {
        same_as_csv(&["sources"], 20);
    }
}
