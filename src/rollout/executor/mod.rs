//! One host's turn, as a state machine: connect, check (see [`super::drift`]), download and patch, verify, reboot.
//!
//! Before `downloading` and `rebooting` the dispatcher must have kept the event; an executor that is not
//! acknowledged does nothing. Success is what a second probe finds, never what an exit code says.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

mod result;
mod saying;

use super::drift::Ready;
use super::excerpt::{excerpt, last_lines};
use super::hooks::{self, HookVerdict, TurnHooks};
use super::limits::Limits;
use super::link::Link;
use super::reboot::reboot_and_wait;
use super::verify::{changes_between, missing_changes};
use super::{after, blockers, condition, job, left_over, snapshot, survey};

use crate::manager::detect;
use crate::model::drift::Promotion;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::HostPhase;
use crate::model::facts::Facts;
use crate::model::hook::HookPoint;
use crate::model::host::{Connect, Host, RebootPolicy};
use crate::model::name::RunId;
use crate::model::plan::{Basis, PlanRules, PlannedHost};
use crate::model::restart::RestartRule;
use crate::model::run::HostRunState;
use crate::model::text::count;
use crate::remote::job::JobStep;
use crate::remote::probe::{ProbeRequest, Refresh, parse_installed_only, parse_probe, probe_script};
use crate::remote::transport::{Connection, Transport};

pub(super) use self::result::{RanChanges, TurnResult};
pub(super) use self::saying::{ExecutorMessage, LockWait};

/// Everything one host's turn needs.
pub(super) struct Turn<T> {
    pub transport: T,
    pub host: Host,
    pub planned: Arc<PlannedHost>,
    /// Versions of the plan that gave way to those that an earlier wave ran; they are in `planned` already.
    pub promoted: Vec<Promotion>,
    pub run: RunId,
    /// How far its job goes.
    pub step: JobStep,
    pub limits: Limits,
    pub restart: RestartRule,
    /// What is done about drift, and what a host that is planned anew gets.
    pub rules: Arc<PlanRules>,
    /// When the host's metadata is fetched anew before it is looked at.
    pub refresh: Refresh,
    /// The hooks that were begun for it, and what they are told.
    pub hooks: TurnHooks,
    pub messages: mpsc::Sender<ExecutorMessage>,
}

impl<T: Transport> Turn<T> {
    /// Does the host's turn. Never fails: an error is part of the result.
    pub async fn take(self) -> TurnResult {
        let clock = Instant::now();
        let mut result = TurnResult {
            promoted: self.promoted.clone(),
            ..TurnResult::unchanged()
        };
        if let Err(error) = hooks::guarded(self.work(&mut result)).await {
            let failed = TurnResult::from_error(error);
            result.state = if result.touched {
                HostRunState::Failed
            } else {
                failed.state
            };
            result.error = failed.error;
        }
        hooks::undo_at_host(&self, &mut result).await;
        result.duration_ms = survey::milliseconds(clock);
        result
    }

    async fn work(&self, result: &mut TurnResult) -> Result<(), HostError> {
        if let (Basis::Scanned { manager, .. }, false) = (&self.planned.basis, self.planned.changes.is_empty()) {
            detect::check_installs(*manager)?;
        }
        if !self.look_from_afar(result).await? {
            return Ok(());
        }
        self.enter(HostPhase::Connecting).await?;
        let connection = self.transport.connect(&self.host).await?;
        self.enter(HostPhase::Checking).await?;
        let Some(ready) = self.look(&connection, result).await? else {
            connection.close().await;
            return Ok(());
        };
        if matches!(self.step, JobStep::DownloadOnly | JobStep::Secure) {
            return self.fetch(connection, ready, result).await;
        }
        let mut link = Link::new(self, connection);
        self.change(&mut link, ready, result).await?;
        link.close().await;
        Ok(())
    }

    /// Everything that is done to a host that may be changed.
    async fn change(&self, link: &mut Link<'_, T>, ready: Ready, result: &mut TurnResult) -> Result<(), HostError> {
        if ready.remaining.is_empty() && !self.must_reboot(&ready.facts, false) {
            result.ran = Some(ready.ran());
            self.note_pending(&ready.facts, result);
            return Ok(());
        }
        let before = condition::look(self, link).await;
        let mut facts = if ready.remaining.is_empty() {
            result.ran = Some(ready.ran());
            ready.facts
        } else {
            if let HookVerdict::Skip(why) = hooks::at_host(self, link, HookPoint::PrePatch, result).await? {
                result.leave_out(why);
                return Ok(());
            }
            snapshot::make(self, link).await?;
            let facts = self.patch(link, ready, result).await?;
            condition::judge(self, link, before.as_ref(), result).await?;
            hooks::at_host(self, link, HookPoint::PostPatch, result).await?;
            facts
        };
        if self.must_reboot(&facts, result.state == HostRunState::Patched)
            && blockers::allow(self, link, &facts, result).await?
        {
            if let HookVerdict::Skip(why) = hooks::at_host(self, link, HookPoint::PreReboot, result).await? {
                result.leave_reboot_out(why);
                self.note_pending(&facts, result);
                return Ok(());
            }
            facts = self.reboot(link, &facts, result).await?;
            condition::judge(self, link, before.as_ref(), result).await?;
            hooks::at_host(self, link, HookPoint::PostReboot, result).await?;
        }
        self.note_pending(&facts, result);
        Ok(())
    }

