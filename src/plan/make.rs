//! Makes a draft of a plan: hosts, waves, batches, and the versions that the scan found. Pure: `now` is an input.

use jiff::Timestamp;

use super::batches::share_out_batches;
use super::blackouts::calendar;
use super::domains::planned_domains;
use super::host::HostPlanner;
use super::warnings::{old_databases, unknown_exploited, unknown_security};
use super::waves::{batch_sizes, budget, default_parallel, in_natural_order, share_out, tolerated_in_run};
use super::{PlanError, Planned};
use crate::inventory::Inventory;
use crate::model::first_seen::FirstSeen;
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::known_exploited::KnownExploited;
use crate::model::plan::{Plan, PlanRules, PlannedWave};
use crate::model::scan::Scan;
use crate::playbook::{Playbook, WaveSelection};

/// Everything that a plan follows from. The order of hosts in it makes no difference.
#[derive(Debug, Clone, Copy)]
pub struct PlanInputs<'a> {
    /// The rules.
    pub playbook: &'a Playbook,
    /// Every host, and the domains.
    pub inventory: &'a Inventory,
    /// The hosts that are planned.
    pub selected: &'a [&'a Host],
    /// What they answered; it also answers what waves ask for the state of hosts.
    pub scan: &'a Scan,
    /// The lists that the expressions of waves name.
    pub knowledge: &'a Knowledge,
    /// When the versions that they are offered were first seen.
    pub first_seen: &'a FirstSeen,
    /// What is known to be exploited; `None` when nobody said.
    pub known_exploited: Option<&'a KnownExploited>,
    /// When the plan is made.
    pub now: Timestamp,
}

/// Makes the draft for the selected hosts.
///
/// # Errors
/// When a host is in two waves or in none, or an expression names what is not there.
pub fn make_plan(inputs: &PlanInputs<'_>) -> Result<Planned, PlanError> {
    let playbook = inputs.playbook;
    let selected = in_natural_order(inputs.selected);
    let knowledge = inputs.knowledge.with_scan(inputs.scan);
    let members = share_out(playbook, inputs.inventory, &selected, &inputs.scan.hosts, &knowledge)?;
    let domains = planned_domains(inputs.inventory, &selected);
    let mut planner = HostPlanner::new(inputs);
    let mut waves: Vec<PlannedWave> = Vec::new();
    let mut warnings = Vec::new();
    for (rule, hosts) in playbook.waves.iter().zip(members) {
        if hosts.is_empty() {
            // Nothing is lost when nothing is left over; a named wave that is empty may be a mistake.
            if matches!(rule.selection, WaveSelection::Expression(_)) {
                warnings.push(format!(
                    "wave `{}` has none of the selected hosts and is left out",
                    rule.name
                ));
            }
            continue;
        }
        let size = hosts.len();
        let planned = hosts.into_iter().map(|host| planner.plan(host)).collect();
        waves.push(PlannedWave {
            name: rule.name.clone(),
            batches: share_out_batches(planned, &batch_sizes(&rule.batches, size), &domains),
            parallel: rule.parallel.unwrap_or_else(|| default_parallel(size)).max(1),
            budget: budget(rule.max_failures, size, waves.is_empty()),
            soak: rule.soak,
            gates: rule.gates.clone(),
        });
    }
    warnings.extend(unknown_security(inputs, &selected));
    warnings.extend(unknown_exploited(inputs, &waves));
    warnings.extend(old_databases(inputs, &selected));
    let plan = Plan {
        scan: inputs.scan.id.clone(),
        made: inputs.now,
        playbook: playbook.name.clone(),
        rules: rules(inputs, selected.len())?,
        domains,
        waves,
    };
    Ok(Planned {
        plan,
        warnings,
        findings: Vec::new(),
        resolutions: std::collections::BTreeMap::new(),
    })
}

fn rules(inputs: &PlanInputs<'_>, hosts: usize) -> Result<PlanRules, PlanError> {
    let playbook = inputs.playbook;
    let calendar = calendar(playbook, inputs.now)?;
    let mut run = playbook.run.clone();
    run.budget.tolerated = tolerated_in_run(playbook.max_failures, hosts);
    Ok(PlanRules {
        updates: playbook.updates.clone(),
        drift: playbook.drift,
        restart: playbook.restart.clone(),
        approvals: playbook.approvals.clone(),
        windows: calendar.windows,
        blackouts: calendar.blackouts,
        lint: playbook.lint.clone(),
        secure_old: false,
        run,
    })
}
