//! What is known of one host of a run.
//!
//! What must stay true: a job that was kept and whose end was not may run, have ended, or never have been started.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::aftermath::{LeftOver, NeedsRestart};
use crate::model::condition::{Condition, ConditionDifference};
use crate::model::drift::{HostDrift, Promotion};
use crate::model::error::HostError;
use crate::model::event::{Event, EventKind, HostPhase};
use crate::model::name::WaveName;
use crate::model::plan::{Basis, PlannedChange};
use crate::model::run::{Change, HostRunState, SecuredPackages};

/// A host whose turn was begun.
#[derive(Debug, Clone, PartialEq)]
pub struct PastHost {
    /// Its wave.
    pub wave: WaveName,
    /// How it differed from the plan, and what was done about it.
    pub drift: Option<HostDrift>,
    /// What it was found to be, where it was planned anew.
    pub basis: Option<Basis>,
    /// Versions of the plan that gave way to those that an earlier wave ran.
    pub promotions: Vec<Promotion>,
    /// The jobs that it was told to do, in their order.
    pub jobs: Vec<PastJob>,
    /// Whether the restart of services was begun.
    pub is_restarting: bool,
    /// What became of the services.
    pub restarted: Option<PastRestart>,
    /// What it was like before its reboot, where it had no job.
    pub condition: Option<Condition>,
    /// The last reboot that it was told.
    pub reboot: Option<PastReboot>,
    /// How it differed from before when that was last looked at.
    pub differences: Vec<ConditionDifference>,
    /// For how long it was down for its reboot, in seconds.
    pub down_seconds: Option<u64>,
    /// Configuration files that packages left beside the ones in use.
    pub left_over: Vec<LeftOver>,
    /// Units that still run replaced files, and why a reboot is needed.
    pub pending: (Vec<String>, Vec<String>),
    /// What was told of it at its end already, so that it is not told twice.
    pub told: Vec<EventKind>,
    /// Whether it was left alone.
    pub is_left: bool,
    /// How it ended; `None` while its turn is begun.
    pub end: Option<PastEnd>,
    /// The time that its turn took under earlier controllers.
    before: Duration,
    /// When the present controller began with it, and when it last heard of it.
    heard: Option<(Timestamp, Timestamp)>,
}

/// A job that a host was told to do.
#[derive(Debug, Clone, PartialEq)]
pub struct PastJob {
    /// Its id on the host.
    pub id: String,
    /// What it was told to install.
    pub changes: Vec<PlannedChange>,
    /// The condition of the host before.
    pub before: Option<Condition>,
    /// How it ended; `None` when that is not known: it may run, have ended, or never have been started.
    pub end: Option<JobEnd>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEnd {
    /// What was installed then that was not before.
    pub changed: Vec<Change>,
    /// Why it failed.
    pub error: Option<HostError>,
    /// What the host downloaded, in bytes, when it said so.
    pub downloaded_bytes: Option<u64>,
    /// What became of the installed versions that were to be put aside.
    pub secured: Option<SecuredPackages>,
}

/// What became of the units that still ran replaced files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRestart {
    /// Units that were restarted and run.
    pub restarted: Vec<String>,
    /// What was left as it is.
    pub left: Vec<NeedsRestart>,
    /// Units that were restarted and do not run.
    pub failed: Vec<NeedsRestart>,
}

/// A reboot that a host was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastReboot {
    /// The boot that was to end.
    pub boot_id: String,
    /// When it was told.
    pub at: Timestamp,
    /// The boot that ran then; `None` while the reboot is not proved.
    pub proved: Option<String>,
}

/// How a host ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastEnd {
    /// How.
    pub state: HostRunState,
    /// Whether it was rebooted.
    pub rebooted: bool,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What went wrong.
    pub error: Option<HostError>,
    /// The last lines of the job's log that matter.
    pub excerpt: Vec<String>,
    /// What changed.
    pub changed: Vec<Change>,
    /// What the host downloaded, in bytes.
    pub downloaded_bytes: Option<u64>,
}

impl PastHost {
    pub(super) fn new(wave: WaveName) -> Self {
        Self {
            wave,
            drift: None,
            basis: None,
            promotions: Vec::new(),
            jobs: Vec::new(),
            is_restarting: false,
            restarted: None,
            condition: None,
            reboot: None,
            differences: Vec::new(),
            down_seconds: None,
            left_over: Vec::new(),
            pending: (Vec::new(), Vec::new()),
            told: Vec::new(),
            is_left: false,
            end: None,
            before: Duration::ZERO,
            heard: None,
        }
    }

