//! From what a run changed to the plan that takes it back. Pure.
//!
//! What must stay true: a package goes back only from the version that the run left to the one that it found. What has
//! moved on since, what cannot be had any more and what the manager would not do exactly so is named, and stays.

mod judge;
mod plan;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::core_packages::{CorePart, core_part};
use crate::manager::Installed;
use crate::manager::version::compare;
use crate::model::event::{Event, EventKind};
use crate::model::manager::Manager;
use crate::model::name::{HostName, PackageName, Version};
use crate::model::plan::PlannedChange;
use crate::model::run::{Change, RunReport};
use crate::model::update::PackageKey;

pub use judge::{Feasible, judge};
pub use plan::{HostBack, RollbackParts, rollback_plan};

/// What a run changed on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostChanged {
    /// The host.
    pub host: HostName,
    /// Every package that changed.
    pub changed: Vec<Change>,
    /// False when its turn was begun and has not ended: not all that changed is known.
    pub is_over: bool,
}

/// Something that keeps a package, or all of a host, from going back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// The package; `None` when it is the host.
    pub package: Option<PackageName>,
    /// The version that it would go back to, where it is a package.
    pub version: Option<Version>,
    /// In words.
    pub reason: String,
}

/// What would have to happen on a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WayBack {
    /// From the versions that the run left to those that it found.
    pub changes: Vec<PlannedChange>,
    /// What stays for a reason that is seen from what is installed.
    pub stays: Vec<Obstacle>,
    /// What came new with the run and is still there.
    pub new: Vec<(PackageName, Version)>,
    /// What the run removed and is not there: it comes again where what goes back needs it.
    pub gone: Vec<(PackageName, Version)>,
}

/// What a run changed, in the order of its plan; hosts on which it changed nothing are left out.
#[must_use]
pub fn changed_by(report: &RunReport, events: &[Event]) -> Vec<HostChanged> {
    let (mut begun, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        match &event.kind {
            EventKind::HostStarted { host, .. } => begun.insert(host),
            EventKind::HostFinished { host, .. } => ended.insert(host),
            _ => false,
        };
    }
    let hosts = report.hosts.iter().map(|host| HostChanged {
        host: host.name.clone(),
        changed: host.changed.clone(),
        is_over: !begun.contains(&host.name) || ended.contains(&host.name),
    });
    hosts.filter(|host| !host.changed.is_empty() || !host.is_over).collect()
}

/// Compares what a run changed with what is installed now. `planned` is what the run was to install there: it tells
/// architectures apart.
#[must_use]
pub fn way_back(manager: Manager, changed: &[Change], planned: &[PlannedChange], installed: &Installed) -> WayBack {
    let mut way = WayBack::default();
    let mut changes: BTreeMap<PackageKey, PlannedChange> = BTreeMap::new();
    for change in changed {
        let keys = keys_of(&change.package, planned, installed);
        match (&change.from, &change.to) {
            (Some(from), Some(to)) => match back_from(manager, change, (from, to), &keys, installed) {
                Ok(found) => changes.extend(found.into_iter().map(|change| (change.key(), change))),
                Err(reason) => way.stays.push(Obstacle {
                    package: Some(change.package.clone()),
                    version: Some(from.clone()),
                    reason,
                }),
            },
            (None, Some(to)) if keys.iter().any(|key| has(manager, installed, key, to)) => {
                way.new.push((change.package.clone(), to.clone()));
            }
            (Some(from), None) if keys.is_empty() => way.gone.push((change.package.clone(), from.clone())),
            _ => {}
        }
    }
    way.changes = changes.into_values().collect();
    way.stays.sort();
    way.stays.dedup();
    way.new.sort();
    way.new.dedup();
    way
}

impl WayBack {
    /// Without the packages that obstacles name; `None` when one of them is not about a package that would go back.
    #[must_use]
    pub fn without(mut self, obstacles: &[Obstacle]) -> Option<Self> {
        for obstacle in obstacles {
            let before = self.changes.len();
            self.changes
                .retain(|change| Some(&change.package) != obstacle.package.as_ref());
            if self.changes.len() == before {
                return None;
            }
        }
        self.stays.extend(obstacles.iter().cloned());
        Some(self)
    }
}

/// The installed architectures of a package: those that the run was to change, where it was to change any.
fn keys_of<'a>(package: &PackageName, planned: &[PlannedChange], installed: &'a Installed) -> Vec<&'a PackageKey> {
    let all: Vec<&PackageKey> = installed.keys().filter(|key| key.package == *package).collect();
    let is_planned = |key: &&&PackageKey| {
        let mut changes = planned.iter().filter(|change| change.package == *package);
        changes.any(|change| change.arch == key.arch)
    };
    let chosen: Vec<&PackageKey> = all.iter().filter(is_planned).copied().collect();
    if chosen.is_empty() { all } else { chosen }
}

fn has(manager: Manager, installed: &Installed, key: &PackageKey, wanted: &Version) -> bool {
    let versions = installed.get(key).map_or(&[][..], Vec::as_slice);
    versions
        .iter()
        .any(|version| compare(manager, version, wanted) == Ordering::Equal)
}

/// The changes back, one for each architecture; none where it is back already.
fn back_from(
    manager: Manager,
    change: &Change,
    (from, to): (&Version, &Version),
    keys: &[&PackageKey],
    installed: &Installed,
) -> Result<Vec<PlannedChange>, String> {
    let package = &change.package;
    if keys.is_empty() {
        return Err(format!("it is not installed any more; the run left {to}"));
    }
    // Such managers put a kernel beside the one that runs.
    let keeps_kernels = !matches!(manager, Manager::Pacman | Manager::Apk | Manager::Xbps);
    if keeps_kernels && core_part(package.as_str()) == Some(CorePart::Kernel) {
        return Err("a kernel is not taken back: boot the older one, which is still installed".to_owned());
    }
    let mut changes = Vec::new();
    for key in keys {
        let versions = installed.get(*key).map_or(&[][..], Vec::as_slice);
        if versions.len() > 1 {
            return Err(format!(
                "{} are installed side by side: choose the older one instead",
                join(versions)
            ));
        }
        if has(manager, installed, key, from) {
            continue;
        }
        if !has(manager, installed, key, to) {
            return Err(format!("it is at {} now; the run left {to}", join(versions)));
        }
        changes.push(PlannedChange {
            package: package.clone(),
            arch: key.arch.clone(),
            from: versions.first().cloned(),
            to: from.clone(),
            repo: String::new(),
            security: None,
            size: None,
        });
    }
    Ok(changes)
}

fn join(versions: &[Version]) -> String {
    let words: Vec<&str> = versions.iter().map(Version::as_str).collect();
    words.join(" and ")
}
