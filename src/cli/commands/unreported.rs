//! A run whose last event was kept and whose report was not: its controller died, or its ledger broke, in between.
//!
//! What must stay true: nothing is contacted; the report is made from the journal alone.

use super::conclusion::Ended;
use super::run_record::document_of;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::{BegunRun, Claim, Ledger, SqliteLedger};
use crate::model::event::Event;
use crate::model::journal::Journal;
use crate::model::name::RunId;
use crate::model::run::RunReport;
use crate::report::pages::run::RunNotes;
use crate::rollout::{EndedRun, report_so_far};

/// Whether the ledger has no report of how the journal says that the run ended.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn is_unreported(run: &RunId, journal: &Journal, ledger: &SqliteLedger) -> Result<bool, Failure> {
    let Some(end) = journal.ended() else { return Ok(false) };
    Ok(ledger.report(run)?.is_none_or(|report| report.outcome != end.outcome))
}

/// Makes the report, keeps it and shows it.
///
/// # Errors
/// When it cannot be kept or shown.
pub(super) fn report_again(
    run: &RunId,
    begun: &BegunRun,
    events: &[Event],
    claim: Claim,
    session: &Session<'_>,
    ledger: &mut SqliteLedger,
) -> Result<RunReport, Failure> {
    let record = begun.record.as_ref();
    let of = record.and_then(|record| record.plan.clone());
    let mut notes = RunNotes::default();
    events.iter().for_each(|event| notes.take(&event.kind));
    let ended = Ended {
        run: EndedRun {
            report: report_so_far(&begun.plan, run, of, &Journal::replay(events)),
            broken: None,
        },
        notes,
        claim,
        command: record.map_or("apply", |record| document_of(&record.command)),
        is_followed: record.is_some_and(|record| record.next.is_some()),
        securing: None,
    };
    ended.conclude(session, &begun.plan, ledger)
}
