//! The command line. The comments here are the manual: `--help` prints them.

mod approvals;
mod reboots;
mod rules;
mod steering;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use approvals::{ApprovalOptions, ApproveArguments, VerifyArguments};
pub use reboots::RebootArguments;
pub use rules::{RulePurpose, SudoersArguments};
pub use steering::{RunArguments, WatchArguments};

use super::exit;
use crate::model::duration::parse_duration;

/// Agentless patch management over SSH: what would change, exactly, and rolled out in waves.
#[derive(Debug, Parser)]
#[command(name = "patchwave", version, after_help = exit::TABLE, arg_required_else_help = true)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

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

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented inventory and playbooks that work as they are.
    #[command(after_help = "Example:\n  patchwave init fleet && cd fleet && patchwave scan")]
    Init(InitArguments),
    /// Show what the inventory resolves to. Contacts no host.
    #[command(subcommand)]
    Inventory(InventoryCommand),
    /// Collect host keys, show their fingerprints, and write known_hosts after a yes.
    #[command(after_help = "Example:\n  patchwave trust 'web*'")]
    Trust(TrustArguments),
    /// Look at everything that scans and updates need, and name what is in their way. Changes nothing.
    #[command(after_help = "Examples:\n  patchwave doctor\n  patchwave doctor 'web*' --all")]
    Doctor(DoctorArguments),
    /// Print the smallest rules of sudo or doas that the logins need. Contacts no host.
    #[command(
        after_help = "Examples:\n  patchwave sudoers --user deploy > patchwave.sudoers && visudo -cf patchwave.sudoers\n  patchwave sudoers --user scanner --for scan --manager apt\n  patchwave sudoers 'web*'"
    )]
    Sudoers(SudoersArguments),
    /// Read facts and updates of every host, and keep them in the ledger.
    #[command(after_help = "Examples:\n  patchwave scan\n  patchwave scan 'group:web' --security --format json")]
    Scan(ScanArguments),
    /// Show the last scan folded: one row a package change, with the hosts that share it.
    #[command(after_help = "Example:\n  patchwave diff --by host --limit 'web*'")]
    Diff(DiffArguments),
    /// Show waves, batches, hosts and exact versions, and keep them in a file. Changes nothing.
    ///
    /// With a plan file in place of a playbook: show it again. Contacts no host.
    #[command(
        after_help = "Examples:\n  patchwave plan playbooks/monthly.yml\n  patchwave plan playbooks/monthly.yml --out plan.json\n  patchwave plan plan.json --format markdown"
    )]
    Plan(PlanArguments),
    /// Roll updates out in waves. Asks once on a terminal; needs --yes elsewhere.
    ///
    /// With a plan file in place of a playbook: install what it says and nothing else.
    #[command(
        after_help = "Examples:\n  patchwave apply plan.json\n  patchwave apply playbooks/monthly.yml --dry-run\n  patchwave apply playbooks/monthly.yml --download-only\n  patchwave apply --security --yes"
    )]
    Apply(ApplyArguments),
    /// Go on with a run that was killed, interrupted, or ended by its maintenance window.
    ///
    /// Finished hosts keep their results; jobs that run on hosts are picked up; nothing is done twice. It needs no
    /// option: the run knows its plan, its inventory and its rules.
    #[command(after_help = "Examples:\n  patchwave resume\n  patchwave resume 20261122T220000Z-1a2b")]
    Resume(ResumeArguments),
    /// Reboot hosts that need it, in the waves of a playbook. Asks once on a terminal; needs --yes elsewhere.
    ///
    /// Hosts are scanned first; no package is changed.
    #[command(
        after_help = "Examples:\n  patchwave reboot --dry-run\n  patchwave reboot 'group:web' --playbook playbooks/monthly.yml --yes"
    )]
    Reboot(RebootArguments),
    /// Let every host download what a plan installs, before the window. Changes no package.
    #[command(after_help = "Examples:\n  patchwave fetch plan.json\n  patchwave fetch playbooks/monthly.yml")]
    Fetch(FetchArguments),
    /// Sign a saved plan: the approval lies beside it, and `apply` asks for it. Contacts no host.
    ///
    /// The signature is one of `ssh-keygen -Y sign -n patchwave-plan`, over the bytes of the file; with `--valid` the
    /// namespace ends in `-until-` and the time.
    #[command(
        after_help = "Examples:\n  patchwave approve plan.json\n  patchwave approve plan.json --key ~/.ssh/id_ed25519 --valid 3d --comment 'ticket 4711'"
    )]
    Approve(ApproveArguments),
    /// Show every approval of a saved plan, and whether there are enough; exit 25 if not. Contacts no host.
    #[command(
        after_help = "Examples:\n  patchwave verify plan.json\n  patchwave verify plan.json --signers /etc/patchwave/allowed_signers --require-approvals 2"
    )]
    Verify(VerifyArguments),
    /// Mend package databases that were left half-way. Asks once on a terminal; needs --yes elsewhere.
    #[command(after_help = "Examples:\n  patchwave repair --dry-run\n  patchwave repair 'web*' --yes")]
    Repair(RepairArguments),
    /// Show or check a playbook; the built-in one without a name. Contacts no host.
    #[command(subcommand)]
    Playbook(PlaybookCommand),
    /// Show how a run stands now; without a run, all that have not ended for good.
    #[command(after_help = "Examples:\n  patchwave status\n  patchwave status --format json")]
    Status(RunArguments),
    /// Follow a run that is carried out elsewhere, until it ends; with its exit code.
    #[command(after_help = "Examples:\n  patchwave watch\n  patchwave watch last --format jsonl --from 120")]
    Watch(WatchArguments),
    /// Let running hosts end and start no other, until `resume`. From any shell.
    #[command(after_help = "Example:\n  patchwave pause")]
    Pause(RunArguments),
    /// Let what a run waits for count as passed: the rest of a soak, or a gate that is unknown. From any shell.
    #[command(after_help = "Example:\n  patchwave promote")]
    Promote(RunArguments),
    /// End a run for good: running hosts end, none starts, what has to be undone is undone. From any shell.
    #[command(after_help = "Example:\n  patchwave abort 20260301T220000Z-4f1c")]
    Abort(RunArguments),
    /// List past runs, newest first.
    History(HistoryArguments),
    /// Show a past run again.
    #[command(after_help = "Examples:\n  patchwave show\n  patchwave show last web01")]
    Show(ShowArguments),
    /// The whole job on a simulated fleet inside this process: scan, diff, plan, waves, a stop, a second try.
    Demo(DemoArguments),
    /// Print completions for a shell.
    #[command(after_help = "Example:\n  patchwave completions bash > /etc/bash_completion.d/patchwave")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The folder to write to.
    #[arg(default_value = ".")]
    pub dir: PathBuf,
}

