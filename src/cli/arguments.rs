//! The command line. The comments here and in the files beside are the manual: `--help` prints them.

mod approvals;
mod files;
mod global;
mod hosts;
mod plans;
mod reboots;
mod rules;
mod runs;
mod scans;
mod steering;
mod values;

use clap::{Parser, Subcommand};

pub use approvals::{ApprovalOptions, ApproveArguments, VerifyArguments};
pub use files::{DemoArguments, InitArguments, InventoryCommand, PlaybookCommand};
pub use global::{ColourChoice, Format, GlobalOptions, Surroundings};
pub use hosts::{DoctorArguments, RepairArguments, TrustArguments};
pub use plans::{ApplyArguments, FetchArguments, PlanArguments, PlanOptions};
pub use reboots::RebootArguments;
pub use rules::{RulePurpose, SudoersArguments};
pub use runs::{HistoryArguments, ResumeArguments, RollbackArguments, ShowArguments};
pub use scans::{DiffArguments, DiffBy, ExitOption, RefreshOption, ScanArguments};
pub use steering::{RunArguments, WatchArguments};
pub use values::RefreshChoice;

use super::exit;

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
    /// Take back what a run changed: the exact versions from before, waves in the reverse order. Asks once on a terminal;
    /// needs --yes elsewhere.
    ///
    /// Every host is asked first whether it can go back, and what cannot is named before anything is changed.
    #[command(
        after_help = "Examples:\n  patchwave rollback last --dry-run\n  patchwave rollback 20261122T030000Z-1a2b --limit 'web*'\n  patchwave rollback last --package 'openssl*' --yes"
    )]
    Rollback(RollbackArguments),
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
}
