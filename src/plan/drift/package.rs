//! One planned package: where it stands on the host, and whether its planned version can still be had. Pure.

use std::cmp::Ordering;

use super::difference;
use crate::manager::version::compare;
use crate::manager::{Installed, installed_versions};
use crate::model::drift::{DriftClass, DriftDifference};
use crate::model::error::ErrorCode;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, Version};
use crate::model::plan::PlannedChange;
use crate::model::resolution::Resolution;
use crate::model::step::Step;
use crate::model::update::{Update, UpdateStatus};

/// The changes that are still to be made: neither installed already, nor of a package that the plan does not know as
/// it is.
#[must_use]
pub fn remaining_changes(manager: Manager, changes: &[PlannedChange], installed: &Installed) -> Vec<PlannedChange> {
    let is_remaining = |change: &&PlannedChange| place(manager, change, installed).is_to_be_changed();
    changes.iter().filter(is_remaining).cloned().collect()
}

/// Where a planned package stands.
pub(super) enum Place {
    /// At the planned version.
    There(Vec<Version>),
    /// Where the plan starts from.
    AtStart,
    /// Elsewhere.
    Elsewhere(Vec<Version>),
}

/// Compares what is installed with what the plan says.
pub(super) fn place(manager: Manager, change: &PlannedChange, installed: &Installed) -> Place {
    let versions = installed_versions(installed, change);
    let has = |wanted: &Version| {
        versions
            .iter()
            .any(|version| compare(manager, version, wanted) == Ordering::Equal)
    };
    // Beside a newer version of a package that is kept in several, the planned one would be a way back.
    let is_beyond = |from: &Version| {
        let mut others = versions
            .iter()
            .filter(|version| compare(manager, version, from) != Ordering::Equal);
        others.any(|version| compare(manager, version, &change.to) == Ordering::Greater)
    };
    let is_at_start = match &change.from {
        Some(from) => has(from) && !is_beyond(from),
        None => versions.is_empty(),
    };
    if has(&change.to) {
        Place::There(versions.into_iter().cloned().collect())
    } else if is_at_start {
        Place::AtStart
    } else {
        Place::Elsewhere(versions.into_iter().cloned().collect())
    }
}

impl Place {
    pub(super) fn is_there(&self) -> bool {
        matches!(self, Self::There(_))
    }

    pub(super) fn is_to_be_changed(&self) -> bool {
        matches!(self, Self::AtStart)
    }

    pub(super) fn difference(&self, change: &PlannedChange) -> Option<DriftDifference> {
        let PlannedChange { package, to, .. } = change;
        let (class, installed, message) = match self {
            Self::AtStart => return None,
            Self::There(installed) => (
                DriftClass::AlreadyThere,
                installed,
                format!("{package} is at the planned {to} already"),
            ),
            Self::Elsewhere(installed) => {
                let found = match installed.as_slice() {
                    [] => "is not installed".to_owned(),
                    versions => format!("is at {}", join(versions, " and ")),
                };
                let plan = match &change.from {
                    Some(from) => format!("the plan starts from {from} and leads to {to}"),
                    None => format!("the plan installs it anew at {to}"),
                };
                (DriftClass::HostChanged, installed, format!("{package} {found}, {plan}"))
            }
        };
        Some(DriftDifference {
            installed: installed.clone(),
            ..difference(class, change, message)
        })
    }
}

/// What can be had of a package that is to be changed.
pub(super) struct Found {
    installed: Vec<Version>,
    /// The oldest first.
    offered: Vec<Version>,
    is_gone: bool,
    is_superseded: bool,
}

