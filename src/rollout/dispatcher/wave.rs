//! One wave: its batches, then what must hold before the next one may begin.

use super::Run;
use super::soak::Soaked;
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::plan::{PlannedHost, PlannedWave};
use crate::model::run::{HostRunState, WaveOutcome};
use crate::remote::transport::Transport;
use crate::rollout::simulation::host_has_work;
use crate::rollout::sink::{EventSink, SinkError};

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    pub(super) async fn wave(&mut self, wave: &PlannedWave) -> Result<(WaveOutcome, Option<String>), SinkError> {
        self.hold().await?;
        if self.past.wave(&wave.name).is_none() {
            self.sink.record(EventKind::WaveStarted {
                wave: wave.name.clone(),
                hosts: wave.size(),
                batches: wave.batches.len(),
                budget: wave.budget,
            })?;
        }
        let (outcome, reason) = self.wave_between_hooks(wave).await?;
        self.sink.record(EventKind::WaveFinished {
            wave: wave.name.clone(),
            outcome,
            reason: reason.clone(),
        })?;
        Ok((outcome, reason))
    }

    pub(super) async fn wave_body(&mut self, wave: &PlannedWave) -> Result<(WaveOutcome, Option<String>), SinkError> {
        if let Some(end) = self.baseline(wave).await? {
            if !wave.hosts().any(|host| self.is_to_be_taken_up(host)) {
                return Ok(end);
            }
            // Nobody new starts; what was begun is seen to its end.
            self.gating.end.get_or_insert(end);
        }
        for (index, batch) in wave.batches.iter().enumerate() {
            self.hold().await?;
            if batch.iter().all(|host| self.results.contains_key(&host.name)) {
                continue;
            }
            // What was begun under an earlier controller is seen to its end, also in a run that is to end.
            let is_ending = self.context.control.is_draining() || self.gating.end.is_some();
            if is_ending && !batch.iter().any(|host| self.is_touched(host)) {
                continue;
            }
            let (name, batch_number) = (wave.name.clone(), index + 1);
            let past = self.past.wave(&name);
            if !past.is_some_and(|past| past.batches.contains(&batch_number)) {
                self.sink.record(EventKind::BatchStarted {
                    wave: name,
                    batch: batch_number,
                    hosts: batch.len(),
                })?;
            }
            self.batch(wave, batch).await?;
            let is_over = self.budgets.exceeded(wave).is_some() || self.closing.ends_run().is_some();
            let is_stopped = self.gating.end.is_some();
            if (is_over || is_stopped) && !wave.hosts().any(|host| self.is_to_be_taken_up(host)) {
                break;
            }
        }
        // Hosts that were left alone have not failed.
        if self.detached {
            return Ok(self.interrupted());
        }
        if let Some(reason) = self.budgets.exceeded(wave) {
            return Ok((WaveOutcome::Failed, Some(reason)));
        }
        if let Some(end) = self.gating.end.take() {
            return Ok(end);
        }
        if self.context.control.is_draining() {
            return Ok(self.interrupted());
        }
        if let Some(reason) = self.closing.ends_run() {
            return Ok((WaveOutcome::OutOfTime, Some(reason)));
        }
        // Where nothing is to be done on any host, nothing is to be waited for or measured. A wave that is
        // up to date is measured all the same while others wait behind it.
        if !self.has_work {
            return Ok((WaveOutcome::Passed, None));
        }
        if !self.is_last && self.tested_nothing(wave) {
            let reason = format!(
                "wave `{}` tested nothing: each of its hosts with something to do was left out",
                wave.name
            );
            return Ok((WaveOutcome::Failed, Some(reason)));
        }
        if let Soaked::Elsewhere(reason) = self.soak(wave).await? {
            return Ok((WaveOutcome::Interrupted, Some(reason)));
        }
        self.hold().await?;
        if self.gating.end.is_none()
            && let Some(end) = self.gates(wave).await?
        {
            return Ok(end);
        }
        self.look_again(&wave.name).await?;
        if let Some(end) = self.gating.end.take() {
            return Ok(end);
        }
        Ok(if self.context.control.is_draining() {
            self.interrupted()
        } else {
            (WaveOutcome::Passed, None)
        })
    }

    /// Whether hosts with something to do were left out, and no other was patched or found at its planned versions.
    fn tested_nothing(&self, wave: &PlannedWave) -> bool {
        let ended_as = |host: &PlannedHost, state| {
            let result = self.results.get(&host.name);
            result.is_some_and(|result| result.state == state)
        };
        let has_failed = wave.hosts().any(|host| {
            let result = self.results.get(&host.name);
            result.is_some_and(|result| result.state.is_failure())
        });
        // What a domain could not spare beside a failed host was left out because of a failure, which the budget judged.
        let is_judged = |host: &PlannedHost| {
            let error = self.results.get(&host.name).and_then(|result| result.error.as_ref());
            has_failed && error.is_some_and(|error| error.code == ErrorCode::Domain)
        };
        let is_left_out =
            |host: &PlannedHost| host_has_work(host) && ended_as(host, HostRunState::Skipped) && !is_judged(host);
        if wave.size() > 0 && wave.hosts().all(|host| ended_as(host, HostRunState::Skipped)) {
            return true;
        }
        let is_tested = |host: &PlannedHost| {
            let is_as_planned = !host.changes.is_empty() && ended_as(host, HostRunState::Unchanged);
            is_as_planned || ended_as(host, HostRunState::Patched)
        };
        wave.hosts().any(is_left_out) && !wave.hosts().any(is_tested)
    }
}
