//! `apply`: scans, plans, asks once, and runs the plan.

use std::sync::Arc;

use jiff::Timestamp;

use super::conclusion::Ended;
use super::follow_up::next_run;
use super::plan::show_warnings;
use super::run_record::{claim, document_of, record};
use super::securing::secure_old;
use crate::cli::arguments::{ApplyArguments, GlobalOptions, RefreshChoice};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::operator::operator;
use crate::cli::planning::permission::{self, Candidate, ask_window, closing_time};
use crate::cli::planning::{prepare, read_playbook};
use crate::cli::printer::Printer;
use crate::cli::prompt::{confirm, somebody_is_there};
use crate::cli::recorder::Recorder;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::{Session, new_run_id};
use crate::cli::steered::Steered;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::name::RunId;
use crate::model::plan::Plan;
use crate::model::run::RunReport;
use crate::model::run_record::NextRun;
use crate::model::saved_plan::PlanReference;
use crate::model::text::{count, printable};
use crate::model::window::IgnoredWindow;
use crate::plan::calendar;
use crate::remote::job::JobStep;
use crate::report::pages::saved_plan::{PlanView, saved_plan_outline, saved_plan_page};
use crate::rollout::{ClosingTime, Freshness, RunContext, Waits, has_work, run_plan};
use crate::ssh::SshTransport;

/// Plans, asks and runs.
///
/// # Errors
/// When the inventory, the playbook or the selection is wrong, nobody is there to say yes, or the ledger
/// cannot be written.
pub async fn run(arguments: &ApplyArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    if arguments.download_only {
        return super::fetch::run_plan_or_file(&arguments.options, options, printer).await;
    }
    if let Some(file) = PlanFile::of_options(&arguments.options)? {
        return super::apply_saved::run(file, arguments, options, printer).await;
    }
    let session = Session::open(options, printer)?;
    let playbook = read_playbook(&arguments.options, &session)?;
    let selected = session.select(None, Some(&playbook.select))?;
    session.require_root(&selected, "apply")?;
    if !arguments.dry_run {
        let named = arguments.options.playbook.as_deref();
        let named = named.map_or_else(|| "PLAYBOOK".to_owned(), |path| path.display().to_string());
        permission::ask_playbook(&playbook, &named, &arguments.approvals)?;
        refuse_without_answer(options)?;
        // Looked at again when the plan is made: now it spares a scan.
        ask_window(
            &calendar(&playbook, Timestamp::now())?,
            arguments.ignore_window.is_some(),
            &session,
            Timestamp::now(),
        )?;
    }
    let mut ledger = session.ledger()?;
    let transport = session.transport();
    let prepared = prepare(&session, &playbook, &arguments.options, None, &transport, &mut ledger).await?;
    let plan = prepared.plan();
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    if arguments.dry_run {
        return super::dry_run::run(&session, plan, &prepared.warnings, &transport).await;
    }
    show_warnings(&prepared.warnings, printer);
    let candidate = Candidate {
        saved: &prepared.saved,
        file: None,
        approvals: &arguments.approvals,
        ignores_window: arguments.ignore_window.is_some(),
    };
    permission::ask(candidate, &session, Timestamp::now())?;
    if !approved(prepared.view(options.verbose), &session, printer).await {
        return Ok(not_approved(&session, printer));
    }
    let order = RunOrder {
        run: None,
        next: None,
        of: None,
        command: "apply",
        step: JobStep::Everything,
        freshness: freshness(arguments.options.refresh, Freshness::JustPlanned),
        closing: closing_time(
            plan,
            ignored_window(arguments.ignore_window.as_deref(), options),
            &ledger,
        )?,
        waits: waits(arguments),
        ignores_window: arguments.ignore_window.is_some(),
        expires: None,
        securing: None,
    };
    secure_and_execute(&session, plan, order, transport, &mut ledger).await
}

/// Runs a plan; where it says so, the installed versions are secured on every host before anything is changed on any.
pub(super) async fn secure_and_execute(
    session: &Session<'_>,
    plan: &Plan,
    mut order: RunOrder,
    transport: SshTransport,
    ledger: &mut SqliteLedger,
) -> CommandResult {
    if plan.rules.secure_old && has_work(plan) {
        let next = next_run(plan, &order, session)?;
        order.run = Some(next.run.clone());
        match secure_old(session, plan, &order, next, ledger).await? {
            Ok(securing) => order.securing = Some(securing),
            Err(exit) => return Ok(exit),
        }
    }
    let report = execute(session, plan, order, transport, ledger).await?;
    Ok(run_exit(plan, &report))
}