/// Looks for the planned version among what can be had. Where nothing is known of the offers, it counts as there.
pub(super) fn found(
    manager: Manager,
    change: &PlannedChange,
    installed: &Installed,
    updates: &[Update],
    resolution: Option<&Resolution>,
) -> Found {
    let is_planned = |version: &Version| compare(manager, version, &change.to) == Ordering::Equal;
    let is_of_it = |arch: &Architecture| is_same_arch(arch.as_str(), change.arch.as_str());
    let candidates: Vec<&Version> = updates
        .iter()
        .filter(|update| update.package == change.package && is_of_it(&update.arch))
        .filter(|update| !matches!(update.status, UpdateStatus::Retracted | UpdateStatus::NeedsSubscription))
        .map(|update| &update.to)
        .collect();
    let offers: Vec<&Version> = resolution
        .iter()
        .flat_map(|resolution| &resolution.offers)
        .filter(|offer| offer.package == change.package && is_of_it(&offer.arch))
        .map(|offer| &offer.version)
        .collect();
    let mut offered: Vec<Version> = candidates
        .iter()
        .chain(&offers)
        .map(|version| (*version).clone())
        .collect();
    offered.sort_by(|one, other| compare(manager, one, other).then_with(|| one.cmp(other)));
    offered.dedup_by(|one, other| compare(manager, one, other) == Ordering::Equal);
    let is_offered = offered.iter().any(is_planned);
    let refused = resolution.and_then(|resolution| resolution.refusal.as_ref());
    let is_not_offered = resolution.is_some_and(|resolution| !resolution.offers_unknown) && !is_offered;
    let is_gone = match (resolution, refused) {
        (None, _) => false,
        (Some(_), Some(refusal)) if refusal.code == ErrorCode::Gone => {
            names(&refusal.message, change.package.as_str()) || is_not_offered
        }
        (Some(_), Some(_)) => is_not_offered,
        (Some(resolution), None) => match would_install(manager, change, resolution) {
            Some(would) => !would,
            None => is_not_offered,
        },
    };
    // Offers beside the manager's own candidate are no newer versions: it would not take them. And where it refuses for
    // something that is gone, a planned version counts as offered only where it was seen.
    let is_known = is_offered || refused.is_none_or(|refusal| refusal.code != ErrorCode::Gone);
    // On a way back everything that is offered may be newer.
    let leads_back = change
        .from
        .as_ref()
        .is_some_and(|from| compare(manager, from, &change.to) == Ordering::Greater);
    let is_superseded = is_known
        && !leads_back
        && candidates
            .iter()
            .any(|candidate| compare(manager, candidate, &change.to) == Ordering::Greater);
    Found {
        installed: installed_versions(installed, change).into_iter().cloned().collect(),
        offered,
        is_gone,
        is_superseded,
    }
}

impl Found {
    pub(super) fn difference(self, change: &PlannedChange) -> Option<DriftDifference> {
        let PlannedChange { package, to, .. } = change;
        let others: Vec<Version> = self.offered.iter().filter(|version| *version != to).cloned().collect();
        let (class, message) = if self.is_gone {
            let offered = match others.as_slice() {
                [] => "nothing else is".to_owned(),
                others => format!("offered is {}", join(others, ", ")),
            };
            let planned = format!("{package} {to} is planned and no longer offered; {offered}");
            (DriftClass::Vanished, planned)
        } else if self.is_superseded {
            let newest = others.last().map(ToString::to_string).unwrap_or_default();
            let planned = format!("{package} {to} is planned; {newest} is offered as well");
            (DriftClass::Superseded, planned)
        } else {
            return None;
        };
        Some(DriftDifference {
            installed: self.installed,
            offered: self.offered,
            ..difference(class, change, message)
        })
    }
}

/// Whether the manager's steps bring the planned version; `None` when they were not understood, or are not told.
fn would_install(manager: Manager, change: &PlannedChange, resolution: &Resolution) -> Option<bool> {
    let is_brought = resolution.steps.iter().any(|step| brings(manager, step, change));
    (is_brought || (!resolution.steps.is_empty() && resolution.unparsed == 0)).then_some(is_brought)
}

/// Whether a step puts the planned version in place, in whatever text the manager writes it.
pub(in crate::plan) fn brings(manager: Manager, step: &Step, change: &PlannedChange) -> bool {
    let arch = step.arch.as_deref().unwrap_or("*");
    let to = step.to.as_deref().and_then(|to| Version::new(to).ok());
    step.package == change.package.as_str()
        && is_same_arch(arch, change.arch.as_str())
        && to.is_some_and(|to| compare(manager, &to, &change.to) == Ordering::Equal)
}

/// The same architecture, or one of them is that of packages that fit every machine; `*` is not told.
pub(in crate::plan) fn is_same_arch(one: &str, other: &str) -> bool {
    let is_generic = |arch: &str| matches!(arch, "all" | "noarch" | "any" | "*");
    one == other || is_generic(one) || is_generic(other)
}

/// Whether a text names the package as a word of its own.
pub(super) fn names(text: &str, package: &str) -> bool {
    let is_mark = |c: char| matches!(c, ',' | ';' | ':' | '`' | '\'' | '"' | '(' | ')');
    text.split_whitespace()
        .any(|word| word.trim_matches(is_mark) == package)
}

fn join(versions: &[Version], between: &str) -> String {
    let words: Vec<&str> = versions.iter().map(Version::as_str).collect();
    words.join(between)
}
