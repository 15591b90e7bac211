//! [`Unread`]: why a line has no reading.

/// Why a line has no reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unread {
    /// Nothing on it.
    Empty,
    /// It holds a NUL byte: damaged, or made to end a string early.
    Nul,
    /// Longer than any line may be.
    TooLong,
    /// No stamp of a form we know at its start.
    NoEnvelope,
    /// A stamp whose year or zone cannot be known, or of a clock that was not set.
    NoTime,
    /// A JSON record that names a member twice: readers differ on which counts.
    Twice,
    /// The last of its log, without an end, and what it ends with may be the beginning of another
    /// address: `192.0.2.9` of `192.0.2.90`.
    Unended,
}

impl Unread {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Empty,
        Self::Nul,
        Self::TooLong,
        Self::NoEnvelope,
        Self::NoTime,
        Self::Twice,
        Self::Unended,
    ];

    /// The reason in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "empty line",
            Self::Nul => "holds a NUL byte",
            Self::TooLong => "longer than 65536 bytes",
            Self::NoEnvelope => "no time stamp of a known form at its start",
            Self::NoTime => {
                "its stamp's year or zone is unknown, its clock was not set, or it is no date"
            }
            Self::Twice => "a JSON record that names a member twice",
            Self::Unended => "the log ends within an address, or right behind it",
        }
    }
}