/// Who waits while only time has to pass.
pub(super) fn waits(arguments: &ApplyArguments) -> Waits {
    if arguments.no_wait {
        Waits::Elsewhere
    } else {
        Waits::Here
    }
}

/// Who ignores the window, and why, when somebody does.
pub(super) fn ignored_window(reason: Option<&str>, options: &GlobalOptions) -> Option<IgnoredWindow> {
    let reason = reason?;
    Some(IgnoredWindow {
        by: operator(options.surroundings),
        reason: (!reason.is_empty()).then(|| printable(reason)),
    })
}

/// Refuses to begin what nobody could say yes to in the end.
pub(super) fn refuse_without_answer(options: &GlobalOptions) -> Result<(), Failure> {
    if options.yes || somebody_is_there() {
        return Ok(());
    }
    Err(Failure::usage(
        "`apply` changes hosts, and nobody is there to be asked; nothing was contacted",
        "say so beforehand with `--yes`, or look first with `--dry-run`",
    ))
}

/// The end of a command that got no yes.
pub(super) fn not_approved(session: &Session<'_>, printer: &Printer) -> Exit {
    printer.complaint("Nothing was changed.\n");
    if session.control.is_draining() {
        Exit::Interrupted
    } else {
        Exit::Stopped
    }
}

/// Shows the plan and asks for a yes, where one is needed.
pub(super) async fn approved(view: PlanView<'_>, session: &Session<'_>, printer: &Printer) -> bool {
    let plan = view.plan;
    // Nobody reads a table of packages before a run that is approved already; `plan` shows it.
    let page = if session.options.yes && !session.options.verbose && has_work(plan) {
        saved_plan_outline(view)
    } else {
        saved_plan_page(view)
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

/// How a plan is run.
pub(in crate::cli) struct RunOrder {
    /// The id that it gets; a new one unless it was named before.
    pub run: Option<RunId>,
    /// The saved plan that it comes from.
    pub of: Option<PlanReference>,
    /// The command, in the ledger and in JSON.
    pub command: &'static str,
    /// How far each host's job goes.
    pub step: JobStep,
    /// How fresh the package lists must be.
    pub freshness: Freshness,
    /// When the maintenance window closes; `None` where none is kept.
    pub closing: Option<ClosingTime>,
    /// Who waits while only time has to pass.
    pub waits: Waits,
    /// Whether a window is ignored.
    pub ignores_window: bool,
    /// Until when the saved plan holds.
    pub expires: Option<Timestamp>,
    /// The run before it that secured the installed versions; one JSON document has both.
    pub securing: Option<RunReport>,
    /// What comes after it.
    pub next: Option<NextRun>,
}

/// Runs a plan, keeps it in the ledger and shows how it ended.
pub(in crate::cli) async fn execute(
    session: &Session<'_>,
    plan: &Plan,
    order: RunOrder,
    transport: SshTransport,
    ledger: &mut SqliteLedger,
) -> Result<RunReport, Failure> {
    let run = match &order.run {
        Some(run) => run.clone(),
        None => new_run_id()?,
    };
    let claim = claim(&run, session, ledger)?;
    let record = record(&order, session)?;
    ledger.begin_run(&run, Timestamp::now(), plan, &record)?;
    let context = RunContext {
        run: run.clone(),
        plan: order.of,
        transport,
        step: order.step,
        freshness: order.freshness,
        hosts: Arc::new(session.hosts_by_name()),
        limits: session.limits(),
        control: session.control.clone(),
        closing: order.closing,
        waits: order.waits,
        resumption: None,
    };
    let command = document_of(order.command);
    let mut recorder = Recorder::of_run(run, session.printer, ledger);
    let steering = Steered::begin(&recorder, &[], session)?;
    let ended = run_plan(plan, context, &mut recorder).await;
    drop(steering);
    let notes = recorder.into_notes();
    let ended = Ended {
        run: ended,
        notes,
        claim,
        command,
        is_followed: order.step == JobStep::Secure,
        securing: order.securing,
    };
    ended.conclude(session, plan, ledger)
}

/// How far what the hosts knew when they were planned is trusted: as usual, unless `--refresh never` says otherwise.
pub(super) fn freshness(refresh: RefreshChoice, usual: Freshness) -> Freshness {
    match refresh {
        RefreshChoice::Never => Freshness::NothingFetched,
        RefreshChoice::Always | RefreshChoice::OlderThan(_) => usual,
    }
}
