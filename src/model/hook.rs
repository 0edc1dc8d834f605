//! Hooks: programs of the operator's own that run at given points of a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::name::{HostName, WaveName};
use super::plan::GatePlace;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookPoint {
    /// Once, before the first wave.
    PreRun,
    /// Before a wave's first host.
    PreWave,
    /// Before anything is changed on a host.
    PrePatch,
    /// After a host's planned versions are proved.
    PostPatch,
    /// Before a host is told to reboot.
    PreReboot,
    /// After a host's reboot is proved.
    PostReboot,
    /// After a wave passed.
    PostWave,
    /// Once, when the run has ended, however it ended.
    PostRun,
    /// When a host did not come back from its reboot in time: the program of `reboot: {recover: …}`, no hook.
    Recover,
}

impl HookPoint {
    /// All, in the order of a run.
    pub const ALL: [Self; 8] = [
        Self::PreRun,
        Self::PreWave,
        Self::PrePatch,
        Self::PostPatch,
        Self::PreReboot,
        Self::PostReboot,
        Self::PostWave,
        Self::PostRun,
    ];

    /// Whether it comes once a host; the others come once a wave or once a run.
    #[must_use]
    pub fn is_per_host(self) -> bool {
        matches!(
            self,
            Self::PrePatch | Self::PostPatch | Self::PreReboot | Self::PostReboot
        )
    }

    /// Whether a hook may leave something out here with exit code 75: the host, or its reboot.
    #[must_use]
    pub fn may_skip(self) -> bool {
        matches!(self, Self::PrePatch | Self::PreReboot)
    }

    /// The word in playbooks and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreRun => "pre-run",
            Self::PreWave => "pre-wave",
            Self::PrePatch => "pre-patch",
            Self::PostPatch => "post-patch",
            Self::PreReboot => "pre-reboot",
            Self::PostReboot => "post-reboot",
            Self::PostWave => "post-wave",
            Self::PostRun => "post-run",
            Self::Recover => "recover",
        }
    }
}

/// One hook of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookRule {
    /// The name in events and messages; unique in the playbook.
    pub name: String,
    /// When it runs.
    pub at: HookPoint,
    /// Where it runs; always the controller at the points of waves and runs.
    pub on: GatePlace,
    /// What runs.
    pub run: HookCommand,
    /// What takes it back; always run once the hook was begun, however the host, wave or run ended. `None` when
    /// nothing has to be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<HookCommand>,
    /// Deadline of the program, and of its undoing.
    pub timeout: Duration,
}

/// What a hook runs. Its texts may be templates at the points of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HookCommand {
    /// A program and its arguments, at least the program; no shell reads them.
    Program(Vec<String>),
    /// A text for `/bin/sh -c`.
    Shell(ShellText),
}

/// A text that a shell reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShellText {
    /// The text.
    pub shell: String,
}

impl HookCommand {
    /// The program and its arguments as they are started.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Program(words) => words.clone(),
            Self::Shell(text) => vec!["/bin/sh".to_owned(), "-c".to_owned(), text.shell.clone()],
        }
    }
}

/// A hook whose undoing failed, or was never begun: what it did is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotUndone {
    /// The hook.
    pub hook: String,
    /// The host that it is for, when it is one.
    pub host: Option<HostName>,
    /// The wave that it is for, when it is one.
    pub wave: Option<WaveName>,
    /// Why, safe to show.
    pub detail: String,
}

/// How a hook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookOutcome {
    /// It exited with 0.
    Done,
    /// It said that this host is to be left out (exit code 75).
    Skip,
    /// It failed, or did not end in time.
    Failed,
}
