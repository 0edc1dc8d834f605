//! The time after a wave: it runs by the clock on the wall, whoever waits for it.
//!
//! What must stay true: a soak begins once and lasts as long as the plan says, however often the process is started
//! anew meanwhile; only an operator's word cuts it short.

use std::time::Duration;

use jiff::Timestamp;

use super::{Run, Waits};
use crate::model::event::EventKind;
use crate::model::plan::{PlannedHost, PlannedWave};
use crate::model::run::HostRunState;
use crate::remote::transport::Transport;
use crate::rollout::control::WaitKind;
use crate::rollout::sink::{EventSink, SinkError};
use crate::rollout::steering::{SharedSink, listen};

/// After so long the clock is looked at again: it may have been set, and the machine may have slept.
const LOOK: Duration = Duration::from_secs(30);

/// How a soak ended.
pub(super) enum Soaked {
    /// It is over, or the run is ending.
    Over,
    /// It goes on without this process, for the reason.
    Elsewhere(String),
}

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    pub(super) async fn soak(&mut self, wave: &PlannedWave) -> Result<Soaked, SinkError> {
        if !self.must_soak(wave) {
            return Ok(Soaked::Over);
        }
        let past = self.past.wave(&wave.name);
        if past.is_some_and(|past| past.is_soaked) {
            return Ok(Soaked::Over);
        }
        let past = past.and_then(|past| past.soak);
        let (began, soak) = match past {
            Some(begun) => begun,
            None => {
                self.sink.record(EventKind::SoakStarted {
                    wave: wave.name.clone(),
                    duration: wave.soak,
                })?;
                (Timestamp::now(), wave.soak)
            }
        };
        let control = self.context.control.clone();
        let wait = if past.is_some() {
            control.wait_again(WaitKind::Soak)
        } else {
            control.wait(WaitKind::Soak)
        };
        while let Some(heard) = control.waiting_order() {
            self.hear(heard)?;
        }
        let is_left = !wait.is_promoted() && !rest(began, soak, Timestamp::now()).is_zero();
        if self.context.waits == Waits::Elsewhere && is_left && !control.is_draining() {
            return Ok(Soaked::Elsewhere(soaks_until(wave, began, soak)));
        }
        let promoted = loop {
            let look = {
                let shared = SharedSink::new(self.sink);
                let mut hearing = &shared;
                tokio::select! {
                    biased;
                    () = control.drained() => break None,
                    () = wait.promoted() => break Some(true),
                    () = pass(began, soak) => break Some(false),
                    look = self.gating.relook.next() => look,
                    error = listen(&control, &mut hearing) => return Err(error),
                }
            };
            self.hear_look(&look)?;
            if self.gating.end.is_some() {
                return Ok(Soaked::Over);
            }
        };
        drop(wait);
        let Some(promoted) = promoted else {
            self.note_draining()?;
            return Ok(Soaked::Over);
        };
        let wave = wave.name.clone();
        self.sink.record(EventKind::SoakFinished { wave, promoted })?;
        Ok(Soaked::Over)
    }

    fn must_soak(&self, wave: &PlannedWave) -> bool {
        let is_changed = |host: &PlannedHost| {
            self.results
                .get(&host.name)
                .is_some_and(|result| result.state == HostRunState::Patched)
        };
        !wave.soak.is_zero() && wave.hosts().any(is_changed)
    }
}

fn soaks_until(wave: &PlannedWave, began: Timestamp, soak: Duration) -> String {
    let until = began.saturating_add(soak).unwrap_or(Timestamp::MAX);
    format!(
        "wave `{}` soaks until {}; nothing else is to be done before",
        wave.name,
        until.strftime("%Y-%m-%d %H:%M:%SZ")
    )
}

/// What is left of a soak. A clock that was set back does not make it longer than it was planned.
fn rest(began: Timestamp, soak: Duration, now: Timestamp) -> Duration {
    let passed = Duration::try_from(now.duration_since(began)).unwrap_or_default();
    soak.saturating_sub(passed)
}

async fn pass(began: Timestamp, soak: Duration) {
    loop {
        let rest = rest(began, soak, Timestamp::now());
        if rest.is_zero() {
            return;
        }
        tokio::time::sleep(rest.min(LOOK)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soak_lasts_as_long_as_planned_whatever_the_clock_does() {
        let began = Timestamp::from_second(1_000).unwrap();
        let soak = Duration::from_secs(60);
        let rest = |second| rest(began, soak, Timestamp::from_second(second).unwrap()).as_secs();
        assert_eq!([rest(1_000), rest(1_059), rest(1_060), rest(9_999)], [60, 1, 0, 0]);
        assert_eq!(rest(500), 60, "the clock was set back");
    }
}
