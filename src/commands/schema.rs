//! `plaint schema`: the form of each output, as a JSON schema.

use crate::fault::Outcome;

use super::common::print;

/// The outputs that have a schema, by name.
pub const SCHEMAS: [(&str, &str); 5] = [
    ("events", include_str!("schemas/events.json")),
    ("sources", include_str!("schemas/sources.json")),
    ("summary", include_str!("schemas/summary.json")),
    ("manifest", include_str!("schemas/manifest.json")),
    ("config", include_str!("schemas/config.json")),
];

/// Prints a schema.
///
/// # Errors
///
/// What the system says of standard output.
pub fn run(name: &str) -> Outcome<u8> {
    if let Some((_, schema)) = SCHEMAS.iter().find(|(n, _)| *n == name) {
        print(schema.as_bytes())?;
    }
    Ok(0)
}
