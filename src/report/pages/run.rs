//! What `apply` says in the end: failures with the lines that matter, the waves, the hosts folded, the outcome.

use std::collections::BTreeMap;

use super::experimental;
use super::failures::{Failure, failure_lines};
use crate::model::event::EventKind;
use crate::model::name::HostName;
use crate::model::run::{Change, HostReport, HostRunState, RunOutcome, RunReport, WaveOutcome};
use crate::model::text::count;
use crate::report::event_text::{ended_in_words, pending_in_words, restarts_in_words};
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many names as one line shows.
const NAMES: usize = 6;

/// As many changed packages as one line shows.
const PACKAGES: usize = 4;

/// What the events of a run tell beyond its report.
#[derive(Debug, Clone, Default)]
pub struct RunNotes {
    /// The telling lines of the logs of failed hosts.
    excerpts: BTreeMap<HostName, Vec<String>>,
    /// What became of services on patched hosts, in words.
    restarts: BTreeMap<HostName, String>,
    /// What is left to do on patched hosts, in words.
    pending: BTreeMap<HostName, String>,
}

impl RunNotes {
    /// Takes what an event has to add.
    pub fn take(&mut self, kind: &EventKind) {
        match kind {
            EventKind::HostFinished { host, excerpt, .. } if !excerpt.is_empty() => {
                self.excerpts.insert(host.clone(), excerpt.clone());
            }
            EventKind::HostPending { host, services, reboot } => {
                self.pending.insert(host.clone(), pending_in_words(services, reboot));
            }
            EventKind::HostRestarted {
                host,
                restarted,
                left,
                failed,
            } => {
                // The last word counts: a turn that was taken up again may say it twice.
                let words = restarts_in_words(restarted, left, failed);
                self.restarts.insert(host.clone(), words);
            }
            _ => {}
        }
    }

    fn pending_lines(&self) -> Vec<Line> {
        let mut all = self.restarts.clone();
        for (host, words) in &self.pending {
            let said = all.entry(host.clone()).or_default();
            let between = if said.is_empty() { "" } else { "; " };
            said.push_str(&format!("{between}{words}"));
        }
        let mut groups: Vec<(&String, Vec<&str>)> = Vec::new();
        for (host, words) in &all {
            match groups.iter_mut().find(|(other, _)| *other == words) {
                Some((_, names)) => names.push(host.as_str()),
                None => groups.push((words, vec![host.as_str()])),
            }
        }
        groups
            .into_iter()
            .map(|(words, names)| {
                Line::new(0, fold_line(names, NAMES), Tone::Strong).and(format!(": {words}"), Tone::Warning)
            })
            .collect()
    }
}

/// The page of an ended run.
#[must_use]
pub fn run_page(report: &RunReport, notes: &RunNotes) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, &report.experimental);
    if let Some(plan) = &report.plan {
        page.line(format!("Plan {}, SHA-256 {}", plan.id, plan.sha256), Tone::Quiet);
    }
    let failures: Vec<Failure<'_>> = report
        .hosts
        .iter()
        .filter_map(|host| {
            let excerpt = notes.excerpts.get(&host.name).map_or(&[][..], Vec::as_slice);
            Some(Failure {
                host: host.name.as_str(),
                error: host.error.as_ref()?,
                excerpt,
            })
        })
        .collect();
    page.lines(failure_lines(&failures));
    super::drift::add(&mut page, &report.hosts);
    page.grid(wave_grid(report));
    page.lines(host_lines(report));
    page.lines(notes.pending_lines());
    super::differences::add(&mut page, &report.hosts);
    super::left_over::add(&mut page, &report.hosts);
    page.lines(outcome_lines(report));
    page
}

fn wave_grid(report: &RunReport) -> Grid {
    let states = [
        HostRunState::Patched,
        HostRunState::Unchanged,
        HostRunState::Failed,
        HostRunState::Unreachable,
    ];
    Grid {
        columns: vec![
            "WAVE",
            "OUTCOME",
            "HOSTS",
            "PATCHED",
            "UNCHANGED",
            "FAILED",
            "UNREACHABLE",
            "NOT STARTED",
        ],
        rows: report
            .waves
            .iter()
            .map(|wave| {
                let number = |state| {
                    report
                        .hosts
                        .iter()
                        .filter(|host| host.wave == wave.name && host.state == state)
                        .count()
                };
                let tone = match wave.outcome {
                    WaveOutcome::Passed => Tone::Good,
                    WaveOutcome::Failed | WaveOutcome::Interrupted | WaveOutcome::OutOfTime => Tone::Bad,
                    WaveOutcome::NotStarted => Tone::Quiet,
                };
                let mut row = vec![
                    Text::new(wave.name.as_str(), Tone::Strong),
                    Text::new(wave.outcome.as_str(), tone),
                    Text::plain(wave.hosts.len().to_string()),
                ];
                row.extend(states.map(|state| number_text(number(state), state)));
                row.push(number_text(number(HostRunState::NotStarted), HostRunState::NotStarted));
                row
            })
            .collect(),
    }
}

