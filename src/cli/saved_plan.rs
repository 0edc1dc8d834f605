//! Plan files: read, written, and told apart from playbooks.

use std::path::PathBuf;

use crate::model::saved_plan::SavedPlan;

/// A plan as it was read from a file.
#[derive(Debug)]
pub struct PlanFile {
    /// Where it was read from.
    pub path: PathBuf,
    /// Exactly what was read: signatures are made over it.
    pub bytes: Vec<u8>,
    /// The SHA-256 that the file carries, in hex; it is the right one.
    pub sha256: String,
    /// What it says.
    pub saved: SavedPlan,
}
