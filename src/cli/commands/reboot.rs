//! `reboot`: reboots hosts that need it, in the waves and under the rules of a playbook. Changes no package.

use jiff::Timestamp;

use super::apply::{RunOrder, execute, ignored_window, not_approved};
use super::plan::show_warnings;
use crate::cli::arguments::{Format, GlobalOptions, RebootArguments};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::planning::permission::{ask_window, closing_time};
use crate::cli::planning::reboots::{RebootWish, Reboots, plan_reboots, read_playbook_of_reboots};
use crate::cli::printer::Printer;
use crate::cli::prompt::{confirm, somebody_is_there};
use crate::cli::session::Session;
use crate::model::plan::PlannedHost;
use crate::model::text::count;
use crate::plan::calendar;
use crate::remote::job::JobStep;
use crate::report::document::{Document, PlanBody};
use crate::report::pages::reboots::reboots_page;
use crate::report::terminal::render;
use crate::rollout::{Freshness, Waits, has_work};

/// Scans, asks and reboots.
///
/// # Errors
/// When the inventory, the playbook or the selection is wrong, nobody is there to say yes, the window is closed, or the
/// ledger cannot be written.
pub async fn run(arguments: &RebootArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let playbook = read_playbook_of_reboots(arguments.playbook.as_deref(), &session)?;
    let selected = session.select(arguments.expression.as_deref(), Some(&playbook.select))?;
    session.require_root(&selected, "reboot")?;
    if !arguments.dry_run {
        refuse_without_answer(options)?;
        let now = Timestamp::now();
        ask_window(
            &calendar(&playbook, now)?,
            arguments.ignore_window.is_some(),
            &session,
            now,
        )?;
    }
    let mut ledger = session.ledger()?;
    let transport = session.transport();
    let wish = RebootWish {
        expression: arguments.expression.as_deref(),
        always: arguments.always,
    };
    let reboots = plan_reboots(&session, &playbook, wish, &transport, &mut ledger).await?;
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    if arguments.dry_run {
        return show(&reboots, printer);
    }
    show_warnings(&reboots.warnings, printer);
    let plan = &reboots.plan;
    if !approved(&reboots, &session, printer).await {
        return Ok(not_approved(&session, printer));
    }
    let order = RunOrder {
        run: None,
        next: None,
        of: None,
        command: "reboot",
        step: JobStep::Everything,
        freshness: Freshness::NothingFetched,
        closing: closing_time(
            plan,
            ignored_window(arguments.ignore_window.as_deref(), options),
            &ledger,
        )?,
        waits: Waits::Here,
        ignores_window: arguments.ignore_window.is_some(),
        expires: None,
        securing: None,
    };
    let report = execute(&session, plan, order, transport, &mut ledger).await?;
    Ok(run_exit(plan, &report))
}

fn refuse_without_answer(options: &GlobalOptions) -> Result<(), Failure> {
    if options.yes || somebody_is_there() {
        return Ok(());
    }
    Err(Failure::usage(
        "`reboot` reboots hosts, and nobody is there to be asked; nothing was contacted",
        "say so beforehand with `--yes`, or look first with `--dry-run`",
    ))
}

fn show(reboots: &Reboots, printer: &Printer) -> CommandResult {
    match printer.format {
        Format::Json => printer.document(&Document::new("reboot", PlanBody::from(&reboots.plan)))?,
        Format::Jsonl => {
            let line = Document::new("reboot", PlanBody::from(&reboots.plan)).to_line()?;
            printer.data(&line)?;
        }
        _ => printer.page(&reboots_page(&reboots.plan, &reboots.scan))?,
    }
    show_warnings(&reboots.warnings, printer);
    Ok(super::scan::scan_exit(&reboots.scan, false))
}

async fn approved(reboots: &Reboots, session: &Session<'_>, printer: &Printer) -> bool {
    let page = reboots_page(&reboots.plan, &reboots.scan);
    if session.options.yes || !has_work(&reboots.plan) {
        printer.notice(&page);
        return true;
    }
    printer.complaint(&render(&page, printer.notice_look()));
    let hosts = reboots.plan.hosts().filter(|host| PlannedHost::has_work(host)).count();
    confirm(&format!("\nReboot {}?", count(hosts, "host")), &session.control).await
}
