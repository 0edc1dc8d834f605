//! `promote`: the rest of a soak, or a gate that is unknown, counts as passed.

use crate::cli::arguments::{GlobalOptions, RunArguments};
use crate::cli::failure::CommandResult;
use crate::cli::printer::Printer;
use crate::cli::steering::say;
use crate::model::order::Order;

/// Says it to the run that is named, or to the only one there is.
///
/// # Errors
/// As [`say`].
pub async fn run(arguments: &RunArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    say(Order::Promote, arguments.run.as_deref(), options, printer).await
}
