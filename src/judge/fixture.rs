//! Cases built by hand, for the tests of this stage and the next.

use std::path::Path;

use tempfile::TempDir;

use crate::addr::Addr;
use crate::class::{Class, Reading};
use crate::config::{ClockStatement, Config};
use crate::dialect::{Kind, Transport};
use crate::operator::Operators;
use crate::session::{Outcome, Place, Settled, Spot};
use crate::source::{Keeping, Packet, Partial, ScanLimits};
use crate::time::{Basis, Instant, Moment};

use super::{Case, Context, EvidenceLine, holds_other_address};

/// 2026-02-03T03:14:07Z.
pub const START: i64 = 1_770_088_447;

/// What makes a scan.
pub const LIMITS: ScanLimits = ScanLimits { ports: 15, addresses: 10 };

/// Reads an address.
pub fn addr(text: &str) -> Addr {
    Addr::parse(text.as_bytes()).unwrap()
}

/// A configuration that lacks nothing.
pub fn config() -> Config {
    parsed(
        r#"
        [reporter]
        name = "J. Smith"
        organisation = "Example Research Ltd"
        email = "abuse-reports@example.org"
        phone = "+442079460958"
        [networks]
        mine = ["203.0.113.0/24"]
        "#,
    )
}

/// A configuration from text.
pub fn parsed(text: &str) -> Config {
    Config::parse(text, "plaint.toml".as_ref()).unwrap()
}

/// A clock that is known to be right.
pub fn clock() -> ClockStatement {
    ClockStatement {
        synchronised: Some(true),
        bound_seconds: Some(0.012),
        measured: Some("2026-02-03T03:00:00Z".into()),
        origin: "chronyc tracking".into(),
    }
}

/// The shipped operators, and BT and Janet with prefixes for documents.
pub struct World {
    _dir: TempDir,
    pub operators: Operators,
    pub config: Config,
    pub clock: ClockStatement,
    pub now: Option<Instant>,
}

impl World {
    /// With the usual operator files.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With further operator files.
    pub fn with(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bt = "id = 'bt'\nextends = 'bt'\n[[region]]\nname = 'uk'\nprefix_file = 'uk.txt'\n[[region]]\nname = 'non-uk'\n[match]\nprefixes = ['198.51.100.192/26']\n";
        let janet = "id = 'janet'\nextends = 'janet'\n[match]\nprefixes = ['192.0.2.0/24', '2001:db8::/32']\n";
        std::fs::write(dir.path().join("uk.txt"), "# ours\n198.51.100.0/25\n").unwrap();
        std::fs::write(dir.path().join("bt.toml"), bt).unwrap();
        std::fs::write(dir.path().join("janet.toml"), janet).unwrap();
        for (i, text) in files.iter().enumerate() {
            std::fs::write(dir.path().join(format!("x{i}.toml")), text).unwrap();
        }
        let operators = Operators::load(Some(dir.path()), None).unwrap();
        Self { _dir: dir, operators, config: config(), clock: clock(), now: None }
    }

    /// The context of this world.
    pub fn context(&self) -> Context<'_> {
        Context {
            config: &self.config,
            clock: &self.clock,
            now: self.now,
            generic: self.operators.get("generic"),
        }
    }

    /// The case of a log's only source.
    pub fn case<'a>(&'a self, log: &'a Log) -> Case<'a> {
        let source = log.partial.get(log.addr).unwrap();
        Case {
            addr: log.addr,
            source,
            incidents: source.incidents(LIMITS),
            attribution: Some(self.operators.whose(log.addr.ip()).unwrap()),
            evidence: log.lines.clone(),
            whois: None,
            traceroute: None,
            rdap: None,
        }
    }
}

/// What one source did.
pub struct Log {
    pub addr: Addr,
    pub partial: Partial,
    pub lines: Vec<EvidenceLine>,
    at: i64,
    offset: u64,
}

impl Log {
    /// Nothing yet.
    pub fn of(source: &str) -> Self {
        let (partial, at) = (Partial::new(Some(Keeping::of(1))), START);
        Self { addr: addr(source), partial, lines: Vec::new(), at, offset: 0 }
    }