/// `inventory`.
#[derive(Debug, Subcommand)]
pub enum InventoryCommand {
    /// Every host with every setting as it will be used.
    List,
    /// One host: each value, and the file and line it came from.
    Show {
        /// The host's name.
        host: String,
    },
    /// Groups, their children and their hosts.
    Graph,
    /// Report every mistake; exit 2 when there is one.
    Check,
}

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

/// How fresh package metadata must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshChoice {
    /// Refreshed on every host.
    Always,
    /// Read as it is.
    Never,
    /// Refreshed where it is older.
    OlderThan(Duration),
}

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

/// `fetch`.
#[derive(Debug, Args)]
pub struct FetchArguments {
    #[command(flatten)]
    pub options: PlanOptions,
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

/// `playbook`.
#[derive(Debug, Subcommand)]
pub enum PlaybookCommand {
    /// Report every mistake; exit 2 when there is one.
    Check {
        /// The playbook.
        playbook: PathBuf,
    },
    /// The playbook as it will be used, with every default.
    Show {
        /// The playbook; without it the built-in one.
        playbook: Option<PathBuf>,
    },
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

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Keep the folder with inventory, playbooks, keys and ledger.
    #[arg(long)]
    pub keep: bool,
}

fn parse_positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("it must be longer than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

fn parse_lock_wait(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

fn parse_refresh(text: &str) -> Result<RefreshChoice, String> {
    match text {
        "always" => Ok(RefreshChoice::Always),
        "never" => Ok(RefreshChoice::Never),
        other => match other.strip_prefix("older-than=") {
            Some(age) => parse_duration(age)
                .map(RefreshChoice::OlderThan)
                .map_err(|error| error.to_string()),
            None => Err("expected `always`, `never` or `older-than=1h`".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for words in [["patchwave", "-l", "web*", "scan"], ["patchwave", "scan", "-l", "web*"]] {
            assert_eq!(Arguments::try_parse_from(words).unwrap().global.limit, ["web*"]);
        }
    }

    #[test]
    fn a_refresh_policy_is_read() {
        assert_eq!(
            parse_refresh("older-than=1h"),
            Ok(RefreshChoice::OlderThan(Duration::from_secs(3600)))
        );
        assert!(parse_refresh("sometimes").is_err());
    }
}
