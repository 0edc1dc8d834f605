//! Makes a plan: hosts, waves, batches, exact versions. Pure: `now` is an input.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::updates::choose_updates;
use super::waves::{batch_sizes, budget, share_out};
use super::{PlanError, Planned};
use crate::inventory::Inventory;
use crate::model::domain::Domain;
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::{Host, RebootPolicy};
use crate::model::known::Knowledge;
use crate::model::name::{HostName, PackageName, Version};
use crate::model::plan::{Basis, Plan, PlannedHost, PlannedWave};
use crate::model::plan::{PlanRules, PlannedDomain};
use crate::model::scan::{HostScan, Scan};
use crate::model::update_rule::{Exclusion, UpdateScope};
use crate::playbook::{Playbook, WaveSelection};

/// Makes the plan for the selected hosts from their scan, which also answers what waves ask for the state of
/// hosts; `knowledge` has the lists that they name.
///
/// # Errors
/// When a host is in two waves or in none, or an expression names what is not there.
pub fn make_plan(
    playbook: &Playbook,
    inventory: &Inventory,
    selected: &[&Host],
    scan: &Scan,
    knowledge: &Knowledge,
    now: Timestamp,
) -> Result<Planned, PlanError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let scans: BTreeMap<&HostName, &HostScan> = scan.hosts.iter().map(|host| (&host.name, host)).collect();
    let members = share_out(playbook, inventory, selected, &scan.hosts, &knowledge.with_scan(scan))?;
    let mut waves: Vec<PlannedWave> = Vec::new();
    let mut warnings: Vec<String> = playbook
        .updates
        .exclude
        .iter()
        .filter(|exclusion| exclusion.is_expired(today))
        .map(expired_in_words)
        .collect();
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
        let mut planned = hosts.iter().map(|host| {
            let choice = scans
                .get(&host.name)
                .map(|scan| choose_updates(scan, host, &playbook.updates, today))
                .unwrap_or_default();
            PlannedHost {
                name: host.name.clone(),
                address: host.address.clone(),
                port: host.port,
                basis: basis(scans.get(&host.name).copied()),
                changes: choice.changes.into(),
                may_bring: choice.may_bring.into(),
                left_out: choice.left_out,
                reboot: reboot_policy(host, playbook, scans.get(&host.name).copied()),
                foresight: None,
            }
        });
        let batches = batch_sizes(&rule.batches, hosts.len())
            .into_iter()
            .map(|size| planned.by_ref().take(size).collect())
            .collect();
        waves.push(PlannedWave {
            name: rule.name.clone(),
            batches,
            parallel: rule.parallel.max(1),
            budget: budget(rule.max_failures, hosts.len(), waves.is_empty()),
            soak: rule.soak,
            gates: rule.gates.clone(),
        });
    }
    warnings.extend(untested_versions(&waves));
    warnings.extend(unknown_security(playbook, selected, &scans));
    warnings.extend(domains_not_kept(inventory, &waves));
    let plan = Plan {
        scan: scan.id.clone(),
        made: now,
        playbook: playbook.name.clone(),
        rules: rules(playbook),
        domains: planned_domains(inventory, &waves),
        waves,
    };
    Ok(Planned {
        plan,
        warnings,
        resolutions: BTreeMap::new(),
    })
}

fn rules(playbook: &Playbook) -> PlanRules {
    PlanRules {
        updates: playbook.updates.clone(),
        drift: playbook.drift,
        restart: playbook.restart.clone(),
        approvals: playbook.approvals.clone(),
        window: playbook.window.clone(),
        lint: playbook.lint.clone(),
    }
}

/// The domains that have hosts in the plan.
fn planned_domains(inventory: &Inventory, waves: &[PlannedWave]) -> Vec<PlannedDomain> {
    let planned: BTreeSet<&HostName> = waves
        .iter()
        .flat_map(PlannedWave::hosts)
        .map(|host| &host.name)
        .collect();
    inventory
        .domains()
        .iter()
        .filter(|domain| domain.members.iter().any(|name| planned.contains(name)))
        .map(|domain| {
            let mut members = domain.members.clone();
            members.sort();
            PlannedDomain {
                name: domain.name.clone(),
                limit: domain.limit(),
                members,
            }
        })
        .collect()
}

