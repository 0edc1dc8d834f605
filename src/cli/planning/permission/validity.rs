//! Whether a saved plan still holds, and holds already.

use std::time::Duration;

use jiff::Timestamp;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::saved_plan::PlanFile;

/// Clocks of two machines may differ by that much.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5 * 60);

/// Refuses a plan that has expired, or that is from the future.
///
/// # Errors
/// With [`Exit::Outdated`], when the plan does not hold at that time.
pub(super) fn check(file: &PlanFile, now: Timestamp) -> Result<(), Failure> {
    let saved = &file.saved;
    let path = file.path.display();
    if now >= saved.expires {
        return Err(Failure::with_exit(
            Exit::Outdated,
            format!(
                "the plan `{path}` ({}) held until {}; nothing was contacted",
                saved.id, saved.expires
            ),
            "make a new one with `patchwave plan --out`; `--valid` says how long it holds",
        ));
    }
    if saved.made > now + CLOCKS_DIFFER {
        return Err(Failure::with_exit(
            Exit::Outdated,
            format!(
                "the plan `{path}` ({}) was made at {}, and it is {now} now; nothing was contacted",
                saved.id, saved.made
            ),
            "compare the clock of this machine with that of the one that made the plan",
        ));
    }
    Ok(())
}
