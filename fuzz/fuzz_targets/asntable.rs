//! libFuzzer on `targets::asn_table`.
#![no_main]
#![allow(dead_code, missing_docs)]

#[path = "../../tests/fuzz/inert.rs"]
mod inert;
#[path = "../../tests/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::asn_table(data));
