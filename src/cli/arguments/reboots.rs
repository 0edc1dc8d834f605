//! The arguments of `reboot`.

use std::path::PathBuf;

use clap::Args;

/// `reboot`.
#[derive(Debug, Args)]
pub struct RebootArguments {
    /// Only hosts that this expression picks.
    #[arg(value_name = "EXPR")]
    pub expression: Option<String>,
    /// The playbook whose waves, gates, hooks, budgets, blockers and window count; without it the built-in one.
    #[arg(long, value_name = "PLAYBOOK")]
    pub playbook: Option<PathBuf>,
    /// Also reboot hosts that need no reboot.
    #[arg(long)]
    pub always: bool,
    /// Show which hosts would be rebooted, in which order and why, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// In an emergency: begin although the playbook's maintenance window is closed, and do not mind its end.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "REASON")]
    pub ignore_window: Option<String>,
}
