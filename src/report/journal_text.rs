//! The words of events that tell how a run was carried on: who steered it, what was begun, what was found.

use crate::model::condition::{ConditionDifference, ConditionPart};
use crate::model::event::EventKind;
use crate::model::hook::HookOutcome;
use crate::model::text::count;

use super::page::Tone;

/// An event in words; `None` for events that only move a bar, and for those that other files know.
#[must_use]
pub fn journal_event_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    Some(match kind {
        EventKind::RunResumed { by } => (Tone::Strong, format!("the run goes on, carried out by {by}")),
        EventKind::Ordered { order, by } => (Tone::Warning, format!("{by} says `{order}`")),
        EventKind::RunPaused { reason } => (Tone::Warning, format!("paused: {reason}")),
        EventKind::RunContinued => (Tone::Plain, "the run goes on".to_owned()),
        EventKind::HostResumed { host, wave } => (Tone::Plain, format!("{host}: is taken up again in wave {wave}")),
        EventKind::QuorumAsked {
            host,
            domain,
            met,
            detail,
        } => {
            let (tone, words) = if *met {
                (Tone::Plain, "agrees")
            } else {
                (Tone::Warning, "does not agree, and it waits")
            };
            (tone, format!("{host}: domain {domain} {words}: {detail}"))
        }
        EventKind::HostReboot { host, .. } => (Tone::Plain, format!("{host}: is told to reboot")),
        EventKind::HostRebooted { host, down_seconds, .. } => {
            (Tone::Plain, format!("{host}: is back after {down_seconds} s"))
        }
        EventKind::HostBlocked { host, blockers } => (
            Tone::Warning,
            format!("{host}: is not rebooted: {}", blockers.join("; ")),
        ),
        EventKind::HostDiffers { host, differences } => differences_in_words(host.as_str(), differences),
        EventKind::HostSilent {
            host,
            seconds,
            diagnosis,
        } => (
            Tone::Warning,
            format!("{host}: has printed nothing for {seconds} s: {}", diagnosis.join("; ")),
        ),
        EventKind::HostSnapshot { host, snapshot } => (Tone::Plain, format!("{host}: snapshot {snapshot}")),
        EventKind::HostLeft { host } => (
            Tone::Warning,
            format!("{host}: left alone; what was started there goes on"),
        ),
        EventKind::HookStarted { .. } | EventKind::HookFinished { .. } => return hook_in_words(kind),
        EventKind::SoakFinished { wave, promoted } => {
            let why = if *promoted { ", cut short by an operator" } else { "" };
            (Tone::Plain, format!("wave {wave}: the soak is over{why}"))
        }
        _ => return None,
    })
}

fn hook_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    let EventKind::HookFinished {
        hook,
        host,
        wave,
        undo,
        outcome,
        detail,
    } = kind
    else {
        return None;
    };
    let what = if *undo { "the undoing of hook" } else { "hook" };
    let place = match (host, wave) {
        (Some(host), _) => format!("{host}: "),
        (None, Some(wave)) => format!("wave {wave}: "),
        (None, None) => String::new(),
    };
    let said = if detail.is_empty() {
        String::new()
    } else {
        format!(": {detail}")
    };
    Some(match outcome {
        HookOutcome::Done => (Tone::Plain, format!("{place}{what} `{hook}` is done")),
        HookOutcome::Skip => (
            Tone::Warning,
            format!("{place}{what} `{hook}` leaves the host out{said}"),
        ),
        HookOutcome::Failed => (Tone::Bad, format!("{place}{what} `{hook}` failed{said}")),
    })
}

fn differences_in_words(host: &str, differences: &[ConditionDifference]) -> (Tone, String) {
    let bad: Vec<String> = differences
        .iter()
        .filter(|difference| !difference.allowed)
        .map(difference_in_words)
        .collect();
    match bad.as_slice() {
        [] => (
            Tone::Quiet,
            format!(
                "{host}: {} that the playbook allows",
                count(differences.len(), "difference")
            ),
        ),
        bad => (Tone::Bad, format!("{host}: differs from before: {}", bad.join("; "))),
    }
}

/// One difference in words: `the socket tcp 0.0.0.0:80 is gone`.
#[must_use]
pub fn difference_in_words(difference: &ConditionDifference) -> String {
    let what = &difference.what;
    let (part, came, went) = match difference.part {
        ConditionPart::FailedUnit => ("unit", "has failed", "is no longer failed"),
        ConditionPart::ActiveUnit => ("unit", "is active", "is no longer active"),
        ConditionPart::Socket => ("socket", "is new", "is gone"),
        ConditionPart::Mount => ("mount", "is new", "is gone"),
        ConditionPart::Route => ("route", "is new", "is gone"),
        ConditionPart::Resolver => ("resolver line", "is new", "is gone"),
    };
    format!("the {part} {what} {}", if difference.came { came } else { went })
}
