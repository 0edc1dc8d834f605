//! What a run was begun with, so that it can be gone on with by a command that has no options.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::saved_plan::PlanReference;

/// What a run was begun with, beside its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The command that began it: `apply`, `fetch`, …
    pub command: String,
    /// How far each host's job goes.
    pub step: RunStep,
    /// How far what its hosts knew when the plan was made is trusted.
    pub trust: RunTrust,
    /// Whether the maintenance window is ignored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignores_window: bool,
    /// The plan file that it is a run of; absent when it was planned for this run alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReference>,
    /// Until when that plan holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The inventory files and directories, absolute.
    pub inventory: Vec<PathBuf>,
    /// OpenSSH's configuration that was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_config: Option<PathBuf>,
    /// Connections at once, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<u16>,
    /// Deadline of one connection, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Duration>,
    /// Deadline of one script that reads from a host.
    pub timeout: Duration,
    /// How long a held lock is waited for, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_wait: Option<Duration>,
}

/// How far each host's job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStep {
    /// It downloads, and installs nothing.
    Download,
    /// It puts the installed versions aside.
    Secure,
    /// It downloads and installs.
    Everything,
}

/// How far a run trusts what its hosts knew when the plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunTrust {
    /// The plan was made for this run.
    JustPlanned,
    /// The plan was kept.
    KeptPlan,
    /// Nothing is fetched.
    NothingFetched,
}
