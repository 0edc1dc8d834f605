//! `history`: past runs, newest first.

use crate::cli::arguments::{Format, GlobalOptions, HistoryArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::settings::state_directory;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::run::RunLine;
use crate::report::document::{Document, HistoryBody};
use crate::report::pages::history::history_page;

/// Notes who carries out a run that has not ended for good, or that anybody may.
pub(super) fn note_holder(line: &mut RunLine, ledger: &SqliteLedger) -> Result<(), Failure> {
    let ended = line.outcome.as_deref();
    if matches!(ended, Some("completed" | "stopped")) {
        return Ok(());
    }
    match ledger.holder(&line.run)? {
        Some(by) => line.by = by,
        None => line.resumable = true,
    }
    Ok(())
}

/// Lists runs.
///
/// # Errors
/// When the ledger cannot be read.
pub fn run(arguments: &HistoryArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let ledger = SqliteLedger::open(&state_directory(options)?)?;
    let mut runs = ledger.runs(arguments.number)?;
    for line in &mut runs {
        note_holder(line, &ledger)?;
    }
    match printer.format {
        Format::Json | Format::Jsonl => {
            printer.document(&Document::new("history", HistoryBody { runs: &runs }))?;
        }
        _ => printer.page(&history_page(&runs))?,
    }
    Ok(Exit::Done)
}
