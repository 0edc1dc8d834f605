//! Arguments of the commands that look at runs and steer them.

use clap::Args;

/// `status`, `pause`, `promote`, `abort`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The run; without it the only one that has not ended for good.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}

/// `watch`.
#[derive(Debug, Args)]
pub struct WatchArguments {
    /// The run; without it the only one that has not ended for good, else the newest.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// The sequence number of the first event that is shown.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub from: u64,
}
