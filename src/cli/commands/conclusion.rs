//! The end of a run on the screen and in the ledger, and how to go on with it.

use jiff::Timestamp;

use crate::cli::arguments::Format;
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::{Claim, Ledger, SqliteLedger};
use crate::model::name::RunId;
use crate::model::plan::Plan;
use crate::model::run::RunReport;
use crate::report::document::{Document, RunBody};
use crate::report::page::{Page, Tone};
use crate::report::pages::run::{RunNotes, run_page};
use crate::report::terminal::render;
use crate::rollout::EndedRun;

/// A run that has ended, and what is to be said of it.
pub(super) struct Ended {
    /// The run.
    pub run: EndedRun,
    /// What its events tell beyond the report.
    pub notes: RunNotes,
    /// The right to write its journal, which is given back.
    pub claim: Claim,
    /// The command whose document it is.
    pub command: &'static str,
    /// Whether a run comes after it when it went well, which prints it then.
    pub is_followed: bool,
    /// The run before it that secured the installed versions.
    pub securing: Option<RunReport>,
}

impl Ended {
    /// Keeps the report and shows it.
    ///
    /// # Errors
    /// When the ledger does not have all of it, or nothing can be written.
    pub(super) fn conclude(
        self,
        session: &Session<'_>,
        plan: &Plan,
        ledger: &mut SqliteLedger,
    ) -> Result<RunReport, Failure> {
        let EndedRun { report, broken } = self.run;
        let printer = session.printer;
        let kept = ledger.end_run(&report, Timestamp::now());
        let is_good = broken.is_none() && kept.is_ok() && run_exit(plan, &report) == Exit::Done;
        match printer.format {
            // What comes after the securing prints it.
            Format::Json if self.is_followed && is_good => {}
            Format::Json => {
                let body = RunBody::from(&report).after(self.securing.as_ref());
                printer.document(&Document::new(command_of(&report, self.command), body))?;
            }
            Format::Jsonl => {}
            _ => printer.page(&run_page(&report, &self.notes))?,
        }
        let is_resumable = broken.is_some() || report.outcome.is_resumable();
        if is_resumable {
            drop(self.claim);
            say_how_to_go_on(&report.run, session);
        } else {
            self.claim.end();
        }
        // What is known is shown first; then that the ledger does not have all of it.
        if let Some(error) = broken {
            return Err(error.into());
        }
        kept?;
        Ok(report)
    }
}

/// The command that makes such runs, also when another one went on with it.
pub(super) fn command_of(report: &RunReport, command: &'static str) -> &'static str {
    if report.rollback.is_some() { "rollback" } else { command }
}

fn say_how_to_go_on(run: &RunId, session: &Session<'_>) {
    let mut page = Page::new();
    page.line(format!("Go on with it: `patchwave resume {run}`"), Tone::Strong);
    session.printer.complaint(&render(&page, session.printer.notice_look()));
}
