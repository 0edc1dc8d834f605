//! What `status` says: who carries a run out, what failed, how far it is, and what it waits for.

use std::time::Duration;

use jiff::Timestamp;

use super::failures::{Failure, failure_lines};
use crate::model::controller::Controller;
use crate::model::duration::format_duration;
use crate::model::estimate::Estimate;
use crate::model::run::HostRunState;
use crate::model::standing::{RunningHost, Standing, WaveStanding, WaveState};
use crate::model::text::count;
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many running hosts as get a row of their own; the others are folded.
const HOSTS: usize = 12;

/// As many names as one line shows.
const NAMES: usize = 6;

/// A run and what is known of it beside its events.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    /// How it stands.
    pub standing: &'a Standing,
    /// Whether somebody carries it out now.
    pub is_held: bool,
    /// Who does, as far as that can be told.
    pub controller: Option<&'a Controller>,
    /// What is left of it, where past runs tell.
    pub estimate: Option<Estimate>,
    /// The time of the page.
    pub now: Timestamp,
}

/// The page of one run.
#[must_use]
pub fn status_page(view: StatusView<'_>) -> Page {
    let standing = view.standing;
    let mut page = Page::new();
    page.lines(head(view));
    let failures: Vec<Failure<'_>> = standing
        .failures
        .iter()
        .map(|failed| Failure {
            host: failed.host.as_str(),
            error: &failed.error,
            excerpt: &[],
        })
        .collect();
    page.lines(failure_lines(&failures));
    page.grid(waves(standing));
    page.lines(waits(view));
    page.grid(running(&standing.running, view.now));
    page.lines(folded(&standing.running));
    page
}

fn head(view: StatusView<'_>) -> Vec<Line> {
    let standing = view.standing;
    let mut lines = vec![
        Line::new(0, format!("Run {}", standing.run), Tone::Strong)
            .and(format!(" of `{}`: ", standing.playbook), Tone::Plain)
            .and(in_words(view), tone(view)),
    ];
    if let Some(started) = standing.started {
        let mut words = format!("started {}", moment(started, view.now));
        if let Some(last) = standing.last.filter(|_| standing.ended.is_none()) {
            words.push_str(&format!(", last heard of {} ago", since(last, view.now)));
        }
        if let Some(estimate) = view.estimate {
            words.push_str(&format!("; left: {}", estimate.in_words()));
        }
        lines.push(Line::new(2, words, Tone::Plain));
    }
    lines.push(match view.controller {
        Some(controller) => Line::new(2, format!("carried out by {controller}"), Tone::Plain),
        None if view.is_held => Line::new(2, "carried out by somebody who cannot be told", Tone::Plain),
        None if is_over(standing) => return lines,
        None => Line::new(2, "nobody carries it out", Tone::Warning)
            .and(format!(": go on with `patchwave resume {}`", standing.run), Tone::Plain),
    });
    lines
}

/// Whether it has ended for good.
fn is_over(standing: &Standing) -> bool {
    use crate::model::run::RunOutcome::{Completed, Stopped};
    let outcome = standing.ended.as_ref().map(|end| end.outcome);
    matches!(outcome, Some(Completed | Stopped))
}

/// How a run stands in a few words: `wave fleet, batch 2`, `paused: …`, `soaking until …`, `completed`.
#[must_use]
pub fn in_words(view: StatusView<'_>) -> String {
    let standing = view.standing;
    let reason = |reason: &Option<String>| reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    if let Some(soak) = &standing.soak
        && !is_over(standing)
    {
        let state = if view.is_held {
            "soaking"
        } else {
            "interrupted, soaking"
        };
        return format!("{state} after wave {}, {}", soak.wave, rest(soak.until, view.now));
    }
    if let Some(ended) = &standing.ended {
        return format!("{}{}", ended.outcome.as_str(), reason(&ended.reason));
    }
    if standing.paused.is_some() {
        return format!("paused{}", reason(&standing.paused));
    }
    let place = match (&standing.batch, standing.current_wave()) {
        (Some(batch), _) => format!("wave {}, batch {} of {}", batch.wave, batch.batch, batch.of),
        (None, Some(wave)) => format!("wave {}, its gates", wave.name),
        (None, None) => "between waves".to_owned(),
    };
    let ending = match (&standing.aborted_by, standing.draining) {
        (Some(by), _) => format!(", aborted by {by}: running hosts end"),
        (None, true) => ", stopping: running hosts end".to_owned(),
        (None, false) => String::new(),
    };
    place + &ending
}

