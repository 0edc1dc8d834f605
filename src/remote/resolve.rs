//! Asks a host what exactly the planned versions would come to, before anything is changed there.
//!
//! Data lines of the script: manager, seconds to wait for a lock, the lines of [`crate::manager::question`], `end`.
//! Sections; a simulated host must answer the same:
//!
//! - `simulate`: the manager's own output and exit code for exactly the planned versions. What comes along, and what
//!   would be removed, is no refusal here; a version that cannot be had is one.
//! - `offers`: `NAME|ARCHITECTURE|VERSION|REPOSITORY|SIZE|repository` or `host`. Another exit code than 0 means that
//!   not all is known.
//! - `users`: `NAME|UNIT`, `init` for process 1. Likewise; 77 without root, 69 where the system does not tell.
//! - `space`: what the job itself would say, before it downloads anything.
//!
//! What must stay true: nothing on the host is changed by it, and what is not known is never told as nothing.

use std::time::Duration;

use crate::manager::resolution::{offers, users};
use crate::manager::{consented, failure, question};
use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::PackageName;
use crate::model::plan::PlannedChange;
use crate::model::resolution::Resolution;
use crate::model::rollback::Consent;
use crate::model::section::Section;

use super::frame;
use super::job::{JobError, parse_simulate};
use super::program;
use super::script::{Nonce, Script};
use super::transport::ScriptOutput;

/// The kind of the script.
pub const KIND: &str = "resolve";

/// What a host is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveRequest {
    /// The host's package manager, as the probe found it.
    pub manager: Manager,
    /// Exactly these versions.
    pub changes: Vec<PlannedChange>,
    /// New dependencies that are known already; others are told all the same.
    pub may_bring: Vec<PlannedChange>,
    /// Packages that must be present, in whatever version the manager takes.
    pub install: Vec<PackageName>,
    /// What it may do beyond installing what is newer.
    pub consent: Consent,
    /// How long another process is waited for that holds the manager's lock.
    pub lock_wait: Duration,
}

/// The script that asks. It changes nothing.
///
/// # Errors
/// When there is nothing to ask for, or two changes of one package.
pub fn resolve_script(request: &ResolveRequest, nonce: Nonce) -> Result<Script, JobError> {
    let mut data = vec![request.manager.to_string(), request.lock_wait.as_secs().to_string()];
    let lines = question(request.manager, &request.changes, &request.may_bring, &request.install)?;
    data.extend(consented(request.manager, lines, &request.consent));
    data.push("end".to_owned());
    Ok(Script::new(KIND, &program::resolve(request.manager), nonce, data)?)
}

/// Reads what a host answered.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete. What the manager refuses is no error:
/// see [`Resolution::refusal`].
pub fn parse_resolve(manager: Manager, output: &ScriptOutput, nonce: &Nonce) -> Result<Resolution, HostError> {
    let simulation = parse_simulate(manager, output, nonce)?;
    let sections = frame::parse(output, nonce)?;
    let failed = |name: &str| sections.get(name).is_none_or(|section| section.exit_code != 0);
    let offers = offers(sections.text("offers"));
    let users = users(sections.text("users"));
    Ok(Resolution {
        steps: simulation.steps.steps,
        refusal: simulation.failure,
        offers: offers.found,
        users: users.found,
        space: sections.get("space").and_then(|section| no_space(manager, section)),
        offers_unknown: failed("offers"),
        users_unknown: failed("users"),
        unparsed: simulation.steps.unparsed + offers.unparsed + users.unparsed,
    })
}

/// Any other failure of that question is one of the simulation too.
fn no_space(manager: Manager, section: &Section) -> Option<HostError> {
    if section.exit_code == 0 {
        return None;
    }
    let error = failure(manager, section.exit_code, &section.stdout);
    (error.code == ErrorCode::Disk).then_some(error)
}
