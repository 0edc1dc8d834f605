//! The arguments of `trust`, `doctor` and `repair`: what has to be right on hosts before they can be patched.

use clap::Args;

/// `trust`.
#[derive(Debug, Args)]
pub struct TrustArguments {
    /// Only hosts that this expression picks.
    #[arg(value_name = "EXPR")]
    pub expression: Option<String>,
    /// Also replace keys that changed. Compare the fingerprints on the hosts' own consoles first.
    #[arg(long)]
    pub replace: bool,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Only hosts that this expression picks.
    #[arg(value_name = "EXPR")]
    pub expression: Option<String>,
    /// Show every check, also of hosts on which all is well; so does --verbose.
    #[arg(long)]
    pub all: bool,
}

/// `repair`.
#[derive(Debug, Args)]
pub struct RepairArguments {
    /// Only hosts that this expression picks.
    #[arg(value_name = "EXPR")]
    pub expression: Option<String>,
    /// Say what is broken and what would be done, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}
