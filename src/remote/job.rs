//! Jobs: the package transaction on one host, detached from the connection that started it.
//!
//! A job lives in `/var/lib/patchwave/jobs/ID` (mode 0700): its plan, its log, its process id, the boot
//! id it runs under, and in the end its result, which appears by an atomic rename. `start` never waits
//! for the transaction; `follow` reads the log on from a byte offset, over any later connection.
//!
//! Data lines and sections of the scripts; a simulated host must answer the same:
//!
//! - `job-start`: id, manager, seconds to wait for a lock, `download`, `secure`, `everything` or `repair`, the
//!   lines of [`crate::manager::transaction`], `end`. Section `start`: `state=` `started`, `attached`, `needs-root` (exit code 77), or another word
//!   with a reason on standard error.
//! - `job-follow`: id, offset, seconds to wait. Section `state`: lines `state=` `running`, `finished`,
//!   `died`, `lost-in-reboot`, `unknown` or `needs-root`; `result=` the exit code, empty until finished;
//!   `size=` of the log and `next=` offset, in bytes, `silent=` the seconds since the log grew, which may be
//!   missing. Section `log`: the bytes from the offset to `next`.
//! - `job-cleanup`: id. Section `cleanup`: exit code 0, 75 while the job runs, 77 without root.
//! - `job-simulate`: manager, seconds to wait for a lock, lines as above, `end`. Section `simulate`: the manager's own output and exit
//!   code; 77 when it wants root.
//!
//! What must stay true: starting the same id twice never runs it twice, and a job without a result is
//! never taken for a finished one.

use std::fmt;
use std::time::Duration;

use crate::manager::steps::{Steps, steps};
use crate::manager::{TransactionError, consented, failure, marked, transaction};
use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::PackageName;
use crate::model::plan::PlannedChange;
use crate::model::rollback::Consent;
use crate::model::section::{Section, Sections};

use super::frame;
use super::program;
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

/// How far a job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStep {
    /// Everything that is planned is put into the manager's cache; nothing that is installed changes.
    DownloadOnly,
    /// It is downloaded and installed.
    Everything,
    /// The package files of the installed versions that will be replaced are put aside on the host, as far as a
    /// repository or the manager's cache has them: see [`super::secure`]. Nothing that is installed changes.
    Secure,
    /// What an interrupted manager left is mended; nothing is planned.
    Repair,
}

impl JobStep {
    fn as_str(self) -> &'static str {
        match self {
            Self::DownloadOnly => "download",
            Self::Secure => "secure",
            Self::Repair => "repair",
            Self::Everything => "everything",
        }
    }
}

/// A transaction to run on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRequest {
    /// Names it. The same id again means the same job: it is not run twice.
    pub id: JobId,
    /// The host's package manager, as the probe found it.
    pub manager: Manager,
    /// How far it goes.
    pub step: JobStep,
    /// Exactly these changes; the job fails rather than do anything else.
    pub changes: Vec<PlannedChange>,
    /// New dependencies that may come with them.
    pub may_bring: Vec<PlannedChange>,
    /// New packages among the changes that are wanted for themselves; any other new one counts as a dependency.
    pub install: Vec<PackageName>,
    /// What it may do beyond installing what is newer.
    pub consent: Consent,
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
    /// For how long the log has not grown, by the host's own clock; zero where the host does not say.
    pub silent: Duration,
}

/// What a simulation of a transaction came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// What the manager printed.
    pub log: String,
    /// What it would do, as far as it says so; empty when it would fail.
    pub steps: Steps,
    /// Why the transaction would fail; `None` when it would be done exactly as planned.
    pub failure: Option<HostError>,
}

/// Why a job's script cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// The changes make no transaction.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// A value cannot be a line of data.
    #[error(transparent)]
    Value(#[from] UnsendableValue),
}

/// The script that starts a job, or finds it started. It needs root.
///
/// # Errors
/// When the changes make no transaction.
pub fn start_script(request: &JobRequest, nonce: Nonce) -> Result<Script, JobError> {
    let mut data = vec![
        request.id.to_string(),
        request.manager.to_string(),
        request.lock_wait.as_secs().to_string(),
        request.step.as_str().to_owned(),
    ];
    // A repair has a plan where it ends a transaction of that plan which was broken off.
    if request.step != JobStep::Repair || !request.changes.is_empty() {
        let lines = transaction(request.manager, &request.changes, &request.may_bring)?;
        let lines = lines.into_iter().map(|line| marked(line, &request.install));
        data.extend(consented(request.manager, lines, &request.consent));
    }
    data.push(END.to_owned());
    let program = program::start(request.manager);
    Ok(Script::new(START_KIND, &program, nonce, data)?)
}

