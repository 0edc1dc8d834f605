//! Checks of waves, batches and domains.

use std::collections::{BTreeMap, BTreeSet};

use super::grouping::{hosts_are, some_of};
use super::{Draft, LintInputs};
use crate::model::lint_code::LintCode;
use crate::model::name::HostName;
use crate::model::plan::{Plan, PlannedHost, PlannedWave};
use crate::model::text::count;

/// Hosts that were selected and that no wave has: planning refuses them, a file may have lost them.
pub fn host_in_no_wave(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Draft> {
    let planned: BTreeSet<&HostName> = plan.hosts().map(|host| &host.name).collect();
    let missing: Vec<HostName> = inputs
        .selected
        .unwrap_or_default()
        .iter()
        .filter(|host| !planned.contains(host))
        .cloned()
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    vec![Draft {
        code: LintCode::HostInNoWave,
        message: format!(
            "{} in no wave: {}",
            hosts_are(missing.len()),
            some_of(missing.iter().map(HostName::as_str))
        ),
        hint: "add a wave with `rest: true` and plan again".to_owned(),
        hosts: missing,
    }]
}

/// Hosts that would be changed twice.
pub fn host_in_two_waves(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let mut times: BTreeMap<&HostName, usize> = BTreeMap::new();
    for host in plan.hosts() {
        *times.entry(&host.name).or_default() += 1;
    }
    let doubled: Vec<HostName> = times
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|(host, _)| host.clone())
        .collect();
    if doubled.is_empty() {
        return Vec::new();
    }
    vec![Draft {
        code: LintCode::HostInTwoWaves,
        message: format!(
            "{} in the plan more than once: {}",
            hosts_are(doubled.len()),
            some_of(doubled.iter().map(HostName::as_str))
        ),
        hint: "give every host to exactly one wave and plan again".to_owned(),
        hosts: doubled,
    }]
}

/// Waves that change hosts and pass by themselves while others that change hosts wait behind them.
pub fn wave_without_gate(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let last = plan.waves.iter().rposition(has_changes).unwrap_or(0);
    plan.waves
        .iter()
        .take(last)
        .filter(|wave| has_changes(wave) && wave.gates.is_empty() && wave.soak.is_zero())
        .map(|wave| Draft {
            code: LintCode::WaveWithoutGate,
            message: format!(
                "wave `{}` passes as soon as its hosts are patched: it has neither a gate nor a soak",
                wave.name
            ),
            hint: "give it `soak: 30m` or `gates` in the playbook, so that a bad update has time to show".to_owned(),
            hosts: Vec::new(),
        })
        .collect()
}

fn has_changes(wave: &PlannedWave) -> bool {
    wave.hosts().any(|host| !host.changes.is_empty())
}

/// Domains of which every host is in one batch that changes more hosts at once than the domain allows.
pub fn domain_in_one_batch(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let mut batches: BTreeMap<&HostName, (usize, usize)> = BTreeMap::new();
    for (wave_number, wave) in plan.waves.iter().enumerate() {
        for (batch_number, batch) in wave.batches.iter().enumerate() {
            let changing = batch.iter().filter(|host| is_changing(host));
            batches.extend(changing.map(|host| (&host.name, (wave_number, batch_number))));
        }
    }
    let in_one_batch = |members: &[HostName]| {
        let places: BTreeSet<_> = members.iter().map(|host| batches.get(host)).collect();
        match places.into_iter().collect::<Vec<_>>().as_slice() {
            [Some((wave, _))] => plan.waves.get(*wave),
            _ => None,
        }
    };
    plan.domains
        .iter()
        .filter(|domain| domain.members.len() > domain.limit)
        .filter_map(|domain| Some((domain, in_one_batch(&domain.members)?)))
        .filter(|(domain, wave)| wave.parallel > domain.limit)
        .map(|(domain, wave)| Draft {
            code: LintCode::DomainInOneBatch,
            message: format!(
                "{} of domain `{}` are in one batch of wave `{}`, of which {} may change at once: only the limit of \
                 {} keeps them apart, and no gate is between them",
                count(domain.members.len(), "host"),
                domain.name,
                wave.name,
                wave.parallel,
                domain.limit
            ),
            hint: "put them into different waves or batches".to_owned(),
            hosts: domain.members.clone(),
        })
        .collect()
}

fn is_changing(host: &PlannedHost) -> bool {
    !host.changes.is_empty()
}
