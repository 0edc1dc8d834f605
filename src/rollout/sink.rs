//! Where events go. The rollout knows neither screen nor ledger.

use crate::model::event::EventKind;

/// The event could not be kept, so what it announces must not be done.
#[derive(Debug, Clone, thiserror::Error)]
#[error("an event could not be kept: {0}")]
pub struct SinkError(pub String);

/// Takes events in their order. The call is synchronous on purpose: a slow ledger slows the rollout down.
pub trait EventSink {
    /// Keeps an event, then shows it. When this returns, an event that is kept survives a power cut.
    ///
    /// # Errors
    /// When the event could not be kept.
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError>;
}
