//! Runs a plan: waves and batches are barriers, inside a batch hosts run in a sliding window.
//!
//! The dispatcher owns all state and is the only one that records events. The event of a host's start and of
//! every phase is kept before the host's executor goes on. The budget and the domains are looked at before every
//! single start.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::closing::{Closing, ClosingTime};
use super::conclusion::{closing_events, host_report};
use super::control::Control;
use super::drift;
use super::executor::{ExecutorMessage, LockWait, Turn, TurnResult};
use super::freshness::Freshness;
use super::gates::{self, GateVerdict};
use super::limits::Limits;
use super::simulation::{has_work, host_has_work};
use super::sink::{EventSink, SinkError};
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::experimental::Experimental;
use crate::model::first_seen::FirstSeen;
use crate::model::host::Host;
use crate::model::name::{HostName, RunId, WaveName};
use crate::model::plan::{Basis, Plan, PlanRules, PlannedHost, PlannedWave};
use crate::model::run::{HostReport, HostRunState, RunOutcome, RunReport, WaveOutcome, WaveReport};
use crate::model::saved_plan::PlanReference;
use crate::plan::promotion::{Promoted, Ran};
use crate::plan::{AgeKnowledge, DomainSchedule, Exhausted, Next, Restrictions};
use crate::remote::job::JobStep;
use crate::remote::probe::Refresh;
use crate::remote::transport::Transport;

/// Messages of executors that may wait; output beyond this is dropped, phases wait.
const MESSAGES: usize = 1024;

/// Everything a run needs besides the plan.
#[derive(Debug, Clone)]
pub struct RunContext<T> {
    /// The run's id.
    pub run: RunId,
    /// The plan file that it is a run of; `None` when it was planned for this run alone.
    pub plan: Option<PlanReference>,
    /// Reaches hosts.
    pub transport: T,
    /// How far each host's job goes.
    pub step: JobStep,
    /// How far what its hosts knew when the plan was made is trusted.
    pub freshness: Freshness,
    /// Every host of the plan, by name.
    pub hosts: Arc<BTreeMap<HostName, Host>>,
    /// Deadlines.
    pub limits: Limits,
    /// How the operator stops it.
    pub control: Control,
    /// When no host is begun any more; `None` where there is no such time.
    pub closing: Option<ClosingTime>,
}

/// A run that ended.
#[derive(Debug)]
pub struct EndedRun {
    /// Every wave and every host of the plan, as far as it went.
    pub report: RunReport,
    /// The event that could not be kept, after which nothing was started and running hosts were let end.
    pub broken: Option<SinkError>,
}

/// Runs the plan to its end.
pub async fn run_plan<T: Transport>(plan: &Plan, context: RunContext<T>, sink: &mut impl EventSink) -> EndedRun {
    let mut run = Run {
        closing: Closing::new(context.closing.clone()),
        context,
        sink,
        results: BTreeMap::new(),
        draining: false,
        detached: false,
        has_work: has_work(plan),
        rules: Arc::new(plan.rules.clone()),
        ran: Ran::default(),
        failures: 0,
        refresh: Refresh::Always,
        is_last: false,
        domains: DomainSchedule::new(plan),
    };
    let mut outcomes = Vec::new();
    let mut end = RunEnd {
        outcome: RunOutcome::Completed,
        reason: None,
    };
    let broken = run.waves(plan, &mut outcomes, &mut end).await.err();
    if let Some(error) = &broken {
        end = RunEnd {
            outcome: RunOutcome::Failed,
            reason: Some(error.to_string()),
        };
    }
    let waves = plan
        .waves
        .iter()
        .enumerate()
        .map(|(index, wave)| WaveReport {
            name: wave.name.clone(),
            outcome: outcomes.get(index).copied().unwrap_or_else(|| run.unfinished(wave)),
            hosts: wave.hosts().map(|host| host.name.clone()).collect(),
        })
        .collect();
    let report = RunReport {
        run: run.context.run.clone(),
        plan: run.context.plan.clone(),
        outcome: end.outcome,
        reason: end.reason,
        waves,
        hosts: host_reports(plan, &run.results),
        experimental: Experimental::planned(plan),
    };
    EndedRun { report, broken }
}

struct RunEnd {
    outcome: RunOutcome,
    reason: Option<String>,
}

impl RunEnd {
    fn after_wave(&mut self, outcome: WaveOutcome, reason: Option<String>) {
        self.outcome = match outcome {
            WaveOutcome::Passed => return,
            WaveOutcome::Interrupted => RunOutcome::Interrupted,
            WaveOutcome::OutOfTime => RunOutcome::OutOfTime,
            WaveOutcome::Failed | WaveOutcome::NotStarted => RunOutcome::Stopped,
        };
        self.reason = reason;
    }
}

