//! What messages say: one file a dialect, and one table of them all.

pub mod act;
pub mod spec;
pub mod parts;
pub mod words;
pub mod packet;
pub mod fields;
pub mod mention;
pub mod pam;
pub(crate) mod sshd_rare;
pub mod sshd;
pub mod usual;
pub mod netfilter;
pub mod usual_packet;
pub mod cisco_asa;
pub mod filterlog;
pub mod pf;
pub mod ipfw;
pub mod ipfilter;
pub mod mikrotik;
pub mod fortigate;
pub mod panos;
pub mod juniper_srx;
pub mod screenos;
pub mod sonicwall;
pub mod sophos_utm;
pub mod sophos_xg;
pub mod watchguard;
pub mod stormshield;
pub mod checkpoint;
pub mod suricata;
pub mod snort;
pub mod zeek;
pub mod aws_vpc;
pub mod gcp;
pub mod pfirewall;
pub mod portsentry;
pub mod scanlogd;
pub mod cef;
pub mod meraki;
pub mod cisco_ios;
pub mod azure;
pub mod barracuda;
pub mod postfix;
pub mod dovecot;
pub mod usual_mail;
pub mod exim;
pub mod sendmail;
pub mod courier;
pub mod cyrus;
pub mod uwimap;
pub mod qmail;
pub mod dropbear;
pub mod tinyssh;
pub mod audit;
pub mod endlessh;
pub mod cowrie;
pub mod sshesame;
pub mod nginxmail;
pub mod kerio;
pub mod exchange;
pub mod exchange_tracking;
pub mod msgtrace;
pub mod hmailserver;
pub mod amavis;
pub mod rspamd;
pub mod haraka;
pub mod opensmtpd;
pub mod zimbra;
pub mod policyd;
pub mod spamd;
pub mod mailscanner;
pub mod fortimail;
pub mod proofpoint;
pub mod mimecast;
pub mod esa;
pub mod oracle_mta;
pub mod lfd;
pub mod zonealarm;
pub mod untangle;
pub mod f5;
pub mod cloudgen;
pub mod pfsense;
#[cfg(test)]
pub(crate) mod rows;

use std::sync::{LazyLock, OnceLock};

use crate::envelope::Format;

pub use act::{Act, Edge, Facts, Kind, Tally, Transport, Weight};
pub use spec::{Dialect, Message, Readings, Said};

use crate::digits;

/// Every dialect. The first that claims a program reads its messages; one
/// that knows nothing of a message leaves it to the next.
pub static DIALECTS: &[&Dialect] = &[
    &sshd::DIALECT,
    &netfilter::DIALECT,
    &cisco_asa::DIALECT,
    &filterlog::DIALECT,
    &pf::DIALECT,
    &ipfw::DIALECT,
    &ipfilter::DIALECT,
    &mikrotik::DIALECT,
    &fortigate::DIALECT,
    &panos::DIALECT,
    &juniper_srx::DIALECT,
    &screenos::DIALECT,
    &sonicwall::DIALECT,
    &sophos_utm::DIALECT,
    &sophos_xg::DIALECT,
    &watchguard::DIALECT,
    &stormshield::DIALECT,
    &checkpoint::DIALECT,
    &suricata::DIALECT,
    &snort::DIALECT,
    &zeek::DIALECT,
    &aws_vpc::DIALECT,
    &gcp::DIALECT,
    &pfirewall::DIALECT,
    &portsentry::DIALECT,
    &scanlogd::DIALECT,
    &cef::DIALECT,
    &meraki::DIALECT,
    &cisco_ios::DIALECT,
    &azure::DIALECT,
    &barracuda::DIALECT,
    &postfix::DIALECT,
    &dovecot::DIALECT,
    &pam::DIALECT,
    &exim::DIALECT,
    &sendmail::DIALECT,
    &courier::DIALECT,
    &cyrus::DIALECT,
    &uwimap::DIALECT,
    &qmail::DIALECT,
    &dropbear::DIALECT,
    &tinyssh::DIALECT,
    &audit::DIALECT,
    &endlessh::DIALECT,
    &cowrie::DIALECT,
    &sshesame::DIALECT,
    &nginxmail::DIALECT,
    &kerio::DIALECT,
    &exchange::DIALECT,
    &exchange_tracking::DIALECT,
    &msgtrace::DIALECT,
    &hmailserver::DIALECT,
    &amavis::DIALECT,
    &rspamd::DIALECT,
    &haraka::DIALECT,
    &opensmtpd::DIALECT,
    &zimbra::DIALECT,
    &policyd::DIALECT,
    &spamd::DIALECT,
    &mailscanner::DIALECT,
    &fortimail::DIALECT,
    &proofpoint::DIALECT,
    &mimecast::DIALECT,
    &esa::DIALECT,
    &oracle_mta::DIALECT,
    &lfd::DIALECT,
    &zonealarm::DIALECT,
    &untangle::DIALECT,
    &f5::DIALECT,
    &cloudgen::DIALECT,
    &pfsense::DIALECT,
];

