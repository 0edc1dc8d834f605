//! How a run stands: what its plan and its events say to somebody who looks at it from outside. Pure.
//!
//! What must stay true: any beginning of the events can be read, and nothing is said that was not kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::error::HostError;
use super::event::{Event, EventKind};
use super::name::{HostName, RunId, WaveName};
use super::plan::{Budget, Plan};
use super::run::{HostRunState, RunOutcome, WaveOutcome};

mod host;

pub use host::RunningHost;

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// The run.
    pub run: RunId,
    /// Its playbook.
    pub playbook: String,
    /// When it began; `None` before its first event.
    pub started: Option<Timestamp>,
    /// When the last thing happened.
    pub last: Option<Timestamp>,
    /// The sequence number of the last event.
    pub sequence: u64,
    /// The batch that was begun last, from 1, while hosts of it are left.
    pub batch: Option<CurrentBatch>,
    /// Every wave of the plan.
    pub waves: Vec<WaveStanding>,
    /// Hosts whose turn is not over, in the order in which they began.
    pub running: Vec<RunningHost>,
    /// Hosts that failed, in the order in which that became known.
    pub failures: Vec<FailedHost>,
    /// The soak that is under way.
    pub soak: Option<SoakStanding>,
    /// Why it stands still, when it does.
    pub paused: Option<String>,
    /// Whether no further host starts.
    pub draining: bool,
    /// Who aborted it.
    pub aborted_by: Option<String>,
    /// How it ended, when it did.
    pub ended: Option<RunEnding>,
    #[serde(skip)]
    ended_hosts: BTreeMap<HostName, (WaveName, HostRunState)>,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CurrentBatch {
    /// Its wave.
    pub wave: WaveName,
    /// Its number in the wave, from 1.
    pub batch: usize,
    /// The batches of the wave.
    pub of: usize,
}

/// How a wave stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaveStanding {
    /// Its name.
    pub name: WaveName,
    /// Its hosts.
    pub hosts: usize,
    /// Its batches.
    pub batches: usize,
    /// How far it is.
    pub state: WaveState,
    /// Its hosts that have ended, by how.
    pub ended: BTreeMap<HostRunState, usize>,
    /// How many of its hosts may fail.
    pub budget: Budget,
    /// Each gate that was decided: what decided it.
    pub gates: Vec<GateStanding>,
    /// Why it did not pass.
    pub reason: Option<String>,
}

/// How far a wave is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaveState {
    /// It was not reached.
    NotStarted,
    /// It is under way.
    Running,
    /// The time after it passes.
    Soaking,
    /// It passed.
    Passed,
    /// It did not.
    Failed,
    /// It was broken off.
    Interrupted,
    /// The maintenance window left no time for some of its hosts.
    OutOfTime,
}

/// A gate that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateStanding {
    /// Its name.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// What decided it.
    pub detail: String,
}

/// A host that failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedHost {
    /// The host.
    pub host: HostName,
    /// Its wave.
    pub wave: WaveName,
    /// What went wrong.
    pub error: HostError,
}

/// The time after a wave, while it passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SoakStanding {
    /// The wave.
    pub wave: WaveName,
    /// When it is over.
    pub until: Timestamp,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunEnding {
    /// How.
    pub outcome: RunOutcome,
    /// Why it did not complete.
    pub reason: Option<String>,
}

