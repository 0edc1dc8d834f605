//! One host's turn, as a state machine: connect, check (see [`super::drift`]), download and patch, verify, reboot.
//!
//! Before `downloading` and `rebooting` the dispatcher must have kept the event; an executor that is not
//! acknowledged does nothing. Success is what a second probe finds, never what an exit code says.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::drift::Ready;
use super::excerpt::{excerpt, last_lines};
use super::limits::Limits;
use super::link::Link;
use super::reboot::reboot_and_wait;
use super::restart::Restarted;
use super::verify::{changes_between, missing_changes};
use super::{after, job, left_over, restart, survey};
use crate::manager::detect;
use crate::model::aftermath::{LeftOver, NeedsRestart};
use crate::model::drift::{DriftAction, HostDrift, Promotion};
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::HostPhase;
use crate::model::facts::Facts;
use crate::model::host::{Connect, Host, RebootPolicy};
use crate::model::name::{HostName, RunId};
use crate::model::plan::{Basis, PlanRules, PlannedChange, PlannedHost};
use crate::model::restart::RestartRule;
use crate::model::run::{Change, HostRunState, SecuredPackages};
use crate::model::scan::HostState;
use crate::model::text::{count, printable};
use crate::plan::drift::drift_error;
use crate::remote::job::JobStep;
use crate::remote::probe::{ProbeRequest, Refresh, parse_installed_only, parse_probe, probe_script};
use crate::remote::transport::{Connection, Transport};

/// What an executor tells the dispatcher while it works.
#[derive(Debug)]
pub(super) enum ExecutorMessage {
    /// It wants to enter a phase and waits until that is kept.
    Phase {
        host: HostName,
        phase: HostPhase,
        kept: oneshot::Sender<()>,
    },
    /// The host is no longer as planned; it waits until that is kept.
    Drift {
        host: HostName,
        drift: Box<HostDrift>,
        kept: oneshot::Sender<()>,
    },
    /// The job waits for a lock, or goes on.
    Wait { host: HostName, wait: LockWait },
    /// The job printed a line. May be lost.
    Output { host: HostName, line: String },
}

/// A job and the lock of the package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LockWait {
    /// Another process holds it.
    Begins { holder: String },
    /// It is free, after that many seconds.
    Ends { waited: u64 },
}

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
    pub messages: mpsc::Sender<ExecutorMessage>,
}

/// How one host's turn ended.
#[derive(Debug, Clone)]
pub(super) struct TurnResult {
    pub state: HostRunState,
    pub rebooted: bool,
    pub duration_ms: u64,
    pub error: Option<HostError>,
    pub excerpt: Vec<String>,
    /// The end of the job's log, when it failed.
    pub log: Vec<String>,
    pub changed: Vec<Change>,
    /// What the manager's cache gained, in bytes, when the host said so.
    pub downloaded_bytes: Option<u64>,
    /// What became of the installed versions that were to be put aside.
    pub secured: Option<SecuredPackages>,
    /// Whether anything was begun on the host: from then on a silent host is a failed one, not one that was
    /// merely not reached.
    pub touched: bool,
    /// What still runs replaced files on a host that was patched, and why it was not restarted.
    pub needs_restart: Vec<NeedsRestart>,
    /// What became of the units that were restarted.
    pub restarted: Restarted,
    /// Why a reboot is needed, on a host that was patched.
    pub reboot: Vec<String>,
    /// Configuration files that packages left beside the ones in use.
    pub left_over: Vec<LeftOver>,
    /// How the host differed from the plan.
    pub drift: Option<HostDrift>,
    /// Planned versions that gave way to those that an earlier wave ran.
    pub promoted: Vec<Promotion>,
    /// What was seen to be installed in the end, on a host that was patched or needed no patch.
    pub ran: Option<RanChanges>,
}

/// What a host was seen to run.
#[derive(Debug, Clone)]
pub(super) struct RanChanges {
    /// What the host was found to be.
    pub basis: Basis,
    pub changes: Arc<[PlannedChange]>,
    pub planned_anew: bool,
}

impl TurnResult {
    /// A turn that had nothing to do.
    pub fn unchanged() -> Self {
        Self {
            state: HostRunState::Unchanged,
            rebooted: false,
            duration_ms: 0,
            error: None,
            excerpt: Vec::new(),
            log: Vec::new(),
            changed: Vec::new(),
            downloaded_bytes: None,
            secured: None,
            touched: false,
            needs_restart: Vec::new(),
            restarted: Restarted::default(),
            reboot: Vec::new(),
            left_over: Vec::new(),
            drift: None,
            promoted: Vec::new(),
            ran: None,
        }
    }

    /// Whether nobody knows that the host serves again: it failed after something was begun on it, or it cannot be
    /// reached.
    pub fn stays_down(&self) -> bool {
        self.state == HostRunState::Unreachable || (self.state.is_failure() && self.touched)
    }

    /// What is left to do on a host that was patched.
    pub fn note_pending(&mut self, facts: &Facts, rule: &RestartRule, is_local: bool) {
        if self.state == HostRunState::Patched {
            self.needs_restart = restart::pending(rule, facts, &self.restarted, is_local);
            self.reboot = facts.reboot.reasons.iter().map(|reason| printable(reason)).collect();
        }
    }

