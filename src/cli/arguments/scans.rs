//! The arguments of `scan` and `diff`: what hosts have, and what could be updated.

use clap::{Args, ValueEnum};

use super::values::{RefreshChoice, parse_refresh};

/// `scan`.
#[derive(Debug, Args)]
pub struct ScanArguments {
    /// Only hosts that this expression picks.
    #[arg(value_name = "EXPR")]
    pub expression: Option<String>,
    #[command(flatten)]
    pub refresh: RefreshOption,
    /// Show only updates that are known to fix a security problem.
    #[arg(long)]
    pub security: bool,
    #[command(flatten)]
    pub exit: ExitOption,
}

/// When package metadata is refreshed.
#[derive(Debug, Clone, Copy, Args)]
pub struct RefreshOption {
    /// When hosts fetch their package metadata anew: always, never, older-than=DURATION.
    #[arg(long, value_name = "WHEN", default_value = "older-than=1h", value_parser = parse_refresh)]
    pub refresh: RefreshChoice,
}

/// Whether pending updates change the exit code.
#[derive(Debug, Clone, Copy, Args)]
pub struct ExitOption {
    /// Exit with 10 when updates are pending.
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// What a row is.
    #[arg(long, value_enum, default_value_t = DiffBy::Package)]
    pub by: DiffBy,
    /// Show only updates that are known to fix a security problem.
    #[arg(long)]
    pub security: bool,
    #[command(flatten)]
    pub exit: ExitOption,
}

/// What a row of `diff` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffBy {
    /// A package change.
    Package,
    /// A set of hosts with the same updates.
    Host,
}
