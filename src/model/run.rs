//! One execution of a plan, as it ended.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::aftermath::{LeftOver, NeedsRestart};
use super::condition::ConditionDifference;
use super::controller::Controller;
use super::drift::{HostDrift, Promotion};
use super::error::HostError;
use super::experimental::Experimental;
use super::name::{HostName, PackageName, RunId, Version, WaveName};
use super::saved_plan::PlanReference;

/// A run as it ended. Its serialised form is the JSON of `apply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// Identifies the run in the ledger.
    pub run: RunId,
    /// The plan file that it was a run of; absent when it was planned for this run alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReference>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Why it did not complete; `None` when it did.
    pub reason: Option<String>,
    /// One entry a wave, in their order.
    pub waves: Vec<WaveReport>,
    /// One entry a host, in the order of the plan.
    pub hosts: Vec<HostReport>,
    /// Its hosts with managers that nobody has run patchwave on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experimental: Vec<Experimental>,
}

/// How a wave ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveReport {
    /// Its name.
    pub name: WaveName,
    /// How it ended.
    pub outcome: WaveOutcome,
    /// Its hosts, in the order of the plan.
    pub hosts: Vec<HostName>,
}

/// How a host ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostReport {
    /// Its name.
    pub name: HostName,
    /// Its wave.
    pub wave: WaveName,
    /// How it ended.
    pub state: HostRunState,
    /// Whether it was rebooted, proved by a changed boot id.
    pub rebooted: bool,
    /// From its start to its end, in milliseconds; 0 when it was not started.
    pub duration_ms: u64,
    /// What went wrong.
    pub error: Option<HostError>,
    /// What is installed now that was not before, as the host's own package manager says.
    pub changed: Vec<Change>,
    /// For how long it was down for its reboot, in seconds; absent when it was not rebooted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_seconds: Option<u64>,
    /// What differs from before the update; absent when nothing does, or when that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<ConditionDifference>,
    /// Units that were restarted, as the playbook asked.
    #[serde(default)]
    pub restarted: Vec<String>,
    /// What still runs replaced files, each with the reason why it was not restarted.
    #[serde(default)]
    pub needs_restart: Vec<NeedsRestart>,
    /// Configuration files that packages left beside the ones in use.
    #[serde(default)]
    pub left_over: Vec<LeftOver>,
    /// What was downloaded into the manager's cache, in bytes; `None` when nothing was to be downloaded or the
    /// host did not say so. Packages that were in the cache already are not counted.
    #[serde(default)]
    pub downloaded_bytes: Option<u64>,
    /// What became of the installed versions; absent unless they were to be put aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secured: Option<SecuredPackages>,
    /// How it differed from the plan before anything was changed; `None` when it did not, or was not looked at.
    #[serde(default)]
    pub drift: Option<HostDrift>,
    /// Planned versions that gave way to those that an earlier wave ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promoted: Vec<Promotion>,
}

/// What became of the installed versions of packages that are to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SecuredPackages {
    /// Their files are on the host.
    pub kept: Vec<PackageName>,
    /// No repository and no cache of the host has them any more: there is no way back to them.
    pub missing: Vec<PackageName>,
}

impl HostReport {
    /// Whether it failed because it no longer matched the plan; nothing was changed on it then.
    #[must_use]
    pub fn failed_by_drift(&self) -> bool {
        self.state == HostRunState::Failed && self.error.as_ref().is_some_and(|error| error.code.is_drift())
    }

    /// Whether it was told to download only, and did.
    #[must_use]
    pub fn is_downloaded(&self) -> bool {
        self.state == HostRunState::Unchanged && self.downloaded_bytes.is_some()
    }
}

/// One package that changed on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The package's name.
    pub package: PackageName,
    /// What was installed before; `None` when it was not there.
    pub from: Option<Version>,
    /// What is installed now; `None` when it was removed.
    pub to: Option<Version>,
}

/// A run in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunLine {
    /// Its id.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs or when it was killed.
    pub finished: Option<Timestamp>,
    /// The plan file that it was a run of; absent when it was planned for this run alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReference>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Its hosts with managers that nobody has run patchwave on; empty until it ended.
    pub experimental: Vec<Experimental>,
    /// Who carries it out now; absent when nobody does, or nothing is known of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Controller>,
    /// Whether it has not ended for good, and nobody carries it out: it can be gone on with. Left out of JSON when not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumable: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    /// Every wave passed.
    Completed,
    /// A gate, a budget or an operator stopped it.
    Stopped,
    /// patchwave itself failed.
    Failed,
    /// It was interrupted.
    Interrupted,
    /// The maintenance window left no time for some of its hosts.
    OutOfTime,
}

/// How a wave ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaveOutcome {
    /// Its hosts stayed within the budget and its gates passed.
    Passed,
    /// Its budget was used up or a gate failed.
    Failed,
    /// It was interrupted.
    Interrupted,
    /// The maintenance window left no time for some of its hosts.
    OutOfTime,
    /// It was not reached.
    NotStarted,
}

/// How a host ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostRunState {
    /// The planned versions are installed, as a second probe proved.
    Patched,
    /// There was nothing to do.
    Unchanged,
    /// Something went wrong.
    Failed,
    /// It could not be reached.
    Unreachable,
    /// It was left out by a rule.
    Skipped,
    /// The run ended before its turn.
    NotStarted,
    /// Its turn was begun and has not ended: it was left alone, or its controller died. What was started there goes on.
    Left,
}

impl HostRunState {
    /// Whether it uses up the budget.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Unreachable)
    }

    /// The word in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patched => "patched",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Skipped => "skipped",
            Self::NotStarted => "not-started",
            Self::Left => "left",
        }
    }
}

impl RunOutcome {
    /// Whether a run that ended like this can be gone on with.
    #[must_use]
    pub fn is_resumable(self) -> bool {
        matches!(self, Self::Failed | Self::Interrupted | Self::OutOfTime)
    }

    /// The word in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::OutOfTime => "out-of-time",
        }
    }
}

impl WaveOutcome {
    /// The word in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::OutOfTime => "out-of-time",
            Self::NotStarted => "not-started",
        }
    }
}

impl fmt::Display for HostRunState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
