//! What an operator's words do to the dispatcher: it stands still, goes on, or ends.

use super::Run;
use crate::model::event::EventKind;
use crate::model::run::WaveOutcome;
use crate::remote::transport::Transport;
use crate::rollout::control::HeardOrder;
use crate::rollout::sink::{EventSink, SinkError};
use crate::rollout::steering;

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
