//! The gates of a wave in the run: before it as a baseline, after it, and what an undecided one does to the run.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::relook::{Relook, Watched};
use super::{Run, Waits};
use crate::model::event::EventKind;
use crate::model::gate::{BaselineRule, Gate, GateResult, GateScope, UnknownRule};
use crate::model::host::Host;
use crate::model::name::{HostName, WaveName};
use crate::model::plan::{Basis, PlannedHost, PlannedWave};
use crate::model::run::{HostRunState, WaveOutcome};
use crate::remote::transport::Transport;
use crate::rollout::gates::{self, GateEnd, Outcome, PARALLEL};
use crate::rollout::simulation::host_has_work;
use crate::rollout::sink::{EventSink, SinkError};
use crate::rollout::steering::{Decision, SharedSink, listen, wait_for_promotion};

/// How a wave ends, and why it did not pass.
pub(super) type WaveEnd = (WaveOutcome, Option<String>);

/// What is known of gates while a run goes on.
#[derive(Default)]
pub(super) struct Gating {
    /// What the gates of the current wave said before it, by name, where they did not pass.
    before: BTreeMap<String, Outcome>,
    /// Gates of hosts that could not be measured: nobody is begun until an operator has decided.
    undecided: Vec<(HostName, Gate)>,
    /// Gates of waves that have passed.
    pub relook: Relook,
    /// Why no further host may be begun.
    pub end: Option<WaveEnd>,
}

impl Gating {
    /// Whether no further host may be begun for now.
    pub fn holds(&self) -> bool {
        self.end.is_some() || !self.undecided.is_empty()
    }

    /// Whether an operator has to decide before the batch goes on.
    pub fn is_undecided(&self) -> bool {
        self.end.is_none() && !self.undecided.is_empty()
    }

