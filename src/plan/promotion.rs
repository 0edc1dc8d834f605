//! What earlier waves verifiably ran decides for later ones, where a host of them was planned anew. Pure.
//!
//! What must stay true: a version is promoted only to hosts of the distribution, release and architecture that ran it,
//! never to an older one than is installed, and never in place of a planned version that ran as well. Without a host
//! that was planned anew the plan's versions stand. The order in which hosts ended decides nothing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::manager::version::compare;
use crate::model::drift::Promotion;
use crate::model::manager::Manager;
use crate::model::name::{HostName, PackageName, Version};
use crate::model::plan::{Basis, PlannedChange, PlannedHost};
use crate::model::update::PackageKey;

/// Hosts that are told apart: a version that one ran says nothing about another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Platform {
    manager: Manager,
    os: String,
    release: String,
    arch: String,
}

impl Platform {
    fn of(basis: &Basis) -> Option<Self> {
        match basis {
            Basis::Scanned {
                manager,
                os,
                version,
                arch,
                ..
            } => Some(Self {
                manager: *manager,
                os: os.clone(),
                release: version.clone(),
                arch: arch.clone(),
            }),
            Basis::Unknown { .. } => None,
        }
    }
}

/// One version that was chosen anew and ran, with the first of its hosts by name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ChosenAnew {
    wave: usize,
    change: PlannedChange,
    ran_on: HostName,
}

/// What the hosts of the waves so far verifiably run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    versions: BTreeSet<(Platform, PackageKey, Version)>,
    anew: BTreeMap<(Platform, PackageKey), ChosenAnew>,
    /// Everything that was chosen anew, new dependencies among it: what came along there may come along elsewhere.
    brought: BTreeMap<Platform, BTreeSet<PlannedChange>>,
}

/// A host as it is to be changed, and what gave way.
#[derive(Debug, Clone, PartialEq)]
pub struct Promoted {
    /// The host with the versions that it gets.
    pub host: PlannedHost,
    /// In the order of package names; empty where the plan stands.
    pub promotions: Vec<Promotion>,
}

impl Ran {
    /// Takes what a host of the wave with that number was seen to run after its changes. `basis` is what the host was
    /// found to be, which is not what the plan says where it was planned anew.
    pub fn note(&mut self, wave: usize, host: &HostName, basis: &Basis, changes: &[PlannedChange], planned_anew: bool) {
        let Some(platform) = Platform::of(basis) else {
            return;
        };
        for change in changes {
            let key = change.key();
            self.versions.insert((platform.clone(), key.clone(), change.to.clone()));
            if !planned_anew {
                continue;
            }
            self.brought.entry(platform.clone()).or_default().insert(change.clone());
            let chosen = ChosenAnew {
                wave,
                change: change.clone(),
                ran_on: host.clone(),
            };
            let slot = self
                .anew
                .entry((platform.clone(), key))
                .or_insert_with(|| chosen.clone());
            if is_preferred(platform.manager, &chosen, slot) {
                *slot = chosen;
            }
        }
    }

    /// The host with the versions that ran in place of those that did not. What `is_excluded` names, and what the
    /// plan leaves out on that host, does not come along.
    #[must_use]
    pub fn promote(&self, host: &PlannedHost, is_excluded: impl Fn(&PackageName) -> bool) -> Promoted {
        let unchanged = || Promoted {
            host: host.clone(),
            promotions: Vec::new(),
        };
        let Some(platform) = Platform::of(&host.basis).filter(|_| !self.anew.is_empty()) else {
            return unchanged();
        };
        let mut promotions = Vec::new();
        let changes: Vec<PlannedChange> = host
            .changes
            .iter()
            .map(|change| match self.promoted(&platform, change) {
                None => change.clone(),
                Some(chosen) => {
                    promotions.push(promotion(change, chosen));
                    PlannedChange {
                        from: change.from.clone(),
                        ..chosen.change.clone()
                    }
                }
            })
            .collect();
        if promotions.is_empty() {
            return unchanged();
        }
        promotions.sort();
        let known: BTreeSet<PackageKey> = changes
            .iter()
            .chain(host.may_bring.iter())
            .map(PlannedChange::key)
            .collect();
        let brought = self.brought.get(&platform).into_iter().flatten();
        let is_left_out = |package: &PackageName| host.left_out.iter().any(|one| one.package == *package);
        let further = brought
            .filter(|change| !known.contains(&change.key()))
            .filter(|change| !is_left_out(&change.package) && !is_excluded(&change.package))
            .cloned();
        Promoted {
            host: PlannedHost {
                changes: changes.into(),
                may_bring: host.may_bring.iter().cloned().chain(further).collect(),
                ..host.clone()
            },
            promotions,
        }
    }

    fn promoted(&self, platform: &Platform, change: &PlannedChange) -> Option<&ChosenAnew> {
        let chosen = self.anew.get(&(platform.clone(), change.key()))?;
        let ran = (platform.clone(), change.key(), change.to.clone());
        let is_newer_than =
            |version: &Version| compare(platform.manager, &chosen.change.to, version) == Ordering::Greater;
        let is_another = compare(platform.manager, &chosen.change.to, &change.to) != Ordering::Equal;
        let is_way_up = change.from.as_ref().is_none_or(is_newer_than);
        (is_another && is_way_up && !self.versions.contains(&ran)).then_some(chosen)
    }
}

/// The later wave decides, then the newer version, then the name: whichever host ended first.
fn is_preferred(manager: Manager, one: &ChosenAnew, other: &ChosenAnew) -> bool {
    one.wave
        .cmp(&other.wave)
        .then_with(|| compare(manager, &one.change.to, &other.change.to))
        .then_with(|| other.ran_on.cmp(&one.ran_on))
        .then_with(|| one.change.cmp(&other.change))
        == Ordering::Greater
}

fn promotion(change: &PlannedChange, chosen: &ChosenAnew) -> Promotion {
    Promotion {
        package: change.package.clone(),
        arch: change.arch.clone(),
        planned: change.to.clone(),
        promoted: chosen.change.to.clone(),
        ran_on: chosen.ran_on.clone(),
    }
}

#[cfg(test)]
mod tests;
