//! A host's transaction: told, followed, proved by what is installed afterwards, and then what still runs old files.
//!
//! What must stay true: the job's end is kept before its folder is removed, and what the host is said to have changed
//! is what a probe found.

use super::{Turn, TurnResult};
use crate::manager::Installed;
use crate::model::condition::Condition;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::{EventKind, HostPhase};
use crate::model::facts::Facts;
use crate::model::manager::Manager;
use crate::model::plan::{PlannedChange, PlannedRemoval};
use crate::model::run::{Change, HostRunState};
use crate::model::text::count;
use crate::remote::probe::{ProbeRequest, Refresh, parse_installed_only, parse_probe, probe_script};
use crate::remote::transport::Transport;
use crate::rollout::drift::Ready;
use crate::rollout::excerpt::{excerpt, last_lines};
use crate::rollout::executor::RanChanges;
use crate::rollout::job::{self, FinishedJob};
use crate::rollout::link::Link;
use crate::rollout::verify::{changes_between, changes_since, missing_changes, remaining_removals};
use crate::rollout::{after, half_done, left_over};

/// What a transaction is judged by.
pub(in crate::rollout) struct Aim {
    pub manager: Manager,
    pub before: Before,
    /// Units that had failed before; `None` where that is not known.
    pub failed_units: Option<Vec<String>>,
    /// What must be installed in the end.
    pub ran: RanChanges,
    /// New dependencies that may come with it.
    pub may_bring: Vec<PlannedChange>,
    /// What goes with it.
    pub removes: Vec<PlannedRemoval>,
}

/// What was installed before.
pub(in crate::rollout) enum Before {
    /// Everything, as it was read.
    Seen(Installed),
    /// What the journal has of it: the job was to make these changes.
    Kept(Vec<PlannedChange>),
}

impl Before {
    fn changed(&self, after: &Installed) -> Vec<Change> {
        match self {
            Self::Seen(before) => changes_between(before, after),
            Self::Kept(changes) => changes_since(changes, after),
        }
    }
}

impl<T: Transport> Turn<T> {
    pub(super) async fn patch(
        &self,
        link: &mut Link<'_, T>,
        ready: Ready,
        before: Option<&Condition>,
        result: &mut TurnResult,
    ) -> Result<Facts, HostError> {
        self.enter(HostPhase::Downloading).await?;
        result.touched = true;
        let order = job::JobOrder {
            manager: ready.facts.manager,
            changes: ready.remaining.clone(),
            may_bring: ready.may_bring.to_vec(),
            removes: ready.removes.clone(),
            before: Some(condition_before(before, &ready.facts)),
        };
        let finished = job::run(self, link, order).await?;
        let aim = Aim {
            manager: ready.facts.manager,
            ran: ready.ran(),
            may_bring: ready.may_bring.to_vec(),
            removes: ready.removes.clone(),
            failed_units: ready.facts.failed_units.clone(),
            before: Before::Seen(ready.before),
        };
        self.prove(link, &aim, finished, result).await
    }

    /// Says what an ended job came to: what is installed, and whether the host is well with it.
    pub(super) async fn prove(
        &self,
        link: &mut Link<'_, T>,
        aim: &Aim,
        finished: FinishedJob,
        result: &mut TurnResult,
    ) -> Result<Facts, HostError> {
        let goal = half_done::Goal {
            manager: aim.manager,
            changes: &aim.ran.changes,
            may_bring: &aim.may_bring,
            removes: &aim.removes,
        };
        let finished = half_done::settle(self, link, goal, finished).await?;
        result.downloaded_bytes = finished.downloaded_bytes;
        // Looking changes nothing, so it is done even when the ledger can keep no more events.
        let _ = self.enter(HostPhase::Verifying).await;
        let (failure, facts) = self.verify(link, aim, &finished, result).await;
        result.left_over = left_over::read(self, link, &finished).await;
        self.tell_left_over(result).await;
        let outcome = match (failure, facts) {
            (None, Ok(facts)) => Ok(facts),
            (Some(error), _) | (None, Err(error)) => Err(error),
        };
        let kept = self.keep_end(&finished, outcome.as_ref().err(), result).await;
        match outcome {
            Ok(facts) => {
                kept?;
                job::clean_up(self, link, &finished.id).await;
                result.state = HostRunState::Patched;
                result.ran = Some(aim.ran.clone());
                after::settle(self, link, aim.failed_units.as_deref(), facts, result).await
            }
            Err(error) => {
                result.excerpt = excerpt(&finished.log);
                result.log = last_lines(&finished.log);
                Err(error)
            }
        }
    }

    /// Has the end of a job kept; from then on its folder may be removed.
    pub(in crate::rollout) async fn keep_end(
        &self,
        finished: &FinishedJob,
        error: Option<&HostError>,
        result: &TurnResult,
    ) -> Result<(), HostError> {
        let event = EventKind::HostJobEnded {
            host: self.host.name.clone(),
            job: finished.id.to_string(),
            changed: result.changed.clone(),
            error: error.cloned(),
            downloaded_bytes: result.downloaded_bytes,
            secured: result.secured.clone(),
        };
        self.keep(event, "host-job-ended").await
    }

    /// What is in the job's folder alone is told before that may be removed.
    async fn tell_left_over(&self, result: &mut TurnResult) {
        if !result.left_over.is_empty() {
            let (host, files) = (self.host.name.clone(), result.left_over.clone());
            let event = EventKind::HostLeftOver { host, files };
            result.told.push(event.clone());
            self.tell(event).await;
        }
    }

    /// What is installed now, even where the manager can no longer list updates. The job's own failure
    /// weighs more than what is missing because of it.
    async fn verify(
        &self,
        link: &mut Link<'_, T>,
        aim: &Aim,
        finished: &FinishedJob,
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
                result.changed = aim.before.changed(&after);
                let mut missing = missing_changes(aim.manager, &aim.ran.changes, &after);
                missing.extend(remaining_removals(aim.manager, &aim.removes, &after));
                let failure = finished.failure.clone().or_else(|| incomplete(&missing));
                (
                    failure,
                    probe.and_then(|probe| probe.broken.map_or(Ok(probe.facts), Err)),
                )
            }
            Err(error) => (finished.failure.clone(), Err(error)),
        }
    }
}

/// What is kept of the host's condition before: at least which units had failed.
fn condition_before(before: Option<&Condition>, facts: &Facts) -> Condition {
    let mut condition = before.cloned().unwrap_or_default();
    if condition.failed_units.is_none() {
        condition.failed_units = facts.failed_units.as_ref().map(|units| units.iter().cloned().collect());
    }
    condition
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
