//! How one host's turn ended.

use std::sync::Arc;

use super::super::restart::{self, Restarted};
use crate::model::aftermath::{LeftOver, NeedsRestart};
use crate::model::condition::ConditionDifference;
use crate::model::drift::{DriftAction, HostDrift, Promotion};
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::facts::Facts;
use crate::model::gate::Gate;
use crate::model::plan::{Basis, PlannedChange};
use crate::model::restart::RestartRule;
use crate::model::run::{Change, HostRunState, SecuredPackages};
use crate::model::scan::HostState;
use crate::model::text::printable;
use crate::plan::drift::drift_error;

/// How one host's turn ended.
#[derive(Debug, Clone)]
pub(in crate::rollout) struct TurnResult {
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
    /// Why a hook left the reboot out.
    pub reboot_left_out: Option<String>,
    /// Configuration files that packages left beside the ones in use.
    pub left_over: Vec<LeftOver>,
    /// How the host differs from before.
    pub differences: Vec<ConditionDifference>,
    /// How long it was down for its reboot, in seconds.
    pub down_seconds: Option<u64>,
    /// How the host differed from the plan.
    pub drift: Option<HostDrift>,
    /// Planned versions that gave way to those that an earlier wave ran.
    pub promoted: Vec<Promotion>,
    /// What was seen to be installed in the end, on a host that was patched or needed no patch.
    pub ran: Option<RanChanges>,
    /// Gates of its own that could not be measured.
    pub unknown_gates: Vec<Gate>,
    /// What was told of the host's end already, and is not told again.
    pub told: Vec<EventKind>,
}

/// What a host was seen to run.
#[derive(Debug, Clone)]
pub(in crate::rollout) struct RanChanges {
    /// What the host was found to be.
    pub basis: Basis,
    pub changes: Arc<[PlannedChange]>,
    pub planned_anew: bool,
}

impl TurnResult {
    /// Whether the host was left in the middle of its turn.
    pub fn is_left(&self) -> bool {
        self.state == HostRunState::Left
    }

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
            reboot_left_out: None,
            left_over: Vec::new(),
            differences: Vec::new(),
            down_seconds: None,
            drift: None,
            promoted: Vec::new(),
            ran: None,
            unknown_gates: Vec::new(),
            told: Vec::new(),
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
            if let Some(why) = &self.reboot_left_out {
                self.reboot.push(format!("a hook leaves it out: {why}"));
            }
        }
    }

    /// Ends the turn of a host that is left out, and says why.
    pub fn leave_out(&mut self, why: String) {
        self.state = HostRunState::Skipped;
        self.error = Some(HostError::new(
            ErrorCode::Hook,
            format!("a hook leaves it out: {why}"),
            "see what the hook waits for, and apply again",
        ));
    }

    /// Leaves the reboot of a host out, and says why. What was installed there is; a host whose reboot was all that
    /// was to be done is left out.
    pub fn leave_reboot_out(&mut self, why: String) {
        if self.state == HostRunState::Unchanged {
            self.leave_out(format!("{why}; its reboot is still due"));
        } else {
            self.reboot_left_out = Some(why);
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
