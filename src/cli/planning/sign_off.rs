//! The last step of planning: who made the plan, with what, from which rules, and until when it holds.

use std::time::Duration;

use jiff::Timestamp;

use super::examine::Examination;
use crate::cli::failure::Failure;
use crate::cli::operator::operator;
use crate::cli::session::{Session, new_run_id};
use crate::model::plan::Plan;
use crate::model::saved_plan::{FORMAT_VERSION, SavedPlan};
use crate::playbook::Playbook;

/// How long a plan holds unless the playbook or the command line says otherwise.
const USUAL_VALIDITY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Until when a plan holds. The command line's word wins over the playbook's.
///
/// # Errors
/// When no calendar reaches that far.
pub(super) fn end_of_validity(plan: &Plan, playbook: &Playbook, valid: Option<Duration>) -> Result<Timestamp, Failure> {
    end_of(plan.made, valid.or(playbook.valid_for).unwrap_or(USUAL_VALIDITY))
}

/// Puts to a plan what makes it a document.
///
/// # Errors
/// Never for a clock that works.
pub(super) fn sign_off(
    plan: Plan,
    examination: Examination,
    playbook: &Playbook,
    expires: Timestamp,
    session: &Session<'_>,
) -> Result<SavedPlan, Failure> {
    Ok(SavedPlan {
        format_version: FORMAT_VERSION.to_owned(),
        id: new_run_id()?,
        made: plan.made,
        expires,
        author: operator(session.options.surroundings),
        author_keys: Vec::new(),
        tool: format!("patchwave {}", env!("CARGO_PKG_VERSION")),
        playbook: serde_json::to_value(playbook)?,
        findings: examination.findings,
        coverage: examination.coverage,
        plan,
    })
}

fn end_of(made: Timestamp, valid: Duration) -> Result<Timestamp, Failure> {
    let end = jiff::SignedDuration::try_from(valid)
        .ok()
        .and_then(|valid| made.checked_add(valid).ok());
    end.ok_or_else(|| Failure::usage("no calendar reaches that far", "example: `--valid 7d`"))
}
