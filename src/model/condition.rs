//! The condition of a host: what of it must be the same before and after an update.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What was seen at one time. `None` is unknown, which is no difference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Condition {
    /// Units that failed.
    pub failed_units: Option<BTreeSet<String>>,
    /// Services and timers that are active.
    pub active_units: Option<BTreeSet<String>>,
    /// Listening sockets: `tcp 0.0.0.0:22`, `unix /run/x.sock`.
    pub sockets: Option<BTreeSet<String>>,
    /// Mounted file systems: `/srv ext4`.
    pub mounts: Option<BTreeSet<String>>,
    /// Default routes: `default via 10.0.0.1 dev eth0`.
    pub routes: Option<BTreeSet<String>>,
    /// What the resolver is told.
    pub resolver: Option<BTreeSet<String>>,
}

/// A part of the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionPart {
    /// Units that failed.
    FailedUnit,
    /// Units that are active.
    ActiveUnit,
    /// Listening sockets.
    Socket,
    /// Mounted file systems.
    Mount,
    /// Default routes.
    Route,
    /// The resolver.
    Resolver,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionDifference {
    /// Of what.
    pub part: ConditionPart,
    /// The unit, socket, mount or line.
    pub what: String,
    /// True for what came, false for what went.
    pub came: bool,
    /// Whether the playbook allows it; else it fails the host.
    pub allowed: bool,
}

/// What a playbook says of differences.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionRule {
    /// Whether nothing is compared but failed units.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
    /// Globs of what may differ, with the part before a colon: `socket:tcp *:8080`, `active-unit:man-db.*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
}
