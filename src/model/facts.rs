//! What a probe read from a host.

use serde::{Deserialize, Serialize};

use super::manager::Manager;

/// Facts of one host at the time of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The distribution, from `os-release(5)`.
    pub os: OperatingSystem,
    /// The machine's architecture as `uname -m` prints it.
    pub arch: String,
    /// The package manager in charge.
    pub manager: Manager,
    /// Running and installed kernel.
    pub kernel: Kernel,
    /// Changes at every boot; `None` where the system has none.
    pub boot_id: Option<String>,
    /// Whether a reboot is needed, and why.
    pub reboot: Reboot,
    /// Services that still run replaced files.
    pub services: Vec<Service>,
}

/// The distribution as it names itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingSystem {
    /// `ID` of `os-release(5)`.
    pub id: String,
    /// `VERSION_ID`; empty for rolling distributions.
    pub version: String,
    /// `PRETTY_NAME`.
    pub name: String,
}

/// Running and newest installed kernel. In a container the host's kernel runs and none is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// `uname -r`.
    pub running: String,
    /// The newest bootable kernel that is installed; `None` when there is none or it cannot be told.
    pub newest: Option<String>,
}

/// Whether a reboot is needed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reboot {
    /// True when at least one reason was found.
    pub required: bool,
    /// Each reason in words, with its source.
    pub reasons: Vec<String>,
}

/// A service and whether it runs replaced files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The unit's name.
    pub unit: String,
    /// True when one of its processes maps a file that was replaced.
    pub needs_restart: bool,
}
