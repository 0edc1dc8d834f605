//! Hooks: programs of the operator's own that run at given points of a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
    /// Where it runs.
    pub on: GatePlace,
    /// The program and its arguments; a single text for `sh -c` when `shell` is true. Texts may be templates.
    pub run: Vec<String>,
    /// Whether a shell reads the text.
    pub shell: bool,
    /// What takes it back, in the same form; always run once the hook was begun, however the host or run ended. Empty
    /// when nothing has to be taken back.
    pub undo: Vec<String>,
    /// Deadline of the program, and of its undoing.
    pub timeout: Duration,
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
