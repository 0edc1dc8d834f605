//! Whether a plan may be run now: every condition is looked at before a host is contacted for it.

mod approvals;
mod findings;
mod validity;
mod window;

use jiff::Timestamp;

use crate::cli::arguments::ApprovalOptions;
use crate::cli::failure::Failure;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::saved_plan::SavedPlan;
use crate::playbook::Playbook;

pub use window::{ask_window, closing_time};

/// A plan that is about to be run.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The plan, as far as it is run.
    pub saved: &'a SavedPlan,
    /// The file that it was read from; `None` for one that was made just now.
    pub file: Option<&'a PlanFile>,
    /// What the command line asks of its approvals.
    pub approvals: &'a ApprovalOptions,
    /// Whether it is run outside its window too, in an emergency.
    pub ignores_window: bool,
}

/// Refuses a plan that must not be run now. What the checks found is shown in any case, so that neither a closed window
/// nor a missing approval hides it; these two have exit codes that scripts wait for, and come first.
///
/// # Errors
/// The first condition that does not hold, with its own exit code.
pub fn ask(candidate: Candidate<'_>, session: &Session<'_>, now: Timestamp) -> Result<(), Failure> {
    if let Some(file) = candidate.file {
        validity::check(file, now)?;
    }
    let errors = findings::show(candidate, session, now)?;
    window::check(candidate, session, now)?;
    approvals::check(candidate, session, now)?;
    findings::refuse(&errors)
}

/// Asks again what time alone may have changed while somebody was asked for a yes: whether the plan and its approvals
/// still hold. The window is looked at before every host anyway.
///
/// # Errors
/// With [`Exit::Outdated`](crate::cli::exit::Exit::Outdated) or
/// [`Exit::NotApproved`](crate::cli::exit::Exit::NotApproved), when they do not.
pub fn ask_again(candidate: Candidate<'_>, now: Timestamp) -> Result<(), Failure> {
    let Some(file) = candidate.file else { return Ok(()) };
    validity::check(file, now)?;
    approvals::check_again(file, candidate, now)
}

/// Refuses, before anything is contacted, a playbook that may not be applied without a plan that was saved.
///
/// # Errors
/// When its plans must be approved.
pub fn ask_playbook(playbook: &Playbook, named: &str, approvals: &ApprovalOptions) -> Result<(), Failure> {
    approvals::check_playbook(playbook, named, approvals)
}

/// Refuses a plan that no longer holds. This is all that is asked before what changes no package.
///
/// # Errors
/// As [`ask`].
pub fn ask_validity(file: &PlanFile, now: Timestamp) -> Result<(), Failure> {
    validity::check(file, now)
}
