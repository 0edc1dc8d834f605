//! A host's turn that an earlier controller had begun, taken up where the journal says that it was left.
//!
//! What must stay true: what may have been started is looked for before anything else is done, a job is never started
//! twice, and a reboot that happened is not ordered again.

use jiff::Timestamp;

use super::patch::{Aim, Before};
use super::{Turn, TurnResult};
use crate::model::error::HostError;
use crate::model::event::HostPhase;
use crate::model::facts::Facts;
use crate::model::journal::{JobEnd, PastHost, PastJob, PastReboot};
use crate::model::manager::Manager;
use crate::model::plan::Basis;
use crate::model::plan::PlannedChange;
use crate::model::run::HostRunState;
use crate::remote::job::{JobId, JobStep};
use crate::remote::transport::Transport;
use crate::rollout::excerpt::{excerpt, last_lines};
use crate::rollout::link::Link;
use crate::rollout::reboot::await_reboot;
use crate::rollout::survey::internal;
use crate::rollout::{after, job, past};

impl<T: Transport> Turn<T> {
    /// Goes on behind the farthest intent that was kept. False when nothing had been begun on the host after all.
    pub(super) async fn take_up(&self, past: &PastHost, result: &mut TurnResult) -> Result<bool, HostError> {
        self.enter(HostPhase::Connecting).await?;
        if let Some(reboot) = &past.reboot {
            return self.take_up_reboot(past, reboot, result).await.map(|()| true);
        }
        if past.jobs.is_empty() {
            return Ok(false);
        }
        let mut link = Link::made(self).await?;
        // A job that the host has never heard of was announced and not begun: what counts is the one before it.
        for job in past.jobs.iter().rev() {
            let goes_on = match &job.end {
                None => self.adopt(&mut link, past, job, result).await?,
                Some(end) => {
                    self.go_on_behind(&mut link, past, job, end, result).await?;
                    true
                }
            };
            if goes_on {
                link.close().await;
                return Ok(true);
            }
        }
        link.close().await;
        Ok(false)
    }

    /// Follows a job whose end is not known. False when the host has never heard of it.
    async fn adopt(
        &self,
        link: &mut Link<'_, T>,
        past: &PastHost,
        job: &PastJob,
        result: &mut TurnResult,
    ) -> Result<bool, HostError> {
        let manager = self.manager_of(past)?;
        let id = job_id(job)?;
        self.enter(HostPhase::Downloading).await?;
        let Some(finished) = job::adopt(self, link, manager, id).await? else {
            return Ok(false);
        };
        if self.only_downloads() {
            self.downloaded(link, finished, result).await?;
            return Ok(true);
        }
        let before = past.condition_before();
        let failed = before.and_then(|condition| condition.failed_units.as_ref());
        // A later job of the turn has only what an earlier one left to be done.
        let mut changes: Vec<PlannedChange> = Vec::new();
        for change in past.jobs.iter().flat_map(|job| &job.changes) {
            let is_it = |other: &PlannedChange| other.package == change.package && other.arch == change.arch;
            if !changes.iter().any(is_it) {
                changes.push(change.clone());
            }
        }
        changes.extend(self.planned.may_bring.iter().cloned());
        let ran = past::ran(past, &self.planned);
        let is_anew = ran.planned_anew;
        let aim = Aim {
            manager,
            before: Before::Kept(changes),
            failed_units: failed.map(|units| units.iter().cloned().collect()),
            ran,
            may_bring: self.planned.may_bring.to_vec(),
            // What went with a host that was planned anew was not kept.
            removes: if is_anew {
                Vec::new()
            } else {
                self.planned.removes.clone()
            },
        };
        let facts = self.prove(link, &aim, finished, result).await?;
        let facts = self.after_patch(link, before, facts, result).await?;
        self.reboot_if_needed(link, facts, before, result).await?;
        Ok(true)
    }

    /// Goes on behind a job whose end was kept.
    async fn go_on_behind(
        &self,
        link: &mut Link<'_, T>,
        past: &PastHost,
        job: &PastJob,
        end: &JobEnd,
        result: &mut TurnResult,
    ) -> Result<(), HostError> {
        let id = job_id(job)?;
        if let Some(error) = &end.error {
            if let Ok(Some(ended)) = job::adopt(self, link, self.manager_of(past)?, id).await {
                result.excerpt = excerpt(&ended.log);
                result.log = last_lines(&ended.log);
            }
            return Err(error.clone());
        }
        // Those before it ended earlier; whoever kept that may not have come to removing them.
        for job in &past.jobs {
            job::clean_up(self, link, &job_id(job)?).await;
        }
        if self.only_downloads() {
            return Ok(());
        }
        result.state = HostRunState::Patched;
        result.ran = Some(past::ran(past, &self.planned));
        let before = past.condition_before();
        let failed: Option<Vec<String>> = before
            .and_then(|condition| condition.failed_units.as_ref())
            .map(|units| units.iter().cloned().collect());
        let facts = after::look(self, link).await?;
        let facts = after::settle(self, link, failed.as_deref(), facts, result).await?;
        let facts = self.after_patch(link, before, facts, result).await?;
        self.reboot_if_needed(link, facts, before, result).await
    }

    /// Goes on with a host that was told to reboot: another boot id tells that it did.
    async fn take_up_reboot(
        &self,
        past: &PastHost,
        reboot: &PastReboot,
        result: &mut TurnResult,
    ) -> Result<(), HostError> {
        if past.last_job().is_some() {
            result.state = HostRunState::Patched;
            result.ran = Some(past::ran(past, &self.planned));
        }
        let mut link;
        let facts: Facts = if reboot.proved.is_some() {
            link = Link::made(self).await?;
            result.rebooted = true;
            result.state = HostRunState::Patched;
            after::look(self, &mut link).await?
        } else {
            self.enter(HostPhase::Rebooting).await?;
            link = Link::broken(self);
            let facts = await_reboot(self, &mut link, &reboot.boot_id).await?;
            let down = Timestamp::now().duration_since(reboot.at).as_secs();
            self.note_reboot(&facts, u64::try_from(down).unwrap_or(0), result)
                .await?;
            facts
        };
        let facts = self
            .after_reboot(&mut link, facts, past.condition_before(), result)
            .await?;
        self.note_pending(&facts, result);
        link.close().await;
        Ok(())
    }

    fn only_downloads(&self) -> bool {
        matches!(self.step, JobStep::DownloadOnly | JobStep::Secure)
    }

    fn manager_of(&self, past: &PastHost) -> Result<Manager, HostError> {
        match past.basis.as_ref().unwrap_or(&self.planned.basis) {
            Basis::Scanned { manager, .. } => Ok(*manager),
            Basis::Unknown { error } => Err(error.clone()),
        }
    }
}

fn job_id(job: &PastJob) -> Result<JobId, HostError> {
    JobId::new(job.id.as_str()).map_err(|error| internal(&error))
}
