//! Hosts that were no longer as planned: each difference once, with the hosts that share it, failures first.

use std::collections::HashMap;
use std::hash::Hash;

use crate::model::drift::{DriftAction, DriftClass, HostDrift, Promotion};
use crate::model::run::HostReport;
use crate::model::text::count;
use crate::report::drift_text::{change_in_words, decision_in_words, found_line, planned_line};
use crate::report::fold::fold_line;
use crate::report::page::{Line, Page, Tone};

/// As many names as one line shows.
const NAMES: usize = 6;

/// As many differences of one group as a page shows; JSON and `show RUN HOST` have them all.
const DIFFERENCES: usize = 12;

/// As many groups as a page shows.
const GROUPS: usize = 10;

/// Adds what differed from the plan, and what was installed instead.
pub(super) fn add(page: &mut Page, hosts: &[HostReport]) {
    let mut groups = fold(
        hosts
            .iter()
            .filter_map(|host| Some((host.drift.as_ref()?, host.name.as_str()))),
    );
    // The sort is stable: equal ones stay in the order of the plan.
    groups.sort_by_key(|(drift, _)| (weight(drift), std::cmp::Reverse(drift.class)));
    for (drift, names) in groups.iter().take(GROUPS) {
        page.lines(drift_lines(drift, names));
    }
    page.lines(hidden_line(&groups));
    let promoted = hosts.iter().filter(|host| !host.promoted.is_empty());
    let groups = fold(promoted.map(|host| (&host.promoted, host.name.as_str())));
    for (promotions, names) in groups.iter().take(GROUPS) {
        page.lines(promotion_lines(promotions, names));
    }
    page.lines(hidden_line(&groups));
}

fn hidden_line<T>(groups: &[(&T, Vec<&str>)]) -> Vec<Line> {
    let hidden = groups.get(GROUPS..).unwrap_or_default();
    if hidden.is_empty() {
        return Vec::new();
    }
    let names: Vec<&str> = hidden.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let words = format!(
        "{} differ in other ways ({}): patchwave show RUN HOST",
        count(names.len(), "more host"),
        fold_line(names, NAMES)
    );
    vec![Line::new(0, words, Tone::Warning)]
}

/// Equal ones together, in the order of the first of each.
fn fold<'a, T: Eq + Hash>(items: impl Iterator<Item = (&'a T, &'a str)>) -> Vec<(&'a T, Vec<&'a str>)> {
    let mut groups: Vec<(&T, Vec<&str>)> = Vec::new();
    let mut known: HashMap<&T, usize> = HashMap::new();
    for (item, name) in items {
        let position = *known.entry(item).or_insert(groups.len());
        match groups.get_mut(position) {
            Some((_, names)) => names.push(name),
            None => groups.push((item, vec![name])),
        }
    }
    groups
}

fn weight(drift: &HostDrift) -> u8 {
    match drift.action {
        Some(DriftAction::Fail) => 0,
        Some(DriftAction::SkipHost) => 1,
        Some(DriftAction::Replan) => 2,
        Some(DriftAction::Pinned) => 3,
        None => 4,
    }
}

fn drift_lines(drift: &HostDrift, names: &[&str]) -> Vec<Line> {
    let tone = match drift.action {
        Some(DriftAction::Fail) => Tone::Bad,
        Some(DriftAction::SkipHost | DriftAction::Replan) => Tone::Warning,
        Some(DriftAction::Pinned) | None => Tone::Quiet,
    };
    let decision = decision_in_words(drift).map_or_else(String::new, |words| format!(", {words}"));
    let mut lines = vec![heading(names).and(format!("{}{decision}", drift.class), tone)];
    for difference in drift.differences.iter().take(DIFFERENCES) {
        // What is there already is as planned: there is nothing to set against it.
        if difference.class != DriftClass::AlreadyThere
            && let Some(planned) = planned_line(difference)
        {
            lines.push(Line::new(2, planned, Tone::Quiet));
        }
        lines.push(Line::new(2, found_line(difference), Tone::Plain));
    }
    let hidden = drift.differences.len().saturating_sub(DIFFERENCES);
    if hidden > 0 {
        let host = names.first().copied().unwrap_or("HOST");
        let more = format!("… {}: patchwave show RUN {host}", count(hidden, "more difference"));
        lines.push(Line::new(2, more, Tone::Quiet));
    }
    for change in drift.instead.iter().flatten().take(DIFFERENCES) {
        lines.push(Line::new(2, format!("= {}", change_in_words(change)), Tone::Plain));
    }
    lines
}

fn promotion_lines(promotions: &[Promotion], names: &[&str]) -> Vec<Line> {
    let mut lines = vec![heading(names).and("gets what an earlier wave ran", Tone::Warning)];
    for one in promotions.iter().take(DIFFERENCES) {
        lines.push(Line::new(
            2,
            format!("- {} {} planned", one.package, one.planned),
            Tone::Quiet,
        ));
        let ran = format!("+ {} {} ran on {}", one.package, one.promoted, one.ran_on);
        lines.push(Line::new(2, ran, Tone::Plain));
    }
    let hidden = promotions.len().saturating_sub(DIFFERENCES);
    if hidden > 0 {
        lines.push(Line::new(
            2,
            format!("… {}", count(hidden, "more package")),
            Tone::Quiet,
        ));
    }
    lines
}

fn heading(names: &[&str]) -> Line {
    let number = if names.len() > 1 {
        format!(" ({})", names.len())
    } else {
        String::new()
    };
    Line::new(0, fold_line(names.iter().copied(), NAMES), Tone::Strong).and(format!("{number}: "), Tone::Plain)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::model::drift::DriftDifference;
    use crate::model::run::HostRunState;
    use crate::model::test_runs::host_report;
    use crate::report::terminal::{Look, render};

    fn report(number: usize) -> HostReport {
        let difference = |at: usize| DriftDifference {
            class: DriftClass::HostChanged,
            package: None,
            arch: None,
            planned: None,
            installed: Vec::new(),
            offered: Vec::new(),
            message: format!("found {at} on {number}"),
        };
        HostReport {
            drift: Some(HostDrift {
                class: DriftClass::HostChanged,
                action: Some(DriftAction::SkipHost),
                differences: (0..20).map(difference).collect(),
                instead: None,
            }),
            ..host_report(&format!("web{number}"), "all", HostRunState::Skipped)
        }
    }

    #[test]
    fn a_large_run_in_which_every_host_differs_stays_short_and_is_quick() {
        let hosts: Vec<HostReport> = (0..20_000).map(report).collect();
        let clock = Instant::now();
        let mut page = Page::new();
        add(&mut page, &hosts);
        let look = Look {
            width: Some(80),
            colour: false,
        };
        let text = render(&page, look);
        assert!(text.lines().count() < 300, "{} lines", text.lines().count());
        assert!(text.contains("19990 more hosts differ in other ways"), "{text}");
        assert!(clock.elapsed().as_secs() < 20, "{:?}", clock.elapsed());
    }
}
