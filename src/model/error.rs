//! Errors of hosts: a stable code, what happened, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The stable code of an error. Scripts match on it; a code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ErrorCode {
    /// No connection: refused, no route, no such name, dropped before the login.
    #[serde(rename = "E_CONNECT")]
    Connect,
    /// A deadline passed.
    #[serde(rename = "E_TIMEOUT")]
    Timeout,
    /// The host's key is in no `known_hosts`.
    #[serde(rename = "E_HOSTKEY_UNKNOWN")]
    HostKeyUnknown,
    /// The host's key differs from the known one, or is revoked.
    #[serde(rename = "E_HOSTKEY_CHANGED")]
    HostKeyChanged,
    /// The host refused every key and password that we have.
    #[serde(rename = "E_AUTH")]
    Auth,
    /// Root privilege was refused.
    #[serde(rename = "E_SUDO")]
    Sudo,
    /// No supported package manager, or a host that must not be changed this way.
    #[serde(rename = "E_UNSUPPORTED")]
    Unsupported,
    /// The package manager failed.
    #[serde(rename = "E_MANAGER")]
    Manager,
    /// The package manager is locked by another process.
    #[serde(rename = "E_LOCK")]
    Lock,
    /// A repository could not be read.
    #[serde(rename = "E_REPO")]
    Repo,
    /// Not enough space on the host.
    #[serde(rename = "E_DISK")]
    Disk,
    /// The host's package database was broken before we came.
    #[serde(rename = "E_BROKEN")]
    Broken,
    /// Dependencies cannot be met.
    #[serde(rename = "E_DEP")]
    Dep,
    /// A planned version is no longer in any repository.
    #[serde(rename = "E_GONE")]
    Gone,
    /// The host no longer matches the plan.
    #[serde(rename = "E_DRIFT")]
    Drift,
    /// So many hosts of its domain are down that this one must not be touched.
    #[serde(rename = "E_DOMAIN")]
    Domain,
    /// A hook failed, or left the host out.
    #[serde(rename = "E_HOOK")]
    Hook,
    /// A gate failed.
    #[serde(rename = "E_GATE")]
    Gate,
    /// The host did not come back from a reboot, or came back as it was.
    #[serde(rename = "E_REBOOT")]
    Reboot,
    /// A service failed with the update or with its restart, or sshd was not proved afterwards.
    #[serde(rename = "E_SERVICE")]
    Service,
    /// Nothing was heard for too long.
    #[serde(rename = "E_STALL")]
    Stall,
    /// The connection was lost while something ran; the outcome is unknown.
    #[serde(rename = "E_LOST")]
    Lost,
    /// The host answered something that cannot be understood.
    #[serde(rename = "E_PROTOCOL")]
    Protocol,
    /// The operator interrupted.
    #[serde(rename = "E_INTERRUPTED")]
    Interrupted,
    /// A fault of patchwave itself.
    #[serde(rename = "E_INTERNAL")]
    Internal,
}

impl ErrorCode {
    /// Whether it says that a host or its repositories are no longer as planned.
    #[must_use]
    pub fn is_drift(self) -> bool {
        matches!(self, Self::Gone | Self::Drift)
    }

    /// The code as users see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "E_CONNECT",
            Self::Timeout => "E_TIMEOUT",
            Self::HostKeyUnknown => "E_HOSTKEY_UNKNOWN",
            Self::HostKeyChanged => "E_HOSTKEY_CHANGED",
            Self::Auth => "E_AUTH",
            Self::Sudo => "E_SUDO",
            Self::Unsupported => "E_UNSUPPORTED",
            Self::Manager => "E_MANAGER",
            Self::Lock => "E_LOCK",
            Self::Repo => "E_REPO",
            Self::Disk => "E_DISK",
            Self::Broken => "E_BROKEN",
            Self::Dep => "E_DEP",
            Self::Gone => "E_GONE",
            Self::Drift => "E_DRIFT",
            Self::Domain => "E_DOMAIN",
            Self::Hook => "E_HOOK",
            Self::Gate => "E_GATE",
            Self::Reboot => "E_REBOOT",
            Self::Service => "E_SERVICE",
            Self::Stall => "E_STALL",
            Self::Lost => "E_LOST",
            Self::Protocol => "E_PROTOCOL",
            Self::Interrupted => "E_INTERRUPTED",
            Self::Internal => "E_INTERNAL",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// What went wrong with one host, in the three parts that every error has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct HostError {
    /// The stable code.
    pub code: ErrorCode,
    /// What happened, in a sentence, safe to show.
    pub message: String,
    /// What to do about it, in a line.
    pub hint: String,
}

impl HostError {
    /// Puts the three parts together and makes foreign text in them safe to show.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        Self {
            code,
            message: super::text::printable(message.as_ref()),
            hint: super::text::printable(hint.as_ref()),
        }
    }
}
