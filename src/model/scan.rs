//! Facts and updates of a set of hosts at one time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::{ErrorCode, HostError};
use super::facts::Facts;
use super::name::{HostName, RunId};
use super::update::Update;

/// A scan: what every selected host answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// Identifies the scan in the ledger.
    pub id: RunId,
    /// When the first host was contacted.
    pub started: Timestamp,
    /// When the last host had answered or failed.
    pub finished: Timestamp,
    /// One entry a host, in the order of the inventory.
    pub hosts: Vec<HostScan>,
}

/// What one host answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostScan {
    /// The host's name in the inventory.
    pub name: HostName,
    /// Where it was reached.
    pub address: String,
    /// The TCP port.
    pub port: u16,
    /// Whether it answered, and if not, the kind of reason.
    pub state: HostState,
    /// What went wrong; `None` exactly when the state is `ok`.
    pub error: Option<HostError>,
    /// From the first packet to the last, in milliseconds.
    pub duration_ms: u64,
    /// What was read; `None` when the host did not get that far.
    pub facts: Option<Facts>,
    /// Every update, pending or not.
    pub updates: Vec<Update>,
    /// Things worth a line that are neither an update nor an error, such as a repository that failed
    /// while older metadata still served. Not part of the JSON.
    #[serde(skip)]
    pub notices: Vec<String>,
}

/// Whether a host answered, and if not, the kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostState {
    /// It answered everything.
    Ok,
    /// No connection could be made or kept.
    Unreachable,
    /// It refused the login.
    AuthFailed,
    /// Its host key is unknown or changed.
    HostKey,
    /// patchwave does not patch this kind of system.
    Unsupported,
    /// It answered with an error.
    Failed,
}

impl HostState {
    /// The state that an error puts a host into.
    #[must_use]
    pub fn from_error(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Connect | ErrorCode::Timeout | ErrorCode::Lost => Self::Unreachable,
            ErrorCode::Auth => Self::AuthFailed,
            ErrorCode::HostKeyUnknown | ErrorCode::HostKeyChanged => Self::HostKey,
            ErrorCode::Unsupported => Self::Unsupported,
            _ => Self::Failed,
        }
    }

    /// Whether the host could not be talked to at all.
    #[must_use]
    pub fn is_unreachable(self) -> bool {
        matches!(self, Self::Unreachable | Self::AuthFailed | Self::HostKey)
    }

    /// The word in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unreachable => "unreachable",
            Self::AuthFailed => "auth-failed",
            Self::HostKey => "host-key",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
        }
    }
}

impl HostScan {
    /// The updates that would be installed now.
    pub fn pending(&self) -> impl Iterator<Item = &Update> {
        self.updates.iter().filter(|update| update.is_pending())
    }

    /// Whether a reboot is needed, as far as is known.
    #[must_use]
    pub fn needs_reboot(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.reboot.required)
    }
}

/// A scan in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScanSummary {
    /// Hosts that were selected.
    pub hosts: usize,
    /// Hosts that answered everything.
    pub ok: usize,
    /// Hosts that did not answer, refused the login or showed a wrong key.
    pub unreachable: usize,
    /// Updates that would be installed now, summed over the hosts.
    pub updates: usize,
    /// Of these, the ones known to fix a security problem.
    pub security: usize,
    /// Hosts that need a reboot.
    pub reboot_required: usize,
}

impl Scan {
    /// The scan in numbers.
    #[must_use]
    pub fn summary(&self) -> ScanSummary {
        let count = |test: fn(&HostScan) -> bool| self.hosts.iter().filter(|host| test(host)).count();
        let pending = || self.hosts.iter().flat_map(HostScan::pending);
        ScanSummary {
            hosts: self.hosts.len(),
            ok: count(|host| host.state == HostState::Ok),
            unreachable: count(|host| host.state.is_unreachable()),
            updates: pending().count(),
            security: pending().filter(|update| update.security == Some(true)).count(),
            reboot_required: count(HostScan::needs_reboot),
        }
    }
}
