//! Whether enough people have approved the plan (`approvals` of the playbook, or `--require-approvals`).

use jiff::Timestamp;

use super::Candidate;
use crate::cli::approvals::{examine, next_command, required, what_is_missing};
use crate::cli::arguments::ApprovalOptions;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::approval::ApprovalReport;
use crate::model::text::count;
use crate::playbook::Playbook;
use crate::report::page::Page;
use crate::report::pages::approvals::{approval_lines, verdict};
use crate::report::terminal::render;

/// Refuses a plan that too few have approved.
///
/// # Errors
/// With [`Exit::NotApproved`], when approvals are missing, do not hold, or cannot be because the plan is in no file.
pub(super) fn check(candidate: Candidate<'_>, session: &Session<'_>, now: Timestamp) -> Result<(), Failure> {
    let needed = required(candidate.saved.plan.rules.approvals.required, candidate.approvals);
    if needed == 0 {
        return Ok(());
    }
    let Some(file) = candidate.file else {
        return Err(unsaved(needed, "PLAYBOOK"));
    };
    let examined = examine(file, candidate.approvals, now)?;
    if !examined.problems.is_empty() {
        crate::cli::show_diagnostics(session.printer, &examined.problems, true);
    }
    let mut page = Page::new();
    page.lines(approval_lines(&examined.report));
    page.lines(vec![verdict(&examined.report)]);
    if examined.report.is_met {
        session.printer.notice(&page);
        return Ok(());
    }
    let printer = session.printer;
    printer.complaint(&render(&page, printer.notice_look()));
    Err(missing(file, &examined.report))
}

/// The same without a word where enough still hold.
///
/// # Errors
/// As [`check`].
pub(super) fn check_again(file: &PlanFile, candidate: Candidate<'_>, now: Timestamp) -> Result<(), Failure> {
    if required(file.saved.plan.rules.approvals.required, candidate.approvals) == 0 {
        return Ok(());
    }
    let examined = examine(file, candidate.approvals, now)?;
    if examined.report.is_met {
        return Ok(());
    }
    Err(missing(file, &examined.report))
}

fn missing(file: &PlanFile, report: &ApprovalReport) -> Failure {
    Failure::with_exit(
        Exit::NotApproved,
        format!("{}; nothing was contacted", what_is_missing(&file.path, report)),
        next_command(&file.path, &file.saved.author),
    )
}

/// Refuses to apply a playbook whose plan must be approved: a plan that is made now is one that nobody has read.
///
/// # Errors
/// With [`Exit::NotApproved`], when somebody must approve.
pub(super) fn check_playbook(playbook: &Playbook, named: &str, options: &ApprovalOptions) -> Result<(), Failure> {
    match required(playbook.approvals.required, options) {
        0 => Ok(()),
        needed => Err(unsaved(needed, named)),
    }
}

fn unsaved(needed: usize, playbook: &str) -> Failure {
    let what = count(needed, "approval");
    Failure::with_exit(
        Exit::NotApproved,
        format!("{what} of a saved plan must be there before anything is changed; nothing was contacted"),
        format!(
            "`patchwave plan {playbook} --out plan.json`, then somebody else: `patchwave approve plan.json`, then \
             `patchwave apply plan.json`"
        ),
    )
}