/// A grammar that may match, with both ends of the bytes it begins with: up to
/// sixteen of them are compared without a call.
struct Candidate {
    first: u64,
    mask: u64,
    /// The last eight, where there are more than eight, and where they lie.
    last: u64,
    last_at: usize,
    grammar: &'static Message,
}

impl Candidate {
    fn of(grammar: &'static Message) -> Self {
        let starts = grammar.starts.as_bytes();
        let bits = 8 * u32::try_from(starts.len().min(8)).unwrap_or(0);
        let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        let (last, last_at) = match starts.last_chunk::<8>() {
            Some(last) if starts.len() > 8 => (u64::from_le_bytes(*last), starts.len() - 8),
            _ => (0, 0),
        };
        Self { first: digits::eight(starts), mask, last, last_at, grammar }
    }

    /// Whether a text whose first eight bytes are `first` begins so.
    #[inline(always)]
    fn fits(&self, first: u64, text: &[u8]) -> bool {
        if first & self.mask != self.first {
            return false;
        }
        if self.last_at == 0 {
            // A text that is shorter reads as zeros, which no grammar begins with.
            return true;
        }
        let last = text.get(self.last_at..).and_then(|t| t.first_chunk::<8>());
        last.is_some_and(|l| u64::from_le_bytes(*l) == self.last)
            && (self.last_at <= 8 || text.starts_with(self.grammar.starts.as_bytes()))
    }
}

/// Of one dialect, the grammars that may match by first byte, in table order.
struct Index {
    from: [u16; 257],
    candidates: Vec<Candidate>,
}

impl Index {
    fn of(dialect: &'static Dialect) -> Self {
        let mut index = Self { from: [0; 257], candidates: Vec::new() };
        let (mut begins, mut any) = ([false; 256], false);
        for message in dialect.grammar {
            match message.starts.as_bytes().first().and_then(|b| begins.get_mut(usize::from(*b))) {
                Some(begins) => *begins = true,
                None => any = true,
            }
        }
        for ((byte, next), begins) in (0..=255u8).zip(1usize..).zip(begins) {
            let may = |m: &&Message| m.starts.as_bytes().first().is_none_or(|b| *b == byte);
            // Most bytes begin nothing.
            if any || begins {
                index.candidates.extend(dialect.grammar.iter().filter(may).map(Candidate::of));
            }
            if let Some(end) = index.from.get_mut(next) {
                *end = u16::try_from(index.candidates.len()).unwrap_or(u16::MAX);
            }
        }
        index
    }

    #[inline(always)]
    fn at(&self, byte: u8) -> &[Candidate] {
        match self.from.get(usize::from(byte)..) {
            Some([from, to, ..]) => {
                self.candidates.get(usize::from(*from)..usize::from(*to)).unwrap_or_default()
            }
            _ => &[],
        }
    }
}

/// By a dialect's place; each is made when a line is first for it, since most logs are of few dialects.
static INDEX: [OnceLock<Index>; DIALECTS.len()] = [const { OnceLock::new() }; DIALECTS.len()];

