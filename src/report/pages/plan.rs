//! What `plan` says: waves with their rules in words, then each transaction once with the hosts that get it.

use super::diff::version_from;
use super::experimental;
use super::failures::{Failure, failure_lines};
use crate::model::download::Download;
use crate::model::duration::format_duration;
use crate::model::experimental::Experimental;
use crate::model::host::RebootPolicy;
use crate::model::plan::{Basis, Gate, GateCheck, GatePlace, Plan, PlannedChange, PlannedHost, PlannedWave};
use crate::model::text::count;
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many names as one line shows.
const NAMES: usize = 6;

/// As many packages of one transaction as are shown unless all are asked for.
const PACKAGES: usize = 25;

/// The page of a plan; `all` shows every package of every transaction.
#[must_use]
pub fn plan_page(plan: &Plan, all: bool) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, &Experimental::planned(plan));
    page.lines(vec![headline(plan)]);
    for (index, wave) in plan.waves.iter().enumerate() {
        page.lines(wave_lines(wave, index + 1, plan.waves.len()));
        transactions(&mut page, wave, all);
    }
    page
}

/// The waves without the packages.
#[must_use]
pub fn plan_waves(plan: &Plan) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, &Experimental::planned(plan));
    page.lines(vec![headline(plan)]);
    for (index, wave) in plan.waves.iter().enumerate() {
        page.lines(wave_lines(wave, index + 1, plan.waves.len()));
    }
    page
}

/// The same with a line that says where the packages are: for a run that nobody has to approve any more.
#[must_use]
pub fn plan_outline(plan: &Plan) -> Page {
    let mut page = plan_waves(plan);
    page.lines(vec![
        Line::new(
            0,
            "Every package with its versions: `patchwave plan`, or -v",
            Tone::Quiet,
        ),
        Line::new(0, "", Tone::Plain),
    ]);
    page
}

fn headline(plan: &Plan) -> Line {
    let security = plan
        .hosts()
        .flat_map(|host| host.changes.iter())
        .filter(|change| change.security == Some(true))
        .count();
    let download = in_words(plan.download());
    Line::new(0, format!("Plan `{}`", plan.playbook), Tone::Strong).and(
        format!(
            ": {} in {}, {}, {security} known as security{download}",
            count(plan.hosts().count(), "host"),
            count(plan.waves.len(), "wave"),
            count(plan.change_count(), "package change"),
        ),
        Tone::Plain,
    )
}

fn in_words(download: Download) -> String {
    download
        .in_words()
        .map_or_else(String::new, |words| format!(", {words}"))
}

fn wave_lines(wave: &PlannedWave, number: usize, of: usize) -> Vec<Line> {
    let mut lines = vec![
        Line::new(0, format!("Wave {number} of {of}: {}", wave.name), Tone::Strong).and(
            format!("  {}, {}", count(wave.size(), "host"), wave.budget.in_words()),
            Tone::Plain,
        ),
    ];
    for (index, batch) in wave.batches.iter().enumerate() {
        let names = fold_line(batch.iter().map(|host| host.name.as_str()), NAMES);
        let label = if wave.batches.len() == 1 {
            "hosts".to_owned()
        } else {
            format!(
                "batch {} of {} ({})",
                index + 1,
                wave.batches.len(),
                count(batch.len(), "host")
            )
        };
        lines.push(Line::new(2, format!("{label}: {names}"), Tone::Plain));
    }
    lines.push(Line::new(2, rules(wave), Tone::Quiet));
    lines.extend(
        wave.gates
            .iter()
            .map(|gate| Line::new(2, gate_in_words(gate), Tone::Quiet)),
    );
    let failures: Vec<Failure<'_>> = wave
        .hosts()
        .filter_map(|host| match &host.basis {
            Basis::Unknown { error } => Some(Failure {
                host: host.name.as_str(),
                error,
                excerpt: &[],
            }),
            Basis::Scanned { .. } => None,
        })
        .collect();
    if !failures.is_empty() {
        let words = format!("{} not be scanned and will count as failed:", could(failures.len()));
        lines.push(Line::new(2, words, Tone::Bad));
        lines.extend(failure_lines(&failures).into_iter().map(|line| Line {
            indent: line.indent + 4,
            ..line
        }));
    }
    lines
}

