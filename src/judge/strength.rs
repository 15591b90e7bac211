//! Is it worth a desk's time? Counts against thresholds, age against limits.

use crate::class::{Class, Counted, Family};
use crate::config::ClassWord;
use crate::days::SECOND;
use crate::operator::Profile;
use crate::operator::profile::AgeAction;
use crate::source::ClassTally;

use super::case::{Case, Context, Part, authority};
use super::finding::{Effect, Finding};

/// The unit of a class's number of events.
#[must_use]
pub const fn unit(class: Class) -> &'static str {
    match class.counts() {
        Counted::Attempts => "attempts",
        Counted::Connections => "connections",
        Counted::Packets => "packets",
    }
}

/// What counts against a threshold: the number of events, and of packets
/// only TCP's, since the source of others is easily forged.
fn counted(case: &Case<'_>, tally: &ClassTally) -> u64 {
    let packets = case.source.family(Family::Firewall).and_then(|t| t.packet());
    match (tally.class.counts(), packets) {
        (Counted::Packets, Some(p)) => p.tcp.min(tally.packets),
        _ => tally.events(),
    }
}

/// The number of events of a class, where it is less than there must be; and that.
#[must_use]
pub fn too_few(
    case: &Case<'_>,
    context: &Context<'_>,
    tally: &ClassTally,
    rules: Option<&Profile>,
) -> Option<(u64, u32)> {
    let own = rules.and_then(|p| p.threshold.get(&ClassWord(tally.class))?.min_events);
    let least = match own {
        Some(least) => least,
        // What made it a scan or a sweep is the threshold of these.
        None if matches!(tally.class, Class::PortScan | Class::HostSweep) => 1,
        None => context.config.filing.thresholds.of(tally.class),
    };
    let n = counted(case, tally);
    (n < u64::from(least)).then_some((n, least))
}

/// What is too little of a class.
#[must_use]
pub fn threshold(
    case: &Case<'_>,
    context: &Context<'_>,
    tally: &ClassTally,
    rules: Option<&Profile>,
) -> Vec<Finding> {
    let class = tally.class;
    let own = rules.and_then(|p| Some((p, p.threshold.get(&ClassWord(class))?)));
    let mut out = Vec::new();
    if let Some((n, least)) = too_few(case, context, tally, rules) {
        let by = own.filter(|(_, t)| t.min_events.is_some()).map(|(p, _)| authority(p));
        let finding = Finding::new(
            "CNT-2",
            Effect::Hold,
            format!("{n} of {least}"),
            match tally.events() {
                all if all > n => format!(
                    "{class}: {n} of {all} {} by TCP (the source of others is easily forged), fewer than the {least} that \
                     are worth a report.",
                    unit(class)
                ),
                _ => format!(
                    "{class}: {}, fewer than the {least} that are worth a report.",
                    crate::text::counted(usize::try_from(n).unwrap_or(usize::MAX), unit(class).trim_end_matches('s'))
                ),
            },
        )
        .class(class);
        out.push(match by {
            Some(by) => finding.by(by),
            None => finding.by((format!("filing.thresholds.{class}"), "configuration".to_owned())),
        });
    }
    if let Some((p, least)) = own.and_then(|(p, t)| Some((p, t.min_targets?))) {
        let packets = case.source.family(Family::Firewall).and_then(|t| t.packet());
        let (ports, addresses) = packets.map_or((0, 0), crate::source::PacketTally::spread);
        let targets = ports.max(addresses);
        if class.family() == Family::Firewall && targets < least {
            out.push(
                Finding::new(
                    "CNT-2",
                    Effect::Hold,
                    format!("{targets} of {least}"),
                    format!(
                        "{class}: {targets} ports or addresses, fewer than the {least} that {} wants.",
                        p.name
                    ),
                )
                .class(class)
                .by(authority(p)),
            );
        }
    }
    out
}

/// Days from the last event to now, and what the rules and the configuration say of that.
#[must_use]
pub fn age(part: &Part<'_, '_>) -> Vec<Finding> {
    let (Some(now), Some((first, last))) = (part.context.now, part.span()) else {
        return Vec::new();
    };
    // A clock that is a minute fast is no reason to doubt a log.
    if last.nanos > now.nanos.saturating_add(300 * SECOND) {
        return vec![
            Finding::new(
                "TIM-2",
                Effect::Draft,
                last,
                format!("the last event, {last}, is later than now, {now}."),
            )
            .remedy("check the zone that was told (--tz) and the clock of the logging host"),
        ];
    }
    let mut out = Vec::new();
    let days = (now.nanos - last.nanos) / (86_400 * SECOND);
    let old = |most: u32| (now.nanos - last.nanos) > i64::from(most) * 86_400 * SECOND;
    if let Some((p, most)) = part.rules.and_then(|p| Some((p, p.time.max_age_days?)))
        && old(most)
    {
        let effect = match p.time.age_action {
            AgeAction::Refuse => Effect::Hold,
            AgeAction::Warn => Effect::Warn,
        };
        let what = if effect == Effect::Hold { "refuses" } else { "may pass over" };
        out.push(
            Finding::new(
                "TIM-4",
                effect,
                format!("{days} days"),
                format!(
                    "the last event is {days} days old; {} {what} what is older than {most}.",
                    p.name
                ),
            )
            .by(authority(p)),
        );
    }
    if let Some(most) = part.context.config.filing.max_age_days
        && out.is_empty()
        && old(most)
    {
        out.push(
            Finding::new(
                "TIM-4",
                Effect::Warn,
                format!("{days} days"),
                format!("the last event is {days} days old, older than {most}."),
            )
            .by(("filing.max_age_days".to_owned(), "configuration".to_owned())),
        );
    }
    if first.nanos > last.nanos {
        out.push(Finding::new(
            "TIM-2",
            Effect::Hold,
            format!("{first} {last}"),
            "the first event is later than the last.".to_owned(),
        ));
    }
    out
}
