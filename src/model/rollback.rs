//! Taking a run back: of which run, what stays as it is, and what a transaction may do then that it never may
//! otherwise.

use serde::{Deserialize, Serialize};

use super::name::{HostName, PackageName, RunId, Version};
use super::plan::PlannedRemoval;
use super::step::{Step, StepAction};

/// What makes a plan a way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// The run that is taken back.
    pub of: RunId,
    /// What the run changed and what stays as it is now, with the reasons, in the order of hosts and packages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<Stay>,
    /// Packages that came new with the run and go again, because nothing needs them any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removes: Vec<HostPackage>,
    /// Packages that came new with the run and remain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<HostPackage>,
}

/// What cannot go back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stay {
    /// The host.
    pub host: HostName,
    /// The package; `None` when it is the whole host.
    pub package: Option<PackageName>,
    /// The version that it should have gone back to; `None` where there was none.
    pub version: Option<Version>,
    /// Why, in words.
    pub reason: String,
}

/// A package on a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPackage {
    /// The host.
    pub host: HostName,
    /// The package.
    pub package: PackageName,
    /// Its version.
    pub version: Version,
}

/// What a transaction may do beyond installing what is newer. By default nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent {
    /// Whether planned changes may lead to older versions.
    pub may_go_back: bool,
    /// Packages that may be removed, each at exactly this version: on a way back where nothing needs them any more, else
    /// where the changes take their place.
    pub may_remove: Vec<(PackageName, Version)>,
    /// Packages that may go in the answer to a question, at whatever version they are. Nothing is changed by a question.
    pub may_displace: Vec<PackageName>,
}

impl Consent {
    /// To exactly these removals, and to nothing else.
    #[must_use]
    pub fn to_remove(removes: &[PlannedRemoval]) -> Self {
        let removal = |one: &PlannedRemoval| (one.package.clone(), one.version.clone());
        Self {
            may_remove: removes.iter().map(removal).collect(),
            ..Self::default()
        }
    }

    /// Whether a step is the removal of a package that may be removed.
    #[must_use]
    pub fn allows_removal(&self, step: &Step) -> bool {
        step.action == StepAction::Remove
            && self.may_remove.iter().any(|(package, version)| {
                package.as_str() == step.package && step.from.as_deref().is_none_or(|from| from == version.as_str())
            })
    }
}

impl Rollback {
    /// What a transaction on that host may do.
    #[must_use]
    pub fn consent(&self, host: &HostName) -> Consent {
        let of_host = self.removes.iter().filter(|removal| removal.host == *host);
        Consent {
            may_go_back: true,
            may_remove: of_host
                .map(|removal| (removal.package.clone(), removal.version.clone()))
                .collect(),
            may_displace: Vec::new(),
        }
    }
}
