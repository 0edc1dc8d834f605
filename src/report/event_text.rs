//! The words of events, for plain lines and for lines above the bars.

use crate::model::aftermath::NeedsRestart;
use crate::model::download::size_in_words;
use crate::model::drift::DriftAction;
use crate::model::duration::format_duration;
use crate::model::error::HostError;
use crate::model::event::EventKind;
use crate::model::manager::Manager;
use crate::model::name::HostName;
use crate::model::run::{HostRunState, WaveOutcome};
use crate::model::text::count;

use super::drift_text::{drift_in_words, promotions_in_words};
use super::journal_text::journal_event_in_words;
use super::page::Tone;
use super::pages::experimental::sentence;

/// An event in words; `None` for events that only move a bar.
#[must_use]
pub fn event_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    let text = match kind {
        EventKind::ScanStarted { hosts } => (Tone::Plain, format!("scanning {}", count(*hosts, "host"))),
        EventKind::HostScanStarted { .. } | EventKind::HostOutput { .. } | EventKind::HostLog { .. } => return None,
        EventKind::HostScanned {
            host,
            error: Some(error),
            state,
            ..
        } => (
            Tone::Bad,
            format!("{host}: {}, {}", state.as_str(), error_in_words(error)),
        ),
        EventKind::HostScanned {
            host,
            updates,
            security,
            manager,
            ..
        } => (Tone::Plain, scanned_in_words(host, *updates, *security, *manager)),
        EventKind::ScanFinished { duration_ms } => (
            Tone::Plain,
            format!("scan finished in {}", seconds_in_words(*duration_ms)),
        ),
        EventKind::RunStarted { .. } => (Tone::Strong, start_in_words(kind)),
        EventKind::HostStarted { host, wave } => (Tone::Plain, format!("{host}: starts in wave {wave}")),
        EventKind::HostPhase { host, phase } => (Tone::Plain, format!("{host}: {}", phase.as_str())),
        EventKind::HostFinished {
            host,
            error: Some(error),
            state,
            ..
        } => (Tone::Bad, format!("{host}: {state}, {}", error_in_words(error))),
        EventKind::HostFinished {
            host,
            state,
            rebooted,
            duration_ms,
            changed,
            downloaded_bytes,
            ..
        } => {
            let packages = if changed.is_empty() {
                String::new()
            } else {
                format!(", {}", count(changed.len(), "package"))
            };
            let rebooted = if *rebooted { ", rebooted" } else { "" };
            let ended = ended_in_words(*state, *downloaded_bytes);
            (
                Tone::Good,
                format!(
                    "{host}: {ended}{packages}{rebooted} in {}",
                    seconds_in_words(*duration_ms)
                ),
            )
        }
        EventKind::Draining => (Tone::Warning, draining().to_owned()),
        EventKind::RunFinished { outcome, reason } => {
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            (Tone::Strong, format!("run {}{reason}", outcome.as_str()))
        }
        other => return aftermath_in_words(other).or_else(|| journal_event_in_words(other)),
    };
    Some(text)
}

fn scanned_in_words(host: &HostName, updates: usize, security: usize, manager: Option<Manager>) -> String {
    let experimental = manager
        .filter(|manager| manager.is_experimental())
        .map_or_else(String::new, |manager| format!(" ({manager}: experimental)"));
    format!(
        "{host}: {}, {security} known as security{experimental}",
        count(updates, "update")
    )
}

fn start_in_words(kind: &EventKind) -> String {
    let EventKind::RunStarted {
        playbook,
        plan,
        rollback,
        waves,
        hosts,
        changes,
        experimental,
    } = kind
    else {
        return String::new();
    };
    let of = match (rollback, plan) {
        (Some(run), _) => format!("rollback of run {run} (`{playbook}`)"),
        (None, Some(plan)) => format!("run of plan {} (`{playbook}`)", plan.id),
        (None, None) => format!("run of `{playbook}`"),
    };
    let mut words = format!(
        "{of} starts: {}, {}, {}",
        count(*waves, "wave"),
        count(*hosts, "host"),
        count(*changes, "package change")
    );
    for one in experimental {
        words.push_str("; experimental: ");
        words.push_str(&sentence(one));
    }
    words
}

/// How a host differed from its plan, and what an update left behind on it.
fn aftermath_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    let text = match kind {
        EventKind::HostPending { host, services, reboot } => {
            (Tone::Warning, format!("{host}: {}", pending_in_words(services, reboot)))
        }
        EventKind::HostRestarted {
            host,
            restarted,
            left,
            failed,
        } => {
            let tone = if failed.is_empty() { Tone::Plain } else { Tone::Bad };
            (tone, format!("{host}: {}", restarts_in_words(restarted, left, failed)))
        }
        EventKind::HostLeftOver { host, files } => {
            let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            let words = format!("{host}: left beside the file in use: {}", names.join(", "));
            (Tone::Warning, words)
        }
        EventKind::HostDrifted { host, drift, .. } => {
            let tone = match drift.action {
                Some(DriftAction::Fail) => Tone::Bad,
                Some(DriftAction::SkipHost | DriftAction::Replan) => Tone::Warning,
                Some(DriftAction::Pinned) | None => Tone::Plain,
            };
            (tone, format!("{host}: {}", drift_in_words(drift)))
        }
        EventKind::HostPromoted { host, promotions } => {
            (Tone::Warning, format!("{host}: {}", promotions_in_words(promotions)))
        }
        other => return lock_event_in_words(other).or_else(|| wave_event_in_words(other)),
    };
    Some(text)
}

