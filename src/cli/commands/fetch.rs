//! `fetch`, and `apply --download-only`: every host of a plan downloads what it will install. Changes no package.

use jiff::Timestamp;

use super::apply::{RunOrder, execute, freshness};
use super::plan::show_warnings;
use crate::cli::arguments::{FetchArguments, GlobalOptions, PlanOptions};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::planning::permission;
use crate::cli::planning::{prepare, read_playbook};
use crate::cli::printer::Printer;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::plan::Plan;
use crate::plan::download_plan;
use crate::remote::job::JobStep;
use crate::report::pages::fetch::{fetched_page, secured_page, to_fetch_page};
use crate::rollout::{Freshness, Limits};

/// Downloads what a plan file or a fresh plan says.
///
/// # Errors
/// As [`run_plan_or_file`].
pub async fn run(arguments: &FetchArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    run_plan_or_file(&arguments.options, arguments.secure_old, options, printer).await
}

/// Downloads what a plan file or a fresh plan says.
///
/// # Errors
/// When the inventory, the playbook, the plan or the selection is wrong, or the ledger cannot be written.
pub(super) async fn run_plan_or_file(
    plan_options: &PlanOptions,
    secure_old: bool,
    options: &GlobalOptions,
    printer: &Printer,
) -> CommandResult {
    let file = PlanFile::of_options(plan_options)?;
    let session = Session::open(options, printer)?;
    match file {
        Some(file) => of_file(&file, plan_options, secure_old, &session).await,
        None => of_playbook(plan_options, secure_old, &session).await,
    }
}

async fn of_file(
    file: &PlanFile,
    plan_options: &PlanOptions,
    secure_old: bool,
    session: &Session<'_>,
) -> CommandResult {
    let (saved, selected) = super::saved_hosts::choose(file, session)?;
    session.require_root(&selected, "fetch")?;
    permission::ask_validity(file, Timestamp::now())?;
    interrupt::watch(&session.control);
    let order = FetchOrder {
        file: Some(file),
        freshness: freshness(plan_options.refresh, Freshness::KeptPlan),
        secure_old,
    };
    fetch(session, &saved.plan, order).await
}

async fn of_playbook(plan_options: &PlanOptions, secure_old: bool, session: &Session<'_>) -> CommandResult {
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
        secure_old,
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
    // Every one of them loads the same mirrors, so fewer than a scan has.
    let at_once = session.limits().parallel.min(Limits::default().parallel);
    let downloads = download_plan(plan, at_once).map_err(|error| Failure::internal(error, "please report it"))?;
    let of = order.file.map(PlanFile::reference);
    session.printer.notice(&to_fetch_page(&downloads, of.as_ref()));
    let mut ledger = session.ledger()?;
    let steps = [JobStep::Secure, JobStep::DownloadOnly];
    let mut exit = Exit::Done;
    let mut securing = None;
    for step in steps
        .into_iter()
        .filter(|step| order.secure_old || *step != JobStep::Secure)
    {
        let run = RunOrder {
            of: of.clone(),
            step,
            freshness: order.freshness,
            closing: None,
            securing: securing.take(),
        };
        let report = execute(session, &downloads, run, session.transport(), &mut ledger).await?;
        exit = run_exit(&downloads, &report);
        if step == JobStep::Secure {
            session.printer.notice(&secured_page(&report));
            // Without a way back nothing is prepared for the way forward.
            if exit != Exit::Done {
                return Ok(exit);
            }
            securing = Some(report);
        } else {
            let path = order.file.map(|file| file.path.display().to_string());
            session
                .printer
                .notice(&fetched_page(&downloads, &report, path.as_deref()));
        }
    }
    Ok(exit)
}
