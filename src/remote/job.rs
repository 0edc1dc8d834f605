//! Jobs: the package transaction on one host, detached from the connection that started it.
//!
//! A job lives in `/var/lib/patchwave/jobs/ID` (mode 0700): its plan, its log, its process id, the boot
//! id it runs under, and in the end its result, which appears by an atomic rename. `start` never waits
//! for the transaction; `follow` reads the log on from a byte offset, over any later connection.
//!
//! What must stay true: starting the same id twice never runs it twice, and a job without a result is
//! never taken for a finished one.

use std::fmt;
use std::time::Duration;

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::plan::PlannedChange;

use super::frame;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;

/// The kind of the script that starts a job.
pub const START_KIND: &str = "job-start";
/// The kind of the script that reads a job's log and state.
pub const FOLLOW_KIND: &str = "job-follow";
/// The kind of the script that removes what a finished job left.
pub const CLEANUP_KIND: &str = "job-cleanup";
/// The kind of the script that simulates a transaction.
pub const SIMULATE_KIND: &str = "job-simulate";

/// Names a job on its host: 1 to 64 ASCII letters, digits and `-`, not beginning with `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(String);

/// A text that cannot name a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a job's id is 1 to 64 ASCII letters, digits and `-`, not beginning with `-`")]
pub struct InvalidJobId;

impl JobId {
    /// Checks the text.
    ///
    /// # Errors
    /// When it is empty, longer than 64, begins with `-` or holds another character.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidJobId> {
        let text = text.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if text.is_empty() || text.len() > 64 || text.starts_with('-') || !text.chars().all(allowed) {
            return Err(InvalidJobId);
        }
        Ok(Self(text))
    }

    /// The checked text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// A transaction to run on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRequest {
    /// Names it. The same id again means the same job: it is not run twice.
    pub id: JobId,
    /// The host's package manager, as the probe found it.
    pub manager: Manager,
    /// Exactly these changes; the job fails rather than do anything else.
    pub changes: Vec<PlannedChange>,
    /// How long to wait for another process to give up the manager's lock.
    pub lock_wait: Duration,
}

/// What starting a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStart {
    /// It runs.
    Started,
    /// A job of this id was there before; it was not started again.
    Attached,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It runs, or there is more of its log to fetch.
    Running,
    /// It ended.
    Finished {
        /// The exit code of the manager, or of the job's own guards. Success needs a second probe.
        exit_code: i32,
    },
    /// Its process is gone and left no result.
    Died,
    /// The host was rebooted while it ran.
    LostInReboot,
    /// The host has no job of this id.
    Unknown,
}

/// What a look at a job brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobProgress {
    /// What the log holds from the offset that was asked for; bytes that are not UTF-8 replaced.
    pub log: String,
    /// Where to read on, in bytes.
    pub offset: u64,
    /// How far it is.
    pub state: JobState,
}

/// What a simulation of a transaction came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// What the manager printed.
    pub log: String,
    /// Why the transaction would fail; `None` when it would be done exactly as planned.
    pub failure: Option<HostError>,
}

/// The script that starts a job, or finds it started. It needs root.
///
/// # Errors
/// When a value cannot be a line of data.
pub fn start_script(request: &JobRequest, nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(
        START_KIND,
        "main() { :; }",
        nonce,
        [request.id.as_str(), request.manager.as_str()],
    )
}

/// Reads what starting a job printed.
///
/// # Errors
/// `E_SUDO` without root, `E_DISK` or `E_MANAGER` when the job could not be written or started,
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete (the job may run: start it again).
pub fn parse_start(output: &ScriptOutput, nonce: &Nonce) -> Result<JobStart, HostError> {
    frame::parse(output, nonce)?;
    Err(unwritten())
}

/// The script that reads a job's log from a byte offset and its state. It answers as soon as the job has
/// ended, at the latest after `wait`.
///
/// # Errors
/// None in practice: no value of it holds a line break.
pub fn follow_script(id: &JobId, offset: u64, wait: Duration, nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(
        FOLLOW_KIND,
        "main() { :; }",
        nonce,
        [id.as_str(), &offset.to_string(), &wait.as_secs().to_string()],
    )
}

/// Reads what following a job printed.
///
/// # Errors
/// `E_SUDO` without root, `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_follow(output: &ScriptOutput, nonce: &Nonce) -> Result<JobProgress, HostError> {
    frame::parse(output, nonce)?;
    Err(unwritten())
}

/// The script that removes what a finished job left. It leaves a job alone that still runs.
///
/// # Errors
/// None in practice: no value of it holds a line break.
pub fn cleanup_script(id: &JobId, nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(CLEANUP_KIND, "main() { :; }", nonce, [id.as_str()])
}

/// Reads what cleaning up printed.
///
/// # Errors
/// `E_SUDO` without root, `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_cleanup(output: &ScriptOutput, nonce: &Nonce) -> Result<(), HostError> {
    frame::parse(output, nonce)?;
    Ok(())
}

/// The script that lets the manager simulate the transaction, in the foreground. It changes nothing.
///
/// # Errors
/// When a value cannot be a line of data.
pub fn simulate_script(manager: Manager, _changes: &[PlannedChange], nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(SIMULATE_KIND, "main() { :; }", nonce, [manager.as_str()])
}

/// Reads what a simulation printed.
///
/// # Errors
/// `E_SUDO` without root where the manager wants it, `E_LOST` or `E_PROTOCOL` when the answer is not
/// complete.
pub fn parse_simulate(_manager: Manager, output: &ScriptOutput, nonce: &Nonce) -> Result<Simulation, HostError> {
    frame::parse(output, nonce)?;
    Err(unwritten())
}

fn unwritten() -> HostError {
    HostError::new(ErrorCode::Internal, "jobs are not written yet", "use a later build")
}