fn lock_event_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    match kind {
        EventKind::HostWaiting { host, holder } => {
            Some((Tone::Warning, format!("{host}: waiting for the lock: {holder}")))
        }
        EventKind::HostContinues { host, waited_seconds } => Some((
            Tone::Plain,
            format!("{host}: the lock is free after {waited_seconds} s"),
        )),
        _ => None,
    }
}

fn wave_event_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    let text = match kind {
        EventKind::WaveStarted {
            wave, hosts, budget, ..
        } => (
            Tone::Strong,
            format!("wave {wave} starts: {}, {}", count(*hosts, "host"), budget.in_words()),
        ),
        EventKind::BatchStarted { wave, batch, hosts } => (
            Tone::Plain,
            format!("wave {wave}, batch {batch}: {}", count(*hosts, "host")),
        ),
        EventKind::SoakStarted { wave, duration } => (
            Tone::Plain,
            format!("wave {wave}: waiting {} before going on", format_duration(*duration)),
        ),
        EventKind::GateMeasured {
            gate,
            host,
            passed,
            unknown,
            detail,
            ..
        } => {
            let place = host.as_ref().map(|host| format!(" for {host}")).unwrap_or_default();
            if *unknown {
                let words = format!("gate `{gate}`{place} could not be measured: {detail}");
                return Some((Tone::Warning, words));
            }
            let verdict = if *passed { "passed" } else { "failed" };
            let tone = if *passed { Tone::Plain } else { Tone::Warning };
            (tone, format!("gate `{gate}`{place} {verdict} once: {detail}"))
        }
        EventKind::GateFinished {
            gate,
            passed: true,
            detail,
            ..
        } => (Tone::Good, format!("gate `{gate}` passed: {detail}")),
        EventKind::GateFinished { gate, detail, .. } => (Tone::Bad, format!("gate `{gate}` failed: {detail}")),
        EventKind::WaveFinished { wave, outcome, reason } => {
            let tone = if *outcome == WaveOutcome::Passed {
                Tone::Good
            } else {
                Tone::Bad
            };
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            (tone, format!("wave {wave} {}{reason}", outcome.as_str()))
        }
        _ => return None,
    };
    Some(text)
}

/// How a host ended that did not fail: where nothing changed and it was told to download, that is what it did.
#[must_use]
pub fn ended_in_words(state: HostRunState, downloaded_bytes: Option<u64>) -> String {
    match (state, downloaded_bytes) {
        (HostRunState::Unchanged, Some(0)) => "downloaded, all of it was in the cache already".to_owned(),
        (HostRunState::Unchanged, Some(bytes)) => format!("downloaded {}", size_in_words(bytes)),
        _ => state.to_string(),
    }
}

/// What the operator is told after the first Ctrl-C.
#[must_use]
pub fn draining() -> &'static str {
    "stopping: no further host starts, running ones end; press Ctrl-C again to leave them running and go"
}

/// What became of units that ran replaced files.
#[must_use]
pub fn restarts_in_words(restarted: &[String], left: &[NeedsRestart], failed: &[NeedsRestart]) -> String {
    let with_reasons = |units: &[NeedsRestart]| {
        let words: Vec<String> = units
            .iter()
            .map(|one| format!("{} ({})", one.unit, one.reason))
            .collect();
        words.join(", ")
    };
    let mut words = Vec::new();
    if !restarted.is_empty() {
        words.push(format!("restarted {}", restarted.join(", ")));
    }
    if !failed.is_empty() {
        words.push(format!("does not run after its restart: {}", with_reasons(failed)));
    }
    if !left.is_empty() {
        words.push(format!("needs a restart by hand: {}", with_reasons(left)));
    }
    words.join("; ")
}

/// What is left to do on a host.
#[must_use]
pub fn pending_in_words(services: &[String], reboot: &[String]) -> String {
    let mut words = Vec::new();
    if !services.is_empty() {
        words.push(format!("still run replaced files: {}", services.join(", ")));
    }
    if !reboot.is_empty() {
        words.push(format!("a reboot is needed: {}", reboot.join(", ")));
    }
    words.join("; ")
}

fn error_in_words(error: &HostError) -> String {
    format!("{}: {}", error.code, error.message)
}

/// Milliseconds as `0.4 s`, `12 s` or `3m5s`.
#[must_use]
pub fn seconds_in_words(milliseconds: u64) -> String {
    match milliseconds {
        0..=9_999 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        10_000..=119_999 => format!("{} s", milliseconds / 1_000),
        _ => format_duration(std::time::Duration::from_millis(milliseconds)),
    }
}
