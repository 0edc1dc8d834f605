//! The one closed set of events: the only road from a scan or a run to the screen, JSON lines and the ledger.

mod about;
mod kind;
mod milliseconds;
mod phase;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use kind::EventKind;
pub use phase::HostPhase;

use super::name::RunId;

/// Something that happened, with its place in the order of things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts from 1 within a scan or a run, without gaps in what the ledger keeps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// The scan or run that it belongs to.
    pub run: RunId,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}
