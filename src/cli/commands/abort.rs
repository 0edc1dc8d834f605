//! `abort`: ends a run for good; running hosts end, none starts.

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
    say(Order::Abort, arguments.run.as_deref(), options, printer).await
}
