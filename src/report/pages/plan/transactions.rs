//! The transactions of a plan: each once, whatever waves its hosts are in, with the hosts that get it.

use std::collections::HashMap;

use super::{NAMES, in_words};
use crate::model::plan::{Basis, LeftOut, Plan, PlannedChange, PlannedHost, PlannedRemoval};
use crate::model::text::count;
use crate::model::update::UpdateStatus;
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};
use crate::report::pages::diff::version_from;

/// As many packages of one transaction as are shown unless all are asked for.
const PACKAGES: usize = 25;

/// As many transactions as are shown unless all are asked for.
const TRANSACTIONS: usize = 20;

/// As many reasons for which packages are left out as are shown unless all are asked for.
const REASONS: usize = 5;

/// As many packages as one line names unless all are asked for.
const IN_LINE: usize = 6;

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
    one.left_out == other.left_out && one.removes == other.removes && system(one) == system(other)
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
    inside.lines(notes(host, all));
    inside.grid(Grid {
        columns: vec!["PACKAGE", "FROM", "TO", "REPOSITORY", ""],
        rows: host
            .changes
            .iter()
            .take(limit)
            .map(change_row)
            .chain(host.removes.iter().map(removal_row))
            .collect(),
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
    let what = match host.removes.len() {
        0 => what,
        number => format!("{what}, {} removed", count(number, "package")),
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

fn notes(host: &PlannedHost, all: bool) -> Vec<Line> {
    let mut lines: Vec<Line> = brought_line(host, all).into_iter().collect();
    lines.extend(left_out_lines(&host.left_out, all));
    lines
}

/// What is left out: each package with its reason where all is asked for, else each reason once.
fn left_out_lines(left_out: &[LeftOut], all: bool) -> Vec<Line> {
    let quiet = |words: String| Line::new(2, words, Tone::Quiet);
    if all {
        let line = |left: &LeftOut| quiet(format!("left out: {} ({})", left.package, left.reason));
        return left_out.iter().map(line).collect();
    }
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for left in left_out {
        let reason = shared_reason(left);
        let position = *known.entry(reason).or_insert(groups.len());
        match groups.get_mut(position) {
            Some((_, packages)) => packages.push(left.package.as_str()),
            None => groups.push((reason, vec![left.package.as_str()])),
        }
    }
    let mut lines: Vec<Line> = groups
        .iter()
        .take(REASONS)
        .map(|(reason, packages)| quiet(format!("left out: {} ({reason})", some(packages, IN_LINE))))
        .collect();
    let hidden: usize = groups.iter().skip(REASONS).map(|(_, packages)| packages.len()).sum();
    if hidden > 0 {
        lines.push(quiet(format!(
            "left out too: {} (all with -v)",
            count(hidden, "more package")
        )));
    }
    lines
}

/// The reason without the version, which every package has its own of.
fn shared_reason(left: &LeftOut) -> &str {
    let is_of_version = left.status == UpdateStatus::TooYoung;
    let behind = |rest: &'_ str| rest.find(' ').map(|end| end + 1);
    let reason = left.reason.as_str();
    match reason.strip_prefix("version ") {
        Some(rest) if is_of_version => behind(rest).and_then(|start| rest.get(start..)).unwrap_or(reason),
        _ => reason,
    }
}

/// The first of them; then the number of the others.
fn some<T: AsRef<str>>(words: &[T], limit: usize) -> String {
    let shown: Vec<&str> = words.iter().take(limit).map(AsRef::as_ref).collect();
    match words.len().saturating_sub(limit) {
        0 => shown.join(", "),
        hidden => format!("{} and {hidden} more", shown.join(", ")),
    }
}

/// New dependencies that a narrowed plan may bring; the host's manager says which of them.
fn brought_line(host: &PlannedHost, all: bool) -> Option<Line> {
    let words = |change: &PlannedChange| {
        if all {
            format!("{} {}", change.package, change.to)
        } else {
            change.package.to_string()
        }
    };
    let names: Vec<String> = host.may_bring.iter().map(words).collect();
    let limit = if all { usize::MAX } else { IN_LINE };
    (!names.is_empty()).then(|| {
        let words = format!("where needed also new: {}", some(&names, limit));
        Line::new(2, words, Tone::Quiet)
    })
}

/// What goes stands behind the changes that take its place, whatever else is hidden.
fn removal_row(removal: &PlannedRemoval) -> Vec<Text> {
    vec![
        Text::plain(removal.package.as_str()),
        version_from(Some(removal.version.as_str())),
        Text::new("removed", Tone::Bad),
        Text::plain(""),
        Text::plain(""),
    ]
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
