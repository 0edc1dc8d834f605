//! Package managers: a file each, with a pure parser of what it prints and a pure builder of what it is told.
//!
//! Everything is dispatched by a plain `match` on [`Manager`]: the set is closed.

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;

/// Says in the product's words why a transaction failed, from its exit code and the end of its log.
#[must_use]
pub fn failure(manager: Manager, exit_code: i32, _log: &str) -> HostError {
    HostError::new(
        ErrorCode::Manager,
        format!("{manager} failed with exit code {exit_code}"),
        "read the log",
    )
}
