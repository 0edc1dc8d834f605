//! Records what operators say to a run, then makes it true.
//!
//! What must stay true: every word is in the ledger before it changes anything.

use std::sync::{Mutex, PoisonError};

use super::control::{Control, HeardOrder, WaitKind};
use super::sink::{EventSink, SinkError};
use crate::model::event::EventKind;
use crate::model::order::Order;

/// What somebody decided about what was unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It counts as passed.
    Promoted,
    /// It is to be looked at again.
    LookAgain,
    /// The run ends.
    Stopped,
}

/// Records a word, and obeys it unless it would change nothing.
///
/// # Errors
/// When it could not be kept; then it is not obeyed.
pub(super) fn hear(heard: HeardOrder, control: &Control, sink: &mut impl EventSink) -> Result<(), SinkError> {
    let ignored = control.why_ignored(heard.order);
    sink.record(EventKind::Ordered {
        order: heard.order,
        by: heard.by.clone(),
        number: heard.number,
        ignored: ignored.map(str::to_owned),
    })?;
    if ignored.is_some() {
        return Ok(());
    }
    let was_held = control.is_held();
    control.obey(heard.order, &heard.by);
    match heard.order {
        Order::Pause => sink.record(EventKind::RunPaused {
            reason: format!("{} asked for it", heard.by),
        }),
        Order::Continue if was_held => sink.record(EventKind::RunContinued),
        Order::Continue | Order::Promote | Order::Abort => Ok(()),
    }
}

/// Hears every word while something else is waited for. Ends only when one could not be kept.
pub(super) async fn listen(control: &Control, sink: &mut impl EventSink) -> SinkError {
    loop {
        let heard = control.next_order().await;
        if let Err(error) = hear(heard, control, sink) {
            return error;
        }
    }
}

/// Pauses the run because something is unknown, until somebody decides. Whoever calls this is listened for by the
/// dispatcher meanwhile.
///
/// # Errors
/// When an event could not be kept.
pub(super) async fn wait_for_promotion(
    control: &Control,
    reason: String,
    sink: &mut impl EventSink,
) -> Result<Decision, SinkError> {
    sink.record(EventKind::RunPaused { reason })?;
    let wait = control.wait(WaitKind::Decision);
    let decision = tokio::select! {
        () = control.drained() => return Ok(Decision::Stopped),
        () = wait.promoted() => Decision::Promoted,
        () = wait.continued() => Decision::LookAgain,
    };
    drop(wait);
    // Another operator's pause holds on beyond the decision.
    if !control.is_held() {
        sink.record(EventKind::RunContinued)?;
    }
    Ok(decision)
}

/// A sink for two who record in turns.
pub(super) struct SharedSink<'a, S>(Mutex<&'a mut S>);

impl<'a, S> SharedSink<'a, S> {
    pub(super) fn new(sink: &'a mut S) -> Self {
        Self(Mutex::new(sink))
    }
}

impl<S: EventSink> EventSink for &SharedSink<'_, S> {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).record(kind)
    }
}

#[cfg(test)]
mod tests;
