//! Whether the checks found nothing that stops the plan (`lint` of the playbook).

use super::Candidate;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

/// Refuses a plan with errors among its findings.
///
/// # Errors
/// Never so far.
pub(super) fn check(_candidate: Candidate<'_>, _session: &Session<'_>) -> Result<(), Failure> {
    Ok(())
}
