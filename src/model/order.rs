//! What an operator tells a run from any shell.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A word to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Running hosts end, none starts until somebody says `continue`.
    Pause,
    /// A paused run goes on.
    Continue,
    /// What the run waits for counts as passed: the rest of a soak, or a gate that is unknown.
    Promote,
    /// Running hosts end, none starts, what has to be undone is undone, and the run is over: it cannot be resumed.
    Abort,
}

impl Order {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Continue => "continue",
            Self::Promote => "promote",
            Self::Abort => "abort",
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A word that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenOrder {
    /// Counts from 1 within a run.
    pub number: u64,
    /// The word.
    pub order: Order,
    /// When it was given.
    pub at: Timestamp,
    /// Who gave it: `user@machine`.
    pub by: String,
}
