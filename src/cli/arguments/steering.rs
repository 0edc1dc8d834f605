//! Arguments of the commands that look at runs and steer them.

use clap::Args;

/// `status`, `pause`, `promote`, `abort`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The run; without it the only one that has not ended for good.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}
