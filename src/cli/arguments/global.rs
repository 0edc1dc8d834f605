//! Options of every command: they may stand before or after it, and mean the same everywhere.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values::{parse_lock_wait, parse_positive_duration};

/// Options of every command; they may stand before or after it.
#[derive(Debug, Clone, Args)]
pub struct GlobalOptions {
    /// Inventory file or directory; may be given several times.
    ///
    /// Default: the only inventory in ./inventories/, else /etc/patchwave/inventory.yml.
    #[arg(
        short,
        long,
        global = true,
        value_name = "PATH",
        env = "PATCHWAVE_INVENTORY",
        value_delimiter = ':'
    )]
    pub inventory: Vec<PathBuf>,

    /// Only hosts that this expression picks: 'web*,!web03', 'group:db & label:tier=front', 'security>0'.
    #[arg(short, long, global = true, value_name = "EXPR", allow_hyphen_values = true)]
    pub limit: Vec<String>,

    /// Fail unless exactly N hosts are selected.
    #[arg(long, global = true, value_name = "N")]
    pub expect: Option<usize>,

    /// Connections at once; how many hosts change at once is the playbook's.
    ///
    /// Default: 128 for each processor, at most 512 and no more than the limit of open files allows.
    #[arg(short, long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub parallel: Option<u16>,

    /// Deadline of one connection, up to the login; wins over `ConnectTimeout` of ssh_config [default: 10s].
    #[arg(long, global = true, value_name = "DURATION", value_parser = parse_positive_duration)]
    pub connect_timeout: Option<Duration>,

    /// Deadline of one script that reads from a host.
    #[arg(long, global = true, value_name = "DURATION", default_value = "5m", value_parser = parse_positive_duration)]
    pub timeout: Duration,

    /// How long to wait for another process on a host that holds the package manager's lock.
    ///
    /// Default: one minute for what only reads, ten minutes for a transaction.
    #[arg(long, global = true, value_name = "DURATION", value_parser = parse_lock_wait)]
    pub lock_wait: Option<Duration>,

    /// How long a transaction may print nothing before its host is asked why.
    ///
    /// What is found out is told, and the transaction goes on.
    #[arg(long, global = true, value_name = "DURATION", default_value = "15m", value_parser = parse_positive_duration)]
    pub stall_after: Duration,

    /// How long a transaction is waited for. The host counts as failed then; the transaction is never killed.
    #[arg(long, global = true, value_name = "DURATION", default_value = "2h", value_parser = parse_positive_duration)]
    pub job_timeout: Duration,

    /// Where the ledger is kept. Default: $XDG_STATE_HOME/patchwave.
    #[arg(long, global = true, value_name = "DIR", env = "PATCHWAVE_STATE_DIR")]
    pub state_dir: Option<PathBuf>,

    /// OpenSSH's configuration, read in place of ~/.ssh/config and /etc/ssh/ssh_config; `none` reads nothing.
    #[arg(long, global = true, value_name = "PATH", env = "PATCHWAVE_SSH_CONFIG")]
    pub ssh_config: Option<PathBuf>,

    /// Format of what is written to standard output.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Colours; NO_COLOR in the environment turns them off too.
    #[arg(long, global = true, value_enum, default_value_t = ColourChoice::Auto)]
    pub color: ColourChoice,

    /// No notices and no progress.
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more: every package of a plan.
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// No bars, also on a terminal: a line for each event instead.
    #[arg(long, global = true)]
    pub no_progress: bool,

    /// Answer the one question of a changing command with yes.
    #[arg(short, long, global = true)]
    pub yes: bool,

    /// Never an argument: what a command may use that was not named.
    #[arg(skip)]
    pub surroundings: Surroundings,
}

/// What a command may use that was not named: the user's agent, keys, known hosts and home folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surroundings {
    /// All of it.
    #[default]
    OfTheUser,
    /// Nothing: a demo must neither read nor write what is the user's.
    Isolated,
}

/// Formats of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON event a line, while it happens.
    Jsonl,
    /// Markdown, for pull requests.
    Markdown,
    /// Comma-separated values.
    Csv,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
