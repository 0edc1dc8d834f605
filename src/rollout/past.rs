//! What earlier controllers did with a host, as the result of a turn, and with a run, as a report. Pure.

use super::conclusion::host_report;
use super::executor::{RanChanges, TurnResult};
use super::hooks::UNDONE_ON_RESUME;
use super::restart::{LISTED, Restarted};
use crate::model::aftermath::NeedsRestart;
use crate::model::drift::{DriftAction, Promotion};
use crate::model::experimental::Experimental;
use crate::model::hook::NotUndone;
use crate::model::journal::{Journal, PastHost};
use crate::model::name::RunId;
use crate::model::plan::{Plan, PlannedChange, PlannedHost, PlannedWave};
use crate::model::run::{HostRunState, RunOutcome, RunReport, WaveOutcome, WaveReport};
use crate::model::saved_plan::PlanReference;

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
        differences: past.differences.clone(),
        down_seconds: past.down_seconds,
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

fn not_undone(plan: &Plan, journal: &Journal) -> Vec<NotUndone> {
    let untried = if journal.is_resumable() {
        UNDONE_ON_RESUME
    } else {
        "its undoing was not seen to end"
    };
    journal.hooks().not_undone(&plan.rules.run.hooks, untried)
}

/// A run that has not ended, as a report: hosts that are begun are neither patched nor failed yet.
#[must_use]
pub fn report_so_far(plan: &Plan, run: &RunId, of: Option<PlanReference>, journal: &Journal) -> RunReport {
    let hosts = plan
        .waves
        .iter()
        .flat_map(|wave| wave.hosts().map(move |host| (wave, host)));
    let hosts = hosts.map(|(wave, host)| {
        let past = journal.host(&host.name);
        let result = past.map(|past| {
            ended(past, host).unwrap_or_else(|| TurnResult {
                state: HostRunState::Left,
                ..begun(past)
            })
        });
        host_report(wave, host, result.as_ref())
    });
    let hosts = hosts.collect();
    let wave = |wave: &PlannedWave| WaveReport {
        name: wave.name.clone(),
        outcome: match journal.wave(&wave.name) {
            None => WaveOutcome::NotStarted,
            Some(past) => past
                .end
                .as_ref()
                .map_or(WaveOutcome::Interrupted, |(outcome, _)| *outcome),
        },
        hosts: wave.hosts().map(|host| host.name.clone()).collect(),
    };
    RunReport {
        run: run.clone(),
        plan: of,
        outcome: journal.ended().map_or(RunOutcome::Interrupted, |end| end.outcome),
        reason: journal.ended().and_then(|end| end.reason.clone()),
        waves: plan.waves.iter().map(wave).collect(),
        hosts,
        experimental: Experimental::planned(plan),
        not_undone: not_undone(plan, journal),
        rollback: plan.rules.rollback.clone(),
    }
}
