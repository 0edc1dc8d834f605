//! Drift: what is no longer as the plan has it, seen on a host before anything is changed there.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{Architecture, HostName, PackageName, Version};
use super::plan::PlannedChange;

/// How a host differs from its plan. The later a class stands, the more it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftClass {
    /// Not at all.
    Identical,
    /// Planned versions are installed already; the others are as planned.
    AlreadyThere,
    /// The planned version is still offered, and a newer one as well.
    Superseded,
    /// The transaction would change packages that are not planned.
    ExtraDependency,
    /// The planned version is no longer offered.
    Vanished,
    /// The host is at another version than the plan starts from, or is another system.
    HostChanged,
}

impl DriftClass {
    /// The word in playbooks, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::AlreadyThere => "already-there",
            Self::Superseded => "superseded",
            Self::ExtraDependency => "extra-dependency",
            Self::Vanished => "vanished",
            Self::HostChanged => "host-changed",
        }
    }
}

impl fmt::Display for DriftAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Display for DriftClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// What is done with a host that differs from its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftAction {
    /// The planned versions are installed all the same.
    Pinned,
    /// The host fails; nothing is changed on it.
    Fail,
    /// The host is left out, which is no failure; nothing is changed on it.
    SkipHost,
    /// The host is planned anew under the same rules, and gets what it is offered now.
    Replan,
}

impl DriftAction {
    /// The word in playbooks, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Fail => "fail",
            Self::SkipHost => "skip-host",
            Self::Replan => "replan",
        }
    }
}

/// What is done about each class. What is already there is simply left out of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftPolicy {
    /// A newer version is offered beside the planned one.
    pub superseded: DriftAction,
    /// The planned version is gone; never [`DriftAction::Pinned`].
    pub vanished: DriftAction,
    /// Unplanned packages would change; never [`DriftAction::Pinned`].
    pub extra_dependency: DriftAction,
    /// The host is not what it was; never [`DriftAction::Pinned`].
    pub host_changed: DriftAction,
}

impl Default for DriftPolicy {
    fn default() -> Self {
        Self {
            superseded: DriftAction::Pinned,
            vanished: DriftAction::Fail,
            extra_dependency: DriftAction::Fail,
            host_changed: DriftAction::Fail,
        }
    }
}

/// How one host differs from its plan, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HostDrift {
    /// The gravest class among the differences.
    pub class: DriftClass,
    /// What the policy says about it; `None` for what needs no decision.
    pub action: Option<DriftAction>,
    /// In the order of package names.
    pub differences: Vec<DriftDifference>,
    /// What is installed instead of the planned changes, in the order of package names, where the host was planned
    /// anew; else `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Vec<PlannedChange>>,
}

impl DriftPolicy {
    /// What is done about that class; `None` for what needs no decision. [`DriftAction::Pinned`] means something for a
    /// superseded version alone; for any other class it counts as [`DriftAction::Fail`].
    #[must_use]
    pub fn action(&self, class: DriftClass) -> Option<DriftAction> {
        match class {
            DriftClass::Identical | DriftClass::AlreadyThere => None,
            DriftClass::Superseded => Some(self.superseded),
            DriftClass::ExtraDependency => Some(unpinned(self.extra_dependency)),
            DriftClass::Vanished => Some(unpinned(self.vanished)),
            DriftClass::HostChanged => Some(unpinned(self.host_changed)),
        }
    }

    /// Whether a playbook can have it.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let others = [self.extra_dependency, self.vanished, self.host_changed];
        !others.contains(&DriftAction::Pinned)
    }
}

fn unpinned(action: DriftAction) -> DriftAction {
    match action {
        DriftAction::Pinned => DriftAction::Fail,
        other => other,
    }
}

/// A planned version that gave way to the one that an earlier wave verifiably ran, because a host of that wave was
/// planned anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Promotion {
    /// The package.
    pub package: PackageName,
    /// Its architecture.
    pub arch: Architecture,
    /// The version that the plan has.
    pub planned: Version,
    /// The version that ran, and is installed instead.
    pub promoted: Version,
    /// The host of the earlier wave that ran it.
    pub ran_on: HostName,
}

/// One package that is not as planned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DriftDifference {
    /// How it differs.
    pub class: DriftClass,
    /// The package; `None` when the host as a whole is meant.
    pub package: Option<PackageName>,
    /// Its architecture.
    pub arch: Option<Architecture>,
    /// The version that the plan installs; `None` when the package is not planned.
    pub planned: Option<Version>,
    /// The versions that are installed now.
    pub installed: Vec<Version>,
    /// The versions that are offered now, the newest last.
    pub offered: Vec<Version>,
    /// In a sentence, safe to show.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_superseded_version_can_be_pinned() {
        let policy = DriftPolicy {
            superseded: DriftAction::Pinned,
            vanished: DriftAction::Pinned,
            extra_dependency: DriftAction::Pinned,
            host_changed: DriftAction::Pinned,
        };
        assert_eq!(policy.action(DriftClass::Superseded), Some(DriftAction::Pinned));
        for class in [
            DriftClass::ExtraDependency,
            DriftClass::Vanished,
            DriftClass::HostChanged,
        ] {
            assert_eq!(policy.action(class), Some(DriftAction::Fail), "{class}");
        }
        assert!(!policy.is_valid());
        assert!(DriftPolicy::default().is_valid());
    }
}
