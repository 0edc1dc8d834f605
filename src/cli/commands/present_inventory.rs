//! What the inventory says by now about the hosts of a saved plan, where that is stricter than the plan.

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::plan::Plan;
use crate::model::text::count;
use crate::plan::{excluded_since, heed_inventory};

/// As many exclusions as one line shows.
const SHOWN: usize = 8;

/// The plan with reboots and domains as strict as the inventory has them now.
///
/// # Errors
/// With [`Exit::Outdated`], when the inventory excludes on a host what the plan changes there.
pub(super) fn heed(file: &PlanFile, plan: &Plan, session: &Session<'_>) -> Result<Plan, Failure> {
    let excluded = excluded_since(plan, &session.inventory);
    if excluded.is_empty() {
        return Ok(heed_inventory(plan, &session.inventory));
    }
    let shown: Vec<String> = excluded
        .iter()
        .take(SHOWN)
        .map(|one| format!("{} on {} (`{}`)", one.package, one.host, one.pattern))
        .collect();
    Err(Failure::with_exit(
        Exit::Outdated,
        format!(
            "the inventory excludes {} of the plan `{}` by now: {}{}; nothing was contacted",
            count(excluded.len(), "change"),
            file.path.display(),
            shown.join(", "),
            if excluded.len() > shown.len() { ", …" } else { "" }
        ),
        "make the plan anew, or leave these hosts out with `--limit`",
    ))
}
