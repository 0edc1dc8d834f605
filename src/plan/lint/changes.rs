//! Checks of what a transaction does beside installing newer versions: removals, other origins, no way back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::grouping::{Groups, some_of};
use super::{Draft, LintInputs};
use crate::model::lint_code::LintCode;
use crate::model::manager::Manager;
use crate::model::name::{HostName, PackageName, Version};
use crate::model::plan::{Basis, Plan, PlannedChange, PlannedHost};
use crate::model::resolution::Resolution;
use crate::model::scan::HostScan;
use crate::model::step::StepAction;
use crate::model::text::count;
use crate::plan::shared::place;

/// Packages that go: those that the plan names, which a plan from a file has without any answer; by the host's own
/// answer, or where it was not asked by what its scan says of the updates.
pub fn removal(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Draft> {
    let scans: BTreeMap<&HostName, &HostScan> = inputs
        .scan
        .iter()
        .flat_map(|scan| &scan.hosts)
        .map(|host| (&host.name, host))
        .collect();
    let mut groups = Groups::new();
    // Equal hosts share their answer, which is read once.
    let mut by_answer: HashMap<*const Resolution, BTreeSet<&str>> = HashMap::new();
    for host in plan.hosts().filter(|host| !host.changes.is_empty()) {
        let answer = inputs.resolutions.and_then(|answers| answers.get(&host.name));
        let mut removed = match (answer, scans.get(&host.name)) {
            (Some(answer), _) if !answer.steps.is_empty() => {
                let removed = by_answer.entry(Arc::as_ptr(answer));
                removed.or_insert_with(|| removed_by_steps(answer)).clone()
            }
            (_, Some(scan)) => removed_by_updates(scan, host),
            _ => BTreeSet::new(),
        };
        removed.extend(host.removes.iter().map(|removal| removal.package.as_str()));
        for package in removed {
            groups.add(package, &host.name);
        }
    }
    let draft = |(package, hosts): (&str, Vec<HostName>)| Draft {
        code: LintCode::Removal,
        message: format!("{package} is removed from {}", count(hosts.len(), "host")),
        hint: "exclude the update that takes its place, if it is needed".to_owned(),
        hosts,
    };
    groups.into_rows().map(draft).collect()
}

fn removed_by_steps(answer: &Resolution) -> BTreeSet<&str> {
    let removed = answer.steps.iter().filter(|step| step.action == StepAction::Remove);
    // Managers say `remove` for the old version of what they install, too.
    let stays: BTreeSet<&str> = answer
        .steps
        .iter()
        .filter(|step| step.action != StepAction::Remove)
        .map(|step| step.package.as_str())
        .collect();
    removed
        .map(|step| step.package.as_str())
        .filter(|package| !stays.contains(package))
        .collect()
}

fn removed_by_updates<'a>(scan: &'a HostScan, host: &PlannedHost) -> BTreeSet<&'a str> {
    let planned: BTreeSet<&PackageName> = host.changes.iter().map(|change| &change.package).collect();
    scan.pending()
        .filter(|update| planned.contains(&update.package))
        .flat_map(|update| &update.removes)
        .map(PackageName::as_str)
        .collect()
}