    /// A turn that ended with drift that is seen without the host.
    pub fn from_drift(drift: HostDrift) -> Self {
        let ended = match drift.action {
            Some(DriftAction::SkipHost) => Self {
                state: HostRunState::Skipped,
                ..Self::unchanged()
            },
            _ => Self::from_error(drift_error(&drift)),
        };
        Self {
            drift: Some(drift),
            ..ended
        }
    }

    /// A turn that ended with an error before anything was done.
    pub fn from_error(error: HostError) -> Self {
        let state = if HostState::from_error(error.code).is_unreachable() {
            HostRunState::Unreachable
        } else {
            HostRunState::Failed
        };
        Self {
            state,
            error: Some(error),
            ..Self::unchanged()
        }
    }
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
        let (connection, facts) = if ready.remaining.is_empty() {
            result.ran = Some(ready.ran());
            (Some(connection), ready.facts)
        } else {
            self.patch(connection, ready, result).await?
        };
        let changed = result.state == HostRunState::Patched;
        match connection {
            Some(connection) if self.must_reboot(&facts, changed) => self.reboot(connection, &facts, result).await,
            Some(connection) => {
                connection.close().await;
                self.note_pending(&facts, result);
                Ok(())
            }
            None => {
                self.note_pending(&facts, result);
                Ok(())
            }
        }
    }

    async fn patch(
        &self,
        connection: T::Connection,
        ready: Ready,
        result: &mut TurnResult,
    ) -> Result<(Option<T::Connection>, Facts), HostError> {
        self.enter(HostPhase::Downloading).await?;
        result.touched = true;
        let job = job::JobOrder {
            run: &self.run,
            manager: ready.facts.manager,
            changes: ready.remaining.clone(),
            may_bring: ready.may_bring.to_vec(),
        };
        let mut link = Link::new(self, connection);
        let finished = job::run(self, &mut link, job).await?;
        result.downloaded_bytes = finished.downloaded_bytes;
        // Looking changes nothing, so it is done even when the ledger can keep no more events.
        let _ = self.enter(HostPhase::Verifying).await;
        let (failure, facts) = self.verify(&mut link, &ready, &finished, result).await;
        result.left_over = left_over::read(self, &mut link, &finished).await;
        match (failure, facts) {
            (None, Ok(facts)) => {
                job::clean_up(self, &mut link, &finished.id).await;
                result.state = HostRunState::Patched;
                result.ran = Some(ready.ran());
                let facts = after::settle(self, &mut link, &ready.facts, facts, result).await?;
                Ok((link.into_connection(), facts))
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

    async fn reboot(&self, connection: T::Connection, facts: &Facts, result: &mut TurnResult) -> Result<(), HostError> {
        self.enter(HostPhase::Rebooting).await?;
        result.touched = true;
        let facts = reboot_and_wait(&self.transport, &self.host, connection, facts, &self.limits).await?;
        result.rebooted = true;
        if result.state == HostRunState::Unchanged {
            result.state = HostRunState::Patched;
        }
        self.note_pending(&facts, result);
        match facts.kernel.newest {
            Some(newest) if newest != facts.kernel.running => Err(HostError::new(
                ErrorCode::Reboot,
                format!("it came back with kernel {}, not with {newest}", facts.kernel.running),
                "look at the boot loader's default entry and at the host's console",
            )),
            _ => Ok(()),
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

    /// Waits until the dispatcher has kept the event.
    pub(super) async fn enter(&self, phase: HostPhase) -> Result<(), HostError> {
        let (kept, acknowledged) = oneshot::channel();
        let message = ExecutorMessage::Phase {
            host: self.host.name.clone(),
            phase,
            kept,
        };
        let not_kept = || not_kept(phase.as_str());
        self.messages.send(message).await.map_err(|_| not_kept())?;
        acknowledged.await.map_err(|_| not_kept())
    }

    /// Says how the host differs from its plan, and waits until that is kept.
    pub(super) async fn say_drift(&self, drift: HostDrift) -> Result<(), HostError> {
        let (kept, acknowledged) = oneshot::channel();
        let message = ExecutorMessage::Drift {
            host: self.host.name.clone(),
            drift: Box::new(drift),
            kept,
        };
        let not_kept = || not_kept("host-drifted");
        self.messages.send(message).await.map_err(|_| not_kept())?;
        acknowledged.await.map_err(|_| not_kept())
    }

    /// Says that the job waits for a lock, or no longer does.
    pub async fn say_wait(&self, wait: LockWait) {
        let host = self.host.name.clone();
        // Without a dispatcher nobody is left to tell.
        let _ = self.messages.send(ExecutorMessage::Wait { host, wait }).await;
    }

    /// Shows a line of the job. A full channel drops it: the log on the host has it.
    pub fn show(&self, line: &str) {
        let line = crate::model::text::printable(line);
        let _ = self.messages.try_send(ExecutorMessage::Output {
            host: self.host.name.clone(),
            line,
        });
    }
}

fn not_kept(event: &str) -> HostError {
    HostError::new(
        ErrorCode::Internal,
        format!("the ledger did not keep the event `{event}`, so it was not done"),
        "look at the disk that holds the state directory",
    )
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
