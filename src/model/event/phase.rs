//! The phases of a host's turn, as words for the screen.

use serde::{Deserialize, Serialize};

/// What a host is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostPhase {
    /// Logging in.
    Connecting,
    /// Reading what is installed, before anything is done.
    Checking,
    /// Everything that is planned is fetched into the manager's cache. Nothing installed has changed.
    Downloading,
    /// The package transaction runs.
    Patching,
    /// Reading what is installed now.
    Verifying,
    /// Services that still run replaced files are restarted.
    Restarting,
    /// It was told to reboot and is waited for.
    Rebooting,
}

impl HostPhase {
    /// The word on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Checking => "checking",
            Self::Downloading => "downloading",
            Self::Patching => "patching",
            Self::Verifying => "verifying",
            Self::Restarting => "restarting",
            Self::Rebooting => "rebooting",
        }
    }
}
