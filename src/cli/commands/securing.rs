//! Puts the package files of installed versions aside on every host of a plan, before anything is changed on any.

use super::apply::{RunOrder, execute};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::SqliteLedger;
use crate::model::plan::Plan;
use crate::model::run::RunReport;
use crate::model::run_record::NextRun;
use crate::plan::download_plan;
use crate::remote::job::JobStep;
use crate::report::page::{Page, Tone};
use crate::report::pages::fetch::secured_page;
use crate::report::terminal::render;
use crate::rollout::{Limits, Waits};

/// The plan for steps that change no package.
///
/// # Errors
/// Never: its wave has a good name.
pub(super) fn quiet_plan(plan: &Plan, session: &Session<'_>) -> Result<Plan, Failure> {
    // Every one of them loads the same mirrors, so fewer than a scan has.
    let at_once = session.limits().parallel.min(Limits::default().parallel);
    download_plan(plan, at_once).map_err(|error| Failure::internal(error, "please report it"))
}

/// Secures the installed versions of everything that the plan replaces, in a run of its own. Without a way back there is
/// no way forward: where a host fails, the inner error is how the command ends. `next` comes after it.
///
/// # Errors
/// When the ledger cannot be written.
pub(super) async fn secure_old(
    session: &Session<'_>,
    plan: &Plan,
    before: &RunOrder,
    next: NextRun,
    ledger: &mut SqliteLedger,
) -> Result<Result<RunReport, Exit>, Failure> {
    let plan = quiet_plan(plan, session)?;
    let order = RunOrder {
        run: None,
        of: before.of.clone(),
        command: "secure",
        step: JobStep::Secure,
        freshness: before.freshness,
        closing: None,
        waits: Waits::Here,
        ignores_window: false,
        expires: before.expires,
        securing: None,
        next: Some(next),
    };
    let report = execute(session, &plan, order, session.transport(), ledger).await?;
    let printer = session.printer;
    printer.notice(&secured_page(&report));
    match run_exit(&plan, &report) {
        Exit::Done => Ok(Ok(report)),
        exit => {
            let mut page = Page::new();
            page.line(
                "Not every host could put its installed versions aside: no package was changed",
                Tone::Bad,
            );
            printer.complaint(&render(&page, printer.notice_look()));
            Ok(Err(exit))
        }
    }
}
