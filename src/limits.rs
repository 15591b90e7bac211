//! Every bound of the program, and where its number comes from.

use serde::Serialize;

/// A bound that a run met, so that what it counted is not all there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bound {
    /// Its name: `max-sources`, `sessions-open`, `facts-held`, `repeats`.
    pub limit: &'static str,
    /// What it is.
    pub is: u64,
    /// How much lay beyond it: lines, sessions, lines; none where that is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<u64>,
    /// A sentence for people.
    pub text: String,
}

/// Longest line that is read, in bytes; longer ones are `unread`. rsyslog's
/// default message size is 8 KiB and journald's line limit 48 KiB.
pub const LINE_BYTES: usize = 64 * 1024;

/// Bytes of one chunk of input: what a core works through between two looks at
/// the rest. Measured from 128 KiB to 2 MiB: below, handing over shows; above, nothing is gained.
pub const CHUNK_BYTES: usize = 1024 * 1024;

/// The same where one thread does it all: nothing is handed over, and what is read is still in a near cache
/// when it is summed up. Measured as above.
pub const CHUNK_BYTES_ALONE: usize = 256 * 1024;

/// A session is over after this many seconds without a line: no daemon here lets a login wait
/// longer than minutes, and process numbers come again after some hours.
pub const SESSION_SILENCE_SECONDS: i64 = 6 * 3600;

/// A line that trails a closed session (`PAM 5 more …`) joins it for this long: it is written at
/// the same instant, and a relay may hold it for some seconds.
pub const TRAILER_SECONDS: i64 = 60;

/// PAM tells of a try this long before sshd does, at most: its delay after a failure is two
/// seconds, and a slow directory behind it times out within a minute.
pub const PAM_SECONDS: i64 = 60;

/// `message repeated N times` counts at most this many: rsyslog repeats a
/// message no more often than its interval allows, and a larger number is a
/// forgery or a fault.
pub const REPEATS: u32 = 10_000;

/// `last message repeated N times` refers to a line at most this long before it: a syslogd
/// writes it after 600 s at the latest (BSD's `repeatinterval`), and a longer silence means that
/// lines are missing.
pub const REPEAT_SECONDS: i64 = 3600;

/// Sources kept of one run, of those that logged in or tried to, and once more of those that only
/// sent packets, which anyone can forge: at 400 bytes each, 1.7 GB. What is left out is told.
pub const SOURCES: usize = 4 << 20;

/// Sources kept of one IPv6 /64, once there are more than [`SOURCES`]: a /64 is what a single
/// customer gets, and who floods from one must not push others out.
pub const SOURCES_OF_A_NETWORK: usize = 64;

/// Sessions that are open at once before some are settled early: those of the sources that have the
/// most, the longest silent first. At 300 bytes each, 300 MB; a busy mail relay has some thousand.
pub const SESSIONS_OPEN: usize = 1 << 20;

/// Facts that wait until other logs have been read up to their time: some chunks of each of a
/// hundred logs. At 100 bytes each, 100 MB.
pub const FACTS_HELD: usize = 1 << 20;

/// Packed logs that are unpacked side by side, where their times overlap; more wait for these. xz
/// takes up to 9 MiB to unpack what its default settings packed.
pub const PACKED_OPEN: usize = 32;

/// Bytes that packed logs hold, unpacked, kept of all logs of a run together between the look at their times and their
/// reading: so most servers' rotated logs are unpacked once, and a run stays under the 256 MiB that it is to take.
pub const UNPACKED_KEPT: usize = 128 << 20;

/// As many of them stay where lines are read once more: a report takes 190 MB itself.
pub const UNPACKED_KEPT_LATER: usize = 48 << 20;

/// Ports listed per source; the rest are counted. A scan of the well-known ports fits.
pub const PORTS_LISTED: usize = 1024;

/// (address, port) pairs kept per source to tell a scan from a sweep: thresholds are of ten or so.
pub const TARGETS_KEPT: usize = 256;

/// Lines of evidence kept per source while a report is made: desks read a few dozen, and the places of
/// these take 16 KiB.
pub const EVIDENCE_LINES: usize = 1024;

/// Lines of evidence kept of all sources together: each place and what was decided of it takes 16 bytes, and
/// half as many are read back at most. Where there are more, each source keeps 512, or 256, and so on.
pub const EVIDENCE_LINES_KEPT: usize = 1 << 21;

/// Buckets of time kept per source while a report is made, and bars of the chart over time: four
/// pixels each on a telephone of 400.
pub const TIMELINE_BUCKETS: usize = 96;

/// Octets of an item of evidence in XARF: its specification, version 4.2.0.
pub const XARF_EVIDENCE_BYTES: usize = 5 * 1024 * 1024;

/// Rows of the page's long lists; the rest are counted, and are in `summary.json` and `held.jsonl`.
/// A hundred is what a person scrolls through.
pub const PAGE_ROWS: usize = 100;

/// Lines of evidence read back for all sources together; when there are more, each source has
/// fewer, and each report says how many of how many it has: 32 turns of [`EVIDENCE_AT_ONCE`].
pub const EVIDENCE_LINES_TOTAL: usize = 1 << 20;

