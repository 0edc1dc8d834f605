//! What comes after a run that secured the installed versions, also when another process has to go on with it.
//!
//! What must stay true: what comes after is kept with the securing before that begins, under an id of its own, so it is
//! never begun twice.

use super::apply::{RunOrder, execute, ignored_window};
use super::run_record::{freshness_of, record, step_of};
use crate::cli::exit::run_exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::planning::permission::closing_time;
use crate::cli::session::{Session, new_run_id};
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::name::RunId;
use crate::model::plan::Plan;
use crate::model::run::{RunOutcome, RunReport};
use crate::model::run_record::{NextRun, RunRecord};
use crate::rollout::Waits;

/// What is to come after a securing.
///
/// # Errors
/// When a path cannot be made absolute.
pub(super) fn next_run(plan: &Plan, order: &RunOrder, session: &Session<'_>) -> Result<NextRun, Failure> {
    Ok(NextRun {
        run: new_run_id()?,
        plan: plan.clone(),
        record: record(order, session)?,
    })
}

/// Whether a run has ended well and what comes after it was never begun.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn is_awaited(run: &RunId, record: &RunRecord, ledger: &SqliteLedger) -> Result<bool, Failure> {
    let Some(next) = &record.next else { return Ok(false) };
    let is_completed = ledger
        .report(run)?
        .is_some_and(|report| report.outcome == RunOutcome::Completed);
    Ok(is_completed && ledger.begun_run(&next.run)?.is_none())
}

/// Begins what comes after the securing that ended with this report.
///
/// # Errors
/// When the ledger cannot be written.
pub(super) async fn follow_up(
    next: NextRun,
    securing: RunReport,
    waits: Waits,
    session: &Session<'_>,
    ledger: &mut SqliteLedger,
) -> CommandResult {
    let NextRun { run, plan, record } = next;
    let begun = record.ignores_window.then_some("the run was begun so");
    let order = RunOrder {
        run: Some(run),
        of: record.plan.clone(),
        command: super::run_record::document_of(&record.command),
        step: step_of(&record),
        freshness: freshness_of(&record),
        closing: closing_time(&plan, ignored_window(begun, session.options), ledger)?,
        waits,
        ignores_window: record.ignores_window,
        expires: record.expires,
        securing: Some(securing),
        next: None,
    };
    let report = execute(session, &plan, order, session.transport(), ledger).await?;
    Ok(run_exit(&plan, &report))
}
