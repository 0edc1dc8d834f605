//! Starts a host's transaction, detached, and follows it to its end over as many connections as it takes.
//!
//! A lost connection changes nothing: the job goes on, and the controller comes back and reads on from the
//! last byte. The job is never killed from here.

use std::time::{Duration, Instant};

use super::executor::Turn;
use super::limits::Limits;
use super::survey::internal;
use crate::manager::failure;
use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::RunId;
use crate::model::plan::PlannedChange;
use crate::remote::job::{
    JobId, JobProgress, JobRequest, JobState, cleanup_script, follow_script, parse_follow, parse_start, start_script,
};
use crate::remote::script::{Nonce, Script};
use crate::remote::transport::{Connection, ScriptOutput, ScriptRequest, Transport};

/// How long one script waits on the host for the job's end before it reports progress.
const FOLLOW: Duration = Duration::from_secs(20);

/// The end of a log that is kept for the error message. A longer log stays on the host.
const LOG_KEPT: usize = 256 * 1024;

/// First pause before a reconnection; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What is to be installed.
pub(super) struct JobOrder<'a> {
    pub run: &'a RunId,
    pub manager: Manager,
    pub changes: Vec<PlannedChange>,
}

/// A job that ended.
pub(super) struct FinishedJob {
    pub id: JobId,
    pub log: String,
    pub failure: Option<HostError>,
}

/// Starts the job and follows it to its end. The connection that comes back may be another one.
pub(super) async fn run<T: Transport>(
    turn: &Turn<T>,
    connection: T::Connection,
    order: JobOrder<'_>,
) -> Result<(T::Connection, FinishedJob), HostError> {
    let id = JobId::new(order.run.as_str()).map_err(|error| internal(&error))?;
    let request = JobRequest {
        id: id.clone(),
        manager: order.manager,
        changes: order.changes,
        lock_wait: turn.limits.lock_wait,
    };
    let nonce = fresh_nonce();
    let script = start_script(&request, nonce.clone()).map_err(|error| internal(&error))?;
    let output = exec(&connection, script, turn.limits.command).await?;
    parse_start(&output, &nonce)?;
    let (connection, state, log) = Follower {
        turn,
        id: &id,
        offset: 0,
        log: String::new(),
    }
    .follow(connection)
    .await?;
    let failure = judge(order.manager, &state, &log);
    Ok((connection, FinishedJob { id, log, failure }))
}

/// Removes what the job left on the host. A failure is no failure of the host: the next run removes it.
pub(super) async fn clean_up(connection: &impl Connection, id: &JobId, limits: &Limits) {
    if let Ok(script) = cleanup_script(id, fresh_nonce()) {
        let _ = exec(connection, script, limits.command).await;
    }
}

fn judge(manager: Manager, state: &JobState, log: &str) -> Option<HostError> {
    match state {
        JobState::Finished { exit_code } => (*exit_code != 0).then(|| failure(manager, *exit_code, log)),
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

struct Follower<'a, T> {
    turn: &'a Turn<T>,
    id: &'a JobId,
    offset: u64,
    log: String,
}

impl<T: Transport> Follower<'_, T> {
    async fn follow(mut self, mut connection: T::Connection) -> Result<(T::Connection, JobState, String), HostError> {
        let started = Instant::now();
        loop {
            match self.read_on(&connection).await {
                Ok(JobState::Running) => {}
                Ok(state) => return Ok((connection, state, self.log)),
                Err(error) if is_transient(error.code) => connection = self.reconnect(error).await?,
                Err(error) => return Err(error),
            }
            if started.elapsed() > self.turn.limits.job {
                return Err(HostError::new(
                    ErrorCode::Stall,
                    format!(
                        "the job has not ended after {} minutes; it goes on",
                        self.turn.limits.job.as_secs() / 60
                    ),
                    format!(
                        "look at the job's log on the host: /var/lib/patchwave/jobs/{}/log",
                        self.id.as_str()
                    ),
                ));
            }
        }
    }

    async fn read_on(&mut self, connection: &T::Connection) -> Result<JobState, HostError> {
        let nonce = fresh_nonce();
        let script = follow_script(self.id, self.offset, FOLLOW, nonce.clone()).map_err(|error| internal(&error))?;
        let output = exec(connection, script, FOLLOW + Duration::from_secs(60)).await?;
        let JobProgress { log, offset, state } = parse_follow(&output, &nonce)?;
        self.offset = offset;
        log.lines().for_each(|line| self.turn.show(line));
        self.log.push_str(&log);
        keep_end(&mut self.log);
        Ok(state)
    }

    async fn reconnect(&self, cause: HostError) -> Result<T::Connection, HostError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            self.turn.show(&format!(
                "connection lost ({}), the job goes on; connecting again",
                cause.message
            ));
            tokio::time::sleep(pause).await;
            match self.turn.transport.connect(&self.turn.host).await {
                Ok(connection) => return Ok(connection),
                Err(error) if !is_transient(error.code) => return Err(error),
                Err(error) if started.elapsed() > self.turn.limits.reconnect => {
                    return Err(HostError::new(
                        ErrorCode::Lost,
                        format!(
                            "the connection broke while the job ran and could not be made again: {}",
                            error.message
                        ),
                        format!(
                            "the job goes on by itself; its log on the host: /var/lib/patchwave/jobs/{}/log",
                            self.id.as_str()
                        ),
                    ));
                }
                Err(_) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }
}

async fn exec(connection: &impl Connection, script: Script, timeout: Duration) -> Result<ScriptOutput, HostError> {
    connection
        .run(&ScriptRequest {
            script,
            privileged: true,
            timeout,
        })
        .await
}

fn is_transient(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Connect | ErrorCode::Timeout | ErrorCode::Lost)
}

fn keep_end(log: &mut String) {
    if log.len() > LOG_KEPT {
        let mut cut = log.len() - LOG_KEPT;
        while !log.is_char_boundary(cut) {
            cut += 1;
        }
        log.drain(..cut);
    }
}

fn fresh_nonce() -> Nonce {
    Nonce::from_bits(rand::random())
}
