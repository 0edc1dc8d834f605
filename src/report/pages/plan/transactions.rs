//! The transactions of a plan: each once, whatever waves its hosts are in, with the hosts that get it.

use std::collections::HashMap;

use super::{NAMES, in_words};
use crate::model::plan::{Basis, Plan, PlannedChange, PlannedHost};
use crate::model::text::count;
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};
use crate::report::pages::diff::version_from;

/// As many packages of one transaction as are shown unless all are asked for.
const PACKAGES: usize = 25;

/// As many transactions as are shown unless all are asked for.
const TRANSACTIONS: usize = 20;

/// Hosts that get the same.
struct Group<'a> {
    first: &'a PlannedHost,
    names: Vec<&'a str>,
    /// The waves of these hosts, in the order in which they run.
    waves: Vec<&'a str>,
}

/// Adds every transaction; those that most hosts share come first.
pub fn add_transactions(page: &mut Page, plan: &Plan, all: bool) {
    let mut groups = group(plan);
    // Equal numbers stay in the order of the plan.
    groups.sort_by_key(|group| (group.first.changes.is_empty(), std::cmp::Reverse(group.names.len())));
    let limit = if all { usize::MAX } else { TRANSACTIONS };
    for group in groups.iter().take(limit) {
        add_group(page, group, plan.waves.len() > 1, all);
    }
    let hidden: &[Group<'_>] = groups.get(limit..).unwrap_or_default();
    if !hidden.is_empty() {
        let hosts: usize = hidden.iter().map(|group| group.names.len()).sum();
        page.line(
            format!(
                "and {} of {} (all with -v)",
                count(hidden.len(), "more transaction"),
                count(hosts, "host")
            ),
            Tone::Quiet,
        );
    }
}

fn group(plan: &Plan) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<(&[PlannedChange], &[PlannedChange]), Vec<usize>> = HashMap::new();
    for wave in &plan.waves {
        let scanned = wave.hosts().filter(|host| matches!(host.basis, Basis::Scanned { .. }));
        for host in scanned {
            let similar = known.entry((&host.changes, &host.may_bring)).or_default();
            let same = similar
                .iter()
                .copied()
                .find(|index| groups.get(*index).is_some_and(|group| is_same(group.first, host)));
            if let Some(group) = same.and_then(|index| groups.get_mut(index)) {
                group.names.push(host.name.as_str());
                if group.waves.last() != Some(&wave.name.as_str()) {
                    group.waves.push(wave.name.as_str());
                }
            } else {
                similar.push(groups.len());
                groups.push(Group {
                    first: host,
                    names: vec![host.name.as_str()],
                    waves: vec![wave.name.as_str()],
                });
            }
        }
    }
    groups
}

/// Of hosts whose changes are the same.
fn is_same(one: &PlannedHost, other: &PlannedHost) -> bool {
    one.left_out == other.left_out && system(one) == system(other)
}

fn system(host: &PlannedHost) -> Option<(&str, &str)> {
    match &host.basis {
        Basis::Scanned { os, version, .. } => Some((os, version)),
        Basis::Unknown { .. } => None,
    }
}

fn add_group(page: &mut Page, group: &Group<'_>, tells_waves: bool, all: bool) {
    let host = group.first;
    let limit = if all { usize::MAX } else { PACKAGES };
    let mut inside = Page::new();
    inside.lines(notes(host));
    inside.grid(Grid {
        columns: vec!["PACKAGE", "FROM", "TO", "REPOSITORY", ""],
        rows: host.changes.iter().take(limit).map(change_row).collect(),
    });
    let hidden = host.changes.len().saturating_sub(limit);
    if hidden > 0 {
        let words = format!("and {} (all with -v)", count(hidden, "more package"));
        inside.line(words, Tone::Quiet);
    }
    page.details(title(group, tells_waves), inside);
}

fn title(group: &Group<'_>, tells_waves: bool) -> Line {
    let host = group.first;
    let who = fold_line(group.names.iter().copied(), NAMES);
    let (os, version) = system(host).unwrap_or_default();
    let what = match (host.changes.len(), group.names.len()) {
        (0, _) => "nothing to do".to_owned(),
        (number, 1) => count(number, "package"),
        (number, _) => format!("{} each", count(number, "package")),
    };
    let waves = if tells_waves {
        format!("; {}", waves_in_words(&group.waves))
    } else {
        String::new()
    };
    Line::new(0, who, Tone::Strong)
        .and(format!(" ({})", format!("{os} {version}").trim()), Tone::Quiet)
        .and(format!(": {what}{}", in_words(host.download())), Tone::Plain)
        .and(waves, Tone::Quiet)
}

fn waves_in_words(waves: &[&str]) -> String {
    let word = if waves.len() == 1 { "wave" } else { "waves" };
    format!("{word} {}", fold_line(waves.iter().copied(), NAMES))
}

fn notes(host: &PlannedHost) -> Vec<Line> {
    let mut lines: Vec<Line> = brought_line(host).into_iter().collect();
    lines.extend(
        host.left_out
            .iter()
            .map(|left| Line::new(2, format!("left out: {} ({})", left.package, left.reason), Tone::Quiet)),
    );
    lines
}

/// New dependencies that a narrowed plan may bring; the host's manager says which of them.
fn brought_line(host: &PlannedHost) -> Option<Line> {
    let names: Vec<String> = host
        .may_bring
        .iter()
        .map(|change| format!("{} {}", change.package, change.to))
        .collect();
    (!names.is_empty()).then(|| Line::new(2, format!("where needed also new: {}", names.join(", ")), Tone::Quiet))
}

fn change_row(change: &PlannedChange) -> Vec<Text> {
    vec![
        Text::plain(change.package.as_str()),
        version_from(change.from.as_ref().map(AsRef::as_ref)),
        Text::plain(change.to.as_str()),
        Text::new(&change.repo, Tone::Quiet),
        match change.security {
            Some(true) => Text::new("security", Tone::Bad),
            Some(false) => Text::plain(""),
            None => Text::new("security unknown", Tone::Quiet),
        },
    ]
}
