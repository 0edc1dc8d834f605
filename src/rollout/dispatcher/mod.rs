//! Runs a plan: waves and batches are barriers, inside a batch hosts run in a sliding window.
//!
//! The dispatcher owns all state and is the only one that records events. The event of a host's start and of
//! every phase is kept before the host's executor goes on. The budget and the domains are looked at before every
//! single start.

mod asking;
mod batch;
mod gating;
mod hook_points;
mod relook;
mod soak;
mod steer;
mod wave;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use self::gating::Gating;
use super::closing::{Closing, ClosingTime};
use super::conclusion::host_report;
use super::control::Control;
use super::executor::TurnResult;
use super::freshness::Freshness;
use super::hooks::HookScene;
use super::limits::Limits;
use super::past;
use super::simulation::has_work;
use super::sink::{EventSink, SinkError};
use crate::model::controller::Controller;
use crate::model::event::EventKind;
use crate::model::experimental::Experimental;
use crate::model::hook_journal::HookJournal;
use crate::model::host::Host;
use crate::model::journal::Journal;
use crate::model::name::{HostName, RunId};
use crate::model::plan::{Plan, PlanRules, PlannedWave};
use crate::model::run::{HostReport, RunOutcome, RunReport, WaveOutcome, WaveReport};
use crate::model::saved_plan::PlanReference;
use crate::plan::promotion::Ran;
use crate::plan::{Budgets, DomainSchedule};
use crate::remote::job::JobStep;
use crate::remote::probe::Refresh;
use crate::remote::transport::Transport;

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
    /// Whether the run ends, to be resumed, where only time has to pass.
    pub waits: Waits,
    /// What is known of a run that is gone on with; `None` for one that begins.
    pub resumption: Option<Resumption>,
}

/// A run that is gone on with.
#[derive(Debug, Clone)]
pub struct Resumption {
    /// Who goes on with it.
    pub by: Controller,
    /// What happened before.
    pub journal: Arc<Journal>,
}

/// Who waits while only time has to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Waits {
    /// This process.
    #[default]
    Here,
    /// Nobody: the run is interrupted, and whoever resumes it later finds that the time has passed.
    Elsewhere,
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
    let past = context.resumption.as_ref().map(|resumption| resumption.journal.clone());
    let past = past.unwrap_or_default();
    let mut run = Run {
        closing: Closing::new(context.closing.clone()),
        hooks: past.hooks().clone().recalled(),
        scene: HookScene {
            run: Some(context.run.clone()),
            playbook: plan.playbook.clone(),
            plan: context.plan.clone(),
        },
        context,
        sink,
        results: BTreeMap::new(),
        draining: false,
        detached: false,
        has_work: has_work(plan),
        rules: Arc::new(plan.rules.clone()),
        ran: Ran::default(),
        budgets: Budgets::new(plan),
        refresh: Refresh::Always,
        is_last: false,
        domains: DomainSchedule::new(plan),
        seen: BTreeMap::new(),
        gating: Gating::default(),
        past,
    };
    run.recall(plan);
    let mut outcomes = Vec::new();
    let mut end = RunEnd {
        outcome: RunOutcome::Completed,
        reason: None,
    };
    let broken = run.waves(plan, &mut outcomes, &mut end).await.err();
    if let Some(error) = &broken {
        run.undo_after_break(plan).await;
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
        rollback: plan.rules.rollback.clone(),
        outcome: end.outcome,
        reason: end.reason,
        waves,
        hosts: host_reports(plan, &run.results),
        experimental: Experimental::planned(plan),
        not_undone: run.not_undone(),
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
    /// Failures so far, against the budgets of waves and run.
    budgets: Budgets,
    /// When the hosts of the current wave fetch their metadata.
    refresh: Refresh,
    /// Whether no wave is behind the current one.
    is_last: bool,
    /// Hosts that the maintenance window left no time for.
    closing: Closing,
    /// Which hosts are down, and who may start beside them.
    domains: DomainSchedule,
    /// When hosts were seen to answer, before another of their domain started.
    seen: BTreeMap<HostName, Instant>,
    /// What the gates of this and of earlier waves say.
    gating: Gating,
    /// The hooks that were begun and are not undone.
    hooks: HookJournal,
    /// What all hooks of the run are told.
    scene: HookScene,
    /// What happened under earlier controllers; empty for a run that begins.
    past: Arc<Journal>,
}

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    async fn waves(&mut self, plan: &Plan, outcomes: &mut Vec<WaveOutcome>, end: &mut RunEnd) -> Result<(), SinkError> {
        self.begin(plan)?;
        self.hooks_before_waves(plan, end).await?;
        for (number, wave) in plan.waves.iter().enumerate() {
            if end.outcome != RunOutcome::Completed {
                outcomes.push(WaveOutcome::NotStarted);
                continue;
            }
            self.is_last = number + 1 == plan.waves.len();
            self.refresh = self.context.freshness.refresh(number, plan.made, Timestamp::now());
            let past = self.past.wave_end(&wave.name);
            let (outcome, reason) = match past.map(|(outcome, reason)| (outcome, reason.map(str::to_owned))) {
                Some(ended) => {
                    self.watch_past(wave);
                    ended
                }
                None => self.wave(wave).await?,
            };
            if !self.is_last {
                self.note_what_ran(number, wave);
            }
            outcomes.push(outcome);
            end.after_wave(outcome, reason);
            // Hosts that were left alone have to be looked after, so that run is not over.
            if outcome == WaveOutcome::Interrupted && self.context.control.aborted_by().is_some() && !self.detached {
                end.outcome = RunOutcome::Stopped;
            }
        }
        self.hooks_after_waves(plan, end).await?;
        self.sink.record(EventKind::RunFinished {
            outcome: end.outcome,
            reason: end.reason.clone(),
        })
    }

    fn begin(&mut self, plan: &Plan) -> Result<(), SinkError> {
        if self.past.is_empty() {
            self.sink.record(EventKind::RunStarted {
                playbook: plan.playbook.clone(),
                plan: self.context.plan.clone(),
                rollback: plan.rules.rollback.as_ref().map(|rollback| rollback.of.clone()),
                waves: plan.waves.len(),
                hosts: plan.hosts().count(),
                changes: plan.change_count(),
                experimental: Experimental::planned(plan),
            })?;
        }
        if let Some(resumption) = &self.context.resumption {
            let by = resumption.by.clone();
            if self.past.is_soaking() {
                self.context.control.expect_soak();
            }
            self.sink.record(EventKind::RunResumed { by })?;
        }
        self.closing
            .ignored()
            .map_or(Ok(()), |ignored| self.sink.record(ignored))
    }

    /// Takes the results of hosts that ended under earlier controllers. Their domains have lost whom they lost then.
    fn recall(&mut self, plan: &Plan) {
        for (wave, host) in plan
            .waves
            .iter()
            .flat_map(|wave| wave.hosts().map(move |host| (wave, host)))
        {
            let past = self.past.host(&host.name);
            if let Some(result) = past.and_then(|past| past::ended(past, host)) {
                self.domains.ends(&host.name, result.stays_down());
                self.budgets.note(&wave.name, &host.name, result.state);
                self.results.insert(host.name.clone(), result);
            }
        }
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
}
