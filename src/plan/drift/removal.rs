//! Packages that go because the plan's changes take their place: whether they still stand where the plan has them. Pure.

use std::cmp::Ordering;

use crate::manager::Installed;
use crate::manager::version::compare;
use crate::model::drift::{DriftClass, DriftDifference};
use crate::model::manager::Manager;
use crate::model::name::Version;
use crate::model::plan::PlannedRemoval;
use crate::model::resolution::Resolution;
use crate::model::step::{Step, StepAction};

/// What is gone already, what is at another version than the one that may go, and what would stay.
pub(super) fn differences(
    manager: Manager,
    removes: &[PlannedRemoval],
    installed: &Installed,
    resolution: Option<&Resolution>,
) -> Vec<DriftDifference> {
    let told = resolution.filter(|told| told.refusal.is_none() && !told.steps.is_empty() && told.unparsed == 0);
    let stays = |removal: &PlannedRemoval| {
        let goes = |step: &Step| step.action == StepAction::Remove && step.package == removal.package.as_str();
        told.is_some_and(|told| !told.steps.iter().any(goes))
    };
    let difference = |removal: &PlannedRemoval| {
        let PlannedRemoval { package, version } = removal;
        let of_name = installed.iter().filter(|(key, _)| key.package == *package);
        let found: Vec<Version> = of_name.flat_map(|(_, versions)| versions.iter().cloned()).collect();
        let is_it = |other: &Version| compare(manager, other, version) == Ordering::Equal;
        let (class, message) = match found.as_slice() {
            [] => (DriftClass::AlreadyThere, format!("{package} {version} is gone already")),
            found if found.iter().all(is_it) && !stays(removal) => return None,
            found if found.iter().all(is_it) => (
                DriftClass::HostChanged,
                format!("the plan removes {package} {version}, and the transaction would leave it"),
            ),
            found => {
                let words: Vec<&str> = found.iter().map(Version::as_str).collect();
                let message = format!("{package} is at {}, the plan removes {version}", words.join(" and "));
                (DriftClass::HostChanged, message)
            }
        };
        Some(DriftDifference {
            class,
            package: Some(package.clone()),
            arch: None,
            planned: None,
            installed: found,
            offered: Vec::new(),
            message,
        })
    };
    removes.iter().filter_map(difference).collect()
}
