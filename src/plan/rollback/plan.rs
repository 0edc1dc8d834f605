//! The plan of a rollback: the old plan's waves in the reverse order, with the changes back. Pure.
//!
//! What must stay true: batches, budgets, gates, domains and hooks are those of the old plan. A host that goes back in
//! no part is in no wave.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::approval::ApprovalRule;
use crate::model::drift::{DriftAction, DriftPolicy};
use crate::model::error::HostError;
use crate::model::facts::Facts;
use crate::model::foresight::Foresight;
use crate::model::name::HostName;
use crate::model::plan::{Basis, Plan, PlanRules, PlannedChange, PlannedHost};
use crate::model::rollback::Rollback;
use crate::model::update_rule::UpdateRule;
use crate::plan::keep_hosts;

/// A host that goes back.
#[derive(Debug, Clone, PartialEq)]
pub struct HostBack {
    /// What it is now.
    pub facts: Facts,
    /// From the installed versions to those before the run.
    pub changes: Vec<PlannedChange>,
    /// What that will entail.
    pub foresight: Foresight,
}

/// What a plan back is made from.
#[derive(Debug)]
pub struct RollbackParts {
    /// The hosts that go back.
    pub hosts: BTreeMap<HostName, HostBack>,
    /// Hosts that could not be asked now: they count as down.
    pub silent: BTreeMap<HostName, HostError>,
    /// Of which run, and what stays.
    pub rollback: Rollback,
    /// When it is made.
    pub made: Timestamp,
}

/// The plan that takes back what a run of the old plan changed.
#[must_use]
pub fn rollback_plan(old: &Plan, parts: RollbackParts) -> Plan {
    let kept: BTreeSet<HostName> = parts.hosts.keys().cloned().collect();
    let mut plan = Plan {
        made: parts.made,
        rules: rules(&old.rules, parts.rollback),
        ..old.clone()
    };
    for host in plan.waves.iter_mut().flat_map(|wave| wave.batches.iter_mut().flatten()) {
        if let Some(back) = parts.hosts.get(&host.name) {
            *host = turned(host, back);
        } else if let Some(error) = parts.silent.get(&host.name) {
            host.basis = Basis::Unknown { error: error.clone() };
        }
    }
    let mut plan = keep_hosts(&plan, &kept);
    plan.waves.reverse();
    plan
}

fn turned(host: &PlannedHost, back: &HostBack) -> PlannedHost {
    let facts = &back.facts;
    PlannedHost {
        basis: Basis::Scanned {
            manager: facts.manager,
            experimental: facts.manager.is_experimental(),
            os: facts.os.id.clone(),
            version: facts.os.version.clone(),
            arch: facts.arch.clone(),
            reboot_required: facts.reboot.required,
        },
        changes: back.changes.clone().into(),
        may_bring: Vec::new().into(),
        removes: Vec::new(),
        left_out: Vec::new(),
        foresight: Some(back.foresight.clone().into()),
        ..host.clone()
    }
}

/// How hosts are treated stays; what they get is said by the changes alone. Nothing is chosen anew on the way back, and
/// the approvals were those of the plan that is taken back.
fn rules(old: &PlanRules, rollback: Rollback) -> PlanRules {
    PlanRules {
        updates: UpdateRule::default(),
        drift: DriftPolicy {
            host_changed: match old.drift.host_changed {
                DriftAction::SkipHost => DriftAction::SkipHost,
                _ => DriftAction::Fail,
            },
            ..DriftPolicy::default()
        },
        approvals: ApprovalRule::default(),
        secure_old: false,
        rollback: Some(rollback),
        ..old.clone()
    }
}
