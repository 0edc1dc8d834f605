//! `apply --download-only`: every host of the plan downloads what it will install. Changes no package.

use super::apply::RunOrder;
use super::apply::execute;
use crate::cli::exit::run_exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::session::Session;
use crate::ledger::SqliteLedger;
use crate::model::plan::Plan;
use crate::model::saved_plan::PlanReference;
use crate::plan::download_plan;
use crate::remote::job::JobStep;
use crate::report::pages::plan::plan_outline;
use crate::rollout::{Freshness, Limits};
use crate::ssh::SshTransport;

/// Downloads, keeps the run in the ledger and shows how it ended.
///
/// # Errors
/// When the ledger cannot be written or standard output is closed.
pub(super) async fn run(
    session: &Session<'_>,
    plan: &Plan,
    of: Option<PlanReference>,
    freshness: Freshness,
    transport: SshTransport,
    ledger: &mut SqliteLedger,
) -> CommandResult {
    // Every one of them loads the same mirrors, so fewer than a scan has.
    let at_once = session.limits().parallel.min(Limits::default().parallel);
    let plan = download_plan(plan, at_once).map_err(|error| Failure::internal(error, "please report it"))?;
    session.printer.notice(&plan_outline(&plan));
    let order = RunOrder {
        of,
        step: JobStep::DownloadOnly,
        freshness,
        closing: None,
    };
    let report = execute(session, &plan, order, transport, ledger).await?;
    Ok(run_exit(&plan, &report))
}