/// Updates from another origin than the installed version has, as far as the host's repositories tell both. Where none
/// has the installed version any more, the other versions of the package tell who else provides it; where there is none,
/// nothing is said.
pub fn origin_change(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Draft> {
    let Some(resolutions) = inputs.resolutions else {
        return Vec::new();
    };
    let mut groups = Groups::new();
    // Equal hosts share their list and their answer, which are compared once.
    let mut compared: HashMap<(Manager, *const PlannedChange, *const Resolution), Vec<ChangedOrigin<'_>>> =
        HashMap::new();
    for host in plan.hosts() {
        let (Basis::Scanned { manager, .. }, Some(answer)) = (&host.basis, resolutions.get(&host.name)) else {
            continue;
        };
        let key = (*manager, place(&host.changes), Arc::as_ptr(answer));
        let changed = compared.entry(key).or_insert_with(|| {
            let changes = host.changes.iter();
            changes
                .filter_map(|change| {
                    changed_origin(*manager, change, answer).map(|(old, new)| (change.package.as_str(), old, new))
                })
                .collect()
        });
        for change in changed {
            groups.add(change.clone(), &host.name);
        }
    }
    let draft = |((package, old, new), hosts): ((&str, OldOrigin, String), Vec<HostName>)| Draft {
        code: LintCode::OriginChange,
        message: match old {
            OldOrigin::Installed(old) => format!("{package} comes from `{new}` and is installed from `{old}`"),
            OldOrigin::Other(old) => format!(
                "{package} comes from `{new}`, where only `{old}` has other versions of it; nobody has the installed one \
                 any more"
            ),
        },
        hint: "make sure that the other repository is meant to provide it, or exclude the package".to_owned(),
        hosts,
    };
    groups.into_rows().map(draft).collect()
}

/// A package, where it came from so far, and where the planned version comes from.
type ChangedOrigin<'plan> = (&'plan str, OldOrigin, String);

/// Where a package came from so far.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum OldOrigin {
    /// This one has the installed version.
    Installed(String),
    /// Nobody has it any more; this one has other versions.
    Other(String),
}

/// The origins of the installed and of the new version, where both are known and have nothing in common.
fn changed_origin(manager: Manager, change: &PlannedChange, answer: &Resolution) -> Option<(OldOrigin, String)> {
    let from = change.from.as_ref()?;
    let origins_of = |fits: &dyn Fn(&Version) -> bool| -> BTreeSet<String> {
        answer
            .offers
            .iter()
            .filter(|offer| offer.package == change.package && fits(&offer.version))
            .filter_map(|offer| origin_of(manager, &offer.repo))
            .collect()
    };
    let installed = origins_of(&|version| version == from);
    let is_known = !installed.is_empty();
    let old = if is_known {
        installed
    } else {
        origins_of(&|version| *version != change.to)
    };
    let mut new = origins_of(&|version| *version == change.to);
    if new.is_empty() {
        new.extend(origin_of(manager, &change.repo));
    }
    let is_changed = !old.is_empty() && !new.is_empty() && old.is_disjoint(&new);
    if !is_changed {
        return None;
    }
    let old = old.into_iter().next()?;
    let old = if is_known {
        OldOrigin::Installed(old)
    } else {
        OldOrigin::Other(old)
    };
    Some((old, new.into_iter().next()?))
}

/// Who is behind a repository. apt names the label of its Release file before a colon, and distributions add
/// `-Security` or ` Backports` to theirs. The ids of other managers' repositories tell no vendor: `baseos` and
/// `updates` are one.
fn origin_of(manager: Manager, repo: &str) -> Option<String> {
    if manager != Manager::Apt {
        return None;
    }
    let label = repo.split([':', '/', ',']).next()?.trim();
    let suffixes = ["-Security", " Backports"];
    let base = suffixes
        .iter()
        .find_map(|suffix| label.strip_suffix(suffix))
        .unwrap_or(label);
    (!base.is_empty()).then(|| base.to_owned())
}

/// Updates that cannot be taken back.
pub fn no_old_version(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let mut packages: BTreeSet<&str> = BTreeSet::new();
    let mut hosts = Vec::new();
    for host in plan.hosts() {
        let Some(foresight) = host
            .foresight
            .as_ref()
            .filter(|foresight| !foresight.irreversible.is_empty())
        else {
            continue;
        };
        packages.extend(foresight.irreversible.iter().map(PackageName::as_str));
        hosts.push(host.name.clone());
    }
    if hosts.is_empty() {
        return Vec::new();
    }
    vec![Draft {
        code: LintCode::NoOldVersion,
        message: format!(
            "there is no way back on {} from {}: no source has the old version of {}",
            count(hosts.len(), "host"),
            count(packages.len(), "update"),
            some_of(packages)
        ),
        hint: "put the installed versions aside first (`fetch --secure-old`), or accept it".to_owned(),
        hosts,
    }]
}
