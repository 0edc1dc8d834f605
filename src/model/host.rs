//! One machine of the inventory, with every setting as it will be used.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::name::{GroupName, HostName};
use super::secret::SecretReference;
use super::ssh_options::SshOptions;

/// A host with every setting resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name in the inventory.
    pub name: HostName,
    /// Where to connect to: a name or an address.
    pub address: String,
    /// The TCP port.
    pub port: u16,
    /// The login name.
    pub user: String,
    /// Private key files to log in with, in this order; without any, the agent's keys and then the usual files.
    pub keys: Vec<PathBuf>,
    /// Hosts to go through, nearest first.
    pub jump: Vec<HostName>,
    /// How root privilege is obtained.
    pub privilege: Privilege,
    /// Every group that holds the host, ancestors included, without `all`.
    pub groups: Vec<GroupName>,
    /// Labels by key.
    pub labels: BTreeMap<String, String>,
    /// A pinned host key fingerprint (`SHA256:…`), which replaces `known_hosts`.
    pub host_key: Option<String>,
    /// How the host is reached.
    pub connect: Connect,
    /// Package globs that are never updated on this host.
    pub exclude: Vec<String>,
    /// The host's own word on reboots; the stricter of this and the playbook's wins.
    pub reboot: Option<RebootPolicy>,
    /// How the connection is made, beyond the above; shared by hosts for which it is the same.
    pub ssh: Arc<SshOptions>,
}

/// The port of SSH.
pub const DEFAULT_PORT: u16 = 22;

/// The user to become, where nobody says another.
pub const DEFAULT_BECOME_USER: &str = "root";

impl Host {
    /// A host of which nothing is said but its name and who logs in: reached over SSH at its own name, without
    /// any privilege but the login's.
    #[must_use]
    pub fn new(name: HostName, user: &str) -> Self {
        Self {
            address: name.to_string(),
            name,
            port: DEFAULT_PORT,
            user: user.to_owned(),
            keys: Vec::new(),
            jump: Vec::new(),
            privilege: Privilege::default(),
            groups: Vec::new(),
            labels: BTreeMap::new(),
            host_key: None,
            connect: Connect::Ssh,
            exclude: Vec::new(),
            reboot: None,
            ssh: Arc::default(),
        }
    }
}

/// How a host is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Connect {
    /// Over SSH.
    Ssh,
    /// It is the machine that patchwave runs on.
    Local,
}

/// How root privilege is obtained on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privilege {
    /// The program.
    pub method: PrivilegeMethod,
    /// The user to become.
    pub user: String,
    /// Where the password is kept; `None` when none is needed.
    pub password: Option<SecretReference>,
    /// What it is used for.
    pub scope: PrivilegeScope,
}

impl Default for Privilege {
    /// None but the login's own.
    fn default() -> Self {
        Self {
            method: PrivilegeMethod::None,
            user: DEFAULT_BECOME_USER.to_owned(),
            password: None,
            scope: PrivilegeScope::default(),
        }
    }
}

impl Privilege {
    /// The program by which nothing but the refresh of the package lists runs as root.
    #[must_use]
    pub fn only_for_refresh(&self) -> Option<PrivilegeMethod> {
        (self.scope == PrivilegeScope::Refresh).then_some(self.method)
    }
}

/// What root privilege is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrivilegeScope {
    /// Whole scripts run as root.
    #[default]
    Everything,
    /// Scripts run as the login user, and only the command that refreshes the package lists as root. Enough to scan.
    Refresh,
}

/// The program that gives root privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrivilegeMethod {
    /// None: the login user does everything.
    None,
    /// `sudo`.
    Sudo,
    /// `doas`.
    Doas,
    /// `su`.
    Su,
}

impl fmt::Display for PrivilegeMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::None => "none",
            Self::Sudo => "sudo",
            Self::Doas => "doas",
            Self::Su => "su",
        })
    }
}

/// When a host is rebooted. Ordered from the strictest: of two words on one host the smaller wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum RebootPolicy {
    /// Never; a needed reboot is reported.
    #[default]
    Never,
    /// When a probe finds a reason.
    IfNeeded,
    /// After every change.
    Always,
}

impl fmt::Display for RebootPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Never => "never",
            Self::IfNeeded => "if-needed",
            Self::Always => "always",
        })
    }
}