fn tone(view: StatusView<'_>) -> Tone {
    let standing = view.standing;
    match &standing.ended {
        Some(ended) if ended.outcome == crate::model::run::RunOutcome::Completed => Tone::Good,
        Some(_) => Tone::Bad,
        None if standing.paused.is_some() || standing.draining => Tone::Warning,
        None => Tone::Plain,
    }
}

fn waves(standing: &Standing) -> Grid {
    Grid {
        columns: vec![
            "WAVE",
            "STATE",
            "HOSTS",
            "PATCHED",
            "UNCHANGED",
            "FAILED",
            "SKIPPED",
            "RUNNING",
            "LEFT",
        ],
        rows: standing.waves.iter().map(|wave| wave_row(wave, standing)).collect(),
    }
}

fn wave_row(wave: &WaveStanding, standing: &Standing) -> Vec<Text> {
    let tone = match wave.state {
        WaveState::Passed => Tone::Good,
        WaveState::Failed | WaveState::Interrupted | WaveState::OutOfTime => Tone::Bad,
        WaveState::Running | WaveState::Soaking => Tone::Strong,
        WaveState::NotStarted => Tone::Quiet,
    };
    let number = |state| wave.ended.get(&state).copied().unwrap_or_default();
    let running = standing.running.iter().filter(|host| host.wave == wave.name).count();
    let left = wave.hosts.saturating_sub(wave.number_ended() + running);
    vec![
        Text::new(wave.name.as_str(), Tone::Strong),
        Text::new(wave.state.as_str(), tone),
        Text::plain(wave.hosts.to_string()),
        number_text(number(HostRunState::Patched), Tone::Plain),
        number_text(number(HostRunState::Unchanged), Tone::Plain),
        number_text(wave.failures(), Tone::Bad),
        number_text(number(HostRunState::Skipped), Tone::Plain),
        number_text(running, Tone::Strong),
        number_text(left, Tone::Plain),
    ]
}

fn number_text(number: usize, tone: Tone) -> Text {
    match number {
        0 => Text::new("-", Tone::Quiet),
        number => Text::new(number.to_string(), tone),
    }
}

/// What the run waits for, what its gates said, and how much of the budget is used.
fn waits(view: StatusView<'_>) -> Vec<Line> {
    let standing = view.standing;
    let mut lines = Vec::new();
    for wave in &standing.waves {
        for gate in &wave.gates {
            let (tone, verdict) = if gate.passed {
                (Tone::Good, "passed")
            } else {
                (Tone::Bad, "failed")
            };
            let words = format!("gate `{}` of wave {} {verdict}", gate.name, wave.name);
            lines.push(Line::new(0, words, tone).and(format!(": {}", gate.detail), Tone::Plain));
        }
        if let Some(reason) = &wave.reason {
            lines.push(Line::new(0, format!("wave {}: {reason}", wave.name), Tone::Bad));
        }
    }
    if let Some(wave) = standing.current_wave().filter(|wave| wave.budget.stops_at().is_some()) {
        let words = format!(
            "wave {} {}; {} so far",
            wave.name,
            wave.budget.in_words(),
            wave.failures()
        );
        lines.push(Line::new(
            0,
            words,
            if wave.failures() > 0 {
                Tone::Warning
            } else {
                Tone::Quiet
            },
        ));
    }
    if let Some(soak) = &standing.soak
        && !is_over(standing)
    {
        let words = format!(
            "wave {} soaks until {}; `patchwave promote {}` cuts it short",
            soak.wave,
            soak.until.strftime("%H:%M:%SZ"),
            standing.run
        );
        lines.push(Line::new(0, words, Tone::Plain));
    }
    lines
}

