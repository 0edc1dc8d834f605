//! The arguments of `plan`, `apply` and `fetch`. What they share decides what is in a plan; with a plan file it is refused
//! where it would change the plan.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::approvals::ApprovalOptions;
use super::scans::ExitOption;
use super::values::{RefreshChoice, parse_positive_duration, parse_refresh};

/// What `plan` and `apply` share.
#[derive(Debug, Args)]
pub struct PlanOptions {
    /// The playbook, or a file that `plan --out` wrote; without it the built-in playbook.
    #[arg(value_name = "PLAYBOOK|PLAN")]
    pub playbook: Option<PathBuf>,
    /// When hosts fetch their package metadata anew: always, never, older-than=DURATION. A plan pins what
    /// hosts know, so hosts of different waves should know the same.
    #[arg(long, value_name = "WHEN", default_value = "always", value_parser = parse_refresh)]
    pub refresh: RefreshChoice,
    /// Only updates that are known to fix a security problem.
    #[arg(long, conflicts_with = "package")]
    pub security: bool,
    /// Only packages that match; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub package: Vec<String>,
    /// First put the package files of the installed versions aside on each host, so that there is a way back to them
    /// when no repository has them any more. A plan that is written keeps this.
    #[arg(long)]
    pub secure_old: bool,
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanArguments {
    #[command(flatten)]
    pub options: PlanOptions,
    /// Write the plan to a file for `apply`, `fetch` and `approve`. Replaces a plan, and no other file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How long the plan in that file holds [default: the playbook's `valid_for`, else 7d].
    #[arg(long, value_name = "DURATION", requires = "out", value_parser = parse_positive_duration)]
    pub valid: Option<Duration>,
    #[command(flatten)]
    pub exit: ExitOption,
}

/// `apply`.
#[derive(Debug, Args)]
pub struct ApplyArguments {
    #[command(flatten)]
    pub options: PlanOptions,
    /// Contact hosts, let each manager simulate its transaction, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// As `fetch`: let every host download what is planned into its package manager's cache, and change nothing.
    /// No question is asked; waves, gates and reboots wait for the `apply` that installs.
    #[arg(long, conflicts_with = "dry_run")]
    pub download_only: bool,
    /// In an emergency: begin although the playbook's maintenance window is closed or a blackout is on, and do not mind
    /// its end. That it was used is kept in the journal, with the reason: `--ignore-window=REASON`.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "REASON")]
    pub ignore_window: Option<String>,
    /// Do not wait while only a soak has to pass: end with exit 130, and go on with `resume --no-wait`, from cron for
    /// example. The soak goes on by the clock meanwhile.
    #[arg(long)]
    pub no_wait: bool,
    #[command(flatten)]
    pub approvals: ApprovalOptions,
}

/// `fetch`.
#[derive(Debug, Args)]
pub struct FetchArguments {
    #[command(flatten)]
    pub options: PlanOptions,
}