impl Standing {
    /// How a run of this plan stands after these events.
    #[must_use]
    pub fn of<'a>(run: &RunId, plan: &Plan, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut standing = Self {
            run: run.clone(),
            playbook: plan.playbook.clone(),
            started: None,
            last: None,
            sequence: 0,
            batch: None,
            waves: plan
                .waves
                .iter()
                .map(|wave| WaveStanding {
                    name: wave.name.clone(),
                    hosts: wave.size(),
                    batches: wave.batches.len(),
                    state: WaveState::NotStarted,
                    ended: BTreeMap::new(),
                    budget: wave.budget,
                    gates: Vec::new(),
                    reason: None,
                })
                .collect(),
            running: Vec::new(),
            failures: Vec::new(),
            soak: None,
            paused: None,
            draining: false,
            aborted_by: None,
            ended: None,
            ended_hosts: BTreeMap::new(),
        };
        for event in events {
            standing.take(event);
        }
        standing
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        self.started.get_or_insert(event.at);
        self.last = Some(event.at);
        self.sequence = event.sequence;
        self.take_of_wave(event);
        self.take_of_host(event);
        match &event.kind {
            EventKind::RunResumed { .. } => {
                self.ended = None;
                self.paused = None;
                self.draining = false;
                for wave in &mut self.waves {
                    wave.goes_on();
                }
            }
            EventKind::Ordered {
                order: super::order::Order::Abort,
                by,
                ignored: None,
                ..
            } => self.aborted_by = Some(by.clone()),
            EventKind::RunPaused { reason } => self.paused = Some(reason.clone()),
            EventKind::RunContinued => self.paused = None,
            EventKind::Draining => self.draining = true,
            EventKind::RunFinished { outcome, reason } => {
                self.paused = None;
                self.ended = Some(RunEnding {
                    outcome: *outcome,
                    reason: reason.clone(),
                });
            }
            _ => {}
        }
    }

    fn take_of_wave(&mut self, event: &Event) {
        match &event.kind {
            EventKind::WaveStarted { wave, .. } => self.in_wave(wave, |wave| wave.state = WaveState::Running),
            EventKind::BatchStarted { wave, batch, .. } => {
                let planned = self.waves.iter().find(|planned| planned.name == *wave);
                self.batch = Some(CurrentBatch {
                    wave: wave.clone(),
                    batch: *batch,
                    of: planned.map_or(*batch, |planned| planned.batches),
                });
            }
            EventKind::SoakStarted { wave, duration } => {
                self.batch = None;
                self.in_wave(wave, |wave| wave.state = WaveState::Soaking);
                self.soak = Some(SoakStanding {
                    wave: wave.clone(),
                    until: event.at.saturating_add(*duration).unwrap_or(Timestamp::MAX),
                });
            }
            EventKind::SoakFinished { wave, .. } => {
                self.soak = None;
                self.in_wave(wave, |wave| wave.state = WaveState::Running);
            }
            EventKind::GateFinished {
                wave,
                gate,
                passed,
                detail,
            } => {
                let gate = GateStanding {
                    name: gate.clone(),
                    passed: *passed,
                    detail: detail.clone(),
                };
                self.in_wave(wave, |wave| {
                    wave.gates.retain(|other| other.name != gate.name);
                    wave.gates.push(gate);
                });
            }
            EventKind::WaveFinished { wave, outcome, reason } => {
                self.batch = None;
                self.in_wave(wave, |wave| {
                    wave.state = WaveState::after(*outcome, wave.state);
                    wave.reason.clone_from(reason);
                });
            }
            _ => {}
        }
    }

    fn in_wave(&mut self, name: &WaveName, change: impl FnOnce(&mut WaveStanding)) {
        if let Some(wave) = self.waves.iter_mut().find(|wave| wave.name == *name) {
            change(wave);
        }
    }

    fn take_of_host(&mut self, event: &Event) {
        if let EventKind::HostFinished {
            host,
            wave,
            state,
            error,
            ..
        } = &event.kind
        {
            self.running.retain(|running| running.host != *host);
            self.failures.retain(|failed| failed.host != *host);
            if let Some(error) = error.as_ref().filter(|_| state.is_failure()) {
                self.failures.push(FailedHost {
                    host: host.clone(),
                    wave: wave.clone(),
                    error: error.clone(),
                });
            }
            self.count(host, wave, *state);
            return;
        }
        host::take(&mut self.running, event);
    }

    /// Counts how a host ended; one that ended before and was taken up again counts once.
    fn count(&mut self, host: &HostName, wave: &WaveName, state: HostRunState) {
        let before = self.ended_hosts.insert(host.clone(), (wave.clone(), state));
        if let Some((wave, state)) = before {
            self.in_wave(&wave, |wave| {
                if let Some(number) = wave.ended.get_mut(&state) {
                    *number = number.saturating_sub(1);
                }
            });
        }
        self.in_wave(wave, |wave| *wave.ended.entry(state).or_default() += 1);
    }

    /// How that host ended, when it did.
    #[must_use]
    pub fn ended_as(&self, host: &HostName) -> Option<HostRunState> {
        self.ended_hosts.get(host).map(|(_, state)| *state)
    }

    /// Hosts that ended like this.
    #[must_use]
    pub fn number(&self, state: HostRunState) -> usize {
        self.waves.iter().filter_map(|wave| wave.ended.get(&state)).sum()
    }

    /// Hosts of the plan.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.waves.iter().map(|wave| wave.hosts).sum()
    }

    /// Hosts that have not begun.
    #[must_use]
    pub fn not_begun(&self) -> usize {
        let ended: usize = self.waves.iter().map(WaveStanding::number_ended).sum();
        self.hosts().saturating_sub(ended + self.running.len())
    }

    /// The wave that is under way.
    #[must_use]
    pub fn current_wave(&self) -> Option<&WaveStanding> {
        self.waves
            .iter()
            .rev()
            .find(|wave| matches!(wave.state, WaveState::Running | WaveState::Soaking))
    }
}

impl WaveStanding {
    /// A wave that was broken off goes on with its run.
    fn goes_on(&mut self) {
        if matches!(self.state, WaveState::Interrupted | WaveState::OutOfTime) {
            self.state = WaveState::Running;
            self.reason = None;
        }
    }

    /// Its hosts that have ended.
    #[must_use]
    pub fn number_ended(&self) -> usize {
        self.ended.values().sum()
    }

    /// Its hosts that failed.
    #[must_use]
    pub fn failures(&self) -> usize {
        let failed = self.ended.iter().filter(|(state, _)| state.is_failure());
        failed.map(|(_, number)| number).sum()
    }
}

impl WaveState {
    /// A wave that ended while its soak was under way still soaks, whoever looks at the clock.
    fn after(outcome: WaveOutcome, before: Self) -> Self {
        match outcome {
            WaveOutcome::Passed => Self::Passed,
            WaveOutcome::Failed => Self::Failed,
            WaveOutcome::Interrupted if before == Self::Soaking => Self::Soaking,
            WaveOutcome::Interrupted => Self::Interrupted,
            WaveOutcome::OutOfTime => Self::OutOfTime,
            WaveOutcome::NotStarted => Self::NotStarted,
        }
    }

    /// The word on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not-started",
            Self::Running => "running",
            Self::Soaking => "soaking",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::OutOfTime => "out-of-time",
        }
    }
}

#[cfg(test)]
mod tests;
