//! Starts a host's transaction, detached, and follows it to its end over as many connections as it takes.
//!
//! A lost connection changes nothing: the job goes on, and the controller comes back and reads on from the
//! last byte. The job is never killed from here. A job that fails before it says that it installs has changed
//! nothing, and the error says so.

use std::time::{Duration, Instant};

use super::executor::{LockWait, Turn};
use super::job_log::JobLog;
use super::link::{Link, is_transient};
use super::silence::Silence;
use super::survey::internal;
use crate::manager::failure;
use crate::model::condition::Condition;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::{EventKind, HostPhase};
use crate::model::manager::Manager;
use crate::model::plan::{PlannedChange, PlannedRemoval};
use crate::model::text::printable;
use crate::remote::job::{
    JobId, JobRequest, JobStart, JobState, JobStep, cleanup_script, follow_script, parse_cleanup, parse_follow,
    parse_start, start_script,
};
use crate::remote::phase::JobNote;
use crate::remote::transport::Transport;

/// How long one script waits on the host for the job's end before it reports progress.
const FOLLOW: Duration = Duration::from_secs(20);

/// Deadline of an answer beyond the time that the host waits by itself.
const ANSWER: Duration = Duration::from_secs(60);

/// As often a job is started whose folder was there and is gone.
const START_TRIES: u32 = 3;

/// What is said of a job that failed before it installed; the guards of the scripts use the same words.
const NOTHING_CHANGED: &str = "nothing was changed";

/// What is to be installed.
pub(super) struct JobOrder {
    pub manager: Manager,
    pub changes: Vec<PlannedChange>,
    pub may_bring: Vec<PlannedChange>,
    /// What goes, because the changes take its place.
    pub removes: Vec<PlannedRemoval>,
    /// The condition of the host before, which is kept with the job.
    pub before: Option<Condition>,
}

/// A job that ended.
pub(super) struct FinishedJob {
    pub id: JobId,
    pub log: String,
    /// What the manager's cache gained, in bytes, when the host said so.
    pub downloaded_bytes: Option<u64>,
    pub failure: Option<HostError>,
    pub state: JobState,
    /// Whether it said that it installs.
    pub is_installing: bool,
}

/// Keeps the job, starts it and follows it to its end.
pub(super) async fn run<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    order: JobOrder,
) -> Result<FinishedJob, HostError> {
    run_as(turn, link, order, next_id(turn)?, turn.step).await
}

/// The same under an id of its own.
pub(super) async fn run_as<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    order: JobOrder,
    id: JobId,
    step: JobStep,
) -> Result<FinishedJob, HostError> {
    let event = EventKind::HostJob {
        host: turn.host.name.clone(),
        job: id.to_string(),
        changes: order.changes.clone(),
        before: order.before,
    };
    turn.keep(event, "host-job").await?;
    let request = JobRequest {
        id: id.clone(),
        manager: order.manager,
        step,
        changes: order.changes,
        may_bring: order.may_bring,
        install: turn.rules.updates.install.clone(),
        consent: turn.rules.consent(&turn.host.name, &order.removes),
        lock_wait: turn.limits.lock_wait,
    };
    let (state, log) = start(turn, link, &request).await?;
    Ok(finished(order.manager, id, state, log))
}

/// Starts the job and follows it to its end. A folder of it that another controller's broken connection had begun and
/// removed again is no job: it is started once more.
async fn start<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    request: &JobRequest,
) -> Result<(JobState, JobLog), HostError> {
    for _ in 0..START_TRIES {
        // An answer that was lost is asked for again: the same id is never started twice.
        let started = link
            .ask(|nonce| start_script(request, nonce), parse_start, turn.limits.command)
            .await?;
        let (state, log) = follow(turn, link, &request.id).await?;
        if started != JobStart::Attached || state != JobState::Unknown {
            return Ok((state, log));
        }
    }
    Ok((JobState::Unknown, JobLog::default()))
}
/// Follows a job that may have been started before. `None` when the host knows no such job: then it never was, because
/// its folder stays until its end was kept.
pub(super) async fn adopt<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    manager: Manager,
    id: JobId,
) -> Result<Option<FinishedJob>, HostError> {
    let (state, log) = follow(turn, link, &id).await?;
    let is_known = state != JobState::Unknown;
    Ok(is_known.then(|| finished(manager, id, state, log)))
}

fn finished(manager: Manager, id: JobId, state: JobState, log: JobLog) -> FinishedJob {
    FinishedJob {
        id,
        downloaded_bytes: log.downloaded_bytes(),
        failure: judge(manager, &state, &log),
        is_installing: log.is_installing(),
        state,
        log: log.into_text(),
    }
}

/// The id of the turn's next job: the run's, with a number behind it once a job of the run has ended on the host.
fn next_id<T: Transport>(turn: &Turn<T>) -> Result<JobId, HostError> {
    let past = turn.past.iter().flat_map(|past| &past.jobs);
    let ended = past.filter(|job| job.end.is_some()).count();
    let id = match ended {
        0 => JobId::new(turn.run.as_str()),
        ended => JobId::new(format!("{}-{}", turn.run, ended + 1)),
    };
    id.map_err(|error| internal(&error))
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
    let (mut offset, mut log, mut silence) = (0, JobLog::default(), Silence::default());
    loop {
        let wait = FOLLOW.min(turn.limits.stall).max(Duration::from_secs(1));
        let script = |nonce| follow_script(id, offset, wait, nonce);
        let progress = match link.ask(script, parse_follow, wait + ANSWER).await {
            // The job goes on without us, and so does the wait for its host.
            Err(error) if is_transient(error.code) && started.elapsed() < turn.limits.job => {
                silence.unheard(turn, started.elapsed(), &error).await;
                continue;
            }
            answer => answer?,
        };
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
        silence
            .notice(turn, link, id, progress.silent, log.is_installing())
            .await;
        if started.elapsed() > turn.limits.job {
            return Err(silence.error(turn, id));
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
