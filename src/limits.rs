//! Every bound of the program, and where its number comes from.

/// Longest line that is read, in bytes; longer ones are `unread`. rsyslog's
/// default message size is 8 KiB and journald's line limit 48 KiB.
pub const LINE_BYTES: usize = 64 * 1024;

/// Bytes of one chunk of input: what a core works through between two looks at
/// the rest. It and the facts found in it stay within a second-level cache.
pub const CHUNK_BYTES: usize = 512 * 1024;

/// A session is over after this many seconds without a line.
pub const SESSION_SILENCE_SECONDS: i64 = 6 * 3600;

/// A line that trails a closed session (`PAM 5 more …`) joins it for this long.
pub const TRAILER_SECONDS: i64 = 60;

/// PAM tells of a try this long before sshd does, at most.
pub const PAM_SECONDS: i64 = 60;

/// `message repeated N times` counts at most this many: rsyslog repeats a
/// message no more often than its interval allows, and a larger number is a
/// forgery or a fault.
pub const REPEATS: u32 = 10_000;

/// `last message repeated N times` refers to a line at most this long before it: a syslogd
/// writes it after 600 s at the latest (BSD's `repeatinterval`), and a longer silence means that
/// lines are missing.
pub const REPEAT_SECONDS: i64 = 3600;

/// Ports listed per source; the rest are counted.
pub const PORTS_LISTED: usize = 1024;

/// (address, port) pairs kept per source to tell a scan from a sweep.
pub const TARGETS_KEPT: usize = 256;

/// Lines of evidence kept per source while a report is made.
pub const EVIDENCE_LINES: usize = 1024;

/// Buckets of time kept per source while a report is made, and bars of the chart over time: four
/// pixels each on a telephone of 400.
pub const TIMELINE_BUCKETS: usize = 96;

/// Rows of the page's long lists; the rest are counted, and are in `summary.json` and `held.jsonl`.
/// A hundred is what a person scrolls through.
pub const PAGE_ROWS: usize = 100;

/// Lines of evidence kept for all sources together; when there are more, each
/// source keeps fewer.
pub const EVIDENCE_LINES_TOTAL: usize = 8 << 20;

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
/// [`YEARS`], and each line is compared with each of them.
pub const YEARS_BEGUN: usize = 256;

/// Readings of one message that are kept; more are as ambiguous as these.
pub const READINGS_KEPT: usize = 4;

/// Bytes that one compressed byte may become before the input is refused: deflate cannot exceed 1032.
pub const INFLATE_RATIO: u64 = 1100;

/// Unread lines that `inspect` shows.
pub const UNREAD_SHOWN: usize = 10;

/// Bytes of one answer of WHOIS, RDAP or traceroute that are read: the largest
/// real one that was seen, LACNIC's of a whole member, has 96 KiB.
pub const ANSWER_BYTES: u64 = 1024 * 1024;

/// Members of a JSON record that are read: journald writes some sixty, flow records fewer.
pub const JSON_MEMBERS: usize = 160;

/// Lines within lines that are unwrapped: a relay's header, a container's record, and the line itself.
pub const WRAPPINGS: usize = 3;
