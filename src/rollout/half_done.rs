//! A transaction that was broken off: recognised by what the host's own manager says, named, and mended where the
//! playbook wants that.
//!
//! What must stay true: a host is mended at most once in a run. Every job of the mending is announced before it is
//! begun, under an id of its own that is never started twice, and what it came to is proved as any other. The ends of
//! the earlier jobs are kept only when the last one has ended: whoever takes the host up again begins with the last
//! job that was announced, and comes to the same.

use std::time::Duration;

use super::after::probe;
use super::executor::Turn;
use super::job::{self, FinishedJob, JobOrder};
use super::link::Link;
use crate::manager::installed_versions;
use crate::manager::version::compare;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::manager::Manager;
use crate::model::plan::{PlannedChange, PlannedRemoval};
use crate::model::repair::Finding;
use crate::model::run_rules::HalfDone;
use crate::plan::drift::remaining_changes;
use crate::remote::job::{JobId, JobState, JobStep};
use crate::remote::probe::parse_installed_only;
use crate::remote::repair::{look_script, parse_look};
use crate::remote::transport::Transport;

/// pacman's lock counts as left over only when it is some seconds old.
const UNTIL_LEFT_OVER: Duration = Duration::from_secs(7);

/// As many findings as an error names.
const NAMED: usize = 3;

/// What the transaction was to come to.
pub(super) struct Goal<'a> {
    pub manager: Manager,
    /// What must be installed in the end.
    pub changes: &'a [PlannedChange],
    /// New dependencies that may come with them.
    pub may_bring: &'a [PlannedChange],
    /// What goes with them.
    pub removes: &'a [PlannedRemoval],
}

/// Which job of a mending one is, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Transaction,
    Repair,
    Rest,
}

/// Takes a job that ended, and gives the one by which the host is judged: the same where it was not broken off, or
/// nothing is mended, with an error that says what is broken; else the job that installed the rest.
///
/// # Errors
/// What keeps a mending from being begun: an announcement that was not kept.
pub(super) async fn settle<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    goal: Goal<'_>,
    finished: FinishedJob,
) -> Result<FinishedJob, HostError> {
    if turn.step != JobStep::Everything {
        return Ok(finished);
    }
    match stage(turn, &finished.id) {
        // It was taken up again in the middle of the mending.
        Stage::Rest => {
            close_earlier(turn, link, &finished.id, &finished).await?;
            Ok(finished)
        }
        Stage::Repair => {
            let repair = finished.id.clone();
            let last = install_rest(turn, link, &goal, finished).await?;
            close_earlier(turn, link, &repair, &last).await?;
            Ok(last)
        }
        Stage::Transaction => look_at(turn, link, &goal, finished).await,
    }
}

/// Closes every job of the turn that an earlier controller announced before this one.
async fn close_earlier<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    id: &JobId,
    last: &FinishedJob,
) -> Result<(), HostError> {
    let jobs = turn.past.iter().flat_map(|past| &past.jobs);
    for job in jobs.take_while(|job| job.id.as_str() != id.as_str()) {
        let earlier = JobId::new(job.id.as_str()).map_err(|error| super::survey::internal(&error))?;
        if job.end.is_none() {
            let error = (stage(turn, &earlier) != Stage::Repair).then(broken_off);
            close(turn, link, &earlier, error, last).await?;
        } else if last.failure.is_none() {
            job::clean_up(turn, link, &earlier).await;
        }
    }
    Ok(())
}

async fn look_at<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    goal: &Goal<'_>,
    mut finished: FinishedJob,
) -> Result<FinishedJob, HostError> {
    let Some(failure) = finished.failure.clone() else {
        return Ok(finished);
    };
    let was_broken_off = matches!(finished.state, JobState::Died | JobState::LostInReboot);
    if !was_broken_off && !finished.is_installing {
        return Ok(finished);
    }
    let is_mended = turn.rules.run.half_done == HalfDone::Mend;
    if was_broken_off && goal.manager == Manager::Pacman {
        tokio::time::sleep(UNTIL_LEFT_OVER).await;
    }
    let wait = if is_mended {
        turn.limits.lock_wait
    } else {
        turn.limits.read_lock_wait
    };
    let findings = match look(turn, link, goal.manager, wait).await {
        Ok(findings) => findings,
        Err(error) => {
            finished.failure = Some(not_looked(&failure, &error));
            return Ok(finished);
        }
    };
    let is_mendable = findings.iter().any(|finding| finding.remedy.is_some());
    if !was_broken_off && findings.is_empty() {
        return Ok(finished);
    }
    let error = named(turn, &failure, &findings);
    if !is_mended || !(was_broken_off || is_mendable) {
        finished.failure = Some(error);
        return Ok(finished);
    }
    turn.tell(EventKind::HostHalfDone {
        host: turn.host.name.clone(),
        error: error.clone(),
        findings: findings.into_iter().map(|finding| finding.words).collect(),
    })
    .await;
    finished.failure = Some(error);
    mend(turn, link, goal, finished).await
}

