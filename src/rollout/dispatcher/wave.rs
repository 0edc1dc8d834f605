//! One wave: its batches, then what must hold before the next one may begin.

use jiff::Timestamp;

use super::Run;
use crate::model::event::EventKind;
use crate::model::host::Host;
use crate::model::plan::{PlannedHost, PlannedWave};
use crate::model::run::{HostRunState, WaveOutcome};
use crate::remote::transport::Transport;
use crate::rollout::gates::{self, GateVerdict};
use crate::rollout::simulation::host_has_work;
use crate::rollout::sink::{EventSink, SinkError};

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    pub(super) async fn wave(&mut self, wave: &PlannedWave) -> Result<(WaveOutcome, Option<String>), SinkError> {
        if self.past.wave(&wave.name).is_none() {
            self.sink.record(EventKind::WaveStarted {
                wave: wave.name.clone(),
                hosts: wave.size(),
                batches: wave.batches.len(),
                budget: wave.budget,
            })?;
        }
        let (outcome, reason) = self.wave_body(wave).await?;
        self.sink.record(EventKind::WaveFinished {
            wave: wave.name.clone(),
            outcome,
            reason: reason.clone(),
        })?;
        Ok((outcome, reason))
    }

    async fn wave_body(&mut self, wave: &PlannedWave) -> Result<(WaveOutcome, Option<String>), SinkError> {
        for (index, batch) in wave.batches.iter().enumerate() {
            if self.context.control.is_draining() {
                break;
            }
            if batch.iter().all(|host| self.results.contains_key(&host.name)) {
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
            if self.budgets.exceeded(wave).is_some() || self.closing.ends_run().is_some() {
                break;
            }
        }
        // Hosts that were left alone have not failed.
        if self.detached {
            return Ok(interrupted());
        }
        if let Some(reason) = self.budgets.exceeded(wave) {
            return Ok((WaveOutcome::Failed, Some(reason)));
        }
        if self.context.control.is_draining() {
            return Ok(interrupted());
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
        self.soak(wave).await?;
        let untroubled: Vec<Host> = wave
            .hosts()
            .filter(|host| {
                self.results
                    .get(&host.name)
                    .is_some_and(|result| !result.state.is_failure() && result.state != HostRunState::Skipped)
            })
            .filter_map(|host| self.context.hosts.get(&host.name).cloned())
            .collect();
        for gate in &wave.gates {
            match gates::pass(gate, &wave.name, &untroubled, &self.context, self.sink).await? {
                GateVerdict::Passed => {}
                GateVerdict::Failed(detail) => {
                    let reason = format!("gate `{}` of wave `{}` failed: {detail}", gate.name, wave.name);
                    return Ok((WaveOutcome::Failed, Some(reason)));
                }
                GateVerdict::Interrupted => return Ok(interrupted()),
            }
        }
        Ok(if self.context.control.is_draining() {
            interrupted()
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
        // What a domain cannot spare was left out because of a failure, which the budget has judged.
        let is_by_drift = |host: &PlannedHost| {
            self.results
                .get(&host.name)
                .is_some_and(|result| result.error.is_none())
        };
        let is_left_out =
            |host: &PlannedHost| host_has_work(host) && ended_as(host, HostRunState::Skipped) && is_by_drift(host);
        if wave.size() > 0 && wave.hosts().all(|host| ended_as(host, HostRunState::Skipped)) {
            return true;
        }
        let is_tested = |host: &PlannedHost| {
            let is_as_planned = !host.changes.is_empty() && ended_as(host, HostRunState::Unchanged);
            is_as_planned || ended_as(host, HostRunState::Patched)
        };
        wave.hosts().any(is_left_out) && !wave.hosts().any(is_tested)
    }

    async fn soak(&mut self, wave: &PlannedWave) -> Result<(), SinkError> {
        let is_changed = |host: &PlannedHost| {
            self.results
                .get(&host.name)
                .is_some_and(|result| result.state == HostRunState::Patched)
        };
        if wave.soak.is_zero() || !wave.hosts().any(is_changed) {
            return Ok(());
        }
        let left = match self.past.soak_left(&wave.name, Timestamp::now()) {
            Some(left) => left,
            None => {
                self.sink.record(EventKind::SoakStarted {
                    wave: wave.name.clone(),
                    duration: wave.soak,
                })?;
                wave.soak
            }
        };
        tokio::select! {
            () = tokio::time::sleep(left) => {}
            () = self.context.control.drained() => self.note_draining()?,
        }
        Ok(())
    }
}

fn interrupted() -> (WaveOutcome, Option<String>) {
    (
        WaveOutcome::Interrupted,
        Some("the operator interrupted the run".to_owned()),
    )
}