fn could(number: usize) -> String {
    format!("{} could", count(number, "host"))
}

fn rules(wave: &PlannedWave) -> String {
    let mut rules = vec![format!("{} at once", wave.parallel)];
    if !wave.soak.is_zero() {
        rules.push(format!("then a wait of {}", format_duration(wave.soak)));
    }
    let mut policies: Vec<RebootPolicy> = wave.hosts().map(|host| host.reboot).collect();
    policies.sort_unstable();
    policies.dedup();
    let words: Vec<String> = policies.iter().map(ToString::to_string).collect();
    rules.push(format!("reboot: {}", words.join(" or ")));
    rules.join(", ")
}

fn gate_in_words(gate: &Gate) -> String {
    let check = match &gate.check {
        GateCheck::Command {
            run,
            on: GatePlace::Host,
        } => format!("`{}` on every host", run.join(" ")),
        GateCheck::Command {
            run,
            on: GatePlace::Controller,
        } => format!("`{}` on this machine", run.join(" ")),
        GateCheck::Http {
            url,
            status,
            body: None,
        } => format!("{url} answers {status}"),
        GateCheck::Http {
            url,
            status,
            body: Some(body),
        } => format!("{url} answers {status} with `{body}`"),
        GateCheck::Tcp { address } => format!("{address} accepts connections"),
    };
    let times = match gate.count {
        0 | 1 => String::new(),
        number => format!(", {number} times, {} apart", format_duration(gate.interval)),
    };
    format!("gate `{}`: {check}{times}", gate.name)
}

fn transactions(page: &mut Page, wave: &PlannedWave, all: bool) {
    let mut groups: Vec<(&PlannedHost, Vec<&str>)> = Vec::new();
    for host in wave.hosts().filter(|host| matches!(host.basis, Basis::Scanned { .. })) {
        match groups.iter_mut().find(|(first, _)| is_same(first, host)) {
            Some((_, names)) => names.push(host.name.as_str()),
            None => groups.push((host, vec![host.name.as_str()])),
        }
    }
    for (host, names) in groups {
        page.lines(transaction_lines(host, &names));
        let limit = if all { usize::MAX } else { PACKAGES };
        page.grid(Grid {
            columns: vec!["PACKAGE", "FROM", "TO", "REPOSITORY", ""],
            rows: host.changes.iter().take(limit).map(change_row).collect(),
        });
        let hidden = host.changes.len().saturating_sub(limit);
        if hidden > 0 {
            page.line(
                format!("and {} (all with -v)", count(hidden, "more package")),
                Tone::Quiet,
            );
        }
    }
}

fn is_same(one: &PlannedHost, other: &PlannedHost) -> bool {
    one.changes == other.changes
        && one.may_bring == other.may_bring
        && one.left_out == other.left_out
        && system(one) == system(other)
}

fn system(host: &PlannedHost) -> Option<(&str, &str)> {
    match &host.basis {
        Basis::Scanned { os, version, .. } => Some((os, version)),
        Basis::Unknown { .. } => None,
    }
}

fn transaction_lines(host: &PlannedHost, names: &[&str]) -> Vec<Line> {
    let who = fold_line(names.iter().copied(), NAMES);
    let (os, version) = system(host).unwrap_or_default();
    let what = match (host.changes.len(), names.len()) {
        (0, _) => "nothing to do".to_owned(),
        (number, 1) => count(number, "package"),
        (number, _) => format!("{} each", count(number, "package")),
    };
    let system = format!(" ({})", format!("{os} {version}").trim());
    let mut lines = vec![
        Line::new(0, who, Tone::Strong)
            .and(system, Tone::Quiet)
            .and(format!(": {what}{}", in_words(host.download())), Tone::Plain),
    ];
    lines.extend(brought_line(host));
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
