//! Charts as SVG and plain boxes: bars over time, shares, and a line's worth of bars.
//!
//! All shapes are rectangles in whole units, so that the same counts give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::class::Class;
use crate::time::Instant;

use super::html::number;

/// Units of height of a chart.
const HEIGHT: u64 = 1000;

/// Units of width of a bar with the gap behind it.
const BAR: i64 = 10;

const DAY: i64 = 86_400;

/// A chart over time, and the rules that place its labels.
#[derive(Debug, Default)]
pub struct Chart {
    /// The figure's content.
    pub html: String,
    /// Style rules.
    pub style: String,
}

/// What a bar's width is called.
#[must_use]
pub fn width_word(width: i64) -> String {
    let (n, unit) = match width {
        w if w % (7 * DAY) == 0 && w < 364 * DAY => (w / (7 * DAY), "week"),
        w if w % DAY == 0 => (w / DAY, "day"),
        w if w % 3600 == 0 => (w / 3600, "hour"),
        w => (w / 60, "minute"),
    };
    if n == 1 { unit.to_owned() } else { format!("{n} {unit}s") }
}

/// The least of 1, 2, 5, 10, 20 … that four steps of reach the top.
fn step(top: u64) -> u64 {
    let mut step = 1;
    for factor in [2, 5, 10].iter().cycle().take(57) {
        if step * 4 >= top {
            break;
        }
        let whole = 10u64.pow(step.ilog10());
        step = whole.saturating_mul(*factor);
    }
    step
}

/// Events over time, stacked by class.
#[must_use]
pub fn over_time(bars: &BTreeMap<(i64, Class), u64>, width: i64) -> Chart {
    let (Some(((first, _), _)), Some(((last, _), _))) =
        (bars.first_key_value(), bars.last_key_value())
    else {
        return Chart::default();
    };
    let count = (last - first) / width + 1;
    let mut sums: BTreeMap<i64, u64> = BTreeMap::new();
    for ((at, _), n) in bars {
        *sums.entry(*at).or_default() += n;
    }
    let most = sums.values().copied().max().unwrap_or(1).max(1);
    let step = step(most);
    let top = most.div_ceil(step) * step;

    let mut out = Chart::default();
    let _ = write!(
        out.html,
        "<div class=\"plot\"><svg viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Events over time, by class\">",
        count * BAR
    );
    for n in 1..=top / step {
        let y = HEIGHT - n * step * HEIGHT / top;
        let _ = write!(
            out.html,
            "<line class=\"grid\" x1=\"0\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
            count * BAR
        );
    }
    for (at, sum) in &sums {
        let x = (at - first) / width * BAR;
        let _ = write!(out.html, "<g><title>{}: {} events", from_to(*at, width), number(*sum));
        let of_bar = bars.range((*at, Class::SshLogin)..=(*at, Class::OpenRelay));
        for ((_, class), n) in of_bar.clone() {
            let _ = write!(out.html, "\n{class}: {}", number(*n));
        }
        out.html.push_str("</title>");
        let mut below = 0;
        for ((_, class), n) in of_bar {
            // Heights are differences of rounded sums, so that no gap opens between them.
            let from = below * HEIGHT / top;
            below += n;
            let to = below * HEIGHT / top;
            let _ = write!(
                out.html,
                "<rect class=\"f-{class}\" x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                HEIGHT - to,
                if count > 1 { BAR - 2 } else { BAR },
                to - from
            );
        }
        out.html.push_str("</g>");
    }
    out.html.push_str("</svg>");
    for n in 0..=top / step {
        let _ = write!(out.html, "<span class=\"y y{n}\">{}</span>", number(n * step));
        let per_mille = n * step * 1000 / top;
        let _ = write!(out.style, ".y{n}{{bottom:{}.{}%}}", per_mille / 10, per_mille % 10);
    }
    for (i, (at, label)) in ticks(*first, count, width).into_iter().enumerate() {
        let per_mille = (at - first) * 1000 / (count * width);
        let _ = write!(
            out.html,
            "<span class=\"x x{i}{}\">{label}</span>",
            if i % 2 == 1 { " alt" } else { "" }
        );
        let _ = write!(out.style, ".x{i}{{left:{}.{}%}}", per_mille / 10, per_mille % 10);
    }
    out.html.push_str("</div>");
    out
}

/// Where labels stand beneath the bars: at most eight, at round times.
fn ticks(first: i64, count: i64, width: i64) -> Vec<(i64, String)> {
    let end = first + count * width;
    let apart = [60, 300, 900, 3600, 10_800, 21_600, 43_200, DAY, 2 * DAY, 7 * DAY]
        .into_iter()
        .chain([14, 28, 56, 91, 182, 364, 728, 1820, 3640, 7280, 14_560, 36_400].map(|n| n * DAY))
        .find(|s| *s >= width && (end - first) / s <= 7)
        .unwrap_or(end - first);
    let mut at = crate::source::timeline::bucket(first, apart);
    let mut out = Vec::new();
    while at < end {
        // The last would run over the edge.
        if at >= first && (at - first) * 100 / (end - first) <= 95 {
            out.push((at, label(at, apart)));
        }
        at += apart;
    }
    if out.is_empty() {
        out.push((first, label(first, width)));
    }
    out
}

