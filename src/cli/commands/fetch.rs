//! `fetch`, and `apply --download-only`: every host of a plan downloads what it will install. Changes no package.

use jiff::Timestamp;

use super::apply::{RunOrder, execute, freshness};
use super::plan::show_warnings;
use crate::cli::arguments::{ApprovalOptions, FetchArguments, GlobalOptions, PlanOptions};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::planning::permission::{self, Candidate};
use crate::cli::planning::{prepare, read_playbook};
use crate::cli::printer::Printer;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::plan::Plan;
use crate::plan::download_plan;
use crate::remote::job::JobStep;
use crate::report::pages::fetch::{fetched_page, to_fetch_page};
use crate::rollout::{Freshness, Limits};

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
        Some(file) => of_file(&file, &session).await,
        None => of_playbook(plan_options, &session).await,
    }
}

async fn of_file(file: &PlanFile, session: &Session<'_>) -> CommandResult {
    let (plan, selected) = super::saved_hosts::choose(file, session)?;
    session.require_root(&selected, "fetch")?;
    // A download asks for none.
    let approvals = ApprovalOptions::default();
    let candidate = Candidate {
        saved: &file.saved,
        file: Some(file),
        ignores_window: false,
        approvals: &approvals,
    };
    permission::ask_validity(candidate, Timestamp::now())?;
    interrupt::watch(&session.control);
    fetch(session, &plan, Some(file), Freshness::KeptPlan).await
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
    fetch(
        session,
        prepared.plan(),
        None,
        freshness(plan_options.refresh, Freshness::JustPlanned),
    )
    .await
}

async fn fetch(session: &Session<'_>, plan: &Plan, file: Option<&PlanFile>, freshness: Freshness) -> CommandResult {
    // Every one of them loads the same mirrors, so fewer than a scan has.
    let at_once = session.limits().parallel.min(Limits::default().parallel);
    let downloads = download_plan(plan, at_once).map_err(|error| Failure::internal(error, "please report it"))?;
    let of = file.map(PlanFile::reference);
    session.printer.notice(&to_fetch_page(&downloads, of.as_ref()));
    let mut ledger = session.ledger()?;
    let order = RunOrder {
        of,
        step: JobStep::DownloadOnly,
        freshness,
        closing: None,
    };
    let report = execute(session, &downloads, order, session.transport(), &mut ledger).await?;
    let path = file.map(|file| file.path.display().to_string());
    session
        .printer
        .notice(&fetched_page(&downloads, &report, path.as_deref()));
    Ok(run_exit(&downloads, &report))
}
