//! Which channel a class of abuse from a region goes to: exactly one, or none and the reason.

use std::fmt;

use super::profile::{Channel, Profile};
use crate::class::Class;

/// Why there is no channel. Each prints as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrouted {
    /// The operator takes no reports of the class.
    NotHandled {
        /// The operator's name.
        operator: String,
        /// The class.
        class: Class,
    },
    /// The channel depends on a region, and the address is in none that is known.
    RegionUnknown {
        /// The operator's name.
        operator: String,
        /// The regions there are.
        regions: Vec<String>,
    },
    /// No route is for that class and region.
    NoRoute {
        /// The operator's name.
        operator: String,
        /// The class.
        class: Class,
        /// The region.
        region: Option<String>,
    },
    /// Several routes are.
    Several {
        /// The operator's name.
        operator: String,
        /// The class.
        class: Class,
        /// Their channels.
        channels: Vec<String>,
    },
}

impl fmt::Display for Unrouted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHandled { operator, class } => {
                write!(f, "{operator} takes no reports of {class}")
            }
            Self::RegionUnknown { operator, regions } => write!(
                f,
                "the mailbox of {operator} depends on the region ({}), and no prefix list or AS \
                 tells which one this address is in",
                regions.join(", ")
            ),
            Self::NoRoute { operator, class, region: Some(region) } => {
                write!(f, "the file of {operator} names no channel for {class} in region {region}")
            }
            Self::NoRoute { operator, class, region: None } => {
                write!(f, "the file of {operator} names no channel for {class}")
            }
            Self::Several { operator, class, channels } => write!(
                f,
                "the file of {operator} names several channels for {class} ({}); exactly one \
                 has to match",
                channels.join(", ")
            ),
        }
    }
}

impl std::error::Error for Unrouted {}

/// The channel for a class of abuse from an address in `region`.
///
/// # Errors
///
/// [`Unrouted`] where not exactly one route matches. A region that is not
/// known is never guessed, nor are all of its mailboxes tried: desks ignore
/// what was broadcast.
pub fn channel<'p>(
    profile: &'p Profile,
    class: Class,
    region: Option<&str>,
) -> Result<&'p Channel, Unrouted> {
    let operator = || profile.name.clone();
    if !profile.accepts(class) {
        return Err(Unrouted::NotHandled { operator: operator(), class });
    }
    let of_class = || profile.route.iter().filter(|r| r.class.iter().any(|c| c.covers(class)));
    if region.is_none() && of_class().any(|r| r.region.is_some()) {
        let regions = profile.region.iter().map(|r| r.name.clone()).collect();
        return Err(Unrouted::RegionUnknown { operator: operator(), regions });
    }
    let fits: Vec<&str> = of_class()
        .filter(|r| r.region.is_none() || r.region.as_deref() == region)
        .map(|r| r.channel.as_str())
        .collect();
    let no_route =
        || Unrouted::NoRoute { operator: operator(), class, region: region.map(str::to_owned) };
    match fits.as_slice() {
        [] => Err(no_route()),
        [one] => profile.channel_named(one).ok_or_else(no_route),
        several => Err(Unrouted::Several {
            operator: operator(),
            class,
            channels: several.iter().map(|&c| c.to_owned()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
id = "x"
name = "X"
classes = ["spam", "harvest", "probe", "ssh-login", "port-scan"]
[[region]]
name = "north"
[[region]]
name = "south"
[[channel]]
id = "mail"
kind = "email"
to = "abuse@example.net"
[[channel]]
id = "north"
kind = "email"
to = "north@example.net"
[[route]]
class = ["spam", "harvest"]
channel = "mail"
[[route]]
class = ["harvest"]
channel = "north"
[[route]]
class = ["ssh-login"]
region = "north"
channel = "north"
"#;

    #[test]
    fn exactly_one() {
        let profile: Profile = toml::from_str(FILE).unwrap();
        for (class, region, want) in [
            (Class::Spam, None, "mail"),
            (Class::Spam, Some("south"), "mail"),
            (Class::SshLogin, Some("north"), "north"),
            (
                Class::SshLogin,
                None,
                "the mailbox of X depends on the region (north, south), and no prefix list or AS \
                 tells which one this address is in",
            ),
            (
                Class::SshLogin,
                Some("south"),
                "the file of X names no channel for ssh-login in region south",
            ),
            (
                Class::Harvest,
                None,
                "the file of X names several channels for harvest (mail, north); exactly one has \
                 to match",
            ),
            (Class::Probe, None, "the file of X names no channel for probe"),
            (Class::MailLogin, None, "X takes no reports of mail-login"),
        ] {
            let got = channel(&profile, class, region);
            assert_eq!(got.map_or_else(|e| e.to_string(), |c| c.id.clone()), want);
        }
    }

    #[test]
    fn a_star_is_every_class_and_no_fallback() {
        let text = FILE.replace("class = [\"spam\", \"harvest\"]", "class = [\"*\"]");
        let profile: Profile = toml::from_str(&text).unwrap();
        assert_eq!(channel(&profile, Class::PortScan, None).unwrap().id, "mail");
        let several = channel(&profile, Class::SshLogin, Some("north")).unwrap_err();
        assert!(matches!(several, Unrouted::Several { .. }));
    }
}
