//! What a domain asks before one of its hosts is taken down: whether the others can spare it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A program that must agree before a host of a domain is taken down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuorumRule {
    /// The program and its arguments; it agrees when it exits with 0. Texts may name the host that is to be taken
    /// down, as those of gates do. Never empty.
    pub command: Vec<String>,
    /// Where it runs.
    pub on: QuorumPlace,
    /// Deadline of one answer.
    pub timeout: Duration,
    /// Time between two questions while it does not agree.
    pub interval: Duration,
    /// How long a host waits for it before it is left out.
    pub wait: Duration,
}

/// Where the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuorumPlace {
    /// On another host of the domain that is up, as root.
    #[default]
    Host,
    /// On the machine that patchwave runs on.
    Controller,
}

impl QuorumRule {
    /// The rule in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let place = match self.on {
            QuorumPlace::Host => "another of its hosts",
            QuorumPlace::Controller => "this machine",
        };
        format!("`{}` on {place} must agree first", self.command.join(" "))
    }
}