fn host_reports(plan: &Plan, results: &BTreeMap<HostName, TurnResult>) -> Vec<HostReport> {
    plan.waves
        .iter()
        .flat_map(|wave| wave.hosts().map(move |host| (wave, host)))
        .map(|(wave, host)| host_report(wave, host, results.get(&host.name)))
        .collect()
}

struct Run<'a, T, S> {
    context: RunContext<T>,
    sink: &'a mut S,
    results: BTreeMap<HostName, TurnResult>,
    draining: bool,
    /// Whether running hosts were left alone.
    detached: bool,
    /// Whether anything is to be done on any host of the plan.
    has_work: bool,
    /// What is done about drift and about services that still run replaced files.
    rules: Arc<PlanRules>,
    /// What the hosts of earlier waves verifiably run.
    ran: Ran,
    /// Hosts of the current wave that failed.
    failures: usize,
    /// When the hosts of the current wave fetch their metadata.
    refresh: Refresh,
    /// Whether no wave is behind the current one.
    is_last: bool,
    /// Hosts that the maintenance window left no time for.
    closing: Closing,
    /// Which hosts are down, and who may start beside them.
    domains: DomainSchedule,
}

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    async fn waves(&mut self, plan: &Plan, outcomes: &mut Vec<WaveOutcome>, end: &mut RunEnd) -> Result<(), SinkError> {
        self.sink.record(EventKind::RunStarted {
            playbook: plan.playbook.clone(),
            plan: self.context.plan.clone(),
            waves: plan.waves.len(),
            hosts: plan.hosts().count(),
            changes: plan.change_count(),
            experimental: Experimental::planned(plan),
        })?;
        for (number, wave) in plan.waves.iter().enumerate() {
            if end.outcome != RunOutcome::Completed {
                outcomes.push(WaveOutcome::NotStarted);
                continue;
            }
            self.is_last = number + 1 == plan.waves.len();
            self.refresh = self.context.freshness.refresh(number, plan.made, Timestamp::now());
            let (outcome, reason) = self.wave(wave).await?;
            if !self.is_last {
                self.note_what_ran(number, wave);
            }
            outcomes.push(outcome);
            end.after_wave(outcome, reason);
        }
        self.sink.record(EventKind::RunFinished {
            outcome: end.outcome,
            reason: end.reason.clone(),
        })
    }

    fn note_what_ran(&mut self, number: usize, wave: &PlannedWave) {
        for host in wave.hosts() {
            let result = self.results.get(&host.name);
            // What a host did not get over is no version to go on with.
            let ran = result.filter(|result| !result.state.is_failure());
            if let Some(ran) = ran.and_then(|result| result.ran.as_ref()) {
                let (changes, anew) = (&ran.changes, ran.planned_anew);
                self.ran.note(number, &host.name, &ran.basis, changes, anew);
            }
        }
    }

    /// How a wave ended that the run could not record to its end.
    fn unfinished(&self, wave: &PlannedWave) -> WaveOutcome {
        if wave.hosts().any(|host| self.results.contains_key(&host.name)) {
            WaveOutcome::Interrupted
        } else {
            WaveOutcome::NotStarted
        }
    }

    async fn wave(&mut self, wave: &PlannedWave) -> Result<(WaveOutcome, Option<String>), SinkError> {
        self.sink.record(EventKind::WaveStarted {
            wave: wave.name.clone(),
            hosts: wave.size(),
            batches: wave.batches.len(),
            budget: wave.budget,
        })?;
        self.failures = 0;
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
            let (name, batch_number) = (wave.name.clone(), index + 1);
            self.sink.record(EventKind::BatchStarted {
                wave: name,
                batch: batch_number,
                hosts: batch.len(),
            })?;
            self.batch(wave, batch).await?;
            if wave.budget.is_exceeded(self.failures) || self.closing.ends_run().is_some() {
                break;
            }
        }
        // Hosts that were left alone have not failed.
        if self.detached {
            return Ok(interrupted());
        }
        if wave.budget.is_exceeded(self.failures) {
            return Ok((WaveOutcome::Failed, Some(self.budget_reason(wave))));
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
        self.sink.record(EventKind::SoakStarted {
            wave: wave.name.clone(),
            duration: wave.soak,
        })?;
        tokio::select! {
            () = tokio::time::sleep(wave.soak) => {}
            () = self.context.control.drained() => self.note_draining()?,
        }
        Ok(())
    }

    async fn batch(&mut self, wave: &PlannedWave, batch: &[PlannedHost]) -> Result<(), SinkError> {
        let (messages, mut inbox) = mpsc::channel(MESSAGES);
        let mut running = Window {
            tasks: JoinSet::new(),
            hosts: BTreeMap::new(),
        };
        let mut waiting = self.domains.waiting(batch);
        let control = self.context.control.clone();
        // The first error ends the starting of hosts; running ones are let end before it is returned.
        let mut broken: Option<SinkError> = None;
        // Whether anybody may have become free to start since the schedule was asked.
        let mut may_free = true;
        loop {
            while may_free && running.tasks.len() < wave.parallel.max(1) && broken.is_none() && self.may_start(wave) {
                let started = match self.domains.next(&mut waiting) {
                    Next::Start(planned) => self.start(wave, planned, &messages, &mut running),
                    Next::Never(planned, why) => self.leave_out(wave, planned, &why),
                    Next::Wait | Next::Nobody => {
                        may_free = false;
                        break;
                    }
                };
                if let Err(error) = started {
                    broken = Some(error);
                }
            }
            if running.tasks.is_empty() {
                break;
            }
            let handled = tokio::select! {
                Some(message) = inbox.recv() => self.handle(message, broken.is_some()),
                Some(joined) = running.tasks.join_next_with_id() => {
                    may_free = true;
                    // What the host said comes before its end.
                    let said = self.drain(&mut inbox, broken.is_some());
                    said.and(self.finish(wave, joined, &mut running))
                }
                () = control.drained(), if !self.draining => self.note_draining(),
                () = control.detached() => { self.detach(wave, &mut running)?; break }
            };
            if let Err(error) = handled {
                broken.get_or_insert(error);
            }
        }
        broken.map_or(Ok(()), Err)
    }

    fn may_start(&self, wave: &PlannedWave) -> bool {
        !self.context.control.is_draining() && !wave.budget.is_exceeded(self.failures)
    }

    /// Takes the messages that wait. All are taken, also when one cannot be kept.
    fn drain(&mut self, inbox: &mut mpsc::Receiver<ExecutorMessage>, broken: bool) -> Result<(), SinkError> {
        let mut handled = Ok(());
        while let Ok(message) = inbox.try_recv() {
            let is_broken = broken || handled.is_err();
            handled = handled.and(self.handle(message, is_broken));
        }
        handled
    }

    fn start(
        &mut self,
        wave: &PlannedWave,
        planned: &PlannedHost,
        messages: &mpsc::Sender<ExecutorMessage>,
        running: &mut Window,
    ) -> Result<(), SinkError> {
        if self.closing.refuses(planned, host_has_work(planned), Timestamp::now()) {
            return Ok(());
        }
        self.sink.record(EventKind::HostStarted {
            host: planned.name.clone(),
            wave: wave.name.clone(),
        })?;
        let name = planned.name.clone();
        if let Basis::Unknown { error } = &planned.basis {
            return self.conclude(&wave.name, name, TurnResult::from_error(error.clone()));
        }
        let Some(host) = self.context.hosts.get(&planned.name) else {
            let drift = drift::absent(&self.rules.drift);
            let result = TurnResult::from_drift(drift.clone());
            self.sink.record(EventKind::HostDrifted {
                host: name.clone(),
                drift,
            })?;
            return self.conclude(&wave.name, name, result);
        };
        if !host_has_work(planned) {
            return self.conclude(&wave.name, name, TurnResult::unchanged());
        }
        let Promoted {
            host: planned,
            promotions,
        } = self.promoted(planned, host);
        if !promotions.is_empty() {
            self.sink.record(EventKind::HostPromoted {
                host: name,
                promotions: promotions.clone(),
            })?;
        }
        let turn = Turn {
            transport: self.context.transport.clone(),
            host: host.clone(),
            planned: Arc::new(planned),
            promoted: promotions,
            run: self.context.run.clone(),
            step: self.context.step,
            limits: self.context.limits.clone(),
            restart: self.rules.restart.clone(),
            rules: self.rules.clone(),
            refresh: self.refresh,
            messages: messages.clone(),
        };
        self.domains.starts(&host.name);
        let task = running.tasks.spawn(turn.take());
        running.hosts.insert(task.id(), host.name.clone());
        Ok(())
    }

    fn promoted(&self, planned: &PlannedHost, host: &Host) -> Promoted {
        let first_seen = FirstSeen::default();
        let ages = AgeKnowledge {
            first_seen: &first_seen,
            known_exploited: None,
            now: Timestamp::now(),
        };
        let restrictions = Restrictions::new(&self.rules.updates, ages, &host.exclude);
        self.ran
            .promote(planned, |package| restrictions.exclusion(package).is_some())
    }

    /// Ends a host whose domain has lost as many hosts as it can spare.
    fn leave_out(&mut self, wave: &PlannedWave, planned: &PlannedHost, why: &Exhausted) -> Result<(), SinkError> {
        let error = HostError::new(
            ErrorCode::Domain,
            format!("it was not begun: {why}"),
            "bring these hosts back to service, then run the plan for the rest of the domain",
        );
        let result = TurnResult {
            state: HostRunState::Skipped,
            error: Some(error),
            ..TurnResult::unchanged()
        };
        self.conclude(&wave.name, planned.name.clone(), result)
    }

    fn handle(&mut self, message: ExecutorMessage, broken: bool) -> Result<(), SinkError> {
        match message {
            ExecutorMessage::Phase { host, phase, kept } => {
                if broken {
                    // Dropping `kept` unanswered tells the executor to do nothing.
                    return Ok(());
                }
                self.sink.record(EventKind::HostPhase { host, phase })?;
                let _ = kept.send(());
                Ok(())
            }
            ExecutorMessage::Drift { host, drift, kept } => {
                if broken {
                    return Ok(());
                }
                self.sink.record(EventKind::HostDrifted { host, drift: *drift })?;
                let _ = kept.send(());
                Ok(())
            }
            ExecutorMessage::Wait { host, wait } => self.sink.record(match wait {
                LockWait::Begins { holder } => EventKind::HostWaiting { host, holder },
                LockWait::Ends { waited } => EventKind::HostContinues {
                    host,
                    waited_seconds: waited,
                },
            }),
            ExecutorMessage::Output { host, line } => self.sink.record(EventKind::HostOutput { host, line }),
        }
    }

    fn finish(
        &mut self,
        wave: &PlannedWave,
        joined: Result<(Id, TurnResult), JoinError>,
        running: &mut Window,
    ) -> Result<(), SinkError> {
        let (id, result) = match joined {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), TurnResult::from_error(lost_task(&error.to_string()))),
        };
        match running.hosts.remove(&id) {
            Some(host) => self.conclude(&wave.name, host, result),
            None => Ok(()),
        }
    }

    fn conclude(&mut self, wave: &WaveName, host: HostName, result: TurnResult) -> Result<(), SinkError> {
        let events = closing_events(wave, &host, &result, self.rules.restart.policy);
        self.domains.ends(&host, result.stays_down());
        self.failures += usize::from(result.state.is_failure());
        self.results.insert(host, result);
        // The last one says how the host ended: it is tried even when another could not be kept.
        let mut recorded = Ok(());
        for event in events {
            recorded = recorded.and(self.sink.record(event));
        }
        recorded
    }

    fn note_draining(&mut self) -> Result<(), SinkError> {
        if self.draining {
            return Ok(());
        }
        self.draining = true;
        self.sink.record(EventKind::Draining)
    }

    fn detach(&mut self, wave: &PlannedWave, running: &mut Window) -> Result<(), SinkError> {
        self.detached = true;
        running.tasks.abort_all();
        let hosts = std::mem::take(&mut running.hosts);
        for host in hosts.into_values() {
            let error = HostError::new(
                ErrorCode::Interrupted,
                "patchwave was told to leave; what was started on the host goes on by itself",
                "scan the host later to see what became of it",
            );
            self.conclude(&wave.name, host, TurnResult::from_error(error))?;
        }
        Ok(())
    }

    fn budget_reason(&self, wave: &PlannedWave) -> String {
        let names: Vec<&str> = wave
            .hosts()
            .filter(|host| {
                self.results
                    .get(&host.name)
                    .is_some_and(|result| result.state.is_failure())
            })
            .map(|host| host.name.as_str())
            .take(3)
            .collect();
        let more = if self.failures > names.len() { ", …" } else { "" };
        format!(
            "wave `{}` {}; failed: {}{more}",
            wave.name,
            wave.budget.in_words(),
            names.join(", ")
        )
    }
}

struct Window {
    tasks: JoinSet<TurnResult>,
    hosts: BTreeMap<Id, HostName>,
}

fn interrupted() -> (WaveOutcome, Option<String>) {
    (
        WaveOutcome::Interrupted,
        Some("the operator interrupted the run".to_owned()),
    )
}

fn lost_task(detail: &str) -> HostError {
    HostError::new(
        ErrorCode::Internal,
        format!("the host's turn ended without a result: {detail}"),
        "this is a fault of patchwave: please report it",
    )
}
