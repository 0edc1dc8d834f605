//! What the checks of a plan find, each with a severity.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::HostName;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The plan is not applied.
    Error,
    /// It is shown.
    Warning,
}

impl Severity {
    /// The word on the screen and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Something in a plan that whoever applies it should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs, after the playbook's word about it.
    pub severity: Severity,
    /// Which check found it: a stable word such as `wave-without-gate`.
    pub code: String,
    /// What was found, in a sentence, safe to show.
    pub message: String,
    /// What to do about it, in a line.
    pub hint: String,
    /// The hosts that it is about, in the order of the plan; empty when it is about the plan as a whole.
    pub hosts: Vec<HostName>,
}

/// The playbook's word about findings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LintRule {
    /// Checks whose warnings are errors; `all` makes every warning one.
    pub errors: Vec<String>,
    /// Checks whose findings are not shown.
    pub allow: Vec<String>,
    /// Packages whose change of the major version is a finding, as globs.
    pub major_versions: Vec<super::pattern::PackagePattern>,
}
