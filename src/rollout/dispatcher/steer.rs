//! What an operator's words do to the dispatcher: it stands still, goes on, or ends.

use super::Run;
use crate::model::event::EventKind;
use crate::model::run::WaveOutcome;
use crate::remote::transport::Transport;
use crate::rollout::control::HeardOrder;
use crate::rollout::sink::{EventSink, SinkError};
use crate::rollout::steering::{self, Decision, SharedSink, listen, wait_for_promotion};

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    /// Records a word and obeys it.
    pub(super) fn hear(&mut self, heard: HeardOrder) -> Result<(), SinkError> {
        steering::hear(heard, &self.context.control, self.sink)
    }

    /// Hears what waits, then stands still while the run is paused and nobody ends it.
    pub(super) async fn hold(&mut self) -> Result<(), SinkError> {
        let control = self.context.control.clone();
        while let Some(heard) = control.waiting_order() {
            self.hear(heard)?;
        }
        while control.is_held() && !control.is_draining() {
            tokio::select! {
                heard = control.next_order() => self.hear(heard)?,
                () = control.drained() => {}
            }
        }
        if control.is_draining() {
            self.note_draining()?;
        }
        Ok(())
    }

    /// Pauses the run because something is unknown, until an operator has decided or ends it.
    #[allow(dead_code, reason = "gates that know `unknown` call it")]
    pub(super) async fn decide(&mut self, reason: String) -> Result<Decision, SinkError> {
        let control = self.context.control.clone();
        let shared = SharedSink::new(self.sink);
        let (mut waiting, mut hearing) = (&shared, &shared);
        let decision = tokio::select! {
            decision = wait_for_promotion(&control, reason, &mut waiting) => decision?,
            error = listen(&control, &mut hearing) => return Err(error),
        };
        if decision == Decision::Stopped {
            self.note_draining()?;
        }
        Ok(decision)
    }

    pub(super) fn note_draining(&mut self) -> Result<(), SinkError> {
        if self.draining {
            return Ok(());
        }
        self.draining = true;
        self.sink.record(EventKind::Draining)
    }

    /// How a wave ends that an operator has broken off.
    pub(super) fn interrupted(&self) -> (WaveOutcome, Option<String>) {
        let reason = match self.context.control.aborted_by() {
            Some(by) => format!("aborted by {by}"),
            None => "the operator interrupted the run".to_owned(),
        };
        (WaveOutcome::Interrupted, Some(reason))
    }
}