/// The job that repairs, and then the one that installs the rest.
async fn mend<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    goal: &Goal<'_>,
    broken: FinishedJob,
) -> Result<FinishedJob, HostError> {
    let order = JobOrder {
        manager: goal.manager,
        changes: goal.changes.to_vec(),
        may_bring: Vec::new(),
        removes: goal.removes.to_vec(),
        before: None,
    };
    let repaired = job::run_as(turn, link, order, id_of(turn, Stage::Repair)?, JobStep::Repair).await?;
    if let Some(error) = &repaired.failure {
        let failed = FinishedJob {
            failure: Some(HostError::new(
                error.code,
                format!("it was broken off, and could not be mended: {}", error.message),
                &error.hint,
            )),
            ..repaired
        };
        close(turn, link, &broken.id, broken.failure, &failed).await?;
        return Ok(failed);
    }
    let last = install_rest(turn, link, goal, repaired).await?;
    close(turn, link, &broken.id, broken.failure, &last).await?;
    Ok(last)
}

/// What is left of the plan once the host was repaired.
async fn install_rest<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    goal: &Goal<'_>,
    repaired: FinishedJob,
) -> Result<FinishedJob, HostError> {
    if repaired.failure.is_some() {
        return Ok(repaired);
    }
    let left = look(turn, link, goal.manager, turn.limits.lock_wait).await?;
    if let Some(finding) = left.first() {
        return Ok(FinishedJob {
            failure: Some(HostError::new(
                ErrorCode::Broken,
                format!(
                    "its transaction was broken off, and it is still broken: {}",
                    finding.words
                ),
                format!("look at it with `patchwave repair {} --dry-run`", turn.host.name),
            )),
            ..repaired
        });
    }
    let rest = rest(turn, link, goal).await?;
    if rest.is_empty() {
        return Ok(repaired);
    }
    let order = JobOrder {
        manager: goal.manager,
        changes: rest,
        may_bring: goal.may_bring.to_vec(),
        removes: goal.removes.to_vec(),
        before: None,
    };
    let last = job::run_as(turn, link, order, id_of(turn, Stage::Rest)?, JobStep::Everything).await?;
    close(turn, link, &repaired.id, None, &last).await?;
    Ok(last)
}

/// The planned changes that are not installed, each from the version that is there.
async fn rest<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    goal: &Goal<'_>,
) -> Result<Vec<PlannedChange>, HostError> {
    let installed = probe(turn, link, true, parse_installed_only).await?;
    let mut rest = remaining_changes(goal.manager, goal.changes, &installed);
    for change in &mut rest {
        let versions = installed_versions(&installed, change);
        let newest = versions
            .into_iter()
            .max_by(|one, other| compare(goal.manager, one, other));
        change.from = newest.cloned();
    }
    Ok(rest)
}

async fn look<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    manager: Manager,
    wait: Duration,
) -> Result<Vec<Finding>, HostError> {
    link.ask(
        |nonce| look_script(manager, wait, nonce),
        |output, nonce| parse_look(manager, output, nonce),
        turn.limits.command + wait,
    )
    .await
}

/// Has the end of an earlier job kept; its folder stays for a look where the last one failed.
async fn close<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    id: &JobId,
    error: Option<HostError>,
    last: &FinishedJob,
) -> Result<(), HostError> {
    let event = EventKind::HostJobEnded {
        host: turn.host.name.clone(),
        job: id.to_string(),
        changed: Vec::new(),
        error,
        downloaded_bytes: None,
        secured: None,
    };
    turn.keep(event, "host-job-ended").await?;
    if last.failure.is_none() {
        job::clean_up(turn, link, id).await;
    }
    Ok(())
}

fn broken_off() -> HostError {
    HostError::new(
        ErrorCode::Lost,
        "the transaction was broken off, and the host was mended",
        "nothing is to be done",
    )
}

fn id_of<T: Transport>(turn: &Turn<T>, stage: Stage) -> Result<JobId, HostError> {
    let suffix = match stage {
        Stage::Transaction => "",
        Stage::Repair => "-repair",
        Stage::Rest => "-rest",
    };
    JobId::new(format!("{}{suffix}", turn.run)).map_err(|error| super::survey::internal(&error))
}

fn stage<T: Transport>(turn: &Turn<T>, id: &JobId) -> Stage {
    let is = |stage| id_of(turn, stage).is_ok_and(|own| own == *id);
    if is(Stage::Repair) {
        Stage::Repair
    } else if is(Stage::Rest) {
        Stage::Rest
    } else {
        Stage::Transaction
    }
}

/// The failure with what the manager says is broken.
fn named<T: Transport>(turn: &Turn<T>, failure: &HostError, findings: &[Finding]) -> HostError {
    let words: Vec<&str> = findings
        .iter()
        .take(NAMED)
        .map(|finding| finding.words.as_str())
        .collect();
    if words.is_empty() {
        return HostError::new(
            failure.code,
            format!("{}; its package manager finds nothing broken", failure.message),
            "apply again: what is left of the plan is installed then",
        );
    }
    let more = findings.len().saturating_sub(words.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    HostError::new(
        failure.code,
        format!("{}; it is half done: {}{more}", failure.message, words.join("; ")),
        format!(
            "mend it with `patchwave repair {}`, then apply again; `half_done: mend` in the playbook does both",
            turn.host.name
        ),
    )
}

fn not_looked(failure: &HostError, error: &HostError) -> HostError {
    HostError::new(
        failure.code,
        format!(
            "{}; whether it is half done could not be seen: {}",
            failure.message, error.message
        ),
        &failure.hint,
    )
}
