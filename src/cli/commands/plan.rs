//! `plan`: scans, then shows waves, batches, hosts and exact versions. Changes nothing.

use std::path::Path;

use jiff::Timestamp;

use crate::cli::approvals::kept_path;
use crate::cli::approvals::signing::signature_maker;
use crate::cli::arguments::{Format, GlobalOptions, PlanArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::planning::{prepare, read_playbook};
use crate::cli::printer::Printer;
use crate::cli::saved_plan::{PlanFile, check_target, folder_of, write_plan};
use crate::cli::session::Session;
use crate::inventory::SelectionError;
use crate::model::plan::Plan;
use crate::model::saved_plan::SavedPlan;
use crate::plan::window::outlook;
use crate::report::document::Document;
use crate::report::page::{Line, Page, Tone};
use crate::report::pages::plan::plan_rows;
use crate::report::pages::saved_plan::{PlanView, saved_plan_page, unwritten_page, written_page};
use crate::report::plan_document::PlanDocument;

/// Plans and shows.
///
/// # Errors
/// When the inventory, the playbook or the selection is wrong, or the ledger cannot be written.
pub async fn run(arguments: &PlanArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    if let Some(file) = PlanFile::of_options(&arguments.options)? {
        return show_saved(&file, arguments, options, printer);
    }
    if let Some(path) = &arguments.out {
        check_target(path)?;
    }
    let session = Session::open(options, printer)?;
    let playbook = read_playbook(&arguments.options, &session)?;
    let mut ledger = session.ledger()?;
    let transport = session.transport();
    let mut prepared = prepare(
        &session,
        &playbook,
        &arguments.options,
        arguments.valid,
        &transport,
        &mut ledger,
    )
    .await?;
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    show_plan(prepared.view(options.verbose), printer)?;
    show_warnings(&prepared.warnings, printer);
    if let Some(path) = &arguments.out {
        note_for_approvals(&mut prepared.saved, arguments, path, printer).await;
        let written = write_plan(path, &prepared.saved)?;
        printer.notice(&written_page(
            &path.display().to_string(),
            &prepared.saved,
            &written.sha256,
        ));
    } else if matches!(printer.format, Format::Table) {
        printer.notice(&unwritten_page(&prepared.saved));
    }
    let exit = super::scan::scan_exit(&prepared.scan, false);
    Ok(plan_exit(exit, prepared.plan(), arguments))
}

/// Notes in a plan that is saved what its approvals will need: where the allowed signers are from its folder, and which
/// keys are its author's. Whoever applies it may ask for approvals where the playbook does not.
async fn note_for_approvals(saved: &mut SavedPlan, arguments: &PlanArguments, path: &Path, printer: &Printer) {
    saved.author_keys = signature_maker(printer).own_keys().await;
    let rule = &mut saved.plan.rules.approvals;
    if rule.required == 0 && rule.signers.is_none() {
        return;
    }
    let kept = kept_path(rule.signers.as_deref(), arguments.options.playbook.as_deref(), path);
    let signers = folder_of(path).join(&kept);
    rule.signers = Some(kept);
    if rule.required > 0 && !signers.is_file() {
        let warning = format!(
            "nobody can approve this plan yet: there is no file of allowed signers at {}",
            signers.display()
        );
        show_warnings(&[warning], printer);
    }
}

fn plan_exit(exit: Exit, plan: &Plan, arguments: &PlanArguments) -> Exit {
    match exit {
        Exit::Done if arguments.exit.detailed_exitcode && plan.change_count() > 0 => Exit::Pending,
        exit => exit,
    }
}

/// Shows a plan from a file. Nothing is contacted, not even the inventory is read.
fn show_saved(file: &PlanFile, arguments: &PlanArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    if arguments.out.is_some() {
        return Err(Failure::usage(
            format!("`{}` is a plan already", file.path.display()),
            "name a playbook to make a plan of; without `--out` a plan is shown",
        ));
    }
    if arguments.options.secure_old {
        return Err(Failure::usage(
            format!(
                "`--secure-old` would change the plan `{}`, which is shown as it is",
                file.path.display()
            ),
            "give it to `apply` or `fetch`, or make a plan with it",
        ));
    }
    if !options.limit.is_empty() {
        return Err(Failure::usage(
            format!(
                "`--limit` does not narrow `{}`, which is shown as it is",
                file.path.display()
            ),
            "`apply` and `fetch` take `--limit` with a plan file; to see less, plan less",
        ));
    }
    let selected = file.saved.plan.hosts().count();
    if let Some(expected) = options.expect.filter(|expected| *expected != selected) {
        return Err(SelectionError::Unexpected { selected, expected }.into());
    }
    let outlook = outlook(&file.saved.plan.rules.calendar(), None, Timestamp::now());
    let view = PlanView {
        outlook: &outlook,
        ..PlanView::new(&file.saved, Some(&file.sha256), options.verbose)
    };
    show_plan(view, printer)?;
    Ok(plan_exit(Exit::Done, &file.saved.plan, arguments))
}

/// Shows a plan; one from a file with its checksum.
fn show_plan(view: PlanView<'_>, printer: &Printer) -> Result<(), Failure> {
    match printer.format {
        Format::Json | Format::Jsonl => {
            printer.document(&Document::new(
                "plan",
                PlanDocument::new(view.saved, view.sha256, view.estimate),
            ))?;
        }
        Format::Csv => printer.page(&plan_rows(view.plan))?,
        Format::Table | Format::Markdown => {
            printer.page(&saved_plan_page(view))?;
        }
    }
    Ok(())
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
