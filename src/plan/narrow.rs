//! A plan with some of its hosts left out. Pure.

use std::collections::BTreeSet;

use crate::model::name::HostName;
use crate::model::plan::{Budget, Plan, PlannedHost, PlannedWave};

/// The same plan for those of its hosts alone: batches and waves without a host fall away, and their gates with them.
/// A wave that lost hosts tolerates failures in proportion, rounded down.
#[must_use]
pub fn keep_hosts(plan: &Plan, kept: &BTreeSet<HostName>) -> Plan {
    let waves = plan.waves.iter().map(|wave| narrow(wave, kept));
    Plan {
        waves: waves.filter(|wave| wave.size() > 0).collect(),
        ..plan.clone()
    }
}

fn narrow(wave: &PlannedWave, kept: &BTreeSet<HostName>) -> PlannedWave {
    let of_batch = |batch: &Vec<PlannedHost>| -> Vec<PlannedHost> {
        let hosts = batch.iter().filter(|host| kept.contains(&host.name));
        hosts.cloned().collect()
    };
    let batches: Vec<Vec<PlannedHost>> = wave
        .batches
        .iter()
        .map(of_batch)
        .filter(|batch| !batch.is_empty())
        .collect();
    let hosts: usize = batches.iter().map(Vec::len).sum();
    let tolerated = (wave.budget.tolerated * hosts).checked_div(wave.size()).unwrap_or(0);
    PlannedWave {
        batches,
        budget: Budget { tolerated, hosts },
        ..wave.clone()
    }
}
