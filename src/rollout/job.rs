//! Starts a host's transaction, detached, and follows it to its end over as many connections as it takes.
//!
//! A lost connection changes nothing: the job goes on, and the controller comes back and reads on from the
//! last byte. The job is never killed from here. A job that fails before it says that it installs has changed
//! nothing, and the error says so.

use std::time::{Duration, Instant};

use super::executor::{LockWait, Turn};
use super::job_log::JobLog;
use super::link::Link;
use super::survey::internal;
use crate::manager::failure;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::HostPhase;
use crate::model::manager::Manager;
use crate::model::name::RunId;
use crate::model::plan::PlannedChange;
use crate::model::text::printable;
use crate::remote::job::{
    JobId, JobRequest, JobState, cleanup_script, follow_script, parse_cleanup, parse_follow, parse_start, start_script,
};
use crate::remote::phase::JobNote;
use crate::remote::transport::Transport;

/// How long one script waits on the host for the job's end before it reports progress.
const FOLLOW: Duration = Duration::from_secs(20);

/// Deadline of an answer beyond the time that the host waits by itself.
const ANSWER: Duration = Duration::from_secs(60);

/// What is said of a job that failed before it installed; the guards of the scripts use the same words.
const NOTHING_CHANGED: &str = "nothing was changed";

/// What is to be installed.
pub(super) struct JobOrder<'a> {
    pub run: &'a RunId,
    pub manager: Manager,
    pub changes: Vec<PlannedChange>,
    pub may_bring: Vec<PlannedChange>,
}

/// A job that ended.
pub(super) struct FinishedJob {
    pub id: JobId,
    pub log: String,
    /// What the manager's cache gained, in bytes, when the host said so.
    pub downloaded_bytes: Option<u64>,
    pub failure: Option<HostError>,
}

/// Starts the job and follows it to its end.
pub(super) async fn run<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    order: JobOrder<'_>,
) -> Result<FinishedJob, HostError> {
    let id = JobId::new(order.run.as_str()).map_err(|error| internal(&error))?;
    let request = JobRequest {
        id: id.clone(),
        manager: order.manager,
        step: turn.step,
        changes: order.changes,
        may_bring: order.may_bring,
        install: turn.rules.updates.install.clone(),
        consent: turn.rules.consent(&turn.host.name),
        lock_wait: turn.limits.lock_wait,
    };
    // An answer that was lost is asked for again: the same id is never started twice.
    link.ask(|nonce| start_script(&request, nonce), parse_start, turn.limits.command)
        .await?;
    let (state, log) = follow(turn, link, &id).await?;
    let failure = judge(order.manager, &state, &log);
    Ok(FinishedJob {
        id,
        downloaded_bytes: log.downloaded_bytes(),
        log: log.into_text(),
        failure,
    })
}

/// Removes what the job left on the host. A failure is no failure of the host: the next run removes it.
pub(super) async fn clean_up<T: Transport>(turn: &Turn<T>, link: &mut Link<'_, T>, id: &JobId) {
    let _ = link
        .ask(|nonce| cleanup_script(id, nonce), parse_cleanup, turn.limits.command)
        .await;
}

async fn follow<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    id: &JobId,
) -> Result<(JobState, JobLog), HostError> {
    let started = Instant::now();
    let (mut offset, mut log) = (0, JobLog::default());
    loop {
        let script = |nonce| follow_script(id, offset, FOLLOW, nonce);
        let progress = link.ask(script, parse_follow, FOLLOW + ANSWER).await?;
        offset = progress.offset;
        let ended = progress.state != JobState::Running;
        let mut notes = Vec::new();
        log.read(&progress.log, ended, |line| turn.show(line), |note| notes.push(note));
        for note in notes {
            hear(turn, note).await;
        }
        if ended {
            return Ok((progress.state, log));
        }
        if started.elapsed() > turn.limits.job {
            return Err(HostError::new(
                ErrorCode::Stall,
                format!(
                    "the job has not ended after {} minutes; it goes on",
                    turn.limits.job.as_secs() / 60
                ),
                format!(
                    "look at the job's log on the host: /var/lib/patchwave/jobs/{}/log",
                    id.as_str()
                ),
            ));
        }
    }
}

/// Passes on what the job says of itself.
async fn hear<T: Transport>(turn: &Turn<T>, note: JobNote) {
    match note {
        // The host does it anyway: it was told to when the download began, and that was kept.
        JobNote::Installing => {
            let _ = turn.enter(HostPhase::Patching).await;
        }
        JobNote::Waiting { holder } => {
            let holder = printable(&holder);
            turn.say_wait(LockWait::Begins { holder }).await;
        }
        JobNote::Continuing { waited } => turn.say_wait(LockWait::Ends { waited }).await,
        JobNote::Downloading | JobNote::Downloaded { .. } => {}
    }
}

fn judge(manager: Manager, state: &JobState, log: &JobLog) -> Option<HostError> {
    let error = judge_state(manager, state, log)?;
    Some(match state {
        // The end of the log, with the line of the phase, may be lost with the power.
        JobState::Unknown | JobState::LostInReboot => error,
        _ if log.is_installing() || error.message.contains(NOTHING_CHANGED) => error,
        _ => HostError::new(error.code, format!("{}: {NOTHING_CHANGED}", error.message), error.hint),
    })
}

fn judge_state(manager: Manager, state: &JobState, log: &JobLog) -> Option<HostError> {
    match state {
        JobState::Finished { exit_code } => (*exit_code != 0).then(|| failure(manager, *exit_code, log.of_phase())),
        JobState::Running => None,
        JobState::Died => Some(HostError::new(
            ErrorCode::Lost,
            "the job ended without a result: something killed it on the host",
            "look at the host's journal (out of memory?), then check its package database",
        )),
        JobState::Unknown => Some(HostError::new(
            ErrorCode::Lost,
            "the host no longer knows the job",
            "check the host's package database, then apply again",
        )),
        JobState::LostInReboot => Some(HostError::new(
            ErrorCode::Lost,
            "the host rebooted by itself while the job ran",
            "check the host's package database, then apply again",
        )),
    }
}
