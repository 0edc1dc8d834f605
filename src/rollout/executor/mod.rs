//! One host's turn, as a state machine: connect, check (see [`super::drift`]), download and patch, verify, reboot.
//!
//! Before `downloading` and `rebooting` the dispatcher must have kept the event; an executor that is not
//! acknowledged does nothing. Success is what a second probe finds, never what an exit code says.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

mod patch;
mod result;
mod saying;
mod taken_up;

use super::drift::Ready;
use super::hooks::HookVerdict;
use super::limits::Limits;
use super::link::Link;
use super::past;
use super::reboot::reboot_and_wait;
use super::{blockers, condition, hooks, snapshot, survey};

use crate::manager::detect;
use crate::model::condition::Condition;
use crate::model::drift::Promotion;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::{EventKind, HostPhase};
use crate::model::facts::Facts;
use crate::model::hook::HookPoint;
use crate::model::host::{Connect, Host, RebootPolicy};
use crate::model::journal::PastHost;
use crate::model::name::RunId;
use crate::model::plan::{Basis, PlanRules, PlannedHost};
use crate::model::restart::RestartRule;
use crate::model::run::HostRunState;
use crate::remote::job::JobStep;
use crate::remote::probe::Refresh;
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
    /// How far an earlier controller came with it; `None` where the turn begins now.
    pub past: Option<Arc<PastHost>>,
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
        if let Err(error) = self.work(&mut result).await {
            let failed = TurnResult::from_error(error);
            result.state = if result.touched {
                HostRunState::Failed
            } else {
                failed.state
            };
            result.error = failed.error;
        }
        hooks::undo_at_host(&self, &mut result).await;
        let before = self.past.as_ref().map_or(0, |past| past.spent().as_millis());
        result.duration_ms = survey::milliseconds(clock).saturating_add(u64::try_from(before).unwrap_or(u64::MAX));
        result
    }

    async fn work(&self, result: &mut TurnResult) -> Result<(), HostError> {
        if let Some(past) = self.past.as_deref().filter(|past| past.is_touched()) {
            *result = past::begun(past);
            if self.take_up(past, result).await? {
                return Ok(());
            }
            // Nothing was begun after all.
            *result = TurnResult {
                promoted: self.promoted.clone(),
                ..TurnResult::unchanged()
            };
        }
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
        let facts = if ready.remaining.is_empty() {
            result.ran = Some(ready.ran());
            condition::note(self, before.as_ref()).await;
            ready.facts
        } else {
            if let HookVerdict::Skip(why) = hooks::at_host(self, link, HookPoint::PrePatch).await? {
                result.leave_out(why);
                return Ok(());
            }
            snapshot::make(self, link).await?;
            let facts = self.patch(link, ready, before.as_ref(), result).await?;
            self.after_patch(link, before.as_ref(), facts, result).await?
        };
        self.reboot_if_needed(link, facts, before.as_ref(), result).await
    }

    /// What must hold once the planned versions are proved.
    async fn after_patch(
        &self,
        link: &mut Link<'_, T>,
        before: Option<&Condition>,
        facts: Facts,
        result: &mut TurnResult,
    ) -> Result<Facts, HostError> {
        condition::judge(self, link, before, result).await?;
        hooks::at_host(self, link, HookPoint::PostPatch).await?;
        Ok(facts)
    }

    async fn reboot_if_needed(
        &self,
        link: &mut Link<'_, T>,
        mut facts: Facts,
        before: Option<&Condition>,
        result: &mut TurnResult,
    ) -> Result<(), HostError> {
        if self.must_reboot(&facts, result.state == HostRunState::Patched)
            && blockers::allow(self, link, &facts, result).await?
        {
            hooks::at_host(self, link, HookPoint::PreReboot).await?;
            facts = self.reboot(link, &facts, result).await?;
            facts = self.after_reboot(link, facts, before, result).await?;
        }
        self.note_pending(&facts, result);
        Ok(())
    }

    async fn reboot(&self, link: &mut Link<'_, T>, facts: &Facts, result: &mut TurnResult) -> Result<Facts, HostError> {
        self.enter(HostPhase::Rebooting).await?;
        result.touched = true;
        // Without a boot id, and on this machine, none is ordered.
        if let (Some(boot_id), false) = (&facts.boot_id, self.host.connect == Connect::Local) {
            let (host, boot_id) = (self.host.name.clone(), boot_id.clone());
            self.keep(EventKind::HostReboot { host, boot_id }, "host-reboot")
                .await?;
        }
        let told = Instant::now();
        let facts = reboot_and_wait(self, link, facts).await?;
        self.note_reboot(&facts, told.elapsed().as_secs(), result).await?;
        Ok(facts)
    }

    async fn note_reboot(&self, facts: &Facts, down_seconds: u64, result: &mut TurnResult) -> Result<(), HostError> {
        result.rebooted = true;
        result.down_seconds = Some(down_seconds);
        if result.state == HostRunState::Unchanged {
            result.state = HostRunState::Patched;
        }
        let event = EventKind::HostRebooted {
            host: self.host.name.clone(),
            boot_id: facts.boot_id.clone().unwrap_or_default(),
            down_seconds,
        };
        self.keep(event, "host-rebooted").await
    }

    /// What must hold once a reboot is proved.
    async fn after_reboot(
        &self,
        link: &mut Link<'_, T>,
        facts: Facts,
        before: Option<&Condition>,
        result: &mut TurnResult,
    ) -> Result<Facts, HostError> {
        if let Some(newest) = facts
            .kernel
            .newest
            .as_ref()
            .filter(|newest| **newest != facts.kernel.running)
        {
            let error = HostError::new(
                ErrorCode::Reboot,
                format!("it came back with kernel {}, not with {newest}", facts.kernel.running),
                "look at the boot loader's default entry and at the host's console",
            );
            self.note_pending(&facts, result);
            return Err(error);
        }
        condition::judge(self, link, before, result).await?;
        hooks::at_host(self, link, HookPoint::PostReboot).await?;
        Ok(facts)
    }

    /// Notes what is left to do, once nothing more will be done.
    pub fn note_pending(&self, facts: &Facts, result: &mut TurnResult) {
        result.note_pending(facts, &self.restart, self.host.connect == Connect::Local);
    }

    fn must_reboot(&self, facts: &Facts, changed: bool) -> bool {
        match self.planned.reboot {
            RebootPolicy::Never => false,
            RebootPolicy::IfNeeded => facts.reboot.required,
            RebootPolicy::Always => changed || facts.reboot.required || self.rules.run.rebooting.asked,
        }
    }
}
