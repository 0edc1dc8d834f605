//! What is told of a host whose turn has ended: its entry in the report, and the events that the ledger keeps.

use super::executor::TurnResult;
use crate::model::event::EventKind;
use crate::model::name::{HostName, WaveName};
use crate::model::plan::{PlannedHost, PlannedWave};
use crate::model::restart::RestartPolicy;
use crate::model::run::{HostReport, HostRunState};

/// The host's entry in the report; `None` for a host whose turn never came.
pub(super) fn host_report(wave: &PlannedWave, host: &PlannedHost, result: Option<&TurnResult>) -> HostReport {
    let (name, wave) = (host.name.clone(), wave.name.clone());
    match result {
        None => HostReport {
            name,
            wave,
            state: HostRunState::NotStarted,
            rebooted: false,
            duration_ms: 0,
            error: None,
            changed: Vec::new(),
            down_seconds: None,
            differences: Vec::new(),
            restarted: Vec::new(),
            needs_restart: Vec::new(),
            left_over: Vec::new(),
            downloaded_bytes: None,
            secured: None,
            drift: None,
            promoted: Vec::new(),
        },
        Some(result) => HostReport {
            name,
            wave,
            state: result.state,
            rebooted: result.rebooted,
            duration_ms: result.duration_ms,
            error: result.error.clone(),
            changed: result.changed.clone(),
            down_seconds: result.down_seconds,
            differences: result.differences.clone(),
            restarted: result.restarted.restarted.clone(),
            needs_restart: result.needs_restart.clone(),
            left_over: result.left_over.clone(),
            downloaded_bytes: result.downloaded_bytes,
            secured: result.secured.clone(),
            drift: result.drift.clone(),
            promoted: result.promoted.clone(),
        },
    }
}

/// The events of the end of a turn, in their order; the last one says how the host ended.
pub(super) fn closing_events(
    wave: &WaveName,
    host: &HostName,
    result: &TurnResult,
    policy: RestartPolicy,
) -> Vec<EventKind> {
    let mut events = Vec::new();
    if !result.log.is_empty() {
        events.push(EventKind::HostLog {
            host: host.clone(),
            lines: result.log.clone(),
        });
    }
    if !result.left_over.is_empty() {
        events.push(EventKind::HostLeftOver {
            host: host.clone(),
            files: result.left_over.clone(),
        });
    }
    let is_auto = policy == RestartPolicy::Auto;
    let is_told = !result.restarted.restarted.is_empty()
        || !result.needs_restart.is_empty()
        || !result.restarted.failed.is_empty();
    if is_auto && is_told {
        events.push(EventKind::HostRestarted {
            host: host.clone(),
            restarted: result.restarted.restarted.clone(),
            left: result.needs_restart.clone(),
            failed: result.restarted.failed.clone(),
        });
    }
    let listed = result.needs_restart.iter().filter(|_| !is_auto);
    let services: Vec<String> = listed.map(|needs| needs.unit.clone()).collect();
    if !services.is_empty() || !result.reboot.is_empty() {
        events.push(EventKind::HostPending {
            host: host.clone(),
            services,
            reboot: result.reboot.clone(),
        });
    }
    events.retain(|event| !result.told.contains(event));
    events.push(EventKind::HostFinished {
        host: host.clone(),
        wave: wave.clone(),
        state: result.state,
        rebooted: result.rebooted,
        duration_ms: result.duration_ms,
        error: result.error.clone(),
        excerpt: result.excerpt.clone(),
        changed: result.changed.clone(),
        downloaded_bytes: result.downloaded_bytes,
    });
    events
}