/// Lines of evidence in memory at once while a report is made; the others wait in files. At 200
/// bytes each, and twice that of what is known of it, 20 MB.
pub const EVIDENCE_AT_ONCE: usize = 1 << 15;

/// Bytes of files that a thread keeps until it hashes them together: half of a second cache of 1 MiB.
pub const HASHED_TOGETHER: usize = 1 << 19;

/// Sources that are judged at once while a report is made: what is said of each takes 2 KB.
pub const SOURCES_AT_ONCE: usize = 1 << 12;

/// Bytes of evidence that wait in memory for their turn; what is more waits in files.
pub const SPOOL_BYTES: usize = 16 << 20;

/// Bytes of a note that are written at once while a report is made: there are three of each operator.
pub const NOTE_BYTES: usize = 1 << 15;

/// A stamp may lie this long past the end of its file and keep its year:
/// clocks drift, and a rotation is not instant.
pub const YEAR_SLACK_SECONDS: i64 = 24 * 3600;

/// A stamp without a year that lies this many days before its forerunner
/// begins a new year; less is disorder.
pub const YEAR_STEP_DAYS: i64 = 31;

/// Years that a stamp may be of; one outside is damaged. An instant is 64 bits of nanoseconds from
/// 1970, which end in 2262, and differences of instants are taken without looking.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// New Years in one input without written years that are kept apart: more cannot be within
/// [`YEARS`], and each line is compared with each of them. As many are heeded that lines of the same days write.
pub const YEARS_BEGUN: usize = 256;

/// Readings of one message that are kept; more are as ambiguous as these.
pub const READINGS_KEPT: usize = 4;

/// Bytes that one compressed byte may become before the input is refused: deflate cannot exceed 1032.
pub const INFLATE_RATIO: u64 = 1100;

/// Files of one tar archive that are read: a server's `/var/log` with a year of rotations has a few thousand.
pub const TAR_MEMBERS: usize = 100_000;

/// Largest configuration, operator file or saved output of a clock program, in bytes: the largest
/// that ships is 6 KiB.
pub const PROFILE_BYTES: u64 = 1 << 20;

/// Operator files that may build on each other in a row: a desk on its operator on `generic` is two.
pub const INCLUDE_DEPTH: usize = 8;

/// Largest prefix list, in bytes: all 1.3 million prefixes of the internet's routing table take 25 MB.
pub const PREFIX_LIST_BYTES: u64 = 256 << 20;

/// Prefixes of all operators together: the internet's routing table, three times over. Each takes
/// about 60 bytes.
pub const PREFIXES: usize = 4 << 20;

/// Largest database of origin ASes, in bytes: GeoLite2-ASN has 11 MB, IPinfo's 80.
pub const ASN_DB_BYTES: u64 = 1 << 30;

/// Bytes of a saved answer of whois or traceroute that are read; a report says where one is cut.
/// The largest whois answers have a few dozen KiB.
pub const TRANSCRIPT_BYTES: u64 = 64 * 1024;

/// Stretches of lines whose clock was not set that are known of an input. More means that nothing tells which lines are right.
pub const STRAYS_KEPT: usize = 65_536;

/// Places where clocks were put back that are remembered of an input. More means that its lines
/// are in no order at all, and then order settles nothing.
pub const PUT_BACK_KEPT: usize = 65_536;

/// Doubtful lines of one process that wait for a line that says which reading is true; later ones
/// stay quarantined. A connection has at most a dozen tries before sshd ends it.
pub const DOUBTS_KEPT: usize = 64;

/// Leaves of the tree of a MaxMind database that are looked at before it counts as one without AS
/// numbers. Empty leaves count too: a tree whose branches meet again has few nodes, no data, and
/// more ways through it than can ever be walked.
pub const LEAVES_LOOKED_AT: usize = 100_000;

/// Threads that may be asked for: more than the cores of any machine this will see.
pub const THREADS: usize = 256;

/// Unread lines that `inspect` shows: enough to tell why, on one screen. The rest are counted.
pub const UNREAD_SHOWN: usize = 10;

/// Bytes of one answer of WHOIS, RDAP or traceroute that are read: the largest
/// real one that was seen, LACNIC's of a whole member, has 96 KiB.
pub const ANSWER_BYTES: u64 = 1024 * 1024;

/// Members of a JSON record that are read: journald writes some sixty, flow records fewer.
pub const JSON_MEMBERS: usize = 160;

/// Lines within lines that are unwrapped: a relay's header, a container's record, and the line itself.
pub const WRAPPINGS: usize = 3;

/// Rows of a Parquet table that are kept until they are written as one group: some 10 MB of events,
/// and enough for what readers gain from columns.
pub const PARQUET_ROWS: usize = 65_536;

/// Places in which `verify` looks up the lines of one log: as many hosts' logs of one name lie in few archives.
pub const LOG_PLACES: usize = 64;

/// Parts of a log's name that are compared with where logs are, from the last one on: a path is a dozen deep.
pub const LOG_NAME_PARTS: usize = 64;

/// Bytes of a log's name that `verify` looks for: Linux opens no longer path (`PATH_MAX`).
pub const LOG_NAME_BYTES: usize = 4096;