    /// Whether its turn was begun and has not ended.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.end.is_none()
    }

    /// Whether anything may have been begun on the host itself.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        !self.jobs.is_empty() || self.reboot.is_some()
    }

    /// The job that it was told last.
    #[must_use]
    pub fn last_job(&self) -> Option<&PastJob> {
        self.jobs.last()
    }

    /// The condition before its first job, as far as it was looked at.
    #[must_use]
    pub fn condition_before(&self) -> Option<&Condition> {
        match self.jobs.first() {
            Some(job) => job.before.as_ref(),
            None => self.condition.as_ref(),
        }
    }

    /// The time that its turn has taken, without the time in which nobody carried it on.
    #[must_use]
    pub fn spent(&self) -> Duration {
        let now = self.heard.map(|(from, to)| to.duration_since(from));
        self.before
            + now
                .filter(|time| !time.is_negative())
                .map_or(Duration::ZERO, |time| time.unsigned_abs())
    }

    /// A controller begins with it, or goes on.
    pub(super) fn begin(&mut self, at: Timestamp) {
        self.break_off();
        self.is_left = false;
        self.heard = Some((at, at));
    }

    /// Another controller takes over: what lies between is nobody's work.
    pub(super) fn break_off(&mut self) {
        self.before = self.spent();
        self.heard = None;
    }

    pub(super) fn take(&mut self, event: &Event) {
        if let Some((_, to)) = &mut self.heard {
            *to = event.at;
        }
        match &event.kind {
            EventKind::HostDrifted { drift, basis, .. } => {
                self.drift = Some(drift.clone());
                self.basis = basis.clone();
            }
            EventKind::HostPromoted { promotions, .. } => self.promotions = promotions.clone(),
            EventKind::HostPhase { phase, .. } => self.is_restarting |= *phase == HostPhase::Restarting,
            EventKind::HostLeft { .. } => self.is_left = true,
            EventKind::HostCondition { condition, .. } => self.condition = Some((**condition).clone()),
            EventKind::HostReboot { boot_id, .. } => {
                self.reboot = Some(PastReboot {
                    boot_id: boot_id.clone(),
                    at: event.at,
                    proved: None,
                });
            }
            EventKind::HostDiffers { differences, .. } => self.differences.clone_from(differences),
            EventKind::HostRebooted {
                boot_id, down_seconds, ..
            } => {
                self.down_seconds = Some(*down_seconds);
                if let Some(reboot) = &mut self.reboot {
                    reboot.proved = Some(boot_id.clone());
                }
            }
            EventKind::HostJob { .. } | EventKind::HostJobEnded { .. } => self.take_of_job(&event.kind),
            kind => self.take_of_end(kind),
        }
    }

    fn take_of_job(&mut self, kind: &EventKind) {
        match kind {
            EventKind::HostJob {
                job, changes, before, ..
            } => {
                // The same id again is the same job: it was never started before.
                self.jobs.retain(|past| past.id != *job);
                self.jobs.push(PastJob {
                    id: job.clone(),
                    changes: changes.clone(),
                    before: before.clone(),
                    end: None,
                });
            }
            EventKind::HostJobEnded {
                job,
                changed,
                error,
                downloaded_bytes,
                secured,
                ..
            } => {
                if let Some(past) = self.jobs.iter_mut().find(|past| past.id == *job) {
                    past.end = Some(JobEnd {
                        changed: changed.clone(),
                        error: error.clone(),
                        downloaded_bytes: *downloaded_bytes,
                        secured: secured.clone(),
                    });
                }
            }
            _ => {}
        }
    }

    fn take_of_end(&mut self, kind: &EventKind) {
        match kind {
            EventKind::HostRestarted {
                restarted,
                left,
                failed,
                ..
            } => {
                self.restarted = Some(PastRestart {
                    restarted: restarted.clone(),
                    left: left.clone(),
                    failed: failed.clone(),
                });
            }
            EventKind::HostLeftOver { files, .. } => self.left_over = files.clone(),
            EventKind::HostPending { services, reboot, .. } => self.pending = (services.clone(), reboot.clone()),
            EventKind::HostLog { .. } => {}
            EventKind::HostFinished {
                state,
                rebooted,
                duration_ms,
                error,
                excerpt,
                changed,
                downloaded_bytes,
                ..
            } => {
                self.end = Some(PastEnd {
                    state: *state,
                    rebooted: *rebooted,
                    duration_ms: *duration_ms,
                    error: error.clone(),
                    excerpt: excerpt.clone(),
                    changed: changed.clone(),
                    downloaded_bytes: *downloaded_bytes,
                });
                return;
            }
            _ => return,
        }
        self.told.push(kind.clone());
    }
}
