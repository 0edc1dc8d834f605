//! The hooks of waves and of the run, and the undoing of all that is left to be undone.
//!
//! At a detach nothing is undone: the run can be taken up again, and is undone then.

use super::{Run, RunEnd};
use crate::model::hook::{HookOutcome, HookPoint, HookRule, NotUndone};
use crate::model::hook_journal::OpenHook;
use crate::model::name::{HostName, WaveName};
use crate::model::plan::{Plan, PlannedWave};
use crate::model::run::{RunOutcome, WaveOutcome};
use crate::remote::job::JobStep;
use crate::remote::transport::Transport;
use crate::rollout::executor::TurnResult;
use crate::rollout::hooks::{Errand, HookDocument, HookOf, TurnHooks, UNDONE_ON_RESUME};
use crate::rollout::sink::{EventSink, SinkError};

/// How the hooks of a point ended.
enum PointEnd {
    Done,
    /// One failed: in words.
    Failed(String),
    /// An operator left in the middle.
    Left,
}

/// Of what the hooks of a point are: a wave, or the run.
#[derive(Clone, Copy)]
struct Stage<'a> {
    wave: Option<&'a WaveName>,
    hosts: &'a [&'a HostName],
    outcome: Option<&'static str>,
    reason: Option<&'a str>,
}

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    /// What the turn of a host knows of hooks.
    pub(super) fn turn_hooks(&self, wave: &WaveName, host: &HostName) -> TurnHooks {
        TurnHooks::new(
            self.scene.clone(),
            wave.clone(),
            &self.rules.run.hooks,
            &self.hooks.of_host(host),
        )
    }

    /// Undoes what is left of hosts that will have no turn any more, then runs the hooks before the first wave.
    pub(super) async fn hooks_before_waves(&mut self, plan: &Plan, end: &mut RunEnd) -> Result<(), SinkError> {
        let is_over = |open: &OpenHook, run: &Self| open.host.as_ref().is_some_and(|host| run.hooks.has_ended(host));
        let left: Vec<OpenHook> = self.undoable(|open| is_over(open, self));
        self.undo(Some(plan), left, None, None).await?;
        self.hold().await?;
        if self.context.control.is_draining() {
            return Ok(());
        }
        let hosts: Vec<&HostName> = plan.hosts().map(|host| &host.name).collect();
        let stage = Stage {
            wave: None,
            hosts: &hosts,
            outcome: None,
            reason: None,
        };
        match self.point(HookPoint::PreRun, stage).await? {
            PointEnd::Done => {}
            PointEnd::Failed(reason) => stop(end, reason),
            PointEnd::Left => {
                end.outcome = RunOutcome::Interrupted;
                end.reason = self.interrupted().1;
            }
        }
        Ok(())
    }

    /// Runs the hooks after the last wave, then undoes what is left, hosts whose undoing failed included.
    pub(super) async fn hooks_after_waves(&mut self, plan: &Plan, end: &mut RunEnd) -> Result<(), SinkError> {
        if self.detached {
            return Ok(());
        }
        let hosts: Vec<&HostName> = plan.hosts().map(|host| &host.name).collect();
        let reason = end.reason.clone();
        let stage = Stage {
            wave: None,
            hosts: &hosts,
            outcome: Some(end.outcome.as_str()),
            reason: reason.as_deref(),
        };
        match self.point(HookPoint::PostRun, stage).await? {
            PointEnd::Done => {}
            PointEnd::Failed(reason) => stop(end, reason),
            PointEnd::Left => {
                self.leave_run(end);
                return Ok(());
            }
        }
        let left = self.undoable(|_| true);
        self.undo(Some(plan), left, stage.outcome, stage.reason).await?;
        if self.detached {
            self.leave_run(end);
            return Ok(());
        }
        if !self.detached
            && let Some(left) = self.not_undone().into_iter().find(|left| left.host.is_none())
        {
            stop(
                end,
                format!("hook `{}` could not be undone: {}", left.hook, left.detail),
            );
        }
        Ok(())
    }

    /// What is left to be undone is undone when the run goes on.
    fn leave_run(&self, end: &mut RunEnd) {
        end.outcome = RunOutcome::Interrupted;
        end.reason = self.interrupted().1;
    }

    /// Undoes what can be undone although nothing can be kept any more. What belongs to hosts that were left in the
    /// middle stays until they are taken up again.
    pub(super) async fn undo_after_break(&mut self, plan: &Plan) {
        let is_left = |host: &HostName| self.results.get(host).is_some_and(TurnResult::is_left);
        let left = self.undoable(|open| match &open.host {
            Some(host) => !is_left(host),
            None => !self.has_left(),
        });
        // That it cannot be kept is known.
        let _ = self
            .undo(Some(plan), left, Some(RunOutcome::Failed.as_str()), None)
            .await;
    }

    /// A wave with the hooks before and after it; what they did is undone however it ended.
    pub(super) async fn wave_between_hooks(
        &mut self,
        wave: &PlannedWave,
    ) -> Result<(WaveOutcome, Option<String>), SinkError> {
        let hosts: Vec<&HostName> = wave.hosts().map(|host| &host.name).collect();
        let stage = Stage {
            wave: Some(&wave.name),
            hosts: &hosts,
            outcome: None,
            reason: None,
        };
        let before = if self.context.control.is_draining() {
            PointEnd::Done
        } else {
            self.point(HookPoint::PreWave, stage).await?
        };
        let mut ended = match before {
            PointEnd::Done => self.wave_body(wave).await?,
            PointEnd::Failed(reason) => (WaveOutcome::Failed, Some(reason)),
            PointEnd::Left => self.interrupted(),
        };
        if ended.0 == WaveOutcome::Passed {
            let stage = Stage {
                outcome: Some(ended.0.as_str()),
                ..stage
            };
            match self.point(HookPoint::PostWave, stage).await? {
                PointEnd::Done => {}
                PointEnd::Failed(reason) => ended = (WaveOutcome::Failed, Some(reason)),
                PointEnd::Left => ended = self.interrupted(),
            }
        }
        if self.detached {
            return Ok(ended);
        }
        let left = self.undoable(|open| open.host.is_none() && open.wave.as_ref() == Some(&wave.name));
        self.undo(None, left, Some(ended.0.as_str()), ended.1.as_deref())
            .await?;
        if self.detached {
            return Ok(self.interrupted());
        }
        let left = self.not_undone();
        if ended.0 == WaveOutcome::Passed
            && let Some(left) = left.iter().find(|left| left.wave.as_ref() == Some(&wave.name))
        {
            let reason = format!(
                "hook `{}` of wave `{}` could not be undone: {}",
                left.hook, wave.name, left.detail
            );
            ended = (WaveOutcome::Failed, Some(reason));
        }
        Ok(ended)
    }

    /// What was to be undone and is not.
    pub(super) fn not_undone(&self) -> Vec<NotUndone> {
        let untried = if self.detached || self.has_left() {
            UNDONE_ON_RESUME
        } else {
            "its undoing was not begun"
        };
        self.hooks.not_undone(&self.rules.run.hooks, untried)
    }

    /// Whether a host was left in the middle.
    fn has_left(&self) -> bool {
        self.results.values().any(TurnResult::is_left)
    }

    /// Open hooks that can be undone, the last first.
    fn undoable(&self, is_meant: impl Fn(&OpenHook) -> bool) -> Vec<OpenHook> {
        let can_be_undone = |open: &&OpenHook| self.rule(&open.hook).is_some_and(|rule| rule.undo.is_some());
        let open = self.hooks.open().iter().rev();
        open.filter(can_be_undone)
            .filter(|open| is_meant(open))
            .cloned()
            .collect()
    }

    fn rule(&self, name: &str) -> Option<&HookRule> {
        self.rules.run.hooks.iter().find(|rule| rule.name == name)
    }

    async fn point(&mut self, point: HookPoint, stage: Stage<'_>) -> Result<PointEnd, SinkError> {
        // Where no package is changed, nothing is to be prepared.
        if !self.has_work || self.context.step != JobStep::Everything {
            return Ok(PointEnd::Done);
        }
        let rules: Vec<HookRule> = self
            .rules
            .run
            .hooks
            .iter()
            .filter(|rule| rule.at == point)
            .cloned()
            .collect();
        for rule in rules {
            let is_before = matches!(point, HookPoint::PreRun | HookPoint::PreWave);
            let open = self.hooks.of_wave(&rule.name, stage.wave);
            if is_before && open.is_some_and(|open| open.is_in_effect(rule.undo.is_some())) {
                continue;
            }
            let of = HookOf {
                host: None,
                wave: stage.wave.cloned(),
            };
            self.keep(of.started(&rule, false))?;
            let scene = self.scene.clone();
            let document = HookDocument::new(&scene, &rule, false)
                .in_wave(stage.wave)
                .for_hosts(stage.hosts.to_vec())
                .ended(stage.outcome, stage.reason);
            let errand = Errand {
                rule: &rule,
                host: None,
                document,
            };
            let end = tokio::select! {
                end = errand.carry_out(&self.context.transport) => end,
                () = self.context.control.detached() => {
                    self.detached = true;
                    return Ok(PointEnd::Left);
                }
            };
            let (outcome, detail) = end.verdict(point, false);
            self.keep(of.finished(&rule, false, outcome, &detail))?;
            if outcome != HookOutcome::Done {
                let reason = format!("hook `{}` at `{}` failed: {detail}", rule.name, point.as_str());
                return Ok(PointEnd::Failed(reason));
            }
        }
        Ok(PointEnd::Done)
    }

    /// Undoes all of these, also when an event cannot be kept.
    async fn undo(
        &mut self,
        plan: Option<&Plan>,
        open: Vec<OpenHook>,
        outcome: Option<&'static str>,
        reason: Option<&str>,
    ) -> Result<(), SinkError> {
        let mut kept = Ok(());
        for open in open {
            let Some(rule) = self.rule(&open.hook).cloned() else {
                continue;
            };
            let of = HookOf {
                host: open.host.clone(),
                wave: open.wave.clone(),
            };
            kept = kept.and(self.keep(of.started(&rule, true)));
            let scene = self.scene.clone();
            let host = open
                .host
                .as_ref()
                .and_then(|name| self.context.hosts.get(name))
                .cloned();
            let planned = plan.and_then(|plan| plan.hosts().find(|planned| Some(&planned.name) == open.host.as_ref()));
            let state = open.host.as_ref().and_then(|name| self.results.get(name));
            let mut document = HookDocument::new(&scene, &rule, true)
                .in_wave(open.wave.as_ref())
                .ended(outcome, reason);
            if let Some(host) = &host {
                document = document.for_host(host, planned.map_or(&[][..], |planned| &planned.changes));
            }
            if let Some(result) = state {
                document = document.in_state(result.state.as_str(), result.error.as_ref());
            }
            let errand = Errand {
                rule: &rule,
                host: host.as_ref(),
                document,
            };
            let end = tokio::select! {
                end = errand.carry_out(&self.context.transport) => end,
                () = self.context.control.detached() => {
                    self.detached = true;
                    return kept;
                }
            };
            let (outcome, detail) = end.verdict(rule.at, true);
            kept = kept.and(self.keep(of.finished(&rule, true, outcome, &detail)));
        }
        kept
    }

    fn keep(&mut self, event: crate::model::event::EventKind) -> Result<(), SinkError> {
        self.hooks.note(&event);
        self.sink.record(event)
    }
}

/// What went wrong first is the reason.
fn stop(end: &mut RunEnd, reason: String) {
    if end.outcome == RunOutcome::Completed {
        end.outcome = RunOutcome::Stopped;
        end.reason = Some(reason);
    }
}
