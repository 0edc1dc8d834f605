//! The probe: one script, one round trip: facts, updates and, when asked for, all installed packages.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::Facts;
use crate::model::name::Version;
use crate::model::update::{PackageKey, Update};

use super::frame;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;

/// What kind of script a probe is.
pub const KIND: &str = "probe";

/// When the package manager's metadata is fetched anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// At every probe.
    Always,
    /// Not at all: what the host knows is used.
    Never,
    /// When it is older than this, or its age cannot be told.
    OlderThan(Duration),
}

/// What a probe reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeRequest {
    /// When the package manager's metadata is fetched anew.
    pub refresh: Refresh,
    /// Whether every installed package is listed as well.
    pub installed: bool,
}

/// Every installed package. Several versions stand side by side where the manager allows it (kernels).
pub type Installed = BTreeMap<PackageKey, Vec<Version>>;

/// What a probe read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What the host is.
    pub facts: Facts,
    /// Every update, pending or not, in the order of package names.
    pub updates: Vec<Update>,
    /// Things worth a line that are neither an update nor an error.
    pub notices: Vec<String>,
    /// Every installed package; `None` when it was not asked for.
    pub installed: Option<Installed>,
}

/// The script that probes a host. It wants root where the manager does, and works without where it can.
///
/// # Errors
/// None in practice: no value of a request holds a line break.
pub fn probe_script(request: &ProbeRequest, nonce: Nonce) -> Result<Script, UnsendableValue> {
    let (policy, seconds) = match request.refresh {
        Refresh::Always => ("always", 0),
        Refresh::Never => ("never", 0),
        Refresh::OlderThan(age) => ("older-than", age.as_secs()),
    };
    let installed = if request.installed { "yes" } else { "no" };
    Script::new(KIND, "main() { :; }", nonce, [policy, &seconds.to_string(), installed])
}

/// Reads what a probe printed.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the output is not complete, `E_UNSUPPORTED` for a host that must not be
/// changed this way, `E_LOCK`, `E_REPO`, `E_SUDO` or `E_MANAGER` when the updates cannot be known.
pub fn parse_probe(output: &ScriptOutput, nonce: &Nonce) -> Result<Probe, HostError> {
    let _sections = frame::parse(output, nonce)?;
    Err(HostError::new(
        ErrorCode::Internal,
        "the probe is not written yet",
        "use a later build",
    ))
}
