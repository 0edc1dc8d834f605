//! `history`: past runs, newest first.

use crate::cli::arguments::{Format, GlobalOptions, HistoryArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::CommandResult;
use crate::cli::printer::Printer;
use crate::cli::settings::state_directory;
use crate::ledger::{Ledger, SqliteLedger};
use crate::report::document::{Document, HistoryBody};
use crate::report::pages::history::history_page;

/// Lists runs.
///
/// # Errors
/// When the ledger cannot be read.
pub fn run(arguments: &HistoryArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let runs = SqliteLedger::open(&state_directory(options)?)?.runs(arguments.number)?;
    match printer.format {
        Format::Json | Format::Jsonl => {
            printer.document(&Document::new("history", HistoryBody { runs: &runs }))?;
        }
        _ => printer.page(&history_page(&runs))?,
    }
    Ok(Exit::Done)
}
