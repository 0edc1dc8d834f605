//! Gates: what is measured after a wave, and what follows from it.
//!
//! Members that a playbook may leave out are not written while they have their default, so that a plan file that
//! says nothing of them keeps its bytes.

mod comparison;
mod http;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::comparison::{Comparison, InvalidComparison};
pub use self::http::{HttpCheck, HttpMethod, InvalidStatus, StatusPattern, Statuses};

/// A check that must pass before going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The name in the playbook.
    pub name: String,
    /// What is measured.
    pub check: GateCheck,
    /// Measurements that must pass; at least 1.
    pub count: u32,
    /// Time between two measurements.
    pub interval: Duration,
    /// Measurements that may fail before the gate does.
    pub failures_allowed: u32,
    /// Deadline of one measurement.
    pub timeout: Duration,
    /// Whether those that must pass must do so in a row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consecutive: bool,
    /// What follows when it could not be measured.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unknown: UnknownRule,
    /// What follows from the measurement before the wave.
    #[serde(default, skip_serializing_if = "is_default")]
    pub baseline: BaselineRule,
    /// Whose gate it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: GateScope,
    /// How often it is looked at again once its wave has passed, until the run ends.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relook: Relook,
}

impl Gate {
    /// A gate with the defaults of a playbook.
    #[must_use]
    pub fn new(name: impl Into<String>, check: GateCheck) -> Self {
        Self {
            name: name.into(),
            check,
            count: DEFAULT_COUNT,
            interval: DEFAULT_INTERVAL,
            failures_allowed: 0,
            timeout: DEFAULT_TIMEOUT,
            consecutive: false,
            unknown: UnknownRule::default(),
            baseline: BaselineRule::default(),
            scope: GateScope::default(),
            relook: Relook::default(),
        }
    }
}

/// Measurements that must pass, when the playbook does not say.
pub const DEFAULT_COUNT: u32 = 1;

/// Time between two measurements, when the playbook does not say.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// Deadline of one measurement, when the playbook does not say: a slow page is worse than no page, and a
/// test suite belongs on a machine of its own.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a gate measures. Texts may hold `{{ host.name }}`, `{{ host.address }}`, `{{ host.port }}`,
/// `{{ host.labels.… }}`; a gate with such a text is measured once for every host of its scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateCheck {
    /// A program with its arguments; it passes when it exits with 0. No shell is involved.
    Command {
        /// The program and its arguments.
        run: Vec<String>,
        /// Where it runs.
        on: GatePlace,
    },
    /// An HTTP or HTTPS request from the controller.
    Http(HttpCheck),
    /// A TCP connection from the controller.
    Tcp {
        /// `host:port`.
        address: String,
    },
    /// An instant query, asked of a Prometheus server from the controller.
    Prometheus {
        /// The server, without `/api/v1/query`.
        url: String,
        /// The query, in PromQL.
        query: String,
        /// What every sample must be.
        is: Comparison,
    },
    /// The state of a systemd unit, or of an OpenRC service where there is no systemd, on every host.
    Unit {
        /// Its name: `nginx.service`.
        unit: String,
        /// The state that it must have.
        state: UnitState,
    },
}

/// Where a command gate runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum GatePlace {
    /// On every host of the wave.
    #[default]
    Host,
    /// On the machine that patchwave runs on.
    Controller,
}

/// The state of a unit, as `ActiveState` of systemd(1) names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum UnitState {
    /// It runs, or is done and counts as running.
    #[default]
    Active,
    /// It does not run, and has not failed.
    Inactive,
    /// It failed.
    Failed,
}

impl UnitState {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
        }
    }
}

/// What follows when a gate could not be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownRule {
    /// The run is paused, and an operator decides.
    #[default]
    Pause,
    /// It counts as a failure.
    Fail,
    /// It counts as passed.
    Pass,
}

/// What follows from the measurement before a wave changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineRule {
    /// A failure is said, and said again when the gate fails after the wave.
    #[default]
    Warn,
    /// A failure stops the run before anything is changed.
    Required,
    /// Nothing is measured before the wave.
    Ignore,
}

/// Whose gate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum GateScope {
    /// Of each host that was patched, as soon as it is done: it is part of the host's turn.
    Host,
    /// Of the wave, after its last host and its soak.
    #[default]
    Wave,
    /// Of all hosts of this and of earlier waves, at the same time.
    Fleet,
}

/// How often a gate is looked at again once its wave has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relook {
    /// Never.
    Never,
    /// After this time, and at the end of each later wave.
    Every(Duration),
}

impl Default for Relook {
    fn default() -> Self {
        Self::Every(Duration::from_secs(60))
    }
}

/// What a gate, or one measurement of it, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateResult {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It could not be measured.
    Unknown,
}

impl GateResult {
    /// The word in a sentence: `the gate passed`.
    #[must_use]
    pub fn as_verb(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Fail => "failed",
            Self::Unknown => "could not be measured",
        }
    }
}

impl fmt::Display for GateResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        })
    }
}

#[cfg(test)]
mod tests;
