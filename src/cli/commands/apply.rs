//! `apply`: scans, plans, asks once, and runs the plan.

use std::sync::Arc;

use jiff::Timestamp;

use super::plan::{prepare, read_playbook, show_plan, show_warnings};
use crate::cli::arguments::{ApplyArguments, Format, GlobalOptions};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::prompt::{confirm, somebody_is_there};
use crate::cli::recorder::Recorder;
use crate::cli::session::{Session, new_run_id};
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::plan::Plan;
use crate::model::run::{HostRunState, RunOutcome, RunReport};
use crate::model::text::count;
use crate::report::document::{Document, RunBody};
use crate::report::page::{Page, Tone};
use crate::report::pages::plan::{plan_outline, plan_page};
use crate::report::pages::run::run_page;
use crate::rollout::{RunContext, has_work, run_plan, simulate_plan};
use crate::ssh::SshTransport;

/// Plans, asks and runs.
///
/// # Errors
/// When the inventory, the playbook or the selection is wrong, nobody is there to say yes, or the ledger
/// cannot be written.
pub async fn run(arguments: &ApplyArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let playbook = read_playbook(&arguments.options, &session)?;
    session.select(None, Some(&playbook.select))?;
    if !arguments.dry_run && !options.yes && !somebody_is_there() {
        return Err(Failure::usage(
            "`apply` changes hosts, and nobody is there to be asked; nothing was contacted",
            "say so beforehand with `--yes`, or look first with `--dry-run`",
        ));
    }
    let mut ledger = session.ledger()?;
    let transport = session.transport();
    let (_, planned) = prepare(&session, &playbook, &arguments.options, &transport, &mut ledger).await?;
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    if arguments.dry_run {
        show_plan(&planned, options, printer)?;
        return dry_run(&session, &planned.plan, &transport, printer).await;
    }
    show_warnings(&planned, printer);
    if !approved(&planned.plan, &session, printer).await {
        printer.complaint("Nothing was changed.\n");
        return Ok(Exit::Interrupted);
    }
    let report = execute(&session, &planned.plan, transport, &mut ledger, printer).await?;
    Ok(run_exit(&report))
}

/// Shows the plan and asks for a yes, where one is needed.
async fn approved(plan: &Plan, session: &Session<'_>, printer: &Printer) -> bool {
    // Nobody reads a table of packages before a run that is approved already; `plan` shows it.
    let page = if session.options.yes && !session.options.verbose && has_work(plan) {
        plan_outline(plan)
    } else {
        plan_page(plan, session.options.verbose)
    };
    if session.options.yes || !has_work(plan) {
        printer.notice(&page);
        return true;
    }
    printer.complaint(&crate::report::terminal::render(&page, printer.notice_look()));
    let question = format!(
        "\nApply {} to {}?",
        count(plan.change_count(), "package change"),
        count(plan.hosts().count(), "host")
    );
    confirm(&question, &session.control).await
}

/// Runs a plan, keeps it in the ledger and shows how it ended.
pub(in crate::cli) async fn execute(
    session: &Session<'_>,
    plan: &Plan,
    transport: SshTransport,
    ledger: &mut SqliteLedger,
    printer: &Printer,
) -> Result<RunReport, Failure> {
    let run = new_run_id()?;
    ledger.begin_run(&run, Timestamp::now(), plan)?;
    let context = RunContext {
        run: run.clone(),
        transport,
        hosts: Arc::new(session.hosts_by_name()),
        limits: session.limits(),
        control: session.control.clone(),
    };
    let mut recorder = Recorder::of_run(run, printer, ledger);
    let outcome = run_plan(plan, context, &mut recorder).await;
    let excerpts = recorder.into_excerpts();
    let report = outcome?;
    ledger.end_run(&report, Timestamp::now())?;
    match printer.format {
        Format::Json => printer.data(&Document::new("apply", RunBody::from(&report)).to_text()?)?,
        Format::Jsonl => {}
        _ => printer.page(&run_page(&report, &excerpts))?,
    }
    Ok(report)
}

async fn dry_run(session: &Session<'_>, plan: &Plan, transport: &SshTransport, printer: &Printer) -> CommandResult {
    let hosts = session.hosts_by_name();
    let failures = simulate_plan(plan, &hosts, transport, &session.limits()).await;
    let mut page = Page::new();
    page.lines(crate::report::pages::failures::failure_lines(
        &failures
            .iter()
            .map(|(host, error)| crate::report::pages::failures::Failure {
                host: host.as_str(),
                error,
                excerpt: &[],
            })
            .collect::<Vec<_>>(),
    ));
    let words = if failures.is_empty() {
        "Dry run: every manager accepts its transaction; nothing was changed.".to_owned()
    } else {
        format!(
            "Dry run: {} would fail; nothing was changed.",
            count(failures.len(), "host")
        )
    };
    page.line(words, if failures.is_empty() { Tone::Good } else { Tone::Bad });
    printer.complaint(&crate::report::terminal::render(&page, printer.notice_look()));
    let unreachable = |code| crate::model::scan::HostState::from_error(code).is_unreachable();
    Ok(match failures.as_slice() {
        [] => Exit::Done,
        failures if failures.iter().all(|(_, error)| unreachable(error.code)) => Exit::Unreachable,
        _ => Exit::HostsFailed,
    })
}

/// The exit code of an ended run.
pub(in crate::cli) fn run_exit(report: &RunReport) -> Exit {
    let any = |state| report.hosts.iter().any(|host| host.state == state);
    match report.outcome {
        RunOutcome::Interrupted => Exit::Interrupted,
        RunOutcome::Stopped => Exit::Stopped,
        RunOutcome::Failed => Exit::Internal,
        RunOutcome::Completed if any(HostRunState::Failed) => Exit::HostsFailed,
        RunOutcome::Completed if any(HostRunState::Unreachable) => Exit::Unreachable,
        RunOutcome::Completed => Exit::Done,
    }
}
