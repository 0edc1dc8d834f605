//! A scan folded: one row a package change, with the hosts that share it.

use serde::Serialize;

use super::name::{Architecture, HostName, PackageName, Version};
use super::update::UpdateStatus;

/// One package change and every host that has it pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageDifference {
    /// The package's name.
    pub package: PackageName,
    /// Its architecture.
    pub arch: Architecture,
    /// The installed version; `None` for a new dependency.
    pub from: Option<Version>,
    /// The candidate version.
    pub to: Version,
    /// The repository that offers it.
    pub repo: String,
    /// Whether it would be installed now, and if not, why.
    pub status: UpdateStatus,
    /// Whether it fixes a security problem; `None` when the manager cannot know.
    pub security: Option<bool>,
    /// The severity in the words of the advisory.
    pub severity: Option<String>,
    /// Advisory ids.
    pub advisories: Vec<String>,
    /// CVE ids.
    pub cves: Vec<String>,
    /// The hosts that share it, in the order of the inventory.
    pub hosts: Vec<HostName>,
}