    /// Adds a line with the stamp of syslog; `{}` stands for the source.
    pub fn line(&mut self, kind: Kind, rest: &str) -> &mut EvidenceLine {
        let at = Instant::from_seconds(self.at);
        let mut bytes =
            format!("Feb  3 04:{:02}:{:02} ", self.at / 60 % 60, self.at % 60).into_bytes();
        let stamp = 0..15;
        bytes.extend_from_slice(rest.replace("{}", &self.addr.to_string()).as_bytes());
        let place = Place { input: 0, offset: self.offset };
        let source = self.addr;
        let other =
            holds_other_address(&bytes, source, |a| a.to_string().starts_with("203.0.113."));
        self.offset += bytes.len() as u64 + 1;
        let dialect = match kind.facts().family {
            crate::class::Family::Sshd => "sshd",
            crate::class::Family::Firewall => "netfilter",
            crate::class::Family::Mail => "postfix",
        };
        self.lines.push(EvidenceLine {
            place,
            path: Path::new("auth.log").into(),
            line: self.lines.len() as u64 + 1,
            offset: place.offset,
            bytes,
            stamp,
            moment: Moment { at, basis: Basis { told_zone: true, ..Basis::default() } },
            zone: "+01:00".into(),
            kind,
            dialect,
            class: kind.facts().class,
            reading: Reading::Hostile,
            source_port: None,
            destination: None,
            destination_port: None,
            assumed_destination: false,
            assumed_port: false,
            transport: None,
            user: None,
            host: b"bastion"[..].into(),
            program: b"sshd"[..].into(),
            pid: Some(4121),
            other_addresses: other,
        });
        self.at += 2;
        self.lines.last_mut().unwrap()
    }

    fn settle(&mut self, outcome: Outcome, kind: Kind, port: u16) {
        let last = self.lines.last().unwrap();
        let end = Spot::new(last.moment.at, last.place);
        self.partial.add(&Settled {
            source: self.addr,
            family: kind.facts().family,
            outcome,
            classes: [(kind.facts().class, 1), (None, 0), (None, 0), (None, 0)],
            lines: 1,
            first: end,
            last: end,
            keys_offered: false,
            lone: false,
            our_port: port,
            told: Vec::new(),
        });
    }

    /// `n` refused logins.
    pub fn ssh(mut self, n: u16) -> Self {
        for i in 0..n {
            let port = 40_000 + i;
            let text =
                format!("bastion sshd[4121]: Failed password for alice from {{}} port {port} ssh2");
            let line = self.line(Kind::Failed, &text);
            line.source_port = Some(port);
            line.destination = Some(addr("203.0.113.10"));
            line.assumed_destination = true;
            line.destination_port = Some(22);
            line.assumed_port = true;
            line.user = Some(b"alice".to_vec());
            self.settle(Outcome::Hostile, Kind::Failed, 22);
        }
        self
    }

    /// One login that worked.
    pub fn accepted(mut self) -> Self {
        self.settle(Outcome::LoggedIn, Kind::Accepted, 22);
        self
    }

    /// `n` refused deliveries, without the client's port.
    pub fn spam(self, n: u16) -> Self {
        self.spam_at(n, 25)
    }

    /// The same at a port of ours; 0 where it is not known.
    pub fn spam_at(mut self, n: u16, port: u16) -> Self {
        for _ in 0..n {
            let line = self.line(
                Kind::Spam,
                "mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[{}]: 554 5.7.1 blocked",
            );
            line.destination = Some(addr("203.0.113.25"));
            line.assumed_destination = true;
            line.destination_port = Some(port).filter(|p| *p > 0);
            line.program = b"postfix/smtpd"[..].into();
            self.settle(Outcome::Hostile, Kind::Spam, port);
        }
        self
    }

    /// `n` packets to ports from 1000 on.
    pub fn packets(mut self, n: u16, transport: Transport) -> Self {
        for i in 0..n {
            let port = (transport != Transport::Icmp).then_some(1000 + i);
            let text = format!(
                "fw kernel: IN=eth0 OUT= SRC={{}} DST=203.0.113.10 PROTO={} SPT=50000 DPT={}",
                transport.word().to_uppercase(),
                1000 + i
            );
            let line = self.line(Kind::Packet, &text);
            line.transport = Some(transport);
            line.destination = Some(addr("203.0.113.10"));
            line.destination_port = port;
            line.source_port = port.map(|_| 50_000);
            line.program = b"kernel"[..].into();
            let (at, place) = (line.moment.at, line.place);
            let destination = line.destination;
            self.partial.add_packet(
                self.addr,
                &Packet { at, place, transport, destination, port, times: 1 },
            );
        }
        self
    }

    /// The classes of its incidents.
    pub fn classes(&self) -> Vec<Class> {
        let source = self.partial.get(self.addr).unwrap();
        source.incidents(LIMITS).iter().map(|i| i.class).collect()
    }
}
