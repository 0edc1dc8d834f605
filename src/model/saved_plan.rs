//! A plan as a file: what was planned, by whom, from which rules, and until when it holds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::finding::Finding;
use super::name::RunId;
use super::plan::Plan;

/// The format of the documents that this program writes, and the only one that it reads.
pub const FORMAT_VERSION: &str = "1";

/// Names a saved plan: what a run was of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanReference {
    /// The plan's id.
    pub id: RunId,
    /// The SHA-256 that its file carries, in hex.
    pub sha256: String,
}

/// A plan that can be kept, reviewed, approved and applied later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The format of the document.
    pub format_version: String,
    /// Identifies the plan.
    pub id: RunId,
    /// From when on it holds.
    pub made: Timestamp,
    /// Until when it holds.
    pub expires: Timestamp,
    /// Who made it: `user@machine`.
    pub author: String,
    /// The fingerprints of the keys that the author could have signed with when it was made, as far as they were seen
    /// (`SHA256:…`): an approval by one of them is the author's own, whatever name it has. In the order of their text.
    #[serde(default)]
    pub author_keys: Vec<String>,
    /// The program that made it, with its version.
    pub tool: String,
    /// The playbook as it was resolved, every default written out.
    pub playbook: serde_json::Value,
    /// What the checks found when it was made.
    pub findings: Vec<Finding>,
    /// How much of it the first wave exercises.
    pub coverage: Coverage,
    /// What is done, where, in which order.
    pub plan: Plan,
}
