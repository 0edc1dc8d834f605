//! Asks a host what exactly the planned versions would come to, before anything is changed there.
//!
//! Data lines of the script: manager, seconds to wait for a lock, the lines of [`crate::manager::transaction`],
//! `end`. The section `simulate` has what the manager says of it.

use std::time::Duration;

use crate::model::error::HostError;
use crate::model::manager::Manager;
use crate::model::name::PackageName;
use crate::model::plan::PlannedChange;
use crate::model::resolution::Resolution;

use super::job::{JobError, parse_simulate, simulate_script};
use super::script::{Nonce, Script};
use super::transport::ScriptOutput;

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
    /// How long another process is waited for that holds the manager's lock.
    pub lock_wait: Duration,
}

/// The script that asks. It changes nothing.
///
/// # Errors
/// When the changes make no transaction.
pub fn resolve_script(request: &ResolveRequest, nonce: Nonce) -> Result<Script, JobError> {
    simulate_script(
        request.manager,
        &request.changes,
        &request.may_bring,
        request.lock_wait,
        nonce,
    )
}

/// Reads what a host answered.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete. What the manager refuses is no error:
/// see [`Resolution::refusal`].
pub fn parse_resolve(manager: Manager, output: &ScriptOutput, nonce: &Nonce) -> Result<Resolution, HostError> {
    let simulation = parse_simulate(manager, output, nonce)?;
    Ok(Resolution {
        steps: simulation.steps.steps,
        unparsed: simulation.steps.unparsed,
        refusal: simulation.failure,
        ..Resolution::default()
    })
}
