//! One batch: its hosts in a sliding window. The budget and the domains are looked at before every single start.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::Run;
use super::asking::Asking;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::first_seen::FirstSeen;
use crate::model::host::Host;
use crate::model::name::{HostName, WaveName};
use crate::model::plan::{Basis, PlannedHost, PlannedWave};
use crate::model::run::HostRunState;
use crate::plan::promotion::Promoted;
use crate::plan::{AgeKnowledge, Exhausted, Next, Restrictions};
use crate::remote::transport::Transport;
use crate::rollout::conclusion::closing_events;
use crate::rollout::drift;
use crate::rollout::executor::{ExecutorMessage, Turn, TurnResult};
use crate::rollout::gates::TurnGates;
use crate::rollout::simulation::host_has_work;
use crate::rollout::sink::{EventSink, SinkError};

/// Messages of executors that may wait; output beyond this is dropped, phases wait.
const MESSAGES: usize = 1024;

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    pub(super) async fn batch(&mut self, wave: &PlannedWave, batch: &[PlannedHost]) -> Result<(), SinkError> {
        let (messages, mut inbox) = mpsc::channel(MESSAGES);
        let fresh: Vec<PlannedHost> = batch.iter().filter(|host| !self.is_known(host)).cloned().collect();
        let mut running = Window {
            asking: Asking::new(),
            tasks: JoinSet::new(),
            hosts: BTreeMap::new(),
        };
        // The first error ends the starting of hosts; running ones are let end before it is returned.
        let mut broken = self.take_up(wave, batch, &messages, &mut running).err();
        let mut waiting = self.domains.waiting(&fresh);
        let control = self.context.control.clone();
        // Whether anybody may have become free to start since the schedule was asked.
        let mut may_free = true;
        loop {
            while may_free && running.len() < wave.parallel.max(1) && broken.is_none() && self.may_start(wave) {
                let started = match self.domains.next(&mut waiting) {
                    Next::Start(planned) if self.closing.refuses(planned, host_has_work(planned), Timestamp::now()) => {
                        Ok(())
                    }
                    Next::Start(planned) => self.start_or_ask(wave, planned, &messages, &mut running),
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
            if running.len() == 0 {
                if broken.is_none() && self.gating.is_undecided() {
                    self.settle_hosts(&wave.name).await?;
                    may_free = true;
                    continue;
                }
                if control.is_paused()
                    && !control.is_draining()
                    && !waiting.is_empty()
                    && broken.is_none()
                    && self.has_budget(wave)
                {
                    self.hold().await?;
                    may_free = true;
                    continue;
                }
                break;
            }
            let handled = tokio::select! {
                Some(message) = inbox.recv() => self.handle(message, broken.is_some()),
                Some(joined) = running.tasks.join_next_with_id() => {
                    may_free = true;
                    // What the host said comes before its end.
                    let said = self.drain(&mut inbox, broken.is_some());
                    let is_broken = broken.is_some() || said.is_err();
                    said.and(self.finish(wave, joined, &mut running, is_broken))
                }
                look = self.gating.relook.next() => self.hear_look(&look),
                Some(asked) = running.asking.next() => {
                    may_free = true;
                    let said = self.drain(&mut inbox, broken.is_some());
                    let is_broken = broken.is_some() || said.is_err();
                    said.and(self.answered(wave, asked, &messages, &mut running, &mut waiting, is_broken))
                }
                heard = control.next_order() => {
                    may_free = true;
                    self.hear(heard)
                }
                () = control.drained(), if !self.draining => {
                    running.asking.give_up();
                    self.note_draining()
                }
                () = control.detached() => { self.detach(&mut running)?; break }
            };
            if let Err(error) = handled {
                broken.get_or_insert(error);
            }
        }
        broken.map_or(Ok(()), Err)
    }

    /// Takes up the hosts on which something may have been begun, before any other: they are down already, so neither
    /// the budget nor the window keeps them.
    fn take_up(
        &mut self,
        wave: &PlannedWave,
        batch: &[PlannedHost],
        messages: &mpsc::Sender<ExecutorMessage>,
        running: &mut Window<'_>,
    ) -> Result<(), SinkError> {
        let mut taken = Ok(());
        for planned in batch.iter().filter(|host| self.is_touched(host)).collect::<Vec<_>>() {
            if taken.is_ok() {
                taken = self.start(wave, planned, messages, running);
            }
        }
        taken
    }

    /// Whether the host's turn has ended under an earlier controller, or is taken up before any other.
    fn is_known(&self, planned: &PlannedHost) -> bool {
        self.results.contains_key(&planned.name) || self.is_touched(planned)
    }

    pub(super) fn is_touched(&self, planned: &PlannedHost) -> bool {
        let past = self.past.host(&planned.name);
        past.is_some_and(|past| past.is_begun() && past.is_touched())
    }

    /// Whether something was begun on the host whose end is not known.
    pub(super) fn is_to_be_taken_up(&self, planned: &PlannedHost) -> bool {
        self.is_touched(planned) && !self.results.contains_key(&planned.name)
    }

    pub(super) fn may_start(&self, wave: &PlannedWave) -> bool {
        let control = &self.context.control;
        !control.is_draining() && !control.is_paused() && !self.gating.holds() && self.has_budget(wave)
    }

    fn has_budget(&self, wave: &PlannedWave) -> bool {
        self.budgets.exceeded(wave).is_none() && self.gating.end.is_none()
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

    /// Starts a host that was not begun before, unless the maintenance window leaves no time for it.
    pub(super) fn start_anew(
        &mut self,
        wave: &PlannedWave,
        planned: &PlannedHost,
        messages: &mpsc::Sender<ExecutorMessage>,
        running: &mut Window<'_>,
    ) -> Result<(), SinkError> {
        if self.closing.refuses(planned, host_has_work(planned), Timestamp::now()) {
            return Ok(());
        }
        self.start(wave, planned, messages, running)
    }

    pub(super) fn start(
        &mut self,
        wave: &PlannedWave,
        planned: &PlannedHost,
        messages: &mpsc::Sender<ExecutorMessage>,
        running: &mut Window<'_>,
    ) -> Result<(), SinkError> {
        let past = self.past.host(&planned.name).cloned().map(Arc::new);
        let (host, wave_name) = (planned.name.clone(), wave.name.clone());
        self.sink.record(match &past {
            Some(_) => EventKind::HostResumed { host, wave: wave_name },
            None => EventKind::HostStarted { host, wave: wave_name },
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
                basis: None,
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
        if !promotions.is_empty() && past.as_ref().is_none_or(|past| past.promotions != promotions) {
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
            gates: Some(TurnGates::of(wave)),
            hooks: self.turn_hooks(&wave.name, &host.name),
            past,
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
            // Dropping `kept` unanswered tells the executor to do nothing.
            ExecutorMessage::Keep { .. } if broken => Ok(()),
            ExecutorMessage::Keep { event, kept } => {
                self.hooks.note(&event);
                self.sink.record(*event)?;
                let _ = kept.send(());
                Ok(())
            }
            ExecutorMessage::Tell(event) => self.sink.record(*event),
            ExecutorMessage::Output { host, line } => self.sink.record(EventKind::HostOutput { host, line }),
        }
    }

    fn finish(
        &mut self,
        wave: &PlannedWave,
        joined: Result<(Id, TurnResult), JoinError>,
        running: &mut Window<'_>,
        is_broken: bool,
    ) -> Result<(), SinkError> {
        let (id, result) = match joined {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), TurnResult::from_error(lost_task(&error.to_string()))),
        };
        match running.hosts.remove(&id) {
            // It was kept from going on by the ledger, not by anything on the host: it can be taken up again.
            Some(host) if is_broken && result.touched && result.state.is_failure() => self.leave(host),
            // Nothing was begun on it: it waits for whoever goes on with the run.
            Some(host) if is_broken && result.state.is_failure() => {
                self.domains.ends(&host, false);
                Ok(())
            }
            Some(host) => self.conclude(&wave.name, host, result),
            None => Ok(()),
        }
    }

    pub(super) fn conclude(&mut self, wave: &WaveName, host: HostName, result: TurnResult) -> Result<(), SinkError> {
        let events = closing_events(wave, &host, &result, self.rules.restart.policy);
        self.domains.ends(&host, result.stays_down());
        self.gating.note_unknown(&host, &result.unknown_gates);
        self.budgets.note(wave, &host, result.state);
        self.results.insert(host, result);
        // The last one says how the host ended: it is tried even when another could not be kept.
        let mut recorded = Ok(());
        for event in events {
            recorded = recorded.and(self.sink.record(event));
        }
        recorded
    }

    fn detach(&mut self, running: &mut Window<'_>) -> Result<(), SinkError> {
        self.detached = true;
        running.asking.give_up();
        running.tasks.abort_all();
        let hosts = std::mem::take(&mut running.hosts);
        let mut recorded = Ok(());
        for host in hosts.into_values() {
            recorded = recorded.and(self.leave(host));
        }
        recorded
    }

    /// Leaves a host alone in the middle of its turn.
    fn leave(&mut self, host: HostName) -> Result<(), SinkError> {
        let error = HostError::new(
            ErrorCode::Interrupted,
            "patchwave left it in the middle; what was started on the host goes on by itself",
            format!("`patchwave resume {}` takes it up again", self.context.run),
        );
        let result = TurnResult {
            state: HostRunState::Left,
            error: Some(error),
            ..TurnResult::unchanged()
        };
        self.results.insert(host.clone(), result);
        self.sink.record(EventKind::HostLeft { host })
    }
}

pub(super) struct Window<'a> {
    /// Hosts whose domains are asked before they start.
    pub(super) asking: Asking<'a>,
    tasks: JoinSet<TurnResult>,
    hosts: BTreeMap<Id, HostName>,
}

impl Window<'_> {
    /// Hosts that take up a place.
    fn len(&self) -> usize {
        self.tasks.len() + self.asking.len()
    }
}

fn lost_task(detail: &str) -> HostError {
    HostError::new(
        ErrorCode::Internal,
        format!("the host's turn ended without a result: {detail}"),
        "this is a fault of patchwave: please report it",
    )
}