fn number_text(number: usize, state: HostRunState) -> Text {
    match number {
        0 => Text::new("-", Tone::Quiet),
        number if state.is_failure() => Text::new(number.to_string(), Tone::Bad),
        number => Text::plain(number.to_string()),
    }
}

fn host_lines(report: &RunReport) -> Vec<Line> {
    let mut groups: Vec<(&HostReport, Vec<&str>)> = Vec::new();
    for host in &report.hosts {
        match groups.iter_mut().find(|(first, _)| is_same(first, host)) {
            Some((_, names)) => names.push(host.name.as_str()),
            None => groups.push((host, vec![host.name.as_str()])),
        }
    }
    groups.iter().map(|(host, names)| host_line(host, names)).collect()
}

fn is_same(one: &HostReport, other: &HostReport) -> bool {
    one.state == other.state
        && one.rebooted == other.rebooted
        && one.down_seconds == other.down_seconds
        && one.changed == other.changed
        && one.is_downloaded() == other.is_downloaded()
        && (!one.is_downloaded() || one.downloaded_bytes == other.downloaded_bytes)
}

fn host_line(host: &HostReport, names: &[&str]) -> Line {
    let number = if names.len() > 1 {
        format!(" ({})", names.len())
    } else {
        String::new()
    };
    let tone = match host.state {
        HostRunState::Patched => Tone::Good,
        HostRunState::Unchanged if host.is_downloaded() => Tone::Good,
        HostRunState::Failed | HostRunState::Unreachable => Tone::Bad,
        HostRunState::Left => Tone::Warning,
        HostRunState::Unchanged | HostRunState::Skipped | HostRunState::NotStarted => Tone::Quiet,
    };
    let mut line = Line::new(0, fold_line(names.iter().copied(), NAMES), Tone::Strong)
        .and(number, Tone::Plain)
        .and(format!(": {}", ended_in_words(host.state, host.downloaded_bytes)), tone);
    if host.rebooted {
        let down = host.down_seconds.map(|seconds| format!(" (down for {seconds} s)"));
        line = line.and(format!(", rebooted{}", down.unwrap_or_default()), Tone::Plain);
    }
    if !host.changed.is_empty() {
        line = line.and(format!(", {}", changes_in_words(&host.changed)), Tone::Plain);
    }
    line
}

fn changes_in_words(changes: &[Change]) -> String {
    let shown: Vec<String> = changes.iter().take(PACKAGES).map(change_in_words).collect();
    let hidden = changes.len() - shown.len();
    let more = if hidden > 0 {
        format!(" and {}", count(hidden, "more package"))
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}

fn change_in_words(change: &Change) -> String {
    match (&change.from, &change.to) {
        (Some(from), Some(to)) => format!("{} {from} → {to}", change.package),
        (None, Some(to)) => format!("{} {to} (new)", change.package),
        (Some(from), None) => format!("{} {from} removed", change.package),
        (None, None) => change.package.to_string(),
    }
}

fn outcome_lines(report: &RunReport) -> Vec<Line> {
    let number = |state| report.hosts.iter().filter(|host| host.state == state).count();
    let tone = match report.outcome {
        RunOutcome::Completed if report.hosts.iter().any(|host| host.state.is_failure()) => Tone::Warning,
        RunOutcome::Completed => Tone::Good,
        _ => Tone::Bad,
    };
    let mut line = Line::new(0, format!("Run {} {}", report.run, report.outcome.as_str()), tone);
    line = match &report.reason {
        Some(reason) => line.and(format!(": {reason}"), Tone::Plain),
        None => line.and(format!(": {}", done_in_words(report)), Tone::Plain),
    };
    let untouched = number(HostRunState::NotStarted);
    if untouched == 0 {
        return vec![line];
    }
    let mut lines = vec![
        line,
        Line::new(
            2,
            format!("{} not started and not touched", were(untouched)),
            Tone::Plain,
        ),
    ];
    lines.extend(no_time_line(report));
    lines
}

/// What the window left no time for: each by its name, because this is the list for the next opening.
fn no_time_line(report: &RunReport) -> Option<Line> {
    if report.outcome != RunOutcome::OutOfTime {
        return None;
    }
    let left = report
        .hosts
        .iter()
        .filter(|host| host.state == HostRunState::NotStarted);
    let names: Vec<&str> = left.map(|host| host.name.as_str()).collect();
    Some(Line::new(2, "no time for", Tone::Strong).and(format!(": {}", names.join(", ")), Tone::Plain))
}

fn done_in_words(report: &RunReport) -> String {
    let number = |state| report.hosts.iter().filter(|host| host.state == state).count();
    let (patched, unchanged) = (number(HostRunState::Patched), number(HostRunState::Unchanged));
    match report.hosts.iter().filter(|host| host.is_downloaded()).count() {
        0 => format!("{patched} patched, {unchanged} unchanged"),
        downloaded => format!(
            "{downloaded} downloaded, {} had nothing to download; no package was changed",
            unchanged - downloaded
        ),
    }
}

fn were(number: usize) -> String {
    if number == 1 {
        "1 host was".to_owned()
    } else {
        format!("{number} hosts were")
    }
}
