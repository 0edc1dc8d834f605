//! The condition of a host: what of it must be the same before and after an update.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What was seen at one time. `None` is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Condition {
    /// Units that failed.
    pub failed_units: Option<BTreeSet<String>>,
    /// Services, sockets and timers that are active.
    pub active_units: Option<BTreeSet<String>>,
    /// Units that are not active because a condition of theirs did not hold at this boot.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left_out_units: BTreeSet<String>,
    /// Listening sockets: `tcp 0.0.0.0:22`, `unix /run/x.sock`.
    pub sockets: Option<BTreeSet<String>>,
    /// The process of a socket, where it is known. Only shown: two looks are compared without it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub processes: BTreeMap<String, String>,
    /// Mounted file systems: `/srv ext4`.
    pub mounts: Option<BTreeSet<String>>,
    /// Default routes: `default via 10.0.0.1 dev eth0`, `default6 via fe80::1 dev eth0`.
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

impl ConditionPart {
    /// Every part, in the order in which differences are told.
    pub const ALL: [Self; 6] = [
        Self::FailedUnit,
        Self::ActiveUnit,
        Self::Socket,
        Self::Mount,
        Self::Route,
        Self::Resolver,
    ];

    /// The word in playbooks and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FailedUnit => "failed-unit",
            Self::ActiveUnit => "active-unit",
            Self::Socket => "socket",
            Self::Mount => "mount",
            Self::Route => "route",
            Self::Resolver => "resolver",
        }
    }

    /// In words: `the failed units`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::FailedUnit => "the failed units",
            Self::ActiveUnit => "the active units",
            Self::Socket => "the listening sockets",
            Self::Mount => "the mounts",
            Self::Route => "the default routes",
            Self::Resolver => "the resolver",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionDifference {
    /// Of what.
    pub part: ConditionPart,
    /// The unit, socket, mount or line.
    pub what: String,
    /// The process of a socket, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// True for what came, false for what went.
    pub came: bool,
    /// Whether the playbook allows it, or it is for the better; else it fails the host.
    pub allowed: bool,
}

impl ConditionDifference {
    /// In words: `the socket tcp 0.0.0.0:80 (nginx) is gone`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (part, came, went) = match self.part {
            ConditionPart::FailedUnit => ("unit", "has failed", "is no longer failed"),
            ConditionPart::ActiveUnit => ("unit", "is active", "is no longer active"),
            ConditionPart::Socket => ("socket", "is new", "is gone"),
            ConditionPart::Mount => ("mount", "is new", "is gone"),
            ConditionPart::Route => ("route", "is new", "is gone"),
            ConditionPart::Resolver => ("resolver line", "is new", "is gone"),
        };
        let process = self.process.as_ref().map(|name| format!(" ({name})"));
        format!(
            "the {part} {}{} {}",
            self.what,
            process.unwrap_or_default(),
            if self.came { came } else { went }
        )
    }

    /// What allows it in a playbook.
    #[must_use]
    pub fn glob(&self) -> String {
        format!("{}:{}", self.part.as_str(), self.what)
    }
}

/// What a playbook says of differences.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionRule {
    /// Whether nothing is compared but failed units.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
    /// Globs of what may differ, with the part before a colon: `socket:tcp *:8080`, `active-unit:man-db.*`,
    /// `*:…` for any part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// For how long a host is looked at again while something is missing on it; `None` for the usual half minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle: Option<Duration>,
}
