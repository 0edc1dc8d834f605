//! What an earlier controller did with a host, as the result of a turn. Pure.

use super::executor::{RanChanges, TurnResult};
use super::restart::{LISTED, Restarted};
use crate::model::aftermath::NeedsRestart;
use crate::model::drift::{DriftAction, Promotion};
use crate::model::journal::PastHost;
use crate::model::plan::{PlannedChange, PlannedHost};
use crate::model::run::HostRunState;

/// The result of a turn that ended under an earlier controller; `None` while it is begun.
pub(super) fn ended(past: &PastHost, planned: &PlannedHost) -> Option<TurnResult> {
    let end = past.end.as_ref()?;
    let mut result = begun(past);
    result.state = end.state;
    result.rebooted = end.rebooted;
    result.duration_ms = end.duration_ms;
    result.error = end.error.clone();
    result.excerpt = end.excerpt.clone();
    result.changed = end.changed.clone();
    result.downloaded_bytes = end.downloaded_bytes;
    let is_seen = matches!(end.state, HostRunState::Patched | HostRunState::Unchanged);
    result.ran = is_seen.then(|| ran(past, planned));
    Some(result)
}

/// As much of a turn's result as was kept while it was begun.
pub(super) fn begun(past: &PastHost) -> TurnResult {
    let mut result = TurnResult {
        touched: past.is_touched(),
        drift: past.drift.clone(),
        promoted: past.promotions.clone(),
        left_over: past.left_over.clone(),
        reboot: past.pending.1.clone(),
        told: past.told.clone(),
        ..TurnResult::unchanged()
    };
    for end in past.jobs.iter().filter_map(|job| job.end.as_ref()) {
        result.changed.extend(end.changed.iter().cloned());
        result.downloaded_bytes = end.downloaded_bytes.or(result.downloaded_bytes);
        result.secured = end.secured.clone().or(result.secured);
        if end.error.is_none() && !end.changed.is_empty() {
            result.state = HostRunState::Patched;
        }
    }
    match &past.restarted {
        Some(restart) => {
            result.needs_restart = restart.left.clone();
            result.restarted = Restarted {
                restarted: restart.restarted.clone(),
                refused: restart.left.clone(),
                failed: restart.failed.clone(),
            };
        }
        None => {
            let listed = |unit: &String| NeedsRestart {
                unit: unit.clone(),
                reason: LISTED.to_owned(),
            };
            result.needs_restart = past.pending.0.iter().map(listed).collect();
        }
    }
    result
}

/// What is installed once its job ended well.
pub(super) fn ran(past: &PastHost, planned: &PlannedHost) -> RanChanges {
    let drift = past.drift.as_ref();
    let anew = drift.filter(|drift| drift.action == Some(DriftAction::Replan));
    match anew.and_then(|drift| drift.instead.as_deref()) {
        Some(instead) => RanChanges {
            basis: past.basis.clone().unwrap_or_else(|| planned.basis.clone()),
            changes: instead.into(),
            planned_anew: true,
        },
        None => RanChanges {
            basis: planned.basis.clone(),
            changes: planned
                .changes
                .iter()
                .map(|change| promoted(change, &past.promotions))
                .collect(),
            planned_anew: false,
        },
    }
}

fn promoted(change: &PlannedChange, promotions: &[Promotion]) -> PlannedChange {
    let is_it = |promotion: &&Promotion| promotion.package == change.package && promotion.arch == change.arch;
    match promotions.iter().find(is_it) {
        Some(promotion) => PlannedChange {
            to: promotion.promoted.clone(),
            ..change.clone()
        },
        None => change.clone(),
    }
}
