//! plaint turns firewall, sshd and mail logs into abuse reports that the
//! operator of the attacking address will act on.
//!
//! The modules stand in the order the data flows; each imports only those
//! above it, and `tests/tidy.rs` keeps it so.
//!
//! 1. Lines: [`input`] finds logs and cuts them into lines, [`envelope`] reads
//!    what the log system wrote around each message, [`time`] puts its stamp
//!    into UTC.
//! 2. Facts: a [`dialect`] says what a message tells of, [`event`] joins that
//!    with the line, [`session`] counts what several lines tell once, and
//!    [`source`] sums it up by address.
//! 3. Verdicts: [`operator`] says whose address that is and what they ask for,
//!    [`judge`] what speaks for and against filing, and [`bundle`] writes the
//!    folder one files. [`gather`] asks WHOIS, RDAP and traceroute, when told to.
//!
//! [`run`] wires them together and holds the only threads that read.

pub mod limits;
pub mod days;
pub mod digits;
pub mod quad;
pub mod addr;
pub mod class;
pub mod fault;
pub mod text;
pub mod hash;
pub mod json;
pub mod config;
pub mod input;
pub mod envelope;
pub mod time;
pub mod dialect;
pub mod event;
pub mod session;
pub mod source;
pub mod operator;
pub mod judge;
pub mod bundle;
pub mod gather;
pub mod run;
pub mod commands;
