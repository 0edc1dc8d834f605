//! Events as plain lines with the time of day: for logs, cron and CI.

use super::event_text::event_in_words;
use crate::model::event::{Event, EventKind, HostPhase};
use crate::model::gate::GateResult;

/// The lines of an event: none for events that only move a bar, one for most, more for a failure's log.
#[must_use]
pub fn lines(event: &Event) -> Vec<String> {
    if is_small(&event.kind) {
        return Vec::new();
    }
    let Some((_, words)) = event_in_words(&event.kind) else {
        return Vec::new();
    };
    let time = event.at.strftime("%H:%M:%SZ");
    let mut lines = vec![format!("{time} {words}")];
    if let EventKind::HostFinished {
        excerpt,
        error: Some(error),
        ..
    } = &event.kind
    {
        lines.extend(excerpt.iter().map(|line| format!("{time}     {line}")));
        lines.push(format!("{time}     → {}", error.hint));
    }
    lines
}

/// Steps on the way that nobody reads in the log of a large fleet; the ledger has them all.
fn is_small(kind: &EventKind) -> bool {
    match kind {
        EventKind::HostStarted { .. } => true,
        EventKind::HostPhase { phase, .. } => !matches!(
            phase,
            HostPhase::Downloading | HostPhase::Patching | HostPhase::Rebooting
        ),
        EventKind::GateMeasured { passed, .. } => *passed,
        EventKind::GateBaseline { result, .. } | EventKind::GateLooked { result, .. } => *result == GateResult::Pass,
        _ => false,
    }
}
