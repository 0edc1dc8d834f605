//! One host's turn before anything is changed: what it is now, how that differs from the plan, and what the policy
//! makes of it.
//!
//! What must stay true: nothing is changed here, and nothing is changed later but what [`Ready`] has. What differs is
//! kept before the host's job is begun.

use std::sync::Arc;

use jiff::Timestamp;

use super::executor::{RanChanges, Turn, TurnResult};
use super::resolution::ask_when_free;
use super::survey::{probe, to_host_scan};
use crate::manager::{Installed, detect};
use crate::model::drift::{DriftAction, DriftClass, DriftPolicy, HostDrift};
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::Facts;
use crate::model::plan::{Basis, PlannedChange, PlannedHost, PlannedRemoval};
use crate::model::resolution::Resolution;
use crate::model::run::HostRunState;
use crate::model::update::Update;
use crate::plan::choose_again;
use crate::plan::drift::{absent as absence, classify, decided, drift_error, moved, remaining_changes, summary};
use crate::remote::probe::{Probe, ProbeRequest, Refresh};
use crate::remote::resolve::ResolveRequest;
use crate::remote::transport::Transport;

/// What is said of a host that is left before its job; the guards of the scripts use the same words.
const NOTHING_CHANGED: &str = "nothing was changed";

/// A host that was looked at and may be changed.
pub(super) struct Ready {
    pub facts: Facts,
    /// What was installed.
    pub before: Installed,
    /// What must be installed in the end.
    pub changes: Arc<[PlannedChange]>,
    /// Of these, what is still to be done.
    pub remaining: Vec<PlannedChange>,
    /// New dependencies that may come with them.
    pub may_bring: Arc<[PlannedChange]>,
    /// What goes, because the changes take its place.
    pub removes: Vec<PlannedRemoval>,
    /// What the host is.
    basis: Basis,
    /// Whether it was planned anew.
    pub is_planned_anew: bool,
}

impl<T: Transport> Turn<T> {
    /// What can be told without a connection. False when the host's turn has ended with that.
    ///
    /// # Errors
    /// `E_DRIFT` when the inventory has another address and the policy says that this fails.
    pub(super) async fn look_from_afar(&self, result: &mut TurnResult) -> Result<bool, HostError> {
        let Some(difference) = moved(&self.planned, &self.host) else {
            return Ok(true);
        };
        let drift = decided(summary(vec![difference]), &self.rules.drift);
        match drift.action {
            // It is planned anew from what is found at the new address.
            Some(DriftAction::Replan | DriftAction::Pinned) | None => Ok(true),
            Some(DriftAction::Fail | DriftAction::SkipHost) => self.end(drift, result).await.map(|()| false),
        }
    }

    /// Reads what the host is now, asks it about what is left of the plan, and decides. `None` when its turn has ended
    /// with that.
    ///
    /// # Errors
    /// What keeps a host from being changed, drift that fails among it.
    pub(super) async fn look(
        &self,
        connection: &T::Connection,
        result: &mut TurnResult,
    ) -> Result<Option<Ready>, HostError> {
        let probe = self.read(connection).await?;
        let drift = self.compare(connection, &self.planned, &probe).await?;
        let mut differences = drift.differences;
        differences.extend(moved(&self.planned, &self.host));
        let drift = decided(summary(differences), &self.rules.drift);
        match drift.action {
            Some(DriftAction::Fail | DriftAction::SkipHost) => self.end(drift, result).await.map(|()| None),
            Some(DriftAction::Replan) => self.plan_anew(connection, probe, drift, result).await.map(Some),
            Some(DriftAction::Pinned) | None => {
                if drift.class != DriftClass::Identical {
                    self.note(drift, None, result).await?;
                }
                Ok(Some(Ready::new(probe, &self.planned, false)))
            }
        }
    }

    /// The differences between a plan and what a probe just read.
    async fn compare(
        &self,
        connection: &T::Connection,
        planned: &PlannedHost,
        probe: &Probe,
    ) -> Result<HostDrift, HostError> {
        let nothing = Installed::new();
        let (facts, updates) = (&probe.facts, &probe.updates);
        let installed = probe.installed.as_ref().unwrap_or(&nothing);
        let drift = classify(planned, facts, installed, updates, None);
        let remaining = remaining_changes(facts.manager, &planned.changes, installed);
        if drift.class == DriftClass::HostChanged || remaining.is_empty() {
            return Ok(drift);
        }
        detect::check_installs(facts.manager)?;
        let consent = self.rules.consent(&self.host.name, &planned.removes);
        let request = ResolveRequest {
            manager: facts.manager,
            changes: remaining,
            may_bring: planned.may_bring.to_vec(),
            install: Vec::new(),
            consent: consent.clone(),
            lock_wait: self.limits.read_lock_wait,
        };
        let mut resolution = ask_when_free(self, connection, request).await?;
        if consent.may_go_back {
            resolution.steps.retain(|step| !consent.allows_removal(step));
        }
        check_possible(&resolution)?;
        Ok(classify(planned, facts, installed, updates, Some(&resolution)))
    }

