//! Who carries out a run: one process on one machine at a time.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A process of patchwave that writes the journal of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controller {
    /// The login name of whoever started it.
    pub user: String,
    /// The machine's own name.
    pub machine: String,
    /// The process id there.
    pub process: u32,
    /// Since when it carries out the run.
    pub since: Timestamp,
}

impl fmt::Display for Controller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}@{} (pid {}, since {})",
            self.user,
            self.machine,
            self.process,
            self.since.strftime("%Y-%m-%d %H:%M:%SZ")
        )
    }
}