/// Reads what starting a job printed.
///
/// # Errors
/// `E_SUDO` without root, `E_DISK` or `E_MANAGER` when the job could not be written or started,
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete (the job may run: start it again).
pub fn parse_start(output: &ScriptOutput, nonce: &Nonce) -> Result<JobStart, HostError> {
    let sections = frame::parse(output, nonce)?;
    let section = section(&sections, "start")?;
    match value(&section.stdout, "state") {
        Some("started") => Ok(JobStart::Started),
        Some("attached") => Ok(JobStart::Attached),
        Some("needs-root") => Err(needs_root("a package transaction")),
        _ => Err(not_started(section)),
    }
}

fn not_started(section: &Section) -> HostError {
    let said = section.stderr.lines().rev().find(|line| !line.trim().is_empty());
    let said = said.unwrap_or("no reason given");
    if section.stderr.contains("No space left on device") {
        return HostError::new(
            ErrorCode::Disk,
            format!("the job could not be written: {said}"),
            "free some space in /var/lib on the host, then try again",
        );
    }
    HostError::new(
        ErrorCode::Manager,
        format!("the job could not be started: {said}"),
        "look at /var/lib/patchwave on the host, and at `systemctl status`",
    )
}

/// The script that reads a job's log from a byte offset and its state. It answers as soon as the job has
/// ended or begun to install, at the latest after `wait` (whole seconds). One answer holds at most 256 KiB of the log; while
/// there is more, the state is [`JobState::Running`].
///
/// # Errors
/// None in practice: no value of it holds a line break.
pub fn follow_script(id: &JobId, offset: u64, wait: Duration, nonce: Nonce) -> Result<Script, UnsendableValue> {
    let data = [id.to_string(), offset.to_string(), wait.as_secs().to_string()];
    Script::new(FOLLOW_KIND, &program::follow(), nonce, data)
}

/// Reads what following a job printed.
///
/// # Errors
/// `E_SUDO` without root, `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_follow(output: &ScriptOutput, nonce: &Nonce) -> Result<JobProgress, HostError> {
    let sections = frame::parse(output, nonce)?;
    let answer = &section(&sections, "state")?.stdout;
    let number = |key| value(answer, key).and_then(|text| text.parse::<u64>().ok());
    let state = match value(answer, "state") {
        Some("needs-root") => return Err(needs_root("following a job")),
        Some("running") => JobState::Running,
        Some("finished") => match value(answer, "result").map(str::parse) {
            Some(Ok(exit_code)) => JobState::Finished { exit_code },
            _ => return Err(not_understood()),
        },
        Some("died") => JobState::Died,
        Some("lost-in-reboot") => JobState::LostInReboot,
        Some("unknown") => JobState::Unknown,
        _ => return Err(not_understood()),
    };
    let (Some(size), Some(offset)) = (number("size"), number("next")) else {
        return Err(not_understood());
    };
    Ok(JobProgress {
        log: sections.text("log").to_owned(),
        offset,
        silent: Duration::from_secs(number("silent").unwrap_or(0)),
        state: if offset < size { JobState::Running } else { state },
    })
}

/// The script that removes what a finished job left. It leaves a job alone that still runs.
///
/// # Errors
/// None in practice: no value of it holds a line break.
pub fn cleanup_script(id: &JobId, nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(CLEANUP_KIND, &program::cleanup(), nonce, [id.as_str()])
}

/// Reads what cleaning up printed.
///
/// # Errors
/// `E_SUDO` without root, `E_LOCK` when the job still runs, `E_MANAGER` when its folder could not be
/// removed, `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_cleanup(output: &ScriptOutput, nonce: &Nonce) -> Result<(), HostError> {
    let sections = frame::parse(output, nonce)?;
    let section = section(&sections, "cleanup")?;
    match section.exit_code {
        0 => Ok(()),
        77 => Err(needs_root("removing a job")),
        75 => Err(HostError::new(
            ErrorCode::Lock,
            "the job still runs",
            "wait until it has ended",
        )),
        _ => Err(HostError::new(
            ErrorCode::Manager,
            format!("the job's folder could not be removed: {}", section.stderr.trim()),
            "remove it from /var/lib/patchwave/jobs on the host",
        )),
    }
}

