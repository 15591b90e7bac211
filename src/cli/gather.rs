//! The options of `plaint gather`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use plaint::commands::gather::Asked as Gathering;
use plaint::config::Config;
use plaint::fault::{Fault, Outcome};
use plaint::gather::{Servers, Store};

#[derive(Debug, Args)]
pub struct GatherArgs {
    /// A folder that `plaint report` wrote
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Ask WHOIS, from IANA on by referrals
    #[arg(long)]
    pub whois: bool,
    /// Ask RDAP at the registry that IANA's bootstrap files name; needs curl
    #[arg(long)]
    pub rdap: bool,
    /// Run the system's traceroute
    #[arg(long)]
    pub traceroute: bool,
    /// Ask a DNS zone of abuse contacts (Abusix asks to be named where its data is used)
    #[arg(long)]
    pub dns: bool,
    /// Where answers go that the configuration names no folder for
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub into: PathBuf,
    /// Ask again where an answer is older than this
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub max_age: u32,
    /// Seconds between two questions
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub pause: f64,
    /// Seconds that one answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub patience: u64,
    /// The first WHOIS server
    #[arg(long, value_name = "HOST[:PORT]", help_heading = "Servers", hide_short_help = true)]
    pub whois_server: Option<String>,
    /// Where the RDAP bootstrap files lie
    #[arg(long, value_name = "URL", help_heading = "Servers", hide_short_help = true)]
    pub rdap_bootstrap: Option<String>,
    /// The name server; the first of /etc/resolv.conf unless told
    #[arg(long, value_name = "HOST[:PORT]", help_heading = "Servers", hide_short_help = true)]
    pub dns_server: Option<String>,
    /// The zone of abuse contacts
    #[arg(long, value_name = "NAME", help_heading = "Servers", hide_short_help = true)]
    pub dns_zone: Option<String>,
    /// The traceroute program
    #[arg(long, value_name = "FILE", help_heading = "Servers", hide_short_help = true)]
    pub traceroute_program: Option<PathBuf>,
}

impl GatherArgs {
    /// What is asked, and where answers go.
    pub fn asked(&self, config: &Config) -> Outcome<Gathering> {
        if !(self.whois || self.rdap || self.traceroute || self.dns) {
            return Err(
                Fault::usage("nothing is asked").hint("add --whois, --rdap, --traceroute or --dns")
            );
        }
        let store = |wanted: bool, configured: &Option<PathBuf>, name: &str| {
            let folder = configured.clone().unwrap_or_else(|| self.into.join(name));
            wanted.then(|| Store::new(folder, i64::from(self.max_age) * 86_400))
        };
        let (mut servers, paths) = (Servers::default(), &config.operators);
        servers.whois = self.whois_server.clone().unwrap_or(servers.whois);
        servers.traceroute = self.traceroute_program.clone().unwrap_or(servers.traceroute);
        if let Some(url) = &self.rdap_bootstrap {
            servers.rdap_bootstrap = format!("{}/", url.trim_end_matches('/'));
        }
        servers.dns = self.dns_server.clone();
        servers.dns_zone = self.dns_zone.clone().unwrap_or(servers.dns_zone);
        Ok(Gathering {
            dns: store(self.dns, &None, "dns"),
            whois: store(self.whois, &paths.whois, "whois"),
            rdap: store(self.rdap, &paths.rdap, "rdap"),
            traceroute: store(self.traceroute, &paths.traceroute, "traceroute"),
            servers,
        })
    }

    /// The seconds to wait.
    pub fn waits(&self) -> Outcome<(Duration, Duration)> {
        let pause = Duration::try_from_secs_f64(self.pause).map_err(|e| {
            Fault::usage(format!("--pause {}: {e}", self.pause))
                .hint("seconds are wanted, such as --pause 0.5")
        })?;
        Ok((pause, Duration::from_secs(self.patience.clamp(1, 3600))))
    }
}