fn running(hosts: &[RunningHost], now: Timestamp) -> Grid {
    Grid {
        columns: vec!["HOST", "DOES", "FOR", "TURN", ""],
        rows: hosts
            .iter()
            .take(HOSTS)
            .map(|host| {
                vec![
                    Text::new(host.host.as_str(), Tone::Strong),
                    Text::plain(&host.doing),
                    Text::plain(since(host.since, now)),
                    Text::new(since(host.began, now), Tone::Quiet),
                    Text::new(host.note.as_deref().unwrap_or_default(), Tone::Warning),
                ]
            })
            .collect(),
    }
}

/// The running hosts without a row of their own, by what they do.
fn folded(hosts: &[RunningHost]) -> Vec<Line> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for host in hosts.iter().skip(HOSTS) {
        match groups.iter_mut().find(|(doing, _)| *doing == host.doing) {
            Some((_, names)) => names.push(host.host.as_str()),
            None => groups.push((&host.doing, vec![host.host.as_str()])),
        }
    }
    groups
        .into_iter()
        .map(|(doing, names)| {
            let number = names.len();
            Line::new(0, format!("{doing} too, {}: ", count(number, "host")), Tone::Plain)
                .and(fold_line(names, NAMES), Tone::Strong)
        })
        .collect()
}

/// Several runs: a row each, in the order given.
#[must_use]
pub fn statuses_page(views: &[StatusView<'_>]) -> Page {
    let mut page = Page::new();
    page.grid(Grid {
        columns: vec![
            "RUN",
            "PLAYBOOK",
            "STARTED",
            "HOSTS",
            "DONE",
            "FAILED",
            "STANDS",
            "CARRIED OUT BY",
        ],
        rows: views.iter().map(|view| status_row(*view)).collect(),
    });
    page
}

fn status_row(view: StatusView<'_>) -> Vec<Text> {
    let standing = view.standing;
    let ended = standing.hosts() - standing.not_begun() - standing.running.len();
    let by = match view.controller {
        Some(controller) => Text::plain(format!(
            "{}@{} (pid {})",
            controller.user, controller.machine, controller.process
        )),
        None if view.is_held => Text::plain("somebody"),
        None => Text::new("nobody", Tone::Warning),
    };
    vec![
        Text::new(standing.run.as_str(), Tone::Strong),
        Text::plain(&standing.playbook),
        Text::plain(
            standing
                .started
                .map_or_else(String::new, |at| at.strftime("%m-%d %H:%M").to_string()),
        ),
        Text::plain(standing.hosts().to_string()),
        number_text(ended, Tone::Plain),
        number_text(standing.failures.len(), Tone::Bad),
        Text::new(in_words(view), tone(view)),
        by,
    ]
}

/// From then until now, as coarse as one reads it at a glance: `45s`, `12m5s`, `3h20m`.
fn since(then: Timestamp, now: Timestamp) -> String {
    span(now.duration_since(then))
}

fn span(duration: jiff::SignedDuration) -> String {
    let seconds = Duration::try_from(duration).unwrap_or_default().as_secs();
    let coarse = match seconds {
        0..3_600 => seconds,
        3_600..86_400 => seconds / 60 * 60,
        _ => seconds / 3_600 * 3_600,
    };
    format_duration(Duration::from_secs(coarse))
}

fn rest(until: Timestamp, now: Timestamp) -> String {
    if until <= now {
        "which is over".to_owned()
    } else {
        format!("{} left", span(until.duration_since(now)))
    }
}

fn moment(then: Timestamp, now: Timestamp) -> String {
    format!("{} ({} ago)", then.strftime("%Y-%m-%d %H:%M:%SZ"), since(then, now))
}

#[cfg(test)]
mod tests;