/// The script that lets the manager simulate the transaction, in the foreground. It changes nothing.
///
/// # Errors
/// When the changes make no transaction.
pub fn simulate_script(
    manager: Manager,
    changes: &[PlannedChange],
    may_bring: &[PlannedChange],
    consent: &Consent,
    lock_wait: Duration,
    nonce: Nonce,
) -> Result<Script, JobError> {
    let mut data = vec![manager.to_string(), lock_wait.as_secs().to_string()];
    data.extend(consented(manager, transaction(manager, changes, may_bring)?, consent));
    data.push(END.to_owned());
    Ok(Script::new(SIMULATE_KIND, &program::simulate(manager), nonce, data)?)
}

/// Reads what a simulation printed.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete. What the manager refuses is no error of the
/// simulation: see [`Simulation::failure`].
pub fn parse_simulate(manager: Manager, output: &ScriptOutput, nonce: &Nonce) -> Result<Simulation, HostError> {
    let sections = frame::parse(output, nonce)?;
    let section = section(&sections, "simulate")?;
    let log = format!("{}{}", section.stdout, section.stderr);
    let failure = match section.exit_code {
        0 => None,
        77 => Some(needs_root("simulating a transaction")),
        code => Some(failure(manager, code, &log)),
    };
    let steps = match &failure {
        None => steps(manager, &section.stdout),
        Some(_) => Steps::default(),
    };
    Ok(Simulation { log, steps, failure })
}

/// The last line of a plan: without it the plan was cut off.
const END: &str = "end";

pub(super) fn needs_root(what: &str) -> HostError {
    HostError::new(
        ErrorCode::Sudo,
        format!("{what} needs root, and the login is not root"),
        "set `become: sudo` for this host in the inventory, or log in as root",
    )
}

fn section<'a>(sections: &'a Sections, name: &str) -> Result<&'a Section, HostError> {
    sections.get(name).ok_or_else(not_understood)
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

fn not_understood() -> HostError {
    HostError::new(
        ErrorCode::Protocol,
        "the host's answer about a job was not understood",
        "look at /var/lib/patchwave/jobs on the host; please report it",
    )
}

#[cfg(test)]
mod tests {
    use super::super::frame::FrameWriter;
    use super::*;

    fn nonce() -> Nonce {
        Nonce::from_bits(1)
    }

    fn answer(name: &str, stdout: &str, code: i32, log: Option<&str>) -> ScriptOutput {
        let mut writer = FrameWriter::new(nonce());
        writer.section(name, stdout, "", code);
        if let Some(log) = log {
            writer.section("log", log, "", 0);
        }
        writer.finish()
    }

    #[test]
    fn an_id_cannot_leave_its_folder() {
        for id in ["", "..", "a/b", "-x", "a b", "a.b", &"x".repeat(65)] {
            assert!(JobId::new(id).is_err(), "{id}");
        }
        assert!(JobId::new("20260101T000000Z-1f").is_ok());
    }

    #[test]
    fn a_job_with_unread_log_is_not_finished_yet() {
        let follow = |text| parse_follow(&answer("state", text, 0, Some("abc")), &nonce()).unwrap();
        let progress = follow("state=finished\nresult=0\nsize=10\nnext=3\n");
        assert_eq!((progress.state, progress.offset), (JobState::Running, 3));
        let progress = follow("state=finished\nresult=100\nsize=3\nnext=3\n");
        assert_eq!(progress.state, JobState::Finished { exit_code: 100 });
        assert_eq!(progress.log, "abc");
    }

    #[test]
    fn a_result_that_is_no_number_is_not_a_success() {
        let output = answer("state", "state=finished\nresult=\nsize=0\nnext=0\n", 0, Some(""));
        assert_eq!(parse_follow(&output, &nonce()).unwrap_err().code, ErrorCode::Protocol);
    }

    #[test]
    fn without_root_nothing_is_started() {
        let output = answer("start", "state=needs-root\n", 77, None);
        assert_eq!(parse_start(&output, &nonce()).unwrap_err().code, ErrorCode::Sudo);
    }
}
