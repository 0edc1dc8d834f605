//! Who must have agreed to a plan before it may be applied.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The playbook's word about approvals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// How many people must have approved the plan, the author not counted; 0 for none.
    pub required: usize,
    /// The file of allowed signers, as `ssh-keygen(1)` describes it: an absolute path, or one from the folder of
    /// the playbook. `None` for `allowed_signers` beside the plan.
    pub signers: Option<PathBuf>,
}
