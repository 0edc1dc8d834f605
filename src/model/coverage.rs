//! How much of what later waves get the first wave really exercises.

use serde::{Deserialize, Serialize};

use super::name::{Architecture, HostName, PackageName, Version};

/// How much of what the hosts of later waves get is exercised by the first wave. A change is counted once for each
/// host that gets it, and is exercised when a host of the first wave with the same distribution, release and
/// machine architecture gets the same version of the same package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Changes of hosts in later waves.
    pub changes: usize,
    /// Of these, those that the first wave exercises.
    pub covered: usize,
    /// One entry a distribution, release and architecture, in that order.
    pub systems: Vec<SystemCoverage>,
    /// What no host of the first wave gets, by how many hosts would get it, the most first.
    pub uncovered: Vec<UncoveredChange>,
    /// Hosts that would make it complete if they were in the first wave; as few as were found.
    pub suggested: Vec<HostName>,
}

/// The coverage of one kind of system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCoverage {
    /// The distribution's id.
    pub os: String,
    /// Its release.
    pub release: String,
    /// The machine's architecture.
    pub arch: String,
    /// Hosts of the first wave.
    pub first_wave: usize,
    /// Hosts of later waves.
    pub later: usize,
    /// Changes of the latter.
    pub changes: usize,
    /// Of these, those that the first wave exercises.
    pub covered: usize,
}

/// A change that no host of the first wave gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncoveredChange {
    /// The distribution's id.
    pub os: String,
    /// Its release.
    pub release: String,
    /// The machine's architecture.
    pub machine: String,
    /// The package.
    pub package: PackageName,
    /// Its architecture.
    pub arch: Architecture,
    /// The version that would be installed.
    pub to: Version,
    /// The hosts that would get it, in the order of the plan.
    pub hosts: Vec<HostName>,
}