    async fn patch(&self, link: &mut Link<'_, T>, ready: Ready, result: &mut TurnResult) -> Result<Facts, HostError> {
        self.enter(HostPhase::Downloading).await?;
        result.touched = true;
        let job = job::JobOrder {
            run: &self.run,
            manager: ready.facts.manager,
            changes: ready.remaining.clone(),
            may_bring: ready.may_bring.to_vec(),
        };
        let finished = job::run(self, link, job).await?;
        result.downloaded_bytes = finished.downloaded_bytes;
        // Looking changes nothing, so it is done even when the ledger can keep no more events.
        let _ = self.enter(HostPhase::Verifying).await;
        let (failure, facts) = self.verify(link, &ready, &finished, result).await;
        result.left_over = left_over::read(self, link, &finished).await;
        match (failure, facts) {
            (None, Ok(facts)) => {
                job::clean_up(self, link, &finished.id).await;
                result.state = HostRunState::Patched;
                result.ran = Some(ready.ran());
                after::settle(self, link, &ready.facts, facts, result).await
            }
            (Some(error), _) | (None, Err(error)) => {
                result.excerpt = excerpt(&finished.log);
                result.log = last_lines(&finished.log);
                Err(error)
            }
        }
    }

    /// What is installed now, even where the manager can no longer list updates. The job's own failure
    /// weighs more than what is missing because of it.
    async fn verify(
        &self,
        link: &mut Link<'_, T>,
        ready: &Ready,
        finished: &job::FinishedJob,
        result: &mut TurnResult,
    ) -> (Option<HostError>, Result<Facts, HostError>) {
        let request = ProbeRequest {
            refresh: Refresh::Never,
            installed: true,
            lock_wait: self.limits.read_lock_wait,
        };
        let answer = link
            .ask(
                |nonce| probe_script(&request, nonce),
                |output, nonce| Ok((parse_installed_only(output, nonce)?, parse_probe(output, nonce))),
                self.limits.command + self.limits.read_lock_wait,
            )
            .await;
        match answer {
            Ok((after, probe)) => {
                result.changed = changes_between(&ready.before, &after);
                let missing = missing_changes(ready.facts.manager, &ready.changes, &after);
                let failure = finished.failure.clone().or_else(|| incomplete(&missing));
                (
                    failure,
                    probe.and_then(|probe| probe.broken.map_or(Ok(probe.facts), Err)),
                )
            }
            Err(error) => (finished.failure.clone(), Err(error)),
        }
    }

    async fn reboot(&self, link: &mut Link<'_, T>, facts: &Facts, result: &mut TurnResult) -> Result<Facts, HostError> {
        self.enter(HostPhase::Rebooting).await?;
        result.touched = true;
        let facts = reboot_and_wait(self, link, facts).await?;
        result.rebooted = true;
        if result.state == HostRunState::Unchanged {
            result.state = HostRunState::Patched;
        }
        match &facts.kernel.newest {
            Some(newest) if *newest != facts.kernel.running => {
                self.note_pending(&facts, result);
                Err(HostError::new(
                    ErrorCode::Reboot,
                    format!("it came back with kernel {}, not with {newest}", facts.kernel.running),
                    "look at the boot loader's default entry and at the host's console",
                ))
            }
            _ => Ok(facts),
        }
    }

    /// Notes what is left to do, once nothing more will be done.
    pub fn note_pending(&self, facts: &Facts, result: &mut TurnResult) {
        result.note_pending(facts, &self.restart, self.host.connect == Connect::Local);
    }

    fn must_reboot(&self, facts: &Facts, changed: bool) -> bool {
        match self.planned.reboot {
            RebootPolicy::Never => false,
            RebootPolicy::IfNeeded => facts.reboot.required,
            RebootPolicy::Always => changed || facts.reboot.required,
        }
    }
}

fn incomplete(missing: &[String]) -> Option<HostError> {
    let (first, rest) = missing.split_first()?;
    let message = if rest.is_empty() {
        format!("the package manager reported success, but {first}")
    } else {
        format!(
            "the package manager reported success, but {first}, and {} more",
            count(rest.len(), "package")
        )
    };
    Some(HostError::new(
        ErrorCode::Manager,
        message,
        "run the package manager on the host by hand and read its log",
    ))
}
