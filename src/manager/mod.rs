//! Package managers: a file each, with a pure parser of what it prints and a pure builder of what it is told.
//!
//! The set is closed, so everything is dispatched by a plain `match` on [`Manager`]. What a manager prints
//! reaches its parser as named sections; each file documents its own. Versions of rpm packages are written
//! `[EPOCH:]VERSION-RELEASE` without a zero epoch; architectures as the manager writes them.

pub mod apt;
mod apt_policy;
pub mod detect;
mod failure;
pub mod listing;
pub mod rpm;
mod transaction;

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::section::Sections;

pub use failure::{OWN_PREFIX, failure, is_lock};
pub use listing::{Installed, Listing, installed_versions, parse_installed};
pub use transaction::{TransactionError, transaction};

/// Reads the updates from the sections of a probe.
///
/// # Errors
/// What [`failure`] makes of a listing that failed.
pub fn updates(manager: Manager, sections: &Sections) -> Result<Listing, HostError> {
    match manager {
        Manager::Apt => apt::updates(sections),
        _ => Err(HostError::new(
            ErrorCode::Internal,
            format!("{manager} is not written yet"),
            "use a later build",
        )),
    }
}

/// Whether the host has any repository metadata to list updates from.
#[must_use]
pub fn knows_repositories(manager: Manager, sections: &Sections) -> bool {
    match manager {
        Manager::Apt => apt::knows_repositories(sections),
        _ => true,
    }
}

/// Why refreshing the metadata failed; `None` when it did not, or was not tried.
#[must_use]
pub fn refresh_problem(manager: Manager, sections: &Sections) -> Option<HostError> {
    let section = sections.get("refresh")?;
    if section.exit_code == 0 {
        return None;
    }
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let problem = failure(manager, section.exit_code, &said);
    match problem.code {
        ErrorCode::Manager | ErrorCode::Gone => Some(HostError::new(ErrorCode::Repo, problem.message, problem.hint)),
        _ => Some(problem),
    }
}