    /// Chooses again among what the host is offered now, under the plan's own rule.
    async fn plan_anew(
        &self,
        connection: &T::Connection,
        probe: Probe,
        drift: HostDrift,
        result: &mut TurnResult,
    ) -> Result<Ready, HostError> {
        let scan = to_host_scan(&self.host, Ok(probe.clone()), 0);
        let choice = choose_again(&self.rules.updates, &scan, &self.host, &self.planned, Timestamp::now());
        let removes = still_replaced(&self.planned.removes, &scan.updates, &choice.changes);
        let planned = PlannedHost {
            removes,
            address: self.host.address.clone(),
            port: self.host.port,
            basis: basis_of(&scan.facts, &self.planned.basis),
            changes: choice.changes.into(),
            may_bring: choice.may_bring.into(),
            left_out: choice.left_out,
            ..PlannedHost::clone(&self.planned)
        };
        let drift = HostDrift {
            instead: Some(planned.changes.to_vec()),
            ..drift
        };
        let basis = Some(planned.basis.clone());
        self.note(drift, basis, result).await?;
        let again = self.compare(connection, &planned, &probe).await?;
        if again.class > DriftClass::Superseded {
            return Err(drift_error(&again));
        }
        Ok(Ready::new(probe, &planned, true))
    }

    /// Ends the turn of a host that fails or is left out.
    async fn end(&self, drift: HostDrift, result: &mut TurnResult) -> Result<(), HostError> {
        let is_left_out = drift.action == Some(DriftAction::SkipHost);
        let error = drift_error(&drift);
        self.note(drift, None, result).await?;
        if !is_left_out {
            return Err(error);
        }
        result.state = HostRunState::Skipped;
        Ok(())
    }

    async fn note(&self, drift: HostDrift, basis: Option<Basis>, result: &mut TurnResult) -> Result<(), HostError> {
        result.drift = Some(drift.clone());
        self.say_drift(drift, basis).await
    }

    async fn read(&self, connection: &T::Connection) -> Result<Probe, HostError> {
        let mut request = ProbeRequest {
            refresh: if self.planned.changes.is_empty() {
                Refresh::Never
            } else {
                self.refresh
            },
            installed: true,
            lock_wait: self.limits.read_lock_wait,
        };
        let probe = match probe(connection, &request, &self.limits).await {
            // What is planned may lie on the host already, or be known from the last refresh; if not, that is told.
            Err(error) if error.code == ErrorCode::Repo && request.refresh != Refresh::Never => {
                request.refresh = Refresh::Never;
                probe(connection, &request, &self.limits).await?
            }
            answer => answer?,
        };
        match probe.broken {
            Some(error) => Err(error),
            None => Ok(probe),
        }
    }
}

impl Ready {
    fn new(probe: Probe, planned: &PlannedHost, is_planned_anew: bool) -> Self {
        let before = probe.installed.unwrap_or_default();
        Self {
            remaining: remaining_changes(probe.facts.manager, &planned.changes, &before),
            facts: probe.facts,
            before,
            changes: planned.changes.clone(),
            may_bring: planned.may_bring.clone(),
            removes: planned.removes.clone(),
            basis: planned.basis.clone(),
            is_planned_anew,
        }
    }

    /// What is installed once the job ended well.
    pub(super) fn ran(&self) -> RanChanges {
        RanChanges {
            basis: self.basis.clone(),
            changes: self.changes.clone(),
            planned_anew: self.is_planned_anew,
        }
    }
}

/// The drift of a host that the inventory does not have.
pub(super) fn absent(policy: &DriftPolicy) -> HostDrift {
    decided(summary(vec![absence()]), policy)
}

/// The planned removals that the changes of a host which was planned anew still entail.
fn still_replaced(removes: &[PlannedRemoval], updates: &[Update], changes: &[PlannedChange]) -> Vec<PlannedRemoval> {
    let is_chosen = |update: &&Update| changes.iter().any(|change| change.key() == update.key());
    let replacing: Vec<&Update> = updates.iter().filter(is_chosen).collect();
    let still = |removal: &&PlannedRemoval| replacing.iter().any(|update| update.removes.contains(&removal.package));
    removes.iter().filter(still).cloned().collect()
}

/// What keeps a host from being changed and is no drift.
fn check_possible(resolution: &Resolution) -> Result<(), HostError> {
    let refusal = resolution.refusal.as_ref().filter(|error| !error.code.is_drift());
    match refusal.or(resolution.space.as_ref()) {
        None => Ok(()),
        Some(error) if error.message.contains(NOTHING_CHANGED) => Err(error.clone()),
        Some(error) => Err(HostError::new(
            error.code,
            format!("{}: {NOTHING_CHANGED}", error.message),
            &error.hint,
        )),
    }
}

fn basis_of(facts: &Option<Facts>, planned: &Basis) -> Basis {
    let Some(facts) = facts else {
        return planned.clone();
    };
    Basis::Scanned {
        manager: facts.manager,
        experimental: facts.manager.is_experimental(),
        os: facts.os.id.clone(),
        version: facts.os.version.clone(),
        arch: facts.arch.clone(),
        reboot_required: facts.reboot.required,
    }
}
