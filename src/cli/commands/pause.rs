//! `pause`: running hosts end, none starts until `resume`.

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
    say(Order::Pause, arguments.run.as_deref(), options, printer).await
}
