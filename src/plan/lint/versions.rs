//! Checks of the versions that are installed.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::grouping::Groups;
use super::{Draft, LintInputs};
use crate::manager::version::compare;
use crate::model::lint_code::LintCode;
use crate::model::manager::Manager;
use crate::model::name::{HostName, PackageName, Version, WaveName};
use crate::model::plan::{Basis, Plan, PlannedChange, PlannedHost};
use crate::model::step::StepAction;
use crate::model::text::count;
use crate::plan::shared::place;

/// A package, its version before and its version afterwards.
type Versions<'plan> = (&'plan str, &'plan str, &'plan str);

/// Older versions that take the place of newer ones.
pub fn downgrade(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Draft> {
    let mut groups = Groups::new();
    // Equal hosts share their list, which is compared once.
    let mut lists: HashMap<(Manager, *const PlannedChange), Vec<Versions<'_>>> = HashMap::new();
    for host in plan.hosts() {
        let Basis::Scanned { manager, .. } = &host.basis else {
            continue;
        };
        let older = lists.entry((*manager, place(&host.changes))).or_insert_with(|| {
            host.changes
                .iter()
                .filter_map(|change| goes_back(*manager, change))
                .collect()
        });
        for change in older {
            groups.add(*change, &host.name);
        }
        let answer = inputs.resolutions.and_then(|answers| answers.get(&host.name));
        for step in answer.into_iter().flat_map(|answer| &answer.steps) {
            if step.action == StepAction::Downgrade {
                let from = step.from.as_deref().unwrap_or("a newer version");
                let to = step.to.as_deref().unwrap_or("an older one");
                groups.add((step.package.as_str(), from, to), &host.name);
            }
        }
    }
    let draft = |((package, from, to), hosts): ((&str, &str, &str), Vec<HostName>)| Draft {
        code: LintCode::Downgrade,
        message: format!(
            "{package} goes back from {from} to {to} on {}",
            count(hosts.len(), "host")
        ),
        hint: "look which repository offers the older version, and whether the newer one was withdrawn".to_owned(),
        hosts,
    };
    groups.into_rows().map(draft).collect()
}

fn goes_back(manager: Manager, change: &PlannedChange) -> Option<Versions<'_>> {
    let from = change.from.as_ref()?;
    let is_older = compare(manager, from, &change.to) == Ordering::Greater;
    is_older.then(|| (change.package.as_str(), from.as_str(), change.to.as_str()))
}

/// Listed packages that get another major version.
pub fn major_version(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let patterns = &plan.rules.lint.major_versions;
    if patterns.is_empty() {
        return Vec::new();
    }
    let mut groups = Groups::new();
    for host in plan.hosts() {
        for change in host.changes.iter() {
            let Some(from) = &change.from else { continue };
            let (old, new) = (major(from.as_str()), major(change.to.as_str()));
            let name = change.package.as_str();
            if old != new && patterns.iter().any(|pattern| pattern.matches(name)) {
                groups.add((name, from.as_str(), change.to.as_str()), &host.name);
            }
        }
    }
    let draft = |((package, from, to), hosts): ((&str, &str, &str), Vec<HostName>)| Draft {
        code: LintCode::MajorVersion,
        message: format!(
            "{package} gets another major version on {}: {from} to {to}",
            count(hosts.len(), "host")
        ),
        hint: "read its release notes, or exclude it until its owner agrees".to_owned(),
        hosts,
    };
    groups.into_rows().map(draft).collect()
}

/// The part of the upstream version before its first dot, without the epoch.
fn major(version: &str) -> &str {
    let upstream = match version.split_once(':') {
        Some((epoch, rest)) if epoch.chars().all(|c| c.is_ascii_digit()) => rest,
        _ => version,
    };
    upstream.split(['.', '-', '~', '+', '^']).next().unwrap_or(upstream)
}

type System<'a> = (&'a str, &'a str, &'a str);
type Tested<'a> = BTreeMap<(System<'a>, &'a PackageName), BTreeSet<&'a Version>>;

/// Versions that a later wave gets and no earlier one, though earlier ones get another of the same package.
pub fn untested_version(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let mut tested: Tested<'_> = BTreeMap::new();
    let mut groups: Groups<'_, (&PackageName, &WaveName, &str, &str, &Version, String)> = Groups::new();
    for wave in &plan.waves {
        // Most hosts of a system get the same list, which is looked at once.
        let mut lists: HashMap<(System<'_>, *const PlannedChange), Vec<&PlannedChange>> = HashMap::new();
        let rows = wave.hosts().filter_map(|host| Some((system(host)?, host)));
        for (system, host) in rows {
            let new = lists.entry((system, place(&host.changes))).or_insert_with(|| {
                let is_new = |change: &&PlannedChange| {
                    let versions = tested.get(&(system, &change.package));
                    versions.is_some_and(|versions| !versions.contains(&change.to))
                };
                host.changes.iter().filter(is_new).collect()
            });
            for change in new {
                let versions = tested.get(&(system, &change.package)).into_iter().flatten();
                let known: Vec<&str> = versions.map(|version| version.as_str()).collect();
                let (os, release, _) = system;
                let key = (&change.package, &wave.name, os, release, &change.to, known.join(", "));
                groups.add(key, &host.name);
            }
        }
        let mut seen = HashSet::new();
        for (system, host) in wave.hosts().filter_map(|host| Some((system(host)?, host))) {
            if !seen.insert((system, place(&host.changes))) {
                continue;
            }
            for change in host.changes.iter() {
                tested.entry((system, &change.package)).or_default().insert(&change.to);
            }
        }
    }
    groups
        .into_rows()
        .map(|((package, wave, os, release, to, known), hosts)| Draft {
            code: LintCode::UntestedVersion,
            message: format!("wave `{wave}` would get {package} {to} on {os} {release}; earlier waves get {known}"),
            hint: "let the repositories of both waves offer the same, or add such a host to the first wave".to_owned(),
            hosts,
        })
        .collect()
}

fn system(host: &PlannedHost) -> Option<System<'_>> {
    match &host.basis {
        Basis::Scanned { os, version, arch, .. } => Some((os, version, arch)),
        Basis::Unknown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_stands_before_the_first_dot_after_the_epoch() {
        assert_eq!(major("1:9.18.24-1"), "9");
        assert_eq!(major("15.6-0+deb12u1"), "15");
        assert_eq!(major("252-3"), "252");
        assert_eq!(major("2~rc1"), "2");
    }
}