    pub fn note_unknown(&mut self, host: &HostName, gates: &[Gate]) {
        let noted = gates.iter().map(|gate| (host.clone(), gate.clone()));
        self.undecided.extend(noted);
    }
}

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PauseEnd {
    /// What was waited for counts as passed.
    Promoted,
    /// It is to be measured again.
    Continued,
    /// Nobody decided: the run can be resumed.
    Interrupted,
}

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    /// Measures the wave's gates once before anything of it is changed. Gives how the wave ends when it may not begin.
    pub(super) async fn baseline(&mut self, wave: &PlannedWave) -> Result<Option<WaveEnd>, SinkError> {
        self.gating.before.clear();
        if !wave.hosts().any(host_has_work) || self.context.control.is_draining() {
            return Ok(None);
        }
        if wave.hosts().any(|host| self.past.host(&host.name).is_some()) {
            return self.recall_gates(wave).await;
        }
        for (gate, outcome) in self.measure_before(wave).await {
            let end = self.settle_baseline(wave, gate, outcome).await?;
            if end.is_some() {
                return Ok(end);
            }
        }
        Ok(None)
    }

    /// Keeps what a gate said before its wave, until it is decided whether the wave may begin.
    async fn settle_baseline(
        &mut self,
        wave: &PlannedWave,
        gate: Gate,
        mut outcome: Outcome,
    ) -> Result<Option<WaveEnd>, SinkError> {
        loop {
            self.sink.record(EventKind::GateBaseline {
                wave: wave.name.clone(),
                gate: gate.name.clone(),
                result: outcome.result,
                detail: outcome.detail.clone(),
            })?;
            let required = gate.baseline == BaselineRule::Required;
            match (required, outcome.result, gate.unknown) {
                (true, GateResult::Fail, _) | (true, GateResult::Unknown, UnknownRule::Fail) => {
                    return Ok(Some((WaveOutcome::Failed, Some(not_begun(&gate, wave, &outcome)))));
                }
                (true, GateResult::Unknown, UnknownRule::Pause) => {
                    let reason = not_begun(&gate, wave, &outcome);
                    match self.pause_until_promoted(&reason).await? {
                        PauseEnd::Promoted => {}
                        PauseEnd::Interrupted => return Ok(Some((WaveOutcome::Interrupted, Some(reason)))),
                        PauseEnd::Continued => {
                            let hosts = self.hosts_before(wave, &gate);
                            outcome = gates::measure(&gate, &hosts, &self.context.transport, PARALLEL).await;
                            continue;
                        }
                    }
                }
                _ => {}
            }
            if outcome.result != GateResult::Pass {
                self.gating.before.insert(gate.name, outcome);
            }
            return Ok(None);
        }
    }

    /// Goes on with a wave that an earlier controller began: what its gates said before is known, and gates of hosts that
    /// are done are measured once more, because nobody may have decided about one that was unknown.
    async fn recall_gates(&mut self, wave: &PlannedWave) -> Result<Option<WaveEnd>, SinkError> {
        if let Some(past) = self.past.wave(&wave.name) {
            let before = past
                .baseline
                .iter()
                .filter(|(_, (result, _))| *result != GateResult::Pass);
            let before = before.map(|(gate, (result, detail))| (gate.clone(), Outcome::new(*result, detail)));
            self.gating.before = before.collect();
        }
        let is_patched = |host: &&PlannedHost| {
            let result = self.results.get(&host.name);
            result.is_some_and(|result| result.state == HostRunState::Patched)
        };
        let hosts: Vec<Host> = wave
            .hosts()
            .filter(is_patched)
            .filter_map(|host| self.context.hosts.get(&host.name).cloned())
            .collect();
        let own: Vec<&Gate> = wave.gates.iter().filter(|gate| gate.scope == GateScope::Host).collect();
        for gate in own.into_iter().filter(|_| !hosts.is_empty()) {
            let end = self.gate(gate, &wave.name, &hosts).await?;
            if end.is_some() {
                return Ok(end);
            }
        }
        Ok(None)
    }

    /// Watches the gates of a wave that passed under an earlier controller.
    pub(super) fn watch_past(&mut self, wave: &PlannedWave) {
        if self
            .past
            .wave_end(&wave.name)
            .is_none_or(|(outcome, _)| outcome != WaveOutcome::Passed)
        {
            return;
        }
        let of_wave: Vec<HostName> = wave.hosts().map(|host| host.name.clone()).collect();
        for gate in &wave.gates {
            let hosts = match gate.scope {
                GateScope::Host | GateScope::Wave => self.untroubled(|name| of_wave.contains(name)),
                GateScope::Fleet => self.untroubled(|_| true),
            };
            self.watch(gate, wave, hosts);
        }
    }

    fn watch(&mut self, gate: &Gate, wave: &PlannedWave, hosts: Vec<Host>) {
        let watched = Watched {
            wave: wave.name.clone(),
            gate: gate.clone(),
            hosts,
        };
        self.gating.relook.watch(watched, &self.context.transport);
    }

    /// One round of each gate at the same time, in the order of the playbook.
    async fn measure_before(&self, wave: &PlannedWave) -> Vec<(Gate, Outcome)> {
        let mut measuring = JoinSet::new();
        let measured = wave.gates.iter().filter(|gate| gate.baseline != BaselineRule::Ignore);
        for (number, gate) in measured.enumerate() {
            let hosts = self.hosts_before(wave, gate);
            let (gate, transport) = (gate.clone(), self.context.transport.clone());
            measuring.spawn(async move {
                let outcome = gates::measure(&gate, &hosts, &transport, PARALLEL).await;
                (number, gate, outcome)
            });
        }
        let mut measured = measuring.join_all().await;
        measured.sort_by_key(|(number, ..)| *number);
        measured.into_iter().map(|(_, gate, outcome)| (gate, outcome)).collect()
    }

    /// The hosts on which a gate is measured before its wave.
    fn hosts_before(&self, wave: &PlannedWave, gate: &Gate) -> Vec<Host> {
        let is_known = |host: &&PlannedHost| matches!(host.basis, Basis::Scanned { .. });
        let mut hosts: Vec<Host> = wave
            .hosts()
            .filter(is_known)
            .filter_map(|host| self.context.hosts.get(&host.name).cloned())
            .collect();
        if gate.scope == GateScope::Fleet {
            hosts.extend(self.untroubled(|_| true));
        }
        hosts
    }

    /// Measures the gates of a wave whose hosts are done, one after the other. Gives how it ends when one does not pass.
    pub(super) async fn gates(&mut self, wave: &PlannedWave) -> Result<Option<WaveEnd>, SinkError> {
        if wave.size() == 0 {
            return Ok(None);
        }
        let of_wave: Vec<HostName> = wave.hosts().map(|host| host.name.clone()).collect();
        let hosts = self.untroubled(|name| of_wave.contains(name));
        for gate in &wave.gates {
            let scoped = match gate.scope {
                GateScope::Host | GateScope::Wave => hosts.clone(),
                GateScope::Fleet => self.untroubled(|_| true),
            };
            // A gate of the hosts was measured in their turns; one that has passed is not measured again on resumption.
            let past = self.past.wave(&wave.name);
            let has_passed = past.is_some_and(|past| past.gates.get(&gate.name) == Some(&true));
            if gate.scope != GateScope::Host && !has_passed {
                let end = self.gate(gate, &wave.name, &scoped).await?;
                if end.is_some() {
                    return Ok(end);
                }
            }
            if !scoped.is_empty() {
                self.watch(gate, wave, scoped);
            }
            self.hold().await?;
        }
        Ok(None)
    }

    /// Measures one gate until it is decided, by an operator if need be.
    async fn gate(&mut self, gate: &Gate, wave: &WaveName, hosts: &[Host]) -> Result<Option<WaveEnd>, SinkError> {
        loop {
            let verdict = match self.measure(gate, wave, hosts).await? {
                GateEnd::Decided(verdict) => verdict,
                GateEnd::Interrupted => {
                    self.note_draining()?;
                    return Ok(Some(self.interrupted()));
                }
            };
            let (passed, detail) = match verdict.result {
                GateResult::Pass => (true, verdict.detail),
                GateResult::Fail => (false, verdict.detail + &self.said_before(gate)),
                GateResult::Unknown => {
                    let reason = format!(
                        "gate `{}` of wave `{wave}` could not be measured: {}",
                        gate.name, verdict.detail
                    );
                    match self.pause_until_promoted(&reason).await? {
                        PauseEnd::Promoted => (true, format!("promoted; it could not be measured: {}", verdict.detail)),
                        PauseEnd::Continued => continue,
                        PauseEnd::Interrupted => return Ok(Some((WaveOutcome::Interrupted, Some(reason)))),
                    }
                }
            };
            self.sink.record(EventKind::GateFinished {
                wave: wave.clone(),
                gate: gate.name.clone(),
                passed,
                detail: detail.clone(),
            })?;
            return Ok((!passed).then(|| {
                let reason = format!("gate `{}` of wave `{wave}` failed: {detail}", gate.name);
                (WaveOutcome::Failed, Some(reason))
            }));
        }
    }

    /// Measures a gate, and hears the operator meanwhile.
    async fn measure(&mut self, gate: &Gate, wave: &WaveName, hosts: &[Host]) -> Result<GateEnd, SinkError> {
        let (transport, control) = (&self.context.transport, &self.context.control);
        let shared = SharedSink::new(self.sink);
        let (mut measuring, mut hearing) = (&shared, &shared);
        tokio::select! {
            end = gates::decide(gate, wave, hosts, transport, control, &mut measuring) => end,
            error = listen(control, &mut hearing) => Err(error),
        }
    }

    /// Asks the operator about gates of hosts that could not be measured; nothing runs meanwhile.
    pub(super) async fn settle_hosts(&mut self, wave: &WaveName) -> Result<(), SinkError> {
        for (name, gate) in std::mem::take(&mut self.gating.undecided) {
            if self.gating.end.is_some() {
                break;
            }
            let reason = format!("gate `{}` of {name} could not be measured", gate.name);
            self.gating.end = match self.pause_until_promoted(&reason).await? {
                PauseEnd::Promoted => None,
                PauseEnd::Interrupted => Some((WaveOutcome::Interrupted, Some(reason))),
                PauseEnd::Continued => {
                    let host: Vec<Host> = self.context.hosts.get(&name).cloned().into_iter().collect();
                    self.gate(&gate, wave, &host).await?
                }
            };
        }
        Ok(())
    }

    /// Hosts of these names that were done and did not fail, so far.
    fn untroubled(&self, is_meant: impl Fn(&HostName) -> bool) -> Vec<Host> {
        self.results
            .iter()
            .filter(|(name, _)| is_meant(name))
            .filter(|(_, result)| !result.state.is_failure() && result.state != HostRunState::Skipped)
            .filter_map(|(name, _)| self.context.hosts.get(name).cloned())
            .collect()
    }

    fn said_before(&self, gate: &Gate) -> String {
        match self.gating.before.get(&gate.name) {
            Some(before) if before.result == GateResult::Fail => {
                format!(" (it failed before the wave too: {})", before.detail)
            }
            Some(before) => format!(" (before the wave it could not be measured: {})", before.detail),
            None => String::new(),
        }
    }

    /// Pauses the run until an operator has said what becomes of what could not be measured. A process that does not wait
    /// ends with that as its reason instead; when the run is resumed, it is measured anew.
    pub(super) async fn pause_until_promoted(&mut self, reason: &str) -> Result<PauseEnd, SinkError> {
        if self.context.waits == Waits::Elsewhere {
            return Ok(PauseEnd::Interrupted);
        }
        let control = &self.context.control;
        let shared = SharedSink::new(self.sink);
        let (mut deciding, mut hearing) = (&shared, &shared);
        let decision = tokio::select! {
            decision = wait_for_promotion(control, reason.to_owned(), &mut deciding) => decision?,
            error = listen(control, &mut hearing) => return Err(error),
        };
        Ok(match decision {
            Decision::Promoted => PauseEnd::Promoted,
            Decision::LookAgain => PauseEnd::Continued,
            Decision::Stopped => PauseEnd::Interrupted,
        })
    }
}

fn not_begun(gate: &Gate, wave: &PlannedWave, outcome: &Outcome) -> String {
    format!(
        "gate `{}` of wave `{}` {} before anything was changed: {}",
        gate.name,
        wave.name,
        outcome.result.as_verb(),
        outcome.detail
    )
}
