//! The arguments of the commands on runs that were begun before: `resume`, `rollback`, `history` and `show`.

use clap::Args;

use super::values::{RefreshChoice, parse_refresh};

/// `resume`.
#[derive(Debug, Args)]
pub struct ResumeArguments {
    /// The run; without it the newest that can be gone on with.
    pub run: Option<String>,
    /// In an emergency: go on although the playbook's maintenance window is closed or a blackout is on, and do not mind
    /// its end. That it was used is kept in the journal, with the reason: `--ignore-window=REASON`.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "REASON")]
    pub ignore_window: Option<String>,
    /// Do not wait while only a soak has to pass: end with exit 130, having contacted nothing. For cron.
    #[arg(long)]
    pub no_wait: bool,
}

/// `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArguments {
    /// The run's id, or `last`.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Only packages that match; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub package: Vec<String>,
    /// Take back what can go back on a host of which not everything can. Otherwise such a host stays as it is.
    #[arg(long)]
    pub partial: bool,
    /// Say what can go back, from where, and what cannot; change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// When hosts fetch their package metadata anew: always, never, older-than=DURATION.
    #[arg(long, value_name = "WHEN", default_value = "always", value_parser = parse_refresh)]
    pub refresh: RefreshChoice,
    /// In an emergency: begin although the playbook's maintenance window is closed, and do not mind its end.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "REASON")]
    pub ignore_window: Option<String>,
}

/// `history`.
#[derive(Debug, Args)]
pub struct HistoryArguments {
    /// As many runs at the most.
    #[arg(short, long, default_value_t = 20)]
    pub number: usize,
}

/// `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// The run; without it, or with `last`, the newest.
    pub run: Option<String>,
    /// Only this host: its events and the end of its log.
    pub host: Option<String>,
    /// Every event, instead of the result.
    #[arg(long)]
    pub events: bool,
}
