//! `verify`: shows every approval of a plan, and whether there are enough.

use jiff::Timestamp;

use crate::cli::approvals::{examine, next_command};
use crate::cli::arguments::{Format, VerifyArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::CommandResult;
use crate::cli::printer::Printer;
use crate::cli::saved_plan::PlanFile;
use crate::report::document::Document;
use crate::report::page::{Page, Tone};
use crate::report::pages::approvals::{VerifyBody, approvals_page};

/// Verifies. Contacts nothing, and reads no inventory.
///
/// # Errors
/// When the plan is damaged, or the files beside it cannot be read.
pub fn run(arguments: &VerifyArguments, printer: &Printer) -> CommandResult {
    let file = PlanFile::read(&arguments.plan)?;
    let examined = examine(&file, &arguments.approvals, Timestamp::now())?;
    let report = &examined.report;
    // Where nobody has to approve and nobody has, it is no loss that nobody is listed.
    if !examined.problems.is_empty() && (report.required > 0 || !report.approvals.is_empty()) {
        crate::cli::show_diagnostics(printer, &examined.problems, true);
    }
    match printer.format {
        Format::Json | Format::Jsonl => {
            let path = file.path.display().to_string();
            let body = VerifyBody::new(
                &path,
                &file.saved,
                &file.sha256,
                &examined.signers,
                &examined.problems,
                report,
            );
            printer.document(&Document::new("verify", body))?;
        }
        _ => printer.page(&approvals_page(&file.saved, &file.sha256, report))?,
    }
    if report.is_met {
        return Ok(Exit::Done);
    }
    if report.is_expired {
        let mut page = Page::new();
        page.line(
            "→ make a new plan with `patchwave plan --out`: no approval helps one that has expired",
            Tone::Quiet,
        );
        printer.notice(&page);
        return Ok(Exit::Outdated);
    }
    let mut page = Page::new();
    page.line(
        format!("→ {}", next_command(&file.path, &file.saved.author)),
        Tone::Quiet,
    );
    printer.notice(&page);
    Ok(Exit::NotApproved)
}
