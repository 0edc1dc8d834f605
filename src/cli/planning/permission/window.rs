//! Whether the maintenance window is open (`window` of the playbook).

use jiff::Timestamp;

use super::Candidate;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

/// Refuses a plan outside its window.
///
/// # Errors
/// Never so far.
pub(super) fn check(_candidate: Candidate<'_>, _session: &Session<'_>, _now: Timestamp) -> Result<(), Failure> {
    Ok(())
}
