//! `plan`: scans, then shows waves, batches, hosts and exact versions. Changes nothing.

use crate::cli::arguments::{Format, GlobalOptions, PlanArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::planning::{Prepared, prepare, read_playbook};
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::report::document::{AssessedPlanBody, Document};
use crate::report::page::{Line, Page, Tone};
use crate::report::pages::assessment::assessment_page;
use crate::report::pages::plan::plan_page;

/// Plans and shows.
///
/// # Errors
/// When the inventory, the playbook or the selection is wrong, or the ledger cannot be written.
pub async fn run(arguments: &PlanArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let playbook = read_playbook(&arguments.options, &session)?;
    let mut ledger = session.ledger()?;
    let transport = session.transport();
    let prepared = prepare(&session, &playbook, &arguments.options, None, &transport, &mut ledger).await?;
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    show_plan(&prepared, options, printer)?;
    let exit = super::scan::scan_exit(&prepared.scan, false);
    Ok(match exit {
        Exit::Done if arguments.exit.detailed_exitcode && prepared.plan().change_count() > 0 => Exit::Pending,
        exit => exit,
    })
}

/// Shows a plan and its warnings.
pub(super) fn show_plan(prepared: &Prepared, options: &GlobalOptions, printer: &Printer) -> Result<(), Failure> {
    match printer.format {
        Format::Json | Format::Jsonl => {
            let body = AssessedPlanBody::new(&prepared.saved, prepared.estimate);
            printer.document(&Document::new("plan", body))?;
        }
        _ => {
            let mut page = plan_page(prepared.plan(), options.verbose);
            page.blocks.extend(assessment(prepared, options).blocks);
            printer.page(&page)?;
        }
    }
    show_warnings(&prepared.warnings, printer);
    Ok(())
}

fn assessment(prepared: &Prepared, options: &GlobalOptions) -> Page {
    let saved = &prepared.saved;
    assessment_page(
        &saved.plan,
        &saved.coverage,
        &saved.findings,
        prepared.estimate,
        options.verbose,
    )
}

/// Shows what is worth a warning about a plan.
pub(super) fn show_warnings(warnings: &[String], printer: &Printer) {
    let mut page = Page::new();
    page.lines(
        warnings
            .iter()
            .map(|warning| Line::new(0, "warning", Tone::Warning).and(format!(": {warning}"), Tone::Plain))
            .collect(),
    );
    printer.notice(&page);
}
