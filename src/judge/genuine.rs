//! Is it the source, and is it anybody else's? Reserved, ours, forged.

use crate::class::{Class, Family};
use crate::operator::Need;

use super::case::{Case, Confidence, Context, authority};
use super::finding::{Effect, Finding};
use super::reserved::{Special, special};
use crate::operator::{Profile, Proven};
use crate::source::{ClassTally, FAILED_BEFORE_LOGIN};

/// What holds of the source whatever it did. `login-succeeded` comes first.
#[must_use]
pub fn source(case: &Case<'_>, context: &Context<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    out.extend(login_succeeded(case));
    let reserved = reserved(case);
    // Nobody is to be looked for who claims an address that is nobody's.
    let nobodys = reserved.is_some();
    out.extend(reserved);
    out.extend(ours(case, context));
    out.extend(claimed(case).filter(|f| !(nobodys && f.effect == Effect::Unattributed)));
    out
}

fn login_succeeded(case: &Case<'_>) -> Option<Finding> {
    case.source.login_succeeded().then(|| {
        let (tries, logins) = (case.source.attempts(), case.source.logins());
        let when = case.source.first_login().map(|t| format!(", first {t}")).unwrap_or_default();
        Finding::new(
            "login-succeeded",
            Effect::Warn,
            format!("{tries} refused, {logins} accepted{when}"),
            format!(
                "{} logged in {} after {tries} refused tries in other sessions ({FAILED_BEFORE_LOGIN} \
                 or more are told): somebody may be inside.",
                case.addr,
                if logins == 1 { "once".to_owned() } else { format!("{logins} times") },
            ),
        )
        .remedy(format!(
            "look at what was done in the sessions of {} before anything else",
            case.addr
        ))
        .by(("whoever runs the host".to_owned(), "generic".to_owned()))
    })
}

fn reserved(case: &Case<'_>) -> Option<Finding> {
    let special = special(case.addr)?;
    let claimed = case.attribution.as_ref().is_some_and(|a| a.operator.is_some());
    if matches!(special, Special::Documentation(_)) && claimed {
        return None;
    }
    let finding = Finding::new(
        "SRC-1",
        Effect::Hold,
        case.addr,
        format!("{} is {}: no operator answers for it.", case.addr, special.word()),
    );
    Some(match special {
        Special::Private(_) => finding.remedy(
            "the log may show a NAT gateway, load balancer or proxy instead of the true source: \
             look for the address in that device's own log, or have it pass the address on",
        ),
        Special::Documentation(_) => {
            finding.remedy("only an operator file that claims it changes that")
        }
        Special::Nobodys(_) => finding,
    })
}

fn ours(case: &Case<'_>, context: &Context<'_>) -> Option<Finding> {
    let networks = &context.config.networks;
    let ip = case.addr.ip();
    let (what, key) = if networks.is_mine(ip) {
        ("lies in our own networks", "mine")
    } else if networks.is_allowed(ip) {
        ("is allowed to knock", "allow")
    } else {
        return None;
    };
    let text = format!("{} {what} (networks.{key}).", case.addr);
    Some(Finding::new("SRC-3", Effect::Hold, case.addr, text))
}

fn claimed(case: &Case<'_>) -> Option<Finding> {
    let attribution = case.attribution.as_ref();
    let Some(record) = attribution.and_then(|a| a.record.as_ref()) else {
        let origin = attribution.and_then(|a| a.origin.as_ref()).map(|o| {
            let ases: Vec<String> = o.asns.iter().map(|n| format!("AS{n}")).collect();
            format!(" {} is announced by {}.", o.prefix, ases.join(", "))
        });
        return Some(
            Finding::new(
                "SRC-2",
                Effect::Unattributed,
                case.addr,
                format!("no operator file claims {}.{}", case.addr, origin.unwrap_or_default()),
            )
            .remedy("write an operator file whose prefixes or AS hold it, and name its folder by --operators"),
        );
    };
    let kind = match record.kind {
        Proven::PrefixList => "a prefix list",
        Proven::Allocation => "a registry: to whom the address was given, not who announces it",
        Proven::OriginAs => "an AS database: who announces the address, not to whom it was given",
    };
    let others: Vec<String> = attribution
        .into_iter()
        .flat_map(|a| &a.others)
        .map(|r| format!("{} ({})", r.operator, r.prefix))
        .collect();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!(" Also claimed, by a shorter prefix or weaker proof: {}.", others.join(", "))
    };
    Some(Finding::new(
        "SRC-2",
        Effect::Note,
        format!("{} {}", record.prefix, record.file.display()),
        format!("{} lies in {} of {}, by {kind}.{also}", case.addr, record.prefix, record.operator),
    ))
}

/// How sure the source of an incident is.
#[must_use]
pub fn confidence(case: &Case<'_>, tally: &ClassTally) -> Confidence {
    if tally.class.family() != Family::Firewall {
        return Confidence::High;
    }
    let packets = case.source.family(Family::Firewall).and_then(|t| t.packet());
    if packets.is_some_and(|p| p.tcp > 0) { Confidence::Medium } else { Confidence::Low }
}

/// What speaks against the source being the one that is named.
#[must_use]
pub fn forgeable(case: &Case<'_>, tally: &ClassTally, rules: Option<&Profile>) -> Vec<Finding> {
    let class = tally.class;
    let mut out = Vec::new();
    let sure = confidence(case, tally);
    match sure {
        Confidence::High => out.push(
            Finding::new(
                "SRC-5",
                Effect::Note,
                "handshake",
                "the connection was completed, so the source address cannot be forged.".to_owned(),
            )
            .class(class),
        ),
        Confidence::Medium => out.push(
            Finding::new(
                "SRC-5",
                Effect::Note,
                "SYN alone",
                "no connection was completed: filed at medium confidence, with the words \
                 `source address may be forged`."
                    .to_owned(),
            )
            .class(class),
        ),
        Confidence::Low => {
            out.push(Finding::new("SRC-5", Effect::Hold, carriers(case), alone(class)).class(class))
        }
    }
    if let Some(rules) = rules
        && sure < Confidence::High
        && rules
            .threshold
            .get(&crate::config::ClassWord(class))
            .is_some_and(|t| t.handshake == Need::Must)
    {
        out.push(
            Finding::new(
                "SRC-5",
                Effect::Hold,
                "no handshake",
                format!(
                    "{} takes reports of {class} only where a connection was completed.",
                    rules.name
                ),
            )
            .class(class)
            .by(authority(rules)),
        );
    }
    out
}

fn alone(class: Class) -> String {
    format!("{class}: UDP, ICMP or another protocol alone; its source is easily forged.")
}

fn carriers(case: &Case<'_>) -> String {
    let Some(p) = case.source.family(Family::Firewall).and_then(|t| t.packet()) else {
        return "none logged".to_owned();
    };
    [(p.udp, "udp"), (p.icmp, "icmp"), (p.other, "other")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect::<Vec<_>>()
        .join(", ")
}
