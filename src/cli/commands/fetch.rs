//! `fetch`, and `apply --download-only`: every host of a plan downloads what it will install. Changes no package.

use jiff::Timestamp;

use super::apply::{RunOrder, execute, freshness};
use super::follow_up::next_run;
use super::plan::show_warnings;
use super::securing::{quiet_plan, secure_old};
use crate::cli::arguments::{FetchArguments, GlobalOptions, PlanOptions};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::CommandResult;
use crate::cli::interrupt;
use crate::cli::planning::permission;
use crate::cli::planning::{prepare, read_playbook};
use crate::cli::printer::Printer;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::plan::Plan;
use crate::remote::job::JobStep;
use crate::report::pages::fetch::{fetched_page, to_fetch_page};
use crate::rollout::{Freshness, Waits};

/// Downloads what a plan file or a fresh plan says.
///
/// # Errors
/// As [`run_plan_or_file`].
pub async fn run(arguments: &FetchArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    run_plan_or_file(&arguments.options, options, printer).await
}

/// Downloads what a plan file or a fresh plan says.
///
/// # Errors
/// When the inventory, the playbook, the plan or the selection is wrong, or the ledger cannot be written.
pub(super) async fn run_plan_or_file(
    plan_options: &PlanOptions,
    options: &GlobalOptions,
    printer: &Printer,
) -> CommandResult {
    let file = PlanFile::of_options(plan_options)?;
    let session = Session::open(options, printer)?;
    match file {
        Some(file) => of_file(&file, plan_options, &session).await,
        None => of_playbook(plan_options, &session).await,
    }
}

async fn of_file(file: &PlanFile, plan_options: &PlanOptions, session: &Session<'_>) -> CommandResult {
    let (saved, selected) = super::saved_hosts::choose(file, session)?;
    session.require_root(&selected, "fetch")?;
    permission::ask_validity(file, Timestamp::now())?;
    interrupt::watch(&session.control);
    let order = FetchOrder {
        file: Some(file),
        freshness: freshness(plan_options.refresh, Freshness::KeptPlan),
        secure_old: plan_options.secure_old,
    };
    fetch(session, &saved.plan, order).await
}

async fn of_playbook(plan_options: &PlanOptions, session: &Session<'_>) -> CommandResult {
    let playbook = read_playbook(plan_options, session)?;
    let selected = session.select(None, Some(&playbook.select))?;
    session.require_root(&selected, "fetch")?;
    let mut ledger = session.ledger()?;
    let transport = session.transport();
    let prepared = prepare(session, &playbook, plan_options, None, &transport, &mut ledger).await?;
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    show_warnings(&prepared.warnings, session.printer);
    let order = FetchOrder {
        file: None,
        freshness: freshness(plan_options.refresh, Freshness::JustPlanned),
        secure_old: plan_options.secure_old,
    };
    fetch(session, prepared.plan(), order).await
}

/// What is fetched, and what is done before.
struct FetchOrder<'a> {
    /// The file that the plan is from.
    file: Option<&'a PlanFile>,
    /// How fresh the package lists must be.
    freshness: Freshness,
    /// Whether installed versions are put aside first.
    secure_old: bool,
}

async fn fetch(session: &Session<'_>, plan: &Plan, order: FetchOrder<'_>) -> CommandResult {
    let downloads = quiet_plan(plan, session)?;
    let of = order.file.map(PlanFile::reference);
    session.printer.notice(&to_fetch_page(&downloads, of.as_ref()));
    let mut ledger = session.ledger()?;
    let mut run = RunOrder {
        run: None,
        of,
        command: "fetch",
        step: JobStep::DownloadOnly,
        freshness: order.freshness,
        closing: None,
        waits: Waits::Here,
        ignores_window: false,
        expires: order.file.map(|file| file.saved.expires),
        securing: None,
        next: None,
    };
    if order.secure_old {
        let next = next_run(&downloads, &run, session)?;
        run.run = Some(next.run.clone());
        match secure_old(session, plan, &run, next, &mut ledger).await? {
            Ok(securing) => run.securing = Some(securing),
            Err(exit) => return Ok(exit),
        }
    }
    let report = execute(session, &downloads, run, session.transport(), &mut ledger).await?;
    let path = order.file.map(|file| file.path.display().to_string());
    session
        .printer
        .notice(&fetched_page(&downloads, &report, path.as_deref()));
    Ok(run_exit(&downloads, &report))
}
