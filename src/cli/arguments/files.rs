//! The arguments of `init`, `inventory`, `playbook` and `demo`, which work on files here and contact no host of the
//! inventory.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Keep the folder with inventory, playbooks, keys and ledger.
    #[arg(long)]
    pub keep: bool,
}
