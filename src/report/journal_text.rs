//! The words of events that tell how a run was carried on: who steered it, what was begun, what was found.

use crate::model::condition::ConditionDifference;
use crate::model::event::EventKind;
use crate::model::gate::GateResult;
use crate::model::hook::HookOutcome;

use super::page::Tone;

/// An event in words; `None` for events that only move a bar, and for those that other files know.
#[must_use]
pub fn journal_event_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    Some(match kind {
        EventKind::RunResumed { by } => (Tone::Strong, format!("the run goes on, carried out by {by}")),
        EventKind::Ordered { order, by, ignored, .. } => {
            let why = ignored.as_ref().map_or_else(String::new, |why| format!(", but {why}"));
            (Tone::Warning, format!("{by} says `{order}`{why}"))
        }
        EventKind::WindowIgnored { by, reason } => {
            let why = reason.as_deref().map(|reason| format!(": {reason}"));
            let words = format!("{by} lets the run go on outside its window{}", why.unwrap_or_default());
            (Tone::Warning, words)
        }
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
        EventKind::HostDown { host, detail } => (
            Tone::Warning,
            format!("{host}: does not answer, and counts as down for its domains: {detail}"),
        ),
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
        EventKind::HostHalfDone { host, error, .. } => (Tone::Warning, format!("{host}: is mended: {}", error.message)),
        EventKind::HostSnapshot { host, snapshot } => (Tone::Plain, format!("{host}: snapshot {snapshot}")),
        EventKind::HostLeft { host } => (
            Tone::Warning,
            format!("{host}: left alone; what was started there goes on"),
        ),
        EventKind::HookStarted { .. } | EventKind::HookFinished { .. } => return hook_in_words(kind),
        EventKind::GateBaseline { .. } | EventKind::GateLooked { .. } => return gate_in_words(kind),
        EventKind::SoakFinished { wave, promoted } => {
            let why = if *promoted { ", cut short by an operator" } else { "" };
            (Tone::Plain, format!("wave {wave}: the soak is over{why}"))
        }
        _ => return None,
    })
}

/// What gates say before their wave, and after it has passed.
fn gate_in_words(kind: &EventKind) -> Option<(Tone, String)> {
    let (words, result) = match kind {
        EventKind::GateBaseline {
            wave,
            gate,
            result,
            detail,
        } => (
            format!("gate `{gate}` {} before wave {wave}: {detail}", result.as_verb()),
            result,
        ),
        EventKind::GateLooked {
            wave,
            gate,
            result,
            detail,
        } => (
            format!(
                "gate `{gate}` of wave {wave}, looked at again, {}: {detail}",
                result.as_verb()
            ),
            result,
        ),
        _ => return None,
    };
    let tone = match (result, kind) {
        (GateResult::Pass, _) => Tone::Plain,
        (GateResult::Fail, EventKind::GateLooked { .. }) => Tone::Bad,
        (GateResult::Fail | GateResult::Unknown, _) => Tone::Warning,
    };
    Some((tone, words))
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
    let bad: Vec<ConditionDifference> = differences.iter().filter(|one| !one.allowed).cloned().collect();
    match bad.as_slice() {
        [] => (
            Tone::Quiet,
            format!("{host}: differs from before, as is allowed: {}", in_words(differences)),
        ),
        bad => (Tone::Bad, format!("{host}: differs from before: {}", in_words(bad))),
    }
}

fn in_words(differences: &[ConditionDifference]) -> String {
    let words: Vec<String> = differences.iter().map(ConditionDifference::in_words).collect();
    words.join("; ")
}
