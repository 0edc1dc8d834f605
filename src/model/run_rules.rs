//! Rules of a run that are not about packages: how much may go wrong in all of it, and what becomes of a transaction
//! that something else broke off.

use serde::{Deserialize, Serialize};

use super::condition::ConditionRule;
use super::hook::HookRule;
use super::reboot_rule::RebootRule;

/// The rules of a playbook that are kept while hosts are changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRules {
    /// Programs of the operator's own, in the order in which they run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookRule>,
    /// What may differ on a host after its update.
    #[serde(default, skip_serializing_if = "is_default")]
    pub condition: ConditionRule,
    /// What keeps hosts from being rebooted, and what is done when one does not come back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rebooting: RebootRule,
    /// How much may go wrong.
    #[serde(default, skip_serializing_if = "is_default")]
    pub budget: RunBudget,
    /// What is done about a transaction that was broken off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub half_done: HalfDone,
    /// Whether snapshots are made.
    #[serde(default, skip_serializing_if = "is_default")]
    pub snapshot: SnapshotRule,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What counts as a failure for budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// A host that failed.
    Failed,
    /// A host that could not be reached.
    Unreachable,
}

/// How much may go wrong in the whole run, beside the budget of each wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunBudget {
    /// How many hosts of the run may fail; `None` when only the waves' budgets count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated: Option<usize>,
    /// What counts, for the waves' budgets too; never empty.
    pub counts: Vec<FailureKind>,
}

impl Default for RunBudget {
    fn default() -> Self {
        Self {
            tolerated: None,
            counts: vec![FailureKind::Failed, FailureKind::Unreachable],
        }
    }
}

/// What is done about a transaction that was broken off on the host: its process was killed, or the host rebooted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HalfDone {
    /// The host fails, and the error says what is broken.
    #[default]
    Fail,
    /// What is broken is mended as `repair` would, and what is left of the plan is installed.
    Mend,
}

/// Whether a snapshot of the root file system is made before a host is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotRule {
    /// None is made.
    #[default]
    Never,
    /// One is made where the host can; elsewhere that is said.
    IfPossible,
    /// A host that cannot make one is not changed.
    Required,
}
