//! What a transaction will entail on a host, as far as that can be told before it is done.

use serde::{Deserialize, Serialize};

use super::name::PackageName;

/// What can be foreseen for one host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Foresight {
    /// Why it will need a reboot, each in words; empty when none is expected.
    pub reboot: Vec<String>,
    /// Units that will run replaced files.
    pub restarts: Vec<String>,
    /// Packages whose old version is in no repository and not on the host: there is no way back from their update.
    pub irreversible: Vec<PackageName>,
}
