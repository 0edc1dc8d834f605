//! `apply plan.json`: runs a plan as it was saved. No scan, no new choice: what is not in the file is not done.

use jiff::Timestamp;

use super::apply::{
    RunOrder, approved, freshness, ignored_window, not_approved, refuse_without_answer, secure_and_execute,
};
use crate::cli::arguments::{ApplyArguments, GlobalOptions};
use crate::cli::failure::CommandResult;
use crate::cli::planning::permission::{self, Candidate, closing_time};
use crate::cli::printer::Printer;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::plan::window::outlook;
use crate::remote::job::JobStep;
use crate::report::pages::saved_plan::PlanView;
use crate::rollout::Freshness;

/// Checks the plan against inventory and clock, asks once, and runs it.
///
/// # Errors
/// When the plan may not be run, its hosts are not those of the inventory, nobody is there to say yes, or the
/// ledger cannot be written.
pub(super) async fn run(
    file: PlanFile,
    arguments: &ApplyArguments,
    options: &GlobalOptions,
    printer: &Printer,
) -> CommandResult {
    let session = Session::open(options, printer)?;
    let (mut saved, selected) = super::saved_hosts::choose(&file, &session)?;
    saved.plan = super::present_inventory::heed(&file, &saved.plan, &session)?;
    // More care than was planned may always be taken.
    saved.plan.rules.secure_old |= arguments.options.secure_old;
    session.require_root(&selected, "apply")?;
    let candidate = Candidate {
        saved: &saved,
        file: Some(&file),
        approvals: &arguments.approvals,
        ignores_window: arguments.ignore_window.is_some(),
    };
    let plan = &saved.plan;
    let fresh = freshness(arguments.options.refresh, Freshness::KeptPlan);
    let transport = session.transport();
    crate::cli::interrupt::watch(&session.control);
    if arguments.dry_run {
        permission::ask_validity(&file, Timestamp::now())?;
        return super::dry_run::run(&session, plan, &[], &transport).await;
    }
    refuse_without_answer(options)?;
    permission::ask(candidate, &session, Timestamp::now())?;
    let outlook = outlook(&plan.rules.calendar(), None, Timestamp::now());
    let view = PlanView {
        outlook: &outlook,
        ..PlanView::new(&saved, Some(&file.sha256), options.verbose)
    };
    if !approved(view, &session, printer).await {
        return Ok(not_approved(&session, printer));
    }
    // Nobody knows how long the question stood there.
    permission::ask_again(candidate, Timestamp::now())?;
    let mut ledger = session.ledger()?;
    let order = RunOrder {
        run: None,
        next: None,
        of: Some(file.reference()),
        command: "apply",
        step: JobStep::Everything,
        freshness: fresh,
        closing: closing_time(
            plan,
            ignored_window(arguments.ignore_window.as_deref(), options),
            &ledger,
        )?,
        waits: super::apply::waits(arguments),
        ignores_window: arguments.ignore_window.is_some(),
        expires: Some(saved.expires),
        securing: None,
    };
    secure_and_execute(&session, plan, order, transport, &mut ledger).await
}
