//! What a plan entails over all its hosts: reboots, restarts, and what cannot be taken back.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::MAPPED_FILES;
use super::host::RebootPolicy;
use super::name::{HostName, PackageName};
use super::plan::{Basis, Plan, PlannedHost};
use super::restart::RestartPolicy;

/// What a plan entails. Hosts are in the order of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Risk {
    /// Hosts that are expected to be rebooted.
    pub reboots: Vec<HostName>,
    /// Hosts that are expected to need a reboot and will not get one.
    pub reboots_left_out: Vec<HostName>,
    /// Units that will run replaced files, on hosts that are not rebooted; those on the most hosts first.
    pub restarts: Vec<UnitRestart>,
    /// Whether these are restarted, or only reported.
    pub are_restarted: bool,
    /// Updates that cannot be taken back; those on the most hosts first.
    pub irreversible: Vec<IrreversibleUpdate>,
    /// Hosts with changes that were not asked: what these entail is unknown.
    pub not_asked: Vec<HostName>,
}

/// A unit that will run replaced files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitRestart {
    /// The unit.
    pub unit: String,
    /// Where.
    pub hosts: Vec<HostName>,
}

/// An update that cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IrreversibleUpdate {
    /// The package.
    pub package: PackageName,
    /// Where.
    pub hosts: Vec<HostName>,
}

impl Risk {
    /// Of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let policy = plan.rules.restart.policy;
        let mut risk = Self {
            are_restarted: policy == RestartPolicy::Auto,
            ..Self::default()
        };
        let mut units: BTreeMap<&str, Vec<HostName>> = BTreeMap::new();
        let mut packages: BTreeMap<&PackageName, Vec<HostName>> = BTreeMap::new();
        for host in plan.hosts() {
            let reboot = expected_reboot(host, policy);
            match reboot {
                Some(true) => risk.reboots.push(host.name.clone()),
                Some(false) => risk.reboots_left_out.push(host.name.clone()),
                None => {}
            }
            let Some(foresight) = &host.foresight else {
                if !host.changes.is_empty() {
                    risk.not_asked.push(host.name.clone());
                }
                continue;
            };
            if reboot != Some(true) && policy != RestartPolicy::None {
                for unit in &foresight.restarts {
                    units.entry(unit).or_default().push(host.name.clone());
                }
            }
            for package in &foresight.irreversible {
                packages.entry(package).or_default().push(host.name.clone());
            }
        }
        risk.restarts = most_hosts_first(units, |unit, hosts| UnitRestart {
            unit: unit.to_owned(),
            hosts,
        });
        risk.irreversible = most_hosts_first(packages, |package, hosts| IrreversibleUpdate {
            package: package.clone(),
            hosts,
        });
        risk
    }
}

/// Whether a host is expected to be rebooted; `Some(false)` when it needs that and does not get it.
fn expected_reboot(host: &PlannedHost, restart: RestartPolicy) -> Option<bool> {
    let Basis::Scanned { reboot_required, .. } = &host.basis else {
        return None;
    };
    let reasons = host.foresight.iter().flat_map(|foresight| &foresight.reboot);
    // Restarting services does away with what is only mapped.
    let mut lasting = reasons.filter(|reason| restart != RestartPolicy::Auto || !reason.ends_with(MAPPED_FILES));
    let is_needed = *reboot_required || lasting.next().is_some();
    match host.reboot {
        RebootPolicy::Always => (!host.changes.is_empty() || *reboot_required).then_some(true),
        RebootPolicy::IfNeeded => is_needed.then_some(true),
        RebootPolicy::Never => is_needed.then_some(false),
    }
}

fn most_hosts_first<K, T>(groups: BTreeMap<K, Vec<HostName>>, row: impl Fn(K, Vec<HostName>) -> T) -> Vec<T> {
    let mut groups: Vec<(K, Vec<HostName>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, hosts)| std::cmp::Reverse(hosts.len()));
    groups.into_iter().map(|(key, hosts)| row(key, hosts)).collect()
}