fn label(at: i64, apart: i64) -> String {
    let text = Instant::from_seconds(at).minute();
    let (date, time) = text.split_once(' ').unwrap_or((&text, ""));
    if apart >= DAY {
        day_month(date)
    } else if time == "00:00" {
        format!("<b>{}</b>", day_month(date))
    } else {
        time.to_owned()
    }
}

/// `29 Mar`, of an ISO date.
#[must_use]
pub fn day_month(date: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = date.split('-').skip(1);
    let month = parts.next().and_then(|m| m.parse::<usize>().ok()).unwrap_or(0);
    let day = parts.next().unwrap_or_default().trim_start_matches('0');
    format!("{day} {}", MONTHS.get(month.wrapping_sub(1)).unwrap_or(&""))
}

/// From when to when a bar goes.
fn from_to(at: i64, width: i64) -> String {
    let text = Instant::from_seconds(at).minute();
    let end = Instant::from_seconds(at + width).minute();
    match (width, text.split_once(' '), end.split_once(' ')) {
        (DAY, Some((date, _)), _) => date.to_owned(),
        (w, Some((a, _)), Some((b, _))) if w > DAY => format!("{a} to {b}"),
        (_, _, Some((_, time))) => format!("{text} to {time} UTC"),
        _ => text,
    }
}

/// A box whose parts have widths by their counts.
#[must_use]
pub fn stack(parts: &[(String, u64)], most: u64) -> String {
    let most = most.max(1);
    let mut out = String::from(
        "<svg class=\"stack\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    let mut sum = 0u64;
    for (class, n) in parts {
        let from = share(sum, most);
        sum += n;
        let to = share(sum, most);
        // What there is shows, however little.
        let wide = (to - from).max(if *n > 0 { 4 } else { 0 });
        let _ = write!(
            out,
            "<rect class=\"f-{class}\" x=\"{from}\" y=\"0\" width=\"{wide}\" height=\"10\"/>"
        );
    }
    out.push_str("</svg>");
    out
}

fn share(n: u64, of: u64) -> u64 {
    u64::try_from(u128::from(n) * 1000 / u128::from(of)).unwrap_or(1000)
}

/// Bars over the span of the big chart, without words.
#[must_use]
pub fn spark(when: &[(i64, u64)], first: i64, count: i64, width: i64) -> String {
    let mut bars: BTreeMap<i64, u64> = BTreeMap::new();
    for (at, n) in when {
        *bars.entry(crate::source::timeline::bucket(*at, width)).or_default() += n;
    }
    let most = bars.values().copied().max().unwrap_or(1).max(1);
    let mut out = format!(
        "<svg class=\"spark\" viewBox=\"0 0 {} 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        count.max(1) * BAR
    );
    for (at, n) in bars {
        let high = (n * 20 / most).max(2);
        let _ = write!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"{BAR}\" height=\"{high}\"/>",
            (at - first) / width * BAR,
            20 - high
        );
    }
    out.push_str("</svg>");
    out
}

/// The classes of a chart.
#[must_use]
pub fn classes(bars: &BTreeMap<(i64, Class), u64>) -> BTreeSet<Class> {
    bars.keys().map(|k| k.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (top, want) in [(1, 1), (4, 1), (5, 2), (9, 5), (20, 5), (21, 10), (41, 20), (900, 500)]
        {
            assert_eq!(step(top), want, "{top}");
        }
        assert!(step(u64::MAX / 8) > 0);
    }

    #[test]
    fn labels_are_few_and_within() {
        for (count, width) in [(1, 60), (96, 60), (30, 3600), (96, 10_800), (8, DAY), (90, 7 * DAY)]
        {
            let first = crate::source::timeline::bucket(1_774_742_400, width);
            let ticks = ticks(first, count, width);
            assert!((1..=9).contains(&ticks.len()), "{count} {width}: {ticks:?}");
            assert!(ticks.iter().all(|t| t.0 >= first && t.0 < first + count * width));
        }
        assert_eq!(day_month("2026-03-09"), "9 Mar");
        assert_eq!(width_word(900), "15 minutes");
        assert_eq!(width_word(DAY), "day");
        assert_eq!(width_word(14 * DAY), "2 weeks");
    }

    #[test]
    fn bars_add_up() {
        let bars: BTreeMap<_, _> =
            [((0, Class::SshLogin), 3), ((0, Class::Probe), 1), ((7200, Class::SshLogin), 8)]
                .into();
        let chart = over_time(&bars, 3600);
        assert_eq!(chart.html.matches("<rect").count(), 3);
        assert!(
            chart.html.contains("1970-01-01 00:00 to 01:00 UTC: 4 events\nssh-login: 3\nprobe: 1")
        );
        // 8 of 8 is the whole height.
        assert!(
            chart.html.contains("x=\"20\" y=\"0\" width=\"8\" height=\"1000\""),
            "{}",
            chart.html
        );
        assert_eq!(over_time(&BTreeMap::new(), 60).html, "");
    }
}