/// Domains of which the plan may take down more hosts together than they allow: runs do not count that yet.
fn domains_not_kept(inventory: &Inventory, waves: &[PlannedWave]) -> Vec<String> {
    let changing: BTreeSet<&HostName> = waves
        .iter()
        .flat_map(PlannedWave::hosts)
        .filter(|host| !host.changes.is_empty())
        .map(|host| &host.name)
        .collect();
    let is_exceeded = |domain: &&Domain| {
        let hosts = domain.members.iter().filter(|name| changing.contains(name));
        hosts.count() > domain.limit()
    };
    inventory
        .domains()
        .iter()
        .filter(is_exceeded)
        .map(|domain| {
            format!(
                "domain `{}` (at most {} of {} down) is not enforced by this version; put its hosts into waves or \
                 batches that keep it",
                domain.name,
                domain.limit(),
                domain.members.len()
            )
        })
        .collect()
}

/// Hosts of which a plan for security alone may leave fixes out, because nobody can tell them.
fn unknown_security(playbook: &Playbook, selected: &[&Host], scans: &BTreeMap<&HostName, &HostScan>) -> Option<String> {
    if playbook.updates.only != UpdateScope::Security {
        return None;
    }
    let is_unknown = |host: &&&Host| {
        let scan = scans.get(&host.name);
        scan.is_some_and(|scan| scan.pending().any(|update| update.security.is_none()))
    };
    let hosts: Vec<HostName> = selected
        .iter()
        .filter(is_unknown)
        .map(|host| host.name.clone())
        .collect();
    (!hosts.is_empty()).then(|| {
        format!(
            "left out, because whether they fix a security problem is unknown: updates of {}",
            super::names(&hosts)
        )
    })
}

/// The stricter of the playbook's word and the host's own. A host that is only scanned is not rebooted either.
fn reboot_policy(host: &Host, playbook: &Playbook, scan: Option<&HostScan>) -> RebootPolicy {
    let is_only_scanned = scan
        .and_then(|scan| scan.facts.as_ref())
        .is_some_and(|facts| facts.manager.scan_only().is_some());
    if is_only_scanned {
        return RebootPolicy::Never;
    }
    host.reboot.map_or(playbook.reboot, |own| own.min(playbook.reboot))
}

fn basis(scan: Option<&HostScan>) -> Basis {
    let Some(scan) = scan else {
        let error = HostError::new(
            ErrorCode::Internal,
            "the host was not scanned",
            "scan it, then plan again",
        );
        return Basis::Unknown { error };
    };
    match (&scan.facts, &scan.error) {
        (Some(facts), None) => Basis::Scanned {
            manager: facts.manager,
            experimental: facts.manager.is_experimental(),
            os: facts.os.id.clone(),
            version: facts.os.version.clone(),
            arch: facts.arch.clone(),
            reboot_required: facts.reboot.required,
        },
        (_, Some(error)) => Basis::Unknown { error: error.clone() },
        (None, None) => basis(None),
    }
}

type Tested<'a> = BTreeMap<(&'a str, &'a str, &'a PackageName), BTreeSet<&'a Version>>;

/// Versions that a later wave would get and an earlier one would not, though it gets another of the same package.
fn untested_versions(waves: &[PlannedWave]) -> Vec<String> {
    let mut tested: Tested<'_> = BTreeMap::new();
    let mut warnings = BTreeSet::new();
    for wave in waves {
        let rows = wave.hosts().filter_map(|host| match &host.basis {
            Basis::Scanned { os, version, .. } => Some((os.as_str(), version.as_str(), &host.changes)),
            Basis::Unknown { .. } => None,
        });
        let rows: Vec<_> = rows
            .flat_map(|(os, release, changes)| changes.iter().map(move |change| (os, release, change)))
            .collect();
        for (os, release, change) in &rows {
            if let Some(versions) = tested.get(&(*os, *release, &change.package))
                && !versions.contains(&change.to)
            {
                let known: Vec<&str> = versions.iter().map(|version| version.as_str()).collect();
                warnings.insert(format!(
                    "wave `{}` would get {} {} on {os} {release}; earlier waves get {}",
                    wave.name,
                    change.package,
                    change.to,
                    known.join(", ")
                ));
            }
        }
        for (os, release, change) in rows {
            tested
                .entry((os, release, &change.package))
                .or_default()
                .insert(&change.to);
        }
    }
    warnings.into_iter().collect()
}

fn expired_in_words(exclusion: &Exclusion) -> String {
    let until = exclusion.until.map(|day| day.to_string()).unwrap_or_default();
    format!(
        "the exclusion of `{}` ended on {until} and no longer counts",
        exclusion.package
    )
}