/// Most dialects that a [`Claim`] holds.
pub const DIALECTS_MOST: usize = 128;

const _: () = assert!(DIALECTS.len() <= DIALECTS_MOST);

/// Which dialects read a program's messages: a bit for each place in [`DIALECTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim(u128);

/// The dialects that read lines of a format without a program's tag.
static BARE: LazyLock<Vec<Claim>> =
    LazyLock::new(|| Format::ALL.iter().map(|f| Claim::where_(|d| d.bare.contains(f))).collect());

impl Claim {
    fn where_(claimed: impl Fn(&Dialect) -> bool) -> Self {
        let bit = |(id, d): (usize, &&Dialect)| if claimed(d) { 1 << id } else { 0 };
        Self(DIALECTS.iter().enumerate().map(bit).sum())
    }

    /// The dialects that claim a tag.
    #[must_use]
    pub fn of(program: &[u8]) -> Self {
        let base = program.rsplit(|b| *b == b'/').next().unwrap_or(program);
        // A tag may be the program's whole path: `/usr/sbin/sshd`.
        let rooted = program.first() == Some(&b'/');
        Self::where_(|d| {
            spec::claims(d.programs, program) || rooted && spec::claims(d.programs, base)
        })
    }

    /// The dialects that read what follows the stamp of a line without a tag that any claims.
    #[must_use]
    pub fn bare(format: Format) -> Self {
        BARE.get(format as usize).copied().unwrap_or_default()
    }

    /// One dialect, by its place in [`DIALECTS`].
    #[must_use]
    pub const fn only(id: usize) -> Self {
        Self(if id < DIALECTS.len() { 1 << id } else { 0 })
    }

    /// Every dialect, whatever the tag.
    #[must_use]
    pub fn all() -> Self {
        Self::where_(|_| true)
    }

    /// Whether any of them knows a message that begins with this byte; its trimming apart.
    #[must_use]
    pub fn may_begin(self, byte: u8) -> bool {
        let begins = |m: &Message| m.starts.as_bytes().first().is_none_or(|b| *b == byte);
        self.dialects().filter_map(|id| DIALECTS.get(id)).any(|d| d.grammar.iter().any(begins))
    }

    /// Whether any dialect does.
    #[must_use]
    pub const fn known(self) -> bool {
        self.0 != 0
    }

    /// Their places in [`DIALECTS`], in order.
    pub fn dialects(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let id = left.trailing_zeros() as usize;
            left &= left.checked_sub(1)?;
            Some(id)
        })
    }

    /// The first dialect that does.
    #[must_use]
    pub fn first(self) -> Option<&'static Dialect> {
        self.dialects().next().and_then(|id| DIALECTS.get(id).copied())
    }

    /// Reads a message; also which dialect and grammar did.
    #[inline(always)]
    #[must_use]
    pub fn read<'a>(self, message: &'a [u8]) -> Heard<'a> {
        for id in self.dialects() {
            let (Some(dialect), Some(index)) = (DIALECTS.get(id), INDEX.get(id)) else { continue };
            let index = index.get_or_init(|| Index::of(dialect));
            let text = (dialect.trim)(message);
            let Some(byte) = text.first() else { continue };
            let first = digits::eight(text);
            for c in index.at(*byte) {
                if !c.fits(first, text) {
                    continue;
                }
                let said = (c.grammar.read)(text);
                if !matches!(said, Said::No) {
                    return Heard { said, by: Some((dialect, c.grammar)), id: id as u8 };
                }
            }
        }
        Heard { said: Said::No, by: None, id: u8::MAX }
    }
}

/// What a message said, and which grammar heard it.
#[derive(Clone, Debug)]
pub struct Heard<'a> {
    /// What.
    pub said: Said<'a>,
    /// By which dialect's grammar.
    pub by: Option<(&'static Dialect, &'static Message)>,
    /// The dialect's place in [`DIALECTS`]; 255 for none.
    pub id: u8,
}
